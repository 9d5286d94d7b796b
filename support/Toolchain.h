//===- support/Toolchain.h - Where LLVM 22's programs are
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_SUPPORT_TOOLCHAIN_H
#define SPECIATE_SUPPORT_TOOLCHAIN_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace speciate {

/// The absolute path of a program of LLVM 22 ("clang", "ld.lld", "llvm-bolt").
/// Never looked up in PATH: unversioned names there may be another version.
/// $SPECIATE_LLVM_BINDIR overrides the folder that was set at build time.
std::string llvmTool(llvm::StringRef Name);

/// The folder of the running executable, for the files that are installed
/// beside it (../lib).
std::string executableDir();

} // namespace speciate

#endif
