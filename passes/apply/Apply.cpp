//===- passes/apply/Apply.cpp - Applying a genome to IR
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/apply/Apply.h"
#include "passes/instrument/ValueProfile.h"
#include "passes/sites/Cost.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/Instruction.h"
#include "llvm/IR/PassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"
#include <tuple>

using namespace llvm;

namespace speciate {

static const SiteRef &programSite() {
  static const SiteRef Site{{Level::Program, SiteKind::Program, 0, 0, 0},
                            nullptr};
  return Site;
}

/// Applies one gene; the error is the reason why it is a no-op.
static Error applyGene(const Gene &G, const SiteRef *Site,
                       OperatorContext &Context) {
  const Operator *Op = findOperator(G.Operator);
  if (!Op)
    return createStringError("there is no operator '" + G.Operator + "'");
  if (!Op->worksAt(G.Site.At))
    return createStringError("operator '" + G.Operator +
                             "' does not work at level " +
                             levelName(G.Site.At));
  if (!Site)
    return createStringError(
        Context.F ? "there is no such site in '" + Context.F->getName().str() +
                        "' (its control flow has changed)"
                  : "there is no such site in the program");
  if (Context.F && !Site->Where)
    return createStringError("an earlier gene has removed the site");
  Expected<Parameters> P = Parameters::parse(G.Parameters);
  if (!P)
    return P.takeError();
  return Op->apply(*Site, *P, Context);
}

namespace {

/// One application of a genome to one function, or to the program.
class Application {
public:
  Application(Level At, OperatorContext &Context) : At(At), Context(Context) {}

  Error run(const Genome &G);

  ApplyResult Result;
  std::optional<SiteMap> Map; ///< Of a function, once a gene names it.
  /// Index of the first site that a gene made -> that gene.
  std::vector<std::pair<size_t, Gene>> Makers;

private:
  const SiteRef *find(const Gene &G);
  Error apply(const Gene &G, const SiteRef *Site);

  const Level At;
  OperatorContext &Context;
};

} // namespace

const SiteRef *Application::find(const Gene &G) {
  if (!Context.F)
    return G.Site == programSite().Id ? &programSite() : nullptr;
  if (!Map)
    Map.emplace(*Context.F, At,
                Context.FAM->getResult<LoopAnalysis>(*Context.F));
  return Map->find(G.Site);
}

Error Application::apply(const Gene &G, const SiteRef *Site) {
  Context.Sites = Map ? &*Map : nullptr;
  Error Refused = applyGene(G, Site, Context);
  Context.Sites = nullptr;
  if (Error E = std::move(Refused)) {
    Result.NoOps.push_back(G.str() + ": " + toString(std::move(E)));
    return Error::success();
  }
  Result.Applied.set(G);
  if (!Context.F)
    return Error::success();
  Context.FAM->invalidate(*Context.F, PreservedAnalyses::none());
  std::string Message;
  raw_string_ostream OS(Message);
  if (verifyFunction(*Context.F, &OS))
    return createStringError("gene '" + G.str() + "' broke '" +
                             Context.F->getName() + "': " + Message);
  const size_t Before = Map->sites().size();
  if (Map->addMadeBy(G, Context.FAM->getResult<LoopAnalysis>(*Context.F)))
    Makers.push_back({Before, G});
  return Error::success();
}

Error Application::run(const Genome &G) {
  const uint64_t Guid = Context.F ? functionGuid(*Context.F) : 0;
  std::vector<Gene> Waiting; // For a site that another gene may make.
  for (bool Last : {false, true}) {
    for (const Gene &Candidate : G.genes()) {
      const Operator *Op = findOperator(Candidate.Operator);
      if (Candidate.Site.At != At || Candidate.Site.FunctionGuid != Guid ||
          (Op && Op->actsLast()) != Last)
        continue;
      const SiteRef *Site = find(Candidate);
      if (!Site)
        Waiting.push_back(Candidate);
      else if (Error E = apply(Candidate, Site))
        return E;
    }
    for (size_t I = 0; I < Waiting.size();) {
      const SiteRef *Site = find(Waiting[I]);
      if (!Site) {
        ++I;
        continue;
      }
      Gene Found = Waiting[I];
      Waiting.erase(Waiting.begin() + static_cast<ptrdiff_t>(I));
      if (Error E = apply(Found, Site))
        return E;
      I = 0; // It may have made the site of an earlier one.
    }
  }
  for (const Gene &Missing : Waiting)
    if (Error E = apply(Missing, nullptr))
      return E;
  return Error::success();
}

Expected<ApplyResult> applyGenome(const Genome &G, Level At,
                                  OperatorContext &Context) {
  Application A(At, Context);
  if (Error E = A.run(G))
    return std::move(E);
  return std::move(A.Result);
}

static std::string locationOf(const DebugLoc &Loc) {
  if (!Loc)
    return "";
  return (Loc->getFilename() + ":" + Twine(Loc.getLine())).str();
}

/// What operators are told of a function's paths.
static constexpr double PathCoverage = 0.99;
static constexpr unsigned MaxPaths = 256;

/// What a site governs: its block and what it decides on.
static double weightOf(const SiteRef &S, OperatorContext &Context,
                       double FunctionCost, std::string &Location) {
  if (!Context.F)
    return 1;
  Function &F = *Context.F;
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(F);
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(F);
  double Cost = FunctionCost;
  if (S.Id.Kind == SiteKind::Function) {
    if (const DISubprogram *SP = F.getSubprogram())
      Location = (SP->getFilename() + ":" + Twine(SP->getLine())).str();
  } else if (S.Id.Kind == SiteKind::Loop) {
    auto &LI = Context.FAM->getResult<LoopAnalysis>(F);
    Value *Header = S.Where;
    const Loop *L = LI.getLoopFor(cast<BasicBlock>(Header));
    Location = locationOf(L->getStartLoc());
    Cost = staticCost(*L, BFI, TTI);
  } else {
    Value *V = S.Where;
    const auto &I = *cast<Instruction>(V);
    Location = locationOf(I.getDebugLoc());
    Cost = blockCount(*I.getParent(), BFI) * blockCost(*I.getParent(), TTI);
  }
  return FunctionCost > 0 ? Context.Share * Cost / FunctionCost : 0;
}

/// What all operators offer at \p Candidates, some sites of \p Map (or of the
/// program); sites without choices are left out.
static std::vector<Site> offersAt(const SiteMap *Map,
                                  ArrayRef<SiteRef> Candidates, Level At,
                                  OperatorContext &Context) {
  std::vector<Site> Result;
  Context.Sites = Map;
  double FunctionCost = 0;
  if (Context.F)
    FunctionCost = staticCost(
        *Context.F, Context.FAM->getResult<BlockFrequencyAnalysis>(*Context.F),
        Context.FAM->getResult<TargetIRAnalysis>(*Context.F));
  for (const SiteRef &S : Candidates) {
    Site Out;
    for (const Operator *Op : allOperators())
      if (Op->worksAt(At))
        append_range(Out.Choices, Op->match(S, Context));
    if (Out.Choices.empty())
      continue;
    sort(Out.Choices, [](const Choice &A, const Choice &B) {
      return std::tie(B.Benefit, A.Operator, A.Parameters) <
             std::tie(A.Benefit, B.Operator, B.Parameters);
    });
    Out.Id = S.Id;
    if (Context.F)
      Out.Function = Context.F->getName().str();
    Out.Weight = weightOf(S, Context, FunctionCost, Out.Location);
    Result.push_back(std::move(Out));
  }
  Context.Sites = nullptr;
  return Result;
}

std::vector<Site> collectSites(Level At, OperatorContext &Context) {
  if (!Context.F)
    return offersAt(nullptr, programSite(), At, Context);
  SiteMap Map(*Context.F, At, Context.FAM->getResult<LoopAnalysis>(*Context.F));
  if (Context.Detail) {
    for (const SiteRef &S : Map.sites())
      if (S.Id.Kind == SiteKind::Branch || S.Id.Kind == SiteKind::Select)
        if (const BranchCounts *Seen =
                Context.Detail->branch(valueKey(S.Id, 0))) {
          Value *V = S.Where;
          Context.Guesses[cast<Instruction>(V)] = *Seen;
        }
    Context.Paths =
        principalPaths(*Context.F, *Context.Detail, PathCoverage, MaxPaths);
  }
  return offersAt(&Map, Map.sites(), At, Context);
}

Expected<std::vector<Site>> collectMadeSites(const Genome &G,
                                             OperatorContext &Context) {
  Application A(Level::Region, Context);
  if (Error E = A.run(G))
    return std::move(E);
  std::vector<Site> Result;
  for (size_t I = 0; I < A.Makers.size(); ++I) {
    const auto &[First, Maker] = A.Makers[I];
    const size_t End =
        I + 1 < A.Makers.size() ? A.Makers[I + 1].first : A.Map->sites().size();
    std::vector<SiteRef> Left;
    for (size_t S = First; S != End; ++S)
      if (A.Map->sites()[S].Where) // Not removed by a later gene.
        Left.push_back(A.Map->sites()[S]);
    for (Site &S : offersAt(&*A.Map, Left, Level::Region, Context)) {
      S.MadeBy = Maker.str();
      Result.push_back(std::move(S));
    }
  }
  return std::move(Result);
}

} // namespace speciate
