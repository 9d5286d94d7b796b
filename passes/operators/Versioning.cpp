//===- passes/operators/Versioning.cpp - A copy of code behind a guard
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/Versioning.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/ProfDataUtils.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include "llvm/Transforms/Utils/SSAUpdater.h"

using namespace llvm;

namespace speciate {

Error canCopy(const BasicBlock &BB) {
  if (BB.hasAddressTaken())
    return createStringError("the address of a block is taken");
  for (const Instruction &I : BB) {
    if (isa<CallBrInst, IndirectBrInst>(I))
      return createStringError("a jump is computed");
    const auto *Call = dyn_cast<CallBase>(&I);
    if (Call && (Call->cannotDuplicate() || Call->isConvergent()))
      return createStringError("a call must not be duplicated");
    if (const auto *II = dyn_cast<IntrinsicInst>(&I);
        II && II->getIntrinsicID() == Intrinsic::localescape)
      return createStringError("frame slots are used by other functions");
  }
  return Error::success();
}

Error canCopyAll(ArrayRef<BasicBlock *> Blocks, size_t &Total, size_t Max) {
  for (const BasicBlock *BB : Blocks) {
    if (Error E = canCopy(*BB))
      return E;
    Total += BB->sizeWithoutDebug();
  }
  if (Total > Max)
    return createStringError("the copy would be too large");
  return Error::success();
}

SmallVector<BasicBlock *> blocksOf(Function &F) {
  SmallVector<BasicBlock *> Blocks;
  for (BasicBlock &BB : F)
    Blocks.push_back(&BB);
  return Blocks;
}

void copyBlocks(ArrayRef<BasicBlock *> Blocks, ValueToValueMapTy &Map) {
  Function *F = Blocks.front()->getParent();
  SmallVector<BasicBlock *> Copies;
  for (BasicBlock *BB : Blocks) {
    BasicBlock *Copy = CloneBasicBlock(BB, Map, ".special", F);
    Map[BB] = Copy;
    Copies.push_back(Copy);
  }
  remapInstructionsInBlocks(Copies, Map);
}

BranchInst *addGuard(const Guard &G, BasicBlock *BB, BasicBlock *Special,
                     BasicBlock *General) {
  Instruction *End = BB->getTerminator();
  IRBuilder<> B(End);
  BranchInst *Branch = B.CreateCondBr(G.Condition(B), Special, General);
  setFittedBranchWeights(*Branch, {G.Percent, 100 - G.Percent},
                         /*IsExpected=*/false);
  End->eraseFromParent();
  return Branch;
}

namespace {
struct Elsewhere {
  SmallVector<Use *, 8> Uses;
  SmallVector<DbgVariableRecord *, 4> Records;

  Elsewhere(Instruction &I, function_ref<bool(BasicBlock *)> Inside) {
    for (Use &U : I.uses()) {
      auto *User = cast<Instruction>(U.getUser());
      auto *Phi = dyn_cast<PHINode>(User);
      if (!Inside(Phi ? Phi->getIncomingBlock(U) : User->getParent()))
        Uses.push_back(&U);
    }
    findDbgUsers(&I, Records);
    erase_if(Records,
             [&](DbgVariableRecord *R) { return Inside(R->getParent()); });
  }
  bool empty() const { return Uses.empty() && Records.empty(); }
};
} // namespace

bool isUsedElsewhere(Instruction &I,
                     function_ref<bool(BasicBlock *)> Inside) {
  return !Elsewhere(I, Inside).empty();
}

void meetElsewhere(Instruction &I,
                   ArrayRef<std::pair<BasicBlock *, Value *>> Copies,
                   function_ref<bool(BasicBlock *)> Inside) {
  Elsewhere There(I, Inside);
  if (There.empty())
    return;
  SSAUpdater Updater;
  Updater.Initialize(I.getType(), I.getName());
  Updater.AddAvailableValue(I.getParent(), &I);
  for (auto [BB, Copy] : Copies)
    Updater.AddAvailableValue(BB, Copy);
  for (Use *U : There.Uses)
    Updater.RewriteUse(*U);
  Updater.UpdateDebugValues(&I, There.Records);
}

void versionBody(Function &F, const Guard &G, ValueToValueMapTy &Map) {
  BasicBlock &Entry = F.getEntryBlock();
  BasicBlock::iterator Front = Entry.begin();
  for (Instruction &I : make_early_inc_range(Entry))
    if (auto *A = dyn_cast<AllocaInst>(&I); A && A->isStaticAlloca()) {
      if (A->getIterator() == Front)
        ++Front;
      else
        A->moveBefore(Front);
    }
  BasicBlock *Body = Entry.splitBasicBlock(Front, "general");
  SmallVector<BasicBlock *> Blocks;
  for (BasicBlock &BB : F)
    if (&BB != &Entry)
      Blocks.push_back(&BB);
  copyBlocks(Blocks, Map);
  addGuard(G, &Entry, cast<BasicBlock>(Map[Body]), Body);
}

void versionLoop(Loop &L, const Guard &G, ValueToValueMapTy &Map) {
  BasicBlock *Preheader = L.getLoopPreheader();
  SmallVector<BasicBlock *> Exits;
  L.getUniqueExitBlocks(Exits);
  // The copy of the header is entered from the preheader, too.
  copyBlocks(L.getBlocks(), Map);
  for (BasicBlock *Exit : Exits)
    for (PHINode &Phi : Exit->phis())
      for (unsigned I = 0, E = Phi.getNumIncomingValues(); I != E; ++I) {
        if (!L.contains(Phi.getIncomingBlock(I)))
          continue;
        Value *V = Phi.getIncomingValue(I);
        if (auto Copied = Map.find(V); Copied != Map.end())
          V = Copied->second;
        Phi.addIncoming(V, cast<BasicBlock>(Map[Phi.getIncomingBlock(I)]));
      }
  BasicBlock *Header = L.getHeader();
  addGuard(G, Preheader, cast<BasicBlock>(Map[Header]), Header);
}

} // namespace speciate
