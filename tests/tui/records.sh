#!/bin/sh
# Keeping records from the command line: people, wrong secrets, audit, backup, restore, erasing, recovery.
. "$(dirname "$0")/lib.sh"
run() { "$program" --home "$work/home" "$@" >"$work/out" 2>"$work/err" </dev/null; code=$?; }
code_is() { [ "$code" -eq "$1" ] || fail "exit $code, not $1: $(cat "$work/out" "$work/err")"; }
says() { grep -q -- "$1" "$work/out" "$work/err" || fail "does not say '$1': $(cat "$work/out" "$work/err")"; }
umask 077
echo 'copper lantern meadow' >"$work/derm"
echo 'no such secret here' >"$work/wrong"
# where nothing is, what only reads makes nothing and says what would
for what in "login" "user list" "worklist" "plan list" "audit" "audit verify" "devices" "sync list" "--plain" \
	"backup $work/none.db" "unfinished" "plan overrides" "sheet statistics"; do
	run $what; code_is 2; says "sets it up"
done
for what in "user list" "worklist" "plan list" "audit" "devices" "sync list" "course 1" "plan show 1"; do
	run $what --demo; code_is 2; says "no demo clinic yet"
done
[ -e "$work/home" ] && fail "a reading command made $(find "$work/home")"
"$program" demo --plain --home "$work/demo" >/dev/null 2>&1 </dev/null || fail "no demo"
"$program" user list --demo --home "$work/demo" >"$work/out" 2>"$work/err" </dev/null || fail "asked: $(cat "$work/err")"
says "demo-dermatologist"
# first start: refused without a terminal, with what to do; a weak secret makes nobody
run login; code_is 2; says "sets it up"
echo 'password1234' >"$work/weak"
run user add tester --role administrator --secret-cost least --new-secret-file "$work/weak"; code_is 2; says "tried"
echo 'walnut harbour sextant' >"$work/secret"
run user add tester --role administrator,technician --secret-cost least --new-secret-file "$work/secret" \
	--recovery-file "$work/recovery"; code_is 0; says "recovery key"
export LASERTWIN_LOGIN=tester LASERTWIN_SECRET_FILE="$work/secret"
[ "$(stat -c %a "$work/recovery")" = 600 ] || fail "the recovery key can be read by others"
run user add derm --name "Dr. Virtual" --role dermatologist --secret-cost least --new-secret-file "$work/derm"; code_is 0
run user list; code_is 0; says "Dr. Virtual"; says "dermatologist"
run login --login derm --secret-file "$work/wrong"; code_is 1; says "wrong secret"
run login --login derm --secret-file "$work/derm"; code_is 0; says "Dr. Virtual"
chmod 644 "$work/derm"
run login --login derm --secret-file "$work/derm"; code_is 1; says "chmod 600"
chmod 600 "$work/derm"
run user disable tester --login derm --secret-file "$work/derm"; code_is 1; says "administrators"
# nothing of a patient stands in the file
run add profiles/demo/03.json; code_is 0
grep -q "VIRTUAL" "$work/home/clinic.db" && fail "a patient's name stands in the file"
# audit, backup, erase, restore: who was erased stays erased
run audit verify --recovery-key "$work/recovery"; code_is 0; says "seals hold"
run audit; code_is 0; says "patient.add"; says "login.failed"
run backup "$work/backup.db"; code_is 0; says "verified"
run backup "$work/backup.db"; code_is 1; says "exists already"
run erase "virtual-03" --reason "asked to be forgotten"; code_is 0
run --plain; code_is 0; says "No patients"
run restore "$work/backup.db"; code_is 0; says "1 patients erased again"; says "before-restore-1"
run --plain; code_is 0; says "No patients"
run audit; says "store.accept"
run audit verify --recovery-key "$work/recovery"; code_is 0
printf 'not a database, but a text that is long enough to be taken for one if nobody looked.' >"$work/bad.db"
run restore "$work/bad.db"; code_is 1; says "not a store"
# the file is looked at before anybody is asked: no login is given here, and no terminal is there to ask on
look() { env -u LASERTWIN_LOGIN -u LASERTWIN_SECRET_FILE "$program" restore "$@" --home "$work/home" \
	>"$work/out" 2>"$work/err" </dev/null; code=$?; }
look "$work/nowhere.db"; code_is 2; says "does not exist"
look "$work/bad.db"; code_is 1; says "not a store"
look "$work/demo/demo.db"; code_is 1; says "never mixed"
look "$work/backup.db"; code_is 1; says "no terminal"
run restore "$work/backup.db" --home "$work/new/station"; code_is 0; says "rows verified"
head -c 30000 "$work/backup.db" >"$work/cut.db"
run restore "$work/cut.db"; code_is 1
run --plain; code_is 0 # and what was there is there
# an old copy put back
cp "$work/home/clinic.db" "$work/old.db"
run login; code_is 0
cp "$work/old.db" "$work/home/clinic.db"
run add profiles/demo/04.json; code_is 1; says "old copy"
run audit verify; code_is 1; says "old copy"
run audit accept --reason "disk replaced"; code_is 0
run add profiles/demo/04.json; code_is 0
# an old copy does not bring back who was erased since
cp "$work/home/clinic.db" "$work/old.db"
run erase "virtual-04" --reason "asked to be forgotten"; code_is 0
cp "$work/old.db" "$work/home/clinic.db"
run audit accept --reason "disk replaced"; code_is 0; says "1 who had been erased"
run --plain; code_is 0; says "No patients"
run add profiles/demo/04.json; code_is 0
# a lost secret
run user recover tester --recovery-key "$work/recovery" --secret-cost least --new-secret-file "$work/derm"; code_is 0
run login; code_is 1
run login --secret-file "$work/derm"; code_is 0
run user secret --secret-file "$work/derm" --new-secret-file "$work/secret" --secret-cost least; code_is 0
run login; code_is 0
pass "people, audit, backup, restore, erasing, recovery"
