//===- gp/variation/Variation.cpp - Making genomes out of sites and genomes
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/variation/Variation.h"
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

using namespace llvm;

namespace speciate {

double merit(const Site &S, const Choice &C) {
  return std::max(C.Benefit, 0.0) + 0.01 * std::max(S.Weight, 0.0);
}

void appendOptions(ArrayRef<Site> Sites, std::vector<GeneOption> &Into) {
  for (const Site &S : Sites)
    for (const Choice &C : S.Choices)
      Into.push_back({Gene{S.Id, C.Operator, C.Parameters}, merit(S, C)});
}

std::vector<GeneOption> allOptions(const SearchSpace &Space) {
  std::vector<GeneOption> Options;
  appendOptions(Space.PlanSites, Options);
  for (const Region &R : Space.Regions)
    appendOptions(R.Sites, Options);
  appendOptions(Space.ProgramSites, Options);
  return Options;
}

//===----------------------------------------------------------------------===//
// Seeds
//===----------------------------------------------------------------------===//

namespace {

/// A group under construction: the best option of each (site, operator).
struct Group {
  std::map<std::pair<SiteId, std::string>, const GeneOption *> Best;

  void add(const GeneOption &O) {
    const GeneOption *&Slot = Best[{O.G.Site, O.G.Operator}];
    if (!Slot || O.Merit > Slot->Merit)
      Slot = &O;
  }
  Seed seed(std::string Label) const {
    Seed S;
    S.Label = std::move(Label);
    for (const auto &[Key, O] : Best) {
      S.G.set(O->G);
      S.Merit += O->Merit;
    }
    return S;
  }
};

} // namespace

static void sortByMerit(std::vector<Seed> &Seeds) {
  std::vector<size_t> Order(Seeds.size());
  std::iota(Order.begin(), Order.end(), size_t(0));
  // Of equals the one that the space has first.
  std::sort(Order.begin(), Order.end(), [&](size_t A, size_t B) {
    return Seeds[A].Merit != Seeds[B].Merit ? Seeds[A].Merit > Seeds[B].Merit
                                            : A < B;
  });
  std::vector<Seed> Sorted;
  for (size_t I : Order)
    Sorted.push_back(std::move(Seeds[I]));
  Seeds = std::move(Sorted);
}

std::vector<Seed> seedIndividuals(ArrayRef<GeneOption> Options, bool Singles) {
  std::vector<Seed> Lists[3];
  std::map<std::string, Group> ByOperator, ByParameters;
  Group Union;
  for (const GeneOption &O : Options) {
    if (Singles) {
      Seed S{"single", {}, O.Merit};
      S.G.set(O.G);
      Lists[0].push_back(std::move(S));
    }
    ByOperator[O.G.Operator].add(O);
    ByParameters[O.G.Operator + " " + O.G.Parameters].add(O);
    Union.add(O);
  }
  for (const auto &[Name, G] : ByOperator)
    Lists[1].push_back(G.seed("all " + Name));
  for (const auto &[Name, G] : ByParameters)
    Lists[1].push_back(G.seed("all " + Name));
  if (!Options.empty())
    Lists[2].push_back(Union.seed("union"));
  std::vector<Seed> Result;
  std::set<std::string> Seen;
  size_t Longest = 0;
  for (std::vector<Seed> &L : Lists) {
    sortByMerit(L);
    Longest = std::max(Longest, L.size());
  }
  for (size_t I = 0; I < Longest; ++I)
    for (std::vector<Seed> &L : Lists)
      if (I < L.size() && Seen.insert(L[I].G.str()).second)
        Result.push_back(std::move(L[I]));
  return Result;
}

//===----------------------------------------------------------------------===//
// Mutation
//===----------------------------------------------------------------------===//

static const GeneOption *draw(ArrayRef<const GeneOption *> From,
                              RandomStream &Stream) {
  std::vector<double> Weights;
  for (const GeneOption *O : From)
    Weights.push_back(O->Merit);
  return From[Stream.weighted(Weights)];
}

static bool addGene(Genome &G, ArrayRef<GeneOption> Options,
                    RandomStream &Stream) {
  std::vector<const GeneOption *> Free;
  for (const GeneOption &O : Options)
    if (!G.find(O.G.Site, O.G.Operator))
      Free.push_back(&O);
  if (Free.empty())
    return false;
  G.set(draw(Free, Stream)->G);
  return true;
}

static bool replaceGene(Genome &G, ArrayRef<GeneOption> Options,
                        RandomStream &Stream) {
  std::vector<const GeneOption *> Others;
  for (const GeneOption &O : Options)
    if (const Gene *Has = G.find(O.G.Site, O.G.Operator))
      if (Has->Parameters != O.G.Parameters)
        Others.push_back(&O);
  if (Others.empty())
    return false;
  G.set(draw(Others, Stream)->G);
  return true;
}

static bool removeGene(Genome &G, RandomStream &Stream) {
  if (G.empty())
    return false;
  Gene Victim = G.genes()[Stream.below(G.size())];
  return G.erase(Victim.Site, Victim.Operator);
}

/// Takes one operator out of one function: the way back from a group.
static bool removeGroup(Genome &G, RandomStream &Stream) {
  if (G.size() < 3)
    return false;
  Gene Victim = G.genes()[Stream.below(G.size())];
  Genome Kept;
  for (const Gene &Other : G.genes())
    if (Other.Operator != Victim.Operator || Other.Site.At != Victim.Site.At ||
        Other.Site.FunctionGuid != Victim.Site.FunctionGuid)
      Kept.set(Other);
  G = std::move(Kept);
  return true;
}

Genome mutate(const Genome &G, ArrayRef<GeneOption> Options,
              RandomStream &Stream) {
  Genome Result = G;
  do {
    // Every kind is tried at most once, from a random first one on; the weights
    // are 4 add, 2 replace, 2 remove, 1 remove a group.
    static constexpr double Weights[] = {4, 2, 2, 1};
    size_t Kind = Stream.weighted(Weights);
    for (size_t Try = 0; Try < 4; ++Try, Kind = (Kind + 1) % 4) {
      bool Done = Kind == 0   ? addGene(Result, Options, Stream)
                  : Kind == 1 ? replaceGene(Result, Options, Stream)
                  : Kind == 2 ? removeGene(Result, Stream)
                              : removeGroup(Result, Stream);
      if (Done)
        break;
    }
  } while (Stream.chance(0.3));
  return Result;
}

//===----------------------------------------------------------------------===//
// Crossover, random genomes
//===----------------------------------------------------------------------===//

Genome crossover(const Genome &A, const Genome &B, RandomStream &Stream) {
  std::set<std::pair<Level, uint64_t>> Functions;
  for (const Genome *Parent : {&A, &B})
    for (const Gene &G : Parent->genes())
      Functions.insert({G.Site.At, G.Site.FunctionGuid});
  Genome Child;
  for (auto [L, Guid] : Functions)
    Child = Child.mergedWith((Stream.chance(0.5) ? A : B).ofFunction(L, Guid));
  return Child;
}

Genome randomGenome(ArrayRef<GeneOption> Options, RandomStream &Stream) {
  std::map<std::pair<SiteId, std::string>, std::vector<const Gene *>> Slots;
  for (const GeneOption &O : Options)
    Slots[{O.G.Site, O.G.Operator}].push_back(&O.G);
  Genome Result;
  if (Slots.empty())
    return Result;
  double P = std::pow(static_cast<double>(Slots.size()), -Stream.unit());
  while (Result.empty())
    for (const auto &[Key, Genes] : Slots)
      if (Stream.chance(P))
        Result.set(*Genes[Stream.below(Genes.size())]);
  return Result;
}

Genome pruneRegions(const Genome &G, ArrayRef<GeneOption> Options) {
  std::set<SiteId> Known;
  for (const GeneOption &O : Options)
    Known.insert(O.G.Site);
  Genome Result;
  for (const Gene &One : G.genes())
    if (One.Site.At != Level::Region || Known.count(One.Site))
      Result.set(One);
  return Result;
}

} // namespace speciate
