/* What quantities are called and counted in on the wire. Units are UCUM codes. */
#include "planner/sync/mapping_private.h"

#include "devices/json.h"
#include "devices/settings.h"

const struct quantity reading_quantities[] = {
        {"ita_deg", "ita", "Individual typology angle", "deg", "deg"},
        {"ita_unexposed_deg", "ita-unexposed", "Individual typology angle, unexposed skin", "deg", "deg"},
        {"mi_field", "melanin-index", "Melanin index, field", "[arb'U]", "a.u."},
        {"mi_adjacent_normal", "melanin-index-adjacent", "Melanin index, adjacent normal skin", "[arb'U]",
         "a.u."},
        {"mi_unexposed", "melanin-index-unexposed", "Melanin index, unexposed skin", "[arb'U]", "a.u."},
        {"ei", "erythema-index", "Erythema index", "[arb'U]", "a.u."},
        {"epidermis_um", "epidermis-thickness", "Epidermis thickness", "um", "um"},
        {"corneum_um", "stratum-corneum-thickness", "Stratum corneum thickness", "um", "um"},
        {"dermis_mm", "dermis-thickness", "Dermis thickness", "mm", "mm"},
        {"subcutis_mm", "subcutis-thickness", "Subcutis thickness", "mm", "mm"},
        {"tewl_g_m2_h", "tewl", "Transepidermal water loss", "g/m2/h", "g/m2/h"},
        {"hydration_au", "hydration", "Stratum corneum hydration (capacitance)", "[arb'U]", "a.u."},
        {"elasticity_r2", "elasticity-r2", "Gross elasticity R2", "1", "1"},
        {"skin_temp_C", "skin-temperature", "Skin temperature", "Cel", "C"},
        {"masi", "masi", "Melasma area and severity index", "{score}", "score"},
        {"lesion_depth_um", "lesion-depth", "Depth of pigment or ink", "um", "um"},
        {NULL, NULL, NULL, NULL, NULL},
};

/* The settings' own table says unit and label; counts get UCUM annotations. */
bool setting_quantity(const char *key, struct quantity *out)
{
	static const struct {
		const char *unit, *ucum;
	} units[] = {{"mJ", "mJ"},       {"mJ/pin", "mJ/{pin}"},
	             {"J/cm2", "J/cm2"}, {"mm", "mm"},
	             {"%", "%"},         {"/cm2", "/cm2"},
	             {"Hz", "Hz"},       {"ms", "ms"},
	             {"ps", "ps"},       {"W", "W"},
	             {"us", "us"},       {"um", "um"},
	             {"d", "d"},         {"s", "s"},
	             {"ns", "ns"},       {"nm", "nm"},
	             {"C", "Cel"},       {"J", "J"},
	             {"MHz", "MHz"},     {"V", "V"},
	             {"ohm", "Ohm"},     {"", "1"}};
	for (int i = 0; i < SETTINGS; i++) {
		const struct setting_spec *spec = setting_spec((enum setting_id)i);
		if (strcmp(spec->key, key) != 0)
			continue;
		for (size_t u = 0; u < sizeof units / sizeof *units; u++)
			if (strcmp(units[u].unit, spec->unit) == 0) {
				*out = (struct quantity){spec->key, spec->key, spec->label, units[u].ucum,
				                         spec->unit[0] ? spec->unit : "1"};
				return true;
			}
	}
	return false;
}

bool number_micro(const struct json_at *object, const char *key, int64_t *micro)
{
	double value = 0;
	bool present = false;
	struct fail none;
	if (json_number_in(object, key, -1e9, 1e9, "", &value, &present, &none) != ST_OK || !present)
		return false;
	*micro = llround(value * MICRO_PER_UNIT);
	return true;
}

const char *const mapping_types[] = {
        "Patient",       "Device",   "Observation", "DocumentReference", "ServiceRequest",
        "DeviceRequest", "CarePlan", "Procedure",   "Task",              "Provenance",
        "AdverseEvent",  "AuditEvent", NULL};

const char *mapping_status(const char *state)
{
	static const char *const pairs[][2] = {
	        {"draft", "draft"},      {"proposed", "draft"},    {"rejected", "revoked"},
	        {"approved", "active"},  {"treating", "active"},   {"delivered", "completed"},
	        {"closed", "completed"}, {"expired", "on-hold"},   {"revoked", "revoked"},
	        {"stale", "on-hold"},    {"superseded", "revoked"}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (strcmp(pairs[i][0], state) == 0)
			return pairs[i][1];
	return "unknown";
}
