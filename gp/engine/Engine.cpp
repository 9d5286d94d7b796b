//===- gp/engine/Engine.cpp - Running, resuming and replaying a campaign
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/engine/Engine.h"
#include "gp/engine/BuildAhead.h"
#include "gp/engine/Proposer.h"
#include "gp/engine/SpaceJson.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <chrono>
#include <cmath>

using namespace llvm;

namespace speciate {

//===----------------------------------------------------------------------===//
// Spaces in the catalog
//===----------------------------------------------------------------------===//

/// A plan without a space is recorded as such: replay must meet the same
/// failure. No space begins with this.
static constexpr StringLiteral NoSpace = "no space: ";

static std::string spaceName(const Genome &Plan) {
  return "space:" + Plan.hash();
}

static Expected<SearchSpace> parseSpace(StringRef Text) {
  Expected<json::Value> V = json::parse(Text);
  if (!V)
    return createStringError("search space: " + toString(V.takeError()));
  return spaceFromJson(*V);
}

static Expected<std::optional<SearchSpace>>
recordedSpace(Catalog &C, int64_t Campaign, const Genome &Plan) {
  Expected<std::optional<std::string>> Text =
      C.artefact(Campaign, spaceName(Plan));
  if (!Text)
    return Text.takeError();
  if (!*Text)
    return std::optional<SearchSpace>();
  StringRef T = **Text;
  if (T.consume_front(NoSpace))
    return createStringError(T);
  Expected<SearchSpace> Space = parseSpace(**Text);
  if (!Space)
    return Space.takeError();
  return std::optional<SearchSpace>(std::move(*Space));
}

static Expected<SearchSpace> spaceFor(Catalog &C, int64_t Campaign,
                                      VariantBuilder &Builder,
                                      const Genome &Plan) {
  Expected<std::optional<SearchSpace>> Known = recordedSpace(C, Campaign, Plan);
  if (!Known)
    return Known.takeError();
  if (*Known)
    return std::move(**Known);
  Expected<SearchSpace> Space = Builder.space(Plan);
  if (!Space) {
    std::string Reason = toString(Space.takeError());
    // Without any space there is no campaign to record it for.
    if (!Plan.empty())
      if (Error E =
              C.setArtefact(Campaign, spaceName(Plan), NoSpace.str() + Reason))
        return std::move(E);
    return createStringError(Reason);
  }
  std::string Text;
  raw_string_ostream(Text) << toJson(*Space);
  if (Error E = C.setArtefact(Campaign, spaceName(Plan), Text))
    return std::move(E);
  if (Plan.empty()) {
    Expected<std::string> Hash = C.artefactHash(Campaign, spaceName(Plan));
    if (!Hash)
      return Hash.takeError();
    if (Error E = C.setSpaceHash(Campaign, *Hash))
      return std::move(E);
  }
  // As a resumed run will read it.
  return parseSpace(Text);
}

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
      Scorer &Timer, Catalog &C, int64_t Campaign, const SearchLimits &Limits)
      : Params(Params), Builder(Builder), Check(Check), Timer(Timer), C(C),
        Campaign(Campaign), Limits(Limits) {}

  Expected<CampaignResult> run();

private:
  Expected<bool> runGeneration(Proposer &P, ArrayRef<Proposal> Proposals);
  Expected<Outcome> evaluate(const Proposal &P, const Variant &V,
                             double Incumbent);
  void consume(const Proposal &P, const Outcome &O, bool FromCatalog);
  void finish();
  double spent() const;
  bool outOfBudget();

  const SearchParams &Params;
  VariantBuilder &Builder;
  Verifier &Check;
  Scorer &Timer;
  Catalog &C;
  const int64_t Campaign;
  const SearchLimits &Limits;

  CampaignResult Result;
  double SpentBefore = 0;
  std::chrono::steady_clock::time_point Start;
  std::vector<Finalist> Scored;
  std::map<std::string, Outcome> ByCode;
  double BestFitness = 0;
  unsigned BrokenMeasurements = 0;
  bool NoReference = false; ///< The search makes no sense.
};

} // namespace

double Run::spent() const {
  std::chrono::duration<double> Now = std::chrono::steady_clock::now() - Start;
  return SpentBefore + Now.count();
}

bool Run::outOfBudget() {
  if (spent() >= Limits.BudgetSeconds)
    Result.Stopped = "budget";
  else if (Limits.MaxEvaluations && Result.Evaluations >= Limits.MaxEvaluations)
    Result.Stopped = "evaluation limit";
  return !Result.Stopped.empty();
}

static bool usable(const Score &S) {
  return std::isfinite(S.Ratio) && std::isfinite(S.Low) &&
         std::isfinite(S.High) && std::isfinite(S.Seconds) && S.Ratio > 0;
}

Expected<Outcome> Run::evaluate(const Proposal &P, const Variant &V,
                                double Incumbent) {
  Outcome O;
  O.CodeHash = V.CodeHash;
  for (const std::string &Line : V.NoOps) {
    // Stored one a line.
    std::string One = Line;
    std::replace(One.begin(), One.end(), '\n', ' ');
    if (!One.empty())
      O.NoOps.push_back(std::move(One));
  }
  if (V.Program.empty() || !V.Failure.empty()) {
    O.K = Outcome::Kind::BuildFailed;
    O.Failure = V.Failure.empty() ? "no program" : V.Failure;
    return O;
  }
  bool IsReference = P.Population == "reference";
  auto Known = ByCode.find(V.CodeHash);
  if (!V.CodeHash.empty() && Known != ByCode.end()) {
    O.V = Known->second.V;
    O.S = Known->second.S;
    O.Failure = Known->second.Failure;
    O.K = Known->second.K;
    if (O.K == Outcome::Kind::Measured)
      O.K = Outcome::Kind::Reused;
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

void Run::consume(const Proposal &P, const Outcome &O, bool FromCatalog) {
  ++Result.Proposed;
  Result.Resumed += FromCatalog;
  Result.Generations = P.Generation + 1;
  if (O.K != Outcome::Kind::BuildFailed) {
    bool First = O.CodeHash.empty() || ByCode.insert({O.CodeHash, O}).second;
    ++(First ? Result.Evaluations : Result.Reused);
  }
  if (std::string Reason = O.rejection(); !Reason.empty())
    ++Result.Rejected[Reason];
  if (P.Population == "reference") {
    NoReference = !O.hasScore();
    if (NoReference)
      Result.Stopped =
          "reference: " +
          (O.Failure.empty() ? O.rejection() + ": " + O.V.Detail : O.Failure);
  } else if (O.hasScore()) {
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

  std::vector<Genome> ToBuild;
  for (const Proposal &One : Proposals)
    if (!Known->count(One.Index))
      ToBuild.push_back(One.G);
  // An earlier run may have been cut just here, with nothing left to spend.
  std::optional<BuildAhead> Ahead;
  if (!ToBuild.empty() && !outOfBudget())
    Ahead.emplace(Builder, std::move(ToBuild), Limits.Jobs);

  std::vector<Outcome> Outcomes;
  size_t NextBuild = 0;
  for (const Proposal &One : Proposals) {
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
    Expected<Outcome> O =
        evaluate(One, Ahead->take(NextBuild++), P.contextRatio());
    if (!O)
      return O.takeError();
    if (Error E = C.recordOutcome(Campaign, One, *O, spent()))
      return std::move(E);
    Outcomes.push_back(*O);
    consume(One, *O, /*FromCatalog=*/false);
    if (NoReference)
      return false;
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
  Proposer P(Params, [&](const Genome &Plan) {
    return spaceFor(C, Campaign, Builder, Plan);
  });
  bool Going = true;
  for (unsigned Number = 0; Going; ++Number) {
    // Nothing new is proposed that could not be evaluated.
    if (Number >= *Recorded && outOfBudget())
      break;
    Expected<std::vector<Proposal>> Proposals = P.propose();
    if (!Proposals)
      return Proposals.takeError();
    if (Proposals->empty()) {
      Result.Stopped = "nothing left to propose";
      break;
    }
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

Expected<CampaignResult> runCampaign(const SearchParams &Params,
                                     VariantBuilder &Builder, Verifier &Check,
                                     Scorer &Timer, Catalog &C,
                                     int64_t Campaign,
                                     const SearchLimits &Limits) {
  return Run(Params, Builder, Check, Timer, C, Campaign, Limits).run();
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
  // A space that is missing or damaged in the catalog is an error, not a plan
  // without one; the proposer cannot tell them apart.
  Error Broken = Error::success();
  Proposer P(*Params, [&](const Genome &Plan) -> Expected<SearchSpace> {
    Expected<std::string> Hash = C.artefactHash(Campaign, spaceName(Plan));
    if (Hash && Hash->empty())
      Hash = createStringError("campaign " + Twine(Campaign) +
                               ": a space is missing in the catalog");
    if (!Hash) {
      Broken = joinErrors(std::move(Broken), Hash.takeError());
      return createStringError("no space");
    }
    Expected<std::optional<SearchSpace>> Space =
        recordedSpace(C, Campaign, Plan);
    if (!Space)
      return Space.takeError();
    return std::move(**Space);
  });
  ReplayReport Report;
  for (unsigned Number = 0; Number < *Generations; ++Number) {
    Expected<std::vector<Proposal>> Recorded = C.proposals(Campaign, Number);
    Expected<std::vector<Proposal>> Again = P.propose();
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
