//===- gp/score/arena/ArenaServer.h - A connection to a window's server
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The protocol of runtime/speciate_arena_abi.h, with time limits. One thread.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_GP_SCORE_ARENA_ARENASERVER_H
#define SPECIATE_GP_SCORE_ARENA_ARENASERVER_H

#include "runtime/speciate_arena_abi.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace speciate {

/// An owned file descriptor.
class ArenaSocket {
public:
  ArenaSocket() = default;
  explicit ArenaSocket(int Fd) : Fd(Fd) {}
  ArenaSocket(ArenaSocket &&Other) : Fd(std::exchange(Other.Fd, -1)) {}
  ArenaSocket &operator=(ArenaSocket &&Other) {
    std::swap(Fd, Other.Fd);
    return *this;
  }
  ~ArenaSocket();
  int get() const { return Fd; }
  explicit operator bool() const { return Fd >= 0; }

private:
  int Fd = -1;
};

/// Listens at a path; accepts servers and workers.
class ArenaListener {
public:
  static llvm::Expected<ArenaListener> create(const std::string &Path);

  /// The next connection and its first message, or nothing after \p Seconds.
  std::optional<std::pair<ArenaSocket, rt::ArenaHello>> accept(double Seconds);
  int fd() const { return Socket.get(); }

private:
  explicit ArenaListener(ArenaSocket Socket) : Socket(std::move(Socket)) {}
  ArenaSocket Socket;
};

/// How a run of a window ended.
struct ArenaRun {
  enum Outcome {
    Reached,  ///< The child waits at the end, until it is killed.
    Left,     ///< By the system call Report.Number.
    Crashed,  ///< By the signal Signal.
    Exited,   ///< Without having reached the end.
    TimedOut, ///< Killed.
    Failed,   ///< The server or the runtime could not run it.
  };
  Outcome What = Failed;
  int Pid = 0;
  int Signal = 0;
  rt::ArenaReport Report = {};

  /// "signal 11 (Segmentation fault)", "left by system call 1 (write)".
  std::string describe() const;
};

class ArenaServer {
public:
  ArenaServer(ArenaSocket Socket, const rt::ArenaHello &Hello)
      : Socket(std::move(Socket)), Hello(Hello) {}
  ArenaServer(ArenaServer &&) = default;
  ArenaServer &operator=(ArenaServer &&) = delete;
  /// Ends the server and its children.
  ~ArenaServer();

  const rt::ArenaHello &hello() const { return Hello; }

  /// Runs the window in a child; whatever does not end with Reached is gone
  /// when this returns. An Error means that the server is gone.
  llvm::Expected<ArenaRun> run(const rt::ArenaTask &Task, double Seconds);
  /// Ends a child that run() left waiting.
  llvm::Error kill(int Pid);

  /// Runs on to the pass of the loop marker that \p Task names; what stands
  /// there then is a server of its own, whose windows begin there, in
  /// Task.Target's code. Null if it does not get there (\p Why says what
  /// happened). An Error means that the server is gone.
  llvm::Expected<std::unique_ptr<ArenaServer>>
  advance(ArenaListener &Listener, const rt::ArenaTask &Task, double Seconds,
          ArenaRun &Why);

  /// Starts the worker, which restores the pages of the file pages.W (\p Pages
  /// of them) before each trial. Fails if there is one.
  llvm::Error startWorker(ArenaListener &Listener, size_t Pages,
                          double Seconds);
  bool hasWorker() const { return WorkerPid != 0; }
  void endWorker();

  /// Time stamp cycles of each of \p Tasks, or with \p Counted what the
  /// session's counter said of it (0: nothing). They are run one after the
  /// other; nothing if the worker did not survive them, or took longer than \p
  /// Seconds (\p Why says what happened; the worker is gone).
  std::optional<std::vector<uint64_t>>
  trials(llvm::ArrayRef<rt::ArenaTask> Tasks, double Seconds, ArenaRun &Why,
         bool Counted = false);

private:
  enum class Received { Yes, No, Gone };
  Received receive(rt::ArenaReport &Report, double Seconds);
  llvm::Error waitEnded(int Pid, int &Status);

  ArenaSocket Socket, Worker;
  rt::ArenaHello Hello;
  int WorkerPid = 0;
  /// Children that ended while another message was awaited.
  std::map<int, int> Ended;
};

} // namespace speciate

#endif
