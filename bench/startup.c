/* W8a: from the start of a process to the end of its first training step. The program starts itself; the new process says through a pipe
 * when it was done, on the clock that all processes share, so that its end does not count. */
#include "mlp.h"

#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int bench_start_child(const char *mode, int threads, int pipe) {
  double done[2] = {0}; /* when, and the loss */
  struct bench_mlp mlp = {0};
  if (strcmp(mode, "nothing")) {
    bench_mlp_make(&mlp, bench_ctx(threads, !strcmp(mode, "fused")));
    bench_mlp_step(&mlp);
    done[1] = tin_item(mlp.loss);
    if (!tin_ok(mlp.ctx))
      fprintf(stderr, "bench: W8a: %s\n", tin_message(mlp.ctx));
  }
  done[0] = bench_seconds();
  bool good = write(pipe, done, sizeof done) == sizeof done;
  tin_ctx_free(mlp.ctx);
  return !good;
}

/* Seconds until the process was done; NaN when it failed. */
static double start_once(const char *mode, int threads, double *loss) {
  int ends[2], status;
  char threads_text[16], pipe_text[16];
  double done[2] = {NAN, NAN};
  if (pipe(ends))
    return NAN;
  snprintf(threads_text, sizeof threads_text, "%d", threads);
  snprintf(pipe_text, sizeof pipe_text, "%d", ends[1]);
  char *arguments[] = {(char *)bench_options.program, "--first-step", (char *)mode, threads_text, pipe_text, NULL};
  pid_t child;
  double start = bench_seconds();
  if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ)) {
    close(ends[0]), close(ends[1]);
    return NAN;
  }
  close(ends[1]);
  bool good = read(ends[0], done, sizeof done) == sizeof done;
  close(ends[0]);
  waitpid(child, &status, 0);
  *loss = done[1];
  return good ? done[0] - start : NAN;
}

void bench_start(int threads) {
  static const struct {
    const char *mode, *name;
    enum bench_role role;
  } modes[] = {{"fused", "tinsmith", BENCH_US}, {"unfused", "unfused", BENCH_US}, {"nothing", "no step", BENCH_REFERENCE}};
  enum { MODES = sizeof modes / sizeof *modes, STARTS = 4 };
  struct bench_workload workload = bench_workload("W8a", threads, "ms");
  snprintf(workload.what, sizeof workload.what, "process start to end of the first step of W5");
  for (int i = 0; i < MODES; i++)
    bench_add(&workload, modes[i].name, modes[i].role, NULL, NULL);
  for (int round = 0; round < STARTS * bench_options.rounds; round++) {
    double losses[MODES];
    for (int i = 0; i < MODES; i++) {
      double taken = start_once(modes[i].mode, threads, &losses[i]);
      if (isnan(taken)) {
        fprintf(stderr, "bench: W8a: the process failed\n");
        return;
      }
      bench_sample(&workload.contestants[i], taken);
    }
    /* a step was made when the loss of random weights is that of guessing among ten, and fusing does not change it */
    if (losses[0] != losses[1] || !bench_check_number("W8a", "tinsmith", losses[0], log(MLP_CLASSES), 0.1))
      return;
  }
  bench_measure(&workload);
}
