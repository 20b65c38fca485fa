#!/bin/sh
# simulate and threshold: text, JSON, errors in one line with file, field and remedy, nothing on stderr otherwise.
. "$(dirname "$0")/lib.sh"
run() { "$program" "$@" >"$work/out" 2>"$work/err" </dev/null; code=$?; }
code_is() { [ "$code" -eq "$1" ] || fail "exit $code, not $1: $(cat "$work/err")"; }
examples=tests/validation/simulations
run simulate "$examples/cornea_1540.json"; code_is 0
grep -q "^Hottest " "$work/out" || fail "no hottest moment"
[ -s "$work/err" ] && fail "progress without a terminal"
run threshold "$examples/cornea_1540.json" --json; code_is 0
grep -q '"threshold_J_cm2"' "$work/out" || fail "no threshold in the JSON"
run simulate "$examples/melanosome_532.json"; code_is 2
grep -q "melanosome_532.json: fluence_J_cm2: is missing" "$work/err" || fail "the missing field is not named"
run threshold "$examples/cryogen_spurt.json"; code_is 2
sed 's/"duration_s": 1/"duration_s": -1/' "$examples/cornea_1540.json" >"$work/bad.json"
run simulate "$work/bad.json"; code_is 2
grep -q "bad.json: pulse.duration_s: -1 is outside" "$work/err" || fail "file, field, value, range: $(cat "$work/err")"
[ "$(wc -l <"$work/err")" -eq 1 ] || fail "an error of more than one line"
run simulate "$work/none.json"; code_is 2
run simulate; code_is 2
run threshold "$work/bad.json" --strict; code_is 2
if [ -c /dev/full ]; then
	"$program" simulate "$examples/cryogen_spurt.json" >/dev/full 2>"$work/err" && fail "a full disk went unnoticed"
fi
pass "simulation files: answers, refusals, exit codes"
