//===- driver/pipeline/Instrument.cpp - A program that profiles itself
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/Instrument.h"
#include "support/File.h"
#include "support/Toolchain.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cassert>
#include <dlfcn.h>

using namespace llvm;

namespace speciate {

/// Starts of the names of functions that start threads.
static constexpr StringRef ThreadStarters[] = {
    "pthread_create", "thrd_create",      "clone",
    "clone3",         "__kmpc_fork_call", "GOMP_parallel",
    "GOMP_task",      "g_thread_new",     "_ZNSt6thread15_M_start_thread",
};

static bool startsThreads(StringRef Name) {
  return any_of(ThreadStarters, [&](StringRef Starter) {
    // Only the mangled name goes on with its parameters.
    return Name == Starter ||
           (Starter.starts_with("_Z") && Name.starts_with(Starter));
  });
}

Expected<bool> mayStartThreads(const Store &S, const Record &R) {
  for (const RecordUnit &Unit : R.Units) {
    Expected<std::string> Bitcode = S.get(Unit.Bitcode);
    if (!Bitcode)
      return Bitcode.takeError();
    LLVMContext Context;
    Expected<std::unique_ptr<Module>> M =
        getLazyBitcodeModule(MemoryBufferRef(*Bitcode, Unit.Source), Context);
    if (!M)
      return createStringError("%s: %s", Unit.Source.c_str(),
                               toString(M.takeError()).c_str());
    for (const Function &F : **M)
      if (F.isDeclaration() && startsThreads(F.getName()))
        return true;
  }
  for (const LinkItem &Item : R.Line) {
    if (Item.K != LinkItem::Kind::Native)
      continue;
    Expected<std::string> Object = S.get(Item.Object);
    if (!Object)
      return Object.takeError();
    // A name in the string table. One too many only costs time.
    if (StringRef(*Object).contains("pthread_create"))
      return true;
  }
  return false;
}

Expected<ProfileRuntime> findProfileRuntime(StringRef Dir) {
  std::string Folder = Dir.empty() ? executableDir() + "/../lib" : Dir.str();
  ProfileRuntime R{Folder + "/speciate_profile_rt.o",
                   Folder + "/speciate_profile_end.o"};
  for (const std::string &Object : {R.First, R.Last})
    if (!sys::fs::exists(Object))
      return createStringError("%s: the profile runtime is missing; build the "
                               "target speciate_profile_rt",
                               Object.c_str());
  return R;
}

std::string pluginPath() {
  return executableDir() + "/../lib/SpeciatePasses.so";
}

ThreadTest threadTest(const Record &R) {
  // Another C library may have no such byte, and a shared object no copy of it.
  auto IsOther = [](const LinkItem &Item) {
    StringRef Word = Item.Text;
    return Item.K == LinkItem::Kind::Argument &&
           (Word == "-nostdlib" || Word == "-nodefaultlibs" ||
            Word == "-nolibc" || Word == "-target" ||
            Word.starts_with("--target") || Word.starts_with("--sysroot") ||
            Word.contains("nocopyreloc"));
  };
  bool Here = dlsym(RTLD_DEFAULT, "__libc_single_threaded") != nullptr;
  return Here && !R.Shared && none_of(R.Line, IsOther) ? ThreadTest::Byte
                                                       : ThreadTest::Pointer;
}

std::vector<std::string> instrumentFlags(ThreadTest Test) {
  std::vector<std::string> Flags = {
      "-fprofile-generate",
      // Our runtime brings the slots for values.
      "-mllvm", "-vp-static-alloc=false",
      // Counters kept in registers are lost by _exit in a loop and counted
      // twice by fork. On bzip2 it saves no instructions (1.19x of -O3 against
      // 1.22x when it compresses, 1.25x against 1.15x when it decompresses).
      "-mllvm", "-do-counter-promotion=false"};
  if (Test != ThreadTest::None)
    Flags.insert(Flags.end(),
                 {"-fprofile-update=atomic", "-fpass-plugin=" + pluginPath(),
                  "-mllvm",
                  Test == ThreadTest::Byte
                      ? "-speciate-alone-counters=byte"
                      : "-speciate-alone-counters=pointer"});
  return Flags;
}

} // namespace speciate
