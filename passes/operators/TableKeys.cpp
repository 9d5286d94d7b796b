//===- passes/operators/TableKeys.cpp - Which code can be a table, and by what
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/TableKeys.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/PointerIntPair.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;

namespace speciate {

/// Instructions that are run at compile time: few to see whether it would
/// work, more to do it.
static constexpr uint64_t SampleSteps = 100000, AllSteps = 6000000;
/// Combinations that are tried to see whether it would work.
static constexpr uint64_t SampleSize = 256;
/// A guarded domain begins at zero if its smallest number is not far from it.
static constexpr int64_t NearZero = 512;
static constexpr unsigned MaxCone = 200;
/// Ends of one piece of code that are tried.
static constexpr unsigned MaxReach = 4;

Instruction &TableCandidate::where() const {
  return Region ? *Region->Head->getTerminator() : *Root;
}

uint64_t TableCandidate::entries() const {
  uint64_t N = 1;
  for (const Key &K : Keys)
    N *= K.Size;
  return N;
}

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

/// The value that \p V is computed from, if that is one and the rest constants;
/// else null.
static Value *onlySource(Value &V) {
  auto *I = dyn_cast<Instruction>(&V);
  if (!I || !isPure(*I) ||
      isa<PHINode, SelectInst, LoadInst, GetElementPtrInst, CallBase>(I))
    return nullptr;
  Value *Source = nullptr;
  for (Value *Operand : I->operands()) {
    if (isa<Constant>(Operand))
      continue;
    if (Source && Source != Operand)
      return nullptr;
    Source = Operand;
  }
  return Source && Source->getType()->isIntegerTy() ? Source : nullptr;
}

/// \p V, what it is computed from, and so on.
static SmallVector<Value *, 4> chainOf(Value &V) {
  SmallVector<Value *, 4> Chain{&V};
  while (Value *Source = onlySource(*Chain.back()))
    Chain.push_back(Source);
  return Chain;
}

namespace {
/// Inputs that are all computed from the last of Common, which are nearest to
/// them first.
struct Group {
  SmallVector<Value *, 4> Common;
  bool Decides = false; ///< A branch or a comparison depends on it.
};

/// The inputs of the code and how they hang together.
class Inputs {
public:
  explicit Inputs(const TableCandidate &C) : C(C) {
    if (C.Region)
      addRegion(*C.Region);
    else
      addCone(*C.Root, true, true);
  }
  std::vector<Group> Groups;
  unsigned Operations = 0;

private:
  bool isInside(const Value &V) const {
    const auto *I = dyn_cast<Instruction>(&V);
    return I && C.Region && C.Region->Blocks.contains(I->getParent());
  }
  void addInput(Value &V, bool Decides) {
    if (!V.getType()->isIntegerTy() || V.getType()->getIntegerBitWidth() > 64)
      return;
    SmallVector<Value *, 4> Chain = chainOf(V);
    for (Group &G : Groups) {
      if (G.Common.back() != Chain.back())
        continue;
      llvm::erase_if(G.Common,
                     [&](Value *E) { return !is_contained(Chain, E); });
      G.Decides |= Decides;
      return;
    }
    Groups.push_back({std::move(Chain), Decides});
  }
  /// What \p V is computed from inside of the region.
  void addSlice(Value &V, bool Decides) {
    if (isa<Constant>(V) ||
        !Seen.insert(PointerIntPair<Value *, 1, bool>(&V, Decides)).second)
      return;
    if (!isInside(V))
      return addInput(V, Decides);
    auto &I = cast<Instruction>(V);
    for (Value *Operand : I.operands())
      addSlice(*Operand, Decides);
  }
  void addRegion(const PureRegion &R) {
    auto AddEnd = [&](BasicBlock &BB) {
      Instruction *End = BB.getTerminator();
      if (auto *Br = dyn_cast<BranchInst>(End); Br && Br->isConditional())
        addSlice(*Br->getCondition(), true);
      if (auto *Switch = dyn_cast<SwitchInst>(End))
        addSlice(*Switch->getCondition(), true);
    };
    AddEnd(*R.Head);
    for (BasicBlock *BB : R.Blocks) {
      AddEnd(*BB);
      for (Instruction &I : *BB)
        if (auto *Select = dyn_cast<SelectInst>(&I))
          addSlice(*Select->getCondition(), true);
    }
    for (PHINode &Phi : R.Join->phis())
      for (BasicBlock *BB : Phi.blocks())
        if (BB == R.Head || R.Blocks.contains(BB))
          addSlice(*Phi.getIncomingValueForBlock(BB), false);
    Operations = R.Instructions;
  }
  /// All that \p V is computed from without memory and phis.
  void addCone(Value &V, bool IsRoot, bool Decides) {
    if (isa<Constant>(V) ||
        !Seen.insert(PointerIntPair<Value *, 1, bool>(&V, Decides)).second)
      return;
    auto *I = dyn_cast<Instruction>(&V);
    // A chain ends the cone: it is a group, in which the smallest is found.
    if (!IsRoot && (!I || !isPure(*I) || isa<PHINode, LoadInst>(I) ||
                    onlySource(V) || Operations >= MaxCone))
      return addInput(V, Decides);
    ++Operations;
    for (Use &Operand : I->operands())
      addCone(*Operand.get(), false,
              isa<SelectInst>(I) ? Decides && Operand.getOperandNo() == 0
                                 : Decides);
  }

  const TableCandidate &C;
  DenseSet<PointerIntPair<Value *, 1, bool>> Seen;
};
} // namespace

/// The number of values in \p Range; 0 if there are too many.
static uint64_t sizeOf(const ConstantRange &Range) {
  if (Range.isEmptySet())
    return 0;
  APInt Size =
      Range.isFullSet()
          ? APInt::getOneBitSet(Range.getBitWidth() + 1, Range.getBitWidth())
          : (Range.getUpper() - Range.getLower()).zext(Range.getBitWidth() + 1);
  return Size.getActiveBits() > 32 || Size.getZExtValue() > MaxTableEntries
             ? 0
             : Size.getZExtValue();
}

/// The key of a group with the smallest domain; size 0 if there is none.
static Key keyOf(const Group &G, Instruction &Where,
                 FunctionAnalysisManager &FAM) {
  Key Best;
  for (Value *V : G.Common) {
    ConstantRange Range = rangeOf(*V, Where, FAM);
    uint64_t Size = sizeOf(Range);
    if (!Size || (Best.Size && Size >= Best.Size))
      continue;
    Best.V = V;
    Best.Low = Range.isFullSet() ? APInt::getZero(Range.getBitWidth())
                                 : Range.getLower();
    Best.Size = Size;
  }
  return Best;
}

/// The numbers that \p V, or a chain of it, is compared with, as values of V
/// itself. Only of comparisons that the code makes.
static void addNumbers(Value &V, SmallVectorImpl<int64_t> &Numbers) {
  auto Add = [&](const APInt &N) {
    if (N.getSignificantBits() <= 24)
      Numbers.push_back(N.getSExtValue());
  };
  auto AddRange = [&](const ICmpInst &Cmp, const APInt &Shift) {
    const auto *C = dyn_cast<ConstantInt>(Cmp.getOperand(1));
    if (!C)
      return;
    ConstantRange Range =
        ConstantRange::makeExactICmpRegion(Cmp.getPredicate(), C->getValue())
            .subtract(Shift);
    if (Range.isFullSet() || Range.isEmptySet())
      return;
    Add(Range.getLower());
    Add(Range.getUpper() - 1);
  };
  const APInt Zero = APInt::getZero(V.getType()->getIntegerBitWidth());
  for (User *U : V.users()) {
    if (auto *Cmp = dyn_cast<ICmpInst>(U); Cmp && Cmp->getOperand(0) == &V)
      AddRange(*Cmp, Zero);
    if (auto *Switch = dyn_cast<SwitchInst>(U))
      for (auto &Case : Switch->cases())
        Add(Case.getCaseValue()->getValue());
    auto *Sum = dyn_cast<BinaryOperator>(U);
    auto *By = Sum && Sum->getOpcode() == Instruction::Add
                   ? dyn_cast<ConstantInt>(Sum->getOperand(1))
                   : nullptr;
    if (!By)
      continue;
    for (User *Further : Sum->users()) {
      if (auto *Cmp = dyn_cast<ICmpInst>(Further);
          Cmp && Cmp->getOperand(0) == Sum)
        AddRange(*Cmp, By->getValue());
      if (auto *Switch = dyn_cast<SwitchInst>(Further))
        for (auto &Case : Switch->cases())
          Add(Case.getCaseValue()->getValue() - By->getValue());
    }
  }
}

/// A domain for the only undecided group of \p G: all numbers that it is
/// compared with, and one more on each side.
static Key guessedKey(const Group &G) {
  Key Best;
  for (Value *V : G.Common) {
    const unsigned Bits = V->getType()->getIntegerBitWidth();
    if (Bits < 8 || Bits > 64)
      continue;
    SmallVector<int64_t> Numbers;
    addNumbers(*V, Numbers);
    if (Numbers.size() < 2)
      continue;
    int64_t Low = *llvm::min_element(Numbers) - 1;
    int64_t High = *llvm::max_element(Numbers) + 1;
    if (Low > 0 && Low <= NearZero)
      Low = 0;
    if (uint64_t(High - Low) >= MaxTableEntries || !isIntN(Bits, Low) ||
        !isIntN(Bits, High))
      continue;
    Best.V = V;
    Best.Low = APInt(Bits, Low, /*isSigned=*/true);
    Best.Size = High - Low + 1;
  }
  return Best;
}

/// Gives \p C its keys: the groups that decide, or all. The error says why
/// there are none.
static Error chooseKeys(TableCandidate &C, bool All,
                        FunctionAnalysisManager &FAM) {
  Inputs In(C);
  Function &F = *C.where().getFunction();
  auto &LI = FAM.getResult<LoopAnalysis>(F);
  C.Keys.clear();
  C.Guarded = false;
  Key Unproved;
  for (const Group &G : In.Groups) {
    if (!All && !G.Decides)
      continue;
    Key K = keyOf(G, C.where(), FAM);
    if (K.Size) {
      C.Keys.push_back(K);
      continue;
    }
    if (!G.Decides)
      continue;
    if (Unproved.Size)
      return createStringError("two values are not known to be small");
    Unproved = guessedKey(G);
    if (!Unproved.Size)
      return createStringError("a value is not known to be small, and is "
                               "compared with no small numbers");
  }
  // What a loop carries comes late, so it is added to the address last.
  auto IsCarried = [&](const Key &K) {
    const auto *Phi = dyn_cast<PHINode>(K.V);
    return Phi && LI.isLoopHeader(Phi->getParent());
  };
  std::vector<Key> Carried;
  copy_if(C.Keys, std::back_inserter(Carried), IsCarried);
  llvm::erase_if(C.Keys, IsCarried);
  llvm::append_range(C.Keys, Carried);
  if (Unproved.Size) {
    C.Guarded = true;
    C.Keys.insert(C.Keys.begin(), Unproved);
  }
  if (C.Keys.empty())
    return createStringError("the code depends on no value of small domain");
  uint64_t N = 1;
  for (const Key &K : C.Keys)
    if ((N *= PowerOf2Ceil(K.Size)) > MaxTableEntries)
      return createStringError("there are too many combinations of values");
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Columns
//===----------------------------------------------------------------------===//

/// Runs the code for \p Limit combinations, evenly spread, or for all.
static Expected<std::vector<Column>> enumerate(const TableCandidate &C,
                                               uint64_t Limit, uint64_t Steps) {
  const Function &F = *C.where().getFunction();
  Interpreter I(F.getDataLayout(), Steps);
  std::vector<Column> Columns;
  if (C.Region)
    for (PHINode &Phi : C.Region->Join->phis())
      Columns.push_back({Phi.getType(), nullptr, {}});
  else
    Columns.push_back({C.Root->getType(), nullptr, {}});
  const uint64_t N = C.entries();
  const uint64_t Stride = std::max<uint64_t>(1, N / std::min(N, Limit));
  SmallVector<uint64_t, 4> Index(C.Keys.size());
  for (uint64_t Entry = 0; Entry < N; Entry += Stride) {
    uint64_t Rest = Entry;
    for (size_t K = C.Keys.size(); K--; Rest /= C.Keys[K].Size)
      Index[K] = Rest % C.Keys[K].Size;
    I.begin(C.Keys, Index);
    SmallVector<Outcome, 4> Results;
    if (C.Region) {
      if (Error E = I.run(*C.Region, Results))
        return std::move(E);
    } else {
      Results.push_back(I.value(*C.Root));
      // Itself plus nothing.
      if (Results[0].What == Outcome::Kind::Moved && Results[0].Base == C.Root)
        Results[0] = Outcome();
    }
    for (auto [Col, O] : zip_equal(Columns, Results)) {
      if (O.What == Outcome::Kind::Unknown)
        return createStringError("a result depends on more than values of "
                                 "small domain");
      if (O.What == Outcome::Kind::Moved) {
        if (Col.Base && Col.Base != O.Base)
          return createStringError("a result begins as one of two values");
        Col.Base = O.Base;
      } else if (O.What == Outcome::Kind::Known &&
                 !isa<ConstantInt, ConstantFP>(O.C)) {
        return createStringError("a result is an address");
      }
      Col.Entries.push_back(O);
    }
  }
  for (const Column &Col : Columns)
    if (Col.Base)
      for (const Outcome &O : Col.Entries)
        if (O.What == Outcome::Kind::Known && !isa<ConstantInt>(O.C))
          return createStringError("a result is a number or moves a pointer");
  return std::move(Columns);
}

//===----------------------------------------------------------------------===//
// TableCandidates
//===----------------------------------------------------------------------===//

static Expected<TableCandidate> loopAt(BasicBlock &Header,
                                       FunctionAnalysisManager &FAM) {
  const Loop *L =
      FAM.getResult<LoopAnalysis>(*Header.getParent()).getLoopFor(&Header);
  BasicBlock *Before = L ? L->getLoopPreheader() : nullptr;
  BasicBlock *Exit = L ? L->getUniqueExitBlock() : nullptr;
  if (!Before || !Exit || L->getHeader() != &Header)
    return createStringError("the loop has no preheader, or several exits");
  Expected<PureRegion> R = pureRegionBetween(*Before, *Exit);
  if (!R)
    return R.takeError();
  TableCandidate C;
  C.Region = std::move(*R);
  return std::move(C);
}

Expected<std::vector<TableCandidate>>
tableCandidatesAt(const SiteRef &S, FunctionAnalysisManager &FAM) {
  Value *V = S.Where;
  std::vector<TableCandidate> Result;
  if (S.Id.Kind == SiteKind::Loop) {
    Expected<TableCandidate> Whole = loopAt(*cast<BasicBlock>(V), FAM);
    if (!Whole)
      return Whole.takeError();
    Result.push_back(std::move(*Whole));
  } else if (auto *Select = dyn_cast<SelectInst>(V)) {
    if (Select->getType()->isVectorTy())
      return createStringError("the select is on vectors");
    if (Select->hasOneUse() && isa<SelectInst>(*Select->user_begin()))
      return createStringError("another select is computed from this one");
    Result.emplace_back();
    Result.back().Root = Select;
    return std::move(Result);
  } else {
    BasicBlock *Head = cast<Instruction>(V)->getParent();
    for (PureRegion &R : findPureRegions(*Head, FAM, MaxReach)) {
      Result.emplace_back();
      Result.back().Region = std::move(R);
    }
  }
  llvm::erase_if(Result, [](const TableCandidate &C) {
    return C.Region->Join->phis().empty();
  });
  if (Result.empty())
    return createStringError("the ways do not meet again, have effects, or no "
                             "result");
  return std::move(Result);
}

Expected<std::vector<Column>> chooseTableKeys(TableCandidate &C,
                                              FunctionAnalysisManager &FAM) {
  // Of a computation everything that is small is a key; in other code, what
  // only moves a result had better stay out of the index.
  const bool AllFirst = !C.Region;
  Error Failure = chooseKeys(C, AllFirst, FAM);
  size_t Chosen = C.Keys.size();
  if (!Failure) {
    Expected<std::vector<Column>> Columns =
        enumerate(C, SampleSize, SampleSteps);
    if (Columns)
      return Columns;
    Failure = Columns.takeError();
  }
  if (Error E = chooseKeys(C, !AllFirst, FAM)) {
    consumeError(std::move(E));
    return std::move(Failure);
  }
  if (C.Keys.size() == Chosen)
    return std::move(Failure);
  consumeError(std::move(Failure));
  return enumerate(C, SampleSize, SampleSteps);
}

Expected<std::vector<Column>> enumerateTable(const TableCandidate &C) {
  return enumerate(C, UINT64_MAX, AllSteps);
}

} // namespace speciate
