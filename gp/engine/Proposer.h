//===- gp/engine/Proposer.h - What to try next
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The order in which a campaign tries things. A pure function of the
// parameters, the space and the outcomes of earlier generations: no clock, no
// thread, no file. The engine evaluates; replay runs it over recorded outcomes.
//
// One evaluation compares a whole program with the unchanged one and costs
// seconds, so a campaign has 10 to 60 of them, and what is most likely to help
// must come first.
//
// Populations. One for the plan, one for the program (layout), one for every
// region, and "whole", whose individuals span all of them. An individual of a
// region is a set of genes of that region only. It is tried inside the context:
// the best genome so far, with the region's own genes taken out. Its gain is
// its score less that of its context, so regions evolve side by side although
// every measurement is of the whole program (cooperative coevolution: Potter
// and De Jong, 1994).
//
// A generation consists of
//   1. combinations: the best individual of every population that gained
//      anything, put together; a strict one (gain above one standard
//      deviation) and a lenient one (gain above zero);
//   2. slots, dealt to the populations by their weight (stride scheduling,
//      Waldspurger 1995: next is the population with the smallest number of
//      proposals so far divided by its weight): 0.6 for whole, 0.4 for the
//      plan, 0.3 for the program, its share of the run time for a region. Tiny
//      regions get what nobody else has a use for.
// A slot takes the population's next seed (gp/variation), laid over its part of
// the context, so that what was won is kept; from the second generation on,
// while seeds remain, every second slot of a population that has gained
// something breeds instead, and when the seeds have run out every one does.
// Breeding: parents by tournament on gains among the population's elites and
// youngest; mutation, or crossover at function borders.
//
// The arena. A region that the arena has windows of leaves this economy: its
// variants are decided in fractions of a second, so they need neither share a
// generation with whole programs nor carry a context. Its proposals are region
// genes over the plan of the best genome, and their gain is that of the region
// itself, scaled to the program by the region's share of its time (gp/select).
// Generations in the arena, with a batch for every such region (slots by share,
// as above), alternate with generations of whole programs (SearchParams), and
// the combinations of the latter put together what the arena found best: the
// parts of all regions, each in the place of what the best genome has there.
// One more of them, the promotion, takes only the region that promises most,
// in case the arena is wrong about another. Only whole-program scores make a
// best genome. Where the arena stops giving scores, the region comes back.
// Beside the combinations, a generation of whole programs has but a few
// proposals while regions are in the arena, and fewer where a plan takes long
// to make (the engine's estimate; a replay goes by what was recorded). When the
// budget ends after generations in the arena, a last one of combinations
// follows.
//
// Stacked genes. What a gene makes (the copy of a path, a loop before a loop)
// has sites of its own. When the best part of a region in the arena changes,
// the sites that its genes make join the region's choices, and the best few
// genes for them are the next seeds, each on top of that part. A gene whose
// maker is not in the genome is left out.
//
// No genome is proposed twice. When the best genome has another plan, the
// regions of that plan replace the old ones; genes of regions that are gone are
// dropped from later proposals.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_ENGINE_PROPOSER_H
#define SPECIATE_GP_ENGINE_PROPOSER_H

#include "gp/catalog/Campaign.h"
#include "gp/engine/SearchParams.h"
#include "gp/select/Select.h"
#include "gp/variation/Variation.h"
#include <functional>
#include <map>
#include <set>

namespace speciate {

/// The space under a plan. An Error for the empty plan ends the search; for
/// another it means that the plan has none, and the last space stays.
using SpaceSource =
    std::function<llvm::Expected<SearchSpace>(const Genome &Plan)>;

/// VariantBuilder::madeSites().
using MadeSiteSource = std::function<llvm::Expected<std::vector<Site>>(
    const Genome &Plan, uint64_t Guid, const Genome &Genes)>;

class Proposer {
public:
  Proposer(const SearchParams &Params, SpaceSource Spaces,
           MadeSiteSource MadeSites);

  /// The next generation; empty when there is nothing left that was not
  /// proposed. The first has the reference, the empty genome, at index 0. While
  /// regions are in the arena, one of whole programs has at most \p Most
  /// proposals, apart from combinations; never none for that.
  llvm::Expected<std::vector<Proposal>> propose(size_t Most = SIZE_MAX);
  /// The last one, if the budget ends here: what the arena found best since the
  /// last whole programs; empty if there is nothing.
  llvm::Expected<std::vector<Proposal>> proposeLast();
  static bool isLast(llvm::ArrayRef<Proposal> Generation);
  /// The outcomes of the generation that propose() returned, all of them, in
  /// order.
  void learn(llvm::ArrayRef<Outcome> Outcomes);

  /// What a proposal of the current generation has to beat, as far as it is
  /// believed: the context's ratio or, in the arena, that of the region's best.
  /// 1 in the beginning.
  double incumbent(const Proposal &P) const;

private:
  struct Individual {
    std::string Name; ///< "generation.index"
    Genome Part;
    double Gain = 0;
    double Deviation = 0; ///< Of Gain.
  };
  /// One population under the current space.
  struct Population {
    std::string Name;
    double Weight = 0;
    bool Tiny = false;
    std::vector<GeneOption> Options;
    std::vector<Seed> Seeds;
    size_t NextSeed = 0;
    bool Arena = false;
  };

  llvm::Error refreshSpace();
  void makePopulations();
  bool usesArena(const Region &R) const;
  void addPopulation(Population P, bool Singles = true);
  /// Learns what the best genes of regions in the arena made.
  llvm::Error askForMadeSites();
  void addMadeOptions(Population &P);
  /// \p G without genes for sites whose makers are not in it.
  Genome withMakers(Genome G) const;
  Genome partOf(llvm::StringRef Population, const Genome &G) const;
  std::vector<Individual> breeders(const Population &P) const;
  const Individual *topOf(llvm::StringRef Population) const;
  /// \p Word begins their lineage.
  void proposeCombinations(llvm::StringRef Word = "");
  void proposePromotion(llvm::StringRef Word = "");
  /// Fills the generation up to \p Size from the populations in the arena or
  /// from the others.
  void proposeSlots(size_t Size, bool Arena);
  llvm::Expected<bool> proposeInArena();
  /// The genome that tries \p Part of a population.
  Genome inContext(const Population &P, const Genome &Part) const;
  bool proposeFrom(Population &P);
  bool proposeSeed(Population &P);
  bool proposeChild(const Population &P);
  void proposeRandom();
  /// False if the genome was proposed before.
  bool add(llvm::StringRef Population, Genome G, std::string Lineage);
  size_t generationSize() const;

  SearchParams Params;
  SpaceSource Spaces;
  MadeSiteSource MadeSites;
  unsigned Number = 0; ///< Of the current generation.
  std::vector<Proposal> Current;
  /// Proposals of whole programs beside the combinations, which are the first
  /// so many; SIZE_MAX: there are no others.
  size_t Beside, CombinedHere = SIZE_MAX;

  bool HasSpace = false;
  std::string PlanText; ///< Of the space.
  SearchSpace Space;
  std::vector<GeneOption> AllOptions;
  std::vector<Population> Populations;

  /// Of populations in the arena: what genes made, in the order of asking, and
  /// the parts that were asked about.
  std::map<std::string, std::vector<GeneOption>> Made;
  std::set<std::string> AskedAbout;
  /// CfgHash of a made site -> the text of the gene that makes it.
  std::map<uint64_t, std::string> MakerOf;

  Genome Best; ///< The context.
  Estimate BestEstimate;
  std::set<std::string> Proposed;       ///< Genome texts.
  std::set<std::string> TriedSeeds;     ///< "population #hash"
  std::map<std::string, unsigned> Used; ///< Proposals by population.
  std::map<std::string, std::vector<Individual>> Members;
  /// Of regions in the arena, by population: the best region's own score, and
  /// how many proposals it failed to score since the last that it scored.
  std::map<std::string, Estimate> BestInArena;
  std::map<std::string, unsigned> ArenaFailures;
};

} // namespace speciate

#endif
