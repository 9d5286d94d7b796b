//===- passes/operators/Enumerate.cpp - Code run at compile time for every input
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/Enumerate.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/ConstantFolding.h"
#include "llvm/Analysis/LazyValueInfo.h"
#include "llvm/Analysis/PostDominators.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Operator.h"

using namespace llvm;

namespace speciate {

static constexpr unsigned MaxBlocks = 256;
static constexpr unsigned MaxInstructions = 2000;
/// Chains of values outside of the region that are followed to a key.
static constexpr unsigned MaxDepth = 24;

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

bool isPure(const Instruction &I) {
  if (I.getType()->isVectorTy() || I.getType()->isAggregateType())
    return false;
  if (const auto *Load = dyn_cast<LoadInst>(&I))
    return Load->isSimple();
  if (const auto *II = dyn_cast<IntrinsicInst>(&I))
    return II->isAssumeLikeIntrinsic() ||
           (II->getCalledFunction() && !II->mayHaveSideEffects() &&
            !II->mayReadFromMemory() &&
            canConstantFoldCallTo(II, II->getCalledFunction()));
  return isa<BinaryOperator, UnaryOperator, CastInst, CmpInst, SelectInst,
             FreezeInst, GetElementPtrInst, PHINode>(I);
}

static Error canInterpret(const BasicBlock &BB) {
  if (BB.hasAddressTaken() || BB.isEHPad())
    return createStringError("a block is entered in an unusual way");
  for (const Instruction &I : BB) {
    if (I.isTerminator()) {
      if (!isa<BranchInst, SwitchInst, UnreachableInst>(I))
        return createStringError("a block ends in neither a branch nor a "
                                 "switch");
    } else if (!isPure(I)) {
      return createStringError("an instruction has an effect, or cannot be "
                               "computed at compile time");
    }
  }
  return Error::success();
}

static Error usedInsideOnly(const PureRegion &R) {
  for (const BasicBlock *BB : R.Blocks)
    for (const Instruction &I : *BB)
      for (const Use &U : I.uses()) {
        const auto *User = cast<Instruction>(U.getUser());
        const auto *Phi = dyn_cast<PHINode>(User);
        if (R.Blocks.contains(User->getParent()))
          continue;
        if (!Phi || Phi->getParent() != R.Join ||
            !R.Blocks.contains(Phi->getIncomingBlock(U)))
          return createStringError("a value is used after the code");
      }
  return Error::success();
}

Expected<PureRegion> pureRegionBetween(BasicBlock &Head, BasicBlock &Join) {
  PureRegion R;
  R.Head = &Head;
  R.Join = &Join;
  SmallVector<BasicBlock *> Work(successors(&Head));
  while (!Work.empty()) {
    BasicBlock *BB = Work.pop_back_val();
    if (BB == R.Join || R.Blocks.contains(BB))
      continue;
    if (BB == &Head)
      return createStringError("the code is entered again from itself");
    if (R.Blocks.size() == MaxBlocks)
      return createStringError("the code has too many blocks");
    R.Blocks.insert(BB);
    if (Error E = canInterpret(*BB))
      return std::move(E);
    R.Instructions += BB->sizeWithoutDebug();
    append_range(Work, successors(BB));
  }
  if (R.Instructions > MaxInstructions)
    return createStringError("the code is too large");
  for (BasicBlock *BB : R.Blocks)
    for (BasicBlock *From : predecessors(BB))
      if (From != &Head && !R.Blocks.contains(From))
        return createStringError("the code has a second way in");
  if (Error E = usedInsideOnly(R))
    return std::move(E);
  return std::move(R);
}

SmallVector<PureRegion, 4>
findPureRegions(BasicBlock &Head, FunctionAnalysisManager &FAM, unsigned Max) {
  SmallVector<PureRegion, 4> Result;
  auto Try = [&](BasicBlock &Join) {
    if (Expected<PureRegion> R = pureRegionBetween(Head, Join))
      Result.push_back(std::move(*R));
    else
      consumeError(R.takeError());
  };
  auto &PDT = FAM.getResult<PostDominatorTreeAnalysis>(*Head.getParent());
  const auto *Node = PDT.getNode(&Head);
  unsigned Tried = 0;
  while (Node && (Node = Node->getIDom()) && Node->getBlock() &&
         Node->getBlock() != &Head && Tried++ != 2 * Max)
    if (Result.size() < Max)
      Try(*Node->getBlock());
  if (Tried)
    return Result;
  // To the tree of post-dominators, a default that is never reached is one more
  // way out. Try the places where other ways meet.
  SmallSetVector<BasicBlock *, 16> Near(succ_begin(&Head), succ_end(&Head));
  for (unsigned I = 0; I < Near.size() && Near.size() < 64; ++I)
    if (Error E = canInterpret(*Near[I]))
      consumeError(std::move(E));
    else
      Near.insert(succ_begin(Near[I]), succ_end(Near[I]));
  for (BasicBlock *Join : Near)
    if (Join != &Head && !Join->hasNPredecessors(1) && Result.size() < Max)
      Try(*Join);
  llvm::sort(Result, [](const PureRegion &A, const PureRegion &B) {
    return A.Blocks.size() < B.Blocks.size();
  });
  return Result;
}

//===----------------------------------------------------------------------===//
// Domains
//===----------------------------------------------------------------------===//

/// Adds to \p Range all elements of the constant arrays that \p Load reads.
static bool addTables(LoadInst &Load, ConstantRange &Range) {
  SmallVector<const Value *, 4> Objects;
  getUnderlyingObjects(Load.getPointerOperand(), Objects);
  if (!Load.isSimple())
    return false;
  return all_of(Objects, [&](const Value *Object) {
    const auto *GV = dyn_cast<GlobalVariable>(Object);
    const auto *Data =
        GV && GV->isConstant() && GV->hasDefinitiveInitializer()
            ? dyn_cast<ConstantDataSequential>(GV->getInitializer())
            : nullptr;
    if (!Data || Data->getElementType() != Load.getType() ||
        Data->getNumElements() > 4096)
      return false;
    for (unsigned I = 0; I != Data->getNumElements(); ++I)
      Range = Range.unionWith(Data->getElementAsAPInt(I));
    return true;
  });
}

/// Adds to \p Range all that the phis and selects behind \p V choose from.
/// False if something is not known to be in a small range.
static bool addSources(Value &V, SmallPtrSetImpl<Value *> &Seen,
                       ConstantRange &Range, const DataLayout &DL) {
  if (const auto *C = dyn_cast<ConstantInt>(&V)) {
    Range = Range.unionWith(C->getValue());
    return true;
  }
  if (isa<Constant>(V))
    return isa<PoisonValue>(V);
  if (!Seen.insert(&V).second)
    return true;
  if (Seen.size() > 512)
    return false;
  if (auto *Phi = dyn_cast<PHINode>(&V))
    return all_of(Phi->incoming_values(), [&](Use &U) {
      return addSources(*U.get(), Seen, Range, DL);
    });
  if (auto *Select = dyn_cast<SelectInst>(&V))
    return addSources(*Select->getTrueValue(), Seen, Range, DL) &&
           addSources(*Select->getFalseValue(), Seen, Range, DL);
  if (auto *Load = dyn_cast<LoadInst>(&V))
    return addTables(*Load, Range);
  KnownBits Bits = computeKnownBits(&V, DL);
  ConstantRange Own = ConstantRange::fromKnownBits(Bits, /*IsSigned=*/false);
  if (Own.isFullSet() || Own.getActiveBits() > 16)
    return false;
  Range = Range.unionWith(Own);
  return true;
}

ConstantRange rangeOf(Value &V, Instruction &Where,
                      FunctionAnalysisManager &FAM) {
  Function &F = *Where.getFunction();
  const DataLayout &DL = F.getDataLayout();
  auto &AC = FAM.getResult<AssumptionAnalysis>(F);
  auto &DT = FAM.getResult<DominatorTreeAnalysis>(F);
  auto &LVI = FAM.getResult<LazyValueAnalysis>(F);
  const unsigned Bits = V.getType()->getIntegerBitWidth();
  SimplifyQuery Q(DL, &DT, &AC, &Where);
  ConstantRange Range =
      computeConstantRangeIncludingKnownBits(&V, /*ForSigned=*/false, Q);
  // Undef is excluded: what becomes an index is frozen, or known to be neither
  // undef nor poison.
  Range = Range.intersectWith(
      LVI.getConstantRange(&V, &Where, /*UndefAllowed=*/false));
  ConstantRange Sources = ConstantRange::getEmpty(Bits);
  SmallPtrSet<Value *, 16> Seen;
  if (isa<PHINode, SelectInst, LoadInst>(V) && addSources(V, Seen, Sources, DL))
    Range = Range.intersectWith(Sources);
  return Range;
}

//===----------------------------------------------------------------------===//
// The interpreter
//===----------------------------------------------------------------------===//

Outcome Outcome::known(Constant *C) {
  Outcome O;
  O.What = isa<PoisonValue>(C) ? Kind::Any : Kind::Known;
  O.C = C;
  return O;
}

Outcome Outcome::moved(Value *Base, APInt Offset) {
  Outcome O;
  O.What = Kind::Moved;
  O.Base = Base;
  O.Offset = std::move(Offset);
  return O;
}

void Interpreter::begin(ArrayRef<Key> Keys, ArrayRef<uint64_t> Index) {
  Known.clear();
  for (auto [K, I] : zip_equal(Keys, Index))
    Known[K.V] = Outcome::known(ConstantInt::get(K.V->getType(), K.Low + I));
}

/// A constant that every use of it may take for the value: no undef, each use
/// of which may be another.
static bool isOneValue(const Constant &C) {
  return !C.containsUndefOrPoisonElement() && !isa<UndefValue>(C);
}

Outcome Interpreter::value(Value &V) {
  if (auto *C = dyn_cast<Constant>(&V))
    return Outcome::known(C);
  if (auto Found = Known.find(&V); Found != Known.end())
    return Found->second;
  Outcome Result;
  const unsigned Bits = DL.getTypeSizeInBits(V.getType()->getScalarType());
  const bool Movable = V.getType()->isIntegerTy() || V.getType()->isPointerTy();
  auto *I = dyn_cast<Instruction>(&V);
  const bool Inside = I && Running && Running->Blocks.contains(I->getParent());
  // What is inside has been run, or is a value of another iteration.
  if (Inside)
    return Result;
  if (I && isPure(*I) && !isa<PHINode>(I) && Depth < MaxDepth && StepsLeft) {
    ++Depth;
    --StepsLeft;
    Result = compute(*I);
    --Depth;
  }
  if (Result.What == Outcome::Kind::Unknown && Movable)
    Result = Outcome::moved(&V, APInt(Bits, 0));
  Known[&V] = Result;
  return Result;
}

/// A + B, or A - B.
Outcome Interpreter::add(Instruction &I, const Outcome &A, const Outcome &B,
                         bool Negative) {
  auto Number = [](const Outcome &O) {
    return O.What == Outcome::Kind::Known ? dyn_cast<ConstantInt>(O.C)
                                          : nullptr;
  };
  if (A.What == Outcome::Kind::Moved)
    if (const ConstantInt *C = Number(B))
      return Outcome::moved(A.Base, Negative ? A.Offset - C->getValue()
                                             : A.Offset + C->getValue());
  if (B.What == Outcome::Kind::Moved && !Negative)
    if (const ConstantInt *C = Number(A))
      return Outcome::moved(B.Base, B.Offset + C->getValue());
  return {};
}

/// A pointer plus constants. Of inbounds only the address is kept.
Outcome Interpreter::address(Instruction &I) {
  auto &Gep = cast<GEPOperator>(I);
  const unsigned Bits = DL.getIndexTypeSizeInBits(Gep.getType());
  if (Bits != DL.getTypeSizeInBits(Gep.getType()))
    return {};
  SmallMapVector<Value *, APInt, 4> Variable;
  APInt Offset(Bits, 0);
  if (!Gep.collectOffset(DL, Bits, Variable, Offset))
    return {};
  Outcome Base = value(*Gep.getPointerOperand());
  if (Base.What != Outcome::Kind::Moved)
    return {};
  for (const auto &[V, Scale] : Variable) {
    Outcome Index = value(*V);
    const auto *C = Index.What == Outcome::Kind::Known
                        ? dyn_cast<ConstantInt>(Index.C)
                        : nullptr;
    if (!C)
      return {};
    Offset += C->getValue().sextOrTrunc(Bits) * Scale;
  }
  return Outcome::moved(Base.Base, Base.Offset + Offset);
}

Outcome Interpreter::compute(Instruction &I) {
  if (auto *Select = dyn_cast<SelectInst>(&I)) {
    Outcome Condition = value(*Select->getCondition());
    if (Condition.What == Outcome::Kind::Any)
      return Outcome::known(PoisonValue::get(I.getType()));
    const auto *C = Condition.What == Outcome::Kind::Known
                        ? dyn_cast<ConstantInt>(Condition.C)
                        : nullptr;
    if (!C)
      return {};
    return value(C->isZero() ? *Select->getFalseValue()
                             : *Select->getTrueValue());
  }
  if (isa<FreezeInst>(I)) {
    Outcome O = value(*I.getOperand(0));
    if (O.What == Outcome::Kind::Any ||
        (O.What == Outcome::Kind::Known && !isOneValue(*O.C)))
      return Outcome::known(Constant::getNullValue(I.getType()));
    // A moved value may be poison, and freezing it is more than moving it.
    return O.What == Outcome::Kind::Known ? O : Outcome();
  }
  SmallVector<Outcome, 4> Parts;
  SmallVector<Constant *, 4> Constants;
  const auto *Call = dyn_cast<CallBase>(&I);
  for (Use &U : Call ? make_range(I.op_begin(), I.op_begin() + Call->arg_size())
                     : make_range(I.op_begin(), I.op_end())) {
    Outcome O = value(*U.get());
    Parts.push_back(O);
    if (O.What == Outcome::Kind::Any)
      Constants.push_back(PoisonValue::get(U->getType()));
    else if (O.What == Outcome::Kind::Known)
      Constants.push_back(O.C);
  }
  if (Constants.size() != Parts.size()) {
    switch (I.getOpcode()) {
    case Instruction::Add:
      return add(I, Parts[0], Parts[1], false);
    case Instruction::Sub:
      return add(I, Parts[0], Parts[1], true);
    case Instruction::Or:
      return cast<PossiblyDisjointInst>(I).isDisjoint()
                 ? add(I, Parts[0], Parts[1], false)
                 : Outcome();
    case Instruction::GetElementPtr:
      return address(I);
    default:
      return {};
    }
  }
  Constant *C = nullptr;
  if (auto *Load = dyn_cast<LoadInst>(&I))
    C = ConstantFoldLoadFromConstPtr(Constants[0], Load->getType(), DL);
  else if (Call)
    C = ConstantFoldCall(Call, Call->getCalledFunction(), Constants, nullptr,
                         /*AllowNonDeterministic=*/false);
  else
    C = ConstantFoldInstOperands(&I, Constants, DL, nullptr,
                                 /*AllowNonDeterministic=*/false);
  // Undef may be one value here and another there; an expression of addresses
  // is not known before the link.
  if (!C || (!isa<PoisonValue>(C) && !isOneValue(*C)))
    return {};
  return Outcome::known(C);
}

Error Interpreter::run(const PureRegion &R, SmallVectorImpl<Outcome> &Results) {
  auto Undefined = [&] {
    for (PHINode &Phi : R.Join->phis())
      Results.push_back(Outcome::known(PoisonValue::get(Phi.getType())));
    return Error::success();
  };
  Running = &R;
  scope_exit Stop([&] { Running = nullptr; });
  BasicBlock *From = R.Head, *BB = nullptr;
  while (true) {
    // Leave From.
    Instruction *End = From->getTerminator();
    if (isa<UnreachableInst>(End))
      return Undefined();
    if (auto *Br = dyn_cast<BranchInst>(End); Br && Br->isUnconditional()) {
      BB = Br->getSuccessor(0);
    } else {
      Value *Condition = isa<BranchInst>(End)
                             ? cast<BranchInst>(End)->getCondition()
                             : cast<SwitchInst>(End)->getCondition();
      Outcome O = value(*Condition);
      if (O.What == Outcome::Kind::Any)
        return Undefined();
      auto *C =
          O.What == Outcome::Kind::Known ? dyn_cast<ConstantInt>(O.C) : nullptr;
      if (!C)
        return createStringError("a branch depends on more than values of "
                                 "small domain");
      if (auto *Br = dyn_cast<BranchInst>(End))
        BB = Br->getSuccessor(C->isZero() ? 1 : 0);
      else
        BB = cast<SwitchInst>(End)->findCaseValue(C)->getCaseSuccessor();
    }
    // All phis at once.
    SmallVector<std::pair<PHINode *, Outcome>, 8> Phis;
    for (PHINode &Phi : BB->phis())
      Phis.push_back({&Phi, value(*Phi.getIncomingValueForBlock(From))});
    if (BB == R.Join) {
      for (auto &[Phi, O] : Phis)
        Results.push_back(O);
      return Error::success();
    }
    for (auto &[Phi, O] : Phis)
      Known[Phi] = O;
    for (Instruction &I : *BB) {
      if (isa<PHINode>(I) || I.isTerminator())
        continue;
      if (!StepsLeft--)
        return createStringError("it takes too long to try all inputs");
      const auto *II = dyn_cast<IntrinsicInst>(&I);
      if (II && II->isAssumeLikeIntrinsic())
        continue;
      Outcome O = compute(I);
      Known[&I] = O;
    }
    if (!StepsLeft)
      return createStringError("it takes too long to try all inputs");
    From = BB;
  }
}

} // namespace speciate
