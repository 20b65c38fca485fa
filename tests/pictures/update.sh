#!/bin/sh
# usage: update.sh PROGRAM FILE: draws anew the block behind each line `<!-- picture KEYS -->` of FILE.
set -eu
program=$1 file=$2
new=$(mktemp)
trap 'rm -f "$new"' EXIT
inside=
while IFS= read -r line; do
	case $line in
	"<!-- picture "*" -->")
		keys=${line#<!-- picture }
		keys=${keys% -->}
		printf '%s\n```\n' "$line"
		"$program" "$keys"
		printf '```\n'
		inside=before ;;
	'```')
		case $inside in before) inside=in ;; in) inside= ;; *) printf '%s\n' "$line" ;; esac ;;
	*) [ -n "$inside" ] || printf '%s\n' "$line" ;;
	esac
done <"$file" >"$new"
cat "$new" >"$file"
