//===- passes/apply/PlanHook.cpp - Plan genes inside clang's own pipeline
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/apply/PlanHook.h"
#include "gp/engine/SpaceJson.h"
#include "passes/apply/ApplyPass.h"
#include "passes/facts/Facts.h"
#include "passes/sites/Cost.h"
#include "support/File.h"
#include "support/Hash.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/OptimizationRemarkEmitter.h"
#include "llvm/Analysis/ProfileSummaryInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace speciate {

/// Appends what \p Context.F offers; see PlanHookParams::SitesFile.
static void addSites(OperatorContext &Context, json::Array &Functions,
                     json::Array &Sites) {
  Functions.push_back(json::Object{{"function", Context.F->getName()},
                                   {"guid", hex64(functionGuid(*Context.F))},
                                   {"cost", Context.Share}});
  for (Site &S : collectSites(Level::Plan, Context)) {
    if (S.Weight <= 0)
      continue;
    for (Choice &C : S.Choices)
      C.Benefit /= S.Weight;
    Sites.push_back(toJson(S));
  }
}

static Error applyFactsFile(Module &M, const PlanHookParams &Params) {
  if (Params.FactsFile.empty())
    return Error::success();
  Expected<std::string> Bytes = readFile(Params.FactsFile);
  if (!Bytes)
    return Bytes.takeError();
  Expected<std::vector<Fact>> Facts = parseFacts(*Bytes);
  if (!Facts)
    return createStringError(Params.FactsFile + ": " +
                             toString(Facts.takeError()));
  std::string Report;
  for (unsigned Places : applyFacts(M, *Facts))
    Report += std::to_string(Places) + "\n";
  return Params.FactsReportFile.empty()
             ? Error::success()
             : writeFileAtomically(Params.FactsReportFile, Report);
}

static Error runHook(Module &M, ModuleAnalysisManager &MAM,
                     const PlanHookParams &Params) {
  Genome Genes;
  if (!Params.GenomeFile.empty()) {
    Expected<std::string> Bytes = readFile(Params.GenomeFile);
    if (!Bytes)
      return Bytes.takeError();
    Expected<Genome> Parsed = Genome::parse(*Bytes);
    if (!Parsed)
      return createStringError(Params.GenomeFile + ": " +
                               toString(Parsed.takeError()));
    Genes = Parsed->atLevel(Level::Plan);
  }
  auto &FAM = MAM.getResult<FunctionAnalysisManagerModuleProxy>(M).getManager();
  auto &PSI = MAM.getResult<ProfileSummaryAnalysis>(M);

  // Operators may add functions.
  SmallVector<Function *> Functions;
  for (Function &F : M)
    if (!F.isDeclaration() && !F.hasAvailableExternallyLinkage())
      Functions.push_back(&F);
  auto ContextOf = [&](Function &F) {
    OperatorContext Context;
    Context.F = &F;
    Context.FAM = &FAM;
    Context.PSI = &PSI;
    Context.Share = staticCost(F, FAM.getResult<BlockFrequencyAnalysis>(F),
                               FAM.getResult<TargetIRAnalysis>(F));
    return Context;
  };

  if (!Params.SitesFile.empty()) {
    json::Array Offered, Sites;
    for (Function *F : Functions) {
      OperatorContext Context = ContextOf(*F);
      addSites(Context, Offered, Sites);
    }
    std::string Lines;
    raw_string_ostream(Lines)
        << json::Value(json::Object{{"functions", std::move(Offered)},
                                    {"sites", std::move(Sites)}})
        << "\n";
    if (Error E = writeFileAtomically(Params.SitesFile, Lines))
      return E;
  }

  std::string Report;
  for (Function *F : Functions) {
    if (Genes.ofFunction(Level::Plan, functionGuid(*F)).empty())
      continue;
    OperatorContext Context = ContextOf(*F);
    Expected<ApplyResult> Result = applyGenome(Genes, Level::Plan, Context);
    if (!Result)
      return Result.takeError();
    for (const std::string &NoOp : Result->NoOps)
      Report += NoOp + "\n";
    OptimizationRemarkEmitter ORE(F);
    emitRemarks(*F, *Result, CodegenChoices(), "speciate-plan", ORE);
  }
  if (!Params.ReportFile.empty())
    if (Error E = writeFileAtomically(Params.ReportFile, Report))
      return E;
  return applyFactsFile(M, Params);
}

namespace {

/// What the callbacks share: they outlive installPlanHook, and the pass manager
/// tells a callback the module but not its analyses.
struct HookState {
  PlanHookParams Params;
  ModuleAnalysisManager *MAM = nullptr;
  bool Done = false;

  void run(Module &M) {
    if (Done || !MAM)
      return;
    Done = true;
    if (Error E = runHook(M, *MAM, Params))
      M.getContext().emitError("speciate-plan: " + toString(std::move(E)));
    // Also without genes: what the hook computed must not be what later passes
    // find in the cache.
    MAM->invalidate(M, PreservedAnalyses::none());
  }
};

} // namespace

void installPlanHook(PassBuilder &PB, const PlanHookParams &Params) {
  auto State = std::make_shared<HookState>();
  State->Params = Params;
  PB.registerAnalysisRegistrationCallback(
      [State](ModuleAnalysisManager &MAM) { State->MAM = &MAM; });
  // Callbacks see a const module only because most do not change it.
  auto Run = [State](Any IR) {
    if (const auto *M = any_cast<const Module *>(&IR))
      State->run(const_cast<Module &>(**M));
  };
  PassInstrumentationCallbacks &PIC = *PB.getPassInstrumentationCallbacks();
  PIC.registerAfterPassCallback(
      [Run](StringRef Pass, Any IR, const PreservedAnalyses &) {
        if (Pass == "PGOInstrumentationUse")
          Run(IR);
      });
  // Without a profile, at the same place: this pass comes next, and has not
  // been run before it (PGO's own early inliner is another pass).
  PIC.registerBeforeNonSkippedPassCallback([Run](StringRef Pass, Any IR) {
    if (Pass == "AlwaysInlinerPass")
      Run(IR);
  });
}

} // namespace speciate
