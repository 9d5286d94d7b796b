// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tone photo|dark SEED [ROUNDS]: a tone curve over grey images: dark pixels are
// only lifted, bright ones are compressed.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 640, HEIGHT = 120, DEFAULT_ROUNDS = 150 };

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

struct curve {
  uint8_t knee;
  uint8_t lift;
  uint32_t compressed;
};

static void tone_row(uint8_t *out, const uint8_t *in, struct curve *c) {
  const uint8_t knee = c->knee, lift = c->lift;
  uint32_t compressed = 0;
  for (int i = 0; i < WIDTH; ++i) {
    uint8_t v = in[i];
    out[i] = (uint8_t)(v + lift);
    if (v >= knee) {
      uint32_t over = v - knee;
      uint32_t soft = (over * over * 3 >> 7) + (over * 5 >> 3) + 1;
      soft = soft * (256 - over) >> 8;
      out[i] = (uint8_t)(knee + (soft > 90 ? 90 : soft));
      compressed += soft;
    }
  }
  c->compressed += compressed;
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "photo") && strcmp(argv[1], "dark"))) {
    fprintf(stderr, "usage: %s photo|dark SEED [ROUNDS]\n", argv[0]);
    return 1;
  }
  int dark = !strcmp(argv[1], "dark");
  state = strtoull(argv[2], NULL, 10);
  long rounds = argc > 3 ? atol(argv[3]) : DEFAULT_ROUNDS;
  if (dark)
    rounds *= 4;

  static uint8_t image[HEIGHT][WIDTH], made[HEIGHT][WIDTH];
  for (int y = 0; y < HEIGHT; ++y)
    for (int x = 0; x < WIDTH; ++x)
      image[y][x] = (uint8_t)(dark ? next_random() % 40 : next_random() % 200);
  struct curve c = {100, 12, 0};
  uint32_t digest = 1;
  for (long round = 0; round < rounds; ++round) {
    c.knee = (uint8_t)(96 + round % 8);
    for (int y = 0; y < HEIGHT; ++y)
      tone_row(made[y], image[y], &c);
    digest = digest * 31 + made[round % HEIGHT][round % WIDTH];
  }
  for (int y = 0; y < HEIGHT; ++y)
    for (int x = 0; x < WIDTH; ++x)
      digest = digest * 31 + made[y][x];
  printf("digest %08x compressed %u\n", digest, c.compressed);
  return 0;
}
