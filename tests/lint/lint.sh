#!/bin/sh
# What the compiler cannot see: include direction, sizes, banned calls, who may include which library.
set -u
bad=0
complain() { [ -z "$1" ] && return; printf '%s\n' "$1" >&2; bad=1; }
sources=$(git ls-files -co --exclude-standard '*.c' '*.h' 2>/dev/null || find physics devices planner ui tests -name '*.[ch]')
product=$(echo "$sources" | grep -v '^tests/')
# shellcheck disable=SC2086
complain "$(awk -f tests/lint/includes.awk $sources)"
# shellcheck disable=SC2086
complain "$(awk -f tests/lint/sizes.awk $product)"
# shellcheck disable=SC2086
complain "$(grep -nE '(//|/\*).*\b(TODO|FIXME|XXX|HACK)\b' $sources /dev/null)"
# shellcheck disable=SC2086
complain "$(grep -nE '[[:space:]]+$' $sources /dev/null | sed 's/$/<- trailing space/' | head -20)"
# Long lines are hard to read side by side.
# shellcheck disable=SC2086
complain "$(awk 'length($0) > 120 {printf "%s:%d: line of %d characters (at most 120)\n", FILENAME, FNR, length($0)}' $product)"
tops=$(git ls-files 2>/dev/null | cut -d/ -f1 | sort -u | grep -vE '^(planner|physics|devices|ui|profiles|tests|Makefile|README\.md|COPYING|\..*)$')
complain "${tops:+outside the fixed top level: $tops}"
[ "$bad" -eq 0 ] && echo "lint: clean"
exit "$bad"
