//===- passes/operators/HotPathCopy.cpp - The test of a path, and its copy
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/HotPath.h"
#include "passes/operators/Places.h"
#include "passes/operators/Versioning.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/PatternMatch.h"
#include "llvm/IR/ProfDataUtils.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;
using namespace llvm::PatternMatch;

namespace speciate {

/// Bits of a word: (Word & Mask) == Bits.
namespace {
struct BitTest {
  Value *Word = nullptr;
  APInt Mask, Bits;
};
} // namespace

/// What \p Condition == \p Wanted says about bits of a word, if it does.
static std::optional<BitTest> bitTestOf(Value *Condition, bool Wanted) {
  Value *X;
  const APInt *Mask, *C;
  auto Whole = [](Value *V) {
    return APInt::getAllOnes(V->getType()->getIntegerBitWidth());
  };
  if (match(Condition, m_Trunc(m_Value(X))) && X->getType()->isIntegerTy()) {
    APInt One(X->getType()->getIntegerBitWidth(), 1);
    return BitTest{X, One, Wanted ? One : One - One};
  }
  CmpPredicate P;
  if (!match(Condition, m_ICmp(P, m_Value(X), m_APInt(C))) ||
      !X->getType()->isIntegerTy())
    return std::nullopt;
  const unsigned Width = C->getBitWidth();
  CmpInst::Predicate Pred = P;
  if (!Wanted)
    Pred = CmpInst::getInversePredicate(Pred);
  if ((Pred == CmpInst::ICMP_SGT && C->isAllOnes()) ||
      (Pred == CmpInst::ICMP_SLT && C->isZero())) {
    APInt Sign = APInt::getSignMask(Width);
    return BitTest{X, Sign,
                   Pred == CmpInst::ICMP_SLT ? Sign : APInt::getZero(Width)};
  }
  if (Pred == CmpInst::ICMP_ULT && C->isPowerOf2())
    return BitTest{X, ~(*C - 1), APInt::getZero(Width)};
  if (Pred != CmpInst::ICMP_EQ && Pred != CmpInst::ICMP_NE)
    return std::nullopt;
  Value *Word = X;
  APInt M = Whole(X);
  if (match(X, m_And(m_Value(Word), m_APInt(Mask))))
    M = *Mask;
  else
    Word = X;
  if (Pred == CmpInst::ICMP_EQ)
    return C->isSubsetOf(M) ? std::optional(BitTest{Word, M, *C})
                            : std::nullopt;
  // Not zero says something about one bit only.
  if (C->isZero() && M.isPowerOf2())
    return BitTest{Word, M, M};
  if (*C == M && M.isPowerOf2())
    return BitTest{Word, M, APInt::getZero(Width)};
  return std::nullopt;
}

class PathCopier {
public:
  explicit PathCopier(HotPath &P) : P(P) {}
  Instruction *run(unsigned Percent);

private:
  Value *early(Value *V) const;
  void compute(IRBuilderBase &B);
  Value *test(IRBuilderBase &B);
  void copyHot();
  void leave();
  void repair();
  void reweigh(unsigned Percent);

  HotPath &P;
  BasicBlock *Careful = nullptr; ///< What was the end of the head.
  DenseMap<Value *, Value *> Computed;
  /// Of each decision, frozen.
  SmallVector<Value *, 8> Holds;
  SmallVector<BasicBlock *, 16> Originals, Copies;
  ValueToValueMapTy Map;
};

Value *PathCopier::early(Value *V) const {
  auto It = Computed.find(V);
  return It == Computed.end() ? V : It->second;
}

static Value *frozen(IRBuilderBase &B, Value *V) {
  return isGuaranteedNotToBeUndefOrPoison(V)
             ? V
             : B.CreateFreeze(V, V->getName() + ".fr");
}

/// Everything in P.Early at the end of the head, and Holds.
void PathCopier::compute(IRBuilderBase &B) {
  auto Hold = [&](size_t Count) {
    while (Holds.size() != Count) {
      const Decision &D = P.Path[Holds.size()];
      Value *C = frozen(B, early(D.Branch->getCondition()));
      Holds.push_back(D.Taken ? C : B.CreateNot(C));
    }
  };
  for (auto [I, FromPhi] : P.Early) {
    if (FromPhi) {
      Computed[I] = early(FromPhi);
      continue;
    }
    auto *Load = dyn_cast<LoadInst>(I);
    const unsigned Needed = Load ? P.Guarded.lookup(Load) : 0;
    Hold(std::max<size_t>(Needed, Holds.size()));
    Instruction *Copy = I->clone();
    for (Use &U : Copy->operands())
      U.set(early(U.get()));
    // It is computed in vain, now and then.
    Copy->dropUBImplyingAttrsAndMetadata();
    if (Needed) {
      Value *All = B.CreateAnd(ArrayRef(Holds).take_front(Needed));
      Value *Address = cast<LoadInst>(Copy)->getPointerOperand();
      Value *Safe = B.CreateSelect(All, Address, zerosOf(*P.Head->getModule()),
                                   "path.address");
      if (auto *S = dyn_cast<SelectInst>(Safe))
        setExplicitlyUnknownBranchWeightsIfProfiled(*S, "speciate");
      Copy->setOperand(LoadInst::getPointerOperandIndex(), Safe);
    }
    Copy->setName(I->getName() + ".early");
    B.Insert(Copy, Copy->getName());
    Copy->setDebugLoc(I->getDebugLoc());
    // Other conditions may have loaded the same already.
    for (auto &Entry : Computed)
      if (auto *Same = dyn_cast<Instruction>(Entry.second);
          Same && Same != Copy && Same->isIdenticalTo(Copy) &&
          P.Early.count(cast<Instruction>(Entry.first))) {
        Copy->eraseFromParent();
        Copy = Same;
        break;
      }
    Computed[I] = Copy;
  }
  Hold(P.Path.size());
}

/// All decisions in one condition.
Value *PathCopier::test(IRBuilderBase &B) {
  MapVector<Value *, BitTest> Words;
  SmallVector<Value *, 8> Rest;
  for (auto [D, Holding] : zip(P.Path, Holds)) {
    Value *Condition = early(D.Branch->getCondition());
    std::optional<BitTest> Bits = bitTestOf(Condition, D.Taken);
    // Of a whole word more can be known by its comparison.
    if (!Bits || Bits->Mask.isAllOnes()) {
      Rest.push_back(Holding);
      continue;
    }
    auto [It, New] = Words.try_emplace(Bits->Word, *Bits);
    if (New)
      continue;
    BitTest &All = It->second;
    APInt Common = All.Mask & Bits->Mask;
    if ((All.Bits & Common) != (Bits->Bits & Common)) {
      Rest.push_back(Holding);
      continue;
    }
    All.Mask |= Bits->Mask;
    All.Bits |= Bits->Bits;
  }
  Value *Result = nullptr;
  auto Add = [&](Value *V) {
    Result = Result ? B.CreateAnd(Result, V, "path") : V;
  };
  for (auto &[Word, Bits] : Words) {
    Value *Masked =
        B.CreateAnd(frozen(B, Word),
                    ConstantInt::get(Word->getType(), Bits.Mask), "path.bits");
    Add(B.CreateICmpEQ(Masked, ConstantInt::get(Word->getType(), Bits.Bits),
                       "path.test"));
  }
  for (Value *V : Rest)
    Add(V);
  return Result;
}

/// The copies, in which all decisions are made.
void PathCopier::copyHot() {
  Function *F = P.Head->getParent();
  Originals.push_back(Careful);
  append_range(Originals, P.Hot);
  for (BasicBlock *BB : Originals) {
    BasicBlock *Copy = CloneBasicBlock(BB, Map, ".hot", F);
    Copy->moveBefore(Careful);
    Map[BB] = Copy;
    Copies.push_back(Copy);
  }
  for (auto [BB, Copy] : zip(Originals, Copies))
    for (const Decision &D : P.Path) {
      if (D.Branch->getParent() != BB)
        continue;
      BranchInst *Decided = BranchInst::Create(
          D.hotSuccessor(), Copy->getTerminator()->getIterator());
      Decided->setDebugLoc(D.Branch->getDebugLoc());
      Copy->getTerminator()->eraseFromParent();
    }
  // The copied phis name what comes from elsewhere only once.
  SmallPtrSet<BasicBlock *, 16> Copied(Originals.begin(), Originals.end());
  for (auto [BB, Copy] : zip(Originals, Copies))
    for (PHINode &Phi : make_early_inc_range(Copy->phis()))
      for (unsigned N = Phi.getNumIncomingValues(); N-- != 0;) {
        BasicBlock *From = Phi.getIncomingBlock(N);
        if (!Copied.contains(From) ||
            !is_contained(successors(cast<BasicBlock>(Map[From])), BB))
          Phi.removeIncomingValue(N, /*DeletePHIIfEmpty=*/false);
      }
  SmallVector<Instruction *, 16> Replaced;
  for (auto &[I, FromPhi] : P.Early) {
    Replaced.push_back(cast<Instruction>(Map[I]));
    Map[I] = early(I);
  }
  for (const Decision &D : P.Path) {
    Value *C = D.Branch->getCondition();
    Map[C] = ConstantInt::getBool(C->getContext(), D.Taken);
    ICmpInst *Cmp = dyn_cast<ICmpInst>(C);
    if (Cmp && isa<ConstantInt>(Cmp->getOperand(1)) &&
        Cmp->getPredicate() ==
            (D.Taken ? CmpInst::ICMP_EQ : CmpInst::ICMP_NE) &&
        !isa<Constant>(Cmp->getOperand(0)))
      Map[Cmp->getOperand(0)] = Cmp->getOperand(1);
  }
  remapInstructionsInBlocks(Copies, Map);
  for (Instruction *I : reverse(Replaced)) {
    assert(I->use_empty() && "the copy uses what the head has computed");
    I->eraseFromParent();
  }
}

/// Where the copy leaves to, phis learn of it.
void PathCopier::leave() {
  SmallPtrSet<BasicBlock *, 16> Copied(Copies.begin(), Copies.end());
  for (auto [BB, Copy] : zip(Originals, Copies))
    for (BasicBlock *To : successors(Copy)) {
      if (Copied.contains(To))
        continue;
      for (PHINode &Phi : To->phis()) {
        Value *V = Phi.getIncomingValueForBlock(BB);
        auto It = Map.find(V);
        Value *There = It == Map.end() ? V : static_cast<Value *>(It->second);
        Phi.addIncoming(There, Copy);
      }
    }
}

/// What is computed in both and used behind them meets there.
void PathCopier::repair() {
  SmallPtrSet<BasicBlock *, 32> Inside(Copies.begin(), Copies.end());
  Inside.insert(P.Between.begin(), P.Between.end());
  Inside.insert(Careful);
  for (auto [BB, Copy] : zip(Originals, Copies))
    for (Instruction &I : *BB)
      meetElsewhere(I, {{Copy, Map[&I]}},
                    [&](BasicBlock *Where) { return Inside.contains(Where); });
}

/// The executions of the hot copy are no longer the original's.
void PathCopier::reweigh(unsigned Percent) {
  const double Gone = Percent / 100.0;
  double Reached = 1;
  for (const Decision &D : P.Path) {
    uint64_t True, False;
    if (!extractBranchWeights(*D.Branch, True, False) || True + False == 0)
      continue;
    const double Total = double(True) + double(False);
    uint64_t &Hot = D.Taken ? True : False;
    const double Taken = double(Hot) / Total;
    if (Reached > 0)
      Hot = uint64_t(std::max(1.0, double(Hot) - Total * Gone / Reached));
    Reached *= Taken;
    setFittedBranchWeights(*D.Branch, {True, False}, /*IsExpected=*/false);
  }
}

Instruction *PathCopier::run(unsigned Percent) {
  Instruction *End = P.Head->getTerminator();
  IRBuilder<> B(End);
  compute(B);
  Value *Test = test(B);
  DebugLoc Loc = P.Path.front().Branch->getDebugLoc();
  Careful = P.Head->splitBasicBlock(End->getIterator(), "careful");
  copyHot();
  leave();
  BranchInst *Br = addGuard({[&](IRBuilderBase &) { return Test; }, Percent},
                            P.Head, Copies.front(), Careful);
  Br->setDebugLoc(Loc);
  // Or the back end makes as many branches of it as there were.
  if (isa<BinaryOperator>(Test))
    Br->setMetadata(LLVMContext::MD_unpredictable,
                    MDNode::get(Br->getContext(), {}));
  repair();
  reweigh(Percent);
  return Careful->getTerminator();
}

Instruction *HotPath::apply(unsigned Percent) {
  return PathCopier(*this).run(Percent);
}

} // namespace speciate
