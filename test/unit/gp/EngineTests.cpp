//===- test/unit/gp/EngineTests.cpp - Campaigns on a known landscape
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/select/Select.h"
#include "test/unit/gp/FakeProgram.h"
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

using namespace llvm;
using namespace speciate;

namespace {

TEST(EngineTest, FindsThePlantedGenes) {
  SearchSpace S = fakeSpace();
  double Sum = 0;
  for (uint64_t Seed = 1; Seed <= 5; ++Seed) {
    FakeCampaign C;
    C.Params.Seed = Seed;
    C.Params.MaxGenerations = 100;
    C.Limits.MaxEvaluations = 50;
    CampaignResult R = C.run();
    EXPECT_LE(R.Evaluations, 50u);
    EXPECT_NE(R.Best.str().find(gene(S.Regions[0].Sites[3], 2)),
              std::string::npos)
        << R.Best.str();
    Sum += std::log(R.BestScore.Ratio);
    ASSERT_FALSE(R.Finalists.empty());
    EXPECT_EQ(R.Finalists.front().G, R.Best);
    EXPECT_LE(R.Finalists.size(), C.Params.Finalists);
  }
  // The optimum is 0.25 + 0.12 + 0.08 + 0.03 = 0.48.
  EXPECT_GT(Sum / 5, 0.40);
}

TEST(EngineTest, BeatsRandomSearchAtEqualBudget) {
  double Genetic = 0, Random = 0;
  for (uint64_t Seed = 1; Seed <= 5; ++Seed)
    for (Strategy How : {Strategy::Genetic, Strategy::Random}) {
      FakeCampaign C;
      C.Params.Seed = Seed;
      C.Params.How = How;
      C.Params.MaxGenerations = 100;
      C.Limits.MaxEvaluations = 30;
      (How == Strategy::Genetic ? Genetic : Random) +=
          std::log(C.run().BestScore.Ratio);
    }
  EXPECT_GT(Genetic, Random + 0.1);
}

TEST(EngineTest, BelievesLittleOfWhatNoiseWins) {
  double Measured = 0, Believed = 0;
  for (uint64_t Seed = 1; Seed <= 10; ++Seed) {
    FakeCampaign C;
    C.Params.Seed = Seed;
    // Every gene changes the code and none the time.
    for (auto &[Name, Gain] : C.Timer.L)
      Gain = 0;
    C.Timer.Noise = 0.03;
    CampaignResult R = C.run();
    Measured += std::log(R.BestScore.Ratio);
    Believed += std::max(estimate(R.BestScore).fitness(), 0.0);
  }
  // The best of some forty draws looks about two deviations faster.
  EXPECT_GT(Measured / 10, 0.03);
  EXPECT_LT(Believed / 10, 0.03);
  EXPECT_LT(Believed, Measured / 2);
}

TEST(EngineTest, ThreadsAndSpeedDoNotChangeTheSequence) {
  FakeCampaign One;
  One.run();
  std::string Expected = One.dump();
  ASSERT_GT(Expected.size(), 2000u);
  for (unsigned Jobs : {1u, 8u})
    for (unsigned Sleep : {0u, 3u}) {
      FakeCampaign Other;
      Other.Limits.Jobs = Jobs;
      Other.Builder.SleepMs = Sleep;
      Other.Timer.SleepMs = Sleep / 3;
      Other.run();
      EXPECT_EQ(Other.dump(), Expected) << Jobs << " jobs, " << Sleep << " ms";
    }
}

TEST(EngineTest, SeedsAndStrategiesDiffer) {
  FakeCampaign A, B, C;
  B.Params.Seed = 2;
  C.Params.How = Strategy::Random;
  A.run();
  B.run();
  C.run();
  ASSERT_FALSE(A.dump(false).empty());
  EXPECT_NE(A.dump(false), B.dump(false));
  EXPECT_NE(A.dump(false), C.dump(false));
  EXPECT_EQ(C.dump(false).find("seed "), std::string::npos);
}

TEST(EngineTest, EveryCutResumesToTheSameSequence) {
  FakeCampaign Whole;
  CampaignResult Reference = Whole.run();
  std::string Expected = Whole.dump();
  ASSERT_GT(Reference.Evaluations, 10u);
  RandomStream Stream(7, "cut");
  for (int Cut = 0; Cut < 20; ++Cut) {
    FakeCampaign C;
    C.Limits.MaxEvaluations =
        1 + static_cast<unsigned>(Stream.below(Reference.Evaluations - 1));
    CampaignResult First = C.run();
    EXPECT_EQ(First.Stopped, "evaluation limit");
    C.Limits.MaxEvaluations = 0;
    // FakeVerifier fails the test if anything is evaluated again.
    CampaignResult Second = C.run();
    EXPECT_EQ(C.dump(), Expected);
    EXPECT_EQ(Second.Evaluations, Reference.Evaluations);
    EXPECT_EQ(Second.Resumed, First.Proposed);
    EXPECT_EQ(Second.Best, Reference.Best);
  }
}

/// The number of lines in the log.
off_t logLines(const std::string &Path) {
  struct stat St;
  return ::stat(Path.c_str(), &St) == 0 ? St.st_size / 2 : 0;
}

TEST(EngineTest, SurvivesKillNine) {
  FakeCampaign Whole;
  Whole.Params.MaxGenerations = 14;
  CampaignResult Reference = Whole.run();
  FakeCampaign C;
  C.Params.MaxGenerations = 14;
  C.Limits.Jobs = 2;
  C.Timer.SleepMs = 2;
  C.Builder.SleepMs = 1;
  C.Check.Log = C.Dir.file("log");
  RandomStream Stream(11, "kill");
  unsigned Killed = 0;
  for (int Round = 0; Round < 20; ++Round) {
    off_t Before = logLines(C.Check.Log);
    pid_t Pid = ::fork();
    ASSERT_GE(Pid, 0);
    if (Pid == 0) {
      Expected<CampaignResult> R = C.tryRun();
      ::_exit(R ? 0 : 1);
    }
    int Status = 0;
    bool Ended = false;
    for (int Wait = 0; Wait < 20000 && !Ended; ++Wait) {
      if (logLines(C.Check.Log) > Before)
        break;
      Ended = ::waitpid(Pid, &Status, WNOHANG) == Pid;
      ::usleep(500);
    }
    if (!Ended) {
      ::usleep(static_cast<useconds_t>(Stream.below(8000)));
      ::kill(Pid, SIGKILL);
      ASSERT_EQ(::waitpid(Pid, &Status, 0), Pid);
    }
    if (WIFSIGNALED(Status))
      ++Killed;
    else
      EXPECT_EQ(WEXITSTATUS(Status), 0);
  }
  EXPECT_GE(Killed, 5u);
  CampaignResult R = C.run();
  EXPECT_EQ(C.dump(), Whole.dump());
  EXPECT_EQ(R.Evaluations, Reference.Evaluations);
  // One evaluation is in flight at a time.
  EXPECT_LE(logLines(C.Check.Log), off_t(R.Evaluations + Killed));
  Catalog Cat = C.catalog();
  EXPECT_EQ(errorText(replayCampaign(Cat, C.begin(Cat))), "no error");
}

TEST(EngineTest, ReplaysByteForByteWithoutABuilder) {
  for (Strategy How : {Strategy::Genetic, Strategy::Random})
    for (unsigned Limit : {0u, 17u}) {
      FakeCampaign C;
      C.Params.How = How;
      C.Limits.MaxEvaluations = Limit;
      C.run();
      Catalog Cat = C.catalog();
      ReplayReport R = orFail(replayCampaign(Cat, C.begin(Cat)));
      EXPECT_GT(R.Generations, 1u);
      EXPECT_GT(R.Proposals, 17u);
    }
}

void tamper(FakeCampaign &C, const char *Sql) {
  sqlite3 *DB = nullptr;
  ASSERT_EQ(sqlite3_open((C.Store + "/catalog.db").c_str(), &DB), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(DB, Sql, nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(sqlite3_changes(DB), 1);
  sqlite3_close(DB);
}

std::string replayError(FakeCampaign &C) {
  Catalog Cat = C.catalog();
  return errorText(replayCampaign(Cat, C.begin(Cat)));
}

TEST(EngineTest, ReplayNoticesAChangedCatalog) {
  struct {
    const char *Sql, *Message;
  } Cases[] = {
      {"UPDATE proposals SET genome = '' WHERE generation = 1 AND idx = 2",
       "replay differs"},
      {"UPDATE proposals SET lineage = 'x' WHERE generation = 0 AND idx = 3",
       "replay differs"},
      {"UPDATE results SET ratio = ratio * 1.5 WHERE generation = 1 AND idx = "
       "1",
       "does not match its digest"},
      {"DELETE FROM results WHERE generation = 0 AND idx = 4",
       "results are missing"},
      {"DELETE FROM proposals WHERE generation = 5 AND idx = 7",
       "replay differs"},
      {"UPDATE proposals SET genome = 'x' WHERE generation = 1 AND idx = 2",
       "damaged genome"},
      {"UPDATE campaigns SET params = replace(params, '\"seed\":\"1\"', "
       "'\"seed\":\"2\"')",
       "replay differs"},
      {"DELETE FROM artefacts WHERE name = (SELECT min(name) FROM artefacts)",
       "a space is missing"},
  };
  for (auto &Case : Cases) {
    FakeCampaign C;
    C.run();
    ASSERT_EQ(replayError(C), "no error");
    tamper(C, Case.Sql);
    EXPECT_NE(replayError(C).find(Case.Message), std::string::npos)
        << Case.Sql << ": " << replayError(C);
  }
}

TEST(EngineTest, ResumeRefusesAChangedCatalog) {
  FakeCampaign C;
  C.Limits.MaxEvaluations = 20;
  C.run();
  tamper(C, "UPDATE proposals SET lineage = 'x' WHERE generation = 0 AND "
            "idx = 3");
  EXPECT_NE(errorText(C.tryRun()).find("cannot be continued"),
            std::string::npos);
}

TEST(EngineTest, EqualCodeIsNeverEvaluatedTwice) {
  FakeCampaign C;
  C.Builder.L.clear(); // No gene changes the code.
  C.Timer.L.clear();
  CampaignResult R = C.run();
  EXPECT_EQ(C.Timer.Calls, 0u);
  EXPECT_EQ(R.Evaluations, 1u); // The reference.
  EXPECT_GT(R.Reused, 10u);
  EXPECT_TRUE(R.Best.empty());
  EXPECT_EQ(R.BestScore.Ratio, 1.0);
  EXPECT_TRUE(R.Finalists.empty());
}

TEST(EngineTest, RefusedVariantsAreCountedAndNeverTimed) {
  FakeCampaign C;
  SearchSpace S = fakeSpace();
  std::string Best = gene(S.Regions[0].Sites[3], 2);
  C.Check.Unsound.insert(Best);
  CampaignResult R = C.run();
  EXPECT_GT(R.Rejected["unsound"], 0u);
  EXPECT_EQ(R.Best.str().find(Best), std::string::npos);
  EXPECT_EQ(
      C.Timer.Calls + R.Rejected["unsound"] + 1,
      R.Evaluations + R.Reused - [&] {
        // Reused scores of accepted programs were not timed.
        unsigned Count = 0;
        Catalog Cat = C.catalog();
        int64_t Id = C.begin(Cat);
        for (unsigned G = 0; G < orFail(Cat.generations(Id)); ++G)
          for (auto &[I, O] : orFail(Cat.outcomes(Id, G)))
            Count += O.K == Outcome::Kind::Reused ||
                     (O.K == Outcome::Kind::Reference && (G || I));
        return Count;
      }());
}

TEST(EngineTest, AFailingBuilderIsData) {
  FakeCampaign All;
  All.Builder.FailAll = true;
  CampaignResult R = All.run();
  EXPECT_EQ(R.Stopped, "reference: codegen crashed: signal 11");
  EXPECT_EQ(R.Rejected["build-failed"], 1u);
  EXPECT_TRUE(R.Best.empty());
  EXPECT_EQ(All.run().Stopped, R.Stopped);

  FakeCampaign Some;
  Some.Builder.FailNonEmpty = true;
  R = Some.run();
  EXPECT_GT(R.Rejected["build-failed"], 10u);
  EXPECT_TRUE(R.Best.empty());
  EXPECT_EQ(R.Evaluations, 1u);
}

TEST(EngineTest, APlanWithoutASpaceKeepsTheLastOne) {
  FakeCampaign C;
  C.Builder.FailOtherPlans = true;
  CampaignResult R = C.run();
  EXPECT_GT(C.Builder.Spaces, 1u);
  EXPECT_GT(R.BestScore.Ratio, 1.2);
  EXPECT_EQ(replayError(C), "no error");
}

TEST(EngineTest, ABrokenMeasurementEndsTheCampaign) {
  FakeCampaign C;
  C.Timer.Broken = true;
  EXPECT_EQ(errorText(C.tryRun()), "measuring failed three times in a row: "
                                   "the workload does not run");
  EXPECT_EQ(C.Timer.Calls, 3u);
}

TEST(EngineTest, NoBudgetEvaluatesNothing) {
  FakeCampaign C;
  C.Limits.BudgetSeconds = 0;
  CampaignResult R = C.run();
  EXPECT_EQ(C.Builder.Builds, 0u);
  EXPECT_EQ(R.Stopped, "budget");
  EXPECT_TRUE(R.Best.empty());
  EXPECT_EQ(R.BestScore.Ratio, 1.0);
}

TEST(EngineTest, AnEmptySpaceHasOnlyTheReference) {
  for (Strategy How : {Strategy::Genetic, Strategy::Random}) {
    FakeCampaign C;
    C.Params.How = How;
    C.Builder.Space = SearchSpace();
    CampaignResult R = C.run();
    EXPECT_EQ(R.Stopped, "nothing left to propose");
    EXPECT_EQ(R.Proposed, 1u);
    EXPECT_EQ(replayError(C), "no error");
  }
}

TEST(EngineTest, TheBudgetEndsASlowCampaign) {
  FakeCampaign C;
  C.Limits.BudgetSeconds = 0.3;
  C.Timer.SleepMs = 50;
  C.Params.MaxGenerations = 1000;
  CampaignResult R = C.run();
  EXPECT_EQ(R.Stopped, "budget");
  EXPECT_LT(R.Evaluations, 12u);
  EXPECT_GT(R.Evaluations, 1u); // The first generation is cut short.
  // The time is spent: another run adds nothing.
  CampaignResult Again = C.run();
  EXPECT_EQ(Again.Evaluations, R.Evaluations);
  EXPECT_EQ(Again.Proposed, R.Proposed);
  EXPECT_EQ(Again.Best, R.Best);
}

TEST(EngineTest, OtherParametersAreRefused) {
  FakeCampaign C;
  Catalog Cat = C.catalog();
  int64_t Id = C.begin(Cat);
  C.Params.Seed = 5;
  EXPECT_NE(errorText(runCampaign(C.Params, C.Builder, C.Check, C.Timer, Cat,
                                  Id, C.Limits))
                .find("other search parameters"),
            std::string::npos);
}

TEST(SearchParamsTest, TextSurvivesTheRoundTrip) {
  SearchParams P;
  P.Seed = UINT64_MAX;
  P.How = Strategy::Random;
  P.MutationRate = 0.1;
  EXPECT_EQ(orFail(SearchParams::parse(P.str())), P);
  EXPECT_NE(errorText(SearchParams::parse("{}")), "no error");
}

} // namespace
