//===- gp/score/Workload.cpp - A user's command, run on a program
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/Workload.h"
#include "support/Hash.h"
#include "support/Subprocess.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;

namespace speciate {

std::string Observation::describe() const {
  ProcessResult Same;
  Same.ExitCode = ExitCode;
  Same.Signal = Signal;
  Same.TimedOut = TimedOut;
  if (!Signal && !TimedOut && ExitCode > 128 && ExitCode < 128 + 65)
    Same.Signal = ExitCode - 128;
  return Same.describe();
}

//===----------------------------------------------------------------------===//
// Words of a command
//===----------------------------------------------------------------------===//

std::vector<std::string> plainWords(StringRef Command) {
  std::vector<std::string> Words;
  std::string Word;
  bool InWord = false;
  for (size_t I = 0; I < Command.size(); ++I) {
    char C = Command[I];
    if (C == '\'' || C == '"') {
      size_t End = Command.find(C, I + 1);
      if (End == StringRef::npos)
        return {};
      StringRef Quoted = Command.slice(I + 1, End);
      if (C == '"' && Quoted.find_first_of("$`\\") != StringRef::npos)
        return {};
      Word += Quoted;
      InWord = true;
      I = End;
    } else if (C == ' ' || C == '\t') {
      if (InWord)
        Words.push_back(std::exchange(Word, ""));
      InWord = false;
    } else if (isAlnum(C) || StringRef("_-./:,+@%=").contains(C)) {
      Word += C;
      InWord = true;
    } else {
      return {};
    }
  }
  if (InWord)
    Words.push_back(Word);
  if (Words.empty() || Words[0].find('=') != std::string::npos)
    return {};
  // A builtin or a keyword of the shell.
  if (!StringRef(Words[0]).contains('/') && !sys::findProgramByName(Words[0]))
    return {};
  return Words;
}

/// All that may be a file name in \p Command, whatever the shell makes of it.
static std::set<std::string> namesIn(StringRef Command) {
  std::set<std::string> Names;
  SmallVector<StringRef> Words;
  SplitString(Command, Words, " \t\n'\"<>|&;()=`");
  for (StringRef Word : Words) {
    Names.insert(Word.str());
    while (Word.consume_front("./"))
      Names.insert(Word.str());
  }
  return Names;
}

//===----------------------------------------------------------------------===//
// The scratch directory
//===----------------------------------------------------------------------===//

static Error lastError(const std::string &Path) {
  return createFileError(Path, std::error_code(errno, std::generic_category()));
}

Expected<std::unique_ptr<Workload>> Workload::create(StringRef Command,
                                                     StringRef Files) {
  if (!Command.contains("{}"))
    return createStringError(
        "the command '%s' does not run the program: write {} where the "
        "program's path belongs",
        Command.str().c_str());
  Expected<TempDir> Dir = TempDir::create("speciate-run");
  if (!Dir)
    return Dir.takeError();
  return std::unique_ptr<Workload>(
      new Workload(Command.str(), absolutePath(Files.empty() ? "." : Files),
                   std::move(*Dir)));
}

Expected<WorkloadList> createWorkloads(const std::vector<std::string> &Commands,
                                       StringRef Files) {
  WorkloadList List;
  for (const std::string &Command : Commands) {
    auto W = Workload::create(Command, Files);
    if (!W)
      return W.takeError();
    List.push_back(std::move(*W));
  }
  return std::move(List);
}

/// "" if \p Library says none that is a file name.
static std::string sonameOf(StringRef Library) {
  auto Object = object::ObjectFile::createObjectFile(Library);
  if (!Object) {
    consumeError(Object.takeError());
    return "";
  }
  const auto *Elf = dyn_cast<object::ELF64LEObjectFile>(Object->getBinary());
  if (!Elf)
    return "";
  auto Entries = Elf->getELFFile().dynamicEntries();
  if (!Entries) {
    consumeError(Entries.takeError());
    return "";
  }
  uint64_t Strings = 0, Name = 0;
  for (const auto &Entry : *Entries) {
    if (Entry.getTag() == ELF::DT_STRTAB)
      Strings = Entry.getPtr();
    if (Entry.getTag() == ELF::DT_SONAME)
      Name = Entry.getVal();
  }
  if (!Name)
    return "";
  auto Text = Elf->getELFFile().toMappedAddr(Strings + Name);
  if (!Text) {
    consumeError(Text.takeError());
    return "";
  }
  const char *Start = reinterpret_cast<const char *>(*Text);
  StringRef Soname(Start, ::strnlen(Start, Elf->getData().end() - Start));
  return Soname.contains('/') ? "" : Soname.str();
}

Error Workload::place(const ProgramUnderTest &Program) {
  std::string Name = Program.Name.empty()
                         ? sys::path::filename(Program.Path).str()
                         : Program.Name;
  std::string Path = absolutePath(Program.Path);
  std::string Key = Path + "\n" + Name;
  if (Key == Placed)
    return Error::success();
  std::string Folder = Dir.file("p");
  if (Placed.empty() && ::mkdir(Folder.c_str(), 0755) != 0 && errno != EEXIST)
    return lastError(Folder);
  std::string Link = Folder + "/" + Name;
  // The loader looks for the name that is in the library: that of libx.so.1.2.3
  // is libx.so.1.
  std::set<std::string> Links = {Link};
  if (Program.Shared)
    if (std::string Soname = sonameOf(Path); !Soname.empty())
      Links.insert(Folder + "/" + Soname);
  for (const std::string &Each : Links) {
    if (::unlink(Each.c_str()) != 0 && errno != ENOENT)
      return lastError(Each);
    if (::symlink(Path.c_str(), Each.c_str()) != 0)
      return lastError(Each);
  }
  Placed = Key;
  std::string Text = substituteProgram(Command, Program.Shared ? Folder : Link);
  Argv = plainWords(Text);
  if (Argv.empty())
    Argv = {"/bin/sh", "-c", Text};
  return Error::success();
}

Error Workload::freshScratch() {
  std::string Scratch = Dir.file("w");
  if (std::error_code EC = sys::fs::remove_directories(Scratch, false))
    return createFileError(Scratch, EC);
  if (::mkdir(Scratch.c_str(), 0755) != 0)
    return lastError(Scratch);
  std::set<std::string> Named = namesIn(Command);
  std::error_code EC;
  for (sys::fs::directory_iterator I(UserDir, EC), E; I != E && !EC;
       I.increment(EC)) {
    std::string Name = sys::path::filename(I->path()).str();
    std::string To = Scratch + "/" + Name;
    if (Named.count(Name) && sys::fs::is_regular_file(I->path())) {
      if (std::error_code Bad = sys::fs::copy_file(I->path(), To))
        return createFileError(I->path(), Bad);
      // copy_file makes a plain file; scripts must stay executable.
      struct stat Status;
      if (::stat(I->path().c_str(), &Status) == 0)
        ::chmod(To.c_str(), (Status.st_mode & 07777) | S_IWUSR);
    } else if (::symlink(I->path().c_str(), To.c_str()) != 0) {
      return lastError(To);
    }
  }
  if (EC)
    return createFileError(UserDir, EC);
  Expected<Snapshot> Now = snapshot();
  if (!Now)
    return Now.takeError();
  Initial = std::move(*Now);
  ScratchReady = true;
  return Error::success();
}

Expected<Workload::Snapshot> Workload::snapshot() const {
  Snapshot Result;
  std::string Scratch = Dir.file("w");
  std::error_code EC;
  for (sys::fs::recursive_directory_iterator
           I(Scratch, EC, /*follow_symlinks=*/false),
       E;
       I != E && !EC; I.increment(EC)) {
    struct stat Status;
    if (::lstat(I->path().c_str(), &Status) != 0 || !S_ISREG(Status.st_mode))
      continue;
    Expected<std::string> Bytes = readFile(I->path());
    if (!Bytes)
      return Bytes.takeError();
    StringRef Relative = I->path();
    Relative.consume_front(Scratch + "/");
    Result[Relative.str()] = contentHash(*Bytes);
  }
  return std::move(Result);
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

Expected<Observation> Workload::observe(const ProgramUnderTest &Program,
                                        double TimeLimit,
                                        const RunSetting &Setting) {
  if (Error E = place(Program))
    return std::move(E);
  if (Error E = freshScratch())
    return std::move(E);
  ProcessSpec Spec;
  Spec.Argv = Argv;
  Spec.Cwd = Dir.file("w");
  Spec.Env = {{"PWD", Spec.Cwd}};
  for (const auto &[Name, Value] : Setting.Env)
    Spec.Env.push_back({Name, Value});
  Spec.FixedAddresses = Setting.FixedAddresses;
  Spec.TimeoutSeconds = TimeLimit;
  Spec.Stdout = StreamTo::File;
  Spec.StdoutFile = Dir.file("stdout");
  Spec.CaptureLimit = 4 << 20;
  Expected<ProcessResult> Run = runProcess(Spec);
  if (!Run)
    return Run.takeError();
  Observation Seen;
  Seen.ExitCode = Run->ExitCode;
  Seen.Signal = Run->Signal;
  Seen.TimedOut = Run->TimedOut;
  Seen.WallSeconds = Run->WallSeconds;
  Seen.StderrTail = StringRef(Run->Stderr).rtrim().take_back(500).str();
  Expected<std::string> Stdout = readFile(Spec.StdoutFile);
  if (!Stdout)
    return Stdout.takeError();
  Seen.Stdout = std::move(*Stdout);
  ::unlink(Spec.StdoutFile.c_str());
  Expected<Snapshot> After = snapshot();
  if (!After)
    return After.takeError();
  for (const auto &[Name, Hash] : *After)
    if (auto I = Initial.find(Name); I == Initial.end() || I->second != Hash)
      Seen.Files[Name] = Hash;
  for (const auto &[Name, Hash] : Initial)
    if (!After->count(Name))
      Seen.Files[Name] = "removed";
  // Links that the command replaced or removed are no longer in place.
  ScratchReady = false;
  return std::move(Seen);
}

Error Workload::checkRunsProgram(const ProgramUnderTest &Program,
                                 double TimeLimit) {
  if (Program.Shared)
    return Error::success();
  // A script in the program's place leaves a mark and goes on as the program.
  std::string Mark = Dir.file("mark"), Script = Dir.file("script");
  std::string Name = Program.Name.empty()
                         ? sys::path::filename(Program.Path).str()
                         : Program.Name;
  std::string Folder = Dir.file("real");
  std::string Link = Folder + "/" + Name;
  ::mkdir(Folder.c_str(), 0755);
  ::unlink(Link.c_str());
  ::unlink(Mark.c_str());
  if (::symlink(absolutePath(Program.Path).c_str(), Link.c_str()) != 0)
    return lastError(Link);
  std::string Text = "#!/bin/sh\n: >" + shellQuote(Mark) + "\nexec " +
                     shellQuote(Link) + " \"$@\"\n";
  if (Error E = writeFileAtomically(Script, Text, 0755))
    return E;
  Expected<Observation> Seen =
      observe(ProgramUnderTest(Script, false, Name), TimeLimit);
  if (!Seen)
    return Seen.takeError();
  if (!sys::fs::exists(Mark))
    return createStringError("the command '%s' never runs the program (%s)%s%s",
                             Command.c_str(), Seen->describe().c_str(),
                             Seen->StderrTail.empty() ? "" : ":\n",
                             Seen->StderrTail.c_str());
  return Error::success();
}

Expected<TimedResult> Workload::time(const ProgramUnderTest &Program,
                                     const TimingPlan &Plan, unsigned EnvPad) {
  if (Error E = place(Program))
    return std::move(E);
  if (!ScratchReady || LeavesFiles)
    if (Error E = freshScratch())
      return std::move(E);
  TimedSpec Spec;
  Spec.Argv = Argv;
  Spec.Cwd = Dir.file("w");
  Spec.Env = {{"PWD", Spec.Cwd}};
  if (EnvPad)
    Spec.Env.push_back({"SPECIATE_PAD", std::string(EnvPad, 'x')});
  Spec.TimeoutSeconds = Plan.TimeLimit;
  Spec.Cpu = Plan.Cpu;
  return runTimed(Spec);
}

Expected<TimingPlan> Workload::plan(const ProgramUnderTest &Program, int Cpu,
                                    double TimeLimit) {
  Expected<Observation> Seen = observe(Program, TimeLimit);
  if (!Seen)
    return Seen.takeError();
  if (!Seen->ok())
    return createStringError(
        "the command '%s' fails on %s: %s%s%s", Command.c_str(),
        Program.Path.c_str(), Seen->describe().c_str(),
        Seen->StderrTail.empty() ? "" : ":\n", Seen->StderrTail.c_str());
  LeavesFiles = !Seen->Files.empty();
  TimingPlan Plan;
  Plan.TimeLimit = TimeLimit;
  double Share = 0;
  for (int I = 0; I < 3; ++I) {
    Expected<TimedResult> Run = time(Program, Plan);
    if (!Run)
      return Run.takeError();
    if (!Run->ok())
      return createStringError("the command '%s' fails on %s: %s",
                               Command.c_str(), Program.Path.c_str(),
                               Run->describe().c_str());
    Share = std::max(Share, Run->CpuSeconds / Run->WallSeconds);
    Plan.Seconds =
        I ? std::min(Plan.Seconds, Run->WallSeconds) : Run->WallSeconds;
    if (Run->WallSeconds > 5)
      break;
  }
  // More than one thread: let it have its processors. Waiting: its time is not
  // the processor's.
  bool Threads = Share > 1.15;
  Plan.Cpu = Threads ? -1 : Cpu;
  Plan.CpuTime = !Threads && Share > 0.85;
  return Plan;
}

} // namespace speciate
