//===- passes/operators/ColdConsolidate.h - Many unlikely tests as one
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Region level. Unlikely tests that are spread along a hot path (flags of a
// packet, error exits between pieces of work) become one test in place of the
// first. If none of them would fire, a copy of the path without them runs; else
// the original code, from there on, with every effect in its order.
//
//   branch   share=P;tests=A.B.C   A is the branch itself
//
// A, B and C are numbers of branches with t or f, the way that is likely ("3f":
// branch 3 goes to its second successor). P is the share in percent of the
// executions in which all of them go that way. HotPath.h has the argument for
// correctness. Early exits and handlers that come back are one case: what the
// unlikely side does is in the original only.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_COLDCONSOLIDATE_H
#define SPECIATE_PASSES_OPERATORS_COLDCONSOLIDATE_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createColdConsolidate();

} // namespace speciate

#endif
