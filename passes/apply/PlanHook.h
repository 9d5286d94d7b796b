//===- passes/apply/PlanHook.h - Plan genes inside clang's own pipeline
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Plan genes act on canonical IR with its profile: right after clang's pre-link
// pipeline has annotated it (PGOInstrumentationUse), or at the same place of a
// pipeline without a profile. No extension point lies there, so the hook is a
// pass-instrumentation callback. Apart from the genes it changes nothing:
// without any, the output is byte for byte that of clang alone.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_APPLY_PLANHOOK_H
#define SPECIATE_PASSES_APPLY_PLANHOOK_H

#include <string>

namespace llvm {
class PassBuilder;
} // namespace llvm

namespace speciate {

struct PlanHookParams {
  /// A genome; its plan genes that name functions of this unit are applied.
  std::string GenomeFile;
  /// Gets one JSON object a line and function, before any change:
  /// {"function", "guid", "cost", "sites": [{"id", "function", "location",
  /// "cost", "choices": [{"operator", "parameters", "benefit"}]}]}.
  /// Costs and benefits are in units of staticCost, not shares: divide by the
  /// sum of "cost" over all functions of the program.
  std::string SitesFile;
  /// Gets one line a gene of this unit's functions: "applied GENE" or
  /// "no-op GENE: REASON".
  std::string ReportFile;

  bool active() const {
    return !GenomeFile.empty() || !SitesFile.empty() || !ReportFile.empty();
  }
};

/// Errors become diagnostics of the module's context, so that clang fails.
void installPlanHook(llvm::PassBuilder &PB, const PlanHookParams &Params);

} // namespace speciate

#endif
