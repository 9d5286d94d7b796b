//===- driver/record/Relink.cpp - The command that links a record again
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/NoteObject.h"
#include "driver/record/Record.h"
#include "support/File.h"
#include "support/Toolchain.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace speciate {

static std::string scratchFile(const RelinkRequest &Request,
                               const Twine &Name) {
  return (Twine(Request.Scratch) + "/" + Name).str();
}

namespace {
struct Target {
  uint16_t Machine;
  bool Is64;
};
} // namespace

static Target targetOf(const Record &R) {
  auto Has = [&](StringRef Word) {
    return any_of(R.Line, [&](const LinkItem &I) {
      return I.K == LinkItem::Kind::Argument && I.Text == Word;
    });
  };
  if (Has("-m32"))
    return {ELF::EM_386, false};
  if (Has("--target=aarch64-linux-gnu"))
    return {ELF::EM_AARCH64, true};
  return {ELF::EM_X86_64, !Has("-mx32")};
}

/// A file name of the same length for a name with slashes in it.
static std::string flatName(StringRef Name) {
  std::string Flat = Name.str();
  llvm::replace(Flat, '/', '%');
  return Flat;
}

/// The words of one File item. Copies of shared objects go into \p Libraries.
static Expected<std::string> fileWord(const Store &S, const LinkItem &I,
                                      StringRef Libraries) {
  StringRef Text = I.Text;
  if (Text.consume_front("-l:")) {
    Expected<std::string> Bytes = S.get(I.Object);
    if (!Bytes)
      return Bytes.takeError();
    std::string Flat = flatName(Text);
    if (Error E = writeFileAtomically((Libraries + "/" + Flat).str(), *Bytes))
      return std::move(E);
    return "-l:" + Flat;
  }
  auto [Before, After] = Text.split("{}");
  return (Before + S.path(I.Object) + After).str();
}

Error finishRelink(const Record &R, const RelinkRequest &Request) {
  std::vector<StringRef> Names;
  for (const LinkItem &I : R.Line)
    if (StringRef Text = I.Text; I.K == LinkItem::Kind::File &&
                                 Text.consume_front("-l:") &&
                                 Text.contains('/'))
      Names.push_back(Text);
  if (Names.empty())
    return Error::success();
  Expected<std::string> Bytes = readFile(Request.Output);
  if (!Bytes)
    return Bytes.takeError();
  auto Object = object::ObjectFile::createELFObjectFile(
      MemoryBufferRef(*Bytes, Request.Output));
  if (!Object)
    return Object.takeError();
  for (const object::SectionRef &Section : (*Object)->sections()) {
    Expected<StringRef> Name = Section.getName();
    Expected<StringRef> Strings = Section.getContents();
    if (!Name || !Strings)
      return joinErrors(Name.takeError(), Strings.takeError());
    if (*Name != ".dynstr")
      continue;
    for (StringRef Needed : Names) {
      // One string for all that refer to it.
      std::string Flat = '\0' + flatName(Needed) + '\0';
      if (size_t At = Strings->find(Flat); At != StringRef::npos)
        llvm::copy(Needed,
                   Bytes->begin() + (Strings->data() - Bytes->data()) + At + 1);
    }
  }
  auto Mode = sys::fs::getPermissions(Request.Output);
  if (!Mode)
    return createFileError(Request.Output, Mode.getError());
  return writeFileAtomically(Request.Output, *Bytes, *Mode);
}

Expected<std::vector<std::string>>
relinkCommand(const Store &S, const Record &R, const RelinkRequest &Request) {
  if (Request.UnitObjects.size() != R.Units.size())
    return createStringError("the record has %zu units, the relink %zu",
                             R.Units.size(), Request.UnitObjects.size());
  std::string Note = scratchFile(Request, "speciate-note.o");
  std::string Libraries = scratchFile(Request, "lib");
  auto [Machine, Is64] = targetOf(R);
  std::vector<std::string> Hidden;
  for (const LinkItem &I : R.Line)
    if (I.K == LinkItem::Kind::Hide)
      Hidden.push_back(I.Text);
  if (Error E = writeFileAtomically(
          Note, makeNoteObject(Machine, Is64, R.Id, R.DeadReferences, Hidden)))
    return std::move(E);
  // The record holds the crt files and default libraries by name, hence
  // -nostdlib.
  std::vector<std::string> Command = {
      llvmTool(R.CPlusPlus ? "clang++" : "clang"),
      "--no-default-config",
      "-fuse-ld=lld",
      "--ld-path=" + llvmTool("ld.lld"),
      "-Qunused-arguments",
      "-nostdlib",
      // Other linkers do not mind a version script that names what is not
      // there. The user's own word comes later and wins.
      "-Wl,--undefined-version",
      "-o",
      Request.Output,
      "-L" + Libraries};
  if (Request.PadBytes) {
    std::string Pad = scratchFile(Request, "speciate-pad.o");
    if (Error E = writeFileAtomically(
            Pad, makePadObject(Machine, Is64, Request.PadBytes)))
      return std::move(E);
    Command.push_back("-Xlinker");
    Command.push_back(Pad);
  }
  bool Extra = false;
  auto AddExtra = [&] {
    if (!std::exchange(Extra, true))
      append_range(Command, Request.ExtraObjects);
  };
  for (const LinkItem &I : R.Line) {
    switch (I.K) {
    case LinkItem::Kind::Argument:
      Command.push_back(I.Text);
      break;
    case LinkItem::Kind::Unit:
      AddExtra();
      if (!Request.UnitObjects[I.Index].empty())
        Command.push_back(Request.UnitObjects[I.Index]);
      break;
    case LinkItem::Kind::Native:
      // lld takes an object by its contents, whatever its name.
      Command.push_back("-Xlinker");
      Command.push_back(S.path(I.Object));
      break;
    case LinkItem::Kind::Hide: // By the note's object.
      break;
    case LinkItem::Kind::File: {
      Expected<std::string> Word = fileWord(S, I, Libraries);
      if (!Word)
        return Word.takeError();
      if (StringRef(*Word).starts_with("/"))
        Command.push_back("-Xlinker");
      Command.push_back(std::move(*Word));
      break;
    }
    }
  }
  AddExtra();
  Command.push_back("-Xlinker");
  Command.push_back(Note);
  append_range(Command, Request.ExtraArgs);
  return Command;
}

} // namespace speciate
