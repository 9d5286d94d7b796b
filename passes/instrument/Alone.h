//===- passes/instrument/Alone.h - Atomic only where there are threads
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A program that could have threads often has none, and an atomic addition
// takes as long as all else of a short path: SQLite's counted run took 4.9
// times as long as -O3 with atomic counters. So both ways are there, and a byte
// says which: glibc's __libc_single_threaded, which is 0 from the moment on
// when a second thread is about to start. Where it is known that the program is
// an executable and linked with glibc, the byte is tested where it is (the
// linker copies it into the program); else through a pointer of the runtime's
// (runtime/profile/Alone.h).
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_INSTRUMENT_ALONE_H
#define SPECIATE_PASSES_INSTRUMENT_ALONE_H

#include "llvm/IR/DebugLoc.h"
#include "llvm/IR/PassManager.h"

namespace speciate {

/// How an addition finds out whether there are other threads.
enum class ThreadTest { None, Pointer, Byte };

/// In front of \p Where, adds 1 to the 64-bit number at \p Address; with a
/// test, atomically as long as there are other threads: that splits the block
/// of \p Where, which begins the rest.
void addOne(llvm::Value *Address, llvm::Instruction *Where, llvm::DebugLoc Loc,
            ThreadTest Test);

/// Turns the atomic additions of -fprofile-update=atomic, to LLVM's own
/// counters, into addOne's. To run when all other passes are through.
class AloneCountersPass : public llvm::PassInfoMixin<AloneCountersPass> {
public:
  explicit AloneCountersPass(ThreadTest Test) : Test(Test) {}
  llvm::PreservedAnalyses run(llvm::Function &F,
                              llvm::FunctionAnalysisManager &FAM);
  static bool isRequired() { return true; }

private:
  ThreadTest Test;
};

} // namespace speciate

#endif
