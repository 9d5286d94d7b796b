//===- gp/verify/ArenaCalls.cpp - What two windows asked of the system
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/verify/ArenaCalls.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/uio.h>
#include <vector>

using namespace llvm;

namespace speciate {

using rt::ArenaCall;

namespace {

struct CallName {
  int Number;
  const char *Name;
};
/// The ones that programs make in a window, or leave it by.
constexpr CallName CallNames[] = {
    {0, "read"},          {1, "write"},     {2, "open"},
    {3, "close"},         {4, "stat"},      {5, "fstat"},
    {7, "poll"},          {8, "lseek"},     {9, "mmap"},
    {10, "mprotect"},     {11, "munmap"},   {12, "brk"},
    {13, "rt_sigaction"}, {16, "ioctl"},    {17, "pread64"},
    {18, "pwrite64"},     {19, "readv"},    {20, "writev"},
    {25, "mremap"},       {28, "madvise"},  {35, "nanosleep"},
    {44, "sendto"},       {45, "recvfrom"}, {56, "clone"},
    {57, "fork"},         {61, "wait4"},    {62, "kill"},
    {72, "fcntl"},        {74, "fsync"},    {75, "fdatasync"},
    {77, "ftruncate"},    {202, "futex"},   {230, "clock_nanosleep"},
    {234, "tgkill"},      {257, "openat"},  {262, "newfstatat"},
    {318, "getrandom"},   {435, "clone3"},
};

const char *nameOf(int Number) {
  for (const CallName &C : CallNames)
    if (C.Number == Number)
      return C.Name;
  return nullptr;
}

/// One call of a record.
struct Entry {
  ArenaCall Call;
  ArrayRef<uint8_t> Data;

  std::string text() const {
    std::string Name;
    if (const char *Known = nameOf(int(Call.Number)))
      Name = Known;
    else
      Name = formatv("call {0}", Call.Number);
    std::string Fd = Call.Fd < 0 ? "" : formatv("{0}, ", Call.Fd).str();
    if (Call.Number == 257)
      return formatv("{0}(\"{1}\")", Name, toStringRef(Data));
    if (Call.Number == 8)
      return formatv("{0}({1}{2}, {3})", Name, Fd, Call.Offset, Call.Length);
    std::string At = Call.Offset ? formatv(" at {0}", Call.Offset).str() : "";
    return formatv("{0}({1}{2} bytes{3})", Name, Fd, Call.Length, At);
  }
};

/// Takes the next call off \p Record; nothing at its end.
std::optional<Entry> next(ArrayRef<uint8_t> &Record) {
  Entry E;
  if (Record.size() < sizeof(E.Call))
    return std::nullopt;
  std::memcpy(&E.Call, Record.data(), sizeof(E.Call));
  Record = Record.drop_front(sizeof(E.Call));
  // A variant can have written anything to it.
  E.Data =
      Record.take_front(std::min<uint64_t>(E.Call.DataSize, Record.size()));
  Record = Record.drop_front(
      std::min<uint64_t>(alignTo(E.Data.size(), 8), Record.size()));
  return E;
}

Error readRecord(int Pid, const rt::ArenaReport &R,
                 std::vector<uint8_t> &Into) {
  if (R.CallRecordSize > rt::ArenaCallRecordSize)
    return createStringError("the record of system calls is damaged");
  Into.resize(R.CallRecordSize);
  if (Into.empty())
    return Error::success();
  iovec Local = {Into.data(), Into.size()};
  iovec Remote = {reinterpret_cast<void *>(R.CallRecord), Into.size()};
  if (::process_vm_readv(Pid, &Local, 1, &Remote, 1, 0) !=
      ssize_t(Into.size())) {
    int Code = errno;
    return createStringError(std::error_code(Code, std::generic_category()),
                             "cannot read the system calls of a window: %s",
                             ::strerror(Code));
  }
  return Error::success();
}

} // namespace

std::string arenaCallName(int Number) {
  if (const char *Name = nameOf(Number))
    return formatv("{0} ({1})", Number, Name);
  return std::to_string(Number);
}

std::optional<std::string> compareCallRecords(ArrayRef<uint8_t> Original,
                                              ArrayRef<uint8_t> Variant) {
  for (unsigned Number = 1;; ++Number) {
    std::optional<Entry> A = next(Original), B = next(Variant);
    if (!A && !B)
      return std::nullopt;
    std::string Where = formatv("system call {0} of the window: ", Number);
    if (!A || !B)
      return Where + "original " + (A ? A->text() : "none") + ", variant " +
             (B ? B->text() : "none");
    const ArenaCall &X = A->Call, &Y = B->Call;
    if (X.Number != Y.Number || X.Fd != Y.Fd || X.Length != Y.Length ||
        X.Offset != Y.Offset)
      return Where + "original " + A->text() + ", variant " + B->text();
    if (X.Result != Y.Result || A->Data.size() != B->Data.size())
      return Where + A->text() +
             formatv(": result {0} in the original, {1} in the variant",
                     X.Result, Y.Result)
                 .str();
    if (A->Data == B->Data)
      continue;
    size_t At =
        std::mismatch(A->Data.begin(), A->Data.end(), B->Data.begin()).first -
        A->Data.begin();
    constexpr size_t Shown = 8;
    return Where + A->text() +
           formatv(": from byte {0} original {1}, variant {2}", At,
                   toHex(A->Data.slice(At).take_front(Shown)),
                   toHex(B->Data.slice(At).take_front(Shown)))
               .str();
  }
}

Expected<std::optional<std::string>>
compareCalls(int OriginalPid, const rt::ArenaReport &Original, int VariantPid,
             const rt::ArenaReport &Variant) {
  std::vector<uint8_t> A, B;
  if (Error E = readRecord(OriginalPid, Original, A))
    return std::move(E);
  if (Error E = readRecord(VariantPid, Variant, B))
    return std::move(E);
  return compareCallRecords(A, B);
}

} // namespace speciate
