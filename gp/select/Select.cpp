//===- gp/select/Select.cpp - What a noisy score is worth, and who breeds
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/select/Select.h"
#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

using namespace llvm;

namespace speciate {

Estimate estimate(const Score &S) {
  constexpr double PriorVariance = 0.05 * 0.05;
  constexpr double Normal95 = 1.959964;
  if (!(S.Ratio > 0))
    return {0, std::sqrt(PriorVariance)};
  double Deviation = 0.4 / Normal95;
  if (S.Low > 0 && S.High >= S.Low)
    Deviation = (std::log(S.High) - std::log(S.Low)) / (2 * Normal95);
  double Variance = Deviation * Deviation;
  double Trust = PriorVariance / (PriorVariance + Variance);
  return {std::log(S.Ratio) * Trust, std::sqrt(Variance * Trust)};
}

double combinedRatio(ArrayRef<std::pair<double, double>> Regions) {
  double Time = 1;
  for (auto [Share, Ratio] : Regions)
    if (Ratio > 0)
      Time -= Share * (1 - 1 / Ratio);
  // Shares are estimates and may add up to more than everything.
  return 1 / std::max(Time, 0.01);
}

Score onProgram(const Score &S, double Share) {
  auto Scaled = [&](double Ratio) {
    return Ratio > 0 ? combinedRatio({{Share, Ratio}}) : 0;
  };
  Score Result = S;
  Result.Ratio = Scaled(S.Ratio);
  Result.Low = Scaled(S.Low);
  Result.High = Scaled(S.High);
  return Result;
}

size_t tournament(ArrayRef<double> Fitness, unsigned Size,
                  RandomStream &Stream) {
  assert(!Fitness.empty() && "nobody to choose from");
  size_t Best = Stream.below(Fitness.size());
  for (unsigned I = 1; I < Size; ++I) {
    size_t Other = Stream.below(Fitness.size());
    if (Fitness[Other] > Fitness[Best] ||
        (Fitness[Other] == Fitness[Best] && Other < Best))
      Best = Other;
  }
  return Best;
}

std::vector<size_t> elites(ArrayRef<double> Fitness, size_t Count) {
  std::vector<size_t> Order(Fitness.size());
  std::iota(Order.begin(), Order.end(), size_t(0));
  std::sort(Order.begin(), Order.end(), [&](size_t A, size_t B) {
    return Fitness[A] != Fitness[B] ? Fitness[A] > Fitness[B] : A < B;
  });
  Order.resize(std::min(Count, Order.size()));
  return Order;
}

} // namespace speciate
