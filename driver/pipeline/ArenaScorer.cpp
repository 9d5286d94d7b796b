//===- driver/pipeline/ArenaScorer.cpp - Scores of regions from the arena
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/ArenaScorer.h"
#include "driver/pipeline/ArenaImage.h"
#include "driver/pipeline/ArenaProgram.h"
#include "gp/score/arena/ArenaSession.h"
#include "support/File.h"
#include "support/TimedRun.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <array>
#include <limits>

using namespace llvm;

namespace speciate {

static constexpr unsigned Offsets[] = {0, 16, 32, 48};
static constexpr size_t OffsetCount = std::size(Offsets);

/// Images of one offset have equal low address bits, whatever their variant:
/// caches and branch target buffers see them at the same place.
static constexpr uint64_t PlaceAlignment = 1 << 16;

/// Windows must stand for so much of the time that their region takes in the
/// runs. Not for all, nor nearly: theirs are quick repetitions with warm
/// caches, and what is known of the runs has other work on the machine in it,
/// and the copying of pages when entries are looked through.
static constexpr double MinSeen = 0.02;

namespace {
/// One variant at all offsets.
using PlacedVariant = std::array<ArenaImage, OffsetCount>;

struct HostRegion {
  std::string Function;
  PlacedVariant Original;
  std::vector<unsigned> Windows; ///< Of the session, without those lost.
  std::vector<double> Weights;   ///< Of Windows: time that they stand for.
  std::string Refusal;
};
} // namespace

struct ArenaScorer::Host {
  std::string PlanText;
  std::string Failure;
  ArenaProgram Program;
  std::unique_ptr<ArenaSession> Session;
  std::optional<ArenaAddresses> Addresses;
  std::vector<HostRegion> Regions;
  uint64_t VariantsBegin = 0, Next = 0;
  /// By the path of the object and the region's index.
  std::map<std::pair<std::string, size_t>, PlacedVariant> Placed;
  size_t LastRegion = 0;

  Expected<PlacedVariant> place(StringRef Object, StringRef Function);
  Expected<PlacedVariant> placed(const Variant &V, size_t Region);
  void loseWindow(size_t Region, unsigned Window);
  /// Windows of other regions may keep processes in memory.
  void turnTo(size_t Region);
};

//===----------------------------------------------------------------------===//
// Placing
//===----------------------------------------------------------------------===//

Expected<PlacedVariant> ArenaScorer::Host::place(StringRef Object,
                                                 StringRef Function) {
  const ArenaFacts &Facts = Session->facts();
  PlacedVariant Result;
  for (size_t I = 0; I < OffsetCount; ++I) {
    Expected<PlacedImage> Image =
        placeImage(Object, Function, *Addresses, Next, Offsets[I]);
    // Code that asks for more than 16 gets the places that a linker could give.
    for (unsigned Alignment : {32, 64}) {
      if (Image || Offsets[I] % Alignment == 0)
        continue;
      consumeError(Image.takeError());
      Image = placeImage(Object, Function, *Addresses, Next,
                         Offsets[I] / Alignment * Alignment);
    }
    if (!Image)
      return Image.takeError();
    uint64_t End = Image->Base + Image->Bytes.size();
    if (End > Facts.RangeBegin + Facts.RangeSize)
      return createStringError("no room in the arena for %zu bytes of code",
                               Image->Bytes.size());
    if (Error E = Session->writeImage(
            Image->Base,
            ArrayRef(reinterpret_cast<const uint8_t *>(Image->Bytes.data()),
                     Image->Bytes.size())))
      return std::move(E);
    Result[I].Address = Image->Entry;
    Result[I].Size = Image->Base + Image->TextSize - Image->Entry;
    Result[I].EhFrame = Image->EhFrame;
    Next = alignTo(End, PlaceAlignment);
  }
  return Result;
}

Expected<PlacedVariant> ArenaScorer::Host::placed(const Variant &V,
                                                  size_t Region) {
  auto Key = std::make_pair(V.Program, Region);
  auto Known = Placed.find(Key);
  if (Known != Placed.end())
    return Known->second;
  Expected<std::string> Object = readFile(V.Program);
  if (!Object)
    return Object.takeError();
  Expected<PlacedVariant> Images = place(*Object, Regions[Region].Function);
  if (Images)
    Placed[Key] = *Images;
  return Images;
}

void ArenaScorer::Host::loseWindow(size_t Region, unsigned Window) {
  HostRegion &R = Regions[Region];
  auto At = find(R.Windows, Window);
  if (At == R.Windows.end())
    return;
  R.Weights.erase(R.Weights.begin() + (At - R.Windows.begin()));
  R.Windows.erase(At);
}

void ArenaScorer::Host::turnTo(size_t Region) {
  // A worker has two copies of what its window writes, a kept process one.
  constexpr size_t PagesMax = (size_t(512) << 20) / 4096;
  if (Region == LastRegion)
    return;
  size_t Pages = 0;
  for (const HostRegion &R : Regions)
    for (unsigned W : R.Windows)
      Pages += 3 * Session->windows()[W].PagesWritten;
  if (Pages <= PagesMax) {
    LastRegion = Region;
    return;
  }
  for (unsigned W : Regions[LastRegion].Windows)
    Session->rest(W);
  LastRegion = Region;
}

//===----------------------------------------------------------------------===//
// Sessions
//===----------------------------------------------------------------------===//

ArenaScorer::ArenaScorer(ProgramBuilder &Builder, ArenaScorerParams Params)
    : Builder(Builder), Params(std::move(Params)) {}

ArenaScorer::~ArenaScorer() = default;

Error ArenaScorer::open(Host &H, const Genome &Plan) {
  Expected<ArenaProgram> Program = [&] {
    AllCpus Free; // Nothing is measured meanwhile.
    Builder.prepareArenaImages(Plan);
    return Builder.arenaProgram(Plan);
  }();
  if (!Program)
    return Program.takeError();
  H.Program = std::move(*Program);
  ArenaOptions Options;
  Options.WindowsPerRegion = Params.WindowsPerRegion;
  Options.CommandSeconds = Params.CommandSeconds;
  Options.Cpu = Params.Cpu;
  Options.Seed = Params.Seed;
  Expected<std::unique_ptr<ArenaSession>> Session = ArenaSession::create(
      H.Program.Path, Params.Commands, Params.Files, Options);
  if (!Session)
    return Session.takeError();
  H.Session = std::move(*Session);
  const ArenaFacts &Facts = H.Session->facts();
  if (Facts.Regions.size() != H.Program.Regions.size())
    return createStringError("the arena program names %zu regions, its plan "
                             "has %zu",
                             Facts.Regions.size(), H.Program.Regions.size());
  Expected<ArenaAddresses> Addresses =
      ArenaAddresses::read(H.Program.Path, Facts);
  if (!Addresses)
    return Addresses.takeError();
  H.Addresses = std::move(*Addresses);

  H.Next = alignTo(Facts.RangeBegin, PlaceAlignment);
  H.Regions.resize(H.Program.Regions.size());
  for (size_t I = 0; I < H.Regions.size(); ++I) {
    HostRegion &R = H.Regions[I];
    R.Function = H.Program.Regions[I].Space.Function;
    Expected<ArenaImageObject> Image = Builder.arenaImage(Plan, I);
    Expected<PlacedVariant> Images =
        Image ? H.place(Image->Object, R.Function)
              : Expected<PlacedVariant>(Image.takeError());
    if (!Images) {
      R.Refusal = toString(Images.takeError());
      continue;
    }
    R.Original = *Images;
    H.Session->setOriginal(I, R.Original[0]);
  }
  H.VariantsBegin = H.Next;
  if (Error E = H.Session->openWindows())
    return E;
  for (size_t I = 0; I < H.Regions.size(); ++I) {
    HostRegion &R = H.Regions[I];
    const ArenaRegionState &State = H.Session->regions()[I];
    if (R.Refusal.empty())
      R.Refusal = State.NotWindowed;
    if (!R.Refusal.empty())
      continue;
    // A window stands for the time of all like it.
    for (unsigned W : State.Windows) {
      Expected<std::vector<uint64_t>> Cycles =
          H.Session->time(W, std::vector<ArenaImage>(4, R.Original[0]));
      if (!Cycles) {
        consumeError(Cycles.takeError());
        continue;
      }
      // Any of them may have been interrupted.
      if (uint64_t Least = *std::min_element(Cycles->begin(), Cycles->end())) {
        R.Windows.push_back(W);
        const ArenaWindow &Of = H.Session->windows()[W];
        R.Weights.push_back(Of.Weight * double(Of.Counted ? Of.Cycles : Least));
      }
    }
    if (R.Windows.empty()) {
      R.Refusal = "no window stays open";
      continue;
    }
    // Where a few entries or passes that are longer than a window take nearly
    // all of the time, windows say nothing of it.
    const double Seen = sum_of(R.Weights) / H.Session->ticksPerSecond();
    if (!(Seen > 0))
      R.Refusal = "its windows stand for no time";
    else if (Seen < MinSeen * State.Seconds)
      R.Refusal = formatv("its windows see {0:f1} % of its time",
                          100 * Seen / State.Seconds)
                      .str();
  }
  return Error::success();
}

ArenaScorer::Host &ArenaScorer::host(const Genome &Plan) {
  std::string Text = Plan.str();
  if (Current && Current->PlanText == Text)
    return *Current;
  Current.reset(); // One session at a time.
  Current = std::make_unique<Host>();
  Current->PlanText = std::move(Text);
  if (Error E = open(*Current, Plan)) {
    Current->Failure = "no session: " + toString(std::move(E));
    Current->Session.reset();
  }
  return *Current;
}

Expected<size_t> ArenaScorer::regionIndex(const Genome &Plan, uint64_t Guid) {
  std::lock_guard<std::mutex> Guard(Lock);
  auto [At, New] = Regions.try_emplace(Plan.str());
  if (New) {
    Expected<SearchSpace> Space = Builder.space(Plan);
    if (!Space) {
      Regions.erase(At);
      return Space.takeError();
    }
    for (const Region &R : Space->Regions)
      At->second.push_back(R.Guid);
  }
  auto In = find(At->second, Guid);
  if (In == At->second.end())
    return createStringError("the plan has no such region");
  return size_t(In - At->second.begin());
}

//===----------------------------------------------------------------------===//
// The interface
//===----------------------------------------------------------------------===//

std::string ArenaScorer::admit(const Genome &Plan, const Region &R) {
  Host &H = host(Plan);
  if (!H.Failure.empty())
    return H.Failure;
  Expected<size_t> Index = regionIndex(Plan, R.Guid);
  if (!Index)
    return toString(Index.takeError());
  return H.Regions[*Index].Refusal;
}

Expected<std::vector<ArenaScorer::Coverage>>
ArenaScorer::coverage(const Genome &Plan) {
  Host &H = host(Plan);
  if (!H.Failure.empty())
    return createStringError("%s", H.Failure.c_str());
  std::vector<Coverage> Result;
  for (auto [Index, R] : enumerate(H.Regions)) {
    Coverage C;
    C.Function = R.Function;
    C.Refusal = R.Refusal;
    C.Windows = R.Windows.size();
    C.RunSeconds = H.Session->regions()[Index].Seconds;
    C.Dropped = H.Session->regions()[Index].Dropped;
    for (double Ticks : R.Weights)
      C.WindowSeconds += Ticks / H.Session->ticksPerSecond();
    Result.push_back(std::move(C));
  }
  return std::move(Result);
}

size_t ArenaScorer::windowCount(const Genome &Plan, uint64_t Guid) {
  Host &H = host(Plan);
  Expected<size_t> Index = regionIndex(Plan, Guid);
  if (!Index) {
    consumeError(Index.takeError());
    return 0;
  }
  return H.Failure.empty() ? H.Regions[*Index].Windows.size() : 0;
}

Variant ArenaScorer::build(const Genome &Plan, uint64_t Guid,
                           const Genome &Genes) {
  Variant V;
  Expected<size_t> Index = regionIndex(Plan, Guid);
  if (!Index) {
    V.Failure = toString(Index.takeError());
    return V;
  }
  Expected<ArenaImageObject> Image =
      Builder.arenaImage(Plan.mergedWith(Genes), *Index);
  if (!Image) {
    V.Failure = toString(Image.takeError());
    return V;
  }
  V.Program = Image->Path;
  V.CodeHash = Image->CodeHash;
  V.NoOps = std::move(Image->NoOps);
  return V;
}

Verdict ArenaScorer::verify(const Genome &Plan, uint64_t Guid,
                            const Variant &V) {
  return verifyAgainst(Plan, Guid, nullptr, V);
}

Verdict ArenaScorer::verifyAgainst(const Genome &Plan, uint64_t Guid,
                                   const Variant *Reference, const Variant &V,
                                   bool Everything) {
  Host &H = host(Plan);
  if (!H.Failure.empty())
    return {VerdictKind::Unsupported, H.Failure};
  Expected<size_t> Index = regionIndex(Plan, Guid);
  if (!Index)
    return {VerdictKind::Unsupported, toString(Index.takeError())};
  HostRegion &R = H.Regions[*Index];
  H.turnTo(*Index);
  const ArenaFacts &Facts = H.Session->facts();
  if (H.Next - Facts.RangeBegin > Facts.RangeSize / 2) {
    H.Placed.clear();
    H.Next = H.VariantsBegin;
  }
  Expected<PlacedVariant> Images = H.placed(V, *Index);
  if (!Images)
    return {VerdictKind::Unsupported, toString(Images.takeError())};
  ArenaImage Original = R.Original[0];
  if (Reference) {
    Expected<PlacedVariant> Placed = H.placed(*Reference, *Index);
    if (!Placed)
      return {VerdictKind::Unsupported, toString(Placed.takeError())};
    Original = (*Placed)[0];
  }
  const std::vector<unsigned> Windows = R.Windows;
  for (auto [Number, W] : enumerate(Windows)) {
    Verdict Here = H.Session->verify(
        W, Original, (*Images)[Number % OffsetCount], Everything);
    if (Here.accepted())
      continue;
    if (Here.Kind != VerdictKind::Unsupported || Reference)
      return Here;
    H.loseWindow(*Index, W);
  }
  if (R.Windows.empty())
    return {VerdictKind::Unsupported, "all windows of the region are lost"};
  return {VerdictKind::Replayed, ""};
}

namespace {
/// Rounds in the windows of one region.
class WindowTrials : public TrialSource {
public:
  WindowTrials(ArenaSession &Session, const HostRegion &R,
               ArrayRef<PlacedVariant> Candidates,
               const ArenaScorerParams &Params)
      : Session(Session), R(R), Images(Candidates.begin(), Candidates.end()),
        Params(Params) {}

  size_t candidates() const override { return Images.size(); }
  ArrayRef<double> weights() const override { return R.Weights; }
  size_t offsets() const override { return OffsetCount; }
  Expected<std::vector<double>> run(size_t Window, size_t Offset,
                                    ArrayRef<size_t> Order) override {
    std::vector<ArenaImage> Code;
    // To get to a window inside of an entry is much work for each image: there
    // it is always the same one, in other windows others.
    if (Session.windows()[R.Windows[Window]].Begin)
      Offset = Window % OffsetCount;
    for (size_t C : Order)
      Code.push_back(Images[C][Offset]);
    Expected<std::vector<uint64_t>> Cycles =
        Session.time(R.Windows[Window], Code);
    if (!Cycles) {
      Lost = R.Windows[Window];
      return Cycles.takeError();
    }
    // A round in which the original failed says nothing of the others.
    for (auto [C, Value] : zip(Order, *Cycles))
      if (C == 0 && Value == 0) {
        Lost = R.Windows[Window];
        return createStringError("the original does not reach the end any "
                                 "more");
      }
    std::vector<double> Times(Cycles->begin(), Cycles->end());
    if (Params.OnRound)
      Params.OnRound(R.Function, Window, Offset, Order, Times);
    return std::move(Times);
  }

  std::optional<unsigned> Lost; ///< The window of the Error.

private:
  ArenaSession &Session;
  const HostRegion &R;
  const std::vector<PlacedVariant> Images;
  const ArenaScorerParams &Params;
};
} // namespace

static std::string windowName(const ArenaWindow &W) {
  std::string Begin = W.Begin ? formatv(", pass {0}", W.Begin).str() : "";
  return formatv("command {0}, process {1}, entry {2}{3}, {4} {5}", W.Command,
                 W.Process, W.Entry, Begin, W.Passes ? W.Passes : W.Entries,
                 W.Passes ? "passes" : "entries")
      .str();
}

Expected<std::vector<RegionScore>> ArenaScorer::race(const Genome &Plan,
                                                     uint64_t Guid,
                                                     ArrayRef<Variant> Variants,
                                                     double Incumbent) {
  return race(Plan, Guid, Variants, Incumbent, Params.Rounds);
}

Expected<std::vector<RegionScore>>
ArenaScorer::race(const Genome &Plan, uint64_t Guid, ArrayRef<Variant> Variants,
                  double Incumbent, unsigned Rounds) {
  Host &H = host(Plan);
  if (!H.Failure.empty())
    return createStringError("%s", H.Failure.c_str());
  Expected<size_t> Index = regionIndex(Plan, Guid);
  if (!Index)
    return Index.takeError();
  HostRegion &R = H.Regions[*Index];
  H.turnTo(*Index);
  std::vector<PlacedVariant> Images = {R.Original};
  for (const Variant &V : Variants) {
    Expected<PlacedVariant> Placed = H.placed(V, *Index);
    if (!Placed)
      return Placed.takeError();
    Images.push_back(*Placed);
  }
  ArenaRaceParams Race;
  Race.MaxSeconds = Params.RaceSeconds;
  Race.Seed = Params.Seed;
  Race.Worthwhile = Params.Worthwhile;
  Race.Finalists = Params.Finalists;
  if (Rounds) {
    // No looks.
    Race.FirstRounds = std::numeric_limits<unsigned>::max();
    Race.FullRounds = Rounds;
    Race.Precision = 0;
    Race.Width = Params.Width;
    Race.MaxSeconds = 0;
  }
  while (!R.Windows.empty()) {
    WindowTrials Trials(*H.Session, R, Images, Params);
    Expected<RaceOutcome> Outcome = runArenaRace(Trials, Incumbent, Race);
    if (!Outcome && Trials.Lost) {
      // The others are still there.
      consumeError(Outcome.takeError());
      H.loseWindow(*Index, *Trials.Lost);
      continue;
    }
    if (!Outcome)
      return Outcome.takeError();
    double Total = 0;
    for (double Weight : R.Weights)
      Total += Weight;
    std::vector<RegionScore> Scores(Variants.size());
    for (size_t I = 0; I < Variants.size(); ++I) {
      const RaceResult &Result = Outcome->Results[1 + I];
      RegionScore &S = Scores[I];
      if (Result.How == RaceResult::End::Failed) {
        S.V = {VerdictKind::Crashed, "in a timed trial"};
        continue;
      }
      const ArenaEstimate &E = Result.Estimate;
      S.V.Kind = VerdictKind::Replayed;
      S.S = Score{E.Ratio, E.Low, E.High, E.Trials,
                  Outcome->Seconds / Variants.size()};
      for (auto [Number, Ratio] : enumerate(E.Windows))
        S.Windows.push_back(
            {windowName(H.Session->windows()[R.Windows[Number]]),
             R.Weights[Number] / Total, Ratio.OriginalCycles, Ratio.Cycles});
    }
    return std::move(Scores);
  }
  return createStringError("all windows of the region are lost");
}

} // namespace speciate
