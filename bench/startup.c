/* W8 from the start of a process to the end of its first training step, W11l what of that is compiling, W5r to W7r the most memory that a
 * process held while it trained. The program starts itself, or torch; the new process says what it did in a line, with the time by the
 * clock that all processes share, so that its end does not count. */
#include "cnn.h"
#include "gpt.h"
#include "mlp.h"

#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- the process that is started ---- */

/* What a process did. */
struct outcome {
  double done;      /* when its first step was; of what start_once returns: seconds since it was started */
  double loss;      /* of that step */
  double compiling; /* seconds of that step */
  double memory;    /* MiB, the most it held in any step */
};

/* The most that this process held, in MiB: not getrusage's, which has that of the process before exec. */
static double peak_memory(void) {
  char line[128];
  double kibibytes = 0;
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status))
    if (!strncmp(line, "VmHWM:", 6))
      kibibytes = atof(line + 6);
  if (status)
    fclose(status);
  return kibibytes / 1024;
}

static void train(tin_ctx *ctx, bench_call *step, void *model, tin_tensor *loss, int steps, struct outcome *outcome) {
  step(model);
  *outcome = (struct outcome){.loss = tin_item(loss), .done = bench_seconds(), .compiling = tin_stats(ctx).compile_seconds};
  for (int i = 1; i < steps; i++)
    step(model);
  if (!tin_ok(ctx))
    fprintf(stderr, "bench: %s\n", tin_message(ctx));
  outcome->memory = peak_memory();
}

static void train_mlp(tin_ctx *ctx, struct outcome *outcome) {
  struct bench_mlp mlp;
  bench_mlp_make(&mlp, ctx);
  train(ctx, bench_mlp_step, &mlp, mlp.loss, 10, outcome);
}

static void train_cnn(tin_ctx *ctx, struct outcome *outcome) {
  struct bench_cnn cnn;
  bench_cnn_make(&cnn, ctx, bench_cnn_batch());
  train(ctx, bench_cnn_step, &cnn, cnn.loss, 2, outcome);
}

static void train_gpt(tin_ctx *ctx, struct outcome *outcome) {
  struct bench_gpt gpt;
  bench_gpt_make(&gpt, ctx, bench_options.quick ? &bench_gpt2_quick : &bench_gpt2);
  bench_gpt_make_trainer(&gpt);
  train(ctx, bench_gpt_step, &gpt, gpt.loss, 2, outcome);
}

static const struct model {
  const char *name;
  void (*train)(tin_ctx *ctx, struct outcome *outcome);
  const char *torch, *torch_quick; /* as peer_torch.py knows it; NULL: not */
  double guess;                    /* the number of classes, whose logarithm the first loss is about; 0: as it comes */
} models[] = {
    {"mlp", train_mlp, "mlp", "mlp", MLP_CLASSES},
    {"cnn", train_cnn, "cnn 128", "cnn 16", CNN_CLASSES},
    {"gpt2", train_gpt, "gpt 50304 1024 768 12 12 4 64 1", NULL, 0},
};

int bench_start_child(const char *model, const char *mode, int threads) {
  struct outcome outcome = {0};
  tin_ctx *ctx = NULL;
  if (strcmp(mode, "nothing")) {
    ctx = bench_ctx(threads, !strcmp(mode, "fused"));
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
      if (!strcmp(models[i].name, model))
        models[i].train(ctx, &outcome);
  } else {
    outcome = (struct outcome){.done = bench_seconds(), .memory = peak_memory()};
  }
  printf("%.9f %.9g %.9g %.3f\n", outcome.done, outcome.loss, outcome.compiling, outcome.memory);
  fflush(stdout);
  tin_ctx_free(ctx);
  return 0;
}

/* ---- starting it ---- */

static bool spawn(const char *program, char *const *arguments, int *from, pid_t *child) {
  int ends[2];
  posix_spawn_file_actions_t actions;
  if (pipe(ends))
    return false;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  bool good = !posix_spawn(child, program, &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  *from = ends[0];
  if (!good)
    close(ends[0]);
  return good;
}

/* False when the process failed. */
static bool start_once(const char *program, char *const *arguments, struct outcome *outcome) {
  int from, status;
  pid_t child;
  double start = bench_seconds();
  if (!spawn(program, arguments, &from, &child))
    return false;
  FILE *line = fdopen(from, "r");
  bool good = line && fscanf(line, "%lf %lf %lf %lf", &outcome->done, &outcome->loss, &outcome->compiling, &outcome->memory) == 4;
  if (line)
    fclose(line);
  outcome->done -= start;
  return waitpid(child, &status, 0) == child && !status && good;
}

static bool start_self(const struct model *model, const char *mode, int threads, struct outcome *outcome) {
  char number[16];
  snprintf(number, sizeof number, "%d", threads);
  char *arguments[] = {(char *)bench_options.program,
                       "--first-step",
                       (char *)model->name,
                       (char *)mode,
                       number,
                       bench_options.quick ? "--quick" : NULL,
                       NULL};
  return start_once("/proc/self/exe", arguments, outcome);
}

static bool start_torch(const struct model *model, int threads, struct outcome *outcome) {
  char number[16];
  const char *command = bench_options.quick ? model->torch_quick : model->torch, *python = bench_python();
  snprintf(number, sizeof number, "%d", threads);
  char *arguments[] = {(char *)python, "bench/peer_torch.py", "--first-step", number, (char *)command, NULL};
  return command && start_once(python, arguments, outcome);
}

/* ---- rows ---- */

enum { FUSED, UNFUSED, NOTHING, TORCH, MODES };
enum quantity { SECONDS, COMPILING, MEMORY };
struct start_row {
  const char *id, *what, *unit;
  enum quantity quantity;
};

static double quantity_of(const struct outcome *outcome, enum quantity quantity) {
  return quantity == SECONDS ? outcome->done : quantity == COMPILING ? outcome->compiling : outcome->memory;
}

/* Processes are started in turns; each gives a sample of every row. False when one failed or was wrong. */
static bool start_round(const struct model *model, struct bench_workload *workloads, const struct start_row *rows, int count) {
  static const char *const modes[] = {"fused", "unfused", "nothing"};
  struct outcome outcomes[MODES];
  for (int mode = 0; mode < MODES; mode++) {
    struct outcome *outcome = &outcomes[mode];
    if (mode == TORCH && (!bench_options.peers || workloads[0].contestants[TORCH].state))
      continue;
    bool good =
        mode == TORCH ? start_torch(model, workloads[0].threads, outcome) : start_self(model, modes[mode], workloads[0].threads, outcome);
    if (!good && mode == TORCH) {
      workloads[0].contestants[TORCH].state = workloads; /* it has no such model, or does not run: not asked again */
      continue;
    }
    if (!good) {
      fprintf(stderr, "bench: %s: the process failed\n", rows[0].id);
      return false;
    }
    for (int row = 0; row < count; row++)
      if (rows[row].quantity != COMPILING || mode == FUSED || mode == UNFUSED)
        bench_sample(&workloads[row].contestants[mode], quantity_of(outcome, rows[row].quantity));
  }
  /* a step was made when the loss of random weights is that of guessing, and fusing does not change it */
  return outcomes[FUSED].loss == outcomes[UNFUSED].loss &&
         (!model->guess || bench_check_number(rows[0].id, "tinsmith", outcomes[FUSED].loss, log(model->guess), 0.1));
}

static void measure_starts(const char *name, int threads, int starts, const struct start_row *rows, int count) {
  struct bench_workload workloads[3];
  const struct model *model = models;
  double begin = bench_seconds();
  while (strcmp(model->name, name))
    model++;
  for (int row = 0; row < count; row++) {
    workloads[row] = bench_workload(rows[row].id, threads, rows[row].unit);
    snprintf(workloads[row].what, sizeof workloads[row].what, "%s", rows[row].what);
    bench_add(&workloads[row], "tinsmith", BENCH_US, NULL, NULL);
    bench_add(&workloads[row], "unfused", BENCH_US, NULL, NULL);
    bench_add(&workloads[row], "no step", BENCH_REFERENCE, NULL, NULL);
    bench_add(&workloads[row], "torch", BENCH_REFERENCE, NULL, NULL);
  }
  for (int round = 0; round < starts && (round < 2 || bench_seconds() - begin < bench_options.seconds); round++) {
    bench_progress(rows[0].id, "starting processes");
    if (!start_round(model, workloads, rows, count))
      return;
  }
  for (int row = 0; row < count; row++)
    bench_measure(&workloads[row]);
}

void bench_start(int threads) {
  static const struct start_row rows[] = {{"W8a", "process start to end of the first step of W5", "ms", SECONDS},
                                          {"W5r", "most memory of a process that trains W5", "MiB", MEMORY}};
  measure_starts("mlp", threads, 4 * bench_options.rounds, rows, 2);
}

void bench_start_cnn(int threads) {
  static const struct start_row rows[] = {{"W6r", "most memory of a process that trains W6", "MiB", MEMORY}};
  measure_starts("cnn", threads, 2, rows, 1);
}

void bench_start_gpt(int threads) {
  static const struct start_row rows[] = {{"W8b", "process start to end of the first step of W7", "ms", SECONDS},
                                          {"W7r", "most memory of a process that trains W7", "MiB", MEMORY},
                                          {"W11l", "compile all of W7: plan, generate, libtcc", "ms", COMPILING}};
  measure_starts("gpt2", threads, bench_options.rounds, rows, threads == 1 ? 3 : 2); /* compiling uses one thread */
}
