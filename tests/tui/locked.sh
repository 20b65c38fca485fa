#!/bin/sh
# A patient added to the clinic whose request names a locked profile: why there is no prediction, where to go, and
# the rule among the checks.
. "$(dirname "$0")/lib.sh"
sed 's/picoway\.532_zoom/discovery_pico.1064_ps/' profiles/demo/03.json >"$work/locked.json"
clinic "$work/records"
"$program" add "$work/locked.json" --home "$work/records" >"$work/out" || fail "not added: $(cat "$work/out")"
planner 80 24 "--home $work/records"
expect "discovery_pico.1064_ps"
keys Enter; expect "Readings"
keys 6; expect "No prediction"
expect "profile locked"
expect "4 chooses another device"
keys 5; expect "profile locked"
keys 7; expect "R-LOCK"
keys 4; expect "now discovery_pico.1064_ps"
pass "a locked profile explained"
