//===- passes/operators/AssumeCheck.cpp - Loops optimized on assumptions
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/AssumeCheck.h"
#include "passes/operators/BlockLoop.h"
#include "passes/operators/LoopForm.h"

using namespace llvm;

namespace speciate {

/// A block that is given up more often than this does not pay.
static constexpr double MinClean = 0.5;

namespace {

class AssumeCheck final : public Operator {
public:
  StringRef name() const override { return "assume-and-check"; }
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

std::vector<Choice> AssumeCheck::match(const SiteRef &S,
                                       OperatorContext &Context) const {
  std::vector<Choice> Result;
  if (S.Id.Kind != SiteKind::Loop)
    return Result;
  Loop *L = loopOf(S, Context);
  const LoopCost Cost = costOf(*L, Context);
  if (!L->isInnermost() || Cost.Share <= Context.Share * 1e-3)
    return Result;
  for (BlockCheck Check : {BlockCheck::With, BlockCheck::First}) {
    // Stricter and stricter: what leaves out no edge is no other choice.
    std::optional<size_t> Assumed;
    for (unsigned Rare : {20u, 200u, 2000u}) {
      std::optional<size_t> Now;
      for (unsigned K : {32u, 16u, 64u, 128u}) {
        if (Cost.Trips > 0 && Cost.Trips < 1.5 * K)
          continue;
        Expected<BlockPlan> Plan = planBlocks(*L, {K, Check, Rare}, Context);
        if (!Plan) {
          consumeError(Plan.takeError());
          continue;
        }
        const double Clean = Plan->cleanShare();
        if (!Plan->hasRare(*L) || Clean < MinClean ||
            Plan->Assumed.size() + Plan->Selects.size() == Assumed)
          continue;
        Now = Plan->Assumed.size() + Plan->Selects.size();
        const bool With = Check == BlockCheck::With;
        auto Offer = [&](const Twine &Width, double Gain) {
          Result.push_back(
              {name().str(),
               ("block=" + Twine(K) + ";check=" + (With ? "with" : "first") +
                ";rare=" + Twine(Rare) + Width)
                   .str(),
               Cost.Share * (2 * Clean - 1) * (With ? 0.4 : 0.2) * Gain});
        };
        Offer("", 1);
        if (unsigned Full = Plan->fullWidth(); Full > 1 && Full <= K)
          Offer(";width=" + Twine(Full), 0.95);
      }
      if (Now)
        Assumed = Now;
    }
    if (!Result.empty())
      break;
  }
  return Result;
}

Error AssumeCheck::apply(const SiteRef &S, const Parameters &P,
                         OperatorContext &Context) const {
  if (S.Id.Kind != SiteKind::Loop)
    return createStringError("assume-and-check fits loops only");
  if (Error E = P.onlyKeys({"block", "check", "rare", "width"}))
    return E;
  Expected<BlockParams> Params = readBlockParams(P);
  if (!Params)
    return Params.takeError();
  Expected<uint64_t> Rare = P.number("rare", 2, 1000000);
  if (!Rare)
    return Rare.takeError();
  Params->Rare = *Rare;
  Loop *L = loopOf(S, Context);
  if (!L)
    return createStringError("the loop is gone");
  Expected<BlockPlan> Plan = planBlocks(*L, *Params, Context);
  if (!Plan)
    return Plan.takeError();
  if (!Plan->hasRare(*L))
    return createStringError("no edge of the loop is that rare");
  return applyBlocks(*L, *Params, Context);
}

std::unique_ptr<Operator> createAssumeCheck() {
  return std::make_unique<AssumeCheck>();
}

} // namespace speciate
