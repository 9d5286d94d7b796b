//===- test/unit/gp/PairedComparisonTests.cpp - Levels and power
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/PairedComparison.h"
#include "support/File.h"
#include "support/Random.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Testing/Support/Error.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstdio>
#include <functional>

using namespace llvm;
using namespace speciate;

namespace {

/// The recorded log ratios of equal programs.
std::vector<double> recorded(StringRef Name) {
  Expected<std::string> Text =
      readFile((SPECIATE_TEST_INPUTS "/" + Name).str());
  EXPECT_THAT_EXPECTED(Text, Succeeded());
  std::vector<double> Values;
  SmallVector<StringRef> Lines;
  StringRef(*Text).split(Lines, '\n', -1, false);
  for (StringRef Line : Lines) {
    double Value;
    if (!Line.starts_with("#") && !Line.getAsDouble(Value))
      Values.push_back(Value);
  }
  EXPECT_GE(Values.size(), 300u);
  return Values;
}

using Draw = std::function<double(RandomStream &)>;

/// Pair ratios of A/A pairs: which of two equal programs is called A is a coin
/// flip, hence the sign is.
Draw resampled(const std::vector<double> &Pool) {
  return [&Pool](RandomStream &R) {
    double X = Pool[R.below(Pool.size())];
    return R.chance(0.5) ? X : -X;
  };
}

double normal(RandomStream &R) {
  return std::sqrt(-2 * std::log(1 - R.unit())) * std::cos(2 * M_PI * R.unit());
}

/// A comparison in which the candidate's work is \p Work times the
/// reference's.
PairedResult campaign(uint64_t Index, const Draw &Noise, double Work,
                      PairedParams Params) {
  RandomStream Random(Index, "synthetic");
  Params.Seed = Index;
  double Log = 0;
  unsigned Calls = 0;
  Expected<PairedResult> R = comparePaired(
      [&](Side S, unsigned) -> Expected<double> {
        if (Calls++ % 2 == 0)
          Log = Noise(Random);
        return S == Side::Reference ? 0.1 : 0.1 * Work * std::exp(-Log);
      },
      Params);
  EXPECT_THAT_EXPECTED(R, Succeeded());
  return *R;
}

/// Percent of 10,000 comparisons of equal sides whose interval contains 1.
double coverage(const Draw &Noise, const PairedParams &Params) {
  unsigned Contains = 0, Campaigns = 10000;
  for (unsigned I = 0; I < Campaigns; ++I) {
    PairedResult R = campaign(I, Noise, 1, Params);
    Contains += R.Low <= 1 && R.High >= 1;
  }
  double Percent = 100.0 * Contains / Campaigns;
  std::printf("%.2f %% of %u intervals contain 1\n", Percent, Campaigns);
  return Percent;
}

TEST(PairedComparisonTests, IntervalIsOrderStatistics) {
  // 2 P(Bin(10, 1/2) <= 1) = 22/1024: at exactly this level the interval is
  // from the second to the ninth value.
  std::vector<double> X;
  for (int I = 10; I >= 1; --I)
    X.push_back(I);
  RatioInterval I = medianInterval(X, 22.0 / 1024 + 1e-12);
  EXPECT_NEAR(std::log(I.Low), 2, 1e-6);
  EXPECT_NEAR(std::log(I.High), 9, 1e-6);
  EXPECT_NEAR(std::log(I.Ratio), 5.5, 1e-9);
  // Between two levels it is between two values.
  RatioInterval J = medianInterval(X, 0.05);
  EXPECT_GT(J.Low, I.Low);
  EXPECT_LT(std::log(J.Low), 3);
  // Three pairs know nothing at 95 %.
  RatioInterval Few = medianInterval({0.1, 0.2, 0.3}, 0.05);
  EXPECT_EQ(Few.Low, 0);
  EXPECT_TRUE(std::isinf(Few.High));
  EXPECT_EQ(medianInterval({}, 0.05).Pairs, 0u);
}

TEST(PairedComparisonTests, Looks) {
  EXPECT_EQ(lookSchedule(192), (std::vector<unsigned>{12, 24, 48, 96, 192}));
  EXPECT_EQ(lookSchedule(400),
            (std::vector<unsigned>{12, 24, 48, 96, 192, 400}));
  EXPECT_EQ(lookSchedule(100), (std::vector<unsigned>{12, 24, 48, 100}));
  EXPECT_EQ(lookSchedule(8), (std::vector<unsigned>{8}));
  for (unsigned Looks = 1; Looks < 10; ++Looks)
    EXPECT_GT(nominalLevel(Looks), nominalLevel(Looks + 1));
}

TEST(PairedComparisonTests, OrderIsBalancedAndRandom) {
  unsigned First = 0, Heads = 0;
  for (unsigned I = 0; I < 1000; ++I)
    First += referenceFirst(7, 0, I);
  for (unsigned I = 0; I < 1000; I += 2) {
    EXPECT_NE(referenceFirst(7, 0, I), referenceFirst(7, 0, I + 1));
    Heads += referenceFirst(7, 0, I);
  }
  EXPECT_EQ(First, 500u);
  EXPECT_GT(Heads, 200u);
  EXPECT_LT(Heads, 300u);
}

TEST(PairedComparisonTests, CoverageAllLooksRecordedPairs) {
  std::vector<double> Pool = recorded("pair-ratios.txt");
  double Percent = coverage(resampled(Pool), PairedParams());
  EXPECT_GE(Percent, 94);
  EXPECT_LE(Percent, 97);
}

TEST(PairedComparisonTests, CoverageAllLooksWithoutSame) {
  std::vector<double> Pool = recorded("pair-ratios.txt");
  PairedParams Params;
  Params.SameWithin = 0;
  Params.MaxPairs = 384;
  double Percent = coverage(resampled(Pool), Params);
  EXPECT_GE(Percent, 94);
  EXPECT_LE(Percent, 97);
}

TEST(PairedComparisonTests, CoverageAllLooksHeavierTails) {
  std::vector<double> Pool = recorded("pair-ratios-wall.txt");
  double Percent = coverage(resampled(Pool), PairedParams());
  EXPECT_GE(Percent, 94);
  EXPECT_LE(Percent, 97);
  // Cauchy: no mean, no variance.
  Percent = coverage(
      [](RandomStream &R) { return 0.01 * std::tan(M_PI * (R.unit() - 0.5)); },
      PairedParams());
  EXPECT_GE(Percent, 94);
  EXPECT_LE(Percent, 97);
}

TEST(PairedComparisonTests, CoverageOfFixedSamples) {
  std::vector<double> Pool = recorded("pair-ratios.txt");
  PairedParams Params;
  Params.Looks = false;
  for (unsigned Pairs : {12, 24, 48}) {
    Params.MaxPairs = Pairs;
    double Percent = coverage(resampled(Pool), Params);
    EXPECT_GE(Percent, 94) << Pairs;
    EXPECT_LE(Percent, 97) << Pairs;
    // Skewed, with median 0.
    Percent = coverage(
        [](RandomStream &R) { return std::exp(0.5 * normal(R)) - 1; }, Params);
    EXPECT_GE(Percent, 94) << Pairs;
    EXPECT_LE(Percent, 97) << Pairs;
  }
}

TEST(PairedComparisonTests, NaiveLooksWouldLie) {
  // What the spending rule is for: five plain 95 % looks.
  std::vector<double> Pool = recorded("pair-ratios.txt");
  Draw Noise = resampled(Pool);
  unsigned Differences = 0;
  for (unsigned I = 0; I < 2000; ++I) {
    RandomStream Random(I, "naive");
    std::vector<double> X;
    for (unsigned Look : lookSchedule(192)) {
      while (X.size() < Look)
        X.push_back(Noise(Random));
      RatioInterval R = medianInterval(X, 0.05);
      if (R.Low > 1 || R.High < 1) {
        ++Differences;
        break;
      }
    }
  }
  EXPECT_GT(Differences, 2000u * 12 / 100);
}

TEST(PairedComparisonTests, TwoPercentMoreWorkIsSlower) {
  for (StringRef Name : {"pair-ratios.txt", "pair-ratios-wall.txt"}) {
    std::vector<double> Pool = recorded(Name);
    PairedParams Params;
    Params.MaxPairs = 400;
    unsigned Slower = 0, Pairs = 0;
    for (unsigned I = 0; I < 500; ++I) {
      PairedResult R = campaign(I, resampled(Pool), 1.02, Params);
      Slower += R.Verdict == PairedOutcome::Slower;
      EXPECT_NE(R.Verdict, PairedOutcome::Faster);
      Pairs += R.Pairs;
    }
    EXPECT_GE(Slower, 490u);
    EXPECT_LT(Pairs / 500, 100u);
  }
}

TEST(PairedComparisonTests, NoiseTooLargeIsUndecided) {
  PairedParams Params;
  Params.MaxPairs = 24;
  unsigned Undecided = 0;
  for (unsigned I = 0; I < 200; ++I)
    Undecided +=
        campaign(
            I, [](RandomStream &R) { return 0.1 * normal(R); }, 1.005, Params)
            .Verdict == PairedOutcome::Undecided;
  EXPECT_GE(Undecided, 180u);
}

TEST(PairedComparisonTests, EqualSidesAreTheSame) {
  std::vector<double> Pool = recorded("pair-ratios.txt");
  unsigned Same = 0;
  for (unsigned I = 0; I < 200; ++I)
    Same += campaign(I, resampled(Pool), 1, PairedParams()).Verdict ==
            PairedOutcome::Same;
  EXPECT_GE(Same, 170u);
}

TEST(PairedComparisonTests, WorkloadsAreCombined) {
  PairedParams Params;
  Params.Workloads = 2;
  Params.MaxPairs = 12;
  // 4 times as fast on one, as fast on the other: twice as fast.
  Expected<PairedResult> R = comparePaired(
      [](Side S, unsigned W) -> Expected<double> {
        return S == Side::Reference && W == 1 ? 4.0 : 1.0;
      },
      Params);
  ASSERT_THAT_EXPECTED(R, Succeeded());
  EXPECT_NEAR(R->Ratio, 2, 1e-9);
  EXPECT_EQ(R->Verdict, PairedOutcome::Faster);
  EXPECT_EQ(R->LogRatios[1].size(), 12u);
}

TEST(PairedComparisonTests, FailureEndsTheComparison) {
  unsigned Calls = 0;
  Expected<PairedResult> R = comparePaired(
      [&](Side, unsigned) -> Expected<double> {
        if (++Calls == 5)
          return createStringError("signal 11");
        return 1.0;
      },
      PairedParams());
  EXPECT_THAT_EXPECTED(R, FailedWithMessage("signal 11"));
  EXPECT_EQ(Calls, 5u);
}

} // namespace
