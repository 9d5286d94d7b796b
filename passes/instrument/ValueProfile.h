//===- passes/instrument/ValueProfile.h - Asking a region for its values
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM's own value profiles know the targets of indirect calls and the sizes of
// memory operations. This one knows the integers (and null pointers) on which
// the control flow and the divisions of a hot function depend:
//
//   - its arguments;
//   - what is loaded or returned by a call outside a loop and used inside;
//   - what is loaded or returned by a call and divided by;
//   - the conditions of its switches.
//
// It is taken on the planned IR, so that sites are keyed as those of genes are.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_INSTRUMENT_VALUEPROFILE_H
#define SPECIATE_PASSES_INSTRUMENT_VALUEPROFILE_H

#include "passes/sites/Sites.h"
#include "runtime/speciate_abi.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/PassManager.h"

namespace llvm {
class BinaryOperator;
} // namespace llvm

namespace speciate {

/// The name under which the profile knows a value of \p Site. \p Parameter: the
/// number of an argument at the function's site, else 0.
rt::ValueKey valueKey(const SiteId &Site, unsigned Parameter);

/// Headers of the outermost loops that use \p V and do not compute it, in the
/// order of the function's blocks.
llvm::SmallVector<llvm::BasicBlock *, 2> loopsThatUse(const llvm::Value &V,
                                                      const llvm::LoopInfo &LI);

/// The divisions and remainders by \p V, or by \p V after one conversion.
llvm::SmallVector<llvm::BinaryOperator *, 2> divisionsBy(const llvm::Value &V);

/// True if a clone of its function for one value of \p A may be smaller or
/// faster: something but data movement depends on it.
bool isWorthSpecializing(const llvm::Argument &A);

/// Makes \p F report its values to runtime/values, into \p Folder (absolute).
/// Returns the number of sites.
unsigned instrumentValues(llvm::Function &F, llvm::StringRef Folder,
                          llvm::FunctionAnalysisManager &FAM);

} // namespace speciate

#endif
