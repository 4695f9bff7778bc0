/* W11: what the compiler itself costs: for W5 as a whole, kernel by kernel, and per step once its plan is known; for chains up to a
 * million nodes and for a large graph of mixed operations. Looks behind the public header where that has no way to ask. */
#include "mlp.h"

#include "codegen/kernel.h"
#include "frontend/frontend.h"
#include "schedule/plan.h"

#include <stdlib.h>
#include <string.h>

/* ---- W5: as a whole ---- */

static double compile_once(int threads, bool fused, int64_t *kernels) {
  struct bench_mlp mlp;
  bench_mlp_make(&mlp, bench_ctx(threads, fused));
  bench_mlp_step(&mlp);
  struct tin_counters counters = tin_stats(mlp.ctx);
  *kernels = counters.kernels_compiled;
  bench_check_ok("W11", "tinsmith", mlp.ctx);
  tin_ctx_free(mlp.ctx);
  return counters.compile_seconds;
}

static void measure_whole(int threads) {
  struct bench_workload workload = bench_workload("W11a", threads, "ms");
  snprintf(workload.what, sizeof workload.what, "compile all of W5: plan, generate, libtcc");
  bench_add(&workload, "tinsmith", BENCH_US, NULL, NULL);
  bench_add(&workload, "unfused", BENCH_US, NULL, NULL);
  for (int round = 0; round < 4 * bench_options.rounds; round++)
    for (int i = 0; i < 2; i++)
      bench_sample(&workload.contestants[i], compile_once(threads, i == 0, &workload.contestants[i].kernels));
  bench_measure(&workload);
}

/* ---- W5: kernel by kernel ---- */

/* The step's schedule as the engine would make it, then each kernel generated and compiled alone (a plan compiles all its kernels as one
 * text, which saves the fixed cost of a text per kernel: the sum of these is an upper bound). */
struct pieces {
  struct bench_mlp mlp;
  struct tin_arena arena;
  uint32_t fuse;
  double planning;
  double *kernels; /* seconds by kernel, the least of the rounds */
  int n_kernels;
};

static struct tin_schedule *schedule_step(struct pieces *pieces) {
  tin_ctx *ctx = pieces->mlp.ctx;
  struct tin_variable **variables = TIN_NEW_ARRAY(&pieces->arena, struct tin_variable *, ctx->n_updates);
  struct tin_node **values = TIN_NEW_ARRAY(&pieces->arena, struct tin_node *, ctx->n_updates);
  for (int i = 0; i < ctx->n_updates; i++) {
    variables[i] = &ctx->updates[i]->variable;
    values[i] = ctx->updates[i]->pending;
  }
  double start = bench_seconds();
  struct tin_schedule *schedule =
      tin_schedule_build(&pieces->arena, &ctx->scope->graph, NULL, 0, variables, values, ctx->n_updates, pieces->fuse);
  tin_schedule_memory(schedule, &pieces->arena);
  pieces->planning = bench_seconds() - start;
  return schedule;
}

static double compile_kernel(struct pieces *pieces, const struct tin_schedule *schedule, int kernel,
                             const struct tin_codegen_target *target) {
  struct tin_text text, body;
  struct tin_kernel_code code = {0};
  struct tin_error error = {0};
  double start = bench_seconds();
  tin_text_init(&text, &pieces->arena);
  tin_text_init(&body, &pieces->arena);
  tin_codegen_kernel(&body, NULL, &pieces->arena, schedule, kernel, target, &code);
  tin_codegen_prelude(&text, body.at);
  tin_text_put(&text, body.at, body.count);
  const char **names = TIN_NEW_ARRAY(&pieces->arena, const char *, code.entries.count);
  void **addresses = TIN_NEW_ARRAY(&pieces->arena, void *, code.entries.count);
  for (int i = 0; i < code.entries.count; i++)
    names[i] = code.entries.at[i].name;
  const struct tin_code_source source = {.text = text.at,
                                         .symbols = tin_codegen_symbols,
                                         .n_symbols = tin_codegen_symbol_count,
                                         .routines = code.routines.at,
                                         .n_routines = code.routines.count};
  struct tin_code *compiled = tin_code_compile(&source, names, code.entries.count, addresses, &error);
  double taken = bench_seconds() - start;
  if (!compiled)
    fprintf(stderr, "bench: W11b: %s\n", error.text);
  tin_code_free(compiled);
  return taken;
}

static void compile_pieces(struct pieces *pieces) {
  jmp_buf fail;
  tin_arena_init(&pieces->arena, 1 << 20, &fail);
  if (setjmp(fail))
    exit(1);
  const struct tin_codegen_target *target =
      bench_options.target ? tin_codegen_target_find(bench_options.target) : tin_codegen_target_best();
  tin_scope scope = tin_begin(pieces->mlp.ctx);
  bench_mlp_build(&pieces->mlp);
  struct tin_schedule *schedule = schedule_step(pieces);
  if (!pieces->kernels) {
    pieces->n_kernels = schedule->kernels.count;
    pieces->kernels = calloc((size_t)pieces->n_kernels + 1, sizeof *pieces->kernels);
    if (!pieces->kernels)
      exit(1);
  }
  for (int k = 0; k < pieces->n_kernels; k++) {
    double taken = compile_kernel(pieces, schedule, k, target);
    pieces->kernels[k] = pieces->kernels[k] > 0 && pieces->kernels[k] < taken ? pieces->kernels[k] : taken;
  }
  tin_end(scope);
  tin_arena_free(&pieces->arena);
}

static void measure_kernels(int threads) {
  struct pieces pieces[2] = {{.fuse = TIN_FUSE_ALL}, {.fuse = 0}};
  for (int i = 0; i < 2; i++) {
    bench_mlp_make(&pieces[i].mlp, bench_ctx(threads, i == 0));
    for (int round = 0; round < bench_options.rounds; round++)
      compile_pieces(&pieces[i]);
  }
  static const char *const ids[] = {"W11b", "W11c", "W11d"};
  static const char *const what[] = {"compile a kernel of W5 alone, the median kernel", "compile a kernel of W5 alone, the slowest",
                                     "plan W5: schedule and memory"};
  for (int row = 0; row < 3; row++) {
    struct bench_workload workload = bench_workload(ids[row], threads, "us");
    snprintf(workload.what, sizeof workload.what, "%s", what[row]);
    for (int i = 0; i < 2; i++) {
      struct bench_contestant *contestant = bench_add(&workload, i ? "unfused" : "tinsmith", BENCH_US, NULL, NULL);
      double slowest = 0;
      contestant->kernels = pieces[i].n_kernels;
      struct bench_samples sorted = {.at = calloc((size_t)pieces[i].n_kernels + 1, sizeof(double))};
      for (int k = 0; k < pieces[i].n_kernels; k++) { /* insertion sort */
        int place = k;
        for (; place > 0 && sorted.at[place - 1] > pieces[i].kernels[k]; place--)
          sorted.at[place] = sorted.at[place - 1];
        sorted.at[place] = pieces[i].kernels[k];
        slowest = pieces[i].kernels[k] > slowest ? pieces[i].kernels[k] : slowest;
      }
      bench_sample(contestant, row == 0 ? sorted.at[pieces[i].n_kernels / 2] : row == 1 ? slowest : pieces[i].planning);
      free(sorted.at);
    }
    bench_measure(&workload);
  }
  for (int i = 0; i < 2; i++) {
    free(pieces[i].kernels);
    tin_ctx_free(pieces[i].mlp.ctx);
  }
}

void bench_mlp_compile(int threads) {
  if (threads != 1)
    return; /* compiling uses one thread */
  measure_whole(threads);
  measure_kernels(threads);
}

/* ---- W5: what a step costs beside its kernels once the plan is known ---- */

void bench_mlp_lookup(int threads) {
  if (threads != 1)
    return; /* with more the kernels' threads would disturb what is measured, which is on one */
  struct bench_workload all = bench_workload("W11e", threads, "us"), lookup = bench_workload("W11f", threads, "us");
  snprintf(all.what, sizeof all.what, "W5: build the graph and find its plan, per step");
  snprintf(lookup.what, sizeof lookup.what, "W5: of that, finding the plan");
  struct bench_mlp sides[2];
  for (int i = 0; i < 2; i++) {
    bench_mlp_make(&sides[i], bench_ctx(threads, i == 0));
    bench_mlp_step(&sides[i]), bench_mlp_step(&sides[i]);
    bench_add(&all, i ? "unfused" : "tinsmith", BENCH_US, NULL, NULL);
    bench_add(&lookup, i ? "unfused" : "tinsmith", BENCH_US, NULL, NULL);
  }
  for (int round = 0; round < 20 * bench_options.rounds; round++)
    for (int i = 0; i < 2; i++) {
      struct tin_counters before = tin_stats(sides[i].ctx);
      double start = bench_seconds();
      bench_mlp_step(&sides[i]);
      double taken = bench_seconds() - start;
      struct tin_counters after = tin_stats(sides[i].ctx);
      bench_sample(&all.contestants[i], taken - (after.run_seconds - before.run_seconds));
      bench_sample(&lookup.contestants[i], after.lookup_seconds - before.lookup_seconds);
      all.contestants[i].replanned |= after.plan_misses != before.plan_misses;
    }
  bench_measure(&all);
  bench_measure(&lookup);
  for (int i = 0; i < 2; i++)
    tin_ctx_free(sides[i].ctx);
}

/* ---- long chains and large graphs ---- */

struct built {
  double build, compile; /* seconds */
  int64_t kernels;
};

typedef tin_tensor *make_graph(tin_ctx *ctx, tin_tensor *a, tin_tensor *b, int64_t count);

/* Alternately + and *, with operands that repeat only after a while, so that no rule shortens it. */
static tin_tensor *make_chain(tin_ctx *ctx, tin_tensor *a, tin_tensor *b, int64_t count) {
  (void)ctx;
  tin_tensor *x = a;
  for (int64_t i = 0; i < count; i++)
    x = i % 2 ? tin_mul(x, b) : i % 3 ? tin_add(x, a) : tin_sub(x, b);
  return x;
}

/* Elementwise with several uses, reductions, movement, products, on 16 x 16 matrices; everything is used in the end. */
static tin_tensor *make_mixed(tin_ctx *ctx, tin_tensor *a, tin_tensor *b, int64_t count) {
  enum { LIVE = 8 };
  tin_tensor *live[LIVE];
  uint64_t state = 88172645463325252u;
  (void)ctx;
  for (int i = 0; i < LIVE; i++)
    live[i] = i % 2 ? tin_add_scalar(b, i) : tin_mul_scalar(a, 0.5 + i);
  for (int64_t made = 0; made < count;) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    tin_tensor **x = &live[state % LIVE], *y = live[state >> 8 & (LIVE - 1)];
    switch (state >> 16 & 15) {
    case 0:
      *x = tin_mul_scalar(tin_matmul(*x, y), 0.05), made += 2;
      break;
    case 1:
      *x = tin_sub(*x, tin_mean(y, .axes = TIN_AXES(1), .keepdims = true)), made += 3;
      break;
    case 2:
      *x = tin_add(tin_transpose(*x, 0, 1), y), made += 2;
      break;
    case 3:
      *x = tin_mul(*x, tin_reshape(tin_max(y, .axes = TIN_AXES(0)), TIN_SHAPE(16, 1))), made += 3;
      break;
    case 4:
      *x = tin_sigmoid(tin_add(*x, y)), made += 2;
      break;
    case 5:
      *x = tin_where(tin_gt(*x, y), *x, b), made += 2;
      break;
    default:
      *x = state >> 20 & 1 ? tin_add(*x, y) : tin_mul(*x, tin_clamp(y, -1, 1)), made += 1 + !(state >> 20 & 1);
    }
  }
  for (int i = 1; i < LIVE; i++)
    live[0] = tin_add(live[0], live[i]);
  return live[0];
}

static bool build_once(const char *id, make_graph *make, int64_t count, bool fused, struct built *built) {
  tin_ctx *ctx = bench_ctx(1, fused);
  tin_shape shape = TIN_SHAPE(16, 16);
  tin_tensor *a = tin_input(ctx, TIN_F32, shape, "a"), *b = tin_input(ctx, TIN_F32, shape, "b");
  float *data = bench_random(512, 15, 1);
  tin_write(a, data, 256 * sizeof *data), tin_write(b, data + 256, 256 * sizeof *data);
  tin_scope scope = tin_begin(ctx);
  double start = bench_seconds();
  tin_tensor *x = make(ctx, a, b, count);
  built->build = bench_seconds() - start;
  tin_realize(TIN_LIST(x));
  struct tin_counters counters = tin_stats(ctx);
  built->compile = counters.compile_seconds, built->kernels = counters.kernels_compiled;
  tin_end(scope);
  bool good = bench_check_ok(id, fused ? "tinsmith" : "unfused", ctx);
  tin_ctx_free(ctx);
  free(data);
  return good;
}

static void measure_graph(const char *id, const char *what, make_graph *make, int64_t count, bool unfused) {
  struct bench_workload workload = bench_workload(id, 1, "us/node");
  snprintf(workload.what, sizeof workload.what, "%s", what);
  workload.rate_work = (double)count;
  int rounds = count >= 100000 ? 1 : bench_options.rounds;
  bench_add(&workload, "tinsmith", BENCH_US, NULL, NULL);
  if (unfused)
    bench_add(&workload, "unfused", BENCH_US, NULL, NULL);
  bench_add(&workload, "build alone", BENCH_REFERENCE, NULL, NULL);
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < 1 + unfused; i++) {
      struct built built;
      if (!build_once(id, make, count, i == 0, &built))
        return;
      bench_sample(&workload.contestants[i], built.compile);
      workload.contestants[i].kernels = built.kernels;
      if (i == 0)
        bench_sample(bench_find(&workload, "build alone"), built.build);
    }
  bench_measure(&workload);
}

void bench_chains(int threads) {
  if (threads != 1)
    return;
  measure_graph("W11g", "compile a chain of 1,000 nodes", make_chain, 1000, true);
  measure_graph("W11h", "compile a chain of 10,000 nodes", make_chain, 10000, true);
  measure_graph("W11i", "compile a chain of 100,000 nodes", make_chain, 100000, false);
  if (!bench_options.quick)
    measure_graph("W11j", "compile a chain of 1,000,000 nodes", make_chain, 1000000, false);
}

void bench_mixed(int threads) {
  if (threads == 1)
    measure_graph("W11k", "compile a graph of 10,000 mixed nodes", make_mixed, 10000, true);
}
