//===- test/unit/gp/ArenaTimingTests.cpp - How fast and how true the arena is
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// They need a quiet machine: run by test/perf only.
//
//===----------------------------------------------------------------------===//

#include "ArenaHost.h"
#include "gp/score/arena/ArenaRace.h"
#include "support/TimedRun.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Testing/Support/Error.h"
#include <chrono>

using namespace llvm;
using namespace speciate;

namespace {

double now() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// What a trial costs beyond the time of the window itself.
void trialOverhead(unsigned Pages, double MaxSeconds) {
  Arena A("spread", std::to_string(Pages));
  ASSERT_WINDOWS(A);
  unsigned W = A.state().Windows.front();
  size_t Written = A->windows()[W].PagesWritten;
  EXPECT_GE(Written, std::min(Pages, 2000u));
  EXPECT_LE(Written, Pages + 16);
  const std::vector<ArenaImage> Images(64, A.image("spread_again"));
  cantFail(A->time(W, Images));
  std::vector<double> Overheads;
  double Window = 0;
  for (unsigned I = 0; I < 5; ++I) {
    double Start = now();
    std::vector<uint64_t> Cycles = cantFail(A->time(W, Images));
    double Seconds = now() - Start, Inside = 0;
    for (uint64_t C : Cycles)
      Inside += double(C) / A->ticksPerSecond();
    Overheads.push_back((Seconds - Inside) / double(Images.size()));
    Window = Inside / double(Images.size());
  }
  outs() << format("%zu pages: window %.2f ms, overhead %.2f ms a trial\n",
                   Written, Window * 1e3, median(Overheads) * 1e3);
  EXPECT_LT(median(Overheads), MaxSeconds);
}

TEST(ArenaTiming, DISABLED_OverheadOf256Pages) { trialOverhead(256, 0.6e-3); }
TEST(ArenaTiming, DISABLED_OverheadOf2000Pages) { trialOverhead(2000, 2e-3); }

/// Verified in all of 4 windows and timed 8 times in each.
TEST(ArenaTiming, DISABLED_DecidedVariants) {
  Arena A("sum");
  ASSERT_WINDOWS(A);
  EXPECT_EQ(verdictName(A.verify("sum_backwards").Kind).str(), "replayed");
  constexpr unsigned Variants = 20;
  double Start = now(), Verified = 0;
  for (unsigned V = 0; V < Variants; ++V) {
    double Before = now();
    EXPECT_EQ(verdictName(A.verify("sum_backwards").Kind).str(), "replayed");
    Verified += now() - Before;
    const std::vector<ArenaImage> Images(8, A.image("sum_backwards"));
    for (unsigned W : A.state().Windows)
      cantFail(A->time(W, Images));
  }
  double Seconds = now() - Start;
  outs() << format("%.1f variants a second; verifying takes %.2f ms a window\n",
                   Variants / Seconds,
                   Verified / Variants * 1e3 /
                       double(A.state().Windows.size()));
  EXPECT_GT(Variants / Seconds, 5);
}

/// Time stamp cycles of a whole run that never sees an element twice.
double wholeRun(const std::string &Arguments) {
  ProcessSpec Spec;
  Spec.Argv = {"/bin/sh", "-c", host() + " filter " + Arguments};
  Spec.Cpu = measuringCpu();
  ProcessResult Run = cantFail(runTool(Spec));
  double Ticks = 0;
  EXPECT_FALSE(StringRef(Run.Stdout).trim().getAsDouble(Ticks));
  return Ticks;
}

/// A filter that half of the elements pass: what the branch predictor learns
/// from replaying one window must not make the branches look cheap.
void predictorTruth(unsigned Elements) {
  std::string N = std::to_string(Elements);
  std::vector<double> Logs;
  for (unsigned I = 0; I < 7; ++I)
    Logs.push_back(std::log(wholeRun(N) / wholeRun(N + " 1")));
  double Truth = std::exp(median(Logs));
  ArenaOptions Options;
  Options.WindowsPerRegion = 12;
  Options.Cpu = measuringCpu();
  Arena A("filter", N, Options);
  ASSERT_WINDOWS(A);
  EXPECT_EQ(verdictName(A.verify("filter_branchless").Kind).str(), "replayed");
  double Seen = timeRatio(A, A.image("filter_branchless"), A.original(), 7);
  outs() << format(
      "%u elements: branchy/branchless %.2f in whole runs, %.2f in "
      "the arena\n",
      Elements, Truth, Seen);
  EXPECT_NEAR(Seen / Truth, 1, 0.25);
}

TEST(ArenaTiming, DISABLED_PredictorTruth256) { predictorTruth(256); }
TEST(ArenaTiming, DISABLED_PredictorTruth1000) { predictorTruth(1000); }
TEST(ArenaTiming, DISABLED_PredictorTruth4000) { predictorTruth(4000); }
TEST(ArenaTiming, DISABLED_PredictorTruth100000) { predictorTruth(100000); }

/// A race in the windows of a session, at one placement.
class SessionTrials : public TrialSource {
public:
  SessionTrials(Arena &A, std::vector<ArenaImage> Images)
      : A(A), Images(std::move(Images)),
        Weights(A.state().Windows.size(), 1.0) {}
  size_t candidates() const override { return Images.size(); }
  ArrayRef<double> weights() const override { return Weights; }
  size_t offsets() const override { return 1; }
  Expected<std::vector<double>> run(size_t Window, size_t,
                                    ArrayRef<size_t> Order) override {
    std::vector<ArenaImage> Code;
    for (size_t C : Order)
      Code.push_back(Images[C]);
    std::vector<uint64_t> Cycles =
        cantFail(A->time(A.state().Windows[Window], Code));
    return std::vector<double>(Cycles.begin(), Cycles.end());
  }

private:
  Arena &A;
  std::vector<ArenaImage> Images;
  std::vector<double> Weights;
};

/// What a campaign would do about the branchless filter.
RaceResult raceBranchless(unsigned Percent) {
  ArenaOptions Options;
  Options.WindowsPerRegion = 8;
  Options.Cpu = measuringCpu();
  Arena A("filter", "4000 0 " + std::to_string(Percent), Options);
  EXPECT_EQ(A.Opened, "");
  EXPECT_FALSE(A.state().Windows.empty()) << A.reasons();
  EXPECT_EQ(verdictName(A.verify("filter_branchless").Kind).str(), "replayed");
  SessionTrials Trials(A, {A.original(), A.image("filter_branchless")});
  ArenaRaceParams Race;
  Race.Worthwhile = 0.01;
  Race.Finalists = 2;
  RaceResult R =
      cantFail(runArenaRace(Trials, /*Incumbent=*/1, Race)).Results[1];
  outs() << format("%u %% pass: branchless has ratio %.3f [%.3f, %.3f]\n",
                   Percent, R.Estimate.Ratio, R.Estimate.Low, R.Estimate.High);
  return R;
}

/// Well predicted branches are left alone, others not.
TEST(ArenaTiming, DISABLED_FilterIsLeftAloneAtOnePercent) {
  RaceResult R = raceBranchless(1);
  EXPECT_EQ(R.How, RaceResult::End::Dropped);
  EXPECT_LT(R.Estimate.High, 1);
  // Whole runs agree.
  EXPECT_LT(wholeRun("4000 0 1") / wholeRun("4000 1 1"), 1);
}

TEST(ArenaTiming, DISABLED_FilterIsChangedAtFiftyPercent) {
  RaceResult R = raceBranchless(50);
  EXPECT_EQ(R.How, RaceResult::End::Finished);
  EXPECT_GT(R.Estimate.Low, 1.5);
}

/// The same code twice.
TEST(ArenaTiming, DISABLED_SameCodeSameTime) {
  ArenaOptions Options;
  Options.WindowsPerRegion = 12;
  Options.Cpu = measuringCpu();
  Arena A("sum", "", Options);
  ASSERT_WINDOWS(A);
  double Ratio =
      timeRatio(A, A.image("sum_backwards"), A.image("sum_backwards"), 8);
  outs() << format("same code: %.4f\n", Ratio);
  EXPECT_NEAR(Ratio, 1, 0.01);
}

} // namespace
