/* The table of settings, and reading them from a case. */
#include "devices/settings.h"

#include "devices/json.h"

/* Bounds: the widest any profile needs with room to spare; they catch mm for um and J for mJ. */
static const struct setting_spec specs[SETTINGS] = {
        [SETTING_ENERGY_MJ] = {"energy_mJ", "mJ", "energy", 2, 0.05, 1e5, true, false},
        [SETTING_ENERGY_MJ_PIN] = {"energy_mJ_pin", "mJ/pin", "energy per pin", 1, 0.5, 200, true, false},
        [SETTING_FLUENCE_J_CM2] = {"fluence_J_cm2", "J/cm2", "fluence", 2, 0.01, 200, true, false},
        [SETTING_SPOT_MM] = {"spot_mm", "mm", "spot", 2, 0.05, 25, true, false},
        [SETTING_DENSITY_PCT] = {"density_pct", "%", "density", 1, 0.5, 100, true, false},
        [SETTING_COVERAGE_PCT] = {"coverage_pct", "%", "coverage", 1, 0.05, 100, true, false},
        [SETTING_TREATMENT_LEVEL] = {"treatment_level", "", "treatment level", 0, 1, 16, true, false},
        [SETTING_DENSITY_PER_CM2] = {"density_per_cm2", "/cm2", "spot density", 0, 1, 2e4, true, false},
        [SETTING_PASSES] = {"passes", "", "passes", 0, 1, 20, true, false},
        [SETTING_STACK] = {"stack", "", "stack", 0, 1, 10, false, false},
        [SETTING_REP_HZ] = {"rep_hz", "Hz", "repetition rate", 1, 0.1, 2000, false, false},
        [SETTING_PULSE_MS] = {"pulse_ms", "ms", "pulse", 2, 0.01, 1000, false, false},
        [SETTING_PULSE_PS] = {"pulse_ps", "ps", "pulse", 0, 50, 1e5, false, false},
        [SETTING_POWER_W] = {"power_W", "W", "power", 1, 0.1, 500, true, false},
        [SETTING_DWELL_US] = {"dwell_us", "us", "dwell time", 0, 10, 2e4, true, false},
        [SETTING_PITCH_UM] = {"pitch_um", "um", "spacing", 0, 0, 5000, true, false},
        [SETTING_DEPTH_MM] = {"depth_mm", "mm", "depth", 2, 0.1, 10, true, false},
        [SETTING_DEPTH_UM] = {"depth_um", "um", "depth", 0, 5, 5000, true, false},
        [SETTING_LEVEL] = {"level", "", "level", 1, 0, 20, true, false},
        [SETTING_SHOTS] = {"shots", "", "shots", 0, 1, 5000, false, false},
        [SETTING_INTERVAL_DAYS] = {"interval_days", "d", "interval", 0, 0, 730, false, true},
        [SETTING_VISITS] = {"visits", "", "visits", 0, 1, 50, false, true},
};

const struct setting_spec *setting_spec(enum setting_id id)
{
	return &specs[id];
}

bool setting_find(const char *key, enum setting_id *out)
{
	for (unsigned id = 0; id < SETTINGS; id++) {
		if (strcmp(specs[id].key, key) == 0) {
			*out = (enum setting_id)id;
			return true;
		}
	}
	return false;
}

double settings_get(const struct settings *settings, enum setting_id id)
{
	return settings_has(settings, id) ? settings->value[id] : (double)NAN;
}

void settings_set(struct settings *settings, enum setting_id id, double value)
{
	settings->value[id] = value;
	settings->present |= UINT32_C(1) << id;
}

void settings_drop(struct settings *settings, enum setting_id id)
{
	settings->value[id] = 0;
	settings->present &= ~(UINT32_C(1) << id);
}

static const char *const other_keys[] = {"return_pad_site"};
#define OTHER_KEYS (sizeof other_keys / sizeof other_keys[0])

enum status settings_read(const struct json_at *at, struct settings *out, struct fail *why)
{
	const char *keys[SETTINGS + OTHER_KEYS + 1] = {0};
	struct settings read = {0};

	for (unsigned id = 0; id < SETTINGS; id++)
		keys[id] = specs[id].key;
	for (size_t i = 0; i < OTHER_KEYS; i++)
		keys[SETTINGS + i] = other_keys[i];
	enum status st = json_known_keys(at, keys, JSON_X_EXTRA, why);
	for (unsigned id = 0; id < SETTINGS && !st; id++) {
		bool present = false;
		double value = 0;
		st = json_number_in(at, specs[id].key, specs[id].min, specs[id].max, specs[id].unit, &value,
		                    &present, why);
		if (!st && present)
			settings_set(&read, (enum setting_id)id, value);
	}
	if (!st)
		*out = read;
	return st;
}

const char *settings_text(const struct settings *settings, char *buffer, size_t size)
{
	size_t used = 0;

	if (size > 0)
		buffer[0] = '\0';
	for (unsigned id = 0; id < SETTINGS && used < size; id++) {
		if (!settings_has(settings, (enum setting_id)id))
			continue;
		double place = pow(10.0, specs[id].decimals); /* as the console shows it, without idle zeros */
		int wrote = snprintf(buffer + used, size - used, "%s%s %.10g%s%s", used ? ", " : "",
		                     specs[id].label, round(settings->value[id] * place) / place,
		                     specs[id].unit[0] ? " " : "", specs[id].unit);
		used += wrote > 0 ? (size_t)wrote : 0;
	}
	return buffer;
}
