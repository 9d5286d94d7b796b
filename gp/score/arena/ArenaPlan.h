//===- gp/score/arena/ArenaPlan.h - Which windows
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From the entries that a counting run saw to windows. What the run did is cut
// into segments, which are ordered by class, and by time within a class; then
// as many strata of equal time as windows are wanted, one window at a random
// place in each. So each class has as many windows as it has time, spread over
// the run (systematic sampling of an ordered list stratifies by what it is
// ordered by: Cochran, Sampling Techniques, 1977, ch. 8). A class is how long
// an entry takes (by powers of two: what a loop's trip count does to it), then
// the arguments. Long pauses between entries are not the region's time and
// count little.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_SCORE_ARENA_ARENAPLAN_H
#define SPECIATE_GP_SCORE_ARENA_ARENAPLAN_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace speciate {

/// What takes so many times as long from entry to entry as is usual is a pause,
/// in which something else has its time.
inline constexpr double PauseTimes = 8;

/// Entries of one region in one process of one command.
struct EntrySeries {
  struct Point {
    uint64_t Entry; ///< From 1.
    uint64_t Tsc;
    uint64_t Class = 0; ///< As rt::ArenaPoint has it.
  };
  unsigned Command = 0;
  unsigned Process = 0;
  uint64_t Entries = 0;
  std::vector<Point> Points; ///< Ascending.
  uint64_t End = 0; ///< When the process ended, as Tsc; 0: not known.

  /// Ticks from the last entry to the end; 0 if not known.
  double lastTakes() const {
    const bool Known = !Points.empty() && Points.back().Entry == Entries;
    return Known && End > Points.back().Tsc ? double(End - Points.back().Tsc)
                                            : 0;
  }
};

struct PlannedWindow {
  unsigned Command = 0;
  unsigned Process = 0;
  uint64_t Entry = 0;
  /// The window ends at so many entries after Entry.
  uint64_t Entries = 0;
  /// Windows of this kind in the runs: the entries that it stands for over
  /// Entries.
  double Weight = 0;
  /// Of the runs (WindowPlan::Ticks), that it stands for.
  double Ticks = 0;
  /// From its entry to the next one, on average around it; 0: its process's
  /// last entry, or not known.
  double EntryTicks = 0;
};

struct PlanOptions {
  unsigned Windows = 16;
  double TargetTicks = 0; ///< Of the time stamp counter, per window.
  double MaxTicks = 0;    ///< A window of one entry may not last longer.
  uint64_t Seed = 1;
  unsigned Region = 0; ///< Names the random stream.
};

struct WindowPlan {
  std::vector<PlannedWindow> Windows;
  uint64_t Entries = 0;     ///< Of all series.
  double TicksPerEntry = 0; ///< Median gap.
  double Ticks = 0;         ///< From entry to entry, without long pauses.
  /// Entries are too far apart for windows that end at an entry.
  bool NeedsMarker = false;
  /// Of the time from entry to entry, and to the end, what is in entries of at
  /// least TargetTicks.
  double LongShare = 0;
};

/// With NeedsMarker, the windows' Entries are 0 and Weight is the entries that
/// they stand for. Each series' last entry, of which no gap says how long it
/// takes, is one of them then.
WindowPlan planWindows(llvm::ArrayRef<EntrySeries> Series,
                       const PlanOptions &Options);

} // namespace speciate

#endif
