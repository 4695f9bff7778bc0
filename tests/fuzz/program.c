/* Random programs: see program.h. */
#include "program.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "frontend/frontend.h"
#include "generator.h"
#include "tinsmith_nn.h"

enum { LEAVES = 16, VALUES = PROGRAM_STATEMENTS * CALL_RESULTS, LARGEST = 6000, CHILD_SECONDS = 30, REPEATING_STEP = 2 };

/* ---- what a run has read ---- */

struct record {
  struct record *next;
  char what[64];
  tin_dtype dtype;
  int64_t size;
  unsigned char data[];
};

struct log {
  struct record *first, **end;
};

static void log_free(struct log *log) {
  while (log->first) {
    struct record *next = log->first->next;
    free(log->first);
    log->first = next;
  }
}

/* Room for the data of a new record. */
static void *log_add(struct log *log, tin_dtype dtype, int64_t size, const char *format, ...) __attribute__((format(printf, 4, 5)));
static void *log_add(struct log *log, tin_dtype dtype, int64_t size, const char *format, ...) {
  struct record *record = calloc(1, sizeof *record + (size_t)size * (size_t)tin_dtype_bytes(dtype) + 1);
  if (!record)
    abort();
  va_list rest;
  va_start(rest, format);
  vsnprintf(record->what, sizeof record->what, format, rest);
  va_end(rest);
  record->dtype = dtype;
  record->size = size;
  *log->end = record;
  log->end = &record->next;
  return record->data;
}

static bool same_records(const struct record *a, const struct record *b, struct tin_error *error) {
  if (strcmp(a->what, b->what) || a->dtype != b->dtype || a->size != b->size) {
    tin_error_set(error, "%s (%s) instead of %s (%s)", a->what, a->data, b->what, b->data);
    return false;
  }
  int64_t at = fuzz_first_difference(a->data, b->data, a->size, a->dtype);
  if (at < 0)
    return true;
  if (strstr(a->what, "error"))
    tin_error_set(error, "%s: \"%s\" instead of \"%s\"", a->what, a->data, b->data);
  else
    tin_error_set(error, "%s at position %" PRId64 " of %" PRId64 " %s: %.9g instead of %.9g", a->what, at, a->size,
                  tin_dtypes[a->dtype].text, tin_scalar_to_double(tin_scalar_load(a->data, at, a->dtype), a->dtype),
                  tin_scalar_to_double(tin_scalar_load(b->data, at, b->dtype), b->dtype));
  return false;
}

static bool same_logs(const struct log *a, const struct log *b, struct tin_error *error) {
  const struct record *x = a->first, *y = b->first;
  for (; x && y; x = x->next, y = y->next)
    if (!same_records(x, y, error))
      return false;
  if (x || y)
    tin_error_set(error, "%s in one run only", x ? x->what : y->what);
  return !x && !y;
}

/* ---- a run ---- */

struct run {
  const struct program *program;
  const struct fuzz_config *config;
  tin_ctx *ctx;
  tin_optim *optim;
  tin_tensor *variables[PROGRAM_VARIABLES];
  int n_variables;
  tin_tensor *leaves[PROGRAM_STATEMENTS][LEAVES];
  int n_leaves; /* of the statement so far */
  tin_tensor *values[VALUES];
  int n_values; /* up to the statement that runs */
  int statement, step;
  struct calls calls; /* its stream is the statement's */
  struct tin_stream early;
  tin_scope inner;
  int inner_first, inner_left; /* value that the inner scope begins at; statements until its end, 0: there is none */
  struct log *log;
  bool cleared; /* the cache, in some step */
  FILE *trace;
};

static int64_t below(struct run *run, int64_t bound) {
  return bound > 1 ? (int64_t)tin_stream_below(&run->calls.stream, (uint64_t)bound) : 0;
}

static bool chance(struct run *run, int percent) {
  return below(run, 100) < percent;
}

/* ---- text ---- */

static void say(const struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct run *run, const char *format, ...) {
  if (!run->trace)
    return;
  va_list rest;
  va_start(rest, format);
  vfprintf(run->trace, format, rest);
  fflush(run->trace); /* what follows may crash */
  va_end(rest);
}

static void say_tensor(const struct run *run, tin_tensor *t) {
  tin_shape shape = tin_shape_of(t);
  for (int i = 0; i < run->n_values; i++)
    if (run->values[i] == t)
      say(run, "t%d.%d ", i / CALL_RESULTS, i % CALL_RESULTS);
  for (int i = 0; i < run->n_variables; i++)
    if (run->variables[i] == t)
      say(run, "v%d ", i);
  say(run, "%s[", tin_dtype_name(tin_dtype_of(t)));
  for (int i = 0; i < shape.rank; i++)
    say(run, "%s%" PRId64, i ? ", " : "", shape.size[i]);
  say(run, "]");
}

/* ---- leaves ---- */

static uint64_t leaf_value(struct tin_stream *stream, tin_dtype dtype, int64_t limit, bool specials) {
  static const double numbers[] = {0, -0.0, 1, -1, INFINITY, -INFINITY, NAN, 1e-40, 3e38, 2.5, 2147483648.0, -9.3e18};
  if (limit)
    return (uint64_t)tin_stream_below(stream, (uint64_t)limit);
  if (dtype == TIN_BOOL)
    return tin_stream_below(stream, 2);
  if (specials && tin_stream_below(stream, 12) == 0)
    return tin_scalar_from_double(numbers[tin_stream_below(stream, sizeof numbers / sizeof *numbers)], dtype);
  if (!tin_dtype_is_float(dtype))
    return tin_scalar_cast(tin_stream_below(stream, 40) - 20, TIN_I64, dtype);
  return tin_scalar_from_double(4 * tin_stream_uniform(stream) - 2, dtype);
}

static void write_data(struct run *run, tin_tensor *t, uint64_t key, int64_t limit) {
  struct tin_stream stream;
  tin_dtype dtype = tin_dtype_of(t);
  size_t bytes = (size_t)tin_size_of(t) * tin_dtype_size(dtype);
  void *data = malloc(bytes + 1);
  if (!data)
    abort();
  tin_stream_seed(&stream, run->program->seed * 0x9e3779b97f4a7c15u ^ key);
  bool specials = tin_stream_below(&stream, 6) == 0;
  for (int64_t i = 0; i < tin_size_of(t); i++)
    tin_scalar_store(data, i, dtype, leaf_value(&stream, dtype, limit, specials));
  tin_write(t, data, bytes);
  free(data);
}

/* An input of the statement: made in the first step that needs it, with new data in most steps. */
static tin_tensor *leaf(struct run *run, tin_dtype dtype, tin_shape shape, int64_t limit) {
  if (run->n_leaves == LEAVES)
    return NULL;
  tin_tensor **t = &run->leaves[run->statement][run->n_leaves++];
  if (!*t)
    *t = tin_input(run->ctx, dtype, shape, NULL);
  bool stays = chance(run, 30);
  uint64_t key = (uint64_t)(run->statement * LEAVES + run->n_leaves) * 64;
  if (!tin_is_poison(*t) && (!stays || run->step == 0))
    write_data(run, *t, key + (uint64_t)run->step + 1, limit);
  return *t;
}

/* ---- operands ---- */

/* One of the variables and of what statements so far gave; NULL when there is none. */
static tin_tensor *pick(struct run *run) {
  int64_t n = run->n_variables + run->n_values, a = below(run, n), b = below(run, n);
  for (int64_t at = a > b ? a : b; at >= 0; at--) {
    tin_tensor *t = at < run->n_variables ? run->variables[at] : run->values[at - run->n_variables];
    if (t)
      return t;
  }
  return NULL;
}

static tin_tensor *pick_float(struct run *run) {
  for (int tries = 0; tries < 6; tries++) {
    tin_tensor *t = pick(run);
    if (t && tin_dtype_is_float(tin_dtype_of(t)))
      return t;
  }
  return run->n_variables ? run->variables[0] : NULL;
}

static bool same_shape(const tin_shape *a, const tin_shape *b) {
  bool same = a->rank == b->rank;
  for (int i = 0; same && i < a->rank; i++)
    same = a->size[i] == b->size[i];
  return same;
}

static int64_t elements(const tin_shape *shape) {
  int64_t size = 1;
  for (int i = 0; i < shape->rank; i++)
    size *= shape->size[i];
  return size;
}

static tin_tensor *fitted(tin_tensor *t, tin_dtype dtype, const tin_shape *shape) {
  tin_shape from = tin_shape_of(t);
  if (tin_size_of(t) != elements(shape))
    return tin_size_of(t) == 1 ? tin_expand(tin_reshape(tin_cast(t, dtype), TIN_SHAPE()), *shape) : NULL;
  t = tin_dtype_of(t) == dtype ? t : tin_cast(t, dtype);
  return same_shape(&from, shape) ? t : tin_reshape(t, *shape);
}

static tin_tensor *operand(struct calls *calls, tin_dtype dtype, tin_shape shape, int64_t limit) {
  struct run *run = calls->context;
  tin_tensor *found = NULL, *t = NULL;
  if (elements(&shape) > LARGEST)
    return NULL;
  for (int tries = 0; tries < 5 && !limit && !found; tries++) {
    t = pick(run);
    found = t ? fitted(t, dtype, &shape) : NULL;
  }
  if (!found || chance(run, 15))
    found = t = leaf(run, dtype, shape, limit);
  say(run, ", ");
  say_tensor(run, t);
  return found;
}

/* ---- statements ---- */

static void result(struct run *run, int number, tin_tensor *t) {
  if (!t || tin_is_poison(t) || tin_size_of(t) > LARGEST)
    return;
  run->values[run->statement * CALL_RESULTS + number] = t;
  if (run->config->early && tin_ok(run->ctx) && tin_stream_below(&run->early, 100) < 30)
    tin_realize(TIN_LIST(t));
}

static void do_call(struct run *run) {
  tin_tensor *x = pick(run);
  int function = (int)below(run, calls_count());
  if (!x || tin_size_of(x) > LARGEST / 2)
    return;
  say(run, "%s(", calls_name(function));
  say_tensor(run, x);
  calls_run_wrapped(&run->calls, function, x);
  say(run, ")");
  for (int i = 0; i < run->calls.n_results; i++)
    result(run, i, run->calls.results[i]);
}

static void do_leaf(struct run *run) {
  static const uint8_t dtypes[] = {TIN_F32, TIN_F32, TIN_F32, TIN_F64, TIN_I32, TIN_BOOL, TIN_F16, TIN_U8, TIN_I64};
  static const int64_t extents[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33};
  tin_shape shape = {.rank = (int)below(run, 4)};
  for (int i = 0; i < shape.rank; i++)
    shape.size[i] = chance(run, 2) ? 0 : extents[below(run, 12)];
  say(run, "input");
  result(run, 0, leaf(run, (tin_dtype)dtypes[below(run, (int64_t)sizeof dtypes)], shape, 0));
}

static void do_scalar(struct run *run) {
  say(run, "scalar");
  tin_tensor *x = pick(run);
  if (x)
    result(run, 0, tin_mul(x, tin_scalar(run->ctx, tin_dtype_of(x) == TIN_BOOL ? TIN_I32 : tin_dtype_of(x), run->step + 1)));
}

static void do_assign(struct run *run) {
  tin_tensor *v = run->variables[below(run, run->n_variables)];
  say(run, "assign(");
  say_tensor(run, v);
  tin_tensor *value = operand(&run->calls, tin_dtype_of(v), tin_shape_of(v), 0);
  say(run, ")");
  if (tin_dtype_is_float(tin_dtype_of(v)))
    value = chance(run, 50) ? tin_sub(v, tin_mul_scalar(value, 0.125)) : value;
  tin_assign(v, value);
}

static void do_assign_at(struct run *run) {
  tin_tensor *v = run->variables[below(run, run->n_variables)];
  tin_shape shape = tin_shape_of(v);
  if (!shape.rank)
    return;
  int axis = (int)below(run, shape.rank);
  int64_t n = shape.size[axis];
  shape.size[axis] = 1 + below(run, n);
  say(run, "assign_at(");
  say_tensor(run, v);
  tin_tensor *position = leaf(run, TIN_I32, TIN_SHAPE(), n);
  tin_assign_at(v, position, operand(&run->calls, tin_dtype_of(v), shape, 0), .axis = axis);
  say(run, ")");
}

static void do_keep(struct run *run) {
  tin_tensor *x = pick(run);
  say(run, "keep(");
  say_tensor(run, x);
  say(run, ")");
  if (x && !run->inner_left)
    result(run, 0, tin_keep(x));
}

static void do_realize(struct run *run) {
  tin_tensor *a = pick(run), *b = pick(run);
  say(run, "realize(");
  say_tensor(run, a);
  say_tensor(run, b);
  say(run, ")");
  if (a && b)
    tin_realize(TIN_LIST(a, b));
}

static void read_into_log(struct run *run, tin_tensor *t, const char *what, int number) {
  tin_dtype dtype = tin_dtype_of(t);
  void *data = log_add(run->log, dtype, tin_size_of(t), "step %d: %s %d", run->step, what, number);
  tin_read(t, data, (size_t)tin_size_of(t) * tin_dtype_size(dtype));
}

static void do_read(struct run *run) {
  tin_tensor *x = pick(run);
  say(run, "read(");
  say_tensor(run, x);
  say(run, ")");
  if (x)
    read_into_log(run, x, "read by statement", run->statement);
}

static void do_write(struct run *run) {
  tin_tensor *v = run->variables[below(run, run->n_variables)];
  say(run, "write(");
  say_tensor(run, v);
  say(run, ")");
  write_data(run, v, (uint64_t)run->statement * 4096 + (uint64_t)run->step, 0);
}

static tin_tensor *loss_of(struct run *run) {
  tin_tensor *a = pick_float(run), *b = pick_float(run);
  say_tensor(run, a);
  say_tensor(run, b);
  return a && b ? tin_add(tin_sum(tin_sin(a)), tin_mean(tin_square(b))) : NULL;
}

static void do_gradient(struct run *run) {
  tin_tensor *wrt[2], *out[2] = {NULL};
  say(run, "gradient of ");
  tin_tensor *loss = loss_of(run);
  say(run, " by ");
  for (int i = 0; i < 2; i++) {
    wrt[i] = pick_float(run);
    say_tensor(run, wrt[i]);
  }
  if (loss && tin_grad(loss, ((tin_list){wrt, 2}), out))
    for (int i = 0; i < 2; i++)
      result(run, i, out[i]);
}

static void do_step(struct run *run) {
  say(run, "step of ");
  tin_tensor *loss = loss_of(run);
  if (loss && run->optim)
    tin_step(run->optim, loss);
}

static void do_clear(struct run *run) {
  say(run, "clear_cache()");
  run->cleared = true;
  if (chance(run, 30))
    tin_clear_cache(run->ctx);
}

static void do_scope(struct run *run) {
  if (run->inner_left)
    return;
  say(run, "begin()");
  run->inner = tin_begin(run->ctx);
  run->inner_first = (run->statement + 1) * CALL_RESULTS;
  run->inner_left = 2 + (int)below(run, 4);
}

/* The last value of the inner scope is kept; the others are gone. */
static void end_inner(struct run *run) {
  tin_tensor *last = NULL;
  int n = (run->statement + 1) * CALL_RESULTS, at = 0;
  for (int i = run->inner_first; i < n; i++) {
    at = run->values[i] ? i : at;
    last = run->values[i] ? run->values[i] : last;
    run->values[i] = NULL;
  }
  say(run, "      t%d.%d kept, end()\n", at / CALL_RESULTS, at % CALL_RESULTS);
  if (last)
    last = tin_keep(last);
  tin_end(run->inner);
  if (last && !tin_is_poison(last))
    run->values[at] = last;
}

static const struct {
  void (*run)(struct run *run);
  int weight;
} kinds[] = {{do_call, 60}, {do_leaf, 8},  {do_scalar, 3},   {do_assign, 6}, {do_assign_at, 4}, {do_keep, 3}, {do_realize, 3},
             {do_read, 3},  {do_write, 3}, {do_gradient, 5}, {do_step, 4},   {do_clear, 1},     {do_scope, 3}};

static void note_error(struct run *run) {
  if (tin_ok(run->ctx))
    return;
  const char *message = tin_message(run->ctx);
  size_t length = strlen(message);
  say(run, "      error: %s\n", message);
  memcpy(log_add(run->log, TIN_U8, (int64_t)length, "step %d: error in statement %d", run->step, run->statement), message, length);
  tin_clear_error(run->ctx);
}

static void run_statement(struct run *run) {
  int total = 0, kind = 0;
  tin_stream_seed(&run->calls.stream, tin_seed_mix(run->program->seed, (uint64_t)run->statement));
  run->n_leaves = 0;
  run->n_values = run->statement * CALL_RESULTS;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    total += kinds[i].weight;
  int64_t draw = below(run, total);
  while (draw >= kinds[kind].weight)
    draw -= kinds[kind++].weight;
  if (run->program->dropped[run->statement])
    return;
  say(run, "  t%d = ", run->statement);
  kinds[kind].run(run);
  for (int i = 0; i < CALL_RESULTS; i++)
    if (run->values[run->n_values + i]) {
      say(run, " -> ");
      say_tensor(run, run->values[run->n_values + i]);
    }
  say(run, "\n");
}

static void run_step(struct run *run) {
  say(run, "step %d\n", run->step);
  tin_scope scope = tin_begin(run->ctx);
  tin_stream_seed(&run->early, run->program->seed ^ 0x6561726cu); /* the same in each step, whose plans are to be found again */
  memset(run->values, 0, sizeof run->values);
  run->inner_left = 0;
  for (run->statement = 0; run->statement < run->program->n_statements; run->statement++) {
    int open = run->inner_left;
    run_statement(run);
    note_error(run);
    if (open && (--run->inner_left == 0 || run->statement + 1 == run->program->n_statements)) {
      run->inner_left = 0;
      end_inner(run);
      note_error(run);
    }
  }
  for (int i = run->program->n_statements * CALL_RESULTS - 1, count = 0; i >= 0 && count < 4; i--)
    if (run->values[i]) {
      read_into_log(run, run->values[i], "value of statement", i / CALL_RESULTS);
      count++;
    }
  note_error(run);
  tin_end(scope);
  note_error(run);
}

/* ---- whole runs ---- */

static void make_variables(struct run *run) {
  static const uint8_t dtypes[] = {TIN_I32, TIN_F32, TIN_F64, TIN_BF16, TIN_U8, TIN_I64};
  struct tin_stream *stream = &run->calls.stream;
  tin_stream_seed(stream, run->program->seed);
  int n_params = 1 + (int)below(run, 3);
  run->n_variables = n_params + (int)below(run, PROGRAM_VARIABLES - n_params + 1);
  for (int i = 0; i < run->n_variables; i++) {
    tin_shape shape = {.rank = (int)below(run, 4)};
    for (int k = 0; k < shape.rank; k++)
      shape.size[k] = 1 + below(run, chance(run, 70) ? 6 : 40);
    if (elements(&shape) > LARGEST / 4)
      shape.rank = 1;
    if (i < n_params)
      run->variables[i] = tin_param(run->ctx, shape, .dtype = chance(run, 80) ? TIN_F32 : TIN_F64);
    else
      run->variables[i] = tin_state(run->ctx, shape, .dtype = (tin_dtype)dtypes[below(run, (int64_t)sizeof dtypes)]);
    write_data(run, run->variables[i], 0x1000000u + (uint64_t)i, 0);
  }
  tin_list params = tin_params(run->ctx);
  int64_t kind = below(run, 4);
  run->optim = kind == 0   ? tin_sgd(params, .lr = 0.05, .momentum = 0.9)
               : kind == 1 ? tin_sgd(params, .lr = 0.05, .weight_decay = 0.01)
               : kind == 2 ? tin_adam(params, .lr = 0.01)
                           : tin_adamw(params, .lr = 0.01);
}

static bool run_program(const struct program *program, const struct fuzz_config *config, struct log *log, FILE *trace,
                        struct tin_error *error) {
  static struct run state;
  struct run *run = &state;
  *log = (struct log){.end = &log->first};
  state = (struct run){.program = program, .config = config, .log = log, .trace = trace};
  run->ctx = tin_ctx_new(.target = config->target, .threads = config->threads, .fuse_off = TIN_FUSE_ALL & ~config->fuse);
  if (!tin_ok(run->ctx)) {
    tin_error_set(error, "no context");
    return false;
  }
  run->calls = (struct calls){.ctx = run->ctx, .operand = operand, .context = run};
  make_variables(run);
  note_error(run);
  for (run->step = 0; run->step < program->n_steps; run->step++) {
    int64_t misses = tin_stats(run->ctx).plan_misses;
    run_step(run);
    if (config->threads > 1)
      fuzz_share_kernels(run->ctx->engine);
    if (run->step >= REPEATING_STEP && tin_stats(run->ctx).plan_misses != misses && !run->cleared)
      tin_error_set(error, "step %d made new plans", run->step);
  }
  for (int i = 0; i < run->n_variables; i++)
    read_into_log(run, run->variables[i], "variable", i);
  note_error(run);
  tin_ctx_free(run->ctx);
  return !error->set;
}

static struct fuzz_config reference(const struct fuzz_config *config) {
  return (struct fuzz_config){.target = "interpreter", .fuse = 0, .threads = 1, .early = config->early};
}

bool program_check(const struct program *program, const struct fuzz_config *config, struct tin_error *error) {
  struct log logs[2];
  struct fuzz_config expected = reference(config);
  bool good = run_program(program, &expected, &logs[0], NULL, error) && run_program(program, config, &logs[1], NULL, error) &&
              same_logs(&logs[1], &logs[0], error);
  log_free(&logs[0]);
  log_free(&logs[1]);
  return good;
}

void program_make(struct program *program, uint64_t seed) {
  struct tin_stream stream;
  *program = (struct program){.seed = seed};
  tin_stream_seed(&stream, seed ^ 0x70726f67u);
  program->n_statements = 3 + (int)tin_stream_below(&stream, tin_stream_below(&stream, 3) ? 12 : PROGRAM_STATEMENTS - 3);
  program->n_steps = 1 + (int)tin_stream_below(&stream, 4);
}

int program_configs(uint64_t seed, struct fuzz_config *configs, int limit) {
  int n = fuzz_configs(seed, configs, limit);
  return n < 4 ? n : 4;
}

/* ---- the shrinker ---- */

static bool fails(const struct program *program, const struct fuzz_config *config) {
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    struct tin_error error = {.set = false};
    alarm(CHILD_SECONDS);
    _exit(program_check(program, config, &error) ? 0 : 1);
  }
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0)
    ;
  return child > 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0);
}

static void shrink(struct program *program, const struct fuzz_config *config) {
  while (program->n_steps > 1) {
    program->n_steps--;
    if (!fails(program, config)) {
      program->n_steps++;
      break;
    }
  }
  for (bool progress = true; progress;) {
    progress = false;
    for (int i = program->n_statements - 1; i >= 0; i--) {
      if (program->dropped[i])
        continue;
      program->dropped[i] = true;
      bool still = fails(program, config);
      program->dropped[i] = still;
      progress |= still;
    }
  }
}

void program_report(FILE *file, uint64_t seed, const struct fuzz_config *config) {
  struct fuzz_config expected = reference(config);
  struct program program;
  program_make(&program, seed);
  fprintf(file, "# program %" PRIu64 ", ", seed);
  fuzz_config_print(file, config);
  fprintf(file, "\n");
  if (fails(&program, config))
    shrink(&program, config);
  else
    fprintf(file, "# does not fail again\n");
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    struct log log;
    struct tin_error error = {.set = false};
    alarm(CHILD_SECONDS);
    run_program(&program, &expected, &log, file, &error);
    fflush(file);
    program_check(&program, config, &error);
    fprintf(file, "# %s\n", error.text);
    fflush(file);
    _exit(0);
  }
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0)
    ;
  if (child > 0 && WIFSIGNALED(status))
    fprintf(file, "# ended by signal %d\n", WTERMSIG(status));
}
