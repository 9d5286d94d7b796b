//===- passes/sites/Cost.h - A static estimate of where time goes
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// No cycle is measured here: a block costs its profile count times the
// latencies that the target model gives its instructions. Good enough to tell
// hot functions from cold ones and to order what a search tries first; never to
// accept anything.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_SITES_COST_H
#define SPECIATE_PASSES_SITES_COST_H

namespace llvm {
class BasicBlock;
class BlockFrequencyInfo;
class Function;
class Loop;
class TargetTransformInfo;
} // namespace llvm

namespace speciate {

/// How often \p BB ran. Without a profile of the function: its frequency
/// relative to the entry, so that shares inside one function still hold.
double blockCount(const llvm::BasicBlock &BB,
                  const llvm::BlockFrequencyInfo &BFI);

/// The cost of one execution, in cycles of a machine that does one thing at a
/// time.
double blockCost(const llvm::BasicBlock &BB,
                 const llvm::TargetTransformInfo &TTI);

/// The sum over all blocks of count times cost. Additive over functions of one
/// program, in absolute units: divide by the program's sum for a share.
double staticCost(const llvm::Function &F, const llvm::BlockFrequencyInfo &BFI,
                  const llvm::TargetTransformInfo &TTI);

/// The same sum over the blocks of \p L, inner loops included.
double staticCost(const llvm::Loop &L, const llvm::BlockFrequencyInfo &BFI,
                  const llvm::TargetTransformInfo &TTI);

} // namespace speciate

#endif
