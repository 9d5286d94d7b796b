//===- work.h - What the driver tests optimize: a filter and a search -----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef WORK_H
#define WORK_H

#include <stdint.h>

uint64_t keepEven(const uint32_t *Values, unsigned Count, uint32_t *Kept);
unsigned findAtLeast(const uint32_t *Sorted, unsigned Count, uint32_t Key);

#endif
