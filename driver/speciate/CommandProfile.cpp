//===- driver/speciate/CommandProfile.cpp - Merging and showing profiles
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/speciate/Commands.h"
#include "profiles/merge/Merge.h"
#include "profiles/model/Model.h"
#include "support/File.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>

using namespace llvm;

namespace speciate {

namespace {
struct ProfileOptions {
  std::vector<std::string> Files;
  std::string Output;
  bool Json = false;
};
} // namespace

/// How many functions and skipped files fit a screen.
static constexpr size_t ShownFunctions = 10;
static constexpr size_t ShownSkipped = 5;

static Error nothingRead(const MergeResult &Merged) {
  if (Merged.Skipped.empty())
    return createStringError("no profile found (did the instrumented program "
                             "run, and with which SPECIATE_PROFILE_DIR?)");
  return createStringError("no profile could be read; %s: %s",
                           Merged.Skipped.front().Path.c_str(),
                           Merged.Skipped.front().Reason.c_str());
}

static Error runMerge(const ProfileOptions &Options) {
  Expected<MergeResult> Merged = mergeProfiles(Options.Files);
  if (!Merged)
    return Merged.takeError();
  if (!Merged->Read)
    return nothingRead(*Merged);
  for (const SkippedProfile &S : Merged->Skipped)
    errs() << "speciate: warning: skipped " << S.Path << ": " << S.Reason
           << "\n";
  for (const std::string &Warning : Merged->Warnings)
    errs() << "speciate: warning: " << Warning << "\n";
  return writeFileAtomically(Options.Output, Merged->Profile);
}

static void printText(const MergeResult &Merged, const ProfileModel &Model) {
  outs() << "files: " << Merged.Read << " read, " << Merged.Skipped.size()
         << " skipped\n";
  outs() << "processes: " << Merged.Processes << "\n";
  outs() << "functions: " << Model.Functions.size() << ", " << Model.Executed
         << " executed\n";
  outs() << "total count: " << Model.Total << "\n";
  outs() << "value sites: " << Model.IndirectCallSites << " indirect calls, "
         << Model.MemorySizeSites << " memory sizes\n";
  if (Model.Executed)
    outs() << "hottest functions:\n";
  for (size_t I : Model.hottest(ShownFunctions)) {
    const FunctionProfile &F = Model.Functions[I];
    if (F.Total)
      outs() << format("  %5.1f %%  %14llu  ",
                       100.0 * double(F.Total) / double(Model.Total),
                       (unsigned long long)F.Total)
             << F.Name << "\n";
  }
  for (size_t I = 0; I != std::min(ShownSkipped, Merged.Skipped.size()); ++I)
    outs() << "skipped: " << Merged.Skipped[I].Path << ": "
           << Merged.Skipped[I].Reason << "\n";
  if (Merged.Skipped.size() > ShownSkipped)
    outs() << "and " << Merged.Skipped.size() - ShownSkipped
           << " more (--json lists them)\n";
}

static void printJson(const MergeResult &Merged, const ProfileModel &Model) {
  json::OStream J(outs(), 2);
  J.object([&] {
    J.attribute("schema", "speciate.profile/1");
    J.attribute("files", Merged.Read);
    J.attribute("processes", Merged.Processes);
    J.attribute("functions", Model.Functions.size());
    J.attribute("executed", Model.Executed);
    J.attribute("total_count", Model.Total);
    J.attribute("indirect_call_sites", Model.IndirectCallSites);
    J.attribute("memory_size_sites", Model.MemorySizeSites);
    J.attributeArray("hottest", [&] {
      for (size_t I : Model.hottest(ShownFunctions))
        J.object([&] {
          const FunctionProfile &F = Model.Functions[I];
          J.attribute("function", json::fixUTF8(F.Name));
          J.attribute("total", F.Total);
          J.attribute("max", F.Max);
          J.attribute("counters", F.Counters);
        });
    });
    J.attributeArray("skipped", [&] {
      for (const SkippedProfile &S : Merged.Skipped)
        J.object([&] {
          J.attribute("file", json::fixUTF8(S.Path));
          J.attribute("reason", json::fixUTF8(S.Reason));
        });
    });
    J.attributeArray("warnings", [&] {
      for (const std::string &Warning : Merged.Warnings)
        J.value(json::fixUTF8(Warning));
    });
  });
  outs() << "\n";
}

static Error runShow(const ProfileOptions &Options) {
  Expected<MergeResult> Merged = mergeProfiles(Options.Files);
  if (!Merged)
    return Merged.takeError();
  ProfileModel Model;
  if (Merged->Read) {
    Expected<ProfileModel> Read = readModel(Merged->Profile);
    if (!Read)
      return Read.takeError();
    Model = std::move(*Read);
  } else if (Merged->Skipped.empty()) {
    return nothingRead(*Merged);
  }
  if (Options.Json)
    printJson(*Merged, Model);
  else
    printText(*Merged, Model);
  return Merged->Read ? Error::success() : nothingRead(*Merged);
}

void addProfileCommand(CLI::App &App, int &Exit) {
  CLI::App *Profile =
      App.add_subcommand("profile", "Merge or show profiles of instrumented "
                                    "programs");
  Profile->require_subcommand(1);
  auto Options = std::make_shared<ProfileOptions>();

  CLI::App *Merge = Profile->add_subcommand(
      "merge", "Add up profiles into one .profdata file");
  Merge->add_option("FILE", Options->Files, "Profiles, or folders of them")
      ->required();
  Merge->add_option("-o", Options->Output, "The merged profile")->required();
  Merge->callback([Options, &Exit] {
    if (Error E = runMerge(*Options))
      Exit = reportError(std::move(E));
  });

  CLI::App *Show = Profile->add_subcommand("show", "What is in profiles");
  Show->add_option("FILE", Options->Files, "Profiles, or folders of them")
      ->required();
  Show->add_flag("--json", Options->Json, "Print JSON");
  Show->callback([Options, &Exit] {
    if (Error E = runShow(*Options))
      Exit = reportError(std::move(E));
  });
}

} // namespace speciate
