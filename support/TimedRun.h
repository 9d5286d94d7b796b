//===- support/TimedRun.h - One timed run of a program
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// runProcess captures output and forks; both cost time that would be counted,
// the more the larger we are. Here the child is made by vfork, all its output
// goes to /dev/null, and we sleep until it ends.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_SUPPORT_TIMEDRUN_H
#define SPECIATE_SUPPORT_TIMEDRUN_H

#include "llvm/Support/Error.h"
#include <sched.h>
#include <string>
#include <utility>
#include <vector>

namespace speciate {

struct TimedSpec {
  /// Argv[0] is looked up in PATH if it has no slash.
  std::vector<std::string> Argv;
  std::string Cwd;
  /// Variables set on top of our environment.
  std::vector<std::pair<std::string, std::string>> Env;
  double TimeoutSeconds = 0; ///< 0: no limit.
  int Cpu = -1;              ///< Pin to this processor; negative: no pinning.
};

struct TimedResult {
  int ExitCode = 0;
  int Signal = 0;
  bool TimedOut = false;
  /// From just before the child exists until it is reaped.
  double WallSeconds = 0;
  /// User and system time of the child and of the children it waited for. The
  /// kernel splits the two by ticks but keeps their sum to the nanosecond.
  double CpuSeconds = 0;

  bool ok() const { return ExitCode == 0 && Signal == 0 && !TimedOut; }
  std::string describe() const;
};

/// An Error means that the program could not be started.
llvm::Expected<TimedResult> runTimed(const TimedSpec &Spec);

/// The processor that measurements are pinned to: the last one that we might
/// use when this was first called. -1 if it cannot be found out.
int measuringCpu();

/// While it lives, the calling thread, and the threads and processes that it
/// begins, stay off measuringCpu(): only timed runs, which are pinned to it,
/// use it. Does nothing where there is one processor.
class QuietCpu {
public:
  QuietCpu();
  ~QuietCpu();
  QuietCpu(const QuietCpu &) = delete;
  QuietCpu &operator=(const QuietCpu &) = delete;

private:
  cpu_set_t Before;
  bool Active = false;
};

/// While it lives, the calling thread, and what it begins, may use
/// measuringCpu() again: for work that a measurement waits for.
class AllCpus {
public:
  AllCpus();
  ~AllCpus();
  AllCpus(const AllCpus &) = delete;
  AllCpus &operator=(const AllCpus &) = delete;

private:
  cpu_set_t Before;
  bool Active = false;
};

} // namespace speciate

#endif
