//===- passes/operators/BackendForm.h - Code generation of one region
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Region level, function sites. Keys can be combined.
//
//   tail-dup=off|4|8|16      blocks of up to so many instructions are copied
//                            into their predecessors (indirect jumps: x8)
//   align=32|64              function, and loops to 32
//   vector-width=128|256|512 widest register that the vectorizers use
//   sched=ilp|off            machine scheduler: for parallelism / none, which
//                            leaves the order of the source
//   layout=ext-tsp|natural   block placement
//   ifcvt=on                 early if-conversion of machine code
//   shrink-wrap=off          prologues stay at the entry
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_BACKENDFORM_H
#define SPECIATE_PASSES_OPERATORS_BACKENDFORM_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createBackendForm();

} // namespace speciate

#endif
