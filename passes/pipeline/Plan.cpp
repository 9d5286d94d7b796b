//===- passes/pipeline/Plan.cpp - From the merged program to planned IR and its
// regions
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/pipeline/Plan.h"
#include "passes/apply/Apply.h"
#include "passes/instrument/Writes.h"
#include "passes/pipeline/Optimize.h"
#include "passes/pipeline/Slice.h"
#include "passes/sites/Cost.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ProfileSummaryInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace speciate {

namespace {

struct Weighted {
  Function *F;
  double Cost;
  size_t Order; ///< In the module.
};

/// Functions that ran, costliest first; ties in module order.
std::vector<Weighted> rankByCost(Module &M, FunctionAnalysisManager &FAM) {
  std::vector<Weighted> Result;
  for (Function &F : M) {
    // Without a count the profile does not know the function: it did not run,
    // or it is ours, made later; either way nothing says that it is hot.
    if (F.isDeclaration() || F.hasAvailableExternallyLinkage() ||
        !F.getEntryCount())
      continue;
    double Cost = staticCost(F, FAM.getResult<BlockFrequencyAnalysis>(F),
                             FAM.getResult<TargetIRAnalysis>(F));
    if (Cost > 0)
      Result.push_back({&F, Cost, Result.size()});
  }
  llvm::sort(Result, [](const Weighted &A, const Weighted &B) {
    return A.Cost != B.Cost ? A.Cost > B.Cost : A.Order < B.Order;
  });
  return Result;
}

} // namespace

Expected<PlannedProgram> planProgram(Module &M, TargetMachine &TM,
                                     const PlanParams &Params) {
  runHalf(Half::Early, M, TM);
  PlannedProgram Result;
  for (const Function &F : M)
    if (!F.isDeclaration() && !F.hasAvailableExternallyLinkage()) {
      Result.Functions.push_back(F.getName().str());
      Result.Blocks += F.size();
    }
  promoteLocals(M);

  auto Cuts = extractLoopRegions(M, TM, Params.Loops);
  if (!Cuts)
    return Cuts.takeError();
  SmallPtrSet<const Function *, 8> Family; // Stays together, see Plan.h.
  for (const CutFunction &C : *Cuts) {
    Family.insert(C.F);
    for (const ExtractedLoop &L : C.Loops) {
      Family.insert(L.Loop);
      Result.Extracted.push_back(L.Note);
    }
  }
  std::vector<Function *> Chosen;
  withAnalyses(
      M, TM, [&](ModuleAnalysisManager &MAM, FunctionAnalysisManager &FAM) {
        ProfileSummaryInfo &PSI = MAM.getResult<ProfileSummaryAnalysis>(M);
        std::vector<Weighted> Ranked = rankByCost(M, FAM);
        double Total = 0;
        for (const Weighted &W : Ranked)
          Total += W.Cost;
        double Covered = 0;
        const ProgramWrites Writes(M, FAM);
        for (const Weighted &W : Ranked) {
          double Share = W.Cost / Total;
          if ((Covered >= Params.Coverage || Share < Params.MinShare ||
               Chosen.size() >= Params.MaxRegions) &&
              !Family.contains(W.F))
            continue;
          Covered += Share;
          std::string Why = whyNotSliceable(*W.F);
          if (!Why.empty()) {
            Result.Refused.push_back(formatv("{0} ({1:f1} %): {2}",
                                             W.F->getName(), Share * 100, Why));
            continue;
          }
          PlannedRegion R;
          R.Space.Guid = functionGuid(*W.F);
          R.Space.Function = W.F->getName().str();
          R.Space.Share = Share;
          OperatorContext Context;
          Context.F = W.F;
          Context.FAM = &FAM;
          Context.PSI = &PSI;
          Context.Share = Share;
          R.Space.Sites = collectSites(Level::Region, Context);
          llvm::erase_if(R.Space.Sites, [&](const Site &S) {
            return S.Weight < Params.MinSiteWeight;
          });
          double EntryCost =
              W.Cost / std::max<double>(1, W.F->getEntryCount()->getCount());
          if (EntryCost > Params.LongEntryCost &&
              !FAM.getResult<LoopAnalysis>(*W.F).empty())
            R.MarkerMinPasses =
                static_cast<uint64_t>(EntryCost / Params.WindowCost);
          json::Array Written = Writes.of(*W.F);
          R.Slice = sliceOut(*W.F);
          noteWrites(*R.Slice, std::move(Written));
          Result.Regions.push_back(std::move(R));
          Chosen.push_back(W.F);
        }
      });
  for (CutFunction &C : *Cuts) {
    auto IndexOf = [&](const Function *F) {
      return static_cast<size_t>(llvm::find(Chosen, F) - Chosen.begin());
    };
    size_t Parent = IndexOf(C.F);
    // Only a family all of whose members can be compiled apart is whole again.
    if (Parent == Chosen.size() || any_of(C.Loops, [&](const ExtractedLoop &L) {
          return IndexOf(L.Loop) == Chosen.size();
        }))
      continue;
    Result.Regions[Parent].Whole = std::move(C.Whole);
    for (const ExtractedLoop &L : C.Loops)
      Result.Regions[Parent].Loops.push_back(IndexOf(L.Loop));
  }
  removeSlices(M, Chosen);
  return std::move(Result);
}

} // namespace speciate
