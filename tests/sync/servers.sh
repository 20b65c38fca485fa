#!/bin/sh
# What a server may be: another dialect, one that keeps no transactions, one that lies, one that is not the one it says;
# and what reaches it: valid R4, approvals that count only by a trusted key. kill -9 in the middle, two at once.
SYNC_HERE=$(cd "$(dirname "$0")" && pwd)
. "$SYNC_HERE/lib.sh"
program=${LASERTWIN:-./lasertwin}
name=sync/servers
rig=$(mktemp -d)
server=
finish() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$rig"; }
trap finish EXIT
trap 'exit 1' INT TERM
fail() {
	echo "FAIL  $name: $1"
	[ -f "$rig/out" ] && sed 's/^/      | /' "$rig/out" | cut -c1-300 | tail -20
	exit 1
}
install_servers || exit 1
find_node || exit 1
export LASERTWIN_PROFILES="${LASERTWIN_PROFILES:-$PWD/profiles}"
unset LASERTWIN_HOME LASERTWIN_LOGIN LASERTWIN_SECRET_FILE
make_certificates "$rig" || fail "no certificates"
(umask 077; echo "orchard lantern velvet" >"$rig/secret")
cat >"$rig/config.json" <<'C'
{"clinic": {"engine": "router", "indexed": INDEXED}, "loose": {"engine": "router", "transactions": false}, "works": {"engine": "fhirworks"},
 "mutual": {"engine": "router", "mtls": true}, "expired": {"engine": "router", "cert": "expired"},
 "other": {"engine": "router", "cert": "other"}, "wronghost": {"engine": "router", "cert": "wronghost"},
 "stranger": {"engine": "router", "cert": "stranger"}}
C
[ "${LASERTWIN_KILLS:-6}" -gt 50 ] && indexed=true || indexed=false # as a database has it, where much is written
sed "s/INDEXED/$indexed/" "$rig/config.json" >"$rig/config.new" && mv "$rig/config.new" "$rig/config.json"
start_servers "$rig" || exit 1
base() { echo "https://127.0.0.1:$(cat "$rig/$1.https")/fhir/R4"; }
control() { curl -q -sf -X POST -d "${3:-}" "http://127.0.0.1:$(cat "$rig/$1.control")/$2"; }
as() { # LOGIN STATION ARGUMENT...
	login=$1 station=$2
	shift 2
	timeout 900 "$program" --home "$rig/$station" --login "$login" --secret-file "$rig/secret" "$@" >"$rig/out" 2>&1
}
lt() { as chief "$@"; }
field() { sed -n "s/.*\"$1\": *\([^,}]*\).*/\1/p" "$rig/out" | head -1; }
person() { lt "$1" user add "$2" --role "$3" --secret-cost least --new-secret-file "$rig/secret" || fail "$2 at $1"; }
setup() { # STATION SERVER OPTION...
	station=$1 where=$2
	shift 2
	lt "$station" sync setup "$(base "$where")" --ca-file "$rig/ca.pem" --namespace https://clinic.example/fhir "$@"
}
for station in a b c d; do person $station chief administrator,technician; done
person a derm dermatologist
for station in a b; do setup $station clinic || fail "setup of $station"; done

# --- whom we talk to: nothing is sent to a server that is not the one trusted -------------------------------------
refused() { # WHAT WANTED STATION SERVER OPTION...
	what=$1 wanted=$2
	shift 2
	setup "$@" && fail "$what: accepted"
	grep -q "$wanted" "$rig/out" || fail "$what: no \"$wanted\""
	[ "$(control "$2" log)" = "[]" ] || fail "$what: something was sent"
}
refused "expired certificate" "not to be trusted" d expired
refused "wrong host" "not to be trusted" d wronghost
refused "unknown authority" "not to be trusted" d stranger
refused "another key than the pinned" "not the pinned one" d other --pin "$(cat "$rig/pin")"
refused "no client certificate" "connection" d mutual
setup d mutual --client-cert "$rig/client.pem" --client-key "$rig/client.key" || fail "client certificate not taken"
"$program" --home "$rig/d" sync setup "http://127.0.0.1/fhir/R4" --namespace https://clinic.example/fhir >"$rig/out" 2>&1 && fail "plain http accepted"

# --- what reaches the server is valid, and an approval counts by its key alone -------------------------------------
lt a add tests/validation/cases/S1.json || fail "no patient"
lt a plan new 1 || fail "no plan"
lt a plan list || fail "no list"
plan=$(cut -c1-8 "$rig/out" | head -1)
lt a plan propose "$plan" || fail "not proposed"
label=$(sed -n 's/.*"title": "\(.*\)".*/\1/p' tests/validation/cases/S1.json | head -1)
as derm a plan approve "$plan" --reason "seen today with the patient" --identifier "$label" --second-identifier S1 || fail "not approved"
lt a sync --json || fail "round of a"
[ "$(field waiting)" = 0 ] || fail "a did not send everything"
{ printf '['; for type in Patient Device Observation DocumentReference ServiceRequest DeviceRequest CarePlan Task Provenance AuditEvent; do
	[ $type = Patient ] || printf ','
	control clinic all "{\"type\":\"$type\"}"
done; printf ']'; } >"$rig/all.json"
SYNC_MODULES=$(cd "$modules" && pwd) "$node" --no-warnings "$SYNC_HERE/validate.mjs" <"$rig/all.json" >"$rig/out" 2>&1 || fail "not valid R4"
checked=$(tail -1 "$rig/out")
# and what only a treatment makes: Procedure, AdverseEvent, what was seen after, the very laser (by the programs that
# test stations)
made() { # PROGRAM WHAT-MUST-BE-AMONG-IT...
	[ -x "$(dirname "$program")/tests/planner/$1" ] || return 0
	LASERTWIN_SYNC_DUMP="$rig/made.json" "$(dirname "$program")/tests/planner/$1" >/dev/null 2>&1 || fail "$1"
	SYNC_MODULES=$(cd "$modules" && pwd) "$node" --no-warnings "$SYNC_HERE/validate.mjs" <"$rig/made.json" >"$rig/out" 2>&1 ||
		fail "what $1 leaves on the server is not valid R4"
	for what in "$2" "$3"; do grep -q "$what" "$rig/out" || fail "no $what among what was checked"; done
}
made test_sync_station "Procedure 1" "AdverseEvent 2"
made test_sync_devices "Procedure 1" "Device 6"
for type in Patient Observation CarePlan ServiceRequest Device DeviceRequest Task Provenance AuditEvent; do
	case $checked in *"$type "[1-9]*) ;; *) fail "no $type reached the server: $checked" ;; esac
done
lt b sync --json || fail "round of b"
lt b plan show "$plan" || fail "no plan at b"
grep -q "approved" "$rig/out" && ! grep -q "proposed" "$rig/out" && fail "b believes a key nobody entered"
lt b sync list || fail "list of b"
grep -q "is not trusted here" "$rig/out" || fail "b does not say whose key is missing"
lt a export key derm || fail "no key"
cp "$rig/out" "$rig/derm.key"
lt b sync trust derm "$rig/derm.key" || fail "trust"
lt b plan list || fail "plans of b"
grep -q "approved" "$rig/out" || fail "not approved at b although the key is trusted"

# --- a parameter changed on the server -----------------------------------------------------------------------------
order=$(control clinic all '{"type":"Observation"}' | sed -n 's/.*"id":"\([0-9a-f-]*\)".*/\1/p' | head -1)
control clinic edit "{\"type\":\"Observation\",\"id\":\"$order\",\"from\":\"\\\"value\\\":46\",\"to\":\"\\\"value\\\":12\"}" >/dev/null || fail "edit"
lt b sync --json || fail "round after tampering"
lt b sync list
grep -q "differs from the record" "$rig/out" || fail "the changed reading was not noticed"

# --- lies ----------------------------------------------------------------------------------------------------------
lie() { # WHAT RULE
	control clinic rules "[{\"match\":\"fhir/R4\",\"skip\":1,\"times\":1,\"do\":\"$2\"}]" >/dev/null
	lt a sync --json || true
	control clinic rules '[]' >/dev/null
	lt a sync --json || fail "$1: no round afterwards"
	[ "$(field complete)" = true ] || fail "$1: not complete afterwards"
}
lie "an answer of 100 MB" huge:100
lie "an answer nested 100 000 deep" deep:100000
lie "a next page at another origin" "next:https://elsewhere.example/page2"
control clinic plant '{"resourceType":"Patient","id":"p-1","meta":{"versionId":"1","lastUpdated":"2026-11-22T10:15:30Z"},"identifier":[{"system":"https://clinic.example/fhir/sync-id","value":"no uuid"}]}' >/dev/null
control clinic plant '{"resourceType":"Observation","id":"p-2","meta":{"versionId":"1"},"identifier":"nonsense"}' >/dev/null
lt a sync --reconcile --json || fail "planted rubbish ended the round"

# --- a server without transactions: entries go one by one, nothing doubles ------------------------------------------
setup c loose || fail "setup against the loose server"
lt c add tests/validation/cases/S2.json && lt c plan new 1 || fail "plan at c"
lt c sync --json || fail "round against the loose server"
[ "$(field waiting)" = 0 ] || lt c sync --json
[ "$(field waiting)" = 0 ] || fail "something waits at the loose server"

# --- another dialect: no conditional create, numeric versions, "201 Created" ----------------------------------------
person e chief administrator,technician
setup e works || fail "setup against FHIR Works"
lt e add tests/validation/cases/S1.json && lt e plan new 1 || fail "plan at e"
for try in 1 2 3; do lt e sync --json || true; [ "$(field complete)" = true ] && [ "$(field waiting)" = 0 ] && break; done
[ "$(field waiting)" = 0 ] || fail "FHIR Works does not take everything"
[ "$(control works count '{"type":"Patient","system":"https://clinic.example/fhir/mrn","value":"S1"}')" = 1 ] || fail "FHIR Works: not once"

# --- kill -9 at any moment; two at once -----------------------------------------------------------------------------
kills=${LASERTWIN_KILLS:-6}
i=0
while [ $i -lt "$kills" ]; do
	i=$((i + 1))
	sed "s/\"id\": \"S1\"/\"id\": \"K-$i\"/" tests/validation/cases/S1.json >"$rig/case.json"
	lt a add "$rig/case.json" || fail "no patient K-$i"
	"$program" --home "$rig/a" --login chief --secret-file "$rig/secret" sync --json >/dev/null 2>&1 &
	victim=$!
	sleep "0.$((i * 7 % 10))"
	kill -9 $victim 2>/dev/null || true
	wait $victim 2>/dev/null || true
done
# after many the backlog of audit is long, and the engine in memory slow: as many rounds as it takes
for try in 1 2 3 4 5 6 7 8 9 10; do
	lt a sync --json || true
	[ "$(field complete)" = true ] && [ "$(field waiting)" = 0 ] && break
done
[ "$(field complete)" = true ] && [ "$(field waiting)" = 0 ] || fail "no complete round after the kills"
i=0
while [ $i -lt "$kills" ]; do
	i=$((i + 1))
	[ "$(control clinic count "{\"type\":\"Patient\",\"system\":\"https://clinic.example/fhir/mrn\",\"value\":\"K-$i\"}")" = 1 ] || fail "K-$i is not there once"
done
"$program" --home "$rig/a" --login chief --secret-file "$rig/secret" sync --watch --json >"$rig/watched" 2>&1 &
watcher=$!
left=3000 # until it has had a round: from then on the records are its own
while [ ! -s "$rig/watched" ] && [ "$left" -gt 0 ]; do sleep 0.2; left=$((left - 1)); done
lt a sync && fail "two synchronise at once: $(cat "$rig/watched")"
grep -qE "another program|synchronises" "$rig/out" || fail "the second does not say why it leaves"
kill "$watcher" && wait "$watcher" 2>/dev/null || true
stop_servers
server=
echo "ok    $name: trust, validity ($checked), lies, two dialects, $kills kills"
