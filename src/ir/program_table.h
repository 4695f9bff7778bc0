/* How program_*.c write their tables: a program is a macro that lists its values, constants as C(name, dtype, bits) and steps as
 * S(name, op, dtype, inputs...), each value under a name. The list is expanded into an enum that numbers the values in order, into
 * the table of steps, whose inputs are those numbers, and into the table of constants. The arguments come first and have names of their
 * own. */
#ifndef TIN_IR_PROGRAM_TABLE_H
#define TIN_IR_PROGRAM_TABLE_H

#include "ir/program.h"

#define TIN_CONST_NAME(name, dtype, bits) name,
#define TIN_STEP_NAME(name, ...) name,
#define TIN_FIRST_THREE(a, b, c, ...)                                                                                                      \
  { a, b, c }
#define TIN_CONST_PLACE(name, dtype, bits) name##_place,
#define TIN_CONST_BITS(name, dtype, bits) bits,
#define TIN_NO_STEP(...)
#define TIN_CONST_ROW(name, dtype, bits) {OP_CONST, TIN_##dtype, {name##_place, TIN_PROGRAM_VALUES, TIN_PROGRAM_VALUES}},
#define TIN_STEP_ROW(name, op, dtype, ...)                                                                                                 \
  {OP_##op, TIN_##dtype, TIN_FIRST_THREE(__VA_ARGS__, TIN_PROGRAM_VALUES, TIN_PROGRAM_VALUES, TIN_PROGRAM_VALUES)},

/* Defines a function that returns the program; the names after VALUES are those of its arguments. */
#define TIN_DEFINE_PROGRAM(function, VALUES, ...) TIN_DEFINE_SCALED_PROGRAM(function, VALUES, 0, 0, __VA_ARGS__)
#define TIN_DEFINE_SCALED_PROGRAM(function, VALUES, mantissa, exponent, ...)                                                               \
  const struct tin_program *function(void) {                                                                                               \
    enum { __VA_ARGS__, argument_count };                                                                                                  \
    enum { before_first = argument_count - 1, VALUES(TIN_CONST_NAME, TIN_STEP_NAME) value_count };                                         \
    enum { VALUES(TIN_CONST_PLACE, TIN_NO_STEP) place_count };                                                                             \
    static const struct tin_step steps[] = {VALUES(TIN_CONST_ROW, TIN_STEP_ROW)};                                                          \
    static const uint64_t constants[place_count] = {VALUES(TIN_CONST_BITS, TIN_NO_STEP)};                                                  \
    _Static_assert((int)value_count <= (int)TIN_PROGRAM_VALUES, "more values than an evaluator holds");                                    \
    static const struct tin_program program = {argument_count, value_count - argument_count, steps, constants, mantissa, exponent};        \
    return &program;                                                                                                                       \
  }

/* The elementary functions of floats: the op, and the name in tin_program_<name>_f32 and tin_program_<name>_f64. */
#define TIN_ELEMENTARY_FUNCTIONS(F)                                                                                                        \
  F(EXP, exp)                                                                                                                              \
  F(LOG, log)                                                                                                                              \
  F(SIN, sin)                                                                                                                              \
  F(COS, cos)                                                                                                                              \
  F(TANH, tanh)                                                                                                                            \
  F(ERF, erf)                                                                                                                              \
  F(ASIN, asin)                                                                                                                            \
  F(ACOS, acos)                                                                                                                            \
  F(ATAN, atan)                                                                                                                            \
  F(ATAN2, atan2)                                                                                                                          \
  F(ASINH, asinh)                                                                                                                          \
  F(ACOSH, acosh)                                                                                                                          \
  F(ATANH, atanh)                                                                                                                          \
  F(ERFC, erfc)                                                                                                                            \
  F(ERFINV, erfinv)                                                                                                                        \
  F(LGAMMA, lgamma)                                                                                                                        \
  F(EXPM1, expm1)                                                                                                                          \
  F(LOG1P, log1p)                                                                                                                          \
  F(EXP2, exp2)                                                                                                                            \
  F(LOG2, log2)                                                                                                                            \
  F(LOG10, log10)                                                                                                                          \
  F(TAN, tan)                                                                                                                              \
  F(SINH, sinh)                                                                                                                            \
  F(COSH, cosh)                                                                                                                            \
  F(CBRT, cbrt)                                                                                                                            \
  F(POW, pow)

#define TIN_DECLARE_PROGRAMS(op, name)                                                                                                     \
  const struct tin_program *tin_program_##name##_f32(void);                                                                                \
  const struct tin_program *tin_program_##name##_f64(void);
TIN_ELEMENTARY_FUNCTIONS(TIN_DECLARE_PROGRAMS)

#endif
