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
# "-" is standard input; what is missing is named with what may stand there
"$program" simulate - <"$examples/cornea_1540.json" >"$work/out" 2>"$work/err" || fail "standard input: $(cat "$work/err")"
grep -q "^Simulation  standard input: Cornea" "$work/out" || fail "standard input is not named"
sed 's/, "definition": "1\/e"//' "$examples/cornea_1540.json" | "$program" simulate - >"$work/out" 2>"$work/err" && fail "taken"
grep -q "^lasertwin: standard input: beam.definition: is missing; give one of: 1/e2, 1/e$" "$work/err" ||
	fail "the choices are not named: $(cat "$work/err")"
run simulate "$work"; code_is 2; [ "$(wc -l <"$work/err")" -eq 1 ] || fail "an error of more than one line"
# text and JSON say the same, and JSON has no NaN
run simulate "$examples/erbium_2940.json" --json; code_is 0; cp "$work/out" "$work/json"
python3 - "$work/json" <<'EOF' || fail "JSON"
import json, sys
def never(word): raise ValueError(word)
answer = json.load(open(sys.argv[1]), parse_constant=never)
assert answer["ablation"]["removed"] and "error_K" not in answer["hottest"] and answer["hottest"]["depth_um"] > 0
EOF
run simulate "$examples/cornea_1540.json"; cp "$work/out" "$work/text"
run simulate "$examples/cornea_1540.json" --json
python3 - "$work/out" "$work/text" <<'EOF' || fail "text and JSON differ"
import json, re, sys
answer, text = json.load(open(sys.argv[1])), open(sys.argv[2]).read()
said = float(re.search(r"^Hottest +([0-9.]+) C", text, re.M).group(1))
assert abs(said - answer["hottest"]["temperature_C"]) < 0.006
assert abs(float(re.search(r"depth 10 um, radius 0 um: peak ([0-9.]+) C", text).group(1)) - answer["points"][0]["peak_C"]) < 0.006
assert answer["points"][0]["peak_error_K"] < 0.5 and answer["diameter_mm"] > 7.07
EOF
# what the page of the format shows is what the commands say, to a per cent
python3 - "$program" planner/simulate/README.md <<'EOF' || fail "planner/simulate/README.md shows other answers"
import re, subprocess, sys
blocks = re.findall(r"^```\n\$ lasertwin (.*)\n((?:.*\n)+?)```$", open(sys.argv[2]).read(), re.M)
assert len(blocks) == 3
number = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
def plain(line): return re.sub(r"(mesh|error) \S+", r"\1", line)
for command, shown in blocks:
    said = subprocess.run([sys.argv[1], *command.split()], capture_output=True, text=True, check=True).stdout.splitlines()
    shown = shown.splitlines()
    assert len(said) == len(shown), command
    for a, b in zip(map(plain, said), map(plain, shown)):
        assert number.sub("#", a) == number.sub("#", b), (a, b)
        for x, y in zip(number.findall(a), number.findall(b)):
            assert abs(float(x) - float(y)) <= 0.01 * abs(float(y)) + 0.02, (a, b)
EOF
if [ -c /dev/full ]; then
	"$program" simulate "$examples/cryogen_spurt.json" >/dev/full 2>"$work/err" && fail "a full disk went unnoticed"
fi
pass "simulation files: answers, refusals, exit codes"
