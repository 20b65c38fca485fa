#!/bin/sh
# The screens that are lists, and the histogram, on the demo clinic: opened by key and from the palette, left again.
. "$(dirname "$0")/lib.sh"
home=$(home)
(umask 077; echo virtual >"$work/secret")
for plan in first second; do
	"$program" plan new 3 --demo --home "$home" >"$work/out" 2>&1 || fail "no $plan draft: $(cat "$work/out")"
done
demo 100 32
expect "VIRTUAL 03"
keys 9
expect "open a patient (1, Enter)"
keys Enter
expect "Melanin index, adjacent"
keys 9
expect "Cumulative dose of each field"
expect "Nothing was delivered here yet."
expect "record VIRTUAL-0"
keys q
gone "Cumulative dose"
keys :
expect "type letters of the name"
t send-keys -l "course of"
expect "go: course of treatments"
keys Enter
expect "Cumulative dose of each field"
keys '?'
expect "Help: Course"
keys q
expect "Visits, latest first"
keys q
gone "Visits, latest first"

# benefit and harm over the skins the readings allow
keys 5
expect "Outcomes, 5..95"
keys b
expect "Benefit and harm over 64 skins"
expect "R-BURN"
keys q
gone "Benefit and harm"

# the two versions of the plan
keys 8
expect "Plans, latest first"
keys =
expect "there is nothing to compare"
keys Enter
expect "Findings, strongest first"
keys =
expect "different,"
expect "version 2, picoway.532_zoom, draft"
keys Left
expect "Version 1 is the first."
keys q
gone "different,"

# the station: what everybody may see, what takes an administrator
keys .
expect "devices and profiles"
keys Enter
expect "for administrators: lock with Ctrl-L"
keys H
expect "27 profiles"
keys Enter
expect "profile digest"
keys q
gone "profile digest"
keys @
expect "GPL-3.0-or-later"
keys ,
expect "lasertwin/config"
keys Q
expect "Leave lasertwin?"
keys y
expect "ended-with-0"
demo 100 32 "--login demo-administrator --secret-file $work/secret"
expect "VIRTUAL 03"
keys Z
expect "Head, as printed on every sheet"
keys Y
expect "VERIFIED:"
keys W
expect "4 people, 0 disabled"
keys Q
expect "Leave lasertwin?"
keys y
expect "ended-with-0"
pass "lists of records by key, palette and help"
