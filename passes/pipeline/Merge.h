//===- passes/pipeline/Merge.h - The units of a program as one module
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What lld does between reading LTO inputs and optimizing them, without lld:
// link the units' modules under a symbol resolution that lld itself decided
// (--save-temps=resolution of the pgo_lto baseline), and internalize. The same
// library (llvm::lto::LTO) does the work, so that the result is the module that
// the baseline's optimizer saw.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_PIPELINE_MERGE_H
#define SPECIATE_PASSES_PIPELINE_MERGE_H

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace speciate {

/// \p Units are paths of bitcode files in link order. \p Resolution is the text
/// of lld's resolution file for a link of the same units in the same order
/// (under any paths). Symbols that it does not name, because a plan gene made
/// them appear, are taken as undefined and not exported.
llvm::Expected<std::unique_ptr<llvm::Module>>
mergeUnits(llvm::LLVMContext &Context, const std::vector<std::string> &Units,
           llvm::StringRef Resolution, bool Pic);

} // namespace speciate

#endif
