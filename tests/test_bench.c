/* The benchmark's JSON file: it parses, and its rows have the fields of docs/performance.md. Runs the smallest workload. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include <cmocka.h>

static json_t *field(const json_t *object, const char *name, json_type type) {
  json_t *value = json_object_get(object, name);
  if (!value || json_typeof(value) != type)
    fail_msg("no \"%s\" of the kind that it should be of", name);
  return value;
}

static double number(const json_t *object, const char *name) {
  json_t *value = json_object_get(object, name);
  if (!json_is_number(value))
    fail_msg("\"%s\" is no number", name);
  return json_number_value(value);
}

static json_t *run_bench(const char *arguments) {
  char path[] = "/tmp/tinsmith-bench-XXXXXX", command[1024];
  int file = mkstemp(path);
  json_error_t error;
  assert_true(file >= 0);
  snprintf(command, sizeof command, "'%s'/bench/bench %s --quick --rounds 1 --json %s >/dev/null", getenv("TIN_BUILD"), arguments, path);
  int status = system(command);
  json_t *report = json_load_file(path, 0, &error);
  close(file), unlink(path);
  if (status || !report)
    fail_msg("%s ended with status %d; line %d of its file: %s", command, status, error.line, error.text);
  return report;
}

static void check_machine(const json_t *machine) {
  assert_true(strlen(json_string_value(field(machine, "cpu", JSON_STRING))) > 0);
  assert_true(number(machine, "cores") >= 1);
  assert_true(number(field(machine, "peak_gflops", JSON_OBJECT), "1") > 0);
  assert_true(number(field(machine, "copy_gbs", JSON_OBJECT), "1") > 0);
}

static void test_report(void **state) {
  static const char *const references[] = {"unfused", "gcc"};
  (void)state;
  json_t *report = run_bench("--only W12 --threads 1");
  check_machine(field(report, "machine", JSON_OBJECT));
  const json_t *results = field(report, "results", JSON_ARRAY), *row = json_array_get(results, 0);
  assert_int_equal(json_array_size(results), 1);
  assert_string_equal(json_string_value(field(row, "id", JSON_STRING)), "W12");
  assert_string_equal(json_string_value(field(row, "unit", JSON_STRING)), "us");
  assert_int_equal(json_integer_value(field(row, "threads", JSON_INTEGER)), 1);
  field(row, "limit", JSON_NULL); /* no limit takes turns there */
  assert_true(number(row, "min") > 0 && number(row, "min") <= number(row, "median"));
  double ratio = number(row, "best") / (number(row, "min") * 1e6); /* digits are left out in both */
  assert_true(ratio > 0.999 && ratio < 1.001);
  assert_true(number(row, "kernels") > 0 && number(row, "planned_bytes") > 0 && number(row, "moved_bytes") > 0);
  for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
    const json_t *reference = field(field(row, "refs", JSON_OBJECT), references[i], JSON_OBJECT);
    assert_true(number(reference, "min") > 0 && number(reference, "min") <= number(reference, "median") && number(reference, "best") > 0);
  }
  json_decref(report);
}

static void test_limit(void **state) {
  (void)state;
  json_t *report = run_bench("--only W4a --threads 1");
  const json_t *row = json_array_get(field(report, "results", JSON_ARRAY), 0);
  assert_true(number(row, "limit") > 0 && number(row, "best") > 0);
  json_decref(report);
}

static void test_wrong_arguments(void **state) {
  char command[1024];
  (void)state;
  snprintf(command, sizeof command, "'%s'/bench/bench --rounds 2>/dev/null", getenv("TIN_BUILD"));
  assert_true(system(command) != 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_report),
      cmocka_unit_test(test_limit),
      cmocka_unit_test(test_wrong_arguments),
  };
  return getenv("TIN_BUILD") ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
