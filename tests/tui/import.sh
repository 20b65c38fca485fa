#!/bin/sh
# import: readings from CSV, JSON and an export, all of them or none; faults by line; the twin sees them.
. "$(dirname "$0")/lib.sh"
run() { "$program" "$@" --home "$work/home" >"$work/out" 2>"$work/err" </dev/null; code=$?; }
code_is() { [ "$code" -eq "$1" ] || fail "exit $code, not $1: $(cat "$work/err")"; }
says() { grep -q -- "$1" "$work/${2:-out}" || fail "no \"$1\": $(cat "$work/${2:-out}")"; }
files=$work # of a year that is over by every machine's clock
for file in readings.csv readings.json wide.csv; do sed 's/2026/2024/' "tests/validation/import/$file" >"$files/$file"; done
who="VIRTUAL 02 (IV)"

run import "$files/readings.csv" --check; code_is 0
says "^7 readings of 2 days could be kept; nothing is imported"
run import "$files/readings.csv" --demo; code_is 2
says "whose readings" err
run import "$files/readings.csv" --patient "$who" --demo; code_is 0
says "^7 readings of 2 days kept with $who"
run import "$files/wide.csv" --map profiles/mappings/example_wide.json --patient "$who" --demo; code_is 0
run import "$files/readings.json" --patient "$who" --demo; code_is 0
run import "$files/readings.json" --patient nobody --demo; code_is 2
says "nobody is called" err

sed 's/,1700,um,/,1700,mm,/; s/91.4/914/' "$files/readings.csv" >"$work/bad.csv"
run import "$work/bad.csv" --patient "$who" --demo; code_is 2
says "bad.csv: line 5: dermis_mm" err
says "bad.csv: line 6: skin_temp_C" err
says "2 faults; nothing is imported" err
run import "$files/wide.csv" --check; code_is 2
says "needs --map" err
run twin history --patient "$who" --demo; code_is 0
says "No twin is kept yet"
pass "import: CSV, JSON, mapping; all or nothing; faults by line"
