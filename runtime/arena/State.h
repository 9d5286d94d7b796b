//===- runtime/arena/State.h - Everything that the arena runtime writes
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One object in pages of its own, so that the comparison of two forks can leave
// them out, and so that none of the program's pages is written but through the
// pads. The runtime has no other writable data.
//
// The life of a process:
//
//   initialize (Start.cpp)   reads `control`, maps the image, patches pads
//   stub -> slow (Entry.cpp) saves every register, goes to the private stack
//   enter (Start.cpp)        counts, or forks the server of a window
//   serve (Server.cpp)       in the server: requests
//   runWindow (Window.cpp)   in its children: a window, to its end
//
// Lock is taken by the stubs: threads of the program share the private stack.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_RUNTIME_ARENA_STATE_H
#define SPECIATE_RUNTIME_ARENA_STATE_H

#include "runtime/System.h"
#include "runtime/speciate_arena_abi.h"

#define SPECIATE_HIDDEN __attribute__((visibility("hidden")))

namespace speciate {
namespace arena {

constexpr uint64_t PageSize = 4096;
constexpr unsigned XsaveMax = 16384;
constexpr unsigned StubSize = 64;
constexpr unsigned PathMax = 512;
constexpr unsigned ChildrenMax = 320;
constexpr unsigned FilesMax = 64;
constexpr unsigned ScrubBranches = 16384;
constexpr unsigned ScrubPasses = 4;
/// Branch by branch 6 bytes, and 7 for every word of 64 random bits.
constexpr unsigned ScrubCodeSize =
    ScrubBranches * 6 + ScrubBranches / 64 * 7 + 64;
constexpr unsigned ScrubWords = ScrubBranches / 64 * ScrubPasses;

enum Register {
  Rax,
  Rbx,
  Rcx,
  Rdx,
  Rsi,
  Rdi,
  Rbp,
  Rsp,
  R8,
  R9,
  R12 = 12,
  R15 = 15
};

/// All that the program can see of a processor's state.
struct alignas(64) Context {
  uint8_t Xsave[XsaveMax];
  uint64_t Gpr[16]; ///< By Register; r8 to r15 are 8 to 15.
  uint64_t Flags;
};

struct Pad {
  uint8_t *Address;    ///< Null: the region has no pad.
  uint8_t Original[8]; ///< Those that the jump replaces.
};

struct Child {
  int Pid; ///< 0: unused.
  int Handle;
  uint32_t Tag;
};

/// A descriptor that was open at the window's entry, or that the window opened.
/// All such descriptors are closed in servers: calls on them are answered from
/// this.
struct OpenFile {
  enum : uint32_t {
    CanWrite = 1,
    Append = 2,
    Regular = 4,
    Directed = 8, ///< A pipe or a socket: there are no offsets.
    NoTerminal = 16,
    Alone = 32,   ///< No other descriptor of the process is of the same file.
    Changed = 64, ///< Size or time of change are not those of Stat.
  };
  int Number;  ///< The program's.
  int Private; ///< For pread, an opening of our own; -1: it cannot be read.
  uint32_t Flags;
  uint32_t Written;      ///< In this run of the window.
  int64_t Offset, Start; ///< Now, and at the window's entry.
  uint32_t WrittenAtStart;
  uint32_t Closed, ClosedAtStart;
  uint8_t Stat[144]; ///< struct stat at the window's entry, or when opened.
};

struct alignas(4096) State {
  Context Now;   ///< Saved by the slow path, loaded by resume.
  Context Start; ///< Of a window.

  uint32_t Lock;
  uint32_t Slow;     ///< Region whose stub took the slow path, or AtMarker.
  uint32_t UseXsave; ///< 0: fxsave.
  uint32_t InWindow; ///< A window runs: its end is what slow paths are for.
  uint64_t Tsc;      ///< At the last slow path.
  uint64_t StartTsc; ///< At the last resume.
  uint64_t CheckedTsc; ///< Tsc at the counting run's last checkpoint.
  uint64_t PrivateStack;
  uint64_t HighestStack;
  int64_t Marker;
  /// Written by the marker of an image before it goes to marker_end, next to
  /// Marker: what rax was, and where the image goes on.
  uint64_t MarkerRax, MarkerNext;
  /// Where resume goes last: resume_entry, or into an image.
  uint64_t ResumeVia;

  rt::ArenaControl *Control;
  rt::ArenaCounts *Counts;
  rt::ArenaMode Mode;
  uint32_t Active; ///< initialize() succeeded.
  uint32_t Process;
  int Pid;
  uint64_t SignalMask; ///< The program's, at the slow path.
  uint32_t RegionCount;
  uint64_t Reached[rt::ArenaRegionsMax]; ///< Entry that ends the count-down.
  char Dir[PathMax];

  // Servers and workers.
  uint32_t Window, Region;
  /// This server does not stand at the region's entry but at a loop marker of
  /// the code at Task.Target, which goes on at StartNext.
  uint32_t Advanced;
  uint64_t StartNext;
  int Socket;
  Child Children[ChildrenMax];
  rt::ArenaRequest Request;
  rt::ArenaReport Report;
  rt::ArenaTrialResults Results;
  rt::ArenaTask Task; ///< The one that runs.
  uint64_t ExtraUsed;
  uint64_t Counted;                    ///< In the last run(); 0: not known.
  rt::ArenaCounter Counter;            ///< Of the control file.
  int CounterFd;                       ///< Or 0.
  const volatile uint8_t *CounterPage; ///< Or null.
  uint64_t Elapsed; ///< Cycles before the window was put off to a later entry.
  uint64_t *Pages;  ///< Addresses, and their saved contents.
  uint64_t PageCount;
  uint8_t *Saved;
  uint64_t Random;
  uint64_t RandomWords[ScrubWords];
  uint64_t FrameObjects[2][32]; ///< For __register_frame_info.

  // System calls of windows (Calls.cpp).
  OpenFile Files[FilesMax];
  uint32_t FileCount, FileCountAtStart;
  uint64_t Taken, TakenAtStart; ///< The program's numbers below 64, bit by bit.
  uint32_t FirstFree;   ///< No descriptor of the program is at or above it.
  uint64_t RandomStart; ///< RandomAt at the window's beginning.
  uint64_t RandomAt;    ///< Position in the stream that stands for getrandom's.
  uint64_t CallRecordUsed;

  Pad Pads[rt::ArenaRegionsMax];
  char Text[8192]; ///< Lines and paths.

  /// Replaced by a page of count.P.
  alignas(4096) int64_t Counters[rt::ArenaRegionsMax];
  /// Executable.
  alignas(4096) uint8_t Stubs[rt::ArenaRegionsMax * StubSize];
  alignas(4096) uint8_t ScrubCode[ScrubCodeSize];
  alignas(4096) uint8_t Stack[65536];
  alignas(4096) uint8_t SignalStack[65536];
  alignas(4096) uint8_t CallRecord[rt::ArenaCallRecordSize];
};

constexpr uint32_t AtMarker = ~0u;

extern "C" {
extern SPECIATE_HIDDEN State speciate_arena_state;
extern SPECIATE_HIDDEN uint8_t __speciate_arena_range[];
SPECIATE_HIDDEN void __speciate_arena_marker_end();
extern SPECIATE_HIDDEN int64_t __speciate_arena_marker;

extern SPECIATE_HIDDEN __attribute__((weak))
const rt::ArenaRegion __start_speciate_arena_regions[];
extern SPECIATE_HIDDEN __attribute__((weak))
const rt::ArenaRegion __stop_speciate_arena_regions[];
extern SPECIATE_HIDDEN __attribute__((weak))
const rt::ArenaExternal __start_speciate_arena_externals[];
extern SPECIATE_HIDDEN __attribute__((weak))
const rt::ArenaExternal __stop_speciate_arena_externals[];

/// Where stubs go when their counter reaches 0; never called.
SPECIATE_HIDDEN void speciate_arena_slow();
/// Loads Now and goes on at the stub; returns when leaveWindow is called.
SPECIATE_HIDDEN void speciate_arena_run();
/// The last step to a stub.
SPECIATE_HIDDEN void speciate_arena_resume_entry();
/// Ends speciate_arena_run. Only below speciate_arena_enter.
[[noreturn]] SPECIATE_HIDDEN void speciate_arena_leave();
/// What the slow path calls. Returns to the program.
SPECIATE_HIDDEN void speciate_arena_enter();
}

inline State &state() { return speciate_arena_state; }

// Stubs.cpp
/// Finds the pads and makes them, and the stubs, writable.
bool findPads();
/// Writes a region's stub: goes on at \p Target. False if that is out of reach.
bool writeStub(unsigned Region, uint64_t Target, bool FollowStack);
void patchPad(unsigned Region);
void unpatchPad(unsigned Region);
/// Behind the pad.
uint64_t bodyOf(unsigned Region);
/// Lets Now go on at the jump of \p Region's stub.
void setResume(unsigned Region, bool FollowStack);

// Server.cpp
/// In the fork: becomes the server of Control->Windows[Window].
[[noreturn]] void serve(uint32_t Window);
/// In a child of a server: becomes a server itself, at Now.
[[noreturn]] void serveHere(uint64_t Cycles);
/// Opens a socket and connects it to the session.
long connectToSession();
void sendHello(rt::ArenaRole Role, uint64_t Cycles = 0);
void sendReport(rt::ArenaReportKind Kind, uint32_t Tag, int Number,
                uint64_t Cycles);

// Window.cpp
bool hasUnwinder();
/// In a child: runs the window as \p Task says and reports.
[[noreturn]] void runChild();
/// In a child: runs to a pass of the marker, and is a server there.
[[noreturn]] void runAdvance();
[[noreturn]] void runWorker(uint32_t PageCount);
/// At a slow path while a window runs. Returns if the window goes on.
void windowSlowPath();

// Calls.cpp
/// In the fork that becomes a server: notes what the program has open, then
/// closes all of it.
void takeFiles();
/// Before a process's first window: looks whether files have changed.
void checkFiles();
/// Back to the state of the window's beginning.
void resetCalls();
/// The window begins here.
void startCalls();
/// Answers the system call \p Number of a window, or says why not.
bool answerCall(long Number, const uint64_t (&Args)[6], long &Result,
                rt::ArenaLeave &Why);

// Counter.cpp
/// Before installFilter. \p Map: without system calls, where that works. What
/// it opens is of this process only.
void openCounter(bool Map);
constexpr uint64_t NotCounted = ~uint64_t(0);
/// Of this thread so far, or NotCounted.
uint64_t readCounter();

// Filter.cpp
/// Calls that are neither harmless nor answered kill the process, with
/// a report. False if there is no seccomp. \p Own: all calls of the runtime
/// itself stay allowed, but for those with six arguments.
bool installFilter(bool AllowMemory, bool Own = false);

// Scrub.cpp
void buildScrub();
void scrub();

// Start.cpp
/// Appends to Text; false if it is full.
bool append(char *To, size_t Size, const char *What);
bool appendNumber(char *To, size_t Size, uint64_t Value, unsigned Base);
/// Dir/Name or Dir/Name.Number, in \p Path of PathMax + 64 bytes.
bool pathOf(char *Path, const char *Name, long Number = -1);

} // namespace arena
} // namespace speciate

#endif
