//===- passes/instrument/ValueProfile.cpp - Asking a region for its values
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/instrument/ValueProfile.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

using namespace llvm;

namespace speciate {

/// A call at each of them costs time, and nobody chooses among so many.
static constexpr unsigned MaxSites = 128;

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

namespace {
struct Asked {
  rt::ValueKey Key;
  Value *V;
  BasicBlock::iterator Where;
};
} // namespace

static std::vector<Asked> valuesToAskFor(Function &F, const SiteMap &Sites,
                                         const LoopInfo &LI) {
  std::vector<Asked> Result;
  for (const SiteRef &S : Sites.sites()) {
    Value *V = S.Where;
    if (S.Id.Kind == SiteKind::Function) {
      for (Argument &A : F.args())
        if (isWorthSpecializing(A) || !divisionsBy(A).empty())
          Result.push_back({valueKey(S.Id, A.getArgNo()), &A,
                            F.getEntryBlock().getFirstNonPHIOrDbgOrAlloca()});
      continue;
    }
    if (auto *Switch = dyn_cast<SwitchInst>(V);
        Switch && S.Id.Kind == SiteKind::Switch) {
      if (hasProfiledType(*Switch->getCondition()))
        Result.push_back(
            {valueKey(S.Id, 0), Switch->getCondition(), Switch->getIterator()});
      continue;
    }
    auto *I = dyn_cast<Instruction>(V);
    if ((S.Id.Kind != SiteKind::Load && S.Id.Kind != SiteKind::Call) || !I ||
        I->isTerminator() || !hasProfiledType(*I))
      continue;
    // Nothing may stand between such a call and the return.
    if (const auto *Call = dyn_cast<CallInst>(I);
        Call && Call->isMustTailCall())
      continue;
    if (!loopsThatUse(*I, LI).empty() || !divisionsBy(*I).empty())
      Result.push_back({valueKey(S.Id, 0), I, std::next(I->getIterator())});
  }
  if (Result.size() > MaxSites)
    Result.resize(MaxSites);
  return Result;
}

unsigned instrumentValues(Function &F, StringRef Folder,
                          FunctionAnalysisManager &FAM) {
  Module &M = *F.getParent();
  LLVMContext &Ctx = M.getContext();
  const LoopInfo &LI = FAM.getResult<LoopAnalysis>(F);
  SiteMap Sites(F, Level::Region, LI);
  std::vector<Asked> All = valuesToAskFor(F, Sites, LI);
  IRBuilder<> B(Ctx);
  Type *I64 = B.getInt64Ty(), *I32 = B.getInt32Ty();
  auto *SiteTy =
      StructType::get(Ctx, {I64, I64, I32, I32, I32, I32, B.getPtrTy()});
  // Of each region its own, kept once.
  Constant *Text = ConstantDataArray::getString(Ctx, Folder);
  auto *Name = new GlobalVariable(M, Text->getType(), /*isConstant=*/true,
                                  GlobalValue::WeakODRLinkage, Text,
                                  "__speciate_values_folder");
  Name->setVisibility(GlobalValue::HiddenVisibility);
  FunctionCallee Report = M.getOrInsertFunction(
      "__speciate_value", B.getVoidTy(), B.getPtrTy(), I64);
  cast<Function>(Report.getCallee())
      ->setVisibility(GlobalValue::HiddenVisibility);
  for (const Asked &A : All) {
    auto Number = [&](Type *Ty, uint64_t V) { return ConstantInt::get(Ty, V); };
    auto *Init = ConstantStruct::get(
        SiteTy,
        {Number(I64, A.Key.Function), Number(I64, A.Key.CfgHash),
         Number(I32, A.Key.Kind), Number(I32, A.Key.Ordinal),
         Number(I32, A.Key.Parameter),
         Number(I32, M.getDataLayout().getTypeSizeInBits(A.V->getType())),
         ConstantPointerNull::get(B.getPtrTy())});
    auto *Record = new GlobalVariable(M, SiteTy, /*isConstant=*/false,
                                      GlobalValue::PrivateLinkage, Init,
                                      "__speciate_value_site");
    Record->setSection("__speciate_vals");
    Record->setAlignment(Align(8));
    B.SetInsertPoint(A.Where);
    // A location is required where both functions have debug information.
    if (DISubprogram *SP = F.getSubprogram())
      B.SetCurrentDebugLocation(DILocation::get(Ctx, 0, 0, SP));
    Value *V = A.V->getType()->isPointerTy() ? B.CreatePtrToInt(A.V, I64)
                                             : B.CreateZExt(A.V, I64);
    B.CreateCall(Report, {Record, B.CreateFreeze(V)})->setTailCall(false);
  }
  return All.size();
}

} // namespace speciate
