//===- driver/speciate/Commands.h - The subcommands of speciate
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One file a subcommand, Command<Name>.cpp, which defines one function below
// and is listed in Commands.def.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_SPECIATE_COMMANDS_H
#define SPECIATE_DRIVER_SPECIATE_COMMANDS_H

#include "llvm/Support/Error.h"

namespace CLI {
class App;
}

namespace speciate {

/// Exit codes of every tool (docs/Architecture.md).
enum ExitCode { ExitOk = 0, ExitUser = 1, ExitInternal = 2, ExitCheck = 3 };

/// Each adds its subcommand to \p App with a callback that sets \p Exit.
#define SPECIATE_COMMAND(NAME)                                                 \
  void add##NAME##Command(CLI::App &App, int &Exit);
#include "driver/speciate/Commands.def"

/// Seconds: "90", "90s", "10m", "1h", "30d"; "0". The error names \p Option.
llvm::Expected<double> parseDuration(llvm::StringRef Option,
                                     llvm::StringRef Text);

/// The options of `speciate arena PROGRAM` itself.
void addArenaComparison(CLI::App &Command, int &Exit);
/// `speciate arena rank`.
void addArenaRank(CLI::App &Command, int &Exit);

/// Prints "speciate: error: ..." and returns ExitUser.
int reportError(llvm::Error E);

} // namespace speciate

#endif
