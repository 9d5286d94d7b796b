//===- driver/record/LinkLine.h - The words that a linker was given
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The record is made from the linker's own command line, as the clang driver
// wrote it, and not from the driver's: there everything is said that the driver
// knows (crt files, search folders, default libraries, temporary objects), and
// in the order that counts.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_RECORD_LINKLINE_H
#define SPECIATE_DRIVER_RECORD_LINKLINE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace speciate {

struct LinkWord {
  enum class Kind {
    Option,  ///< Passed on as it is: one or two words in Words.
    File,    ///< An option with the path of a file that the link reads.
    Input,   ///< A path: object, archive, shared object or linker script.
    Library, ///< -lx; Path is what it was resolved to, empty if not found.
    Dropped, ///< Concerns this one link only: maps, traces, -o, plugins.
  };
  Kind K = Kind::Option;
  std::vector<std::string> Words; ///< As given.
  std::string Option;             ///< File: "--version-script=".
  std::string Path;
  bool WholeArchive = false; ///< Input, Library: state at this word.
  bool Lazy = false;         ///< Input: between --start-lib and --end-lib.
  bool Binary = false;       ///< Input: any bytes (--format=binary).
  /// File, Input: a linker script without what it names, which stands on the
  /// line, instead of the file's own bytes.
  std::optional<std::string> Script;
};

struct LinkLine {
  std::vector<LinkWord> Words;
  std::string Output = "a.out";
  std::string Emulation;
  bool Shared = false;
  bool Static = false;
  bool Pie = false;
  bool Relocatable = false;
  /// The link asks for text output only (--version, --help).
  bool Probe = false;
  bool StripAll = false;
  bool StripDebug = false;
  /// The user's own map: empty, a file, or "-" for standard output.
  std::string Map;
  /// The user's own --why-extract file.
  std::string WhyExtract;
  bool ExportDynamic = false;
  /// Values of --exclude-libs: names, or "ALL".
  std::vector<std::string> ExcludeLibs;
  /// Why no record can be made of this link; else empty.
  std::string Problem;
};

/// \p Words without the linker's name, response files expanded. Libraries are
/// looked up as linkers do, in the -L folders. What linker scripts name as
/// their inputs follows them on the line; scripts of the system stay closed.
LinkLine parseLinkLine(llvm::ArrayRef<std::string> Words);

/// Whether \p Path belongs to the system or the toolchain: it is then still
/// there when a record is relinked, and is not copied into it.
bool isSystemPath(llvm::StringRef Path);

} // namespace speciate

#endif
