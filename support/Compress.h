//===- support/Compress.h - zstd and text-safe bytes
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_SUPPORT_COMPRESS_H
#define SPECIATE_SUPPORT_COMPRESS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace speciate {

/// zstd at a fixed level: the same bytes give the same result.
std::string zstdCompress(llvm::StringRef Bytes);

/// \p Size is the exact length before compression.
llvm::Expected<std::string> zstdDecompress(llvm::StringRef Compressed,
                                           size_t Size);

} // namespace speciate

#endif
