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
  /// Facts (passes/facts/Facts.h), applied after the genes.
  std::string FactsFile;
  /// Gets one line for each fact: at how many places it fitted.
  std::string FactsReportFile;
  /// Gets what could be done in this unit, before any change:
  /// {"functions": [{"function", "guid", "cost"}], "sites": [SITE]}, with sites
  /// as in gp/engine/SpaceJson.h. Costs and weights are in units of staticCost:
  /// divide by the sum of "cost" over all units. A benefit is a share of its
  /// site's weight.
  std::string SitesFile;
  /// Gets one line for every gene of this unit's functions that had no effect:
  /// "GENE: REASON".
  std::string ReportFile;

  bool active() const {
    return !GenomeFile.empty() || !FactsFile.empty() || !SitesFile.empty() ||
           !ReportFile.empty();
  }
};

/// Errors become diagnostics of the module's context, so that clang fails.
void installPlanHook(llvm::PassBuilder &PB, const PlanHookParams &Params);

} // namespace speciate

#endif
