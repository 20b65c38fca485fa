#!/bin/sh
# Lessons from the command line: listed, told, marked, and wrong words refused.
. "$(dirname "$0")/lib.sh"
run() { "$program" train "$@" >"$work/out" 2>"$work/err"; code=$?; }
says() { grep -qF -- "$1" "$work/out" || fail "'$1' is not said"; }
run; [ $code -eq 0 ] || fail "the list ends with $code"
says "TRAINING on virtual patients"
for lesson in acne_scars melasma tattoo_dark tan gold changed_spot pacemaker; do says "$lesson"; done
run gold; says "gold"; says "fluence_J_cm2"
grep -qF R-GOLD "$work/out" && fail "the lesson tells its answer"
run gold --refuse R-GOLD-1; says "100 of 100"
run tan --defer R-TAN-1 --json; says '"total": 100'
for bad in "gold --refuse R-GOLD-1 --defer R-TAN-1" "none" "gold --settings fluence" "gold --settings flux=1" "gold --settings fluence_J_cm2=x"; do
	# shellcheck disable=SC2086
	run $bad; [ $code -eq 2 ] || fail "'$bad' ends with $code, not 2"
done
pass "lessons are told and marked"
