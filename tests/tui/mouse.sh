#!/bin/sh
# Keys bound anew in the configuration, the mouse in the running program and its switch, a conflict named.
. "$(dirname "$0")/lib.sh"
export XDG_CONFIG_HOME="$work/config"
mkdir -p "$work/config/lasertwin"
printf '# keys of one'\''s own\nbind = sort=Ctrl-O goals=f\nbind = sort=Ctrl-O find=Ctrl-F\n' >"$work/config/lasertwin/config"
at() { printf '%b%b' "\\$(printf %03o $((33 + $1)))" "\\$(printf %03o $((33 + $2)))"; }
click() { t send-keys -l "$(printf '\033[M ')$(at "$1" "$2")$(printf '\033[M#')$(at "$1" "$2")"; } # pressed, let go
demo 80 24
expect "VIRTUAL 08"
expect "Ctrl-F find" # the footer shows the key that was bound
keys C-o
expect "orted"
click 6 6
expect "▸ VIRTUAL 03"
click 6 6
expect "VIRTUAL PATIENT VIRTUAL 03"
click 40 1
expect "Devices for"
keys q
gone "Devices for"
demo 80 24 "--mouse off"
expect "▸ VIRTUAL 01"
demo 80 24 "--bind goals=f"
expect "would mean both"
expect "ended-with-2"
"$program" config >"$work/out" 2>"$work/err" || fail "no configuration"
grep -q "^# actions:.* fit" "$work/out" || grep -q "fit" "$work/out" || fail "the actions are not listed"
"$program" audit --demo --home "$work/none" </dev/null >"$work/out" 2>"$work/err"
grep -q "line 2: the key f would mean both 'fit' and 'goals'" "$work/err" || fail "the bad line is not named: $(cat "$work/err")"
pass "keys bound anew, clicks select and open, conflicts named with their line"
