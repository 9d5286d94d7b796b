//===- passes/operators/Table.cpp - Code over a small domain becomes a table
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/Table.h"
#include "passes/operators/Lookups.h"
#include "passes/operators/TableKeys.h"
#include "passes/operators/Versioning.h"
#include "passes/sites/Cost.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/ProfDataUtils.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/Local.h"

using namespace llvm;

namespace speciate {

namespace {

class Table final : public Operator {
public:
  StringRef name() const override { return "table"; }
  bool worksAt(Level L) const override { return L == Level::Region; }
  VerdictKind evidence(const Parameters &) const override {
    return VerdictKind::Exhaustive;
  }
  std::vector<Choice> match(const SiteRef &S,
                            OperatorContext &Context) const override;
  Error apply(const SiteRef &S, const Parameters &P,
              OperatorContext &Context) const override;

private:
  void offer(TableCandidate &C, size_t Reach, OperatorContext &Context,
             std::vector<Choice> &Result) const;
};

} // namespace

//===----------------------------------------------------------------------===//
// The operator
//===----------------------------------------------------------------------===//

/// A cone's instructions that nobody else needs, from \p I down.
static double coneCost(const Instruction &I, const TargetTransformInfo &TTI,
                       unsigned Depth = 0) {
  InstructionCost Cost =
      TTI.getInstructionCost(&I, TargetTransformInfo::TCK_Latency);
  double Sum = Cost.isValid() ? std::min<int64_t>(Cost.getValue(), 30) : 1;
  for (const Value *Operand : I.operands())
    if (const auto *O = dyn_cast<Instruction>(Operand);
        O && O->hasOneUse() && isPure(*O) && !isa<PHINode, LoadInst>(O) &&
        Depth < 32)
      Sum += coneCost(*O, TTI, Depth + 1);
  return Sum;
}

/// The gain as a share of the program.
static double gainOf(const TableCandidate &C, ArrayRef<Column> Columns,
                     uint64_t Bytes, OperatorContext &Context) {
  Function &F = *Context.F;
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(F);
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(F);
  const double Runs = blockCount(*C.where().getParent(), BFI);
  double Old = 0, Wrong = 0;
  if (C.Region) {
    Wrong += Runs * lossAtEnd(*C.Region->Head, Context);
    for (const BasicBlock *BB : C.Region->Blocks) {
      Old += blockCount(*BB, BFI) * blockCost(*BB, TTI);
      Wrong += blockCount(*BB, BFI) * lossAtEnd(*BB, Context);
    }
    Old += Runs; // The branch or comparison itself.
  } else {
    Old = Runs * coneCost(*C.Root, TTI) * 0.5;
  }
  // A load that hits the first cache, and what larger tables drive out of it.
  double Lookup = 1 + 1.0 * Columns.size() + 1.5 * C.Keys.size() +
                  (Bytes > 32768  ? 8
                   : Bytes > 8192 ? 3
                   : Bytes > 1024 ? 1
                                  : 0);
  const double Cost = staticCost(F, BFI, TTI) + Wrong;
  // Offered even if it seems a loss, with little hope: the estimate does not
  // know what is guessed right, nor what else needs the caches.
  const double Gain =
      std::max(Old + Wrong - Runs * Lookup, 0.02 * (Old + Wrong));
  return Cost > 0 ? Context.Share * Gain / Cost : 0;
}

/// Whether the code is more than one choice, for which tables are made.
static bool isWorthATable(const TableCandidate &C) {
  if (C.entries() < 3)
    return false;
  if (!C.Region)
    return true;
  unsigned Choices = 0;
  auto Count = [&](const BasicBlock &BB) {
    Choices += BB.getTerminator()->getNumSuccessors() - 1;
    for (const Instruction &I : BB)
      Choices += isa<SelectInst>(I);
  };
  Count(*C.Region->Head);
  for (const BasicBlock *BB : C.Region->Blocks)
    if (!succ_empty(BB))
      Count(*BB);
  return Choices >= 2;
}

static bool fits(SiteKind K) {
  return K == SiteKind::Branch || K == SiteKind::Switch ||
         K == SiteKind::Select || K == SiteKind::Loop;
}

void Table::offer(TableCandidate &C, size_t Reach, OperatorContext &Context,
                  std::vector<Choice> &Result) const {
  Expected<std::vector<Column>> Columns = chooseTableKeys(C, *Context.FAM);
  if (!Columns)
    return consumeError(Columns.takeError());
  if (!isWorthATable(C) || (C.Guarded && !C.Region))
    return;
  Parameters P;
  P.set("domain", C.Guarded ? "guarded" : "proved");
  if (Reach > 1)
    P.set("reach", std::to_string(Reach));
  if (C.Guarded) {
    const Key &K = C.Keys.front();
    const int64_t Low = K.Low.getSExtValue();
    P.set("low", std::to_string(Low));
    P.set("high", std::to_string(Low + int64_t(K.Size) - 1));
    P.set("share", "90");
  }
  for (bool Packed : {false, true}) {
    std::optional<uint64_t> Bytes =
        lookupBytes(*Columns, Packed, C.entries(), Context.F->getDataLayout());
    if (!Bytes)
      continue;
    double Gain = gainOf(C, *Columns, *Bytes, Context);
    if (C.Guarded)
      Gain *= 0.7;
    // A shift is faster than a load.
    if (Packed)
      Gain *= 1.05;
    P.set("form", Packed ? "word" : "table");
    if (Gain > Context.Share * 1e-3)
      Result.push_back({name().str(), P.str(), Gain});
  }
}

std::vector<Choice> Table::match(const SiteRef &S,
                                 OperatorContext &Context) const {
  std::vector<Choice> Result;
  if (!fits(S.Id.Kind))
    return Result;
  auto Candidates = tableCandidatesAt(S, *Context.FAM);
  if (!Candidates) {
    consumeError(Candidates.takeError());
    return Result;
  }
  for (auto [Reach, C] : llvm::enumerate(*Candidates))
    offer(C, Reach + 1, Context, Result);
  return Result;
}

/// Which keys are neither undef nor poison; the others get a domain that a mask
/// can keep them in.
static SmallVector<bool, 4> roundKeys(TableCandidate &C,
                                      FunctionAnalysisManager &FAM) {
  Function &F = *C.where().getFunction();
  auto &AC = FAM.getResult<AssumptionAnalysis>(F);
  auto &DT = FAM.getResult<DominatorTreeAnalysis>(F);
  SmallVector<bool, 4> Defined;
  for (Key &K : C.Keys) {
    Defined.push_back(
        (C.Guarded && &K == &C.Keys.front()) ||
        isGuaranteedNotToBeUndefOrPoison(K.V, &AC, &C.where(), &DT));
    if (!Defined.back())
      K.Size = PowerOf2Ceil(K.Size);
  }
  return Defined;
}

/// The keys as indices, at the place of \p B. \p First: the first one, if a
/// guard has looked at it.
static SmallVector<Value *, 4> indicesOf(IRBuilderBase &B,
                                         const TableCandidate &C,
                                         ArrayRef<bool> Defined, Value *First) {
  SmallVector<Value *, 4> Index;
  for (auto [K, IsDefined] : zip_equal(C.Keys, Defined)) {
    Value *V = K.V;
    if (&K == &C.Keys.front() && First) {
      V = First;
    } else {
      if (!IsDefined)
        V = B.CreateFreeze(V);
      if (!K.Low.isZero())
        V = B.CreateSub(V, ConstantInt::get(V->getType(), K.Low));
      const unsigned Bits = V->getType()->getIntegerBitWidth();
      if (!IsDefined && (Bits >= 64 || K.Size >> Bits == 0))
        V = B.CreateAnd(V, ConstantInt::get(V->getType(), K.Size - 1));
    }
    Index.push_back(B.CreateZExtOrTrunc(V, B.getInt64Ty()));
  }
  return Index;
}

static void replaceExpression(TableCandidate &C, Lookups &L,
                              ArrayRef<Column> Columns,
                              ArrayRef<bool> Defined) {
  IRBuilder<> B(C.Root);
  L.setIndex(B, indicesOf(B, C, Defined, nullptr), C.Keys);
  Value *New = L.result(B, Columns[0]);
  New->takeName(C.Root);
  C.Root->replaceAllUsesWith(New);
  RecursivelyDeleteTriviallyDeadInstructions(C.Root);
}

/// Results of the region come from lookups; what it was is deleted.
static void replaceRegion(TableCandidate &C, Lookups &L,
                          ArrayRef<Column> Columns, ArrayRef<bool> Defined) {
  PureRegion &R = *C.Region;
  Instruction *End = R.Head->getTerminator();
  IRBuilder<> B(End);
  L.setIndex(B, indicesOf(B, C, Defined, nullptr), C.Keys);
  SmallVector<Value *, 4> News;
  for (const Column &Col : Columns)
    News.push_back(L.result(B, Col));
  for (auto [Phi, New] : zip_equal(R.Join->phis(), News)) {
    Phi.removeIncomingValueIf(
        [&](unsigned I) {
          BasicBlock *From = Phi.getIncomingBlock(I);
          return From == R.Head || R.Blocks.contains(From);
        },
        /*DeletePHIIfEmpty=*/false);
    Phi.addIncoming(New, R.Head);
  }
  BranchInst *Jump = B.CreateBr(R.Join);
  Jump->setDebugLoc(End->getDebugLoc());
  End->eraseFromParent();
  // Their phis name Head, which no longer comes to them.
  for (BasicBlock *BB : R.Blocks)
    BB->dropAllReferences();
  for (BasicBlock *BB : R.Blocks)
    BB->eraseFromParent();
}

/// Lookups for what is in the domain, the region as it was for the rest.
static void guardRegion(TableCandidate &C, unsigned Percent, Lookups &L,
                        ArrayRef<Column> Columns, ArrayRef<bool> Defined) {
  PureRegion &R = *C.Region;
  const Key &K = C.Keys.front();
  BasicBlock *General = R.Head->splitBasicBlock(R.Head->getTerminator(),
                                                R.Head->getName() + ".general");
  BasicBlock *Special =
      BasicBlock::Create(R.Head->getContext(), R.Head->getName() + ".table",
                         R.Head->getParent(), General);
  Value *First = nullptr;
  auto InDomain = [&](IRBuilderBase &B) {
    First = B.CreateFreeze(K.V);
    if (!K.Low.isZero())
      First = B.CreateSub(First, ConstantInt::get(First->getType(), K.Low));
    return B.CreateICmpULT(First, ConstantInt::get(First->getType(), K.Size),
                           "in.domain");
  };
  addGuard({InDomain, Percent}, R.Head, Special, General);
  IRBuilder<> B(Special);
  B.SetCurrentDebugLocation(General->getTerminator()->getDebugLoc());
  L.setIndex(B, indicesOf(B, C, Defined, First), C.Keys);
  SmallVector<Value *, 4> News;
  for (const Column &Col : Columns)
    News.push_back(L.result(B, Col));
  for (auto [Phi, New] : zip_equal(R.Join->phis(), News))
    Phi.addIncoming(New, Special);
  B.CreateBr(R.Join);
}

/// Sets the domain of the first key as the gene says.
static Error setDomain(TableCandidate &C, const Parameters &P) {
  int64_t Low, High;
  if (P.get("low").getAsInteger(10, Low) ||
      P.get("high").getAsInteger(10, High) || Low > High ||
      uint64_t(High) - uint64_t(Low) >= MaxTableEntries)
    return createStringError("parameters 'high' and 'low' are not the ends of "
                             "a range of at most " +
                             Twine(MaxTableEntries) + " numbers");
  Key &K = C.Keys.front();
  const unsigned Bits = K.V->getType()->getIntegerBitWidth();
  if (!isIntN(Bits, Low) || !isIntN(Bits, High))
    return createStringError("the range is not one of the value's type");
  K.Low = APInt(Bits, Low, /*isSigned=*/true);
  K.Size = uint64_t(High) - uint64_t(Low) + 1;
  if (C.entries() > MaxTableEntries)
    return createStringError("there are too many combinations of values");
  return Error::success();
}

Error Table::apply(const SiteRef &S, const Parameters &P,
                   OperatorContext &Context) const {
  if (!fits(S.Id.Kind))
    return createStringError(
        "table fits branches, switches, selects and loops only");
  const bool Guarded = P.get("domain") == "guarded";
  if (Error E = Guarded ? P.onlyKeys({"domain", "form", "high", "low", "reach",
                                      "share"})
                        : P.onlyKeys({"domain", "form", "reach"}))
    return E;
  if (!Guarded && P.get("domain") != "proved")
    return createStringError("parameter 'domain=" + P.get("domain") +
                             "' is neither proved nor guarded");
  const bool Packed = P.get("form") == "word";
  if (!Packed && P.get("form") != "table")
    return createStringError("parameter 'form=" + P.get("form") +
                             "' is neither table nor word");
  unsigned Percent = 0;
  if (Guarded) {
    Expected<uint64_t> Share = P.number("share", 1, 99);
    if (!Share)
      return Share.takeError();
    Percent = *Share;
  }
  FunctionAnalysisManager &FAM = *Context.FAM;
  auto Candidates = tableCandidatesAt(S, FAM);
  if (!Candidates)
    return Candidates.takeError();
  uint64_t Reach = 1;
  if (!P.get("reach").empty()) {
    Expected<uint64_t> Number = P.number("reach", 1, Candidates->size());
    if (!Number)
      return Number.takeError();
    Reach = *Number;
  }
  TableCandidate *C = &(*Candidates)[Reach - 1];
  // Which keys it takes is seen with a few combinations.
  if (auto Sample = chooseTableKeys(*C, FAM); !Sample)
    return Sample.takeError();
  if (C->Guarded != Guarded)
    return createStringError(Guarded ? "the domain needs no guard"
                                     : "the domain is not proved");
  if (Guarded && !C->Region)
    return createStringError("a guard is for branches and switches only");
  if (Guarded)
    if (Error E = setDomain(*C, P))
      return E;
  const SmallVector<bool, 4> Defined = roundKeys(*C, FAM);
  auto Columns = enumerateTable(*C);
  if (!Columns)
    return Columns.takeError();
  Module &M = *Context.F->getParent();
  if (!lookupBytes(*Columns, Packed, C->entries(), M.getDataLayout()))
    return createStringError("the results do not fit in the form");
  Lookups L(M, Packed, C->entries());
  if (!C->Region)
    replaceExpression(*C, L, *Columns, Defined);
  else if (Guarded)
    guardRegion(*C, Percent, L, *Columns, Defined);
  else
    replaceRegion(*C, L, *Columns, Defined);
  if (Context.Codegen)
    Context.Codegen->Simplify = true;
  return Error::success();
}

std::unique_ptr<Operator> createTable() { return std::make_unique<Table>(); }

} // namespace speciate
