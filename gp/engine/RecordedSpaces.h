//===- gp/engine/RecordedSpaces.h - Search spaces kept in the catalog
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a campaign may choose is asked once and kept: a resumed campaign and its
// replay see the same. Errors say that the catalog fails or is damaged, but for
// those of the builder.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_ENGINE_RECORDEDSPACES_H
#define SPECIATE_GP_ENGINE_RECORDEDSPACES_H

#include "gp/catalog/Catalog.h"
#include "gp/engine/Interfaces.h"
#include <optional>

namespace speciate {

/// The space under \p Plan: the recorded one, or what \p Builder says and
/// \p Arena (or null) admits. That a plan has no space is recorded, too, but
/// not of the empty plan.
llvm::Expected<SearchSpace> spaceFor(Catalog &C, int64_t Campaign,
                                     VariantBuilder &Builder,
                                     RegionScorer *Arena, const Genome &Plan);

/// Nothing if none is recorded; an Error also if the plan was found to have
/// none.
llvm::Expected<std::optional<SearchSpace>>
recordedSpace(Catalog &C, int64_t Campaign, const Genome &Plan);

/// An Error if nothing is recorded of \p Plan.
llvm::Error requireSpace(Catalog &C, int64_t Campaign, const Genome &Plan);

/// VariantBuilder::madeSites(), or what is recorded of it. If the builder fails
/// there are none.
llvm::Expected<std::vector<Site>>
madeSitesFor(Catalog &C, int64_t Campaign, VariantBuilder &Builder,
             const Genome &Plan, uint64_t Guid, const Genome &Genes);

llvm::Expected<std::optional<std::vector<Site>>>
recordedMadeSites(Catalog &C, int64_t Campaign, const Genome &Plan,
                  uint64_t Guid, const Genome &Genes);

} // namespace speciate

#endif
