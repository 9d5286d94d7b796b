//===- gp/score/arena/ArenaScore.h - A region's score from trial cycles
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pure statistics: from the cycles of trials to a ratio with an interval.
//
// Statistic. A cell is one window at one start offset. The rounds of a cell
// give each candidate the mean of the lowest third of its cycles there:
// interrupts and cold caches only ever add, and the best repetition of all
// would be the luckiest, the more so the more often one looks. (On recorded
// trials of equal code on a busy machine its variance was two thirds of that of
// the lower quartile.) The mean over the offsets is a candidate's time in a
// window; divided by the original's, and weighted by the time that the windows
// stand for, it is the candidate's time, whose inverse is the ratio.
//
// Interval. Three things would be different if all were done again:
//   - The rounds. Their share is estimated by the bootstrap, stratified by cell
//     (Davison and Hinkley, "Bootstrap Methods and their Application", 1997,
//     3.2): the rounds of every cell are drawn with replacement, those of
//     candidate and original together, because a drift of the machine hits
//     both.
//   - The windows, a sample of the run. The statistic is linear in them, so the
//     bootstrap variance over windows has a closed form.
//   - The placement. The offsets are four of the places where the linker might
//     put the code. What moves original and candidate alike cancels; what is
//     left is counted, with one degree of freedom less than there are offsets.
// The spreads over windows and over offsets contain the noise of the rounds, so
// adding up all three would count it three times. It is subtracted, and a
// spread that noise alone explains (F below its upper quartile) is pooled with
// it: the preliminary test of Bozivich, Bancroft and Hartley (1956, Annals of
// Mathematical Statistics 27), at the level that they recommend. Student's t
// with Satterthwaite's degrees of freedom makes the interval. By simulation
// (ArenaScoreTests) a full sample covers in 94-97.5 % for equal code, and for
// code of equal speed whose placement differs, by however much; fewer rounds
// cover in up to 98 %.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_SCORE_ARENA_ARENASCORE_H
#define SPECIATE_GP_SCORE_ARENA_ARENASCORE_H

#include "llvm/ADT/ArrayRef.h"
#include <cstddef>
#include <cstdint>
#include <vector>

namespace speciate {

/// Cycles by candidate, window, offset and round. Candidate 0 is the original.
/// All candidates of a round are added before the next round of that cell
/// begins; a candidate that left the race has the first few rounds only.
class TrialTable {
public:
  /// \p Weights: the time that each window stands for; positive, any scale.
  TrialTable(size_t Candidates, llvm::ArrayRef<double> Weights, size_t Offsets);

  /// \p Value must be positive and finite.
  void add(size_t Candidate, size_t Window, size_t Offset, double Value);
  /// In order of the rounds.
  llvm::ArrayRef<double> cycles(size_t Candidate, size_t Window,
                                size_t Offset) const;

  size_t candidates() const { return Cells.size(); }
  size_t windows() const { return Weights.size(); }
  size_t offsets() const { return OffsetCount; }
  /// Sums to 1.
  double weight(size_t Window) const { return Weights[Window]; }
  /// The fewest rounds of the candidate in any cell.
  size_t rounds(size_t Candidate) const;

private:
  std::vector<double> Weights;
  size_t OffsetCount;
  /// [candidate][window * OffsetCount + offset][round]
  std::vector<std::vector<std::vector<double>>> Cells;
};

struct WindowRatio {
  double OriginalCycles = 0; ///< Mean over the offsets.
  double Cycles = 0;
  double ratio() const { return Cycles > 0 ? OriginalCycles / Cycles : 1; }
};

struct ArenaEstimate {
  /// Original / candidate: above 1 the candidate is faster.
  double Ratio = 1;
  double Low = 0; ///< 95 % interval; 0 and infinity without two rounds a cell.
  double High = 0;
  unsigned Trials = 0; ///< Of the candidate.
  /// The parts of the standard deviation of log(Ratio).
  double RoundDeviation = 0;
  double WindowDeviation = 0; ///< 0: what noise explains is pooled with it.
  double OffsetDeviation = 0;
  std::vector<WindowRatio> Windows;
};

/// Replicates of every bootstrap.
inline constexpr unsigned BootstrapReplicates = 200;
/// The mean of the lowest third of \p Values, rounded up, of two at least if
/// there are two. Must not be empty; they are reordered.
double lowerThirdMean(std::vector<double> &Values);

/// The upper quantile of Student's t: P(T > result) = \p Tail, for \p Tail in
/// (0, 0.5) and \p Freedom >= 1.
double studentQuantile(double Tail, double Freedom);

/// Candidate \p C against the original, over the rounds that both have. With
/// less than two in some cell, by the means of pairedTimes. A function of its
/// arguments.
ArenaEstimate estimateArena(const TrialTable &Trials, size_t C, uint64_t Seed);

/// The mean log ratio of the times of two candidates over the rounds that both
/// had, each window weighted by the time that it stands for, and its standard
/// deviation if rounds, windows and offsets are all drawn anew. Freedom 0: too
/// few rounds to know.
struct PairedTimes {
  double Mean = 0;
  double Deviation = 0;
  double Freedom = 0;
};
PairedTimes pairedTimes(const TrialTable &Trials, size_t A, size_t B);

/// Relative times (the statistic above, without the inverse) of \p Candidates,
/// first of the sample itself, then of every replicate, from the same draws
/// for all of them. Over the first \p Rounds rounds of every cell, which all
/// candidates and the original must have. [candidate][1 + replicate]
std::vector<std::vector<double>>
bootstrapTimes(const TrialTable &Trials, llvm::ArrayRef<size_t> Candidates,
               size_t Rounds, uint64_t Seed);

} // namespace speciate

#endif
