/* The program of the README: a network learns to read drawn digits. */
#include <stdio.h>
#include <tinsmith_nn.h>

int main(void) {
  tin_ctx *ctx = tin_ctx_new(.seed = 1);
  tin_linear hidden = tin_linear_new(ctx, 784, 128, .name = "hidden");
  tin_linear output = tin_linear_new(ctx, 128, 10, .name = "output");
  tin_tensor *pixels = tin_input(ctx, TIN_U8, TIN_SHAPE(128, 784), "pixels");
  tin_tensor *labels = tin_input(ctx, TIN_U8, TIN_SHAPE(128), "labels");
  tin_optim *adam = tin_adam(tin_params(ctx), .lr = 1e-3);

  tin_array images, digits;
  if (!tin_digits(ctx, 5120, 1, &images, &digits))
    return fprintf(stderr, "%s\n", tin_message(ctx)), 1;
  tin_batches *batches = tin_batches_new(ctx, &images, &digits, .batch = 128, .drop_last = true);
  const void *x, *y;
  for (int step = 0; tin_batches_next(batches, &x, &y); step++) {
    tin_scope scope = tin_begin(ctx);
    tin_write(pixels, x, 128 * 784);
    tin_write(labels, y, 128);
    tin_tensor *input = tin_div_scalar(tin_cast(pixels, TIN_F32), 255);
    tin_tensor *logits = tin_linear_forward(&output, tin_relu(tin_linear_forward(&hidden, input)));
    tin_tensor *loss = tin_cross_entropy(logits, labels);
    tin_step(adam, loss); /* gradients and updates: still lazy */
    if (step % 10 == 0)
      printf("step %2d  loss %.4f\n", step, tin_item(loss));
    if (!tin_end(scope)) /* the rest runs now; the step's tensors die */
      break;
  }
  if (!tin_ok(ctx))
    fprintf(stderr, "%s\n", tin_message(ctx));
  int status = !tin_ok(ctx);
  tin_batches_free(batches);
  tin_array_free(&images);
  tin_array_free(&digits);
  tin_ctx_free(ctx);
  return status;
}
