#!/bin/sh
# Settings on their screen: changed by arrows and by typing, kept in the file beside the user's comments, taken over at
# once, refused with the limit, undone; the same as a conversation.
. "$(dirname "$0")/lib.sh"
export XDG_CONFIG_HOME="$work/config"
file=$XDG_CONFIG_HOME/lasertwin/config
mkdir -p "$XDG_CONFIG_HOME/lasertwin"
printf '# mine: never touch\nplots = braille\n' >"$file"
holds() { left=1200; until grep -qxF -- "$1" "$file"; do sleep 0.05; left=$((left - 1)); [ "$left" -gt 0 ] ||
	fail "\"$1\" is not in the file: $(cat "$file")"; done; }
demo 100 32
expect "VIRTUAL 03"
keys ,
expect "Left and Right change"
keys /
t send-keys -l "lock-after"
expect "/ lock-after_"
keys Enter
gone "lock-after_"
expect "In the file: lock-after"
keys Enter
expect "Setting: lock-after"
t send-keys -l "999999"
keys Enter
expect "from 0 (never) to 86400"
keys BSpace BSpace BSpace Enter
expect "holds from now on"
holds "lock-after = 999"
keys u
expect "lock-after: as by default again"
holds "#lock-after = 999"
keys /
expect "/ lock-after_"
keys Escape
gone "/ lock-after"
keys /
t send-keys -l "ascii only"
expect "/ ascii only_"
keys Enter
gone "ascii only_"
expect "write ASCII only"
keys Left
expect "ascii: yes"
expect "> ascii" # at once: the sign of selection is no longer a triangle
holds "ascii = yes"
keys u
expect "▸ ascii"
keys Q
expect "Leave lasertwin?"
keys y
expect "ended-with-0"
"$program" demo --plain --home "$work/home" >"$work/out" 2>"$work/err" <<-LINES || fail "$(cat "$work/err")"
	settings
	open theme
	pink
	light
	undo
	quit
	yes
LINES
grep -qF "must be one of: dark light contrast" "$work/out" || fail "a wrong word is taken: $(cat "$work/out")"
grep -qF "theme: light. Kept in the file" "$work/out" || fail "not kept: $(cat "$work/out")"
holds "# mine: never touch"
holds "plots = braille"
holds "#theme = light"
pass "changed, refused, kept beside comments, at once, undone"
