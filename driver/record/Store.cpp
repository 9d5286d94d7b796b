//===- driver/record/Store.cpp - Content-addressed objects
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/Record.h"
#include "driver/record/StoreLock.h"
#include "support/File.h"
#include "support/Hash.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;

namespace speciate {

static bool isHash(StringRef Hash) {
  return Hash.size() == 32 && all_of(Hash, [](char C) {
           return isDigit(C) || (C >= 'a' && C <= 'f');
         });
}

std::string Store::path(StringRef Hash) const {
  SmallString<256> Result(Dir);
  sys::path::append(Result, "objects", Hash.take_front(2), Hash.drop_front(2));
  return std::string(Result);
}

bool Store::has(StringRef Hash) const {
  return isHash(Hash) && sys::fs::exists(path(Hash));
}

Expected<std::string> Store::put(StringRef Bytes) const {
  std::string Hash = contentHash(Bytes);
  // An object that a crash of the machine cut short, or that was damaged since,
  // is written again: building again is how a record is repaired.
  uint64_t Size;
  if (!sys::fs::file_size(path(Hash), Size) && Size == Bytes.size()) {
    Expected<std::string> There = readFile(path(Hash));
    if (There && *There == Bytes) {
      // Its age counts from its last use (Upkeep.h).
      ::utimensat(AT_FDCWD, path(Hash).c_str(), nullptr, 0);
      return Hash;
    }
    consumeError(There.takeError());
  }
  if (Error E = writeFileAtomically(path(Hash), Bytes, 0444))
    return std::move(E);
  return Hash;
}

Expected<std::string> Store::get(StringRef Hash) const {
  if (!isHash(Hash))
    return createStringError("'%s' is not the name of a store object",
                             Hash.str().c_str());
  if (!has(Hash))
    return createStringError("object %s is missing from the store %s",
                             Hash.str().c_str(), Dir.c_str());
  Expected<std::string> Bytes = readFile(path(Hash));
  if (!Bytes)
    return Bytes.takeError();
  if (contentHash(*Bytes) != Hash)
    return createStringError(
        "object %s of the store %s is damaged", Hash.str().c_str(),
        Dir.c_str());
  return Bytes;
}

StoreLock::StoreLock(StringRef Dir, Mode M) {
  std::string State = (Dir + "/state").str();
  sys::fs::create_directories(State);
  Fd = ::open((State + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (Fd >= 0)
    while (::flock(Fd, M == Mode::Put ? LOCK_SH : LOCK_EX) < 0 &&
           errno == EINTR)
      ;
}

StoreLock::~StoreLock() {
  if (Fd >= 0)
    ::close(Fd);
}

} // namespace speciate
