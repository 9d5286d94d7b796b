// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// messages clean|broken SEED [ROUNDS]: decodes messages; a bad one is refused
// with the first thing that is wrong with it.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES = 2048, BATCH = 128, DEFAULT_ROUNDS = 60000 };
enum { VERSION = 3, KINDS = 12, MOST_FIELDS = 40 };
enum error { OK, BAD_VERSION, BAD_KIND, TOO_MANY_FIELDS };

struct message {
  uint8_t version;
  uint8_t kind;
  uint16_t fields;
  uint32_t sender;
  uint32_t receiver;
  uint32_t amount;
  uint64_t stamp;
};

struct decoded {
  uint32_t route;
  uint32_t price;
  uint64_t key;
};

static uint64_t state;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

static enum error decode(const struct message *m, struct decoded *d) {
  if (m->version != VERSION)
    return BAD_VERSION;
  uint32_t route = (m->sender ^ m->receiver >> 3) + (m->sender << 5);
  if (m->kind >= KINDS)
    return BAD_KIND;
  uint32_t price = m->amount + (m->amount >> 5) + m->kind;
  if (m->fields > MOST_FIELDS)
    return TOO_MANY_FIELDS;
  d->route = route;
  d->price = price;
  d->key = m->stamp ^ (uint64_t)m->fields << 48;
  return OK;
}

struct totals {
  uint64_t digest;
  uint32_t errors[4];
};

static void decode_batch(const struct message *messages, size_t count,
                         struct totals *t) {
  for (size_t i = 0; i < count; ++i) {
    struct decoded d;
    enum error e = decode(&messages[i], &d);
    if (e != OK) {
      t->errors[e]++;
      continue;
    }
    t->digest += d.key ^ d.route + d.price;
  }
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "clean") && strcmp(argv[1], "broken"))) {
    fprintf(stderr, "usage: %s clean|broken SEED [ROUNDS]\n", argv[0]);
    return 1;
  }
  int broken = !strcmp(argv[1], "broken");
  state = strtoull(argv[2], NULL, 10);
  long rounds = argc > 3 ? atol(argv[3]) : DEFAULT_ROUNDS;

  struct message *messages = calloc(MESSAGES, sizeof *messages);
  if (!messages)
    return 1;
  for (int i = 0; i < MESSAGES; ++i) {
    struct message *m = &messages[i];
    m->version = VERSION;
    m->kind = (uint8_t)(next_random() % KINDS);
    m->fields = (uint16_t)(next_random() % MOST_FIELDS);
    m->sender = next_random();
    m->receiver = next_random();
    m->amount = next_random() % 100000;
    m->stamp = next_random();
    if (broken)
      m->fields = MOST_FIELDS + 3;
    else if (next_random() % 600 == 0)
      m->kind = KINDS + 1;
    else if (next_random() % 600 == 0)
      m->version = VERSION - 1;
  }
  struct totals t = {0, {0}};
  for (long round = 0; round < rounds; ++round)
    for (int at = 0; at < MESSAGES; at += BATCH)
      decode_batch(messages + at, BATCH, &t);
  printf("digest %016llx errors %u %u %u\n", (unsigned long long)t.digest,
         t.errors[BAD_VERSION], t.errors[BAD_KIND], t.errors[TOO_MANY_FIELDS]);
  free(messages);
  return 0;
}
