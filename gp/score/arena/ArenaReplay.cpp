//===- gp/score/arena/ArenaReplay.cpp - Original and variant in one window
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/arena/ArenaOpenWindow.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>

using namespace llvm;

namespace speciate {

using rt::ArenaTask;

void OpenWindow::forget(std::optional<KeptRun> &Kept) {
  if (Kept)
    if (Error E = atEntry().Server.kill(Kept->Run.Pid)) {
      consumeError(std::move(E));
      Lost = true;
    }
  Kept.reset();
}

uint64_t earlyLength(size_t Rank, uint64_t Length) {
  if (Length < 2)
    return 0;
  if (Rank % 2 == 0)
    return 1;
  constexpr size_t Most = 40; // no window is that long
  return std::max<uint64_t>(1, Length >> std::min(Rank, Most));
}

namespace {

class Replayer {
public:
  explicit Replayer(const Replay &R) : R(R), O(R.O) {
    // What is registered with the unwinder must be the same in both.
    if (!R.HasUnwinder)
      return;
    Frames[0] = R.Original.EhFrame;
    if (R.Variant.EhFrame != R.Original.EhFrame)
      Frames[1] = R.Variant.EhFrame;
  }

  Verdict run() {
    checkEarlyEnd();
    if (O.Lost)
      return lost("the window is lost");
    if (O.EarlyLength) {
      Verdict Early = compareAt(O.Early, O.EarlyLength);
      if (!Early.accepted()) {
        if (Early.Kind == VerdictKind::Unsound)
          Early.Detail +=
              formatv(", after {0} of {1}", O.EarlyLength, length());
        return Early;
      }
    }
    return compareAt(O.Last, length());
  }

private:
  /// From the entry.
  uint64_t length() const {
    return R.W.Passes ? R.W.Begin + R.W.Passes : R.W.Entries;
  }

  ArenaTask task(const ArenaImage &Image, uint64_t Length) const {
    ArenaTask T = taskFor(R.W, Image);
    (R.W.Passes ? T.Passes : T.Entries) = int64_t(Length);
    T.Flags =
        rt::ArenaAllowMemory | rt::ArenaFollowStack | rt::ArenaRecordCalls;
    std::copy(std::begin(Frames), std::end(Frames), T.EhFrames);
    return T;
  }

  Verdict lost(const std::string &Why) {
    O.Lost = true;
    return {VerdictKind::Unsupported, Why};
  }

  /// Sees to it that \p Kept is the original after \p Length; else says why
  /// not.
  std::string keepOriginal(std::optional<KeptRun> &Kept, uint64_t Length) {
    if (Kept && (Kept->Image != R.Original || Kept->Overwritten ||
                 !std::equal(Frames, Frames + 2, Kept->Frames)))
      O.forget(Kept);
    if (Kept)
      return "";
    const double Limit = 2 + 10 * O.SecondsToBegin;
    Expected<ArenaRun> Run =
        O.atEntry().Server.run(task(R.Original, Length), Limit);
    if (!Run) {
      O.Lost = true;
      return toString(Run.takeError());
    }
    if (Run->What != ArenaRun::Reached)
      return "the original does not reach the end: " + Run->describe();
    Kept.emplace();
    Kept->Run = *Run;
    Kept->Image = R.Original;
    std::copy(std::begin(Frames), std::end(Frames), Kept->Frames);
    Kept->Seconds = double(Run->Report.Cycles) / R.TicksPerSecond;
    return "";
  }

  /// Two runs of the original may differ where the window does not end: then
  /// there is no such end.
  void checkEarlyEnd() {
    if (!O.EarlyLength || O.EarlyChecked)
      return;
    O.EarlyChecked = true;
    bool Equal = false;
    if (keepOriginal(O.Early, O.EarlyLength).empty()) {
      Replay Same = {O, R.W, R.Original, R.Original};
      Same.HasUnwinder = R.HasUnwinder;
      Same.TicksPerSecond = R.TicksPerSecond;
      Replayer Twice(Same);
      std::copy(std::begin(Frames), std::end(Frames), Twice.Frames);
      Equal = Twice.compareAt(O.Early, O.EarlyLength).accepted();
    }
    if (Equal)
      return;
    O.forget(O.Early);
    O.EarlyLength = 0;
  }

  /// At the end after \p Length, where the original is \p Kept.
  Verdict compareAt(std::optional<KeptRun> &Kept, uint64_t Length) {
    if (std::string Why = keepOriginal(Kept, Length); !Why.empty())
      return {VerdictKind::Unsupported, Why};
    // A variant may be slow where the machine is busy, but not like this.
    constexpr double Patience = 0.3, Times = 50;
    Expected<ArenaRun> Run = O.atEntry().Server.run(
        task(R.Variant, Length), Patience + Times * Kept->Seconds);
    if (!Run)
      return lost(toString(Run.takeError()));
    switch (Run->What) {
    case ArenaRun::Reached:
      break;
    case ArenaRun::Crashed:
      return {VerdictKind::Crashed, Run->describe()};
    case ArenaRun::TimedOut:
      return {VerdictKind::TimedOut,
              "does not reach the end that the original reaches"};
    case ArenaRun::Left:
    case ArenaRun::Exited:
      return {VerdictKind::Unsound, Run->describe()};
    case ArenaRun::Failed:
      return {VerdictKind::Unsupported, Run->describe()};
    }
    ArenaFrame Frame = O.atEntry().Frame;
    Frame.Everything = R.Everything && &Kept == &O.Last;
    Expected<ArenaComparison> Same =
        compareEnds(endOf(Kept->Run, R.Original), endOf(*Run, R.Variant), Frame,
                    O.atEntry().Mappings);
    Verdict Result;
    if (Same) {
      // Another image of the original may write to other stack pages. From an
      // entry long before, it wrote to many others.
      if (&Kept == &O.Last && !O.Root && addPages(O, Same->Written))
        O.Server.endWorker();
      Result.Kind = VerdictKind::Replayed;
      if (Same->Difference)
        Result = {VerdictKind::Unsound, describe(*Same->Difference)};
    } else {
      Result = {VerdictKind::Unsupported, toString(Same.takeError())};
    }
    if (Error E = O.atEntry().Server.kill(Run->Pid))
      return lost(toString(std::move(E)));
    return Result;
  }

  std::string describe(const ArenaDifference &D) const {
    if (!D.Address)
      return D.What;
    std::string Where = R.SymbolAt ? R.SymbolAt(D.Address) : "";
    if (Where.empty())
      Where = D.Mapping;
    return formatv("memory at {0:x}{1}: {2}", D.Address,
                   Where.empty() ? "" : " (" + Where + ")", D.What)
        .str();
  }

  const Replay &R;
  OpenWindow &O;
  uint64_t Frames[2] = {0, 0};
};

} // namespace

Verdict replay(const Replay &R) { return Replayer(R).run(); }

} // namespace speciate
