/* Leaves: host data, constants, scalars, ranges. */
#include "frontend/frontend.h"

#include <string.h>

tin_tensor *tin_from_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, const void *data) {
  struct tin_call call = tin_call_of(file, line, "from");
  int64_t size;
  if (!tin_call_enter(&call, ctx) || !tin_check_shape(&call, &shape, dtype, &size))
    return tin_call_poison(&call);
  if (!data && size) {
    tin_call_fail(&call, "the data is NULL");
    return tin_call_poison(&call);
  }
  size_t bytes = (size_t)size * tin_dtype_size(dtype);
  struct tin_buffer *buffer = tin_buffer_new(ctx->pool, bytes);
  if (!buffer)
    return tin_call_result(&call, NULL);
  if (bytes)
    memcpy(buffer->data, data, bytes);
  struct tin_storage *storage = tin_storage_new(ctx, STORAGE_VALUE, dtype, shape.rank, shape.size, buffer);
  if (!storage)
    return tin_call_result(&call, NULL);
  storage->owner = ctx->scope;
  return tin_call_result(&call, tin_storage_node(ctx, storage));
}

tin_tensor *tin_from_table(struct tin_call *call, tin_dtype dtype, tin_shape shape, const void *data) {
  tin_tensor *table = tin_from_at(call->file, call->line, call->ctx, dtype, shape, data);
  if (!tin_is_poison(table))
    ((struct tin_storage *)tin_slot_of(table)->node->variable)->table = true;
  return table;
}

/* The number as a 0-d node broadcast to the shape. */
static tin_tensor *full(struct tin_call *call, tin_dtype dtype, const tin_shape *shape, double value) {
  return tin_call_result(call, make_broadcast(call->graph, tin_node_number(call->graph, dtype, value), shape->rank, shape->size));
}

tin_tensor *tin_full_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, double value) {
  struct tin_call call = tin_call_of(file, line, "full");
  int64_t size;
  if (!tin_call_enter(&call, ctx) || !tin_check_shape(&call, &shape, dtype, &size))
    return tin_call_poison(&call);
  return full(&call, dtype, &shape, value);
}

tin_tensor *tin_full_like_at(const char *file, int line, tin_tensor *x, double value) {
  struct tin_call call = tin_call_of(file, line, "full_like");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  return node ? tin_call_result(&call, make_number(call.graph, node, value)) : tin_call_poison(&call);
}

tin_tensor *tin_scalar_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, double value) {
  struct tin_call call = tin_call_of(file, line, "scalar");
  if (!tin_call_enter(&call, ctx) || !tin_check_dtype(&call, dtype))
    return tin_call_poison(&call);
  return tin_call_result(&call, tin_node_scalar(call.graph, dtype, tin_scalar_from_double(value, dtype)));
}

tin_tensor *tin_arange_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, int64_t count, double start, double step) {
  struct tin_call call = tin_call_of(file, line, "arange");
  tin_shape shape = {1, {count}};
  int64_t size;
  if (!tin_call_enter(&call, ctx) || !tin_check_shape(&call, &shape, dtype, &size))
    return tin_call_poison(&call);
  bool is_float = tin_dtype_is_float(dtype), is_small = tin_dtype_bytes(dtype) < 4;
  tin_dtype counter = count < INT32_MAX ? TIN_I32 : TIN_I64; /* of floats: 32 bits become floats in vectors */
  struct tin_node *x = tin_node_iota(call.graph, is_float ? counter : is_small ? TIN_I32 : dtype, count);
  if (is_float)
    x = make_cast(call.graph, x, tin_dtype_working((int)dtype));
  if (step != 1)
    x = make_binary(call.graph, OP_MUL, x, make_number(call.graph, x, step));
  if (start != 0)
    x = make_binary(call.graph, OP_ADD, x, make_number(call.graph, x, start));
  return tin_call_result(&call, make_cast(call.graph, x, dtype));
}
