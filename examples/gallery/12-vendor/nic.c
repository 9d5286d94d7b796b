// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "nic.h"

static uint32_t rotate(uint32_t x, int by) { return x << by | x >> (32 - by); }

static void write_address(struct nic *n, struct descriptor *d,
                          uint64_t address) {
  switch (n->vendor) {
  case ACORN:
    d->low = (uint32_t)address;
    d->high = (uint32_t)(address >> 32);
    break;
  case BIRCH:
    d->low = (uint32_t)(address >> 32);
    d->high = (uint32_t)address;
    break;
  default:
    d->low = rotate((uint32_t)address, 8);
    d->high = (uint32_t)(address >> 32) | 1u << 31;
  }
}

static void write_length(struct nic *n, struct descriptor *d,
                         uint32_t length) {
  if (n->vendor == CEDAR)
    d->length = length << 16 | (length ^ 0xffff);
  else if (n->vendor == BIRCH)
    d->length = rotate(length, 16);
  else
    d->length = length;
}

static void write_flags(struct nic *n, struct descriptor *d, uint32_t length) {
  uint32_t flags = 0;
  if (n->vendor == ACORN)
    flags = 1 | (length > 128) << 3;
  else if (n->vendor == BIRCH)
    flags = 0x8000 | length % 7;
  else
    flags = (uint32_t)__builtin_popcount(d->low) << 4 | 2;
  d->flags = flags;
}

static void ring_doorbell(struct nic *n) {
  switch (n->vendor) {
  case ACORN:
    n->doorbell = n->head;
    break;
  case BIRCH:
    n->doorbell += n->head << 1;
    break;
  default:
    n->doorbell ^= n->head * 2654435761u;
  }
  n->kicks++;
}

void nic_transmit(struct nic *n, uint64_t address, uint32_t length) {
  struct descriptor *d = &n->ring[n->head % RING];
  write_address(n, d, address);
  write_length(n, d, length);
  write_flags(n, d, length);
  n->head++;
  ring_doorbell(n);
}
