// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "table.h"

size_t lookup_bisect(const struct table *where, table_key wanted) {
  size_t low = 0;
  size_t high = where->size;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (where->keys[middle] < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

// For short tables.
size_t lookup_scan(const struct table *where, table_key wanted) {
  size_t at = 0;
  while (at < where->size && where->keys[at] < wanted)
    ++at;
  return at;
}
