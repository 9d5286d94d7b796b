//===- driver/speciate/CommandArenaRank.cpp - speciate arena rank: predicted
// against measured gains
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How far can the arena be believed? Variants of all regions that it has
// windows of are raced as in a campaign. Some of them, single ones and
// combinations over the regions, become whole programs, whose measured gain
// (pairs of whole runs) is put beside the one that the arena predicts.
// scripts/arena-ranking makes table, correlation and plot of the report.
//
// Which ones. Singles: half of them the best, the others at even distances in
// the ranking, so that losers are there, too. Combinations: the k-th best of
// every region together, for k = 1, 2, ..., as a campaign puts together what
// the arena found best.
//
//===----------------------------------------------------------------------===//

#include "driver/speciate/ArenaBuilder.h"
#include "driver/speciate/Commands.h"
#include "gp/score/WholeProgramScorer.h"
#include "gp/select/Select.h"
#include "gp/variation/Variation.h"
#include "gp/verify/OutputVerifier.h"
#include "support/File.h"
#include "support/TimedRun.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>
#include <chrono>
#include <set>
#include <thread>

using namespace llvm;

namespace speciate {

namespace {

struct RankWords {
  CampaignOptions O;
  std::string Recipe;
  std::string Json, Trials;
  unsigned Variants = 20;
  unsigned Pool = 64;
  unsigned Pairs = 24;
};

/// A variant of one region.
struct Raced {
  size_t Region = 0;
  Genome G;
  Variant V;
  Verdict Said;
  Score S; ///< Of the region.
};

/// A program to be measured.
struct Ranked {
  Genome G;
  std::vector<size_t> Parts; ///< Indices of what was raced.
  Score Predicted, Measured;
  std::string Failure; ///< Why there is no Measured.
};

/// Where the time went, in seconds of the wall.
struct Spent {
  double Open = 0, Build = 0, Verify = 0, Race = 0;
  unsigned Decided = 0;
};

class Stopwatch {
public:
  explicit Stopwatch(double &Into) : Into(Into) {}
  ~Stopwatch() {
    Into +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - Begin)
            .count();
  }

private:
  double &Into;
  std::chrono::steady_clock::time_point Begin =
      std::chrono::steady_clock::now();
};

class Ranking {
public:
  Ranking(const RankWords &W, ProgramBuilder &Builder, SearchSpace Space,
          ArenaScorer &Arena)
      : W(W), Builder(Builder), Space(std::move(Space)), Arena(Arena) {}

  Error run();
  json::Value toJson() const;

private:
  std::vector<Raced> propose(size_t Region, unsigned Count) const;
  Error race(size_t Region, std::vector<Raced> Candidates);
  void choose();
  Error sampleAgain();
  Score predict(ArrayRef<const Raced *> Parts) const;
  Error measure();

  const RankWords &W;
  ProgramBuilder &Builder;
  const SearchSpace Space;
  ArenaScorer &Arena;
  std::vector<Raced> All; ///< With a score.
  std::vector<Ranked> Chosen;
  std::map<std::string, unsigned> Rejected;
  Spent Time;
};

} // namespace

/// \p Count distinct genomes: the seeds of a campaign, then random ones.
std::vector<Raced> Ranking::propose(size_t Index, unsigned Count) const {
  std::vector<GeneOption> Options;
  appendOptions(Space.Regions[Index].Sites, Options);
  std::vector<Genome> Genomes;
  for (Seed &S : seedIndividuals(Options))
    Genomes.push_back(std::move(S.G));
  if (Genomes.size() > Count / 2)
    Genomes.resize(Count / 2);
  RandomStream Random(W.O.Seed, "arena-rank", Index);
  // A small space may not have so many.
  for (unsigned Try = 0; Try < 4 * Count && Genomes.size() < Count; ++Try)
    if (Genome G = randomGenome(Options, Random); !is_contained(Genomes, G))
      Genomes.push_back(std::move(G));
  std::vector<Raced> Result;
  for (Genome &G : Genomes) {
    Raced R;
    R.Region = Index;
    R.G = std::move(G);
    Result.push_back(std::move(R));
  }
  return Result;
}

Error Ranking::race(size_t Index, std::vector<Raced> Candidates) {
  const Region &Here = Space.Regions[Index];
  const Genome Plan;
  std::string Original;
  {
    Stopwatch Watch(Time.Build);
    DefaultThreadPool Pool(hardware_concurrency(W.O.Jobs));
    Pool.async([&] { Original = Arena.build(Plan, Here.Guid, Plan).CodeHash; });
    for (Raced &C : Candidates)
      Pool.async([&] { C.V = Arena.build(Plan, Here.Guid, C.G); });
    Pool.wait();
  }
  std::set<std::string> Codes = {Original};
  erase_if(Candidates, [&](const Raced &C) {
    if (C.V.Failure.empty())
      return !Codes.insert(C.V.CodeHash).second;
    ++Rejected["build failed"];
    return true;
  });
  // As many as a campaign races at once.
  constexpr size_t Batch = 16;
  double Best = 1;
  for (size_t Begin = 0; Begin < Candidates.size(); Begin += Batch) {
    MutableArrayRef<Raced> Some = Candidates;
    Some = Some.slice(Begin, std::min(Batch, Candidates.size() - Begin));
    std::vector<Variant> Racing;
    std::vector<Raced *> Who;
    {
      Stopwatch Watch(Time.Verify);
      for (Raced &C : Some) {
        ++Time.Decided;
        C.Said = Arena.verify(Plan, Here.Guid, C.V);
        if (!C.Said.accepted()) {
          ++Rejected[verdictName(C.Said.Kind).str()];
          continue;
        }
        Racing.push_back(C.V);
        Who.push_back(&C);
      }
    }
    if (Racing.empty())
      continue;
    Stopwatch Watch(Time.Race);
    Expected<std::vector<RegionScore>> Scores =
        Arena.race(Plan, Here.Guid, Racing, Best);
    if (!Scores)
      return Scores.takeError();
    for (auto [C, Said] : zip(Who, *Scores)) {
      C->Said = Said.V;
      C->S = Said.S;
      if (!Said.V.accepted()) {
        ++Rejected[verdictName(Said.V.Kind).str()];
        continue;
      }
      Best = std::max(Best, std::exp(estimate(Said.S).Mean));
      All.push_back(*C);
    }
  }
  return Error::success();
}

Score Ranking::predict(ArrayRef<const Raced *> Parts) const {
  // Regions are measured apart: their errors add up as independent ones do.
  std::vector<std::pair<double, double>> Ratios;
  double Squares = 0;
  for (const Raced *P : Parts) {
    double Share = Space.Regions[P->Region].Share;
    Ratios.push_back({Share, P->S.Ratio});
    Score On = onProgram(P->S, Share);
    double Half = On.Low > 0 ? std::log(On.High / On.Low) / 2 : 1;
    Squares += Half * Half;
  }
  Score S;
  S.Ratio = combinedRatio(Ratios);
  S.Low = S.Ratio * std::exp(-std::sqrt(Squares));
  S.High = S.Ratio * std::exp(std::sqrt(Squares));
  return S;
}

void Ranking::choose() {
  std::vector<const Raced *> Sorted;
  for (const Raced &R : All)
    Sorted.push_back(&R);
  // What a score of few rounds may have won by luck counts less.
  auto Gain = [&](const Raced *R) {
    return estimate(onProgram(R->S, Space.Regions[R->Region].Share)).fitness();
  };
  // All has the order of proposal, which decides among equals.
  llvm::sort(Sorted, [&](const Raced *A, const Raced *B) {
    return std::make_pair(-Gain(A), A) < std::make_pair(-Gain(B), B);
  });
  auto Add = [&](ArrayRef<const Raced *> Parts) {
    Ranked R;
    for (const Raced *P : Parts) {
      R.G = R.G.mergedWith(P->G);
      R.Parts.push_back(size_t(P - All.data()));
    }
    if (none_of(Chosen, [&](const Ranked &Old) { return Old.G == R.G; }))
      Chosen.push_back(std::move(R));
  };
  std::map<size_t, std::vector<const Raced *>> ByRegion;
  for (const Raced *R : Sorted)
    ByRegion[R->Region].push_back(R);
  const size_t Combinations = ByRegion.size() > 1 ? W.Variants / 4 : 0;
  for (size_t K = 0; K < Combinations; ++K) {
    std::vector<const Raced *> Parts;
    for (auto &[Region, Of] : ByRegion)
      if (K < Of.size())
        Parts.push_back(Of[K]);
    if (Parts.size() > 1)
      Add(Parts);
  }
  const size_t Best = (W.Variants - Chosen.size()) / 2;
  for (size_t K = 0; K < std::min(Best, Sorted.size()); ++K)
    Add(Sorted[K]);
  const size_t Rest = Sorted.size() - std::min(Best, Sorted.size());
  const size_t Wanted =
      W.Variants - std::min<size_t>(W.Variants, Chosen.size());
  for (size_t K = 0; K < std::min(Rest, Wanted); ++K)
    Add(Sorted[Sorted.size() - 1 - K * Rest / std::min(Rest, Wanted)]);
}

/// Full samples for all that were chosen, fresh: the races that chose them
/// favour the lucky ones.
Error Ranking::sampleAgain() {
  std::map<size_t, std::vector<size_t>> ByRegion;
  for (const Ranked &R : Chosen)
    for (size_t Part : R.Parts)
      if (auto &Of = ByRegion[All[Part].Region]; !is_contained(Of, Part))
        Of.push_back(Part);
  for (auto &[Index, Parts] : ByRegion) {
    std::vector<Variant> Variants;
    for (size_t Part : Parts)
      Variants.push_back(All[Part].V);
    Expected<std::vector<RegionScore>> Scores =
        Arena.race(Genome(), Space.Regions[Index].Guid, Variants,
                   /*Incumbent=*/0, ArenaRaceParams().FullRounds);
    if (!Scores)
      return Scores.takeError();
    for (auto [Part, Said] : zip(Parts, *Scores))
      if (Said.V.accepted())
        All[Part].S = Said.S;
  }
  for (Ranked &R : Chosen) {
    std::vector<const Raced *> Parts;
    for (size_t Part : R.Parts)
      Parts.push_back(&All[Part]);
    R.Predicted = predict(Parts);
  }
  return Error::success();
}

Error Ranking::measure() {
  {
    DefaultThreadPool Pool(hardware_concurrency(W.O.Jobs));
    for (const Ranked &R : Chosen)
      Pool.async([&] { (void)Builder.build(R.G); });
    Pool.wait();
  }
  Variant Reference = Builder.build(Genome());
  if (!Reference.Failure.empty())
    return createStringError("the reference: %s", Reference.Failure.c_str());
  ProgramUnderTest Original(Reference.Program, false,
                            sys::path::filename(W.O.Program).str());
  auto Check =
      OutputVerifier::create(Original, W.O.Train, W.O.Check, W.O.Files);
  if (!Check)
    return Check.takeError();
  ScoreParams Params;
  Params.MaxPairs = W.Pairs;
  Params.MaxSeconds = 0;
  Params.TimeLimit = W.O.TimeLimit;
  Params.Seed = W.O.Seed;
  auto Scorer =
      WholeProgramScorer::create(Original, W.O.Train, W.O.Files, Params);
  if (!Scorer)
    return Scorer.takeError();
  for (auto [Number, R] : enumerate(Chosen)) {
    Variant V = Builder.build(R.G);
    R.Failure = V.Failure;
    if (R.Failure.empty())
      if (Verdict Said = (*Check)->verify(V.Program); !Said.accepted())
        R.Failure = (verdictName(Said.Kind) + ": " + Said.Detail).str();
    if (R.Failure.empty()) {
      Expected<Score> S = (*Scorer)->score(V.Program, 0);
      if (!S)
        return S.takeError();
      R.Measured = *S;
    }
    outs() << formatv("{0,3}  predicted {1:f4} [{2:f4}, {3:f4}]  measured ",
                      Number + 1, R.Predicted.Ratio, R.Predicted.Low,
                      R.Predicted.High);
    if (R.Failure.empty())
      outs() << formatv("{0:f4} [{1:f4}, {2:f4}]", R.Measured.Ratio,
                        R.Measured.Low, R.Measured.High);
    else
      outs() << R.Failure;
    for (size_t Part : R.Parts)
      outs() << " " << Space.Regions[All[Part].Region].Function;
    outs() << "\n";
    outs().flush();
  }
  return Error::success();
}

Error Ranking::run() {
  std::vector<size_t> Windowed;
  double Shares = 0;
  {
    Stopwatch Watch(Time.Open);
    for (auto [Index, R] : enumerate(Space.Regions)) {
      if (R.Sites.empty() || !Arena.admit(Genome(), R).empty())
        continue;
      Windowed.push_back(Index);
      Shares += R.Share;
    }
  }
  if (Windowed.empty())
    return createStringError("the arena has windows of no region");
  for (size_t Index : Windowed) {
    const Region &R = Space.Regions[Index];
    auto Count = unsigned(std::lround(W.Pool * R.Share / Shares));
    if (!Count)
      continue;
    if (Error E = race(Index, propose(Index, Count)))
      return E;
  }
  double Racing = Time.Verify + Time.Race;
  outs() << formatv("{0} regions with windows, {1:f1} % of the time; opening "
                    "them took {2:f1} s\n",
                    Windowed.size(), Shares * 100, Time.Open);
  outs() << formatv("{0} variants decided: building {1:f1} s with {2} jobs, "
                    "verifying {3:f1} s, racing {4:f1} s\n",
                    Time.Decided, Time.Build, W.O.Jobs, Time.Verify, Time.Race);
  outs() << formatv("{0:f1} a second by verifying and racing, {1:f1} with "
                    "building\n",
                    Time.Decided / Racing,
                    Time.Decided / (Racing + Time.Build));
  for (const auto &[Why, Count] : Rejected)
    outs() << formatv("rejected, {0}: {1}\n", Why, Count);
  outs().flush();
  if (!W.Variants)
    return Error::success();
  choose();
  if (Error E = sampleAgain())
    return E;
  return measure();
}

static json::Value toJson(const Score &S) {
  return json::Object{{"ratio", S.Ratio},
                      {"ci95", json::Array{S.Low, S.High}},
                      {"pairs", static_cast<int64_t>(S.Pairs)}};
}

json::Value Ranking::toJson() const {
  json::Array Rows;
  for (const Ranked &R : Chosen) {
    json::Array Parts;
    for (size_t Part : R.Parts) {
      const Region &Of = Space.Regions[All[Part].Region];
      Parts.push_back(json::Object{{"region", Of.Function},
                                   {"share", Of.Share},
                                   {"ratio", All[Part].S.Ratio}});
    }
    json::Object Row{{"regions", std::move(Parts)},
                     {"genome", R.G.str()},
                     {"predicted", speciate::toJson(R.Predicted)}};
    if (R.Failure.empty())
      Row["measured"] = speciate::toJson(R.Measured);
    else
      Row["failure"] = R.Failure;
    Rows.push_back(std::move(Row));
  }
  return json::Object{{"schema", "speciate.arena-rank/1"},
                      {"program", W.O.Program},
                      {"seed", static_cast<int64_t>(W.O.Seed)},
                      {"decided", static_cast<int64_t>(Time.Decided)},
                      {"seconds", json::Object{{"open", Time.Open},
                                               {"build", Time.Build},
                                               {"verify", Time.Verify},
                                               {"race", Time.Race}}},
                      {"variants", std::move(Rows)}};
}

static Error rank(RankWords &W) {
  W.O.Program = absolutePath(W.O.Program);
  W.O.Files = absolutePath(".");
  W.O.StopAfter = Stage::Plan;
  if (W.O.Train.empty())
    return createStringError("no training command: give --train 'CMD', with {} "
                             "for the program");
  ArenaBuilder From;
  Expected<ProgramBuilder *> Builder = From.open(W.O, W.Recipe);
  if (!Builder)
    return Builder.takeError();
  Expected<SearchSpace> Space = (*Builder)->space(Genome());
  if (!Space)
    return Space.takeError();
  ArenaScorerParams Params;
  Params.Commands = W.O.Train;
  Params.Files = W.O.Files;
  Params.CommandSeconds = W.O.TimeLimit;
  Params.Seed = W.O.Seed;
  TrialLog Log;
  if (Error E = Log.open(W.Trials, Params))
    return E;
  QuietCpu Quiet;
  ArenaScorer Arena(**Builder, std::move(Params));
  Ranking R(W, **Builder, std::move(*Space), Arena);
  if (Error E = R.run())
    return E;
  if (W.Json.empty())
    return Error::success();
  return writeFileAtomically(W.Json, formatv("{0:2}\n", R.toJson()).str());
}

void addArenaRank(CLI::App &Arena, int &Exit) {
  auto W = std::make_shared<RankWords>();
  W->O.Jobs = std::max(1u, std::thread::hardware_concurrency());
  CLI::App *Command = Arena.add_subcommand(
      "rank", "Races variants, and compares what the arena predicts of some "
              "with pairs of whole runs");
  Command
      ->add_option("PROGRAM", W->O.Program,
                   "A program that was linked by speciate-cc")
      ->required();
  Command->add_option("--train", W->O.Train, "As in optimize")
      ->type_name("CMD");
  Command->add_option("--check", W->O.Check, "As in optimize")
      ->type_name("CMD");
  Command->add_option("--recipe", W->Recipe,
                      "Take the profile from it, and train nothing");
  Command->add_option("--cpu", W->O.Cpu, "As in optimize");
  Command->add_option("--seed", W->O.Seed, "Of genomes, windows and orders");
  Command->add_option("--pool", W->Pool,
                      "Variants that are raced (default: 64)");
  Command->add_option("--variants", W->Variants,
                      "Whole programs that are measured (default: 20); 0: race "
                      "only");
  Command
      ->add_option("--pairs", W->Pairs,
                   "Of whole runs, a program (default: 24)")
      ->check(CLI::PositiveNumber);
  Command->add_option("--json", W->Json, "For scripts/arena-ranking");
  Command->add_option("--trials", W->Trials,
                      "CSV with the cycles of every trial of the races");
  Command->add_option("-j", W->O.Jobs, "Compile jobs")
      ->check(CLI::PositiveNumber);
  Command->callback([W, &Exit] {
    Error E = rank(*W);
    Exit = E ? reportError(std::move(E)) : ExitOk;
  });
}

} // namespace speciate
