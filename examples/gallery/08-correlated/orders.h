// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ORDERS_H
#define ORDERS_H

#include <stddef.h>
#include <stdint.h>

enum country { HOME, UNION, ABROAD };
enum currency { LOCAL, UNION_MONEY, OTHER };
enum method { CARD, TRANSFER, CASH };

struct order {
  uint32_t country;
  uint32_t currency;
  uint32_t method;
  uint32_t amount;
  uint32_t weight;
  uint32_t customer;
};

struct shop {
  uint64_t digest;
  uint32_t duty;
  uint32_t exchanged;
  uint32_t fees;
  uint32_t rates[4];
};

uint32_t tax(struct shop *s, const struct order *o);
uint32_t convert(struct shop *s, const struct order *o, uint32_t amount);
uint32_t pay(struct shop *s, const struct order *o, uint32_t amount);
void take_orders(struct shop *s, const struct order *orders, size_t count);

#endif
