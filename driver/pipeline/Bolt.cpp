//===- driver/pipeline/Bolt.cpp - BOLT, by instrumentation
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/Build.h"
#include "support/File.h"
#include "support/Toolchain.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"

using namespace llvm;

namespace speciate {

/// BOLT is silent on what it does not do; a run that takes this long hangs.
static constexpr double BoltSeconds = 300;

Error collectBoltProfile(const BuildContext &C, StringRef Program,
                         const Trainer &Train, StringRef Output) {
  Expected<TempDir> Temp = TempDir::create("speciate-bolt");
  if (!Temp)
    return Temp.takeError();
  std::string Instrumented = Temp->file(C.R.Name);
  std::string Prefix = Temp->file("profile");
  ProcessSpec Spec;
  Spec.Argv = {llvmTool("llvm-bolt"),
               Program.str(),
               "-instrument",
               "-o",
               Instrumented,
               "--instrumentation-file=" + Prefix,
               "--instrumentation-file-append-pid"};
  Spec.TimeoutSeconds = BoltSeconds;
  if (Error E = runTool(Spec).takeError())
    return E;
  if (Error E = Train(Instrumented))
    return E;
  std::vector<std::string> Profiles;
  std::error_code EC;
  for (sys::fs::directory_iterator It(Temp->path(), EC), End; It != End && !EC;
       It.increment(EC))
    if (StringRef(It->path()).starts_with(Prefix))
      Profiles.push_back(It->path());
  if (Profiles.empty())
    return createStringError(
        "the program instrumented by BOLT wrote no profile (it may end "
        "without running its exit handlers)");
  llvm::sort(Profiles);
  ProcessSpec Merge;
  Merge.Argv = {llvmTool("merge-fdata")};
  Merge.Argv.insert(Merge.Argv.end(), Profiles.begin(), Profiles.end());
  Merge.TimeoutSeconds = BoltSeconds;
  Expected<ProcessResult> Merged = runTool(Merge);
  if (!Merged)
    return Merged.takeError();
  return writeFileAtomically(Output, Merged->Stdout);
}

std::vector<std::string> usualBoltOptions() {
  return {"-reorder-blocks=ext-tsp", "-reorder-functions=cdsort",
          "-split-functions", "-split-all-cold", "-split-eh"};
}

static Expected<bool> hasDebugInfo(StringRef Program) {
  auto Object = object::ObjectFile::createObjectFile(Program);
  if (!Object)
    return createFileError(Program, Object.takeError());
  for (const object::SectionRef &S : Object->getBinary()->sections()) {
    Expected<StringRef> Name = S.getName();
    if (!Name)
      return Name.takeError();
    if (*Name == ".debug_info")
      return true;
  }
  return false;
}

Error runBolt(StringRef Program, StringRef Profile,
              const std::vector<std::string> &Options, StringRef Output,
              unsigned Placement) {
  Expected<TempDir> Temp = TempDir::create("speciate-bolt");
  if (!Temp)
    return Temp.takeError();
  ProcessSpec Spec;
  Spec.Argv = {llvmTool("llvm-bolt"), Program.str(), "-o",
               Temp->file("program"), ("-data=" + Profile).str(),
               // Neither the command line nor the version goes into the file.
               "-bolt-info=0"};
  Spec.Argv.insert(Spec.Argv.end(), Options.begin(), Options.end());
  if (Placement)
    Spec.Argv.push_back("-pad-funcs-before=.*:" +
                        std::to_string(16 * Placement));
  // Otherwise BOLT strips it.
  Expected<bool> Debug = hasDebugInfo(Program);
  if (!Debug)
    return Debug.takeError();
  if (*Debug)
    Spec.Argv.push_back("-update-debug-sections");
  Spec.TimeoutSeconds = BoltSeconds;
  if (Error E = runTool(Spec).takeError())
    return E;
  return copyFileAtomically(Temp->file("program"), Output);
}

} // namespace speciate
