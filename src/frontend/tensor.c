/* Handles: slots in slabs of the context, their generations, and the facts of tensors. */
#include "frontend/frontend.h"

enum { GENERATION_SHIFT = 48, SLOTS_PER_SLAB = 128 };

/* Stands for poison where no context is known. Never written. */
static const struct tin_slot nowhere = {.kind = SLOT_POISON};

static tin_tensor *handle_of(const struct tin_slot *slot) {
  return (tin_tensor *)((uintptr_t)slot | (uintptr_t)slot->generation << GENERATION_SHIFT);
}

struct tin_slot *tin_slot_of(const tin_tensor *t) {
  return (struct tin_slot *)((uintptr_t)t & (((uintptr_t)1 << GENERATION_SHIFT) - 1));
}

bool tin_slot_is_alive(const tin_tensor *t) {
  const struct tin_slot *slot = tin_slot_of(t);
  return slot && slot->kind != SLOT_FREE && slot->generation == (uint16_t)((uintptr_t)t >> GENERATION_SHIFT);
}

tin_tensor *tin_poison_without_context(void) {
  return handle_of(&nowhere);
}

static bool add_slab(tin_ctx *ctx) {
  struct tin_slot *slab = TIN_NEW_ARRAY(&ctx->arena, struct tin_slot, SLOTS_PER_SLAB);
  if (!slab)
    return false;
  for (int i = SLOTS_PER_SLAB - 1; i >= 0; i--) {
    slab[i].ctx = ctx;
    slab[i].next = ctx->free_slots;
    ctx->free_slots = &slab[i];
  }
  return true;
}

tin_tensor *tin_slot_new(tin_ctx *ctx, struct tin_live_scope *scope, enum tin_slot_kind kind, void *what) {
  if (!ctx->free_slots && !add_slab(ctx))
    return NULL;
  struct tin_slot *slot = ctx->free_slots;
  ctx->free_slots = slot->next;
  slot->kind = (uint8_t)kind;
  slot->name = NULL;
  slot->next = NULL;
  if (kind == SLOT_STORAGE)
    slot->storage = what;
  else
    slot->node = what;
  if (scope) {
    slot->next = scope->slots;
    scope->slots = slot;
  }
  return handle_of(slot);
}

void tin_slot_free(struct tin_slot *slot) {
  slot->kind = SLOT_FREE;
  slot->generation++;
  slot->node = NULL;
  slot->next = slot->ctx->free_slots;
  slot->ctx->free_slots = slot;
}

struct tin_node *tin_slot_node(struct tin_slot *slot) {
  return slot->kind == SLOT_STORAGE ? tin_storage_node(slot->ctx, slot->storage) : slot->node;
}

/* ---- facts ---- */

tin_shape tin_shape_of(const tin_tensor *t) {
  tin_shape shape = {0};
  if (tin_is_poison(t))
    return shape;
  const struct tin_slot *slot = tin_slot_of(t);
  bool stored = slot->kind == SLOT_STORAGE;
  const int64_t *size = stored ? slot->storage->variable.shape : slot->node->shape;
  shape.rank = stored ? slot->storage->variable.rank : slot->node->rank;
  for (int i = 0; i < shape.rank; i++)
    shape.size[i] = size[i];
  return shape;
}

tin_dtype tin_dtype_of(const tin_tensor *t) {
  if (tin_is_poison(t))
    return TIN_F32;
  const struct tin_slot *slot = tin_slot_of(t);
  return (tin_dtype)(slot->kind == SLOT_STORAGE ? slot->storage->variable.dtype : slot->node->dtype);
}

int64_t tin_size_of(const tin_tensor *t) {
  if (tin_is_poison(t))
    return 1;
  const struct tin_slot *slot = tin_slot_of(t);
  return slot->kind == SLOT_STORAGE ? slot->storage->variable.size : slot->node->size;
}

const char *tin_name_of(const tin_tensor *t) {
  if (tin_is_poison(t))
    return NULL;
  const struct tin_slot *slot = tin_slot_of(t);
  if (slot->name)
    return slot->name;
  return slot->kind == SLOT_STORAGE ? slot->storage->variable.name : slot->node->site.name;
}

tin_ctx *tin_ctx_of(const tin_tensor *t) {
  const struct tin_slot *slot = tin_slot_of(t);
  return slot ? slot->ctx : NULL;
}

bool tin_is_poison(const tin_tensor *t) {
  return !tin_slot_is_alive(t) || tin_slot_of(t)->kind == SLOT_POISON;
}

size_t tin_dtype_size(tin_dtype dtype) {
  return (unsigned)dtype < TIN_DTYPE_COUNT ? (size_t)tin_dtypes[dtype].bytes : 0;
}

const char *tin_dtype_name(tin_dtype dtype) {
  return (unsigned)dtype < TIN_DTYPE_COUNT ? tin_dtypes[dtype].text : "?";
}

tin_tensor *tin_set_name_at(const char *file, int line, tin_tensor *t, const char *name) {
  struct tin_call call = tin_call_of(file, line, "set_name");
  struct tin_node *node = tin_call_operand(&call, t, "t");
  if (!node)
    return tin_call_poison(&call);
  const char *text = tin_intern(call.ctx, name);
  struct tin_slot *slot = tin_slot_of(t);
  slot->name = text;
  if (slot->kind == SLOT_STORAGE)
    slot->storage->variable.name = text;
  else if (!node->site.name)
    node->site.name = text;
  return t;
}
