/* p0_k4_reduce_max_add.c: kernel k4_reduce_max_add of plan 0, target avx512 (avx512).
 *
 * computes  f32[128,10]
 * fused     reduce_max, bitcast, bitcast, sub (+1 inlined), exp, sum, div (+3 inlined), mul (+2 inlined), add (+11 inlined)
 * work      11520 flops, 10368 bytes read and written
 *
 * cc -O2 -ffp-contract=off -c p0_k4_reduce_max_add.c
 */
#include "tin_vector.h"


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
