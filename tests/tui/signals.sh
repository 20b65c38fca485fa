#!/bin/sh
# Every deadly signal gives the terminal back: settings as before, main screen, cursor on, and a word why.
. "$(dirname "$0")/lib.sh"
for signal in SEGV:139 BUS:135 FPE:136 ILL:132 ABRT:134 TERM:143 HUP:129 INT:130 QUIT:131; do
	word=${signal%:*} code=${signal#*:}
	demo="sh -c 'echo \$\$ >$work/pid; exec $program demo --home $(home)'"
	start 80 24 "stty -g >$work/before; $demo; code=\$?; stty -g >$work/after; echo \"  ended-with-\$code\"; exec sleep 600"
	expect "7 Checks"
	keys Enter; expect "Readings"
	kill "-$word" "$(child)" || fail "no process to signal"
	expect "ended-with-$code"
	expect "lasertwin"
	cmp -s "$work/before" "$work/after" || fail "$word: terminal settings differ: $(cat "$work/before") / $(cat "$work/after")"
	[ "$(t display -p '#{alternate_on}')" = 0 ] || fail "$word: still on the alternate screen"
	[ "$(t display -p '#{cursor_flag}')" = 1 ] || fail "$word: cursor off"
done
pass "terminal restored after nine signals"
