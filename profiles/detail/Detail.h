//===- profiles/detail/Detail.h - Values, branches and paths of hot functions
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The second profile of a program, of its regions only; the first (counts,
// targets of indirect calls, sizes) is LLVM's. Everything in it is keyed by
// (function GUID, hash of its control-flow graph): what was changed since finds
// nothing, the rest fits.
//
// docs/Profiles.md describes the text form; the binary form is the same text,
// compressed, with a header that holds its version and its hash.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PROFILES_DETAIL_DETAIL_H
#define SPECIATE_PROFILES_DETAIL_DETAIL_H

#include "profiles/values/Values.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <array>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace speciate {

/// Counts of rt::BranchRecord.
struct BranchCounts {
  uint64_t Seen = 0;
  uint64_t Taken = 0;
  uint64_t Wrong = 0;
  uint64_t WrongAlone = 0;
  uint64_t Changes = 0;

  double takenRate() const { return Seen ? double(Taken) / double(Seen) : 0; }
  double wrongRate() const { return Seen ? double(Wrong) / double(Seen) : 0; }
};

/// Why a branch is guessed right or wrong.
enum class BranchClass {
  Biased,        ///< One way nearly always: the taken rate tells it all.
  Patterned,     ///< Both ways, but the history tells which.
  DataDependent, ///< Both ways, and nobody can tell.
};
llvm::StringRef branchClassName(BranchClass C);
BranchClass classify(const BranchCounts &B);

/// By the ways (0: not taken) of the first and of the second branch.
using PairCounts = std::array<std::array<uint64_t, 2>, 2>;

struct FunctionKey {
  uint64_t Function = 0;
  uint64_t CfgHash = 0;
  bool operator<(const FunctionKey &Other) const {
    return std::tie(Function, CfgHash) <
           std::tie(Other.Function, Other.CfgHash);
  }
  bool operator==(const FunctionKey &) const = default;
};

/// Of one function.
struct PathCounts {
  uint64_t Paths = 0;                  ///< That its numbering has.
  std::map<uint64_t, uint64_t> Counts; ///< By number.

  uint64_t total() const;
  /// The fewest that cover \p Coverage (in [0, 1]) of all executions: (number,
  /// count), most frequent first, ties by number.
  std::vector<std::pair<uint64_t, uint64_t>> principal(double Coverage) const;
};

/// A jump of the program's machine code, where debug information says that it
/// is.
struct HardwareBranch {
  std::string File;     ///< The base name of what was mapped.
  std::string Function; ///< As the symbol table calls it.
  std::string At;       ///< "/path/file.c:12", or "".
  uint64_t Offset = 0;  ///< In the function.
  bool Conditional = true;
  bool operator<(const HardwareBranch &Other) const {
    return std::tie(File, Function, Offset, At, Conditional) <
           std::tie(Other.File, Other.Function, Other.Offset, Other.At,
                    Other.Conditional);
  }
};
/// In the branch records of a processor's samples.
struct HardwareCounts {
  uint64_t Taken = 0;
  uint64_t Wrong = 0; ///< Of these.
  uint64_t NotTaken = 0;
};

class DetailProfile {
public:
  std::map<rt::ValueKey, SiteValues, KeyOrder> Values;
  std::map<rt::ValueKey, BranchCounts, KeyOrder> Branches;
  std::map<FunctionKey, PathCounts> Paths;
  struct PairOrder {
    bool operator()(const std::pair<rt::ValueKey, rt::ValueKey> &A,
                    const std::pair<rt::ValueKey, rt::ValueKey> &B) const;
  };
  std::map<std::pair<rt::ValueKey, rt::ValueKey>, PairCounts, PairOrder> Pairs;
  std::map<HardwareBranch, HardwareCounts> Hardware;
  /// passes/instrument/DetailText.h, one line without its end.
  std::map<FunctionKey, std::string> Functions;
  uint64_t Processes = 0;
  uint64_t PairsDropped = 0;
  /// Values and branches that a process was amid of when its file was read or
  /// it was killed.
  uint64_t SitesDropped = 0;

  /// Adds the file that one process wrote, all of it or nothing. Everything in
  /// it is checked.
  llvm::Error addProcess(llvm::StringRef Bytes);
  /// Commutative and associative, byte for byte in every form. Counts of
  /// \p Other times \p Weight.
  void add(const DetailProfile &Other, uint64_t Weight = 1);

  /// Null if the site was not reached.
  const SiteValues *values(const rt::ValueKey &Key) const;
  const BranchCounts *branch(const rt::ValueKey &Key) const;
  bool empty() const { return !Processes && Hardware.empty(); }

  /// The canonical text, and back. Errors name the line.
  std::string str() const;
  static llvm::Expected<DetailProfile> parse(llvm::StringRef Text);
  /// The binary form, and back.
  std::string binary() const;
  static llvm::Expected<DetailProfile> fromBinary(llvm::StringRef Bytes);
  /// Any of the three: a process's file, binary, text.
  static llvm::Expected<DetailProfile> read(llvm::StringRef Bytes);
};

/// True if \p Bytes begin like one of the three forms, finished or not.
bool isDetailProfile(llvm::StringRef Bytes);

struct DetailInput {
  std::string Path;
  uint64_t Weight = 1;
};
struct DetailRead {
  DetailProfile Profile;
  unsigned Files = 0;
  std::vector<std::string> Skipped; ///< "path: reason"
};
/// Adds up these files. The result does not depend on their names nor on their
/// order. Damaged files are skipped; a process with dumps counts once.
DetailRead readDetailFiles(llvm::ArrayRef<DetailInput> Files);
/// The profiles of this kind in a folder.
llvm::Expected<std::vector<std::string>> detailFiles(llvm::StringRef Folder);
llvm::Expected<DetailRead> readDetails(llvm::StringRef Folder);

} // namespace speciate

#endif
