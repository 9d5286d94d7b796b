//===- passes/instrument/PrincipalPaths.h - The paths that matter, in the IR
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a detailed profile knows about a function's paths, in terms of the
// function itself, for operators. A path begins at the function's entry or at a
// block that PathNumbering made a start (a loop's header above all) and ends
// where the next one begins or where the function is left.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_INSTRUMENT_PRINCIPALPATHS_H
#define SPECIATE_PASSES_INSTRUMENT_PRINCIPALPATHS_H

#include "profiles/detail/Detail.h"
#include "llvm/IR/Function.h"
#include <vector>

namespace speciate {

/// At this jump the path goes that way.
struct PathStep {
  /// A conditional branch or a switch.
  llvm::Instruction *Jump = nullptr;
  /// Of the jump's successors. 0: a branch's condition is true. Of a switch the
  /// first that leads there; others may, too.
  unsigned Successor = 0;
  /// Its site: SiteKind::Branch or SiteKind::Switch, and the number there.
  uint32_t Kind = 0, Ordinal = 0;
};

struct ProfiledPath {
  uint64_t Number = 0; ///< In PathNumbering.
  uint64_t Count = 0;
  double Share = 0; ///< Of the executions of all of the function's paths.
  /// At least one. The last is where the next path begins if Continues.
  std::vector<llvm::BasicBlock *> Blocks;
  /// It ends because the last block is a start, which may be its own first one
  /// (once round a loop); else the function is left in the last block.
  bool Continues = false;
  /// All jumps with a choice on the path, in order: their conjunction selects
  /// it among the paths from its first block.
  std::vector<PathStep> Steps;
};

/// The fewest paths of \p F that cover \p Coverage (in [0, 1]) of the
/// executions, most frequent first, at most \p Max; ties by number. Nothing if
/// \p P does not know \p F as it is (its GUID and the hash of its control-flow
/// graph), so ask before \p F is changed.
std::vector<ProfiledPath> principalPaths(llvm::Function &F,
                                         const DetailProfile &P,
                                         double Coverage = 0.9,
                                         unsigned Max = 64);

} // namespace speciate

#endif
