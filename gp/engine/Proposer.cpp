//===- gp/engine/Proposer.cpp - What to try next
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/engine/Proposer.h"
#include "support/Hash.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <cmath>
#include <tuple>

using namespace llvm;

namespace speciate {

Proposer::Proposer(const SearchParams &Params, SpaceSource Spaces,
                   MadeSiteSource MadeSites)
    : Params(Params), Spaces(std::move(Spaces)),
      MadeSites(std::move(MadeSites)), Beside(Params.BesideArena) {}

/// So many genes on top of a region's best part are tried as seeds.
static constexpr size_t MadeSeeds = 8;

/// After so many failures in a row the arena is given up for a region.
static constexpr unsigned MaxArenaFailures = 6;

static std::string arenaName(uint64_t Guid) { return "arena:" + hex64(Guid); }

double Proposer::incumbent(const Proposal &P) const {
  if (!P.arenaRegion())
    return std::exp(BestEstimate.Mean);
  auto Known = BestInArena.find(P.Population);
  return Known == BestInArena.end() ? 1 : std::exp(Known->second.Mean);
}

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
  if (P.Arena)
    addMadeOptions(P);
  Populations.push_back(std::move(P));
}

void Proposer::addMadeOptions(Population &P) {
  for (const GeneOption &Option : Made[P.Name]) {
    auto Same = [&](const GeneOption &Known) { return Known.G == Option.G; };
    // Of another plan, a maker may be gone.
    auto Makes = [&](const GeneOption &Known) {
      return Known.G.str() == MakerOf[Option.G.Site.CfgHash];
    };
    if (any_of(P.Options, Same) || none_of(P.Options, Makes))
      continue;
    P.Options.push_back(Option);
    if (none_of(AllOptions, Same))
      AllOptions.push_back(Option);
  }
}

Error Proposer::askForMadeSites() {
  for (Population &P : Populations) {
    const Individual *Top = P.Arena ? topOf(P.Name) : nullptr;
    if (!Top || Top->Part.empty() || Top->Gain <= Top->Deviation)
      continue;
    const Genome Plan = Best.atLevel(Level::Plan);
    if (!AskedAbout.insert(Plan.hash() + P.Name + Top->Part.str()).second)
      continue;
    uint64_t Guid = 0;
    StringRef(P.Name)
        .drop_front(StringRef("arena:").size())
        .getAsInteger(16, Guid);
    Expected<std::vector<Site>> Sites = MadeSites(Plan, Guid, Top->Part);
    if (!Sites)
      return Sites.takeError();
    std::vector<GeneOption> New;
    appendOptions(*Sites, New);
    for (const Site &S : *Sites)
      MakerOf[S.Id.CfgHash] = S.MadeBy;
    Made[P.Name].insert(Made[P.Name].end(), New.begin(), New.end());
    addMadeOptions(P);
    llvm::sort(New, [](const GeneOption &A, const GeneOption &B) {
      return std::tie(B.Merit, A.G) < std::tie(A.Merit, B.G);
    });
    std::vector<Seed> Seeds;
    for (const GeneOption &Option : New) {
      if (Seeds.size() == MadeSeeds)
        break;
      Genome G = Top->Part;
      G.set(Option.G);
      Seeds.push_back({"on top of " + Top->Name, std::move(G), Option.Merit});
    }
    P.Seeds.insert(P.Seeds.begin() + static_cast<ptrdiff_t>(P.NextSeed),
                   Seeds.begin(), Seeds.end());
  }
  return Error::success();
}

Genome Proposer::withMakers(Genome G) const {
  for (bool Changed = true; Changed;) {
    Changed = false;
    for (const Gene &One : G.genes()) {
      auto Maker = MakerOf.find(One.Site.CfgHash);
      if (Maker == MakerOf.end() || any_of(G.genes(), [&](const Gene &Other) {
            return Other.str() == Maker->second;
          }))
        continue;
      G.erase(SiteId(One.Site), std::string(One.Operator));
      Changed = true;
      break;
    }
  }
  return G;
}

Error Proposer::refreshSpace() {
  Genome Plan = Best.atLevel(Level::Plan);
  if (HasSpace && Plan.str() == PlanText)
    return Error::success();
  Expected<SearchSpace> New = Spaces(Plan);
  PlanText = Plan.str();
  if (!New) {
    if (!HasSpace)
      return New.takeError();
    consumeError(New.takeError()); // Recorded by the source.
    return Error::success();
  }
  HasSpace = true;
  Space = std::move(*New);
  makePopulations();
  return Error::success();
}

bool Proposer::usesArena(const Region &R) const {
  if (!Params.Arena || Params.How == Strategy::Random || !R.Windowed)
    return false;
  auto Failures = ArenaFailures.find(arenaName(R.Guid));
  return Failures == ArenaFailures.end() || Failures->second < MaxArenaFailures;
}

void Proposer::makePopulations() {
  AllOptions = allOptions(Space);
  Populations.clear();
  // Single genes of everything are left to the other populations, and regions
  // in the arena to it.
  Population Whole{"whole", 0.6, false, {}, {}, 0};
  appendOptions(Space.PlanSites, Whole.Options);
  for (const Region &R : Space.Regions)
    if (!usesArena(R))
      appendOptions(R.Sites, Whole.Options);
  appendOptions(Space.ProgramSites, Whole.Options);
  addPopulation(std::move(Whole), /*Singles=*/false);
  Population PlanLevel{"plan", 0.4, false, {}, {}, 0};
  appendOptions(Space.PlanSites, PlanLevel.Options);
  addPopulation(std::move(PlanLevel));
  Population Program{"program", 0.3, false, {}, {}, 0};
  appendOptions(Space.ProgramSites, Program.Options);
  addPopulation(std::move(Program));
  for (const Region &R : Space.Regions) {
    bool Arena = usesArena(R);
    Population P{Arena ? arenaName(R.Guid) : "region:" + hex64(R.Guid),
                 std::max(R.Share, 1e-6),
                 R.Share < Params.TinyShare,
                 {},
                 {},
                 0,
                 Arena};
    appendOptions(R.Sites, P.Options);
    addPopulation(std::move(P));
  }
}

Genome Proposer::partOf(StringRef Population, const Genome &G) const {
  if (Population == "plan")
    return G.atLevel(Level::Plan);
  if (Population == "program")
    return G.atLevel(Level::Program);
  uint64_t Guid = 0;
  if ((Population.consume_front("region:") ||
       Population.consume_front("arena:")) &&
      !Population.getAsInteger(16, Guid))
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
  // In the arena a genome is another question than as a whole program.
  std::string Key = Population.starts_with("arena:") ? "arena\n" : "";
  if (!Proposed.insert(Key + G.str()).second)
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

/// The best of a population by what is surely gained. Of another plan's
/// individuals only those whose sites are still there.
const Proposer::Individual *Proposer::topOf(StringRef Population) const {
  auto All = Members.find(Population.str());
  if (All == Members.end())
    return nullptr;
  bool Arena = Population.starts_with("arena:");
  const Individual *Top = nullptr;
  for (const Individual &I : All->second) {
    if (Arena && pruneRegions(I.Part, AllOptions) != I.Part)
      continue;
    if (!Top || I.Gain - I.Deviation > Top->Gain - Top->Deviation)
      Top = &I;
  }
  return Top;
}

static constexpr StringLiteral LastWord = "last: ";

void Proposer::proposeCombinations(StringRef Word) {
  struct Winner {
    bool Arena; ///< Last: it replaces what others have for its region.
    StringRef Population;
    const Individual *Top;
  };
  for (bool Strict : {true, false}) {
    Genome Sum = Best;
    std::string Parents;
    std::vector<Winner> Winners;
    for (const auto &[Name, All] : Members) {
      const Individual *Top = topOf(Name);
      if (Top && Top->Gain > (Strict ? Top->Deviation : 0))
        Winners.push_back({StringRef(Name).starts_with("arena:"), Name, Top});
    }
    // Largest gain last: it wins where two disagree.
    llvm::sort(Winners, [](const Winner &A, const Winner &B) {
      return std::tie(A.Arena, A.Top->Gain, A.Top->Name) <
             std::tie(B.Arena, B.Top->Gain, B.Top->Name);
    });
    double Expected = 0; // Of the arena's regions: saved time.
    for (const Winner &W : Winners) {
      if (W.Arena) {
        Sum = without(Sum, partOf(W.Population, Sum));
        Expected += 1 - std::exp(-W.Top->Gain);
      }
      Sum = Sum.mergedWith(W.Top->Part);
      Parents += " " + W.Top->Name;
    }
    if (Winners.size() < 2 && Expected == 0)
      continue;
    std::string How = (Word + "combine").str();
    if (Expected != 0)
      How +=
          formatv(" (arena expects {0:f3})", 1 / std::max(1 - Expected, 0.01));
    add("whole", pruneRegions(Sum, AllOptions), How + Parents);
  }
}

void Proposer::proposePromotion(StringRef Word) {
  const Individual *Largest = nullptr;
  StringRef From;
  for (const auto &[Name, All] : Members) {
    if (!StringRef(Name).starts_with("arena:"))
      continue;
    const Individual *Top = topOf(Name);
    if (!Top || Top->Gain <= Top->Deviation || partOf(Name, Best) == Top->Part)
      continue;
    if (!Largest || Top->Gain > Largest->Gain) {
      Largest = Top;
      From = Name;
    }
  }
  if (!Largest)
    return;
  Genome G = without(Best, partOf(From, Best)).mergedWith(Largest->Part);
  add("whole", pruneRegions(G, AllOptions),
      (Word + "promote " + Largest->Name).str());
}

Genome Proposer::inContext(const Population &P, const Genome &Part) const {
  Genome Context =
      P.Arena ? Best.atLevel(Level::Plan) : without(Best, partOf(P.Name, Best));
  return withMakers(pruneRegions(Context.mergedWith(Part), AllOptions));
}

bool Proposer::proposeSeed(Population &P) {
  while (P.NextSeed < P.Seeds.size()) {
    const Seed &S = P.Seeds[P.NextSeed++];
    std::string Tag = "#" + S.G.hash().substr(0, 12);
    if (!TriedSeeds.insert(P.Name + " " + Tag).second)
      continue;
    // Over what was won, except in the arena, where the part is all there is.
    Genome Own = P.Arena ? Genome() : partOf(P.Name, Best);
    if (add(P.Name, inContext(P, Own.mergedWith(S.G)),
            "seed " + S.Label + " " + Tag))
      return true;
  }
  return false;
}

bool Proposer::proposeChild(const Population &P) {
  std::vector<Individual> Parents = breeders(P);
  // The part that the best genome has now or, in the arena, the unchanged
  // region: gain 0.
  Individual Start;
  Start.Name = P.Arena ? "original" : "best";
  Start.Part = P.Arena ? Genome() : partOf(P.Name, Best);
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
    if (add(P.Name, inContext(P, Child), std::move(Lineage)))
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

Expected<std::vector<Proposal>> Proposer::propose(size_t Most) {
  Current.clear();
  CombinedHere = SIZE_MAX;
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
  Expected<bool> InArena = proposeInArena();
  if (!InArena)
    return InArena.takeError();
  if (*InArena)
    return Current;
  if (Number > 0) {
    proposeCombinations();
    proposePromotion();
  }
  const bool UsesArena =
      any_of(Populations, [](const Population &P) { return P.Arena; });
  CombinedHere = Current.size();
  proposeSlots(UsesArena ? std::min(CombinedHere + Beside,
                                    std::max({CombinedHere, Most, size_t(1)}))
                         : generationSize(),
               /*Arena=*/false);
  return Current;
}

Expected<std::vector<Proposal>> Proposer::proposeLast() {
  Current.clear();
  CombinedHere = SIZE_MAX;
  if (Number == 0 || Params.How == Strategy::Random)
    return Current;
  if (Error E = refreshSpace())
    return std::move(E);
  proposeCombinations(LastWord);
  proposePromotion(LastWord);
  return Current;
}

bool Proposer::isLast(ArrayRef<Proposal> Generation) {
  return !Generation.empty() &&
         StringRef(Generation.front().Lineage).starts_with(LastWord);
}

/// False if it is the turn of whole programs, or if there is nothing to
/// propose.
Expected<bool> Proposer::proposeInArena() {
  // What fell back since the last generation.
  bool FellBack = any_of(Populations, [&](const Population &P) {
    return P.Arena && ArenaFailures[P.Name] >= MaxArenaFailures;
  });
  if (FellBack)
    makePopulations();
  if (Number % Params.ArenaCycle == 1 % Params.ArenaCycle)
    return false;
  if (Error E = askForMadeSites())
    return std::move(E);
  size_t Before = Current.size();
  proposeSlots(Before + Params.ArenaGeneration, /*Arena=*/true);
  if (Current.size() == Before)
    return false;
  // One batch for every region.
  std::map<std::string, size_t> First;
  for (const Proposal &P : Current)
    First.insert({P.Population, P.Index});
  llvm::sort(Current, [&](const Proposal &A, const Proposal &B) {
    return std::tie(First[A.Population], A.Index) <
           std::tie(First[B.Population], B.Index);
  });
  for (size_t I = 0; I < Current.size(); ++I)
    Current[I].Index = static_cast<unsigned>(I);
  return true;
}

void Proposer::proposeSlots(size_t Size, bool Arena) {
  std::set<std::string> Done;
  while (Current.size() < Size) {
    Population *Next = nullptr;
    auto Before = [&](const Population &A, const Population &B) {
      if (A.Tiny != B.Tiny)
        return B.Tiny;
      return (Used[A.Name] + 1) / A.Weight < (Used[B.Name] + 1) / B.Weight;
    };
    for (Population &P : Populations)
      if (P.Arena == Arena && !Done.count(P.Name) &&
          (!Next || Before(P, *Next)))
        Next = &P;
    if (!Next)
      break;
    if (!proposeFrom(*Next))
      Done.insert(Next->Name);
  }
}

//===----------------------------------------------------------------------===//
// Learning
//===----------------------------------------------------------------------===//

void Proposer::learn(ArrayRef<Outcome> Outcomes) {
  assert(Outcomes.size() == Current.size() && "half a generation");
  Estimate Context = BestEstimate;
  bool Slots = false, SlotGained = false;
  for (size_t I = 0; I < Outcomes.size(); ++I) {
    const Proposal &P = Current[I];
    const Outcome &O = Outcomes[I];
    std::optional<uint64_t> Guid = P.arenaRegion();
    if (Guid) {
      // Equal code says nothing of the arena.
      unsigned &Failures = ArenaFailures[P.Population];
      if (O.K == Outcome::Kind::Measured)
        Failures = 0;
      else if (O.K == Outcome::Kind::Unscored ||
               (O.K == Outcome::Kind::Rejected &&
                O.V.Kind == VerdictKind::Unsupported))
        ++Failures;
    }
    if (!O.hasScore() || P.Population == "reference")
      continue;
    if (Guid) {
      Estimate Own = estimate(O.S);
      Estimate &Top = BestInArena[P.Population];
      if (Own.fitness() > Top.fitness())
        Top = Own;
      auto In = find_if(Space.Regions,
                        [&](const Region &R) { return R.Guid == *Guid; });
      assert(In != Space.Regions.end() && "a proposal for no region");
      Estimate E = estimate(onProgram(O.S, In->Share));
      Members[P.Population].push_back(
          {(Twine(P.Generation) + "." + Twine(P.Index)).str(),
           partOf(P.Population, P.G), E.Mean, E.Deviation});
      continue;
    }
    Estimate E = estimate(O.S);
    Individual New;
    New.Name = (Twine(P.Generation) + "." + Twine(P.Index)).str();
    New.Part = partOf(P.Population, P.G);
    New.Gain = E.Mean - Context.Mean;
    New.Deviation = std::hypot(E.Deviation, Context.Deviation);
    if (I >= CombinedHere) {
      Slots = true;
      SlotGained |= New.Gain > New.Deviation;
    }
    Members[P.Population].push_back(std::move(New));
    if (E.fitness() > BestEstimate.fitness()) {
      Best = P.G;
      BestEstimate = E;
    }
  }
  if (Slots)
    Beside = SlotGained ? std::min<size_t>(2 * Beside, Params.Generation)
                        : std::max<size_t>(Beside / 2, 2);
  ++Number;
}

} // namespace speciate
