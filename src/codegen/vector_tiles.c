/* Tiles: a MAP whose operands lie along its rows instead of its columns, as those of a transposition. A gather would fetch a cache line for
 * every element; a tile of lanes x lanes elements loads vectors along the rows, transposes them in registers, and computes and stores row
 * after row.
 *
 * The rows of tiles are a loop of the C text, the columns one of the program. What is left at the edges is done by the ordinary form of the
 * nest (kernel.c). */
#include <string.h>

#include "codegen/vector_loops.h"

/* ---- transposing registers ---- */

static int shuffle(struct tin_arena *arena, struct tin_vprogram *program, int op, int a, int b, int imm) {
  struct tin_vinst inst = {.op = (uint8_t)op,
                           .type = VT_F32,
                           .d = (uint16_t)program->n_registers,
                           .a = (uint16_t)a,
                           .b = (uint16_t)b,
                           .c = V_NO_REGISTER,
                           .pointer = -1,
                           .imm = imm};
  tin_vec_push(arena, &program->insts, inst);
  return program->n_registers++;
}

/* 128-bit blocks of two registers, by SHUFFLE_128: those of even, of odd numbers (avx512); both lower, both upper ones (avx2). */
enum { EVEN_BLOCKS = 0x88, ODD_BLOCKS = 0xdd, LOWER_BLOCKS = 0x20, UPPER_BLOCKS = 0x31 };

/* Pairs, then quads of elements: quads[4 g + i] has in each 128-bit block b the elements 4 b + i of the rows 4 g to 4 g + 3. */
static void transpose_blocks(struct tin_arena *arena, struct tin_vprogram *program, int n, const int *in, int *quads) {
  int pairs[16];
  for (int i = 0; i < n / 2; i++) {
    pairs[2 * i] = shuffle(arena, program, V_UNPACK_LO, in[2 * i], in[2 * i + 1], 0);
    pairs[2 * i + 1] = shuffle(arena, program, V_UNPACK_HI, in[2 * i], in[2 * i + 1], 0);
  }
  for (int g = 0; g < n / 4; g++)
    for (int half = 0; half < 2; half++) {
      int a = pairs[4 * g + half], b = pairs[4 * g + 2 + half];
      quads[4 * g + 2 * half] = shuffle(arena, program, V_UNPACK_PAIRS_LO, a, b, 0);
      quads[4 * g + 2 * half + 1] = shuffle(arena, program, V_UNPACK_PAIRS_HI, a, b, 0);
    }
}

void tin_vector_transpose(struct tin_arena *arena, struct tin_vprogram *program, int n, const int *in, int *out) {
  int quads[16];
  transpose_blocks(arena, program, n, in, quads);
  for (int i = 0; i < 4 && n == 8; i++) {
    out[i] = shuffle(arena, program, V_SHUFFLE_128, quads[i], quads[4 + i], LOWER_BLOCKS);
    out[4 + i] = shuffle(arena, program, V_SHUFFLE_128, quads[i], quads[4 + i], UPPER_BLOCKS);
  }
  for (int i = 0; i < 4 && n == 16; i++)
    for (int odd = 0; odd < 2; odd++) { /* blocks 0 and 2, then 1 and 3, of rows 0 to 7 and of rows 8 to 15 */
      int imm = odd ? ODD_BLOCKS : EVEN_BLOCKS;
      int upper = shuffle(arena, program, V_SHUFFLE_128, quads[i], quads[4 + i], imm);
      int lower = shuffle(arena, program, V_SHUFFLE_128, quads[8 + i], quads[12 + i], imm);
      out[4 * odd + i] = shuffle(arena, program, V_SHUFFLE_128, upper, lower, EVEN_BLOCKS);
      out[8 + 4 * odd + i] = shuffle(arena, program, V_SHUFFLE_128, upper, lower, ODD_BLOCKS);
    }
}

/* ---- nests ---- */

static bool is_transposed(const struct tin_nest *nest, const struct tin_value *value) {
  int64_t row, column;
  return value->kind == VALUE_LOAD && value->in[0] < 0 && value->in[1] < 0 && tin_index_affine(value->index, nest->row, &row) &&
         tin_index_affine(value->index, nest->column, &column) && row == 1 && column != 0 && column != 1;
}

bool tin_v_has_transposed(const struct tin_nest *nest) {
  if (nest->form != NEST_MAP || nest->row < 0 || nest->column < 0)
    return false;
  for (int i = 0; i < nest->values.count; i++)
    if (is_transposed(nest, &nest->values.at[i]))
      return true;
  return false;
}

/* Numbers that the C code computes for each row, and looked-up places, have no place in a tile. */
static bool is_simple(const struct tin_value *value) {
  bool computed =
      value->kind == VALUE_INDEX || value->kind == VALUE_GUARD || (value->kind == VALUE_LOAD && (value->in[0] >= 0 || value->in[1] >= 0));
  return !computed;
}

/* The loads of the tile's columns, as vectors along its rows. */
static int *load_transposed(struct vectorizer *v, const struct tin_value *value) {
  int *rows = TIN_NEW_ARRAY(v->arena, int, v->lanes), columns[16], vector_symbol = v->vector_symbol;
  if (tin_dtype_bytes(value->dtype) != 4)
    v->failed = true;
  int64_t stride = 0;
  tin_index_affine(value->index, v->nest->column, &stride);
  v->vector_symbol = v->nest->row;
  v->row_offset = 0;
  for (int k = 0; k < v->lanes; k++) {
    struct tin_v_place place = tin_v_place_of(v, value->arg, value->index, true);
    place.disp += stride * k * 4;
    if (place.disp > INT32_MAX || place.disp < INT32_MIN)
      v->failed = true;
    struct tin_vinst *inst = tin_v_emit(v, V_LOAD, tin_v_type(value->dtype));
    inst->d = (uint16_t)(columns[k] = tin_v_register(v));
    inst->pointer = (int16_t)place.pointer;
    inst->disp = (int32_t)place.disp;
  }
  v->vector_symbol = vector_symbol;
  tin_vector_transpose(v->arena, &v->program, v->lanes, columns, rows);
  return rows;
}

static void tile_row(struct vectorizer *v, int row) {
  const struct tin_nest *nest = v->nest;
  v->row_offset = row;
  tin_v_emit_values(v, v->used, DEPTH_ROW, -1);
  tin_v_emit_values(v, v->used, DEPTH_ELEMENT, -1);
  for (int i = 0; i < nest->stores.count; i++)
    tin_v_emit_store(v, &nest->stores.at[i], true);
}

void tin_v_tile_body(struct vectorizer *v) {
  const struct tin_nest *nest = v->nest;
  for (int i = 0; i < nest->values.count; i++)
    v->failed |= v->used[i] && !is_simple(&nest->values.at[i]);
  if (v->failed || (v->lanes != 16 && v->lanes != 8) || v->lanes * 4 != v->target->vector_bytes) {
    v->failed = true;
    return;
  }
  char *count = tin_arena_string(v->arena, v->lanes == 16 ? "(column_high - column_low) / 16" : "(column_high - column_low) / 8");
  int slot = tin_v_slot(v, NULL, count);
  tin_v_emit(v, V_INDEX_ZERO, VT_I32);
  tin_v_emit(v, V_REPEAT, VT_I32)->a = (uint16_t)slot;
  for (int i = 0; i < nest->values.count; i++)
    if (v->used[i] && is_transposed(nest, &nest->values.at[i]))
      v->tiles[i] = load_transposed(v, &nest->values.at[i]);
  for (int row = 0; row < v->lanes && !v->failed; row++)
    tile_row(v, row);
  tin_v_bump_all(v, nest->column, v->lanes);
  tin_v_end_repeat(v, slot);
}
