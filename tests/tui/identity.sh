#!/bin/sh
# Who a patient is, corrected: by command and in the conversation; old and new are said before, the identifiers on record
# asked again; an approval for the former identity holds no more; whoever may not is refused.
. "$(dirname "$0")/lib.sh"
home=$work/home
run() { "$program" "$@" --home "$home" >"$work/out" 2>"$work/err" </dev/null; code=$?; }
ok() { run "$@"; [ "$code" -eq 0 ] || fail "$*: exit $code: $(cat "$work/err" "$work/out")"; }
refused() { wanted=$1; shift; run "$@"; [ "$code" -ne 0 ] || fail "not refused: $*"
	grep -qF -- "$wanted" "$work/err" || fail "$*: no \"$wanted\" in: $(cat "$work/err")"; }
says() { grep -qF -- "$1" "$work/out" || fail "\"$1\" is not said: $(cat "$work/out")"; }
(umask 077; echo virtual >"$work/secret")
tech="--demo --login demo-technician --secret-file $work/secret"
derm="--demo --login demo-dermatologist --secret-file $work/secret"
view="--demo --login demo-viewer --secret-file $work/secret"
why="as on the passport"

# shellcheck disable=SC2086
{
# an approved plan, then another name
ok plan new 3 $tech
ok plan list $tech
plan=$(cut -c1-8 "$work/out" | head -1)
patient=$(sed 's/.*UTC  //' "$work/out" | head -1)
ok plan propose "$plan" $tech
ok plan approve "$plan" --identifier "$patient" --second-identifier VIRTUAL-03 --reason "as discussed with the patient" $derm
refused "at least 10 characters" patient correct "$patient" name="VIRTUAL Three" $tech
says "name           $patient -> VIRTUAL Three"
says "1 approved plan of this patient"
refused "does not belong to this patient" patient correct "$patient" name="VIRTUAL Three" \
	--identifier "VIRTUAL Three" --second-identifier VIRTUAL-03 --reason "$why" $tech
refused "may not" patient correct "$patient" name="VIRTUAL Three" $view
refused "is not name=" patient correct "$patient" nom="VIRTUAL Three" $tech
refused "says that already" patient correct "$patient" record_number=VIRTUAL-03 $tech
refused "another patient" patient correct "$patient" record_number=virtual-04 \
	--identifier "$patient" --second-identifier VIRTUAL-03 --reason "$why" $tech
ok deliver "$plan" $tech
ok patient correct "$patient" name="VIRTUAL Three" birth=1984-02 \
	--identifier "$patient" --second-identifier VIRTUAL-03 --reason "$why" $tech
ok patient show "VIRTUAL Three" $tech
says "born 1984-02"; says "before: $patient"; says "corrected by demo-technician: $why"
ok patient show "VIRTUAL Three" --json $tech
says '"version":1'
ok plan show "$plan" $tech
says "the patient's identity was changed"
refused "the plan is stale" deliver "$plan" open $tech
ok audit $derm
}
grep -q "patient.change" "$work/out" || fail "not in the audit"
grep "patient.change" "$work/out" | grep -q "VIRTUAL Three" && fail "the audit names the patient"

# as a conversation: two steps, a wrong identifier on the way
"$program" demo --plain --home "$home" >"$work/out" 2>"$work/err" <<-LINES
	open VIRTUAL 04
	correct
	VIRTUAL Four
	-
	1990

	VIRTUAL 04 (V)
	VIRTUAL-05
	$why

	VIRTUAL-04

	correct
	.
	quit
LINES
[ $? -eq 0 ] || fail "the conversation failed: $(cat "$work/err" "$work/out")"
says 'name: "VIRTUAL 04 (V)" becomes "VIRTUAL Four". record number: "VIRTUAL-04" becomes "".'
says "ERROR: does not belong to this patient"
says "Done: Corrected; the former identity is kept."
says "Who VIRTUAL Four is"
pass "command and conversation, confirmed by identifiers, approvals fall, refusals, audit without names"
