//===- passes/apply/ApplyPass.h - Apply and sites, as passes of opt
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_APPLY_APPLYPASS_H
#define SPECIATE_PASSES_APPLY_APPLYPASS_H

#include "gp/genome/Genome.h"
#include "passes/apply/Apply.h"
#include "llvm/IR/PassManager.h"
#include <string>

namespace llvm {
class OptimizationRemarkEmitter;
class raw_ostream;
} // namespace llvm

namespace speciate {

struct ApplyOptions {
  std::string GenomeFile;
  Level At = Level::Region;
  /// What GenomeFile holds.
  Genome Genes;
};

/// "genome=FILE;level=region". Reads the file.
llvm::Expected<ApplyOptions> parseApplyOptions(llvm::StringRef Text);

/// One remark for every gene of \p Result: Applied (passed) or NoOp (missed),
/// under the name of \p Pass, and one for every option of \p Codegen.
void emitRemarks(llvm::Function &F, const ApplyResult &Result,
                 const CodegenChoices &Codegen, const char *Pass,
                 llvm::OptimizationRemarkEmitter &ORE);

/// Applies the genes of a file that name this function. What became of each is
/// said in optimization remarks.
class ApplyPass : public llvm::PassInfoMixin<ApplyPass> {
public:
  explicit ApplyPass(ApplyOptions Options) : Options(std::move(Options)) {}
  llvm::PreservedAnalyses run(llvm::Function &F,
                              llvm::FunctionAnalysisManager &FAM);
  void printPipeline(llvm::raw_ostream &OS,
                     llvm::function_ref<llvm::StringRef(llvm::StringRef)>
                         MapClassName2PassName);
  static bool isRequired() { return true; }

private:
  ApplyOptions Options;
};

/// Prints the sites of a function with their choices, one a line. Weights and
/// benefits are shares of the function.
class SitesPrinterPass : public llvm::PassInfoMixin<SitesPrinterPass> {
public:
  SitesPrinterPass(llvm::raw_ostream &OS, Level At) : OS(OS), At(At) {}
  llvm::PreservedAnalyses run(llvm::Function &F,
                              llvm::FunctionAnalysisManager &FAM);
  void printPipeline(llvm::raw_ostream &OS,
                     llvm::function_ref<llvm::StringRef(llvm::StringRef)>
                         MapClassName2PassName);
  static bool isRequired() { return true; }

private:
  llvm::raw_ostream &OS;
  Level At;
};

} // namespace speciate

#endif
