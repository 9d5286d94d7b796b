//===- driver/record/Upkeep.h - What a store may forget, and whether it is whole
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A store holds objects (records, their units, what campaigns name), a catalog,
// and a build cache. Everything in the cache can be made again. An object is
// needed if a campaign reaches it: its record and what that names, its
// artefacts, its search space; or if a record does that was put there lately,
// for programs are optimized after they were built.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_RECORD_UPKEEP_H
#define SPECIATE_DRIVER_RECORD_UPKEEP_H

#include "gp/catalog/Catalog.h"

namespace speciate {

struct GcParams {
  /// Nothing that was used more recently is removed. What a running campaign or
  /// compilation has just made is safe if this is longer than it runs.
  double MinAgeSeconds = 30 * 86400.0;
  bool DryRun = false; ///< Only count.
};

struct GcCount {
  uint64_t Removed = 0, RemovedBytes = 0;
  uint64_t Kept = 0, KeptBytes = 0;
};

struct GcResult {
  GcCount Cache; ///< Entries: the files of one key together.
  GcCount Objects;
};

/// The last use of a cache entry is the later of its files' last access and
/// change, of an object the last time that it was put.
llvm::Expected<GcResult> collectGarbage(Catalog &C, const GcParams &Params);

struct StoreHealth {
  /// "PATH: what is wrong", in order.
  std::vector<std::string> Problems;
  size_t Objects = 0;
  size_t Campaigns = 0;
};

/// Reads every object and every row. Damage is a problem, not an Error.
llvm::Expected<StoreHealth> verifyStore(Catalog &C);

} // namespace speciate

#endif
