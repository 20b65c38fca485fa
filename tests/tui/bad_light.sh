#!/bin/sh
# What cannot be followed is refused by name, on one line, with code 2 and nothing printed: by `mc` and `layers` on MCML
# files, by `simulate` and `threshold` on simulation files.
. "$(dirname "$0")/lib.sh"
run() { "$program" "$@" >"$work/out" 2>"$work/err" </dev/null; code=$?; }
refused() { # refused NAME COMMAND...: the error names NAME
	name_wanted=$1; shift
	run "$@"
	[ "$code" -eq 2 ] || fail "$*, $what: exit $code, not 2: $(cat "$work/err")"
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail "$*, $what: the error is not one line: $(cat "$work/err")"
	[ ! -s "$work/out" ] || fail "$*, $what: something was printed"
	grep -q -- "$name_wanted" "$work/err" || fail "$*, $what: $name_wanted is not named: $(cat "$work/err")"
}

# An MCML file, one field to a mark.
mcml() {
	printf '1.0\n%s\nx.mco A\n%s\n%s %s\n%s 10 1\n%s\n1.0\n%s %s %s %s %s\n1.4\n' \
		"$runs" "$photons" "$dz" "$dr" "$nz" "$layers" "$n" "$mua" "$mus" "$g" "$d"
}
fields='runs=1 photons=1000 dz=5E-4 dr=5E-3 nz=40 layers=1 n=1.4 mua=5.4 mus=128 g=0.8 d=0.006'
for command in mc layers; do
	for row in 'mua=-1:mua' 'mua=nan:mua' 'mua=inf:mua' 'mus=-1:mus' 'mus=nan:mus' 'mus=1e999:mus' 'g=1:g:' 'g=-1:g:' \
		'g=nan:g:' 'n=0:n:' 'n=-1.4:n:' 'd=0:d:' 'd=-1:d:' 'layers=0:layers' 'layers=1000000:layers' 'dz=0:dz' 'dr=0:dr' \
		'nz=0:nz' 'photons=0:photons' 'runs=0:runs'; do
		what=${row%%:*}
		eval "$fields $what"
		mcml >"$work/b.mci"
		refused "${row#*:}" "$command" "$work/b.mci"
	done
done
what="of its options"
eval "$fields"
mcml >"$work/good.mci"
for row in '--photons 0' '--spot-mm 0' '--spot-mm -1' '--spot-mm nan' '--incidence-deg 90' '--sharp-um 0' '--sharp-um 50'; do
	# shellcheck disable=SC2086 # an option and its value
	refused "${row%% *}" mc "$work/good.mci" $row
done
what="of its options"
run mc "$work/good.mci" --json --sharp-um 50 --photons 2000
[ "$code" -eq 0 ] || fail "a thinned run: exit $code"
run mc "$work/good.mci" --photons 200 --spot-mm 2 --incidence-deg 30
grep -q 'by radius: Monte Carlo alone, it is slanted' "$work/out" || fail "a slanted spot does not say that it stands alone"

# A simulation file, likewise.
simulation() {
	printf '{"schema": "lasertwin-simulation/1", "wavelength_nm": 1064, "beam": {%s}, "pulse": {"duration_s": %s%s},\n' \
		"$beam" "$duration" "$train"
	printf '"fluence_J_cm2": %s, "layers": %s, "outputs": {%s}, "criterion": {"type": "temperature", "value": 60}}\n' \
		"$fluence" "$stack" "$outputs"
}
layer() {
	printf '{"thickness_um": %s, "optics": {"n": %s, "mua_1_cm": %s, "mus_1_cm": %s, "g": %s}, "thermal": {%s}}' \
		"$1" "$2" "$3" "$4" "$5" '"conductivity_W_mK": 0.5, "density_kg_m3": 1000, "heat_capacity_J_kgK": 4000'
}
many_layers() { printf '['; i=0; while [ $i -lt 400 ]; do printf '{},{},{},{},{},{},{},{},{},{},'; i=$((i + 1)); done; printf '{}]'; }
defaults() {
	beam='"profile": "flat_top", "diameter_mm": 6' duration=0.01 train='' fluence=10 outputs='"times_s": [1]'
	stack="[$(layer 10000 1.37 0.8 100 0.8)]"
}
for command in simulate threshold; do
	try() { # try NAME ASSIGNMENT
		defaults
		what=$2
		eval "$2"
		simulation >"$work/b.json"
		refused "$1" "$command" "$work/b.json"
	}
	try mua_1_cm 'stack="[$(layer 10000 1.37 -1 100 0.8)]"'
	try mua_1_cm 'stack="[$(layer 10000 1.37 1e999 100 0.8)]"'
	try mus_1_cm 'stack="[$(layer 10000 1.37 1 -100 0.8)]"'
	try '[.]g:' 'stack="[$(layer 10000 1.37 1 100 1)]"'
	try '[.]g:' 'stack="[$(layer 10000 1.37 1 100 -1)]"'
	try '[.]n:' 'stack="[$(layer 10000 0 1 100 0.8)]"'
	try thickness_um 'stack="[$(layer 0 1.37 1 100 0.8)]"'
	try layers 'stack="[]"'
	try layers 'stack=$(many_layers)'
	try beam 'beam='
	try diameter_mm 'beam="\"profile\": \"flat_top\", \"diameter_mm\": 0"'
	try diameter_mm 'beam="\"profile\": \"gaussian\", \"definition\": \"1/e2\", \"diameter_mm\": -1"'
	try incidence_deg 'beam="\"profile\": \"flat_top\", \"diameter_mm\": 6, \"incidence_deg\": 30"'
	try duration_s 'duration=0'
	try duration_s 'duration=-1'
	try count 'train=", \"count\": 0"'
	try rate_Hz 'train=", \"count\": 3, \"rate_Hz\": 0"'
	try samples 'train=", \"shape\": \"sampled\", \"samples\": [0, 0]"'
	try end_s 'outputs="\"end_s\": 0"'
	try times_s 'outputs="\"times_s\": [-1]"'
done
what='fluence'
defaults; fluence=-1; simulation >"$work/b.json"; refused fluence_J_cm2 simulate "$work/b.json"
pass "bad optics, layers, beams and times refused by name"
