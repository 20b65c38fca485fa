#!/bin/sh
# The screens that are lists, on the demo clinic: opened by their key and from the palette, searched, left again.
. "$(dirname "$0")/lib.sh"
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
expect "type a part of the name"
t send-keys -l "course of"
expect "go: course of treatments"
keys Enter
expect "Cumulative dose of each field"
keys '?'
expect "Help: Course"
keys q
expect "Visits, latest first"
keys Q
expect "Leave lasertwin?"
keys y
expect "ended-with-0"
pass "lists of records by key, palette and help"
