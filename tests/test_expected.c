/* Values and gradients of every public function against NumPy, SciPy and PyTorch: the cases of tests/expected/ops.txt, which
 * tests/expected/make_ops.py writes, on every target, fused and not, and of inputs that are views. The top of that script describes the
 * text; calls.def says what the names stand for. The targets must agree in every bit. A public function that makes tensors and is in no
 * case is an error, too. */
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codegen/kernel.h"
#include "tinsmith_nn.h"

#include "context.h"

enum {
  MAX_INPUTS = 12,
  MAX_OPTIONS = 12,
  MAX_OUTPUTS = 8,
  BATCH = 48, /* cases realised in one plan */
  MAX_CASES = 8192,
  MAX_FAILURES = 25, /* printed a way */
  MAX_LINE = 1 << 16,
  GRADIENT_ULPS = 256, /* of max(1, |expected|): f64 by two libraries, in two orders */
  WEIGHT_SEED = 77     /* of the numbers that results are multiplied by before gradients are taken */
};

/* One line of the file, and what was built from it. */
struct call {
  tin_ctx *ctx;
  int line;
  const char *name;
  tin_tensor *in[MAX_INPUTS];
  tin_tensor *leaf[MAX_INPUTS]; /* what `in` is a view of, if views are asked for; else the same */
  bool views;
  int n_in;
  struct {
    const char *name, *value;
  } option[MAX_OPTIONS];
  int n_options;
  double ulps, floor;
  char *expected; /* results and gradients as text */
  int n_expected; /* results among them */
  tin_tensor *out[MAX_OUTPUTS];
  tin_tensor *gradient[MAX_INPUTS];
};

static int failures;

#define FAILED(c, ...)                                                                                                                     \
  do {                                                                                                                                     \
    if (failures++ < MAX_FAILURES)                                                                                                         \
      print_error("ops.txt:%d: %s: ", (c)->line, (c)->name), print_error(__VA_ARGS__), print_error("\n");                                  \
  } while (0)

/* ---- options of a call ---- */

static const char *option(const struct call *c, const char *name) {
  for (int i = 0; i < c->n_options; i++)
    if (!strcmp(c->option[i].name, name))
      return c->option[i].value;
  return NULL;
}

/* Element of a number or of a list in parentheses; 0 where there is none. */
static double number_at(const struct call *c, const char *name, int place) {
  const char *text = option(c, name);
  if (text && *text == '(')
    text++;
  for (; text && place > 0; place--)
    text = strchr(text, ',') ? strchr(text, ',') + 1 : NULL;
  return text ? strtod(text, NULL) : 0;
}

/* Integers beyond 2^53 are no doubles. */
static int64_t integer(const struct call *c, const char *name) {
  const char *text = option(c, name);
  return text ? strtoll(text, NULL, 10) : 0;
}

static tin_shape sizes(const struct call *c, const char *name) {
  tin_shape shape = {0};
  const char *text = option(c, name);
  for (const char *at = text; at && *at != ')' && at[1] != ')' && shape.rank < TIN_RANK_LIMIT; at = strpbrk(at + 1, ",)"))
    shape.size[shape.rank++] = strtoll(at + 1, NULL, 10);
  return shape;
}

static tin_axes axes(const struct call *c, const char *name) {
  tin_shape list = sizes(c, name);
  tin_axes result = {.count = list.rank};
  for (int i = 0; i < list.rank; i++)
    result.axis[i] = (int)list.size[i];
  return result;
}

static tin_dtype dtype_named(const char *name, size_t length) {
  for (int d = 0; d < TIN_DTYPE_COUNT; d++)
    if (strlen(tin_dtype_name((tin_dtype)d)) == length && !strncmp(tin_dtype_name((tin_dtype)d), name, length))
      return (tin_dtype)d;
  fail_msg("no dtype %.*s", (int)length, name);
  return TIN_BOOL;
}

static tin_dtype type(const struct call *c, const char *name) {
  const char *text = option(c, name);
  return dtype_named(text ? text : "", text ? strlen(text) : 0);
}

/* ---- the table of functions ---- */

#define CTX c->ctx
#define A c->in[0]
#define B c->in[1]
#define C c->in[2]
#define D c->in[3]
#define INPUTS ((tin_list){c->in, c->n_in})
#define TAIL ((tin_list){c->in + 1, c->n_in - 1})
#define OUT c->out
#define COUNT c->n_expected
#define NUM(name) number_at(c, #name, 0)
#define NUMBER_AT(name, place) number_at(c, #name, place)
#define INT(name) integer(c, #name)
#define FLAG(name) (integer(c, #name) != 0)
#define SIZES(name) sizes(c, #name)
#define AXES(name) axes(c, #name)
#define TEXT(name) option(c, #name)
#define TYPE(name) type(c, #name)
#define AT(name, place) (SIZES(name).size[place])
#define TWO(name)                                                                                                                          \
  { AT(name, 0), AT(name, 1) }
#define THREE(name)                                                                                                                        \
  { AT(name, 0), AT(name, 1), AT(name, 2) }
#define REDUCTION .axes = AXES(axes), .keepdims = FLAG(keepdims), .correction = (int)INT(correction)
#define LOSS .reduction = (tin_reduction)INT(reduction)
#define CONVOLUTION                                                                                                                        \
  .bias = C, .stride = THREE(stride), .padding = THREE(padding), .dilation = THREE(dilation), .output_padding = THREE(output_padding),     \
  .groups = INT(groups), .same = FLAG(same)
#define MAX_POOL                                                                                                                           \
  .kernel = THREE(kernel), .stride = THREE(stride), .padding = THREE(padding), .dilation = THREE(dilation), .ceil_mode = FLAG(ceil_mode),  \
  .indices = OUT + 1
#define AVG_POOL                                                                                                                           \
  .kernel = THREE(kernel), .stride = THREE(stride), .padding = THREE(padding), .ceil_mode = FLAG(ceil_mode),                               \
  .exclude_padding = FLAG(exclude_padding), .divisor_override = INT(divisor_override)

#define CELL(first)                                                                                                                        \
  { (tin_rnn_kind) INT(kind), c->in[first], c->in[first + 1], c->in[first + 2], c->in[first + 3] }

static bool fill_state(struct call *c, int first, tin_rnn_state state) {
  c->out[first] = state.h;
  c->out[first + 1] = state.c;
  return state.h;
}

static bool fill_sequence(struct call *c, const tin_rnn *rnn) {
  tin_rnn_state end;
  c->out[0] = tin_rnn_forward(rnn, A, ((tin_rnn_state){B, C}), &end);
  return fill_state(c, 1, end);
}

#define CALL(name, ...)                                                                                                                    \
  static void call_##name(struct call *c) {                                                                                                \
    c->out[0] = __VA_ARGS__;                                                                                                               \
  }
#define FILL(name, ...)                                                                                                                    \
  static void call_##name(struct call *c) {                                                                                                \
    if (!(__VA_ARGS__))                                                                                                                    \
      FAILED(c, "failed");                                                                                                                 \
  }
#include "expected/calls.def"
#undef CALL
#undef FILL

static const struct function {
  const char *name;
  void (*build)(struct call *);
} functions[] = {
#define CALL(name, ...) {#name, call_##name},
#define FILL(name, ...) {#name, call_##name},
#include "expected/calls.def"
#undef CALL
#undef FILL
};
enum { N_FUNCTIONS = sizeof functions / sizeof *functions };
static int uses[N_FUNCTIONS]; /* cases of each */

/* ---- reading a line ---- */

/* Cuts the text at spaces outside of quotation marks; NULL at its end. */
static char *next_word(char **rest) {
  char *word = *rest + strspn(*rest, " \n");
  bool quoted = false;
  char *end = word;
  for (; *end && (quoted || (*end != ' ' && *end != '\n')); end++)
    quoted ^= *end == '"';
  *rest = *end ? end + 1 : end;
  *end = 0;
  return *word ? word : NULL;
}

/* "f64[2,3]": returns what follows. */
static char *read_type(char *word, tin_dtype *dtype, tin_shape *shape) {
  char *at = strchr(word, '[');
  if (!at)
    fail_msg("no shape in %s", word);
  *dtype = dtype_named(word, (size_t)(at - word));
  *shape = (tin_shape){0};
  for (at++; *at != ']'; at += *at == ',')
    shape->size[shape->rank++] = strtoll(at, &at, 10);
  return at + 1;
}

static int64_t size_of(tin_shape shape) {
  int64_t size = 1;
  for (int i = 0; i < shape.rank; i++)
    size *= shape.size[i];
  return size;
}

/* Element i of the numbers that a seed stands for: a permutation of 257 places between low and high, again and again. Written so that no
 * operation rounds where low and high are short binary fractions. */
static double generated(int64_t i, int64_t seed, double low, double high) {
  return low + (high - low) * ((double)((i * 389 + seed * 97) % 257) / 256);
}

static tin_tensor *read_tensor(tin_ctx *ctx, char *word) {
  tin_dtype dtype;
  tin_shape shape;
  char *at = read_type(word, &dtype, &shape);
  int64_t size = size_of(shape);
  bool exact = dtype == TIN_I64 || dtype == TIN_U64; /* else f64 holds its numbers */
  double *number = calloc((size_t)size + 1, sizeof *number);
  uint64_t *whole = calloc((size_t)size + 1, sizeof *whole);
  assert_non_null(number);
  assert_non_null(whole);
  double seed = 0, low = 0, high = 0;
  bool listed = *at == '{';
  if (!listed)
    seed = strtod(at + 1, &at), low = strtod(at + 1, &at), high = strtod(at + 1, &at);
  for (int64_t i = 0; i < size; i++) {
    char *place = at + 1;
    number[i] = listed ? strtod(place, &at) : generated(i, (int64_t)seed, low, high);
    if (dtype <= TIN_I64)
      number[i] = floor(number[i]);
    whole[i] =
        listed && exact ? (*place == '-' ? (uint64_t)strtoll(place, NULL, 10) : strtoull(place, NULL, 10)) : (uint64_t)(int64_t)number[i];
  }
  tin_tensor *t = exact ? tin_from(ctx, dtype, shape, whole) : tin_from(ctx, TIN_F64, shape, number);
  if (!exact)
    t = tin_keep(tin_cast(t, dtype)); /* a leaf of that dtype, not a cast that other nodes are simplified with */
  free(number);
  free(whole);
  return t;
}

/* Whether the word is NAME=VALUE; then it is an option. */
static bool read_option(struct call *c, char *word) {
  char *at = word;
  while (isalnum((unsigned char)*at) || *at == '_')
    at++;
  if (*at != '=')
    return false;
  *at++ = 0;
  if (*at == '"')
    at[strlen(at) - 1] = 0, at++;
  assert_true(c->n_options < MAX_OPTIONS);
  c->option[c->n_options].name = word;
  c->option[c->n_options++].value = at;
  return true;
}

static int count_results(const char *text) {
  int count = 0;
  for (const char *at = text; *at; at++)
    count += *at == '[';
  return count;
}

/* NAME TENSOR... OPTION=VALUE... ~ULPS/FLOOR => RESULT... GRADIENT... */
static void read_call(struct call *c, char *text) {
  char *arrow = strstr(text, " => ");
  if (!arrow)
    fail_msg("ops.txt:%d: no results", c->line);
  *arrow = 0;
  c->expected = arrow + 4;
  c->n_expected = count_results(c->expected);
  c->name = next_word(&text);
  for (char *word; (word = next_word(&text));) {
    if (*word == '~') {
      char *end;
      c->ulps = strtod(word + 1, &end);
      c->floor = *end == '/' ? strtod(end + 1, NULL) : 0;
    } else if (!strcmp(word, "-")) {
      c->in[c->n_in++] = NULL;
    } else if (!read_option(c, word)) {
      assert_true(c->n_in < MAX_INPUTS);
      tin_tensor *t = read_tensor(c->ctx, word);
      c->leaf[c->n_in] = c->views ? tin_keep(tin_flip(t, TIN_AXES())) : t;
      c->in[c->n_in] = c->views ? tin_flip(c->leaf[c->n_in], TIN_AXES()) : t;
      c->n_in++;
    }
  }
}

static void build(struct call *c) {
  int found = 0;
  while (found < N_FUNCTIONS && strcmp(functions[found].name, c->name))
    found++;
  if (found == N_FUNCTIONS)
    fail_msg("ops.txt:%d: no %s in tests/expected/calls.def", c->line, c->name);
  uses[found]++;
  functions[found].build(c);
}

/* ---- gradients ---- */

static tin_tensor *weights(tin_tensor *like) {
  tin_shape shape = tin_shape_of(like);
  int64_t size = size_of(shape);
  double *number = calloc((size_t)size + 1, sizeof *number);
  assert_non_null(number);
  for (int64_t i = 0; i < size; i++)
    number[i] = generated(i, WEIGHT_SEED, -1, 1);
  tin_tensor *t = tin_from(tin_ctx_of(like), TIN_F64, shape, number);
  free(number);
  return tin_cast(t, tin_dtype_of(like));
}

static bool is_float(tin_dtype dtype) {
  return strchr(tin_dtype_name(dtype), 'f') != NULL;
}

/* Of the sum of all results of floats times their weights, by the inputs named "d0", "d1" ... in the expected text. */
static void build_gradients(struct call *c) {
  for (int i = 0; i < c->n_in; i++) {
    char mark[16];
    snprintf(mark, sizeof mark, " d%d ", i);
    if (!strstr(c->expected, mark))
      continue;
    for (int k = 0; k < c->n_expected; k++) {
      tin_tensor *part = NULL;
      if (!is_float(tin_dtype_of(c->out[k])) || !tin_vjp(c->out[k], weights(c->out[k]), TIN_LIST(c->leaf[i]), &part))
        continue;
      part = c->views ? tin_flip(part, TIN_AXES()) : part;
      c->gradient[i] = c->gradient[i] ? tin_add(c->gradient[i], part) : part;
    }
  }
}

/* ---- comparing ---- */

/* A list of numbers as text, where x*n is n times x. */
struct numbers {
  char *at;
  const char *last;
  int64_t repeat;
};

static const char *next_number(struct numbers *n) {
  if (n->repeat > 0) {
    n->repeat--;
    return n->last;
  }
  n->last = next_word(&n->at);
  char *star = n->last ? strchr(n->last, '*') : NULL;
  if (star) {
    *star = 0;
    n->repeat = strtoll(star + 1, NULL, 10) - 1;
  }
  return n->last;
}

static bool close_enough(double got, double want, tin_dtype dtype, double ulps, double floor) {
  if (isnan(want) || isnan(got))
    return isnan(want) && isnan(got);
  if (got == want)
    return floor > 0 || !signbit(got) == !signbit(want);
  if (isinf(got) || isinf(want))
    return false;
  static const struct {
    const char *name;
    double epsilon, least; /* distance of 1 and the next number; the smallest number above 0 */
  } formats[] = {{"f64", 0x1p-52, 0x1p-1074}, {"f32", 0x1p-23, 0x1p-149}, {"f16", 0x1p-10, 0x1p-24}, {"bf16", 0x1p-7, 0x1p-133}};
  int format = 0;
  while (strcmp(formats[format].name, tin_dtype_name(dtype)))
    format++;
  return fabs(got - want) <= ulps * fmax(formats[format].epsilon * fmax(fabs(want), floor), formats[format].least);
}

/* Compares a computed tensor, read as f64 or i64; adds its bits to the hash. */
static void compare(struct call *c, const char *what, tin_tensor *t, struct numbers *want, double ulps, double floor, uint64_t *hash) {
  tin_dtype dtype = tin_dtype_of(t);
  bool floats = is_float(dtype);
  int64_t size = tin_size_of(t);
  uint64_t *bits = calloc((size_t)size + 1, sizeof *bits);
  assert_non_null(bits);
  if (!tin_read(tin_cast(t, floats ? TIN_F64 : TIN_I64), bits, (size_t)size * sizeof *bits))
    FAILED(c, "%s: %s", what, tin_message(c->ctx));
  for (int64_t i = 0; i < size; i++) {
    const char *text = next_number(want);
    if (!text) {
      FAILED(c, "%s: %lld elements, too many", what, (long long)size);
      break;
    }
    double got;
    memcpy(&got, bits + i, sizeof got);
    uint64_t integer = *text == '-' ? (uint64_t)strtoll(text, NULL, 10) : strtoull(text, NULL, 10);
    if (floats ? !close_enough(got, strtod(text, NULL), dtype, ulps, floor) : bits[i] != integer) {
      if (floats)
        FAILED(c, "%s: element %lld is %.17g, not %s (%.17g)", what, (long long)i, got, text, strtod(text, NULL));
      else
        FAILED(c, "%s: element %lld is %lld, not %s", what, (long long)i, (long long)bits[i], text);
      break;
    }
  }
  for (int64_t i = 0; i < size; i++) { /* FNV */
    double got;
    memcpy(&got, bits + i, sizeof got);
    *hash = (*hash ^ (floats && isnan(got) ? 1 : bits[i])) * 0x100000001b3u; /* NaN is one value */
  }
  free(bits);
}

static bool same_type(tin_tensor *t, tin_dtype dtype, tin_shape shape) {
  tin_shape got = tin_shape_of(t);
  bool same = tin_dtype_of(t) == dtype && got.rank == shape.rank;
  for (int i = 0; same && i < shape.rank; i++)
    same = got.size[i] == shape.size[i];
  return same;
}

/* Walks over "f64[2] 1 2 i64[] 3 d0 4 5". */
static uint64_t compare_call(struct call *c) {
  uint64_t hash = 0xcbf29ce484222325u;
  char *rest = c->expected;
  for (int k = 0; k < c->n_expected; k++) {
    tin_dtype dtype;
    tin_shape shape;
    char *word = next_word(&rest);
    read_type(word, &dtype, &shape);
    char what[24];
    snprintf(what, sizeof what, "result %d", k);
    if (!c->out[k] || !same_type(c->out[k], dtype, shape)) {
      tin_shape got = tin_shape_of(c->out[k]);
      FAILED(c, "%s is %s of rank %d, sizes %lld %lld %lld, not %s", what, tin_dtype_name(tin_dtype_of(c->out[k])), got.rank,
             (long long)got.size[0], (long long)got.size[1], (long long)got.size[2], word);
      return hash;
    }
    struct numbers want = {rest, NULL, 0};
    compare(c, what, c->out[k], &want, c->ulps, c->floor, &hash);
    rest = want.at;
  }
  for (char *word; (word = next_word(&rest));) {
    long place = *word == 'd' ? strtol(word + 1, NULL, 10) : -1;
    if (place < 0 || place >= c->n_in || !c->gradient[place]) {
      FAILED(c, "%s where results should end", word);
      return hash;
    }
    struct numbers want = {rest, NULL, 0};
    compare(c, word, c->gradient[place], &want, GRADIENT_ULPS, 1, &hash);
    rest = want.at;
  }
  return hash;
}

/* ---- all cases in one way ---- */

static uint64_t hashes[MAX_CASES]; /* by the interpreter */
static int n_cases;

struct batch {
  struct call calls[BATCH];
  char *text[BATCH];
  int count;
};

static void add_tensor(tin_tensor **list, int *count, tin_tensor *t) {
  if (!t)
    return;
  list[(*count)++] = t;
  list[(*count)++] = tin_cast(t, is_float(tin_dtype_of(t)) ? TIN_F64 : TIN_I64);
}

static void run_batch(struct batch *batch, bool first) {
  static tin_tensor *list[BATCH * 2 * (MAX_OUTPUTS + MAX_INPUTS)];
  int count = 0;
  for (int i = 0; i < batch->count; i++) {
    struct call *c = batch->calls + i;
    for (int k = 0; k < MAX_OUTPUTS; k++)
      add_tensor(list, &count, c->out[k]);
    for (int k = 0; k < MAX_INPUTS; k++)
      add_tensor(list, &count, c->gradient[k]);
  }
  if (batch->count && !tin_realize(((tin_list){list, count})))
    FAILED(batch->calls, "or one of %d cases from here: %s", batch->count, tin_message(batch->calls->ctx));
  for (int i = 0; i < batch->count; i++) {
    struct call *c = batch->calls + i;
    uint64_t hash = compare_call(c);
    if (first)
      hashes[n_cases] = hash;
    else if (hashes[n_cases] != hash)
      FAILED(c, "other bits than the interpreter's");
    n_cases++;
    free(batch->text[i]);
  }
  batch->count = 0;
}

static void add_case(struct batch *batch, tin_ctx *ctx, bool views, int line, const char *text) {
  struct call *c = batch->calls + batch->count;
  *c = (struct call){.ctx = ctx, .line = line, .views = views};
  char *copy = batch->text[batch->count++] = strdup(text);
  assert_non_null(copy);
  read_call(c, copy);
  build(c);
  build_gradients(c);
  if (!tin_ok(ctx)) {
    FAILED(c, "%s", tin_message(ctx));
    tin_clear_error(ctx);
    memset(c->out, 0, sizeof c->out); /* poison would spoil the plan of the others */
    memset(c->gradient, 0, sizeof c->gradient);
  }
}

static const struct way {
  const char *target;
  uint32_t fuse_off;
  bool views; /* inputs lie in memory in reverse order */
} ways[] = {
    {"interpreter", 0, false},
    {"portable", 0, false},
    {"avx2", 0, false},
    {"avx512", 0, false},
    {"portable", TIN_FUSE_ALL, false},
    {"avx2", TIN_FUSE_ALL, false},
    {"avx512", TIN_FUSE_ALL, false},
    {"interpreter", 0, true},
    {"portable", 0, true},
    {"avx2", 0, true},
    {"avx512", 0, true},
};

static void test_way(void **state) {
  const struct way *way = *state;
  const struct tin_codegen_target *compiled = tin_codegen_target_find(way->target);
  if (compiled && !tin_codegen_target_usable(compiled))
    skip();
  FILE *file = fopen("tests/expected/ops.txt", "r");
  static char text[MAX_LINE];
  static struct batch batch;
  bool is_first =
      !strcmp(way->target, "interpreter"); /* of those that must agree: views are another graph, which may add in another order */
  assert_non_null(file);
  failures = n_cases = batch.count = 0;
  tin_ctx *ctx = NULL;
  for (int line = 1; fgets(text, sizeof text, file); line++) {
    assert_true(strchr(text, '\n') && n_cases + batch.count < MAX_CASES);
    if (*text == '#' || *text == '\n')
      continue;
    if (batch.count == BATCH) {
      run_batch(&batch, is_first);
      tin_ctx_free(ctx);
      ctx = NULL;
    }
    ctx = ctx ? ctx : good_ctx((struct tin_ctx_options){.target = way->target, .fuse_off = way->fuse_off, .threads = 1});
    add_case(&batch, ctx, way->views, line, text);
  }
  run_batch(&batch, is_first);
  tin_ctx_free(ctx);
  fclose(file);
  if (failures)
    fail_msg("%d of %d cases differ", failures, n_cases);
  print_message("%s%s: %d cases\n", way->target,
                way->fuse_off ? ", one op a kernel"
                : way->views  ? ", inputs that are views"
                              : "",
                n_cases);
}

/* ---- all public functions are in a case ---- */

static const struct {
  const char *names, *reason;
} without_cases[] = {
    {" random_bits rand randn uniform normal randint randperm shuffle bernoulli categorical multinomial gumbel exponential "
     "truncated_normal "
     "dropout channel_dropout gumbel_softmax ",
     "random: test_random and test_nn look at distributions, gradients and seeds"},
    {" from borrow map_file param state input keep set_name fail custom_gradient vmap ",
     "take memory, variables or functions: test_api, test_borrow, test_autograd and test_vmap"},
    {" output ", "reads what a captured step computes: test_replay"},
    {" init_uniform init_normal init_constant init_kaiming_uniform init_kaiming_normal init_xavier_uniform init_xavier_normal "
     "init_truncated_normal init_orthogonal init_dirac init_eye ",
     "write variables: test_nn and test_init"},
};

static bool is_in_list(const char *name) {
  char word[80];
  snprintf(word, sizeof word, " %s ", name);
  for (size_t i = 0; i < sizeof without_cases / sizeof *without_cases; i++)
    if (strstr(without_cases[i].names, word))
      return true;
  return false;
}

/* "tin_tensor *tin_NAME_at(" and "bool tin_NAME_args(... tin_tensor **out ...);" at the beginning of a line: the NAME, else an empty one.
 */
static void public_name(const char *line, char *name, size_t size) {
  static const char *const starts[] = {"tin_tensor *tin_", "bool tin_", "int tin_"};
  *name = 0;
  for (int i = 0; i < 3; i++) {
    const char *at = line + strlen(starts[i]), *end = strpbrk(line, ";{"), *list = strstr(line, "tin_tensor **out");
    if (strncmp(line, starts[i], strlen(starts[i])) || (i > 0 && (!end || !list || list > end)))
      continue;
    size_t length = strcspn(at, "(");
    length -= length > 3 && !strncmp(at + length - 3, "_at", 3) ? 3 : length > 5 && !strncmp(at + length - 5, "_args", 5) ? 5 : length;
    snprintf(name, size, "%.*s", (int)length, at);
  }
}

static int count_missing(const char *path) {
  static char text[1 << 18];
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  assert_true(length < sizeof text - 1);
  text[length] = 0;
  int missing = 0;
  for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
    char name[64];
    public_name(line, name, sizeof name);
    int found = 0;
    while (found < N_FUNCTIONS && strcmp(functions[found].name, name))
      found++;
    if (!*name || is_in_list(name) || (found < N_FUNCTIONS && uses[found]))
      continue;
    print_error("%s: tin_%s is in no case. Give it a row in tests/expected/calls.def and cases in tests/expected/make_ops.py, run that, or "
                "name it in without_cases above with the reason.\n",
                path, name);
    missing++;
  }
  return missing;
}

static void test_all_functions(void **state) {
  (void)state;
  int missing = count_missing("include/tinsmith.h") + count_missing("include/tinsmith_nn.h");
  for (int i = 0; i < N_FUNCTIONS; i++)
    if (!uses[i]) {
      print_error("%s of tests/expected/calls.def is in no case\n", functions[i].name);
      missing++;
    }
  if (missing)
    fail_msg("%d functions without cases", missing);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_prestate(test_way, (void *)(ways + 0)),
      cmocka_unit_test_prestate(test_way, (void *)(ways + 1)),
      cmocka_unit_test_prestate(test_way, (void *)(ways + 2)),
      cmocka_unit_test_prestate(test_way, (void *)(ways + 3)),
      cmocka_unit_test_prestate(test_way, (void *)(ways + 4)),
      cmocka_unit_test_prestate(test_way, (void *)(ways + 5)),
      cmocka_unit_test_prestate(test_way, (void *)(ways + 6)),
      cmocka_unit_test_prestate(test_way, (void *)(ways + 7)),
      cmocka_unit_test_prestate(test_way, (void *)(ways + 8)),
      cmocka_unit_test_prestate(test_way, (void *)(ways + 9)),
      cmocka_unit_test_prestate(test_way, (void *)(ways + 10)),
      cmocka_unit_test(test_all_functions), /* after the others, which count uses */
  };
  return cmocka_run_group_tests_name("expected", tests, NULL, NULL);
}
