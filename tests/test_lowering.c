/* Graphs at the edges of lowering: empty and single extents, many chunks, narrow dtypes, rank 8, large kernels, updates in place. Each runs
 * on every target, with 1 to 3 threads, fused and unfused, against the interpreter, bit for bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "codegen/kernel.h"
#include "fuzz/fuzz.h"
#include <cmocka.h>

static struct fuzz_engines *engines;

static void run_case(struct fuzz_case *c, const char *text) {
  static const char *const targets[] = {"avx512", "avx2", "portable"};
  for (int i = 0; i < 9; i++) {
    const struct fuzz_config config = {
        .target = targets[i / 3], .fuse = i % 3 == 2 ? 0 : TIN_FUSE_ALL, .threads = 1 + i % 3, .in_place = i % 3 != 1};
    struct tin_error error = {.set = false};
    if (!tin_codegen_target_usable(tin_codegen_target_find(config.target)))
      continue;
    if (!fuzz_check(engines, c, &config, &error))
      fail_msg("%s, %d threads: %s\n%s", config.target, config.threads, error.text, text);
  }
}

static void run_text(const char *text) {
  static struct fuzz_case c;
  struct tin_error error = {.set = false};
  if (!fuzz_parse(&c, text, 1, &error))
    fail_msg("%s\n%s", error.text, text);
  run_case(&c, text);
  fuzz_case_free(&c);
}

static void run_texts(const char *const *texts, size_t count) {
  for (size_t i = 0; i < count; i++)
    run_text(texts[i]);
}
#define RUN(texts) run_texts(texts, sizeof(texts) / sizeof *(texts))

/* ---- extents 0 and 1 ---- */

static void empty_extents(void **state) {
  static const char *const texts[] = {
      "%0 = var \"a\" f32[0, 1, 5]\n%1 = var \"b\" f32[1, 7, 5]\n%2 = expand(%0) f32[0, 7, 5]\n%3 = expand(%1) f32[0, 7, 5]\n"
      "%4 = contract(%2, %3) f32[0, 7, 1] axes=2 class=chain\nreturn %4\n",
      "%0 = var \"a\" f32[5, 1, 6]\n%1 = var \"b\" f32[1, 0, 6]\n%2 = expand(%0) f32[5, 0, 6]\n%3 = expand(%1) f32[5, 0, 6]\n"
      "%4 = contract(%2, %3) f32[5, 0, 1] axes=2 class=chain\nreturn %4\n",
      "%0 = var \"a\" f32[5, 1, 0]\n%1 = var \"b\" f32[1, 7, 0]\n%2 = expand(%0) f32[5, 7, 0]\n%3 = expand(%1) f32[5, 7, 0]\n"
      "%4 = contract(%2, %3) f32[5, 7, 1] axes=2 class=chain\nreturn %4\n",
      "%0 = var \"a\" f32[5, 1, 0, 3]\n%1 = var \"b\" f32[1, 7, 0, 3]\n%2 = expand(%0) f32[5, 7, 0, 3]\n%3 = expand(%1) f32[5, 7, 0, 3]\n"
      "%4 = contract(%2, %3) f32[5, 7, 1, 1] axes=2,3 class=chain\n%5 = neg(%4) f32[5, 7, 1, 1]\nreturn %5\n",
      "%0 = var \"a\" f32[0, 5, 3]\n%1 = sum(%0) f32[1, 5, 1] axes=0,2\n%2 = exp(%1) f32[1, 5, 1]\nreturn %1, %2\n",
      "%0 = var \"a\" f32[5, 0, 20]\n%1 = sum(%0) f32[5, 1, 1] axes=1,2\n%2 = sum(%0) f32[5, 1, 20] axes=1\nreturn %1, %2\n",
      "%0 = var \"a\" i32[5, 20, 0]\n%1 = sum(%0) i32[5, 1, 1] axes=1,2\n%2 = prod(%0) i32[5, 1, 0] axes=1\nreturn %1, %2\n",
      "%0 = var \"a\" f32[0, 3, 20]\n%1 = prod(%0) f32[1, 1, 20] axes=0,1\nreturn %1\n",
      "%0 = var \"a\" f32[0, 3]\n%1 = var \"b\" f32[0, 2]\n%2 = concat(%0, %1) f32[0, 5] axis=1\n%3 = exp(%2) f32[0, 5]\nreturn %3\n",
      "%0 = var \"a\" f32[0, 3]\n%1 = exp(%0) f32[0, 3]\n%2 = pad(%1) f32[4, 5] low=2,1 interior=0,0 fill=0x1p+0\nreturn %2\n",
      "%0 = var \"a\" f32[0, 3]\n%1 = var \"index\" i32[0]\n%2 = gather(%0, %1) f32[0, 3] axis=0\nreturn %2\n",
      "%0 = var \"a\" f32[4, 3]\n%1 = var \"index\" i32[0]\n%2 = var \"s\" f32[0, 3]\n%3 = scatter(%0, %1, %2) f32[4, 3] axis=0 mode=add\n"
      "return %3\n",
      "%0 = var \"a\" f32[4, 0]\n%1 = var \"index\" i32[2]\n%2 = var \"s\" f32[2, 0]\n%3 = scatter(%0, %1, %2) f32[4, 0] axis=0 mode=add\n"
      "return %3\n",
      "%0 = iota i32[0]\n%1 = cast(%0) f32[0]\n%2 = sqrt(%1) f32[0]\nreturn %2\n",
  };
  RUN(texts);
  (void)state;
}

static void single_extents(void **state) {
  static const char *const texts[] = {
      "%0 = var \"a\" f32[1, 1, 1]\n%1 = exp(%0) f32[1, 1, 1]\n%2 = sum(%1) f32[1, 1, 1] axes=0,2\n%3 = sqrt(%2) f32[1, 1, 1]\nreturn %3\n",
      "%0 = var \"a\" f32[1, 30]\n%1 = sum(%0) f32[1, 30] axes=0\n%2 = exp(%1) f32[1, 30]\nreturn %1, %2\n",
      "%0 = var \"a\" f32[]\n%1 = exp(%0) f32[]\n%2 = var \"b\" bool[]\n%3 = not(%2) bool[]\nreturn %1, %3\n",
      "%0 = var \"a\" f32[9, 1, 1]\n%1 = var \"b\" f32[1, 3, 1]\n%2 = expand(%0) f32[9, 3, 1]\n%3 = expand(%1) f32[9, 3, 1]\n"
      "%4 = contract(%2, %3) f32[9, 3, 1] axes=2 class=chain\n%5 = neg(%4) f32[9, 3, 1]\nreturn %4, %5\n",
      "%0 = var \"a\" f32[2, 3, 1, 1, 1, 2, 1, 5]\n%1 = var \"b\" f32[1, 1, 2, 2, 3, 1, 1, 5]\n%2 = expand(%0) f32[2, 3, 2, 2, 3, 2, 1, "
      "5]\n"
      "%3 = expand(%1) f32[2, 3, 2, 2, 3, 2, 1, 5]\n%4 = contract(%2, %3) f32[2, 3, 2, 2, 3, 2, 1, 1] axes=6,7 class=chain\nreturn %4\n",
  };
  RUN(texts);
  (void)state;
}

/* ---- contractions ---- */

/* C[batch, m, n] of the dtype over k terms; the first factor is the same for the whole batch. */
static void run_matmul(const char *dtype, int batch, int m, int n, int k, bool transposed) {
  char text[2048];
  int size = snprintf(text, sizeof text, "%%0 = var \"a\" %s[1, %d, 1, %d]\n", dtype, m, k);
  if (transposed)
    size += snprintf(text + size, sizeof text - (size_t)size, "%%1 = var \"b\" %s[%d, 1, %d, %d]\n%%2 = exp(%%1) %s[%d, 1, %d, %d]\n",
                     dtype, batch, n, k, dtype, batch, n, k);
  else
    size += snprintf(text + size, sizeof text - (size_t)size,
                     "%%1 = var \"b\" %s[%d, 1, %d, %d]\n%%2 = permute(%%1) %s[%d, 1, %d, %d] axes=0,1,3,2\n", dtype, batch, k, n, dtype,
                     batch, n, k);
  snprintf(text + size, sizeof text - (size_t)size,
           "%%3 = expand(%%0) %s[%d, %d, %d, %d]\n%%4 = expand(%%2) %s[%d, %d, %d, %d]\n"
           "%%5 = contract(%%3, %%4) %s[%d, %d, %d, 1] axes=3 class=chain\n%%6 = abs(%%5) %s[%d, %d, %d, 1]\n"
           "%%7 = sqrt(%%6) %s[%d, %d, %d, 1]\nreturn %%5, %%7\n",
           dtype, batch, m, n, k, dtype, batch, m, n, k, dtype, batch, m, n, dtype, batch, m, n, dtype, batch, m, n);
  run_text(text);
}

static void many_chunks(void **state) {
  static const int sizes[] = {255, 256, 257, 4096, 4097, 4353, 8209};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    run_matmul("f32", 1, 3, 5, sizes[i], false);
    run_matmul("f32", 1, 17, 35, sizes[i], true);
    run_matmul("f64", 1, 15, 9, sizes[i], false);
  }
  (void)state;
}

static void batches_share_a_factor(void **state) {
  run_matmul("f32", 3, 30, 33, 20, false);
  run_matmul("f32", 2, 5, 64, 300, true);
  run_matmul("f64", 3, 8, 17, 7, true);
  (void)state;
}

static void contractions(void **state) {
  static const char *const texts[] = {
      /* both factors are one buffer */
      "%0 = var \"a\" f32[40, 1, 50]\n%1 = reshape(%0) f32[1, 40, 50]\n%2 = expand(%0) f32[40, 40, 50]\n%3 = expand(%1) f32[40, 40, 50]\n"
      "%4 = contract(%2, %3) f32[40, 40, 1] axes=2 class=chain\nreturn %4\n",
      /* an update that is made of its variable */
      "%0 = var \"a\" f32[32, 1, 32]\n%1 = reshape(%0) f32[1, 32, 32]\n%2 = expand(%0) f32[32, 32, 32]\n%3 = expand(%1) f32[32, 32, 32]\n"
      "%4 = contract(%2, %3) f32[32, 32, 1] axes=2 class=chain\n%5 = reshape(%4) f32[32, 1, 32]\n%6 = sub(%0, %5) f32[32, 1, 32]\n"
      "%7 = assign(%0, %6) f32[32, 1, 32]\nreturn %7\n",
      /* an update on the tile, and another result beside it that reads the old value */
      "%0 = var \"a\" f32[32, 1, 20]\n%1 = var \"b\" f32[1, 48, 20]\n%2 = expand(%0) f32[32, 48, 20]\n%3 = expand(%1) f32[32, 48, 20]\n"
      "%4 = contract(%2, %3) f32[32, 48, 1] axes=2 class=chain\n%5 = var \"w\" f32[32, 48, 1]\n%6 = sub(%5, %4) f32[32, 48, 1]\n"
      "%7 = mul(%5, %4) f32[32, 48, 1]\n%8 = assign(%5, %6) f32[32, 48, 1]\nreturn %8, %7\n",
      /* factors that vary along no axis of their own, and one that does not vary along k */
      "%0 = var \"a\" f32[4, 6, 1, 1]\n%1 = var \"b\" f32[1, 6, 5, 9]\n%2 = expand(%0) f32[4, 6, 5, 9]\n%3 = expand(%1) f32[4, 6, 5, 9]\n"
      "%4 = contract(%2, %3) f32[4, 6, 5, 1] axes=3 class=chain\nreturn %4\n",
      "%0 = const 0x1.8p+0 f32[]\n%1 = reshape(%0) f32[1, 1, 1]\n%2 = expand(%1) f32[6, 40, 9]\n%3 = var \"b\" f32[1, 40, 9]\n"
      "%4 = expand(%3) f32[6, 40, 9]\n%5 = contract(%2, %4) f32[6, 40, 1] axes=2 class=chain\nreturn %5\n",
      /* factors of other dtypes, flipped and padded */
      "%0 = var \"a\" u8[20, 1, 37]\n%1 = cast(%0) f32[20, 1, 37]\n%2 = flip(%1) f32[20, 1, 37] axes=2\n%3 = var \"b\" bool[1, 33, 30]\n"
      "%4 = cast(%3) f32[1, 33, 30]\n%5 = pad(%4) f32[1, 33, 37] low=0,0,3 interior=0,0,0 fill=0x1p-1\n%6 = expand(%2) f32[20, 33, 37]\n"
      "%7 = expand(%5) f32[20, 33, 37]\n%8 = contract(%6, %7) f32[20, 33, 1] axes=2 class=chain\n%9 = const 0x0p+0 f32[]\n"
      "%10 = reshape(%9) f32[1, 1, 1]\n%11 = expand(%10) f32[20, 33, 1]\n%12 = lt(%11, %8) bool[20, 33, 1]\nreturn %12\n",
      /* a border of zeros: the sum ends with + 0 */
      "%0 = var \"a\" f32[20, 30]\n%1 = pad(%0) f32[20, 37] low=0,3 interior=0,0 fill=0x0p+0\n%2 = reshape(%1) f32[20, 1, 37]\n"
      "%3 = var \"b\" f32[1, 33, 37]\n%4 = expand(%2) f32[20, 33, 37]\n%5 = expand(%3) f32[20, 33, 37]\n"
      "%6 = contract(%4, %5) f32[20, 33, 1] axes=2 class=chain zero=positive\n%7 = abs(%6) f32[20, 33, 1]\nreturn %6, %7\n",
      /* gathered rows */
      "%0 = var \"a\" f32[4, 20]\n%1 = var \"index\" i64[30]\n%2 = gather(%0, %1) f32[30, 20] axis=0\n%3 = reshape(%2) f32[30, 1, 20]\n"
      "%4 = var \"b\" f32[1, 40, 20]\n%5 = expand(%3) f32[30, 40, 20]\n%6 = expand(%4) f32[30, 40, 20]\n"
      "%7 = contract(%5, %6) f32[30, 40, 1] axes=2 class=chain\nreturn %7\n",
  };
  RUN(texts);
  (void)state;
}

/* ---- reductions ---- */

/* So many blocks that their results make more than one block. */
static void blocks_of_blocks(void **state) {
  static const char *const texts[] = {
      "%0 = var \"a\" f32[1049700]\n%1 = sum(%0) f32[1] axes=0\n%2 = contract(%0, %0) f32[1] axes=0 class=lanes\nreturn %1, %2\n",
      "%0 = var \"a\" f64[1100000]\n%1 = sum(%0) f64[1] axes=0\n%2 = prod(%0) f64[1] axes=0\nreturn %1, %2\n",
  };
  RUN(texts);
  (void)state;
}

static void narrow_reductions(void **state) {
  static const char *const texts[] = {
      "%0 = var \"a\" bool[300, 40]\n%1 = reduce_max(%0) bool[1, 40] axes=0\n%2 = reduce_min(%0) bool[1, 40] axes=0\nreturn %1, %2\n",
      "%0 = var \"a\" bool[3, 4000]\n%1 = reduce_max(%0) bool[3, 1] axes=1\n%2 = not(%0) bool[3, 4000]\n"
      "%3 = reduce_min(%2) bool[3, 1] axes=1\nreturn %1, %3\n",
      "%0 = var \"a\" u8[700, 40]\n%1 = sum(%0) u8[1, 40] axes=0\n%2 = reduce_max(%0) u8[1, 40] axes=0\n%3 = reduce_min(%0) u8[1, 40] "
      "axes=0\nreturn %1, %2, %3\n",
      "%0 = var \"a\" u8[5, 3000]\n%1 = sum(%0) u8[5, 1] axes=1\n%2 = prod(%0) u8[5, 1] axes=1\nreturn %1, %2\n",
      "%0 = var \"a\" i64[700, 20]\n%1 = sum(%0) i64[1, 20] axes=0\n%2 = reduce_min(%0) i64[1, 20] axes=0\nreturn %1, %2\n",
      "%0 = var \"a\" u8[600, 20]\n%1 = cast(%0) f32[600, 20]\n%2 = cast(%0) f64[600, 20]\n%3 = cast(%0) i32[600, 20]\n"
      "%4 = sum(%1) f32[1, 20] axes=0\n%5 = sum(%2) f64[1, 20] axes=0\n%6 = sum(%3) i32[1, 20] axes=0\nreturn %4, %5, %6\n",
      "%0 = var \"a\" f32[40, 3000]\n%1 = cast(%0) f64[40, 3000]\n%2 = sum(%0) f32[40, 1] axes=1\n%3 = sum(%1) f64[40, 1] axes=1\n"
      "%4 = reduce_max(%0) f32[40, 1] axes=1\nreturn %2, %3, %4\n",
      /* several reduced ranges that do not merge, and several passes over a row */
      "%0 = var \"a\" f32[3, 4, 5, 6, 7]\n%1 = sum(%0) f32[1, 4, 1, 6, 1] axes=0,2,4\n%2 = prod(%0) f32[3, 1, 5, 1, 7] axes=1,3\n"
      "%3 = reduce_max(%0) f32[1, 4, 1, 6, 7] axes=0,2\nreturn %1, %2, %3\n",
      "%0 = var \"a\" f32[40, 1500]\n%1 = reduce_max(%0) f32[40, 1] axes=1\n%2 = expand(%1) f32[40, 1500]\n%3 = sub(%0, %2) f32[40, 1500]\n"
      "%4 = exp(%3) f32[40, 1500]\n%5 = sum(%4) f32[40, 1] axes=1\n%6 = expand(%5) f32[40, 1500]\n%7 = div(%4, %6) f32[40, 1500]\n"
      "%8 = lt(%7, %4) bool[40, 1500]\nreturn %7, %8\n",
  };
  RUN(texts);
  (void)state;
}

/* ---- index maps ---- */

/* Moves the bits of the positions of 2^17 elements about, by reshapes and permutes of rank 8: ranges split into many. */
static void rank_eight(void **state) {
  static const char *const texts[] = {
      "%0 = var \"a\" f32[8, 4, 4, 4, 4, 4, 4, 4]\n%1 = permute(%0) f32[4, 4, 4, 4, 4, 4, 4, 8] axes=7,3,5,1,2,6,4,0\n"
      "%2 = reshape(%1) f32[2, 4, 4, 4, 4, 4, 8, 8]\n%3 = permute(%2) f32[8, 4, 4, 4, 8, 4, 4, 2] axes=6,1,3,5,7,2,4,0\n"
      "%4 = reshape(%3) f32[4, 4, 4, 4, 4, 8, 4, 4]\n%5 = permute(%4) f32[4, 8, 4, 4, 4, 4, 4, 4] axes=3,5,7,1,0,2,4,6\n"
      "%6 = reshape(%5) f32[2, 2, 8, 4, 4, 4, 4, 16]\n%7 = permute(%6) f32[16, 2, 4, 2, 4, 8, 4, 4] axes=7,0,3,1,5,2,4,6\n"
      "%8 = exp(%7) f32[16, 2, 4, 2, 4, 8, 4, 4]\n%9 = sum(%8) f32[16, 1, 4, 1, 4, 1, 4, 1] axes=1,3,5,7\nreturn %8, %9\n",
      "%0 = var \"a\" f32[2, 2, 2, 2, 2, 2, 2, 2]\n%1 = permute(%0) f32[2, 2, 2, 2, 2, 2, 2, 2] axes=7,6,5,4,3,2,1,0\n"
      "%2 = add(%0, %1) f32[2, 2, 2, 2, 2, 2, 2, 2]\n%3 = sum(%2) f32[1, 2, 1, 2, 1, 2, 1, 2] axes=0,2,4,6\nreturn %2, %3\n",
  };
  RUN(texts);
  (void)state;
}

/* ---- large kernels ---- */

/* `count` times one op of two operands, or of one: longer than a kernel may be, of programs with many registers. */
static void chain(const char *dtype, const char *op, int count) {
  static char text[1 << 16];
  int size = snprintf(text, sizeof text, "%%0 = var \"a\" %s[3, 70]\n", dtype);
  for (int i = 1; i <= count; i++)
    size += snprintf(text + size, sizeof text - (size_t)size, "%%%d = %s(%%%d) %s[3, 70]\n", i, op, i - 1, dtype);
  snprintf(text + size, sizeof text - (size_t)size, "%%%d = sum(%%%d) %s[3, 1] axes=1\nreturn %%%d, %%%d\n", count + 1, count, dtype, count,
           count + 1);
  run_text(text);
}

static void long_chains(void **state) {
  chain("f64", "sin", 250);
  chain("f32", "tanh", 300);
  (void)state;
}

/* Many buffers in one kernel, at strides and offsets of their own. */
static void many_buffers(void **state) {
  static char text[1 << 15];
  enum { BUFFERS = 60 };
  int size = 0, node = 0, sum = -1;
  for (int i = 0; i < BUFFERS; i++) {
    size += snprintf(text + size, sizeof text - (size_t)size,
                     "%%%d = var \"a\" f32[%d, 5]\n%%%d = slice(%%%d) f32[40, 5] start=%d,0 step=%d,1\n", node, 40 * (1 + i % 3) + i % 2,
                     node + 1, node, i % 2, 1 + i % 3);
    node += 2;
    if (sum >= 0) {
      size += snprintf(text + size, sizeof text - (size_t)size, "%%%d = mul(%%%d, %%%d) f32[40, 5]\n", node, sum, node - 1);
      sum = node++;
    } else {
      sum = node - 1;
    }
    if (i % 20 == 19) /* products of 20 */
      size += snprintf(text + size, sizeof text - (size_t)size, "%%%d = sqrt(%%%d) f32[40, 5]\n", node, sum), sum = node++;
  }
  snprintf(text + size, sizeof text - (size_t)size, "return %%%d\n", sum);
  run_text(text);
  (void)state;
}

/* ---- updates ---- */

static void updates(void **state) {
  static const char *const texts[] = {
      /* two variables change places: each must wait for the other */
      "%0 = var \"a\" f32[40, 5]\n%1 = var \"b\" f32[40, 5]\n%2 = exp(%0) f32[40, 5]\n%3 = exp(%1) f32[40, 5]\n"
      "%4 = assign(%0, %3) f32[40, 5]\n%5 = assign(%1, %2) f32[40, 5]\nreturn %4, %5\n",
      /* three in a circle, and a reduction of all */
      "%0 = var \"a\" f32[40, 5]\n%1 = var \"b\" f32[40, 5]\n%2 = var \"c\" f32[40, 5]\n%3 = add(%0, %1) f32[40, 5]\n"
      "%4 = add(%1, %2) f32[40, 5]\n%5 = add(%2, %0) f32[40, 5]\n%6 = mul(%3, %4) f32[40, 5]\n%7 = sum(%6) f32[1, 1] axes=0,1\n"
      "%8 = assign(%0, %4) f32[40, 5]\n%9 = assign(%1, %5) f32[40, 5]\n%10 = assign(%2, %3) f32[40, 5]\nreturn %8, %9, %10, %7\n",
      /* read at another index by its own update */
      "%0 = var \"a\" f32[24, 24]\n%1 = permute(%0) f32[24, 24] axes=1,0\n%2 = add(%0, %1) f32[24, 24]\n"
      "%3 = assign(%0, %2) f32[24, 24]\nreturn %3\n",
      "%0 = var \"a\" f32[2000]\n%1 = flip(%0) f32[2000] axes=0\n%2 = exp(%1) f32[2000]\n%3 = assign(%0, %2) f32[2000]\nreturn %3\n",
      /* a row value that the row itself reads, and one that rows after it read */
      "%0 = var \"a\" f32[40, 1]\n%1 = var \"x\" f32[40, 30]\n%2 = expand(%0) f32[40, 30]\n%3 = mul(%1, %2) f32[40, 30]\n"
      "%4 = sum(%3) f32[40, 1] axes=1\n%5 = assign(%0, %4) f32[40, 1]\nreturn %5\n",
      "%0 = var \"a\" f32[40, 1]\n%1 = var \"x\" f32[40, 40]\n%2 = reshape(%0) f32[1, 40]\n%3 = expand(%2) f32[40, 40]\n"
      "%4 = mul(%1, %3) f32[40, 40]\n%5 = sum(%4) f32[40, 1] axes=1\n%6 = assign(%0, %5) f32[40, 1]\nreturn %6\n",
      /* the same down columns */
      "%0 = var \"a\" f32[1, 40]\n%1 = var \"x\" f32[300, 40]\n%2 = expand(%0) f32[300, 40]\n%3 = mul(%1, %2) f32[300, 40]\n"
      "%4 = sum(%3) f32[1, 40] axes=0\n%5 = add(%4, %0) f32[1, 40]\n%6 = assign(%0, %5) f32[1, 40]\nreturn %6\n",
      /* all elements of a row by the row's sum */
      "%0 = var \"x\" f32[40, 30]\n%1 = sum(%0) f32[40, 1] axes=1\n%2 = expand(%1) f32[40, 30]\n%3 = div(%0, %2) f32[40, 30]\n"
      "%4 = assign(%0, %3) f32[40, 30]\nreturn %4, %1\n",
      /* one value for two variables, one of them read later */
      "%0 = var \"a\" f32[40]\n%1 = var \"b\" f32[40]\n%2 = add(%0, %1) f32[40]\n%3 = sum(%0) f32[1] axes=0\n%4 = exp(%3) f32[1]\n"
      "%5 = expand(%4) f32[40]\n%6 = mul(%1, %5) f32[40]\n%7 = assign(%0, %2) f32[40]\n%8 = assign(%1, %2) f32[40]\nreturn %7, %8, %6\n",
      /* bool and u8 in place */
      "%0 = var \"a\" bool[300]\n%1 = not(%0) bool[300]\n%2 = var \"b\" u8[300]\n%3 = sub(%2, %2) u8[300]\n%4 = not(%2) u8[300]\n"
      "%5 = add(%4, %3) u8[300]\n%6 = assign(%0, %1) bool[300]\n%7 = assign(%2, %5) u8[300]\nreturn %6, %7\n",
      /* scattered into itself */
      "%0 = var \"a\" f32[4, 20]\n%1 = var \"index\" i32[9]\n%2 = var \"s\" f32[9, 20]\n%3 = scatter(%0, %1, %2) f32[4, 20] axis=0 "
      "mode=add\n"
      "%4 = gather(%0, %1) f32[9, 20] axis=0\n%5 = assign(%0, %3) f32[4, 20]\nreturn %5, %4\n",
  };
  RUN(texts);
  (void)state;
}

static int set_up(void **state) {
  (void)state;
  engines = fuzz_engines_new();
  return engines ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  fuzz_engines_free(engines);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(empty_extents),    cmocka_unit_test(single_extents),
      cmocka_unit_test(many_chunks),      cmocka_unit_test(batches_share_a_factor),
      cmocka_unit_test(contractions),     cmocka_unit_test(narrow_reductions),
      cmocka_unit_test(rank_eight),       cmocka_unit_test(long_chains),
      cmocka_unit_test(many_buffers),     cmocka_unit_test(updates),
      cmocka_unit_test(blocks_of_blocks),
  };
  return cmocka_run_group_tests_name("lowering", tests, set_up, tear_down);
}
