//===- passes/operators/Versioning.h - A copy of code behind a guard
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `if (guard) copy else original`, in one function. The copy starts as the
// original; what holds under the guard is for the operator to put into it: by
// the map (a value that is a constant in the copy), or afterwards.
//
// Why this is legal: both versions compute the same from the same state, and
// the guard has no effect. It runs where the original does not look at the
// guarded values yet, so it may branch neither on poison nor on undef: an
// operator freezes what it compares. What it loads must be readable there.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_VERSIONING_H
#define SPECIATE_PASSES_OPERATORS_VERSIONING_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Support/Error.h"
#include "llvm/Transforms/Utils/ValueMapper.h"

namespace llvm {
class BasicBlock;
class Function;
class Loop;
} // namespace llvm

namespace speciate {

/// A copy has at most this many instructions: more only evict the caches.
inline constexpr size_t MaxCopied = 2000;

/// How a guard is computed, at the builder's place, and how often it holds.
struct Guard {
  /// Returns an i1 that is neither poison nor undef.
  llvm::function_ref<llvm::Value *(llvm::IRBuilderBase &)> Condition;
  unsigned Percent; ///< From 1 to 99.
};

/// Why a block must not exist twice.
llvm::Error canCopy(const llvm::BasicBlock &BB);
/// The same for many. \p Total: instructions copied so far by this gene; no
/// more than \p Max in the end.
llvm::Error canCopyAll(llvm::ArrayRef<llvm::BasicBlock *> Blocks, size_t &Total,
                       size_t Max = MaxCopied);

llvm::SmallVector<llvm::BasicBlock *> blocksOf(llvm::Function &F);

/// Copies of \p Blocks behind the last of the function, with names that end in
/// ".special"; \p Map has what is already known to differ in the copy, and
/// gets all that was copied. Phis still name the copies' predecessors as the
/// originals have them where these were not copied.
void copyBlocks(llvm::ArrayRef<llvm::BasicBlock *> Blocks,
                llvm::ValueToValueMapTy &Map);

/// Replaces the terminator of \p BB by a branch to \p Special if the guard
/// holds, else to \p General. Weights are those of the guard.
llvm::BranchInst *addGuard(const Guard &G, llvm::BasicBlock *BB,
                           llvm::BasicBlock *Special,
                           llvm::BasicBlock *General);

/// Whether uses or debug records of \p I lie in blocks that are not \p Inside
/// (for phis: that they come from).
bool isUsedElsewhere(llvm::Instruction &I,
                     llvm::function_ref<bool(llvm::BasicBlock *)> Inside);

/// \p I was copied, to the values at the ends of the other blocks in \p Copies.
/// Where its uses and debug records lie in blocks that are not \p Inside (for
/// phis: that they come from), the values meet.
void meetElsewhere(
    llvm::Instruction &I,
    llvm::ArrayRef<std::pair<llvm::BasicBlock *, llvm::Value *>> Copies,
    llvm::function_ref<bool(llvm::BasicBlock *)> Inside);

/// Two versions of the whole body behind one guard at the entry; both use the
/// same variables. canCopyAll() holds for all blocks.
void versionBody(llvm::Function &F, const Guard &G,
                 llvm::ValueToValueMapTy &Map);

/// Two versions of a loop behind one guard in its preheader. The loop is in
/// simplified form and in LCSSA form (simplifyLoopShape), and canCopyAll()
/// holds for its blocks. Analyses are not kept.
void versionLoop(llvm::Loop &L, const Guard &G, llvm::ValueToValueMapTy &Map);

} // namespace speciate

#endif
