//===- passes/instrument/Emit.h - Code that reports
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_INSTRUMENT_EMIT_H
#define SPECIATE_PASSES_INSTRUMENT_EMIT_H

#include "runtime/speciate_detail_abi.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/IRBuilder.h"

namespace speciate {

class Builder : public llvm::IRBuilder<> {
public:
  Builder(llvm::Instruction *Where, llvm::DebugLoc Loc)
      : llvm::IRBuilder<>(Where) {
    SetCurrentDebugLocation(std::move(Loc));
  }
};

/// A variable of the runtime's, which the program does not see.
llvm::GlobalVariable *hiddenVariable(llvm::Module &M, llvm::StringRef Name,
                                     llvm::Type *Ty, bool PerThread = false);

/// Puts sites and calls of the runtime (runtime/detail/State.h) into a
/// function. Instructions that were there before keep their identity; blocks
/// are split.
class Emitter {
public:
  /// \p Threads: countdowns are each thread's own, counters atomic.
  Emitter(llvm::Function &F, bool Threads);

  /// A builder in front of \p Where, with a debug location if one is needed.
  Builder before(llvm::Instruction *Where) const;

  /// Reports an integer or pointer of at most 64 bits, in front of \p Where.
  void value(const rt::ValueKey &Key, llvm::Value *V,
             llvm::Instruction *Where) const;
  /// \p Outcome: an i32, see __speciate_branch.
  void branch(const rt::ValueKey &Key, llvm::Value *Outcome,
              llvm::Instruction *Where) const;
  /// Paths are what the pauses between bursts of branches are measured in.
  void tick(llvm::Instruction *Where) const;
  llvm::GlobalVariable *pathSite(uint64_t Function, uint64_t CfgHash,
                                 uint64_t Paths) const;
  void path(llvm::GlobalVariable *Site, llvm::Value *Index,
            llvm::Instruction *Where) const;
  /// Where the last call came from, an i64.
  llvm::GlobalVariable *callContext() const;
  /// Adds \p Text, a line, to the file.
  void text(llvm::StringRef Text) const;
  /// The folder of the files. Empty: the environment's choice.
  void folder(llvm::StringRef Path) const;

  /// A new variable for mem2reg.
  llvm::AllocaInst *counter(const llvm::Twine &Name) const;

private:
  llvm::Constant *key(const rt::ValueKey &Key) const;
  llvm::Type *keyType() const;
  llvm::GlobalVariable *record(llvm::Constant *Init, llvm::StringRef Name,
                               llvm::StringRef Section) const;
  void callRarely(llvm::Value *Condition, llvm::StringRef Callee,
                  llvm::ArrayRef<llvm::Value *> Arguments,
                  llvm::Instruction *Where) const;

  llvm::Function &F;
  llvm::Module &M;
  llvm::LLVMContext &Ctx;
  bool Threads;
};

/// Where code goes that is to run on an edge. All points are taken before any
/// code is put in.
class EdgePoints {
public:
  /// Before this instruction. Splits the edge if it is critical. The edge must
  /// not leave a computed jump or enter a handler of exceptions.
  llvm::Instruction *at(llvm::BasicBlock *From, llvm::BasicBlock *To);

private:
  llvm::DenseMap<std::pair<llvm::BasicBlock *, llvm::BasicBlock *>,
                 llvm::Instruction *>
      Known;
};

} // namespace speciate

#endif
