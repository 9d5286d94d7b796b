//===- passes/operators/Sink.h - Computation moved to its rare use
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Region level. What is computed in front of a branch and used on one side of
// it only is computed on that side.
//
//   branch   into=then|else     the first or the second side
//
// Moved are, from the branch upwards: arithmetic, loads, calls without effects
// that return, and whole parts of the control-flow graph with one way in and
// one way out (a loop with its guard, a diamond) that do nothing else. What one
// of them needs moves along, if nothing else needs it. A part of which another
// result is needed elsewhere is copied, if no loop of it is needed for that;
// the loops that are left without use are deleted.
//
// Why this is legal: the side is reached from the branch only, what is moved
// has no effect but its results, always comes to an end (its calls will return;
// its loops must progress or have a known trip count, as in LoopDeletion), and
// what it reads is not written by anything that it is moved across. When the
// branch goes the other way, nothing is missing.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_SINK_H
#define SPECIATE_PASSES_OPERATORS_SINK_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createSink();

} // namespace speciate

#endif
