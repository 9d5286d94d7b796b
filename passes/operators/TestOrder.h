//===- passes/operators/TestOrder.h - Which of several tests comes first
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Region level.
//
//   branch   order=swap   `if (a) A else if (b) B else C`, of which a and b
//                         exclude each other: b is tested first
//   switch   peel=N       the N likeliest cases are tested one by one in front
//                         of the switch
//
// Why it is correct: a swap is refused unless it is proved that at most one of
// the two tests holds, so that the same side is taken in either order. What the
// second test computes must not trap, read memory or have effects, and must not
// be poison where the first test is not. A peeled case is one of the switch and
// goes where the switch went.
//
// SimplifyCFG would put peeled cases back. So a gene marks the switch, and
// the cases are peeled after the late half (peelMarkedSwitches). The code
// generator peels a case that takes two thirds by itself.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_TESTORDER_H
#define SPECIATE_PASSES_OPERATORS_TESTORDER_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createTestOrder();

/// Peels what genes have marked, in front of the code generator; returns how
/// many cases.
unsigned peelMarkedSwitches(llvm::Function &F);

} // namespace speciate

#endif
