//===- gp/score/arena/ArenaRace.h - Which candidates are worth more trials
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A race (Maron and Moore, "Hoeffding Races", 1994): all candidates run in
// every round until they are shown to be slower than another one; what is left
// gets the full sample.
//
// A round runs the original and every candidate that is left once, in random
// order, in one window at one start offset. A sweep visits every cell (window
// and offset) once, one window after the other, so that the branch predictor
// meets a window again only after all the others.
//
// Looks are after a first few sweeps and then after twice as many each time. At
// a look a candidate is dropped if its time is above that of the leader, or
// above what the caller wants it to beat, by more than t standard errors of the
// difference (bootstrap over the rounds, the same draws for both; windows and
// offsets are the same for all and are not drawn). Spending rule: the error
// that is allowed for the whole race is divided equally among the looks and the
// candidates (Bonferroni), so the chance that the candidate that the full
// sample would call best is dropped stays below it, whatever they depend on
// each other.
//
// Sampling ends early when nothing is left but candidates whose noise is below
// Precision: a rule on the width only, which does not favour any outcome (Chow
// and Robbins, 1965, Annals of Mathematical Statistics 36).
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_SCORE_ARENA_ARENARACE_H
#define SPECIATE_GP_SCORE_ARENA_ARENARACE_H

#include "gp/score/arena/ArenaScore.h"
#include "llvm/Support/Error.h"
#include <vector>

namespace speciate {

/// Where trials come from. Called from the thread that owns the measuring
/// processor.
class TrialSource {
public:
  virtual ~TrialSource() = default;
  /// The original included.
  virtual size_t candidates() const = 0;
  /// The time that each window stands for; at least one window.
  virtual llvm::ArrayRef<double> weights() const = 0;
  virtual size_t offsets() const = 0;
  /// One round: the candidates of \p Order, in that order, in one window at one
  /// offset. Cycles in the same order; 0 for a candidate that crashed or hung,
  /// and is then left out of what follows. An Error means that the arena itself
  /// is broken.
  virtual llvm::Expected<std::vector<double>>
  run(size_t Window, size_t Offset, llvm::ArrayRef<size_t> Order) = 0;
};

struct ArenaRaceParams {
  /// Rounds before the first look, and of the full sample. Rounded up to whole
  /// sweeps, of which there are at least three: of two rounds in a cell one
  /// that was interrupted spoils any quantile.
  unsigned FirstRounds = 48;
  unsigned FullRounds = 192;
  /// The chance that the best candidate is dropped.
  double DropError = 0.05;
  /// Standard deviation of log(Ratio) by rounds that is small enough.
  double Precision = 0.0015;
  /// No sweep is begun after that; 0: no limit. Three sweeps are always made.
  double MaxSeconds = 0;
  uint64_t Seed = 1;
};

struct RaceResult {
  enum class End {
    Finished, ///< Has all the trials that were made.
    Dropped,  ///< Shown to be slower than another, or than Incumbent.
    Failed,   ///< Crashed or hung in a trial; there is no estimate.
  };
  End How = End::Finished;
  ArenaEstimate Estimate;
};

struct RaceOutcome {
  std::vector<RaceResult> Results; ///< [candidate]; the original's ratio is 1.
  unsigned Rounds = 0;
  unsigned Looks = 0;
  double Seconds = 0;
};

/// Races candidates 1, 2, ... of \p Source. Those that are clearly not faster
/// than \p Incumbent (a ratio to the original) are dropped, too; 0: none.
llvm::Expected<RaceOutcome> runArenaRace(TrialSource &Source, double Incumbent,
                                         const ArenaRaceParams &Params);

} // namespace speciate

#endif
