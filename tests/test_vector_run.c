/* Every vop that a target supports, on special and random inputs and tails of every length: the machine code must compute the bits that
 * the readable text computes when gcc or clang compiles it (NaNs made alike). Then programs of control ops, with known results. */
#include <dlfcn.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "codegen/vector.h"

/* ---- machine code in this process ---- */

typedef void program_fn(uint64_t *frame);

struct pages {
  uint8_t *at;
  size_t size;
};

static struct pages map_code(struct tin_vcode code) {
  static const uint8_t enter[] = {0x48, 0x89, 0xfe}, leave = 0xc3; /* mov rsi, rdi; ret */
  struct pages pages = {.size = (size_t)code.count + 64};
  pages.at = mmap(NULL, pages.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  assert_true(pages.at != MAP_FAILED);
  memcpy(pages.at, enter, sizeof enter);
  memcpy(pages.at + sizeof enter, code.bytes, (size_t)code.count);
  pages.at[sizeof enter + (size_t)code.count] = leave;
  assert_int_equal(mprotect(pages.at, pages.size, PROT_READ | PROT_EXEC), 0);
  return pages;
}

static program_fn *entry(struct pages pages) {
  program_fn *function;
  memcpy(&function, &pages.at, sizeof function);
  return function;
}

static bool cpu_has(const struct tin_vtarget *target) {
  if (target->evex)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2");
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
}

/* ---- one program a vop ---- */

static const struct {
  const char *text, *operands;
} vops[] = {
#define VOP(name, text, operands) {#text, operands},
#include "codegen/vops.def"
#undef VOP
};

/* Frame: 0 .. 2 operands a, b, c; 3 result; 4 limit; 5 what GATHER, BROADCAST and others read. */
enum { SLOT_RESULT = 3, SLOT_LIMIT = 4, SLOT_MEMORY = 5, SLOTS = 6 };
enum { MEMORY_DISP = 24 };

struct vop_case {
  int op, type, imm;
  int flags;
  int in_types[3]; /* -1: no such operand */
  int out_type;    /* -1: none */
};

static int source_type(int op, int type) {
  switch (op) {
  case V_F32_I32:
  case V_F32_F64:
    return VT_F32;
  case V_F64_F32:
  case V_F64_I32:
  case V_F64_I64:
    return VT_F64;
  case V_I32_F32:
  case V_I32_F64:
  case V_I32_I64:
  case V_U32_I64:
    return VT_I32;
  case V_I64_I32:
  case V_I64_F64:
    return VT_I64;
  default:
    return type;
  }
}

static int lane_type(int type) {
  return type == VT_F16 || type == VT_BF16 ? VT_F32 : type >= VT_NARROW ? VT_I32 : type;
}

static struct vop_case make_case(int op, int type, int imm, int flags) {
  struct vop_case c = {.op = op, .type = type, .imm = imm, .flags = flags, .in_types = {-1, -1, -1}, .out_type = type};
  for (const char *operand = vops[op].operands; *operand; operand++)
    if (*operand >= 'A' && *operand <= 'C')
      c.in_types[*operand - 'A'] = source_type(op, type);
  if (op == V_SELECT || op == V_GATHER)
    c.in_types[0] = VT_I32;
  if (type >= VT_NARROW) /* lives in 32-bit lanes */
    c.out_type = lane_type(type);
  if (op == V_CMP)
    c.out_type = VT_I32;
  if (op == V_STORE)
    c.in_types[0] = lane_type(type);
  if (op == V_FMA || op == V_FMA_MEM)
    c.in_types[2] = type; /* the destination's old value */
  return c;
}

/* Registers of a, b, c, d: distinct; each of the sources as destination; high ones. */
static const uint8_t register_sets[][4] = {{1, 2, 3, 4}, {9, 10, 11, 9}, {8, 11, 7, 11}, {3, 9, 5, 5}, {17, 26, 8, 30}, {29, 3, 16, 29}};
enum { SETS_AVX2 = 4, SETS_AVX512 = 6 };

static void add(struct tin_arena *arena, struct tin_vprogram *program, struct tin_vinst inst) {
  tin_vec_push(arena, &program->insts, inst);
}

static bool is_store(int op) {
  return op == V_STORE || op == V_STREAM;
}

/* Loads, the vop, the store; what a streaming store cannot do, the tail, an ordinary one does; the flags of the loads and the store are
 * `mode` (index, perhaps tail). */
static void add_body(struct tin_arena *arena, struct tin_vprogram *program, const struct vop_case *c, const uint8_t *regs, int mode) {
  for (int k = 0; k < 3; k++)
    if (c->in_types[k] >= 0)
      add(arena, program,
          (struct tin_vinst){.op = V_LOAD, .type = (uint8_t)c->in_types[k], .flags = (uint8_t)mode, .d = regs[k], .pointer = (int16_t)k});
  bool fma = c->op == V_FMA || c->op == V_FMA_MEM;
  int d = fma ? regs[2] : regs[3];
  struct tin_vinst inst = {.op = (uint8_t)(c->op == V_STREAM && mode & V_TAIL_FLAG ? V_STORE : c->op),
                           .type = (uint8_t)c->type,
                           .d = (uint16_t)d,
                           .a = regs[0],
                           .b = regs[1],
                           .c = regs[2],
                           .imm = c->imm};
  if (strchr(vops[c->op].operands, 'M')) {
    bool masked = c->op != V_BROADCAST && c->op != V_FMA_MEM && c->op != V_PREFETCH;
    inst.pointer = is_store(c->op) ? SLOT_RESULT : SLOT_MEMORY;
    inst.disp = is_store(c->op) ? 0 : MEMORY_DISP;
    inst.flags = (uint8_t)((c->flags & V_INDEX_FLAG) | (masked ? mode & V_TAIL_FLAG : 0));
  }
  add(arena, program, inst);
  if (!is_store(c->op) && c->op != V_PREFETCH)
    add(arena, program,
        (struct tin_vinst){.op = V_STORE, .type = (uint8_t)c->out_type, .flags = (uint8_t)mode, .a = (uint16_t)d, .pointer = SLOT_RESULT});
}

static struct tin_vprogram make_program(struct tin_arena *arena, const struct vop_case *c, int lanes, const uint8_t *regs) {
  struct tin_vprogram program = {.lanes = lanes, .n_pointers = SLOTS, .n_slots = SLOTS, .spill_slot = -1};
  struct tin_vinst limits = {.op = V_LOOP, .a = SLOT_LIMIT, .imm = lanes};
  add(arena, &program, (struct tin_vinst){.op = V_INDEX_ZERO});
  if (c->op != V_MERGE) {
    add(arena, &program, limits);
    add_body(arena, &program, c, regs, V_INDEX_FLAG);
    limits.op = V_END;
    add(arena, &program, limits);
  }
  limits.op = V_TAIL;
  add(arena, &program, limits);
  add_body(arena, &program, c, regs, V_INDEX_FLAG | (c->op == V_MERGE ? 0 : V_TAIL_FLAG));
  limits.op = V_TAIL_END;
  add(arena, &program, limits);
  return program;
}

/* ---- inputs ---- */

static const uint32_t special_f32[] = {0,          0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001,
                                       0x00000001, 0x807fffff, 0x00800000, 0x7f7fffff, 0x3f000000, 0x3fc00000, 0xc0200000, 0x3effffff,
                                       0x4f000000, 0xcf000000, 0x4effffff, 0xcf000001, 0x4b000001, 0x5f000000, 0x42c80000, 0xc2c80000};
static const double special_f64[] = {0,
                                     -0.0,
                                     1,
                                     -1,
                                     INFINITY,
                                     -INFINITY,
                                     NAN,
                                     0x1p-1074,
                                     -0x1p-1030,
                                     0x1p-1022,
                                     0x1.fffffffffffffp1023,
                                     0.5,
                                     1.5,
                                     -2.5,
                                     0x1p31,
                                     -0x1p31,
                                     0x1p31 - 1,
                                     -0x1p31 - 1,
                                     -0x1p31 - 0.5,
                                     0x1p63,
                                     -0x1p63,
                                     0x1p52 + 1,
                                     0x1p-150,
                                     0x1.fffffffp127};
static const int64_t special_int[] = {0,
                                      1,
                                      -1,
                                      2,
                                      7,
                                      31,
                                      32,
                                      33,
                                      63,
                                      64,
                                      65,
                                      127,
                                      128,
                                      255,
                                      256,
                                      -128,
                                      INT32_MAX,
                                      INT32_MIN,
                                      INT32_MAX - 1,
                                      INT64_MAX,
                                      INT64_MIN,
                                      0x100000000,
                                      0x00ff00ff00ff00ff,
                                      -255};
enum { SPECIALS = 24, ELEMENTS = SPECIALS * SPECIALS + 200, PADDING = 128 };

static uint64_t next_random(uint64_t *state) { /* Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014) */
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

/* Operands 0 and 1 form all pairs of special values; random ones follow, half of them of ordinary size. */
static void fill_input(void *data, int type, int operand, bool indices) {
  uint64_t state = 17 + (uint64_t)operand;
  for (int i = 0; i < ELEMENTS; i++) {
    int which = (operand == 0 ? i : operand == 1 ? i / SPECIALS : i * 7 + i / SPECIALS) % SPECIALS;
    uint64_t random = next_random(&state);
    bool special = i < SPECIALS * SPECIALS;
    double ordinary = ((double)(random >> 11) * 0x1p-53 - 0.5) * 40;
    if (type == VT_F32) {
      float value = (float)ordinary;
      uint32_t low = (uint32_t)random;
      memcpy((float *)data + i, special ? &special_f32[which] : i % 2 ? (const void *)&value : &low, 4);
    } else if (type == VT_F64) {
      memcpy((double *)data + i, special ? (const void *)&special_f64[which] : i % 2 ? (const void *)&ordinary : &random, 8);
    } else if (type == VT_I32) {
      ((int32_t *)data)[i] = indices ? (int32_t)(random % 200) : special ? (int32_t)special_int[which] : (int32_t)random;
    } else {
      ((int64_t *)data)[i] = special ? special_int[which] : (int64_t)random;
    }
  }
}

struct buffers {
  uint8_t in[3][ELEMENTS * 8 + PADDING];
  uint8_t memory[ELEMENTS * 8 + PADDING];
  _Alignas(64) uint8_t out[2][ELEMENTS * 8 + PADDING]; /* streaming stores want it */
};

static void fill_buffers(struct buffers *buffers, const struct vop_case *c) {
  memset(buffers, 0, sizeof *buffers);
  for (int k = 0; k < 3; k++)
    if (c->in_types[k] >= 0)
      fill_input(buffers->in[k], c->in_types[k], k, c->op == V_GATHER);
  if (c->op == V_SELECT)
    for (int i = 0; i < ELEMENTS; i++)
      ((int32_t *)(void *)buffers->in[0])[i] = -(int32_t)(((uint32_t)i * 2654435761u) >> 31);
  fill_input(buffers->memory, c->type >= VT_NARROW ? VT_I64 : c->type, 1, false);
}

static void run(program_fn *function, struct buffers *buffers, int out, int limit) {
  uint64_t frame[SLOTS] = {(uintptr_t)buffers->in[0],    (uintptr_t)buffers->in[1], (uintptr_t)buffers->in[2],
                           (uintptr_t)buffers->out[out], (uint64_t)limit,           (uintptr_t)buffers->memory};
  memset(buffers->out[out], 0xa5, sizeof buffers->out[out]);
  function(frame);
}

static void unify_nans(uint8_t *out, int type) {
  for (int i = 0; i < ELEMENTS; i++) {
    if (type == VT_F32 && isnan(((float *)(void *)out)[i]))
      ((uint32_t *)(void *)out)[i] = 0x7fc00000;
    if (type == VT_F64 && isnan(((double *)(void *)out)[i]))
      ((uint64_t *)(void *)out)[i] = 0x7ff8000000000000;
  }
}

static bool moves_bits(int op) {
  return op <= V_ZERO || op == V_SELECT || op == V_MERGE || op >= V_SWAP || (op >= V_AND && op <= V_SARI);
}

static void compare(struct buffers *buffers, const struct vop_case *c, int lanes, const char *how, int limit) {
  if (!moves_bits(c->op)) {
    unify_nans(buffers->out[0], c->out_type);
    unify_nans(buffers->out[1], c->out_type);
  }
  if (!memcmp(buffers->out[0], buffers->out[1], sizeof buffers->out[0]))
    return;
  int at = 0;
  while (buffers->out[0][at] == buffers->out[1][at])
    at++;
  int size = tin_vtype_bytes[is_store(c->op) ? c->type : c->out_type], element = at / size;
  uint64_t values[2] = {0, 0};
  for (int k = 0; k < 2; k++)
    memcpy(&values[k], buffers->out[k] + element * size, (size_t)size);
  fail_msg("v%s_%s immediate %d, %d lanes, %s, limit %d: element %d is %llx, not %llx", vops[c->op].text, tin_vtype_names[c->type], c->imm,
           lanes, how, limit, element, (unsigned long long)values[1], (unsigned long long)values[0]);
}

/* ---- the list of cases ---- */

struct case_list {
  struct vop_case at[512];
  int count;
};

static int immediates(int op, int type, int lanes, bool evex) {
  switch (op) {
  case V_SHLI:
  case V_SHRI:
  case V_SARI:
    return 70;
  case V_CMP:
    return 5;
  case V_ROUND:
    return 4;
  case V_SWAP:
    return lanes;
  case V_SHUFFLE_128:
    return evex || lanes * tin_vtype_bytes[type] == 32 ? 256 : 0;
  case V_PREFETCH:
    return 3;
  default:
    return 1;
  }
}

static bool immediate_chosen(int op, int imm) {
  if (op == V_SHLI || op == V_SHRI || op == V_SARI)
    return imm == 0 || imm == 7 || imm == 31 || imm == 33 || imm == 63 || imm == 64;
  if (op == V_SWAP)
    return imm && !(imm & (imm - 1));
  if (op == V_SHUFFLE_128)
    return (imm & 0x88) == 0 && imm % 23 == 3; /* bits 3 and 7 clear blocks on avx2: no use for them */
  return true;
}

static void list_cases(struct case_list *list, const struct tin_vtarget *target, int lanes) {
  bool wide_program = lanes * 8 <= target->vector_bytes;
  for (int op = 0; op < V_INDEX_ZERO; op++)
    for (int type = 0; type < VT_COUNT; type++) {
      bool wide = type == VT_F64 || type == VT_I64 || source_type(op, type) == VT_F64 || source_type(op, type) == VT_I64;
      if (!target->supports(op, type, lanes) || (wide && !wide_program))
        continue;
      for (int imm = 0; imm < immediates(op, type, lanes, target->evex); imm++)
        for (int flags = 0; flags <= V_INDEX_FLAG; flags += V_INDEX_FLAG) {
          bool indexed = strchr(vops[op].operands, 'M') != NULL;
          if (!immediate_chosen(op, imm) || (flags && !indexed) || (is_store(op) && !flags))
            continue;
          assert_true(list->count < 512);
          list->at[list->count++] = make_case(op, type, imm, flags);
        }
    }
}

/* ---- the readable text, compiled ---- */

static bool have_compiler(void) {
  return system("command -v cc >/dev/null 2>&1") == 0 && access("runtime/tin_vector.h", R_OK) == 0;
}

/* Functions r0, r1, ... of the readable text, for the cases in order; two sets of registers each. */
static void *compile_cases(const char *folder, const struct case_list *list, const struct tin_vtarget *target, int lanes) {
  struct tin_arena arena;
  struct tin_text text;
  char path[64], command[256];
  tin_arena_init(&arena, 1 << 18, NULL);
  tin_text_init(&text, &arena);
  tin_text_puts(&text, "#include \"runtime/tin_vector.h\"\n");
  for (int i = 0; i < 2 * list->count; i++) {
    struct tin_vprogram program = make_program(&arena, &list->at[i / 2], lanes, register_sets[i % 2]);
    tin_text_add(&text, "void r%d(void *frame) {\n", i);
    tin_vector_print_readable(&text, &program, target, "frame");
    tin_text_puts(&text, "}\n");
  }
  snprintf(path, sizeof path, "%s/%s_%d.c", folder, target->name, lanes);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fwrite(text.at, 1, (size_t)text.count, file);
  fclose(file);
  tin_arena_free(&arena);
  snprintf(command, sizeof command, "cc -O0 -w -ffp-contract=off -fPIC -shared -I. -o %s.so %s -lm", path, path);
  assert_int_equal(system(command), 0);
  strcat(path, ".so");
  void *library = dlopen(path, RTLD_NOW);
  assert_non_null(library);
  return library;
}

static program_fn *find(void *library, int number) {
  char name[16];
  snprintf(name, sizeof name, "r%d", number);
  void *address = dlsym(library, name);
  assert_non_null(address);
  program_fn *function;
  memcpy(&function, &address, sizeof function);
  return function;
}

/* Every length of tail, with few whole vectors and with all; the same against the reference of that length. */
static void check_case(void *library, int number, const struct vop_case *c, const struct tin_vtarget *target, int lanes,
                       struct buffers *buffers) {
  struct tin_arena arena;
  tin_arena_init(&arena, 1 << 14, NULL);
  int sets = target->evex ? SETS_AVX512 : SETS_AVX2;
  struct pages pages[SETS_AVX512];
  for (int set = 0; set < sets; set++) {
    struct tin_vprogram program = make_program(&arena, c, lanes, register_sets[set]);
    pages[set] = map_code(tin_vector_encode(&arena, &program, target));
  }
  fill_buffers(buffers, c);
  for (int rest = 0; rest < lanes; rest++) {
    int limit = rest % 2 || c->op == V_MERGE ? rest + (c->op == V_MERGE ? 0 : lanes) : ELEMENTS / lanes * lanes - lanes + rest;
    run(find(library, 2 * number), buffers, 0, limit);
    for (int set = 0; set < sets; set++) {
      run(entry(pages[set]), buffers, 1, limit);
      compare(buffers, c, lanes, "machine code", limit);
    }
    run(find(library, 2 * number + 1), buffers, 1, limit);
    compare(buffers, c, lanes, "readable, destination is a source", limit);
  }
  for (int set = 0; set < sets; set++)
    munmap(pages[set].at, pages[set].size);
  tin_arena_free(&arena);
}

static void check_target(const struct tin_vtarget *target, int lanes) {
  if (!cpu_has(target) || !have_compiler()) {
    print_message("skipped: %s needs a CPU that has it, and cc\n", target->name);
    skip();
  }
  char folder[] = "/tmp/tin-vector-XXXXXX", command[64];
  assert_non_null(mkdtemp(folder));
  struct case_list *list = calloc(1, sizeof *list);
  struct buffers *buffers = aligned_alloc(64, (sizeof *buffers + 63) / 64 * 64);
  assert_true(list && buffers);
  list_cases(list, target, lanes);
  void *library = compile_cases(folder, list, target, lanes);
  for (int i = 0; i < list->count; i++)
    check_case(library, i, &list->at[i], target, lanes, buffers);
  dlclose(library);
  free(buffers);
  free(list);
  snprintf(command, sizeof command, "rm -r %s", folder);
  assert_int_equal(system(command), 0);
}

static void test_avx512_16(void **state) {
  (void)state;
  check_target(&tin_target_avx512, 16);
}

static void test_avx512_8(void **state) {
  (void)state;
  check_target(&tin_target_avx512, 8);
}

static void test_avx2_8(void **state) {
  (void)state;
  check_target(&tin_target_avx2, 8);
}

static void test_avx2_4(void **state) {
  (void)state;
  check_target(&tin_target_avx2, 4);
}

/* ---- control ---- */

static struct tin_vinst control(int op, int slot, int imm) {
  return (struct tin_vinst){.op = (uint8_t)op, .a = (uint16_t)slot, .imm = imm};
}

static struct tin_vinst memory_op(int op, int type, int d, int a, int pointer, int disp, int flags) {
  return (struct tin_vinst){.op = (uint8_t)op,
                            .type = (uint8_t)type,
                            .flags = (uint8_t)flags,
                            .d = (uint16_t)d,
                            .a = (uint16_t)a,
                            .pointer = (int16_t)pointer,
                            .disp = disp};
}

static struct tin_vinst arithmetic(int op, int type, int d, int a, int b) {
  return (struct tin_vinst){.op = (uint8_t)op, .type = (uint8_t)type, .d = (uint16_t)d, .a = (uint16_t)a, .b = (uint16_t)b};
}

/* More pointers than general registers: out[i] += p0[row][i] + ... + p13[row][i] for rows that BUMP and ADVANCE walk through, twice; also
 * as bytes. */
enum { POINTERS = 14, ROWS = 3, ROW_LENGTH = 37, OUT = POINTERS, BYTES, LIMIT, COUNTER, TWICE, STEP, ROWS_SLOTS };

static struct tin_vprogram rows_program(struct tin_arena *arena, int lanes, bool constant_limit) {
  struct tin_vprogram p = {.lanes = lanes, .n_pointers = LIMIT, .n_slots = ROWS_SLOTS, .spill_slot = -1};
  int limit = constant_limit ? V_NO_REGISTER : LIMIT;
  add(arena, &p, control(V_REPEAT, TWICE, 0));
  add(arena, &p, control(V_RESET, COUNTER, ROWS));
  add(arena, &p, control(V_REPEAT, COUNTER, 0));
  add(arena, &p, control(V_INDEX_ZERO, 0, 0));
  for (int tail = 0; tail < 2; tail++) {
    int flags = V_INDEX_FLAG | (tail ? V_TAIL_FLAG : 0);
    struct tin_vinst open = control(tail ? V_TAIL : V_LOOP, limit, lanes);
    open.disp = ROW_LENGTH;
    add(arena, &p, open);
    add(arena, &p, memory_op(V_LOAD, VT_I32, 1, 0, OUT, 0, flags));
    for (int k = 0; k < POINTERS; k++) {
      add(arena, &p, memory_op(V_LOAD, VT_I32, 2, 0, k, 0, flags));
      add(arena, &p, arithmetic(V_ADD, VT_I32, 1, 1, 2));
    }
    add(arena, &p, memory_op(V_STORE, VT_I32, 0, 1, OUT, 0, flags));
    add(arena, &p, memory_op(V_STORE, VT_U8, 0, 1, BYTES, 1, flags));
    open.op = tail ? V_TAIL_END : V_END;
    add(arena, &p, open);
  }
  for (int k = 0; k < POINTERS; k++) {
    struct tin_vinst bump = k % 2 ? control(V_ADVANCE, STEP, 0) : control(V_BUMP, 0, ROW_LENGTH * 4);
    bump.pointer = (int16_t)k;
    add(arena, &p, bump);
  }
  add(arena, &p, control(V_REPEAT_END, COUNTER, 0));
  add(arena, &p, control(V_REPEAT_END, TWICE, 0));
  return p;
}

static void check_rows(const struct tin_vtarget *target, int lanes, bool constant_limit) {
  static int32_t in[POINTERS][2 * ROWS * ROW_LENGTH], out[ROW_LENGTH + 16];
  static uint8_t bytes[ROW_LENGTH + 16];
  struct tin_arena arena;
  tin_arena_init(&arena, 1 << 14, NULL);
  struct tin_vprogram program = rows_program(&arena, lanes, constant_limit);
  struct pages pages = map_code(tin_vector_encode(&arena, &program, target));
  uint64_t frame[ROWS_SLOTS] = {
      [OUT] = (uintptr_t)out, [BYTES] = (uintptr_t)bytes, [LIMIT] = ROW_LENGTH, [TWICE] = 2, [STEP] = ROW_LENGTH * 4};
  memset(out, 0, sizeof out);
  memset(bytes, 0, sizeof bytes);
  for (int k = 0; k < POINTERS; k++) {
    frame[k] = (uintptr_t)in[k];
    for (int i = 0; i < 2 * ROWS * ROW_LENGTH; i++)
      in[k][i] = i * i + 1000 * k;
  }
  entry(pages)(frame);
  for (int i = 0; i < ROW_LENGTH + 16; i++) {
    int32_t expected = 0;
    for (int r = 0; r < 2 * ROWS && i < ROW_LENGTH; r++)
      for (int k = 0; k < POINTERS; k++)
        expected += in[k][r * ROW_LENGTH + i];
    assert_int_equal(out[i], expected);
    assert_int_equal(bytes[(i + 1) % (ROW_LENGTH + 16)], (uint8_t)expected);
  }
  munmap(pages.at, pages.size);
  tin_arena_free(&arena);
}

/* out = the sum of the rows that a table names, all its entries from slot BASE; with so many pointers before it that it, the row and both
 * lie in general registers or beyond. */
static void check_point(const struct tin_vtarget *target, int lanes, int unused) {
  enum { ENTRIES = 5, TABLE = 14, ROW, RESULT, COUNT, BASE, POINT_SLOTS };
  static const int32_t table[ENTRIES] = {128, -64, 0, 64, 128};
  static int32_t rows[4 * 16], out[16];
  struct tin_arena arena;
  tin_arena_init(&arena, 1 << 14, NULL);
  struct tin_vprogram p = {.lanes = lanes, .n_pointers = COUNT, .n_slots = POINT_SLOTS, .spill_slot = -1};
  for (int k = 0; k < unused; k++)
    add(&arena, &p, memory_op(V_LOAD, VT_I32, 1, 0, k, 0, 0));
  add(&arena, &p, arithmetic(V_ZERO, VT_I32, 1, 0, 0));
  add(&arena, &p, control(V_REPEAT, COUNT, 0));
  struct tin_vinst point = control(V_POINT, BASE, TABLE), bump = control(V_BUMP, 0, 4);
  point.pointer = ROW, point.disp = -4, bump.pointer = TABLE;
  add(&arena, &p, point);
  add(&arena, &p, memory_op(V_LOAD, VT_I32, 2, 0, ROW, 0, 0));
  add(&arena, &p, arithmetic(V_ADD, VT_I32, 1, 1, 2));
  add(&arena, &p, bump);
  add(&arena, &p, control(V_REPEAT_END, COUNT, 0));
  add(&arena, &p, memory_op(V_STORE, VT_I32, 0, 1, RESULT, 0, 0));
  struct tin_error error = {0};
  if (!tin_vector_verify(&p, target, true, &error))
    fail_msg("%s", error.text);
  struct pages pages = map_code(tin_vector_encode(&arena, &p, target));
  uint64_t frame[POINT_SLOTS] = {[TABLE] = (uintptr_t)(table + 1), [RESULT] = (uintptr_t)out, [COUNT] = ENTRIES};
  for (int k = 0; k < TABLE; k++)
    frame[k] = (uintptr_t)rows;
  frame[BASE] = (uintptr_t)(rows + 16);
  for (int i = 0; i < 4 * 16; i++)
    rows[i] = i * i;
  entry(pages)(frame);
  for (int i = 0; i < lanes; i++) {
    int32_t expected = 0;
    for (int t = 0; t < ENTRIES; t++)
      expected += rows[16 + table[t] / 4 + i];
    assert_int_equal(out[i], expected);
  }
  munmap(pages.at, pages.size);
  tin_arena_free(&arena);
}

/* Masks that outlive their compare, that are overwritten, and one that is dead: what avx512 keeps in k2 must stay right.
 * m = a < b; r = m ? a : b; s = m ? b : a; m = a <= b; m = 0; r = m ? s : r; (dead) m = r < a; s = m ? b : s */
static struct tin_vprogram mask_program(struct tin_arena *arena, int lanes) {
  struct tin_vprogram p = {.lanes = lanes, .n_pointers = 4, .n_slots = 4, .spill_slot = -1};
  enum { A = 1, B, MASK, R, S };
  add(arena, &p, memory_op(V_LOAD, VT_I32, A, 0, 0, 0, 0));
  add(arena, &p, memory_op(V_LOAD, VT_I32, B, 0, 1, 0, 0));
  add(arena, &p, arithmetic(V_CMP, VT_I32, MASK, A, B));
  struct tin_vinst select = arithmetic(V_SELECT, VT_I32, R, MASK, A);
  select.c = B;
  add(arena, &p, select);
  select.d = S, select.b = B, select.c = A;
  add(arena, &p, select);
  struct tin_vinst other = arithmetic(V_CMP, VT_I32, MASK, A, B);
  other.imm = VP_LE;
  add(arena, &p, other);
  add(arena, &p, arithmetic(V_XOR, VT_I32, MASK, MASK, MASK)); /* k2 is out of date now */
  select.d = R, select.b = S, select.c = R;
  add(arena, &p, select);
  struct tin_vinst dead = arithmetic(V_CMP, VT_I32, MASK, R, A);
  dead.flags = V_DEAD_MASK;
  add(arena, &p, dead);
  select.d = S, select.b = B, select.c = S;
  add(arena, &p, select);
  add(arena, &p, memory_op(V_STORE, VT_I32, 0, R, 2, 0, 0));
  add(arena, &p, memory_op(V_STORE, VT_I32, 0, S, 3, 0, 0));
  return p;
}

static void check_masks(const struct tin_vtarget *target, int lanes) {
  int32_t a[16], b[16], r[16], s[16];
  struct tin_arena arena;
  tin_arena_init(&arena, 1 << 14, NULL);
  struct tin_vprogram program = mask_program(&arena, lanes);
  struct pages pages = map_code(tin_vector_encode(&arena, &program, target));
  for (int i = 0; i < 16; i++)
    a[i] = i * 5 % 7, b[i] = i % 4;
  uint64_t frame[4] = {(uintptr_t)a, (uintptr_t)b, (uintptr_t)r, (uintptr_t)s};
  entry(pages)(frame);
  for (int i = 0; i < lanes; i++) {
    assert_int_equal(r[i], a[i] < b[i] ? a[i] : b[i]);
    assert_int_equal(s[i], b[i]);
  }
  munmap(pages.at, pages.size);
  tin_arena_free(&arena);
}

static void test_control(void **state) {
  (void)state;
  static const struct {
    const struct tin_vtarget *target;
    int lanes;
  } kinds[] = {{&tin_target_avx512, 16}, {&tin_target_avx512, 8}, {&tin_target_avx2, 8}, {&tin_target_avx2, 4}};
  for (int i = 0; i < 4; i++) {
    if (!cpu_has(kinds[i].target))
      continue;
    check_rows(kinds[i].target, kinds[i].lanes, false);
    check_rows(kinds[i].target, kinds[i].lanes, true);
    check_masks(kinds[i].target, kinds[i].lanes);
    for (int unused = 0; unused <= 14; unused++)
      check_point(kinds[i].target, kinds[i].lanes, unused);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_control), cmocka_unit_test(test_avx512_16), cmocka_unit_test(test_avx512_8),
      cmocka_unit_test(test_avx2_8),  cmocka_unit_test(test_avx2_4),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
