/* Elementwise values, see scalar.h. Each op is written once per kind of number (integers, f32, f64) as a loop over many elements; a single
 * element is the loop with count 1. Integers of every dtype, and bool, are computed as int64_t and wrapped to the dtype's width, which is
 * exact because all ops here commute with the wrap or work on the extended value; u64 has functions of its own where they do not. */
#include "ir/scalar.h"

#include <math.h>
#include <string.h>

#include "ir/program.h"

static inline float f32_from_bits(uint64_t bits) {
  uint32_t word = (uint32_t)bits;
  float value;
  memcpy(&value, &word, sizeof value);
  return value;
}

static inline uint64_t f32_bits(float value) {
  uint32_t word;
  memcpy(&word, &value, sizeof word);
  return word;
}

static inline double f64_from_bits(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline uint64_t f64_bits(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* ---- 16-bit floats ---- */

struct half_format {
  int fraction; /* bits */
  int lowest;   /* exponent of the least normal number */
};
static const struct half_format f16 = {10, -14}, bf16 = {7, -126};

static const struct half_format *half_of(tin_dtype dtype) {
  return dtype == TIN_F16 ? &f16 : &bf16;
}

/* The last exponent is for infinities and NaNs: 0, 1 ... 2 - 2 lowest count from the denormals. */
static uint64_t half_infinity(const struct half_format *format) {
  return (uint64_t)(3 - 2 * format->lowest) << format->fraction;
}

/* Rounded once, to nearest, ties to even: the significand is cut where the number's unit in the last place lies. Its highest bit adds one
 * to the exponent, as does a carry. */
static uint64_t half_from_double(double value, tin_dtype dtype) {
  const struct half_format *format = half_of(dtype);
  uint64_t bits = f64_bits(value), infinity = half_infinity(format), sign = bits >> 63 << 15;
  int exponent = (int)(bits >> 52 & 0x7ff) - 1023, above = exponent > format->lowest ? exponent - format->lowest : 0;
  int drop = 52 - format->fraction + (exponent < format->lowest ? format->lowest - exponent : 0);
  if (value != value)
    return infinity | (uint64_t)1 << (format->fraction - 1);
  if (drop > 53) /* below half of the least number */
    return sign;
  uint64_t significand = (bits & (((uint64_t)1 << 52) - 1)) | (uint64_t)1 << 52;
  uint64_t units = significand >> drop, rest = significand - (units << drop), half = (uint64_t)1 << (drop - 1);
  units += rest > half || (rest == half && (units & 1));
  uint64_t result = ((uint64_t)above << format->fraction) + units;
  return sign | (result < infinity ? result : infinity);
}

static double half_to_double(uint64_t bits, tin_dtype dtype) {
  const struct half_format *format = half_of(dtype);
  uint64_t magnitude = bits & 0x7fff, infinity = half_infinity(format), one = (uint64_t)1 << format->fraction;
  int exponent = (int)(magnitude >> format->fraction);
  double value =
      ldexp((double)((magnitude & (one - 1)) + (exponent ? one : 0)), (exponent ? exponent - 1 : 0) + format->lowest - format->fraction);
  if (magnitude >= infinity)
    value = magnitude > infinity ? (double)NAN : (double)INFINITY;
  return bits >> 15 ? -value : value;
}

/* The number that float bits of any size mean. */
static inline double float_from_bits(uint64_t bits, tin_dtype dtype) {
  return dtype == TIN_F32 ? (double)f32_from_bits(bits) : dtype == TIN_F64 ? f64_from_bits(bits) : half_to_double(bits, dtype);
}

/* ---- integers ---- */

static inline unsigned integer_width(tin_dtype dtype) {
  return dtype == TIN_BOOL ? 1 : 8 * (unsigned)tin_dtype_bytes(dtype);
}

/* The number that the bits mean, for the integer dtypes and bool; of u64 the number modulo 2^64. */
static inline int64_t integer_from_bits(uint64_t bits, tin_dtype dtype) {
  unsigned spare = 64 - integer_width(dtype);
  return tin_dtypes[dtype].class == TIN_CLASS_SIGNED ? (int64_t)(bits << spare) >> spare : (int64_t)bits;
}

static inline uint64_t integer_bits(uint64_t value, tin_dtype dtype) {
  return value & UINT64_MAX >> (64 - integer_width(dtype));
}

/* ---- conversions ---- */

/* The lowest or highest number of an integer dtype or bool. */
static uint64_t integer_limit(tin_dtype dtype, bool highest) {
  uint64_t sign = tin_dtypes[dtype].class == TIN_CLASS_SIGNED ? (uint64_t)1 << (integer_width(dtype) - 1) : 0;
  return integer_bits(highest ? ~sign : sign, dtype);
}

/* Truncates towards zero and saturates; NaN gives 0. The limits, powers of two, are exact. */
static uint64_t integer_from_double(double value, tin_dtype to) {
  bool is_signed = tin_dtypes[to].class == TIN_CLASS_SIGNED;
  double high = ldexp(1, (int)integer_width(to) - is_signed), low = is_signed ? -high : 0;
  if (value != value)
    return 0;
  value = trunc(value);
  if (value <= low || value >= high)
    return integer_limit(to, value >= high);
  return value < 0 ? integer_bits((uint64_t)(int64_t)value, to) : (uint64_t)value;
}

static inline float f32_from_integer(uint64_t bits, tin_dtype from) {
  return from == TIN_U64 ? (float)bits : (float)integer_from_bits(bits, from);
}

static inline double f64_from_integer(uint64_t bits, tin_dtype from) {
  return from == TIN_U64 ? (double)bits : (double)integer_from_bits(bits, from);
}

/* A number from which to round to a 16-bit float: its bits below the 53rd are joined in the last that a double has, which the shorter
 * rounding then sees as more than nothing. */
static double odd_from_integer(uint64_t bits, tin_dtype from) {
  bool negative = from != TIN_U64 && integer_from_bits(bits, from) < 0;
  uint64_t magnitude = negative ? 0 - (uint64_t)integer_from_bits(bits, from) : bits, low = magnitude & 0x7ff;
  if (magnitude >> 53)
    magnitude = (magnitude ^ low) | (uint64_t)(low != 0) << 11;
  return negative ? -(double)magnitude : (double)magnitude;
}

uint64_t tin_scalar_cast(uint64_t bits, tin_dtype from, tin_dtype to) {
  if (from == to)
    return bits;
  if (tin_dtype_is_half(to))
    return half_from_double(tin_dtype_is_float(from) ? float_from_bits(bits, from) : odd_from_integer(bits, from), to);
  if (!tin_dtype_is_float(from)) {
    return to == TIN_F32    ? f32_bits(f32_from_integer(bits, from))
           : to == TIN_F64  ? f64_bits(f64_from_integer(bits, from))
           : to == TIN_BOOL ? (uint64_t)(bits != 0)
                            : integer_bits((uint64_t)integer_from_bits(bits, from), to);
  }
  double value = float_from_bits(bits, from);
  return to == TIN_F32    ? f32_bits((float)value)
         : to == TIN_F64  ? f64_bits(value)
         : to == TIN_BOOL ? (uint64_t)(value != 0)
                          : integer_from_double(value, to);
}

uint64_t tin_scalar_canonical(uint64_t bits, tin_dtype dtype) {
  if (!tin_dtype_is_float(dtype))
    return bits;
  double value = float_from_bits(bits, dtype);
  return value == value ? bits : tin_scalar_cast(f64_bits((double)NAN), TIN_F64, dtype) & INT64_MAX >> (64 - 8 * tin_dtype_bytes(dtype));
}

uint64_t tin_scalar_from_double(double value, tin_dtype dtype) {
  return tin_scalar_cast(f64_bits(value), TIN_F64, dtype);
}

double tin_scalar_to_double(uint64_t bits, tin_dtype dtype) {
  return f64_from_bits(tin_scalar_cast(bits, dtype, TIN_F64));
}

uint64_t tin_scalar_load(const void *data, int64_t index, tin_dtype dtype) {
  switch (tin_dtype_bytes(dtype)) {
  case 1:
    return ((const uint8_t *)data)[index];
  case 2:
    return ((const uint16_t *)data)[index];
  case 4:
    return ((const uint32_t *)data)[index];
  default:
    return ((const uint64_t *)data)[index];
  }
}

void tin_scalar_store(void *data, int64_t index, tin_dtype dtype, uint64_t bits) {
  switch (tin_dtype_bytes(dtype)) {
  case 1:
    ((uint8_t *)data)[index] = (uint8_t)bits;
    break;
  case 2:
    ((uint16_t *)data)[index] = (uint16_t)bits;
    break;
  case 4:
    ((uint32_t *)data)[index] = (uint32_t)bits;
    break;
  default:
    ((uint64_t *)data)[index] = bits;
  }
}

/* ---- floats ---- */

/* EACH writes one expression over x, y, z, the elements' values, for all elements. */
#define EACH(READ, WRITE, expression)                                                                                                      \
  for (int i = 0; i < count; i++) {                                                                                                        \
    __auto_type x = READ(in[0][i]);                                                                                                        \
    __auto_type y = arity > 1 ? READ(in[1][i]) : x;                                                                                        \
    __auto_type z = arity > 2 ? READ(in[2][i]) : x;                                                                                        \
    (void)y, (void)z;                                                                                                                      \
    out[i] = WRITE(expression);                                                                                                            \
  }                                                                                                                                        \
  return true

/* The IEEE 754-2019 minimum and maximum: x + y is a NaN where either is; of zeros, the sign decides. */
#define FLOAT_MIN(x, y) (x < y ? x : y < x ? y : x == y ? (signbit(x) ? x : y) : x + y)
#define FLOAT_MAX(x, y) (x > y ? x : y > x ? y : x == y ? (signbit(x) ? y : x) : x + y)

#define DEFINE_FLOAT(name, READ, WRITE, SUFFIX)                                                                                            \
  static bool name(int op, const uint64_t *const *in, uint64_t *out, int count) {                                                          \
    const int arity = tin_ops[op].arity;                                                                                                   \
    switch (op) {                                                                                                                          \
    case OP_NEG:                                                                                                                           \
      EACH(READ, WRITE, -x);                                                                                                               \
    case OP_ABS:                                                                                                                           \
      EACH(READ, WRITE, fabs##SUFFIX(x));                                                                                                  \
    case OP_SQRT:                                                                                                                          \
      EACH(READ, WRITE, sqrt##SUFFIX(x));                                                                                                  \
    case OP_ROUND: /* in the default rounding mode: to nearest even */                                                                     \
      EACH(READ, WRITE, nearbyint##SUFFIX(x));                                                                                             \
    case OP_FLOOR:                                                                                                                         \
      EACH(READ, WRITE, floor##SUFFIX(x));                                                                                                 \
    case OP_CEIL:                                                                                                                          \
      EACH(READ, WRITE, ceil##SUFFIX(x));                                                                                                  \
    case OP_TRUNC:                                                                                                                         \
      EACH(READ, WRITE, trunc##SUFFIX(x));                                                                                                 \
    case OP_ADD:                                                                                                                           \
      EACH(READ, WRITE, x + y);                                                                                                            \
    case OP_SUB:                                                                                                                           \
      EACH(READ, WRITE, x - y);                                                                                                            \
    case OP_MUL:                                                                                                                           \
      EACH(READ, WRITE, x *y);                                                                                                             \
    case OP_DIV:                                                                                                                           \
      EACH(READ, WRITE, x / y);                                                                                                            \
    case OP_MIN:                                                                                                                           \
      EACH(READ, WRITE, FLOAT_MIN(x, y));                                                                                                  \
    case OP_MAX:                                                                                                                           \
      EACH(READ, WRITE, FLOAT_MAX(x, y));                                                                                                  \
    case OP_MOD: /* exact, so any right implementation gives the same bits */                                                              \
      EACH(READ, WRITE, fmod##SUFFIX(x, y));                                                                                               \
    case OP_LT:                                                                                                                            \
      EACH(READ, (uint64_t), x < y);                                                                                                       \
    case OP_LE:                                                                                                                            \
      EACH(READ, (uint64_t), x <= y);                                                                                                      \
    case OP_EQ:                                                                                                                            \
      EACH(READ, (uint64_t), x == y);                                                                                                      \
    case OP_NE:                                                                                                                            \
      EACH(READ, (uint64_t), x != y);                                                                                                      \
    case OP_FMA:                                                                                                                           \
      EACH(READ, WRITE, fma##SUFFIX(x, y, z));                                                                                             \
    }                                                                                                                                      \
    return false;                                                                                                                          \
  }

DEFINE_FLOAT(eval_f32, f32_from_bits, f32_bits, f)
DEFINE_FLOAT(eval_f64, f64_from_bits, f64_bits, )

/* ---- integers and bool ---- */

static inline int64_t divide(int64_t x, int64_t y) {
  return y == 0 ? 0 : y == -1 ? (int64_t)(0 - (uint64_t)x) : x / y;
}

static inline int64_t modulo(int64_t x, int64_t y) {
  return y == 0 ? x : y == -1 ? 0 : x % y;
}

/* Shift amounts count as unsigned numbers of the dtype, as their bits stand in `amount`. */
static inline uint64_t shift_left(int64_t x, uint64_t amount, unsigned width) {
  return amount < width ? (uint64_t)x << amount : 0;
}

static inline int64_t shift_right(int64_t x, uint64_t amount, unsigned width) {
  return x >> (amount < width ? amount : width - 1 + (width < 64)); /* past the width only the sign, 0 for unsigned dtypes, is left */
}

/* The ops that do not commute with the wrap of u64 into int64_t. */
static bool eval_u64(int op, const uint64_t *const *in, uint64_t *out, int count) {
  const int arity = tin_ops[op].arity;
  switch (op) {
  case OP_ABS:
    EACH(, , x);
  case OP_DIV:
    EACH(, , y == 0 ? 0 : x / y);
  case OP_MOD:
    EACH(, , y == 0 ? x : x % y);
  case OP_MIN:
    EACH(, , x < y ? x : y);
  case OP_MAX:
    EACH(, , x > y ? x : y);
  case OP_LT:
    EACH(, , x < y);
  case OP_LE:
    EACH(, , x <= y);
  case OP_SHR:
    EACH(, , y < 64 ? x >> y : 0);
  }
  return false;
}

static bool eval_integer(int op, tin_dtype dtype, const uint64_t *const *in, uint64_t *out, int count) {
  const int arity = tin_ops[op].arity;
  const unsigned width = integer_width(dtype);
#define READ(bits) integer_from_bits((bits), dtype)
#define WRITE(value) integer_bits((uint64_t)(value), dtype)
  switch (op) {
  case OP_NEG:
    EACH(READ, WRITE, 0 - (uint64_t)x);
  case OP_ABS:
    EACH(READ, WRITE, x < 0 ? 0 - (uint64_t)x : (uint64_t)x);
  case OP_NOT:
    EACH(READ, WRITE, ~x);
  case OP_ADD:
    EACH(READ, WRITE, (uint64_t)x + (uint64_t)y);
  case OP_SUB:
    EACH(READ, WRITE, (uint64_t)x - (uint64_t)y);
  case OP_MUL:
    EACH(READ, WRITE, (uint64_t)x * (uint64_t)y);
  case OP_DIV:
    EACH(READ, WRITE, divide(x, y));
  case OP_MOD:
    EACH(READ, WRITE, modulo(x, y));
  case OP_MIN:
    EACH(READ, WRITE, x < y ? x : y);
  case OP_MAX:
    EACH(READ, WRITE, x > y ? x : y);
  case OP_LT:
    EACH(READ, (uint64_t), x < y);
  case OP_LE:
    EACH(READ, (uint64_t), x <= y);
  case OP_EQ:
    EACH(READ, (uint64_t), x == y);
  case OP_NE:
    EACH(READ, (uint64_t), x != y);
  case OP_AND:
    EACH(READ, WRITE, x & y);
  case OP_OR:
    EACH(READ, WRITE, x | y);
  case OP_XOR:
    EACH(READ, WRITE, x ^ y);
  case OP_SHL:
    EACH(READ, WRITE, shift_left(x, in[1][i], width));
  case OP_SHR:
    EACH(READ, WRITE, shift_right(x, in[1][i], width));
  }
#undef READ
#undef WRITE
  return false;
}

/* ---- elementary functions ---- */

enum { PROGRAM_BLOCK = 16 }; /* elements that run through a program together */

static void run_block(const struct tin_program *program, tin_dtype dtype, const uint64_t *const *in, uint64_t *out, int count) {
  uint64_t values[TIN_PROGRAM_VALUES][PROGRAM_BLOCK];
  tin_dtype dtypes[TIN_PROGRAM_VALUES];
  for (int a = 0; a < program->n_args; a++) {
    memcpy(values[a], in[a], sizeof *out * (size_t)count);
    dtypes[a] = dtype;
  }
  for (int s = 0; s < program->n_steps; s++) {
    const struct tin_step *step = &program->steps[s];
    int number = program->n_args + s;
    dtypes[number] = (tin_dtype)step->dtype;
    if (step->op == OP_CONST) {
      for (int i = 0; i < count; i++)
        values[number][i] = program->constants[step->in[0]];
      continue;
    }
    const uint64_t *operands[3] = {NULL, NULL, NULL};
    for (int k = 0; k < tin_ops[step->op].arity; k++)
      operands[k] = values[step->in[k]];
    tin_dtype from = dtypes[step->in[step->op == OP_SELECT ? 1 : 0]];
    tin_scalar_eval_many(step->op, (tin_dtype)step->dtype, from, operands, values[number], count);
  }
  memcpy(out, values[program->n_args + program->n_steps - 1], sizeof *out * (size_t)count);
}

static void run_program(int op, tin_dtype dtype, const uint64_t *const *in, uint64_t *out, int count) {
  const struct tin_program *program = tin_program_of(op, dtype);
  for (int done = 0; done < count; done += PROGRAM_BLOCK) {
    const uint64_t *block[3] = {NULL, NULL, NULL};
    for (int a = 0; a < program->n_args; a++)
      block[a] = in[a] + done;
    run_block(program, dtype, block, out + done, count - done < PROGRAM_BLOCK ? count - done : PROGRAM_BLOCK);
  }
}

/* ---- all ops ---- */

void tin_scalar_eval_many(int op, tin_dtype dtype, tin_dtype from, const uint64_t *const *in, uint64_t *out, int count) {
  if (tin_op_is(op, OP_CLASS_ELEMENTARY)) {
    run_program(op, dtype, in, out, count);
    return;
  }
  switch (op) {
  case OP_CAST:
    for (int i = 0; i < count; i++)
      out[i] = tin_scalar_cast(in[0][i], from, dtype);
    return;
  case OP_BITCAST:
    for (int i = 0; i < count; i++)
      out[i] = tin_scalar_canonical(in[0][i], from);
    return;
  case OP_SELECT:
    for (int i = 0; i < count; i++)
      out[i] = in[0][i] ? in[1][i] : in[2][i];
    return;
  }
  if (from == TIN_F32)
    eval_f32(op, in, out, count);
  else if (from == TIN_F64)
    eval_f64(op, in, out, count);
  else if (from != TIN_U64 || !eval_u64(op, in, out, count))
    eval_integer(op, from, in, out, count);
}

uint64_t tin_scalar_eval(int op, tin_dtype dtype, tin_dtype from, const uint64_t *in) {
  const uint64_t *operands[3] = {in, in + 1, in + 2}; /* looked at up to the arity only */
  uint64_t out = 0;
  tin_scalar_eval_many(op, dtype, from, operands, &out, 1);
  return out;
}

/* The number closest to -inf or +inf, or that itself. */
static uint64_t extremum(tin_dtype dtype, bool highest) {
  switch (dtype) {
  case TIN_F32:
    return f32_bits(highest ? INFINITY : -INFINITY);
  case TIN_F64:
    return f64_bits(highest ? INFINITY : -INFINITY);
  default:
    return integer_limit(dtype, highest);
  }
}

uint64_t tin_scalar_neutral(int op, tin_dtype dtype) {
  switch (op) {
  case OP_PROD:
    return tin_scalar_from_double(1, dtype);
  case OP_REDUCE_MAX:
    return extremum(dtype, false);
  case OP_REDUCE_MIN:
    return extremum(dtype, true);
  default: /* sums */
    return tin_dtype_is_float(dtype) ? tin_scalar_from_double(-0.0, dtype) : 0;
  }
}
