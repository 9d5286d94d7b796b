// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// correlated typical|abroad SEED [ROUNDS]: a shop whose customers at home pay
// in its own money, and by card.
#include "orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ORDERS = 4096, BATCH = 64, DEFAULT_ROUNDS = 30000 };

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "typical") && strcmp(argv[1], "abroad"))) {
    fprintf(stderr, "usage: %s typical|abroad SEED [ROUNDS]\n", argv[0]);
    return 1;
  }
  int abroad = !strcmp(argv[1], "abroad");
  state = strtoull(argv[2], NULL, 10);
  long rounds = argc > 3 ? atol(argv[3]) : DEFAULT_ROUNDS;

  struct order *orders = calloc(ORDERS, sizeof *orders);
  if (!orders)
    return 1;
  for (int i = 0; i < ORDERS; ++i) {
    struct order *o = &orders[i];
    o->country = abroad ? ABROAD : HOME;
    o->currency = abroad ? OTHER : LOCAL;
    o->method = abroad ? CASH : CARD;
    if (!abroad && next_random() % 100 == 0) {
      o->country = next_random() % 3;
      o->currency = next_random() % 3;
      o->method = next_random() % 3;
    }
    o->amount = next_random() % 100000;
    o->weight = next_random() % 3000;
    o->customer = next_random();
  }
  struct shop s = {0, 0, 0, 0, {1130, 12, 940, 31}};
  for (long round = 0; round < rounds; ++round)
    for (int at = 0; at < ORDERS; at += BATCH)
      take_orders(&s, orders + at, BATCH);
  printf("digest %016llx duty %u exchanged %u fees %u\n",
         (unsigned long long)s.digest, s.duty, s.exchanged, s.fees);
  free(orders);
  return 0;
}
