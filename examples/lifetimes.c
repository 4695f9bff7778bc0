/* Variables live as long as their context, everything else as long as its scope; tin_keep moves a value out of it. */
#include <stdio.h>
#include <tinsmith_nn.h>

int main(void) {
  tin_ctx *ctx = tin_ctx_new();
  tin_tensor *weight = tin_param(ctx, TIN_SHAPE(3), .name = "weight");
  tin_init_constant(weight, 1);

  tin_scope scope = tin_begin(ctx);
  tin_tensor *before = tin_mul_scalar(weight, 10);
  tin_assign(weight, tin_add_scalar(weight, 1)); /* pending: nothing has run */
  tin_tensor *after = tin_mul_scalar(weight, 10);
  printf("before: ");
  tin_print(before); /* runs the pending update too; `before` still means the weight of its time */
  printf("after:  ");
  tin_print(after);
  tin_tensor *kept = tin_keep(tin_sum(after));
  tin_end(scope); /* before and after die */

  printf("weight: ");
  tin_print(weight);
  printf("kept:   %g\n", tin_item(kept));
  tin_release(kept); /* or it stays until the context ends */

  tin_print(after); /* an error, not a crash */
  printf("%s\n", tin_message(ctx));
  tin_ctx_free(ctx);
  return 0;
}
