#!/bin/sh
# rf: text, JSON, errors in one line with file, field and remedy, nothing on stderr otherwise.
. "$(dirname "$0")/lib.sh"
run() { "$program" "$@" >"$work/out" 2>"$work/err" </dev/null; code=$?; }
code_is() { [ "$code" -eq "$1" ] || fail "exit $code, not $1: $(cat "$work/err")"; }
examples=tests/validation/radiofrequency
run rf "$examples/disc_two_layers.json"; code_is 0
grep -q "^Impedance   445.852" "$work/out" || fail "no impedance: $(cat "$work/out")"
[ -s "$work/err" ] && fail "words on stderr"
run rf "$examples/needles_rows.json" --json; code_is 0
grep -q '"impedance_ohm"' "$work/out" || fail "no impedance in the JSON"
sed 's/"conductivity_S_m": 0.22/"conductivity_S_m": -1/' "$examples/disc_two_layers.json" >"$work/bad.json"
run rf "$work/bad.json"; code_is 2
grep -q "bad.json: layers\[0\].conductivity_S_m: -1 is outside" "$work/err" || fail "file, field, value: $(cat "$work/err")"
[ "$(wc -l <"$work/err")" -eq 1 ] || fail "an error of more than one line"
run rf "$work/none.json"; code_is 2
run rf; code_is 2
pass "radiofrequency files: answers, refusals, exit codes"
