//===- driver/speciate/CommandOptimize.cpp - speciate optimize and speciate
// search
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/Campaign.h"
#include "driver/speciate/Commands.h"
#include "passes/facts/Facts.h"
#include "support/File.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>
#include <thread>

using namespace llvm;

namespace speciate {

namespace {

struct Words {
  CampaignOptions O;
  std::string Facts;
  std::string Budget = "10m";
  std::string Json;
  std::string Html;
  std::string StopAfter;
  std::string Replay;
  std::string Strategy = "genetic";
};

Error prepare(Words &W, bool SearchOnly) {
  if (!W.Html.empty())
    return createStringError("--report is not available yet: use --json FILE "
                             "or the text on standard output");
  if (!W.Facts.empty()) {
    Expected<std::string> Text = readFile(W.Facts);
    if (!Text)
      return Text.takeError();
    if (Expected<std::vector<Fact>> Facts = parseFacts(*Text); !Facts)
      return createFileError(W.Facts, Facts.takeError());
    W.O.Facts = std::move(*Text);
  }
  Expected<double> Budget = parseDuration("--budget", W.Budget);
  if (!Budget)
    return Budget.takeError();
  W.O.BudgetSeconds = *Budget;
  W.O.StopAfter = SearchOnly ? Stage::Search : Stage::Relink;
  if (!W.StopAfter.empty()) {
    std::optional<Stage> S = parseStage(W.StopAfter);
    if (!S)
      return createStringError("--stop-after %s: no such stage",
                               W.StopAfter.c_str());
    W.O.StopAfter = *S;
  }
  if (W.Strategy == "random")
    W.O.How = Strategy::Random;
  else if (W.Strategy != "genetic")
    return createStringError("--strategy %s: expected genetic or random",
                             W.Strategy.c_str());
  if (!SearchOnly && W.O.Output.empty())
    W.O.Output = W.O.Program + ".speciate";
  W.O.Program = absolutePath(W.O.Program);
  if (!W.O.Output.empty())
    W.O.Output = absolutePath(W.O.Output);
  if (W.O.RecipeFile.empty() && !W.O.Output.empty())
    W.O.RecipeFile = W.O.Output + ".recipe";
  if (!W.O.RecipeFile.empty())
    W.O.RecipeFile = absolutePath(W.O.RecipeFile);
  W.O.Files = absolutePath(".");
  return Error::success();
}

int replay(StringRef CampaignName) {
  Expected<std::string> Dir = storeDir();
  if (!Dir)
    return reportError(Dir.takeError());
  Expected<Catalog> C = Catalog::open(*Dir);
  if (!C)
    return reportError(C.takeError());
  Expected<CampaignInfo> Info = C->findCampaign(CampaignName);
  if (!Info)
    return reportError(Info.takeError());
  Expected<ReplayReport> Report = replayCampaign(*C, Info->Id);
  if (!Report) {
    reportError(Report.takeError());
    return ExitCheck;
  }
  outs() << formatv("campaign {0}: {1} proposals of {2} generations proposed "
                    "again, byte for byte\n",
                    Info->Id, Report->Proposals, Report->Generations);
  return ExitOk;
}

int runOptimize(Words &W, bool SearchOnly) {
  if (!W.Replay.empty())
    return replay(W.Replay);
  if (W.O.Program.empty())
    return reportError(createStringError("no PROGRAM"));
  if (Error E = prepare(W, SearchOnly))
    return reportError(std::move(E));
  if (!W.Json.empty()) { // Refused now rather than after the campaign.
    if (Error E = writeFileAtomically(W.Json + ".probe", ""))
      return reportError(std::move(E));
    std::remove((W.Json + ".probe").c_str());
  }
  Expected<Report> Result = [&] {
    Campaign TheCampaign(W.O);
    return TheCampaign.run();
  }();
  if (!Result)
    return reportError(Result.takeError());
  outs() << Result->toText();
  if (!W.Json.empty())
    if (Error E = writeFileAtomically(
            W.Json, formatv("{0:2}\n", Result->toJson()).str()))
      return reportError(std::move(E));
  return ExitOk;
}

void addOptions(CLI::App &Sub, Words &W, bool SearchOnly) {
  Sub.add_option("PROGRAM", W.O.Program,
                 "A program that was linked by speciate-cc");
  Sub.add_option("--train", W.O.Train,
                 "A command of typical work; {} stands for the program")
      ->type_name("CMD");
  Sub.add_option(
         "--check", W.O.Check,
         "A command that must exit 0 and print what the original prints")
      ->type_name("CMD");
  Sub.add_option("--holdout", W.O.Holdout,
                 "Work that the search may not see; it decides, too")
      ->type_name("CMD");
  Sub.add_option("--hostile", W.O.Hostile,
                 "Work on which what was learned does not hold: measured and "
                 "reported; it decides nothing")
      ->type_name("CMD");
  Sub.add_option("--profile", W.O.Profiles,
                 "Earlier profiles: counts (.profdata, files of instrumented "
                 "programs, folders), added to those of the training commands, "
                 "and branch records (perf.data), by which branches are "
                 "ranked; 3,FILE counts three times")
      ->type_name("FILE");
  Sub.add_option(
         "--facts", W.Facts,
         "What holds where the program will run, as TOML (docs/Facts.md)")
      ->type_name("FILE");
  Sub.add_option("--budget", W.Budget,
                 "Time for the search, such as 90s or 10m; 0: the best "
                 "baseline")
      ->type_name("TIME");
  Sub.add_option("--seed", W.O.Seed, "Seed of every random choice");
  Sub.add_option("-j", W.O.Jobs, "Compile jobs")->check(CLI::PositiveNumber);
  Sub.add_option("--cpu", W.O.Cpu,
                 "Target processor of every build: native or a name (default: "
                 "the user's own flags)");
  Sub.add_option("--recipe", W.O.RecipeFile,
                 "Where the recipe goes (default: OUT.recipe)");
  Sub.add_option("--json", W.Json, "Report, schema speciate.report/1");
  Sub.add_option("--report", W.Html, "HTML report (later)");
  Sub.add_option("--stop-after", W.StopAfter,
                 "Stop after a stage: record, instrument, train, baselines, "
                 "plan, search, minimize, gate, relink");
  Sub.add_flag(
      "--no-arena{false}", W.O.Arena,
      "Score every variant by whole runs, none in windows of the running "
      "program");
  Sub.add_option("--strategy", W.Strategy, "genetic, or random as a control");
  Sub.add_option("--time-limit", W.O.TimeLimit,
                 "Seconds that one run of a command may take (default: 300)")
      ->check(CLI::PositiveNumber);
  if (SearchOnly) {
    Sub.add_option("--replay", W.Replay,
                   "Propose a finished campaign of the catalog again and "
                   "compare")
        ->type_name("CAMPAIGN");
    return;
  }
  Sub.add_option("-o", W.O.Output, "Default: PROGRAM.speciate");
  Sub.add_flag("--random-control", W.O.RandomControl,
               "Also a random search of the same budget, for comparison");
}

} // namespace

static void addCommand(CLI::App &App, int &Exit, bool SearchOnly) {
  CLI::App *Sub = App.add_subcommand(
      SearchOnly ? "search" : "optimize",
      SearchOnly ? "Search, and stop before the relink"
                 : "Find a faster program that does the same");
  auto W = std::make_shared<Words>();
  W->O.Jobs = std::max(1u, std::thread::hardware_concurrency());
  addOptions(*Sub, *W, SearchOnly);
  Sub->callback([W, &Exit, SearchOnly] { Exit = runOptimize(*W, SearchOnly); });
}

void addOptimizeCommand(CLI::App &App, int &Exit) {
  addCommand(App, Exit, /*SearchOnly=*/false);
}

void addSearchCommand(CLI::App &App, int &Exit) {
  addCommand(App, Exit, /*SearchOnly=*/true);
}

} // namespace speciate
