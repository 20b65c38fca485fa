#!/bin/sh
# The Debian package: complete fields, nothing but what belongs in it, the program in it runs from where it is put, and
# packing again gives the same bytes. `make deb-check` installs it in a clean root.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
fail() { echo "FAIL  deb: $1"; [ -f "$work/log" ] && tail -5 "$work/log" | sed 's/^/      | /'; exit 1; }
build=$work/build
make --no-print-directory deb BUILD="$build" CC="${CC:-gcc}" >"$work/log" 2>&1 || fail "make deb does not end well"
package=$(ls "$build"/lasertwin_*.deb) || fail "no package"
first=$(sha256sum <"$package")
make --no-print-directory deb BUILD="$build" CC="${CC:-gcc}" >"$work/log" 2>&1 || fail "make deb does not end well the second time"
[ "$first" = "$(sha256sum <"$package")" ] || fail "packing twice gives different bytes"
for field in Package Version Architecture Depends Description; do
	[ -n "$(dpkg-deb -f "$package" $field)" ] || fail "no $field"
done
for library in libgsl libsqlite3 libsodium libcjson libncursesw; do
	dpkg-deb -f "$package" Depends | grep -q "$library" || fail "$library is not a dependency"
done
dpkg-deb -x "$package" "$work/root" || fail "cannot be unpacked"
(cd "$work/root" && dpkg-deb --ctrl-tarfile "$package" | tar -xO ./md5sums | md5sum --quiet -c) || fail "md5sums differ"
odd=$(find "$work/root" ! -type d ! -type f -o -type f ! -path '*/usr/bin/lasertwin' -perm /111 -o -perm /6022)
[ -z "$odd" ] || fail "links, odd modes or programs that do not belong: $odd"
strings -n 8 "$work/root/usr/bin/lasertwin" | grep -qF "$PWD" && fail "holds the path it was built in"
unset LASERTWIN_PROFILES
"$work/root/usr/bin/lasertwin" demo --plain --profiles "$work/root/usr/share/lasertwin/profiles" --home "$work/home" \
	</dev/null >"$work/out" 2>"$work/log" || fail "the packaged program does not plan the demo"
grep -q 'VIRTUAL PATIENT' "$work/out" || fail "the packaged program does not print the demo's plan"
gzip -dc "$work/root/usr/share/man/man1/lasertwin.1.gz" | grep -q '^.TH LASERTWIN' || fail "no manual page"
sh -n "$work/root/usr/share/bash-completion/completions/lasertwin" 2>/dev/null ||
	bash -n "$work/root/usr/share/bash-completion/completions/lasertwin" || fail "completion does not parse"
echo "ok    deb: complete, same bytes twice, runs from where it is unpacked"
