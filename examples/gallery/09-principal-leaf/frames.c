// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// frames typical|other SEED [ROUNDS]: a demultiplexer; most frames end at the
// deepest of its tests.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 8192, BURST = 64, DEFAULT_ROUNDS = 16000 };
enum { ARP = 1, IP = 2, VLAN = 3 };
enum { ICMP = 1, TCP = 6, UDP = 17 };
enum { WEB = 80, NAMES = 53 };

struct frame {
  uint16_t type;
  uint8_t options;
  uint8_t protocol;
  uint16_t offset;
  uint16_t port;
  uint32_t length;
  uint32_t source;
};

struct counters {
  uint32_t arp, vlan, strange, optional, pieces, icmp, udp, names, other;
  uint32_t web;
  uint64_t bytes;
  uint32_t digest;
};

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

static void demultiplex(struct counters *c, const struct frame *f) {
  if (f->type != IP) {
    if (f->type == ARP)
      c->arp++;
    else if (f->type == VLAN)
      c->vlan += f->source & 15;
    else
      c->strange++;
  } else {
    if (f->options) {
      c->optional++;
      c->digest ^= f->options;
    }
    if (f->offset) {
      c->pieces++;
      c->digest += f->offset;
    } else {
      if (f->protocol == ICMP) {
        c->icmp++;
      } else if (f->protocol == UDP) {
        if (f->port == NAMES)
          c->names++;
        else
          c->udp++;
      } else {
        if (f->port == WEB) {
          c->web++;
          c->bytes += f->length;
          c->digest = c->digest * 31 + f->source;
        } else {
          c->other++;
          c->digest ^= f->port;
        }
      }
    }
  }
}

static void demultiplex_burst(struct counters *c, const struct frame *f,
                              size_t count) {
  for (size_t i = 0; i < count; ++i)
    demultiplex(c, &f[i]);
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "typical") && strcmp(argv[1], "other"))) {
    fprintf(stderr, "usage: %s typical|other SEED [ROUNDS]\n", argv[0]);
    return 1;
  }
  int other = !strcmp(argv[1], "other");
  state = strtoull(argv[2], NULL, 10);
  long rounds = argc > 3 ? atol(argv[3]) : DEFAULT_ROUNDS;

  struct frame *frames = calloc(FRAMES, sizeof *frames);
  if (!frames)
    return 1;
  for (int i = 0; i < FRAMES; ++i) {
    struct frame *f = &frames[i];
    uint32_t draw = next_random() % 1000;
    f->type = IP;
    f->protocol = TCP;
    f->port = WEB;
    if (other)
      f->type = ARP;
    else if (draw < 10)
      f->type = (uint16_t)(draw % 4);
    else if (draw < 20)
      f->options = 1;
    else if (draw < 30)
      f->offset = (uint16_t)draw;
    else if (draw < 60)
      f->protocol = UDP, f->port = draw < 50 ? NAMES : 9;
    else if (draw < 100)
      f->port = 443;
    f->length = 60 + next_random() % 1400;
    f->source = next_random();
  }
  struct counters c;
  memset(&c, 0, sizeof c);
  for (long round = 0; round < rounds; ++round)
    for (int at = 0; at < FRAMES; at += BURST)
      demultiplex_burst(&c, frames + at, BURST);
  printf("web %u bytes %llu digest %08x\n", c.web, (unsigned long long)c.bytes,
         c.digest);
  printf("arp %u vlan %u strange %u optional %u pieces %u\n", c.arp, c.vlan,
         c.strange, c.optional, c.pieces);
  printf("icmp %u udp %u names %u other %u\n", c.icmp, c.udp, c.names, c.other);
  free(frames);
  return 0;
}
