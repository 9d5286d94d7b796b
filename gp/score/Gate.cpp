//===- gp/score/Gate.cpp - The last word: all programs, one fixed fresh sample
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/Gate.h"
#include "support/Random.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <cassert>
#include <chrono>
#include <cmath>

using namespace llvm;
using Clock = std::chrono::steady_clock;

namespace speciate {

RatioInterval GateResult::compare(size_t Reference, size_t Candidate,
                                  size_t Workload) const {
  return compare(Reference, Candidate, ArrayRef<size_t>(Workload));
}

RatioInterval GateResult::compare(size_t Reference, size_t Candidate,
                                  ArrayRef<size_t> Workloads) const {
  assert(!Workloads.empty() && "a ratio over no workload");
  std::vector<double> Ratios;
  if (Failures[Reference].empty() && Failures[Candidate].empty())
    for (unsigned R = 0; R < Rounds; ++R) {
      double Sum = 0;
      for (size_t W : Workloads)
        Sum += Logs[Reference][W][R] - Logs[Candidate][W][R];
      Ratios.push_back(Sum / Workloads.size());
    }
  return medianInterval(Ratios, 0.05);
}

static std::vector<size_t> shuffled(size_t Count, RandomStream &Random) {
  std::vector<size_t> Order(Count);
  for (size_t I = 0; I < Count; ++I)
    Order[I] = I;
  for (size_t I = Count; I > 1; --I)
    std::swap(Order[I - 1], Order[Random.below(I)]);
  return Order;
}

Expected<GateResult> runGate(ArrayRef<GateProgram> Programs,
                             const std::vector<std::string> &Commands,
                             StringRef Files, const GateParams &Params,
                             function_ref<void(unsigned)> Progress) {
  assert(!Programs.empty() && "a gate for nothing");
  auto Start = Clock::now();
  auto Elapsed = [&] {
    return std::chrono::duration<double>(Clock::now() - Start).count();
  };
  Expected<WorkloadList> Workloads = createWorkloads(Commands, Files);
  if (!Workloads)
    return Workloads.takeError();
  const size_t Placements = 1 + Programs[0].Elsewhere.size();
  // [placement][program]
  std::vector<std::vector<ProgramUnderTest>> Known(Placements);
  const std::string Name = sys::path::filename(Programs[0].Program.Name.empty()
                                                   ? Programs[0].Program.Path
                                                   : Programs[0].Program.Name)
                               .str();
  for (const GateProgram &P : Programs) {
    assert(P.Elsewhere.size() + 1 == Placements && "placements differ");
    for (size_t I = 0; I < Placements; ++I) {
      Known[I].push_back(I ? P.Elsewhere[I - 1] : P.Program);
      if (Known[I].back().Name.empty())
        Known[I].back().Name = Name;
    }
  }
  std::vector<TimingPlan> Plans;
  for (auto &W : *Workloads) {
    Expected<TimingPlan> Plan =
        W->plan(Known[0][0], Params.Cpu, Params.TimeLimit);
    if (!Plan)
      return Plan.takeError();
    Plans.push_back(*Plan);
  }

  GateResult Result;
  Result.Failures.resize(Programs.size());
  Result.Logs.assign(Programs.size(),
                     std::vector<std::vector<double>>(Workloads->size()));
  for (unsigned Round = 0; Round < Params.Rounds; ++Round) {
    if (Params.MaxSeconds > 0 && Round % (2 * Placements) == 0 &&
        Round >= Params.MinRounds && Elapsed() > Params.MaxSeconds)
      break;
    for (size_t W = 0; W < Workloads->size(); ++W) {
      RandomStream Random(Params.Seed, "gate", Round, W);
      unsigned Pad = Random.below(Params.EnvPadBytes + 1);
      for (size_t P : shuffled(Programs.size(), Random)) {
        if (!Result.Failures[P].empty())
          continue;
        Expected<TimedResult> Run =
            (*Workloads)[W]->time(Known[Round % Placements][P], Plans[W], Pad);
        if (!Run)
          return Run.takeError();
        if (!Run->ok()) {
          Result.Failures[P] = formatv("'{0}': {1}", (*Workloads)[W]->command(),
                                       Run->describe());
          continue;
        }
        Result.Logs[P][W].push_back(
            std::log(std::max(Workload::seconds(*Run, Plans[W]), 1e-9)));
      }
    }
    Result.Rounds = Round + 1;
    Progress(Result.Rounds);
  }
  Result.Seconds = Elapsed();
  return std::move(Result);
}

} // namespace speciate
