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

Expected<ApplyResult> applyGenome(const Genome &G, Level At,
                                  OperatorContext &Context) {
  ApplyResult Result;
  std::optional<SiteMap> Map;
  const uint64_t Guid = Context.F ? functionGuid(*Context.F) : 0;
  std::vector<Gene> Genes;
  for (bool Last : {false, true})
    for (const Gene &Candidate : G.genes()) {
      const Operator *Op = findOperator(Candidate.Operator);
      if (Candidate.Site.At == At && Candidate.Site.FunctionGuid == Guid &&
          (Op && Op->actsLast()) == Last)
        Genes.push_back(Candidate);
    }
  for (const Gene &Candidate : Genes) {
    if (Context.F && !Map)
      Map.emplace(*Context.F, At,
                  Context.FAM->getResult<LoopAnalysis>(*Context.F));
    Context.Sites = Map ? &*Map : nullptr;
    const SiteRef *Site = nullptr;
    if (Context.F)
      Site = Map->find(Candidate.Site);
    else if (Candidate.Site == programSite().Id)
      Site = &programSite();
    if (Error E = applyGene(Candidate, Site, Context)) {
      Result.NoOps.push_back(Candidate.str() + ": " + toString(std::move(E)));
      continue;
    }
    Result.Applied.set(Candidate);
    if (!Context.F)
      continue;
    Context.FAM->invalidate(*Context.F, PreservedAnalyses::none());
    std::string Message;
    raw_string_ostream OS(Message);
    if (verifyFunction(*Context.F, &OS))
      return createStringError("gene '" + Candidate.str() + "' broke '" +
                               Context.F->getName() + "': " + Message);
  }
  Context.Sites = nullptr;
  return Result;
}

static std::string locationOf(const DebugLoc &Loc) {
  if (!Loc)
    return "";
  return (Loc->getFilename() + ":" + Twine(Loc.getLine())).str();
}

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

std::vector<Site> collectSites(Level At, OperatorContext &Context) {
  std::vector<Site> Result;
  std::optional<SiteMap> Map;
  std::vector<SiteRef> Candidates;
  double FunctionCost = 0;
  if (Context.F) {
    Function &F = *Context.F;
    Map.emplace(F, At, Context.FAM->getResult<LoopAnalysis>(F));
    Candidates = Map->sites();
    Context.Sites = &*Map;
    if (Context.Detail)
      for (const SiteRef &S : Candidates)
        if (S.Id.Kind == SiteKind::Branch || S.Id.Kind == SiteKind::Select)
          if (const BranchCounts *Seen =
                  Context.Detail->branch(valueKey(S.Id, 0))) {
            Value *V = S.Where;
            Context.Guesses[cast<Instruction>(V)] = *Seen;
          }
    FunctionCost =
        staticCost(F, Context.FAM->getResult<BlockFrequencyAnalysis>(F),
                   Context.FAM->getResult<TargetIRAnalysis>(F));
  } else {
    Candidates.push_back(programSite());
  }
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

} // namespace speciate
