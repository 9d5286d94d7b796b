//===- support/Subprocess.h - Running programs with limits
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_SUPPORT_SUBPROCESS_H
#define SPECIATE_SUPPORT_SUBPROCESS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace speciate {

/// Where a standard stream of a child goes.
enum class StreamTo {
  Null,
  Inherit,
  Capture, ///< Into ProcessResult.
  File,    ///< Into the named file, truncated.
};

struct ProcessSpec {
  /// Argv[0] is looked up in PATH if it has no slash.
  std::vector<std::string> Argv;
  /// Working directory; empty: ours.
  std::string Cwd;
  /// Variables set (or, with std::nullopt, removed) on top of our environment.
  std::vector<std::pair<std::string, std::optional<std::string>>> Env;
  /// A file for standard input; empty: /dev/null.
  std::string StdinFile;
  StreamTo Stdout = StreamTo::Capture;
  StreamTo Stderr = StreamTo::Capture;
  std::string StdoutFile;
  std::string StderrFile;
  /// The child's whole process group is killed after this many seconds of wall
  /// time; 0: no limit.
  double TimeoutSeconds = 0;
  /// Pin to this processor; negative: no pinning.
  int Cpu = -1;
  /// Without address space randomization.
  bool FixedAddresses = false;
  /// Captured output beyond this many bytes a stream is thrown away.
  size_t CaptureLimit = size_t(64) << 20;
};

struct ProcessResult {
  int ExitCode = 0; ///< Valid if Signal is 0 and not TimedOut.
  int Signal = 0;   ///< The signal that ended the process, else 0.
  bool TimedOut = false;
  double WallSeconds = 0; ///< From just before the exec to the end.
  double CpuSeconds = 0;  ///< User and system time of the child and of the
                          ///< children it waited for.
  std::string Stdout;
  std::string Stderr;

  bool ok() const { return ExitCode == 0 && Signal == 0 && !TimedOut; }
  /// "exit code 3", "signal 11 (Segmentation fault)", "timed out".
  std::string describe() const;
};

/// Runs a program to its end in a process group of its own. An Error means that
/// it could not be started; everything that the program itself does wrong is in
/// the result. When we are killed, the child is killed too.
llvm::Expected<ProcessResult> runProcess(const ProcessSpec &Spec);

/// runProcess, and anything but exit code 0 is an Error that names the program
/// and ends with the last lines of its standard error. For tools, whose failure
/// is not data.
llvm::Expected<ProcessResult> runTool(const ProcessSpec &Spec);

/// \p Command with every "{}" replaced by \p Program, quoted for the shell if
/// that is needed. A command without "{}" is returned as it is.
std::string substituteProgram(llvm::StringRef Command, llvm::StringRef Program);

/// \p Word quoted for /bin/sh.
std::string shellQuote(llvm::StringRef Word);

} // namespace speciate

#endif
