//===- runtime/arena/Server.cpp - Servers of windows
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// While a child lives, the server sleeps in a system call and writes to none of
// the program's pages: the pages that a child wrote are found by being mapped
// once only.
//
//===----------------------------------------------------------------------===//

#include "runtime/arena/State.h"

namespace speciate {
namespace arena {

using namespace rt;

namespace {

constexpr long Wall = 0x40000000;

//===----------------------------------------------------------------------===//
// Shared memory of the program
//===----------------------------------------------------------------------===//

struct Range {
  uint64_t Begin, End;
};

bool startsWith(const char *Text, const char *Prefix) {
  for (; *Prefix; ++Text, ++Prefix)
    if (*Text != *Prefix)
      return false;
  return true;
}

uint64_t readHex(const char *&P) {
  uint64_t Value = 0;
  for (;; ++P) {
    if (*P >= '0' && *P <= '9')
      Value = Value * 16 + (*P - '0');
    else if (*P >= 'a' && *P <= 'f')
      Value = Value * 16 + (*P - 'a' + 10);
    else
      return Value;
  }
}

/// Looks at a line of /proc/self/maps. False if it is shared, writable and
/// cannot be copied (a device); \p Found is set if it is to be copied.
bool parseMapping(const char *Line, Range &R, bool &Found) {
  const char *P = Line;
  R.Begin = readHex(P);
  ++P;
  R.End = readHex(P);
  ++P; // permissions: "rw-s"
  Found = P[1] == 'w' && P[3] == 's' &&
          R.Begin != uint64_t(sys::addr(state().Control));
  if (!Found)
    return true;
  // offset, device and inode are before the name.
  for (unsigned Field = 0; Field < 4; ++Field) {
    while (*P && *P != ' ')
      ++P;
    while (*P == ' ')
      ++P;
  }
  return P[0] != '/' || !startsWith(P, "/dev/") || startsWith(P, "/dev/shm/") ||
         startsWith(P, "/dev/zero");
}

bool makePrivate(Range R) {
  constexpr long ReadWrite = sys::ProtRead | sys::ProtWrite;
  constexpr long Anonymous = sys::MapPrivate | sys::MapAnonymous;
  const uint64_t Size = R.End - R.Begin;
  constexpr uint64_t SizeMax = uint64_t(1) << 30;
  if (Size > SizeMax)
    return false;
  long Copy = sys::call(sys::SysMmap, 0, Size, ReadWrite, Anonymous, -1, 0);
  if (sys::failed(Copy))
    return false;
  // Through read(2), which fails where the file behind the mapping has ended;
  // such pages cannot be accessed by the program either.
  long Fd = sys::call(sys::SysOpenat, sys::AtFdCwd, sys::addr("/proc/self/mem"),
                      sys::OCloexec, 0);
  for (uint64_t At = 0; At < Size; At += PageSize)
    sys::call(sys::SysPread64, Fd, Copy + At, PageSize, R.Begin + At);
  sys::call(sys::SysClose, Fd);
  long New = sys::call(sys::SysMmap, R.Begin, Size, ReadWrite,
                       Anonymous | sys::MapFixed, -1, 0);
  if (!sys::failed(New))
    sys::copy(reinterpret_cast<void *>(R.Begin), reinterpret_cast<void *>(Copy),
              Size);
  sys::call(sys::SysMunmap, Copy, Size);
  return !sys::failed(New);
}

/// A window must not write to what others see: gives the server private copies
/// of writable shared mappings.
bool privatizeSharedMappings() {
  long Fd = sys::call(sys::SysOpenat, sys::AtFdCwd,
                      sys::addr("/proc/self/maps"), sys::OCloexec, 0);
  if (sys::failed(Fd))
    return false;
  constexpr unsigned Max = 128;
  Range Shared[Max];
  unsigned Count = 0, Held = 0;
  bool Ok = true;
  char *Text = state().Text;
  for (;;) {
    long N = sys::call(sys::SysRead, Fd, sys::addr(Text + Held),
                       sizeof(state().Text) - Held - 1);
    if (N <= 0)
      break;
    Held += N;
    Text[Held] = 0;
    char *Line = Text;
    for (char *P = Text; *P; ++P) {
      if (*P != '\n')
        continue;
      *P = 0;
      bool Found;
      Range R;
      Ok &= parseMapping(Line, R, Found);
      if (Found && Ok) {
        if (Count == Max)
          Ok = false;
        else
          Shared[Count++] = R;
      }
      Line = P + 1;
    }
    Held = Text + Held - Line;
    sys::copy(Text, Line, Held); // forwards: may overlap
  }
  sys::call(sys::SysClose, Fd);
  for (unsigned I = 0; I < Count && Ok; ++I)
    Ok = makePrivate(Shared[I]);
  return Ok;
}

//===----------------------------------------------------------------------===//
// Requests
//===----------------------------------------------------------------------===//

/// Forks a child whose end is seen by poll(2). 0 in the child.
long forkChild(uint32_t Tag) {
  State &S = state();
  Child *Free = nullptr;
  for (Child &C : S.Children)
    if (!C.Pid)
      Free = &C;
  if (!Free)
    return -11; // EAGAIN
  constexpr long ClonePidfd = 0x1000;
  int Handle = -1;
  long Pid = sys::call(sys::SysClone, ClonePidfd, 0, sys::addr(&Handle));
  if (Pid > 0) {
    Free->Pid = int(Pid);
    Free->Handle = Handle;
    Free->Tag = Tag;
  }
  return Pid;
}

void serveRequest() {
  State &S = state();
  sys::copy(&S.Task, &S.Request.Tasks[0], sizeof(S.Task));
  long Pid = forkChild(S.Task.Tag);
  if (Pid == 0) {
    if (S.Request.Kind == ArenaRequestKind::Worker)
      runWorker(S.Request.Count);
    if (S.Request.Kind == ArenaRequestKind::Advance)
      runAdvance();
    runChild();
  }
  int Own = S.Pid;
  if (sys::failed(Pid)) {
    sendReport(ArenaReportKind::Failed, S.Task.Tag, sys::SysClone, -Pid);
    return;
  }
  S.Pid = int(Pid);
  sendReport(ArenaReportKind::Started, S.Task.Tag, 0, 0);
  S.Pid = Own;
}

void reap(Child &C) {
  State &S = state();
  int Status = 0, Own = S.Pid;
  sys::call(sys::SysWait4, C.Pid, sys::addr(&Status), Wall, 0);
  sys::call(sys::SysClose, C.Handle);
  S.Pid = C.Pid;
  sendReport(ArenaReportKind::Ended, C.Tag, Status, 0);
  S.Pid = Own;
  C.Pid = 0;
}

[[noreturn]] void loop() {
  State &S = state();
  struct {
    int Fd;
    int16_t Events, Revents;
  } Polls[ChildrenMax + 1];
  constexpr int16_t In = 1;
  for (;;) {
    Child *Polled[ChildrenMax + 1];
    unsigned Count = 1;
    Polls[0] = {S.Socket, In, 0};
    for (Child &C : S.Children)
      if (C.Pid) {
        Polls[Count] = {C.Handle, In, 0};
        Polled[Count++] = &C;
      }
    if (sys::failed(sys::call(sys::SysPpoll, sys::addr(Polls), Count, 0, 0, 8)))
      continue;
    for (unsigned I = 1; I < Count; ++I)
      if (Polls[I].Revents)
        reap(*Polled[I]);
    if (!Polls[0].Revents)
      continue;
    long N = sys::call(sys::SysRecvfrom, S.Socket, sys::addr(&S.Request),
                       sizeof(S.Request));
    if (N == -4) // EINTR
      continue;
    // Without a session nobody needs the children either: they end with us.
    if (N <= 0)
      sys::call(sys::SysExitGroup, 0);
    serveRequest();
  }
}

void tell(ArenaWindowSpec &Spec, ArenaWindowState What) {
  Spec.Pid = state().Pid;
  auto *Word = reinterpret_cast<uint32_t *>(&Spec.State);
  __atomic_store_n(Word, uint32_t(What), __ATOMIC_RELEASE);
  sys::call(sys::SysFutex, sys::addr(Word), 1 /*FUTEX_WAKE*/, 1);
}

} // namespace

long connectToSession() {
  State &S = state();
  constexpr long AfUnix = 1, SeqPacket = 5, Cloexec = 02000000;
  long Fd = sys::call(sys::SysSocket, AfUnix, SeqPacket | Cloexec, 0);
  if (sys::failed(Fd))
    return Fd;
  // Calls of a window on descriptors of the program must not reach it.
  long High =
      sys::call(sys::SysFcntl, Fd, sys::FDupFdCloexec, long(S.FirstFree));
  if (!sys::failed(High)) {
    sys::call(sys::SysClose, Fd);
    Fd = High;
  }
  char Path[PathMax + 64];
  struct {
    uint16_t Family;
    char Path[108];
  } Address = {1, {0}};
  if (!pathOf(Path, "socket") || sys::length(Path) >= sizeof(Address.Path))
    return -36; // ENAMETOOLONG
  sys::copy(Address.Path, Path, sys::length(Path) + 1);
  long Result;
  do
    Result =
        sys::call(sys::SysConnect, Fd, sys::addr(&Address), sizeof(Address));
  while (Result == -4); // EINTR
  S.Socket = int(Fd);
  return Result;
}

// glibc's, if it registered one.
extern "C" __attribute__((weak)) const long __rseq_offset;
extern "C" __attribute__((weak)) const unsigned __rseq_size;

void sendHello(ArenaRole Role, uint64_t Cycles) {
  State &S = state();
  ArenaHello Hello = {S.Window, uint32_t(S.Pid),  Role, S.Region,
                      Cycles,   S.Start.Gpr[Rsp], 0,    0};
  if (&__rseq_offset && &__rseq_size && __rseq_size) {
    uint64_t ThreadPointer;
    __asm__("movq %%fs:0, %0" : "=r"(ThreadPointer));
    Hello.RseqBegin = ThreadPointer + __rseq_offset;
    Hello.RseqSize = 32;
  }
  constexpr long NoSignal = 0x4000;
  sys::call(sys::SysSendto, S.Socket, sys::addr(&Hello), sizeof(Hello),
            NoSignal);
}

void sendReport(ArenaReportKind Kind, uint32_t Tag, int Number,
                uint64_t Cycles) {
  State &S = state();
  ArenaReport &R = S.Report;
  R.Kind = Kind;
  R.Pid = S.Pid;
  R.Tag = Tag;
  R.Number = Number;
  R.Cycles = Cycles;
  constexpr long NoSignal = 0x4000;
  sys::call(sys::SysSendto, S.Socket, sys::addr(&R), sizeof(R), NoSignal);
}

void serve(uint32_t Window) {
  State &S = state();
  ArenaWindowSpec &Spec = S.Control->Windows[Window];
  S.Pid = int(sys::call(sys::SysGetpid));
  S.Window = Window;
  S.Region = Spec.Region;
  sys::call(sys::SysSetsid);
  // So that the session may read our memory without root.
  constexpr long SetPtracer = 0x59616d61;
  sys::call(sys::SysPrctl, SetPtracer, -1);
  uint64_t NoCore[2] = {0, 0};
  sys::call(sys::SysSetrlimit, 4 /*RLIMIT_CORE*/, sys::addr(NoCore));
  takeFiles();
  auto Fail = [&](ArenaWindowState What) {
    tell(Spec, What);
    for (;;)
      sys::call(sys::SysExitGroup, 1);
  };
  if (!privatizeSharedMappings())
    Fail(ArenaWindowState::SharedMapping);
  sys::copy(&S.Start, &S.Now, sizeof(S.Start));
  for (unsigned R = 0; R < S.RegionCount; ++R)
    if (R != S.Region)
      unpatchPad(R);
  if (sys::failed(connectToSession()))
    Fail(ArenaWindowState::Failed);
  sendHello(ArenaRole::Server);
  ArenaControl *Control = S.Control;
  tell(Spec, ArenaWindowState::Ready);
  S.Counter = Control->Counter;
  S.Control = nullptr;
  sys::call(sys::SysMunmap, sys::addr(Control), sizeof(ArenaControl));
  loop();
}

void serveHere(uint64_t Cycles) {
  State &S = state();
  sys::copy(&S.Start, &S.Now, sizeof(S.Start));
  for (Child &C : S.Children)
    if (C.Pid) {
      sys::call(sys::SysClose, C.Handle);
      C.Pid = 0;
    }
  // The connection so far is the parent's.
  sys::call(sys::SysClose, S.Socket);
  if (sys::failed(connectToSession()))
    sys::call(sys::SysExitGroup, 1);
  sendHello(ArenaRole::Advanced, Cycles);
  loop();
}

} // namespace arena
} // namespace speciate
