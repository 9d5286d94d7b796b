//===- test/unit/gp/TakeError.cpp - Behind llvm/Testing/Support/Error.h
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Debian ships the header of LLVM's matchers for errors, but not the library
// with the one function that they call.
//
//===----------------------------------------------------------------------===//

#include "llvm/Testing/Support/Error.h"

using namespace llvm;

llvm::detail::ErrorHolder llvm::detail::TakeError(Error E) {
  std::vector<std::shared_ptr<ErrorInfoBase>> Infos;
  handleAllErrors(std::move(E), [&](std::unique_ptr<ErrorInfoBase> Info) {
    Infos.emplace_back(std::move(Info));
  });
  return {std::move(Infos)};
}
