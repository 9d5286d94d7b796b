//===- gp/score/arena/ArenaScore.cpp - A region's score from trial cycles
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/arena/ArenaScore.h"
#include "support/Random.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

using namespace llvm;

namespace speciate {

//===----------------------------------------------------------------------===//
// Trials
//===----------------------------------------------------------------------===//

TrialTable::TrialTable(size_t Candidates, ArrayRef<double> W, size_t Offsets)
    : Weights(W.begin(), W.end()), OffsetCount(Offsets),
      Cells(Candidates, std::vector<std::vector<double>>(W.size() * Offsets)) {
  assert(Candidates > 0 && !W.empty() && Offsets > 0 && "nothing to measure");
  double Sum = 0;
  for (double One : Weights)
    Sum += One;
  for (double &One : Weights)
    One = Sum > 0 ? One / Sum : 1.0 / Weights.size();
}

void TrialTable::add(size_t Candidate, size_t Window, size_t Offset,
                     double Value) {
  assert(Value > 0 && std::isfinite(Value) && "a trial takes time");
  Cells[Candidate][Window * OffsetCount + Offset].push_back(Value);
}

ArrayRef<double> TrialTable::cycles(size_t Candidate, size_t Window,
                                    size_t Offset) const {
  return Cells[Candidate][Window * OffsetCount + Offset];
}

size_t TrialTable::rounds(size_t Candidate) const {
  size_t Fewest = std::numeric_limits<size_t>::max();
  for (const std::vector<double> &Cell : Cells[Candidate])
    Fewest = std::min(Fewest, Cell.size());
  return Fewest;
}

//===----------------------------------------------------------------------===//
// Statistics of one sample, and Student's t
//===----------------------------------------------------------------------===//

double lowerThirdMean(std::vector<double> &Values) {
  assert(!Values.empty() && "no third of nothing");
  const size_t Some =
      std::max((Values.size() + 2) / 3, std::min<size_t>(Values.size(), 2));
  std::nth_element(Values.begin(), Values.begin() + (Some - 1), Values.end());
  double Sum = 0;
  for (size_t I = 0; I < Some; ++I)
    Sum += Values[I];
  return Sum / double(Some);
}

double studentQuantile(double Tail, double Freedom) {
  assert(Tail > 0 && Tail < 0.5 && Freedom >= 1 && "not a tail of t");
  // With t = sqrt(Freedom) tan(A) the density is proportional to
  // cos(A)^(Freedom - 1). Many degrees make it narrow: the limit only moves the
  // fifth digit.
  double Power = std::min(Freedom, 2000.0) - 1;
  constexpr int Steps = 400; // Even, for Simpson's rule.
  auto Integral = [&](double From, double To) {
    double Sum = 0;
    for (int I = 0; I <= Steps; ++I) {
      double Weight = I == 0 || I == Steps ? 1 : I % 2 ? 4 : 2;
      double Angle = From + (To - From) * I / Steps;
      Sum += Weight * std::pow(std::max(std::cos(Angle), 0.0), Power);
    }
    return Sum * (To - From) / (3 * Steps);
  };
  const double End = std::min(1.5707963267948966, 40 / std::sqrt(Power + 1));
  double Half = Integral(0, End);
  double Low = 0, High = End;
  for (int I = 0; I < 40; ++I) {
    double Middle = 0.5 * (Low + High);
    if (Integral(0, Middle) / Half < 1 - 2 * Tail)
      Low = Middle;
    else
      High = Middle;
  }
  return std::sqrt(Power + 1) * std::tan(0.5 * (Low + High));
}

//===----------------------------------------------------------------------===//
// Bootstrap over rounds
//===----------------------------------------------------------------------===//

std::vector<std::vector<double>> bootstrapTimes(const TrialTable &Trials,
                                                ArrayRef<size_t> Candidates,
                                                size_t Rounds, uint64_t Seed) {
  assert(Rounds > 0 && Rounds < 65536 && "a sample of nothing");
  const size_t W = Trials.windows(), O = Trials.offsets();
  std::vector<std::vector<double>> Times(
      Candidates.size(), std::vector<double>(1 + BootstrapReplicates));
  // Sums over the offsets of one window, in one replicate.
  std::vector<double> Sums(1 + Candidates.size());
  std::vector<size_t> Drawn(Rounds);
  std::vector<double> Values;
  auto Low = [&](size_t Candidate, size_t Window, size_t Offset) {
    ArrayRef<double> All = Trials.cycles(Candidate, Window, Offset);
    Values.clear();
    for (size_t Index : Drawn)
      Values.push_back(All[Index]);
    return lowerThirdMean(Values);
  };
  for (unsigned B = 0; B <= BootstrapReplicates; ++B) {
    RandomStream Random(Seed, "arena-bootstrap", B);
    uint64_t Bits = 0;
    unsigned Left = 0;
    for (size_t Window = 0; Window < W; ++Window) {
      std::fill(Sums.begin(), Sums.end(), 0);
      for (size_t Offset = 0; Offset < O; ++Offset) {
        for (size_t R = 0; R < Rounds; ++R) {
          if (B == 0) { // The sample itself.
            Drawn[R] = R;
            continue;
          }
          if (Left == 0) {
            Bits = Random.next();
            Left = 4;
          }
          // A bias of Rounds / 65536 does not matter here.
          Drawn[R] = ((Bits & 0xffff) * Rounds) >> 16;
          Bits >>= 16;
          --Left;
        }
        Sums[0] += Low(0, Window, Offset);
        for (size_t I = 0; I < Candidates.size(); ++I)
          Sums[1 + I] += Low(Candidates[I], Window, Offset);
      }
      for (size_t I = 0; I < Candidates.size(); ++I)
        Times[I][B] += Trials.weight(Window) * Sums[1 + I] / Sums[0];
    }
  }
  return Times;
}

//===----------------------------------------------------------------------===//
// Estimate
//===----------------------------------------------------------------------===//

/// The spread of a margin of \p Count parts, as a variance of the mean, if
/// noise alone does not explain it; else 0. Adds its share of Satterthwaite's
/// denominator.
static double component(double Margin, double Noise, size_t Count,
                        double &Denominator) {
  // Close to the upper quartiles of F for 3 to 15 degrees of freedom over many.
  constexpr double Threshold = 1.4;
  if (Count < 2 || Margin <= Threshold * Noise)
    return 0;
  Denominator += Margin * Margin / (Count - 1);
  return Margin - Noise;
}

PairedTimes pairedTimes(const TrialTable &Trials, size_t A, size_t B) {
  struct Pair {
    double Weight, Log;
  };
  std::vector<Pair> Pairs;
  double Total = 0;
  for (size_t W = 0; W < Trials.windows(); ++W) {
    const size_t Begin = Pairs.size();
    for (size_t O = 0; O < Trials.offsets(); ++O)
      for (auto [OfA, OfB] :
           zip(Trials.cycles(A, W, O), Trials.cycles(B, W, O)))
        Pairs.push_back({0, std::log(OfA / OfB)});
    if (Begin == Pairs.size())
      continue;
    Total += Trials.weight(W);
    for (size_t I = Begin; I < Pairs.size(); ++I)
      Pairs[I].Weight = Trials.weight(W) / double(Pairs.size() - Begin);
  }
  PairedTimes Result;
  double Concentration = 0;
  for (Pair &P : Pairs) {
    P.Weight /= Total;
    Result.Mean += P.Weight * P.Log;
    Concentration += P.Weight * P.Weight;
  }
  if (Pairs.size() < 2)
    return Result;
  double Squares = 0;
  for (const Pair &P : Pairs)
    Squares +=
        P.Weight * P.Weight * (P.Log - Result.Mean) * (P.Log - Result.Mean);
  const double Count = double(Pairs.size());
  Result.Deviation = std::sqrt(Squares * Count / (Count - 1));
  // As many pairs of one weight would be as much (Kish, "Survey Sampling",
  // 1965, 11.7).
  Result.Freedom = std::max(0.0, 1 / Concentration - 1);
  return Result;
}

/// From the few rounds of a candidate that left the race early.
static ArenaEstimate estimateFew(const TrialTable &Trials, size_t C) {
  ArenaEstimate E;
  E.Windows.resize(Trials.windows());
  for (size_t W = 0; W < Trials.windows(); ++W) {
    double Of[2] = {0, 0};
    size_t Rounds = 0;
    for (size_t O = 0; O < Trials.offsets(); ++O)
      for (auto [Original, Candidate] :
           zip(Trials.cycles(0, W, O), Trials.cycles(C, W, O))) {
        Of[0] += Original;
        Of[1] += Candidate;
        ++Rounds;
      }
    E.Trials += unsigned(Rounds);
    if (Rounds)
      E.Windows[W] = {Of[0] / double(Rounds), Of[1] / double(Rounds)};
  }
  PairedTimes P = pairedTimes(Trials, C, 0);
  E.Ratio = std::exp(-P.Mean);
  E.RoundDeviation = P.Deviation;
  E.High = std::numeric_limits<double>::infinity();
  if (P.Freedom < 1)
    return E;
  double Half = studentQuantile(0.025, P.Freedom) * P.Deviation;
  E.Low = E.Ratio * std::exp(-Half);
  E.High = E.Ratio * std::exp(Half);
  return E;
}

ArenaEstimate estimateArena(const TrialTable &Trials, size_t C, uint64_t Seed) {
  const size_t W = Trials.windows(), O = Trials.offsets();
  const size_t Rounds = std::min(Trials.rounds(0), Trials.rounds(C));
  if (Rounds < 2)
    return estimateFew(Trials, C);
  ArenaEstimate E;
  E.Windows.resize(W);
  std::vector<std::vector<double>> Low(W * O, std::vector<double>(2));
  double Time = 0;
  for (size_t Window = 0; Window < W; ++Window) {
    for (size_t Offset = 0; Offset < O; ++Offset) {
      std::vector<double> &Cell = Low[Window * O + Offset];
      for (size_t Which : {0, 1}) {
        ArrayRef<double> All =
            Trials.cycles(Which ? C : 0, Window, Offset).take_front(Rounds);
        std::vector<double> Values(All.begin(), All.end());
        Cell[Which] = lowerThirdMean(Values);
      }
      E.Windows[Window].OriginalCycles += Cell[0] / O;
      E.Windows[Window].Cycles += Cell[1] / O;
    }
    Time += Trials.weight(Window) / E.Windows[Window].ratio();
  }
  E.Ratio = 1 / Time;
  E.Trials = static_cast<unsigned>(Rounds * W * O);

  double Noise = 0;
  {
    std::vector<double> T = bootstrapTimes(Trials, {C}, Rounds, Seed)[0];
    double Mean = 0, Squares = 0;
    for (double One : ArrayRef(T).drop_front())
      Mean += One / BootstrapReplicates;
    for (double One : ArrayRef(T).drop_front())
      Squares += (One - Mean) * (One - Mean);
    Noise = Squares / (BootstrapReplicates - 1);
  }
  // Linear parts of the ratio estimator (Cochran, "Sampling Techniques", 1977,
  // 6.3): what a window, or an offset over all windows, adds to the time.
  double WindowMargin = 0, OffsetMargin = 0;
  std::vector<double> OfOffset(O);
  for (size_t Window = 0; Window < W; ++Window) {
    double TimeHere = 1 / E.Windows[Window].ratio();
    double Part = Trials.weight(Window) * (TimeHere - Time);
    WindowMargin += Part * Part;
    for (size_t Offset = 0; Offset < O; ++Offset) {
      const std::vector<double> &Cell = Low[Window * O + Offset];
      OfOffset[Offset] += Trials.weight(Window) *
                          (Cell[1] - TimeHere * Cell[0]) /
                          E.Windows[Window].OriginalCycles;
    }
  }
  if (W > 1)
    WindowMargin *= W / (W - 1.0);
  for (double One : OfOffset)
    OffsetMargin += One * One;
  if (O > 1)
    OffsetMargin /= O * (O - 1.0);

  double Denominator = Noise * Noise / (W * O * (Rounds - 1.0));
  double Windows = component(WindowMargin, Noise, W, Denominator);
  double Offsets = component(OffsetMargin, Noise, O, Denominator);
  double Variance = Noise + Windows + Offsets;
  E.RoundDeviation = std::sqrt(Noise) / Time;
  E.WindowDeviation = std::sqrt(Windows) / Time;
  E.OffsetDeviation = std::sqrt(Offsets) / Time;
  double Half = 0;
  if (Variance > 0) {
    double Freedom = std::max(1.0, Variance * Variance / Denominator);
    Half = studentQuantile(0.025, Freedom) * std::sqrt(Variance) / Time;
  }
  E.Low = E.Ratio * std::exp(-Half);
  E.High = E.Ratio * std::exp(Half);
  return E;
}

} // namespace speciate
