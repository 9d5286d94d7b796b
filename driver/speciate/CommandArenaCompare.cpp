//===- driver/speciate/CommandArenaCompare.cpp - speciate arena PROGRAM: one
// comparison
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Variants of one region, verified and raced as a campaign does it, with
// everything that was seen. For debugging, and for tests of the verification.
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/ArenaScorer.h"
#include "driver/speciate/ArenaBuilder.h"
#include "driver/speciate/Commands.h"
#include "gp/select/Select.h"
#include "support/File.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <thread>

using namespace llvm;

namespace speciate {

namespace {

struct CompareWords {
  CampaignOptions O;
  std::string Recipe;
  std::string Region;
  std::vector<std::string> Genomes;
  std::vector<std::string> Slices;
  std::string SliceOutput;
  std::string Trials;
  unsigned Rounds = 0;
  double Width = 0;
  bool VerifyLines = false;
  bool Coverage = false;
  unsigned Windows = ArenaScorerParams().WindowsPerRegion;
};

struct Compared {
  std::string Name;
  Variant V;
  Verdict Said;
  double VerifySeconds = 0;
  RegionScore Score;
};

} // namespace

/// The genomes of \p Paths, which must have the same plan genes.
static Expected<std::vector<Genome>>
readGenomes(const std::vector<std::string> &Paths) {
  std::vector<Genome> Result;
  for (const std::string &Path : Paths) {
    Expected<std::string> Text = readFile(Path);
    if (!Text)
      return Text.takeError();
    Expected<Genome> G = Genome::parse(*Text);
    if (!G)
      return createFileError(Path, G.takeError());
    if (!Result.empty() &&
        G->atLevel(Level::Plan) != Result[0].atLevel(Level::Plan))
      return createStringError("%s: other plan genes than %s", Path.c_str(),
                               Paths[0].c_str());
    Result.push_back(std::move(*G));
  }
  return std::move(Result);
}

static Expected<size_t> findRegion(const SearchSpace &Space, StringRef Name) {
  std::string Known;
  if (Name == "hottest" && !Space.Regions.empty())
    return size_t(llvm::max_element(Space.Regions,
                                    [](const Region &A, const Region &B) {
                                      return A.Share < B.Share;
                                    }) -
                  Space.Regions.begin());
  for (auto [Index, R] : enumerate(Space.Regions)) {
    // Promotion gives static functions names of their own.
    if (R.Function == Name ||
        StringRef(R.Function).split(".speciate.").first == Name)
      return Index;
    Known += " " + R.Function;
  }
  return createStringError("no region '%s'; there are%s", Name.str().c_str(),
                           Known.empty() ? " none" : Known.c_str());
}

static void print(const Region &R, ArrayRef<Compared> All, size_t Windows) {
  outs() << formatv("region {0}: {1:f1} % of the time (estimated), {2} "
                    "windows\n",
                    R.Function, R.Share * 100, Windows);
  for (auto [Number, C] : enumerate(All)) {
    outs() << formatv("\nvariant {0}, {1}: {2}", Number + 1, C.Name,
                      verdictName(C.Said.Kind));
    if (!C.Said.Detail.empty())
      outs() << ": " << C.Said.Detail;
    outs() << formatv(" ({0:f1} ms)\n", C.VerifySeconds * 1e3);
    for (const std::string &Line : C.V.NoOps)
      outs() << "  no-op: " << Line << "\n";
    if (!C.Said.accepted())
      continue;
    const Score &S = C.Score.S;
    outs() << formatv("  ratio {0:f4} [{1:f4}, {2:f4}], {3} trials; of the "
                      "program {4:f4}\n",
                      S.Ratio, S.Low, S.High, S.Pairs,
                      onProgram(S, R.Share).Ratio);
    outs() << formatv("  {0,-48} {1,8} {2,12} {3,12} {4,8}\n", "window",
                      "weight", "original", "variant", "ratio");
    for (const WindowScore &W : C.Score.Windows)
      outs() << formatv("  {0,-48} {1,8:f3} {2,12:f0} {3,12:f0} {4,8:f4}\n",
                        W.Window, W.Weight, W.OriginalCycles, W.Cycles,
                        W.OriginalCycles / W.Cycles);
  }
}

/// The variants to compare, built. A variant that cannot be built is an Error:
/// here it is the user's.
static Expected<std::vector<Compared>>
buildAll(const CompareWords &W, ProgramBuilder &Builder, ArenaScorer &Arena,
         const Genome &Plan, ArrayRef<Genome> Genomes, const Region &R,
         size_t Index) {
  std::vector<Compared> All;
  for (auto [Path, G] : zip(W.Genomes, Genomes)) {
    Compared C;
    C.Name = Path;
    C.V = Arena.build(Plan, R.Guid, G.ofFunction(Level::Region, R.Guid));
    All.push_back(std::move(C));
  }
  for (const std::string &Slice : W.Slices) {
    Compared C;
    C.Name = Slice;
    Expected<ArenaImageObject> Image =
        Builder.arenaImageOfSlice(Plan, Index, Slice);
    if (!Image)
      return Image.takeError();
    C.V.Program = Image->Path;
    C.V.CodeHash = Image->CodeHash;
    All.push_back(std::move(C));
  }
  for (const Compared &C : All)
    if (!C.V.Failure.empty())
      return createStringError("%s: %s", C.Name.c_str(), C.V.Failure.c_str());
  return std::move(All);
}

/// Reads lines from standard input, each the path of a slice to be verified,
/// or of a reference for it and the slice; the word "everything" and a slice
/// asks for the complete comparison with the original. Answers each with one
/// line: the verdict, its detail, and how many windows the region has. Times
/// nothing.
static Error verifyLines(ProgramBuilder &Builder, ArenaScorer &Arena,
                         const Genome &Plan, const Region &R, size_t Index) {
  std::map<std::string, Variant> Built;
  auto Build = [&](const std::string &Path) -> Expected<const Variant *> {
    auto [At, New] = Built.try_emplace(Path);
    if (New) {
      Expected<ArenaImageObject> Image =
          Builder.arenaImageOfSlice(Plan, Index, Path);
      if (!Image)
        return Image.takeError();
      At->second.Program = Image->Path;
      At->second.CodeHash = Image->CodeHash;
    }
    return &At->second;
  };
  for (std::string Line; std::getline(std::cin, Line);) {
    auto [First, Second] = StringRef(Line).split(' ');
    Expected<const Variant *> Slice =
        Build((Second.empty() ? First : Second).str());
    if (!Slice)
      return Slice.takeError();
    const Variant *Reference = nullptr;
    const bool Everything = First == "everything";
    if (!Second.empty() && !Everything) {
      Expected<const Variant *> Other = Build(First.str());
      if (!Other)
        return Other.takeError();
      Reference = *Other;
    }
    Verdict Said =
        Arena.verifyAgainst(Plan, R.Guid, Reference, **Slice, Everything);
    outs() << verdictName(Said.Kind);
    if (!Said.Detail.empty())
      outs() << ": " << Said.Detail;
    outs() << formatv(" ({0} windows)\n", Arena.windowCount(Plan, R.Guid));
    outs().flush();
  }
  return Error::success();
}

static Expected<ExitCode> printCoverage(ArenaScorer &Arena,
                                        const Genome &Plan) {
  Expected<std::vector<ArenaScorer::Coverage>> All = Arena.coverage(Plan);
  if (!All)
    return All.takeError();
  outs() << "windows   runs, s  windows, s  ratio  region\n";
  for (const ArenaScorer::Coverage &C : *All) {
    if (C.Windows)
      outs() << formatv("{0,7} {1,9:f4} {2,11:f4}  {3:f3}  {4}", C.Windows,
                        C.RunSeconds, C.WindowSeconds,
                        C.WindowSeconds / C.RunSeconds, C.Function);
    else
      outs() << "      0                             " << C.Function;
    outs() << (C.Refusal.empty() ? "" : ": ") << C.Refusal << "\n";
    for (const auto &[Why, Count] : C.Dropped)
      outs() << formatv("{0,7} dropped: {1}\n", Count, Why);
  }
  return ExitOk;
}

static Expected<ExitCode> compare(CompareWords &W) {
  W.O.Program = absolutePath(W.O.Program);
  W.O.Files = absolutePath(".");
  W.O.StopAfter = Stage::Plan;
  if (W.O.Train.empty())
    return createStringError("no training command: give --train 'CMD', with {} "
                             "for the program");
  Expected<std::vector<Genome>> Genomes = readGenomes(W.Genomes);
  if (!Genomes)
    return Genomes.takeError();
  Genome Plan;
  if (!Genomes->empty())
    Plan = Genomes->front().atLevel(Level::Plan);

  ArenaBuilder From;
  Expected<ProgramBuilder *> Builder = From.open(W.O, W.Recipe);
  if (!Builder)
    return Builder.takeError();
  Expected<SearchSpace> Space = (*Builder)->space(Plan);
  if (!Space)
    return Space.takeError();
  Expected<size_t> Index = findRegion(*Space, W.Region);
  if (!Index)
    return Index.takeError();
  const Region &R = Space->Regions[*Index];
  if (!W.SliceOutput.empty()) {
    Expected<std::string> Slice = (*Builder)->regionSlice(Plan, *Index);
    if (!Slice)
      return Slice.takeError();
    if (Error E = copyFileAtomically(*Slice, absolutePath(W.SliceOutput)))
      return std::move(E);
  }

  ArenaScorerParams Params;
  Params.Commands = W.O.Train;
  Params.Files = W.O.Files;
  Params.CommandSeconds = W.O.TimeLimit;
  Params.WindowsPerRegion = W.Windows;
  Params.Seed = W.O.Seed;
  Params.Rounds = W.Rounds;
  Params.Width = W.Width / 100;
  TrialLog Log;
  if (Error E = Log.open(W.Trials, Params))
    return std::move(E);
  std::optional<QuietCpu> Quiet;
  if (W.VerifyLines)
    Params.Cpu = -1;
  else
    Quiet.emplace();
  ArenaScorer Arena(**Builder, std::move(Params));
  if (W.Coverage)
    return printCoverage(Arena, Plan);
  if (std::string Why = Arena.admit(Plan, R); !Why.empty()) {
    outs() << formatv("region {0}: no windows: {1}\n", R.Function, Why);
    return ExitCheck;
  }
  if (W.VerifyLines) {
    if (Error E = verifyLines(**Builder, Arena, Plan, R, *Index))
      return std::move(E);
    return ExitOk;
  }
  Expected<std::vector<Compared>> All =
      buildAll(W, **Builder, Arena, Plan, *Genomes, R, *Index);
  if (!All)
    return All.takeError();
  std::vector<Variant> Racing;
  for (Compared &C : *All) {
    auto Start = std::chrono::steady_clock::now();
    C.Said = Arena.verify(Plan, R.Guid, C.V);
    C.VerifySeconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - Start)
            .count();
    if (C.Said.accepted())
      Racing.push_back(C.V);
  }
  if (!Racing.empty()) {
    Expected<std::vector<RegionScore>> Scores =
        Arena.race(Plan, R.Guid, Racing, /*Incumbent=*/0);
    if (!Scores)
      return Scores.takeError();
    size_t Next = 0;
    for (Compared &C : *All)
      if (C.Said.accepted()) {
        C.Score = std::move((*Scores)[Next++]);
        C.Said = C.Score.V;
      }
  }
  print(R, *All, Arena.windowCount(Plan, R.Guid));
  return all_of(*All, [](const Compared &C) { return C.Said.accepted(); })
             ? ExitOk
             : ExitCheck;
}

void addArenaComparison(CLI::App &Command, int &Exit) {
  auto W = std::make_shared<CompareWords>();
  W->O.Jobs = std::max(1u, std::thread::hardware_concurrency());
  Command.add_option("PROGRAM", W->O.Program,
                     "A program that was linked by speciate-cc");
  Command.add_option("--region", W->Region,
                     "The function; hottest: the one with most of the time");
  Command
      .add_option("--variant", W->Genomes,
                  "A genome: the region's genes; plan genes are applied to all")
      ->type_name("GENOME");
  Command.add_option("--train", W->O.Train, "As in optimize")->type_name("CMD");
  Command.add_option("--recipe", W->Recipe,
                     "Take the profile from it, and train nothing");
  Command.add_option("--cpu", W->O.Cpu, "As in optimize");
  Command.add_option("--seed", W->O.Seed, "Of windows and orders");
  Command.add_option("--windows", W->Windows, "At most (default: 8)")
      ->check(CLI::PositiveNumber);
  Command.add_option("--rounds", W->Rounds,
                     "So many rounds for all variants, no race");
  Command.add_option("--width", W->Width,
                     "With --rounds: fewer, when the intervals are at most so "
                     "many percent wide");
  Command.add_option("--trials", W->Trials,
                     "CSV with the cycles of every trial of the race");
  Command.add_option("-j", W->O.Jobs, "Compile jobs")
      ->check(CLI::PositiveNumber);
  // For tests: any IR in the place of the region's.
  Command.add_option("--slice-output", W->SliceOutput)->group("");
  Command.add_option("--slice", W->Slices)->group("");
  Command.add_flag("--verify-lines", W->VerifyLines)->group("");
  Command.add_flag("--coverage", W->Coverage,
                   "Only say how well the windows of all regions stand for the "
                   "runs");
  Command.callback([W, &Exit, &Command] {
    if (!Command.get_subcommands().empty())
      return;
    if (W->O.Program.empty() || W->Region.empty()) {
      Exit = reportError(createStringError(
          "arena: give PROGRAM and --region, or a subcommand"));
      return;
    }
    Expected<ExitCode> Done = compare(*W);
    Exit = Done ? *Done : reportError(Done.takeError());
  });
}

} // namespace speciate
