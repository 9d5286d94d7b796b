//===- passes/operators/Table.h - Code over a small domain becomes a table
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Region level. Code without effects, between a branch or a switch and the
// place where its ways meet again (if-chains, switches, nests of both, loops
// that end soon), or the computation of a select, whose results depend on one
// or more values of small domain: bytes, masked values, states.
//
//   branch, switch, select
//     domain=proved;form=F                      the values can be no others
//     domain=guarded;form=F;high=H;low=L;share=P
//                              others than L to H (signed) go to the code as it
//                              was; P: how often they are within, in percent
//     ...;reach=N              to the N-th place where all ways meet again, and
//                              so more code at once; by default the first
//   F: table   constants in memory, one object for each result
//      word    packed into a word, taken out by a shift (bit tests)
//
// A result may also be a value from before plus an entry: a counter that some
// inputs increment, a pointer that some advance, and where some inputs reset it
// to a constant, a mask is looked up beside it. So the loop of an automaton,
// (state, byte) -> (state, counters), is lookups without a branch.
//
// Why it is correct: the code is run at compile time for every combination of
// the values (passes/operators/Enumerate.h), so each entry is what the code
// gives, and nothing else happens in it. Where a combination is undefined, any
// entry will do. An index is never poison, or is frozen and then cut to the
// size of the table; a proof of the domain that holds for well-defined values
// only cannot lead outside of it.
//
// The evidence is exhaustive: the transformation enumerates its domain, and
// refuses if it cannot.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_TABLE_H
#define SPECIATE_PASSES_OPERATORS_TABLE_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createTable();

} // namespace speciate

#endif
