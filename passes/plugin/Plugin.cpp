//===- passes/plugin/Plugin.cpp - SpeciatePasses.so for opt and clang
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/apply/ApplyPass.h"
#include "passes/apply/PlanHook.h"
#include "passes/arena/ArenaPass.h"
#include "passes/instrument/Alone.h"
#include "passes/operators/LateForms.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Plugins/PassPlugin.h"
#include "llvm/Support/CommandLine.h"

using namespace llvm;
using namespace speciate;

static_assert(LLVM_VERSION_MAJOR == 22);

static cl::opt<std::string>
    PlanFile("speciate-plan", cl::value_desc("file"),
             cl::desc("Apply the plan genes of this genome"));
static cl::opt<std::string>
    PlanSitesFile("speciate-plan-sites", cl::value_desc("file"),
                  cl::desc("Write the plan sites of this unit as JSON"));
static cl::opt<std::string>
    PlanReportFile("speciate-plan-report", cl::value_desc("file"),
                   cl::desc("Write the plan genes without effect"));

static cl::opt<std::string> FactsFile("speciate-facts", cl::value_desc("file"),
                                      cl::desc("Facts to apply to this unit"));
static cl::opt<std::string>
    FactsReportFile("speciate-facts-report", cl::value_desc("file"),
                    cl::desc("Write at how many places each fact fitted"));

static cl::opt<ThreadTest> AloneCounters(
    "speciate-alone-counters", cl::init(ThreadTest::None),
    cl::desc("Add to counters atomically only where there are other threads"),
    cl::values(clEnumValN(ThreadTest::Pointer, "pointer",
                          "by a pointer of the profile runtime's"),
               clEnumValN(ThreadTest::Byte, "byte",
                          "by glibc's __libc_single_threaded, in an "
                          "executable")));

static void registerNames(PassInstrumentationCallbacks &PIC) {
#define SPECIATE_FUNCTION_PASS_WITH_PARAMS(NAME, CLASS, PARSER)                \
  PIC.addClassToPassName(CLASS::name(), NAME);
#include "passes/Passes.def"
}

static bool parsePass(StringRef Name, FunctionPassManager &FPM,
                      ArrayRef<PassBuilder::PipelineElement>) {
#define SPECIATE_FUNCTION_PASS(NAME, CREATE)                                   \
  if (Name == NAME) {                                                          \
    FPM.addPass(CREATE);                                                       \
    return true;                                                               \
  }
#define SPECIATE_FUNCTION_PASS_WITH_PARAMS(NAME, CLASS, PARSER)                \
  if (PassBuilder::checkParametrizedPassName(Name, NAME)) {                    \
    auto Options = PassBuilder::parsePassParameters(PARSER, Name, NAME);       \
    if (!Options) {                                                            \
      errs() << "error: " << toString(Options.takeError()) << "\n";            \
      return false;                                                            \
    }                                                                          \
    FPM.addPass(CLASS(std::move(*Options)));                                   \
    return true;                                                               \
  }
#include "passes/Passes.def"
  return false;
}

static void registerCallbacks(PassBuilder &PB) {
  PassInstrumentationCallbacks *PIC = PB.getPassInstrumentationCallbacks();
  PB.registerPipelineParsingCallback(parsePass);
  if (!PIC)
    return;
  registerNames(*PIC);
  PlanHookParams Params;
  Params.GenomeFile = PlanFile;
  Params.FactsFile = FactsFile;
  Params.FactsReportFile = FactsReportFile;
  Params.SitesFile = PlanSitesFile;
  Params.ReportFile = PlanReportFile;
  if (Params.active())
    installPlanHook(PB, Params);
  if (AloneCounters != ThreadTest::None)
    PB.registerOptimizerLastEPCallback(
        [](ModulePassManager &MPM, OptimizationLevel, ThinOrFullLTOPhase) {
          MPM.addPass(createModuleToFunctionPassAdaptor(
              AloneCountersPass(AloneCounters)));
        });
}

extern "C" LLVM_ATTRIBUTE_WEAK PassPluginLibraryInfo llvmGetPassPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "SpeciatePasses", LLVM_VERSION_STRING,
          registerCallbacks, nullptr};
}
