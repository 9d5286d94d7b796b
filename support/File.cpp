//===- support/File.cpp - Files that are whole or absent
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/File.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;

namespace speciate {

Expected<std::string> readFile(StringRef Path) {
  auto Buffer = MemoryBuffer::getFile(Path, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!Buffer)
    return createFileError(Path, Buffer.getError());
  return (*Buffer)->getBuffer().str();
}

static Error writeAll(int Fd, StringRef Bytes) {
  while (!Bytes.empty()) {
    ssize_t Written = ::write(Fd, Bytes.data(), Bytes.size());
    if (Written < 0) {
      if (errno == EINTR)
        continue;
      return errorCodeToError(std::error_code(errno, std::generic_category()));
    }
    Bytes = Bytes.drop_front(Written);
  }
  return Error::success();
}

Error writeFileAtomically(StringRef Path, StringRef Bytes, unsigned Mode,
                          bool Durable) {
  StringRef Parent = sys::path::parent_path(Path);
  if (!Parent.empty())
    if (std::error_code EC = sys::fs::create_directories(Parent))
      return createFileError(Parent, EC);
  int Fd;
  SmallString<256> Temp;
  if (std::error_code EC =
          sys::fs::createUniqueFile(Path + ".tmp-%%%%%%%%", Fd, Temp))
    return createFileError(Path, EC);
  auto Fail = [&](Error E) {
    ::close(Fd);
    ::unlink(Temp.c_str());
    return createFileError(Path, std::move(E));
  };
  auto LastError = [] {
    return errorCodeToError(std::error_code(errno, std::generic_category()));
  };
  if (Error E = writeAll(Fd, Bytes))
    return Fail(std::move(E));
  if (::fchmod(Fd, Mode) != 0 || (Durable && ::fsync(Fd) != 0))
    return Fail(LastError());
  if (::close(Fd) != 0 || ::rename(Temp.c_str(), Path.str().c_str()) != 0) {
    Error E = LastError();
    ::unlink(Temp.c_str());
    return createFileError(Path, std::move(E));
  }
  return Error::success();
}

Error copyFileAtomically(StringRef From, StringRef To) {
  Expected<std::string> Bytes = readFile(From);
  if (!Bytes)
    return Bytes.takeError();
  sys::fs::file_status Status;
  if (std::error_code EC = sys::fs::status(From, Status))
    return createFileError(From, EC);
  return writeFileAtomically(To, *Bytes, Status.permissions());
}

std::string absolutePath(StringRef Path) {
  SmallString<256> Result(Path);
  sys::fs::make_absolute(Result);
  sys::path::remove_dots(Result, /*remove_dot_dot=*/true);
  return std::string(Result);
}

Expected<TempDir> TempDir::create(StringRef Prefix) {
  SmallString<256> Path;
  if (std::error_code EC = sys::fs::createUniqueDirectory(Prefix, Path))
    return createStringError(EC, "cannot create a temporary directory: %s",
                             EC.message().c_str());
  return TempDir(std::string(Path));
}

TempDir &TempDir::operator=(TempDir &&Other) {
  std::swap(Path, Other.Path);
  return *this;
}

TempDir::~TempDir() {
  if (!Path.empty())
    sys::fs::remove_directories(Path);
}

std::string TempDir::file(const Twine &Name) const {
  SmallString<256> Result(Path);
  sys::path::append(Result, Name);
  return std::string(Result);
}

Expected<std::string> storeDir() {
  if (const char *Store = ::getenv("SPECIATE_STORE"); Store && *Store)
    return absolutePath(Store);
  if (const char *Cache = ::getenv("XDG_CACHE_HOME"); Cache && *Cache)
    return absolutePath((Twine(Cache) + "/speciate").str());
  if (const char *Home = ::getenv("HOME"); Home && *Home)
    return absolutePath((Twine(Home) + "/.cache/speciate").str());
  return createStringError("no place for the store: set SPECIATE_STORE");
}

} // namespace speciate
