/* The bits of a result do not depend on fusion, on the number of threads or on the instruction set. */
#include <stdio.h>
#include <string.h>
#include <tinsmith_nn.h>

enum { ROWS = 96, COLUMNS = 200 };

static bool compute(struct tin_ctx_options options, float *out) {
  tin_ctx *ctx = tin_ctx_new_args(options);
  tin_tensor *x = tin_randn(ctx, TIN_F32, TIN_SHAPE(ROWS, COLUMNS));
  tin_tensor *w = tin_randn(ctx, TIN_F32, TIN_SHAPE(COLUMNS, COLUMNS));
  tin_tensor *y = tin_softmax(tin_gelu(tin_matmul(x, w)), -1);
  bool good = tin_read(y, out, ROWS * COLUMNS * sizeof *out);
  if (!good)
    fprintf(stderr, "%s\n", tin_message(ctx));
  tin_ctx_free(ctx);
  return good;
}

int main(void) {
  static float fused[ROWS * COLUMNS], other[ROWS * COLUMNS];
  const struct {
    const char *name;
    struct tin_ctx_options options;
  } ways[] = {
      {"unfused", {.fuse_off = TIN_FUSE_ALL}},
      {"without epilogues", {.fuse_off = TIN_FUSE_EPILOGUE}},
      {"one thread", {.threads = 1}},
      {"plain C", {.target = "portable"}},
      {"interpreter", {.target = "interpreter"}},
  };
  int different = !compute((struct tin_ctx_options){0}, fused);
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    bool same = compute(ways[i].options, other) && !memcmp(fused, other, sizeof fused);
    printf("%-18s %s\n", ways[i].name, same ? "the same bits" : "DIFFERENT");
    different += !same;
  }
  return different != 0;
}
