/* Ops of the graph as sequences of vector ops: the vector meaning of ir/scalar.h. Values live in registers as tin_v_type says: integers of
 * 8 and 16 bits and bool in 32-bit lanes, the integers zero- or sign-extended, bool as a mask of all ones or zeros, f16 and bf16 as f32. */
#include <string.h>

#include "codegen/vectorize.h"
#include "ir/program.h"
#include "ir/scalar.h"

/* Register numbers have 16 bits, and the allocator may need three more for an instruction. */
enum { MAX_REGISTERS = 15000 };

int tin_v_register(struct vectorizer *v) {
  if (v->program.n_registers >= MAX_REGISTERS) {
    v->failed = true;
    return 0;
  }
  return v->program.n_registers++;
}

struct tin_vinst *tin_v_emit(struct vectorizer *v, int op, int type) {
  struct tin_vinst inst = {.op = (uint8_t)op,
                           .type = (uint8_t)type,
                           .d = V_NO_REGISTER,
                           .a = V_NO_REGISTER,
                           .b = V_NO_REGISTER,
                           .c = V_NO_REGISTER,
                           .pointer = -1};
  if (!v->target->supports(op, type, v->lanes))
    v->failed = true;
  tin_vec_push(v->arena, &v->program.insts, inst);
  return &v->program.insts.at[v->program.insts.count - 1];
}

int tin_v_binary(struct vectorizer *v, int op, int type, int a, int b) {
  int d = tin_v_register(v);
  struct tin_vinst *inst = tin_v_emit(v, op, type);
  inst->d = (uint16_t)d;
  inst->a = (uint16_t)a;
  inst->b = (uint16_t)b;
  return d;
}

int tin_v_unary(struct vectorizer *v, int op, int type, int a) {
  int d = tin_v_register(v);
  struct tin_vinst *inst = tin_v_emit(v, op, type);
  inst->d = (uint16_t)d;
  inst->a = (uint16_t)a;
  return d;
}

int tin_v_immediate(struct vectorizer *v, int op, int type, int a, int imm) {
  int d = tin_v_unary(v, op, type, a);
  v->program.insts.at[v->program.insts.count - 1].imm = imm;
  return d;
}

static int compare(struct vectorizer *v, int type, int predicate, int a, int b) {
  int d = tin_v_binary(v, V_CMP, type, a, b);
  v->program.insts.at[v->program.insts.count - 1].imm = predicate;
  return d;
}

static int select_by(struct vectorizer *v, int type, int mask, int a, int b) {
  int d = tin_v_binary(v, V_SELECT, type, mask, a);
  v->program.insts.at[v->program.insts.count - 1].c = (uint16_t)b;
  return d;
}

int tin_v_type(int dtype) {
  switch (dtype) {
  case TIN_F16:
  case TIN_BF16:
  case TIN_F32:
    return VT_F32;
  case TIN_F64:
    return VT_F64;
  case TIN_I64:
  case TIN_U64:
    return VT_I64;
  default:
    return VT_I32;
  }
}

uint64_t tin_v_lane_bits(int dtype, uint64_t bits) {
  bool extends = tin_dtypes[dtype].class == TIN_CLASS_SIGNED && tin_dtype_bytes(dtype) < 4;
  if (dtype == TIN_BOOL)
    return bits ? UINT32_MAX : 0;
  return extends || tin_dtype_is_half(dtype) ? tin_scalar_cast(bits, (tin_dtype)dtype, extends ? TIN_I32 : TIN_F32) : bits;
}

static int pool_slot(struct vectorizer *v, uint64_t bits) {
  for (int i = 0; i < v->pool.count; i++)
    if (v->pool.at[i] == bits)
      return i;
  tin_vec_push(v->arena, &v->pool, bits);
  return v->pool.count - 1;
}

int tin_v_const(struct vectorizer *v, int type, uint64_t bits) {
  int disp = 8 * pool_slot(v, bits);
  for (int i = 0; i < v->program.consts.count; i++) {
    const struct tin_vconst *old = &v->program.consts.at[i];
    if (old->pointer == 0 && old->disp == disp && old->type == type && !old->whole)
      return old->reg;
  }
  struct tin_vconst constant = {.reg = (uint16_t)tin_v_register(v), .pointer = 0, .disp = disp, .type = (uint8_t)type};
  tin_vec_push(v->arena, &v->program.consts, constant);
  return constant.reg;
}

static int const_i32(struct vectorizer *v, uint32_t bits) {
  return tin_v_const(v, VT_I32, bits);
}
static int const_double(struct vectorizer *v, int dtype, double value) {
  return tin_v_const(v, tin_v_type(dtype), tin_scalar_from_double(value, (tin_dtype)dtype));
}
static int all_ones(struct vectorizer *v) {
  return const_i32(v, 0xffffffffu);
}
static int mask_not(struct vectorizer *v, int mask) {
  return tin_v_binary(v, V_XOR, VT_I32, mask, all_ones(v));
}

int tin_v_wrap(struct vectorizer *v, int dtype, int x) {
  int bits = 8 * tin_dtype_bytes(dtype);
  if (bits >= 32 || dtype == TIN_BOOL)
    return x;
  if (tin_dtypes[dtype].class == TIN_CLASS_UNSIGNED)
    return tin_v_binary(v, V_AND, VT_I32, x, const_i32(v, (1u << bits) - 1));
  return tin_v_immediate(v, V_SARI, VT_I32, tin_v_immediate(v, V_SHLI, VT_I32, x, 32 - bits), 32 - bits);
}

static uint64_t sign_bit(int dtype) {
  return tin_dtype_bytes(dtype) == 8 ? (uint64_t)1 << 63 : (uint64_t)1 << 31;
}

/* IEEE 754-2019 minimum and maximum from the instructions that return their second operand for NaN and for zeros (docs/numerics.md). */
static int float_extremum(struct vectorizer *v, int op, int type, int a, int b) {
  int instruction = op == OP_MIN ? V_MIN : V_MAX;
  int ab = tin_v_binary(v, instruction, type, a, b), ba = tin_v_binary(v, instruction, type, b, a);
  if (op == OP_MIN)
    return tin_v_binary(v, V_OR, type, ab, ba);
  int both = tin_v_binary(v, V_AND, type, ab, ba);
  int nan = compare(v, type, VP_UNORDERED, a, b);
  return select_by(v, type, nan, tin_v_const(v, type, type == VT_F64 ? 0x7ff8000000000000u : 0x7fc00000u), both);
}

/* Unsigned numbers as signed ones in the same order, and back. */
static int flip_sign(struct vectorizer *v, int dtype, int x) {
  return tin_v_binary(v, V_XOR, tin_v_type(dtype), x, tin_v_const(v, tin_v_type(dtype), sign_bit(dtype)));
}

static int comparison(struct vectorizer *v, int op, int from, int a, int b) {
  if (from == TIN_BOOL) { /* masks: false < true although all ones is -1 */
    int differ = tin_v_binary(v, V_XOR, VT_I32, a, b);
    switch (op) {
    case OP_LT:
      return tin_v_binary(v, V_ANDNOT, VT_I32, a, b);
    case OP_LE:
      return tin_v_binary(v, V_OR, VT_I32, mask_not(v, a), b);
    case OP_EQ:
      return mask_not(v, differ);
    default:
      return differ;
    }
  }
  if ((from == TIN_U32 || from == TIN_U64) && (op == OP_LT || op == OP_LE)) {
    a = flip_sign(v, from, a);
    b = flip_sign(v, from, b);
  }
  static const int predicates[] = {VP_LT, VP_LE, VP_EQ, VP_NE};
  return compare(v, tin_v_type(from), predicates[op - OP_LT], a, b);
}

static int extremum(struct vectorizer *v, int op, int dtype, int a, int b) {
  int type = tin_v_type(dtype);
  if (tin_dtype_is_float(dtype))
    return float_extremum(v, op, type, a, b);
  if (dtype == TIN_BOOL)
    return tin_v_binary(v, op == OP_MIN ? V_AND : V_OR, type, a, b);
  if (dtype == TIN_U32) {
    int x = flip_sign(v, dtype, a), y = flip_sign(v, dtype, b);
    return flip_sign(v, dtype, tin_v_binary(v, op == OP_MIN ? V_MIN : V_MAX, type, x, y));
  }
  if (type == VT_I64) {
    int less = comparison(v, OP_LT, dtype, a, b);
    return op == OP_MIN ? select_by(v, type, less, a, b) : select_by(v, type, less, b, a);
  }
  return tin_v_binary(v, op == OP_MIN ? V_MIN : V_MAX, type, a, b);
}

/* ---- casts ---- */

static int float_to_i32(struct vectorizer *v, int from, int x) {
  int type = tin_v_type(from);
  int converted = tin_v_unary(v, from == TIN_F32 ? V_F32_I32 : V_F64_I32, VT_I32, x);
  int high = compare(v, type, VP_LE, const_double(v, from, 0x1p31), x); /* 0x80000000 there: flip it to the largest */
  converted = tin_v_binary(v, V_XOR, VT_I32, converted, high);
  return tin_v_binary(v, V_ANDNOT, VT_I32, compare(v, type, VP_UNORDERED, x, x), converted);
}

static int float_to_narrow(struct vectorizer *v, int from, int to, int x) {
  int low = const_i32(v, (uint32_t)tin_v_lane_bits(to, tin_scalar_neutral(OP_REDUCE_MAX, (tin_dtype)to)));
  int high = const_i32(v, (uint32_t)tin_v_lane_bits(to, tin_scalar_neutral(OP_REDUCE_MIN, (tin_dtype)to)));
  return tin_v_binary(v, V_MIN, VT_I32, tin_v_binary(v, V_MAX, VT_I32, float_to_i32(v, from, x), low), high);
}

/* Exactly rounded although the instruction is signed: high and low halves, of which only the last addition rounds. */
static int u32_to_float(struct vectorizer *v, int to, int x) {
  int type = tin_v_type(to), convert = to == TIN_F32 ? V_I32_F32 : V_I32_F64;
  int high = tin_v_unary(v, convert, type, tin_v_immediate(v, V_SHRI, VT_I32, x, 16));
  int low = tin_v_unary(v, convert, type, tin_v_binary(v, V_AND, VT_I32, x, const_i32(v, 0xffff)));
  return tin_v_binary(v, V_ADD, type, tin_v_binary(v, V_MUL, type, high, const_double(v, to, 65536)), low);
}

static int to_bool(struct vectorizer *v, int from, int x) {
  int type = tin_v_type(from);
  return compare(v, type, VP_NE, x, tin_v_const(v, type, 0));
}

static int from_bool(struct vectorizer *v, int to, int x) {
  if (to == TIN_F32)
    return tin_v_binary(v, V_AND, VT_I32, x, const_i32(v, 0x3f800000u));
  int one = tin_v_binary(v, V_AND, VT_I32, x, const_i32(v, 1));
  return to == TIN_F64 ? tin_v_unary(v, V_I32_F64, VT_F64, one) : tin_v_type(to) == VT_I64 ? tin_v_unary(v, V_U32_I64, VT_I64, one) : one;
}

static int fail(struct vectorizer *v) {
  v->failed = true;
  return 0;
}

static int from_float(struct vectorizer *v, int from, int to, int x) {
  switch (to) {
  case TIN_F32:
    return tin_v_unary(v, V_F64_F32, VT_F32, x);
  case TIN_F64:
    return tin_v_unary(v, V_F32_F64, VT_F64, x);
  case TIN_I32:
    return float_to_i32(v, from, x);
  default:
    return tin_dtype_bytes(to) < 4 ? float_to_narrow(v, from, to, x) : fail(v);
  }
}

static int from_integer(struct vectorizer *v, int from, int to, int x) {
  bool from_signed = tin_dtypes[from].class == TIN_CLASS_SIGNED, to_signed = tin_dtypes[to].class == TIN_CLASS_SIGNED, widens;
  if (tin_v_type(from) == VT_I64) {
    if (tin_v_type(to) == VT_I64)
      return x;
    if (to == TIN_F64 && from == TIN_I64)
      return tin_v_unary(v, V_I64_F64, VT_F64, x);
    if (tin_dtype_is_float(to))
      return fail(v); /* to f32: two roundings; u64: no instruction */
    return tin_v_wrap(v, to, tin_v_unary(v, V_I64_I32, VT_I32, x));
  }
  switch (to) {
  case TIN_I64:
  case TIN_U64:
    return tin_v_unary(v, from_signed ? V_I32_I64 : V_U32_I64, VT_I64, x);
  case TIN_F32:
  case TIN_F64:
    return from == TIN_U32 ? u32_to_float(v, to, x) : tin_v_unary(v, to == TIN_F32 ? V_I32_F32 : V_I32_F64, tin_v_type(to), x);
  default:
    widens = tin_dtype_bytes(to) > tin_dtype_bytes(from) && (to_signed || !from_signed);
    return widens ? x : tin_v_wrap(v, to, x);
  }
}

/* A lane of f32 to the nearest number of bf16, ties to even: the lower half is added so that it carries into the upper one; a NaN would
 * carry into its sign. */
static int round_to_bf16(struct vectorizer *v, int x) {
  int odd = tin_v_binary(v, V_AND, VT_I32, tin_v_immediate(v, V_SHRI, VT_I32, x, 16), const_i32(v, 1));
  int carried = tin_v_binary(v, V_ADD, VT_I32, tin_v_binary(v, V_ADD, VT_I32, x, const_i32(v, 0x7fff)), odd);
  int rounded = tin_v_binary(v, V_AND, VT_I32, carried, const_i32(v, 0xffff0000u));
  return select_by(v, VT_F32, compare(v, VT_F32, VP_UNORDERED, x, x), tin_v_const(v, VT_F32, 0x7fc00000u), rounded);
}

static int cast(struct vectorizer *v, int from, int to, int x);

/* Through f32 where that holds the number, or where f16 is infinite before f32 rounds. */
static int cast_to_half(struct vectorizer *v, int from, int to, int x) {
  bool narrow = tin_dtype_bytes(from) < 4, exact = tin_dtype_bytes(from) == 1;
  bool through = narrow || from == TIN_F32 || (to == TIN_F16 && !tin_dtype_is_float(from) && tin_dtype_bytes(from) == 4);
  if (!through)
    return fail(v);
  int wide = cast(v, from, TIN_F32, x);
  return exact ? wide : to == TIN_F16 ? tin_v_unary(v, V_ROUND_F16, VT_F32, wide) : round_to_bf16(v, wide);
}

static int cast(struct vectorizer *v, int from, int to, int x) {
  if (from == to || (tin_dtype_is_half(from) && to == TIN_F32))
    return x;
  if (tin_dtype_is_half(to))
    return cast_to_half(v, from, to, x);
  from = tin_dtype_working(from);
  if (to == TIN_BOOL)
    return to_bool(v, from, x);
  if (from == TIN_BOOL)
    return from_bool(v, to, x);
  return tin_dtype_is_float(from) ? from_float(v, from, to, x) : from_integer(v, from, to, x);
}

static int bitcast(struct vectorizer *v, int from, int to, int x) {
  if (tin_dtype_is_half(from) || tin_dtype_is_half(to))
    return fail(v);
  if (!tin_dtype_is_float(from))
    return tin_v_wrap(v, to, x); /* small integers lie in wider lanes, with their sign or zeros before them */
  int type = tin_v_type(from);
  uint64_t nan = from == TIN_F32 ? 0x7fc00000u : 0x7ff8000000000000u;
  return select_by(v, type, compare(v, type, VP_UNORDERED, x, x), tin_v_const(v, type, nan), x);
}

/* ---- elementary functions ---- */

static bool constant_of(const struct vectorizer *v, int reg, uint64_t *bits) {
  for (int i = 0; i < v->program.consts.count; i++) {
    const struct tin_vconst *constant = &v->program.consts.at[i];
    if (constant->reg == reg && constant->pointer == 0 && !constant->whole) {
      *bits = v->pool.at[constant->disp / 8];
      return true;
    }
  }
  return false;
}

/* Marks the steps that a value needs. */
static void mark_steps(const struct tin_program *program, bool *needed, int value) {
  needed[value] = true;
  for (int at = value; at >= program->n_args; at--) /* inputs have lower numbers */
    for (int k = 0; needed[at] && k < tin_ops[program->steps[at - program->n_args].op].arity; k++)
      needed[program->steps[at - program->n_args].in[k]] = true;
}

static void emit_step(struct vectorizer *v, const struct tin_program *program, int at, int *values, const int *dtypes) {
  const struct tin_step *step = &program->steps[at - program->n_args];
  int inputs[3] = {-1, -1, -1};
  if (step->op == OP_CONST) {
    values[at] = tin_v_const(v, tin_v_type(step->dtype), program->constants[step->in[0]]);
    return;
  }
  for (int k = 0; k < tin_ops[step->op].arity; k++)
    inputs[k] = values[step->in[k]];
  int from = dtypes[step->in[step->op == OP_SELECT ? 1 : 0]];
  /* a NaN's bits cannot reach a result that is not a NaN, so the canonical NaN of BITCAST is not needed inside a program, nor is the
   * arithmetic shift of i64, which AVX2 lacks */
  int dtype = step->op == OP_SHR && step->dtype == TIN_I64 ? TIN_U64 : step->dtype;
  values[at] = step->op == OP_BITCAST ? inputs[0] : tin_v_op(v, step->op, dtype, from, inputs);
}

static int elementary(struct vectorizer *v, int op, int dtype, const int *in) {
  const struct tin_program *program = tin_program_of(op, (tin_dtype)dtype);
  int values[TIN_PROGRAM_VALUES], dtypes[TIN_PROGRAM_VALUES], count = program->n_args + program->n_steps, type = tin_v_type(dtype);
  bool needed[TIN_PROGRAM_VALUES] = {false};
  bool scaled = program->exponent && v->target->supports(V_SCALEF, type, v->lanes);
  if (scaled) {
    mark_steps(program, needed, program->mantissa);
    mark_steps(program, needed, program->exponent);
  } else {
    mark_steps(program, needed, count - 1);
  }
  for (int i = 0; i < count; i++) {
    dtypes[i] = i < program->n_args ? dtype : program->steps[i - program->n_args].dtype;
    if (i < program->n_args)
      values[i] = in[i];
    else if (needed[i])
      emit_step(v, program, i, values, dtypes);
  }
  return scaled ? tin_v_binary(v, V_SCALEF, type, values[program->mantissa], values[program->exponent]) : values[count - 1];
}

/* ---- all ops ---- */

static int shift(struct vectorizer *v, int op, int dtype, int x, int count) {
  int type = tin_v_type(dtype);
  bool arithmetic = op == OP_SHR && tin_dtypes[dtype].class == TIN_CLASS_SIGNED;
  uint64_t bits;
  if (constant_of(v, count, &bits)) {
    int width = tin_dtype_bytes(dtype) * 8;
    if (bits >= (uint64_t)width && !arithmetic)
      return tin_v_const(v, type, 0);
    int by = bits >= (uint64_t)width ? width - 1 : (int)bits;
    return tin_v_wrap(v, dtype, tin_v_immediate(v, op == OP_SHL ? V_SHLI : arithmetic ? V_SARI : V_SHRI, type, x, by));
  }
  return tin_v_wrap(v, dtype, tin_v_binary(v, op == OP_SHL ? V_SHL : arithmetic ? V_SAR : V_SHR, type, x, count));
}

static int negate(struct vectorizer *v, int dtype, int x) {
  int type = tin_v_type(dtype);
  if (tin_dtype_is_float(dtype))
    return tin_v_binary(v, V_XOR, type, x, tin_v_const(v, type, sign_bit(dtype)));
  return tin_v_wrap(v, dtype, tin_v_binary(v, V_SUB, type, tin_v_const(v, type, 0), x));
}

static int absolute(struct vectorizer *v, int dtype, int x) {
  int type = tin_v_type(dtype);
  if (tin_dtype_is_float(dtype))
    return tin_v_binary(v, V_AND, type, x, tin_v_const(v, type, sign_bit(dtype) - 1));
  if (tin_dtypes[dtype].class == TIN_CLASS_UNSIGNED)
    return x;
  return extremum(v, OP_MAX, dtype, x, negate(v, dtype, x));
}

static int bitwise_not(struct vectorizer *v, int dtype, int x) {
  int ones = tin_v_type(dtype) == VT_I64 ? tin_v_const(v, VT_I64, ~(uint64_t)0) : all_ones(v);
  return tin_v_wrap(v, dtype, tin_v_binary(v, V_XOR, tin_v_type(dtype), x, ones));
}

static int multiply_add(struct vectorizer *v, int type, int a, int b, int c) {
  int d = tin_v_unary(v, V_MOV, type, c);
  struct tin_vinst *inst = tin_v_emit(v, V_FMA, type);
  inst->d = (uint16_t)d;
  inst->a = (uint16_t)a;
  inst->b = (uint16_t)b;
  return d;
}

int tin_v_op(struct vectorizer *v, int op, int dtype, int from, const int *in) {
  int type = tin_v_type(dtype);
  switch (op) {
  case OP_NEG:
    return negate(v, dtype, in[0]);
  case OP_ABS:
    return absolute(v, dtype, in[0]);
  case OP_SQRT:
    return tin_v_unary(v, V_SQRT, type, in[0]);
  case OP_ROUND:
  case OP_FLOOR:
  case OP_CEIL:
  case OP_TRUNC:
    return tin_v_immediate(v, V_ROUND, type, in[0], op - OP_ROUND);
  case OP_NOT:
    return bitwise_not(v, dtype, in[0]);
  case OP_CAST:
    return cast(v, from, dtype, in[0]);
  case OP_BITCAST:
    return bitcast(v, from, dtype, in[0]);
  case OP_ADD:
    return tin_v_wrap(v, dtype, tin_v_binary(v, V_ADD, type, in[0], in[1]));
  case OP_SUB:
    return tin_v_wrap(v, dtype, tin_v_binary(v, V_SUB, type, in[0], in[1]));
  case OP_MUL:
    return tin_v_wrap(v, dtype, tin_v_binary(v, V_MUL, type, in[0], in[1]));
  case OP_DIV: /* MOD has no vector form either: such nests become plain C */
    return tin_dtype_is_float(dtype) ? tin_v_binary(v, V_DIV, type, in[0], in[1]) : fail(v);
  case OP_MIN:
  case OP_MAX:
    return extremum(v, op, dtype, in[0], in[1]);
  case OP_LT:
  case OP_LE:
  case OP_EQ:
  case OP_NE:
    return comparison(v, op, from, in[0], in[1]);
  case OP_AND:
    return tin_v_binary(v, V_AND, type, in[0], in[1]);
  case OP_OR:
    return tin_v_binary(v, V_OR, type, in[0], in[1]);
  case OP_XOR:
    return tin_v_binary(v, V_XOR, type, in[0], in[1]);
  case OP_SHL:
  case OP_SHR:
    return shift(v, op, dtype, in[0], in[1]);
  case OP_SELECT:
    return select_by(v, type, in[0], in[1], in[2]);
  case OP_FMA:
    return multiply_add(v, type, in[0], in[1], in[2]);
  default:
    return tin_op_is(op, OP_CLASS_ELEMENTARY) ? elementary(v, op, dtype, in) : fail(v);
  }
}

int tin_v_reduce_step(struct vectorizer *v, int op, int dtype, int a, int b) {
  int combining = tin_op_combining(op);
  if (combining == OP_MIN || combining == OP_MAX)
    return extremum(v, combining, dtype, a, b);
  return tin_v_binary(v, combining == OP_MUL ? V_MUL : V_ADD, tin_v_type(dtype), a, b);
}

int tin_v_neutral(struct vectorizer *v, int op, int dtype) {
  uint64_t bits = tin_scalar_neutral(op == OP_CONTRACT ? OP_SUM : op, (tin_dtype)dtype);
  return tin_v_const(v, tin_v_type(dtype), tin_v_lane_bits(dtype, bits));
}
