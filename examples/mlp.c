/* Trains a multilayer perceptron on an MNIST folder (or on drawn digits when none is given), measures its accuracy, saves and loads it.
 *
 *   mlp [FOLDER [EPOCHS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <tinsmith_nn.h>

enum { BATCH = 128, PIXELS = 784, CLASSES = 10 };

struct mlp {
  tin_linear fc1, fc2, fc3;
};

static struct mlp mlp_new(tin_ctx *ctx) {
  return (struct mlp){
      .fc1 = tin_linear_new(ctx, PIXELS, 512, .name = "fc1"),
      .fc2 = tin_linear_new(ctx, 512, 256, .name = "fc2"),
      .fc3 = tin_linear_new(ctx, 256, CLASSES, .name = "fc3"),
  };
}

static tin_tensor *mlp_logits(const struct mlp *mlp, tin_tensor *pixels) {
  tin_tensor *x = tin_div_scalar(tin_cast(pixels, TIN_F32), 255);
  x = tin_relu(tin_linear_forward(&mlp->fc1, x));
  x = tin_relu(tin_linear_forward(&mlp->fc2, x));
  return tin_linear_forward(&mlp->fc3, x);
}

static bool get_data(tin_ctx *ctx, const char *folder, tin_dataset *data) {
  if (folder)
    return tin_mnist_load(ctx, folder, data);
  return tin_digits(ctx, 10240, 1, &data->train_images, &data->train_labels) &&
         tin_digits(ctx, 1280, 2, &data->test_images, &data->test_labels);
}

static void train(tin_ctx *ctx, const struct mlp *mlp, const tin_dataset *data, int epochs) {
  tin_tensor *pixels = tin_input(ctx, TIN_U8, TIN_SHAPE(BATCH, PIXELS), "pixels");
  tin_tensor *labels = tin_input(ctx, TIN_U8, TIN_SHAPE(BATCH), "labels");
  tin_tensor *newest_loss = tin_state(ctx, TIN_SHAPE(), .name = "newest_loss");
  tin_optim *adam = tin_adam(tin_params(ctx), .lr = 1e-3);
  tin_batches *batches = tin_batches_new(ctx, &data->train_images, &data->train_labels, .batch = BATCH, .drop_last = true);
  const void *x, *y;
  for (int epoch = 0; epoch < epochs && tin_ok(ctx); epoch++) {
    while (tin_batches_next(batches, &x, &y)) {
      tin_scope scope = tin_begin(ctx);
      tin_write(pixels, x, BATCH * PIXELS);
      tin_write(labels, y, BATCH);
      tin_tensor *loss = tin_cross_entropy(mlp_logits(mlp, pixels), labels);
      tin_assign(newest_loss, loss); /* a variable can be looked at after the scope, at no cost */
      tin_step(adam, loss);
      if (!tin_end(scope))
        break;
    }
    printf("epoch %d: loss %.4f\n", epoch + 1, tin_item(newest_loss));
    tin_set_lr(adam, tin_get_lr(adam) * 0.7); /* a run-time number: no new kernels */
  }
  tin_batches_free(batches);
}

/* The mean over batches; a short last batch has a shape of its own, and so kernels of its own, and counts with its share. */
static double evaluate(tin_ctx *ctx, const struct mlp *mlp, const tin_dataset *data) {
  tin_batches *batches = tin_batches_new(ctx, &data->test_images, &data->test_labels, .batch = 1000, .in_order = true);
  const void *x, *y;
  double hits = 0;
  for (int64_t count; (count = tin_batches_next(batches, &x, &y)) > 0;) {
    tin_scope scope = tin_begin(ctx);
    tin_tensor *pixels = tin_from(ctx, TIN_U8, TIN_SHAPE(count, PIXELS), x);
    tin_tensor *labels = tin_from(ctx, TIN_U8, TIN_SHAPE(count), y);
    hits += tin_item(tin_accuracy(mlp_logits(mlp, pixels), labels)) * (double)count;
    tin_end(scope);
  }
  tin_batches_free(batches);
  return hits / (double)data->test_images.shape[0];
}

int main(int argc, char **argv) {
  tin_ctx *ctx = tin_ctx_new(.seed = 1);
  tin_dataset data = {0};
  struct mlp mlp = mlp_new(ctx);
  if (get_data(ctx, argc > 1 ? argv[1] : NULL, &data)) {
    train(ctx, &mlp, &data, argc > 2 ? atoi(argv[2]) : 2);
    double accuracy = evaluate(ctx, &mlp, &data);
    printf("accuracy: %.2f %%\n", 100 * accuracy);
    if (tin_save(ctx, "mlp.safetensors") && tin_load(ctx, "mlp.safetensors"))
      printf("saved to mlp.safetensors, loaded again: accuracy %s\n", evaluate(ctx, &mlp, &data) == accuracy ? "unchanged" : "CHANGED");
  }
  if (!tin_ok(ctx))
    fprintf(stderr, "%s\n", tin_message(ctx));
  int status = !tin_ok(ctx);
  tin_dataset_free(&data);
  tin_ctx_free(ctx);
  return status;
}
