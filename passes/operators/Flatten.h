//===- passes/operators/Flatten.h - Both sides of a branch, without the branch
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// If-conversion of everything between a branch and the block where its sides
// meet again (after Allen, Kennedy, Porterfield, Warren, "Conversion of Control
// Dependence to Data Dependence", POPL 1983): a triangle, a diamond, or any
// acyclic nest of them with one way in and one way out. Every block gets the
// condition under which it ran; the phis become selects on these conditions.
//
// What may be computed although it would not have been:
//
//   - arithmetic that cannot trap (isSafeToSpeculativelyExecute);
//   - a load from an address that is known to be readable at the branch
//     (passes/operators/Places.h); any other plain load reads from
//     select(condition, address, a constant of zeros);
//   - a plain store, always through select(condition, address, a slot on the
//     stack that nobody reads). Only where the place is provably the thread's
//     own (a local variable whose address stays in the function) or has just
//     been written by an unconditional store, the old value is written again
//     instead: one more store to memory that another thread may look at, or
//     that may be read-only, would be a new behaviour (LangRef, "Memory Model
//     for Concurrent Operations").
//
// Volatile and atomic accesses, calls with effects and everything else are
// refused. A value that would have been poison on a side that did not run stays
// behind the select of that side; conditions are joined by selects and not by
// `and`, for the same reason.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_FLATTEN_H
#define SPECIATE_PASSES_OPERATORS_FLATTEN_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Support/Error.h"

namespace llvm {
class BasicBlock;
class BranchInst;
class Value;
} // namespace llvm

namespace speciate {

/// What lies between a branch and the block where its sides meet.
struct Hammock {
  llvm::BasicBlock *Head = nullptr;
  llvm::BasicBlock *Join = nullptr;
  /// All blocks between them, each after those that it is reached from.
  llvm::SmallVector<llvm::BasicBlock *, 8> Blocks;
  unsigned Instructions = 0; ///< To be computed whatever the condition is.
  unsigned Loads = 0;        ///< Of these, loads with a selected address.
  unsigned Stores = 0;       ///< Of these, stores.
  bool HasIntegers = false;  ///< A phi that becomes a select is an integer.
};

/// The hammock that \p Br opens, if it can be flattened; the Error says why
/// not. Changes nothing.
llvm::Expected<Hammock> findHammock(llvm::BranchInst &Br,
                                    llvm::FunctionAnalysisManager &FAM);

/// How the selects of a flattened hammock are marked (passes/operators/
/// LateForms.h).
enum class SelectForm {
  Select, ///< Unpredictable, so that it stays a select in the back end.
  Mask,   ///< Becomes arithmetic on a mask at the end of the pipeline.
};

/// Flattens \p H, which is of the function as it is now. Branch weights carry
/// over to the selects. Locations stay; a variable that was set on one side
/// only counts as optimized out until it is set again. Analyses are not kept.
void flatten(const Hammock &H, SelectForm Form,
             llvm::FunctionAnalysisManager &FAM);

} // namespace speciate

#endif
