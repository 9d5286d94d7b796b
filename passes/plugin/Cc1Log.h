//===- passes/plugin/Cc1Log.h - How the wrapper tells the plugin a cc1 line
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SPECIATE_PASSES_PLUGIN_CC1LOG_H
#define SPECIATE_PASSES_PLUGIN_CC1LOG_H

/// Name of the memory file to which clang logs (CC_PRINT_OPTIONS_FILE).
#define SPECIATE_CC1_LOG "speciate-cc1-line"

#endif
