// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ROUTE_H
#define ROUTE_H

#include <stddef.h>
#include <stdint.h>

enum { TCP = 6, UDP = 17, ICMP = 1 };
enum { QUEUES = 8, CLASSES = 4 };

struct packet {
  uint8_t version;
  uint8_t protocol;
  uint8_t hops;
  uint16_t length;
  uint32_t source;
  uint32_t target;
  uint32_t label;
  uint16_t port;
};

struct router {
  uint64_t digest;
  uint32_t queued[QUEUES];
  uint32_t classes[CLASSES];
  uint32_t dropped;
};

void receive_burst(struct router *r, const struct packet *packets,
                   size_t count);
uint32_t classify(struct router *r, const struct packet *p);
void route(struct router *r, const struct packet *p, uint32_t class);

#endif
