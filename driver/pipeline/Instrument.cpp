//===- driver/pipeline/Instrument.cpp - A program that profiles itself
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/Instrument.h"
#include "driver/record/ReapplyArgs.h"
#include "support/File.h"
#include "support/Parallel.h"
#include "support/Subprocess.h"
#include "support/Toolchain.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cassert>

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

std::vector<std::string> instrumentFlags(bool Atomic) {
  std::vector<std::string> Flags = {
      "-fprofile-generate",
      // Our runtime brings the slots for values.
      "-mllvm", "-vp-static-alloc=false",
      // Counters kept in registers are lost by _exit in a loop and counted
      // twice by fork. On bzip2 it saves no instructions (1.19x of -O3 against
      // 1.22x when it compresses, 1.25x against 1.15x when it decompresses).
      "-mllvm", "-do-counter-promotion=false"};
  if (Atomic)
    Flags.push_back("-fprofile-update=atomic");
  return Flags;
}

static Error compileUnit(StringRef Bitcode, const RecordUnit &Unit,
                         ArrayRef<std::string> Flags, StringRef Object) {
  if (!sys::fs::exists(Bitcode))
    return createStringError("%s: its bitcode is missing from the store; build "
                             "the program again",
                             Unit.Source.c_str());
  ProcessSpec Spec;
  Spec.Argv = {llvmTool("clang"),
               "--no-default-config",
               "-O3",
               "-x",
               "ir",
               Bitcode.str(),
               "-c",
               "-o",
               Object.str(),
               "-Wno-everything"};
  llvm::append_range(Spec.Argv, reapplyArgs(Unit));
  llvm::append_range(Spec.Argv, Flags);
  if (Error E = runTool(Spec).takeError())
    return createStringError("%s: %s", Unit.Source.c_str(),
                             toString(std::move(E)).c_str());
  return Error::success();
}

static Expected<std::vector<std::string>>
compileUnits(const Store &S, const Record &R, const InstrumentOptions &Options,
             bool Atomic) {
  std::vector<std::string> Flags = instrumentFlags(Atomic);
  llvm::append_range(Flags, Options.ExtraUnitFlags);
  std::vector<std::string> Objects(R.Units.size());
  Error E = parallelFor(Options.Jobs, R.Units.size(), [&](size_t I) {
    Objects[I] = Options.Scratch + "/instrumented-" + std::to_string(I) + ".o";
    std::string Bitcode = Options.UnitBitcode.empty()
                              ? S.path(R.Units[I].Bitcode)
                              : Options.UnitBitcode[I];
    return compileUnit(Bitcode, R.Units[I], Flags, Objects[I]);
  });
  if (E)
    return std::move(E);
  return Objects;
}

Error instrumentProgram(const Store &S, const Record &R,
                        const InstrumentOptions &Options) {
  assert((Options.UnitBitcode.empty() ||
          Options.UnitBitcode.size() == R.Units.size()) &&
         "one path per unit");
  Expected<ProfileRuntime> Runtime = findProfileRuntime(Options.RuntimeDir);
  if (!Runtime)
    return Runtime.takeError();
  Expected<bool> Atomic = mayStartThreads(S, R);
  if (!Atomic)
    return Atomic.takeError();
  Expected<std::vector<std::string>> Objects =
      compileUnits(S, R, Options, *Atomic);
  if (!Objects)
    return Objects.takeError();

  RelinkRequest Request;
  Request.UnitObjects = std::move(*Objects);
  // The order matters: see runtime/profile/Profile.cpp.
  Request.ExtraObjects = {Runtime->First};
  Request.ExtraArgs = {Runtime->Last};
  Request.Output = absolutePath(Options.Scratch + "/instrumented");
  Request.Scratch = absolutePath(Options.Scratch);
  Expected<std::vector<std::string>> Command = relinkCommand(S, R, Request);
  if (!Command)
    return Command.takeError();
  ProcessSpec Link;
  Link.Argv = std::move(*Command);
  if (Expected<ProcessResult> Result = runTool(Link); !Result)
    return Result.takeError();
  return copyFileAtomically(Request.Output, Options.Output);
}

} // namespace speciate
