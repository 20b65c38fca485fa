#!/bin/sh
# A patient nobody was asked about: questions answered one by one and all at once, the skin type by its form, and
# all of it there again after the program was left.
. "$(dirname "$0")/lib.sh"
records="$work/records"
again() { planner 80 24 "demo --home $records"; }
again
expect "VIRTUAL 08"
keys End Enter; expect "Not answered:"
keys w; expect "never taken as no"
expect "NOT ANSWERED"
keys y; expect "which means never"
keys 'yes' Enter; expect "the number is missing"
keys BSpace BSpace BSpace 400 Enter; expect "400 d"
keys N; expect "was asked every one"
keys y n; expect "was asked every one"
keys A; expect "all answered"
keys s; expect "are kept"
keys q; expect "Readings"
keys t; expect "0 of 10 answered"
keys 4444444444; expect "40 points, type VI"
keys Enter; expect "Skin type VI by 40 points"
keys s; expect "are kept"
keys q q; expect "Leave lasertwin?"
keys y; expect "ended-with-0"
again
expect "VIRTUAL 08"
keys End Enter; expect "type VI"
keys w; expect "Questions: all answered"
expect "400 d"
pass "questions, skin type, kept"
