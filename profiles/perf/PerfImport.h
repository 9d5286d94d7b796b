//===- profiles/perf/PerfImport.h - Branches as the processor guessed them
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PROFILES_PERF_PERFIMPORT_H
#define SPECIATE_PROFILES_PERF_PERFIMPORT_H

#include "profiles/detail/Detail.h"
#include "profiles/perf/PerfFile.h"

namespace speciate {

struct PerfImport {
  /// Only Hardware.
  DetailProfile Profile;
  PerfSummary Summary;
  uint64_t Branches = 0;  ///< All that were taken.
  uint64_t Elsewhere = 0; ///< Of these, in no file that could be read.
  /// Of these, where the file has no branch: it is another file by now.
  uint64_t Foreign = 0;
  /// Pieces between two branches that cannot have run in one go.
  uint64_t BadRuns = 0;
  std::vector<std::string> Problems; ///< Files that do not fit, and why.

  /// All that a reader of the result has to know, a line each.
  std::vector<std::string> notes() const;
};

/// Finds what a perf.data file says of the conditional and indirect branches of
/// the files that ran. How often a branch was not taken follows from what ran
/// in one go between two that were. \p Program: only of this file, which may
/// have another folder than when it ran; empty: of all that still exist.
///
/// The processor records taken branches only: a branch that was guessed to be
/// taken and was not is not among the wrong guesses.
llvm::Expected<PerfImport> importPerf(llvm::StringRef Bytes,
                                      llvm::StringRef Program);

/// Replaces what the model said of a branch by what the processor did, where
/// one branch of the source line, and one only, is in both. Returns how many.
unsigned useHardwareGuesses(DetailProfile &P);

} // namespace speciate

#endif
