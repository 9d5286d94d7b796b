//===- passes/operators/TestOrder.cpp - Which of several tests comes first
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/TestOrder.h"
#include "passes/sites/Cost.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/ProfDataUtils.h"
#include <cmath>

using namespace llvm;

namespace speciate {

static constexpr StringLiteral PeelMetadata = "speciate.peel";
static constexpr unsigned MaxPeeled = 4;
/// A case that takes less is not worth a test of its own; one that takes more
/// is peeled by the code generator.
static constexpr double MinCase = 0.15, MaxCase = 0.66;
/// Instructions of the second test that are computed before the first.
static constexpr unsigned MaxHoisted = 8;
/// Cycles of a test that is not needed, and of a jump through a table.
static constexpr double TestCycles = 1.5, TableCycles = 6;

namespace {

class TestOrder final : public Operator {
public:
  StringRef name() const override { return "test-order"; }
  bool worksAt(Level L) const override { return L == Level::Region; }
  VerdictKind evidence(const Parameters &) const override {
    return VerdictKind::Checked;
  }
  std::vector<Choice> match(const SiteRef &S,
                            OperatorContext &Context) const override;
  Error apply(const SiteRef &S, const Parameters &P,
              OperatorContext &Context) const override;
};

/// Two tests in a row.
struct Chain {
  BranchInst *First = nullptr, *Second = nullptr;
  unsigned FirstHit = 0, SecondHit = 0; ///< Successors where a test holds.
};

} // namespace

/// Whether \p B, computed before \p A was tested, is poison only where \p A is.
/// What is in the block of the second test, \p Next, is looked at step by step:
/// that the branch there is undefined on poison says nothing in front of it.
static bool poisonOnlyWith(const Value &A, const Value &B,
                           const BasicBlock &Next) {
  const auto *I = dyn_cast<Instruction>(&B);
  if (!I || I->getParent() != &Next)
    return impliesPoison(&B, &A);
  return !canCreatePoison(cast<llvm::Operator>(I)) &&
         all_of(I->operands(),
                [&](const Use &Op) { return poisonOnlyWith(A, *Op, Next); });
}

/// Whether at most one of "\p A is \p WantA" and "\p B is \p WantB" holds.
static bool exclude(const Value &A, bool WantA, const Value &B, bool WantB,
                    const DataLayout &DL) {
  if (std::optional<bool> Implied = isImpliedCondition(&A, &B, DL, WantA))
    return *Implied != WantB;
  const auto *CmpA = dyn_cast<ICmpInst>(&A), *CmpB = dyn_cast<ICmpInst>(&B);
  if (!CmpA || !CmpB || CmpA->getOperand(0) != CmpB->getOperand(0))
    return false;
  const auto *CA = dyn_cast<ConstantInt>(CmpA->getOperand(1));
  const auto *CB = dyn_cast<ConstantInt>(CmpB->getOperand(1));
  if (!CA || !CB)
    return false;
  auto RangeOf = [](const ICmpInst &Cmp, const ConstantInt &C, bool Want) {
    ConstantRange R =
        ConstantRange::makeExactICmpRegion(Cmp.getPredicate(), C.getValue());
    return Want ? R : R.inverse();
  };
  return RangeOf(*CmpA, *CA, WantA)
      .intersectWith(RangeOf(*CmpB, *CB, WantB))
      .isEmptySet();
}

static Expected<Chain> chainAt(BranchInst &First) {
  if (!First.isConditional())
    return createStringError("the branch has no condition");
  const DataLayout &DL = First.getDataLayout();
  std::string Why = "no second test follows";
  for (unsigned Hit : {0u, 1u}) {
    BasicBlock *Next = First.getSuccessor(1 - Hit);
    auto *Second = dyn_cast<BranchInst>(Next->getTerminator());
    if (!Second || !Second->isConditional() ||
        Next->getSinglePredecessor() != First.getParent() ||
        Next->hasAddressTaken())
      continue;
    unsigned Size = 0;
    bool Pure = true;
    for (const Instruction &I : *Next) {
      if (I.isTerminator() || I.isDebugOrPseudoInst())
        continue;
      Pure &= !isa<PHINode>(I) && !I.mayReadOrWriteMemory() &&
              isSafeToSpeculativelyExecute(&I);
      ++Size;
    }
    if (!Pure || Size > MaxHoisted) {
      Why = "the second test does more than compare";
      continue;
    }
    for (unsigned SecondHit : {0u, 1u}) {
      BasicBlock *A = First.getSuccessor(Hit);
      BasicBlock *B = Second->getSuccessor(SecondHit);
      BasicBlock *Rest = Second->getSuccessor(1 - SecondHit);
      if (A == B || A == Rest || B == Rest || A == Next || B == Next ||
          Rest == Next)
        continue;
      // A proof may rest on flags such as nsw; so the second test must not be
      // poison unless the first is, on which the program branches already.
      if (poisonOnlyWith(*First.getCondition(), *Second->getCondition(),
                         *Next) &&
          exclude(*First.getCondition(), Hit == 0, *Second->getCondition(),
                  SecondHit == 0, DL))
        return Chain{&First, Second, Hit, SecondHit};
      Why = "the tests do not exclude each other";
    }
  }
  return createStringError(Why);
}

namespace {
/// Weights of a chain: how often each of the three ends is reached.
struct Ends {
  double First = 0, Second = 0, Rest = 0;
};
} // namespace

static std::optional<Ends> endsOf(const Chain &C) {
  uint64_t A[2], B[2];
  if (!extractBranchWeights(*C.First, A[0], A[1]) ||
      !extractBranchWeights(*C.Second, B[0], B[1]))
    return std::nullopt;
  const double All = double(B[0]) + double(B[1]);
  const double Missed = double(A[1 - C.FirstHit]);
  const double Share = All > 0 ? double(B[C.SecondHit]) / All : 0.5;
  return Ends{double(A[C.FirstHit]), Missed * Share, Missed * (1 - Share)};
}

static void setWeights(BranchInst &Br, unsigned Hit, double Often,
                       double Else) {
  uint64_t Weights[2];
  Weights[Hit] = static_cast<uint64_t>(std::llround(Often));
  Weights[1 - Hit] = static_cast<uint64_t>(std::llround(Else));
  setFittedBranchWeights(Br, Weights, /*IsExpected=*/false);
}

/// The first block tests what the second did, and the other way round.
static void swapTests(const Chain &C) {
  std::optional<Ends> Weights = endsOf(C);
  BranchInst &First = *C.First, &Second = *C.Second;
  BasicBlock *Head = First.getParent(), *Next = Second.getParent();
  BasicBlock *A = First.getSuccessor(C.FirstHit),
             *B = Second.getSuccessor(C.SecondHit);
  for (Instruction &I : make_early_inc_range(*Next))
    if (!I.isTerminator()) {
      // What held only behind the first test need not hold now.
      I.dropPoisonGeneratingAnnotations();
      I.dropUBImplyingAttrsAndMetadata();
      I.moveBefore(First.getIterator());
    }
  A->replacePhiUsesWith(Head, Next);
  B->replacePhiUsesWith(Next, Head);
  IRBuilder<> Builder(&First);
  Value *Old = First.getCondition();
  Value *New = Builder.CreateFreeze(Second.getCondition());
  // Head: hit of the second test to B, else on to Next.
  First.setCondition(New);
  First.setSuccessor(C.SecondHit, B);
  First.setSuccessor(1 - C.SecondHit, Next);
  // Next: hit of the first test to A, else to the rest.
  BasicBlock *Rest = Second.getSuccessor(1 - C.SecondHit);
  Second.setCondition(Old);
  Second.setSuccessor(C.FirstHit, A);
  Second.setSuccessor(1 - C.FirstHit, Rest);
  const DebugLoc Loc = First.getDebugLoc();
  First.setDebugLoc(Second.getDebugLoc());
  Second.setDebugLoc(Loc);
  if (!Weights)
    return;
  setWeights(First, C.SecondHit, Weights->Second,
             Weights->First + Weights->Rest);
  setWeights(Second, C.FirstHit, Weights->First, Weights->Rest);
}

//===----------------------------------------------------------------------===//
// Switches
//===----------------------------------------------------------------------===//

/// The cases of \p Switch by how often they are taken, likeliest first.
static SmallVector<std::pair<uint64_t, ConstantInt *>, 8>
casesByWeight(const SwitchInst &Switch, uint64_t &Total) {
  SmallVector<std::pair<uint64_t, ConstantInt *>, 8> Cases;
  SmallVector<uint32_t, 16> Weights;
  Total = 0;
  if (!extractBranchWeights(Switch, Weights) ||
      Weights.size() != Switch.getNumSuccessors())
    return Cases;
  for (uint32_t W : Weights)
    Total += W;
  for (auto Case : Switch.cases())
    Cases.push_back({Weights[Case.getSuccessorIndex()],
                     const_cast<ConstantInt *>(Case.getCaseValue())});
  llvm::sort(Cases, [](const auto &A, const auto &B) {
    return A.first != B.first ? A.first > B.first
                              : A.second->getValue().ult(B.second->getValue());
  });
  return Cases;
}

static void peelCase(SwitchInst &Switch, ConstantInt &Value, uint64_t Weight,
                     uint64_t Total) {
  BasicBlock *Head = Switch.getParent();
  BasicBlock *Rest = Head->splitBasicBlock(&Switch, Head->getName() + ".rest");
  auto Case = Switch.findCaseValue(&Value);
  BasicBlock *Target = Case->getCaseSuccessor();
  Instruction *Jump = Head->getTerminator();
  IRBuilder<> B(Jump);
  B.SetCurrentDebugLocation(Switch.getDebugLoc());
  BranchInst *Test = B.CreateCondBr(
      B.CreateICmpEQ(Switch.getCondition(), &Value, "peeled"), Target, Rest);
  setFittedBranchWeights(*Test, {Weight, Total - Weight},
                         /*IsExpected=*/false);
  Jump->eraseFromParent();
  for (PHINode &Phi : Target->phis())
    Phi.addIncoming(Phi.getIncomingValueForBlock(Rest), Head);
  Target->removePredecessor(Rest, /*KeepOneInputPHIs=*/true);
  SwitchInstProfUpdateWrapper(Switch).removeCase(Case);
}

unsigned peelMarkedSwitches(Function &F) {
  SmallVector<SwitchInst *> Marked;
  for (BasicBlock &BB : F)
    if (auto *Switch = dyn_cast<SwitchInst>(BB.getTerminator()))
      if (Switch->getMetadata(PeelMetadata))
        Marked.push_back(Switch);
  unsigned Peeled = 0;
  for (SwitchInst *Switch : Marked) {
    const MDNode *Node = Switch->getMetadata(PeelMetadata);
    const uint64_t Wanted =
        mdconst::extract<ConstantInt>(Node->getOperand(0))->getZExtValue();
    Switch->setMetadata(PeelMetadata, nullptr);
    uint64_t Total;
    auto Cases = casesByWeight(*Switch, Total);
    for (auto [Weight, Value] : ArrayRef(Cases).take_front(Wanted)) {
      peelCase(*Switch, *Value, Weight, Total);
      Total -= Weight;
      ++Peeled;
    }
  }
  return Peeled;
}

//===----------------------------------------------------------------------===//
// The operator
//===----------------------------------------------------------------------===//

std::vector<Choice> TestOrder::match(const SiteRef &S,
                                     OperatorContext &Context) const {
  std::vector<Choice> Result;
  if (S.Id.Kind != SiteKind::Branch && S.Id.Kind != SiteKind::Switch)
    return Result;
  Value *V = S.Where;
  auto &I = *cast<Instruction>(V);
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(*Context.F);
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(*Context.F);
  const double Cost = staticCost(*Context.F, BFI, TTI);
  const double Runs = blockCount(*I.getParent(), BFI);
  auto Offer = [&](const Twine &Text, double Cycles) {
    const double Benefit = Cost > 0 ? Context.Share * Runs * Cycles / Cost : 0;
    if (Benefit > Context.Share * 1e-3)
      Result.push_back({name().str(), Text.str(), Benefit});
  };
  if (auto *Br = dyn_cast<BranchInst>(&I)) {
    Expected<Chain> C = chainAt(*Br);
    if (!C) {
      consumeError(C.takeError());
      return Result;
    }
    std::optional<Ends> E = endsOf(*C);
    const double All = E ? E->First + E->Second + E->Rest : 0;
    if (All > 0)
      Offer("order=swap", TestCycles * (E->Second - E->First) / All);
    return Result;
  }
  uint64_t Total;
  auto Cases = casesByWeight(cast<SwitchInst>(I), Total);
  double Saved = 0, Left = 1;
  for (unsigned N = 0; N < std::min<size_t>(Cases.size(), MaxPeeled); ++N) {
    const double Share = Total ? double(Cases[N].first) / double(Total) : 0;
    if (Share < MinCase || (N == 0 && Share >= MaxCase))
      break;
    Saved += Share * TableCycles - Left * TestCycles;
    Left -= Share;
    Offer("peel=" + Twine(N + 1), Saved * 0.5);
  }
  return Result;
}

Error TestOrder::apply(const SiteRef &S, const Parameters &P,
                       OperatorContext &Context) const {
  Value *V = S.Where;
  if (S.Id.Kind == SiteKind::Branch) {
    if (Error E = P.onlyKeys({"order"}))
      return E;
    if (P.get("order") != "swap")
      return createStringError("parameter 'order=" + P.get("order") +
                               "' is not swap");
    Expected<Chain> C = chainAt(*cast<BranchInst>(V));
    if (!C)
      return C.takeError();
    swapTests(*C);
    return Error::success();
  }
  if (S.Id.Kind != SiteKind::Switch)
    return createStringError("test-order fits branches and switches only");
  if (Error E = P.onlyKeys({"peel"}))
    return E;
  Expected<uint64_t> Number = P.number("peel", 1, MaxPeeled);
  if (!Number)
    return Number.takeError();
  auto &Switch = *cast<SwitchInst>(V);
  uint64_t Total;
  if (casesByWeight(Switch, Total).size() <= *Number)
    return createStringError("the switch has no profile, or too few cases");
  LLVMContext &Ctx = Switch.getContext();
  Switch.setMetadata(PeelMetadata,
                     MDNode::get(Ctx, ConstantAsMetadata::get(ConstantInt::get(
                                          Type::getInt32Ty(Ctx), *Number))));
  return Error::success();
}

std::unique_ptr<Operator> createTestOrder() {
  return std::make_unique<TestOrder>();
}

} // namespace speciate
