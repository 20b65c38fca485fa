#!/bin/sh
# Ctrl-Z gives the terminal to the shell and fg takes it again.
. "$(dirname "$0")/lib.sh"
command -v bash >/dev/null 2>&1 || pass "skipped: no bash"
start 80 24 "env PS1='shell> ' bash --norc --noprofile -i"
expect "shell>"
keys "$program demo --home $(home)" Enter
expect "7 Checks"
keys C-z
expect "Stopped"
[ "$(t display -p '#{alternate_on}')" = 0 ] || fail "still on the alternate screen"
keys "stty -a | grep -o ' icanon' | tr a-z A-Z" Enter; expect " ICANON" # as answered, not as typed
keys "fg" Enter
expect "never controls a device"
keys q; expect "Leave lasertwin?"
keys y; expect "shell>"
pass "stopped and continued"
