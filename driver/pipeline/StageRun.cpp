//===- driver/pipeline/StageRun.cpp - Running stages of the compiler
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/StageRun.h"
#include "support/File.h"
#include "support/Subprocess.h"
#include "support/Toolchain.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace speciate {

Error runStage(std::vector<std::string> Words, double Seconds) {
  ProcessSpec Spec;
  Spec.Argv = std::move(Words);
  Spec.Argv.insert(Spec.Argv.begin(), executableDir() + "/speciate-stage");
  Spec.TimeoutSeconds = Seconds;
  return runTool(Spec).takeError();
}

std::string slicePath(StringRef PlanDir, size_t Index) {
  return formatv("{0}/region-{1}.bc", PlanDir, Index).str();
}

Expected<json::Value> readJson(StringRef Path) {
  Expected<std::string> Text = readFile(Path);
  if (!Text)
    return Text.takeError();
  Expected<json::Value> Value = json::parse(*Text);
  if (!Value)
    return createFileError(Path, Value.takeError());
  return Value;
}

} // namespace speciate
