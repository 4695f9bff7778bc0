/* A context for tests that must not fail by accident: made good, and still good at its end. Include it after cmocka.h. */
#ifndef TIN_TESTS_CONTEXT_H
#define TIN_TESTS_CONTEXT_H

#include "tinsmith.h"

static inline tin_ctx *good_ctx(struct tin_ctx_options options) {
  tin_ctx *ctx = tin_ctx_new_args(options);
  assert_non_null(ctx);
  if (!tin_ok(ctx))
    fail_msg("%s", tin_message(ctx));
  return ctx;
}

static inline void end_ctx(tin_ctx *ctx) {
  if (!tin_ok(ctx))
    fail_msg("%s", tin_message(ctx));
  tin_ctx_free(ctx);
}

#endif
