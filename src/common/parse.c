/* Tokens of the text forms: see parse.h. Numbers are read without strtol and strtod, which follow the locale. */
#include "common/parse.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

void tin_parse_init(struct tin_parser *parser, const char *text, jmp_buf *fail, struct tin_error *error) {
  *parser = (struct tin_parser){.at = text, .line = text, .line_number = 1, .error = error, .fail = fail};
}

_Noreturn void tin_parse_failed(struct tin_parser *parser, const char *at, const char *what) {
  tin_error_set(parser->error, "line %d, column %d: %s", parser->line_number, (int)(at - parser->line) + 1, what);
  longjmp(*parser->fail, 1);
}

/* ---- spaces and lines ---- */

static bool is_space(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r';
}

void tin_parse_spaces(struct tin_parser *parser) {
  while (is_space(*parser->at))
    parser->at++;
}

static void skip_comment(struct tin_parser *parser) {
  tin_parse_spaces(parser);
  if (*parser->at == '#')
    parser->at += strcspn(parser->at, "\n");
}

void tin_parse_lines(struct tin_parser *parser) {
  for (skip_comment(parser); *parser->at == '\n'; skip_comment(parser)) {
    parser->line = ++parser->at;
    parser->line_number++;
  }
}

void tin_parse_end_line(struct tin_parser *parser) {
  skip_comment(parser);
  if (*parser->at && *parser->at != '\n')
    tin_parse_failed(parser, parser->at, "expected the end of the line");
}

char *tin_parse_rest(struct tin_parser *parser, struct tin_arena *arena) {
  tin_parse_spaces(parser);
  size_t size = strcspn(parser->at, "\n");
  char *rest = tin_arena_alloc(arena, size + 1);
  memcpy(rest, parser->at, size);
  parser->at += size;
  return rest;
}

char *tin_parse_comment(struct tin_parser *parser, struct tin_arena *arena) {
  tin_parse_spaces(parser);
  if (*parser->at != '#')
    return NULL;
  parser->at++;
  return tin_parse_rest(parser, arena);
}

/* ---- words ---- */

static bool is_word_byte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
}

bool tin_parse_accept(struct tin_parser *parser, const char *token) {
  tin_parse_spaces(parser);
  size_t size = strlen(token);
  if (strncmp(parser->at, token, size) != 0 || (is_word_byte(token[size - 1]) && is_word_byte(parser->at[size])))
    return false;
  parser->at += size;
  return true;
}

void tin_parse_expect(struct tin_parser *parser, const char *token, const char *what) {
  char expected[64];
  if (tin_parse_accept(parser, token))
    return;
  snprintf(expected, sizeof expected, "expected %s", token);
  tin_parse_failed(parser, parser->at, what ? what : expected);
}

bool tin_parse_word(struct tin_parser *parser, char *word) {
  tin_parse_spaces(parser);
  int size = 0;
  for (; is_word_byte(*parser->at); parser->at++)
    if (size < TIN_WORD_SIZE - 1)
      word[size++] = *parser->at;
  word[size] = 0;
  return size > 0;
}

/* ---- numbers ---- */

int tin_parse_digit(char byte, int base) {
  int value = byte >= '0' && byte <= '9' ? byte - '0' : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : 99;
  return value < base ? value : -1;
}

bool tin_parse_digits(struct tin_parser *parser, int base, uint64_t *value) {
  const char *start = parser->at;
  *value = 0;
  for (int digit; (digit = tin_parse_digit(*parser->at, base)) >= 0; parser->at++)
    if (__builtin_mul_overflow(*value, (uint64_t)base, value) || __builtin_add_overflow(*value, (uint64_t)digit, value))
      tin_parse_failed(parser, start, "the number is too large");
  return parser->at != start;
}

int64_t tin_parse_integer(struct tin_parser *parser, int64_t low, int64_t high) {
  tin_parse_spaces(parser);
  const char *start = parser->at;
  uint64_t magnitude;
  bool negative = tin_parse_accept(parser, "-");
  if (!tin_parse_digits(parser, 10, &magnitude))
    tin_parse_failed(parser, start, "expected an integer");
  if (magnitude > (uint64_t)INT64_MAX + negative)
    tin_parse_failed(parser, start, "the number is too large");
  int64_t value = (int64_t)(negative ? -magnitude : magnitude);
  if (value < low || value > high)
    tin_parse_failed(parser, start, value < low ? "the number is too small" : "the number is too large");
  return value;
}

int tin_parse_int(struct tin_parser *parser, int low, int high) {
  return (int)tin_parse_integer(parser, low, high);
}

bool tin_parse_accept_numbered(struct tin_parser *parser, char letter, int limit, int *number) {
  tin_parse_spaces(parser);
  if (*parser->at != letter || tin_parse_digit(parser->at[1], 10) < 0)
    return false;
  const char *start = parser->at++;
  uint64_t value;
  tin_parse_digits(parser, 10, &value);
  if (value >= (uint64_t)limit)
    tin_parse_failed(parser, start, "the number is too large");
  *number = (int)value;
  return true;
}

int tin_parse_numbered(struct tin_parser *parser, char letter, int limit) {
  char what[] = "expected a number behind a letter, as x0";
  int number;
  if (tin_parse_accept_numbered(parser, letter, limit, &number))
    return number;
  what[sizeof what - 3] = letter;
  tin_parse_failed(parser, parser->at, what);
}

int tin_parse_sizes(struct tin_parser *parser, int64_t *sizes, int limit) {
  int count = 0;
  tin_parse_expect(parser, "[", "expected [ and the sizes");
  if (tin_parse_accept(parser, "]"))
    return 0;
  do {
    if (count == limit)
      tin_parse_failed(parser, parser->at, "the rank is too large");
    sizes[count++] = tin_parse_integer(parser, INT64_MIN, INT64_MAX);
  } while (tin_parse_accept(parser, ","));
  tin_parse_expect(parser, "]", "expected ] or ,");
  return count;
}
