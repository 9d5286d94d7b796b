//===- driver/speciate/CommandBuild.cpp - Running a build with the wrapper
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/speciate/Commands.h"
#include "support/File.h"
#include "support/Toolchain.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstring>
#include <spawn.h>
#include <sys/wait.h>

using namespace llvm;

extern char **environ;

namespace speciate {

/// What make, autotools, CMake and Meson read. The last two also take AR, NM
/// and RANLIB from here or from the toolchain file.
static void setBuildEnvironment() {
  std::string Bin = executableDir();
  auto Set = [](const char *Name, const std::string &Value) {
    ::setenv(Name, Value.c_str(), /*overwrite=*/1);
  };
  Set("CC", Bin + "/speciate-cc");
  Set("CXX", Bin + "/speciate-c++");
  for (StringRef Tool : {"ar", "nm", "ranlib"}) {
    std::string Path = llvmTool(("llvm-" + Tool).str());
    if (sys::fs::can_execute(Path))
      Set(Tool.upper().c_str(), Path);
  }
  // A toolchain of the user's knows more than ours.
  ::setenv("CMAKE_TOOLCHAIN_FILE",
           (Bin + "/../lib/speciate-toolchain.cmake").c_str(), /*overwrite=*/0);
}

/// The lines that speciate-ld has logged.
static std::vector<std::string> loggedLines() {
  std::vector<std::string> Lines;
  Expected<std::string> Dir = storeDir();
  if (!Dir) {
    consumeError(Dir.takeError());
    return Lines;
  }
  Expected<std::string> Log = readFile(*Dir + "/speciate-cc.log");
  if (!Log) {
    consumeError(Log.takeError());
    return Lines;
  }
  for (StringRef Line : split(*Log, '\n'))
    if (!Line.empty())
      Lines.push_back(Line.str());
  return Lines;
}

/// Runs \p Command in our process group, so that a terminal's signals and its
/// job control reach it as if it had been started without us.
static int runBuild(const std::vector<std::string> &Command) {
  setBuildEnvironment();
  size_t Before = loggedLines().size();
  std::vector<char *> Argv;
  for (const std::string &Word : Command)
    Argv.push_back(const_cast<char *>(Word.c_str()));
  Argv.push_back(nullptr);
  // As system() does: the build decides what an interrupt means.
  struct sigaction Ignore = {}, OldInt, OldQuit;
  Ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGINT, &Ignore, &OldInt);
  ::sigaction(SIGQUIT, &Ignore, &OldQuit);
  posix_spawnattr_t Attributes;
  ::posix_spawnattr_init(&Attributes);
  sigset_t Defaults;
  sigemptyset(&Defaults);
  if (OldInt.sa_handler != SIG_IGN)
    sigaddset(&Defaults, SIGINT);
  if (OldQuit.sa_handler != SIG_IGN)
    sigaddset(&Defaults, SIGQUIT);
  ::posix_spawnattr_setsigdefault(&Attributes, &Defaults);
  ::posix_spawnattr_setflags(&Attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t Pid;
  int Failure =
      ::posix_spawnp(&Pid, Argv[0], nullptr, &Attributes, Argv.data(), environ);
  ::posix_spawnattr_destroy(&Attributes);
  int Status = 0;
  if (!Failure)
    while (::waitpid(Pid, &Status, 0) < 0 && errno == EINTR)
      ;
  ::sigaction(SIGINT, &OldInt, nullptr);
  ::sigaction(SIGQUIT, &OldQuit, nullptr);
  if (Failure)
    return reportError(createStringError("cannot run %s: %s", Argv[0],
                                         std::strerror(Failure)));
  std::vector<std::string> After = loggedLines();
  if (After.size() > Before) {
    errs() << "speciate: " << After.size() - Before
           << " links were not recorded:\n";
    for (const std::string &Line :
         ArrayRef(After).drop_front(Before).take_front(12))
      errs() << "  " << Line << "\n";
  }
  return WIFSIGNALED(Status) ? 128 + WTERMSIG(Status) : WEXITSTATUS(Status);
}

void addBuildCommand(CLI::App &App, int &Exit) {
  CLI::App *Command = App.add_subcommand(
      "build", "Run a build with CC, CXX, AR, NM, RANLIB and a CMake toolchain "
               "file set: speciate build -- make -j2. Exits as the build does");
  // After "--" all words are the build's, options too.
  auto Words = std::make_shared<std::vector<std::string>>();
  Command->add_option("COMMAND", *Words, "The build");
  Command->callback([Words, &Exit] {
    Exit = Words->empty()
               ? reportError(createStringError(
                     "no command: speciate build -- make, for example"))
               : runBuild(*Words);
  });
}

} // namespace speciate
