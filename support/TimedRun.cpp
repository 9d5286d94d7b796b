//===- support/TimedRun.cpp - One timed run of a program
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/TimedRun.h"
#include "support/Subprocess.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;
using Clock = std::chrono::steady_clock;

extern char **environ;

namespace speciate {

std::string TimedResult::describe() const {
  ProcessResult Same;
  Same.ExitCode = ExitCode;
  Same.Signal = Signal;
  Same.TimedOut = TimedOut;
  return Same.describe();
}

/// What we might use when this was first called; empty if that is unknown.
static const cpu_set_t &allowedCpus() {
  static const cpu_set_t Set = [] {
    cpu_set_t Now;
    if (::sched_getaffinity(0, sizeof(Now), &Now) != 0)
      CPU_ZERO(&Now);
    return Now;
  }();
  return Set;
}

namespace {

/// All that the child touches. It shares our memory until it execs, so it only
/// makes system calls.
struct Child {
  std::vector<char *> Argv, Env;
  std::string Cwd;
  int Null = -1;
  bool Pin = false;
  cpu_set_t Cpus;
  volatile int Errno = 0;
};

/// Not inlined: the child of vfork must not disturb its caller's frame.
__attribute__((noinline)) pid_t launch(Child &C) {
  pid_t Pid = ::vfork();
  if (Pid != 0)
    return Pid;
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (C.Pin)
    ::sched_setaffinity(0, sizeof(C.Cpus), &C.Cpus);
  sigset_t None;
  sigemptyset(&None);
  ::sigprocmask(SIG_SETMASK, &None, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (::dup2(C.Null, 0) >= 0 && ::dup2(C.Null, 1) >= 0 &&
      ::dup2(C.Null, 2) >= 0 && (C.Cwd.empty() || ::chdir(C.Cwd.c_str()) == 0))
    ::execvpe(C.Argv[0], C.Argv.data(), C.Env.data());
  C.Errno = errno;
  ::_exit(127);
}

/// Sleeps until \p Pid ends; false if the limit passed first.
bool waitWithin(pid_t Pid, double Limit, Clock::time_point Start) {
  int Handle = static_cast<int>(::syscall(SYS_pidfd_open, Pid, 0));
  if (Handle < 0)
    return true; // No pidfd: wait without a limit.
  bool Ended = false, Late = false;
  while (!Ended && !Late) {
    double Left =
        Limit - std::chrono::duration<double>(Clock::now() - Start).count();
    Late = Left <= 0;
    pollfd Poll = {Handle, POLLIN, 0};
    int Milliseconds = static_cast<int>(std::clamp(Left, 0.0, 1e6) * 1000) + 1;
    Ended = ::poll(&Poll, 1, Late ? 0 : Milliseconds) > 0;
  }
  ::close(Handle);
  return Ended;
}

} // namespace

Expected<TimedResult> runTimed(const TimedSpec &Spec) {
  Child C;
  std::vector<std::string> EnvStorage;
  for (char **E = environ; *E; ++E) {
    StringRef Name = StringRef(*E).split('=').first;
    if (none_of(Spec.Env, [&](const auto &KV) { return KV.first == Name; }))
      EnvStorage.push_back(*E);
  }
  for (const auto &[Key, Value] : Spec.Env)
    EnvStorage.push_back(Key + "=" + Value);
  for (std::string &E : EnvStorage)
    C.Env.push_back(E.data());
  C.Env.push_back(nullptr);
  std::vector<std::string> ArgvStorage = Spec.Argv;
  for (std::string &A : ArgvStorage)
    C.Argv.push_back(A.data());
  C.Argv.push_back(nullptr);
  C.Cwd = Spec.Cwd;
  // An unpinned run has all processors, whatever a QuietCpu keeps us off.
  C.Cpus = allowedCpus();
  C.Pin = CPU_COUNT(&C.Cpus) > 0;
  if (Spec.Cpu >= 0) {
    C.Pin = true;
    CPU_ZERO(&C.Cpus);
    CPU_SET(Spec.Cpu, &C.Cpus);
  }
  C.Null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (C.Null < 0)
    return createStringError("cannot open /dev/null: %s", ::strerror(errno));

  // No handler of ours may run in the child while it is in our memory.
  sigset_t All, Before;
  sigfillset(&All);
  ::pthread_sigmask(SIG_BLOCK, &All, &Before);
  auto Start = Clock::now();
  pid_t Pid = launch(C);
  int LaunchError = errno;
  ::pthread_sigmask(SIG_SETMASK, &Before, nullptr);
  ::close(C.Null);
  if (Pid < 0)
    return createStringError("cannot run %s: %s", Spec.Argv[0].c_str(),
                             ::strerror(LaunchError));
  TimedResult Result;
  if (Spec.TimeoutSeconds > 0 && C.Errno == 0)
    Result.TimedOut = !waitWithin(Pid, Spec.TimeoutSeconds, Start);
  if (Result.TimedOut)
    ::kill(-Pid, SIGKILL);
  int Status = 0;
  rusage Usage = {};
  while (::wait4(Pid, &Status, 0, &Usage) < 0 && errno == EINTR)
    ;
  Result.WallSeconds =
      std::chrono::duration<double>(Clock::now() - Start).count();
  if (C.Errno != 0)
    return createStringError("cannot run %s: %s", Spec.Argv[0].c_str(),
                             ::strerror(C.Errno));
  auto Seconds = [](const timeval &T) { return T.tv_sec + T.tv_usec * 1e-6; };
  Result.CpuSeconds = Seconds(Usage.ru_utime) + Seconds(Usage.ru_stime);
  if (WIFSIGNALED(Status) && !Result.TimedOut)
    Result.Signal = WTERMSIG(Status);
  else if (WIFEXITED(Status))
    Result.ExitCode = WEXITSTATUS(Status);
  return Result;
}

int measuringCpu() {
  const cpu_set_t &Set = allowedCpus();
  for (int Cpu = CPU_SETSIZE - 1; Cpu >= 0; --Cpu)
    if (CPU_ISSET(Cpu, &Set))
      return Cpu;
  return -1;
}

QuietCpu::QuietCpu() {
  int Cpu = measuringCpu();
  if (Cpu < 0 || ::sched_getaffinity(0, sizeof(Before), &Before) != 0 ||
      !CPU_ISSET(Cpu, &Before) || CPU_COUNT(&Before) < 2)
    return;
  cpu_set_t Others = Before;
  CPU_CLR(Cpu, &Others);
  Active = ::sched_setaffinity(0, sizeof(Others), &Others) == 0;
}

QuietCpu::~QuietCpu() {
  if (Active)
    ::sched_setaffinity(0, sizeof(Before), &Before);
}

AllCpus::AllCpus() {
  const cpu_set_t &Set = allowedCpus();
  Active = CPU_COUNT(&Set) > 0 &&
           ::sched_getaffinity(0, sizeof(Before), &Before) == 0 &&
           ::sched_setaffinity(0, sizeof(Set), &Set) == 0;
}

AllCpus::~AllCpus() {
  if (Active)
    ::sched_setaffinity(0, sizeof(Before), &Before);
}

} // namespace speciate
