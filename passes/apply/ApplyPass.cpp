//===- passes/apply/ApplyPass.cpp - Apply and sites, as passes of opt
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/apply/ApplyPass.h"
#include "support/File.h"
#include "llvm/Analysis/OptimizationRemarkEmitter.h"
#include "llvm/Analysis/ProfileSummaryInfo.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace speciate {

Expected<ApplyOptions> parseApplyOptions(StringRef Text) {
  ApplyOptions Options;
  SmallVector<StringRef, 4> Tokens;
  Text.split(Tokens, ';', -1, /*KeepEmpty=*/false);
  for (StringRef Token : Tokens) {
    auto [Key, Value] = Token.split('=');
    if (Key == "genome") {
      Options.GenomeFile = Value.str();
    } else if (Key == "level") {
      if (Value == "plan")
        Options.At = Level::Plan;
      else if (Value == "region")
        Options.At = Level::Region;
      else
        return createStringError("speciate-apply: level '" + Value +
                                 "' is neither plan nor region");
    } else {
      return createStringError("speciate-apply: unknown parameter '" + Key +
                               "', expected genome=FILE or level=plan|region");
    }
  }
  if (Options.GenomeFile.empty())
    return createStringError("speciate-apply: no genome=FILE");
  Expected<std::string> Bytes = readFile(Options.GenomeFile);
  if (!Bytes)
    return createStringError("speciate-apply: " + toString(Bytes.takeError()));
  Expected<Genome> Genes = Genome::parse(*Bytes);
  if (!Genes)
    return createStringError("speciate-apply: " + Options.GenomeFile + ": " +
                             toString(Genes.takeError()));
  Options.Genes = std::move(*Genes);
  return Options;
}

void emitRemarks(Function &F, const ApplyResult &Result,
                 const CodegenChoices &Codegen, const char *Pass,
                 OptimizationRemarkEmitter &ORE) {
  for (const Gene &G : Result.Applied.genes())
    ORE.emit([&] {
      return OptimizationRemark(Pass, "Applied", F.getSubprogram(),
                                &F.getEntryBlock())
             << ore::NV("Gene", G.str());
    });
  for (const std::string &Reason : Result.NoOps)
    ORE.emit([&] {
      return OptimizationRemarkMissed(Pass, "NoOp", F.getSubprogram(),
                                      &F.getEntryBlock())
             << ore::NV("Reason", Reason);
    });
  for (const std::string &Option : Codegen.Options)
    ORE.emit([&] {
      return OptimizationRemarkAnalysis(Pass, "CodegenOption",
                                        F.getSubprogram(), &F.getEntryBlock())
             << ore::NV("Option", Option);
    });
}

static OperatorContext contextOf(Function &F, FunctionAnalysisManager &FAM) {
  OperatorContext Context;
  Context.F = &F;
  Context.FAM = &FAM;
  Context.PSI = FAM.getResult<ModuleAnalysisManagerFunctionProxy>(F)
                    .getCachedResult<ProfileSummaryAnalysis>(*F.getParent());
  Context.Share = 1;
  return Context;
}

PreservedAnalyses ApplyPass::run(Function &F, FunctionAnalysisManager &FAM) {
  CodegenChoices Codegen;
  OperatorContext Context = contextOf(F, FAM);
  Context.Codegen = &Codegen;
  Expected<ApplyResult> Result =
      applyGenome(Options.Genes, Options.At, Context);
  if (!Result) {
    F.getContext().emitError("speciate-apply: " + toString(Result.takeError()));
    return PreservedAnalyses::none();
  }
  OptimizationRemarkEmitter ORE(&F);
  emitRemarks(F, *Result, Codegen, "speciate-apply", ORE);
  return Result->Applied.empty() ? PreservedAnalyses::all()
                                 : PreservedAnalyses::none();
}

void ApplyPass::printPipeline(
    raw_ostream &OS, function_ref<StringRef(StringRef)> MapClassName2PassName) {
  OS << MapClassName2PassName(name()) << "<genome=" << Options.GenomeFile
     << ";level=" << levelName(Options.At) << ">";
}

PreservedAnalyses SitesPrinterPass::run(Function &F,
                                        FunctionAnalysisManager &FAM) {
  OperatorContext Context = contextOf(F, FAM);
  CodegenChoices Codegen;
  Context.Codegen = &Codegen;
  OS << levelName(At) << " sites of '" << F.getName() << "'\n";
  for (const Site &S : collectSites(At, Context)) {
    OS << S.Id.str() << format(" weight=%.4f", S.Weight);
    if (!S.Location.empty())
      OS << " at " << S.Location;
    OS << "\n";
    for (const Choice &C : S.Choices)
      OS << "  " << C.Operator << " " << C.Parameters
         << format(" benefit=%.5f", C.Benefit) << "\n";
  }
  return PreservedAnalyses::all();
}

void SitesPrinterPass::printPipeline(
    raw_ostream &OS, function_ref<StringRef(StringRef)> MapClassName2PassName) {
  OS << (At == Level::Plan ? "print<speciate-plan-sites>"
                           : "print<speciate-sites>");
}

} // namespace speciate
