/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Programs for the arena, one a first argument. Each has a region and, as
   functions of the same program, variants of it, which the table of externals
   names: an image may be at any address. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

/* The layouts of runtime/speciate_arena_abi.h. */
struct Region {
  const void *Entry;
  const char *Name;
  uint8_t IntBytes[6], FpBytes[8];
  uint16_t Flags;
};
struct External {
  const char *Name;
  const void *Address;
};
#define TABLE(Section) __attribute__((section(Section), used, retain))
#define CODE __attribute__((noinline))
#define PAD CODE __attribute__((patchable_function_entry(16, 0)))
#define REGION(Function, ...)                                                  \
  TABLE("speciate_arena_regions")                                              \
  struct Region Region_##Function = {Function, #Function, __VA_ARGS__, {0}, 0}
#define EXTERNAL(Symbol)                                                       \
  TABLE("speciate_arena_externals")                                            \
  struct External External_##Symbol = {#Symbol, &Symbol}
#define OPAQUE __asm__ volatile("" ::: "memory")
#define ARGS(...)                                                              \
  { __VA_ARGS__ }

static uint64_t Seed = 88172645463325252ull;
static uint64_t random64(void) {
  Seed ^= Seed << 13;
  Seed ^= Seed >> 7;
  Seed ^= Seed << 17;
  return Seed;
}

/* sum: reads memory, gives a result. */

int Numbers[4096];
long Results[1024];

PAD long sum(const int *A, long N) {
  long Sum = 0;
  OPAQUE;
  for (long I = 0; I < N; ++I) {
    Sum += A[I];
    __asm__ volatile("" : "+r"(Sum));
  }
  return Sum;
}
CODE long sum_backwards(const int *A, long N) {
  volatile long Frame[20];
  Frame[3] = N;
  long Sum = 0;
  OPAQUE;
  while (N-- > 0) {
    Sum += A[N];
    __asm__ volatile("" : "+r"(Sum));
  }
  return Sum;
}
CODE long sum_twice(const int *A, long N) {
  long Sum = sum_backwards(A, N);
  OPAQUE;
  return (Sum + sum_backwards(A, N)) / 2;
}
CODE long sum_wrong(const int *A, long N) {
  return sum_backwards(A, N) + (A[0] % 64 == 7);
}
CODE long sum_forever(const int *A, long N) {
  for (;;)
    OPAQUE;
}
CODE long sum_crashes(const int *A, long N) {
  OPAQUE;
  return *(volatile long *)(A[0] % 64 == 7 ? 8 : (long)A) * 0 +
         sum_backwards(A, N);
}
CODE long sum_aborts(const int *A, long N) {
  if (A[0] % 64 == 7)
    abort();
  return sum_backwards(A, N);
}
CODE long sum_leaves_mxcsr(const int *A, long N) {
  unsigned Control = 0x9f80;
  __asm__ volatile("ldmxcsr %0" : : "m"(Control));
  return sum_backwards(A, N);
}
long Unrelated[100];
CODE long sum_writes(const int *A, long N) {
  Unrelated[50] = N + A[3];
  return sum_backwards(A, N);
}
REGION(sum, ARGS(8, 8));
EXTERNAL(sum_backwards);
EXTERNAL(sum_twice);
EXTERNAL(sum_wrong);
EXTERNAL(sum_forever);
EXTERNAL(sum_crashes);
EXTERNAL(sum_aborts);
EXTERNAL(sum_leaves_mxcsr);
EXTERNAL(sum_writes);
EXTERNAL(Unrelated);

static void run_sum(void) {
  for (long I = 0; I < 200000; ++I)
    Results[I & 1023] += sum(Numbers + (I * 7 & 2047), 1000);
}

/* fill: writes a block that ends at a page without access. */

int *Guarded;
PAD void fill(int *P, long N, int Value) {
  for (long I = 0; I < N; ++I) {
    P[I] = Value;
    OPAQUE;
  }
}
CODE void fill_backwards(int *P, long N, int Value) {
  while (N-- > 0) {
    P[N] = Value;
    OPAQUE;
  }
}
CODE void fill_wrong(int *P, long N, int Value) {
  fill_backwards(P, N, Value);
  P[N / 2] ^= 1;
}
CODE void fill_past(int *P, long N, int Value) {
  fill_backwards(P, N + 1, Value);
}
REGION(fill, ARGS(8, 8, 4));
EXTERNAL(fill_backwards);
EXTERNAL(fill_wrong);
EXTERNAL(fill_past);

static void run_fill(void) {
  char *Block = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(Block + 3 * 4096, 4096, PROT_NONE);
  Guarded = (int *)(Block + 3 * 4096) - 500;
  for (long I = 0; I < 200000; ++I)
    fill(Guarded, 500, (int)I);
}

/* chatty: the program writes all the time, to two files. */

PAD long chatty(long X) {
  OPAQUE;
  return X * 3;
}
CODE long chatty_again(long X) {
  volatile long Frame[7];
  Frame[1] = X;
  OPAQUE;
  return X + X + Frame[1];
}
/* What is wrong does not stay in memory. */
CODE long chatty_wrong(long X) {
  OPAQUE;
  return X * 3 + ((X & 63) == 40);
}
CODE long chatty_silent(long X) {
  OPAQUE;
  return (X & 63) == 40 ? -1 : X * 3;
}
CODE long chatty_swaps(long X) {
  OPAQUE;
  return (X & 63) == 40 ? -2 : X * 3;
}
REGION(chatty, ARGS(8));
EXTERNAL(chatty_again);
EXTERNAL(chatty_wrong);
EXTERNAL(chatty_silent);
EXTERNAL(chatty_swaps);
static void run_chatty(void) {
  for (long I = 0; I < 100000; ++I) {
    long Value = chatty(I);
    char Byte = (char)Value;
    if (Value == -2 && write(2, "!", 1) != 1)
      exit(1);
    if (Value != -1 && write(1, &Byte, 1) != 1)
      exit(1);
    if (Value != -2 && write(2, "!", 1) != 1)
      exit(1);
    Byte = 0;
    __asm__ volatile("" : : "r"(&Byte) : "memory");
  }
}

/* reading: its input is read in small pieces, to the end. With a second
   argument it may be a pipe. */

PAD long reading(const unsigned char *P, long N) {
  long Sum = 0;
  for (long I = 0; I < N; ++I)
    Sum = Sum * 31 + P[I];
  return Sum;
}
CODE long reading_again(const unsigned char *P, long N) {
  long Sum = 0;
  for (const unsigned char *End = P + N; P != End; ++P)
    Sum = (Sum << 5) - Sum + *P;
  return Sum;
}
CODE long reading_on(const unsigned char *P, long N) {
  long Sum = reading_again(P, N);
  return lseek(0, 0, SEEK_CUR) < 0 ? 0 : Sum;
}
REGION(reading, ARGS(8, 8));
EXTERNAL(reading_again);
EXTERNAL(reading_on);
static void run_reading(int Pipe) {
  static unsigned char Piece[512];
  struct stat Status;
  long Total = 0, Size = Pipe ? -1 : lseek(0, 0, SEEK_END);
  if (!Pipe && (Size < 1 || lseek(0, 0, SEEK_SET) != 0))
    exit(5);
  for (;;) {
    long N = read(0, Piece, sizeof(Piece));
    if (N == 0)
      break;
    Total += N;
    if (N < 0 || (!Pipe && (lseek(0, 0, SEEK_CUR) != Total ||
                            fstat(0, &Status) || Status.st_size != Size)))
      exit(6);
    Results[12] += reading(Piece, N);
  }
  if (!Pipe && Total != Size)
    exit(7);
}

/* chance: every entry has a random number. */

PAD long chance(long X) {
  OPAQUE;
  return X & 1023;
}
CODE long chance_again(long X) {
  OPAQUE;
  return (X << 54) >> 54 & 1023;
}
CODE long chance_draws(long X) {
  uint64_t Another;
  if (getrandom(&Another, sizeof(Another), 0) != sizeof(Another))
    exit(8);
  OPAQUE;
  return X & 1023;
}
REGION(chance, ARGS(8));
EXTERNAL(chance_again);
EXTERNAL(chance_draws);
static void run_chance(void) {
  for (long I = 0; I < 100000; ++I) {
    long X;
    if (getrandom(&X, sizeof(X), 0) != sizeof(X))
      exit(8);
    Results[chance(X)] += 1;
  }
}

/* opening: the program opens a file all the time, a device if it is given no
   other. */

PAD long opening(long X) {
  OPAQUE;
  return X * 3;
}
CODE long opening_again(long X) {
  OPAQUE;
  return X + X + X;
}
CODE long opening_another(long X) {
  close(open("/no/such/file", O_RDONLY));
  return X * 3;
}
REGION(opening, ARGS(8));
EXTERNAL(opening_again);
EXTERNAL(opening_another);
static void run_opening(const char *Path) {
  const int First = open(Path, O_RDONLY);
  for (long I = 0; I < 20000; ++I) {
    Results[0] += opening(I);
    struct stat Status;
    char Bytes[8];
    const int Fd = open(Path, O_RDONLY | O_CLOEXEC);
    if (Fd != First + 1 || fstat(Fd, &Status) || open("/no/such", 0) != -1 ||
        errno != ENOENT)
      exit(9);
    /* Of a file of its own offset. */
    if (S_ISREG(Status.st_mode) &&
        (lseek(Fd, I % 5, SEEK_SET) != I % 5 || read(Fd, Bytes, 8) != 8 ||
         Bytes[0] != '0' + I % 5 || lseek(Fd, 0, SEEK_CUR) != I % 5 + 8))
      exit(10);
    if (close(Fd))
      exit(11);
  }
}

/* fib: calls itself. */

PAD long fib(long N) {
  OPAQUE;
  if (N < 2)
    return N;
  long A = fib(N - 1);
  long B = fib(N - 2);
  OPAQUE; /* no loop instead of the second call */
  return A + B;
}
CODE long fib_frame(long N) {
  volatile long Frame[32];
  Frame[7] = N;
  OPAQUE;
  if (N < 2)
    return N;
  long A = fib(N - 1);
  long B = fib(Frame[7] - 2);
  OPAQUE;
  return A + B;
}
CODE long fib_wrong(long N) {
  OPAQUE;
  if (N < 2)
    return N;
  long A = fib(N - 1);
  long B = fib(N - 2);
  OPAQUE;
  return A + B + (N == 9);
}
REGION(fib, ARGS(8));
EXTERNAL(fib_frame);
EXTERNAL(fib_wrong);
static void run_fib(void) {
  for (long I = 0; I < 100; ++I)
    Results[I & 1023] += fib(20 + (I & 3));
}

/* jumper: leaves by longjmp. */

jmp_buf Landing;
PAD long jumper(long X) {
  OPAQUE;
  Results[1] += X;
  if (X % 3 == 0)
    longjmp(Landing, 1);
  return X * 5;
}
CODE long jumper_again(long X) {
  volatile long Frame[9];
  Frame[1] = X;
  OPAQUE;
  if (Frame[1] % 3 == 0) {
    Results[1] += X;
    longjmp(Landing, 1);
  }
  Results[1] += X;
  return (X << 2) + X;
}
CODE long jumper_stays(long X) {
  OPAQUE;
  Results[1] += X;
  return X * 5;
}
REGION(jumper, ARGS(8));
EXTERNAL(jumper_again);
EXTERNAL(jumper_stays);
static void run_jumper(void) {
  for (volatile long I = 0; I < 2000000; ++I)
    if (!setjmp(Landing))
      Results[2] += jumper(I);
    else
      ++Results[3];
}

/* count: has a static variable. */

static long Calls;
PAD long count(void) {
  OPAQUE;
  return ++Calls;
}
CODE long count_again(void) {
  long Before = Calls;
  OPAQUE;
  Calls = Before + 1;
  return Before + 1;
}
CODE long count_skips(void) {
  OPAQUE;
  return (Calls += 2) - 1;
}
REGION(count, ARGS(0));
EXTERNAL(count_again);
EXTERNAL(count_skips);
static void run_count(void) {
  for (long I = 0; I < 3000000; ++I)
    Results[4] ^= count();
}

/* threaded: there is a second thread. */

PAD long threaded(long X) {
  OPAQUE;
  return X ^ 5;
}
REGION(threaded, ARGS(8));
static void *sleeper(void *Stop) {
  while (!*(volatile int *)Stop)
    usleep(1000);
  return 0;
}
static void run_threaded(void) {
  int Stop = 0;
  pthread_t Thread;
  pthread_create(&Thread, 0, sleeper, &Stop);
  for (long I = 0; I < 1000000; ++I)
    Results[5] += threaded(I);
  *(volatile int *)&Stop = 1;
  pthread_join(Thread, 0);
}

/* shared: writes to a shared mapping, whose final state is checked. */

long *Shared;
PAD void shared(long X) {
  OPAQUE;
  Shared[X & 511] += 1;
}
CODE void shared_again(long X) {
  OPAQUE;
  Shared[X & 511] -= -1;
}
CODE void shared_wrong(long X) {
  OPAQUE;
  Shared[X & 255] += 1;
}
REGION(shared, ARGS(8));
EXTERNAL(shared_again);
EXTERNAL(shared_wrong);
static void run_shared(void) {
  Shared =
      mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (long I = 0; I < 512 * 4000; ++I)
    shared(I);
  for (long I = 0; I < 512; ++I)
    if (Shared[I] != 4000)
      exit(3);
}

/* clocked: reads a clock by a system call. */

PAD long clocked(long X) {
  struct timespec Now;
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &Now);
  return X + (Now.tv_sec < 0);
}
CODE long clocked_again(long X) {
  struct timespec Now;
  volatile char Frame[300];
  Frame[0] = 1;
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &Now);
  return X + (Now.tv_sec < 0);
}
REGION(clocked, ARGS(8));
EXTERNAL(clocked_again);
static void run_clocked(void) {
  for (long I = 0; I < 200000; ++I)
    Results[6] += clocked(I);
}

/* allocating: uses the heap, and memory mappings of its own. */

PAD long allocating(long X) {
  size_t Size = X % 64 == 0 ? 1 << 20 : 100 + X % 300;
  char *P = malloc(Size);
  P[Size - 1] = (char)X;
  __asm__ volatile("" : "+r"(P) : : "memory");
  long Result = P[Size - 1];
  free(P);
  return Result;
}
CODE long allocating_again(long X) {
  size_t Size = X % 64 == 0 ? 1 << 20 : 100 + X % 300;
  char *P = malloc(Size);
  P[Size - 1] = (char)X;
  __asm__ volatile("" : "+r"(Size), "+r"(P) : : "memory");
  long Result = P[Size - 1];
  free(P);
  return Result;
}
REGION(allocating, ARGS(8));
EXTERNAL(allocating_again);
static void run_allocating(void) {
  mallopt(M_MMAP_THRESHOLD, 1 << 16); /* else it rises */
  for (long I = 1; I < 300000; ++I)
    Results[7] += allocating(I);
}

/* fleeting: a variant is wrong for the first three entries of a window. Dead
   stack, which is no state, tells it how many there were. */

long Fleeting[2];
PAD void fleeting(long X) {
  OPAQUE;
  Fleeting[0] = X;
}
CODE void fleeting_wrong(long X) {
  const long Magic = 0x5bec1a7e00;
  volatile long *Calls =
      (volatile long *)((char *)__builtin_frame_address(0) - 40960);
  *Calls = (*Calls & ~255l) == Magic ? *Calls + (*Calls < Magic + 9) : Magic;
  OPAQUE;
  Fleeting[0] = X;
  if (*Calls < Magic + 4)
    Fleeting[1] = *Calls < Magic + 3;
}
REGION(fleeting, ARGS(8));
EXTERNAL(fleeting_wrong);
static void run_fleeting(void) {
  for (long I = 0; I < 3000000; ++I)
    fleeting(I);
}

/* giving: has memory that a variant gives back, which makes it zero; another
   one leaves a signal blocked. */

static char *Given;
PAD long giving(long X) {
  OPAQUE;
  return X + Given[0];
}
CODE long giving_back(long X) {
  if ((X & 255) == 9)
    syscall(SYS_madvise, Given + 4096, 4096, MADV_DONTNEED);
  return X + Given[0];
}
CODE long giving_blocks(long X) {
  unsigned long Set = 1ul << (SIGUSR1 - 1);
  if ((X & 255) == 9)
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &Set, 0, 8);
  return X + Given[0];
}
REGION(giving, ARGS(8));
EXTERNAL(giving_back);
EXTERNAL(giving_blocks);
static void run_giving(void) {
  Given =
      mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(Given, 7, 8192);
  syscall(SYS_getpid); /* the first call of a function changes a table */
  for (long I = 0; I < 3000000; ++I)
    Results[12] += giving(I);
}

/* elsewhere: runs on a stack on the heap. */

PAD long elsewhere(long X) {
  OPAQUE;
  return X * 3;
}
REGION(elsewhere, ARGS(8));
static void coroutine(void) {
  for (long I = 0; I < 3000000; ++I)
    Results[13] += elsewhere(I);
}
static void run_elsewhere(void) {
  static ucontext_t Back, There;
  getcontext(&There);
  There.uc_stack.ss_size = 65536;
  There.uc_stack.ss_sp = malloc(65536);
  There.uc_link = &Back;
  makecontext(&There, coroutine, 0);
  swapcontext(&Back, &There);
}

/* forking: entries in children, which have numbers of their own. */

PAD long forking(long X) {
  OPAQUE;
  return X * 9;
}
REGION(forking, ARGS(8));
static void run_forking(void) {
  for (int C = 0; C < 3; ++C) {
    if (!fork()) {
      for (long I = 0; I < 1000000 * (C + 1); ++I)
        Results[8] += forking(I);
      _exit(0);
    }
    int Status;
    /* Sees its own child only. */
    if (wait(&Status) < 0 || Status || wait(&Status) > 0)
      exit(4);
  }
}

/* seldom: entered too rarely for windows that end at an entry. */

PAD long seldom(long N) {
  long Sum = 0;
  for (long I = 0; I < N; ++I) {
    Sum ^= Sum * 31 + Numbers[I & 4095];
    OPAQUE;
  }
  return Sum;
}
/* The same with a loop marker: what stands for its image. */
#define MARKER                                                                 \
  __asm__ volatile("decq __speciate_arena_marker(%%rip)\n"                     \
                   "jz 1f\n"                                                   \
                   "2:\n"                                                      \
                   ".subsection 1\n"                                           \
                   "1: movq %%rax, __speciate_arena_marker+8(%%rip)\n"         \
                   "leaq 2b(%%rip), %%rax\n"                                   \
                   "movq %%rax, __speciate_arena_marker+16(%%rip)\n"           \
                   "movq __speciate_arena_marker+8(%%rip), %%rax\n"            \
                   "jmp __speciate_arena_marker_end\n"                         \
                   ".previous"                                                 \
                   :                                                           \
                   :                                                           \
                   : "memory", "cc")
long Progress[4096];
CODE long seldom_marked(long N) {
  long Sum = 0;
  for (long I = 0; I < N; ++I) {
    MARKER;
    Sum ^= Sum * 31 + Numbers[I & 4095];
    Progress[I & 4095] = Sum;
  }
  return Sum;
}
CODE long seldom_marked_again(long N) {
  volatile long Frame[50];
  Frame[9] = 0;
  for (long I = 0; I < N; ++I) {
    MARKER;
    long Sum = Frame[9];
    Progress[I & 4095] = Frame[9] = Sum ^ (Numbers[I & 4095] + Sum * 31);
  }
  return Frame[9];
}
CODE long seldom_marked_wrong(long N) {
  long Sum = 0;
  for (long I = 0; I < N; ++I) {
    MARKER;
    Sum ^= Sum * 31 + Numbers[I & 4095];
    Progress[I & 4095] = Sum + ((I & 4095) == 1000);
  }
  return Sum;
}
/* Wrong, but not at the beginning. */
CODE long seldom_marked_late(long N) {
  long Sum = 0;
  for (long I = 0; I < N; ++I) {
    MARKER;
    Sum ^= Sum * 31 + Numbers[I & 4095];
    Progress[I & 4095] = Sum ^ (I >= 1000000);
  }
  return Sum;
}
/* Does the same with four times the work. */
CODE long seldom_marked_slow(long N) {
  long Sum = 0;
  for (long I = 0; I < N; ++I) {
    MARKER;
    for (int Again = 0; Again < 4; ++Again) {
      long Next = Sum;
      __asm__ volatile("" : "+r"(Next));
      Next ^= Next * 31 + Numbers[I & 4095];
      __asm__ volatile("" : "+r"(Next));
      Progress[I & 4095] = Next;
    }
    Sum = Progress[I & 4095];
  }
  return Sum;
}
CODE long seldom_again(long N) {
  volatile long Frame[5];
  Frame[3] = 0;
  for (long I = 0; I < N; ++I)
    Frame[3] = (Numbers[I & 4095] + 31 * Frame[3]) ^ Frame[3];
  return Frame[3];
}
CODE long seldom_wrong(long N) { return seldom_again(N) ^ 1; }
EXTERNAL(seldom_again);
EXTERNAL(seldom_wrong);
TABLE("speciate_arena_regions")
struct Region Region_seldom = {seldom, "seldom", {8}, {0}, 1};
EXTERNAL(seldom_marked);
EXTERNAL(seldom_marked_again);
EXTERNAL(seldom_marked_wrong);
EXTERNAL(seldom_marked_late);
EXTERNAL(seldom_marked_slow);
static void run_seldom(void) {
  for (long I = 0; I < 8; ++I)
    Results[9] += seldom(20000000);
}

/* brief: a loop with a marker, but entries that are shorter than a window. */

PAD long brief(long N) {
  long Sum = 0;
  for (long I = 0; I < N; ++I) {
    Sum ^= Sum * 31 + Numbers[I & 4095];
    OPAQUE;
  }
  return Sum;
}
CODE long brief_marked(long N) {
  long Sum = 0;
  for (long I = 0; I < N; ++I) {
    MARKER;
    Sum ^= Sum * 31 + Numbers[I & 4095];
  }
  return Sum;
}
CODE long brief_marked_wrong(long N) { return brief_marked(N) ^ 1; }
TABLE("speciate_arena_regions")
struct Region Region_brief = {brief, "brief", {8}, {0}, 1};
EXTERNAL(brief_marked);
EXTERNAL(brief_marked_wrong);
static void run_brief(void) {
  for (long I = 0; I < 20000; ++I)
    Results[9] += brief(2000 + I % 7);
}

/* spread: a window writes as many pages as the second argument says. */

char *Spread;
long SpreadPages;
PAD long spread(long At) {
  long Sum = 0;
  for (long I = 0; I < 2000; ++I) {
    Spread[(At + I) % SpreadPages * 4096 + (At & 63) * 64] += 1;
    Sum += I ^ At;
    OPAQUE;
  }
  return Sum;
}
CODE long spread_again(long At) {
  long Sum = 0;
  for (long I = 0; I < 2000; ++I) {
    Sum += I ^ At;
    Spread[(At + I) % SpreadPages * 4096 + (At & 63) * 64] += 1;
    OPAQUE;
  }
  return Sum;
}
REGION(spread, ARGS(8));
EXTERNAL(spread_again);
static void run_spread(long Pages) {
  SpreadPages = Pages;
  Spread = aligned_alloc(4096, Pages * 4096);
  memset(Spread, 0, Pages * 4096);
  for (long I = 0; I < 60000; ++I)
    Results[10] += spread(I * 2000);
}

/* filter: the second argument is how many elements there are in a call, a third
   one of 1 asks for the branchless form, a fourth one is how many in a hundred
   pass, by default 50. Prints time stamp cycles
   of all calls: every call sees fresh elements, which fit into the last cache. */

signed char *Elements;
int *Passed;
/* What is done to an element that passes: in vain for the others where there is
   no branch. */
static inline unsigned scramble(unsigned X) {
  X *= 0x9e3779b1u;
  X ^= X >> 15;
  X *= 0x85ebca77u;
  X ^= X >> 13;
  return X * 0xc2b2ae3du;
}
PAD long filter(const signed char *From, long N, int *To) {
  long Count = 0;
  for (long I = 0; I < N; ++I) {
    int X = From[I];
    if (X < 0) {
      __asm__ volatile("" : "+r"(Count));
      To[Count++] = (int)scramble((unsigned)X);
    }
  }
  To[Count] = 0;
  return Count;
}
CODE long filter_branchless(const signed char *From, long N, int *To) {
  long Count = 0;
  for (long I = 0; I < N; ++I) {
    int X = From[I];
    To[Count] = (int)scramble((unsigned)X);
    Count += (unsigned)X >> 31;
    __asm__ volatile("" : "+r"(Count));
  }
  To[Count] = 0;
  return Count;
}
REGION(filter, ARGS(8, 8, 8));
EXTERNAL(filter_branchless);

static uint64_t ticks(void) {
  uint32_t Low, High;
  __asm__ volatile("lfence; rdtsc" : "=a"(Low), "=d"(High));
  return (uint64_t)High << 32 | Low;
}
static void run_filter(long N, int Branchless, unsigned Percent) {
  const long Total = 16000000 / N * N;
  Elements = malloc(Total);
  Passed = malloc((N + 1) * sizeof(int));
  memset(Passed, 0, (N + 1) * sizeof(int));
  for (long I = 0; I < Total; ++I)
    Elements[I] = (random64() >> 32) % 100 < Percent ? -1 : 1;
  uint64_t Start = ticks();
  for (long I = 0; I < Total; I += N)
    Results[11] += Branchless ? filter_branchless(Elements + I, N, Passed)
                              : filter(Elements + I, N, Passed);
  printf("%llu\n", (unsigned long long)(ticks() - Start));
}

int main(int Argc, char **Argv) {
  for (int I = 0; I < 4096; ++I)
    Numbers[I] = (int)(random64() & 0xffffff);
  const char *What = Argc > 1 ? Argv[1] : "";
  long Size = Argc > 2 ? atol(Argv[2]) : 0;
#define CASE(Name)                                                             \
  if (!strcmp(What, #Name))                                                    \
  run_##Name()
  CASE(sum);
  CASE(fill);
  CASE(chatty);
  CASE(chance);
  if (!strcmp(What, "opening"))
    run_opening(Argc > 2 ? Argv[2] : "/dev/null");
  CASE(fib);
  CASE(jumper);
  CASE(count);
  CASE(threaded);
  CASE(shared);
  CASE(clocked);
  CASE(allocating);
  CASE(fleeting);
  CASE(giving);
  CASE(elsewhere);
  CASE(forking);
  CASE(seldom);
  CASE(brief);
  if (!strcmp(What, "reading"))
    run_reading(Argc > 2);
  if (!strcmp(What, "spread"))
    run_spread(Size);
  if (!strcmp(What, "filter"))
    run_filter(Size, Argc > 3 && atoi(Argv[3]), Argc > 4 ? atoi(Argv[4]) : 50);
  return Results[0] == 42;
}
