//===- passes/operators/BlockLoop.h - Loops in blocks of iterations
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What loop-block and assume-and-check share. A loop is given a fast version of
// a fixed number K of iterations in which some edges are assumed not to be
// taken, and which has no other exit:
//
//   (peeled: some iterations of the original, if its body is small)
//   block:   guards: not the first time; K iterations are left; nothing that is
//            read in advance is on another page; ...     fail: to careful
//   fast:    K iterations, or: a scan of the K iterations' conditions, then
//            K iterations                                failed: to careful
//            else: to block
//   careful: the original loop, from the state at `block`; after K iterations
//            (after failures in a row: 8 K, 64 K), the last 8 of which took no
//            assumed edge: to block
//
// The state is what the header's phis hold. `fast` starts from copies, so that
// `careful` finds it as it was, whenever `fast` gives up. Vectorizing the fast
// loop, whose count is a constant, is left to LLVM.
//
// Why it is correct. Let the assumed edges be those that leave a kept block of
// the loop for a block that is not kept.
//
// (1) If none of them is taken in the next K iterations, these K iterations
//     execute kept blocks only, and the fast loop does just that. If one is,
//     the fast version is given up before anything can be seen of it:
//     Check::With     the fast loop computes registers only, and all conditions
//                     on the way, and they are looked at after the last
//                     iteration. It has no effects, so nothing but registers is
//                     given up, and careful does the block again.
//     Check::First    a loop over the conditions alone, with all that they are
//                     computed from, comes first. What it reads is not written
//                     by the kept blocks, by alias analysis across iterations,
//                     or because a guard compares the ranges that the block
//                     reads and writes: so it computes what the K iterations
//                     would compute. It has no effects either.
//     A select that chooses its rare side counts as such an edge.
//     Where the conditions ask whether a sum that only grows is above a bound,
//     the last sum is looked at alone (EndTest): if any was above, it is. Flags
//     (nuw, nsw) are dropped from the copies of the additions, so that the last
//     sum is no poison where the original's sums are none.
// (2) Exits with a count that is known at the loop's entry are not computed,
//     but a guard asks whether K more iterations are below all counts.
// (3) Beyond the first taken edge, iterations are computed that the original
//     would not execute. Values are garbage there: every instruction must be
//     safe to speculate, everything branched on is frozen, metadata and
//     attributes that imply undefined behaviour are dropped from copies, and
//     assumptions are. The edge itself has been recorded: the iterations up to
//     it compute what the original computes.
// (4) A load may be executed in advance if
//     - the original executes it in each iteration and can leave the loop by
//       counted exits only, no call in it can free memory or not return, and
//       its address is an affine function of the iteration (or invariant); or
//     - its address is such a function with a constant step, and the span of
//       bytes that the block reads around it lies on one page of 4096 bytes (a
//       guard computes that) and includes a load that the original is certain
//       to execute in the block's first iteration. Memory is mapped, and
//       protected, by pages of at least this size, so a page with a byte that
//       the program is about to read is readable. The object may end before;
//       so that no pass reasons from that, such loads go through a pointer that
//       an empty statement of assembly returns, of which LLVM knows neither
//       object nor size.
//     Volatile and atomic loads, other address spaces, and functions compiled
//     for a sanitizer are refused. A value read in a race may differ between
//     fast and careful, as it may between any two loads of the original.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_BLOCKLOOP_H
#define SPECIATE_PASSES_OPERATORS_BLOCKLOOP_H

#include "passes/operators/Operator.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace llvm {
class SCEV;
}

namespace speciate {

/// Memory is mapped in units of at least this size, on every target.
inline constexpr uint64_t PageBytes = 4096;

enum class BlockCheck { With, First };

struct BlockParams {
  unsigned Iterations = 32; ///< A power of two.
  BlockCheck Check = BlockCheck::With;
  /// Edges in the loop that the profile saw at most once in so many passes of
  /// their branch are assumed not to be taken. 0: only exits are.
  unsigned Rare = 0;
  /// Width for the vectorizer; 0: as it likes, 1: not at all.
  unsigned Width = 0;
};

/// Keys that both operators understand: block=16..1024, check=with|first,
/// width=1..64.
llvm::Expected<BlockParams> readBlockParams(const Parameters &P);

/// A branch or switch all of whose other successors are assumed not to be next.
struct AssumedBranch {
  llvm::Instruction *Terminator;
  llvm::BasicBlock *Kept;
  const llvm::SCEV *Limit; ///< Of an exit with a known count; else null.
  bool AtEnd = false;      ///< One of Ends asks for it.
};

/// A select one side of which is assumed not to be chosen.
struct AssumedSelect {
  llvm::SelectInst *Select;
  bool KeptIsTrue;
  bool AtEnd = false;
};

/// Instead of a test of every sum `X > Bound` (unsigned) one of the last: what
/// is added to Phi in an iteration is not negative, so that from a sum that is
/// not above the bound no later one is smaller, and K iterations cannot wrap.
struct EndTest {
  llvm::PHINode *Phi;
  llvm::Value *Last; ///< What the latch carries back.
  llvm::APInt Bound;
};

/// Loads at constant distances from each other.
struct LoadStream {
  const llvm::SCEV *Lowest; ///< Address in the loop's first iteration.
  int64_t Step = 0;         ///< Bytes from iteration to iteration.
  uint64_t Bytes = 0;       ///< Of one iteration, from Lowest.
  bool Certain = false;     ///< One of them is in the first iteration.
  llvm::SmallVector<std::pair<llvm::LoadInst *, int64_t>, 4> Loads;
};

/// Bytes that a block touches.
struct AccessRange {
  const llvm::SCEV *First; ///< Address in the loop's first iteration.
  int64_t Step;
  uint64_t Bytes;
};

/// What buildBlocks does to a loop.
struct BlockPlan {
  BlockParams Params;
  llvm::SmallVector<llvm::BasicBlock *, 8> Kept; ///< Reverse post-order.
  llvm::SmallVector<AssumedBranch, 4> Assumed;
  llvm::SmallVector<AssumedSelect, 2> Selects;
  llvm::SmallVector<EndTest, 1> Ends;
  llvm::SmallVector<LoadStream, 2> Streams;
  /// Check::First: what the scan computes.
  llvm::SmallPtrSet<llvm::Instruction *, 16> Scan;
  /// Check::First: read and written ranges that must not meet.
  llvm::SmallVector<std::pair<AccessRange, AccessRange>, 2> Apart;

  /// Something is assumed that a count does not tell.
  bool hasData() const {
    return !Selects.empty() ||
           llvm::any_of(Assumed,
                        [](const AssumedBranch &A) { return !A.Limit; });
  }
  /// An assumed edge that stays in the loop.
  bool hasRare(const llvm::Loop &L) const;
  /// How many of the smallest values that are loaded fill a vector of 16 bytes.
  /// The vectorizer goes by the largest type, which the test may not need.
  unsigned fullWidth() const;
  /// The expected share of blocks that are not given up, from the profile.
  double cleanShare() const;
};

/// An error says why not. Changes nothing.
llvm::Expected<BlockPlan> planBlocks(llvm::Loop &L, const BlockParams &Params,
                                     OperatorContext &Context);

/// planBlocks(), and then does it.
llvm::Error applyBlocks(llvm::Loop &L, const BlockParams &Params,
                        OperatorContext &Context);

/// \p L, run for at most K iterations at a time:
///   Preheader -> Block [-> Enter -> loop -> Next -> loop or Block]
/// Block has a phi for each of the header's, and no terminator yet; Next counts
/// down and goes to Block after K iterations. Exits stay where they are.
struct LoopFrame {
  llvm::BasicBlock *Block, *Enter, *Next;
  llvm::PHINode *Left;     ///< In the header: iterations until Block.
  llvm::BranchInst *Count; ///< In Next: to Block or to the header.
  /// The header's and Block's.
  llvm::SmallVector<std::pair<llvm::PHINode *, llvm::PHINode *>> Phis;
};

/// \p L has a preheader, a single latch and a single edge from it.
LoopFrame frameLoop(llvm::Loop &L, unsigned K);

} // namespace speciate

#endif
