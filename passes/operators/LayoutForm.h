//===- passes/operators/LayoutForm.h - BOLT and linker choices
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Program level. Keys can be combined; those from blocks on need bolt=on.
//
//   bolt=on|off
//   blocks=ext-tsp|cache|none      BOLT's order of basic blocks
//   functions=cdsort|hfsort|none   BOLT's order of functions
//   split=on|off                   cold parts to a section of their own
//   peepholes=all|none             double jumps, tail calls, useless branches
//   align=16|32|64                 of functions, by BOLT
//   link-sort=none|hfsort|cdsort   lld's order of sections by call graph
//   profile
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_LAYOUTFORM_H
#define SPECIATE_PASSES_OPERATORS_LAYOUTFORM_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createLayoutForm();

} // namespace speciate

#endif
