//===- test/unit/gp/ArenaSessionTests.cpp - The arena on small programs
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inputs/arena-host.c has the programs; variants are functions of the same
// program.
//
//===----------------------------------------------------------------------===//

#include "ArenaHost.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Testing/Support/Error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <sys/stat.h>

using namespace llvm;
using namespace speciate;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

namespace {

class ArenaSum : public ::testing::Test {
protected:
  ArenaSum() : A("sum") {}
  void SetUp() override { ASSERT_WINDOWS(A); }
  Arena A;
};

TEST_F(ArenaSum, EqualVariantIsReplayed) {
  EXPECT_EQ(A.state().Windows.size(), 4u) << A.reasons();
  EXPECT_EQ(A.state().Entries, 200000u);
  double Covered = 0;
  for (unsigned W : A.state().Windows)
    Covered += A->windows()[W].Weight * double(A->windows()[W].Entries);
  // By the time of a counting run, on a machine that others may use.
  EXPECT_GT(Covered, 200000 / 4);
  EXPECT_LT(Covered, 200000 * 4);
  EXPECT_REPLAYED(A.verify("sum_backwards"));
  EXPECT_REPLAYED(A.verify("sum_twice"));
  Verdict V = A->verify(A.state().Windows[0], A.original(), A.original());
  EXPECT_REPLAYED(V);
}

TEST_F(ArenaSum, WrongResult) {
  Verdict V = A.verify("sum_wrong");
  EXPECT_EQ(verdictName(V.Kind).str(), "unsound");
  EXPECT_THAT(V.Detail, HasSubstr("(Results"));
}

TEST_F(ArenaSum, WriteElsewhere) {
  Verdict V = A.verify("sum_writes");
  EXPECT_EQ(verdictName(V.Kind).str(), "unsound");
  // The lowest byte of what it writes may be the one that was there.
  EXPECT_THAT(V.Detail, ContainsRegex("\\(Unrelated\\+0x19[0-7]\\)"));
}

TEST_F(ArenaSum, InfiniteLoop) {
  EXPECT_EQ(verdictName(A.verify("sum_forever").Kind).str(), "timed-out");
  // The window is as before.
  EXPECT_REPLAYED(A.verify("sum_backwards"));
}

TEST_F(ArenaSum, Crash) {
  Verdict V = A.verify("sum_crashes");
  EXPECT_EQ(verdictName(V.Kind).str(), "crashed");
  EXPECT_THAT(V.Detail, HasSubstr("signal 11"));
  V = A.verify("sum_aborts");
  EXPECT_FALSE(V.accepted());
  EXPECT_REPLAYED(A.verify("sum_backwards"));
}

TEST_F(ArenaSum, RoundingModeIsState) {
  Verdict V = A.verify("sum_leaves_mxcsr");
  EXPECT_EQ(verdictName(V.Kind).str(), "unsound");
  EXPECT_THAT(V.Detail, HasSubstr("mxcsr"));
}

TEST_F(ArenaSum, TwiceTheWorkTakesTwiceAsLong) {
  double Ratio = timeRatio(A, A.image("sum_backwards"), A.image("sum_twice"));
  EXPECT_GT(Ratio, 1.6);
  EXPECT_LT(Ratio, 2.6);
  // A worker's trial that does not come back costs this trial only.
  auto C = A->time(A.state().Windows[0],
                   {A.image("sum_backwards"), A.image("sum_crashes"),
                    A.image("sum_backwards")});
  ASSERT_THAT_EXPECTED(C, Succeeded());
  EXPECT_GT((*C)[0], 0u);
  EXPECT_EQ((*C)[1], 0u);
  EXPECT_GT((*C)[2], 0u);
}

TEST_F(ArenaSum, CodeInTheRange) {
  // long f(const int *, long): sum_backwards, position independent.
  const ArenaFacts &F = A->facts();
  std::vector<uint8_t> Code = {0x31, 0xc0,       // xorl %eax, %eax
                               0x48, 0x85, 0xf6, // testq %rsi, %rsi
                               0x7e, 0x0e,       // jle end
                               0x48, 0x63, 0x4c,
                               0xb7, 0xfc, // loop: movslq -4(%rdi,%rsi,4), %rcx
                               0x48, 0x01, 0xc8, // addq %rcx, %rax
                               0x48, 0xff, 0xce, // decq %rsi
                               0x7f, 0xf3,       // jg loop
                               0x90,             // nop
                               0xc3};            // end: ret
  Code[6] = uint8_t(Code.size() - 1 - 7);
  ArenaImage Image = {F.RangeBegin + 4096 * 3 + 16, Code.size(), 0};
  ASSERT_THAT_ERROR(A->writeImage(Image.Address, Code), Succeeded());
  unsigned W = A.state().Windows[0];
  EXPECT_REPLAYED(A->verify(W, A.original(), Image));
  EXPECT_REPLAYED(A->verify(W, Image, A.image("sum_backwards")));
  Code[13] = 0xd0; // addq %rdx
  ASSERT_THAT_ERROR(A->writeImage(Image.Address, Code), Succeeded());
  EXPECT_EQ(verdictName(A->verify(W, A.original(), Image).Kind).str(),
            "unsound");
  EXPECT_THAT_ERROR(A->writeImage(F.RangeBegin + F.RangeSize - 4, Code),
                    Failed());
  EXPECT_THAT_ERROR(A->writeImage(F.RangeBegin - 1, Code), Failed());
}

TEST(Arena, OtherWaysOfLinking) {
  for (const char *How : {"-no-pie", "-static"}) {
    Arena A("sum", "", {}, How);
    ASSERT_WINDOWS(A);
    EXPECT_REPLAYED(A.verify("sum_backwards"));
    EXPECT_EQ(verdictName(A.verify("sum_wrong").Kind).str(), "unsound");
  }
}

TEST(Arena, StoresToTheHeap) {
  Arena A("fill");
  ASSERT_WINDOWS(A);
  EXPECT_REPLAYED(A.verify("fill_backwards"));
  EXPECT_EQ(verdictName(A.verify("fill_wrong").Kind).str(), "unsound");
  EXPECT_EQ(verdictName(A.verify("fill_past").Kind).str(), "crashed");
}

TEST(Arena, OpeningDevicesEndsWindows) {
  Arena A("opening");
  ASSERT_EQ(A.Opened, "");
  EXPECT_TRUE(A.state().Windows.empty());
  EXPECT_EQ(A.state().NotWindowed, "left by system call 257 (openat), whose "
                                   "answer depends on more than a file");
}

/// Many trials in one window: each begins with the same state.
void expectTimes(Arena &A, const std::string &Variant) {
  for (unsigned W : A.state().Windows) {
    std::vector<ArenaImage> Images(20, A.original());
    Images.resize(40, A.image(Variant));
    auto C = A->time(W, Images);
    ASSERT_THAT_EXPECTED(C, Succeeded());
    EXPECT_EQ(std::count(C->begin(), C->end(), 0u), 0);
    EXPECT_FALSE(A->windows()[W].ForkPerTrial);
  }
}

TEST(Arena, WritesAreAnswered) {
  TempDir Dir = cantFail(TempDir::create("speciate-arena-writes"));
  Arena A("chatty", "> " + Dir.file("out") + " 2> " + Dir.file("err"));
  ASSERT_WINDOWS(A);
  EXPECT_GT(A->windows()[A.state().Windows[0]].Entries, 10u);
  EXPECT_REPLAYED(A.verify("chatty_again"));
  expectTimes(A, "chatty_again");

  Verdict V = A.verify("chatty_wrong");
  EXPECT_EQ(verdictName(V.Kind).str(), "unsound");
  EXPECT_THAT(V.Detail,
              MatchesRegex("system call [0-9]+ of the window: write\\(1, 1 "
                           "bytes\\): from byte 0 original .8, variant .9.*"));
  V = A.verify("chatty_silent");
  EXPECT_EQ(verdictName(V.Kind).str(), "unsound");
  EXPECT_THAT(V.Detail,
              MatchesRegex("system call [0-9]+ of the window: original "
                           "write\\(1, 1 bytes\\), variant write\\(2, 1 "
                           "bytes\\).*"));
  V = A.verify("chatty_swaps");
  EXPECT_EQ(verdictName(V.Kind).str(), "unsound");
  EXPECT_THAT(V.Detail, HasSubstr("variant write(2, 1 bytes)"));
  EXPECT_REPLAYED(A.verify("chatty_again"));

  // Nothing of all this came to the files.
  for (const char *Name : {"out", "err"})
    EXPECT_EQ(cantFail(readFile(Dir.file(Name))).size(), 100000u) << Name;
}

TEST(Arena, FilesAreRead) {
  TempDir Dir = cantFail(TempDir::create("speciate-arena-reads"));
  std::string Text;
  while (Text.size() < 8000000)
    Text += std::to_string(Text.size()) + ",";
  cantFail(writeFileAtomically(Dir.file("in"), Text));
  {
    // The program itself checks that its offset is where it should be.
    Arena A("reading", "< " + Dir.file("in"));
    ASSERT_WINDOWS(A);
    EXPECT_GT(A->windows()[A.state().Windows[0]].Entries, 10u);
    EXPECT_REPLAYED(A.verify("reading_again"));
    expectTimes(A, "reading_again");
    Verdict V = A.verify("reading_on");
    EXPECT_EQ(verdictName(V.Kind).str(), "unsound");
    EXPECT_THAT(V.Detail,
                HasSubstr("system call 1 of the window: original read(0, 512 "
                          "bytes), variant lseek(0, 0, 1)"));
  }
  // What is in a pipe is nobody's to read twice.
  const std::string Fifo = Dir.file("fifo");
  ASSERT_EQ(::mkfifo(Fifo.c_str(), 0600), 0);
  Arena Piped("reading", "pipe < " + Fifo + " & cat " + Dir.file("in") + " > " +
                             Fifo + "; wait $!");
  ASSERT_EQ(Piped.Opened, "");
  EXPECT_TRUE(Piped.state().Windows.empty());
  EXPECT_EQ(Piped.state().NotWindowed, "left by system call 0 (read), whose "
                                       "answer depends on more than a file");
  // By the time that windows run, it is another file.
  Arena Changed("reading",
                "< " + Dir.file("in") + " && echo >> " + Dir.file("in"));
  ASSERT_EQ(Changed.Opened, "");
  EXPECT_TRUE(Changed.state().Windows.empty());
  EXPECT_EQ(Changed.state().NotWindowed,
            "left by system call 0 (read), of a file that has changed");
}

TEST(Arena, FilesAreOpened) {
  TempDir Dir = cantFail(TempDir::create("speciate-arena-opens"));
  cantFail(writeFileAtomically(Dir.file("in"), "0123456789abcdef"));
  Arena A("opening", Dir.file("in"));
  ASSERT_WINDOWS(A);
  EXPECT_GT(A->windows()[A.state().Windows[0]].Entries, 10u);
  EXPECT_REPLAYED(A.verify("opening_again"));
  expectTimes(A, "opening_again");
  Verdict V = A.verify("opening_another");
  EXPECT_EQ(verdictName(V.Kind).str(), "unsound");
  EXPECT_THAT(V.Detail, HasSubstr("openat(\"/no/such/file\")"));
}

TEST(Arena, RandomNumbersAreTheSame) {
  Arena A("chance");
  ASSERT_WINDOWS(A);
  EXPECT_REPLAYED(A.verify("chance_again"));
  expectTimes(A, "chance_again");
  Verdict V = A.verify("chance_draws");
  EXPECT_EQ(verdictName(V.Kind).str(), "unsound");
  EXPECT_THAT(V.Detail,
              MatchesRegex("system call [0-9]+ of the window: original none, "
                           "variant getrandom\\(8 bytes\\).*"));
}

TEST(Arena, Recursion) {
  Arena A("fib");
  ASSERT_WINDOWS(A);
  EXPECT_REPLAYED(A.verify("fib_frame"));
  EXPECT_EQ(verdictName(A.verify("fib_wrong").Kind).str(), "unsound");
}

TEST(Arena, Longjmp) {
  Arena A("jumper");
  ASSERT_WINDOWS(A);
  EXPECT_REPLAYED(A.verify("jumper_again"));
  EXPECT_EQ(verdictName(A.verify("jumper_stays").Kind).str(), "unsound");
}

TEST(Arena, StaticVariables) {
  Arena A("count");
  ASSERT_WINDOWS(A);
  EXPECT_REPLAYED(A.verify("count_again"));
  EXPECT_EQ(verdictName(A.verify("count_skips").Kind).str(), "unsound");
}

TEST(Arena, NoWindowsWithThreads) {
  Arena A("threaded");
  ASSERT_EQ(A.Opened, "");
  EXPECT_TRUE(A.state().Windows.empty());
  EXPECT_EQ(A.state().NotWindowed, "several threads");
  EXPECT_GT(A.state().Entries, 900000u);
}

TEST(Arena, SharedMappingsBecomePrivate) {
  // The program itself checks that no window wrote to its mapping.
  Arena A("shared");
  ASSERT_WINDOWS(A);
  EXPECT_REPLAYED(A.verify("shared_again"));
  EXPECT_EQ(verdictName(A.verify("shared_wrong").Kind).str(), "unsound");
}

TEST(Arena, ClocksMayBeRead) {
  Arena A("clocked");
  ASSERT_WINDOWS(A);
  EXPECT_REPLAYED(A.verify("clocked_again"));
}

TEST(Arena, MemoryMappings) {
  Arena A("allocating");
  ASSERT_WINDOWS(A);
  EXPECT_REPLAYED(A.verify("allocating_again"));
  unsigned W = A.state().Windows[0];
  auto C = A->time(W, {A.original(), A.image("allocating_again")});
  ASSERT_THAT_EXPECTED(C, Succeeded());
  EXPECT_GT((*C)[0], 0u);
  EXPECT_GT((*C)[1], 0u);
  EXPECT_TRUE(A->windows()[W].ForkPerTrial);
}

TEST(Arena, WhatIsWrongForATimeIsSeenAtTheEarlierEnd) {
  Arena A("fleeting");
  ASSERT_WINDOWS(A);
  ASSERT_GE(A.state().Windows.size(), 2u);
  ArenaImage Wrong = A.image("fleeting_wrong");
  EXPECT_REPLAYED(A->verify(A.state().Windows[0], A.original(), A.original()));
  Verdict V = A->verify(A.state().Windows[0], A.original(), Wrong);
  EXPECT_EQ(verdictName(V.Kind).str(), "unsound");
  EXPECT_THAT(V.Detail, HasSubstr("(Fleeting+0x8)"));
  EXPECT_THAT(V.Detail, HasSubstr(", after 1 of "));
  // And nowhere else.
  EXPECT_REPLAYED(A->verify(A.state().Windows[1], A.original(), Wrong));
}

TEST(Arena, MemoryGivenBackAndSignalMask) {
  Arena A("giving");
  ASSERT_WINDOWS(A);
  Verdict V = A.verify("giving_back");
  EXPECT_EQ(verdictName(V.Kind).str(), "unsound");
  EXPECT_THAT(V.Detail, HasSubstr("original 07"));
  V = A.verify("giving_blocks");
  EXPECT_EQ(verdictName(V.Kind).str(), "unsound");
  EXPECT_THAT(V.Detail, HasSubstr("signal mask"));
}

TEST(Arena, NoWindowsOnOtherStacks) {
  Arena A("elsewhere");
  ASSERT_EQ(A.Opened, "");
  EXPECT_TRUE(A.state().Windows.empty());
  EXPECT_EQ(A.state().NotWindowed,
            "entered on a stack of the program's making");
}

TEST(Arena, ChildrenHaveWindowsOfTheirOwn) {
  ArenaOptions Options;
  Options.WindowsPerRegion = 36;
  Arena A("forking", "", Options);
  ASSERT_WINDOWS(A);
  EXPECT_EQ(A.state().Entries, 6000000u);
  // The children's 1, 2 and 3 million entries. Windows follow time, which is
  // noisy; what they stand for is not.
  double StandFor[4] = {0, 0, 0, 0};
  for (unsigned W : A.state().Windows) {
    const ArenaWindow &Window = A->windows()[W];
    ASSERT_LT(Window.Process, 4u);
    StandFor[Window.Process] += Window.Weight * double(Window.Entries);
  }
  EXPECT_EQ(StandFor[0], 0);
  EXPECT_GT(StandFor[1], 0);
  EXPECT_GT(StandFor[2], 0);
  EXPECT_LT(StandFor[1], StandFor[3]);
}

TEST(Arena, LongEntries) {
  ArenaOptions Options;
  Options.LongSeconds = 1;
  Arena A("seldom", "", Options);
  ASSERT_WINDOWS(A);
  EXPECT_LE(A.state().Windows.size(), 2u);
  for (unsigned W : A.state().Windows) {
    EXPECT_EQ(A->windows()[W].Entries, 1u);
    EXPECT_GT(A->windows()[W].Weight, 0);
    EXPECT_GT(double(A->windows()[W].Cycles) / A->ticksPerSecond(), 5e-3);
    auto C = A->time(W, {A.original(), A.image("seldom_again")});
    ASSERT_THAT_EXPECTED(C, Succeeded());
    EXPECT_GT((*C)[0], 0u);
    EXPECT_GT((*C)[1], 0u);
  }
  EXPECT_REPLAYED(A.verify("seldom_again"));
  EXPECT_EQ(verdictName(A.verify("seldom_wrong").Kind).str(), "unsound");
}

TEST(Arena, EntriesTooFarApart) {
  Arena A("seldom");
  ASSERT_EQ(A.Opened, "");
  EXPECT_TRUE(A.state().Windows.empty());
  EXPECT_EQ(A.state().NotWindowed, "entries are too far apart");
  EXPECT_EQ(A.state().Entries, 8u);
}

TEST(Arena, LoopMarkers) {
  Arena A("seldom", "", {}, "-pie", "seldom_marked");
  ASSERT_WINDOWS(A);
  ArenaImage Original = A.image("seldom_marked");
  for (unsigned W : A.state().Windows) {
    const ArenaWindow &Window = A->windows()[W];
    EXPECT_EQ(Window.Entries, 0u);
    EXPECT_GT(Window.Passes, 1000u);
    double Seconds = double(Window.Cycles) / A->ticksPerSecond();
    EXPECT_GT(Seconds, 0.15e-3);
    EXPECT_LT(Seconds, 5e-3);
    EXPECT_REPLAYED(A->verify(W, Original, A.image("seldom_marked_again")));
    EXPECT_EQ(
        verdictName(A->verify(W, Original, A.image("seldom_marked_wrong")).Kind)
            .str(),
        "unsound");
    auto C = A->time(W, {Original, A.image("seldom_marked_again")});
    ASSERT_THAT_EXPECTED(C, Succeeded());
    EXPECT_GT((*C)[0], 0u);
    EXPECT_GT((*C)[1], 0u);
  }
}

TEST(Arena, WindowsInsideOfALongEntry) {
  Arena A("seldom", "", {}, "-pie", "seldom_marked");
  ASSERT_WINDOWS(A);
  ArenaImage Original = A.image("seldom_marked");
  uint64_t Last = 0;
  unsigned Found = 0, Slower = 0;
  for (unsigned W : A.state().Windows) {
    const ArenaWindow &Window = A->windows()[W];
    EXPECT_GT(Window.Begin, 0u);
    EXPECT_GT(Window.Weight, 0);
    Last = std::max(Last, Window.Begin);
    // What is wrong only late is found by the windows that are there.
    Found += A->verify(W, Original, A.image("seldom_marked_late")).Kind ==
             VerdictKind::Unsound;
    // Again and again in one window, beside each other.
    for (unsigned Round = 0; Round < 3; ++Round) {
      auto C = A->time(W, {A.image("seldom_marked_slow"), Original,
                           A.image("seldom_marked_again")});
      ASSERT_THAT_EXPECTED(C, Succeeded());
      EXPECT_GT((*C)[1], 0u);
      EXPECT_GT((*C)[2], 0u);
      Slower += (*C)[0] > (*C)[1];
    }
  }
  // Far behind the first 5 ms, of which each takes a few ns.
  EXPECT_GT(Last, 3000000u);
  EXPECT_GT(Found, 0u);
  EXPECT_GT(Slower, A.state().Windows.size() * 3 / 2);
}

TEST(Arena, BriefEntriesWithALoopMarker) {
  Arena A("brief", "", {}, "-pie", "brief_marked");
  ASSERT_WINDOWS(A);
  ArenaImage Original = A.image("brief_marked");
  double Seconds = 0;
  for (unsigned W : A.state().Windows) {
    const ArenaWindow &Window = A->windows()[W];
    // Several entries, or the passes of several.
    EXPECT_GT(Window.Passes ? Window.Passes : Window.Entries, 2u);
    Seconds += Window.Weight * double(Window.Cycles) / A->ticksPerSecond();
    EXPECT_REPLAYED(A->verify(W, Original, Original));
    EXPECT_EQ(
        verdictName(A->verify(W, Original, A.image("brief_marked_wrong")).Kind)
            .str(),
        "unsound");
  }
  // As much as the runs took, which includes what else the machine did.
  EXPECT_GT(Seconds, A.state().Seconds / 10);
  EXPECT_LT(Seconds, A.state().Seconds * 4);
}

/// Links the variant of arena-throw.cpp to \p Address and writes it there.
ArenaImage throwingImage(ArenaSession &Session, const std::string &Host,
                         uint64_t Address, const TempDir &Dir) {
  ProcessSpec Compile;
  Compile.Argv = {SPECIATE_TEST_CLANG "++",
                  "-O2",
                  "-fno-pie",
                  "-c",
                  SPECIATE_TEST_INPUTS "/arena-throw.cpp",
                  "-o",
                  Dir.file("image.o")};
  cantFail(runTool(Compile));
  ProcessSpec Link;
  Link.Argv = {SPECIATE_TEST_LLD,
               "--just-symbols=" + Host,
               "--image-base=0x" + utohexstr(Address),
               "-e",
               "thrower_again",
               "-static",
               Dir.file("image.o"),
               "-o",
               Dir.file("image")};
  cantFail(runTool(Link));
  auto File = cantFail(object::ObjectFile::createObjectFile(Dir.file("image")));
  auto &Elf = cast<object::ELF64LEObjectFile>(*File.getBinary());
  ArenaImage Image;
  uint64_t End = 0;
  for (const auto &Header : cantFail(Elf.getELFFile().program_headers())) {
    if (Header.p_type != ELF::PT_LOAD)
      continue;
    cantFail(Session.writeImage(Header.p_vaddr,
                                arrayRefFromStringRef(Elf.getData().substr(
                                    Header.p_offset, Header.p_filesz))));
    End = std::max<uint64_t>(End, Header.p_vaddr + Header.p_memsz);
  }
  for (const auto &Section : Elf.sections())
    if (cantFail(Section.getName()) == ".eh_frame")
      Image.EhFrame = Section.getAddress();
  for (const auto &Symbol : Elf.symbols())
    if (cantFail(Symbol.getName()) == "thrower_again")
      Image.Address = cantFail(Symbol.getAddress());
  // From the function on, for pointers into the image, which begins before it.
  Image.Size = End - Image.Address;
  return Image;
}

TEST(Arena, ExceptionsThroughImages) {
  TempDir Dir = cantFail(TempDir::create("speciate-arena-throw"));
  std::string Host = Dir.file("host");
  ProcessSpec Build;
  Build.Argv = {SPECIATE_TEST_CLANG "++",
                "-O2",
                "-DHOST",
                "-fno-pie",
                "-static",
                "-no-pie",
                "-fuse-ld=lld",
                SPECIATE_TEST_INPUTS "/arena-throw.cpp",
                SPECIATE_TEST_ARENA_RT,
                "-o",
                Host};
  cantFail(runTool(Build));
  ArenaOptions Options;
  Options.WindowsPerRegion = 3;
  auto Session =
      cantFail(ArenaSession::create(Host, {"{}"}, Dir.path(), Options));
  ASSERT_THAT_ERROR(Session->openWindows(), Succeeded());
  ASSERT_FALSE(Session->windows().empty()) << Session->regions()[0].NotWindowed;
  ArenaImage Image =
      throwingImage(*Session, Host, Session->facts().RangeBegin + 0x10000, Dir);
  ASSERT_NE(Image.EhFrame, 0u);
  ArenaImage Original = {Session->facts().Regions[0].Entry, 0, 0};
  for (unsigned W = 0; W < Session->windows().size(); ++W) {
    Verdict V = Session->verify(W, Original, Image);
    EXPECT_REPLAYED(V);
    auto C = Session->time(W, {Original, Image, Image, Original});
    ASSERT_THAT_EXPECTED(C, Succeeded());
    for (uint64_t Cycles : *C)
      EXPECT_GT(Cycles, 0u);
    // Nobody finds the frames of an image that were not registered.
    ArenaImage Without = Image;
    Without.EhFrame = 0;
    EXPECT_FALSE(Session->verify(W, Original, Without).accepted());
  }
}

TEST(Arena, NotAnArenaProgram) {
  TempDir Files = cantFail(TempDir::create("speciate-arena-files"));
  auto S = ArenaSession::create("/bin/true", {"{}"}, Files.path(), {});
  EXPECT_THAT(toString(S.takeError()), HasSubstr("not an arena program"));
}

TEST(Arena, AFailingCommandIsAnError) {
  TempDir Files = cantFail(TempDir::create("speciate-arena-files"));
  auto S = cantFail(
      ArenaSession::create(host(), {"{} sum && false"}, Files.path(), {}));
  EXPECT_THAT(toString(S->openWindows()), HasSubstr("exit code 1"));
}

/// Seconds of a window by the clock that \p Counter is, and by ticks.
TEST(ArenaSessionTest, TimesWithACounterWhereThereIsOne) {
  // The cycles of the processor: here or not, there are times.
  Arena ByCycles("sum");
  ASSERT_WINDOWS(ByCycles);
  unsigned W = ByCycles.state().Windows.front();
  for (uint64_t C :
       cantFail(ByCycles->time(W, {ByCycles.original(), ByCycles.original()})))
    EXPECT_GT(C, 0u);

  ArenaOptions Options;
  Options.Counter = rt::ArenaCounter::None;
  Arena ByTicks("sum", "", Options);
  ASSERT_WINDOWS(ByTicks);
  for (unsigned Window : ByTicks.state().Windows)
    EXPECT_FALSE(ByTicks->windows()[Window].Counted);

  // The kernel's clock takes the same way, without any hardware.
  Options.Counter = rt::ArenaCounter::TaskClock;
  Arena ByClock("sum", "", Options);
  ASSERT_WINDOWS(ByClock);
  W = ByClock.state().Windows.front();
  if (!ByClock->windows()[W].Counted)
    GTEST_SKIP() << "perf_event_open is not allowed here";
  double Ticks = double(ByClock->windows()[W].Cycles);
  for (uint64_t Nanoseconds :
       cantFail(ByClock->time(W, {ByClock.original(), ByClock.original()}))) {
    double Seconds = double(Nanoseconds) * 1e-9;
    EXPECT_GT(Seconds, 0.3 * Ticks / ByClock->ticksPerSecond());
    EXPECT_LT(Seconds, 3 * Ticks / ByClock->ticksPerSecond());
  }
}

} // namespace
