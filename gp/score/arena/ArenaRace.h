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
// Looks are after a first few passes (a pass visits every window once, at one
// of its offsets: a quarter of a sweep) and then after twice as many each time.
// At a look three things happen:
//   - Losers are dropped: whose time is shown to be above that of the leader,
//   or
//     above what the caller wants to be beaten, less a difference that is not
//     worth the trials (Worthwhile; an indifference zone: Bechhofer, 1954,
//     Annals of Mathematical Statistics 25). Shown: by more than t standard
//     errors of the difference. Before there are three sweeps, these are the
//     errors of the mean log ratio of two candidates over the rounds, which
//     windows and offsets spread as well: that errs on the safe side. From then
//     on, of the statistic of ArenaScore by the bootstrap over the rounds, the
//     same draws for both; windows and offsets are the same for all and are not
//     drawn. Spending rule: the error that is allowed for the whole race is
//     divided equally among the looks and the candidates (Bonferroni), so the
//     chance that the candidate that the full sample would call best is dropped
//     for one that is not within Worthwhile of it stays below DropError,
//     whatever they depend on each other.
//   - Of those left, at most half but never fewer than Finalists stay in the
//     race (sequential halving: Karnin, Koren and Somekh, ICML 2013), the
//     fastest so far: where the noise of the machine hides the differences,
//     time is better spent on other variants. The others are set aside. This
//     has no error bound; Finalists = 0 does without.
//   - From three sweeps on, who looks no faster than Incumbent is set aside as
//     well.
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
  /// Rounds before the first look, rounded up to whole passes, and of the full
  /// sample, rounded up to whole sweeps, of which there are at least three: of
  /// two rounds in a cell one that was interrupted spoils any quantile.
  unsigned FirstRounds = 8;
  unsigned FullRounds = 192;
  /// The chance that the best candidate is dropped.
  double DropError = 0.05;
  /// Of a time: a gain that is smaller is not looked for.
  double Worthwhile = 0;
  /// See above; 0: nobody is set aside.
  unsigned Finalists = 0;
  /// Standard deviation of log(Ratio) by rounds that is small enough.
  double Precision = 0.0015;
  /// If not 0, the full sample ends as soon as the intervals of all who are
  /// left are so narrow (High / Low - 1), and Precision does not count.
  double Width = 0;
  /// No pass is begun after that; 0: no limit. Three sweeps are always made.
  double MaxSeconds = 0;
  uint64_t Seed = 1;
};

struct RaceResult {
  enum class End {
    Finished, ///< Has all the trials that were made.
    Dropped,  ///< Shown not to be worth more than another, or than Incumbent.
    SetAside, ///< Others looked better when the time had to be divided.
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
/// than \p Incumbent (a ratio to the original) are dropped, too; 0: none. Every
/// candidate that did not fail has an estimate, if only of the rounds that it
/// had.
llvm::Expected<RaceOutcome> runArenaRace(TrialSource &Source, double Incumbent,
                                         const ArenaRaceParams &Params);

} // namespace speciate

#endif
