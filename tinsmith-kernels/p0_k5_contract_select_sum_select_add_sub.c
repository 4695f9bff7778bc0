/* p0_k5_contract_select_sum_select_add_sub.c: kernel k5_contract_select_sum_select_add_sub of plan 0, target avx512 (avx512).
 *
 * computes  f32[128,256,10] f32[128,10]
 * fused     contract (+5 inlined), select (+3 inlined): consumers on the tile; sum, select (+22 inlined), add (+9 inlined), sub (+11 inlined)
 * work      660480 flops, 184560 bytes read and written
 *
 * cc -O2 -ffp-contract=off -c p0_k5_contract_select_sum_select_add_sub.c
 */
#include "tin_vector.h"


/* k5_contract_select_sum_select_add_sub: contraction over [128, 256, 10 reduced]; computes contract (+5 inlined), select (+3 inlined): consumers on the tile
 *   reads  buf[9] bool[128, 256] le
 *   reads  buf[11] f32[10, 256] var fc3.weight
 *   reads  buf[15] f32[128, 10] add
 *   writes buf[16] f32[128, 256] select (../../../work/main/tools/cli/demo_compare.c:34)
 */
static void k5_contract_select_sum_select_add_sub_columns(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0};
  long f[5];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)buf[11] + (column_low + row_low * 256) * 4;
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
    p1 += 1024;
    p2 += 128;
  } while (--vframe[3]);
VEND
}
static void k5_contract_select_sum_select_add_sub_pack(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer, long *param, char *to, long n0, long n1, long k0, long k1)
{
  char *place[1];
  place[0] = to; param[4] = k0; param[5] = n0;
  k5_contract_select_sum_select_add_sub_columns(buf, scalar, scratch, place, param, k0, k1, n0, n1);
}
static void k5_contract_select_sum_select_add_sub_result(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0x0u};
  long f[7];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)scalar;
  f[2] = (long)buf[9] + (row_low * 256 + column_low) * 1;
  f[3] = (long)pointer[0] + (row_low * 32 + column_low - param[4] * 32 - param[5]) * 4;
  f[4] = (long)buf[16] + (row_low * 256 + column_low) * 4;
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
    p2 += 256;
    p3 += 128;
    p4 += 1024;
  } while (--vframe[5]);
VEND
}
static void k5_contract_select_sum_select_add_sub_tile000(char *a, char *b, char *c, long k)
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
  vbroadcast_f32(z3, p0 + 40);
  vmul_f32(z10, z3, z0);
  vmul_f32(z11, z3, z1);
  vbroadcast_f32(z4, p0 + 80);
  vmul_f32(z12, z4, z0);
  vmul_f32(z13, z4, z1);
  vbroadcast_f32(z2, p0 + 120);
  vmul_f32(z14, z2, z0);
  vmul_f32(z15, z2, z1);
  vbroadcast_f32(z3, p0 + 160);
  vmul_f32(z16, z3, z0);
  vmul_f32(z17, z3, z1);
  vbroadcast_f32(z4, p0 + 200);
  vmul_f32(z18, z4, z0);
  vmul_f32(z19, z4, z1);
  vbroadcast_f32(z2, p0 + 240);
  vmul_f32(z20, z2, z0);
  vmul_f32(z21, z2, z1);
  vbroadcast_f32(z3, p0 + 280);
  vmul_f32(z22, z3, z0);
  vmul_f32(z23, z3, z1);
  vbroadcast_f32(z4, p0 + 320);
  vmul_f32(z24, z4, z0);
  vmul_f32(z25, z4, z1);
  vbroadcast_f32(z2, p0 + 360);
  vmul_f32(z26, z2, z0);
  vmul_f32(z27, z2, z1);
  vbroadcast_f32(z3, p0 + 400);
  vmul_f32(z28, z3, z0);
  vmul_f32(z29, z3, z1);
  vbroadcast_f32(z4, p0 + 440);
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
    vbroadcast_f32(z3, p0 + 40);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 80);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 120);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 160);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 200);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 240);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 280);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 320);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 360);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 400);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 440);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    vload_f32(z0, p1 + 128);
    vload_f32(z1, p1 + 192);
    vbroadcast_f32(z2, p0 + 4);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 44);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 84);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 124);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 164);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 204);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 244);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 284);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 324);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 364);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 404);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 444);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    vload_f32(z0, p1 + 256);
    vload_f32(z1, p1 + 320);
    vbroadcast_f32(z2, p0 + 8);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 48);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 88);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 128);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 168);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 208);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 248);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 288);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 328);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 368);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 408);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 448);
    vfma_f32(z30, z4, z0);
    vfma_f32(z31, z4, z1);
    vload_f32(z0, p1 + 384);
    vload_f32(z1, p1 + 448);
    vbroadcast_f32(z2, p0 + 12);
    vfma_f32(z8, z2, z0);
    vfma_f32(z9, z2, z1);
    vbroadcast_f32(z3, p0 + 52);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 92);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 132);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 172);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 212);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 252);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 292);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 332);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 372);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 412);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 452);
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
    vbroadcast_f32(z3, p0 + 40);
    vfma_f32(z10, z3, z0);
    vfma_f32(z11, z3, z1);
    vbroadcast_f32(z4, p0 + 80);
    vfma_f32(z12, z4, z0);
    vfma_f32(z13, z4, z1);
    vbroadcast_f32(z2, p0 + 120);
    vfma_f32(z14, z2, z0);
    vfma_f32(z15, z2, z1);
    vbroadcast_f32(z3, p0 + 160);
    vfma_f32(z16, z3, z0);
    vfma_f32(z17, z3, z1);
    vbroadcast_f32(z4, p0 + 200);
    vfma_f32(z18, z4, z0);
    vfma_f32(z19, z4, z1);
    vbroadcast_f32(z2, p0 + 240);
    vfma_f32(z20, z2, z0);
    vfma_f32(z21, z2, z1);
    vbroadcast_f32(z3, p0 + 280);
    vfma_f32(z22, z3, z0);
    vfma_f32(z23, z3, z1);
    vbroadcast_f32(z4, p0 + 320);
    vfma_f32(z24, z4, z0);
    vfma_f32(z25, z4, z1);
    vbroadcast_f32(z2, p0 + 360);
    vfma_f32(z26, z2, z0);
    vfma_f32(z27, z2, z1);
    vbroadcast_f32(z3, p0 + 400);
    vfma_f32(z28, z3, z0);
    vfma_f32(z29, z3, z1);
    vbroadcast_f32(z4, p0 + 440);
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
static void k5_contract_select_sum_select_add_sub_tile100(char *a, char *b, char *c, long k)
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
  vbroadcast_f32(z3, p0 + 40);
  vmul_f32(z8, z3, z0);
  vmul_f32(z9, z3, z1);
  vbroadcast_f32(z4, p0 + 80);
  vmul_f32(z10, z4, z0);
  vmul_f32(z11, z4, z1);
  vbroadcast_f32(z2, p0 + 120);
  vmul_f32(z12, z2, z0);
  vmul_f32(z13, z2, z1);
  vbroadcast_f32(z3, p0 + 160);
  vmul_f32(z14, z3, z0);
  vmul_f32(z15, z3, z1);
  vbroadcast_f32(z4, p0 + 200);
  vmul_f32(z16, z4, z0);
  vmul_f32(z17, z4, z1);
  vbroadcast_f32(z2, p0 + 240);
  vmul_f32(z18, z2, z0);
  vmul_f32(z19, z2, z1);
  vbroadcast_f32(z3, p0 + 280);
  vmul_f32(z20, z3, z0);
  vmul_f32(z21, z3, z1);
  vbroadcast_f32(z4, p0 + 320);
  vmul_f32(z22, z4, z0);
  vmul_f32(z23, z4, z1);
  vbroadcast_f32(z2, p0 + 360);
  vmul_f32(z24, z2, z0);
  vmul_f32(z25, z2, z1);
  vbroadcast_f32(z3, p0 + 400);
  vmul_f32(z26, z3, z0);
  vmul_f32(z27, z3, z1);
  vbroadcast_f32(z4, p0 + 440);
  vmul_f32(z28, z4, z0);
  vmul_f32(z29, z4, z1);
  vbroadcast_f32(z2, p0 + 480);
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
    vbroadcast_f32(z3, p0 + 40);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 80);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 120);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 160);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 200);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 240);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 280);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 320);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 360);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 400);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 440);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 480);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 128);
    vload_f32(z1, p1 + 192);
    vbroadcast_f32(z2, p0 + 4);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 44);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 84);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 124);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 164);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 204);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 244);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 284);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 324);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 364);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 404);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 444);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 484);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 256);
    vload_f32(z1, p1 + 320);
    vbroadcast_f32(z2, p0 + 8);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 48);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 88);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 128);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 168);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 208);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 248);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 288);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 328);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 368);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 408);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 448);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 488);
    vfma_f32(z30, z2, z0);
    vfma_f32(z31, z2, z1);
    vload_f32(z0, p1 + 384);
    vload_f32(z1, p1 + 448);
    vbroadcast_f32(z2, p0 + 12);
    vfma_f32(z6, z2, z0);
    vfma_f32(z7, z2, z1);
    vbroadcast_f32(z3, p0 + 52);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 92);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 132);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 172);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 212);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 252);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 292);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 332);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 372);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 412);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 452);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 492);
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
    vbroadcast_f32(z3, p0 + 40);
    vfma_f32(z8, z3, z0);
    vfma_f32(z9, z3, z1);
    vbroadcast_f32(z4, p0 + 80);
    vfma_f32(z10, z4, z0);
    vfma_f32(z11, z4, z1);
    vbroadcast_f32(z2, p0 + 120);
    vfma_f32(z12, z2, z0);
    vfma_f32(z13, z2, z1);
    vbroadcast_f32(z3, p0 + 160);
    vfma_f32(z14, z3, z0);
    vfma_f32(z15, z3, z1);
    vbroadcast_f32(z4, p0 + 200);
    vfma_f32(z16, z4, z0);
    vfma_f32(z17, z4, z1);
    vbroadcast_f32(z2, p0 + 240);
    vfma_f32(z18, z2, z0);
    vfma_f32(z19, z2, z1);
    vbroadcast_f32(z3, p0 + 280);
    vfma_f32(z20, z3, z0);
    vfma_f32(z21, z3, z1);
    vbroadcast_f32(z4, p0 + 320);
    vfma_f32(z22, z4, z0);
    vfma_f32(z23, z4, z1);
    vbroadcast_f32(z2, p0 + 360);
    vfma_f32(z24, z2, z0);
    vfma_f32(z25, z2, z1);
    vbroadcast_f32(z3, p0 + 400);
    vfma_f32(z26, z3, z0);
    vfma_f32(z27, z3, z1);
    vbroadcast_f32(z4, p0 + 440);
    vfma_f32(z28, z4, z0);
    vfma_f32(z29, z4, z1);
    vbroadcast_f32(z2, p0 + 480);
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
void k5_contract_select_sum_select_add_sub(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)
{
  long param[6];
  for (long item = begin; item < end; item++) {
    long batch = item / 4L, rb = item / 4L % 1L, cb = item % 4L;
    long n0 = cb * 64L, n1 = n0 + 64L < 256L ? n0 + 64L : 256L;
    long first = rb * 10L, last = first + 10L < 10L ? first + 10L : 10L;
    long item_m0 = first * 12L + (first < 8L ? first : 8L);
    param[0] = batch;
    char *packed = scratch + 0L;
    for (long k0 = 0; k0 < 10L; k0 += 16L) {
      long k1 = k0 + 16L < 10L ? k0 + 16L : 10L;
      for (long n = n0; n < n1; n += 32L)
        k5_contract_select_sum_select_add_sub_pack(buf, scalar, scratch, 0, param, packed + (n - n0) * 64L, n, n + 32L < n1 ? n + 32L : n1, k0, k1);
      for (long t0 = first; t0 < last; t0 += 10L) {
        long t1 = t0 + 10L < last ? t0 + 10L : last;
        long m0 = t0 * 12L + (t0 < 8L ? t0 : 8L), m1 = t1 * 12L + (t1 < 8L ? t1 : 8L);
        for (long n = n0; n < n1; n += 32L) {
          char *b = packed + (n - n0) * 64L;
          char *sums = scratch + 6400L + (n - n0) * 0L;
          for (long t = t0; t < t1; t++) {
            long m = t * 12L + (t < 8L ? t : 8L);
            char *a = buf[15] + (0L + batch * 0L + m * 10L + k0 * 1L) * 4;
            char *c = sums + (m - item_m0) * 128L;
            if (t < 8L) { k5_contract_select_sum_select_add_sub_tile100(a, b, c, k1 - k0); } else { k5_contract_select_sum_select_add_sub_tile000(a, b, c, k1 - k0); }
          }
          if (k1 == 10L) {
            char *place[1];
            place[0] = sums; param[4] = item_m0; param[5] = n;
            k5_contract_select_sum_select_add_sub_result(buf, scalar, scratch, place, param, m0, m1, n, n + 32L < 256L ? n + 32L : 256L);
          }
        }
      }
    }
  }
}

/* k5_contract_select_sum_select_add_sub_1: rows over [128 reduced, 10]; computes sum, select (+22 inlined), add (+9 inlined), sub (+11 inlined)
 *   reads  buf[12] f32[10] var fc3.bias
 *   reads  buf[15] f32[128, 10] add
 *   reads  buf[42] f32[10] var fc3.bias.exp_avg
 *   reads  buf[44] f32[10] var fc3.bias.exp_avg_sq
 *   writes buf[43] f32[10] select (../../../work/main/tools/cli/demo_compare.c:34)
 *   writes buf[45] f32[10] add (../../../work/main/tools/cli/demo_compare.c:34)
 *   writes buf[46] f32[10] sub (../../../work/main/tools/cli/demo_compare.c:34)
 */
static void k5_contract_select_sum_select_add_sub_1_body(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
    const long *param, long row_low, long row_high, long column_low, long column_high)
{
  static const unsigned long long pool[] = {0x80000000u,0x7fffffffu};
  long f[12];
  if (row_low >= row_high || column_low >= column_high) return;
  f[0] = (long)pool;
  f[1] = (long)scalar;
  f[2] = (long)buf[42] + (column_low) * 4;
  f[3] = (long)buf[44] + (column_low) * 4;
  f[4] = (long)buf[12] + (column_low) * 4;
  f[5] = (long)buf[15] + (0 * 10 + column_low) * 4;
  f[6] = (long)buf[43] + (column_low) * 4;
  f[7] = (long)buf[45] + (column_low) * 4;
  f[8] = (long)buf[46] + (column_low) * 4;
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
  vbroadcast_f32(z4, p1 + 56);
  vbroadcast_f32(z5, p1 + 64);
  vbroadcast_f32(z6, p1 + 72);
  vbroadcast_f32(z7, p1 + 80);
  vbroadcast_f32(z8, p1 + 88);
  vbroadcast_f32(z9, p0);
  vbroadcast_f32(z10, p0 + 8);
  VLOOP(vframe[9], 16) {
    vload_f32(z11, p2 + 4 * i);
    vmul_f32(z11, z11, z0);
    vload_f32(z12, p3 + 4 * i);
    vmul_f32(z12, z12, z4);
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
      vload_f32(z30, p5 + 4 * i + 40);
      vadd_f32(z30, z15, z30);
      vmov(z15, z30);
      vload_f32(z30, p5 + 4 * i + 80);
      vadd_f32(z30, z16, z30);
      vmov(z16, z30);
      vload_f32(z30, p5 + 4 * i + 120);
      vadd_f32(z30, z17, z30);
      vmov(z17, z30);
      vload_f32(z30, p5 + 4 * i + 160);
      vadd_f32(z30, z18, z30);
      vmov(z18, z30);
      vload_f32(z30, p5 + 4 * i + 200);
      vadd_f32(z30, z19, z30);
      vmov(z19, z30);
      vload_f32(z30, p5 + 4 * i + 240);
      vadd_f32(z30, z20, z30);
      vmov(z20, z30);
      vload_f32(z30, p5 + 4 * i + 280);
      vadd_f32(z30, z21, z30);
      vmov(z21, z30);
      vload_f32(z30, p5 + 4 * i + 320);
      vadd_f32(z30, z22, z30);
      vmov(z22, z30);
      vload_f32(z30, p5 + 4 * i + 360);
      vadd_f32(z30, z23, z30);
      vmov(z23, z30);
      vload_f32(z30, p5 + 4 * i + 400);
      vadd_f32(z30, z24, z30);
      vmov(z24, z30);
      vload_f32(z30, p5 + 4 * i + 440);
      vadd_f32(z30, z25, z30);
      vmov(z25, z30);
      vload_f32(z30, p5 + 4 * i + 480);
      vadd_f32(z30, z26, z30);
      vmov(z26, z30);
      vload_f32(z30, p5 + 4 * i + 520);
      vadd_f32(z30, z27, z30);
      vmov(z27, z30);
      vload_f32(z30, p5 + 4 * i + 560);
      vadd_f32(z30, z28, z30);
      vmov(z28, z30);
      vload_f32(z30, p5 + 4 * i + 600);
      vadd_f32(z30, z29, z30);
      vmov(z29, z30);
      p5 += 640;
    } while (--vframe[10]);
    p5 += -5120;
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
    vmul_f32(z14, z14, z5);
    vadd_f32(z12, z12, z14);
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
    vmul_f32(z4, z11, z4);
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
      vload_tail_f32(z27, p5 + 4 * i + 40);
      vadd_f32(z27, z13, z27);
      vmov(z13, z27);
      vload_tail_f32(z27, p5 + 4 * i + 80);
      vadd_f32(z27, z14, z27);
      vmov(z14, z27);
      vload_tail_f32(z27, p5 + 4 * i + 120);
      vadd_f32(z27, z15, z27);
      vmov(z15, z27);
      vload_tail_f32(z27, p5 + 4 * i + 160);
      vadd_f32(z27, z16, z27);
      vmov(z16, z27);
      vload_tail_f32(z27, p5 + 4 * i + 200);
      vadd_f32(z27, z17, z27);
      vmov(z17, z27);
      vload_tail_f32(z27, p5 + 4 * i + 240);
      vadd_f32(z27, z18, z27);
      vmov(z18, z27);
      vload_tail_f32(z27, p5 + 4 * i + 280);
      vadd_f32(z27, z19, z27);
      vmov(z19, z27);
      vload_tail_f32(z27, p5 + 4 * i + 320);
      vadd_f32(z27, z20, z27);
      vmov(z20, z27);
      vload_tail_f32(z27, p5 + 4 * i + 360);
      vadd_f32(z27, z21, z27);
      vmov(z21, z27);
      vload_tail_f32(z27, p5 + 4 * i + 400);
      vadd_f32(z27, z22, z27);
      vmov(z22, z27);
      vload_tail_f32(z27, p5 + 4 * i + 440);
      vadd_f32(z27, z23, z27);
      vmov(z23, z27);
      vload_tail_f32(z27, p5 + 4 * i + 480);
      vadd_f32(z27, z24, z27);
      vmov(z24, z27);
      vload_tail_f32(z27, p5 + 4 * i + 520);
      vadd_f32(z27, z25, z27);
      vmov(z25, z27);
      vload_tail_f32(z27, p5 + 4 * i + 560);
      vadd_f32(z27, z26, z27);
      vmov(z26, z27);
      vload_tail_f32(z27, p5 + 4 * i + 600);
      vadd_f32(z27, z9, z27);
      vmov(z9, z27);
      p5 += 640;
    } while (--vframe[11]);
    p5 += -5120;
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
    vmul_f32(z1, z1, z5);
    vadd_f32(z1, z4, z1);
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
void k5_contract_select_sum_select_add_sub_1(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)
{
  long param[3];
  for (long item = begin; item < end;) {
    long block = item % 1L, row = item / 1L % 1L, outer = item / 1L;
    long rows = end - item < 1L - row ? end - item : 1L - row;
    k5_contract_select_sum_select_add_sub_1_body(buf, scalar, scratch, 0, param, row, row + rows, 0, 10L);
    item += rows;
    (void)block; (void)outer;
  }
  (void)param;
}
