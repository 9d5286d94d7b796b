//===- support/Random.cpp - Counter-based random streams
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/Random.h"
#include "support/Hash.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/Twine.h"
#include <cassert>

using namespace llvm;

namespace speciate {

RandomStream::RandomStream(uint64_t Seed, StringRef Purpose, uint64_t Index1,
                           uint64_t Index2) {
  SmallString<64> Name;
  (Twine(Seed) + "/" + Purpose + "/" + Twine(Index1) + "/" + Twine(Index2))
      .toVector(Name);
  uint64_t KeyBits = stableHash64(Name);
  Key[0] = static_cast<uint32_t>(KeyBits);
  Key[1] = static_cast<uint32_t>(KeyBits >> 32);
  Counter[0] = Counter[1] = Counter[2] = Counter[3] = 0;
}

void RandomStream::refill() {
  uint32_t C[4] = {Counter[0], Counter[1], Counter[2], Counter[3]};
  uint32_t K[2] = {Key[0], Key[1]};
  for (int Round = 0; Round < 10; ++Round) {
    uint64_t P0 = uint64_t(0xD2511F53) * C[0];
    uint64_t P1 = uint64_t(0xCD9E8D57) * C[2];
    uint32_t N[4] = {static_cast<uint32_t>(P1 >> 32) ^ C[1] ^ K[0],
                     static_cast<uint32_t>(P1),
                     static_cast<uint32_t>(P0 >> 32) ^ C[3] ^ K[1],
                     static_cast<uint32_t>(P0)};
    for (int I = 0; I < 4; ++I)
      C[I] = N[I];
    K[0] += 0x9E3779B9;
    K[1] += 0xBB67AE85;
  }
  Buffer[0] = (uint64_t(C[1]) << 32) | C[0];
  Buffer[1] = (uint64_t(C[3]) << 32) | C[2];
  Left = 2;
  for (uint32_t &Word : Counter)
    if (++Word != 0)
      break;
}

uint64_t RandomStream::next() {
  if (Left == 0)
    refill();
  return Buffer[--Left];
}

uint64_t RandomStream::below(uint64_t Bound) {
  assert(Bound != 0 && "empty range");
  // Reject the incomplete last interval.
  uint64_t Limit = UINT64_MAX - UINT64_MAX % Bound;
  uint64_t Value = next();
  while (Value >= Limit)
    Value = next();
  return Value % Bound;
}

double RandomStream::unit() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

size_t RandomStream::weighted(ArrayRef<double> Weights) {
  assert(!Weights.empty() && "nothing to choose from");
  double Sum = 0;
  for (double W : Weights)
    Sum += W;
  if (!(Sum > 0))
    return below(Weights.size());
  double Point = unit() * Sum;
  for (size_t I = 0; I + 1 < Weights.size(); ++I) {
    if (Point < Weights[I])
      return I;
    Point -= Weights[I];
  }
  return Weights.size() - 1;
}

} // namespace speciate
