//===- driver/record/ObjectFacts.h - What a linked object holds
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_RECORD_OBJECTFACTS_H
#define SPECIATE_DRIVER_RECORD_OBJECTFACTS_H

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace speciate {

/// A unit that was found in an object, ready for the store.
struct FoundUnit {
  std::string Bitcode; ///< Uncompressed; without -O0's optnone and noinline.
  std::string Source;
  std::vector<std::string> Cc1Args;
  bool FromO0 = false;
};

struct ObjectFacts {
  /// The units that stand for the whole object. Empty: the object is native.
  std::vector<FoundUnit> Units;
  /// Why frames that are there were not used: "defines 'memcpy', which is not
  /// in its IR".
  std::string WhyNative;
  uint64_t TextBytes = 0;      ///< Of executable sections. 0 for LTO bitcode.
  llvm::StringSet<> Defined;   ///< Global symbols of the object itself.
  llvm::StringSet<> Undefined; ///< Likewise.
  /// What only the IR refers to: dead in the object, by its optimizer's proof.
  llvm::StringSet<> OnlyIRRefersTo;
};

enum class FileKind { Object, Bitcode, Archive, Shared, Other };
FileKind fileKind(llvm::StringRef Bytes);

/// \p Bytes is a relocatable object or LTO bitcode. A damaged frame makes the
/// object native, with the reason.
llvm::Expected<ObjectFacts> readObject(llvm::StringRef Bytes);

/// Adds what a shared object or an archive's index defines.
llvm::Error addDefined(llvm::StringRef Path, llvm::StringRef Bytes,
                       llvm::StringSet<> &Defined);

/// Adds what an object or LTO bitcode defines for other shared objects, as far
/// as its symbols' visibility says.
llvm::Error addExported(llvm::StringRef Bytes, llvm::StringSet<> &Exported);

/// Whether a shared object says under what name it is needed.
llvm::Expected<bool> hasSoName(llvm::StringRef Bytes);

/// Where the note's description is in a linked file: its offset and its 32
/// bytes' length, or nothing if the link dropped the note.
llvm::Expected<uint64_t> noteOffset(llvm::StringRef ElfBytes);

} // namespace speciate

#endif
