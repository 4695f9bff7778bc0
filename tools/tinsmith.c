/* The tinsmith program: shows what the library does. Commands are in tools/cli. */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct command {
  const char *name;
  int (*run)(int argc, char **argv);
  const char *summary;
};
static const struct command commands[] = {
    {"demo", cli_demo, "trains a network on images, and shows which kernels ran and what fusing them bought"},
    {"run", cli_run, "compiles and runs a graph in text form, fused and unfused"},
    {"info", cli_info, "this machine: CPU, targets, threads, measured peak and bandwidth"},
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

double cli_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* When main began, less the CPU time that loading the program took: the only state of the program, set once. */
static double process_began;

static double cpu_seconds(void) {
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

double cli_age(void) {
  return cli_seconds() - process_began;
}

struct cli_words cli_bytes(double bytes) {
  struct cli_words words;
  double scale = bytes >= 1e9 ? 1e9 : bytes >= 1e6 ? 1e6 : bytes >= 1e3 ? 1e3 : 1;
  const char *unit = bytes >= 1e9 ? "GB" : bytes >= 1e6 ? "MB" : bytes >= 1e3 ? "kB" : "bytes";
  snprintf(words.text, sizeof words.text, "%.3g %s", bytes / scale, unit);
  return words;
}

struct cli_words cli_time(double seconds) {
  struct cli_words words;
  double scale = seconds >= 1 ? 1 : seconds >= 1e-3 ? 1e-3 : 1e-6;
  const char *unit = seconds >= 1 ? "s" : seconds >= 1e-3 ? "ms" : "us";
  snprintf(words.text, sizeof words.text, "%.*f %s", seconds / scale >= 100 ? 0 : seconds / scale >= 10 ? 1 : 2, seconds / scale, unit);
  return words;
}

int cli_fail(const char *command, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fflush(stdout);
  fprintf(stderr, "tinsmith %s: ", command);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  return 1;
}

static int usage(FILE *out, int status) {
  fprintf(out, "usage: tinsmith COMMAND [OPTIONS]\n\ncommands:\n");
  for (int i = 0; i < N_COMMANDS; i++)
    fprintf(out, "  %-6s %s\n", commands[i].name, commands[i].summary);
  fprintf(out, "\n`tinsmith COMMAND --help` tells a command's options.\n");
  return status;
}

int main(int argc, char **argv) {
  process_began = cli_seconds() - cpu_seconds();
  if (argc < 2)
    return usage(stderr, 2);
  if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
    return usage(stdout, 0);
  for (int i = 0; i < N_COMMANDS; i++)
    if (!strcmp(argv[1], commands[i].name))
      return commands[i].run(argc - 1, argv + 1);
  fprintf(stderr, "tinsmith: unknown command `%s`\n", argv[1]);
  return usage(stderr, 2);
}
