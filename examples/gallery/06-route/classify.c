// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "route.h"

uint32_t classify(struct router *r, const struct packet *p) {
  uint32_t class = 0;
  if (p->version == 6)
    class = p->label & 3;
  else if (p->version == 4)
    class = p->port & 3;
  else
    r->dropped++;
  r->classes[class]++;
  if (p->protocol == ICMP)
    return class ^ 1;
  if (p->protocol == UDP)
    return class ^ 2;
  r->digest += p->port;
  return class;
}
