// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tokens text|binary SEED [ROUNDS]: splits text into tokens: a chain of tests
// says what a character is, a machine of few states what it ends.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 1 << 16, CHUNK = 4096, DEFAULT_ROUNDS = 400 };

enum kind { SPACE, DIGIT, LETTER, QUOTE, POINT, SIGN };
enum state { BETWEEN, IN_NUMBER, IN_FRACTION, IN_WORD, IN_STRING };

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

static enum kind classify(uint8_t c) {
  if (c == ' ' || c == '\t' || c == '\n')
    return SPACE;
  if (c >= '0' && c <= '9')
    return DIGIT;
  if (c >= 'a' && c <= 'z')
    return LETTER;
  if (c >= 'A' && c <= 'Z')
    return LETTER;
  if (c == '_' || c >= 0x80)
    return LETTER;
  if (c == '"' || c == '\'')
    return QUOTE;
  if (c == '.')
    return POINT;
  return SIGN;
}

static enum state next_state(enum state s, enum kind k) {
  switch (s) {
  case IN_STRING:
    return k == QUOTE ? BETWEEN : IN_STRING;
  case IN_WORD:
    if (k == LETTER || k == DIGIT)
      return IN_WORD;
    break;
  case IN_NUMBER:
    if (k == DIGIT)
      return IN_NUMBER;
    if (k == POINT)
      return IN_FRACTION;
    break;
  case IN_FRACTION:
    if (k == DIGIT)
      return IN_FRACTION;
    break;
  case BETWEEN:
    break;
  }
  switch (k) {
  case DIGIT:
    return IN_NUMBER;
  case LETTER:
    return IN_WORD;
  case QUOTE:
    return IN_STRING;
  case POINT:
    return IN_FRACTION;
  default:
    return BETWEEN;
  }
}

struct lexer {
  enum state now;
  uint32_t tokens;
  uint32_t digest;
};

static void split(struct lexer *l, const uint8_t *text, size_t size) {
  enum state now = l->now;
  uint32_t tokens = l->tokens, digest = l->digest;
  for (size_t i = 0; i < size; ++i) {
    enum state next = next_state(now, classify(text[i]));
    tokens += next != now;
    digest = digest * 5 + next;
    now = next;
  }
  l->now = now;
  l->tokens = tokens;
  l->digest = digest;
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "text") && strcmp(argv[1], "binary"))) {
    fprintf(stderr, "usage: %s text|binary SEED [ROUNDS]\n", argv[0]);
    return 1;
  }
  int binary = !strcmp(argv[1], "binary");
  state = strtoull(argv[2], NULL, 10);
  long rounds = argc > 3 ? atol(argv[3]) : DEFAULT_ROUNDS;

  static const char some[] =
      "eetaoinshrdlucmfwypvbgkjqxz ETAOIN  0123456789 \n\n=+-*/()[]{};,._\"' ";
  static uint8_t text[SIZE];
  for (int i = 0; i < SIZE; ++i)
    text[i] = binary ? (uint8_t)(0x80 | next_random())
                     : (uint8_t)some[next_random() % (sizeof some - 1)];
  struct lexer l = {BETWEEN, 0, 1};
  for (long round = 0; round < rounds; ++round)
    for (size_t at = 0; at < SIZE; at += CHUNK)
      split(&l, text + at, CHUNK);
  printf("tokens %u digest %08x\n", l.tokens, l.digest);
  return 0;
}
