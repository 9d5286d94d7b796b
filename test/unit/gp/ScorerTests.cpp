//===- test/unit/gp/ScorerTests.cpp - Racing and the gate, on sleeping programs
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/Gate.h"
#include "gp/score/WholeProgramScorer.h"
#include "test/unit/gp/ScriptFixture.h"

using namespace llvm;
using namespace speciate;
using testing::HasSubstr;

namespace {

/// Programs that sleep: their ratio does not depend on the machine's load.
class ScorerTests : public ScriptFixture {
protected:
  std::string sleeper(StringRef Name, StringRef Seconds) {
    return script(Name, ("exec sleep " + Seconds).str());
  }
};

TEST_F(ScorerTests, RacesAgainstTheIncumbent) {
  std::string Reference = sleeper("reference", "0.05");
  ScoreParams Params;
  Params.MaxPairs = 8;
  auto S =
      WholeProgramScorer::create(Reference, {"{}", "{} again"}, dir(), Params);
  ASSERT_THAT_EXPECTED(S, Succeeded());
  EXPECT_THAT((*S)->describe(), HasSubstr("wall time"));
  Expected<Score> Fast = (*S)->score(sleeper("fast", "0.02"), 1);
  ASSERT_THAT_EXPECTED(Fast, Succeeded());
  EXPECT_EQ(Fast->Pairs, 8u);
  EXPECT_GT(Fast->Low, 1.2);
  EXPECT_LE(Fast->Low, Fast->Ratio);
  EXPECT_LE(Fast->Ratio, Fast->High);
  std::string Slow = sleeper("slow", "0.15");
  Expected<Score> Dropped = (*S)->score(Slow, 1);
  ASSERT_THAT_EXPECTED(Dropped, Succeeded());
  EXPECT_EQ(Dropped->Pairs, 4u);
  EXPECT_LT(Dropped->Ratio, 0.7);
  // Without an incumbent nothing is dropped.
  Expected<Score> Whole = (*S)->score(Slow, 0);
  ASSERT_THAT_EXPECTED(Whole, Succeeded());
  EXPECT_EQ(Whole->Pairs, 8u);
  EXPECT_LT(Whole->High, 1);
}

TEST_F(ScorerTests, FailuresAreToldApart) {
  std::string Reference = sleeper("reference", "0.01");
  ScoreParams Params;
  Params.MaxPairs = 4;
  auto S = WholeProgramScorer::create(Reference, {"{}"}, dir(), Params);
  ASSERT_THAT_EXPECTED(S, Succeeded());
  Expected<Score> Crash = (*S)->score(script("crash", "kill -SEGV $$"), 1);
  ASSERT_THAT_EXPECTED(Crash, Succeeded());
  EXPECT_EQ(Crash->Ratio, 0);
  EXPECT_EQ(Crash->High, 0);
  // The measurement itself is broken.
  script("reference", "exit 1");
  EXPECT_THAT_EXPECTED((*S)->score(sleeper("fine", "0.01"), 1),
                       FailedWithMessage(HasSubstr("no longer runs")));
  EXPECT_THAT_EXPECTED(
      WholeProgramScorer::create(Reference, {"{}"}, dir(), Params),
      FailedWithMessage(HasSubstr("'{}' fails on ")));
}

TEST_F(ScorerTests, SampleFitsTheTime) {
  ScoreParams Params;
  Params.MaxSeconds = 0.5;
  auto S = WholeProgramScorer::create(sleeper("reference", "0.04"), {"{}"},
                                      dir(), Params);
  ASSERT_THAT_EXPECTED(S, Succeeded());
  EXPECT_GE((*S)->fullSample(), 4u);
  EXPECT_LE((*S)->fullSample(), 6u);
}

TEST_F(ScorerTests, GateComparesFromTheSameRounds) {
  std::vector<GateProgram> Programs = {
      {"base", {sleeper("base", "0.04")}},
      {"fast", {sleeper("fast", "0.02")}},
      {"again", {sleeper("again", "0.04")}},
      {"broken", {script("broken", "exit 2")}}};
  GateParams Params;
  Params.Rounds = 10;
  unsigned Rounds = 0;
  Expected<GateResult> R = runGate(Programs, {"{}", "{} 2"}, dir(), Params,
                                   [&](unsigned Done) { Rounds = Done; });
  ASSERT_THAT_EXPECTED(R, Succeeded());
  EXPECT_EQ(Rounds, 10u);
  EXPECT_EQ(R->rounds(), 10u);
  RatioInterval Fast = R->compare(0, 1, {0, 1});
  EXPECT_EQ(Fast.Pairs, 10u);
  EXPECT_GT(Fast.Low, 1.1);
  RatioInterval One = R->compare(0, 1, size_t(1));
  EXPECT_GT(One.Low, 1.1);
  // The other way round is the reciprocal: the same rounds.
  EXPECT_NEAR(R->compare(1, 0, {0, 1}).Ratio * Fast.Ratio, 1, 1e-9);
  EXPECT_LT(R->compare(0, 2, {0, 1}).Low, 1.1);
  EXPECT_THAT(R->failure(3), HasSubstr("exit code 2"));
  EXPECT_TRUE(R->failure(1).empty());
  EXPECT_EQ(R->compare(0, 3, {0, 1}).Pairs, 0u);
  EXPECT_EQ(R->compare(0, 3, {0, 1}).Low, 0);
}

TEST_F(ScorerTests, GateGoesThroughPlacementsTogether) {
  auto At = [&](StringRef Name) {
    return script(Name, ("echo " + Name + " >> " + dir() + "/log").str());
  };
  std::vector<GateProgram> Programs = {{"a", At("a0"), {At("a1"), At("a2")}},
                                       {"b", At("b0"), {At("b1"), At("b2")}}};
  GateParams Params;
  Params.Rounds = 6;
  Expected<GateResult> R = runGate(Programs, {"{}"}, dir(), Params);
  ASSERT_THAT_EXPECTED(R, Succeeded());
  EXPECT_EQ(R->compare(0, 1, size_t(0)).Pairs, 6u);
  std::string Text = read("log");
  SmallVector<StringRef> Runs;
  StringRef(Text).split(Runs, '\n', -1, false);
  ASSERT_GE(Runs.size(), 12u);
  // Those before the rounds looked at what the first program does.
  auto Rounds = ArrayRef<StringRef>(Runs).take_back(12);
  for (size_t I = 0; I < 12; I += 2) {
    EXPECT_NE(Rounds[I][0], Rounds[I + 1][0]);
    EXPECT_EQ(Rounds[I].drop_front(), std::to_string(I / 2 % 3));
    EXPECT_EQ(Rounds[I + 1].drop_front(), std::to_string(I / 2 % 3));
  }
}

} // namespace
