//===- passes/pipeline/Optimize.cpp - The two halves of LLVM's LTO pipeline
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/pipeline/Optimize.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/CodeGen/CommandFlags.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassInstrumentation.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Passes/StandardInstrumentations.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/ADCE.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LoopDeletion.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/SCCP.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"

using namespace llvm;

namespace speciate {

Expected<std::unique_ptr<TargetMachine>> createTargetMachine(const Module &M,
                                                             bool Pic) {
  const Triple &TheTriple = M.getTargetTriple();
  std::string Message;
  const Target *T = TargetRegistry::lookupTarget(TheTriple, Message);
  if (!T)
    return createStringError("%s", Message.c_str());
  TargetOptions Options = codegen::InitTargetOptionsFromCodeGenFlags(TheTriple);
  Options.EmitAddrsig = true;
  Options.FunctionSections = true;
  Options.DataSections = true;
  SubtargetFeatures Features;
  Features.getDefaultSubtargetFeatures(TheTriple);
  std::unique_ptr<TargetMachine> TM(T->createTargetMachine(
      TheTriple, TheTriple.isX86() ? "x86-64" : "", Features.getString(),
      Options, Pic ? Reloc::PIC_ : Reloc::Static, M.getCodeModel(),
      CodeGenOptLevel::Aggressive));
  if (!TM)
    return createStringError("no code generator for %s",
                             TheTriple.str().c_str());
  if (std::optional<uint64_t> Threshold = M.getLargeDataThreshold())
    TM->setLargeDataThreshold(*Threshold);
  return std::move(TM);
}

namespace {

const Function *functionOf(const Any &IR) {
  if (const auto *F = llvm::any_cast<const Function *>(&IR))
    return *F;
  if (const auto *L = llvm::any_cast<const Loop *>(&IR))
    return (*L)->getHeader()->getParent();
  return nullptr;
}

/// Decides pass by pass which half it belongs to. State: the functions whose
/// main pipeline has reached the cut. The pass manager takes one function
/// through the whole function pipeline before the next, and every pass that
/// comes later in the module pipeline comes late for every function.
class Cut {
public:
  explicit Cut(Half Which) : Which(Which) {}

  bool shouldRun(StringRef Pass, const Any &IR) {
    const Function *F = functionOf(IR);
    if (!F) {
      // Interprocedural: early, but for what makes tables of the late half's
      // switches relative.
      return Which == Half::Early || Pass == "RelLookupTableConverterPass";
    }
    if (Pass == "LoopDistributePass")
      Reached.insert(F);
    return Reached.contains(F) == (Which == Half::Late);
  }

private:
  Half Which;
  DenseSet<const Function *> Reached;
};

/// Everything that a pass pipeline needs around it.
struct Managers {
  LoopAnalysisManager LAM;
  FunctionAnalysisManager FAM;
  CGSCCAnalysisManager CGAM;
  ModuleAnalysisManager MAM;
  PassInstrumentationCallbacks PIC;
  TargetLibraryInfoImpl Libraries;
  PassBuilder PB;

  static PipelineTuningOptions tuning() {
    PipelineTuningOptions Tuning;
    Tuning.LoopVectorization = true;
    Tuning.SLPVectorization = true;
    return Tuning;
  }

  explicit Managers(TargetMachine &TM)
      : Libraries(TM.getTargetTriple(), TM.Options.VecLib),
        PB(&TM, tuning(), std::nullopt, &PIC) {
    FAM.registerPass([&] { return TargetLibraryAnalysis(Libraries); });
    PB.registerModuleAnalyses(MAM);
    PB.registerCGSCCAnalyses(CGAM);
    PB.registerFunctionAnalyses(FAM);
    PB.registerLoopAnalyses(LAM);
    PB.crossRegisterProxies(LAM, FAM, CGAM, MAM);
  }
};

} // namespace

void runHalf(Half Which, Module &M, TargetMachine &TM) {
  Managers All(TM);
  Cut TheCut(Which);
  All.PIC.registerShouldRunOptionalPassCallback(
      [&](StringRef Pass, Any IR) { return TheCut.shouldRun(Pass, IR); });
  ModulePassManager MPM =
      All.PB.buildLTODefaultPipeline(OptimizationLevel::O3, nullptr);
  MPM.run(M, All.MAM);
}

void simplifyFunction(Function &F, TargetMachine &TM) {
  Managers All(TM);
  FunctionPassManager FPM;
  FPM.addPass(SCCPPass());
  FPM.addPass(SimplifyCFGPass());
  FPM.addPass(InstCombinePass());
  FPM.addPass(EarlyCSEPass(/*UseMemorySSA=*/true));
  FPM.addPass(ADCEPass());
  FPM.addPass(createFunctionToLoopPassAdaptor(LoopDeletionPass()));
  FPM.addPass(SimplifyCFGPass());
  FPM.run(F, All.FAM);
}

void withAnalyses(
    Module &M, TargetMachine &TM,
    function_ref<void(ModuleAnalysisManager &, FunctionAnalysisManager &)>
        Use) {
  Managers All(TM);
  Use(All.MAM, All.FAM);
}

Expected<std::string> generateCode(Module &M, TargetMachine &TM) {
  SmallVector<char, 0> Object;
  raw_svector_ostream OS(Object);
  legacy::PassManager Passes;
  TargetLibraryInfoImpl Libraries(TM.getTargetTriple(), TM.Options.VecLib);
  Passes.add(new TargetLibraryInfoWrapperPass(Libraries));
  if (TM.addPassesToEmitFile(Passes, OS, nullptr, CodeGenFileType::ObjectFile))
    return createStringError("the target cannot emit objects");
  Passes.run(M);
  return std::string(Object.data(), Object.size());
}

} // namespace speciate
