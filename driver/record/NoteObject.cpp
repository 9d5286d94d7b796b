//===- driver/record/NoteObject.cpp - The object that holds the note
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/record/NoteObject.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELFTypes.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace llvm;

namespace speciate {

namespace {
struct Section {
  StringRef Name;
  uint32_t Type;
  uint64_t Flags;
  std::string Bytes;
  uint32_t Align;
  uint32_t Link = 0;
  uint32_t Info = 0;
  uint32_t EntrySize = 0;
};
} // namespace

static std::string word(uint32_t Value) {
  char Bytes[4];
  support::endian::write32le(Bytes, Value);
  return std::string(Bytes, 4);
}

static std::string note(StringRef Owner, uint32_t Type, StringRef Desc,
                        unsigned Align) {
  std::string Result =
      word(Owner.size() + 1) + word(Desc.size()) + word(Type) + Owner.str();
  Result += '\0';
  Result.resize(alignTo(Result.size(), Align));
  Result += Desc;
  Result.resize(alignTo(Result.size(), Align));
  return Result;
}

/// IBT and SHSTK: the linker takes the AND over all objects, so an object
/// without this note would switch them off for the program.
static std::string propertyNote(bool Is64) {
  std::string Desc = word(ELF::GNU_PROPERTY_X86_FEATURE_1_AND) + word(4) +
                     word(ELF::GNU_PROPERTY_X86_FEATURE_1_IBT |
                          ELF::GNU_PROPERTY_X86_FEATURE_1_SHSTK);
  if (Is64)
    Desc += word(0);
  return note("GNU", ELF::NT_GNU_PROPERTY_TYPE_0, Desc, 4);
}

template <class ELFT>
static std::string write(uint16_t Machine, std::vector<Section> Sections) {
  using Ehdr = typename ELFT::Ehdr;
  using Shdr = typename ELFT::Shdr;
  std::string Names(1, '\0');
  std::vector<Shdr> Headers(Sections.size() + 1);
  std::memset(Headers.data(), 0, sizeof(Shdr) * Headers.size());
  Sections.push_back({".shstrtab", ELF::SHT_STRTAB, 0, "", 1});
  Headers.push_back(Headers[0]);
  std::string Body;
  for (size_t I = 0; I < Sections.size(); ++I) {
    Section &S = Sections[I];
    Shdr &H = Headers[I + 1];
    H.sh_name = Names.size();
    Names += S.Name.str() + '\0';
    if (I + 1 == Sections.size())
      S.Bytes = Names;
    Body.resize(alignTo(Body.size(), std::max<uint32_t>(S.Align, 8)));
    H.sh_type = S.Type;
    H.sh_flags = S.Flags;
    H.sh_offset = sizeof(Ehdr) + Body.size();
    H.sh_size = S.Bytes.size();
    H.sh_addralign = S.Align;
    H.sh_link = S.Link;
    H.sh_info = S.Info;
    H.sh_entsize = S.EntrySize;
    Body += S.Bytes;
  }
  Body.resize(alignTo(Body.size(), 8));
  Ehdr Header;
  std::memset(&Header, 0, sizeof(Header));
  std::memcpy(Header.e_ident, ELF::ElfMagic, 4);
  Header.e_ident[ELF::EI_CLASS] =
      ELFT::Is64Bits ? ELF::ELFCLASS64 : ELF::ELFCLASS32;
  Header.e_ident[ELF::EI_DATA] = ELF::ELFDATA2LSB;
  Header.e_ident[ELF::EI_VERSION] = ELF::EV_CURRENT;
  Header.e_type = ELF::ET_REL;
  Header.e_machine = Machine;
  Header.e_version = ELF::EV_CURRENT;
  Header.e_ehsize = sizeof(Ehdr);
  Header.e_shoff = sizeof(Ehdr) + Body.size();
  Header.e_shentsize = sizeof(Shdr);
  Header.e_shnum = Headers.size();
  Header.e_shstrndx = Headers.size() - 1;
  std::string Result(reinterpret_cast<const char *>(&Header), sizeof(Header));
  Result += Body;
  Result.append(reinterpret_cast<const char *>(Headers.data()),
                sizeof(Shdr) * Headers.size());
  return Result;
}

template <class ELFT>
static std::string makeObject(uint16_t Machine, StringRef Id,
                              ArrayRef<std::string> DeadSymbols,
                              ArrayRef<std::string> Hidden) {
  using Sym = typename ELFT::Sym;
  bool X86 = Machine == ELF::EM_X86_64 || Machine == ELF::EM_386;
  std::vector<Section> Sections;
  Sections.push_back({".note.speciate", ELF::SHT_NOTE, ELF::SHF_ALLOC,
                      note("speciate", 1, Id, 4), 4});
  Sections.push_back({".note.GNU-stack", ELF::SHT_PROGBITS, 0, "", 1});
  // A null symbol, then the dead ones, then the hidden ones.
  std::vector<Sym> Symbols(1 + DeadSymbols.size() + Hidden.size());
  std::memset(static_cast<void *>(Symbols.data()), 0,
              sizeof(Sym) * Symbols.size());
  std::string Strings(1, '\0');
  if (!DeadSymbols.empty()) {
    // ud2; elsewhere zero bytes, which no target of ours executes.
    Sections.push_back({".text.speciate.dead", ELF::SHT_PROGBITS,
                        ELF::SHF_ALLOC | ELF::SHF_EXECINSTR,
                        X86 ? "\x0f\x0b" : std::string(4, '\0'), 4});
    for (size_t I = 0; I < DeadSymbols.size(); ++I) {
      Sym &S = Symbols[I + 1];
      S.st_name = Strings.size();
      S.st_shndx = Sections.size();
      S.setBindingAndType(ELF::STB_GLOBAL, ELF::STT_NOTYPE);
      S.st_other = ELF::STV_HIDDEN;
      Strings += DeadSymbols[I] + '\0';
    }
  }
  for (size_t I = 0; I < Hidden.size(); ++I) {
    Sym &S = Symbols[1 + DeadSymbols.size() + I];
    S.st_name = Strings.size();
    S.setBindingAndType(ELF::STB_WEAK, ELF::STT_NOTYPE);
    S.st_other = ELF::STV_HIDDEN;
    Strings += Hidden[I] + '\0';
  }
  if (X86)
    Sections.push_back({".note.gnu.property", ELF::SHT_NOTE, ELF::SHF_ALLOC,
                        propertyNote(ELFT::Is64Bits),
                        ELFT::Is64Bits ? 8u : 4u});
  uint32_t StringIndex = Sections.size() + 2;
  Sections.push_back({".symtab", ELF::SHT_SYMTAB, 0,
                      std::string(reinterpret_cast<char *>(Symbols.data()),
                                  sizeof(Sym) * Symbols.size()),
                      8, StringIndex, 1, sizeof(Sym)});
  Sections.push_back({".strtab", ELF::SHT_STRTAB, 0, Strings, 1});
  return write<ELFT>(Machine, std::move(Sections));
}

template <class ELFT>
static std::string makePad(uint16_t Machine, uint64_t Bytes) {
  using Sym = typename ELFT::Sym;
  bool X86 = Machine == ELF::EM_X86_64 || Machine == ELF::EM_386;
  std::vector<Section> Sections;
  Sections.push_back({"speciate_pad", ELF::SHT_PROGBITS,
                      ELF::SHF_ALLOC | ELF::SHF_EXECINSTR | ELF::SHF_GNU_RETAIN,
                      std::string(Bytes, X86 ? '\xcc' : '\0'), 16});
  Sections.push_back({".note.GNU-stack", ELF::SHT_PROGBITS, 0, "", 1});
  if (X86)
    Sections.push_back({".note.gnu.property", ELF::SHT_NOTE, ELF::SHF_ALLOC,
                        propertyNote(ELFT::Is64Bits),
                        ELFT::Is64Bits ? 8u : 4u});
  uint32_t StringIndex = Sections.size() + 2;
  Sections.push_back({".symtab", ELF::SHT_SYMTAB, 0,
                      std::string(sizeof(Sym), '\0'), 8, StringIndex, 1,
                      sizeof(Sym)});
  Sections.push_back({".strtab", ELF::SHT_STRTAB, 0, std::string(1, '\0'), 1});
  return write<ELFT>(Machine, std::move(Sections));
}

std::string makePadObject(uint16_t Machine, bool Is64, uint64_t Bytes) {
  return Is64 ? makePad<object::ELF64LE>(Machine, Bytes)
              : makePad<object::ELF32LE>(Machine, Bytes);
}

std::string makeNoteObject(uint16_t Machine, bool Is64, StringRef Id,
                           ArrayRef<std::string> DeadSymbols,
                           ArrayRef<std::string> Hidden) {
  return Is64 ? makeObject<object::ELF64LE>(Machine, Id, DeadSymbols, Hidden)
              : makeObject<object::ELF32LE>(Machine, Id, DeadSymbols, Hidden);
}

} // namespace speciate
