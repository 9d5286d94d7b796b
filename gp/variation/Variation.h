//===- gp/variation/Variation.h - Making genomes out of sites and genomes
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pure functions: what they return depends on their arguments and on the random
// stream alone. The genetic programming here works on sets of decisions, not on
// trees or linear code, so the classical operators take their set form:
// mutation adds, removes or replaces one decision; crossover exchanges whole
// functions, whose decisions were found together and whose effects are nearly
// independent of other functions' (compare Koza, "Genetic Programming", 1992,
// and the homologous crossover of Langdon, 2000).
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_VARIATION_VARIATION_H
#define SPECIATE_GP_VARIATION_VARIATION_H

#include "gp/engine/Interfaces.h"
#include "gp/genome/Genome.h"
#include "support/Random.h"
#include <string>
#include <vector>

namespace speciate {

/// One gene that the space offers, with the probability mass of drawing it.
struct GeneOption {
  Gene G;
  double Merit = 0;
};

/// What a choice is expected to be worth: its estimated gain, plus a hundredth
/// of the time that its site governs, so that a choice whose operator could not
/// tell (benefit 0) is still drawn at a hot site.
double merit(const Site &S, const Choice &C);

/// Every choice of every site, in the order of the space.
void appendOptions(llvm::ArrayRef<Site> Sites, std::vector<GeneOption> &Into);
std::vector<GeneOption> allOptions(const SearchSpace &Space);

/// A first individual: a gene, or a group of genes that is tested as one.
struct Seed {
  std::string Label; ///< "single", "all inline-form", "union"
  Genome G;
  double Merit = 0;
};

/// The individuals to start from, best first. Three lists, each by falling
/// merit, are dealt out in turn:
///   - single genes;
///   - groups: the best choice of one operator at every site, and one
///     (operator, parameters) at every site that offers it. Most genes do
///     nothing measurable alone; a group costs one evaluation and shows whether
///     any of them does (group testing: Dorfman 1943);
///   - the union of all operators' best choices.
/// Equal genomes appear once. With \p Singles false only groups and union.
std::vector<Seed> seedIndividuals(llvm::ArrayRef<GeneOption> Options,
                                  bool Singles = true);

/// \p G with at least one change: a gene added (drawn by merit), replaced by
/// another choice of its site and operator, or removed. Returns \p G itself
/// only if \p Options is empty and G is, too.
Genome mutate(const Genome &G, llvm::ArrayRef<GeneOption> Options,
              RandomStream &Stream);

/// For every function (and level) all genes of one parent or all of the other.
Genome crossover(const Genome &A, const Genome &B, RandomStream &Stream);

/// A genome without guidance, for the control: each (site, operator) takes part
/// with one probability that is drawn first, log-uniformly between "one in all"
/// and "all"; its parameters are uniform. Never empty if there are options.
Genome randomGenome(llvm::ArrayRef<GeneOption> Options, RandomStream &Stream);

/// \p G without region genes whose site \p Options does not offer.
Genome pruneRegions(const Genome &G, llvm::ArrayRef<GeneOption> Options);

} // namespace speciate

#endif
