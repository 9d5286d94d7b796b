//===- driver/speciate/CommandInstrument.cpp - Making the program to train
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/ProgramBuilder.h"
#include "driver/speciate/Commands.h"
#include "profiles/merge/Merge.h"
#include "support/File.h"
#include "support/Hash.h"
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
  std::string Counts; ///< Of --detail.
  unsigned Jobs = std::max(1u, std::thread::hardware_concurrency());
};
} // namespace

/// The second run: only what the first found hot reports, but in detail.
static Error instrumentDetail(const BuildContext &C,
                              const InstrumentArguments &Arguments) {
  Expected<MergeResult> Merged = mergeProfiles({Arguments.Counts});
  if (!Merged)
    return Merged.takeError();
  if (!Merged->Read)
    return createStringError("%s: no profile of counts",
                             Arguments.Counts.c_str());
  // What is built from a profile is found by the content of the profile.
  Expected<std::string> Profile =
      C.cached("counts", {contentHash(Merged->Profile)});
  if (!Profile)
    return Profile.takeError();
  if (Error E = writeFileAtomically(*Profile, Merged->Profile))
    return E;
  Expected<LtoBuild> Lto = buildPgoLto(C, *Profile);
  if (!Lto)
    return Lto.takeError();
  auto Builder =
      ProgramBuilder::create(C, *Profile, *Lto, [](const std::string &) {
        return createStringError("nobody trains here");
      });
  if (!Builder)
    return Builder.takeError();
  Expected<TempDir> Temp = TempDir::create("speciate-instrument");
  if (!Temp)
    return Temp.takeError();
  if (Error E = (*Builder)->linkDetail(Temp->file("program")))
    return E;
  return copyFileAtomically(Temp->file("program"), Arguments.Output);
}

static Error runInstrument(const InstrumentArguments &Arguments) {
  Expected<BuildContext> C =
      openProgram(Arguments.Program, /*Cpu=*/"", Arguments.Jobs);
  if (!C)
    return C.takeError();
  if (!Arguments.Counts.empty())
    return instrumentDetail(*C, Arguments);
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
  Command->add_option("--detail", Arguments->Counts,
                      "Profiles of a first run, or a folder of them: only what "
                      "is hot in them reports, but its values, branches and "
                      "paths");
  Command->add_option("-j", Arguments->Jobs, "Compilations at a time");
  Command->callback([Arguments, &Exit] {
    if (Error E = runInstrument(*Arguments))
      Exit = reportError(std::move(E));
  });
}

} // namespace speciate
