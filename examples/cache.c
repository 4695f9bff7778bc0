/* A cache that grows step by step. The position is a tensor, so that all steps share one plan. */
#include <stdio.h>
#include <tinsmith_nn.h>

enum { LENGTH = 8, WIDTH = 2 };

int main(void) {
  tin_ctx *ctx = tin_ctx_new();
  tin_tensor *cache = tin_state(ctx, TIN_SHAPE(LENGTH, WIDTH), .name = "cache");
  tin_tensor *position = tin_input(ctx, TIN_I32, TIN_SHAPE(), "position");
  tin_tensor *token = tin_input(ctx, TIN_F32, TIN_SHAPE(1, WIDTH), "token");
  for (int step = 0; step < 4; step++) {
    float values[WIDTH] = {(float)step, 10.0f * (float)step};
    tin_scope scope = tin_begin(ctx);
    tin_write(position, &step, sizeof step);
    tin_write(token, values, sizeof values);
    tin_assign_at(cache, position, token); /* cache[step : step + 1] = token */
    /* positions after the newest are masked, not cut off: shapes do not change */
    tin_tensor *seen = tin_le(tin_iota(ctx, TIN_I32, LENGTH), position);
    tin_tensor *columns = tin_where(tin_unsqueeze(seen, 1), cache, tin_zeros(ctx, TIN_F32, TIN_SHAPE()));
    tin_print(tin_sum(columns, .axes = TIN_AXES(0)));
    tin_end(scope);
  }
  struct tin_counters counters = tin_stats(ctx);
  printf("plans made: %lld, found again: %lld\n", (long long)counters.plan_misses, (long long)counters.plan_hits);
  int status = !tin_ok(ctx);
  tin_ctx_free(ctx);
  return status;
}
