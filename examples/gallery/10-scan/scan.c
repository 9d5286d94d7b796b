// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// scan long|short SEED [ROUNDS]: strings of a pool, and lists of numbers that
// end with zero: how long, what sum, where the separator.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOL = 1 << 16, DEFAULT_ROUNDS = 2400 };

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

static uint32_t sum_until_zero(const uint32_t *list) {
  uint32_t sum = 0;
  while (*list)
    sum += *list++;
  return sum;
}

// The length of what precedes the separator or the end.
static size_t field_length(const char *text, char separator) {
  const char *p = text;
  while (*p && *p != separator)
    ++p;
  return (size_t)(p - text);
}

struct pool {
  char text[POOL];
  uint32_t numbers[POOL];
  uint32_t starts[POOL];
  size_t strings;
};

static uint64_t scan_pool(const struct pool *p, uint64_t digest) {
  for (size_t i = 0; i < p->strings; ++i) {
    digest += field_length(p->text + p->starts[i], ':');
    digest = digest * 31 + sum_until_zero(p->numbers + p->starts[i]);
  }
  return digest;
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "long") && strcmp(argv[1], "short"))) {
    fprintf(stderr, "usage: %s long|short SEED [ROUNDS]\n", argv[0]);
    return 1;
  }
  int shortest = !strcmp(argv[1], "short");
  state = strtoull(argv[2], NULL, 10);
  long rounds = argc > 3 ? atol(argv[3]) : DEFAULT_ROUNDS;
  if (shortest)
    rounds = rounds / 3;

  static struct pool p;
  for (size_t at = 0; at + 1 < POOL;) {
    size_t length = shortest ? next_random() % 2 : 100 + next_random() % 900;
    if (length > POOL - 2 - at)
      length = POOL - 2 - at;
    p.starts[p.strings++] = (uint32_t)at;
    for (size_t i = 0; i < length; ++i, ++at) {
      p.text[at] = (char)('a' + next_random() % 26);
      p.numbers[at] = 1 + next_random() % 1000;
    }
    p.text[at] = next_random() % 2 ? ':' : 0;
    p.numbers[at++] = 0;
  }
  p.text[POOL - 1] = 0;
  uint64_t digest = 1;
  for (long round = 0; round < rounds; ++round)
    digest = scan_pool(&p, digest);
  printf("strings %zu digest %016llx\n", p.strings, (unsigned long long)digest);
  return 0;
}
