//===- gp/score/arena/ArenaPlan.h - Which windows
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From the entries that a counting run saw to windows: as many strata of equal
// time as windows are wanted, one window at a random place in each. Long pauses
// between entries are not the region's time and count little.
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

/// Entries of one region in one process of one command.
struct EntrySeries {
  struct Point {
    uint64_t Entry; ///< From 1.
    uint64_t Tsc;
  };
  unsigned Command = 0;
  unsigned Process = 0;
  uint64_t Entries = 0;
  std::vector<Point> Points; ///< Ascending.
};

struct PlannedWindow {
  unsigned Command = 0;
  unsigned Process = 0;
  uint64_t Entry = 0;
  /// The window ends at so many entries after Entry.
  uint64_t Entries = 0;
  /// Windows of this kind in the runs: entries of the stratum over Entries.
  double Weight = 0;
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
  /// Entries are too far apart for windows that end at an entry.
  bool NeedsMarker = false;
};

/// With NeedsMarker, the windows' Entries are 0 and Weight is entries of the
/// stratum.
WindowPlan planWindows(llvm::ArrayRef<EntrySeries> Series,
                       const PlanOptions &Options);

} // namespace speciate

#endif
