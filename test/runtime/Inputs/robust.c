/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
   robust MODE [LIBRARY...]: calls work in every way of life of a process, and
   says how often. REGION: work alone. PLUGIN: what a library has besides. */
#ifdef REGION
__attribute__((noinline)) int work(int X, int Y) { return Y ? X % Y : X; }
#else
int work(int X, int Y);
#ifdef WHOLE
__attribute__((noinline)) int work(int X, int Y) { return Y ? X % Y : X; }
#endif
#ifdef PLUGIN
int callWork(int N) {
  int Sum = 0;
  for (int I = 0; I < N; ++I)
    Sum += work(I, 5);
  return Sum;
}
#else
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int Sum;
static volatile int InHandler;

static void many(int N) {
  for (int I = 0; I < N; ++I)
    Sum += work(I, 5);
}
static void handle(int Signal) {
  (void)Signal;
  many(3);
  InHandler = InHandler + 3;
}
static void *run(void *Unused) {
  (void)Unused;
  many(100000);
  return 0;
}

/* How SIGUSR2 is handled: 'd' by default, 'h' by a handler. */
static char usr2(void) {
  struct sigaction Action;
  sigaction(SIGUSR2, 0, &Action);
  return Action.sa_handler == SIG_DFL ? 'd' : 'h';
}

static void *load(const char *Path, int N) {
  void *Library = dlopen(Path, RTLD_NOW | RTLD_LOCAL);
  if (!Library) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  int (*Call)(int) = (int (*)(int))dlsym(Library, "callWork");
  Sum += Call(N);
  return Library;
}

static int libraries(char **Paths) {
  char Said[16];
  int N = 0;
  for (int I = 0; I < 3; ++I) {
    void *Library = load(Paths[0], 100);
    Said[N++] = usr2();
    dlclose(Library);
    Said[N++] = usr2();
  }
  /* Each of two has its own dump, in whatever order they go. */
  for (int First = 0; First < 2; ++First) {
    void *Two[2] = {load(Paths[0], 10), load(Paths[1], 20)};
    raise(SIGUSR2);
    dlclose(Two[First]);
    raise(SIGUSR2);
    dlclose(Two[!First]);
    Said[N++] = usr2();
  }
  Said[N] = 0;
  if (!fork())
    _exit(0);
  wait(0);
  puts(Said);
  return 0;
}

int main(int argc, char **argv) {
  const char *Mode = argv[1];
  if (argc > 2)
    return libraries(argv + 2);
  if (!strcmp(Mode, "threads")) {
    pthread_t Threads[4];
    many(1000);
    for (int I = 0; I < 4; ++I)
      pthread_create(&Threads[I], 0, run, 0);
    for (int I = 0; I < 4; ++I)
      pthread_join(Threads[I], 0);
    many(1000);
    puts("1 402000");
  } else if (!strcmp(Mode, "fork")) {
    /* Threads of the parent are not the child's. */
    pthread_t Thread;
    pthread_create(&Thread, 0, run, 0);
    if (!fork()) {
      many(50);
      if (!fork()) {
        many(7);
        _exit(0);
      }
      wait(0);
      _exit(0);
    }
    pthread_join(Thread, 0);
    wait(0);
    puts("3 100057");
  } else if (!strcmp(Mode, "vfork")) {
    many(100);
    if (!vfork()) {
      many(10);
      _exit(0);
    }
    wait(0);
    puts("1 110");
  } else if (!strcmp(Mode, "exec")) {
    many(100);
    puts("3 310");
    fflush(stdout);
    execl(argv[0], argv[0], "again", (char *)0);
  } else if (!strcmp(Mode, "again")) {
    many(110);
    if (!vfork()) {
      execl(argv[0], argv[0], "last", (char *)0);
      _exit(1);
    }
    wait(0);
  } else if (!strcmp(Mode, "last")) {
    many(100);
    abort();
  } else if (!strcmp(Mode, "signals")) {
    /* Some come inside of work and of what it reports to. */
    struct itimerval Often = {{0, 300}, {0, 300}};
    int N = 0;
    signal(SIGALRM, handle);
    signal(SIGUSR1, handle);
    setitimer(ITIMER_REAL, &Often, 0);
    for (; InHandler < 300 && N < 400000000; N += 1000)
      many(1000);
    memset(&Often, 0, sizeof(Often));
    setitimer(ITIMER_REAL, &Often, 0);
    for (int I = 0; I < 10; ++I)
      raise(SIGUSR1);
    printf("1 %d\n", N + InHandler);
  } else if (!strcmp(Mode, "forever")) {
    puts("started");
    fflush(stdout);
    for (;;)
      many(1000);
  }
  return 0;
}
#endif
#endif
