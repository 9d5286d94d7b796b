//===- driver/record/LinkLine.cpp - The words that a linker was given
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/LinkLine.h"
#include "driver/record/LinkOptions.h"
#include "driver/record/LinkScript.h"
#include "driver/record/ObjectFacts.h"
#include "support/File.h"
#include "support/Toolchain.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace speciate {

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

/// Scripts that name scripts.
constexpr unsigned MaxDepth = 16;

class Parser {
public:
  explicit Parser(ArrayRef<std::string> Words) : Given(Words) {}
  LinkLine run();

private:
  void option(StringRef Word);
  void longOption(StringRef Name, StringRef Value, std::vector<std::string> W);
  void simpleOption(StringRef Name);
  void addFolder(StringRef Folder);
  void library(StringRef Name, std::vector<std::string> W);
  void input(StringRef Path);
  /// Replaces the inputs of the script in the last word.
  void openScript();
  void scriptInputs(const LinkScript &Script, StringRef Folder);
  std::string resolve(StringRef Name) const;
  std::string inFolders(StringRef Name) const;
  LinkWord &add(LinkWord::Kind K, std::vector<std::string> W);

  ArrayRef<std::string> Given;
  size_t Next = 0;
  LinkLine Line;
  State Now;
  std::vector<State> Stack;
  std::vector<std::string> Folders;
  std::string Sysroot;
  bool InLib = false;
  bool Binary = false;
  unsigned Depth = 0;
};

} // namespace

LinkWord &Parser::add(LinkWord::Kind K, std::vector<std::string> W) {
  Line.Words.push_back(
      {K, std::move(W), "", "", Now.WholeArchive, InLib, Binary, std::nullopt});
  return Line.Words.back();
}

void Parser::input(StringRef Path) {
  add(LinkWord::Kind::Input, {Path.str()}).Path = Path.str();
  openScript();
}

/// Where a script is, which linkers look for in the -L folders, too.
std::string Parser::inFolders(StringRef Name) const {
  if (!sys::fs::exists(Name) && sys::path::is_relative(Name))
    for (const std::string &Folder : Folders) {
      std::string Path = (Folder + "/" + Name).str();
      if (sys::fs::exists(Path))
        return Path;
    }
  return Name.str();
}

void Parser::openScript() {
  std::string Path = Line.Words.back().Path;
  uint64_t Size;
  if (Binary || Path.empty() || isSystemPath(Path) ||
      !sys::fs::is_regular_file(Path) || sys::fs::file_size(Path, Size) ||
      Size == 0)
    return;
  // Most words are objects, so not the whole file at first.
  auto Begin =
      MemoryBuffer::getFileSlice(Path, std::min<uint64_t>(Size, 64), 0);
  if (!Begin || fileKind((*Begin)->getBuffer()) != FileKind::Other ||
      (*Begin)->getBuffer().contains('\0'))
    return;
  Expected<std::string> Text = readFile(Path);
  if (!Text)
    return consumeError(Text.takeError());
  Expected<LinkScript> Script = splitScript(
      *Text, [&](StringRef Name) { return readFile(inFolders(Name)); });
  if (!Script) // Nothing is recorded.
    return (void)(Line.Problem = Path + ": " + toString(Script.takeError()));
  if (++Depth > MaxDepth)
    return;
  Line.Words.back().Script = Script->HasRest ? Script->Rest : "";
  for (const std::string &Each : Script->Folders)
    addFolder(Each);
  scriptInputs(*Script, sys::path::parent_path(Path));
  --Depth;
}

void Parser::scriptInputs(const LinkScript &Script, StringRef Folder) {
  bool AsNeeded = Now.AsNeeded;
  auto Set = [&](bool Value) {
    if (Now.AsNeeded != Value)
      add(LinkWord::Kind::Option, {Value ? "--as-needed" : "--no-as-needed"});
    Now.AsNeeded = Value;
  };
  // lld looks for members in all archives, so groups do not matter.
  for (const ScriptInput &Each : Script.Inputs) {
    Set(AsNeeded || Each.AsNeeded);
    StringRef Name = Each.Name;
    std::string Beside = (Folder + "/" + Name).str();
    if (Name.consume_front("-l"))
      library(Name, {Each.Name});
    else if (!Folder.empty() && sys::path::is_relative(Name) &&
             sys::fs::exists(Beside))
      input(Beside);
    else
      input(inFolders(Name));
  }
  Set(AsNeeded);
}

/// "=" at the front stands for --sysroot.
void Parser::addFolder(StringRef Folder) {
  std::string Path = Folder.str();
  if (Folder.consume_front("="))
    Path = Sysroot + Folder.str();
  if (!is_contained(Folders, Path))
    Folders.push_back(Path);
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
  openScript();
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
  else if (Name == "E" || Name == "export-dynamic")
    Line.ExportDynamic = true;
  else if (Name == "no-export-dynamic")
    Line.ExportDynamic = false;
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
  else if (Name == "exclude-libs")
    for (StringRef Each : split(Value, Value.contains(',') ? ',' : ':'))
      Line.ExcludeLibs.push_back(Each.str());
  if (Name == "require-defined") // The link has checked it.
    add(LinkWord::Kind::Option, {"-u", Value.str()});
  else if (Name == "L" || Name == "library-path") {
    addFolder(Value);
    // Folders of the user's are not needed: what was found there is copied.
    add(isSystemPath(Value) ? LinkWord::Kind::Option : LinkWord::Kind::Dropped,
        {"-L" + Value.str()});
  } else if (Name == "l" || Name == "library")
    library(Value, std::move(W));
  else if ((Name == "R" || Name == "just-symbols") &&
           sys::fs::is_directory(Value))
    add(LinkWord::Kind::Option, {"-rpath", Value.str()});
  else if (Name == "b" || Name == "format") {
    Binary = Value == "binary";
    add(LinkWord::Kind::Dropped, std::move(W));
  } else if (linkOptionsWithFile().contains(Name)) {
    bool Script = Name == "T" || Name == "script" || Name == "dT" ||
                  Name == "default-script";
    if (Name == "T")
      Name = "script";
    else if (Name == "dT")
      Name = "default-script";
    else if (Name == "R")
      Name = "just-symbols";
    LinkWord &Word = add(LinkWord::Kind::File, std::move(W));
    Word.Option = ("--" + Name + "=").str();
    Word.Path = Script ? inFolders(Value) : Value.str();
    if (Script)
      openScript();
  } else
    add(linkOptionsDropped().contains(Name) ? LinkWord::Kind::Dropped
                                            : LinkWord::Kind::Option,
        std::move(W));
}

void Parser::option(StringRef Word) {
  StringRef Name = Word.drop_front();
  bool TwoDashes = Name.consume_front("-");
  auto [Key, Value] = Name.split('=');
  if (linkOptionsWithValue().contains(Key) && Key.size() != Name.size())
    return longOption(Key, Value, {Word.str()});
  if (linkOptionsWithValue().contains(Name) && Next < Given.size()) {
    std::string Argument = Given[Next++];
    return longOption(Name, Argument, {Word.str(), Argument});
  }
  // Values in the same word: -lm, -Ldir, -melf_x86_64, -Tscript.
  if (!TwoDashes && Name.size() > 1) {
    StringRef Rest = Name.drop_front();
    if (Name[0] == 'l' || Name[0] == 'L' || Name[0] == 'R' || Name == "bbinary")
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
  // They concern every -l, also those before them.
  for (size_t I = 0; I < Given.size(); ++I) {
    StringRef Word = Given[I];
    if ((Word == "-L" || Word == "--library-path") && I + 1 < Given.size())
      addFolder(Given[++I]);
    else if (Word.consume_front("-L") || Word.consume_front("--library-path="))
      addFolder(Word);
    else if (Word.consume_front("--sysroot="))
      Sysroot = Word.str();
  }
  while (Next < Given.size()) {
    StringRef Word = Given[Next++];
    if (Word.size() > 1 && Word[0] == '-')
      option(Word);
    else
      input(Word);
  }
  return std::move(Line);
}

LinkLine parseLinkLine(ArrayRef<std::string> Words) {
  return Parser(Words).run();
}

} // namespace speciate
