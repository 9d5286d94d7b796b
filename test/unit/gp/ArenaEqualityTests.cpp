//===- test/unit/gp/ArenaEqualityTests.cpp - Two forks of a process
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What stands for a window's server is a fork of the test.
//
//===----------------------------------------------------------------------===//

#include "gp/verify/ArenaEquality.h"
#include "llvm/Testing/Support/Error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <csignal>
#include <cstring>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;
using namespace speciate;
using ::testing::HasSubstr;

namespace {

char *Private; ///< Two pages of sevens.
char *Shared;  ///< One page, which is only read.

void nothing() {}
void writes() { Private[5000] = 8; }
void writesTheSame() { Private[5000] = 7; }
// Through syscall, which was called before: a function's first call changes a
// table of the loader.
void givesBack() { syscall(SYS_madvise, Private + 4096, 4096, MADV_DONTNEED); }
void givesBackAndRestores() {
  givesBack();
  std::memset(Private + 4096, 7, 4096);
}
void sharesMore() {
  syscall(SYS_mprotect, Shared, 4096, PROT_READ | PROT_WRITE);
}

/// The C library's fork changes memory.
int rawFork() { return int(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }

class Forks : public ::testing::Test {
protected:
  void SetUp() override {
    constexpr int Anonymous = MAP_ANONYMOUS | MAP_PRIVATE;
    Private = static_cast<char *>(
        mmap(nullptr, 8192, PROT_READ | PROT_WRITE, Anonymous, -1, 0));
    std::memset(Private, 7, 8192);
    Shared = static_cast<char *>(
        mmap(nullptr, 4096, PROT_READ, MAP_ANONYMOUS | MAP_SHARED, -1, 0));
  }
  void TearDown() override {
    for (int Pid : {Pids[1], Pids[2], Pids[0]})
      if (Pid > 0)
        kill(Pid, SIGKILL);
    waitpid(Pids[0], nullptr, 0);
    munmap(Private, 8192);
    munmap(Shared, 4096);
  }

  /// Runs \p A and \p B in two children of a sleeping server.
  __attribute__((noinline)) void start(void (*A)(), void (*B)()) {
    Frame.StackPointer = uint64_t(__builtin_frame_address(0)) + 16;
    Frame.RseqBegin = uint64_t(__builtin_thread_pointer()) + __rseq_offset;
    Frame.RseqSize = 32;
    int Pipe[2];
    ASSERT_EQ(pipe(Pipe), 0);
    int Server = rawFork();
    if (Server == 0)
      serve(Pipe[1], A, B);
    Pids[0] = Server;
    for (int Child : {1, 2}) {
      ASSERT_EQ(read(Pipe[0], &Pids[Child], sizeof(int)), ssize_t(sizeof(int)));
      Ends[Child - 1].Pid = Pids[Child];
      Ends[Child - 1].Report.StackPointer = Frame.StackPointer;
      Ends[Child - 1].Report.HighestStackPointer = Frame.StackPointer;
    }
    close(Pipe[0]);
    close(Pipe[1]);
  }

  /// "" if they are equal.
  std::string compare() {
    Expected<std::vector<MemoryMapping>> Before = readMappings(Pids[0]);
    EXPECT_THAT_EXPECTED(Before, Succeeded());
    Expected<ArenaComparison> Same =
        compareEnds(Ends[0], Ends[1], Frame, *Before);
    EXPECT_THAT_EXPECTED(Same, Succeeded());
    PagesCompared = Same->PagesCompared;
    if (!Same->Difference)
      return "";
    Where = Same->Difference->Address;
    return Same->Difference->What;
  }

  ArenaFrame Frame;
  ArenaEnd Ends[2] = {};
  uint64_t Where = 0, PagesCompared = 0;

private:
  /// Both children begin with the same memory.
  [[noreturn]] static void serve(int To, void (*A)(), void (*B)()) {
    int Done[2];
    if (pipe(Done) != 0)
      _exit(1);
    int Children[2];
    for (int I : {0, 1}) {
      Children[I] = rawFork();
      if (Children[I] != 0)
        continue;
      (I == 0 ? A : B)();
      syscall(SYS_write, Done[1], "x", 1);
      for (;;)
        syscall(SYS_pause);
    }
    char Bytes[2];
    if (read(Done[0], Bytes, 1) != 1 || read(Done[0], Bytes, 1) != 1 ||
        write(To, Children, sizeof(Children)) != sizeof(Children))
      _exit(1);
    for (;;)
      syscall(SYS_pause);
  }

  int Pids[3] = {0, 0, 0};
};

TEST_F(Forks, Equal) {
  start(nothing, nothing);
  EXPECT_EQ(compare(), "");
}

TEST_F(Forks, OneWrites) {
  start(nothing, writes);
  EXPECT_THAT(compare(), HasSubstr("variant 0807"));
  EXPECT_EQ(Where, uint64_t(Private + 5000));
}

TEST_F(Forks, OneWritesWhatIsThere) {
  start(writesTheSame, nothing);
  EXPECT_EQ(compare(), "");
}

TEST_F(Forks, OneGivesAPageBack) {
  start(nothing, givesBack);
  EXPECT_THAT(compare(), HasSubstr("variant 00"));
  EXPECT_EQ(Where, uint64_t(Private + 4096));
}

TEST_F(Forks, TheOriginalGivesAPageBack) {
  start(givesBack, nothing);
  EXPECT_THAT(compare(), HasSubstr("original 00"));
}

TEST_F(Forks, BothGiveAPageBack) {
  start(givesBack, givesBack);
  EXPECT_EQ(compare(), "");
}

TEST_F(Forks, APageIsGivenBackAndMadeAgain) {
  start(givesBackAndRestores, nothing);
  EXPECT_EQ(compare(), "");
}

TEST_F(Forks, SharedMemoryThatCanBeWritten) {
  start(sharesMore, sharesMore);
  EXPECT_THAT(compare(), HasSubstr("is shared with others"));
}

TEST_F(Forks, EverythingNeedsAnEndOutsideOfTheRegion) {
  start(writes, writes);
  EXPECT_EQ(compare(), "");
  uint64_t Some = PagesCompared;
  Frame.Everything = true;
  EXPECT_EQ(compare(), "");
  EXPECT_GT(PagesCompared, Some + 20);
  for (ArenaEnd &E : Ends)
    E.Report.StackPointer -= 256;
  EXPECT_THAT(compare(), HasSubstr("may be active"));
}

TEST_F(Forks, SignalMask) {
  start(nothing, nothing);
  Ends[1].Report.SignalMask = 1 << 9;
  EXPECT_THAT(compare(), HasSubstr("signal mask"));
}

TEST_F(Forks, HighestStackPointer) {
  // Else a variant could hide what it wrote to the stack.
  start(nothing, nothing);
  Ends[1].Report.HighestStackPointer += 64;
  EXPECT_THAT(compare(), HasSubstr("highest rsp"));
}

TEST_F(Forks, NothingIsIgnoredOnOtherStacks) {
  // Below this stack pointer all of the memory at hand would be dead.
  start(nothing, writes);
  uint64_t Elsewhere = uint64_t(Private + 8192 - 64);
  Frame.StackPointer = Elsewhere;
  for (ArenaEnd &E : Ends)
    E.Report.StackPointer = E.Report.HighestStackPointer = Elsewhere;
  EXPECT_NE(compare(), "");
}

} // namespace
