//===- driver/pipeline/Stage.h - The stages of a campaign
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_PIPELINE_STAGE_H
#define SPECIATE_DRIVER_PIPELINE_STAGE_H

#include "llvm/ADT/StringRef.h"
#include <optional>

namespace speciate {

/// In the order in which they run. The names are those of --start-from,
/// --stop-after and of "stages" in reports. A later stage finds what an
/// earlier one made in the store, so that starting late means trusting it.
enum class Stage {
  Record,     ///< Find the record, check the commands on the original.
  Instrument, ///< Build the instrumented program.
  Train,      ///< Run it, merge the profile.
  Baselines,  ///< o3, pgo_lto, pgo_lto_bolt.
  Plan,       ///< Sites, regions, and the program of the empty genome.
  Search,
  Minimize, ///< Choose among finalists, drop genes that do not pay.
  Gate,     ///< The fresh sample that decides what ships.
  Relink,   ///< Write program and recipe.
};

inline constexpr Stage AllStages[] = {
    Stage::Record,    Stage::Instrument, Stage::Train,
    Stage::Baselines, Stage::Plan,       Stage::Search,
    Stage::Minimize,  Stage::Gate,       Stage::Relink};

llvm::StringRef stageName(Stage S);
std::optional<Stage> parseStage(llvm::StringRef Name);

} // namespace speciate

#endif
