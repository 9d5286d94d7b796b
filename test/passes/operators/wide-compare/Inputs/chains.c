// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PART 1: chains of tests. PART 2: calls them on every length of equal elements,
// with each operand at the end of a page that is followed by nothing.
#include <stddef.h>
#include <stdint.h>
int largerAt(uint32_t i, uint32_t j, const unsigned char *block);
const unsigned char *matchEnd(const unsigned char *scan,
                              const unsigned char *match,
                              const unsigned char *end);
int startsRequest(const char *p);
int differenceOf(const unsigned short *a, const unsigned short *b);
long firstOf(const int *a, const int *b, int n);
int kindOf(const unsigned char *p, int *sum);
unsigned wordsBefore(const signed char *a, long i, const signed char *b);

#if PART == 1
#define STEP                                                                   \
  c = block[i], d = block[j];                                                  \
  if (c != d)                                                                  \
    return c > d;                                                              \
  ++i, ++j;
int largerAt(uint32_t i, uint32_t j, const unsigned char *block) {
  unsigned char c, d;
  STEP STEP STEP STEP STEP STEP STEP STEP STEP STEP STEP STEP
  return (int)(i ^ j) | 16;
}

const unsigned char *matchEnd(const unsigned char *scan,
                              const unsigned char *match,
                              const unsigned char *end) {
  do {
  } while (*++scan == *++match && *++scan == *++match && *++scan == *++match &&
           *++scan == *++match && *++scan == *++match && *++scan == *++match &&
           *++scan == *++match && *++scan == *++match && scan < end);
  return scan;
}

int startsRequest(const char *p) {
  if (p[0] == 'P' && p[1] == 'O' && p[2] == 'S' && p[3] == 'T' && p[4] == ' ')
    return 2;
  return 1;
}

int differenceOf(const unsigned short *a, const unsigned short *b) {
  if (a[0] != b[0])
    return a[0] - b[0];
  if (a[1] != b[1])
    return a[1] - b[1];
  if (a[2] != b[2])
    return a[2] - b[2];
  if (a[3] != b[3])
    return a[3] - b[3];
  return 100000;
}

/// The exits name the element, and an address of it.
long firstOf(const int *a, const int *b, int n) {
  const int *at = a;
  if (a[n] != b[n])
    at = a + n;
  else if (a[n + 1] != b[n + 1])
    at = a + n + 1;
  else
    return -5;
  return (at - a) * 3 + *at;
}

/// What was read is used behind the chain.
int kindOf(const unsigned char *p, int *sum) {
  unsigned char a, b, c, d;
  if ((a = p[0]) != 1)
    return 9;
  if ((b = p[1]) != 2)
    return 9;
  if ((c = p[2]) != 3)
    return 9;
  if ((d = p[3]) != 4)
    return 9;
  *sum += p[4] + b * 8 + c * d;
  return p[5] > d;
}

/// Indices with a sign; comparisons with a sign.
unsigned wordsBefore(const signed char *a, long i, const signed char *b) {
  if (a[i] != b[0])
    return a[i] < b[0];
  if (a[i + 1] != b[1])
    return a[i + 1] < b[1];
  if (a[i + 2] != b[2])
    return a[i + 2] < b[2];
  if (a[i + 3] != b[3])
    return a[i + 3] < b[3];
  if (a[i + 4] != b[4])
    return a[i + 4] < b[4];
  if (a[i + 5] != b[5])
    return a[i + 5] < b[5];
  return 7;
}
#else
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { Page = 4096 };

int main(void) {
  // Two pages that end where nothing can be read.
  unsigned char *base = mmap(0, 4 * Page, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED)
    return 1;
  unsigned char *x = base, *y = base + 2 * Page;
  mprotect(base + Page, Page, PROT_NONE);
  mprotect(base + 3 * Page, Page, PROT_NONE);
  for (unsigned size = 1; size <= 40; ++size)
    for (unsigned equal = 0; equal < size; ++equal) {
      unsigned char *a = x + Page - size, *b = y + Page - size;
      for (unsigned k = 0; k < size; ++k)
        a[k] = b[k] = (unsigned char)(k * 37 + equal);
      b[equal] ^= (unsigned char)(size % 2 ? 0x80 : 0x01);
      b[size - 1] = (unsigned char)~a[size - 1]; // All end here.
      const uint32_t i = (uint32_t)(a - base), j = (uint32_t)(b - base);
      printf("%u %u: %d %d %d", size, equal, largerAt(i, j, base),
             largerAt(j, i, base), (int)(matchEnd(a - 1, b - 1, a + size) - a));
      printf(" %u %u", wordsBefore((signed char *)a + 2, -2, (signed char *)b),
             wordsBefore((signed char *)b, 0, (signed char *)a));
      if (size % 2 == 0)
        printf(" %d", differenceOf((unsigned short *)a, (unsigned short *)b));
      if (size % 8 == 0)
        printf(" %ld", firstOf((int *)a, (int *)b, (int)size / 4 - 2));
      puts("");
    }

  // Strings of one block, one of which is at its end.
  unsigned char *block = x;
  for (int k = 0; k < Page; ++k)
    block[k] = (unsigned char)(k / 50 % 3);
  for (uint32_t i = Page - 60; i < Page - 1; ++i) {
    for (uint32_t j = i + 1; j < Page; ++j) {
      block[Page - 1] = 77;
      printf("%d", largerAt(i - 12, j - 12, block));
    }
    puts("");
  }

  // Indices that wrap around: the block's second half is 4 GiB in front of it.
  const size_t far = (size_t)1 << 32;
  unsigned char *wide = mmap(0, far + 2 * Page, PROT_NONE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (wide == MAP_FAILED)
    return 1;
  mprotect(wide, Page, PROT_READ | PROT_WRITE);
  mprotect(wide + far - Page, 2 * Page, PROT_READ | PROT_WRITE);
  memset(wide, 3, Page);
  memset(wide + far - Page, 3, 2 * Page);
  memset(wide + far, 9, Page); // What a linear read would find.
  for (uint32_t k = 0; k < 30; ++k)
    for (uint32_t at = 0; at < 12; ++at) {
      wide[100 + at] = (unsigned char)(at % 2 ? 200 : 1);
      printf("%d", largerAt(UINT32_MAX - k + 1, 100, wide));
      printf("%d", largerAt(100, UINT32_MAX - k + 1, wide));
      wide[100 + at] = 3;
    }
  puts("");

  const char *requests[] = {"POST /", "GET /", "POSTS", "POS", "", "P", "POST"};
  for (unsigned k = 0; k < sizeof(requests) / sizeof(*requests); ++k) {
    char *p = (char *)x + Page - strlen(requests[k]) - 1;
    strcpy(p, requests[k]);
    printf("%d", startsRequest(p));
  }
  int sum = 0;
  for (int k = 0; k < 6; ++k) {
    unsigned char bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    bytes[k] ^= 4;
    memcpy(x + Page - 6, bytes, 6);
    printf(" %d", kindOf(x + Page - 6, &sum));
    if (k < 3)
      printf(" %d", kindOf((memcpy(x + Page - k - 1, bytes, k + 1),
                            x + Page - k - 1), &sum));
  }
  printf(" %d\n", sum);
  return 0;
}
#endif
