/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
   A server: each line of its input is a request, answered by a line.
     work N   calls work N times
     wait MS  waits in poll, and says by what it was ended
     fork N   a child calls work N times and goes on as the server
     own      handles SIGUSR2 itself from now on
     seen     how many of these it handled */
#ifdef REGION
__attribute__((noinline)) int work(int X, int Y) { return Y ? X % Y : X; }
#else
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef WHOLE
__attribute__((noinline)) int work(int X, int Y) { return Y ? X % Y : X; }
#else
int work(int X, int Y);
#endif

static volatile int Sum;
static volatile sig_atomic_t Handled;
static void handle(int Signal) {
  (void)Signal;
  Handled = Handled + 1;
}

/* Not fgets: what is read must be by one system call that a signal meets. */
static int readLine(char *Line, size_t Size) {
  size_t N = 0;
  while (N + 1 < Size) {
    ssize_t Got = read(0, Line + N, 1);
    if (Got < 0) {
      printf("read failed: %s\n", strerror(errno));
      fflush(stdout);
      return 0;
    }
    if (!Got)
      return 0;
    if (Line[N] == '\n')
      break;
    ++N;
  }
  Line[N] = 0;
  return 1;
}

int main(void) {
  char Line[64];
  setvbuf(stdout, 0, _IOLBF, 0);
  puts("ready");
  while (readLine(Line, sizeof(Line))) {
    char *Space = strchr(Line, ' ');
    int N = Space ? atoi(Space) : 0;
    if (!strncmp(Line, "work", 4)) {
      for (int I = 0; I < N; ++I)
        Sum += work(I, 5);
      puts("done");
    } else if (!strncmp(Line, "wait", 4)) {
      puts(poll(0, 0, N) < 0 ? strerror(errno) : "time");
    } else if (!strncmp(Line, "fork", 4)) {
      if (fork()) {
        wait(0);
        return 0;
      }
      for (int I = 0; I < N; ++I)
        Sum += work(I, 5);
      printf("child %d\n", (int)getpid());
    } else if (!strncmp(Line, "own", 3)) {
      signal(SIGUSR2, handle);
      puts("done");
    } else if (!strncmp(Line, "seen", 4)) {
      printf("%d\n", (int)Handled);
    }
  }
  return 0;
}
#endif
