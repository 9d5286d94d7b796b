//===- passes/pipeline/Slice.h - One hot function cut out of the planned program
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// After the plan, every local symbol of the program is promoted to a hidden one
// with a name of its own, so that the functions can be compiled apart and
// linked together again, with every address keeping its identity.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_PIPELINE_SLICE_H
#define SPECIATE_PASSES_PIPELINE_SLICE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/IR/Module.h"
#include <memory>
#include <string>

namespace speciate {

/// Gives every internal or private symbol of \p M external linkage, hidden
/// visibility and a name that no other symbol of the link has, and notes on
/// every function the GUID that it had in its source (metadata
/// "speciate.guid"). A symbol that assembly names stays as it is and gets an
/// alias of that kind, which everything else uses; functions that assembly ties
/// to their object are marked, for whyNotSliceable.
void promoteLocals(llvm::Module &M);

/// Why \p F cannot be compiled apart from the rest of its module, or "".
std::string whyNotSliceable(const llvm::Function &F);

/// A module with the body of \p F, the jump tables that hold addresses of its
/// blocks, and declarations of all else that it uses. Constants keep their
/// initializers (available_externally), for folding.
std::unique_ptr<llvm::Module> sliceOut(const llvm::Function &F);

/// Removes from \p M the bodies of \p Regions, and what sliceOut took with
/// them.
void removeSlices(llvm::Module &M, llvm::ArrayRef<llvm::Function *> Regions);

} // namespace speciate

#endif
