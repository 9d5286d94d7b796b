//===- driver/speciate/CommandInstrument.cpp - Making the program to train
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/Build.h"
#include "driver/speciate/Commands.h"
#include "support/File.h"
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <thread>

using namespace llvm;

namespace speciate {

namespace {
struct InstrumentArguments {
  std::string Program;
  std::string Output;
  unsigned Jobs = std::max(1u, std::thread::hardware_concurrency());
};
} // namespace

static Error runInstrument(const InstrumentArguments &Arguments) {
  Expected<BuildContext> C =
      openProgram(Arguments.Program, /*Cpu=*/"", Arguments.Jobs);
  if (!C)
    return C.takeError();
  Expected<std::string> Path = buildInstrumented(*C);
  if (!Path)
    return Path.takeError();
  return copyFileAtomically(*Path, Arguments.Output);
}

void addInstrumentCommand(CLI::App &App, int &Exit) {
  CLI::App *Command = App.add_subcommand(
      "instrument",
      "Make a program that profiles itself. Each of its processes writes a "
      "file "
      "to $SPECIATE_PROFILE_DIR, or to the folder speciate.profile");
  auto Arguments = std::make_shared<InstrumentArguments>();
  Command->add_option("PROGRAM", Arguments->Program, "Linked by speciate-cc")
      ->required();
  Command->add_option("-o", Arguments->Output, "The instrumented program")
      ->required();
  Command->add_option("-j", Arguments->Jobs, "Compilations at a time");
  Command->callback([Arguments, &Exit] {
    if (Error E = runInstrument(*Arguments))
      Exit = reportError(std::move(E));
  });
}

} // namespace speciate
