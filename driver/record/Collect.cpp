//===- driver/record/Collect.cpp - Making a record from a link that succeeded
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each object that was linked becomes, at its place on the line, its units or a
// native copy; an archive of the user's becomes the members that were taken
// from it. Nothing else of an archive is in the record, so a relink cannot
// extract more.
//
//===----------------------------------------------------------------------===//

#include "driver/record/Collect.h"
#include "driver/record/ObjectFacts.h"
#include "support/File.h"
#include "support/Subprocess.h"
#include "support/Toolchain.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Object/Archive.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/TargetParser/Triple.h"
#include <set>

using namespace llvm;

namespace speciate {

bool needsExtraction(const LinkLine &Line) {
  for (const LinkWord &Word : Line.Words) {
    if (Word.Lazy)
      return true;
    if (Word.Path.empty() || Word.WholeArchive || Word.Binary ||
        isSystemPath(Word.Path))
      continue;
    auto Buffer = MemoryBuffer::getFileSlice(Word.Path, 8, 0);
    if (Buffer && fileKind((*Buffer)->getBuffer()) == FileKind::Archive)
      return true;
  }
  return false;
}

namespace {

/// One member of an archive on the line.
struct Member {
  std::string Name;
  std::string Path; ///< Of a thin archive's member.
  StringRef Bytes;
};

struct OpenArchive {
  std::string Path;
  std::unique_ptr<object::Archive> Archive;
  std::vector<Member> Members;
  size_t LastOnLine = 0; ///< Index of the last word that names it.
};

class Collector {
public:
  Collector(const Store &S, const LinkLine &Line, ArrayRef<Extracted> Taken,
            ArrayRef<std::string> DriverArgs)
      : S(S), Line(Line), Taken(Taken.begin(), Taken.end()),
        DriverArgs(DriverArgs) {}
  Expected<Record> run(LinkerFlavor Flavor, bool CPlusPlus);

private:
  Error word(const LinkWord &Word);
  Error input(const LinkWord &Word);
  Error object(StringRef Name, StringRef Bytes);
  Error prepare();
  Error take(const OpenArchive &A, const Member &M);
  Error archive(const LinkWord &Word);
  Error sharedObject(const LinkWord &Word, StringRef Bytes);
  Error systemFile(const LinkWord &Word);
  Error binaryFile(StringRef Path);
  Error file(StringRef Text, StringRef Bytes);
  Expected<OpenArchive *> open(StringRef Path, StringRef Bytes);
  Expected<const Member *> findMember(OpenArchive &A, const Extracted &E);
  std::string reportName(StringRef Path, StringRef Source) const;
  void arguments(ArrayRef<std::string> Words);
  void findDeadReferences();
  Error findHidden();
  void mode();

  const Store &S;
  const LinkLine &Line;
  std::vector<Extracted> Taken;
  ArrayRef<std::string> DriverArgs;
  Record R;
  std::vector<std::unique_ptr<MemoryBuffer>> Buffers;
  std::vector<std::unique_ptr<OpenArchive>> Archives;
  std::set<const Member *> Done;
  /// Taken, as members; the first NextTaken are on the record's line.
  std::vector<std::pair<OpenArchive *, const Member *>> Order;
  size_t NextTaken = 0;
  StringSet<> Defined;       ///< By linked objects of the user.
  StringSet<> SystemDefined; ///< By system and shared libraries.
  StringSet<> OnlyIRRefersTo;
  StringSet<> Undefined;
  StringSet<> Excluded; ///< What --exclude-libs may have kept unexported.
  Triple Target{"x86_64-pc-linux-gnu"};
};

} // namespace

/// Linker words reach the linker through the driver one by one: -Wl, would
/// split them at commas.
void Collector::arguments(ArrayRef<std::string> Words) {
  for (const std::string &Word : Words) {
    R.Line.push_back({LinkItem::Kind::Argument, "-Xlinker", "", 0});
    R.Line.push_back({LinkItem::Kind::Argument, Word, "", 0});
  }
}

/// Temporary objects of the driver ("/tmp/a-3f2b1c.o") are called by their
/// source, so that the same build gives the same record.
std::string Collector::reportName(StringRef Path, StringRef Source) const {
  if (DriverArgs.empty() || Path.ends_with(")") ||
      is_contained(DriverArgs, Path))
    return Path.str();
  for (const std::string &Arg : DriverArgs)
    if (StringRef(Arg).starts_with("-Wl,") && StringRef(Arg).contains(Path))
      return Path.str();
  if (!Source.empty())
    return (sys::path::stem(Source) + ".o").str();
  StringRef Stem = sys::path::stem(Path);
  Stem = Stem.take_front(Stem.rfind('-'));
  for (const std::string &Arg : DriverArgs)
    if (sys::path::stem(Arg) == Stem && !StringRef(Arg).starts_with("-"))
      return Arg;
  return (Stem + ".o").str();
}

/// Machine code of LTO bitcode that is not ours to change. As bitcode it would
/// be one more unit of a relink by LTO; but some bitcode has no code without
/// LTO
/// (-fsanitize=cfi), and is returned as it is.
static Expected<std::string> compiled(StringRef Bitcode) {
  Expected<TempDir> Temp = TempDir::create("speciate-bitcode");
  if (!Temp)
    return Temp.takeError();
  std::string In = Temp->file("in.bc"), Out = Temp->file("out.o");
  if (Error E = writeFileAtomically(In, Bitcode))
    return std::move(E);
  ProcessSpec Spec;
  Spec.Argv = {llvmTool("clang"), "--no-default-config", "-w", "-O2", "-fPIC"};
  append_range(Spec.Argv,
               std::vector<std::string>{"-fno-crash-diagnostics", "-c", "-x",
                                        "ir", In, "-o", Out});
  Expected<ProcessResult> Done = runProcess(Spec);
  if (!Done)
    return Done.takeError();
  return Done->ok() ? readFile(Out) : Bitcode.str();
}

Error Collector::object(StringRef Name, StringRef Bytes) {
  Expected<ObjectFacts> Facts = readObject(Bytes);
  if (!Facts)
    return createFileError(Name, Facts.takeError());
  R.Cover.TextBytes += Facts->TextBytes;
  for (const auto &Symbol : Facts->Defined)
    Defined.insert(Symbol.getKey());
  for (const auto &Symbol : Facts->Undefined)
    Undefined.insert(Symbol.getKey());
  for (const auto &Symbol : Facts->OnlyIRRefersTo)
    OnlyIRRefersTo.insert(Symbol.getKey());
  if (Facts->Units.empty()) {
    Expected<std::string> Code =
        fileKind(Bytes) == FileKind::Bitcode ? compiled(Bytes) : Bytes.str();
    if (!Code)
      return createFileError(Name, Code.takeError());
    Expected<std::string> Copy = S.put(*Code);
    if (!Copy)
      return Copy.takeError();
    std::string Report = reportName(Name, "");
    R.Line.push_back({LinkItem::Kind::Native, Report, *Copy, 0});
    // An object without code (data by `ld -r -b binary`) misses no IR.
    if (Facts->TextBytes || fileKind(Bytes) == FileKind::Bitcode)
      R.Cover.Missing.push_back(
          Report + (Facts->WhyNative.empty() ? "" : ": " + Facts->WhyNative));
    return Error::success();
  }
  R.Cover.TextBytesWithIR += Facts->TextBytes;
  for (FoundUnit &Found : Facts->Units) {
    Expected<std::string> Bitcode = S.put(Found.Bitcode);
    if (!Bitcode)
      return Bitcode.takeError();
    R.Line.push_back({LinkItem::Kind::Unit, "", "", R.Units.size()});
    R.Units.push_back({*Bitcode, Found.Source, reportName(Name, Found.Source),
                       std::move(Found.Cc1Args), Found.FromO0});
  }
  return Error::success();
}

Expected<OpenArchive *> Collector::open(StringRef Path, StringRef Bytes) {
  for (auto &A : Archives)
    if (A->Path == Path)
      return A.get();
  auto A = std::make_unique<OpenArchive>();
  A->Path = Path.str();
  auto Archive = object::Archive::create(MemoryBufferRef(Bytes, A->Path));
  if (!Archive)
    return Archive.takeError();
  A->Archive = std::move(*Archive);
  Error Err = Error::success();
  for (const object::Archive::Child &Child : A->Archive->children(Err)) {
    Expected<StringRef> Name = Child.getName();
    Expected<std::string> Full = Child.getFullName();
    Expected<StringRef> Contents = Child.getBuffer();
    if (!Name || !Full || !Contents)
      return joinErrors(
          Name ? Error::success() : Name.takeError(),
          joinErrors(Full ? Error::success() : Full.takeError(),
                     Contents ? Error::success() : Contents.takeError()));
    A->Members.push_back({sys::path::filename(*Name).str(), *Full, *Contents});
  }
  if (Err)
    return std::move(Err);
  Archives.push_back(std::move(A));
  return Archives.back().get();
}

/// NAME if \p Text is "PATH(NAME)" with a path of the archive \p Archive. One
/// that a script names is printed with or without the script's folder.
static std::optional<StringRef> memberOf(StringRef Archive, StringRef Text) {
  if (!Text.consume_back(")"))
    return std::nullopt;
  for (size_t At = Text.find('('); At != StringRef::npos;
       At = Text.find('(', At + 1)) {
    StringRef Path = Text.take_front(At);
    if (Path == Archive || absolutePath(Path) == absolutePath(Archive))
      return Text.drop_front(At + 1);
  }
  return std::nullopt;
}

/// The member that \p E names, if it is of this archive.
Expected<const Member *> Collector::findMember(OpenArchive &A,
                                               const Extracted &E) {
  StringRef File = E.File;
  bool Thin = A.Archive->isThin();
  std::vector<const Member *> Found;
  if (File == A.Path) {
    // gold names no member that is LTO bitcode.
    for (const Member &M : A.Members)
      Found.push_back(&M);
  } else if (std::optional<StringRef> Name = memberOf(A.Path, File)) {
    for (const Member &M : A.Members)
      if (M.Name == sys::path::filename(*Name))
        Found.push_back(&M);
  } else if (Thin) {
    for (const Member &M : A.Members)
      if (absolutePath(M.Path) == absolutePath(E.File))
        Found.push_back(&M);
  }
  if (Found.empty())
    return nullptr;
  if (Found.size() == 1 && E.File != A.Path)
    return Found[0];
  // Several: the one that defines the symbol.
  for (const Member *M : Found) {
    Expected<ObjectFacts> Facts = readObject(M->Bytes);
    if (!Facts)
      return Facts.takeError();
    if (Facts->Defined.contains(E.Symbol))
      return M;
  }
  return createStringError("cannot tell which member %s of %s was linked",
                           E.File.c_str(), A.Path.c_str());
}

/// Opens the archives and finds out which member each of Taken is.
Error Collector::prepare() {
  for (size_t I = 0; I < Line.Words.size(); ++I) {
    const LinkWord &Word = Line.Words[I];
    if ((Word.K != LinkWord::Kind::Input &&
         Word.K != LinkWord::Kind::Library) ||
        Word.Path.empty() || Word.Binary || isSystemPath(Word.Path))
      continue;
    auto Buffer = MemoryBuffer::getFile(Word.Path, /*IsText=*/false,
                                        /*RequiresNullTerminator=*/false);
    if (!Buffer)
      return createFileError(Word.Path, Buffer.getError());
    if (fileKind((*Buffer)->getBuffer()) != FileKind::Archive)
      continue;
    Expected<OpenArchive *> A = open(Word.Path, (*Buffer)->getBuffer());
    if (!A)
      return createFileError(Word.Path, A.takeError());
    (*A)->LastOnLine = I;
    Buffers.push_back(std::move(*Buffer));
  }
  for (const Extracted &E : Taken)
    for (auto &A : Archives) {
      Expected<const Member *> M = findMember(*A, E);
      if (!M)
        return M.takeError();
      if (*M) {
        Order.push_back({A.get(), *M});
        break;
      }
    }
  return Error::success();
}

/// Whether --exclude-libs names the archive.
static bool isExcluded(const LinkLine &Line, StringRef Path) {
  return any_of(Line.ExcludeLibs, [&](StringRef Name) {
    return Name == "ALL" || Name == sys::path::filename(Path);
  });
}

Error Collector::take(const OpenArchive &A, const Member &M) {
  FileKind Kind = fileKind(M.Bytes);
  if ((Kind != FileKind::Object && Kind != FileKind::Bitcode) ||
      !Done.insert(&M).second)
    return Error::success();
  if ((Line.Shared || Line.ExportDynamic) && isExcluded(Line, A.Path))
    if (Error E = addExported(M.Bytes, Excluded))
      return E;
  return object(A.Path + "(" + M.Name + ")", M.Bytes);
}

Error Collector::archive(const LinkWord &Word) {
  size_t Here = &Word - Line.Words.data();
  OpenArchive *This = nullptr;
  for (auto &A : Archives)
    if (A->Path == Word.Path)
      This = A.get();
  if (Word.WholeArchive) {
    for (const Member &M : This->Members)
      if (Error E = take(*This, M))
        return E;
    return Error::success();
  }
  // Members are linked in the order in which they are extracted. A member of
  // another archive is left to that one if it is still to come on the line,
  // else a group went round once more.
  for (; NextTaken < Order.size(); ++NextTaken) {
    auto [A, M] = Order[NextTaken];
    if (A != This && A->LastOnLine > Here)
      return Error::success();
    if (Error E = take(*A, *M))
      return E;
  }
  return Error::success();
}

Error Collector::sharedObject(const LinkWord &Word, StringRef Bytes) {
  // A library without DT_SONAME is needed under the name it was given on the
  // line.
  Expected<bool> Named = hasSoName(Bytes);
  if (!Named)
    return createFileError(Word.Path, Named.takeError());
  StringRef Name = Word.K == LinkWord::Kind::Library
                       ? sys::path::filename(Word.Path)
                       : StringRef(Word.Path);
  if (Error E = file(*Named ? "{}" : ("-l:" + Name).str(), Bytes))
    return E;
  return addDefined(Word.Path, Bytes, SystemDefined);
}

/// What a relink finds in the same place again.
Error Collector::systemFile(const LinkWord &Word) {
  for (const std::string &W : Word.Words)
    R.Line.push_back({LinkItem::Kind::Argument, W, "", 0});
  if (Word.Path.empty())
    return Error::success();
  Expected<std::string> Bytes = readFile(Word.Path);
  if (!Bytes)
    return Bytes.takeError();
  FileKind Kind = fileKind(*Bytes);
  if (Kind == FileKind::Archive || Kind == FileKind::Shared)
    return addDefined(Word.Path, *Bytes, SystemDefined);
  // libc.so is a script that names the real files.
  if (Kind == FileKind::Other) {
    SmallVector<StringRef, 32> Tokens;
    SplitString(*Bytes, Tokens, " \t\n()");
    for (StringRef Token : Tokens) {
      if (!sys::path::is_absolute(Token) || !isSystemPath(Token))
        continue;
      Expected<std::string> Inner = readFile(Token);
      if (!Inner) {
        consumeError(Inner.takeError());
        continue;
      }
      FileKind InnerKind = fileKind(*Inner);
      if (InnerKind == FileKind::Archive || InnerKind == FileKind::Shared)
        if (Error E = addDefined(Token, *Inner, SystemDefined))
          return E;
    }
  }
  return Error::success();
}

Error Collector::input(const LinkWord &Word) {
  if (Word.Binary)
    return binaryFile(Word.Path);
  if (Word.Path.empty() || isSystemPath(Word.Path))
    return systemFile(Word);
  auto Buffer = MemoryBuffer::getFile(Word.Path, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!Buffer)
    return createFileError(Word.Path, Buffer.getError());
  StringRef Bytes = (*Buffer)->getBuffer();
  Buffers.push_back(std::move(*Buffer));
  switch (fileKind(Bytes)) {
  case FileKind::Object:
  case FileKind::Bitcode:
    if (Word.Lazy &&
        none_of(Taken, [&](const Extracted &E) { return E.File == Word.Path; }))
      return Error::success();
    return object(Word.Path, Bytes);
  case FileKind::Archive:
    return archive(Word);
  case FileKind::Shared:
    return sharedObject(Word, Bytes);
  case FileKind::Other:
    break;
  }
  if (!Word.Script)
    return createFileError(Word.Path,
                           createStringError("neither object nor script"));
  return Word.Script->empty() ? Error::success() : file("{}", *Word.Script);
}

/// An argument with the path of a copy of \p Bytes.
Error Collector::file(StringRef Text, StringRef Bytes) {
  Expected<std::string> Copy = S.put(Bytes);
  if (!Copy)
    return Copy.takeError();
  R.Line.push_back({LinkItem::Kind::File, Text.str(), *Copy, 0});
  return Error::success();
}

/// The symbols of an input of any bytes have its path, as given, in their
/// names.
Error Collector::binaryFile(StringRef Path) {
  Expected<TempDir> Temp = TempDir::create("speciate-binary");
  if (!Temp)
    return Temp.takeError();
  ProcessSpec Spec;
  Spec.Argv = {llvmTool("ld.lld"),
               "-r",
               "-m",
               Line.Emulation.empty() ? "elf_x86_64" : Line.Emulation,
               "--format=binary",
               Path.str(),
               "-o",
               Temp->file("binary.o")};
  if (Error E = runTool(Spec).takeError())
    return E;
  Expected<std::string> Bytes = readFile(Temp->file("binary.o"));
  if (!Bytes)
    return Bytes.takeError();
  return object(Path, *Bytes);
}

Error Collector::word(const LinkWord &Word) {
  switch (Word.K) {
  case LinkWord::Kind::Dropped:
    return Error::success();
  case LinkWord::Kind::Option:
    if (StringRef(Word.Words[0]).starts_with("-L"))
      R.Line.push_back({LinkItem::Kind::Argument, Word.Words[0], "", 0});
    else
      arguments(Word.Words);
    return Error::success();
  case LinkWord::Kind::File: {
    if (Word.Script && Word.Script->empty())
      return Error::success();
    Expected<std::string> Bytes =
        Word.Script ? *Word.Script : readFile(Word.Path);
    if (!Bytes)
      return Bytes.takeError();
    R.Line.push_back({LinkItem::Kind::Argument, "-Xlinker", "", 0});
    return file(Word.Option + "{}", *Bytes);
  }
  case LinkWord::Kind::Input:
  case LinkWord::Kind::Library:
    return input(Word);
  }
  llvm_unreachable("unknown kind of link word");
}

/// The driver flags that say what kind of program it is; the driver must not
/// choose by its defaults.
void Collector::mode() {
  StringRef M = Line.Emulation;
  std::vector<std::string> Words;
  if (M == "elf_i386")
    Words.push_back("-m32");
  else if (M == "elf32_x86_64")
    Words.push_back("-mx32");
  else if (M.starts_with("aarch64"))
    Words.push_back("--target=aarch64-linux-gnu");
  if (Line.Shared)
    Words.push_back("-shared");
  else if (Line.Pie)
    Words.push_back(Line.Static ? "-static-pie" : "-pie");
  else {
    if (Line.Static)
      Words.push_back("-static");
    Words.push_back("-no-pie");
  }
  for (std::string &Word : Words)
    R.Line.push_back({LinkItem::Kind::Argument, std::move(Word), "", 0});
}

/// A name that only IR refers to and that nothing in the record defines: the
/// user's program was linked without it, so the reference is dead. A library
/// function is no such case: "printf" in IR may be "puts" in the object, and
/// is then alive.
void Collector::findDeadReferences() {
  TargetLibraryInfoImpl Library(Target);
  for (const auto &Entry : OnlyIRRefersTo) {
    StringRef Name = Entry.getKey();
    LibFunc Function;
    if (!Defined.contains(Name) && !SystemDefined.contains(Name) &&
        !Undefined.contains(Name) && !Library.getLibFunc(Name, Function))
      R.DeadReferences.push_back(Name.str());
  }
  llvm::sort(R.DeadReferences);
}

/// Those of Excluded that the user's link does not export.
Error Collector::findHidden() {
  if (Excluded.empty())
    return Error::success();
  Expected<std::string> Output = readFile(Line.Output);
  if (!Output)
    return Output.takeError();
  StringSet<> Exported;
  if (Error E = addDefined(Line.Output, *Output, Exported))
    return E;
  std::vector<std::string> Hidden;
  for (const auto &Name : Excluded)
    if (!Exported.contains(Name.getKey()))
      Hidden.push_back(Name.getKey().str());
  llvm::sort(Hidden);
  for (std::string &Name : Hidden)
    R.Line.push_back({LinkItem::Kind::Hide, std::move(Name), "", 0});
  return Error::success();
}

Expected<Record> Collector::run(LinkerFlavor Flavor, bool CPlusPlus) {
  R.Name = sys::path::filename(Line.Output).str();
  R.CPlusPlus = CPlusPlus;
  R.Shared = Line.Shared;
  R.Strip = Line.StripAll ? "all" : Line.StripDebug ? "debug" : "";
  mode();
  // lld alone lets --gc-sections take a section that only __start_SECTION
  // names.
  if (Flavor != LinkerFlavor::Lld)
    arguments({"-z", "nostart-stop-gc"});
  if (Error E = prepare())
    return std::move(E);
  for (const LinkWord &Word : Line.Words)
    if (Error E = word(Word))
      return std::move(E);
  if (NextTaken != Order.size())
    return createStringError("members of %s were linked at an unknown place",
                             Order[NextTaken].first->Path.c_str());
  findDeadReferences();
  if (Error E = findHidden())
    return std::move(E);
  return std::move(R);
}

Expected<Record> collectRecord(const Store &S, const LinkLine &Line,
                               LinkerFlavor Flavor, ArrayRef<Extracted> Taken,
                               ArrayRef<std::string> DriverArgs,
                               bool CPlusPlus) {
  return Collector(S, Line, Taken, DriverArgs).run(Flavor, CPlusPlus);
}

} // namespace speciate
