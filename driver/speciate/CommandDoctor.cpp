//===- driver/speciate/CommandDoctor.cpp - What this machine offers
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/speciate/Commands.h"
#include "support/File.h"
#include "support/TimedRun.h"
#include "support/Toolchain.h"
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

static int runDoctor() {
  int Missing = 0;
  auto Line = [](StringRef What, const Twine &Value) {
    outs() << left_justify(What, 18) << Value << "\n";
  };
  Line("cpu", sys::getHostCPUName() + ", " +
                  Twine(std::thread::hardware_concurrency()) + " processors");
  Line("measuring on", "processor " + Twine(measuringCpu()));
  Line("cycle counter",
       hasCycleCounter() ? "yes" : "no: times are compared, not cycles");
  for (StringRef Tool : {"clang", "ld.lld", "llvm-bolt", "merge-fdata"}) {
    std::string Path = llvmTool(Tool);
    bool Found = sys::fs::can_execute(Path);
    Missing += !Found;
    Line(Tool, Found ? Path
                     : Path + " is missing: install the LLVM 22 packages "
                              "(scripts/install-dependencies)");
  }
  for (StringRef File :
       {"/speciate-stage", "/speciate-ld", "/../lib/SpeciatePasses.so",
        "/../lib/SpeciateRecord.so", "/../lib/speciate_profile_rt.o"}) {
    bool Found = sys::fs::exists(executableDir() + File);
    Missing += !Found;
    Line(sys::path::filename(File), Found ? "yes" : "missing: build it");
  }
  Line("valgrind", sys::findProgramByName("valgrind") ? "yes" : "no");
  Expected<std::string> Dir = storeDir();
  Line("store", Dir ? *Dir : toString(Dir.takeError()));
  return Missing ? ExitUser : ExitOk;
}

void addDoctorCommand(CLI::App &App, int &Exit) {
  App.add_subcommand("doctor", "What this machine offers")->callback([&Exit] {
    Exit = runDoctor();
  });
}

} // namespace speciate
