//===- support/Compress.cpp - zstd and text-safe bytes
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "support/Compress.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Compression.h"

using namespace llvm;

namespace speciate {

std::string zstdCompress(StringRef Bytes) {
  SmallVector<uint8_t, 0> Out;
  compression::zstd::compress(arrayRefFromStringRef(Bytes), Out,
                              /*Level=*/9);
  return toStringRef(Out).str();
}

Expected<std::string> zstdDecompress(StringRef Compressed, size_t Size) {
  SmallVector<uint8_t, 0> Out;
  if (Error E = compression::zstd::decompress(arrayRefFromStringRef(Compressed),
                                              Out, Size))
    return std::move(E);
  if (Out.size() != Size)
    return createStringError("compressed data has %zu bytes instead of %zu",
                             Out.size(), Size);
  return toStringRef(Out).str();
}

} // namespace speciate
