//===- passes/instrument/Settled.cpp - Loads whose values do not change
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/instrument/Settled.h"
#include "passes/sites/Sites.h"
#include "profiles/detail/Findings.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace speciate {

std::vector<SettledLoad> settledLoads(Function &F, const DetailProfile &P) {
  std::vector<SettledLoad> Result;
  const FunctionKey Key = {functionGuid(F), cfgHash(F)};
  auto Line = P.Functions.find(Key);
  if (Line == P.Functions.end())
    return Result;
  Expected<FunctionText> Text = FunctionText::parse(Key, Line->second);
  if (!Text) {
    consumeError(Text.takeError());
    return Result;
  }
  // As SiteMap numbers them.
  std::vector<LoadInst *> Loads;
  for (Instruction &I : instructions(F))
    if (auto *Load = dyn_cast<LoadInst>(&I))
      Loads.push_back(Load);
  for (const SettledFinding &S : findSettled(P, *Text))
    if (S.Site.Ordinal < Loads.size())
      Result.push_back(
          {Loads[S.Site.Ordinal], S.Place, S.Value, S.Seen, S.AllWriters});
  return Result;
}

} // namespace speciate
