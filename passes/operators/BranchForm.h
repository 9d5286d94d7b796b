//===- passes/operators/BranchForm.h - Branches or selects, by metadata
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Region and plan level. Tells LLVM what a profile of counts cannot: whether
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
