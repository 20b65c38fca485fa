#!/bin/sh
# Without a terminal: a plan of a virtual patient from draft to closed, by two virtual people, and what is refused.
. "$(dirname "$0")/lib.sh"
run() { "$program" "$@" --home "$work/home" >"$work/out" 2>"$work/err" </dev/null; code=$?; }
code_is() { [ "$code" -eq "$1" ] || fail "$2: exit $code, not $1: $(cat "$work/err" "$work/out")"; }
ok() { run "$@"; code_is 0 "$*"; }
refused() { wanted=$1; shift; run "$@"; [ "$code" -ne 0 ] || fail "not refused: $*"
	grep -q -- "$wanted" "$work/err" || fail "$*: no \"$wanted\" in: $(cat "$work/err")"; }
(umask 077; echo virtual >"$work/secret"; echo wrong >"$work/wrong")
tech="--demo --login demo-technician --secret-file $work/secret"
derm="--demo --login demo-dermatologist --secret-file $work/secret"
view="--demo --login demo-viewer --secret-file $work/secret"

# draft, proposed
# shellcheck disable=SC2086
{
refused "is not left, right" plan new 3 --side up $tech
refused "more sides than" plan new 3 --side both,left $tech
ok plan new 3 --side both $tech
ok plan list $tech
plan=$(cut -c1-8 "$work/out" | head -1)
grep -q "draft" "$work/out" || fail "no draft in the list"
patient=$(sed 's/.*UTC  //' "$work/out" | head -1)
refused "cannot approve a plan that is draft" plan approve "$plan" $derm
refused "may not propose" plan propose "$plan" $view
ok plan propose "$plan" $tech
ok plan show "$plan" $tech
grep -q "Findings:" "$work/out" || fail "no findings in show"
grep -q "Zone cheeks (both)" "$work/out" || fail "no side in show"

# approved: by another, with identifiers, secret and decision
refused "technician may not approve" plan approve "$plan" $tech
refused "identifiers again" plan approve "$plan" $derm --reason "seen today with the patient"
refused "does not belong to this patient" plan approve "$plan" $derm --reason "seen today with the patient" \
	--identifier "Somebody Else" --second-identifier "$patient"
run plan approve "$plan" --demo --login demo-dermatologist --secret-file "$work/wrong"; [ "$code" -ne 0 ] || fail "a wrong secret"
ok plan approve "$plan" $derm --reason "seen today with the patient" --identifier "$patient" \
	--second-identifier VIRTUAL-03
grep -q "is approved" "$work/out" || fail "not approved"
refused "cannot approve" plan approve "$plan" $derm --reason "seen today with the patient" --identifier "$patient" \
	--second-identifier VIRTUAL-03

# the file, on another machine: no records, the public key alone
ok export approval "$plan" $tech
cp "$work/out" "$work/approval.json"
ok export key demo-dermatologist $tech
cp "$work/out" "$work/key"
ok export key demo-technician $tech
cp "$work/out" "$work/other-key"
mkdir "$work/elsewhere"
"$program" verify "$work/approval.json" --key "$work/key" --home "$work/elsewhere" >"$work/out" 2>"$work/err" || fail "not verified: $(cat "$work/err")"
grep -q VERIFIED "$work/out" || fail "verify does not say so"
grep -q "cheeks (both)" "$work/out" || fail "the side is not signed"
[ -z "$(ls "$work/elsewhere")" ] || fail "verify made records"
refused "whose key it is" verify "$work/approval.json"
refused "not trusted" verify "$work/approval.json" --key "$work/other-key"
sed 's/"\(energy_mJ\|fluence_J_cm2\|spot_mm\)\\":[0-9]/"\1\\":9/' "$work/approval.json" | sed 's/_J_cm2\\":[0-9]/_J_cm2\\":9/' >"$work/forged.json"
cmp -s "$work/approval.json" "$work/forged.json" && fail "the forgery changed nothing"
refused "does not belong to this content" verify "$work/forged.json" --key "$work/key"
# by a program that is not ours, where there is one
if command -v openssl >/dev/null && command -v base64 >/dev/null; then
	field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$work/approval.json"; }
	unurl() { tr '_-' '/+' | awk '{n = length($0) % 4; print $0 (n == 2 ? "==" : n == 3 ? "=" : "")}' | base64 -d; }
	payload=$(sed 's/.*"payload":"//; s/","schema":"lasertwin-approval-file.*//; s/\\\\/\\/g; s/\\"/"/g' "$work/approval.json")
	jws=$(field jws)
	printf '%s.%s' "${jws%%..*}" "$(printf %s "$payload" | base64 -w0 | tr '/+' '_-' | tr -d =)" >"$work/input"
	printf %s "${jws##*..}" | unurl >"$work/signature"
	# the key as openssl wants it: SubjectPublicKeyInfo of RFC 8410
	octal=$(printf '302a300506032b6570032100%s' "$(head -1 "$work/key")" |
		awk '{for (i = 1; i < length($0); i += 2) printf "\\%03o", index("0123456789abcdef", substr($0, i, 1)) * 16 - 16 + \
			index("0123456789abcdef", substr($0, i + 1, 1)) - 1}')
	# shellcheck disable=SC2059
	printf "$octal" >"$work/key.der"
	openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in "$work/input" \
		-sigfile "$work/signature" >"$work/out" 2>&1 || fail "openssl does not agree: $(cat "$work/out")"
	other="with openssl, "
fi

# delivery: the checklist, then the passes
refused "not while the session is not opened" deliver "$plan" start $tech
ok deliver "$plan" open $tech
refused "still missing" deliver "$plan" start $tech
refused "identifier 2" deliver "$plan" identity identifier_1="$patient" identifier_2=1999 $tech
ok deliver "$plan" identity identifier_1="$patient" identifier_2=VIRTUAL-03 $tech
refused "not in the approved plan" deliver "$plan" site field=neck side=left $tech
refused "wrong side" deliver "$plan" site field=cheeks side=left $tech
ok deliver "$plan" site field=cheeks side=both $tech
ok deliver "$plan" consent reference="paper 7" $tech
ok deliver "$plan" photograph field=cheeks reference=IMG_1 \
	digest=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 $tech
refused "the plan is for picoway.532_zoom" deliver "$plan" device serial=PW-1 handpiece=picoway.1064_zoom handpiece_serial=H1 $tech
refused "do not treat" device calibrate PW-1 H1 0.3 0.4 J/cm2 $tech
refused "may not enter this" device calibrate PW-1 H1 0.3 0.31 J/cm2 $view
ok device calibrate PW-1 H1 0.3 0.31 J/cm2 $tech
ok device fault PW-1 --reason "the handpiece fell" $tech
ok device calibrate PW-1 H1 0.3 0.31 J/cm2 $tech
ok deliver "$plan" device serial=PW-1 handpiece=picoway.532_zoom handpiece_serial=H1 $tech
ok deliver "$plan" $tech
grep -q "Output check: 0.31 of 0.3 J/cm2; checked .* by demo-technician" "$work/out" || fail "today's check does not count"
ok device calibrations PW-1 $tech
grep -q "counts today .*0.31 of 0.3" "$work/out" && grep -q "revoked .*0.31" "$work/out" && grep -q "fault .*fell" "$work/out" ||
	fail "the series: $(cat "$work/out")"
ok device calibrations --json $tech
grep -q '"standing":"revoked"' "$work/out" || fail "the series as JSON"
refused "is below" deliver "$plan" eyewear od_operator=1 od_patient=7 $tech
ok deliver "$plan" eyewear od_operator=7 od_patient=7 $tech
ok deliver "$plan" time_out side=both text="technician and patient" $tech
for question in $("$program" deliver "$plan" $tech --home "$work/home" | awk '/not asked/ {print $1}'); do
	case $question in alcohol_wet | dry_gauze | oxygen_running) answer=no ;; *) answer=yes ;; esac
	ok deliver "$plan" answer fact="$question" value=$answer $tech
done
ok deliver "$plan" start $tech
ok deliver "$plan" $tech
setting() { sed -n "s/.*\\b$1 \\([0-9.]*\\).*/\\1/p" "$work/out" | head -1; }
spot=$(setting "spot"); fluence=$(setting "fluence")
[ -n "$spot" ] && [ -n "$fluence" ] || fail "no settings in: $(cat "$work/out")"
more=$(awk "BEGIN {print $fluence + 0.1}")
refused "must not exceed the approved" deliver "$plan" pass field=cheeks spot_mm="$spot" fluence_J_cm2="$more" $tech
refused "outside" deliver "$plan" pass field=cheeks spot_mm="$spot" fluence_J_cm2=200 $tech
ok deliver "$plan" pass field=cheeks spot_mm="$spot" fluence_J_cm2="$fluence" pulses=40 $tech
refused "approved passes" deliver "$plan" pass field=cheeks spot_mm="$spot" fluence_J_cm2="$fluence" $tech
refused "not in the list" deliver "$plan" endpoint field=cheeks endpoint=fine $tech
refused "what was seen" deliver "$plan" finish $tech
ok deliver "$plan" endpoint field=cheeks endpoint="slight immediate whitening" $tech
ok deliver "$plan" finish --json $tech
grep -q '"state":"delivered","phase":"finished"' "$work/out" || fail "not delivered: $(cat "$work/out")"

# afterwards
ok adverse "$plan" kind=PIH severity=mild onset_days=14 text="left cheek" $tech
refused "not in the list" adverse "$plan" kind=magic severity=mild onset_days=14 $tech
ok followup "$plan" days=28 clearance_pct=60 pih=yes text="seen at four weeks" $tech
refused "may not close" plan close "$plan" $tech
ok plan close "$plan" $derm
ok plan show "$plan" --json $view
grep -q '"state":"closed"' "$work/out" || fail "not closed"

# a newer version supersedes nothing that is closed; it differs from the one before in what was decided anew
ok plan new 3 $tech
# sheets of the version that was delivered, and the patient's record with it
ok sheet session "$plan" --version-number 1 $tech
grep -q "oxygen running: no" "$work/out" || fail "the session's answers are not printed"
refused "none was opened" sheet session "$plan" $tech
ok sheet record "$patient" $tech
grep -q "^Treatment, " "$work/out" && grep -q "Adverse event, day 14: PIH, mild, left cheek" "$work/out" || fail "the record lacks what was delivered or seen: $(cat "$work/out")"
ok sheet record "$patient" --deidentify --salt once $tech
grep -q "Adverse event, day 14: mild" "$work/out" && ! grep -q "left cheek" "$work/out" || fail "the record without names"
ok plan diff "$plan" $tech
grep -q "different" "$work/out" || fail "no differences"
}
pass "a virtual patient's plan from draft to closed, signed, verified ${other:-}delivered"
