//===- runtime/profile/Output.h - Files that a profiled process writes
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shared by the runtimes for counters and for values. Each includes it once;
// everything in it is the including file's own, as nothing of a runtime may be
// seen by the program.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_RUNTIME_PROFILE_OUTPUT_H
#define SPECIATE_RUNTIME_PROFILE_OUTPUT_H

#include "runtime/System.h"
#include "runtime/speciate_abi.h"

namespace speciate {
namespace rt {

static constexpr size_t PathMax = 4096;

/// The absolute folder of the profiles and this program's name: a child needs
/// them after any chdir and any change of its environment.
static char Folder[PathMax];
static char Program[ProfileNameMax];
/// That createFile made last.
static char FilePath[PathMax];
static bool Verbose;

static void say(const char *What) {
  if (!Verbose)
    return;
  // One write, so that lines of several processes do not mix.
  char Line[256];
  size_t N = 0;
  const char *const Parts[] = {"speciate: ", What, "\n"};
  for (const char *Part : Parts)
    for (size_t I = 0; Part[I] && N < sizeof(Line); ++I)
      Line[N++] = Part[I];
  sys::call(sys::SysWrite, 2, sys::addr(Line), N);
}

/// Appends to a path of PathMax bytes; false if it is too long.
static bool append(char *Path, const char *Text) {
  size_t N = sys::length(Path), M = sys::length(Text);
  if (N + M + 1 > PathMax)
    return false;
  sys::copy(Path + N, Text, M + 1);
  return true;
}

static bool appendNumber(char *Path, uint64_t Value, unsigned Base) {
  char Digits[32];
  unsigned At = sizeof(Digits);
  Digits[--At] = 0;
  do
    Digits[--At] = "0123456789abcdef"[Value % Base];
  while (Value /= Base);
  return append(Path, Digits + At);
}

/// \p Given: the folder, if it is not the user's to choose.
static bool findFolder(const char *Given) {
  const char *Dir = Given ? Given : sys::environment(ProfileDirVariable);
  if (!Dir || !*Dir)
    Dir = ProfileDirDefault;
  Folder[0] = 0;
  if (Dir[0] != '/') {
    if (sys::failed(sys::call(sys::SysGetcwd, sys::addr(Folder), PathMax)) ||
        Folder[0] != '/' || !append(Folder, "/"))
      return false;
  }
  if (!append(Folder, Dir))
    return false;
  // Makes every missing folder of the path.
  for (size_t I = 1; Folder[I]; ++I)
    if (Folder[I] == '/') {
      Folder[I] = 0;
      sys::call(sys::SysMkdirat, sys::AtFdCwd, sys::addr(Folder), 0777);
      Folder[I] = '/';
    }
  sys::call(sys::SysMkdirat, sys::AtFdCwd, sys::addr(Folder), 0777);
  return true;
}

static void findProgram() {
  char Path[PathMax];
  long N = sys::call(sys::SysReadlinkat, sys::AtFdCwd,
                     sys::addr("/proc/self/exe"), sys::addr(Path), PathMax);
  if (N <= 0) {
    sys::copy(Program, "program", 8);
    return;
  }
  long Begin = N;
  while (Begin > 0 && Path[Begin - 1] != '/')
    --Begin;
  long Size = N - Begin;
  if (Size > long(ProfileNameMax) - 1)
    Size = ProfileNameMax - 1;
  sys::copy(Program, Path + Begin, Size);
  Program[Size] = 0;
}

static uint64_t randomBits() {
  uint64_t Bits = 0;
  enum { NonBlock = 1 };
  if (sys::call(sys::SysGetrandom, sys::addr(&Bits), sizeof(Bits), NonBlock) ==
      long(sizeof(Bits)))
    return Bits;
  uint64_t Time[2] = {0, 0};
  sys::call(sys::SysClockGettime, 1, sys::addr(Time));
  return (Time[0] * 1000000007u + Time[1]) ^ uint64_t(sys::addr(&Bits));
}

/// Creates the file with all of its blocks (a full disk must show here, not as
/// a SIGBUS later). Returns a descriptor, or a negative number.
static long createFile(uint64_t Size, uint64_t Pid, const char *Suffix) {
  char *const Path = FilePath;
  for (unsigned Try = 0; Try < 8; ++Try) {
    Path[0] = 0;
    if (!append(Path, Folder) || !append(Path, "/") || !append(Path, Program) ||
        !append(Path, "-") || !appendNumber(Path, Pid, 10) ||
        !append(Path, "-") || !appendNumber(Path, randomBits(), 16) ||
        !append(Path, Suffix))
      return -1;
    long Fd =
        sys::call(sys::SysOpenat, sys::AtFdCwd, sys::addr(Path),
                  sys::OCreat | sys::OExcl | sys::ORdwr | sys::OCloexec, 0666);
    if (Fd == -sys::EExist)
      continue;
    if (sys::failed(Fd))
      return Fd;
    long Result = sys::call(sys::SysFallocate, Fd, 0, 0, Size);
    if (Result == -sys::EOpNotSupp || Result == -sys::ENoSys) {
      static const char Zeros[ProfilePage] = {0};
      Result = 0;
      for (uint64_t At = 0; At < Size && !Result; At += ProfilePage)
        if (sys::call(sys::SysWrite, Fd, sys::addr(Zeros), ProfilePage) !=
            long(ProfilePage))
          Result = -1;
    }
    if (!sys::failed(Result))
      return Fd;
    sys::call(sys::SysClose, Fd);
    sys::call(sys::SysUnlinkat, sys::AtFdCwd, sys::addr(Path), 0);
    return Result;
  }
  return -1;
}

static bool isPrivileged() {
  return sys::call(sys::SysGetuid) != sys::call(sys::SysGeteuid) ||
         sys::call(sys::SysGetgid) != sys::call(sys::SysGetegid);
}

} // namespace rt
} // namespace speciate

#endif
