//===- test/damage/Trace.h - Makes a function's effects visible
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_TEST_DAMAGE_TRACE_H
#define SPECIATE_TEST_DAMAGE_TRACE_H

#include "llvm/IR/PassManager.h"

namespace speciate {

/// Makes the effects of a function part of the state: two words that depend on
/// callee and arguments of every call that may have effects, on what the
/// function returns, and on what its stores have changed by the time of each of
/// these. Two functions that were treated so and leave the same words behind
/// had the same effects (but for a collision of 64 bits), whatever they
/// computed on the way.
///
/// No effect: memory of the frame that only loads and stores of the function
/// itself use, and stores that are undone before anything else can see them.
///
/// The words are in the thread's control block, in bytes that glibc does not
/// use (tcbhead_t's __glibc_unused2): an image must not define variables.
class TracePass : public llvm::PassInfoMixin<TracePass> {
public:
  /// Of the \p Only-th instruction that has an effect only (from 0), to find
  /// out which it is that differs; negative: of all.
  explicit TracePass(int Only) : Only(Only) {}
  llvm::PreservedAnalyses run(llvm::Function &F,
                              llvm::FunctionAnalysisManager &AM);
  static bool isRequired() { return true; }

private:
  int Only;
};

} // namespace speciate

#endif
