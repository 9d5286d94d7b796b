// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// make-input prose|log|source|records SEED BYTES: writes data of one kind to
// standard output; the same bytes for the same arguments on every machine.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 6000, WORD = 16 };

static uint64_t state;
static char words[WORDS][WORD];
static long left;

static uint32_t random32(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  uint64_t mixed = (state ^ (state >> 29)) * 0xbf58476d1ce4e5b9u;
  return (uint32_t)(mixed >> 32);
}

static uint32_t below(uint32_t bound) {
  return (uint32_t)((uint64_t)random32() * bound >> 32);
}

static void put(const char *bytes, size_t length) {
  if ((long)length > left)
    length = (size_t)left;
  fwrite(bytes, 1, length, stdout);
  left -= (long)length;
}

static void say(const char *text) { put(text, strlen(text)); }

static void sayNumber(const char *format, unsigned value) {
  char text[32];
  snprintf(text, sizeof text, format, value);
  say(text);
}

static void makeWords(void) {
  static const char *const starts[] = {"b", "br", "c", "d",  "f",  "g", "gl",
                                       "h", "k",  "l", "m",  "n",  "p", "pr",
                                       "r", "s",  "t", "th", "st", "w", ""};
  static const char *const vowels[] = {"a", "e",  "i",  "o",
                                       "u", "ea", "ou", "e"};
  static const char *const ends[] = {"n", "r", "s", "t", "l", "", "", "nd"};
  for (int i = 0; i < WORDS; ++i) {
    words[i][0] = '\0';
    for (uint32_t parts = 1 + below(3); parts > 0; --parts) {
      strcat(words[i], starts[below(sizeof starts / sizeof *starts)]);
      strcat(words[i], vowels[below(sizeof vowels / sizeof *vowels)]);
      strcat(words[i], ends[below(sizeof ends / sizeof *ends)]);
      if (strlen(words[i]) > WORD - 6)
        break;
    }
  }
}

// Few words are frequent and many are rare, as in any language.
static const char *anyWord(void) {
  uint32_t bound = 1 + below(WORDS);
  return words[below(1 + below(bound))];
}

static void prose(void) {
  for (uint32_t count = 4 + below(14); count > 0; --count) {
    say(anyWord());
    if (count > 1)
      say(below(9) ? " " : ", ");
  }
  say(below(7) ? ". " : ".\n\n");
}

static void logLine(void) {
  static const char *const levels[] = {"INFO",  "INFO", "INFO",
                                       "DEBUG", "WARN", "ERROR"};
  static unsigned clock;
  clock += below(90);
  sayNumber("2024-03-%02u ", 1 + clock / 864000 % 28);
  sayNumber("%02u:", clock / 36000 % 24);
  sayNumber("%02u:", clock / 600 % 60);
  sayNumber("%02u ", clock / 10 % 60);
  say(levels[below(6)]);
  sayNumber(" [worker-%u] ", below(12));
  switch (below(3)) {
  case 0:
    sayNumber("request from 10.%u.", below(4));
    sayNumber("%u served /", below(250));
    say(words[below(300)]);
    sayNumber(" in %u us\n", 80 + below(4000));
    break;
  case 1:
    say("cache miss for key ");
    sayNumber("%08x, ", random32());
    sayNumber("%u entries\n", 1000 + below(200));
    break;
  default:
    say("session ");
    sayNumber("%u closed: ", below(100000));
    say(anyWord());
    say("\n");
  }
}

static void sourceLine(void) {
  static int depth;
  for (int i = 0; i < depth; ++i)
    say("  ");
  uint32_t form = below(depth > 5 ? 3 : 6);
  const char *name = words[below(500)];
  if (form == 0 && depth > 0) {
    --depth;
    say("}\n");
  } else if (form <= 2) {
    say(name);
    say(below(2) ? " = " : "->next = ");
    say(words[below(500)]);
    sayNumber(below(2) ? "[%u];\n" : " + %u;\n", below(64));
  } else if (form == 3) {
    say("if (");
    say(name);
    sayNumber(" > %u) {\n", below(100));
    ++depth;
  } else if (form == 4) {
    say("return ");
    say(name);
    say("(");
    say(words[below(500)]);
    say(", NULL);\n");
  } else {
    say("for (int i = 0; i < ");
    say(name);
    say("_count; ++i) {\n");
    ++depth;
  }
}

// Rows of a table of numbers as a program would dump them.
static void record(void) {
  static uint32_t serial;
  static int32_t level;
  level += (int32_t)below(21) - 10;
  uint32_t fields[5] = {++serial, (uint32_t)level, below(8),
                        random32() & 0xffffff, 0xffffffff};
  char bytes[20];
  for (int i = 0; i < 20; ++i)
    bytes[i] = (char)(fields[i / 4] >> (i % 4 * 8));
  put(bytes, sizeof bytes);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*write)(void);
  } kinds[] = {{"prose", prose},
               {"log", logLine},
               {"source", sourceLine},
               {"records", record}};
  if (argc == 4) {
    state = strtoull(argv[2], NULL, 10) * 2862933555777941757u + 3037000493u;
    left = atol(argv[3]);
    makeWords();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
      if (strcmp(kinds[i].name, argv[1]))
        continue;
      while (left > 0)
        kinds[i].write();
      return fflush(stdout) != 0;
    }
  }
  fprintf(stderr, "usage: make-input prose|log|source|records SEED BYTES\n");
  return 1;
}
