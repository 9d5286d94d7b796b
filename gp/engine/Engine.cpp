//===- gp/engine/Engine.cpp - Running, resuming and replaying a campaign
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/engine/Engine.h"
#include "gp/engine/BuildAhead.h"
#include "gp/engine/Proposer.h"
#include "gp/engine/RecordedSpaces.h"
#include "support/Hash.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <chrono>
#include <cmath>

using namespace llvm;

namespace speciate {

//===----------------------------------------------------------------------===//
// Comparing with what was recorded
//===----------------------------------------------------------------------===//

static Error compareProposals(ArrayRef<Proposal> Recorded,
                              ArrayRef<Proposal> Again) {
  for (size_t I = 0; I < std::max(Recorded.size(), Again.size()); ++I) {
    if (I >= Recorded.size() || I >= Again.size())
      return createStringError(
          "generation " +
          Twine((Recorded.empty() ? Again : Recorded)[0].Generation) + ": " +
          Twine(Recorded.size()) + " proposals recorded, " +
          Twine(Again.size()) + " proposed again");
    if (Recorded[I].G.str() == Again[I].G.str() && Recorded[I] == Again[I])
      continue;
    return createStringError("generation " + Twine(Recorded[I].Generation) +
                             ", proposal " + Twine(I) + ": recorded '" +
                             Recorded[I].Population + ", " +
                             Recorded[I].Lineage + "'\n" + Recorded[I].G.str() +
                             "proposed again '" + Again[I].Population + ", " +
                             Again[I].Lineage + "'\n" + Again[I].G.str());
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// A run
//===----------------------------------------------------------------------===//

namespace {

class Run {
public:
  Run(const SearchParams &Params, VariantBuilder &Builder, Verifier &Check,
      Scorer &Timer, Catalog &C, int64_t Campaign, const SearchLimits &Limits,
      RegionScorer *Arena)
      : Params(Params), Builder(Builder), Check(Check), Timer(Timer), C(C),
        Campaign(Campaign), Limits(Limits), Arena(Arena) {}

  Expected<CampaignResult> run();

private:
  Expected<bool> runGeneration(Proposer &P, ArrayRef<Proposal> Proposals);
  Expected<SearchSpace> space(const Genome &Plan);
  Variant buildProposal(const Proposal &P);
  size_t batchSize(ArrayRef<Proposal> Rest,
                   const std::map<unsigned, Outcome> &Known) const;
  Expected<Outcome> evaluate(const Proposal &P, const Variant &V,
                             double Incumbent);
  std::vector<Outcome> evaluateBatch(ArrayRef<Proposal> Batch,
                                     ArrayRef<Variant> Variants,
                                     double Incumbent);
  const std::string &originalCode(const Genome &Plan, uint64_t Guid);
  void consume(const Proposal &P, const Outcome &O, bool FromCatalog);
  void finish();
  double spent() const;
  /// \p Reserve: seconds that shall be left.
  bool outOfBudget(double Reserve = 0);
  double lastGeneration() const;
  size_t affordable() const;

  const SearchParams &Params;
  VariantBuilder &Builder;
  Verifier &Check;
  Scorer &Timer;
  Catalog &C;
  const int64_t Campaign;
  const SearchLimits &Limits;
  RegionScorer *const Arena;

  CampaignResult Result;
  double SpentBefore = 0;
  std::chrono::steady_clock::time_point Start;
  std::vector<Finalist> Scored;
  std::map<std::string, Outcome> ByCode;
  double BestFitness = 0;
  unsigned BrokenMeasurements = 0;
  unsigned Wholes = 0; ///< Programs that were measured, and how long that took.
  double WholeSeconds = 0;
  size_t WholesTried = 0; ///< In generations of their own.
  double WholeWall = 0;   ///< What those took.
  bool NoReference = false; ///< The search makes no sense.
  /// "<plan's hash> <guid>" -> code hash of the unchanged region.
  std::map<std::string, std::string> Originals;
};

} // namespace

double Run::spent() const {
  std::chrono::duration<double> Now = std::chrono::steady_clock::now() - Start;
  return SpentBefore + Now.count();
}

bool Run::outOfBudget(double Reserve) {
  if (spent() >= Limits.BudgetSeconds - Reserve)
    Result.Stopped = "budget";
  else if (Limits.MaxEvaluations && Result.Evaluations >= Limits.MaxEvaluations)
    Result.Stopped = "evaluation limit";
  return !Result.Stopped.empty();
}

/// Seconds for the last combinations of what the arena found.
double Run::lastGeneration() const {
  return Wholes ? std::min(3 * WholeSeconds / Wholes,
                           0.25 * Limits.BudgetSeconds)
                : 0;
}

/// How many whole programs the next generation may have, if it shall not take
/// more than a part of what is left.
size_t Run::affordable() const {
  constexpr double Part = 1.0 / 3;
  const double Each = WholesTried ? WholeWall / WholesTried
                                  : Limits.PlanSeconds / (Limits.Jobs + 1);
  const double Left = std::max(Limits.BudgetSeconds - spent(), 0.0);
  return Each > 0 ? size_t(std::min(Part * Left / Each, 1e6)) : SIZE_MAX;
}

static bool usable(const Score &S) {
  return std::isfinite(S.Ratio) && std::isfinite(S.Low) &&
         std::isfinite(S.High) && std::isfinite(S.Seconds) && S.Ratio > 0;
}

/// What the build alone says. False if there is nothing to evaluate.
static bool fromBuild(const Variant &V, Outcome &O) {
  O.CodeHash = V.CodeHash;
  for (const std::string &Line : V.NoOps) {
    // Stored one a line.
    std::string One = Line;
    std::replace(One.begin(), One.end(), '\n', ' ');
    if (!One.empty())
      O.NoOps.push_back(std::move(One));
  }
  if (!V.Program.empty() && V.Failure.empty())
    return true;
  O.K = Outcome::Kind::BuildFailed;
  O.Failure = V.Failure.empty() ? "no program" : V.Failure;
  return false;
}

/// Takes verdict and score of equal code.
static void reuse(const Outcome &Known, Outcome &O) {
  O.V = Known.V;
  O.S = Known.S;
  O.Windows = Known.Windows;
  O.Failure = Known.Failure;
  O.K = Known.K;
  if (O.K == Outcome::Kind::Measured)
    O.K = Outcome::Kind::Reused;
}

Expected<Outcome> Run::evaluate(const Proposal &P, const Variant &V,
                                double Incumbent) {
  Outcome O;
  if (!fromBuild(V, O))
    return O;
  bool IsReference = P.Population == "reference";
  auto Known = ByCode.find(V.CodeHash);
  if (!V.CodeHash.empty() && Known != ByCode.end()) {
    reuse(Known->second, O);
    return O;
  }
  O.V = Check.verify(V.Program);
  if (!O.V.accepted()) {
    O.K = Outcome::Kind::Rejected;
    return O;
  }
  if (IsReference) {
    O.K = Outcome::Kind::Reference;
    O.S = Score{1, 1, 1, 0, 0};
    return O;
  }
  Expected<Score> S = Timer.score(V.Program, Incumbent);
  if (S && usable(*S)) {
    BrokenMeasurements = 0;
    O.K = Outcome::Kind::Measured;
    O.S = *S;
    ++Wholes;
    WholeSeconds += S->Seconds;
    return O;
  }
  O.K = Outcome::Kind::Unscored;
  O.Failure = S ? "the score is not a number" : toString(S.takeError());
  // One variant may fail in a new way; all of them mean that the workload does.
  if (++BrokenMeasurements == 3)
    return createStringError("measuring failed three times in a row: " +
                             O.Failure);
  return O;
}

//===----------------------------------------------------------------------===//
// In the arena
//===----------------------------------------------------------------------===//

const std::string &Run::originalCode(const Genome &Plan, uint64_t Guid) {
  std::string Key = Plan.hash() + " " + hex64(Guid);
  auto [It, New] = Originals.try_emplace(Key);
  if (New)
    It->second = Arena->build(Plan, Guid, Genome()).CodeHash;
  return It->second;
}

/// One race: what is proposed for the same region, not known, and allowed by
/// the limit on evaluations. At least 1.
size_t Run::batchSize(ArrayRef<Proposal> Rest,
                      const std::map<unsigned, Outcome> &Known) const {
  // More would make races long and their looks strict.
  size_t Most = 16;
  if (Limits.MaxEvaluations)
    Most = std::min<size_t>(Most, Limits.MaxEvaluations - Result.Evaluations);
  size_t Size = 1;
  while (Size < Most && Size < Rest.size() &&
         Rest[Size].Population == Rest[0].Population &&
         !Known.count(Rest[Size].Index))
    ++Size;
  return Size;
}

std::vector<Outcome> Run::evaluateBatch(ArrayRef<Proposal> Batch,
                                        ArrayRef<Variant> Variants,
                                        double Incumbent) {
  auto Begin = std::chrono::steady_clock::now();
  const uint64_t Guid = *Batch[0].arenaRegion();
  const Genome Plan = Batch[0].G.atLevel(Level::Plan);
  // Without an arena no variant was built.
  const std::string Original = Arena ? originalCode(Plan, Guid) : "";
  std::vector<Outcome> Outcomes(Batch.size());
  std::vector<Variant> Racing;
  std::vector<size_t> RacingIndex;
  std::map<std::string, size_t> FirstOfCode; ///< In this batch.
  std::vector<std::pair<size_t, size_t>> Copies;
  for (size_t I = 0; I < Batch.size(); ++I) {
    Outcome &O = Outcomes[I];
    if (!fromBuild(Variants[I], O))
      continue;
    if (!O.CodeHash.empty()) {
      bool IsOriginal = O.CodeHash == Original;
      // Equal code of another region, or beside another original, is another
      // question.
      O.CodeHash = "arena " + hex64(Guid) + " " + Original + " " + O.CodeHash;
      if (IsOriginal) {
        O.K = Outcome::Kind::Reference;
        O.V.Kind = VerdictKind::SyntacticallyEqual;
        O.S = Score{1, 1, 1, 0, 0};
        continue;
      }
      if (auto Known = ByCode.find(O.CodeHash); Known != ByCode.end()) {
        reuse(Known->second, O);
        O.S.Seconds = 0;
        continue;
      }
      auto [First, New] = FirstOfCode.insert({O.CodeHash, I});
      if (!New) {
        Copies.push_back({First->second, I});
        continue;
      }
    }
    O.V = Arena->verify(Plan, Guid, Variants[I]);
    if (!O.V.accepted()) {
      O.K = Outcome::Kind::Rejected;
      continue;
    }
    Racing.push_back(Variants[I]);
    RacingIndex.push_back(I);
  }
  if (!Racing.empty()) {
    Expected<std::vector<RegionScore>> Scores =
        Arena->race(Plan, Guid, Racing, Incumbent);
    if (Scores && Scores->size() != Racing.size())
      Scores = createStringError("the arena gave %zu scores for %zu variants",
                                 Scores->size(), Racing.size());
    std::string Broken = Scores ? "" : toString(Scores.takeError());
    for (auto [Number, Index] : enumerate(RacingIndex)) {
      Outcome &O = Outcomes[Index];
      if (!Broken.empty()) {
        O.K = Outcome::Kind::Unscored;
        O.Failure = Broken;
        continue;
      }
      RegionScore &Said = (*Scores)[Number];
      if (!Said.V.accepted()) {
        O.K = Outcome::Kind::Rejected;
        O.V = Said.V;
      } else if (!usable(Said.S)) {
        O.K = Outcome::Kind::Unscored;
        O.Failure = "the score is not a number";
      } else {
        O.K = Outcome::Kind::Measured;
        O.S = Said.S;
        O.Windows = std::move(Said.Windows);
      }
    }
  }
  for (auto [From, To] : Copies)
    reuse(Outcomes[From], Outcomes[To]);
  std::chrono::duration<double> Took = std::chrono::steady_clock::now() - Begin;
  for (auto &[Code, Index] : FirstOfCode)
    Outcomes[Index].S.Seconds = Took.count() / FirstOfCode.size();
  return Outcomes;
}

//===----------------------------------------------------------------------===//
// Generations
//===----------------------------------------------------------------------===//

void Run::consume(const Proposal &P, const Outcome &O, bool FromCatalog) {
  ++Result.Proposed;
  Result.Resumed += FromCatalog;
  Result.Generations = P.Generation + 1;
  bool InArena = P.arenaRegion().has_value();
  if (O.K != Outcome::Kind::BuildFailed) {
    bool First = O.CodeHash.empty() || ByCode.insert({O.CodeHash, O}).second;
    if (InArena && O.K == Outcome::Kind::Reference)
      First = false; // The original was not evaluated.
    ++(First ? Result.Evaluations : Result.Reused);
    if (InArena && Result.Arena && First) {
      ++Result.Arena->Evaluations;
      Result.Arena->Seconds += O.S.Seconds;
    }
  }
  if (std::string Reason = O.rejection(); !Reason.empty())
    ++Result.Rejected[Reason];
  if (P.Population == "reference") {
    NoReference = !O.hasScore();
    if (NoReference)
      Result.Stopped =
          "reference: " +
          (O.Failure.empty() ? O.rejection() + ": " + O.V.Detail : O.Failure);
  } else if (O.hasScore() && !InArena) {
    Scored.push_back(Finalist{
        P.G, O.S, O.CodeHash,
        std::to_string(P.Generation) + "." + std::to_string(P.Index), O.V});
    double Fitness = estimate(O.S).fitness();
    if (Fitness > BestFitness) {
      BestFitness = Fitness;
      Result.Best = P.G;
      Result.BestScore = O.S;
    }
  }
  if (!Limits.Progress)
    return;
  SearchProgress Now;
  Now.Last = &P;
  Now.LastOutcome = &O;
  Now.FromCatalog = FromCatalog;
  Now.Evaluations = Result.Evaluations;
  Now.BestRatio = Result.BestScore.Ratio;
  Now.SpentSeconds = spent();
  Now.BudgetSeconds = Limits.BudgetSeconds;
  Limits.Progress(Now);
}

Variant Run::buildProposal(const Proposal &P) {
  std::optional<uint64_t> Guid = P.arenaRegion();
  if (!Guid)
    return Builder.build(P.G);
  if (!Arena) { // Resumed without one.
    Variant None;
    None.Failure = "there is no arena";
    return None;
  }
  return Arena->build(P.G.atLevel(Level::Plan), *Guid,
                      P.G.ofFunction(Level::Region, *Guid));
}

/// False if the generation was cut short.
Expected<bool> Run::runGeneration(Proposer &P, ArrayRef<Proposal> Proposals) {
  unsigned Number = Proposals.front().Generation;
  Expected<std::vector<Proposal>> Recorded = C.proposals(Campaign, Number);
  if (!Recorded)
    return Recorded.takeError();
  if (Recorded->empty()) {
    if (Error E = C.recordProposals(Campaign, Proposals))
      return std::move(E);
  } else if (Error E = compareProposals(*Recorded, Proposals)) {
    return createStringError(
        "the catalog's campaign cannot be continued (was it made by another "
        "version, or changed?): " +
        toString(std::move(E)));
  }
  Expected<std::map<unsigned, Outcome>> Known = C.outcomes(Campaign, Number);
  if (!Known)
    return Known.takeError();

  std::vector<const Proposal *> ToBuild;
  bool InArena = false;
  for (const Proposal &One : Proposals)
    if (!Known->count(One.Index)) {
      ToBuild.push_back(&One);
      InArena |= One.arenaRegion().has_value();
    }
  // An earlier run may have been cut just here, with nothing left to spend.
  std::optional<BuildAhead> Ahead;
  if (!ToBuild.empty() && !outOfBudget())
    Ahead.emplace(
        [this, &ToBuild](size_t I) { return buildProposal(*ToBuild[I]); },
        ToBuild.size(), Limits.Jobs,
        // Regions build in milliseconds, and a whole batch of them is needed.
        std::max(Limits.Jobs, 1u) + (InArena ? 16 : 1));

  const double Began = spent();
  std::vector<Outcome> Outcomes;
  size_t NextBuild = 0;
  while (Outcomes.size() < Proposals.size()) {
    const Proposal &One = Proposals[Outcomes.size()];
    auto It = Known->find(One.Index);
    if (It != Known->end()) {
      Outcomes.push_back(It->second);
      consume(One, It->second, /*FromCatalog=*/true);
      if (NoReference)
        return false;
      continue;
    }
    if (outOfBudget() || !Ahead)
      return false;
    if (One.arenaRegion()) {
      ArrayRef<Proposal> Batch = Proposals.drop_front(Outcomes.size());
      Batch = Batch.take_front(batchSize(Batch, *Known));
      std::vector<Variant> Variants;
      for (size_t I = 0; I < Batch.size(); ++I)
        Variants.push_back(Ahead->take(NextBuild++));
      std::vector<Outcome> New =
          evaluateBatch(Batch, Variants, P.incumbent(One));
      for (auto [Each, O] : zip(Batch, New)) {
        if (Error E = C.recordOutcome(Campaign, Each, O, spent()))
          return std::move(E);
        consume(Each, O, /*FromCatalog=*/false);
      }
      Outcomes.insert(Outcomes.end(), New.begin(), New.end());
      continue;
    }
    Expected<Outcome> O =
        evaluate(One, Ahead->take(NextBuild++), P.incumbent(One));
    if (!O)
      return O.takeError();
    if (Error E = C.recordOutcome(Campaign, One, *O, spent()))
      return std::move(E);
    Outcomes.push_back(*O);
    consume(One, *O, /*FromCatalog=*/false);
    if (NoReference)
      return false;
  }
  if (!InArena && Ahead) {
    WholesTried += ToBuild.size();
    WholeWall += spent() - Began;
  }
  P.learn(Outcomes);
  return true;
}

void Run::finish() {
  std::vector<double> Fitness;
  for (const Finalist &F : Scored)
    Fitness.push_back(estimate(F.S).fitness());
  std::set<std::string> Codes;
  for (size_t I : elites(Fitness, Scored.size())) {
    if (Result.Finalists.size() >= Params.Finalists ||
        estimate(Scored[I].S).Mean <= 0)
      continue;
    const std::string &Code = Scored[I].CodeHash;
    if (Code.empty() || Codes.insert(Code).second)
      Result.Finalists.push_back(Scored[I]);
  }
  Result.Seconds = spent();
  if (Result.Seconds > 0)
    Result.EvaluationsPerSecond = Result.Evaluations / Result.Seconds;
}

Expected<SearchSpace> Run::space(const Genome &Plan) {
  Expected<SearchSpace> Space = spaceFor(
      C, Campaign, Builder,
      Params.Arena && Params.How == Strategy::Genetic ? Arena : nullptr, Plan);
  if (!Space || !Arena)
    return Space;
  if (!Result.Arena)
    Result.Arena.emplace();
  Result.Arena->Share = 0;
  Result.Arena->Refused.clear();
  for (const Region &R : Space->Regions) {
    if (R.Windowed)
      Result.Arena->Share += R.Share;
    else
      Result.Arena->Refused.push_back({R.Function, R.Share, R.ArenaRefusal});
  }
  return Space;
}

Expected<CampaignResult> Run::run() {
  Result.BestScore = Score{1, 1, 1, 0, 0};
  Expected<CampaignInfo> Info = C.campaign(Campaign);
  if (!Info)
    return Info.takeError();
  if (Info->Params != Params.str())
    return createStringError("campaign " + Twine(Campaign) +
                             " has other search parameters: " + Info->Params);
  SpentBefore = Info->SpentSeconds;
  Start = std::chrono::steady_clock::now();
  Expected<unsigned> Recorded = C.generations(Campaign);
  if (!Recorded)
    return Recorded.takeError();
  if (Limits.BudgetSeconds <= 0 && *Recorded == 0) {
    Result.Stopped = "budget";
    return std::move(Result);
  }
  if (Error E = C.setState(Campaign, CampaignState::Open, SpentBefore))
    return std::move(E);
  Proposer P(
      Params, [&](const Genome &Plan) { return space(Plan); },
      [&](const Genome &Plan, uint64_t Guid, const Genome &Genes) {
        return madeSitesFor(C, Campaign, Builder, Plan, Guid, Genes);
      });
  bool Going = true, WasInArena = false;
  for (unsigned Number = 0; Going; ++Number) {
    bool Last = false;
    size_t Most = affordable();
    if (Number < *Recorded) {
      Expected<std::vector<Proposal>> Known = C.proposals(Campaign, Number);
      if (!Known)
        return Known.takeError();
      Last = Proposer::isLast(*Known);
      Most = Known->size();
    } else if (outOfBudget(WasInArena ? lastGeneration() : 0)) {
      // Nothing new is proposed that could not be evaluated.
      Last = Result.Stopped == "budget" && WasInArena &&
             spent() < Limits.BudgetSeconds;
      if (!Last)
        break;
    }
    Expected<std::vector<Proposal>> Proposals =
        Last ? P.proposeLast() : P.propose(Most);
    if (!Proposals)
      return Proposals.takeError();
    if (Proposals->empty()) {
      if (!Last)
        Result.Stopped = "nothing left to propose";
      break;
    }
    if (Last)
      Result.Stopped.clear();
    WasInArena = Proposals->back().arenaRegion().has_value();
    Expected<bool> Complete = runGeneration(P, *Proposals);
    if (!Complete)
      return Complete.takeError();
    Going = *Complete;
  }
  finish();
  if (Error E = C.setState(Campaign, CampaignState::Searched, Result.Seconds))
    return std::move(E);
  return std::move(Result);
}

Expected<CampaignResult>
runCampaign(const SearchParams &Params, VariantBuilder &Builder,
            Verifier &Check, Scorer &Timer, Catalog &C, int64_t Campaign,
            const SearchLimits &Limits, RegionScorer *Arena) {
  return Run(Params, Builder, Check, Timer, C, Campaign, Limits, Arena).run();
}

//===----------------------------------------------------------------------===//
// Replay
//===----------------------------------------------------------------------===//

Expected<ReplayReport> replayCampaign(Catalog &C, int64_t Campaign) {
  Expected<CampaignInfo> Info = C.campaign(Campaign);
  if (!Info)
    return Info.takeError();
  Expected<SearchParams> Params = SearchParams::parse(Info->Params);
  if (!Params)
    return Params.takeError();
  Expected<unsigned> Generations = C.generations(Campaign);
  if (!Generations)
    return Generations.takeError();
  // What is missing or damaged in the catalog is an error, not a plan without a
  // space; the proposer cannot tell them apart.
  Error Broken = Error::success();
  auto Keep = [&](Error E) {
    Broken = joinErrors(std::move(Broken), std::move(E));
    return createStringError("no space");
  };
  Proposer P(
      *Params,
      [&](const Genome &Plan) -> Expected<SearchSpace> {
        if (Error E = requireSpace(C, Campaign, Plan))
          return Keep(std::move(E));
        Expected<std::optional<SearchSpace>> Space =
            recordedSpace(C, Campaign, Plan);
        if (!Space)
          return Space.takeError();
        return std::move(**Space);
      },
      [&](const Genome &Plan, uint64_t Guid,
          const Genome &Genes) -> Expected<std::vector<Site>> {
        Expected<std::optional<std::vector<Site>>> Sites =
            recordedMadeSites(C, Campaign, Plan, Guid, Genes);
        if (Sites && !*Sites)
          Sites = createStringError("campaign " + Twine(Campaign) +
                                    ": sites that genes made are missing in "
                                    "the catalog");
        if (!Sites)
          return Keep(Sites.takeError());
        return std::move(**Sites);
      });
  ReplayReport Report;
  for (unsigned Number = 0; Number < *Generations; ++Number) {
    Expected<std::vector<Proposal>> Recorded = C.proposals(Campaign, Number);
    Expected<std::vector<Proposal>> Again =
        Recorded && Proposer::isLast(*Recorded)
            ? P.proposeLast()
            : P.propose(Recorded ? Recorded->size() : SIZE_MAX);
    if (Broken) {
      if (!Recorded)
        consumeError(Recorded.takeError());
      if (!Again)
        consumeError(Again.takeError());
      return std::move(Broken);
    }
    if (!Again) {
      if (!Recorded)
        consumeError(Recorded.takeError());
      return Again.takeError();
    }
    if (!Recorded)
      return Recorded.takeError();
    if (Error E = compareProposals(*Recorded, *Again))
      return joinErrors(createStringError("replay differs"), std::move(E));
    Report.Proposals += static_cast<unsigned>(Again->size());
    ++Report.Generations;
    Expected<std::map<unsigned, Outcome>> Known = C.outcomes(Campaign, Number);
    if (!Known)
      return Known.takeError();
    std::vector<Outcome> Outcomes;
    for (auto &[Index, O] : *Known)
      Outcomes.push_back(std::move(O));
    if (Outcomes.size() == Again->size())
      P.learn(Outcomes);
    else if (Number + 1 < *Generations)
      return createStringError("generation " + Twine(Number) +
                               ": results are missing in the catalog, but "
                               "later generations are there");
  }
  return Report;
}

} // namespace speciate
