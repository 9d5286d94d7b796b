//===- driver/speciate-cc/Main.cpp - The compiler wrapper
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Becomes clang 22 (clang++ if called speciate-c++, also through a link) with a
// configuration file in front of the user's arguments. That file loads the
// record plugin into compilations and puts speciate-ld in the linker's place;
// no argument of the user's is changed or moved. Few are looked at: those under
// which something of ours would show.
//
// Every compilation starts here, so this program has no LLVM in it.
//
//===----------------------------------------------------------------------===//

#include "SpeciateCcConfig.h"
#include "passes/plugin/Cc1Log.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <libgen.h>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

extern char **environ;

/// Exits if a variable of ours is misspelt: it would silently do nothing.
static void checkEnvironment() {
  static constexpr std::string_view Known[] = {
      "SPECIATE_STORE", "SPECIATE_STRICT", "SPECIATE_PROFILE_DIR",
      "SPECIATE_LLVM_BINDIR", "SPECIATE_VERBOSE"};
  for (char **E = environ; *E; ++E) {
    std::string_view Name(*E);
    Name = Name.substr(0, Name.find('='));
    if (Name.substr(0, 9) != "SPECIATE_")
      continue;
    bool Found = false;
    for (std::string_view Each : Known)
      Found |= Each == Name;
    if (Found)
      continue;
    std::fprintf(stderr,
                 "speciate-cc: error: unknown environment variable '%.*s'; "
                 "known are",
                 static_cast<int>(Name.size()), Name.data());
    for (std::string_view Each : Known)
      std::fprintf(stderr, " %s", Each.data());
    std::fprintf(stderr, "\n");
    std::exit(1);
  }
}

static std::string folderOfThisProgram() {
  char Path[4096];
  ssize_t Size = ::readlink("/proc/self/exe", Path, sizeof(Path) - 1);
  if (Size <= 0)
    return ".";
  Path[Size] = 0;
  return ::dirname(Path);
}

/// Adds \p Arg to \p Words; if it names a response file, the file's words.
/// Quotes are dropped and spaces always divide: good enough for finding options
/// that have neither.
static void addWords(const char *Arg, std::vector<std::string> &Words,
                     unsigned Depth = 0) {
  std::FILE *File = nullptr;
  if (Arg[0] == '@' && Depth < 16)
    File = std::fopen(Arg + 1, "re");
  if (!File) {
    Words.push_back(Arg);
    return;
  }
  std::string Word;
  auto End = [&] {
    if (!Word.empty())
      addWords(std::string(Word).c_str(), Words, Depth + 1);
    Word.clear();
  };
  for (int C; (C = std::fgetc(File)) != EOF;) {
    if (std::strchr(" \t\r\n", C))
      End();
    else if (!std::strchr("\"'\\", C))
      Word += static_cast<char>(C);
  }
  End();
  std::fclose(File);
}

namespace {
/// What the user's arguments mean for ours.
struct CommandLine {
  /// Shows what clang would do, and must not show what we do; or is a cc1,
  /// which takes no configuration file.
  bool Untouched = false;
  /// Makes no code. The separate cc1 is then of no use, and where the reader of
  /// its output goes away clang takes its end for a crash.
  bool NoCode = false;
  /// Compiles and does not link, and does not say how it does that.
  bool CompilesOnly = false;
  /// There are places for linkers that we do not know.
  bool OwnPlaces = false;
  std::string LinkerPath; ///< Of the last --ld-path=.
  std::string LinkerName; ///< Of the last -fuse-ld=.
};
} // namespace

static CommandLine readCommandLine(int argc, char **argv) {
  CommandLine Line;
  bool Shown = false;
  std::vector<std::string> Words;
  for (int I = 1; I < argc; ++I)
    addWords(argv[I], Words);
  Line.Untouched = !Words.empty() && Words[0].compare(0, 4, "-cc1") == 0;
  for (const std::string &Word : Words) {
    auto Starts = [&](std::string_view Prefix) {
      return Word.compare(0, Prefix.size(), Prefix) == 0;
    };
    if (Word == "-###")
      Line.Untouched = true;
    else if (Word == "-E" || Word == "-M" || Word == "-MM" ||
             Word == "-fsyntax-only")
      Line.NoCode = true;
    else if (Word == "-c")
      Line.CompilesOnly = true;
    else if (Word == "-v" || Word == "--verbose")
      Shown = true;
    else if (Starts("--ld-path="))
      Line.LinkerPath = Word.substr(10);
    else if (Starts("-fuse-ld="))
      Line.LinkerName = Word.substr(9);
    else if (Starts("-B") || Starts("--prefix") || Starts("-target") ||
             Starts("--target") || Starts("--gcc-") || Starts("--sysroot") ||
             Starts("--config"))
      Line.OwnPlaces = true;
  }
  Line.CompilesOnly &= !Shown;
  return Line;
}

/// Tells the plugin what cc1 line a unit has where clang compiles it in its own
/// process, as it does when there is one thing to do: a second clang costs as
/// much as compiling a small file. Clang logs the line before it acts on it.
/// False if that log is the user's or cannot be had.
static bool logCc1Line() {
  if (::getenv("CC_PRINT_OPTIONS"))
    return false;
  int Fd = ::memfd_create(SPECIATE_CC1_LOG, 0);
  if (Fd < 0)
    return false;
  std::string Path = "/proc/self/fd/" + std::to_string(Fd);
  if (::access(Path.c_str(), W_OK) != 0) {
    ::close(Fd);
    return false;
  }
  ::setenv("CC_PRINT_OPTIONS", "1", /*overwrite=*/1);
  ::setenv("CC_PRINT_OPTIONS_FILE", Path.c_str(), /*overwrite=*/1);
  return true;
}

static bool isProgram(const std::string &Path) {
  struct stat Status;
  return ::stat(Path.c_str(), &Status) == 0 && S_ISREG(Status.st_mode) &&
         ::access(Path.c_str(), X_OK) == 0;
}

/// Whether clang will refuse the linker that the user named. It does so before
/// it runs anything, and must not see ours in that linker's place.
static bool isLinkerMissing(const CommandLine &Line, const std::string &Bin) {
  std::string Name = Line.LinkerPath;
  if (Name.empty()) {
    Name = Line.LinkerName;
    if (Name.empty() || Name == "ld")
      return false;
    if (Name[0] != '/')
      Name = "ld." + Name;
  }
  if (Name.find('/') != Name.npos)
    return !isProgram(Name);
  const char *Path = ::getenv("PATH");
  std::string Places = Bin + ":/usr/bin:/bin:" + (Path ? Path : "");
  for (size_t At = 0; At <= Places.size();) {
    size_t End = std::min(Places.find(':', At), Places.size());
    if (End > At && isProgram(Places.substr(At, End - At) + "/" + Name))
      return false;
    At = End + 1;
  }
  return !Line.OwnPlaces;
}

/// Whether a shared object is as long as its header says: clang fails every
/// compilation with a plugin that was cut short.
static bool isWhole(const std::string &Path) {
  int Fd = ::open(Path.c_str(), O_RDONLY | O_CLOEXEC);
  if (Fd < 0)
    return false;
  Elf64_Ehdr Header;
  struct stat Status;
  bool Whole = ::read(Fd, &Header, sizeof(Header)) == sizeof(Header) &&
               std::memcmp(Header.e_ident, ELFMAG, SELFMAG) == 0 &&
               ::fstat(Fd, &Status) == 0 &&
               Header.e_shoff + uint64_t(Header.e_shentsize) * Header.e_shnum <=
                   static_cast<uint64_t>(Status.st_size);
  ::close(Fd);
  return Whole;
}

/// What of our installation is not usable, or "".
static std::string brokenPart(const std::string &Bin, const std::string &Lib,
                              const std::string &Config) {
  for (const std::string &Needed :
       {Config, Lib + "/SpeciateRecord.so", Bin + "/speciate-ld"})
    if (::access(Needed.c_str(), R_OK) != 0)
      return "cannot read " + Needed;
  for (const std::string &Object :
       {Lib + "/SpeciateRecord.so", Bin + "/speciate-ld"})
    if (!isWhole(Object))
      return Object + " is damaged";
  return "";
}

static bool isSet(const char *Name) {
  const char *Value = ::getenv(Name);
  return Value && *Value && std::strcmp(Value, "0") != 0;
}

int main(int argc, char **argv) {
  checkEnvironment();
  const char *Override = ::getenv("SPECIATE_LLVM_BINDIR");
  std::string Clang = Override && *Override ? Override : SPECIATE_LLVM_BINDIR;
  const char *Slash = std::strrchr(argv[0], '/');
  std::string_view Name = Slash ? Slash + 1 : argv[0];
  Clang += Name.find("++") != Name.npos ? "/clang++" : "/clang";

  CommandLine Line = readCommandLine(argc, argv);
  std::string Bin = folderOfThisProgram();
  std::string Lib = Bin + "/../lib";
  std::string Config = Lib + "/" SPECIATE_CC_CONFIG;
  bool NoLinker = isLinkerMissing(Line, Clang.substr(0, Clang.rfind('/')));
  if (NoLinker)
    Config = Lib + "/speciate-compile.cfg";
  std::string Broken =
      Line.Untouched ? std::string() : brokenPart(Bin, Lib, Config);
  if (!Broken.empty()) {
    bool Strict = isSet("SPECIATE_STRICT");
    std::fprintf(stderr,
                 "speciate-cc: %s: %s, nothing is recorded; install speciate "
                 "again\n",
                 Strict ? "error" : "warning", Broken.c_str());
    if (Strict)
      return 1;
  }
  bool Ours = !Line.Untouched && Broken.empty();

  std::vector<char *> Args = {Clang.data()};
  Config = "--config=" + Config;
  // Else clang's cc1 is a process of its own, whose command line the plugin
  // reads. Not in the configuration file: clang looks for it before it reads
  // one.
  char SeparateCc1[] = "-fno-integrated-cc1";
  if (Ours)
    Args.push_back(Config.data());
  if (Ours && !Line.NoCode && !(Line.CompilesOnly && logCc1Line()))
    Args.push_back(SeparateCc1);
  Args.insert(Args.end(), argv + 1, argv + argc);
  // The user's own --ld-path would win over the configuration file's;
  // speciate-ld finds it in clang's arguments and runs it.
  std::string Linker = "--ld-path=" + Bin + "/speciate-ld";
  if (Ours && !Line.LinkerPath.empty() && !NoLinker)
    Args.push_back(Linker.data());
  Args.push_back(nullptr);
  if (isSet("SPECIATE_VERBOSE")) {
    std::fprintf(stderr, "speciate-cc:");
    for (size_t I = 0; I + 1 < Args.size(); ++I)
      std::fprintf(stderr, " %s", Args[I]);
    std::fprintf(stderr, "\n");
  }
  ::execv(Clang.c_str(), Args.data());
  std::fprintf(stderr, "speciate-cc: error: cannot run %s: %s\n", Clang.c_str(),
               std::strerror(errno));
  return 1;
}
