//===- driver/pipeline/ArenaProgram.cpp - The program that the arena runs
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/ArenaProgram.h"
#include "support/Toolchain.h"
#include "llvm/Support/FileSystem.h"

using namespace llvm;

namespace speciate {

Expected<std::string> findArenaRuntime() {
  std::string Path = executableDir() + "/../lib/speciate_arena_rt.o";
  if (!sys::fs::exists(Path))
    return createStringError("%s: the arena runtime is missing; build the "
                             "target speciate_arena_rt",
                             Path.c_str());
  return Path;
}

Error linkArenaProgram(const BuildContext &C, StringRef PlanDir,
                       const std::vector<std::string> &Regions,
                       StringRef Runtime, StringRef Output) {
  LinkInputs Inputs;
  Inputs.UnitObjects.resize(C.Units.size());
  // In the order of a variant's objects, so that the layout is the same; what
  // is new comes behind them.
  Inputs.ExtraObjects.push_back((PlanDir + "/rest.o").str());
  append_range(Inputs.ExtraObjects, Regions);
  Inputs.ExtraObjects.push_back((PlanDir + "/arena.o").str());
  Inputs.ExtraObjects.push_back(Runtime.str());
  return linkProgram(C, Inputs, Output);
}

} // namespace speciate
