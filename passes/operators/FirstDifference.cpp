//===- passes/operators/FirstDifference.cpp - What exits make of it
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/FirstDifference.h"
#include "passes/operators/Versioning.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/PatternMatch.h"

using namespace llvm;
using namespace llvm::PatternMatch;

namespace speciate {

/// Operations from an element to what an exit makes of it.
static constexpr unsigned MaxDepth = 6;

bool Word::contains(const BasicBlock *BB) const {
  return any_of(Links, [&](const Link &L) {
    return (BB == L.block() && &L != &Links[0]) ||
           (!OneExit && BB == L.exit());
  });
}

/// LCSSA form has phis of one value.
static Value *lookThrough(Value *V) {
  while (auto *Phi = dyn_cast<PHINode>(V)) {
    if (Phi->getNumIncomingValues() != 1)
      break;
    V = Phi->getIncomingValue(0);
  }
  return V;
}

AtDifference::Values AtDifference::operands(ArrayRef<Value *> Each,
                                            unsigned Operand) const {
  Values Result;
  for (Value *V : Each)
    Result.push_back(cast<Instruction>(V)->getOperand(Operand));
  return Result;
}

Value *AtDifference::get(ArrayRef<Value *> Each, unsigned Depth) {
  Values Seen;
  for (Value *V : Each)
    Seen.push_back(lookThrough(V));
  if (all_equal(Seen))
    return Seen[0];
  if (auto Done = Copied.find(Seen[0]);
      Done != Copied.end() && Done->second.first == Seen)
    return Done->second.second;
  auto AreAll = [&](auto Element) {
    return all_of(zip(Seen, W.Links), [&](const auto &Pair) {
      return std::get<0>(Pair) == Element(std::get<1>(Pair));
    });
  };
  if (AreAll([](const Link &L) -> Value * { return L.A; }))
    return B ? element(X) : Seen[0];
  if (AreAll([](const Link &L) { return L.B; }))
    return B ? element(Y) : Seen[0];
  if (Value *V = rising(Seen))
    return V;
  return Depth < MaxDepth ? operation(Seen, Depth + 1) : nullptr;
}

Value *AtDifference::element(Value *Of) const {
  Value *Shift = B->CreateShl(Number, Log2_32(W.bits()));
  return B->CreateTrunc(B->CreateLShr(Of, Shift), B->getIntNTy(W.bits()));
}

/// Constants, or sums of one value and constants, each as much above the one
/// before.
Value *AtDifference::rising(ArrayRef<Value *> Each) {
  const DataLayout &DL = W.Links[0].A->getDataLayout();
  Type *Type = Each[0]->getType();
  if (!Type->isIntegerTy() && !Type->isPointerTy())
    return nullptr;
  const unsigned Bits = Type->isPointerTy() ? DL.getIndexTypeSizeInBits(Type)
                                            : Type->getIntegerBitWidth();
  Value *Base = nullptr;
  SmallVector<APInt, 8> Offsets;
  for (Value *V : Each) {
    APInt Offset(Bits, 0);
    const APInt *Step;
    if (Type->isPointerTy())
      V = V->stripAndAccumulateConstantOffsets(DL, Offset, true);
    else if (match(V, m_APInt(Step)))
      V = ConstantInt::get(Type, 0), Offset = *Step;
    else
      for (Value *Rest; match(V, m_AddLike(m_Value(Rest), m_APInt(Step)));
           V = Rest)
        Offset += *Step;
    if (Base && V != Base)
      return nullptr;
    Base = V;
    Offsets.push_back(Offset);
  }
  const APInt Step = Offsets[1] - Offsets[0];
  for (unsigned K = 2; K < Offsets.size(); ++K)
    if (Offsets[K] - Offsets[K - 1] != Step)
      return nullptr;
  if (!B)
    return Each[0];
  auto *Int = B->getIntNTy(Bits);
  Value *Offset = B->CreateMul(B->CreateZExtOrTrunc(Number, Int),
                               ConstantInt::get(Int, Step));
  if (!Offsets[0].isZero())
    Offset = B->CreateAdd(Offset, ConstantInt::get(Int, Offsets[0]));
  return Type->isPointerTy() ? B->CreatePtrAdd(Base, Offset)
                             : B->CreateAdd(Base, Offset);
}

Value *AtDifference::operation(ArrayRef<Value *> Each, unsigned Depth) {
  for (Value *V : Each) {
    auto *I = dyn_cast<Instruction>(V);
    if (!I || isa<PHINode>(I) || I->mayReadOrWriteMemory() ||
        !isSafeToSpeculativelyExecute(I))
      return nullptr;
  }
  return copy(Each, Depth);
}

/// Which of two bytes is larger at the first difference is which of the two
/// words is, if the first byte weighs most; null if \p Each do not ask that.
Value *AtDifference::larger(ArrayRef<Value *> Each) {
  CmpPredicate Predicate;
  Value *L, *R;
  if (W.bits() != 8 ||
      !match(Each[0], m_ICmp(Predicate, m_Value(L), m_Value(R))) ||
      !ICmpInst::isUnsigned(Predicate))
    return nullptr;
  for (auto [V, Of] : zip(Each, W.Links)) {
    CmpPredicate Same;
    if (!match(V, m_ICmp(Same, m_Value(L), m_Value(R))) ||
        ICmpInst::Predicate(Same) != ICmpInst::Predicate(Predicate) ||
        lookThrough(L) != Of.A || lookThrough(R) != Of.B)
      return nullptr;
  }
  return B->CreateICmp(Predicate,
                       B->CreateUnaryIntrinsic(Intrinsic::bswap, X),
                       B->CreateUnaryIntrinsic(Intrinsic::bswap, Y));
}

Value *AtDifference::copy(ArrayRef<Value *> Each, unsigned Depth) {
  auto *First = cast<Instruction>(Each[0]);
  for (Value *V : Each.drop_front()) {
    auto *Other = dyn_cast<Instruction>(V);
    if (!Other || !First->isSameOperationAs(Other))
      return nullptr;
  }
  if (Value *V = B ? larger(Each) : nullptr)
    return V;
  Values Operands;
  for (unsigned Number = 0; Number < First->getNumOperands(); ++Number) {
    if (isa<BasicBlock>(First->getOperand(Number))) {
      if (!all_equal(operands(Each, Number)))
        return nullptr;
      Operands.push_back(First->getOperand(Number));
    } else if (Value *V = get(operands(Each, Number), Depth)) {
      Operands.push_back(V);
    } else {
      return nullptr;
    }
  }
  if (!B)
    return First;
  Instruction *New = First->clone();
  DebugLoc Loc = First->getDebugLoc();
  for (auto [Number, V] : enumerate(Operands))
    New->setOperand(Number, V);
  for (Value *V : Each.drop_front()) {
    New->andIRFlags(V);
    Loc = DebugLoc::getMergedLocation(Loc, cast<Instruction>(V)->getDebugLoc());
  }
  New->dropUnknownNonDebugMetadata();
  New->setDebugLoc(Loc);
  return B->Insert(New);
}

bool AtDifference::copyExits() {
  SmallVector<Values, 8> Rows; // By exit.
  for (const Link &L : W.Links) {
    Rows.emplace_back();
    for (Instruction &I : *L.exit())
      if (!I.isDebugOrPseudoInst() &&
          !(isa<PHINode>(I) && lookThrough(&I) != &I))
        Rows.back().push_back(&I);
    if (Rows.back().size() != Rows[0].size())
      return false;
  }
  auto *End = cast<Instruction>(Rows[0].back());
  if (!isa<BranchInst, ReturnInst>(End))
    return false;
  for (const Values &Row : Rows) {
    auto *Other = cast<Instruction>(Row.back());
    if (!Other->isSameOperationAs(End) ||
        !equal(successors(Other), successors(End)))
      return false;
  }
  auto CopyRow = [&](size_t At) {
    Values Each;
    for (const Values &Row : Rows)
      Each.push_back(Row[At]);
    if (isa<PHINode, AllocaInst>(Each[0]))
      return false;
    Value *New = copy(Each, 0);
    if (New)
      Copied[Each[0]] = {Each, New};
    return New != nullptr;
  };
  for (size_t At = 0; At + 1 < Rows[0].size(); ++At)
    if (!CopyRow(At))
      return false;
  SmallPtrSet<BasicBlock *, 2> Done;
  for (BasicBlock *To : successors(End->getParent()))
    if (!Done.insert(To).second || !meetIn(*To, [&](unsigned K) {
          return W.Links[K].exit();
        }))
      return false;
  return CopyRow(Rows[0].size() - 1);
}

bool AtDifference::meetIn(BasicBlock &To,
                          function_ref<BasicBlock *(unsigned)> From) {
  for (PHINode &Phi : To.phis()) {
    Values Each;
    for (unsigned K = 0; K < W.Links.size(); ++K)
      Each.push_back(Phi.getIncomingValueForBlock(From(K)));
    Value *V = get(Each);
    if (!V)
      return false;
    if (B)
      Phi.addIncoming(V, B->GetInsertBlock());
  }
  return true;
}

Expected<Word> wordOf(ArrayRef<Link> Chain, unsigned Bytes) {
  const unsigned Size = Chain[0].A->getType()->getIntegerBitWidth() / 8;
  const char *Why = "no second test of the next elements follows";
  for (size_t Count = std::min<size_t>(Chain.size(), Bytes / Size); Count >= 2;
       --Count) {
    Word W;
    W.Links.append(Chain.begin(), Chain.begin() + Count);
    BasicBlock *Exit = Chain[0].exit();
    W.OneExit =
        all_of(W.Links, [&](const Link &L) { return L.exit() == Exit; });
    Why = "the exits do different things";
    if (!W.OneExit && any_of(W.Links, [](const Link &L) {
          return L.exit()->getSinglePredecessor() != L.block() ||
                 L.exit()->hasAddressTaken();
        }))
      continue;
    if (!W.OneExit)
      if (Error E = canCopy(*Exit)) {
        consumeError(std::move(E));
        continue;
      }
    if (W.contains(W.rest()) || (W.OneExit && Exit == W.rest()))
      continue;
    AtDifference Asked(W);
    if (W.OneExit ? Asked.meetIn(*Exit,
                                 [&](unsigned K) {
                                   return W.Links[K].block();
                                 })
                  : Asked.copyExits())
      return W;
  }
  return createStringError(Why);
}

} // namespace speciate
