/* The portable target's vocabulary: C text of one elementwise primitive, of constants, and of the helper functions behind them.
 *
 * The value of every expression is that of ir/scalar.h, bit for bit, from any C99 compiler that does not contract a * b + c: integers
 * are computed unsigned, floats in their own type. The helpers are `static inline` because libtcc compiles such functions only where
 * they are used. Nothing here needs a library: no includes, no calls but tin_fmaf, tin_fma, tin_sqrtf, tin_sqrt,
 * tin_fmodf, tin_fmod.
 */
#include "codegen/portable.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "ir/scalar.h"

/* ---- constants ---- */

static void print_finite(struct tin_text *text, uint64_t bits, int fraction_bits, int bias, const char *suffix) {
  uint64_t fraction = bits & ((UINT64_C(1) << fraction_bits) - 1);
  int exponent = (int)(bits >> fraction_bits & (unsigned)(2 * bias + 1));
  bool negative = bits >> fraction_bits > (unsigned)(2 * bias + 1);
  tin_text_add(text, "%s0x%d", negative ? "-" : "", exponent != 0);
  int digits = (fraction_bits + 3) / 4;
  fraction <<= 4 * digits - fraction_bits;
  if (fraction)
    tin_text_puts(text, ".");
  for (; fraction; fraction &= (UINT64_C(1) << 4 * digits) - 1)
    tin_text_add(text, "%x", (unsigned)(fraction >> 4 * --digits));
  int power = exponent ? exponent - bias : bits << (64 - fraction_bits) ? 1 - bias : 0;
  tin_text_add(text, "p%+d%s", power, suffix);
}

static void print_integer(struct tin_text *text, int64_t value, int64_t lowest, const char *suffix) {
  if (value == lowest) /* its digits alone would not fit the type */
    tin_text_add(text, "(%lld%s - 1)", (long long)(value + 1), suffix);
  else
    tin_text_add(text, "%lld%s", (long long)value, suffix);
}

void tin_portable_constant(struct tin_text *text, int dtype, uint64_t bits) {
  bool finite32 = (bits >> 23 & 0xff) != 0xff, finite64 = (bits >> 52 & 0x7ff) != 0x7ff;
  switch (dtype) {
  case TIN_F32:
    if (finite32)
      print_finite(text, bits, 23, 127, "f");
    else
      tin_text_add(text, "tk_f32(0x%xu)", (unsigned)bits);
    break;
  case TIN_F64:
    if (finite64)
      print_finite(text, bits, 52, 1023, "");
    else
      tin_text_add(text, "tk_f64(0x%llxull)", (unsigned long long)bits);
    break;
  case TIN_I64:
    print_integer(text, (int64_t)bits, INT64_MIN, "ll");
    break;
  case TIN_I32:
  case TIN_I16:
  case TIN_I8:
    print_integer(text, (int64_t)tin_scalar_cast(bits, (tin_dtype)dtype, TIN_I64), INT32_MIN, "");
    break;
  case TIN_U64:
    tin_text_add(text, "%lluull", (unsigned long long)bits);
    break;
  default:
    tin_text_add(text, "%uu", (unsigned)bits);
  }
}

/* ---- operations ---- */

static const char *unsigned_type(int dtype) {
  return tin_dtype_bytes(dtype) == 8 ? "unsigned long long" : "unsigned";
}

/* From f32, f64 and small integers through double, which holds them; those of 64 bits rounded so that the next rounding does not notice. */
static void print_cast_to_half(struct tin_text *text, int from, int to, const char *a) {
  const char *name = tin_dtypes[to].text;
  if (from == TIN_U64 || from == TIN_I64)
    tin_text_add(text, "tk_%s(tk_odd_%s(%s))", name, tin_dtypes[from].text, a);
  else
    tin_text_add(text, from == TIN_U32 ? "tk_%s((double)(long long)%s)" : "tk_%s((double)%s)", name, a);
}

void tin_portable_cast(struct tin_text *text, int from, int to, const char *a) {
  const char *type = tin_dtypes[to].ctype;
  char wide[128];
  if (from != to && tin_dtype_is_half(from)) {
    snprintf(wide, sizeof wide, "tk_f32_of_%s(%s)", tin_dtypes[from].text, a);
    from = TIN_F32, a = wide;
  }
  if (from == to)
    tin_text_puts(text, a);
  else if (tin_dtype_is_half(to))
    print_cast_to_half(text, from, to, a);
  else if (to == TIN_BOOL)
    tin_text_add(text, "(unsigned char)(%s != 0)", a);
  else if (tin_dtype_is_float(from) && !tin_dtype_is_float(to))
    tin_text_add(text, "tk_to_%s(%s)", tin_dtypes[to].text, a);
  else if (from == TIN_U64 && tin_dtype_is_float(to))
    tin_text_add(text, "tk_%s_of_u64(%s)", tin_dtypes[to].text, a);
  else if (from == TIN_U32 && tin_dtype_is_float(to)) /* without libtcc's run-time library only signed integers convert */
    tin_text_add(text, "(%s)(long long)%s", type, a);
  else
    tin_text_add(text, "(%s)%s", type, a);
}

static void print_bitcast(struct tin_text *text, int from, int to, const char *a) {
  if (from == TIN_F32 && to != from)
    tin_text_add(text, "(%s)tk_canonical_f32(%s)", tin_dtypes[to].ctype, a);
  else if (from == TIN_F64 && to != from)
    tin_text_add(text, "(%s)tk_canonical_f64(%s)", tin_dtypes[to].ctype, a);
  else if (tin_dtype_is_half(from) && to != from)
    tin_text_add(text, "(%s)tk_canonical_%s(%s)", tin_dtypes[to].ctype, tin_dtypes[from].text, a);
  else if (to == TIN_F32 && to != from)
    tin_text_add(text, "tk_f32((unsigned)%s)", a);
  else if (to == TIN_F64 && to != from)
    tin_text_add(text, "tk_f64((unsigned long long)%s)", a);
  else
    tin_text_add(text, "(%s)%s", tin_dtypes[to].ctype, a);
}

static void print_float_op(struct tin_text *text, int op, int dtype, const char *const *in) {
  const char *suffix = tin_dtypes[dtype].text, *libm = dtype == TIN_F32 ? "f" : "";
  switch (op) {
  case OP_NEG:
    tin_text_add(text, "-%s", in[0]);
    break;
  case OP_SQRT:
    tin_text_add(text, "tin_sqrt%s(%s)", libm, in[0]);
    break;
  case OP_ADD:
  case OP_SUB:
  case OP_MUL:
  case OP_DIV:
    tin_text_add(text, "%s %c %s", in[0], op == OP_ADD ? '+' : op == OP_SUB ? '-' : op == OP_MUL ? '*' : '/', in[1]);
    break;
  case OP_MIN:
  case OP_MAX:
    tin_text_add(text, "tk_%s_%s(%s, %s)", tin_ops[op].text, suffix, in[0], in[1]);
    break;
  case OP_FMA:
    tin_text_add(text, "tin_fma%s(%s, %s, %s)", libm, in[0], in[1], in[2]);
    break;
  case OP_MOD:
    tin_text_add(text, "tin_fmod%s(%s, %s)", libm, in[0], in[1]);
    break;
  default: /* abs, round, floor, ceil, trunc */
    tin_text_add(text, "tk_%s_%s(%s)", tin_ops[op].text, suffix, in[0]);
  }
}

/* Shift counts are compared unsigned, so negative ones count as too large. */
static void print_shift(struct tin_text *text, int op, int dtype, const char *const *in) {
  const char *type = tin_dtypes[dtype].ctype, *as = unsigned_type(dtype);
  int width = 8 * tin_dtype_bytes(dtype);
  if (op == OP_SHL)
    tin_text_add(text, "(%s)((%s)%s < %d ? (%s)%s << %s : 0)", type, as, in[1], width, as, in[0], in[1]);
  else if (tin_dtypes[dtype].class == TIN_CLASS_SIGNED)
    tin_text_add(text, "%s >> ((%s)%s < %d ? (int)%s : %d)", in[0], as, in[1], width, in[1], width - 1);
  else
    tin_text_add(text, "(%s)((%s)%s < %d ? %s >> %s : 0)", type, as, in[1], width, in[0], in[1]);
}

static void print_integer_op(struct tin_text *text, int op, int dtype, const char *const *in) {
  const char *type = tin_dtypes[dtype].ctype, *as = unsigned_type(dtype);
  bool is_signed = tin_dtypes[dtype].class == TIN_CLASS_SIGNED;
  switch (op) {
  case OP_NEG:
    tin_text_add(text, "(%s)(0 - (%s)%s)", type, as, in[0]);
    break;
  case OP_ABS:
    if (is_signed)
      tin_text_add(text, "%s < 0 ? (%s)(0 - (%s)%s) : %s", in[0], type, as, in[0], in[0]);
    else
      tin_text_puts(text, in[0]);
    break;
  case OP_NOT:
    tin_text_add(text, "(%s)%s%s", type, dtype == TIN_BOOL ? "!" : "~", in[0]);
    break;
  case OP_ADD:
  case OP_SUB:
  case OP_MUL:
    tin_text_add(text, "(%s)((%s)%s %c (%s)%s)", type, as, in[0], op == OP_ADD ? '+' : op == OP_SUB ? '-' : '*', as, in[1]);
    break;
  case OP_DIV:
  case OP_MOD:
    if (is_signed)
      tin_text_add(text, "(%s)tk_%s_%s(%s, %s)", type, tin_ops[op].text, dtype == TIN_I64 ? "i64" : "i32", in[0], in[1]);
    else
      tin_text_add(text, "(%s)(%s ? %s %c %s : %s)", type, in[1], in[0], op == OP_DIV ? '/' : '%', in[1], op == OP_DIV ? "0" : in[0]);
    break;
  case OP_MIN:
  case OP_MAX:
    tin_text_add(text, "%s %c %s ? %s : %s", in[0], op == OP_MIN ? '<' : '>', in[1], in[0], in[1]);
    break;
  case OP_AND:
  case OP_OR:
  case OP_XOR:
    tin_text_add(text, "(%s)(%s %c %s)", type, in[0], op == OP_AND ? '&' : op == OP_OR ? '|' : '^', in[1]);
    break;
  default:
    print_shift(text, op, dtype, in);
  }
}

void tin_portable_op(struct tin_text *text, int op, int dtype, int from, const char *const *in) {
  static const char *const comparison[] = {"<", "<=", "==", "!="};
  assert(tin_op_is(op, OP_CLASS_ELEMENTWISE));
  if (op == OP_CAST)
    tin_portable_cast(text, from, dtype, in[0]);
  else if (op == OP_BITCAST)
    print_bitcast(text, from, dtype, in[0]);
  else if (op >= OP_LT && op <= OP_NE)
    tin_text_add(text, "(unsigned char)(%s %s %s)", in[0], comparison[op - OP_LT], in[1]);
  else if (op == OP_SELECT)
    tin_text_add(text, "%s ? %s : %s", in[0], in[1], in[2]);
  else if (tin_dtype_is_float(dtype))
    print_float_op(text, op, dtype, in);
  else
    print_integer_op(text, op, dtype, in);
}

/* ---- helper functions ---- */

/* Once for each float type: $F float type, $U unsigned type of its size, $S its suffix, $L literal suffix, $W bits - 1, $M fraction
 * bits, $B exponent bias, $E exponent mask, $N canonical NaN. */
static const char float_helpers[] = "union tk_$S {\n"
                                    "  $U bits;\n"
                                    "  $F value;\n"
                                    "};\n"
                                    "static inline $F tk_$S($U bits) {\n"
                                    "  union tk_$S u;\n"
                                    "  u.bits = bits;\n"
                                    "  return u.value;\n"
                                    "}\n"
                                    "static inline $U tk_bits_$S($F x) {\n"
                                    "  union tk_$S u;\n"
                                    "  u.value = x;\n"
                                    "  return u.bits;\n"
                                    "}\n"
                                    "static inline $U tk_canonical_$S($F x) { return x == x ? tk_bits_$S(x) : $N; }\n"
                                    "static inline $F tk_abs_$S($F x) { return tk_$S(tk_bits_$S(x) & ~(($U)1 << $W)); }\n"
                                    "static inline $F tk_min_$S($F a, $F b) {\n"
                                    "  return a < b ? a : b < a ? b : a != a ? a : b != b ? b : tk_bits_$S(a) >> $W ? a : b;\n"
                                    "}\n"
                                    "static inline $F tk_max_$S($F a, $F b) {\n"
                                    "  return a > b ? a : b > a ? b : a != a ? a : b != b ? b : tk_bits_$S(a) >> $W ? b : a;\n"
                                    "}\n"
                                    "static inline $F tk_trunc_$S($F x) {\n"
                                    "  $U bits = tk_bits_$S(x);\n"
                                    "  int exponent = (int)(bits >> $M & $E) - $B;\n"
                                    "  if (exponent >= $M)\n"
                                    "    return x;\n"
                                    "  if (exponent < 0)\n"
                                    "    return tk_$S(bits >> $W << $W);\n"
                                    "  return tk_$S(bits & ~((($U)1 << ($M - exponent)) - 1));\n"
                                    "}\n"
                                    "static inline $F tk_floor_$S($F x) {\n"
                                    "  $F whole = tk_trunc_$S(x);\n"
                                    "  return x < whole ? whole - 1 : whole;\n"
                                    "}\n"
                                    "static inline $F tk_ceil_$S($F x) {\n"
                                    "  $F whole = tk_trunc_$S(x);\n"
                                    "  return x > whole ? whole + 1 : whole;\n"
                                    "}\n"
                                    "static inline $F tk_round_$S($F x) {\n"
                                    "  $F whole = tk_trunc_$S(x), part = tk_abs_$S(x - whole);\n"
                                    "  if (part > 0.5$L || (part == 0.5$L && ((long long)whole & 1)))\n"
                                    "    whole += x < 0 ? -1 : 1;\n"
                                    "  return whole;\n"
                                    "}\n"
                                    "static inline void tk_fill_$S($F *s, int n, $F x) {\n"
                                    "  for (int i = 0; i < n; i++)\n"
                                    "    s[i] = x;\n"
                                    "}\n";

/* Lanes reductions (docs/numerics.md), once for each float type and $R sum, prod with operator $O and neutral element $0. `s` has 16
 * partials a level: level 0 holds the terms of the running block of 1024, level 1 the results of blocks, level 2 of blocks of those.
 * carry: term k < last ends a block; total: the result when term `last` was added. */
static const char lanes_helpers[] = "static inline $F tk_tree_$R_$S(const $F *s) {\n"
                                    "  $F t[8];\n"
                                    "  for (int i = 0; i < 8; i++)\n"
                                    "    t[i] = s[i] $O s[i + 8];\n"
                                    "  for (int n = 4; n; n >>= 1)\n"
                                    "    for (int i = 0; i < n; i++)\n"
                                    "      t[i] = t[i] $O t[i + n];\n"
                                    "  return t[0];\n"
                                    "}\n"
                                    "static inline void tk_carry_$R_$S($F *s, long k) {\n"
                                    "  for (; (k & 1023) == 1023; s += 16) {\n"
                                    "    $F x = tk_tree_$R_$S(s);\n"
                                    "    tk_fill_$S(s, 16, $0);\n"
                                    "    k >>= 10;\n"
                                    "    s[16 + (k & 15)] = s[16 + (k & 15)] $O x;\n"
                                    "  }\n"
                                    "}\n"
                                    "static inline $F tk_total_$R_$S($F *s, long last) {\n"
                                    "  for (; last >= 1024; s += 16) {\n"
                                    "    $F x = tk_tree_$R_$S(s);\n"
                                    "    last >>= 10;\n"
                                    "    s[16 + (last & 15)] = s[16 + (last & 15)] $O x;\n"
                                    "  }\n"
                                    "  return tk_tree_$R_$S(s);\n"
                                    "}\n";

/* The 16-bit floats as their bits: $S name, $M fraction bits, $X exponent of the least normal number, $I bits of infinity. The rounding is
 * that of ir/scalar.c. */
static const char half_helpers[] = "static inline unsigned short tk_canonical_$S(unsigned short x) {\n"
                                   "  return (x & 0x7fff) > $I ? $I | 1 << ($M - 1) : x;\n"
                                   "}\n"
                                   "static inline unsigned short tk_$S(double x) {\n"
                                   "  unsigned long long bits = tk_bits_f64(x), sign = bits >> 63 << 15, one = 1ull << 52;\n"
                                   "  int exponent = (int)(bits >> 52 & 0x7ff) - 1023, above = exponent > $X ? exponent - ($X) : 0;\n"
                                   "  int drop = 52 - $M + (exponent < $X ? $X - exponent : 0);\n"
                                   "  if (x != x)\n"
                                   "    return $I | 1 << ($M - 1);\n"
                                   "  if (drop > 53)\n"
                                   "    return (unsigned short)sign;\n"
                                   "  bits = (bits & (one - 1)) | one;\n"
                                   "  unsigned long long units = bits >> drop, rest = bits - (units << drop), half = 1ull << (drop - 1);\n"
                                   "  units += rest > half || (rest == half && (units & 1));\n"
                                   "  units += (unsigned long long)above << $M;\n"
                                   "  return (unsigned short)(sign | (units < $I ? units : $I));\n"
                                   "}\n";

static const char from_half_helpers[] =
    "static inline float tk_f32_of_bf16(unsigned short x) { return tk_f32((unsigned)x << 16); }\n"
    "static inline float tk_f32_of_f16(unsigned short x) {\n"
    "  unsigned sign = (unsigned)x >> 15 << 31, exponent = (unsigned)x >> 10 & 31, fraction = (unsigned)x & 1023;\n"
    "  if (exponent == 0)\n"
    "    return tk_f32(sign | tk_bits_f32((float)(int)fraction * 0x1p-24f));\n"
    "  return tk_f32(sign | (exponent == 31 ? 255u : exponent + 112) << 23 | fraction << 13);\n"
    "}\n"
    "static inline double tk_odd_u64(unsigned long long x) {\n"
    "  unsigned long long low = x & 0x7ff;\n"
    "  return tk_f64_of_u64(x >> 53 ? (x ^ low) | (unsigned long long)(low != 0) << 11 : x);\n"
    "}\n"
    "static inline double tk_odd_i64(long long x) {\n"
    "  return x < 0 ? -tk_odd_u64(0 - (unsigned long long)x) : tk_odd_u64((unsigned long long)x);\n"
    "}\n";

static const char integer_helpers[] =
    "static inline int tk_div_i32(int a, int b) { return b == 0 ? 0 : b == -1 ? (int)(0 - (unsigned)a) : a / b; }\n"
    "static inline int tk_mod_i32(int a, int b) { return b == 0 ? a : b == -1 ? 0 : a % b; }\n"
    "static inline long long tk_div_i64(long long a, long long b) {\n"
    "  return b == 0 ? 0 : b == -1 ? (long long)(0 - (unsigned long long)a) : a / b;\n"
    "}\n"
    "static inline long long tk_mod_i64(long long a, long long b) { return b == 0 ? a : b == -1 ? 0 : a % b; }\n"
    "static inline long long tk_clamp(double x, double low, double high) {\n"
    "  return x != x ? 0 : x <= low ? (long long)low : x >= high ? (long long)high : (long long)x;\n"
    "}\n"
    "static inline int tk_to_i32(double x) { return (int)tk_clamp(x, -2147483648.0, 2147483647.0); }\n"
    "static inline unsigned tk_to_u32(double x) { return (unsigned)tk_clamp(x, 0.0, 4294967295.0); }\n"
    "static inline unsigned char tk_to_u8(double x) { return (unsigned char)tk_clamp(x, 0.0, 255.0); }\n"
    "static inline signed char tk_to_i8(double x) { return (signed char)tk_clamp(x, -128.0, 127.0); }\n"
    "static inline unsigned short tk_to_u16(double x) { return (unsigned short)tk_clamp(x, 0.0, 65535.0); }\n"
    "static inline short tk_to_i16(double x) { return (short)tk_clamp(x, -32768.0, 32767.0); }\n"
    "static inline long long tk_to_i64(double x) {\n"
    "  return x != x ? 0 : x >= 0x1p63 ? 0x7fffffffffffffffll : x >= -0x1p63 ? (long long)x : -0x7fffffffffffffffll - 1;\n"
    "}\n"
    "static inline unsigned long long tk_to_u64(double x) {\n"
    "  unsigned long long top = 1ull << 63;\n"
    "  return x >= 0x1p64 ? ~0ull : x >= 0x1p63 ? (unsigned long long)(long long)(x - 0x1p63) + top : x > 0 ? (unsigned long long)(long "
    "long)x : 0;\n"
    "}\n"
    /* Halved beyond the signed numbers; the bit shifted out stays, or the rounding could not see it. */
    "static inline float tk_f32_of_u64(unsigned long long x) {\n"
    "  return (long long)x < 0 ? (float)(long long)(x >> 1 | (x & 1)) * 2 : (float)(long long)x;\n"
    "}\n"
    "static inline double tk_f64_of_u64(unsigned long long x) {\n"
    "  return (long long)x < 0 ? (double)(long long)(x >> 1 | (x & 1)) * 2 : (double)(long long)x;\n"
    "}\n";

struct substitution {
  char mark;
  const char *with;
};

static void expand(struct tin_text *text, const char *pattern, const struct substitution *with) {
  for (const char *mark; (mark = strchr(pattern, '$')); pattern = mark + 2) {
    tin_text_put(text, pattern, (int)(mark - pattern));
    int i = 0;
    while (with[i].mark && with[i].mark != mark[1])
      i++;
    tin_text_puts(text, with[i].with);
  }
  tin_text_puts(text, pattern);
}

void tin_portable_prelude(struct tin_text *text) {
  static const struct substitution f32[] = {{'F', "float"}, {'U', "unsigned"}, {'S', "f32"}, {'L', "f"},           {'W', "31"},
                                            {'M', "23"},    {'B', "127"},      {'E', "255"}, {'N', "0x7fc00000u"}, {0, ""}};
  static const struct substitution f64[] = {
      {'F', "double"}, {'U', "unsigned long long"},    {'S', "f64"}, {'L', ""}, {'W', "63"}, {'M', "52"}, {'B', "1023"},
      {'E', "2047"},   {'N', "0x7ff8000000000000ull"}, {0, ""}};
  static const struct substitution lanes[][6] = {
      {{'F', "float"}, {'S', "f32"}, {'R', "sum"}, {'O', "+"}, {'0', "-0x0p+0f"}, {0, ""}},
      {{'F', "float"}, {'S', "f32"}, {'R', "prod"}, {'O', "*"}, {'0', "0x1p+0f"}, {0, ""}},
      {{'F', "double"}, {'S', "f64"}, {'R', "sum"}, {'O', "+"}, {'0', "-0x0p+0"}, {0, ""}},
      {{'F', "double"}, {'S', "f64"}, {'R', "prod"}, {'O', "*"}, {'0', "0x1p+0"}, {0, ""}},
  };
  tin_text_puts(text, "float tin_fmaf(float, float, float);\ndouble tin_fma(double, double, double);\n"
                      "float tin_sqrtf(float);\ndouble tin_sqrt(double);\n"
                      "float tin_fmodf(float, float);\ndouble tin_fmod(double, double);\n");
  expand(text, float_helpers, f32);
  expand(text, float_helpers, f64);
  for (int i = 0; i < 4; i++)
    expand(text, lanes_helpers, lanes[i]);
  tin_text_puts(text, integer_helpers);
  static const struct substitution halves[][5] = {{{'S', "f16"}, {'M', "10"}, {'X', "-14"}, {'I', "0x7c00"}, {0, ""}},
                                                  {{'S', "bf16"}, {'M', "7"}, {'X', "-126"}, {'I', "0x7f80"}, {0, ""}}};
  for (int i = 0; i < 2; i++)
    expand(text, half_helpers, halves[i]);
  tin_text_puts(text, from_half_helpers);
}
