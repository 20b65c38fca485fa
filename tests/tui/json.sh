#!/bin/sh
# A table of commands: what prints data prints it as JSON too, and every kind of end has its exit code: 0 done,
# 1 not done, 2 bad input. The manual and the completion know every command and option.
. "$(dirname "$0")/lib.sh"
home=$work/home
(umask 077; echo virtual >"$work/secret")
case_file=tests/validation/cases/S1.json
# code, whether JSON is printed, the command
check() {
	want=$1 json=$2; shift 2
	case "$*" in *--login*) set -- "$@" --secret-file "$work/secret" ;; esac
	"$program" "$@" --home "$home" >"$work/out" 2>"$work/err" </dev/null; code=$?
	[ "$code" -eq "$want" ] || fail "$*: exit $code, not $want: $(cat "$work/err" | head -3)"
	[ "$want" -eq 0 ] || [ -s "$work/err" ] || fail "$*: nothing said of what went wrong"
	case "$want $*" in
	[12]*--json*) # a complaint is JSON too, one line
		/usr/bin/python3 -c 'import json, sys; e = json.loads(open(sys.argv[1]).read())["error"]
assert e["exit"] == int(sys.argv[2]) and e["kind"] and e["text"], e' "$work/err" "$want" 2>"$work/why" ||
			fail "$*: its complaint is no JSON: $(cat "$work/err" "$work/why")" ;;
	esac
	if [ "$json" = json ]; then
		/usr/bin/python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$work/out" 2>"$work/err" ||
			fail "$*: no JSON: $(head -c 200 "$work/out")"
	fi
}
command -v /usr/bin/python3 >/dev/null || { echo "ok    json (skipped: no python3)"; exit 0; }
tech=demo-technician
derm=demo-dermatologist
"$program" demo --plain --home "$home" >/dev/null 2>&1 </dev/null || fail "no demo"
check 0 json worklist --demo --json
"$program" plan new 3 --demo --home "$home" >"$work/new" 2>&1 || fail "no draft: $(cat "$work/new")"
check 0 json plan list --demo --json
plan=$(sed 's/.*"plan":"\([0-9a-f]*\)-.*/\1/' "$work/out" | head -1)
while read -r code json line; do
	[ -n "$code" ] || continue
	# shellcheck disable=SC2086
	check "$code" "$json" $line
done <<-TABLE
	0 json login --demo --json --login $tech
	0 json user list --demo --json --login demo-administrator
	0 json audit --demo --json --login demo-administrator
	0 json audit verify --demo --json --login demo-administrator
	0 json unfinished --demo --json --login $tech
	0 json plan show $plan --demo --json --login $tech
	0 json plan overrides --demo --json --login $derm
	0 json deliver $plan --demo --json --login $tech
	0 json twin history --patient VIRTUAL-03 --demo --json --login $tech
	0 json twin fit $case_file --json
	0 json reflectance $case_file --json
	0 json case $case_file --json
	0 json check $case_file --json
	0 json compare $case_file tests/validation/cases/S2.json --json
	0 json mpe picoway.532_zoom --json
	0 json course VIRTUAL-03 --demo --json --login $tech
	0 json devices --demo --json --login $tech
	0 json about --json
	0 json plan diff $plan 1 1 --demo --json --login $tech
	0 json plan new 2 --demo --json --login $tech
	0 json emergency list --demo --json --login demo-administrator
	2 text emergency show nowhere --demo --json --login demo-administrator
	2 text sync test --json
	0 json train --json
	0 json train gold --json
	0 json sheet treatment $plan --demo --json --login $tech
	0 json sheet statistics --demo --json --login $derm
	0 text help
	0 text version
	0 text manual
	0 text completion
	0 text config
	1 text plan approve $plan --demo --login $tech --reason seen-today-here
	2 text plan show ffffffff --demo --login $tech
	1 text login --demo --login nobody
	2 text case nowhere.json
	2 text case
	2 text nonsense
	2 text case $case_file --nonsense
	2 text mpe picoway.nothing --json
	2 text sync list --demo --json --login $tech
	2 text demo --keys qwerty
	2 text plan list --state nonsense --demo --login $tech
TABLE
# the manual and the completion: every command, every option
"$program" help >"$work/help"
"$program" manual >"$work/manual"
"$program" completion >"$work/completion"
for option in $("$program" completion | grep -o -- '--[a-z-]*' | sort -u); do
	grep -q -- "$(echo "$option" | sed 's/-/\\\\-/g')\|$option" "$work/manual" || fail "$option is not in the manual"
done
for command in worklist "plan list" "audit verify" train mc "twin history" unfinished; do
	grep -q "$command" "$work/manual" || fail "$command is not in the manual"
	grep -q "${command%% *}" "$work/completion" || fail "$command is not in the completion"
done
pass "JSON from every command that prints data, exit codes, manual, completion"
