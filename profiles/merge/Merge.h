//===- profiles/merge/Merge.h - Many profiles into one
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PROFILES_MERGE_MERGE_H
#define SPECIATE_PROFILES_MERGE_MERGE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace speciate {

struct SkippedProfile {
  std::string Path;
  std::string Reason;
};

struct MergeResult {
  /// The indexed profile (.profdata); empty if no input could be read.
  std::string Profile;
  unsigned Read = 0;      ///< Files that were used.
  unsigned Processes = 0; ///< Of these, profiles of one process.
  std::vector<SkippedProfile> Skipped;
  /// Records that disagree, such as counters that overflowed.
  std::vector<std::string> Warnings;
};

/// An input with a weight: "3,FILE" counts as FILE three times, unless a file
/// has just this name. The weight is 1 without one.
struct WeightedInput {
  uint64_t Weight = 1;
  std::string Path;
};
WeightedInput parseInput(llvm::StringRef Input);

/// Adds up profiles. An input (see WeightedInput) is a file (the runtime's,
/// LLVM's raw or indexed format) or a folder, of which all .speciateprof,
/// .profraw and .profdata files are taken. Files that cannot be used are
/// skipped and named in the result; only an input that does not exist is an
/// Error. The bytes depend on what the files hold, and neither on their names
/// nor on their order. A file that is named twice counts once, as does a
/// process of which there are dumps.
///
/// Check Read: it is 0, and Profile empty, when nothing was usable.
llvm::Expected<MergeResult> mergeProfiles(llvm::ArrayRef<std::string> Inputs);

} // namespace speciate

#endif
