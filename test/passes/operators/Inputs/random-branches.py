# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""random-branches.py SEED: C functions of nested branches, and a main that runs
them on random data and prints what they return and leave behind.

Some pointers are null or point to constant memory whenever the condition in
front of the access is false: an access in vain shows as a crash.
"""
import random
import sys

R = random.Random(int(sys.argv[1]))
FUNCTIONS = 8
print("""#include <stdint.h>
#include <stdio.h>
#include <string.h>
typedef struct { int *p; int tag; } Maybe;
static const int Fixed[4] = {7, 11, 13, 17};
static int Table[64], Out[4096];
""")


def expression(depth=2):
    if depth == 0 or R.random() < 0.25:
        return R.choice(["a", "b", "x", "y", "i", "3", "-1", "0x55", "n"])
    op = R.choice(["+", "-", "^", "&", "|", "*", "<<s", ">>s", "?", "t"])
    left, right = expression(depth - 1), expression(depth - 1)
    if op.endswith("s"):
        return "(int)((unsigned)(%s) %s ((%s) & 15))" % (left, op[:2], right)
    if op == "?":
        return "((%s) < (%s) ? (%s) : (%s))" % (left, right, expression(depth - 1), left)
    if op == "t":
        return "Table[(%s) & 63]" % left
    return "(int)((unsigned)(%s) %s (unsigned)(%s))" % (left, op, right)


def condition():
    kind = R.randrange(4)
    if kind == 0:
        return "m[i & 15].p"
    if kind == 1:
        return "(%s) %s (%s)" % (expression(1), R.choice(["<", ">", "==", "!="]), expression(1))
    if kind == 2:
        return "((%s) & %d) && (%s) > %d" % (expression(1), 1 << R.randrange(4), expression(1), R.randrange(-50, 50))
    return "m[i & 15].tag > 2 && *m[i & 15].p > %d" % R.randrange(100)


def statement(depth, safe):
    kind = R.randrange(9)
    if depth and kind < 4:
        text = condition()
        inner = safe or text == "m[i & 15].p" or text.startswith("m[i & 15].tag")
        out = "if (%s) {\n%s}" % (text, body(depth - 1, inner))
        if R.random() < 0.5:
            out += " else {\n%s}" % body(depth - 1, safe)
        return out
    if kind == 4:
        return "Out[n & 1023] = %s; n += %s;" % (expression(), R.choice(["1", "1", "x & 1"]))
    if kind == 5:
        return "local[%d] = %s;" % (R.randrange(4), expression())
    if kind == 6 and safe:
        return "*m[i & 15].p += %s;" % expression(1)
    if kind == 7 and safe:
        return "x ^= *m[i & 15].p;"
    if kind == 8:
        return "Table[(%s) & 63] = %s;" % (expression(1), expression(1))
    return "%s %s %s;" % (R.choice("xyab"), R.choice(["=", "+=", "-=", "^=", "|=", "&="]), expression())


def body(depth, safe=False):
    return "".join(statement(depth, safe) + "\n" for _ in range(R.randrange(1, 3)))


for f in range(FUNCTIONS):
    print("__attribute__((noinline)) unsigned f%d(Maybe *m, int a, int b, int count) {" % f)
    print("  int x = 1, y = 2, n = 0, local[4] = {0};")
    print("  for (int i = 0; i < count; ++i) {")
    print(body(3) + body(2))
    print("  }\n  return (unsigned)x * 31 + y * 17 + n * 7 + a + b * 3 +"
          " local[0] + local[1] * 5 + local[2] * 9 + local[3];\n}")
print("""
static uint64_t State = 88172645463325252ull;
static int next(void) {
  State ^= State << 13; State ^= State >> 7; State ^= State << 17;
  return (int)(State >> 20) %% 200 - 50;
}
int main(void) {
  static int Own[16];
  Maybe m[16];
  unsigned (*const All[])(Maybe *, int, int, int) = {%s};
  for (int Round = 0; Round < 60; ++Round)
    for (int F = 0; F < %d; ++F) {
      for (int I = 0; I < 64; ++I) Table[I] = next();
      for (int I = 0; I < 16; ++I) {
        Own[I] = next();
        int Kind = next() & 3;
        m[I].p = Kind == 0 ? 0 : &Own[I];
        m[I].tag = Kind == 0 ? 0 : Kind;
      }
      unsigned Result = All[F](m, next(), next(), Round * 3);
      for (int I = 0; I < 64; ++I) Result = Result * 33 + Table[I];
      for (int I = 0; I < 16; ++I) Result = Result * 33 + Own[I];
      for (int I = 0; I < 1024; ++I) Result = Result * 33 + Out[I];
      printf("%%d %%u\\n", F, Result);
    }
  return Fixed[0] == 7 ? 0 : 1;
}""" % (", ".join("f%d" % f for f in range(FUNCTIONS)), FUNCTIONS))
