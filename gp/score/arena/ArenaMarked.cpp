//===- gp/score/arena/ArenaMarked.cpp - Windows inside of a long entry
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/arena/ArenaMarked.h"
#include "support/Random.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>

using namespace llvm;

namespace speciate {

static rt::ArenaTask advanceTask(const ArenaImage &Image, uint64_t Passes) {
  rt::ArenaTask T = {};
  T.Target = Image.Address;
  T.TargetSize = Image.Size;
  T.EhFrames[0] = Image.EhFrame;
  T.Passes = int64_t(Passes);
  T.Flags = rt::ArenaAllowMemory;
  return T;
}

std::vector<MarkedPoint> surveyMarker(ArenaServer &Root,
                                      ArenaListener &Listener,
                                      const ArenaImage &Image, double StepTicks,
                                      double MaxTicks, double TicksPerSecond,
                                      std::string &Why) {
  std::vector<MarkedPoint> Points;
  std::unique_ptr<ArenaServer> Last;
  // What one pass takes is what a fork does to it, more or less: the first
  // writes to the pages that are written all the time. The second pass says it:
  // the first one has more to do for the first time.
  uint64_t Step = 1;
  double Fork = 0;
  constexpr double ForkSeconds = 200e-6;
  unsigned Failures = 0;
  constexpr unsigned PointsMax = 1024;
  const double Seconds = 2 + 20 * MaxTicks / TicksPerSecond;
  MarkedPoint At;
  while (At.Ticks < MaxTicks && Points.size() < PointsMax) {
    ArenaRun Run;
    Expected<std::unique_ptr<ArenaServer>> Next =
        (Last ? *Last : Root)
            .advance(Listener, advanceTask(Image, Step), Seconds, Run);
    if (!Next) {
      Why = toString(Next.takeError());
      break;
    }
    if (!*Next) {
      Why = Run.describe();
      // Only the rest of a step is missing.
      constexpr unsigned Tries = 3;
      if (++Failures > Tries || Step < 8)
        break;
      Step /= 8;
      continue;
    }
    auto Ticks = double((*Next)->hello().Cycles);
    if (At.Passes < 2)
      Fork = std::min(Ticks, ForkSeconds * TicksPerSecond) - 1;
    Ticks = std::max(Ticks - Fork, 1.0);
    At.Passes += Step;
    At.Ticks += Ticks;
    Points.push_back(At);
    // What comes after it does not need it any more.
    Last = std::move(*Next);
    if (At.Passes < 2)
      continue;
    if (!Failures && Ticks < StepTicks)
      Step *= Ticks * 16 < StepTicks ? 16 : 2;
    else if (Ticks > 4 * StepTicks && Step > 1)
      Step /= 2;
  }
  if (At.Ticks >= MaxTicks)
    Why.clear();
  return Points;
}

std::vector<unsigned> shareOut(ArrayRef<double> Times, unsigned Windows) {
  double All = 0, Before = 0;
  for (double T : Times)
    All += T;
  std::vector<unsigned> Result;
  unsigned Given = 0;
  for (double T : Times) {
    Before += T;
    const auto Until =
        All > 0 ? unsigned(std::lround(Before / All * Windows)) : 0;
    Result.push_back(Until - Given);
    Given = Until;
  }
  return Result;
}

/// The pass at the time \p Ticks.
static double passesAt(ArrayRef<MarkedPoint> Points, double Ticks) {
  MarkedPoint Before;
  for (const MarkedPoint &P : Points) {
    if (P.Ticks >= Ticks)
      return double(Before.Passes) + double(P.Passes - Before.Passes) *
                                         (Ticks - Before.Ticks) /
                                         std::max(P.Ticks - Before.Ticks, 1.0);
    Before = P;
  }
  return double(Before.Passes);
}

/// Passes a tick, at the time \p Ticks.
static double rateAt(ArrayRef<MarkedPoint> Points, double Ticks) {
  MarkedPoint Before;
  double Rate = 0;
  for (const MarkedPoint &P : Points) {
    Rate = double(P.Passes - Before.Passes) /
           std::max(P.Ticks - Before.Ticks, 1.0);
    if (P.Ticks >= Ticks)
      break;
    Before = P;
  }
  return Rate;
}

std::vector<MarkedPlace> placeAtPasses(ArrayRef<MarkedPoint> Points,
                                       unsigned Count, double WindowTicks,
                                       uint64_t Seed, uint64_t Stream) {
  std::vector<MarkedPlace> Result;
  if (Points.empty())
    return Result;
  const double All = Points.back().Ticks;
  const double Latest = std::max(All - WindowTicks, 0.0);
  for (unsigned I = 0; I < Count; ++I) {
    RandomStream Random(Seed, "arena-pass", Stream, I);
    const double First = I * All / Count, Last = (I + 1) * All / Count;
    const double Wanted = First + Random.unit() * (Last - First);
    const double Ticks = std::min(Wanted, Latest);
    const double Passes =
        Ticks < Wanted ? passesAt(Points, Last) - passesAt(Points, First)
                       : rateAt(Points, Ticks) * (Last - First);
    const auto Begin = std::max<uint64_t>(1, uint64_t(passesAt(Points, Ticks)));
    if (Result.empty() || Begin > Result.back().Begin)
      Result.push_back({Begin, 0, 0});
    Result.back().Passes += Passes;
    Result.back().Ticks += Last - First;
  }
  return Result;
}

std::unique_ptr<OpenWindow> advance(ArenaServer &From,
                                    const std::shared_ptr<OpenWindow> &Root,
                                    ArenaListener &Listener,
                                    const ArenaImage &Image, uint64_t Passes,
                                    double Seconds, ArenaRun &Why) {
  Expected<std::unique_ptr<ArenaServer>> Server =
      From.advance(Listener, advanceTask(Image, Passes), Seconds, Why);
  if (!Server) {
    consumeError(Server.takeError());
    Root->Lost = true;
    return nullptr;
  }
  if (!*Server)
    return nullptr;
  auto O = std::make_unique<OpenWindow>(std::move(**Server));
  O->Id = Root->Id;
  O->Frame = Root->Frame;
  O->Root = Root;
  O->Image = Image;
  Expected<std::vector<MemoryMapping>> Maps =
      readMappings(int(O->Server.hello().Pid));
  if (!Maps) {
    consumeError(Maps.takeError());
    return nullptr;
  }
  O->Mappings = std::move(*Maps);
  return O;
}

void addFramePages(OpenWindow &O, const OpenWindow &Root) {
  constexpr uint64_t Page = 4096;
  std::vector<uint64_t> Frames;
  for (uint64_t At = O.Server.hello().StackPointer & -Page;
       At <= Root.Frame.StackPointer; At += Page)
    Frames.push_back(At);
  addPages(O, Frames);
}

} // namespace speciate
