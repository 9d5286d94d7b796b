//===- test/unit/gp/ArenaScoreTests.cpp - Scores and races of noisy trials
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/arena/ArenaRace.h"
#include "support/Random.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <map>

using namespace llvm;
using namespace speciate;

namespace {

/// Trials as the machines of measurement.md give them: placement moves code by
/// up to 10 %, a few trials in a hundred are interrupted, speed drifts.
class FakeTrials : public TrialSource {
public:
  /// \p Slowdowns: log of each candidate's time over the original's.
  FakeTrials(uint64_t Seed, std::vector<double> Slowdowns, size_t Windows = 6,
             size_t Offsets = 4)
      : Seed(Seed), Slowdowns(std::move(Slowdowns)), OffsetCount(Offsets),
        Noise(Seed, "noise") {
    this->Slowdowns.insert(this->Slowdowns.begin(), 0);
    RandomStream Random(Seed, "windows");
    for (size_t W = 0; W < Windows; ++W) {
      Weights.push_back(0.5 + Random.unit());
      Base.push_back(1e6 * (1 + 4 * Random.unit()));
    }
    for (size_t C = 0; C < this->Slowdowns.size(); ++C)
      Code.push_back(C);
  }

  size_t candidates() const override { return Slowdowns.size(); }
  ArrayRef<double> weights() const override { return Weights; }
  size_t offsets() const override { return OffsetCount; }
  Expected<std::vector<double>> run(size_t Window, size_t Offset,
                                    ArrayRef<size_t> Order) override {
    ++Rounds;
    if (BreakAt && Rounds >= BreakAt)
      return createStringError("the arena is gone");
    std::vector<double> Cycles;
    for (size_t C : Order) {
      ++Trials;
      double Log = Slowdowns[C] + placement(C, Offset);
      // A window reacts by a little more or less than another.
      RandomStream Reaction(Seed, "reaction", Code[C], Window);
      Log += WindowSpread * (Reaction.unit() - 0.5) * (Code[C] != 0);
      // Turbo and neighbours: some percent, over thousands of trials.
      Log += 0.04 * std::sin(Trials / 700.0) + 0.02 * std::sin(Trials / 90.0);
      Log += Scatter * normal();
      double Value = Base[Window] * std::exp(Log);
      if (Noise.chance(0.04)) // An interrupt, or another process.
        Value += 1e4 / std::pow(Noise.unit() + 1e-3, 1.2);
      Cycles.push_back(FailAt && C == FailAt && Rounds > 20 ? 0 : Value);
    }
    return Cycles;
  }

  double placement(size_t C, size_t Offset) const {
    RandomStream Random(Seed, "placement", Code[C], Offset);
    return Placement * Random.unit();
  }
  /// What the fixed windows and offsets make of a candidate: log of its time.
  double truth(size_t C) const {
    double Sum = 0, Total = 0;
    for (size_t W = 0; W < Weights.size(); ++W) {
      RandomStream Reaction(Seed, "reaction", Code[C], W);
      double Window = WindowSpread * (Reaction.unit() - 0.5) * (Code[C] != 0);
      double Here = 0, There = 0;
      for (size_t O = 0; O < OffsetCount; ++O) {
        Here += std::exp(Slowdowns[C] + Window + placement(C, O));
        There += std::exp(placement(0, O));
      }
      Sum += Weights[W] * Here / There;
      Total += Weights[W];
    }
    return std::log(Sum / Total);
  }

  uint64_t Seed;
  std::vector<double> Slowdowns;
  size_t OffsetCount;
  double Placement = 0.10;
  double Scatter = 0.004; ///< Of one trial, as a logarithm.
  double WindowSpread = 0;
  size_t FailAt = 0;    ///< This candidate crashes after a while.
  unsigned BreakAt = 0; ///< The arena breaks in this round.
  /// Candidates of one number are the same code: placed alike, they are
  /// equally fast.
  std::vector<size_t> Code;
  unsigned Rounds = 0, Trials = 0;

private:
  double normal() {
    double Sum = -6;
    for (int I = 0; I < 12; ++I)
      Sum += Noise.unit();
    return Sum;
  }

  std::vector<double> Weights, Base;
  RandomStream Noise;
};

template <typename T>
T orFail(Expected<T> Value) {
  if (Value)
    return std::move(*Value);
  ADD_FAILURE() << toString(Value.takeError());
  std::abort();
}

TEST(ArenaScoreTest, TheLowestThirdHasTwoAtLeast) {
  std::vector<double> V = {5, 1, 3, 2, 4, 9, 7};
  EXPECT_DOUBLE_EQ(lowerThirdMean(V), 2);
  V = {4, 2, 9};
  EXPECT_DOUBLE_EQ(lowerThirdMean(V), 3);
  V = {4, 2};
  EXPECT_DOUBLE_EQ(lowerThirdMean(V), 3);
  V = {7};
  EXPECT_DOUBLE_EQ(lowerThirdMean(V), 7);
}

TEST(ArenaScoreTest, StudentQuantilesAreThoseOfTheTables) {
  EXPECT_NEAR(studentQuantile(0.025, 1), 12.706, 0.01);
  EXPECT_NEAR(studentQuantile(0.025, 3), 3.182, 0.002);
  EXPECT_NEAR(studentQuantile(0.025, 10), 2.228, 0.002);
  EXPECT_NEAR(studentQuantile(0.0005, 20), 3.850, 0.004);
  EXPECT_NEAR(studentQuantile(0.025, 1e9), 1.960, 0.002);
}

TEST(ArenaScoreTest, WeighsWindowsByTheTimeTheyStandFor) {
  // Three quarters of the time become twice as fast: 1 / (0.25 + 0.75 / 2).
  TrialTable T(2, {1, 3}, 1);
  for (int Round = 0; Round < 3; ++Round) {
    T.add(0, 0, 0, 1000);
    T.add(1, 0, 0, 1000);
    T.add(0, 1, 0, 500);
    T.add(1, 1, 0, 250);
  }
  ArenaEstimate E = estimateArena(T, 1, 1);
  EXPECT_DOUBLE_EQ(E.Ratio, 1.6);
  ASSERT_EQ(E.Windows.size(), 2u);
  EXPECT_DOUBLE_EQ(E.Windows[0].ratio(), 1);
  EXPECT_DOUBLE_EQ(E.Windows[1].ratio(), 2);
  EXPECT_LT(E.RoundDeviation, 1e-12);
  // The windows disagree: the run may be neither.
  EXPECT_LT(E.Low, 1.2);
  EXPECT_GT(E.High, 2);
}

TEST(ArenaScoreTest, OneRoundGivesNoInterval) {
  TrialTable T(2, {1}, 2);
  T.add(0, 0, 1, 100);
  T.add(1, 0, 1, 101);
  ArenaEstimate E = estimateArena(T, 1, 1);
  EXPECT_DOUBLE_EQ(E.Ratio, 100 / 101.0);
  EXPECT_EQ(E.Low, 0);
  EXPECT_TRUE(std::isinf(E.High));
}

TEST(ArenaScoreTest, FewRoundsGiveAWideInterval) {
  // One round in every second cell: windows weigh what they stand for.
  TrialTable T(2, {1, 1, 2, 4}, 2);
  for (size_t W = 0; W < 4; ++W)
    for (size_t C : {0, 1})
      T.add(C, W, W % 2, 1000 * (C == 1 && W == 3 ? 1.1 : 1));
  ArenaEstimate E = estimateArena(T, 1, 1);
  EXPECT_EQ(E.Trials, 4u);
  EXPECT_NEAR(E.Ratio, std::exp(-0.5 * std::log(1.1)), 1e-9);
  EXPECT_LT(E.Low, 0.9);
  EXPECT_GT(E.High, 1);
  PairedTimes P = pairedTimes(T, 1, 0);
  EXPECT_NEAR(P.Freedom, 64 / 22.0 - 1, 1e-9);
}

TEST(ArenaScoreTest, InterruptsDoNotMoveTheRatio) {
  TrialTable T(2, {1}, 2);
  for (int Round = 0; Round < 8; ++Round)
    for (size_t Offset : {0, 1})
      for (size_t C : {0, 1})
        T.add(C, 0, Offset,
              (C ? 900 : 1000) * (Round % 4 == int(C) ? 9.0 : 1.0));
  EXPECT_DOUBLE_EQ(estimateArena(T, 1, 1).Ratio, 1000 / 900.0);
}

/// The share of intervals that contain the ratio \p Truth.
double coverage(unsigned Count, function_ref<FakeTrials(uint64_t)> Make,
                double Truth, double *MeanWidth = nullptr) {
  unsigned Covered = 0;
  double Width = 0;
  for (uint64_t Seed = 1; Seed <= Count; ++Seed) {
    FakeTrials F = Make(Seed);
    ArenaRaceParams P;
    P.Seed = Seed;
    P.FirstRounds = P.FullRounds = 192; // No looks: the interval alone.
    ArenaEstimate E = orFail(runArenaRace(F, 0, P)).Results[1].Estimate;
    Covered += E.Low <= Truth && Truth <= E.High;
    Width += std::log(E.High / E.Low) / Count;
  }
  if (MeanWidth)
    *MeanWidth = Width;
  return double(Covered) / Count;
}

TEST(ArenaScoreTest, IntervalsOfEqualCodeCoverOne) {
  // Two images of one code, placed alike.
  double Width = 0;
  double Share = coverage(
      1500,
      [](uint64_t Seed) {
        FakeTrials F(Seed, {0});
        F.Code = {0, 0};
        return F;
      },
      1, &Width);
  RecordProperty("coverage", std::to_string(Share));
  RecordProperty("width", std::to_string(Width));
  EXPECT_GE(Share, 0.94);
  EXPECT_LE(Share, 0.975);
  EXPECT_LT(Width, 0.01);
}

TEST(ArenaScoreTest, IntervalsCoverWhenTheirWidthEndsTheSample) {
  unsigned Covered = 0;
  constexpr unsigned Count = 600;
  double Rounds = 0;
  for (uint64_t Seed = 1; Seed <= Count; ++Seed) {
    FakeTrials F(Seed, {0});
    F.Code = {0, 0};
    F.Scatter = 0.02; // As on a busy machine.
    ArenaRaceParams P;
    P.Seed = Seed;
    P.FirstRounds = P.FullRounds = 4800;
    P.Width = 0.01;
    RaceOutcome R = orFail(runArenaRace(F, 0, P));
    const ArenaEstimate &E = R.Results[1].Estimate;
    EXPECT_LE(E.High / E.Low, 1.01);
    Covered += E.Low <= 1 && 1 <= E.High;
    Rounds += double(R.Rounds) / Count;
  }
  RecordProperty("coverage", std::to_string(double(Covered) / Count));
  RecordProperty("rounds", std::to_string(Rounds));
  EXPECT_GE(Covered, Count * 0.93);
  EXPECT_LE(Covered, Count * 0.98);
}

TEST(ArenaScoreTest, IntervalsOfOtherCodeCoverDespitePlacement) {
  // Equally fast over all placements, of which four were seen. By little or by
  // much: where placement and noise are alike it is hardest to tell.
  for (double Placement : {0.002, 0.005, 0.01, 0.03, 0.10}) {
    double Share = coverage(
        500,
        [&](uint64_t Seed) {
          FakeTrials F(Seed, {0});
          F.Placement = Placement;
          return F;
        },
        1);
    EXPECT_GE(Share, 0.925) << Placement;
    EXPECT_LE(Share, 0.985) << Placement;
  }
}

TEST(ArenaScoreTest, IntervalsCoverRealDifferences) {
  double Share = coverage(
      600,
      [](uint64_t Seed) {
        FakeTrials F(Seed, {-0.05});
        F.Code = {0, 0};
        return F;
      },
      std::exp(0.05));
  EXPECT_GE(Share, 0.93);
  EXPECT_LE(Share, 0.975);
}

TEST(ArenaRaceTest, TheBestIsRarelyDropped) {
  // Eight candidates, the best of them by one percent: the hardest case.
  unsigned Dropped = 0, Losers = 0, LosersDropped = 0;
  constexpr unsigned Races = 400;
  for (uint64_t Seed = 1; Seed <= Races; ++Seed) {
    FakeTrials F(Seed, {-0.02, -0.01, -0.01, 0, 0, 0.01, 0.10, 0.30});
    F.WindowSpread = 0.02;
    ArenaRaceParams P;
    P.Seed = Seed;
    P.Precision = 0; // Sampling never ends for another reason.
    RaceOutcome R = orFail(runArenaRace(F, 0, P));
    size_t Best = 0;
    for (size_t C = 1; C < F.candidates(); ++C)
      if (F.truth(C) < F.truth(Best))
        Best = C;
    if (Best != 0)
      Dropped += R.Results[Best].How == RaceResult::End::Dropped;
    for (size_t C = 1; C < F.candidates(); ++C)
      if (F.truth(C) > F.truth(Best) + 0.05) {
        ++Losers;
        LosersDropped += R.Results[C].How == RaceResult::End::Dropped;
      }
  }
  RecordProperty("dropped", int(Dropped));
  EXPECT_LE(Dropped, Races * 0.05);
  EXPECT_GT(Losers, Races);
  EXPECT_GE(LosersDropped, Losers * 0.95);
}

TEST(ArenaRaceTest, LosersCostLittle) {
  FakeTrials F(3, {-0.05, 0.2, 0.3, 0.2, 0.4, 0.3, 0.2, 0.3});
  ArenaRaceParams P;
  P.Precision = 0;
  RaceOutcome R = orFail(runArenaRace(F, 0, P));
  EXPECT_EQ(R.Results[1].How, RaceResult::End::Finished);
  for (size_t C = 2; C < 9; ++C) {
    EXPECT_EQ(R.Results[C].How, RaceResult::End::Dropped);
    EXPECT_LT(R.Results[C].Estimate.Ratio, 0.9);
    EXPECT_LE(R.Results[C].Estimate.Trials, 24u);
  }
  EXPECT_EQ(R.Rounds, 192u);
}

TEST(ArenaRaceTest, EqualCodeIsDecidedEarlyWhereGainsMustBeWorthIt) {
  // Sixteen candidates as a campaign has them, most of them equal to the
  // original, one of them good.
  unsigned Trials = 0, GoodOnes = 0;
  constexpr unsigned Races = 100;
  for (uint64_t Seed = 1; Seed <= Races; ++Seed) {
    std::vector<double> Slowdowns(16, 0);
    Slowdowns[5] = -0.03;
    FakeTrials F(Seed, Slowdowns);
    F.Placement = 0.01;
    ArenaRaceParams P;
    P.Seed = Seed;
    P.Worthwhile = 0.01;
    P.Finalists = 2;
    RaceOutcome R = orFail(runArenaRace(F, 1, P));
    GoodOnes += R.Results[6].How == RaceResult::End::Finished;
    EXPECT_LE(count_if(R.Results,
                       [](const RaceResult &One) {
                         return One.How == RaceResult::End::Finished;
                       }),
              3); // The original is one.
    Trials += F.Trials;
  }
  RecordProperty("trials", int(Trials / Races));
  RecordProperty("good", int(GoodOnes));
  EXPECT_GE(GoodOnes, Races * 0.95);
  // Of the 192 rounds of the full sample of all of them it would be 3264.
  EXPECT_LT(Trials / Races, 800u);
}

TEST(ArenaRaceTest, NobodyIsSetAsideUnlessAskedFor) {
  FakeTrials F(3, {0, 0, 0, 0, 0, 0});
  F.Code = {0, 0, 0, 0, 0, 0, 0};
  ArenaRaceParams P;
  P.Precision = 0;
  for (const RaceResult &One : orFail(runArenaRace(F, 0, P)).Results)
    EXPECT_NE(One.How, RaceResult::End::SetAside);
}

TEST(ArenaRaceTest, SamplingEndsWhenItIsPreciseEnough) {
  FakeTrials F(3, {0, 0, 0});
  F.Code = {0, 0, 0, 0};
  ArenaRaceParams P;
  P.Precision = 0.01;
  P.FullRounds = 768;
  RaceOutcome R = orFail(runArenaRace(F, 0, P));
  // Looks with fewer than three sweeps cannot tell.
  EXPECT_GE(R.Rounds, 96u);
  EXPECT_LE(R.Rounds, 384u);
  for (size_t C = 1; C < 4; ++C) {
    EXPECT_EQ(R.Results[C].How, RaceResult::End::Finished);
    EXPECT_LE(R.Results[C].Estimate.RoundDeviation, 0.012);
  }
}

TEST(ArenaRaceTest, DropsWhatDoesNotBeatTheIncumbent) {
  FakeTrials F(5, {-0.01, -0.30});
  RaceOutcome R = orFail(runArenaRace(F, 1.25, {}));
  EXPECT_EQ(R.Results[1].How, RaceResult::End::Dropped);
  EXPECT_EQ(R.Results[2].How, RaceResult::End::Finished);
  FakeTrials G(5, {-0.01});
  EXPECT_EQ(orFail(runArenaRace(G, 1.5, {})).Results[1].How,
            RaceResult::End::Dropped);
}

TEST(ArenaRaceTest, ACrashTakesOneCandidateOut) {
  FakeTrials F(7, {-0.05, -0.05, 0.01});
  F.Code = {0, 0, 0, 0};
  F.FailAt = 2;
  RaceOutcome R = orFail(runArenaRace(F, 0, {}));
  EXPECT_EQ(R.Results[2].How, RaceResult::End::Failed);
  EXPECT_EQ(R.Results[1].How, RaceResult::End::Finished);
  EXPECT_NEAR(R.Results[1].Estimate.Ratio, std::exp(-F.truth(1)), 0.01);
}

TEST(ArenaRaceTest, ABrokenArenaIsAnError) {
  FakeTrials F(7, {0});
  F.BreakAt = 30;
  Expected<RaceOutcome> R = runArenaRace(F, 0, {});
  ASSERT_FALSE(bool(R));
  EXPECT_EQ(toString(R.takeError()), "the arena is gone");
}

TEST(ArenaRaceTest, OneWindowIsEnough) {
  FakeTrials F(9, {-0.10}, /*Windows=*/1);
  F.Code = {0, 0};
  ArenaEstimate E = orFail(runArenaRace(F, 0, {})).Results[1].Estimate;
  EXPECT_NEAR(E.Ratio, std::exp(0.10), 0.01);
  EXPECT_GT(E.Low, 1.05);
}

/// Remembers the order of rounds and trials.
class Recorder : public FakeTrials {
public:
  using FakeTrials::FakeTrials;
  Expected<std::vector<double>> run(size_t Window, size_t Offset,
                                    ArrayRef<size_t> Order) override {
    Visited.push_back({Window, Offset});
    First[Order[0]]++;
    return FakeTrials::run(Window, Offset, Order);
  }
  std::vector<std::pair<size_t, size_t>> Visited;
  std::map<size_t, unsigned> First;
};

TEST(ArenaRaceTest, RoundsRotateOverWindowsAndOffsets) {
  Recorder F(11, {0, 0});
  F.Code = {0, 0, 0};
  ArenaRaceParams P;
  P.Precision = 0;
  orFail(runArenaRace(F, 0, P));
  ASSERT_EQ(F.Visited.size(), 192u);
  std::map<std::pair<size_t, size_t>, unsigned> Cells;
  for (size_t I = 0; I < F.Visited.size(); ++I) {
    ++Cells[F.Visited[I]];
    if (I % 24 != 0) // Within a sweep.
      EXPECT_NE(F.Visited[I].first, F.Visited[I - 1].first);
  }
  EXPECT_EQ(Cells.size(), 24u);
  for (auto &[Cell, Count] : Cells)
    EXPECT_EQ(Count, 8u);
  // Nobody is always the first.
  for (size_t C = 0; C < 3; ++C)
    EXPECT_GT(F.First[C], 192u / 6);
  Recorder Again(11, {0, 0});
  Again.Code = {0, 0, 0};
  orFail(runArenaRace(Again, 0, P));
  EXPECT_EQ(Again.Visited, F.Visited);
}

} // namespace
