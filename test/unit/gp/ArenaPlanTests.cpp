//===- test/unit/gp/ArenaPlanTests.cpp - Which windows
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/arena/ArenaFacts.h"
#include "gp/score/arena/ArenaMarked.h"
#include "gp/score/arena/ArenaPlan.h"
#include "llvm/Testing/Support/Error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace speciate;

namespace {

/// Points every \p Step entries, \p Gap ticks an entry.
EntrySeries steady(uint64_t Entries, uint64_t Step, uint64_t Gap,
                   uint64_t Start = 1000) {
  EntrySeries S;
  S.Entries = Entries;
  for (uint64_t E = 1; E <= Entries; E += Step)
    S.Points.push_back({E, Start + E * Gap});
  return S;
}

PlanOptions options() {
  PlanOptions O;
  O.TargetTicks = 1000000;
  O.MaxTicks = 5000000;
  return O;
}

TEST(ArenaPlan, SteadyEntries) {
  WindowPlan Plan = planWindows(steady(100000, 100, 500), options());
  EXPECT_FALSE(Plan.NeedsMarker);
  EXPECT_DOUBLE_EQ(Plan.TicksPerEntry, 500);
  ASSERT_EQ(Plan.Windows.size(), 16u);
  double Covered = 0;
  uint64_t Last = 0;
  for (const PlannedWindow &W : Plan.Windows) {
    EXPECT_EQ(W.Entries, 2000u);
    EXPECT_GT(W.Entry, Last);
    Last = W.Entry;
    EXPECT_LE(W.Entry + W.Entries, 100000u);
    Covered += W.Weight * double(W.Entries);
  }
  EXPECT_NEAR(Covered, 100000, 1000);
}

TEST(ArenaPlan, PausesAreNotTheRegionsTime) {
  // Two phases of equal length, a pause of 1,000 times that between them.
  EntrySeries S = steady(100000, 100, 500);
  EntrySeries Second = steady(100000, 100, 500, 1000 + 50000000ull * 1000);
  for (EntrySeries::Point P : Second.Points)
    S.Points.push_back({P.Entry + 100000, P.Tsc});
  S.Entries = 200000;
  WindowPlan Plan = planWindows(S, options());
  unsigned First = 0;
  for (const PlannedWindow &W : Plan.Windows)
    First += W.Entry <= 100000;
  EXPECT_EQ(Plan.Windows.size(), 16u);
  EXPECT_EQ(First, 8u);
}

TEST(ArenaPlan, SlowEntriesGetTheTimeThatTheyTake) {
  // 90 % of the time is in a tenth of the entries.
  EntrySeries Series[] = {steady(90000, 10, 100), steady(10000, 10, 8100)};
  Series[1].Process = 1;
  PlanOptions O = options();
  O.Windows = 40;
  WindowPlan Plan = planWindows(Series, O);
  unsigned Slow = 0;
  for (const PlannedWindow &W : Plan.Windows) {
    Slow += W.Process == 1;
    EXPECT_EQ(W.Entries, W.Process == 1 ? 123u : 10000u);
  }
  // A long gap counts as at most eight median ones.
  EXPECT_NEAR(double(Slow) / double(Plan.Windows.size()), 0.5, 0.1);
  double Ticks = 0;
  for (const PlannedWindow &W : Plan.Windows)
    Ticks += W.Weight * double(W.Entries) * (W.Process == 1 ? 800 : 100);
  EXPECT_NEAR(Ticks / Plan.Ticks, 1, 0.01);
  EXPECT_NEAR(Plan.Ticks, 90000 * 100 + 10000 * 800, 1e4);
}

TEST(ArenaPlan, WhetherTheTimeIsInLongEntries) {
  EXPECT_EQ(planWindows(steady(1000, 1, 999999), options()).LongShare, 0);
  EntrySeries S = steady(1000, 1, 1000000);
  EXPECT_EQ(planWindows(S, options()).LongShare, 1);
  // 10 ms in short entries, then one that lasts until the end.
  S = steady(1000, 1, 10000);
  EXPECT_EQ(S.lastTakes(), 0);
  S.End = S.Points.back().Tsc + 30000000;
  EXPECT_EQ(S.lastTakes(), 30000000);
  EXPECT_NEAR(planWindows(S, options()).LongShare, 0.75, 0.001);
  // When the last one began is not known.
  S.Points.pop_back();
  EXPECT_EQ(planWindows(S, options()).LongShare, 0);
}

TEST(ArenaMarked, WhatAnEntryTakes) {
  MarkedEntry E;
  E.Count = 3;
  EXPECT_EQ(E.known(), 0);
  E.Points = {{10, 100}, {20, 200}};
  EXPECT_EQ(E.known(), 600); // nothing else is known
  E.Looked = 1000;
  E.Gap = 150; // seen to its end, with copied pages
  EXPECT_EQ(E.known(), 450);
  E.Gap = 1000; // ended, and then something else was done
  EXPECT_EQ(E.known(), 600);
  E.Looked = 200; // looked through in part
  EXPECT_EQ(E.known(), 3000);
}

/// Blocks of 200 entries: of every four, one takes \p Long ticks an entry with
/// another argument, the others 400.
EntrySeries mixed(uint64_t Entries, uint64_t Long) {
  EntrySeries S;
  S.Entries = Entries;
  uint64_t Tsc = 1000;
  for (uint64_t E = 1; E <= Entries; ++E) {
    const bool IsLong = E / 200 % 4 == 0;
    if (E % 20 == 1)
      S.Points.push_back({E, Tsc, IsLong ? 12u : 3u});
    Tsc += IsLong ? Long : 400;
  }
  return S;
}

TEST(ArenaPlan, ClassesGetTheWindowsOfTheirTime) {
  // A third of the time is in the quarter that takes longer.
  EntrySeries S = mixed(80000, 600);
  PlanOptions O = options();
  O.Windows = 12;
  O.TargetTicks = 20000;
  for (uint64_t Seed = 1; Seed <= 10; ++Seed) {
    O.Seed = Seed;
    WindowPlan Plan = planWindows(S, O);
    ASSERT_EQ(Plan.Windows.size(), 12u);
    std::vector<uint64_t> Long, Short;
    for (const PlannedWindow &W : Plan.Windows)
      (W.Entry / 200 % 4 == 0 ? Long : Short).push_back(W.Entry);
    // One may lie across the border.
    EXPECT_NEAR(double(Long.size()), 4, 1) << Seed;
    // And both are spread over the run.
    for (const std::vector<uint64_t> &Each : {Long, Short}) {
      ASSERT_FALSE(Each.empty());
      EXPECT_LT(Each.front(), 40000u) << Seed;
      EXPECT_GT(Each.back(), 40000u) << Seed;
    }
  }
}

TEST(ArenaPlan, ArgumentsAloneMakeClasses) {
  // The same time for all: only the arguments tell them apart.
  EntrySeries S = mixed(80000, 400);
  PlanOptions O = options();
  O.Windows = 8;
  O.TargetTicks = 20000;
  for (uint64_t Seed = 1; Seed <= 20; ++Seed) {
    O.Seed = Seed;
    unsigned Other = 0;
    for (const PlannedWindow &W : planWindows(S, O).Windows)
      Other += W.Entry / 200 % 4 == 0;
    EXPECT_NEAR(Other, 2, 1) << Seed;
  }
}

TEST(ArenaPlan, WeightsMakeTheWholeRun) {
  // Costs that change with time and with the class; windows of single entries
  // up to dozens.
  auto Cost = [](uint64_t E) {
    uint64_t Noise = E * 0x9e3779b97f4a7c15ull >> 54;
    return 300 + Noise + (E % 1000 < 100 ? 5000 : 0) + E / 100;
  };
  EntrySeries S;
  S.Entries = 60000;
  std::vector<uint64_t> Begin = {0};
  for (uint64_t E = 1; E <= S.Entries; ++E)
    Begin.push_back(Begin.back() + Cost(E));
  for (uint64_t E = 1; E <= S.Entries; E += 25)
    S.Points.push_back({E, 1000 + Begin[E - 1], E % 1000 < 100 ? 10u : 3u});
  PlanOptions O = options();
  O.TargetTicks = 50000;
  double Sum = 0;
  constexpr unsigned Seeds = 40;
  for (uint64_t Seed = 1; Seed <= Seeds; ++Seed) {
    O.Seed = Seed;
    double Estimate = 0;
    for (const PlannedWindow &W : planWindows(S, O).Windows)
      Estimate += W.Weight *
                  double(Begin[W.Entry + W.Entries - 1] - Begin[W.Entry - 1]);
    EXPECT_NEAR(Estimate / double(Begin.back()), 1, 0.15) << Seed;
    Sum += Estimate / double(Begin.back());
  }
  EXPECT_NEAR(Sum / Seeds, 1, 0.03);
}

TEST(ArenaMarked, EntriesShareByTime) {
  EXPECT_EQ(shareOut({1, 1, 98}, 8), (std::vector<unsigned>{0, 0, 8}));
  EXPECT_EQ(shareOut({50, 25, 25}, 8), (std::vector<unsigned>{4, 2, 2}));
  EXPECT_EQ(shareOut({3, 0, 3, 3}, 4), (std::vector<unsigned>{1, 0, 2, 1}));
  EXPECT_EQ(shareOut({0, 0}, 4), (std::vector<unsigned>{0, 0}));
}

TEST(ArenaMarked, WindowsAreSpreadOverTime) {
  // Twice as slow in the second half.
  std::vector<MarkedPoint> Points;
  for (unsigned I = 1; I <= 100; ++I)
    Points.push_back({I * 1000, I <= 50 ? I * 10.0 : 500 + (I - 50) * 20.0});
  for (uint64_t Seed = 1; Seed <= 20; ++Seed) {
    std::vector<MarkedPlace> At = placeAtPasses(Points, 3, 30, Seed, 0);
    ASSERT_EQ(At.size(), 3u);
    EXPECT_LE(At[0].Begin, 50000u);
    EXPECT_GE(At[1].Begin, 50000u);
    EXPECT_LE(At[1].Begin, 75000u);
    EXPECT_GE(At[2].Begin, 75000u);
    EXPECT_LE(At[2].Begin, 98500u); // Room for a window.
    EXPECT_NEAR(At[0].Passes, 50000, 1);
    EXPECT_NEAR(At[1].Passes, 25000, 1);
    EXPECT_NEAR(At[2].Passes, 25000, 1);
  }
  EXPECT_TRUE(placeAtPasses({}, 3, 30, 1, 0).empty());
  // No room but at the beginning: one window.
  std::vector<MarkedPlace> One = placeAtPasses(Points, 3, 1e9, 1, 0);
  ASSERT_EQ(One.size(), 1u);
  EXPECT_EQ(One[0].Begin, 1u);
  EXPECT_NEAR(One[0].Passes, 100000, 1);
}

TEST(ArenaPlan, LongPassesAreNotTakenForMoreThanTheyAre) {
  // Of ten passes one takes 91 ticks, the others 1.
  std::vector<MarkedPoint> Points;
  MarkedPoint At;
  for (unsigned P = 1; P <= 1000; ++P) {
    At.Passes = P;
    At.Ticks += P % 10 ? 1 : 91;
    Points.push_back(At);
  }
  for (uint64_t Seed = 1; Seed <= 20; ++Seed) {
    double Ticks = 0, Covered = 0;
    for (const MarkedPlace &M : placeAtPasses(Points, 16, 0, Seed, 0)) {
      // The pass that runs there is the next one.
      Ticks += M.Passes * (M.Begin % 10 == 9 ? 91 : 1);
      Covered += M.Ticks;
    }
    EXPECT_NEAR(Ticks, At.Ticks, At.Ticks / 8);
    EXPECT_NEAR(Covered, At.Ticks, 1);
  }
}

TEST(ArenaPlan, EntriesTooFarApart) {
  WindowPlan Plan = planWindows(steady(50, 1, 10000000), options());
  EXPECT_TRUE(Plan.NeedsMarker);
  ASSERT_FALSE(Plan.Windows.empty());
  for (const PlannedWindow &W : Plan.Windows)
    EXPECT_EQ(W.Entries, 0u);
  // Entered once.
  Plan = planWindows(steady(1, 1, 1), options());
  EXPECT_TRUE(Plan.NeedsMarker);
  EXPECT_EQ(Plan.Windows.size(), 1u);
}

TEST(ArenaPlan, TheLongEntryIsFound) {
  // One of a thousand entries takes nine tenths of the time.
  EntrySeries S;
  S.Entries = 1000;
  uint64_t Tsc = 0;
  for (uint64_t E = 1; E <= S.Entries; ++E) {
    S.Points.push_back({E, Tsc});
    Tsc += E == 617 ? 9000 * 999 : 1000;
  }
  PlanOptions O = options();
  O.MaxTicks = 0;
  WindowPlan Plan = planWindows(S, O);
  EXPECT_TRUE(Plan.NeedsMarker);
  double Long = 0, All = 0;
  bool Last = false;
  for (const PlannedWindow &W : Plan.Windows) {
    All += W.Weight * W.EntryTicks;
    Last |= W.Entry == 1000;
    if (W.Entry != 617)
      continue;
    EXPECT_EQ(W.EntryTicks, 9000 * 999);
    EXPECT_NEAR(W.Weight, 1, 0.1);
    Long += W.Weight * W.EntryTicks;
  }
  EXPECT_NEAR(Long / All, 0.9, 0.1);
  EXPECT_TRUE(Last);
}

TEST(ArenaPlan, NoEntries) {
  WindowPlan Plan = planWindows({}, options());
  EXPECT_TRUE(Plan.Windows.empty());
  EXPECT_EQ(Plan.Entries, 0u);
}

TEST(ArenaPlan, SameSeedSameWindows) {
  EntrySeries S = steady(100000, 100, 500);
  PlanOptions O = options();
  auto Entries = [&] {
    std::vector<uint64_t> E;
    for (const PlannedWindow &W : planWindows(S, O).Windows)
      E.push_back(W.Entry);
    return E;
  };
  auto First = Entries();
  EXPECT_EQ(First, Entries());
  O.Seed = 2;
  EXPECT_NE(First, Entries());
}

constexpr char Head[] = "load-base 1000\nrange 400000 4000000\n"
                        "runtime 5000 7000\nmarker 5008\nmarker-end 2000\n"
                        "unwinder 1\n";

TEST(ArenaFacts, Parses) {
  Expected<ArenaFacts> F = parseArenaFacts(
      (Twine(Head) + "region 0 2100 2104 080400000000 0810000000000000 1 a b\n"
                     "region 1 2200 0 000000000000 0000000000000000 0 g\n"
                     "external 7fff00 memcpy\n")
          .str());
  ASSERT_THAT_EXPECTED(F, Succeeded());
  ASSERT_EQ(F->Regions.size(), 2u);
  EXPECT_EQ(F->Regions[0].Name, "a b");
  EXPECT_TRUE(F->HasUnwinder);
  EXPECT_EQ(F->Regions[0].Pad, 0x2104u);
  EXPECT_EQ(F->Regions[0].IntBytes[1], 4);
  EXPECT_EQ(F->Regions[0].FpBytes[1], 16);
  EXPECT_TRUE(F->Regions[0].HasMarker);
  EXPECT_EQ(F->Regions[1].Pad, 0u);
  EXPECT_EQ(F->Symbols["memcpy"], 0x7fff00u);
  EXPECT_EQ(F->Symbols["__speciate_arena_marker_end"], 0x2000u);
}

TEST(ArenaFacts, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT_EXPECTED(parseArenaFacts(""), Failed());
  EXPECT_THAT_EXPECTED(parseArenaFacts((Twine(Head) + "moon 1\n").str()),
                       Failed());
  EXPECT_THAT_EXPECTED(
      parseArenaFacts((Twine(Head) + "region 0 2100 2104 08 08 1 a\n").str()),
      Failed());
  EXPECT_THAT_EXPECTED(
      parseArenaFacts((Twine(Head) + "region 3 1 1 080400000000 "
                                     "0810000000000000 1 a\n")
                          .str()),
      Failed());
}

} // namespace
