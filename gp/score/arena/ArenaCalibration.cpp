//===- gp/score/arena/ArenaCalibration.cpp - How long a window must be
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A forked child is slowed down by page faults, several times where a window
// writes much, but has no trouble with whatever the window does; a worker's
// time is what counts, but it can only run what is known to come back and to
// write to known pages. So: children until the window comes to its end in about
// the right time, then two of them to see that they end alike, then a worker;
// if it says that the window is too short, all again with a longer one.
//
//===----------------------------------------------------------------------===//

#include "gp/score/arena/ArenaOpenWindow.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

using namespace llvm;

namespace speciate {

using rt::ArenaTask;

rt::ArenaTask taskFor(const ArenaWindow &W, const ArenaImage &Image) {
  ArenaTask T = {};
  T.Target = Image.Address;
  T.TargetSize = Image.Size;
  T.EhFrames[0] = Image.EhFrame;
  T.Entries = int64_t(W.Entries);
  T.Passes = int64_t(W.Passes);
  return T;
}

ArenaEnd endOf(const ArenaRun &Run, const ArenaImage &Image) {
  return {Run.Pid, Run.Report, Image.Address, Image.Address + Image.Size};
}

bool addPages(OpenWindow &O, ArrayRef<uint64_t> Written) {
  std::vector<uint64_t> All;
  std::set_union(O.Pages.begin(), O.Pages.end(), Written.begin(), Written.end(),
                 std::back_inserter(All));
  erase_if(All, [&](uint64_t Page) {
    return none_of(O.Mappings, [&](const MemoryMapping &M) {
      return Page >= M.Begin && Page < M.End && M.Permissions[1] == 'w';
    });
  });
  bool New = All.size() != O.Pages.size();
  O.Pages = std::move(All);
  return New;
}

bool changesMappings(int Call) {
  // mmap, mprotect, munmap, brk, mremap, madvise
  return is_contained({9, 10, 11, 12, 25, 28}, Call);
}

Error startWorker(OpenWindow &O, ArenaRuns &Runs, const ArenaTask &Warm,
                  double Seconds, ArenaRun &Why) {
  if (Error E = Runs.writePages(O.Id, O.Pages))
    return E;
  constexpr double StartSeconds = 10;
  if (Error E =
          O.Server.startWorker(Runs.listener(), O.Pages.size(), StartSeconds)) {
    O.Lost = true;
    return E;
  }
  (void)O.Server.trials({Warm, Warm}, Seconds, Why);
  return Error::success();
}

namespace {

class Calibration {
public:
  Calibration(OpenWindow &O, ArenaWindow &W, const ArenaImage &Original,
              const ArenaOptions &Options, ArenaRuns &Runs,
              double TicksPerSecond)
      : O(O), W(W), Original(Original), Options(Options), Runs(Runs),
        TicksPerSecond(TicksPerSecond) {}

  std::string run() {
    std::string Why = findLength();
    if (Why.empty())
      Why = tryLength();
    if (!Why.empty())
      return Why;
    constexpr unsigned Rounds = 3;
    for (unsigned Round = 0; Round < Rounds; ++Round) {
      double Seconds = double(W.Cycles) / TicksPerSecond;
      if (Seconds >= std::max(Options.MinSeconds, Options.TargetSeconds / 2) &&
          Seconds <= std::min(Options.MaxSeconds, Options.TargetSeconds * 1.5))
        break;
      const ArenaWindow Before = W;
      uint64_t &Length = W.Passes ? W.Passes : W.Entries;
      Length =
          uint64_t(std::clamp(double(Length) * Options.TargetSeconds / Seconds,
                              1.0, 64.0 * double(Length)));
      if (Length == (W.Passes ? Before.Passes : Before.Entries))
        break;
      if (tryLength().empty())
        continue;
      // Back to what is known to work.
      if (O.Lost)
        return "the server ended";
      W = Before;
      if (Why = checkDeterminism(); !Why.empty())
        return Why;
      break;
    }
    double Seconds = double(W.Cycles) / TicksPerSecond;
    if (Seconds > Options.MaxSeconds)
      return TooLong;
    if (Seconds < Options.MinSeconds / 2)
      return "too short";
    return "";
  }

private:
  static constexpr char TooLong[] = "one entry is longer than a window may be";

  /// By how many entries the end of a window may be put off, to be outside of
  /// its own frames.
  static uint64_t extraEntries(uint64_t Entries) {
    return std::max<uint64_t>(Entries / 2, 256);
  }

  std::string lost(Error E) {
    O.Lost = true;
    return toString(std::move(E));
  }

  /// One run of the original; left waiting for \p Keep, else killed. The reason
  /// if it did not reach the end.
  std::string once(bool Settled, ArenaRun *Keep = nullptr) {
    ArenaTask T = taskFor(W, Original);
    T.Extra = W.Entries && !Settled ? extraEntries(W.Entries) : 0;
    T.Flags =
        rt::ArenaAllowMemory | rt::ArenaFollowStack | rt::ArenaRecordCalls;
    constexpr double Limit = 2;
    Expected<ArenaRun> Run = O.Server.run(T, Limit);
    if (!Run)
      return lost(Run.takeError());
    if (Run->What != ArenaRun::Reached)
      return Run->describe();
    W.ForkCycles = Run->Report.Cycles;
    // Put off in vain: rather a short window.
    Extra = endsInside(Run->Report) ? 0 : Run->Report.ExtraUsed;
    if (Keep)
      *Keep = *Run;
    else if (Error E = O.Server.kill(Run->Pid))
      return lost(std::move(E));
    return "";
  }

  /// Until a child takes about the right time.
  std::string findLength() {
    constexpr unsigned Tries = 8;
    uint64_t &Length = W.Passes ? W.Passes : W.Entries;
    // Lengths that are known to be all right, but perhaps too short, and known
    // not to be: too long, or not to reach the end.
    // A child with thousands of page faults takes several times as long as a
    // worker, whose time is what decides.
    constexpr double Faults = 4;
    const double TooLongSeconds = Faults * Options.MaxSeconds;
    uint64_t Good = 0, Bad = UINT64_MAX;
    std::string Why;
    for (unsigned Try = 0; Try < Tries; ++Try) {
      std::string Failure = once(/*Settled=*/false);
      if (O.Lost)
        return Failure;
      double Seconds = double(W.ForkCycles) / TicksPerSecond;
      if (!Failure.empty() || Seconds > TooLongSeconds) {
        Why = Failure.empty() ? TooLong : Failure;
        Bad = std::min(Bad, Length);
      } else {
        Good = std::max(Good, Length);
        if (Seconds >= Options.MinSeconds)
          break;
      }
      if (Bad <= Good + 1)
        break;
      uint64_t Next = Length / 8;
      if (Failure.empty())
        Next = uint64_t(
            std::clamp(double(Length) * Options.TargetSeconds / Seconds, 1.0,
                       64.0 * double(Length)));
      // Time need not be proportional to entries: a pause between two phases
      // of the program may be in the way.
      if (Next >= Bad || Next <= Good)
        Next = Bad == UINT64_MAX ? Good * 2 : Good + (Bad - Good) / 2;
      Length = std::max<uint64_t>(Next, 1);
    }
    if (!Good)
      return Why;
    Length = Good;
    return "";
  }

  /// Settles the end for the length at hand, and measures it.
  std::string tryLength() {
    std::string Why = once(/*Settled=*/false);
    if (Why.empty() && W.Entries)
      W.Entries += Extra;
    if (Why.empty())
      Why = checkDeterminism();
    if (Why.empty())
      Why = measure();
    return Why;
  }

  std::string checkDeterminism() {
    ArenaRun First, Second;
    if (std::string Why = once(/*Settled=*/true, &First); !Why.empty())
      return Why;
    std::string Why = once(/*Settled=*/true, &Second);
    if (Why.empty()) {
      Expected<ArenaComparison> Same = compareEnds(
          endOf(First, Original), endOf(Second, Original), O.Frame, O.Mappings);
      if (!Same)
        Why = toString(Same.takeError());
      else if (Same->Difference)
        Why = "two runs of the original differ";
      else {
        O.Pages.clear();
        addPages(O, Same->Written);
        O.ForkPerTrial = Same->MappingsChanged;
      }
      if (Error E = O.Server.kill(Second.Pid))
        return lost(std::move(E));
    }
    if (!O.Lost)
      if (Error E = O.Server.kill(First.Pid))
        return lost(std::move(E));
    return Why;
  }

  /// Sets W.Cycles.
  std::string measure() {
    constexpr double Limit = 5;
    ArenaTask T = taskFor(W, Original);
    T.Flags = rt::ArenaScrub;
    ArenaRun Why;
    if (!O.ForkPerTrial) {
      if (Error E = startWorker(O, Runs, T, Limit, Why))
        return lost(std::move(E));
      if (O.Server.hasWorker()) {
        auto Cycles = O.Server.trials({T, T, T}, Limit, Why);
        bool IsCounted = false;
        if (Cycles)
          if (auto Counts = O.Server.trials({T, T}, Limit, Why,
                                            /*Counted=*/true))
            IsCounted = (*Counts)[0] && (*Counts)[1];
        O.Server.endWorker();
        if (!Cycles)
          return Why.describe();
        std::sort(Cycles->begin(), Cycles->end());
        W.Cycles = (*Cycles)[1];
        W.Counted = IsCounted;
        return "";
      }
      if (Why.What != ArenaRun::Left || !changesMappings(Why.Report.Number))
        return Why.describe();
      O.ForkPerTrial = true;
    }
    if (Error E = Runs.writePages(O.Id, O.Pages))
      return lost(std::move(E));
    T.Flags |= rt::ArenaAllowMemory | rt::ArenaTouchPages;
    Expected<ArenaRun> Run = O.Server.run(T, Limit);
    if (!Run)
      return lost(Run.takeError());
    if (Run->What != ArenaRun::Reached)
      return Run->describe();
    W.Cycles = Run->Report.Cycles;
    W.Counted = Run->Report.Counted != 0;
    if (Error E = O.Server.kill(Run->Pid))
      return lost(std::move(E));
    return "";
  }

  OpenWindow &O;
  ArenaWindow &W;
  const ArenaImage Original;
  const ArenaOptions &Options;
  ArenaRuns &Runs;
  const double TicksPerSecond;
  uint64_t Extra = 0;
};

} // namespace

std::string calibrate(OpenWindow &O, ArenaWindow &W, const ArenaImage &Original,
                      const ArenaOptions &Options, ArenaRuns &Runs,
                      double TicksPerSecond) {
  return Calibration(O, W, Original, Options, Runs, TicksPerSecond).run();
}

} // namespace speciate
