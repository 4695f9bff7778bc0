/* Operands of the contractions in BLOCK parts. Row operands are read where they lie, in memory or in a block, and computed into scratch a
 * block at a time where that is not possible. Column operands of contractions over the block's rows are packed once a batch, since every
 * block reads them; those of contractions across are its rows, packed block by block where they are not contiguous. */
#include "codegen/block_operand.h"

#include <stdio.h>

#include "codegen/contract_kernel.h"

/* A row stride of a multiple of this many bytes puts the rows of a tile into few sets of a 12-way L1. */
enum { ALIASING_BYTES = 2048, ALIASING_ROWS = 8 };

/* The nest only copies: from a buffer, or from a block. */
static bool is_direct(const struct tin_nest *nest, struct tin_block_operand *operand, int64_t *row, int64_t *column) {
  const struct tin_value *value = &nest->values.at[nest->stores.at[0].value];
  if (value->kind != VALUE_LOAD || value->in[0] >= 0 || value->in[1] >= 0)
    return false;
  const struct tin_arg *arg = &nest->args.at[value->arg];
  int64_t unused;
  if (arg->dtype != TIN_F32 || !tin_index_affine(value->index, nest->row, row) || !tin_index_affine(value->index, nest->column, column) ||
      !tin_index_affine(value->index, SYMBOL_BATCH, &operand->batch) || !tin_index_affine(value->index, SYMBOL_BLOCK_BASE, &unused))
    return false;
  if (*row < INT32_MIN / 256 || *row > INT32_MAX / 256 || *column < INT32_MIN / 256 || *column > INT32_MAX / 256)
    return false; /* 32 rows of a tile are reached by displacements of 32 bits */
  operand->place = arg->kind == ARG_BUFFER ? OPERAND_IN_BUFFER : OPERAND_IN_BLOCK;
  operand->number = arg->kind == ARG_BUFFER ? arg->number : arg->number - 1;
  operand->base = value->index->constant;
  return true;
}

static struct tin_nest *nest_of(struct tin_arena *arena, const struct tin_block_request *request, enum tin_contract_nest which,
                                int64_t leading) {
  return tin_lower_contract(arena, request->schedule, request->part, request->axes, which, leading, 0);
}

void tin_block_plan_rows(struct tin_arena *arena, const struct tin_block_request *request, struct tin_block_operand *operand) {
  const struct tin_contract_axes *axes = request->axes;
  bool across = request->part->across;
  int64_t row = 0, column = 0;
  *operand = (struct tin_block_operand){.place = OPERAND_IN_BUFFER};
  bool direct = is_direct(nest_of(arena, request, CONTRACT_ROWS_BY_K, 1), operand, &row, &column);
  int64_t far = across ? column : row;
  bool collides = operand->place == OPERAND_IN_BUFFER && request->block_rows > ALIASING_ROWS && far && far * 4 % ALIASING_BYTES == 0;
  if (direct && !collides) {
    operand->along_outer = row, operand->along_k = column;
    operand->along_block = operand->place == OPERAND_IN_BLOCK ? 0 : across ? column : row;
    return;
  }
  int64_t leading = (across ? axes->m_size : axes->k_size) + 16; /* 16: off powers of two */
  *operand = (struct tin_block_operand){.place = OPERAND_IN_SCRATCH, .bytes = request->block_rows * leading * 4};
  operand->along_outer = across ? 1 : leading;
  operand->along_k = across ? leading : 1;
  operand->nest = nest_of(arena, request, across ? CONTRACT_K_BY_ROWS : CONTRACT_ROWS_BY_K, leading);
}

/* Contiguous along the columns, and short rows: read where it lies. */
static bool columns_in_place(const struct tin_codegen_target *target, const struct tin_block_request *request, const struct tin_nest *nest,
                             struct tin_block_operand *operand) {
  int64_t row, column, n = request->axes->n_size, lanes = target->vector ? target->vector->vector_bytes / 4 : request->panel;
  if (!is_direct(nest, operand, &row, &column) || operand->place != OPERAND_IN_BUFFER || column != 1 || n % lanes != 0)
    return false;
  if (!request->part->across && row != n) /* every block reads it again: rows far apart cost pages and sets */
    return false;
  operand->along_outer = 1;
  operand->along_k = row;
  operand->along_block = request->part->across ? row : 0;
  return true;
}

/* Turning vectors by 90 degrees costs half a cycle an element: worth it where the copy would gather. */
static bool turn_columns(struct tin_arena *arena, const struct tin_codegen_target *target, const struct tin_block_request *request,
                         struct tin_block_operand *operand) {
  const float turn = 0.5f;
  int64_t row, column, leading = request->axes->k_size + 16;
  if (!target->vector || request->part->across)
    return false;
  struct tin_nest *nest = nest_of(arena, request, CONTRACT_COLUMNS_BY_K, leading);
  if (tin_nest_cost(nest, 0) + turn >= tin_nest_cost(operand->nest, 0))
    return false;
  struct tin_block_operand from = {.place = OPERAND_IN_BUFFER};
  bool direct = is_direct(nest, &from, &row, &column) && from.place == OPERAND_IN_BUFFER && column == 1;
  operand->turned = true;
  operand->turned_row = direct ? row : leading;
  operand->nest = direct ? NULL : nest;
  operand->number = from.number, operand->base = from.base, operand->batch = from.batch;
  operand->stage_bytes = direct ? 0 : request->panel * leading * 4;
  return true;
}

void tin_block_plan_columns(struct tin_arena *arena, const struct tin_codegen_target *target, const struct tin_block_request *request,
                            struct tin_block_operand *operand) {
  bool across = request->part->across;
  int64_t panels = (request->axes->n_size + request->panel - 1) / request->panel;
  struct tin_nest *nest = nest_of(arena, request, CONTRACT_K_BY_COLUMNS, request->panel);
  *operand = (struct tin_block_operand){.place = OPERAND_IN_BUFFER};
  if (columns_in_place(target, request, nest, operand))
    return;
  int64_t k = across ? request->block_rows : request->axes->k_size;
  *operand = (struct tin_block_operand){.place = OPERAND_IN_SCRATCH, .nest = nest};
  operand->along_outer = k; /* a panel is k rows */
  operand->along_k = request->panel;
  operand->bytes = panels * request->panel * k * 4;
  turn_columns(arena, target, request, operand);
}

/* ---- printing ---- */

void tin_block_print_address(const struct tin_output *out, const struct tin_block_operand *operand, const char *outer, const char *k,
                             const char *row) {
  long long along_outer = operand->along_outer, along_k = operand->along_k;
  if (operand->place == OPERAND_IN_BUFFER)
    tin_output_add(out, "buf[%d] + (%lldL + batch * %lldL + %s * %lldL + ", operand->number, (long long)operand->base,
                   (long long)operand->batch, row, (long long)operand->along_block);
  else if (operand->place == OPERAND_IN_BLOCK)
    tin_output_add(out, "place[%d] + (", 1 + operand->number);
  else
    tin_output_add(out, "scratch + %lldL + (", (long long)operand->offset);
  tin_output_add(out, "%s * %lldL + %s * %lldL) * 4", outer, along_outer, k, along_k);
}

static void print_turn(const struct tin_output *out, const struct tin_block_request *request, const struct tin_block_operand *operand,
                       const char *name, int64_t own) {
  long long lanes = out->target->vector->vector_bytes / 4, row = operand->turned_row, panel = request->panel;
  if (operand->nest)
    tin_output_add(out,
                   "    char *from = scratch + %lldL;\n    place[0] = from; param[%d] = n0; param[%d] = 0;\n"
                   "    %s_columns(buf, scalar, scratch + %lldL, place, param, n0, n1, k0, k1);\n",
                   (long long)operand->stage_offset, SYMBOL_ROW_BASE, SYMBOL_COLUMN_BASE, name, (long long)own);
  else
    tin_output_add(out, "    char *from = buf[%d] + (%lldL + param[%d] * %lldL + n0 * %lldL) * 4;\n", operand->number,
                   (long long)operand->base, SYMBOL_BATCH, (long long)operand->batch, row);
  tin_output_add(out,
                 "    long rounds = k1 / %lldL, n;\n    for (n = 0; n + %lldL <= n1 - n0; n += %lldL)\n"
                 "      if (rounds) %s_turn(from + n * %lldL, to + n * 4, rounds);\n",
                 lanes, lanes, lanes, name, row * 4);
  tin_output_add(out,
                 "    for (long j = 0; j < n1 - n0; j++)\n      for (long i = j < n ? rounds * %lldL : 0; i < k1; i++)\n"
                 "        ((unsigned *)to)[i * %lldL + j] = ((unsigned *)from)[j * %lldL + i];\n",
                 lanes, panel, row);
}

void tin_block_print_pack(const struct tin_output *out, const struct tin_block_request *request, const struct tin_block_operand *operand,
                          const char *name, int64_t own) {
  if (operand->place != OPERAND_IN_SCRATCH)
    return;
  long long panel = request->panel, n = request->axes->n_size;
  if (operand->turned) {
    char turn[112];
    snprintf(turn, sizeof turn, "%s_turn", name);
    tin_transpose_print(out, TIN_F32, operand->turned_row, request->panel, turn);
  }
  tin_output_add(
      out,
      "static void %s_pack(char **buf, const unsigned long long *scalar, char *scratch, char **place, long *param, long k0, long k1)\n"
      "{\n  for (long n0 = 0; n0 < %lldL; n0 += %lldL) {\n    long n1 = n0 + %lldL < %lldL ? n0 + %lldL : %lldL;\n"
      "    char *to = scratch + %lldL + n0 * %lldL;\n",
      name, n, panel, panel, n, panel, n, (long long)operand->offset, (long long)(operand->along_outer * 4));
  if (operand->turned)
    print_turn(out, request, operand, name, own);
  else
    tin_output_add(out,
                   "    place[0] = to; param[%d] = k0; param[%d] = n0;\n"
                   "    %s_columns(buf, scalar, scratch + %lldL, place, param, k0, k1, n0, n1);\n",
                   SYMBOL_ROW_BASE, SYMBOL_COLUMN_BASE, name, (long long)own);
  tin_output_add(out, "  }\n}\n");
}
