//===- test/unit/gp/WorkloadTests.cpp - Commands in scratch directories
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/Workload.h"
#include "test/unit/gp/ScriptFixture.h"
#include "llvm/Testing/Support/Error.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace speciate;

namespace {

class WorkloadTests : public ScriptFixture {
protected:
  Observation observe(StringRef Command, const std::string &Program,
                      double Limit = 10) {
    auto W = Workload::create(Command, dir());
    EXPECT_THAT_EXPECTED(W, Succeeded());
    Expected<Observation> Seen = (*W)->observe(Program, Limit);
    EXPECT_THAT_EXPECTED(Seen, Succeeded());
    return std::move(*Seen);
  }
};

TEST(PlainWordsTests, OnlyWhatNeedsNoShell) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(plainWords("/bin/cat -n 'a b' \"c d\" x=1"),
            (Words{"/bin/cat", "-n", "a b", "c d", "x=1"}));
  EXPECT_EQ(plainWords("cat ''"), (Words{"cat", ""}));
  for (StringRef Shell :
       {"/bin/cat <x", "/bin/cat | wc", "/bin/cat *.c", "X=1 /bin/cat",
        "/bin/cat $X", "/bin/cat \"$X\"", "/bin/cat 'x", "cd /tmp", "exit 3",
        "/bin/cat a\\ b", "/bin/cat ~/x", "# no", ""})
    EXPECT_TRUE(plainWords(Shell).empty()) << Shell.str();
}

TEST_F(WorkloadTests, NeedsThePlaceholder) {
  EXPECT_THAT_EXPECTED(
      Workload::create("./prog x", dir()),
      FailedWithMessage(testing::HasSubstr("'./prog x' does not run the "
                                           "program: write {}")));
}

TEST_F(WorkloadTests, SeesOutputExitCodeAndFiles) {
  std::string P = script("prog", "cat data.txt; echo new > made.txt; exit 3");
  write("data.txt", "hello\n");
  Observation Seen = observe("{}", P);
  EXPECT_EQ(Seen.Stdout, "hello\n");
  EXPECT_EQ(Seen.ExitCode, 3);
  EXPECT_FALSE(Seen.crashed());
  ASSERT_EQ(Seen.Files.size(), 1u);
  EXPECT_TRUE(Seen.Files.count("made.txt"));
  EXPECT_FALSE(exists("made.txt"));
}

TEST_F(WorkloadTests, UserFilesSurviveTheirCommand) {
  std::string P = script("prog", "echo changed > \"$1\"; rm \"$2\"");
  write("a.txt", "mine\n");
  write("b.txt", "mine\n");
  Observation Seen = observe("{} a.txt ./b.txt", P);
  EXPECT_EQ(Seen.ExitCode, 0) << Seen.StderrTail;
  EXPECT_EQ(Seen.Files.size(), 2u);
  EXPECT_EQ(Seen.Files["b.txt"], "removed");
  EXPECT_EQ(read("a.txt"), "mine\n");
  EXPECT_EQ(read("b.txt"), "mine\n");
  // A redirection is a name, too.
  Observation Shell = observe("{} x y >a.txt 2>&1", P);
  EXPECT_TRUE(Shell.Files.count("a.txt"));
  EXPECT_EQ(read("a.txt"), "mine\n");
}

TEST_F(WorkloadTests, EveryProgramHasTheSamePath) {
  std::string P = script("prog", "echo $0; pwd; cat"), Q = dir() + "/other";
  script("other", "echo $0; pwd; cat");
  auto W = Workload::create("{}", dir());
  ASSERT_THAT_EXPECTED(W, Succeeded());
  Expected<Observation> A = (*W)->observe({P, false, "name"}, 10);
  Expected<Observation> B = (*W)->observe({Q, false, "name"}, 10);
  ASSERT_THAT_EXPECTED(A, Succeeded());
  ASSERT_THAT_EXPECTED(B, Succeeded());
  EXPECT_EQ(A->Stdout, B->Stdout);
  EXPECT_NE(A->Stdout.find("/name\n"), std::string::npos);
}

TEST_F(WorkloadTests, SharedObjectGetsItsFolder) {
  write("lib.so", "code");
  auto W = Workload::create("cat {}/lib.so", dir());
  ASSERT_THAT_EXPECTED(W, Succeeded());
  Expected<Observation> Seen = (*W)->observe({dir() + "/lib.so", true, ""}, 10);
  ASSERT_THAT_EXPECTED(Seen, Succeeded());
  EXPECT_EQ(Seen->Stdout, "code");
}

TEST_F(WorkloadTests, CrashesAndHangsAreTold) {
  Observation Crash = observe("{}", script("crash", "kill -SEGV $$"));
  EXPECT_TRUE(Crash.crashed());
  // Below a shell it is an exit code.
  Observation Below =
      observe("{} | cat >/dev/null; {}; true && {}", dir() + "/crash");
  EXPECT_TRUE(Below.crashed());
  EXPECT_NE(Below.describe().find("signal 11"), std::string::npos);
  Observation Hang = observe("{}", script("hang", "sleep 30"), 0.2);
  EXPECT_TRUE(Hang.TimedOut);
  EXPECT_FALSE(Hang.crashed());
}

TEST_F(WorkloadTests, NeverRunningTheProgramIsAnError) {
  std::string P = script("prog", "exit 0");
  auto Never = Workload::create("false && {}; true", dir());
  ASSERT_THAT_EXPECTED(Never, Succeeded());
  EXPECT_THAT_ERROR((*Never)->checkRunsProgram(P, 10),
                    FailedWithMessage(testing::HasSubstr(
                        "'false && {}; true' never runs the program")));
  auto Runs = Workload::create("true && {} 'an argument'", dir());
  ASSERT_THAT_EXPECTED(Runs, Succeeded());
  EXPECT_THAT_ERROR((*Runs)->checkRunsProgram(P, 10), Succeeded());
}

TEST_F(WorkloadTests, TimedRunsStartFromTheSameFiles) {
  // Fails when its output is there already.
  std::string P = script("prog", "test ! -e out && echo x >> out");
  auto W = Workload::create("{}", dir());
  ASSERT_THAT_EXPECTED(W, Succeeded());
  Expected<TimingPlan> Plan = (*W)->plan(P, measuringCpu(), 10);
  ASSERT_THAT_EXPECTED(Plan, Succeeded());
  EXPECT_GT(Plan->Seconds, 0);
  for (int I = 0; I < 2; ++I) {
    Expected<TimedResult> Run = (*W)->time(P, *Plan, 100);
    ASSERT_THAT_EXPECTED(Run, Succeeded());
    EXPECT_TRUE(Run->ok()) << Run->describe();
  }
}

TEST_F(WorkloadTests, WaitingIsTimedByTheWall) {
  auto W = Workload::create("{}", dir());
  ASSERT_THAT_EXPECTED(W, Succeeded());
  Expected<TimingPlan> Wait =
      (*W)->plan(script("wait", "sleep 0.05"), measuringCpu(), 10);
  ASSERT_THAT_EXPECTED(Wait, Succeeded());
  EXPECT_FALSE(Wait->CpuTime);
  EXPECT_GE(Wait->Seconds, 0.05);
  EXPECT_THAT_EXPECTED((*W)->plan(script("bad", "exit 4"), measuringCpu(), 10),
                       FailedWithMessage(testing::HasSubstr("'{}' fails on ")));
}

} // namespace
