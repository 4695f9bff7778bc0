/* Fetching ahead for the consumers of a contraction.
 *
 * The consumers run on a panel of finished rows: of an optimiser's weight and moments they touch two lines a row, and the rows lie far
 * apart. Nothing but the program knows that they will be needed; without it every row costs its memory latency, after the products. The
 * micro-kernel fetches them into L2 row by row while it has arithmetic to do (contract_kernel.c), so that the two overlap.
 */
#include "codegen/contract_ahead.h"

enum { LINE = 64 };
/* Bytes of a buffer, from which on it is not in L2 anyway. Measured with AdamW on the gradients of GPT-2's weights. */
enum { FAR_FROM = 256 << 10 };

static void add(struct tin_ahead *ahead, const struct tin_nest *nest, int arg, const struct tin_index *index) {
  const struct tin_arg *buffer = &nest->args.at[arg];
  struct tin_ahead_buffer one = {.value = buffer->number, .bytes = tin_dtype_bytes(buffer->dtype), .base = index->constant};
  int64_t column;
  if (buffer->kind != ARG_BUFFER || buffer->size * one.bytes < FAR_FROM || !tin_index_affine(index, SYMBOL_M, &one.row) ||
      !tin_index_affine(index, SYMBOL_N, &column) || !tin_index_affine(index, SYMBOL_BATCH, &one.batch))
    return;
  if (column != 1 || one.row * one.bytes < 2 * LINE || one.row > INT32_MAX)
    return;
  for (int i = 0; i < ahead->count; i++)
    if (ahead->at[i].value == one.value && ahead->at[i].base == one.base)
      return;
  if (ahead->count < AHEAD_MAX)
    ahead->at[ahead->count++] = one;
}

struct tin_ahead tin_ahead_of(const struct tin_nest *result) {
  struct tin_ahead ahead = {0};
  for (int i = 0; i < result->values.count; i++) {
    const struct tin_value *value = &result->values.at[i];
    if (value->kind == VALUE_LOAD && value->in[0] < 0 && value->in[1] < 0)
      add(&ahead, result, value->arg, value->index);
  }
  return ahead;
}

void tin_ahead_print(const struct tin_output *out, const struct tin_ahead *ahead, int64_t k) {
  if (!ahead->count)
    return;
  tin_output_add(out, "          char *ahead[%d]; long step[%d];\n", ahead->count, ahead->count);
  for (int i = 0; i < ahead->count; i++) {
    const struct tin_ahead_buffer *buffer = &ahead->at[i];
    tin_output_add(out,
                   "          ahead[%d] = buf[%d] + (%lldL + batch * %lldL + m0 * %lldL + n) * %d; step[%d] = k1 == %lldL ? %lldL : 0;\n",
                   i, buffer->value, (long long)buffer->base, (long long)buffer->batch, (long long)buffer->row, buffer->bytes, i,
                   (long long)k, (long long)(buffer->row * buffer->bytes));
  }
}

void tin_ahead_print_move(const struct tin_output *out, const struct tin_ahead *ahead, const char *rows) {
  for (int i = 0; i < ahead->count; i++)
    tin_output_add(out, " ahead[%d] += %s * step[%d];", i, rows, i);
}
