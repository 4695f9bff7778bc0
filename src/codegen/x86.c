/* VEX, EVEX and general x86-64 encodings: see x86.h. */
#include "codegen/x86.h"

#include <string.h>

enum { VEX_W_0 = 0, VEX_W_1 = 1, VEX_W_E = 0, EVEX_W_0 = 0, EVEX_W_1 = 1, EVEX_W_E = 1 };
/* The table three times: the rows' numbers from 1, the rows, and the numbers by key and type. */
enum {
  NO_ROW,
#define ROW(key, type, ...) ROW_##key##_##type,
#define KEY ROW
#include "codegen/encode_table.def"
#undef ROW
  N_ROWS
};
_Static_assert(N_ROWS <= 256, "row numbers have a byte");
const struct tin_x86_row tin_x86_rows[N_ROWS] = {
    {.form = X86_NONE},
#define ROW(key, type, form, map, prefix, w, opcode, extension, scale, vex, evex)                                                          \
  {X86_##form, map, prefix, VEX_W_##w, EVEX_W_##w, opcode, extension, X86_##scale, vex, evex},
#include "codegen/encode_table.def"
#undef ROW
#undef KEY
};
const uint8_t tin_x86_row_numbers[X86_KEYS][VT_COUNT] = {
#define ROW(key, type, ...) [V_##key][VT_##type] = ROW_##key##_##type,
#define KEY(key, type, ...) [X86_##key][VT_##type] = ROW_##key##_##type,
#include "codegen/encode_table.def"
};
#undef ROW
#undef KEY

enum { RESERVED = 256 }; /* bytes that one vop may take: twice the longest sequence, a u8 store into a tail */

void tin_x86_reserve(struct tin_x86 *code) {
  if (code->capacity - code->count >= RESERVED)
    return;
  int grown = code->capacity ? code->capacity * 2 : 16 * RESERVED;
  uint8_t *bytes = tin_arena_alloc(code->arena, (size_t)grown);
  if (code->count)
    memcpy(bytes, code->bytes, (size_t)code->count);
  code->bytes = bytes;
  code->capacity = grown;
}

static void put(struct tin_x86 *code, unsigned byte) {
  code->bytes[code->count++] = (uint8_t)byte;
}

void tin_x86_bytes(struct tin_x86 *code, const void *bytes, int count) {
  memcpy(code->bytes + code->count, bytes, (size_t)count);
  code->count += count;
}

void tin_x86_imm32(struct tin_x86 *code, int64_t value) {
  int32_t low = (int32_t)value;
  tin_x86_bytes(code, &low, 4);
}

static unsigned bit(int value, int place) {
  return (unsigned)value >> place & 1;
}

/* Register extensions of a prefix: bit 3 and bit 4 of the fields' register numbers. VEX and EVEX store them inverted. */
struct extensions {
  unsigned r, x, b, r4, v4;
};

static void put_vex(struct tin_x86 *code, const struct tin_x86_row *row, int width, int vvvv, struct extensions ext) {
  unsigned low = (~(unsigned)vvvv & 15) << 3 | (unsigned)(width == 32) << 2 | row->prefix;
  if (row->map == 1 && !row->wide_vex && !ext.x && !ext.b) {
    put(code, 0xc5);
    put(code, (ext.r ^ 1) << 7 | low);
  } else {
    put(code, 0xc4);
    put(code, (ext.r ^ 1) << 7 | (ext.x ^ 1) << 6 | (ext.b ^ 1) << 5 | row->map);
    put(code, (unsigned)row->wide_vex << 7 | low);
  }
  put(code, row->opcode);
}

static void put_evex(struct tin_x86 *code, const struct tin_x86_row *row, int width, int vvvv, struct extensions ext, bool spread,
                     int mask) {
  unsigned zeroing = (mask & X86_ZEROING) != 0;
  put(code, 0x62);
  put(code, (ext.r ^ 1) << 7 | (ext.x ^ 1) << 6 | (ext.b ^ 1) << 5 | (ext.r4 ^ 1) << 4 | row->map);
  put(code, (unsigned)row->wide_evex << 7 | (~(unsigned)vvvv & 15) << 3 | 4 | row->prefix);
  put(code, zeroing << 7 | (unsigned)(width >> 5) << 5 | (unsigned)spread << 4 | (ext.v4 ^ 1) << 3 | (unsigned)(mask & 7));
  put(code, row->opcode);
}

static bool has_immediate(const struct tin_x86_row *row) {
  return row->form == X86_RVMI || row->form == X86_RVMR || row->form == X86_RMI || row->form == X86_MRI || row->form == X86_VMI;
}

void tin_x86_vector(struct tin_x86 *code, const struct tin_x86_row *row, int width, int reg, int vvvv, int rm, int imm, int mask) {
  struct extensions ext = {bit(reg, 3), bit(rm, 4), bit(rm, 3), bit(reg, 4), bit(vvvv, 4)};
  if (code->evex)
    put_evex(code, row, width, vvvv, ext, false, mask);
  else
    put_vex(code, row, width, vvvv, ext);
  put(code, 0xc0 | (unsigned)(reg & 7) << 3 | (unsigned)(rm & 7));
  if (has_immediate(row))
    put(code, (unsigned)imm & 255);
}

/* ModRM, SIB and displacement; a one-byte displacement counts in units of `scale` bytes. */
static void put_memory(struct tin_x86 *code, int reg, struct tin_x86_memory memory, int scale) {
  bool short_disp = memory.disp % scale == 0 && memory.disp / scale >= -128 && memory.disp / scale <= 127;
  /* Without a displacement, base fields of rbp and r13 mean something else. */
  unsigned mode = memory.disp == 0 && (memory.base & 7) != RBP ? 0 : short_disp ? 1 : 2;
  unsigned base = (unsigned)memory.base & 7, field = (unsigned)(reg & 7) << 3;
  if (memory.index >= 0 || base == RSP) {
    unsigned index = memory.index >= 0 ? (unsigned)memory.index & 7 : 4;
    put(code, mode << 6 | field | 4);
    put(code, (unsigned)(memory.index >= 0 ? memory.shift : 0) << 6 | index << 3 | base);
  } else {
    put(code, mode << 6 | field | base);
  }
  if (mode == 1)
    put(code, (unsigned)(memory.disp / scale) & 255);
  else if (mode == 2)
    tin_x86_imm32(code, memory.disp);
}

static int displacement_unit(const struct tin_x86_row *row, int width, bool wide) {
  return row->scale == X86_FULL ? width : row->scale == X86_HALF ? width / 2 : row->scale == X86_QUARTER ? width / 4 : wide ? 8 : 4;
}

void tin_x86_vector_memory(struct tin_x86 *code, const struct tin_x86_row *row, int width, bool wide, int reg, int vvvv,
                           struct tin_x86_memory memory, int imm, int mask) {
  int index = memory.index < 0 ? 0 : memory.index;
  bool by_vector = row->form == X86_VECTOR_INDEX;
  struct extensions ext = {bit(reg, 3), bit(index, 3), bit(memory.base, 3), bit(reg, 4), by_vector ? bit(index, 4) : bit(vvvv, 4)};
  if (code->evex) {
    put_evex(code, row, width, vvvv, ext, row->scale == X86_SPREAD_ELEMENT, mask);
    put_memory(code, reg, memory, displacement_unit(row, width, wide));
  } else {
    put_vex(code, row, width, vvvv, ext);
    put_memory(code, reg, memory, 1);
  }
  if (imm >= 0)
    put(code, (unsigned)imm);
}

static void put_general(struct tin_x86 *code, int opcode, bool wide, unsigned r, unsigned x, unsigned b) {
  unsigned rex = (unsigned)wide << 3 | r << 2 | x << 1 | b;
  if (rex)
    put(code, 0x40 | rex);
  if (opcode > 255)
    put(code, (unsigned)opcode >> 8);
  put(code, (unsigned)opcode & 255);
}

void tin_x86_general(struct tin_x86 *code, int opcode, bool wide, int reg, int rm) {
  put_general(code, opcode, wide, bit(reg, 3), 0, bit(rm, 3));
  put(code, 0xc0 | (unsigned)(reg & 7) << 3 | (unsigned)(rm & 7));
}

void tin_x86_general_memory(struct tin_x86 *code, int opcode, bool wide, int reg, struct tin_x86_memory memory) {
  put_general(code, opcode, wide, bit(reg, 3), memory.index >= 0 ? bit(memory.index, 3) : 0, bit(memory.base, 3));
  put_memory(code, reg, memory, 1);
}

void tin_x86_move_constant(struct tin_x86 *code, int reg, uint64_t value) {
  put_general(code, 0xb8 | (reg & 7), value > UINT32_MAX, 0, 0, bit(reg, 3));
  tin_x86_bytes(code, &value, value > UINT32_MAX ? 8 : 4);
}

/* The recommended forms of the manual: volume 2, NOP, table 4-12. */
void tin_x86_nops(struct tin_x86 *code, int count) {
  static const uint8_t forms[9][9] = {{0x90},
                                      {0x66, 0x90},
                                      {0x0f, 0x1f, 0x00},
                                      {0x0f, 0x1f, 0x40, 0x00},
                                      {0x0f, 0x1f, 0x44, 0x00, 0x00},
                                      {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
                                      {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
                                      {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
                                      {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00}};
  while (count > 0) {
    int size = count < 9 ? count : 9;
    tin_x86_bytes(code, forms[size - 1], size);
    count -= size;
  }
}

int tin_x86_jump(struct tin_x86 *code, int condition, int target) {
  put(code, 0x0f);
  put(code, 0x80 | (unsigned)condition);
  int place = code->count;
  tin_x86_imm32(code, target < 0 ? 0 : target - (place + 4));
  return place;
}

void tin_x86_land(struct tin_x86 *code, int place) {
  int32_t distance = code->count - (place + 4);
  memcpy(code->bytes + place, &distance, 4);
}
