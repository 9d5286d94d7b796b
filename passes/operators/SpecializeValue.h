//===- passes/operators/SpecializeValue.h - Clones for a dominant value
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Region level. `if (v == C)` a copy of the code in which v is C, else the
// original; in one function, so that the region stays one. The guard carries
// the share of C as its branch weights.
//
//   function     arg=N;share=P;value=C                 the whole body
//                also=M.D+...;arg=N;...                the same, if also argument
//                                                      M is D, and so on
//                arg=N;scope=division;share=P;value=C  see below
//                arg=N;scope=loop;share=P;value=C      see below
//   load, call   scope=loop;share=P;value=C            every outermost loop
//                                                      that uses the value and
//                                                      does not compute it
//                scope=division;share=P;value=C        every division by it
//   loop         share=P;trips=N                       the loop, if it has N
//                                                      passes
//
// C is the value's bits as an unsigned number, of a pointer always 0; P is the
// share in percent that the profile saw. Choices come from the value profile
// (passes/instrument) and are not offered without one; what a gene does is said
// in the gene alone.
//
// This operator comes after all others (actsLast), so that the copy has what
// other genes did to the original. The copies are simplified once all genes
// are applied (CodegenChoices::Simplify).
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_SPECIALIZEVALUE_H
#define SPECIATE_PASSES_OPERATORS_SPECIALIZEVALUE_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createSpecializeValue();

/// Why \p L cannot have a version for one trip count.
llvm::Error canSpecializeTrips(llvm::Loop &L, OperatorContext &Context);
/// Makes it, for \p Trips passes of the header; the guard holds in \p Percent
/// of a hundred times.
llvm::Error specializeTrips(llvm::Loop &L, unsigned Trips, unsigned Percent,
                            OperatorContext &Context);

} // namespace speciate

#endif
