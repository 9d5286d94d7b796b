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

/// A stage of the compiler that takes this long hangs.
constexpr double StageSeconds = 180;

/// speciate-stage, beside this program.
std::string stageTool();

/// Runs \p Argv, whose first word is a tool, with the limit of a stage.
llvm::Error runStage(std::vector<std::string> Argv);

/// Region \p Index of the plan in folder \p PlanDir: its bitcode.
std::string slicePath(llvm::StringRef PlanDir, size_t Index);

llvm::Expected<llvm::json::Value> readJson(llvm::StringRef Path);

} // namespace speciate

#endif
