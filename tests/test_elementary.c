/* The elementary functions on every target: the bits of the interpreter, for arguments of every size and at the edges of ranges. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "context.h"

#include "tests/elementary.h"

enum { COUNT = 3 * 1024 + 5, EDGES = 64 }; /* not a multiple of any vector */

/* Half of the arguments have any bits, half lie in the function's range; the first ones are special. */
static void fill(const struct elementary *function, tin_dtype dtype, uint64_t *x, uint64_t *y) {
  static const double edges[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1, -1, 0.5};
  enum { N = sizeof edges / sizeof *edges };
  uint64_t seed = 88172645463325252u;
  elementary_sample(function, dtype == TIN_F64, true, &seed, x, y, COUNT / 2);
  elementary_sample(function, dtype == TIN_F64, false, &seed, x + COUNT / 2, y + COUNT / 2, COUNT - COUNT / 2);
  for (int i = 0; i < EDGES; i++) {
    x[i] = tin_scalar_from_double(edges[i % N], dtype);
    y[i] = tin_scalar_from_double(edges[i / N % N], dtype);
  }
}

static tin_tensor *tensor_of(tin_ctx *ctx, tin_dtype dtype, const uint64_t *bits) {
  static uint64_t data[COUNT];
  for (int i = 0; i < COUNT; i++)
    tin_scalar_store(data, i, dtype, bits[i]);
  return tin_from(ctx, dtype, TIN_SHAPE(COUNT), data);
}

static void check(tin_ctx *ctx, const struct elementary *function, tin_dtype dtype) {
  static uint64_t x[COUNT], y[COUNT], want[COUNT], got[COUNT];
  fill(function, dtype, x, y);
  tin_scalar_eval_many(function->op, dtype, dtype, (const uint64_t *[]){x, y, x}, want, COUNT);
  char text[64];
  const char *name = tin_ops[function->op].text;
  snprintf(text, sizeof text, tin_ops[function->op].arity == 2 ? "%s(a, b)" : "%s(a)", name);
  tin_tensor *a = tensor_of(ctx, dtype, x), *b = tensor_of(ctx, dtype, y);
  if (!tin_read(tin_expression(text, TIN_LIST(a, b)), got, COUNT * (size_t)tin_dtype_bytes(dtype)))
    fail_msg("%s", tin_message(ctx));
  for (int i = COUNT - 1; i >= 0; i--) {
    uint64_t bits = tin_scalar_load(got, i, dtype);
    double value = tin_scalar_to_double(bits, dtype), exact = tin_scalar_to_double(want[i], dtype);
    if (bits != want[i] && !(isnan(value) && isnan(exact)))
      fail_msg("%s %s(%a, %a) is %a, not %a", tin_dtypes[dtype].text, name, tin_scalar_to_double(x[i], dtype),
               tin_scalar_to_double(y[i], dtype), value, exact);
  }
}

static void test_target(void **state) {
  tin_ctx *ctx = tin_ctx_new(.target = *state, .threads = 1);
  if (!tin_ok(ctx)) { /* not on this CPU */
    tin_ctx_free(ctx);
    skip();
  }
  for (int f = 0; f < ELEMENTARY_COUNT; f++) {
    check(ctx, &elementary[f], TIN_F32);
    check(ctx, &elementary[f], TIN_F64);
  }
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_prestate(test_target, "avx512"),
      cmocka_unit_test_prestate(test_target, "avx2"),
      cmocka_unit_test_prestate(test_target, "portable"),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
