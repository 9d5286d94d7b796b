//===- gp/score/arena/ArenaPlan.cpp - Which windows
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/arena/ArenaPlan.h"
#include "support/Random.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace speciate {

namespace {

/// Between two points of a series.
struct Segment {
  const EntrySeries *Series;
  uint64_t First;   ///< The entry of the first point.
  uint64_t Entries; ///< To the second one.
  double Gap;       ///< Ticks an entry.
  double Ticks;     ///< Its share of the region's time.
  int Length = 0;   ///< Power of two of Gap.
  uint64_t Arguments = 0;
  size_t Order = 0;
  /// Entries of the segments around it that are of its class.
  uint64_t StretchBegin = 0, StretchEnd = 0;

  bool isLike(const Segment &Other) const {
    return Series == Other.Series && Length == Other.Length &&
           Arguments == Other.Arguments;
  }
};

/// They are in the order of time.
void findStretches(std::vector<Segment> &Segments) {
  for (size_t I = 0, End; I < Segments.size(); I = End) {
    for (End = I + 1; End < Segments.size(); ++End)
      if (!Segments[End].isLike(Segments[I]))
        break;
    for (size_t K = I; K < End; ++K) {
      Segments[K].StretchBegin = Segments[I].First;
      Segments[K].StretchEnd =
          Segments[End - 1].First + Segments[End - 1].Entries;
    }
  }
}

/// Weighted median of the gaps: half of all entries come after shorter ones.
double medianGap(std::vector<Segment> &Segments) {
  std::vector<std::pair<double, uint64_t>> Gaps;
  uint64_t Total = 0;
  for (const Segment &S : Segments) {
    Gaps.push_back({S.Gap, S.Entries});
    Total += S.Entries;
  }
  std::sort(Gaps.begin(), Gaps.end());
  uint64_t Seen = 0;
  for (auto [Gap, Entries] : Gaps) {
    Seen += Entries;
    if (2 * Seen >= Total)
      return Gap;
  }
  return 0;
}

} // namespace

WindowPlan planWindows(llvm::ArrayRef<EntrySeries> Series,
                       const PlanOptions &Options) {
  WindowPlan Plan;
  std::vector<Segment> Segments;
  for (const EntrySeries &S : Series) {
    Plan.Entries += S.Entries;
    for (size_t I = 1; I < S.Points.size(); ++I) {
      const EntrySeries::Point &A = S.Points[I - 1], &B = S.Points[I];
      if (B.Entry <= A.Entry || B.Tsc <= A.Tsc)
        continue; // threads raced for a counter
      Segment G;
      G.Series = &S;
      G.First = A.Entry;
      G.Entries = B.Entry - A.Entry;
      G.Gap = double(B.Tsc - A.Tsc) / double(G.Entries);
      G.Ticks = 0;
      G.Length = std::ilogb(G.Gap);
      G.Arguments = A.Class;
      Segments.push_back(G);
    }
  }
  Plan.TicksPerEntry = medianGap(Segments);
  Plan.NeedsMarker = Segments.empty() || Plan.TicksPerEntry > Options.MaxTicks;
  // Where windows are inside of entries, they tell the entry's time from a
  // pause.
  for (Segment &G : Segments)
    G.Ticks = (Plan.NeedsMarker
                   ? G.Gap
                   : std::min(G.Gap, PauseTimes * Plan.TicksPerEntry)) *
              double(G.Entries);
  findStretches(Segments);
  for (auto [Number, G] : llvm::enumerate(Segments))
    G.Order = Number; // Of time.
  std::sort(Segments.begin(), Segments.end(),
            [](const Segment &A, const Segment &B) {
              return std::tie(A.Length, A.Arguments, A.Order) <
                     std::tie(B.Length, B.Arguments, B.Order);
            });
  double Total = 0, All = 0, Long = 0;
  auto Takes = [&](double Gap, uint64_t Entries) {
    All += Gap * double(Entries);
    if (Gap >= Options.TargetTicks)
      Long += Gap * double(Entries);
  };
  for (const Segment &G : Segments) {
    Total += G.Ticks;
    Takes(G.Gap, G.Entries);
  }
  for (const EntrySeries &S : Series)
    Takes(S.lastTakes(), 1);
  if (All > 0)
    Plan.LongShare = Long / All;
  if (!Plan.NeedsMarker)
    Plan.Ticks = Total;
  std::map<std::tuple<unsigned, unsigned, uint64_t>, size_t> Taken;
  if (Plan.NeedsMarker)
    for (const EntrySeries &S : Series)
      if (S.Entries && Plan.Windows.size() < Options.Windows) {
        PlannedWindow Last;
        Last.Command = S.Command;
        Last.Process = S.Process;
        Last.Entry = S.Entries;
        Last.Weight = 1;
        Last.EntryTicks = S.lastTakes();
        Taken[{S.Command, S.Process, S.Entries}] = Plan.Windows.size();
        Plan.Windows.push_back(Last);
      }
  if (Segments.empty() || Total <= 0)
    return Plan;

  const double Stratum = Total / Options.Windows;
  size_t At = 0;
  double Before = 0; // ticks of the segments before At
  for (unsigned W = 0; W < Options.Windows; ++W) {
    RandomStream Random(Options.Seed, "arena-window", Options.Region, W);
    double Place = (W + Random.unit()) * Stratum;
    while (At + 1 < Segments.size() && Before + Segments[At].Ticks < Place)
      Before += Segments[At++].Ticks;
    const Segment &G = Segments[At];
    double Share = G.Ticks > 0 ? (Place - Before) / G.Ticks : 0;
    PlannedWindow P;
    P.Command = G.Series->Command;
    P.Process = G.Series->Process;
    P.Entry =
        G.First + uint64_t(std::clamp(Share, 0.0, 1.0) * double(G.Entries));
    P.EntryTicks = G.Gap;
    // A place is taken with a probability that is proportional to its ticks: it
    // stands for so many entries (Horvitz and Thompson 1952).
    P.Weight = Stratum * double(G.Entries) / G.Ticks;
    P.Ticks = Stratum;
    if (!Plan.NeedsMarker) {
      if (G.Gap > Options.MaxTicks)
        continue;
      P.Entries = std::max<uint64_t>(
          1, uint64_t(std::llround(Options.TargetTicks / G.Gap)));
      // The end must come before the process's last entry.
      uint64_t Last = G.Series->Entries;
      if (Last < 2)
        continue;
      P.Entries = std::min(P.Entries, Last - 1);
      P.Entry = std::min(P.Entry, Last - P.Entries);
      // What comes after the stretch is of another class, and counted there.
      const uint64_t Stretch = G.StretchEnd - G.StretchBegin;
      if (Stretch >= P.Entries / 2) {
        P.Entries = std::min(P.Entries, Stretch);
        P.Entry = std::min(P.Entry, G.StretchEnd - P.Entries);
      }
      P.Weight /= double(P.Entries);
    }
    auto [Same, New] =
        Taken.insert({{P.Command, P.Process, P.Entry}, Plan.Windows.size()});
    if (New) {
      Plan.Windows.push_back(P);
      continue;
    }
    // A long entry, or the end of a series: one window for several strata.
    PlannedWindow &First = Plan.Windows[Same->second];
    First.Ticks += P.Ticks;
    First.Weight += Plan.NeedsMarker
                        ? P.Weight
                        : P.Weight * double(P.Entries) / double(First.Entries);
  }
  std::sort(Plan.Windows.begin(), Plan.Windows.end(),
            [](const PlannedWindow &A, const PlannedWindow &B) {
              return std::tie(A.Command, A.Process, A.Entry) <
                     std::tie(B.Command, B.Process, B.Entry);
            });
  return Plan;
}

} // namespace speciate
