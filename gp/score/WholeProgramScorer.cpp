//===- gp/score/WholeProgramScorer.cpp - Whole runs, paired, with racing
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/WholeProgramScorer.h"
#include "gp/score/PairedComparison.h"
#include "support/Random.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <chrono>
#include <cmath>

using namespace llvm;
using Clock = std::chrono::steady_clock;

namespace speciate {

Expected<std::unique_ptr<WholeProgramScorer>>
WholeProgramScorer::create(const ProgramUnderTest &Reference,
                           const std::vector<std::string> &Commands,
                           StringRef Files, const ScoreParams &Params) {
  if (Commands.empty())
    return createStringError("nothing to time: no training command");
  ProgramUnderTest Known = Reference;
  if (Known.Name.empty())
    Known.Name = sys::path::filename(Known.Path).str();
  std::unique_ptr<WholeProgramScorer> S(new WholeProgramScorer(Known, Params));
  Expected<WorkloadList> List = createWorkloads(Commands, Files);
  if (!List)
    return List.takeError();
  S->Workloads = std::move(*List);
  for (auto &W : S->Workloads) {
    Expected<TimingPlan> Plan = W->plan(Known, Params.Cpu, Params.TimeLimit);
    if (!Plan)
      return Plan.takeError();
    Plan->TimeLimit =
        std::max(Params.MinTimeLimit, Plan->Seconds * Params.SlowdownLimit);
    S->RoundSeconds += Plan->Seconds;
    S->Plans.push_back(*Plan);
  }
  S->FullSample = Params.MaxPairs;
  if (Params.MaxSeconds > 0) {
    double Affordable = Params.MaxSeconds / (2 * S->RoundSeconds);
    if (Affordable < Params.MaxPairs)
      S->FullSample =
          std::max<unsigned>(std::max(Params.FirstLook, 1u),
                             static_cast<unsigned>(Affordable) / 2 * 2);
  }
  return std::move(S);
}

std::string WholeProgramScorer::describe() const {
  std::string Text;
  for (size_t I = 0; I < Plans.size(); ++I) {
    const TimingPlan &P = Plans[I];
    Text += formatv("'{0}': {1:f3} s, {2}", Workloads[I]->command(), P.Seconds,
                    P.CpuTime ? "processor time" : "wall time");
    if (P.Cpu >= 0)
      Text += formatv(" on cpu {0}", P.Cpu);
    Text += "\n";
  }
  return Text;
}

Expected<WholeProgramScorer::Round>
WholeProgramScorer::runRound(const ProgramUnderTest &Candidate,
                             uint64_t OrderSeed, unsigned Index) {
  Round R;
  for (unsigned W = 0; W < Workloads.size(); ++W) {
    double Seconds[2] = {};
    int First = referenceFirst(OrderSeed, W, Index) ? 0 : 1;
    for (int S : {First, 1 - First}) {
      Expected<TimedResult> Run =
          Workloads[W]->time(S == 0 ? Reference : Candidate, Plans[W]);
      if (!Run)
        return Run.takeError();
      if (!Run->ok()) {
        if (S == 0)
          return createStringError(
              "the command '%s' no longer runs on the reference: %s",
              Workloads[W]->command().c_str(), Run->describe().c_str());
        R.CandidateFailed = true;
        return R;
      }
      Seconds[S] = std::max(Workload::seconds(*Run, Plans[W]), 1e-9);
    }
    R.LogRatio += std::log(Seconds[0] / Seconds[1]) / Workloads.size();
  }
  return R;
}

Expected<Score> WholeProgramScorer::score(const std::string &Program,
                                          double Incumbent) {
  auto Start = Clock::now();
  auto Elapsed = [&] {
    return std::chrono::duration<double>(Clock::now() - Start).count();
  };
  ProgramUnderTest Candidate(Program, Reference.Shared, Reference.Name);
  uint64_t OrderSeed =
      RandomStream(Params.Seed, "score-order", Scored++).next();
  std::vector<double> Logs;
  Score Result;
  unsigned Look = std::max(Params.FirstLook, 1u);
  while (Logs.size() < FullSample) {
    Expected<Round> R = runRound(Candidate, OrderSeed, Logs.size());
    if (!R)
      return R.takeError();
    if (R->CandidateFailed) {
      Result.Ratio = Result.Low = Result.High = 0;
      Result.Pairs = Logs.size();
      Result.Seconds = Elapsed();
      return Result;
    }
    Logs.push_back(R->LogRatio);
    if (Logs.size() == Look && Incumbent > 0) {
      Look *= 2;
      if (medianInterval(Logs, Params.DropAlpha).High < Incumbent)
        break;
    }
  }
  RatioInterval I = medianInterval(Logs, 0.05);
  Result.Ratio = I.Ratio;
  // Dropped after so few pairs that there is no interval.
  if (std::isfinite(I.High)) {
    Result.Low = I.Low;
    Result.High = I.High;
  }
  Result.Pairs = I.Pairs;
  Result.Seconds = Elapsed();
  return Result;
}

} // namespace speciate
