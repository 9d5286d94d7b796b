//===- test/unit/profiles/PredictorTest.cpp - What the model can guess
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/detail/Predictor.h"
#include "gtest/gtest.h"
#include <functional>
#include <memory>

using namespace speciate::rt;

namespace {

/// A stream of several branches.
class Model {
public:
  bool see(uint32_t Site, bool Taken) {
    bool Right = P->branch(Site, Taken, History);
    History = History << 1 | uint64_t(Taken);
    return Right;
  }
  bool jump(uint32_t Site, uint32_t Target) {
    bool Right = P->jump(Site, Target, Last, History);
    Last = Target;
    History = History << 3 | (Target & 7);
    return Right;
  }

private:
  // Zeroed, as in the runtime.
  std::unique_ptr<Predictor> P{new Predictor()};
  uint64_t History = 0;
  uint32_t Last = 0;
};

class Noise {
public:
  explicit Noise(uint64_t Seed) : State(Seed) {}
  uint32_t next() {
    State = State * 6364136223846793005ull + 1442695040888963407ull;
    return State >> 33;
  }

private:
  uint64_t State;
};

/// The share of wrong guesses after a warm-up.
double wrong(unsigned Events, const std::function<bool(Model &)> &See) {
  Model M;
  for (unsigned I = 0; I != Events; ++I)
    See(M);
  unsigned Later = 0;
  for (unsigned I = 0; I != Events; ++I)
    Later += !See(M);
  return double(Later) / Events;
}

TEST(PredictorTest, AlwaysTheSameIsGuessed) {
  EXPECT_EQ(wrong(1000, [](Model &M) { return M.see(1, true); }), 0);
  EXPECT_EQ(wrong(1000, [](Model &M) { return M.see(1, false); }), 0);
}

TEST(PredictorTest, AlternatingIsGuessed) {
  unsigned I = 0;
  EXPECT_LT(wrong(2000, [&](Model &M) { return M.see(1, ++I % 2); }), 0.001);
}

TEST(PredictorTest, ShortLoopsAreGuessed) {
  for (unsigned Trip : {3, 7, 20, 50}) {
    unsigned I = 0;
    EXPECT_LT(wrong(20000, [&](Model &M) { return M.see(1, ++I % Trip); }),
              0.002)
        << Trip;
  }
}

TEST(PredictorTest, LongLoopsMissTheirEndOnly) {
  unsigned I = 0;
  double Rate = wrong(50000, [&](Model &M) { return M.see(1, ++I % 500); });
  EXPECT_NEAR(Rate, 1.0 / 500, 0.0005);
}

TEST(PredictorTest, NoiseIsNotGuessed) {
  for (unsigned Percent : {10, 25, 50}) {
    Noise N(Percent);
    double Rate = wrong(
        50000, [&](Model &M) { return M.see(1, N.next() % 100 < Percent); });
    EXPECT_GT(Rate, Percent * 0.0098);
    EXPECT_LT(Rate, Percent * 0.014);
  }
}

TEST(PredictorTest, WhatAnotherBranchTellsIsGuessed) {
  // A is noise; B, three branches later, goes the same way.
  Noise N(5);
  Model M;
  unsigned WrongA = 0, WrongB = 0;
  for (unsigned I = 0; I != 40000; ++I) {
    bool Way = N.next() & 1;
    bool RightA = M.see(1, Way);
    M.see(2, true);
    M.see(3, false);
    bool RightB = M.see(4, Way);
    if (I >= 20000) {
      WrongA += !RightA;
      WrongB += !RightB;
    }
  }
  EXPECT_GT(WrongA, 9000u);
  EXPECT_LT(WrongB, 200u);
}

TEST(PredictorTest, PatternsAreToldFromNoiseBesideThem) {
  // Both are taken half of the time.
  Noise N(6);
  Model M;
  unsigned Pattern = 0, Random = 0;
  for (unsigned I = 0; I != 40000; ++I) {
    Pattern += !M.see(1, I & 1);
    Random += !M.see(2, N.next() & 1);
  }
  EXPECT_LT(Pattern * 10, Random);
  EXPECT_GT(Random, 18000u);
}

TEST(PredictorTest, TargetsOfARepeatedSequenceAreGuessed) {
  const uint32_t Sequence[] = {3, 9, 4, 4, 1, 9, 7, 3, 2};
  unsigned I = 0;
  EXPECT_LT(wrong(9000, [&](Model &M) { return M.jump(1, Sequence[I++ % 9]); }),
            0.01);
  Noise N(7);
  EXPECT_GT(wrong(9000, [&](Model &M) { return M.jump(1, N.next() % 8); }),
            0.8);
}

} // namespace
