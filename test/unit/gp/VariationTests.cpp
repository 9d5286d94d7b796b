//===- test/unit/gp/VariationTests.cpp - Seeds, mutation, crossover, selection
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/select/Select.h"
#include "gp/variation/Variation.h"
#include "test/unit/gp/FakeProgram.h"

using namespace llvm;
using namespace speciate;

namespace {

TEST(VariationTest, SeedsStartWithTheBestGeneTheBestGroupAndTheUnion) {
  std::vector<GeneOption> Options;
  appendOptions(fakeSpace().Regions[0].Sites, Options);
  std::vector<Seed> Seeds = seedIndividuals(Options);
  ASSERT_GT(Seeds.size(), 3u);
  EXPECT_EQ(Seeds[0].Label, "single");
  EXPECT_EQ(Seeds[0].G.genes()[0].Parameters, "unroll=4");
  EXPECT_EQ(Seeds[1].Label, "all loop-form");
  EXPECT_EQ(Seeds[1].G.size(), 5u);
  EXPECT_EQ(Seeds[2].Label, "union");
  EXPECT_EQ(Seeds[2].G.size(), 10u);
  std::set<std::string> Texts;
  size_t Singles = 0;
  for (const Seed &S : Seeds) {
    EXPECT_TRUE(Texts.insert(S.G.str()).second);
    Singles += S.G.size() == 1;
  }
  EXPECT_EQ(Singles, Options.size());
  EXPECT_TRUE(seedIndividuals({}).empty());
  for (const Seed &S : seedIndividuals(Options, /*Singles=*/false))
    EXPECT_GT(S.G.size(), 1u);
}

TEST(VariationTest, EveryMutationStaysInTheSpaceAndChangesSomething) {
  std::vector<GeneOption> Options = allOptions(fakeSpace());
  std::set<std::string> Known;
  for (const GeneOption &O : Options)
    Known.insert(O.G.str());
  Genome G;
  unsigned Grew = 0, Shrank = 0, Unchanged = 0;
  for (unsigned I = 0; I < 500; ++I) {
    RandomStream Stream(3, "mutate", I);
    Genome Next = mutate(G, Options, Stream);
    Grew += Next.size() > G.size();
    Shrank += Next.size() < G.size();
    Unchanged += Next == G;
    for (const Gene &One : Next.genes())
      EXPECT_TRUE(Known.count(One.str()));
    G = Next;
  }
  EXPECT_GT(Grew, 100u);
  EXPECT_GT(Shrank, 100u);
  EXPECT_LT(Unchanged, 25u); // A change and its opposite.
  RandomStream Stream(3, "mutate");
  EXPECT_TRUE(mutate(Genome(), {}, Stream).empty());
}

TEST(VariationTest, MutationPrefersWhatPromisesMore) {
  Site A =
      fakeSite(Level::Region, SiteKind::Loop, 1, 0, 0, {{"o", "a=1", 0.09}});
  Site B =
      fakeSite(Level::Region, SiteKind::Loop, 1, 1, 0, {{"o", "a=1", 0.01}});
  std::vector<GeneOption> Options;
  appendOptions({A, B}, Options);
  unsigned First = 0, All = 0;
  for (unsigned I = 0; I < 1000; ++I) {
    RandomStream Stream(5, "mutate", I);
    Genome G = mutate(Genome(), Options, Stream);
    if (G.size() != 1)
      continue;
    ++All;
    First += G.genes()[0].Site == A.Id;
  }
  ASSERT_GT(All, 500u);
  EXPECT_NEAR(double(First) / All, 0.9, 0.05);
}

TEST(VariationTest, CrossoverExchangesWholeFunctions) {
  Genome A, B;
  SearchSpace S = fakeSpace();
  for (const Region &R : S.Regions)
    for (const Site &One : R.Sites) {
      A.set(orFail(Gene::parse(gene(One, 0))));
      B.set(orFail(Gene::parse(gene(One, 1))));
    }
  std::set<std::string> Children;
  for (unsigned I = 0; I < 64; ++I) {
    RandomStream Stream(1, "cross", I);
    Genome Child = crossover(A, B, Stream);
    Children.insert(Child.str());
    for (uint64_t Guid : {1, 2, 3}) {
      Genome Part = Child.ofFunction(Level::Region, Guid);
      EXPECT_TRUE(Part == A.ofFunction(Level::Region, Guid) ||
                  Part == B.ofFunction(Level::Region, Guid));
    }
  }
  EXPECT_EQ(Children.size(), 8u);
}

TEST(VariationTest, RandomGenomesHaveAllSizes) {
  std::vector<GeneOption> Options = allOptions(fakeSpace());
  size_t Small = 0, Large = 0;
  for (unsigned I = 0; I < 200; ++I) {
    RandomStream Stream(1, "random", I);
    Genome G = randomGenome(Options, Stream);
    EXPECT_FALSE(G.empty());
    Small += G.size() < 5;
    Large += G.size() > 15;
  }
  EXPECT_GT(Small, 40u);
  EXPECT_GT(Large, 20u);
  RandomStream Stream(1, "random");
  EXPECT_TRUE(randomGenome({}, Stream).empty());
}

TEST(VariationTest, PruningDropsOnlyRegionGenesThatAreGone) {
  SearchSpace S = fakeSpace();
  Genome G;
  G.set(orFail(Gene::parse(gene(S.PlanSites[0], 0))));
  G.set(orFail(Gene::parse(gene(S.Regions[0].Sites[0], 0))));
  G.set(orFail(Gene::parse(gene(S.Regions[1].Sites[0], 0))));
  std::vector<GeneOption> Options;
  appendOptions(S.Regions[1].Sites, Options);
  Genome P = pruneRegions(G, Options);
  EXPECT_EQ(P.size(), 2u);
  EXPECT_TRUE(P.ofFunction(Level::Region, 1).empty());
}

TEST(SelectTest, NoisyScoresAreBelievedLess) {
  Estimate Tight = estimate(Score{1.05, 1.04, 1.06, 96, 1});
  Estimate Wide = estimate(Score{1.05, 0.90, 1.22, 12, 1});
  EXPECT_GT(Tight.Mean, 0.045);
  EXPECT_LT(Wide.Mean, 0.02);
  EXPECT_GT(Tight.fitness(), 0);
  EXPECT_LT(Wide.fitness(), 0);
  EXPECT_EQ(estimate(Score{1, 1, 1, 0, 0}).fitness(), 0);
  // No interval: hardly believed.
  EXPECT_LT(estimate(Score{1.3, 0, 0, 1, 0}).fitness(), 0);
}

TEST(SelectTest, TournamentsPreferTheFit) {
  std::vector<double> Fitness = {0, 3, 1, 2};
  unsigned Wins[4] = {};
  for (unsigned I = 0; I < 4000; ++I) {
    RandomStream Stream(1, "select", I);
    ++Wins[tournament(Fitness, 3, Stream)];
  }
  // The best of three draws from four: 1 - (3/4)^3.
  EXPECT_NEAR(Wins[1] / 4000.0, 0.578, 0.03);
  EXPECT_GT(Wins[3], Wins[2]);
  EXPECT_GT(Wins[2], Wins[0]);
}

TEST(SelectTest, ElitesAreOrderedAndTiesGoToTheElder) {
  std::vector<double> Fitness = {1, 3, 3, 2};
  EXPECT_EQ(elites(Fitness, 3), (std::vector<size_t>{1, 2, 3}));
  EXPECT_EQ(elites(Fitness, 9).size(), 4u);
}

} // namespace
