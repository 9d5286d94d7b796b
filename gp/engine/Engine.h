//===- gp/engine/Engine.h - Running, resuming and replaying a campaign
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A campaign is a sequence of synchronous generations (gp/engine/Proposer.h
// says what they contain). Several threads build the programs of a generation
// ahead, in order; the calling thread takes them in the same order, and
// verifies, measures and records one at a time. So nothing that a thread or the
// clock does can change what is proposed: the budget only decides where the
// sequence is cut.
//
// Resuming proposes from the start again, and takes outcomes from the catalog
// where it has them. Replaying does that without evaluating anything, and
// compares the proposals with the recorded ones byte for byte. The spaces are
// in the catalog, so replay needs nothing else.
//
// Proposals for one region of the arena are a batch: built ahead as programs
// are, verified one by one, then raced together (RegionScorer). Their outcomes
// are recorded in proposal order when the race is over.
//
// Programs of equal code are one program: they share verdict and score, and a
// program whose code equals the reference's has ratio 1 exactly.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_ENGINE_ENGINE_H
#define SPECIATE_GP_ENGINE_ENGINE_H

#include "gp/catalog/Catalog.h"
#include "gp/engine/SearchParams.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <map>
#include <optional>

namespace speciate {

/// Where a campaign stands, after every outcome.
struct SearchProgress {
  const Proposal *Last = nullptr;
  const Outcome *LastOutcome = nullptr;
  bool FromCatalog = false; ///< Known before this run.
  unsigned Evaluations = 0;
  double BestRatio = 1; ///< As measured.
  double SpentSeconds = 0;
  double BudgetSeconds = 0;
};

/// Limits and reports. How many whole programs a generation has depends on the
/// time, and is recorded; what is proposed does not depend on any of them.
struct SearchLimits {
  /// Wall-clock seconds of search over all runs of the campaign. 0: nothing is
  /// evaluated. An evaluation that was begun is finished.
  double BudgetSeconds = 0;
  /// Stop after this many evaluations; 0: no limit.
  unsigned MaxEvaluations = 0;
  unsigned Jobs = 1; ///< Build threads beside the caller, which builds as well.
  double PlanSeconds = 0; ///< What the first plan took to make.
  /// Called on the calling thread.
  llvm::function_ref<void(const SearchProgress &)> Progress;
};

/// What the arena did and could not do.
struct ArenaSummary {
  struct Refusal {
    std::string Function;
    double Share = 0; ///< Of the program's time.
    std::string Reason;
  };
  /// Of the program's time, in regions that the arena scores. This and Refused
  /// are those of the last plan whose space was asked for.
  double Share = 0;
  std::vector<Refusal> Refused; ///< In the order of the space.
  unsigned Evaluations = 0;     ///< In the arena.
  double Seconds = 0;           ///< That these took.

  double perSecond() const { return Seconds > 0 ? Evaluations / Seconds : 0; }
};

struct Finalist {
  Genome G;
  Score S;
  std::string CodeHash;
  std::string Name; ///< "generation.index"
  Verdict V;
};

struct CampaignResult {
  /// The best by cautious fitness (gp/select); the empty genome with ratio 1 if
  /// nothing is better than it.
  Genome Best;
  Score BestScore;
  /// The best few of distinct code that are believed to be faster, best first.
  /// Measured ratios of winners are too good (winner's curse): only the gate's
  /// fresh samples count.
  std::vector<Finalist> Finalists;
  /// Variants that were verified, and timed if accepted. Neither failed builds
  /// nor reused scores. Of whole programs and of regions.
  unsigned Evaluations = 0;
  unsigned Proposed = 0; ///< Proposals with an outcome.
  unsigned Reused = 0;   ///< Outcomes known by equal code.
  unsigned Resumed = 0;  ///< Outcomes known from an earlier run.
  unsigned Generations = 0;
  std::map<std::string, unsigned> Rejected; ///< Reason -> count.
  double Seconds = 0;                       ///< Of search, over all runs.
  double EvaluationsPerSecond = 0;
  std::optional<ArenaSummary> Arena; ///< Nothing without an arena.
  /// "budget", "evaluation limit", "nothing left to propose", or why there is
  /// no reference ("reference: <reason>").
  std::string Stopped;
};

/// Runs or resumes the campaign \p Campaign of \p C, whose Params must be those
/// of the catalog. \p Arena may be null: then, and for regions that it does not
/// admit, everything is scored as a whole program. Errors: the catalog fails;
/// the first space cannot be computed; recorded proposals are not those of this
/// campaign; measuring failed three times in a row.
llvm::Expected<CampaignResult>
runCampaign(const SearchParams &Params, VariantBuilder &Builder,
            Verifier &Check, Scorer &Timer, Catalog &C, int64_t Campaign,
            const SearchLimits &Limits, RegionScorer *Arena = nullptr);

struct ReplayReport {
  unsigned Generations = 0;
  unsigned Proposals = 0; ///< Compared, all equal.
};

/// Proposes a recorded campaign again. An Error names the first difference.
llvm::Expected<ReplayReport> replayCampaign(Catalog &C, int64_t Campaign);

} // namespace speciate

#endif
