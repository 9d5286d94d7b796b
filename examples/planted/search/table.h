// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A sorted table of keys, and the ways to look something up in it.

#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdint.h>

typedef uint32_t table_key;

struct table {
  const table_key *keys;
  size_t size;
};

// The position of the first key that is not below wanted; size if there is
// none.
typedef size_t (*lookup_fn)(const struct table *where, table_key wanted);

size_t lookup_bisect(const struct table *where, table_key wanted);
size_t lookup_scan(const struct table *where, table_key wanted);

#endif
