//===- support/Subprocess.cpp - Running programs with limits
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/Subprocess.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;
using Clock = std::chrono::steady_clock;

extern char **environ;

namespace speciate {

std::string ProcessResult::describe() const {
  if (TimedOut)
    return "timed out";
  if (Signal)
    return formatv("signal {0} ({1})", Signal, ::strsignal(Signal)).str();
  return formatv("exit code {0}", ExitCode).str();
}

namespace {

/// What the child needs after fork, prepared before it: between fork and exec
/// only async-signal-safe calls are made.
struct Launch {
  std::vector<std::string> EnvStorage;
  std::vector<char *> Env;
  std::vector<char *> Argv;
  int Stdin = -1, Stdout = -1, Stderr = -1;
  int ErrorPipe = -1;
};

void buildEnvironment(const ProcessSpec &Spec, Launch &L) {
  for (char **E = environ; *E; ++E) {
    StringRef Name = StringRef(*E).split('=').first;
    bool Replaced = false;
    for (const auto &[Key, Value] : Spec.Env)
      Replaced |= Name == Key;
    if (!Replaced)
      L.EnvStorage.push_back(*E);
  }
  for (const auto &[Key, Value] : Spec.Env)
    if (Value)
      L.EnvStorage.push_back(Key + "=" + *Value);
  for (std::string &S : L.EnvStorage)
    L.Env.push_back(S.data());
  L.Env.push_back(nullptr);
}

[[noreturn]] void childMain(const ProcessSpec &Spec, Launch &L) {
  auto Fail = [&] {
    int Code = errno;
    (void)!::write(L.ErrorPipe, &Code, sizeof(Code));
    ::_exit(127);
  };
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::dup2(L.Stdin, 0) < 0 || ::dup2(L.Stdout, 1) < 0 ||
      ::dup2(L.Stderr, 2) < 0)
    Fail();
  if (!Spec.Cwd.empty() && ::chdir(Spec.Cwd.c_str()) != 0)
    Fail();
  if (Spec.Cpu >= 0) {
    cpu_set_t Set;
    CPU_ZERO(&Set);
    CPU_SET(Spec.Cpu, &Set);
    ::sched_setaffinity(0, sizeof(Set), &Set);
  }
  if (Spec.FixedAddresses) {
    int Old = ::personality(0xffffffff);
    if (Old < 0 || ::personality(Old | ADDR_NO_RANDOMIZE) < 0)
      Fail();
  }
  sigset_t None;
  sigemptyset(&None);
  ::sigprocmask(SIG_SETMASK, &None, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::execvpe(L.Argv[0], L.Argv.data(), L.Env.data());
  Fail();
  __builtin_unreachable();
}

class Fd {
public:
  Fd() = default;
  explicit Fd(int Number) : Number(Number) {}
  Fd(Fd &&Other) : Number(std::exchange(Other.Number, -1)) {}
  Fd &operator=(Fd &&Other) {
    std::swap(Number, Other.Number);
    return *this;
  }
  ~Fd() { reset(); }
  void reset() {
    if (Number > 2)
      ::close(Number);
    Number = -1;
  }
  int get() const { return Number; }

private:
  int Number = -1;
};

Error lastError(StringRef What) {
  return createStringError(std::error_code(errno, std::generic_category()),
                           "%s: %s", What.str().c_str(), ::strerror(errno));
}

Expected<Fd> openFor(StreamTo To, const std::string &File, int Inherited,
                     Fd &ReadEnd) {
  switch (To) {
  case StreamTo::Inherit:
    return Fd(Inherited);
  case StreamTo::Null: {
    Fd Result(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (Result.get() < 0)
      return lastError("/dev/null");
    return std::move(Result);
  }
  case StreamTo::File: {
    Fd Result(
        ::open(File.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (Result.get() < 0)
      return lastError(File);
    return std::move(Result);
  }
  case StreamTo::Capture: {
    int Pipe[2];
    if (::pipe2(Pipe, O_CLOEXEC) != 0)
      return lastError("pipe");
    ReadEnd = Fd(Pipe[0]);
    return Fd(Pipe[1]);
  }
  }
  llvm_unreachable("covered switch");
}

/// Appends what is ready on \p Stream; closes it at its end.
void drain(Fd &Stream, std::string &Into, size_t Limit) {
  char Buffer[65536];
  ssize_t Count = ::read(Stream.get(), Buffer, sizeof(Buffer));
  if (Count < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  if (Count <= 0) {
    Stream.reset();
    return;
  }
  size_t Room = Limit > Into.size() ? Limit - Into.size() : 0;
  Into.append(Buffer, std::min<size_t>(Count, Room));
}

} // namespace

Expected<ProcessResult> runProcess(const ProcessSpec &Spec) {
  Launch L;
  buildEnvironment(Spec, L);
  for (const std::string &Arg : Spec.Argv)
    L.Argv.push_back(const_cast<char *>(Arg.c_str()));
  L.Argv.push_back(nullptr);

  Fd OutRead, ErrRead;
  std::string In = Spec.StdinFile.empty() ? "/dev/null" : Spec.StdinFile;
  Fd Stdin(::open(In.c_str(), O_RDONLY | O_CLOEXEC));
  if (Stdin.get() < 0)
    return lastError(In);
  Expected<Fd> Stdout = openFor(Spec.Stdout, Spec.StdoutFile, 1, OutRead);
  if (!Stdout)
    return Stdout.takeError();
  Expected<Fd> Stderr = openFor(Spec.Stderr, Spec.StderrFile, 2, ErrRead);
  if (!Stderr)
    return Stderr.takeError();
  int Pipe[2];
  if (::pipe2(Pipe, O_CLOEXEC) != 0)
    return lastError("pipe");
  Fd ErrorRead(Pipe[0]), ErrorWrite(Pipe[1]);
  L.Stdin = Stdin.get();
  L.Stdout = Stdout->get();
  L.Stderr = Stderr->get();
  L.ErrorPipe = ErrorWrite.get();

  auto Start = Clock::now();
  pid_t Pid = ::fork();
  if (Pid < 0)
    return lastError("fork");
  if (Pid == 0)
    childMain(Spec, L);
  ::setpgid(Pid, Pid);
  ErrorWrite.reset();
  Stdout->reset();
  Stderr->reset();

  int ExecError = 0;
  ssize_t Got;
  do
    Got = ::read(ErrorRead.get(), &ExecError, sizeof(ExecError));
  while (Got < 0 && errno == EINTR);
  if (Got == sizeof(ExecError)) {
    ::waitpid(Pid, nullptr, 0);
    return createStringError(
        std::error_code(ExecError, std::generic_category()),
        "cannot run %s: %s", Spec.Argv[0].c_str(), ::strerror(ExecError));
  }

  ProcessResult Result;
  // Becomes readable when the child ends; a grandchild that holds our pipes
  // open does not keep us waiting.
  Fd Handle(static_cast<int>(::syscall(SYS_pidfd_open, Pid, 0)));
  bool Ended = false;
  while (!Ended) {
    int Wait = -1;
    if (Spec.TimeoutSeconds > 0) {
      double Left = Spec.TimeoutSeconds -
                    std::chrono::duration<double>(Clock::now() - Start).count();
      if (Left <= 0) {
        Result.TimedOut = true;
        break;
      }
      Wait = std::max(1, static_cast<int>(std::min(Left, 1e6) * 1000));
    }
    SmallVector<pollfd, 3> Polls;
    Polls.push_back({Handle.get(), POLLIN, 0});
    Polls.push_back({OutRead.get(), POLLIN, 0});
    Polls.push_back({ErrRead.get(), POLLIN, 0});
    if (::poll(Polls.data(), Polls.size(), Wait) < 0 && errno != EINTR)
      return lastError("poll");
    if (Polls[1].revents)
      drain(OutRead, Result.Stdout, Spec.CaptureLimit);
    if (Polls[2].revents)
      drain(ErrRead, Result.Stderr, Spec.CaptureLimit);
    Ended = Polls[0].revents != 0;
  }
  Result.WallSeconds =
      std::chrono::duration<double>(Clock::now() - Start).count();
  // The group, so that nothing of a killed command lives on; after a normal end
  // background children of it may.
  if (Result.TimedOut)
    ::kill(-Pid, SIGKILL);
  int Status = 0;
  rusage Usage = {};
  while (::wait4(Pid, &Status, 0, &Usage) < 0 && errno == EINTR)
    ;
  auto Seconds = [](const timeval &T) { return T.tv_sec + T.tv_usec * 1e-6; };
  Result.CpuSeconds = Seconds(Usage.ru_utime) + Seconds(Usage.ru_stime);
  if (WIFSIGNALED(Status) && !Result.TimedOut)
    Result.Signal = WTERMSIG(Status);
  else if (WIFEXITED(Status))
    Result.ExitCode = WEXITSTATUS(Status);
  // What is still in the pipes.
  for (auto [Stream, Into] : {std::pair{&OutRead, &Result.Stdout},
                              std::pair{&ErrRead, &Result.Stderr}})
    while (Stream->get() >= 0) {
      pollfd P = {Stream->get(), POLLIN, 0};
      if (::poll(&P, 1, 0) <= 0)
        break;
      drain(*Stream, *Into, Spec.CaptureLimit);
    }
  return Result;
}

Expected<ProcessResult> runTool(const ProcessSpec &Spec) {
  Expected<ProcessResult> Result = runProcess(Spec);
  if (!Result || Result->ok())
    return Result;
  StringRef Message = StringRef(Result->Stderr).rtrim();
  if (Message.size() > 2000)
    Message = Message.take_back(2000);
  return createStringError("%s: %s%s%s", Spec.Argv[0].c_str(),
                           Result->describe().c_str(),
                           Message.empty() ? "" : ":\n", Message.str().c_str());
}

std::string shellQuote(StringRef Word) {
  auto Plain = [](char C) {
    return isAlnum(C) || StringRef("_-./=:,+@%").contains(C);
  };
  if (!Word.empty() && all_of(Word, Plain))
    return Word.str();
  std::string Result = "'";
  for (char C : Word)
    Result += C == '\'' ? std::string("'\\''") : std::string(1, C);
  return Result + "'";
}

std::string substituteProgram(StringRef Command, StringRef Program) {
  std::string Result;
  while (true) {
    auto [Before, After] = Command.split("{}");
    Result += Before;
    if (Before.size() == Command.size())
      return Result;
    Result += shellQuote(Program);
    Command = After;
  }
}

} // namespace speciate
