//===- passes/instrument/Emit.cpp - Code that reports
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/instrument/Emit.h"
#include "passes/instrument/Alone.h"
#include "llvm/Analysis/CFG.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace llvm;

namespace speciate {

Emitter::Emitter(Function &F, bool Threads)
    : F(F), M(*F.getParent()), Ctx(F.getContext()), Threads(Threads) {}

Builder Emitter::before(Instruction *Where) const {
  // A location is required where both functions have debug information.
  DISubprogram *SP = F.getSubprogram();
  return Builder(Where,
                 SP ? DebugLoc(DILocation::get(Ctx, 0, 0, SP)) : DebugLoc());
}

GlobalVariable *hiddenVariable(Module &M, StringRef Name, Type *Ty,
                               bool PerThread) {
  if (GlobalVariable *Known = M.getNamedGlobal(Name))
    return Known;
  auto *V =
      new GlobalVariable(M, Ty, /*isConstant=*/false,
                         GlobalValue::ExternalLinkage, nullptr, Name, nullptr,
                         PerThread ? GlobalValue::InitialExecTLSModel
                                   : GlobalValue::NotThreadLocal);
  V->setVisibility(GlobalValue::HiddenVisibility);
  V->setDSOLocal(true);
  return V;
}

Type *Emitter::keyType() const {
  Type *I64 = Type::getInt64Ty(Ctx), *I32 = Type::getInt32Ty(Ctx);
  return StructType::get(Ctx, {I64, I64, I32, I32, I32, I32});
}

Constant *Emitter::key(const rt::ValueKey &Key) const {
  Type *I64 = Type::getInt64Ty(Ctx), *I32 = Type::getInt32Ty(Ctx);
  return ConstantStruct::get(
      cast<StructType>(keyType()),
      {ConstantInt::get(I64, Key.Function), ConstantInt::get(I64, Key.CfgHash),
       ConstantInt::get(I32, Key.Kind), ConstantInt::get(I32, Key.Ordinal),
       ConstantInt::get(I32, Key.Parameter), ConstantInt::get(I32, Key.Bits)});
}

GlobalVariable *Emitter::record(Constant *Init, StringRef Name,
                                StringRef Section) const {
  auto *Record = new GlobalVariable(M, Init->getType(), /*isConstant=*/false,
                                    GlobalValue::PrivateLinkage, Init, Name);
  Record->setSection(Section);
  Record->setAlignment(Align(8));
  return Record;
}

void Emitter::callRarely(Value *Condition, StringRef Callee,
                         ArrayRef<Value *> Arguments,
                         Instruction *Where) const {
  SmallVector<Type *> Types;
  for (Value *A : Arguments)
    Types.push_back(A->getType());
  FunctionCallee Report = M.getOrInsertFunction(
      Callee, FunctionType::get(Type::getVoidTy(Ctx), Types, false));
  auto *Function = cast<llvm::Function>(Report.getCallee());
  Function->setVisibility(GlobalValue::HiddenVisibility);
  Function->setDSOLocal(true);
  Function->setCallingConv(CallingConv::PreserveMost);
  Function->setDoesNotThrow();
  Instruction *Then = SplitBlockAndInsertIfThen(
      Condition, Where->getIterator(), /*Unreachable=*/false,
      MDBuilder(Ctx).createBranchWeights(1, 1000));
  Builder B = before(Then);
  CallInst *Call = B.CreateCall(Report, Arguments);
  Call->setCallingConv(CallingConv::PreserveMost);
  Call->setTailCall(false);
}

void Emitter::value(const rt::ValueKey &Key, Value *V,
                    Instruction *Where) const {
  Builder B = before(Where);
  GlobalVariable *SkipAt =
      record(B.getInt32(0), "__speciate_value_skip", "__speciate_skips");
  SkipAt->setAlignment(Align(4));
  auto *SiteTy = StructType::get(Ctx, {keyType(), B.getPtrTy(), B.getPtrTy()});
  auto *Site = record(
      ConstantStruct::get(
          SiteTy, {key(Key), ConstantPointerNull::get(B.getPtrTy()), SkipAt}),
      "__speciate_value_site", "__speciate_vals");
  Value *Wide = V->getType()->isPointerTy()
                    ? B.CreatePtrToInt(V, B.getInt64Ty())
                    : B.CreateZExt(V, B.getInt64Ty());
  Wide = B.CreateFreeze(Wide);
  // Atomic, or threads would race; on this machine a plain access.
  LoadInst *Skip = B.CreateLoad(B.getInt32Ty(), SkipAt);
  Skip->setAtomic(AtomicOrdering::Monotonic);
  StoreInst *Store = B.CreateStore(B.CreateSub(Skip, B.getInt32(1)), SkipAt);
  Store->setAtomic(AtomicOrdering::Monotonic);
  callRarely(B.CreateICmpEQ(Skip, B.getInt32(0)), "__speciate_value",
             {Site, Wide}, Where);
}

void Emitter::branch(const rt::ValueKey &Key, Value *Outcome,
                     Instruction *Where) const {
  Builder B = before(Where);
  auto *SiteTy = StructType::get(Ctx, {keyType(), B.getPtrTy()});
  auto *Site =
      record(ConstantStruct::get(
                 SiteTy, {key(Key), ConstantPointerNull::get(B.getPtrTy())}),
             "__speciate_branch_site", "__speciate_brs");
  GlobalVariable *On =
      hiddenVariable(M,
                     Threads ? "__speciate_branch_thread_on"
                             : "__speciate_branch_on",
                     B.getInt8Ty(), Threads);
  Value *At =
      Threads ? B.CreateThreadLocalAddress(On) : static_cast<Value *>(On);
  Value *Reports = B.CreateIsNotNull(B.CreateLoad(B.getInt8Ty(), At));
  Value *Frozen = B.CreateFreeze(Outcome);
  callRarely(Reports,
             Threads ? "__speciate_branch_thread" : "__speciate_branch",
             {Site, Frozen}, Where);
}

void Emitter::tick(Instruction *Where) const {
  Builder B = before(Where);
  GlobalVariable *Countdown =
      hiddenVariable(M,
                     Threads ? "__speciate_path_thread_skip"
                             : "__speciate_path_skip",
                     B.getInt64Ty(), Threads);
  Value *At = Threads ? B.CreateThreadLocalAddress(Countdown)
                      : static_cast<Value *>(Countdown);
  Value *Left = B.CreateSub(B.CreateLoad(B.getInt64Ty(), At), B.getInt64(1));
  B.CreateStore(Left, At);
  callRarely(B.CreateICmpSLT(Left, B.getInt64(0)),
             Threads ? "__speciate_tick_thread" : "__speciate_tick", {}, Where);
}

GlobalVariable *Emitter::pathSite(uint64_t Function, uint64_t CfgHash,
                                  uint64_t Paths) const {
  Type *I64 = Type::getInt64Ty(Ctx);
  PointerType *Ptr = PointerType::getUnqual(Ctx);
  return record(ConstantStruct::get(StructType::get(Ctx, {I64, I64, I64, Ptr}),
                                    {ConstantInt::get(I64, Function),
                                     ConstantInt::get(I64, CfgHash),
                                     ConstantInt::get(I64, Paths),
                                     ConstantPointerNull::get(Ptr)}),
                "__speciate_path_site", "__speciate_paths");
}

void Emitter::path(GlobalVariable *Site, Value *Index,
                   Instruction *Where) const {
  Builder B = before(Where);
  Value *Counters = B.CreateLoad(
      B.getPtrTy(), B.CreateStructGEP(Site->getValueType(), Site, 3));
  Instruction *Then = SplitBlockAndInsertIfThen(
      B.CreateIsNotNull(Counters), Where->getIterator(), /*Unreachable=*/false,
      MDBuilder(Ctx).createBranchWeights(1000, 1));
  Builder Count = before(Then);
  Value *At = Count.CreateInBoundsGEP(Count.getInt64Ty(), Counters, Index);
  addOne(At, Then, Count.getCurrentDebugLocation(),
         Threads ? ThreadTest::Pointer : ThreadTest::None);
}

GlobalVariable *Emitter::callContext() const {
  return hiddenVariable(M,
                        Threads ? "__speciate_call_thread_context"
                                : "__speciate_call_context",
                        Type::getInt64Ty(Ctx), Threads);
}

void Emitter::text(StringRef Text) const {
  Constant *Bytes = ConstantDataArray::getString(Ctx, Text, /*AddNull=*/false);
  auto *V = record(Bytes, "__speciate_text", "__speciate_text");
  V->setAlignment(Align(1));
  // Nothing refers to it.
  appendToUsed(M, {V});
}

void Emitter::folder(StringRef Path) const {
  if (Path.empty())
    return;
  // Of each region its own, kept once.
  Constant *Text = ConstantDataArray::getString(Ctx, Path);
  auto *Name = new GlobalVariable(M, Text->getType(), /*isConstant=*/true,
                                  GlobalValue::WeakODRLinkage, Text,
                                  "__speciate_detail_folder");
  Name->setVisibility(GlobalValue::HiddenVisibility);
}

AllocaInst *Emitter::counter(const Twine &Name) const {
  IRBuilder<> B(&F.getEntryBlock(), F.getEntryBlock().begin());
  B.SetCurrentDebugLocation(DebugLoc());
  return B.CreateAlloca(B.getInt64Ty(), nullptr, Name);
}

Instruction *EdgePoints::at(BasicBlock *From, BasicBlock *To) {
  Instruction *&Point = Known[{From, To}];
  if (Point)
    return Point;
  Instruction *End = From->getTerminator();
  if (From->getUniqueSuccessor())
    return Point = End;
  unsigned Number = 0;
  while (End->getSuccessor(Number) != To)
    ++Number;
  if (isCriticalEdge(End, Number, /*AllowIdenticalEdges=*/true)) {
    BasicBlock *Middle = SplitCriticalEdge(
        End, Number, CriticalEdgeSplittingOptions().setMergeIdenticalEdges());
    if (Middle)
      return Point = Middle->getTerminator();
  }
  return Point = &*To->getFirstInsertionPt();
}

} // namespace speciate
