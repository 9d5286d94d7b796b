//===- passes/apply/PlanHook.cpp - Plan genes inside clang's own pipeline
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/apply/PlanHook.h"
#include "passes/apply/ApplyPass.h"
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

static json::Object sitesOf(OperatorContext &Context) {
  Function &F = *Context.F;
  json::Array Sites;
  for (const Site &S : collectSites(Level::Plan, Context)) {
    json::Array Choices;
    for (const Choice &C : S.Choices)
      Choices.push_back(json::Object{{"operator", C.Operator},
                                     {"parameters", C.Parameters},
                                     {"benefit", C.Benefit}});
    Sites.push_back(json::Object{{"id", S.Id.str()},
                                 {"function", S.Function},
                                 {"location", S.Location},
                                 {"cost", S.Weight},
                                 {"choices", std::move(Choices)}});
  }
  return json::Object{{"function", F.getName()},
                      {"guid", hex64(functionGuid(F))},
                      {"cost", Context.Share},
                      {"sites", std::move(Sites)}};
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
    std::string Lines;
    raw_string_ostream OS(Lines);
    for (Function *F : Functions) {
      OperatorContext Context = ContextOf(*F);
      OS << json::Value(sitesOf(Context)) << "\n";
    }
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
    for (const Gene &G : Result->Applied.genes())
      Report += "applied " + G.str() + "\n";
    for (const std::string &NoOp : Result->NoOps)
      Report += "no-op " + NoOp + "\n";
    OptimizationRemarkEmitter ORE(F);
    emitRemarks(*F, *Result, CodegenChoices(), "speciate-plan", ORE);
  }
  if (!Params.ReportFile.empty())
    return writeFileAtomically(Params.ReportFile, Report);
  return Error::success();
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
