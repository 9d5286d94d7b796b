// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// automaton random|sorted|mixed SEED [ROUNDS]: a controller with three zones,
// run over blocks of samples.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 1 << 16, BLOCK = 4096, RANGE = 31, DEFAULT_ROUNDS = 420 };
enum { LOW = 10, HIGH = 20 };

typedef int32_t level_t;

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

struct controller {
  uint32_t position;
  uint32_t digest;
  uint32_t energy;
};

// One sample: the zone decides the output and how the energy moves.
static level_t step(struct controller *c, level_t x) {
  level_t y;
  uint32_t energy = c->energy;
  if (x > LOW) {
    if (x > HIGH) {
      y = 2 * x;
      energy = energy * 5 + (uint32_t)(x << 3) - (energy >> 7);
    } else {
      y = x + 10;
      energy = energy * 3 - (uint32_t)(x >> 1) + (energy >> 9);
    }
  } else {
    y = x - 5;
    energy = energy + (uint32_t)(x * 7) + (energy >> 11);
  }
  c->energy = energy;
  return y;
}

static void run_block(struct controller *c, const level_t *samples,
                      size_t count) {
  for (size_t i = 0; i < count; ++i) {
    level_t y = step(c, samples[i]);
    c->position += (uint32_t)y;
    c->digest = c->digest * 31 + (uint32_t)y;
  }
}

static int by_value(const void *a, const void *b) {
  level_t x = *(const level_t *)a, y = *(const level_t *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "random") && strcmp(argv[1], "sorted") &&
                   strcmp(argv[1], "mixed"))) {
    fprintf(stderr, "usage: %s random|sorted|mixed SEED [ROUNDS]\n", argv[0]);
    return 1;
  }
  state = strtoull(argv[2], NULL, 10);
  long rounds = argc > 3 ? atol(argv[3]) : DEFAULT_ROUNDS;

  static level_t samples[SAMPLES];
  for (size_t i = 0; i < SAMPLES; ++i)
    samples[i] = (level_t)(next_random() % RANGE);
  if (!strcmp(argv[1], "sorted"))
    qsort(samples, SAMPLES, sizeof *samples, by_value);
  if (!strcmp(argv[1], "mixed"))
    qsort(samples, SAMPLES / 8 * 7, sizeof *samples, by_value);

  struct controller c = {0, 17, 1};
  for (long round = 0; round < rounds; ++round)
    for (size_t at = 0; at < SAMPLES; at += BLOCK)
      run_block(&c, samples + at, BLOCK);
  printf("position %u digest %08x energy %08x\n", c.position, c.digest,
         c.energy);
  return 0;
}
