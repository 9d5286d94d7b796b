//===- test/fuzz/GenomeFuzz.cpp - Random genomes must not change a program
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// speciate-genome-fuzz PROGRAM --train CMD... [--check CMD...] [--genomes N]
//                      [--per-plan N] [--seed N] [-j N] [--keep DIR] [--list]
//
// Draws genomes over the whole search space, builds each, and compares what the
// program does with the original. Nothing is timed. A genome that does not
// compile, or whose program does something else, is reduced to the genes that
// it takes. Exits with 1 if there was one.
//
// A plan costs a middle end and a run with detailed regions, so --per-plan
// genomes share one; the first plan is empty.
//
// --list prints the search space of the empty plan instead, a choice a line:
// level, operator, parameters, expected gain in percent, function, site, line.
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/Build.h"
#include "driver/pipeline/ProgramBuilder.h"
#include "gp/score/Workload.h"
#include "gp/variation/Variation.h"
#include "gp/verify/OutputVerifier.h"
#include "profiles/merge/Merge.h"
#include "support/File.h"
#include "support/Hash.h"
#include "support/Parallel.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>
#include <map>
#include <set>

using namespace llvm;
using namespace speciate;

namespace {

struct Options {
  std::string Program;
  std::vector<std::string> Train;
  std::vector<std::string> Check;
  unsigned Genomes = 10;
  unsigned PerPlan = 10;
  uint64_t Seed = 1;
  unsigned Jobs = 1;
  std::string Keep; ///< Folder for reduced genomes; "": none.
};

/// One genome in so many also draws from the program's sites: BOLT trains.
constexpr unsigned WithLayout = 12;
/// What reducing one failure may cost.
constexpr unsigned MaxReductionBuilds = 120;

class Fuzz {
public:
  explicit Fuzz(Options O) : O(std::move(O)) {}
  Error run();
  Error list();
  bool clean() const { return Failed == 0 && Wrong == 0; }

private:
  Error open();
  Error train(const std::string &Program) const;
  Error runBatch(unsigned Batch, unsigned First, unsigned Count);
  /// What is wrong with the program of \p G; "" if nothing.
  std::string problem(const Variant &V);
  void report(const std::string &Name, const Genome &G,
              const std::string &Problem);
  Genome reduce(Genome G);
  void count(const Genome &G, const Variant &V);

  Options O;
  BuildContext C;
  std::unique_ptr<ProgramBuilder> Builder;
  std::unique_ptr<OutputVerifier> Verifier;
  std::set<std::string> KnownGood; ///< Code hashes.
  std::map<std::string, unsigned> Applied;
  unsigned Built = 0, Genes = 0, NoOps = 0, Failed = 0, Wrong = 0, TimedOut = 0;
};

Error Fuzz::train(const std::string &Program) const {
  Expected<WorkloadList> Runs = createWorkloads(O.Train, "");
  if (!Runs)
    return Runs.takeError();
  for (const std::unique_ptr<Workload> &W : *Runs) {
    Expected<Observation> Seen =
        W->observe(ProgramUnderTest(Program, C.R.Shared, C.R.Name), 300);
    if (!Seen)
      return Seen.takeError();
    if (!Seen->ok())
      return createStringError("training command '%s': %s",
                               W->command().c_str(), Seen->describe().c_str());
  }
  return Error::success();
}

Error Fuzz::open() {
  Expected<BuildContext> Opened = openProgram(O.Program, "", O.Jobs);
  if (!Opened)
    return Opened.takeError();
  C = std::move(*Opened);
  auto Recorded =
      OutputVerifier::create(ProgramUnderTest(O.Program, C.R.Shared, C.R.Name),
                             O.Train, O.Check, "", {.TimeLimit = 60});
  if (!Recorded)
    return Recorded.takeError();
  Verifier = std::move(*Recorded);
  Expected<std::string> Instrumented = buildInstrumented(C);
  if (!Instrumented)
    return Instrumented.takeError();
  Expected<TempDir> Dir = TempDir::create("speciate-profile");
  if (!Dir)
    return Dir.takeError();
  ::setenv("SPECIATE_PROFILE_DIR", Dir->path().c_str(), 1);
  Error Failure = train(*Instrumented);
  ::unsetenv("SPECIATE_PROFILE_DIR");
  if (Failure)
    return Failure;
  Expected<MergeResult> Merged = mergeProfiles({Dir->path()});
  if (!Merged)
    return Merged.takeError();
  Expected<std::string> Path =
      C.cached("profile", {contentHash(Merged->Profile)});
  if (!Path)
    return Path.takeError();
  const std::string Profile = *Path + ".profdata";
  if (Error E = writeFileAtomically(Profile, Merged->Profile))
    return E;
  Expected<LtoBuild> Lto = buildPgoLto(C, Profile);
  if (!Lto)
    return Lto.takeError();
  auto Made = ProgramBuilder::create(
      C, Profile, *Lto,
      [this](const std::string &Program) { return train(Program); });
  if (!Made)
    return Made.takeError();
  Builder = std::move(*Made);
  return Error::success();
}

std::string Fuzz::problem(const Variant &V) {
  if (V.Program.empty())
    return "does not compile: " + V.Failure;
  if (KnownGood.count(V.CodeHash))
    return "";
  Verdict Seen = Verifier->verify(V.Program);
  if (!Seen.accepted())
    return (verdictName(Seen.Kind) + ": " + Seen.Detail).str();
  KnownGood.insert(V.CodeHash);
  return "";
}

/// Fewer genes with which something still goes wrong (Zeller's ddmin, without
/// its tests of single chunks).
Genome Fuzz::reduce(Genome G) {
  unsigned Builds = 0;
  for (size_t Chunk = std::max<size_t>(G.size() / 2, 1); Chunk; Chunk /= 2)
    for (size_t At = 0; At < G.size() && G.size() > 1;) {
      if (++Builds > MaxReductionBuilds)
        return G;
      Genome Smaller;
      for (auto [I, Each] : enumerate(G.genes()))
        if (I < At || I >= At + Chunk)
          Smaller.set(Each);
      if (!Smaller.empty() && !problem(Builder->build(Smaller)).empty())
        G = std::move(Smaller);
      else
        At += Chunk;
    }
  return G;
}

void Fuzz::report(const std::string &Name, const Genome &G,
                  const std::string &Problem) {
  StringRef What(Problem);
  const bool Compiles = !What.starts_with("does not compile");
  if (!Compiles && What.contains("timed out")) {
    // A loaded machine, or a pass that takes long: no wrong code.
    ++TimedOut;
    outs() << "timed out: " << Name << ": " << Problem << "\n";
    return;
  }
  (Compiles ? Wrong : Failed)++;
  Genome Small = reduce(G);
  outs() << "genome " << Name << " " << Problem << "\n"
         << Small.size() << " of its " << G.size() << " genes are enough:\n"
         << Small.str();
  outs().flush();
  if (!O.Keep.empty())
    if (Error E =
            writeFileAtomically(O.Keep + "/" + Name + ".genome", Small.str()))
      errs() << toString(std::move(E)) << "\n";
}

void Fuzz::count(const Genome &G, const Variant &V) {
  ++Built;
  Genes += G.size();
  NoOps += V.NoOps.size();
  for (const Gene &Each : G.genes())
    if (none_of(V.NoOps, [&](StringRef Line) {
          return Line.starts_with(Each.str() + ":");
        }))
      ++Applied[Each.Operator];
}

Error Fuzz::runBatch(unsigned Batch, unsigned First, unsigned Count) {
  Expected<SearchSpace> Space = Builder->space(Genome());
  if (!Space)
    return Space.takeError();
  Genome Plan;
  std::vector<GeneOption> PlanOptions;
  appendOptions(Space->PlanSites, PlanOptions);
  if (Batch && !PlanOptions.empty()) {
    RandomStream Stream(O.Seed, "fuzz-plan", Batch);
    Plan = randomGenome(PlanOptions, Stream);
    Space = Builder->space(Plan);
    if (!Space) {
      report(formatv("{0}-plan-{1}", O.Seed, Batch), Plan,
             "does not compile: " + toString(Space.takeError()));
      return Error::success();
    }
  }
  std::vector<GeneOption> Inner, All;
  for (const Region &R : Space->Regions)
    appendOptions(R.Sites, Inner);
  All = Inner;
  appendOptions(Space->ProgramSites, All);
  std::vector<Genome> Drawn;
  for (unsigned I = First; I < First + Count; ++I) {
    RandomStream Stream(O.Seed, "fuzz", I);
    const auto &From = I % WithLayout == WithLayout - 1 ? All : Inner;
    Drawn.push_back(From.empty() ? Plan
                                 : Plan.mergedWith(randomGenome(From, Stream)));
  }
  std::vector<Variant> Variants(Count);
  if (Error E = parallelFor(O.Jobs, Count, [&](size_t I) -> Error {
        Variants[I] = Builder->build(Drawn[I]);
        return Error::success();
      }))
    return E;
  for (unsigned I = 0; I < Count; ++I) {
    count(Drawn[I], Variants[I]);
    if (std::string Problem = problem(Variants[I]); !Problem.empty())
      report(formatv("{0}-{1}", O.Seed, First + I), Drawn[I], Problem);
  }
  return Error::success();
}

Error Fuzz::run() {
  if (Error E = open())
    return E;
  unsigned Batch = 0;
  for (unsigned I = 0; I < O.Genomes; I += O.PerPlan)
    if (Error E = runBatch(Batch++, I, std::min(O.PerPlan, O.Genomes - I)))
      return E;
  for (const auto &[Operator, Times] : Applied)
    outs() << "operator " << Operator << ": " << Times << " genes applied\n";
  outs() << formatv("genomes {0}, distinct programs {1}, genes {2}, no-ops "
                    "{3}, timed out {4}, failed {5}, wrong {6}\n",
                    Built, KnownGood.size(), Genes, NoOps, TimedOut, Failed,
                    Wrong);
  return Error::success();
}

Error Fuzz::list() {
  if (Error E = open())
    return E;
  Expected<SearchSpace> Space = Builder->space(Genome());
  if (!Space)
    return Space.takeError();
  auto Show = [](ArrayRef<Site> Sites) {
    for (const Site &S : Sites)
      for (const Choice &Each : S.Choices)
        outs() << levelName(S.Id.At) << " " << Each.Operator << " "
               << Each.Parameters
               << formatv(" {0:f2} % in {1} ", 100 * Each.Benefit, S.Function)
               << S.Id.str() << " " << S.Location << "\n";
  };
  Show(Space->PlanSites);
  for (const Region &R : Space->Regions) {
    outs() << formatv("region {0} {1:f1} %\n", R.Function, 100 * R.Share);
    Show(R.Sites);
  }
  Show(Space->ProgramSites);
  if (std::string Note = Builder->detailNote(); !Note.empty())
    outs() << Note << "\n";
  return Error::success();
}

} // namespace

int main(int argc, char **argv) {
  Options O;
  CLI::App App("Random genomes must not change a program");
  App.add_option("PROGRAM", O.Program)->required();
  App.add_option("--train", O.Train)->required();
  App.add_option("--check", O.Check);
  App.add_option("--genomes", O.Genomes);
  App.add_option("--per-plan", O.PerPlan)->check(CLI::PositiveNumber);
  App.add_option("--seed", O.Seed);
  App.add_option("-j", O.Jobs)->check(CLI::PositiveNumber);
  App.add_option("--keep", O.Keep);
  bool List = false;
  App.add_flag("--list", List);
  CLI11_PARSE(App, argc, argv);
  O.Program = absolutePath(O.Program);
  Fuzz F(std::move(O));
  if (Error E = List ? F.list() : F.run()) {
    errs() << "speciate-genome-fuzz: error: " << toString(std::move(E)) << "\n";
    return 2;
  }
  return F.clean() ? 0 : 1;
}
