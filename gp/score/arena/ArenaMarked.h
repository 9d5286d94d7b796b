//===- gp/score/arena/ArenaMarked.h - Windows inside of a long entry
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inside of ArenaSession. A region that is entered once and runs for the whole
// time (an interpreter's loop) does other work in the middle than at the
// beginning. Its windows begin at passes of its loop marker, spread over time.
//
// The frame of a function that runs is that of the code that it runs, so nobody
// can change to a variant in the middle: the variant has to run there from the
// entry. It does so once for each window and image; what stands there then is a
// server (rt::ArenaRequestKind::Advance), in which trials are as quick as in
// others. Verification runs from the entry to the window's end: all that is
// timed was compared, and what came before, too.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_SCORE_ARENA_ARENAMARKED_H
#define SPECIATE_GP_SCORE_ARENA_ARENAMARKED_H

#include "gp/score/arena/ArenaOpenWindow.h"

namespace speciate {

/// So many passes after the entry, so many ticks; both rise.
struct MarkedPoint {
  uint64_t Passes = 0;
  double Ticks = 0;
};

/// Runs on from \p Root, step by step, as long as there are passes, but not
/// longer than \p MaxTicks. Empty if there is not one step; \p Why says why it
/// went no further, or "".
std::vector<MarkedPoint> surveyMarker(ArenaServer &Root,
                                      ArenaListener &Listener,
                                      const ArenaImage &Image, double StepTicks,
                                      double MaxTicks, double TicksPerSecond,
                                      std::string &Why);

/// An entry behind which windows begin.
struct MarkedEntry {
  std::shared_ptr<OpenWindow> Root;
  ArenaWindow Where;
  double Count = 1;  ///< Of entries that it stands for.
  double Gap = 0;    ///< Ticks to the next entry, or the end; 0: not known.
  double Looked = 0; ///< Ticks that were to be looked through.
  std::vector<MarkedPoint> Points;

  /// Ticks that the runs spend in all these entries. One takes no longer than
  /// the time to the next one, nor, if it was looked through to its end, than
  /// what was seen, which has the copying of pages in it.
  double known() const {
    if (Points.empty())
      return 0;
    const double Seen = Points.back().Ticks;
    if (Gap <= 0)
      return Count * Seen;
    return Count * (Seen < Looked ? std::min(Seen, Gap) : Gap);
  }
};

/// Shares \p Windows out to entries by their time; they are ascending.
std::vector<unsigned> shareOut(llvm::ArrayRef<double> Times, unsigned Windows);

struct MarkedPlace {
  uint64_t Begin = 0; ///< Passes after the entry, at least 1.
  double Passes = 0;  ///< That the window stands for.
  double Ticks = 0;   ///< That it stands for.
};

/// Where \p Count windows begin: in each of as many parts of equal time one, at
/// a random place, \p WindowTicks before the end at least. Ascending; two that
/// would be at one place are one. A place in time is among long passes more
/// often than among short ones: it stands for as many passes as fit into its
/// part of the time as they are there (Horvitz and Thompson 1952).
std::vector<MarkedPlace> placeAtPasses(llvm::ArrayRef<MarkedPoint> Points,
                                       unsigned Count, double WindowTicks,
                                       uint64_t Seed, uint64_t Stream);

/// Goes on from \p From to \p Passes passes later, where a new window stands;
/// null if it does not get there. \p Root: the entry that all began at.
std::unique_ptr<OpenWindow> advance(ArenaServer &From,
                                    const std::shared_ptr<OpenWindow> &Root,
                                    ArenaListener &Listener,
                                    const ArenaImage &Image, uint64_t Passes,
                                    double Seconds, ArenaRun &Why);

/// The pages of the stack that frames between \p Root's entry and \p O's
/// beginning are on.
void addFramePages(OpenWindow &O, const OpenWindow &Root);

} // namespace speciate

#endif
