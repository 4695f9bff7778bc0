/* What speed rests on and no clock is needed for: launches, bytes, memory and compilations of the workloads of docs/performance.md, and
 * instructions of their hot loops. Numbers in the tables are what is reached: what lowers one lowers the table too. Plans are made for two
 * threads and for AVX-512, which the CPU need not have, as nothing is run where it would matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codegen/contract_blocks.h"
#include "codegen/kernel.h"
#include "context.h"
#include "frontend/frontend.h"
#include "models.h"
#include "runtime/engine.h"

/* ---- workloads ---- */

enum { MAX_OUTPUTS = 8 };
/* Builds one step in the innermost scope; returns the number of outputs. */
typedef int build_step(struct model *model, tin_tensor **outputs);

static tin_tensor *input(struct model *model, int64_t rows, int64_t columns) {
  return model_input(model, TIN_F32, TIN_SHAPE(rows, columns));
}

/* The model's optimiser of all parameters, which the first step makes. */
enum kind { SGD, ADAM, ADAMW };
static tin_optim *optimiser(struct model *model, enum kind kind) {
  tin_list params = tin_params(model->ctx);
  if (!model->optimiser)
    model->optimiser = kind == SGD    ? tin_sgd(params, .lr = 0.05)
                       : kind == ADAM ? tin_adam(params, .lr = 1e-3)
                                      : tin_adamw(params, .lr = 1e-4);
  return model->optimiser;
}

static int build_silu(struct model *model, tin_tensor **outputs) {
  tin_tensor *a = input(model, 128, 1024), *b = input(model, 128, 1024), *c = input(model, 128, 1024);
  outputs[0] = tin_silu(tin_add(tin_mul(a, b), c));
  return 1;
}

static int build_softmax(struct model *model, tin_tensor **outputs) {
  outputs[0] = tin_softmax(input(model, 4096, 1024), -1);
  return 1;
}

static int build_norm(struct model *model, tin_tensor **outputs) {
  outputs[0] = model_norm(model, input(model, 4096, 768), 768);
  return 1;
}

static int build_norm_backward(struct model *model, tin_tensor **outputs) {
  tin_tensor *x = input(model, 4096, 768), *g = input(model, 4096, 768);
  outputs[0] = model_norm(model, x, 768);
  tin_list parameters = tin_params(model->ctx);
  tin_vjp(outputs[0], g, TIN_LIST(x, parameters.at[0], parameters.at[1]), outputs + 1);
  return 4;
}

static int build_product(struct model *model, tin_tensor **outputs) {
  outputs[0] = tin_matmul(input(model, 1024, 1024), input(model, 1024, 1024));
  return 1;
}

static int build_linear_gelu(struct model *model, tin_tensor **outputs) {
  tin_tensor *bias = model_input(model, TIN_F32, TIN_SHAPE(3072));
  outputs[0] = tin_gelu(tin_add(tin_matmul(input(model, 256, 768), input(model, 768, 3072)), bias));
  return 1;
}

static int build_mlp(struct model *model, tin_tensor **outputs) {
  outputs[0] = model_mlp(model);
  tin_step(optimiser(model, ADAM), outputs[0]);
  return 1;
}

static int build_cnn(struct model *model, tin_tensor **outputs) {
  outputs[0] = model_cnn(model, 128);
  tin_step(optimiser(model, ADAM), outputs[0]);
  return 1;
}

/* With 4 of 12 layers and a tenth of the tokens: a third of a gigabyte instead of one and a half. Layers have equally many kernels. */
static int build_gpt2(struct model *model, tin_tensor **outputs) {
  const struct model_gpt gpt2 = {.tokens = 5024, .positions = 1024, .width = 768, .heads = 12, .layers = 4, .batch = 4, .length = 64};
  outputs[0] = model_gpt(model, &gpt2);
  tin_step(optimiser(model, ADAMW), outputs[0]);
  return 1;
}

static int build_char_gpt(struct model *model, tin_tensor **outputs) {
  const struct model_gpt gpt = {.tokens = 65, .positions = 128, .width = 128, .heads = 4, .layers = 6, .batch = 16, .length = 128};
  outputs[0] = model_gpt(model, &gpt);
  tin_step(optimiser(model, ADAM), outputs[0]);
  return 1;
}

static int build_writer(struct model *model, tin_tensor **outputs) {
  model_writer(model, 6);
  (void)outputs;
  return 0;
}

static int build_adamw(struct model *model, tin_tensor **outputs) {
  (void)outputs;
  tin_tensor *gradient = model_input(model, TIN_F32, TIN_SHAPE(3072, 768));
  model_param(model, TIN_SHAPE(3072, 768));
  tin_step_with(optimiser(model, ADAMW), TIN_LIST(gradient));
  return 0;
}

static int build_attention(struct model *model, tin_tensor **outputs) {
  tin_shape shape = TIN_SHAPE(4, 12, 1024, 64);
  tin_tensor *q = model_input(model, TIN_F32, shape), *k = model_input(model, TIN_F32, shape), *v = model_input(model, TIN_F32, shape);
  outputs[0] = tin_attention(q, k, v, .causal = true);
  return 1;
}

static int build_micrograd(struct model *model, tin_tensor **outputs) {
  tin_tensor *x = tin_relu(model_linear(model, input(model, 100, 2), 2, 16)), *y = input(model, 100, 1);
  x = model_linear(model, tin_relu(model_linear(model, x, 16, 16)), 16, 1);
  outputs[0] = tin_mean(tin_relu(tin_scalar_sub(1, tin_mul(y, x))));
  tin_list parameters = tin_params(model->ctx);
  for (int i = 0; i < parameters.count; i++)
    outputs[0] = tin_add(outputs[0], tin_mul_scalar(tin_sum(tin_square(parameters.at[i])), 1e-4));
  tin_step(optimiser(model, SGD), outputs[0]);
  return 1;
}

/* Unrolled: every step reads another stretch of one tensor. */
static int build_lstm(struct model *model, tin_tensor **outputs) {
  const tin_rnn lstm = {.layers = 1,
                        .cell = {{.kind = TIN_LSTM,
                                  .weight_ih = model_param(model, TIN_SHAPE(256, 64)),
                                  .weight_hh = model_param(model, TIN_SHAPE(256, 64)),
                                  .bias_ih = model_param(model, TIN_SHAPE(256)),
                                  .bias_hh = model_param(model, TIN_SHAPE(256))}}};
  tin_tensor *x = model_input(model, TIN_F32, TIN_SHAPE(32, 16, 64));
  tin_tensor *y = tin_select(tin_rnn_forward(&lstm, x, (tin_rnn_state){.h = NULL}, NULL), 0, -1);
  outputs[0] = tin_cross_entropy(model_linear(model, y, 64, 10), model_input(model, TIN_I32, TIN_SHAPE(16)));
  tin_step(optimiser(model, ADAM), outputs[0]);
  return 1;
}

/* ---- plans ---- */

/* A step's plan and code, made as runtime/execute.c makes them, without running it. */
struct plan {
  struct tin_arena arena;
  jmp_buf fail;
  struct tin_schedule *schedule;
  struct tin_kernel_code *codes; /* by kernel */
  double bytes;                  /* read and written */
};

static int plan_threads = 2; /* that plans are made for */

static struct tin_schedule *schedule_step(struct plan *plan, tin_ctx *ctx, tin_tensor **outputs, int n_outputs) {
  struct tin_node *nodes[MAX_OUTPUTS];
  struct tin_variable **variables = TIN_NEW_ARRAY(&plan->arena, struct tin_variable *, ctx->n_updates + 1);
  struct tin_node **values = TIN_NEW_ARRAY(&plan->arena, struct tin_node *, ctx->n_updates + 1);
  for (int i = 0; i < n_outputs; i++)
    nodes[i] = tin_slot_node(tin_slot_of(outputs[i]));
  for (int i = 0; i < ctx->n_updates; i++)
    variables[i] = &ctx->updates[i]->variable, values[i] = ctx->updates[i]->pending;
  struct tin_schedule *schedule =
      tin_schedule_build(&plan->arena, &ctx->scope->graph, nodes, n_outputs, variables, values, ctx->n_updates, TIN_FUSE_ALL);
  schedule->threads = plan_threads;
  tin_schedule_memory(schedule, &plan->arena);
  return schedule;
}

static void plan_step(struct plan *plan, build_step *build, bool generate) {
  tin_tensor *outputs[MAX_OUTPUTS];
  struct tin_text text;
  tin_ctx *ctx = tin_ctx_new(.threads = 1, .target = "interpreter");
  struct model model = {.ctx = ctx};
  tin_scope scope = tin_begin(ctx);
  int n_outputs = build(&model, outputs);
  if (!tin_ok(ctx))
    fail_msg("%s", tin_message(ctx));
  tin_arena_init(&plan->arena, 1 << 20, &plan->fail);
  if (setjmp(plan->fail))
    fail_msg("out of memory");
  tin_text_init(&text, &plan->arena);
  plan->schedule = schedule_step(plan, ctx, outputs, n_outputs);
  plan->codes = TIN_NEW_ARRAY(&plan->arena, struct tin_kernel_code, plan->schedule->kernels.count + 1);
  plan->bytes = 0;
  for (int k = 0; generate && k < plan->schedule->kernels.count; k++) {
    struct tin_kernel_code *code = &plan->codes[k];
    *code = (struct tin_kernel_code){.style = TIN_VECTORS_CHECKED};
    tin_codegen_kernel(&text, NULL, &plan->arena, plan->schedule, k, tin_codegen_target_find("avx512"), code);
    for (int i = 0; i < code->entries.count; i++)
      plan->bytes += code->entries.at[i].bytes;
  }
  tin_updates_drop(ctx);
  tin_end(scope);
  tin_ctx_free(ctx);
}

struct bounds {
  const char *name;
  build_step *build;
  int kernels;                /* launches at most */
  double moved, intermediate; /* millions of bytes at most: read and written by kernels; the arena */
};

static void check_bounds(const struct bounds *bounds, int count) {
  for (int i = 0; i < count; i++) {
    struct plan plan;
    plan_step(&plan, bounds[i].build, true);
    int kernels = plan.schedule->kernels.count;
    double moved = plan.bytes * 1e-6, arena = (double)plan.schedule->arena_bytes * 1e-6;
    print_message("%-20s %4d kernels, %9.3f MB moved, %8.3f MB between kernels\n", bounds[i].name, kernels, moved, arena);
    if (kernels > bounds[i].kernels || moved > bounds[i].moved || arena > bounds[i].intermediate)
      fail_msg("%s: more than %d kernels, %.3f MB moved or %.3f MB between kernels", bounds[i].name, bounds[i].kernels, bounds[i].moved,
               bounds[i].intermediate);
    double alive = (double)plan.schedule->bytes_live * 1e-6;
    if (arena > 1.05 * alive) /* what no placement can do without, and a twentieth */
      fail_msg("%s: %.3f MB between kernels, of which %.3f are ever alive", bounds[i].name, arena, alive);
    tin_arena_free(&plan.arena);
  }
}

static void test_rows(void **state) {
  static const struct bounds bounds[] = {
      {"silu(a*b+c)", build_silu, 1, 2.098, 0},
      {"softmax", build_softmax, 1, 33.555, 0},
      {"layer norm", build_norm, 1, 25.173, 0},
      {"layer norm backward", build_norm_backward, 2, 75.576, 0.034},
  };
  (void)state;
  check_bounds(bounds, sizeof bounds / sizeof *bounds);
}

static void test_contractions(void **state) {
  static const struct bounds bounds[] = {
      {"matmul", build_product, 1, 12.583, 0},
      {"gelu(x @ w + b)", build_linear_gelu, 1, 13.383, 0},
      {"attention", build_attention, 1, 50.333, 0},
  };
  (void)state;
  check_bounds(bounds, sizeof bounds / sizeof *bounds);
}

static void test_training_steps(void **state) {
  static const struct bounds bounds[] = {
      {"AdamW", build_adamw, 1, 66.061, 0},    {"micrograd", build_micrograd, 8, 0.101, 0.029}, {"MLP", build_mlp, 7, 19.062, 0.858},
      {"CNN", build_cnn, 19, 158.041, 27.788}, {"LSTM", build_lstm, 136, 17.652, 2.689},
  };
  (void)state;
  check_bounds(bounds, sizeof bounds / sizeof *bounds);
}

static void test_gpt2(void **state) {
  static const struct bounds bounds[] = {
      {"GPT-2", build_gpt2, 83, 1582.148, 93.071},
      {"character GPT", build_char_gpt, 121, 1113.381, 181.897},
      {"token written", build_writer, 70, 7.404, 0.006},
  };
  (void)state;
  check_bounds(bounds, sizeof bounds / sizeof *bounds);
}

/* ---- hot loops ---- */

/* Of innermost loops. */
struct loop_count {
  int instructions, fmas; /* without fetches ahead, which wait for nothing and take slots of loads that are left over */
  int fetches, streams;
  int step; /* elements a turn; 0: a REPEAT, which has none */
};

/* The innermost loops of a program in their order, without those that go on where one unrolled more has ended. */
static int count_loops(const struct tin_vprogram *program, struct loop_count *loops, int most) {
  int count = 0, begin = -1;
  bool starts = true; /* from index 0 */
  for (int i = 0; i < program->insts.count; i++) {
    const struct tin_vinst *inst = &program->insts.at[i];
    starts |= inst->op == V_INDEX_ZERO;
    if (inst->op == V_LOOP || inst->op == V_REPEAT)
      begin = i;
    if ((inst->op != V_END && inst->op != V_REPEAT_END) || begin < 0)
      continue;
    struct loop_count loop = {.step = inst->op == V_END ? inst->imm : 0};
    for (int k = begin + 1; k < i; k++) {
      int op = program->insts.at[k].op;
      loop.fmas += op == V_FMA || op == V_FMA_MEM;
      loop.fetches += op == V_PREFETCH;
      loop.streams += op == V_STREAM;
      loop.instructions += op != V_PREFETCH;
    }
    if (starts || !loop.step) {
      assert_true(count < most);
      loops[count++] = loop;
    }
    begin = -1, starts = starts && !loop.step;
  }
  return count;
}

enum { MAX_LOOPS = 64 };

static int plan_loops(build_step *build, struct loop_count *loops, double *instructions) {
  struct plan plan;
  int count = 0;
  plan_step(&plan, build, true);
  *instructions = 0;
  for (int k = 0; k < plan.schedule->kernels.count; k++)
    for (int i = 0; i < plan.codes[k].checked_programs.count; i++) {
      const struct tin_vprogram *program = &plan.codes[k].checked_programs.at[i].program;
      if (strstr(plan.codes[k].checked_programs.at[i].name, "_pairs")) /* the same loops for two rows at once */
        continue;
      int more = count_loops(program, loops + count, MAX_LOOPS - count);
      for (int l = count; l < count + more; l++)
        *instructions += loops[l].step ? (double)loops[l].instructions * program->lanes / loops[l].step : 0;
      count += more;
    }
  tin_arena_free(&plan.arena);
  return count;
}

/* Vector instructions for a vector of 16 elements, all passes over it together; what turns the loop is not counted. */
static void test_instructions_an_element(void **state) {
  static const struct {
    const char *name;
    build_step *build;
    double most;
  } kernels[] = {
      {"silu(a*b+c)", build_silu, 36}, {"softmax", build_softmax, 35}, {"layer norm", build_norm, 13}, {"AdamW", build_adamw, 24}};
  struct loop_count loops[MAX_LOOPS];
  (void)state;
  for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
    double instructions;
    int count = plan_loops(kernels[i].build, loops, &instructions);
    print_message("%-12s %6.2f instructions a vector in %d loops\n", kernels[i].name, instructions, count);
    assert_true(count > 0);
    if (instructions > kernels[i].most)
      fail_msg("%s: more than %.2f instructions for a vector of elements", kernels[i].name, kernels[i].most);
  }
}

static int build_large_softmax(struct model *model, tin_tensor **outputs) {
  outputs[0] = tin_softmax(input(model, 4096, 4096), -1);
  return 1;
}

static int build_read_softmax(struct model *model, tin_tensor **outputs) {
  outputs[0] = tin_softmax(input(model, 4096, 1024), -1);
  outputs[1] = tin_max(outputs[0], .axes = TIN_AXES(0));
  return 2;
}

static int build_small_silu(struct model *model, tin_tensor **outputs) {
  outputs[0] = tin_silu(input(model, 128, 128));
  return 1;
}

/* What lies beyond the core's caches is fetched ahead once, in one of the passes; a result is stored past the caches when it and the
 * operands are more than they hold and no kernel waits for it, and never where it overwrites what was read. Lines of 16 elements a turn are
 * counted. */
static void test_traffic(void **state) {
  static const struct {
    const char *name;
    build_step *build;
    double fetched, streamed; /* lines for a vector of elements */
  } kernels[] = {{"silu", build_small_silu, 0, 0},
                 {"silu(a*b+c)", build_silu, 3, 0},
                 {"softmax", build_softmax, 1, 1},
                 {"softmax and its reader", build_read_softmax, 2, 0},
                 {"large softmax", build_large_softmax, 1, 1},
                 {"layer norm", build_norm, 1, 1},
                 {"AdamW", build_adamw, 4, 0}};
  struct loop_count loops[MAX_LOOPS];
  (void)state;
  for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
    double instructions, fetched = 0, streamed = 0;
    int count = plan_loops(kernels[i].build, loops, &instructions);
    for (int l = 0; l < count; l++) {
      fetched += loops[l].step ? 16.0 * loops[l].fetches / loops[l].step : 0;
      streamed += loops[l].step ? 16.0 * loops[l].streams / loops[l].step : 0;
    }
    if (fetched != kernels[i].fetched || streamed != kernels[i].streamed)
      fail_msg("%s: %g lines are fetched ahead, %g streamed", kernels[i].name, fetched, streamed);
  }
}

static int build_transposed(struct model *model, tin_tensor **outputs) {
  tin_tensor *x = input(model, 1024, 1024);
  outputs[0] = tin_add(x, tin_transpose(x, 0, 1));
  outputs[1] = tin_permute(tin_reshape(x, TIN_SHAPE(16, 64, 1024)), TIN_AXES(2, 1, 0));
  return 2;
}

/* The rotation of half a vector that position encodings make, and a border. */
static int build_joined(struct model *model, tin_tensor **outputs) {
  tin_tensor *x = input(model, 4096, 64);
  tin_tensor *low = tin_slice(x, .axis = 1, .start = 0, .stop = 32), *high = tin_slice(x, .axis = 1, .start = 32, .stop = 64);
  outputs[0] = tin_concat(TIN_LIST(tin_neg(high), low), 1);
  outputs[1] = tin_pad(input(model, 512, 512), .low = {1, 1}, .high = {1, 1});
  return 2;
}

/* Between the places where guards change nothing is guarded: vectors are loaded. */
static void test_regions(void **state) {
  struct plan plan;
  (void)state;
  plan_step(&plan, build_joined, true);
  for (int k = 0; k < plan.schedule->kernels.count; k++)
    for (int i = 0; i < plan.codes[k].checked_programs.count; i++) {
      const struct tin_vprogram *program = &plan.codes[k].checked_programs.at[i].program;
      for (int at = 0; at < program->insts.count; at++)
        assert_true(program->insts.at[at].op != V_GATHER && program->insts.at[at].op != V_SELECT);
    }
  tin_arena_free(&plan.arena);
}

/* Rows of sums go two by two: their additions wait for each other. Not where the work between them is what takes the time. */
static void test_pairs(void **state) {
  static const struct {
    build_step *build;
    bool paired;
  } kernels[] = {{build_norm, true}, {build_softmax, false}, {build_silu, false}};
  (void)state;
  for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
    struct plan plan;
    bool paired = false;
    plan_step(&plan, kernels[i].build, true);
    for (int k = 0; k < plan.schedule->kernels.count; k++)
      for (int p = 0; p < plan.codes[k].checked_programs.count; p++)
        paired |= strstr(plan.codes[k].checked_programs.at[p].name, "_pairs") != NULL;
    assert_int_equal(paired, kernels[i].paired);
    tin_arena_free(&plan.arena);
  }
}

/* What lies along another axis is read by vectors, and transposed in registers. */
static void test_no_gathers(void **state) {
  struct plan plan;
  int loads = 0;
  (void)state;
  plan_step(&plan, build_transposed, true);
  for (int k = 0; k < plan.schedule->kernels.count; k++)
    for (int i = 0; i < plan.codes[k].checked_programs.count; i++) {
      const struct tin_vprogram *program = &plan.codes[k].checked_programs.at[i].program;
      for (int at = 0; at < program->insts.count; at++) {
        assert_int_not_equal(program->insts.at[at].op, V_GATHER);
        loads += program->insts.at[at].op == V_LOAD;
      }
    }
  assert_int_equal(loads, 3 * 16); /* a tile of 16 rows: x, and x by columns, twice */
  tin_arena_free(&plan.arena);
}

static int build_row_times_transposed(struct model *model, tin_tensor **outputs) {
  outputs[0] = tin_matmul(input(model, 1, 768), tin_transpose(input(model, 768, 768), 0, 1));
  return 1;
}

static int build_few_rows(struct model *model, tin_tensor **outputs) {
  outputs[0] = tin_matmul(input(model, 100, 768), input(model, 768, 765));
  return 1;
}

/* Routines whose names end so. */
static int count_named(const struct plan *plan, const char *end) {
  int count = 0;
  for (int k = 0; k < plan->schedule->kernels.count; k++)
    for (int p = 0; p < plan->codes[k].checked_programs.count; p++)
      count += strstr(plan->codes[k].checked_programs.at[p].name, end) != NULL;
  return count;
}

/* Which operands of a product are copied: columns only where many tiles of rows read them, rows where they collide in L1. Nothing is
 * gathered for one row times a transposed matrix. */
static void test_copies_of_operands(void **state) {
  static const struct {
    build_step *build;
    int columns, rows;
  } kernels[] = {{build_product, 1, 1}, {build_few_rows, 0, 0}, {build_row_times_transposed, 0, 0}};
  (void)state;
  for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
    struct plan plan;
    plan_step(&plan, kernels[i].build, true);
    assert_int_equal(count_named(&plan, "_columns"), kernels[i].columns);
    assert_int_equal(count_named(&plan, "_rows"), kernels[i].rows);
    for (int p = 0; p < plan.codes[0].checked_programs.count; p++) {
      const struct tin_vprogram *program = &plan.codes[0].checked_programs.at[p].program;
      for (int at = 0; at < program->insts.count; at++)
        assert_int_not_equal(program->insts.at[at].op, V_GATHER);
    }
    tin_arena_free(&plan.arena);
  }
}

/* The model of the caches: packed columns stay in L2, every thread has as many items, and what is unknown is believed to be usual. */
static void test_blocks_of_products(void **state) {
  (void)state;
  for (int threads = 1; threads <= 4; threads++)
    for (int64_t l2 = 512 << 10; l2 <= 2 << 20; l2 *= 2) {
      struct tin_block_problem problem = {
          .batch = 1, .tiles = 147, .panels = 64, .tile_rows = 14, .panel_columns = 32, .k = 2048, .chunk = 256};
      problem.lanes = 16, problem.bytes = 4, problem.row_cost = 0.1, problem.column_cost = 0.1, problem.packed = true;
      problem.threads = threads, problem.caches = (struct tin_caches){.l1 = 48 << 10, .l2 = l2};
      struct tin_blocks at = tin_choose_blocks(&problem);
      int64_t items = (147 + at.tiles - 1) / at.tiles * ((64 + at.panels - 1) / at.panels);
      assert_true(at.panels * 32 * 256 * 4 < l2);
      assert_true(items % threads == 0 || items > 8 * threads);
    }
  struct tin_caches unknown = tin_caches_believed((struct tin_caches){.l1 = 0, .l2 = 1ll << 40});
  assert_int_equal(unknown.l1, 32 << 10);
  assert_int_equal(unknown.l2, 512 << 10);
}

/* The share of multiply-adds in the loop that has most of them: the most that a machine with two FMA units and four instructions a clock
 * wants is every second instruction, and what is below takes its share of the peak. */
static void test_multiply_adds_of_products(void **state) {
  static const struct {
    const char *name;
    build_step *build;
    double least;
  } kernels[] = {{"matmul", build_product, 0.6}, {"gelu(x @ w + b)", build_linear_gelu, 0.6}, {"attention", build_attention, 0.59}};
  struct loop_count loops[MAX_LOOPS];
  (void)state;
  for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
    double instructions;
    int count = plan_loops(kernels[i].build, loops, &instructions), best = 0;
    for (int l = 1; l < count; l++)
      best = loops[l].fmas > loops[best].fmas ? l : best;
    assert_true(count > 0);
    double share = (double)loops[best].fmas / loops[best].instructions;
    print_message("%-16s %d of %d instructions are multiply-adds\n", kernels[i].name, loops[best].fmas, loops[best].instructions);
    if (share < kernels[i].least)
      fail_msg("%s: less than %.2f of the instructions are multiply-adds", kernels[i].name, kernels[i].least);
  }
}

/* ---- convolution ---- */

/* A step of a network with borders: a convolution, another with strides, gradients of images and weights. */
static int build_bordered(struct model *model, tin_tensor **outputs) {
  tin_tensor *x = model_input(model, TIN_F32, TIN_SHAPE(32, 32, 14, 14));
  x = tin_relu(tin_conv2d(x, model_param(model, TIN_SHAPE(64, 32, 3, 3)), .padding = {1, 1}));
  x = tin_conv2d(x, model_param(model, TIN_SHAPE(64, 64, 3, 3)), .padding = {1, 1}, .stride = {2, 2});
  outputs[0] = tin_sum(tin_square(x));
  tin_step(optimiser(model, SGD), outputs[0]);
  return 1;
}

/* Contractions over windows follow tables of places, and the loops that do are multiply-adds: a window is neither copied nor gathered. */
static void test_convolutions(void **state) {
  static const struct {
    build_step *build;
    int kernels; /* that look up places */
  } steps[] = {{build_cnn, 9}, {build_bordered, 5}};
  (void)state;
  for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
    struct plan plan;
    int kernels = 0;
    plan_step(&plan, steps[s].build, true);
    for (int k = 0; k < plan.schedule->kernels.count; k++)
      for (int i = 0, follows = -1; i < plan.codes[k].checked_programs.count; i++) {
        const struct tin_vprogram *program = &plan.codes[k].checked_programs.at[i].program;
        struct loop_count loops[MAX_LOOPS];
        bool looks_up = false;
        for (int at = 0; at < program->insts.count; at++)
          looks_up |= program->insts.at[at].op == V_POINT;
        if (!looks_up)
          continue;
        assert_int_equal(count_loops(program, loops, MAX_LOOPS) > 0, 1);
        double share = (double)loops[0].fmas / loops[0].instructions;
        if (share < 0.4)
          fail_msg("%s: %.2f of the instructions are multiply-adds", plan.codes[k].checked_programs.at[i].name, share);
        kernels += follows != k;
        follows = k;
      }
    print_message("step %d: %d kernels follow tables\n", (int)s, kernels);
    assert_int_equal(kernels, steps[s].kernels);
    tin_arena_free(&plan.arena);
  }
}

/* ---- later steps ---- */

static int build_small_cnn(struct model *model, tin_tensor **outputs) {
  outputs[0] = model_cnn(model, 2);
  tin_step(optimiser(model, ADAM), outputs[0]);
  return 1;
}

static int build_small_gpt(struct model *model, tin_tensor **outputs) {
  const struct model_gpt gpt = {.tokens = 65, .positions = 16, .width = 32, .heads = 2, .layers = 2, .batch = 2, .length = 16};
  outputs[0] = model_gpt(model, &gpt);
  tin_step(optimiser(model, ADAMW), outputs[0]);
  return 1;
}

static void run_step(struct model *model, build_step *build) {
  tin_tensor *outputs[MAX_OUTPUTS];
  model->used_params = model->used_inputs = 0;
  tin_scope scope = tin_begin(model->ctx);
  int count = build(model, outputs);
  tin_realize((tin_list){outputs, count});
  tin_end(scope);
  if (!tin_ok(model->ctx))
    fail_msg("%s", tin_message(model->ctx));
}

static int build_linear_adamw(struct model *model, tin_tensor **outputs) {
  outputs[0] = tin_sum(tin_square(model_linear(model, input(model, 256, 768), 768, 1024)));
  tin_step(optimiser(model, ADAMW), outputs[0]);
  return 1;
}

/* AdamW runs on the tiles of a gradient: its weight and two moments come into L2 while the products add up, two lines a row each. */
static void test_fetches_of_consumers(void **state) {
  (void)state;
  struct plan plan;
  int least = 1000, programs = 0;
  plan_step(&plan, build_linear_adamw, true);
  for (int k = 0; k < plan.schedule->kernels.count; k++)
    for (int i = 0; i < plan.codes[k].checked_programs.count; i++) {
      const struct tin_vprogram *program = &plan.codes[k].checked_programs.at[i].program;
      int fetches = 0;
      for (int at = 0; at < program->insts.count; at++)
        fetches += program->insts.at[at].op == V_PREFETCH && program->insts.at[at].imm == 1;
      if (fetches >= 6)
        programs++, least = fetches < least ? fetches : least;
    }
  assert_true(programs > 0);
  assert_int_equal(least, 6);
  tin_arena_free(&plan.arena);
}

/* Later steps find what the first one made: nothing is planned or compiled, and no memory is taken that the second one did not have. */
static void test_later_steps(void **state) {
  static build_step *const steps[] = {build_mlp,       build_small_cnn, build_small_gpt,    build_writer,
                                      build_micrograd, build_adamw,     build_norm_backward};
  (void)state;
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    struct model model = {.ctx = good_ctx((struct tin_ctx_options){.threads = 2})};
    run_step(&model, steps[i]);
    struct tin_counters first = tin_stats(model.ctx);
    run_step(&model, steps[i]);
    struct tin_counters second = tin_stats(model.ctx);
    run_step(&model, steps[i]);
    struct tin_counters third = tin_stats(model.ctx);
    assert_true(first.kernels_compiled > 0);
    assert_int_equal(second.kernels_compiled, first.kernels_compiled);
    assert_int_equal(third.plan_misses, first.plan_misses);
    assert_int_equal(third.plan_hits, first.plan_hits + 2);
    assert_int_equal(third.kernels_launched - second.kernels_launched, first.kernels_launched);
    assert_int_equal(third.bytes_peak, second.bytes_peak);
    end_ctx(model.ctx);
  }
}

/* ---- threads ---- */

/* Estimated seconds of the thread with the most to do; every item is somebody's. */
static double busiest_thread(const struct tin_kernel_code *code, int threads) {
  struct tin_run_entry *entries = calloc((size_t)code->entries.count + 1, sizeof *entries);
  struct tin_run_kernel kernel = {.n_entries = code->entries.count};
  double busiest = 0;
  assert_non_null(entries);
  for (int e = 0; e < code->entries.count; e++) {
    double weight = tin_entry_weight(&code->entries.at[e]);
    entries[e] = (struct tin_run_entry){.items = code->entries.at[e].items, .weight = weight, .before = kernel.weight};
    kernel.weight += weight;
  }
  int shares = tin_shares(&kernel, threads);
  assert_in_range(shares, 1, threads);
  for (int share = 0; share < shares; share++) {
    double work = 0;
    for (int e = 0; e < kernel.n_entries; e++) {
      int64_t first = tin_share_begin(&kernel, &entries[e], share, shares), last = tin_share_begin(&kernel, &entries[e], share + 1, shares);
      assert_true(first <= last && (share > 0 || first == 0) && (share < shares - 1 || last == entries[e].items));
      work += (double)(last - first) / (double)entries[e].items * entries[e].weight;
    }
    busiest = work > busiest ? work : busiest;
  }
  free(entries);
  return busiest;
}

/* How much faster than one thread a step would be on that many, were a launch free and a core as fast as one alone: the busiest thread of
 * each kernel counts. Kernels of a few microseconds stay on fewer threads, and items are not divided. */
static double speedup(build_step *build, int threads) {
  struct plan plan;
  plan_threads = threads;
  plan_step(&plan, build, true);
  plan_threads = 2;
  double all = 0, busiest = 0;
  for (int k = 0; k < plan.schedule->kernels.count; k++) {
    for (int e = 0; e < plan.codes[k].entries.count; e++)
      all += tin_entry_weight(&plan.codes[k].entries.at[e]);
    busiest += busiest_thread(&plan.codes[k], threads);
  }
  tin_arena_free(&plan.arena);
  return all / busiest;
}

static void test_balance(void **state) {
  static const int threads[] = {4, 8, 64};
  static const struct {
    const char *name;
    build_step *build;
    double least[3];
  } rows[] = {
      {"softmax", build_softmax, {3.9, 7.9, 62}},
      {"layer norm backward", build_norm_backward, {3.9, 7.1, 25}},
      {"matmul", build_product, {3.9, 7.9, 62}},
      {"MLP", build_mlp, {3.0, 5.8, 34}},
      {"CNN", build_cnn, {2.8, 5.2, 19}},
      {"AdamW", build_adamw, {3.9, 7.0, 52}},
      {"attention", build_attention, {3.8, 7.4, 48}},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int t = 0; t < 3; t++) {
      double got = speedup(rows[i].build, threads[t]);
      print_message("%-20s %2d threads: at most %.2f times as fast as one\n", rows[i].name, threads[t], got);
      if (got < rows[i].least[t])
        fail_msg("%s on %d threads: %.2f, not %.2f", rows[i].name, threads[t], got, rows[i].least[t]);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),
      cmocka_unit_test(test_contractions),
      cmocka_unit_test(test_training_steps),
      cmocka_unit_test(test_gpt2),
      cmocka_unit_test(test_instructions_an_element),
      cmocka_unit_test(test_traffic),
      cmocka_unit_test(test_no_gathers),
      cmocka_unit_test(test_pairs),
      cmocka_unit_test(test_regions),
      cmocka_unit_test(test_multiply_adds_of_products),
      cmocka_unit_test(test_fetches_of_consumers),
      cmocka_unit_test(test_copies_of_operands),
      cmocka_unit_test(test_blocks_of_products),
      cmocka_unit_test(test_convolutions),
      cmocka_unit_test(test_later_steps),
      cmocka_unit_test(test_balance),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
