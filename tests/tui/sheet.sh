#!/bin/sh
# Sheets from the records: made, written by suffix, not overwritten, entered in the audit trail, without names when asked.
. "$(dirname "$0")/lib.sh"
home=$work/home
run() { "$program" "$@" --demo --home "$home" >"$work/out" 2>"$work/err"; code=$?; }
ok() { run "$@"; [ $code -eq 0 ] || fail "$* ends with $code: $(cat "$work/err")"; }
bad() { wanted=$1; shift; run "$@"; [ $code -eq "$wanted" ] || fail "$* ends with $code, not $wanted"; }
says() { grep -qF -- "$1" "$work/out" || fail "'$1' is not said"; }
ok plan new 1
ok plan list
plan=$(awk 'NR == 1 {print $1}' "$work/out")
ok sheet treatment "$plan"; says "must not be treated from"
ok sheet approval "$plan" --output "$work/a.pdf"
[ "$(head -c 5 "$work/a.pdf")" = "%PDF-" ] || fail "not a PDF"
bad 1 sheet approval "$plan" --output "$work/a.pdf"
ok sheet approval "$plan" --output "$work/a.pdf" --force
bad 2 sheet approval "$plan" --output "$work/a.doc"
bad 2 sheet session "$plan"
bad 2 sheet record nobody
ok sheet record "VIRTUAL 01 (II)"; says "VIRTUAL-01"
bad 2 sheet record "VIRTUAL 01 (II)" --deidentify
ok sheet record "VIRTUAL 01 (II)" --deidentify --salt once --output "$work/r.csv"
grep -q "VIRTUAL 01\|VIRTUAL-01" "$work/r.csv" && fail "the de-identified export names its patient"
ok sheet statistics --json; says '"Plans in the span"'
python3 -m json.tool <"$work/out" >/dev/null || fail "the JSON does not parse"
bad 2 sheet statistics --from 2026-02-30
pass "sheets are made, kept and entered"
