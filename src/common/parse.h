/* What the parsers of the text forms have in common: spaces, words, numbers, and errors that say where.
 *
 * Lines matter, spaces separate, `#` starts a comment. An error leaves the parse by longjmp with "line 3, column 7: expected ..." set, as
 * running out of memory leaves a pass; what was built by then lies in the caller's arena.
 */
#ifndef TIN_COMMON_PARSE_H
#define TIN_COMMON_PARSE_H

#include "common/mem.h"

struct tin_parser {
  const char *at;   /* next byte */
  const char *line; /* start of the current line */
  int line_number;
  struct tin_error *error;
  jmp_buf *fail; /* where errors go */
};

enum { TIN_WORD_SIZE = 32 }; /* longer than every name of the text forms; words are cut to it */

void tin_parse_init(struct tin_parser *parser, const char *text, jmp_buf *fail, struct tin_error *error);
/* Fails at `at`, a place of the current line. */
_Noreturn void tin_parse_failed(struct tin_parser *parser, const char *at, const char *what);

void tin_parse_spaces(struct tin_parser *parser);
void tin_parse_lines(struct tin_parser *parser); /* skips to the next line that holds more than a comment */
void tin_parse_end_line(struct tin_parser *parser);
/* The rest of the line without the spaces before it, for text that is kept as it stands. */
char *tin_parse_rest(struct tin_parser *parser, struct tin_arena *arena);
/* The comment at the end of a line, or NULL. */
char *tin_parse_comment(struct tin_parser *parser, struct tin_arena *arena);

/* The token, after spaces. One that ends in a letter or digit is no part of a longer word. */
bool tin_parse_accept(struct tin_parser *parser, const char *token);
/* Fails with `what`, or "expected TOKEN" where it is NULL. */
void tin_parse_expect(struct tin_parser *parser, const char *token, const char *what);
/* A word of small letters, digits and _; false where there is none. */
bool tin_parse_word(struct tin_parser *parser, char *word);

int tin_parse_digit(char byte, int base); /* -1: none */
/* Digits of the base right here; false where there are none. */
bool tin_parse_digits(struct tin_parser *parser, int base, uint64_t *value);
int64_t tin_parse_integer(struct tin_parser *parser, int64_t low, int64_t high);
int tin_parse_int(struct tin_parser *parser, int low, int high);
/* A number right behind a letter, as v3; below the limit. */
bool tin_parse_accept_numbered(struct tin_parser *parser, char letter, int limit, int *number);
int tin_parse_numbered(struct tin_parser *parser, char letter, int limit);
/* "[" integers "]": how many, at most `limit`. */
int tin_parse_sizes(struct tin_parser *parser, int64_t *sizes, int limit);

#endif
