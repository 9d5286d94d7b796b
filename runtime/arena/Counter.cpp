//===- runtime/arena/Counter.cpp - The processor's cycles, where there are any
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Cycles in user mode do not count what the kernel, another process or another
// virtual machine takes away, nor that the clock changes. Many virtual machines
// have none: then the counter does not open, and time is all there is.
//
// The event is pinned: it counts all the time or fails, and is never one of
// several that share a counter and are extrapolated. It is read from user space
// (rdpmc) where the kernel allows that, else by read(2).
//
//===----------------------------------------------------------------------===//

#include "runtime/arena/State.h"

namespace speciate {
namespace arena {

namespace {

/// struct perf_event_attr, its first version.
struct Attributes {
  uint32_t Type, Size;
  uint64_t Config, SamplePeriod, SampleType, ReadFormat, Flags;
  uint32_t Wakeup, BreakpointType;
  uint64_t BreakpointAddress;
};
static_assert(sizeof(Attributes) == 64, "PERF_ATTR_SIZE_VER0");

enum : uint32_t { TypeHardware = 0, TypeSoftware = 1 };
enum : uint64_t { CpuCycles = 0, TaskClock = 1 };
enum : uint64_t { Pinned = 1 << 2, ExcludeKernel = 1 << 5, ExcludeHv = 1 << 6 };
enum : uint64_t { TotalTimeEnabled = 1, TotalTimeRunning = 2 };

/// In struct perf_event_mmap_page.
enum : unsigned {
  LockAt = 8,
  IndexAt = 12,
  OffsetAt = 16,
  CapabilitiesAt = 40,
  WidthAt = 48
};
constexpr uint64_t CapUserRdpmc = 1 << 2;

template <typename T>
T field(unsigned At) {
  return *reinterpret_cast<const volatile T *>(state().CounterPage + At);
}

/// False if it cannot be read so at this moment.
bool readMapped(uint64_t &Value) {
  for (;;) {
    uint32_t Lock = field<uint32_t>(LockAt);
    __asm__ volatile("" ::: "memory");
    uint32_t Index = field<uint32_t>(IndexAt);
    if (!Index || !(field<uint64_t>(CapabilitiesAt) & CapUserRdpmc))
      return false;
    uint64_t Sum = field<uint64_t>(OffsetAt);
    unsigned Unused = 64 - field<uint16_t>(WidthAt);
    uint32_t Low, High;
    __asm__ volatile("lfence\n"
                     "rdpmc\n"
                     "lfence\n"
                     : "=a"(Low), "=d"(High)
                     : "c"(Index - 1)
                     : "memory");
    // Counters are signed, and as wide as the processor has them.
    uint64_t Counter = uint64_t(High) << 32 | Low;
    Sum += uint64_t(int64_t(Counter << Unused) >> Unused);
    __asm__ volatile("" ::: "memory");
    if (field<uint32_t>(LockAt) == Lock) {
      Value = Sum;
      return true;
    }
  }
}

} // namespace

void openCounter(bool Map) {
  State &S = state();
  S.CounterFd = 0;
  S.CounterPage = nullptr;
  if (S.Counter == rt::ArenaCounter::None)
    return;
  bool Cycles = S.Counter == rt::ArenaCounter::Cycles;
  Attributes A = {};
  A.Type = Cycles ? TypeHardware : TypeSoftware;
  A.Size = sizeof(A);
  A.Config = Cycles ? CpuCycles : TaskClock;
  A.ReadFormat = TotalTimeEnabled | TotalTimeRunning;
  A.Flags = Pinned | (Cycles ? ExcludeKernel | ExcludeHv : 0);
  constexpr long Cloexec = 8;
  long Fd = sys::call(sys::SysPerfEventOpen, sys::addr(&A), /*Pid=*/0,
                      /*Cpu=*/-1, /*Group=*/-1, Cloexec);
  if (sys::failed(Fd))
    return;
  // Lower numbers are the program's.
  long Ours =
      sys::call(sys::SysFcntl, Fd, sys::FDupFdCloexec, long(S.FirstFree));
  sys::call(sys::SysClose, Fd);
  Fd = Ours;
  if (sys::failed(Fd))
    return;
  S.CounterFd = int(Fd);
  if (Map) {
    long Page = sys::call(sys::SysMmap, 0, PageSize, sys::ProtRead,
                          sys::MapShared, Fd, 0);
    if (!sys::failed(Page))
      S.CounterPage = reinterpret_cast<const volatile uint8_t *>(Page);
  }
}

uint64_t readCounter() {
  State &S = state();
  if (!S.CounterFd)
    return NotCounted;
  uint64_t Value;
  if (S.CounterPage && readMapped(Value))
    return Value;
  uint64_t Said[3]; // Value, time enabled, time running.
  if (sys::call(sys::SysRead, S.CounterFd, sys::addr(Said), sizeof(Said)) !=
          sizeof(Said) ||
      Said[1] != Said[2])
    return NotCounted;
  return Said[0];
}

} // namespace arena
} // namespace speciate
