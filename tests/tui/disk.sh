#!/bin/sh
# Disks in trouble, for real: one that is full (a tmpfs of 4 MB), a folder that cannot be written, a second process, an
# old copy put back, another program's database, a newer version. Each has its own words, and nothing is lost.
. "$(dirname "$0")/lib.sh"
umask 077
run() { "$program" "$@" >"$work/out" 2>"$work/err" </dev/null; code=$?; }
refused() { [ "$code" -ne 0 ] || fail "not refused: $1"; grep -qi -- "$1" "$work/err" || fail "no '$1' in: $(cat "$work/err")"; }
accepted() { [ "$code" -eq 0 ] || fail "refused: $(cat "$work/err")"; }
small=$work/small
sed 's/2026/2024/' tests/validation/import/readings.csv >"$work/readings.csv" # of a year that is over by every clock
# In a mount namespace of our own; where that is not allowed this part is left out, and says so.
if [ -z "$LASERTWIN_DISK_INSIDE" ]; then
	mkdir "$small"
	if unshare -rm sh -c "mount -t tmpfs -o size=4m none '$small'" 2>/dev/null; then
		LASERTWIN_DISK_INSIDE=$small unshare -rm sh "$0" || exit 1
		full="a full disk, "
	else
		full="(a full disk: skipped, no mount namespace here) "
	fi
else
	small=$LASERTWIN_DISK_INSIDE
	mount -t tmpfs -o size=4m none "$small" || fail "no tmpfs"
	clinic "$small/home"
	run add profiles/demo/01.json --home "$small/home"; accepted
	n=0
	while [ "$n" -lt 60 ]; do # fills the disk with what nobody needs, then with records
		head -c 65536 /dev/zero >>"$small/ballast" 2>/dev/null || break
		n=$((n + 1))
	done
	kept=0
	while [ "$kept" -lt 40 ]; do
		run import "$work/readings.csv" --patient "VIRTUAL 01 (II)" --home "$small/home"
		[ "$code" -eq 0 ] || break
		kept=$((kept + 1))
	done
	[ "$code" -ne 0 ] || fail "40 imports on a full disk of 4 MB"
	grep -qiE "full|disk" "$work/err" || fail "a full disk is not named: $(cat "$work/err")"
	run --plain --home "$small/home"; accepted; grep -q "VIRTUAL 01" "$work/out" || fail "a full disk cannot be read"
	run sheet record "VIRTUAL 01 (II)" --home "$small/home" # printing leaves a trace: it may be refused, never broken
	rm "$small/ballast"
	run import "$work/readings.csv" --patient "VIRTUAL 01 (II)" --home "$small/home"; accepted
	run audit verify --home "$small/home"; accepted
	run audit --home "$small/home"; accepted
	[ "$(grep -c "readings.add" "$work/out")" -ge $((kept + 2)) ] || fail "acknowledged imports are gone"
	exit 0
fi
home=$work/home
clinic "$home"
run add profiles/demo/01.json --home "$home"; accepted
run backup "$work/old.db" --home "$home"; accepted
run add profiles/demo/02.json --home "$home"; accepted
# a second process
planner 80 24 "--home $home"
expect "VIRTUAL 01"
run --plain --home "$home"; refused "another program has the store open"
t kill-server
left=1200 # the program in the window goes when it may
until run --plain --home "$home" && [ "$code" -eq 0 ] || [ "$left" -eq 0 ]; do sleep 0.1; left=$((left - 1)); done
accepted
# an old copy put back beneath its anchor: readable, and says so
cp "$home/clinic.db" "$work/new.db"; cat "$work/old.db" >"$home/clinic.db"
run add profiles/demo/03.json --home "$home"; refused "it is an old copy"
run --plain --home "$home"; accepted; grep -q "VIRTUAL 01" "$work/out" || fail "an old copy cannot be read"
cat "$work/new.db" >"$home/clinic.db"
run --plain --home "$home"; accepted; grep -q "VIRTUAL 02" "$work/out" || fail "the newer file is not back"
# another program's database, a newer version, no database at all
for made in "PRAGMA application_id = 7" "PRAGMA user_version = 99" ""; do
	mkdir -p "$work/other"; rm -f "$work/other"/*
	if [ -n "$made" ]; then
		cp "$work/new.db" "$work/other/clinic.db"
		command -v sqlite3 >/dev/null 2>&1 || { python3 - "$work/other/clinic.db" "$made" 2>/dev/null <<-'P' || continue
			import sqlite3, sys
			c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()
		P
		}
		command -v sqlite3 >/dev/null 2>&1 && sqlite3 "$work/other/clinic.db" "$made"
	else
		head -c 9000 /dev/urandom >"$work/other/clinic.db"
	fi
	before=$(cksum <"$work/other/clinic.db")
	run --plain --home "$work/other"; [ "$code" -ne 0 ] || fail "opened: $made"
	[ -s "$work/err" ] || fail "no reason: $made"
	[ "$(cksum <"$work/other/clinic.db")" = "$before" ] || fail "changed: $made"
done
# a folder that cannot be written (root writes everywhere)
if [ "$(id -u)" -ne 0 ]; then
	chmod 500 "$home"
	run add profiles/demo/03.json --home "$home"; refused "read-only\|cannot be\|permission"
	chmod 700 "$home"
fi
run audit verify --home "$home"; accepted
pass "${full}a second process, an old copy, other programs and versions: told apart, nothing lost"
