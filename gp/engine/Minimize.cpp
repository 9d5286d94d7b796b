//===- gp/engine/Minimize.cpp - Keeping only the genes that pay
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/engine/Minimize.h"
#include "llvm/ADT/STLExtras.h"
#include <chrono>
#include <cmath>
#include <map>

using namespace llvm;

namespace speciate {

namespace {

/// A program that was built, and measured if it may be.
struct Measured {
  std::string CodeHash;
  std::string Failure; ///< Why there is no score.
  Score S;
};

class Minimizer {
public:
  Minimizer(const Genome &Winner, VariantBuilder &Builder, Verifier &Check,
            Scorer &Timer, const MinimizeLimits &Limits)
      : Winner(Winner), Builder(Builder), Check(Check), Timer(Timer),
        Limits(Limits), Start(std::chrono::steady_clock::now()) {}

  Expected<MinimizeResult> run();

private:
  bool outOfBudget() const {
    std::chrono::duration<double> Spent =
        std::chrono::steady_clock::now() - Start;
    return Spent.count() >= Limits.BudgetSeconds;
  }
  Measured measure(const Genome &G);
  bool dropChunk(ArrayRef<Gene> Chunk);
  void dropChunks();
  void decide(const Gene &G);
  GeneGain &gainOf(const Gene &G);
  void drop(const Gene &G, StringRef Note, const Score &Gain);

  const Genome &Winner;
  VariantBuilder &Builder;
  Verifier &Check;
  Scorer &Timer;
  const MinimizeLimits &Limits;
  const std::chrono::steady_clock::time_point Start;
  MinimizeResult Result;
  Measured Now; ///< Of Result.Kept.
  std::map<std::string, Measured> ByCode;
};

} // namespace

Measured Minimizer::measure(const Genome &G) {
  Measured M;
  Variant V = Builder.build(G);
  M.CodeHash = V.CodeHash;
  if (V.Program.empty() || !V.Failure.empty()) {
    M.Failure = V.Failure.empty() ? "no program" : V.Failure;
    return M;
  }
  auto Known = ByCode.find(V.CodeHash);
  if (!V.CodeHash.empty() && Known != ByCode.end())
    return Known->second;
  ++Result.Evaluations;
  Verdict Decision = Check.verify(V.Program);
  if (!Decision.accepted()) {
    M.Failure = (verdictName(Decision.Kind) + ": " + Decision.Detail).str();
  } else {
    // No incumbent: the full sample, for an interval of use.
    Expected<Score> S = Timer.score(V.Program, 0);
    if (!S)
      M.Failure = toString(S.takeError());
    else if (!(std::isfinite(S->Ratio) && S->Ratio > 0))
      M.Failure = "the score is not a number";
    else
      M.S = *S;
  }
  if (!M.CodeHash.empty())
    ByCode[M.CodeHash] = M;
  return M;
}

GeneGain &Minimizer::gainOf(const Gene &G) {
  return *find_if(Result.Gains, [&](const GeneGain &X) { return X.G == G; });
}

void Minimizer::drop(const Gene &G, StringRef Note, const Score &Gain) {
  Result.Kept.erase(G.Site, G.Operator);
  GeneGain &X = gainOf(G);
  X.Kept = false;
  X.Gain = Gain;
  X.Note = Note.str();
}

/// Ratio of two scores over one reference, taken as independent.
static Score gain(const Score &With, const Score &Without) {
  Score G;
  G.Ratio = With.Ratio / Without.Ratio;
  G.Pairs = std::min(With.Pairs, Without.Pairs);
  G.Seconds = With.Seconds + Without.Seconds;
  if (!(With.Low > 0 && With.High > 0 && Without.Low > 0 && Without.High > 0))
    return G;
  double Down = std::hypot(std::log(With.Ratio / With.Low),
                           std::log(Without.High / Without.Ratio));
  double Up = std::hypot(std::log(With.High / With.Ratio),
                         std::log(Without.Ratio / Without.Low));
  G.Low = G.Ratio * std::exp(-Down);
  G.High = G.Ratio * std::exp(Up);
  return G;
}

static bool sameCode(const Measured &A, const Measured &B) {
  return !A.CodeHash.empty() && A.CodeHash == B.CodeHash;
}

bool Minimizer::dropChunk(ArrayRef<Gene> Chunk) {
  Genome Without = Result.Kept;
  for (const Gene &G : Chunk)
    Without.erase(G.Site, G.Operator);
  if (Limits.Progress)
    Limits.Progress("without " + std::to_string(Chunk.size()) + " genes");
  Measured M = measure(Without);
  if (!M.Failure.empty())
    return false;
  Score Gain = gain(Now.S, M.S);
  // Clearly faster without: something in it hurts, and may hide something that
  // pays. Smaller chunks will tell.
  bool Hurts = Gain.High > 0 && Gain.High < 1;
  if (!sameCode(M, Now) && (Hurts || Gain.Ratio > 1 + Limits.Tolerance))
    return false;
  std::string Note =
      sameCode(M, Now)
          ? "same code without it"
          : "dropped with " + std::to_string(Chunk.size() - 1) + " others";
  for (const Gene &G : Chunk)
    drop(G, Note, sameCode(M, Now) ? Score{1, 1, 1, 0, 0} : Gain);
  Now = M;
  return true;
}

void Minimizer::dropChunks() {
  for (size_t Parts = 2; Result.Kept.size() >= 4; Parts *= 2) {
    // Chunks of one are decided later, each with its gain.
    std::vector<Gene> Genes = Result.Kept.genes();
    size_t Size = Genes.size() / Parts;
    if (Size < 2)
      return;
    for (size_t Begin = 0; Begin < Genes.size(); Begin += Size) {
      if (outOfBudget())
        return;
      size_t Count = std::min(Size, Genes.size() - Begin);
      dropChunk(ArrayRef<Gene>(Genes).slice(Begin, Count));
    }
  }
}

void Minimizer::decide(const Gene &G) {
  GeneGain &X = gainOf(G);
  if (Limits.Progress)
    Limits.Progress("without " + G.str());
  Genome Without = Result.Kept;
  Without.erase(G.Site, G.Operator);
  Measured M = measure(Without);
  if (!M.Failure.empty()) {
    X.Note = "not measured without it: " + M.Failure;
    return;
  }
  if (sameCode(M, Now)) {
    drop(G, "same code without it", Score{1, 1, 1, 0, 0});
    return;
  }
  X.Gain = gain(Now.S, M.S);
  X.Note.clear();
  if (X.Gain.Ratio > 1 + Limits.Tolerance)
    return;
  drop(G, "", X.Gain);
  Now = M;
}

Expected<MinimizeResult> Minimizer::run() {
  Result.Kept = Winner;
  for (const Gene &G : Winner.genes())
    Result.Gains.push_back({G, true, Score{1, 0, 0, 0, 0}, "out of budget"});
  if (Winner.empty()) {
    Result.Complete = true;
    return std::move(Result);
  }
  if (outOfBudget())
    return std::move(Result);
  if (Limits.Progress)
    Limits.Progress("the winner again");
  // The empty genome's program has ratio 1 by definition.
  if (Variant Reference = Builder.build(Genome());
      !Reference.Program.empty() && !Reference.CodeHash.empty())
    ByCode[Reference.CodeHash] = {Reference.CodeHash, "", Score{1, 1, 1, 0, 0}};
  Now = measure(Winner);
  if (!Now.Failure.empty())
    return createStringError("the winner cannot be measured again: " +
                             Now.Failure);
  dropChunks();
  // Of two genes that do the same, each alone looks idle: what was decided
  // before a drop is decided again after it (one-minimality; Zeller and
  // Hildebrandt, 2002).
  bool Complete = true;
  std::map<std::string, size_t> DecidedAt; // Genes kept at that time.
  auto Stale = [&]() -> const Gene * {
    const Gene *Oldest = nullptr;
    size_t Most = 0;
    for (const Gene &G : Result.Kept.genes()) {
      auto At = DecidedAt.find(G.str());
      if (At == DecidedAt.end())
        return &G;
      if (At->second != Result.Kept.size() && At->second > Most) {
        Oldest = &G;
        Most = At->second;
      }
    }
    return Oldest;
  };
  while (const Gene *Next = Stale()) {
    if (outOfBudget()) {
      Complete = false;
      break;
    }
    Gene G = *Next;
    decide(G);
    DecidedAt[G.str()] = Result.Kept.size();
  }
  for (const Gene &G : Result.Kept.genes())
    if (auto At = DecidedAt.find(G.str());
        At != DecidedAt.end() && At->second != Result.Kept.size())
      gainOf(G).Note = "measured beside genes that were dropped later";
  Result.KeptScore = Now.S;
  Result.Complete = Complete;
  return std::move(Result);
}

Expected<MinimizeResult> minimize(const Genome &Winner, VariantBuilder &Builder,
                                  Verifier &Check, Scorer &Timer,
                                  const MinimizeLimits &Limits) {
  return Minimizer(Winner, Builder, Check, Timer, Limits).run();
}

} // namespace speciate
