//===- passes/operators/ColdConsolidate.cpp - Many unlikely tests as one
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/ColdConsolidate.h"
#include "passes/operators/HotPath.h"
#include "passes/sites/Cost.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"

using namespace llvm;

namespace speciate {

/// A test goes the likely way at least so often, and all of them together.
static constexpr double MinLikely = 0.85;
static constexpr double MinAllLikely = 0.7;
/// Cycles of a test and its branch that are no longer there, on a processor
/// that guesses the branch right.
static constexpr double TestCycles = 1.2;

namespace {

class ColdConsolidate final : public Operator {
public:
  StringRef name() const override { return "cold-consolidate"; }
  bool worksAt(Level L) const override { return L == Level::Region; }
  VerdictKind evidence(const Parameters &) const override {
    return VerdictKind::Checked;
  }
  std::vector<Choice> match(const SiteRef &S,
                            OperatorContext &Context) const override;
  Error apply(const SiteRef &S, const Parameters &P,
              OperatorContext &Context) const override;
};

} // namespace

static std::optional<Decision> unlikelyTest(BranchInst &Br) {
  std::optional<double> Taken = takenShare(Br);
  if (!Taken || std::max(*Taken, 1 - *Taken) < MinLikely)
    return std::nullopt;
  return Decision{&Br, *Taken >= 0.5};
}

std::vector<Choice> ColdConsolidate::match(const SiteRef &S,
                                           OperatorContext &Context) const {
  Value *V = S.Where;
  auto *Br = S.Id.Kind == SiteKind::Branch ? cast<BranchInst>(V) : nullptr;
  std::optional<Decision> First = Br ? unlikelyTest(*Br) : std::nullopt;
  if (!First || !Context.Sites)
    return {};
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(*Context.F);
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(*Context.F);
  const double Cost = staticCost(*Context.F, BFI, TTI);
  const double Count = blockCount(*Br->getParent(), BFI);
  // What is not a thousandth of its function cannot be measured.
  if (Cost <= 0 || Count * TestCycles * 4 < Cost * 1e-3)
    return {};
  Decisions Tests{*First};
  double Share = 1;
  for (BranchInst *Next : branchesAhead(*First, *Context.FAM)) {
    std::optional<Decision> D = unlikelyTest(*Next);
    if (!D)
      continue;
    Tests.push_back(*D);
    Expected<HotPath> P = HotPath::find(Tests, TestPlace::Branch, *Context.FAM);
    if (P && P->share() >= MinAllLikely)
      Share = P->share();
    else
      Tests.pop_back();
    if (!P)
      consumeError(P.takeError());
  }
  if (Tests.size() < 2)
    return {};
  const double Gain = Count * Share * TestCycles * double(Tests.size() - 1);
  const unsigned Percent = std::clamp(unsigned(Share * 100), 1u, 99u);
  return {{name().str(),
           "share=" + std::to_string(Percent) +
               ";tests=" + printDecisions(Tests, *Context.Sites),
           Context.Share * std::min(0.3, Gain / Cost)}};
}

Error ColdConsolidate::apply(const SiteRef &S, const Parameters &P,
                             OperatorContext &Context) const {
  if (S.Id.Kind != SiteKind::Branch || !Context.Sites)
    return createStringError("cold-consolidate fits branches only");
  if (Error E = P.onlyKeys({"share", "tests"}))
    return E;
  Expected<uint64_t> Share = P.number("share", 1, 99);
  if (!Share)
    return Share.takeError();
  Expected<Decisions> Tests = parseDecisions(P.get("tests"), *Context.Sites);
  if (!Tests)
    return createStringError("parameter 'tests': " +
                             toString(Tests.takeError()));
  Value *V = S.Where;
  if (Tests->front().Branch != V)
    return createStringError("parameter 'tests' does not begin with the site");
  Expected<HotPath> Path =
      HotPath::find(*Tests, TestPlace::Branch, *Context.FAM);
  if (!Path)
    return Path.takeError();
  Path->apply(*Share);
  if (Context.Codegen)
    Context.Codegen->Simplify = true;
  return Error::success();
}

std::unique_ptr<Operator> createColdConsolidate() {
  return std::make_unique<ColdConsolidate>();
}

} // namespace speciate
