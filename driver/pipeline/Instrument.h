//===- driver/pipeline/Instrument.h - A program that profiles itself
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_PIPELINE_INSTRUMENT_H
#define SPECIATE_DRIVER_PIPELINE_INSTRUMENT_H

#include "driver/record/Record.h"
#include "llvm/Support/Error.h"
#include "passes/instrument/Alone.h"
#include <string>
#include <vector>

namespace speciate {

/// True if some code of the program may start a thread, so that counters have
/// to be atomic to be exact.
llvm::Expected<bool> mayStartThreads(const Store &S, const Record &R);

/// How counters of a program that may start threads learn of them.
ThreadTest threadTest(const Record &R);

/// The objects of the profile runtime: one linked before, one after all else.
struct ProfileRuntime {
  std::string First;
  std::string Last;
};
/// In \p Dir; empty: ../lib, seen from the running executable.
llvm::Expected<ProfileRuntime> findProfileRuntime(llvm::StringRef Dir = "");

/// Our passes, for clang's -fpass-plugin.
std::string pluginPath();

/// The words that make clang instrument a unit for our profile runtime.
std::vector<std::string> instrumentFlags(ThreadTest Test);

} // namespace speciate

#endif
