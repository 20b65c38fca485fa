#!/bin/sh
# A reading is edited: a comma is explained, an implausible value refused, a good one taken.
. "$(dirname "$0")/lib.sh"
demo 80 24
expect "Worklist"
keys Enter; expect "Readings"
keys Down Down Down Down Down Enter; expect "takes"
keys '12,5' Enter; expect "write 12.5"
keys BSpace BSpace BSpace BSpace
keys 999 Enter; expect "999"
keys BSpace BSpace BSpace
keys 41 Enter; expect "41.0 deg"
expect "was 44.0 deg"
pass "a reading edited, refusals explained"
