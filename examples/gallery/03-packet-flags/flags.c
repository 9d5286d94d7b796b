// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// flags typical|odd SEED [ROUNDS]: bookkeeping of packets, some of which carry
// rare flags.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKETS = 4096, BURST = 64, CONNECTIONS = 64, DEFAULT_ROUNDS = 24000 };
enum { SYN = 1, RST = 4, URGENT = 16, FRAGMENT = 32, DATA = 64 };

struct packet {
  uint16_t flags;
  uint16_t length;
  uint32_t sequence;
  uint32_t stamp;
  uint32_t connection;
};

struct connection {
  uint32_t next;
  uint32_t urgent_at;
  uint64_t bytes;
  uint32_t last_seen;
  uint32_t resets;
  uint32_t pieces;
  uint32_t opened;
  uint32_t window;
};

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

static struct connection table[CONNECTIONS];
static uint32_t events;

static void log_event(uint32_t what, const struct packet *p) {
  events = (events ^ what ^ p->sequence) * 16777619u;
}

static void receive(const struct packet *p) {
  struct connection *c = &table[p->connection];
  if (p->flags & SYN) {
    c->opened = p->stamp;
    c->next = p->sequence;
    c->window = 65535;
    log_event(1, p);
  }
  c->bytes += p->length;
  if (p->flags & URGENT) {
    c->urgent_at = p->sequence + p->length;
    log_event(c->urgent_at, p);
  }
  c->next += p->length;
  c->window -= p->length >> 4;
  if (p->flags & FRAGMENT) {
    c->pieces++;
    log_event(c->pieces, p);
  }
  c->last_seen = p->stamp;
  if (p->flags & RST) {
    c->resets++;
    c->next = 0;
    log_event(c->resets, p);
  }
}

static void receive_burst(const struct packet *packets, size_t count) {
  for (size_t i = 0; i < count; ++i)
    receive(&packets[i]);
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
    rounds /= 2;

  static const uint16_t rare[] = {SYN, RST, URGENT, FRAGMENT};
  struct packet *packets = calloc(PACKETS, sizeof *packets);
  if (!packets)
    return 1;
  for (int i = 0; i < PACKETS; ++i) {
    struct packet *p = &packets[i];
    p->flags = DATA;
    if (odd)
      p->flags |= SYN | RST | URGENT | FRAGMENT;
    else if (next_random() % 500 == 0)
      p->flags |= rare[next_random() % 4];
    p->length = (uint16_t)(40 + next_random() % 1460);
    p->sequence = next_random();
    p->stamp = (uint32_t)i;
    p->connection = next_random() % CONNECTIONS;
  }
  for (long round = 0; round < rounds; ++round)
    for (int at = 0; at < PACKETS; at += BURST)
      receive_burst(packets + at, BURST);
  uint64_t digest = events;
  for (int i = 0; i < CONNECTIONS; ++i) {
    const struct connection *c = &table[i];
    digest = digest * 31 + c->bytes + c->next + c->window;
    digest = digest * 31 + c->resets + c->pieces + c->urgent_at + c->opened +
             c->last_seen;
  }
  printf("digest %016llx\n", (unsigned long long)digest);
  free(packets);
  return 0;
}
