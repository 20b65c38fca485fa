#!/bin/sh
# Without a terminal: version, help, exit codes, the demo and a case as text, hostile file names.
. "$(dirname "$0")/lib.sh"
run() { "$program" "$@" >"$work/out" 2>"$work/err" </dev/null; code=$?; }
code_is() { [ "$code" -eq "$1" ] || fail "exit $code, not $1: $(cat "$work/err")"; }
run --version; code_is 0; grep -q "^lasertwin [0-9]" "$work/out" || fail "no version"
run --help; code_is 0; grep -q "^usage: lasertwin" "$work/out" || fail "no help"
run frob; code_is 2; grep -q "frob" "$work/err" || fail "the bad word is not named"
run case "$work/none.json"; code_is 2; grep -q "none.json" "$work/err" || fail "the missing file is not named"
printf '{"schema": 1' >"$work/broken.json"
run case "$work/broken.json"; code_is 2
hostile=$(printf '%s/a\033[2Jb.json' "$work")
run case "$hostile"; code_is 2
grep -q "$(printf '\033')" "$work/err" && fail "an escape sequence came through"
run demo --home "$work/home"; code_is 0
grep -q "VIRTUAL PATIENT" "$work/out" || fail "the demo is not marked virtual"
grep -q "Verdict" "$work/out" || fail "the demo has no verdict"
run case profiles/demo/03.json --json; code_is 0
grep -q '"verdict"' "$work/out" || fail "no verdict in the JSON"
run case profiles/demo/03.json --ascii; code_is 0
LC_ALL=C grep -q '[^ -~]' "$work/out" && fail "--ascii prints other characters"
pass "commands and exit codes without a terminal"
