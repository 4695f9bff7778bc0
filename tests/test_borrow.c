/* Tensors over the caller's memory and over files: no copy where none is needed, never a write, the release exactly once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "codegen/kernel.h"
#include "context.h"
#include "failing_malloc.h"

enum { PAGE = 4096, PAGES = 4 };

static void count_release(void *user) {
  ++*(int *)user;
}

/* Pages of the numbers 0, 1, ..., 250, 0, ... that cannot be written, before pages that cannot even be read. */
static unsigned char *guarded_pages(void) {
  unsigned char *pages = mmap(NULL, 2 * PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  assert_true(pages != MAP_FAILED);
  for (int i = 0; i < PAGES * PAGE; i++)
    pages[i] = (unsigned char)(i % 251);
  assert_int_equal(mprotect(pages, PAGES * PAGE, PROT_READ), 0);
  assert_int_equal(mprotect(pages + PAGES * PAGE, PAGES * PAGE, PROT_NONE), 0);
  return pages;
}

static void free_pages(unsigned char *pages) {
  assert_int_equal(munmap(pages, 2 * PAGES * PAGE), 0);
}

/* ---- lifetimes ---- */

static void test_no_copy_and_one_release(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  int released = 0;
  float *values = aligned_alloc(PAGE, PAGE); /* the tensor is its beginning: the rest is readable */
  values[0] = 1, values[1] = 2;
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = tin_borrow(ctx, TIN_F32, TIN_SHAPE(2), values, count_release, &released);
  values[1] = 5; /* a copy would not see it */
  assert_true(tin_item(tin_sum(x)) == 6);
  tin_tensor *kept = tin_keep(x);
  assert_true(tin_end(scope));
  assert_int_equal(released, 0);
  assert_true(tin_item(tin_sum(kept)) == 6);
  tin_release(kept);
  assert_int_equal(released, 0); /* the node of the sum above still means it */
  tin_borrow(ctx, TIN_F32, TIN_SHAPE(2), values, NULL, NULL);
  end_ctx(ctx);
  assert_int_equal(released, 1);
  free(values);
}

/* What is computed from it and what a variable took over from it may outlive the tensor. */
static void test_a_variable_holds_it(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  unsigned char *pages = guarded_pages();
  int released = 0;
  tin_tensor *w = tin_state(ctx, TIN_SHAPE(251), .dtype = TIN_U8);
  tin_scope scope = tin_begin(ctx);
  tin_assign(w, tin_borrow(ctx, TIN_U8, TIN_SHAPE(251), pages, count_release, &released));
  assert_true(tin_end(scope));
  assert_true(tin_item(tin_max(w)) == 250);
  for (int step = 1; step <= 2; step++) { /* an update in place would write to it, and crash */
    scope = tin_begin(ctx);
    tin_assign(w, tin_add(w, tin_full(ctx, TIN_U8, TIN_SHAPE(), 1)));
    assert_true(tin_end(scope));
    assert_true(tin_item(tin_slice(w, 0, 0, 1)) == step);
  }
  scope = tin_begin(ctx);
  tin_assign(w, tin_borrow(ctx, TIN_U8, TIN_SHAPE(251), pages, count_release, &released));
  assert_true(tin_end(scope));
  unsigned char zeros[251] = {0};
  assert_true(tin_write(w, zeros, sizeof zeros)); /* nor does this */
  assert_true(tin_item(tin_sum(w)) == 0);
  end_ctx(ctx);
  assert_int_equal(released, 2);
  free_pages(pages);
}

/* ---- memory that is not fit for kernels ---- */

static void test_copies_where_it_must(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  unsigned char *pages = guarded_pages(), *end = pages + PAGES * PAGE;
  for (int64_t gap = 0; gap <= 64; gap++) { /* readable bytes behind the last element: fewer than 64 are too few */
    int released = 0;
    tin_scope scope = tin_begin(ctx);
    tin_tensor *x = tin_borrow(ctx, TIN_U8, TIN_SHAPE(100), end - gap - 100, count_release, &released);
    assert_int_equal(released, gap < 64);
    unsigned char got[100];
    assert_true(tin_read(tin_maximum(x, x), got, sizeof got));
    assert_memory_equal(got, end - gap - 100, 100);
    assert_true(tin_end(scope));
    assert_int_equal(released, 1);
  }
  int released = 0;
  float values[3];
  tin_tensor *odd = tin_borrow(ctx, TIN_F32, TIN_SHAPE(3), pages + 1, count_release, &released); /* no address of a float */
  assert_int_equal(released, 1);
  assert_true(tin_read(odd, values, sizeof values));
  assert_memory_equal(values, pages + 1, sizeof values);
  tin_borrow(ctx, TIN_F32, TIN_SHAPE(3, 0), NULL, count_release, &released);
  assert_int_equal(released, 2);
  end_ctx(ctx);
  free_pages(pages);
}

/* Aligned to its elements only, on every target: the values are those of a copy. */
static void test_any_alignment(void **state) {
  (void)state;
  static const char *const targets[] = {"interpreter", "portable", "avx2", "avx512"};
  unsigned char *pages = guarded_pages();
  int32_t *numbers = (int32_t *)(void *)(pages + 4);
  for (int i = 0; i < 4; i++) {
    const struct tin_codegen_target *target = tin_codegen_target_find(targets[i]);
    if (target && !tin_codegen_target_usable(target))
      continue;
    tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = targets[i], .threads = 2});
    float got[2][41 * 41];
    for (int copy = 0; copy < 2; copy++) {
      tin_tensor *x =
          copy ? tin_from(ctx, TIN_I32, TIN_SHAPE(41, 37), numbers) : tin_borrow(ctx, TIN_I32, TIN_SHAPE(41, 37), numbers, NULL, NULL);
      tin_tensor *bytes =
          copy ? tin_from(ctx, TIN_U8, TIN_SHAPE(41), pages + 7) : tin_borrow(ctx, TIN_U8, TIN_SHAPE(41), pages + 7, NULL, NULL);
      tin_tensor *f = tin_bitcast(tin_bitwise_and(x, tin_full(ctx, TIN_I32, TIN_SHAPE(), 0x3fffffff)), TIN_F32);
      tin_tensor *y = tin_add(tin_matmul(f, tin_transpose(f, 0, 1)), tin_sum(f, .axes = TIN_AXES(1)));
      assert_true(tin_read(tin_add(y, bytes), got[copy], sizeof got[copy]));
    }
    assert_memory_equal(got[0], got[1], sizeof got[0]);
    end_ctx(ctx);
  }
  free_pages(pages);
}

/* ---- failures ---- */

static void expect_message(tin_ctx *ctx, int line, const char *text) {
  const char *place = strchr(tin_message(ctx), ' ');
  if (!place || strcmp(place + 1, text) != 0)
    fail_msg("line %d: \"%s\", not \"%s\"", line, tin_message(ctx), text);
  tin_clear_error(ctx);
}
#define EXPECT_POISON(call, text)                                                                                                          \
  do {                                                                                                                                     \
    assert_true(tin_is_poison(call));                                                                                                      \
    expect_message(ctx, __LINE__, text);                                                                                                   \
  } while (0)

static void test_released_on_errors(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  int released = 0;
  float values[40];
  EXPECT_POISON(tin_borrow(ctx, TIN_F32, TIN_SHAPE(2), NULL, count_release, &released), "borrow: the data is NULL");
  EXPECT_POISON(tin_borrow(ctx, TIN_F32, TIN_SHAPE(-2), values, count_release, &released), "borrow: size -2 of axis 0 is negative");
  EXPECT_POISON(tin_borrow(ctx, (tin_dtype)99, TIN_SHAPE(2), values, count_release, &released), "borrow: 99 is no dtype");
  assert_int_equal(released, 3);
  assert_true(tin_is_poison(tin_borrow(NULL, TIN_F32, TIN_SHAPE(2), values, count_release, &released)));
  assert_int_equal(released, 4);
  tin_ctx_free(ctx);
}

static void test_out_of_memory(void **state) {
  (void)state;
  static _Alignas(PAGE) float values[PAGE / 4];
  char path[] = "/tmp/tinsmith-borrow-XXXXXX";
  int descriptor = mkstemp(path);
  assert_int_equal(write(descriptor, values, sizeof values), sizeof values);
  for (long count = 0, done = 0; !done; count++) {
    tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = "interpreter", .threads = 1});
    int released = 0;
    tin_scope scope = tin_begin(ctx);
    allocations_left = count;
    tin_tensor *x = tin_borrow(ctx, TIN_F32, TIN_SHAPE(2), values, count_release, &released);
    tin_tensor *y = tin_map_file(ctx, path, TIN_F32, TIN_SHAPE(2));
    done = allocations_left > 0;
    allocations_left = -1;
    assert_int_equal(released, tin_is_poison(x));
    assert_int_equal(tin_ok(ctx), !tin_is_poison(x) && !tin_is_poison(y));
    assert_true(!done || tin_ok(ctx));
    tin_end(scope);
    assert_int_equal(released, 1);
    tin_ctx_free(ctx);
  }
  close(descriptor);
  unlink(path);
}

/* ---- files ---- */

static void write_file(const char *path, const void *bytes, size_t count) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, count, file), count);
  assert_int_equal(fclose(file), 0);
}

static void test_files(void **state) {
  (void)state;
  static unsigned char bytes[2 * PAGE + 100];
  static const size_t sizes[] = {1, PAGE - 65, PAGE - 64, PAGE - 63, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 100};
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)(i * 7 % 253);
  char path[] = "/tmp/tinsmith-map-XXXXXX";
  close(mkstemp(path));
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    write_file(path, bytes, sizes[s]);
    static const size_t offsets[] = {0, 1, 4000, PAGE - 1, PAGE, 2 * PAGE};
    for (size_t o = 0; o < sizeof offsets / sizeof *offsets && offsets[o] < sizes[s]; o++) {
      size_t count = sizes[s] - offsets[o];
      unsigned char got[sizeof bytes];
      tin_scope scope = tin_begin(ctx);
      tin_tensor *x = tin_map_file(ctx, path, TIN_U8, TIN_SHAPE((int64_t)count), .offset = (int64_t)offsets[o]);
      assert_true(tin_read(tin_add(x, tin_full_like(x, 1)), got, count)); /* by vectors to the end */
      for (size_t at = 0; at < count; at++)
        assert_int_equal(got[at], bytes[offsets[o] + at] + 1);
      assert_true(tin_end(scope));
    }
  }
  tin_tensor *x = tin_map_file(ctx, path, TIN_I32, TIN_SHAPE(2, 3), .offset = 16);
  unlink(path); /* the pages stay */
  int32_t got[6];
  assert_true(tin_read(x, got, sizeof got));
  assert_memory_equal(got, bytes + 16, sizeof got);
  assert_true(tin_is_poison(tin_map_file(ctx, path, TIN_I32, TIN_SHAPE(1))));
  assert_non_null(strstr(tin_message(ctx), path));
  assert_non_null(strstr(tin_message(ctx), "No such file"));
  tin_clear_error(ctx);
  end_ctx(ctx);
}

static void test_file_errors(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  char folder[] = "/tmp/tinsmith-map-XXXXXX"; /* short names in the messages */
  assert_non_null(mkdtemp(folder));
  assert_int_equal(chdir(folder), 0);
  static const char path[] = "short";
  write_file(path, "0123456789", 10);
  EXPECT_POISON(tin_map_file(ctx, NULL, TIN_U8, TIN_SHAPE(1)), "map_file: the path is NULL");
  EXPECT_POISON(tin_map_file(ctx, path, TIN_U8, TIN_SHAPE(11)), "map_file: short has 10 bytes, too few for 11 from 0 on");
  EXPECT_POISON(tin_map_file(ctx, path, TIN_F32, TIN_SHAPE(2), .offset = 4), "map_file: short has 10 bytes, too few for 8 from 4 on");
  EXPECT_POISON(tin_map_file(ctx, path, TIN_U8, TIN_SHAPE(1), .offset = INT64_MAX),
                "map_file: short has 10 bytes, too few for 1 from 9223372036854775807 on");
  EXPECT_POISON(tin_map_file(ctx, path, TIN_F32, TIN_SHAPE(1), .offset = 2),
                "map_file: short: offset 2 is negative or no multiple of 4, the size of f32");
  EXPECT_POISON(tin_map_file(ctx, "/tmp", TIN_U8, TIN_SHAPE(1)), "map_file: /tmp is no regular file");
  tin_tensor *nothing = tin_map_file(ctx, path, TIN_F32, TIN_SHAPE(0, 2), .offset = 8);
  assert_true(tin_item(tin_sum(nothing)) == 0);
  unlink(path);
  rmdir(folder);
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_copy_and_one_release),
      cmocka_unit_test(test_a_variable_holds_it),
      cmocka_unit_test(test_copies_where_it_must),
      cmocka_unit_test(test_any_alignment),
      cmocka_unit_test(test_released_on_errors),
      cmocka_unit_test(test_out_of_memory),
      cmocka_unit_test(test_files),
      cmocka_unit_test(test_file_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
