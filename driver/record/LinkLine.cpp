//===- driver/record/LinkLine.cpp - The words that a linker was given
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/LinkLine.h"
#include "support/File.h"
#include "support/Toolchain.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace speciate {

// Option names without dashes. GNU ld, gold and lld accept one or two dashes
// before a long name, and "=" or the next word for its value.

/// Options whose value may be the next word.
static const StringSet<> &withValue() {
  static const StringSet<> Set = {"o",
                                  "output",
                                  "m",
                                  "L",
                                  "library-path",
                                  "l",
                                  "library",
                                  "T",
                                  "script",
                                  "dT",
                                  "default-script",
                                  "e",
                                  "entry",
                                  "u",
                                  "undefined",
                                  "h",
                                  "soname",
                                  "rpath",
                                  "rpath-link",
                                  "R",
                                  "just-symbols",
                                  "z",
                                  "Map",
                                  "dynamic-linker",
                                  "I",
                                  "y",
                                  "trace-symbol",
                                  "Y",
                                  "A",
                                  "architecture",
                                  "a",
                                  "b",
                                  "format",
                                  "oformat",
                                  "c",
                                  "mri-script",
                                  "defsym",
                                  "f",
                                  "auxiliary",
                                  "F",
                                  "filter",
                                  "G",
                                  "gpsize",
                                  "init",
                                  "fini",
                                  "plugin",
                                  "plugin-opt",
                                  "version-script",
                                  "dynamic-list",
                                  "export-dynamic-symbol",
                                  "export-dynamic-symbol-list",
                                  "retain-symbols-file",
                                  "section-start",
                                  "Ttext",
                                  "Tdata",
                                  "Tbss",
                                  "Ttext-segment",
                                  "Trodata-segment",
                                  "Tldata-segment",
                                  "sort-section",
                                  "wrap",
                                  "assert",
                                  "exclude-libs",
                                  "unresolved-symbols",
                                  "hash-style",
                                  "require-defined",
                                  "out-implib",
                                  "image-base",
                                  "mllvm",
                                  "symbol-ordering-file",
                                  "call-graph-ordering-file",
                                  "reproduce",
                                  "chroot",
                                  "error-limit",
                                  "why-extract",
                                  "dependency-file",
                                  "section-ordering-file",
                                  "orphan-handling",
                                  "sysroot",
                                  "load-pass-plugin",
                                  "opt-remarks-filename",
                                  "opt-remarks-passes",
                                  "opt-remarks-format",
                                  "version-exports-section",
                                  "lto-newpm-passes",
                                  "lto-newpm-aa-pipeline"};
  return Set;
}

/// Options whose value is a file that the link reads.
static const StringSet<> &withFile() {
  static const StringSet<> Set = {"T",
                                  "script",
                                  "dT",
                                  "default-script",
                                  "version-script",
                                  "dynamic-list",
                                  "export-dynamic-symbol-list",
                                  "retain-symbols-file",
                                  "symbol-ordering-file",
                                  "call-graph-ordering-file",
                                  "just-symbols",
                                  "R",
                                  "section-ordering-file"};
  return Set;
}

/// Options that matter to the user's own link only.
static const StringSet<> &dropped() {
  static const StringSet<> Set = {"o",
                                  "output",
                                  "Map",
                                  "M",
                                  "print-map",
                                  "t",
                                  "trace",
                                  "y",
                                  "trace-symbol",
                                  "cref",
                                  "stats",
                                  "v",
                                  "verbose",
                                  "V",
                                  "why-extract",
                                  "dependency-file",
                                  "print-gc-sections",
                                  "print-icf-sections",
                                  "print-memory-usage",
                                  "print-archive-stats",
                                  "print-symbol-order",
                                  "plugin",
                                  "plugin-opt",
                                  "reproduce",
                                  "out-implib",
                                  "s",
                                  "strip-all",
                                  "S",
                                  "strip-debug",
                                  "thinlto-cache-dir",
                                  "thinlto-cache-policy",
                                  "thinlto-jobs",
                                  "thinlto-index-only",
                                  "lto-obj-path",
                                  "save-temps",
                                  "time-trace",
                                  "time-trace-granularity",
                                  "opt-remarks-filename",
                                  "opt-remarks-passes",
                                  "opt-remarks-format",
                                  "threads",
                                  "no-threads",
                                  "color-diagnostics",
                                  "chroot",
                                  "start-lib",
                                  "end-lib",
                                  "emit-relocs",
                                  "q",
                                  "push-state",
                                  "pop-state",
                                  "whole-archive",
                                  "no-whole-archive",
                                  "load-pass-plugin",
                                  "m"};
  return Set;
}

bool isSystemPath(StringRef Path) {
  SmallString<256> Real;
  if (sys::fs::real_path(Path, Real))
    Real = absolutePath(Path);
  SmallString<256> Llvm;
  if (!sys::fs::real_path(llvmTool(".."), Llvm) &&
      StringRef(Real).starts_with((Llvm + "/").str()))
    return true;
  StringRef P = Real;
  if (P.consume_front("/usr/local/lib") || P.consume_front("/usr/lib") ||
      P.consume_front("/lib"))
    return P.starts_with("/") || P.starts_with("32/") || P.starts_with("64/") ||
           P.starts_with("x32/");
  // Cross toolchains: /usr/<triple>/lib.
  if (P.consume_front("/usr/"))
    return P.contains("-linux-") && P.contains("/lib");
  return false;
}

namespace {

/// What --push-state saves.
struct State {
  bool WholeArchive = false;
  bool AsNeeded = false;
  bool StaticLibs = false;
};

class Parser {
public:
  explicit Parser(ArrayRef<std::string> Words) : Given(Words) {}
  LinkLine run();

private:
  void option(StringRef Word);
  void longOption(StringRef Name, StringRef Value, std::vector<std::string> W);
  void simpleOption(StringRef Name);
  void library(StringRef Name, std::vector<std::string> W);
  void input(StringRef Path);
  std::string resolve(StringRef Name) const;
  LinkWord &add(LinkWord::Kind K, std::vector<std::string> W);

  ArrayRef<std::string> Given;
  size_t Next = 0;
  LinkLine Line;
  State Now;
  std::vector<State> Stack;
  std::vector<std::string> Folders;
  bool InLib = false;
};

} // namespace

LinkWord &Parser::add(LinkWord::Kind K, std::vector<std::string> W) {
  Line.Words.push_back({K, std::move(W), "", "", Now.WholeArchive, InLib});
  return Line.Words.back();
}

void Parser::input(StringRef Path) {
  add(LinkWord::Kind::Input, {Path.str()}).Path = Path.str();
}

std::string Parser::resolve(StringRef Name) const {
  bool Exact = Name.consume_front(":");
  for (const std::string &Folder : Folders) {
    auto Try = [&](const Twine &File) -> std::string {
      std::string Path = (Twine(Folder) + "/" + File).str();
      return sys::fs::exists(Path) ? Path : std::string();
    };
    std::string Path;
    if (Exact)
      Path = Try(Name);
    else if (!Now.StaticLibs)
      Path = Try("lib" + Name + ".so");
    if (Path.empty() && !Exact)
      Path = Try("lib" + Name + ".a");
    if (!Path.empty())
      return Path;
  }
  return "";
}

void Parser::library(StringRef Name, std::vector<std::string> W) {
  std::string Path = resolve(Name);
  add(LinkWord::Kind::Library, std::move(W)).Path = Path;
}

void Parser::simpleOption(StringRef Name) {
  if (Name == "shared" || Name == "Bshareable")
    Line.Shared = true;
  else if (Name == "static" || Name == "Bstatic" || Name == "dn" ||
           Name == "non_shared") {
    // Before any input it makes the whole link static.
    if (Name == "static")
      Line.Static = true;
    Now.StaticLibs = true;
  } else if (Name == "Bdynamic" || Name == "dy" || Name == "call_shared")
    Now.StaticLibs = false;
  else if (Name == "pie" || Name == "pic-executable")
    Line.Pie = true;
  else if (Name == "no-pie")
    Line.Pie = false;
  else if (Name == "r" || Name == "relocatable" || Name == "i" || Name == "Ur")
    Line.Relocatable = true;
  else if (Name == "version" || Name == "help")
    Line.Probe = true;
  else if (Name == "s" || Name == "strip-all")
    Line.StripAll = true;
  else if (Name == "S" || Name == "strip-debug")
    Line.StripDebug = true;
  else if (Name == "M" || Name == "print-map")
    Line.Map = "-";
  else if (Name == "whole-archive")
    Now.WholeArchive = true;
  else if (Name == "no-whole-archive")
    Now.WholeArchive = false;
  else if (Name == "push-state")
    Stack.push_back(Now);
  else if (Name == "pop-state" && !Stack.empty()) {
    // The archives of the line are expanded, so only the rest of the state is
    // restored for the relink.
    if (Now.StaticLibs != Stack.back().StaticLibs)
      add(LinkWord::Kind::Option,
          {Stack.back().StaticLibs ? "-Bstatic" : "-Bdynamic"});
    if (Now.AsNeeded != Stack.back().AsNeeded)
      add(LinkWord::Kind::Option,
          {Stack.back().AsNeeded ? "--as-needed" : "--no-as-needed"});
    Now = Stack.back();
    Stack.pop_back();
  } else if (Name == "as-needed")
    Now.AsNeeded = true;
  else if (Name == "no-as-needed")
    Now.AsNeeded = false;
  else if (Name == "start-lib")
    InLib = true;
  else if (Name == "end-lib")
    InLib = false;
}

void Parser::longOption(StringRef Name, StringRef Value,
                        std::vector<std::string> W) {
  simpleOption(Name);
  if (Name == "o" || Name == "output")
    Line.Output = Value.str();
  else if (Name == "m")
    Line.Emulation = Value.str();
  else if (Name == "Map")
    Line.Map = Value == "%" ? "-" : Value.str();
  else if (Name == "why-extract")
    Line.WhyExtract = Value.str();
  if (Name == "L" || Name == "library-path") {
    Folders.push_back(Value.str());
    // Folders of the user's are not needed: what was found there is copied.
    add(isSystemPath(Value) ? LinkWord::Kind::Option : LinkWord::Kind::Dropped,
        {"-L" + Value.str()});
  } else if (Name == "l" || Name == "library")
    library(Value, std::move(W));
  else if (withFile().contains(Name)) {
    if (Name == "T")
      Name = "script";
    else if (Name == "dT")
      Name = "default-script";
    else if (Name == "R")
      Name = "just-symbols";
    LinkWord &Word = add(LinkWord::Kind::File, std::move(W));
    Word.Option = ("--" + Name + "=").str();
    Word.Path = Value.str();
  } else
    add(dropped().contains(Name) ? LinkWord::Kind::Dropped
                                 : LinkWord::Kind::Option,
        std::move(W));
}

void Parser::option(StringRef Word) {
  StringRef Name = Word.drop_front();
  bool TwoDashes = Name.consume_front("-");
  auto [Key, Value] = Name.split('=');
  if (withValue().contains(Key) && Key.size() != Name.size())
    return longOption(Key, Value, {Word.str()});
  if (withValue().contains(Name) && Next < Given.size()) {
    std::string Argument = Given[Next++];
    return longOption(Name, Argument, {Word.str(), Argument});
  }
  // Values in the same word: -lm, -Ldir, -melf_x86_64, -Tscript.
  if (!TwoDashes && Name.size() > 1) {
    StringRef Rest = Name.drop_front();
    if (Name[0] == 'l' || Name[0] == 'L')
      return longOption(Name.take_front(1), Rest, {Word.str()});
    if (Name.starts_with("melf") || Name.starts_with("maarch"))
      return longOption("m", Rest, {Word.str()});
    if (Name[0] == 'T' && !Name.starts_with("Ttext") &&
        !Name.starts_with("Tdata") && !Name.starts_with("Tbss") &&
        !Name.starts_with("Trodata") && !Name.starts_with("Tldata"))
      return longOption("T", Rest, {Word.str()});
  }
  // "(" and ")" are short for groups and never begin with a dash otherwise.
  longOption(Key, Value, {Word.str()});
}

LinkLine Parser::run() {
  // -L concerns every -l, also those before it.
  for (size_t I = 0; I < Given.size(); ++I) {
    StringRef Word = Given[I];
    if (Word == "-L" || Word == "--library-path") {
      if (I + 1 < Given.size())
        Folders.push_back(Given[++I]);
    } else if (Word.consume_front("-L") ||
               Word.consume_front("--library-path="))
      Folders.push_back(Word.str());
  }
  size_t AllFolders = Folders.size();
  while (Next < Given.size()) {
    StringRef Word = Given[Next++];
    if (Word.size() > 1 && Word[0] == '-')
      option(Word);
    else
      input(Word);
    Folders.resize(AllFolders);
  }
  return std::move(Line);
}

LinkLine parseLinkLine(ArrayRef<std::string> Words) {
  return Parser(Words).run();
}

} // namespace speciate
