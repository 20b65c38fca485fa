/* Reads the shipped device profiles. */
#include "tests/support/device_profiles.h"

const char *const profile_ids[PROFILES] = {
        "acupulse",      "clear_brilliant",  "discovery_pico",
        "eco2",          "enlighten_iii",    "fraxel_dual",
        "fraxel_repair", "genius",           "gentlemax_pro",
        "icon_1540",     "lasemd",           "morpheus8",
        "mosaic_1550",   "pearl_fractional", "picocare_majesty",
        "picoplus",      "picosure",         "picoway",
        "piqo4",         "potenza",          "profound_matrix",
        "profractional", "resurfx",          "secret_rf",
        "smartxide_dot", "thermage_flx",     "ultrapulse",
};

bool profile_text(const char *id, struct profile_text *out)
{
	char path[128];

	(void)snprintf(path, sizeof path, "profiles/devices/%s.json", id);
	FILE *file = fopen(path, "rb");
	if (!file)
		return false;
	out->len = fread(out->bytes, 1, sizeof out->bytes, file);
	(void)fclose(file);
	return out->len > 0 && out->len < sizeof out->bytes;
}

struct device *profile_device(const char *id)
{
	struct profile_text text;
	struct device *device = NULL;
	struct fail why = {0};

	if (!profile_text(id, &text))
		(void)fprintf(stderr, "cannot read the profile %s\n", id);
	else if (device_parse(id, text.bytes, text.len, &device, &why))
		(void)fprintf(stderr, "%s: %s\n", why.field, why.text);
	return device;
}
