//===- passes/operators/AssumeCheck.h - Loops optimized on assumptions
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Region level, loop sites. Edges in a loop that the profile hardly ever saw
// taken (overflow, a value out of range, an odd type, an end) are assumed not
// to be taken for a block of iterations. The block is run without them, and
// without their tests being in the way: they are only collected, and looked at
// once a block. If one was taken, the block is done by the original loop, from
// the state before the block, so results are exact always. BlockLoop.h says
// how, and why that is correct.
//
//   block=8..1024       iterations
//   check=with          conditions are collected while the block is computed;
//                       for loops with no effects but on registers
//   check=first         they are computed before the block: loops with stores,
//                       whose conditions do not depend on these
//   rare=2..1000000     an edge is assumed not to be taken if it was taken at
//                       most once in so many times
//   width=1..64         of the vectors; 1 means none
//
// What teaches the search which assumptions hold: the counts of the edges are
// those of the profile that the search builds with, so what `rare` leaves out
// is what failed in training; choices for which a block in two would be given
// up are not offered. A gene that fails more often than that costs time on the
// training input and is dropped by its score, in favour of another `rare` or a
// shorter block.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_ASSUMECHECK_H
#define SPECIATE_PASSES_OPERATORS_ASSUMECHECK_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createAssumeCheck();

} // namespace speciate

#endif
