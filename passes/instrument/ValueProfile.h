//===- passes/instrument/ValueProfile.h - Asking a region for its values
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM's own value profiles know the targets of indirect calls and the sizes of
// memory operations. This one knows, of a hot function,
//
//   - its arguments, the distances between its pointer arguments, and the calls
//     that it was entered from;
//   - what is loaded or returned by a call, if a loop or a division depends on
//     it, and what else is loaded where it is hot;
//   - addresses of loads in loops, if no stride is known;
//   - what is divided by, the conditions of switches, the trip counts of loops.
//
// It is taken on the planned IR, so that sites are keyed as those of genes are.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_INSTRUMENT_VALUEPROFILE_H
#define SPECIATE_PASSES_INSTRUMENT_VALUEPROFILE_H

#include "passes/sites/Sites.h"
#include "runtime/speciate_detail_abi.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/PassManager.h"
#include <vector>

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

/// A value to report.
struct AskedValue {
  enum class What {
    Value,     ///< V, in front of Where.
    Distance,  ///< Other less V.
    Context,   ///< The call that the function was entered from.
    TripCount, ///< How often V, a loop's header, ran since the loop was
               ///< entered.
  };
  rt::ValueKey Key;
  What Kind;
  llvm::Value *V;
  llvm::Value *Other;
  llvm::Instruction *Where; ///< Null for trip counts.
};

/// First what genes could use, then the rest, up to a limit.
std::vector<AskedValue> valuesToAskFor(llvm::Function &F, const SiteMap &Sites,
                                       llvm::FunctionAnalysisManager &FAM);

} // namespace speciate

#endif
