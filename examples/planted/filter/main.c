// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// filter random|sorted SEED [PASSES]: adds up the larger half of the orders of
// a day, as often as PASSES says.
#include "records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ORDERS = 120000, DEFAULT_PASSES = 120, AMOUNTS = 1000 };

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

static int compare_amounts(const void *a, const void *b) {
  amount_t left = *(const amount_t *)a, right = *(const amount_t *)b;
  return (left > right) - (left < right);
}

static void write_digits(char *to, amount_t value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    to[i] = (char)('0' + value % 10);
    value /= 10;
  }
}

// Writes the orders of a day; sorted by amount if the till was asked to.
static size_t write_orders(char *text, int sorted) {
  amount_t *amounts = malloc(ORDERS * sizeof *amounts);
  if (!amounts)
    return 0;
  for (size_t i = 0; i < ORDERS; ++i)
    amounts[i] = next_random() % AMOUNTS;
  if (sorted)
    qsort(amounts, ORDERS, sizeof *amounts, compare_amounts);
  char *to = text;
  for (size_t i = 0; i < ORDERS; ++i) {
    write_digits(to, (amount_t)(i % 10000), FIELD_ID);
    to[FIELD_ID] = ' ';
    write_digits(to + FIELD_ID + 1, amounts[i], FIELD_AMOUNT);
    to[LINE - 1] = '\n';
    to += LINE;
  }
  free(amounts);
  return (size_t)(to - text);
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "random") && strcmp(argv[1], "sorted"))) {
    fprintf(stderr, "usage: %s random|sorted SEED [PASSES]\n", argv[0]);
    return 1;
  }
  state = strtoull(argv[2], NULL, 10);
  int passes = argc > 3 ? atoi(argv[3]) : DEFAULT_PASSES;
  char *text = malloc((size_t)ORDERS * LINE);
  size_t length = text ? write_orders(text, !strcmp(argv[1], "sorted")) : 0;
  if (!length) {
    fprintf(stderr, "%s: out of memory\n", argv[0]);
    return 1;
  }
  struct report report = {0, 0, 0};
  size_t lines = 0;
  for (int pass = 0; pass < passes; ++pass)
    lines += scan_orders(text, length, AMOUNTS / 2, &report);
  printf("lines %zu kept %llu sum %llu mark %llu\n", lines,
         (unsigned long long)report.kept, (unsigned long long)report.sum,
         (unsigned long long)report.mark);
  free(text);
  return 0;
}
