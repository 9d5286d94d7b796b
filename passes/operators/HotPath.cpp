//===- passes/operators/HotPath.cpp - A copy of a path behind one combined test
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/HotPath.h"
#include "passes/operators/Places.h"
#include "passes/operators/Versioning.h"
#include "passes/sites/Sites.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/MemorySSA.h"
#include "llvm/Analysis/PostDominators.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/ProfDataUtils.h"

using namespace llvm;

namespace speciate {

static constexpr size_t MaxBetween = 64; ///< Blocks.
static constexpr size_t MaxHotSize = 600;
/// What is computed in the head for all tests together.
static constexpr size_t MaxEarly = 40;

BasicBlock *Decision::hotSuccessor() const {
  return Branch->getSuccessor(Taken ? 0 : 1);
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

Expected<Decisions> parseDecisions(StringRef Text, const SiteMap &Sites) {
  Decisions Result;
  SmallVector<StringRef, 8> Words;
  Text.split(Words, '.');
  SiteId Id = Sites.sites().front().Id;
  Id.Kind = SiteKind::Branch;
  for (StringRef Word : Words) {
    StringRef Number = Word;
    const bool Taken = Number.consume_back("t");
    if ((!Taken && !Number.consume_back("f")) ||
        Number.getAsInteger(10, Id.Ordinal))
      return createStringError("'" + Word +
                               "' is not the number of a branch and t or f");
    const SiteRef *S = Sites.find(Id);
    if (!S)
      return createStringError("there is no branch " + Number);
    Value *V = S->Where;
    auto *Br = dyn_cast_or_null<BranchInst>(V);
    if (!Br || !Br->isConditional())
      return createStringError("an earlier gene has removed branch " + Number);
    Result.push_back({Br, Taken});
  }
  return Result;
}

std::string printDecisions(ArrayRef<Decision> Path, const SiteMap &Sites) {
  std::string Text;
  for (const Decision &D : Path)
    for (const SiteRef &S : Sites.sites()) {
      Value *V = S.Where;
      if (V == D.Branch)
        Text += (Text.empty() ? "" : ".") + std::to_string(S.Id.Ordinal) +
                (D.Taken ? "t" : "f");
    }
  return Text;
}

std::optional<double> takenShare(const BranchInst &Br) {
  uint64_t True, False;
  if (!extractBranchWeights(Br, True, False) || True + False == 0)
    return std::nullopt;
  return double(True) / (double(True) + double(False));
}

/// A branch that goes one way so often is followed that way.
static constexpr double Followed = 0.6;
static constexpr size_t MaxAhead = 24;

SmallVector<BranchInst *, 16> branchesAhead(const Decision &First,
                                            FunctionAnalysisManager &FAM) {
  Function &F = *First.Branch->getFunction();
  auto &PDT = FAM.getResult<PostDominatorTreeAnalysis>(F);
  auto &LI = FAM.getResult<LoopAnalysis>(F);
  const Loop *L = LI.getLoopFor(First.Branch->getParent());
  SmallVector<BranchInst *, 16> Result;
  SmallPtrSet<const BasicBlock *, 32> Seen{First.Branch->getParent()};
  BasicBlock *BB = First.hotSuccessor();
  while (BB && Result.size() != MaxAhead && Seen.insert(BB).second &&
         (!L || (L->contains(BB) && BB != L->getHeader()))) {
    auto *Br = dyn_cast<BranchInst>(BB->getTerminator());
    double Taken = 0.5;
    if (Br && Br->isConditional()) {
      // Whether a loop goes on is no test of the path.
      if (!L || !is_contained(successors(Br), L->getHeader()))
        Result.push_back(Br);
      Taken = takenShare(*Br).value_or(0.5);
    }
    if (Br && !Br->isConditional()) {
      BB = Br->getSuccessor(0);
    } else if (Br && std::max(Taken, 1 - Taken) >= Followed) {
      BB = Br->getSuccessor(Taken >= 0.5 ? 0 : 1);
    } else {
      const auto *Node = PDT.getNode(BB);
      const auto *Join = Node ? Node->getIDom() : nullptr;
      BB = Join ? Join->getBlock() : nullptr;
    }
  }
  return Result;
}

Expected<TestPlace> parseTestPlace(StringRef Text) {
  if (Text.empty() || Text == "branch")
    return TestPlace::Branch;
  if (Text == "loop")
    return TestPlace::Loop;
  if (Text == "entry")
    return TestPlace::Entry;
  return createStringError("parameter 'at=" + Text +
                           "' is neither branch nor loop nor entry");
}

//===----------------------------------------------------------------------===//
// Legality
//===----------------------------------------------------------------------===//

class PathFinder {
public:
  PathFinder(HotPath &P, FunctionAnalysisManager &FAM)
      : P(P), F(*P.Path.front().Branch->getFunction()),
        DT(FAM.getResult<DominatorTreeAnalysis>(F)),
        LI(FAM.getResult<LoopAnalysis>(F)),
        AC(FAM.getResult<AssumptionAnalysis>(F)),
        TLI(FAM.getResult<TargetLibraryAnalysis>(F)),
        MSSA(FAM.getResult<MemorySSAAnalysis>(F).getMSSA()) {}

  Error run(TestPlace Place, BasicBlock *Head);

private:
  Error findHead(TestPlace Place, BasicBlock *Head);
  Error findBlocks();
  void nextBlocks(const BasicBlock *BB, unsigned Decided,
                  SmallVectorImpl<BasicBlock *> &Out) const;
  unsigned all() const { return P.Path.size(); }
  bool isHotEdge(const BasicBlock *From, const BasicBlock *To) const;
  bool isEdge(const BasicBlock *From, const BasicBlock *To,
              unsigned Decided) const;
  Error computeEarly(Value *V, unsigned Depth);
  Error loadEarly(LoadInst &Load);
  bool isClobbered(const LoadInst &Load, unsigned Decided) const;
  bool isClobbered(MemoryAccess *Access, const MemoryLocation &Loc,
                   unsigned Decided,
                   SmallPtrSetImpl<MemoryAccess *> &Seen) const;
  bool isCertain(const LoadInst &Load, unsigned Decided) const;

  HotPath &P;
  Function &F;
  DominatorTree &DT;
  LoopInfo &LI;
  AssumptionCache &AC;
  TargetLibraryInfo &TLI;
  MemorySSA &MSSA;
  DenseMap<const BasicBlock *, unsigned> DecisionOf; ///< Its index plus one.
  Instruction *End = nullptr;                        ///< Of the head.
  unsigned Current = 0; ///< The decision looked at.
};

Error PathFinder::findHead(TestPlace Place, BasicBlock *Head) {
  BasicBlock *First = P.Path.front().Branch->getParent();
  P.Head = Head ? Head : First;
  if (Head) {
    // It is known.
  } else if (Place == TestPlace::Loop) {
    Loop *L = LI.getLoopFor(First);
    P.Head = L ? L->getLoopPreheader() : nullptr;
    if (!P.Head)
      return createStringError("the first branch is in no loop with a block of "
                               "its own in front");
  } else if (Place == TestPlace::Entry) {
    P.Head = &F.getEntryBlock();
    if (P.Head == First)
      return createStringError("the first branch is at the entry already");
  }
  End = P.Head->getTerminator();
  if (!isa<BranchInst>(End))
    return createStringError("the block of the test does not end in a branch");
  return Error::success();
}

/// The blocks after \p BB as long as the first \p Decided decisions hold.
void PathFinder::nextBlocks(const BasicBlock *BB, unsigned Decided,
                            SmallVectorImpl<BasicBlock *> &Out) const {
  if (unsigned Index = DecisionOf.lookup(BB); Index && Index <= Decided)
    Out.push_back(P.Path[Index - 1].hotSuccessor());
  else
    append_range(Out, successors(const_cast<BasicBlock *>(BB)));
}

bool PathFinder::isEdge(const BasicBlock *From, const BasicBlock *To,
                        unsigned Decided) const {
  SmallVector<BasicBlock *, 4> Next;
  nextBlocks(From, Decided, Next);
  return is_contained(Next, To);
}

/// If all decisions hold.
bool PathFinder::isHotEdge(const BasicBlock *From, const BasicBlock *To) const {
  return (From == P.Head || P.Hot.contains(const_cast<BasicBlock *>(From))) &&
         isEdge(From, To, all());
}

/// Everything from which the last branch is reached without passing the head
/// again. As the head dominates it, it dominates all of that.
Error PathFinder::findBlocks() {
  BasicBlock *Last = P.Path.back().Branch->getParent();
  for (auto [I, D] : enumerate(P.Path)) {
    BasicBlock *BB = D.Branch->getParent();
    if (!DT.isReachableFromEntry(BB) || !DT.dominates(P.Head, BB))
      return createStringError("the branches lie on no path from the test");
    if (D.Branch->getSuccessor(0) == D.Branch->getSuccessor(1))
      return createStringError("a branch has one target only");
    if (DecisionOf[BB])
      return createStringError("a branch is named twice");
    DecisionOf[BB] = I + 1;
  }
  if (Last == P.Head)
    return createStringError("a path needs two branches or more");
  SmallVector<BasicBlock *, 16> Work{Last};
  while (!Work.empty()) {
    BasicBlock *BB = Work.pop_back_val();
    if (BB == P.Head || !DT.isReachableFromEntry(BB) || !P.Between.insert(BB))
      continue;
    if (P.Between.size() > MaxBetween)
      return createStringError("too many blocks lie between the branches");
    append_range(Work, predecessors(BB));
  }
  SmallVector<BasicBlock *, 16> Next;
  nextBlocks(P.Head, all(), Next);
  while (!Next.empty()) {
    BasicBlock *BB = Next.pop_back_val();
    if (!P.Between.contains(BB) || !P.Hot.insert(BB))
      continue;
    nextBlocks(BB, all(), Next);
  }
  for (const Decision &D : P.Path)
    if (D.Branch->getParent() != P.Head &&
        !P.Hot.contains(D.Branch->getParent()))
      return createStringError("no path goes to all branches as decided");
  // In the order of the function, so that equal genes give equal code.
  SmallVector<BasicBlock *, 16> Ordered;
  for (BasicBlock &BB : F)
    if (P.Hot.contains(&BB))
      Ordered.push_back(&BB);
  P.Hot.clear();
  P.Hot.insert(Ordered.begin(), Ordered.end());
  for (BasicBlock *BB : P.Hot)
    for (Instruction &I : *BB)
      if (I.getType()->isTokenTy() || isa<FuncletPadInst>(I))
        return createStringError("a token cannot be copied");
  return canCopyAll(P.Hot.getArrayRef(), P.Size, MaxHotSize);
}

/// Whether something between the head and \p Access, itself included, writes to
/// \p Loc although the first \p Decided decisions hold.
bool PathFinder::isClobbered(MemoryAccess *Access, const MemoryLocation &Loc,
                             unsigned Decided,
                             SmallPtrSetImpl<MemoryAccess *> &Seen) const {
  if (!Seen.insert(Access).second)
    return false;
  auto IsInside = [&](const MemoryAccess *A) {
    return !MSSA.isLiveOnEntryDef(A) && P.Between.contains(A->getBlock());
  };
  if (!IsInside(Access))
    return false;
  MemoryAccess *Clobber =
      MSSA.getWalker()->getClobberingMemoryAccess(Access, Loc);
  if (!IsInside(Clobber))
    return false;
  auto *Phi = dyn_cast<MemoryPhi>(Clobber);
  if (!Phi)
    return true;
  for (unsigned I = 0, E = Phi->getNumIncomingValues(); I != E; ++I)
    if (isEdge(Phi->getIncomingBlock(I), Phi->getBlock(), Decided) &&
        isClobbered(Phi->getIncomingValue(I), Loc, Decided, Seen))
      return true;
  return false;
}

bool PathFinder::isClobbered(const LoadInst &Load, unsigned Decided) const {
  SmallPtrSet<MemoryAccess *, 8> Seen;
  auto *Use = dyn_cast_or_null<MemoryUse>(MSSA.getMemoryAccess(&Load));
  return !Use || isClobbered(Use->getDefiningAccess(),
                             MemoryLocation::get(&Load), Decided, Seen);
}

/// Whether \p Load is reached from the head whatever happens, as long as the
/// first \p Decided decisions hold.
bool PathFinder::isCertain(const LoadInst &Load, unsigned Decided) const {
  SmallPtrSet<const BasicBlock *, 16> Open, Done;
  auto Transfers = [](const Instruction &I) {
    return isGuaranteedToTransferExecutionToSuccessor(&I);
  };
  // Depth first: a block that is met while it is open closes a cycle, which may
  // never be left.
  auto Visit = [&](auto &Self, BasicBlock *BB) -> bool {
    if (BB == Load.getParent())
      return all_of(make_range(std::as_const(*BB).begin(), Load.getIterator()),
                    Transfers);
    if (!P.Between.contains(BB) || Open.contains(BB))
      return false;
    if (Done.contains(BB))
      return true;
    if (!all_of(*BB, Transfers))
      return false;
    Open.insert(BB);
    SmallVector<BasicBlock *, 4> Next;
    nextBlocks(BB, Decided, Next);
    if (Next.empty() ||
        !all_of(Next, [&](BasicBlock *To) { return Self(Self, To); }))
      return false;
    Open.erase(BB);
    Done.insert(BB);
    return true;
  };
  SmallVector<BasicBlock *, 4> Next;
  nextBlocks(P.Head, Decided, Next);
  return all_of(Next, [&](BasicBlock *To) { return Visit(Visit, To); });
}

Error PathFinder::loadEarly(LoadInst &Load) {
  if (!Load.isSimple())
    return createStringError("a condition depends on a volatile or atomic "
                             "load");
  if (isClobbered(Load, all()))
    return createStringError("what a condition reads is written in between");
  if (isReadableAt(Load, *End, {DT, AC, TLI}))
    return Error::success();
  const unsigned Most = canReadZeros(Load) ? Current : 0;
  for (unsigned Before = 0; Before <= Most; ++Before)
    if (isCertain(Load, Before) && !isClobbered(Load, Before)) {
      P.Guarded[&Load] = Before;
      return Error::success();
    }
  return createStringError("a load may trap in front of the branches");
}

/// Adds to P.Early what \p V needs that the head has not.
Error PathFinder::computeEarly(Value *V, unsigned Depth) {
  auto *I = dyn_cast<Instruction>(V);
  if (!I || DT.dominates(I, End) || P.Early.count(I))
    return Error::success();
  if (!P.Between.contains(I->getParent()) || Depth > MaxEarly ||
      P.Early.size() >= MaxEarly)
    return createStringError("a condition depends on too much");
  if (auto *Phi = dyn_cast<PHINode>(I)) {
    Value *Hot = nullptr;
    for (unsigned N = 0; N != Phi->getNumIncomingValues(); ++N) {
      if (!isHotEdge(Phi->getIncomingBlock(N), Phi->getParent()))
        continue;
      if (Hot && Hot != Phi->getIncomingValue(N))
        return createStringError("a condition depends on the way taken or on "
                                 "the pass of a loop");
      Hot = Phi->getIncomingValue(N);
    }
    if (!Hot)
      return createStringError("a condition is not reached");
    if (Error E = computeEarly(Hot, Depth + 1))
      return E;
    P.Early[Phi] = Hot;
    return Error::success();
  }
  if (!P.Hot.contains(I->getParent()))
    return createStringError("a condition is computed beside the path");
  auto *Load = dyn_cast<LoadInst>(I);
  if (!Load) {
    const auto *Call = dyn_cast<CallBase>(I);
    if (I->mayHaveSideEffects() || I->mayReadFromMemory() ||
        I->getType()->isTokenTy() || isa<AllocaInst>(I) ||
        (Call && (Call->isConvergent() || Call->cannotDuplicate())) ||
        !isSafeToSpeculativelyExecute(I, End, &AC, &DT, &TLI))
      return createStringError(Twine("'") + I->getOpcodeName() +
                               "' in a condition may have an effect or trap");
  }
  for (Value *Operand : I->operands())
    if (Error E = computeEarly(Operand, Depth + 1))
      return E;
  if (Load)
    if (Error E = loadEarly(*Load))
      return E;
  P.Early[I] = nullptr;
  return Error::success();
}

Error PathFinder::run(TestPlace Place, BasicBlock *Head) {
  if (Error E = findHead(Place, Head))
    return E;
  if (Error E = findBlocks())
    return E;
  for (Current = 0; Current != P.Path.size(); ++Current) {
    const Decision &D = P.Path[Current];
    if (isa<Constant>(D.Branch->getCondition()))
      return createStringError("a condition is constant");
    if (Error E = computeEarly(D.Branch->getCondition(), 0))
      return E;
    double Taken = takenShare(*D.Branch).value_or(0.5);
    P.Share *= D.Taken ? Taken : 1 - Taken;
  }
  return Error::success();
}

Expected<HotPath> HotPath::find(ArrayRef<Decision> Path, TestPlace Place,
                                FunctionAnalysisManager &FAM,
                                BasicBlock *Head) {
  if (Path.empty())
    return createStringError("a path needs two branches or more");
  HotPath P(Path);
  PathFinder Finder(P, FAM);
  if (Error E = Finder.run(Place, Head))
    return std::move(E);
  return P;
}

} // namespace speciate
