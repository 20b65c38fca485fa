#!/bin/sh
# The speed of synchronisation against a real engine over TLS (make sync-bench). usage: sync.sh PROGRAM
SYNC_HERE=$(cd "$(dirname "$0")/../sync" && pwd)
. "$SYNC_HERE/lib.sh"
rig=$(mktemp -d)
trap '[ -z "${server:-}" ] || kill "$server" 2>/dev/null; rm -rf "$rig"' EXIT
install_servers && find_node || exit 1
make_certificates "$rig"
printf '{"clinic": {"engine": "router", "indexed": %s}}' "${LASERTWIN_SYNC_INDEXED:-false}" >"$rig/config.json"
start_servers "$rig" || exit 1
LASERTWIN_SYNC_BASE=https://127.0.0.1:$(cat "$rig/clinic.https")/fhir/R4 LASERTWIN_SYNC_CA=$rig/ca.pem LASERTWIN_SYNC_PATIENTS=${LASERTWIN_SYNC_PATIENTS:-60} "$1"
printf 'sync: the engine itself worked\t%.0f\tms\tof all rounds together, as it says\n' "$(curl -q -sf -X POST -d '' "http://127.0.0.1:$(cat "$rig/clinic.control")/busy")"
