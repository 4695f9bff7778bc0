/* p0_k0_mul.c: kernel k0_mul of plan 0, target avx512 (avx512).
 *
 * computes  f32[128,784]
 * fused     mul (+3 inlined)
 * work      100352 flops, 501760 bytes read and written
 *
 * cc -O2 -ffp-contract=off -c p0_k0_mul.c
 */
#include "tin_vector.h"


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
