//===- gp/score/arena/ArenaSymbolNames.cpp - Names of a program's addresses
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "gp/score/arena/ArenaSymbolNames.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>

using namespace llvm;
using namespace llvm::object;

namespace speciate {

void ArenaSymbolNames::read() {
  Read = true;
  Expected<OwningBinary<ObjectFile>> File = ObjectFile::createObjectFile(Path);
  if (!File) {
    consumeError(File.takeError());
    return;
  }
  auto *Elf = dyn_cast<ELF64LEObjectFile>(File->getBinary());
  if (!Elf)
    return;
  if (auto Headers = Elf->getELFFile().program_headers()) {
    for (const auto &Header : *Headers)
      if (Header.p_type == ELF::PT_LOAD && Header.p_offset == 0)
        HeaderAddress = Header.p_vaddr;
  } else {
    consumeError(Headers.takeError());
  }
  for (const ELFSymbolRef &S : Elf->symbols()) {
    Expected<uint64_t> Address = S.getAddress();
    Expected<StringRef> Name = S.getName();
    if (Address && Name && S.getSize() &&
        (S.getELFType() == ELF::STT_OBJECT || S.getELFType() == ELF::STT_FUNC))
      Symbols.push_back({*Address, S.getSize(), Name->str()});
    if (!Address)
      consumeError(Address.takeError());
    if (!Name)
      consumeError(Name.takeError());
  }
  std::sort(Symbols.begin(), Symbols.end(), [](const auto &A, const auto &B) {
    return std::tie(A.Address, A.Name) < std::tie(B.Address, B.Name);
  });
}

std::string ArenaSymbolNames::at(uint64_t Address, uint64_t LoadBase) {
  if (!Read)
    read();
  Address = Address - LoadBase + HeaderAddress;
  auto After = std::upper_bound(
      Symbols.begin(), Symbols.end(), Address,
      [](uint64_t A, const Symbol &S) { return A < S.Address; });
  if (After == Symbols.begin())
    return "";
  const Symbol &S = *std::prev(After);
  if (Address - S.Address >= S.Size)
    return "";
  uint64_t Offset = Address - S.Address;
  return Offset ? formatv("{0}+{1:x}", S.Name, Offset).str() : S.Name;
}

} // namespace speciate
