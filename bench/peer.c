/* torch as a contestant: one process of peer_torch.py that is told a workload and then, turn by turn, to run it so many times. It answers
 * with the seconds it took, measured on its side: what passes through the pipes does not count. */
#include "bench.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* By number of threads: a process that has once run on another number is several times slower from then on. */
static struct torch {
  FILE *to, *from;
  pid_t process;
  bool failed;
} processes[BENCH_MAX_THREADS + 1];

/* What makes torch fastest: its kernels for this CPU, likewise OpenBLAS's, which older releases do not find by themselves, the OpenMP build
 * of OpenBLAS (the other one's threads and torch's own fight for the cores), and memory that is not given back at every call. What the user
 * has set stays. */
static void set_fair(void) {
  static const char openmp[] = "/usr/lib/x86_64-linux-gnu/openblas-openmp";
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    setenv("ATEN_CPU_CAPABILITY", "avx512", 0), setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
  else if (__builtin_cpu_supports("avx2"))
    setenv("ATEN_CPU_CAPABILITY", "avx2", 0), setenv("OPENBLAS_CORETYPE", "Haswell", 0);
#endif
  setenv("MALLOC_MMAP_MAX_", "0", 0), setenv("MALLOC_TRIM_THRESHOLD_", "68719476736", 0), setenv("MALLOC_TOP_PAD_", "268435456", 0);
  if (access(openmp, F_OK) == 0)
    setenv("LD_LIBRARY_PATH", openmp, 0);
}

const char *bench_python(void) {
  set_fair();
  return bench_options.python ? bench_options.python : "/usr/bin/python3";
}

static void exec_torch(const int *to, const int *from) {
  const char *python = bench_python();
  dup2(to[0], 0), dup2(from[1], 1);
  for (int i = 0; i < 2; i++)
    close(to[i]), close(from[i]);
  execl(python, "python3", "bench/peer_torch.py", (char *)NULL); /* ./dev runs this in the repository's root */
  _exit(127);
}

static bool start_torch(struct torch *torch) {
  int to[2], from[2];
  char line[256];
  if (torch->from || torch->failed)
    return !torch->failed;
  torch->failed = true;
  if (pipe(to) || pipe(from))
    return false;
  signal(SIGPIPE, SIG_IGN);
  torch->process = fork();
  if (!torch->process)
    exec_torch(to, from);
  close(to[0]), close(from[1]);
  fcntl(to[1], F_SETFD, FD_CLOEXEC), fcntl(from[0], F_SETFD, FD_CLOEXEC); /* another torch would keep this one's input open */
  torch->to = fdopen(to[1], "w"), torch->from = fdopen(from[0], "r");
  torch->failed = !torch->to || !torch->from || !fgets(line, sizeof line, torch->from);
  if (torch->failed)
    fprintf(stderr, "bench: torch does not run (python3-torch)\n");
  else
    printf("%s", line);
  return !torch->failed;
}

/* Seconds that torch took for so many calls; negative when it does not answer. */
static double ask(const char *command, int threads, int calls) {
  struct torch *torch = &processes[threads];
  char line[64];
  fprintf(torch->to, "%d %d %s\n", threads, calls, command);
  fflush(torch->to);
  if (!fgets(line, sizeof line, torch->from))
    return -1;
  return atof(line);
}

struct bench_peer {
  char command[64];
  int threads;
};

static void torch_turn(struct bench_contestant *contestant) {
  const struct bench_peer *peer = contestant->state;
  double one = ask(peer->command, peer->threads, 1);
  int repeat = one > 1e-3 ? 1 : (int)(1e-3 / (one + 1e-8)) + 1;
  int samples = one * repeat > 30e-3 ? 1 : (int)(30e-3 / (one * repeat + 1e-9));
  for (int i = 0; i < (samples > 16 ? 16 : samples) && one > 0; i++)
    bench_sample(contestant, ask(peer->command, peer->threads, repeat) / repeat);
}

void bench_add_torch(struct bench_workload *workload, const char *command) {
  static struct bench_peer peer; /* one workload at a time */
  if (!bench_options.peers || !command || !start_torch(&processes[workload->threads]))
    return;
  snprintf(peer.command, sizeof peer.command, "%s", command);
  peer.threads = workload->threads;
  if (ask(command, workload->threads, 2) < 0)
    return;
  struct bench_contestant *contestant = bench_add(workload, "torch", BENCH_REFERENCE, NULL, &peer);
  contestant->turn = torch_turn;
  contestant->pause_ms = workload->threads > 1 ? BENCH_OPENMP_PAUSE : 0;
}

void bench_peer_stop(void) {
  for (int threads = 0; threads <= BENCH_MAX_THREADS; threads++) {
    struct torch *torch = &processes[threads];
    if (!torch->process)
      continue;
    if (torch->to)
      fclose(torch->to);
    if (torch->from)
      fclose(torch->from);
    waitpid(torch->process, NULL, 0);
  }
}
