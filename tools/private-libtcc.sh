#!/bin/sh
# Makes the private copy of libtcc: one object in which everything that could end the process, allocate behind our back or make pages
# writable and executable is renamed to functions of runtime/code.c, and only the interface tcc_* is visible.
# usage: private-libtcc.sh LD OBJCOPY libtcc.a OUTPUT.o
set -eu
ld=$1 objcopy=$2 archive=$3 output=$4
"$ld" -r -d --whole-archive "$archive" -o "$output.all"

# tin_tcc_state .. tin_tcc_state_end: libtcc's static variables, which code.c zeroes after a compilation that ended half way.
state_size=$(LC_ALL=C size -A "$output.all" | while read -r section size _; do [ "$section" = .bss ] && echo "$size"; done || true)

# stdout, stderr and environ are data of libc: code that is not position-independent cannot refer to them from a shared library.
# dlopen and its kin would make every static program warn, and kernels find their symbols only by tcc_add_symbol.
set --
for symbol in malloc calloc realloc free exit mprotect __assert_fail stdout stderr environ dlopen dlsym dlclose; do
  set -- "$@" --redefine-sym "$symbol=tin_tcc_${symbol#__}"
done
"$objcopy" "$@" \
  --add-symbol tin_tcc_state=.bss:0,global,object \
  --add-symbol "tin_tcc_state_end=.bss:$state_size,global,object" \
  --wildcard --keep-global-symbol='tcc_*' --keep-global-symbol='tin_tcc_*' "$output.all" "$output"
rm -f "$output.all"
