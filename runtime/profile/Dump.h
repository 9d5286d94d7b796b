//===- runtime/profile/Dump.h - Copies of a profile, on a signal or in time
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A process's file is right at any moment. A dump is a copy of it that changes
// no more until the next dump takes its place: what the process did until then.
// It stands beside the file, has the same Run in its header and a Dump that is
// not 0; readers take of a run the file itself, or, if that is damaged, the
// latest dump, never both.
//
// SIGUSR2 makes one, if it would have ended the process otherwise: a program
// that handles, blocks or ignores it keeps it, before or after. The handler
// makes system calls only, needs a few hundred bytes of stack, and restarts
// what it interrupts (SA_RESTART; what the kernel never restarts, such as
// poll, fails with EINTR as with every handler).
//
// $SPECIATE_PROFILE_INTERVAL, in seconds, makes one again and again, by a
// thread that the C library does not know: all signals are blocked in it, and
// it has no descriptors but its own, so that no system call of the program is
// interrupted and no descriptor of it kept open.
//
// As Output.h: each runtime includes it once, everything is its own.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_RUNTIME_PROFILE_DUMP_H
#define SPECIATE_RUNTIME_PROFILE_DUMP_H

#include "runtime/profile/Output.h"

namespace speciate {
namespace rt {

/// The file that dumps are copies of. Base is null while there is none.
static struct {
  char *Base;
  uint64_t Size;
  uint32_t *Number; ///< In Page: the header's Dump.
} Dumped;
static char DumpPath[PathMax];
static char DumpTemporary[PathMax];
/// Of the dump, in which the header differs. Static, as are the paths: the
/// handler may run on a small stack.
alignas(8) static char DumpPage[ProfilePage];
static uint32_t DumpCount;
static uint32_t DumpBusy, DumpAgain;

static bool writeAll(long Fd, const char *From, uint64_t Size) {
  while (Size) {
    long N = sys::call(sys::SysWrite, Fd, sys::addr(From), Size);
    if (N == -sys::EIntr)
      continue;
    if (N <= 0)
      return false;
    From += N;
    Size -= N;
  }
  return true;
}

static void writeDump() {
  const char *Base = __atomic_load_n(&Dumped.Base, __ATOMIC_ACQUIRE);
  if (!Base)
    return;
  long Fd = sys::call(sys::SysOpenat, sys::AtFdCwd, sys::addr(DumpTemporary),
                      sys::OCreat | sys::OTrunc | sys::OWronly | sys::OCloexec |
                          sys::ONoFollow,
                      0666);
  if (sys::failed(Fd))
    return say("no dump: cannot create a file in the profile folder");
  sys::copy(DumpPage, Base, ProfilePage);
  *Dumped.Number = ++DumpCount;
  bool Good = writeAll(Fd, DumpPage, ProfilePage) &&
              writeAll(Fd, Base + ProfilePage, Dumped.Size - ProfilePage);
  sys::call(sys::SysClose, Fd);
  if (Good && !sys::failed(sys::call(sys::SysRenameat, sys::AtFdCwd,
                                     sys::addr(DumpTemporary), sys::AtFdCwd,
                                     sys::addr(DumpPath))))
    return;
  sys::call(sys::SysUnlinkat, sys::AtFdCwd, sys::addr(DumpTemporary), 0);
  say("no dump: cannot write the file");
}

/// Who finds a dump under way leaves word that there has to be another.
static void dump() {
  __atomic_store_n(&DumpAgain, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&DumpAgain, __ATOMIC_SEQ_CST) &&
         !__atomic_exchange_n(&DumpBusy, 1, __ATOMIC_SEQ_CST)) {
    if (__atomic_exchange_n(&DumpAgain, 0, __ATOMIC_SEQ_CST))
      writeDump();
    __atomic_store_n(&DumpBusy, 0, __ATOMIC_SEQ_CST);
  }
}

//===----------------------------------------------------------------------===//
// The signal
//===----------------------------------------------------------------------===//

namespace {
/// Of one runtime; a program and its shared objects may have several, linked by
/// what the kernel knows as the handler.
struct DumpHook {
  DumpHook *Next;
  void (*Handler)(int);
  void (*Restorer)();
  void (*Dump)();
};
/// As the kernel has it.
struct SignalAction {
  void (*Handler)(int);
  unsigned long Flags;
  void (*Restorer)();
  uint64_t Mask;
};
} // namespace

// The code by which unwinders and debuggers know the frame of a handler, and
// behind it what tells another runtime that the handler is one of ours. Aligned
// so that all of it is in one page.
extern "C" void __speciate_dump_restorer()
    __attribute__((visibility("hidden")));
__asm__(".pushsection .text.__speciate_dump_restorer,\"ax\",@progbits\n"
        ".balign 32\n"
        ".hidden __speciate_dump_restorer\n"
        ".type __speciate_dump_restorer,@function\n"
        "__speciate_dump_restorer:\n"
        "movq $15, %rax\n"
        "syscall\n"
        ".ascii \"SPECDUMP\"\n"
        ".quad __speciate_dump_hook - .\n"
        ".popsection\n");

static void handleDumpSignal(int);
__attribute__((used)) static DumpHook
    OwnHook __asm__("__speciate_dump_hook") = {nullptr, handleDumpSignal,
                                               __speciate_dump_restorer, dump};

/// The first of the hooks, if \p A is theirs.
static DumpHook *hookOf(const SignalAction &A) {
  constexpr uint64_t SaRestorer = 0x04000000, Code = 9, Mark = 8;
  const uint64_t At = sys::addr(reinterpret_cast<void *>(A.Restorer));
  if (reinterpret_cast<uint64_t>(A.Handler) <= 1 || !(A.Flags & SaRestorer) ||
      At % 32)
    return nullptr;
  const auto *Bytes = reinterpret_cast<const char *>(At);
  for (unsigned I = 0; I != Mark; ++I)
    if (Bytes[Code + I] != "SPECDUMP"[I])
      return nullptr;
  int64_t Distance;
  sys::copy(&Distance, Bytes + Code + Mark, sizeof(Distance));
  return reinterpret_cast<DumpHook *>(At + Code + Mark + Distance);
}

static void handleDumpSignal(int) {
  for (DumpHook *H = &OwnHook; H; H = H->Next)
    H->Dump();
}

static bool signalAction(const SignalAction *New, SignalAction *Old) {
  return !sys::failed(sys::call(sys::SysRtSigaction, sys::SigUsr2,
                                sys::addr(New), sys::addr(Old),
                                sizeof(uint64_t)));
}

static void dumpOnSignal() {
  constexpr uint64_t SaOnStack = 0x08000000, SaRestart = 0x10000000,
                     SaRestorer = 0x04000000;
  SignalAction Old;
  if (!signalAction(nullptr, &Old))
    return;
  OwnHook.Next = hookOf(Old);
  if (Old.Handler && !OwnHook.Next)
    return;
  const SignalAction New = {handleDumpSignal,
                            SaOnStack | SaRestart | SaRestorer,
                            __speciate_dump_restorer, 0};
  signalAction(&New, nullptr);
}

/// Before this code goes away.
static void forgetSignal() {
  SignalAction Now;
  if (!signalAction(nullptr, &Now))
    return;
  DumpHook *First = hookOf(Now);
  if (First == &OwnHook) {
    SignalAction New = {};
    if (OwnHook.Next) {
      // Any of the restorers does; that of the next hook has to stay.
      Now.Handler = OwnHook.Next->Handler;
      New = Now;
      New.Restorer = OwnHook.Next->Restorer;
    }
    signalAction(&New, nullptr);
    return;
  }
  for (DumpHook *H = First; H; H = H->Next)
    if (H->Next == &OwnHook)
      H->Next = OwnHook.Next;
}

//===----------------------------------------------------------------------===//
// The interval
//===----------------------------------------------------------------------===//

/// Nanoseconds; 0: none.
static uint64_t DumpInterval;
static uint32_t TimerStop;  ///< A futex: 1 asks the thread to end.
static uint32_t TimerAlive; ///< A futex: the kernel clears it at the end.
alignas(16) static char TimerStack[16384];

static void runTimer() {
  // What it inherited must not stay open because of it.
  if (sys::failed(sys::call(sys::SysCloseRange, 0, UINT32_MAX, 0)))
    for (long Fd = 0; Fd != 65536; ++Fd)
      sys::call(sys::SysClose, Fd);
  constexpr uint64_t Second = 1000000000;
  constexpr long FutexWaitPrivate = 128;
  while (!__atomic_load_n(&TimerStop, __ATOMIC_ACQUIRE)) {
    const uint64_t Wait[2] = {DumpInterval / Second, DumpInterval % Second};
    long Why = sys::call(sys::SysFutex, sys::addr(&TimerStop), FutexWaitPrivate,
                         0, sys::addr(Wait));
    if (Why == -sys::ETimedOut)
      dump();
  }
}

/// "2", "0.5"; 0 for everything else.
static uint64_t parseInterval(const char *Text) {
  constexpr uint64_t Most = 365 * 86400;
  uint64_t Value = 0, Unit = 1000000000;
  bool Fraction = false;
  for (; *Text; ++Text) {
    if (*Text == '.' && !Fraction) {
      Fraction = true;
      continue;
    }
    if (*Text < '0' || *Text > '9')
      return 0;
    if (Fraction) {
      Unit /= 10;
      Value += Unit * (*Text - '0');
    } else {
      Value = Value * 10 + (*Text - '0') * Unit;
      if (Value > Most * Unit)
        return 0;
    }
  }
  return Value;
}

static void startTimer() {
  enum : long {
    Vm = 0x100,
    Fs = 0x200,
    SigHand = 0x800,
    Thread = 0x10000,
    SysVSem = 0x40000,
    ClearTid = 0x200000,
  };
  if (!DumpInterval)
    return;
  TimerStop = 0;
  TimerAlive = 1;
  const uint64_t All = ~uint64_t(0);
  uint64_t Before = 0;
  enum { SetMask = 2 };
  sys::call(sys::SysRtSigprocmask, SetMask, sys::addr(&All), sys::addr(&Before),
            sizeof(All));
  long Result = sys::SysClone;
  register long R10 __asm__("r10") = sys::addr(&TimerAlive);
  register long R8 __asm__("r8") = 0;
  register void (*Body)() __asm__("r12") = runTimer;
  __asm__ volatile("syscall\n\t"
                   "test %%rax, %%rax\n\t"
                   "jnz 1f\n\t"
                   "xor %%ebp, %%ebp\n\t"
                   "call *%%r12\n\t"
                   "mov %[exit], %%eax\n\t"
                   "xor %%edi, %%edi\n\t"
                   "syscall\n\t"
                   "hlt\n"
                   "1:"
                   : "+a"(Result)
                   : "D"(Vm | Fs | SigHand | Thread | SysVSem | ClearTid),
                     "S"(TimerStack + sizeof(TimerStack)), "d"(0L), "r"(R10),
                     "r"(R8), "r"(Body), [exit] "i"(sys::SysExit)
                   : "rcx", "r11", "memory");
  sys::call(sys::SysRtSigprocmask, SetMask, sys::addr(&Before), 0, sizeof(All));
  if (sys::failed(Result)) {
    TimerAlive = 0;
    say("no dumps in time: cannot start a thread");
  }
}

static void stopTimer() {
  if (!DumpInterval)
    return;
  constexpr long FutexWait = 0, FutexWakePrivate = 129;
  __atomic_store_n(&TimerStop, 1, __ATOMIC_RELEASE);
  sys::call(sys::SysFutex, sys::addr(&TimerStop), FutexWakePrivate, 1);
  // Not for ever: after _Fork or clone there is no thread behind the word.
  const uint64_t Wait[2] = {0, 100000000};
  for (unsigned Try = 0; Try != 50; ++Try)
    if (uint32_t Alive = __atomic_load_n(&TimerAlive, __ATOMIC_ACQUIRE))
      sys::call(sys::SysFutex, sys::addr(&TimerAlive), FutexWait, Alive,
                sys::addr(Wait));
}

//===----------------------------------------------------------------------===//
// For the runtimes
//===----------------------------------------------------------------------===//

/// In a forked child, before it has a file of its own. The fork may have come
/// amid a dump of another thread, and the timer's is not here.
static void dropDumped() {
  __atomic_store_n(&Dumped.Base, nullptr, __ATOMIC_SEQ_CST);
  DumpBusy = DumpAgain = DumpCount = 0;
  TimerAlive = 0;
}

/// The file at FilePath, mapped at \p Base, is this process's from now on;
/// \p NumberOffset: of Dump in its header.
static void setDumped(char *Base, uint64_t Size, uint64_t NumberOffset,
                      const char *Suffix) {
  Dumped.Size = Size;
  Dumped.Number = reinterpret_cast<uint32_t *>(DumpPage + NumberOffset);
  DumpPath[0] = DumpTemporary[0] = 0;
  if (!append(DumpPath, FilePath))
    return;
  DumpPath[sys::length(DumpPath) - sys::length(Suffix)] = 0;
  if (!append(DumpPath, ".dump") || !append(DumpPath, Suffix) ||
      !append(DumpTemporary, DumpPath) || !append(DumpTemporary, ".tmp"))
    return;
  __atomic_store_n(&Dumped.Base, Base, __ATOMIC_RELEASE);
}

/// Once, when the process has its file.
static void startDumps() {
  dumpOnSignal();
  if (const char *Text = sys::environment(ProfileIntervalVariable)) {
    DumpInterval = parseInterval(Text);
    if (!DumpInterval)
      say("no dumps in time: SPECIATE_PROFILE_INTERVAL is not a number of "
          "seconds");
  }
  startTimer();
}

/// Of a forked child, which has the handler but not the thread.
static void restartDumps() { startTimer(); }

/// True of a shared object, which may be unloaded while the process goes on.
static bool isShared(const char *Image) {
  if (!Image)
    return false;
  constexpr uint64_t AtPhdr = 3;
  constexpr unsigned ProgramHeaders = 32; ///< Offset in an ELF header.
  uint64_t Offset, Auxv[64];
  sys::copy(&Offset, Image + ProgramHeaders, sizeof(Offset));
  long Fd = sys::call(sys::SysOpenat, sys::AtFdCwd,
                      sys::addr("/proc/self/auxv"), sys::OCloexec);
  if (sys::failed(Fd))
    return false;
  long N = sys::call(sys::SysRead, Fd, sys::addr(Auxv), sizeof(Auxv));
  sys::call(sys::SysClose, Fd);
  for (long I = 0; I + 1 < N / 8; I += 2)
    if (Auxv[I] == AtPhdr)
      return Auxv[I + 1] != uint64_t(sys::addr(Image)) + Offset;
  return false;
}

/// At the end, or when the shared object with \p Image is unloaded.
static void endDumps(const char *Image) {
  if (!isShared(Image))
    return;
  forgetSignal();
  stopTimer();
}

} // namespace rt
} // namespace speciate

#endif
