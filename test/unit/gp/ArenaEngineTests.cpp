//===- test/unit/gp/ArenaEngineTests.cpp - Campaigns that use an arena
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/select/Select.h"
#include "test/unit/gp/FakeProgram.h"
#include <sqlite3.h>

using namespace llvm;
using namespace speciate;

namespace {

struct ArenaCampaign : FakeCampaign {
  ArenaCampaign() {
    Arena = std::make_unique<FakeArena>(fakeLandscape());
    Params.MaxGenerations = 10;
  }
  /// Proposals with their outcomes, in order.
  std::vector<std::pair<Proposal, std::optional<Outcome>>> all() {
    std::vector<std::pair<Proposal, std::optional<Outcome>>> Result;
    Catalog C = catalog();
    int64_t Id = begin(C);
    for (unsigned G = 0; G < orFail(C.generations(Id)); ++G) {
      std::map<unsigned, Outcome> O = orFail(C.outcomes(Id, G));
      for (Proposal &P : orFail(C.proposals(Id, G))) {
        std::optional<Outcome> Of;
        if (O.count(P.Index))
          Of = O[P.Index];
        Result.push_back({std::move(P), std::move(Of)});
      }
    }
    return Result;
  }
  std::string replayError() {
    Catalog C = catalog();
    return errorText(replayCampaign(C, begin(C)));
  }
};

TEST(SelectTest, ARegionsShareLimitsWhatItGains) {
  EXPECT_DOUBLE_EQ(onProgram(Score{2, 1, 4, 7, 1}, 0.5).Ratio, 1 / 0.75);
  EXPECT_DOUBLE_EQ(onProgram(Score{2, 1, 4, 7, 1}, 0.5).Low, 1);
  EXPECT_DOUBLE_EQ(onProgram(Score{2, 1, 4, 7, 1}, 0.5).High, 1 / 0.625);
  EXPECT_EQ(onProgram(Score{2, 1, 4, 7, 1}, 0.5).Pairs, 7u);
  EXPECT_DOUBLE_EQ(onProgram(Score{0.5, 0, 1, 7, 1}, 0.1).Ratio, 1 / 1.1);
  EXPECT_DOUBLE_EQ(onProgram(Score{0.5, 0, 1, 7, 1}, 0.1).Low, 0);
  EXPECT_DOUBLE_EQ(combinedRatio({}), 1);
  EXPECT_DOUBLE_EQ(combinedRatio({{0.5, 2}, {0.25, 1}, {0.25, 0.5}}),
                   1 / (0.25 + 0.25 + 0.5));
  // Shares that cannot be.
  EXPECT_GT(combinedRatio({{0.9, 100}, {0.9, 100}}), 1);
}

TEST(ArenaEngineTest, FindsRegionGenesWithFewWholeRuns) {
  SearchSpace S = fakeSpace();
  double With = 0, Without = 0;
  for (uint64_t Seed = 1; Seed <= 5; ++Seed) {
    ArenaCampaign C;
    C.Params.Seed = Seed;
    C.Params.MaxGenerations = 6; // Of which two of whole programs.
    CampaignResult R = C.run();
    EXPECT_NE(R.Best.str().find(gene(S.Regions[0].Sites[3], 2)),
              std::string::npos)
        << R.Best.str();
    EXPECT_NE(R.Best.str().find(gene(S.Regions[1].Sites[0], 1)),
              std::string::npos);
    // What makes it slower is not in it.
    EXPECT_EQ(R.Best.str().find(gene(S.Regions[1].Sites[1], 0)),
              std::string::npos);
    EXPECT_LE(C.Timer.Calls, 16u);
    ASSERT_TRUE(R.Arena.has_value());
    EXPECT_NEAR(R.Arena->Share, 0.91, 1e-9);
    EXPECT_GT(R.Arena->Evaluations, 10u);
    EXPECT_EQ(R.Arena->Evaluations + C.Timer.Calls + 1, R.Evaluations);
    With += std::log(R.BestScore.Ratio) / 5;
    // As many whole runs, nothing else.
    FakeCampaign Plain;
    Plain.Params.Seed = Seed;
    Plain.Params.MaxGenerations = 100;
    Plain.Limits.MaxEvaluations = C.Timer.Calls + 1;
    Without += std::log(Plain.run().BestScore.Ratio) / 5;
  }
  RecordProperty("with", std::to_string(With));
  RecordProperty("without", std::to_string(Without));
  // The regions alone have 0.37.
  EXPECT_GT(With, 0.37);
  EXPECT_GT(With, Without + 0.03);
}

TEST(ArenaEngineTest, StacksGenesOnWhatABestGeneMakes) {
  SearchSpace S = fakeSpace();
  const std::string Maker = gene(S.Regions[0].Sites[3], 2);
  Site Made = fakeSite(Level::Region, SiteKind::Loop, 1, 0, 0.1,
                       {{"loop-form", "unroll=16", 0.001}});
  Made.Id.CfgHash = 0x99;
  Made.MadeBy = Maker;
  const std::string Stacked = gene(Made, 0);
  ArenaCampaign C;
  C.Builder.Made = {Made};
  C.Builder.L[Stacked] = 0.1;
  C.Timer.L[Stacked] = 0.1;
  C.Arena->L[Stacked] = 0.1;
  CampaignResult R = C.run();
  EXPECT_NE(R.Best.str().find(Stacked), std::string::npos) << R.Best.str();
  EXPECT_GT(C.Builder.MadeAsked, 0u);
  unsigned Tried = 0;
  for (auto &[P, O] : C.all()) {
    if (P.G.str().find(Stacked) == std::string::npos)
      continue;
    ++Tried;
    // Never without the gene that makes its site.
    EXPECT_NE(P.G.str().find(Maker), std::string::npos) << P.G.str();
  }
  EXPECT_GT(Tried, 1u);
  // Replay and a resumed run take what was recorded.
  EXPECT_EQ(C.replayError(), "no error");
}

TEST(ArenaEngineTest, OnlyWholeProgramsWin) {
  ArenaCampaign C;
  CampaignResult R = C.run();
  ASSERT_FALSE(R.Finalists.empty());
  std::set<std::string> Whole;
  unsigned InArena = 0;
  for (auto &[P, O] : C.all())
    if (P.arenaRegion()) {
      ++InArena;
      // Region genes over a plan, no layout, no other region.
      EXPECT_TRUE(P.G.atLevel(Level::Program).empty());
      EXPECT_EQ(P.G.ofFunction(Level::Region, *P.arenaRegion()),
                P.G.atLevel(Level::Region));
    } else if (O && O->K == Outcome::Kind::Measured) {
      Whole.insert(P.G.str());
    }
  EXPECT_GT(InArena, 50u);
  for (const Finalist &F : R.Finalists) {
    EXPECT_TRUE(Whole.count(F.G.str())) << F.G.str();
    EXPECT_EQ(F.V.Kind, VerdictKind::Checked);
  }
}

TEST(ArenaEngineTest, CombinationsSayWhatTheArenaExpects) {
  ArenaCampaign C;
  C.run();
  unsigned Combined = 0;
  for (auto &[P, O] : C.all()) {
    size_t At = P.Lineage.find("arena expects ");
    if (At == std::string::npos)
      continue;
    ++Combined;
    EXPECT_EQ(P.Population, "whole");
    double Expected = std::atof(P.Lineage.c_str() + At + 14);
    ASSERT_TRUE(O && O->hasScore());
    // The fake program agrees with its arena, but for the plan's gain.
    EXPECT_NEAR(O->S.Ratio, Expected, 0.25);
    EXPECT_GT(Expected, 1.05);
  }
  EXPECT_GE(Combined, 2u);
}

TEST(ArenaEngineTest, FewWholeProgramsBesideTheArenaUnlessTheyGain) {
  for (bool Gains : {false, true}) {
    ArenaCampaign C;
    C.Params.MaxGenerations = 14;
    if (!Gains) // Only regions have anything to find.
      for (auto *L : {&C.Builder.L, &C.Timer.L})
        std::erase_if(*L, [](const auto &Each) {
          return !StringRef(Each.first).starts_with("region/");
        });
    C.run();
    std::map<unsigned, unsigned> Others;
    for (auto &[P, O] : C.all())
      if (!P.arenaRegion() && P.Population != "reference")
        Others[P.Generation] +=
            !StringRef(P.Lineage).starts_with("combine") &&
            !StringRef(P.Lineage).starts_with("promote");
    ASSERT_GE(Others.size(), 3u);
    EXPECT_EQ(Others.begin()->second, C.Params.BesideArena);
    if (!Gains)
      EXPECT_EQ(std::next(Others.begin())->second, C.Params.BesideArena / 2);
    else
      EXPECT_GT(std::next(Others.begin())->second, C.Params.BesideArena);
  }
}

TEST(ArenaEngineTest, WherePlansTakeLongFewWholeProgramsAreTried) {
  ArenaCampaign C;
  C.Params.MaxGenerations = 6;
  C.Limits.BudgetSeconds = 1000;
  C.Limits.PlanSeconds = 900;
  C.run();
  unsigned Combined = 0, Others = 0;
  for (auto &[P, O] : C.all())
    if (!P.arenaRegion() && P.Generation == 1)
      ++(StringRef(P.Lineage).starts_with("combine") ||
                 StringRef(P.Lineage).starts_with("promote")
             ? Combined
             : Others);
  EXPECT_GE(Combined, 1u);
  EXPECT_EQ(Others, 0u);
  EXPECT_EQ(C.replayError(), "no error");
  // When they turn out to be quick, there are more.
  Others = 0;
  for (auto &[P, O] : C.all())
    Others += !P.arenaRegion() && P.Generation > 1 && P.Generation < 6;
  EXPECT_GT(Others, 2u);
  // Resumed as it was recorded, whatever a plan takes by then.
  const std::string Before = C.dump();
  C.Limits.PlanSeconds = 0;
  C.run();
  EXPECT_EQ(C.dump(), Before);
}

TEST(ArenaEngineTest, TheBudgetEndsWithWhatTheArenaFound) {
  unsigned Ended = 0;
  for (double Budget : {0.9, 1.2, 1.5, 1.8}) {
    ArenaCampaign C;
    C.Limits.BudgetSeconds = Budget;
    C.Timer.SleepMs = 80;
    C.Arena->SleepMs = 30;
    CampaignResult R = C.run();
    EXPECT_EQ(R.Stopped, "budget");
    bool Last = false;
    for (auto &[P, O] : C.all()) {
      if (!StringRef(P.Lineage).starts_with("last: "))
        continue;
      Last = true;
      EXPECT_EQ(P.Population, "whole");
      EXPECT_TRUE(O && O->hasScore());
    }
    Ended += Last;
    EXPECT_EQ(C.replayError(), "no error");
    // With more time it goes on behind it, to what replays as well.
    C.Timer.SleepMs = C.Arena->SleepMs = 0;
    const std::string Before = C.dump(/*Outcomes=*/false);
    C.Limits.BudgetSeconds = 1000;
    EXPECT_GT(C.run().Evaluations, R.Evaluations);
    EXPECT_TRUE(StringRef(C.dump(/*Outcomes=*/false)).starts_with(Before));
    EXPECT_EQ(C.replayError(), "no error");
  }
  EXPECT_GE(Ended, 1u);
}

TEST(ArenaEngineTest, ThreadsAndSpeedDoNotChangeTheSequence) {
  ArenaCampaign One;
  One.run();
  std::string Expected = One.dump();
  ASSERT_NE(Expected.find("arena:"), std::string::npos);
  for (unsigned Jobs : {2u, 8u}) {
    ArenaCampaign Other;
    Other.Limits.Jobs = Jobs;
    Other.Builder.SleepMs = 2;
    Other.Arena->SleepMs = 3;
    Other.run();
    EXPECT_EQ(Other.dump(), Expected) << Jobs << " jobs";
  }
}

TEST(ArenaEngineTest, EveryCutResumesToTheSameSequence) {
  ArenaCampaign Whole;
  CampaignResult Reference = Whole.run();
  std::string Expected = Whole.dump();
  RandomStream Stream(7, "cut");
  for (int Cut = 0; Cut < 20; ++Cut) {
    ArenaCampaign C;
    C.Limits.MaxEvaluations =
        1 + static_cast<unsigned>(Stream.below(Reference.Evaluations - 1));
    CampaignResult First = C.run();
    EXPECT_EQ(First.Stopped, "evaluation limit");
    EXPECT_EQ(First.Evaluations, C.Limits.MaxEvaluations);
    C.Limits.MaxEvaluations = 0;
    // Neither verifier lets anything pass twice.
    CampaignResult Second = C.run();
    EXPECT_EQ(C.dump(), Expected);
    EXPECT_EQ(Second.Evaluations, Reference.Evaluations);
    EXPECT_EQ(Second.Arena->Evaluations, Reference.Arena->Evaluations);
    EXPECT_EQ(Second.Best, Reference.Best);
  }
}

TEST(ArenaEngineTest, ReplaysByteForByteWithoutAnArena) {
  for (unsigned Limit : {0u, 40u}) {
    ArenaCampaign C;
    C.Limits.MaxEvaluations = Limit;
    C.run();
    EXPECT_EQ(C.replayError(), "no error");
  }
}

TEST(ArenaEngineTest, RefusedRegionsAreScoredAsWholePrograms) {
  ArenaCampaign C;
  C.Arena->Refused[1] = "entered once";
  CampaignResult R = C.run();
  ASSERT_TRUE(R.Arena.has_value());
  EXPECT_NEAR(R.Arena->Share, 0.46, 1e-9);
  ASSERT_EQ(R.Arena->Refused.size(), 1u);
  EXPECT_EQ(R.Arena->Refused[0].Function, "f1");
  EXPECT_EQ(R.Arena->Refused[0].Reason, "entered once");
  EXPECT_NEAR(R.Arena->Refused[0].Share, 0.45, 1e-9);
  std::set<std::string> Populations;
  for (auto &[P, O] : C.all())
    Populations.insert(P.Population);
  EXPECT_TRUE(Populations.count("region:" + hex64(1)));
  EXPECT_FALSE(Populations.count("arena:" + hex64(1)));
  EXPECT_TRUE(Populations.count("arena:" + hex64(2)));
  EXPECT_FALSE(Populations.count("region:" + hex64(2)));
  EXPECT_EQ(C.replayError(), "no error");
}

TEST(ArenaEngineTest, WithoutWindowsTheSequenceIsThatWithoutAnArena) {
  FakeCampaign Plain;
  Plain.run();
  ArenaCampaign C;
  C.Params = Plain.Params;
  for (uint64_t Guid : {1, 2, 3})
    C.Arena->Refused[Guid] = "no session: personality is not allowed";
  CampaignResult R = C.run();
  EXPECT_EQ(C.dump(), Plain.dump());
  EXPECT_EQ(R.Arena->Share, 0);
  EXPECT_EQ(R.Arena->Refused.size(), 3u);
  EXPECT_EQ(C.Arena->Races, 0u);
}

TEST(ArenaEngineTest, SwitchedOffOrAtRandomNobodyAsks) {
  for (Strategy How : {Strategy::Genetic, Strategy::Random}) {
    ArenaCampaign C;
    C.Params.How = How;
    C.Params.Arena = How == Strategy::Random;
    CampaignResult R = C.run();
    EXPECT_EQ(C.Arena->Admitted, 0u);
    EXPECT_EQ(C.Arena->Races, 0u);
    EXPECT_GT(R.Evaluations, 10u);
    EXPECT_EQ(C.dump().find("arena"), std::string::npos);
  }
}

TEST(ArenaEngineTest, RefusedVariantsAreCountedAndNeverTimed) {
  SearchSpace S = fakeSpace();
  ArenaCampaign C;
  std::string Best = gene(S.Regions[0].Sites[3], 2);
  std::string Crash = gene(S.Regions[1].Sites[0], 1);
  C.Arena->Unsound.insert(Best);
  C.Arena->CrashInTrials.insert(Crash);
  C.Arena->Unbuildable.insert(gene(S.Regions[0].Sites[0], 1));
  CampaignResult R = C.run();
  EXPECT_GT(R.Rejected["unsound"], 0u);
  EXPECT_GT(R.Rejected["crashed"], 0u);
  EXPECT_GT(R.Rejected["build-failed"], 0u);
  EXPECT_EQ(R.Best.str().find(Best), std::string::npos);
  EXPECT_EQ(R.Best.str().find(Crash), std::string::npos);
  unsigned Details = 0;
  for (auto &[P, O] : C.all())
    if (P.arenaRegion() && O && O->K == Outcome::Kind::Rejected) {
      EXPECT_TRUE(O->Windows.empty());
      Details += O->V.Detail.find("'table'+16") != std::string::npos;
    }
  EXPECT_GT(Details, 0u);
}

TEST(ArenaEngineTest, EqualCodeIsNeverTimedTwice) {
  ArenaCampaign C;
  C.Arena->L.clear(); // No gene changes the code.
  CampaignResult R = C.run();
  EXPECT_EQ(C.Arena->Races, 0u);
  EXPECT_EQ(R.Arena->Evaluations, 0u);
  EXPECT_GT(R.Reused, 20u);
  for (auto &[P, O] : C.all())
    if (P.arenaRegion() && O) {
      EXPECT_EQ(O->K, Outcome::Kind::Reference);
      EXPECT_EQ(O->V.Kind, VerdictKind::SyntacticallyEqual);
      EXPECT_EQ(O->S.Ratio, 1);
    }
}

TEST(ArenaEngineTest, ABrokenArenaFallsBackToWholePrograms) {
  SearchSpace S = fakeSpace();
  ArenaCampaign C;
  C.Params.MaxGenerations = 16;
  C.Arena->BreakAfter = 1;
  CampaignResult R = C.run();
  EXPECT_GT(R.Rejected["unscored"], 5u);
  // Given up after a few batches, not asked for ever.
  EXPECT_LT(C.Arena->Races, 12u);
  std::set<std::string> Populations;
  for (auto &[P, O] : C.all())
    if (O && O->K == Outcome::Kind::Unscored)
      EXPECT_EQ(O->Failure, "the session is gone");
    else
      Populations.insert(P.Population);
  EXPECT_TRUE(Populations.count("region:" + hex64(1)));
  EXPECT_GT(R.BestScore.Ratio, 1.1);
  EXPECT_EQ(C.replayError(), "no error");
}

TEST(ArenaEngineTest, TheCatalogKeepsWindowsAndNoticesChanges) {
  ArenaCampaign C;
  C.run();
  unsigned Measured = 0;
  for (auto &[P, O] : C.all())
    if (P.arenaRegion() && O && O->K == Outcome::Kind::Measured) {
      ++Measured;
      ASSERT_EQ(O->Windows.size(), 2u);
      EXPECT_EQ(O->Windows[1].Window, "entry 9");
      EXPECT_EQ(O->Windows[1].Weight, 0.75);
      EXPECT_NEAR(O->Windows[1].OriginalCycles / O->Windows[1].Cycles,
                  O->S.Ratio, 1e-9);
      EXPECT_EQ(O->V.Kind, VerdictKind::Replayed);
    } else if (O && !P.arenaRegion()) {
      EXPECT_TRUE(O->Windows.empty());
    }
  EXPECT_GT(Measured, 10u);
  sqlite3 *DB = nullptr;
  ASSERT_EQ(sqlite3_open((C.Store + "/catalog.db").c_str(), &DB), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(DB,
                         "UPDATE windows SET cycles = cycles * 0.9 WHERE "
                         "number = 1 AND generation = 2",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  EXPECT_GT(sqlite3_changes(DB), 0);
  sqlite3_close(DB);
  EXPECT_NE(C.replayError().find("does not match its digest"),
            std::string::npos);
}

TEST(ArenaEngineTest, ResumedWithoutAnArenaNothingHangs) {
  ArenaCampaign C;
  C.Limits.MaxEvaluations = 10;
  C.run();
  C.Limits.MaxEvaluations = 0;
  C.Arena.reset();
  CampaignResult R = C.run();
  EXPECT_GT(R.Rejected["build-failed"], 0u);
  EXPECT_EQ(C.replayError(), "no error");
}

} // namespace
