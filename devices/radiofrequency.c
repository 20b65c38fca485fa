/* Radiofrequency: no light. The exposure carries the numbers of the console and the geometry of the applicator;
 * fields and heat follow from them in planner/fit. */
#include "devices/families.h"
#include "physics/base/units.h"

#define S_PER_MS 1e-3

/* Energy of one needle: what the console is set to, or its power over the pulse shared among the needles. */
static double pin_energy_mJ(const struct device_mode *mode, const struct settings *settings, double pulse_s)
{
	double energy_mJ = settings_get(settings, SETTING_ENERGY_MJ_PIN);
	double power_W = settings_get(settings, SETTING_POWER_W);

	return isnan(energy_mJ) ? power_W * pulse_s / mode->pins.value / J_PER_MJ : energy_mJ;
}

static void expose_needles(const struct device_mode *mode, struct exposure *out)
{
	double pitch_cm = mode->pitch_um.value * CM_PER_UM;

	out->needle_layout = mode->needle_layout;
	out->pitch_um = mode->pitch_um.value;
	out->needle_um = mode->needle_um.value;
	out->bare_um = mode->needles_bare ? out->depth_um : fmin(mode->bare_um.value, out->depth_um);
	if (!mode->needles_bare && isnan(mode->bare_um.value))
		out->bare_um = (double)NAN;
	out->geometry_assumed = mode->geometry_assumed;
	out->microbeams_per_cm2_pass = 1 / (pitch_cm * pitch_cm);
	out->microbeams_per_cm2 = out->microbeams_per_cm2_pass * out->passes;
	out->fluence_J_cm2 = out->energy_mJ * J_PER_MJ * out->microbeams_per_cm2_pass;
}

enum status radiofrequency_expose(const struct device_mode *mode, const struct settings *settings,
                                  struct exposure *out, struct fail *why)
{
	double depth_mm = settings_get(settings, SETTING_DEPTH_MM);
	double pulse_ms = settings_get(settings, SETTING_PULSE_MS);

	(void)why;
	out->kind = EXPOSURE_RF;
	out->frequency_MHz = mode->frequency_MHz;
	out->pulse_s = isnan(pulse_ms) ? mode->pulse_s.value : pulse_ms * S_PER_MS;
	out->energy_mJ = pin_energy_mJ(mode, settings, out->pulse_s);
	out->power_W = settings_get(settings, SETTING_POWER_W);
	out->level = settings_get(settings, SETTING_LEVEL);
	out->depth_um = depth_mm * UM_PER_MM;
	out->pins = mode->pins.value;
	out->tip_cm2 = mode->tip_cm2.value;
	if (mode->pattern == PATTERN_RF_NEEDLES)
		expose_needles(mode, out);
	return ST_OK;
}
