#!/bin/sh
# Breaking the glass: a viewer records nothing; with a reason they may, loudly, on screens and sheets; it ends, and
# another person reviews it.
. "$(dirname "$0")/lib.sh"
umask 077
echo virtual >"$work/demo"
home=$work/home
as() { who=$1; shift; "$program" "$@" --demo --home "$home" --login "demo-$who" --secret-file "$work/demo" >"$work/out" 2>&1; }
has() { grep -q "$1" "$work/out" || fail "no '$1' in: $(cat "$work/out")"; }
planner 80 24 "demo --home $home --login demo-viewer --secret-file $work/demo"
expect "VIRTUAL 01"; keys Enter; expect "Readings"
keys Down Down Down Down Down Enter; expect "takes"; keys 41 Enter; expect "may not record"
keys '!'; expect "Break the glass"
keys -l 'short'; keys Enter; expect "▸ minutes"; keys Enter; expect "too short"
keys Up; keys -l ' of staff, in pain'; expect "in pain"; keys Down Enter
gone "Break the glass"; expect "EMERGENCY ACCESS of demo-viewer until"
keys 1; expect "VIRTUAL 02"; expect "EMERGENCY ACCESS" # on every screen
keys 2; expect "Readings"; keys s; expect "are kept"
keys q q; expect "Leave lasertwin"; keys y; expect "ended-with-0"
as viewer sheet record "VIRTUAL 01 (II)" || fail "no sheet: $(cat "$work/out")"
[ "$(grep -c "EMERGENCY ACCESS of demo-viewer" "$work/out")" -ge 2 ] || fail "the sheet does not say so: $(cat "$work/out")"
as technician emergency begin --reason "there is no need for it" && fail "a technician broke the glass"
as dermatologist login; has "1 emergency access(es) wait for review"
as dermatologist emergency list; has "WAITS FOR REVIEW"; id=$(cut -c1-8 "$work/out" | head -1)
as dermatologist emergency review "$id" --reason "talked it over, all right" && fail "reviewed while it lasts"
as viewer emergency end || fail "not ended: $(cat "$work/out")"
as viewer sheet record "VIRTUAL 01 (II)"; grep -q EMERGENCY "$work/out" && fail "said after its end"
as viewer emergency review "$id" --reason "talked it over, all right" && fail "a viewer reviewed"
as dermatologist emergency show "$id"; has "readings.add"
as dermatologist emergency review "$id" --reason "talked it over, all right" || fail "not reviewed: $(cat "$work/out")"
as dermatologist emergency list; has "reviewed by demo-dermatologist: talked it over"; has "0 of 1 wait"
as administrator audit; has "emergency.begin"; has "emergency.review"
pass "emergency access: loud, limited, ended, reviewed"
