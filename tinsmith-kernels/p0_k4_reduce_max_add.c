/* p0_k4_reduce_max_add.c: kernel k4_reduce_max_add of plan 0, target avx512 (avx512).
 *
 * computes  f32[128,10]
 * fused     reduce_max, bitcast, bitcast, sub (+1 inlined), exp, sum, div (+3 inlined), mul (+2 inlined), add (+11 inlined)
 * work      11520 flops, 10368 bytes read and written
 *
 * cc -O2 -ffp-contract=off -c p0_k4_reduce_max_add.c
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

/* k4_reduce_max_add: rows over [128, 10 reduced]; computes reduce_max, bitcast, bitcast, sub (+1 inlined), exp, sum, div (+3 inlined), mul (+2 inlined), add (+11 inlined)
 *   reads  buf[13] f32[128, 10] add
 *   reads  buf[14] u8[128] var labels
 *   writes buf[15] f32[128, 10] add (../../../work/main/tools/cli/demo_compare.c:34)
 */
static void k4_reduce_max_add_body(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0xff800000u,0x100000000u,0x300000002u,0x500000004u,0x700000006u,0x900000008u,0xb0000000au,0xd0000000cu,0xf0000000eu,0x7fc00000u,0x80000000u,0x3f800000u,0xc2d00000u,0xc3300f5cu,0x3fb8aa3bu,0x4b4000feu,0x4b4001c6u,0xbf317200u,0xb5bfbe8eu,0x1u,0x17u,0x3ab56091u,0x3c091ed3u,0x3d2aac2cu,0x3e2aaa46u,0x3efffffeu};
  long f[9];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)scalar;
  f[2] = (long)buf[14] + (row_low) * 1;
  f[3] = (long)buf[13] + (row_low * 10 + 0) * 4;
  f[4] = (long)(scratch + 0) + (0) * 4;
  f[5] = (long)f;
  f[6] = (long)buf[15] + (row_low * 10 + 0) * 4;
  f[7] = row_high - row_low;
  f[8] = 0;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2], p3 = vframe[3], p4 = vframe[4], p5 = vframe[5], p6 = vframe[6];
  vreg z0, z1, z2, z3, z4, z5, z6, z7, z8, z9, z10, z11, z12, z13, z14, z15;
  vreg z16, z17, z18, z19, z20, z21, z22, z23, z24, z25, z26, z27;
  vbroadcast_f32(z0, p1 + 24);
  vbroadcast_f32(z1, p1 + 32);
  vbroadcast_f32(z2, p1 + 16);
  vbroadcast_f32(z3, p0);
  vload_i32(z4, p0 + 8);
  vbroadcast_f32(z5, p0 + 72);
  vbroadcast_f32(z6, p0 + 80);
  vbroadcast_f32(z7, p0 + 88);
  vbroadcast_f32(z8, p0 + 96);
  vbroadcast_f32(z9, p0 + 104);
  vbroadcast_f32(z10, p0 + 112);
  vbroadcast_f32(z11, p0 + 120);
  vbroadcast_i32(z12, p0 + 128);
  vbroadcast_f32(z13, p0 + 136);
  vbroadcast_f32(z14, p0 + 144);
  vbroadcast_f32(z15, p0 + 168);
  vbroadcast_f32(z16, p0 + 176);
  vbroadcast_f32(z17, p0 + 184);
  vbroadcast_f32(z18, p0 + 192);
  vbroadcast_f32(z19, p0 + 200);
  do {
    vbroadcast_u8(z20, p2);
    vmov(z21, z3);
    vmov(z22, z3);
    vmov(z23, z3);
    vmov(z24, z3);
    i = 0;
    vmov(z25, z4);
    VTAIL(10) {
      vload_tail_f32(z25, p3 + 4 * i);
      vmax_f32(z26, z21, z25);
      vmax_f32(z27, z25, z21);
      vand_f32(z26, z26, z27);
      vunordered_f32(z25, z21, z25);
      vor_f32(z25, z26, z25);
      vmerge_f32(z21, z25, z21);
    }
    vmax_f32(z25, z21, z22);
    vmax_f32(z26, z22, z21);
    vand_f32(z25, z25, z26);
    vunordered_f32(z21, z21, z22);
    vor_f32(z21, z25, z21);
    vmax_f32(z22, z21, z23);
    vmax_f32(z25, z23, z21);
    vand_f32(z22, z22, z25);
    vunordered_f32(z21, z21, z23);
    vor_f32(z21, z22, z21);
    vmax_f32(z22, z21, z24);
    vmax_f32(z23, z24, z21);
    vand_f32(z22, z22, z23);
    vunordered_f32(z21, z21, z24);
    vor_f32(z21, z22, z21);
    vswap_f32(z22, z21, 8);
    vmax_f32(z23, z21, z22);
    vmax_f32(z24, z22, z21);
    vand_f32(z23, z23, z24);
    vunordered_f32(z21, z21, z22);
    vor_f32(z21, z23, z21);
    vswap_f32(z22, z21, 4);
    vmax_f32(z23, z21, z22);
    vmax_f32(z24, z22, z21);
    vand_f32(z23, z23, z24);
    vunordered_f32(z21, z21, z22);
    vor_f32(z21, z23, z21);
    vswap_f32(z22, z21, 2);
    vmax_f32(z23, z21, z22);
    vmax_f32(z24, z22, z21);
    vand_f32(z23, z23, z24);
    vunordered_f32(z21, z21, z22);
    vor_f32(z21, z23, z21);
    vswap_f32(z22, z21, 1);
    vmax_f32(z23, z21, z22);
    vmax_f32(z24, z22, z21);
    vand_f32(z23, z23, z24);
    vunordered_f32(z21, z21, z22);
    vor_f32(z21, z23, z21);
    vunordered_f32(z22, z21, z21);
    vselect_f32(z21, z22, z5, z21);
    vmov(z22, z6);
    i = 0;
    vmov(z23, z4);
    VTAIL(10) {
      vload_tail_f32(z23, p3 + 4 * i);
      vsub_f32(z21, z23, z21);
      vlt_f32(z23, z21, z8);
      vselect_f32(z21, z23, z9, z21);
      vmov(z23, z11);
      vfma_f32(z23, z21, z10);
      vmin_i32(z23, z23, z12);
      vsub_f32(z24, z23, z11);
      vfma_f32(z21, z24, z13);
      vfma_f32(z21, z24, z14);
      vmov(z24, z16);
      vfma_f32(z24, z15, z21);
      vmov(z25, z17);
      vfma_f32(z25, z24, z21);
      vmov(z24, z18);
      vfma_f32(z24, z25, z21);
      vmov(z25, z19);
      vfma_f32(z25, z24, z21);
      vmov(z24, z7);
      vfma_f32(z24, z25, z21);
      vmov(z25, z7);
      vfma_f32(z25, z24, z21);
      vsari_i32(z21, z23, 1);
      vsub_i32(z23, z23, z21);
      vshli_i32(z21, z21, 23);
      vshli_i32(z23, z23, 23);
      vmul_f32(z21, z25, z21);
      vmul_f32(z21, z21, z23);
      vadd_f32(z23, z22, z21);
      vmerge_f32(z22, z23, z22);
      vstore_tail_f32(p4 + 4 * i, z21);
    }
    vswap_f32(z21, z22, 8);
    vadd_f32(z21, z22, z21);
    vswap_f32(z22, z21, 4);
    vadd_f32(z21, z21, z22);
    vswap_f32(z22, z21, 2);
    vadd_f32(z21, z21, z22);
    vswap_f32(z22, z21, 1);
    vadd_f32(z21, z21, z22);
    vdiv_f32(z21, z0, z21);
    i = 0;
    vmov(z22, z4);
    VTAIL(10) {
      vload_tail_f32(z23, p4 + 4 * i);
      vmul_f32(z21, z23, z21);
      vbroadcast_i32(z23, p5 + 64);
      vadd_i32(z22, z23, z22);
      veq_i32(z20, z20, z22);
      vselect_f32(z20, z20, z1, z2);
      vadd_f32(z20, z21, z20);
      vstore_tail_f32(p6 + 4 * i, z20);
    }
    p2 += 1;
    p3 += 40;
    p6 += 40;
  } while (--vframe[7]);
VEND
}
void k4_reduce_max_add(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)
{
  long param[3];
  for (long item = begin; item < end;) {
    long block = item % 1L, row = item / 1L % 128L, outer = item / 128L;
    long rows = end - item < 128L - row ? end - item : 128L - row;
    k4_reduce_max_add_body(buf, scalar, scratch, 0, param, row, row + rows, 0, 1L);
    item += rows;
    (void)block; (void)outer;
  }
  (void)param;
}
