#!/bin/sh
# Without a terminal: version, help, exit codes, the demo and a case as text, hostile file names.
. "$(dirname "$0")/lib.sh"
run() { "$program" "$@" >"$work/out" 2>"$work/err" </dev/null; code=$?; }
code_is() { [ "$code" -eq "$1" ] || fail "exit $code, not $1: $(cat "$work/err")"; }
run --version; code_is 0; grep -q "^lasertwin [0-9]" "$work/out" || fail "no version"
run --help; code_is 0; grep -q "^usage: lasertwin" "$work/out" || fail "no help"
run help twin; code_is 0; grep -q "twin forecast" "$work/out" || fail "the family of commands is not listed"
run help twin fit; code_is 0; grep -q "^usage: lasertwin twin fit" "$work/out" || fail "no help on one command"
run help frob; code_is 2; grep -q "frob" "$work/err" || fail "help does not name the bad word"
run twin; code_is 2; grep -q "fit, history, show, learn, forecast" "$work/err" || fail "the second words are not named"
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
# add: one line, on the list afterwards; a bad file and an unknown device write nothing
run add profiles/demo/03.json --home "$work/new"; code_is 2
grep -q "user add" "$work/err" || fail "a clinic without people does not say what to do"
clinic "$work/new"
run add profiles/demo/03.json --home "$work/new"; code_is 0
[ "$(wc -l <"$work/out")" -eq 1 ] || fail "add prints other than one line"
run --plain --home "$work/new"; code_is 0
grep -q "VIRTUAL 03" "$work/out" || fail "the added patient is not on the list"
run add profiles/demo/03.json --home "$work/new"; code_is 1 # there already
sed 's/picoway\.532_zoom/nosuch.mode/' profiles/demo/03.json >"$work/unknown.json"
for file in "$work/broken.json" "$work/none.json" "$work/unknown.json"; do
	run add "$file" --home "$work/untouched"; code_is 2
done
[ -e "$work/untouched" ] && fail "a refused file made records"
clinic "$work/empty"
run --plain --home "$work/empty"; code_is 0
grep -q "lasertwin add FILE" "$work/out" || fail "an empty clinic does not say what to do"
# profiles: beside the program, never those of the folder one stands in
here=$PWD
mkdir -p "$work/bin" "$work/elsewhere/profiles/safety" && : >"$work/elsewhere/profiles/safety/rules.json"
cp "$program" "$work/bin/lasertwin"
ln -s "$here/profiles" "$work/bin/profiles"
saved=$LASERTWIN_PROFILES program=$work/bin/lasertwin
unset LASERTWIN_PROFILES
cd "$work/elsewhere" || fail "no folder to stand in"
run case "$here/profiles/demo/03.json"; code_is 0
grep -q "Verdict" "$work/out" || fail "profiles beside the program are not found"
run case "$here/profiles/demo/03.json" --profiles profiles; code_is 2 # named, and empty
cd "$here" || exit 1
export LASERTWIN_PROFILES="$saved"
# a plan that could not be written was not made
if [ -c /dev/full ]; then
	"$program" case profiles/demo/03.json >/dev/full 2>"$work/err" && fail "a full disk is not reported"
	grep -q "could not be written" "$work/err" || fail "a full disk is not explained"
fi
pass "commands and exit codes without a terminal"
