/* The benchmark's harness. A workload is one computation that several contestants do: this library, the same with every fusion left out
 * ("unfused"), and references. Contestants take turns within a round (A B C A B C ...), so that a change of the machine's clock or load
 * meets all of them; what counts is the ratio of the fastest samples. A limit (FMA peak, a copy of the same bytes) takes its turn like a
 * contestant. Before anything is timed the results are compared. Private to bench.
 */
#ifndef TIN_BENCH_H
#define TIN_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tinsmith_nn.h"

enum { BENCH_MAX_CONTESTANTS = 10, BENCH_MAX_INPUTS = 6, BENCH_MAX_OUTPUTS = 8, BENCH_MAX_THREADS = 16 };

/* ---- options (bench.c) ---- */

struct bench_options {
  const char *only[16]; /* identifiers begin with one of these; none: all */
  int n_only;
  int threads[BENCH_MAX_THREADS];
  int n_threads;
  int rounds;
  bool peers;           /* with torch, by peer_torch.py */
  const char *python;   /* that has torch; NULL: the system's */
  bool quick;           /* smaller sizes where a workload is long */
  double seconds;       /* of a workload at most, about: shared by its contestants, who have two turns at least */
  double quiet_seconds; /* noisy workloads are measured again for so long, all together; 0: never */
  int runs;             /* of all workloads, whose rows are compared at the end */
  const char *json;
  const char *target;  /* of the library; NULL: the best */
  const char *program; /* argv[0], to start this program again */
};
extern struct bench_options bench_options; /* set once by main before anything runs */

/* ---- a workload and its contestants (measure.c) ---- */

typedef void bench_call(void *state);

struct bench_samples {
  double *at; /* seconds of a call each */
  int count, capacity;
  double min, median;
};

enum bench_role { BENCH_US, BENCH_REFERENCE, BENCH_LIMIT };

struct bench_contestant {
  const char *name;
  enum bench_role role;
  bench_call *call;                                  /* NULL: the workload records its samples itself, or */
  void (*turn)(struct bench_contestant *contestant); /* records the samples of one turn; NULL: calls are timed here */
  void *state;
  tin_ctx *ctx;      /* of this library's contestants: for their statistics */
  double limit_work; /* of a limit: the work of one call, in the unit of the workload's limit_work */
  int pause_ms;      /* before its turn ends: threads that spin after the call would disturb the next one */
  int repeat;        /* calls a sample */
  int samples;       /* samples a round */
  double spent;      /* seconds so far */
  struct bench_samples time;
  double run;      /* least seconds a call spent in kernels (run_seconds of tin_stats); 0: unknown */
  int64_t kernels; /* launched by a call */
  int64_t planned_bytes;
  int64_t moved_bytes; /* read and written by the kernels of a call, as planned */
  double compiling;    /* seconds for planning and compiling a call */
  bool replanned;      /* a plan was made while it was timed */
};

struct bench_workload {
  const char *id;
  char what[96];
  int threads;
  const char *unit;  /* of the rate: "GFLOP/s", "GB/s", "tokens/s", "ns/element", "us", "ms", "s", or "MiB": then samples are that */
  double rate_work;  /* work of a call in the unit times 1e9 for rates per second; elements for "ns/element" */
  double limit_work; /* work of a call that the limit bounds: flops, bytes; 0: no limit */
  struct bench_contestant contestants[BENCH_MAX_CONTESTANTS];
  int count;
};

double bench_seconds(void);
struct bench_workload bench_workload(const char *id, int threads, const char *unit);
struct bench_contestant *bench_add(struct bench_workload *workload, const char *name, enum bench_role role, bench_call *call, void *state);
struct bench_contestant *bench_find(struct bench_workload *workload, const char *name); /* NULL: none */
void bench_sample(struct bench_contestant *contestant, double seconds);
/* Times all contestants that have a call and puts the result into the table. */
void bench_measure(struct bench_workload *workload);
/* Says on stderr what a long workload is doing; NULL: nothing any more. */
void bench_progress(const char *id, const char *what);
/* Runs call(begin, end, state) on that many threads, which end with it: nothing of them disturbs what comes next. */
typedef void bench_range(int64_t begin, int64_t end, void *state);
void bench_parallel(int threads, int64_t count, bench_range *call, void *state);

/* Compares a result with what is expected: the largest difference over the largest expected magnitude. Says so when it is too large,
 * and then the workload must not be timed. */
bool bench_check(const char *id, const char *who, const float *got, const float *expected, int64_t count, double tolerance);
/* As bench_check, for one number. */
bool bench_check_number(const char *id, const char *who, double got, double expected, double tolerance);
bool bench_check_ok(const char *id, const char *who, tin_ctx *ctx);

/* Uniform in (-scale, scale); the same for equal seeds. Freed by free. Never NULL: without memory the program ends. */
float *bench_random(int64_t count, uint64_t seed, float scale);
void *bench_memory(int64_t bytes);

/* ---- expressions (expression.c): the library against functions of arrays ---- */

/* outputs = build(inputs). */
struct bench_expression {
  int (*build)(tin_ctx *ctx, tin_tensor **inputs, tin_tensor **outputs, const void *parameters); /* number of outputs */
  const void *parameters;
  int n_inputs;
  tin_shape shapes[BENCH_MAX_INPUTS];
  const float *data[BENCH_MAX_INPUTS];
};
struct bench_side {
  const struct bench_expression *expression;
  tin_ctx *ctx;
  tin_tensor *inputs[BENCH_MAX_INPUTS];
};
/* Adds "tinsmith" and "unfused"; sides has room for two. */
void bench_expression_add(struct bench_workload *workload, const struct bench_expression *expression, struct bench_side *sides);
void bench_expression_free(struct bench_side *sides);
/* Whether both sides give these outputs. An output expected as NULL is not looked at. */
bool bench_expression_check(const struct bench_workload *workload, struct bench_side *sides, float *const *expected, double tolerance);

/* A context as the workload and the options want it. */
tin_ctx *bench_ctx(int threads, bool fused);

/* ---- limits (limits.c) ---- */

void bench_add_peak(struct bench_workload *workload, double flops);
/* Copies of so many bytes read and as many written, with plain and with streaming stores; the faster one is the limit. */
struct bench_copy {
  float *from, *to;
  int64_t count;
  int threads;
};
void bench_add_copy(struct bench_workload *workload, struct bench_copy *copy, int64_t bytes_each_way);
void bench_copy_free(struct bench_copy *copy);
/* Of the machine, for the head of the table. */
double bench_peak_flops(int threads);
double bench_copy_bandwidth(int threads);
double bench_triad_bandwidth(int threads);

/* ---- OpenBLAS (blas.c) ---- */

/* Row-major C[m, n] = A[m, k] B[k, n], where A and B may be stored transposed. */
struct bench_gemm {
  int m, n, k;
  bool transpose_a, transpose_b;
  float beta; /* 0 or 1 */
};
bool bench_blas_load(void);
const char *bench_blas_name(void); /* the kernels it chose, "SkylakeX" */
void bench_blas_threads(int threads);
void bench_blas(const struct bench_gemm *gemm, const float *a, const float *b, float *c);
enum { BENCH_BLAS_PAUSE = 40 }; /* ms: its threads spin about 2^26 cycles after their work */

/* ---- torch (peer.c) ---- */

enum { BENCH_OPENMP_PAUSE = 20 }; /* ms: libgomp's threads turn 300,000 times before they sleep */

/* The interpreter to run torch with; what its process inherits is set so that torch is fast. */
const char *bench_python(void);
/* Adds the contestant where --peers asks for it and torch runs; the workload's name and parameters as peer_torch.py knows them. */
void bench_add_torch(struct bench_workload *workload, const char *command);
void bench_peer_stop(void);

/* ---- targets (targets.c) ---- */

struct bench_verdict {
  double factor; /* our time (or number of kernels) over what is wanted, of the criterion missed most; above 1: missed; 0: no target */
  char why[200]; /* what is missed */
};
struct bench_verdict bench_judge(struct bench_workload *workload);

/* ---- table (report.c) ---- */

void bench_report_machine(void);
/* Least seconds in which the machine could do the work, by the fastest limit that took turns; 0: none. */
double bench_limit_seconds(struct bench_workload *workload);
/* Name of the contestant whose samples say that the machine had other work while they were taken, or NULL. */
const char *bench_noisy(const struct bench_workload *workload);
void bench_report(struct bench_workload *workload);
/* The rows of all runs side by side, the verdict on noise and targets, and the JSON file where asked; false when that fails. */
bool bench_report_end(void);

/* ---- the workloads ---- */

void bench_silu_small(int threads);
void bench_silu_large(int threads);
void bench_softmax_wide(int threads);
void bench_softmax(int threads);
void bench_layer_norm(int threads);
void bench_layer_norm_backward(int threads);
void bench_matmul_512(int threads);
void bench_matmul_1024(int threads);
void bench_matmul_2048(int threads);
void bench_linear_gelu(int threads);
void bench_matmul_shapes(int threads);
void bench_mlp(int threads);
void bench_cnn(int threads);
void bench_attention(int threads);
void bench_attention_backward(int threads);
void bench_mlp_compile(int threads);
void bench_mlp_lookup(int threads);
void bench_start(int threads);
void bench_start_cnn(int threads);
void bench_start_gpt(int threads);
void bench_adamw(int threads);
void bench_chains(int threads);
void bench_char_gpt_step(int threads);
void bench_char_gpt_write(int threads);
void bench_gpt2_step(int threads);
void bench_mixed(int threads);
void bench_micrograd(int threads);
/* What the program does when it is started by bench_start. */
int bench_start_child(const char *model, const char *mode, int threads);

#endif
