#!/bin/sh
# The speed of synchronisation against a real engine over TLS, as lines for run.sh (make sync-bench).
#   SYNC_BENCH               the measuring program
#   LASERTWIN_SYNC_PATIENTS  six resources each, with audit; without it the three runs below
#   LASERTWIN_SYNC_INDEXED   true: the engine searches behind an index, as a database's would
#   LASERTWIN_SYNC_NAMES     false: it takes no names of ours, creates are conditional
SYNC_HERE=$(cd "$(dirname "$0")/../sync" && pwd)
. "$SYNC_HERE/lib.sh"
rig=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$rig"' EXIT
install_servers >&2 && find_node >&2 || exit 1
make_certificates "$rig"

measure() { # PATIENTS INDEXED NAMES
	printf '{"clinic": {"engine": "router", "indexed": %s, "names": %s}}' "$2" "$3" >"$rig/config.json"
	start_servers "$rig" >&2 || exit 1
	where="real engine over TLS on loopback, $([ "$3" = true ] && echo "our names" || echo "conditional creates")$([ "$2" = true ] && echo ", index" || :)"
	LASERTWIN_SYNC_BASE=https://127.0.0.1:$(cat "$rig/clinic.https")/fhir/R4 LASERTWIN_SYNC_CA=$rig/ca.pem LASERTWIN_SYNC_PATIENTS=$1 \
		LASERTWIN_SYNC_SERVER=$server LASERTWIN_SYNC_WHERE=$where LASERTWIN_SYNC_BESIDE=1 "$SYNC_BENCH"
	stop_servers
	server=
}
if [ -n "${LASERTWIN_SYNC_PATIENTS:-}" ]; then
	measure "$LASERTWIN_SYNC_PATIENTS" "${LASERTWIN_SYNC_INDEXED:-false}" "${LASERTWIN_SYNC_NAMES:-true}"
else
	measure 60 false true
	measure 240 false true
	measure 60 false false
fi
