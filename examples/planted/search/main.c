// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// search random|sorted SEED [QUERIES]: looks up keys in a sorted table.
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 4000, DEFAULT_QUERIES = 1200000, SHORT_TABLE = 16, GAP = 64 };

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

static lookup_fn choose_lookup(size_t size) {
  return size <= SHORT_TABLE ? lookup_scan : lookup_bisect;
}

static table_key fill_keys(table_key *keys, size_t count) {
  table_key last = 0;
  for (size_t i = 0; i < count; ++i) {
    last += 1 + next_random() % GAP;
    keys[i] = last;
  }
  return last;
}

// What is asked for: anything, or one key after the other, each many times.
static table_key next_query(int sorted, long index, long queries,
                            table_key largest) {
  if (!sorted)
    return next_random() % largest;
  return (table_key)((uint64_t)index * largest / (uint64_t)queries);
}

// FNV-1a: one answer, one number, into the fingerprint of all.
static uint64_t fold(uint64_t digest, uint64_t value) {
  for (int i = 0; i < 8; ++i, value >>= 8)
    digest = (digest ^ (value & 255)) * 1099511628211u;
  return digest;
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "random") && strcmp(argv[1], "sorted"))) {
    fprintf(stderr, "usage: %s random|sorted SEED [QUERIES]\n", argv[0]);
    return 1;
  }
  int sorted = !strcmp(argv[1], "sorted");
  state = strtoull(argv[2], NULL, 10);
  long queries = argc > 3 ? atol(argv[3]) : DEFAULT_QUERIES;

  static table_key keys[KEYS];
  table_key largest = fill_keys(keys, KEYS);
  // A day's table, and the handful of keys that changed since.
  struct table tables[] = {{keys, KEYS}, {keys + KEYS / 2, 8}};
  lookup_fn lookups[2];
  for (int i = 0; i < 2; ++i)
    lookups[i] = choose_lookup(tables[i].size);

  uint64_t digest = 14695981039346656037u;
  long hits = 0;
  for (long i = 0; i < queries; ++i) {
    int which = i % 256 == 0;
    table_key wanted = next_query(sorted, i, queries, largest);
    size_t at = lookups[which](&tables[which], wanted);
    table_key found = at < tables[which].size ? tables[which].keys[at] : 0;
    digest = fold(fold(fold(digest, at), wanted), found);
    hits += found == wanted;
  }
  printf("queries %ld hits %ld digest %llx\n", queries, hits,
         (unsigned long long)digest);
  return 0;
}
