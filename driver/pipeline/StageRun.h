//===- driver/pipeline/StageRun.h - Running stages of the compiler
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_PIPELINE_STAGERUN_H
#define SPECIATE_DRIVER_PIPELINE_STAGERUN_H

#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include <string>
#include <vector>

namespace speciate {

/// Runs the speciate-stage beside this program: \p Words are the stage and its
/// arguments. One that takes \p Seconds hangs.
llvm::Error runStage(std::vector<std::string> Words, double Seconds = 180);

/// Region \p Index of the plan in folder \p PlanDir: its bitcode.
std::string slicePath(llvm::StringRef PlanDir, size_t Index);

llvm::Expected<llvm::json::Value> readJson(llvm::StringRef Path);

} // namespace speciate

#endif
