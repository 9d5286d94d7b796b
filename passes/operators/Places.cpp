//===- passes/operators/Places.cpp - Memory that may be touched in vain
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/Places.h"
#include "llvm/Analysis/AliasAnalysis.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/CaptureTracking.h"
#include "llvm/Analysis/Loads.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include <optional>

using namespace llvm;

namespace speciate {

/// Of every processor that we compile for.
static constexpr uint64_t SmallestPage = 4096;

Value *hideObject(IRBuilderBase &B, Value *Pointer) {
  auto *Type = FunctionType::get(B.getPtrTy(), {B.getPtrTy()}, false);
  return B.CreateCall(
      Type, InlineAsm::get(Type, "", "=r,0", /*hasSideEffects=*/false),
      {Pointer}, "ahead");
}

bool isSanitized(const Function &F) {
  return F.hasFnAttribute(Attribute::SanitizeAddress) ||
         F.hasFnAttribute(Attribute::SanitizeHWAddress) ||
         F.hasFnAttribute(Attribute::SanitizeMemory) ||
         F.hasFnAttribute(Attribute::SanitizeMemTag) ||
         F.hasFnAttribute(Attribute::SanitizeThread);
}

namespace {

/// Bytes at a constant distance from a pointer.
struct Place {
  const Value *Base = nullptr;
  int64_t Begin = 0, End = 0;
  Align Aligned; ///< Of Base + Begin.
  unsigned AddressSpace = 0;

  /// \p Access: a load or a store.
  static std::optional<Place> of(const Instruction &Access) {
    const DataLayout &DL = Access.getDataLayout();
    const TypeSize Size = DL.getTypeStoreSize(getLoadStoreType(&Access));
    if (Size.isScalable())
      return std::nullopt;
    Place P;
    P.Base = GetPointerBaseWithConstantOffset(
        getLoadStorePointerOperand(&Access), P.Begin, DL);
    P.End = P.Begin + static_cast<int64_t>(Size.getFixedValue());
    P.Aligned = getLoadStoreAlignment(&Access);
    P.AddressSpace = getLoadStoreAddressSpace(&Access);
    return P;
  }

  /// An access here shows that one to \p Other cannot fault.
  bool covers(const Place &Other, bool WholeBlock) const {
    if (Base != Other.Base || AddressSpace != Other.AddressSpace ||
        commonAlignment(Aligned, static_cast<uint64_t>(Other.Begin - Begin)) <
            Other.Aligned)
      return false;
    int64_t Last = End;
    if (WholeBlock) {
      const Align Block = std::min(Aligned, Align(SmallestPage));
      Last = Begin + static_cast<int64_t>(
                         alignTo(static_cast<uint64_t>(End - Begin), Block));
    }
    return Begin <= Other.Begin && Other.End <= Last;
  }
};

} // namespace

/// LLVM may know the size of what \p Object is.
static bool hasKnownSize(const Value &Object) {
  return isa<AllocaInst, GlobalValue>(Object) || isNoAliasCall(&Object);
}

/// Something shortly before \p At has touched the place or its block, and
/// nothing since could have freed it.
static bool wasTouched(const LoadInst &Load, const Instruction &At) {
  std::optional<Place> Wanted = Place::of(Load);
  if (!Wanted)
    return false;
  const bool WholeBlock =
      !isSanitized(*Load.getFunction()) && Wanted->AddressSpace == 0 &&
      !hasKnownSize(*getUnderlyingObject(Wanted->Base));
  unsigned Budget = 200;
  for (const BasicBlock *BB = At.getParent(); BB;
       BB = BB->getSinglePredecessor())
    for (const Instruction &I : reverse(*BB)) {
      if (!Budget--)
        return false;
      if (&I != &Load && isa<LoadInst, StoreInst>(I))
        if (std::optional<Place> P = Place::of(I);
            P && P->covers(*Wanted, WholeBlock))
          return true;
      // Another thread may free it, once something synchronizes with it.
      const auto *Call = dyn_cast<CallBase>(&I);
      if (I.isAtomic() || isa<FenceInst>(I) ||
          (Call && !Call->onlyReadsMemory() &&
           !(Call->hasFnAttr(Attribute::NoFree) &&
             Call->hasFnAttr(Attribute::NoSync))))
        return false;
    }
  return false;
}

bool isReadableAt(const LoadInst &Load, const Instruction &At,
                  const PlaceAnalyses &A) {
  // What a block says of an address that it computes itself (metadata of a
  // load) holds in that block only.
  const auto *Base = dyn_cast<Instruction>(
      Load.getPointerOperand()->stripInBoundsConstantOffsets());
  return ((!Base || A.DT.dominates(Base, &At)) &&
          isSafeToSpeculativelyExecute(&Load, &At, &A.AC, &A.DT, &A.TLI)) ||
         wasTouched(Load, At);
}

static bool fitsStandIn(Type *Ty, const Instruction &Access,
                        const DataLayout &DL) {
  TypeSize Size = DL.getTypeStoreSize(Ty);
  return !Size.isScalable() && Size.getFixedValue() <= StandInBytes &&
         getLoadStoreAlignment(&Access) <= StandInAlign &&
         getLoadStoreAddressSpace(&Access) == DL.getAllocaAddrSpace();
}

bool canReadZeros(const LoadInst &Load) {
  return fitsStandIn(Load.getType(), Load, Load.getDataLayout());
}

bool canWriteStandIn(const StoreInst &Store) {
  return fitsStandIn(Store.getValueOperand()->getType(), Store,
                     Store.getDataLayout());
}

GlobalVariable *zerosOf(Module &M) {
  if (GlobalVariable *Known =
          M.getGlobalVariable("speciate.zeros", /*AllowInternal=*/true))
    return Known;
  auto *Ty = ArrayType::get(Type::getInt8Ty(M.getContext()), StandInBytes);
  auto *Zeros = new GlobalVariable(
      M, Ty, /*isConstant=*/true, GlobalValue::PrivateLinkage,
      ConstantAggregateZero::get(Ty), "speciate.zeros");
  Zeros->setAlignment(StandInAlign);
  return Zeros;
}

Value *justStored(const StoreInst &Store, BasicBlock &Head) {
  for (Instruction &I : reverse(Head)) {
    if (I.isDebugOrPseudoInst() || I.isTerminator())
      continue;
    if (auto *Before = dyn_cast<StoreInst>(&I))
      return Before->isSimple() &&
                     Before->getPointerOperand() == Store.getPointerOperand() &&
                     Before->getValueOperand()->getType() ==
                         Store.getValueOperand()->getType() &&
                     Before->getAlign() >= Store.getAlign()
                 ? Before->getValueOperand()
                 : nullptr;
    if (I.mayHaveSideEffects())
      return nullptr;
  }
  return nullptr;
}

bool isOwnPlace(const StoreInst &Store, const Instruction &At,
                const PlaceAnalyses &A) {
  const auto *Object =
      dyn_cast<AllocaInst>(getUnderlyingObject(Store.getPointerOperand()));
  // One whose life is marked may not be alive when the branch goes the other
  // way.
  return Object &&
         none_of(Object->users(),
                 [](const User *U) { return isa<LifetimeIntrinsic>(U); }) &&
         !PointerMayBeCaptured(Object, /*ReturnCaptures=*/true) &&
         isDereferenceableAndAlignedPointer(
             Store.getPointerOperand(), Store.getValueOperand()->getType(),
             Store.getAlign(), Store.getDataLayout(), &At, &A.AC, &A.DT,
             &A.TLI);
}

} // namespace speciate
