//===- gp/score/arena/ArenaSession.cpp - Windows of a program, on demand
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/arena/ArenaSession.h"
#include "gp/score/Workload.h"
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
#include <sys/prctl.h>
#include <thread>
#include <x86intrin.h>

using namespace llvm;

namespace speciate {

using rt::ArenaTask;

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
  int WasSubreaper = 0;
};

ArenaSession::ArenaSession(std::unique_ptr<Impl> I) : I(std::move(I)) {
  TicksPerSecond = measureTicksPerSecond();
  ::prctl(PR_GET_CHILD_SUBREAPER, &this->I->WasSubreaper);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

ArenaSession::~ArenaSession() {
  I->Open.clear();
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

Error ArenaSession::openWindows() {
  if (I->Opened)
    return createStringError("the windows are open");
  I->Opened = true;
  Expected<std::vector<std::vector<EntrySeries>>> Counts =
      I->Runs.count(Facts.Regions.size());
  if (!Counts)
    return Counts.takeError();

  // Wanted windows of all regions, and the command that each is in.
  std::vector<ArenaWindow> Wanted;
  std::vector<bool> Long(Facts.Regions.size());
  for (unsigned R = 0; R < Facts.Regions.size(); ++R) {
    ArenaRegionState &State = Regions[R];
    const std::vector<std::string> &Only = I->Options.Regions;
    if (!Only.empty() && !is_contained(Only, Facts.Regions[R].Name))
      State.NotWindowed = "not asked for";
    else if (!Facts.Regions[R].Pad)
      State.NotWindowed = "no pad at its entry";
    PlanOptions P;
    P.Windows = I->Options.WindowsPerRegion;
    P.TargetTicks = I->Options.TargetSeconds * TicksPerSecond;
    P.MaxTicks = I->Options.MaxSeconds * TicksPerSecond;
    P.Seed = I->Options.Seed;
    P.Region = R;
    WindowPlan Plan = planWindows((*Counts)[R], P);
    State.Entries = Plan.Entries;
    State.SecondsPerEntry = Plan.TicksPerEntry / TicksPerSecond;
    if (!State.NotWindowed.empty())
      continue;
    if (!Plan.Entries) {
      State.NotWindowed = "not entered";
      continue;
    }
    bool Marked = Facts.Regions[R].HasMarker && I->Originals.count(R);
    if (Plan.NeedsMarker && !Marked) {
      P.Windows = (P.Windows + 1) / 2;
      P.MaxTicks = I->Options.LongSeconds * TicksPerSecond;
      Plan = planWindows((*Counts)[R], P);
      Long[R] = true;
    }
    if (Plan.NeedsMarker && !Marked) {
      State.NotWindowed = "entries are too far apart";
      continue;
    }
    for (const PlannedWindow &W : Plan.Windows) {
      ArenaWindow New;
      New.Region = R;
      New.Command = W.Command;
      New.Process = W.Process;
      New.Entry = W.Entry;
      New.Entries = W.Entries;
      // Doubled, or better, by the calibration.
      New.Passes = Plan.NeedsMarker ? 64 : 0;
      New.Weight = W.Weight;
      Wanted.push_back(New);
    }
  }
  // Too many: thin out evenly.
  if (Wanted.size() > I->Options.WindowsMax) {
    std::vector<ArenaWindow> Fewer;
    for (size_t K = 0; K < I->Options.WindowsMax; ++K)
      Fewer.push_back(Wanted[K * Wanted.size() / I->Options.WindowsMax]);
    Wanted = std::move(Fewer);
  }

  std::vector<CaptureSpec> Specs;
  for (const ArenaWindow &W : Wanted)
    Specs.push_back({W.Command, W.Process, W.Region, W.Entry});
  Expected<std::vector<Captured>> Captures = I->Runs.capture(Specs);
  if (!Captures)
    return Captures.takeError();

  auto Drop = [&](unsigned Region, const std::string &Why) {
    ++Dropped[Why];
    ++Regions[Region].Dropped[Why];
  };
  for (size_t K = 0; K < Wanted.size(); ++K) {
    ArenaWindow &W = Wanted[K];
    Captured &C = (*Captures)[K];
    if (!C.Server) {
      Drop(W.Region, C.Why);
      continue;
    }
    auto O = std::make_unique<OpenWindow>(std::move(*C.Server));
    O->Id = uint32_t(K);
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
      Drop(W.Region, toString(Maps.takeError()));
      continue;
    }
    O->Mappings = std::move(*Maps);
    if (none_of(O->Mappings, [&](const MemoryMapping &M) {
          return isStackAt(M, O->Frame.StackPointer);
        })) {
      Drop(W.Region, "entered on a stack of the program's making");
      continue;
    }
    ArenaImage Original = {R.Entry, 0, 0};
    if (auto Set = I->Originals.find(W.Region); Set != I->Originals.end())
      Original = Set->second;
    uint64_t Planned = W.Entries;
    ArenaOptions Options = I->Options;
    if (Long[W.Region])
      Options.MaxSeconds = Options.LongSeconds;
    std::string Why =
        calibrate(*O, W, Original, Options, I->Runs, TicksPerSecond);
    if (!Why.empty()) {
      Drop(W.Region, Why);
      continue;
    }
    W.Weight *= Planned ? double(Planned) / double(W.Entries) : 1;
    W.ForkPerTrial = O->ForkPerTrial;
    W.PagesWritten = O->Pages.size();
    O->EarlyLength = earlyLength(Regions[W.Region].Windows.size(),
                                 W.Passes ? W.Passes : W.Entries);
    Regions[W.Region].Windows.push_back(unsigned(Windows.size()));
    Windows.push_back(W);
    I->Open.push_back(std::move(O));
  }
  for (ArenaRegionState &R : Regions) {
    // The windows that are left stand for those that were dropped.
    double Covered = 0;
    for (unsigned W : R.Windows)
      Covered += Windows[W].Weight *
                 double(Windows[W].Entries ? Windows[W].Entries : 1);
    for (unsigned W : R.Windows)
      Windows[W].Weight *= double(R.Entries) / Covered;
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

//===----------------------------------------------------------------------===//
// Questions
//===----------------------------------------------------------------------===//

Verdict ArenaSession::verify(unsigned Window, const ArenaImage &Original,
                             const ArenaImage &Variant, bool Everything) {
  OpenWindow &O = *I->Open[Window];
  if (O.Lost)
    return {VerdictKind::Unsupported, "the window is lost"};
  Replay Question = {O, Windows[Window], Original, Variant};
  Question.Everything = Everything;
  Question.HasUnwinder = Facts.HasUnwinder;
  Question.TicksPerSecond = TicksPerSecond;
  Question.SymbolAt = [this](uint64_t Address) { return symbolAt(Address); };
  return replay(Question);
}

Expected<std::vector<uint64_t>>
ArenaSession::time(unsigned Window, ArrayRef<ArenaImage> Images) {
  OpenWindow &O = *I->Open[Window];
  ArenaWindow &W = Windows[Window];
  if (O.Lost)
    return createStringError("the window is lost");
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
      if (Error E = startWorker(O, I->Runs, Some.front(), 2 * Limit, Why))
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
      if (Error E = I->Runs.writePages(O.Id, O.Pages))
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
  } else if (Error E = I->Runs.writePages(O.Id, O.Pages)) {
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

void ArenaSession::rest(unsigned Window) {
  OpenWindow &O = *I->Open[Window];
  O.Server.endWorker();
  O.forget(O.Early);
  O.forget(O.Last);
}

} // namespace speciate
