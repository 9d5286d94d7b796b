//===- passes/operators/WideSum.h - Sums that are reduced at every step
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loop sites, plan and region level. A loop carries s and adds to it, and after
// every addition brings s back into a small range: an end-around carry (the
// Internet checksum), `if (s >= M) s -= M`, `s %= M`. Each step waits for the
// one before. Here s is only added up, in a wider register, and is reduced once
// after the loop; what is left is a plain sum, which LLVM vectorizes.
//
//   width=32|64       bits of the sum: 32 makes vectors with more lanes, but
//                     has to be reduced now and then
//
// How it is recognized. Not by the shape of the reduction: what is computed
// from the sum t = s + w alone, up to the next s, is a function h of t. It is
// evaluated for every t that can occur, at compile time, and must be
//
//   h(t) = t mod M                                     (class 0 .. M-1), or
//   h(t) = 0 if t = 0, else ((t - 1) mod M) + 1        (class 0 .. M)
//
// for the M that the first t with h(t) != t gives. The second is the
// ones'-complement sum, M = 2^N - 1, in which 0 stays 0 and no other sum is 0.
//
// Why it is correct. Let c(t) be either function, x the start, which must be in
// c's range, w_1, w_2, ... what is added, all at least 0. Then c(c(t) + w) =
// c(t + w) for all t, w >= 0: c(t) and t are congruent modulo M, so both sides
// are in the same class, and a class has one representative in c's range; in
// the second form zero and M are the same class, but c(t) is 0 only for t = 0,
// so both sides are 0 just if t = w = 0. By induction the loop's s after n
// steps is c(x + w_1 + ... + w_n), which is what is computed: the wide sum
// cannot wrap, because each w is bounded by its known bits, and the sum is
// reduced (c(c(t) + w) once more) after as many iterations as are safe, unless
// the loop's count is known to be below. The evaluation covers all t from 0 to
// the largest s plus the largest w, so what holds of h holds of every step,
// whatever it is written like; a step for which the original's flags (nuw, nsw)
// would have given poison only gets more defined.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_WIDESUM_H
#define SPECIATE_PASSES_OPERATORS_WIDESUM_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createWideSum();

} // namespace speciate

#endif
