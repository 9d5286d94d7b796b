//===- driver/pipeline/ArenaImage.cpp - Machine code for an address
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "driver/pipeline/ArenaImage.h"
#include "passes/arena/PrepareImage.h"
#include "support/File.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ExecutionEngine/JITLink/ELF_x86_64.h"
#include "llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h"
#include "llvm/ExecutionEngine/Orc/SymbolStringPool.h"
#include "llvm/Object/ELFObjectFile.h"
#include <tuple>

using namespace llvm;
using namespace llvm::jitlink;

namespace speciate {

//===----------------------------------------------------------------------===//
// Symbols
//===----------------------------------------------------------------------===//

Expected<ArenaAddresses> ArenaAddresses::read(StringRef Program,
                                              uint64_t LoadBase) {
  Expected<std::string> Bytes = readFile(Program);
  if (!Bytes)
    return Bytes.takeError();
  auto Elf = object::ELFFile<object::ELF64LE>::create(*Bytes);
  if (!Elf)
    return createFileError(Program, Elf.takeError());
  if (Elf->getHeader().e_type != ELF::ET_DYN)
    LoadBase = 0;
  auto Sections = Elf->sections();
  if (!Sections)
    return createFileError(Program, Sections.takeError());
  ArenaAddresses Result;
  // Names of static symbols, with whether there is more than one.
  StringMap<std::optional<uint64_t>> Static;
  bool Found = false;
  for (const auto &Section : *Sections) {
    if (Section.sh_type != ELF::SHT_SYMTAB)
      continue;
    Found = true;
    auto Symbols = Elf->symbols(&Section);
    if (!Symbols)
      return createFileError(Program, Symbols.takeError());
    auto Names = Elf->getStringTableForSymtab(Section);
    if (!Names)
      return createFileError(Program, Names.takeError());
    for (const auto &S : *Symbols) {
      unsigned Type = S.getType();
      if (S.st_shndx == ELF::SHN_UNDEF ||
          (Type != ELF::STT_NOTYPE && Type != ELF::STT_OBJECT &&
           Type != ELF::STT_FUNC))
        continue;
      auto Name = S.getName(*Names);
      if (!Name)
        return createFileError(Program, Name.takeError());
      uint64_t Address =
          S.st_value + (S.st_shndx == ELF::SHN_ABS ? 0 : LoadBase);
      // The linker makes hidden symbols local, but keeps their visibility.
      if (S.getBinding() != ELF::STB_LOCAL ||
          S.getVisibility() != ELF::STV_DEFAULT) {
        Result.Table[*Name] = Address;
      } else {
        auto [At, New] = Static.try_emplace(*Name, Address);
        if (!New)
          At->second = std::nullopt;
      }
    }
  }
  if (!Found)
    return createStringError("%s has no symbol table", Program.str().c_str());
  for (const auto &S : Static)
    if (S.second)
      Result.Table.try_emplace(S.first(), *S.second);
  return std::move(Result);
}

Expected<ArenaAddresses> ArenaAddresses::read(StringRef Program,
                                              const ArenaFacts &Facts) {
  Expected<ArenaAddresses> Result = read(Program, Facts.LoadBase);
  if (Result)
    for (const auto &[Name, Address] : Facts.Symbols)
      Result->addExternal(Name, Address);
  return Result;
}

void ArenaAddresses::addExternal(StringRef Name, uint64_t Address) {
  if (Address)
    Externals[Name] = Address;
}

std::optional<uint64_t> ArenaAddresses::find(StringRef Name) const {
  if (auto At = Externals.find(Name); At != Externals.end())
    return At->second;
  if (auto At = Table.find(Name); At != Table.end())
    return At->second;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// What cannot be placed
//===----------------------------------------------------------------------===//

using Elf64 = object::ELFFile<object::ELF64LE>;

static bool isThreadLocalRelocation(uint32_t Type) {
  switch (Type) {
  case ELF::R_X86_64_DTPMOD64:
  case ELF::R_X86_64_DTPOFF64:
  case ELF::R_X86_64_TPOFF64:
  case ELF::R_X86_64_TLSGD:
  case ELF::R_X86_64_TLSLD:
  case ELF::R_X86_64_DTPOFF32:
  case ELF::R_X86_64_GOTTPOFF:
  case ELF::R_X86_64_TPOFF32:
  case ELF::R_X86_64_GOTPC32_TLSDESC:
  case ELF::R_X86_64_TLSDESC_CALL:
  case ELF::R_X86_64_TLSDESC:
    return true;
  default:
    return false;
  }
}

static std::string symbolName(const Elf64 &Elf, const Elf64::Elf_Shdr &Relocs,
                              const Elf64::Elf_Rela &R) {
  auto Symtab = Elf.getSection(Relocs.sh_link);
  if (!Symtab) {
    consumeError(Symtab.takeError());
    return "?";
  }
  auto Symbol = Elf.getRelocationSymbol(R, *Symtab);
  auto Names = Elf.getStringTableForSymtab(**Symtab);
  if (!Symbol || !Names) {
    consumeError(Symbol.takeError());
    consumeError(Names.takeError());
    return "?";
  }
  auto Name = *Symbol ? (*Symbol)->getName(*Names) : Expected<StringRef>("?");
  if (!Name) {
    consumeError(Name.takeError());
    return "?";
  }
  return Name->str();
}

/// JITLink would say of most of this only that some relocation is unknown, and
/// would place writable data without a word.
static Error checkPlaceable(StringRef Object) {
  auto Elf = Elf64::create(Object);
  if (!Elf)
    return Elf.takeError();
  if (Elf->getHeader().e_type != ELF::ET_REL ||
      Elf->getHeader().e_machine != ELF::EM_X86_64)
    return createStringError("it is not an object for x86-64");
  auto Sections = Elf->sections();
  if (!Sections)
    return Sections.takeError();
  // Absolute 64-bit addresses in each section.
  std::vector<uint64_t> Pointers(Sections->size());
  for (const auto &Section : *Sections) {
    if (Section.sh_type != ELF::SHT_RELA || Section.sh_info >= Pointers.size())
      continue;
    if (!((*Sections)[Section.sh_info].sh_flags & ELF::SHF_ALLOC))
      continue;
    auto Relocs = Elf->relas(Section);
    if (!Relocs)
      return Relocs.takeError();
    for (const auto &R : *Relocs) {
      if (isThreadLocalRelocation(R.getType(false)))
        return createStringError(
            "it reaches the thread-local variable %s directly",
            symbolName(*Elf, Section, R).c_str());
      Pointers[Section.sh_info] += R.getType(false) == ELF::R_X86_64_64;
    }
  }
  for (auto [Index, Section] : enumerate(*Sections)) {
    if (!(Section.sh_flags & ELF::SHF_ALLOC) || !Section.sh_size)
      continue;
    auto SectionName = Elf->getSectionName(Section);
    if (!SectionName)
      return SectionName.takeError();
    std::string Name = SectionName->str();
    if (Section.sh_type == ELF::SHT_INIT_ARRAY ||
        Section.sh_type == ELF::SHT_FINI_ARRAY ||
        Section.sh_type == ELF::SHT_PREINIT_ARRAY ||
        StringRef(Name).starts_with(".ctors") ||
        StringRef(Name).starts_with(".dtors"))
      return createStringError("it has constructors or destructors (%s)",
                               Name.c_str());
    if (Section.sh_flags & ELF::SHF_TLS)
      return createStringError("it has thread-local data (%s)", Name.c_str());
    // Tables of addresses, which only the loader would write to: constants
    // (.data.rel.ro), and what exception tables refer to (DW.ref.*, and
    // unnamed ones in .data).
    bool OnlyAddresses = Section.sh_type == ELF::SHT_PROGBITS &&
                         Section.sh_size == 8 * Pointers[Index];
    if ((Section.sh_flags & ELF::SHF_WRITE) && !OnlyAddresses &&
        !StringRef(Name).starts_with(".data.rel.ro"))
      return createStringError("it has data that can be written (%s)",
                               Name.c_str());
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Placing
//===----------------------------------------------------------------------===//

namespace {

/// Where a block belongs. JITLink keeps blocks in the order of their addresses
/// in memory, ours, which is another in every run; this order is that of the
/// object and of names.
struct BlockKey {
  unsigned Rank = 0;
  StringRef Section;
  uint64_t Ordinal = 0, Address = 0;
  std::string Target;
  Block *B = nullptr;

  bool operator<(const BlockKey &Other) const {
    return std::tie(Rank, Section, Ordinal, Address, Target) <
           std::tie(Other.Rank, Other.Section, Other.Ordinal, Other.Address,
                    Other.Target);
  }
};

/// What a stub or an entry of the table of addresses leads to; every one has
/// another target.
std::string finalTarget(const Block &B, unsigned Depth = 0) {
  if (B.edges_size() == 0 || Depth > 4)
    return "";
  const Symbol &S = B.edges().begin()->getTarget();
  if (S.hasName())
    return (*S.getName()).str();
  return S.isDefined() ? finalTarget(S.getBlock(), Depth + 1) : "";
}

constexpr StringLiteral EhFrameName = ".eh_frame";

struct Request {
  std::string EntryName;
  const ArenaAddresses &Symbols;
  uint64_t Start;
  unsigned Offset;
};

/// Lays a graph out in one piece, and keeps the bytes.
class OnePiece : public JITLinkMemoryManager {
public:
  explicit OnePiece(const Request &R) : R(R) {}

  void allocate(const JITLinkDylib *, LinkGraph &G,
                OnAllocatedFunction OnAllocated) override {
    if (Error E = layOut(G))
      OnAllocated(std::move(E));
    else
      OnAllocated(std::make_unique<Done>(Result.Base));
  }
  void deallocate(std::vector<FinalizedAlloc> Allocs,
                  OnDeallocatedFunction OnDeallocated) override {
    for (FinalizedAlloc &A : Allocs)
      A.release();
    OnDeallocated(Error::success());
  }

  PlacedImage Result;

private:
  class Done : public InFlightAlloc {
  public:
    explicit Done(uint64_t Base) : Base(Base) {}
    void abandon(OnAbandonedFunction OnAbandoned) override {
      OnAbandoned(Error::success());
    }
    void finalize(OnFinalizedFunction OnFinalized) override {
      OnFinalized(FinalizedAlloc(orc::ExecutorAddr(Base)));
    }

  private:
    uint64_t Base;
  };

  Error layOut(LinkGraph &G);

  const Request &R;
};

Error OnePiece::layOut(LinkGraph &G) {
  const Symbol *Entry = nullptr;
  for (const Symbol *S : G.defined_symbols())
    if (S->hasName() && *S->getName() == R.EntryName)
      Entry = S;
  if (!Entry)
    return createStringError("it does not define %s", R.EntryName.c_str());
  std::vector<BlockKey> Keys;
  for (Section &S : G.sections()) {
    if (S.getMemLifetime() == orc::MemLifetime::NoAlloc)
      continue;
    bool Code = (S.getMemProt() & orc::MemProt::Exec) != orc::MemProt::None;
    bool Unwind = S.getName() == EhFrameName;
    for (Block *B : S.blocks()) {
      if (B->isZeroFill() && B->getSize())
        return createStringError("it has data that can be written (%s)",
                                 S.getName().str().c_str());
      BlockKey K;
      K.Rank = B == &Entry->getBlock() ? 0 : Code ? 1 : Unwind ? 3 : 2;
      K.Section = S.getName();
      K.Ordinal = S.getOrdinal();
      K.Address = B->getAddress().getValue();
      if (!Unwind)
        K.Target = finalTarget(*B);
      K.B = B;
      Keys.push_back(std::move(K));
    }
  }
  llvm::sort(Keys);

  Result.Base = alignTo(R.Start, 64);
  uint64_t Address = Result.Base + R.Offset;
  if (Entry->getOffset()) {
    // What lies before the entry must not move it.
    Address -= Entry->getOffset() % 64;
    if (Address < Result.Base)
      Address += 64;
  }
  bool FirstUnwind = true;
  for (const BlockKey &K : Keys) {
    uint64_t Aligned = alignToBlock(Address, *K.B);
    if (K.Rank == 3) {
      // Records touch each other: a gap would be the end of the table.
      Aligned = FirstUnwind ? alignTo(Address, 8) : Address;
      FirstUnwind = false;
    }
    K.B->setAddress(orc::ExecutorAddr(Aligned));
    Address = Aligned + K.B->getSize();
    if (K.Rank <= 1)
      Result.TextSize = Address - Result.Base;
    if (K.Rank == 3) {
      if (!Result.EhFrame)
        Result.EhFrame = Aligned;
      Result.EhFrameSize = Address - Result.EhFrame;
    }
  }
  Result.Bytes.assign(Address - Result.Base, 0);
  // No instruction between blocks of code.
  memset(Result.Bytes.data(), 0xcc, Result.TextSize);
  for (const BlockKey &K : Keys) {
    if (!K.B->getSize())
      continue;
    char *To =
        Result.Bytes.data() + (K.B->getAddress().getValue() - Result.Base);
    memcpy(To, K.B->getContent().data(), K.B->getSize());
    K.B->setMutableContent({To, K.B->getSize()});
  }
  Result.Entry = Entry->getAddress().getValue();
  return Error::success();
}

class ImageContext : public JITLinkContext {
public:
  ImageContext(const Request &R, OnePiece &Memory, Error &Failure)
      : JITLinkContext(nullptr), R(R), Memory(Memory), Failure(Failure) {}

  JITLinkMemoryManager &getMemoryManager() override { return Memory; }
  void notifyFailed(Error E) override {
    Failure = joinErrors(std::move(Failure), std::move(E));
  }
  void lookup(const LookupMap &Wanted,
              std::unique_ptr<JITLinkAsyncLookupContinuation> LC) override {
    AsyncLookupResult Found;
    std::vector<std::string> Missing;
    for (const auto &[Name, Flags] : Wanted) {
      if (std::optional<uint64_t> Address = R.Symbols.find(*Name))
        Found[Name] = {orc::ExecutorAddr(*Address), JITSymbolFlags::Exported};
      else if (Flags == SymbolLookupFlags::RequiredSymbol)
        Missing.push_back((*Name).str());
    }
    if (Missing.empty()) {
      LC->run(std::move(Found));
      return;
    }
    llvm::sort(Missing);
    LC->run(createStringError("the arena program has no %s",
                              join(Missing, ", ").c_str()));
  }
  Error notifyResolved(LinkGraph &) override { return Error::success(); }
  void notifyFinalized(JITLinkMemoryManager::FinalizedAlloc Alloc) override {
    Alloc.release();
  }

private:
  const Request &R;
  OnePiece &Memory;
  Error &Failure;
};

} // namespace

Expected<PlacedImage> placeImage(StringRef Object, StringRef Function,
                                 const ArenaAddresses &Symbols, uint64_t Start,
                                 unsigned Offset) {
  if (Offset >= 64 || Offset % 16)
    return createStringError("a start offset of %u", Offset);
  if (Error E = checkPlaceable(Object))
    return std::move(E);
  auto Names = std::make_shared<orc::SymbolStringPool>();
  auto Graph = createLinkGraphFromELFObject_x86_64(
      MemoryBufferRef(Object, "image"), Names);
  if (!Graph)
    return Graph.takeError();
  Request R{arenaImageName(Function), Symbols, Start, Offset};
  OnePiece Memory(R);
  Error Failure = Error::success();
  // Everything below happens before this call returns.
  link_ELF_x86_64(std::move(*Graph),
                  std::make_unique<ImageContext>(R, Memory, Failure));
  if (Failure)
    return std::move(Failure);
  return std::move(Memory.Result);
}

} // namespace speciate
