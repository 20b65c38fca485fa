#!/bin/sh
# The real program in an emulator (pyte) and in tmux against the canvas of the screens, cell for cell: see emulator.py.
. "$(dirname "$0")/lib.sh"
pictures=$(dirname "$program")/tests/pictures/pictures
/usr/bin/python3 -c 'import pyte' 2>/dev/null || { echo "ok    emulator (skipped: no python3-pyte)"; exit 0; }
[ -x "$pictures" ] || fail "$pictures is not built"
clinic "$work/clinic"
mkdir "$work/records"
said=$(/usr/bin/python3 "$(dirname "$0")/emulator.py" "$program" "$pictures" "$work/records" "$work/clinic") || {
	echo "$said"
	exit 1
}
pass "$said"
