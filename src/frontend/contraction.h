/* Contractions of any number of operands whose axes have labels (contraction.c). */
#ifndef TIN_FRONTEND_CONTRACTION_H
#define TIN_FRONTEND_CONTRACTION_H

#include "frontend/frontend.h"

enum { TIN_MAX_LABELS = 64 };

/* A node and what its axes are called. Axes of the same label in several terms, or twice in one, are the same axis of the product. */
struct tin_term {
  struct tin_node *node;
  int rank;
  uint8_t label[TIN_MAX_RANK]; /* below TIN_MAX_LABELS */
};

/* Promotes the operands of a product: floats and integers to floats, integers among themselves to an integer dtype, bool stays. */
bool tin_coerce_product(struct tin_call *call, int count, tin_tensor *const *tensors, struct tin_node **nodes);
/* a * b, of bool: and. */
struct tin_node *tin_node_product(struct tin_graph *graph, struct tin_node *a, struct tin_node *b);
/* The sum over axes of a * b, which keeps them with size 1. Integers wrap; of bool: whether any a and b. */
struct tin_node *tin_node_product_sum(struct tin_graph *graph, struct tin_node *a, struct tin_node *b, uint32_t axes);

/* Enters the term's sizes into those of the labels, -1 at first; a size of 1 gives way. The axis that does not fit, or -1. */
int tin_term_join(const struct tin_term *term, int64_t *size);
/* The product of the terms, summed over the labels that are not in out, as a node with the labels of out in their order; NULL with the
 * error recorded, or when out of memory. Sizes: by label; they must fit. The terms are changed. */
struct tin_node *tin_contract_terms(struct tin_call *call, int count, struct tin_term *terms, const int64_t *size,
                                    const struct tin_term *out);

#endif
