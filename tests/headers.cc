/* What a C++ user writes: compiled by tests/test_headers.c. */
#include <tinsmith.h>
#include <tinsmith_nn.h>

int main() {
  tin_ctx *ctx = tin_ctx_new();
  tin_tensor *x = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 3));
  tin_tensor *total = tin_sum(x, {.keepdims = true});
  double value = tin_item(total);
  tin_ctx_free(ctx);
  return value != 0;
}
