//===- passes/operators/HotLoop.h - The frequent way round a loop, by itself
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Region level, loop sites. The blocks of a loop that are reached by edges
// which are not rare become a loop of their own. Where an iteration leaves
// them, it goes on in the original, at the same place and with the same values,
// and the next one begins in the hot loop again (a superblock loop: Hwu et al.,
// "The Superblock: An Effective Technique for VLIW and Superscalar
// Compilation", J. of Supercomputing 7, 1993):
//
//     again:  one hot iteration; hot loop;    -- rare: into the original
//     original: ...; next iteration: again
//
//   rare=200     edges that are taken once in so many times or less
//
// Nothing is computed early, repeated or left out, so no guard is needed: every
// iteration takes the edges that it took before, only through copies.
//
// What is won. No block of the hot loop is joined by a rare one, so nothing
// that only these do (calls, stores through unknown pointers) is in the way of
// what follows. Values in memory at one address for all iterations are kept in
// registers: sums in a structure that another part of the loop may look at.
//
// Why that is correct. A place is taken if every complete way round the hot
// loop stores to it, and nothing else in the hot loop may read or write it
// (alias analysis). One hot iteration, which is not in registers, runs before
// the loop is entered: so the place is writable, and this thread has just
// written it. Since then the hot loop does nothing that synchronizes with
// another thread or gives memory back, as that may write anything; so whether
// the last value comes at each store or at every exit of the hot loop cannot be
// told (LangRef, "Memory Model for Concurrent Operations"; C11 5.1.2.4). Nothing
// is kept if a call in the hot loop may not return (an exception, the end of
// the program). Volatile and atomic accesses are not taken.
//
// Limits: innermost loops with one latch; blocks that must not be copied.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_HOTLOOP_H
#define SPECIATE_PASSES_OPERATORS_HOTLOOP_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createHotLoop();

} // namespace speciate

#endif
