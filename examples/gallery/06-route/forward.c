// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "route.h"

static uint32_t mix(uint32_t x) {
  x ^= x >> 15;
  return x * 2246822519u;
}

void route(struct router *r, const struct packet *p, uint32_t class) {
  uint32_t key;
  if (p->version == 6)
    key = mix(p->label) ^ mix(p->target);
  else if (p->version == 4)
    key = p->source ^ p->target;
  else
    return;
  if (p->protocol == TCP)
    key += p->port;
  else if (p->protocol == UDP)
    key ^= (uint32_t)p->port << 8;
  else
    key = mix(key);
  r->queued[(key ^ class) % QUEUES] += p->length;
  if (p->version == 6 && p->protocol != TCP)
    r->digest ^= mix(key);
  else
    r->digest += key;
}
