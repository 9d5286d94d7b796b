// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ledger typical|odd SEED [ROUNDS]: adds up records of which now and then one is
// negative, overflows or is of an odd type; the sums are exact all the same.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS = 32768, PAGE = 512, DEFAULT_ROUNDS = 5600 };
enum { PLAIN, REFUND, FOREIGN };

struct page {
  int32_t amounts[PAGE];
  uint8_t kinds[PAGE];
};

struct ledger {
  int64_t total;
  int64_t high; // carries of the running sum
  uint32_t refunds;
  uint32_t foreign;
  uint32_t negative;
};

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

static void add_page(struct ledger *l, const struct page *p) {
  int32_t sum = 0;
  for (int i = 0; i < PAGE; ++i) {
    int32_t amount = p->amounts[i];
    if (p->kinds[i] != PLAIN) {
      if (p->kinds[i] == REFUND) {
        l->refunds++;
        amount = -(amount / 2);
      } else {
        l->foreign++;
        amount = amount / 3 * 2;
      }
    }
    if (amount < 0)
      l->negative++;
    int32_t next;
    if (__builtin_add_overflow(sum, amount, &next)) {
      l->high += sum;
      next = amount;
    }
    sum = next;
  }
  l->total += l->high + sum;
  l->high = 0;
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "typical") && strcmp(argv[1], "odd"))) {
    fprintf(stderr, "usage: %s typical|odd SEED [ROUNDS]\n", argv[0]);
    return 1;
  }
  int odd = !strcmp(argv[1], "odd");
  state = strtoull(argv[2], NULL, 10);
  long rounds = argc > 3 ? atol(argv[3]) : DEFAULT_ROUNDS;
  if (odd)
    rounds /= 4;

  enum { PAGES = RECORDS / PAGE };
  static struct page pages[PAGES];
  for (int i = 0; i < PAGES; ++i)
    for (int k = 0; k < PAGE; ++k) {
      pages[i].amounts[k] = (int32_t)(next_random() % 100000);
      if (odd) {
        pages[i].kinds[k] = (uint8_t)(k % 3);
        pages[i].amounts[k] += INT32_MAX / 2;
      }
    }
  // One odd record in some thousands.
  pages[1].kinds[next_random() % PAGE] = REFUND;
  pages[3].kinds[next_random() % PAGE] = FOREIGN;
  pages[5].amounts[next_random() % PAGE] = -70;

  struct ledger l = {0, 0, 0, 0, 0};
  for (long round = 0; round < rounds; ++round)
    for (int i = 0; i < PAGES; ++i)
      add_page(&l, &pages[i]);
  printf("total %lld refunds %u foreign %u negative %u\n", (long long)l.total,
         l.refunds, l.foreign, l.negative);
  return 0;
}
