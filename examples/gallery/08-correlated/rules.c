// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "orders.h"

uint32_t tax(struct shop *s, const struct order *o) {
  if (o->country == HOME)
    return o->amount / 5;
  if (o->country == UNION)
    return o->amount / 4 + o->weight / 8;
  s->duty += o->weight;
  return o->amount / 3 + o->weight * 7;
}

uint32_t convert(struct shop *s, const struct order *o, uint32_t amount) {
  if (o->currency == LOCAL)
    return amount;
  s->exchanged++;
  if (o->currency == UNION_MONEY)
    return amount * s->rates[0] / 1000 + s->rates[1];
  return amount * s->rates[2] / 1000 + s->rates[3] + o->country;
}

uint32_t pay(struct shop *s, const struct order *o, uint32_t amount) {
  if (o->method == CARD)
    return 3;
  s->fees += amount >> 6;
  if (o->method == TRANSFER)
    return o->currency == LOCAL ? 5 : amount >> 5;
  return o->country == HOME ? 0 : amount >> 4;
}
