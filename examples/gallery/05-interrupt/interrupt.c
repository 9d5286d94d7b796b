// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// interrupt typical|storm SEED [ROUNDS]: a device's interrupt handler; the bits
// of the status word that report trouble are rare.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 8192, RING = 256, DEFAULT_ROUNDS = 18000 };
enum { RX_DONE = 1, TX_DONE = 2, LINK = 0x100, OVERRUN = 0x200, PARITY = 0x400 };

struct device {
  uint32_t head;
  uint32_t tail;
  uint32_t received;
  uint32_t sent;
  uint32_t ring[RING];
  uint32_t lanes[8];
  uint32_t resets;
  uint32_t trouble;
};

typedef void (*handler)(struct device *, uint32_t status, uint32_t word);

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

static void on_interrupt(struct device *d, uint32_t status, uint32_t word) {
  if (status & (LINK | OVERRUN | PARITY)) {
    // Retrain the lanes, and say how far the ring had come.
    uint32_t a = word, b = status, c = d->head, e = d->tail;
    for (int i = 0; i < 8; ++i) {
      uint32_t lane = d->lanes[i];
      a = (a ^ lane) * 2654435761u;
      b += a >> 7 ^ c;
      c = (c << 3 | c >> 29) + e;
      e ^= b + lane;
      d->lanes[i] = a + b + c + e;
    }
    if (status & OVERRUN)
      for (uint32_t k = d->tail; k != d->head; k = (k + 1) % RING)
        d->ring[k] ^= a;
    if (status & PARITY)
      d->trouble += __builtin_popcount(a ^ b ^ c ^ e);
    if (status & LINK)
      d->resets++;
    d->trouble = d->trouble * 31 + a + b;
  }
  if (status & RX_DONE) {
    d->ring[d->head] = word;
    d->head = (d->head + 1) % RING;
    d->received++;
  }
  if (status & TX_DONE) {
    d->tail = (d->tail + 1) % RING;
    d->sent++;
  }
}

static void on_timer(struct device *d, uint32_t status, uint32_t word) {
  d->trouble ^= status + word;
}

// Which line was raised is known only at run time.
static handler lines[2] = {on_interrupt, on_timer};

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "typical") && strcmp(argv[1], "storm"))) {
    fprintf(stderr, "usage: %s typical|storm SEED [ROUNDS]\n", argv[0]);
    return 1;
  }
  int storm = !strcmp(argv[1], "storm");
  state = strtoull(argv[2], NULL, 10);
  long rounds = argc > 3 ? atol(argv[3]) : DEFAULT_ROUNDS;
  if (storm)
    rounds /= 8;

  static struct device d;
  static uint32_t status[EVENTS];
  for (int i = 0; i < EVENTS; ++i) {
    status[i] = RX_DONE | (i & 1 ? TX_DONE : 0);
    if (storm)
      status[i] |= LINK;
    else if (next_random() % 2000 == 0)
      status[i] |= LINK << next_random() % 3;
  }
  for (long round = 0; round < rounds; ++round)
    for (int i = 0; i < EVENTS; ++i)
      lines[i % 1024 == 1023](&d, status[i], (uint32_t)i * 2654435761u);
  uint32_t digest = d.trouble;
  for (int i = 0; i < RING; ++i)
    digest = digest * 31 + d.ring[i];
  printf("received %u sent %u resets %u digest %08x\n", d.received, d.sent,
         d.resets, digest);
  return 0;
}
