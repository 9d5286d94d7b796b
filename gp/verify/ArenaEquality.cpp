//===- gp/verify/ArenaEquality.cpp - Two forks at the end of a window
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/verify/ArenaEquality.h"
#include "gp/verify/ArenaCalls.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

using namespace llvm;

namespace speciate {

namespace {

constexpr uint64_t PageSize = 4096;

Error lastError(const Twine &What) {
  int Code = errno;
  return createStringError(std::error_code(Code, std::generic_category()),
                           "%s: %s", What.str().c_str(), ::strerror(Code));
}

class File {
public:
  explicit File(const std::string &Path)
      : Fd(::open(Path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (Fd >= 0)
      ::close(Fd);
  }
  File(const File &) = delete;
  int Fd;
};

std::string procFile(int Pid, StringRef Name) {
  return formatv("/proc/{0}/{1}", Pid, Name).str();
}

/// What /proc/PID/pagemap says of a page.
struct PageBits {
  uint64_t Bits;

  /// It has contents of its own: not those of a file, nor never touched.
  bool exists() const {
    constexpr uint64_t Present = uint64_t(1) << 63, OfFile = uint64_t(1) << 61;
    return isSwapped() || ((Bits & Present) && !(Bits & OfFile));
  }
  /// No other process maps it. A swapped page tells nothing.
  bool isWritten() const {
    constexpr uint64_t Exclusive = uint64_t(1) << 56;
    return isSwapped() || (exists() && (Bits & Exclusive));
  }

private:
  bool isSwapped() const { return Bits & (uint64_t(1) << 62); }
};

/// Of the pages from \p Begin to \p End: adds those that the original wrote to
/// \p Written, and those that may differ to \p Differing.
Error findPages(const File &Original, const File &Variant, uint64_t Begin,
                uint64_t End, const ArenaFrame &F,
                std::vector<uint64_t> &Written,
                std::vector<uint64_t> &Differing) {
  constexpr uint64_t Batch = 8192;
  std::vector<PageBits> A(Batch), B(Batch);
  for (uint64_t At = Begin; At < End;) {
    const uint64_t Count = std::min(Batch, (End - At) / PageSize);
    for (auto [File, Bits] :
         {std::make_pair(&Original, &A), std::make_pair(&Variant, &B)}) {
      ssize_t Got =
          ::pread(File->Fd, Bits->data(), Count * 8, off_t(At / PageSize * 8));
      if (Got < ssize_t(Count * 8))
        return lastError("pagemap");
    }
    for (uint64_t I = 0; I < Count; ++I) {
      const uint64_t Page = At + I * PageSize;
      if (Page >= F.RuntimeBegin && Page < F.RuntimeEnd)
        continue;
      if (A[I].isWritten())
        Written.push_back(Page);
      if (A[I].isWritten() || B[I].isWritten() ||
          A[I].exists() != B[I].exists() || (F.Everything && A[I].exists()))
        Differing.push_back(Page);
    }
    At += Count * PageSize;
  }
  return Error::success();
}

/// The bytes of \p Pages one after the other.
Error readPages(int Pid, ArrayRef<uint64_t> Pages, std::vector<uint8_t> &Into) {
  Into.resize(Pages.size() * PageSize);
  std::vector<iovec> Remote(Pages.size());
  for (size_t I = 0; I < Pages.size(); ++I)
    Remote[I] = {reinterpret_cast<void *>(Pages[I]), PageSize};
  iovec Local = {Into.data(), Into.size()};
  ssize_t Got =
      ::process_vm_readv(Pid, &Local, 1, Remote.data(), Remote.size(), 0);
  if (Got < 0)
    return lastError("cannot read the memory of a window's process");
  if (size_t(Got) == Into.size())
    return Error::success();
  // Pages that the process itself may not read.
  File Memory(procFile(Pid, "mem"));
  for (size_t I = 0; I < Pages.size(); ++I)
    if (::pread(Memory.Fd, &Into[I * PageSize], PageSize, Pages[I]) !=
        ssize_t(PageSize))
      return lastError("cannot read the memory of a window's process");
  return Error::success();
}

bool isPrivate(const MemoryMapping &M) {
  StringRef Name = M.Name;
  // No program writes to the kernel's pages, and [vvar] cannot be read.
  if (Name == "[vsyscall]" || Name.starts_with("[vvar") || Name == "[vdso]")
    return false;
  return M.Permissions.size() == 4 && M.Permissions[3] == 'p';
}

/// Where two words may differ because they are addresses of what differs.
struct Legal {
  uint64_t StackBegin, StackEnd;
  const ArenaEnd &Original, &Variant;

  bool operator()(uint64_t A, uint64_t B) const {
    auto OnStack = [&](uint64_t P) { return P >= StackBegin && P < StackEnd; };
    auto In = [](const ArenaEnd &E, uint64_t P) {
      return P >= E.ImageBegin && P < E.ImageEnd;
    };
    return (OnStack(A) && OnStack(B)) || (In(Original, A) && In(Variant, B));
  }
};

std::optional<std::string> compareRegisters(const ArenaEnd &Original,
                                            const ArenaEnd &Variant,
                                            const ArenaFrame &F,
                                            const Legal &MayDiffer) {
  const rt::ArenaReport &A = Original.Report, &B = Variant.Report;
  auto Differ = [](StringRef What, uint64_t X, uint64_t Y) {
    return formatv("{0}: original {1:x}, variant {2:x}", What, X, Y).str();
  };
  if (A.AtMarker != B.AtMarker)
    return "one ended at an entry, the other at the loop marker";
  constexpr uint32_t MxcsrStatus = 0x3f;
  if ((A.Mxcsr ^ B.Mxcsr) & ~MxcsrStatus)
    return Differ("mxcsr", A.Mxcsr, B.Mxcsr);
  if (A.X87Control != B.X87Control)
    return Differ("x87 control word", A.X87Control, B.X87Control);
  if (A.SignalMask != B.SignalMask)
    return Differ("signal mask", A.SignalMask, B.SignalMask);
  if (A.HighestStackPointer != B.HighestStackPointer)
    return Differ("highest rsp at an entry", A.HighestStackPointer,
                  B.HighestStackPointer);
  // In the middle of the region, registers are its own business.
  static constexpr char Inside[] = "frames of the region may be active";
  if (A.AtMarker)
    return F.Everything ? std::optional<std::string>(Inside) : std::nullopt;
  static const char *const IntNames[] = {"rdi", "rsi", "rdx",
                                         "rcx", "r8",  "r9"};
  for (unsigned I = 0; I < rt::ArenaIntArgs; ++I) {
    if (!F.IntBytes[I])
      continue;
    uint64_t Mask = F.IntBytes[I] >= 8
                        ? ~uint64_t(0)
                        : (uint64_t(1) << (8 * F.IntBytes[I])) - 1;
    uint64_t X = A.IntArgs[I] & Mask, Y = B.IntArgs[I] & Mask;
    if (X != Y && !(F.IntBytes[I] >= 8 && MayDiffer(X, Y)))
      return Differ(IntNames[I], X, Y);
  }
  for (unsigned I = 0; I < rt::ArenaFpArgs; ++I)
    if (std::memcmp(A.FpArgs[I], B.FpArgs[I],
                    std::min<unsigned>(F.FpBytes[I], 16)) != 0)
      return formatv("xmm{0}: original {1}, variant {2}", I,
                     toHex(ArrayRef(A.FpArgs[I], F.FpBytes[I])),
                     toHex(ArrayRef(B.FpArgs[I], F.FpBytes[I])))
          .str();
  if (endsInside(A) || endsInside(B))
    return F.Everything ? std::optional<std::string>(Inside) : std::nullopt;
  if (A.StackPointer != B.StackPointer)
    return Differ("rsp", A.StackPointer, B.StackPointer);
  static const char *const SavedNames[] = {"rbx", "rbp", "r12",
                                           "r13", "r14", "r15"};
  for (unsigned I = 0; I < 6; ++I)
    if (A.CalleeSaved[I] != B.CalleeSaved[I] &&
        !MayDiffer(A.CalleeSaved[I], B.CalleeSaved[I]))
      return Differ(SavedNames[I], A.CalleeSaved[I], B.CalleeSaved[I]);
  return std::nullopt;
}

/// The stack may have grown by a different amount, below its dead part.
void forgetStackBegin(std::vector<MemoryMapping> &Maps, uint64_t StackPointer) {
  for (MemoryMapping &M : Maps)
    if (isStackAt(M, StackPointer))
      M.Begin = 0;
}

} // namespace

bool isStackAt(const MemoryMapping &M, uint64_t StackPointer) {
  return StackPointer >= M.Begin && StackPointer < M.End && M.Name == "[stack]";
}

Expected<std::vector<MemoryMapping>> readMappings(int Pid) {
  // The kernel says that the file is empty.
  std::string Path = procFile(Pid, "maps");
  ErrorOr<std::unique_ptr<MemoryBuffer>> Text =
      MemoryBuffer::getFileAsStream(Path);
  if (!Text)
    return createFileError(Path, Text.getError());
  std::vector<MemoryMapping> Maps;
  SmallVector<StringRef> Lines;
  (*Text)->getBuffer().split(Lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef Line : Lines) {
    MemoryMapping M;
    auto [Range, Rest] = Line.split(' ');
    auto [Begin, End] = Range.split('-');
    if (Begin.getAsInteger(16, M.Begin) || End.getAsInteger(16, M.End))
      return createStringError("cannot parse /proc/PID/maps");
    auto [Permissions, Tail] = Rest.split(' ');
    M.Permissions = Permissions.str();
    for (unsigned Field = 0; Field < 3; ++Field)
      Tail = Tail.ltrim(' ').split(' ').second;
    M.Name = Tail.ltrim(' ').str();
    Maps.push_back(std::move(M));
  }
  if (Maps.empty()) // a zombie
    return createStringError("%s is empty", Path.c_str());
  return std::move(Maps);
}

Expected<ArenaComparison>
compareEnds(const ArenaEnd &Original, const ArenaEnd &Variant,
            const ArenaFrame &Frame, const std::vector<MemoryMapping> &Before) {
  ArenaComparison Result;
  Expected<std::vector<MemoryMapping>> MapsA = readMappings(Original.Pid);
  if (!MapsA)
    return MapsA.takeError();
  Expected<std::vector<MemoryMapping>> MapsB = readMappings(Variant.Pid);
  if (!MapsB)
    return MapsB.takeError();

  Legal MayDiffer = {0, 0, Original, Variant};
  for (const MemoryMapping &M : *MapsA)
    if (isStackAt(M, Frame.StackPointer)) {
      MayDiffer.StackBegin = M.Begin;
      MayDiffer.StackEnd =
          std::max(Frame.StackPointer, Original.Report.HighestStackPointer);
      // Entered on another stack: nothing is known of this one.
      if (MayDiffer.StackEnd > M.End)
        MayDiffer.StackEnd = Frame.StackPointer;
    }
  for (const MemoryMapping &M : *MapsB)
    if (isStackAt(M, Frame.StackPointer))
      MayDiffer.StackBegin = std::min(MayDiffer.StackBegin, M.Begin);

  // First: they say more than what follows from them.
  Expected<std::optional<std::string>> Calls =
      compareCalls(Original.Pid, Original.Report, Variant.Pid, Variant.Report);
  if (!Calls)
    return Calls.takeError();
  std::optional<std::string> What = std::move(*Calls);
  if (!What)
    What = compareRegisters(Original, Variant, Frame, MayDiffer);
  if (What)
    Result.Difference = ArenaDifference{*What, 0, ""};

  std::vector<MemoryMapping> A = *MapsA, B = *MapsB, Old = Before;
  for (std::vector<MemoryMapping> *Maps : {&A, &B, &Old})
    forgetStackBegin(*Maps, Frame.StackPointer);
  Result.MappingsChanged = A != Old;
  // The server has none: one that was made writable in the window.
  for (const std::vector<MemoryMapping> *Maps : {&A, &B})
    for (const MemoryMapping &M : *Maps)
      if (M.Permissions[1] == 'w' && M.Permissions[3] == 's' &&
          !Result.Difference)
        Result.Difference = ArenaDifference{
            formatv("the memory at {0:x} is shared with others", M.Begin).str(),
            0, M.Name};
  if (A != B && !Result.Difference) {
    auto At = std::mismatch(A.begin(), A.end(), B.begin(), B.end());
    const MemoryMapping &M = At.first != A.end() ? *At.first : *At.second;
    Result.Difference = ArenaDifference{
        formatv("the memory mappings differ at {0:x}", M.Begin).str(), 0,
        M.Name};
  }

  File PagemapA(procFile(Original.Pid, "pagemap"));
  File PagemapB(procFile(Variant.Pid, "pagemap"));
  if (PagemapA.Fd < 0 || PagemapB.Fd < 0)
    return lastError("pagemap");
  std::vector<uint64_t> Pages;
  for (const MemoryMapping &M : *MapsA) {
    uint64_t Begin = M.Begin;
    if (isStackAt(M, Frame.StackPointer))
      Begin = MayDiffer.StackBegin; // of the larger one
    if (isPrivate(M))
      if (Error E = findPages(PagemapA, PagemapB, Begin, M.End, Frame,
                              Result.Written, Pages))
        return std::move(E);
  }
  if (Result.Difference)
    return std::move(Result);
  erase_if(Pages, [&](uint64_t P) {
    return P >= MayDiffer.StackBegin && P + PageSize <= MayDiffer.StackEnd;
  });
  Result.PagesCompared = Pages.size();

  auto Ignored = [&](uint64_t Address) {
    return (Address >= MayDiffer.StackBegin && Address < MayDiffer.StackEnd) ||
           (Address >= Frame.RseqBegin &&
            Address < Frame.RseqBegin + Frame.RseqSize);
  };
  constexpr size_t Batch = 256; // below IOV_MAX
  std::vector<uint8_t> BytesA, BytesB;
  for (size_t First = 0; First < Pages.size(); First += Batch) {
    ArrayRef<uint64_t> Some =
        ArrayRef(Pages).slice(First, std::min(Batch, Pages.size() - First));
    if (Error E = readPages(Original.Pid, Some, BytesA))
      return std::move(E);
    if (Error E = readPages(Variant.Pid, Some, BytesB))
      return std::move(E);
    if (BytesA == BytesB)
      continue;
    for (size_t I = 0; I < BytesA.size(); I += 8) {
      uint64_t X, Y;
      std::memcpy(&X, &BytesA[I], 8);
      std::memcpy(&Y, &BytesB[I], 8);
      if (X == Y)
        continue;
      uint64_t Address = Some[I / PageSize] + I % PageSize;
      if (Ignored(Address) || MayDiffer(X, Y))
        continue;
      size_t Byte = I;
      while (BytesA[Byte] == BytesB[Byte])
        ++Byte;
      ArenaDifference D;
      D.Address = Address + (Byte - I);
      D.What = formatv("original {0}, variant {1}",
                       toHex(ArrayRef(&BytesA[Byte], I + 8 - Byte)),
                       toHex(ArrayRef(&BytesB[Byte], I + 8 - Byte)))
                   .str();
      for (const MemoryMapping &M : *MapsA)
        if (Address >= M.Begin && Address < M.End)
          D.Mapping = M.Name;
      Result.Difference = std::move(D);
      return std::move(Result);
    }
  }
  return std::move(Result);
}

} // namespace speciate
