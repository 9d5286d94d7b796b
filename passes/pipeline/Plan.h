//===- passes/pipeline/Plan.h - From the merged program to planned IR and its
// regions
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_PIPELINE_PLAN_H
#define SPECIATE_PASSES_PIPELINE_PLAN_H

#include "gp/engine/Interfaces.h"
#include "passes/pipeline/LoopRegion.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <string>
#include <vector>

namespace speciate {

struct PlanParams {
  /// Hot functions are taken, hottest first, until they cover this share of the
  /// program's time.
  double Coverage = 0.95;
  /// But no more than this, and none below MinShare.
  unsigned MaxRegions = 24;
  double MinShare = 0.004;
  /// Sites that govern a smaller share of the program's time are left out: no
  /// score could show what they do.
  double MinSiteWeight = 0.001;
  /// An entry of a region that costs more (in the units of staticCost, roughly
  /// cycles) is too long for a window of the arena: its images are marked at a
  /// loop, whose passes cost at most WindowCost.
  double LongEntryCost = 5e6;
  double WindowCost = 5e5;
  /// Which loops become regions of their own.
  LoopRegionParams Loops;
};

struct PlannedRegion {
  Region Space; ///< With sites and choices.
  /// See TabledRegion in passes/arena/ArenaTables.h.
  uint64_t MarkerMinPasses = 0;
  std::unique_ptr<llvm::Module> Slice;
  /// Of a function whose loops were cut out (LoopRegion.h): the function with
  /// its loops in it, and the regions that the loops are. When none of them
  /// has genes, Whole is compiled in place of all of them.
  std::unique_ptr<llvm::Module> Whole;
  std::vector<size_t> Loops;
};

struct PlannedProgram {
  std::vector<PlannedRegion> Regions; ///< Hottest first.
  /// Hot functions that cannot be regions: "name (12.3 %): reason".
  std::vector<std::string> Refused;
  /// Loops that were made functions (ExtractedLoop::Note).
  std::vector<std::string> Extracted;
  /// What is left after the early half: the functions by name, in the order of
  /// the module, and the number of their blocks.
  std::vector<std::string> Functions;
  uint64_t Blocks = 0;
};

/// Runs the early half on \p M, extracts hot loops of functions that are
/// entered too rarely, selects regions by their profile-weighted
/// static cost, and cuts them out. A function with extracted loops is a region
/// with all of them. \p M is left as the rest of the program.
llvm::Expected<PlannedProgram>
planProgram(llvm::Module &M, llvm::TargetMachine &TM, const PlanParams &Params);

} // namespace speciate

#endif
