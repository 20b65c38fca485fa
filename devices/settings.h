/* Settings: the numbers on a console, in the units of that console.
 *
 * One table gives each setting its key (case files, profiles, store), unit, label, decimals and the bounds
 * no device exceeds. A value is a number under a name that carries its unit: there is no unitless field.
 * The text setting return_pad_site is not a number and lives with whoever reads the case.
 */
#ifndef LASERTWIN_SETTINGS_H
#define LASERTWIN_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "physics/base/status.h"

struct json_at;

enum setting_id {
	SETTING_ENERGY_MJ,     /* per pulse, or per microbeam where the mode makes microbeams one by one */
	SETTING_ENERGY_MJ_PIN, /* per needle */
	SETTING_FLUENCE_J_CM2, /* mean over the spot */
	SETTING_SPOT_MM,
	SETTING_DENSITY_PCT,  /* share of the area hit in one pass */
	SETTING_COVERAGE_PCT, /* share of the area hit; one pass or all, see struct device_mode */
	SETTING_TREATMENT_LEVEL,
	SETTING_DENSITY_PER_CM2,
	SETTING_PASSES,
	SETTING_STACK, /* pulses on one spot */
	SETTING_REP_HZ,
	SETTING_PULSE_MS,
	SETTING_PULSE_PS,
	SETTING_POWER_W,
	SETTING_DWELL_US,
	SETTING_PITCH_UM,
	SETTING_DEPTH_MM,
	SETTING_DEPTH_UM,
	SETTING_LEVEL,
	SETTING_SHOTS,
	SETTING_INTERVAL_DAYS, /* between visits */
	SETTING_VISITS,
	SETTINGS
};

struct setting_spec {
	const char *key, *unit, *label;
	int decimals;
	double min, max;  /* of any device: outside is a slip of the pen */
	bool dose;        /* what the skin gets depends on it: the fit turns it */
	bool of_the_plan; /* belongs to the course of visits, so every mode takes it */
};

struct settings {
	double value[SETTINGS]; /* meaningful where present */
	uint32_t present;       /* bit per setting_id */
};

const struct setting_spec *setting_spec(enum setting_id id);
bool setting_find(const char *key, enum setting_id *out);

static inline bool settings_has(const struct settings *settings, enum setting_id id)
{
	return (settings->present >> id & 1u) != 0;
}

/* The value, or NAN when it is not set. */
double settings_get(const struct settings *settings, enum setting_id id);
void settings_set(struct settings *settings, enum setting_id id, double value);
void settings_drop(struct settings *settings, enum setting_id id);

/* Reads a case's settings object: unknown keys are refused by name with the nearest known one (keys that
 * start with x_ and return_pad_site are let through), numbers must lie within the bounds of the table. */
enum status settings_read(const struct json_at *at, struct settings *out, struct fail *why) MUST_CHECK;

/* "energy 15 mJ, density 10 %, passes 1" in table order; returns buffer. */
const char *settings_text(const struct settings *settings, char *buffer, size_t size);

#endif
