// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// words typical|resized SEED [ROUNDS]: counts keys in a hash table of four
// shards and sorts them by an order that the caller gives.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 2000, SHARDS = 4, BUCKETS = 1021 };
enum { LOOKUPS = 300000, DEFAULT_ROUNDS = 60 };

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

static void count_keys(struct map *shards, const uint64_t *keys,
                       size_t count) {
  for (size_t i = 0; i < count; ++i) {
    struct entry *e = map_find(&shards[keys[i] >> 32 & (SHARDS - 1)], keys[i]);
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
    struct map *shards = calloc(SHARDS, sizeof *shards);
    if (!shards)
      return 1;
    for (int i = 0; i < SHARDS; ++i) {
      shards[i].buckets = BUCKETS;
      if (resized)
        shards[i].buckets += 2 * (size_t)(round + i) + 2;
      shards[i].entries = calloc(shards[i].buckets, sizeof(struct entry));
      if (!shards[i].entries)
        return 1;
    }
    count_keys(shards, keys, LOOKUPS);
    for (int i = 0; i < SHARDS; ++i) {
      const struct map *m = &shards[i];
      sort_entries(m->entries, m->buckets, resized ? by_key : by_count);
      for (size_t k = 0; k < m->buckets; k += 61)
        digest = digest * 31 + m->entries[k].key + m->entries[k].count;
      free(m->entries);
    }
    free(shards);
  }
  printf("digest %016llx\n", (unsigned long long)digest);
  free(known);
  free(keys);
  return 0;
}
