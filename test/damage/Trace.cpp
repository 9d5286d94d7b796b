//===- test/damage/Trace.cpp - Makes a function's effects visible
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Trace.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;

namespace speciate {

namespace {

/// Only the function's own loads and stores reach \p A.
bool isPrivate(const AllocaInst &A) {
  SmallVector<const Value *, 16> Work = {&A};
  while (!Work.empty()) {
    const Value *V = Work.pop_back_val();
    for (const User *U : V->users()) {
      if (isa<LoadInst>(U))
        continue;
      if (auto *Store = dyn_cast<StoreInst>(U)) {
        if (Store->getValueOperand() == V)
          return false;
        continue;
      }
      if (isa<GetElementPtrInst>(U)) {
        Work.push_back(U);
        continue;
      }
      auto *II = dyn_cast<IntrinsicInst>(U);
      if (!II || !II->isLifetimeStartOrEnd())
        return false;
    }
  }
  return true;
}

class Tracer {
public:
  explicit Tracer(Function &F)
      : F(F), M(*F.getParent()), Context(F.getContext()),
        Word(Type::getInt64Ty(Context)) {}

  void run(int Only) {
    joinAllocas();
    SmallVector<Instruction *, 64> Effects;
    for (Instruction &I : instructions(F))
      if (isEffect(I))
        Effects.push_back(&I);
    for (auto [Number, I] : enumerate(Effects)) {
      if (Only >= 0 && size_t(Only) != Number)
        continue;
      if (Only >= 0)
        errs() << "traced:" << *I << "\n";
      trace(*I);
    }
  }

private:
  /// Makes one object of the memory of the frame that others may see: then an
  /// offset in it says which memory it is, whatever the frame looks like.
  void joinAllocas() {
    const DataLayout &Layout = M.getDataLayout();
    SmallVector<AllocaInst *, 8> Shared;
    SmallVector<uint64_t, 8> Offsets;
    uint64_t Size = 0;
    Align Most(16);
    for (Instruction &I : F.getEntryBlock()) {
      auto *A = dyn_cast<AllocaInst>(&I);
      if (!A || !A->isStaticAlloca())
        continue;
      if (isPrivate(*A)) {
        Private.insert(A);
        continue;
      }
      Size = alignTo(Size, A->getAlign());
      Most = std::max(Most, A->getAlign());
      Shared.push_back(A);
      Offsets.push_back(Size);
      Size += A->getAllocationSize(Layout)->getFixedValue();
    }
    if (Shared.empty())
      return;
    IRBuilder<> B(&F.getEntryBlock(), F.getEntryBlock().begin());
    FrameSize = Size + 1; // the end of the last object, too
    Frame = B.CreateAlloca(ArrayType::get(B.getInt8Ty(), FrameSize));
    Frame->setAlignment(Most);
    for (auto [A, Offset] : zip(Shared, Offsets)) {
      for (User *U : make_early_inc_range(A->users()))
        if (auto *II = dyn_cast<IntrinsicInst>(U);
            II && II->isLifetimeStartOrEnd())
          II->eraseFromParent();
      // A may be where the builder is.
      B.SetInsertPoint(&F.getEntryBlock(), std::next(Frame->getIterator()));
      A->replaceAllUsesWith(
          B.CreateConstInBoundsGEP1_64(B.getInt8Ty(), Frame, Offset));
      A->eraseFromParent();
    }
  }

  static bool isEffect(const Instruction &I) {
    if (isa<StoreInst>(I) || isa<AtomicRMWInst>(I) ||
        isa<AtomicCmpXchgInst>(I) || isa<ReturnInst>(I))
      return true;
    auto *Call = dyn_cast<CallBase>(&I);
    if (!Call || isa<DbgInfoIntrinsic>(Call) || isa<PseudoProbeInst>(Call) ||
        Call->isLifetimeStartOrEnd())
      return false;
    switch (Call->getIntrinsicID()) {
    case Intrinsic::assume:
    case Intrinsic::experimental_noalias_scope_decl:
    case Intrinsic::stacksave:
    case Intrinsic::stackrestore:
      return false;
    default:
      // That it returns, the replay shows.
      return Call->mayWriteToMemory() || Call->mayThrow();
    }
  }

  void trace(Instruction &I) {
    if (auto *Store = dyn_cast<StoreInst>(&I))
      return traceStore(*Store);
    IRBuilder<> B(&I);
    fold(B, B.getInt64(I.getOpcode()));
    fold(B, load(B, SumAt));
    if (auto *Call = dyn_cast<CallBase>(&I)) {
      if (Call->isIndirectCall())
        foldValue(B, Call->getCalledOperand());
      else
        fold(B, B.getInt64(xxh3_64bits(Call->getCalledOperand()->getName())));
      for (Value *Argument : Call->args())
        foldValue(B, Argument);
      return;
    }
    for (Value *Operand : I.operands())
      foldValue(B, Operand);
  }

  /// Stores count for the state that they leave behind, as the sum over all
  /// words of a hash of address and content: what calls and the function's
  /// callers find is folded in when they do, and what nobody finds is no
  /// effect. What was in the frame before is junk, so stores to it count one by
  /// one.
  void traceStore(StoreInst &Store) {
    Value *Pointer = Store.getPointerOperand();
    auto *Base = dyn_cast<AllocaInst>(getUnderlyingObject(Pointer, 0));
    if (Base && Private.contains(Base))
      return;
    IRBuilder<> B(&Store);
    Value *New = Store.getValueOperand();
    // Volatile: what is in fresh memory is nothing to an optimizer.
    Value *Old = B.CreateAlignedLoad(New->getType(), Pointer, Store.getAlign(),
                                     /*isVolatile=*/true);
    SmallVector<Value *, 4> Before, After;
    words(B, Old, Before);
    words(B, New, After);
    Value *InFrame = B.getFalse();
    Value *At = place(B, B.CreatePtrToInt(Pointer, Word), &InFrame);
    bool Addresses = hasAddresses(New);
    Value *Sum = load(B, SumAt), *Steps = load(B, StepsAt);
    Value *NewSum = Sum, *NewSteps = mix(B, Steps, At);
    for (auto [X, Y] : zip(Before, After)) {
      Value *Was = Addresses ? place(B, X) : X;
      Value *Is = Addresses ? place(B, Y) : Y;
      NewSum = B.CreateAdd(NewSum, B.CreateSub(mix(B, mix(B, At, Is), At),
                                               mix(B, mix(B, At, Was), At)));
      NewSteps = mix(B, NewSteps, Is);
      At = B.CreateAdd(At, B.getInt64(8));
    }
    save(B, B.CreateSelect(InFrame, Sum, NewSum), SumAt);
    save(B, B.CreateSelect(InFrame, NewSteps, Steps), StepsAt);
  }

  static bool hasAddresses(Value *V) {
    return V->getType()->isPointerTy() || V->getType()->isIntegerTy(64);
  }

  /// \p V as words of 64 bits, bit by bit; nothing for what has no bits.
  void words(IRBuilder<> &B, Value *V, SmallVectorImpl<Value *> &Into) {
    Type *T = V->getType();
    if (T->isPtrOrPtrVectorTy() && !T->isVectorTy()) {
      Into.push_back(B.CreatePtrToInt(V, Word));
      return;
    }
    if (auto *Struct = dyn_cast<StructType>(T)) {
      for (unsigned I = 0; I < Struct->getNumElements(); ++I)
        words(B, B.CreateExtractValue(V, I), Into);
      return;
    }
    if (auto *Array = dyn_cast<ArrayType>(T)) {
      for (unsigned I = 0; I < Array->getNumElements(); ++I)
        words(B, B.CreateExtractValue(V, I), Into);
      return;
    }
    auto *Vector = dyn_cast<FixedVectorType>(T);
    if (Vector && Vector->getElementType()->isPointerTy()) {
      for (unsigned I = 0; I < Vector->getNumElements(); ++I)
        words(B, B.CreateExtractElement(V, I), Into);
      return;
    }
    if (!T->isIntOrIntVectorTy() && !T->isFPOrFPVectorTy())
      return;
    unsigned Bits = unsigned(T->getPrimitiveSizeInBits().getFixedValue());
    V = B.CreateFreeze(B.CreateBitCast(V, B.getIntNTy(Bits)));
    unsigned Whole = (Bits + 63) / 64 * 64;
    V = B.CreateZExt(V, B.getIntNTy(Whole));
    for (unsigned At = 0; At < Whole; At += 64)
      Into.push_back(B.CreateTrunc(B.CreateLShr(V, At), Word));
  }

  /// \p Address, or the offset in Frame if it is in there.
  Value *place(IRBuilder<> &B, Value *Address, Value **InFrame = nullptr) {
    if (!Frame)
      return Address;
    Value *Offset = B.CreateSub(Address, B.CreatePtrToInt(Frame, Word));
    Value *Inside = B.CreateICmpULT(Offset, B.getInt64(FrameSize));
    if (InFrame)
      *InFrame = Inside;
    return B.CreateSelect(Inside, Offset, Address);
  }

  /// In tcbhead_t's unused bytes.
  static constexpr unsigned StepsAt = 0x80, SumAt = 0x88;
  Constant *scratch(unsigned At) {
    constexpr unsigned Fs = 257;
    return ConstantExpr::getIntToPtr(ConstantInt::get(Word, At),
                                     PointerType::get(Context, Fs));
  }
  Value *load(IRBuilder<> &B, unsigned At) {
    return B.CreateLoad(Word, scratch(At), /*isVolatile=*/true);
  }
  void save(IRBuilder<> &B, Value *V, unsigned At) {
    B.CreateStore(V, scratch(At), /*isVolatile=*/true);
  }

  Value *mix(IRBuilder<> &B, Value *State, Value *V) {
    Value *X =
        B.CreateMul(B.CreateXor(State, V), B.getInt64(0x9e3779b97f4a7c15));
    // Not symmetric in what is folded in one after the other.
    return B.CreateAdd(B.CreateXor(X, B.CreateLShr(X, 32)), B.getInt64(1));
  }

  void foldValue(IRBuilder<> &B, Value *V) {
    SmallVector<Value *, 4> Words;
    words(B, V, Words);
    for (Value *W : Words)
      fold(B, hasAddresses(V) ? place(B, W) : W);
  }
  void fold(IRBuilder<> &B, Value *W) {
    save(B, mix(B, load(B, StepsAt), W), StepsAt);
  }

  Function &F;
  Module &M;
  LLVMContext &Context;
  IntegerType *Word;
  SmallPtrSet<const AllocaInst *, 16> Private;
  AllocaInst *Frame = nullptr;
  uint64_t FrameSize = 0;
};

} // namespace

PreservedAnalyses TracePass::run(Function &F, FunctionAnalysisManager &) {
  if (F.isDeclaration() || F.hasAvailableExternallyLinkage())
    return PreservedAnalyses::all();
  Tracer(F).run(Only);
  // It touches more memory than it said.
  F.removeFnAttr(Attribute::Memory);
  for (Argument &A : F.args())
    for (Attribute::AttrKind Kind :
         {Attribute::WriteOnly, Attribute::Initializes})
      A.removeAttr(Kind);
  return PreservedAnalyses::none();
}

} // namespace speciate
