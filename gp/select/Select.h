//===- gp/select/Select.h - What a noisy score is worth, and who breeds
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The search looks at many noisy ratios and takes the largest. The largest of n
// equal programs looks faster than it is, by more the wider the intervals are,
// so raw ratios would breed noise. Two corrections, both on log ratios:
//
//   - Shrinkage. Before the measurement a variant is worth exp(N(0, 0.05^2)):
//     most decisions change little. Prior and measurement (standard deviation s
//     from the interval) combine to mean m * p^2 / (p^2 + s^2). A ratio with an
//     interval of +-1 % keeps 99 % of itself, one of +-10 % half.
//   - Caution. Fitness is that mean less one posterior standard deviation. The
//     unchanged program has exactly 0. What is best so far is thus better than
//     the unchanged program with about 84 % probability; the gate, on fresh
//     samples, decides what ships.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_SELECT_SELECT_H
#define SPECIATE_GP_SELECT_SELECT_H

#include "gp/engine/Interfaces.h"
#include "support/Random.h"
#include "llvm/ADT/ArrayRef.h"
#include <utility>
#include <vector>

namespace speciate {

/// A normal belief about a log ratio.
struct Estimate {
  double Mean = 0;
  double Deviation = 0;

  double fitness() const { return Mean - Deviation; }
};

/// The belief after a measurement. A score with no usable interval (Low or High
/// not positive, or crossed) counts as one of +-40 %.
Estimate estimate(const Score &S);

/// A region's score as one of the whole program, of whose time the region has
/// the share \p Share = s: with the region's ratio r the program takes
/// 1 - s + s / r of its time (Amdahl 1967), so its ratio is the inverse.
Score onProgram(const Score &S, double Share);

/// The ratio of a program of several regions, given as (share, ratio): what
/// they save adds up.
double combinedRatio(llvm::ArrayRef<std::pair<double, double>> Regions);

/// Tournament selection (Goldberg and Deb 1991): the best of \p Size draws with
/// replacement; the earlier one of equals. \p Fitness must not be empty.
size_t tournament(llvm::ArrayRef<double> Fitness, unsigned Size,
                  RandomStream &Stream);

/// The indices of the \p Count best, best first, the earlier one of equals.
std::vector<size_t> elites(llvm::ArrayRef<double> Fitness, size_t Count);

} // namespace speciate

#endif
