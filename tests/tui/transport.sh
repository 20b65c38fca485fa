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
# converged: Rd 0.485366; the default nodes are within 1e-5, and the error beside it says so
awk '/^RAT/ {getline; getline; exit !($1 > 0.48535 && $1 < 0.48538 && $2 < 1e-4)}' "$work/out" || fail "Rd is off"
run layers "$skin" --nodes 2; code_is 0
awk '/^RAT/ {getline; getline; exit !($2 > 1e-4)}' "$work/out" || fail "few nodes, no larger error"
run layers "$skin" --nodes 1; code_is 2; one_line; grep -q "from 2 to 48" "$work/err" || fail "the range of --nodes is not named"
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

# One photon tells no error: null, which JSON knows, not infinity.
run mc "$skin" --photons 1 --json; code_is 0
python3 - "$work/out" <<'EOF' || fail "one photon's JSON"
import json, sys
def never(word): raise ValueError(word)
assert json.load(open(sys.argv[1]), parse_constant=never)[0]["transmittance_frac"]["se"] is None
EOF

# Runs into the files they name, as MCML does; none is overwritten unasked, and all is looked at before anything is computed.
{
	printf '1.0\r\n2\r\n'
	for file in one two; do
		printf '%s A\r\n2000\r\n.01 .01\r\n4 3 1\r\n1\r\n1\r\n1.4\t1\t100\t.9\t.04\r\n1\r\n' "$work/$file.mco"
	done
} >"$work/two.mci"
run mc "$work/two.mci" --save; code_is 0
[ "$(cat "$work/out")" = "$work/one.mco
$work/two.mco" ] || fail "the files are not named: $(cat "$work/out")"
cmp -s "$work/one.mco" "$work/two.mco" && fail "both files are one"
[ "$(sed -n 15p "$work/two.mco")" = "$(printf '0.01\t0.01\t\t# dz, dr [cm]')" ] || fail "dz, dr are not on line 15"
cp "$work/two.mco" "$work/before"
run mc "$work/two.mci" --save --photons 100; code_is 1; one_line; grep -q "one.mco: is there already" "$work/err" || fail "no word"
cmp -s "$work/two.mco" "$work/before" || fail "a file was overwritten"
run mc "$work/two.mci" --save --force --photons 100; code_is 0; cmp -s "$work/two.mco" "$work/before" && fail "not replaced"
sed "s/two.mco/one.mco/" "$work/two.mci" >"$work/same.mci"
run mc "$work/same.mci" --save --force; code_is 2; one_line; grep -q "runs 1 and 2" "$work/err" || fail "two runs, one file"
sed "s,one.mco,none/one.mco," "$work/two.mci" >"$work/folder.mci"
run mc "$work/folder.mci" --save --force; code_is 1; one_line; grep -q "none/one.mco: cannot be written" "$work/err" ||
	fail "$(cat "$work/err")"
run mc "$work/two.mci" --save --json; code_is 2; one_line
run mc "$work/two.mci" --force; code_is 2; one_line
sed 's/^2000/1000000000000/' "$work/two.mci" >"$work/long.mci"
# Ctrl-C: the exit tells the signal, half a table is never printed.
"$program" mc "$work/long.mci" >"$work/out" 2>"$work/err" </dev/null &
child=$!
caught() { sed -n 's/^SigCgt:[[:space:]]*/0x/p' "/proc/$child/status" 2>/dev/null || echo 0; }
left=1200 # until the program listens to the signal
until [ "$left" -eq 0 ] || [ $(($(caught) & 0x4000)) -ne 0 ]; do sleep 0.05; left=$((left - 1)); done
kill -TERM $child; code=0; wait $child 2>/dev/null || code=$?
code_is 143; one_line; grep -q "stopped by Terminated" "$work/err" || fail "$(cat "$work/err")"
[ -s "$work/out" ] && fail "half a table was printed"
pass "transport in MCML input files"
