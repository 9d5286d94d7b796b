//===- passes/operators/LoopNests.cpp - LLVM's loop passes on one loop only
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/LoopNests.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/LoopNestAnalysis.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Intrinsics.h"
#include "llvm/Transforms/Scalar/LoopInterchange.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/LoopUnrollAndJamPass.h"
#include "llvm/Transforms/Scalar/SimpleLoopUnswitch.h"

using namespace llvm;

namespace speciate {

namespace {

/// Runs a pass on the one loop with this header.
template <typename PassT>
class LoopOnly : public PassInfoMixin<LoopOnly<PassT>> {
public:
  LoopOnly(PassT Pass, const BasicBlock *Header, bool &Changed)
      : Pass(std::move(Pass)), Header(Header), Changed(&Changed) {}
  PreservedAnalyses run(Loop &L, LoopAnalysisManager &AM,
                        LoopStandardAnalysisResults &AR, LPMUpdater &U) {
    if (L.getHeader() != Header)
      return PreservedAnalyses::all();
    PreservedAnalyses PA = Pass.run(L, AM, AR, U);
    *Changed |= !PA.areAllPreserved();
    return PA;
  }

private:
  PassT Pass;
  const BasicBlock *Header;
  bool *Changed;
};

/// Runs a pass on the one nest whose outermost loop has this header.
template <typename PassT>
class NestOnly : public PassInfoMixin<NestOnly<PassT>> {
public:
  NestOnly(PassT Pass, const BasicBlock *Header, bool &Changed)
      : Pass(std::move(Pass)), Header(Header), Changed(&Changed) {}
  PreservedAnalyses run(LoopNest &N, LoopAnalysisManager &AM,
                        LoopStandardAnalysisResults &AR, LPMUpdater &U) {
    if (N.getOutermostLoop().getHeader() != Header)
      return PreservedAnalyses::all();
    PreservedAnalyses PA = Pass.run(N, AM, AR, U);
    *Changed |= !PA.areAllPreserved();
    return PA;
  }

private:
  PassT Pass;
  const BasicBlock *Header;
  bool *Changed;
};

} // namespace

Error jamLoop(Loop &L, unsigned Count, OperatorContext &Context) {
  if (L.getSubLoops().size() != 1)
    return createStringError("the loop does not have exactly one loop in it");
  // The pass looks at all loops of a nest, and takes those which ask for it.
  Loop *Outermost = L.getOutermostLoop();
  LLVMContext &Ctx = Context.F->getContext();
  MDNode *Old = L.getLoopID();
  SmallVector<Metadata *, 4> Operands{nullptr};
  if (Old)
    append_range(Operands, drop_begin(Old->operands()));
  Operands.push_back(
      MDNode::get(Ctx, {MDString::get(Ctx, "llvm.loop.unroll_and_jam.count"),
                        ConstantAsMetadata::get(
                            ConstantInt::get(Type::getInt32Ty(Ctx), Count))}));
  MDNode *Asked = MDNode::getDistinct(Ctx, Operands);
  Asked->replaceOperandWith(0, Asked);
  const BasicBlock *Header = L.getHeader();
  L.setLoopID(Asked);
  bool Changed = false;
  FunctionPassManager FPM;
  FPM.addPass(createFunctionToLoopPassAdaptor(NestOnly<LoopUnrollAndJamPass>(
      LoopUnrollAndJamPass(3), Outermost->getHeader(), Changed)));
  FPM.run(*Context.F, *Context.FAM);
  if (Changed)
    return Error::success();
  auto &LI = Context.FAM->getResult<LoopAnalysis>(*Context.F);
  if (Loop *Same = LI.getLoopFor(Header))
    Same->setLoopID(Old);
  return createStringError("LLVM refused to unroll and jam the loop");
}

Error interchangeLoops(Loop &L, OperatorContext &Context) {
  if (L.isInnermost() || L.getParentLoop())
    return createStringError("the loop is not the outermost of a nest");
  bool Changed = false;
  FunctionPassManager FPM;
  FPM.addPass(createFunctionToLoopPassAdaptor(NestOnly<LoopInterchangePass>(
      LoopInterchangePass(), L.getHeader(), Changed)));
  FPM.run(*Context.F, *Context.FAM);
  return Changed ? Error::success()
                 : createStringError("LLVM refused to interchange the loops");
}

Error unswitchLoop(Loop &L, OperatorContext &Context) {
  bool Changed = false;
  FunctionPassManager FPM;
  FPM.addPass(createFunctionToLoopPassAdaptor(
      LoopOnly<SimpleLoopUnswitchPass>(
          SimpleLoopUnswitchPass(/*NonTrivial=*/true, /*Trivial=*/true),
          L.getHeader(), Changed),
      /*UseMemorySSA=*/true));
  FPM.run(*Context.F, *Context.FAM);
  return Changed ? Error::success()
                 : createStringError("LLVM refused to unswitch the loop");
}

Error prefetchAhead(Loop &L, unsigned Ahead, OperatorContext &Context) {
  Function &F = *Context.F;
  auto &SE = Context.FAM->getResult<ScalarEvolutionAnalysis>(F);
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(F);
  const int64_t Line = std::max<int64_t>(TTI.getCacheLineSize(), 64);
  struct Fetch {
    Instruction *At;
    Value *Pointer;
    const SCEV *Address;
    int64_t Step;
  };
  SmallVector<Fetch> Fetches;
  for (BasicBlock *BB : L.blocks())
    for (Instruction &I : *BB) {
      Value *Pointer = getLoadStorePointerOperand(&I);
      if (!Pointer || I.isVolatile() ||
          Pointer->getType()->getPointerAddressSpace() != 0)
        continue;
      const auto *Address = dyn_cast<SCEVAddRecExpr>(SE.getSCEV(Pointer));
      if (!Address || Address->getLoop() != &L || !Address->isAffine())
        continue;
      const auto *Step = dyn_cast<SCEVConstant>(Address->getStepRecurrence(SE));
      if (!Step || Step->getAPInt().getSignificantBits() > 24)
        continue;
      const int64_t Bytes = Step->getAPInt().getSExtValue();
      if (any_of(Fetches, [&](const Fetch &Other) {
            const auto *Apart =
                dyn_cast<SCEVConstant>(SE.getMinusSCEV(Address, Other.Address));
            return Apart && Apart->getAPInt().abs().ult(Line);
          }))
        continue;
      Fetches.push_back({&I, Pointer, Address, Bytes});
    }
  if (Fetches.empty())
    return createStringError("no address of the loop is known ahead");
  for (const Fetch &X : Fetches) {
    IRBuilder<> B(X.At);
    // Not in bounds: it may be past the object, or overflow.
    Value *Later =
        B.CreatePtrAdd(X.Pointer, B.getInt64(X.Step * int64_t(Ahead)));
    B.CreateIntrinsic(Intrinsic::prefetch, {Later->getType()},
                      {Later, B.getInt32(isa<StoreInst>(X.At)), B.getInt32(3),
                       B.getInt32(1)});
  }
  return Error::success();
}

} // namespace speciate
