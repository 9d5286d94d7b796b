//===- test/unit/profiles/ValuesTest.cpp - Sketches, their bounds and their sums
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/values/Values.h"
#include "support/File.h"
#include "gtest/gtest.h"
#include <cstring>

// The runtime's own sketch, which is freestanding.
extern "C" void __speciate_value(speciate::rt::ValueSite *Site, uint64_t Value);

using namespace llvm;
using namespace speciate;

namespace {

/// A process with one site.
struct Stream {
  rt::ValueSketch Sketch = {};
  rt::ValueSite Site = {};
  std::map<uint64_t, uint64_t> Truth;
  uint64_t Length = 0;

  explicit Stream(uint64_t Function = 7) {
    Sketch.Key.Function = Function;
    Sketch.Random = 0x9e3779b97f4a7c15ull;
    Site.Key = Sketch.Key;
    Site.Sketch = &Sketch;
  }
  void see(uint64_t Value) {
    ++Truth[Value];
    ++Length;
    __speciate_value(&Site, Value);
  }
  std::string file() const {
    std::string Bytes(2 * rt::ProfilePage, '\0');
    rt::ValuesHeader H = {};
    H.Magic = rt::ValuesMagic;
    H.Version = rt::ValuesVersion;
    H.HeaderSize = sizeof(H);
    H.FileSize = Bytes.size();
    H.Sites = 1;
    H.SketchSize = sizeof(Sketch);
    H.SlotsPerSite = rt::ValueSlots;
    memcpy(&Bytes[0], &H, sizeof(H));
    memcpy(&Bytes[rt::ProfilePage], &Sketch, sizeof(Sketch));
    return Bytes;
  }
  ValueProfile profile() const {
    ValueProfile P;
    EXPECT_FALSE(bool(P.addFile(file())));
    return P;
  }
};

/// Skewed, with a long tail: about half is 42.
void fill(Stream &S, uint64_t Seed, unsigned Events) {
  uint64_t State = Seed;
  for (unsigned I = 0; I < Events; ++I) {
    State = State * 6364136223846793005ull + 1442695040888963407ull;
    uint64_t R = State >> 33;
    S.see(R % 2 ? 42 : (R >> 8) % (R % 4 ? 5000 : 6));
  }
}

void expectBounds(const SiteValues &V,
                  const std::map<uint64_t, uint64_t> &Truth) {
  std::map<uint64_t, ValueCount> Known;
  for (const ValueCount &C : V.values())
    Known[C.Value] = C;
  for (auto [Value, Count] : Truth) {
    auto It = Known.find(Value);
    if (It == Known.end()) {
      EXPECT_LE(Count, V.floor()) << Value;
      continue;
    }
    EXPECT_LE(It->second.Lower, Count) << Value;
    EXPECT_GE(It->second.Upper, Count) << Value;
  }
}

const SiteValues &only(const ValueProfile &P, uint64_t Function = 7) {
  rt::ValueKey Key = {};
  Key.Function = Function;
  const SiteValues *V = P.find(Key);
  EXPECT_NE(V, nullptr);
  return *V;
}

TEST(ValuesTest, BoundsHoldBelowTheSamplingBound) {
  for (uint64_t Seed : {1, 2, 3}) {
    Stream S;
    fill(S, Seed, rt::ValuesExact);
    ValueProfile P = S.profile();
    const SiteValues &V = only(P);
    EXPECT_EQ(V.Seen, S.Length);
    EXPECT_EQ(V.Counted, S.Length);
    expectBounds(V, S.Truth);
    // The error of Space-Saving.
    EXPECT_LE(V.floor(), S.Length / rt::ValueSlots);
    for (const ValueCount &C : V.values())
      EXPECT_LE(C.Upper - C.Lower, S.Length / rt::ValueSlots);
    EXPECT_EQ(V.values().front().Value, 42u);
    EXPECT_GT(V.values().front().Lower, S.Length * 2 / 5);
  }
}

TEST(ValuesTest, FewValuesAreExact) {
  Stream S;
  for (int I = 0; I < 1000; ++I)
    S.see(I % 16);
  ValueProfile P = S.profile();
  for (const ValueCount &C : only(P).values()) {
    EXPECT_EQ(C.Lower, S.Truth[C.Value]);
    EXPECT_EQ(C.Upper, S.Truth[C.Value]);
  }
}

TEST(ValuesTest, SamplesInProportion) {
  Stream S;
  fill(S, 5, 400000);
  ValueProfile P = S.profile();
  const SiteValues &V = only(P);
  EXPECT_EQ(V.Seen, 400000u);
  EXPECT_NEAR(double(V.Counted), 400000, 400000 * 0.05);
  EXPECT_NEAR(double(V.values().front().Lower) / double(V.Counted), 0.5, 0.05);
}

TEST(ValuesTest, AddingUpHasNoOrder) {
  Stream A, B, C, D(9);
  fill(A, 1, 3000);
  fill(B, 2, 50);
  fill(C, 3, 4000);
  fill(D, 4, 10);
  ValueProfile Left = A.profile(), Right = D.profile(), Pair = B.profile();
  Left.add(B.profile());
  Left.add(C.profile());
  Left.add(D.profile());
  Pair.add(A.profile());
  Right.add(C.profile());
  Right.add(Pair);
  EXPECT_EQ(Left.str(), Right.str());
  std::map<uint64_t, uint64_t> Truth = A.Truth;
  for (const Stream *S : {&B, &C})
    for (auto [Value, Count] : S->Truth)
      Truth[Value] += Count;
  expectBounds(only(Left), Truth);
}

TEST(ValuesTest, TextIsReadBack) {
  Stream A;
  fill(A, 8, 4000);
  std::string Text = A.profile().str();
  Expected<ValueProfile> P = ValueProfile::parse(Text);
  ASSERT_TRUE(bool(P)) << toString(P.takeError());
  EXPECT_EQ(P->str(), Text);
  for (const char *Bad : {"1 2", "x y 0 0 0 1 1 0", "1 2 0 0 0 1 1 0 5:6",
                          "1 2 0 0 0 1 1 0\n1 2 0 0 0 1 1 0"}) {
    Expected<ValueProfile> Broken = ValueProfile::parse(Bad);
    EXPECT_FALSE(bool(Broken)) << Bad;
    consumeError(Broken.takeError());
  }
}

TEST(ValuesTest, RejectsDamagedFiles) {
  Stream A;
  fill(A, 8, 4000);
  std::string Good = A.file();
  for (size_t Size : {size_t(0), size_t(100), size_t(4096), Good.size() - 1}) {
    ValueProfile P;
    Error E = P.addFile(StringRef(Good).take_front(Size));
    EXPECT_TRUE(bool(E)) << Size;
    consumeError(std::move(E));
    EXPECT_TRUE(P.empty());
  }
  for (size_t At : {size_t(0), size_t(8), size_t(12), size_t(16), size_t(30)}) {
    std::string Bad = Good;
    Bad[At] = char(Bad[At] ^ 0x7f);
    ValueProfile P;
    Error E = P.addFile(Bad);
    EXPECT_TRUE(bool(E)) << At;
    consumeError(std::move(E));
  }
}

} // namespace
