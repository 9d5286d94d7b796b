//===- passes/instrument/Alone.cpp - Atomic only where there are threads
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/instrument/Alone.h"
#include "passes/instrument/Emit.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/ProfileData/InstrProf.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace speciate {

/// glibc's byte, at an address that the linker knows.
static GlobalVariable *byteHere(Module &M) {
  constexpr StringRef Name = "__libc_single_threaded";
  if (GlobalVariable *Known = M.getNamedGlobal(Name))
    return Known;
  auto *V = new GlobalVariable(M, Type::getInt8Ty(M.getContext()),
                               /*isConstant=*/false,
                               GlobalValue::ExternalLinkage, nullptr, Name);
  V->setDSOLocal(true);
  return V;
}

void addOne(Value *Address, Instruction *Where, DebugLoc Loc, ThreadTest Test) {
  Instruction *Plainly = Where;
  if (Test != ThreadTest::None) {
    Builder B(Where, Loc);
    Module &M = *Where->getModule();
    Value *Byte = Test == ThreadTest::Byte
                      ? static_cast<Value *>(byteHere(M))
                      : B.CreateLoad(B.getPtrTy(),
                                     hiddenVariable(
                                         M, "__speciate_single_threaded",
                                         B.getPtrTy()));
    Value *Alone = B.CreateLoad(B.getInt8Ty(), Byte);
    Instruction *Atomically;
    SplitBlockAndInsertIfThenElse(
        B.CreateIsNotNull(Alone), Where->getIterator(), &Plainly, &Atomically,
        MDBuilder(B.getContext()).createBranchWeights(1000, 1));
    Builder(Atomically, Loc)
        .CreateAtomicRMW(AtomicRMWInst::Add, Address, B.getInt64(1), Align(8),
                         AtomicOrdering::Monotonic);
  }
  Builder B(Plainly, Loc);
  Value *Old = B.CreateLoad(B.getInt64Ty(), Address);
  B.CreateStore(B.CreateAdd(Old, B.getInt64(1)), Address);
}

PreservedAnalyses AloneCountersPass::run(Function &F,
                                         FunctionAnalysisManager &) {
  SmallVector<AtomicRMWInst *, 32> Counts;
  for (BasicBlock &BB : F)
    for (Instruction &I : BB) {
      auto *Add = dyn_cast<AtomicRMWInst>(&I);
      if (!Add || Add->getOperation() != AtomicRMWInst::Add ||
          Add->getOrdering() != AtomicOrdering::Monotonic ||
          !Add->use_empty() || !Add->getType()->isIntegerTy(64))
        continue;
      const auto *By = dyn_cast<ConstantInt>(Add->getValOperand());
      const auto *Counters = dyn_cast<GlobalVariable>(
          Add->getPointerOperand()->stripInBoundsOffsets());
      if (By && By->isOne() && Counters &&
          Counters->getName().starts_with(getInstrProfCountersVarPrefix()))
        Counts.push_back(Add);
    }
  for (AtomicRMWInst *Add : Counts) {
    addOne(Add->getPointerOperand(), Add, Add->getDebugLoc(), Test);
    Add->eraseFromParent();
  }
  return Counts.empty() ? PreservedAnalyses::all() : PreservedAnalyses::none();
}

} // namespace speciate
