//===- support/Toolchain.cpp - Where LLVM 22's programs are
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/Toolchain.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <cstdlib>

using namespace llvm;

namespace speciate {

std::string llvmTool(StringRef Name) {
  const char *Override = ::getenv("SPECIATE_LLVM_BINDIR");
  SmallString<128> Path(Override && *Override ? Override
                                              : SPECIATE_LLVM_BINDIR);
  sys::path::append(Path, Name);
  return std::string(Path);
}

std::string executableDir() {
  SmallString<256> Path;
  if (sys::fs::real_path("/proc/self/exe", Path))
    return ".";
  return sys::path::parent_path(Path).str();
}

} // namespace speciate
