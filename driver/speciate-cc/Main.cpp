//===- driver/speciate-cc/Main.cpp - The compiler wrapper
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Becomes clang 22 (clang++ if called speciate-c++, also through a link) with a
// configuration file in front of the user's arguments. That file loads the
// record plugin into compilations and puts speciate-ld in the linker's place;
// no argument of the user's is parsed, changed or moved.
//
// Every compilation starts here, so this program has no LLVM in it and
// allocates once.
//
//===----------------------------------------------------------------------===//

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <libgen.h>
#include <string>
#include <string_view>
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

/// Commands that show what clang would do must not show what we do; cc1 takes
/// no configuration file.
static bool isUntouched(int argc, char **argv) {
  if (argc > 1 && std::strncmp(argv[1], "-cc1", 4) == 0)
    return true;
  for (int I = 1; I < argc; ++I)
    if (std::strcmp(argv[I], "-###") == 0)
      return true;
  return false;
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

  std::vector<char *> Args = {Clang.data()};
  std::string Config, Linker;
  char SeparateCc1[] = "-fno-integrated-cc1";
  if (!isUntouched(argc, argv)) {
    std::string Bin = folderOfThisProgram();
    std::string Lib = Bin + "/../lib";
    Config = "--config=" + Lib + "/speciate-cc.cfg";
    std::string Missing;
    for (const std::string &Needed :
         {Lib + "/speciate-cc.cfg", Lib + "/SpeciateRecord.so",
          Bin + "/speciate-ld"})
      if (::access(Needed.c_str(), R_OK) != 0)
        Missing = Needed;
    if (Missing.empty()) {
      Args.push_back(Config.data());
      // Not in the configuration file: clang looks for it before it reads one.
      Args.push_back(SeparateCc1);
    } else {
      bool Strict = isSet("SPECIATE_STRICT");
      std::fprintf(stderr,
                   "speciate-cc: %s: cannot read %s, nothing is recorded; "
                   "install speciate again\n",
                   Strict ? "error" : "warning", Missing.c_str());
      if (Strict)
        return 1;
    }
  }
  size_t Ours = Args.size();
  bool OwnLinker = false;
  for (int I = 1; I < argc; ++I) {
    Args.push_back(argv[I]);
    OwnLinker |= std::strncmp(argv[I], "--ld-path=", 10) == 0;
  }
  // The user's own --ld-path would win over the configuration file's;
  // speciate-ld finds it in clang's arguments and runs it.
  if (OwnLinker && Ours > 1) {
    Linker = "--ld-path=" + folderOfThisProgram() + "/speciate-ld";
    Args.push_back(Linker.data());
  }
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
