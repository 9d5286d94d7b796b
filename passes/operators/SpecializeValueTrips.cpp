//===- passes/operators/SpecializeValueTrips.cpp - Loops of so many passes
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The part of specialize-value that versions a loop for one trip count. The
// guard asks whether the count of an exit, as far as it is known at the loop's
// entry (scalar evolution), is the constant. In the copy that exit, which every
// pass comes to, is decided by a counter of passes, so that its count is a
// constant for all that follows (full unrolling above all): by the definition
// of the count it is taken in the same pass as before. Other exits stay.
//
//===----------------------------------------------------------------------===//

#include "passes/operators/LoopForm.h"
#include "passes/operators/SpecializeValue.h"
#include "passes/operators/Versioning.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Transforms/Utils/ScalarEvolutionExpander.h"

using namespace llvm;

namespace speciate {

namespace {
struct CountedExit {
  BranchInst *Br;
  const SCEV *Count; ///< Passes before the one in which it is taken.
};
} // namespace

static Expected<CountedExit> countedExit(Loop &L, OperatorContext &Context) {
  FunctionAnalysisManager &FAM = *Context.FAM;
  auto &SE = FAM.getResult<ScalarEvolutionAnalysis>(*Context.F);
  auto &LI = FAM.getResult<LoopAnalysis>(*Context.F);
  auto &DT = FAM.getResult<DominatorTreeAnalysis>(*Context.F);
  SmallVector<BasicBlock *, 4> Exiting;
  L.getExitingBlocks(Exiting);
  const BasicBlock *Latch = L.getLoopLatch();
  for (BasicBlock *BB : Exiting) {
    auto *Br = dyn_cast<BranchInst>(BB->getTerminator());
    if (!Br || !Latch || LI.getLoopFor(BB) != &L || !DT.dominates(BB, Latch))
      continue;
    const SCEV *Count = SE.getExitCount(&L, BB);
    if (!isa<SCEVCouldNotCompute, SCEVConstant>(Count) &&
        Count->getType()->isIntegerTy())
      return CountedExit{Br, Count};
  }
  return createStringError("no exit of the loop has a count that is known at "
                           "its entry only");
}

Error canSpecializeTrips(Loop &L, OperatorContext &Context) {
  size_t Total = 0;
  if (Error E = canCopyAll(L.getBlocks(), Total))
    return E;
  if (Error E = canSimplifyLoop(L))
    return E;
  return countedExit(L, Context).takeError();
}

Error specializeTrips(Loop &L, unsigned Trips, unsigned Percent,
                      OperatorContext &Context) {
  if (Error E = canSpecializeTrips(L, Context))
    return E;
  FunctionAnalysisManager &FAM = *Context.FAM;
  simplifyLoopShape(L, Context);
  PreservedAnalyses Kept = PreservedAnalyses::all();
  Kept.abandon<ScalarEvolutionAnalysis>();
  FAM.invalidate(*Context.F, Kept);
  Expected<CountedExit> Exit = countedExit(L, Context);
  if (!Exit)
    return Exit.takeError();
  auto &SE = FAM.getResult<ScalarEvolutionAnalysis>(*Context.F);
  BasicBlock *Preheader = L.getLoopPreheader(), *Latch = L.getLoopLatch();
  SCEVExpander Expander(SE, "trips");
  Instruction *At = Preheader->getTerminator();
  if (!Expander.isSafeToExpandAt(Exit->Count, At))
    return createStringError("the count cannot be computed before the loop");
  Value *Count =
      Expander.expandCodeFor(Exit->Count, nullptr, At->getIterator());
  ValueToValueMapTy Map;
  auto Is = [&](IRBuilderBase &B) {
    return B.CreateICmpEQ(B.CreateFreeze(Count),
                          ConstantInt::get(Count->getType(), Trips - 1),
                          "is.special");
  };
  const bool StaysIfTrue = L.contains(Exit->Br->getSuccessor(0));
  versionLoop(L, Guard{Is, Percent}, Map);

  auto *Header = cast<BasicBlock>(Map[L.getHeader()]);
  auto *Br = cast<BranchInst>(Map[Exit->Br]);
  IRBuilder<> B(Header, Header->begin());
  PHINode *Pass = B.CreatePHI(B.getInt32Ty(), 2, "pass");
  auto *Back = cast<BasicBlock>(Map[Latch]);
  B.SetInsertPoint(Br);
  Br->setCondition(B.CreateICmp(
      StaysIfTrue ? ICmpInst::ICMP_NE : ICmpInst::ICMP_EQ, Pass,
      B.getInt32(Trips - 1)));
  B.SetInsertPoint(Back->getTerminator());
  Pass->addIncoming(B.getInt32(0), Preheader);
  Pass->addIncoming(B.CreateAdd(Pass, B.getInt32(1), "", /*HasNUW=*/true,
                                /*HasNSW=*/true),
                    Back);
  return Error::success();
}

} // namespace speciate
