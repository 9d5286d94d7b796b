//===- passes/instrument/PathNumbering.h - Every path a number
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ball and Larus ("Efficient Path Profiling", MICRO 1996): in an acyclic graph
// the edges can be given values such that their sum along a path is a number of
// its own among the paths from the same start. Loops end at back edges: a path
// is from a start to the next, or to where the function is left.
//
// Where more than a given number of paths begin at a block, the block is made a
// start, too: paths are cut in two there, and the number of all is bounded by
// the number of edges times the limit, instead of being exponential. What is
// counted stays exact; only paths are shorter.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_INSTRUMENT_PATHNUMBERING_H
#define SPECIATE_PASSES_INSTRUMENT_PATHNUMBERING_H

#include "profiles/detail/FunctionText.h"
#include "llvm/IR/Function.h"
#include "llvm/Support/JSON.h"
#include <optional>
#include <vector>

namespace speciate {

struct PathLimits {
  uint64_t FromBlock = 1024; ///< Begin at one block.
  uint64_t All = 1 << 15;    ///< Of one function; each has a counter.
};

/// Of a function's blocks, by their numbers in its order.
struct PathNumbering {
  struct Block {
    const llvm::BasicBlock *BB = nullptr;
    std::optional<uint64_t> Start; ///< What the sum begins with.
    /// One for each different successor, in their order. Empty where the
    /// function is left, and at computed jumps: the path ends there.
    std::vector<PathEdge> Edges;
    bool Reachable = false;
  };
  std::vector<Block> Blocks;
  uint64_t Paths = 0;

  /// Nothing if exceptions are handled by funclets. Paths that end because an
  /// exception is thrown out of an invoke, by longjmp or by exit have no
  /// number.
  static std::optional<PathNumbering> of(const llvm::Function &F,
                                         const PathLimits &Limits = {});

  /// The blocks of path \p Number, which is below Paths.
  DecodedPath path(uint64_t Number) const;

  /// {"count": N, "starts": [[block, sum], ...],
  ///  "edges": [[from, to, value, ends], ...]}
  llvm::json::Object json() const;
};

} // namespace speciate

#endif
