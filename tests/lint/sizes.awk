# Size limits: functions at most 80 lines, their median at most 15; files at most 900. A table (an
# initialiser) is not a function. Relies on the house style: a function's braces stand in column 1.
FNR == 1 { if (name != "") check_file(); name = FILENAME; lines = 0 }
{ lines = FNR }
/^\{/ { start = FNR; title = previous }
/^\}[ \t]*$/ && start { length_of = FNR - start - 1; count++; all[count] = length_of
	if (length_of > 80) printf "%s:%d: function of %d lines (at most 80): %s\n", FILENAME, start, length_of, title
	start = 0 }
{ previous = $0 }
END { check_file(); median() }
function check_file() { if (lines > 900) printf "%s: %d lines (at most 900)\n", name, lines }
function median(   i, j, t, n) {
	for (i = 1; i <= count; i++) histogram[all[i]]++
	for (j = 0; j < 10000 && n * 2 < count; j++) n += histogram[j]
	if (j - 1 > 15) printf "median function of %d lines (at most 15)\n", j - 1
}
