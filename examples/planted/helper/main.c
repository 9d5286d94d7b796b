// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// helper layers|scrolls SEED [FRAMES]: composes a picture out of layers, or
// only moves one along.
#include "blend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 512, HEIGHT = 128, CHANNELS = 3, DEFAULT_FRAMES = 320 };

static const struct blend_style LIGHTS = {BLEND_ADD, 1, 1, 0, 255, 256};
static const struct blend_style SHADES = {BLEND_MEAN, 1, 0, 0, 255, 256};
static const struct blend_style GLARE = {
    BLEND_DIFFERENCE, CHANNELS, 1, 2, 250, 200};

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

static void fill_picture(sample_t *picture) {
  for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; ++i)
    picture[i] = (sample_t)next_random();
}

static void add_layers(sample_t *picture, const sample_t *layer) {
  for (size_t y = 0; y < HEIGHT; ++y) {
    sample_t *row = picture + y * WIDTH;
    const sample_t *over = layer + (HEIGHT - 1 - y) * WIDTH;
    blend_row(&LIGHTS, row, over, WIDTH);
    blend_row(&SHADES, row, layer + y * WIDTH, WIDTH);
    if (y % 32 == 0)
      blend_row(&GLARE, row, over, WIDTH / CHANNELS);
  }
}

// The picture moves down by a row, and a row of the layer comes in on top.
static void scroll(sample_t *picture, const sample_t *layer, int frame) {
  memmove(picture + WIDTH, picture, (size_t)WIDTH * (HEIGHT - 1));
  memcpy(picture, layer + (size_t)(frame % HEIGHT) * WIDTH, WIDTH);
}

static uint64_t checksum(uint64_t sum, const sample_t *picture) {
  for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i += 8) {
    uint64_t word;
    memcpy(&word, picture + i, sizeof word);
    sum = (sum ^ word) * 1099511628211u;
  }
  return sum;
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "layers") && strcmp(argv[1], "scrolls"))) {
    fprintf(stderr, "usage: %s layers|scrolls SEED [FRAMES]\n", argv[0]);
    return 1;
  }
  int scrolls = !strcmp(argv[1], "scrolls");
  state = strtoull(argv[2], NULL, 10);
  int frames = argc > 3 ? atoi(argv[3]) : DEFAULT_FRAMES;
  if (scrolls && argc <= 3)
    frames *= 160;

  static sample_t picture[WIDTH * HEIGHT], layer[WIDTH * HEIGHT];
  fill_picture(picture);
  fill_picture(layer);
  uint64_t sum = 0;
  for (int frame = 0; frame < frames; ++frame) {
    if (scrolls)
      scroll(picture, layer, frame);
    else
      add_layers(picture, layer);
    if (frame % 64 == 0)
      sum = checksum(sum, picture);
  }
  printf("frames %d sum %016llx\n", frames,
         (unsigned long long)checksum(sum, picture));
  return 0;
}
