//===- gp/score/arena/ArenaSession.cpp - Windows of a program, on demand
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/arena/ArenaSession.h"
#include "gp/score/Workload.h"
#include "gp/score/arena/ArenaMarked.h"
#include "gp/score/arena/ArenaOpenWindow.h"
#include "gp/score/arena/ArenaPlan.h"
#include "gp/score/arena/ArenaRuns.h"
#include "gp/score/arena/ArenaServer.h"
#include "gp/score/arena/ArenaSymbolNames.h"
#include "gp/verify/ArenaEquality.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <chrono>
#include <optional>
#include <sched.h>
#include <set>
#include <sys/prctl.h>
#include <thread>
#include <x86intrin.h>

using namespace llvm;

namespace speciate {

using rt::ArenaTask;

/// Where fewer begin at passes, windows of entries are tried.
static constexpr size_t FewWindows = 4;

namespace {

double measureTicksPerSecond() {
  using Clock = std::chrono::steady_clock;
  auto Start = Clock::now();
  uint64_t First = __rdtsc();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  uint64_t Last = __rdtsc();
  return double(Last - First) /
         std::chrono::duration<double>(Clock::now() - Start).count();
}

void pin(int Pid, int Cpu) {
  if (Cpu < 0)
    return;
  cpu_set_t Set;
  CPU_ZERO(&Set);
  CPU_SET(Cpu, &Set);
  ::sched_setaffinity(Pid, sizeof(Set), &Set);
}

} // namespace

struct ArenaSession::Impl {
  Impl(ArenaRuns Runs, ArenaOptions Options, std::string Program)
      : Runs(std::move(Runs)), Options(std::move(Options)),
        Symbols(std::move(Program)) {}

  ArenaRuns Runs;
  ArenaOptions Options;
  ArenaSymbolNames Symbols;
  std::map<unsigned, ArenaImage> Originals;
  std::vector<std::unique_ptr<OpenWindow>> Open;
  bool Opened = false;
  uint32_t NextId = 0; ///< OpenWindow::Id
  uint64_t Clock = 0; ///< For OpenWindow::Advanced::Used.
  int WasSubreaper = 0;

  /// The window \p O where it begins in \p Image's code; null if \p Image does
  /// not get there.
  OpenWindow *at(OpenWindow &O, const ArenaWindow &W, const ArenaImage &Image);
  void forgetOldest();
  /// As ArenaSession::time, without windows that begin at a pass.
  Expected<std::vector<uint64_t>> time(OpenWindow &O, ArenaWindow &W,
                                       ArrayRef<ArenaImage> Images,
                                       double TicksPerSecond);
};

ArenaSession::ArenaSession(std::unique_ptr<Impl> I) : I(std::move(I)) {
  TicksPerSecond = measureTicksPerSecond();
  ::prctl(PR_GET_CHILD_SUBREAPER, &this->I->WasSubreaper);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

ArenaSession::~ArenaSession() {
  // Later windows of an entry stand behind earlier ones.
  while (!I->Open.empty())
    I->Open.pop_back();
  ::prctl(PR_SET_CHILD_SUBREAPER, I->WasSubreaper);
}

Expected<std::unique_ptr<ArenaSession>>
ArenaSession::create(const std::string &Program,
                     const std::vector<std::string> &Commands,
                     const std::string &Files, const ArenaOptions &Options) {
  Expected<ArenaRuns> Runs = ArenaRuns::create(
      Program, Commands, Files, Options.CommandSeconds, Options.Counter);
  if (!Runs)
    return Runs.takeError();
  Expected<ArenaFacts> Facts = Runs->describe();
  if (!Facts)
    return Facts.takeError();
  std::unique_ptr<ArenaSession> Session(new ArenaSession(
      std::make_unique<Impl>(std::move(*Runs), Options, Program)));
  Session->Facts = std::move(*Facts);
  Session->Regions.resize(Session->Facts.Regions.size());
  return std::move(Session);
}

Error ArenaSession::writeImage(uint64_t Address, ArrayRef<uint8_t> Bytes) {
  if (Address < Facts.RangeBegin ||
      Address - Facts.RangeBegin > Facts.RangeSize ||
      Bytes.size() > Facts.RangeSize - (Address - Facts.RangeBegin))
    return createStringError("an image of %zu bytes at 0x%llx is not in the "
                             "arena's range",
                             Bytes.size(), (unsigned long long)Address);
  for (auto &O : I->Open)
    for (std::optional<KeptRun> *Kept : {&O->Early, &O->Last})
      if (*Kept && Address < (*Kept)->Image.Address + (*Kept)->Image.Size &&
          (*Kept)->Image.Address < Address + Bytes.size())
        (*Kept)->Overwritten = true;
  for (auto &O : I->Open)
    llvm::erase_if(O->Others, [&](const OpenWindow::Advanced &A) {
      return Address < A.Image.Address + A.Image.Size &&
             A.Image.Address < Address + Bytes.size();
    });
  return I->Runs.writeImage(Address - Facts.RangeBegin, Bytes);
}

void ArenaSession::setOriginal(unsigned Region, const ArenaImage &Image) {
  I->Originals[Region] = Image;
}

std::string ArenaSession::symbolAt(uint64_t Address) {
  return I->Symbols.at(Address, Facts.LoadBase);
}

//===----------------------------------------------------------------------===//
// Opening windows
//===----------------------------------------------------------------------===//

/// What one round of planning wants.
struct ArenaSession::Wish {
  std::vector<ArenaWindow> Windows;
  /// By index: an entry behind which windows begin at passes.
  std::map<size_t, PlannedWindow> Marks;
  std::set<unsigned> Long; ///< Regions of which an entry is a window.

  /// Too many: thins out evenly.
  void thinOut(size_t Most);
};

void ArenaSession::Wish::thinOut(size_t Most) {
  if (Windows.size() <= Most)
    return;
  std::vector<ArenaWindow> Fewer;
  std::map<size_t, PlannedWindow> Kept;
  for (size_t K = 0; K < Most; ++K) {
    size_t From = K * Windows.size() / Most;
    if (auto M = Marks.find(From); M != Marks.end())
      Kept[Fewer.size()] = M->second;
    Fewer.push_back(Windows[From]);
  }
  Windows = std::move(Fewer);
  Marks = std::move(Kept);
}

void ArenaSession::planRegion(unsigned R, ArrayRef<EntrySeries> Counts,
                              bool Marked, Wish &Wanted) {
  ArenaRegionState &State = Regions[R];
  PlanOptions P;
  P.Windows = I->Options.WindowsPerRegion;
  P.TargetTicks = I->Options.TargetSeconds * TicksPerSecond;
  P.MaxTicks = I->Options.MaxSeconds * TicksPerSecond;
  P.Seed = I->Options.Seed;
  P.Region = R;
  WindowPlan Plan = planWindows(Counts, P);
  State.Entries = Plan.Entries;
  State.SecondsPerEntry = Plan.TicksPerEntry / TicksPerSecond;
  if (!State.NotWindowed.empty())
    return;
  if (!Plan.Entries) {
    State.NotWindowed = "not entered";
    return;
  }
  // Nor do gaps say how long the last entry takes.
  if (Marked && !Plan.NeedsMarker && Plan.LongShare > 0.5) {
    P.MaxTicks = 0;
    Plan = planWindows(Counts, P);
  }
  if (Plan.NeedsMarker && !Marked) {
    P.Windows = (P.Windows + 1) / 2;
    P.MaxTicks = I->Options.LongSeconds * TicksPerSecond;
    Plan = planWindows(Counts, P);
    Wanted.Long.insert(R);
  }
  if (Plan.NeedsMarker && !Marked) {
    State.NotWindowed = "entries are too far apart";
    return;
  }
  // At a loop, counted when the entry is looked through.
  State.Seconds = Plan.NeedsMarker ? 0 : Plan.Ticks / TicksPerSecond;
  for (const PlannedWindow &W : Plan.Windows) {
    ArenaWindow New;
    New.Region = R;
    New.Command = W.Command;
    New.Process = W.Process;
    New.Entry = W.Entry;
    New.Entries = W.Entries;
    New.Weight = W.Weight;
    New.Ticks = Plan.NeedsMarker ? 0 : W.Ticks;
    if (Plan.NeedsMarker)
      Wanted.Marks[Wanted.Windows.size()] = W;
    Wanted.Windows.push_back(New);
  }
}

Error ArenaSession::openWindows() {
  if (I->Opened)
    return createStringError("the windows are open");
  I->Opened = true;
  Expected<std::vector<std::vector<EntrySeries>>> Counts =
      I->Runs.count(Facts.Regions.size());
  if (!Counts)
    return Counts.takeError();
  auto IsMarked = [&](unsigned R) {
    return Facts.Regions[R].HasMarker && I->Originals.count(R);
  };
  Wish Wanted;
  for (unsigned R = 0; R < Facts.Regions.size(); ++R) {
    const std::vector<std::string> &Only = I->Options.Regions;
    if (!Only.empty() && !is_contained(Only, Facts.Regions[R].Name))
      Regions[R].NotWindowed = "not asked for";
    else if (!Facts.Regions[R].Pad)
      Regions[R].NotWindowed = "no pad at its entry";
    planRegion(R, (*Counts)[R], IsMarked(R), Wanted);
  }
  if (Error E = openWanted(std::move(Wanted)))
    return E;
  // Entries that are shorter than a window have none at the passes of their
  // loop; several of them are one.
  Wish Again;
  for (unsigned R = 0; R < Facts.Regions.size(); ++R)
    if (ArenaRegionState &State = Regions[R];
        IsMarked(R) && State.Entries > State.Windows.size() &&
        State.Windows.size() < FewWindows && State.NotWindowed.empty()) {
      const ArenaRegionState Before = State;
      planRegion(R, (*Counts)[R], /*Marked=*/false, Again);
      if (State.NotWindowed.empty())
        State.Windows.clear();
      else
        State = Before;
    }
  if (!Again.Windows.empty())
    if (Error E = openWanted(std::move(Again)))
      return E;
  for (ArenaRegionState &R : Regions) {
    // The windows that are left stand for those that were dropped.
    double Covered = 0;
    for (unsigned W : R.Windows)
      Covered += Windows[W].Ticks;
    for (unsigned W : R.Windows)
      if (Covered > 0)
        Windows[W].Weight *= R.Seconds * TicksPerSecond / Covered;
    if (!R.Windows.empty() || !R.NotWindowed.empty())
      continue;
    // The commonest reason.
    unsigned Most = 0;
    R.NotWindowed = "no window";
    for (const auto &[Why, Count] : R.Dropped)
      if (Count > Most) {
        Most = Count;
        R.NotWindowed = Why;
      }
  }
  return Error::success();
}

Error ArenaSession::openWanted(Wish Wanted) {
  Wanted.thinOut(I->Options.WindowsMax);
  std::vector<CaptureSpec> Specs;
  for (const ArenaWindow &W : Wanted.Windows)
    Specs.push_back({W.Command, W.Process, W.Region, W.Entry});
  Expected<std::vector<Captured>> Captures = I->Runs.capture(Specs);
  if (!Captures)
    return Captures.takeError();

  std::map<unsigned, std::vector<MarkedEntry>> Entries; // By region.
  for (size_t K = 0; K < Wanted.Windows.size(); ++K) {
    ArenaWindow &W = Wanted.Windows[K];
    Captured &C = (*Captures)[K];
    if (!C.Server) {
      drop(W.Region, C.Why);
      continue;
    }
    auto O = std::make_unique<OpenWindow>(std::move(*C.Server));
    O->Id = I->NextId++;
    pin(O->Server.hello().Pid, I->Options.Cpu);
    const ArenaRegionFacts &R = Facts.Regions[W.Region];
    O->Frame.StackPointer = O->Server.hello().StackPointer;
    O->Frame.RuntimeBegin = Facts.RuntimeBegin;
    O->Frame.RuntimeEnd = Facts.RuntimeEnd;
    O->Frame.RseqBegin = O->Server.hello().RseqBegin;
    O->Frame.RseqSize = O->Server.hello().RseqSize;
    std::copy(std::begin(R.IntBytes), std::end(R.IntBytes), O->Frame.IntBytes);
    std::copy(std::begin(R.FpBytes), std::end(R.FpBytes), O->Frame.FpBytes);
    Expected<std::vector<MemoryMapping>> Maps =
        readMappings(O->Server.hello().Pid);
    if (!Maps) {
      drop(W.Region, toString(Maps.takeError()));
      continue;
    }
    O->Mappings = std::move(*Maps);
    if (none_of(O->Mappings, [&](const MemoryMapping &M) {
          return isStackAt(M, O->Frame.StackPointer);
        })) {
      drop(W.Region, "entered on a stack of the program's making");
      continue;
    }
    if (auto M = Wanted.Marks.find(K); M != Wanted.Marks.end()) {
      MarkedEntry E;
      E.Root = std::move(O);
      E.Where = W;
      E.Count = M->second.Weight;
      E.Gap = M->second.EntryTicks;
      Entries[W.Region].push_back(std::move(E));
      continue;
    }
    ArenaImage Original = {R.Entry, 0, 0};
    if (auto Set = I->Originals.find(W.Region); Set != I->Originals.end())
      Original = Set->second;
    uint64_t Planned = W.Entries;
    ArenaOptions Options = I->Options;
    if (Wanted.Long.count(W.Region))
      Options.MaxSeconds = Options.LongSeconds;
    std::string Why =
        calibrate(*O, W, Original, Options, I->Runs, TicksPerSecond);
    if (!Why.empty()) {
      drop(W.Region, Why);
      continue;
    }
    W.Weight *= Planned ? double(Planned) / double(W.Entries) : 1;
    if (Planned && W.Weight * double(W.Cycles) > PauseTimes * W.Ticks) {
      drop(W.Region, "a pause between its entries");
      continue;
    }
    W.ForkPerTrial = O->ForkPerTrial;
    W.PagesWritten = O->Pages.size();
    O->EarlyLength = earlyLength(Regions[W.Region].Windows.size(), W.Entries);
    Regions[W.Region].Windows.push_back(unsigned(Windows.size()));
    Windows.push_back(W);
    I->Open.push_back(std::move(O));
  }
  for (auto &[Region, Each] : Entries)
    openMarked(Region, std::move(Each));
  return Error::success();
}

void ArenaSession::drop(unsigned Region, const std::string &Why) {
  ++Dropped[Why];
  ++Regions[Region].Dropped[Why];
}

void ArenaSession::openMarked(unsigned Region,
                              std::vector<MarkedEntry> Entries) {
  const double Target = I->Options.TargetSeconds * TicksPerSecond;
  const double Most = I->Options.BeginSeconds * TicksPerSecond;
  std::vector<double> Times;
  for (MarkedEntry &E : Entries) {
    std::string Why;
    E.Looked = E.Gap > 0 ? std::min(E.Gap, Most) : Most;
    // Each step copies the pages that it writes: few steps.
    constexpr double StepsMost = 32;
    E.Points = surveyMarker(E.Root->Server, I->Runs.listener(),
                            I->Originals[Region],
                            std::max(2 * Target, E.Looked / StepsMost),
                            E.Looked, TicksPerSecond, Why);
    if (E.Points.empty())
      drop(Region, "at the marked loop: " + Why);
    Times.push_back(E.known());
  }
  const size_t First = I->Open.size();
  double All = 0, StoodFor = 0;
  for (auto [E, Count, Time] :
       zip(Entries, shareOut(Times, I->Options.WindowsPerRegion), Times)) {
    All += Time;
    if (Count && openBehind(E, Count))
      StoodFor += Time;
  }
  // Entries with windows stand for those that have none.
  for (size_t K = First; K < I->Open.size(); ++K)
    Windows[K].Weight *= All / StoodFor;
  Regions[Region].Seconds = All / TicksPerSecond;
}

bool ArenaSession::openBehind(const MarkedEntry &E, unsigned Count) {
  const ArenaWindow &W = E.Where;
  const ArenaImage &Original = I->Originals[W.Region];
  const std::vector<MarkedPlace> Places = placeAtPasses(
      E.Points, Count, 2 * I->Options.TargetSeconds * TicksPerSecond,
      I->Options.Seed, uint64_t(W.Region) << 32 | W.Entry);
  ArenaServer *From = &E.Root->Server;
  uint64_t Before = 0;
  const double Seconds = 1 + 20 * E.Points.back().Ticks / TicksPerSecond;
  const size_t First = I->Open.size();
  double Covered = 0;
  for (auto [Begin, Passes, Ticks] : Places) {
    ArenaRun Run;
    std::unique_ptr<OpenWindow> O =
        advance(*From, E.Root, I->Runs.listener(), Original, Begin - Before,
                Seconds, Run);
    if (!O) {
      drop(W.Region, Run.describe());
      break;
    }
    pin(int(O->Server.hello().Pid), I->Options.Cpu);
    ArenaWindow New = W;
    New.Begin = Begin;
    New.Passes = 64; // Doubled, or better, by the calibration.
    if (std::string Failure =
            calibrate(*O, New, Original, I->Options, I->Runs, TicksPerSecond);
        !Failure.empty()) {
      drop(W.Region, Failure);
      if (O->Lost)
        break;
      continue;
    }
    New.Weight = Passes / double(New.Passes);
    Covered += Ticks;
    New.ForkPerTrial = O->ForkPerTrial;
    New.PagesWritten = O->Pages.size();
    O->Begin = Begin;
    O->SecondsToBegin = E.Points.back().Ticks / TicksPerSecond;
    From = &O->Server;
    Before = Begin;
    Regions[W.Region].Windows.push_back(unsigned(Windows.size()));
    Windows.push_back(New);
    I->Open.push_back(std::move(O));
  }
  // The windows that are left stand for those that were dropped, and for what
  // comes after the last point.
  for (size_t K = First; K < I->Open.size(); ++K)
    Windows[K].Weight *= E.known() / Covered;
  return I->Open.size() > First;
}

//===----------------------------------------------------------------------===//
// Windows that begin at passes
//===----------------------------------------------------------------------===//

void ArenaSession::Impl::forgetOldest() {
  constexpr size_t Most = 256; // Each is a process or two.
  size_t Count = 0;
  OpenWindow *Of = nullptr;
  for (auto &O : Open)
    for (const OpenWindow::Advanced &A : O->Others) {
      ++Count;
      if (!Of || A.Used < Of->Others.front().Used)
        Of = O.get();
    }
  if (Count >= Most)
    Of->Others.erase(Of->Others.begin());
}

OpenWindow *ArenaSession::Impl::at(OpenWindow &O, const ArenaWindow &W,
                                   const ArenaImage &Image) {
  if (Image == O.Image && !O.Lost)
    return &O;
  auto Find = [&](OpenWindow &In) -> OpenWindow * {
    auto Known = find_if(In.Others, [&](const OpenWindow::Advanced &A) {
      return A.Image == Image && !A.At->Lost;
    });
    if (Known == In.Others.end())
      return nullptr;
    // Last is newest.
    std::rotate(Known, Known + 1, In.Others.end());
    In.Others.back().Used = ++Clock;
    return In.Others.back().At.get();
  };
  if (OpenWindow *Known = Find(O))
    return Known;
  // From the nearest place where it stands already.
  ArenaServer *From = &O.Root->Server;
  uint64_t Begin = 0;
  for (auto &Other : Open) {
    if (Other->Root != O.Root || Other->Begin >= W.Begin ||
        Other->Begin < Begin)
      continue;
    if (OpenWindow *Known = Find(*Other)) {
      From = &Known->Server;
      Begin = Other->Begin;
    }
  }
  forgetOldest();
  ArenaRun Why;
  std::unique_ptr<OpenWindow> New =
      advance(*From, O.Root, Runs.listener(), Image, W.Begin - Begin,
              1 + 50 * O.SecondsToBegin, Why);
  if (!New)
    return nullptr;
  pin(int(New->Server.hello().Pid), Options.Cpu);
  New->Pages = O.Pages;
  addFramePages(*New, *O.Root);
  New->ForkPerTrial = O.ForkPerTrial;
  O.Others.push_back({Image, ++Clock, std::move(New)});
  return O.Others.back().At.get();
}

//===----------------------------------------------------------------------===//
// Questions
//===----------------------------------------------------------------------===//

Verdict ArenaSession::verify(unsigned Window, const ArenaImage &Original,
                             const ArenaImage &Variant, bool Everything) {
  OpenWindow &O = *I->Open[Window];
  if (O.Lost || O.atEntry().Lost)
    return {VerdictKind::Unsupported, "the window is lost"};
  Replay Question = {O, Windows[Window], Original, Variant};
  Question.Everything = Everything;
  Question.HasUnwinder = Facts.HasUnwinder;
  Question.TicksPerSecond = TicksPerSecond;
  Question.SymbolAt = [this](uint64_t Address) { return symbolAt(Address); };
  return replay(Question);
}

Expected<std::vector<uint64_t>>
ArenaSession::Impl::time(OpenWindow &O, ArenaWindow &W,
                         ArrayRef<ArenaImage> Images, double TicksPerSecond) {
  constexpr double Patience = 1, Times = 50;
  const double Limit = Patience + Times * double(W.ForkCycles) / TicksPerSecond;

  auto ByFork = [&](const ArenaImage &Image) -> Expected<uint64_t> {
    ArenaTask T = taskFor(W, Image);
    T.Flags = rt::ArenaAllowMemory | rt::ArenaScrub | rt::ArenaTouchPages;
    // As in workers, a run that lost the processor is repeated.
    constexpr unsigned Tries = 4;
    uint64_t Least = UINT64_MAX;
    for (unsigned Try = 0; Try < Tries; ++Try) {
      Expected<ArenaRun> Run = O.Server.run(T, Limit);
      if (!Run) {
        O.Lost = true;
        return Run.takeError();
      }
      if (Run->What != ArenaRun::Reached)
        return 0;
      if (Error E = O.Server.kill(Run->Pid)) {
        O.Lost = true;
        return std::move(E);
      }
      Least =
          std::min(Least, W.Counted ? Run->Report.Counted : Run->Report.Cycles);
      if (!Run->Report.Switches)
        break;
    }
    return Least;
  };

  std::vector<ArenaTask> Tasks;
  for (const ArenaImage &Image : Images) {
    Tasks.push_back(taskFor(W, Image));
    Tasks.back().Flags = rt::ArenaScrub;
  }
  ArenaRun Why;
  auto ByWorker =
      [&](ArrayRef<ArenaTask> Some) -> Expected<std::vector<uint64_t>> {
    if (!O.Server.hasWorker())
      if (Error E = startWorker(O, Runs, Some.front(), 2 * Limit, Why))
        return std::move(E);
    if (!O.Server.hasWorker())
      return std::vector<uint64_t>();
    // Another user of the counters may take them away for a moment.
    constexpr unsigned Tries = 3;
    for (unsigned Try = 0; Try < Tries; ++Try) {
      auto Cycles =
          O.Server.trials(Some, Limit * double(Some.size()), Why, W.Counted);
      if (!Cycles)
        return std::vector<uint64_t>();
      if (!is_contained(*Cycles, 0u))
        return *Cycles;
    }
    return createStringError("the cycle counter does not count any more");
  };

  if (!O.ForkPerTrial) {
    Expected<std::vector<uint64_t>> Cycles = ByWorker(Tasks);
    if (!Cycles || Cycles->size() == Images.size())
      return Cycles;
    // Which one was it? A window that turns out to change its mappings leaves
    // by one of these calls.
    if (Why.What == ArenaRun::Left && changesMappings(Why.Report.Number)) {
      O.ForkPerTrial = W.ForkPerTrial = true;
      if (Error E = Runs.writePages(O.Id, O.Pages))
        return std::move(E);
    } else {
      std::vector<uint64_t> Each;
      for (const ArenaTask &T : Tasks) {
        Expected<std::vector<uint64_t>> One = ByWorker(T);
        if (!One)
          return One.takeError();
        Each.push_back(One->empty() ? 0 : One->front());
      }
      return Each;
    }
  } else if (Error E = Runs.writePages(O.Id, O.Pages)) {
    return std::move(E);
  }
  std::vector<uint64_t> Each;
  for (const ArenaImage &Image : Images) {
    Expected<uint64_t> One = ByFork(Image);
    if (!One)
      return One.takeError();
    Each.push_back(*One);
  }
  return Each;
}

Expected<std::vector<uint64_t>>
ArenaSession::time(unsigned Window, ArrayRef<ArenaImage> Images) {
  OpenWindow &O = *I->Open[Window];
  ArenaWindow &W = Windows[Window];
  if (O.Lost || O.atEntry().Lost)
    return createStringError("the window is lost");
  if (!O.Root)
    return I->time(O, W, Images, TicksPerSecond);
  std::vector<uint64_t> Each;
  for (const ArenaImage &Image : Images) {
    OpenWindow *At = I->at(O, W, Image);
    if (O.Root->Lost)
      return createStringError("the window is lost");
    Expected<std::vector<uint64_t>> One =
        At ? I->time(*At, W, Image, TicksPerSecond)
           : Expected<std::vector<uint64_t>>(std::vector<uint64_t>{0});
    if (!One) {
      // The others do not depend on it.
      if (At == &O)
        return One.takeError();
      consumeError(One.takeError());
      Each.push_back(0);
      continue;
    }
    Each.push_back(One->empty() ? 0 : One->front());
  }
  return Each;
}

void ArenaSession::rest(unsigned Window) {
  OpenWindow &O = *I->Open[Window];
  O.Server.endWorker();
  O.Others.clear();
  O.forget(O.Early);
  O.forget(O.Last);
}

} // namespace speciate
