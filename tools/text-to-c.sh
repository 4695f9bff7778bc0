#!/bin/sh
# text-to-c.sh NAME INPUT OUTPUT: makes the text file INPUT the C string `const char NAME[]`, without the columns of spaces before the
# backslashes of macros.
set -eu
{
  printf '/* Made from %s. */\nextern const char %s[];\nconst char %s[] =\n' "$(basename "$2")" "$1" "$1"
  sed -e 's/  *\\$/ \\/' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$/\\n"/' "$2"
  echo '    "";'
} >"$3"
