#!/bin/sh
# The program as built: position independent, read-only relocations bound at start, no executable stack, guarded stacks,
# checked library calls.
program=${LASERTWIN:-./lasertwin}
bad=
has() { echo "$1" | grep -q "$2" || bad="$bad $3"; }
header=$(readelf -hW "$program") || { echo "FAIL  hardening: readelf cannot read $program"; exit 1; }
segments=$(readelf -lW "$program") dynamic=$(readelf -dW "$program") symbols=$(readelf -sW --dyn-syms "$program")
has "$header" 'Type: *DYN' PIE
has "$segments" GNU_RELRO RELRO
has "$dynamic" 'BIND_NOW\|Flags:.*NOW' BIND_NOW
has "$segments" 'GNU_STACK .* RW ' no-exec-stack
has "$symbols" __stack_chk_fail stack-protector
has "$symbols" '__[a-z]*printf_chk' FORTIFY
echo "$dynamic" | grep -q 'RPATH\|RUNPATH' && bad="$bad no-RPATH"
[ -z "$bad" ] || { echo "FAIL  hardening: missing$bad"; exit 1; }
echo "ok    hardening: PIE, RELRO, BIND_NOW, no exec stack, stack protector, FORTIFY, no RPATH"
