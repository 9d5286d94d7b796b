//===- profiles/detail/Detail.cpp - Values, branches and paths of hot functions
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/detail/Detail.h"
#include "profiles/read/ProcessFile.h"
#include "support/File.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <cstring>

using namespace llvm;

namespace speciate {

StringRef branchClassName(BranchClass C) {
  switch (C) {
  case BranchClass::Biased:
    return "biased";
  case BranchClass::Patterned:
    return "patterned";
  case BranchClass::DataDependent:
    return "data-dependent";
  }
  return "";
}

BranchClass classify(const BranchCounts &B) {
  // At 5 % one guess in twenty costs as much as all the other work of a branch.
  if (B.wrongRate() >= 0.05)
    return BranchClass::DataDependent;
  return double(B.WrongAlone) < 0.05 * double(B.Seen) ? BranchClass::Biased
                                                      : BranchClass::Patterned;
}

bool DetailProfile::PairOrder::operator()(
    const std::pair<rt::ValueKey, rt::ValueKey> &A,
    const std::pair<rt::ValueKey, rt::ValueKey> &B) const {
  KeyOrder Less;
  if (Less(A.first, B.first) || Less(B.first, A.first))
    return Less(A.first, B.first);
  return Less(A.second, B.second);
}

uint64_t PathCounts::total() const {
  uint64_t Result = 0;
  for (auto [Number, Count] : Counts)
    Result += Count;
  return Result;
}

std::vector<std::pair<uint64_t, uint64_t>>
PathCounts::principal(double Coverage) const {
  std::vector<std::pair<uint64_t, uint64_t>> Result(Counts.begin(),
                                                    Counts.end());
  llvm::sort(Result, [](const auto &A, const auto &B) {
    return A.second != B.second ? A.second > B.second : A.first < B.first;
  });
  const double Wanted = Coverage * double(total());
  uint64_t Covered = 0;
  size_t Kept = 0;
  while (Kept != Result.size() && double(Covered) < Wanted)
    Covered += Result[Kept++].second;
  Result.resize(Kept);
  return Result;
}

void DetailProfile::add(const DetailProfile &Other, uint64_t Weight) {
  for (const auto &[Key, V] : Other.Values)
    Values[Key].add(V, Weight);
  for (const auto &[Key, B] : Other.Branches) {
    BranchCounts &Own = Branches[Key];
    Own.Seen += B.Seen * Weight;
    Own.Taken += B.Taken * Weight;
    Own.Wrong += B.Wrong * Weight;
    Own.WrongAlone += B.WrongAlone * Weight;
    Own.Changes += B.Changes * Weight;
  }
  for (const auto &[Key, P] : Other.Paths) {
    PathCounts &Own = Paths[Key];
    Own.Paths = std::max(Own.Paths, P.Paths);
    for (auto [Path, Count] : P.Counts)
      Own.Counts[Path] += Count * Weight;
  }
  for (const auto &[Key, Counts] : Other.Pairs) {
    PairCounts &Own = Pairs[Key];
    for (unsigned A : {0, 1})
      for (unsigned B : {0, 1})
        Own[A][B] += Counts[A][B] * Weight;
  }
  for (const auto &[Key, H] : Other.Hardware) {
    HardwareCounts &Own = Hardware[Key];
    Own.Taken += H.Taken * Weight;
    Own.Wrong += H.Wrong * Weight;
    Own.NotTaken += H.NotTaken * Weight;
  }
  for (const auto &[Key, Text] : Other.Functions) {
    // Lines may have moved since; which text is kept must have no order.
    std::string &Own = Functions[Key];
    if (Own.empty() || Text < Own)
      Own = Text;
  }
  Processes += Other.Processes;
  PairsDropped += Other.PairsDropped * Weight;
  SitesDropped += Other.SitesDropped;
}

const SiteValues *DetailProfile::values(const rt::ValueKey &Key) const {
  auto It = Values.find(Key);
  return It == Values.end() ? nullptr : &It->second;
}
const BranchCounts *DetailProfile::branch(const rt::ValueKey &Key) const {
  auto It = Branches.find(Key);
  return It == Branches.end() ? nullptr : &It->second;
}

//===----------------------------------------------------------------------===//
// A process's file
//===----------------------------------------------------------------------===//

static Error damaged() {
  return createStringError("the detailed profile is damaged");
}

/// Copies a table out of the file, which is aligned to nothing.
template <typename T>
static bool takeTable(StringRef Bytes, rt::DetailTable Table,
                      std::vector<T> &Into) {
  if (Table.Offset > Bytes.size() ||
      Table.Count > (Bytes.size() - Table.Offset) / sizeof(T))
    return false;
  Into.resize(Table.Count);
  if (Table.Count)
    memcpy(Into.data(), Bytes.data() + Table.Offset, Table.Count * sizeof(T));
  return true;
}

/// No slot is impossible, and no value has two, as is so for a moment when they
/// change places.
static bool areSound(ArrayRef<rt::ValueSlot> Slots) {
  for (const rt::ValueSlot &Slot : Slots) {
    if (Slot.Excess > Slot.Count || Slot.Count > (uint64_t(1) << 60))
      return false;
    for (const rt::ValueSlot &Other : Slots)
      if (&Other != &Slot && Slot.Count && Other.Count &&
          Slot.Value == Other.Value)
        return false;
  }
  return true;
}

/// Of a process that was killed while it wrote, one event may be missing on one
/// side.
static bool isSound(const rt::ValueSketch &K) {
  if (!areSound(K.Slots) || !areSound(K.Steps))
    return false;
  uint64_t Sum = 0;
  for (const rt::ValueSlot &Slot : K.Slots)
    Sum += Slot.Count;
  return Sum <= K.Counted + rt::ValuesSparse && K.Key.Bits <= 64 &&
         K.Equal <= K.Neighbours;
}

static bool isSound(const rt::BranchRecord &R) {
  const uint64_t Most = R.Seen + rt::BranchWeight;
  return R.Seen < (uint64_t(1) << 60) && R.Taken <= Most && R.Wrong <= Most &&
         R.WrongAlone <= Most && R.Changes <= Most;
}

static bool isPrintable(StringRef Line) {
  return all_of(Line,
                [](char C) { return static_cast<unsigned char>(C) >= 32; });
}

Error DetailProfile::addProcess(StringRef Bytes) {
  rt::DetailHeader H;
  if (Bytes.size() < rt::ProfilePage)
    return createStringError("not a detailed profile: too short");
  memcpy(&H, Bytes.data(), sizeof(H));
  if (H.Magic != rt::DetailMagic)
    return createStringError("not a detailed profile, or not finished");
  if (H.Version != rt::DetailVersion || H.HeaderSize != sizeof(H))
    return createStringError("a detailed profile of another version");
  std::vector<rt::ValueSketch> Sketches;
  std::vector<rt::BranchRecord> Records;
  std::vector<rt::PathSite> Sites;
  std::vector<uint64_t> Counters;
  std::vector<rt::BranchPair> Table;
  std::vector<char> Text;
  if (H.FileSize != Bytes.size() || !takeTable(Bytes, H.Values, Sketches) ||
      !takeTable(Bytes, H.Branches, Records) ||
      !takeTable(Bytes, H.Paths, Sites) ||
      !takeTable(Bytes, H.Counters, Counters) ||
      !takeTable(Bytes, H.Pairs, Table) || !takeTable(Bytes, H.Text, Text))
    return createStringError("the detailed profile is truncated");

  DetailProfile New;
  New.Processes = 1;
  New.PairsDropped = H.PairsDropped;
  for (const rt::ValueSketch &K : Sketches) {
    if (!isSound(K))
      ++New.SitesDropped;
    else if (K.Seen)
      New.Values[K.Key].add(K);
  }
  for (const rt::BranchRecord &R : Records) {
    if (!isSound(R)) {
      ++New.SitesDropped;
      continue;
    }
    if (!R.Seen)
      continue;
    BranchCounts &B = New.Branches[R.Key];
    B = {R.Seen, std::min(R.Taken, R.Seen), std::min(R.Wrong, R.Seen),
         std::min(R.WrongAlone, R.Seen), std::min(R.Changes, R.Seen)};
  }
  // Each thread can have been amid one; more of them is damage.
  constexpr uint64_t MostDropped = 64;
  if (New.SitesDropped > MostDropped)
    return damaged();
  for (const rt::PathSite &S : Sites) {
    if (S.First > Counters.size() || S.Paths > Counters.size() - S.First)
      return damaged();
    PathCounts &P = New.Paths[{S.Function, S.CfgHash}];
    P.Paths = S.Paths;
    for (uint64_t I = 0; I != S.Paths; ++I)
      if (uint64_t Count = Counters[S.First + I])
        P.Counts[I] += Count;
  }
  for (const rt::BranchPair &P : Table) {
    if (!P.First || !P.Second)
      continue;
    if (P.First > Records.size() || P.Second > Records.size())
      return damaged();
    PairCounts &C =
        New.Pairs[{Records[P.First - 1].Key, Records[P.Second - 1].Key}];
    for (unsigned A : {0, 1})
      for (unsigned B : {0, 1})
        C[A][B] += P.Count[A][B];
  }
  // "{...}" lines, each preceded by its key in the JSON itself; the reader of
  // the text needs nothing else.
  SmallVector<StringRef> Lines;
  StringRef(Text.data(), Text.size()).split(Lines, '\n', -1, false);
  for (StringRef Line : Lines) {
    // {"...","cfg":"16 digits",...,"guid":"16 digits",...}
    auto Hex = [&](StringRef Name, uint64_t &Into) {
      size_t At = Line.find((Twine("\"") + Name + "\":\"").str());
      return At != StringRef::npos &&
             !Line.substr(At + Name.size() + 4, 16).getAsInteger(16, Into);
    };
    FunctionKey Key;
    if (!isPrintable(Line) || !Hex("guid", Key.Function) ||
        !Hex("cfg", Key.CfgHash))
      return damaged();
    New.Functions[Key] = Line.str();
  }
  add(New);
  return Error::success();
}

DetailRead readDetailFiles(ArrayRef<DetailInput> Files) {
  std::map<std::string, uint64_t> Weights;
  std::vector<std::string> Paths;
  for (const DetailInput &File : Files) {
    uint64_t &Own = Weights[File.Path];
    if (!Own)
      Paths.push_back(File.Path);
    Own = std::max(Own, File.Weight);
  }
  llvm::sort(Paths);
  latestFirst(Paths);
  DetailRead Result;
  RunsSeen Runs;
  for (const std::string &Path : Paths) {
    Expected<std::string> Bytes = readFile(Path);
    if (!Bytes) {
      Result.Skipped.push_back(toString(Bytes.takeError()));
      continue;
    }
    const ProcessFile File = ProcessFile::of(*Bytes);
    if (Runs.contains(File))
      continue;
    Expected<DetailProfile> One = DetailProfile::read(*Bytes);
    if (!One) {
      Result.Skipped.push_back(Path + ": " + toString(One.takeError()));
      continue;
    }
    Runs.insert(File);
    Result.Profile.add(*One, Weights[Path]);
    ++Result.Files;
  }
  llvm::sort(Result.Skipped);
  return Result;
}

Expected<std::vector<std::string>> detailFiles(StringRef Folder) {
  std::error_code EC;
  std::vector<std::string> Paths;
  for (sys::fs::directory_iterator I(Folder, EC), E; !EC && I != E;
       I.increment(EC))
    if (sys::path::extension(I->path()) == rt::DetailSuffix)
      Paths.push_back(I->path());
  if (EC)
    return createFileError(Folder, EC);
  return std::move(Paths);
}

Expected<DetailRead> readDetails(StringRef Folder) {
  Expected<std::vector<std::string>> Paths = detailFiles(Folder);
  if (!Paths)
    return Paths.takeError();
  std::vector<DetailInput> Files;
  for (std::string &Path : *Paths)
    Files.push_back({std::move(Path)});
  return readDetailFiles(Files);
}

} // namespace speciate
