// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "route.h"

static void receive(struct router *r, const struct packet *p) {
  if (p->hops < 2 || p->length < 20) {
    r->dropped++;
    return;
  }
  uint32_t class = classify(r, p);
  route(r, p, class);
}

void receive_burst(struct router *r, const struct packet *packets,
                   size_t count) {
  for (size_t i = 0; i < count; ++i)
    receive(r, &packets[i]);
}
