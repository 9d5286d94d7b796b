//===- driver/pipeline/ArenaProgram.h - The program that the arena runs
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/Arena.md says what the arena program is. ProgramBuilder makes it
// (arenaProgram) and the objects of the images for it (arenaImage);
// ArenaImage.h turns those into bytes for an address.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_PIPELINE_ARENAPROGRAM_H
#define SPECIATE_DRIVER_PIPELINE_ARENAPROGRAM_H

#include "driver/pipeline/Build.h"
#include "gp/engine/Interfaces.h"

namespace speciate {

/// A region of an arena program. Its index in the program's table of regions is
/// its index in ArenaProgram::Regions.
struct ArenaProgramRegion {
  Region Space;
  /// How long an entry takes decides how a window of the region ends. 0: at
  /// entries. Otherwise at passes of a marked loop, which all images of the
  /// region have; each entry makes about this many passes or more, if the
  /// region has such a loop.
  uint64_t MarkerMinPasses = 0;
};

struct ArenaProgram {
  std::string Path;
  std::vector<ArenaProgramRegion> Regions; ///< Hottest first.
  /// Hot functions that are not regions, and why.
  std::vector<std::string> Refused;
};

/// An image, not yet placed.
struct ArenaImageObject {
  std::string Path;   ///< Of the object.
  std::string Object; ///< Its bytes.
  /// Equal for images of one region whose code is equal.
  std::string CodeHash;
  /// Genes without effect, and why.
  std::vector<std::string> NoOps;
  /// "file.c:12 at depth 1, 31250 passes"; "" if no loop is marked.
  std::string Marker;
};

/// The runtime's object: lib/speciate_arena_rt.o beside the folder of the
/// running tool.
llvm::Expected<std::string> findArenaRuntime();

/// Links the arena program: \p PlanDir is the folder of a plan (rest.o and
/// arena.o in it), \p Regions are the objects of its regions, with pads.
llvm::Error linkArenaProgram(const BuildContext &C, llvm::StringRef PlanDir,
                             const std::vector<std::string> &Regions,
                             llvm::StringRef Runtime, llvm::StringRef Output);

} // namespace speciate

#endif
