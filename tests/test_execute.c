/* The engine: results, updates in place and not, the plan cache, checks, errors, switches. Every case that computes runs on the interpreter
 * and on the best compiled target. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "failing_malloc.h"
#include "ir/graph.h"
#include "ir/scalar.h"
#include "runtime/engine.h"
#include "runtime/execute.h"

struct fixture {
  struct tin_options options;
  struct tin_buffer_pool *pool;
  struct tin_engine *engine;
  uint32_t serial, stamp;
  uint64_t variables;
  struct tin_graph graph;
  struct tin_error error;
};

static void start(struct fixture *f) {
  f->pool = tin_buffer_pool_new();
  assert_non_null(f->pool);
  f->engine = tin_engine_new(&f->options, f->pool, &f->error);
  if (!f->engine)
    fail_msg("%s", f->error.text);
  tin_graph_init(&f->graph, NULL, &f->serial, &f->stamp);
}

static void drop_graph(struct fixture *f) {
  for (int i = 0; i < f->graph.table_capacity; i++)
    if (f->graph.table[i].node)
      tin_buffer_drop(f->graph.table[i].node->buffer);
  tin_graph_free(&f->graph);
}

/* The next step's graph. */
static void next_graph(struct fixture *f) {
  drop_graph(f);
  tin_graph_init(&f->graph, NULL, &f->serial, &f->stamp);
}

static void stop(struct fixture *f) {
  drop_graph(f);
  tin_engine_free(f->engine);
  tin_buffer_pool_free(f->pool);
}

static struct tin_variable make_variable(struct fixture *f, tin_dtype dtype, int64_t size, const char *name) {
  struct tin_variable variable = {.dtype = (uint8_t)dtype, .rank = 1, .shape = {size}, .size = size, .id = ++f->variables, .name = name};
  variable.buffer = tin_buffer_new(f->pool, (size_t)(size * tin_dtype_bytes(dtype)));
  assert_non_null(variable.buffer);
  for (int64_t i = 0; i < size; i++)
    tin_scalar_store(variable.buffer->data, i, dtype, tin_scalar_from_double((double)i, dtype));
  return variable;
}

static struct tin_node *number(struct fixture *f, double value, const struct tin_node *like) {
  return tin_node_broadcast(&f->graph, tin_node_number(&f->graph, (tin_dtype)like->dtype, value), like->rank, like->shape);
}

static struct tin_node *run_time_number(struct fixture *f, float value, const struct tin_node *like) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return tin_node_broadcast(&f->graph, tin_node_scalar(&f->graph, TIN_F32, bits), like->rank, like->shape);
}

static struct tin_node *add(struct fixture *f, struct tin_node *a, struct tin_node *b) {
  return tin_node_binary(&f->graph, OP_ADD, a, b);
}
static struct tin_node *mul(struct fixture *f, struct tin_node *a, struct tin_node *b) {
  return tin_node_binary(&f->graph, OP_MUL, a, b);
}

static void run(struct fixture *f, struct tin_node **outputs, int n_outputs, const struct tin_update *updates, int n_updates,
                bool in_place) {
  if (!tin_engine_run(f->engine, &f->graph, outputs, n_outputs, updates, n_updates, in_place, &f->error))
    fail_msg("%s", f->error.text);
}

static double element(const struct tin_buffer *buffer, int64_t i) {
  assert_non_null(buffer);
  return (double)((const float *)buffer->data)[i];
}

/* ---- cases: each gets a started fixture ---- */

static void outputs_and_leaves(struct fixture *f) {
  struct tin_variable w = make_variable(f, TIN_F32, 100, "w");
  struct tin_node *x = tin_node_var(&f->graph, &w);
  struct tin_node *y = mul(f, add(f, x, number(f, 1, x)), x), *z = add(f, y, number(f, 0.5, x));
  struct tin_node *outputs[] = {z, y, x, y};
  run(f, outputs, 4, NULL, 0, false);
  assert_null(x->buffer);
  for (int i = 0; i < 100; i++) {
    assert_true(element(y->buffer, i) == (i + 1.0) * i);
    assert_true(element(z->buffer, i) == (i + 1.0) * i + 0.5);
  }
  /* realised nodes are leaves of the next graph, and outputs again */
  struct tin_node *last = add(f, z, y), *again[] = {last, z};
  run(f, again, 2, NULL, 0, false);
  assert_true(element(last->buffer, 3) == 24.5);
  assert_int_equal(z->buffer->references, 1);
  assert_int_equal(w.buffer->references, 1);
  tin_buffer_drop(w.buffer);
}

static void constants_are_outputs(struct fixture *f) {
  struct tin_node *c = tin_node_number(&f->graph, TIN_F32, 2.5), *s = tin_node_scalar(&f->graph, TIN_F32, 0x40400000);
  int64_t shape[] = {3};
  struct tin_node *wide = tin_node_broadcast(&f->graph, c, 1, shape), *iota = tin_node_iota(&f->graph, TIN_I32, 5);
  struct tin_node *outputs[] = {c, s, wide, iota};
  run(f, outputs, 4, NULL, 0, false);
  assert_true(element(c->buffer, 0) == 2.5 && element(s->buffer, 0) == 3 && element(wide->buffer, 2) == 2.5);
  assert_int_equal(((int32_t *)iota->buffer->data)[4], 4);
  struct tin_node *sum = tin_node_binary(&f->graph, OP_ADD, c, s), *then[] = {sum};
  run(f, then, 1, NULL, 0, false);
  assert_true(element(sum->buffer, 0) == 5.5);
}

static void old_versions_stay(struct fixture *f) {
  struct tin_variable w = make_variable(f, TIN_F32, 10, "w");
  struct tin_node *x = tin_node_var(&f->graph, &w);
  struct tin_node *before = mul(f, x, number(f, 2, x)), *next = add(f, x, number(f, 1, x));
  struct tin_update update = {&w, next};
  run(f, NULL, 0, &update, 1, false);
  assert_int_equal(w.version, 1);
  assert_non_null(x->buffer);
  assert_true(element(w.buffer, 4) == 5 && element(x->buffer, 4) == 4);
  struct tin_node *now = tin_node_var(&f->graph, &w), *after = mul(f, now, number(f, 2, now)), *outputs[] = {before, after};
  assert_ptr_not_equal(now, x);
  run(f, outputs, 2, NULL, 0, false);
  assert_true(element(before->buffer, 4) == 8 && element(after->buffer, 4) == 10);
  tin_buffer_drop(w.buffer);
}

static void updates_in_place(struct fixture *f) {
  struct tin_variable w = make_variable(f, TIN_F32, 10, "w");
  const void *memory = w.buffer->data;
  bool compiled = strcmp(tin_engine_options(f->engine)->target, "interpreter") != 0;
  for (int step = 0; step < 3; step++) {
    struct tin_node *x = tin_node_var(&f->graph, &w);
    struct tin_update update = {&w, add(f, x, number(f, 1, x))};
    run(f, NULL, 0, &update, 1, true);
    assert_int_equal(w.version, step + 1);
    assert_true(element(w.buffer, 4) == 5 + step);
    assert_int_equal(w.buffer->references, 1);
    if (compiled)
      assert_ptr_equal(w.buffer->data, memory);
    next_graph(f);
  }
  /* an output that shares the old buffer keeps its value */
  struct tin_node *x = tin_node_var(&f->graph, &w), *outputs[] = {x};
  struct tin_update update = {&w, add(f, x, number(f, 1, x))};
  run(f, outputs, 1, &update, 1, true);
  assert_true(element(x->buffer, 4) == 7 && element(w.buffer, 4) == 8);
  tin_buffer_drop(w.buffer);
}

static void variables_swap(struct fixture *f) {
  struct tin_variable a = make_variable(f, TIN_F32, 4, "a"), b = make_variable(f, TIN_F32, 4, "b");
  ((float *)b.buffer->data)[1] = 50;
  struct tin_update updates[] = {{&a, tin_node_var(&f->graph, &b)}, {&b, tin_node_var(&f->graph, &a)}};
  run(f, NULL, 0, updates, 2, true);
  assert_true(element(a.buffer, 1) == 50 && element(b.buffer, 1) == 1);
  /* the same value twice: shared, then apart again */
  next_graph(f);
  struct tin_node *x = tin_node_var(&f->graph, &a), *y = add(f, x, x);
  struct tin_update same[] = {{&a, y}, {&b, y}};
  run(f, NULL, 0, same, 2, true);
  assert_true(element(a.buffer, 1) == 100 && element(b.buffer, 1) == 100);
  next_graph(f);
  x = tin_node_var(&f->graph, &a);
  struct tin_update one = {&a, add(f, x, number(f, 1, x))};
  run(f, NULL, 0, &one, 1, true);
  assert_true(element(a.buffer, 1) == 101 && element(b.buffer, 1) == 100);
  tin_buffer_drop(a.buffer);
  tin_buffer_drop(b.buffer);
}

static struct tin_node *build_step(struct fixture *f, struct tin_variable *w, double constant, float rate) {
  struct tin_node *x = tin_node_var(&f->graph, w);
  return add(f, mul(f, x, number(f, constant, x)), run_time_number(f, rate, x));
}

static void rebuilt_graphs_hit(struct fixture *f) {
  struct tin_variable w = make_variable(f, TIN_F32, 10, "w"), other = make_variable(f, TIN_F32, 11, "other");
  const struct tin_statistics *statistics = tin_engine_statistics(f->engine);
  for (int step = 0; step < 5; step++) {
    struct tin_node *y = build_step(f, &w, 2 + step, (float)step), *outputs[] = {y};
    run(f, outputs, 1, NULL, 0, false);
    assert_true(element(y->buffer, 3) == 3.0 * (2 + step) + step);
    next_graph(f);
  }
  bool compiled = strcmp(tin_engine_options(f->engine)->target, "interpreter") != 0;
  assert_int_equal(statistics->plans_run, 5);
  assert_int_equal(statistics->plan_misses, compiled ? 1 : 0);
  assert_int_equal(statistics->plan_hits, compiled ? 4 : 0);
  assert_int_equal(statistics->kernels_launched, compiled ? 5 * statistics->kernels_compiled : 0);
  struct tin_node *y = build_step(f, &other, 2, 0), *outputs[] = {y};
  run(f, outputs, 1, NULL, 0, false);
  assert_int_equal(statistics->plan_misses, compiled ? 2 : 0);
  tin_engine_clear(f->engine);
  next_graph(f);
  outputs[0] = build_step(f, &other, 2, 0);
  run(f, outputs, 1, NULL, 0, false);
  assert_int_equal(statistics->plan_misses, compiled ? 3 : 0);
  tin_buffer_drop(w.buffer);
  tin_buffer_drop(other.buffer);
}

static void indices_are_checked(struct fixture *f) {
  struct tin_variable table = make_variable(f, TIN_F32, 10, "table"), index = make_variable(f, TIN_I32, 6, "index");
  struct tin_variable w = make_variable(f, TIN_F32, 6, "w");
  for (int bad = 1; bad >= 0; bad--) {
    ((int32_t *)index.buffer->data)[3] = bad ? 12 : 9;
    f->graph.site = (struct tin_site){.file = "model.c", .line = 7};
    struct tin_node *taken =
        tin_node_gather(&f->graph, tin_node_var(&f->graph, &table), tin_node_var(&f->graph, &index), (struct tin_indexing){0});
    f->graph.site = (struct tin_site){.file = NULL};
    struct tin_node *x = tin_node_var(&f->graph, &w), *outputs[] = {taken};
    struct tin_update update = {&w, add(f, x, taken)};
    f->error.set = false;
    bool good = tin_engine_run(f->engine, &f->graph, outputs, 1, &update, 1, true, &f->error);
    assert_int_equal(good, !bad);
    if (bad) {
      assert_string_equal(f->error.text, "model.c:7: gather: index 12 at position 3 is out of range for axis 0 of size 10");
      assert_int_equal(w.version, 0);
      assert_null(taken->buffer);
      assert_true(element(w.buffer, 5) == 5);
    } else {
      assert_true(element(taken->buffer, 3) == 9 && element(w.buffer, 3) == 12);
    }
    next_graph(f);
  }
  tin_buffer_drop(table.buffer);
  tin_buffer_drop(index.buffer);
  tin_buffer_drop(w.buffer);
}

static void overwritten_versions_are_named(struct fixture *f) {
  struct tin_variable w = make_variable(f, TIN_F32, 10, "w");
  struct tin_node *x = tin_node_var(&f->graph, &w), *y = add(f, x, number(f, 1, x)), *outputs[] = {mul(f, x, y)};
  struct tin_update update = {&w, y};
  run(f, NULL, 0, &update, 1, true);
  assert_false(tin_engine_run(f->engine, &f->graph, outputs, 1, NULL, 0, false, &f->error));
  assert_string_equal(f->error.text, "variable w is read at version 0, which version 1 has overwritten");
  tin_buffer_drop(w.buffer);
}

static void sizes_of_zero(struct fixture *f) {
  struct tin_variable w = make_variable(f, TIN_F32, 0, "w");
  struct tin_node *x = tin_node_var(&f->graph, &w), *y = add(f, x, number(f, 1, x)), *sum = tin_node_reduce(&f->graph, OP_SUM, x, 1);
  struct tin_node *outputs[] = {y, sum};
  run(f, outputs, 2, NULL, 0, false);
  assert_non_null(y->buffer);
  assert_true(element(sum->buffer, 0) == 0);
  run(f, NULL, 0, NULL, 0, false);
  tin_buffer_drop(w.buffer);
}

static void long_chains(struct fixture *f) {
  enum { LENGTH = 20000 };
  struct tin_variable w = make_variable(f, TIN_F32, 2, "w");
  struct tin_node *x = tin_node_var(&f->graph, &w), *y = x;
  for (int i = 0; i < LENGTH; i++)
    y = add(f, y, x);
  struct tin_node *outputs[] = {y};
  run(f, outputs, 1, NULL, 0, false);
  assert_true(element(y->buffer, 1) == LENGTH + 1);
  tin_buffer_drop(w.buffer);
}

/* Every allocation of a run fails in turn: an error, nothing realised, no update; then it succeeds. */
static void allocations_fail(struct fixture *f) {
  struct tin_variable w = make_variable(f, TIN_F32, 10, "w"), v = make_variable(f, TIN_F32, 10, "v");
  for (long allowed = 0;; allowed++) {
    assert_true(allowed < 5000);
    tin_engine_clear(f->engine);
    struct tin_node *x = tin_node_var(&f->graph, &w), *y = mul(f, add(f, x, tin_node_var(&f->graph, &v)), x), *outputs[] = {y};
    struct tin_update update = {&w, add(f, y, x)};
    f->error.set = false;
    allocations_left = allowed;
    bool good = tin_engine_run(f->engine, &f->graph, outputs, 1, &update, 1, allowed % 2, &f->error);
    allocations_left = -1;
    if (good) {
      assert_true(element(w.buffer, 3) == 21 && element(y->buffer, 3) == 18);
      break;
    }
    assert_true(f->error.set);
    assert_int_equal(w.version, 0);
    assert_null(y->buffer);
    assert_true(element(w.buffer, 3) == 3);
    next_graph(f);
  }
  tin_buffer_drop(w.buffer);
  tin_buffer_drop(v.buffer);
}

static void many_plans_are_bounded(struct fixture *f) {
  /* more shapes than the cache holds, the first one used all the time */
  struct tin_variable first = make_variable(f, TIN_F32, 1, "first");
  const struct tin_statistics *statistics = tin_engine_statistics(f->engine);
  if (!strcmp(tin_engine_options(f->engine)->target, "interpreter"))
    goto done;
  for (int size = 2; size < 1100; size++) {
    struct tin_variable w = make_variable(f, TIN_F32, size, "w");
    struct tin_node *outputs[] = {build_step(f, &w, 2, 1)}, *again[] = {build_step(f, &first, 2, 1)};
    run(f, outputs, 1, NULL, 0, false);
    run(f, again, 1, NULL, 0, false);
    next_graph(f);
    tin_buffer_drop(w.buffer);
  }
  assert_int_equal(statistics->plan_misses, 1099);
  assert_int_equal(statistics->plan_hits, 1097);
  assert_int_equal(f->engine->cache.count, 1024);
done:
  tin_buffer_drop(first.buffer);
}

static void (*const cases[])(struct fixture *f) = {
    outputs_and_leaves,  constants_are_outputs,          old_versions_stay, updates_in_place, variables_swap,   rebuilt_graphs_hit,
    indices_are_checked, overwritten_versions_are_named, sizes_of_zero,     long_chains,      allocations_fail, many_plans_are_bounded,
};

static void run_case(void (*function)(struct fixture *f), struct tin_options options) {
  struct fixture f = {.options = options};
  start(&f);
  function(&f);
  stop(&f);
}

static void on_interpreter(void **state) {
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    run_case(cases[i], (struct tin_options){.target = "interpreter", .threads = 1});
  (void)state;
}

static void on_compiled(void **state) {
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    run_case(cases[i], (struct tin_options){.threads = 2});
  (void)state;
}

static void on_unfused(void **state) {
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (cases[i] != long_chains && cases[i] != many_plans_are_bounded) /* slow to compile, one kernel a node; the cache is the same */
      run_case(cases[i], (struct tin_options){.target = "portable", .threads = 1, .fuse = 0, .fuse_set = true});
  (void)state;
}

/* ---- switches ---- */

static void read_environment(void **state) {
  (void)state;
  static const struct {
    const char *name, *value, *message;
  } bad[] = {
      {"TIN_TARGET", "sse", "TIN_TARGET=sse: accepted are avx512, avx2, portable, interpreter"},
      {"TIN_THREADS", "0", "TIN_THREADS=0: accepted are 1 to 1024"},
      {"TIN_THREADS", "two", "TIN_THREADS=two: accepted are 1 to 1024"},
      {"TIN_FUSE", "rows", "TIN_FUSE=rows: accepted are 0, 1, or a list of chain, reduce, row, prologue, epilogue, horizontal, block"},
      {"TIN_FUSE", "row,", "TIN_FUSE=row,: accepted are 0, 1, or a list of chain, reduce, row, prologue, epilogue, horizontal, block"},
      {"TIN_PROFILE", "yes", "TIN_PROFILE=yes: accepted are 0, 1"},
      {"TIN_COMPARE", "", "TIN_COMPARE=: accepted are 0, 1"},
      {"TIN_DEBUG", "x", NULL},
      {"TIN_DUMP", "", "TIN_DUMP=: accepted are names of folders"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct tin_options options = {.threads = 0};
    struct tin_error error = {.set = false};
    setenv(bad[i].name, bad[i].value, 1);
    assert_false(tin_options_from_environment(&options, &error));
    unsetenv(bad[i].name);
    if (bad[i].message)
      assert_string_equal(error.text, bad[i].message);
  }
  struct tin_options options = {.target = "portable"};
  struct tin_error error = {.set = false};
  setenv("TIN_TARGET", "interpreter", 1);
  setenv("TIN_FUSE", "row,epilogue", 1);
  setenv("TIN_THREADS", "3", 1);
  setenv("TIN_DEBUG", "gsw", 1);
  assert_true(tin_options_from_environment(&options, &error));
  unsetenv("TIN_TARGET");
  unsetenv("TIN_FUSE");
  unsetenv("TIN_THREADS");
  unsetenv("TIN_DEBUG");
  assert_string_equal(options.target, "portable"); /* the program's choice stays */
  assert_int_equal(options.fuse, TIN_FUSE_ROW | TIN_FUSE_EPILOGUE);
  assert_true(options.fuse_set && options.threads == 3);
}

static void bad_options(void **state) {
  (void)state;
  static const struct tin_options bad[] = {{.target = "gpu"}, {.threads = -1}, {.debug = "?"}, {.dump = "/proc/nowhere"}};
  struct tin_buffer_pool *pool = tin_buffer_pool_new();
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct tin_error error = {.set = false};
    assert_null(tin_engine_new(&bad[i], pool, &error));
    assert_true(error.set);
    if (bad[i].dump)
      assert_non_null(strstr(error.text, "TIN_DUMP=/proc/nowhere: cannot make the folder"));
  }
  tin_buffer_pool_free(pool);
}

static bool exists(const char *folder, const char *name) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return access(path, R_OK) == 0;
}

static void kernels_are_dumped(void **state) {
  (void)state;
  char folder[] = "/tmp/tinsmith-test-XXXXXX", command[600];
  assert_non_null(mkdtemp(folder));
  struct fixture f = {.options = {.dump = folder, .threads = 1, .compare = false}};
  start(&f);
  struct tin_variable w = make_variable(&f, TIN_F32, 1000, "w");
  struct tin_node *y = build_step(&f, &w, 2, 1), *outputs[] = {y};
  run(&f, outputs, 1, NULL, 0, false);
  assert_true(exists(folder, "index.md") && exists(folder, "tin_vector.h"));
  snprintf(command, sizeof command, "cd %s && ls p0_*.c >/dev/null", folder);
  assert_int_equal(system(command), 0);
  tin_buffer_drop(w.buffer);
  stop(&f);
  snprintf(command, sizeof command, "rm -r %s", folder);
  assert_int_equal(system(command), 0);
}

/* Everything that the engine prints while the function runs goes into text instead. */
static void capture(char *text, size_t size, void (*function)(void)) {
  FILE *file = tmpfile();
  int saved = dup(STDERR_FILENO);
  assert_non_null(file);
  fflush(stderr);
  dup2(fileno(file), STDERR_FILENO);
  function();
  fflush(stderr);
  dup2(saved, STDERR_FILENO);
  close(saved);
  rewind(file);
  text[fread(text, 1, size - 1, file)] = 0;
  fclose(file);
}

static void run_two_plans(void) {
  struct fixture f = {.options = {.threads = 1, .compare = true, .profile = true, .debug = "gswmkntcv"}};
  start(&f);
  struct tin_variable w = make_variable(&f, TIN_F32, 1000, "w");
  struct tin_node *x = tin_node_var(&f.graph, &w), *y = mul(&f, x, x), *outputs[] = {add(&f, y, x), y};
  run(&f, outputs, 2, NULL, 0, false);
  struct tin_update update = {&w, mul(&f, add(&f, x, y), x)}; /* y is realised now */
  run(&f, NULL, 0, &update, 1, true);
  next_graph(&f);
  x = tin_node_var(&f.graph, &w);
  struct tin_update other = {&w, mul(&f, mul(&f, x, x), x)};
  run(&f, NULL, 0, &other, 1, true);
  tin_buffer_drop(w.buffer);
  stop(&f);
}

static void prints_what_was_asked(void **state) {
  (void)state;
  static char text[1 << 18];
  static const char *const expected[] = {
      "plan 0: graph\n%0 = var \"w\"",
      "plan 0: schedule\nplan: ",
      "plan 0: memory\nmemory: live bound",
      "plan 0: compile took ",
      "results            equal bits",
      "plan cache: miss: no plan has as many outputs and updates",
      "plan cache: miss: the first difference from plan 1 is node %",
      "GFLOP/s",
  };
  capture(text, sizeof text, run_two_plans);
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
    if (!strstr(text, expected[i]))
      fail_msg("no '%s' in\n%s", expected[i], text);
  assert_null(strstr(text, "different bits"));
}

static void report_names_kernels(void **state) {
  (void)state;
  struct fixture f = {.options = {.threads = 1}};
  struct tin_arena arena;
  jmp_buf fail;
  struct tin_text text;
  start(&f);
  f.engine->options.profile = true;
  struct tin_variable w = make_variable(&f, TIN_F32, 1000, "w");
  struct tin_node *outputs[] = {build_step(&f, &w, 2, 1)};
  run(&f, outputs, 1, NULL, 0, false);
  tin_arena_init(&arena, 1 << 12, &fail);
  if (setjmp(fail))
    fail_msg("out of memory");
  tin_text_init(&text, &arena);
  tin_engine_report(f.engine, &text);
  assert_non_null(strstr(text.at, "GFLOP/s"));
  assert_non_null(strstr(text.at, f.engine->cache.newest->kernels[0].name));
  f.engine->options.profile = false;
  tin_arena_free(&arena);
  tin_buffer_drop(w.buffer);
  stop(&f);
}

int main(void) {
  unsetenv("TIN_CHECK"); /* updates are never in place in the checked mode, and kernels' texts are others */
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(on_interpreter),       cmocka_unit_test(on_compiled),           cmocka_unit_test(on_unfused),
      cmocka_unit_test(read_environment),     cmocka_unit_test(bad_options),           cmocka_unit_test(kernels_are_dumped),
      cmocka_unit_test(report_names_kernels), cmocka_unit_test(prints_what_was_asked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
