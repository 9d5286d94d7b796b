//===- passes/operators/PrincipalPath.cpp - The frequent path first
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/PrincipalPath.h"
#include "passes/operators/HotPath.h"
#include "passes/sites/Cost.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"

using namespace llvm;

namespace speciate {

/// A path that is rarer does not pay for its test.
static constexpr double MinShare = 0.3;
static constexpr unsigned MaxPaths = 3;
/// Cycles saved by a branch that is no longer there: one of its test, and a few
/// of wrong guesses.
static constexpr double BranchCycles = 1.5;
static constexpr double MispredictPenalty = 15;

namespace {

/// The paths of one gene, in the order of their tests.
struct Plan {
  SmallVector<Decisions, MaxPaths> Paths;
  SmallVector<unsigned, MaxPaths> Percents;
};

class PrincipalPath final : public Operator {
public:
  StringRef name() const override { return "principal-path"; }
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

static std::string planText(const Plan &Wanted, StringRef At,
                            const SiteMap &Sites) {
  std::string Path, Share;
  for (auto [D, Percent] : zip(Wanted.Paths, Wanted.Percents)) {
    Path += (Path.empty() ? "" : "+") + printDecisions(D, Sites);
    Share += (Share.empty() ? "" : "+") + std::to_string(Percent);
  }
  return (At.empty() ? "" : "at=" + At.str() + ";") + "path=" + Path +
         ";share=" + Share;
}

static double wayShare(const Decision &D) {
  double Taken = takenShare(*D.Branch).value_or(0.5);
  return D.Taken ? Taken : 1 - Taken;
}

/// \p First and, of the branches ahead, those that make a legal path with it,
/// each going its likelier way.
static Decisions likelyPath(const Decision &First, OperatorContext &Context) {
  Decisions Path{First};
  double Share = wayShare(First);
  for (BranchInst *Next : branchesAhead(First, *Context.FAM)) {
    std::optional<double> Taken = takenShare(*Next);
    if (!Taken)
      continue;
    Decision D{Next, *Taken >= 0.5};
    if (Share * wayShare(D) < MinShare)
      continue;
    Path.push_back(D);
    if (Expected<HotPath> P =
            HotPath::find(Path, TestPlace::Branch, *Context.FAM)) {
      Share *= wayShare(D);
    } else {
      consumeError(P.takeError());
      Path.pop_back();
    }
  }
  return Path;
}

std::vector<Choice> PrincipalPath::match(const SiteRef &S,
                                         OperatorContext &Context) const {
  Value *V = S.Where;
  auto *Br = S.Id.Kind == SiteKind::Branch ? cast<BranchInst>(V) : nullptr;
  std::optional<double> Taken = Br ? takenShare(*Br) : std::nullopt;
  if (!Taken || !Context.Sites)
    return {};
  auto &BFI = Context.FAM->getResult<BlockFrequencyAnalysis>(*Context.F);
  auto &TTI = Context.FAM->getResult<TargetIRAnalysis>(*Context.F);
  const double Cost = staticCost(*Context.F, BFI, TTI);
  const double Count = blockCount(*Br->getParent(), BFI);
  // What is not a thousandth of its function cannot be measured.
  if (Cost <= 0 || Count * BranchCycles * 4 < Cost * 1e-3)
    return {};
  std::vector<Choice> Result;
  auto Percent = [](double Share) {
    return std::clamp(unsigned(Share * 100), 1u, 99u);
  };
  auto Gain = [&](const Decisions &Path, double Reached, double Share) {
    double Cycles = 0;
    for (const Decision &D : Path) {
      const double Way = wayShare(D);
      Cycles += BranchCycles + 0.3 * std::min(Way, 1 - Way) * MispredictPenalty;
    }
    // The test itself costs a branch, and more for those that fail it.
    return Count * Reached * (Share * Cycles - BranchCycles) / Cost;
  };
  auto Offer = [&](const Plan &Wanted, StringRef At, double Benefit) {
    Result.push_back({name().str(), planText(Wanted, At, *Context.Sites),
                      Context.Share * std::clamp(Benefit * 0.3, 1e-4, 0.3)});
  };
  Plan Wanted;
  double Left = 1, Benefit = 0;
  for (bool Way : {*Taken >= 0.5, *Taken < 0.5}) {
    Decisions Path = likelyPath({Br, Way}, Context);
    if (Path.size() < 2)
      continue;
    Expected<HotPath> P = HotPath::find(Path, TestPlace::Branch, *Context.FAM);
    if (!P) {
      consumeError(P.takeError());
      continue;
    }
    const double Share = std::min(1.0, P->share() / Left);
    if (Share < MinShare)
      continue;
    Wanted.Paths.push_back(Path);
    Wanted.Percents.push_back(Percent(Share));
    Benefit += Gain(Path, Left, Share);
    Offer(Wanted, "", Benefit);
    if (Wanted.Paths.size() == 1) {
      for (StringRef At : {"loop", "entry"})
        if (Expected<HotPath> Early =
                HotPath::find(Path, cantFail(parseTestPlace(At)), *Context.FAM))
          Offer(Wanted, At, Benefit * 0.8);
        else
          consumeError(Early.takeError());
    }
    Left = std::max(Left - P->share(), 1e-6);
  }
  return Result;
}

/// "A+B" and "P+Q" into as many paths.
static Expected<Plan> parsePlan(StringRef Path, StringRef Share,
                                const SiteMap &Sites) {
  Plan Result;
  SmallVector<StringRef, 4> Paths, Shares;
  Path.split(Paths, '+');
  Share.split(Shares, '+');
  if (Paths.size() != Shares.size() || Paths.size() > MaxPaths)
    return createStringError("parameters 'path' and 'share' have not the same "
                             "number of parts, 1 to " +
                             Twine(MaxPaths));
  for (auto [One, Text] : zip(Paths, Shares)) {
    Expected<Decisions> D = parseDecisions(One, Sites);
    if (!D)
      return createStringError("parameter 'path': " + toString(D.takeError()));
    unsigned Percent;
    if (Text.getAsInteger(10, Percent) || Percent < 1 || Percent > 99)
      return createStringError("parameter 'share': '" + Text +
                               "' is not a number from 1 to 99");
    Result.Paths.push_back(std::move(*D));
    Result.Percents.push_back(Percent);
  }
  return Result;
}

Error PrincipalPath::apply(const SiteRef &S, const Parameters &P,
                           OperatorContext &Context) const {
  if (S.Id.Kind != SiteKind::Branch || !Context.Sites)
    return createStringError("principal-path fits branches only");
  if (Error E = P.onlyKeys({"at", "path", "share"}))
    return E;
  Expected<TestPlace> Place = parseTestPlace(P.get("at"));
  if (!Place)
    return Place.takeError();
  Expected<Plan> Wanted =
      parsePlan(P.get("path"), P.get("share"), *Context.Sites);
  if (!Wanted)
    return Wanted.takeError();
  Value *V = S.Where;
  // All or nothing: what is legal now is legal after the copies of others,
  // which leave the original as it is.
  for (const Decisions &D : Wanted->Paths) {
    Expected<HotPath> Path = HotPath::find(D, *Place, *Context.FAM);
    if (!Path)
      return Path.takeError();
    if (D.front().Branch != V)
      return createStringError("parameter 'path' does not begin with the site");
  }
  BasicBlock *Rest = nullptr; // The original.
  for (auto [D, Percent] : zip(Wanted->Paths, Wanted->Percents)) {
    Expected<HotPath> Path = HotPath::find(D, *Place, *Context.FAM, Rest);
    if (!Path) {
      assert(Rest && "it was legal");
      consumeError(Path.takeError());
      continue;
    }
    Rest = Path->apply(Percent)->getParent();
    Context.FAM->invalidate(*Context.F, PreservedAnalyses::none());
  }
  if (Context.Codegen)
    Context.Codegen->Simplify = true;
  return Error::success();
}

std::unique_ptr<Operator> createPrincipalPath() {
  return std::make_unique<PrincipalPath>();
}

} // namespace speciate
