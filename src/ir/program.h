/* Elementary functions as straight-line programs of primitive ops: data, executed by the interpreter and folding element by element and
 * printed by every target as vector or scalar code. They are the definition of the functions listed in program_table.h (f32 and f64) and
 * random.
 *
 * Values are numbered: first the arguments 0 .. n_args-1, then one per instruction. An instruction reads lower numbers only. Its op is
 * an ELEMENTWISE row of the op table (or CONST with its value in bits); dtype is that of its result.
 * No instruction may be CAST between float and i64, or integer DIV and MOD: targets without vector forms of those would lose the vectors.
 * A program's result does not depend on which NaN a BITCAST sees, nor on what SHR of an i64 shifts in at the top (either the number has a
 * clear sign bit or the result is dropped), so targets may leave out the canonical NaN and use the logical shift. Amounts of shifts are
 * CONST, below the width. The argument of a CAST is an integer, or widens or narrows a float.
 */
#ifndef TIN_IR_PROGRAM_H
#define TIN_IR_PROGRAM_H

#include "ir/ir.h"

enum { TIN_PROGRAM_VALUES = 255 }; /* most values of a program: arguments and steps; no value has this number */

struct tin_step {
  uint8_t op;    /* enum tin_op */
  uint8_t dtype; /* of the result */
  uint8_t in[3]; /* value numbers, as many as the op's arity; CONST: in[0] is the place of its bits in `constants` */
};

struct tin_program {
  int n_args;
  int n_steps;
  const struct tin_step *steps; /* the last step is the result */
  const uint64_t *constants;    /* bits of the CONST steps */
  /* Values whose product mantissa * 2^exponent, rounded once, is the result for every argument: a target with such an instruction may leave
   * out the steps between. 0: there are none. */
  int mantissa, exponent;
};

/* The program of an ELEMENTARY op at a dtype; never NULL for the dtypes that the op accepts (RANDOM: u32 only). */
const struct tin_program *tin_program_of(int op, tin_dtype dtype);

#endif
