#!/bin/sh
# Keys typed ahead: kept where they only move, dropped where a dialog decides something. The popup of keys comes a
# moment after Space and goes with the next key.
. "$(dirname "$0")/lib.sh"
demo 80 24
expect "VIRTUAL 08"
keys Down Down Down Enter
expect "VIRTUAL PATIENT VIRTUAL 04"
keys Q y
expect "Leave lasertwin?"
keys ?
expect "Leave lasertwin?" # the y came before the question stood there: it was not an answer
keys Escape
gone "Leave lasertwin?"
keys Space
expect "Keys here: press one"
keys 4
gone "Keys here"
expect "Devices for"
keys Space 2
expect "For tattoo black"
keys m
expect "Nothing is being computed."
keys Q
expect "Leave lasertwin?"
keys y
expect "ended-with-0"
pass "typed ahead where it only moves, never across a decision; popup of keys"
