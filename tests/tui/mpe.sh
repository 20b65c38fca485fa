#!/bin/sh
# mpe: a device mode, a beam by numbers, JSON; refusals name the option and the range.
. "$(dirname "$0")/lib.sh"
run() { "$program" "$@" >"$work/out" 2>"$work/err" </dev/null; code=$?; }
code_is() { [ "$code" -eq "$1" ] || fail "exit $code, not $1: $(cat "$work/err")"; }
run mpe picoway.1064_zoom; code_is 0
grep -q "^Eyewear  *OD 7 at 1064 nm (computed 5.72" "$work/out" || fail "no density: $(cat "$work/out")"
run mpe --wavelength-nm 1064 --pulse-s 4.5e-10 --energy-j 0.4 --beam-mm 4 --divergence-mrad 30 --json; code_is 0
grep -q '"nohd_m":.*168.07' "$work/out" || fail "no distance in the JSON"
run mpe picoway.1064_zoom --divergence-mrad 30; code_is 0
grep -q "^NOHD .* m$" "$work/out" || fail "a number beside the device is not taken"
run mpe; code_is 2
run mpe genius.49pin; code_is 1
run mpe picoway.1065; code_is 2
run mpe --wavelength-nm 1.064 --pulse-s 1; code_is 2
grep -q "wavelength_nm: 1.064 is outside" "$work/err" || fail "the field is not named: $(cat "$work/err")"
run mpe --wavelength-nm 1064nm --pulse-s 1; code_is 2
grep -q -- "--wavelength-nm" "$work/err" || fail "the option is not named"
pass "exposure limits: answers, refusals, exit codes"
