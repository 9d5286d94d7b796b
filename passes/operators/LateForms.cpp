//===- passes/operators/LateForms.cpp - Forms that are made last
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/LateForms.h"
#include "passes/operators/TestOrder.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/ProfDataUtils.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/Local.h"

using namespace llvm;

namespace speciate {

/// A branch takes at most this many instructions off the other path.
static constexpr unsigned MaxSunk = 16;

static StringRef markOf(LateForm Form) {
  return Form == LateForm::Mask ? "speciate.mask" : "speciate.branch";
}

bool fitsLateForm(const Instruction &I, LateForm Form) {
  if (!isa<SelectInst>(I) || !I.getOperand(0)->getType()->isIntegerTy(1) ||
      isa<Constant>(I.getOperand(0)))
    return false;
  if (Form == LateForm::Mask)
    return I.getType()->isIntegerTy() && !I.getType()->isIntegerTy(1);
  return !I.getType()->isIntegerTy(1);
}

void markLateForm(Instruction &I, LateForm Form) {
  LLVMContext &Ctx = I.getContext();
  I.setMetadata(LLVMContext::MD_unpredictable,
                MDNode::get(Ctx, MDString::get(Ctx, markOf(Form))));
}

static bool isMarked(const Instruction &I, LateForm Form) {
  const MDNode *Node = I.getMetadata(LLVMContext::MD_unpredictable);
  if (!Node || Node->getNumOperands() != 1)
    return false;
  const auto *Mark = dyn_cast<MDString>(Node->getOperand(0));
  return Mark && Mark->getString() == markOf(Form) && fitsLateForm(I, Form);
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

static void lowerToMask(SelectInst &S) {
  IRBuilder<> B(&S);
  Type *Ty = S.getType();
  // What was not chosen may have been poison.
  auto Frozen = [&](Value *V) {
    return isGuaranteedNotToBeUndefOrPoison(V) ? V : B.CreateFreeze(V);
  };
  auto MaskOf = [&](bool Inverted) {
    Value *C = Frozen(S.getCondition());
    return B.CreateSExt(Inverted ? B.CreateNot(C) : C, Ty, "mask");
  };
  Value *T = S.getTrueValue(), *F = S.getFalseValue(), *Result;
  auto IsConstant = [](Value *V, bool Ones) {
    const auto *C = dyn_cast<ConstantInt>(V);
    return C && (Ones ? C->isMinusOne() : C->isZero());
  };
  if (IsConstant(F, /*Ones=*/false))
    Result = B.CreateAnd(Frozen(T), MaskOf(false));
  else if (IsConstant(T, /*Ones=*/false))
    Result = B.CreateAnd(Frozen(F), MaskOf(true));
  else if (IsConstant(F, /*Ones=*/true))
    Result = B.CreateOr(Frozen(T), MaskOf(true));
  else if (IsConstant(T, /*Ones=*/true))
    Result = B.CreateOr(Frozen(F), MaskOf(false));
  else {
    Value *Else = Frozen(F);
    Value *Difference = B.CreateXor(Frozen(T), Else);
    Result = B.CreateXor(B.CreateAnd(Difference, MaskOf(false)), Else);
  }
  Result->takeName(&S);
  S.replaceAllUsesWith(Result);
  S.eraseFromParent();
}

//===----------------------------------------------------------------------===//
// Branches
//===----------------------------------------------------------------------===//

/// Moves \p V and what only it needs from before the selects to the end of
/// \p Side, as far as neither order nor effects forbid it.
static void sink(Value *V, const BasicBlock *From, BasicBlock *Side,
                 unsigned &Budget) {
  auto *I = dyn_cast<Instruction>(V);
  if (!I || I->getParent() != From || isa<PHINode>(I) ||
      !all_of(I->uses(),
              [&](const Use &U) {
                const auto *User = cast<Instruction>(U.getUser());
                const auto *Phi = dyn_cast<PHINode>(User);
                return (Phi ? Phi->getIncomingBlock(U) : User->getParent()) ==
                       Side;
              }) ||
      I->mayHaveSideEffects() || I->getType()->isTokenTy() || !Budget)
    return;
  if (const auto *Call = dyn_cast<CallBase>(I);
      isa<AllocaInst>(I) || (Call && Call->isConvergent()))
    return;
  if (I->mayReadFromMemory())
    for (const Instruction &After :
         make_range(std::next(I->getIterator()), I->getParent()->end()))
      if (After.mayWriteToMemory())
        return;
  --Budget;
  // On the other path the variable has no such value.
  SmallVector<DbgVariableRecord *, 2> Records;
  findDbgUsers(I, Records);
  for (DbgVariableRecord *Record : Records)
    if (Record->getParent() == From)
      Record->setKillLocation();
  I->moveBefore(*Side, Side->getFirstInsertionPt());
  for (Value *Operand : I->operands())
    sink(Operand, From, Side, Budget);
}

/// \p Group: neighbours in one block on one condition.
static void lowerToBranch(ArrayRef<SelectInst *> Group) {
  SelectInst *First = Group.front();
  BasicBlock *Head = First->getParent();
  Value *Condition = First->getCondition();
  MDNode *Weights = First->getMetadata(LLVMContext::MD_prof);
  DebugLoc Loc = First->getDebugLoc();
  IRBuilder<> B(First);
  // A select on a poison condition is poison, a branch is undefined.
  if (!isGuaranteedNotToBeUndefOrPoison(Condition))
    Condition = B.CreateFreeze(Condition);
  BasicBlock *Tail = Head->splitBasicBlock(First->getIterator(), "form.tail");
  Function *F = Head->getParent();
  auto AddSide = [&](const char *Name) {
    BasicBlock *Side = BasicBlock::Create(F->getContext(), Name, F, Tail);
    BranchInst::Create(Tail, Side)->setDebugLoc(Loc);
    return Side;
  };
  BasicBlock *Then = AddSide("form.then"), *Else = AddSide("form.else");
  Head->getTerminator()->eraseFromParent();
  BranchInst *Br = BranchInst::Create(Then, Else, Condition, Head);
  Br->setDebugLoc(Loc);
  Br->setMetadata(LLVMContext::MD_prof, Weights);
  unsigned Budget = MaxSunk;
  SmallVector<PHINode *, 4> Phis;
  for (SelectInst *S : Group) {
    PHINode *Phi = PHINode::Create(S->getType(), 2, "");
    Phi->insertBefore(Tail->begin());
    Phi->setDebugLoc(S->getDebugLoc());
    // A select of the group may choose between results of another one.
    auto On = [&](Value *V, bool TrueSide) {
      for (auto [I, Other] : enumerate(ArrayRef(Group).take_front(Phis.size())))
        if (V == Other || V == Phis[I])
          return Phis[I]->getIncomingValueForBlock(TrueSide ? Then : Else);
      return V;
    };
    Phi->addIncoming(On(S->getTrueValue(), true), Then);
    Phi->addIncoming(On(S->getFalseValue(), false), Else);
    Phis.push_back(Phi);
  }
  for (auto [S, Phi] : zip(Group, Phis)) {
    Phi->takeName(S);
    S->replaceAllUsesWith(Phi);
    S->eraseFromParent();
  }
  for (PHINode *Phi : Phis)
    for (BasicBlock *Side : {Then, Else})
      sink(Phi->getIncomingValueForBlock(Side), Head, Side, Budget);
  // A side with nothing to do is an edge.
  bool Dropped = false;
  for (BasicBlock *Side : {Else, Then})
    if (!Dropped && &Side->front() == Side->getTerminator()) {
      Br->replaceSuccessorWith(Side, Tail);
      Tail->replacePhiUsesWith(Side, Head);
      Side->eraseFromParent();
      Dropped = true;
    }
}

unsigned lowerLateForms(Function &F) {
  SmallVector<SelectInst *, 8> Masks, Branches;
  for (Instruction &I : instructions(F)) {
    if (isMarked(I, LateForm::Mask))
      Masks.push_back(cast<SelectInst>(&I));
    else if (isMarked(I, LateForm::Branch))
      Branches.push_back(cast<SelectInst>(&I));
  }
  for (SelectInst *S : Masks)
    lowerToMask(*S);
  for (size_t I = 0; I != Branches.size();) {
    size_t End = I + 1;
    while (End != Branches.size() &&
           Branches[End - 1]->getNextNode() == Branches[End] &&
           Branches[End]->getCondition() == Branches[I]->getCondition())
      ++End;
    lowerToBranch(ArrayRef(Branches).slice(I, End - I));
    I = End;
  }
  return Masks.size() + Branches.size() + peelMarkedSwitches(F);
}

PreservedAnalyses LateFormsPass::run(Function &F, FunctionAnalysisManager &) {
  return lowerLateForms(F) ? PreservedAnalyses::none()
                           : PreservedAnalyses::all();
}

} // namespace speciate
