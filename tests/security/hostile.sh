#!/bin/sh
# Hostile text through the program itself: case files, imports, reasons, names and sheets; what reaches the terminal and
# the files holds nothing that a terminal, a shell, a database or a spreadsheet would act on.
. "$(dirname "$0")/../tui/lib.sh"
umask 077
home=$work/home
clinic "$home"
esc=$(printf '\033')
csi=$(printf '\302\233')
bidi=$(printf '\342\200\256')
run() { "$program" "$@" --home "$home" >"$work/out" 2>"$work/err" </dev/null; code=$?; }
clean() {
	for file in "$work/out" "$work/err" "$@"; do
		[ -f "$file" ] || continue
		tr -d '\n\r\t' <"$file" | LC_ALL=C grep -q '[[:cntrl:]]' && fail "control bytes in $file: $(od -c "$file" | head -5)"
		grep -qF "$csi" "$file" && fail "an 8-bit CSI in $file"
		grep -qF "$bidi" "$file" && fail "a direction mark in $file"
	done
}
n=0
for hostile in "=HYPERLINK(\\\"http://x\\\")" "'; DROP TABLE patient; --" "\$(touch $work/ran)" "\`touch $work/ran\`" \
	"\\u001b[2J\\u001b]0;owned\\u0007" "\\u202egnp.exe" "\\u200bAda\\u200b" "\\u009b31m" "@SUM(1+1)" "-2+3" "a\\rb"; do
	n=$((n + 1))
	sed -e "s|\"title\": *\"[^\"]*\"|\"title\": \"$(printf '%s' "$hostile" | sed 's/[\\&|]/\\&/g')\"|" \
		-e "s|\"id\": *\"[^\"]*\"|\"id\": \"HOSTILE-$n\"|" profiles/demo/01.json >"$work/case.json"
	[ "$n" -ne 5 ] || { run case "$work/case.json"; clean; } # a plan takes its time
	run add "$work/case.json"; clean
	[ "$code" -eq 0 ] || continue # refused is as good
	kinds=csv
	[ "$n" -ne 5 ] || kinds="txt csv json pdf"
	for kind in $kinds; do
		run sheet record "HOSTILE-$n" --output "$work/sheet.$kind" --force
		[ "$code" -eq 0 ] || fail "no $kind sheet: $(cat "$work/err")"
		[ "$kind" = pdf ] || clean "$work/sheet.$kind"
	done
	LC_ALL=C grep -qE '(^|,)"?[=+@-]' "$work/sheet.csv" && fail "a formula in the CSV: $(grep -nE '(^|,)"?[=+@-]' "$work/sheet.csv")"
	run erase "HOSTILE-$n" --reason "$hostile$esc[31m$bidi"; clean
done
[ "$n" -eq 11 ] || fail "only $n names"
[ -e "$work/ran" ] && fail "a name was run"
run --plain; clean
run user add "mallory" --role viewer --name "=1+1$esc[2J$bidi" --new-secret-file "$work/secret" --secret-cost least; clean
run user list; clean
run import "$work/none$esc[2J.csv" --patient "x$esc[2J"; clean
printf 'reading,value,unit\nita_deg,\033[2J41,deg\n' >"$work/hostile.csv"
run import "$work/hostile.csv" --patient "VIRTUAL"; clean; [ "$code" -ne 0 ] || fail "imported an escape sequence"
run audit; clean; run audit verify; clean; [ "$code" -eq 0 ] || fail "the audit is broken: $(cat "$work/err")"
planner 80 24 "--home $home"
expect "Worklist"
t capture-pane -p | LC_ALL=C grep -q "$esc" && fail "an escape sequence on the screen"
pass "$n hostile names through cases, sheets, reasons, imports and the audit: all inert"
