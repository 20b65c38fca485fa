#!/bin/sh
# Runs the benchmarks and prints one table; writes the same as JSON.
# usage: run.sh OUT.json PROGRAM...    Each program prints lines: name <TAB> value <TAB> unit <TAB> note
set -eu
out=$1
shift
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
export LC_ALL=C.UTF-8 TZ=UTC
# As the program itself does (ui/main.c): memory that was freed is kept for the next run.
export MALLOC_TRIM_THRESHOLD_=134217728 MALLOC_MMAP_THRESHOLD_=134217728
for program in "$@"; do
	"$program" >>"$lines"
done
awk -F '\t' '
	BEGIN { printf "%-58s %12s  %-10s %s\n", "measure", "value", "unit", "note" }
	{ printf "%-58s %12s  %-10s %s\n", $1, $2, $3, $4 }' "$lines"
awk -F '\t' -v machine="$(uname -m), $(grep -m1 "model name" /proc/cpuinfo 2>/dev/null | cut -d: -f2 | sed "s/^ *//")" '
	function quote(text) { gsub(/[\\"]/, "\\\\&", text); return "\"" text "\"" }
	BEGIN { printf "{\"machine\": %s, \"measures\": [", quote(machine) }
	{ printf "%s\n {\"name\": %s, \"value\": %s, \"unit\": %s, \"note\": %s}", (NR > 1 ? "," : ""), quote($1), $2 + 0, quote($3), quote($4) }
	END { print "\n]}" }' "$lines" >"$out"
echo "written to $out"
