//===- gp/score/arena/ArenaServer.cpp - A connection to a window's server
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/arena/ArenaServer.h"
#include "gp/verify/ArenaCalls.h"
#include "llvm/Support/FormatVariadic.h"
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;
using Clock = std::chrono::steady_clock;

namespace speciate {

using namespace rt;

namespace {

Error lastError(const Twine &What) {
  int Code = errno;
  return createStringError(std::error_code(Code, std::generic_category()),
                           "%s: %s", What.str().c_str(), ::strerror(Code));
}

/// Waits until \p Fd can be read; false after \p Seconds.
bool waitReadable(int Fd, double Seconds) {
  auto End = Clock::now() + std::chrono::duration<double>(Seconds);
  for (;;) {
    auto Left = std::chrono::duration<double>(End - Clock::now()).count();
    timespec Timeout = {0, 0};
    if (Left > 0) {
      Timeout.tv_sec = time_t(Left);
      Timeout.tv_nsec = long((Left - double(Timeout.tv_sec)) * 1e9);
    }
    pollfd Poll = {Fd, POLLIN, 0};
    int Ready = ::ppoll(&Poll, 1, &Timeout, nullptr);
    if (Ready > 0)
      return true;
    if (Ready == 0)
      return false;
    if (errno != EINTR)
      return true; // the read will tell
  }
}

bool sendRequest(int Fd, ArenaRequestKind Kind, uint32_t Count,
                 ArrayRef<ArenaTask> Tasks) {
  ArenaRequest Request;
  Request.Kind = Kind;
  Request.Count = Count;
  std::copy(Tasks.begin(), Tasks.end(), Request.Tasks);
  size_t Size =
      offsetof(ArenaRequest, Tasks) + Tasks.size() * sizeof(ArenaTask);
  ssize_t Sent;
  do
    Sent = ::send(Fd, &Request, Size, MSG_NOSIGNAL);
  while (Sent < 0 && errno == EINTR);
  return Sent == ssize_t(Size);
}

} // namespace

//===----------------------------------------------------------------------===//
// Connections
//===----------------------------------------------------------------------===//

ArenaSocket::~ArenaSocket() {
  if (Fd >= 0)
    ::close(Fd);
}

Expected<ArenaListener> ArenaListener::create(const std::string &Path) {
  sockaddr_un Address = {};
  Address.sun_family = AF_UNIX;
  if (Path.size() >= sizeof(Address.sun_path))
    return createStringError("the path %s is too long for a socket",
                             Path.c_str());
  std::memcpy(Address.sun_path, Path.c_str(), Path.size());
  ArenaSocket Socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!Socket)
    return lastError("socket");
  if (::bind(Socket.get(), reinterpret_cast<sockaddr *>(&Address),
             sizeof(Address)) != 0 ||
      ::listen(Socket.get(), 4096) != 0)
    return lastError(Path);
  return ArenaListener(std::move(Socket));
}

std::optional<std::pair<ArenaSocket, ArenaHello>>
ArenaListener::accept(double Seconds) {
  if (!waitReadable(Socket.get(), Seconds))
    return std::nullopt;
  ArenaSocket Peer(::accept4(Socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ArenaHello Hello;
  constexpr double HelloSeconds = 5;
  if (!Peer || !waitReadable(Peer.get(), HelloSeconds) ||
      ::recv(Peer.get(), &Hello, sizeof(Hello), 0) != sizeof(Hello))
    return std::nullopt;
  return std::make_pair(std::move(Peer), Hello);
}

static const char *reasonOf(ArenaLeave Why) {
  switch (Why) {
  case ArenaLeave::Descriptor:
    return ", whose answer depends on more than a file";
  case ArenaLeave::Changed:
    return ", of a file that has changed";
  case ArenaLeave::Full:
    return ", which writes more than can be kept";
  case ArenaLeave::Call:
    break;
  }
  return "";
}

std::string ArenaRun::describe() const {
  switch (What) {
  case Reached:
    return "reached the end";
  case Left:
    return "left by system call " + arenaCallName(Report.Number) +
           reasonOf(ArenaLeave(Report.Cycles));
  case Crashed:
    return formatv("signal {0} ({1})", Signal, ::strsignal(Signal));
  case Exited:
    return "the program ended";
  case TimedOut:
    return "timed out";
  case Failed:
    return formatv("system call {0} of the runtime failed: {1}", Report.Number,
                   ::strerror(int(Report.Cycles)));
  }
  llvm_unreachable("covered switch");
}

//===----------------------------------------------------------------------===//
// Requests
//===----------------------------------------------------------------------===//

ArenaServer::~ArenaServer() {
  if (!Socket)
    return;
  // It ends when the connection does, and its children with it; but what hangs
  // in a window must not be left to run meanwhile.
  ::kill(Hello.Pid, SIGKILL);
  // Ours if we adopt orphans; else of the server that it was forked from, which
  // may end before it has noticed.
  constexpr unsigned Tries = 100;
  constexpr unsigned Microseconds = 200;
  for (unsigned Try = 0; Try < Tries; ++Try) {
    if (::waitpid(Hello.Pid, nullptr, 0) >= 0 || ::kill(Hello.Pid, 0) != 0)
      break;
    ::usleep(Microseconds);
  }
}

ArenaServer::Received ArenaServer::receive(ArenaReport &Report,
                                           double Seconds) {
  if (!waitReadable(Socket.get(), Seconds))
    return Received::No;
  ssize_t Got;
  do
    Got = ::recv(Socket.get(), &Report, sizeof(Report), 0);
  while (Got < 0 && errno == EINTR);
  return Got == sizeof(Report) ? Received::Yes : Received::Gone;
}

static Error serverGone() {
  return createStringError("the window's server is gone");
}

Error ArenaServer::waitEnded(int Pid, int &Status) {
  constexpr double Seconds = 10;
  for (;;) {
    if (auto I = Ended.find(Pid); I != Ended.end()) {
      Status = I->second;
      Ended.erase(I);
      return Error::success();
    }
    ArenaReport Report;
    if (receive(Report, Seconds) != Received::Yes)
      return serverGone();
    if (Report.Kind == ArenaReportKind::Ended)
      Ended[Report.Pid] = Report.Number;
  }
}

Error ArenaServer::kill(int Pid) {
  if (!Ended.count(Pid))
    ::kill(Pid, SIGKILL);
  int Status;
  return waitEnded(Pid, Status);
}

Expected<ArenaRun> ArenaServer::run(const ArenaTask &Task, double Seconds) {
  if (!sendRequest(Socket.get(), ArenaRequestKind::Run, 1, Task))
    return serverGone();
  ArenaRun Run;
  auto End = Clock::now() + std::chrono::duration<double>(Seconds);
  // The child may be faster than the server, which has to be asleep again when
  // the child is looked at: it is once it has said Started.
  bool Started = false, Spoke = false;
  for (;;) {
    ArenaReport Report;
    double Left = std::chrono::duration<double>(End - Clock::now()).count();
    Received Got = receive(Report, std::max(Left, 0.0));
    if (Got == Received::Gone)
      return serverGone();
    if (Got == Received::No) {
      if (!Run.Pid)
        return serverGone();
      if (Error E = kill(Run.Pid))
        return std::move(E);
      Run.What = ArenaRun::TimedOut;
      return Run;
    }
    switch (Report.Kind) {
    case ArenaReportKind::Started:
      Run.Pid = Report.Pid;
      Started = true;
      break;
    case ArenaReportKind::Reached:
      Run.What = ArenaRun::Reached;
      Run.Pid = Report.Pid;
      Run.Report = Report;
      Spoke = true;
      break;
    case ArenaReportKind::Left:
    case ArenaReportKind::Failed:
      Run.What = Report.Kind == ArenaReportKind::Left ? ArenaRun::Left
                                                      : ArenaRun::Failed;
      Run.Report = Report;
      Spoke = true;
      if (Report.Kind == ArenaReportKind::Failed &&
          Report.Pid == Hello.Pid) // no child was made
        return Run;
      break;
    case ArenaReportKind::Ended:
      if (int(Report.Pid) != Run.Pid) {
        Ended[Report.Pid] = Report.Number;
        break;
      }
      if (!Spoke || Run.What == ArenaRun::Reached) {
        Run.What =
            WIFSIGNALED(Report.Number) ? ArenaRun::Crashed : ArenaRun::Exited;
        Run.Signal = WIFSIGNALED(Report.Number) ? WTERMSIG(Report.Number) : 0;
      }
      return Run;
    }
    if (Run.What == ArenaRun::Reached && Started)
      return Run;
  }
}

Expected<std::unique_ptr<ArenaServer>>
ArenaServer::advance(ArenaListener &Listener, const ArenaTask &Task,
                     double Seconds, ArenaRun &Why) {
  if (!sendRequest(Socket.get(), ArenaRequestKind::Advance, 1, Task))
    return serverGone();
  Why = ArenaRun();
  Why.What = ArenaRun::TimedOut;
  const auto End = Clock::now() + std::chrono::duration<double>(Seconds);
  bool Told = false;
  for (;;) {
    // It connects, or its end is reported here; whichever comes first.
    pollfd Polls[2] = {{Socket.get(), POLLIN, 0}, {Listener.fd(), POLLIN, 0}};
    const double Left =
        std::chrono::duration<double>(End - Clock::now()).count();
    const int Ready =
        Left > 0 ? ::poll(Polls, 2, int(std::min(Left, 1e6) * 1e3) + 1) : 0;
    if (Ready < 0 && errno == EINTR)
      continue;
    if (Ready <= 0) {
      if (!Why.Pid)
        return serverGone();
      if (Error E = kill(Why.Pid))
        return std::move(E);
      return nullptr;
    }
    if (Polls[0].revents) {
      ArenaReport Report;
      if (receive(Report, 0) != Received::Yes)
        return serverGone();
      if (Report.Kind == ArenaReportKind::Started) {
        Why.Pid = Report.Pid;
      } else if (Report.Kind == ArenaReportKind::Ended) {
        if (int(Report.Pid) != Why.Pid) {
          Ended[Report.Pid] = Report.Number;
          continue;
        }
        if (!Told) {
          Why.What =
              WIFSIGNALED(Report.Number) ? ArenaRun::Crashed : ArenaRun::Exited;
          Why.Signal = WIFSIGNALED(Report.Number) ? WTERMSIG(Report.Number) : 0;
        }
        return nullptr;
      } else {
        Told = true;
        Why.What = Report.Kind == ArenaReportKind::Left ? ArenaRun::Left
                                                        : ArenaRun::Failed;
        Why.Report = Report;
        if (Report.Kind == ArenaReportKind::Failed &&
            Report.Pid == Hello.Pid) // no child was made
          return nullptr;
      }
      continue;
    }
    auto Peer = Listener.accept(0);
    if (Peer && Peer->second.Role == ArenaRole::Advanced &&
        (!Why.Pid || int(Peer->second.Pid) == Why.Pid)) {
      Why.What = ArenaRun::Reached;
      return std::make_unique<ArenaServer>(std::move(Peer->first),
                                           Peer->second);
    }
  }
}

Error ArenaServer::startWorker(ArenaListener &Listener, size_t Pages,
                               double Seconds) {
  if (WorkerPid)
    return createStringError("the window has a worker");
  ArenaTask Task = {};
  if (!sendRequest(Socket.get(), ArenaRequestKind::Worker, uint32_t(Pages),
                   Task))
    return serverGone();
  ArenaReport Report;
  do
    if (receive(Report, Seconds) != Received::Yes)
      return serverGone();
  while (Report.Kind == ArenaReportKind::Ended &&
         (Ended[Report.Pid] = Report.Number, true));
  if (Report.Kind != ArenaReportKind::Started)
    return createStringError("the worker could not be started");
  int Pid = Report.Pid;
  auto Peer = Listener.accept(Seconds);
  if (!Peer || Peer->second.Role != ArenaRole::Worker ||
      int(Peer->second.Pid) != Pid) {
    if (Error E = kill(Pid))
      return E;
    return createStringError("the worker did not connect");
  }
  Worker = std::move(Peer->first);
  WorkerPid = Pid;
  return Error::success();
}

void ArenaServer::endWorker() {
  if (!WorkerPid)
    return;
  consumeError(kill(WorkerPid));
  WorkerPid = 0;
  Worker = ArenaSocket();
}

std::optional<std::vector<uint64_t>>
ArenaServer::trials(ArrayRef<ArenaTask> Tasks, double Seconds, ArenaRun &Why,
                    bool Counted) {
  std::vector<uint64_t> Cycles;
  while (!Tasks.empty()) {
    ArrayRef<ArenaTask> Some = Tasks.take_front(ArenaTrialsMax);
    Tasks = Tasks.drop_front(Some.size());
    ArenaTrialResults Results;
    bool Ok = sendRequest(Worker.get(), ArenaRequestKind::Trials,
                          uint32_t(Some.size()), Some);
    bool InTime = Ok && waitReadable(Worker.get(), Seconds);
    // A trial that leaves the window says so on the worker's connection, with
    // a message of another size.
    union {
      ArenaTrialResults Results;
      ArenaReport Report;
    } Message;
    ssize_t Got =
        InTime ? ::recv(Worker.get(), &Message, sizeof(Message), 0) : -1;
    if (Got == sizeof(Results) && Message.Results.Count == Some.size()) {
      const uint64_t *From =
          Counted ? Message.Results.Counted : Message.Results.Cycles;
      Cycles.insert(Cycles.end(), From, From + Some.size());
      continue;
    }
    Why = ArenaRun();
    Why.What = ArenaRun::TimedOut;
    Why.Pid = WorkerPid;
    if (Got == sizeof(ArenaReport)) {
      Why.Report = Message.Report;
      Why.What = Why.Report.Kind == ArenaReportKind::Left ? ArenaRun::Left
                                                          : ArenaRun::Failed;
    }
    if (!InTime)
      ::kill(WorkerPid, SIGKILL);
    int Status = 0;
    if (Error E = waitEnded(WorkerPid, Status))
      consumeError(std::move(E));
    if (InTime && Why.What == ArenaRun::TimedOut) {
      Why.What = WIFSIGNALED(Status) ? ArenaRun::Crashed : ArenaRun::Exited;
      Why.Signal = WIFSIGNALED(Status) ? WTERMSIG(Status) : 0;
    }
    WorkerPid = 0;
    Worker = ArenaSocket();
    return std::nullopt;
  }
  return Cycles;
}

} // namespace speciate
