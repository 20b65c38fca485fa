#!/bin/sh
# Monte Carlo and discrete ordinates on MCML input files: answers, exit codes, one-line errors.
. "$(dirname "$0")/lib.sh"
run() { "$program" "$@" >"$work/out" 2>"$work/err" </dev/null; code=$?; }
code_is() { [ "$code" -eq "$1" ] || fail "exit $code, not $1: $(cat "$work/err")"; }
one_line() { [ "$(wc -l <"$work/err")" -eq 1 ] || fail "the error is not one line: $(cat "$work/err")"; }
skin=tests/validation/mci/a_light755.mci
run mc "$skin" --photons 4000; code_is 0
grep -q '^A_z' "$work/out" || fail "no A_z"
cp "$work/out" "$work/first"
run mc "$skin" --photons 4000; cmp -s "$work/out" "$work/first" || fail "equal seeds differ"
run mc "$skin" --photons 4000 --seed 7; cmp -s "$work/out" "$work/first" && fail "seeds make no difference"
run mc "$skin" --photons 4000 --json; code_is 0
grep -q '"diffuse_reflectance_frac": {"value": 0\.4' "$work/out" || fail "no reflectance in the JSON"
run layers "$skin"; code_is 0
# converged: Rd 0.485366; the default nodes are within 0.001
awk '/^RAT/ {getline; getline; exit !($1 > 0.4843 && $1 < 0.4864)}' "$work/out" || fail "Rd is off"
run layers "$skin" --json; code_is 0
grep -q '"absorbed_1_cm": \[' "$work/out" || fail "no absorption in the JSON"
run layers "$skin" --diffuse; code_is 0; cp "$work/out" "$work/diffuse"
run layers "$skin" --incidence-deg 60; code_is 0; cmp -s "$work/out" "$work/diffuse" && fail "diffuse and slanted agree"
# specular at 60 degrees into 1.4, unpolarised: 0.07198 (Fresnel)
awk '/^RAT/ {getline; exit !($1 > 0.07195 && $1 < 0.07200)}' "$work/out" || fail "specular at 60 degrees is off"
run layers "$skin" --diffuse --incidence-deg 5; code_is 2; one_line
run layers "$skin" --incidence-deg 90; code_is 2; one_line; grep -q "0 to 89" "$work/err" || fail "the range is not named"
run mc "$skin" --photons 2000 --spot-mm 2 --profile gaussian --incidence-deg 30; code_is 0
for table in InParm RAT A_l A_z Rd_r Rd_a Tt_r Tt_a A_rz Rd_ra Tt_ra; do
	grep -q "^$table" "$work/out" || fail "no $table in the MCML output"
done
run mc "$skin" --photons 2000 --profile gaussian; code_is 2; one_line
run mc "$work/none.mci"; code_is 2; one_line; grep -q none.mci "$work/err" || fail "the missing file is not named"
sed 's/^1.4	5.4/1.4	-5.4/' "$skin" >"$work/bad.mci"
run mc "$work/bad.mci"; code_is 2; one_line; grep -q 'line [0-9]*: mua' "$work/err" || fail "the bad value is not named"
run layers "$work/bad.mci"; code_is 2; one_line
run mc "$skin" --photons none; code_is 2; one_line; grep -q -- --photons "$work/err" || fail "--photons is not named"
run mc "$work"; code_is 2; one_line
pass "transport in MCML input files"
