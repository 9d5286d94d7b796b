//===- runtime/arena/Window.cpp - Runs windows
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/arena/State.h"

extern "C" {
// Of the unwinder, if there is one.
__attribute__((weak)) void __register_frame_info(const void *Begin,
                                                 void *Object);
__attribute__((weak)) void *__deregister_frame_info(const void *Begin);
__attribute__((weak)) const void *_Unwind_Find_FDE(void *Pc, void *Bases);
}

namespace speciate {
namespace arena {

using namespace rt;

namespace {

void touch(uint64_t Address, bool Write) {
  auto *P = reinterpret_cast<volatile uint8_t *>(Address);
  uint8_t Byte = *P;
  if (Write)
    *P = Byte;
}

void registerFrames(bool Register) {
  State &S = state();
  // Where the window begins inside of an image, its frames are registered.
  if (!hasUnwinder() || S.Advanced)
    return;
  bool Any = false;
  for (unsigned I = 0; I < 2; ++I) {
    if (!S.Task.EhFrames[I])
      continue;
    auto *Begin = reinterpret_cast<const void *>(S.Task.EhFrames[I]);
    if (Register)
      __register_frame_info(Begin, S.FrameObjects[I]);
    else
      __deregister_frame_info(Begin);
    Any = true;
  }
  if (!Any || !Register)
    return;
  // Tables are sorted, into allocated memory, at the first search that comes to
  // them: all now, by a search in vain, and none in the window.
  void *Bases[3];
  _Unwind_Find_FDE(reinterpret_cast<void *>(1), Bases);
}

/// Everything but the signal mask, for a window that begins with run().
bool prepare() {
  State &S = state();
  const bool Follow = S.Task.Flags & ArenaFollowStack;
  S.Counters[S.Region] = S.Task.Entries;
  S.Marker = S.Task.Passes;
  S.ExtraUsed = 0;
  S.Elapsed = 0;
  S.HighestStack = S.Start.Gpr[Rsp];
  resetCalls();
  if (!writeStub(S.Region, S.Task.Target, Follow))
    return false;
  sys::copy(&S.Now, &S.Start, sizeof(S.Now));
  if (S.Advanced)
    S.ResumeVia = S.StartNext;
  else
    setResume(S.Region, Follow);
  for (uint64_t At = 0; At < S.Task.TargetSize; At += PageSize)
    touch(S.Task.Target + At, false);
  return true;
}

/// Runs the window of Task; its time stamp cycles.
uint64_t run() {
  State &S = state();
  registerFrames(true);
  if (S.Task.Flags & ArenaScrub)
    scrub();
  constexpr uint64_t SigSys = uint64_t(1) << 30;
  uint64_t Mask = S.SignalMask & ~SigSys;
  sys::call(sys::SysRtSigprocmask, 2 /*SIG_SETMASK*/, sys::addr(&Mask), 0, 8);
  S.InWindow = 1;
  const uint64_t Before = readCounter();
  speciate_arena_run();
  const uint64_t After = readCounter();
  S.InWindow = 0;
  S.Counted = Before == NotCounted || After == NotCounted ? 0 : After - Before;
  return S.Elapsed + (S.Tsc - S.StartTsc);
}

/// And takes its own number.
void dieWithParent() {
  constexpr long SetPdeathsig = 1, Kill = 9;
  sys::call(sys::SysPrctl, SetPdeathsig, Kill);
  if (sys::call(sys::SysGetppid) != state().Pid)
    sys::call(sys::SysExitGroup, 1);
  state().Pid = int(sys::call(sys::SysGetpid));
}

long openPages() {
  char Path[PathMax + 64];
  if (!pathOf(Path, "pages", state().Window))
    return -1;
  return sys::call(sys::SysOpenat, sys::AtFdCwd, sys::addr(Path), sys::OCloexec,
                   0);
}

void touchPages() {
  long Fd = openPages();
  if (sys::failed(Fd))
    return;
  uint64_t Pages[256];
  for (;;) {
    long N = sys::call(sys::SysRead, Fd, sys::addr(Pages), sizeof(Pages));
    if (N <= 0)
      break;
    for (long I = 0; I < N / 8; ++I)
      touch(Pages[I], true);
  }
  sys::call(sys::SysClose, Fd);
}

/// Page faults, and times that the kernel took the processor away.
struct Disturbances {
  int64_t Faults, Switches;
};

Disturbances disturbances() {
  // struct rusage: two times of two words, then counters.
  int64_t Usage[18] = {0};
  constexpr long Thread = 1;
  sys::call(sys::SysGetrusage, Thread, sys::addr(Usage));
  return {Usage[8], Usage[17]};
}

[[noreturn]] void fail(int Call, long Result) {
  sendReport(ArenaReportKind::Failed, state().Task.Tag, Call, -Result);
  for (;;)
    sys::call(sys::SysExitGroup, 1);
}

/// Runs Task on restored pages. A run that was disturbed is repeated a few
/// times; the shortest counts then.
uint64_t trial() {
  State &S = state();
  constexpr unsigned Tries = 4;
  uint64_t Least = ~uint64_t(0), CountedThen = 0;
  for (unsigned Try = 0; Try < Tries; ++Try) {
    for (uint64_t P = 0; P < S.PageCount; ++P)
      sys::copy(reinterpret_cast<void *>(S.Pages[P]), S.Saved + P * PageSize,
                PageSize);
    if (!prepare())
      fail(0, 0);
    Disturbances Before = disturbances();
    uint64_t Cycles = run();
    Disturbances After = disturbances();
    registerFrames(false);
    if (Before.Faults == After.Faults && Before.Switches == After.Switches)
      return Cycles;
    if (Cycles < Least) {
      Least = Cycles;
      CountedThen = S.Counted;
    }
  }
  S.Counted = CountedThen;
  return Least;
}

} // namespace

bool hasUnwinder() {
  return &__register_frame_info && &__deregister_frame_info &&
         &_Unwind_Find_FDE;
}

void windowSlowPath() {
  State &S = state();
  // Frames of the window may still be active: on to an entry outside of them,
  // so that all of the stack can be compared.
  if (S.Slow != AtMarker && S.Now.Gpr[Rsp] < S.HighestStack &&
      S.ExtraUsed < S.Task.Extra) {
    ++S.ExtraUsed;
    S.Elapsed += S.Tsc - S.StartTsc;
    S.Counters[S.Region] = 1;
    setResume(S.Region, S.Task.Flags & ArenaFollowStack);
    return;
  }
  speciate_arena_leave();
}

void runChild() {
  State &S = state();
  dieWithParent();
  if (S.Task.Flags & ArenaTouchPages)
    touchPages();
  if (S.Task.Flags & ArenaScrub) {
    buildScrub();
    // Another mapping would move the program's own.
    openCounter(/*Map=*/false);
  }
  checkFiles();
  if (!prepare())
    fail(0, 0);
  if (!installFilter(S.Task.Flags & ArenaAllowMemory))
    fail(sys::SysSeccomp, -1);
  Disturbances Before = disturbances();
  uint64_t Cycles = run();
  ArenaReport &R = S.Report;
  R.Switches = uint32_t(disturbances().Switches - Before.Switches);
  R.StackPointer = S.Now.Gpr[Rsp];
  R.HighestStackPointer = S.HighestStack;
  R.ExtraUsed = S.ExtraUsed;
  sys::call(sys::SysRtSigprocmask, 0, 0, sys::addr(&R.SignalMask), 8);
  R.Counted = S.Counted;
  R.AtMarker = S.Slow == AtMarker;
  R.CallRecord = sys::addr(S.CallRecord);
  R.CallRecordSize = S.CallRecordUsed;
  // The legacy area: control word at 0, MXCSR at 24, xmm registers from 160.
  uint16_t Control;
  sys::copy(&Control, S.Now.Xsave, 2);
  R.X87Control = Control;
  sys::copy(&R.Mxcsr, S.Now.Xsave + 24, 4);
  sys::copy(R.FpArgs, S.Now.Xsave + 160, sizeof(R.FpArgs));
  const uint64_t *G = S.Now.Gpr;
  const uint64_t Int[] = {G[Rdi], G[Rsi], G[Rdx], G[Rcx], G[R8], G[R8 + 1]};
  sys::copy(R.IntArgs, Int, sizeof(R.IntArgs));
  const uint64_t Saved[] = {G[Rbx],     G[Rbp],     G[R12],
                            G[R12 + 1], G[R12 + 2], G[R15]};
  sys::copy(R.CalleeSaved, Saved, sizeof(R.CalleeSaved));
  sendReport(ArenaReportKind::Reached, S.Task.Tag, 0, Cycles);
  for (;;)
    sys::call(sys::SysPause);
}

void runAdvance() {
  State &S = state();
  dieWithParent();
  checkFiles();
  S.MarkerNext = 0;
  if (!prepare())
    fail(0, 0);
  if (!S.Advanced && !installFilter(/*AllowMemory=*/true, /*Own=*/true))
    fail(sys::SysSeccomp, -1);
  const uint64_t Cycles = run();
  if (S.Slow != AtMarker || !S.MarkerNext)
    fail(0, 0);
  constexpr long SetPdeathsig = 1;
  sys::call(sys::SysPrctl, SetPdeathsig, 0);
  uint64_t All = ~uint64_t(0);
  sys::call(sys::SysRtSigprocmask, 0 /*SIG_BLOCK*/, sys::addr(&All),
            sys::addr(&S.SignalMask), 8);
  S.StartNext = S.MarkerNext;
  S.Advanced = 1;
  startCalls();
  serveHere(Cycles);
}

void runWorker(uint32_t PageCount) {
  State &S = state();
  dieWithParent();
  S.PageCount = PageCount;
  long Fd = openPages();
  if (sys::failed(Fd))
    fail(sys::SysOpenat, Fd);
  const uint64_t ListSize = PageCount * 8 + 8;
  // Anonymous: all that the filter of an advanced server allows.
  long List =
      sys::call(sys::SysMmap, 0, ListSize, sys::ProtRead | sys::ProtWrite,
                sys::MapPrivate | sys::MapAnonymous, -1, 0);
  long Saved = sys::call(sys::SysMmap, 0, (PageCount + 1) * PageSize,
                         sys::ProtRead | sys::ProtWrite,
                         sys::MapPrivate | sys::MapAnonymous, -1, 0);
  if (sys::failed(List) || sys::failed(Saved))
    fail(sys::SysMmap, sys::failed(List) ? List : Saved);
  for (uint64_t At = 0; At < PageCount * 8;) {
    long N =
        sys::call(sys::SysRead, Fd, List + long(At), long(PageCount * 8 - At));
    if (N <= 0)
      fail(sys::SysRead, N);
    At += uint64_t(N);
  }
  sys::call(sys::SysClose, Fd);
  S.Pages = reinterpret_cast<uint64_t *>(List);
  S.Saved = reinterpret_cast<uint8_t *>(Saved);
  for (uint64_t I = 0; I < PageCount; ++I) {
    touch(S.Pages[I], true);
    sys::copy(S.Saved + I * PageSize, reinterpret_cast<void *>(S.Pages[I]),
              PageSize);
  }
  buildScrub();
  openCounter(/*Map=*/!S.Advanced);
  checkFiles();
  // The server's connection stays the server's.
  sys::call(sys::SysClose, S.Socket);
  long Result = connectToSession();
  if (sys::failed(Result))
    sys::call(sys::SysExitGroup, 1);
  if (!installFilter(/*AllowMemory=*/false))
    fail(sys::SysSeccomp, -1);
  sendHello(ArenaRole::Worker);
  for (;;) {
    long N = sys::call(sys::SysRecvfrom, S.Socket, sys::addr(&S.Request),
                       sizeof(S.Request));
    if (N == -4) // EINTR
      continue;
    if (N <= 0)
      sys::call(sys::SysExitGroup, 0);
    for (unsigned I = 0; I < S.Request.Count; ++I) {
      sys::copy(&S.Task, &S.Request.Tasks[I], sizeof(S.Task));
      S.Results.Cycles[I] = trial();
      S.Results.Counted[I] = S.Counted;
    }
    S.Results.Count = S.Request.Count;
    constexpr long NoSignal = 0x4000;
    sys::call(sys::SysSendto, S.Socket, sys::addr(&S.Results),
              sizeof(S.Results), NoSignal);
  }
}

} // namespace arena
} // namespace speciate
