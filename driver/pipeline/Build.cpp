//===- driver/pipeline/Build.cpp - Programs from a record: units, baselines,
// links
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/Build.h"
#include "driver/pipeline/Instrument.h"
#include "driver/record/ReapplyArgs.h"
#include "support/File.h"
#include "support/Hash.h"
#include "support/Parallel.h"
#include "support/Toolchain.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace speciate {

Expected<std::string> BuildContext::cached(StringRef Kind,
                                           ArrayRef<std::string> Parts) const {
  std::vector<StringRef> All = {LLVM_VERSION_STRING, Maker, Kind, R.Id, Cpu};
  All.insert(All.end(), Parts.begin(), Parts.end());
  std::string Hash = contentHash(All);
  SmallString<256> Path(CacheDir);
  sys::path::append(Path, StringRef(Hash).take_front(2));
  if (std::error_code EC = sys::fs::create_directories(Path))
    return createFileError(Path, EC);
  sys::path::append(Path, Kind + "-" + StringRef(Hash).drop_front(2));
  return std::string(Path);
}

/// See BuildContext::Maker.
static Expected<std::string> hashOfMaker() {
  std::string All;
  for (StringRef Part :
       {"speciate-stage", "../lib/SpeciatePasses.so",
        "../lib/speciate_detail_rt.o", "../lib/speciate_profile_rt.o"}) {
    Expected<std::string> Bytes = readFile(executableDir() + "/" + Part.str());
    if (!Bytes)
      return Bytes.takeError();
    All += contentHash(*Bytes);
  }
  return contentHash(All);
}

/// Whole or absent: made by a rename.
static bool exists(StringRef Path) { return sys::fs::exists(Path); }

Expected<BuildContext> openProgram(StringRef Program, StringRef Cpu,
                                   unsigned Jobs) {
  Expected<OpenedRecord> Opened = openRecord(Program);
  if (!Opened)
    return Opened.takeError();
  BuildContext C;
  C.TheStore = std::move(Opened->TheStore);
  C.R = std::move(Opened->R);
  C.CacheDir = C.TheStore.dir() + "/build";
  C.Jobs = Jobs;
  C.Cpu = Cpu.str();
  Expected<std::string> Maker = hashOfMaker();
  if (!Maker)
    return Maker.takeError();
  C.Maker = std::move(*Maker);
  if (C.R.Units.empty())
    return createStringError(
        "%s: the record has no unit with IR; 'speciate doctor %s' says why",
        Program.str().c_str(), Program.str().c_str());
  C.Units.resize(C.R.Units.size());
  Error E = parallelFor(Jobs, C.Units.size(), [&](size_t I) -> Error {
    Expected<std::string> Path = C.cached("unit", {C.R.Units[I].Bitcode});
    if (!Path)
      return Path.takeError();
    C.Units[I] = *Path + ".bc";
    if (exists(C.Units[I]))
      return Error::success();
    Expected<std::string> Bytes = C.TheStore.get(C.R.Units[I].Bitcode);
    if (!Bytes)
      return Bytes.takeError();
    if (Cpu.empty())
      return writeFileAtomically(C.Units[I], *Bytes);
    Expected<TempDir> Temp = TempDir::create("speciate-cpu");
    if (!Temp)
      return Temp.takeError();
    if (Error Failure = writeFileAtomically(Temp->file("in.bc"), *Bytes))
      return Failure;
    ProcessSpec Spec;
    Spec.Argv = {executableDir() + "/speciate-stage",
                 "cpu",
                 "--in",
                 Temp->file("in.bc"),
                 "--cpu",
                 Cpu.str(),
                 "--out",
                 C.Units[I]};
    Expected<ProcessResult> Done = runProcess(Spec);
    if (!Done)
      return Done.takeError();
    if (!Done->ok())
      return createStringError("--cpu %s: %s", C.Cpu.c_str(),
                               StringRef(Done->Stderr).rtrim().str().c_str());
    return Error::success();
  });
  if (E)
    return std::move(E);
  return std::move(C);
}

Error compileUnit(const BuildContext &C, size_t Index,
                  const std::vector<std::string> &Flags, StringRef Output) {
  std::string Temp = (Output + ".part").str();
  ProcessSpec Spec;
  Spec.Argv = {llvmTool("clang"),
               "--no-default-config",
               "-O3",
               "-x",
               "ir",
               C.Units[Index],
               "-c",
               "-o",
               Temp,
               "-Wno-everything"};
  for (const std::string &Flag : reapplyArgs(C.R.Units[Index]))
    Spec.Argv.push_back(Flag);
  Spec.Argv.insert(Spec.Argv.end(), Flags.begin(), Flags.end());
  if (Error E = runTool(Spec).takeError()) {
    sys::fs::remove(Temp);
    return createStringError("%s: %s", C.R.Units[Index].Source.c_str(),
                             toString(std::move(E)).c_str());
  }
  return errorCodeToError(sys::fs::rename(Temp, Output));
}

Error linkProgram(const BuildContext &C, const LinkInputs &Inputs,
                  StringRef Output) {
  Expected<TempDir> Scratch = TempDir::create("speciate-link");
  if (!Scratch)
    return Scratch.takeError();
  RelinkRequest Request;
  Request.UnitObjects = Inputs.UnitObjects;
  Request.ExtraObjects = Inputs.ExtraObjects;
  Request.ExtraArgs = Inputs.Args;
  // Not a multiple of 64, so that code moves within its cache lines where the
  // alignment of the section allows it; otherwise by whole lines.
  Request.PadBytes = Inputs.Placement * (21 * 64 + 16);
  if (!Inputs.ResolutionOutput.empty())
    Request.ExtraArgs.push_back("-Wl,--save-temps=resolution");
  // One fixed name: what the linker writes must not depend on where it goes.
  Request.Output = Scratch->file(C.R.Name);
  Request.Scratch = Scratch->path();
  Expected<std::vector<std::string>> Command =
      relinkCommand(C.TheStore, C.R, Request);
  if (!Command)
    return Command.takeError();
  ProcessSpec Spec;
  Spec.Argv = std::move(*Command);
  Spec.Cwd = Scratch->path();
  if (Error E = runTool(Spec).takeError())
    return E;
  if (Error E = finishRelink(C.R, Request))
    return E;
  if (!Inputs.ResolutionOutput.empty())
    if (Error E = copyFileAtomically(Request.Output + ".resolution.txt",
                                     Inputs.ResolutionOutput))
      return E;
  return copyFileAtomically(Request.Output, Output);
}

/// Compiles every unit with \p Flags; returns the objects' paths.
static Expected<std::vector<std::string>>
compileAll(const BuildContext &C, StringRef Kind,
           const std::vector<std::string> &Flags,
           const std::vector<std::string> &KeyParts) {
  std::vector<std::string> Objects(C.Units.size());
  Error E = parallelFor(C.Jobs, Objects.size(), [&](size_t I) -> Error {
    std::vector<std::string> Parts = KeyParts;
    Parts.push_back(C.R.Units[I].Bitcode);
    Parts.push_back(std::to_string(I));
    Expected<std::string> Path = C.cached(Kind, Parts);
    if (!Path)
      return Path.takeError();
    Objects[I] = *Path + ".o";
    if (exists(Objects[I]))
      return Error::success();
    return compileUnit(C, I, Flags, Objects[I]);
  });
  if (E)
    return std::move(E);
  return std::move(Objects);
}

Expected<std::string> buildInstrumented(const BuildContext &C) {
  Expected<std::string> Program = C.cached("instrumented", {});
  if (!Program || exists(*Program))
    return Program;
  Expected<bool> Threads = mayStartThreads(C.TheStore, C.R);
  if (!Threads)
    return Threads.takeError();
  const ThreadTest Test = *Threads ? threadTest(C.R) : ThreadTest::None;
  Expected<ProfileRuntime> Runtime = findProfileRuntime();
  if (!Runtime)
    return Runtime.takeError();
  Expected<std::vector<std::string>> Objects =
      compileAll(C, "instrumented-unit", instrumentFlags(Test),
                 {std::to_string(static_cast<int>(Test))});
  if (!Objects)
    return Objects.takeError();
  LinkInputs Inputs;
  Inputs.UnitObjects = std::move(*Objects);
  // The order matters: see runtime/profile/Profile.cpp.
  Inputs.ExtraObjects = {Runtime->First};
  Inputs.Args = {Runtime->Last};
  if (Error E = linkProgram(C, Inputs, *Program))
    return std::move(E);
  return Program;
}

/// What distinguishes the cache's key of a program at \p Placement.
static std::vector<std::string> placed(std::vector<std::string> Key,
                                       unsigned Placement) {
  if (Placement)
    Key.push_back("placement " + std::to_string(Placement));
  return Key;
}

Expected<std::string> buildO3(const BuildContext &C, unsigned Placement) {
  Expected<std::string> Program = C.cached("o3", placed({}, Placement));
  if (!Program || exists(*Program))
    return Program;
  Expected<std::vector<std::string>> Objects = compileAll(C, "o3-unit", {}, {});
  if (!Objects)
    return Objects.takeError();
  LinkInputs Inputs;
  Inputs.UnitObjects = std::move(*Objects);
  Inputs.Placement = Placement;
  if (Error E = linkProgram(C, Inputs, *Program))
    return std::move(E);
  return Program;
}

static Expected<bool> isPositionIndependent(StringRef Program) {
  auto Object = object::ObjectFile::createObjectFile(Program);
  if (!Object)
    return createFileError(Program, Object.takeError());
  const auto *Elf = dyn_cast<object::ELFObjectFileBase>(Object->getBinary());
  if (!Elf)
    return createStringError("%s is not an ELF file", Program.str().c_str());
  return Elf->getEType() == ELF::ET_DYN;
}

static LinkInputs ltoInputs(const LtoBuild &Lto) {
  LinkInputs Inputs;
  Inputs.UnitObjects = Lto.UnitObjects;
  Inputs.Args = {"-O3", "-flto=full"};
  return Inputs;
}

Expected<LtoBuild> buildPgoLto(const BuildContext &C, StringRef Profile) {
  Expected<std::string> ProfileBytes = readFile(Profile);
  if (!ProfileBytes)
    return ProfileBytes.takeError();
  std::string Key = contentHash(*ProfileBytes);
  LtoBuild Result;
  Expected<std::string> Base = C.cached("pgo-lto", {Key});
  if (!Base)
    return Base.takeError();
  Result.Program = *Base;
  Result.WithRelocations = *Base + "-relocs";
  Result.Resolution = *Base + ".resolution.txt";
  Expected<std::vector<std::string>> Objects = compileAll(
      C, "lto-unit", {"-flto=full", ("-fprofile-use=" + Profile).str()}, {Key});
  if (!Objects)
    return Objects.takeError();
  Result.UnitObjects = std::move(*Objects);
  if (!exists(Result.Program) || !exists(Result.WithRelocations) ||
      !exists(Result.Resolution)) {
    LinkInputs Inputs = ltoInputs(Result);
    Error Failures[2] = {Error::success(), Error::success()};
    cantFail(parallelFor(C.Jobs, 2, [&](size_t I) -> Error {
      ErrorAsOutParameter Checked(&Failures[I]);
      if (I == 0) {
        Failures[0] = linkProgram(C, Inputs, Result.Program);
      } else {
        // Not one link for both: lld relaxes nothing differently, but the
        // baseline must be what a user's own command would give.
        LinkInputs Second = Inputs;
        Second.Args.push_back("-Wl,--emit-relocs");
        Second.ResolutionOutput = Result.Resolution;
        Failures[1] = linkProgram(C, Second, Result.WithRelocations);
      }
      return Error::success();
    }));
    if (Error E = joinErrors(std::move(Failures[0]), std::move(Failures[1])))
      return std::move(E);
  }
  Expected<bool> Pic = isPositionIndependent(Result.Program);
  if (!Pic)
    return Pic.takeError();
  Result.Pic = *Pic;
  return std::move(Result);
}

Expected<std::string> buildPgoLtoAt(const BuildContext &C, const LtoBuild &Lto,
                                    unsigned Placement) {
  if (!Placement)
    return Lto.Program;
  // By name: the cache names what is in it by content.
  Expected<std::string> Program =
      C.cached("pgo-lto-placed", placed({Lto.Program}, Placement));
  if (!Program || exists(*Program))
    return Program;
  LinkInputs Inputs = ltoInputs(Lto);
  Inputs.Placement = Placement;
  if (Error E = linkProgram(C, Inputs, *Program))
    return std::move(E);
  return Program;
}

Error shipProgram(const BuildContext &C, StringRef Program, StringRef Output) {
  if (C.R.Strip.empty())
    return copyFileAtomically(Program, Output);
  Expected<TempDir> Temp = TempDir::create("speciate-ship");
  if (!Temp)
    return Temp.takeError();
  ProcessSpec Spec;
  Spec.Argv = {llvmTool("llvm-strip"),
               C.R.Strip == "debug" ? "--strip-debug" : "--strip-all", "-o",
               Temp->file("program"), Program.str()};
  if (Error E = runTool(Spec).takeError())
    return E;
  return copyFileAtomically(Temp->file("program"), Output);
}

Expected<std::string> codeHash(StringRef Program) {
  auto Object = object::ObjectFile::createObjectFile(Program);
  if (!Object)
    return createFileError(Program, Object.takeError());
  std::vector<std::string> Parts;
  for (const object::SectionRef &S : Object->getBinary()->sections()) {
    object::ELFSectionRef Section(S);
    if (!(Section.getFlags() & ELF::SHF_ALLOC) ||
        Section.getType() == ELF::SHT_NOTE)
      continue;
    Parts.push_back(hex64(Section.getAddress()) + hex64(Section.getSize()));
    if (Section.getType() == ELF::SHT_NOBITS)
      continue;
    Expected<StringRef> Contents = S.getContents();
    if (!Contents)
      return createFileError(Program, Contents.takeError());
    Parts.push_back(Contents->str());
  }
  std::vector<StringRef> Refs(Parts.begin(), Parts.end());
  return contentHash(Refs);
}

Expected<uint64_t> textBytes(StringRef Program) {
  auto Object = object::ObjectFile::createObjectFile(Program);
  if (!Object)
    return createFileError(Program, Object.takeError());
  uint64_t Sum = 0;
  for (const object::SectionRef &S : Object->getBinary()->sections())
    if (object::ELFSectionRef(S).getFlags() & ELF::SHF_EXECINSTR)
      Sum += S.getSize();
  return Sum;
}

} // namespace speciate
