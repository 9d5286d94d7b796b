//===- gp/score/PairedComparison.h - Is one thing faster than another
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Times on a shared machine drift by more than the differences that matter, so
// two sides are only ever compared as adjacent pairs of runs: one run of each,
// in random order, every second pair in the reverse order of the one before.
// The statistic is the median of log(reference time / candidate time).
//
// Interval. The bootstrap distribution of a median is that of its order
// statistics and needs no resampling; what is left is how to reach a level
// between two of them. Hettmansperger and Sheather (1986, Statistics and
// Probability Letters 4) interpolate; that holds its level at
// 12 pairs for every distribution tried, symmetric or not
// (PairedComparisonTests).
//
// Looks. After 12, 24, 48, ... pairs the interval is looked at, and sampling
// ends when it decides. To look five times at a 95 % interval would find a
// difference in 17 % of comparisons of equal things. The spending rule is a
// constant nominal level at each look, as Pocock's; the level was chosen by
// simulation so that the whole sequence errs in 5 % (see nominalLevel).
// Intervals are at that level, hence valid whenever one stops.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_SCORE_PAIREDCOMPARISON_H
#define SPECIATE_GP_SCORE_PAIREDCOMPARISON_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <vector>

namespace speciate {

enum class Side { Reference, Candidate };

/// Of the candidate. Undecided: neither a difference nor its absence was shown.
enum class PairedOutcome { Faster, Slower, Same, Undecided };

/// "faster"
llvm::StringRef outcomeName(PairedOutcome O);

/// The median of some log ratios, as ratios.
struct RatioInterval {
  double Ratio = 1; ///< Reference / candidate: above 1 the candidate is faster.
  double Low = 0;   ///< 0 and infinity if the sample is too small.
  double High = 0;
  unsigned Pairs = 0;
};

/// The median of \p LogRatios with its interval of level 1 - \p Alpha.
RatioInterval medianInterval(llvm::ArrayRef<double> LogRatios, double Alpha);

/// The numbers of pairs at which a comparison of at most \p MaxPairs looks: 12,
/// 24, 48,
/// ... and \p MaxPairs itself.
std::vector<unsigned> lookSchedule(unsigned MaxPairs);

/// The error probability of each of \p Looks looks, each at twice the pairs of
/// the one before, with which all of them together err in 5 %.
double nominalLevel(unsigned Looks);

struct PairedParams {
  unsigned MaxPairs = 192;
  /// The two are the same when the whole interval of the ratio is within this
  /// of 1; 0: never.
  double SameWithin = 0.005;
  /// Off: all MaxPairs are taken, and the interval is a plain 95 % one.
  bool Looks = true;
  uint64_t Seed = 1;
  /// What is run for both sides in each pair. The pair's log ratio is the mean
  /// over workloads (their ratios' geometric mean).
  unsigned Workloads = 1;
};

struct PairedResult : RatioInterval {
  PairedOutcome Verdict = PairedOutcome::Undecided;
  /// [workload][pair]
  std::vector<std::vector<double>> LogRatios;
};

/// The seconds of one run, fresh.
using RunOnce = llvm::function_ref<llvm::Expected<double>(Side, unsigned)>;

/// Runs pairs until a look decides or MaxPairs are done. An Error of \p Run
/// ends the comparison.
llvm::Expected<PairedResult> comparePaired(RunOnce Run,
                                           const PairedParams &Params);

/// The order of sides of pair \p Index for \p Workload under \p Seed: true when
/// the reference runs first. Pairs 2k and 2k + 1 are each other's reverse.
bool referenceFirst(uint64_t Seed, unsigned Workload, unsigned Index);

} // namespace speciate

#endif
