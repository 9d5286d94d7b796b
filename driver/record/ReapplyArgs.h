//===- driver/record/ReapplyArgs.h - Flags that IR does not carry
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_DRIVER_RECORD_REAPPLYARGS_H
#define SPECIATE_DRIVER_RECORD_REAPPLYARGS_H

#include "driver/record/Record.h"

namespace speciate {

/// The clang driver flags that must be given when the unit's bitcode is
/// compiled again (`clang -O3 -x ir unit.bc -c`), so that the user's code
/// generation choices hold. The table is passes/plugin/Cc1Args.def. Always
/// names the relocation model. Never contains -O, -flto or a path.
std::vector<std::string> reapplyArgs(const RecordUnit &Unit);

} // namespace speciate

#endif
