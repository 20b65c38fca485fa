#!/bin/sh
# The lock: by key and by itself, nothing of a patient on the screen, the wrong secret, another person, back where
# one was.
. "$(dirname "$0")/lib.sh"
umask 077
start 80 24 "$program demo --home $work/home --lock-after 4; echo \"  ended-with-\$?\"; exec sleep 60"
expect "VIRTUAL 01"
keys Enter; expect "Readings"
expect "locked" # by itself
gone "VIRTUAL 01"; gone "Readings"
expect "demo-technician"
keys -l 'not the secret'; expect "*************"; keys Enter
expect "wrong secret"
keys -l 'virtual'; keys Enter
expect "Readings"; gone "locked"
keys C-l; expect "locked" # by key
keys Tab BSpace BSpace BSpace BSpace BSpace BSpace BSpace BSpace BSpace BSpace
keys -l 'dermatologist'; expect "demo-dermatologist_"
keys Tab; keys -l 'virtual'; keys Enter
expect "Readings"
keys C-l; expect "locked"; keys Escape; expect "ended-with-0"
pass "the lock"
