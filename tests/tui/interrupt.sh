#!/bin/sh
# A case that takes long says so on the terminal; Ctrl-C ends it with 130 and nothing printed. Into a file, no
# progress is written.
. "$(dirname "$0")/lib.sh"
# As many requests as a case holds: long enough to be seen at work on any machine.
case=$work/long.json
python3 - tests/validation/cases/S2.json "$case" <<'EOF' || fail "no case"
import json, sys
case = json.load(open(sys.argv[1]))
case["requests"] = (case["requests"] * 32)[:32]
json.dump(case, open(sys.argv[2], "w"))
EOF
start 80 24 "trap : INT; $program case $case >$work/out; echo \"  ended-with-\$?\"; exec sleep 60"
expect "of 32:"
expect "Ctrl-C stops"
keys C-c
expect "ended-with-130"
expect "nothing is printed"
[ -s "$work/out" ] && fail "something was printed"
"$program" case profiles/demo/01.json >"$work/out" 2>"$work/err" || fail "$(cat "$work/err")"
[ -s "$work/err" ] && fail "progress in a file: $(cat "$work/err")"
pass "progress and Ctrl-C"
