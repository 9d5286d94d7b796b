//===- support/Hash.h - Content hashes
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_SUPPORT_HASH_H
#define SPECIATE_SUPPORT_HASH_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>

namespace speciate {

/// BLAKE3 of \p Bytes, the first 128 bits as 32 lower-case hex digits. The name
/// of an object in every content-addressed store of this project.
std::string contentHash(llvm::StringRef Bytes);

/// contentHash over the parts, each preceded by its length, so that
/// {"ab", "c"} and {"a", "bc"} differ.
std::string contentHash(llvm::ArrayRef<llvm::StringRef> Parts);

/// The first 64 bits of the BLAKE3 of \p Bytes. Stable across runs, machines
/// and versions (unlike llvm::hash_value).
uint64_t stableHash64(llvm::StringRef Bytes);

/// 16 lower-case hex digits.
std::string hex64(uint64_t Value);

} // namespace speciate

#endif
