/* IDX files good and bad, drawn digits, random streams, batches. Real data is checked when TIN_DATA names an MNIST folder. */
#include "frontend/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

/* ---- files of bytes ---- */

static char folder[] = "/tmp/tinsmith-test-XXXXXX";

static const char *path_of(const char *name) {
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static const char *write_bytes(const char *name, const void *bytes, size_t size) {
  FILE *file = fopen(path_of(name), "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  fclose(file);
  return path_of(name);
}

static const char *write_packed(const char *name, const void *bytes, unsigned size) {
  gzFile file = gzopen(path_of(name), "wb");
  assert_non_null(file);
  assert_int_equal(gzwrite(file, bytes, size), size);
  gzclose(file);
  return path_of(name);
}

static int set_up(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  static const char *const names[] = {"a", "b.gz", "c"};
  for (int i = 0; i < 3; i++)
    unlink(path_of(names[i]));
  return rmdir(folder);
}

static const unsigned char two_by_three[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};

static void check_two_by_three(const char *path) {
  tin_array array;
  struct tin_error error = {0};
  assert_true(tin_idx_read(path, &array, &error));
  assert_int_equal(array.dtype, TIN_U8);
  assert_int_equal(array.rank, 2);
  assert_int_equal(array.shape[0], 2);
  assert_int_equal(array.shape[1], 3);
  assert_memory_equal(array.data, two_by_three + 12, 6);
  tin_array_free(&array);
}

static void test_idx_plain_and_packed(void **state) {
  (void)state;
  check_two_by_three(write_bytes("a", two_by_three, sizeof two_by_three));
  check_two_by_three(write_packed("b.gz", two_by_three, sizeof two_by_three));
}

static void test_idx_wide_elements(void **state) {
  (void)state;
  static const unsigned char integers[] = {0, 0, 0x0c, 1, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0xfe, 0, 0, 1, 2};
  static const unsigned char shorts[] = {0, 0, 0x0b, 1, 0, 0, 0, 2, 0xff, 0xfe, 1, 2};
  static const unsigned char floats[] = {0, 0, 0x0d, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0};
  tin_array array;
  struct tin_error error = {0};
  assert_true(tin_idx_read(write_bytes("a", integers, sizeof integers), &array, &error));
  assert_int_equal(array.dtype, TIN_I32);
  assert_int_equal(((int32_t *)array.data)[0], -2);
  assert_int_equal(((int32_t *)array.data)[1], 258);
  tin_array_free(&array);
  assert_true(tin_idx_read(write_bytes("a", shorts, sizeof shorts), &array, &error));
  assert_int_equal(array.dtype, TIN_I16);
  assert_int_equal(((int16_t *)array.data)[0], -2);
  assert_int_equal(((int16_t *)array.data)[1], 258);
  tin_array_free(&array);
  assert_true(tin_idx_read(write_bytes("a", floats, sizeof floats), &array, &error));
  assert_true(((float *)array.data)[0] == 1.5f);
  tin_array_free(&array);
}

static void refuse(const char *path, const char *message) {
  tin_array array;
  struct tin_error error = {0};
  char expected[512];
  snprintf(expected, sizeof expected, "%s: %s", path, message);
  assert_false(tin_idx_read(path, &array, &error));
  assert_string_equal(error.text, expected);
  assert_null(array.data);
}

static void test_idx_bad_files(void **state) {
  (void)state;
  unsigned char bytes[32] = {0};
  memcpy(bytes, two_by_three, sizeof two_by_three);
  refuse(write_bytes("a", bytes, 17), "truncated: the data needs 6 bytes, the file has 5");
  refuse(write_bytes("a", bytes, 19), "bytes left behind the last element");
  refuse(write_bytes("a", bytes, 3), "truncated: the magic number needs 4 bytes, the file has 3");
  refuse(write_bytes("a", bytes, 10), "truncated: the sizes of the dimensions needs 8 bytes, the file has 6");
  refuse(write_packed("b.gz", bytes, 16), "truncated: the data needs 6 bytes, the file has 4");
  refuse(write_packed("b.gz", bytes, 20), "bytes left behind the last element");
  bytes[0] = 1;
  refuse(write_bytes("a", bytes, 18), "not an IDX file: magic number 0x01000802");
  bytes[0] = 0, bytes[2] = 0x0a;
  refuse(write_bytes("a", bytes, 18), "not an IDX file: magic number 0x00000a02");
  bytes[2] = 8, bytes[3] = 9;
  refuse(write_bytes("a", bytes, 18), "9 dimensions, at most 8 are supported");
  refuse(path_of("absent"), "no such file");
  unsigned char huge[] = {0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0};
  refuse(write_bytes("a", huge, sizeof huge), "the product of the dimensions overflows");
  unsigned char large[] = {0, 0, 8, 1, 255, 255, 255, 255, 0};
  tin_array array;
  struct tin_error error = {0};
  assert_false(tin_idx_read(write_packed("b.gz", large, sizeof large), &array, &error));
  assert_non_null(strstr(error.text, "truncated: the dimensions need 4294967295 bytes of elements, the file of ")); /* before allocating */
}

static void test_idx_cut_gzip(void **state) {
  (void)state;
  static unsigned char image[4 + 4 + 4096] = {0, 0, 8, 1, 0, 0, 16, 0};
  struct tin_stream stream;
  tin_stream_seed(&stream, 1);
  for (size_t i = 8; i < sizeof image; i++)
    image[i] = (unsigned char)tin_stream_next(&stream);
  static unsigned char packed[8192];
  FILE *file = fopen(write_packed("b.gz", image, sizeof image), "rb");
  size_t size = fread(packed, 1, sizeof packed, file);
  fclose(file);
  tin_array array;
  static const size_t cuts[] = {1, 4, 8, 100, 2000};
  for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
    struct tin_error error = {0};
    assert_false(tin_idx_read(write_bytes("b.gz", packed, size - cuts[i]), &array, &error));
    assert_non_null(strstr(error.text, "b.gz: "));
  }
  struct tin_error error = {0};
  packed[size - 6] ^= 1; /* the checksum */
  assert_false(tin_idx_read(write_bytes("b.gz", packed, size), &array, &error));
}

/* ---- digits and streams ---- */

static void test_digits_repeat(void **state) {
  (void)state;
  tin_array images, labels, again, again_labels;
  struct tin_error error = {0};
  assert_true(tin_digits_make(200, 7, &images, &labels, &error));
  assert_true(tin_digits_make(200, 7, &again, &again_labels, &error));
  assert_int_equal(images.bytes, 200 * 28 * 28);
  assert_memory_equal(images.data, again.data, images.bytes);
  assert_memory_equal(labels.data, again_labels.data, labels.bytes);
  int seen[10] = {0};
  for (int i = 0; i < 200; i++) {
    const unsigned char *image = (unsigned char *)images.data + i * 784;
    int ink = 0;
    for (int p = 0; p < 784; p++)
      ink += image[p] > 128;
    assert_in_range(ink, 20, 350); /* neither blank nor full */
    seen[((unsigned char *)labels.data)[i]]++;
  }
  for (int digit = 0; digit < 10; digit++)
    assert_true(seen[digit] > 5);
  tin_array_free(&images);
  tin_array_free(&labels);
  tin_array_free(&again);
  tin_array_free(&again_labels);
}

static void test_stream_moments(void **state) {
  (void)state;
  struct tin_stream stream;
  tin_stream_seed(&stream, 3);
  double sum = 0, square = 0, fourth = 0, pair[2];
  enum { COUNT = 200000 };
  for (int i = 0; i < COUNT / 2; i++) {
    tin_stream_normal_pair(&stream, pair);
    for (int j = 0; j < 2; j++) {
      sum += pair[j];
      square += pair[j] * pair[j];
      fourth += pair[j] * pair[j] * pair[j] * pair[j];
    }
  }
  /* four standard errors of the mean, the variance and the fourth moment (3) */
  assert_true(sum / COUNT < 0.009 && sum / COUNT > -0.009);
  assert_true(square / COUNT < 1.013 && square / COUNT > 0.987);
  assert_true(fourth / COUNT < 3.09 && fourth / COUNT > 2.91);
  for (int i = 0; i < 1000; i++)
    assert_true(tin_stream_below(&stream, 7) < 7);
}

/* The reference output of xoshiro256++ from the state 1, 2, 3, 4. */
static void test_stream_known_answers(void **state) {
  (void)state;
  struct tin_stream stream = {{1, 2, 3, 4}};
  static const uint64_t expected[] = {41943041u, 58720359u, 3588806011781223u, 3591011842654386u, 9228616714210784205u};
  for (int i = 0; i < 5; i++)
    assert_true(tin_stream_next(&stream) == expected[i]);
}

/* ---- batches ---- */

static void numbered(tin_array *x, tin_array *y, int count) {
  struct tin_error error = {0};
  assert_true(tin_array_make(x, TIN_I32, 2, (int64_t[]){count, 2}, &error));
  assert_true(tin_array_make(y, TIN_U8, 1, (int64_t[]){count}, &error));
  for (int i = 0; i < count; i++) {
    ((int32_t *)x->data)[2 * i] = ((int32_t *)x->data)[2 * i + 1] = i;
    ((unsigned char *)y->data)[i] = (unsigned char)i;
  }
}

/* Walks one epoch, checks that x and y belong together and each example comes at most once; returns how many came. */
static int walk_epoch(tin_batches *batches, int64_t batch, int *order, int64_t last) {
  int count = 0;
  const void *x, *y;
  int64_t got;
  bool seen[256] = {false};
  while ((got = tin_batches_next(batches, &x, &y)) > 0) {
    assert_true(got == batch || got == last);
    for (int64_t i = 0; i < got; i++) {
      int label = ((const unsigned char *)y)[i];
      assert_int_equal(((const int32_t *)x)[2 * i], label);
      assert_int_equal(((const int32_t *)x)[2 * i + 1], label);
      assert_false(seen[label]);
      seen[label] = true;
      order[count++] = label;
    }
  }
  return count;
}

static void test_batches(void **state) {
  (void)state;
  tin_array x, y;
  struct tin_error error = {0};
  int first[100], second[100];
  numbered(&x, &y, 100);
  struct tin_batches_options options = {.x = &x, .y = &y, .batch = 32, .seed = 5};
  tin_batches *batches = tin_batches_make(&options, &error);
  assert_int_equal(tin_batches_count(batches), 4);
  assert_int_equal(walk_epoch(batches, 32, first, 4), 100);
  assert_int_equal(walk_epoch(batches, 32, second, 4), 100);
  assert_memory_not_equal(first, second, sizeof first);
  tin_batches_free(batches);

  batches = tin_batches_make(&options, &error); /* the same seed: the same order */
  assert_int_equal(walk_epoch(batches, 32, second, 4), 100);
  assert_memory_equal(first, second, sizeof first);
  tin_batches_free(batches);

  options.drop_last = options.in_order = true;
  batches = tin_batches_make(&options, &error);
  assert_int_equal(tin_batches_count(batches), 3);
  assert_int_equal(walk_epoch(batches, 32, first, 32), 96);
  for (int i = 0; i < 96; i++)
    assert_int_equal(first[i], i);
  tin_batches_free(batches);

  y.shape[0] = 99;
  assert_null(tin_batches_make(&options, &error));
  assert_string_equal(error.text, "batches: 100 examples but 99 labels");
  tin_array_free(&x);
  tin_array_free(&y);
}

/* ---- real data ---- */

static void test_real_data(void **state) {
  (void)state;
  const char *data = getenv("TIN_DATA");
  tin_dataset set;
  struct tin_error error = {0};
  if (!data) {
    print_message("skipped: TIN_DATA does not name a folder with the IDX files of MNIST\n");
    skip();
  }
  if (!tin_mnist_read(data, &set, &error)) {
    print_message("skipped: %s\n", error.text);
    skip();
  }
  assert_int_equal(set.train_images.shape[1], 28);
  assert_int_equal(set.train_images.shape[2], 28);
  assert_int_equal(set.train_images.shape[0], set.train_labels.shape[0]);
  for (int64_t i = 0; i < set.test_labels.size; i++)
    assert_in_range(((unsigned char *)set.test_labels.data)[i], 0, 9);
  tin_dataset_free(&set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_idx_plain_and_packed), cmocka_unit_test(test_idx_wide_elements), cmocka_unit_test(test_idx_bad_files),
      cmocka_unit_test(test_idx_cut_gzip),         cmocka_unit_test(test_digits_repeat),     cmocka_unit_test(test_stream_moments),
      cmocka_unit_test(test_stream_known_answers), cmocka_unit_test(test_batches),           cmocka_unit_test(test_real_data),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
