//===- driver/record/Collect.h - Making a record from a link that succeeded
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_RECORD_COLLECT_H
#define SPECIATE_DRIVER_RECORD_COLLECT_H

#include "driver/record/Extraction.h"
#include "driver/record/LinkLine.h"
#include "driver/record/Record.h"

namespace speciate {

/// Whether the members taken have to be asked from the linker.
bool needsExtraction(const LinkLine &Line);

/// \p Taken is what the linker, of kind \p Flavor, said, in its order. \p
/// DriverArgs tells the driver's temporary objects from the user's. The objects
/// are stored; the manifest is not.
llvm::Expected<Record> collectRecord(const Store &S, const LinkLine &Line,
                                     LinkerFlavor Flavor,
                                     llvm::ArrayRef<Extracted> Taken,
                                     llvm::ArrayRef<std::string> DriverArgs,
                                     bool CPlusPlus);

} // namespace speciate

#endif
