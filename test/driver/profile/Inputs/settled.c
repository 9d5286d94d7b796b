// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Who writes what, and when, is known by construction: see settled.test.
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { Rounds = 300, Count = 1000 };
struct config {
  int Limit, Moving;
};

static int Early, Late, Pointed, PointedLate, Same, Threaded, Plugged,
    PluggedLate, Unwritten;
static struct config *Config;
int *Where[2];
static long Sum;

__attribute__((noinline)) static void work(int N) {
  for (int I = 0; I < N; ++I) {
    Sum += Early * 3 + (Late ^ I) + Pointed + PointedLate;
    Sum ^= Same + Threaded + Plugged * 5 + PluggedLate + Unwritten;
    Sum += Config->Limit / (I + 1) + Config->Moving;
    Same = 9; // Again and again.
    __asm__ volatile("" : : : "memory");
  }
}

__attribute__((noinline)) static void setup(int N) {
  Early = N + 41;
  Late = N + 42;
  Where[0] = &Pointed;
  Where[1] = &PointedLate;
  Config = malloc(sizeof(*Config) * (unsigned)N);
  Config->Limit = N + 43;
  Config->Moving = N;
}

static void *thread(void *Value) {
  Threaded = *(int *)Value + 44;
  return 0;
}

int main(int argc, char **argv) {
  setup(argc);
  *Where[argc - 2] = argc + 45;
  *Where[argc - 1] = argc + 46;
  pthread_t T;
  pthread_create(&T, 0, thread, &argc);
  pthread_join(T, 0);
  void *Plugin = dlopen(argv[1], RTLD_NOW);
  void (*Set)(int *, int) = Plugin ? dlsym(Plugin, "set") : 0;
  if (!Set)
    return 1;
  Set(&Plugged, argc + 47);
  Set(&PluggedLate, argc + 48);
  for (int Round = 0; Round < Rounds; ++Round) {
    if (Round == Rounds - 50) {
      Late = argc;
      *Where[argc - 1] = argc;
      Set(&PluggedLate, argc);
    }
    Config->Moving = Round;
    work(Count);
  }
  printf("%ld\n", Sum);
  return 0;
}
