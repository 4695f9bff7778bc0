/* Random graphs for as long as asked, see tests/fuzz/fuzz.h. Cases run in child processes, chunk by chunk; a fault is shrunk and printed,
 * and the next case follows. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/fuzz/program.h"

enum { CHUNK = 200, MAX_CONFIGS = 16, CASE_SECONDS = 20, PROGRAM_EVERY = 5 };

static const char help[] =
    "usage: fuzz [--seconds N] [--seed N] [--graphs N] [--faults N]\n"
    "\n"
    "Runs random graphs against the interpreter, from the seed upwards, and prints the smallest form of those that fail.\n"
    "\n"
    "  --seconds N   for how long (default 60)\n"
    "  --seed N      the first graph's seed (default 1); each graph has the next one\n"
    "  --graphs N    at most so many graphs\n"
    "  --faults N    stops after so many faults (default 1)\n"
    "  --only KIND   graphs or programs (default: every fifth case is a program)\n";

/* What children tell their parent. */
struct progress {
  uint64_t seed;
  struct fuzz_config config;
  bool failed, is_program;
  int64_t graphs, programs, nodes, runs, kernels;
  struct fuzz_coverage coverage;
};

struct settings {
  uint64_t seed;
  int64_t graphs;
  int faults;
  bool programs, only_programs;
  double end;
};

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool run_case(struct fuzz_engines *engines, struct progress *progress) {
  static struct fuzz_case c;
  struct fuzz_config configs[MAX_CONFIGS];
  struct tin_error error = {.set = false};
  int n_configs = fuzz_configs(progress->seed, configs, MAX_CONFIGS);
  progress->config = (struct fuzz_config){.target = "interpreter", .fuse = TIN_FUSE_ALL, .threads = 1};
  alarm(CASE_SECONDS);
  bool good = fuzz_generate(&c, progress->seed);
  progress->graphs++;
  progress->nodes += good ? c.order.count : 0;
  if (good)
    fuzz_cover(&progress->coverage, &c);
  for (int i = 0; i < n_configs && good; i++) {
    progress->config = configs[i];
    progress->runs++;
    good = fuzz_check(engines, &c, &configs[i], &error);
  }
  if (!good)
    fprintf(stderr, "fuzz: seed %llu: %s\n", (unsigned long long)progress->seed, error.text);
  fuzz_case_free(&c);
  progress->failed = !good;
  return good;
}

static bool run_program(struct progress *progress) {
  struct program program;
  struct fuzz_config configs[MAX_CONFIGS];
  struct tin_error error = {.set = false};
  int n_configs = program_configs(progress->seed, configs, MAX_CONFIGS);
  program_make(&program, progress->seed);
  progress->programs++;
  bool good = true;
  for (int i = 0; i < n_configs && good; i++) {
    alarm(CASE_SECONDS);
    progress->config = configs[i];
    progress->runs++;
    good = program_check(&program, &configs[i], &error);
  }
  if (!good)
    fprintf(stderr, "fuzz: program %llu: %s\n", (unsigned long long)progress->seed, error.text);
  progress->failed = !good;
  return good;
}

/* The cases from progress->seed + 1 on, until a fault or the end of the chunk. */
static void run_chunk(struct progress *progress, const struct settings *settings) {
  struct fuzz_engines *engines = fuzz_engines_new();
  int64_t kernels = progress->kernels;
  for (int i = 0; engines && i < CHUNK && progress->graphs + progress->programs < settings->graphs && seconds() < settings->end; i++) {
    progress->seed++;
    progress->is_program = settings->programs && (progress->seed % PROGRAM_EVERY == 0 || settings->only_programs);
    if (!(progress->is_program ? run_program(progress) : run_case(engines, progress)))
      break;
    progress->kernels = kernels + fuzz_engines_kernels(engines);
  }
  fuzz_engines_free(engines);
}

static int fuzz(const struct settings *settings) {
  struct progress *progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int faults = 0;
  if (progress == MAP_FAILED)
    return 2;
  progress->seed = settings->seed - 1;
  while (faults < settings->faults && progress->graphs + progress->programs < settings->graphs && seconds() < settings->end) {
    fflush(NULL);
    progress->failed = false;
    pid_t child = fork();
    if (child == 0) {
      run_chunk(progress, settings);
      exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0)
      return 2;
    if (!progress->failed && WIFEXITED(status))
      continue;
    faults++;
    if (progress->is_program)
      program_report(stdout, progress->seed, &progress->config);
    else
      fuzz_report(stdout, progress->seed, &progress->config);
  }
  if (progress->graphs)
    fuzz_cover_print(stdout, &progress->coverage);
  printf("%lld graphs (%lld nodes), %lld programs, %lld runs in configurations, %lld kernels, %d faults; next seed %llu\n",
         (long long)progress->graphs, (long long)progress->nodes, (long long)progress->programs, (long long)progress->runs,
         (long long)progress->kernels, faults, (unsigned long long)progress->seed + 1);
  return faults ? 1 : 0;
}

int main(int argc, char **argv) {
  static const struct option names[] = {{"seconds", required_argument, NULL, 't'},
                                        {"seed", required_argument, NULL, 's'},
                                        {"graphs", required_argument, NULL, 'g'},
                                        {"faults", required_argument, NULL, 'f'},
                                        {"only", required_argument, NULL, 'o'},
                                        {"help", no_argument, NULL, 'h'},
                                        {0}};
  struct settings settings = {.seed = 1, .graphs = INT64_MAX, .faults = 1, .programs = true};
  double limit = 60;
  int letter;
  while ((letter = getopt_long(argc, argv, "", names, NULL)) >= 0) {
    if (letter == 'h')
      return fputs(help, stdout) < 0;
    if (letter == '?')
      return fputs(help, stderr), 2;
    if (letter == 't')
      limit = strtod(optarg, NULL);
    if (letter == 's')
      settings.seed = strtoull(optarg, NULL, 0);
    if (letter == 'g')
      settings.graphs = strtoll(optarg, NULL, 0);
    if (letter == 'o') {
      settings.programs = *optarg == 'p';
      settings.only_programs = settings.programs;
    }
    if (letter == 'f')
      settings.faults = atoi(optarg);
  }
  settings.end = seconds() + limit;
  return fuzz(&settings);
}
