//===- gp/score/PairedComparison.cpp - Is one thing faster than another
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/PairedComparison.h"
#include "support/Random.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

using namespace llvm;

namespace speciate {

StringRef outcomeName(PairedOutcome O) {
  switch (O) {
  case PairedOutcome::Faster:
    return "faster";
  case PairedOutcome::Slower:
    return "slower";
  case PairedOutcome::Same:
    return "same";
  case PairedOutcome::Undecided:
    return "undecided";
  }
  llvm_unreachable("covered switch");
}

/// P(X <= k) of a fair binomial of \p N, for k = 0 .. N / 2.
static std::vector<double> binomialTail(unsigned N) {
  std::vector<double> Tail(N / 2 + 1);
  double Sum = 0;
  for (unsigned K = 0; K <= N / 2; ++K) {
    Sum += std::exp(std::lgamma(N + 1.0) - std::lgamma(K + 1.0) -
                    std::lgamma(N - K + 1.0) - N * std::log(2.0));
    Tail[K] = Sum;
  }
  return Tail;
}

RatioInterval medianInterval(ArrayRef<double> LogRatios, double Alpha) {
  RatioInterval Result;
  unsigned N = LogRatios.size();
  Result.Pairs = N;
  Result.High = std::numeric_limits<double>::infinity();
  if (N == 0)
    return Result;
  std::vector<double> X(LogRatios.begin(), LogRatios.end());
  std::sort(X.begin(), X.end());
  double Median = N % 2 ? X[N / 2] : 0.5 * (X[N / 2 - 1] + X[N / 2]);
  Result.Ratio = std::exp(Median);

  // [X(K), X(N - K + 1)], counted from 1, covers with 1 - 2 Tail(K - 1). K is
  // the narrowest that still covers enough.
  std::vector<double> Tail = binomialTail(N);
  unsigned K = 0;
  while (K < N / 2 && 2 * Tail[K] <= Alpha)
    ++K;
  if (K == 0)
    return Result;
  double Wide = 1 - 2 * Tail[K - 1];
  double Narrow = K < N / 2 ? 1 - 2 * Tail[K] : 0;
  double Share = (Wide - (1 - Alpha)) / (Wide - Narrow);
  double Lambda =
      K < N / 2 ? (N - K) * Share / (K + (N - 2.0 * K) * Share) : Share;
  auto At = [&](unsigned From1) { return X[From1 - 1]; };
  double Low = (1 - Lambda) * At(K) + Lambda * At(K + 1);
  double High = (1 - Lambda) * At(N - K + 1) + Lambda * At(N - K);
  Result.Low = std::exp(std::min(Low, Median));
  Result.High = std::exp(std::max(High, Median));
  return Result;
}

std::vector<unsigned> lookSchedule(unsigned MaxPairs) {
  std::vector<unsigned> Looks;
  for (unsigned N = 12; N < MaxPairs; N *= 2)
    Looks.push_back(N);
  // A look a few pairs before the last one only costs level.
  if (!Looks.empty() && MaxPairs < Looks.back() * 5 / 4)
    Looks.pop_back();
  Looks.push_back(MaxPairs);
  return Looks;
}

double nominalLevel(unsigned Looks) {
  // 20,000 simulated comparisons of equal sides each, from normal, Cauchy and
  // recorded pair ratios, which agree within the simulation's error (the signs
  // of A/A pairs are coin flips whatever the distribution).
  static const double Levels[] = {0.05, 0.0293, 0.0208, 0.0156, 0.0129, 0.0109};
  assert(Looks > 0 && "a comparison looks at least once");
  if (Looks > std::size(Levels))
    return 0.05 / Looks;
  return Levels[Looks - 1];
}

bool referenceFirst(uint64_t Seed, unsigned Workload, unsigned Index) {
  bool First = RandomStream(Seed, "pair-order", Workload, Index / 2).next() & 1;
  return First != (Index % 2 == 1);
}

static PairedOutcome decide(const RatioInterval &I, double SameWithin) {
  if (I.Low > 1)
    return PairedOutcome::Faster;
  if (I.High < 1)
    return PairedOutcome::Slower;
  if (SameWithin > 0 && I.Low >= 1 - SameWithin && I.High <= 1 + SameWithin)
    return PairedOutcome::Same;
  return PairedOutcome::Undecided;
}

Expected<PairedResult> comparePaired(RunOnce Run, const PairedParams &Params) {
  assert(Params.Workloads > 0 && Params.MaxPairs > 0 && "nothing to compare");
  std::vector<unsigned> Looks = Params.Looks
                                    ? lookSchedule(Params.MaxPairs)
                                    : std::vector<unsigned>{Params.MaxPairs};
  double Alpha = nominalLevel(Looks.size());
  PairedResult Result;
  Result.LogRatios.resize(Params.Workloads);
  std::vector<double> Combined;
  for (unsigned Look : Looks) {
    for (unsigned Pair = Combined.size(); Pair < Look; ++Pair) {
      double Sum = 0;
      for (unsigned W = 0; W < Params.Workloads; ++W) {
        double Seconds[2];
        Side Order[2] = {Side::Reference, Side::Candidate};
        if (!referenceFirst(Params.Seed, W, Pair))
          std::swap(Order[0], Order[1]);
        for (Side S : Order) {
          Expected<double> Time = Run(S, W);
          if (!Time)
            return Time.takeError();
          Seconds[static_cast<int>(S)] = std::max(*Time, 1e-9);
        }
        double Log = std::log(Seconds[0] / Seconds[1]);
        Result.LogRatios[W].push_back(Log);
        Sum += Log;
      }
      Combined.push_back(Sum / Params.Workloads);
    }
    static_cast<RatioInterval &>(Result) = medianInterval(Combined, Alpha);
    Result.Verdict = decide(Result, Params.SameWithin);
    if (Result.Verdict != PairedOutcome::Undecided)
      break;
  }
  return Result;
}

} // namespace speciate
