#!/bin/sh
# Two stations and a real server between them, by the command line alone: set up with a token, everything there and
# back, rounds with nothing to do, faults on the line, refused tokens, a restored server.
SYNC_HERE=$(cd "$(dirname "$0")" && pwd)
. "$SYNC_HERE/lib.sh"
program=${LASERTWIN:-./lasertwin}
name=sync/stations
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
cc -shared -fPIC -o "$rig/clock.so" "$SYNC_HERE/clock_shift.c" -ldl || fail "no wrong clock"
# of yesterday, so that a clock that is late sees them valid
(export CLOCK_SHIFT_S=-86400 LD_PRELOAD="$rig/clock.so"; make_certificates "$rig") || fail "no certificates"

echo "orchard lantern velvet" >"$rig/secret"
chmod 600 "$rig/secret"
lt() { # STATION ARGUMENT...
	station=$1
	shift
	timeout 900 "$program" --home "$rig/$station" --login chief --secret-file "$rig/secret" "$@" >"$rig/out" 2>&1
}
control() { # SERVER CALL [JSON]
	curl -q -sf -X POST -d "${3:-}" "http://127.0.0.1:$(cat "$rig/$1.control")/$2"
}
field() { sed -n "s/.*\"$1\": *\([^,}]*\).*/\1/p" "$rig/out" | head -1; }

for station in a b; do
	lt $station user add chief --role administrator,technician,dermatologist --secret-cost least --new-secret-file "$rig/secret" ||
		fail "the first person at $station"
done

# a key of each station, registered with the token endpoint before it starts
for station in a b; do
	"$program" --home "$rig/$station" sync setup https://127.0.0.1:1/fhir/R4 --client-id "station-$station" \
		--token-url https://127.0.0.1:1/token --ca-file "$rig/ca.pem" --namespace https://clinic.example/fhir >"$rig/out" 2>&1 || true
	grep '"keys"' "$rig/out" >"$rig/$station.jwks" || fail "no station key at $station"
done
printf '{"clinic":{"engine":"router","lifetime_s":300,"clients":{"station-a":{"jwks":%s},"station-b":{"jwks":%s}}}}' \
	"$(cat "$rig/a.jwks")" "$(cat "$rig/b.jwks")" >"$rig/config.json"
start_servers "$rig" || exit 1
base=https://127.0.0.1:$(cat "$rig/clinic.https")/fhir/R4
for station in a b; do
	lt $station sync setup "$base" --client-id "station-$station" --ca-file "$rig/ca.pem" --pin "$(cat "$rig/pin")" \
		--namespace https://clinic.example/fhir || fail "setup of $station"
	grep -q "The connection stands" "$rig/out" || fail "the test of the connection at $station"
done

# there and back
lt a add tests/validation/cases/S1.json || fail "no patient at a"
lt a plan new 1 || fail "no plan at a"
lt a sync --json || fail "first round of a"
[ "$(field complete)" = true ] && [ "$(field waiting)" = 0 ] || fail "a did not send everything"
lt b sync --json || fail "first round of b"
[ "$(field received)" -gt 5 ] || fail "b received nothing"
lt a plan list --json && cp "$rig/out" "$rig/plans"
lt b plan list --json || fail "plans of b"
cmp -s "$rig/plans" "$rig/out" || fail "the plans of a and b differ"

# at rest: few requests, nothing moves
lt a sync --json
lt a sync --json
[ "$(field requests)" -le 5 ] || fail "a round with nothing to do took $(field requests) requests"
[ "$(field sent)" = 0 ] || lt a sync --json
lt a sync list || fail "list"

# every fault of the line, one after the other; the same change must land once
for fault in drop_before drop_after dup truncate:40 cut:40 status:503 status:500 status:429:Retry-After=1 html badjson \
	redirect:https://elsewhere.example/ strip:etag,location stale_date:86400 status:409 type:text/plain; do
	sed "s/\"id\": \"S1\"/\"id\": \"F-$(echo $fault | tr -dc a-z0-9)\"/" tests/validation/cases/S1.json >"$rig/case.json"
	lt a add "$rig/case.json" || fail "no patient for $fault"
	control clinic rules "[{\"match\":\"POST /fhir/R4/?\$\",\"skip\":1,\"times\":1,\"do\":\"$fault\"}]" >/dev/null
	control clinic forget >/dev/null
	lt a sync --json || true
	control clinic rules '[]' >/dev/null
	control clinic log | grep -qF "\"fault\":\"${fault%%:*}" || fail "$fault was not met"
	settled=
	for try in 1 2 3 4; do
		lt a sync --json || true
		[ "$(field complete)" = true ] && [ "$(field waiting)" = 0 ] && settled=yes && break
	done
	[ "$settled" ] || fail "$fault: not settled after four rounds"
	[ "$(control clinic count '{"type":"Patient","system":"https://clinic.example/fhir/mrn","value":"F-'"$(echo $fault | tr -dc a-z0-9)"'"}')" = 1 ] ||
		fail "$fault: the patient is not there once"
done

# a token refused in the middle costs one more request, not the round; refused for good it ends the round, loses nothing
control clinic rules '[{"match":"POST /fhir/R4/?$","times":1,"do":"status:401"}]' >/dev/null
lt a sync --json || fail "a token refused once ended the round"
sed 's/"id": "S1"/"id": "storm"/' tests/validation/cases/S1.json >"$rig/case.json"
lt a add "$rig/case.json"
control clinic rules '[{"match":"fhir/R4","times":50,"do":"status:401"}]' >/dev/null
control clinic forget >/dev/null
lt a sync --json && fail "50 refused tokens, and the round is complete"
[ "$(control clinic log | grep -o '"line"' | wc -l)" -le 4 ] || fail "a refused token is tried again and again"
control clinic rules '[]' >/dev/null
lt a sync --json || fail "the round after the refused tokens"
[ "$(field waiting)" = 0 ] || fail "something was lost with the tokens"

# a clock that is wrong, either way: the token's times follow the server's, and nothing else depends on it
for shift in 3600 2592000 -3600; do
	sed "s/\"id\": \"S1\"/\"id\": \"clock$shift\"/" tests/validation/cases/S1.json >"$rig/case.json"
	lt a add "$rig/case.json" || fail "no patient for a clock of $shift s"
	(export CLOCK_SHIFT_S=$shift LD_PRELOAD="$rig/clock.so" ASAN_OPTIONS=verify_asan_link_order=0; lt a sync --json) ||
		fail "a round with the clock $shift s off"
	[ "$(field waiting)" = 0 ] || fail "something waits after a round with the clock $shift s off"
	[ "$(control clinic count '{"type":"Patient","system":"https://clinic.example/fhir/mrn","value":"clock'"$shift"'"}')" = 1 ] ||
		fail "clock $shift s off: not there once"
done

# the server put back to a backup: told, and sent again
control clinic snapshot >/dev/null
sed 's/"id": "S1"/"id": "after-backup"/' tests/validation/cases/S1.json >"$rig/case.json"
lt a add "$rig/case.json"
lt a sync --json || fail "round before the restore"
control clinic restore >/dev/null
lt a sync --json || fail "round after the restore"
[ "$(field server_rolled_back)" = true ] || fail "the restored server was not noticed"
lt a sync --json || fail "second round after the restore"
[ "$(control clinic count '{"type":"Patient","system":"https://clinic.example/fhir/mrn","value":"after-backup"}')" = 1 ] ||
	fail "what the backup lacked was not sent again"

# an answer that drips for ever, fast enough not to be called stalled, is ended by the time it may take in all
lt b sync setup "$base" --client-id station-b --ca-file "$rig/ca.pem" --pin "$(cat "$rig/pin")" \
	--namespace https://clinic.example/fhir --reply-seconds nonsense && fail "a time of nonsense is taken"
lt b sync setup "$base" --client-id station-b --ca-file "$rig/ca.pem" --pin "$(cat "$rig/pin")" \
	--namespace https://clinic.example/fhir --reply-seconds 6 || fail "setup with a time for answers"
control clinic rules '[{"match":"fhir/R4","times":50,"do":"slow:1000"}]' >/dev/null
control clinic forget >/dev/null
lt b sync --json && fail "an answer that drips for ever counts as one"
grep -q "no whole answer in time" "$rig/out" || fail "the slow drip is not told as such"
control clinic log | grep -qF '"fault":"slow' || fail "the slow drip was not met"
control clinic rules '[]' >/dev/null
lt b sync --json || fail "the round after the slow drip"

# nothing on the server twice
for type in Patient Device Observation DocumentReference CarePlan ServiceRequest DeviceRequest; do
	twice=$(control clinic all "{\"type\":\"$type\"}" | grep -o '"identifier":\[{"system":"https://clinic.example/fhir/sync-id","value":"[^"]*"' | sort | uniq -d | head -1)
	[ -z "$twice" ] || fail "$type stands twice: $twice"
done
stop_servers
server=
echo "ok    $name: token, there and back, 15 faults, refused tokens, wrong clocks, restore, slow drip"
