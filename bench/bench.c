/* ./dev bench: every workload beside its references. bench --help says the options; bench.h how it is measured. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bench_options bench_options = {.rounds = 5, .seconds = 20, .runs = 1};

static const struct {
  const char *ids; /* what --only may begin with: the identifiers of its rows, separated by blanks */
  const char *what;
  void (*run)(int threads);
} workloads[] = {
    {"W1a", "silu(a*b+c) in the caches", bench_silu_small},
    {"W1b", "silu(a*b+c) from memory", bench_silu_large},
    {"W2a", "softmax 4096 x 4096", bench_softmax_wide},
    {"W2b", "softmax 4096 x 1024", bench_softmax},
    {"W3a", "layer norm 4096 x 768", bench_layer_norm},
    {"W3b", "layer norm forward and backward", bench_layer_norm_backward},
    {"W4a", "matmul 512^3", bench_matmul_512},
    {"W4b", "matmul 1024^3", bench_matmul_1024},
    {"W4c", "matmul 2048^3", bench_matmul_2048},
    {"W4d", "gelu(x @ w + b)", bench_linear_gelu},
    {"W4e", "matmul, other shapes", bench_matmul_shapes},
    {"W5", "training step of an MLP", bench_mlp},
    {"W6", "training step of a CNN", bench_cnn},
    {"W7", "training step of GPT-2", bench_gpt2_step},
    {"W8a W5r", "process start to end of the first step of W5, and its memory", bench_start},
    {"W6r", "memory of a process that trains W6", bench_start_cnn},
    {"W8b W7r W11l", "process start to end of the first step of W7, its memory, compiling", bench_start_gpt},
    {"W9", "AdamW on 124 M parameters", bench_adamw},
    {"W10a", "causal attention", bench_attention},
    {"W10b", "causal attention forward and backward", bench_attention_backward},
    {"W11a W11b W11c W11d", "compile time of W5", bench_mlp_compile},
    {"W11e W11f", "graph building and plan lookup of W5", bench_mlp_lookup},
    {"W11g W11h W11i W11j", "compile time of chains", bench_chains},
    {"W11k", "compile time of a large graph", bench_mixed},
    {"W12", "training step of a very small network", bench_micrograd},
    {"W13a", "training step of a character GPT", bench_char_gpt_step},
    {"W13b", "a character GPT writes", bench_char_gpt_write},
};
enum { N_WORKLOADS = sizeof workloads / sizeof *workloads };

static int usage(FILE *out) {
  fprintf(out, "usage: ./dev bench [OPTIONS]\n"
               "  --only W4,W5     rows whose identifier begins so\n"
               "  --threads 1,2    numbers of threads (default: 1 and all CPUs)\n"
               "  --rounds N       turns of each contestant (5)\n"
               "  --seconds S      of a workload at most, about; slow contestants sit out rounds (20)\n"
               "  --runs N         everything so many times, and the rows side by side\n"
               "  --until-quiet S  measures noisy rows again, S seconds in all\n"
               "  --peers          installs OpenBLAS and torch, and runs torch too\n"
               "  --python PATH    that has the torch to run, as in a virtual environment (/usr/bin/python3)\n"
               "  --quick          smaller arrays where a workload is long\n"
               "  --target NAME    avx512, avx2 or portable\n"
               "  --json FILE      writes the results\n"
               "workloads:\n");
  for (int i = 0; i < N_WORKLOADS; i++)
    fprintf(out, "  %-20s %s\n", workloads[i].ids, workloads[i].what);
  return out == stderr ? 2 : 0;
}

/* "W4" takes W4a, "W1" takes W1a but not W11a, "W4e1" takes the rows of W4e, "W5r" does not take W5. */
static bool begins(const char *id, const char *only) {
  while (*id && *id != ' ' && *id == *only)
    id++, only++;
  bool id_ends = !*id || *id == ' ', id_number = *id >= '0' && *id <= '9', only_number = *only >= '0' && *only <= '9';
  return id_ends ? !*only || only_number : !*only && !id_number;
}

static bool wanted(const char *ids) {
  for (int i = 0; i < bench_options.n_only; i++)
    for (const char *id = ids; id; id = strchr(id, ' ') ? strchr(id, ' ') + 1 : NULL)
      if (begins(id, bench_options.only[i]))
        return true;
  return !bench_options.n_only;
}

static void parse_only(char *text) {
  for (char *rest = text, *id; (id = strtok_r(rest, ",", &rest)) && bench_options.n_only < 16;)
    bench_options.only[bench_options.n_only++] = id;
}

static void parse_threads(char *text) {
  for (char *rest = text, *number; (number = strtok_r(rest, ",", &rest)) && bench_options.n_threads < BENCH_MAX_THREADS;)
    if (atoi(number) >= 1 && atoi(number) <= BENCH_MAX_THREADS)
      bench_options.threads[bench_options.n_threads++] = atoi(number);
}

/* False when an argument is unknown or lacks its value. */
static bool parse(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    const char *name = argv[i];
    if (!strcmp(name, "--peers"))
      bench_options.peers = true;
    else if (!strcmp(name, "--quick"))
      bench_options.quick = true;
    else if (i + 1 == argc)
      return false;
    else if (!strcmp(name, "--only"))
      parse_only(argv[++i]);
    else if (!strcmp(name, "--threads"))
      parse_threads(argv[++i]);
    else if (!strcmp(name, "--rounds"))
      bench_options.rounds = atoi(argv[++i]) > 0 ? atoi(argv[i]) : 1;
    else if (!strcmp(name, "--python"))
      bench_options.python = argv[++i];
    else if (!strcmp(name, "--runs"))
      bench_options.runs = atoi(argv[++i]) > 0 ? atoi(argv[i]) : 1;
    else if (!strcmp(name, "--until-quiet"))
      bench_options.quiet_seconds = atof(argv[++i]);
    else if (!strcmp(name, "--seconds"))
      bench_options.seconds = atof(argv[++i]);
    else if (!strcmp(name, "--target"))
      bench_options.target = argv[++i];
    else if (!strcmp(name, "--json"))
      bench_options.json = argv[++i];
    else
      return false;
  }
  return true;
}

static void default_threads(void) {
  if (bench_options.n_threads)
    return;
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  bench_options.threads[bench_options.n_threads++] = 1;
  if (cpus > 1)
    bench_options.threads[bench_options.n_threads++] = cpus < BENCH_MAX_THREADS ? (int)cpus : BENCH_MAX_THREADS;
}

int main(int argc, char **argv) {
  bench_options.program = argv[0];
  if (argc >= 5 && !strcmp(argv[1], "--first-step")) {
    bench_options.quick = argc > 5;
    return bench_start_child(argv[2], argv[3], atoi(argv[4]));
  }
  if (argc == 2 && !strcmp(argv[1], "--help"))
    return usage(stdout);
  if (!parse(argc, argv))
    return usage(stderr);
  default_threads();
  bench_report_machine();
  for (int run = 0; run < bench_options.runs; run++)
    for (int i = 0; i < N_WORKLOADS; i++)
      for (int t = 0; t < bench_options.n_threads && wanted(workloads[i].ids); t++)
        workloads[i].run(bench_options.threads[t]);
  bench_peer_stop();
  return !bench_report_end();
}
