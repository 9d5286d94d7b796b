//===- runtime/arena/Start.cpp - Processes, counting, stopping at entries
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/arena/State.h"

using namespace speciate;
using namespace speciate::arena;
using namespace speciate::rt;

extern "C" {
extern SPECIATE_HIDDEN __attribute__((weak)) char __ehdr_start[];

// Of the C library, if there is one.
extern __attribute__((weak)) int __register_atfork(void (*)(), void (*)(),
                                                   void (*)(), void *);
extern SPECIATE_HIDDEN __attribute__((weak)) void *__dso_handle;
}

namespace speciate {
namespace arena {

bool append(char *To, size_t Size, const char *What) {
  size_t N = sys::length(To), M = sys::length(What);
  if (N + M + 1 > Size)
    return false;
  sys::copy(To + N, What, M + 1);
  return true;
}

bool appendNumber(char *To, size_t Size, uint64_t Value, unsigned Base) {
  char Digits[32];
  unsigned At = sizeof(Digits);
  Digits[--At] = 0;
  do
    Digits[--At] = "0123456789abcdef"[Value % Base];
  while (Value /= Base);
  return append(To, Size, Digits + At);
}

bool pathOf(char *Path, const char *Name, long Number) {
  constexpr size_t Size = PathMax + 64;
  Path[0] = 0;
  if (!append(Path, Size, state().Dir) || !append(Path, Size, "/") ||
      !append(Path, Size, Name))
    return false;
  return Number < 0 ||
         (append(Path, Size, ".") && appendNumber(Path, Size, Number, 10));
}

} // namespace arena
} // namespace speciate

namespace {

long openFile(const char *Name, long Flags, long Number = -1) {
  char Path[PathMax + 64];
  if (!pathOf(Path, Name, Number))
    return -36; // ENAMETOOLONG
  return sys::call(sys::SysOpenat, sys::AtFdCwd, sys::addr(Path),
                   Flags | sys::OCloexec, 0666);
}

/// Tells the session why this process takes no part.
void giveUp(long Call, long Result) {
  State &S = state();
  S.Active = 0;
  if (!S.Control)
    return;
  S.Control->FailedError = uint32_t(-Result);
  S.Control->FailedCall = uint32_t(Call);
}

//===----------------------------------------------------------------------===//
// describe
//===----------------------------------------------------------------------===//

/// Buffered lines.
class Writer {
public:
  explicit Writer(long Fd) : Fd(Fd) { state().Text[0] = 0; }
  ~Writer() { flush(); }
  Writer &text(const char *What) {
    // Longer names than the buffer go out unbuffered.
    if (!append(state().Text, sizeof(state().Text), What)) {
      flush();
      write(What, sys::length(What));
    }
    return *this;
  }
  Writer &hex(uint64_t Value) {
    char Number[32] = {0};
    appendNumber(Number, sizeof(Number), Value, 16);
    return text(" ").text(Number);
  }
  Writer &bytes(const uint8_t *Bytes, unsigned Count) {
    text(" ");
    for (unsigned I = 0; I < Count; ++I) {
      char Two[3] = {"0123456789abcdef"[Bytes[I] >> 4],
                     "0123456789abcdef"[Bytes[I] & 15], 0};
      text(Two);
    }
    return *this;
  }
  void end() { text("\n"); }

private:
  void flush() {
    write(state().Text, sys::length(state().Text));
    state().Text[0] = 0;
  }
  void write(const char *Bytes, size_t Size) {
    while (Size) {
      long N = sys::call(sys::SysWrite, Fd, sys::addr(Bytes), Size);
      if (N <= 0)
        return;
      Bytes += N;
      Size -= N;
    }
  }
  long Fd;
};

[[noreturn]] void describe() {
  State &S = state();
  long Fd = openFile("describe", sys::OCreat | sys::ORdwr);
  if (sys::failed(Fd)) {
    giveUp(sys::SysOpenat, Fd);
    sys::call(sys::SysExitGroup, 1);
  }
  {
    Writer W(Fd);
    W.text("load-base").hex(&__ehdr_start ? sys::addr(__ehdr_start) : 0).end();
    W.text("range")
        .hex(sys::addr(__speciate_arena_range))
        .hex(ArenaRangeSize)
        .end();
    W.text("runtime").hex(sys::addr(&S)).hex(sys::addr(&S + 1)).end();
    W.text("marker").hex(sys::addr(&S.Marker)).end();
    W.text("marker-end")
        .hex(sys::addr(reinterpret_cast<void *>(&__speciate_arena_marker_end)))
        .end();
    W.text("unwinder").hex(hasUnwinder()).end();
    for (unsigned R = 0; R < S.RegionCount; ++R) {
      const ArenaRegion &Region = __start_speciate_arena_regions[R];
      W.text("region")
          .hex(R)
          .hex(sys::addr(Region.Entry))
          .hex(sys::addr(S.Pads[R].Address))
          .bytes(Region.IntBytes, ArenaIntArgs)
          .bytes(Region.FpBytes, ArenaFpArgs)
          .hex(Region.Flags)
          .text(" ")
          .text(Region.Name)
          .end();
    }
    for (const ArenaExternal *E = __start_speciate_arena_externals;
         E != __stop_speciate_arena_externals; ++E)
      W.text("external")
          .hex(sys::addr(E->Address))
          .text(" ")
          .text(E->Name)
          .end();
  }
  for (;;)
    sys::call(sys::SysExitGroup, 0);
}

//===----------------------------------------------------------------------===//
// count
//===----------------------------------------------------------------------===//

uint64_t timeStamp() {
  uint32_t Low, High;
  __asm__ volatile("rdtsc" : "=a"(Low), "=d"(High));
  return uint64_t(High) << 32 | Low;
}

bool openCounts(uint32_t Parent) {
  State &S = state();
  S.Counts = nullptr;
  constexpr long Exclusive = sys::OCreat | sys::OExcl | sys::ORdwr;
  long Fd = openFile("count", Exclusive, S.Process);
  if (sys::failed(Fd)) {
    giveUp(sys::SysOpenat, Fd);
    return false;
  }
  long Result = sys::call(sys::SysFtruncate, Fd, sizeof(ArenaCounts));
  long Base = -1;
  if (!sys::failed(Result))
    Base = sys::call(sys::SysMmap, 0, sizeof(ArenaCounts),
                     sys::ProtRead | sys::ProtWrite, sys::MapShared, Fd, 0);
  if (!sys::failed(Base))
    Result = sys::call(sys::SysMmap, sys::addr(S.Counters), PageSize,
                       sys::ProtRead | sys::ProtWrite,
                       sys::MapShared | sys::MapFixed, Fd,
                       __builtin_offsetof(ArenaCounts, Counters));
  sys::call(sys::SysClose, Fd);
  if (sys::failed(Base) || sys::failed(Result)) {
    giveUp(sys::SysMmap, sys::failed(Base) ? Base : Result);
    return false;
  }
  auto *C = reinterpret_cast<ArenaCounts *>(Base);
  C->Version = ArenaVersion;
  C->Process = S.Process;
  C->Pid = S.Pid;
  C->Parent = Parent;
  C->RegionCount = S.RegionCount;
  C->StartTsc = timeStamp();
  for (unsigned R = 0; R < S.RegionCount; ++R) {
    C->Regions[R].Stride = 1;
    S.Counters[R] = 1;
  }
  __atomic_store_n(&C->Magic, ArenaMagic, __ATOMIC_RELEASE);
  S.Counts = C;
  return true;
}

uint64_t classOfArguments(unsigned Region) {
  constexpr Register Order[ArenaIntArgs] = {Rdi, Rsi, Rdx, Rcx, R8, R9};
  const ArenaRegion &R = __start_speciate_arena_regions[Region];
  uint64_t Class = 0;
  for (unsigned I = 0; I < ArenaIntArgs; ++I) {
    if (!R.IntBytes[I])
      continue;
    uint64_t Value = state().Now.Gpr[Order[I]];
    if (R.IntBytes[I] < 8)
      Value &= (uint64_t(1) << 8 * R.IntBytes[I]) - 1;
    const uint64_t Bits = Value ? 64 - __builtin_clzll(Value) : 0;
    Class |= Bits << 7 * I;
  }
  return Class;
}

void checkpoint(unsigned Region) {
  State &S = state();
  if (!S.Counts)
    return;
  // What the last one took, until the program went on.
  if (S.CheckedTsc && S.StartTsc > S.CheckedTsc)
    S.Counts->Counting += S.StartTsc - S.CheckedTsc;
  S.CheckedTsc = S.Tsc;
  ArenaRegionCount &C = S.Counts->Regions[Region];
  C.Counted += C.Stride;
  if (C.PointCount == ArenaPoints) {
    uint64_t Stride = C.Stride * 2, Kept = 1;
    for (unsigned I = 1; I < ArenaPoints; ++I)
      if (C.Points[I].Entry % Stride == 0) {
        C.Points[Kept].Entry = C.Points[I].Entry;
        C.Points[Kept].Tsc = C.Points[I].Tsc;
        C.Points[Kept].Class = C.Points[I].Class;
        ++Kept;
      }
    C.PointCount = Kept;
    C.Stride = Stride;
  }
  if (C.Counted == 1 || C.Counted % C.Stride == 0) {
    C.Points[C.PointCount].Entry = C.Counted;
    C.Points[C.PointCount].Tsc = S.Tsc - S.Counts->Counting;
    C.Points[C.PointCount].Class = classOfArguments(Region);
    ++C.PointCount;
  }
  // Back on a multiple of the stride.
  S.Counters[Region] = C.Stride - C.Counted % C.Stride;
  C.Counted -= C.Counted % C.Stride;
}

//===----------------------------------------------------------------------===//
// capture
//===----------------------------------------------------------------------===//

/// Sets the region's counter to its next window's entry.
void armRegion(unsigned Region) {
  State &S = state();
  uint64_t Next = ~uint64_t(0);
  for (unsigned W = 0; W < S.Control->WindowCount; ++W) {
    const ArenaWindowSpec &Spec = S.Control->Windows[W];
    if (Spec.Region == Region && Spec.Process == S.Process &&
        Spec.Entry > S.Reached[Region] && Spec.Entry < Next)
      Next = Spec.Entry;
  }
  if (Next == ~uint64_t(0)) {
    S.Counters[Region] = 0; // never
    return;
  }
  S.Counters[Region] = Next - S.Reached[Region];
  S.Reached[Region] = Next;
}

bool hasThreads() {
  long Fd = sys::call(sys::SysOpenat, sys::AtFdCwd,
                      sys::addr("/proc/self/task"), sys::OCloexec, 0);
  if (sys::failed(Fd))
    return true;
  alignas(8) char Buffer[2048];
  unsigned Tasks = 0;
  for (;;) {
    long N =
        sys::call(sys::SysGetdents64, Fd, sys::addr(Buffer), sizeof(Buffer));
    if (N <= 0)
      break;
    for (long At = 0; At < N;) {
      // struct linux_dirent64: the record's length at 16, the name at 19.
      if (Buffer[At + 19] != '.')
        ++Tasks;
      At += *reinterpret_cast<uint16_t *>(Buffer + At + 16);
    }
  }
  sys::call(sys::SysClose, Fd);
  return Tasks != 1;
}

void captureAt(uint32_t Window) {
  State &S = state();
  ArenaWindowSpec &Spec = S.Control->Windows[Window];
  if (hasThreads()) {
    Spec.State = ArenaWindowState::Threads;
    return;
  }
  Spec.State = ArenaWindowState::Forking;
  // No exit signal: the program's own waits do not see the server.
  long Pid = sys::call(sys::SysClone, 0, 0);
  if (Pid == 0)
    serve(Window);
  if (sys::failed(Pid)) {
    Spec.State = ArenaWindowState::Failed;
    return;
  }
  // Until the server is out of the program's process group, has closed its
  // files and has its own copy of shared memory.
  constexpr unsigned Seconds = 10, WaitsPerSecond = 10;
  auto *Word = reinterpret_cast<uint32_t *>(&Spec.State);
  for (unsigned I = 0; I < Seconds * WaitsPerSecond; ++I) {
    uint32_t Forking = uint32_t(ArenaWindowState::Forking);
    if (__atomic_load_n(Word, __ATOMIC_ACQUIRE) != Forking)
      return;
    uint64_t Timeout[2] = {0, 1000000000 / WaitsPerSecond};
    sys::call(sys::SysFutex, sys::addr(Word), 0 /*FUTEX_WAIT*/, Forking,
              sys::addr(Timeout));
  }
  Spec.State = ArenaWindowState::Failed;
}

void captureWindows(unsigned Region) {
  State &S = state();
  for (unsigned W = 0; W < S.Control->WindowCount; ++W) {
    const ArenaWindowSpec &Spec = S.Control->Windows[W];
    if (Spec.Region == Region && Spec.Process == S.Process &&
        Spec.Entry == S.Reached[Region] &&
        Spec.State == ArenaWindowState::Pending)
      captureAt(W);
  }
  armRegion(Region);
}

//===----------------------------------------------------------------------===//
// Processes
//===----------------------------------------------------------------------===//

bool becomeProcess(uint32_t Parent) {
  State &S = state();
  S.Pid = int(sys::call(sys::SysGetpid));
  S.Process = __atomic_fetch_add(&S.Control->NextProcess, 1, __ATOMIC_RELAXED);
  if (S.Mode == ArenaMode::Count) {
    if (!openCounts(Parent))
      return false;
  } else {
    for (unsigned R = 0; R < S.RegionCount; ++R) {
      S.Reached[R] = 0;
      armRegion(R);
    }
  }
  for (unsigned R = 0; R < S.RegionCount; ++R)
    if (S.Pads[R].Address && S.Counters[R] != 0 &&
        writeStub(R, bodyOf(R), /*FollowStack=*/false))
      patchPad(R);
  return true;
}

/// In a child of the program.
void afterFork() {
  State &S = state();
  if (!S.Active)
    return;
  uint32_t Parent = S.Pid;
  S.Lock = 0;
  // The parent's counts go on without us.
  if (S.Mode == ArenaMode::Count) {
    if (S.Counts)
      sys::call(sys::SysMunmap, sys::addr(S.Counts), sizeof(ArenaCounts));
    S.Counts = nullptr;
    sys::call(sys::SysMmap, sys::addr(S.Counters), PageSize,
              sys::ProtRead | sys::ProtWrite,
              sys::MapPrivate | sys::MapFixed | sys::MapAnonymous, -1, 0);
  }
  becomeProcess(Parent);
}

bool isPrivileged() {
  return sys::call(sys::SysGetuid) != sys::call(sys::SysGeteuid) ||
         sys::call(sys::SysGetgid) != sys::call(sys::SysGetegid);
}

/// False: the processor's state is larger than we have room for.
bool findXsave() {
  uint32_t A = 1, B, C = 0, D;
  __asm__ volatile("cpuid" : "+a"(A), "=b"(B), "+c"(C), "=d"(D));
  constexpr uint32_t OsXsave = 1u << 27;
  if (!(C & OsXsave)) {
    state().UseXsave = 0;
    return true;
  }
  A = 13, C = 0;
  __asm__ volatile("cpuid" : "+a"(A), "=b"(B), "+c"(C), "=d"(D));
  state().UseXsave = 1;
  return B <= XsaveMax;
}

void initialize() {
  const char *Dir = sys::environment(ArenaDirVariable);
  // The environment of a set-user-ID program is not to be trusted.
  if (!Dir || Dir[0] != '/' || isPrivileged())
    return;
  State &S = state();
  if (!append(S.Dir, sizeof(S.Dir), Dir))
    return;
  long Fd = openFile("control", sys::ORdwr);
  if (sys::failed(Fd))
    return;
  long Base = sys::call(sys::SysMmap, 0, sizeof(ArenaControl),
                        sys::ProtRead | sys::ProtWrite, sys::MapShared, Fd, 0);
  sys::call(sys::SysClose, Fd);
  if (sys::failed(Base))
    return;
  auto *Control = reinterpret_cast<ArenaControl *>(Base);
  if (Control->Magic != ArenaMagic || Control->Version != ArenaVersion) {
    sys::call(sys::SysMunmap, Base, sizeof(ArenaControl));
    return;
  }
  S.Control = Control;
  S.Mode = Control->Mode;
  S.PrivateStack = sys::addr(S.Stack + sizeof(S.Stack));
  if (!findXsave())
    return giveUp(0, 0);
  if (!findPads())
    return giveUp(sys::SysMprotect, -1);
  if (S.Mode == ArenaMode::Describe)
    describe();
  Fd = openFile("image", 0);
  if (sys::failed(Fd))
    return giveUp(sys::SysOpenat, Fd);
  Base = sys::call(sys::SysMmap, sys::addr(__speciate_arena_range),
                   ArenaRangeSize, sys::ProtRead | sys::ProtExec,
                   sys::MapShared | sys::MapFixed, Fd, 0);
  sys::call(sys::SysClose, Fd);
  if (sys::failed(Base))
    return giveUp(sys::SysMmap, Base);
  if (!becomeProcess(0))
    return;
  S.Active = 1;
  if (&__register_atfork)
    __register_atfork(nullptr, nullptr, afterFork,
                      &__dso_handle ? &__dso_handle : nullptr);
}

// Before every constructor of the program and of the libraries linked into it.
__attribute__((section(".init_array.00000"), used,
               retain)) void (*const InitEntry)() = initialize;

} // namespace

extern "C" void speciate_arena_enter() {
  State &S = state();
  if (S.InWindow)
    return windowSlowPath();
  unsigned Region = S.Slow;
  // A signal's handler must not run on the private stack, nor want Lock.
  uint64_t All = ~uint64_t(0);
  sys::call(sys::SysRtSigprocmask, 0 /*SIG_BLOCK*/, sys::addr(&All),
            sys::addr(&S.SignalMask), 8);
  // A fork that the C library did not make.
  if (int(sys::call(sys::SysGetpid)) != S.Pid)
    afterFork();
  else if (S.Mode == ArenaMode::Count)
    checkpoint(Region);
  else
    captureWindows(Region);
  setResume(Region, /*FollowStack=*/false);
  sys::call(sys::SysRtSigprocmask, 2 /*SIG_SETMASK*/, sys::addr(&S.SignalMask),
            0, 8);
}
