/* p0_k0_mul.c: kernel k0_mul of plan 0, target avx512 (avx512).
 *
 * computes  f32[128,784]
 * fused     mul (+3 inlined)
 * work      100352 flops, 501760 bytes read and written
 *
 * cc -O2 -ffp-contract=off -c p0_k0_mul.c
 */
#include "tin_vector.h"

float tin_fmaf(float, float, float);
double tin_fma(double, double, double);
float tin_sqrtf(float);
double tin_sqrt(double);
union tk_f32 {
  unsigned bits;
  float value;
};
static inline float tk_f32(unsigned bits) {
  union tk_f32 u;
  u.bits = bits;
  return u.value;
}
static inline unsigned tk_bits_f32(float x) {
  union tk_f32 u;
  u.value = x;
  return u.bits;
}
static inline unsigned tk_canonical_f32(float x) { return x == x ? tk_bits_f32(x) : 0x7fc00000u; }
static inline float tk_abs_f32(float x) { return tk_f32(tk_bits_f32(x) & ~((unsigned)1 << 31)); }
static inline float tk_min_f32(float a, float b) {
  return a < b ? a : b < a ? b : a != a ? a : b != b ? b : tk_bits_f32(a) >> 31 ? a : b;
}
static inline float tk_max_f32(float a, float b) {
  return a > b ? a : b > a ? b : a != a ? a : b != b ? b : tk_bits_f32(a) >> 31 ? b : a;
}
static inline float tk_trunc_f32(float x) {
  unsigned bits = tk_bits_f32(x);
  int exponent = (int)(bits >> 23 & 255) - 127;
  if (exponent >= 23)
    return x;
  if (exponent < 0)
    return tk_f32(bits >> 31 << 31);
  return tk_f32(bits & ~(((unsigned)1 << (23 - exponent)) - 1));
}
static inline float tk_floor_f32(float x) {
  float whole = tk_trunc_f32(x);
  return x < whole ? whole - 1 : whole;
}
static inline float tk_ceil_f32(float x) {
  float whole = tk_trunc_f32(x);
  return x > whole ? whole + 1 : whole;
}
static inline float tk_round_f32(float x) {
  float whole = tk_trunc_f32(x), part = tk_abs_f32(x - whole);
  if (part > 0.5f || (part == 0.5f && ((long long)whole & 1)))
    whole += x < 0 ? -1 : 1;
  return whole;
}
static inline void tk_fill_f32(float *s, int n, float x) {
  for (int i = 0; i < n; i++)
    s[i] = x;
}
union tk_f64 {
  unsigned long long bits;
  double value;
};
static inline double tk_f64(unsigned long long bits) {
  union tk_f64 u;
  u.bits = bits;
  return u.value;
}
static inline unsigned long long tk_bits_f64(double x) {
  union tk_f64 u;
  u.value = x;
  return u.bits;
}
static inline unsigned long long tk_canonical_f64(double x) { return x == x ? tk_bits_f64(x) : 0x7ff8000000000000ull; }
static inline double tk_abs_f64(double x) { return tk_f64(tk_bits_f64(x) & ~((unsigned long long)1 << 63)); }
static inline double tk_min_f64(double a, double b) {
  return a < b ? a : b < a ? b : a != a ? a : b != b ? b : tk_bits_f64(a) >> 63 ? a : b;
}
static inline double tk_max_f64(double a, double b) {
  return a > b ? a : b > a ? b : a != a ? a : b != b ? b : tk_bits_f64(a) >> 63 ? b : a;
}
static inline double tk_trunc_f64(double x) {
  unsigned long long bits = tk_bits_f64(x);
  int exponent = (int)(bits >> 52 & 2047) - 1023;
  if (exponent >= 52)
    return x;
  if (exponent < 0)
    return tk_f64(bits >> 63 << 63);
  return tk_f64(bits & ~(((unsigned long long)1 << (52 - exponent)) - 1));
}
static inline double tk_floor_f64(double x) {
  double whole = tk_trunc_f64(x);
  return x < whole ? whole - 1 : whole;
}
static inline double tk_ceil_f64(double x) {
  double whole = tk_trunc_f64(x);
  return x > whole ? whole + 1 : whole;
}
static inline double tk_round_f64(double x) {
  double whole = tk_trunc_f64(x), part = tk_abs_f64(x - whole);
  if (part > 0.5 || (part == 0.5 && ((long long)whole & 1)))
    whole += x < 0 ? -1 : 1;
  return whole;
}
static inline void tk_fill_f64(double *s, int n, double x) {
  for (int i = 0; i < n; i++)
    s[i] = x;
}
static inline float tk_tree_sum_f32(const float *s) {
  float t[8];
  for (int i = 0; i < 8; i++)
    t[i] = s[i] + s[i + 8];
  for (int n = 4; n; n >>= 1)
    for (int i = 0; i < n; i++)
      t[i] = t[i] + t[i + n];
  return t[0];
}
static inline void tk_carry_sum_f32(float *s, long k) {
  for (; (k & 1023) == 1023; s += 16) {
    float x = tk_tree_sum_f32(s);
    tk_fill_f32(s, 16, -0x0p+0f);
    k >>= 10;
    s[16 + (k & 15)] = s[16 + (k & 15)] + x;
  }
}
static inline float tk_total_sum_f32(float *s, long last) {
  for (; last >= 1024; s += 16) {
    float x = tk_tree_sum_f32(s);
    last >>= 10;
    s[16 + (last & 15)] = s[16 + (last & 15)] + x;
  }
  return tk_tree_sum_f32(s);
}
static inline float tk_tree_prod_f32(const float *s) {
  float t[8];
  for (int i = 0; i < 8; i++)
    t[i] = s[i] * s[i + 8];
  for (int n = 4; n; n >>= 1)
    for (int i = 0; i < n; i++)
      t[i] = t[i] * t[i + n];
  return t[0];
}
static inline void tk_carry_prod_f32(float *s, long k) {
  for (; (k & 1023) == 1023; s += 16) {
    float x = tk_tree_prod_f32(s);
    tk_fill_f32(s, 16, 0x1p+0f);
    k >>= 10;
    s[16 + (k & 15)] = s[16 + (k & 15)] * x;
  }
}
static inline float tk_total_prod_f32(float *s, long last) {
  for (; last >= 1024; s += 16) {
    float x = tk_tree_prod_f32(s);
    last >>= 10;
    s[16 + (last & 15)] = s[16 + (last & 15)] * x;
  }
  return tk_tree_prod_f32(s);
}
static inline double tk_tree_sum_f64(const double *s) {
  double t[8];
  for (int i = 0; i < 8; i++)
    t[i] = s[i] + s[i + 8];
  for (int n = 4; n; n >>= 1)
    for (int i = 0; i < n; i++)
      t[i] = t[i] + t[i + n];
  return t[0];
}
static inline void tk_carry_sum_f64(double *s, long k) {
  for (; (k & 1023) == 1023; s += 16) {
    double x = tk_tree_sum_f64(s);
    tk_fill_f64(s, 16, -0x0p+0);
    k >>= 10;
    s[16 + (k & 15)] = s[16 + (k & 15)] + x;
  }
}
static inline double tk_total_sum_f64(double *s, long last) {
  for (; last >= 1024; s += 16) {
    double x = tk_tree_sum_f64(s);
    last >>= 10;
    s[16 + (last & 15)] = s[16 + (last & 15)] + x;
  }
  return tk_tree_sum_f64(s);
}
static inline double tk_tree_prod_f64(const double *s) {
  double t[8];
  for (int i = 0; i < 8; i++)
    t[i] = s[i] * s[i + 8];
  for (int n = 4; n; n >>= 1)
    for (int i = 0; i < n; i++)
      t[i] = t[i] * t[i + n];
  return t[0];
}
static inline void tk_carry_prod_f64(double *s, long k) {
  for (; (k & 1023) == 1023; s += 16) {
    double x = tk_tree_prod_f64(s);
    tk_fill_f64(s, 16, 0x1p+0);
    k >>= 10;
    s[16 + (k & 15)] = s[16 + (k & 15)] * x;
  }
}
static inline double tk_total_prod_f64(double *s, long last) {
  for (; last >= 1024; s += 16) {
    double x = tk_tree_prod_f64(s);
    last >>= 10;
    s[16 + (last & 15)] = s[16 + (last & 15)] * x;
  }
  return tk_tree_prod_f64(s);
}
static inline int tk_div_i32(int a, int b) { return b == 0 ? 0 : b == -1 ? (int)(0 - (unsigned)a) : a / b; }
static inline int tk_mod_i32(int a, int b) { return b == 0 ? a : b == -1 ? 0 : a % b; }
static inline long long tk_div_i64(long long a, long long b) {
  return b == 0 ? 0 : b == -1 ? (long long)(0 - (unsigned long long)a) : a / b;
}
static inline long long tk_mod_i64(long long a, long long b) { return b == 0 ? a : b == -1 ? 0 : a % b; }
static inline long long tk_clamp(double x, double low, double high) {
  return x != x ? 0 : x <= low ? (long long)low : x >= high ? (long long)high : (long long)x;
}
static inline int tk_to_i32(double x) { return (int)tk_clamp(x, -2147483648.0, 2147483647.0); }
static inline unsigned tk_to_u32(double x) { return (unsigned)tk_clamp(x, 0.0, 4294967295.0); }
static inline unsigned char tk_to_u8(double x) { return (unsigned char)tk_clamp(x, 0.0, 255.0); }
static inline long long tk_to_i64(double x) {
  return x != x ? 0 : x >= 0x1p63 ? 0x7fffffffffffffffll : x >= -0x1p63 ? (long long)x : -0x7fffffffffffffffll - 1;
}

/* k0_mul: elementwise over [128, 784]; computes mul (+3 inlined)
 *   reads  buf[1] u8[128, 784] var pixels
 *   writes buf[2] f32[128, 784] mul (../../../work/main/tools/cli/demo.c:104)
 */
static void k0_mul_body(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0};
  long f[5];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)scalar;
  f[2] = (long)buf[1] + (column_low) * 1;
  f[3] = (long)buf[2] + (column_low) * 4;
  f[4] = column_high - column_low;
VBEGIN(f, 16)
  vaddress p1 = vframe[1], p2 = vframe[2], p3 = vframe[3];
  vreg z0, z1;
  i = 0;
  vbroadcast_f32(z0, p1 + 8);
  VLOOP(vframe[4], 64) {
    vload_u8(z1, p2 + i);
    vi32_to_f32(z1, z1);
    vmul_f32(z1, z1, z0);
    vstore_f32(p3 + 4 * i, z1);
    vload_u8(z1, p2 + i + 16);
    vi32_to_f32(z1, z1);
    vmul_f32(z1, z1, z0);
    vstore_f32(p3 + 4 * i + 64, z1);
    vload_u8(z1, p2 + i + 32);
    vi32_to_f32(z1, z1);
    vmul_f32(z1, z1, z0);
    vstore_f32(p3 + 4 * i + 128, z1);
    vload_u8(z1, p2 + i + 48);
    vi32_to_f32(z1, z1);
    vmul_f32(z1, z1, z0);
    vstore_f32(p3 + 4 * i + 192, z1);
  }
  VLOOP(vframe[4], 16) {
    vload_u8(z1, p2 + i);
    vi32_to_f32(z1, z1);
    vmul_f32(z1, z1, z0);
    vstore_f32(p3 + 4 * i, z1);
  }
  VTAIL(vframe[4]) {
    vload_tail_u8(z1, p2 + i);
    vi32_to_f32(z1, z1);
    vmul_f32(z0, z1, z0);
    vstore_tail_f32(p3 + 4 * i, z0);
  }
VEND
}
void k0_mul(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)
{
  long param[4];
  for (long item = begin; item < end;) {
    long block = item % 49L, row = item / 49L % 1L, outer = item / 49L;
    long low = block * 2048L, high = low + 2048L < 100352L ? low + 2048L : 100352L;
    k0_mul_body(buf, scalar, scratch, 0, param, row, row + 1, low, high);
    item++;
    (void)block; (void)outer;
  }
  (void)param;
}
