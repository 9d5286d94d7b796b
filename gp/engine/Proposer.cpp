//===- gp/engine/Proposer.cpp - What to try next
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/engine/Proposer.h"
#include "support/Hash.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <cmath>
#include <tuple>

using namespace llvm;

namespace speciate {

Proposer::Proposer(const SearchParams &Params, SpaceSource Spaces)
    : Params(Params), Spaces(std::move(Spaces)) {}

double Proposer::contextRatio() const { return std::exp(BestEstimate.Mean); }

size_t Proposer::generationSize() const {
  // The first has the reference, too.
  return Number == 0 ? Params.FirstGeneration + size_t(1) : Params.Generation;
}

//===----------------------------------------------------------------------===//
// Populations
//===----------------------------------------------------------------------===//

void Proposer::addPopulation(Population P, bool Singles) {
  if (P.Options.empty())
    return;
  P.Seeds = seedIndividuals(P.Options, Singles);
  Populations.push_back(std::move(P));
}

Error Proposer::refreshSpace() {
  Genome Plan = Best.atLevel(Level::Plan);
  if (HasSpace && Plan.str() == PlanText)
    return Error::success();
  Expected<SearchSpace> Space = Spaces(Plan);
  PlanText = Plan.str();
  if (!Space) {
    if (!HasSpace)
      return Space.takeError();
    consumeError(Space.takeError()); // Recorded by the source.
    return Error::success();
  }
  HasSpace = true;
  AllOptions = allOptions(*Space);
  Populations.clear();
  // Single genes of everything are left to the other populations.
  Population Whole{"whole", 0.6, false, AllOptions, {}, 0};
  addPopulation(std::move(Whole), /*Singles=*/false);
  Population PlanLevel{"plan", 0.4, false, {}, {}, 0};
  appendOptions(Space->PlanSites, PlanLevel.Options);
  addPopulation(std::move(PlanLevel));
  Population Program{"program", 0.3, false, {}, {}, 0};
  appendOptions(Space->ProgramSites, Program.Options);
  addPopulation(std::move(Program));
  for (const Region &R : Space->Regions) {
    Population P{"region:" + hex64(R.Guid),
                 std::max(R.Share, 1e-6),
                 R.Share < Params.TinyShare,
                 {},
                 {},
                 0};
    appendOptions(R.Sites, P.Options);
    addPopulation(std::move(P));
  }
  return Error::success();
}

Genome Proposer::partOf(StringRef Population, const Genome &G) const {
  if (Population == "plan")
    return G.atLevel(Level::Plan);
  if (Population == "program")
    return G.atLevel(Level::Program);
  uint64_t Guid = 0;
  if (Population.consume_front("region:") && !Population.getAsInteger(16, Guid))
    return G.ofFunction(Level::Region, Guid);
  return G;
}

static Genome without(const Genome &G, const Genome &Part) {
  Genome Result = G;
  for (const Gene &One : Part.genes())
    Result.erase(One.Site, One.Operator);
  return Result;
}

/// The elites and the youngest, in order of age.
std::vector<Proposer::Individual>
Proposer::breeders(const Population &P) const {
  auto It = Members.find(P.Name);
  if (It == Members.end())
    return {};
  const std::vector<Individual> &All = It->second;
  size_t Size = std::clamp<size_t>(P.Options.size(), 2, Params.Population);
  std::vector<double> Gains;
  for (const Individual &I : All)
    Gains.push_back(I.Gain - I.Deviation);
  std::set<size_t> Chosen;
  for (size_t I : elites(Gains, std::min<size_t>(Params.Elites, Size)))
    Chosen.insert(I);
  for (size_t I = All.size(); I-- > 0 && Chosen.size() < Size;)
    Chosen.insert(I);
  std::vector<Individual> Result;
  for (size_t I : Chosen)
    Result.push_back(All[I]);
  return Result;
}

//===----------------------------------------------------------------------===//
// Proposing
//===----------------------------------------------------------------------===//

bool Proposer::add(StringRef Population, Genome G, std::string Lineage) {
  if (!Proposed.insert(G.str()).second)
    return false;
  Proposal P;
  P.Generation = Number;
  P.Index = static_cast<unsigned>(Current.size());
  P.Population = Population.str();
  P.G = std::move(G);
  P.Lineage = std::move(Lineage);
  Current.push_back(std::move(P));
  ++Used[Population.str()];
  return true;
}

void Proposer::proposeCombinations() {
  for (bool Strict : {true, false}) {
    Genome Sum = Best;
    std::string Parents;
    // Largest gain last: it wins where two disagree.
    std::vector<const Individual *> Winners;
    for (const auto &[Name, All] : Members) {
      const Individual *Top = nullptr;
      for (const Individual &I : All)
        if (!Top || I.Gain - I.Deviation > Top->Gain - Top->Deviation)
          Top = &I;
      if (Top && Top->Gain > (Strict ? Top->Deviation : 0))
        Winners.push_back(Top);
    }
    llvm::sort(Winners, [](const Individual *A, const Individual *B) {
      return std::tie(A->Gain, A->Name) < std::tie(B->Gain, B->Name);
    });
    for (const Individual *I : Winners) {
      Sum = Sum.mergedWith(I->Part);
      Parents += " " + I->Name;
    }
    if (Winners.size() > 1)
      add("whole", pruneRegions(Sum, AllOptions), "combine" + Parents);
  }
}

bool Proposer::proposeSeed(Population &P) {
  while (P.NextSeed < P.Seeds.size()) {
    const Seed &S = P.Seeds[P.NextSeed++];
    std::string Tag = "#" + S.G.hash().substr(0, 12);
    if (!TriedSeeds.insert(P.Name + " " + Tag).second)
      continue;
    if (add(P.Name, pruneRegions(Best.mergedWith(S.G), AllOptions),
            "seed " + S.Label + " " + Tag))
      return true;
  }
  return false;
}

bool Proposer::proposeChild(const Population &P) {
  std::vector<Individual> Parents = breeders(P);
  Genome Own = partOf(P.Name, Best);
  Genome Context = without(Best, Own);
  Individual Start; // The part that the best genome has now, gain 0.
  Start.Name = "best";
  Start.Part = Own;
  Parents.push_back(std::move(Start));
  std::vector<double> Gains;
  for (const Individual &I : Parents)
    Gains.push_back(I.Gain - I.Deviation);
  for (unsigned Try = 0; Try < 16; ++Try) {
    RandomStream Stream(Params.Seed, "breed/" + P.Name, Number,
                        Current.size() * 16 + Try);
    const Individual &Mother =
        Parents[tournament(Gains, Params.TournamentSize, Stream)];
    Genome Child;
    std::string Lineage;
    if (Parents.size() < 2 || Stream.chance(Params.MutationRate)) {
      Child = mutate(Mother.Part, P.Options, Stream);
      Lineage = "mutate " + Mother.Name;
    } else {
      const Individual &Father =
          Parents[tournament(Gains, Params.TournamentSize, Stream)];
      // Inside one function there is no border to cross at: unite.
      bool Borders = P.Name == "whole" || P.Name == "plan";
      Child = Borders ? crossover(Mother.Part, Father.Part, Stream)
                      : Mother.Part.mergedWith(Father.Part);
      Lineage = "cross " + Mother.Name + " " + Father.Name;
    }
    if (add(P.Name, pruneRegions(Context.mergedWith(Child), AllOptions),
            std::move(Lineage)))
      return true;
  }
  return false;
}

bool Proposer::proposeFrom(Population &P) {
  bool Gained = false;
  for (const Individual &I : Members[P.Name])
    Gained |= I.Gain > I.Deviation;
  bool Breed = Number > 0 && Gained && Used[P.Name] % 2 == 1;
  if (Breed && proposeChild(P))
    return true;
  if (proposeSeed(P))
    return true;
  return Number > 0 && !Breed && proposeChild(P);
}

void Proposer::proposeRandom() {
  // A small space may have nothing new to draw.
  for (size_t Try = 0; Try < 64 * generationSize(); ++Try) {
    if (Current.size() >= generationSize() || AllOptions.empty())
      return;
    RandomStream Stream(Params.Seed, "random", Number, Try);
    add("whole", randomGenome(AllOptions, Stream), "random");
  }
}

Expected<std::vector<Proposal>> Proposer::propose() {
  Current.clear();
  if (Number >= Params.MaxGenerations)
    return Current;
  if (Params.How == Strategy::Random) {
    // Always the space of the empty plan.
    if (!HasSpace)
      if (Error E = refreshSpace())
        return std::move(E);
  } else if (Error E = refreshSpace()) {
    return std::move(E);
  }
  if (Number == 0)
    add("reference", Genome(), "reference");
  if (Params.How == Strategy::Random) {
    proposeRandom();
    return Current;
  }
  if (Number > 0)
    proposeCombinations();
  std::set<std::string> Done;
  while (Current.size() < generationSize()) {
    Population *Next = nullptr;
    auto Before = [&](const Population &A, const Population &B) {
      if (A.Tiny != B.Tiny)
        return B.Tiny;
      return (Used[A.Name] + 1) / A.Weight < (Used[B.Name] + 1) / B.Weight;
    };
    for (Population &P : Populations)
      if (!Done.count(P.Name) && (!Next || Before(P, *Next)))
        Next = &P;
    if (!Next)
      break;
    if (!proposeFrom(*Next))
      Done.insert(Next->Name);
  }
  return Current;
}

//===----------------------------------------------------------------------===//
// Learning
//===----------------------------------------------------------------------===//

void Proposer::learn(ArrayRef<Outcome> Outcomes) {
  assert(Outcomes.size() == Current.size() && "half a generation");
  Estimate Context = BestEstimate;
  for (size_t I = 0; I < Outcomes.size(); ++I) {
    const Proposal &P = Current[I];
    if (!Outcomes[I].hasScore() || P.Population == "reference")
      continue;
    Estimate E = estimate(Outcomes[I].S);
    Individual New;
    New.Name = (Twine(P.Generation) + "." + Twine(P.Index)).str();
    New.Part = partOf(P.Population, P.G);
    New.Gain = E.Mean - Context.Mean;
    New.Deviation = std::hypot(E.Deviation, Context.Deviation);
    Members[P.Population].push_back(std::move(New));
    if (E.fitness() > BestEstimate.fitness()) {
      Best = P.G;
      BestEstimate = E;
    }
  }
  ++Number;
}

} // namespace speciate
