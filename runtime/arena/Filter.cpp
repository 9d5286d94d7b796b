//===- runtime/arena/Filter.cpp - System calls that a window may make
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Nothing in a window may have an effect outside of its process, and nothing
// that it reads may come from there, except clocks (if they matter, two runs of
// the original differ and the window is dropped). The kernel carries out the
// calls of the list; all others come back as SIGSYS, and are answered here
// (Calls.cpp) or end the window.
//
// The handler runs on a stack of ours: the program's memory below its stack
// pointer stays as it is. Its time is not the window's; that of the kernel for
// the signal, about a microsecond, is.
//
//===----------------------------------------------------------------------===//

#include "runtime/arena/State.h"

namespace speciate {
namespace arena {

namespace {

struct Instruction {
  uint16_t Code;
  uint8_t True, False;
  uint32_t K;
};
struct Program {
  uint16_t Length;
  Instruction *Code;
};
enum : uint16_t {
  LoadWord = 0x20,
  JumpEqual = 0x15,
  JumpAtLeast = 0x35,
  And = 0x54,
  Return = 0x06,
};
enum : uint32_t {
  Allow = 0x7fff0000u,
  Trap = 0x00030000u,
  AuditArchX86_64 = 0xc000003eu,
};
/// Of struct seccomp_data.
enum : uint32_t { NumberAt = 0, ArchAt = 4, ArgumentsAt = 16 };
constexpr uint32_t LastArgumentAt = ArgumentsAt + 5 * 8;

constexpr uint16_t Always[] = {
    14,  // rt_sigprocmask: sigsetjmp
    15,  // rt_sigreturn
    24,  // sched_yield
    34,  // pause: ours, at the end
    39,  // getpid
    60,  // exit
    96,  // gettimeofday
    98,  // getrusage
    100, // times
    102, // getuid
    104, // getgid
    107, // geteuid
    108, // getegid
    110, // getppid
    186, // gettid
    201, // time
    219, // restart_syscall
    228, // clock_gettime
    229, // clock_getres
    231, // exit_group
    309, // getcpu
};
constexpr uint16_t Memory[] = {
    10, // mprotect
    11, // munmap
    12, // brk
    25, // mremap
    28, // madvise
};
constexpr uint16_t Read = 0, Close = 3, Fstat = 5, Mmap = 9, Pread64 = 17,
                   Sendto = 44, Recvfrom = 45, Fcntl = 72, Openat = 257;

struct SigInfo {
  int32_t Signal, Error, Code, Padding;
  uint64_t CallAddress;
  int32_t Call;
  uint32_t Arch;
};

/// The kernel's ucontext, as far as needed.
struct UserContext {
  uint64_t Flags, Link, Stack[3];
  uint64_t R8, R9, R10, R11, R12, R13, R14, R15;
  uint64_t Rdi, Rsi, Rbp, Rbx, Rdx, Rax, Rcx, Rsp, Rip;
};

uint64_t timeStamp() {
  uint32_t Low, High;
  __asm__ volatile("rdtsc" : "=a"(Low), "=d"(High));
  return uint64_t(High) << 32 | Low;
}

void onSystemCall(int, SigInfo *Info, UserContext *Context) {
  State &S = state();
  const uint64_t Before = timeStamp();
  const uint64_t Args[6] = {Context->Rdi, Context->Rsi, Context->Rdx,
                            Context->R10, Context->R8,  Context->R9};
  long Result = 0;
  auto Why = rt::ArenaLeave::Call;
  if (S.InWindow && Info->Arch == AuditArchX86_64 &&
      answerCall(Info->Call, Args, Result, Why)) {
    Context->Rax = uint64_t(Result);
    S.Elapsed -= timeStamp() - Before;
    return;
  }
  sendReport(rt::ArenaReportKind::Left, S.Task.Tag, Info->Call, uint64_t(Why));
  for (;;)
    sys::call(sys::SysExitGroup, 1);
}

__attribute__((naked)) void restorer() {
  __asm__ volatile("movl $15, %eax\n"
                   "syscall\n");
}

} // namespace

bool installFilter(bool AllowMemory, bool Own) {
  State &S = state();
  struct {
    void (*Handler)(int, SigInfo *, UserContext *);
    uint64_t Flags;
    void (*Restorer)();
    uint64_t Mask;
  } Action = {onSystemCall,
              4 /*SA_SIGINFO*/ | 0x04000000 /*SA_RESTORER*/ |
                  0x08000000 /*SA_ONSTACK*/,
              restorer, 0};
  struct {
    uint8_t *Begin;
    uint64_t Flags, Size;
  } Stack = {S.SignalStack, 0, sizeof(S.SignalStack)};
  constexpr long SigSys = 31;
  if (sys::failed(sys::call(sys::SysSigaltstack, sys::addr(&Stack), 0)))
    return false;
  sys::call(sys::SysRtSigaction, SigSys, sys::addr(&Action), 0, 8);

  Instruction Code[128];
  unsigned N = 0;
  auto Put = [&](uint16_t Op, uint32_t K, uint8_t True = 0, uint8_t False = 0) {
    Code[N++] = {Op, True, False, K};
  };
  auto AllowCall = [&](uint32_t Number) {
    Put(JumpEqual, Number, 0, 1);
    Put(Return, Allow);
  };
  Put(LoadWord, ArchAt);
  Put(JumpEqual, AuditArchX86_64, 1, 0);
  Put(Return, Trap);
  // The runtime's own calls: all, or to open files for reading.
  constexpr uint64_t Mark = sys::CallMark;
  const uint8_t Length = Own ? 1 : 12;
  Put(LoadWord, LastArgumentAt);
  Put(JumpEqual, uint32_t(Mark), 0, Length + 2);
  Put(LoadWord, LastArgumentAt + 4);
  Put(JumpEqual, uint32_t(Mark >> 32), 0, Length);
  if (Own) {
    Put(Return, Allow);
  } else {
    Put(LoadWord, NumberAt);
    AllowCall(Close);
    AllowCall(Fstat);
    AllowCall(Fcntl);
    Put(JumpEqual, Openat, 0, 4);
    Put(LoadWord, ArgumentsAt + 2 * 8);
    Put(And, sys::OAccessMode | sys::OCreat | sys::OTrunc);
    Put(JumpEqual, 0, 0, 1);
    Put(Return, Allow);
  }
  Put(LoadWord, NumberAt);
  for (uint16_t Number : Always)
    AllowCall(Number);
  if (AllowMemory) {
    for (uint16_t Number : Memory)
      AllowCall(Number);
    // Private anonymous memory only.
    Put(JumpEqual, Mmap, 0, 5);
    Put(LoadWord, ArgumentsAt + 3 * 8);
    Put(And, sys::MapShared | sys::MapAnonymous);
    Put(JumpEqual, sys::MapAnonymous, 0, 1);
    Put(Return, Allow);
    Put(Return, Trap);
  }
  // The files that we opened ourselves; the program has none with such numbers.
  Put(JumpEqual, Pread64, 0, 4);
  Put(LoadWord, ArgumentsAt);
  Put(JumpAtLeast, S.FirstFree, 0, 1);
  Put(Return, Allow);
  Put(Return, Trap);
  // The cycle counter.
  if (S.CounterFd) {
    Put(JumpEqual, Read, 0, 4);
    Put(LoadWord, ArgumentsAt);
    Put(JumpEqual, uint32_t(S.CounterFd), 0, 1);
    Put(Return, Allow);
    Put(Return, Trap);
  }
  // The connection to the session.
  Put(JumpEqual, Sendto, 1, 0);
  Put(JumpEqual, Recvfrom, 0, 3);
  Put(LoadWord, ArgumentsAt);
  Put(JumpEqual, uint32_t(S.Socket), 0, 1);
  Put(Return, Allow);
  Put(Return, Trap);

  Program Filter = {uint16_t(N), Code};
  constexpr long SetNoNewPrivs = 38, SetModeFilter = 1, SpecAllow = 4;
  sys::call(sys::SysPrctl, SetNoNewPrivs, 1);
  // Without SpecAllow old kernels slow the process down.
  if (!sys::failed(sys::call(sys::SysSeccomp, SetModeFilter, SpecAllow,
                             sys::addr(&Filter))))
    return true;
  return !sys::failed(
      sys::call(sys::SysSeccomp, SetModeFilter, 0, sys::addr(&Filter)));
}

} // namespace arena
} // namespace speciate
