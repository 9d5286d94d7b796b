# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""random-loops.py SEED: C functions with one loop each, and a main that runs
them and prints what they return and leave behind.

What a loop reads ends at a page that cannot be read, or begins behind one, and
the loop ends, or must not look, exactly there. What it writes may overlap what
it reads. Marks come early, late and never (then a count ends the loop).
"""
import random
import sys

R = random.Random(int(sys.argv[1]))
FUNCTIONS = 10
print("""#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
typedef struct { int type; int value; unsigned char tag, pad[3]; } Record;
static int64_t Out[64];
static int Table[256];
""")

TYPES = ["uint8_t", "int8_t", "uint16_t", "int16_t", "uint32_t", "int32_t", "int64_t"]


def step(depth=1):
    """An expression of one element x, no traps."""
    kind = R.randrange(6)
    if kind == 0:
        return "x"
    if kind == 1:
        return "(x %s %d)" % (R.choice(["^", "&", "|", "+", "*"]), R.randrange(1, 100))
    if kind == 2:
        return "(x %s %d)" % (R.choice(["==", "<", ">", "!="]), R.randrange(0, 50))
    if kind == 3:
        return "(x > %d ? %d : x)" % (R.randrange(60), R.randrange(-9, 9))
    if kind == 4:
        return "(uint16_t)(x >> 1)"
    return "(x / %d)" % R.choice([3, 7, 10])


def reductions():
    out = []
    for n in range(R.randrange(1, 4)):
        kind = R.randrange(5)
        if kind == 0:
            out.append("r%d += %s;" % (n, step()))
        elif kind == 1:
            out.append("r%d ^= (uint32_t)(%s);" % (n, step()))
        elif kind == 2:
            out.append("if (%s > %d) r%d++;" % (step(), R.randrange(40), n))
        elif kind == 3:
            out.append("if ((int64_t)%s > m) m = %s;" % (step(), step()))
        else:
            out.append("r%d = r%d * 3 + %s;" % (n, n, step()))
    return " ".join(out)


def fold():
    bits = R.choice([8, 16])
    mask = (1 << bits) - 1
    return R.choice([
        "s += (uint%d_t)x; s = (s & %d) + (s >> %d);" % (bits, mask, bits),
        "s = s + (uint8_t)x; if (s > %d) s -= %d;" % (mask, mask),
        "s += (uint16_t)x; if (s & 0x4000u) s = (s & 8191) + (s >> 13);",
        "s += (uint8_t)x; if (s > 5000u) s = r0 & 255;",
        "s = (s + (uint16_t)x) %% %d;" % R.choice([255, 65521, 1000, 65535]),
    ])


def function(f):
    ty = R.choice(TYPES)
    kind = R.randrange(7)
    head = "__attribute__((noinline)) int64_t f%d(const %s *p, const %s *q, %s *d, const Record *r, int64_t n, int64_t key) {\n" % (f, ty, ty, ty)
    head += "  uint32_t r0 = 1, r1 = 2, r2 = 3, s = 0; int64_t m = -1, i = 0;\n"
    marks = R.choice(["x == 0", "!x", "x == 0 || x == 7", "x < 1 && x > -1", "x == 0 || x == 3 || x == 9"])
    if kind == 0:
        loop = "  while (1) { %s x = *p; if (%s) break; %s p++; i++; }\n" % (ty, marks, reductions())
    elif kind == 1:
        loop = "  for (%s x; (x = *p) != 0; ++p) { %s i++; }\n" % (ty, reductions())
    elif kind == 2:
        loop = "  for (i = 0; i < n; ++i) { %s x = p[i]; if (%s) break; %s }\n" % (
            ty, R.choice([marks, "x == (%s)key" % ty, "x != q[i]", "p[i] != q[i]"]), reductions())
    elif kind == 3:
        loop = "  for (i = 0; i < n; ++i) { %s x = p[i]; if (%s) break; d[i] = %s; %s }\n" % (
            ty, R.choice([marks, "x == (%s)key" % ty]), step(), reductions())
    elif kind == 4:
        loop = "  for (i = n; i > 0; --i) { %s x = p[i - 1]; if (%s) break; %s }\n" % (
            ty, R.choice([marks, "x == (%s)key" % ty]), reductions())
    elif kind == 5:
        rare = R.choice(["Out[i & 63] += x;", "m ^= i; r0 += 7;", "if (x == 200) break; r1++;",
                         "r2 = (uint32_t)labs(m);", "d[i] = 1;"])
        loop = "  for (i = 0; i < n; ++i) { int x = r[i].value; if (r[i].type %s) { %s continue; } %s %s }\n" % (
            R.choice(["!= 1", "== 2", "> 1"]), rare, reductions(),
            R.choice(["", "d[i] = x;", "Table[r[i].tag] += x;", "if (x < 0) { r1 ^= 5; Out[1]++; }"]))
    else:
        loop = "  for (i = 0; i < n; ++i) { %s x = p[i]; %s }\n" % (ty, fold())
    print(head + loop + "  return (int64_t)(r0 + r1 * 17u + r2 * 29u + s * 31u) + m * 3 + i * 7;\n}")
    return ty


types = [function(f) for f in range(FUNCTIONS)]
print("""
static uint64_t State = 88172645463325252ull;
static int64_t next(void) {
  State ^= State << 13; State ^= State >> 7; State ^= State << 17;
  return (int64_t)(State >> 20);
}
/* Bytes that end (or begin) at a page that cannot be touched. */
static char *fenced(size_t Bytes, int AtEnd) {
  size_t Size = (Bytes + 4095) / 4096 * 4096;
  char *All = mmap(0, Size + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (All == MAP_FAILED || mprotect(All + 4096, Size, PROT_READ | PROT_WRITE)) abort();
  return AtEnd ? All + 4096 + Size - Bytes : All + 4096;
}
static void hash(const char *Name, int64_t Result, const void *D, size_t Bytes) {
  uint64_t H = (uint64_t)Result;
  const unsigned char *P = D;
  for (size_t I = 0; I < Bytes; ++I) H = H * 1099511628211ull + P[I];
  for (int I = 0; I < 64; ++I) H = H * 31 + (uint64_t)Out[I];
  for (int I = 0; I < 256; ++I) H = H * 31 + (uint64_t)Table[I];
  printf("%s %llu\\n", Name, (unsigned long long)H);
}
#define MAX 3000
""")
for f, ty in enumerate(types):
    print("""
static void run%d(void) {
  %s *P[2] = {(%s *)fenced(MAX * sizeof(%s), 0), (%s *)fenced(MAX * sizeof(%s), 1)};
  %s *Q[2] = {(%s *)fenced(MAX * sizeof(%s), 0), (%s *)fenced(MAX * sizeof(%s), 1)};
  %s *D = (%s *)fenced(MAX * sizeof(%s), 1);
  Record *All = (Record *)fenced(MAX * sizeof(Record), 1);
  static const int Lengths[] = {0, 1, 2, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 500, 1024, 2500, 2999};
  for (unsigned Round = 0; Round < 126; ++Round) {
    int N = Lengths[Round %% 21], End = Round / 21 & 1, Rare = Round / 42;
    %s *From = End ? P[1] + MAX - N - 1 : P[0], *With = End ? Q[1] + MAX - N - 1 : Q[0];
    Record *Rec = All + MAX - N;
    for (int I = 0; I <= N; ++I) {
      From[I] = (%s)(next() %% 90 + 10);
      With[I] = Rare == 1 && next() %% 40 == 0 ? (%s)1 : From[I];
    }
    if (Rare == 2 && N > 10) From[next() %% N] = 0;
    From[N] = 0;
    for (int I = 0; I < N; ++I) {
      Rec[I].type = Rare && next() %% (Rare == 1 ? 60 : 7) == 0 ? 2 : 1;
      Rec[I].value = (int)(next() %% 300) - (Rare == 2 ? 100 : 0);
      Rec[I].tag = (unsigned char)next();
    }
    int64_t Key = next() %% 120;
    hash("f%d", f%d(From, With, D, Rec, N, Key), D, MAX * sizeof(%s));
    hash("f%d", f%d(From, With, (%s *)((char *)From + (Round %% 5) * sizeof(%s) / (Round %% 3 + 1) / sizeof(%s) * sizeof(%s)), Rec, N - (N > 4 ? 4 : N), Key), P[End], MAX * sizeof(%s));
  }
}""" % ((f,) + (ty,) * 13 + (ty, ty, ty) + (f, f, ty) + (f, f) + (ty,) * 5))
print("int main(void) {\n%s  return 0;\n}" % "".join("  run%d();\n" % f for f in range(FUNCTIONS)))
