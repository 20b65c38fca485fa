#!/bin/sh
# On the demo clinic's screens: a draft is proposed by the technician, approved by the dermatologist, delivered pass by
# pass, and closed; wrong identifiers, a wrong secret and settings above the plan are refused on the way.
. "$(dirname "$0")/lib.sh"
home=$(home)
(umask 077; echo virtual >"$work/secret")
"$program" plan new 3 --demo --home "$home" >"$work/out" 2>&1 || fail "no draft: $(cat "$work/out")"
demo 100 36
expect "VIRTUAL 03"
keys 8
expect "Plans, latest first"
expect "draft"
keys Enter
expect "Findings, strongest first"
expect "VIRTUAL PATIENT"
expect "record VIRTUAL-03"
keys d
expect "only an approved plan is treated by"
keys p
expect "is proposed"
keys P
expect "I have read this plan"
field() { t send-keys -l "$1"; keys Enter; }
approved() { # UNIT: $number is what the form says is approved, once it says so in that unit and to the end
	expect "shows it, $1; approved"
	left=1200 number=
	while [ -z "$number" ] && [ "$left" -gt 0 ]; do
		number=$(screen | sed -n "s|.*shows it, $1; approved \([0-9]*[.][0-9][0-9]\) .*|\1|p")
		left=$((left - 1))
	done
	[ -n "$number" ] || fail "the form does not say what is approved"
}
escape() { keys Escape; gone "$1"; } # Escape and what follows at once would be one key
field "VIRTUAL 04 (V)"; field VIRTUAL-03; field "seen today with the patient"; field demo-dermatologist; field virtual
expect "does not belong to this patient"
t capture-pane -p | grep -q "virtual$" && fail "a secret was shown"
keys Up Up Up Up
keys BSpace BSpace BSpace BSpace BSpace BSpace; field "3 (III)"
keys Enter Enter Enter; field wrong-secret
expect "unknown login or wrong secret"
escape "second identifier"
keys P
expect "second identifier"
field "VIRTUAL 03 (III)"; field VIRTUAL-03; field "seen today with the patient"; field demo-dermatologist; field virtual
expect "Signed by"
expect "signature verified"

# the session: the selected line is always the next that is open
keys d
expect "Open the session"
keys Enter
expect "Session checking"
keys Enter; expect "ask the patient"; field "VIRTUAL 03 (III)"; field 1999
expect "does not belong to this patient"
escape "second identifier"
keys Enter; expect "ask the patient"; field "VIRTUAL 03 (III)"; field VIRTUAL-03; expect "Recorded: identity"
keys Enter; expect "left, right, both"; field both; expect "Recorded: site"
keys Enter; expect "signed paper"; field "paper 7"; expect "Recorded: consent"
keys Enter; expect "of the file"; field IMG_1; expect "sha256sum"
field e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855; expect "Recorded: photograph"
keys Enter; expect "console serial"; field PW-1; field picoway.1064_zoom; field H1; keys Enter
expect "the plan is for picoway.532_zoom"
escape "console serial"
keys Enter; expect "console serial"; field PW-1; field picoway.532_zoom; field H1; keys Enter
expect "Recorded: device"
keys Enter; expect "within 20 %"; field 0.3; field 0.31; field J/cm2; expect "Recorded: calibration"
keys Enter; expect "OD of operator"; field 7; field 7; expect "Recorded: eyewear"
keys Enter; expect "which, and its setting"; field "cold air 4"; expect "Recorded: cooling"
# questions that no rule of this plan asks may stay open; the time-out stands before START and Abort
keys End Up Up
keys Enter; expect "read back from the skin"; field midline; field "technician and patient"; expect "stop and look again"
escape "stop and look again"
keys Enter; expect "read back from the skin"; field both; field "technician and patient"; expect "Recorded: time_out"
keys End Up; keys Enter
expect "The rules stand; the first pulse may fall."
expect "Session running"
expect "pass 0 of 1"
keys Enter; expect "▸ fluence"
approved J/cm2
first=$number
field "$first"; expect "▸ spot"
approved mm
second=$number
field "$(awk "BEGIN {print $second + 1}")"; keys Enter
expect "must"
expect "▸ spot" # the line that was refused
keys BSpace BSpace BSpace BSpace; field "$second"; field 40
expect "Recorded: pass"
expect "pass 1 of 1"
keys Enter; expect "1 slight immediate whitening"; field 1; expect "Recorded: endpoint"
expect "slight immediate whit"
keys End Up; keys Enter; expect "a reason where passes are left out"; keys Enter
expect "The session is finished."
keys q
expect "delivered"

# afterwards: what was seen, and the course that shows it
keys F; expect "days after the delivery"; field 21; field 40; field 2; field no; field 450; field "healed well"
expect "Recorded: follow-up on day 21"
keys E; expect "1 blister"; field 99; field 1; field 1; field no; field 2; field left
expect "is not in the list"
keys BSpace BSpace; field 1; keys Enter Enter Enter Enter Enter
expect "Recorded: blister, mild, day 1"
keys 9; expect "1 ADVERSE"; expect "Too soon today"
keys Down; expect "ADVERSE EVENT, day 1: blister, mild, left"
keys q; gone "Cumulative dose"
keys C; expect "Close plan"; field demo-dermatologist; field virtual
expect "is closed"
keys 8
expect "Plans, latest first"
keys Q
expect "Leave lasertwin?"
keys y
expect "ended-with-0"
"$program" plan list --demo --home "$home" >"$work/out" 2>&1 || fail "no list afterwards: $(cat "$work/out")"
grep -q "closed" "$work/out" || fail "what was shown was not kept: $(cat "$work/out")"
pass "draft, proposed, approved, delivered, closed on the screens, wrong input refused"
