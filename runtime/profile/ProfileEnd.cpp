//===- runtime/profile/ProfileEnd.cpp - The last object of the link
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Starts a new page behind the counters of the program, so that the pages that
// are shared with the file hold nothing but counters. See Profile.cpp.
//
//===----------------------------------------------------------------------===//

#include "runtime/speciate_abi.h"

extern "C" {
__attribute__((section("__llvm_prf_cnts"), aligned(4096), used, retain,
               visibility("hidden")))
uint64_t __speciate_profile_counters_end[1] = {0};
}
