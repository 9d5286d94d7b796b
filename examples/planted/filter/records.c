// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "records.h"

static amount_t read_number(const char *digits, int width) {
  amount_t value = 0;
  for (int i = 0; i < width; ++i)
    value = value * 10 + (amount_t)(digits[i] - '0');
  return value;
}

size_t scan_orders(const char *text, size_t length, amount_t limit,
                   struct report *out) {
  size_t lines = 0;
  total_t kept = 0, sum = 0, mark = 0;
  const char *cursor = text;
  const char *end = text + length;
  while (end - cursor >= LINE) {
    if (*cursor == '#') { // a comment, up to the end of its line
      while (cursor < end && *cursor != '\n')
        ++cursor;
      ++cursor;
      continue;
    }
    amount_t order = read_number(cursor, FIELD_ID);
    amount_t amount = read_number(cursor + FIELD_ID + 1, FIELD_AMOUNT);
    cursor += LINE;
    ++lines;
    mark += order;
    if (amount >= limit) {
      ++kept;
      sum += (total_t)amount * WEIGHT + 1;
      mark ^= sum;
    }
  }
  out->kept += kept;
  out->sum += sum;
  out->mark += mark;
  return lines;
}
