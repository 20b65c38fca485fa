#!/bin/sh
# As a conversation, by lines from a script: worklist, patient, readings, device, fit, checks, draft, proposed, approved,
# delivered, closed; what is refused is said with the next step; nothing places the cursor; the lock asks again.
. "$(dirname "$0")/lib.sh"
home=$work/home
talk() { "$program" demo --plain --home "$home" >"$work/out" 2>"$work/err"; code=$?
	[ "$code" -eq 0 ] || fail "exit $code: $(cat "$work/err" "$work/out")"
	! grep -q "$(printf '\033')" "$work/out" || fail "an escape sequence was written"; }
says() { grep -qF -- "$1" "$work/out" || { cat "$work/out"; fail "\"$1\" is not said"; }; }

# from the worklist to a saved draft; mistakes on the way
talk <<-LINES
	read 3
	fli
	99
	3
	open Epidermis
	12,5
	5000
	68
	skin
	.
	questions
	clear 4
	no 4
	checks
	device
	open picoway.532_zoom
	fit
	less 1
	undo
	prediction
	checks
	read 1
	save
	quit
	yes
LINES
says "VIRTUAL PATIENT"
says 'ERROR: "fli" is no action here; ? lists what can be done.'
says "ERROR: there is no line 99 here; lines are 1 to 8."
says "Takes: 20 to 1600 um"
says "write 12.5 if that is what you mean"
says "5000 um is implausible"
says "Done: Epidermis: 68"
says "0 to 4"
says "Fitted: the lowest sufficient dose"
says "depth"
says "R-EYE-1 Eyewear OD: no override"
says "Ended."
"$program" plan list --demo --home "$home" >"$work/out" 2>"$work/err" || fail "no list: $(cat "$work/err")"
grep -q draft "$work/out" || fail "no draft was kept"
plan=$(cut -c1-8 "$work/out" | head -1)
"$program" deliver "$plan" --demo --home "$home" >"$work/plan" 2>&1 || "$program" plan show "$plan" --demo --home "$home" >"$work/plan"
setting() { sed -n "s/.*\\b$1 \\([0-9.]*\\).*/\\1/p" "$work/plan" | head -1; }
fluence=$(setting fluence); spot=$(setting spot)
[ -n "$fluence" ] && [ -n "$spot" ] || fail "no settings in: $(cat "$work/plan")"

# proposed, approved by the dermatologist after one wrong identifier, treated, closed
talk <<-LINES
	plans
	1
	treat
	propose
	approve
	Somebody Else
	VIRTUAL-03
	seen today with the patient
	demo-dermatologist
	virtual
	VIRTUAL 03 (III)
	
	
	
	virtual
	treat
	open Open the session
	open Two identifiers
	VIRTUAL 03 (III)
	VIRTUAL-03
	open Side, seen
	both
	open consent
	paper 7
	open Photograph
	IMG_1
	e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
	open Console
	PW-1
	picoway.532_zoom
	H1
	
	open Output check
	0.3
	0.31
	J/cm2
	open Eyewear
	7
	7
	open Cooling
	cold air 4
	open Time-out
	both
	technician and patient
	open START
	open Pass 1
	$fluence
	$spot
	40
	open What is seen
	1
	open Finish
	
	back
	close
	demo-dermatologist
	virtual
	quit
	yes
LINES
says "only an approved plan is treated by"
says "is proposed."
says "ERROR: "
says "does not belong to this patient"
says "is approved."
! grep -qx virtual "$work/out" || fail "a secret was repeated"
says "The rules stand; the first pulse may fall."
says "Recorded: pass."
says "is closed."
"$program" plan list --demo --home "$home" >"$work/list" 2>&1
grep -q closed "$work/list" || fail "not closed: $(cat "$work/list")"

# an end of the input is an end; in ASCII nothing else is written
"$program" demo --plain --ascii --home "$home" </dev/null >"$work/out" 2>"$work/err" || fail "end of input: $(cat "$work/err")"
says "Ended."
LC_ALL=C grep -q '[^ -~]' "$work/out" && fail "more than ASCII with --ascii"

# the lock, when nobody has said anything for a while; by word, and back at the patient one was with
mkfifo "$work/lines"
"$program" demo --plain --lock-after 1 --home "$home" <"$work/lines" >"$work/out" 2>"$work/err" &
talker=$!
exec 3>"$work/lines"
said() { left=1200; until grep -qF -- "$1" "$work/out" || [ "$left" -eq 0 ]; do sleep 0.05; left=$((left - 1)); done; says "$1"; }
said "Nothing was said for 1 seconds"
said "Login (empty: demo-technician):"
printf '\nwrong\n' >&3
said "Try again"
exec 3>&-
wait $talker || fail "after the lock: $(cat "$work/err")"
says "Ended."
talk <<-LINES
	3
	lock
	
	virtual
	quit
LINES
says "Locked."
sed -n '/^Locked/,$p' "$work/out" >"$work/after" && mv "$work/after" "$work/out"
says "Patient. TRAINING: VIRTUAL PATIENT  VIRTUAL 03"
pass "from the worklist to a closed plan by lines alone, refusals, end of input, lock"
