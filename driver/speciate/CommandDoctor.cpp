//===- driver/speciate/CommandDoctor.cpp - What this machine offers
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/speciate/Commands.h"
#include "support/Toolchain.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"
#include <CLI/CLI.hpp>

using namespace llvm;

namespace speciate {

static int runDoctor() {
  outs() << "cpu: " << sys::getHostCPUName() << "\n";
  for (StringRef Tool : {"clang", "ld.lld", "llvm-bolt", "merge-fdata"}) {
    std::string Path = llvmTool(Tool);
    outs() << Tool << ": "
           << (sys::fs::can_execute(Path) ? Path : "missing") << "\n";
  }
  return ExitOk;
}

void addDoctorCommand(CLI::App &App, int &Exit) {
  App.add_subcommand("doctor", "What this machine offers")->callback([&Exit] {
    Exit = runDoctor();
  });
}

} // namespace speciate
