//===- gp/score/arena/ArenaOpenWindow.h - A window and its processes
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inside of ArenaSession.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_SCORE_ARENA_ARENAOPENWINDOW_H
#define SPECIATE_GP_SCORE_ARENA_ARENAOPENWINDOW_H

#include "gp/score/arena/ArenaRuns.h"
#include "gp/score/arena/ArenaServer.h"
#include "gp/score/arena/ArenaSession.h"
#include "gp/verify/ArenaEquality.h"
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace speciate {

/// A child that ran an original and waits at its end.
struct KeptRun {
  ArenaRun Run;
  ArenaImage Image;
  uint64_t Frames[2] = {0, 0}; ///< Registered in it.
  bool Overwritten = false;    ///< It ran other bytes than Image has now.
  double Seconds = 0;
};

struct OpenWindow {
  explicit OpenWindow(ArenaServer Server) : Server(std::move(Server)) {}

  ArenaServer Server;
  uint32_t Id = 0; ///< In the control file.
  ArenaFrame Frame;
  std::vector<MemoryMapping> Mappings; ///< Of the server.
  bool Lost = false;
  bool ForkPerTrial = false;

  /// Ends the child.
  void forget(std::optional<KeptRun> &Kept);

  /// Of a window that begins at a pass of the loop marker: the entry before, in
  /// whose server it is verified. Server stands at the window's beginning, in
  /// Image's code, and so do those of Others in theirs.
  std::shared_ptr<OpenWindow> Root;
  uint64_t Begin = 0; ///< As in ArenaWindow.
  double SecondsToBegin = 0;
  ArenaImage Image;
  struct Advanced {
    ArenaImage Image;
    uint64_t Used = 0; ///< Greater: later.
    std::unique_ptr<OpenWindow> At;
  };
  std::vector<Advanced> Others;
  OpenWindow &atEntry() { return Root ? *Root : *this; }

  /// At the end, and at the earlier one.
  std::optional<KeptRun> Last, Early;
  /// Entries or passes until the earlier end; 0: there is none.
  uint64_t EarlyLength = 0;
  bool EarlyChecked = false; ///< Two originals are equal there.

  /// Written by originals, as far as known, and writable in the server: what a
  /// worker restores.
  std::vector<uint64_t> Pages;
};

/// Where the \p Rank-th window of a region, \p Length long, is compared besides
/// its end: what was wrong for a time may be right again at the end. After the
/// first entry, or at another place in every second window.
uint64_t earlyLength(size_t Rank, uint64_t Length);

/// Whether Variant does in a window what Original does.
struct Replay {
  OpenWindow &O;
  const ArenaWindow &W;
  const ArenaImage &Original, &Variant;
  bool Everything = false; ///< As in ArenaFrame, at the window's end.
  bool HasUnwinder = false;
  double TicksPerSecond = 1;
  /// As ArenaSession::symbolAt.
  std::function<std::string(uint64_t)> SymbolAt = {};
};

/// ArenaSession::verify, in a window that is not lost.
Verdict replay(const Replay &R);

/// Adds \p Written to O.Pages; true if any is new.
bool addPages(OpenWindow &O, llvm::ArrayRef<uint64_t> Written);

/// The task without flags.
rt::ArenaTask taskFor(const ArenaWindow &W, const ArenaImage &Image);
ArenaEnd endOf(const ArenaRun &Run, const ArenaImage &Image);
/// A system call that changes a process's memory mappings.
bool changesMappings(int Call);

/// Starts a worker that restores O.Pages, and runs \p Warm twice; if that fails
/// there is no worker and \p Why says why. An Error: the window is lost.
llvm::Error startWorker(OpenWindow &O, ArenaRuns &Runs,
                        const rt::ArenaTask &Warm, double Seconds,
                        ArenaRun &Why);

/// Sets the length of \p W (Entries or Passes, whichever is not 0 before), what
/// is known of its time, O.Pages and O.ForkPerTrial. Returns why the window
/// cannot be used, or "".
std::string calibrate(OpenWindow &O, ArenaWindow &W, const ArenaImage &Original,
                      const ArenaOptions &Options, ArenaRuns &Runs,
                      double TicksPerSecond);

} // namespace speciate

#endif
