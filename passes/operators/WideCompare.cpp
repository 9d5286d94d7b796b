//===- passes/operators/WideCompare.cpp - Element by element, at once
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/WideCompare.h"
#include "passes/operators/BlockLoop.h"
#include "passes/operators/FirstDifference.h"
#include "passes/operators/Places.h"
#include "passes/operators/Versioning.h"
#include "passes/sites/Cost.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/Loads.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/PatternMatch.h"
#include "llvm/IR/ProfDataUtils.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include <cmath>

using namespace llvm;
using namespace llvm::PatternMatch;

namespace speciate {

/// Tests in front of a word that are left as they are, at most: the first
/// elements may differ so often that their branches are guessed well.
static constexpr unsigned MaxPeeled = 2;
/// Cycles of the guards, the word and the search for the difference, and of a
/// test that is saved.
static constexpr double WordCycles = 6, TestCycles = 2;

namespace {

class WideCompare final : public Operator {
public:
  StringRef name() const override { return "wide-compare"; }
  bool worksAt(Level L) const override { return L == Level::Region; }
  VerdictKind evidence(const Parameters &) const override {
    return VerdictKind::Checked;
  }
  std::vector<Choice> match(const SiteRef &S,
                            OperatorContext &Context) const override;
  Error apply(const SiteRef &S, const Parameters &P,
              OperatorContext &Context) const override;
};

} // namespace

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

namespace {

/// Makes a word.
class WordBuilder {
public:
  explicit WordBuilder(const Word &W)
      : W(W), Head(W.Links[0].block()), F(*Head->getParent()),
        DL(F.getDataLayout()),
        Type(IntegerType::get(F.getContext(), W.bytes() * 8)) {}
  void run();

private:
  Value *guard(IRBuilderBase &B) const;
  Value *load(IRBuilder<> &B, LoadInst &First) const;
  void allEqual(BasicBlock *Same, Value *X, Value *Y);
  void weigh(BranchInst &Test, double Share) const;
  void weighExits(BranchInst &End) const;

  const Word &W;
  BasicBlock *Head;
  Function &F;
  const DataLayout &DL;
  IntegerType *Type;
};

} // namespace

/// The word is on the page of its first element, and indices do not wrap.
Value *WordBuilder::guard(IRBuilderBase &B) const {
  Value *Holds = B.getTrue();
  for (bool Second : {false, true}) {
    auto LoadOf = [&](const Link &L) { return Second ? L.loadB() : L.A; };
    LoadInst *First = LoadOf(W.Links[0]);
    if (!First)
      continue;
    Value *At = First->getPointerOperand();
    if (!isDereferenceableAndAlignedPointer(At, Type, Align(1), DL,
                                            Head->getTerminator())) {
      Value *Low = B.CreateAnd(B.CreatePtrToInt(At, B.getIntPtrTy(DL)),
                               PageBytes - 1);
      Holds = B.CreateAnd(
          Holds, B.CreateICmpULE(Low, ConstantInt::get(Low->getType(),
                                                       PageBytes - W.bytes())));
    }
    const ElementPlace From = ElementPlace::of(At, DL);
    int64_t Most = 0;
    bool Wraps = false;
    for (const Link &L : W.Links) {
      ElementPlace P = ElementPlace::of(LoadOf(L)->getPointerOperand(), DL);
      Most = std::max(Most, P.Steps - From.Steps);
      Wraps |= (P.Wraps || From.Wraps) && P.Steps != From.Steps;
    }
    if (!Wraps)
      continue;
    auto *Index = cast<IntegerType>(From.Index->getType());
    const unsigned Bits = Index->getBitWidth();
    Value *I =
        B.CreateAdd(From.Index, ConstantInt::getSigned(Index, From.Steps));
    const APInt Last = (From.Signed ? APInt::getSignedMaxValue(Bits)
                                    : APInt::getMaxValue(Bits)) -
                       uint64_t(Most);
    Holds = B.CreateAnd(
        Holds,
        B.CreateICmp(From.Signed ? ICmpInst::ICMP_SLE : ICmpInst::ICMP_ULE, I,
                     ConstantInt::get(Index, Last)));
  }
  return Holds;
}

Value *WordBuilder::load(IRBuilder<> &B, LoadInst &First) const {
  return B.CreateFreeze(
      B.CreateAlignedLoad(Type, hideObject(B, First.getPointerOperand()),
                          First.getAlign(), "word"));
}

void WordBuilder::weigh(BranchInst &Test, double Share) const {
  constexpr double Scale = 1 << 20;
  const auto Often = uint64_t(std::llround(Share * Scale));
  setFittedBranchWeights(Test, {Often, uint64_t(Scale) - Often},
                         /*IsExpected=*/false);
}

/// Where the exits are copies, their branches have weights of their own.
void WordBuilder::weighExits(BranchInst &End) const {
  double Taken = 0, All = 0, Reached = 1;
  for (const Link &L : W.Links) {
    uint64_t Weights[2];
    const double Leaves = Reached * (1 - L.equalShare());
    Reached *= L.equalShare();
    if (!extractBranchWeights(*L.exit()->getTerminator(), Weights[0],
                              Weights[1]) ||
        Weights[0] + Weights[1] == 0)
      continue;
    Taken += Leaves * double(Weights[0]) / double(Weights[0] + Weights[1]);
    All += Leaves;
  }
  if (All > 0)
    weigh(End, Taken / All);
}

/// What the blocks of the second and later tests compute that is used behind
/// them is computed in \p Same.
void WordBuilder::allEqual(BasicBlock *Same, Value *X, Value *Y) {
  BasicBlock *Last = W.Links.back().block(), *Rest = W.rest();
  auto Inside = [&](BasicBlock *BB) { return W.contains(BB); };
  SmallVector<Instruction *, 16> All, Used;
  SmallPtrSet<Value *, 16> Needed;
  for (const Link &L : ArrayRef(W.Links).drop_front())
    for (Instruction &I : *L.block())
      if (!I.isTerminator())
        All.push_back(&I);
  for (PHINode &Phi : Rest->phis())
    Needed.insert(Phi.getIncomingValueForBlock(Last));
  for (Instruction *I : reverse(All)) {
    if (!Needed.contains(I) && !isUsedElsewhere(*I, Inside))
      continue;
    Used.push_back(I);
    for (Value *Operand : I->operands())
      Needed.insert(Operand);
  }
  IRBuilder<> B(Same);
  B.SetCurrentDebugLocation(W.Links.back().Br->getDebugLoc());
  ValueToValueMapTy Map;
  for (auto [Number, L] : enumerate(W.Links))
    for (LoadInst *Load : {L.A, L.loadB()})
      if (Load && is_contained(Used, Load))
        Map[Load] = B.CreateTrunc(
            B.CreateLShr(Load == L.A ? X : Y, Number * W.bits()),
            Load->getType());
  for (Instruction *I : reverse(Used)) {
    if (Map.count(I))
      continue;
    Instruction *New = I->clone();
    RemapInstruction(New, Map,
                     RF_NoModuleLevelChanges | RF_IgnoreMissingLocals);
    B.Insert(New);
    Map[I] = New;
  }
  B.CreateBr(Rest);
  for (PHINode &Phi : Rest->phis()) {
    Value *V = Phi.getIncomingValueForBlock(Last);
    Value *Copy = Map.lookup(V);
    Phi.addIncoming(Copy ? Copy : V, Same);
  }
  for (Instruction *I : Used)
    meetElsewhere(*I, {{Same, Map.lookup(I)}}, Inside);
}

void WordBuilder::run() {
  const Link &First = W.Links[0];
  double AllEqual = 1;
  for (const Link &L : W.Links) {
    AllEqual *= L.equalShare();
    L.Br->setMetadata(InWordMetadata, MDNode::get(F.getContext(), {}));
  }
  const DebugLoc Loc = First.Br->getDebugLoc();
  const std::string Name =
      Head->hasName() ? (Head->getName() + ".").str() : std::string();
  BasicBlock *Each = Head->splitBasicBlock(First.Br, Name + "each");
  auto Block = [&](StringRef Suffix) {
    return BasicBlock::Create(F.getContext(), Name + Suffix, &F, Each);
  };
  BasicBlock *Wide = Block("word"), *Differ = Block("differ"),
             *Same = Block("equal");
  addGuard({[&](IRBuilderBase &B) { return guard(B); }, 99}, Head, Wide, Each);

  IRBuilder<> B(Wide);
  B.SetCurrentDebugLocation(Loc);
  Value *X = load(B, *First.A);
  Value *Y;
  if (LoadInst *Load = First.loadB()) {
    Y = load(B, *Load);
  } else {
    APInt Constant(Type->getBitWidth(), 0);
    for (auto [Number, L] : enumerate(W.Links))
      Constant.insertBits(cast<ConstantInt>(L.B)->getValue(),
                          unsigned(Number) * W.bits());
    Y = ConstantInt::get(Type, Constant);
  }
  Value *Difference = B.CreateXor(X, Y, "difference");
  if (const unsigned Used = unsigned(W.Links.size()) * W.bits();
      Used < Type->getBitWidth())
    Difference = B.CreateAnd(
        Difference, APInt::getLowBitsSet(Type->getBitWidth(), Used));
  weigh(*B.CreateCondBr(B.CreateIsNull(Difference, "same"), Same, Differ),
        AllEqual);

  B.SetInsertPoint(Differ);
  Value *Zeros = B.CreateBinaryIntrinsic(Intrinsic::cttz, Difference,
                                         B.getTrue());
  AtDifference At(W, B, X, Y, B.CreateLShr(Zeros, Log2_32(W.bits()), "number"));
  if (W.OneExit) {
    At.meetIn(*First.exit(), [&](unsigned K) { return W.Links[K].block(); });
    B.CreateBr(First.exit());
  } else {
    At.copyExits();
    if (auto *End = dyn_cast<BranchInst>(Differ->getTerminator());
        End && End->isConditional())
      weighExits(*End);
  }
  allEqual(Same, X, Y);
}

//===----------------------------------------------------------------------===//
// The operator
//===----------------------------------------------------------------------===//

/// How many tests of the same chain come before \p Br.
static unsigned testsBefore(const BranchInst &Br) {
  const BasicBlock *BB = Br.getParent();
  for (unsigned Count = 0;; ++Count) {
    const BasicBlock *Before = BB->getSinglePredecessor();
    auto *End = dyn_cast_or_null<BranchInst>(
        Before ? Before->getTerminator() : nullptr);
    std::optional<Link> L =
        End ? linkAt(const_cast<BranchInst &>(*End)) : std::nullopt;
    if (!L || L->next() != BB || Count > MaxPeeled)
      return Count;
    BB = Before;
  }
}

std::vector<Choice> WideCompare::match(const SiteRef &S,
                                       OperatorContext &Context) const {
  std::vector<Choice> Result;
  Value *V = S.Where;
  auto *Br = S.Id.Kind == SiteKind::Branch ? dyn_cast<BranchInst>(V) : nullptr;
  if (!Br)
    return Result;
  Expected<SmallVector<Link, 8>> Chain = chainAt(*Br);
  if (!Chain) {
    consumeError(Chain.takeError());
    return Result;
  }
  if (testsBefore(*Br) > MaxPeeled)
    return Result;
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(*Context.F);
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(*Context.F);
  const double Runs = blockCount(*Br->getParent(), BFI);
  const double Cost = staticCost(*Context.F, BFI, TTI);
  size_t Before = 0;
  for (unsigned Bytes : {8u, 4u}) {
    Expected<Word> W = wordOf(*Chain, Bytes);
    if (!W) {
      consumeError(W.takeError());
      continue;
    }
    if (W->Links.size() == Before)
      continue;
    Before = W->Links.size();
    double Saved = 0, Reached = 1;
    for (const Link &L : W->Links) {
      Saved += Reached * (TestCycles + lossAtEnd(*L.block(), Context));
      Reached *= L.equalShare();
    }
    const double Lost =
        WordCycles + std::min(Reached, 1 - Reached) * MispredictPenalty / 3;
    const double All = Cost + Runs * Saved;
    const double Benefit =
        All > 0 ? Context.Share * Runs * (Saved - Lost) / All : 0;
    if (Benefit > Context.Share * 1e-3)
      Result.push_back(
          {name().str(), ("word=" + Twine(Bytes)).str(), Benefit});
  }
  return Result;
}

Error WideCompare::apply(const SiteRef &S, const Parameters &P,
                         OperatorContext &Context) const {
  if (S.Id.Kind != SiteKind::Branch)
    return createStringError("wide-compare fits branches only");
  if (Error E = P.onlyKeys({"word"}))
    return E;
  if (P.get("word") != "8" && P.get("word") != "4")
    return createStringError("parameter 'word=" + P.get("word") +
                             "' is not 4 or 8");
  const unsigned Bytes = P.get("word") == "8" ? 8 : 4;
  Value *V = S.Where;
  for (auto *Br = cast<BranchInst>(V); Br;) {
    Expected<SmallVector<Link, 8>> Chain = chainAt(*Br);
    Expected<Word> W = Chain ? wordOf(*Chain, Bytes)
                             : Expected<Word>(Chain.takeError());
    if (!W) {
      if (Br == V)
        return W.takeError();
      consumeError(W.takeError());
      break;
    }
    const size_t Done = W->Links.size();
    Br = Done < Chain->size() ? (*Chain)[Done].Br : nullptr;
    WordBuilder(*W).run();
  }
  return Error::success();
}

std::unique_ptr<Operator> createWideCompare() {
  return std::make_unique<WideCompare>();
}

} // namespace speciate
