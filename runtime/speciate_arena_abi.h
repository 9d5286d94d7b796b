//===- runtime/speciate_arena_abi.h - What agrees on the arena
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shared by the arena runtime (runtime/arena), by the build that links it into
// a program, by the images of region variants, and by the session that drives
// the program (gp/score/arena). No LLVM and no libc in here. docs/Arena.md says
// what the arena is.
//
// In the program
//
//   The build puts one ArenaRegion for each region into the section
//   speciate_arena_regions and one ArenaExternal for each symbol that images
//   may refer to into speciate_arena_externals (both may be missing; flags
//   "awR": the loader relocates them, and nothing refers to them). A region's
//   function begins with a pad of ArenaPadSize bytes of no-ops
//   (patchable-function-entry=16), after an endbr64 if there is one.
//
//   The runtime defines, hidden:
//     __speciate_arena_range       ArenaRangeSize bytes for images, page
//                                  aligned, zero-fill, in reach of rel32
//     __speciate_arena_marker      int64_t: decremented by the marked loops of
//                                  images; behind it two words in which a
//                                  marker leaves rax and where it goes on, if
//                                  it does (else no server can stand there)
//     __speciate_arena_marker_end  code: where they go (jz) when it reaches 0
//
// Between the program and the session
//
//   The environment variable ArenaDirVariable names a folder (absolute path);
//   without it the runtime does nothing. In it:
//     control   ArenaControl: what the processes are to do
//     image     ArenaRangeSize bytes, mapped shared at __speciate_arena_range
//     describe  text, written in the mode Describe: one line a fact, words
//               separated by one space, addresses in hexadecimal without 0x:
//                 load-base ADDRESS
//                 range ADDRESS SIZE
//                 runtime BEGIN END        private writable pages of the
//                 runtime marker ADDRESS marker-end ADDRESS region INDEX ENTRY
//                 PAD INTBYTES FPBYTES FLAGS NAME
//                                          PAD 0: the function has no pad;
//                                          the bytes as two digits an argument
//                 external ADDRESS NAME
//     count.P   ArenaCounts of the process P, written in the mode Count
//     socket    the session listens here (AF_UNIX, SOCK_SEQPACKET); every
//               server and every worker connects once and sends an ArenaHello
//     pages.W   uint64_t[]: the pages that a worker of window W restores
//
//   Processes are numbered from 0 in the order in which they start (programs
//   executed, children forked by the C library).
//
// A window's server is a fork of the program at a region's entry. It takes
// ArenaRequests from its socket. For Run it forks a child, which runs the
// window and sends an ArenaReport (Kind Reached or Left) over the same socket,
// then waits until it is killed. Whenever a child is gone, the server sends a
// report of Kind Ended. For Worker it forks a worker with a connection of its
// own, which takes requests of Kind Trials. For Advance it forks a child that
// runs on to a pass of the loop marker and is a server there, with a connection
// of its own: its windows begin at the marker, inside of the code that it ran.
// Servers end when the session closes their connection.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_RUNTIME_SPECIATE_ARENA_ABI_H
#define SPECIATE_RUNTIME_SPECIATE_ARENA_ABI_H

#include <stdint.h>

namespace speciate {
namespace rt {

constexpr char ArenaDirVariable[] = "SPECIATE_ARENA_DIR";
constexpr char ArenaRegionsSection[] = "speciate_arena_regions";
constexpr char ArenaExternalsSection[] = "speciate_arena_externals";
constexpr char ArenaRangeSymbol[] = "__speciate_arena_range";
constexpr char ArenaMarkerSymbol[] = "__speciate_arena_marker";
constexpr char ArenaMarkerEndSymbol[] = "__speciate_arena_marker_end";

constexpr uint64_t ArenaRangeSize = uint64_t(64) << 20;
constexpr unsigned ArenaPadSize = 16;
/// Regions beyond these are not looked at.
constexpr unsigned ArenaRegionsMax = 512;
constexpr unsigned ArenaIntArgs = 6; ///< rdi, rsi, rdx, rcx, r8, r9
constexpr unsigned ArenaFpArgs = 8;  ///< xmm0 to xmm7

/// One entry of the section speciate_arena_regions. Argument registers are
/// compared at the end of a window in as many low bytes as matter: 0 if the
/// register carries no argument, 1, 2, 4 or 8 for an integer or pointer (of an
/// i32 the upper half of the register is garbage), 4, 8 or 16 for a floating-
/// point or vector argument.
struct ArenaRegion {
  const void *Entry; ///< The function's address.
  const char *Name;
  uint8_t IntBytes[ArenaIntArgs];
  uint8_t FpBytes[ArenaFpArgs];
  uint16_t Flags; ///< ArenaRegionFlags.
};
static_assert(sizeof(ArenaRegion) == 32, "as the host build emits it");

enum ArenaRegionFlags : uint16_t {
  /// The images of this region count __speciate_arena_marker down at a loop.
  ArenaHasMarker = 1,
};

/// One entry of the section speciate_arena_externals.
struct ArenaExternal {
  const char *Name;
  const void *Address;
};
static_assert(sizeof(ArenaExternal) == 16, "as the host build emits it");

//===----------------------------------------------------------------------===//
// control
//===----------------------------------------------------------------------===//

/// Bytes "SPECAREN" in memory.
constexpr uint64_t ArenaMagic = 0x4e45524143455053ull;
constexpr uint32_t ArenaVersion = 4;
constexpr unsigned ArenaWindowsMax = 4096;

enum class ArenaMode : uint32_t {
  Describe, ///< Write `describe`, exit with code 0.
  Count,    ///< Count entries into count.P.
  Capture,  ///< Fork servers at the windows' entries.
};

enum class ArenaWindowState : uint32_t {
  Pending,       ///< The entry was not reached (yet).
  Forking,       ///< The program waits for the server.
  Ready,         ///< The server is connected.
  Threads,       ///< The process had several threads: no window.
  SharedMapping, ///< It shares writable memory that cannot be copied.
  Failed,        ///< A system call failed.
};

/// What trials are measured with besides the time stamp counter.
enum class ArenaCounter : uint32_t {
  None,
  Cycles,    ///< The processor's, in user mode, where perf_event has them.
  TaskClock, ///< The kernel's nanoseconds; for tests.
};

struct ArenaWindowSpec {
  uint32_t Region;
  uint32_t Process;
  uint64_t Entry; ///< From 1: the Entry-th entry of the region in the process.
  ArenaWindowState State;
  uint32_t Pid; ///< Of the server.
};

/// Written by the session before it runs the program; NextProcess and the
/// windows' states and pids change during the run.
struct ArenaControl {
  uint64_t Magic;
  uint32_t Version;
  ArenaMode Mode;
  uint32_t NextProcess;
  uint32_t WindowCount;
  /// A process of the program could not take part: 0, or the number of the
  /// system call that failed and its error number.
  uint32_t FailedCall;
  uint32_t FailedError;
  ArenaCounter Counter;
  uint32_t Reserved;
  ArenaWindowSpec Windows[ArenaWindowsMax];
};

//===----------------------------------------------------------------------===//
// count.P
//===----------------------------------------------------------------------===//

/// So many that regions whose entries are long, which are few then, have each
/// of them.
constexpr unsigned ArenaPoints = 4096;

struct ArenaPoint {
  uint64_t Entry; ///< Entries so far, this one included.
  uint64_t Tsc;   ///< Less what counting has taken, in all regions.
  /// What kind of arguments this entry has: of each of the region's integer
  /// arguments the number of its significant bits (null: 0), 7 bits each.
  uint64_t Class;
};

/// Points are Stride entries apart, except the first, the first entry. When
/// they fill up, every second one is dropped and Stride doubles.
struct ArenaRegionCount {
  uint64_t Counted; ///< Entries up to the last checkpoint.
  uint64_t Stride;
  uint64_t PointCount;
  ArenaPoint Points[ArenaPoints];
};

/// The file holds what the process has done so far at any moment; entries of a
/// region are Counted + (Stride - Counter).
struct ArenaCounts {
  uint64_t Magic; ///< Written last.
  uint32_t Version;
  uint32_t Process;
  uint32_t Pid;
  uint32_t Parent;
  uint32_t RegionCount;
  uint32_t Reserved;
  uint64_t StartTsc;
  uint64_t Counting; ///< Ticks that counting took.
  char Padding[4096 - 48];
  int64_t Counters[ArenaRegionsMax];
  ArenaRegionCount Regions[ArenaRegionsMax];
};
static_assert(ArenaRegionsMax * sizeof(int64_t) == 4096 &&
                  __builtin_offsetof(ArenaCounts, Counters) == 4096,
              "the counters are one page");

//===----------------------------------------------------------------------===//
// socket
//===----------------------------------------------------------------------===//

enum class ArenaRole : uint32_t {
  Server,
  Worker,
  Advanced, ///< A server at a loop marker.
};

struct ArenaHello {
  uint32_t Window;
  uint32_t Pid;
  ArenaRole Role;
  uint32_t Region;
  uint64_t Cycles;       ///< Advanced: from where its parent stands.
  uint64_t StackPointer; ///< At the entry.
  /// Where the kernel writes the processor's number for restartable sequences,
  /// whenever it likes: RseqSize bytes, 0 if there are none.
  uint64_t RseqBegin, RseqSize;
};

enum ArenaTaskFlags : uint32_t {
  /// Allow system calls that change the process's own memory mappings.
  ArenaAllowMemory = 1,
  /// Record the highest stack pointer at entries (slower).
  ArenaFollowStack = 2,
  /// Scrub the branch predictor first.
  ArenaScrub = 4,
  /// Write to every page of pages.W first.
  ArenaTouchPages = 8,
  /// Keep a record of the system calls that the runtime answers.
  ArenaRecordCalls = 16,
};

/// One run of a window: goes on at the region's entry with the code at Target,
/// which is also what further entries reach.
struct ArenaTask {
  uint64_t Target;     ///< The region's own function stands for the code behind
                       ///< its pad.
  uint64_t TargetSize; ///< Bytes touched before a timed run; may be 0.
  /// .eh_frame sections to be registered with the unwinder, or 0. Of both
  /// images that are to be compared, in the same order: the unwinder allocates
  /// memory.
  uint64_t EhFrames[2];
  int64_t Entries; ///< The window ends at the Entries-th next entry; 0: never.
  int64_t Passes;  ///< Or at this pass of the loop marker; 0: never.
  /// An end by Entries inside of frames of this window is put off to a later
  /// entry outside of them, by at most so many entries.
  uint64_t Extra;
  uint32_t Flags;
  uint32_t Tag; ///< Comes back in the reports.
};

enum class ArenaRequestKind : uint32_t { Run, Worker, Trials, Advance };
constexpr unsigned ArenaTrialsMax = 64;

struct ArenaRequest {
  ArenaRequestKind Kind;
  uint32_t Count; ///< Run, Advance: 1. Worker: pages. Trials: tasks.
  ArenaTask Tasks[ArenaTrialsMax]; ///< Only Count of them are sent.
};

/// What a window may ask of the system is answered by the runtime, without an
/// effect outside of its process (runtime/arena/Calls.cpp). A record of such
/// calls is a sequence of these, each followed by its data, padded to a
/// multiple of 8 bytes.
struct ArenaCall {
  uint32_t Number;
  int32_t Fd;        ///< -1: none.
  uint64_t Length;   ///< Asked for; lseek: whence; ioctl: the request.
  int64_t Offset;    ///< pread64, pwrite64, lseek.
  int64_t Result;    ///< As the program sees it: negative is an error number.
  uint64_t DataSize; ///< Bytes that were written.
};
constexpr uint64_t ArenaCallRecordSize = uint64_t(2) << 20;

/// Why the runtime did not answer a system call.
enum class ArenaLeave : uint32_t {
  Call,       ///< It answers none of this kind.
  Descriptor, ///< Of a descriptor or file for which it cannot say the answer.
  Changed,    ///< The file is not what it was at the window's entry.
  Full,       ///< There is no room in the record of calls.
};

enum class ArenaReportKind : uint32_t {
  Started, ///< Pid runs.
  Reached, ///< The end of the window.
  Left,    ///< By the system call Number, for the reason Cycles (ArenaLeave).
  Ended,   ///< Pid is gone; Number is its wait status.
  Failed,  ///< System call Number failed with error Cycles.
};

/// From servers and their children.
struct ArenaReport {
  ArenaReportKind Kind;
  uint32_t Pid;
  uint32_t Tag;
  int32_t Number;
  uint64_t Cycles;  ///< Of the time stamp counter.
  uint64_t Counted; ///< By ArenaControl::Counter; 0: there is none.
  uint64_t StackPointer;
  uint64_t HighestStackPointer; ///< With ArenaFollowStack.
  uint64_t ExtraUsed;
  uint64_t SignalMask; ///< At the end of the window.
  uint32_t AtMarker;   ///< Ended by the loop marker.
  uint32_t Mxcsr;
  uint32_t X87Control;
  uint32_t Switches; ///< Times that the kernel took the processor away.
  /// With ArenaRecordCalls: address and size of the record, in the child.
  uint64_t CallRecord, CallRecordSize;
  uint64_t IntArgs[ArenaIntArgs];
  uint64_t CalleeSaved[6]; ///< rbx, rbp, r12, r13, r14, r15
  uint8_t FpArgs[ArenaFpArgs][16];
};

/// A worker's answer to Trials: one for each task. A trial that does not come
/// back ends the worker; the session learns so from the server.
struct ArenaTrialResults {
  uint32_t Count;
  uint32_t Reserved;
  uint64_t Cycles[ArenaTrialsMax];
  uint64_t Counted[ArenaTrialsMax]; ///< As in ArenaReport.
};

} // namespace rt
} // namespace speciate

#endif
