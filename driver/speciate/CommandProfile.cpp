//===- driver/speciate/CommandProfile.cpp - Merging and showing profiles
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/report/DetailReport.h"
#include "driver/speciate/Commands.h"
#include "profiles/merge/Merge.h"
#include "profiles/model/Model.h"
#include "profiles/read/Inputs.h"
#include "support/File.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>

using namespace llvm;

namespace speciate {

namespace {
struct ProfileOptions {
  std::vector<std::string> Files;
  std::string Output;
  std::string Against;
  std::string Program; ///< That perf.data is of.
  bool Json = false;
  bool Text = false;
  bool Collapsed = false;
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
  Expected<ProfileInputs> In =
      readProfileInputs(Options.Files, Options.Program);
  if (!In)
    return In.takeError();
  Expected<MergeResult> Merged = mergeProfiles(In->Counts);
  if (!Merged)
    return Merged.takeError();
  if (!Merged->Read && !In->Detail.Files) {
    for (const std::string &Skipped : In->Detail.Skipped)
      return createStringError("no profile could be read; %s", Skipped.c_str());
    return nothingRead(*Merged);
  }
  for (const SkippedProfile &S : Merged->Skipped)
    errs() << "speciate: warning: skipped " << S.Path << ": " << S.Reason
           << "\n";
  for (const std::string &Skipped : In->Detail.Skipped)
    errs() << "speciate: warning: skipped " << Skipped << "\n";
  for (const std::string &Warning : Merged->Warnings)
    errs() << "speciate: warning: " << Warning << "\n";
  for (const std::string &Note : In->Notes)
    errs() << "speciate: warning: " << Note << "\n";
  if (In->Detail.Files)
    if (Error E = writeFileAtomically(
            Merged->Read ? Options.Output + rt::DetailSuffix : Options.Output,
            Options.Text ? In->Detail.Profile.str()
                         : In->Detail.Profile.binary()))
      return E;
  return Merged->Read ? writeFileAtomically(Options.Output, Merged->Profile)
                      : Error::success();
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

/// What of the profile still fits the program of another one.
static Error showStale(const DetailProfile &Old, StringRef Against) {
  Expected<std::string> Bytes = readFile(Against);
  if (!Bytes)
    return Bytes.takeError();
  Expected<DetailProfile> New = DetailProfile::read(*Bytes);
  if (!New)
    return createFileError(Against, New.takeError());
  std::vector<std::string> Stale = staleFunctions(Old, *New);
  outs() << "functions that fit: " << Old.Functions.size() - Stale.size()
         << " of " << Old.Functions.size() << "\n";
  for (const std::string &Line : Stale)
    outs() << "  " << Line << "\n";
  return Error::success();
}

static Error showDetail(const ProfileInputs &In,
                        const ProfileOptions &Options) {
  const DetailProfile &P = In.Detail.Profile;
  if (Options.Text) {
    outs() << P.str();
    return Error::success();
  }
  if (!Options.Against.empty())
    return showStale(P, Options.Against);
  Findings Found = findAll(P);
  if (Options.Collapsed) {
    outs() << collapsedStacks(Found);
    return Error::success();
  }
  if (Options.Json) {
    json::Object Report = detailJson(Found);
    Report["schema"] = "speciate.detail/1";
    Report["processes"] = P.Processes;
    Report["pairs_dropped"] = P.PairsDropped;
    json::Array Skipped;
    for (const std::string &Each : In.Detail.Skipped)
      Skipped.push_back(json::fixUTF8(Each));
    Report["skipped"] = std::move(Skipped);
    Report["notes"] = json::Array(In.Notes);
    outs() << formatv("{0:2}\n", json::Value(std::move(Report)));
    return Error::success();
  }
  outs() << "detailed profile of " << P.Processes << " processes, "
         << In.Detail.Skipped.size() << " files skipped\n";
  for (size_t I = 0; I != std::min(ShownSkipped, In.Detail.Skipped.size()); ++I)
    outs() << "skipped: " << In.Detail.Skipped[I] << "\n";
  for (const std::string &Note : In.Notes)
    outs() << "note: " << Note << "\n";
  outs() << detailReport(Found, ShownFunctions);
  return Error::success();
}

static Error runShow(const ProfileOptions &Options) {
  Expected<ProfileInputs> In =
      readProfileInputs(Options.Files, Options.Program);
  if (!In)
    return In.takeError();
  if (!In->Detail.Files &&
      (Options.Text || Options.Collapsed || !Options.Against.empty())) {
    for (const std::string &Skipped : In->Detail.Skipped)
      errs() << "speciate: warning: skipped " << Skipped << "\n";
    return createStringError("no detailed profile among the inputs (see "
                             "speciate instrument --detail)");
  }
  Expected<MergeResult> Merged = mergeProfiles(In->Counts);
  if (!Merged)
    return Merged.takeError();
  if (In->Detail.Files && (!Merged->Read || Options.Json))
    for (const SkippedProfile &S : Merged->Skipped)
      In->Detail.Skipped.push_back(S.Path + ": " + S.Reason);
  // Of a folder with both, the detail says more.
  if (In->Detail.Files && !Merged->Read)
    return showDetail(*In, Options);
  if (In->Detail.Files && (Options.Text || Options.Collapsed || Options.Json ||
                           !Options.Against.empty()))
    return showDetail(*In, Options);
  ProfileModel Model;
  if (Merged->Read) {
    Expected<ProfileModel> Read = readModel(Merged->Profile);
    if (!Read)
      return Read.takeError();
    Model = std::move(*Read);
  } else if (!In->Detail.Skipped.empty()) {
    return createStringError("no profile could be read; %s",
                             In->Detail.Skipped.front().c_str());
  } else if (Merged->Skipped.empty()) {
    return nothingRead(*Merged);
  }
  if (Options.Json)
    printJson(*Merged, Model);
  else
    printText(*Merged, Model);
  if (!Merged->Read)
    return nothingRead(*Merged);
  if (!In->Detail.Files)
    return Error::success();
  outs() << "\n";
  return showDetail(*In, Options);
}

void addProfileCommand(CLI::App &App, int &Exit) {
  CLI::App *Profile =
      App.add_subcommand("profile", "Merge or show profiles of instrumented "
                                    "programs");
  Profile->require_subcommand(1);
  auto Options = std::make_shared<ProfileOptions>();

  CLI::App *Merge = Profile->add_subcommand(
      "merge", "Add up profiles: counts into one .profdata file, detailed "
               "profiles and branch records (perf.data) into one of their kind "
               "(OUT.speciatedetail, if there are both)");
  Merge
      ->add_option("FILE", Options->Files,
                   "Profiles, or folders of them; 3,FILE counts three times")
      ->required();
  Merge->add_option("-o", Options->Output, "The merged profile")->required();
  Merge->add_option("--program", Options->Program,
                    "Of perf.data only what this file ran, in its place");
  Merge->add_flag("--text", Options->Text, "Write detail as text");
  Merge->callback([Options, &Exit] {
    if (Error E = runMerge(*Options))
      Exit = reportError(std::move(E));
  });

  CLI::App *Show = Profile->add_subcommand("show", "What is in profiles");
  Show->add_option("FILE", Options->Files, "Profiles, or folders of them")
      ->required();
  Show->add_option("--program", Options->Program,
                   "Of perf.data only what this file ran, in its place");
  Show->add_flag("--json", Options->Json, "Print JSON");
  Show->add_flag("--text", Options->Text, "Print detail in its text form");
  Show->add_flag("--collapsed", Options->Collapsed,
                 "Print stacks of hot functions for flame graphs");
  Show->add_option("--against", Options->Against,
                   "Name what of a detailed profile does not fit the program "
                   "that this one is of");
  Show->callback([Options, &Exit] {
    if (Error E = runShow(*Options))
      Exit = reportError(std::move(E));
  });
}

} // namespace speciate
