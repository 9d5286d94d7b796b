// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// rare PER_MILLE: a checksum and a digest that few records need.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
struct rec {
  uint32_t kind, len;
  uint8_t data[56];
};
__attribute__((noinline, pure)) uint32_t digest(const uint8_t *p, uint32_t n) {
  uint32_t h = 1;
  for (uint32_t i = 0; i < n; ++i)
    h = h * 31 + p[i];
  return h;
}
__attribute__((noinline)) uint64_t scan(const struct rec *r, int n,
                                        uint64_t *bad) {
  uint64_t total = 0;
  for (int i = 0; i < n; ++i) {
    uint32_t crc = 0;
    for (uint32_t j = 0; j < r[i].len; ++j)
      crc = (crc >> 1 | crc << 31) + r[i].data[j];
    uint32_t d = digest(r[i].data, r[i].len);
    total += r[i].len;
    if (r[i].kind == 77) {
      *bad += crc ^ d;
      total ^= crc;
    } else
      total += r[i].kind;
  }
  return total;
}
int main(int argc, char **argv) {
  static struct rec q[1024];
  uint64_t bad = 0, t = 0;
  unsigned x = 1, rare = argc > 1 ? atoi(argv[1]) : 10;
  for (int i = 0; i < 1024; i++) {
    x = x * 1103515245 + 12345;
    for (int j = 0; j < 56; j++)
      q[i].data[j] = x >> (j & 15);
    q[i].len = 20 + (x >> 20 & 31);
    x = x * 1103515245 + 12345;
    unsigned y = (x >> 16) % 1000;
    q[i].kind = y < rare ? 77 : y & 63;
  }
  for (int r = 0; r < 20; r++)
    t += scan(q, 1024, &bad);
  printf("%lu %lu\n", t, bad);
}
