//===- driver/speciate/CommandRecord.cpp - What was recorded of a program
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/ReapplyArgs.h"
#include "driver/record/Record.h"
#include "driver/speciate/Commands.h"
#include "support/File.h"
#include "support/Subprocess.h"
#include "support/Toolchain.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>

using namespace llvm;

namespace speciate {

namespace {
struct RecordOptions {
  std::string Program;
  std::string Output;
  bool Json = false;
};
} // namespace

static Expected<Record> recordOf(StringRef Program, std::string &StoreFolder) {
  Expected<OpenedRecord> Opened = openRecord(Program);
  if (!Opened)
    return Opened.takeError();
  StoreFolder = Opened->TheStore.dir();
  return std::move(Opened->R);
}

/// One line an object, and no more of them than fit on a screen.
static void list(StringRef Title, ArrayRef<std::string> Names) {
  constexpr size_t Limit = 12;
  outs() << Title << ": " << Names.size() << "\n";
  for (const std::string &Name : Names.take_front(Limit))
    outs() << "  " << Name << "\n";
  if (Names.size() > Limit)
    outs() << "  and " << Names.size() - Limit << " more (--json lists all)\n";
}

static void show(const Record &R) {
  outs() << "record " << R.Id << " of " << R.Name
         << (R.Shared ? " (shared object)" : "") << "\n";
  std::vector<std::string> Units, Natives;
  size_t FromO0 = 0;
  for (const RecordUnit &U : R.Units) {
    Units.push_back(U.Source == U.Object ? U.Source
                                         : U.Object + " from " + U.Source);
    FromO0 += U.FromO0;
  }
  for (const LinkItem &I : R.Line)
    if (I.K == LinkItem::Kind::Native)
      Natives.push_back(I.Text);
  list("units with IR", Units);
  list("native objects", Natives);
  const Coverage &C = R.Cover;
  outs() << formatv("coverage: {0:f1} % of {1} bytes of .text with IR",
                    C.TextBytes ? 100.0 * C.TextBytesWithIR / C.TextBytes
                                : (C.Missing.empty() ? 100.0 : 0.0),
                    C.TextBytes);
  for (size_t I = 0; I < std::min<size_t>(C.Missing.size(), 12); ++I)
    outs() << (I ? ", " : "; missing: ") << C.Missing[I];
  if (C.Missing.size() > 12)
    outs() << ", and " << C.Missing.size() - 12 << " more";
  outs() << "\n";
  if (FromO0)
    outs() << FromO0 << " of " << R.Units.size()
           << " units were compiled at -O0: optnone and noinline were removed "
              "from their functions\n";
}

/// Every unit compiled anew at -O3, one by one, and linked: shows that a record
/// stands for its program.
static Error relink(const Store &S, const Record &R, StringRef Output) {
  Expected<TempDir> Temp = TempDir::create("speciate-relink");
  if (!Temp)
    return Temp.takeError();
  RelinkRequest Request;
  Request.Output = absolutePath(Output);
  Request.Scratch = Temp->path();
  for (const RecordUnit &U : R.Units) {
    std::string Object = Temp->file(Twine(Request.UnitObjects.size()) + ".o");
    ProcessSpec Compile;
    Compile.Argv = {llvmTool("clang"), "--no-default-config",
                    "-Qunused-arguments", "-Wno-override-module", "-O3"};
    append_range(Compile.Argv, reapplyArgs(U));
    append_range(Compile.Argv,
                 std::vector<std::string>{"-c", "-x", "ir", S.path(U.Bitcode),
                                          "-o", Object});
    if (Expected<ProcessResult> Result = runTool(Compile); !Result)
      return createFileError(U.Object, Result.takeError());
    Request.UnitObjects.push_back(Object);
  }
  ProcessSpec Link;
  Expected<std::vector<std::string>> Command = relinkCommand(S, R, Request);
  if (!Command)
    return Command.takeError();
  Link.Argv = std::move(*Command);
  if (Expected<ProcessResult> Result = runTool(Link); !Result)
    return Result.takeError();
  return finishRelink(R, Request);
}

static int run(const RecordOptions &Options) {
  std::string StoreFolder;
  Expected<Record> R = recordOf(Options.Program, StoreFolder);
  if (!R)
    return reportError(R.takeError());
  if (!Options.Output.empty()) {
    if (Error E = relink(Store(StoreFolder), *R, Options.Output))
      return reportError(std::move(E));
    return ExitOk;
  }
  if (Options.Json)
    outs() << formatv("{0:2}", R->toJson()) << "\n";
  else
    show(*R);
  return ExitOk;
}

void addRecordCommand(CLI::App &App, int &Exit) {
  auto Options = std::make_shared<RecordOptions>();
  CLI::App *Command =
      App.add_subcommand("record", "What speciate-cc recorded of a program");
  Command->require_subcommand(1);
  CLI::App *Show = Command->add_subcommand("show", "Units, natives, coverage");
  Show->add_option("program", Options->Program)->required();
  Show->add_flag("--json", Options->Json, "The whole manifest");
  Show->callback([Options, &Exit] { Exit = run(*Options); });
  CLI::App *Relink = Command->add_subcommand(
      "relink", "Build the program again from its record, at -O3");
  Relink->add_option("program", Options->Program)->required();
  Relink->add_option("-o", Options->Output, "Where to")->required();
  Relink->callback([Options, &Exit] { Exit = run(*Options); });
}

} // namespace speciate
