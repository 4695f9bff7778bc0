/* W5 the training step of a multilayer perceptron beside the same by hand on OpenBLAS, W9 AdamW alone, W12 a network so small that only
 * overhead counts. */
#include "mlp.h"
#include "reference.h"

#include <stdlib.h>
#include <string.h>

/* ---- the model ---- */

static const int widths[MLP_LAYERS + 1] = {MLP_PIXELS, MLP_HIDDEN1, MLP_HIDDEN2, MLP_CLASSES};

int32_t *bench_mlp_labels(void) {
  int32_t *labels = bench_memory(MLP_BATCH * (int64_t)sizeof *labels);
  for (int i = 0; i < MLP_BATCH; i++)
    labels[i] = (i * 7 + i / 10) % MLP_CLASSES;
  return labels;
}

void bench_mlp_make(struct bench_mlp *mlp, tin_ctx *ctx) {
  static const char *const names[MLP_LAYERS] = {"fc1", "fc2", "fc3"};
  mlp->ctx = ctx;
  for (int i = 0; i < MLP_LAYERS; i++)
    mlp->layers[i] = tin_linear_new(ctx, widths[i], widths[i + 1], .name = names[i]);
  mlp->pixels = tin_input(ctx, TIN_F32, TIN_SHAPE(MLP_BATCH, MLP_PIXELS), "pixels");
  mlp->labels = tin_input(ctx, TIN_I32, TIN_SHAPE(MLP_BATCH), "labels");
  mlp->loss = tin_state(ctx, TIN_SHAPE(), .name = "loss");
  mlp->adam = tin_adam(tin_params(ctx), .lr = 1e-3);
  float *pixels = bench_random(MLP_BATCH * MLP_PIXELS, 11, 1);
  int32_t *labels = bench_mlp_labels();
  tin_write(mlp->pixels, pixels, MLP_BATCH * MLP_PIXELS * sizeof *pixels);
  tin_write(mlp->labels, labels, MLP_BATCH * sizeof *labels);
  free(pixels), free(labels);
}

void bench_mlp_build(struct bench_mlp *mlp) {
  tin_tensor *x = tin_relu(tin_linear_forward(&mlp->layers[0], mlp->pixels));
  x = tin_relu(tin_linear_forward(&mlp->layers[1], x));
  tin_tensor *loss = tin_cross_entropy(tin_linear_forward(&mlp->layers[2], x), mlp->labels);
  tin_assign(mlp->loss, loss);
  tin_step(mlp->adam, loss);
}

void bench_mlp_step(void *state) {
  struct bench_mlp *mlp = state;
  tin_scope scope = tin_begin(mlp->ctx);
  bench_mlp_build(mlp);
  tin_end(scope);
}

/* The step captured by tin_compile. */
static tin_compiled *compile_mlp(struct bench_mlp *mlp) {
  tin_scope scope = tin_begin(mlp->ctx);
  bench_mlp_build(mlp);
  return tin_compile(scope);
}

static void replay(void *compiled) {
  tin_replay(compiled);
}

/* ---- the same by hand ---- */

struct hand_layer {
  int in, out;
  float *parameter, *first, *second, *gradient; /* weight [out, in], then bias [out]; Adam's moments; likewise */
  float *x, *y, *g;                             /* input (of the layer before), output and its gradient, by example */
};

struct hand {
  struct hand_layer layers[MLP_LAYERS];
  int32_t *labels;
  int threads, step;
  float loss;
  struct reference_adam adam;
};

static void make_hand(struct hand *hand, const struct bench_mlp *mlp, int threads) {
  *hand = (struct hand){.labels = bench_mlp_labels(), .threads = threads};
  float *x = bench_random(MLP_BATCH * MLP_PIXELS, 11, 1);
  for (int i = 0; i < MLP_LAYERS; i++) {
    struct hand_layer *layer = &hand->layers[i];
    int64_t in = widths[i], out = widths[i + 1], bytes = (in + 1) * out * 4;
    *layer = (struct hand_layer){.in = (int)in,
                                 .out = (int)out,
                                 .parameter = bench_memory(bytes),
                                 .first = bench_memory(bytes),
                                 .second = bench_memory(bytes),
                                 .gradient = bench_memory(bytes),
                                 .x = x,
                                 .y = bench_memory(MLP_BATCH * out * 4),
                                 .g = bench_memory(MLP_BATCH * out * 4)};
    tin_read(mlp->layers[i].weight, layer->parameter, (size_t)(in * out) * sizeof(float));
    tin_read(mlp->layers[i].bias, layer->parameter + in * out, (size_t)out * sizeof(float));
    x = layer->y;
  }
}

static void free_hand(struct hand *hand) {
  free(hand->labels), free(hand->layers[0].x);
  for (int i = 0; i < MLP_LAYERS; i++) {
    struct hand_layer *layer = &hand->layers[i];
    free(layer->parameter), free(layer->first), free(layer->second), free(layer->gradient), free(layer->y), free(layer->g);
  }
}

static void adam_range(int64_t begin, int64_t end, void *state) {
  struct hand *hand = state;
  for (int i = 0; i < MLP_LAYERS; i++) {
    struct hand_layer *layer = &hand->layers[i];
    int64_t count = (int64_t)(layer->in + 1) * layer->out, from = count * begin / 64, to = count * end / 64;
    reference_adam(&hand->adam, layer->parameter + from, layer->first + from, layer->second + from, layer->gradient + from, to - from);
  }
}

static void hand_forward(struct hand *hand) {
  for (int i = 0; i < MLP_LAYERS; i++) {
    struct hand_layer *layer = &hand->layers[i];
    const float *bias = layer->parameter + (int64_t)layer->in * layer->out;
    bool last = i == MLP_LAYERS - 1;
    for (int row = 0; last && row < MLP_BATCH; row++)
      memcpy(layer->y + row * layer->out, bias, (size_t)layer->out * sizeof *bias);
    bench_blas(&(struct bench_gemm){.m = MLP_BATCH, .n = layer->out, .k = layer->in, .transpose_b = true, .beta = last ? 1 : 0}, layer->x,
               layer->parameter, layer->y);
    if (!last)
      reference_bias_relu(layer->y, bias, MLP_BATCH, layer->out);
  }
}

static void hand_step(void *state) {
  struct hand *hand = state;
  hand_forward(hand);
  struct hand_layer *top = &hand->layers[MLP_LAYERS - 1];
  hand->loss = reference_cross_entropy(top->y, hand->labels, MLP_BATCH, MLP_CLASSES) / MLP_BATCH;
  for (int i = MLP_LAYERS - 1; i >= 0; i--) {
    struct hand_layer *layer = &hand->layers[i];
    float *g = i == MLP_LAYERS - 1 ? layer->y : layer->g;
    bench_blas(&(struct bench_gemm){.m = layer->out, .n = layer->in, .k = MLP_BATCH, .transpose_a = true}, g, layer->x, layer->gradient);
    reference_column_sums(g, layer->gradient + (int64_t)layer->in * layer->out, MLP_BATCH, layer->out);
    if (i) {
      struct hand_layer *below = &hand->layers[i - 1];
      bench_blas(&(struct bench_gemm){.m = MLP_BATCH, .n = layer->in, .k = layer->out}, g, layer->parameter, below->g);
      reference_relu_backward(below->g, below->y, MLP_BATCH * (int64_t)below->out);
    }
  }
  hand->adam = reference_adam_at(++hand->step, 0);
  bench_parallel(hand->threads, 64, adam_range, hand);
}

/* ---- W5 ---- */

enum { CHECKED_STEPS = 5 };

void bench_mlp(int threads) {
  struct bench_workload workload = bench_workload("W5", threads, "us");
  struct bench_mlp fused, unfused, captured;
  struct hand hand;
  bool good, blas = bench_blas_load();
  snprintf(workload.what, sizeof workload.what, "MLP 784-512-256-10, batch 128, Adam, one step");
  bench_mlp_make(&fused, bench_ctx(threads, true));
  bench_mlp_make(&unfused, bench_ctx(threads, false));
  bench_mlp_make(&captured, bench_ctx(threads, true));
  make_hand(&hand, &fused, threads);
  tin_compiled *compiled = compile_mlp(&captured);
  for (int i = 1; i < CHECKED_STEPS; i++)
    replay(compiled);
  for (int i = 0; i < CHECKED_STEPS; i++) {
    bench_mlp_step(&fused), bench_mlp_step(&unfused);
    if (blas)
      bench_blas_threads(threads), hand_step(&hand);
  }
  double expected = blas ? (double)hand.loss : tin_item(unfused.loss);
  good = bench_check_number("W5", "tinsmith", tin_item(fused.loss), expected, 1e-3) &&
         bench_check_number("W5", "unfused", tin_item(unfused.loss), expected, 1e-3) &&
         bench_check_number("W5", "replay", tin_item(captured.loss), tin_item(fused.loss), 0);
  bench_add(&workload, "tinsmith", BENCH_US, bench_mlp_step, &fused)->ctx = fused.ctx;
  bench_add(&workload, "replay", BENCH_US, replay, compiled)->ctx = captured.ctx;
  bench_add(&workload, "unfused", BENCH_US, bench_mlp_step, &unfused)->ctx = unfused.ctx;
  if (blas)
    bench_add(&workload, "openblas", BENCH_REFERENCE, hand_step, &hand)->pause_ms = threads > 1 ? BENCH_BLAS_PAUSE : 0;
  bench_add_torch(&workload, "mlp");
  /* three products forward, three for the weights' gradients, two for the inputs' */
  double flops = 2.0 * MLP_BATCH * (2 * MLP_PIXELS * MLP_HIDDEN1 + 3 * MLP_HIDDEN1 * MLP_HIDDEN2 + 3 * MLP_HIDDEN2 * MLP_CLASSES);
  bench_add_peak(&workload, flops);
  if (good)
    bench_measure(&workload);
  free_hand(&hand);
  tin_ctx_free(fused.ctx), tin_ctx_free(unfused.ctx), tin_ctx_free(captured.ctx);
}

/* ---- W9: AdamW on the parameters of GPT-2 ---- */

enum { GPT_WIDTH = 768, GPT_TENSORS_A_LAYER = 12, MAX_TENSORS = 2 + 12 * GPT_TENSORS_A_LAYER + 2 };

struct update {
  tin_ctx *ctx;
  tin_tensor *parameters[MAX_TENSORS], *gradients[MAX_TENSORS];
  tin_optim *adam;
  int count;
};

struct hand_update {
  int64_t count; /* elements of all tensors */
  float *w, *m, *v, *g;
  int threads, step;
  struct reference_adam adam;
};

/* Shapes of GPT-2's tensors (Radford et al. 2019), 124 M elements with 12 layers and 50257 tokens. */
static int gpt_shapes(tin_shape *shapes, int64_t tokens, int layers) {
  const int64_t w = GPT_WIDTH;
  const tin_shape layer[GPT_TENSORS_A_LAYER] = {TIN_SHAPE(w),        TIN_SHAPE(w),     TIN_SHAPE(w, 3 * w), TIN_SHAPE(3 * w),
                                                TIN_SHAPE(w, w),     TIN_SHAPE(w),     TIN_SHAPE(w),        TIN_SHAPE(w),
                                                TIN_SHAPE(w, 4 * w), TIN_SHAPE(4 * w), TIN_SHAPE(4 * w, w), TIN_SHAPE(w)};
  int count = 0;
  shapes[count++] = TIN_SHAPE(tokens, w);
  shapes[count++] = TIN_SHAPE(1024, w);
  for (int i = 0; i < layers; i++)
    for (int t = 0; t < GPT_TENSORS_A_LAYER; t++)
      shapes[count++] = layer[t];
  shapes[count++] = TIN_SHAPE(w);
  shapes[count++] = TIN_SHAPE(w);
  return count;
}

static void make_update(struct update *update, const struct hand_update *hand, const tin_shape *shapes, int count, int threads,
                        bool fused) {
  int64_t at = 0;
  update->ctx = bench_ctx(threads, fused);
  update->count = count;
  for (int i = 0; i < count; i++) {
    update->parameters[i] = tin_param(update->ctx, shapes[i]);
    update->gradients[i] = tin_input(update->ctx, TIN_F32, shapes[i], NULL);
    int64_t size = tin_size_of(update->parameters[i]);
    tin_write(update->parameters[i], hand->w + at, (size_t)size * sizeof(float));
    tin_write(update->gradients[i], hand->g + at, (size_t)size * sizeof(float));
    at += size;
  }
  update->adam = tin_adamw((tin_list){update->parameters, count}, .lr = 1e-3);
}

static void run_update(void *state) {
  struct update *update = state;
  tin_scope scope = tin_begin(update->ctx);
  tin_step_with(update->adam, (tin_list){update->gradients, update->count});
  tin_end(scope);
}

static void update_range(int64_t begin, int64_t end, void *state) {
  struct hand_update *hand = state;
  begin *= 16, end *= 16;
  reference_adam(&hand->adam, hand->w + begin, hand->m + begin, hand->v + begin, hand->g + begin, end - begin);
}

static void run_hand_update(void *state) {
  struct hand_update *hand = state;
  hand->adam = reference_adam_at(++hand->step, 1e-5f); /* lr times PyTorch's weight decay of 0.01 */
  bench_parallel(hand->threads, hand->count / 16, update_range, hand);
}

static bool check_update(struct update *update, const char *who, const float *expected) {
  int64_t at = 0;
  bool good = true;
  for (int i = 0; i < update->count && good; i++) {
    int64_t size = tin_size_of(update->parameters[i]);
    float *got = bench_memory(size * (int64_t)sizeof *got);
    tin_read(update->parameters[i], got, (size_t)size * sizeof *got);
    good = bench_check_ok("W9", who, update->ctx) && bench_check("W9", who, got, expected + at, size, 1e-4);
    at += size;
    free(got);
  }
  return good;
}

void bench_adamw(int threads) {
  struct bench_workload workload = bench_workload("W9", threads, "GB/s");
  tin_shape shapes[MAX_TENSORS];
  int n_tensors = gpt_shapes(shapes, bench_options.quick ? 1000 : 50257, bench_options.quick ? 2 : 12);
  struct hand_update hand = {.threads = threads};
  struct update fused = {0}, unfused = {0};
  for (int i = 0; i < n_tensors; i++)
    hand.count += shapes[i].size[0] * (shapes[i].rank == 2 ? shapes[i].size[1] : 1);
  int64_t bytes = hand.count * 4;
  hand.w = bench_random(hand.count, 12, 0.1f), hand.g = bench_random(hand.count, 13, 0.01f);
  hand.m = bench_memory(bytes), hand.v = bench_memory(bytes);
  make_update(&fused, &hand, shapes, n_tensors, threads, true);
  make_update(&unfused, &hand, shapes, n_tensors, threads, false);
  snprintf(workload.what, sizeof workload.what, "AdamW on %.1f M parameters in %d tensors", (double)hand.count * 1e-6, n_tensors);
  workload.rate_work = workload.limit_work = 28.0 * (double)hand.count; /* reads w, g, m, v and writes w, m, v */
  run_update(&fused), run_update(&unfused), run_hand_update(&hand);
  bool good = check_update(&fused, "tinsmith", hand.w) && check_update(&unfused, "unfused", hand.w);
  bench_add(&workload, "tinsmith", BENCH_US, run_update, &fused)->ctx = fused.ctx;
  bench_add(&workload, "unfused", BENCH_US, run_update, &unfused)->ctx = unfused.ctx;
  bench_add(&workload, "gcc", BENCH_REFERENCE, run_hand_update, &hand);
  bench_add_torch(&workload, bench_options.quick ? NULL : "adamw");
  struct bench_copy copy;
  bench_add_copy(&workload, &copy, bytes);
  workload.limit_work = 28.0 * (double)hand.count;
  if (good)
    bench_measure(&workload);
  bench_copy_free(&copy);
  tin_ctx_free(fused.ctx), tin_ctx_free(unfused.ctx);
  free(hand.w), free(hand.m), free(hand.v), free(hand.g);
}

/* ---- W12: micrograd's demonstration ---- */

enum { POINTS = 100, MICRO_WIDTH = 16 };
static const double MICRO_DECAY = 1e-4; /* of the sum of squares of all parameters */

struct micro {
  tin_ctx *ctx;
  tin_linear layers[3];
  tin_tensor *x, *y, *loss;
  tin_optim *sgd;
};

struct hand_micro {
  struct reference_micro net;
  float (*x)[2];
  float *y;
  float loss;
};

static void make_micro(struct micro *micro, const struct hand_micro *hand, bool fused) {
  micro->ctx = bench_ctx(1, fused);
  micro->layers[0] = tin_linear_new(micro->ctx, 2, MICRO_WIDTH, .name = "l1");
  micro->layers[1] = tin_linear_new(micro->ctx, MICRO_WIDTH, MICRO_WIDTH, .name = "l2");
  micro->layers[2] = tin_linear_new(micro->ctx, MICRO_WIDTH, 1, .name = "l3");
  micro->x = tin_input(micro->ctx, TIN_F32, TIN_SHAPE(POINTS, 2), "x");
  micro->y = tin_input(micro->ctx, TIN_F32, TIN_SHAPE(POINTS, 1), "y");
  micro->loss = tin_state(micro->ctx, TIN_SHAPE(), .name = "loss");
  micro->sgd = tin_sgd(tin_params(micro->ctx), .lr = 0.05);
  tin_write(micro->x, hand->x, POINTS * sizeof *hand->x);
  tin_write(micro->y, hand->y, POINTS * sizeof *hand->y);
}

static void build_micro(struct micro *micro) {
  tin_tensor *x = tin_relu(tin_linear_forward(&micro->layers[0], micro->x));
  x = tin_relu(tin_linear_forward(&micro->layers[1], x));
  tin_tensor *scores = tin_linear_forward(&micro->layers[2], x);
  tin_tensor *loss = tin_mean(tin_relu(tin_scalar_sub(1, tin_mul(micro->y, scores))));
  tin_list parameters = tin_params(micro->ctx);
  for (int i = 0; i < parameters.count; i++)
    loss = tin_add(loss, tin_mul_scalar(tin_sum(tin_square(parameters.at[i])), MICRO_DECAY));
  tin_assign(micro->loss, loss);
  tin_step(micro->sgd, loss);
}

static void micro_step(void *state) {
  struct micro *micro = state;
  tin_scope scope = tin_begin(micro->ctx);
  build_micro(micro);
  tin_end(scope);
}

static tin_compiled *compile_micro(struct micro *micro) {
  tin_scope scope = tin_begin(micro->ctx);
  build_micro(micro);
  return tin_compile(scope);
}

static void hand_micro_step(void *state) {
  struct hand_micro *hand = state;
  hand->loss = reference_micro_step(&hand->net, (const float(*)[2])hand->x, hand->y, POINTS, 0.05f, (float)MICRO_DECAY);
}

static void read_net(const struct micro *micro, struct reference_micro *net) {
  tin_read(micro->layers[0].weight, net->w1, sizeof net->w1), tin_read(micro->layers[0].bias, net->b1, sizeof net->b1);
  tin_read(micro->layers[1].weight, net->w2, sizeof net->w2), tin_read(micro->layers[1].bias, net->b2, sizeof net->b2);
  tin_read(micro->layers[2].weight, net->w3, sizeof net->w3), tin_read(micro->layers[2].bias, &net->b3, sizeof net->b3);
}

void bench_micrograd(int threads) {
  if (threads != 1)
    return;
  struct bench_workload workload = bench_workload("W12", threads, "us");
  struct hand_micro hand = {.x = (float(*)[2])bench_random(2 * POINTS, 14, 1), .y = bench_memory(POINTS * 4)};
  struct micro fused, unfused, captured;
  for (int i = 0; i < POINTS; i++) /* two classes that no line divides */
    hand.y[i] = hand.x[i][0] * hand.x[i][1] > 0 ? 1 : -1;
  make_micro(&fused, &hand, true), make_micro(&unfused, &hand, false), make_micro(&captured, &hand, true);
  tin_compiled *compiled = compile_micro(&captured);
  for (int i = 1; i < CHECKED_STEPS; i++)
    replay(compiled);
  read_net(&fused, &hand.net);
  snprintf(workload.what, sizeof workload.what, "MLP 2-16-16-1 on 100 points, SGD, one step");
  for (int i = 0; i < CHECKED_STEPS; i++)
    micro_step(&fused), micro_step(&unfused), hand_micro_step(&hand);
  bool good = bench_check_number("W12", "tinsmith", tin_item(fused.loss), (double)hand.loss, 1e-4) &&
              bench_check_number("W12", "unfused", tin_item(unfused.loss), (double)hand.loss, 1e-4) &&
              bench_check_number("W12", "replay", tin_item(captured.loss), tin_item(fused.loss), 0);
  bench_add(&workload, "tinsmith", BENCH_US, micro_step, &fused)->ctx = fused.ctx;
  bench_add(&workload, "replay", BENCH_US, replay, compiled)->ctx = captured.ctx;
  bench_add(&workload, "unfused", BENCH_US, micro_step, &unfused)->ctx = unfused.ctx;
  bench_add(&workload, "gcc", BENCH_REFERENCE, hand_micro_step, &hand);
  bench_add_torch(&workload, "micro");
  if (good)
    bench_measure(&workload);
  tin_ctx_free(fused.ctx), tin_ctx_free(unfused.ctx), tin_ctx_free(captured.ctx);
  free(hand.x), free(hand.y);
}
