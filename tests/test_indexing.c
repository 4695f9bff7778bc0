/* The ops gather and scatter in every geometry: random ranks, batches, coordinates and modes against loops over coordinates, on every
 * target and several numbers of threads; what they refuse; which index they name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "context.h"

#include "frontend/frontend.h"

/* ---- the reference: every element through its coordinates, numbers as doubles rounded after each step ---- */

struct array {
  int rank;
  int64_t shape[TIN_MAX_RANK];
  int64_t size;
  double *at;
};

static void size_array(struct array *a) {
  a->size = 1;
  for (int i = 0; i < a->rank; i++)
    a->size *= a->shape[i];
  a->at = calloc((size_t)(a->size ? a->size : 1), sizeof *a->at);
  assert_non_null(a->at);
}

static void coordinates(const struct array *a, int64_t linear, int64_t *c) {
  for (int i = a->rank - 1; i >= 0; i--) {
    c[i] = linear % a->shape[i];
    linear /= a->shape[i];
  }
}

static double *element(const struct array *a, const int64_t *c) {
  int64_t linear = 0;
  for (int i = 0; i < a->rank; i++) {
    assert_true(c[i] >= 0 && c[i] < a->shape[i]);
    linear = linear * a->shape[i] + c[i];
  }
  return &a->at[linear];
}

struct geometry {
  struct tin_indexing at;
  struct array x, index, gathered;
};

/* Where element `linear` of what is gathered lies in x. */
static double *place_of(const struct geometry *g, int64_t linear) {
  int64_t from[TIN_MAX_RANK], name[TIN_MAX_RANK], to[TIN_MAX_RANK];
  int columns = g->at.coords ? g->at.coords : 1, places = g->index.rank - g->at.batch - g->at.tail - (g->at.coords > 0);
  coordinates(&g->gathered, linear, from);
  for (int i = 0; i < g->at.axis; i++)
    to[i] = from[i];
  for (int i = 0; i < g->at.batch; i++)
    name[i] = from[i];
  for (int i = 0; i < places + g->at.tail; i++)
    name[g->at.batch + i] = from[g->at.axis + i];
  for (int c = 0; c < columns; c++) {
    if (g->at.coords)
      name[g->index.rank - 1] = c;
    to[g->at.axis + c] = (int64_t)*element(&g->index, name);
  }
  for (int i = g->at.axis + columns; i < g->x.rank; i++)
    to[i] = from[i - columns + places];
  return element(&g->x, to);
}

static double rounded(double value, tin_dtype dtype) {
  return dtype == TIN_F32   ? (double)(float)value
         : dtype == TIN_I32 ? (double)(int32_t)(uint32_t)(int64_t)value
         : dtype == TIN_U8  ? (double)(uint8_t)(int64_t)value
                            : value;
}

static double put(int mode, double old, double source, tin_dtype dtype) {
  switch (mode) {
  case TIN_SCATTER_ADD:
    return rounded(old + source, dtype);
  case TIN_SCATTER_SET:
    return source;
  case TIN_SCATTER_MUL:
    return rounded(old * source, dtype);
  case TIN_SCATTER_MIN:
    return source < old ? source : old;
  default:
    return source > old ? source : old;
  }
}

/* ---- random geometries ---- */

static uint64_t state;

static int64_t draw(int64_t low, int64_t high) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return low + (int64_t)((state >> 33) % (uint64_t)(high - low + 1));
}

static void draw_geometry(struct geometry *g, int64_t most) {
  memset(g, 0, sizeof *g);
  g->x.rank = (int)draw(1, most > 10 ? 3 : 6);
  for (int i = 0; i < g->x.rank; i++)
    g->x.shape[i] = draw(draw(0, 19) ? 1 : 0, most);
  g->at.axis = (int)draw(0, g->x.rank - 1);
  g->at.batch = draw(0, 1) ? (int)draw(0, g->at.axis) : 0;
  g->at.coords = draw(0, 1) ? (int)draw(1, g->x.rank - g->at.axis) : 0;
  int columns = g->at.coords ? g->at.coords : 1, places = (int)draw(0, 2);
  g->at.tail = draw(0, 1) ? (int)draw(0, g->x.rank - g->at.axis - columns) : 0;
  if (g->x.rank - columns + places > TIN_MAX_RANK || g->at.batch + places + g->at.tail + 1 > TIN_MAX_RANK)
    places = 0;
  bool empty = false; /* an axis of size 0 has no positions */
  for (int c = 0; c < columns; c++)
    empty |= g->x.shape[g->at.axis + c] == 0;
  for (int i = 0; i < g->at.batch; i++)
    g->index.shape[g->index.rank++] = g->x.shape[i];
  for (int i = 0; i < g->at.axis; i++)
    g->gathered.shape[g->gathered.rank++] = g->x.shape[i];
  if (empty && !places)
    places = 1;
  for (int i = 0; i < places; i++)
    g->index.shape[g->index.rank++] = g->gathered.shape[g->gathered.rank++] = empty ? 0 : draw(draw(0, 19) ? 1 : 0, most);
  for (int i = 0; i < g->at.tail; i++)
    g->index.shape[g->index.rank++] = g->x.shape[g->at.axis + columns + i];
  for (int i = g->at.axis + columns; i < g->x.rank; i++)
    g->gathered.shape[g->gathered.rank++] = g->x.shape[i];
  if (g->at.coords)
    g->index.shape[g->index.rank++] = g->at.coords;
  size_array(&g->x);
  size_array(&g->index);
  size_array(&g->gathered);
}

static void fill_geometry(struct geometry *g, tin_dtype dtype) {
  int64_t high = dtype == TIN_BOOL ? 1 : 9, low = dtype == TIN_BOOL || dtype == TIN_U8 ? 0 : -9;
  double scale = dtype == TIN_F32 || dtype == TIN_F64 ? 0.3 : 1;
  for (int64_t i = 0; i < g->x.size; i++)
    g->x.at[i] = rounded(scale * (double)draw(low, high), dtype);
  for (int64_t i = 0; i < g->gathered.size; i++)
    g->gathered.at[i] = rounded(scale * (double)draw(low, high), dtype);
  for (int64_t i = 0; i < g->index.size; i++)
    g->index.at[i] = (double)draw(0, g->x.shape[g->at.axis + (g->at.coords ? i % g->at.coords : 0)] - 1);
}

static void free_geometry(struct geometry *g) {
  free(g->x.at);
  free(g->index.at);
  free(g->gathered.at);
}

/* ---- the same through the library ---- */

static tin_tensor *tensor_of(tin_ctx *ctx, const struct array *a, tin_dtype dtype) {
  size_t bytes = (size_t)a->size * tin_dtype_size(dtype);
  char *data = malloc(bytes + 1);
  assert_non_null(data);
  for (int64_t i = 0; i < a->size; i++)
    tin_scalar_store(data, i, dtype, tin_scalar_from_double(a->at[i], dtype));
  tin_shape shape = {.rank = a->rank};
  memcpy(shape.size, a->shape, sizeof shape.size);
  tin_tensor *t = tin_from(ctx, dtype, shape, data);
  free(data);
  return t;
}

/* mode -1: a gather */
static tin_tensor *apply(tin_tensor *x, tin_tensor *index, tin_tensor *source, struct tin_indexing at, int mode) {
  struct tin_call call = tin_call_of(__FILE__, __LINE__, "indexing");
  struct tin_node *nodes[3];
  assert_true(tin_call_operands(&call, 3, (tin_tensor *[]){x, index, source}, NULL, nodes));
  struct tin_node *node = mode < 0 ? tin_node_gather(call.graph, nodes[0], nodes[1], at)
                                   : tin_node_scatter(call.graph, nodes[0], nodes[1], nodes[2], at, (enum tin_scatter_mode)mode);
  return tin_call_result(&call, node);
}

static void expect(tin_tensor *got, const struct array *want, tin_dtype dtype, const char *what) {
  size_t bytes = (size_t)want->size * tin_dtype_size(dtype);
  char *data = malloc(bytes + 1);
  assert_int_equal(tin_size_of(got), want->size);
  if (!tin_read(got, data, bytes))
    fail_msg("%s: %s", what, tin_message(tin_ctx_of(got)));
  for (int64_t i = 0; i < want->size; i++) {
    double value = tin_scalar_to_double(tin_scalar_load(data, i, dtype), dtype);
    if (value != want->at[i])
      fail_msg("%s: element %lld is %.9g, not %.9g", what, (long long)i, value, want->at[i]);
  }
  free(data);
}

static void check_case(tin_ctx *ctx, int number, int64_t most) {
  static const tin_dtype dtypes[] = {TIN_F32, TIN_F32, TIN_F64, TIN_I32, TIN_U8, TIN_BOOL, TIN_I64};
  static const tin_dtype index_dtypes[] = {TIN_I32, TIN_I64, TIN_U8, TIN_U32};
  state = (uint64_t)number * 977 + (uint64_t)most;
  struct geometry g;
  tin_dtype dtype = dtypes[draw(0, 6)], index_dtype = index_dtypes[draw(0, most > 250 ? 1 : 3)];
  draw_geometry(&g, most);
  fill_geometry(&g, dtype);
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = tensor_of(ctx, &g.x, dtype), *index = tensor_of(ctx, &g.index, index_dtype), *source = tensor_of(ctx, &g.gathered, dtype);
  char what[64];
  struct array out = g.x;
  for (int mode = 0; mode < TIN_SCATTER_MODES; mode++) {
    if (dtype == TIN_BOOL && (mode == TIN_SCATTER_ADD || mode == TIN_SCATTER_MUL))
      continue;
    snprintf(what, sizeof what, "case %d, mode %d", number, mode);
    struct geometry copy = g;
    size_array(&copy.x);
    memcpy(copy.x.at, g.x.at, (size_t)g.x.size * sizeof *g.x.at);
    for (int64_t i = 0; i < g.gathered.size; i++) {
      double *to = place_of(&copy, i);
      *to = put(mode, *to, g.gathered.at[i], dtype);
    }
    out.at = copy.x.at;
    expect(apply(x, index, source, g.at, mode), &out, dtype, what);
    free(copy.x.at);
  }
  for (int64_t i = 0; i < g.gathered.size; i++)
    g.gathered.at[i] = *place_of(&g, i);
  snprintf(what, sizeof what, "case %d, gather", number);
  expect(apply(x, index, source, g.at, -1), &g.gathered, dtype, what);
  assert_true(tin_end(scope));
  free_geometry(&g);
}

static void test_geometries(void **unused) {
  (void)unused;
  static const char *const targets[] = {"interpreter", "portable", NULL};
  for (int t = 0; t < 3; t++) {
    tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = targets[t], .threads = 1});
    for (int number = 0; number < (t == 0 ? 150 : 60); number++)
      check_case(ctx, number, 5);
    end_ctx(ctx);
  }
}

/* Large enough to be shared among threads, with rows of every width. */
static void test_threads(void **unused) {
  (void)unused;
  for (int threads = 1; threads <= 4; threads++) {
    tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = threads});
    for (int number = 0; number < 12; number++)
      check_case(ctx, number, 45);
    end_ctx(ctx);
  }
}

/* ---- views below a gather, fused neighbours ---- */

static void test_views(void **unused) {
  (void)unused;
  static const char *const targets[] = {"interpreter", NULL};
  for (int t = 0; t < 2; t++) {
    tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = targets[t]});
    /* x[a, b] = 10 a + b, seen as y[b, a] = x[3 - a, b] for b = 1, 3, 5; y[index] of all coordinates */
    tin_tensor *ten = tin_mul_scalar(tin_reshape(tin_iota(ctx, TIN_F32, 4), TIN_SHAPE(4, 1)), 10);
    tin_tensor *x = tin_add(ten, tin_iota(ctx, TIN_F32, 7));
    tin_tensor *y = tin_transpose(tin_slice(tin_flip(x, TIN_AXES(0)), 1, 1, 6, .step = 2), 0, 1);
    tin_tensor *index = tin_from(ctx, TIN_I64, TIN_SHAPE(4, 2), ((int64_t[]){0, 0, 2, 3, 1, 1, 0, 2}));
    float got[4], want[] = {31, 5, 23, 11}, sum[3], want_sum[] = {32 + 6 + 24 + 12};
    assert_true(tin_read(apply(y, index, index, (struct tin_indexing){.coords = 2}, -1), got, sizeof got));
    assert_memory_equal(got, want, sizeof got);
    tin_tensor *after = tin_sum(tin_add_scalar(apply(y, index, index, (struct tin_indexing){.coords = 2}, -1), 1));
    assert_true(tin_read(after, sum, sizeof *sum));
    assert_memory_equal(sum, want_sum, sizeof want_sum);
    end_ctx(ctx);
  }
}

/* ---- errors ---- */

static void test_outside(void **unused) {
  (void)unused;
  static const char *const targets[] = {"interpreter", NULL};
  for (int t = 0; t < 2; t++) {
    tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = targets[t]});
    tin_tensor *x = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 10, 3)), *source = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 3));
    tin_tensor *good = tin_from(ctx, TIN_I32, TIN_SHAPE(2, 2), ((int32_t[]){9, 2, 0, 0}));
    tin_tensor *bad = tin_from(ctx, TIN_I32, TIN_SHAPE(2, 2), ((int32_t[]){9, 2, 0, 3}));
    struct tin_indexing pairs = {.axis = 1, .coords = 2}, batched = {.axis = 1, .batch = 1};
    assert_int_equal(tin_shape_of(apply(x, good, source, pairs, -1)).rank, 2);
    assert_true(tin_realize(TIN_LIST(apply(x, good, source, pairs, -1))));
    assert_false(tin_realize(TIN_LIST(apply(x, bad, source, pairs, -1))));
    assert_non_null(strstr(tin_message(ctx), "gather: index 3 at position 1 is out of range for axis 2 of size 3"));
    tin_clear_error(ctx);
    tin_tensor *negative = tin_from(ctx, TIN_I64, TIN_SHAPE(2, 1), ((int64_t[]){9, -1}));
    assert_false(tin_realize(TIN_LIST(apply(x, negative, tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 1, 3)), batched, TIN_SCATTER_SET))));
    assert_non_null(strstr(tin_message(ctx), "scatter: index -1 at position [1, 0] is out of range for axis 1 of size 10"));
    tin_clear_error(ctx);
    tin_tensor *along = tin_from(ctx, TIN_U8, TIN_SHAPE(2, 2, 3), ((uint8_t[]){0, 1, 9, 3, 4, 5, 6, 7, 8, 9, 10, 1}));
    assert_false(tin_realize(TIN_LIST(apply(x, along, source, (struct tin_indexing){.axis = 1, .batch = 1, .tail = 1}, -1))));
    assert_non_null(strstr(tin_message(ctx), "gather: index 10 at position [1, 1, 1] is out of range for axis 1 of size 10"));
    tin_clear_error(ctx);
    tin_ctx_free(ctx);
  }
}

static const char *refused(const char *text) {
  static struct tin_error error;
  uint32_t serial = 0, stamp = 0;
  struct tin_graph graph;
  error = (struct tin_error){0};
  tin_graph_init(&graph, NULL, &serial, &stamp);
  assert_null(tin_graph_parse(&graph, text, NULL, NULL, &error).at);
  tin_graph_free(&graph);
  return error.text;
}

static const char constants[] = "%0 = const 0 i32[]\n%1 = reshape(%0) i32[1, 1, 1]\n%2 = expand(%1) i32[2, 3, 4]\n%7 = reshape(%0) i32[1, "
                                "1, 1]\n%3 = expand(%7) i32[2, 1, 2]\n"
                                "%4 = const 0 bool[]\n%5 = reshape(%4) bool[1, 1, 1]\n";

static void test_refused(void **unused) {
  (void)unused;
  static const struct {
    const char *line, *error;
  } cases[] = {
      {"gather(%2, %3) i32[2, 3, 1] axis=3", "the axis is out of range"},
      {"gather(%2, %3) i32[2, 3, 1] axis=1 coords=3", "there are more coordinates than axes"},
      {"gather(%2, %3) i32[2, 3, 1] axis=0 coords=3", "the last axis of the index does not hold the coordinates"},
      {"gather(%2, %3) i32[2, 3, 1] axis=1 batch=2", "there are more batch axes than axes before the indexed one"},
      {"gather(%2, %3) i32[2, 3, 1] axis=2 batch=2", "the index's batch axes are not those of the input"},
      {"gather(%2, %3) i32[2, 3, 1] axis=2 tail=1", "there are more tail axes than axes behind the indexed one"},
      {"gather(%2, %3) i32[2, 1, 4] axis=0 coords=2 tail=2", "there are more tail axes than axes behind the indexed one"},
      {"gather(%2, %3) i32[2, 1, 4] axis=0 tail=-1", "there are more tail axes than axes behind the indexed one"},
      {"gather(%2, %3) i32[2, 1, 4] axis=1 batch=1 tail=1", "the index's tail axes are not those of the input"},
      {"gather(%2, %3) i32[2, 2, 1] axis=1 batch=1 coords=2", "dtype or shape does not follow from the inputs"},
      {"scatter(%2, %3, %2) i32[2, 3, 4] axis=1 batch=1 coords=2 mode=set", "the source has not the shape and dtype that gather gives"},
      {"scatter(%2, %3, %2) i32[2, 3, 4] axis=1 mode=sub", "expected add, set, mul, min or max"},
      {"scatter(%5, %0, %5) bool[1, 1, 1] axis=0 mode=add", "the op does not accept the input's dtype"},
  };
  char text[512];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    snprintf(text, sizeof text, "%s%%6 = %s\nreturn %%6\n", constants, cases[i].line);
    const char *error = refused(text);
    if (!strstr(error, cases[i].error))
      fail_msg("%s: %s", cases[i].line, error);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_geometries), cmocka_unit_test(test_threads), cmocka_unit_test(test_views),
      cmocka_unit_test(test_outside),    cmocka_unit_test(test_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
