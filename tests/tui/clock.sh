#!/bin/sh
# A station whose clock is wrong: a clock that went back is asked about before anything is signed, and one that was set
# forward and back again prolongs no approval.
. "$(dirname "$0")/lib.sh"
(umask 077; echo virtual >"$work/secret")
if ldd "$program" 2>/dev/null | grep -qE "lib(a|t)san"; then
	pass "skipped: the checker's library must be loaded first"
	exit 0
fi
cc -shared -fPIC -o "$work/clock.so" "$(dirname "$0")/../sync/clock_shift.c" -ldl || fail "no wrong clock"
run() { # SECONDS ARGUMENT...
	shift_s=$1; shift
	CLOCK_SHIFT_S=$shift_s LD_PRELOAD="$work/clock.so" "$program" "$@" --home "$work/home" --demo --secret-file "$work/secret" \
		>"$work/out" 2>"$work/err" </dev/null
}
ok() { run "$@" || fail "$*: $(cat "$work/err" "$work/out")"; }
refused() { wanted=$1; shift; run "$@" && fail "not refused: $*"
	grep -q -- "$wanted" "$work/err" || fail "$*: no \"$wanted\" in: $(cat "$work/err")"; }
tech="--login demo-technician" derm="--login demo-dermatologist"

# shellcheck disable=SC2086
{
ok 0 plan new 3 $tech
ok 0 plan list $tech
plan=$(cut -c1-8 "$work/out" | head -1)
ok 0 plan propose "$plan" $tech
approve="plan approve $plan --identifier VIRTUAL-03 --second-identifier"
reason="seen today with the patient"
refused "before the last entry" -7200 $approve "VIRTUAL 03 (III)" --reason "$reason" $derm
ok -7200 $approve "VIRTUAL 03 (III)" --reason "$reason" --clock-is-right $derm
ok 0 plan show "$plan" $tech
grep -q "Approved by Virtual" "$work/out" || fail "not approved: $(cat "$work/out")"

# a year and more ahead it has expired, and stays so when the clock comes back
ok 40000000 plan list $tech
grep -q "^$plan .*expired" "$work/out" || fail "not expired: $(cat "$work/out")"
ok 0 plan list $tech
grep -q "^$plan .*expired" "$work/out" || fail "valid again: $(cat "$work/out")"
refused "expired" 0 deliver "$plan" open $tech
ok 0 plan new 3 $tech
ok 0 plan list $tech
other=$(awk '/draft/ {print $1}' "$work/out" | head -1)
ok 0 plan propose "$other" $tech
refused "before the last entry" 0 plan approve "$other" --identifier VIRTUAL-03 --second-identifier "VIRTUAL 03 (III)" \
	--reason "$reason" $derm
}
pass "a clock that went back is asked about; one set forward and back prolongs nothing"
