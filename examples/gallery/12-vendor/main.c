// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// vendor acorn|birch|cedar SEED [ROUNDS]: a driver that serves the network
// cards of three vendors, of which a machine has one.
#include "nic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 4096, DEFAULT_ROUNDS = 40000 };

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

static void send_all(struct nic *n, const uint32_t *lengths, size_t count) {
  uint64_t address = 0x100000000u;
  for (size_t i = 0; i < count; ++i) {
    nic_transmit(n, address, lengths[i]);
    address += 2048;
  }
}

int main(int argc, char **argv) {
  static const char *const names[] = {"acorn", "birch", "cedar"};
  uint32_t vendor = 0;
  while (argc > 1 && vendor < 3 && strcmp(argv[1], names[vendor]))
    ++vendor;
  if (argc < 3 || vendor == 3) {
    fprintf(stderr, "usage: %s acorn|birch|cedar SEED [ROUNDS]\n", argv[0]);
    return 1;
  }
  state = strtoull(argv[2], NULL, 10);
  long rounds = argc > 3 ? atol(argv[3]) : DEFAULT_ROUNDS;

  static uint32_t lengths[FRAMES];
  for (int i = 0; i < FRAMES; ++i)
    lengths[i] = 60 + next_random() % 1400;
  struct nic *n = calloc(1, sizeof *n);
  if (!n)
    return 1;
  n->vendor = ACORN + vendor;
  for (long round = 0; round < rounds; ++round)
    send_all(n, lengths, FRAMES);
  uint32_t digest = n->doorbell;
  for (int i = 0; i < RING; ++i)
    digest = digest * 31 + (n->ring[i].low ^ n->ring[i].high) +
             n->ring[i].flags * 7 + n->ring[i].length;
  printf("%s kicks %u digest %08x\n", names[vendor], n->kicks, digest);
  free(n);
  return 0;
}
