//===- driver/pipeline/Campaign.h - optimize, from a recorded program to a
// faster one
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_PIPELINE_CAMPAIGN_H
#define SPECIATE_DRIVER_PIPELINE_CAMPAIGN_H

#include "driver/pipeline/Build.h"
#include "driver/pipeline/ProgramBuilder.h"
#include "driver/pipeline/Progress.h"
#include "driver/pipeline/Stage.h"
#include "driver/report/Report.h"
#include "gp/catalog/Catalog.h"
#include "gp/engine/Engine.h"
#include "gp/score/Gate.h"
#include "gp/verify/OutputVerifier.h"

namespace speciate {

struct CampaignOptions {
  std::string Program;
  std::vector<std::string> Train;
  std::vector<std::string> Check;
  std::vector<std::string> Holdout;
  /// Input on which what was learned does not hold: measured and reported. The
  /// outputs must be right; the speed decides nothing.
  std::vector<std::string> Hostile;
  /// Counts that are added to those of the training commands, and branch
  /// records; see readProfileInputs.
  std::vector<std::string> Profiles;
  /// Of the search only. 0: the best baseline ships.
  double BudgetSeconds = 600;
  uint64_t Seed = 1;
  unsigned Jobs = 1;
  std::string Cpu;
  /// TOML, checked; see passes/facts/Facts.h.
  std::string Facts;
  std::string Output;     ///< "": nothing is written.
  std::string RecipeFile; ///< "": Output + ".recipe", if there is an Output.
  Stage StopAfter = Stage::Relink;
  Strategy How = Strategy::Genetic;
  /// Also a random search of the same budget, as a control.
  bool RandomControl = false;
  /// Regions are scored in the arena where that works.
  bool Arena = true;
  /// Of one run of one command.
  double TimeLimit = 300;
  /// The user's directory, in whose copies the commands run.
  std::string Files;
};

/// One campaign. Each stage has one function, which needs the ones before it;
/// run() calls them in order.
class Campaign {
public:
  explicit Campaign(CampaignOptions Options) : O(std::move(Options)) {}

  /// An Error is the user's or the machine's; everything that a candidate does
  /// wrong is in the report.
  llvm::Expected<Report> run();
  /// Of this campaign in the catalog, known after the stage Plan.
  int64_t id() const { return Info.Id; }
  /// Known after the stage Plan; lives as long as this.
  ProgramBuilder &builder() const { return *Builder; }

private:
  llvm::Error runStage(Stage S);
  llvm::Error record();
  llvm::Error instrument();
  llvm::Error train();
  llvm::Error baselines();
  llvm::Error plan();
  llvm::Error search();
  llvm::Error minimize();
  llvm::Error minimizeFinalists();
  llvm::Error reportFacts();
  llvm::Error gate();
  llvm::Error relink();

  ProgramUnderTest under(const std::string &Path) const {
    return ProgramUnderTest(Path, C.R.Shared, C.R.Name);
  }
  /// Check and, on the commands that the search did not see, UnseenCheck.
  Verdict verifyFully(const std::string &Program);
  Trainer trainer() const;
  std::string campaignKey(unsigned Attempt) const;
  SearchParams searchParams(Strategy How) const;
  llvm::Expected<CampaignResult> searchWith(Strategy How, int64_t Id);
  /// The genome with BOLT's usual layout, unless it has a layout of its own.
  Genome withBolt(const Genome &G) const;
  llvm::Error buildBolt();
  /// Bolted at another placement.
  llvm::Expected<std::string> boltedAt(unsigned Placement);
  struct Entrant;
  std::vector<GateProgram> gatePrograms(llvm::ArrayRef<Entrant> Entrants);
  llvm::Error checkOutputs();
  llvm::Error readGivenProfiles();
  void addBuild(llvm::StringRef Name, const std::string &Path);
  llvm::Error writeRecipe();

  CampaignOptions O;
  Report R;
  Progress P;

  BuildContext C;
  std::optional<Catalog> TheCatalog;
  CampaignInfo Info;
  std::unique_ptr<OutputVerifier> Check;
  /// Of the holdout and hostile commands: only for what may ship, not during
  /// the search. Null without them.
  std::unique_ptr<OutputVerifier> UnseenCheck;
  std::string GivenCounts; ///< O.Profiles as an indexed profile, or "".
  DetailProfile GivenRecords;
  std::string Instrumented;
  std::string Profile; ///< Path of the indexed profile.
  std::string ProfileBytes;

  std::string O3;
  LtoBuild Lto;
  std::string Bolted;    ///< "" if BOLT fell back.
  std::string BoltFdata; ///< Of the baseline.
  std::string BoltFdataPath;

  std::unique_ptr<ProgramBuilder> Builder;
  Variant Reference;
  SearchSpace Space; ///< Of the empty plan.
  std::optional<CampaignResult> Found;
  std::optional<Finalist> RandomBest;
  std::optional<int64_t> RandomId; ///< The control's campaign.
  double RandomSeconds = 0;
  Genome WinnerGenome;
  Variant Winner; ///< Program "" if there is none.
  std::string ShippedProgram;
};

} // namespace speciate

#endif
