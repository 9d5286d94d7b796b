//===- support/Random.h - Counter-based random streams
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every random decision of a campaign is a function of (seed, what the decision
// is for, how many decisions were made for it before). Nothing is drawn from a
// shared generator, so the order in which threads run cannot change a result,
// and no std:: distribution is used, because the standard does not fix their
// sequences.
//
// Generator: Philox4x32-10, Salmon et al., "Parallel Random Numbers: As Easy as
// 1, 2, 3", SC 2011.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_SUPPORT_RANDOM_H
#define SPECIATE_SUPPORT_RANDOM_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>

namespace speciate {

/// A stream of random numbers, named by a seed and up to three words.
class RandomStream {
public:
  /// \p Purpose tells apart streams of the same indices, such as "mutate" and
  /// "select".
  RandomStream(uint64_t Seed, llvm::StringRef Purpose, uint64_t Index1 = 0,
               uint64_t Index2 = 0);

  /// The next 64 uniform bits.
  uint64_t next();
  /// Uniform in [0, Bound), unbiased. \p Bound must not be 0.
  uint64_t below(uint64_t Bound);
  /// Uniform in [0, 1).
  double unit();
  /// True with probability \p P.
  bool chance(double P) { return unit() < P; }
  /// An index chosen with probability proportional to its weight. Weights are
  /// not negative; if all are zero the choice is uniform.
  size_t weighted(llvm::ArrayRef<double> Weights);

private:
  void refill();

  uint32_t Key[2];
  uint32_t Counter[4];
  uint64_t Buffer[2];
  unsigned Left = 0;
};

} // namespace speciate

#endif
