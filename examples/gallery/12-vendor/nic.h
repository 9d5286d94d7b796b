// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef NIC_H
#define NIC_H

#include <stddef.h>
#include <stdint.h>

enum vendor { ACORN, BIRCH, CEDAR };
enum { RING = 512 };

struct descriptor {
  uint32_t low;
  uint32_t high;
  uint32_t flags;
  uint32_t length;
};

struct nic {
  uint32_t vendor;
  uint32_t head;
  uint32_t doorbell;
  uint32_t kicks;
  struct descriptor ring[RING];
};

void nic_transmit(struct nic *n, uint64_t address, uint32_t length);

#endif
