//===- passes/operators/Sink.cpp - Computation moved to its rare use
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/Sink.h"
#include "passes/sites/Cost.h"
#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Analysis/AliasAnalysis.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/BranchProbabilityInfo.h"
#include "llvm/Analysis/CFG.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace speciate {

/// How far up the dominator tree is looked, and how much may be moved.
static constexpr unsigned MaxBlocksUp = 24;
static constexpr unsigned MaxPartBlocks = 32;
static constexpr unsigned MaxMoved = 400;
/// Pairs of a read and a write that are compared.
static constexpr unsigned MaxPairs = 1000;

namespace {

/// What is moved as one: an instruction, or the blocks between Above and Join
/// with the phis of Join.
struct Unit {
  Instruction *One = nullptr;
  BasicBlock *Above = nullptr, *Join = nullptr;
  SmallVector<BasicBlock *, 8> Blocks;
  /// The part stays as well, for results that are needed elsewhere: it is
  /// copied, and these uses are of the copy.
  bool Copied = false;
  SmallVector<Use *, 8> Uses;
};

struct SinkPlan {
  BasicBlock *From = nullptr, *Side = nullptr;
  SmallVector<Unit, 16> Units; ///< From the branch upwards.
  double Cost = 0;             ///< Of all that moves, in all executions.
};

class SinkFinder {
public:
  SinkFinder(BranchInst &Br, unsigned Way, FunctionAnalysisManager &FAM)
      : F(*Br.getFunction()), DT(FAM.getResult<DominatorTreeAnalysis>(F)),
        LI(FAM.getResult<LoopAnalysis>(F)),
        SE(FAM.getResult<ScalarEvolutionAnalysis>(F)),
        AA(FAM.getResult<AAManager>(F)),
        BFI(FAM.getResult<BlockFrequencyAnalysis>(F)),
        TTI(FAM.getResult<TargetIRAnalysis>(F)),
        Edge(Br.getParent(), Br.getSuccessor(Way)) {
    Plan.From = Br.getParent();
    Plan.Side = Br.getSuccessor(Way);
  }
  Expected<SinkPlan> run();

private:
  bool isUsedThereOnly(const Instruction &I) const;
  bool isMovable(const Instruction &I) const;
  bool readsUnchanged(const Instruction &I);
  bool isFinite(Loop &L) const;
  BasicBlock *blockAbove(BasicBlock *BB) const;
  bool collectPart(BasicBlock *Above, BasicBlock *Join,
                   SmallVectorImpl<BasicBlock *> &Blocks) const;
  bool movesPart(Unit &U);
  bool copiesPart(Unit &U);
  void stay(const Instruction &I);

  Function &F;
  DominatorTree &DT;
  LoopInfo &LI;
  ScalarEvolution &SE;
  AAResults &AA;
  BlockFrequencyInfo &BFI;
  TargetTransformInfo &TTI;
  BasicBlockEdge Edge;
  SinkPlan Plan;
  SmallPtrSet<const Instruction *, 32> Moved;
  SmallVector<const Instruction *, 16> Writes; ///< Those that stay.
  unsigned Pairs = 0;
  std::optional<bool> Irreducible;
};

} // namespace

/// By the side, or by what moves to it.
bool SinkFinder::isUsedThereOnly(const Instruction &I) const {
  return all_of(I.uses(), [&](const Use &U) {
    return Moved.contains(cast<Instruction>(U.getUser())) ||
           DT.dominates(Edge, U);
  });
}

bool SinkFinder::isMovable(const Instruction &I) const {
  if (I.mayHaveSideEffects() || I.isEHPad() || isa<AllocaInst>(I) ||
      I.getType()->isTokenTy() || I.isAtomic())
    return false;
  const auto *Call = dyn_cast<CallBase>(&I);
  return !Call || (isa<CallInst>(Call) && !Call->isConvergent() &&
                   !Call->isMustTailCall());
}

/// What \p I reads is not written by what stays behind it.
bool SinkFinder::readsUnchanged(const Instruction &I) {
  if (!I.mayReadFromMemory())
    return true;
  return all_of(Writes, [&](const Instruction *W) {
    if (++Pairs > MaxPairs)
      return false;
    ModRefInfo Effect =
        isa<CallBase>(I) ? AA.getModRefInfo(W, cast<CallBase>(&I))
                         : AA.getModRefInfo(W, MemoryLocation::getOrNone(&I));
    return !isModSet(Effect);
  });
}

bool SinkFinder::isFinite(Loop &L) const {
  return all_of(L.getLoopsInPreorder(), [&](const Loop *Inner) {
    return isMustProgress(Inner) ||
           !isa<SCEVCouldNotCompute>(SE.getBackedgeTakenCount(Inner));
  });
}

/// Where one gets to from \p BB upwards, loops beside the way skipped.
BasicBlock *SinkFinder::blockAbove(BasicBlock *BB) const {
  const Loop *Around = LI.getLoopFor(Plan.From);
  while (const auto *Node = DT.getNode(BB)->getIDom()) {
    BB = Node->getBlock();
    Loop *L = LI.getLoopFor(BB);
    if (L == Around)
      return BB;
    // Nothing is moved into a loop.
    if (!L || (Around && !Around->contains(L)))
      return nullptr;
    while (L->getParentLoop() != Around)
      L = L->getParentLoop();
    BB = L->getHeader();
  }
  return nullptr;
}

/// All between the two; false if it is left or entered elsewhere.
bool SinkFinder::collectPart(BasicBlock *Above, BasicBlock *Join,
                             SmallVectorImpl<BasicBlock *> &Blocks) const {
  SmallSetVector<BasicBlock *, 16> Part;
  SmallVector<BasicBlock *, 16> Work(predecessors(Join));
  while (!Work.empty()) {
    BasicBlock *BB = Work.pop_back_val();
    if (BB == Above || !Part.insert(BB))
      continue;
    // A back edge of the loop around: Join is its header.
    if (BB == Join || Part.size() > MaxPartBlocks ||
        !DT.isReachableFromEntry(BB))
      return false;
    append_range(Work, predecessors(BB));
  }
  Blocks.assign(Part.begin(), Part.end());
  auto IsInside = [&](BasicBlock *BB) {
    return BB == Join || Part.contains(BB);
  };
  return all_of(Part,
                [&](BasicBlock *BB) {
                  return all_of(successors(BB), IsInside);
                }) &&
         all_of(successors(Above), IsInside);
}

bool SinkFinder::movesPart(Unit &U) {
  // A cycle that is no loop may have no end.
  if (!Irreducible) {
    ReversePostOrderTraversal<const Function *> Order(&F);
    Irreducible = containsIrreducibleCFG<const BasicBlock *>(Order, LI);
  }
  if (*Irreducible || U.Blocks.empty() ||
      !isa<BranchInst, SwitchInst>(U.Above->getTerminator()))
    return false;
  SmallPtrSet<const Instruction *, 32> Added;
  auto Add = [&](const Instruction &I) {
    if (Moved.insert(&I).second)
      Added.insert(&I);
  };
  unsigned Size = 0;
  for (BasicBlock *BB : U.Blocks) {
    if (BB->hasAddressTaken())
      return false;
    for (const Instruction &I : *BB) {
      if (I.isTerminator() ? !isa<BranchInst, SwitchInst>(I)
                           : (!I.isDebugOrPseudoInst() && !isMovable(I) &&
                              !isa<AssumeInst>(I)))
        return false;
      if (!readsUnchanged(I))
        return false;
    }
    Size += BB->sizeWithoutDebug();
    Loop *L = LI.getLoopFor(BB);
    if (L && L->getHeader() == BB && L != LI.getLoopFor(U.Join) &&
        !isFinite(*L))
      return false;
  }
  if (Size + Moved.size() > MaxMoved)
    return false;
  for (BasicBlock *BB : U.Blocks)
    for (const Instruction &I : *BB)
      Add(I);
  for (const PHINode &Phi : U.Join->phis())
    Add(Phi);
  // Its end goes with it.
  Add(*U.Above->getTerminator());
  if (all_of(Added, [&](const Instruction *I) { return isUsedThereOnly(*I); }))
    return true;
  for (const Instruction *I : Added)
    Moved.erase(I);
  return copiesPart(U);
}

/// What is left of the part, which is known to be without effects, must have
/// no loop that has to stay: no result that is needed elsewhere comes out of
/// one.
bool SinkFinder::copiesPart(Unit &U) {
  SmallVector<Instruction *, 32> Results;
  for (PHINode &Phi : U.Join->phis())
    Results.push_back(&Phi);
  for (BasicBlock *BB : U.Blocks)
    for (Instruction &I : *BB)
      Results.push_back(&I);
  const SmallPtrSet<const BasicBlock *, 16> Inside(U.Blocks.begin(),
                                                   U.Blocks.end());
  const Loop *Around = LI.getLoopFor(U.Join);
  auto IsOfLoop = [&](const Value *V) {
    const auto *I = dyn_cast<Instruction>(V);
    return I && Inside.contains(I->getParent()) &&
           LI.getLoopFor(I->getParent()) != Around;
  };
  bool SavesLoop = false;
  for (Instruction *I : Results) {
    const bool OfPart = Inside.contains(I->getParent());
    for (Use &Each : I->uses()) {
      auto *User = cast<Instruction>(Each.getUser());
      if (OfPart &&
          (Inside.contains(User->getParent()) || User->getParent() == U.Join))
        continue;
      if (Moved.contains(User) || DT.dominates(Edge, Each)) {
        U.Uses.push_back(&Each);
        SavesLoop |=
            isa<PHINode>(I) && !OfPart && any_of(I->operands(), IsOfLoop);
      } else if (OfPart ? IsOfLoop(I) : any_of(I->operands(), IsOfLoop)) {
        return false;
      }
    }
  }
  U.Copied = SavesLoop;
  return SavesLoop;
}

void SinkFinder::stay(const Instruction &I) {
  if (I.mayWriteToMemory())
    Writes.push_back(&I);
}

Expected<SinkPlan> SinkFinder::run() {
  if (!Edge.isSingleEdge())
    return createStringError("the branch has one target only");
  if (Plan.Side->isEHPad())
    return createStringError("the side handles an exception");
  auto Cost = [&](const Instruction &I) {
    InstructionCost C =
        TTI.getInstructionCost(&I, TargetTransformInfo::TCK_Latency);
    double One = C.isValid() ? std::min<int64_t>(C.getValue(), 100) : 1;
    if (isa<CallInst>(I))
      One = std::max(One, 20.0);
    return One * blockCount(*I.getParent(), BFI);
  };
  unsigned Steps = 0;
  for (BasicBlock *BB = Plan.From; BB && Steps != MaxBlocksUp; ++Steps) {
    for (Instruction &I : reverse(*BB)) {
      if (isa<PHINode>(I) || I.isDebugOrPseudoInst())
        continue;
      if (Moved.contains(&I) && I.isTerminator())
        continue;
      // What nothing uses is not worth a move.
      if (!I.isTerminator() && !I.use_empty() && isMovable(I) &&
          isUsedThereOnly(I) && readsUnchanged(I) && Moved.size() < MaxMoved) {
        Moved.insert(&I);
        Plan.Units.emplace_back().One = &I;
        Plan.Cost += Cost(I);
      } else {
        stay(I);
      }
    }
    BasicBlock *Above = blockAbove(BB);
    if (!Above)
      break;
    Unit U;
    U.Above = Above;
    U.Join = BB;
    const bool IsPart = collectPart(Above, BB, U.Blocks);
    if (IsPart && movesPart(U)) {
      for (BasicBlock *Part : U.Blocks)
        for (const Instruction &I : *Part)
          Plan.Cost += Cost(I);
      Plan.Units.push_back(std::move(U));
    } else if (!IsPart) {
      // Something may come from elsewhere, or go there: what lies between is
      // not known.
      break;
    } else {
      for (BasicBlock *Part : U.Blocks)
        for (const Instruction &I : *Part)
          stay(I);
    }
    BB = Above;
  }
  if (Plan.Units.empty())
    return createStringError("nothing in front of the branch is needed on that "
                             "side only");
  return std::move(Plan);
}

//===----------------------------------------------------------------------===//
// Transformation
//===----------------------------------------------------------------------===//

/// Where its value is no longer computed, a variable has none.
static void killRecords(Instruction &I, const BasicBlockEdge &Edge,
                        const DominatorTree &DT) {
  SmallVector<DbgVariableRecord *, 4> Records;
  findDbgUsers(&I, Records);
  for (DbgVariableRecord *R : Records)
    if (!DT.dominates(Edge, R->getParent()))
      R->setKillLocation();
}

/// A copy of the part between \p From and \p Next; returns its first block.
static BasicBlock *copyPart(const Unit &U, BasicBlock *From, BasicBlock *Next) {
  Function *F = From->getParent();
  LLVMContext &Ctx = F->getContext();
  ValueToValueMapTy Map;
  BasicBlock *In = BasicBlock::Create(Ctx, "sunk.begin", F, Next);
  SmallVector<BasicBlock *, 8> Copies{In};
  for (BasicBlock *BB : U.Blocks) {
    BasicBlock *Copy = CloneBasicBlock(BB, Map, ".sunk", F);
    Copy->moveBefore(Next);
    Map[BB] = Copy;
    Copies.push_back(Copy);
  }
  BasicBlock *Out = BasicBlock::Create(Ctx, "sunk.end", F, Next);
  Instruction *End = U.Above->getTerminator()->clone();
  End->insertInto(In, In->end());
  for (PHINode &Phi : U.Join->phis()) {
    Instruction *Copy = Phi.clone();
    Copy->insertInto(Out, Out->end());
    Map[&Phi] = Copy;
  }
  BranchInst::Create(Next, Out)->setDebugLoc(End->getDebugLoc());
  Copies.push_back(Out);
  Map[U.Above] = In;
  Map[U.Join] = Out;
  remapInstructionsInBlocks(Copies, Map);
  From->getTerminator()->replaceSuccessorWith(Next, In);
  for (Use *Each : U.Uses)
    Each->set(Map[Each->get()]);
  return In;
}

static void moveUnits(const SinkPlan &Plan, DominatorTree &DT) {
  Function *F = Plan.From->getParent();
  BasicBlockEdge Edge(Plan.From, Plan.Side);
  for (const Unit &U : Plan.Units) {
    if (U.One)
      killRecords(*U.One, Edge, DT);
    if (!U.Join || U.Copied)
      continue;
    for (PHINode &Phi : U.Join->phis())
      killRecords(Phi, Edge, DT);
    SmallPtrSet<const BasicBlock *, 8> Inside(U.Blocks.begin(), U.Blocks.end());
    for (BasicBlock *BB : U.Blocks)
      for (Instruction &I : *BB) {
        SmallVector<DbgVariableRecord *, 4> Records;
        findDbgUsers(&I, Records);
        for (DbgVariableRecord *R : Records)
          if (!Inside.contains(R->getParent()) &&
              !DT.dominates(Edge, R->getParent()))
            R->setKillLocation();
      }
  }
  // Front is always entered from the branch only.
  auto InFront = [&](BasicBlock *Next, const Twine &Name) {
    BasicBlock *New = BasicBlock::Create(F->getContext(), Name, F, Next);
    Instruction *End = Plan.From->getTerminator();
    BranchInst::Create(Next, New)->setDebugLoc(End->getDebugLoc());
    return New;
  };
  BasicBlock *Front = InFront(Plan.Side, "sunk");
  Plan.From->getTerminator()->replaceSuccessorWith(Plan.Side, Front);
  Plan.Side->replacePhiUsesWith(Plan.From, Front);
  for (const Unit &U : Plan.Units) {
    if (U.One) {
      U.One->moveBefore(*Front, Front->getFirstInsertionPt());
      continue;
    }
    if (U.Copied) {
      Front = copyPart(U, Plan.From, Front);
      continue;
    }
    BasicBlock *Out = InFront(Front, "sunk.end");
    BasicBlock *In = BasicBlock::Create(F->getContext(), "sunk.begin", F, Out);
    Plan.From->getTerminator()->replaceSuccessorWith(Front, In);
    Instruction *End = U.Above->getTerminator();
    DebugLoc Loc = End->getDebugLoc();
    End->removeFromParent();
    End->insertInto(In, In->end());
    BranchInst::Create(U.Join, U.Above)->setDebugLoc(Loc);
    for (BasicBlock *BB : U.Blocks) {
      BB->replacePhiUsesWith(U.Above, In);
      BB->getTerminator()->replaceSuccessorWith(U.Join, Out);
      BB->moveBefore(Out);
    }
    End->replaceSuccessorWith(U.Join, Out);
    for (PHINode &Phi : make_early_inc_range(U.Join->phis())) {
      Phi.moveBefore(*Out, Out->getFirstNonPHIIt());
      for (unsigned N = 0; N != Phi.getNumIncomingValues(); ++N)
        if (Phi.getIncomingBlock(N) == U.Above)
          Phi.setIncomingBlock(N, In);
    }
    Front = In;
  }
}

//===----------------------------------------------------------------------===//
// The operator
//===----------------------------------------------------------------------===//

namespace {

class Sink final : public Operator {
public:
  StringRef name() const override { return "sink"; }
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

std::vector<Choice> Sink::match(const SiteRef &S,
                                OperatorContext &Context) const {
  if (S.Id.Kind != SiteKind::Branch)
    return {};
  Value *V = S.Where;
  auto *Br = cast<BranchInst>(V);
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(*Context.F);
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(*Context.F);
  const double Cost = staticCost(*Context.F, BFI, TTI);
  const double Count = blockCount(*Br->getParent(), BFI);
  if (Cost <= 0 || Count <= 0)
    return {};
  std::vector<Choice> Result;
  for (unsigned Way : {0, 1}) {
    auto &BPI = Context.FAM->getResult<BranchProbabilityAnalysis>(*Context.F);
    BranchProbability Likely = BPI.getEdgeProbability(Br->getParent(), Way);
    const double Rare =
        double(Likely.getNumerator()) / double(Likely.getDenominator());
    if (Rare > 0.9)
      continue;
    Expected<SinkPlan> Plan = SinkFinder(*Br, Way, *Context.FAM).run();
    if (!Plan) {
      consumeError(Plan.takeError());
      continue;
    }
    const double Gain = Context.Share * 0.7 * (1 - Rare) * Plan->Cost / Cost;
    // What is not a thousandth of its function cannot be measured.
    if (Gain > Context.Share * 1e-3)
      Result.push_back({name().str(), Way ? "into=else" : "into=then",
                        std::min(Gain, Context.Share * 0.9)});
  }
  return Result;
}

Error Sink::apply(const SiteRef &S, const Parameters &P,
                  OperatorContext &Context) const {
  if (S.Id.Kind != SiteKind::Branch)
    return createStringError("sink fits branches only");
  if (Error E = P.onlyKeys({"into"}))
    return E;
  StringRef Into = P.get("into");
  if (Into != "then" && Into != "else")
    return createStringError("parameter 'into=" + Into +
                             "' is neither then nor else");
  Value *V = S.Where;
  auto *Br = dyn_cast<BranchInst>(V);
  if (!Br || !Br->isConditional())
    return createStringError("an earlier gene has decided the branch");
  Expected<SinkPlan> Plan =
      SinkFinder(*Br, Into == "then" ? 0 : 1, *Context.FAM).run();
  if (!Plan)
    return Plan.takeError();
  moveUnits(*Plan, Context.FAM->getResult<DominatorTreeAnalysis>(*Context.F));
  // What was copied has left dead loops.
  if (Context.Codegen &&
      any_of(Plan->Units, [](const Unit &U) { return U.Copied; }))
    Context.Codegen->Simplify = true;
  return Error::success();
}

std::unique_ptr<Operator> createSink() { return std::make_unique<Sink>(); }

} // namespace speciate
