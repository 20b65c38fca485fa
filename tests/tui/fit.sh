#!/bin/sh
# fit, check, compare: answers as text and JSON, refusals, exit codes.
. "$(dirname "$0")/lib.sh"
run() { "$program" "$@" >"$work/out" 2>"$work/err" </dev/null; code=$?; }
code_is() { [ "$code" -eq "$1" ] || fail "exit $code, not $1: $(cat "$work/err")"; }
run fit profiles/demo/03.json; code_is 0
for part in "Trade-off" "What if" "Course" "Verdict"; do
	grep -q "$part" "$work/out" || fail "fit does not say $part"
done
run fit profiles/demo/03.json --json; code_is 0
grep -q '"schema": "lasertwin-fit/1"' "$work/out" || fail "no schema"
grep -q '"curve":' "$work/out" || fail "no curve in the JSON"
run check profiles/demo/03.json; code_is 2
grep -q "lasertwin fit" "$work/err" || fail "check without settings does not say what to do"
sed 's/"zones"/"settings": {"spot_mm": 4, "fluence_J_cm2": 0.3}, "zones"/' profiles/demo/03.json >"$work/a.json"
sed 's/"zones"/"settings": {"spot_mm": 4, "fluence_J_cm2": 3.0}, "zones"/' profiles/demo/03.json >"$work/b.json"
run check "$work/a.json" --strict; code_is 0
run check "$work/b.json"; code_is 0
run check "$work/b.json" --strict; code_is 1
grep -q "R-START" "$work/out" || fail "ten times the fluence is not stopped"
run compare "$work/a.json" "$work/b.json"; code_is 0
grep -q "fluence" "$work/out" || fail "compare does not name the fluence"
run compare "$work/a.json" "$work/a.json"; code_is 0
grep -q "^0 different" "$work/out" || fail "a plan differs from itself: $(cat "$work/out")"
run compare "$work/a.json" "$work/b.json" --json; code_is 0
grep -q '"lasertwin-difference/1"' "$work/out" || fail "no schema of the difference"
run compare "$work/a.json"; code_is 2
run fit "$work/none.json"; code_is 2
run fit; code_is 2
pass "fit, check, compare: answers, refusals, exit codes"
