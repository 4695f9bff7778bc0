/* safetensors: what is written reads back; every file that the reference implementation refuses is refused with its reason. */
#include "frontend/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/tinsmith-test-XXXXXX";

static const char *path_of(const char *name) {
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static int set_up(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  unlink(path_of("a"));
  unlink(path_of("model"));
  return rmdir(folder);
}

/* A file of a header (its length may be lied about) and data_bytes zeros. */
static const char *write_file(uint64_t length, const char *header, size_t data_bytes) {
  FILE *file = fopen(path_of("a"), "wb");
  assert_non_null(file);
  for (int i = 0; i < 8; i++)
    fputc((int)(length >> 8 * i & 255), file);
  fputs(header, file);
  for (size_t i = 0; i < data_bytes; i++)
    fputc(0, file);
  fclose(file);
  return path_of("a");
}

static const char *write_header(const char *header, size_t data_bytes) {
  return write_file(strlen(header), header, data_bytes);
}

static void refuse(const char *path, const char *message) {
  struct tin_tensor_file file;
  struct tin_error error = {0};
  char expected[512];
  snprintf(expected, sizeof expected, "%s: %s", path, message);
  assert_false(tin_safetensors_open(&file, path, &error));
  assert_string_equal(error.text, expected);
}

static void test_round_trip(void **state) {
  (void)state;
  float weight[6] = {1, 2, 3, 4, 5, 6};
  unsigned char mask[3] = {1, 0, 1};
  int64_t weight_shape[] = {2, 3}, mask_shape[] = {3}, empty_shape[] = {0, 4};
  double scale = -0.5;
  struct tin_named_array arrays[] = {{"mask", "BOOL", 1, mask_shape, mask, sizeof mask},
                                     {"fc1.weight", "F32", 2, weight_shape, weight, sizeof weight},
                                     {"leer \xc3\xa4", "F32", 2, empty_shape, "", 0},
                                     {"scale", "F64", 0, NULL, &scale, sizeof scale}};
  struct tin_text_pair metadata[] = {{"format", "pt"}, {"note", "a \"quoted\" word"}};
  struct tin_error error = {0};
  struct tin_tensor_file file;
  for (int round = 0; round < 2; round++) /* the second time over the first file */
    assert_true(tin_safetensors_write(path_of("model"), arrays, 4, metadata, 2, &error));
  assert_true(tin_safetensors_open(&file, path_of("model"), &error));
  assert_int_equal(file.n_arrays, 4);
  assert_int_equal(file.n_metadata, 2);
  assert_string_equal(file.metadata[1].value, "a \"quoted\" word");
  const struct tin_named_array *found = tin_safetensors_find(&file, "fc1.weight");
  assert_non_null(found);
  assert_string_equal(found->dtype, "F32");
  assert_int_equal(found->rank, 2);
  assert_int_equal(found->shape[1], 3);
  assert_memory_equal(found->data, weight, sizeof weight);
  assert_int_equal((uintptr_t)tin_safetensors_find(&file, "scale")->data % 8, 0);
  assert_int_equal(tin_safetensors_find(&file, "leer \xc3\xa4")->bytes, 0);
  assert_null(tin_safetensors_find(&file, "absent"));
  tin_safetensors_close(&file);
}

static void test_write_fails_whole(void **state) {
  (void)state;
  struct tin_error error = {0};
  struct tin_named_array arrays[] = {{"a", "U8", 0, NULL, "x", 1}, {"a", "U8", 0, NULL, "y", 1}};
  char expected[512];
  assert_false(tin_safetensors_write(path_of("model2"), arrays, 2, NULL, 0, &error));
  snprintf(expected, sizeof expected, "%s: two tensors are called \"a\"", path_of("model2"));
  assert_string_equal(error.text, expected);
  struct stat status;
  assert_int_not_equal(stat(path_of("model2"), &status), 0);
  error = (struct tin_error){0};
  arrays[0].name = "__metadata__";
  assert_false(tin_safetensors_write(path_of("model2"), arrays, 1, NULL, 0, &error));
  assert_non_null(strstr(error.text, "no tensor can be called \"__metadata__\""));
  error = (struct tin_error){0};
  assert_false(tin_safetensors_write("/nonexistent/folder/model", arrays + 1, 1, NULL, 0, &error));
  assert_string_equal(error.text, "/nonexistent/folder/model: cannot be written: No such file or directory");
}

#define TENSOR(name, dtype, shape, offsets) "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void test_bad_lengths(void **state) {
  (void)state;
  char *path = strdup(path_of("a"));
  FILE *file = fopen(path, "wb");
  fputs("short", file);
  fclose(file);
  refuse(path, "not a safetensors file: 5 bytes, the header's length alone takes 8");
  fclose(fopen(path, "wb"));
  refuse(path, "not a safetensors file: 0 bytes, the header's length alone takes 8");
  refuse(write_file(100000001, "{}", 0), "a header of 100000001 bytes is larger than the 100 MB allowed");
  refuse(write_file(UINT64_MAX, "{}", 0), "a header of 18446744073709551615 bytes is larger than the 100 MB allowed");
  refuse(write_file(3, "{}", 0), "a header of 3 bytes is larger than the file");
  refuse(write_file(0, "", 0), "the header does not start with '{'");
  refuse(write_header(" {}", 0), "the header does not start with '{'");
  refuse(write_header("[]", 0), "the header does not start with '{'");
  refuse(path_of("absent"), "No such file or directory");
  free(path);
}

static void test_bad_headers(void **state) {
  (void)state;
  struct tin_tensor_file file;
  struct tin_error error = {0};
  static const char *const malformed[] = {"{",
                                          "{}x",
                                          "{\"a\":}",
                                          "{\"a\":{}} {",
                                          "{\"\xff\":{}}",
                                          "{" TENSOR("a", "U8", "[1]", "[0,1]") "," TENSOR("a", "U8", "[1]", "[0,1]") "}"};
  for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
    assert_false(tin_safetensors_open(&file, write_header(malformed[i], 1), &error));
  refuse(write_header("{\"a\":1}", 0), "tensor \"a\": no dtype");
  refuse(write_header("{" TENSOR("a", "F31", "[1]", "[0,4]") "}", 4), "tensor \"a\": unknown dtype F31");
  refuse(write_header("{" TENSOR("a", "F32", "[-1]", "[0,4]") "}", 4), "tensor \"a\": shape is not an array of sizes");
  refuse(write_header("{" TENSOR("a", "F32", "[1.0]", "[0,4]") "}", 4), "tensor \"a\": shape is not an array of sizes");
  refuse(write_header("{" TENSOR("a", "F32", "1", "[0,4]") "}", 4), "tensor \"a\": shape is not an array of sizes");
  refuse(write_header("{" TENSOR("a", "F32", "[1]", "[4,0]") "}", 4), "tensor \"a\": data_offsets is not [begin, end] with begin <= end");
  refuse(write_header("{" TENSOR("a", "F32", "[1]", "[0]") "}", 4), "tensor \"a\": data_offsets is not [begin, end] with begin <= end");
  refuse(write_header("{" TENSOR("a", "F32", "[1]", "[-4,0]") "}", 4), "tensor \"a\": data_offsets is not [begin, end] with begin <= end");
  refuse(write_header("{" TENSOR("a", "F32", "[1]", "[0,8]") "}", 8), "tensor \"a\": F32 and its shape need 4 bytes, data_offsets give 8");
  refuse(write_header("{" TENSOR("a", "F32", "[4294967296,4294967296,4294967296]", "[0,4]") "}", 4),
         "tensor \"a\": the product of its shape overflows");
  refuse(write_header("{\"__metadata__\":{\"a\":1}}", 0), "__metadata__: the value of \"a\" is not a string");
  refuse(write_header("{\"__metadata__\":[]}", 0), "__metadata__ is not an object");
}

static void test_bad_places(void **state) {
  (void)state;
  refuse(write_header("{" TENSOR("a", "F32", "[1]", "[0,4]") "}", 3), "tensor \"a\": data_offsets [0, 4] reach behind the 3 bytes of data");
  refuse(write_header("{" TENSOR("a", "F32", "[1]", "[0,4]") "}", 5), "1 bytes behind the last tensor");
  refuse(write_header("{" TENSOR("a", "F32", "[1]", "[4,8]") "}", 8),
         "tensor \"a\": its data leaves a hole before it (begins at 4, expected 0)");
  refuse(write_header("{" TENSOR("a", "U8", "[4]", "[0,4]") "," TENSOR("b", "U8", "[4]", "[2,6]") "}", 6),
         "tensor \"b\": its data overlaps another tensor's (begins at 2, expected 4)");
  refuse(write_header("{" TENSOR("a", "U8", "[4]", "[0,4]") "," TENSOR("b", "U8", "[4]", "[0,4]") "}", 4),
         "tensor \"b\": its data overlaps another tensor's (begins at 0, expected 4)");
  refuse(write_header("{" TENSOR("a", "U8", "[2]", "[0,2]") "," TENSOR("b", "U8", "[2]", "[3,5]") "}", 5),
         "tensor \"b\": its data leaves a hole before it (begins at 3, expected 2)");
}

static void test_good_oddities(void **state) {
  (void)state;
  struct tin_tensor_file file;
  struct tin_error error = {0};
  assert_true(tin_safetensors_open(&file, write_header("{}", 0), &error));
  assert_int_equal(file.n_arrays, 0);
  tin_safetensors_close(&file);
  assert_true(tin_safetensors_open(&file, write_header("{}      ", 0), &error)); /* padded as the reference writer does */
  tin_safetensors_close(&file);
  assert_true(tin_safetensors_open(
      &file,
      write_header(
          "{" TENSOR("b", "BF16", "[2]", "[4,8]") "," TENSOR("e", "F32", "[0]", "[4,4]") "," TENSOR("a", "U8", "[2,2]", "[0,4]") "}", 8),
      &error));
  assert_string_equal(file.arrays[0].name, "a");
  assert_int_equal(tin_safetensors_dtype("BF16"), TIN_BF16);
  assert_int_equal(tin_safetensors_dtype("F8_E5M2"), -1);
  tin_safetensors_close(&file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_write_fails_whole), cmocka_unit_test(test_bad_lengths),
      cmocka_unit_test(test_bad_headers), cmocka_unit_test(test_bad_places),        cmocka_unit_test(test_good_oddities),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
