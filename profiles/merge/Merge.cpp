//===- profiles/merge/Merge.cpp - Many profiles into one
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "profiles/merge/Merge.h"
#include "profiles/read/ProcessFile.h"
#include "profiles/read/RawProfile.h"
#include "runtime/speciate_abi.h"
#include "support/File.h"
#include "support/Hash.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ProfileData/InstrProfWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <map>
#include <set>
#include <tuple>

using namespace llvm;

namespace speciate {

static bool isProfileName(StringRef Path) {
  return Path.ends_with(rt::ProfileSuffix) || Path.ends_with(".profraw") ||
         Path.ends_with(".profdata");
}

WeightedInput parseInput(StringRef Input) {
  auto [Number, Path] = Input.split(',');
  uint64_t Weight;
  if (sys::fs::exists(Input) || Path.empty() ||
      Number.getAsInteger(10, Weight) || !Weight)
    return {1, Input.str()};
  return {Weight, Path.str()};
}

/// The files that the inputs name, each once, by real path. Of two weights of
/// one file the greater counts.
static Expected<std::map<std::string, WeightedInput>>
findFiles(ArrayRef<std::string> Inputs) {
  std::map<std::string, WeightedInput> Files;
  for (const std::string &Given : Inputs) {
    const auto [Weight, Input] = parseInput(Given);
    auto Add = [&, W = Weight](StringRef Path) {
      SmallString<256> Real;
      if (sys::fs::real_path(Path, Real))
        Real = Path;
      WeightedInput &Own = Files[std::string(Real)];
      if (Own.Path.empty())
        Own.Path = Path.str();
      Own.Weight = std::max(Own.Weight, W);
    };
    if (!sys::fs::is_directory(Input)) {
      if (!sys::fs::exists(Input))
        return createStringError("%s: no such file or folder", Input.c_str());
      Add(Input);
      continue;
    }
    std::error_code EC;
    for (sys::fs::directory_iterator I(Input, EC), End; I != End && !EC;
         I.increment(EC))
      if (isProfileName(I->path()))
        Add(I->path());
    if (EC)
      return createFileError(Input, EC);
  }
  return Files;
}

namespace {
struct Candidate {
  std::string Hash; ///< Of the content.
  std::string Path;
  uint64_t Weight;
  ProcessFile File;
  bool operator<(const Candidate &Other) const {
    return std::tie(Hash, Path) < std::tie(Other.Hash, Other.Path);
  }
};
} // namespace

static bool isUsable(const std::string &Path) {
  Expected<std::string> Bytes = readFile(Path);
  if (!Bytes) {
    consumeError(Bytes.takeError());
    return false;
  }
  Expected<LoadedProfile> Loaded = loadProfile(*Bytes);
  if (!Loaded) {
    consumeError(Loaded.takeError());
    return false;
  }
  return true;
}

/// Leaves of the dumps of one run none where a later file of it, with the
/// greatest weight, can be used; and those that cannot be used, which are told
/// of later. Copies of a process's own file are left: whoever gives a file
/// twice gets it twice.
static void dropOlderDumps(std::vector<Candidate> &Files) {
  std::map<uint64_t, std::vector<Candidate *>> Runs;
  for (Candidate &C : Files)
    if (C.File.Run)
      Runs[C.File.Run].push_back(&C);
  std::set<std::string> Drop;
  for (auto &[Run, Same] : Runs) {
    if (Same.size() == 1)
      continue;
    llvm::sort(Same, [](const Candidate *A, const Candidate *B) {
      return std::pair(B->File.age(), A->Path) <
             std::pair(A->File.age(), B->Path);
    });
    Candidate *Best = nullptr;
    for (Candidate *C : Same) {
      if (!isUsable(C->Path))
        continue;
      if (Best && C->File.Dump) {
        Best->Weight = std::max(Best->Weight, C->Weight);
        Drop.insert(C->Path);
      } else if (!Best) {
        Best = C;
      }
    }
  }
  llvm::erase_if(Files, [&](const Candidate &C) { return Drop.count(C.Path); });
}

Expected<MergeResult> mergeProfiles(ArrayRef<std::string> Inputs) {
  auto Files = findFiles(Inputs);
  if (!Files)
    return Files.takeError();

  MergeResult Result;
  // LLVM's writer lays out its hash table, and sorts values of equal count, by
  // the order in which records came. The order of the contents is the one order
  // that neither names nor arguments can change.
  std::vector<Candidate> Order;
  for (const auto &[Real, Input] : *Files) {
    const std::string &Path = Input.Path;
    Expected<std::string> Bytes = readFile(Path);
    if (!Bytes) {
      Result.Skipped.push_back({Path, toString(Bytes.takeError())});
      continue;
    }
    Order.push_back(
        {contentHash(*Bytes), Path, Input.Weight, ProcessFile::of(*Bytes)});
  }
  llvm::sort(Order);
  dropOlderDumps(Order);

  InstrProfWriter Writer;
  for (const Candidate &Each : Order) {
    const std::string &Path = Each.Path;
    Expected<std::string> Bytes = readFile(Path);
    if (!Bytes) {
      Result.Skipped.push_back({Path, toString(Bytes.takeError())});
      continue;
    }
    Expected<LoadedProfile> Loaded = loadProfile(*Bytes);
    if (!Loaded) {
      Result.Skipped.push_back({Path, toString(Loaded.takeError())});
      continue;
    }
    if (Error E = Writer.mergeProfileKind(Loaded->Reader->getProfileKind())) {
      Result.Skipped.push_back({Path, toString(std::move(E))});
      continue;
    }
    ++Result.Read;
    Result.Processes += Loaded->IsProcess;
    for (NamedInstrProfRecord &Record : Loaded->Records) {
      std::string Name = Record.Name.str();
      Writer.addRecord(std::move(Record), Each.Weight, [&](Error E) {
        Result.Warnings.push_back(Path + ": " + Name + ": " +
                                  toString(std::move(E)));
      });
    }
  }
  llvm::sort(Result.Skipped, [](const auto &A, const auto &B) {
    return std::tie(A.Path, A.Reason) < std::tie(B.Path, B.Reason);
  });
  if (Result.Read)
    Result.Profile = Writer.writeBuffer()->getBuffer().str();
  return std::move(Result);
}

} // namespace speciate
