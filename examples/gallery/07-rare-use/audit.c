// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// audit typical|suspicious SEED [ROUNDS]: books transfers; the fingerprint of a
// transfer is needed only in the audit trail.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRANSFERS = 2048, ACCOUNTS = 256, BATCH = 64, DEFAULT_ROUNDS = 18000 };
enum { LARGE = 9990, WORDS = 10 };

struct transfer {
  uint32_t from;
  uint32_t to;
  uint32_t amount;
  uint32_t words; // of the note
  uint32_t note[WORDS];
};

struct books {
  uint32_t balance[ACCOUNTS];
  uint64_t trail;
  uint32_t audited;
};

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

static uint32_t fingerprint(const struct transfer *t) {
  uint32_t hash = t->from * 2654435761u ^ t->to;
  for (uint32_t i = 0; i < t->words; ++i) {
    hash ^= t->note[i];
    hash *= 16777619u;
    hash ^= hash >> 13;
  }
  return hash;
}

static void book(struct books *b, const struct transfer *t) {
  b->balance[t->from] -= t->amount;
  b->balance[t->to] += t->amount;
  uint32_t print = fingerprint(t);
  if (t->amount > LARGE) {
    b->trail = b->trail * 31 + print;
    b->audited++;
  }
}

static void book_batch(struct books *b, const struct transfer *t,
                       size_t count) {
  for (size_t i = 0; i < count; ++i)
    book(b, &t[i]);
}

int main(int argc, char **argv) {
  if (argc < 3 ||
      (strcmp(argv[1], "typical") && strcmp(argv[1], "suspicious"))) {
    fprintf(stderr, "usage: %s typical|suspicious SEED [ROUNDS]\n", argv[0]);
    return 1;
  }
  int suspicious = !strcmp(argv[1], "suspicious");
  state = strtoull(argv[2], NULL, 10);
  long rounds = argc > 3 ? atol(argv[3]) : DEFAULT_ROUNDS;

  struct transfer *transfers = calloc(TRANSFERS, sizeof *transfers);
  if (!transfers)
    return 1;
  for (int i = 0; i < TRANSFERS; ++i) {
    struct transfer *t = &transfers[i];
    t->from = next_random() % ACCOUNTS;
    t->to = next_random() % ACCOUNTS;
    t->amount = next_random() % 10000 + (suspicious ? 10000 : 0);
    t->words = 1 + next_random() % WORDS;
    for (int k = 0; k < WORDS; ++k)
      t->note[k] = next_random();
  }
  static struct books b;
  for (long round = 0; round < rounds; ++round)
    for (int at = 0; at < TRANSFERS; at += BATCH)
      book_batch(&b, transfers + at, BATCH);
  uint64_t digest = b.trail;
  for (int i = 0; i < ACCOUNTS; ++i)
    digest = digest * 31 + b.balance[i];
  printf("audited %u digest %016llx\n", b.audited, (unsigned long long)digest);
  free(transfers);
  return 0;
}
