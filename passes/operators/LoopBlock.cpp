//===- passes/operators/LoopBlock.cpp - Loops that end when data says so
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/operators/LoopBlock.h"
#include "passes/operators/BlockLoop.h"
#include "passes/operators/LoopForm.h"

using namespace llvm;

namespace speciate {

namespace {

class LoopBlock final : public Operator {
public:
  StringRef name() const override { return "loop-block"; }
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

std::vector<Choice> LoopBlock::match(const SiteRef &S,
                                     OperatorContext &Context) const {
  std::vector<Choice> Result;
  if (S.Id.Kind != SiteKind::Loop)
    return Result;
  Loop *L = loopOf(S, Context);
  const LoopCost Cost = costOf(*L, Context);
  if (!L->isInnermost() || Cost.Share <= Context.Share * 1e-3)
    return Result;
  // Of a pass with effects, the conditions are an extra.
  for (BlockCheck Check : {BlockCheck::With, BlockCheck::First}) {
    for (unsigned K : {32u, 64u, 16u, 128u}) {
      Expected<BlockPlan> Plan = planBlocks(*L, {K, Check}, Context);
      if (!Plan) {
        consumeError(Plan.takeError());
        continue;
      }
      // The last block is done twice, and half of it for nothing.
      if (Cost.Trips > 0 && Cost.Trips < 1.5 * K)
        continue;
      const double Blocks = Cost.Trips > 0 ? Cost.Trips / K : 8;
      const double Used = Blocks / (Blocks + 2.5);
      const bool With = Check == BlockCheck::With;
      auto Offer = [&](const Twine &Width, double Gain) {
        Result.push_back({name().str(),
                          ("block=" + Twine(K) +
                           ";check=" + (With ? "with" : "first") + Width)
                              .str(),
                          Cost.Share * Used * (With ? 0.6 : 0.25) * Gain});
      };
      Offer("", 0.95);
      if (unsigned Full = Plan->fullWidth(); Full > 1 && Full <= K)
        Offer(";width=" + Twine(Full), 1);
    }
    if (!Result.empty())
      break;
  }
  return Result;
}

Error LoopBlock::apply(const SiteRef &S, const Parameters &P,
                       OperatorContext &Context) const {
  if (S.Id.Kind != SiteKind::Loop)
    return createStringError("loop-block fits loops only");
  if (Error E = P.onlyKeys({"block", "check", "width"}))
    return E;
  Expected<BlockParams> Params = readBlockParams(P);
  if (!Params)
    return Params.takeError();
  Loop *L = loopOf(S, Context);
  if (!L)
    return createStringError("the loop is gone");
  return applyBlocks(*L, *Params, Context);
}

std::unique_ptr<Operator> createLoopBlock() {
  return std::make_unique<LoopBlock>();
}

} // namespace speciate
