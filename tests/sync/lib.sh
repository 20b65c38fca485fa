# What the scripts here share: servers from the npm registry, certificates, start and stop. Sourced with SYNC_HERE set.
set -eu
export no_proxy="127.0.0.1,localhost${no_proxy:+,$no_proxy}" # the servers are here, whatever lies between us and npm's
export NO_PROXY="$no_proxy"
unset NODE_OPTIONS
modules=${SYNC_MODULES:-${LASERTWIN_BUILD:-build}/sync-servers}

# Installs what package-lock.json names, once, whoever of the scripts that run side by side comes first; without npm or
# without the registry the tests fail and say so.
install_servers() {
	mkdir -p "$modules"
	(
		flock 7
		cmp -s "$SYNC_HERE/package-lock.json" "$modules/installed" && exit 0
		command -v npm >/dev/null || { echo "FAIL: npm is not installed (apt-get install nodejs npm): the servers of these tests come from its registry"; exit 1; }
		cp "$SYNC_HERE/package.json" "$SYNC_HERE/package-lock.json" "$modules/"
		(cd "$modules" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1) ||
			{ echo "FAIL: npm cannot install the servers of these tests:"; tail -5 "$modules/npm.log"; exit 1; }
		cp "$SYNC_HERE/package-lock.json" "$modules/installed"
	) 7>"$modules/lock"
}

# The Node that runs them: the one that came with them, else the machine's when it is new enough.
find_node() {
	for node in "$modules"/node_modules/node-linux-*/bin/node; do
		[ -x "$node" ] && "$node" --version >/dev/null 2>&1 && return 0
	done
	node=$(command -v node || true)
	case $("${node:-false}" --version 2>/dev/null) in
	v2[2-9].* | v[3-9][0-9].*) return 0 ;;
	esac
	echo "FAIL: no Node 22 or later: npm did not bring one for this machine, and node is $("${node:-false}" --version 2>/dev/null || echo missing)"
	return 1
}

# Certificates of a test authority in $1: server, other (valid, another key), expired, stranger (another authority), client.
make_certificates() (
	cd "$1"
	key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
	for ca in ca strangers; do
		openssl req -x509 $key -keyout $ca.key -out $ca.pem -days 3650 -subj "/CN=Clinic test authority $ca" 2>/dev/null
	done
	printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' >san
	printf 'subjectAltName=DNS:elsewhere.example\n' >elsewhere
	issue() { # NAME AUTHORITY EXTENSIONS DAYS
		openssl req $key -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
		openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -out "$1.pem" -extfile "$3" -days "$4" 2>/dev/null
	}
	issue server ca san 365
	issue other ca san 365
	issue client ca san 365
	issue wronghost ca elsewhere 365
	issue stranger strangers san 365
	openssl req $key -keyout expired.key -out expired.csr -subj /CN=expired 2>/dev/null
	openssl x509 -req -in expired.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out expired.pem -extfile san -days -1 2>/dev/null
	printf 'sha256//%s' "$(openssl pkey -in server.key -pubout -outform der | openssl dgst -sha256 -binary | openssl base64 -A)" >pin
	chmod 600 ./*.key
)

# Starts the servers of $1/config.json; they end with this shell, whose pipe to them closes.
start_servers() {
	rm -f "$1/ready" "$1/feed"
	mkfifo "$1/feed"
	SYNC_MODULES=$(cd "$modules" && pwd) "$node" --no-warnings "$SYNC_HERE/server.mjs" "$1" <"$1/feed" >"$1/server.log" 2>&1 &
	server=$!
	exec 8>"$1/feed"
	waited=0
	while [ ! -f "$1/ready" ]; do
		kill -0 "$server" 2>/dev/null && [ "$waited" -lt 3000 ] || { echo "FAIL: the servers do not start:"; tail -20 "$1/server.log" | cut -c1-200; return 1; }
		sleep 0.2
		waited=$((waited + 1))
	done
}

stop_servers() {
	exec 8>&-
	wait "$server" 2>/dev/null || true
}
