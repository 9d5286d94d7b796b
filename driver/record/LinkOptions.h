//===- driver/record/LinkOptions.h - What linker options are
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Option names without dashes. GNU ld, gold and lld accept one or two dashes
// before a long name, and "=" or the next word for its value.
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_RECORD_LINKOPTIONS_H
#define SPECIATE_DRIVER_RECORD_LINKOPTIONS_H

#include "llvm/ADT/StringSet.h"

namespace speciate {

/// Options whose value may be the next word.
const llvm::StringSet<> &linkOptionsWithValue();

/// Options whose value is a file that the link reads.
const llvm::StringSet<> &linkOptionsWithFile();

/// Options that matter to the user's own link only: its outputs beside the
/// program, its speed and its warnings. lld, which makes the relink, does not
/// know all of them, and its warnings are not the user's linker's.
const llvm::StringSet<> &linkOptionsDropped();

} // namespace speciate

#endif
