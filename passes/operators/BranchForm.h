//===- passes/operators/BranchForm.h - Branches or selects, by metadata
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Region level. Tells LLVM what a profile of counts cannot: whether the
// processor guesses a branch right. Only metadata and back-end options change;
// the late SimplifyCFG (speculate-unpredictables) turns branches into selects,
// and the options keep the back end from turning them back.
//
//   branch, select  unpredictable=on
//   branch          likely=then|else    strong weights, same total
//   function        unpredictable=all   every branch and select with a profile
//                                       between 10 and 90 %
//   function        cmov-conversion=off X86CmovConversion does not run
//   function        selects=keep        CodeGenPrepare and SelectOptimize leave
//                                       selects alone
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_BRANCHFORM_H
#define SPECIATE_PASSES_OPERATORS_BRANCHFORM_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createBranchForm();

} // namespace speciate

#endif
