/* Leaves that are computed: evenly spaced numbers, identity and triangle matrices, integers beyond what a double holds. */
#include "frontend/frontend.h"

tin_tensor *tin_full_i64_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, int64_t value) {
  struct tin_call call = tin_call_of(file, line, "full_i64");
  int64_t size;
  if (!tin_call_enter(&call, ctx) || !tin_check_shape(&call, &shape, dtype, &size))
    return tin_call_poison(&call);
  uint64_t bits = tin_scalar_cast((uint64_t)value, TIN_I64, dtype);
  return tin_call_result(&call, make_broadcast(call.graph, tin_node_const(call.graph, dtype, bits), shape.rank, shape.size));
}

/* ---- matrices of positions ---- */

/* 1 where row + offset <op> column (or where not), else 0. */
static tin_tensor *matrix(struct tin_call call, tin_ctx *ctx, tin_dtype dtype, int64_t rows, int64_t columns, int op, int offset,
                          bool where) {
  tin_shape shape = {2, {rows, columns}};
  int64_t size;
  if (!tin_call_enter(&call, ctx) || !tin_check_shape(&call, &shape, dtype, &size))
    return tin_call_poison(&call);
  struct tin_node *holds = tin_node_compare_axes(call.graph, op, rows, columns, offset);
  return tin_call_result(&call, make_cast(call.graph, where ? holds : make_unary(call.graph, OP_NOT, holds), dtype));
}

tin_tensor *tin_eye_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, int64_t rows, int64_t columns) {
  return matrix(tin_call_of(file, line, "eye"), ctx, dtype, rows, columns == -1 ? rows : columns, OP_EQ, 0, true);
}

tin_tensor *tin_tri_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, int64_t rows, int64_t columns, int diagonal) {
  return matrix(tin_call_of(file, line, "tri"), ctx, dtype, rows, columns == -1 ? rows : columns, OP_LT, diagonal, false);
}

/* ---- evenly spaced ---- */

/* The numbers in a float dtype, each counted from the nearer end, so that both ends are exact and the row is symmetric (torch.linspace). */
static struct tin_node *spaced(struct tin_graph *graph, tin_dtype dtype, const struct tin_space_options *args) {
  int64_t last = args->count - !args->exclude_stop; /* index at which stop lies */
  double step = (args->stop - args->start) / (double)(last ? last : 1);
  if (dtype == TIN_F32)
    step = (double)(((float)args->stop - (float)args->start) / (float)(last ? last : 1));
  struct tin_node *i = tin_node_iota(graph, args->count < INT32_MAX ? TIN_I32 : TIN_I64, args->count);
  struct tin_node *from_stop = make_binary(graph, OP_SUB, make_number(graph, i, (double)last), i);
  struct tin_node *near_start = make_binary(graph, OP_LT, i, make_number(graph, i, (double)(last / 2 + last % 2)));
  struct tin_node *up = make_cast(graph, i, dtype), *down = make_cast(graph, from_stop, dtype);
  up = make_binary(graph, OP_ADD, make_binary(graph, OP_MUL, up, make_number(graph, up, step)), make_number(graph, up, args->start));
  down = make_binary(graph, OP_SUB, make_number(graph, down, args->stop), make_binary(graph, OP_MUL, down, make_number(graph, down, step)));
  return last > 0 ? make_select(graph, near_start, up, down) : up; /* one number: start */
}

tin_tensor *tin_linspace_args(struct tin_space_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "linspace");
  tin_shape shape = {1, {args.count}};
  int64_t size;
  if (!tin_call_enter(&call, args.ctx) || !tin_check_shape(&call, &shape, args.dtype, &size))
    return tin_call_poison(&call);
  struct tin_node *x = spaced(call.graph, args.dtype == TIN_F32 ? TIN_F32 : TIN_F64, &args);
  return tin_call_result(&call, make_cast(call.graph, x, args.dtype));
}

tin_tensor *tin_logspace_args(struct tin_space_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "logspace");
  tin_shape shape = {1, {args.count}};
  int64_t size;
  if (!tin_call_enter(&call, args.ctx) || !tin_check_shape(&call, &shape, args.dtype, &size))
    return tin_call_poison(&call);
  struct tin_node *x = spaced(call.graph, TIN_F64, &args);
  struct tin_node *power = make_binary(call.graph, OP_POW, make_number(call.graph, x, args.base == 0 ? 10 : args.base), x);
  return tin_call_result(&call, make_cast(call.graph, power, args.dtype));
}
