/* The rows of encode_table.def and the general instructions against GNU as: the same instructions as text, assembled, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "codegen/x86.h"

enum { MAX_LINES = 16384 };

/* Instructions emitted so far, with their texts. */
struct listing {
  struct tin_arena arena;
  struct tin_x86 code;
  FILE *source;
  struct {
    int end; /* of its bytes */
    char text[160];
  } lines[MAX_LINES];
  int count;
};

static void line_done(struct listing *list, const char *text) {
  fprintf(list->source, "%s\n", text);
  assert_true(list->count < MAX_LINES);
  list->lines[list->count].end = list->code.count;
  snprintf(list->lines[list->count].text, sizeof list->lines[0].text, "%s", text);
  list->count++;
  tin_x86_reserve(&list->code);
}

static const char *const general_names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                            "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

/* Register operand of `width` bytes. */
static const char *vector_name(char *name, int width, int number) {
  sprintf(name, "%cmm%d", width == 64 ? 'z' : width == 32 ? 'y' : 'x', number);
  return name;
}

static const char *memory_name(char *name, struct tin_x86_memory memory, int index_width) {
  int size = sprintf(name, "[%s", general_names[memory.base]);
  char index[16];
  if (memory.index >= 0)
    size += sprintf(name + size, "+%s*%d", index_width ? vector_name(index, index_width, memory.index) : general_names[memory.index],
                    1 << memory.shift);
  sprintf(name + size, "%+d]", memory.disp);
  return name;
}

/* Names of reg, vvvv and rm operands; what is special about a few keys. */
struct operands {
  char reg[16], vvvv[16], rm[16];
};

static bool widens(int key) {
  return key == V_F32_F64 || key == V_I32_F64 || key == V_I32_I64 || key == V_U32_I64;
}

static bool narrows(int key) {
  return key == V_F64_F32 || key == V_F64_I32;
}

static void name_operands(struct operands *names, int key, int type, bool evex, int width, int reg, int vvvv, int rm) {
  bool low = key == X86_STORE_LOW || key == X86_STORE_ELEMENT;
  vector_name(names->reg, low ? 16 : narrows(key) ? width / 2 : width, reg);
  vector_name(names->vvvv, width, vvvv);
  bool half = key == X86_HALF_TO_FLOAT || key == X86_FLOAT_TO_HALF || key == X86_NARROW_WORDS;
  vector_name(names->rm,
              widens(key) || key == V_I64_I32 || half       ? width / 2
              : key == X86_SPREAD || key == X86_WIDEN_BYTES ? 16
                                                            : width,
              rm);
  if ((key == V_CMP && evex) || key == X86_VECTOR_TO_MASK)
    sprintf(names->reg, "k%d", reg & 7);
  if (key == X86_MASK_TO_VECTOR)
    sprintf(names->rm, "k%d", rm & 7);
  if (key == X86_SIGNS)
    strcpy(names->reg, "eax");
  if (key == X86_FROM_GENERAL || key == X86_SPREAD_GENERAL || key == X86_SPREAD_WORDS)
    strcpy(names->rm, type == VT_I64 ? "rax" : "eax");
  if (key == X86_FROM_GENERAL)
    vector_name(names->reg, 16, reg);
  if (key == X86_EXTRACT_HIGH)
    vector_name(names->rm, 16, rm);
}

static void check_registers(struct listing *list, int key, int type, int width, int reg, int vvvv, int rm) {
  const struct tin_x86_row *row = tin_x86_row_of(key, type);
  bool evex = list->code.evex;
  struct operands names;
  if ((key == V_CMP && evex) || key == X86_VECTOR_TO_MASK)
    reg = 2;
  if (key == X86_MASK_TO_VECTOR)
    rm = 2;
  if (key == X86_SIGNS)
    reg = RAX;
  if (key == X86_FROM_GENERAL || key == X86_SPREAD_GENERAL || key == X86_SPREAD_WORDS)
    rm = RAX;
  name_operands(&names, key, type, evex, width, reg, vvvv, rm);
  char text[160], prefix[48];
  snprintf(prefix, sizeof prefix, "%s%s", evex ? "{evex} " : "", evex ? row->evex : row->vex);
  int imm = row->form == X86_RVMR ? 13 << 4 : 0x1b;
  if (key == V_CMP)
    imm &= evex && !(type == VT_F32 || type == VT_F64) ? 7 : 31;
  switch (row->form) {
  case X86_RVM:
    snprintf(text, sizeof text, "%s %s,%s,%s", prefix, names.reg, names.vvvv, names.rm);
    break;
  case X86_RVMI:
    snprintf(text, sizeof text, "%s %s,%s,%s,%d", prefix, names.reg, names.vvvv, names.rm, imm);
    break;
  case X86_RVMR:
    snprintf(text, sizeof text, "%s %s,%s,%s,%cmm13", prefix, names.reg, names.vvvv, names.rm, names.reg[0]);
    break;
  case X86_RM:
    snprintf(text, sizeof text, "%s %s,%s", prefix, names.reg, names.rm);
    break;
  case X86_RMI:
    snprintf(text, sizeof text, "%s %s,%s,%d", prefix, names.reg, names.rm, imm);
    break;
  case X86_MR:
    snprintf(text, sizeof text, "%s %s,%s", prefix, names.rm, names.reg);
    break;
  case X86_MRI:
    snprintf(text, sizeof text, "%s %s,%s,%d", prefix, names.rm, names.reg, imm);
    break;
  default: /* X86_VMI */
    snprintf(text, sizeof text, "%s %s,%s,%d", prefix, names.vvvv, names.rm, imm);
    reg = row->extension;
  }
  if (row->form == X86_RM || row->form == X86_RMI || row->form == X86_MR || row->form == X86_MRI)
    vvvv = 0;
  tin_x86_vector(&list->code, row, key == X86_FROM_GENERAL ? 16 : width, reg, vvvv, rm, imm, 0);
  line_done(list, text);
}

static void check_memory(struct listing *list, int key, int type, int width, int reg, int vvvv, struct tin_x86_memory memory, int mask) {
  const struct tin_x86_row *row = tin_x86_row_of(key, type);
  bool evex = list->code.evex, wide = type == VT_F64 || type == VT_I64, gather = row->form == X86_VECTOR_INDEX;
  char text[160], place[64];
  struct operands names;
  if (row->form == X86_LOAD || row->form == X86_STORE)
    vvvv = 0;
  if (gather && evex)
    vvvv = 0, mask = 2;
  name_operands(&names, key, type, evex, width, reg, vvvv, 0);
  memory_name(place, memory, gather ? (wide ? width / 2 : width) : 0);
  bool store = row->form == X86_STORE || key == X86_MASK_STORE;
  if (mask)
    sprintf((store ? place : names.reg) + strlen(store ? place : names.reg), "{k%d}%s", mask & 7, mask & X86_ZEROING ? "{z}" : "");
  const char *name = evex ? row->evex : row->vex, *prefix = evex ? "{evex} " : "";
  int imm = key == X86_STORE_ELEMENT ? 5 : key == V_STORE && type == VT_F16 ? 0 : -1;
  if (row->form == X86_LOAD)
    snprintf(text, sizeof text, "%s%s %s,%s", prefix, name, names.reg, place);
  else if (imm >= 0)
    snprintf(text, sizeof text, "%s%s %s,%s,%d", prefix, name, place, names.reg, imm);
  else if (row->form == X86_STORE)
    snprintf(text, sizeof text, "%s%s %s,%s", prefix, name, place, names.reg);
  else if (store)
    snprintf(text, sizeof text, "%s%s %s,%s,%s", prefix, name, place, names.vvvv, names.reg);
  else if (gather && evex)
    snprintf(text, sizeof text, "%s%s %s,%s", prefix, name, names.reg, place);
  else if (gather)
    snprintf(text, sizeof text, "%s%s %s,%s,%s", prefix, name, names.reg, place, names.vvvv);
  else if (row->scale == X86_SPREAD_ELEMENT)
    snprintf(text, sizeof text, "%s%s %s,%s,%s%s{1to%d}", prefix, name, names.reg, names.vvvv, wide ? "qword ptr " : "dword ptr ", place,
             width / (wide ? 8 : 4));
  else
    snprintf(text, sizeof text, "%s%s %s,%s,%s", prefix, name, names.reg, names.vvvv, place);
  tin_x86_vector_memory(&list->code, row, imm > 0 || key == X86_STORE_LOW ? 16 : width, wide, reg, vvvv, memory, imm, mask);
  line_done(list, text);
}

/* Bases without and with extension bit, those that need a SIB byte or a displacement; displacements around the limits of one byte. */
static void check_row_memory(struct listing *list, int key, int type, int width) {
  static const int bases[] = {RAX, RDI, R8, R12, R13};
  static const int disps[] = {0, 4, 64, -64, 120, 127 * 64, 128 * 64, -128 * 64, 100000};
  bool gather = tin_x86_row_of(key, type)->form == X86_VECTOR_INDEX, evex = list->code.evex;
  bool maskable = evex && (key == V_LOAD || key == V_STORE);
  for (int b = 0; b < 5; b++)
    for (int d = 0; d < 9; d++) {
      struct tin_x86_memory memory = {.base = bases[b], .index = -1, .disp = disps[d]};
      if (gather || d % 2)
        memory.index = gather ? (evex ? 3 + 7 * b : 3 + 2 * b) : RCX, memory.shift = d % 4;
      int reg = evex ? 1 + 5 * b : 2 + 3 * b, vvvv = evex ? 30 - 3 * d : 13 - d;
      if (gather && (reg == memory.index || reg == vvvv || vvvv == memory.index))
        continue;
      check_memory(list, key, type, width, reg, vvvv, memory, !maskable || d % 3 ? 0 : key == V_STORE ? 1 : 1 | X86_ZEROING);
    }
}

static bool has_memory_form(const struct tin_x86_row *row) {
  return row->form == X86_LOAD || row->form == X86_STORE || row->form == X86_RV_LOAD || row->form == X86_VECTOR_INDEX;
}

/* The first source is never below a second one of 8 and up: as swaps the operands of commutative instructions then. */
static void check_row_registers(struct listing *list, int key, int type, int width) {
  static const int low[][3] = {{1, 2, 3}, {9, 10, 11}, {9, 12, 4}, {3, 15, 14}, {12, 8, 1}, {15, 15, 15}};
  static const int high[][3] = {{17, 2, 3}, {1, 18, 3}, {1, 2, 19}, {30, 25, 27}, {8, 16, 24}};
  for (int i = 0; i < 6; i++) {
    bool exchanged = key == V_MOV && !list->code.evex && low[i][0] < 8 && low[i][2] > 7; /* as takes the store form */
    if (!exchanged)
      check_registers(list, key, type, width, low[i][0], low[i][1], low[i][2]);
  }
  for (int i = 0; list->code.evex && i < 5; i++)
    check_registers(list, key, type, width, high[i][0], high[i][1], high[i][2]);
}

static bool width_exists(int key, int width) {
  bool only_256 = key == X86_EXTRACT_HIGH || key == X86_SWAP_128;
  bool only_128 = key == X86_STORE_LOW || key == X86_STORE_ELEMENT || key == X86_FROM_GENERAL;
  if (width == 16)
    return !only_256 && key != V_SHUFFLE_128 && !widens(key) && !narrows(key) && key != V_I64_I32 && key != V_I64_F64 && key != V_F64_I64;
  return !only_128 && (width == 32 || !only_256);
}

static void check_row(struct listing *list, int key, int type) {
  const struct tin_x86_row *row = tin_x86_row_of(key, type);
  for (int width = 16; width <= (list->code.evex ? 64 : 32); width *= 2) {
    bool wide_128 = width == 16 && (key == V_BROADCAST || key == V_GATHER) && (type == VT_F64 || type == VT_I64);
    if (!width_exists(key, width) || wide_128)
      continue;
    if (has_memory_form(row))
      check_row_memory(list, key, type, width);
    else
      check_row_registers(list, key, type, width);
  }
}

static void check_general(struct listing *list) {
  static const int registers[] = {RAX, RCX, RDI, R9, R15};
  char text[160], place[64];
  for (int i = 0; i < 25; i++) {
    int reg = registers[i / 5], base = registers[i % 5];
    struct tin_x86_memory memory = {.base = base, .index = i % 2 ? RCX : -1, .shift = i % 4, .disp = i * i - 200};
    memory_name(place, memory, 0);
    snprintf(text, sizeof text, "mov %s,%s", general_names[reg], place);
    tin_x86_general_memory(&list->code, 0x8b, true, reg, memory);
    line_done(list, text);
    snprintf(text, sizeof text, "prefetcht1 byte ptr %s", place);
    tin_x86_general_memory(&list->code, 0x0f18, false, 2, memory);
    line_done(list, text);
    snprintf(text, sizeof text, "dec qword ptr %s", place);
    tin_x86_general_memory(&list->code, 0xff, true, 1, memory);
    line_done(list, text);
    snprintf(text, sizeof text, "add %s,%s", general_names[reg], general_names[base]);
    tin_x86_general(&list->code, 0x03, true, reg, base);
    snprintf(text, sizeof text, "{load} add %s,%s", general_names[reg], general_names[base]);
    line_done(list, text);
    snprintf(text, sizeof text, "add %s,%d", general_names[base], base == RAX ? 100 : 1000 + i);
    if (base != RAX) { /* as has a shorter form for rax */
      tin_x86_general(&list->code, 0x81, true, 0, base);
      tin_x86_imm32(&list->code, 1000 + i);
      line_done(list, text);
    }
  }
  tin_x86_move_constant(&list->code, RAX, 0xffffffff);
  line_done(list, "mov eax,0xffffffff");
  tin_x86_move_constant(&list->code, R9, 0x123456789abcdef0);
  line_done(list, "movabs r9,0x123456789abcdef0");
}

static bool have_assembler(void) {
  return system("command -v as >/dev/null 2>&1 && command -v objcopy >/dev/null 2>&1") == 0;
}

static void compare_listing(const struct listing *list, const uint8_t *expected, int count) {
  for (int i = 0, start = 0; i < list->count; start = list->lines[i++].end) {
    int size = list->lines[i].end - start;
    if (start + size <= count && !memcmp(list->code.bytes + start, expected + start, (size_t)size))
      continue;
    for (int k = start; k < start + size + 4; k++)
      print_error("%s%02x", k == start + size ? " | " : " ", list->code.bytes[k]);
    print_error("\nas:");
    for (int k = start; k < start + size + 4 && k < count; k++)
      print_error(" %02x", expected[k]);
    fail_msg("%s", list->lines[i].text);
  }
  assert_int_equal(list->code.count, count);
}

static void assemble_and_compare(struct listing *list, const char *folder) {
  char command[512], path[256];
  fclose(list->source);
  snprintf(command, sizeof command, "cd %s && as -o a.o a.s && objcopy -O binary -j .text a.o a.bin", folder);
  assert_int_equal(system(command), 0);
  snprintf(path, sizeof path, "%s/a.bin", folder);
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  uint8_t *expected = malloc(1 << 20);
  assert_non_null(expected);
  int count = (int)fread(expected, 1, 1 << 20, file);
  fclose(file);
  compare_listing(list, expected, count);
  free(expected);
}

static void test_table(void **state) {
  (void)state;
  if (!have_assembler()) {
    print_message("skipped: as and objcopy are not installed\n");
    skip();
  }
  char folder[] = "/tmp/tin-encode-XXXXXX", path[64], command[64];
  assert_non_null(mkdtemp(folder));
  struct listing *list = calloc(1, sizeof *list);
  assert_non_null(list);
  tin_arena_init(&list->arena, 1 << 16, NULL);
  list->code.arena = &list->arena;
  snprintf(path, sizeof path, "%s/a.s", folder);
  list->source = fopen(path, "w");
  assert_non_null(list->source);
  fprintf(list->source, ".intel_syntax noprefix\n");
  tin_x86_reserve(&list->code);
  for (int evex = 0; evex < 2; evex++)
    for (int key = 0; key < X86_KEYS; key++)
      for (int type = 0; type < VT_COUNT; type++) {
        const struct tin_x86_row *row = tin_x86_row_of(key, type);
        list->code.evex = evex;
        if (row->form && (evex ? row->evex : row->vex))
          check_row(list, key, type);
      }
  check_general(list);
  assemble_and_compare(list, folder);
  tin_arena_free(&list->arena);
  free(list);
  snprintf(command, sizeof command, "rm -r %s", folder);
  assert_int_equal(system(command), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
