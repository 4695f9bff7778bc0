/* A mistake is recorded where it was made, and nothing ends the process. */
#include <stdio.h>
#include <tinsmith.h>

int main(void) {
  tin_ctx *ctx = tin_ctx_new();
  tin_tensor *pixels = tin_input(ctx, TIN_F32, TIN_SHAPE(64, 784), "pixels");
  tin_tensor *weight = tin_param(ctx, TIN_SHAPE(748, 128), .name = "weight");

  tin_tensor *hidden = tin_matmul(pixels, weight); /* the mistake */
  tin_tensor *loss = tin_sum(tin_relu(hidden));    /* poison passes through quietly */
  printf("item: %f\n", tin_item(loss));            /* NaN */
  printf("ok: %d\n%s\n", tin_ok(ctx), tin_message(ctx));

  tin_clear_error(ctx); /* the context works again; poison stays poison */
  tin_tensor *fine = tin_full(ctx, TIN_F32, TIN_SHAPE(3), 2);
  printf("sum: %g, hidden is poison: %d\n", tin_item(tin_sum(fine)), tin_is_poison(hidden));

  int status = !tin_ok(ctx);
  tin_ctx_free(ctx);
  return status;
}
