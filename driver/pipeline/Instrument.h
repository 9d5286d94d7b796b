//===- driver/pipeline/Instrument.h - A program that profiles itself
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_PIPELINE_INSTRUMENT_H
#define SPECIATE_DRIVER_PIPELINE_INSTRUMENT_H

#include "driver/record/Record.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace speciate {

struct InstrumentOptions {
  /// A folder of the caller's for the objects; may be shared with other calls
  /// for the same record only one after the other.
  std::string Scratch;
  std::string Output;
  unsigned Jobs = 1;
  /// One file per unit to compile in place of the record's bitcode, such as the
  /// units for another CPU; empty: the record's.
  std::vector<std::string> UnitBitcode;
  /// More words for every unit's clang, after ours.
  std::vector<std::string> ExtraUnitFlags;
  /// Where the objects of the profile runtime are; empty: ../lib, seen from the
  /// running executable.
  std::string RuntimeDir;
};

/// True if some code of the program may start a thread, so that counters have
/// to be atomic to be exact.
llvm::Expected<bool> mayStartThreads(const Store &S, const Record &R);

/// The objects of the profile runtime: one linked before, one after all else.
struct ProfileRuntime {
  std::string First;
  std::string Last;
};
/// In \p Dir; empty: ../lib, seen from the running executable.
llvm::Expected<ProfileRuntime> findProfileRuntime(llvm::StringRef Dir = "");

/// The words that make clang instrument a unit for our profile runtime.
std::vector<std::string> instrumentFlags(bool Atomic);

/// Compiles the units with IR-level instrumentation, so that the CFG hashes are
/// those of a compilation of the same bitcode with -O3 -fprofile-use, and links
/// them with the profile runtime. Output appears whole or not at all.
llvm::Error instrumentProgram(const Store &S, const Record &R,
                              const InstrumentOptions &Options);

} // namespace speciate

#endif
