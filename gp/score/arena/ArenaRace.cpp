//===- gp/score/arena/ArenaRace.cpp - Which candidates are worth more trials
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/arena/ArenaRace.h"
#include "support/Random.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <cassert>
#include <chrono>
#include <cmath>

using namespace llvm;

namespace speciate {

namespace {

struct Cell {
  size_t Window;
  size_t Offset;
};

class Race {
public:
  Race(TrialSource &Source, double Incumbent, const ArenaRaceParams &Params)
      : Source(Source), Incumbent(Incumbent), Params(Params),
        Table(Source.candidates(), Source.weights(), Source.offsets()) {
    Result.Results.resize(Source.candidates());
    for (size_t C = 0; C < Source.candidates(); ++C)
      Left.push_back(C);
  }

  Expected<RaceOutcome> run();

private:
  std::vector<Cell> sweepOrder(unsigned Sweep) const;
  Error sweep(unsigned Number);
  void look(unsigned Sweeps, unsigned Looks);
  bool precise(ArrayRef<std::vector<double>> Times, unsigned Sweeps) const;
  double elapsed() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         Start)
        .count();
  }

  TrialSource &Source;
  const double Incumbent;
  const ArenaRaceParams &Params;
  TrialTable Table;
  std::vector<size_t> Left; ///< The original first.
  RaceOutcome Result;
  bool Done = false;
  std::chrono::steady_clock::time_point Start =
      std::chrono::steady_clock::now();
};

} // namespace

template <typename T>
static void shuffle(std::vector<T> &Items, RandomStream &Random) {
  for (size_t I = Items.size(); I > 1; --I)
    std::swap(Items[I - 1], Items[Random.below(I)]);
}

/// Every offset of every window; all windows before one of them again.
std::vector<Cell> Race::sweepOrder(unsigned Sweep) const {
  RandomStream Random(Params.Seed, "arena-sweep", Sweep);
  std::vector<size_t> Windows(Table.windows());
  for (size_t W = 0; W < Windows.size(); ++W)
    Windows[W] = W;
  shuffle(Windows, Random);
  std::vector<size_t> Shift(Windows.size());
  for (size_t &S : Shift)
    S = Random.below(Table.offsets());
  std::vector<Cell> Order;
  for (size_t Pass = 0; Pass < Table.offsets(); ++Pass)
    for (size_t W : Windows)
      Order.push_back({W, (Shift[W] + Pass) % Table.offsets()});
  return Order;
}

Error Race::sweep(unsigned Number) {
  unsigned InSweep = 0;
  for (const Cell &At : sweepOrder(Number)) {
    RandomStream Random(Params.Seed, "arena-order", Number, InSweep++);
    std::vector<size_t> Order = Left;
    shuffle(Order, Random);
    Expected<std::vector<double>> Cycles =
        Source.run(At.Window, At.Offset, Order);
    if (!Cycles)
      return Cycles.takeError();
    if (Cycles->size() != Order.size())
      return createStringError("a round of %zu candidates gave %zu times",
                               Order.size(), Cycles->size());
    ++Result.Rounds;
    for (auto [C, Value] : zip(Order, *Cycles)) {
      if (Value > 0 && std::isfinite(Value)) {
        Table.add(C, At.Window, At.Offset, Value);
        continue;
      }
      if (C == 0)
        return createStringError("the original failed in a trial");
      Result.Results[C].How = RaceResult::End::Failed;
      llvm::erase(Left, C);
    }
    if (Left.size() == 1) {
      Done = true;
      return Error::success();
    }
  }
  return Error::success();
}

/// Of the difference. The bootstrap makes it too small for very few rounds, by
/// (n - 1) / n in the variance for a mean and for this quantile of two.
static double deviation(ArrayRef<double> A, ArrayRef<double> B,
                        unsigned Rounds) {
  // Without the first, which is the sample itself.
  double Mean = 0, Squares = 0;
  for (size_t I = 1; I < A.size(); ++I)
    Mean += (A[I] - B[I]) / (A.size() - 1);
  for (size_t I = 1; I < A.size(); ++I)
    Squares += (A[I] - B[I] - Mean) * (A[I] - B[I] - Mean);
  return std::sqrt(Squares / (A.size() - 2) * Rounds / (Rounds - 1.0));
}

void Race::look(unsigned Sweeps, unsigned Looks) {
  ++Result.Looks;
  // Times relative to the original, which has exactly 1.
  std::vector<std::vector<double>> Times =
      bootstrapTimes(Table, Left, Sweeps, Params.Seed + Sweeps);
  size_t Leader = 0;
  for (size_t I = 1; I < Left.size(); ++I)
    if (Times[I][0] < Times[Leader][0])
      Leader = I;
  double Tail = Params.DropError / (double(Looks) * (Left.size() - 1));
  double T = studentQuantile(
      Tail, std::max<double>(1, double(Table.windows()) * Table.offsets() *
                                    (Sweeps - 1)));
  const std::vector<double> Wanted(Times[0].size(),
                                   Incumbent > 0 ? 1 / Incumbent : 0);
  std::vector<size_t> Kept;
  std::vector<std::vector<double>> KeptTimes;
  const std::vector<double> Lead = Times[Leader];
  for (size_t I = 0; I < Left.size(); ++I) {
    auto SlowerThan = [&](ArrayRef<double> Other) {
      double Difference = Times[I][0] - Other[0];
      return Difference > T * deviation(Times[I], Other, Sweeps) &&
             Difference > 0;
    };
    bool Drop = I != Leader && SlowerThan(Lead);
    Drop |= Incumbent > 0 && SlowerThan(Wanted);
    if (Drop && Left[I] != 0) {
      Result.Results[Left[I]].How = RaceResult::End::Dropped;
      continue;
    }
    Kept.push_back(Left[I]);
    KeptTimes.push_back(std::move(Times[I]));
  }
  Left = std::move(Kept);
  Done |= Left.size() == 1 || precise(KeptTimes, Sweeps);
}

bool Race::precise(ArrayRef<std::vector<double>> Times, unsigned Sweeps) const {
  const std::vector<double> None(Times[0].size(), 0);
  return all_of(Times.drop_front(), [&](const std::vector<double> &T) {
    return deviation(T, None, Sweeps) <= Params.Precision * T[0];
  });
}

Expected<RaceOutcome> Race::run() {
  constexpr unsigned MinSweeps = 3;
  size_t Cells = Table.windows() * Table.offsets();
  auto Sweeps = [&](unsigned Rounds) {
    return std::max<unsigned>(MinSweeps, divideCeil(Rounds, Cells));
  };
  const unsigned First = Sweeps(Params.FirstRounds);
  const unsigned Full = std::max(First, Sweeps(Params.FullRounds));
  unsigned Looks = 0;
  for (unsigned At = First; At < Full; At *= 2)
    ++Looks;
  unsigned NextLook = First;
  Done = Left.size() == 1;
  for (unsigned Made = 0; Made < Full && !Done;) {
    if (Made >= MinSweeps && Params.MaxSeconds > 0 &&
        elapsed() > Params.MaxSeconds)
      break;
    if (Error E = sweep(Made))
      return std::move(E);
    ++Made;
    if (Made == NextLook && Made < Full && !Done) {
      look(Made, Looks);
      NextLook *= 2;
    }
  }
  for (size_t C = 1; C < Table.candidates(); ++C)
    if (Result.Results[C].How != RaceResult::End::Failed)
      Result.Results[C].Estimate = estimateArena(Table, C, Params.Seed);
  ArenaEstimate &Original = Result.Results[0].Estimate;
  Original.Low = Original.High = 1;
  Result.Seconds = elapsed();
  return std::move(Result);
}

Expected<RaceOutcome> runArenaRace(TrialSource &Source, double Incumbent,
                                   const ArenaRaceParams &Params) {
  assert(Source.candidates() > 0 && !Source.weights().empty() &&
         Source.offsets() > 0 && "nothing to race");
  return Race(Source, Incumbent, Params).run();
}

} // namespace speciate
