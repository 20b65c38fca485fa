#!/bin/sh
# Case S1 from today's readings to the signed sheet, on the screens, and the number of keys that takes: the README says
# the same number. Readings are typed anew, one after the other, as they come from the meters.
. "$(dirname "$0")/lib.sh"
home=$work/home
pressed=0
k() { for key in "$@"; do pressed=$((pressed + 1)); keys "$key"; done; }
text() { pressed=$((pressed + ${#1})); t send-keys -l "$1"; }
clinic "$home"
(umask 077; echo 'violet canyon lantern' >"$work/derm")
"$program" user add derm --name "Dr Example" --role dermatologist --secret-cost least --new-secret-file "$work/derm" \
	--home "$home" >"$work/out" 2>&1 || fail "no dermatologist: $(cat "$work/out")"
sed 's/"title": "[^"]*"/"title": "Example S1"/' tests/validation/cases/S1.json >"$work/S1.json"
"$program" add "$work/S1.json" --home "$home" >"$work/out" 2>&1 || fail "not added: $(cat "$work/out")"
planner 100 40 "--home $home"
expect "Example S1"
k Enter
expect "For acne scars"
# reading LINES LABEL VALUE: so many lines down, typed, taken
reading() {
	down=$1
	while [ "$down" -gt 0 ]; do k Down; down=$((down - 1)); done
	expect "▸ $2 "
	k Enter; expect "Enter takes it"
	text "$3"; k Enter; gone "Enter takes it"
}
reading 5 ITA 46
reading 6 "Melanin index, field" 210
reading 1 "Melanin index, adjacent" 206
reading 1 "Melanin index, unexposed" 200
reading 1 "Erythema index" 265
reading 1 Epidermis 62
reading 1 Dermis 1.9
reading 2 TEWL 9.5
reading 1 Hydration 48
k 5
expect "Outcomes, 5..95 %"
k f
expect "Fitted: the lowest sufficient dose"
gone "(old settings)" # a plan is kept once it is judged
k s
expect "Saved as a draft"
k 8
expect "Plans, latest first"
k Enter
expect "Findings, strongest first"
k p
expect "is proposed"
k P
expect "I have read this plan"
text "Example S1"; k Enter; text S1; k Enter Enter; text derm; k Enter; text "violet canyon lantern"; k Enter
expect "Signed by"
k Q
expect "Leave lasertwin?"
k y
expect "ended-with-0"
"$program" plan list --home "$home" >"$work/out" 2>&1
plan=$(cut -c1-8 "$work/out" | head -1)
grep -q approved "$work/out" || fail "not approved: $(cat "$work/out")"
"$program" sheet treatment "$plan" --home "$home" >"$work/sheet" 2>&1 || fail "no sheet: $(cat "$work/sheet")"
grep -q "Example S1" "$work/sheet" && grep -qi "energy" "$work/sheet" || fail "the sheet lacks patient or settings"
said=$(sed -n 's/.*: \([0-9]*\) keys from the readings to the signed plan.*/\1/p' README.md)
[ "$said" = "$pressed" ] || fail "README says ${said:-no number of} keys, it takes $pressed"
pass "case S1 from readings to the signed sheet: $pressed keys, as the README says"
