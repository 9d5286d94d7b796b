//===- passes/operators/PrincipalPath.cpp - The frequent path first
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/PrincipalPath.h"
#include "passes/operators/HotPath.h"
#include "passes/sites/Cost.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/CFG.h"

using namespace llvm;

namespace speciate {

/// A path that is rarer does not pay for its test.
static constexpr double MinShare = 0.3;
static constexpr unsigned MaxPaths = 3;
/// Cycles saved by a branch that is no longer there: one of its test, and a few
/// of wrong guesses.
static constexpr double BranchCycles = 1.5;

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

namespace {

/// How often branches went which way together, seen from the first of them: by
/// the paths that were counted, or, if these are unknown or too few to tell, as
/// if branches were independent.
class JointShares {
public:
  JointShares(const BranchInst &First, ArrayRef<ProfiledPath> Paths) {
    uint64_t Counted = 0;
    for (const ProfiledPath &P : Paths) {
      ArrayRef<PathStep> Steps = P.Steps;
      while (!Steps.empty() && Steps.front().Jump != &First)
        Steps = Steps.drop_front();
      if (!Steps.empty()) {
        Seen.push_back({Steps, double(P.Count)});
        Counted += P.Count;
      }
    }
    if (Counted < MinCounted)
      Seen.assign(1, {{}, 1});
    for (const Tail &T : Seen)
      Total += T.Count;
  }

  /// Whether paths were counted.
  bool counted() const { return !Seen.front().Steps.empty(); }

  /// Of the executions of the first branch, those that go all of \p Path and
  /// that no earlier path has taken. Of branches that a counted path does not
  /// come to (they lie behind the header of an inner loop, or it goes round
  /// them) the share is as if they were independent.
  double share(ArrayRef<Decision> Path) const {
    double Share = 0;
    for (const Tail &T : Seen) {
      double Count = T.Taken ? 0 : T.Count;
      for (const Decision &D : Path)
        if (std::optional<bool> Way = T.way(*D.Branch))
          Count *= *Way == D.Taken;
        else
          Count *= wayShare(D);
      Share += Count;
    }
    return Share / Total;
  }

  /// From the first branch on, what most do of those that came there and that
  /// no earlier path has taken, as long as they are \p Least of all.
  Decisions mostFrequent(double Least) const {
    SmallVector<const Tail *, 32> Left;
    for (const Tail &T : Seen)
      if (!T.Taken)
        Left.push_back(&T);
    Decisions Result;
    for (size_t I = 0;; ++I) {
      MapVector<std::pair<Instruction *, unsigned>, double> Next;
      for (const Tail *T : Left)
        if (I < T->Steps.size())
          Next[{T->Steps[I].Jump, T->Steps[I].Successor}] += T->Count;
      const auto *Most = max_element(Next, less_second());
      if (Most == Next.end() || Most->second < Least * Total)
        return Result;
      const auto [Jump, Successor] = Most->first;
      if (auto *Br = dyn_cast<BranchInst>(Jump))
        Result.push_back({Br, Successor == 0});
      erase_if(Left, [&](const Tail *T) {
        return I >= T->Steps.size() || T->Steps[I].Jump != Jump ||
               T->Steps[I].Successor != Successor;
      });
    }
  }

  /// What goes \p Path has been taken.
  void take(ArrayRef<Decision> Path) {
    for (Tail &T : Seen)
      T.Taken |= counted() && all_of(Path, [&](const Decision &D) {
                   return T.way(*D.Branch).value_or(D.Taken) == D.Taken;
                 });
  }

private:
  static constexpr uint64_t MinCounted = 256;

  /// A path from the first branch on.
  struct Tail {
    ArrayRef<PathStep> Steps;
    double Count = 0;
    bool Taken = false;

    /// Whether it goes to the first successor of \p Br; nothing if it does not
    /// come there.
    std::optional<bool> way(const BranchInst &Br) const {
      for (const PathStep &S : Steps)
        if (S.Jump == &Br)
          return S.Successor == 0;
      return std::nullopt;
    }
  };

  SmallVector<Tail, 32> Seen;
  double Total = 0;
};

} // namespace

/// Cycles that the branches of a copy cost in the original.
static double savedBy(ArrayRef<Decision> Path) {
  double Cycles = 0;
  for (const Decision &D : Path) {
    const double Way = wayShare(D);
    Cycles += BranchCycles + 0.3 * std::min(Way, 1 - Way) * MispredictPenalty;
  }
  return Cycles;
}

/// Of the branches from \p Br on those that make a legal path with it, each
/// going its likelier way, as long as more is saved than without it; the first
/// one goes \p Way if paths were not counted. \p Left: the share that earlier
/// paths have left.
static Decisions likelyPath(BranchInst *Br, bool Way, const JointShares &Joint,
                            double Left, OperatorContext &Context) {
  Decisions Candidates = Joint.mostFrequent(MinShare * Left);
  if (Candidates.empty())
    Candidates.push_back({Br, Way});
  for (BranchInst *Next : branchesAhead(Candidates.front(), *Context.FAM))
    if (std::optional<double> Taken = takenShare(*Next))
      if (none_of(Candidates,
                  [&](const Decision &D) { return D.Branch == Next; }))
        Candidates.push_back({Next, *Taken >= 0.5});
  const Loop *L = Context.FAM->getResult<LoopAnalysis>(*Context.F)
                      .getLoopFor(Br->getParent());
  Decisions Path{Candidates.front()};
  double Most = Joint.share(Path) * savedBy(Path);
  for (const Decision &D : ArrayRef(Candidates).drop_front()) {
    // Whether a loop goes on is no test of the path.
    if (L && is_contained(successors(D.Branch), L->getHeader()))
      continue;
    Path.push_back(D);
    const double Share = Joint.share(Path), Saved = Share * savedBy(Path);
    if (Share >= MinShare * Left && Saved > Most) {
      if (Expected<HotPath> P =
              HotPath::find(Path, TestPlace::Branch, *Context.FAM)) {
        Most = Saved;
        continue;
      } else {
        consumeError(P.takeError());
      }
    }
    Path.pop_back();
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
    // The test itself costs a branch, and more for those that fail it.
    return Count * Reached * (Share * savedBy(Path) - BranchCycles) / Cost;
  };
  auto Offer = [&](const Plan &Wanted, StringRef At, double Benefit) {
    Result.push_back({name().str(), planText(Wanted, At, *Context.Sites),
                      Context.Share * std::clamp(Benefit * 0.3, 1e-4, 0.3)});
  };
  Plan Wanted;
  JointShares Joint(*Br, Context.Paths);
  double Left = 1, Benefit = 0;
  for (unsigned I = 0, E = Joint.counted() ? MaxPaths : 2; I != E; ++I) {
    const Decisions Path =
        likelyPath(Br, (*Taken >= 0.5) == (I == 0), Joint, Left, Context);
    const double OfAll = Joint.share(Path);
    Joint.take(Path);
    if (Path.size() < 2 || OfAll < MinShare * Left)
      continue;
    const double Share = std::min(1.0, OfAll / Left);
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
    Left = std::max(Left - OfAll, 1e-6);
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
