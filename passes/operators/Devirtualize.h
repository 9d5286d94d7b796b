//===- passes/operators/Devirtualize.h - Calls through pointers become direct
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Plan level, at indirect and virtual calls. `if (target == f) f(...)`, with
// the guard in one of three places:
//
//   callee=F;scope=call;share=P     at the call; F+G: several, likeliest first
//   callee=F;scope=loop;share=P     in front of the outermost loop in which the
//                                   target does not change: the loop is copied
//   callee=F;scope=body;share=P     at the entry, if the target is an argument:
//                                   the function is copied, and every use of
//                                   the argument in the copy is F
//   callee=F;inline=force;...       and F is inlined into the copy
//
// P: how often the target is F, in percent. Targets come from the value profile
// of the call.
//
// LLVM's own promotion guards each call where it stands. A guard in front of
// the loop or function leaves code with direct calls only, which the inliner
// and everything after it see as if the program had been written so: that is
// why this acts before inlining, on the plan, and not in a region, where the
// bodies of callees are gone.
//
// Why it is correct: under the guard, the pointer that is called and F are the
// same address, so the same function is called with the same arguments; without
// it the original runs. The guard compares a frozen pointer and has no effect.
// A call is promoted only where LLVM's isLegalToPromote() finds that the types
// fit.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_OPERATORS_DEVIRTUALIZE_H
#define SPECIATE_PASSES_OPERATORS_DEVIRTUALIZE_H

#include "passes/operators/Operator.h"

namespace speciate {

std::unique_ptr<Operator> createDevirtualize();

} // namespace speciate

#endif
