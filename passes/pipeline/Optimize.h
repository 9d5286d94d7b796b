//===- passes/pipeline/Optimize.h - The two halves of LLVM's LTO pipeline
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The plan and the regions share one pipeline, LLVM's own buildLTODefault-
// Pipeline at O3, cut in two inside its main function pipeline, just before
// loops are distributed, vectorized and unrolled:
//
//   early: everything up to the cut: interprocedural passes, inlining, scalar
//          and loop simplification. Run once per plan, on the whole program.
//   late:  vectorization, unrolling, late scalar cleanup, sinking. Run on a
//          region's slice and on the rest of the program.
//
// The cut is made by a pass-instrumentation callback and not by a pipeline of
// our own, so that early followed by late is what lld runs. Passes that declare
// themselves required run in both halves; they are idempotent (verifier,
// adaptors, analyses, lowering of type tests, which finds nothing the second
// time).
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_PIPELINE_OPTIMIZE_H
#define SPECIATE_PASSES_PIPELINE_OPTIMIZE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <string>

namespace speciate {

/// The target machine that lld's LTO would use for \p M at O3. Backend options
/// are read from LLVM's command-line options, which only a tool's main may set.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const llvm::Module &M, bool Pic);

enum class Half { Early, Late };

void runHalf(Half Which, llvm::Module &M, llvm::TargetMachine &TM);

/// Scalar cleanup of one function, after copies of its code have been made for
/// special cases: constants, dead paths, repeated expressions.
void simplifyFunction(llvm::Function &F, llvm::TargetMachine &TM);

/// Calls \p Use with the analysis managers of \p M: profile summary, loops,
/// block frequencies and target information are registered.
void withAnalyses(llvm::Module &M, llvm::TargetMachine &TM,
                  llvm::function_ref<void(llvm::ModuleAnalysisManager &,
                                          llvm::FunctionAnalysisManager &)>
                      Use);

/// Machine code of \p M as a relocatable object, with a section for every
/// function and object, as LTO emits it.
llvm::Expected<std::string> generateCode(llvm::Module &M,
                                         llvm::TargetMachine &TM);

} // namespace speciate

#endif
