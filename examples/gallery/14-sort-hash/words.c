// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// words typical|resized SEED [ROUNDS]: counts keys in a hash table and sorts
// them by an order that the caller gives.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 2000, BUCKETS = 4093, LOOKUPS = 60000, DEFAULT_ROUNDS = 60 };

struct entry {
  uint64_t key;
  uint64_t count;
};

struct map {
  size_t buckets;
  struct entry *entries;
};

typedef int (*order)(const struct entry *, const struct entry *);

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

static struct entry *map_find(const struct map *m, uint64_t key) {
  size_t at = key % m->buckets;
  while (m->entries[at].key && m->entries[at].key != key)
    at = (at + 1) % m->buckets;
  return &m->entries[at];
}

static int by_count(const struct entry *a, const struct entry *b) {
  if (a->count != b->count)
    return a->count > b->count ? -1 : 1;
  return a->key < b->key ? -1 : a->key > b->key;
}

static int by_key(const struct entry *a, const struct entry *b) {
  return a->key < b->key ? -1 : a->key > b->key;
}

static void sort_entries(struct entry *e, size_t count, order before) {
  for (size_t gap = count / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11)
    for (size_t i = gap; i < count; ++i) {
      struct entry moved = e[i];
      size_t at = i;
      while (at >= gap && before(&moved, &e[at - gap]) < 0) {
        e[at] = e[at - gap];
        at -= gap;
      }
      e[at] = moved;
    }
}

static void count_keys(struct map *m, const uint64_t *keys, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    struct entry *e = map_find(m, keys[i]);
    e->key = keys[i];
    e->count++;
  }
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "typical") && strcmp(argv[1], "resized"))) {
    fprintf(stderr, "usage: %s typical|resized SEED [ROUNDS]\n", argv[0]);
    return 1;
  }
  int resized = !strcmp(argv[1], "resized");
  state = strtoull(argv[2], NULL, 10);
  long rounds = argc > 3 ? atol(argv[3]) : DEFAULT_ROUNDS;

  uint64_t *known = calloc(KEYS, sizeof *known);
  uint64_t *keys = calloc(LOOKUPS, sizeof *keys);
  if (!known || !keys)
    return 1;
  for (int i = 0; i < KEYS; ++i)
    known[i] = ((uint64_t)next_random() << 32 | next_random()) + 1;
  for (int i = 0; i < LOOKUPS; ++i)
    keys[i] = known[next_random() % KEYS];
  uint64_t digest = 1;
  for (long round = 0; round < rounds; ++round) {
    struct map m = {.buckets = BUCKETS};
    if (resized)
      m.buckets += 2 * (size_t)round + 2;
    m.entries = calloc(m.buckets, sizeof *m.entries);
    if (!m.entries)
      return 1;
    for (int i = 0; i < 5; ++i)
      count_keys(&m, keys, LOOKUPS);
    sort_entries(m.entries, m.buckets, resized ? by_key : by_count);
    for (size_t i = 0; i < m.buckets; i += 61)
      digest = digest * 31 + m.entries[i].key + m.entries[i].count;
    free(m.entries);
  }
  printf("digest %016llx\n", (unsigned long long)digest);
  free(known);
  free(keys);
  return 0;
}
