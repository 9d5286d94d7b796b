//===- passes/plugin/RecordFrame.h - How bitcode travels in an object
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The section .speciate.bc of an object holds one frame a translation unit.
// `ld -r` concatenates sections, possibly with padding, so a frame carries its
// own lengths and hash, and readers skip zero bytes between frames:
//
//   char     magic[8]   "SPCTBC\0\1", the last byte is the version
//   uint64   sizes of: arguments, bitcode, compressed bitcode (little endian)
//   char     hash[32]   contentHash of {arguments, compressed bitcode}
//   char     arguments  cc1 arguments (Cc1Args.def), each ends in a zero byte
//   char     compressed bitcode (zstd)
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_PLUGIN_RECORDFRAME_H
#define SPECIATE_PASSES_PLUGIN_RECORDFRAME_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace speciate {

inline constexpr llvm::StringLiteral RecordSection = ".speciate.bc";

struct RecordFrame {
  std::string Bitcode;
  std::vector<std::string> Cc1Args;
};

/// The same bitcode and arguments give the same bytes.
std::string encodeFrame(llvm::StringRef Bitcode,
                        llvm::ArrayRef<std::string> Cc1Args);

/// Every frame of a section's bytes, in order. Errors: damaged, cut short, or
/// of another version.
llvm::Expected<std::vector<RecordFrame>> decodeFrames(llvm::StringRef Section);

/// What a cc1 command line means for the record.
struct Cc1Summary {
  /// Why the unit stays native; empty if it does not.
  std::string Native;
  /// Whether an object, an assembler file or LTO bitcode is written to a file.
  bool EmitsCode = false;
  /// The arguments that Cc1Args.def keeps: no paths, no times, no names.
  std::vector<std::string> Kept;
};

/// \p Argv without the program's name; its first word is "-cc1".
Cc1Summary summarizeCc1(llvm::ArrayRef<llvm::StringRef> Argv);

/// \p Source under the prefix maps of the cc1 line \p Argv, as __FILE__ is. IR
/// does not have it so, and profiles name local functions by their source.
std::string mappedSource(llvm::ArrayRef<llvm::StringRef> Argv,
                         llvm::StringRef Source);

} // namespace speciate

#endif
