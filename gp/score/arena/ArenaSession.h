//===- gp/score/arena/ArenaSession.h - Windows of a program, on demand
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Drives an arena program (docs/Arena.md): finds windows in the training
// commands, holds a stopped process for each, and answers two questions about
// code that was placed in the program's range for images: does a variant leave
// the same state behind as the original, and how long does it take.
//
//   auto Session = ArenaSession::create(Program, Commands, Files, Options);
//   Session->facts()                  addresses, for who places the images
//   Session->writeImage(Address, Bytes)
//   Session->setOriginal(Region, Image)     needed for regions with a marker
//   Session->openWindows()            a counting and a capturing run a command
//   Session->verify(Window, Original, Variant)
//   Session->time(Window, {A, B, ...})
//
// Who uses it. One thread at a time. Windows, servers and all else end with the
// object. As long as it lives, this process adopts orphans (the servers, when
// the program that they were forked from has ended). SIGCHLD must not be
// ignored.
//
// Units. Cycles are those of the time stamp counter, which runs at a fixed rate
// (ticksPerSecond), but time() gives the processor's own cycles in user mode
// where perf_event has them (ArenaWindow::Counted): compare times of one round
// with each other. Many virtual machines have no counters.
//
// Not for timing: code that was not verified. A trial restores only what the
// original wrote.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_SCORE_ARENA_ARENASESSION_H
#define SPECIATE_GP_SCORE_ARENA_ARENASESSION_H

#include "gp/score/arena/ArenaFacts.h"
#include "gp/verify/Verdict.h"
#include "runtime/speciate_arena_abi.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace speciate {

struct EntrySeries;
struct MarkedEntry;

struct ArenaOptions {
  /// Windows of a region, at most.
  unsigned WindowsPerRegion = 16;
  /// Windows of all regions, at most; each is a stopped process.
  unsigned WindowsMax = 512;
  /// A window aims at the target, to half of it, and is dropped outside of the
  /// limits.
  double TargetSeconds = 0.8e-3;
  double MinSeconds = 0.3e-3, MaxSeconds = 5e-3;
  /// The upper limit for regions whose single entries take longer than
  /// MaxSeconds, and that have no loop marker; they have half as many windows.
  double LongSeconds = 20e-3;
  /// How long after an entry, at most, a window of a region with a loop marker
  /// may begin: what verification and the first trial of a variant run through
  /// to get there.
  double BeginSeconds = 0.25;
  /// Of one training command.
  double CommandSeconds = 120;
  /// Windows run on this processor; negative: anywhere.
  int Cpu = -1;
  /// What time() measures with, where it can be had.
  rt::ArenaCounter Counter = rt::ArenaCounter::Cycles;
  uint64_t Seed = 1;
  /// Names of the regions to open windows for; empty: all.
  std::vector<std::string> Regions;
};

/// Code that a region's entries go to.
struct ArenaImage {
  /// In the range, or a function of the program; the region's own address
  /// stands for the program's own code.
  uint64_t Address = 0;
  /// Bytes from Address that belong to the image; 0 for the program's own.
  uint64_t Size = 0;
  /// Address of its .eh_frame, terminated by a zero word, or 0.
  uint64_t EhFrame = 0;

  bool operator==(const ArenaImage &) const = default;
};

struct ArenaWindow {
  unsigned Region = 0; ///< Index in facts().Regions.
  unsigned Command = 0, Process = 0;
  uint64_t Entry = 0; ///< From 1.
  /// It begins so many passes of the loop marker after the entry.
  uint64_t Begin = 0;
  /// The window ends at so many entries later, or at the pass of the loop
  /// marker; the other one is 0.
  uint64_t Entries = 0, Passes = 0;
  /// All runs of the commands have so many such windows, by the time of the
  /// counting run: time saved in this one times Weight, summed over the
  /// region's windows, estimates time saved.
  double Weight = 0;
  /// Of the counting run, that it stands for; 0 if it begins at a pass.
  double Ticks = 0;
  /// Of the original as time() gives them, and in a forked child, page faults
  /// included.
  uint64_t Cycles = 0, ForkCycles = 0;
  size_t PagesWritten = 0;
  /// It changes its memory mappings: every trial is a fork, and page faults are
  /// in the time only for pages that the original does not write.
  bool ForkPerTrial = false;
  /// time() gives what the counter said, else time stamp cycles.
  bool Counted = false;
};

struct ArenaRegionState {
  uint64_t Entries = 0; ///< Of all processes and commands.
  double SecondsPerEntry = 0;
  /// Of the runs, from entry to entry (of a loop marker: as far as it was
  /// looked through), what the windows' weights and times should add up to.
  double Seconds = 0;
  std::vector<unsigned> Windows; ///< Indices in windows().
  /// Windows that were dropped, by reason.
  std::map<std::string, unsigned> Dropped;
  /// Why there are none; empty if there are some.
  std::string NotWindowed;
};

class ArenaSession {
public:
  /// Asks \p Program where everything is. \p Commands as in Workload, run in
  /// the user's directory \p Files; they are not run yet.
  static llvm::Expected<std::unique_ptr<ArenaSession>>
  create(const std::string &Program, const std::vector<std::string> &Commands,
         const std::string &Files, const ArenaOptions &Options);
  ~ArenaSession();
  ArenaSession(const ArenaSession &) = delete;
  ArenaSession &operator=(const ArenaSession &) = delete;

  const ArenaFacts &facts() const { return Facts; }

  /// Copies \p Bytes to \p Address, for all windows. Must be in the range.
  /// Overwriting an image is right if nobody uses the old one any more.
  llvm::Error writeImage(uint64_t Address, llvm::ArrayRef<uint8_t> Bytes);

  /// The image that \p Region's windows are calibrated with. Without it, the
  /// program's own code.
  void setOriginal(unsigned Region, const ArenaImage &Image);

  /// Runs every command twice, opens the windows, and runs the original twice
  /// in each: windows where it does not reach the end, or not always with the
  /// same state, are dropped. An Error means that a command could not be run or
  /// failed. Once.
  llvm::Error openWindows();

  const std::vector<ArenaWindow> &windows() const { return Windows; }
  const std::vector<ArenaRegionState> &regions() const { return Regions; }
  /// Windows of all regions that were dropped, by reason.
  const std::map<std::string, unsigned> &dropped() const { return Dropped; }

  /// Runs \p Variant in forks and compares the end of the window, and one
  /// earlier entry (or pass) in it, with those of \p Original, which are kept
  /// from the last call. Replayed if they are equal; Unsound, Crashed or
  /// TimedOut with the reason; Unsupported if \p Original itself does not reach
  /// the end, or the window is lost.
  /// \p Everything: as in ArenaFrame.
  Verdict verify(unsigned Window, const ArenaImage &Original,
                 const ArenaImage &Variant, bool Everything = false);

  /// Runs the images one after the other from the same state, each after a
  /// scrub of the branch predictor: cycles in the order of \p Images, 0 for one
  /// that did not come back. An Error means that the window is lost. Different
  /// times of one image in one window are no independent samples: rotate over
  /// windows.
  llvm::Expected<std::vector<uint64_t>> time(unsigned Window,
                                             llvm::ArrayRef<ArenaImage> Images);

  /// Ends the window's worker and its kept process, which hold memory. They
  /// come back when needed.
  void rest(unsigned Window);

  double ticksPerSecond() const { return TicksPerSecond; }
  /// "function+0x10" for an address in the program, else "".
  std::string symbolAt(uint64_t Address);

private:
  struct Impl;
  struct Wish;
  /// Adds what is wanted of \p Region; \p Marked: of passes of its loop.
  void planRegion(unsigned Region, llvm::ArrayRef<EntrySeries> Counts,
                  bool Marked, Wish &Wanted);
  /// Captures and opens.
  llvm::Error openWanted(Wish Wanted);
  /// Opens windows at passes of the loop marker behind \p Entries of a region.
  void openMarked(unsigned Region, std::vector<MarkedEntry> Entries);
  /// False if there is none.
  bool openBehind(const MarkedEntry &Entry, unsigned Windows);
  void drop(unsigned Region, const std::string &Why);
  explicit ArenaSession(std::unique_ptr<Impl> I);

  std::unique_ptr<Impl> I;
  ArenaFacts Facts;
  std::vector<ArenaWindow> Windows;
  std::vector<ArenaRegionState> Regions;
  std::map<std::string, unsigned> Dropped;
  double TicksPerSecond = 0;
};

} // namespace speciate

#endif
