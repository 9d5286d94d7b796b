//===- profiles/read/Inputs.h - Profiles of every kind that a user names
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PROFILES_READ_INPUTS_H
#define SPECIATE_PROFILES_READ_INPUTS_H

#include "profiles/detail/Detail.h"

namespace speciate {

struct ProfileInputs {
  /// Profiles of counts, and what is none at all, as given: for mergeProfiles,
  /// which names what it cannot use.
  std::vector<std::string> Counts;
  DetailRead Detail;
  /// What a user of the result has to know.
  std::vector<std::string> Notes;
};

/// Reads the detailed profiles and branch records (perf.data) among \p Files
/// (files, folders, with weights) and leaves the others. \p Program: see
/// importPerf.
llvm::Expected<ProfileInputs>
readProfileInputs(llvm::ArrayRef<std::string> Files,
                  llvm::StringRef Program = "");

} // namespace speciate

#endif
