/* Radiofrequency: no light. The exposure carries the numbers of the console to the rules and the plan sheet;
 * fields and heat of RF are not computed from it. */
#include "devices/families.h"
#include "physics/base/units.h"

#define S_PER_MS 1e-3

enum status radiofrequency_expose(const struct device_mode *mode, const struct settings *settings,
                                  struct exposure *out, struct fail *why)
{
	double depth_mm = settings_get(settings, SETTING_DEPTH_MM);

	(void)why;
	out->kind = EXPOSURE_RF;
	out->frequency_MHz = mode->frequency_MHz;
	out->energy_mJ = settings_get(settings, SETTING_ENERGY_MJ_PIN);
	out->pulse_s = settings_get(settings, SETTING_PULSE_MS) * S_PER_MS;
	out->power_W = settings_get(settings, SETTING_POWER_W);
	out->level = settings_get(settings, SETTING_LEVEL);
	out->depth_um = depth_mm * UM_PER_MM;
	out->pins = mode->pins.value;
	out->tip_cm2 = mode->tip_cm2.value;
	return ST_OK;
}
