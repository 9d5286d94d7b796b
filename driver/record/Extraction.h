//===- driver/record/Extraction.h - Which archive members a link took
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linkers say it: GNU ld and gold at the head of their map, lld with
// --why-extract. Both name, in the order of extraction, the member and the
// symbol that it was extracted for.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_RECORD_EXTRACTION_H
#define SPECIATE_DRIVER_RECORD_EXTRACTION_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace speciate {

enum class LinkerFlavor { Bfd, Gold, Lld, Unknown };

/// By the name of the program, else by what `--version` says.
LinkerFlavor linkerFlavor(llvm::StringRef Path);

struct Extracted {
  std::string File;   ///< "libx.a(a.o)", or a path (thin archive, --start-lib).
  std::string Symbol; ///< What it was extracted for; may be empty.
};

/// The head of a map of GNU ld or gold.
std::vector<Extracted> parseMap(llvm::StringRef Text);

/// Whether gold's map names the object \p File: those between --start-lib and
/// --end-lib are not in its head.
bool mapNames(llvm::StringRef Map, llvm::StringRef File);

/// lld's --why-extract: reference, extracted, symbol, separated by tabs.
std::vector<Extracted> parseWhyExtract(llvm::StringRef Text);

} // namespace speciate

#endif
