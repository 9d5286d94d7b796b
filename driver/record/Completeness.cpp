//===- driver/record/Completeness.cpp - What a program's record lacks, and why
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/Completeness.h"
#include "driver/record/ObjectFacts.h"
#include "support/File.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace speciate {

/// The strings of .comment, one for each compiler that had a part in it.
static std::vector<std::string> compilersOf(StringRef Bytes) {
  auto Object =
      object::ObjectFile::createObjectFile(MemoryBufferRef(Bytes, "object"));
  if (!Object) {
    consumeError(Object.takeError());
    return {};
  }
  for (const object::SectionRef &Section : (*Object)->sections()) {
    Expected<StringRef> Name = Section.getName();
    Expected<StringRef> Contents = Section.getContents();
    if (Name && Contents && *Name == ".comment") {
      std::vector<std::string> Result;
      for (StringRef Each : split(*Contents, '\0'))
        if (!Each.empty())
          Result.push_back(Each.str());
      return Result;
    }
    consumeError(Name.takeError());
    consumeError(Contents.takeError());
  }
  return {};
}

/// Counters of clang's are local symbols; their sections have these names.
static bool hasCounters(StringRef Bytes) {
  auto Object =
      object::ObjectFile::createObjectFile(MemoryBufferRef(Bytes, "object"));
  if (!Object) {
    consumeError(Object.takeError());
    return false;
  }
  for (const object::SectionRef &Section : (*Object)->sections()) {
    Expected<StringRef> Name = Section.getName();
    if (Name &&
        (Name->starts_with("__llvm_prf") || Name->starts_with("__llvm_cov")))
      return true;
    consumeError(Name.takeError());
  }
  return false;
}

static bool refersTo(const ObjectFacts &Facts, ArrayRef<StringRef> Prefixes) {
  auto Matches = [&](const auto &Entry) {
    return any_of(Prefixes,
                  [&](StringRef P) { return Entry.getKey().starts_with(P); });
  };
  return any_of(Facts.Undefined, Matches) || any_of(Facts.Defined, Matches);
}

NativeReason whyNative(StringRef ObjectBytes) {
  Expected<ObjectFacts> Facts = readObject(ObjectBytes);
  if (!Facts)
    return {"it cannot be read: " + toString(Facts.takeError()), ""};
  if (!Facts->WhyNative.empty())
    return {Facts->WhyNative, "compile it again, and do not change the object"};
  if (refersTo(*Facts, {"__asan_", "__tsan_", "__msan_", "__ubsan_",
                        "__hwasan_", "__sanitizer_", "__safestack_"}))
    return {"a sanitizer's code is in it, which is not in IR",
            "compile it without -fsanitize"};
  if (refersTo(*Facts, {"__llvm_profile_", "__llvm_gcov", "llvm_gcda_",
                        "__gcov_", "mcount", "__fentry__", "__cyg_profile_"}) ||
      hasCounters(ObjectBytes))
    return {"it counts or traces its own run (-fprofile-generate, --coverage, "
            "-pg), and that code is not in IR",
            "compile it without these flags: speciate makes its own profile"};
  std::vector<std::string> Compilers = compilersOf(ObjectBytes);
  auto Clang = find_if(
      Compilers, [](StringRef Name) { return Name.contains("clang version"); });
  if (Clang != Compilers.end())
    return {"clang compiled it without leaving a record: not as speciate-cc, "
            "or with flags whose code is not in IR (-fsanitize, -fprofile), "
            "or the section .speciate.bc was removed",
            "compile it with speciate-cc"};
  if (!Compilers.empty())
    return {"it was compiled by " + Compilers.front(),
            "compile it with speciate-cc"};
  if (fileKind(ObjectBytes) == FileKind::Bitcode)
    return {"it is bitcode that another compiler made",
            "compile it with speciate-cc"};
  return {"it was assembled", ""};
}

static std::string logPath(StringRef Dir) {
  return (Dir + "/speciate-cc.log").str();
}

void logReason(StringRef Dir, StringRef Program, StringRef Reason) {
  if (sys::fs::create_directories(Dir))
    return;
  std::error_code EC;
  raw_fd_ostream Log(logPath(Dir), EC, sys::fs::OF_Append);
  if (EC)
    return;
  // In one write, so that lines of several links do not mix.
  Log.SetBufferSize(1 << 16);
  Log << absolutePath(Program) << ": " << Reason << "\n";
  Log.flush();
  Log.clear_error();
}

std::string loggedReason(StringRef Dir, StringRef Program) {
  Expected<std::string> Log = readFile(logPath(Dir));
  if (!Log) {
    consumeError(Log.takeError());
    return "";
  }
  std::string Here = absolutePath(Program);
  std::string Name = ("/" + sys::path::filename(Here) + ": ").str();
  std::string ByPath, ByName;
  for (StringRef Line : split(*Log, '\n')) {
    StringRef Rest = Line;
    if (Rest.consume_front(Here) && Rest.consume_front(": "))
      ByPath = Rest.str();
    else if (size_t At = Line.find(Name); At != StringRef::npos)
      ByName = Line.drop_front(At + Name.size()).str();
  }
  return ByPath.empty() ? ByName : ByPath;
}

} // namespace speciate
