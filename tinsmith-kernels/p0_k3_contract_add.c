/* p0_k3_contract_add.c: kernel k3_contract_add of plan 0, target avx512 (avx512).
 *
 * computes  f32[128,256,10]
 * fused     contract (+5 inlined), add (+3 inlined): consumers on the tile
 * work      655360 flops, 146472 bytes read and written
 *
 * cc -O2 -ffp-contract=off -c p0_k3_contract_add.c
 */
#include "tin_vector.h"


/* k3_contract_add: contraction over [128, 256 reduced, 10]; computes contract (+5 inlined), add (+3 inlined): consumers on the tile
 *   reads  buf[10] f32[128, 256] select
 *   reads  buf[11] f32[10, 256] var fc3.weight
 *   reads  buf[12] f32[10] var fc3.bias
 *   writes buf[13] f32[128, 10] add (../../../work/main/tools/cli/demo.c:107)
 */
static void k3_contract_add_turn(char *from, char *to, long rounds)
{
  long f[3];
  f[0] = (long)from; f[1] = (long)to; f[2] = rounds;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1];
  vreg z0, z1, z2, z3, z4, z5, z6, z7, z8, z9, z10, z11, z12, z13, z14, z15;
  vreg z16, z17;
  do {
    vload_f32(z0, p0);
    vload_f32(z1, p0 + 1024);
    vload_f32(z2, p0 + 2048);
    vload_f32(z3, p0 + 3072);
    vload_f32(z4, p0 + 4096);
    vload_f32(z5, p0 + 5120);
    vload_f32(z6, p0 + 6144);
    vload_f32(z7, p0 + 7168);
    vload_f32(z8, p0 + 8192);
    vload_f32(z9, p0 + 9216);
    vload_f32(z10, p0 + 10240);
    vload_f32(z11, p0 + 11264);
    vload_f32(z12, p0 + 12288);
    vload_f32(z13, p0 + 13312);
    vload_f32(z14, p0 + 14336);
    vload_f32(z15, p0 + 15360);
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
    vstore_f32(p1 + 64, z11);
    vstore_f32(p1 + 128, z13);
    vstore_f32(p1 + 192, z9);
    vstore_f32(p1 + 256, z17);
    vstore_f32(p1 + 320, z15);
    vstore_f32(p1 + 384, z16);
    vstore_f32(p1 + 448, z12);
    vstore_f32(p1 + 512, z14);
    vstore_f32(p1 + 576, z3);
    vstore_f32(p1 + 640, z6);
    vstore_f32(p1 + 704, z4);
    vstore_f32(p1 + 768, z2);
    vstore_f32(p1 + 832, z1);
    vstore_f32(p1 + 896, z5);
    vstore_f32(p1 + 960, z0);
    p0 += 64;
    p1 += 1024;
  } while (--vframe[2]);
VEND
}
static void k3_contract_add_pack(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer, long *param, char *to, long n0, long n1, long k0, long k1)
{
  char *place[1];
  long rounds = (k1 - k0) / 16, whole = k0 + rounds * 16, n;
  char *from = buf[11] + (0L + param[0] * 0L + n0 * 256L + k0) * 4; long row = 256L;
  for (n = 0; n + 16 <= n1 - n0; n += 16)
    if (rounds) k3_contract_add_turn(from + n * row * 4, to + n * 4, rounds);
  for (long j = n; j < n1 - n0; j++)
    for (long i = 0; i < rounds * 16; i++)
      ((unsigned *)to)[i * 16L + j] = ((unsigned *)from)[j * row + i];
  for (long j = 0; j < n1 - n0; j++)
    for (long i = whole - k0; i < k1 - k0; i++)
      ((unsigned *)to)[i * 16L + j] = ((unsigned *)from)[j * row + i];
}
static void k3_contract_add_result(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0};
  long f[6];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)pointer[0] + (row_low * 16 + column_low - param[4] * 16 - param[5]) * 4;
  f[2] = (long)buf[12] + (column_low) * 4;
  f[3] = (long)buf[13] + (row_low * 10 + column_low) * 4;
  f[4] = row_high - row_low;
  f[5] = column_high - column_low;
VBEGIN(f, 16)
  vaddress p1 = vframe[1], p2 = vframe[2], p3 = vframe[3];
  vreg z0, z1;
  do {
    i = 0;
    VLOOP(vframe[5], 64) {
      vload_f32(z0, p1 + 4 * i);
      vload_f32(z1, p2 + 4 * i);
      vadd_f32(z0, z0, z1);
      vstore_f32(p3 + 4 * i, z0);
      vload_f32(z0, p1 + 4 * i + 64);
      vload_f32(z1, p2 + 4 * i + 64);
      vadd_f32(z0, z0, z1);
      vstore_f32(p3 + 4 * i + 64, z0);
      vload_f32(z0, p1 + 4 * i + 128);
      vload_f32(z1, p2 + 4 * i + 128);
      vadd_f32(z0, z0, z1);
      vstore_f32(p3 + 4 * i + 128, z0);
      vload_f32(z0, p1 + 4 * i + 192);
      vload_f32(z1, p2 + 4 * i + 192);
      vadd_f32(z0, z0, z1);
      vstore_f32(p3 + 4 * i + 192, z0);
    }
    VLOOP(vframe[5], 16) {
      vload_f32(z0, p1 + 4 * i);
      vload_f32(z1, p2 + 4 * i);
      vadd_f32(z0, z0, z1);
      vstore_f32(p3 + 4 * i, z0);
    }
    VTAIL(vframe[5]) {
      vload_tail_f32(z0, p1 + 4 * i);
      vload_tail_f32(z1, p2 + 4 * i);
      vadd_f32(z0, z0, z1);
      vstore_tail_f32(p3 + 4 * i, z0);
    }
    p1 += 64;
    p3 += 40;
  } while (--vframe[4]);
VEND
}
static void k3_contract_add_tile000(char *a, char *b, char *c, long k)
{
  long f[4];
  f[0] = (long)a; f[1] = (long)b; f[2] = (long)c; f[3] = k - 1;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2];
  vreg z0, z1, z2, z3, z20, z21, z22, z23, z24, z25, z26, z27, z28, z29, z30, z31;
  vprefetch(p2, 2);
  vprefetch(p2 + 64, 2);
  vprefetch(p2 + 128, 2);
  vprefetch(p2 + 192, 2);
  vprefetch(p2 + 256, 2);
  vprefetch(p2 + 320, 2);
  vprefetch(p2 + 384, 2);
  vprefetch(p2 + 448, 2);
  vprefetch(p2 + 512, 2);
  vprefetch(p2 + 576, 2);
  vprefetch(p2 + 640, 2);
  vprefetch(p2 + 704, 2);
  vload_f32(z0, p1);
  vbroadcast_f32(z1, p0);
  vmul_f32(z20, z1, z0);
  vbroadcast_f32(z2, p0 + 1024);
  vmul_f32(z21, z2, z0);
  vbroadcast_f32(z3, p0 + 2048);
  vmul_f32(z22, z3, z0);
  vbroadcast_f32(z1, p0 + 3072);
  vmul_f32(z23, z1, z0);
  vbroadcast_f32(z2, p0 + 4096);
  vmul_f32(z24, z2, z0);
  vbroadcast_f32(z3, p0 + 5120);
  vmul_f32(z25, z3, z0);
  vbroadcast_f32(z1, p0 + 6144);
  vmul_f32(z26, z1, z0);
  vbroadcast_f32(z2, p0 + 7168);
  vmul_f32(z27, z2, z0);
  vbroadcast_f32(z3, p0 + 8192);
  vmul_f32(z28, z3, z0);
  vbroadcast_f32(z1, p0 + 9216);
  vmul_f32(z29, z1, z0);
  vbroadcast_f32(z2, p0 + 10240);
  vmul_f32(z30, z2, z0);
  vbroadcast_f32(z3, p0 + 11264);
  vmul_f32(z31, z3, z0);
  p0 += 4;
  p1 += 64;
  i = 0;
  VLOOP(vframe[3], 4) {
    vload_f32(z0, p1);
    vbroadcast_f32(z1, p0);
    vfma_f32(z20, z1, z0);
    vbroadcast_f32(z2, p0 + 1024);
    vfma_f32(z21, z2, z0);
    vbroadcast_f32(z3, p0 + 2048);
    vfma_f32(z22, z3, z0);
    vbroadcast_f32(z1, p0 + 3072);
    vfma_f32(z23, z1, z0);
    vbroadcast_f32(z2, p0 + 4096);
    vfma_f32(z24, z2, z0);
    vbroadcast_f32(z3, p0 + 5120);
    vfma_f32(z25, z3, z0);
    vbroadcast_f32(z1, p0 + 6144);
    vfma_f32(z26, z1, z0);
    vbroadcast_f32(z2, p0 + 7168);
    vfma_f32(z27, z2, z0);
    vbroadcast_f32(z3, p0 + 8192);
    vfma_f32(z28, z3, z0);
    vbroadcast_f32(z1, p0 + 9216);
    vfma_f32(z29, z1, z0);
    vbroadcast_f32(z2, p0 + 10240);
    vfma_f32(z30, z2, z0);
    vbroadcast_f32(z3, p0 + 11264);
    vfma_f32(z31, z3, z0);
    vload_f32(z0, p1 + 64);
    vbroadcast_f32(z1, p0 + 4);
    vfma_f32(z20, z1, z0);
    vbroadcast_f32(z2, p0 + 1028);
    vfma_f32(z21, z2, z0);
    vbroadcast_f32(z3, p0 + 2052);
    vfma_f32(z22, z3, z0);
    vbroadcast_f32(z1, p0 + 3076);
    vfma_f32(z23, z1, z0);
    vbroadcast_f32(z2, p0 + 4100);
    vfma_f32(z24, z2, z0);
    vbroadcast_f32(z3, p0 + 5124);
    vfma_f32(z25, z3, z0);
    vbroadcast_f32(z1, p0 + 6148);
    vfma_f32(z26, z1, z0);
    vbroadcast_f32(z2, p0 + 7172);
    vfma_f32(z27, z2, z0);
    vbroadcast_f32(z3, p0 + 8196);
    vfma_f32(z28, z3, z0);
    vbroadcast_f32(z1, p0 + 9220);
    vfma_f32(z29, z1, z0);
    vbroadcast_f32(z2, p0 + 10244);
    vfma_f32(z30, z2, z0);
    vbroadcast_f32(z3, p0 + 11268);
    vfma_f32(z31, z3, z0);
    vload_f32(z0, p1 + 128);
    vbroadcast_f32(z1, p0 + 8);
    vfma_f32(z20, z1, z0);
    vbroadcast_f32(z2, p0 + 1032);
    vfma_f32(z21, z2, z0);
    vbroadcast_f32(z3, p0 + 2056);
    vfma_f32(z22, z3, z0);
    vbroadcast_f32(z1, p0 + 3080);
    vfma_f32(z23, z1, z0);
    vbroadcast_f32(z2, p0 + 4104);
    vfma_f32(z24, z2, z0);
    vbroadcast_f32(z3, p0 + 5128);
    vfma_f32(z25, z3, z0);
    vbroadcast_f32(z1, p0 + 6152);
    vfma_f32(z26, z1, z0);
    vbroadcast_f32(z2, p0 + 7176);
    vfma_f32(z27, z2, z0);
    vbroadcast_f32(z3, p0 + 8200);
    vfma_f32(z28, z3, z0);
    vbroadcast_f32(z1, p0 + 9224);
    vfma_f32(z29, z1, z0);
    vbroadcast_f32(z2, p0 + 10248);
    vfma_f32(z30, z2, z0);
    vbroadcast_f32(z3, p0 + 11272);
    vfma_f32(z31, z3, z0);
    vload_f32(z0, p1 + 192);
    vbroadcast_f32(z1, p0 + 12);
    vfma_f32(z20, z1, z0);
    vbroadcast_f32(z2, p0 + 1036);
    vfma_f32(z21, z2, z0);
    vbroadcast_f32(z3, p0 + 2060);
    vfma_f32(z22, z3, z0);
    vbroadcast_f32(z1, p0 + 3084);
    vfma_f32(z23, z1, z0);
    vbroadcast_f32(z2, p0 + 4108);
    vfma_f32(z24, z2, z0);
    vbroadcast_f32(z3, p0 + 5132);
    vfma_f32(z25, z3, z0);
    vbroadcast_f32(z1, p0 + 6156);
    vfma_f32(z26, z1, z0);
    vbroadcast_f32(z2, p0 + 7180);
    vfma_f32(z27, z2, z0);
    vbroadcast_f32(z3, p0 + 8204);
    vfma_f32(z28, z3, z0);
    vbroadcast_f32(z1, p0 + 9228);
    vfma_f32(z29, z1, z0);
    vbroadcast_f32(z2, p0 + 10252);
    vfma_f32(z30, z2, z0);
    vbroadcast_f32(z3, p0 + 11276);
    vfma_f32(z31, z3, z0);
    p0 += 16;
    p1 += 256;
  }
  VLOOP(vframe[3], 1) {
    vload_f32(z0, p1);
    vbroadcast_f32(z1, p0);
    vfma_f32(z20, z1, z0);
    vbroadcast_f32(z2, p0 + 1024);
    vfma_f32(z21, z2, z0);
    vbroadcast_f32(z3, p0 + 2048);
    vfma_f32(z22, z3, z0);
    vbroadcast_f32(z1, p0 + 3072);
    vfma_f32(z23, z1, z0);
    vbroadcast_f32(z2, p0 + 4096);
    vfma_f32(z24, z2, z0);
    vbroadcast_f32(z3, p0 + 5120);
    vfma_f32(z25, z3, z0);
    vbroadcast_f32(z1, p0 + 6144);
    vfma_f32(z26, z1, z0);
    vbroadcast_f32(z2, p0 + 7168);
    vfma_f32(z27, z2, z0);
    vbroadcast_f32(z3, p0 + 8192);
    vfma_f32(z28, z3, z0);
    vbroadcast_f32(z1, p0 + 9216);
    vfma_f32(z29, z1, z0);
    vbroadcast_f32(z2, p0 + 10240);
    vfma_f32(z30, z2, z0);
    vbroadcast_f32(z3, p0 + 11264);
    vfma_f32(z31, z3, z0);
    p0 += 4;
    p1 += 64;
  }
  vstore_f32(p2, z20);
  vstore_f32(p2 + 64, z21);
  vstore_f32(p2 + 128, z22);
  vstore_f32(p2 + 192, z23);
  vstore_f32(p2 + 256, z24);
  vstore_f32(p2 + 320, z25);
  vstore_f32(p2 + 384, z26);
  vstore_f32(p2 + 448, z27);
  vstore_f32(p2 + 512, z28);
  vstore_f32(p2 + 576, z29);
  vstore_f32(p2 + 640, z30);
  vstore_f32(p2 + 704, z31);
VEND
}
static void k3_contract_add_tile100(char *a, char *b, char *c, long k)
{
  long f[4];
  f[0] = (long)a; f[1] = (long)b; f[2] = (long)c; f[3] = k - 1;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2];
  vreg z0, z1, z2, z3, z19, z20, z21, z22, z23, z24, z25, z26, z27, z28, z29, z30;
  vreg z31;
  vprefetch(p2, 2);
  vprefetch(p2 + 64, 2);
  vprefetch(p2 + 128, 2);
  vprefetch(p2 + 192, 2);
  vprefetch(p2 + 256, 2);
  vprefetch(p2 + 320, 2);
  vprefetch(p2 + 384, 2);
  vprefetch(p2 + 448, 2);
  vprefetch(p2 + 512, 2);
  vprefetch(p2 + 576, 2);
  vprefetch(p2 + 640, 2);
  vprefetch(p2 + 704, 2);
  vprefetch(p2 + 768, 2);
  vload_f32(z0, p1);
  vbroadcast_f32(z1, p0);
  vmul_f32(z19, z1, z0);
  vbroadcast_f32(z2, p0 + 1024);
  vmul_f32(z20, z2, z0);
  vbroadcast_f32(z3, p0 + 2048);
  vmul_f32(z21, z3, z0);
  vbroadcast_f32(z1, p0 + 3072);
  vmul_f32(z22, z1, z0);
  vbroadcast_f32(z2, p0 + 4096);
  vmul_f32(z23, z2, z0);
  vbroadcast_f32(z3, p0 + 5120);
  vmul_f32(z24, z3, z0);
  vbroadcast_f32(z1, p0 + 6144);
  vmul_f32(z25, z1, z0);
  vbroadcast_f32(z2, p0 + 7168);
  vmul_f32(z26, z2, z0);
  vbroadcast_f32(z3, p0 + 8192);
  vmul_f32(z27, z3, z0);
  vbroadcast_f32(z1, p0 + 9216);
  vmul_f32(z28, z1, z0);
  vbroadcast_f32(z2, p0 + 10240);
  vmul_f32(z29, z2, z0);
  vbroadcast_f32(z3, p0 + 11264);
  vmul_f32(z30, z3, z0);
  vbroadcast_f32(z1, p0 + 12288);
  vmul_f32(z31, z1, z0);
  p0 += 4;
  p1 += 64;
  i = 0;
  VLOOP(vframe[3], 4) {
    vload_f32(z0, p1);
    vbroadcast_f32(z1, p0);
    vfma_f32(z19, z1, z0);
    vbroadcast_f32(z2, p0 + 1024);
    vfma_f32(z20, z2, z0);
    vbroadcast_f32(z3, p0 + 2048);
    vfma_f32(z21, z3, z0);
    vbroadcast_f32(z1, p0 + 3072);
    vfma_f32(z22, z1, z0);
    vbroadcast_f32(z2, p0 + 4096);
    vfma_f32(z23, z2, z0);
    vbroadcast_f32(z3, p0 + 5120);
    vfma_f32(z24, z3, z0);
    vbroadcast_f32(z1, p0 + 6144);
    vfma_f32(z25, z1, z0);
    vbroadcast_f32(z2, p0 + 7168);
    vfma_f32(z26, z2, z0);
    vbroadcast_f32(z3, p0 + 8192);
    vfma_f32(z27, z3, z0);
    vbroadcast_f32(z1, p0 + 9216);
    vfma_f32(z28, z1, z0);
    vbroadcast_f32(z2, p0 + 10240);
    vfma_f32(z29, z2, z0);
    vbroadcast_f32(z3, p0 + 11264);
    vfma_f32(z30, z3, z0);
    vbroadcast_f32(z1, p0 + 12288);
    vfma_f32(z31, z1, z0);
    vload_f32(z0, p1 + 64);
    vbroadcast_f32(z1, p0 + 4);
    vfma_f32(z19, z1, z0);
    vbroadcast_f32(z2, p0 + 1028);
    vfma_f32(z20, z2, z0);
    vbroadcast_f32(z3, p0 + 2052);
    vfma_f32(z21, z3, z0);
    vbroadcast_f32(z1, p0 + 3076);
    vfma_f32(z22, z1, z0);
    vbroadcast_f32(z2, p0 + 4100);
    vfma_f32(z23, z2, z0);
    vbroadcast_f32(z3, p0 + 5124);
    vfma_f32(z24, z3, z0);
    vbroadcast_f32(z1, p0 + 6148);
    vfma_f32(z25, z1, z0);
    vbroadcast_f32(z2, p0 + 7172);
    vfma_f32(z26, z2, z0);
    vbroadcast_f32(z3, p0 + 8196);
    vfma_f32(z27, z3, z0);
    vbroadcast_f32(z1, p0 + 9220);
    vfma_f32(z28, z1, z0);
    vbroadcast_f32(z2, p0 + 10244);
    vfma_f32(z29, z2, z0);
    vbroadcast_f32(z3, p0 + 11268);
    vfma_f32(z30, z3, z0);
    vbroadcast_f32(z1, p0 + 12292);
    vfma_f32(z31, z1, z0);
    vload_f32(z0, p1 + 128);
    vbroadcast_f32(z1, p0 + 8);
    vfma_f32(z19, z1, z0);
    vbroadcast_f32(z2, p0 + 1032);
    vfma_f32(z20, z2, z0);
    vbroadcast_f32(z3, p0 + 2056);
    vfma_f32(z21, z3, z0);
    vbroadcast_f32(z1, p0 + 3080);
    vfma_f32(z22, z1, z0);
    vbroadcast_f32(z2, p0 + 4104);
    vfma_f32(z23, z2, z0);
    vbroadcast_f32(z3, p0 + 5128);
    vfma_f32(z24, z3, z0);
    vbroadcast_f32(z1, p0 + 6152);
    vfma_f32(z25, z1, z0);
    vbroadcast_f32(z2, p0 + 7176);
    vfma_f32(z26, z2, z0);
    vbroadcast_f32(z3, p0 + 8200);
    vfma_f32(z27, z3, z0);
    vbroadcast_f32(z1, p0 + 9224);
    vfma_f32(z28, z1, z0);
    vbroadcast_f32(z2, p0 + 10248);
    vfma_f32(z29, z2, z0);
    vbroadcast_f32(z3, p0 + 11272);
    vfma_f32(z30, z3, z0);
    vbroadcast_f32(z1, p0 + 12296);
    vfma_f32(z31, z1, z0);
    vload_f32(z0, p1 + 192);
    vbroadcast_f32(z1, p0 + 12);
    vfma_f32(z19, z1, z0);
    vbroadcast_f32(z2, p0 + 1036);
    vfma_f32(z20, z2, z0);
    vbroadcast_f32(z3, p0 + 2060);
    vfma_f32(z21, z3, z0);
    vbroadcast_f32(z1, p0 + 3084);
    vfma_f32(z22, z1, z0);
    vbroadcast_f32(z2, p0 + 4108);
    vfma_f32(z23, z2, z0);
    vbroadcast_f32(z3, p0 + 5132);
    vfma_f32(z24, z3, z0);
    vbroadcast_f32(z1, p0 + 6156);
    vfma_f32(z25, z1, z0);
    vbroadcast_f32(z2, p0 + 7180);
    vfma_f32(z26, z2, z0);
    vbroadcast_f32(z3, p0 + 8204);
    vfma_f32(z27, z3, z0);
    vbroadcast_f32(z1, p0 + 9228);
    vfma_f32(z28, z1, z0);
    vbroadcast_f32(z2, p0 + 10252);
    vfma_f32(z29, z2, z0);
    vbroadcast_f32(z3, p0 + 11276);
    vfma_f32(z30, z3, z0);
    vbroadcast_f32(z1, p0 + 12300);
    vfma_f32(z31, z1, z0);
    p0 += 16;
    p1 += 256;
  }
  VLOOP(vframe[3], 1) {
    vload_f32(z0, p1);
    vbroadcast_f32(z1, p0);
    vfma_f32(z19, z1, z0);
    vbroadcast_f32(z2, p0 + 1024);
    vfma_f32(z20, z2, z0);
    vbroadcast_f32(z3, p0 + 2048);
    vfma_f32(z21, z3, z0);
    vbroadcast_f32(z1, p0 + 3072);
    vfma_f32(z22, z1, z0);
    vbroadcast_f32(z2, p0 + 4096);
    vfma_f32(z23, z2, z0);
    vbroadcast_f32(z3, p0 + 5120);
    vfma_f32(z24, z3, z0);
    vbroadcast_f32(z1, p0 + 6144);
    vfma_f32(z25, z1, z0);
    vbroadcast_f32(z2, p0 + 7168);
    vfma_f32(z26, z2, z0);
    vbroadcast_f32(z3, p0 + 8192);
    vfma_f32(z27, z3, z0);
    vbroadcast_f32(z1, p0 + 9216);
    vfma_f32(z28, z1, z0);
    vbroadcast_f32(z2, p0 + 10240);
    vfma_f32(z29, z2, z0);
    vbroadcast_f32(z3, p0 + 11264);
    vfma_f32(z30, z3, z0);
    vbroadcast_f32(z1, p0 + 12288);
    vfma_f32(z31, z1, z0);
    p0 += 4;
    p1 += 64;
  }
  vstore_f32(p2, z19);
  vstore_f32(p2 + 64, z20);
  vstore_f32(p2 + 128, z21);
  vstore_f32(p2 + 192, z22);
  vstore_f32(p2 + 256, z23);
  vstore_f32(p2 + 320, z24);
  vstore_f32(p2 + 384, z25);
  vstore_f32(p2 + 448, z26);
  vstore_f32(p2 + 512, z27);
  vstore_f32(p2 + 576, z28);
  vstore_f32(p2 + 640, z29);
  vstore_f32(p2 + 704, z30);
  vstore_f32(p2 + 768, z31);
VEND
}
void k3_contract_add(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)
{
  long param[6];
  for (long item = begin; item < end; item++) {
    long batch = item / 1L, rb = item / 1L % 1L, cb = item % 1L;
    long n0 = cb * 16L, n1 = n0 + 16L < 10L ? n0 + 16L : 10L;
    long first = rb * 10L, last = first + 10L < 10L ? first + 10L : 10L;
    long item_m0 = first * 12L + (first < 8L ? first : 8L);
    param[0] = batch;
    char *packed = scratch + 0L;
    for (long k0 = 0; k0 < 256L; k0 += 256L) {
      long k1 = k0 + 256L < 256L ? k0 + 256L : 256L;
      for (long n = n0; n < n1; n += 16L)
        k3_contract_add_pack(buf, scalar, scratch, 0, param, packed + (n - n0) * 1024L, n, n + 16L < n1 ? n + 16L : n1, k0, k1);
      for (long t0 = first; t0 < last; t0 += 10L) {
        long t1 = t0 + 10L < last ? t0 + 10L : last;
        long m0 = t0 * 12L + (t0 < 8L ? t0 : 8L), m1 = t1 * 12L + (t1 < 8L ? t1 : 8L);
        for (long n = n0; n < n1; n += 16L) {
          char *b = packed + (n - n0) * 1024L;
          char *sums = scratch + 33024L + (n - n0) * 0L;
          for (long t = t0; t < t1; t++) {
            long m = t * 12L + (t < 8L ? t : 8L);
            char *a = buf[10] + (0L + batch * 0L + m * 256L + k0 * 1L) * 4;
            char *c = sums + (m - item_m0) * 64L;
            if (t < 8L) { k3_contract_add_tile100(a, b, c, k1 - k0); } else { k3_contract_add_tile000(a, b, c, k1 - k0); }
          }
          if (k1 == 256L) {
            char *place[1];
            place[0] = sums; param[4] = item_m0; param[5] = n;
            k3_contract_add_result(buf, scalar, scratch, place, param, m0, m1, n, n + 16L < 10L ? n + 16L : 10L);
          }
        }
      }
    }
  }
}
