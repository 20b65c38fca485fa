# Includes go down only: ui -> planner -> devices -> physics -> physics/base. Each outside library has
# its few doors. Prints one line per offence.
BEGIN {
	level["physics/base"] = 0; level["physics"] = 1; level["devices"] = 2
	level["planner"] = 3; level["ui"] = 4; level["tests"] = 5
	door["gsl/"] = "^(physics|planner/(twin|fit))/"
	door["cjson/"] = "^(devices|planner)/"
	door["sqlite3.h"] = "^planner/store/"
	door["sodium.h"] = "^planner/store/(vault|digest|sign)\\.c$"
	door["curl/"] = "^planner/sync/http\\.c$"
	door["openssl/"] = "^planner\/sync\/token\\.c$"
	door["curses.h"] = "^ui/term\\.c$"
	door["ncursesw/"] = "^ui/term\\.c$"
	door["utf8proc.h"] = "^ui/text\\.c$"
}
function room(path) {
	if (path ~ /^physics\/base\//) return "physics/base"
	if (match(path, /^[a-z]+\//)) return substr(path, 1, RLENGTH - 1)
	return ""
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, part, "\"")
	from = room(FILENAME); to = room(part[2])
	if (to == "" || !(to in level)) { printf "%s:%d: include \"%s\" does not start at the top of the tree\n", FILENAME, FNR, part[2]; next }
	if (level[to] > level[from]) printf "%s:%d: %s may not include %s\n", FILENAME, FNR, from, part[2]
}
/^[ \t]*#[ \t]*include[ \t]*</ {
	if (FILENAME ~ /^tests\//) next
	split($0, part, /[<>]/)
	for (d in door)
		if (index(part[2], d) == 1 && FILENAME !~ door[d]) printf "%s:%d: <%s> has its door elsewhere (%s)\n", FILENAME, FNR, part[2], door[d]
	if (FILENAME ~ /^(physics|devices)\// && FILENAME != "physics/base/banned.h" && part[2] ~ /^(unistd|fcntl|sys\/|pthread|signal|time)\.?/)
		printf "%s:%d: %s is pure: no <%s>\n", FILENAME, FNR, room(FILENAME), part[2]
}
