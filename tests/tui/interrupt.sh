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
# Ctrl-C is heard at once where something is asked, and the terminal echoes again
clinic "$work/home"
ask() { start 80 24 "trap : INT; $program $1 --home $work/home; echo \"  ended-with-\$?\"; read line; exec sleep 60"; }
unset LASERTWIN_LOGIN LASERTWIN_SECRET_FILE
ask "worklist"; expect "Login:"; keys C-c; expect "nothing was done"; expect "ended-with-1"
keys "echoed"; expect "echoed"
ask "user list --login chief"; expect "Secret:"; keys "abc" C-c; expect "nothing was done"; expect "ended-with-1"
keys "echoed"; expect "echoed"; gone "abc"
ask "user add other --role viewer"; expect "New secret"; keys C-c; expect "ended-with-1"
start 80 24 "trap : INT; $program --home $work/new; echo \"  ended-with-\$?\"; exec sleep 60"
expect "Login ("; keys C-c; expect "ended-with-1"
# where HOME says nothing, records are not looked for where one happens to stand
env -u HOME -u XDG_DATA_HOME "$program" worklist --demo >"$work/out" 2>&1 </dev/null
grep -qF "./.local" "$work/out" && fail "in the folder one stands in: $(cat "$work/out")"
pass "progress and Ctrl-C, at prompts too"
