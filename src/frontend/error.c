/* Errors in the user's coordinates, and the entry of every public call: which context it belongs to and whether its operands live. */
#include "frontend/frontend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- recording ---- */

static void record(tin_ctx *ctx, const char *text) {
  if (!ctx)
    return;
  tin_error_set(&ctx->error, "%s", text);
  if (ctx->handler)
    ctx->handler(ctx->handler_user, text);
}

/* "file:line: op: ", without the parts that are not known. */
static size_t write_place(char *text, size_t room, const struct tin_call *call) {
  size_t used = 0;
  if (call->file)
    used += (size_t)snprintf(text, room, "%s:%d: ", call->file, call->line);
  if (call->op && used < room)
    used += (size_t)snprintf(text + used, room - used, "%s: ", call->op);
  return used < room ? used : room - 1;
}

static void record_at(const struct tin_call *call, const char *format, va_list args) {
  char text[sizeof call->ctx->error.text];
  size_t used = write_place(text, sizeof text, call);
  vsnprintf(text + used, sizeof text - used, format, args);
  record(call->ctx, text);
}

void tin_call_fail(struct tin_call *call, const char *format, ...) {
  va_list args;
  va_start(args, format);
  record_at(call, format, args);
  va_end(args);
}

tin_tensor *tin_call_poison(const struct tin_call *call) {
  return call->ctx ? call->ctx->poison : tin_poison_without_context();
}

bool tin_call_poison_all(const struct tin_call *call, tin_tensor **out, int count) {
  for (int i = 0; out && i < count; i++)
    out[i] = tin_call_poison(call);
  return false;
}

tin_tensor *tin_fail_at(const char *file, int line, tin_ctx *ctx, const char *format, ...) {
  struct tin_call call = {.file = file, .line = line, .ctx = ctx};
  va_list args;
  va_start(args, format);
  record_at(&call, format, args);
  va_end(args);
  return tin_call_poison(&call);
}

bool tin_ok(const tin_ctx *ctx) {
  return ctx && !ctx->error.set;
}

const char *tin_message(const tin_ctx *ctx) {
  return !ctx ? "out of memory" : ctx->error.set ? ctx->error.text : "";
}

void tin_clear_error(tin_ctx *ctx) {
  if (ctx && ctx->engine)
    ctx->error = (struct tin_error){0};
}

void tin_on_error(tin_ctx *ctx, tin_error_handler *handler, void *user) {
  if (!ctx)
    return;
  ctx->handler = handler;
  ctx->handler_user = user;
}

/* ---- words ---- */

static const char *given_name(tin_tensor *t) {
  const struct tin_slot *slot = tin_slot_of(t);
  if (!slot || !tin_slot_is_alive(t))
    return NULL;
  if (slot->name)
    return slot->name;
  if (slot->kind == SLOT_STORAGE)
    return slot->storage->variable.name;
  return slot->kind == SLOT_NODE ? slot->node->site.name : NULL;
}

struct tin_words tin_name_item(const char *items, int i) {
  struct tin_words words;
  snprintf(words.text, sizeof words.text, "%s %d", items ? items : "tensor", i);
  return words;
}

struct tin_words tin_name_operand(tin_tensor *t, const char *name) {
  struct tin_words words;
  const char *given = given_name(t);
  snprintf(words.text, sizeof words.text, "%.60s", given ? given : name);
  return words;
}

struct tin_words tin_shape_words(int rank, const int64_t *shape) {
  struct tin_words words;
  size_t used = (size_t)snprintf(words.text, sizeof words.text, "[");
  for (int i = 0; i < rank && used < sizeof words.text; i++)
    used += (size_t)snprintf(words.text + used, sizeof words.text - used, i ? ", %lld" : "%lld", (long long)shape[i]);
  if (used < sizeof words.text)
    snprintf(words.text + used, sizeof words.text - used, "]");
  return words;
}

struct tin_words tin_describe(tin_tensor *t, const char *name, const struct tin_node *node) {
  struct tin_words words;
  snprintf(words.text, sizeof words.text, "%.60s %.96s", tin_name_operand(t, name).text, tin_shape_words(node->rank, node->shape).text);
  return words;
}

/* ---- entry of calls ---- */

bool tin_call_enter(struct tin_call *call, tin_ctx *ctx) {
  call->ctx = ctx;
  if (!ctx || !ctx->engine)
    return false; /* the reason is recorded since tin_ctx_new, or there is nowhere to record it */
  call->graph = &ctx->scope->graph;
  if (call->file && (!ctx->last_file || strcmp(call->file, ctx->last_file) != 0))
    ctx->last_file = tin_intern(ctx, call->file);
  call->graph->site = (struct tin_site){.file = call->file ? ctx->last_file : NULL, .line = call->line};
  return true;
}

/* The context of the first operand that has one. */
static tin_ctx *context_of(int count, tin_tensor *const *tensors) {
  for (int i = 0; i < count; i++) {
    const struct tin_slot *slot = tin_slot_of(tensors[i]);
    if (slot && slot->ctx)
      return slot->ctx;
  }
  return NULL;
}

void *tin_call_alloc(struct tin_call *call, size_t count, size_t item, int n_tensors, tin_tensor *const *tensors) {
  void *memory = calloc(count, item);
  if (memory)
    return memory;
  call->ctx = call->ctx ? call->ctx : context_of(n_tensors, tensors);
  tin_call_fail(call, "out of memory");
  return NULL;
}

static bool operand_is_fine(const struct tin_call *call, tin_tensor *t) {
  const struct tin_slot *slot = tin_slot_of(t);
  return slot && tin_slot_is_alive(t) && slot->kind != SLOT_POISON && slot->ctx == call->ctx;
}

static void complain(struct tin_call *call, tin_tensor *t, const char *name) {
  const struct tin_slot *slot = tin_slot_of(t);
  if (!slot) {
    tin_call_fail(call, "operand %s is NULL", name);
  } else if (!tin_slot_is_alive(t)) {
    tin_call_fail(call, "tensor used after its scope ended (operand %s)", name);
  } else if (slot->kind == SLOT_POISON) {
    if (!slot->ctx || !slot->ctx->error.set) /* otherwise it follows from the error that is recorded */
      tin_call_fail(call, "operand %s is poison: the call that made it failed", name);
  } else {
    tin_call_fail(call, "operand %s belongs to another context", tin_name_operand(t, name).text);
  }
}

bool tin_call_operands(struct tin_call *call, int count, tin_tensor *const *tensors, const char *const *names, struct tin_node **nodes) {
  if (!tin_call_enter(call, call->ctx ? call->ctx : context_of(count, tensors)))
    return false;
  for (int i = 0; i < count; i++)
    if (!operand_is_fine(call, tensors[i])) {
      complain(call, tensors[i], names ? names[i] : tin_name_item(call->items, i).text);
      return false;
    }
  for (int i = 0; i < count; i++) {
    nodes[i] = tin_slot_node(tin_slot_of(tensors[i]));
    if (!nodes[i]) {
      tin_call_fail(call, "out of memory");
      return false;
    }
  }
  return true;
}

struct tin_node *tin_call_operand(struct tin_call *call, tin_tensor *x, const char *name) {
  struct tin_node *node = NULL;
  return tin_call_operands(call, 1, &x, &name, &node) ? node : NULL;
}

tin_dtype tin_call_working(struct tin_call *call, tin_dtype dtype) {
  if (tin_dtype_is_float(dtype))
    call->half = tin_dtype_is_half(dtype) ? dtype : TIN_BOOL;
  return tin_dtype_working(dtype);
}

tin_tensor *tin_call_result(struct tin_call *call, struct tin_node *node) {
  if (node && node->rank > TIN_RANK_LIMIT) {
    tin_call_fail(call, "the result %s has more than %d axes", tin_shape_words(node->rank, node->shape).text, TIN_RANK_LIMIT);
    return tin_call_poison(call);
  }
  if (node && call->half != TIN_BOOL && node->dtype == TIN_F32)
    node = tin_node_cast(call->graph, node, call->half);
  tin_tensor *result = node ? tin_slot_new(call->ctx, call->ctx->scope, SLOT_NODE, node) : NULL;
  if (result)
    return result;
  tin_call_fail(call, "out of memory");
  return tin_call_poison(call);
}

/* ---- checks ---- */

bool tin_check_dtype(struct tin_call *call, tin_dtype dtype) {
  if ((unsigned)dtype < TIN_DTYPE_COUNT)
    return true;
  tin_call_fail(call, "%d is no dtype", (int)dtype);
  return false;
}

bool tin_check_shape(struct tin_call *call, const tin_shape *shape, tin_dtype dtype, int64_t *size) {
  if (!tin_check_dtype(call, dtype))
    return false;
  if (shape->rank < 0 || shape->rank > TIN_RANK_LIMIT) {
    tin_call_fail(call, "a shape has at most %d axes, not %d", TIN_RANK_LIMIT, shape->rank);
    return false;
  }
  *size = 1;
  int64_t bound = 1; /* an empty tensor's other sizes must be moderate as well: they are multiplied on the way to indices */
  for (int axis = 0; axis < shape->rank; axis++) {
    int64_t extent = shape->size[axis];
    if (extent < 0) {
      tin_call_fail(call, "size %lld of axis %d is negative", (long long)extent, axis);
      return false;
    }
    if (__builtin_mul_overflow(bound, extent ? extent : 1, &bound) || bound > TIN_SIZE_LIMIT) {
      tin_call_fail(call, "shape %s has too many elements", tin_shape_words(shape->rank, shape->size).text);
      return false;
    }
    *size *= extent;
  }
  return true;
}

int tin_check_axis(struct tin_call *call, tin_tensor *t, const char *name, const struct tin_node *x, int axis) {
  int counted = axis < 0 ? axis + x->rank : axis;
  if (counted >= 0 && counted < x->rank)
    return counted;
  tin_call_fail(call, "axis %d is out of range for %s", axis, tin_describe(t, name, x).text);
  return -1;
}

bool tin_check_axes(struct tin_call *call, tin_tensor *t, const char *name, const struct tin_node *x, tin_axes axes, uint32_t *mask) {
  *mask = axes.count ? 0 : (1u << x->rank) - 1;
  if (axes.count < 0 || axes.count > TIN_RANK_LIMIT) {
    tin_call_fail(call, "at most %d axes can be named, not %d", TIN_RANK_LIMIT, axes.count);
    return false;
  }
  for (int i = 0; i < axes.count; i++) {
    int axis = tin_check_axis(call, t, name, x, axes.axis[i]);
    if (axis < 0)
      return false;
    if (*mask >> axis & 1) {
      tin_call_fail(call, "axis %d of %s is named twice", axis, tin_describe(t, name, x).text);
      return false;
    }
    *mask |= 1u << axis;
  }
  return true;
}
