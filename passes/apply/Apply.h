//===- passes/apply/Apply.h - Applying a genome to IR
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_APPLY_APPLY_H
#define SPECIATE_PASSES_APPLY_APPLY_H

#include "gp/genome/Genome.h"
#include "passes/operators/Operator.h"
#include <string>
#include <vector>

namespace speciate {

struct ApplyResult {
  /// Genes that had an effect.
  Genome Applied;
  /// "<gene>: <reason>", for sites that are gone and for refusals.
  std::vector<std::string> NoOps;
};

/// Applies the genes of \p G that are at level \p At and name the function
/// Context.F, in the genome's order but for Operator::actsLast, on site numbers
/// taken before the first change. Genes for sites that others make
/// (SiteMap::addMadeBy) come after those. Each gene is applied or reported; a
/// gene with an effect that the IR verifier rejects is our bug, and is reported
/// as an Error.
llvm::Expected<ApplyResult> applyGenome(const Genome &G, Level At,
                                        OperatorContext &Context);

/// The sites of Context.F at level \p At with the choices of all operators;
/// sites without choices are left out.
std::vector<Site> collectSites(Level At, OperatorContext &Context);

/// Applies \p G to Context.F at level Region, and collects the sites that its
/// genes made, with Site::MadeBy.
llvm::Expected<std::vector<Site>> collectMadeSites(const Genome &G,
                                                   OperatorContext &Context);

} // namespace speciate

#endif
