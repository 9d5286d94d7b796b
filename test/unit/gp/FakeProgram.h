//===- test/unit/gp/FakeProgram.h - A program whose every gene has a known gain
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_TEST_UNIT_GP_FAKEPROGRAM_H
#define SPECIATE_TEST_UNIT_GP_FAKEPROGRAM_H

#include "gp/engine/Engine.h"
#include "support/File.h"
#include "support/Hash.h"
#include "support/Random.h"
#include "gtest/gtest.h"
#include <atomic>
#include <chrono>
#include <cmath>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

namespace speciate {

inline Site fakeSite(Level At, SiteKind Kind, uint64_t Guid, unsigned Ordinal,
                     double Weight, std::vector<Choice> Choices) {
  return Site{SiteId{At, Kind, Guid, 0x77, Ordinal}, "f" + std::to_string(Guid),
              "", Weight, std::move(Choices), ""};
}

/// Two hot regions and a tiny one, a plan and a program site. Benefits mislead:
/// the best gene of region 1 is not the one that promises most.
inline SearchSpace fakeSpace() {
  SearchSpace S;
  for (unsigned I = 0; I < 4; ++I)
    S.PlanSites.push_back(fakeSite(Level::Plan, SiteKind::Call, 9, I, 0.2,
                                   {{"inline-form", "form=force", 0.01},
                                    {"inline-form", "form=never", 0.002}}));
  for (uint64_t Guid : {1, 2, 3}) {
    Region R;
    R.Guid = Guid;
    R.Function = "f" + std::to_string(Guid);
    R.Share = Guid == 3 ? 0.01 : 0.45;
    for (unsigned I = 0; I < 5; ++I)
      R.Sites.push_back(fakeSite(Level::Region, SiteKind::Loop, Guid, I, 0.1,
                                 {{"loop-form", "unroll=4", 0.02},
                                  {"loop-form", "unroll=8", 0.01},
                                  {"branch-form", "hint=unpredictable", 0}}));
    S.Regions.push_back(std::move(R));
  }
  S.ProgramSites.push_back(fakeSite(Level::Program, SiteKind::Program, 0, 0, 1,
                                    {{"layout-form", "bolt=cdsort", 0.01}}));
  return S;
}

/// What a gene does to the log of the ratio; absent: nothing, not even code.
using Landscape = std::map<std::string, double>;

inline std::string gene(const Site &S, size_t Choice) {
  return Gene{S.Id, S.Choices[Choice].Operator, S.Choices[Choice].Parameters}
      .str();
}

inline Landscape fakeLandscape() {
  SearchSpace S = fakeSpace();
  Landscape L;
  for (const Site &One : S.Regions[0].Sites)
    L[gene(One, 0)] = -0.03;                // Unrolling costs,
  L[gene(S.Regions[0].Sites[3], 2)] = 0.25; // one hint pays.
  L[gene(S.Regions[1].Sites[0], 1)] = 0.12;
  L[gene(S.Regions[1].Sites[1], 0)] = -0.10;
  L[gene(S.PlanSites[2], 0)] = 0.08;
  L[gene(S.PlanSites[1], 0)] = -0.02;
  L[gene(S.ProgramSites[0], 0)] = 0.03;
  return L;
}

/// Programs are the text of the genes that matter.
class FakeBuilder : public VariantBuilder {
public:
  explicit FakeBuilder(Landscape L, SearchSpace S = fakeSpace())
      : L(std::move(L)), Space(std::move(S)) {}

  Variant build(const Genome &G) override {
    ++Builds;
    if (SleepMs)
      std::this_thread::sleep_for(
          std::chrono::milliseconds(stableHash64(G.str()) % (SleepMs + 1)));
    Variant V;
    if (FailAll || (FailNonEmpty && !G.empty())) {
      V.Failure = "codegen crashed: signal 11";
      return V;
    }
    V.Program = "program\n";
    for (const Gene &One : G.genes())
      if (L.count(One.str()))
        V.Program += One.str() + "\n";
    V.CodeHash = contentHash(llvm::StringRef(V.Program));
    return V;
  }
  llvm::Expected<SearchSpace> space(const Genome &Plan) override {
    ++Spaces;
    if (!Plan.empty() && FailOtherPlans)
      return llvm::createStringError("middle end crashed");
    return Space;
  }

  llvm::Expected<std::vector<Site>> madeSites(const Genome &, uint64_t Guid,
                                              const Genome &Genes) override {
    ++MadeAsked;
    std::vector<Site> Result;
    for (const Site &S : Made)
      for (const Gene &One : Genes.genes())
        if (S.Id.FunctionGuid == Guid && One.str() == S.MadeBy)
          Result.push_back(S);
    return std::move(Result);
  }

  Landscape L;
  SearchSpace Space;
  std::vector<Site> Made; ///< With their makers.
  unsigned MadeAsked = 0;
  unsigned SleepMs = 0;
  bool FailAll = false;
  bool FailNonEmpty = false;
  bool FailOtherPlans = false;
  std::atomic<unsigned> Builds = 0;
  unsigned Spaces = 0;
};

/// Refuses programs with a gene from \p Unsound. Appends a line to a log for
/// every call, so that another process can count them.
class FakeVerifier : public Verifier {
public:
  Verdict verify(const std::string &Program) override {
    EXPECT_TRUE(Seen.insert(Program).second) << "verified twice:\n" << Program;
    if (!Log.empty()) {
      int Fd = ::open(Log.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0644);
      EXPECT_EQ(::write(Fd, "x\n", 2), 2);
      ::close(Fd);
    }
    for (const std::string &G : Unsound)
      if (Program.find(G + "\n") != std::string::npos)
        return {VerdictKind::Unsound, "stdout differs at byte 3"};
    return {VerdictKind::Checked, ""};
  }
  std::set<std::string> Unsound;
  std::set<std::string> Seen;
  std::string Log;
};

/// The sum of the gains, with noise that is a function of the program.
class FakeScorer : public Scorer {
public:
  explicit FakeScorer(Landscape L, double Noise = 0.005)
      : L(std::move(L)), Noise(Noise) {}

  llvm::Expected<Score> score(const std::string &Program,
                              double Incumbent) override {
    ++Calls;
    if (SleepMs)
      std::this_thread::sleep_for(std::chrono::milliseconds(SleepMs));
    if (Broken)
      return llvm::createStringError("the workload does not run");
    llvm::SmallVector<llvm::StringRef> Lines;
    llvm::StringRef(Program).split(Lines, '\n', -1, false);
    double Log = 0;
    for (llvm::StringRef Line : Lines)
      if (auto It = L.find(Line.str()); It != L.end())
        Log += It->second;
    // The sum of twelve uniforms is near enough to a normal.
    RandomStream Stream(1, "noise", stableHash64(Program));
    double Sum = -6;
    for (int I = 0; I < 12; ++I)
      Sum += Stream.unit();
    Log += Noise * Sum;
    return Score{std::exp(Log), std::exp(Log - 1.96 * Noise),
                 std::exp(Log + 1.96 * Noise), 24, 0.1};
  }

  Landscape L;
  double Noise;
  unsigned SleepMs = 0;
  bool Broken = false;
  unsigned Calls = 0;
};

template <typename T>
T orFail(llvm::Expected<T> Value) {
  if (Value)
    return std::move(*Value);
  ADD_FAILURE() << llvm::toString(Value.takeError());
  std::abort();
}

inline std::string errorText(llvm::Error E) {
  return E ? llvm::toString(std::move(E)) : "no error";
}
template <typename T>
std::string errorText(llvm::Expected<T> Value) {
  return Value ? "no error" : llvm::toString(Value.takeError());
}

/// An arena that agrees with FakeScorer: a region that is faster by so much
/// makes the program of FakeScorer as fast as its genes do.
class FakeArena : public RegionScorer {
public:
  explicit FakeArena(Landscape L, SearchSpace S = fakeSpace())
      : L(std::move(L)), Space(std::move(S)) {}

  std::string admit(const Genome &Plan, const Region &R) override {
    ++Admitted;
    auto Found = Refused.find(R.Guid);
    return Found == Refused.end() ? "" : Found->second;
  }
  Variant build(const Genome &Plan, uint64_t Guid,
                const Genome &Genes) override {
    EXPECT_TRUE(Plan.atLevel(Level::Region).empty());
    EXPECT_EQ(Genes.ofFunction(Level::Region, Guid), Genes);
    if (SleepMs)
      std::this_thread::sleep_for(
          std::chrono::milliseconds(stableHash64(Genes.str()) % SleepMs));
    Variant V;
    V.Program = "region " + std::to_string(Guid) + "\n";
    for (const Gene &One : Genes.genes()) {
      if (L.count(One.str()))
        V.Program += One.str() + "\n";
      if (Unbuildable.count(One.str()))
        V.Failure = "no such loop";
    }
    V.CodeHash = contentHash(llvm::StringRef(V.Program));
    return V;
  }
  Verdict verify(const Genome &Plan, uint64_t Guid, const Variant &V) override {
    EXPECT_TRUE(Verified.insert(Plan.str() + V.Program).second)
        << "verified twice:\n"
        << V.Program;
    for (const std::string &G : Unsound)
      if (V.Program.find(G + "\n") != std::string::npos)
        return {VerdictKind::Unsound, "8 bytes differ at global 'table'+16"};
    return {VerdictKind::Replayed, ""};
  }
  llvm::Expected<std::vector<RegionScore>>
  race(const Genome &Plan, uint64_t Guid, llvm::ArrayRef<Variant> Variants,
       double Incumbent) override {
    ++Races;
    EXPECT_GE(Incumbent, 1);
    if (BreakAfter && Races > BreakAfter)
      return llvm::createStringError("the session is gone");
    double Share = 0;
    for (const Region &R : Space.Regions)
      if (R.Guid == Guid)
        Share = R.Share;
    std::vector<RegionScore> Scores;
    for (const Variant &V : Variants) {
      EXPECT_TRUE(Verified.count(Plan.str() + V.Program)) << "not verified";
      RegionScore S;
      S.V = {VerdictKind::Replayed, ""};
      double Log = 0;
      for (const auto &[Name, Gain] : L)
        if (V.Program.find(Name + "\n") != std::string::npos)
          Log += Gain;
      RandomStream Stream(1, "arena-noise", stableHash64(V.Program));
      Log += 0.004 * (Stream.unit() - 0.5);
      double Ratio = Share / std::max(std::exp(-Log) - 1 + Share, 0.01);
      S.S = Score{Ratio, Ratio * 0.99, Ratio * 1.01, 192, 0.1};
      S.Windows = {{"entry 1", 0.25, 1e6, 1e6 / Ratio},
                   {"entry 9", 0.75, 2e6, 2e6 / Ratio}};
      for (const std::string &G : CrashInTrials)
        if (V.Program.find(G + "\n") != std::string::npos)
          S.V = {VerdictKind::Crashed, "signal 11"};
      Scores.push_back(std::move(S));
    }
    return std::move(Scores);
  }

  Landscape L;
  SearchSpace Space;
  std::map<uint64_t, std::string> Refused;
  std::set<std::string> Unsound, Unbuildable, CrashInTrials;
  std::set<std::string> Verified;
  unsigned SleepMs = 0;
  unsigned Admitted = 0;
  unsigned Races = 0;
  unsigned BreakAfter = 0; ///< Races; 0: never.
};

/// A campaign in a store of its own (or of the caller's).
struct FakeCampaign {
  SearchParams Params;
  SearchLimits Limits;
  FakeBuilder Builder{fakeLandscape()};
  FakeVerifier Check;
  FakeScorer Timer{fakeLandscape()};
  std::unique_ptr<FakeArena> Arena; ///< Null: none.
  TempDir Dir = orFail(TempDir::create("engine-test"));
  std::string Store = Dir.path();

  FakeCampaign() {
    Params.MaxGenerations = 6;
    Limits.BudgetSeconds = 1000;
  }
  Catalog catalog() { return orFail(Catalog::open(Store)); }
  int64_t begin(Catalog &C) {
    CampaignInfo I;
    I.Key = contentHash(llvm::StringRef(Params.str()));
    I.Program = "fake";
    I.Seed = Params.Seed;
    I.Params = Params.str();
    return orFail(C.beginCampaign(I)).Id;
  }
  llvm::Expected<CampaignResult> tryRun() {
    Catalog C = catalog();
    return runCampaign(Params, Builder, Check, Timer, C, begin(C), Limits,
                       Arena.get());
  }
  CampaignResult run() { return orFail(tryRun()); }
  /// All proposals, and with \p Outcomes what became of them but for times.
  std::string dump(bool Outcomes = true) {
    Catalog C = catalog();
    int64_t Id = begin(C);
    std::string Text;
    for (unsigned G = 0; G < orFail(C.generations(Id)); ++G) {
      std::map<unsigned, Outcome> O = orFail(C.outcomes(Id, G));
      for (const Proposal &P : orFail(C.proposals(Id, G))) {
        Text += std::to_string(G) + "." + std::to_string(P.Index) + " " +
                P.Population + " " + P.Lineage + "\n" + P.G.str();
        if (Outcomes && O.count(P.Index))
          Text += outcomeName(O[P.Index].K).str() + " " +
                  std::to_string(O[P.Index].S.Ratio) + "\n";
      }
    }
    return Text;
  }
};

} // namespace speciate

#endif
