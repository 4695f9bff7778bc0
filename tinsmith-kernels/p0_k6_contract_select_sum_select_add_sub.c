/* p0_k6_contract_select_sum_select_add_sub.c: kernel k6_contract_select_sum_select_add_sub of plan 0, target avx512 (avx512).
 *
 * computes  f32[128,512,256] f32[128,256] f32[128,10,256]
 * fused     contract (+5 inlined), select (+3 inlined): consumers on the tile; sum, select (+22 inlined), add (+9 inlined), sub (+11 inlined); contract (+6 inlined), select (+22 inlined), add (+9 inlined), sub (+11 inlined): consumers on the tile
 * work      34340864 flops, 1317888 bytes read and written
 *
 * cc -O2 -ffp-contract=off -c p0_k6_contract_select_sum_select_add_sub.c
 */
#include "tin_vector.h"


/* k6_contract_select_sum_select_add_sub: contraction over [128, 512, 256 reduced]; computes contract (+5 inlined), select (+3 inlined): consumers on the tile
 *   reads  buf[5] bool[128, 512] le
 *   reads  buf[6] f32[256, 512] var fc2.weight
 *   reads  buf[16] f32[128, 256] select
 *   writes buf[17] f32[128, 512] select (../../../work/main/tools/cli/demo_compare.c:34)
 */
static void k6_contract_select_sum_select_add_sub_columns(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0};
  long f[5];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)buf[6] + (column_low + row_low * 512) * 4;
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
static void k6_contract_select_sum_select_add_sub_pack(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer, long *param, char *to, long n0, long n1, long k0, long k1)
{
  char *place[1];
  place[0] = to; param[4] = k0; param[5] = n0;
  k6_contract_select_sum_select_add_sub_columns(buf, scalar, scratch, place, param, k0, k1, n0, n1);
}
static void k6_contract_select_sum_select_add_sub_result(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0x0u};
  long f[7];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)scalar;
  f[2] = (long)buf[5] + (row_low * 512 + column_low) * 1;
  f[3] = (long)pointer[0] + (row_low * 32 + column_low - param[4] * 32 - param[5]) * 4;
  f[4] = (long)buf[17] + (row_low * 512 + column_low) * 4;
  f[5] = row_high - row_low;
  f[6] = column_high - column_low;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2], p3 = vframe[3], p4 = vframe[4];
  vreg z0, z1, z2, z3;
  vbroadcast_f32(z0, p1 + 16);
  vbroadcast_i32(z1, p0);
  do {
    i = 0;
    VLOOP(vframe[6], 64) {
      vload_u8(z2, p2 + i);
      vsub_i32(z2, z1, z2);
      vload_f32(z3, p3 + 4 * i);
      vselect_f32(z2, z2, z0, z3);
      vstore_f32(p4 + 4 * i, z2);
      vload_u8(z2, p2 + i + 16);
      vsub_i32(z2, z1, z2);
      vload_f32(z3, p3 + 4 * i + 64);
      vselect_f32(z2, z2, z0, z3);
      vstore_f32(p4 + 4 * i + 64, z2);
      vload_u8(z2, p2 + i + 32);
      vsub_i32(z2, z1, z2);
      vload_f32(z3, p3 + 4 * i + 128);
      vselect_f32(z2, z2, z0, z3);
      vstore_f32(p4 + 4 * i + 128, z2);
      vload_u8(z2, p2 + i + 48);
      vsub_i32(z2, z1, z2);
      vload_f32(z3, p3 + 4 * i + 192);
      vselect_f32(z2, z2, z0, z3);
      vstore_f32(p4 + 4 * i + 192, z2);
    }
    VLOOP(vframe[6], 16) {
      vload_u8(z2, p2 + i);
      vsub_i32(z2, z1, z2);
      vload_f32(z3, p3 + 4 * i);
      vselect_f32(z2, z2, z0, z3);
      vstore_f32(p4 + 4 * i, z2);
    }
    VTAIL(vframe[6]) {
      vload_tail_u8(z2, p2 + i);
      vsub_i32(z2, z1, z2);
      vload_tail_f32(z3, p3 + 4 * i);
      vselect_f32(z2, z2, z0, z3);
      vstore_tail_f32(p4 + 4 * i, z2);
    }
    p2 += 512;
    p3 += 128;
    p4 += 2048;
  } while (--vframe[5]);
VEND
}
static void k6_contract_select_sum_select_add_sub_tile000(char *a, char *b, char *c, long k)
{
  long f[4];
  f[0] = (long)a; f[1] = (long)b; f[2] = (long)c; f[3] = k - 1;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2];
  vreg z0, z1, z2, z3, z4, z8, z9, z10, z11, z12, z13, z14, z15, z16, z17, z18;
  vreg z19, z20, z21, z22, z23, z24, z25, z26, z27, z28, z29, z30, z31;
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
  vprefetch(p2 + 832, 2);
  vprefetch(p2 + 896, 2);
  vprefetch(p2 + 960, 2);
  vprefetch(p2 + 1024, 2);
  vprefetch(p2 + 1088, 2);
  vprefetch(p2 + 1152, 2);
  vprefetch(p2 + 1216, 2);
  vprefetch(p2 + 1280, 2);
  vprefetch(p2 + 1344, 2);
  vprefetch(p2 + 1408, 2);
  vprefetch(p2 + 1472, 2);
  vload_f32(z0, p1);
  vload_f32(z1, p1 + 64);
  vbroadcast_f32(z2, p0);
  vmul_f32(z8, z2, z0);
  vmul_f32(z9, z2, z1);
  vbroadcast_f32(z3, p0 + 1024);
  vmul_f32(z10, z3, z0);
  vmul_f32(z11, z3, z1);
  vbroadcast_f32(z4, p0 + 2048);
  vmul_f32(z12, z4, z0);
  vmul_f32(z13, z4, z1);
  vbroadcast_f32(z2, p0 + 3072);
  vmul_f32(z14, z2, z0);
  vmul_f32(z15, z2, z1);
  vbroadcast_f32(z3, p0 + 4096);
  vmul_f32(z16, z3, z0);
  vmul_f32(z17, z3, z1);
  vbroadcast_f32(z4, p0 + 5120);
  vmul_f32(z18, z4, z0);
  vmul_f32(z19, z4, z1);
  vbroadcast_f32(z2, p0 + 6144);
  vmul_f32(z20, z2, z0);
  vmul_f32(z21, z2, z1);
  vbroadcast_f32(z3, p0 + 7168);
  vmul_f32(z22, z3, z0);
  vmul_f32(z23, z3, z1);
  vbroadcast_f32(z4, p0 + 8192);
  vmul_f32(z24, z4, z0);
  vmul_f32(z25, z4, z1);
  vbroadcast_f32(z2, p0 + 9216);
  vmul_f32(z26, z2, z0);
  vmul_f32(z27, z2, z1);
  vbroadcast_f32(z3, p0 + 10240);
  vmul_f32(z28, z3, z0);
  vmul_f32(z29, z3, z1);
  vbroadcast_f32(z4, p0 + 11264);
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
    vbroadcast_f32(z3, p0 + 1024);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 2048);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 3072);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 4096);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 5120);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 6144);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 7168);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 8192);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 9216);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 10240);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 11264);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    vload_f32(z0, p1 + 128);
    vload_f32(z1, p1 + 192);
    vbroadcast_f32(z2, p0 + 4);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 1028);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 2052);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 3076);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 4100);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 5124);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 6148);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 7172);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 8196);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 9220);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 10244);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 11268);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    vload_f32(z0, p1 + 256);
    vload_f32(z1, p1 + 320);
    vbroadcast_f32(z2, p0 + 8);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 1032);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 2056);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 3080);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 4104);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 5128);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 6152);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 7176);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 8200);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 9224);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 10248);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 11272);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    vload_f32(z0, p1 + 384);
    vload_f32(z1, p1 + 448);
    vbroadcast_f32(z2, p0 + 12);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 1036);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 2060);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 3084);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 4108);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 5132);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 6156);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 7180);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 8204);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 9228);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 10252);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 11276);
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
    vbroadcast_f32(z3, p0 + 1024);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 2048);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 3072);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 4096);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 5120);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 6144);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 7168);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 8192);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 9216);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 10240);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 11264);
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
static void k6_contract_select_sum_select_add_sub_tile100(char *a, char *b, char *c, long k)
{
  long f[4];
  f[0] = (long)a; f[1] = (long)b; f[2] = (long)c; f[3] = k - 1;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2];
  vreg z0, z1, z2, z3, z4, z6, z7, z8, z9, z10, z11, z12, z13, z14, z15, z16;
  vreg z17, z18, z19, z20, z21, z22, z23, z24, z25, z26, z27, z28, z29, z30, z31;
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
  vprefetch(p2 + 832, 2);
  vprefetch(p2 + 896, 2);
  vprefetch(p2 + 960, 2);
  vprefetch(p2 + 1024, 2);
  vprefetch(p2 + 1088, 2);
  vprefetch(p2 + 1152, 2);
  vprefetch(p2 + 1216, 2);
  vprefetch(p2 + 1280, 2);
  vprefetch(p2 + 1344, 2);
  vprefetch(p2 + 1408, 2);
  vprefetch(p2 + 1472, 2);
  vprefetch(p2 + 1536, 2);
  vprefetch(p2 + 1600, 2);
  vload_f32(z0, p1);
  vload_f32(z1, p1 + 64);
  vbroadcast_f32(z2, p0);
  vmul_f32(z6, z2, z0);
  vmul_f32(z7, z2, z1);
  vbroadcast_f32(z3, p0 + 1024);
  vmul_f32(z8, z3, z0);
  vmul_f32(z9, z3, z1);
  vbroadcast_f32(z4, p0 + 2048);
  vmul_f32(z10, z4, z0);
  vmul_f32(z11, z4, z1);
  vbroadcast_f32(z2, p0 + 3072);
  vmul_f32(z12, z2, z0);
  vmul_f32(z13, z2, z1);
  vbroadcast_f32(z3, p0 + 4096);
  vmul_f32(z14, z3, z0);
  vmul_f32(z15, z3, z1);
  vbroadcast_f32(z4, p0 + 5120);
  vmul_f32(z16, z4, z0);
  vmul_f32(z17, z4, z1);
  vbroadcast_f32(z2, p0 + 6144);
  vmul_f32(z18, z2, z0);
  vmul_f32(z19, z2, z1);
  vbroadcast_f32(z3, p0 + 7168);
  vmul_f32(z20, z3, z0);
  vmul_f32(z21, z3, z1);
  vbroadcast_f32(z4, p0 + 8192);
  vmul_f32(z22, z4, z0);
  vmul_f32(z23, z4, z1);
  vbroadcast_f32(z2, p0 + 9216);
  vmul_f32(z24, z2, z0);
  vmul_f32(z25, z2, z1);
  vbroadcast_f32(z3, p0 + 10240);
  vmul_f32(z26, z3, z0);
  vmul_f32(z27, z3, z1);
  vbroadcast_f32(z4, p0 + 11264);
  vmul_f32(z28, z4, z0);
  vmul_f32(z29, z4, z1);
  vbroadcast_f32(z2, p0 + 12288);
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
    vbroadcast_f32(z3, p0 + 1024);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2048);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3072);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4096);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 5120);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6144);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 7168);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 8192);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 9216);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 10240);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 11264);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 12288);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 128);
    vload_f32(z1, p1 + 192);
    vbroadcast_f32(z2, p0 + 4);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 1028);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2052);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3076);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4100);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 5124);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6148);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 7172);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 8196);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 9220);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 10244);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 11268);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 12292);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 256);
    vload_f32(z1, p1 + 320);
    vbroadcast_f32(z2, p0 + 8);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 1032);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2056);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3080);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4104);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 5128);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6152);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 7176);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 8200);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 9224);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 10248);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 11272);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 12296);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 384);
    vload_f32(z1, p1 + 448);
    vbroadcast_f32(z2, p0 + 12);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 1036);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2060);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3084);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4108);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 5132);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6156);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 7180);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 8204);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 9228);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 10252);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 11276);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 12300);
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
    vbroadcast_f32(z3, p0 + 1024);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 2048);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 3072);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4096);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 5120);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 6144);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 7168);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 8192);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 9216);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 10240);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 11264);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 12288);
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
void k6_contract_select_sum_select_add_sub(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)
{
  long param[6];
  for (long item = begin; item < end; item++) {
    long batch = item / 4L, rb = item / 4L % 1L, cb = item % 4L;
    long n0 = cb * 128L, n1 = n0 + 128L < 512L ? n0 + 128L : 512L;
    long first = rb * 10L, last = first + 10L < 10L ? first + 10L : 10L;
    long item_m0 = first * 12L + (first < 8L ? first : 8L);
    param[0] = batch;
    char *packed = scratch + 0L;
    for (long k0 = 0; k0 < 256L; k0 += 256L) {
      long k1 = k0 + 256L < 256L ? k0 + 256L : 256L;
      for (long n = n0; n < n1; n += 32L)
        k6_contract_select_sum_select_add_sub_pack(buf, scalar, scratch, 0, param, packed + (n - n0) * 1024L, n, n + 32L < n1 ? n + 32L : n1, k0, k1);
      for (long t0 = first; t0 < last; t0 += 10L) {
        long t1 = t0 + 10L < last ? t0 + 10L : last;
        long m0 = t0 * 12L + (t0 < 8L ? t0 : 8L), m1 = t1 * 12L + (t1 < 8L ? t1 : 8L);
        for (long n = n0; n < n1; n += 32L) {
          char *b = packed + (n - n0) * 1024L;
          char *sums = scratch + 164096L + (n - n0) * 0L;
          for (long t = t0; t < t1; t++) {
            long m = t * 12L + (t < 8L ? t : 8L);
            char *a = buf[16] + (0L + batch * 0L + m * 256L + k0 * 1L) * 4;
            char *c = sums + (m - item_m0) * 128L;
            if (t < 8L) { k6_contract_select_sum_select_add_sub_tile100(a, b, c, k1 - k0); } else { k6_contract_select_sum_select_add_sub_tile000(a, b, c, k1 - k0); }
          }
          if (k1 == 256L) {
            char *place[1];
            place[0] = sums; param[4] = item_m0; param[5] = n;
            k6_contract_select_sum_select_add_sub_result(buf, scalar, scratch, place, param, m0, m1, n, n + 32L < 512L ? n + 32L : 512L);
          }
        }
      }
    }
  }
}

/* k6_contract_select_sum_select_add_sub_1: rows over [128 reduced, 256]; computes sum, select (+22 inlined), add (+9 inlined), sub (+11 inlined)
 *   reads  buf[7] f32[256] var fc2.bias
 *   reads  buf[16] f32[128, 256] select
 *   reads  buf[32] f32[256] var fc2.bias.exp_avg
 *   reads  buf[34] f32[256] var fc2.bias.exp_avg_sq
 *   writes buf[33] f32[256] select (../../../work/main/tools/cli/demo_compare.c:34)
 *   writes buf[35] f32[256] add (../../../work/main/tools/cli/demo_compare.c:34)
 *   writes buf[36] f32[256] sub (../../../work/main/tools/cli/demo_compare.c:34)
 */
static void k6_contract_select_sum_select_add_sub_1_body(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0x80000000u,0x7fffffffu};
  long f[12];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)scalar;
  f[2] = (long)buf[32] + (column_low) * 4;
  f[3] = (long)buf[34] + (column_low) * 4;
  f[4] = (long)buf[7] + (column_low) * 4;
  f[5] = (long)buf[16] + (0 * 256 + column_low) * 4;
  f[6] = (long)buf[33] + (column_low) * 4;
  f[7] = (long)buf[35] + (column_low) * 4;
  f[8] = (long)buf[36] + (column_low) * 4;
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
      vload_f32(z30, p5 + 4 * i + 1024);
      vadd_f32(z30, z15, z30);
      vmov(z15, z30);
      vload_f32(z30, p5 + 4 * i + 2048);
      vadd_f32(z30, z16, z30);
      vmov(z16, z30);
      vload_f32(z30, p5 + 4 * i + 3072);
      vadd_f32(z30, z17, z30);
      vmov(z17, z30);
      vload_f32(z30, p5 + 4 * i + 4096);
      vadd_f32(z30, z18, z30);
      vmov(z18, z30);
      vload_f32(z30, p5 + 4 * i + 5120);
      vadd_f32(z30, z19, z30);
      vmov(z19, z30);
      vload_f32(z30, p5 + 4 * i + 6144);
      vadd_f32(z30, z20, z30);
      vmov(z20, z30);
      vload_f32(z30, p5 + 4 * i + 7168);
      vadd_f32(z30, z21, z30);
      vmov(z21, z30);
      vload_f32(z30, p5 + 4 * i + 8192);
      vadd_f32(z30, z22, z30);
      vmov(z22, z30);
      vload_f32(z30, p5 + 4 * i + 9216);
      vadd_f32(z30, z23, z30);
      vmov(z23, z30);
      vload_f32(z30, p5 + 4 * i + 10240);
      vadd_f32(z30, z24, z30);
      vmov(z24, z30);
      vload_f32(z30, p5 + 4 * i + 11264);
      vadd_f32(z30, z25, z30);
      vmov(z25, z30);
      vload_f32(z30, p5 + 4 * i + 12288);
      vadd_f32(z30, z26, z30);
      vmov(z26, z30);
      vload_f32(z30, p5 + 4 * i + 13312);
      vadd_f32(z30, z27, z30);
      vmov(z27, z30);
      vload_f32(z30, p5 + 4 * i + 14336);
      vadd_f32(z30, z28, z30);
      vmov(z28, z30);
      vload_f32(z30, p5 + 4 * i + 15360);
      vadd_f32(z30, z29, z30);
      vmov(z29, z30);
      p5 += 16384;
    } while (--vframe[10]);
    p5 += -131072;
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
      vload_tail_f32(z27, p5 + 4 * i + 1024);
      vadd_f32(z27, z13, z27);
      vmov(z13, z27);
      vload_tail_f32(z27, p5 + 4 * i + 2048);
      vadd_f32(z27, z14, z27);
      vmov(z14, z27);
      vload_tail_f32(z27, p5 + 4 * i + 3072);
      vadd_f32(z27, z15, z27);
      vmov(z15, z27);
      vload_tail_f32(z27, p5 + 4 * i + 4096);
      vadd_f32(z27, z16, z27);
      vmov(z16, z27);
      vload_tail_f32(z27, p5 + 4 * i + 5120);
      vadd_f32(z27, z17, z27);
      vmov(z17, z27);
      vload_tail_f32(z27, p5 + 4 * i + 6144);
      vadd_f32(z27, z18, z27);
      vmov(z18, z27);
      vload_tail_f32(z27, p5 + 4 * i + 7168);
      vadd_f32(z27, z19, z27);
      vmov(z19, z27);
      vload_tail_f32(z27, p5 + 4 * i + 8192);
      vadd_f32(z27, z20, z27);
      vmov(z20, z27);
      vload_tail_f32(z27, p5 + 4 * i + 9216);
      vadd_f32(z27, z21, z27);
      vmov(z21, z27);
      vload_tail_f32(z27, p5 + 4 * i + 10240);
      vadd_f32(z27, z22, z27);
      vmov(z22, z27);
      vload_tail_f32(z27, p5 + 4 * i + 11264);
      vadd_f32(z27, z23, z27);
      vmov(z23, z27);
      vload_tail_f32(z27, p5 + 4 * i + 12288);
      vadd_f32(z27, z24, z27);
      vmov(z24, z27);
      vload_tail_f32(z27, p5 + 4 * i + 13312);
      vadd_f32(z27, z25, z27);
      vmov(z25, z27);
      vload_tail_f32(z27, p5 + 4 * i + 14336);
      vadd_f32(z27, z26, z27);
      vmov(z26, z27);
      vload_tail_f32(z27, p5 + 4 * i + 15360);
      vadd_f32(z27, z9, z27);
      vmov(z9, z27);
      p5 += 16384;
    } while (--vframe[11]);
    p5 += -131072;
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
void k6_contract_select_sum_select_add_sub_1(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)
{
  long param[3];
  for (long item = begin; item < end;) {
    long block = item % 4L, row = item / 4L % 1L, outer = item / 4L;
    long low = block * 64L, high = low + 64L < 256L ? low + 64L : 256L;
    k6_contract_select_sum_select_add_sub_1_body(buf, scalar, scratch, 0, param, row, row + 1, low, high);
    item++;
    (void)block; (void)outer;
  }
  (void)param;
}

/* k6_contract_select_sum_select_add_sub_2: contraction over [128 reduced, 10, 256]; computes contract (+6 inlined), select (+22 inlined), add (+9 inlined), sub (+11 inlined): consumers on the tile
 *   reads  buf[10] f32[128, 256] select
 *   reads  buf[11] f32[10, 256] var fc3.weight
 *   reads  buf[15] f32[128, 10] add
 *   reads  buf[37] f32[10, 256] var fc3.weight.exp_avg
 *   reads  buf[39] f32[10, 256] var fc3.weight.exp_avg_sq
 *   writes buf[38] f32[10, 256] select (../../../work/main/tools/cli/demo_compare.c:34)
 *   writes buf[40] f32[10, 256] add (../../../work/main/tools/cli/demo_compare.c:34)
 *   writes buf[41] f32[10, 256] sub (../../../work/main/tools/cli/demo_compare.c:34)
 */
static void k6_contract_select_sum_select_add_sub_2_result(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0x7fffffffu};
  long f[11];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)scalar;
  f[2] = (long)buf[37] + (row_low * 256 + column_low) * 4;
  f[3] = (long)pointer[0] + (row_low * 32 + column_low - param[4] * 32 - param[5]) * 4;
  f[4] = (long)buf[39] + (row_low * 256 + column_low) * 4;
  f[5] = (long)buf[11] + (row_low * 256 + column_low) * 4;
  f[6] = (long)buf[38] + (row_low * 256 + column_low) * 4;
  f[7] = (long)buf[40] + (row_low * 256 + column_low) * 4;
  f[8] = (long)buf[41] + (row_low * 256 + column_low) * 4;
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
    p2 += 1024;
    p3 += 128;
    p4 += 1024;
    p5 += 1024;
    p6 += 1024;
    p7 += 1024;
    p8 += 1024;
  } while (--vframe[9]);
VEND
}
static void k6_contract_select_sum_select_add_sub_2_tile000(char *a, char *b, char *c, long k)
{
  long f[4];
  f[0] = (long)a; f[1] = (long)b; f[2] = (long)c; f[3] = k - 1;
VBEGIN(f, 16)
  vaddress p0 = vframe[0], p1 = vframe[1], p2 = vframe[2];
  vreg z0, z1, z2, z3, z4, z12, z13, z14, z15, z16, z17, z18, z19, z20, z21, z22;
  vreg z23, z24, z25, z26, z27, z28, z29, z30, z31;
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
  vprefetch(p2 + 832, 2);
  vprefetch(p2 + 896, 2);
  vprefetch(p2 + 960, 2);
  vprefetch(p2 + 1024, 2);
  vprefetch(p2 + 1088, 2);
  vprefetch(p2 + 1152, 2);
  vprefetch(p2 + 1216, 2);
  vload_f32(z0, p1);
  vload_f32(z1, p1 + 64);
  vprefetch(p1 + 8192, 0);
  vprefetch(p1 + 8256, 0);
  vbroadcast_f32(z2, p0);
  vmul_f32(z12, z2, z0);
  vmul_f32(z13, z2, z1);
  vbroadcast_f32(z3, p0 + 4);
  vmul_f32(z14, z3, z0);
  vmul_f32(z15, z3, z1);
  vbroadcast_f32(z4, p0 + 8);
  vmul_f32(z16, z4, z0);
  vmul_f32(z17, z4, z1);
  vbroadcast_f32(z2, p0 + 12);
  vmul_f32(z18, z2, z0);
  vmul_f32(z19, z2, z1);
  vbroadcast_f32(z3, p0 + 16);
  vmul_f32(z20, z3, z0);
  vmul_f32(z21, z3, z1);
  vbroadcast_f32(z4, p0 + 20);
  vmul_f32(z22, z4, z0);
  vmul_f32(z23, z4, z1);
  vbroadcast_f32(z2, p0 + 24);
  vmul_f32(z24, z2, z0);
  vmul_f32(z25, z2, z1);
  vbroadcast_f32(z3, p0 + 28);
  vmul_f32(z26, z3, z0);
  vmul_f32(z27, z3, z1);
  vbroadcast_f32(z4, p0 + 32);
  vmul_f32(z28, z4, z0);
  vmul_f32(z29, z4, z1);
  vbroadcast_f32(z2, p0 + 36);
  vmul_f32(z30, z2, z0);
  vmul_f32(z31, z2, z1);
  p0 += 40;
  p1 += 1024;
  i = 0;
  VLOOP(vframe[3], 4) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vprefetch(p1 + 8192, 0);
    vprefetch(p1 + 8256, 0);
    vbroadcast_f32(z2, p0);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 8);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 12);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 16);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 20);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 24);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 28);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 32);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 36);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 1024);
    vload_f32(z1, p1 + 1088);
    vprefetch(p1 + 9216, 0);
    vprefetch(p1 + 9280, 0);
    vbroadcast_f32(z2, p0 + 40);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 44);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 48);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 52);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 56);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 60);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 64);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 68);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 72);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 76);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 2048);
    vload_f32(z1, p1 + 2112);
    vprefetch(p1 + 10240, 0);
    vprefetch(p1 + 10304, 0);
    vbroadcast_f32(z2, p0 + 80);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 84);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 88);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 92);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 96);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 100);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 104);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 108);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 112);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 116);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 3072);
    vload_f32(z1, p1 + 3136);
    vprefetch(p1 + 11264, 0);
    vprefetch(p1 + 11328, 0);
    vbroadcast_f32(z2, p0 + 120);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 124);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 128);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 132);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 136);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 140);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 144);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 148);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 152);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 156);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    p0 += 160;
    p1 += 4096;
  }
  VLOOP(vframe[3], 1) {
    vload_f32(z0, p1);
    vload_f32(z1, p1 + 64);
    vprefetch(p1 + 8192, 0);
    vprefetch(p1 + 8256, 0);
    vbroadcast_f32(z2, p0);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 4);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 8);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 12);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 16);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 20);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 24);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 28);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 32);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 36);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    p0 += 40;
    p1 += 1024;
  }
  vstore_f32(p2, z12);
  vstore_f32(p2 + 64, z13);
  vstore_f32(p2 + 128, z14);
  vstore_f32(p2 + 192, z15);
  vstore_f32(p2 + 256, z16);
  vstore_f32(p2 + 320, z17);
  vstore_f32(p2 + 384, z18);
  vstore_f32(p2 + 448, z19);
  vstore_f32(p2 + 512, z20);
  vstore_f32(p2 + 576, z21);
  vstore_f32(p2 + 640, z22);
  vstore_f32(p2 + 704, z23);
  vstore_f32(p2 + 768, z24);
  vstore_f32(p2 + 832, z25);
  vstore_f32(p2 + 896, z26);
  vstore_f32(p2 + 960, z27);
  vstore_f32(p2 + 1024, z28);
  vstore_f32(p2 + 1088, z29);
  vstore_f32(p2 + 1152, z30);
  vstore_f32(p2 + 1216, z31);
VEND
}
void k6_contract_select_sum_select_add_sub_2(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)
{
  long param[6];
  for (long item = begin; item < end; item++) {
    long batch = item / 4L, rb = item / 4L % 1L, cb = item % 4L;
    long n0 = cb * 64L, n1 = n0 + 64L < 256L ? n0 + 64L : 256L;
    long first = rb * 1L, last = first + 1L < 1L ? first + 1L : 1L;
    long item_m0 = first * 10L + (first < 0L ? first : 0L);
    param[0] = batch;
    for (long k0 = 0; k0 < 128L; k0 += 128L) {
      long k1 = k0 + 128L < 128L ? k0 + 128L : 128L;
      for (long t0 = first; t0 < last; t0 += 1L) {
        long t1 = t0 + 1L < last ? t0 + 1L : last;
        long m0 = t0 * 10L + (t0 < 0L ? t0 : 0L), m1 = t1 * 10L + (t1 < 0L ? t1 : 0L);
        for (long n = n0; n < n1; n += 32L) {
          char *b = buf[10] + (0L + batch * 0L + k0 * 256L + n) * 4;
          char *sums = scratch + 0L + (n - n0) * 0L;
          for (long t = t0; t < t1; t++) {
            long m = t * 10L + (t < 0L ? t : 0L);
            char *a = buf[15] + (0L + batch * 0L + m * 1L + k0 * 10L) * 4;
            char *c = sums + (m - item_m0) * 128L;
            k6_contract_select_sum_select_add_sub_2_tile000(a, b, c, k1 - k0);
          }
          if (k1 == 128L) {
            char *place[1];
            place[0] = sums; param[4] = item_m0; param[5] = n;
            k6_contract_select_sum_select_add_sub_2_result(buf, scalar, scratch, place, param, m0, m1, n, n + 32L < 256L ? n + 32L : 256L);
          }
        }
      }
    }
  }
}
