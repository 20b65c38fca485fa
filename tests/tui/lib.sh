# Common part of the terminal scripts: the real program in tmux, and assertions that wait.
# Each script prints one line and exits 0 or 1.
program=${LASERTWIN:-./lasertwin}
name=$(basename "$0" .sh)
# Windows get their command as one line: no blanks in its paths, and a socket's path is short.
work=$(mktemp -d)
case $work in
*[!A-Za-z0-9/._-]* | ???????????????????????????????????????????????????????????????????*)
	rmdir "$work"
	work=$(TMPDIR=/tmp mktemp -d) ;;
esac
servers=0
export LC_ALL=C.UTF-8 SHELL=/bin/sh
export LASERTWIN_PROFILES="${LASERTWIN_PROFILES:-$PWD/profiles}"
export XDG_CONFIG_HOME="$work/no-config" # nobody's own keys and colours
unset NO_COLOR LASERTWIN_HOME LASERTWIN_LOGIN LASERTWIN_SECRET_FILE LINES COLUMNS # the window says its size
unset TMUX TMUX_TMPDIR ENV
ulimit -c 0

t() { tmux -S "$work/tmux-$servers" -f /dev/null "$@"; }
finish() {
	t kill-server 2>/dev/null
	left=100 # the program in the window goes when it may, and writes until then
	until rm -rf "$work" 2>/dev/null || [ "$left" -eq 0 ]; do sleep 0.1; left=$((left - 1)); done
}
trap finish EXIT
trap 'exit 1' INT TERM

if ! command -v tmux >/dev/null 2>&1; then
	echo "ok    $name (skipped: no tmux)"
	exit 0
fi

fail() {
	echo "FAIL  $name: $1"
	t capture-pane -p 2>/dev/null | sed 's/^/      | /'
	exit 1
}
pass() { echo "ok    $name: $1"; exit 0; }

# start COLS ROWS COMMAND: the command in a fresh window of that size.
start() {
	t kill-server 2>/dev/null
	servers=$((servers + 1)) # a new server each time: the old one may still be going
	t new-session -d -x "$1" -y "$2" "$3" || fail "tmux does not start"
}
# Records of their own for each start: the program before may still hold its own.
home() { echo "$work/home-$((servers + 1))"; }
# planner COLS ROWS ARGUMENTS: the program in a fresh window, its process in $work/pid; how it ends is said there.
planner() {
	rm -f "$work/pid"
	start "$1" "$2" "sh -c 'echo \$\$ >$work/pid; exec $program $3'; echo \"  ended-with-\$?\"; exec sleep 600"
}
demo() { planner "$1" "$2" "demo --home $(home) $3"; }
child() { cat "$work/pid"; }
# clinic HOME: records with one administrator, who is the one asking from then on.
clinic() {
	(umask 077; echo 'walnut harbour sextant' >"$work/secret")
	export LASERTWIN_LOGIN=tester LASERTWIN_SECRET_FILE="$work/secret"
	"$program" user add tester --role administrator,technician --secret-cost least --new-secret-file "$work/secret" \
		--home "$1" >"$work/out" 2>"$work/err" || fail "no clinic: $(cat "$work/err")"
}
keys() { t send-keys "$@"; }

# The screen as one line, so that what is wrapped is found; no window left is no answer.
screen() { t capture-pane -p 2>/dev/null | tr '\n' ' ' | tr -s ' '; }
# expect TEXT: waits until the text stands on the screen. A minute and more: machines that check are slow at times. Frames
# arrive in parts: what stands beside the text is to be expected as well, not looked up once.
expect() {
	left=1200
	while [ "$left" -gt 0 ]; do
		screen | grep -qF -- "$1" && return 0
		sleep 0.05
		left=$((left - 1))
	done
	fail "'$1' does not appear"
}
# gone TEXT: waits until the text has left the screen.
gone() {
	left=1200
	while [ "$left" -gt 0 ]; do
		seen=$(screen)
		case $seen in "" | " ") ;; *"$1"*) ;; *) return 0 ;; esac
		sleep 0.05
		left=$((left - 1))
	done
	fail "'$1' stays"
}
