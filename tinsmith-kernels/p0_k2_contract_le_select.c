/* p0_k2_contract_le_select.c: kernel k2_contract_le_select of plan 0, target avx512 (avx512).
 *
 * computes  f32[128,512,256]
 * fused     contract (+5 inlined), add (+3 inlined), le (+2 inlined), select (+2 inlined): consumers on the tile
 * work      33554432 flops, 951296 bytes read and written
 *
 * cc -O2 -ffp-contract=off -c p0_k2_contract_le_select.c
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

/* k2_contract_le_select: contraction over [128, 512 reduced, 256]; computes contract (+5 inlined), add (+3 inlined), le (+2 inlined), select (+2 inlined): consumers on the tile
 *   reads  buf[6] f32[256, 512] var fc2.weight
 *   reads  buf[7] f32[256] var fc2.bias
 *   reads  buf[8] f32[128, 512] select
 *   writes buf[9] bool[128, 256] le (../../../work/main/tools/cli/demo.c:106)
 *   writes buf[10] f32[128, 256] select (../../../work/main/tools/cli/demo.c:106)
 */
static void k2_contract_le_select_rows(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0};
  long f[5];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)buf[8] + (row_low * 512 + column_low) * 4;
  f[2] = (long)pointer[0] + (row_low * 272 + column_low - param[4] * 272 - param[5]) * 4;
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
    p2 += 1088;
  } while (--vframe[3]);
VEND
}
static void k2_contract_le_select_turn(char *from, char *to, long rounds)
{
  long f[3];
  f[0] = (long)from; f[1] = (long)to; f[2] = rounds;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1];
  vreg z0, z1, z2, z3, z4, z5, z6, z7, z8, z9, z10, z11, z12, z13, z14, z15;
  vreg z16, z17;
  do {
    vload_f32(z0, p0);
    vload_f32(z1, p0 + 2048);
    vload_f32(z2, p0 + 4096);
    vload_f32(z3, p0 + 6144);
    vload_f32(z4, p0 + 8192);
    vload_f32(z5, p0 + 10240);
    vload_f32(z6, p0 + 12288);
    vload_f32(z7, p0 + 14336);
    vload_f32(z8, p0 + 16384);
    vload_f32(z9, p0 + 18432);
    vload_f32(z10, p0 + 20480);
    vload_f32(z11, p0 + 22528);
    vload_f32(z12, p0 + 24576);
    vload_f32(z13, p0 + 26624);
    vload_f32(z14, p0 + 28672);
    vload_f32(z15, p0 + 30720);
    vunpack_lo_f32(z16, z0, z1);
    vunpack_hi_f32(z0, z0, z1);
    vunpack_lo_f32(z1, z2, z3);
    vunpack_hi_f32(z2, z2, z3);
    vunpack_lo_f32(z3, z4, z5);
    vunpack_hi_f32(z4, z4, z5);
    vunpack_lo_f32(z5, z6, z7);
    vunpack_hi_f32(z6, z6, z7);
    vunpack_lo_f32(z7, z8, z9);
    vunpack_hi_f32(z8, z8, z9);
    vunpack_lo_f32(z9, z10, z11);
    vunpack_hi_f32(z10, z10, z11);
    vunpack_lo_f32(z11, z12, z13);
    vunpack_hi_f32(z12, z12, z13);
    vunpack_lo_f32(z13, z14, z15);
    vunpack_hi_f32(z14, z14, z15);
    vunpack_pairs_lo_f32(z15, z16, z1);
    vunpack_pairs_hi_f32(z1, z16, z1);
    vunpack_pairs_lo_f32(z16, z0, z2);
    vunpack_pairs_hi_f32(z0, z0, z2);
    vunpack_pairs_lo_f32(z2, z3, z5);
    vunpack_pairs_hi_f32(z3, z3, z5);
    vunpack_pairs_lo_f32(z5, z4, z6);
    vunpack_pairs_hi_f32(z4, z4, z6);
    vunpack_pairs_lo_f32(z6, z7, z9);
    vunpack_pairs_hi_f32(z7, z7, z9);
    vunpack_pairs_lo_f32(z9, z8, z10);
    vunpack_pairs_hi_f32(z8, z8, z10);
    vunpack_pairs_lo_f32(z10, z11, z13);
    vunpack_pairs_hi_f32(z11, z11, z13);
    vunpack_pairs_lo_f32(z13, z12, z14);
    vunpack_pairs_hi_f32(z12, z12, z14);
    vshuffle_128_f32(z14, z15, z2, 136);
    vshuffle_128_f32(z2, z15, z2, 221);
    vshuffle_128_f32(z15, z6, z10, 136);
    vshuffle_128_f32(z6, z6, z10, 221);
    vshuffle_128_f32(z10, z14, z15, 136);
    vshuffle_128_f32(z17, z2, z6, 136);
    vshuffle_128_f32(z14, z14, z15, 221);
    vshuffle_128_f32(z2, z2, z6, 221);
    vshuffle_128_f32(z6, z1, z3, 136);
    vshuffle_128_f32(z1, z1, z3, 221);
    vshuffle_128_f32(z3, z7, z11, 136);
    vshuffle_128_f32(z7, z7, z11, 221);
    vshuffle_128_f32(z11, z6, z3, 136);
    vshuffle_128_f32(z15, z1, z7, 136);
    vshuffle_128_f32(z3, z6, z3, 221);
    vshuffle_128_f32(z1, z1, z7, 221);
    vshuffle_128_f32(z6, z16, z5, 136);
    vshuffle_128_f32(z5, z16, z5, 221);
    vshuffle_128_f32(z7, z9, z13, 136);
    vshuffle_128_f32(z9, z9, z13, 221);
    vshuffle_128_f32(z13, z6, z7, 136);
    vshuffle_128_f32(z16, z5, z9, 136);
    vshuffle_128_f32(z6, z6, z7, 221);
    vshuffle_128_f32(z5, z5, z9, 221);
    vshuffle_128_f32(z7, z0, z4, 136);
    vshuffle_128_f32(z0, z0, z4, 221);
    vshuffle_128_f32(z4, z8, z12, 136);
    vshuffle_128_f32(z8, z8, z12, 221);
    vshuffle_128_f32(z9, z7, z4, 136);
    vshuffle_128_f32(z12, z0, z8, 136);
    vshuffle_128_f32(z4, z7, z4, 221);
    vshuffle_128_f32(z0, z0, z8, 221);
    vstore_f32(p1, z10);
    vstore_f32(p1 + 128, z11);
    vstore_f32(p1 + 256, z13);
    vstore_f32(p1 + 384, z9);
    vstore_f32(p1 + 512, z17);
    vstore_f32(p1 + 640, z15);
    vstore_f32(p1 + 768, z16);
    vstore_f32(p1 + 896, z12);
    vstore_f32(p1 + 1024, z14);
    vstore_f32(p1 + 1152, z3);
    vstore_f32(p1 + 1280, z6);
    vstore_f32(p1 + 1408, z4);
    vstore_f32(p1 + 1536, z2);
    vstore_f32(p1 + 1664, z1);
    vstore_f32(p1 + 1792, z5);
    vstore_f32(p1 + 1920, z0);
    p0 += 64;
    p1 += 2048;
  } while (--vframe[2]);
VEND
}
static void k2_contract_le_select_pack(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer, long *param, char *to, long n0, long n1, long k0, long k1)
{
  char *place[1];
  long rounds = (k1 - k0) / 16, whole = k0 + rounds * 16, n;
  char *from = buf[6] + (0L + param[0] * 0L + n0 * 512L + k0) * 4; long row = 512L;
  for (n = 0; n + 16 <= n1 - n0; n += 16)
    if (rounds) k2_contract_le_select_turn(from + n * row * 4, to + n * 4, rounds);
  for (long j = n; j < n1 - n0; j++)
    for (long i = 0; i < rounds * 16; i++)
      ((unsigned *)to)[i * 32L + j] = ((unsigned *)from)[j * row + i];
  for (long j = 0; j < n1 - n0; j++)
    for (long i = whole - k0; i < k1 - k0; i++)
      ((unsigned *)to)[i * 32L + j] = ((unsigned *)from)[j * row + i];
}
static void k2_contract_le_select_result(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0x1u};
  long f[8];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)scalar;
  f[2] = (long)buf[7] + (column_low) * 4;
  f[3] = (long)pointer[0] + (row_low * 32 + column_low - param[4] * 32 - param[5]) * 4;
  f[4] = (long)buf[9] + (row_low * 256 + column_low) * 1;
  f[5] = (long)buf[10] + (row_low * 256 + column_low) * 4;
  f[6] = row_high - row_low;
  f[7] = column_high - column_low;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2], p3 = vframe[3], p4 = vframe[4], p5 = vframe[5];
  vreg z0, z1, z2, z3;
  vbroadcast_f32(z0, p1 + 16);
  vbroadcast_i32(z1, p0);
  do {
    i = 0;
    VLOOP(vframe[7], 64) {
      vload_f32(z2, p2 + 4 * i);
      vload_f32(z3, p3 + 4 * i);
      vadd_f32(z2, z2, z3);
      vle_f32(z3, z2, z0);
      vselect_f32(z2, z3, z0, z2);
      vand_i32(z3, z3, z1);
      vstore_u8(p4 + i, z3);
      vstore_f32(p5 + 4 * i, z2);
      vload_f32(z2, p2 + 4 * i + 64);
      vload_f32(z3, p3 + 4 * i + 64);
      vadd_f32(z2, z2, z3);
      vle_f32(z3, z2, z0);
      vselect_f32(z2, z3, z0, z2);
      vand_i32(z3, z3, z1);
      vstore_u8(p4 + i + 16, z3);
      vstore_f32(p5 + 4 * i + 64, z2);
      vload_f32(z2, p2 + 4 * i + 128);
      vload_f32(z3, p3 + 4 * i + 128);
      vadd_f32(z2, z2, z3);
      vle_f32(z3, z2, z0);
      vselect_f32(z2, z3, z0, z2);
      vand_i32(z3, z3, z1);
      vstore_u8(p4 + i + 32, z3);
      vstore_f32(p5 + 4 * i + 128, z2);
      vload_f32(z2, p2 + 4 * i + 192);
      vload_f32(z3, p3 + 4 * i + 192);
      vadd_f32(z2, z2, z3);
      vle_f32(z3, z2, z0);
      vselect_f32(z2, z3, z0, z2);
      vand_i32(z3, z3, z1);
      vstore_u8(p4 + i + 48, z3);
      vstore_f32(p5 + 4 * i + 192, z2);
    }
    VLOOP(vframe[7], 16) {
      vload_f32(z2, p2 + 4 * i);
      vload_f32(z3, p3 + 4 * i);
      vadd_f32(z2, z2, z3);
      vle_f32(z3, z2, z0);
      vselect_f32(z2, z3, z0, z2);
      vand_i32(z3, z3, z1);
      vstore_u8(p4 + i, z3);
      vstore_f32(p5 + 4 * i, z2);
    }
    VTAIL(vframe[7]) {
      vload_tail_f32(z2, p2 + 4 * i);
      vload_tail_f32(z3, p3 + 4 * i);
      vadd_f32(z2, z2, z3);
      vle_f32(z3, z2, z0);
      vselect_f32(z2, z3, z0, z2);
      vand_i32(z3, z3, z1);
      vstore_tail_u8(p4 + i, z3);
      vstore_tail_f32(p5 + 4 * i, z2);
    }
    p3 += 128;
    p4 += 256;
    p5 += 1024;
  } while (--vframe[6]);
VEND
}
static void k2_contract_le_select_tile000(char *a, char *b, char *c, long k)
{
  long f[4];
  f[0] = (long)a; f[1] = (long)b; f[2] = (long)c; f[3] = k - 1;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2];
  vreg z0, z1, z2, z3, z4, z8, z9, z10, z11, z12, z13, z14, z15, z16, z17, z18;
  vreg z19, z20, z21, z22, z23, z24, z25, z26, z27, z28, z29, z30, z31;
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
  vload_f32(z0, p1);
  vload_f32(z1, p1 + 64);
  vbroadcast_f32(z2, p0);
  vmul_f32(z8, z2, z0);
  vmul_f32(z9, z2, z1);
  vbroadcast_f32(z3, p0 + 1088);
  vmul_f32(z10, z3, z0);
  vmul_f32(z11, z3, z1);
  vbroadcast_f32(z4, p0 + 2176);
  vmul_f32(z12, z4, z0);
  vmul_f32(z13, z4, z1);
  vbroadcast_f32(z2, p0 + 3264);
  vmul_f32(z14, z2, z0);
  vmul_f32(z15, z2, z1);
  vbroadcast_f32(z3, p0 + 4352);
  vmul_f32(z16, z3, z0);
  vmul_f32(z17, z3, z1);
  vbroadcast_f32(z4, p0 + 5440);
  vmul_f32(z18, z4, z0);
  vmul_f32(z19, z4, z1);
  vbroadcast_f32(z2, p0 + 6528);
  vmul_f32(z20, z2, z0);
  vmul_f32(z21, z2, z1);
  vbroadcast_f32(z3, p0 + 7616);
  vmul_f32(z22, z3, z0);
  vmul_f32(z23, z3, z1);
  vbroadcast_f32(z4, p0 + 8704);
  vmul_f32(z24, z4, z0);
  vmul_f32(z25, z4, z1);
  vbroadcast_f32(z2, p0 + 9792);
  vmul_f32(z26, z2, z0);
  vmul_f32(z27, z2, z1);
  vbroadcast_f32(z3, p0 + 10880);
  vmul_f32(z28, z3, z0);
  vmul_f32(z29, z3, z1);
  vbroadcast_f32(z4, p0 + 11968);
  vmul_f32(z30, z4, z0);
  vmul_f32(z31, z4, z1);
  p0 += 4;
  p1 += 128;
  i = 0;
  VLOOP(vframe[3], 4) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 1088);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 2176);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 3264);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 4352);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 5440);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 6528);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 7616);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 8704);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 9792);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 10880);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 11968);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    vload_f32(z0, p1 + 128);
    vload_f32(z1, p1 + 192);
    vbroadcast_f32(z2, p0 + 4);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 1092);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 2180);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 3268);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 4356);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 5444);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 6532);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 7620);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 8708);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 9796);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 10884);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 11972);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    vload_f32(z0, p1 + 256);
    vload_f32(z1, p1 + 320);
    vbroadcast_f32(z2, p0 + 8);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 1096);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 2184);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 3272);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 4360);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 5448);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 6536);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 7624);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 8712);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 9800);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 10888);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 11976);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    vload_f32(z0, p1 + 384);
    vload_f32(z1, p1 + 448);
    vbroadcast_f32(z2, p0 + 12);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 1100);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 2188);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 3276);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 4364);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 5452);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 6540);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 7628);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 8716);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 9804);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 10892);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 11980);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    p0 += 16;
    p1 += 512;
  }
  VLOOP(vframe[3], 1) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 1088);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 2176);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 3264);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 4352);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 5440);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 6528);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 7616);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 8704);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 9792);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 10880);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 11968);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    p0 += 4;
    p1 += 128;
  }
  vstore_f32(p2, z8);
  vstore_f32(p2 + 64, z9);
  vstore_f32(p2 + 128, z10);
  vstore_f32(p2 + 192, z11);
  vstore_f32(p2 + 256, z12);
  vstore_f32(p2 + 320, z13);
  vstore_f32(p2 + 384, z14);
  vstore_f32(p2 + 448, z15);
  vstore_f32(p2 + 512, z16);
  vstore_f32(p2 + 576, z17);
  vstore_f32(p2 + 640, z18);
  vstore_f32(p2 + 704, z19);
  vstore_f32(p2 + 768, z20);
  vstore_f32(p2 + 832, z21);
  vstore_f32(p2 + 896, z22);
  vstore_f32(p2 + 960, z23);
  vstore_f32(p2 + 1024, z24);
  vstore_f32(p2 + 1088, z25);
  vstore_f32(p2 + 1152, z26);
  vstore_f32(p2 + 1216, z27);
  vstore_f32(p2 + 1280, z28);
  vstore_f32(p2 + 1344, z29);
  vstore_f32(p2 + 1408, z30);
  vstore_f32(p2 + 1472, z31);
VEND
}
static void k2_contract_le_select_tile010(char *a, char *b, char *c, long k)
{
  long f[4];
  f[0] = (long)a; f[1] = (long)b; f[2] = (long)c; f[3] = k - 1;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2];
  vreg z0, z1, z2, z3, z4, z8, z9, z10, z11, z12, z13, z14, z15, z16, z17, z18;
  vreg z19, z20, z21, z22, z23, z24, z25, z26, z27, z28, z29, z30, z31;
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
  vload_f32(z0, p1);
  vload_f32(z1, p1 + 64);
  vbroadcast_f32(z2, p0);
  vmul_f32(z8, z2, z0);
  vmul_f32(z9, z2, z1);
  vbroadcast_f32(z3, p0 + 1088);
  vmul_f32(z10, z3, z0);
  vmul_f32(z11, z3, z1);
  vbroadcast_f32(z4, p0 + 2176);
  vmul_f32(z12, z4, z0);
  vmul_f32(z13, z4, z1);
  vbroadcast_f32(z2, p0 + 3264);
  vmul_f32(z14, z2, z0);
  vmul_f32(z15, z2, z1);
  vbroadcast_f32(z3, p0 + 4352);
  vmul_f32(z16, z3, z0);
  vmul_f32(z17, z3, z1);
  vbroadcast_f32(z4, p0 + 5440);
  vmul_f32(z18, z4, z0);
  vmul_f32(z19, z4, z1);
  vbroadcast_f32(z2, p0 + 6528);
  vmul_f32(z20, z2, z0);
  vmul_f32(z21, z2, z1);
  vbroadcast_f32(z3, p0 + 7616);
  vmul_f32(z22, z3, z0);
  vmul_f32(z23, z3, z1);
  vbroadcast_f32(z4, p0 + 8704);
  vmul_f32(z24, z4, z0);
  vmul_f32(z25, z4, z1);
  vbroadcast_f32(z2, p0 + 9792);
  vmul_f32(z26, z2, z0);
  vmul_f32(z27, z2, z1);
  vbroadcast_f32(z3, p0 + 10880);
  vmul_f32(z28, z3, z0);
  vmul_f32(z29, z3, z1);
  vbroadcast_f32(z4, p0 + 11968);
  vmul_f32(z30, z4, z0);
  vmul_f32(z31, z4, z1);
  p0 += 4;
  p1 += 128;
  i = 0;
  VLOOP(vframe[3], 4) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 1088);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 2176);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 3264);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 4352);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 5440);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 6528);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 7616);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 8704);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 9792);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 10880);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 11968);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    vload_f32(z0, p1 + 128);
    vload_f32(z1, p1 + 192);
    vbroadcast_f32(z2, p0 + 4);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 1092);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 2180);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 3268);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 4356);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 5444);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 6532);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 7620);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 8708);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 9796);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 10884);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 11972);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    vload_f32(z0, p1 + 256);
    vload_f32(z1, p1 + 320);
    vbroadcast_f32(z2, p0 + 8);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 1096);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 2184);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 3272);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 4360);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 5448);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 6536);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 7624);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 8712);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 9800);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 10888);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 11976);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    vload_f32(z0, p1 + 384);
    vload_f32(z1, p1 + 448);
    vbroadcast_f32(z2, p0 + 12);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 1100);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 2188);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 3276);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 4364);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 5452);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 6540);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 7628);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 8716);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 9804);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 10892);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 11980);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    p0 += 16;
    p1 += 512;
  }
  VLOOP(vframe[3], 1) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 1088);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 2176);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 3264);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 4352);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 5440);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 6528);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 7616);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 8704);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 9792);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 10880);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 11968);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    p0 += 4;
    p1 += 128;
  }
  vadd_mem_f32(z8, z8, p2);
  vstore_f32(p2, z8);
  vadd_mem_f32(z9, z9, p2 + 64);
  vstore_f32(p2 + 64, z9);
  vadd_mem_f32(z10, z10, p2 + 128);
  vstore_f32(p2 + 128, z10);
  vadd_mem_f32(z11, z11, p2 + 192);
  vstore_f32(p2 + 192, z11);
  vadd_mem_f32(z12, z12, p2 + 256);
  vstore_f32(p2 + 256, z12);
  vadd_mem_f32(z13, z13, p2 + 320);
  vstore_f32(p2 + 320, z13);
  vadd_mem_f32(z14, z14, p2 + 384);
  vstore_f32(p2 + 384, z14);
  vadd_mem_f32(z15, z15, p2 + 448);
  vstore_f32(p2 + 448, z15);
  vadd_mem_f32(z16, z16, p2 + 512);
  vstore_f32(p2 + 512, z16);
  vadd_mem_f32(z17, z17, p2 + 576);
  vstore_f32(p2 + 576, z17);
  vadd_mem_f32(z18, z18, p2 + 640);
  vstore_f32(p2 + 640, z18);
  vadd_mem_f32(z19, z19, p2 + 704);
  vstore_f32(p2 + 704, z19);
  vadd_mem_f32(z20, z20, p2 + 768);
  vstore_f32(p2 + 768, z20);
  vadd_mem_f32(z21, z21, p2 + 832);
  vstore_f32(p2 + 832, z21);
  vadd_mem_f32(z22, z22, p2 + 896);
  vstore_f32(p2 + 896, z22);
  vadd_mem_f32(z23, z23, p2 + 960);
  vstore_f32(p2 + 960, z23);
  vadd_mem_f32(z24, z24, p2 + 1024);
  vstore_f32(p2 + 1024, z24);
  vadd_mem_f32(z25, z25, p2 + 1088);
  vstore_f32(p2 + 1088, z25);
  vadd_mem_f32(z26, z26, p2 + 1152);
  vstore_f32(p2 + 1152, z26);
  vadd_mem_f32(z27, z27, p2 + 1216);
  vstore_f32(p2 + 1216, z27);
  vadd_mem_f32(z28, z28, p2 + 1280);
  vstore_f32(p2 + 1280, z28);
  vadd_mem_f32(z29, z29, p2 + 1344);
  vstore_f32(p2 + 1344, z29);
  vadd_mem_f32(z30, z30, p2 + 1408);
  vstore_f32(p2 + 1408, z30);
  vadd_mem_f32(z31, z31, p2 + 1472);
  vstore_f32(p2 + 1472, z31);
VEND
}
static void k2_contract_le_select_tile100(char *a, char *b, char *c, long k)
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
  vbroadcast_f32(z3, p0 + 1088);
  vmul_f32(z8, z3, z0);
  vmul_f32(z9, z3, z1);
  vbroadcast_f32(z4, p0 + 2176);
  vmul_f32(z10, z4, z0);
  vmul_f32(z11, z4, z1);
  vbroadcast_f32(z2, p0 + 3264);
  vmul_f32(z12, z2, z0);
  vmul_f32(z13, z2, z1);
  vbroadcast_f32(z3, p0 + 4352);
  vmul_f32(z14, z3, z0);
  vmul_f32(z15, z3, z1);
  vbroadcast_f32(z4, p0 + 5440);
  vmul_f32(z16, z4, z0);
  vmul_f32(z17, z4, z1);
  vbroadcast_f32(z2, p0 + 6528);
  vmul_f32(z18, z2, z0);
  vmul_f32(z19, z2, z1);
  vbroadcast_f32(z3, p0 + 7616);
  vmul_f32(z20, z3, z0);
  vmul_f32(z21, z3, z1);
  vbroadcast_f32(z4, p0 + 8704);
  vmul_f32(z22, z4, z0);
  vmul_f32(z23, z4, z1);
  vbroadcast_f32(z2, p0 + 9792);
  vmul_f32(z24, z2, z0);
  vmul_f32(z25, z2, z1);
  vbroadcast_f32(z3, p0 + 10880);
  vmul_f32(z26, z3, z0);
  vmul_f32(z27, z3, z1);
  vbroadcast_f32(z4, p0 + 11968);
  vmul_f32(z28, z4, z0);
  vmul_f32(z29, z4, z1);
  vbroadcast_f32(z2, p0 + 13056);
  vmul_f32(z30, z2, z0);
  vmul_f32(z31, z2, z1);
  p0 += 4;
  p1 += 128;
  i = 0;
  VLOOP(vframe[3], 4) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 1088);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2176);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3264);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4352);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 5440);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6528);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 7616);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 8704);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 9792);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 10880);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 11968);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 13056);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 128);
    vload_f32(z1, p1 + 192);
    vbroadcast_f32(z2, p0 + 4);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 1092);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2180);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3268);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4356);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 5444);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6532);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 7620);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 8708);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 9796);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 10884);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 11972);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 13060);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 256);
    vload_f32(z1, p1 + 320);
    vbroadcast_f32(z2, p0 + 8);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 1096);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2184);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3272);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4360);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 5448);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6536);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 7624);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 8712);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 9800);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 10888);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 11976);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 13064);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 384);
    vload_f32(z1, p1 + 448);
    vbroadcast_f32(z2, p0 + 12);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 1100);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2188);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3276);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4364);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 5452);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6540);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 7628);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 8716);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 9804);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 10892);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 11980);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 13068);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    p0 += 16;
    p1 += 512;
  }
  VLOOP(vframe[3], 1) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 1088);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2176);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3264);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4352);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 5440);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6528);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 7616);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 8704);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 9792);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 10880);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 11968);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 13056);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    p0 += 4;
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
static void k2_contract_le_select_tile110(char *a, char *b, char *c, long k)
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
  vbroadcast_f32(z3, p0 + 1088);
  vmul_f32(z8, z3, z0);
  vmul_f32(z9, z3, z1);
  vbroadcast_f32(z4, p0 + 2176);
  vmul_f32(z10, z4, z0);
  vmul_f32(z11, z4, z1);
  vbroadcast_f32(z2, p0 + 3264);
  vmul_f32(z12, z2, z0);
  vmul_f32(z13, z2, z1);
  vbroadcast_f32(z3, p0 + 4352);
  vmul_f32(z14, z3, z0);
  vmul_f32(z15, z3, z1);
  vbroadcast_f32(z4, p0 + 5440);
  vmul_f32(z16, z4, z0);
  vmul_f32(z17, z4, z1);
  vbroadcast_f32(z2, p0 + 6528);
  vmul_f32(z18, z2, z0);
  vmul_f32(z19, z2, z1);
  vbroadcast_f32(z3, p0 + 7616);
  vmul_f32(z20, z3, z0);
  vmul_f32(z21, z3, z1);
  vbroadcast_f32(z4, p0 + 8704);
  vmul_f32(z22, z4, z0);
  vmul_f32(z23, z4, z1);
  vbroadcast_f32(z2, p0 + 9792);
  vmul_f32(z24, z2, z0);
  vmul_f32(z25, z2, z1);
  vbroadcast_f32(z3, p0 + 10880);
  vmul_f32(z26, z3, z0);
  vmul_f32(z27, z3, z1);
  vbroadcast_f32(z4, p0 + 11968);
  vmul_f32(z28, z4, z0);
  vmul_f32(z29, z4, z1);
  vbroadcast_f32(z2, p0 + 13056);
  vmul_f32(z30, z2, z0);
  vmul_f32(z31, z2, z1);
  p0 += 4;
  p1 += 128;
  i = 0;
  VLOOP(vframe[3], 4) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 1088);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2176);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3264);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4352);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 5440);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6528);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 7616);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 8704);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 9792);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 10880);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 11968);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 13056);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 128);
    vload_f32(z1, p1 + 192);
    vbroadcast_f32(z2, p0 + 4);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 1092);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2180);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3268);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4356);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 5444);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6532);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 7620);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 8708);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 9796);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 10884);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 11972);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 13060);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 256);
    vload_f32(z1, p1 + 320);
    vbroadcast_f32(z2, p0 + 8);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 1096);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2184);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3272);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4360);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 5448);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6536);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 7624);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 8712);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 9800);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 10888);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 11976);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 13064);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 384);
    vload_f32(z1, p1 + 448);
    vbroadcast_f32(z2, p0 + 12);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 1100);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2188);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3276);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4364);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 5452);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6540);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 7628);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 8716);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 9804);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 10892);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 11980);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 13068);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    p0 += 16;
    p1 += 512;
  }
  VLOOP(vframe[3], 1) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vbroadcast_f32(z2, p0);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 1088);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2176);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3264);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4352);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 5440);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6528);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 7616);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 8704);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 9792);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 10880);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 11968);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 13056);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    p0 += 4;
    p1 += 128;
  }
  vadd_mem_f32(z6, z6, p2);
  vstore_f32(p2, z6);
  vadd_mem_f32(z7, z7, p2 + 64);
  vstore_f32(p2 + 64, z7);
  vadd_mem_f32(z8, z8, p2 + 128);
  vstore_f32(p2 + 128, z8);
  vadd_mem_f32(z9, z9, p2 + 192);
  vstore_f32(p2 + 192, z9);
  vadd_mem_f32(z10, z10, p2 + 256);
  vstore_f32(p2 + 256, z10);
  vadd_mem_f32(z11, z11, p2 + 320);
  vstore_f32(p2 + 320, z11);
  vadd_mem_f32(z12, z12, p2 + 384);
  vstore_f32(p2 + 384, z12);
  vadd_mem_f32(z13, z13, p2 + 448);
  vstore_f32(p2 + 448, z13);
  vadd_mem_f32(z14, z14, p2 + 512);
  vstore_f32(p2 + 512, z14);
  vadd_mem_f32(z15, z15, p2 + 576);
  vstore_f32(p2 + 576, z15);
  vadd_mem_f32(z16, z16, p2 + 640);
  vstore_f32(p2 + 640, z16);
  vadd_mem_f32(z17, z17, p2 + 704);
  vstore_f32(p2 + 704, z17);
  vadd_mem_f32(z18, z18, p2 + 768);
  vstore_f32(p2 + 768, z18);
  vadd_mem_f32(z19, z19, p2 + 832);
  vstore_f32(p2 + 832, z19);
  vadd_mem_f32(z20, z20, p2 + 896);
  vstore_f32(p2 + 896, z20);
  vadd_mem_f32(z21, z21, p2 + 960);
  vstore_f32(p2 + 960, z21);
  vadd_mem_f32(z22, z22, p2 + 1024);
  vstore_f32(p2 + 1024, z22);
  vadd_mem_f32(z23, z23, p2 + 1088);
  vstore_f32(p2 + 1088, z23);
  vadd_mem_f32(z24, z24, p2 + 1152);
  vstore_f32(p2 + 1152, z24);
  vadd_mem_f32(z25, z25, p2 + 1216);
  vstore_f32(p2 + 1216, z25);
  vadd_mem_f32(z26, z26, p2 + 1280);
  vstore_f32(p2 + 1280, z26);
  vadd_mem_f32(z27, z27, p2 + 1344);
  vstore_f32(p2 + 1344, z27);
  vadd_mem_f32(z28, z28, p2 + 1408);
  vstore_f32(p2 + 1408, z28);
  vadd_mem_f32(z29, z29, p2 + 1472);
  vstore_f32(p2 + 1472, z29);
  vadd_mem_f32(z30, z30, p2 + 1536);
  vstore_f32(p2 + 1536, z30);
  vadd_mem_f32(z31, z31, p2 + 1600);
  vstore_f32(p2 + 1600, z31);
VEND
}
void k2_contract_le_select(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)
{
  long param[6];
  for (long item = begin; item < end; item++) {
    long batch = item / 1L, rb = item / 1L % 1L, cb = item % 1L;
    long n0 = cb * 256L, n1 = n0 + 256L < 256L ? n0 + 256L : 256L;
    long first = rb * 10L, last = first + 10L < 10L ? first + 10L : 10L;
    long item_m0 = first * 12L + (first < 8L ? first : 8L);
    param[0] = batch;
    char *packed = scratch + 0L;
    char *staged = scratch + 295168L;
    for (long k0 = 0; k0 < 512L; k0 += 256L) {
      long k1 = k0 + 256L < 512L ? k0 + 256L : 512L;
      for (long n = n0; n < n1; n += 32L)
        k2_contract_le_select_pack(buf, scalar, scratch, 0, param, packed + (n - n0) * 1024L, n, n + 32L < n1 ? n + 32L : n1, k0, k1);
      for (long t0 = first; t0 < last; t0 += 10L) {
        long t1 = t0 + 10L < last ? t0 + 10L : last;
        long m0 = t0 * 12L + (t0 < 8L ? t0 : 8L), m1 = t1 * 12L + (t1 < 8L ? t1 : 8L);
        { char *place[1]; place[0] = staged; param[4] = m0; param[5] = k0;
          k2_contract_le_select_rows(buf, scalar, scratch, place, param, m0, m1, k0, k1); }
        for (long n = n0; n < n1; n += 32L) {
          char *b = packed + (n - n0) * 1024L;
          char *sums = scratch + 436864L + (n - n0) * 520L;
          for (long t = t0; t < t1; t++) {
            long m = t * 12L + (t < 8L ? t : 8L);
            char *a = staged + (m - m0) * 1088L;
            char *c = sums + (m - item_m0) * 128L;
            if (t < 8L) { if (k0 == 0) k2_contract_le_select_tile100(a, b, c, k1 - k0); else k2_contract_le_select_tile110(a, b, c, k1 - k0); } else { if (k0 == 0) k2_contract_le_select_tile000(a, b, c, k1 - k0); else k2_contract_le_select_tile010(a, b, c, k1 - k0); }
          }
          if (k1 == 512L) {
            char *place[1];
            place[0] = sums; param[4] = item_m0; param[5] = n;
            k2_contract_le_select_result(buf, scalar, scratch, place, param, m0, m1, n, n + 32L < 256L ? n + 32L : 256L);
          }
        }
      }
    }
  }
}
