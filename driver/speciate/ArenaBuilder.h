//===- driver/speciate/ArenaBuilder.h - What the arena's subcommands share
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_SPECIATE_ARENABUILDER_H
#define SPECIATE_DRIVER_SPECIATE_ARENABUILDER_H

#include "driver/pipeline/ArenaScorer.h"
#include "driver/pipeline/Campaign.h"
#include "driver/pipeline/ProgramBuilder.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>
#include <string>

namespace speciate {

/// The builder of a program's variants.
class ArenaBuilder {
public:
  /// With the profile of \p RecipeFile or, without one, as a campaign with
  /// \p Options comes to it, whose StopAfter must be Plan. Owned by this.
  llvm::Expected<ProgramBuilder *> open(const CampaignOptions &Options,
                                        const std::string &RecipeFile);

private:
  std::unique_ptr<Campaign> FromCampaign;
  std::unique_ptr<ProgramBuilder> FromRecipe;
};

/// Every trial of races, as a CSV file: race-wide round, region, window,
/// offset, candidate (0 is the original), cycles.
class TrialLog {
public:
  /// Writes to \p Path what \p Params.OnRound will see; nothing for "". Must
  /// outlive the scorer.
  llvm::Error open(const std::string &Path, ArenaScorerParams &Params);

private:
  std::unique_ptr<llvm::raw_fd_ostream> Out;
  unsigned long Round = 0;
};

} // namespace speciate

#endif
