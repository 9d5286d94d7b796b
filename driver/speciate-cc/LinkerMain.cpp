//===- driver/speciate-cc/LinkerMain.cpp - speciate-ld, in the linker's place
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// clang runs this program instead of the linker (--ld-path in speciate-cc.cfg).
// It runs the linker that clang would have run, with the same words and two
// more: an object with the note, and the request to say which archive members
// were taken. After a successful link, while the driver's temporary objects
// still exist, it collects the record, stores it and writes its id into the
// note of the output.
//
// On any failure of ours the user's link stands as it is.
//
//===----------------------------------------------------------------------===//

#include "driver/record/Collect.h"
#include "driver/record/Completeness.h"
#include "driver/record/NoteObject.h"
#include "driver/record/ObjectFacts.h"
#include "driver/record/StoreLock.h"
#include "support/File.h"
#include "support/Hash.h"
#include "support/Subprocess.h"
#include "support/Toolchain.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/Allocator.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/StringSaver.h"
#include "llvm/Support/raw_ostream.h"
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;
using namespace speciate;

extern char **environ;

static bool isSet(const char *Name) {
  StringRef Value = ::getenv(Name) ? ::getenv(Name) : "";
  return !Value.empty() && Value != "0";
}

/// @file words replaced by the file's, as clang and the linkers do.
static std::vector<std::string> expand(ArrayRef<std::string> Words) {
  BumpPtrAllocator Alloc;
  StringSaver Saver(Alloc);
  SmallVector<const char *, 64> Args;
  for (const std::string &Word : Words)
    Args.push_back(Saver.save(Word).data());
  cl::ExpandResponseFiles(Saver, cl::TokenizeGNUCommandLine, Args);
  return std::vector<std::string>(Args.begin(), Args.end());
}

/// The command line of the clang driver that runs us.
static std::vector<std::string> driverLine() {
  auto Buffer = MemoryBuffer::getFileAsStream(
      "/proc/" + Twine(static_cast<unsigned>(::getppid())) + "/cmdline");
  if (!Buffer)
    return {};
  SmallVector<StringRef, 64> Words;
  StringRef Text = (*Buffer)->getBuffer();
  Text.consume_back(StringRef("\0", 1));
  Text.split(Words, '\0');
  std::vector<std::string> Line;
  for (StringRef Word : Words)
    Line.push_back(Word.str());
  return expand(Line);
}

/// The linker that the driver would have chosen.
static Expected<std::string> realLinker(ArrayRef<std::string> Driver,
                                        StringRef Self) {
  StringRef Path, Flavor;
  std::vector<std::string> Ask = {llvmTool("clang")};
  for (size_t I = 1; I < Driver.size(); ++I) {
    StringRef Arg = Driver[I];
    if (Arg.consume_front("--ld-path=")) {
      if (sys::path::filename(Arg) != Self)
        Path = Arg;
    } else if (Arg.consume_front("-fuse-ld="))
      Flavor = Arg;
    else if ((Arg == "-B" || Arg == "--prefix" || Arg == "-target" ||
              Arg == "--sysroot") &&
             I + 1 < Driver.size()) {
      Ask.push_back(Arg.str());
      Ask.push_back(Driver[++I]);
    } else if (Arg.starts_with("-B") || Arg.starts_with("--prefix=") ||
               Arg.starts_with("--target=") || Arg.starts_with("--sysroot=") ||
               Arg.starts_with("--gcc-toolchain=") ||
               Arg.starts_with("--gcc-install-dir=") || Arg == "-m32")
      Ask.push_back(Arg.str());
  }
  std::string Name = Path.empty() ? "ld" : Path.str();
  if (Path.empty() && sys::path::is_absolute(Flavor))
    Name = Flavor.str();
  else if (Path.empty() && !Flavor.empty() && Flavor != "ld")
    Name = ("ld." + Flavor).str();
  if (sys::path::has_parent_path(Name))
    return Name;
  Ask.push_back("-print-prog-name=" + Name);
  ProcessSpec Spec;
  Spec.Argv = Ask;
  Expected<ProcessResult> Result = runTool(Spec);
  if (!Result)
    return Result.takeError();
  std::string Found = StringRef(Result->Stdout).trim().str();
  if (sys::path::has_parent_path(Found))
    return Found;
  if (ErrorOr<std::string> InPath = sys::findProgramByName(Found))
    return *InPath;
  return createStringError("invalid linker name in argument '-fuse-ld=%s'",
                           Flavor.str().c_str());
}

/// Runs the linker with our streams. A signal that ends it ends us.
static int runLinker(StringRef Path, ArrayRef<std::string> Words,
                     bool Silent = false) {
  std::vector<std::string> Copy = {Path.str()};
  Copy.insert(Copy.end(), Words.begin(), Words.end());
  std::vector<char *> Args;
  for (std::string &Word : Copy)
    Args.push_back(Word.data());
  Args.push_back(nullptr);
  posix_spawn_file_actions_t Actions;
  ::posix_spawn_file_actions_init(&Actions);
  if (Silent)
    for (int Fd : {1, 2})
      ::posix_spawn_file_actions_addopen(&Actions, Fd, "/dev/null", O_WRONLY,
                                         0);
  pid_t Pid;
  int Result =
      ::posix_spawn(&Pid, Args[0], &Actions, nullptr, Args.data(), environ);
  ::posix_spawn_file_actions_destroy(&Actions);
  if (Result != 0) {
    errs() << "speciate-cc: error: cannot run " << Path << ": "
           << std::strerror(Result) << "\n";
    return 1;
  }
  int Status;
  while (::waitpid(Pid, &Status, 0) < 0 && errno == EINTR)
    ;
  if (WIFSIGNALED(Status)) {
    ::signal(WTERMSIG(Status), SIG_DFL);
    ::raise(WTERMSIG(Status));
  }
  return WEXITSTATUS(Status);
}

/// One warning; the reason also goes to the store's log. Of a link that failed
/// the linker has said all.
static int giveUp(StringRef Output, Error E, int ExitCode) {
  if (ExitCode != 0) {
    consumeError(std::move(E));
    return ExitCode;
  }
  std::string Message = toString(std::move(E));
  bool Strict = isSet("SPECIATE_STRICT");
  errs() << "speciate-cc: " << (Strict ? "error" : "warning")
         << ": nothing is recorded: " << Message << "\n";
  if (Expected<std::string> Dir = storeDir())
    logReason(*Dir, Output, Message);
  else
    consumeError(Dir.takeError());
  return Strict ? 1 : 0;
}

/// The note object in the store's state folder: a name that does not change,
/// because linkers print it into maps and traces.
static Expected<std::string> placeNote(const Store &S, const LinkLine &Line) {
  uint16_t Machine = ELF::EM_X86_64;
  bool Is64 = true;
  StringRef M = Line.Emulation;
  if (M == "elf_i386")
    Machine = ELF::EM_386, Is64 = false;
  else if (M == "elf32_x86_64")
    Is64 = false;
  else if (M == "aarch64linux" || M == "aarch64elf")
    Machine = ELF::EM_AARCH64;
  else if (!M.empty() && M != "elf_x86_64")
    return createStringError("links for '%s' are not supported",
                             M.str().c_str());
  std::string Bytes = makeNoteObject(Machine, Is64, NotePlaceholder);
  std::string Path =
      S.dir() + "/state/speciate-note-" + contentHash(Bytes) + ".o";
  uint64_t Size;
  if (sys::fs::file_size(Path, Size) || Size != Bytes.size())
    if (Error E = writeFileAtomically(Path, Bytes))
      return std::move(E);
  return Path;
}

namespace {
/// A link with what we add to it.
class RecordedLink {
public:
  RecordedLink(std::string Linker, std::vector<std::string> Words,
               std::vector<std::string> Driver, const LinkLine &Line,
               std::string Dir)
      : Linker(std::move(Linker)), Words(std::move(Words)),
        Driver(std::move(Driver)), Line(Line), S(std::move(Dir)) {}
  /// Before the link: what the linker is run with.
  Expected<std::vector<std::string>> prepare();
  /// After it.
  Error finish();

private:
  Error shadowLink();

  std::string Linker;
  std::vector<std::string> Words;
  std::vector<std::string> Driver;
  const LinkLine &Line;
  Store S;
  std::optional<TempDir> Temp;
  LinkerFlavor Flavor = LinkerFlavor::Unknown;
  std::string Said;    ///< The file with the list of extracted members.
  bool Shadow = false; ///< The list needs a second link.
};
} // namespace

Expected<std::vector<std::string>> RecordedLink::prepare() {
  if (!Line.Problem.empty())
    return createStringError("%s", Line.Problem.c_str());
  Expected<std::string> Note = placeNote(S, Line);
  if (!Note)
    return Note.takeError();
  std::vector<std::string> All = Words;
  Flavor = linkerFlavor(Linker);
  if (needsExtraction(Line)) {
    if (Flavor == LinkerFlavor::Unknown)
      return createStringError("the linker %s is not known", Linker.c_str());
    Expected<TempDir> Dir = TempDir::create("speciate-ld");
    if (!Dir)
      return Dir.takeError();
    Temp.emplace(std::move(*Dir));
    Said = Temp->file("extracted");
    bool Lld = Flavor == LinkerFlavor::Lld;
    const std::string &Own = Lld ? Line.WhyExtract : Line.Map;
    if (Own.empty())
      All.push_back((Lld ? "--why-extract=" : "-Map=") + Said);
    else if (Own == "-")
      Shadow = true;
    else
      Said = Own;
  }
  All.push_back(*Note);
  return All;
}

/// The user's link prints its map to standard output, where we cannot read it:
/// the same link once more.
Error RecordedLink::shadowLink() {
  std::vector<std::string> Again = Words;
  for (const char *Word : {"-o", "-Map"}) {
    Again.push_back(Word);
    Again.push_back(StringRef(Word) == "-o" ? Temp->file("out") : Said);
  }
  if (Flavor == LinkerFlavor::Lld) {
    Again.resize(Words.size() + 2);
    Again.push_back("--why-extract=" + Said);
  }
  if (runLinker(Linker, Again, /*Silent=*/true) != 0)
    return createStringError("the link cannot be repeated");
  return Error::success();
}

static Error writeId(StringRef Output, StringRef Id, uint64_t Offset) {
  int Fd = ::open(Output.str().c_str(), O_WRONLY | O_CLOEXEC);
  if (Fd < 0)
    return createFileError(Output, errnoAsErrorCode());
  scope_exit Close([&] { ::close(Fd); });
  if (::pwrite(Fd, Id.data(), Id.size(), Offset) != ssize_t(Id.size()))
    return createFileError(Output, errnoAsErrorCode());
  return Error::success();
}

Error RecordedLink::finish() {
  sys::fs::file_status Status;
  if (sys::fs::status(Line.Output, Status) || !sys::fs::is_regular_file(Status))
    return Error::success(); // -o /dev/null
  Expected<std::string> Output = readFile(Line.Output);
  if (!Output)
    return Output.takeError();
  if (!StringRef(*Output).starts_with("\x7f"
                                      "ELF"))
    return createFileError(Line.Output, createStringError("not an ELF file"));
  Expected<uint64_t> Offset = noteOffset(*Output);
  if (!Offset)
    return Offset.takeError();
  if (Shadow)
    if (Error E = shadowLink())
      return E;
  std::vector<Extracted> Taken;
  if (!Said.empty()) {
    // lld writes no file if nothing was extracted.
    if (Flavor != LinkerFlavor::Lld || sys::fs::exists(Said)) {
      Expected<std::string> Text = readFile(Said);
      if (!Text)
        return Text.takeError();
      Taken = Flavor == LinkerFlavor::Lld ? parseWhyExtract(*Text)
                                          : parseMap(*Text);
      if (Flavor == LinkerFlavor::Gold)
        for (const LinkWord &Word : Line.Words)
          if (Word.Lazy && mapNames(*Text, Word.Path))
            Taken.push_back({Word.Path, ""});
    }
  }
  StoreLock Lock(S.dir(), StoreLock::Mode::Put);
  bool CPlusPlus = !Driver.empty() && StringRef(Driver[0]).ends_with("++");
  Expected<Record> R = collectRecord(S, Line, Flavor, Taken, Driver, CPlusPlus);
  if (!R)
    return R.takeError();
  Expected<std::string> Id = putRecord(S, *R);
  if (!Id)
    return Id.takeError();
  return writeId(Line.Output, *Id, *Offset);
}

int main(int argc, char **argv) {
  std::vector<std::string> Words(argv + 1, argv + argc);
  std::vector<std::string> Driver = driverLine();
  Expected<std::string> Linker =
      realLinker(Driver, sys::path::filename(argv[0]));
  if (!Linker) {
    errs() << "clang: error: " << toString(Linker.takeError()) << "\n";
    return 1;
  }
  LinkLine Line = parseLinkLine(expand(Words));
  if (Line.Relocatable || Line.Probe)
    return runLinker(*Linker, Words);
  Expected<std::string> Dir = storeDir();
  if (!Dir)
    return giveUp(Line.Output, Dir.takeError(), runLinker(*Linker, Words));
  RecordedLink Link(*Linker, Words, Driver, Line, *Dir);
  Expected<std::vector<std::string>> All = Link.prepare();
  if (!All)
    return giveUp(Line.Output, All.takeError(), runLinker(*Linker, Words));
  if (int ExitCode = runLinker(*Linker, *All))
    return ExitCode;
  if (Error E = Link.finish())
    return giveUp(Line.Output, std::move(E), 0);
  return 0;
}
