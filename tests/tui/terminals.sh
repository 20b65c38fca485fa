#!/bin/sh
# Kinds of terminal and output: without colour, ASCII, linux and vt100, unknown and dumb ones, a pipe.
. "$(dirname "$0")/lib.sh"
escapes() { t capture-pane -e -p | grep -c "$(printf '\033\\[[0-9;]*[34][0-8]')"; }
demo 80 24; expect "7 Checks"
left=1200
until [ "$(escapes)" -gt 0 ]; do left=$((left - 1)); [ "$left" -gt 0 ] || fail "no colours"; done
start 80 24 "env NO_COLOR=1 $program demo --home $(home)"; expect "7 Checks"
[ "$(escapes)" -eq 0 ] || fail "NO_COLOR is not heeded"
demo 80 24 --color=never; expect "7 Checks"
[ "$(escapes)" -eq 0 ] || fail "--color=never is not heeded"
demo 80 24 --ascii; expect "7 Checks"; keys Enter; expect "Readings"
t capture-pane -p | LC_ALL=C grep -q '[^ -~]' && fail "--ascii shows other characters"
for term in linux vt100 vt220 xterm rxvt ansi; do
	infocmp "$term" >/dev/null 2>&1 || continue
	start 80 24 "env TERM=$term $program demo --home $(home) --ascii; echo ended-with-\$?; exec sleep 60"
	expect "7 Checks"
	keys q; expect "Leave lasertwin?"
	keys y; expect "ended-with-0"
done
start 80 24 "env TERM=linux $program demo --home $(home); exec sleep 60" # the console: half blocks by themselves
expect "7 Checks"; keys Enter; expect "Readings"; keys 5; expect "▀▀▀ peak"
start 80 24 "env TERM=linux $program demo --home $(home) --plots braille; exec sleep 60"
expect "7 Checks"; keys Enter; expect "Readings"; keys 5; expect "⠤⠤⠤ peak"
for term in dumb nonesuch; do
	start 80 24 "env TERM=$term $program demo --home $(home); echo ended-with-\$?; exec sleep 60"
	expect "--plain"; expect "ended-with-1"
done
clinic "$work/clinic"
$program --plain --home "$work/clinic" >"$work/out" 2>&1 || fail "--plain: $(cat "$work/out")"
grep -q "$(printf '\033')" "$work/out" && fail "--plain writes escape sequences"
pass "colour, ASCII, half blocks, six terminal types, refusals, plain"
