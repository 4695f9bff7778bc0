/* The meaning of the v-ops in readable kernels, for gcc and clang on any CPU. Compile with -ffp-contract=off and link with -lm.
 *
 * A vector program is a block from VBEGIN to VEND. It works on a frame of 64-bit slots, `vframe`, which holds addresses and loop limits;
 * `i` is the index of the loops in elements. A register is a variable of type vreg, of which a program uses `vlanes` elements: 8 or 16 of
 * 32 bits, or 4 or 8 of 64 bits. Masks are 32-bit lanes of all ones or zeros. Kernels run the same ops as machine code; the bits agree,
 * except for those of a NaN.
 */
#ifndef TIN_VECTOR_H
#define TIN_VECTOR_H

#include <limits.h>
#include <math.h>
#include <stdint.h>

typedef union {
  float f32[16];
  double f64[8];
  int32_t i32[16];
  int64_t i64[8];
  uint32_t u32[16];
  uint64_t u64[8];
} __attribute__((aligned(64))) vreg;

/* Memory may have any alignment and any other type. */
typedef uint32_t v_memory_u32 __attribute__((aligned(1), may_alias));
typedef uint64_t v_memory_u64 __attribute__((aligned(1), may_alias));
typedef uint8_t v_memory_u8 __attribute__((may_alias));
typedef int8_t v_memory_i8 __attribute__((may_alias));
typedef uint16_t v_memory_u16 __attribute__((aligned(1), may_alias));
typedef int16_t v_memory_i16 __attribute__((aligned(1), may_alias));
typedef unsigned long long vslot __attribute__((may_alias));
typedef uintptr_t vaddress;

/* ---- structure ---- */

#define VBEGIN(frame, lanes)                                                                                                               \
  {                                                                                                                                        \
    enum { vlanes = (lanes) };                                                                                                             \
    vslot *const vframe = (vslot *)(frame);                                                                                                \
    long long i = 0, vtail = 0;                                                                                                            \
    (void)vframe, (void)i, (void)vtail;
#define VEND }
#define VLOOP(limit, step) for (; i + (step) <= (long long)(limit); i += (step))
/* Once, for the fewer than vlanes elements that are left; ops with _tail in their name then work on these only. */
#define VTAIL(limit) if ((vtail = (long long)(limit)-i) > 0)

/* ---- one value a lane: x, y are the elements of a, b ---- */

#define V_LANES(statement)                                                                                                                 \
  do {                                                                                                                                     \
    for (int lane = 0; lane < vlanes; lane++) {                                                                                            \
      statement;                                                                                                                           \
    }                                                                                                                                      \
  } while (0)
#define V_1(t, d, a, value) V_LANES(__typeof__((d).t[0]) x = (a).t[lane]; (d).t[lane] = (value))
#define V_2(t, d, a, b, value) V_LANES(__typeof__((d).t[0]) x = (a).t[lane]; __typeof__(x) y = (b).t[lane]; (d).t[lane] = (value))
/* Element sizes differ between operands, which may be the same register: the sources are copied first. */
#define V_CONVERT(to, from, d, a, value)                                                                                                   \
  do {                                                                                                                                     \
    const vreg source = (a);                                                                                                               \
    V_LANES(__typeof__((d).from[0]) x = source.from[lane]; (d).to[lane] = (value));                                                        \
  } while (0)
#define V_COMPARE(t, d, a, b, condition)                                                                                                   \
  do {                                                                                                                                     \
    const vreg left = (a), right = (b);                                                                                                    \
    V_LANES(__typeof__((d).t[0]) x = left.t[lane]; __typeof__(x) y = right.t[lane]; (d).i32[lane] = -(condition));                         \
  } while (0)

/* x * 2^floor(y) as vscalefps and vscalefpd define it; rounded to double, which is exact before the rounding to float. */
static inline double v_scale(double x, double y) {
  if (y != y)
    return y;
  if (y == HUGE_VAL || y == -HUGE_VAL)
    return x != x ? (y > 0 ? HUGE_VAL : 0) : x * (y > 0 ? HUGE_VAL : 0);
  return scalbn(x, (int)fmax(fmin(floor(y), 5000), -5000));
}

/* ---- moves and memory ---- */

#define vmov(d, a) ((d) = (a))
#define vzero(d) ((d) = (vreg){{0}})
#define V_MEMORY(t, address) ((v_memory_##t *)(vaddress)(address))
#define V_LOAD(t, u, d, address, count)                                                                                                    \
  do {                                                                                                                                     \
    const vaddress from = (address);                                                                                                       \
    V_LANES((d).t[lane] = lane < (count) ? V_MEMORY(u, from)[lane] : 0);                                                                   \
  } while (0)
#define V_STORE(t, u, address, a, count)                                                                                                   \
  do {                                                                                                                                     \
    const vaddress to = (address);                                                                                                         \
    V_LANES(if (lane < (count)) V_MEMORY(u, to)[lane] = (v_memory_##u)(a).t[lane]);                                                        \
  } while (0)
#define V_GATHER(t, u, d, address, a, count)                                                                                               \
  do {                                                                                                                                     \
    const vreg indices = (a);                                                                                                              \
    const vaddress from = (address);                                                                                                       \
    V_LANES((d).t[lane] = lane < (count) ? V_MEMORY(u, from)[indices.i32[lane]] : 0);                                                      \
  } while (0)
#define V_BROADCAST(t, u, d, address)                                                                                                      \
  do {                                                                                                                                     \
    const __typeof__((d).t[0]) x = *V_MEMORY(u, address);                                                                                  \
    V_LANES((d).t[lane] = x);                                                                                                              \
  } while (0)
/* f16 and bf16 in memory are f32 in a lane, as bits. A NaN keeps the upper bits of its fraction. */
static inline uint32_t v_widen_bf16(uint16_t bits) {
  return (uint32_t)bits << 16;
}
static inline uint16_t v_narrow_bf16(uint32_t bits) {
  return (uint16_t)(bits >> 16);
}
static inline uint32_t v_widen_f16(uint16_t bits) {
  const uint32_t sign = (uint32_t)bits >> 15 << 31, exponent = bits >> 10 & 31, fraction = bits & 1023;
  union {
    float value;
    uint32_t bits;
  } denormal = {(float)fraction * 0x1p-24f};
  if (exponent == 0)
    return sign | denormal.bits;
  return sign | (exponent == 31 ? 255 : exponent + 112) << 23 | (uint32_t)(exponent == 31 && fraction) << 22 | fraction << 13;
}
/* To nearest, ties to even. */
static inline uint16_t v_narrow_f16(uint32_t bits) {
  const uint32_t sign = bits >> 31 << 15, exponent = bits >> 23 & 255, fraction = bits & 0x7fffff;
  if (exponent == 255)
    return (uint16_t)(sign | 0x7c00 | (fraction ? 0x200 | fraction >> 13 : 0));
  const uint32_t drop = exponent < 113 ? 126 - exponent : 13; /* bits below the unit in the last place */
  if (drop > 24)
    return (uint16_t)sign;
  const uint32_t significand = fraction | 0x800000, rest = significand & ((1u << drop) - 1), half = 1u << (drop - 1);
  uint32_t units = significand >> drop;
  units += rest > half || (rest == half && (units & 1));
  units += exponent > 113 ? (exponent - 113) << 10 : 0;
  return (uint16_t)(sign | (units < 0x7c00 ? units : 0x7c00));
}
#define V_LOAD_HALF(h, d, address, count)                                                                                                  \
  do {                                                                                                                                     \
    const vaddress from = (address);                                                                                                       \
    V_LANES((d).u32[lane] = lane < (count) ? v_widen_##h(V_MEMORY(u16, from)[lane]) : 0);                                                  \
  } while (0)
#define V_STORE_HALF(h, address, a, count)                                                                                                 \
  do {                                                                                                                                     \
    const vaddress to = (address);                                                                                                         \
    V_LANES(if (lane < (count)) V_MEMORY(u16, to)[lane] = v_narrow_##h((a).u32[lane]));                                                    \
  } while (0)
#define V_GATHER_HALF(h, d, address, a, count)                                                                                             \
  do {                                                                                                                                     \
    const vreg indices = (a);                                                                                                              \
    const vaddress from = (address);                                                                                                       \
    V_LANES((d).u32[lane] = lane < (count) ? v_widen_##h(V_MEMORY(u16, from)[indices.i32[lane]]) : 0);                                     \
  } while (0)
#define V_BROADCAST_HALF(h, d, address)                                                                                                    \
  do {                                                                                                                                     \
    const uint32_t x = v_widen_##h(*V_MEMORY(u16, address));                                                                               \
    V_LANES((d).u32[lane] = x);                                                                                                            \
  } while (0)
#define V_SELECT(t, d, a, b, c)                                                                                                            \
  do {                                                                                                                                     \
    const vreg mask = (a);                                                                                                                 \
    V_LANES((d).t[lane] = mask.i32[lane] < 0 ? (b).t[lane] : (c).t[lane]);                                                                 \
  } while (0)
#define V_MERGE(t, d, a, b) V_LANES((d).t[lane] = lane < vtail ? (a).t[lane] : (b).t[lane])
#define vload_f32(d, address) V_LOAD(u32, u32, d, address, vlanes)
#define vload_tail_f32(d, address) V_LOAD(u32, u32, d, address, vtail)
#define vstore_f32(address, a) V_STORE(u32, u32, address, a, vlanes)
#define vstore_tail_f32(address, a) V_STORE(u32, u32, address, a, vtail)
/* Compilers choose their own stores past the caches. */
#define vstream_f32 vstore_f32
#define vstream_f64 vstore_f64
#define vstream_i32 vstore_i32
#define vstream_i64 vstore_i64
#define vgather_f32(d, address, a) V_GATHER(u32, u32, d, address, a, vlanes)
#define vgather_tail_f32(d, address, a) V_GATHER(u32, u32, d, address, a, vtail)
#define vbroadcast_f32(d, address) V_BROADCAST(u32, u32, d, address)
#define vload_f64(d, address) V_LOAD(u64, u64, d, address, vlanes)
#define vload_tail_f64(d, address) V_LOAD(u64, u64, d, address, vtail)
#define vstore_f64(address, a) V_STORE(u64, u64, address, a, vlanes)
#define vstore_tail_f64(address, a) V_STORE(u64, u64, address, a, vtail)
#define vgather_f64(d, address, a) V_GATHER(u64, u64, d, address, a, vlanes)
#define vgather_tail_f64(d, address, a) V_GATHER(u64, u64, d, address, a, vtail)
#define vbroadcast_f64(d, address) V_BROADCAST(u64, u64, d, address)
#define vload_i32(d, address) V_LOAD(u32, u32, d, address, vlanes)
#define vload_tail_i32(d, address) V_LOAD(u32, u32, d, address, vtail)
#define vstore_i32(address, a) V_STORE(u32, u32, address, a, vlanes)
#define vstore_tail_i32(address, a) V_STORE(u32, u32, address, a, vtail)
#define vgather_i32(d, address, a) V_GATHER(u32, u32, d, address, a, vlanes)
#define vgather_tail_i32(d, address, a) V_GATHER(u32, u32, d, address, a, vtail)
#define vbroadcast_i32(d, address) V_BROADCAST(u32, u32, d, address)
#define vload_i64(d, address) V_LOAD(u64, u64, d, address, vlanes)
#define vload_tail_i64(d, address) V_LOAD(u64, u64, d, address, vtail)
#define vstore_i64(address, a) V_STORE(u64, u64, address, a, vlanes)
#define vstore_tail_i64(address, a) V_STORE(u64, u64, address, a, vtail)
#define vgather_i64(d, address, a) V_GATHER(u64, u64, d, address, a, vlanes)
#define vgather_tail_i64(d, address, a) V_GATHER(u64, u64, d, address, a, vtail)
#define vbroadcast_i64(d, address) V_BROADCAST(u64, u64, d, address)
#define vload_u8(d, address) V_LOAD(u32, u8, d, address, vlanes)
#define vload_tail_u8(d, address) V_LOAD(u32, u8, d, address, vtail)
#define vstore_u8(address, a) V_STORE(u32, u8, address, a, vlanes)
#define vstore_tail_u8(address, a) V_STORE(u32, u8, address, a, vtail)
#define vgather_u8(d, address, a) V_GATHER(u32, u8, d, address, a, vlanes)
#define vgather_tail_u8(d, address, a) V_GATHER(u32, u8, d, address, a, vtail)
#define vbroadcast_u8(d, address) V_BROADCAST(u32, u8, d, address)
#define vload_i8(d, address) V_LOAD(i32, i8, d, address, vlanes)
#define vload_tail_i8(d, address) V_LOAD(i32, i8, d, address, vtail)
#define vstore_i8(address, a) V_STORE(i32, i8, address, a, vlanes)
#define vstore_tail_i8(address, a) V_STORE(i32, i8, address, a, vtail)
#define vgather_i8(d, address, a) V_GATHER(i32, i8, d, address, a, vlanes)
#define vgather_tail_i8(d, address, a) V_GATHER(i32, i8, d, address, a, vtail)
#define vbroadcast_i8(d, address) V_BROADCAST(i32, i8, d, address)
#define vload_u16(d, address) V_LOAD(u32, u16, d, address, vlanes)
#define vload_tail_u16(d, address) V_LOAD(u32, u16, d, address, vtail)
#define vstore_u16(address, a) V_STORE(u32, u16, address, a, vlanes)
#define vstore_tail_u16(address, a) V_STORE(u32, u16, address, a, vtail)
#define vgather_u16(d, address, a) V_GATHER(u32, u16, d, address, a, vlanes)
#define vgather_tail_u16(d, address, a) V_GATHER(u32, u16, d, address, a, vtail)
#define vbroadcast_u16(d, address) V_BROADCAST(u32, u16, d, address)
#define vload_i16(d, address) V_LOAD(i32, i16, d, address, vlanes)
#define vload_tail_i16(d, address) V_LOAD(i32, i16, d, address, vtail)
#define vstore_i16(address, a) V_STORE(i32, i16, address, a, vlanes)
#define vstore_tail_i16(address, a) V_STORE(i32, i16, address, a, vtail)
#define vgather_i16(d, address, a) V_GATHER(i32, i16, d, address, a, vlanes)
#define vgather_tail_i16(d, address, a) V_GATHER(i32, i16, d, address, a, vtail)
#define vbroadcast_i16(d, address) V_BROADCAST(i32, i16, d, address)
#define vload_f16(d, address) V_LOAD_HALF(f16, d, address, vlanes)
#define vload_tail_f16(d, address) V_LOAD_HALF(f16, d, address, vtail)
#define vstore_f16(address, a) V_STORE_HALF(f16, address, a, vlanes)
#define vstore_tail_f16(address, a) V_STORE_HALF(f16, address, a, vtail)
#define vgather_f16(d, address, a) V_GATHER_HALF(f16, d, address, a, vlanes)
#define vgather_tail_f16(d, address, a) V_GATHER_HALF(f16, d, address, a, vtail)
#define vbroadcast_f16(d, address) V_BROADCAST_HALF(f16, d, address)
#define vload_bf16(d, address) V_LOAD_HALF(bf16, d, address, vlanes)
#define vload_tail_bf16(d, address) V_LOAD_HALF(bf16, d, address, vtail)
#define vstore_bf16(address, a) V_STORE_HALF(bf16, address, a, vlanes)
#define vstore_tail_bf16(address, a) V_STORE_HALF(bf16, address, a, vtail)
#define vgather_bf16(d, address, a) V_GATHER_HALF(bf16, d, address, a, vlanes)
#define vgather_tail_bf16(d, address, a) V_GATHER_HALF(bf16, d, address, a, vtail)
#define vbroadcast_bf16(d, address) V_BROADCAST_HALF(bf16, d, address)
#define vselect_f32(d, a, b, c) V_SELECT(u32, d, a, b, c)
#define vselect_f64(d, a, b, c) V_SELECT(u64, d, a, b, c)
#define vselect_i32(d, a, b, c) V_SELECT(u32, d, a, b, c)
#define vselect_i64(d, a, b, c) V_SELECT(u64, d, a, b, c)
#define vmerge_f32(d, a, b) V_MERGE(u32, d, a, b)
#define vmerge_f64(d, a, b) V_MERGE(u64, d, a, b)
#define vmerge_i32(d, a, b) V_MERGE(u32, d, a, b)
#define vmerge_i64(d, a, b) V_MERGE(u64, d, a, b)
#define vprefetch(address, how) __builtin_prefetch((const void *)(vaddress)(address), (how) == 2, (how) == 1 ? 2 : 3)

/* ---- arithmetic; integers wrap ---- */

#define vadd_f32(d, a, b) V_2(f32, d, a, b, x + y)
#define vadd_f64(d, a, b) V_2(f64, d, a, b, x + y)
#define vadd_i32(d, a, b) V_2(u32, d, a, b, x + y)
#define vadd_i64(d, a, b) V_2(u64, d, a, b, x + y)
#define vsub_f32(d, a, b) V_2(f32, d, a, b, x - y)
#define vsub_f64(d, a, b) V_2(f64, d, a, b, x - y)
#define vsub_i32(d, a, b) V_2(u32, d, a, b, x - y)
#define vsub_i64(d, a, b) V_2(u64, d, a, b, x - y)
#define vmul_f32(d, a, b) V_2(f32, d, a, b, x *y)
#define vmul_f64(d, a, b) V_2(f64, d, a, b, x *y)
#define vmul_i32(d, a, b) V_2(u32, d, a, b, x *y)
#define vmul_i64(d, a, b) V_2(u64, d, a, b, x *y)
#define vdiv_f32(d, a, b) V_2(f32, d, a, b, x / y)
#define vdiv_f64(d, a, b) V_2(f64, d, a, b, x / y)
#define vscalef_f32(d, a, b) V_2(f32, d, a, b, (float)v_scale(x, y))
#define vscalef_f64(d, a, b) V_2(f64, d, a, b, v_scale(x, y))
#define vsqrt_f32(d, a) V_1(f32, d, a, sqrtf(x))
#define vsqrt_f64(d, a) V_1(f64, d, a, sqrt(x))
/* The second operand when unordered or both zero, as the CPU does. */
#define vmin_f32(d, a, b) V_2(f32, d, a, b, x < y ? x : y)
#define vmin_f64(d, a, b) V_2(f64, d, a, b, x < y ? x : y)
#define vmin_i32(d, a, b) V_2(i32, d, a, b, x < y ? x : y)
#define vmin_i64(d, a, b) V_2(i64, d, a, b, x < y ? x : y)
#define vmax_f32(d, a, b) V_2(f32, d, a, b, x > y ? x : y)
#define vmax_f64(d, a, b) V_2(f64, d, a, b, x > y ? x : y)
#define vmax_i32(d, a, b) V_2(i32, d, a, b, x > y ? x : y)
#define vmax_i64(d, a, b) V_2(i64, d, a, b, x > y ? x : y)
#define vfma_f32(d, a, b) V_2(f32, d, a, b, fmaf(x, y, (d).f32[lane]))
#define vfma_f64(d, a, b) V_2(f64, d, a, b, fma(x, y, (d).f64[lane]))
#define V_FMA_MEM(t, d, a, address)                                                                                                        \
  do {                                                                                                                                     \
    vreg factor;                                                                                                                           \
    vbroadcast_##t(factor, address);                                                                                                       \
    vfma_##t(d, a, factor);                                                                                                                \
  } while (0)
#define V_ADD_MEM(load, add, d, a, address)                                                                                                \
  do {                                                                                                                                     \
    vreg addend;                                                                                                                           \
    load(addend, address);                                                                                                                 \
    add(d, a, addend);                                                                                                                     \
  } while (0)
#define vfma_mem_f32(d, a, address) V_FMA_MEM(f32, d, a, address)
#define vfma_mem_f64(d, a, address) V_FMA_MEM(f64, d, a, address)
#define vadd_mem_f32(d, a, address) V_ADD_MEM(vload_f32, vadd_f32, d, a, address)
#define vadd_mem_tail_f32(d, a, address) V_ADD_MEM(vload_tail_f32, vadd_f32, d, a, address)
#define vadd_mem_f64(d, a, address) V_ADD_MEM(vload_f64, vadd_f64, d, a, address)
#define vadd_mem_tail_f64(d, a, address) V_ADD_MEM(vload_tail_f64, vadd_f64, d, a, address)
#define vadd_mem_i32(d, a, address) V_ADD_MEM(vload_i32, vadd_i32, d, a, address)
#define vadd_mem_tail_i32(d, a, address) V_ADD_MEM(vload_tail_i32, vadd_i32, d, a, address)
#define vadd_mem_i64(d, a, address) V_ADD_MEM(vload_i64, vadd_i64, d, a, address)
#define vadd_mem_tail_i64(d, a, address) V_ADD_MEM(vload_tail_i64, vadd_i64, d, a, address)
#define vround_f32(d, a) V_1(f32, d, a, rintf(x))
#define vround_f16_f32(d, a) V_1(u32, d, a, v_widen_f16(v_narrow_f16(x)))
#define vround_f64(d, a) V_1(f64, d, a, rint(x))
#define vfloor_f32(d, a) V_1(f32, d, a, floorf(x))
#define vfloor_f64(d, a) V_1(f64, d, a, floor(x))
#define vceil_f32(d, a) V_1(f32, d, a, ceilf(x))
#define vceil_f64(d, a) V_1(f64, d, a, ceil(x))
#define vtrunc_f32(d, a) V_1(f32, d, a, truncf(x))
#define vtrunc_f64(d, a) V_1(f64, d, a, trunc(x))

/* ---- bits; shifts by the width or more give 0, or the sign ---- */

#define vand_f32(d, a, b) V_2(u32, d, a, b, x &y)
#define vand_f64(d, a, b) V_2(u64, d, a, b, x &y)
#define vand_i32(d, a, b) V_2(u32, d, a, b, x &y)
#define vand_i64(d, a, b) V_2(u64, d, a, b, x &y)
#define vor_f32(d, a, b) V_2(u32, d, a, b, x | y)
#define vor_f64(d, a, b) V_2(u64, d, a, b, x | y)
#define vor_i32(d, a, b) V_2(u32, d, a, b, x | y)
#define vor_i64(d, a, b) V_2(u64, d, a, b, x | y)
#define vxor_f32(d, a, b) V_2(u32, d, a, b, x ^ y)
#define vxor_f64(d, a, b) V_2(u64, d, a, b, x ^ y)
#define vxor_i32(d, a, b) V_2(u32, d, a, b, x ^ y)
#define vxor_i64(d, a, b) V_2(u64, d, a, b, x ^ y)
#define vandnot_f32(d, a, b) V_2(u32, d, a, b, ~x &y)
#define vandnot_f64(d, a, b) V_2(u64, d, a, b, ~x &y)
#define vandnot_i32(d, a, b) V_2(u32, d, a, b, ~x &y)
#define vandnot_i64(d, a, b) V_2(u64, d, a, b, ~x &y)
#define vshl_i32(d, a, b) V_2(u32, d, a, b, y < 32 ? x << y : 0)
#define vshl_i64(d, a, b) V_2(u64, d, a, b, y < 64 ? x << y : 0)
#define vshr_i32(d, a, b) V_2(u32, d, a, b, y < 32 ? x >> y : 0)
#define vshr_i64(d, a, b) V_2(u64, d, a, b, y < 64 ? x >> y : 0)
#define vsar_i32(d, a, b) V_2(i32, d, a, b, x >> ((uint32_t)y < 32 ? y : 31))
#define vsar_i64(d, a, b) V_2(i64, d, a, b, x >> ((uint64_t)y < 64 ? y : 63))
#define vshli_i32(d, a, n) V_1(u32, d, a, (n) < 32 ? x << ((n)&31) : 0)
#define vshli_i64(d, a, n) V_1(u64, d, a, (n) < 64 ? x << ((n)&63) : 0)
#define vshri_i32(d, a, n) V_1(u32, d, a, (n) < 32 ? x >> ((n)&31) : 0)
#define vshri_i64(d, a, n) V_1(u64, d, a, (n) < 64 ? x >> ((n)&63) : 0)
#define vsari_i32(d, a, n) V_1(i32, d, a, x >> ((n) < 32 ? (n) : 31))
#define vsari_i64(d, a, n) V_1(i64, d, a, x >> ((n) < 64 ? (n) : 63))

/* ---- compares: masks of 32-bit lanes ---- */

#define vlt_f32(d, a, b) V_COMPARE(f32, d, a, b, x < y)
#define vlt_f64(d, a, b) V_COMPARE(f64, d, a, b, x < y)
#define vlt_i32(d, a, b) V_COMPARE(i32, d, a, b, x < y)
#define vlt_i64(d, a, b) V_COMPARE(i64, d, a, b, x < y)
#define vle_f32(d, a, b) V_COMPARE(f32, d, a, b, x <= y)
#define vle_f64(d, a, b) V_COMPARE(f64, d, a, b, x <= y)
#define vle_i32(d, a, b) V_COMPARE(i32, d, a, b, x <= y)
#define vle_i64(d, a, b) V_COMPARE(i64, d, a, b, x <= y)
#define veq_f32(d, a, b) V_COMPARE(f32, d, a, b, x == y)
#define veq_f64(d, a, b) V_COMPARE(f64, d, a, b, x == y)
#define veq_i32(d, a, b) V_COMPARE(i32, d, a, b, x == y)
#define veq_i64(d, a, b) V_COMPARE(i64, d, a, b, x == y)
#define vne_f32(d, a, b) V_COMPARE(f32, d, a, b, x != y)
#define vne_f64(d, a, b) V_COMPARE(f64, d, a, b, x != y)
#define vne_i32(d, a, b) V_COMPARE(i32, d, a, b, x != y)
#define vne_i64(d, a, b) V_COMPARE(i64, d, a, b, x != y)
#define vunordered_f32(d, a, b) V_COMPARE(f32, d, a, b, x != x || y != y)
#define vunordered_f64(d, a, b) V_COMPARE(f64, d, a, b, x != x || y != y)
#define vunordered_i32(d, a, b) V_COMPARE(i32, d, a, b, x != x || y != y)
#define vunordered_i64(d, a, b) V_COMPARE(i64, d, a, b, x != x || y != y)

/* ---- conversions; floats out of an integer's range give its lowest value ---- */

#define vf32_to_i32(d, a) V_CONVERT(i32, f32, d, a, x >= -0x1p31f && x < 0x1p31f ? (int32_t)x : INT32_MIN)
#define vi32_to_f32(d, a) V_CONVERT(f32, i32, d, a, (float)x)
#define vf32_to_f64(d, a) V_CONVERT(f64, f32, d, a, (double)x)
#define vf64_to_f32(d, a) V_CONVERT(f32, f64, d, a, (float)x)
#define vf64_to_i32(d, a) V_CONVERT(i32, f64, d, a, x > -0x1p31 - 1 && x < 0x1p31 ? (int32_t)x : INT32_MIN)
#define vi32_to_f64(d, a) V_CONVERT(f64, i32, d, a, (double)x)
#define vi32_to_i64(d, a) V_CONVERT(i64, i32, d, a, x)
#define vu32_to_i64(d, a) V_CONVERT(i64, u32, d, a, x)
#define vi64_to_i32(d, a) V_CONVERT(u32, u64, d, a, (uint32_t)x)
#define vi64_to_f64(d, a) V_CONVERT(f64, i64, d, a, (double)x)
#define vf64_to_i64(d, a) V_CONVERT(i64, f64, d, a, x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN)

/* ---- movement of lanes ---- */

/* Lane l takes lane l ^ distance. */
#define V_SWAP(t, d, a, distance)                                                                                                          \
  do {                                                                                                                                     \
    const vreg source = (a);                                                                                                               \
    V_LANES((d).t[lane] = source.t[lane ^ (distance)]);                                                                                    \
  } while (0)
/* Interleaves the low (part 0) or high (part 1) elements of each 128 bits, which hold `count` of them. */
#define V_UNPACK(t, d, a, b, count, part)                                                                                                  \
  do {                                                                                                                                     \
    const vreg even = (a), odd = (b);                                                                                                      \
    V_LANES(int from = lane / (count) * (count) + (lane % (count) + (part) * (count)) / 2;                                                 \
            (d).t[lane] = lane % 2 ? odd.t[from] : even.t[from]);                                                                          \
  } while (0)
/* The same for pairs of 32-bit lanes. */
#define V_UNPACK_PAIRS(d, a, b, part)                                                                                                      \
  do {                                                                                                                                     \
    const vreg even = (a), odd = (b);                                                                                                      \
    V_LANES(int from = lane / 4 * 4 + 2 * (part) + lane % 2; (d).u32[lane] = lane / 2 % 2 ? odd.u32[from] : even.u32[from]);               \
  } while (0)
/* Lower half of the result's 128-bit blocks from a, upper from b; `control` has as many bits a block as the number of blocks needs. */
#define V_SHUFFLE_128(width, d, a, b, control)                                                                                             \
  do {                                                                                                                                     \
    const vreg low = (a), high = (b);                                                                                                      \
    enum { blocks = (width) / 16 };                                                                                                        \
    for (int block = 0; block < blocks; block++) {                                                                                         \
      int from = (control) >> block * (blocks / 2) & (blocks - 1);                                                                         \
      for (int half = 0; half < 2; half++)                                                                                                 \
        (d).u64[2 * block + half] = (block < blocks / 2 ? low : high).u64[2 * from + half];                                                \
    }                                                                                                                                      \
  } while (0)
/* Two 128-bit blocks, each any of the four of a and b. */
#define V_PERMUTE_128(d, a, b, control)                                                                                                    \
  do {                                                                                                                                     \
    const vreg sources[2] = {(a), (b)};                                                                                                    \
    for (int block = 0; block < 2; block++) {                                                                                              \
      int from = (control) >> 4 * block & 3;                                                                                               \
      for (int half = 0; half < 2; half++)                                                                                                 \
        (d).u64[2 * block + half] = sources[from / 2].u64[from % 2 * 2 + half];                                                            \
    }                                                                                                                                      \
  } while (0)
#define vswap_f32(d, a, distance) V_SWAP(u32, d, a, distance)
#define vswap_f64(d, a, distance) V_SWAP(u64, d, a, distance)
#define vswap_i32(d, a, distance) V_SWAP(u32, d, a, distance)
#define vswap_i64(d, a, distance) V_SWAP(u64, d, a, distance)
#define vunpack_lo_f32(d, a, b) V_UNPACK(u32, d, a, b, 4, 0)
#define vunpack_lo_f64(d, a, b) V_UNPACK(u64, d, a, b, 2, 0)
#define vunpack_hi_f32(d, a, b) V_UNPACK(u32, d, a, b, 4, 1)
#define vunpack_hi_f64(d, a, b) V_UNPACK(u64, d, a, b, 2, 1)
#define vunpack_pairs_lo_f32(d, a, b) V_UNPACK_PAIRS(d, a, b, 0)
#define vunpack_pairs_hi_f32(d, a, b) V_UNPACK_PAIRS(d, a, b, 1)
#define vshuffle_128_f32(d, a, b, control) V_SHUFFLE_128(4 * vlanes, d, a, b, control)
#define vshuffle_128_f64(d, a, b, control) V_SHUFFLE_128(8 * vlanes, d, a, b, control)
#define vpermute_128_f32(d, a, b, control) V_PERMUTE_128(d, a, b, control)
#define vpermute_128_f64(d, a, b, control) V_PERMUTE_128(d, a, b, control)

#endif
