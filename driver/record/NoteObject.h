//===- driver/record/NoteObject.h - The object that holds the note
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_RECORD_NOTEOBJECT_H
#define SPECIATE_DRIVER_RECORD_NOTEOBJECT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>

namespace speciate {

/// The description before a record exists.
inline constexpr llvm::StringLiteral NotePlaceholder =
    "00000000000000000000000000000000";

/// A relocatable ELF object with the section .note.speciate (allocated, so that
/// strip keeps it). \p Machine and \p Is64 are those of the link's other
/// objects. With \p DeadSymbols it also defines these names, hidden, at an
/// instruction that traps: references that are dead in the program as the user
/// linked it, but which an optimizer may keep longer. Its weak references to
/// \p Hidden keep these symbols from being exported, whoever defines them.
std::string makeNoteObject(uint16_t Machine, bool Is64, llvm::StringRef Id,
                           llvm::ArrayRef<std::string> DeadSymbols = {},
                           llvm::ArrayRef<std::string> Hidden = {});

/// A relocatable ELF object with \p Bytes executable bytes that nothing runs,
/// in a section of their own that neither garbage collection nor merging with
/// .text touches. As the first input of a link it moves all code behind it.
std::string makePadObject(uint16_t Machine, bool Is64, uint64_t Bytes);

} // namespace speciate

#endif
