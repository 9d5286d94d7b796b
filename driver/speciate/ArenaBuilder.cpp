//===- driver/speciate/ArenaBuilder.cpp - What the arena's subcommands share
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/speciate/ArenaBuilder.h"
#include "driver/relink/Relink.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <utility>

using namespace llvm;

namespace speciate {

Expected<ProgramBuilder *> ArenaBuilder::open(const CampaignOptions &Options,
                                              const std::string &RecipeFile) {
  if (RecipeFile.empty()) {
    FromCampaign = std::make_unique<Campaign>(Options);
    Expected<Report> Done = FromCampaign->run();
    if (!Done)
      return Done.takeError();
    return &FromCampaign->builder();
  }
  Expected<Recipe> R = Recipe::read(RecipeFile);
  if (!R)
    return R.takeError();
  auto Made = builderFromRecipe(Options.Program, *R, Options.Jobs);
  if (!Made)
    return Made.takeError();
  FromRecipe = std::move(*Made);
  return FromRecipe.get();
}

Error TrialLog::open(const std::string &Path, ArenaScorerParams &Params) {
  if (Path.empty())
    return Error::success();
  std::error_code EC;
  Out = std::make_unique<raw_fd_ostream>(Path, EC);
  if (EC)
    return createFileError(Path, EC);
  *Out << "round,region,window,offset,candidate,cycles\n";
  Params.OnRound = [this](StringRef Region, size_t Window, size_t Offset,
                          ArrayRef<size_t> Order, ArrayRef<double> Cycles) {
    for (auto [C, Value] : zip(Order, Cycles))
      *Out << formatv("{0},{1},{2},{3},{4},{5:f0}\n", Round, Region, Window,
                      Offset, C, Value);
    ++Round;
  };
  return Error::success();
}

} // namespace speciate
