//===- driver/speciate/Main.cpp - The speciate tool
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/speciate/Commands.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>

using namespace llvm;

namespace speciate {

int reportError(Error E) {
  handleAllErrors(std::move(E), [](const ErrorInfoBase &Info) {
    errs() << "speciate: error: " << Info.message() << "\n";
  });
  return ExitUser;
}

Expected<double> parseDuration(StringRef Option, StringRef Text) {
  StringRef Number = Text;
  double Unit = 1;
  if (Number.consume_back("d"))
    Unit = 86400;
  else if (Number.consume_back("h"))
    Unit = 3600;
  else if (Number.consume_back("m"))
    Unit = 60;
  else
    Number.consume_back("s");
  double Value;
  if (Number.getAsDouble(Value) || !(Value >= 0) || Value * Unit > 1e9)
    return createStringError("%s %s: expected a time such as 90s, 10m or 1h",
                             Option.str().c_str(), Text.str().c_str());
  return Value * Unit;
}

} // namespace speciate

int main(int argc, char **argv) {
  using namespace speciate;
  CLI::App App("speciate: a whole-program specialization compiler", "speciate");
  App.require_subcommand(1);
  App.set_version_flag("--version",
                       "speciate 0.1 (LLVM " LLVM_VERSION_STRING ")");
  App.failure_message(CLI::FailureMessage::help);
  int Exit = ExitOk;
#define SPECIATE_COMMAND(NAME) add##NAME##Command(App, Exit);
#include "driver/speciate/Commands.def"
  try {
    App.parse(argc, argv);
  } catch (const CLI::Success &E) {
    return App.exit(E);
  } catch (const CLI::ParseError &E) {
    errs() << "speciate: error: " << E.what() << "\n";
    return ExitUser;
  }
  return Exit;
}
