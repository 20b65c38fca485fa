#!/bin/sh
# Several lines at once: tagged on the screens and as a conversation, listed before anything is done, proposed together;
# sheets into a folder; one's own secret changed by somebody who is no administrator.
. "$(dirname "$0")/lib.sh"
home=$(home)
for plan in 1 2 3; do
	"$program" plan new "$plan" --demo --home "$home" >"$work/out" 2>&1 || fail "no draft: $(cat "$work/out")"
done
demo 100 30
expect "VIRTUAL 03"
expect "TRAINING: VIRTUAL PATIENTS"
keys 8
expect "Plans, latest first"
keys '*'
expect "*1 tagged"
keys '*'
expect "*2 tagged"
keys '&' p
expect "2 tagged: propose to a dermatologist 2, leave out 0"
keys Enter
keys y
expect "2 done, 0 failed, 0 not done, 0 left out"
keys q
gone "2 done, 0 failed"
expect "proposed"
keys Q
expect "Leave lasertwin?"
keys y
expect "ended-with-0"

# the rest as a conversation; what is left out is said with the reason
talk() { "$program" "$@" >"$work/out" 2>"$work/err" || fail "exit $?: $(cat "$work/err" "$work/out")"; }
says() { grep -qF -- "$1" "$work/out" || { cat "$work/out"; fail "\"$1\" is not said"; }; }
mkdir "$work/sheets"
talk demo --plain --home "$home" <<-LINES
	plans
	tag every line shown
	propose the drafts
	yes
	back
	worklist
	tag 3
	sheets into a folder
	$work/sheets
	yes
	back
	quit
	yes
LINES
says "3 tagged: propose to a dermatologist 1, leave out 2"
says "only a draft is proposed"
says "1 done, 0 failed, 0 not done, 2 left out"
says "1 tagged: write records 1, leave out 0"
"$program" plan list --demo --home "$home" >"$work/out" 2>&1
[ "$(grep -c proposed "$work/out")" -eq 3 ] || fail "not three proposed: $(cat "$work/out")"
[ "$(head -c 4 "$work"/sheets/record-*.pdf)" = %PDF ] || fail "no record was written"

# somebody who is no administrator, and afterwards the old secret opens nothing
clinic "$work/clinic"
(umask 077; echo 'copper lantern meadow' >"$work/first"; echo 'willow basalt anchor' >"$work/second")
"$program" user add kim --role technician --secret-cost least --new-secret-file "$work/first" --home "$work/clinic" \
	>"$work/out" 2>&1 || fail "kim is not let in: $(cat "$work/out")"
unset LASERTWIN_LOGIN LASERTWIN_SECRET_FILE
talk --plain --home "$work/clinic" --login kim --secret-file "$work/first" <<-LINES
	your own secret
	copper lantern meadow
	short
	short
	wrong old secret
	willow basalt anchor
	willow basalt anchor
	copper lantern meadow
	willow basalt anchor
	willow basalt anchor
	quit
	yes
LINES
says "the new secret is shorter than 12 characters"
says "unknown login or wrong secret"
says "Your secret is changed"
! grep -qE "lantern|basalt" "$work/out" || fail "a secret was repeated"
talk worklist --home "$work/clinic" --login kim --secret-file "$work/second"
"$program" worklist --home "$work/clinic" --login kim --secret-file "$work/first" >"$work/out" 2>&1 &&
	fail "the old secret still opens the records"
pass "tagged, listed, done together; sheets into a folder; one's own secret"
