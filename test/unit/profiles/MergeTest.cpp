//===- test/unit/profiles/MergeTest.cpp - Reading and merging profiles
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/merge/Merge.h"
#include "profiles/model/Model.h"
#include "profiles/read/RawProfile.h"
#include "runtime/speciate_abi.h"
#include "support/File.h"
#include "llvm/ProfileData/InstrProf.h"
#include "llvm/Support/LEB128.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <cstring>

using namespace llvm;
using namespace speciate;

namespace {

/// A file as the runtime writes it: function `f` with the counters 3, 4 and two
/// call sites, the first of which saw `f` \p Calls times.
std::string rawProfile(uint64_t Calls) {
  const uint64_t Page = rt::ProfilePage;
  std::string Names;
  {
    raw_string_ostream OS(Names);
    encodeULEB128(1, OS); // Length of the names.
    encodeULEB128(0, OS); // Not compressed.
    OS << "f";
  }
  rt::ProfileHeader H = {};
  H.Magic = rt::ProfileMagic;
  H.Version = rt::ProfileVersion;
  H.HeaderSize = sizeof(H);
  H.RawVersion = INSTR_PROF_RAW_VERSION | VARIANT_MASK_IR_PROF;
  H.DataOffset = Page;
  H.DataSize = sizeof(rt::ProfileRecord);
  H.NamesOffset = Page + H.DataSize;
  H.NamesSize = Names.size();
  H.CountersOffset = 2 * Page;
  H.CountersSize = Page;
  H.ValuesOffset = 3 * Page;
  H.ValuesSize = 2 * rt::ProfileSlots * sizeof(rt::ProfileSlot);
  H.FileSize = 4 * Page;
  H.DataAddress = 0x500000;
  H.CountersAddress = 0x400000;
  H.SlotsPerSite = rt::ProfileSlots;
  rt::ProfileRecord R = {};
  R.NameRef = IndexedInstrProf::ComputeHash("f");
  R.FuncHash = 99;
  R.CounterPtr = H.CountersAddress + 8 - H.DataAddress;
  R.FunctionPointer = 0x1234;
  R.NumCounters = 2;
  R.NumValueSites[IPVK_IndirectCallTarget] = 2;
  uint64_t Counters[] = {0, 3, 4};
  rt::ProfileSlot Slot = {0x1234, Calls};

  std::string Bytes(H.FileSize, '\0');
  memcpy(&Bytes[0], &H, sizeof(H));
  memcpy(&Bytes[H.DataOffset], &R, sizeof(R));
  memcpy(&Bytes[H.NamesOffset], Names.data(), Names.size());
  memcpy(&Bytes[H.CountersOffset], Counters, sizeof(Counters));
  memcpy(&Bytes[H.ValuesOffset], &Slot, sizeof(Slot));
  return Bytes;
}

TEST(RawProfileTest, GivesCountersAndNamesOfTargets) {
  Expected<LoadedProfile> P = loadProfile(rawProfile(7));
  ASSERT_TRUE(bool(P)) << toString(P.takeError());
  EXPECT_TRUE(P->IsProcess);
  ASSERT_EQ(P->Records.size(), 1u);
  const NamedInstrProfRecord &R = P->Records[0];
  EXPECT_EQ(R.Name, "f");
  EXPECT_EQ(R.Hash, 99u);
  EXPECT_EQ(R.Counts, (std::vector<uint64_t>{3, 4}));
  ASSERT_EQ(R.getNumValueSites(IPVK_IndirectCallTarget), 2u);
  auto Values = R.getValueArrayForSite(IPVK_IndirectCallTarget, 0);
  ASSERT_EQ(Values.size(), 1u);
  EXPECT_EQ(Values[0].Value, IndexedInstrProf::ComputeHash("f"));
  EXPECT_EQ(Values[0].Count, 7u);
  EXPECT_TRUE(R.getValueArrayForSite(IPVK_IndirectCallTarget, 1).empty());
}

TEST(RawProfileTest, RejectsEveryTruncation) {
  std::string Bytes = rawProfile(7);
  for (size_t Size = 0; Size < Bytes.size(); Size += Size < 400 ? 1 : 97) {
    Expected<LoadedProfile> P = loadProfile(StringRef(Bytes).take_front(Size));
    EXPECT_FALSE(bool(P)) << Size;
    consumeError(P.takeError());
  }
}

TEST(RawProfileTest, SurvivesEveryDamagedByte) {
  std::string Good = rawProfile(7);
  const size_t Checked[][2] = {{0, sizeof(rt::ProfileHeader)},
                               {4096, 4096 + 64 + 8}};
  unsigned Rejected = 0;
  for (auto [Begin, End] : Checked)
    for (size_t At = Begin; At != End; ++At)
      for (unsigned char Flip : {0x01, 0x80, 0xff}) {
        std::string Bad = Good;
        Bad[At] = char(Bad[At] ^ Flip);
        Expected<LoadedProfile> P = loadProfile(Bad);
        Rejected += !P;
        if (!P)
          consumeError(P.takeError());
      }
  EXPECT_GT(Rejected, 200u);
}

TEST(MergeTest, AddsUpAndSkips) {
  Expected<TempDir> Dir = TempDir::create("merge-test");
  ASSERT_TRUE(bool(Dir));
  std::string A = Dir->file("a.speciateprof"), B = Dir->file("b.speciateprof"),
              C = Dir->file("c.speciateprof");
  ASSERT_FALSE(bool(writeFileAtomically(A, rawProfile(7))));
  ASSERT_FALSE(bool(writeFileAtomically(B, rawProfile(100))));
  ASSERT_FALSE(bool(writeFileAtomically(C, "nonsense")));
  Expected<MergeResult> M = mergeProfiles({A, B, C});
  ASSERT_TRUE(bool(M)) << toString(M.takeError());
  EXPECT_EQ(M->Read, 2u);
  EXPECT_EQ(M->Processes, 2u);
  ASSERT_EQ(M->Skipped.size(), 1u);
  EXPECT_EQ(M->Skipped[0].Path, C);
  EXPECT_EQ(M->Skipped[0].Reason, "not a profile");
  EXPECT_TRUE(M->Warnings.empty());

  Expected<ProfileModel> Model = readModel(M->Profile);
  ASSERT_TRUE(bool(Model)) << toString(Model.takeError());
  ASSERT_EQ(Model->Functions.size(), 1u);
  EXPECT_EQ(Model->Functions[0].Name, "f");
  EXPECT_EQ(Model->Functions[0].Total, 14u);
  EXPECT_EQ(Model->Functions[0].Max, 8u);
  EXPECT_EQ(Model->IndirectCallSites, 2u);

  Expected<MergeResult> Reverse = mergeProfiles({C, B, A});
  ASSERT_TRUE(bool(Reverse));
  EXPECT_EQ(Reverse->Profile, M->Profile);
}

TEST(MergeTest, SaysWhenNothingWasUsable) {
  Expected<TempDir> Dir = TempDir::create("merge-test");
  ASSERT_TRUE(bool(Dir));
  Expected<MergeResult> M = mergeProfiles({Dir->path()});
  ASSERT_TRUE(bool(M));
  EXPECT_EQ(M->Read, 0u);
  EXPECT_TRUE(M->Profile.empty());
  Expected<MergeResult> Missing = mergeProfiles({Dir->file("none")});
  EXPECT_FALSE(bool(Missing));
  consumeError(Missing.takeError());
}

} // namespace
