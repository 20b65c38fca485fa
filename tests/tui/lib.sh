# Common part of the terminal scripts: the real program in tmux, and assertions that wait.
# Each script prints one line and exits 0 or 1.
program=${LASERTWIN:-./lasertwin}
name=$(basename "$0" .sh)
work=$(mktemp -d)
servers=0
export LC_ALL=C.UTF-8
export LASERTWIN_PROFILES="${LASERTWIN_PROFILES:-$PWD/profiles}"
unset NO_COLOR LASERTWIN_HOME LASERTWIN_LOGIN LASERTWIN_SECRET_FILE LINES COLUMNS # the window says its size
ulimit -c 0

t() { tmux -L "lasertwin-$$-$servers" -f /dev/null "$@"; }
finish() { t kill-server 2>/dev/null; rm -rf "$work"; }
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
demo() { start "$1" "$2" "$program demo --home $(home) $3; echo \"  ended-with-\$?\"; exec sleep 60"; }
# clinic HOME: records with one administrator, who is the one asking from then on.
clinic() {
	(umask 077; echo 'walnut harbour sextant' >"$work/secret")
	export LASERTWIN_LOGIN=tester LASERTWIN_SECRET_FILE="$work/secret"
	"$program" user add tester --role administrator,technician --secret-cost least --new-secret-file "$work/secret" \
		--home "$1" >"$work/out" 2>"$work/err" || fail "no clinic: $(cat "$work/err")"
}
keys() { t send-keys "$@"; }

# expect TEXT [SECONDS]: waits until the text stands on the screen. A minute: machines that check are slow at times.
expect() {
	left=$((${2:-60} * 20))
	while [ "$left" -gt 0 ]; do
		t capture-pane -p 2>/dev/null | tr '\n' ' ' | tr -s ' ' | grep -qF -- "$1" && return 0
		sleep 0.05
		left=$((left - 1))
	done
	fail "'$1' does not appear"
}
# gone TEXT: waits until the text has left the screen.
gone() {
	left=1200
	while [ "$left" -gt 0 ]; do
		t capture-pane -p 2>/dev/null | grep -qF -- "$1" || return 0
		sleep 0.05
		left=$((left - 1))
	done
	fail "'$1' stays"
}
