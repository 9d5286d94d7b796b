// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Orders as they come in from the till: one line each, fields of fixed width.

#ifndef RECORDS_H
#define RECORDS_H

#include <stddef.h>
#include <stdint.h>

typedef uint32_t amount_t;
typedef uint64_t total_t;

enum {
  FIELD_ID = 4,     // digits of the number of the order
  FIELD_AMOUNT = 3, // digits of the amount
  LINE = FIELD_ID + 1 + FIELD_AMOUNT + 1,
  WEIGHT = 7
};

struct report {
  total_t kept;
  total_t sum;
  total_t mark;
};

// Adds to *out the orders in text of at least limit; returns how many lines
// were read.
size_t scan_orders(const char *text, size_t length, amount_t limit,
                   struct report *out);

#endif
