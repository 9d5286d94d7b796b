//===- driver/speciate/CommandCatalog.cpp - What past campaigns found
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/Upkeep.h"
#include "driver/speciate/Commands.h"
#include "gp/catalog/Catalog.h"
#include "gp/select/Select.h"
#include "support/File.h"
#include "support/Hash.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>
#include <set>

using namespace llvm;

namespace speciate {

/// The catalog of the store. Looking at nothing must not create one.
static Expected<Catalog> openExisting() {
  Expected<std::string> Dir = storeDir();
  if (!Dir)
    return Dir.takeError();
  if (!sys::fs::exists(*Dir + "/catalog.db"))
    return createStringError("no catalog in " + *Dir +
                             "; 'speciate search' or 'speciate optimize' "
                             "makes one (SPECIATE_STORE names its folder)");
  return Catalog::open(*Dir);
}

/// For the upkeep of a store: one with objects that no campaign used yet has no
/// catalog, and gets an empty one.
static Expected<Catalog> openForUpkeep() {
  Expected<std::string> Dir = storeDir();
  if (!Dir)
    return Dir.takeError();
  return sys::fs::exists(*Dir + "/objects") ? Catalog::open(*Dir)
                                            : openExisting();
}

namespace {

struct Entry {
  Proposal P;
  std::optional<Outcome> O;
  std::string name() const {
    return std::to_string(P.Generation) + "." + std::to_string(P.Index);
  }
};

} // namespace

static Expected<std::vector<Entry>> entries(Catalog &C, int64_t Id) {
  std::vector<Entry> Result;
  Expected<unsigned> Generations = C.generations(Id);
  if (!Generations)
    return Generations.takeError();
  for (unsigned G = 0; G < *Generations; ++G) {
    Expected<std::vector<Proposal>> Proposals = C.proposals(Id, G);
    if (!Proposals)
      return Proposals.takeError();
    Expected<std::map<unsigned, Outcome>> Outcomes = C.outcomes(Id, G);
    if (!Outcomes)
      return Outcomes.takeError();
    for (Proposal &P : *Proposals) {
      Entry E;
      auto It = Outcomes->find(P.Index);
      if (It != Outcomes->end())
        E.O = It->second;
      E.P = std::move(P);
      Result.push_back(std::move(E));
    }
  }
  return std::move(Result);
}

/// Scored whole programs, the best by cautious fitness first, one per code.
static std::vector<const Entry *> ranking(ArrayRef<Entry> All) {
  std::vector<const Entry *> Scored;
  std::vector<double> Fitness;
  for (const Entry &E : All)
    if (E.O && E.O->K == Outcome::Kind::Measured && !E.P.arenaRegion()) {
      Scored.push_back(&E);
      Fitness.push_back(estimate(E.O->S).fitness());
    }
  std::vector<const Entry *> Result;
  for (size_t I : elites(Fitness, Scored.size()))
    Result.push_back(Scored[I]);
  return Result;
}

/// The best of every region that was scored in the arena.
static void printArena(ArrayRef<Entry> All) {
  std::map<std::string, const Entry *> Best;
  for (const Entry &E : All) {
    if (!E.P.arenaRegion() || !E.O || E.O->K != Outcome::Kind::Measured)
      continue;
    const Entry *&Top = Best[E.P.Population];
    if (!Top || estimate(E.O->S).fitness() > estimate(Top->O->S).fitness())
      Top = &E;
  }
  for (const auto &[Population, E] : Best) {
    outs() << "best in the "
           << format("arena of region %s: %s %.4f [%.4f, %.4f], %u trials\n",
                     hex64(*E->P.arenaRegion()).c_str(), E->name().c_str(),
                     E->O->S.Ratio, E->O->S.Low, E->O->S.High, E->O->S.Pairs);
    for (const WindowScore &W : E->O->Windows)
      outs() << "  window " << W.Window << ": "
             << format("weight %.3f, cycles %.0f -> %.0f\n", W.Weight,
                       W.OriginalCycles, W.Cycles);
  }
}

static void printScore(const Score &S) {
  outs() << format("%.4f [%.4f, %.4f], %u pairs", S.Ratio, S.Low, S.High,
                   S.Pairs);
}

static Error list() {
  Expected<Catalog> C = openExisting();
  if (!C)
    return C.takeError();
  Expected<std::vector<CampaignInfo>> All = C->campaigns();
  if (!All)
    return All.takeError();
  for (const CampaignInfo &I : *All) {
    Expected<std::vector<Entry>> Entries = entries(*C, I.Id);
    if (!Entries)
      return Entries.takeError();
    size_t Known =
        count_if(*Entries, [](const Entry &E) { return E.O.has_value(); });
    outs() << I.Id << "  " << I.Key.substr(0, 12) << "  " << I.Program
           << "  seed " << I.Seed << "  " << campaignStateName(I.State) << "  "
           << format("%.1f s", I.SpentSeconds) << "  " << Known << " of "
           << Entries->size() << " proposals decided";
    std::vector<const Entry *> Best = ranking(*Entries);
    if (!Best.empty())
      outs() << "  best " << format("%.4f", Best.front()->O->S.Ratio);
    outs() << "\n";
  }
  if (All->empty())
    outs() << "no campaigns\n";
  return Error::success();
}

static void printLineage(ArrayRef<Entry> All, const Entry &Of) {
  std::map<std::string, const Entry *> ByName;
  for (const Entry &E : All)
    ByName[E.name()] = &E;
  std::vector<const Entry *> Queue = {&Of};
  std::set<std::string> Seen = {Of.name()};
  outs() << "lineage of " << Of.name() << ":\n";
  for (size_t I = 0; I < Queue.size(); ++I) {
    const Entry &E = *Queue[I];
    outs() << "  " << E.name() << " (" << E.P.Population << "): " << E.P.Lineage
           << "\n";
    SmallVector<StringRef> Words;
    StringRef(E.P.Lineage).split(Words, ' ', -1, false);
    for (StringRef Word : Words) {
      auto It = ByName.find(Word.str());
      if (It != ByName.end() && Seen.insert(Word.str()).second)
        Queue.push_back(It->second);
    }
  }
}

static Error show(StringRef Id, unsigned Top) {
  Expected<Catalog> C = openExisting();
  if (!C)
    return C.takeError();
  Expected<CampaignInfo> I = C->findCampaign(Id);
  if (!I)
    return I.takeError();
  Expected<std::vector<Entry>> All = entries(*C, I->Id);
  if (!All)
    return All.takeError();
  outs() << "campaign " << I->Id << "  " << I->Key << "\n"
         << "program: " << I->Program << "\n"
         << "record: " << I->RecordId << "\n"
         << "space: " << I->SpaceHash << "\n"
         << "parameters: " << I->Params << "\n"
         << "state: " << campaignStateName(I->State) << ", "
         << format("%.1f s", I->SpentSeconds) << "\n";
  std::map<std::string, unsigned> Outcomes, Verdicts;
  for (const Entry &E : *All) {
    ++Outcomes[E.O ? outcomeName(E.O->K).str() : "open"];
    if (E.O && E.O->K != Outcome::Kind::BuildFailed)
      ++Verdicts[verdictName(E.O->V.Kind).str()];
  }
  outs() << "outcomes:";
  for (const auto &[Name, Count] : Outcomes)
    outs() << " " << Name << " " << Count;
  outs() << "\nverdicts:";
  for (const auto &[Name, Count] : Verdicts)
    outs() << " " << Name << " " << Count;
  outs() << "\n";
  for (const Entry &E : *All)
    if (E.O && !E.O->hasScore())
      outs() << "refused " << E.name() << ": " << E.O->rejection() << ": "
             << (E.O->Failure.empty() ? E.O->V.Detail : E.O->Failure) << "\n";
  std::vector<const Entry *> Best = ranking(*All);
  for (size_t N = 0; N < Best.size() && N < Top; ++N) {
    outs() << "best " << N + 1 << ": " << Best[N]->name() << " ";
    printScore(Best[N]->O->S);
    outs() << ", " << verdictName(Best[N]->O->V.Kind) << "\n";
    for (const Gene &G : Best[N]->P.G.genes())
      outs() << "  " << G.str() << "\n";
  }
  printArena(*All);
  if (!Best.empty())
    printLineage(*All, *Best.front());
  return Error::success();
}

static void printCount(StringRef What, const GcCount &Count, bool DryRun) {
  outs() << What << ": " << (DryRun ? "would remove " : "removed ")
         << Count.Removed << " with " << Count.RemovedBytes << " bytes, "
         << (DryRun ? "would keep " : "kept ") << Count.Kept << " with "
         << Count.KeptBytes << " bytes\n";
}

static Error gc(StringRef OlderThan, bool DryRun) {
  GcParams Params;
  Params.DryRun = DryRun;
  Expected<double> Age = parseDuration("--older-than", OlderThan);
  if (!Age)
    return Age.takeError();
  Params.MinAgeSeconds = *Age;
  Expected<Catalog> C = openForUpkeep();
  if (!C)
    return C.takeError();
  Expected<GcResult> Result = collectGarbage(*C, Params);
  if (!Result)
    return Result.takeError();
  printCount("build cache entries", Result->Cache, DryRun);
  printCount("objects", Result->Objects, DryRun);
  return Error::success();
}

static Error verify() {
  Expected<Catalog> C = openForUpkeep();
  if (!C)
    return C.takeError();
  Expected<StoreHealth> Health = verifyStore(*C);
  if (!Health)
    return Health.takeError();
  for (const std::string &Line : Health->Problems)
    outs() << Line << "\n";
  if (!Health->Problems.empty())
    return createStringError("%zu problems in %s", Health->Problems.size(),
                             C->storeDir().c_str());
  outs() << Health->Campaigns << " campaigns and " << Health->Objects
         << " objects are as they were written\n";
  return Error::success();
}

void addCatalogCommand(CLI::App &App, int &Exit) {
  CLI::App *Command =
      App.add_subcommand("catalog", "What past campaigns found");
  Command->require_subcommand(1);
  Command->add_subcommand("list", "One line a campaign")->callback([&Exit] {
    if (Error E = list())
      Exit = reportError(std::move(E));
  });
  struct Options {
    std::string Id;
    unsigned Top = 3;
  };
  auto Chosen = std::make_shared<Options>();
  CLI::App *Show = Command->add_subcommand(
      "show", "Outcomes, best genomes and lineage of one campaign");
  Show->add_option("ID", Chosen->Id, "Number, or first digits of the key")
      ->required();
  Show->add_option("--top", Chosen->Top, "How many of the best to print");
  Show->callback([&Exit, Chosen] {
    if (Error E = show(Chosen->Id, Chosen->Top))
      Exit = reportError(std::move(E));
  });

  struct GcOptions {
    std::string OlderThan = "30d";
    bool DryRun = false;
  };
  auto Gc = std::make_shared<GcOptions>();
  CLI::App *GcCommand = Command->add_subcommand(
      "gc", "Remove what no campaign needs and nobody used lately");
  GcCommand
      ->add_option("--older-than", Gc->OlderThan,
                   "Keep what was used since (default: 30d)")
      ->type_name("TIME");
  GcCommand->add_flag("--dry-run", Gc->DryRun, "Remove nothing, only count");
  GcCommand->callback([&Exit, Gc] {
    if (Error E = gc(Gc->OlderThan, Gc->DryRun))
      Exit = reportError(std::move(E));
  });
  Command
      ->add_subcommand("verify", "Check every object and every row; 1 if "
                                 "something is damaged or missing")
      ->callback([&Exit] {
        if (Error E = verify())
          Exit = reportError(std::move(E));
      });
}

} // namespace speciate
