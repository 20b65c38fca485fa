#!/bin/sh
# Rounds beside the screens, against a real server: what another station sent appears by itself, a conflict is looked at and
# settled by the right person, a stop is heeded, a lock ends the rounds and an unlock goes on.
SYNC_HERE=$(cd "$(dirname "$0")" && pwd)
. "$SYNC_HERE/../tui/lib.sh"
. "$SYNC_HERE/lib.sh"
set +e
name=sync/planner
rig=$work
server=
finish_all() { [ -z "$server" ] || kill "$server" 2>/dev/null; finish; }
trap finish_all EXIT
install_servers || exit 1
find_node || exit 1
make_certificates "$rig" || fail "no certificates"
echo '{"clinic":{"engine":"router"}}' >"$rig/config.json"
start_servers "$rig" || exit 1
(umask 077; echo "orchard lantern velvet" >"$rig/secret")
lt() { # STATION ARGUMENT...
	station=$1
	shift
	timeout 900 "$program" --home "$rig/$station" --login chief --secret-file "$rig/secret" "$@" >"$rig/out" 2>&1 ||
		{ cat "$rig/out"; fail "$station: $*"; }
}
base=https://127.0.0.1:$(cat "$rig/clinic.https")/fhir/R4
for station in a b; do
	lt $station user add chief --role administrator,technician --secret-cost least --new-secret-file "$rig/secret"
	lt $station user add derm --role dermatologist --secret-cost least --new-secret-file "$rig/secret"
	lt $station sync setup "$base" --ca-file "$rig/ca.pem" --namespace https://clinic.example/fhir
done
lt a add tests/validation/cases/S1.json
lt a plan new 1
lt a sync
lt b sync
lt a plan list
plan=$(cut -c1-8 "$rig/out" | head -1)
# the same step at both, and one has told the server first
lt a plan propose "$plan"
lt b plan propose "$plan"
sed 's/"id": "S1"/"id": "second"/; s/"title": "[^"]*"/"title": "VIRTUAL SECOND"/' tests/validation/cases/S1.json >"$rig/second.json"
lt a add "$rig/second.json"
lt a sync

planner 80 24 "--home $rig/b --login chief --secret-file $rig/secret"
expect "VIRTUAL SECOND"
expect "1c"
keys 0
expect "Needs a person"
expect "conflict: state of a plan"
keys Enter
expect "members differ"
expect "the server's"
keys M
expect "who decides"
keys chief Enter
expect "not shown"
keys "orchard lantern velvet" Enter
expect "never written over another"
keys Escape
gone "Settle the conflict" # the form, not a hint that had left it already
keys V
expect "who decides"
keys derm Enter
expect "not shown"
keys "orchard lantern velvet" Enter
expect "the server's stays"
expect "no conflict, nothing refused or parked"
keys T
expect "STOPPED with"
keys S
gone "STOPPED with"
expect "sync "
keys C-l
expect "Login"
keys "orchard lantern velvet" Enter
expect "VIRTUAL SECOND"
keys Q
expect "Leave lasertwin?"
keys y
expect "ended-with-0"

# the same as a conversation: a round runs while a line is waited for, and the next answer says what it brought
sed 's/"id": "S1"/"id": "third"/; s/"title": "[^"]*"/"title": "VIRTUAL THIRD"/' tests/validation/cases/S1.json >"$rig/third.json"
lt a add "$rig/third.json"
lt a sync
lt b patient correct "VIRTUAL SECOND" name="VIRTUAL TWO" --identifier "VIRTUAL SECOND" --second-identifier second \
	--reason "as on the passport"
mkfifo "$rig/words"
"$program" --plain --home "$rig/b" --login chief --secret-file "$rig/secret" <"$rig/words" >"$rig/said" 2>&1 &
talker=$!
exec 9>"$rig/words"
tries=0
while ! grep -q "VIRTUAL THIRD" "$rig/said"; do
	[ "$tries" -lt 900 ] || { cat "$rig/said"; fail "no round ran during the conversation"; }
	tries=$((tries + 1))
	echo worklist >&9
	sleep 0.1
done
echo quit >&9
exec 9>&-
wait "$talker" || { cat "$rig/said"; fail "the conversation ended badly"; }
lt a sync
lt a patient show "VIRTUAL TWO"
grep -q "before: VIRTUAL SECOND" "$rig/out" || { cat "$rig/out"; fail "the correction did not come over"; }
t kill-server # it holds the servers' pipe open, and they end with it
stop_servers
server=
pass "patients appear, a conflict is settled by its person, stop, lock; the same in a conversation"
