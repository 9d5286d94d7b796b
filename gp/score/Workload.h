//===- gp/score/Workload.h - A user's command, run on a program
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A command as the user gave it: "{} -9 -k -c input.txt". `{}` stands for the
// program; for a shared object, for the folder to put first into
// LD_LIBRARY_PATH.
//
// Where it runs. The user means the files of the directory that they are in,
// and must not lose any. So a command runs in a scratch directory that looks
// like that one: regular files that a word of the command names are copied into
// it, everything else at its top level is a symbolic link to the original.
// What the command creates or changes stays in the scratch directory and is
// part of what is compared. Not protected and not compared: what a command
// writes through a link (a file in a subfolder, or one that only the program
// knows by name); record such commands with absolute paths or a copy of the
// data. Each run that is observed starts from a fresh scratch directory; timed
// runs share one if the command leaves nothing in it.
//
// What it runs. The program is always reached through the same path, a link
// that is turned to the program at hand: the length of that path moves the
// stack and with it the time, and programs print their name and act on it.
//
// How. /bin/sh -c, standard input empty, under a time limit. A command of plain
// words is executed without a shell, which would be part of what is timed.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_SCORE_WORKLOAD_H
#define SPECIATE_GP_SCORE_WORKLOAD_H

#include "support/File.h"
#include "support/TimedRun.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace speciate {

struct ProgramUnderTest {
  ProgramUnderTest() = default;
  ProgramUnderTest(std::string Path, bool Shared = false, std::string Name = "")
      : Path(std::move(Path)), Shared(Shared), Name(std::move(Name)) {}

  std::string Path;
  /// A shared object.
  bool Shared = false;
  /// The file name under which commands see it; empty: that of Path. The same
  /// for all programs that are compared.
  std::string Name;
};

/// What one run did, as far as it is compared.
struct Observation {
  int ExitCode = 0;
  int Signal = 0;
  bool TimedOut = false;
  double WallSeconds = 0;
  std::string Stdout;
  std::string StderrTail;
  /// Regular files created or changed: relative path to content hash; files
  /// that are gone: to "removed".
  std::map<std::string, std::string> Files;

  bool ok() const { return ExitCode == 0 && Signal == 0 && !TimedOut; }
  /// "exit code 3", "signal 11 (Segmentation fault)", "timed out". A shell's
  /// exit codes above 128 are signals.
  std::string describe() const;
  bool crashed() const { return Signal != 0 || (!TimedOut && ExitCode > 128); }
};

/// What else an observed run gets.
struct RunSetting {
  std::vector<std::pair<std::string, std::string>> Env;
  /// Without address space randomization.
  bool FixedAddresses = false;
};

/// How to time a workload, from runs of the reference.
struct TimingPlan {
  int Cpu = -1;
  /// Processor time where the program computes in one thread and does not wait:
  /// it leaves out what other processes take (of 400 recorded pairs of bzip2
  /// runs, one log ratio had a standard deviation of 1.2 % by processor time
  /// and 2.0 % by wall time, the worst pair 8 % and 24 %). Else wall time.
  bool CpuTime = true;
  double Seconds = 0; ///< Of one run of the reference.
  double TimeLimit = 0;
};

class Workload {
public:
  /// \p Files is the user's directory. The error names a command without `{}`.
  static llvm::Expected<std::unique_ptr<Workload>>
  create(llvm::StringRef Command, llvm::StringRef Files);

  const std::string &command() const { return Command; }

  /// Runs the command in a fresh scratch directory and keeps what it did. An
  /// Error means that the run could not be made.
  llvm::Expected<Observation> observe(const ProgramUnderTest &Program,
                                      double TimeLimit,
                                      const RunSetting &Setting = {});

  /// An Error that names the command if it ends without having started
  /// \p Program. Shared objects are not checked: the loader runs them.
  llvm::Error checkRunsProgram(const ProgramUnderTest &Program,
                               double TimeLimit);

  /// Runs \p Program a few times to see how it is best timed, on processor
  /// \p Cpu (negative: any). The error names the command if it fails.
  llvm::Expected<TimingPlan> plan(const ProgramUnderTest &Program, int Cpu,
                                  double TimeLimit);

  /// One timed run. \p EnvPad bytes are added to the environment, which moves
  /// the stack.
  llvm::Expected<TimedResult> time(const ProgramUnderTest &Program,
                                   const TimingPlan &Plan, unsigned EnvPad = 0);

  /// The part of \p Result that \p Plan goes by.
  static double seconds(const TimedResult &Result, const TimingPlan &Plan) {
    return Plan.CpuTime ? Result.CpuSeconds : Result.WallSeconds;
  }

private:
  Workload(std::string Command, std::string UserDir, TempDir Dir)
      : Command(std::move(Command)), UserDir(std::move(UserDir)),
        Dir(std::move(Dir)) {}

  using Snapshot = std::map<std::string, std::string>;
  /// Turns the link to \p Program and sets Argv.
  llvm::Error place(const ProgramUnderTest &Program);
  llvm::Error freshScratch();
  llvm::Expected<Snapshot> snapshot() const;

  std::string Command;
  std::string UserDir;
  TempDir Dir;
  std::string Placed; ///< Path and name that the link stands for.
  std::vector<std::string> Argv;
  Snapshot Initial;
  bool ScratchReady = false;
  bool LeavesFiles = false; ///< Known after plan().
};

using WorkloadList = std::vector<std::unique_ptr<Workload>>;

/// Workload::create for each of \p Commands.
llvm::Expected<WorkloadList>
createWorkloads(const std::vector<std::string> &Commands,
                llvm::StringRef Files);

/// The words of \p Command if it needs no shell, else nothing: no operators,
/// expansions or assignments, and the first word is a program.
std::vector<std::string> plainWords(llvm::StringRef Command);

} // namespace speciate

#endif
