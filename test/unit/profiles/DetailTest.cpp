//===- test/unit/profiles/DetailTest.cpp - Detailed profiles: bounds, sums,
// damage
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/detail/Detail.h"
#include "support/File.h"
#include "gtest/gtest.h"
#include <cstring>

// The runtime's own sketch, which is freestanding.
extern "C" __attribute__((preserve_most)) void
__speciate_value(speciate::rt::ValueSite *Site, uint64_t Value);

using namespace llvm;
using namespace speciate;

namespace {

/// A process with one site.
struct Stream {
  rt::ValueSketch Sketch = {};
  rt::ValueSite Site = {};
  uint32_t Skip = 0;
  std::map<uint64_t, uint64_t> Truth;
  uint64_t Length = 0;

  explicit Stream(uint64_t Function = 7) {
    Sketch.Key.Function = Function;
    Sketch.Random = 0x9e3779b97f4a7c15ull;
    Site.Key = Sketch.Key;
    Site.Sketch = &Sketch;
    Site.Skip = &Skip;
  }
  /// As instrumented code does.
  void see(uint64_t Value) {
    ++Truth[Value];
    ++Length;
    if (Skip-- == 0)
      __speciate_value(&Site, Value);
  }
  std::string file() const {
    rt::BranchRecord Branches[2] = {};
    Branches[0].Key = Branches[1].Key = Sketch.Key;
    Branches[0].Key.Kind = Branches[1].Key.Kind = rt::KindBranch;
    Branches[1].Key.Ordinal = 1;
    Branches[0].Seen = Branches[1].Seen = Length;
    Branches[0].Taken = Length / 2;
    rt::PathSite Paths = {Sketch.Key.Function, 0, 3, {}};
    const uint64_t Counters[3] = {Length, 0, 7};
    rt::BranchPair Pair = {1, 2, {{Length, 0}, {0, 5}}};
    const std::string Text =
        (Twine("{\"cfg\":\"0000000000000000\",\"guid\":\"") +
         Twine(std::string(15, '0')) + Twine(Sketch.Key.Function) + "\"}\n")
            .str();
    std::string Bytes(2 * rt::ProfilePage, '\0');
    rt::DetailHeader H = {};
    H.Magic = rt::DetailMagic;
    H.Version = rt::DetailVersion;
    H.HeaderSize = sizeof(H);
    H.FileSize = Bytes.size();
    uint64_t End = rt::ProfilePage;
    auto Put = [&](const void *Data, size_t Size, size_t Count) {
      rt::DetailTable T = {End, Count};
      memcpy(&Bytes[End], Data, Size * Count);
      End += (Size * Count + 7) & ~size_t(7);
      return T;
    };
    H.Values = Put(&Sketch, sizeof(Sketch), 1);
    H.Branches = Put(Branches, sizeof(Branches[0]), 2);
    H.Paths = Put(&Paths, sizeof(Paths), 1);
    H.Counters = Put(Counters, sizeof(Counters[0]), 3);
    H.Pairs = Put(&Pair, sizeof(Pair), 1);
    H.Text = Put(Text.data(), 1, Text.size());
    memcpy(&Bytes[0], &H, sizeof(H));
    return Bytes;
  }
  DetailProfile profile() const {
    DetailProfile P;
    EXPECT_FALSE(bool(P.addProcess(file())));
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
      EXPECT_LE(Count, V.Values.floor()) << Value;
      continue;
    }
    EXPECT_LE(It->second.Lower, Count) << Value;
    EXPECT_GE(It->second.Upper, Count) << Value;
  }
}

const SiteValues &only(const DetailProfile &P, uint64_t Function = 7) {
  rt::ValueKey Key = {};
  Key.Function = Function;
  const SiteValues *V = P.values(Key);
  EXPECT_NE(V, nullptr);
  return *V;
}

TEST(SketchTest, BoundsHoldBelowTheSamplingBound) {
  for (uint64_t Seed : {1, 2, 3}) {
    Stream S;
    fill(S, Seed, rt::ValuesExact - 1);
    DetailProfile P = S.profile();
    const SiteValues &V = only(P);
    EXPECT_EQ(V.Seen, S.Length);
    EXPECT_EQ(V.Counted, S.Length);
    expectBounds(V, S.Truth);
    // The error of Space-Saving.
    EXPECT_LE(V.Values.floor(), S.Length / rt::ValueSlots);
    for (const ValueCount &C : V.values())
      EXPECT_LE(C.Upper - C.Lower, S.Length / rt::ValueSlots);
    EXPECT_EQ(V.values().front().Value, 42u);
    EXPECT_GT(V.values().front().Lower, S.Length * 2 / 5);
  }
}

TEST(SketchTest, FewValuesAreExact) {
  Stream S;
  for (int I = 0; I < 1000; ++I)
    S.see(I % 16);
  DetailProfile P = S.profile();
  for (const ValueCount &C : only(P).values()) {
    EXPECT_EQ(C.Lower, S.Truth[C.Value]);
    EXPECT_EQ(C.Upper, S.Truth[C.Value]);
  }
}

TEST(SketchTest, SamplesInProportion) {
  Stream S;
  fill(S, 5, 400000);
  DetailProfile P = S.profile();
  const SiteValues &V = only(P);
  EXPECT_NEAR(double(V.Seen), 400000, 4 * rt::ValuesSparse);
  EXPECT_NEAR(double(V.Counted), 400000, 400000 * 0.05);
  EXPECT_NEAR(double(V.values().front().Lower) / double(V.Counted), 0.5, 0.05);
}

TEST(SketchTest, KnowsRangesBitsAndNeighbours) {
  Stream S;
  S.Sketch.Key.Bits = S.Site.Key.Bits = 8;
  // 0xf8, 0xf9, ..., in twos: -8 to -1.
  for (unsigned I = 0; I != 3200; ++I)
    S.see(0xf8 + (I / 2) % 8);
  DetailProfile P = S.profile();
  const SiteValues &V = only(P);
  EXPECT_EQ(V.Min, 0xf8u);
  EXPECT_EQ(V.Max, 0xffu);
  EXPECT_EQ(V.signedMin(), -8);
  EXPECT_EQ(V.signedMax(), -1);
  EXPECT_EQ(V.Ones, 0xf8u);
  EXPECT_EQ(V.Any, 0xffu);
  EXPECT_EQ(V.alignment(), 1u);
  EXPECT_EQ(V.Neighbours, 3199u);
  EXPECT_EQ(V.Equal, 1600u);
  // Steps: 0, +1, and -7 once in 16.
  std::vector<ValueCount> Steps = V.Steps.values();
  ASSERT_EQ(Steps.size(), 3u);
  EXPECT_EQ(Steps[0].Value, 0u);
  EXPECT_EQ(Steps[0].Lower, 1600u);
  EXPECT_EQ(Steps[1].Value, 1u);
  EXPECT_EQ(Steps[1].Lower, 1400u);
  EXPECT_EQ(int64_t(Steps[2].Value), -7);
  EXPECT_FALSE(V.isConstant());
}

TEST(SketchTest, FindsStridesWhenSampling) {
  Stream S;
  for (uint64_t I = 0; I != 300000; ++I)
    S.see(0x10000 + 24 * I);
  DetailProfile P = S.profile();
  const SiteValues &V = only(P);
  std::vector<ValueCount> Steps = V.Steps.values();
  ASSERT_EQ(Steps.size(), 1u);
  EXPECT_EQ(Steps[0].Value, 24u);
  EXPECT_EQ(V.Equal, 0u);
  EXPECT_EQ(V.alignment(), 8u);
}

TEST(SketchTest, KnowsWhenAValueSettled) {
  Stream S;
  for (unsigned I = 0; I != 100000; ++I)
    S.see(I < 37 ? I : 5000);
  DetailProfile P = S.profile();
  EXPECT_EQ(only(P).LastChange, 38u);
  EXPECT_GT(only(P).Seen, 99000u);
}

TEST(DetailTest, AddingUpHasNoOrder) {
  Stream A, B, C, D(9);
  fill(A, 1, 3000);
  fill(B, 2, 50);
  fill(C, 3, 4000);
  fill(D, 4, 10);
  DetailProfile Left = A.profile(), Right = D.profile(), Pair = B.profile();
  Left.add(B.profile());
  Left.add(C.profile());
  Left.add(D.profile());
  Pair.add(A.profile());
  Right.add(C.profile());
  Right.add(Pair);
  EXPECT_EQ(Left.str(), Right.str());
  EXPECT_EQ(Left.binary(), Right.binary());
  EXPECT_EQ(Left.Processes, 4u);
  std::map<uint64_t, uint64_t> Truth = A.Truth;
  for (const Stream *S : {&B, &C})
    for (auto [Value, Count] : S->Truth)
      Truth[Value] += Count;
  expectBounds(only(Left), Truth);
  EXPECT_EQ((Left.Paths[{7, 0}].Counts[0]), 3000u + 50 + 4000);
  EXPECT_EQ((Left.Paths[{7, 0}].Counts[2]), 21u);
  EXPECT_EQ(Left.Pairs.begin()->second[1][1], 15u);
}

TEST(DetailTest, AWeightIsAsOften) {
  Stream A, B(9);
  fill(A, 1, 3000);
  fill(B, 2, 700);
  DetailProfile Once = A.profile(), Thrice = A.profile();
  Thrice.add(A.profile());
  Thrice.add(A.profile());
  Thrice.add(B.profile());
  DetailProfile Weighted = B.profile();
  Weighted.add(Once, 3);
  EXPECT_NE(Weighted.Processes, Thrice.Processes); // Not a count of events.
  Weighted.Processes = Thrice.Processes;
  EXPECT_EQ(Weighted.str(), Thrice.str());
}

TEST(DetailTest, BothFormsAreReadBack) {
  Stream A;
  fill(A, 8, 4000);
  const std::string Text = A.profile().str();
  for (const std::string &Form : {Text, A.profile().binary(), A.file()}) {
    EXPECT_TRUE(isDetailProfile(Form));
    Expected<DetailProfile> P = DetailProfile::read(Form);
    ASSERT_TRUE(bool(P)) << toString(P.takeError());
    EXPECT_EQ(P->str(), Text);
  }
}

TEST(DetailTest, RejectsDamagedText) {
  const std::string Head = "speciate-detail 1\n";
  for (const char *Bad :
       {"value 1 2", "value x y 0 0 0 1 1 0", "branch 1 2 3 0 0 5 5 5 5",
        "branch 1 2 3 0 0 5 5 5 5 5 5", "paths 1 2 3 3:1",
        "paths 1 2 3 0:1 0:2", "paths 1 2 3 0",
        "pair 1 2 3 0 0 1 2 3 1 0 1 2 3", "function 1 2", "processes 1", "what",
        "branch 1 2 3 0 0 5 5 5 5 5\nbranch 1 2 3 0 0 5 5 5 5 5"}) {
    Expected<DetailProfile> Broken = DetailProfile::read(Head + Bad);
    EXPECT_FALSE(bool(Broken)) << Bad;
    consumeError(Broken.takeError());
  }
  for (const char *Good : {"", "branch 1 2 3 0 0 5 5 5 5 5", "paths 1 2 3 2:1",
                           "pair 1 2 3 0 0 1 2 3 1 0 1 2 3 4"}) {
    Expected<DetailProfile> P = DetailProfile::read(Head + Good);
    EXPECT_TRUE(bool(P)) << Good;
    consumeError(P.takeError());
  }
  Expected<DetailProfile> Other = DetailProfile::read("speciate-detail 2\n");
  EXPECT_FALSE(bool(Other));
  consumeError(Other.takeError());
}

TEST(DetailTest, RejectsDamagedBinaries) {
  Stream A;
  fill(A, 8, 4000);
  const std::string Good = A.profile().binary();
  for (size_t Size : {size_t(0), size_t(8), size_t(20), Good.size() - 1}) {
    Expected<DetailProfile> P =
        DetailProfile::read(StringRef(Good).take_front(Size));
    EXPECT_FALSE(bool(P)) << Size;
    consumeError(P.takeError());
  }
  for (size_t At = 7; At < Good.size(); At += 5) {
    std::string Bad = Good;
    Bad[At] = char(Bad[At] ^ 0x55);
    Expected<DetailProfile> P = DetailProfile::read(Bad);
    EXPECT_FALSE(bool(P)) << At;
    consumeError(P.takeError());
  }
}

TEST(DetailTest, RejectsDamagedFiles) {
  Stream A;
  fill(A, 8, 4000);
  std::string Good = A.file();
  for (size_t Size : {size_t(0), size_t(100), size_t(4096), Good.size() - 1}) {
    DetailProfile P;
    Error E = P.addProcess(StringRef(Good).take_front(Size));
    EXPECT_TRUE(bool(E)) << Size;
    consumeError(std::move(E));
    EXPECT_TRUE(P.empty());
  }
  // Magic, version, sizes, and the offset and count of every table.
  for (size_t At :
       {0, 8, 12, 16, 30, 38, 46, 54, 62, 70, 78, 86, 94, 102, 110, 118}) {
    std::string Bad = Good;
    Bad[At] = char(Bad[At] ^ 0x7f);
    DetailProfile P;
    Error E = P.addProcess(Bad);
    EXPECT_TRUE(bool(E)) << At;
    consumeError(std::move(E));
  }
}

TEST(DetailTest, AnythingButACrash) {
  Stream A;
  fill(A, 8, 4000);
  const std::string Good = A.file();
  uint64_t State = 1;
  unsigned Refused = 0;
  for (unsigned Round = 0; Round != 3000; ++Round) {
    std::string Bad = Good;
    for (unsigned I = 0; I != 4; ++I) {
      State = State * 6364136223846793005ull + 1442695040888963407ull;
      size_t Where = (State >> 33) % (Round % 2 ? 256 : Bad.size());
      Bad[Where] = char(State >> 25);
    }
    DetailProfile P;
    if (Error E = P.addProcess(Bad)) {
      consumeError(std::move(E));
      EXPECT_TRUE(P.empty());
      ++Refused;
    }
  }
  EXPECT_GT(Refused, 1000u);
}

} // namespace
