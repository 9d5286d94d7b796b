//===- passes/operators/InlineForm.h - Which calls are inlined
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Plan level. LLVM's inliner does the work; this operator only takes the
// decision from its cost model.
//
//   call      form=force         alwaysinline on this call
//   call      form=forbid        noinline on this call
//   function  form=outline-cold  parts that the profile never or hardly ever
//                                sees move to a cold function, so that the hot
//                                rest is small enough to be inlined
//
// The callee of a call may be a declaration: another unit has the body, and the
// link-time inliner obeys the attribute.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_INLINEFORM_H
#define SPECIATE_PASSES_OPERATORS_INLINEFORM_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createInlineForm();

} // namespace speciate

#endif
