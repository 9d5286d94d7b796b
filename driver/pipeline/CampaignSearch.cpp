//===- driver/pipeline/CampaignSearch.cpp - optimize: from the search to the
// recipe
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/ArenaScorer.h"
#include "driver/pipeline/Campaign.h"
#include "driver/relink/Recipe.h"
#include "gp/engine/Minimize.h"
#include "gp/score/Gate.h"
#include "gp/score/WholeProgramScorer.h"
#include "passes/operators/Operator.h"
#include "support/File.h"
#include "support/Hash.h"
#include "support/TimedRun.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace speciate {

/// Rounds of the sample that chooses among finalists, and of the fresh one
/// that decides.
static constexpr unsigned ChoiceRounds = 16;
static constexpr unsigned GateRounds = 48;
/// Smaller gains are called "unchanged": placements and rounds of equal code
/// differ by as much.
static constexpr double MinGain = 0.005;
/// What follows the search takes as long as it at most, but a short budget does
/// not starve it: what ships is decided there. Choosing, minimizing and the
/// gate have these parts of it.
static double afterSeconds(double Budget) { return std::max(Budget, 30.0); }
static constexpr double ChoicePart = 0.15;
static constexpr double MinimizePart = 0.35;
static constexpr double GatePart = 0.5;

Expected<CampaignResult> Campaign::searchWith(Strategy How, int64_t Id) {
  QuietCpu Quiet;
  ScoreParams Params;
  Params.Seed = O.Seed;
  // So that a budget is worth some thirty candidates, most of which are dropped
  // early.
  Params.MaxSeconds =
      std::min(Params.MaxSeconds, std::max(2.0, O.BudgetSeconds / 25));
  Expected<std::unique_ptr<WholeProgramScorer>> Timer =
      WholeProgramScorer::create(under(Reference.Program), O.Train, O.Files,
                                 Params);
  if (!Timer)
    return Timer.takeError();
  SearchLimits Limits;
  Limits.BudgetSeconds = O.BudgetSeconds;
  Limits.Jobs = std::max(O.Jobs, 1u) - 1; // The search builds, too.
  for (const auto &[Name, Seconds] : R.Stages)
    if (Name == stageName(Stage::Plan))
      Limits.PlanSeconds = Seconds;
  unsigned Generation = 0;
  double Best = 1;
  auto Show = [&](const SearchProgress &S) {
    bool News =
        S.BestRatio != Best || (S.Last && S.Last->Generation != Generation);
    Best = S.BestRatio;
    if (S.Last)
      Generation = S.Last->Generation;
    P.update(formatv("generation {0}, {1} evaluations, best {2:f3}, {3:f0} s "
                     "left",
                     Generation, S.Evaluations, S.BestRatio,
                     std::max(0.0, S.BudgetSeconds - S.SpentSeconds)),
             News);
  };
  Limits.Progress = Show;
  // A shared object is not the program that runs.
  std::unique_ptr<ArenaScorer> Arena;
  if (O.Arena && How == Strategy::Genetic && !C.R.Shared) {
    ArenaScorerParams InArena;
    InArena.Commands = O.Train;
    InArena.Files = O.Files;
    InArena.CommandSeconds = O.TimeLimit;
    InArena.RaceSeconds = std::min(10.0, std::max(1.0, O.BudgetSeconds / 25));
    InArena.Seed = O.Seed;
    Arena = std::make_unique<ArenaScorer>(*Builder, std::move(InArena));
  }
  return runCampaign(searchParams(How), *Builder, *Check, **Timer, *TheCatalog,
                     Id, Limits, Arena.get());
}

Error Campaign::search() {
  if (O.BudgetSeconds <= 0)
    return Error::success();
  Verdict V = Check->verify(Reference.Program);
  if (!V.accepted()) {
    R.Notes.push_back("no search: the program of the empty genome does not "
                      "behave as the original: " +
                      V.Detail);
    return Error::success();
  }
  Expected<CampaignResult> Result = searchWith(O.How, Info.Id);
  if (!Result)
    return Result.takeError();
  R.Evaluations = Result->Evaluations;
  R.EvaluationsPerSecond = Result->EvaluationsPerSecond;
  R.Rejected = Result->Rejected;
  R.Arena = Result->Arena;
  if (R.Arena && R.Arena->Share == 0)
    R.Notes.push_back("the arena was of no use: everything was scored by whole "
                      "runs");
  R.Notes.push_back(formatv("search ended: {0}; {1} generations, {2} proposed, "
                            "{3} known by equal code, {4} resumed",
                            Result->Stopped, Result->Generations,
                            Result->Proposed, Result->Reused, Result->Resumed));
  Found = std::move(*Result);
  if (!O.RandomControl)
    return Error::success();

  CampaignInfo Wanted = Info;
  Wanted.Key = Info.Key + "-random";
  Wanted.Params = searchParams(Strategy::Random).str();
  Expected<CampaignInfo> Begun = TheCatalog->beginCampaign(Wanted);
  if (!Begun)
    return Begun.takeError();
  P.note("the control: random search of the same budget");
  Expected<CampaignResult> Random = searchWith(Strategy::Random, Begun->Id);
  if (!Random)
    return Random.takeError();
  RandomId = Begun->Id;
  RandomSeconds = Random->Seconds;
  if (!Random->Finalists.empty())
    RandomBest = Random->Finalists.front();
  else
    R.RandomRatio = 1.0;
  return Error::success();
}

Genome Campaign::withBolt(const Genome &G) const {
  Genome Result = G;
  for (const Site &S : Space.ProgramSites)
    for (const Choice &Option : S.Choices) {
      Expected<Parameters> Params = Parameters::parse(Option.Parameters);
      if (!Params) {
        consumeError(Params.takeError());
        continue;
      }
      StringRef Bolt = Params->get("bolt");
      if (Bolt.empty() || Bolt == "off" || G.find(S.Id, Option.Operator))
        continue;
      // The operator's best choice comes first.
      Result.set({S.Id, Option.Operator, Option.Parameters});
      return Result;
    }
  return Result;
}

static const Site *findSite(const SearchSpace &Space, const SiteId &Id) {
  auto In = [&](const std::vector<Site> &Sites) -> const Site * {
    auto Found = find_if(Sites, [&](const Site &S) { return S.Id == Id; });
    return Found == Sites.end() ? nullptr : &*Found;
  };
  if (const Site *S = In(Space.PlanSites))
    return S;
  for (const Region &Each : Space.Regions)
    if (const Site *S = In(Each.Sites))
      return S;
  return nullptr;
}

Error Campaign::minimize() {
  if (Error E = minimizeFinalists())
    return E;
  // What the user asserts is in every variant: without a gene that pays, the
  // facts alone may.
  if (Winner.Program.empty() && !C.Facts.empty()) {
    WinnerGenome = Genome();
    R.Genes.clear();
    Winner = Reference;
  }
  return Error::success();
}

Error Campaign::minimizeFinalists() {
  if (!Found || Found->Finalists.empty())
    return Error::success();
  // Which of the finalists, with and without BOLT, on a fresh sample.
  std::vector<GateProgram> Programs = {{"pgo_lto", under(Lto.Program)}};
  if (!Bolted.empty())
    Programs.push_back({"pgo_lto_bolt", under(Bolted)});
  size_t Baselines = Programs.size();
  std::vector<Genome> Genomes;
  for (const Finalist &F : Found->Finalists)
    for (const Genome &G : {F.G, withBolt(F.G)}) {
      if (is_contained(Genomes, G))
        continue;
      Variant V = Builder->build(G);
      if (V.Program.empty() || !Check->verify(V.Program).accepted())
        continue;
      Genomes.push_back(G);
      Programs.push_back(
          {formatv("finalist {0}", Genomes.size()), under(V.Program)});
    }
  if (Genomes.empty())
    return Error::success();
  GateParams Params;
  Params.Rounds = ChoiceRounds;
  Params.MaxSeconds = ChoicePart * afterSeconds(O.BudgetSeconds);
  Params.Seed = O.Seed + 1;
  P.update(formatv("{0} finalists", Genomes.size()), true);
  Expected<GateResult> Chosen = runGate(Programs, O.Train, O.Files, Params);
  if (!Chosen)
    return Chosen.takeError();
  std::vector<size_t> All;
  for (size_t I = 0; I < O.Train.size(); ++I)
    All.push_back(I);
  double Best = 0;
  for (size_t I = 0; I < Genomes.size(); ++I) {
    if (!Chosen->failure(Baselines + I).empty())
      continue;
    double Ratio = Chosen->compare(0, Baselines + I, All).Ratio;
    if (Ratio > Best) {
      Best = Ratio;
      WinnerGenome = Genomes[I];
    }
  }
  if (WinnerGenome.empty()) {
    R.Notes.push_back("none of the finalists ran on a fresh sample");
    return Error::success();
  }

  // Genes that had no effect say so; they need no measurement.
  for (const std::string &Line : Builder->build(WinnerGenome).NoOps) {
    Genome Copy = WinnerGenome;
    for (const Gene &G : Copy.genes())
      if (StringRef(Line).starts_with(G.str() + ":"))
        WinnerGenome.erase(G.Site, G.Operator);
  }
  if (WinnerGenome.empty())
    return Error::success();

  // Each gene's gain, without those that do not pay.
  MinimizeLimits Limits;
  Limits.BudgetSeconds = MinimizePart * afterSeconds(O.BudgetSeconds);
  ScoreParams Scoring;
  Scoring.Seed = O.Seed + 2;
  // Enough for every gene and for a few groups of them.
  Scoring.MaxSeconds = Limits.BudgetSeconds / (1.5 * WinnerGenome.size() + 3);
  Expected<std::unique_ptr<WholeProgramScorer>> Timer =
      WholeProgramScorer::create(under(Reference.Program), O.Train, O.Files,
                                 Scoring);
  if (!Timer)
    return Timer.takeError();
  auto Show = [&](StringRef What) { P.update(What); };
  Limits.Progress = Show;
  Expected<MinimizeResult> Small =
      speciate::minimize(WinnerGenome, *Builder, *Check, **Timer, Limits);
  if (!Small)
    return Small.takeError();
  if (!Small->Complete)
    R.Notes.push_back("minimizing ran out of time: some genes were not "
                      "measured one by one");
  WinnerGenome = Small->Kept;
  if (WinnerGenome.empty()) {
    R.Notes.push_back("on a fresh sample, no gene of the finalists pays");
    return Error::success();
  }
  // The plan's own space: an inlined region has other sites.
  Expected<SearchSpace> Own = Builder->space(WinnerGenome.atLevel(Level::Plan));
  if (!Own)
    return Own.takeError();
  for (const GeneGain &Gain : Small->Gains) {
    if (!Gain.Kept)
      continue;
    ShippedGene Shipped;
    Shipped.TheGene = Gain.G;
    Shipped.Gain = Gain.Gain;
    if (const Site *S = findSite(*Own, Gain.G.Site)) {
      // Without what promotion to a symbol of its own has added.
      Shipped.Function = StringRef(S->Function).split(".speciate.").first.str();
      Shipped.Location = S->Location;
    }
    if (const Operator *Op = findOperator(Gain.G.Operator)) {
      if (Expected<Parameters> Params = Parameters::parse(Gain.G.Parameters))
        Shipped.Evidence = Op->evidence(*Params);
      else
        consumeError(Params.takeError());
    }
    R.Genes.push_back(std::move(Shipped));
  }
  Winner = Builder->build(WinnerGenome);
  if (R.Genes.size() == 1 && R.Genes[0].Gain.Pairs == 0)
    R.Genes[0].Gain = Small->KeptScore; // Without it nothing is left.
  if (!Winner.NoOps.empty())
    R.Notes.push_back(formatv("{0} genes had no effect, such as {1}",
                              Winner.NoOps.size(), Winner.NoOps.front()));
  return Error::success();
}

struct Campaign::Entrant {
  std::string Name;
  Ships What;
  std::string Path;
  /// Builds the same program at another placement.
  std::function<Expected<std::string>(unsigned)> At;
};

/// The programs of the gate, each at every placement; or, where one of them
/// cannot be had elsewhere or misbehaves there, all where they ship.
std::vector<GateProgram> Campaign::gatePrograms(ArrayRef<Entrant> Entrants) {
  std::vector<GateProgram> Programs;
  for (const Entrant &E : Entrants)
    Programs.push_back({E.Name, under(E.Path)});
  std::string Problem;
  for (auto [E, Program] : zip(Entrants, Programs)) {
    for (unsigned Placement = 1; Placement < PlacementCount; ++Placement) {
      Expected<std::string> Path = E.At(Placement);
      if (!Path) {
        Problem = toString(Path.takeError());
        break;
      }
      Verdict V = verifyFully(*Path);
      if (!V.accepted()) {
        Problem = V.Detail;
        break;
      }
      Program.Elsewhere.push_back(under(*Path));
    }
    if (Problem.empty())
      continue;
    R.Notes.push_back(
        "the gate ran all programs at one placement only, as " + E.Name +
        " has no other: " + StringRef(Problem).take_front(300).str());
    for (GateProgram &P : Programs)
      P.Elsewhere.clear();
    break;
  }
  return Programs;
}

Verdict Campaign::verifyFully(const std::string &Program) {
  Verdict V = Check->verify(Program);
  if (V.accepted() && UnseenCheck)
    V = UnseenCheck->verify(Program);
  return V;
}

Error Campaign::gate() {
  auto LtoAt = [&](unsigned At) { return buildPgoLtoAt(C, Lto, At); };
  auto GenomeAt = [&](const Genome &G) {
    return [this, &G](unsigned At) { return Builder->buildAt(G, At); };
  };
  std::vector<Entrant> Entrants = {
      {"o3", Ships::O3, O3, [&](unsigned At) { return buildO3(C, At); }},
      {"pgo_lto", Ships::PgoLto, Lto.Program, LtoAt}};
  if (!Bolted.empty())
    Entrants.push_back({"pgo_lto_bolt", Ships::PgoLtoBolt, Bolted,
                        [&](unsigned At) { return boltedAt(At); }});
  const size_t Baselines = Entrants.size();
  bool HasWinner = false;
  if (!Winner.Program.empty()) {
    Verdict V = verifyFully(Winner.Program);
    HasWinner = V.accepted();
    if (HasWinner)
      Entrants.push_back(
          {"winner", Ships::Winner, Winner.Program, GenomeAt(WinnerGenome)});
    else
      R.Notes.push_back("the winner was refused: " + V.Detail);
  }
  // A second link of the same baseline, in a file of its own.
  Expected<TempDir> Copies = TempDir::create("speciate-aa");
  if (!Copies)
    return Copies.takeError();
  auto CopyAt = [&](unsigned At) -> Expected<std::string> {
    Expected<std::string> Original = LtoAt(At);
    if (!Original)
      return Original;
    std::string Copy = Copies->file("copy" + Twine(At));
    if (Error E = copyFileAtomically(*Original, Copy))
      return std::move(E);
    return Copy;
  };
  Expected<std::string> Copy = CopyAt(0);
  if (!Copy)
    return Copy.takeError();
  const size_t AaIndex = Entrants.size();
  Entrants.push_back({"A/A copy", Ships::PgoLto, *Copy, CopyAt});
  std::optional<size_t> RandomIndex;
  if (RandomBest) {
    Variant V = Builder->build(RandomBest->G);
    if (!V.Program.empty() && verifyFully(V.Program).accepted()) {
      RandomIndex = Entrants.size();
      Entrants.push_back(
          {"random", Ships::Winner, V.Program, GenomeAt(RandomBest->G)});
    }
  }
  P.update("the programs at other placements", true);
  std::vector<GateProgram> Programs = gatePrograms(Entrants);
  std::vector<std::string> Commands = O.Train;
  append_range(Commands, O.Holdout);
  const size_t Deciding = Commands.size();
  append_range(Commands, O.Hostile);
  GateParams Params;
  Params.Rounds = GateRounds;
  Params.MaxSeconds = GatePart * afterSeconds(O.BudgetSeconds);
  Params.Seed = O.Seed + 3;
  auto Show = [&](unsigned Round) {
    P.update(formatv("round {0} of {1}", Round, Params.Rounds));
  };
  Expected<GateResult> Result =
      runGate(Programs, Commands, O.Files, Params, Show);
  if (!Result)
    return Result.takeError();
  for (size_t I = 0; I < Programs.size(); ++I)
    if (!Result->failure(I).empty())
      R.Notes.push_back("in the gate, " + Entrants[I].Name +
                        " failed: " + Result->failure(I));

  std::vector<size_t> All, Hold;
  for (size_t I = 0; I < Deciding; ++I) {
    All.push_back(I);
    if (I >= O.Train.size())
      Hold.push_back(I);
  }
  auto ToScore = [&](const RatioInterval &I) {
    Score S;
    S.Ratio = I.Ratio;
    S.Low = I.Low;
    S.High = I.High;
    S.Pairs = I.Pairs;
    return S;
  };
  R.AA = ToScore(Result->compare(1, AaIndex, All));

  size_t Best = 0;
  for (size_t I = 1; I < Baselines; ++I)
    if (Result->failure(I).empty() && Result->compare(Best, I, All).Ratio > 1)
      Best = I;
  size_t Ship = Best;
  if (HasWinner && Result->failure(Baselines).empty()) {
    // Over every baseline, so that which of them is called best plays no role,
    // and over the A/A copy, which shows what equal code can look like in these
    // rounds; and no workload may be slower than with the best of them.
    bool Faster = true;
    auto MustBeat = [&](size_t I, ArrayRef<size_t> On, StringRef Where) {
      RatioInterval Over = Result->compare(I, Baselines, On);
      if (Over.Low > 1)
        return;
      Faster = false;
      R.Notes.push_back(formatv("the winner is not surely faster than {0}{1}: "
                                "{2:f3} [{3:f3}, {4:f3}]",
                                Programs[I].Name, Where, Over.Ratio, Over.Low,
                                Over.High));
    };
    for (size_t I = 0; I < Baselines; ++I)
      MustBeat(I, All, "");
    // And on what the search did not see alone.
    for (size_t I = 0; I < Baselines && !Hold.empty(); ++I)
      MustBeat(I, Hold, " on holdout");
    if (Result->failure(AaIndex).empty() &&
        Result->compare(AaIndex, Baselines, All).Low <= 1) {
      Faster = false;
      R.Notes.push_back("the winner is not faster than a copy of pgo_lto");
    }
    for (size_t W : All) {
      RatioInterval OnOne = Result->compare(Best, Baselines, W);
      if (OnOne.High < 1) {
        Faster = false;
        R.Notes.push_back(
            formatv("the winner is slower on '{0}': {1:f3} [{2:f3}, {3:f3}]",
                    Commands[W], OnOne.Ratio, OnOne.Low, OnOne.High));
      }
    }
    RatioInterval Overall = Result->compare(Best, Baselines, All);
    Faster &= Overall.Ratio >= 1 + MinGain;
    if (Faster)
      Ship = Baselines;
    else
      R.Notes.push_back(formatv(
          "the winner is not shipped: over {0} it has {1:f3} [{2:f3}, {3:f3}]",
          Entrants[Best].Name, Overall.Ratio, Overall.Low, Overall.High));
  }
  R.Improved = Ship == Baselines && HasWinner;
  R.Shipped = Entrants[Ship].What;
  ShippedProgram = Entrants[Ship].Path;
  for (size_t I = 0; I < Baselines; ++I) {
    auto Add = [&](StringRef Workload, StringRef Kind,
                   const RatioInterval &Interval) {
      Score S = ToScore(Interval);
      if (I == Ship) // Against itself there is nothing to measure.
        S.Ratio = S.Low = S.High = 1;
      R.Comparisons.push_back(
          {Workload.str(), Kind.str(), Entrants[I].Name, S});
    };
    for (size_t W = 0; W < Commands.size(); ++W)
      Add(Commands[W],
          W < O.Train.size() ? "train"
          : W < Deciding     ? "holdout"
                             : "hostile",
          Result->compare(I, Ship, W));
  }
  if (RandomIndex)
    R.RandomRatio = Result->compare(Best, *RandomIndex, All).Ratio;
  if (!R.Improved)
    R.Genes.clear();
  else
    addBuild("winner", Winner.Program);
  return Error::success();
}

Error Campaign::writeRecipe() {
  Recipe Made;
  Made.Program = C.R.Name;
  Made.RecordId = C.R.Id;
  Made.Toolchain = "LLVM " LLVM_VERSION_STRING;
  Made.Cpu = O.Cpu;
  Made.What = R.Shipped;
  Made.Profile = ProfileBytes;
  if (R.Shipped == Ships::Winner) {
    Made.TheGenome = WinnerGenome;
    Made.Facts = C.Facts;
    Made.Genes = R.Genes;
    Expected<std::string> Fdata = Builder->boltProfile(WinnerGenome);
    if (!Fdata)
      return Fdata.takeError();
    Made.BoltProfile = std::move(*Fdata);
  } else if (R.Shipped == Ships::PgoLtoBolt) {
    Made.BoltProfile = BoltFdata;
  }
  Expected<std::string> Hash = codeHash(ShippedProgram);
  if (!Hash)
    return Hash.takeError();
  Made.CodeHash = *Hash;
  return writeFileAtomically(O.RecipeFile, Made.str());
}

Error Campaign::relink() {
  if (!O.RecipeFile.empty())
    if (Error E = writeRecipe())
      return E;
  if (!O.Output.empty()) {
    R.Output = O.Output;
    if (Error E = shipProgram(C, ShippedProgram, O.Output)) {
      // Not a recipe without its program.
      if (!O.RecipeFile.empty())
        (void)sys::fs::remove(O.RecipeFile);
      return E;
    }
  }
  // Last: a campaign that is killed before that goes on.
  if (RandomId)
    if (Error E = TheCatalog->setState(*RandomId, CampaignState::Finished,
                                       RandomSeconds))
      return E;
  return TheCatalog->setState(Info.Id, CampaignState::Finished,
                              Found ? Found->Seconds : 0);
}

} // namespace speciate
