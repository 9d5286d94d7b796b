// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PART=1: code over small domains. PART=2: calls it with all kinds of input.
#include <stddef.h>
#include <stdio.h>

struct counts {
  size_t words;
  unsigned lines, run, longest;
};

int classify(unsigned char c);
int bits(unsigned char c);
int grade(int x);
struct counts scan(const unsigned char *p, size_t n);

#if !defined(PART) || PART == 1
int classify(unsigned char c) {
  int r;
  if (c < 10)
    r = 1;
  else if (c == 34 || c == 39)
    r = 7;
  else if (c >= 'a' && c <= 'z')
    r = c & 1 ? 3 : 9;
  else if (c > 200)
    r = c > 230 ? -5 : 1000;
  else
    r = c == '\\' ? 4 : 0;
  return r;
}

int bits(unsigned char c) {
  int n = 0;
  for (; c; c &= c - 1)
    n++;
  return n;
}

int grade(int x) {
  if (x < 3) {
    if (x == 1)
      return 40;
    if (x == -4)
      return -7;
    return x % 3 == 2 ? 8 : 1;
  }
  if (x < 90) {
    if (x == 17)
      return 2;
    return (x * x / 7) % 100;
  }
  return x > 100 ? x : -1;
}

struct counts scan(const unsigned char *p, size_t n) {
  struct counts r = {0, 0, 0, 0};
  int state = 0;
  for (size_t i = 0; i < n; ++i) {
    unsigned char c = p[i];
    switch (state) {
    case 0:
      if (c >= 'a' && c <= 'z') {
        state = 1;
        r.words++;
        r.run = 1;
      } else if (c == '"')
        state = 2;
      else if (c == '\n')
        r.lines++;
      break;
    case 1:
      if (c == ' ') {
        state = 0;
        r.run = 0;
      } else if (c == '\n') {
        r.lines++;
        state = 0;
        r.run = 0;
      } else if (c == '"')
        state = 2;
      else
        r.run++;
      break;
    case 2:
      if (c == '\\')
        state = 3;
      else if (c == '"')
        state = 0;
      else if (c == '\n')
        r.lines += 2;
      break;
    case 3:
      state = 2;
      break;
    }
    r.longest += r.run > 3;
  }
  return r;
}
#endif

#if !defined(PART) || PART == 2
int main(void) {
  for (int c = 0; c < 256; ++c)
    printf("%d %d\n", classify((unsigned char)c), bits((unsigned char)c));
  for (int x = -300; x < 300; ++x)
    printf("%d\n", grade(x));
  printf("%d %d\n", grade(2147483647), grade(-2147483647 - 1));
  static unsigned char text[1 << 14];
  static const char some[] = "abcxyz  \"\\\n.A";
  unsigned state = 1;
  for (size_t i = 0; i < sizeof text; ++i) {
    state = state * 1103515245u + 12345u;
    text[i] = state >> 30 ? some[(state >> 16) % (sizeof some - 1)]
                          : (unsigned char)(state >> 16);
  }
  for (size_t n = 0; n <= sizeof text; n = 2 * n + 1) {
    struct counts r = scan(text, n);
    printf("%zu %u %u %u\n", r.words, r.lines, r.run, r.longest);
  }
  return 0;
}
#endif
