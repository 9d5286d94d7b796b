// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "blend.h"

void blend_row(const struct blend_style *style, sample_t *row,
               const sample_t *over, size_t count) {
  size_t at = 0;
  for (size_t i = 0; i < count; ++i, at += (size_t)style->step) {
    int below = row[at];
    int above = over[at];
    int value;
    switch (style->mode) {
    case BLEND_ADD:
      value = below + above;
      break;
    case BLEND_MEAN:
      value = (below + above + 1) / 2;
      break;
    case BLEND_DIFFERENCE:
      value = below > above ? below - above : above - below;
      break;
    case BLEND_MULTIPLY:
      value = below * above / style->ceiling;
      break;
    case BLEND_SCREEN:
      value = style->ceiling - (style->ceiling - below) *
                                   (style->ceiling - above) / style->ceiling;
      break;
    case BLEND_OVERLAY:
      if (below * 2 < style->ceiling)
        value = 2 * below * above / style->ceiling;
      else
        value = style->ceiling - 2 * (style->ceiling - below) *
                                     (style->ceiling - above) / style->ceiling;
      break;
    case BLEND_DODGE:
      value = above >= style->ceiling
                  ? style->ceiling
                  : below * style->ceiling / (style->ceiling - above);
      break;
    case BLEND_BURN:
      value = above <= 0 ? 0
                         : style->ceiling - (style->ceiling - below) *
                                                style->ceiling / above;
      break;
    case BLEND_HARD_LIGHT:
      if (above * 2 < style->ceiling)
        value = 2 * below * above / style->ceiling;
      else
        value = style->ceiling - 2 * (style->ceiling - below) *
                                     (style->ceiling - above) / style->ceiling;
      break;
    case BLEND_SOFT_LIGHT: {
      int dark = below * above / style->ceiling;
      int light = style->ceiling - (style->ceiling - below) *
                                       (style->ceiling - above) /
                                       style->ceiling;
      value =
          (dark * (style->ceiling - below) + light * below) / style->ceiling;
      break;
    }
    case BLEND_EXCLUSION:
      value = below + above - 2 * below * above / style->ceiling;
      break;
    case BLEND_REFLECT:
      value = above >= style->ceiling
                  ? style->ceiling
                  : below * below / (style->ceiling - above);
      break;
    case BLEND_NEGATION:
      value = style->ceiling - below - above;
      value = style->ceiling - (value < 0 ? -value : value);
      break;
    case BLEND_GRAIN:
    default:
      value = below + above - style->ceiling / 2;
      break;
    }
    if (style->opacity < 256)
      value = below + (value - below) * style->opacity / 256;
    value += style->bias;
    if (style->saturate) {
      if (value > style->ceiling)
        value = style->ceiling;
      else if (value < 0)
        value = 0;
    }
    row[at] = (sample_t)value;
  }
}
