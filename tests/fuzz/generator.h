/* Private to the generator: its state, and the steps that steps.c has. */
#ifndef TIN_TESTS_FUZZ_GENERATOR_H
#define TIN_TESTS_FUZZ_GENERATOR_H

#include "fuzz.h"

enum { GEN_POOL = 256, GEN_MAX_SIZE = 1 << 17 };

struct generator {
  struct fuzz_case *c;
  struct tin_graph *graph;
  struct tin_stream stream;
  struct tin_node *pool[GEN_POOL]; /* operands of the next steps */
  int n_pool;
  int64_t limit;  /* elements of an ordinary node */
  int64_t budget; /* elements that the interpreter may have to compute */
  bool specials;  /* infinities, NaN, denormals */
  bool floats_only;
  bool themed; /* most leaves are of the dtype `theme` */
  tin_dtype theme;
  bool exact;  /* only what every rule keeps the bits of: no float sums, no gradients */
  bool failed; /* out of memory or of room for leaves */
};

struct gen_shape {
  int rank;
  int64_t size[TIN_MAX_RANK];
};

int64_t gen_below(struct generator *g, int64_t bound);             /* 0 .. bound-1; 0 for a bound below 2 */
int64_t gen_range(struct generator *g, int64_t low, int64_t high); /* both may come */
bool gen_chance(struct generator *g, int percent);
tin_dtype gen_dtype(struct generator *g);
void gen_shape(struct generator *g, struct gen_shape *shape);
struct gen_shape gen_shape_of(const struct tin_node *node);
bool gen_same_shape(const struct tin_node *node, const struct gen_shape *shape);
int64_t gen_size(const struct gen_shape *shape);
struct tin_node *gen_variable(struct generator *g, tin_dtype dtype, const struct gen_shape *shape, int64_t limit);
struct tin_node *gen_constant(struct generator *g, tin_dtype dtype, const struct gen_shape *shape);
/* A view of a new variable; not for rank 0. */
struct tin_node *gen_view(struct generator *g, tin_dtype dtype, const struct gen_shape *shape);
struct tin_node *gen_leaf(struct generator *g, tin_dtype dtype, const struct gen_shape *shape);
void gen_push(struct generator *g, struct tin_node *node);
struct tin_node *gen_pick(struct generator *g);
struct tin_node *gen_pick_float(struct generator *g);
/* x brought to dtype and shape by cast, broadcast or reshape; NULL when it cannot be. */
struct tin_node *gen_fit(struct generator *g, struct tin_node *x, tin_dtype dtype, const struct gen_shape *shape);
/* Numbers from 0 to limit - 1. */
struct tin_node *gen_index(struct generator *g, tin_dtype dtype, const struct gen_shape *shape, int64_t limit);
/* A node of the pool brought to dtype and shape, or a new leaf. */
struct tin_node *gen_operand(struct generator *g, tin_dtype dtype, const struct gen_shape *shape);

typedef void gen_step(struct generator *g);
gen_step gen_movement_step, gen_contract_step, gen_index_step, gen_softmax_step, gen_norm_step, gen_attention_step, gen_convolution_step,
    gen_public_step;

#endif
