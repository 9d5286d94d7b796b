//===- passes/pipeline/LoopRegion.cpp - Hot loops as functions of their own
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/pipeline/LoopRegion.h"
#include "passes/pipeline/Optimize.h"
#include "passes/pipeline/Slice.h"
#include "passes/sites/Cost.h"
#include "passes/sites/Sites.h"
#include "support/Hash.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/BranchProbabilityInfo.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Transforms/Utils/CodeExtractor.h"

using namespace llvm;

namespace speciate {

namespace {

/// A loop that is to be a function, by its header: other extractions leave the
/// block, but not the loop analysis.
struct Chosen {
  BasicBlock *Header;
  unsigned Number;
  double Entries, EntryCost;
};

class Extractor {
public:
  Extractor(Function &F, FunctionAnalysisManager &FAM, double ProgramCost,
            const LoopRegionParams &Params)
      : F(F), FAM(FAM), ProgramCost(ProgramCost), Params(Params) {}

  Error run(std::vector<CutFunction> &Out);

private:
  bool choose(const Loop &L);
  bool canExtract(const Loop &L);
  Expected<Function *> extract(const Chosen &C);

  Function &F;
  FunctionAnalysisManager &FAM;
  double ProgramCost;
  const LoopRegionParams &Params;
  DenseMap<const BasicBlock *, unsigned> Numbers; ///< By header.
  std::vector<Chosen> Loops, Long;
};

} // namespace

/// How often control comes to \p L from outside.
static double entriesOf(const Loop &L, const BlockFrequencyInfo &BFI,
                        const BranchProbabilityInfo &BPI) {
  double Sum = 0;
  SmallPtrSet<const BasicBlock *, 4> Seen;
  for (const BasicBlock *Pred : predecessors(L.getHeader()))
    if (!L.contains(Pred) && Seen.insert(Pred).second) {
      BranchProbability P = BPI.getEdgeProbability(Pred, L.getHeader());
      Sum += blockCount(*Pred, BFI) * P.getNumerator() / P.getDenominator();
    }
  return Sum;
}

bool Extractor::canExtract(const Loop &L) {
  for (const BasicBlock *BB : L.blocks()) {
    if (BB->isEHPad() || BB->hasAddressTaken())
      return false;
    for (const Instruction &I : *BB) {
      // An invoke would leave by its landing pad, which stays.
      if (isa<InvokeInst, CallBrInst, IndirectBrInst, AllocaInst>(I))
        return false;
      if (const auto *II = dyn_cast<IntrinsicInst>(&I))
        switch (II->getIntrinsicID()) {
        case Intrinsic::stacksave:
        case Intrinsic::stackrestore:
        case Intrinsic::vastart:
        case Intrinsic::vaend:
        case Intrinsic::vacopy:
        case Intrinsic::localescape:
        case Intrinsic::frameaddress:
        case Intrinsic::returnaddress:
        case Intrinsic::addressofreturnaddress:
          return false;
        default:
          break;
        }
    }
  }
  SmallVector<BasicBlock *, 4> Exits;
  L.getUniqueExitBlocks(Exits);
  if (Exits.empty() || Exits.size() > Params.MaxExits)
    return false;
  for (const BasicBlock *Exit : Exits)
    if (Exit->isEHPad() || Exit->hasAddressTaken())
      return false;
  CodeExtractor CE(L.getBlocks(), &FAM.getResult<DominatorTreeAnalysis>(F));
  if (!CE.isEligible())
    return false;
  SetVector<Value *> Inputs, Outputs, Allocas;
  CE.findInputsOutputs(Inputs, Outputs, Allocas);
  return Outputs.size() <= Params.MaxResults &&
         Inputs.size() + Outputs.size() <= Params.MaxArguments;
}

/// Puts \p L, or loops in it, into Loops, or into Long; false if there is none.
bool Extractor::choose(const Loop &L) {
  const auto &BFI = FAM.getResult<BlockFrequencyAnalysis>(F);
  double Cost = staticCost(L, BFI, FAM.getResult<TargetIRAnalysis>(F));
  if (Cost < Params.MinLoopShare * ProgramCost)
    return false;
  double Entries =
      entriesOf(L, BFI, FAM.getResult<BranchProbabilityAnalysis>(F));
  double EntryCost = Cost / std::max(Entries, 1.0);
  if (EntryCost < Params.MinLoopCost)
    return false;
  const Chosen This = {L.getHeader(), Numbers.lookup(L.getHeader()), Entries,
                       EntryCost};
  const bool CanExtract = canExtract(L);
  if (EntryCost <= Params.MaxLoopCost && CanExtract) {
    Loops.push_back(This);
    return true;
  }
  bool Any = false;
  for (const Loop *Inner : L)
    Any |= choose(*Inner);
  if (Any || EntryCost <= Params.MaxLoopCost || !CanExtract)
    return Any;
  Long.push_back(This);
  return true;
}

Expected<Function *> Extractor::extract(const Chosen &C) {
  Loop *L = FAM.getResult<LoopAnalysis>(F).getLoopFor(C.Header);
  std::string Name = formatv("{0}.loop{1}", F.getName(), C.Number);
  // Extraction keeps the analyses up to date as far as it needs them itself.
  CodeExtractor CE(L->getBlocks(), &FAM.getResult<DominatorTreeAnalysis>(F),
                   /*AggregateArgs=*/false,
                   &FAM.getResult<BlockFrequencyAnalysis>(F),
                   &FAM.getResult<BranchProbabilityAnalysis>(F),
                   &FAM.getResult<AssumptionAnalysis>(F));
  Function *New = CE.extractCodeRegion(CodeExtractorAnalysisCache(F));
  FAM.invalidate(F, PreservedAnalyses::none());
  if (!New)
    return nullptr;
  New->setName(Name);
  New->setLinkage(GlobalValue::ExternalLinkage);
  New->setVisibility(GlobalValue::HiddenVisibility);
  New->setDSOLocal(true);
  New->addFnAttr(Attribute::NoInline);
  setFunctionGuid(*New, stableHash64(hex64(functionGuid(F)) + ".loop" +
                                     std::to_string(C.Number)));
  New->setEntryCount(Function::ProfileCount(
      static_cast<uint64_t>(std::max(C.Entries, 1.0)), Function::PCT_Real));
  std::string Message;
  raw_string_ostream OS(Message);
  if (verifyFunction(F, &OS) || verifyFunction(*New, &OS))
    return createStringError("extracting %s broke it: %s", Name.c_str(),
                             Message.c_str());
  return New;
}

Error Extractor::run(std::vector<CutFunction> &Out) {
  if (F.callsFunctionThatReturnsTwice() || F.hasFnAttribute(Attribute::Naked) ||
      F.hasFnAttribute(Attribute::OptimizeNone) || !whyNotSliceable(F).empty())
    return Error::success();
  const LoopInfo &LI = FAM.getResult<LoopAnalysis>(F);
  const SiteMap Sites(F, Level::Region, LI);
  for (const SiteRef &S : Sites.sites())
    if (S.Id.Kind == SiteKind::Loop) {
      Value *Header = S.Where;
      Numbers[cast<BasicBlock>(Header)] = S.Id.Ordinal;
    }
  for (const Loop *L : LI)
    choose(*L);
  // A single one is seen from the function's entry as well.
  if (Loops.size() + Long.size() > 1)
    llvm::append_range(Loops, Long);
  llvm::sort(Loops, [](const Chosen &A, const Chosen &B) {
    return A.Number < B.Number;
  });
  if (Loops.empty())
    return Error::success();
  CutFunction Cut{&F, {}, sliceOut(F)};
  for (const Chosen &C : Loops) {
    Loop *L = FAM.getResult<LoopAnalysis>(F).getLoopFor(C.Header);
    std::string Where = "a loop";
    if (DebugLoc Loc = L->getStartLoc())
      Where = (Loc->getFilename() + ":" + Twine(Loc.getLine())).str();
    Expected<Function *> New = extract(C);
    if (!New)
      return New.takeError();
    if (*New)
      Cut.Loops.push_back(
          {*New, formatv("{0}: {1}, {2:f0} entries of {3:f0}",
                         (*New)->getName(), Where, C.Entries, C.EntryCost)});
  }
  if (!Cut.Loops.empty())
    Out.push_back(std::move(Cut));
  return Error::success();
}

Expected<std::vector<CutFunction>>
extractLoopRegions(Module &M, TargetMachine &TM,
                   const LoopRegionParams &Params) {
  std::vector<CutFunction> Result;
  Error Failure = Error::success();
  withAnalyses(
      M, TM, [&](ModuleAnalysisManager &, FunctionAnalysisManager &FAM) {
        std::vector<std::pair<Function *, double>> Costs;
        double Total = 0;
        for (Function &F : M) {
          if (F.isDeclaration() || F.hasAvailableExternallyLinkage() ||
              !F.getEntryCount())
            continue;
          Costs.push_back(
              {&F, staticCost(F, FAM.getResult<BlockFrequencyAnalysis>(F),
                              FAM.getResult<TargetIRAnalysis>(F))});
          Total += Costs.back().second;
        }
        for (auto [F, Cost] : Costs) {
          double Entries = std::max<double>(1, F->getEntryCount()->getCount());
          if (Cost < Params.MinFunctionShare * Total ||
              Cost / Entries < Params.MinEntryCost)
            continue;
          if ((Failure = Extractor(*F, FAM, Total, Params).run(Result)))
            return;
        }
      });
  if (Failure)
    return std::move(Failure);
  return std::move(Result);
}

} // namespace speciate
