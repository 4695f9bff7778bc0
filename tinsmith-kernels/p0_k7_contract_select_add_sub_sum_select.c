/* p0_k7_contract_select_add_sub_sum_select.c: kernel k7_contract_select_add_sub_sum_select of plan 0, target avx512 (avx512).
 *
 * computes  f32[128,512,784] f32[128,512] f32[128,256,512]
 * fused     contract (+6 inlined), select (+22 inlined), add (+9 inlined), sub (+11 inlined): consumers on the tile; sum, select (+22 inlined), add (+9 inlined), sub (+11 inlined); contract (+6 inlined), select (+22 inlined), add (+9 inlined), sub (+11 inlined): consumers on the tile
 * work      136577024 flops, 14110720 bytes read and written
 *
 * cc -O2 -ffp-contract=off -c p0_k7_contract_select_add_sub_sum_select.c
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

/* k7_contract_select_add_sub_sum_select: contraction over [128 reduced, 512, 784]; computes contract (+6 inlined), select (+22 inlined), add (+9 inlined), sub (+11 inlined): consumers on the tile
 *   reads  buf[0] f32[512, 784] var fc1.weight.exp_avg
 *   reads  buf[2] f32[128, 784] mul
 *   reads  buf[4] f32[512, 784] var fc1.weight
 *   reads  buf[17] f32[128, 512] select
 *   reads  buf[19] f32[512, 784] var fc1.weight.exp_avg_sq
 *   writes buf[18] f32[512, 784] select (../../../work/main/tools/cli/demo_compare.c:34)
 *   writes buf[20] f32[512, 784] add (../../../work/main/tools/cli/demo_compare.c:34)
 *   writes buf[21] f32[512, 784] sub (../../../work/main/tools/cli/demo_compare.c:34)
 */
static void k7_contract_select_add_sub_sum_select_columns(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0};
  long f[5];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)buf[2] + (column_low + row_low * 784) * 4;
  f[2] = (long)pointer[0] + (column_low + row_low * 32 - param[4] * 32 - param[5]) * 4;
  f[3] = row_high - row_low;
  f[4] = column_high - column_low;
VBEGIN(f, 16)
  vaddress p1 = vframe[1], p2 = vframe[2];
  vreg z0;
  do {
    i = 0;
    VLOOP(vframe[4], 64) {
      vload_f32(z0, p1 + 4 * i);
      vstore_f32(p2 + 4 * i, z0);
      vload_f32(z0, p1 + 4 * i + 64);
      vstore_f32(p2 + 4 * i + 64, z0);
      vload_f32(z0, p1 + 4 * i + 128);
      vstore_f32(p2 + 4 * i + 128, z0);
      vload_f32(z0, p1 + 4 * i + 192);
      vstore_f32(p2 + 4 * i + 192, z0);
    }
    VLOOP(vframe[4], 16) {
      vload_f32(z0, p1 + 4 * i);
      vstore_f32(p2 + 4 * i, z0);
    }
    VTAIL(vframe[4]) {
      vload_tail_f32(z0, p1 + 4 * i);
      vstore_tail_f32(p2 + 4 * i, z0);
    }
    p1 += 3136;
    p2 += 128;
  } while (--vframe[3]);
VEND
}
static void k7_contract_select_add_sub_sum_select_pack(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer, long *param, char *to, long n0, long n1, long k0, long k1)
{
  char *place[1];
  place[0] = to; param[4] = k0; param[5] = n0;
  k7_contract_select_add_sub_sum_select_columns(buf, scalar, scratch, place, param, k0, k1, n0, n1);
}
static void k7_contract_select_add_sub_sum_select_result(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0x7fffffffu};
  long f[11];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)scalar;
  f[2] = (long)buf[0] + (row_low * 784 + column_low) * 4;
  f[3] = (long)pointer[0] + (row_low * 32 + column_low - param[4] * 32 - param[5]) * 4;
  f[4] = (long)buf[19] + (row_low * 784 + column_low) * 4;
  f[5] = (long)buf[4] + (row_low * 784 + column_low) * 4;
  f[6] = (long)buf[18] + (row_low * 784 + column_low) * 4;
  f[7] = (long)buf[20] + (row_low * 784 + column_low) * 4;
  f[8] = (long)buf[21] + (row_low * 784 + column_low) * 4;
  f[9] = row_high - row_low;
  f[10] = column_high - column_low;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2], p3 = vframe[3], p4 = vframe[4], p5 = vframe[5], p6 = vframe[6], p7 = vframe[7], p8 = vframe[8];
  vreg z0, z1, z2, z3, z4, z5, z6, z7, z8, z9, z10, z11, z12, z13;
  vbroadcast_f32(z0, p1);
  vbroadcast_f32(z1, p1 + 40);
  vbroadcast_f32(z2, p1 + 48);
  vbroadcast_f32(z3, p1 + 16);
  vbroadcast_f32(z4, p1 + 56);
  vbroadcast_f32(z5, p1 + 64);
  vbroadcast_f32(z6, p1 + 72);
  vbroadcast_f32(z7, p1 + 80);
  vbroadcast_f32(z8, p1 + 88);
  vbroadcast_f32(z9, p0);
  do {
    i = 0;
    VLOOP(vframe[10], 32) {
      vload_f32(z10, p2 + 4 * i);
      vmul_f32(z10, z10, z0);
      vload_f32(z11, p3 + 4 * i);
      vmul_f32(z12, z11, z1);
      vadd_f32(z10, z10, z12);
      vand_f32(z12, z10, z9);
      vlt_f32(z12, z12, z2);
      vselect_f32(z10, z12, z3, z10);
      vload_f32(z12, p4 + 4 * i);
      vmul_f32(z12, z12, z4);
      vmul_f32(z11, z11, z11);
      vmul_f32(z11, z11, z5);
      vadd_f32(z11, z12, z11);
      vload_f32(z12, p5 + 4 * i);
      vsqrt_f32(z13, z11);
      vmul_f32(z13, z13, z6);
      vadd_f32(z13, z13, z7);
      vdiv_f32(z13, z10, z13);
      vmul_f32(z13, z13, z8);
      vsub_f32(z12, z12, z13);
      vstore_f32(p6 + 4 * i, z10);
      vstore_f32(p7 + 4 * i, z11);
      vstore_f32(p8 + 4 * i, z12);
      vload_f32(z10, p2 + 4 * i + 64);
      vmul_f32(z10, z10, z0);
      vload_f32(z11, p3 + 4 * i + 64);
      vmul_f32(z12, z11, z1);
      vadd_f32(z10, z10, z12);
      vand_f32(z12, z10, z9);
      vlt_f32(z12, z12, z2);
      vselect_f32(z10, z12, z3, z10);
      vload_f32(z12, p4 + 4 * i + 64);
      vmul_f32(z12, z12, z4);
      vmul_f32(z11, z11, z11);
      vmul_f32(z11, z11, z5);
      vadd_f32(z11, z12, z11);
      vload_f32(z12, p5 + 4 * i + 64);
      vsqrt_f32(z13, z11);
      vmul_f32(z13, z13, z6);
      vadd_f32(z13, z13, z7);
      vdiv_f32(z13, z10, z13);
      vmul_f32(z13, z13, z8);
      vsub_f32(z12, z12, z13);
      vstore_f32(p6 + 4 * i + 64, z10);
      vstore_f32(p7 + 4 * i + 64, z11);
      vstore_f32(p8 + 4 * i + 64, z12);
    }
    VLOOP(vframe[10], 16) {
      vload_f32(z10, p2 + 4 * i);
      vmul_f32(z10, z10, z0);
      vload_f32(z11, p3 + 4 * i);
      vmul_f32(z12, z11, z1);
      vadd_f32(z10, z10, z12);
      vand_f32(z12, z10, z9);
      vlt_f32(z12, z12, z2);
      vselect_f32(z10, z12, z3, z10);
      vload_f32(z12, p4 + 4 * i);
      vmul_f32(z12, z12, z4);
      vmul_f32(z11, z11, z11);
      vmul_f32(z11, z11, z5);
      vadd_f32(z11, z12, z11);
      vload_f32(z12, p5 + 4 * i);
      vsqrt_f32(z13, z11);
      vmul_f32(z13, z13, z6);
      vadd_f32(z13, z13, z7);
      vdiv_f32(z13, z10, z13);
      vmul_f32(z13, z13, z8);
      vsub_f32(z12, z12, z13);
      vstore_f32(p6 + 4 * i, z10);
      vstore_f32(p7 + 4 * i, z11);
      vstore_f32(p8 + 4 * i, z12);
    }
    VTAIL(vframe[10]) {
      vload_tail_f32(z10, p2 + 4 * i);
      vmul_f32(z10, z10, z0);
      vload_tail_f32(z11, p3 + 4 * i);
      vmul_f32(z12, z11, z1);
      vadd_f32(z10, z10, z12);
      vand_f32(z12, z10, z9);
      vlt_f32(z12, z12, z2);
      vselect_f32(z10, z12, z3, z10);
      vload_tail_f32(z12, p4 + 4 * i);
      vmul_f32(z12, z12, z4);
      vmul_f32(z11, z11, z11);
      vmul_f32(z11, z11, z5);
      vadd_f32(z11, z12, z11);
      vload_tail_f32(z12, p5 + 4 * i);
      vsqrt_f32(z13, z11);
      vmul_f32(z13, z13, z6);
      vadd_f32(z13, z13, z7);
      vdiv_f32(z13, z10, z13);
      vmul_f32(z13, z13, z8);
      vsub_f32(z12, z12, z13);
      vstore_tail_f32(p6 + 4 * i, z10);
      vstore_tail_f32(p7 + 4 * i, z11);
      vstore_tail_f32(p8 + 4 * i, z12);
    }
    p2 += 3136;
    p3 += 128;
    p4 += 3136;
    p5 += 3136;
    p6 += 3136;
    p7 += 3136;
    p8 += 3136;
  } while (--vframe[9]);
VEND
}
static void k7_contract_select_add_sub_sum_select_tile000(char *a, char *b, char *c, long k)
{
  long f[4];
  f[0] = (long)a; f[1] = (long)b; f[2] = (long)c; f[3] = k - 1;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2];
  vreg z0, z1, z2, z3, z4, z6, z7, z8, z9, z10, z11, z12, z13, z14, z15, z16;
  vreg z17, z18, z19, z20, z21, z22, z23, z24, z25, z26, z27, z28, z29, z30, z31;
  vprefetch(p2, 2);
  vprefetch(p2 + 128, 2);
  vprefetch(p2 + 256, 2);
  vprefetch(p2 + 384, 2);
  vprefetch(p2 + 512, 2);
  vprefetch(p2 + 640, 2);
  vprefetch(p2 + 768, 2);
  vprefetch(p2 + 896, 2);
  vprefetch(p2 + 1024, 2);
  vprefetch(p2 + 1152, 2);
  vprefetch(p2 + 1280, 2);
  vprefetch(p2 + 1408, 2);
  vprefetch(p2 + 1536, 2);
  vload_f32(z0, p1);
  vload_f32(z1, p1 + 64);
  vbroadcast_f32(z2, p0);
  vmul_f32(z6, z2, z0);
  vmul_f32(z7, z2, z1);
  vbroadcast_f32(z3, p0 + 4);
  vmul_f32(z8, z3, z0);
  vmul_f32(z9, z3, z1);
  vbroadcast_f32(z4, p0 + 8);
  vmul_f32(z10, z4, z0);
  vmul_f32(z11, z4, z1);
  vbroadcast_f32(z2, p0 + 12);
  vmul_f32(z12, z2, z0);
  vmul_f32(z13, z2, z1);
  vbroadcast_f32(z3, p0 + 16);
  vmul_f32(z14, z3, z0);
  vmul_f32(z15, z3, z1);
  vbroadcast_f32(z4, p0 + 20);
  vmul_f32(z16, z4, z0);
  vmul_f32(z17, z4, z1);
  vbroadcast_f32(z2, p0 + 24);
  vmul_f32(z18, z2, z0);
  vmul_f32(z19, z2, z1);
  vbroadcast_f32(z3, p0 + 28);
  vmul_f32(z20, z3, z0);
  vmul_f32(z21, z3, z1);
  vbroadcast_f32(z4, p0 + 32);
  vmul_f32(z22, z4, z0);
  vmul_f32(z23, z4, z1);
  vbroadcast_f32(z2, p0 + 36);
  vmul_f32(z24, z2, z0);
  vmul_f32(z25, z2, z1);
  vbroadcast_f32(z3, p0 + 40);
  vmul_f32(z26, z3, z0);
  vmul_f32(z27, z3, z1);
  vbroadcast_f32(z4, p0 + 44);
  vmul_f32(z28, z4, z0);
  vmul_f32(z29, z4, z1);
  vbroadcast_f32(z2, p0 + 48);
  vmul_f32(z30, z2, z0);
  vmul_f32(z31, z2, z1);
  p0 += 2048;
  p1 += 128;
  i = 0;
  VLOOP(vframe[3], 4) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 4);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 8);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 12);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 16);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 20);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 24);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 28);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 32);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 36);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 40);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 44);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 48);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 128);
    vload_f32(z1, p1 + 192);
    vbroadcast_f32(z2, p0 + 2048);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 2052);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2056);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 2060);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 2064);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 2068);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 2072);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 2076);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 2080);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 2084);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 2088);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 2092);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 2096);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 256);
    vload_f32(z1, p1 + 320);
    vbroadcast_f32(z2, p0 + 4096);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 4100);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 4104);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 4108);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4112);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 4116);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 4120);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 4124);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 4128);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 4132);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 4136);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 4140);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 4144);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 384);
    vload_f32(z1, p1 + 448);
    vbroadcast_f32(z2, p0 + 6144);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 6148);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 6152);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 6156);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 6160);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 6164);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6168);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 6172);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 6176);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 6180);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 6184);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 6188);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 6192);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    p0 += 8192;
    p1 += 512;
  }
  VLOOP(vframe[3], 1) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 4);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 8);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 12);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 16);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 20);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 24);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 28);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 32);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 36);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 40);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 44);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 48);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    p0 += 2048;
    p1 += 128;
  }
  vstore_f32(p2, z6);
  vstore_f32(p2 + 64, z7);
  vstore_f32(p2 + 128, z8);
  vstore_f32(p2 + 192, z9);
  vstore_f32(p2 + 256, z10);
  vstore_f32(p2 + 320, z11);
  vstore_f32(p2 + 384, z12);
  vstore_f32(p2 + 448, z13);
  vstore_f32(p2 + 512, z14);
  vstore_f32(p2 + 576, z15);
  vstore_f32(p2 + 640, z16);
  vstore_f32(p2 + 704, z17);
  vstore_f32(p2 + 768, z18);
  vstore_f32(p2 + 832, z19);
  vstore_f32(p2 + 896, z20);
  vstore_f32(p2 + 960, z21);
  vstore_f32(p2 + 1024, z22);
  vstore_f32(p2 + 1088, z23);
  vstore_f32(p2 + 1152, z24);
  vstore_f32(p2 + 1216, z25);
  vstore_f32(p2 + 1280, z26);
  vstore_f32(p2 + 1344, z27);
  vstore_f32(p2 + 1408, z28);
  vstore_f32(p2 + 1472, z29);
  vstore_f32(p2 + 1536, z30);
  vstore_f32(p2 + 1600, z31);
VEND
}
static void k7_contract_select_add_sub_sum_select_tile001(char *a, char *b, char *c, long k)
{
  long f[4];
  f[0] = (long)a; f[1] = (long)b; f[2] = (long)c; f[3] = k - 1;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2];
  vreg z0, z1, z2, z3, z19, z20, z21, z22, z23, z24, z25, z26, z27, z28, z29, z30;
  vreg z31;
  vprefetch(p2, 2);
  vprefetch(p2 + 128, 2);
  vprefetch(p2 + 256, 2);
  vprefetch(p2 + 384, 2);
  vprefetch(p2 + 512, 2);
  vprefetch(p2 + 640, 2);
  vprefetch(p2 + 768, 2);
  vprefetch(p2 + 896, 2);
  vprefetch(p2 + 1024, 2);
  vprefetch(p2 + 1152, 2);
  vprefetch(p2 + 1280, 2);
  vprefetch(p2 + 1408, 2);
  vprefetch(p2 + 1536, 2);
  vload_f32(z0, p1);
  vbroadcast_f32(z1, p0);
  vmul_f32(z19, z1, z0);
  vbroadcast_f32(z2, p0 + 4);
  vmul_f32(z20, z2, z0);
  vbroadcast_f32(z3, p0 + 8);
  vmul_f32(z21, z3, z0);
  vbroadcast_f32(z1, p0 + 12);
  vmul_f32(z22, z1, z0);
  vbroadcast_f32(z2, p0 + 16);
  vmul_f32(z23, z2, z0);
  vbroadcast_f32(z3, p0 + 20);
  vmul_f32(z24, z3, z0);
  vbroadcast_f32(z1, p0 + 24);
  vmul_f32(z25, z1, z0);
  vbroadcast_f32(z2, p0 + 28);
  vmul_f32(z26, z2, z0);
  vbroadcast_f32(z3, p0 + 32);
  vmul_f32(z27, z3, z0);
  vbroadcast_f32(z1, p0 + 36);
  vmul_f32(z28, z1, z0);
  vbroadcast_f32(z2, p0 + 40);
  vmul_f32(z29, z2, z0);
  vbroadcast_f32(z3, p0 + 44);
  vmul_f32(z30, z3, z0);
  vbroadcast_f32(z1, p0 + 48);
  vmul_f32(z31, z1, z0);
  p0 += 2048;
  p1 += 128;
  i = 0;
  VLOOP(vframe[3], 4) {
    vload_f32(z0, p1);
    vbroadcast_f32(z1, p0);
    vfma_f32(z19, z1, z0);
    vbroadcast_f32(z2, p0 + 4);
    vfma_f32(z20, z2, z0);
    vbroadcast_f32(z3, p0 + 8);
    vfma_f32(z21, z3, z0);
    vbroadcast_f32(z1, p0 + 12);
    vfma_f32(z22, z1, z0);
    vbroadcast_f32(z2, p0 + 16);
    vfma_f32(z23, z2, z0);
    vbroadcast_f32(z3, p0 + 20);
    vfma_f32(z24, z3, z0);
    vbroadcast_f32(z1, p0 + 24);
    vfma_f32(z25, z1, z0);
    vbroadcast_f32(z2, p0 + 28);
    vfma_f32(z26, z2, z0);
    vbroadcast_f32(z3, p0 + 32);
    vfma_f32(z27, z3, z0);
    vbroadcast_f32(z1, p0 + 36);
    vfma_f32(z28, z1, z0);
    vbroadcast_f32(z2, p0 + 40);
    vfma_f32(z29, z2, z0);
    vbroadcast_f32(z3, p0 + 44);
    vfma_f32(z30, z3, z0);
    vbroadcast_f32(z1, p0 + 48);
    vfma_f32(z31, z1, z0);
    vload_f32(z0, p1 + 128);
    vbroadcast_f32(z1, p0 + 2048);
    vfma_f32(z19, z1, z0);
    vbroadcast_f32(z2, p0 + 2052);
    vfma_f32(z20, z2, z0);
    vbroadcast_f32(z3, p0 + 2056);
    vfma_f32(z21, z3, z0);
    vbroadcast_f32(z1, p0 + 2060);
    vfma_f32(z22, z1, z0);
    vbroadcast_f32(z2, p0 + 2064);
    vfma_f32(z23, z2, z0);
    vbroadcast_f32(z3, p0 + 2068);
    vfma_f32(z24, z3, z0);
    vbroadcast_f32(z1, p0 + 2072);
    vfma_f32(z25, z1, z0);
    vbroadcast_f32(z2, p0 + 2076);
    vfma_f32(z26, z2, z0);
    vbroadcast_f32(z3, p0 + 2080);
    vfma_f32(z27, z3, z0);
    vbroadcast_f32(z1, p0 + 2084);
    vfma_f32(z28, z1, z0);
    vbroadcast_f32(z2, p0 + 2088);
    vfma_f32(z29, z2, z0);
    vbroadcast_f32(z3, p0 + 2092);
    vfma_f32(z30, z3, z0);
    vbroadcast_f32(z1, p0 + 2096);
    vfma_f32(z31, z1, z0);
    vload_f32(z0, p1 + 256);
    vbroadcast_f32(z1, p0 + 4096);
    vfma_f32(z19, z1, z0);
    vbroadcast_f32(z2, p0 + 4100);
    vfma_f32(z20, z2, z0);
    vbroadcast_f32(z3, p0 + 4104);
    vfma_f32(z21, z3, z0);
    vbroadcast_f32(z1, p0 + 4108);
    vfma_f32(z22, z1, z0);
    vbroadcast_f32(z2, p0 + 4112);
    vfma_f32(z23, z2, z0);
    vbroadcast_f32(z3, p0 + 4116);
    vfma_f32(z24, z3, z0);
    vbroadcast_f32(z1, p0 + 4120);
    vfma_f32(z25, z1, z0);
    vbroadcast_f32(z2, p0 + 4124);
    vfma_f32(z26, z2, z0);
    vbroadcast_f32(z3, p0 + 4128);
    vfma_f32(z27, z3, z0);
    vbroadcast_f32(z1, p0 + 4132);
    vfma_f32(z28, z1, z0);
    vbroadcast_f32(z2, p0 + 4136);
    vfma_f32(z29, z2, z0);
    vbroadcast_f32(z3, p0 + 4140);
    vfma_f32(z30, z3, z0);
    vbroadcast_f32(z1, p0 + 4144);
    vfma_f32(z31, z1, z0);
    vload_f32(z0, p1 + 384);
    vbroadcast_f32(z1, p0 + 6144);
    vfma_f32(z19, z1, z0);
    vbroadcast_f32(z2, p0 + 6148);
    vfma_f32(z20, z2, z0);
    vbroadcast_f32(z3, p0 + 6152);
    vfma_f32(z21, z3, z0);
    vbroadcast_f32(z1, p0 + 6156);
    vfma_f32(z22, z1, z0);
    vbroadcast_f32(z2, p0 + 6160);
    vfma_f32(z23, z2, z0);
    vbroadcast_f32(z3, p0 + 6164);
    vfma_f32(z24, z3, z0);
    vbroadcast_f32(z1, p0 + 6168);
    vfma_f32(z25, z1, z0);
    vbroadcast_f32(z2, p0 + 6172);
    vfma_f32(z26, z2, z0);
    vbroadcast_f32(z3, p0 + 6176);
    vfma_f32(z27, z3, z0);
    vbroadcast_f32(z1, p0 + 6180);
    vfma_f32(z28, z1, z0);
    vbroadcast_f32(z2, p0 + 6184);
    vfma_f32(z29, z2, z0);
    vbroadcast_f32(z3, p0 + 6188);
    vfma_f32(z30, z3, z0);
    vbroadcast_f32(z1, p0 + 6192);
    vfma_f32(z31, z1, z0);
    p0 += 8192;
    p1 += 512;
  }
  VLOOP(vframe[3], 1) {
    vload_f32(z0, p1);
    vbroadcast_f32(z1, p0);
    vfma_f32(z19, z1, z0);
    vbroadcast_f32(z2, p0 + 4);
    vfma_f32(z20, z2, z0);
    vbroadcast_f32(z3, p0 + 8);
    vfma_f32(z21, z3, z0);
    vbroadcast_f32(z1, p0 + 12);
    vfma_f32(z22, z1, z0);
    vbroadcast_f32(z2, p0 + 16);
    vfma_f32(z23, z2, z0);
    vbroadcast_f32(z3, p0 + 20);
    vfma_f32(z24, z3, z0);
    vbroadcast_f32(z1, p0 + 24);
    vfma_f32(z25, z1, z0);
    vbroadcast_f32(z2, p0 + 28);
    vfma_f32(z26, z2, z0);
    vbroadcast_f32(z3, p0 + 32);
    vfma_f32(z27, z3, z0);
    vbroadcast_f32(z1, p0 + 36);
    vfma_f32(z28, z1, z0);
    vbroadcast_f32(z2, p0 + 40);
    vfma_f32(z29, z2, z0);
    vbroadcast_f32(z3, p0 + 44);
    vfma_f32(z30, z3, z0);
    vbroadcast_f32(z1, p0 + 48);
    vfma_f32(z31, z1, z0);
    p0 += 2048;
    p1 += 128;
  }
  vstore_f32(p2, z19);
  vstore_f32(p2 + 128, z20);
  vstore_f32(p2 + 256, z21);
  vstore_f32(p2 + 384, z22);
  vstore_f32(p2 + 512, z23);
  vstore_f32(p2 + 640, z24);
  vstore_f32(p2 + 768, z25);
  vstore_f32(p2 + 896, z26);
  vstore_f32(p2 + 1024, z27);
  vstore_f32(p2 + 1152, z28);
  vstore_f32(p2 + 1280, z29);
  vstore_f32(p2 + 1408, z30);
  vstore_f32(p2 + 1536, z31);
VEND
}
static void k7_contract_select_add_sub_sum_select_tile100(char *a, char *b, char *c, long k)
{
  long f[4];
  f[0] = (long)a; f[1] = (long)b; f[2] = (long)c; f[3] = k - 1;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2];
  vreg z0, z1, z2, z3, z4, z5, z6, z7, z8, z9, z10, z11, z12, z13, z14, z15;
  vreg z16, z17, z18, z19, z20, z21, z22, z23, z24, z25, z26, z27, z28, z29, z30, z31;
  vprefetch(p2, 2);
  vprefetch(p2 + 128, 2);
  vprefetch(p2 + 256, 2);
  vprefetch(p2 + 384, 2);
  vprefetch(p2 + 512, 2);
  vprefetch(p2 + 640, 2);
  vprefetch(p2 + 768, 2);
  vprefetch(p2 + 896, 2);
  vprefetch(p2 + 1024, 2);
  vprefetch(p2 + 1152, 2);
  vprefetch(p2 + 1280, 2);
  vprefetch(p2 + 1408, 2);
  vprefetch(p2 + 1536, 2);
  vprefetch(p2 + 1664, 2);
  vload_f32(z0, p1);
  vload_f32(z1, p1 + 64);
  vbroadcast_f32(z2, p0);
  vmul_f32(z4, z2, z0);
  vmul_f32(z5, z2, z1);
  vbroadcast_f32(z3, p0 + 4);
  vmul_f32(z6, z3, z0);
  vmul_f32(z7, z3, z1);
  vbroadcast_f32(z2, p0 + 8);
  vmul_f32(z8, z2, z0);
  vmul_f32(z9, z2, z1);
  vbroadcast_f32(z3, p0 + 12);
  vmul_f32(z10, z3, z0);
  vmul_f32(z11, z3, z1);
  vbroadcast_f32(z2, p0 + 16);
  vmul_f32(z12, z2, z0);
  vmul_f32(z13, z2, z1);
  vbroadcast_f32(z3, p0 + 20);
  vmul_f32(z14, z3, z0);
  vmul_f32(z15, z3, z1);
  vbroadcast_f32(z2, p0 + 24);
  vmul_f32(z16, z2, z0);
  vmul_f32(z17, z2, z1);
  vbroadcast_f32(z3, p0 + 28);
  vmul_f32(z18, z3, z0);
  vmul_f32(z19, z3, z1);
  vbroadcast_f32(z2, p0 + 32);
  vmul_f32(z20, z2, z0);
  vmul_f32(z21, z2, z1);
  vbroadcast_f32(z3, p0 + 36);
  vmul_f32(z22, z3, z0);
  vmul_f32(z23, z3, z1);
  vbroadcast_f32(z2, p0 + 40);
  vmul_f32(z24, z2, z0);
  vmul_f32(z25, z2, z1);
  vbroadcast_f32(z3, p0 + 44);
  vmul_f32(z26, z3, z0);
  vmul_f32(z27, z3, z1);
  vbroadcast_f32(z2, p0 + 48);
  vmul_f32(z28, z2, z0);
  vmul_f32(z29, z2, z1);
  vbroadcast_f32(z3, p0 + 52);
  vmul_f32(z30, z3, z0);
  vmul_f32(z31, z3, z1);
  p0 += 2048;
  p1 += 128;
  i = 0;
  VLOOP(vframe[3], 4) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z4, z2, z0);
    vfma_f32(z5, z2, z1);
    vbroadcast_f32(z3, p0 + 4);
    vfma_f32(z6, z3, z0);
    vfma_f32(z7, z3, z1);
    vbroadcast_f32(z2, p0 + 8);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 12);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z2, p0 + 16);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 20);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z2, p0 + 24);
    vfma_f32(z16, z2, z0);
    vfma_f32(z17, z2, z1);
    vbroadcast_f32(z3, p0 + 28);
    vfma_f32(z18, z3, z0);
    vfma_f32(z19, z3, z1);
    vbroadcast_f32(z2, p0 + 32);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 36);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z2, p0 + 40);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 44);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z2, p0 + 48);
    vfma_f32(z28, z2, z0);
    vfma_f32(z29, z2, z1);
    vbroadcast_f32(z3, p0 + 52);
    vfma_f32(z30, z3, z0);
    vfma_f32(z31, z3, z1);
    vload_f32(z0, p1 + 128);
    vload_f32(z1, p1 + 192);
    vbroadcast_f32(z2, p0 + 2048);
    vfma_f32(z4, z2, z0);
    vfma_f32(z5, z2, z1);
    vbroadcast_f32(z3, p0 + 2052);
    vfma_f32(z6, z3, z0);
    vfma_f32(z7, z3, z1);
    vbroadcast_f32(z2, p0 + 2056);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 2060);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z2, p0 + 2064);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 2068);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z2, p0 + 2072);
    vfma_f32(z16, z2, z0);
    vfma_f32(z17, z2, z1);
    vbroadcast_f32(z3, p0 + 2076);
    vfma_f32(z18, z3, z0);
    vfma_f32(z19, z3, z1);
    vbroadcast_f32(z2, p0 + 2080);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 2084);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z2, p0 + 2088);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 2092);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z2, p0 + 2096);
    vfma_f32(z28, z2, z0);
    vfma_f32(z29, z2, z1);
    vbroadcast_f32(z3, p0 + 2100);
    vfma_f32(z30, z3, z0);
    vfma_f32(z31, z3, z1);
    vload_f32(z0, p1 + 256);
    vload_f32(z1, p1 + 320);
    vbroadcast_f32(z2, p0 + 4096);
    vfma_f32(z4, z2, z0);
    vfma_f32(z5, z2, z1);
    vbroadcast_f32(z3, p0 + 4100);
    vfma_f32(z6, z3, z0);
    vfma_f32(z7, z3, z1);
    vbroadcast_f32(z2, p0 + 4104);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 4108);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z2, p0 + 4112);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4116);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z2, p0 + 4120);
    vfma_f32(z16, z2, z0);
    vfma_f32(z17, z2, z1);
    vbroadcast_f32(z3, p0 + 4124);
    vfma_f32(z18, z3, z0);
    vfma_f32(z19, z3, z1);
    vbroadcast_f32(z2, p0 + 4128);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 4132);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z2, p0 + 4136);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 4140);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z2, p0 + 4144);
    vfma_f32(z28, z2, z0);
    vfma_f32(z29, z2, z1);
    vbroadcast_f32(z3, p0 + 4148);
    vfma_f32(z30, z3, z0);
    vfma_f32(z31, z3, z1);
    vload_f32(z0, p1 + 384);
    vload_f32(z1, p1 + 448);
    vbroadcast_f32(z2, p0 + 6144);
    vfma_f32(z4, z2, z0);
    vfma_f32(z5, z2, z1);
    vbroadcast_f32(z3, p0 + 6148);
    vfma_f32(z6, z3, z0);
    vfma_f32(z7, z3, z1);
    vbroadcast_f32(z2, p0 + 6152);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 6156);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z2, p0 + 6160);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 6164);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z2, p0 + 6168);
    vfma_f32(z16, z2, z0);
    vfma_f32(z17, z2, z1);
    vbroadcast_f32(z3, p0 + 6172);
    vfma_f32(z18, z3, z0);
    vfma_f32(z19, z3, z1);
    vbroadcast_f32(z2, p0 + 6176);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 6180);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z2, p0 + 6184);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 6188);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z2, p0 + 6192);
    vfma_f32(z28, z2, z0);
    vfma_f32(z29, z2, z1);
    vbroadcast_f32(z3, p0 + 6196);
    vfma_f32(z30, z3, z0);
    vfma_f32(z31, z3, z1);
    p0 += 8192;
    p1 += 512;
  }
  VLOOP(vframe[3], 1) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z4, z2, z0);
    vfma_f32(z5, z2, z1);
    vbroadcast_f32(z3, p0 + 4);
    vfma_f32(z6, z3, z0);
    vfma_f32(z7, z3, z1);
    vbroadcast_f32(z2, p0 + 8);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 12);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z2, p0 + 16);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 20);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z2, p0 + 24);
    vfma_f32(z16, z2, z0);
    vfma_f32(z17, z2, z1);
    vbroadcast_f32(z3, p0 + 28);
    vfma_f32(z18, z3, z0);
    vfma_f32(z19, z3, z1);
    vbroadcast_f32(z2, p0 + 32);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 36);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z2, p0 + 40);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 44);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z2, p0 + 48);
    vfma_f32(z28, z2, z0);
    vfma_f32(z29, z2, z1);
    vbroadcast_f32(z3, p0 + 52);
    vfma_f32(z30, z3, z0);
    vfma_f32(z31, z3, z1);
    p0 += 2048;
    p1 += 128;
  }
  vstore_f32(p2, z4);
  vstore_f32(p2 + 64, z5);
  vstore_f32(p2 + 128, z6);
  vstore_f32(p2 + 192, z7);
  vstore_f32(p2 + 256, z8);
  vstore_f32(p2 + 320, z9);
  vstore_f32(p2 + 384, z10);
  vstore_f32(p2 + 448, z11);
  vstore_f32(p2 + 512, z12);
  vstore_f32(p2 + 576, z13);
  vstore_f32(p2 + 640, z14);
  vstore_f32(p2 + 704, z15);
  vstore_f32(p2 + 768, z16);
  vstore_f32(p2 + 832, z17);
  vstore_f32(p2 + 896, z18);
  vstore_f32(p2 + 960, z19);
  vstore_f32(p2 + 1024, z20);
  vstore_f32(p2 + 1088, z21);
  vstore_f32(p2 + 1152, z22);
  vstore_f32(p2 + 1216, z23);
  vstore_f32(p2 + 1280, z24);
  vstore_f32(p2 + 1344, z25);
  vstore_f32(p2 + 1408, z26);
  vstore_f32(p2 + 1472, z27);
  vstore_f32(p2 + 1536, z28);
  vstore_f32(p2 + 1600, z29);
  vstore_f32(p2 + 1664, z30);
  vstore_f32(p2 + 1728, z31);
VEND
}
static void k7_contract_select_add_sub_sum_select_tile101(char *a, char *b, char *c, long k)
{
  long f[4];
  f[0] = (long)a; f[1] = (long)b; f[2] = (long)c; f[3] = k - 1;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2];
  vreg z0, z1, z2, z3, z18, z19, z20, z21, z22, z23, z24, z25, z26, z27, z28, z29;
  vreg z30, z31;
  vprefetch(p2, 2);
  vprefetch(p2 + 128, 2);
  vprefetch(p2 + 256, 2);
  vprefetch(p2 + 384, 2);
  vprefetch(p2 + 512, 2);
  vprefetch(p2 + 640, 2);
  vprefetch(p2 + 768, 2);
  vprefetch(p2 + 896, 2);
  vprefetch(p2 + 1024, 2);
  vprefetch(p2 + 1152, 2);
  vprefetch(p2 + 1280, 2);
  vprefetch(p2 + 1408, 2);
  vprefetch(p2 + 1536, 2);
  vprefetch(p2 + 1664, 2);
  vload_f32(z0, p1);
  vbroadcast_f32(z1, p0);
  vmul_f32(z18, z1, z0);
  vbroadcast_f32(z2, p0 + 4);
  vmul_f32(z19, z2, z0);
  vbroadcast_f32(z3, p0 + 8);
  vmul_f32(z20, z3, z0);
  vbroadcast_f32(z1, p0 + 12);
  vmul_f32(z21, z1, z0);
  vbroadcast_f32(z2, p0 + 16);
  vmul_f32(z22, z2, z0);
  vbroadcast_f32(z3, p0 + 20);
  vmul_f32(z23, z3, z0);
  vbroadcast_f32(z1, p0 + 24);
  vmul_f32(z24, z1, z0);
  vbroadcast_f32(z2, p0 + 28);
  vmul_f32(z25, z2, z0);
  vbroadcast_f32(z3, p0 + 32);
  vmul_f32(z26, z3, z0);
  vbroadcast_f32(z1, p0 + 36);
  vmul_f32(z27, z1, z0);
  vbroadcast_f32(z2, p0 + 40);
  vmul_f32(z28, z2, z0);
  vbroadcast_f32(z3, p0 + 44);
  vmul_f32(z29, z3, z0);
  vbroadcast_f32(z1, p0 + 48);
  vmul_f32(z30, z1, z0);
  vbroadcast_f32(z2, p0 + 52);
  vmul_f32(z31, z2, z0);
  p0 += 2048;
  p1 += 128;
  i = 0;
  VLOOP(vframe[3], 4) {
    vload_f32(z0, p1);
    vbroadcast_f32(z1, p0);
    vfma_f32(z18, z1, z0);
    vbroadcast_f32(z2, p0 + 4);
    vfma_f32(z19, z2, z0);
    vbroadcast_f32(z3, p0 + 8);
    vfma_f32(z20, z3, z0);
    vbroadcast_f32(z1, p0 + 12);
    vfma_f32(z21, z1, z0);
    vbroadcast_f32(z2, p0 + 16);
    vfma_f32(z22, z2, z0);
    vbroadcast_f32(z3, p0 + 20);
    vfma_f32(z23, z3, z0);
    vbroadcast_f32(z1, p0 + 24);
    vfma_f32(z24, z1, z0);
    vbroadcast_f32(z2, p0 + 28);
    vfma_f32(z25, z2, z0);
    vbroadcast_f32(z3, p0 + 32);
    vfma_f32(z26, z3, z0);
    vbroadcast_f32(z1, p0 + 36);
    vfma_f32(z27, z1, z0);
    vbroadcast_f32(z2, p0 + 40);
    vfma_f32(z28, z2, z0);
    vbroadcast_f32(z3, p0 + 44);
    vfma_f32(z29, z3, z0);
    vbroadcast_f32(z1, p0 + 48);
    vfma_f32(z30, z1, z0);
    vbroadcast_f32(z2, p0 + 52);
    vfma_f32(z31, z2, z0);
    vload_f32(z0, p1 + 128);
    vbroadcast_f32(z1, p0 + 2048);
    vfma_f32(z18, z1, z0);
    vbroadcast_f32(z2, p0 + 2052);
    vfma_f32(z19, z2, z0);
    vbroadcast_f32(z3, p0 + 2056);
    vfma_f32(z20, z3, z0);
    vbroadcast_f32(z1, p0 + 2060);
    vfma_f32(z21, z1, z0);
    vbroadcast_f32(z2, p0 + 2064);
    vfma_f32(z22, z2, z0);
    vbroadcast_f32(z3, p0 + 2068);
    vfma_f32(z23, z3, z0);
    vbroadcast_f32(z1, p0 + 2072);
    vfma_f32(z24, z1, z0);
    vbroadcast_f32(z2, p0 + 2076);
    vfma_f32(z25, z2, z0);
    vbroadcast_f32(z3, p0 + 2080);
    vfma_f32(z26, z3, z0);
    vbroadcast_f32(z1, p0 + 2084);
    vfma_f32(z27, z1, z0);
    vbroadcast_f32(z2, p0 + 2088);
    vfma_f32(z28, z2, z0);
    vbroadcast_f32(z3, p0 + 2092);
    vfma_f32(z29, z3, z0);
    vbroadcast_f32(z1, p0 + 2096);
    vfma_f32(z30, z1, z0);
    vbroadcast_f32(z2, p0 + 2100);
    vfma_f32(z31, z2, z0);
    vload_f32(z0, p1 + 256);
    vbroadcast_f32(z1, p0 + 4096);
    vfma_f32(z18, z1, z0);
    vbroadcast_f32(z2, p0 + 4100);
    vfma_f32(z19, z2, z0);
    vbroadcast_f32(z3, p0 + 4104);
    vfma_f32(z20, z3, z0);
    vbroadcast_f32(z1, p0 + 4108);
    vfma_f32(z21, z1, z0);
    vbroadcast_f32(z2, p0 + 4112);
    vfma_f32(z22, z2, z0);
    vbroadcast_f32(z3, p0 + 4116);
    vfma_f32(z23, z3, z0);
    vbroadcast_f32(z1, p0 + 4120);
    vfma_f32(z24, z1, z0);
    vbroadcast_f32(z2, p0 + 4124);
    vfma_f32(z25, z2, z0);
    vbroadcast_f32(z3, p0 + 4128);
    vfma_f32(z26, z3, z0);
    vbroadcast_f32(z1, p0 + 4132);
    vfma_f32(z27, z1, z0);
    vbroadcast_f32(z2, p0 + 4136);
    vfma_f32(z28, z2, z0);
    vbroadcast_f32(z3, p0 + 4140);
    vfma_f32(z29, z3, z0);
    vbroadcast_f32(z1, p0 + 4144);
    vfma_f32(z30, z1, z0);
    vbroadcast_f32(z2, p0 + 4148);
    vfma_f32(z31, z2, z0);
    vload_f32(z0, p1 + 384);
    vbroadcast_f32(z1, p0 + 6144);
    vfma_f32(z18, z1, z0);
    vbroadcast_f32(z2, p0 + 6148);
    vfma_f32(z19, z2, z0);
    vbroadcast_f32(z3, p0 + 6152);
    vfma_f32(z20, z3, z0);
    vbroadcast_f32(z1, p0 + 6156);
    vfma_f32(z21, z1, z0);
    vbroadcast_f32(z2, p0 + 6160);
    vfma_f32(z22, z2, z0);
    vbroadcast_f32(z3, p0 + 6164);
    vfma_f32(z23, z3, z0);
    vbroadcast_f32(z1, p0 + 6168);
    vfma_f32(z24, z1, z0);
    vbroadcast_f32(z2, p0 + 6172);
    vfma_f32(z25, z2, z0);
    vbroadcast_f32(z3, p0 + 6176);
    vfma_f32(z26, z3, z0);
    vbroadcast_f32(z1, p0 + 6180);
    vfma_f32(z27, z1, z0);
    vbroadcast_f32(z2, p0 + 6184);
    vfma_f32(z28, z2, z0);
    vbroadcast_f32(z3, p0 + 6188);
    vfma_f32(z29, z3, z0);
    vbroadcast_f32(z1, p0 + 6192);
    vfma_f32(z30, z1, z0);
    vbroadcast_f32(z2, p0 + 6196);
    vfma_f32(z31, z2, z0);
    p0 += 8192;
    p1 += 512;
  }
  VLOOP(vframe[3], 1) {
    vload_f32(z0, p1);
    vbroadcast_f32(z1, p0);
    vfma_f32(z18, z1, z0);
    vbroadcast_f32(z2, p0 + 4);
    vfma_f32(z19, z2, z0);
    vbroadcast_f32(z3, p0 + 8);
    vfma_f32(z20, z3, z0);
    vbroadcast_f32(z1, p0 + 12);
    vfma_f32(z21, z1, z0);
    vbroadcast_f32(z2, p0 + 16);
    vfma_f32(z22, z2, z0);
    vbroadcast_f32(z3, p0 + 20);
    vfma_f32(z23, z3, z0);
    vbroadcast_f32(z1, p0 + 24);
    vfma_f32(z24, z1, z0);
    vbroadcast_f32(z2, p0 + 28);
    vfma_f32(z25, z2, z0);
    vbroadcast_f32(z3, p0 + 32);
    vfma_f32(z26, z3, z0);
    vbroadcast_f32(z1, p0 + 36);
    vfma_f32(z27, z1, z0);
    vbroadcast_f32(z2, p0 + 40);
    vfma_f32(z28, z2, z0);
    vbroadcast_f32(z3, p0 + 44);
    vfma_f32(z29, z3, z0);
    vbroadcast_f32(z1, p0 + 48);
    vfma_f32(z30, z1, z0);
    vbroadcast_f32(z2, p0 + 52);
    vfma_f32(z31, z2, z0);
    p0 += 2048;
    p1 += 128;
  }
  vstore_f32(p2, z18);
  vstore_f32(p2 + 128, z19);
  vstore_f32(p2 + 256, z20);
  vstore_f32(p2 + 384, z21);
  vstore_f32(p2 + 512, z22);
  vstore_f32(p2 + 640, z23);
  vstore_f32(p2 + 768, z24);
  vstore_f32(p2 + 896, z25);
  vstore_f32(p2 + 1024, z26);
  vstore_f32(p2 + 1152, z27);
  vstore_f32(p2 + 1280, z28);
  vstore_f32(p2 + 1408, z29);
  vstore_f32(p2 + 1536, z30);
  vstore_f32(p2 + 1664, z31);
VEND
}
void k7_contract_select_add_sub_sum_select(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)
{
  long param[6];
  for (long item = begin; item < end; item++) {
    long batch = item / 4L, rb = item / 4L % 1L, cb = item % 4L;
    long n0 = cb * 224L, n1 = n0 + 224L < 784L ? n0 + 224L : 784L;
    long first = rb * 37L, last = first + 37L < 37L ? first + 37L : 37L;
    long item_m0 = first * 13L + (first < 31L ? first : 31L);
    param[0] = batch;
    char *packed = scratch + 0L;
    for (long k0 = 0; k0 < 128L; k0 += 128L) {
      long k1 = k0 + 128L < 128L ? k0 + 128L : 128L;
      for (long n = n0; n < n1; n += 32L)
        k7_contract_select_add_sub_sum_select_pack(buf, scalar, scratch, 0, param, packed + (n - n0) * 512L, n, n + 32L < n1 ? n + 32L : n1, k0, k1);
      for (long t0 = first; t0 < last; t0 += 37L) {
        long t1 = t0 + 37L < last ? t0 + 37L : last;
        long m0 = t0 * 13L + (t0 < 31L ? t0 : 31L), m1 = t1 * 13L + (t1 < 31L ? t1 : 31L);
        for (long n = n0; n < n1; n += 32L) {
          char *b = packed + (n - n0) * 512L;
          char *sums = scratch + 131328L + (n - n0) * 0L;
          for (long t = t0; t < t1; t++) {
            long m = t * 13L + (t < 31L ? t : 31L);
            char *a = buf[17] + (0L + batch * 0L + m * 1L + k0 * 512L) * 4;
            char *c = sums + (m - item_m0) * 128L;
            if (n + 32L > 784L) { if (t < 31L) { k7_contract_select_add_sub_sum_select_tile101(a, b, c, k1 - k0); } else { k7_contract_select_add_sub_sum_select_tile001(a, b, c, k1 - k0); } } else { if (t < 31L) { k7_contract_select_add_sub_sum_select_tile100(a, b, c, k1 - k0); } else { k7_contract_select_add_sub_sum_select_tile000(a, b, c, k1 - k0); } }
          }
          if (k1 == 128L) {
            char *place[1];
            place[0] = sums; param[4] = item_m0; param[5] = n;
            k7_contract_select_add_sub_sum_select_result(buf, scalar, scratch, place, param, m0, m1, n, n + 32L < 784L ? n + 32L : 784L);
          }
        }
      }
    }
  }
}

/* k7_contract_select_add_sub_sum_select_1: rows over [128 reduced, 512]; computes sum, select (+22 inlined), add (+9 inlined), sub (+11 inlined)
 *   reads  buf[3] f32[512] var fc1.bias
 *   reads  buf[17] f32[128, 512] select
 *   reads  buf[22] f32[512] var fc1.bias.exp_avg
 *   reads  buf[24] f32[512] var fc1.bias.exp_avg_sq
 *   writes buf[23] f32[512] select (../../../work/main/tools/cli/demo_compare.c:34)
 *   writes buf[25] f32[512] add (../../../work/main/tools/cli/demo_compare.c:34)
 *   writes buf[26] f32[512] sub (../../../work/main/tools/cli/demo_compare.c:34)
 */
static void k7_contract_select_add_sub_sum_select_1_body(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0x80000000u,0x7fffffffu};
  long f[12];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)scalar;
  f[2] = (long)buf[22] + (column_low) * 4;
  f[3] = (long)buf[24] + (column_low) * 4;
  f[4] = (long)buf[3] + (column_low) * 4;
  f[5] = (long)buf[17] + (0 * 512 + column_low) * 4;
  f[6] = (long)buf[23] + (column_low) * 4;
  f[7] = (long)buf[25] + (column_low) * 4;
  f[8] = (long)buf[26] + (column_low) * 4;
  f[9] = column_high - column_low;
  f[10] = 0;
  f[11] = 0;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2], p3 = vframe[3], p4 = vframe[4], p5 = vframe[5], p6 = vframe[6], p7 = vframe[7], p8 = vframe[8];
  vreg z0, z1, z2, z3, z4, z5, z6, z7, z8, z9, z10, z11, z12, z13, z14, z15;
  vreg z16, z17, z18, z19, z20, z21, z22, z23, z24, z25, z26, z27, z28, z29, z30;
  i = 0;
  vbroadcast_f32(z0, p1);
  vbroadcast_f32(z1, p1 + 40);
  vbroadcast_f32(z2, p1 + 48);
  vbroadcast_f32(z3, p1 + 16);
  vbroadcast_f32(z4, p1 + 64);
  vbroadcast_f32(z5, p1 + 56);
  vbroadcast_f32(z6, p1 + 72);
  vbroadcast_f32(z7, p1 + 80);
  vbroadcast_f32(z8, p1 + 88);
  vbroadcast_f32(z9, p0);
  vbroadcast_f32(z10, p0 + 8);
  VLOOP(vframe[9], 16) {
    vload_f32(z11, p2 + 4 * i);
    vmul_f32(z11, z11, z0);
    vload_f32(z12, p3 + 4 * i);
    vmul_f32(z12, z12, z5);
    vload_f32(z13, p4 + 4 * i);
    vmov(z14, z9);
    vmov(z15, z9);
    vmov(z16, z9);
    vmov(z17, z9);
    vmov(z18, z9);
    vmov(z19, z9);
    vmov(z20, z9);
    vmov(z21, z9);
    vmov(z22, z9);
    vmov(z23, z9);
    vmov(z24, z9);
    vmov(z25, z9);
    vmov(z26, z9);
    vmov(z27, z9);
    vmov(z28, z9);
    vmov(z29, z9);
    vframe[10] = 8;
    do {
      vload_f32(z30, p5 + 4 * i);
      vadd_f32(z30, z14, z30);
      vmov(z14, z30);
      vload_f32(z30, p5 + 4 * i + 2048);
      vadd_f32(z30, z15, z30);
      vmov(z15, z30);
      vload_f32(z30, p5 + 4 * i + 4096);
      vadd_f32(z30, z16, z30);
      vmov(z16, z30);
      vload_f32(z30, p5 + 4 * i + 6144);
      vadd_f32(z30, z17, z30);
      vmov(z17, z30);
      vload_f32(z30, p5 + 4 * i + 8192);
      vadd_f32(z30, z18, z30);
      vmov(z18, z30);
      vload_f32(z30, p5 + 4 * i + 10240);
      vadd_f32(z30, z19, z30);
      vmov(z19, z30);
      vload_f32(z30, p5 + 4 * i + 12288);
      vadd_f32(z30, z20, z30);
      vmov(z20, z30);
      vload_f32(z30, p5 + 4 * i + 14336);
      vadd_f32(z30, z21, z30);
      vmov(z21, z30);
      vload_f32(z30, p5 + 4 * i + 16384);
      vadd_f32(z30, z22, z30);
      vmov(z22, z30);
      vload_f32(z30, p5 + 4 * i + 18432);
      vadd_f32(z30, z23, z30);
      vmov(z23, z30);
      vload_f32(z30, p5 + 4 * i + 20480);
      vadd_f32(z30, z24, z30);
      vmov(z24, z30);
      vload_f32(z30, p5 + 4 * i + 22528);
      vadd_f32(z30, z25, z30);
      vmov(z25, z30);
      vload_f32(z30, p5 + 4 * i + 24576);
      vadd_f32(z30, z26, z30);
      vmov(z26, z30);
      vload_f32(z30, p5 + 4 * i + 26624);
      vadd_f32(z30, z27, z30);
      vmov(z27, z30);
      vload_f32(z30, p5 + 4 * i + 28672);
      vadd_f32(z30, z28, z30);
      vmov(z28, z30);
      vload_f32(z30, p5 + 4 * i + 30720);
      vadd_f32(z30, z29, z30);
      vmov(z29, z30);
      p5 += 32768;
    } while (--vframe[10]);
    p5 += -262144;
    vadd_f32(z14, z14, z22);
    vadd_f32(z15, z15, z23);
    vadd_f32(z16, z16, z24);
    vadd_f32(z17, z17, z25);
    vadd_f32(z18, z18, z26);
    vadd_f32(z19, z19, z27);
    vadd_f32(z20, z20, z28);
    vadd_f32(z21, z21, z29);
    vadd_f32(z14, z14, z18);
    vadd_f32(z15, z15, z19);
    vadd_f32(z16, z16, z20);
    vadd_f32(z17, z17, z21);
    vadd_f32(z14, z14, z16);
    vadd_f32(z15, z15, z17);
    vadd_f32(z14, z14, z15);
    vmul_f32(z15, z14, z1);
    vadd_f32(z11, z11, z15);
    vand_f32(z15, z11, z10);
    vlt_f32(z15, z15, z2);
    vselect_f32(z11, z15, z3, z11);
    vmul_f32(z14, z14, z14);
    vmul_f32(z14, z14, z4);
    vadd_f32(z12, z14, z12);
    vsqrt_f32(z14, z12);
    vmul_f32(z14, z14, z6);
    vadd_f32(z14, z14, z7);
    vdiv_f32(z14, z11, z14);
    vmul_f32(z14, z14, z8);
    vsub_f32(z13, z13, z14);
    vstore_f32(p6 + 4 * i, z11);
    vstore_f32(p7 + 4 * i, z12);
    vstore_f32(p8 + 4 * i, z13);
  }
  VTAIL(vframe[9]) {
    vload_tail_f32(z11, p2 + 4 * i);
    vmul_f32(z0, z11, z0);
    vload_tail_f32(z11, p3 + 4 * i);
    vmul_f32(z5, z11, z5);
    vload_tail_f32(z11, p4 + 4 * i);
    vmov(z12, z9);
    vmov(z13, z9);
    vmov(z14, z9);
    vmov(z15, z9);
    vmov(z16, z9);
    vmov(z17, z9);
    vmov(z18, z9);
    vmov(z19, z9);
    vmov(z20, z9);
    vmov(z21, z9);
    vmov(z22, z9);
    vmov(z23, z9);
    vmov(z24, z9);
    vmov(z25, z9);
    vmov(z26, z9);
    vframe[11] = 8;
    do {
      vload_tail_f32(z27, p5 + 4 * i);
      vadd_f32(z27, z12, z27);
      vmov(z12, z27);
      vload_tail_f32(z27, p5 + 4 * i + 2048);
      vadd_f32(z27, z13, z27);
      vmov(z13, z27);
      vload_tail_f32(z27, p5 + 4 * i + 4096);
      vadd_f32(z27, z14, z27);
      vmov(z14, z27);
      vload_tail_f32(z27, p5 + 4 * i + 6144);
      vadd_f32(z27, z15, z27);
      vmov(z15, z27);
      vload_tail_f32(z27, p5 + 4 * i + 8192);
      vadd_f32(z27, z16, z27);
      vmov(z16, z27);
      vload_tail_f32(z27, p5 + 4 * i + 10240);
      vadd_f32(z27, z17, z27);
      vmov(z17, z27);
      vload_tail_f32(z27, p5 + 4 * i + 12288);
      vadd_f32(z27, z18, z27);
      vmov(z18, z27);
      vload_tail_f32(z27, p5 + 4 * i + 14336);
      vadd_f32(z27, z19, z27);
      vmov(z19, z27);
      vload_tail_f32(z27, p5 + 4 * i + 16384);
      vadd_f32(z27, z20, z27);
      vmov(z20, z27);
      vload_tail_f32(z27, p5 + 4 * i + 18432);
      vadd_f32(z27, z21, z27);
      vmov(z21, z27);
      vload_tail_f32(z27, p5 + 4 * i + 20480);
      vadd_f32(z27, z22, z27);
      vmov(z22, z27);
      vload_tail_f32(z27, p5 + 4 * i + 22528);
      vadd_f32(z27, z23, z27);
      vmov(z23, z27);
      vload_tail_f32(z27, p5 + 4 * i + 24576);
      vadd_f32(z27, z24, z27);
      vmov(z24, z27);
      vload_tail_f32(z27, p5 + 4 * i + 26624);
      vadd_f32(z27, z25, z27);
      vmov(z25, z27);
      vload_tail_f32(z27, p5 + 4 * i + 28672);
      vadd_f32(z27, z26, z27);
      vmov(z26, z27);
      vload_tail_f32(z27, p5 + 4 * i + 30720);
      vadd_f32(z27, z9, z27);
      vmov(z9, z27);
      p5 += 32768;
    } while (--vframe[11]);
    p5 += -262144;
    vadd_f32(z12, z12, z20);
    vadd_f32(z13, z13, z21);
    vadd_f32(z14, z14, z22);
    vadd_f32(z15, z15, z23);
    vadd_f32(z16, z16, z24);
    vadd_f32(z17, z17, z25);
    vadd_f32(z18, z18, z26);
    vadd_f32(z9, z19, z9);
    vadd_f32(z12, z12, z16);
    vadd_f32(z13, z13, z17);
    vadd_f32(z14, z14, z18);
    vadd_f32(z9, z15, z9);
    vadd_f32(z12, z12, z14);
    vadd_f32(z9, z13, z9);
    vadd_f32(z9, z12, z9);
    vmul_f32(z1, z9, z1);
    vadd_f32(z0, z0, z1);
    vand_f32(z1, z0, z10);
    vlt_f32(z1, z1, z2);
    vselect_f32(z0, z1, z3, z0);
    vmul_f32(z1, z9, z9);
    vmul_f32(z1, z1, z4);
    vadd_f32(z1, z1, z5);
    vsqrt_f32(z2, z1);
    vmul_f32(z2, z2, z6);
    vadd_f32(z2, z2, z7);
    vdiv_f32(z2, z0, z2);
    vmul_f32(z2, z2, z8);
    vsub_f32(z2, z11, z2);
    vstore_tail_f32(p6 + 4 * i, z0);
    vstore_tail_f32(p7 + 4 * i, z1);
    vstore_tail_f32(p8 + 4 * i, z2);
  }
VEND
}
void k7_contract_select_add_sub_sum_select_1(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)
{
  long param[3];
  for (long item = begin; item < end;) {
    long block = item % 8L, row = item / 8L % 1L, outer = item / 8L;
    long low = block * 64L, high = low + 64L < 512L ? low + 64L : 512L;
    k7_contract_select_add_sub_sum_select_1_body(buf, scalar, scratch, 0, param, row, row + 1, low, high);
    item++;
    (void)block; (void)outer;
  }
  (void)param;
}

/* k7_contract_select_add_sub_sum_select_2: contraction over [128 reduced, 256, 512]; computes contract (+6 inlined), select (+22 inlined), add (+9 inlined), sub (+11 inlined): consumers on the tile
 *   reads  buf[6] f32[256, 512] var fc2.weight
 *   reads  buf[8] f32[128, 512] select
 *   reads  buf[16] f32[128, 256] select
 *   reads  buf[27] f32[256, 512] var fc2.weight.exp_avg
 *   reads  buf[29] f32[256, 512] var fc2.weight.exp_avg_sq
 *   writes buf[28] f32[256, 512] select (../../../work/main/tools/cli/demo_compare.c:34)
 *   writes buf[30] f32[256, 512] add (../../../work/main/tools/cli/demo_compare.c:34)
 *   writes buf[31] f32[256, 512] sub (../../../work/main/tools/cli/demo_compare.c:34)
 */
static void k7_contract_select_add_sub_sum_select_2_columns(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0};
  long f[5];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)buf[8] + (column_low + row_low * 512) * 4;
  f[2] = (long)pointer[0] + (column_low + row_low * 32 - param[4] * 32 - param[5]) * 4;
  f[3] = row_high - row_low;
  f[4] = column_high - column_low;
VBEGIN(f, 16)
  vaddress p1 = vframe[1], p2 = vframe[2];
  vreg z0;
  do {
    i = 0;
    VLOOP(vframe[4], 64) {
      vload_f32(z0, p1 + 4 * i);
      vstore_f32(p2 + 4 * i, z0);
      vload_f32(z0, p1 + 4 * i + 64);
      vstore_f32(p2 + 4 * i + 64, z0);
      vload_f32(z0, p1 + 4 * i + 128);
      vstore_f32(p2 + 4 * i + 128, z0);
      vload_f32(z0, p1 + 4 * i + 192);
      vstore_f32(p2 + 4 * i + 192, z0);
    }
    VLOOP(vframe[4], 16) {
      vload_f32(z0, p1 + 4 * i);
      vstore_f32(p2 + 4 * i, z0);
    }
    VTAIL(vframe[4]) {
      vload_tail_f32(z0, p1 + 4 * i);
      vstore_tail_f32(p2 + 4 * i, z0);
    }
    p1 += 2048;
    p2 += 128;
  } while (--vframe[3]);
VEND
}
static void k7_contract_select_add_sub_sum_select_2_pack(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer, long *param, char *to, long n0, long n1, long k0, long k1)
{
  char *place[1];
  place[0] = to; param[4] = k0; param[5] = n0;
  k7_contract_select_add_sub_sum_select_2_columns(buf, scalar, scratch, place, param, k0, k1, n0, n1);
}
static void k7_contract_select_add_sub_sum_select_2_result(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0x7fffffffu};
  long f[11];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)scalar;
  f[2] = (long)buf[27] + (row_low * 512 + column_low) * 4;
  f[3] = (long)pointer[0] + (row_low * 32 + column_low - param[4] * 32 - param[5]) * 4;
  f[4] = (long)buf[29] + (row_low * 512 + column_low) * 4;
  f[5] = (long)buf[6] + (row_low * 512 + column_low) * 4;
  f[6] = (long)buf[28] + (row_low * 512 + column_low) * 4;
  f[7] = (long)buf[30] + (row_low * 512 + column_low) * 4;
  f[8] = (long)buf[31] + (row_low * 512 + column_low) * 4;
  f[9] = row_high - row_low;
  f[10] = column_high - column_low;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2], p3 = vframe[3], p4 = vframe[4], p5 = vframe[5], p6 = vframe[6], p7 = vframe[7], p8 = vframe[8];
  vreg z0, z1, z2, z3, z4, z5, z6, z7, z8, z9, z10, z11, z12, z13;
  vbroadcast_f32(z0, p1);
  vbroadcast_f32(z1, p1 + 40);
  vbroadcast_f32(z2, p1 + 48);
  vbroadcast_f32(z3, p1 + 16);
  vbroadcast_f32(z4, p1 + 64);
  vbroadcast_f32(z5, p1 + 56);
  vbroadcast_f32(z6, p1 + 72);
  vbroadcast_f32(z7, p1 + 80);
  vbroadcast_f32(z8, p1 + 88);
  vbroadcast_f32(z9, p0);
  do {
    i = 0;
    VLOOP(vframe[10], 32) {
      vload_f32(z10, p2 + 4 * i);
      vmul_f32(z10, z10, z0);
      vload_f32(z11, p3 + 4 * i);
      vmul_f32(z12, z11, z1);
      vadd_f32(z10, z10, z12);
      vand_f32(z12, z10, z9);
      vlt_f32(z12, z12, z2);
      vselect_f32(z10, z12, z3, z10);
      vmul_f32(z11, z11, z11);
      vmul_f32(z11, z11, z4);
      vload_f32(z12, p4 + 4 * i);
      vmul_f32(z12, z12, z5);
      vadd_f32(z11, z11, z12);
      vload_f32(z12, p5 + 4 * i);
      vsqrt_f32(z13, z11);
      vmul_f32(z13, z13, z6);
      vadd_f32(z13, z13, z7);
      vdiv_f32(z13, z10, z13);
      vmul_f32(z13, z13, z8);
      vsub_f32(z12, z12, z13);
      vstore_f32(p6 + 4 * i, z10);
      vstore_f32(p7 + 4 * i, z11);
      vstore_f32(p8 + 4 * i, z12);
      vload_f32(z10, p2 + 4 * i + 64);
      vmul_f32(z10, z10, z0);
      vload_f32(z11, p3 + 4 * i + 64);
      vmul_f32(z12, z11, z1);
      vadd_f32(z10, z10, z12);
      vand_f32(z12, z10, z9);
      vlt_f32(z12, z12, z2);
      vselect_f32(z10, z12, z3, z10);
      vmul_f32(z11, z11, z11);
      vmul_f32(z11, z11, z4);
      vload_f32(z12, p4 + 4 * i + 64);
      vmul_f32(z12, z12, z5);
      vadd_f32(z11, z11, z12);
      vload_f32(z12, p5 + 4 * i + 64);
      vsqrt_f32(z13, z11);
      vmul_f32(z13, z13, z6);
      vadd_f32(z13, z13, z7);
      vdiv_f32(z13, z10, z13);
      vmul_f32(z13, z13, z8);
      vsub_f32(z12, z12, z13);
      vstore_f32(p6 + 4 * i + 64, z10);
      vstore_f32(p7 + 4 * i + 64, z11);
      vstore_f32(p8 + 4 * i + 64, z12);
    }
    VLOOP(vframe[10], 16) {
      vload_f32(z10, p2 + 4 * i);
      vmul_f32(z10, z10, z0);
      vload_f32(z11, p3 + 4 * i);
      vmul_f32(z12, z11, z1);
      vadd_f32(z10, z10, z12);
      vand_f32(z12, z10, z9);
      vlt_f32(z12, z12, z2);
      vselect_f32(z10, z12, z3, z10);
      vmul_f32(z11, z11, z11);
      vmul_f32(z11, z11, z4);
      vload_f32(z12, p4 + 4 * i);
      vmul_f32(z12, z12, z5);
      vadd_f32(z11, z11, z12);
      vload_f32(z12, p5 + 4 * i);
      vsqrt_f32(z13, z11);
      vmul_f32(z13, z13, z6);
      vadd_f32(z13, z13, z7);
      vdiv_f32(z13, z10, z13);
      vmul_f32(z13, z13, z8);
      vsub_f32(z12, z12, z13);
      vstore_f32(p6 + 4 * i, z10);
      vstore_f32(p7 + 4 * i, z11);
      vstore_f32(p8 + 4 * i, z12);
    }
    VTAIL(vframe[10]) {
      vload_tail_f32(z10, p2 + 4 * i);
      vmul_f32(z10, z10, z0);
      vload_tail_f32(z11, p3 + 4 * i);
      vmul_f32(z12, z11, z1);
      vadd_f32(z10, z10, z12);
      vand_f32(z12, z10, z9);
      vlt_f32(z12, z12, z2);
      vselect_f32(z10, z12, z3, z10);
      vmul_f32(z11, z11, z11);
      vmul_f32(z11, z11, z4);
      vload_tail_f32(z12, p4 + 4 * i);
      vmul_f32(z12, z12, z5);
      vadd_f32(z11, z11, z12);
      vload_tail_f32(z12, p5 + 4 * i);
      vsqrt_f32(z13, z11);
      vmul_f32(z13, z13, z6);
      vadd_f32(z13, z13, z7);
      vdiv_f32(z13, z10, z13);
      vmul_f32(z13, z13, z8);
      vsub_f32(z12, z12, z13);
      vstore_tail_f32(p6 + 4 * i, z10);
      vstore_tail_f32(p7 + 4 * i, z11);
      vstore_tail_f32(p8 + 4 * i, z12);
    }
    p2 += 2048;
    p3 += 128;
    p4 += 2048;
    p5 += 2048;
    p6 += 2048;
    p7 += 2048;
    p8 += 2048;
  } while (--vframe[9]);
VEND
}
static void k7_contract_select_add_sub_sum_select_2_tile000(char *a, char *b, char *c, long k)
{
  long f[4];
  f[0] = (long)a; f[1] = (long)b; f[2] = (long)c; f[3] = k - 1;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2];
  vreg z0, z1, z2, z3, z4, z6, z7, z8, z9, z10, z11, z12, z13, z14, z15, z16;
  vreg z17, z18, z19, z20, z21, z22, z23, z24, z25, z26, z27, z28, z29, z30, z31;
  vprefetch(p2, 2);
  vprefetch(p2 + 128, 2);
  vprefetch(p2 + 256, 2);
  vprefetch(p2 + 384, 2);
  vprefetch(p2 + 512, 2);
  vprefetch(p2 + 640, 2);
  vprefetch(p2 + 768, 2);
  vprefetch(p2 + 896, 2);
  vprefetch(p2 + 1024, 2);
  vprefetch(p2 + 1152, 2);
  vprefetch(p2 + 1280, 2);
  vprefetch(p2 + 1408, 2);
  vprefetch(p2 + 1536, 2);
  vload_f32(z0, p1);
  vload_f32(z1, p1 + 64);
  vbroadcast_f32(z2, p0);
  vmul_f32(z6, z2, z0);
  vmul_f32(z7, z2, z1);
  vbroadcast_f32(z3, p0 + 4);
  vmul_f32(z8, z3, z0);
  vmul_f32(z9, z3, z1);
  vbroadcast_f32(z4, p0 + 8);
  vmul_f32(z10, z4, z0);
  vmul_f32(z11, z4, z1);
  vbroadcast_f32(z2, p0 + 12);
  vmul_f32(z12, z2, z0);
  vmul_f32(z13, z2, z1);
  vbroadcast_f32(z3, p0 + 16);
  vmul_f32(z14, z3, z0);
  vmul_f32(z15, z3, z1);
  vbroadcast_f32(z4, p0 + 20);
  vmul_f32(z16, z4, z0);
  vmul_f32(z17, z4, z1);
  vbroadcast_f32(z2, p0 + 24);
  vmul_f32(z18, z2, z0);
  vmul_f32(z19, z2, z1);
  vbroadcast_f32(z3, p0 + 28);
  vmul_f32(z20, z3, z0);
  vmul_f32(z21, z3, z1);
  vbroadcast_f32(z4, p0 + 32);
  vmul_f32(z22, z4, z0);
  vmul_f32(z23, z4, z1);
  vbroadcast_f32(z2, p0 + 36);
  vmul_f32(z24, z2, z0);
  vmul_f32(z25, z2, z1);
  vbroadcast_f32(z3, p0 + 40);
  vmul_f32(z26, z3, z0);
  vmul_f32(z27, z3, z1);
  vbroadcast_f32(z4, p0 + 44);
  vmul_f32(z28, z4, z0);
  vmul_f32(z29, z4, z1);
  vbroadcast_f32(z2, p0 + 48);
  vmul_f32(z30, z2, z0);
  vmul_f32(z31, z2, z1);
  p0 += 1024;
  p1 += 128;
  i = 0;
  VLOOP(vframe[3], 4) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 4);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 8);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 12);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 16);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 20);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 24);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 28);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 32);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 36);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 40);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 44);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 48);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 128);
    vload_f32(z1, p1 + 192);
    vbroadcast_f32(z2, p0 + 1024);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 1028);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 1032);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 1036);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 1040);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 1044);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 1048);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 1052);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 1056);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 1060);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 1064);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 1068);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 1072);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 256);
    vload_f32(z1, p1 + 320);
    vbroadcast_f32(z2, p0 + 2048);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 2052);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2056);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 2060);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 2064);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 2068);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 2072);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 2076);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 2080);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 2084);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 2088);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 2092);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 2096);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 384);
    vload_f32(z1, p1 + 448);
    vbroadcast_f32(z2, p0 + 3072);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 3076);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 3080);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3084);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 3088);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 3092);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 3096);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 3100);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 3104);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 3108);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 3112);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 3116);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 3120);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    p0 += 4096;
    p1 += 512;
  }
  VLOOP(vframe[3], 1) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 4);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 8);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 12);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 16);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 20);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 24);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 28);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 32);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 36);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 40);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 44);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 48);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    p0 += 1024;
    p1 += 128;
  }
  vstore_f32(p2, z6);
  vstore_f32(p2 + 64, z7);
  vstore_f32(p2 + 128, z8);
  vstore_f32(p2 + 192, z9);
  vstore_f32(p2 + 256, z10);
  vstore_f32(p2 + 320, z11);
  vstore_f32(p2 + 384, z12);
  vstore_f32(p2 + 448, z13);
  vstore_f32(p2 + 512, z14);
  vstore_f32(p2 + 576, z15);
  vstore_f32(p2 + 640, z16);
  vstore_f32(p2 + 704, z17);
  vstore_f32(p2 + 768, z18);
  vstore_f32(p2 + 832, z19);
  vstore_f32(p2 + 896, z20);
  vstore_f32(p2 + 960, z21);
  vstore_f32(p2 + 1024, z22);
  vstore_f32(p2 + 1088, z23);
  vstore_f32(p2 + 1152, z24);
  vstore_f32(p2 + 1216, z25);
  vstore_f32(p2 + 1280, z26);
  vstore_f32(p2 + 1344, z27);
  vstore_f32(p2 + 1408, z28);
  vstore_f32(p2 + 1472, z29);
  vstore_f32(p2 + 1536, z30);
  vstore_f32(p2 + 1600, z31);
VEND
}
static void k7_contract_select_add_sub_sum_select_2_tile100(char *a, char *b, char *c, long k)
{
  long f[4];
  f[0] = (long)a; f[1] = (long)b; f[2] = (long)c; f[3] = k - 1;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2];
  vreg z0, z1, z2, z3, z4, z5, z6, z7, z8, z9, z10, z11, z12, z13, z14, z15;
  vreg z16, z17, z18, z19, z20, z21, z22, z23, z24, z25, z26, z27, z28, z29, z30, z31;
  vprefetch(p2, 2);
  vprefetch(p2 + 128, 2);
  vprefetch(p2 + 256, 2);
  vprefetch(p2 + 384, 2);
  vprefetch(p2 + 512, 2);
  vprefetch(p2 + 640, 2);
  vprefetch(p2 + 768, 2);
  vprefetch(p2 + 896, 2);
  vprefetch(p2 + 1024, 2);
  vprefetch(p2 + 1152, 2);
  vprefetch(p2 + 1280, 2);
  vprefetch(p2 + 1408, 2);
  vprefetch(p2 + 1536, 2);
  vprefetch(p2 + 1664, 2);
  vload_f32(z0, p1);
  vload_f32(z1, p1 + 64);
  vbroadcast_f32(z2, p0);
  vmul_f32(z4, z2, z0);
  vmul_f32(z5, z2, z1);
  vbroadcast_f32(z3, p0 + 4);
  vmul_f32(z6, z3, z0);
  vmul_f32(z7, z3, z1);
  vbroadcast_f32(z2, p0 + 8);
  vmul_f32(z8, z2, z0);
  vmul_f32(z9, z2, z1);
  vbroadcast_f32(z3, p0 + 12);
  vmul_f32(z10, z3, z0);
  vmul_f32(z11, z3, z1);
  vbroadcast_f32(z2, p0 + 16);
  vmul_f32(z12, z2, z0);
  vmul_f32(z13, z2, z1);
  vbroadcast_f32(z3, p0 + 20);
  vmul_f32(z14, z3, z0);
  vmul_f32(z15, z3, z1);
  vbroadcast_f32(z2, p0 + 24);
  vmul_f32(z16, z2, z0);
  vmul_f32(z17, z2, z1);
  vbroadcast_f32(z3, p0 + 28);
  vmul_f32(z18, z3, z0);
  vmul_f32(z19, z3, z1);
  vbroadcast_f32(z2, p0 + 32);
  vmul_f32(z20, z2, z0);
  vmul_f32(z21, z2, z1);
  vbroadcast_f32(z3, p0 + 36);
  vmul_f32(z22, z3, z0);
  vmul_f32(z23, z3, z1);
  vbroadcast_f32(z2, p0 + 40);
  vmul_f32(z24, z2, z0);
  vmul_f32(z25, z2, z1);
  vbroadcast_f32(z3, p0 + 44);
  vmul_f32(z26, z3, z0);
  vmul_f32(z27, z3, z1);
  vbroadcast_f32(z2, p0 + 48);
  vmul_f32(z28, z2, z0);
  vmul_f32(z29, z2, z1);
  vbroadcast_f32(z3, p0 + 52);
  vmul_f32(z30, z3, z0);
  vmul_f32(z31, z3, z1);
  p0 += 1024;
  p1 += 128;
  i = 0;
  VLOOP(vframe[3], 4) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z4, z2, z0);
    vfma_f32(z5, z2, z1);
    vbroadcast_f32(z3, p0 + 4);
    vfma_f32(z6, z3, z0);
    vfma_f32(z7, z3, z1);
    vbroadcast_f32(z2, p0 + 8);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 12);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z2, p0 + 16);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 20);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z2, p0 + 24);
    vfma_f32(z16, z2, z0);
    vfma_f32(z17, z2, z1);
    vbroadcast_f32(z3, p0 + 28);
    vfma_f32(z18, z3, z0);
    vfma_f32(z19, z3, z1);
    vbroadcast_f32(z2, p0 + 32);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 36);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z2, p0 + 40);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 44);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z2, p0 + 48);
    vfma_f32(z28, z2, z0);
    vfma_f32(z29, z2, z1);
    vbroadcast_f32(z3, p0 + 52);
    vfma_f32(z30, z3, z0);
    vfma_f32(z31, z3, z1);
    vload_f32(z0, p1 + 128);
    vload_f32(z1, p1 + 192);
    vbroadcast_f32(z2, p0 + 1024);
    vfma_f32(z4, z2, z0);
    vfma_f32(z5, z2, z1);
    vbroadcast_f32(z3, p0 + 1028);
    vfma_f32(z6, z3, z0);
    vfma_f32(z7, z3, z1);
    vbroadcast_f32(z2, p0 + 1032);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 1036);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z2, p0 + 1040);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 1044);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z2, p0 + 1048);
    vfma_f32(z16, z2, z0);
    vfma_f32(z17, z2, z1);
    vbroadcast_f32(z3, p0 + 1052);
    vfma_f32(z18, z3, z0);
    vfma_f32(z19, z3, z1);
    vbroadcast_f32(z2, p0 + 1056);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 1060);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z2, p0 + 1064);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 1068);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z2, p0 + 1072);
    vfma_f32(z28, z2, z0);
    vfma_f32(z29, z2, z1);
    vbroadcast_f32(z3, p0 + 1076);
    vfma_f32(z30, z3, z0);
    vfma_f32(z31, z3, z1);
    vload_f32(z0, p1 + 256);
    vload_f32(z1, p1 + 320);
    vbroadcast_f32(z2, p0 + 2048);
    vfma_f32(z4, z2, z0);
    vfma_f32(z5, z2, z1);
    vbroadcast_f32(z3, p0 + 2052);
    vfma_f32(z6, z3, z0);
    vfma_f32(z7, z3, z1);
    vbroadcast_f32(z2, p0 + 2056);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 2060);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z2, p0 + 2064);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 2068);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z2, p0 + 2072);
    vfma_f32(z16, z2, z0);
    vfma_f32(z17, z2, z1);
    vbroadcast_f32(z3, p0 + 2076);
    vfma_f32(z18, z3, z0);
    vfma_f32(z19, z3, z1);
    vbroadcast_f32(z2, p0 + 2080);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 2084);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z2, p0 + 2088);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 2092);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z2, p0 + 2096);
    vfma_f32(z28, z2, z0);
    vfma_f32(z29, z2, z1);
    vbroadcast_f32(z3, p0 + 2100);
    vfma_f32(z30, z3, z0);
    vfma_f32(z31, z3, z1);
    vload_f32(z0, p1 + 384);
    vload_f32(z1, p1 + 448);
    vbroadcast_f32(z2, p0 + 3072);
    vfma_f32(z4, z2, z0);
    vfma_f32(z5, z2, z1);
    vbroadcast_f32(z3, p0 + 3076);
    vfma_f32(z6, z3, z0);
    vfma_f32(z7, z3, z1);
    vbroadcast_f32(z2, p0 + 3080);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 3084);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z2, p0 + 3088);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 3092);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z2, p0 + 3096);
    vfma_f32(z16, z2, z0);
    vfma_f32(z17, z2, z1);
    vbroadcast_f32(z3, p0 + 3100);
    vfma_f32(z18, z3, z0);
    vfma_f32(z19, z3, z1);
    vbroadcast_f32(z2, p0 + 3104);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 3108);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z2, p0 + 3112);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 3116);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z2, p0 + 3120);
    vfma_f32(z28, z2, z0);
    vfma_f32(z29, z2, z1);
    vbroadcast_f32(z3, p0 + 3124);
    vfma_f32(z30, z3, z0);
    vfma_f32(z31, z3, z1);
    p0 += 4096;
    p1 += 512;
  }
  VLOOP(vframe[3], 1) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z4, z2, z0);
    vfma_f32(z5, z2, z1);
    vbroadcast_f32(z3, p0 + 4);
    vfma_f32(z6, z3, z0);
    vfma_f32(z7, z3, z1);
    vbroadcast_f32(z2, p0 + 8);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 12);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z2, p0 + 16);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 20);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z2, p0 + 24);
    vfma_f32(z16, z2, z0);
    vfma_f32(z17, z2, z1);
    vbroadcast_f32(z3, p0 + 28);
    vfma_f32(z18, z3, z0);
    vfma_f32(z19, z3, z1);
    vbroadcast_f32(z2, p0 + 32);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 36);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z2, p0 + 40);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 44);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z2, p0 + 48);
    vfma_f32(z28, z2, z0);
    vfma_f32(z29, z2, z1);
    vbroadcast_f32(z3, p0 + 52);
    vfma_f32(z30, z3, z0);
    vfma_f32(z31, z3, z1);
    p0 += 1024;
    p1 += 128;
  }
  vstore_f32(p2, z4);
  vstore_f32(p2 + 64, z5);
  vstore_f32(p2 + 128, z6);
  vstore_f32(p2 + 192, z7);
  vstore_f32(p2 + 256, z8);
  vstore_f32(p2 + 320, z9);
  vstore_f32(p2 + 384, z10);
  vstore_f32(p2 + 448, z11);
  vstore_f32(p2 + 512, z12);
  vstore_f32(p2 + 576, z13);
  vstore_f32(p2 + 640, z14);
  vstore_f32(p2 + 704, z15);
  vstore_f32(p2 + 768, z16);
  vstore_f32(p2 + 832, z17);
  vstore_f32(p2 + 896, z18);
  vstore_f32(p2 + 960, z19);
  vstore_f32(p2 + 1024, z20);
  vstore_f32(p2 + 1088, z21);
  vstore_f32(p2 + 1152, z22);
  vstore_f32(p2 + 1216, z23);
  vstore_f32(p2 + 1280, z24);
  vstore_f32(p2 + 1344, z25);
  vstore_f32(p2 + 1408, z26);
  vstore_f32(p2 + 1472, z27);
  vstore_f32(p2 + 1536, z28);
  vstore_f32(p2 + 1600, z29);
  vstore_f32(p2 + 1664, z30);
  vstore_f32(p2 + 1728, z31);
VEND
}
void k7_contract_select_add_sub_sum_select_2(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)
{
  long param[6];
  for (long item = begin; item < end; item++) {
    long batch = item / 4L, rb = item / 4L % 1L, cb = item % 4L;
    long n0 = cb * 128L, n1 = n0 + 128L < 512L ? n0 + 128L : 512L;
    long first = rb * 19L, last = first + 19L < 19L ? first + 19L : 19L;
    long item_m0 = first * 13L + (first < 9L ? first : 9L);
    param[0] = batch;
    char *packed = scratch + 0L;
    for (long k0 = 0; k0 < 128L; k0 += 128L) {
      long k1 = k0 + 128L < 128L ? k0 + 128L : 128L;
      for (long n = n0; n < n1; n += 32L)
        k7_contract_select_add_sub_sum_select_2_pack(buf, scalar, scratch, 0, param, packed + (n - n0) * 512L, n, n + 32L < n1 ? n + 32L : n1, k0, k1);
      for (long t0 = first; t0 < last; t0 += 19L) {
        long t1 = t0 + 19L < last ? t0 + 19L : last;
        long m0 = t0 * 13L + (t0 < 9L ? t0 : 9L), m1 = t1 * 13L + (t1 < 9L ? t1 : 9L);
        for (long n = n0; n < n1; n += 32L) {
          char *b = packed + (n - n0) * 512L;
          char *sums = scratch + 82176L + (n - n0) * 0L;
          for (long t = t0; t < t1; t++) {
            long m = t * 13L + (t < 9L ? t : 9L);
            char *a = buf[16] + (0L + batch * 0L + m * 1L + k0 * 256L) * 4;
            char *c = sums + (m - item_m0) * 128L;
            if (t < 9L) { k7_contract_select_add_sub_sum_select_2_tile100(a, b, c, k1 - k0); } else { k7_contract_select_add_sub_sum_select_2_tile000(a, b, c, k1 - k0); }
          }
          if (k1 == 128L) {
            char *place[1];
            place[0] = sums; param[4] = item_m0; param[5] = n;
            k7_contract_select_add_sub_sum_select_2_result(buf, scalar, scratch, place, param, m0, m1, n, n + 32L < 512L ? n + 32L : 512L);
          }
        }
      }
    }
  }
}
