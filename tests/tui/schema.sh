#!/bin/sh
# Every device profile under the published JSON Schema, by a validator of its own (Debian: python3-jsonschema).
# And that the schema refuses what it should: figures without source or confidence, unknown keys, slips of type.
. "$(dirname "$0")/lib.sh"
python=$(for p in /usr/bin/python3 python3; do "$p" -c 'import jsonschema' 2>/dev/null && echo "$p" && break; done)
[ -n "$python" ] || fail "no validator: install python3-jsonschema (sh .ci/install --test)"
"$python" -W ignore - >"$work/out" 2>&1 <<'EOF' || fail "$(tail -n 3 "$work/out")"
import copy, glob, json, jsonschema

schema = json.load(open("profiles/schema/device.schema.json"))
kind = jsonschema.validators.validator_for(schema)
kind.check_schema(schema)
validator = kind(schema)
paths = sorted(glob.glob("profiles/devices/*.json"))
assert len(paths) == 27, f"{len(paths)} profiles"
for path in paths:
    for error in validator.iter_errors(json.load(open(path))):
        raise SystemExit(f"{path}: {'/'.join(map(str, error.path))}: {error.message}")

def refused(change, what):
    changed = copy.deepcopy(good)
    change(changed)
    if validator.is_valid(changed):
        raise SystemExit(f"the schema takes a profile {what}")

good = json.load(open("profiles/devices/fraxel_dual.json"))
energy = lambda d: d["modes"][0]["settings"]["energy_mJ"]
refused(lambda d: energy(d).pop("source"), "whose energy has no source")
refused(lambda d: energy(d).pop("confidence"), "whose energy has no confidence")
refused(lambda d: energy(d).update(confidence="certain"), "of a confidence there is not")
refused(lambda d: energy(d).update(step=0), "with a step of 0")
refused(lambda d: energy(d).update(min="4"), "with a number in quotes")
refused(lambda d: d.update(energy=1), "with an unknown key")
refused(lambda d: d.pop("modality"), "without a modality")
refused(lambda d: d.update(signed={"name": "T", "role": "technician", "date": "2026-11-27", "reason": "r"}), "signed by a technician")
d = copy.deepcopy(good)
d["signed"] = {"name": "T", "role": "dermatologist", "date": "2026-11-27", "reason": "r"}
validator.validate(d)
print(len(paths), "profiles")
EOF
pass "device profiles under their JSON Schema"
