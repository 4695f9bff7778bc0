/* The engine's switches: from the environment, and their checks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/engine.h"

static const char *const targets[] = {"avx512", "avx2", "portable", "interpreter"};
static const char accepted_targets[] = "avx512, avx2, portable, interpreter";
enum { MAX_THREADS = 1024 };

static const struct {
  const char *name;
  uint32_t flag;
} fusions[] = {
    {"chain", TIN_FUSE_CHAIN},       {"reduce", TIN_FUSE_REDUCE},         {"row", TIN_FUSE_ROW},     {"prologue", TIN_FUSE_PROLOGUE},
    {"epilogue", TIN_FUSE_EPILOGUE}, {"horizontal", TIN_FUSE_HORIZONTAL}, {"block", TIN_FUSE_BLOCK},
};
static const char accepted_fusions[] = "0, 1, or a list of chain, reduce, row, prologue, epilogue, horizontal, block";

enum { N_TARGETS = sizeof targets / sizeof *targets, N_FUSIONS = sizeof fusions / sizeof *fusions };

/* The constant of that name, which outlives the environment; NULL when unknown. */
static const char *find_target(const char *name) {
  for (int i = 0; i < N_TARGETS; i++)
    if (!strcmp(name, targets[i]))
      return targets[i];
  return NULL;
}

static bool refuse(struct tin_error *error, const char *variable, const char *value, const char *accepted) {
  tin_error_set(error, "%s=%s: accepted are %s", variable, value, accepted);
  return false;
}

static bool parse_fuse(const char *list, uint32_t *fuse) {
  *fuse = 0;
  if (!strcmp(list, "0") || !strcmp(list, "1")) {
    *fuse = *list == '1' ? TIN_FUSE_ALL : 0;
    return true;
  }
  for (const char *at = list;; at++) {
    size_t length = strcspn(at, ",");
    uint32_t flag = 0;
    for (int i = 0; i < N_FUSIONS; i++)
      if (strlen(fusions[i].name) == length && !strncmp(at, fusions[i].name, length))
        flag = fusions[i].flag;
    if (!flag)
      return false;
    *fuse |= flag;
    at += length;
    if (!*at)
      return true;
  }
}

static bool read_switch(const char *variable, bool *value, struct tin_error *error) {
  const char *text = getenv(variable);
  if (!text || *value)
    return true;
  if (strcmp(text, "0") && strcmp(text, "1"))
    return refuse(error, variable, text, "0, 1");
  *value = *text == '1';
  return true;
}

static bool read_threads(struct tin_options *options, struct tin_error *error) {
  const char *text = getenv("TIN_THREADS");
  if (!text || options->threads)
    return true;
  char *end;
  errno = 0;
  long threads = strtol(text, &end, 10);
  if (errno || end == text || *end || threads < 1 || threads > MAX_THREADS)
    return refuse(error, "TIN_THREADS", text, "1 to 1024");
  options->threads = (int)threads;
  return true;
}

static bool read_fuse(struct tin_options *options, struct tin_error *error) {
  const char *text = getenv("TIN_FUSE");
  if (!text || options->fuse_set)
    return true;
  if (!parse_fuse(text, &options->fuse))
    return refuse(error, "TIN_FUSE", text, accepted_fusions);
  options->fuse_set = true;
  return true;
}

static bool read_texts(struct tin_options *options, struct tin_error *error) {
  const char *target = getenv("TIN_TARGET"), *dump = getenv("TIN_DUMP"), *debug = getenv("TIN_DEBUG");
  if (target && !options->target && !(options->target = find_target(target)))
    return refuse(error, "TIN_TARGET", target, accepted_targets);
  if (dump && !options->dump) {
    if (!*dump)
      return refuse(error, "TIN_DUMP", dump, "names of folders");
    options->dump = dump;
  }
  if (debug && !options->debug) {
    char letters[256];
    tin_debug_letters(letters, sizeof letters);
    for (const char *letter = debug; *letter; letter++)
      if (!tin_debug_letter(*letter))
        return refuse(error, "TIN_DEBUG", debug, letters);
    options->debug = debug;
  }
  return true;
}

static bool read_tier(struct tin_options *options, struct tin_error *error) {
  const char *text = getenv("TIN_TIER");
  if (text && strcmp(text, "0") && strcmp(text, "cc"))
    return refuse(error, "TIN_TIER", text, "0, cc");
  options->tier |= text && *text == 'c';
  return true;
}

bool tin_options_from_environment(struct tin_options *options, struct tin_error *error) {
  return read_texts(options, error) && read_threads(options, error) && read_fuse(options, error) && read_tier(options, error) &&
         read_switch("TIN_PROFILE", &options->profile, error) && read_switch("TIN_COMPARE", &options->compare, error);
}

bool tin_options_read_check(struct tin_options *options, struct tin_error *error) {
  static const char *const modes[] = {[TIN_CHECK_OFF] = "0", [TIN_CHECK_BOUNDS] = "1", [TIN_CHECK_COMPILER] = "cc"};
  const char *text = getenv("TIN_CHECK");
  if (!text || options->check)
    return true;
  for (int mode = TIN_CHECK_OFF; mode <= TIN_CHECK_COMPILER; mode++)
    if (!strcmp(text, modes[mode])) {
      options->check = mode;
      return true;
    }
  return refuse(error, "TIN_CHECK", text, "0, 1, cc");
}

bool tin_options_check(const struct tin_options *options, struct tin_error *error) {
  if (options->target && !find_target(options->target))
    return refuse(error, "target", options->target, accepted_targets);
  if (options->threads < 0 || options->threads > MAX_THREADS) {
    tin_error_set(error, "threads=%d: accepted are 1 to %d, and 0 for all", options->threads, MAX_THREADS);
    return false;
  }
  for (const char *letter = options->debug ? options->debug : ""; *letter; letter++)
    if (!tin_debug_letter(*letter)) {
      char letters[256];
      tin_debug_letters(letters, sizeof letters);
      return refuse(error, "debug", options->debug, letters);
    }
  return true;
}
