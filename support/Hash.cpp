//===- support/Hash.cpp - Content hashes
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/Hash.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace speciate {

static std::string finish(BLAKE3 &Hasher) {
  auto Digest = Hasher.final<16>();
  return toHex(ArrayRef<uint8_t>(Digest), /*LowerCase=*/true);
}

std::string contentHash(StringRef Bytes) {
  BLAKE3 Hasher;
  Hasher.update(Bytes);
  return finish(Hasher);
}

std::string contentHash(ArrayRef<StringRef> Parts) {
  BLAKE3 Hasher;
  for (StringRef Part : Parts) {
    uint8_t Length[8];
    support::endian::write64le(Length, Part.size());
    Hasher.update(ArrayRef<uint8_t>(Length));
    Hasher.update(Part);
  }
  return finish(Hasher);
}

uint64_t stableHash64(StringRef Bytes) {
  BLAKE3 Hasher;
  Hasher.update(Bytes);
  auto Digest = Hasher.final<8>();
  return support::endian::read64le(Digest.data());
}

std::string hex64(uint64_t Value) { return formatv("{0:x-16}", Value).str(); }

} // namespace speciate
