//===- passes/operators/LoopBlock.h - Loops that end when data says so
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Region level, loop sites: scans, sums until a mark, comparisons. A loop with
// an exit that data decides is computed past the exit in blocks of iterations,
// with one test a block; the block in which it ends is done again by the
// original. BlockLoop.h says how, and why that is correct.
//
//   block=8..1024;check=with           one pass, for loops without effects
//   block=8..1024;check=first          the conditions first: loops with stores
//   width=1..64                        of the vectors; 1 means none
//
// What LLVM itself does (22): its vectorizer takes a loop with one such exit if
// another exit is counted, it has no reductions, and its loads are known to be
// dereferenceable for the whole count; so it leaves nearly all of them alone.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_LOOPBLOCK_H
#define SPECIATE_PASSES_OPERATORS_LOOPBLOCK_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createLoopBlock();

} // namespace speciate

#endif
