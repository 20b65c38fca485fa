#!/bin/sh
# kill -9 of the whole program on a terminal at a random moment, keys running: the next start is clean, the audit
# verifies, nothing that was said to be kept is gone. usage: kill.sh [COUNT]
count=${1:-10}
. "$(dirname "$0")/../tui/lib.sh"
umask 077
home=$work/home
kept_before=0 lost=0 broken=0 kills=0 seed=${LASERTWIN_SEED:-1}
next() { seed=$(((seed * 1103515245 + 12345) % 2147483648)); echo $((seed / 65536 % $1)); }
entries() { "$program" audit --demo --home "$home" --login demo-viewer --secret-file "$work/demo" 2>"$work/err" |
	grep -c "readings.add"; }
# The records are free again a moment after the kill.
freed() {
	left=1200
	while kill -0 "$1" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null && [ "$left" -gt 0 ]; do
		sleep 0.05
		left=$((left - 1))
	done
}
echo virtual >"$work/demo"
"$program" demo --plain --home "$home" >/dev/null 2>&1
while [ "$kills" -lt "$count" ]; do
	planner 80 24 "demo --home $home 2>$work/stderr"
	expect "VIRTUAL 01"
	pid=$(child)
	keys Enter Down Down Down Down Down
	steps=$((1 + $(next 8)))
	while [ "$steps" -gt 0 ]; do # another reading, kept; the program is still at it when it is killed
		keys Enter BSpace BSpace BSpace BSpace "$((20 + $(next 40)))" Enter s
		steps=$((steps - 1))
	done
	sleep "0.$(next 9)"
	# what the screen says is kept was acknowledged
	said=$(t capture-pane -p 2>/dev/null | grep -ciE "kept|saved" || true)
	kill -9 "$pid" 2>/dev/null
	freed "$pid"
	kills=$((kills + 1))
	t kill-server 2>/dev/null
	now=$(entries)
	if ! "$program" audit verify --demo --home "$home" --login demo-viewer --secret-file "$work/demo" \
		>"$work/out" 2>&1; then
		broken=$((broken + 1)); cat "$work/out"
	fi
	[ "${now:-0}" -lt "$kept_before" ] && lost=$((lost + 1))
	[ "$said" -gt 0 ] && [ "${now:-0}" -le 0 ] && lost=$((lost + 1))
	kept_before=${now:-0}
done
[ "$broken" -eq 0 ] && [ "$lost" -eq 0 ] || fail "$kills kills: $broken broken, $lost lost"
pass "$kills kills at random moments, $kept_before readings kept, audit whole each time"
