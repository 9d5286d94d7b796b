//===- driver/speciate/CommandDoctor.cpp - What machine and program offer
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/Completeness.h"
#include "driver/speciate/Commands.h"
#include "support/File.h"
#include "support/TimedRun.h"
#include "support/Toolchain.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"
#include <CLI/CLI.hpp>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

using namespace llvm;

namespace speciate {

/// Whether perf_event gives hardware cycles here; virtual machines often do
/// not.
static bool hasCycleCounter() {
  perf_event_attr Attributes = {};
  Attributes.size = sizeof(Attributes);
  Attributes.type = PERF_TYPE_HARDWARE;
  Attributes.config = PERF_COUNT_HW_CPU_CYCLES;
  Attributes.exclude_kernel = 1;
  long Fd = ::syscall(SYS_perf_event_open, &Attributes, 0, -1, -1, 0);
  if (Fd < 0)
    return false;
  ::close(static_cast<int>(Fd));
  return true;
}

static void line(StringRef What, const Twine &Value) {
  outs() << left_justify(What, 18) << Value << "\n";
}

static int diagnoseMachine() {
  int Missing = 0;
  line("cpu", sys::getHostCPUName() + ", " +
                  Twine(std::thread::hardware_concurrency()) + " processors");
  line("measuring on", "processor " + Twine(measuringCpu()));
  line("cycle counter",
       hasCycleCounter() ? "yes" : "no: times are compared, not cycles");
  for (StringRef Tool : {"clang", "ld.lld", "llvm-bolt", "merge-fdata"}) {
    std::string Path = llvmTool(Tool);
    bool Found = sys::fs::can_execute(Path);
    Missing += !Found;
    line(Tool, Found ? Path
                     : Path + " is missing: install the LLVM 22 packages "
                              "(scripts/install-dependencies)");
  }
  for (StringRef File :
       {"/speciate-stage", "/speciate-ld", "/../lib/SpeciatePasses.so",
        "/../lib/SpeciateRecord.so", "/../lib/speciate_profile_rt.o"}) {
    bool Found = sys::fs::exists(executableDir() + File);
    Missing += !Found;
    line(sys::path::filename(File), Found ? "yes" : "missing: build it");
  }
  line("valgrind", sys::findProgramByName("valgrind") ? "yes" : "no");
  Expected<std::string> Dir = storeDir();
  line("store", Dir ? *Dir : toString(Dir.takeError()));
  return Missing ? ExitUser : ExitOk;
}

/// Without a record: why, as far as anybody knows, and what to do.
static int diagnoseMissing(StringRef Program, StringRef Dir, Error E) {
  line("record", "none: " + toString(std::move(E)));
  std::string Logged = loggedReason(Dir, Program);
  if (!Logged.empty())
    line("reason", Logged);
  line("how to get it",
       "build again with CC=speciate-cc CXX=speciate-c++, or "
       "'speciate build -- COMMAND', in an empty build folder");
  return ExitUser;
}

static void printMissing(const Store &S, const Record &R) {
  constexpr unsigned Limit = 12;
  unsigned Count = 0, Hidden = 0;
  for (const LinkItem &I : R.Line) {
    if (I.K != LinkItem::Kind::Native)
      continue;
    bool Counted = any_of(R.Cover.Missing, [&](StringRef Name) {
      return Name.consume_front(I.Text) &&
             (Name.empty() || Name.starts_with(": "));
    });
    if (!Counted)
      continue; // Data, which misses no IR.
    if (++Count > Limit) {
      ++Hidden;
      continue;
    }
    Expected<std::string> Bytes = S.get(I.Object);
    if (!Bytes) {
      line("missing", I.Text + ": " + toString(Bytes.takeError()));
      continue;
    }
    NativeReason Reason = whyNative(*Bytes);
    line("missing", I.Text + ": " + Reason.Why +
                        (Reason.Remedy.empty() ? "" : "; " + Reason.Remedy));
  }
  if (Hidden)
    line("missing", "and " + Twine(Hidden) + " more");
}

static int diagnoseProgram(StringRef Program) {
  Expected<std::string> Dir = storeDir();
  if (!Dir)
    return reportError(Dir.takeError());
  line("program", Program);
  line("store", *Dir);
  Expected<std::string> Id = readRecordNote(Program);
  if (!Id)
    return diagnoseMissing(Program, *Dir, Id.takeError());
  Store S(*Dir);
  Expected<Record> R = getRecord(S, *Id);
  if (!R)
    return diagnoseMissing(Program, *Dir, R.takeError());
  line("record", R->Id);
  uint64_t Bytes = 0;
  for (const RecordUnit &U : R->Units)
    if (uint64_t Size; !sys::fs::file_size(S.path(U.Bitcode), Size))
      Bytes += Size;
  line("units with IR",
       Twine(R->Units.size()) + ", " + Twine(Bytes) + " bytes of bitcode");
  const Coverage &C = R->Cover;
  std::string Percent;
  raw_string_ostream(Percent)
      << format("%.1f", C.TextBytes ? 100.0 * C.TextBytesWithIR / C.TextBytes
                                    : (C.Missing.empty() ? 100.0 : 0.0));
  line("coverage",
       Percent + " % of " + Twine(C.TextBytes) + " bytes of .text with IR");
  printMissing(S, *R);
  return R->Units.empty() ? ExitUser : ExitOk;
}

void addDoctorCommand(CLI::App &App, int &Exit) {
  CLI::App *Command = App.add_subcommand(
      "doctor",
      "What this machine offers; or whether PROGRAM has a record, how "
      "much IR is in it, and what to do about the rest");
  auto Program = std::make_shared<std::string>();
  Command->add_option("PROGRAM", *Program, "A program or shared object");
  Command->callback([Program, &Exit] {
    Exit = Program->empty() ? diagnoseMachine() : diagnoseProgram(*Program);
  });
}

} // namespace speciate
