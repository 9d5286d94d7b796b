// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of pictures, laid over each other.

#ifndef BLEND_H
#define BLEND_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t sample_t;

enum blend_mode {
  BLEND_ADD,
  BLEND_MEAN,
  BLEND_DIFFERENCE,
  BLEND_MULTIPLY,
  BLEND_SCREEN,
  BLEND_OVERLAY,
  BLEND_DODGE,
  BLEND_BURN,
  BLEND_HARD_LIGHT,
  BLEND_SOFT_LIGHT,
  BLEND_EXCLUSION,
  BLEND_REFLECT,
  BLEND_NEGATION,
  BLEND_GRAIN
};

// How the samples of a row are to be combined.
struct blend_style {
  enum blend_mode mode;
  int step;     // distance of two samples of one channel
  int saturate; // clamp sums at the ceiling, instead of letting them wrap
  int bias;     // added to every result
  int ceiling;
  int opacity; // how much of the result counts, out of 256
};

// Combines count samples of over into row.
void blend_row(const struct blend_style *style, sample_t *row,
               const sample_t *over, size_t count);

#endif
