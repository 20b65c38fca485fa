# Turns published tables (profiles/tissue/*.csv) into one C file: the array behind spectra_find_table.
#
#     awk -f physics/tables.awk profiles/tissue/*.csv > tissue_tables.c
#
# A file is '# key: value' lines (source, unit and licence are required), one line of column names, and
# rows of numbers whose first column increases. Anything else stops the build with file and line.
# POSIX awk; checked with mawk and gawk.

function stop(text)
{
	print FILENAME ":" FNR ": " text > "/dev/stderr"
	failed = 1
	exit 1
}

function is_number(text)
{
	return text ~ /^-?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?$/
}

function base_name(path)
{
	sub(/.*\//, "", path)
	sub(/\.csv$/, "", path)
	return path
}

function quoted(text)
{
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	return "\"" text "\""
}

function open_table()
{
	tables++
	name[tables] = base_name(FILENAME)
	if (name[tables] !~ /^[a-z][a-z0-9_]*$/)
		stop("file name must be lower case letters, digits and _")
	source[tables] = ""
	unit = licence = ""
	rows[tables] = columns[tables] = 0
	printf "\nstatic const double cell_%s[] = {\n", name[tables]
}

function close_table()
{
	if (tables == 0)
		return
	if (rows[tables] == 0 || source[tables] == "" || unit == "" || licence == "")
		stop("the table before this line lacks rows, source, unit or licence")
	print "};"
}

function header_line(    text)
{
	text = $0
	if (sub(/^# source: */, "", text))
		source[tables] = text
	else if (sub(/^# unit: */, "", text))
		unit = text
	else if (sub(/^# licence: */, "", text))
		licence = text
	else if (text !~ /^# note: /)
		stop("header lines are '# source:', '# unit:', '# licence:' or '# note:'")
}

function data_line(    i, count, field, line)
{
	count = split($0, field, ",")
	if (columns[tables] == 0) {
		columns[tables] = count
		return
	}
	if (count != columns[tables])
		stop("has " count " columns, the header " columns[tables])
	line = "\t"
	for (i = 1; i <= count; i++) {
		if (!is_number(field[i]))
			stop("not a number: " field[i])
		line = line field[i] ", "
	}
	if (rows[tables] > 0 && field[1] + 0 <= last_key)
		stop("the first column must increase")
	last_key = field[1] + 0
	rows[tables]++
	sub(/ $/, "", line)
	print line
}

BEGIN {
	print "/* Made by physics/tables.awk from profiles/tissue; edit those files, not this one. */"
	print "#include \"physics/spectra.h\""
}

FNR == 1 {
	close_table()
	open_table()
}

{ sub(/\r$/, "") }
/^#/ { header_line(); next }
/./ { data_line() }

END {
	if (failed)
		exit 1
	close_table()
	if (failed)
		exit 1
	print "\nconst struct spectra_table spectra_tables[] = {"
	for (t = 1; t <= tables; t++)
		printf "\t{\"%s\",\n\t %s,\n\t %d, %d, cell_%s},\n", name[t], quoted(source[t]), rows[t],
			columns[t], name[t]
	print "};"
	print "const size_t spectra_tables_count = sizeof(spectra_tables) / sizeof(spectra_tables[0]);"
}
