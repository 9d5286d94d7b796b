// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// route typical|foreign SEED [ROUNDS]: packets are received, classified and
// routed, each by code that knows nothing of the others.
#include "route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKETS = 4096, BURST = 64, DEFAULT_ROUNDS = 24000 };

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "typical") && strcmp(argv[1], "foreign"))) {
    fprintf(stderr, "usage: %s typical|foreign SEED [ROUNDS]\n", argv[0]);
    return 1;
  }
  int foreign = !strcmp(argv[1], "foreign");
  state = strtoull(argv[2], NULL, 10);
  long rounds = argc > 3 ? atol(argv[3]) : DEFAULT_ROUNDS;

  struct packet *packets = calloc(PACKETS, sizeof *packets);
  if (!packets)
    return 1;
  for (int i = 0; i < PACKETS; ++i) {
    struct packet *p = &packets[i];
    uint32_t draw = next_random() % 1000;
    p->version = 4;
    p->protocol = TCP;
    p->hops = (uint8_t)(2 + next_random() % 60);
    if (foreign)
      p->version = 6, p->protocol = UDP;
    else if (draw < 4)
      p->protocol = draw < 2 ? UDP : ICMP;
    else if (draw < 6)
      p->version = 6;
    p->length = (uint16_t)(40 + next_random() % 1000);
    p->source = next_random();
    p->target = next_random();
    p->label = next_random();
    p->port = (uint16_t)next_random();
  }
  struct router r;
  memset(&r, 0, sizeof r);
  for (long round = 0; round < rounds; ++round)
    for (int at = 0; at < PACKETS; at += BURST)
      receive_burst(&r, packets + at, BURST);
  uint64_t digest = r.digest;
  for (int i = 0; i < QUEUES; ++i)
    digest = digest * 31 + r.queued[i];
  for (int i = 0; i < CLASSES; ++i)
    digest = digest * 31 + r.classes[i];
  printf("digest %016llx dropped %u\n", (unsigned long long)digest, r.dropped);
  free(packets);
  return 0;
}
