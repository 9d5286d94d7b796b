//===- passes/instrument/ValueProfile.cpp - Asking a region for its values
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/instrument/ValueProfile.h"
#include "passes/sites/Cost.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include <set>
#include <tuple>

using namespace llvm;

namespace speciate {

/// A call at each of them costs time, and nobody chooses among so many.
static constexpr unsigned MaxSites = 256;

rt::ValueKey valueKey(const SiteId &Site, unsigned Parameter) {
  rt::ValueKey Key = {};
  Key.Function = Site.FunctionGuid;
  Key.CfgHash = Site.CfgHash;
  Key.Kind = static_cast<uint32_t>(Site.Kind);
  Key.Ordinal = Site.Ordinal;
  Key.Parameter = Parameter;
  return Key;
}

SmallVector<BasicBlock *, 2> loopsThatUse(const Value &V, const LoopInfo &LI) {
  SmallVector<BasicBlock *, 2> Headers;
  const auto *Def = dyn_cast<Instruction>(&V);
  const Function *F = nullptr;
  for (const User *U : V.users()) {
    const auto *I = dyn_cast<Instruction>(U);
    if (!I)
      continue;
    F = I->getFunction();
    Loop *Outermost = nullptr;
    for (Loop *L = LI.getLoopFor(I->getParent()); L; L = L->getParentLoop()) {
      if (Def && L->contains(Def))
        break;
      Outermost = L;
    }
    if (Outermost && !is_contained(Headers, Outermost->getHeader()))
      Headers.push_back(Outermost->getHeader());
  }
  // Users have no order of their own.
  SmallVector<BasicBlock *, 2> Sorted;
  if (F)
    for (const BasicBlock &BB : *F)
      if (is_contained(Headers, &BB))
        Sorted.push_back(const_cast<BasicBlock *>(&BB));
  return Sorted;
}

static void addDivisions(const Value &V, bool Converted,
                         SmallVectorImpl<BinaryOperator *> &Into) {
  for (const User *U : V.users()) {
    if (!Converted && isa<ZExtInst, SExtInst, TruncInst>(U))
      addDivisions(*U, true, Into);
    auto *Op = dyn_cast<BinaryOperator>(const_cast<User *>(U));
    if (Op && Op->getOperand(1) == &V && Op->isIntDivRem() &&
        Op->getType()->isIntegerTy())
      Into.push_back(Op);
  }
}

SmallVector<BinaryOperator *, 2> divisionsBy(const Value &V) {
  SmallVector<BinaryOperator *, 2> Result;
  if (!V.getType()->isIntegerTy())
    return Result;
  addDivisions(V, false, Result);
  return Result;
}

static bool hasProfiledType(const Value &V) {
  const auto *Ty = dyn_cast<IntegerType>(V.getType());
  return (Ty && Ty->getBitWidth() > 1 && Ty->getBitWidth() <= 64) ||
         V.getType()->isPointerTy();
}

bool isWorthSpecializing(const Argument &A) {
  if (!hasProfiledType(A) || A.hasSwiftErrorAttr() || A.hasInAllocaAttr())
    return false;
  // What it becomes after conversions and sums.
  SmallVector<const Value *, 8> Work{&A};
  for (unsigned I = 0; I != Work.size() && I < 16; ++I)
    for (const User *U : Work[I]->users()) {
      if (isa<ICmpInst, SwitchInst>(U))
        return true;
      const auto *Op = dyn_cast<BinaryOperator>(U);
      if (Op && (Op->isIntDivRem() || Op->isShift() ||
                 Op->getOpcode() == Instruction::Mul))
        return true;
      if (Op || isa<CastInst>(U))
        Work.push_back(U);
    }
  return false;
}

/// Loops and blocks that run less often than this share of the function's
/// hottest block are not asked.
static constexpr double MinShareOfHottest = 0.005;
/// Pointer arguments beyond are not compared with each other.
static constexpr unsigned MaxPairedPointers = 4;

namespace {
class Asker {
public:
  Asker(Function &F, const SiteMap &Sites, FunctionAnalysisManager &FAM)
      : F(F), Sites(Sites), LI(FAM.getResult<LoopAnalysis>(F)),
        SE(FAM.getResult<ScalarEvolutionAnalysis>(F)),
        BFI(FAM.getResult<BlockFrequencyAnalysis>(F)) {
    for (const BasicBlock &BB : F)
      Hottest = std::max(Hottest, blockCount(BB, BFI));
  }
  std::vector<AskedValue> ask();

private:
  bool isHot(const BasicBlock &BB) const {
    return blockCount(BB, BFI) >= Hottest * MinShareOfHottest;
  }
  void askForGenes(const SiteRef &S);
  void askFunction(const SiteId &Id);
  void askLoop(const SiteRef &S);
  void askLoad(const SiteRef &S);
  void add(AskedValue Asked) { Result.push_back(std::move(Asked)); }

  Function &F;
  const SiteMap &Sites;
  const LoopInfo &LI;
  ScalarEvolution &SE;
  const BlockFrequencyInfo &BFI;
  double Hottest = 0;
  std::vector<AskedValue> Result;
};
} // namespace

/// What specialize-value looks for.
void Asker::askForGenes(const SiteRef &S) {
  Value *V = S.Where;
  if (S.Id.Kind == SiteKind::Function) {
    for (Argument &A : F.args())
      if (isWorthSpecializing(A) || !divisionsBy(A).empty())
        add({valueKey(S.Id, A.getArgNo()), AskedValue::What::Value, &A, nullptr,
             &*F.getEntryBlock().getFirstNonPHIOrDbgOrAlloca()});
    return;
  }
  if (auto *Switch = dyn_cast<SwitchInst>(V);
      Switch && S.Id.Kind == SiteKind::Switch) {
    if (hasProfiledType(*Switch->getCondition()))
      add({valueKey(S.Id, 0), AskedValue::What::Value, Switch->getCondition(),
           nullptr, Switch});
    return;
  }
  auto *I = dyn_cast<Instruction>(V);
  if ((S.Id.Kind != SiteKind::Load && S.Id.Kind != SiteKind::Call) || !I ||
      I->isTerminator() || !hasProfiledType(*I))
    return;
  // Nothing may stand between such a call and the return.
  if (const auto *Call = dyn_cast<CallInst>(I); Call && Call->isMustTailCall())
    return;
  if (!loopsThatUse(*I, LI).empty() || !divisionsBy(*I).empty())
    add({valueKey(S.Id, 0), AskedValue::What::Value, I, nullptr,
         I->getNextNode()});
}

void Asker::askFunction(const SiteId &Id) {
  Instruction *Entry = &*F.getEntryBlock().getFirstNonPHIOrDbgOrAlloca();
  add({valueKey(Id, rt::Context), AskedValue::What::Context, nullptr, nullptr,
       Entry});
  SmallVector<Argument *> Pointers;
  for (Argument &A : F.args()) {
    if (hasProfiledType(A) && !A.hasSwiftErrorAttr() && !A.hasInAllocaAttr() &&
        !A.use_empty())
      add({valueKey(Id, A.getArgNo()), AskedValue::What::Value, &A, nullptr,
           Entry});
    if (A.getType()->isPointerTy() && !A.use_empty() && A.getArgNo() < 64 &&
        Pointers.size() < MaxPairedPointers)
      Pointers.push_back(&A);
  }
  for (Argument *A : Pointers)
    for (Argument *B : Pointers)
      if (A->getArgNo() < B->getArgNo() &&
          A->getType() == B->getType()) // The same address space.
        add({valueKey(Id, rt::FirstPair + 64 * A->getArgNo() + B->getArgNo()),
             AskedValue::What::Distance, A, B, Entry});
  unsigned Division = 0;
  for (Instruction &I : instructions(F))
    if (I.isIntDivRem() && I.getType()->isIntegerTy()) {
      Value *By = I.getOperand(1);
      if (!isa<Constant>(By) && hasProfiledType(*By) && isHot(*I.getParent()))
        add({valueKey(Id, rt::FirstDivisor + Division), AskedValue::What::Value,
             By, nullptr, &I});
      ++Division;
    }
}

void Asker::askLoop(const SiteRef &S) {
  Value *Header = S.Where;
  const Loop *L = LI.getLoopFor(cast<BasicBlock>(Header));
  if (!isHot(*L->getHeader()) || isa<SCEVConstant>(SE.getBackedgeTakenCount(L)))
    return;
  add({valueKey(S.Id, 0), AskedValue::What::TripCount, L->getHeader(), nullptr,
       nullptr});
}

void Asker::askLoad(const SiteRef &S) {
  Value *V = S.Where;
  auto *Load = cast<LoadInst>(V);
  const Loop *L = LI.getLoopFor(Load->getParent());
  if (!isHot(*Load->getParent()))
    return;
  if (hasProfiledType(*Load))
    add({valueKey(S.Id, 0), AskedValue::What::Value, Load, nullptr,
         Load->getNextNode()});
  // In a loop, from an address that nobody can compute in advance.
  if (!L || L->isLoopInvariant(Load->getPointerOperand()))
    return;
  const SCEV *Address = SE.getSCEV(Load->getPointerOperand());
  if (const auto *Steps = dyn_cast<SCEVAddRecExpr>(Address);
      Steps && isa<SCEVConstant>(Steps->getStepRecurrence(SE)))
    return;
  add({valueKey(S.Id, rt::LoadAddress), AskedValue::What::Value,
       Load->getPointerOperand(), nullptr, Load});
}

std::vector<AskedValue> Asker::ask() {
  for (const SiteRef &S : Sites.sites())
    askForGenes(S);
  for (const SiteRef &S : Sites.sites()) {
    if (S.Id.Kind == SiteKind::Function)
      askFunction(S.Id);
    else if (S.Id.Kind == SiteKind::Loop)
      askLoop(S);
  }
  for (const SiteRef &S : Sites.sites())
    if (S.Id.Kind == SiteKind::Load)
      askLoad(S);
  // Each once, and not too many.
  std::set<std::tuple<uint32_t, uint32_t, uint32_t>> Known;
  llvm::erase_if(Result, [&](const AskedValue &A) {
    return !Known.insert({A.Key.Kind, A.Key.Ordinal, A.Key.Parameter}).second;
  });
  if (Result.size() > MaxSites)
    Result.resize(MaxSites);
  for (AskedValue &A : Result)
    A.Key.Bits = A.Kind == AskedValue::What::Value
                     ? F.getDataLayout().getTypeSizeInBits(A.V->getType())
                     : 64;
  return std::move(Result);
}

std::vector<AskedValue> valuesToAskFor(Function &F, const SiteMap &Sites,
                                       FunctionAnalysisManager &FAM) {
  return Asker(F, Sites, FAM).ask();
}

} // namespace speciate
