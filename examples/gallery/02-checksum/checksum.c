// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// checksum typical|tiny SEED [ROUNDS]: Internet checksums (RFC 1071) of a
// stream of packets.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKETS = 512, LONGEST = 1500, HEADER = 20, DEFAULT_ROUNDS = 1500 };

struct packet {
  size_t length;
  uint8_t bytes[LONGEST];
};

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

// The carries that leave 32 bits come back at once, so no length overflows.
static uint16_t checksum(const void *data, size_t length) {
  const uint8_t *p = data;
  uint32_t sum = 0;
  while (length > 1) {
    uint16_t word;
    memcpy(&word, p, sizeof word);
    sum += word;
    if (sum & 0x80000000u)
      sum = (sum & 0xffff) + (sum >> 16);
    p += 2;
    length -= 2;
  }
  if (length)
    sum += *p;
  while (sum >> 16)
    sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

// The header alone, and the header with what follows.
static uint32_t verify(const struct packet *p) {
  uint32_t header = checksum(p->bytes, HEADER);
  return header << 16 | checksum(p->bytes, p->length);
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "typical") && strcmp(argv[1], "tiny"))) {
    fprintf(stderr, "usage: %s typical|tiny SEED [ROUNDS]\n", argv[0]);
    return 1;
  }
  int tiny = !strcmp(argv[1], "tiny");
  state = strtoull(argv[2], NULL, 10);
  long rounds = argc > 3 ? atol(argv[3]) : DEFAULT_ROUNDS;
  if (tiny)
    rounds *= 15;

  struct packet *packets = calloc(PACKETS, sizeof *packets);
  if (!packets)
    return 1;
  for (int i = 0; i < PACKETS; ++i) {
    struct packet *p = &packets[i];
    uint32_t kind = next_random() % 10;
    p->length = tiny       ? HEADER + next_random() % 8
                : kind < 7 ? LONGEST - next_random() % 60
                           : HEADER + next_random() % 400;
    for (size_t k = 0; k < p->length; ++k)
      p->bytes[k] = (uint8_t)next_random();
  }
  uint64_t digest = 14695981039346656037u;
  for (long round = 0; round < rounds; ++round)
    for (int i = 0; i < PACKETS; ++i)
      digest = (digest ^ verify(&packets[i])) * 1099511628211u;
  printf("packets %ld digest %016llx\n", rounds * PACKETS,
         (unsigned long long)digest);
  free(packets);
  return 0;
}
