#!/bin/sh
# The lock: by key and by itself, nothing of a patient on the screen, the wrong secret, another person, back where
# one was.
. "$(dirname "$0")/lib.sh"
umask 077
# By itself: what stood there before it is not waited for, it may be gone; and it may come again while one looks.
planner 80 24 "demo --home $work/home --lock-after 1"
expect "locked"
expect "demo-technician"
gone "VIRTUAL 01"; gone "Worklist"
keys Escape; expect "ended-with-0"
planner 80 24 "demo --home $work/home"
expect "VIRTUAL 01"
keys Enter; expect "Readings"
keys C-l; expect "locked" # by key
gone "VIRTUAL 01"; gone "Readings"
expect "demo-technician"
keys -l 'not the secret'; expect "*************"; keys Enter
expect "wrong secret"
keys -l 'virtual'; keys Enter
expect "Readings"; gone "locked"
keys C-l; expect "locked"
keys Tab BSpace BSpace BSpace BSpace BSpace BSpace BSpace BSpace BSpace BSpace
keys -l 'dermatologist'; expect "demo-dermatologist_"
keys Tab; keys -l 'virtual'; keys Enter
expect "Readings"; gone "locked"
keys C-l; expect "locked"; keys Escape; expect "ended-with-0"
pass "the lock"
