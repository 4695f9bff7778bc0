/* What every elementwise op gives, written a second time and sharing no code with the library: numbers are __float128 (113 bits) or
 * __int128, which hold every value of every dtype exactly; floats are rounded once, by integer arithmetic on their bits. */
#ifndef TIN_TESTS_REFERENCE_H
#define TIN_TESTS_REFERENCE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "ir/ir.h"

typedef __float128 quad;
typedef __int128 wide;
typedef unsigned __int128 unsigned_wide;

enum { QUAD_FRACTION = 112, QUAD_BIAS = 16383 };

/* ---- formats ---- */

static inline bool ref_is_float(tin_dtype dtype) {
  return tin_dtypes[dtype].class == TIN_CLASS_FLOAT;
}
static inline bool ref_is_signed(tin_dtype dtype) {
  return tin_dtypes[dtype].class == TIN_CLASS_SIGNED;
}
static inline int ref_width(tin_dtype dtype) {
  return dtype == TIN_BOOL ? 1 : 8 * tin_dtypes[dtype].bytes;
}

/* Bits of the fraction, and the exponent of the least normal number. */
struct ref_format {
  int fraction, lowest;
};
static inline struct ref_format ref_format_of(tin_dtype dtype) {
  const char *name = tin_dtypes[dtype].text;
  return !strcmp(name, "f64")   ? (struct ref_format){52, -1022}
         : !strcmp(name, "f32") ? (struct ref_format){23, -126}
         : !strcmp(name, "f16") ? (struct ref_format){10, -14}
                                : (struct ref_format){7, -126}; /* bf16 */
}

static inline unsigned_wide ref_quad_bits(quad x) {
  unsigned_wide bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
static inline quad ref_quad(unsigned_wide bits) {
  quad x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
/* 2^n, for a normal number of that size */
static inline quad ref_power_of_two(int n) {
  return ref_quad((unsigned_wide)(n + QUAD_BIAS) << QUAD_FRACTION);
}
static inline bool ref_sign(quad x) {
  return ref_quad_bits(x) >> 127;
}
static inline quad ref_with_sign(quad x, bool negative) {
  return ref_quad((ref_quad_bits(x) << 1 >> 1) | (unsigned_wide)negative << 127);
}
static inline int ref_exponent(quad x) { /* of a normal number */
  return (int)(ref_quad_bits(x) >> QUAD_FRACTION & 0x7fff) - QUAD_BIAS;
}

/* The number that float bits mean. */
static inline quad ref_value(uint64_t bits, tin_dtype dtype) {
  struct ref_format format = ref_format_of(dtype);
  uint64_t fraction = bits & ((UINT64_C(1) << format.fraction) - 1);
  int exponent = (int)(bits >> format.fraction & ((UINT64_C(1) << (ref_width(dtype) - 1 - format.fraction)) - 1));
  quad value = (quad)fraction;
  if (exponent == 3 - 2 * format.lowest)
    value = fraction ? (quad)NAN : (quad)INFINITY;
  else
    value = (exponent ? value + ref_power_of_two(format.fraction) : value) *
            ref_power_of_two((exponent ? exponent - 1 : 0) + format.lowest - format.fraction);
  return ref_with_sign(value, bits >> (ref_width(dtype) - 1));
}

/* The float nearest to the number, ties to even. */
static inline uint64_t ref_round(quad x, tin_dtype dtype) {
  struct ref_format format = ref_format_of(dtype);
  uint64_t infinity = (uint64_t)(3 - 2 * format.lowest) << format.fraction;
  uint64_t sign = ref_sign(x) ? UINT64_C(1) << (ref_width(dtype) - 1) : 0;
  if (x != x)
    return infinity | UINT64_C(1) << (format.fraction - 1);
  if (x == 0 || x - x != 0)
    return sign | (x == 0 ? 0 : infinity);
  int exponent = ref_exponent(x), above = exponent > format.lowest ? exponent - format.lowest : 0;
  int dropped = QUAD_FRACTION - format.fraction + (exponent < format.lowest ? format.lowest - exponent : 0);
  if (dropped > QUAD_FRACTION + 1) /* below half of the least number */
    return sign;
  unsigned_wide one = 1, significand = (ref_quad_bits(x) & ((one << QUAD_FRACTION) - 1)) | one << QUAD_FRACTION;
  unsigned_wide rest = significand & ((one << dropped) - 1), half = one << (dropped - 1);
  uint64_t units = (uint64_t)(significand >> dropped);
  units += rest > half || (rest == half && units % 2);
  uint64_t bits = ((uint64_t)above << format.fraction) + units; /* the highest bit of units adds one to the exponent, as a carry does */
  return sign | (bits < infinity ? bits : infinity);
}

/* The number that the bits of an integer or bool mean, and back. */
static inline wide ref_integer(uint64_t bits, tin_dtype dtype) {
  return ref_is_signed(dtype) && bits >> (ref_width(dtype) - 1) ? (wide)bits - ((wide)1 << ref_width(dtype)) : (wide)bits;
}
static inline uint64_t ref_wrap(wide value, tin_dtype dtype) {
  return (uint64_t)value & UINT64_MAX >> (64 - ref_width(dtype));
}

static inline uint64_t ref_load(const void *data, int64_t at, tin_dtype dtype) {
  uint64_t bits = 0;
  memcpy(&bits, (const char *)data + at * tin_dtypes[dtype].bytes, (size_t)tin_dtypes[dtype].bytes);
  return bits;
}
static inline void ref_store(void *data, int64_t at, tin_dtype dtype, uint64_t bits) {
  memcpy((char *)data + at * tin_dtypes[dtype].bytes, &bits, (size_t)tin_dtypes[dtype].bytes);
}

static inline bool ref_is_nan(uint64_t bits, tin_dtype dtype) {
  return ref_is_float(dtype) && ref_value(bits, dtype) != ref_value(bits, dtype);
}
/* NaN is one value. */
static inline bool ref_same(uint64_t a, uint64_t b, tin_dtype dtype) {
  return a == b || (ref_is_nan(a, dtype) && ref_is_nan(b, dtype));
}

/* ---- one element of every primitive ---- */

struct ref_element {
  tin_dtype from, to;  /* of the inputs (SELECT: of the branches), of the result */
  uint64_t bits[3];    /* the inputs */
  const quad *number;  /* the same as numbers where from is a float */
  const wide *integer; /* else */
};
typedef uint64_t ref_function(const struct ref_element *e);

/* x + y, exact or with the last bit set, so that one more rounding is right (Boldo and Melquiond, "Emulation of FMA and correctly rounded
 * sums", 2008). The error by Knuth's TwoSum. */
static inline quad ref_add_to_odd(quad x, quad y) {
  quad sum = x + y, y_part = sum - x, error = (x - (sum - y_part)) + (y - y_part);
  if (sum - sum != 0 || sum == 0 || error == 0 || ref_quad_bits(sum) & 1)
    return sum;
  return ref_quad(ref_quad_bits(sum) + ((error > 0) == (sum > 0) ? (unsigned_wide)1 : ~(unsigned_wide)0));
}

/* The root nearest to the exact one: halfway between floats there is none, and the square of a number halfway is exact in a quad. */
static inline uint64_t ref_root(quad x, tin_dtype dtype) {
  uint64_t bits = ref_round((quad)sqrtl((long double)x), dtype);
  if (!(x > 0) || x - x != 0)
    return bits;
  for (;;) {
    quad root = ref_value(bits, dtype), below = (root + ref_value(bits - 1, dtype)) / 2, above = (root + ref_value(bits + 1, dtype)) / 2;
    if (below * below < x && x < above * above)
      return bits;
    bits = below * below < x ? bits + 1 : bits - 1;
  }
}

enum ref_rounding { REF_NEAREST, REF_DOWN, REF_UP, REF_TO_ZERO };

static inline quad ref_to_integer(quad x, enum ref_rounding how) {
  if (!(x < 0x1p64 && x > -0x1p64)) /* all of these are integers, or not finite */
    return x;
  quad whole = (quad)(wide)x, rest = x - whole, size = rest < 0 ? -rest : rest;
  bool away = how == REF_DOWN ? rest < 0 : how == REF_UP ? rest > 0 : how == REF_NEAREST && (size > 0.5 || (size == 0.5 && (wide)x % 2));
  return ref_with_sign(away ? whole + (x < 0 ? -1 : 1) : whole, ref_sign(x));
}

/* Long division: what is left has the sign of x. */
static inline quad ref_remainder(quad x, quad y) {
  quad left = ref_with_sign(x, false), divisor = ref_with_sign(y, false);
  if (x != x || y != y || x - x != 0 || y == 0)
    return (quad)NAN;
  if (y - y != 0 || left < divisor)
    return x;
  for (int n = ref_exponent(left) - ref_exponent(divisor); n >= 0; n--)
    if (left >= divisor * ref_power_of_two(n))
      left -= divisor * ref_power_of_two(n);
  return ref_with_sign(left, ref_sign(x));
}

/* Numbers of any dtype in order, -0 below +0; no NaN. */
static inline wide ref_key(const struct ref_element *e, int k) {
  uint64_t sign = ref_is_float(e->from) ? UINT64_C(1) << (ref_width(e->from) - 1) : 0;
  return !sign ? e->integer[k] : e->bits[k] & sign ? -(wide)(e->bits[k] ^ sign) - 1 : (wide)e->bits[k];
}
static inline uint64_t ref_extremum(const struct ref_element *e, bool highest) {
  for (int k = 0; k < 2; k++)
    if (ref_is_nan(e->bits[k], e->from))
      return e->bits[k];
  return e->bits[(ref_key(e, 0) < ref_key(e, 1)) == highest];
}

#define REF_FLOAT(name, value)                                                                                                             \
  static inline uint64_t op_##name(const struct ref_element *e) {                                                                          \
    const quad *x = e->number;                                                                                                             \
    return ref_round(value, e->to);                                                                                                        \
  }
#define REF_INTEGER(name, value)                                                                                                           \
  static inline uint64_t op_##name(const struct ref_element *e) {                                                                          \
    const wide *x = e->integer;                                                                                                            \
    return ref_wrap((wide)(value), e->to);                                                                                                 \
  }
#define REF_NUMBER(name, of_floats, of_integers)                                                                                           \
  REF_FLOAT(name##_float, of_floats)                                                                                                       \
  REF_INTEGER(name##_integer, of_integers)                                                                                                 \
  static inline uint64_t op_##name(const struct ref_element *e) {                                                                          \
    return ref_is_float(e->from) ? op_##name##_float(e) : op_##name##_integer(e);                                                          \
  }
#define REF_COMPARE(name, operator)                                                                                                        \
  static inline uint64_t op_##name(const struct ref_element *e) {                                                                          \
    return ref_is_float(e->from) ? e->number[0] operator e->number[1] : e->integer[0] operator e->integer[1];                              \
  }

REF_NUMBER(neg, ref_with_sign(x[0], !ref_sign(x[0])), -x[0])
REF_NUMBER(abs, ref_with_sign(x[0], false), x[0] < 0 ? -x[0] : x[0])
REF_FLOAT(round, ref_to_integer(x[0], REF_NEAREST))
REF_FLOAT(floor, ref_to_integer(x[0], REF_DOWN))
REF_FLOAT(ceil, ref_to_integer(x[0], REF_UP))
REF_FLOAT(trunc, ref_to_integer(x[0], REF_TO_ZERO))
REF_INTEGER(not, ~x[0])
REF_NUMBER(add, ref_add_to_odd(x[0], x[1]), x[0] + x[1])
REF_NUMBER(sub, ref_add_to_odd(x[0], -x[1]), x[0] - x[1])
REF_NUMBER(mul, x[0] * x[1], (unsigned_wide)x[0] * (unsigned_wide)x[1])
REF_NUMBER(div, x[0] / x[1], x[1] ? x[0] / x[1] : 0) /* innocuous double rounding: 113 >= 2 * 53 + 2 (Figueroa 1995) */
REF_NUMBER(mod, ref_remainder(x[0], x[1]), x[1] ? x[0] % x[1] : x[0])
REF_FLOAT(fma, ref_add_to_odd(x[0] * x[1], x[2]))
REF_INTEGER(and, x[0] & x[1])
REF_INTEGER(or, x[0] | x[1])
REF_INTEGER(xor, x[0] ^ x[1])
REF_INTEGER(shl, e->bits[1] < (uint64_t)ref_width(e->from) ? (unsigned_wide)x[0] << e->bits[1] : 0)
REF_INTEGER(shr, x[0] >> (e->bits[1] < 100 ? e->bits[1] : 100))
REF_COMPARE(lt, <)
REF_COMPARE(le, <=)
REF_COMPARE(eq, ==)
REF_COMPARE(ne, !=)

static inline uint64_t op_sqrt(const struct ref_element *e) {
  return ref_root(e->number[0], e->to);
}
static inline uint64_t op_min(const struct ref_element *e) {
  return ref_extremum(e, false);
}
static inline uint64_t op_max(const struct ref_element *e) {
  return ref_extremum(e, true);
}
static inline uint64_t op_select(const struct ref_element *e) {
  return e->bits[0] ? e->bits[1] : e->bits[2];
}
static inline uint64_t op_bitcast(const struct ref_element *e) {
  return ref_is_nan(e->bits[0], e->from) ? ref_round((quad)NAN, e->from) : e->bits[0];
}

static inline uint64_t op_cast(const struct ref_element *e) {
  quad value = ref_is_float(e->from) ? e->number[0] : (quad)e->integer[0];
  if (ref_is_float(e->to))
    return ref_round(value, e->to);
  if (e->to == TIN_BOOL)
    return value != 0;
  if (!ref_is_float(e->from))
    return ref_wrap(e->integer[0], e->to);
  wide high = ((wide)1 << (ref_width(e->to) - ref_is_signed(e->to))) - 1, low = ref_is_signed(e->to) ? -high - 1 : 0;
  return value != value ? 0 : ref_wrap(value >= (quad)high ? high : value <= (quad)low ? low : (wide)value, e->to);
}

/* Threefry-2x32 (Salmon, Moraes, Dror, Shaw 2011): 20 rounds, a key injected before the first and after every fourth. */
static inline uint64_t op_random(const struct ref_element *e) {
  static const int rotations[] = {13, 15, 26, 6, 17, 29, 16, 24};
  uint32_t key[3] = {(uint32_t)e->bits[1], (uint32_t)e->bits[2], 0x1bd11bda ^ (uint32_t)(e->bits[1] ^ e->bits[2])};
  uint32_t left = (uint32_t)e->bits[0] + key[0], right = key[1];
  for (int round = 0; round < 20; round++) {
    int by = rotations[round % 8];
    left += right;
    right = (right << by | right >> (32 - by)) ^ left;
    if (round % 4 == 3) {
      uint32_t injection = (uint32_t)round / 4 + 1;
      left += key[injection % 3];
      right += key[(injection + 1) % 3] + injection;
    }
  }
  return left;
}

/* By op; none for an elementary function, which is held to its bound of tests/elementary.h. */
static ref_function *const ref_functions[OP_COUNT] = {
    [OP_NEG] = op_neg,   [OP_ABS] = op_abs,       [OP_SQRT] = op_sqrt, [OP_ROUND] = op_round,   [OP_FLOOR] = op_floor,
    [OP_CEIL] = op_ceil, [OP_TRUNC] = op_trunc,   [OP_NOT] = op_not,   [OP_CAST] = op_cast,     [OP_BITCAST] = op_bitcast,
    [OP_ADD] = op_add,   [OP_SUB] = op_sub,       [OP_MUL] = op_mul,   [OP_DIV] = op_div,       [OP_MOD] = op_mod,
    [OP_MIN] = op_min,   [OP_MAX] = op_max,       [OP_LT] = op_lt,     [OP_LE] = op_le,         [OP_EQ] = op_eq,
    [OP_NE] = op_ne,     [OP_AND] = op_and,       [OP_OR] = op_or,     [OP_XOR] = op_xor,       [OP_SHL] = op_shl,
    [OP_SHR] = op_shr,   [OP_SELECT] = op_select, [OP_FMA] = op_fma,   [OP_RANDOM] = op_random,
};

static inline uint64_t ref_eval(int op, tin_dtype from, tin_dtype to, const uint64_t *in) {
  quad number[3];
  wide integer[3];
  struct ref_element e = {.from = from, .to = to, .number = number, .integer = integer};
  for (int k = 0; k < tin_ops[op].arity; k++) {
    e.bits[k] = in[k];
    if (ref_is_float(from) && !(op == OP_SELECT && k == 0))
      number[k] = ref_value(in[k], from);
    else
      integer[k] = ref_integer(in[k], op == OP_SELECT && k == 0 ? TIN_BOOL : from);
  }
  return ref_functions[op](&e);
}

#endif
