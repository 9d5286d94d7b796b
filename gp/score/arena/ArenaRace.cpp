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
#include <optional>

using namespace llvm;

namespace speciate {

namespace {

struct Cell {
  size_t Window;
  size_t Offset;
};

/// Before that, cells have too few rounds for a bootstrap.
constexpr unsigned MinSweeps = 3;

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
  Error pass(unsigned Number);
  void look(unsigned Passes, unsigned Looks);
  bool precise(ArrayRef<std::vector<double>> Times, unsigned Sweeps) const;
  bool narrow() const;
  /// Whole sweeps that \p Passes make.
  unsigned sweepsOf(unsigned Passes) const {
    return Passes / unsigned(Table.offsets());
  }
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

/// Every offset of every window; all windows, a pass, before one of them again.
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

Error Race::pass(unsigned Number) {
  const std::vector<Cell> Sweep = sweepOrder(sweepsOf(Number));
  const size_t Begin = Number % Table.offsets() * Table.windows();
  for (size_t In = Begin; In < Begin + Table.windows(); ++In) {
    const Cell &At = Sweep[In];
    RandomStream Random(Params.Seed, "arena-order", sweepsOf(Number), In);
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

namespace {
/// What is known of the times at a look, relative to the original's.
class Standings {
public:
  Standings(const TrialTable &Table, ArrayRef<size_t> Left, unsigned Sweeps,
            uint64_t Seed)
      : Table(Table), Left(Left), Sweeps(Sweeps) {
    if (bootstrapped()) {
      Times = bootstrapTimes(Table, Left, Sweeps, Seed + Sweeps);
      return;
    }
    for (size_t C : Left)
      Times.push_back({std::exp(pairedTimes(Table, C, 0).Mean)});
  }

  bool bootstrapped() const { return Sweeps >= MinSweeps; }
  /// Of the I-th of Left.
  double time(size_t I) const { return Times[I][0]; }
  ArrayRef<std::vector<double>> bootstrap() const { return Times; }

  /// The time of I is above (1 - \p Margin) of that of J, with the error
  /// \p Tail; for J nobody, of \p Wanted.
  bool slower(size_t I, std::optional<size_t> J, double Wanted, double Margin,
              double Tail) const {
    if (!bootstrapped()) {
      PairedTimes P = pairedTimes(Table, Left[I], J ? Left[*J] : 0);
      if (P.Freedom < 1)
        return false;
      double Above = P.Mean - (J ? 0 : std::log(Wanted)) - std::log1p(-Margin);
      return Above > 0 &&
             Above > studentQuantile(Tail, P.Freedom) * P.Deviation;
    }
    std::vector<double> Other(Times[I].size(), Wanted);
    if (J)
      Other = Times[*J];
    for (double &One : Other)
      One *= 1 - Margin;
    double T = studentQuantile(
        Tail, std::max<double>(1, double(Table.windows()) * Table.offsets() *
                                      (Sweeps - 1)));
    double Above = Times[I][0] - Other[0];
    return Above > 0 && Above > T * deviation(Times[I], Other, Sweeps);
  }

private:
  const TrialTable &Table;
  ArrayRef<size_t> Left;
  const unsigned Sweeps;
  std::vector<std::vector<double>> Times; ///< [I][1 + replicate], or [I][0].
};
} // namespace

void Race::look(unsigned Passes, unsigned Looks) {
  ++Result.Looks;
  const unsigned Sweeps = sweepsOf(Passes);
  const std::vector<size_t> Here = Left;
  const Standings Now(Table, Here, Sweeps, Params.Seed);
  const double Wanted = Incumbent > 0 ? 1 / Incumbent : 0;
  size_t Leader = 0;
  for (size_t I = 1; I < Here.size(); ++I)
    if (Now.time(I) < Now.time(Leader))
      Leader = I;
  double Tail = Params.DropError / (double(Looks) * (Here.size() - 1));

  // The original stays, whatever it looks like.
  std::vector<size_t> Kept; // Indices in Here.
  for (size_t I = 1; I < Here.size(); ++I) {
    bool Drop =
        I != Leader && Now.slower(I, Leader, 0, Params.Worthwhile, Tail);
    Drop |= Wanted > 0 &&
            Now.slower(I, std::nullopt, Wanted, Params.Worthwhile, Tail);
    if (Drop)
      Result.Results[Here[I]].How = RaceResult::End::Dropped;
    else
      Kept.push_back(I);
  }
  if (Params.Finalists) {
    std::vector<size_t> Fastest = Kept;
    llvm::sort(Fastest, [&](size_t A, size_t B) {
      return std::make_pair(Now.time(A), A) < std::make_pair(Now.time(B), B);
    });
    size_t Most =
        std::max<size_t>(Params.Finalists, divideCeil(Kept.size(), 2));
    if (Fastest.size() > Most)
      Fastest.resize(Most);
    if (Now.bootstrapped() && Wanted > 0)
      llvm::erase_if(Fastest, [&](size_t I) { return Now.time(I) >= Wanted; });
    llvm::erase_if(Kept, [&](size_t I) {
      if (is_contained(Fastest, I))
        return false;
      Result.Results[Here[I]].How = RaceResult::End::SetAside;
      return true;
    });
  }

  Left = {0};
  std::vector<std::vector<double>> KeptTimes;
  for (size_t I : Kept) {
    Left.push_back(Here[I]);
    KeptTimes.push_back(Now.bootstrap()[I]);
  }
  Done |= Kept.empty() || (Params.Width == 0 && Now.bootstrapped() &&
                           precise(KeptTimes, Sweeps));
}

bool Race::precise(ArrayRef<std::vector<double>> Times, unsigned Sweeps) const {
  const std::vector<double> None(Times[0].size(), 0);
  return all_of(Times, [&](const std::vector<double> &T) {
    return deviation(T, None, Sweeps) <= Params.Precision * T[0];
  });
}

bool Race::narrow() const {
  return all_of(ArrayRef(Left).drop_front(), [&](size_t C) {
    ArenaEstimate E = estimateArena(Table, C, Params.Seed);
    return E.High <= E.Low * (1 + Params.Width);
  });
}

Expected<RaceOutcome> Race::run() {
  const unsigned Windows = Table.windows(), Offsets = Table.offsets();
  const unsigned MinPasses = MinSweeps * Offsets;
  const unsigned Full = std::max<unsigned>(
      MinPasses, divideCeil(Params.FullRounds, Windows * Offsets) * Offsets);
  unsigned NextLook = std::max<unsigned>(
      1, divideCeil(std::max(Params.FirstRounds, 2u), Windows));
  unsigned Looks = 0;
  for (unsigned At = NextLook; At < Full; At *= 2)
    ++Looks;
  Done = Left.size() == 1;
  for (unsigned Made = 0; Made < Full && !Done;) {
    if (Made >= MinPasses && Params.MaxSeconds > 0 &&
        elapsed() > Params.MaxSeconds)
      break;
    if (Error E = pass(Made))
      return std::move(E);
    ++Made;
    if (Made == NextLook && Made < Full && !Done) {
      look(Made, Looks);
      NextLook *= 2;
    }
    // Every so often: an estimate takes as long as some trials.
    constexpr unsigned Often = 3;
    if (Params.Width > 0 && !Done && Made % (Often * Offsets) == 0)
      Done = narrow();
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
