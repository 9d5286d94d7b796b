//===- driver/record/Completeness.h - What a program's record lacks, and why
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_RECORD_COMPLETENESS_H
#define SPECIATE_DRIVER_RECORD_COMPLETENESS_H

#include "driver/record/Record.h"

namespace speciate {

/// Why an object has no IR, and what its owner can do; read from the object, as
/// nothing else knows who made it. Remedy is empty where there is none.
struct NativeReason {
  std::string Why;
  std::string Remedy;
};
NativeReason whyNative(llvm::StringRef ObjectBytes);

/// The reason that speciate-ld last logged for \p Program in the store \p Dir:
/// under its path, else under its base name, for it may have been moved. Empty
/// if there is none.
std::string loggedReason(llvm::StringRef Dir, llvm::StringRef Program);

/// Appends "\p Program: \p Reason" to the log. Failures are ignored: there is
/// nobody left to tell.
void logReason(llvm::StringRef Dir, llvm::StringRef Program,
               llvm::StringRef Reason);

} // namespace speciate

#endif
