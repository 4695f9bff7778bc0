/* Gradients are tensors like any others: they are fused with the rest, and have gradients themselves. */
#include <stdio.h>
#include <tinsmith_nn.h>

int main(void) {
  tin_ctx *ctx = tin_ctx_new();
  double values[] = {-1, 0, 0.5, 2};
  tin_tensor *x = tin_from(ctx, TIN_F64, TIN_SHAPE(4), values);
  tin_tensor *y = tin_expression("a * a * a + exp(-a)", TIN_LIST(x)); /* an elementwise function of one's own */

  tin_tensor *first, *second;
  tin_grad(y, TIN_LIST(x), &first);        /* of the sum of y: elementwise 3 x^2 - e^-x */
  tin_grad(first, TIN_LIST(x), &second);   /* 6 x + e^-x */
  tin_realize(TIN_LIST(y, first, second)); /* all three in one plan */
  tin_print(y);
  tin_print(first);
  tin_print(second);
  printf("kernels: %lld\n", (long long)tin_stats(ctx).kernels_launched);

  int status = !tin_ok(ctx);
  tin_ctx_free(ctx);
  return status;
}
