/* Tensors are recipes until a value is asked for. */
#include <stdio.h>
#include <tinsmith_nn.h>

int main(void) {
  tin_ctx *ctx = tin_ctx_new();
  float values[] = {1, 2, 3, 4, 5, 6};
  tin_tensor *x = tin_from(ctx, TIN_F32, TIN_SHAPE(2, 3), values);
  tin_tensor *mean = tin_mean(x, .axes = TIN_AXES(1), .keepdims = true); /* [2, 1] */
  tin_tensor *centred = tin_sub(x, mean);                                /* broadcasts to [2, 3] */
  tin_tensor *normal = tin_div(centred, tin_sqrt(tin_mean(tin_square(centred), .axes = TIN_AXES(1), .keepdims = true)));

  printf("plans run so far: %lld\n", (long long)tin_stats(ctx).plans_run);
  tin_print(normal); /* computes */
  float copy[6];
  tin_read(normal, copy, sizeof copy); /* copies: it is computed already */
  printf("first element %.4f, kernels launched: %lld\n", copy[0], (long long)tin_stats(ctx).kernels_launched);

  int status = !tin_ok(ctx);
  tin_ctx_free(ctx);
  return status;
}
