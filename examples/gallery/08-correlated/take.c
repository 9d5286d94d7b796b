// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "orders.h"

static void take(struct shop *s, const struct order *o) {
  uint32_t amount = o->amount + tax(s, o);
  amount = convert(s, o, amount);
  amount += pay(s, o, amount);
  s->digest += amount;
}

void take_orders(struct shop *s, const struct order *orders, size_t count) {
  for (size_t i = 0; i < count; ++i)
    take(s, &orders[i]);
}
