//===- passes/operators/Flatten.cpp - Both sides of a branch, without the branch
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/Flatten.h"
#include "passes/operators/LateForms.h"
#include "passes/operators/Places.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/PostDominators.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/ProfDataUtils.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/Local.h"

using namespace llvm;

namespace speciate {

static constexpr unsigned MaxBlocks = 16;
static constexpr unsigned MaxInstructions = 80;

//===----------------------------------------------------------------------===//
// What can be flattened
//===----------------------------------------------------------------------===//

namespace {

struct Analyses {
  explicit Analyses(Function &F, FunctionAnalysisManager &FAM)
      : DL(F.getDataLayout()), DT(FAM.getResult<DominatorTreeAnalysis>(F)),
        PDT(FAM.getResult<PostDominatorTreeAnalysis>(F)),
        AC(FAM.getResult<AssumptionAnalysis>(F)),
        TLI(FAM.getResult<TargetLibraryAnalysis>(F)) {}

  const DataLayout &DL;
  DominatorTree &DT;
  PostDominatorTree &PDT;
  AssumptionCache &AC;
  TargetLibraryInfo &TLI;
};

/// What becomes of an instruction between head and join.
enum class Treatment { Move, Redirect, Rewrite, Drop, Refuse };

} // namespace

static bool isConditional(const BasicBlock &BB) {
  const auto *Br = dyn_cast<BranchInst>(BB.getTerminator());
  return Br && Br->isConditional() &&
         Br->getSuccessor(0) != Br->getSuccessor(1);
}

static Treatment treat(Instruction &I, BasicBlock &Head, const Analyses &A,
                       std::string &Why) {
  Instruction *At = Head.getTerminator();
  auto Refuse = [&](const Twine &Reason) {
    Why = Reason.str();
    return Treatment::Refuse;
  };
  if (I.isDebugOrPseudoInst() || isa<AssumeInst, NoAliasScopeDeclInst>(I))
    return Treatment::Drop;
  if (auto *Load = dyn_cast<LoadInst>(&I)) {
    if (!Load->isSimple())
      return Refuse("a volatile or atomic load depends on the branch");
    if (isReadableAt(*Load, *At, {A.DT, A.AC, A.TLI}))
      return Treatment::Move;
    return canReadZeros(*Load) ? Treatment::Redirect
                               : Refuse("a load does not fit the stand-in");
  }
  if (auto *Store = dyn_cast<StoreInst>(&I)) {
    if (!Store->isSimple())
      return Refuse("a volatile or atomic store depends on the branch");
    if (isOwnPlace(*Store, *At, {A.DT, A.AC, A.TLI}))
      return Treatment::Rewrite;
    return canWriteStandIn(*Store)
               ? Treatment::Redirect
               : Refuse("a store does not fit the stand-in");
  }
  if (I.mayHaveSideEffects() || I.mayReadFromMemory())
    return Refuse(Twine("'") + I.getOpcodeName() +
                  "' has an effect and depends on the branch");
  if (const auto *Call = dyn_cast<CallBase>(&I);
      (Call && Call->isConvergent()) || I.getType()->isTokenTy() ||
      !isSafeToSpeculativelyExecute(&I, At, &A.AC, &A.DT, &A.TLI))
    return Refuse(Twine("'") + I.getOpcodeName() +
                  "' may trap when it is computed in vain");
  return Treatment::Move;
}

/// Sorts the blocks between H.Head and H.Join so that each comes after those
/// that lead to it.
static Error sortBlocks(Hammock &H) {
  SmallPtrSet<BasicBlock *, 16> Inside;
  SmallVector<BasicBlock *, 16> Work(successors(H.Head));
  while (!Work.empty()) {
    BasicBlock *BB = Work.pop_back_val();
    if (BB == H.Join || !Inside.insert(BB).second)
      continue;
    if (BB == H.Head)
      return createStringError("a loop lies between the branch and its join");
    if (Inside.size() > MaxBlocks)
      return createStringError("too many blocks depend on the branch");
    if (!isa<BranchInst>(BB->getTerminator()))
      return createStringError("a block that depends on the branch does not "
                               "end in a branch");
    if (BB->hasAddressTaken())
      return createStringError("the address of a block is taken");
    append_range(Work, successors(BB));
  }
  DenseMap<BasicBlock *, unsigned> Waiting;
  for (BasicBlock *BB : Inside)
    for (BasicBlock *Pred : predecessors(BB)) {
      if (Pred != H.Head && !Inside.contains(Pred))
        return createStringError("a block that depends on the branch is also "
                                 "entered from elsewhere");
      ++Waiting[BB];
    }
  auto Reach = [&](BasicBlock *From) {
    for (BasicBlock *To : successors(From))
      if (To != H.Join && --Waiting[To] == 0)
        H.Blocks.push_back(To);
  };
  Reach(H.Head);
  for (size_t I = 0; I != H.Blocks.size(); ++I)
    Reach(H.Blocks[I]);
  if (H.Blocks.size() != Inside.size())
    return createStringError("a loop lies between the branch and its join");
  return Error::success();
}

Expected<Hammock> findHammock(BranchInst &Br, FunctionAnalysisManager &FAM) {
  if (!Br.isConditional() || !isConditional(*Br.getParent()))
    return createStringError("the branch has one target only");
  Function &F = *Br.getFunction();
  Analyses A(F, FAM);
  Hammock H;
  H.Head = Br.getParent();
  const auto *Node = A.PDT.getNode(H.Head);
  const auto *Above = Node ? Node->getIDom() : nullptr;
  H.Join = Above ? Above->getBlock() : nullptr;
  if (!H.Join)
    return createStringError("the two sides never meet again");
  if (Error E = sortBlocks(H))
    return std::move(E);
  for (BasicBlock *BB : H.Blocks)
    for (Instruction &I : *BB) {
      if (I.isTerminator())
        continue;
      if (isa<PHINode>(I)) {
        H.HasIntegers |= I.getType()->isIntegerTy();
        continue;
      }
      std::string Why;
      Treatment T = treat(I, *H.Head, A, Why);
      if (T == Treatment::Refuse)
        return createStringError(Why);
      if (T == Treatment::Drop)
        continue;
      ++H.Instructions;
      H.Stores += isa<StoreInst>(I);
      H.Loads += isa<LoadInst>(I) && T == Treatment::Redirect;
    }
  if (H.Instructions > MaxInstructions)
    return createStringError("too many instructions depend on the branch");
  for (const PHINode &Phi : H.Join->phis()) {
    if (Phi.getType()->isTokenTy())
      return createStringError("a token depends on the branch");
    H.HasIntegers |= Phi.getType()->isIntegerTy();
  }
  return H;
}

//===----------------------------------------------------------------------===//
// Flattening
//===----------------------------------------------------------------------===//

namespace {

/// A condition, or its opposite. Null: always.
struct Condition {
  Value *V = nullptr;
  bool Inverted = false;
};

class Flattener {
public:
  Flattener(const Hammock &H, SelectForm Form, FunctionAnalysisManager &FAM)
      : H(H), Form(Form), A(*H.Head->getParent(), FAM),
        End(H.Head->getTerminator()), B(End) {
    weigh();
    // Before the first change, as findHammock has seen it.
    std::string Why;
    for (BasicBlock *BB : H.Blocks)
      for (Instruction &I : *BB)
        if (!I.isTerminator() && !isa<PHINode>(I))
          Treatments[&I] = treat(I, *H.Head, A, Why);
    assert(Why.empty() && "findHammock would have refused");
  }
  void run();

private:
  void weigh();
  Value *materialize(Condition C);
  Condition edge(BasicBlock *From, BasicBlock *To);
  Condition block(BasicBlock *BB);
  Value *choose(Condition C, Value *Then, Value *Else, uint64_t ThenWeight,
                uint64_t ElseWeight, bool Mark);
  Value *update(Condition C, Value *Then, Value *Else, uint64_t ThenWeight,
                uint64_t ElseWeight);
  bool isInverted(const BasicBlock *From, const BasicBlock *To) const;
  Value *merge(PHINode &Phi);
  void moveBlock(BasicBlock &BB);
  void redirect(Instruction &I, Condition C);
  void rewrite(StoreInst &Store, Condition C, Value *Old);
  void killVariables(Instruction &I);
  Value *slot();

  const Hammock &H;
  SelectForm Form;
  Analyses A;
  Instruction *End;
  IRBuilder<> B;
  DenseMap<std::pair<BasicBlock *, BasicBlock *>, Condition> Edges;
  DenseMap<BasicBlock *, Condition> Blocks;
  DenseMap<Value *, Value *> Inverses;
  DenseMap<const Instruction *, Treatment> Treatments;
  /// How often each block ran, if all branches have weights.
  bool Weighed = true;
  DenseMap<const BasicBlock *, double> BlockWeight;
  DenseMap<std::pair<const BasicBlock *, const BasicBlock *>, double>
      EdgeWeight;
  /// Variables that are optimized out from the join on.
  MapVector<DebugVariable, DbgVariableRecord *> Killed;
  AllocaInst *Slot = nullptr;
};

} // namespace

void Flattener::weigh() {
  auto Spread = [&](const BasicBlock *BB, double Weight) {
    BlockWeight[BB] = Weight;
    uint64_t True, False;
    if (!isConditional(*BB)) {
      EdgeWeight[{BB, BB->getUniqueSuccessor()}] = Weight;
    } else if (extractBranchWeights(*BB->getTerminator(), True, False) &&
               True + False) {
      double Share = double(True) / (double(True) + double(False));
      const auto *Br = cast<BranchInst>(BB->getTerminator());
      EdgeWeight[{BB, Br->getSuccessor(0)}] = Weight * Share;
      EdgeWeight[{BB, Br->getSuccessor(1)}] = Weight * (1 - Share);
    } else {
      Weighed = false;
    }
  };
  uint64_t Total = 0;
  Weighed = extractProfTotalWeight(*End, Total);
  Spread(H.Head, double(Total));
  for (const BasicBlock *BB : H.Blocks) {
    double Weight = 0;
    SmallPtrSet<const BasicBlock *, 4> Seen;
    for (const BasicBlock *Pred : predecessors(BB))
      if (Seen.insert(Pred).second)
        Weight += EdgeWeight.lookup({Pred, BB});
    Spread(BB, Weight);
  }
}

Value *Flattener::materialize(Condition C) {
  if (!C.Inverted)
    return C.V;
  Value *&Inverse = Inverses[C.V];
  if (!Inverse)
    Inverse = B.CreateNot(C.V, C.V->getName() + ".not");
  return Inverse;
}

/// The condition under which control goes from \p From to \p To.
Condition Flattener::edge(BasicBlock *From, BasicBlock *To) {
  if (!isConditional(*From))
    return block(From);
  auto Known = Edges.find({From, To});
  if (Known != Edges.end())
    return Known->second;
  const auto *Br = cast<BranchInst>(From->getTerminator());
  Condition Own{Br->getCondition(), Br->getSuccessor(0) != To};
  Condition Outer = block(From);
  if (Outer.V) {
    // Not `and`: the inner condition may be poison when the block did not run.
    Value *Both =
        B.CreateSelect(materialize(Outer), materialize(Own), B.getFalse());
    if (auto *S = dyn_cast<SelectInst>(Both)) {
      S->setDebugLoc(Br->getDebugLoc());
      if (Weighed)
        setFittedBranchWeights(
            *S,
            {uint64_t(BlockWeight[From]),
             uint64_t(std::max(0.0, BlockWeight[H.Head] - BlockWeight[From]))},
            /*IsExpected=*/false);
      else
        setExplicitlyUnknownBranchWeightsIfProfiled(*S, "speciate");
    }
    Own = {Both, false};
  }
  Edges[{From, To}] = Own;
  return Own;
}

/// The condition under which \p BB runs.
Condition Flattener::block(BasicBlock *BB) {
  if (BB == H.Head)
    return {};
  auto Known = Blocks.find(BB);
  if (Known != Blocks.end())
    return Known->second;
  Condition Result;
  if (BasicBlock *Pred = BB->getSinglePredecessor()) {
    Result = edge(Pred, BB);
  } else {
    BasicBlock *Above = A.DT.getNode(BB)->getIDom()->getBlock();
    if (A.PDT.dominates(BB, Above)) {
      Result = block(Above);
    } else {
      Value *Any = nullptr;
      SmallPtrSet<BasicBlock *, 4> Seen;
      for (BasicBlock *Pred : predecessors(BB))
        if (Seen.insert(Pred).second) {
          Value *One = materialize(edge(Pred, BB));
          Any = Any ? B.CreateOr(Any, One) : One;
        }
      Result = {Any, false};
    }
  }
  Blocks[BB] = Result;
  return Result;
}

Value *Flattener::choose(Condition C, Value *Then, Value *Else,
                         uint64_t ThenWeight, uint64_t ElseWeight, bool Mark) {
  if (C.Inverted) {
    std::swap(Then, Else);
    std::swap(ThenWeight, ElseWeight);
  }
  Value *Chosen = B.CreateSelect(C.V, Then, Else);
  auto *S = dyn_cast<SelectInst>(Chosen);
  if (!S)
    return Chosen;
  if (Weighed)
    setFittedBranchWeights(*S, {ThenWeight, ElseWeight}, /*IsExpected=*/false);
  else
    setExplicitlyUnknownBranchWeightsIfProfiled(*S, "speciate");
  if (Mark && Form == SelectForm::Mask && fitsLateForm(*S, LateForm::Mask))
    markLateForm(*S, LateForm::Mask);
  else
    S->setMetadata(LLVMContext::MD_unpredictable,
                   MDNode::get(S->getContext(), {}));
  return S;
}

/// choose() for x + v against x, as x + (v or 0): the shape in which
/// InstCombine leaves it, and half of a mask.
Value *Flattener::update(Condition C, Value *Then, Value *Else,
                         uint64_t ThenWeight, uint64_t ElseWeight) {
  for (bool Swapped : {false, true}) {
    Value *Old = Swapped ? Then : Else;
    auto *New = dyn_cast<BinaryOperator>(Swapped ? Else : Then);
    if (!New || !New->getType()->isIntegerTy() || New->getParent() != H.Head)
      continue;
    bool Fits = New->getOpcode() == Instruction::Add ||
                New->getOpcode() == Instruction::Sub ||
                New->getOpcode() == Instruction::Xor ||
                New->getOpcode() == Instruction::Or;
    unsigned At = New->getOperand(0) == Old                           ? 0
                  : New->getOperand(1) == Old && New->isCommutative() ? 1
                                                                      : 2;
    if (!Fits || At == 2)
      continue;
    B.SetCurrentDebugLocation(New->getDebugLoc());
    Value *Amount = New->getOperand(1 - At);
    Value *Zero = ConstantInt::get(New->getType(), 0);
    Value *Chosen = choose(C, Swapped ? Zero : Amount, Swapped ? Amount : Zero,
                           ThenWeight, ElseWeight, /*Mark=*/true);
    // Adding nothing never overflows: the flags hold as they are. An `or` may
    // no longer be disjoint only where it was not chosen, with zero.
    Instruction *Sum = New->clone();
    Sum->setOperand(At, Old);
    Sum->setOperand(1 - At, Chosen);
    B.Insert(Sum);
    return Sum;
  }
  return choose(C, Then, Else, ThenWeight, ElseWeight, /*Mark=*/true);
}

/// True if edge(From, To) is the opposite of a condition of the head.
bool Flattener::isInverted(const BasicBlock *From, const BasicBlock *To) const {
  while (!isConditional(*From)) {
    To = From;
    From = From->getSinglePredecessor();
    if (!From)
      return false;
  }
  return From == H.Head && H.Head->getTerminator()->getSuccessor(0) != To;
}

/// The value that \p Phi has when control comes out of the flattened blocks.
Value *Flattener::merge(PHINode &Phi) {
  BasicBlock *To = Phi.getParent();
  // In the order of the phi. Ways of one value are one.
  MapVector<Value *, SmallVector<BasicBlock *, 4>> Ways;
  for (auto [From, V] : zip(Phi.blocks(), Phi.incoming_values()))
    if ((From == H.Head || is_contained(H.Blocks, From)) &&
        !is_contained(Ways[V], From))
      Ways[V].push_back(From);
  Ways.remove_if([](const auto &Way) { return Way.second.empty(); });
  auto Weigh = [&](const SmallVectorImpl<BasicBlock *> &From) {
    double Sum = 0;
    for (BasicBlock *BB : From)
      Sum += EdgeWeight.lookup({BB, To});
    return Sum;
  };
  // The value of most ways needs no condition; with as many, one whose
  // condition would have to be inverted.
  auto *Default = Ways.begin();
  auto Rank = [&](const auto &Way) {
    return std::pair(Way.second.size(), isInverted(Way.second.front(), To));
  };
  for (auto *Way = Ways.begin(); Way != Ways.end(); ++Way)
    if (Rank(*Way) > Rank(*Default))
      Default = Way;
  Value *Result = Default->first;
  double Rest = Weigh(Default->second);
  for (auto *Way = Ways.begin(); Way != Ways.end(); ++Way) {
    if (Way == Default)
      continue;
    Condition C = edge(Way->second.front(), To);
    for (BasicBlock *From : drop_begin(Way->second))
      C = {B.CreateOr(materialize(C), materialize(edge(From, To))), false};
    B.SetCurrentDebugLocation(Phi.getDebugLoc());
    double Weight = Weigh(Way->second);
    Result = update(C, Way->first, Result, uint64_t(Weight), uint64_t(Rest));
    Rest += Weight;
  }
  return Result;
}

Value *Flattener::slot() {
  if (Slot)
    return Slot;
  BasicBlock &Entry = H.Head->getParent()->getEntryBlock();
  // One for the function.
  for (Instruction &I : Entry)
    if (auto *Known = dyn_cast<AllocaInst>(&I))
      if (Known->hasMetadata("speciate.slot"))
        return Slot = Known;
  Slot = new AllocaInst(ArrayType::get(B.getInt8Ty(), StandInBytes),
                        A.DL.getAllocaAddrSpace(), nullptr, StandInAlign,
                        "speciate.slot");
  Slot->insertBefore(Entry.getFirstInsertionPt());
  Slot->setMetadata("speciate.slot", MDNode::get(B.getContext(), {}));
  return Slot;
}

/// Sends a load or store to the stand-in when its block would not have run.
void Flattener::redirect(Instruction &I, Condition C) {
  B.SetCurrentDebugLocation(I.getDebugLoc());
  unsigned Index = isa<LoadInst>(I) ? LoadInst::getPointerOperandIndex()
                                    : StoreInst::getPointerOperandIndex();
  Value *StandIn = isa<LoadInst>(I) ? zerosOf(*H.Head->getModule()) : slot();
  const double Ran = BlockWeight.lookup(I.getParent());
  I.setOperand(Index, choose(C, I.getOperand(Index), StandIn, uint64_t(Ran),
                             uint64_t(std::max(0.0, BlockWeight[H.Head] - Ran)),
                             /*Mark=*/false));
}

/// Writes the old value again when the block would not have run.
/// \p Old is it, if it is known.
void Flattener::rewrite(StoreInst &Store, Condition C, Value *Old) {
  B.SetCurrentDebugLocation(Store.getDebugLoc());
  Value *New = Store.getValueOperand();
  if (!Old)
    Old = B.CreateAlignedLoad(New->getType(), Store.getPointerOperand(),
                              Store.getAlign());
  const double Ran = BlockWeight.lookup(Store.getParent());
  Store.setOperand(0,
                   update(C, New, Old, uint64_t(Ran),
                          uint64_t(std::max(0.0, BlockWeight[H.Head] - Ran))));
  Store.dropUBImplyingAttrsAndMetadata();
}

/// Takes the debug records off \p I.
void Flattener::killVariables(Instruction &I) {
  for (DbgVariableRecord &Record : filterDbgVars(I.getDbgRecordRange())) {
    if (Record.isDbgDeclare()) {
      H.Head->insertDbgRecordBefore(Record.clone(), End->getIterator());
      continue;
    }
    DbgVariableRecord *&Kill = Killed[DebugVariable(&Record)];
    if (Kill)
      continue;
    Kill = Record.clone();
    Kill->setKillLocation();
  }
  I.dropDbgRecords();
}

void Flattener::moveBlock(BasicBlock &BB) {
  for (Instruction &I : make_early_inc_range(BB)) {
    killVariables(I);
    if (I.isTerminator())
      continue;
    if (auto *Phi = dyn_cast<PHINode>(&I)) {
      Value *V = merge(*Phi);
      if (!V->hasName())
        V->takeName(Phi);
      Phi->replaceAllUsesWith(V);
      Phi->eraseFromParent();
      continue;
    }
    switch (Treatments.lookup(&I)) {
    case Treatment::Drop:
    case Treatment::Refuse:
      I.eraseFromParent();
      continue;
    case Treatment::Redirect: {
      auto *Store = dyn_cast<StoreInst>(&I);
      if (Value *Old = Store ? justStored(*Store, *H.Head) : nullptr)
        rewrite(*Store, block(&BB), Old);
      else
        redirect(I, block(&BB));
      break;
    }
    case Treatment::Rewrite:
      rewrite(cast<StoreInst>(I), block(&BB), nullptr);
      break;
    case Treatment::Move:
      break;
    }
    if (!isa<StoreInst>(I))
      I.dropUBImplyingAttrsAndMetadata();
    I.moveBefore(End->getIterator());
  }
}

void Flattener::run() {
  for (BasicBlock *BB : H.Blocks)
    moveBlock(*BB);
  SmallVector<WeakTrackingVH, 8> MaybeDead;
  for (PHINode &Phi : H.Join->phis()) {
    for (Value *V : Phi.incoming_values())
      if (auto *I = dyn_cast<BinaryOperator>(V))
        MaybeDead.push_back(I);
    Value *V = merge(Phi);
    for (unsigned I = Phi.getNumIncomingValues(); I-- > 0;)
      if (BasicBlock *From = Phi.getIncomingBlock(I);
          From == H.Head || is_contained(H.Blocks, From))
        Phi.removeIncomingValue(I, /*DeletePHIIfEmpty=*/false);
    Phi.addIncoming(V, H.Head);
  }
  MDNode *LoopId = End->getMetadata(LLVMContext::MD_loop);
  for (BasicBlock *BB : H.Blocks)
    if (!LoopId)
      LoopId = BB->getTerminator()->getMetadata(LLVMContext::MD_loop);
  BranchInst *Out = BranchInst::Create(H.Join, H.Head);
  Out->setDebugLoc(End->getDebugLoc());
  Out->setMetadata(LLVMContext::MD_loop, LoopId);
  End->eraseFromParent();
  // Behind the phis, before what the join itself says of its variables.
  BasicBlock::iterator Front = H.Join->getFirstNonPHIIt();
  Front.setHeadBit(true);
  for (auto &[Variable, Kill] : Killed)
    H.Join->insertDbgRecordBefore(Kill, Front);
  for (BasicBlock *BB : H.Blocks)
    BB->dropAllReferences();
  for (BasicBlock *BB : H.Blocks)
    BB->eraseFromParent();
  RecursivelyDeleteTriviallyDeadInstructionsPermissive(MaybeDead);
}

void flatten(const Hammock &H, SelectForm Form, FunctionAnalysisManager &FAM) {
  Flattener(H, Form, FAM).run();
}

} // namespace speciate
