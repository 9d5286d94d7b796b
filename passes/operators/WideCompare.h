//===- passes/operators/WideCompare.h - Element by element, at once
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Region level, branch sites: a chain of tests `a[0] == b[0]`, `a[1] == b[1]`,
// ... each of which leaves for the same code where the elements differ (string
// comparisons and match lengths, unrolled by hand or by a compiler; also
// against constants). The elements are compared as one word; where the words
// differ, the first element that does is found by counting zeros, and what the
// exits make of it is computed from its number. Instead of a branch for each
// element, which nobody can guess, there is one for each word.
//
//   word=4|8           bytes of a word; what is left of the chain becomes
//                      another one
//
// Why it is correct. Let the word have n elements, and let the first test be
// reached with the loads of its two elements executed and nothing written
// since.
//
// (1) The tests after it only load and compute: in the original, memory does
//     not change between the first load and the exit. So the words hold, in
//     the order of the chain (little endian; addresses rise by an element's
//     size), what the original would load as far as it gets.
// (2) Addresses rise so by constants, or by an index of fewer bits than a
//     pointer; then a guard asks whether it wraps around in the n elements,
//     unless flags say that it does not (where they lie, the original is
//     undefined as soon as it gets there, and behind that nothing is used).
// (3) A word reads elements that the original may not get to. A guard asks
//     whether the word lies on the page of the first element, which was just
//     read; see BlockLoop.h (4), also for the empty statement of assembly that
//     hides the object from LLVM, and for races.
// (4) If the words are equal, all tests succeed, and the original executes all
//     of their blocks: what of it is used later is computed in the new block.
//     If they differ, all elements before the first difference k are equal and
//     the original leaves at test k. Its exits either go to one block, whose
//     phis get values, or are blocks that do the same with different values:
//     the value for k is one that all exits share, constants or addresses that
//     rise with k by the same step, the element's value, or an operation on
//     such values. Anything else is refused.
// (5) If a guard fails, the original runs.
//
// What LLVM itself does (22): MergeICmps and ExpandMemCmp make memcmp of chains
// whose objects are known to be readable in all their length, and whose exits
// do not ask where the difference is; LoopIdiomVectorize does loops, not on
// x86.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_WIDECOMPARE_H
#define SPECIATE_PASSES_OPERATORS_WIDECOMPARE_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createWideCompare();

} // namespace speciate

#endif
