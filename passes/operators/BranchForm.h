//===- passes/operators/BranchForm.h - Branches, selects or masks
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Region and plan level: tells LLVM what a profile of counts cannot, whether
// the processor guesses a branch right. Only metadata and back-end options
// change; the late SimplifyCFG (speculate-unpredictables) turns branches into
// selects, and the options keep the back end from turning them back.
//
//   branch, select  unpredictable=on
//   branch          likely=then|else    strong weights, same total
//   function        unpredictable=all   every branch and select with a profile
//                                       between 10 and 90 %
//
// and at region level, which has a code generation of its own:
//
//   function        cmov-conversion=off X86CmovConversion does not run
//   function        selects=keep        CodeGenPrepare and SelectOptimize leave
//                                       selects alone
//   branch          form=select         all between it and its join is computed
//                                       without it (Flatten.h): nests of sides,
//                                       loads and stores included
//                   form=mask           the same, integers by masks, which no
//                                       pass turns back (LateForms.h)
//   select          form=mask
//                   form=branch         what one side needs is computed on that
//                                       side only, and the next instructions
//                                       need not wait for the condition
//
// The plan level is there because clang's pre-link pipeline runs all of the
// scalar optimizer over a unit: what it has folded, no region can choose anew.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_BRANCHFORM_H
#define SPECIATE_PASSES_OPERATORS_BRANCHFORM_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createBranchForm();

} // namespace speciate

#endif
