//===- passes/operators/BlockPlan.cpp - Whether a loop can run in blocks
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/BlockLoop.h"
#include "passes/operators/LoopForm.h"
#include "passes/operators/Places.h"
#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/Analysis/AliasAnalysis.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/ProfDataUtils.h"
#include "llvm/Transforms/Utils/ScalarEvolutionExpander.h"
#include <cmath>

using namespace llvm;

namespace speciate {

static constexpr unsigned MaxBody = 200;
unsigned BlockPlan::fullWidth() const {
  uint64_t Least = 16;
  for (const BasicBlock *BB : Kept)
    for (const Instruction &I : *BB)
      if (const auto *Load = dyn_cast<LoadInst>(&I))
        Least = std::min<uint64_t>(
            Least,
            BB->getModule()->getDataLayout().getTypeStoreSize(Load->getType()));
  return 16 / std::max<uint64_t>(Least, 1);
}

bool BlockPlan::hasRare(const Loop &L) const {
  return !Selects.empty() || any_of(Assumed, [&](const AssumedBranch &A) {
    return all_of(successors(A.Terminator),
                  [&](const BasicBlock *BB) { return L.contains(BB); });
  });
}

/// The share of each successor of \p Terminator, or of each side of a select;
/// empty if nobody counted.
static SmallVector<double> sharesOf(const Instruction &Terminator) {
  SmallVector<uint32_t> Weights;
  SmallVector<double> Shares;
  if (!extractBranchWeights(Terminator, Weights) ||
      Weights.size() !=
          (isa<SelectInst>(Terminator) ? 2 : Terminator.getNumSuccessors()))
    return Shares;
  double Total = 0;
  for (uint32_t W : Weights)
    Total += W;
  if (Total > 0)
    for (uint32_t W : Weights)
      Shares.push_back(W / Total);
  return Shares;
}

double BlockPlan::cleanShare() const {
  double PerIteration = 1;
  for (const AssumedBranch &A : Assumed) {
    if (A.Limit)
      continue;
    SmallVector<double> Shares = sharesOf(*A.Terminator);
    double Kept = Shares.empty() ? 1 : 0;
    for (auto [I, Share] : enumerate(Shares))
      if (A.Terminator->getSuccessor(I) == A.Kept)
        Kept += Share;
    PerIteration *= Kept;
  }
  for (const AssumedSelect &S : Selects) {
    SmallVector<double> Shares = sharesOf(*S.Select);
    PerIteration *= Shares[S.KeptIsTrue ? 0 : 1];
  }
  return std::pow(PerIteration, Params.Iterations);
}

namespace {

class Planner {
public:
  Planner(Loop &L, const BlockParams &Params, OperatorContext &Context)
      : L(L), F(*Context.F), FAM(*Context.FAM),
        SE(FAM.getResult<ScalarEvolutionAnalysis>(F)),
        DT(FAM.getResult<DominatorTreeAnalysis>(F)),
        DL(F.getParent()->getDataLayout()), Expander(SE, "block") {
    Plan.Params = Params;
  }
  Expected<BlockPlan> run();

private:
  Error keepBlocks();
  Error keepSuccessors(BasicBlock &BB, SmallVectorImpl<BasicBlock *> &Kept);
  const SCEV *limitOf(BasicBlock &BB) const;
  void assumeSelects();
  bool follow(Value *V, EndTest &Test, uint64_t &Most,
              SmallVectorImpl<Value *> &Sums);
  bool testAtEnd(Value *Condition, bool KeptIsTrue);
  void findEnds();
  void findCertain();
  bool isSteady() const;
  bool isDropped(const Instruction &I) const;
  Error canRunAhead(Instruction &I);
  Error canLoadAhead(LoadInst &Load);
  Error checkWith();
  Error checkFirst();
  Error checkUntouched(LoadInst &Load);
  Error checkStreams();
  bool joinStream(LoadStream &S, LoadInst &Load, const SCEVAddRecExpr &Address);
  void addToStream(LoadInst &Load, const SCEVAddRecExpr &Address, int64_t Step);
  std::optional<AccessRange> rangeOf(Value *Pointer, Type *Accessed) const;

  Loop &L;
  Function &F;
  FunctionAnalysisManager &FAM;
  ScalarEvolution &SE;
  DominatorTree &DT;
  const DataLayout &DL;
  SCEVExpander Expander;
  BlockPlan Plan;
  SmallPtrSet<const BasicBlock *, 8> KeptSet;
  /// Blocks that the first iteration of every block of iterations reaches.
  SmallPtrSet<const BasicBlock *, 4> Certain;
  bool Steady = false;
  /// Loads that need no stream of their own.
  SmallVector<std::pair<LoadInst *, const SCEVAddRecExpr *>> Always;
};

} // namespace

/// Control comes from \p I to what follows it, and what was readable before is
/// afterwards.
static bool goesOn(const Instruction &I) {
  if (!isGuaranteedToTransferExecutionToSuccessor(&I))
    return false;
  const auto *Call = dyn_cast<CallBase>(&I);
  return !Call || Call->onlyReadsMemory() || isa<MemIntrinsic>(Call) ||
         (Call->hasFnAttr(Attribute::NoFree) &&
          Call->hasFnAttr(Attribute::NoSync));
}

const SCEV *Planner::limitOf(BasicBlock &BB) const {
  if (!isa<BranchInst>(BB.getTerminator()) ||
      !DT.dominates(&BB, L.getLoopLatch()))
    return nullptr;
  const SCEV *Count = SE.getExitCount(&L, &BB);
  if (isa<SCEVCouldNotCompute>(Count) || !Count->getType()->isIntegerTy())
    return nullptr;
  const unsigned Bits = Count->getType()->getIntegerBitWidth();
  return Bits >= 16 && Bits <= 64 && Expander.isSafeToExpand(Count) ? Count
                                                                    : nullptr;
}

Error Planner::keepSuccessors(BasicBlock &BB,
                              SmallVectorImpl<BasicBlock *> &Kept) {
  Instruction *End = BB.getTerminator();
  if (!isa<BranchInst, SwitchInst>(End))
    return createStringError("a block of the loop ends in more than a branch");
  SmallVector<double> Shares = sharesOf(*End);
  SmallVector<BasicBlock *, 4> Distinct;
  MapVector<BasicBlock *, double> ShareOf;
  for (auto [I, Next] : enumerate(successors(End)))
    ShareOf[Next] += Shares.empty() ? 1 : Shares[I];
  bool Exits = false;
  for (auto [Next, Share] : ShareOf) {
    if (!L.contains(Next))
      Exits = true;
    else if (!Plan.Params.Rare || Shares.empty() || Next == L.getHeader() ||
             Share * Plan.Params.Rare > 1)
      Kept.push_back(Next);
  }
  if (Kept.empty())
    for (auto [Next, Share] : ShareOf)
      if (L.contains(Next) && (Kept.empty() || Share > ShareOf[Kept.front()]))
        Kept.assign({Next});
  if (Kept.size() == ShareOf.size())
    return Error::success();
  if (Kept.size() > 1) {
    if (Exits)
      return createStringError(
          "a switch leaves the loop and goes on at several "
          "places");
    Kept.clear();
    for (auto [Next, Share] : ShareOf)
      Kept.push_back(Next);
    return Error::success();
  }
  Plan.Assumed.push_back({End, Kept.front(), Exits ? limitOf(BB) : nullptr});
  return Error::success();
}

Error Planner::keepBlocks() {
  DenseMap<const BasicBlock *, unsigned> Order;
  for (BasicBlock *BB : ReversePostOrderTraversal<Function *>(&F))
    Order[BB] = Order.size();
  SmallVector<BasicBlock *> Work{L.getHeader()};
  KeptSet.insert(L.getHeader());
  size_t Size = 0;
  while (!Work.empty()) {
    BasicBlock *BB = Work.pop_back_val();
    Plan.Kept.push_back(BB);
    Size += BB->sizeWithoutDebug();
    if (BB->hasAddressTaken() || BB->isEHPad())
      return createStringError("a block of the loop cannot be copied");
    for (const Instruction &I : *BB) {
      const auto *Call = dyn_cast<CallBase>(&I);
      if (isArenaMarker(I) || I.getType()->isTokenTy() ||
          (Call && (Call->cannotDuplicate() || Call->isConvergent())))
        return createStringError("an instruction of the loop cannot be copied");
    }
    SmallVector<BasicBlock *, 4> Next;
    if (Error E = keepSuccessors(*BB, Next))
      return E;
    for (BasicBlock *To : Next) {
      if (To == L.getHeader())
        continue;
      if (Order.lookup(To) <= Order.lookup(BB))
        return createStringError("the loop has an irreducible part");
      if (KeptSet.insert(To).second)
        Work.push_back(To);
    }
  }
  if (!KeptSet.contains(L.getLoopLatch()))
    return createStringError("the assumed path does not come back");
  if (Size > MaxBody)
    return createStringError("the loop is too big to run in blocks");
  llvm::sort(Plan.Kept, [&](const BasicBlock *A, const BasicBlock *B) {
    return Order.lookup(A) < Order.lookup(B);
  });
  return Error::success();
}

void Planner::assumeSelects() {
  if (!Plan.Params.Rare)
    return;
  for (BasicBlock *BB : Plan.Kept)
    for (Instruction &I : *BB) {
      auto *Select = dyn_cast<SelectInst>(&I);
      if (!Select || !Select->getCondition()->getType()->isIntegerTy(1) ||
          L.isLoopInvariant(Select->getCondition()))
        continue;
      SmallVector<double> Shares = sharesOf(I);
      if (!Shares.empty() &&
          std::min(Shares[0], Shares[1]) * Plan.Params.Rare <= 1)
        Plan.Selects.push_back({Select, Shares[0] > Shares[1]});
    }
}

/// \p V is a header's phi, to which at most \p Most has been added, none of it
/// negative. \p Sums: what was passed on the way.
bool Planner::follow(Value *V, EndTest &Test, uint64_t &Most,
                     SmallVectorImpl<Value *> &Sums) {
  while (Sums.size() < 64) {
    Sums.push_back(V);
    auto *I = dyn_cast<Instruction>(V);
    if (!I || !L.contains(I))
      return false;
    if (auto *Phi = dyn_cast<PHINode>(I)) {
      if (Phi->getParent() == L.getHeader()) {
        Test.Phi = Phi;
        return true;
      }
      // The one value that is left when the assumed edges are gone.
      Value *Only = nullptr;
      for (auto [Pred, In] : zip(Phi->blocks(), Phi->incoming_values())) {
        const bool Kept =
            KeptSet.contains(Pred) && none_of(Plan.Assumed, [&](const auto &A) {
              return A.Terminator->getParent() == Pred &&
                     A.Kept != Phi->getParent();
            });
        if (Kept && Only && Only != In)
          return false;
        if (Kept)
          Only = In;
      }
      if (!Only)
        return false;
      V = Only;
      continue;
    }
    if (const auto *It =
            find_if(Plan.Selects,
                    [&](const AssumedSelect &S) { return S.Select == I; });
        It != Plan.Selects.end()) {
      V = It->KeptIsTrue ? It->Select->getTrueValue()
                         : It->Select->getFalseValue();
      continue;
    }
    if (I->getOpcode() != Instruction::Add)
      return false;
    // Follow what is known less about.
    uint64_t Max[2];
    for (unsigned N : {0u, 1u})
      Max[N] =
          computeKnownBits(I->getOperand(N), SimplifyQuery(DL, &DT, nullptr, I))
              .getMaxValue()
              .getZExtValue();
    const unsigned Chain = Max[0] >= Max[1] ? 0 : 1;
    Most = SaturatingAdd(Most, Max[1 - Chain]);
    V = I->getOperand(Chain);
  }
  return false;
}

bool Planner::testAtEnd(Value *Condition, bool KeptIsTrue) {
  auto *Cmp = dyn_cast<ICmpInst>(Condition);
  auto *C = Cmp ? dyn_cast<ConstantInt>(Cmp->getOperand(1)) : nullptr;
  if (!C || !C->getType()->isIntegerTy() ||
      C->getType()->getIntegerBitWidth() > 64)
    return false;
  // Leaves if the sum is in here.
  ConstantRange Leaves = ConstantRange::makeExactICmpRegion(
      KeptIsTrue ? Cmp->getInversePredicate() : Cmp->getPredicate(),
      C->getValue());
  if (Leaves.isEmptySet() || Leaves.isFullSet() || Leaves.isWrappedSet() ||
      !Leaves.getUnsignedMax().isMaxValue() || Leaves.getUnsignedMin().isZero())
    return false;
  EndTest Test{nullptr, nullptr, Leaves.getUnsignedMin() - 1};
  uint64_t Most = 0;
  SmallVector<Value *> Sums;
  if (!follow(Cmp->getOperand(0), Test, Most, Sums))
    return false;
  Test.Last = Test.Phi->getIncomingValueForBlock(L.getLoopLatch());
  EndTest Whole = Test;
  Most = 0;
  Sums.clear();
  if (!follow(Test.Last, Whole, Most, Sums) || Whole.Phi != Test.Phi ||
      !is_contained(Sums, Cmp->getOperand(0)))
    return false;
  const APInt Room = APInt::getMaxValue(Test.Bound.getBitWidth()) - Test.Bound;
  if (Room.ult(SaturatingMultiply<uint64_t>(Most, Plan.Params.Iterations)))
    return false;
  Plan.Ends.push_back(std::move(Test));
  return true;
}

void Planner::findEnds() {
  for (AssumedBranch &A : Plan.Assumed)
    if (auto *Br = dyn_cast<BranchInst>(A.Terminator); Br && !A.Limit)
      A.AtEnd = testAtEnd(Br->getCondition(), Br->getSuccessor(0) == A.Kept);
  for (AssumedSelect &S : Plan.Selects)
    S.AtEnd = testAtEnd(S.Select->getCondition(), S.KeptIsTrue);
}

void Planner::findCertain() {
  const BasicBlock *BB = L.getHeader();
  while (BB && all_of(*BB, goesOn) && Certain.insert(BB).second) {
    const BasicBlock *Next = BB->getSingleSuccessor();
    for (const AssumedBranch &A : Plan.Assumed)
      if (A.Terminator->getParent() == BB)
        Next = A.Limit ? A.Kept : nullptr;
    BB = Next;
  }
}

bool Planner::isSteady() const {
  SmallVector<BasicBlock *> Exiting;
  L.getExitingBlocks(Exiting);
  for (const BasicBlock *BB : Exiting)
    if (none_of(Plan.Assumed, [&](const AssumedBranch &A) {
          return A.Terminator->getParent() == BB && A.Limit;
        }))
      return false;
  return all_of(L.blocks(),
                [](const BasicBlock *BB) { return all_of(*BB, goesOn); });
}

/// Copies that run ahead do without.
bool Planner::isDropped(const Instruction &I) const {
  return isa<AssumeInst, NoAliasScopeDeclInst, PseudoProbeInst>(I);
}

/// Puts \p Load at \p Address into \p S if its distance from there is constant.
bool Planner::joinStream(LoadStream &S, LoadInst &Load,
                         const SCEVAddRecExpr &Address) {
  const auto *Step = dyn_cast<SCEVConstant>(Address.getStepRecurrence(SE));
  const auto *Distance =
      dyn_cast<SCEVConstant>(SE.getMinusSCEV(Address.getStart(), S.Lowest));
  if (!Step || Step->getAPInt().getSExtValue() != S.Step || !Distance ||
      Distance->getAPInt().getSignificantBits() > 13)
    return false;
  int64_t Offset = Distance->getAPInt().getSExtValue();
  if (Offset < 0) {
    S.Lowest = Address.getStart();
    S.Bytes -= Offset;
    for (auto &[Other, At] : S.Loads)
      At -= Offset;
    Offset = 0;
  }
  const uint64_t Bytes = DL.getTypeStoreSize(Load.getType());
  S.Bytes = std::max(S.Bytes, Offset + Bytes);
  S.Loads.push_back({&Load, Offset});
  return true;
}

void Planner::addToStream(LoadInst &Load, const SCEVAddRecExpr &Address,
                          int64_t Step) {
  const bool IsCertain = Certain.contains(Load.getParent());
  for (LoadStream &S : Plan.Streams)
    if (joinStream(S, Load, Address)) {
      S.Certain |= IsCertain;
      return;
    }
  LoadStream New;
  New.Lowest = Address.getStart();
  New.Step = Step;
  New.Bytes = DL.getTypeStoreSize(Load.getType());
  New.Certain = IsCertain;
  New.Loads.push_back({&Load, 0});
  Plan.Streams.push_back(std::move(New));
}

Error Planner::canLoadAhead(LoadInst &Load) {
  if (!Load.isSimple() || Load.getPointerAddressSpace() != 0)
    return createStringError("a load of the loop is not a plain one");
  if (DL.getTypeStoreSize(Load.getType()).isScalable())
    return createStringError("a load has no fixed size");
  const bool IsAlways =
      Steady && DT.dominates(Load.getParent(), L.getLoopLatch());
  if (L.isLoopInvariant(Load.getPointerOperand())) {
    if (IsAlways || Certain.contains(Load.getParent()))
      return Error::success();
    return createStringError("a load of the loop may not be executed");
  }
  const auto *Address =
      dyn_cast<SCEVAddRecExpr>(SE.getSCEV(Load.getPointerOperand()));
  if (!Address || Address->getLoop() != &L || !Address->isAffine())
    return createStringError("the address of a load is not known ahead");
  if (IsAlways) {
    Always.push_back({&Load, Address});
    return Error::success();
  }
  const auto *Step = dyn_cast<SCEVConstant>(Address->getStepRecurrence(SE));
  if (!Step || Step->getAPInt().getSignificantBits() > 13 ||
      !Expander.isSafeToExpand(Address->getStart()))
    return createStringError("the address of a load has no fixed step");
  addToStream(Load, *Address, Step->getAPInt().getSExtValue());
  return Error::success();
}

/// \p I may be executed in iterations that the original does not get to.
Error Planner::canRunAhead(Instruction &I) {
  if (auto *Load = dyn_cast<LoadInst>(&I))
    return canLoadAhead(*Load);
  if (isa<PHINode>(I) || I.isTerminator())
    return Error::success();
  if (I.mayHaveSideEffects())
    return createStringError("the loop has effects other than on registers");
  if (I.mayReadFromMemory() || isa<AllocaInst>(I) ||
      !isSafeToSpeculativelyExecute(&I))
    return createStringError("an instruction of the loop cannot run ahead");
  return Error::success();
}

Error Planner::checkWith() {
  for (BasicBlock *BB : Plan.Kept)
    for (Instruction &I : *BB)
      if (!isDropped(I))
        if (Error E = canRunAhead(I))
          return E;
  return Error::success();
}

std::optional<AccessRange> Planner::rangeOf(Value *Pointer,
                                            Type *Accessed) const {
  const TypeSize Bytes = DL.getTypeStoreSize(Accessed);
  if (Bytes.isScalable() || Pointer->getType()->getPointerAddressSpace() != 0)
    return std::nullopt;
  const SCEV *S = SE.getSCEV(Pointer);
  if (SE.isLoopInvariant(S, &L))
    return Expander.isSafeToExpand(S)
               ? std::optional<AccessRange>({S, 0, Bytes.getFixedValue()})
               : std::nullopt;
  const auto *Address = dyn_cast<SCEVAddRecExpr>(S);
  if (!Address || Address->getLoop() != &L || !Address->isAffine() ||
      !Expander.isSafeToExpand(Address->getStart()))
    return std::nullopt;
  const auto *Step = dyn_cast<SCEVConstant>(Address->getStepRecurrence(SE));
  if (!Step || Step->getAPInt().getSignificantBits() > 16)
    return std::nullopt;
  return AccessRange{Address->getStart(), Step->getAPInt().getSExtValue(),
                     Bytes.getFixedValue()};
}

/// The kept blocks do not write what \p Load reads.
Error Planner::checkUntouched(LoadInst &Load) {
  BatchAAResults AA(FAM.getResult<AAManager>(F));
  AA.enableCrossIterationMode();
  MemoryLocation Read = MemoryLocation::getBeforeOrAfter(
      Load.getPointerOperand(), Load.getAAMetadata());
  for (BasicBlock *BB : Plan.Kept)
    for (Instruction &I : *BB) {
      if (isDropped(I) || !I.mayWriteToMemory() ||
          !isModSet(AA.getModRefInfo(&I, Read)))
        continue;
      auto *Store = dyn_cast<StoreInst>(&I);
      std::optional<AccessRange> From =
          rangeOf(Load.getPointerOperand(), Load.getType());
      std::optional<AccessRange> To;
      if (Store && Store->isSimple())
        To = rangeOf(Store->getPointerOperand(),
                     Store->getValueOperand()->getType());
      if (!From || !To)
        return createStringError("the loop may write what its conditions read");
      Plan.Apart.push_back({*From, *To});
    }
  return Error::success();
}

/// Collects what the scan computes.
Error Planner::checkFirst() {
  SmallVector<Value *> Work;
  for (const AssumedBranch &A : Plan.Assumed)
    if (!A.Limit)
      Work.push_back(A.Terminator->getOperand(0));
  for (const AssumedSelect &S : Plan.Selects)
    Work.push_back(S.Select->getCondition());
  for (const EndTest &Test : Plan.Ends)
    Work.push_back(Test.Last);
  // Of these blocks' branches, the kept ones decide where the scan goes.
  for (BasicBlock *BB : Plan.Kept)
    if (BB->getTerminator()->getNumSuccessors() > 1 &&
        none_of(Plan.Assumed, [&](const AssumedBranch &A) {
          return A.Terminator == BB->getTerminator();
        }))
      Work.push_back(BB->getTerminator()->getOperand(0));
  while (!Work.empty()) {
    auto *I = dyn_cast<Instruction>(Work.pop_back_val());
    if (!I || !L.contains(I) || !Plan.Scan.insert(I).second)
      continue;
    if (Error E = canRunAhead(*I))
      return E;
    if (auto *Load = dyn_cast<LoadInst>(I))
      if (Error E = checkUntouched(*Load))
        return E;
    if (auto *Phi = dyn_cast<PHINode>(I)) {
      for (unsigned J = 0; J != Phi->getNumIncomingValues(); ++J)
        if (KeptSet.contains(Phi->getIncomingBlock(J)))
          Work.push_back(Phi->getIncomingValue(J));
      continue;
    }
    append_range(Work, I->operands());
  }
  return Error::success();
}

Error Planner::checkStreams() {
  for (LoadStream &S : Plan.Streams) {
    // A load nearby that the original executes in every iteration will do.
    for (auto [Load, Address] : Always)
      if (!S.Certain && Expander.isSafeToExpand(Address->getStart()))
        S.Certain = joinStream(S, *Load, *Address);
    if (!S.Certain)
      return createStringError("a load of the loop may not be executed");
    if ((Plan.Params.Iterations - 1) * std::abs(S.Step) + S.Bytes >
        PageBytes / 2)
      return createStringError("a block would read too much of a page");
  }
  return Error::success();
}

Expected<BlockPlan> Planner::run() {
  if (!L.isInnermost())
    return createStringError("the loop has loops in it");
  if (!L.getLoopLatch())
    return createStringError("the loop has no single latch");
  if (count(successors(L.getLoopLatch()), L.getHeader()) != 1)
    return createStringError("the loop has no single edge back");
  if (isSanitized(F))
    return createStringError("the function is compiled for a sanitizer");
  if (Error E = canSimplifyLoop(L))
    return std::move(E);
  if (Error E = keepBlocks())
    return std::move(E);
  assumeSelects();
  if (!Plan.hasData())
    return createStringError("nothing that a condition decides is assumed");
  findEnds();
  findCertain();
  Steady = isSteady();
  if (Error E =
          Plan.Params.Check == BlockCheck::With ? checkWith() : checkFirst())
    return std::move(E);
  if (Error E = checkStreams())
    return std::move(E);
  return std::move(Plan);
}

Expected<BlockPlan> planBlocks(Loop &L, const BlockParams &Params,
                               OperatorContext &Context) {
  return Planner(L, Params, Context).run();
}

Expected<BlockParams> readBlockParams(const Parameters &P) {
  BlockParams Result;
  auto Power = [&](StringRef Key, uint64_t Min, uint64_t Max,
                   unsigned &Out) -> Error {
    Expected<uint64_t> N = P.number(Key, Min, Max);
    if (!N)
      return N.takeError();
    if (!isPowerOf2_64(*N))
      return createStringError("parameter '" + Key + "=" + Twine(*N) +
                               "' is not a power of two");
    Out = *N;
    return Error::success();
  };
  if (Error E = Power("block", 8, 1024, Result.Iterations))
    return std::move(E);
  if (!P.get("width").empty())
    if (Error E = Power("width", 1, 64, Result.Width))
      return std::move(E);
  StringRef Check = P.get("check");
  if (Check == "first")
    Result.Check = BlockCheck::First;
  else if (Check != "with")
    return createStringError("parameter 'check=" + Check +
                             "' is neither with nor first");
  return Result;
}

} // namespace speciate
