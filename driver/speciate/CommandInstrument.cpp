//===- driver/speciate/CommandInstrument.cpp - Making the program to train
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/Instrument.h"
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
  Expected<std::string> Id = readRecordNote(Arguments.Program);
  if (!Id)
    return Id.takeError();
  Expected<std::string> Dir = storeDir();
  if (!Dir)
    return Dir.takeError();
  Store S(*Dir);
  Expected<Record> R = getRecord(S, *Id);
  if (!R)
    return R.takeError();
  Expected<TempDir> Scratch = TempDir::create("speciate-instrument");
  if (!Scratch)
    return Scratch.takeError();
  InstrumentOptions Options;
  Options.Scratch = Scratch->path();
  Options.Output = Arguments.Output;
  Options.Jobs = Arguments.Jobs;
  return instrumentProgram(S, *R, Options);
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
