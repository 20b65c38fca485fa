#!/bin/sh
# twin: fit, show, learn, forecast and reflectance from files; a spectrum goes round; refusals name field and line.
. "$(dirname "$0")/lib.sh"
run() { "$program" "$@" >"$work/out" 2>"$work/err" </dev/null; code=$?; }
code_is() { [ "$code" -eq "$1" ] || fail "exit $code, not $1: $(cat "$work/err")"; }
says() { grep -q -- "$1" "$work/${2:-out}" || fail "no \"$1\": $(cat "$work/${2:-out}")"; }
case=tests/validation/cases/S2.json

run twin fit $case; code_is 0
says "^No tan: .*melanin index +1.9 %"
says "Melanosomes, normal skin .*derived: ITA 17"
run twin fit $case --json; code_is 0
cp "$work/out" "$work/twin.json"
run twin show "$work/twin.json"; code_is 0
says "^  Melanin index, field  *480 "
run twin fit $case --before "$work/twin.json" --days 30 --json; code_is 0
run twin fit $case --before "$work/twin.json" --days 30; code_is 0
says "^Changed by the readings"
run twin fit $case --days 30; code_is 2
says "goes with --before" err
run twin fit tests/validation/cases/S3.json --before "$work/twin.json" --days 30; code_is 2
says "is a twin of the cheek" err

printf '{"schema": "lasertwin-outcome/1", "pih": true, "pih_expected_frac": 0.044}' >"$work/outcome.json"
run twin learn "$work/twin.json" "$work/outcome.json"; code_is 0
says "PIH liability"
printf '{"schema": "lasertwin-outcome/1", "cleared_frac": 75}' >"$work/outcome.json"
run twin learn "$work/twin.json" "$work/outcome.json"; code_is 2
says "outcome.json: cleared_frac" err

run twin forecast $case --sed-per-day 1; code_is 0
says "^Published: PIH 4.4 % .*3 of 68 patients"
says "^The twin's own estimate"
says "^SCENARIO, not a prognosis"
run twin forecast "$work/twin.json" --indication tattoo_black --goal 0.9 --json; code_is 0
says '"goal_cleared_frac":.*0.9'
run twin forecast $case --indication tatoo_black; code_is 2

# what the fitted skin shows, read as another skin's spectrum, fits that skin again
run reflectance "$work/twin.json" --from-nm 450 --to-nm 650 --step-nm 5; code_is 0
cp "$work/out" "$work/spectrum.csv"
sed 's/"patient": *{/&"spectrum_csv": "spectrum.csv", /' $case >"$work/case.json"
run twin fit "$work/case.json"; code_is 0
says "^  spectrum  *41 points .*rms difference 0.00"
sed -i 's/^500,.*/500,35/' "$work/spectrum.csv"
run twin fit "$work/case.json"; code_is 2
says "spectrum.csv: line 16" err
run reflectance $case --from-nm 300; code_is 2
run reflectance $case --json; code_is 0
says '"ita_deg"'
# what an outcome taught reaches the next plan, and the plan says so; said twice it counts once
printf '{"schema": "lasertwin-outcome/1", "device": "clear_brilliant.1927", "depth_measured_um": 390, "depth_predicted_um": 300}' \
	>"$work/outcome.json"
run twin fit tests/validation/cases/S2.json --json; code_is 0
cp "$work/out" "$work/twin.json"
run twin learn "$work/twin.json" "$work/outcome.json" --json; code_is 0
cp "$work/out" "$work/taught.json"
run twin learn "$work/taught.json" "$work/outcome.json"; code_is 0
says "it counts once"
sed -i 's/clear_brilliant.1927/ultrapulse.deepfx/' "$work/outcome.json"
run twin learn "$work/taught.json" "$work/outcome.json" --json; code_is 0
cp "$work/out" "$work/taught.json"
run case tests/validation/cases/S2.json --before "$work/taught.json" --days 30; code_is 0
says "Learnt  *depth x1\.[0-9]* .*from 1 treatment: Coagulation depth"
says "^  *1 depth lesson of another kind of beam"
run case tests/validation/cases/S2.json --before "$work/outcome.json"; code_is 2
run check tests/validation/cases/S2.json --days 3; code_is 2
says "goes with --before" err
printf '{"schema": "lasertwin-outcome/1", "depth_measured_um": 3000, "depth_predicted_um": 300}' >"$work/outcome.json"
run twin learn "$work/twin.json" "$work/outcome.json"; code_is 2
says "depth_measured_um.* 10 times what was expected" err
pass "twin: fit, show, learn, forecast, reflectance; refusals by field and line"
