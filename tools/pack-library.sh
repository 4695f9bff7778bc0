#!/bin/sh
# Makes the library that is given away: one object of the archive's members in which only symbols that start with tin_ are visible,
# so that nothing of libtcc or of our insides can collide with a program's names.
# usage: pack-library.sh LD OBJCOPY AR INTERNAL.a OUTPUT.o OUTPUT.a
set -eu
ld=$1 objcopy=$2 ar=$3 archive=$4 object=$5 output=$6
"$ld" -r --whole-archive "$archive" -o "$object.all"
"$objcopy" --wildcard --keep-global-symbol='tin_*' "$object.all" "$object"
rm -f "$object.all" "$output"
"$ar" rcs "$output" "$object"
