//===- passes/operators/LoopForm.h - How a loop is compiled
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loop sites, at region and plan level.
//
//   unroll=off|2..64      \  llvm.loop metadata, merged with what is there; can
//   vectorize=off|2..64    } be combined. predicate: conditional and left-over
//   predicate=on|off       } lanes by masks, with vectorize only; distribute:
//   interleave=1..16       } split where that lets a part be vectorized
//   distribute=on         /
//
// and at region level, each alone:
//
//   peel=1..16               copies of the body before the loop
//   unswitch=on              LLVM's non-trivial unswitching, of this loop only
//   jam=2..16                unroll and jam, of a loop with one loop in it
//   interchange=on           of the nest that this loop is the outermost of
//   prefetch=1..1024         of what is accessed so many iterations later
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

/// The loop whose header the site names, or null if it is a loop no more.
llvm::Loop *loopOf(const SiteRef &S, OperatorContext &Context);

struct LoopCost {
  double Share; ///< Of the program's time.
  double Trips; ///< Passes per entry; 0 if unknown.
};
LoopCost costOf(const llvm::Loop &L, OperatorContext &Context);

/// Instructions of a pass.
unsigned bodySize(const llvm::Loop &L);

/// An error says why \p L cannot be given a preheader and exits of its own.
llvm::Error canSimplifyLoop(const llvm::Loop &L);

/// Gives \p L, for which canSimplifyLoop() holds, the simple form and LCSSA.
/// Loops and dominators stay valid, other analyses do not.
void simplifyLoopShape(llvm::Loop &L, OperatorContext &Context);

/// Puts the first \p Count iterations before \p L, or says why not. \p L stays
/// the loop, with its header. Loops and dominators stay valid.
llvm::Error peelIterations(llvm::Loop &L, unsigned Count,
                           OperatorContext &Context);

} // namespace speciate

#endif
