//===- passes/operators/Lookups.cpp - Tables and words instead of code
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/Lookups.h"

using namespace llvm;

namespace speciate {

/// Larger tables evict more than they save.
static constexpr uint64_t MaxTableBytes = 65536;

/// The numbers that are looked up for a column of integers.
static std::vector<APInt> numbersOf(const Column &Col, const DataLayout &DL) {
  const unsigned Bits = DL.getTypeSizeInBits(Col.Ty);
  std::vector<APInt> Numbers;
  for (const Outcome &O : Col.Entries)
    Numbers.push_back(O.What == Outcome::Kind::Moved ? O.Offset
                      : O.What == Outcome::Kind::Known
                          ? cast<ConstantInt>(O.C)->getValue()
                          : APInt::getZero(Bits));
  return Numbers;
}

/// All ones where an entry is added to the base, zero where it replaces it.
static std::vector<APInt> masksOf(const Column &Col, const DataLayout &DL) {
  const unsigned Bits = DL.getTypeSizeInBits(Col.Ty);
  std::vector<APInt> Masks;
  for (const Outcome &O : Col.Entries)
    Masks.push_back(O.What == Outcome::Kind::Known ? APInt::getZero(Bits)
                                                   : APInt::getAllOnes(Bits));
  return Masks;
}

namespace {
/// How integers are stored: as narrow as they allow.
struct Storage {
  unsigned Bits = 0;
  bool Signed = false;
};
} // namespace

static Storage storageOf(ArrayRef<APInt> Numbers, bool Packed) {
  unsigned Unsigned = 1, Signed = 1;
  for (const APInt &N : Numbers) {
    Unsigned = std::max(Unsigned, N.getActiveBits());
    Signed = std::max(Signed, N.getSignificantBits());
  }
  Storage S{std::min(Unsigned, Signed), Signed < Unsigned};
  S.Bits = PowerOf2Ceil(std::max(S.Bits, Packed ? 1u : 8u));
  return S;
}

/// \p From as a type of \p Ty's size.
static Value *widen(IRBuilderBase &B, Value *From, Type *Ty, bool Signed) {
  if (Signed &&
      From->getType()->getIntegerBitWidth() < Ty->getIntegerBitWidth())
    return B.CreateSExt(From, Ty);
  return B.CreateZExtOrTrunc(From, Ty);
}

void Lookups::setIndex(IRBuilderBase &B, ArrayRef<Value *> Index,
                       ArrayRef<Key> Keys) {
  Last = Index.back();
  Before = nullptr;
  uint64_t Scale = Keys.back().Size;
  for (size_t K = Keys.size() - 1; K--; Scale *= Keys[K].Size) {
    Value *Scaled = Index[K];
    if (Scale != 1)
      Scaled = B.CreateMul(Scaled, B.getInt64(Scale), "", true, true);
    Before = Before ? B.CreateAdd(Before, Scaled, "", true, true) : Scaled;
  }
}

Value *Lookups::result(IRBuilderBase &B, const Column &Col) {
  if (!Col.Ty->isIntegerTy() && !Col.Ty->isPointerTy())
    return floating(B, Col);
  Type *IntTy = DL.getIntPtrType(B.getContext());
  if (Col.Ty->isIntegerTy())
    IntTy = Col.Ty;
  Value *Entry = integer(B, numbersOf(Col, DL), IntTy);
  if (!Col.Base)
    return Entry;
  if (Col.Ty->isPointerTy())
    return B.CreatePtrAdd(Col.Base, Entry);
  Value *Kept = Col.Base;
  Value *Mask = integer(B, masksOf(Col, DL), IntTy);
  if (const auto *C = dyn_cast<ConstantInt>(Mask); !C || !C->isMinusOne())
    // Where it is replaced, nobody has looked at it.
    Kept = B.CreateAnd(B.CreateFreeze(Kept), Mask);
  return B.CreateAdd(Kept, Entry);
}

Value *Lookups::integer(IRBuilderBase &B, const std::vector<APInt> &Numbers,
                        Type *Ty) {
  if (all_equal(Numbers))
    return ConstantInt::get(Ty, Numbers.front());
  Storage S = storageOf(Numbers, Packed);
  if (Packed)
    return fromWord(B, Numbers, S.Bits, S.Signed, Ty);
  Type *EntryTy = B.getIntNTy(S.Bits);
  std::vector<Constant *> Constants;
  for (const APInt &N : Numbers)
    Constants.push_back(ConstantInt::get(EntryTy, N.sextOrTrunc(S.Bits)));
  return widen(B, load(B, Constants, EntryTy), Ty, S.Signed);
}

Value *Lookups::fromWord(IRBuilderBase &B, const std::vector<APInt> &Numbers,
                         unsigned Bits, bool Signed, Type *Ty) {
  APInt Word(64, 0);
  for (size_t I = 0; I != Numbers.size(); ++I)
    Word.insertBits(Numbers[I].zextOrTrunc(Bits), I * Bits);
  Value *Index = Before ? B.CreateAdd(Before, Last, "", true, true) : Last;
  Value *Shift =
      Bits == 1 ? Index : B.CreateShl(Index, Log2_32(Bits), "", true, true);
  Value *Entry =
      B.CreateTrunc(B.CreateLShr(B.getInt(Word), Shift), B.getIntNTy(Bits));
  return widen(B, Entry, Ty, Signed);
}

Value *Lookups::floating(IRBuilderBase &B, const Column &Col) {
  std::vector<Constant *> Constants;
  for (const Outcome &O : Col.Entries)
    Constants.push_back(
        O.What == Outcome::Kind::Known ? O.C : Constant::getNullValue(Col.Ty));
  if (all_equal(Constants))
    return Constants.front();
  return load(B, Constants, Col.Ty);
}

Value *Lookups::load(IRBuilderBase &B, ArrayRef<Constant *> Constants,
                     Type *Ty) {
  auto *ArrayTy = ArrayType::get(Ty, Entries);
  Constant *Init = ConstantArray::get(ArrayTy, Constants);
  GlobalVariable *&Object = Objects[Init];
  if (!Object) {
    Object =
        new GlobalVariable(M, ArrayTy, /*isConstant=*/true,
                           GlobalValue::PrivateLinkage, Init, "speciate.table");
    Object->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    Object->setAlignment(Align(
        std::min<uint64_t>(64, PowerOf2Ceil(DL.getTypeAllocSize(ArrayTy)))));
  }
  // The carried key comes last: one addition is all that waits for it.
  Value *Row = Before ? B.CreateInBoundsGEP(Ty, Object, Before) : Object;
  LoadInst *Load = B.CreateAlignedLoad(Ty, B.CreateInBoundsGEP(Ty, Row, Last),
                                       DL.getABITypeAlign(Ty));
  Load->setMetadata(LLVMContext::MD_invariant_load,
                    MDNode::get(B.getContext(), {}));
  return Load;
}

std::optional<uint64_t> lookupBytes(ArrayRef<Column> Columns, bool Packed,
                                    uint64_t Entries, const DataLayout &DL) {
  uint64_t Bytes = 0;
  auto Add = [&](const std::vector<APInt> &Numbers) {
    if (Numbers.empty() || all_equal(Numbers))
      return;
    Storage S = storageOf(Numbers, Packed);
    if (Packed && Entries * S.Bits > 64)
      Bytes = MaxTableBytes + 1;
    else if (!Packed)
      Bytes += Entries * S.Bits / 8;
  };
  for (const Column &Col : Columns) {
    if (!Col.Ty->isIntegerTy() && !Col.Ty->isPointerTy()) {
      Bytes += Packed ? MaxTableBytes + 1
                      : Entries * uint64_t(DL.getTypeAllocSize(Col.Ty));
      continue;
    }
    Add(numbersOf(Col, DL));
    if (Col.Base)
      Add(masksOf(Col, DL));
  }
  if (Bytes > MaxTableBytes)
    return std::nullopt;
  return Bytes;
}

} // namespace speciate
