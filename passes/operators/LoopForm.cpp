//===- passes/operators/LoopForm.cpp - How a loop is compiled
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/LoopForm.h"
#include "passes/operators/LoopNests.h"
#include "passes/sites/Cost.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Operator.h"
#include "llvm/Transforms/Utils/LoopPeel.h"
#include "llvm/Transforms/Utils/LoopSimplify.h"
#include "llvm/Transforms/Utils/LoopUtils.h"

using namespace llvm;

namespace speciate {

static constexpr unsigned SmallBody = 40;
static constexpr unsigned MaxPeelBody = 120;
static constexpr unsigned FullyUnrolled = 8;

Loop *loopOf(const SiteRef &S, OperatorContext &Context) {
  Value *V = S.Where;
  auto &LI = Context.FAM->getResult<LoopAnalysis>(*Context.F);
  auto *Header = cast<BasicBlock>(V);
  Loop *L = LI.getLoopFor(Header);
  return L && L->getHeader() == Header ? L : nullptr;
}

/// A floating-point value carried around the loop whose operations may not be
/// reordered.
static bool carriesStrictFloat(const Loop &L) {
  for (const PHINode &Phi : L.getHeader()->phis()) {
    if (!Phi.getType()->isFPOrFPVectorTy())
      continue;
    for (unsigned I = 0; I != Phi.getNumIncomingValues(); ++I) {
      if (!L.contains(Phi.getIncomingBlock(I)))
        continue;
      const auto *Op = dyn_cast<FPMathOperator>(Phi.getIncomingValue(I));
      if (!Op || !Op->hasAllowReassoc())
        return true;
    }
  }
  return false;
}

unsigned bodySize(const Loop &L) {
  unsigned Size = 0;
  for (const BasicBlock *BB : L.blocks())
    Size += BB->sizeWithoutDebug();
  return Size;
}

static bool hasCall(const Loop &L) {
  for (const BasicBlock *BB : L.blocks())
    for (const Instruction &I : *BB)
      if (const auto *CB = dyn_cast<CallBase>(&I))
        if (!CB->getCalledFunction() || !CB->getCalledFunction()->isIntrinsic())
          return true;
  return false;
}

static unsigned countStores(const Loop &L) {
  unsigned Count = 0;
  for (const BasicBlock *BB : L.blocks())
    Count +=
        count_if(*BB, [](const Instruction &I) { return isa<StoreInst>(I); });
  return Count;
}

/// A branch inside \p L on a condition that the loop does not change.
static bool hasInvariantBranch(const Loop &L) {
  for (const BasicBlock *BB : L.blocks()) {
    Value *Condition = nullptr;
    if (const auto *Br = dyn_cast<BranchInst>(BB->getTerminator())) {
      if (Br->isConditional())
        Condition = Br->getCondition();
    } else if (const auto *Switch = dyn_cast<SwitchInst>(BB->getTerminator())) {
      Condition = Switch->getCondition();
    }
    if (Condition && !isa<Constant>(Condition) && L.isLoopInvariant(Condition))
      return true;
  }
  return false;
}

/// Passes of the loop per entry, from the profile; 0 if unknown.
static double tripCount(const Loop &L, const BlockFrequencyInfo &BFI) {
  double Entries = 0;
  for (const BasicBlock *Pred : predecessors(L.getHeader()))
    if (!L.contains(Pred))
      Entries += blockCount(*Pred, BFI);
  double Passes = blockCount(*L.getHeader(), BFI);
  return Entries > 0 ? Passes / Entries : 0;
}

LoopCost costOf(const Loop &L, OperatorContext &Context) {
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(*Context.F);
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(*Context.F);
  const double Total = staticCost(*Context.F, BFI, TTI);
  return {Total > 0 ? Context.Share * staticCost(L, BFI, TTI) / Total : 0,
          tripCount(L, BFI)};
}

namespace {

class LoopForm final : public Operator {
public:
  StringRef name() const override { return "loop-form"; }
  bool worksAt(Level L) const override {
    return L == Level::Plan || L == Level::Region;
  }
  VerdictKind evidence(const Parameters &P) const override {
    // Copies of the body are made here and now, by LLVM's own code, but at a
    // place and time of our choice.
    for (StringRef Key : {"interchange", "jam", "peel", "prefetch", "unswitch"})
      if (!P.get(Key).empty())
        return VerdictKind::Checked;
    return VerdictKind::Construction;
  }
  std::vector<Choice> match(const SiteRef &S,
                            OperatorContext &Context) const override;
  Error apply(const SiteRef &S, const Parameters &P,
              OperatorContext &Context) const override;
};

/// The llvm.loop operands that a gene sets, and the prefixes of those that they
/// replace.
struct LoopHints {
  SmallVector<StringRef, 4> Replaced;
  SmallVector<Metadata *, 4> Added;
};

} // namespace

static Metadata *hint(LLVMContext &Ctx, StringRef Name,
                      std::optional<uint32_t> Value = std::nullopt,
                      unsigned Bits = 32) {
  SmallVector<Metadata *, 2> Operands{MDString::get(Ctx, Name)};
  if (Value)
    Operands.push_back(ConstantAsMetadata::get(
        ConstantInt::get(IntegerType::get(Ctx, Bits), *Value)));
  return MDNode::get(Ctx, Operands);
}

/// Gives \p L a distinct id with the operands it had, less the replaced ones.
static void setHints(Loop &L, const LoopHints &Hints) {
  LLVMContext &Ctx = L.getHeader()->getContext();
  SmallVector<Metadata *, 8> Operands{nullptr}; // The id itself, below.
  if (const MDNode *Old = L.getLoopID())
    for (const MDOperand &Operand : drop_begin(Old->operands())) {
      const auto *Node = dyn_cast<MDNode>(Operand);
      const auto *Name = Node && Node->getNumOperands()
                             ? dyn_cast<MDString>(Node->getOperand(0))
                             : nullptr;
      if (Name && any_of(Hints.Replaced, [&](StringRef Prefix) {
            return Name->getString().starts_with(Prefix);
          }))
        continue;
      Operands.push_back(Operand);
    }
  append_range(Operands, Hints.Added);
  MDNode *Id = MDNode::getDistinct(Ctx, Operands);
  Id->replaceOperandWith(0, Id);
  L.setLoopID(Id);
}

/// Reads the metadata keys of \p P.
static Expected<LoopHints> readHints(const Parameters &P, const Loop &L) {
  LLVMContext &Ctx = L.getHeader()->getContext();
  LoopHints Hints;
  if (StringRef Unroll = P.get("unroll"); Unroll == "off") {
    Hints.Replaced.push_back("llvm.loop.unroll.");
    Hints.Added.push_back(hint(Ctx, "llvm.loop.unroll.disable"));
  } else if (!Unroll.empty()) {
    Expected<uint64_t> Count = P.number("unroll", 2, 64);
    if (!Count)
      return Count.takeError();
    Hints.Replaced.push_back("llvm.loop.unroll.");
    Hints.Added.push_back(hint(Ctx, "llvm.loop.unroll.count", *Count));
  }
  StringRef Vectorize = P.get("vectorize"), Interleave = P.get("interleave");
  if (Vectorize == "off") {
    if (!Interleave.empty())
      return createStringError("vectorize=off and interleave exclude each "
                               "other");
    append_range(Hints.Replaced, ArrayRef<StringRef>{"llvm.loop.vectorize.",
                                                     "llvm.loop.interleave."});
    Hints.Added.push_back(hint(Ctx, "llvm.loop.vectorize.enable", 0, 1));
  } else if (!Vectorize.empty()) {
    Expected<uint64_t> Width = P.number("vectorize", 2, 64);
    if (!Width)
      return Width.takeError();
    if (!isPowerOf2_64(*Width))
      return createStringError("parameter 'vectorize=" + Vectorize +
                               "' is not a power of two");
    if (carriesStrictFloat(L))
      return createStringError("vectorizing would reorder floating-point "
                               "operations of the loop");
    Hints.Replaced.push_back("llvm.loop.vectorize.");
    Hints.Added.push_back(hint(Ctx, "llvm.loop.vectorize.enable", 1, 1));
    Hints.Added.push_back(hint(Ctx, "llvm.loop.vectorize.width", *Width));
  }
  if (StringRef Predicate = P.get("predicate"); !Predicate.empty()) {
    if (Predicate != "on" && Predicate != "off")
      return createStringError("parameter 'predicate=" + Predicate +
                               "' is neither on nor off");
    if (Vectorize.empty() || Vectorize == "off")
      return createStringError("predicate needs a width to vectorize to");
    Hints.Added.push_back(hint(Ctx, "llvm.loop.vectorize.predicate.enable",
                               Predicate == "on", 1));
  }
  if (StringRef Distribute = P.get("distribute"); !Distribute.empty()) {
    if (Distribute != "on")
      return createStringError("parameter 'distribute=" + Distribute +
                               "' is not on");
    Hints.Replaced.push_back("llvm.loop.distribute.");
    Hints.Added.push_back(hint(Ctx, "llvm.loop.distribute.enable", 1, 1));
  }
  if (!Interleave.empty()) {
    Expected<uint64_t> Count = P.number("interleave", 1, 16);
    if (!Count)
      return Count.takeError();
    if (!isPowerOf2_64(*Count))
      return createStringError("parameter 'interleave=" + Interleave +
                               "' is not a power of two");
    Hints.Replaced.push_back("llvm.loop.interleave.");
    Hints.Added.push_back(hint(Ctx, "llvm.loop.interleave.count", *Count));
  }
  return Hints;
}

Error canSimplifyLoop(const Loop &L) {
  if (L.isLoopSimplifyForm())
    return Error::success();
  // Preheader and own exits can be made wherever no jump is computed.
  SmallVector<BasicBlock *> Blocks;
  L.getExitBlocks(Blocks);
  Blocks.push_back(L.getHeader());
  for (BasicBlock *BB : Blocks)
    for (BasicBlock *Pred : predecessors(BB))
      if (!isa<BranchInst, SwitchInst>(Pred->getTerminator()) || BB->isEHPad())
        return createStringError("the loop has no simple form");
  return Error::success();
}

void simplifyLoopShape(Loop &L, OperatorContext &Context) {
  Function &F = *Context.F;
  FunctionAnalysisManager &FAM = *Context.FAM;
  auto &LI = FAM.getResult<LoopAnalysis>(F);
  auto &SE = FAM.getResult<ScalarEvolutionAnalysis>(F);
  auto &DT = FAM.getResult<DominatorTreeAnalysis>(F);
  if (!L.isLoopSimplifyForm())
    simplifyLoop(&L, &DT, &LI, &SE, &FAM.getResult<AssumptionAnalysis>(F),
                 nullptr, /*PreserveLCSSA=*/false);
  formLCSSARecursively(L, DT, &LI, &SE);
}

Error peelIterations(Loop &L, unsigned Count, OperatorContext &Context) {
  Function &F = *Context.F;
  FunctionAnalysisManager &FAM = *Context.FAM;
  if (bodySize(L) > MaxPeelBody)
    return createStringError("the loop is too big to peel");
  if (!L.isSafeToClone())
    return createStringError("the loop cannot be copied");
  if (!L.getLoopLatch() || !isa<BranchInst>(L.getLoopLatch()->getTerminator()))
    return createStringError("the loop has no single latch that ends in a "
                             "branch");
  auto &LI = FAM.getResult<LoopAnalysis>(F);
  auto &SE = FAM.getResult<ScalarEvolutionAnalysis>(F);
  auto &DT = FAM.getResult<DominatorTreeAnalysis>(F);
  auto &AC = FAM.getResult<AssumptionAnalysis>(F);
  if (Error E = canSimplifyLoop(L))
    return E;
  simplifyLoopShape(L, Context);
  if (!canPeel(&L))
    return createStringError("the loop has no form that can be peeled");
  ValueToValueMapTy VMap;
  if (!peelLoop(&L, Count, /*PeelLast=*/false, &LI, &SE, DT, &AC,
                /*PreserveLCSSA=*/true, VMap))
    return createStringError("LLVM refused to peel the loop");
  return Error::success();
}

/// What is made here and now, by parameters that stand alone.
static Error reshape(Loop &L, StringRef Key, const Parameters &P,
                     OperatorContext &Context) {
  auto Number = [&](uint64_t Min, uint64_t Max,
                    function_ref<Error(unsigned)> Do) -> Error {
    Expected<uint64_t> N = P.number(Key, Min, Max);
    return N ? Do(*N) : N.takeError();
  };
  if (Key == "peel")
    return Number(1, 16,
                  [&](unsigned N) { return peelIterations(L, N, Context); });
  if (Key == "jam")
    return Number(2, 16, [&](unsigned N) { return jamLoop(L, N, Context); });
  if (Key == "prefetch")
    return Number(1, 1024,
                  [&](unsigned N) { return prefetchAhead(L, N, Context); });
  if (P.get(Key) != "on")
    return createStringError("parameter '" + Key + "=" + P.get(Key) +
                             "' is not on");
  if (Key == "interchange")
    return interchangeLoops(L, Context);
  if (!hasInvariantBranch(L))
    return createStringError("no branch in the loop has an invariant "
                             "condition");
  return unswitchLoop(L, Context);
}

std::vector<Choice> LoopForm::match(const SiteRef &S,
                                    OperatorContext &Context) const {
  if (S.Id.Kind != SiteKind::Loop)
    return {};
  const Loop *L = loopOf(S, Context);
  const auto [Share, Trips] = costOf(*L, Context);
  // What is not a thousandth of its function cannot be measured.
  if (Share <= Context.Share * 1e-3)
    return {};
  auto &SE = Context.FAM->getResult<ScalarEvolutionAnalysis>(*Context.F);
  std::vector<Choice> Result;
  auto Offer = [&](StringRef Text, double Gain) {
    Result.push_back({name().str(), Text.str(), Share * Gain});
  };
  // A short count that is known to the compiler: unrolled in full, whatever is
  // said here.
  if (unsigned Known = SE.getSmallConstantTripCount(L);
      Known && Known <= FullyUnrolled && bodySize(*L) <= SmallBody)
    return {};
  const bool Inner = L->isInnermost(), Small = bodySize(*L) <= SmallBody;
  // The vectorizer needs a count that is known at the loop's entry. Before
  // simplification a call may vanish and a count appear.
  const bool Plan = S.Id.At == Level::Plan;
  const bool Plain =
      Inner && (Plan || (!hasCall(*L) && SE.hasLoopInvariantBackedgeTakenCount(
                                             const_cast<Loop *>(L))));
  const bool Short = Trips > 0 && Trips < 8, Long = Trips >= 32;
  if (Inner) {
    Offer("unroll=off", Short ? 0.03 : 0.008);
    if (!Short) {
      Offer("unroll=4", Small ? (Long ? 0.03 : 0.02) : 0.004);
      Offer("unroll=2", Small ? 0.015 : 0.006);
      Offer("unroll=8", Small && Long ? 0.02 : 0.002);
    }
  }
  if (Plain) {
    // The vector loop of a loop with few passes is never reached: only its
    // checks and its remainder run.
    Offer("vectorize=off", Short ? 0.06 : 0.015);
    Offer("unroll=off;vectorize=off", Short ? 0.05 : 0.008);
    if (!Short) {
      Offer("unroll=4;vectorize=off", Small ? 0.014 : 0.002);
      if (!carriesStrictFloat(*L)) {
        Offer("vectorize=4", Long ? 0.015 : 0.006);
        Offer("vectorize=8", Long ? 0.015 : 0.003);
        Offer("vectorize=16", Long ? 0.01 : 0.002);
      }
      // A body with branches, or with few iterations left over.
      if (L->getNumBlocks() > 1)
        Offer("predicate=on;vectorize=8", 0.004);
      if (countStores(*L) > 1)
        Offer("distribute=on", 0.003);
      Offer("interleave=1", 0.006);
      Offer("interleave=2", Long ? 0.01 : 0.003);
      Offer("interleave=4", Long ? 0.01 : 0.002);
    }
  }
  if (Plan)
    return Result;
  if (Inner && Short && L->getLoopLatch() && bodySize(*L) <= MaxPeelBody &&
      L->isSafeToClone()) {
    Offer("peel=1", Trips < 3 ? 0.03 : 0.01);
    if (Trips >= 2)
      Offer("peel=2", 0.01);
  }
  if (hasInvariantBranch(*L))
    Offer("unswitch=on", Long ? 0.04 : 0.01);
  if (L->getSubLoops().size() == 1) {
    Offer("jam=2", 0.015);
    Offer("jam=4", 0.02);
    if (!L->getParentLoop())
      Offer("interchange=on", 0.02);
  }
  if (Inner && Long) {
    // The processor's own prefetchers stop at pages, and at many streams.
    Offer("prefetch=16", 0.003);
    Offer("prefetch=64", 0.003);
  }
  return Result;
}

Error LoopForm::apply(const SiteRef &S, const Parameters &P,
                      OperatorContext &Context) const {
  if (S.Id.Kind != SiteKind::Loop)
    return createStringError("loop-form fits loops only");
  if (Error E = P.onlyKeys({"distribute", "interchange", "interleave", "jam",
                            "peel", "predicate", "prefetch", "unroll",
                            "unswitch", "vectorize"}))
    return E;
  Loop *L = loopOf(S, Context);
  if (!L)
    return createStringError("the loop is gone");
  Expected<LoopHints> Hints = readHints(P, *L);
  if (!Hints)
    return Hints.takeError();
  SmallVector<StringRef, 2> Shapes;
  for (StringRef Key : {"interchange", "jam", "peel", "prefetch", "unswitch"})
    if (!P.get(Key).empty())
      Shapes.push_back(Key);
  if (!Shapes.empty()) {
    if (S.Id.At == Level::Plan)
      return createStringError(Shapes.front() + " works at region level only");
    if (Shapes.size() > 1)
      return createStringError(Shapes[0] + " and " + Shapes[1] +
                               " exclude each other");
    if (!Hints->Added.empty())
      return createStringError(Shapes.front() + " stands alone");
    return reshape(*L, Shapes.front(), P, Context);
  }
  setHints(*L, *Hints);
  return Error::success();
}

std::unique_ptr<Operator> createLoopForm() {
  return std::make_unique<LoopForm>();
}

} // namespace speciate
