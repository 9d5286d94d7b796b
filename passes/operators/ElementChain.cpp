//===- passes/operators/ElementChain.cpp - Tests of one element after another
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/ElementChain.h"
#include "passes/operators/Places.h"
#include "passes/operators/Versioning.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/PatternMatch.h"
#include "llvm/IR/ProfDataUtils.h"

using namespace llvm;
using namespace llvm::PatternMatch;

namespace speciate {

static constexpr unsigned MaxLinks = 32;

ElementPlace ElementPlace::of(Value *Pointer, const DataLayout &DL) {
  ElementPlace P;
  const unsigned Bits = DL.getIndexTypeSizeInBits(Pointer->getType());
  APInt Offset(Bits, 0);
  P.Base = Pointer->stripAndAccumulateConstantOffsets(DL, Offset, true);
  auto *GEP = dyn_cast<GEPOperator>(P.Base);
  SmallMapVector<Value *, APInt, 4> Variable;
  if (!GEP || GEP->getType()->isVectorTy() ||
      !GEP->collectOffset(DL, Bits, Variable, Offset) || Variable.size() != 1 ||
      !Variable.front().second.isSignedIntN(32)) {
    P.Bytes = Offset.getSExtValue();
    return P;
  }
  P.Base = GEP->getPointerOperand()->stripAndAccumulateConstantOffsets(
      DL, Offset, true);
  P.Bytes = Offset.getSExtValue();
  P.Index = Variable.front().first;
  P.Scale = Variable.front().second.getSExtValue();
  Value *Narrow = nullptr;
  P.Signed = match(P.Index, m_SExt(m_Value(Narrow)));
  if (P.Signed || match(P.Index, m_ZExt(m_Value(Narrow))))
    P.Index = Narrow;
  Value *Rest;
  const APInt *Step;
  while (match(P.Index, m_AddLike(m_Value(Rest), m_APInt(Step)))) {
    const auto *Add = dyn_cast<OverflowingBinaryOperator>(P.Index);
    P.Wraps |= Narrow && Add &&
               !(P.Signed ? Add->hasNoSignedWrap() : Add->hasNoUnsignedWrap());
    P.Steps += Step->getSExtValue();
    P.Index = Rest;
  }
  if (!Narrow) { // Arithmetic of pointers wraps as they do.
    P.Bytes = int64_t(uint64_t(P.Bytes) + uint64_t(P.Scale) * P.Steps);
    P.Steps = 0;
  }
  return P;
}

std::optional<int64_t> ElementPlace::from(const ElementPlace &First) const {
  if (Base != First.Base || Index != First.Index || Scale != First.Scale ||
      Signed != First.Signed || std::abs(Steps) > 4096 ||
      std::abs(First.Steps) > 4096)
    return std::nullopt;
  return int64_t(uint64_t(Bytes) - uint64_t(First.Bytes)) +
         Scale * (Steps - First.Steps);
}

double Link::equalShare() const {
  uint64_t Weights[2];
  if (!extractBranchWeights(*Br, Weights[0], Weights[1]) ||
      Weights[0] + Weights[1] == 0)
    return 0.5;
  return double(Weights[Equal]) / double(Weights[0] + Weights[1]);
}

std::optional<Link> linkAt(BranchInst &Br) {
  Link L;
  L.Br = &Br;
  CmpPredicate Predicate;
  Value *A, *B;
  if (!Br.isConditional() || Br.getSuccessor(0) == Br.getSuccessor(1) ||
      !match(Br.getCondition(), m_ICmp(Predicate, m_Value(A), m_Value(B))) ||
      !ICmpInst::isEquality(Predicate))
    return std::nullopt;
  L.Equal = Predicate == ICmpInst::ICMP_EQ ? 0 : 1;
  if (!isa<LoadInst>(A))
    std::swap(A, B);
  L.A = dyn_cast<LoadInst>(A);
  L.B = B;
  auto IsPlain = [](const LoadInst *Load) {
    auto *Type = dyn_cast<IntegerType>(Load->getType());
    return Load->isSimple() && Load->getPointerAddressSpace() == 0 && Type &&
           is_contained({8u, 16u, 32u}, Type->getBitWidth());
  };
  if (!L.A || !IsPlain(L.A) || L.A == L.B)
    return std::nullopt;
  if (L.loadB() ? !IsPlain(L.loadB()) : !isa<ConstantInt>(B))
    return std::nullopt;
  return L;
}

/// From \p I to the end of its block, nothing is written and all is executed.
static bool isQuietFrom(const Instruction &I) {
  return std::all_of(I.getIterator(), I.getParent()->end(),
                     [](const Instruction &Next) {
                       return !Next.mayWriteToMemory() &&
                              isGuaranteedToTransferExecutionToSuccessor(&Next);
                     });
}

Expected<SmallVector<Link, 8>> chainAt(BranchInst &First) {
  const DataLayout &DL = First.getDataLayout();
  if (!DL.isLittleEndian())
    return createStringError("words of this target are big endian");
  if (isSanitized(*First.getFunction()))
    return createStringError("a sanitizer watches what is read");
  if (First.hasMetadata(InWordMetadata))
    return createStringError("an earlier word compares these elements");
  SmallVector<Link, 8> Chain;
  std::optional<Link> L = linkAt(First);
  if (!L)
    return createStringError("the branch does not compare elements");
  for (const LoadInst *Load : {L->A, L->loadB()})
    if (Load && (Load->getParent() != First.getParent() || !isQuietFrom(*Load)))
      return createStringError("something happens between load and test");
  const ElementPlace A0 = ElementPlace::of(L->A->getPointerOperand(), DL);
  const ElementPlace B0 =
      L->loadB() ? ElementPlace::of(L->loadB()->getPointerOperand(), DL)
                 : ElementPlace();
  const int64_t Size = L->A->getType()->getIntegerBitWidth() / 8;
  const bool HasB = L->loadB();
  SmallPtrSet<const BasicBlock *, 8> Blocks = {First.getParent()};
  while (true) {
    Chain.push_back(*L);
    BasicBlock *Next = L->next();
    auto *Br = dyn_cast<BranchInst>(Next->getTerminator());
    if (Chain.size() == MaxLinks || !Br ||
        Next->getSinglePredecessor() != L->block() ||
        isa<PHINode>(Next->front()) || !isQuietFrom(Next->front()))
      break;
    if (Error E = canCopy(*Next)) {
      consumeError(std::move(E));
      break;
    }
    Blocks.insert(Next);
    L = linkAt(*Br);
    if (!L || Br->hasMetadata(InWordMetadata) ||
        L->A->getType() != Chain[0].A->getType() || HasB != !!L->loadB())
      break;
    // Which of the two is which.
    const int64_t Expected = Size * int64_t(Chain.size());
    auto IsNext = [&](LoadInst *Load, const ElementPlace &From) {
      return Blocks.contains(Load->getParent()) && isQuietFrom(*Load) &&
             ElementPlace::of(Load->getPointerOperand(), DL).from(From) ==
                 Expected;
    };
    if (HasB && !IsNext(L->A, A0)) {
      LoadInst *A = L->loadB();
      L->B = L->A;
      L->A = A;
    }
    if (!IsNext(L->A, A0) || (HasB && !IsNext(L->loadB(), B0)))
      break;
  }
  return Chain;
}

} // namespace speciate
