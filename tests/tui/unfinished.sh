#!/bin/sh
# kill -9 in the middle of the work: readings and settings typed are offered at the next start, to be taken up or
# discarded, to the one who typed them alone; the lock goes on where one was.
. "$(dirname "$0")/lib.sh"
umask 077
echo virtual >"$work/demo"
home=$work/home
begin() { planner 80 24 "demo --home $home $1 2>$work/stderr"; }
die() {
	kill -9 "$(child)" || fail "no program to kill"
	expect "ended-with-137"
}
begin; expect "VIRTUAL 01"
keys Enter; expect "Readings"
keys Down Down Down Down Down Enter; expect "takes"
keys 41 Enter; expect "was 44.0 deg"
keys Down Enter; expect "ITA"; expect "takes"
keys 43 Enter; expect "ITA unexposed"; gone "takes"
die
begin "--login demo-dermatologist --secret-file $work/demo" # somebody else: told on opening, nothing of it shown
expect "VIRTUAL 01"
keys Enter; expect "demo-technician has unfinished work on this patient"
expect "44.0 deg"
keys q; expect "Worklist"; gone "Readings"; keys q; expect "Leave lasertwin"; keys y; expect "ended-with-0"
ask() { "$program" "$@" --demo --home "$home" --login demo-technician --secret-file "$work/demo" >"$work/out" 2>&1; }
ask unfinished || fail "unfinished: $(cat "$work/out")"
grep -q "demo-technician.*VIRTUAL 01" "$work/out" || fail "the command does not list it: $(cat "$work/out")"
ask unfinished discard "VIRTUAL 02 (IV)" && fail "discarded what is not there"
begin; expect "Unfinished work of demo-technician"; expect "VIRTUAL 01"
keys Enter; expect "Taken up"
expect "41.0 deg"; expect "43.0 deg"
die # again, nothing saved: still there
begin; expect "Unfinished work of demo-technician"
keys Escape; gone "Unfinished work"
keys Enter; expect "Unfinished work of demo-technician" # not opened over it
keys D; expect "Discarded"; expect "44.0 deg"
keys Down Down Down Down Down Enter; expect "takes"
keys 42 Enter; expect "was 44.0 deg"
keys C-l; expect "locked"; gone "42.0"
keys -l virtual; keys Enter; expect "42.0 deg"; gone "locked" # the same screen, the same work
keys s; expect "are kept"
die
ask unfinished; grep -q "Nothing is unfinished" "$work/out" || fail "saved work is called unfinished: $(cat "$work/out")"
begin; expect "VIRTUAL 01"; gone "Unfinished"
keys Enter; expect "42.0 deg"
pass "readings survive kill -9, are offered, taken up, discarded; the lock goes on where one was"
