#!/bin/sh
# From the worklist through every step and back; the mark of virtual patients is always there.
. "$(dirname "$0")/lib.sh"
see() { expect "$1"; expect "VIRTUAL PATIENT"; }
demo 80 24
see "never controls a device"
keys Enter; see "Readings"
keys 4; see "Devices for"
keys 3; see "Properties"
keys 5; see ", 7 shows all"
keys Right; see "5.00 mJ"
keys f; see "Fitted:"
keys a; see "Alternatives: settings"
keys q; see "Coagulation depth"
keys 6; see "Prediction"
keys 7; see "Checks"
keys '?'; see "Help: Checks"
keys q; expect "Checks"
keys m; see "Messages, latest first"
keys q
keys :; see "type letters of the name"
keys Escape; gone "type letters of the name"
for step in 1 2 3 4 5 6 7; do keys q; done
expect "Leave lasertwin?"
keys Enter; expect "Leave lasertwin?"
keys y; expect "ended-with-0"
pass "worklist to checks and back"
