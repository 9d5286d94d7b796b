//===- test/unit/gp/MinimizeTests.cpp - Delta debugging on a known landscape
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/engine/Minimize.h"
#include "test/unit/gp/FakeProgram.h"

using namespace llvm;
using namespace speciate;

namespace {

/// A winner with 24 genes, of which four pay, one hurts and most do nothing.
struct Fixture {
  FakeBuilder Builder{fakeLandscape()};
  FakeVerifier Check;
  FakeScorer Timer{fakeLandscape(), 0.001};
  MinimizeLimits Limits;
  Genome All;

  Fixture() {
    Limits.BudgetSeconds = 1000;
    SearchSpace S = fakeSpace();
    for (const Region &R : S.Regions)
      for (const Site &One : R.Sites)
        add(gene(One, 2));
    add(gene(S.Regions[1].Sites[0], 1));
    add(gene(S.Regions[1].Sites[1], 0)); // Hurts.
    for (const Site &One : S.PlanSites)
      add(gene(One, 0));
    add(gene(S.ProgramSites[0], 0));
  }
  void add(const std::string &Line) { All.set(orFail(Gene::parse(Line))); }
  MinimizeResult run() {
    return orFail(minimize(All, Builder, Check, Timer, Limits));
  }
};

TEST(MinimizeTest, KeepsWhatPaysAndNothingElse) {
  Fixture F;
  ASSERT_GT(F.All.size(), 20u);
  MinimizeResult R = F.run();
  EXPECT_TRUE(R.Complete);
  Genome Expected;
  SearchSpace S = fakeSpace();
  for (const std::string &Line :
       {gene(S.Regions[0].Sites[3], 2), gene(S.Regions[1].Sites[0], 1),
        gene(S.PlanSites[2], 0), gene(S.ProgramSites[0], 0)})
    Expected.set(orFail(Gene::parse(Line)));
  EXPECT_EQ(R.Kept.str(), Expected.str());
  EXPECT_NEAR(std::log(R.KeptScore.Ratio), 0.48, 0.01);
  ASSERT_EQ(R.Gains.size(), F.All.size());
  for (const GeneGain &G : R.Gains) {
    EXPECT_EQ(G.Kept, R.Kept.find(G.G.Site, G.G.Operator) != nullptr);
    if (!G.Kept)
      continue;
    // Each gain is near the truth, and its interval (nearly: 95 %) holds it.
    double Truth = std::exp(F.Timer.L[G.G.str()]);
    EXPECT_NEAR(G.Gain.Ratio, Truth, 0.01) << G.G.str();
    EXPECT_LT(G.Gain.Low, Truth * 1.001);
    EXPECT_GT(G.Gain.High, Truth * 0.999);
    EXPECT_GT(G.Gain.Pairs, 0u);
    EXPECT_EQ(G.Note, "");
  }
}

TEST(MinimizeTest, TheBudgetLeavesTheRestKept) {
  Fixture F;
  F.Timer.SleepMs = 10;
  F.Limits.BudgetSeconds = 0.015;
  MinimizeResult R = F.run();
  EXPECT_FALSE(R.Complete);
  EXPECT_GT(R.Evaluations, 0u);
  SearchSpace S = fakeSpace();
  Gene Pays = orFail(Gene::parse(gene(S.Regions[0].Sites[3], 2)));
  EXPECT_NE(R.Kept.find(Pays.Site, Pays.Operator), nullptr);

  F.Limits.BudgetSeconds = 0;
  R = F.run();
  EXPECT_EQ(R.Kept, F.All);
  EXPECT_FALSE(R.Complete);
  for (const GeneGain &G : R.Gains) {
    EXPECT_TRUE(G.Kept);
    EXPECT_EQ(G.Gain.Pairs, 0u);
    EXPECT_EQ(G.Note, "out of budget");
  }
}

TEST(MinimizeTest, GenesOfEqualCodeGoWithoutAMeasurement) {
  Fixture F;
  F.Builder.L.clear();
  MinimizeResult R = F.run();
  EXPECT_TRUE(R.Complete);
  EXPECT_TRUE(R.Kept.empty());
  EXPECT_EQ(F.Timer.Calls, 0u);
  EXPECT_EQ(R.KeptScore.Ratio, 1.0);
}

TEST(MinimizeTest, AGeneThatIsNeededToRunStays) {
  Fixture F;
  F.All = Genome();
  SearchSpace S = fakeSpace();
  F.add(gene(S.PlanSites[2], 0));
  F.add(gene(S.Regions[1].Sites[0], 1));
  // Without the plan gene the other one is refused.
  class Picky : public FakeVerifier {
  public:
    Verdict verify(const std::string &P) override {
      bool Plan = P.find("plan/") != std::string::npos;
      bool Region = P.find("region/") != std::string::npos;
      if (Region && !Plan)
        return {VerdictKind::Crashed, "signal 11"};
      return FakeVerifier::verify(P);
    }
  } Check;
  MinimizeResult R =
      orFail(minimize(F.All, F.Builder, Check, F.Timer, F.Limits));
  EXPECT_EQ(R.Kept, F.All);
  EXPECT_EQ(R.Gains[0].Note, "not measured without it: crashed: signal 11");
  EXPECT_GT(R.Gains[1].Gain.Ratio, 1.1);
}

/// Twice as fast with either of two genes, and with A a percent more.
struct EitherScorer : Scorer {
  std::string A, B;
  Expected<Score> score(const std::string &Program, double) override {
    double Ratio = StringRef(Program).contains(A)   ? 2.02
                   : StringRef(Program).contains(B) ? 2
                                                    : 1;
    return Score{Ratio, Ratio * 0.999, Ratio * 1.001, 24, 0};
  }
};

TEST(MinimizeTest, AGainIsThatBesideTheGenesThatAreLeft) {
  Fixture F;
  SearchSpace S = fakeSpace();
  EitherScorer Timer;
  Timer.A = gene(S.Regions[0].Sites[3], 2);
  Timer.B = gene(S.Regions[1].Sites[0], 1);
  Genome Both;
  for (const std::string &Line : {Timer.A, Timer.B})
    Both.set(orFail(Gene::parse(Line)));
  // A comes first: beside B it gains a percent. Then B goes.
  MinimizeResult R =
      orFail(minimize(Both, F.Builder, F.Check, Timer, F.Limits));
  ASSERT_EQ(R.Kept.size(), 1u);
  EXPECT_EQ(R.Kept.genes()[0].str(), Timer.A);
  for (const GeneGain &G : R.Gains)
    if (G.Kept) {
      EXPECT_NEAR(G.Gain.Ratio, 2.02, 0.01);
      EXPECT_EQ(G.Note, "");
    }
}

TEST(MinimizeTest, AWinnerThatCannotBeMeasuredIsAnError) {
  Fixture F;
  F.Timer.Broken = true;
  EXPECT_EQ(errorText(minimize(F.All, F.Builder, F.Check, F.Timer, F.Limits)),
            "the winner cannot be measured again: the workload does not run");
}

TEST(MinimizeTest, TheEmptyGenomeNeedsNothing) {
  Fixture F;
  F.All = Genome();
  MinimizeResult R = F.run();
  EXPECT_TRUE(R.Complete);
  EXPECT_EQ(F.Builder.Builds, 0u);
}

} // namespace
