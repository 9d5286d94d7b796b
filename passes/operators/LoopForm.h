//===- passes/operators/LoopForm.h - How a loop is compiled
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loop sites, at region and plan level.
//
//   unroll=off|2..64      \  llvm.loop metadata, merged with what is there; can
//   vectorize=off|2..64    } be combined
//   interleave=1..16      /
//
// and at region level:
//
//   peel=1..16               copies of the body before the loop
//   unswitch=on              LLVM's non-trivial unswitching, of this loop only
//
// clang's pre-link pipeline vectorizes and unrolls every unit by itself, also
// for -flto. A loop that is local to a unit is decided there, at plan level;
// the region level sees what is left, and loops that met by inlining at the
// link.
//
// Metadata that forces vectorization also lets LLVM reorder floating-point
// sums. Here nothing may relax floating point, so loops which carry such a
// value without `reassoc` are refused.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_LOOPFORM_H
#define SPECIATE_PASSES_OPERATORS_LOOPFORM_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createLoopForm();

/// An error says why \p L cannot be given a preheader and exits of its own.
llvm::Error canSimplifyLoop(const llvm::Loop &L);

/// Gives \p L, for which canSimplifyLoop() holds, the simple form and LCSSA.
/// Loops and dominators stay valid, other analyses do not.
void simplifyLoopShape(llvm::Loop &L, OperatorContext &Context);

} // namespace speciate

#endif
