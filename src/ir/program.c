/* The programs by op and dtype, and the one of RANDOM: Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011), first word of the result for the counter (in0, 0) and the key (in1, in2). */
#include "ir/program_table.h"

#include <stddef.h>

/* One round: the words a and b become a' = a + b and b' = rotate(b) ^ a'. Values r<n>_a and r<n>_b. */
#define ROUND(S, n, a, b, left, right)                                                                                                     \
  S(r##n##_a, ADD, U32, a, b)                                                                                                              \
  S(r##n##_high, SHL, U32, b, left)                                                                                                        \
  S(r##n##_low, SHR, U32, b, right)                                                                                                        \
  S(r##n##_turned, OR, U32, r##n##_high, r##n##_low)                                                                                       \
  S(r##n##_b, XOR, U32, r##n##_turned, r##n##_a)

/* The key schedule after every four rounds: two words of the key and the number of the injection. Values k<n>_a and k<n>_b. */
#define INJECT(S, n, a, b, word_a, word_b)                                                                                                 \
  S(k##n##_a, ADD, U32, a, word_a)                                                                                                         \
  S(k##n##_b0, ADD, U32, b, word_b)                                                                                                        \
  S(k##n##_b, ADD, U32, k##n##_b0, number_##n)

/* clang-format off */
#define RANDOM_VALUES(C, S)                                               \
  C(left_13, U32, 13) C(right_13, U32, 19)                                \
  C(left_15, U32, 15) C(right_15, U32, 17)                                \
  C(left_26, U32, 26) C(right_26, U32, 6)                                 \
  C(left_6, U32, 6) C(right_6, U32, 26)                                   \
  C(left_17, U32, 17) C(right_17, U32, 15)                                \
  C(left_29, U32, 29) C(right_29, U32, 3)                                 \
  C(left_16, U32, 16) C(right_16, U32, 16)                                \
  C(left_24, U32, 24) C(right_24, U32, 8)                                 \
  C(number_1, U32, 1) C(number_2, U32, 2) C(number_3, U32, 3) C(number_4, U32, 4) \
  C(parity, U32, 0x1bd11bda) /* so that a key of zeros still has a word that is not zero */ \
  S(keys, XOR, U32, key_0, key_1)                                         \
  S(key_2, XOR, U32, keys, parity)                                        \
  S(start, ADD, U32, counter, key_0) /* the counter's second word is 0, so its sum with key_1 is key_1 */ \
  ROUND(S, 1, start, key_1, left_13, right_13)                            \
  ROUND(S, 2, r1_a, r1_b, left_15, right_15)                              \
  ROUND(S, 3, r2_a, r2_b, left_26, right_26)                              \
  ROUND(S, 4, r3_a, r3_b, left_6, right_6)                                \
  INJECT(S, 1, r4_a, r4_b, key_1, key_2)                                  \
  ROUND(S, 5, k1_a, k1_b, left_17, right_17)                              \
  ROUND(S, 6, r5_a, r5_b, left_29, right_29)                              \
  ROUND(S, 7, r6_a, r6_b, left_16, right_16)                              \
  ROUND(S, 8, r7_a, r7_b, left_24, right_24)                              \
  INJECT(S, 2, r8_a, r8_b, key_2, key_0)                                  \
  ROUND(S, 9, k2_a, k2_b, left_13, right_13)                              \
  ROUND(S, 10, r9_a, r9_b, left_15, right_15)                             \
  ROUND(S, 11, r10_a, r10_b, left_26, right_26)                           \
  ROUND(S, 12, r11_a, r11_b, left_6, right_6)                             \
  INJECT(S, 3, r12_a, r12_b, key_0, key_1)                                \
  ROUND(S, 13, k3_a, k3_b, left_17, right_17)                             \
  ROUND(S, 14, r13_a, r13_b, left_29, right_29)                           \
  ROUND(S, 15, r14_a, r14_b, left_16, right_16)                           \
  ROUND(S, 16, r15_a, r15_b, left_24, right_24)                           \
  INJECT(S, 4, r16_a, r16_b, key_1, key_2)                                \
  ROUND(S, 17, k4_a, k4_b, left_13, right_13)                             \
  ROUND(S, 18, r17_a, r17_b, left_15, right_15)                           \
  ROUND(S, 19, r18_a, r18_b, left_26, right_26)                           \
  S(last, ADD, U32, r19_a, r19_b) /* round 20 and injection 5, without the second word, which nobody asks for */ \
  S(result, ADD, U32, last, key_2)
/* clang-format on */

static TIN_DEFINE_PROGRAM(random_u32, RANDOM_VALUES, counter, key_0, key_1)

    const struct tin_program *tin_program_of(int op, tin_dtype dtype) {
  bool wide = dtype == TIN_F64;
  switch (op) {
#define CASE(op, name)                                                                                                                     \
  case OP_##op:                                                                                                                            \
    return wide ? tin_program_##name##_f64() : tin_program_##name##_f32();
    TIN_ELEMENTARY_FUNCTIONS(CASE)
#undef CASE
  case OP_RANDOM:
    return random_u32();
  default:
    return NULL;
  }
}
