//===- driver/record/ObjectFacts.cpp - What a linked object holds
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/ObjectFacts.h"
#include "passes/plugin/RecordFrame.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Object/ModuleSymbolTable.h"
#include "llvm/Object/SymbolicFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include <mutex>

using namespace llvm;
using namespace llvm::object;

namespace speciate {

FileKind fileKind(StringRef Bytes) {
  switch (identify_magic(Bytes)) {
  case file_magic::elf_relocatable:
    return FileKind::Object;
  case file_magic::elf_shared_object:
    return FileKind::Shared;
  case file_magic::bitcode:
    return FileKind::Bitcode;
  case file_magic::archive:
    return FileKind::Archive;
  default:
    return FileKind::Other;
  }
}

namespace {
/// The symbols of one or more modules.
struct IRSymbols {
  StringSet<> Defined;   ///< Local ones too.
  StringSet<> Strong;    ///< Global, must be in the object as they are.
  StringSet<> Undefined; ///< Strong references.
};
} // namespace

static void addSymbols(Module &M, IRSymbols &Symbols) {
  if (!M.getModuleInlineAsm().empty()) {
    static std::once_flag Once;
    std::call_once(Once, [] {
      InitializeAllTargetInfos();
      InitializeAllTargetMCs();
      InitializeAllAsmParsers();
    });
  }
  ModuleSymbolTable Table;
  Table.addModule(&M);
  for (ModuleSymbolTable::Symbol Symbol : Table.symbols()) {
    uint32_t Flags = Table.getSymbolFlags(Symbol);
    auto *GV = dyn_cast_if_present<GlobalValue *>(Symbol);
    if (GV && (GV->getName().starts_with("llvm.") ||
               GV->getName() == "llvm.embedded.object"))
      continue;
    std::string Name;
    raw_string_ostream OS(Name);
    Table.printSymbolName(OS, Symbol);
    if (Flags & BasicSymbolRef::SF_Undefined) {
      if (!(Flags & BasicSymbolRef::SF_Weak))
        Symbols.Undefined.insert(Name);
      continue;
    }
    Symbols.Defined.insert(Name);
    if (GV && GV->hasExternalLinkage())
      Symbols.Strong.insert(Name);
  }
}

/// At -O0 clang marks every function optnone and noinline so that a later
/// pipeline leaves it alone. A source-level noinline cannot be told from the
/// paired one and goes as well; the record says FromO0.
static bool removeO0Marks(Module &M) {
  bool Any = false;
  for (Function &F : M)
    if (F.hasFnAttribute(Attribute::OptimizeNone)) {
      F.removeFnAttr(Attribute::OptimizeNone);
      F.removeFnAttr(Attribute::NoInline);
      Any = true;
    }
  return Any;
}

static bool compiledAtO0(ArrayRef<std::string> Cc1Args) {
  for (const std::string &Arg : Cc1Args)
    if (StringRef(Arg).starts_with("-O"))
      return Arg == "-O0";
  return true;
}

static Expected<FoundUnit> readUnit(RecordFrame Frame, IRSymbols &Symbols) {
  LLVMContext Context;
  bool O0 = compiledAtO0(Frame.Cc1Args);
  MemoryBufferRef Ref(Frame.Bitcode, "unit");
  auto M =
      O0 ? parseBitcodeFile(Ref, Context) : getLazyBitcodeModule(Ref, Context);
  if (!M)
    return M.takeError();
  FoundUnit Unit;
  Unit.Source = (*M)->getSourceFileName();
  Unit.Cc1Args = std::move(Frame.Cc1Args);
  addSymbols(**M, Symbols);
  if (O0 && removeO0Marks(**M)) {
    Unit.FromO0 = true;
    raw_string_ostream OS(Unit.Bitcode);
    WriteBitcodeToFile(**M, OS);
  } else
    Unit.Bitcode = std::move(Frame.Bitcode);
  return Unit;
}

/// Names that code generation makes up.
static bool isMadeByBackend(StringRef Name) {
  for (StringRef Prefix : {".L", "__llvm_", "__x86_indirect_thunk",
                           "OUTLINED_FUNCTION_", "DW.ref.", "__emutls_"})
    if (Name.starts_with(Prefix))
      return true;
  return false;
}

static bool inIR(const IRSymbols &IR, StringRef Name) {
  // "f.cold", "f.__part.1": pieces of f.
  return IR.Defined.contains(Name) || isMadeByBackend(Name) ||
         IR.Defined.contains(Name.take_until([](char C) { return C == '.'; }));
}

/// Fills in the facts of an ELF object's own symbols and sections; returns why
/// \p IR does not stand for the object, if it does not.
template <class ELFT>
static Expected<std::string> readElf(const ELFObjectFile<ELFT> &Object,
                                     const IRSymbols &IR, ObjectFacts &Facts,
                                     std::string &Frames) {
  for (SectionRef Section : Object.sections()) {
    Expected<StringRef> Name = Section.getName();
    if (!Name)
      return Name.takeError();
    if (Section.isText())
      Facts.TextBytes += Section.getSize();
    if (*Name != RecordSection)
      continue;
    Expected<StringRef> Contents = Section.getContents();
    if (!Contents)
      return Contents.takeError();
    Frames += *Contents;
  }
  std::string Why;
  StringSet<> Locals;
  for (ELFSymbolRef Symbol : Object.symbols()) {
    Expected<uint32_t> Flags = Symbol.getFlags();
    Expected<StringRef> Name = Symbol.getName();
    if (!Flags || !Name)
      return joinErrors(Flags ? Error::success() : Flags.takeError(),
                        Name ? Error::success() : Name.takeError());
    uint8_t Type = Symbol.getELFType();
    if (Name->empty() || Type == ELF::STT_SECTION || Type == ELF::STT_FILE)
      continue;
    bool Global = *Flags & BasicSymbolRef::SF_Global;
    if (*Flags & BasicSymbolRef::SF_Undefined) {
      Facts.Undefined.insert(*Name);
      continue;
    }
    (Global ? Facts.Defined : Locals).insert(*Name);
    Expected<section_iterator> Section = Symbol.getSection();
    if (!Section)
      return Section.takeError();
    bool Text = *Section != Object.section_end() && (*Section)->isText();
    if ((Text || Global) && !inIR(IR, *Name) && Why.empty())
      Why = "defines '" + Name->str() + "', which is not in its IR";
  }
  for (const auto &Strong : IR.Strong)
    if (!Facts.Defined.contains(Strong.getKey()) && Why.empty())
      Why = "its symbol '" + Strong.getKey().str() +
            "' was changed after compilation";
  return Why;
}

/// The frames that the plugin left in LTO bitcode.
static Expected<std::string> framesInBitcode(StringRef Bytes,
                                             ObjectFacts &Facts) {
  LLVMContext Context;
  auto M = getLazyBitcodeModule(MemoryBufferRef(Bytes, "lto"), Context);
  if (!M)
    return M.takeError();
  if (Error E = (*M)->materializeMetadata())
    return std::move(E);
  std::string Frames;
  for (GlobalVariable &GV : (*M)->globals()) {
    if (GV.getSection() != RecordSection || !GV.hasInitializer())
      continue;
    if (auto *Data = dyn_cast<ConstantDataArray>(GV.getInitializer()))
      Frames += Data->getRawDataValues();
  }
  IRSymbols Own;
  addSymbols(**M, Own);
  for (const auto &Name : Own.Defined)
    Facts.Defined.insert(Name.getKey());
  for (const auto &Name : Own.Undefined)
    Facts.Undefined.insert(Name.getKey());
  return Frames;
}

static Expected<std::string> readElfObject(StringRef Bytes, const IRSymbols &IR,
                                           ObjectFacts &Facts,
                                           std::string &Frames) {
  auto Object =
      ObjectFile::createELFObjectFile(MemoryBufferRef(Bytes, "object"));
  if (!Object)
    return Object.takeError();
  if (auto *O = dyn_cast<ELF64LEObjectFile>(Object->get()))
    return readElf(*O, IR, Facts, Frames);
  if (auto *O = dyn_cast<ELF32LEObjectFile>(Object->get()))
    return readElf(*O, IR, Facts, Frames);
  return std::string("is for a big-endian target");
}

Expected<ObjectFacts> readObject(StringRef Bytes) {
  ObjectFacts Facts;
  bool Elf = fileKind(Bytes) == FileKind::Object;
  std::string FrameBytes;
  if (Elf) {
    // The symbols are compared below, when the frames are known.
    ObjectFacts First;
    Expected<std::string> Why =
        readElfObject(Bytes, IRSymbols(), First, FrameBytes);
    if (!Why)
      return Why.takeError();
  } else {
    Expected<std::string> Found = framesInBitcode(Bytes, Facts);
    if (!Found)
      return Found.takeError();
    FrameBytes = std::move(*Found);
  }
  IRSymbols IR;
  Expected<std::vector<RecordFrame>> Frames = decodeFrames(FrameBytes);
  if (!Frames)
    Facts.WhyNative = toString(Frames.takeError());
  else
    for (RecordFrame &Frame : *Frames) {
      Expected<FoundUnit> Unit = readUnit(std::move(Frame), IR);
      if (!Unit) {
        Facts.WhyNative = toString(Unit.takeError());
        break;
      }
      Facts.Units.push_back(std::move(*Unit));
    }
  if (Elf) {
    std::string Unused;
    Expected<std::string> Why = readElfObject(Bytes, IR, Facts, Unused);
    if (!Why)
      return Why.takeError();
    if (!Facts.Units.empty() && Facts.WhyNative.empty())
      Facts.WhyNative = *Why;
  }
  if (!Facts.WhyNative.empty())
    Facts.Units.clear();
  if (!Facts.Units.empty())
    for (const auto &Name : IR.Undefined)
      if (!Facts.Undefined.contains(Name.getKey()) &&
          !IR.Defined.contains(Name.getKey()))
        Facts.OnlyIRRefersTo.insert(Name.getKey());
  return Facts;
}

Error addDefined(StringRef Path, StringRef Bytes, StringSet<> &Defined) {
  MemoryBufferRef Ref(Bytes, Path);
  if (fileKind(Bytes) == FileKind::Archive) {
    auto Archive = object::Archive::create(Ref);
    if (!Archive)
      return Archive.takeError();
    for (const object::Archive::Symbol &Symbol : (*Archive)->symbols())
      Defined.insert(Symbol.getName());
    return Error::success();
  }
  auto Object = ObjectFile::createELFObjectFile(Ref);
  if (!Object)
    return Object.takeError();
  for (ELFSymbolRef Symbol :
       cast<ELFObjectFileBase>(**Object).getDynamicSymbolIterators()) {
    Expected<uint32_t> Flags = Symbol.getFlags();
    Expected<StringRef> Name = Symbol.getName();
    if (Flags && Name && !(*Flags & BasicSymbolRef::SF_Undefined))
      Defined.insert(*Name);
    consumeError(Flags ? Error::success() : Flags.takeError());
    consumeError(Name ? Error::success() : Name.takeError());
  }
  return Error::success();
}

Error addExported(StringRef Bytes, StringSet<> &Exported) {
  LLVMContext Context;
  auto File = SymbolicFile::createSymbolicFile(MemoryBufferRef(Bytes, "object"),
                                               identify_magic(Bytes), &Context);
  if (!File)
    return File.takeError();
  for (const BasicSymbolRef &Symbol : (*File)->symbols()) {
    Expected<uint32_t> Flags = Symbol.getFlags();
    if (!Flags)
      return Flags.takeError();
    if (!(*Flags & BasicSymbolRef::SF_Global) ||
        *Flags & (BasicSymbolRef::SF_Undefined | BasicSymbolRef::SF_Hidden))
      continue;
    std::string Name;
    raw_string_ostream OS(Name);
    if (Error E = Symbol.printName(OS))
      return E;
    Exported.insert(Name);
  }
  return Error::success();
}

template <class ELFT>
static Expected<bool> hasSoName(const ELFObjectFile<ELFT> &Object) {
  auto Entries = Object.getELFFile().dynamicEntries();
  if (!Entries)
    return Entries.takeError();
  return any_of(*Entries,
                [](const auto &Dyn) { return Dyn.d_tag == ELF::DT_SONAME; });
}

Expected<bool> hasSoName(StringRef Bytes) {
  auto Object =
      ObjectFile::createELFObjectFile(MemoryBufferRef(Bytes, "library"));
  if (!Object)
    return Object.takeError();
  if (auto *O = dyn_cast<ELF64LEObjectFile>(Object->get()))
    return hasSoName(*O);
  if (auto *O = dyn_cast<ELF32LEObjectFile>(Object->get()))
    return hasSoName(*O);
  return createStringError("is for a big-endian target");
}

Expected<uint64_t> noteOffset(StringRef ElfBytes) {
  auto Object =
      ObjectFile::createELFObjectFile(MemoryBufferRef(ElfBytes, "out"));
  if (!Object)
    return Object.takeError();
  for (SectionRef Section : (*Object)->sections()) {
    Expected<StringRef> Name = Section.getName();
    if (!Name)
      return Name.takeError();
    Expected<StringRef> Contents = Section.getContents();
    if (!Contents)
      return Contents.takeError();
    // Linkers may merge notes of several names into one section.
    if (!Name->starts_with(".note"))
      continue;
    StringRef Owner("\x09\0\0\0\x20\0\0\0\x01\0\0\0speciate\0\0\0\0", 24);
    size_t At = Contents->find(Owner);
    if (At != StringRef::npos && At + 24 + 32 <= Contents->size())
      return Contents->data() - ElfBytes.data() + At + 24;
  }
  return createStringError("the link dropped the section .note.speciate");
}

} // namespace speciate
