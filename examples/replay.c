/* A training step is captured once and then repeated: a replay builds no graph and looks up no plan, it only runs the kernels. */
#include <stdio.h>
#include <tinsmith_nn.h>

enum { POINTS = 64, STEPS = 300 };

/* Points (x, y) and whether they lie inside a circle; other ones for every step. */
static void next_points(int step, float (*points)[2], float *inside) {
  for (int i = 0; i < POINTS; i++) {
    float x = (float)((step * 61 + i * 37) % 101) / 50 - 1, y = (float)((step * 29 + i * 53) % 97) / 48 - 1;
    points[i][0] = x;
    points[i][1] = y;
    inside[i] = x * x + y * y < 0.5f;
  }
}

int main(void) {
  tin_ctx *ctx = tin_ctx_new(.seed = 1);
  tin_linear hidden = tin_linear_new(ctx, 2, 32, .name = "hidden"), output = tin_linear_new(ctx, 32, 1, .name = "output");
  tin_tensor *points = tin_input(ctx, TIN_F32, TIN_SHAPE(POINTS, 2), "points");
  tin_tensor *inside = tin_input(ctx, TIN_F32, TIN_SHAPE(POINTS, 1), "inside");
  tin_optim *adam = tin_adam(tin_params(ctx), .lr = 1e-2);
  float data[POINTS][2], truth[POINTS];

  /* the first step, built as in any training loop; tin_compile stands in the place of tin_end */
  next_points(0, data, truth);
  tin_write(points, data, sizeof data);
  tin_write(inside, truth, sizeof truth);
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = tin_dropout(tin_tanh(tin_linear_forward(&hidden, points)), 0.1);
  tin_tensor *loss = tin_bce_with_logits(tin_linear_forward(&output, x), inside);
  tin_step(adam, loss);
  tin_compiled *training = tin_compile(scope, .outputs = TIN_LIST(loss));

  /* the others: new data, the optimiser's next step, new random numbers for the dropout */
  for (int step = 1; step < STEPS; step++) {
    next_points(step, data, truth);
    tin_write(points, data, sizeof data);
    tin_write(inside, truth, sizeof truth);
    tin_set_lr(adam, 1e-2 * (1 - step / (double)STEPS));
    if (!tin_replay(training))
      break;
    if (step % 100 == 99)
      printf("step %d  loss %.4f\n", step, tin_item(tin_output(training, 0)));
  }
  struct tin_counters counters = tin_stats(ctx);
  printf("runs %lld, plans looked up %lld\n", (long long)counters.plans_run, (long long)(counters.plan_hits + counters.plan_misses));

  int status = !tin_ok(ctx);
  if (status)
    fprintf(stderr, "%s\n", tin_message(ctx));
  tin_ctx_free(ctx);
  return status;
}
