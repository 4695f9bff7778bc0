/* One training step of the demo's model compiled in several ways: fused, unfused, and with each kind of fusion left out alone. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct way {
  const char *name;
  uint32_t fuse_off;
};
static const struct way ways[] = {
    {"fused", 0},
    {"without epilogues", TIN_FUSE_EPILOGUE},
    {"without prologues", TIN_FUSE_PROLOGUE},
    {"without row groups", TIN_FUSE_ROW},
    {"without reduction inputs", TIN_FUSE_REDUCE},
    {"without chains", TIN_FUSE_CHAIN},
    {"without shared launches", TIN_FUSE_HORIZONTAL},
    {"without blocks of rows", TIN_FUSE_BLOCK},
    {"unfused", TIN_FUSE_ALL},
};
enum { N_WAYS = sizeof ways / sizeof *ways, WARM_UP = 2 };
/* Steps of one turn: the ways take turns, so that what else the machine does meets them all; a turn's first step wakes its threads. */
enum { TURN = 5 };

struct outcome {
  tin_ctx *ctx;
  struct cli_model model;
  double seconds; /* fastest step */
  struct tin_counters counters;
  int64_t kernels; /* of a step */
  float *weights;  /* all parameters after the last step */
  size_t n_weights;
};

static bool one_step(tin_ctx *ctx, const struct cli_model *model) {
  tin_scope scope = tin_begin(ctx);
  tin_step(model->adam, tin_cross_entropy(cli_model_logits(model), model->labels));
  return tin_end(scope);
}

/* All parameters one after another, malloc'ed; NULL on an error. */
static float *read_weights(tin_ctx *ctx, size_t *count) {
  tin_list params = tin_params(ctx);
  *count = 0;
  for (int i = 0; i < params.count; i++)
    *count += (size_t)tin_size_of(params.at[i]);
  float *weights = malloc(*count * sizeof *weights);
  size_t at = 0;
  for (int i = 0; weights && i < params.count; i++) {
    size_t size = (size_t)tin_size_of(params.at[i]);
    tin_read(params.at[i], weights + at, size * sizeof *weights);
    at += size;
  }
  return weights;
}

static bool failed(const struct way *way, struct outcome *out) {
  cli_fail("demo", "%s: %s", way->name, tin_message(out->ctx));
  return false;
}

static bool start(const struct way *way, const tin_array *images, const tin_array *labels, const char *dump, struct outcome *out) {
  out->seconds = 1e30;
  out->ctx = tin_ctx_new(.seed = 1, .fuse_off = way->fuse_off, .dump = way->fuse_off ? NULL : dump);
  bool ok = cli_model_make(&out->model, out->ctx) && tin_write(out->model.pixels, images->data, DEMO_BATCH * DEMO_PIXELS) &&
            tin_write(out->model.labels, labels->data, DEMO_BATCH);
  for (int i = 0; ok && i < WARM_UP; i++)
    ok = one_step(out->ctx, &out->model);
  return ok || failed(way, out);
}

static bool take_turn(const struct way *way, int steps, struct outcome *out) {
  for (int i = 0; i < steps; i++) {
    int64_t launched = tin_stats(out->ctx).kernels_launched;
    double began = cli_seconds();
    if (!one_step(out->ctx, &out->model))
      return failed(way, out);
    double spent = cli_seconds() - began;
    out->seconds = spent < out->seconds ? spent : out->seconds;
    out->kernels = tin_stats(out->ctx).kernels_launched - launched;
  }
  return true;
}

static bool finish(const struct way *way, struct outcome *out) {
  out->counters = tin_stats(out->ctx);
  out->weights = read_weights(out->ctx, &out->n_weights);
  return (out->weights && tin_ok(out->ctx)) || failed(way, out);
}

static bool same_bits(const struct outcome *a, const struct outcome *b) {
  return a->n_weights == b->n_weights && !memcmp(a->weights, b->weights, a->n_weights * sizeof *a->weights);
}

static void print_row(const struct way *way, const struct outcome *outcome, const struct outcome *fused) {
  printf("  %-26s %10s %8.2fx %9lld %12s %12s %12s  %s\n", way->name, cli_time(outcome->seconds).text, outcome->seconds / fused->seconds,
         (long long)outcome->kernels, cli_bytes((double)outcome->counters.bytes_moved).text,
         cli_bytes((double)outcome->counters.bytes_planned).text, cli_bytes((double)outcome->counters.bytes_without_reuse).text,
         outcome == fused            ? ""
         : same_bits(outcome, fused) ? "yes"
                                     : "NO");
}

/* One sentence a kind: what leaving it out cost. */
static void print_bought(const struct outcome *outcomes) {
  static const char *const meanings[N_WAYS] = {
      [1] = "bias and ReLU on the tile of the matrix product",
      [2] = "casts and scaling into the packing of the matrix product's operands",
      [3] = "softmax, loss and their gradient over a row in one kernel",
      [4] = "elementwise work into the reduction that reads it",
      [5] = "elementwise operations into one loop (the optimiser's formulas)",
      [6] = "updates of all parameters in one launch",
  };
  printf("\nWhat each kind of fusion bought (of %s a step; some percent of it are noise):\n", cli_time(outcomes[0].seconds).text);
  for (int i = 1; i < N_WAYS - 1; i++) {
    double gain = outcomes[i].seconds - outcomes[0].seconds;
    printf("  %-26s %s%s, %lld kernels, %s less to move: %s\n", ways[i].name + strlen("without "), gain < 0 ? "-" : "",
           cli_time(gain < 0 ? -gain : gain).text, (long long)(outcomes[i].kernels - outcomes[0].kernels),
           cli_bytes((double)(outcomes[i].counters.bytes_moved - outcomes[0].counters.bytes_moved)).text, meanings[i]);
  }
}

/* Runs all ways, a turn each at a time. */
static bool measure(const tin_array *images, const tin_array *labels, const char *dump, int repeats, struct outcome *outcomes) {
  bool ok = true;
  for (int i = 0; ok && i < N_WAYS; i++)
    ok = start(&ways[i], images, labels, dump, &outcomes[i]);
  for (int done = 0; ok && done < repeats; done += TURN)
    for (int i = 0; ok && i < N_WAYS; i++)
      ok = take_turn(&ways[i], repeats - done < TURN ? repeats - done : TURN, &outcomes[i]);
  for (int i = 0; ok && i < N_WAYS; i++)
    ok = finish(&ways[i], &outcomes[i]);
  return ok;
}

bool cli_demo_compare(const tin_array *images, const tin_array *labels, const char *dump, int repeats) {
  struct outcome outcomes[N_WAYS] = {0};
  bool same = true, ok = measure(images, labels, dump, repeats, outcomes);
  if (ok) {
    printf("\nThe training step compiled in different ways, %d steps each, fastest one:\n\n  %-26s %10s %9s %9s %12s %12s %12s  %s\n",
           repeats, "", "time", "", "kernels", "moved", "memory", "if unshared", "same bits");
    for (int i = 0; i < N_WAYS; i++) {
      print_row(&ways[i], &outcomes[i], &outcomes[0]);
      same &= same_bits(&outcomes[i], &outcomes[0]);
    }
    print_bought(outcomes);
    printf("\nThe parameters after %d steps are %s in all of these.\n", repeats + WARM_UP, same ? "equal bit for bit" : "NOT EQUAL");
    printf("\nThe kernels of the fused step were written to %s.\n", dump);
  }
  for (int i = 0; i < N_WAYS; i++) {
    tin_ctx_free(outcomes[i].ctx);
    free(outcomes[i].weights);
  }
  return ok && same;
}
