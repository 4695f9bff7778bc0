/* W6: the training step of a convolutional network beside the same in plain C (reference_conv.c). */
#include "cnn.h"
#include "reference.h"

#include <stdlib.h>
#include <string.h>

/* ---- the model ---- */

static const struct {
  int in, out, kernel;
  int side;  /* of the input's images */
  bool pool; /* 2 x 2 behind its ReLU */
} convs[CNN_CONVS] = {{1, 32, 5, 28, false}, {32, 32, 5, 24, true}, {32, 64, 3, 10, false}, {64, 64, 3, 8, true}};

int64_t bench_cnn_batch(void) {
  return bench_options.quick ? 16 : 128;
}

static float *make_pixels(int64_t batch) {
  return bench_random(batch * CNN_SIDE * CNN_SIDE, 16, 1);
}

static int32_t *make_labels(int64_t batch) {
  int32_t *labels = bench_memory(batch * (int64_t)sizeof *labels);
  for (int64_t i = 0; i < batch; i++)
    labels[i] = (int32_t)((i * 7 + i / 10) % CNN_CLASSES);
  return labels;
}

void bench_cnn_make(struct bench_cnn *cnn, tin_ctx *ctx, int64_t batch) {
  static const char *const names[CNN_CONVS] = {"conv1", "conv2", "conv3", "conv4"};
  *cnn = (struct bench_cnn){.ctx = ctx, .batch = batch};
  for (int i = 0; i < CNN_CONVS; i++)
    cnn->convs[i] = tin_conv_new(ctx, convs[i].in, convs[i].out, .kernel = {convs[i].kernel, convs[i].kernel}, .name = names[i]);
  cnn->head = tin_linear_new(ctx, CNN_FEATURES, CNN_CLASSES, .name = "head");
  cnn->pixels = tin_input(ctx, TIN_F32, TIN_SHAPE(batch, 1, CNN_SIDE, CNN_SIDE), "pixels");
  cnn->labels = tin_input(ctx, TIN_I32, TIN_SHAPE(batch), "labels");
  cnn->loss = tin_state(ctx, TIN_SHAPE(), .name = "loss");
  cnn->adam = tin_adam(tin_params(ctx), .lr = 1e-3);
  float *pixels = make_pixels(batch);
  int32_t *labels = make_labels(batch);
  tin_write(cnn->pixels, pixels, (size_t)(batch * CNN_SIDE * CNN_SIDE) * sizeof *pixels);
  tin_write(cnn->labels, labels, (size_t)batch * sizeof *labels);
  free(pixels), free(labels);
}

tin_tensor *bench_cnn_loss(struct bench_cnn *cnn) {
  tin_tensor *x = cnn->pixels;
  for (int i = 0; i < CNN_CONVS; i++) {
    x = tin_relu(tin_conv_forward(&cnn->convs[i], x));
    if (convs[i].pool)
      x = tin_max_pool2d(x, .kernel = {2, 2});
  }
  return tin_cross_entropy(tin_linear_forward(&cnn->head, tin_flatten(x, 1, -1)), cnn->labels);
}

void bench_cnn_step(void *state) {
  struct bench_cnn *cnn = state;
  tin_scope scope = tin_begin(cnn->ctx);
  tin_tensor *loss = bench_cnn_loss(cnn);
  tin_assign(cnn->loss, loss);
  tin_step(cnn->adam, loss);
  tin_end(scope);
}

/* ---- the same by hand ---- */

struct hand_conv {
  struct reference_conv shape;
  float *x, *y, *d_x; /* input (of the layer before), output behind its ReLU, gradient of the input */
  float *pooled;      /* output behind its pool */
};

struct hand {
  int64_t batch;
  int threads, step;
  struct hand_conv convs[CNN_CONVS];
  int64_t counts[CNN_PARAMETERS]; /* elements: weight and bias, layer by layer */
  float *parameters[CNN_PARAMETERS], *gradients[CNN_PARAMETERS], *first[CNN_PARAMETERS], *second[CNN_PARAMETERS];
  float *partial[BENCH_MAX_THREADS][CNN_PARAMETERS]; /* gradients by thread */
  float *losses, *logits, *d_features;               /* losses by image */
  int32_t *labels;
  struct reference_adam adam;
  float loss;
};

static int64_t map_elements(const struct hand_conv *conv) {
  int64_t side = conv->shape.side - conv->shape.kernel + 1;
  return conv->shape.out * side * side;
}

static void make_hand(struct hand *hand, const struct bench_cnn *cnn, int threads) {
  tin_list parameters = tin_params(cnn->ctx);
  *hand = (struct hand){.batch = cnn->batch, .threads = threads, .labels = make_labels(cnn->batch)};
  float *x = make_pixels(cnn->batch);
  for (int i = 0; i < CNN_CONVS; i++) {
    struct hand_conv *conv = &hand->convs[i];
    conv->shape = (struct reference_conv){.in = convs[i].in, .out = convs[i].out, .kernel = convs[i].kernel, .side = convs[i].side};
    int64_t bytes = cnn->batch * map_elements(conv) * 4;
    conv->x = x, conv->y = bench_memory(bytes);
    conv->d_x = bench_memory(cnn->batch * conv->shape.in * conv->shape.side * conv->shape.side * 4);
    conv->pooled = convs[i].pool ? bench_memory(bytes / 4) : NULL;
    x = convs[i].pool ? conv->pooled : conv->y;
  }
  for (int i = 0; i < CNN_PARAMETERS; i++) {
    int64_t bytes = tin_size_of(parameters.at[i]) * 4;
    hand->counts[i] = bytes / 4;
    hand->parameters[i] = bench_memory(bytes), hand->gradients[i] = bench_memory(bytes);
    hand->first[i] = bench_memory(bytes), hand->second[i] = bench_memory(bytes);
    for (int t = 0; t < threads; t++)
      hand->partial[t][i] = bench_memory(bytes);
    tin_read(parameters.at[i], hand->parameters[i], (size_t)bytes);
  }
  hand->losses = bench_memory(cnn->batch * 4), hand->logits = bench_memory(cnn->batch * CNN_CLASSES * 4);
  hand->d_features = bench_memory(cnn->batch * CNN_FEATURES * 4);
}

static void free_hand(struct hand *hand) {
  free(hand->convs[0].x), free(hand->losses), free(hand->logits), free(hand->d_features), free(hand->labels);
  for (int i = 0; i < CNN_CONVS; i++)
    free(hand->convs[i].y), free(hand->convs[i].d_x), free(hand->convs[i].pooled);
  for (int i = 0; i < CNN_PARAMETERS; i++) {
    free(hand->parameters[i]), free(hand->gradients[i]), free(hand->first[i]), free(hand->second[i]);
    for (int t = 0; t < hand->threads; t++)
      free(hand->partial[t][i]);
  }
}

static void forward_image(struct hand *hand, int64_t image) {
  for (int i = 0; i < CNN_CONVS; i++) {
    struct hand_conv *conv = &hand->convs[i];
    int64_t in = image * conv->shape.in * conv->shape.side * conv->shape.side, elements = map_elements(conv);
    float *y = conv->y + image * elements;
    reference_conv_relu(&conv->shape, conv->x + in, hand->parameters[2 * i], hand->parameters[2 * i + 1], y);
    if (conv->pooled)
      reference_max_pool(y, conv->pooled + image * elements / 4, conv->shape.out, conv->shape.side - conv->shape.kernel + 1);
  }
}

/* Logits of an image become their gradient, which goes into the head's gradients and back to the features. */
static void head_image(struct hand *hand, int64_t image, float *const *partial) {
  const float *features = hand->convs[CNN_CONVS - 1].pooled + image * CNN_FEATURES;
  const float *weight = hand->parameters[2 * CNN_CONVS], *bias = hand->parameters[2 * CNN_CONVS + 1];
  float *logits = hand->logits + image * CNN_CLASSES, *d_features = hand->d_features + image * CNN_FEATURES;
  for (int c = 0; c < CNN_CLASSES; c++) {
    logits[c] = bias[c];
    for (int i = 0; i < CNN_FEATURES; i++)
      logits[c] += features[i] * weight[c * CNN_FEATURES + i];
  }
  hand->losses[image] = reference_cross_entropy(logits, hand->labels + image, 1, CNN_CLASSES);
  memset(d_features, 0, CNN_FEATURES * sizeof *d_features);
  for (int c = 0; c < CNN_CLASSES; c++) {
    float g = logits[c] / (float)hand->batch;
    partial[2 * CNN_CONVS + 1][c] += g;
    for (int i = 0; i < CNN_FEATURES; i++) {
      partial[2 * CNN_CONVS][c * CNN_FEATURES + i] += g * features[i];
      d_features[i] += g * weight[c * CNN_FEATURES + i];
    }
  }
}

/* Activations become their gradients. */
static void backward_image(struct hand *hand, int64_t image, float *const *partial) {
  const float *g = hand->d_features + image * CNN_FEATURES;
  for (int i = CNN_CONVS - 1; i >= 0; i--) {
    struct hand_conv *conv = &hand->convs[i];
    int64_t in = image * conv->shape.in * conv->shape.side * conv->shape.side, elements = map_elements(conv);
    float *y = conv->y + image * elements;
    if (conv->pooled)
      reference_max_pool_relu_backward(y, g, conv->shape.out, conv->shape.side - conv->shape.kernel + 1);
    else
      for (int64_t e = 0; e < elements; e++)
        y[e] = y[e] > 0 ? g[e] : 0;
    reference_conv_backward(&conv->shape, conv->x + in, hand->parameters[2 * i], y, i ? conv->d_x + in : NULL, partial[2 * i],
                            partial[2 * i + 1]);
    g = conv->d_x + in;
  }
}

static void images_range(int64_t begin, int64_t end, void *state) {
  struct hand *hand = state;
  float *const *partial = hand->partial[(begin * hand->threads + hand->batch - 1) / hand->batch];
  for (int i = 0; i < CNN_PARAMETERS; i++)
    memset(partial[i], 0, (size_t)hand->counts[i] * sizeof(float));
  for (int64_t image = begin; image < end; image++) {
    forward_image(hand, image);
    head_image(hand, image, partial);
    backward_image(hand, image, partial);
  }
}

static void hand_gradients(struct hand *hand) {
  bench_parallel(hand->threads, hand->batch, images_range, hand);
  hand->loss = 0;
  for (int64_t i = 0; i < hand->batch; i++)
    hand->loss += hand->losses[i] / (float)hand->batch;
  for (int p = 0; p < CNN_PARAMETERS; p++)
    for (int64_t i = 0; i < hand->counts[p]; i++) {
      hand->gradients[p][i] = hand->partial[0][p][i];
      for (int t = 1; t < hand->threads; t++)
        hand->gradients[p][i] += hand->partial[t][p][i];
    }
}

static void hand_step(void *state) {
  struct hand *hand = state;
  hand_gradients(hand);
  hand->adam = reference_adam_at(++hand->step, 0);
  for (int i = 0; i < CNN_PARAMETERS; i++)
    reference_adam(&hand->adam, hand->parameters[i], hand->first[i], hand->second[i], hand->gradients[i], hand->counts[i]);
}

/* ---- W6 ---- */

enum { CHECKED_STEPS = 2 };

/* All gradients of the first step, then the losses of the steps. */
static bool check_gradients(struct bench_cnn *cnn, const char *who, struct hand *hand) {
  tin_tensor *gradients[CNN_PARAMETERS];
  tin_scope scope = tin_begin(cnn->ctx);
  bool good = tin_grad(bench_cnn_loss(cnn), tin_params(cnn->ctx), gradients) && tin_realize((tin_list){gradients, CNN_PARAMETERS});
  for (int i = 0; i < CNN_PARAMETERS && good; i++) {
    float *got = bench_memory(hand->counts[i] * (int64_t)sizeof *got);
    good = tin_read(gradients[i], got, (size_t)hand->counts[i] * sizeof *got) &&
           bench_check("W6", who, got, hand->gradients[i], hand->counts[i], 1e-3);
    free(got);
  }
  tin_end(scope);
  return bench_check_ok("W6", who, cnn->ctx) && good;
}

static bool check(struct bench_cnn *fused, struct bench_cnn *unfused, struct hand *hand) {
  bench_progress("W6", "comparing gradients with the reference");
  hand_gradients(hand);
  bool good = check_gradients(fused, "tinsmith", hand) && check_gradients(unfused, "unfused", hand);
  for (int i = 0; i < CHECKED_STEPS && good; i++) {
    bench_cnn_step(fused), bench_cnn_step(unfused), hand_step(hand);
    good = bench_check_number("W6", "tinsmith", tin_item(fused->loss), (double)hand->loss, 1e-3) &&
           bench_check_number("W6", "unfused", tin_item(unfused->loss), (double)hand->loss, 1e-3);
  }
  return good;
}

/* Forward, by weight, and by input except for the first layer's. */
static double step_flops(int64_t batch) {
  double flops = 3 * 2.0 * CNN_FEATURES * CNN_CLASSES;
  for (int i = 0; i < CNN_CONVS; i++) {
    double side = convs[i].side - convs[i].kernel + 1;
    flops += (i ? 3 : 2) * 2.0 * side * side * convs[i].out * convs[i].in * convs[i].kernel * convs[i].kernel;
  }
  return flops * (double)batch;
}

void bench_cnn(int threads) {
  struct bench_workload workload = bench_workload("W6", threads, "GFLOP/s");
  struct bench_cnn fused, unfused;
  struct hand hand;
  char torch[32];
  int64_t batch = bench_cnn_batch();
  snprintf(workload.what, sizeof workload.what, "CNN, batch %d of 28x28, Adam, one step", (int)batch);
  snprintf(torch, sizeof torch, "cnn %d", (int)batch);
  workload.rate_work = step_flops(batch);
  bench_cnn_make(&fused, bench_ctx(threads, true), batch);
  bench_cnn_make(&unfused, bench_ctx(threads, false), batch);
  make_hand(&hand, &fused, threads);
  bool good = check(&fused, &unfused, &hand);
  bench_add(&workload, "tinsmith", BENCH_US, bench_cnn_step, &fused)->ctx = fused.ctx;
  bench_add(&workload, "unfused", BENCH_US, bench_cnn_step, &unfused)->ctx = unfused.ctx;
  bench_add(&workload, "gcc", BENCH_REFERENCE, hand_step, &hand);
  bench_add_torch(&workload, torch);
  bench_add_peak(&workload, workload.rate_work);
  if (good)
    bench_measure(&workload);
  free_hand(&hand);
  tin_ctx_free(fused.ctx), tin_ctx_free(unfused.ctx);
}
