#!/bin/sh
# Sizes while running, on a screen and in a dialog: 80x24 -> 100x30 -> 60x20 -> 40x10 -> 120x40.
. "$(dirname "$0")/lib.sh"
size() { t resize-window -x "$1" -y "$2"; }
demo 80 24
expect "7 Checks"
size 100 30; expect "7 Checks"
keys Enter; expect "Readings"
size 60 20; expect "Readings"
size 40 10; expect "needs a window of 60 x 20"
expect "VIRTUAL"
keys Enter # opens the entry under the notice
size 80 24; expect "takes"
size 60 20; expect "takes"
size 120 40; expect "takes"
keys Escape; gone "takes" # not what stood behind it all along: Escape and a key at once are one key
keys q q; expect "Leave lasertwin?"
keys y; expect "ended-with-0"
pass "five sizes, on screens and in a dialog"
