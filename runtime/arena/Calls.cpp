//===- runtime/arena/Calls.cpp - Answers to the system calls of windows
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A window shall not end where the program reads its input or writes a buffer.
// Such calls are not carried out but answered:
//
//   write, writev, pwrite64    all was written; the bytes go into the record
//   read, readv, pread64       of regular files, by an opening of our own and
//   lseek                      an offset of our own: the program shares its
//                              offset with its parent and children
//   fstat, newfstatat, ioctl   as they were at the window's entry
//   fsync, fdatasync           done
//   openat                     of regular files, for reading only: by an
//                              opening of our own, under the next free number
//   close                      noted
//   getrandom                  a stream of numbers that is always the same
//
// What a call would say is known only if it does not depend on what happened
// since the window's entry: a file that was written in the window, or whose
// size or time of change is another one, is not read; a file that several
// descriptors are of, which may share an offset, is neither read nor sought in.
// What the window opens begins at an offset of its own; nobody else may be
// about to write it.
//
// Two windows are equal only if their records are: the same calls, in the same
// order, with the same bytes (gp/verify/ArenaCalls.h).
//
//===----------------------------------------------------------------------===//

#include "runtime/arena/State.h"

namespace speciate {
namespace arena {

using namespace rt;

namespace {

enum : long { EBadf = 9, EFault = 14, EInval = 22, ENoTty = 25, ESPipe = 29 };
constexpr long GetTerminal = 0x5401, AtEmptyPath = 0x1000;
constexpr int64_t LengthMax = 0x7ffff000; ///< Of one call, as in the kernel.

struct Vector {
  uint8_t *Begin;
  uint64_t Size;
};

template <typename T>
T statField(const OpenFile &F, unsigned At) {
  T Value;
  sys::copy(&Value, F.Stat + At, sizeof(T));
  return Value;
}
// Of struct stat.
uint64_t deviceOf(const OpenFile &F) { return statField<uint64_t>(F, 0); }
uint64_t inodeOf(const OpenFile &F) { return statField<uint64_t>(F, 8); }
uint32_t typeOf(const OpenFile &F) { return statField<uint32_t>(F, 24) >> 12; }
int64_t sizeOf(const OpenFile &F) { return statField<int64_t>(F, 48); }
bool isSameFile(const OpenFile &A, const OpenFile &B) {
  return deviceOf(A) == deviceOf(B) && inodeOf(A) == inodeOf(B);
}
enum FileType : uint32_t { Fifo = 1, RegularFile = 8, Socket = 12 };

OpenFile *find(uint64_t Number) {
  State &S = state();
  for (unsigned I = 0; I < S.FileCount; ++I)
    if (S.Files[I].Number == int(Number) && !S.Files[I].Closed)
      return &S.Files[I];
  return nullptr;
}

//===----------------------------------------------------------------------===//
// What is open
//===----------------------------------------------------------------------===//

bool parseNumber(const char *P, int &Number) {
  Number = 0;
  for (; *P >= '0' && *P <= '9'; ++P)
    Number = Number * 10 + (*P - '0');
  return *P == 0;
}

/// The numbers of all descriptors into Files, as far as there is room; false if
/// there is none for some.
bool listDescriptors() {
  State &S = state();
  bool All = true;
  S.FileCount = 0;
  S.FirstFree = 3;
  S.Taken = 0;
  long Dir = sys::call(sys::SysOpenat, sys::AtFdCwd, sys::addr("/proc/self/fd"),
                       sys::OCloexec, 0);
  if (sys::failed(Dir))
    return false;
  alignas(8) char Buffer[2048];
  for (;;) {
    long N =
        sys::call(sys::SysGetdents64, Dir, sys::addr(Buffer), sizeof(Buffer));
    if (N <= 0)
      break;
    for (long At = 0; At < N;) {
      int Number;
      // struct linux_dirent64: the record's length at 16, the name at 19.
      if (parseNumber(Buffer + At + 19, Number) && Number != Dir) {
        if (unsigned(Number) >= S.FirstFree)
          S.FirstFree = unsigned(Number) + 1;
        if (Number < 64)
          S.Taken |= uint64_t(1) << Number;
        if (S.FileCount < FilesMax)
          S.Files[S.FileCount++].Number = Number;
        else
          All = false;
      }
      At += *reinterpret_cast<uint16_t *>(Buffer + At + 16);
    }
  }
  sys::call(sys::SysClose, Dir);
  return All;
}

/// An opening of the file of \p F for reading, out of the program's numbers;
/// -1 if there is none.
int openAgain(const OpenFile &F) {
  char Path[64] = "/proc/self/fd/";
  appendNumber(Path, sizeof(Path), uint64_t(F.Number), 10);
  // The time of access is seen by others; only owners may leave it.
  long Fd = sys::call(sys::SysOpenat, sys::AtFdCwd, sys::addr(Path),
                      sys::OCloexec | sys::ONoatime, 0);
  if (sys::failed(Fd))
    Fd = sys::call(sys::SysOpenat, sys::AtFdCwd, sys::addr(Path), sys::OCloexec,
                   0);
  if (sys::failed(Fd))
    return -1;
  long High =
      sys::call(sys::SysFcntl, Fd, sys::FDupFdCloexec, long(state().FirstFree));
  sys::call(sys::SysClose, Fd);
  return sys::failed(High) ? -1 : int(High);
}

/// False: nothing can be said of it.
bool describe(OpenFile &F) {
  F.Private = -1;
  F.Flags = 0;
  F.Written = F.WrittenAtStart = 0;
  F.Closed = F.ClosedAtStart = 0;
  F.Offset = F.Start = 0;
  const long Mode = sys::call(sys::SysFcntl, F.Number, sys::FGetFl);
  if (sys::failed(Mode) || (Mode & (sys::OPath | sys::ODirect)) ||
      sys::failed(sys::call(sys::SysFstat, F.Number, sys::addr(F.Stat))))
    return false;
  const long Access = Mode & sys::OAccessMode;
  if (Access == sys::OWronly || Access == sys::ORdwr)
    F.Flags |= OpenFile::CanWrite;
  if (Mode & sys::OAppend)
    F.Flags |= OpenFile::Append;
  uint8_t Terminal[64];
  if (sys::call(sys::SysIoctl, F.Number, GetTerminal, sys::addr(Terminal)) ==
      -ENoTty)
    F.Flags |= OpenFile::NoTerminal;
  const uint32_t Type = typeOf(F);
  if (Type == Fifo || Type == Socket)
    F.Flags |= OpenFile::Directed;
  if (Type != RegularFile)
    return true;
  F.Flags |= OpenFile::Regular;
  long Offset = sys::call(sys::SysLseek, F.Number, 0, sys::SeekCur);
  if (sys::failed(Offset))
    return false;
  F.Start = Offset;
  // The kernel makes up the contents of files without a size.
  if (Access != sys::OWronly && sizeOf(F) > 0)
    F.Private = openAgain(F);
  return true;
}

//===----------------------------------------------------------------------===//
// Answers
//===----------------------------------------------------------------------===//

class Answer {
public:
  Answer(long Number, const uint64_t (&Args)[6], ArenaLeave &Why)
      : Number(Number), Args(Args), Why(Why) {
    Call.Number = uint32_t(Number);
    Call.Fd = -1;
    Call.Length = 0;
    Call.Offset = 0;
    Call.DataSize = 0;
  }

  bool give(long &Result) {
    State &S = state();
    Record = S.Task.Flags & ArenaRecordCalls;
    Call.Result = 0;
    if (Number != sys::SysGetrandom && Number != sys::SysOpenat) {
      Call.Fd = int32_t(Args[0]);
      F = find(Args[0]);
    }
    if (!answer())
      return false;
    if (Record && !finishRecord())
      return leave(ArenaLeave::Full);
    Result = Call.Result;
    return true;
  }

private:
  bool leave(ArenaLeave What) {
    Why = What;
    return false;
  }

  bool answer() {
    switch (Number) {
    case sys::SysGetrandom:
      return random();
    case sys::SysWrite:
    case sys::SysPwrite64: {
      Vector One = {reinterpret_cast<uint8_t *>(Args[1]), Args[2]};
      return write(&One, 1, Number == sys::SysPwrite64);
    }
    case sys::SysWritev:
      return Args[2] <= VectorsMax
                 ? write(reinterpret_cast<Vector *>(Args[1]), Args[2], false)
                 : leave(ArenaLeave::Call);
    case sys::SysRead:
    case sys::SysPread64: {
      Vector One = {reinterpret_cast<uint8_t *>(Args[1]), Args[2]};
      return read(&One, 1, Number == sys::SysPread64);
    }
    case sys::SysReadv:
      return Args[2] <= VectorsMax
                 ? read(reinterpret_cast<Vector *>(Args[1]), Args[2], false)
                 : leave(ArenaLeave::Call);
    case sys::SysLseek:
      return seek();
    case sys::SysFstat:
      return status(Args[1]);
    case sys::SysNewfstatat:
      // fstat of the C library.
      if (!(Args[3] & AtEmptyPath) || !Args[1] ||
          *reinterpret_cast<const char *>(Args[1]))
        return leave(ArenaLeave::Call);
      return status(Args[2]);
    case sys::SysIoctl:
      Call.Length = Args[1];
      if (Args[1] != GetTerminal)
        return leave(ArenaLeave::Call);
      Call.Result = -ENoTty;
      return (F && (F->Flags & OpenFile::NoTerminal)) ||
             leave(ArenaLeave::Descriptor);
    case sys::SysOpenat:
      return open();
    case sys::SysClose:
      return close();
    case sys::SysFsync:
    case sys::SysFdatasync:
      return (F && (F->Flags & OpenFile::Regular)) ||
             leave(ArenaLeave::Descriptor);
    default:
      return leave(ArenaLeave::Call);
    }
  }

  bool write(const Vector *Data, uint64_t Count, bool AtOffset) {
    constexpr uint32_t Unlike = OpenFile::Regular | OpenFile::Append;
    if (!F || !(F->Flags & OpenFile::CanWrite) ||
        (AtOffset && (F->Flags & Unlike) != OpenFile::Regular))
      return leave(ArenaLeave::Descriptor);
    for (uint64_t I = 0; I < Count; ++I) {
      Call.Length += Data[I].Size;
      if (Call.Length > uint64_t(LengthMax))
        return leave(ArenaLeave::Call);
      if (Record && !recordData(Data[I].Begin, Data[I].Size))
        return leave(ArenaLeave::Full);
    }
    Call.Result = int64_t(Call.Length);
    F->Written = 1;
    if (AtOffset)
      Call.Offset = int64_t(Args[3]);
    else
      F->Offset += Call.Result;
    return true;
  }

  bool read(const Vector *Into, uint64_t Count, bool AtOffset) {
    if (!F || F->Private < 0 || F->Written || !(F->Flags & OpenFile::Alone))
      return leave(ArenaLeave::Descriptor);
    if (F->Flags & OpenFile::Changed)
      return leave(ArenaLeave::Changed);
    int64_t From = AtOffset ? int64_t(Args[3]) : F->Offset;
    if (AtOffset)
      Call.Offset = From;
    for (uint64_t I = 0; I < Count; ++I) {
      Call.Length += Into[I].Size;
      long Got =
          sys::call(sys::SysPread64, F->Private, sys::addr(Into[I].Begin),
                    long(Into[I].Size), From + Call.Result);
      if (sys::failed(Got)) {
        if (!Call.Result)
          Call.Result = Got;
        break;
      }
      Call.Result += Got;
      if (uint64_t(Got) < Into[I].Size)
        break;
    }
    if (!AtOffset && Call.Result > 0)
      F->Offset += Call.Result;
    return true;
  }

  /// openat(directory, path, flags).
  bool open() {
    constexpr uint64_t Known = sys::OCloexec | sys::ONoctty;
    Call.Length = Args[2];
    if (Args[2] & ~Known)
      return leave(ArenaLeave::Call);
    const auto *Path = reinterpret_cast<const char *>(Args[1]);
    // A directory's number is not ours, but the current one is.
    const long At = sys::call(sys::SysOpenat, int(Args[0]), sys::addr(Path),
                              sys::OPath | sys::OCloexec);
    if (At == -EBadf)
      return leave(ArenaLeave::Descriptor);
    if (Record && At != -EFault &&
        !recordData(reinterpret_cast<const uint8_t *>(Path), sys::length(Path)))
      return leave(ArenaLeave::Full);
    Call.Result = At;
    return sys::failed(At) || take(int(At)) || leave(ArenaLeave::Descriptor);
  }

  /// Makes of \p At, a name of a file, a descriptor of the program's.
  bool take(int At) {
    State &S = state();
    const int Free = ~S.Taken ? __builtin_ctzll(~S.Taken) : 64;
    OpenFile &New = S.Files[S.FileCount];
    bool Good = S.FileCount < FilesMax && Free < 64 &&
                !sys::failed(
                    sys::call(sys::SysFstat, At, sys::addr(New.Stat))) &&
                typeOf(New) == RegularFile && sizeOf(New) > 0;
    for (unsigned I = 0; Good && I < S.FileCount; ++I)
      Good = !isSameFile(New, S.Files[I]) ||
             !(S.Files[I].Flags & OpenFile::CanWrite);
    if (Good) {
      New.Number = At;
      New.Private = openAgain(New);
      New.Number = Free;
      New.Flags = OpenFile::Regular | OpenFile::NoTerminal | OpenFile::Alone;
      New.Written = New.WrittenAtStart = 0;
      New.Closed = New.ClosedAtStart = 0;
      New.Offset = New.Start = 0;
      Good = New.Private >= 0;
    }
    sys::call(sys::SysClose, At);
    if (!Good)
      return false;
    ++S.FileCount;
    S.Taken |= uint64_t(1) << Free;
    Call.Result = Free;
    return true;
  }

  bool close() {
    State &S = state();
    if (F) {
      F->Closed = 1;
      if (F->Number < 64)
        S.Taken &= ~(uint64_t(1) << F->Number);
      return true;
    }
    if (Call.Fd >= 0 && (Call.Fd >= 64 || S.Taken >> Call.Fd & 1))
      return leave(ArenaLeave::Descriptor);
    Call.Result = -EBadf;
    return true;
  }

  bool seek() {
    Call.Offset = int64_t(Args[1]);
    Call.Length = Args[2];
    if (F && (F->Flags & OpenFile::Directed)) {
      Call.Result = -ESPipe;
      return true;
    }
    constexpr uint32_t Needed = OpenFile::Regular | OpenFile::Alone;
    if (!F || (F->Flags & Needed) != Needed)
      return leave(ArenaLeave::Descriptor);
    int64_t To = Call.Offset;
    switch (Args[2]) {
    case sys::SeekSet:
      break;
    case sys::SeekCur:
      // The kernel moves it to the end first.
      if (F->Written && (F->Flags & OpenFile::Append))
        return leave(ArenaLeave::Descriptor);
      To += F->Offset;
      break;
    case sys::SeekEnd:
      if (F->Written)
        return leave(ArenaLeave::Descriptor);
      To += sizeOf(*F);
      break;
    default:
      return leave(ArenaLeave::Call);
    }
    Call.Result = To < 0 ? -EInval : To;
    if (To >= 0)
      F->Offset = To;
    return true;
  }

  bool status(uint64_t Into) {
    if (!F)
      return leave(ArenaLeave::Descriptor);
    if (F->Flags & OpenFile::Regular)
      for (unsigned I = 0; I < state().FileCount; ++I)
        if (state().Files[I].Written && isSameFile(*F, state().Files[I]))
          return leave(ArenaLeave::Descriptor);
    sys::copy(reinterpret_cast<void *>(Into), F->Stat, sizeof(F->Stat));
    return true;
  }

  bool random() {
    State &S = state();
    Call.Length = Args[1];
    if (Args[1] > uint64_t(LengthMax))
      return leave(ArenaLeave::Call);
    auto *To = reinterpret_cast<uint8_t *>(Args[0]);
    for (uint64_t I = 0; I < Args[1]; I += 8) {
      // SplitMix64.
      uint64_t X = ++S.RandomAt * 0x9e3779b97f4a7c15ull;
      X = (X ^ X >> 30) * 0xbf58476d1ce4e5b9ull;
      X = (X ^ X >> 27) * 0x94d049bb133111ebull;
      X ^= X >> 31;
      sys::copy(To + I, &X, Args[1] - I < 8 ? Args[1] - I : 8);
    }
    Call.Result = int64_t(Args[1]);
    return true;
  }

  //===--------------------------------------------------------------------===//
  // The record
  //===--------------------------------------------------------------------===//

  /// Behind the place of Call itself.
  bool recordData(const uint8_t *Data, uint64_t Size) {
    State &S = state();
    uint64_t At = S.CallRecordUsed + sizeof(Call) + Call.DataSize;
    if (At > sizeof(S.CallRecord) || Size > sizeof(S.CallRecord) - At)
      return false;
    sys::copy(S.CallRecord + At, Data, Size);
    Call.DataSize += Size;
    return true;
  }

  bool finishRecord() {
    State &S = state();
    uint64_t Size = sizeof(Call) + (Call.DataSize + 7) / 8 * 8;
    if (Size > sizeof(S.CallRecord) - S.CallRecordUsed)
      return false;
    sys::copy(S.CallRecord + S.CallRecordUsed, &Call, sizeof(Call));
    S.CallRecordUsed += Size;
    return true;
  }

  static constexpr uint64_t VectorsMax = 1024;

  const long Number;
  const uint64_t (&Args)[6];
  ArenaLeave &Why;
  OpenFile *F = nullptr;
  bool Record = false;
  ArenaCall Call;
};

} // namespace

void takeFiles() {
  State &S = state();
  const bool All = listDescriptors();
  unsigned Kept = 0;
  for (unsigned I = 0; I < S.FileCount; ++I) {
    OpenFile &F = S.Files[Kept];
    F.Number = S.Files[I].Number;
    if (describe(F))
      ++Kept;
  }
  S.FileCount = S.FileCountAtStart = Kept;
  S.TakenAtStart = S.Taken = All ? S.Taken : ~uint64_t(0);
  for (unsigned I = 0; I < Kept; ++I) {
    OpenFile &F = S.Files[I];
    bool Alone = All;
    for (unsigned J = 0; J < Kept; ++J)
      Alone &= J == I || !isSameFile(F, S.Files[J]);
    if (Alone)
      F.Flags |= OpenFile::Alone;
  }
  // What is at FirstFree and above is ours.
  const unsigned Last = S.FirstFree - 1;
  if (sys::failed(sys::call(sys::SysCloseRange, 0, Last, 0)))
    for (unsigned Fd = 0; Fd <= Last; ++Fd)
      sys::call(sys::SysClose, Fd);
  long Null = sys::call(sys::SysOpenat, sys::AtFdCwd, sys::addr("/dev/null"),
                        sys::ORdwr, 0);
  for (int Fd = 0; Fd < 3 && !sys::failed(Null); ++Fd)
    if (Fd != Null)
      sys::call(sys::SysDup2, Null, Fd);
}

void checkFiles() {
  State &S = state();
  for (unsigned I = 0; I < S.FileCount; ++I) {
    OpenFile &F = S.Files[I];
    if (F.Private < 0)
      continue;
    OpenFile Now;
    if (sys::failed(sys::call(sys::SysFstat, F.Private, sys::addr(Now.Stat)))) {
      F.Flags |= OpenFile::Changed;
      continue;
    }
    constexpr unsigned ModifiedAt = 88; // seconds, then nanoseconds
    if (sizeOf(Now) != sizeOf(F) ||
        statField<uint64_t>(Now, ModifiedAt) !=
            statField<uint64_t>(F, ModifiedAt) ||
        statField<uint64_t>(Now, ModifiedAt + 8) !=
            statField<uint64_t>(F, ModifiedAt + 8))
      F.Flags |= OpenFile::Changed;
  }
}

void resetCalls() {
  State &S = state();
  for (unsigned I = S.FileCountAtStart; I < S.FileCount; ++I)
    sys::call(sys::SysClose, S.Files[I].Private);
  S.FileCount = S.FileCountAtStart;
  S.Taken = S.TakenAtStart;
  for (unsigned I = 0; I < S.FileCount; ++I) {
    S.Files[I].Offset = S.Files[I].Start;
    S.Files[I].Written = S.Files[I].WrittenAtStart;
    S.Files[I].Closed = S.Files[I].ClosedAtStart;
  }
  S.RandomAt = S.RandomStart;
  S.CallRecordUsed = 0;
}

void startCalls() {
  State &S = state();
  S.FileCountAtStart = S.FileCount;
  S.TakenAtStart = S.Taken;
  for (unsigned I = 0; I < S.FileCount; ++I) {
    S.Files[I].Start = S.Files[I].Offset;
    S.Files[I].WrittenAtStart = S.Files[I].Written;
    S.Files[I].ClosedAtStart = S.Files[I].Closed;
  }
  S.RandomStart = S.RandomAt;
}

bool answerCall(long Number, const uint64_t (&Args)[6], long &Result,
                ArenaLeave &Why) {
  return Answer(Number, Args, Why).give(Result);
}

} // namespace arena
} // namespace speciate
