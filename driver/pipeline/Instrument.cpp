//===- driver/pipeline/Instrument.cpp - A program that profiles itself
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/Instrument.h"
#include "support/File.h"
#include "support/Subprocess.h"
#include "support/Toolchain.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ThreadPool.h"
#include <algorithm>
#include <mutex>

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

static Error compileUnit(const Store &S, const RecordUnit &Unit,
                         ArrayRef<std::string> Flags, StringRef Object) {
  if (!S.has(Unit.Bitcode))
    return createStringError("%s: its bitcode is missing from the store; build "
                             "the program again",
                             Unit.Source.c_str());
  ProcessSpec Spec;
  Spec.Argv = {llvmTool("clang"),   "-O3", "-Wno-override-module", "-x", "ir",
               S.path(Unit.Bitcode)};
  llvm::append_range(Spec.Argv, Flags);
  for (const char *Word : {"-c", "-o"})
    Spec.Argv.push_back(Word);
  Spec.Argv.push_back(Object.str());
  Expected<ProcessResult> Result = runTool(Spec);
  return Result ? Error::success() : Result.takeError();
}

/// Compiles all units; the error is that of the first unit that failed, in the
/// order of the record.
static Expected<std::vector<std::string>>
compileUnits(const Store &S, const Record &R, const InstrumentOptions &Options,
             bool Atomic) {
  std::vector<std::string> Objects;
  std::vector<std::string> Failures(R.Units.size());
  for (size_t I = 0; I != R.Units.size(); ++I)
    Objects.push_back(Options.Scratch + "/instrumented-" + std::to_string(I) +
                      ".o");
  {
    DefaultThreadPool Pool(
        heavyweight_hardware_concurrency(std::max(1u, Options.Jobs)));
    for (size_t I = 0; I != R.Units.size(); ++I)
      Pool.async([&, I] {
        const RecordUnit &Unit = R.Units[I];
        std::vector<std::string> Flags = instrumentFlags(Atomic);
        llvm::append_range(Flags, Options.ExtraUnitFlags);
        if (Error E = compileUnit(S, Unit, Flags, Objects[I]))
          Failures[I] = toString(std::move(E));
      });
    Pool.wait();
  }
  for (const std::string &Failure : Failures)
    if (!Failure.empty())
      return createStringError(Twine(Failure));
  return Objects;
}

Error instrumentProgram(const Store &S, const Record &R,
                        const InstrumentOptions &Options) {
  std::string Runtime = Options.RuntimeDir.empty() ? executableDir() + "/../lib"
                                                   : Options.RuntimeDir;
  std::string First = Runtime + "/speciate_profile_rt.o";
  std::string Last = Runtime + "/speciate_profile_end.o";
  for (const std::string &Object : {First, Last})
    if (!sys::fs::exists(Object))
      return createStringError("%s: the profile runtime is missing; build the "
                               "target speciate_profile_rt",
                               Object.c_str());
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
  Request.ExtraObjects = {First};
  Request.ExtraArgs = {Last};
  Request.Output = absolutePath(Options.Scratch + "/instrumented");
  Request.Scratch = Options.Scratch;
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
