/* What the walks of the scheduler know about nodes and groups while a schedule is being made. */
#ifndef TIN_SCHEDULE_GROUPING_H
#define TIN_SCHEDULE_GROUPING_H

#include "schedule/plan.h"

/* Operations of one kernel: bounds its text, its registers and the recursion of lowering. */
enum { GROUP_MAX_OPS = 256 };

enum {
  READ_FULL = 1, /* at the identical linear index of the iteration space */
  READ_ROW = 2,  /* at the identical row of a row group, broadcast along the reduced axes */
  READ_OTHER = 4 /* at any other index */
};

struct read {
  struct tin_node *node;
  int how; /* READ_* seen on some path */
};

typedef TIN_VEC(struct read) read_list;

struct reader {
  int group;
  int how;
};

struct node_facts {
  bool leaf;   /* has a buffer, or is a variable */
  bool needed; /* an output or the value of an update */
  bool is_output;
  bool root;        /* gets a value of its own */
  bool stored;      /* root that another group reads */
  bool expanded;    /* some use broadcasts it */
  float windowed;   /* in how many windows an element is, of the use that has most; 0: none */
  bool pinned;      /* root that has to lie in memory, whatever computing it again costs */
  bool again;       /* root that its readers compute again: only its own group holds it */
  bool updated;     /* variable that an update overwrites */
  uint8_t used_by;  /* USED_BY_*: what its users are, looking through movement */
  uint8_t n_owners; /* distinct roots that would compute it, saturating at OWNERS_MANY */
  int owners[4];
  int ops;         /* nodes computed inside it when it is computed, itself included */
  float work;      /* vector operations an element, inlined inputs included */
  float loads;     /* bytes an element loaded from memory, inlined inputs included */
  float held;      /* of these, bytes of roots: they would have to be stored for this use */
  int group;       /* of a root */
  int last_reader; /* newest group that reads this root or leaf */
  const char *reason;
  uint32_t walk; /* scratch of collect_reads */
  int walk_how, walk_read;
  uint32_t read_mark; /* scratch of group_reads */
  int read_how;
  TIN_VEC(struct reader) readers; /* groups that read this value, and how */
};

struct group {
  struct tin_part *part;
  int ops;
  TIN_VEC(struct tin_node *) roots;
  TIN_VEC(int) needs;   /* groups that make what it reads */
  TIN_VEC(int) after;   /* groups that read what it overwrites */
  TIN_VEC(int) updates; /* plan values that it may compute in place */
  bool launched, done;
  bool merged; /* its roots are stages of other groups */
  int kernel;
  uint32_t walk; /* scratch of blocks.c */
};

struct grouping {
  struct tin_arena *arena;
  struct tin_schedule *schedule;
  uint32_t fuse;
  int n_updates;
  struct tin_node **update_leaves; /* the VAR node that an update overwrites, or NULL when nothing reads it */
  struct node_facts *facts;        /* by node->index */
  TIN_VEC(struct group) groups;    /* in an order in which they may run */
  uint32_t walk_stamp, read_stamp, group_stamp;
};

/* schedule.c: the roots and leaves that `node` reads through inlined nodes, with all ways in which each is read. `how` is that of the node
 * itself, in a group with the full shape of `space`. */
void tin_schedule_reads(struct grouping *g, struct tin_node *root, int how, const struct tin_part *space, read_list *reads);

/* roots.c: decides facts[].root for every node. */
void tin_schedule_roots(struct grouping *g);
/* Vector operations an element of the op itself; bytes moved that one of them is worth. */
float tin_schedule_own_work(const struct tin_node *node);
extern const float tin_schedule_work_bytes;

/* merge.c: moves elementwise groups into the ones that read them. */
void tin_schedule_merge(struct grouping *g);

/* rematerialize.c: decides facts[].again once all groups are known. */
void tin_schedule_rematerialize(struct grouping *g);
/* blocks.c: merges groups into BLOCK parts. */
void tin_schedule_blocks(struct grouping *g);

#endif
