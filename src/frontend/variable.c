/* Storage that outlives scopes: parameters, state, inputs, kept values; and what changes it: write, assign. */
#include "frontend/frontend.h"

#include <string.h>

/* ---- storages ---- */

static struct tin_storage *new_or_free_storage(tin_ctx *ctx) {
  struct tin_storage *storage = ctx->free_storages;
  if (storage) {
    ctx->free_storages = storage->next_free;
    return storage;
  }
  if (!tin_grow(&ctx->storages, &ctx->storages_capacity, ctx->n_storages, sizeof *ctx->storages))
    return NULL;
  storage = TIN_NEW(&ctx->arena, struct tin_storage);
  if (!storage)
    return NULL;
  storage->variable.id = (uint64_t)ctx->n_storages;
  ctx->storages[ctx->n_storages++] = storage;
  return storage;
}

struct tin_storage *tin_storage_new(tin_ctx *ctx, enum tin_storage_kind kind, tin_dtype dtype, int rank, const int64_t *shape,
                                    struct tin_buffer *buffer) {
  struct tin_storage *storage = new_or_free_storage(ctx);
  if (!storage) {
    tin_buffer_drop(buffer);
    return NULL;
  }
  struct tin_variable *variable = &storage->variable;
  variable->dtype = (uint8_t)dtype;
  variable->rank = (uint8_t)rank;
  variable->size = 1;
  for (int axis = 0; axis < rank; axis++)
    variable->size *= variable->shape[axis] = shape[axis];
  variable->buffer = buffer;
  variable->passing = kind == STORAGE_VALUE;
  storage->kind = kind;
  storage->owner = &ctx->root;
  if (!buffer) {
    size_t bytes = (size_t)variable->size * tin_dtype_size(dtype);
    variable->buffer = tin_buffer_new(ctx->pool, bytes);
    if (variable->buffer)
      memset(variable->buffer->data, 0, bytes);
  }
  if (variable->buffer)
    return storage;
  tin_storage_free(ctx, storage);
  return NULL;
}

void tin_storage_free(tin_ctx *ctx, struct tin_storage *storage) {
  tin_buffer_drop(storage->variable.buffer);
  storage->variable =
      (struct tin_variable){.id = storage->variable.id, .version = storage->variable.version + 1, .life = storage->variable.life + 1};
  storage->kind = STORAGE_FREE;
  storage->table = false;
  storage->node = NULL;
  storage->node_scope = NULL;
  storage->handle = NULL;
  storage->next_free = ctx->free_storages;
  ctx->free_storages = storage;
}

void tin_storage_retire(tin_ctx *ctx, struct tin_storage *storage) {
  storage->handle = NULL;
  storage->kind = STORAGE_VALUE;
  if (storage->node) /* what was built on it keeps reading it */
    storage->owner = storage->node_scope;
  else
    tin_storage_free(ctx, storage);
}

/* Among the tags of identities: not one of tin_watch. */
#define VARIABLE_TAG (UINT64_C(1) << 63)

struct tin_node *tin_storage_node(tin_ctx *ctx, struct tin_storage *storage) {
  if (storage->pending) /* a node of its own: the same value elsewhere is not this variable, and has another gradient */
    return storage->variable.size && (tin_dtype_is_float(storage->variable.dtype) || tin_dtype_is_half(storage->variable.dtype))
               ? tin_node_identity(&ctx->scope->graph, storage->pending, NULL, VARIABLE_TAG | storage->variable.id)
               : storage->pending;
  if (!storage->node) {
    struct tin_site site = ctx->scope->graph.site;
    ctx->scope->graph.site.name = storage->variable.name;
    storage->node = tin_node_var(&ctx->scope->graph, &storage->variable);
    storage->node_scope = ctx->scope;
    ctx->scope->graph.site = site;
  }
  return storage->node;
}

bool tin_storage_detach(tin_ctx *ctx, struct tin_storage *storage) {
  struct tin_node *node = storage->node;
  storage->node = NULL;
  if (!node || node->buffer)
    return true;
  node->buffer = tin_buffer_keep(storage->variable.buffer);
  tin_graph_settle(&ctx->scope->graph);
  ctx->detached++;
  return tin_scope_own_buffer(ctx, node);
}

/* ---- making ---- */

static tin_tensor *new_variable(struct tin_call *call, enum tin_storage_kind kind, tin_dtype dtype, const tin_shape *shape,
                                const char *name) {
  int64_t size;
  if (!tin_check_shape(call, shape, dtype, &size))
    return tin_call_poison(call);
  tin_ctx *ctx = call->ctx;
  struct tin_storage *storage = tin_storage_new(ctx, kind, dtype, shape->rank, shape->size, NULL);
  if (storage) {
    storage->variable.name = tin_intern(ctx, name);
    storage->handle = tin_slot_new(ctx, &ctx->root, SLOT_STORAGE, storage);
  }
  if (storage && storage->handle)
    return storage->handle;
  if (storage)
    tin_storage_free(ctx, storage);
  tin_call_fail(call, "out of memory for shape %s %s", tin_shape_words(shape->rank, shape->size).text, tin_dtype_name(dtype));
  return tin_call_poison(call);
}

/* A variable that tin_save writes. */
static tin_tensor *new_saved(struct tin_call *call, enum tin_storage_kind kind, tin_dtype dtype, const struct tin_variable_options *args) {
  tin_ctx *ctx = call->ctx;
  if (!tin_grow(&ctx->saved, &ctx->saved_capacity, ctx->n_saved, sizeof *ctx->saved)) {
    tin_call_fail(call, "out of memory");
    return tin_call_poison(call);
  }
  tin_tensor *variable = new_variable(call, kind, dtype, &args->shape, args->name);
  if (!tin_is_poison(variable))
    ctx->saved[ctx->n_saved++] = variable;
  return variable;
}

tin_list tin_saved_variables(tin_ctx *ctx) {
  return ctx ? (tin_list){ctx->saved, ctx->n_saved} : (tin_list){NULL, 0};
}

tin_tensor *tin_param_args(struct tin_variable_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "param");
  tin_dtype dtype = args.dtype ? args.dtype : TIN_F32;
  tin_ctx *ctx = args.ctx;
  if (!tin_call_enter(&call, ctx) || !tin_check_dtype(&call, dtype))
    return tin_call_poison(&call);
  if (!tin_dtype_is_float(dtype)) {
    tin_call_fail(&call, "a parameter is a float, not %s (see tin_state)", tin_dtype_name(dtype));
    return tin_call_poison(&call);
  }
  if (!tin_grow(&ctx->params, &ctx->params_capacity, ctx->n_params, sizeof *ctx->params)) {
    tin_call_fail(&call, "out of memory");
    return tin_call_poison(&call);
  }
  tin_tensor *param = new_saved(&call, STORAGE_PARAM, dtype, &args);
  if (!tin_is_poison(param))
    ctx->params[ctx->n_params++] = param;
  return param;
}

tin_tensor *tin_state_args(struct tin_variable_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "state");
  if (!tin_call_enter(&call, args.ctx))
    return tin_call_poison(&call);
  tin_dtype dtype = args.dtype ? args.dtype : TIN_F32;
  return args.saved ? new_saved(&call, STORAGE_STATE, dtype, &args) : new_variable(&call, STORAGE_STATE, dtype, &args.shape, args.name);
}

tin_tensor *tin_input_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, const char *name) {
  struct tin_call call = tin_call_of(file, line, "input");
  if (!tin_call_enter(&call, ctx))
    return tin_call_poison(&call);
  return new_variable(&call, STORAGE_INPUT, dtype, &shape, name);
}

tin_list tin_params(tin_ctx *ctx) {
  return ctx ? (tin_list){ctx->params, ctx->n_params} : (tin_list){NULL, 0};
}

tin_tensor *tin_find(tin_ctx *ctx, const char *name) {
  for (int i = 0; ctx && name && i < ctx->n_storages; i++) {
    const struct tin_storage *storage = ctx->storages[i];
    if (storage->kind != STORAGE_FREE && storage->kind < STORAGE_VALUE && storage->variable.name &&
        strcmp(storage->variable.name, name) == 0)
      return storage->handle;
  }
  return NULL;
}

/* ---- changing ---- */

void tin_updates_drop(tin_ctx *ctx) {
  for (int i = 0; i < ctx->n_updates; i++)
    ctx->updates[i]->pending = NULL;
  ctx->n_updates = 0;
}

static void drop_update(tin_ctx *ctx, struct tin_storage *storage) {
  int kept = 0;
  for (int i = 0; i < ctx->n_updates; i++)
    if (ctx->updates[i] != storage)
      ctx->updates[kept++] = ctx->updates[i];
  ctx->n_updates = kept;
  storage->pending = NULL;
}

/* The storage of a handle that may be changed; NULL with the error recorded. The operand itself has been checked. */
static struct tin_storage *changeable(struct tin_call *call, tin_tensor *t) {
  struct tin_slot *slot = tin_slot_of(t);
  if (slot->kind == SLOT_STORAGE && slot->storage->kind < STORAGE_VALUE)
    return slot->storage;
  tin_call_fail(call, "%s is no variable (tin_param, tin_state, tin_input)", tin_name_operand(t, "variable").text);
  return NULL;
}

/* Makes the variable's buffer safe to overwrite: nothing else reads it. Its contents are then undefined. */
static bool own_buffer(tin_ctx *ctx, struct tin_storage *storage) {
  struct tin_variable *variable = &storage->variable;
  if (!tin_storage_detach(ctx, storage))
    return false;
  if (tin_buffer_may_overwrite(variable->buffer))
    return true;
  struct tin_buffer *fresh = tin_buffer_new(ctx->pool, variable->buffer->bytes);
  if (!fresh)
    return false;
  tin_buffer_drop(variable->buffer);
  variable->buffer = fresh;
  return true;
}

bool tin_write_at(const char *file, int line, tin_tensor *variable, const void *data, size_t bytes) {
  struct tin_call call = tin_call_of(file, line, "write");
  struct tin_node *node = tin_call_operand(&call, variable, "variable");
  struct tin_storage *storage = node ? changeable(&call, variable) : NULL;
  if (!storage)
    return false;
  size_t needed = (size_t)storage->variable.size * tin_dtype_size((tin_dtype)storage->variable.dtype);
  if (bytes != needed) {
    tin_call_fail(&call, "%s %s has %zu bytes, not %zu", tin_describe(variable, "variable", node).text,
                  tin_dtype_name((tin_dtype)storage->variable.dtype), needed, bytes);
    return false;
  }
  if (!data && bytes) {
    tin_call_fail(&call, "the data for %s is NULL", tin_name_operand(variable, "variable").text);
    return false;
  }
  drop_update(call.ctx, storage);
  if (!own_buffer(call.ctx, storage)) {
    tin_call_fail(&call, "out of memory");
    return false;
  }
  if (bytes)
    memcpy(storage->variable.buffer->data, data, bytes);
  storage->variable.version++;
  return true;
}

static bool add_update(struct tin_call *call, struct tin_storage *storage, struct tin_node *value) {
  tin_ctx *ctx = call->ctx;
  if (value && !storage->pending && tin_grow(&ctx->updates, &ctx->updates_capacity, ctx->n_updates, sizeof *ctx->updates))
    ctx->updates[ctx->n_updates++] = storage;
  else if (!value || !storage->pending) {
    tin_call_fail(call, "out of memory");
    return false;
  }
  storage->pending = value;
  return true;
}

bool tin_node_broadcasts_to(const struct tin_node *value, int rank, const int64_t *shape) {
  int missing = rank - value->rank;
  bool fits = missing >= 0;
  for (int axis = 0; fits && axis < value->rank; axis++)
    fits = value->shape[axis] == 1 || value->shape[axis] == shape[axis + missing];
  return fits;
}

/* value in the variable's dtype, broadcast to the shape; NULL with the error recorded when it does not fit. */
static struct tin_node *fit_value(struct tin_call *call, tin_tensor *value, struct tin_node *node, tin_tensor *variable,
                                  const struct tin_node *current, const int64_t *shape) {
  if (!tin_node_broadcasts_to(node, current->rank, shape)) {
    tin_call_fail(call, "%s does not fit %s %s", tin_describe(value, "value", node).text, tin_name_operand(variable, "variable").text,
                  tin_shape_words(current->rank, shape).text);
    return NULL;
  }
  node = make_broadcast(call->graph, make_cast(call->graph, node, (tin_dtype)current->dtype), current->rank, shape);
  if (!node)
    tin_call_fail(call, "out of memory");
  return node;
}

bool tin_assign_at_site(const char *file, int line, tin_tensor *variable, tin_tensor *value) {
  struct tin_call call = tin_call_of(file, line, "assign");
  struct tin_node *nodes[2];
  if (!tin_call_operands(&call, 2, (tin_tensor *[]){variable, value}, (const char *[]){"variable", "value"}, nodes))
    return false;
  struct tin_storage *storage = changeable(&call, variable);
  struct tin_node *next = storage ? fit_value(&call, value, nodes[1], variable, nodes[0], nodes[0]->shape) : NULL;
  return next && add_update(&call, storage, next);
}

bool tin_storage_assign(struct tin_call *call, tin_tensor *variable, struct tin_node *value) {
  struct tin_storage *storage = changeable(call, variable);
  value = storage ? make_cast(call->graph, value, (tin_dtype)storage->variable.dtype) : NULL;
  return storage && add_update(call, storage, value);
}

/* ---- dynamic positions ---- */

/* The 0-d position as an integer dtype that iota can have; NULL with the error recorded. */
static struct tin_node *position_node(struct tin_call *call, tin_tensor *t, struct tin_node *position) {
  if (tin_dtype_is_float(position->dtype) || position->size != 1) {
    tin_call_fail(call, "the position must be one integer, not %s %s", tin_describe(t, "position", position).text,
                  tin_dtype_name((tin_dtype)position->dtype));
    return NULL;
  }
  tin_dtype dtype = tin_dtype_bytes(position->dtype) == 8 || position->dtype == TIN_U32 ? TIN_I64 : TIN_I32;
  return make_reshape(call->graph, make_cast(call->graph, position, dtype), 0, NULL);
}

/* position + 0, 1, ..., size-1, or with sign -1: 0, 1, ... - position */
static struct tin_node *positions(struct tin_graph *graph, struct tin_node *position, int64_t size, int op) {
  if (!position)
    return NULL;
  struct tin_node *iota = tin_node_iota(graph, (tin_dtype)position->dtype, size);
  return make_binary(graph, op, iota, make_broadcast(graph, position, 1, &size));
}

tin_tensor *tin_slice_at_args(struct tin_position_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "slice_at");
  struct tin_node *nodes[2];
  if (!tin_call_operands(&call, 2, (tin_tensor *[]){args.x, args.position}, (const char *[]){"x", "position"}, nodes))
    return tin_call_poison(&call);
  int axis = tin_check_axis(&call, args.x, "x", nodes[0], args.axis);
  if (axis < 0)
    return tin_call_poison(&call);
  if (args.size < 0 || args.size > nodes[0]->shape[axis]) {
    tin_call_fail(&call, "%lld positions do not fit axis %d of %s", (long long)args.size, axis, tin_describe(args.x, "x", nodes[0]).text);
    return tin_call_poison(&call);
  }
  struct tin_node *position = position_node(&call, args.position, nodes[1]);
  if (!position)
    return tin_call_poison(&call);
  return tin_call_result(&call, make_gather(call.graph, nodes[0], positions(call.graph, position, args.size, OP_ADD), axis));
}

/* A vector along one axis, as a tensor that broadcasts to the shape of `like`. */
static struct tin_node *along(struct tin_graph *graph, struct tin_node *vector, int axis, const struct tin_node *like) {
  int64_t shape[TIN_RANK_LIMIT];
  for (int i = 0; i < like->rank; i++)
    shape[i] = i == axis ? like->shape[axis] : 1;
  return make_broadcast(graph, make_reshape(graph, vector, like->rank, shape), like->rank, like->shape);
}

/* x with value (n long along the axis) put at the position: where(0 <= i - position < n, value[i - position], x). */
static struct tin_node *put_at(struct tin_graph *graph, struct tin_node *x, struct tin_node *position, struct tin_node *value, int axis) {
  struct tin_node *offset = positions(graph, position, x->shape[axis], OP_SUB);
  struct tin_node *zero = make_number(graph, offset, 0), *n = make_number(graph, offset, (double)value->shape[axis]);
  struct tin_node *inside = make_binary(graph, OP_AND, make_binary(graph, OP_LE, zero, offset), make_binary(graph, OP_LT, offset, n));
  struct tin_node *spread = make_gather(graph, value, make_select(graph, inside, offset, zero), axis);
  return make_select(graph, along(graph, inside, axis, x), spread, x);
}

bool tin_assign_at_args(struct tin_position_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "assign_at");
  struct tin_node *nodes[3];
  if (!tin_call_operands(&call, 3, (tin_tensor *[]){args.x, args.position, args.value}, (const char *[]){"variable", "position", "value"},
                         nodes))
    return false;
  struct tin_storage *storage = changeable(&call, args.x);
  int axis = storage ? tin_check_axis(&call, args.x, "variable", nodes[0], args.axis) : -1;
  struct tin_node *position = axis < 0 ? NULL : position_node(&call, args.position, nodes[1]);
  if (!position)
    return false;
  int64_t shape[TIN_RANK_LIMIT];
  memcpy(shape, nodes[0]->shape, sizeof *shape * nodes[0]->rank);
  int value_axis = axis - nodes[0]->rank + nodes[2]->rank; /* the axis of value that lies on it */
  shape[axis] = value_axis < 0 || nodes[2]->shape[value_axis] > shape[axis] ? 1 : nodes[2]->shape[value_axis];
  struct tin_node *value = fit_value(&call, args.value, nodes[2], args.x, nodes[0], shape);
  if (!value)
    return false;
  if (value->size == 0)
    return true; /* nothing is stored */
  return add_update(&call, storage, put_at(call.graph, nodes[0], position, value, axis));
}
