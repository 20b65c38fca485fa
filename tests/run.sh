#!/bin/sh
# Runs test programs and terminal scripts (*.sh, one case each) two at a time; closes with the sum.
# usage: run.sh [--valgrind] PROGRAM...
set -u
wrapper=
if [ "${1:-}" = --valgrind ]; then
	wrapper="valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite"
	shift
fi
export TZ=UTC LC_ALL=C.UTF-8 LINES=24 COLUMNS=80 CMOCKA_MESSAGE_OUTPUT=stdout
export no_proxy="127.0.0.1,localhost${no_proxy:+,$no_proxy}" # what is spoken to is here
export NO_PROXY="$no_proxy"
unset NO_COLOR LASERTWIN_HOME LASERTWIN_LOGIN LASERTWIN_SECRET_FILE CMOCKA_XML_FILE
export LASERTWIN_PROFILES="$PWD/profiles" # programs under test do not lie beside them
logs=$(mktemp -d)
export XDG_CONFIG_HOME="$logs/no-config" # nobody's own settings
trap 'rm -rf "$logs"' EXIT
i=0
for program in "$@"; do
	i=$((i + 1))
	printf '%s\0%s\0' "$program" "$logs/$(printf %03d $i)"
done | xargs -0 -n 2 -P 2 sh -c '
	case "$0" in
	*.sh)
		sh "$0" >"$1" 2>&1; code=$?
		cat "$1"
		[ "$code" -eq 0 ] && echo "1 0 0 $0" >"$1.sum" || echo "0 1 $code $0" >"$1.sum"
		exit 0 ;;
	esac
	'"$wrapper"' "$0" >"$1" 2>&1; code=$?
	passed=$(sed -n "s/^\[  PASSED  \] \([0-9]*\) test(s)\.*$/\1/p" "$1" | awk "{s+=\$1} END{print s+0}")
	failed=$(grep -c "^\[  FAILED  \] [a-z_]*$" "$1")
	[ "$code" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
	echo "$passed $failed $code $0" >"$1.sum"
	if [ "$code" -eq 0 ]; then printf "ok    %4d  %s\n" "$passed" "$0"
	else printf "FAIL  %4d  %s (exit %d)\n" "$failed" "$0" "$code"; cat "$1"; fi'
awk '{p += $1; f += $2} END {printf "%d passed, %d failed\n", p, f; exit f > 0 || p == 0}' "$logs"/*.sum
