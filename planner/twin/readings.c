/* Readings: the table of what can be measured, plausibility, and the skin-type questionnaire. */
#include "planner/twin/readings.h"

static const struct reading_spec specs[READINGS] = {
	[READING_AGE_Y] = {"age", "y", "Age", 0, 120, 0, "oldest documented human age"},
	[READING_ITA_DEG] = {"ita_deg", "deg", "ITA", -90, 90, 1, "definition: atan2((L*-50), b*)"},
	[READING_ITA_UNEXPOSED_DEG] = {"ita_unexposed_deg", "deg", "ITA unexposed", -90, 90, 1,
	                               "definition: atan2((L*-50), b*)"},
	[READING_LAB_L] = {"lab.L", "", "L*", 15, 85, 1, "skin of Xiao 2017 and ISSA 2025, widened"},
	[READING_LAB_A] = {"lab.a", "", "a*", -5, 35, 1, "skin of Xiao 2017 and ISSA 2025, widened"},
	[READING_LAB_B] = {"lab.b", "", "b*", 0, 40, 1, "skin of Xiao 2017 and ISSA 2025, widened"},
	[READING_MI_FIELD] = {"mi_field", "", "Melanin index, field", 0, 999, 0, "instrument scale"},
	[READING_MI_ADJACENT_NORMAL] = {"mi_adjacent_normal", "", "Melanin index, adjacent", 0, 999, 0,
	                                "instrument scale"},
	[READING_MI_UNEXPOSED] = {"mi_unexposed", "", "Melanin index, unexposed", 0, 999, 0, "instrument scale"},
	[READING_EI] = {"ei", "", "Erythema index", 0, 999, 0, "instrument scale"},
	[READING_EPIDERMIS_UM] = {"epidermis_um", "um", "Epidermis", 20, 1600, 0,
	                          "eyelid 40 to sole 1500 um (Oltulu 2018), widened"},
	[READING_DERMIS_MM] = {"dermis_mm", "mm", "Dermis", 0.2, 6, 2, "eyelid 0.3 to back 4 mm, widened"},
	[READING_SUBCUTIS_MM] = {"subcutis_mm", "mm", "Subcutis", 0.3, 80, 1, "face 1 to trunk 30 mm, widened"},
	[READING_TEWL_G_M2_H] = {"tewl_g_m2_h", "g/m2h", "TEWL", 0, 100, 1, "open-chamber range; normal 5-20"},
	[READING_HYDRATION_AU] = {"hydration_au", "a.u.", "Hydration", 0, 130, 0, "Corneometer scale"},
	[READING_ELASTICITY_R2] = {"elasticity_r2", "", "Elasticity R2", 0, 1, 2, "ratio Ua/Uf, by definition"},
	[READING_SKIN_TEMP_C] = {"skin_temp_C", "C", "Skin temperature", 20, 42, 1, "living skin at room climate"},
	[READING_MASI] = {"masi", "", "MASI", 0, 48, 1, "scale of Kimbrough-Green 1994"},
	[READING_MEASURED_DAYS_AGO] = {"measured_days_ago", "d", "Measured, days ago", 0, 3650, 0, "ten years"},
	[READING_UV_LAST_DAYS] = {"uv_last_days", "d", "Days since UV", 0, 36500, 0, "a lifetime"},
	/* a lesion or an ink may be darker and bluer than skin */
	[READING_LESION_LAB_L] = {"lesion_lab.L", "", "L* lesion", 5, 85, 1, "skin and ink, widened"},
	[READING_LESION_LAB_A] = {"lesion_lab.a", "", "a* lesion", -40, 60, 1, "skin and ink, widened"},
	[READING_LESION_LAB_B] = {"lesion_lab.b", "", "b* lesion", -40, 60, 1, "skin and ink, widened"},
	[READING_LESION_DEPTH_UM] = {"lesion_depth_um", "um", "Pigment or ink depth", 20, 4000, 0,
	                             "basal layer of thin skin to the depth of tattoos, widened"},
	[READING_CORNEUM_UM] = {"corneum_um", "um", "Stratum corneum", 4, 800, 0,
	                        "11-18 um (Sandby-Moller 2003) to the sole, widened"},
};

/* Scales of the melanin instruments. Mexameter: 0..999 by construction; DermaSpectrometer M =
 * 100 log10(1/R655) and 100 log10(1/R680): reflectance between 1 and 0.01. */
static const struct {
	const char *name;
	double max;
} scales[MI_SCALES] = {
	[MI_MEXAMETER] = {"mexameter", 999},
	[MI_DERMASPECTROMETER] = {"dermaspectrometer", 200},
	[MI_REFLECTANCE680] = {"reflectance680", 200},
};

static const char *const fitzpatrick_names[] = {NULL, "I", "II", "III", "IV", "V", "VI"};

static const struct fitzpatrick_question questions[FITZPATRICK_QUESTIONS] = {
	{"Eye colour", {"light blue, grey or green", "blue, grey or green", "hazel", "dark brown", "brownish black"}},
	{"Natural hair colour", {"red or sandy", "blond", "chestnut or dark blond", "dark brown", "black"}},
	{"Skin colour where unexposed", {"reddish", "very pale", "pale, beige tint", "light brown", "dark brown"}},
	{"Freckles where unexposed", {"many", "several", "few", "incidental", "none"}},
	{"After too long in the sun",
	 {"painful redness, blisters", "blisters, then peeling", "burns, sometimes peels", "rarely burns", "never burns"}},
	{"Degree of tan", {"hardly any", "light", "reasonable", "very easily", "dark brown quickly"}},
	{"Tan within hours of sun", {"never", "seldom", "sometimes", "often", "always"}},
	{"Face in the sun", {"very sensitive", "sensitive", "normal", "very resistant", "never a problem"}},
	{"Last sun or sunbed",
	 {"over 3 months ago", "2-3 months ago", "1-2 months ago", "under a month ago", "under 2 weeks ago"}},
	{"Treated area in the sun", {"never", "hardly ever", "sometimes", "often", "always"}},
};

const struct reading_spec *readings_spec(enum reading reading)
{
	BUG_ON((unsigned)reading >= READINGS);
	return &specs[reading];
}

static bool on_melanin_scale(enum reading reading)
{
	return reading == READING_EI || reading == READING_MI_FIELD || reading == READING_MI_ADJACENT_NORMAL ||
	       reading == READING_MI_UNEXPOSED;
}

void readings_range(const struct readings *readings, enum reading reading, double *min, double *max)
{
	const struct reading_spec *spec = readings_spec(reading);
	*min = spec->min;
	*max = on_melanin_scale(reading) ? scales[readings->mi_scale].max : spec->max;
}

bool readings_find(const char *key, enum reading *out)
{
	for (int i = 0; i < READINGS; i++)
		if (strcmp(specs[i].key, key) == 0) {
			*out = (enum reading)i;
			return true;
		}
	return false;
}

enum status readings_set(struct readings *readings, enum reading reading, double value, struct fail *why)
{
	const struct reading_spec *spec = readings_spec(reading);
	double min, max;
	readings_range(readings, reading, &min, &max);
	if (!isfinite(value))
		return fail_set(why, ST_INPUT, spec->key, "not a finite number; enter %g to %g %s", min, max, spec->unit);
	if (value < min || value > max)
		return fail_set(why, ST_RANGE, spec->key,
		                "%g %s is implausible: %s lies within %g to %g%s%s (%s); measure again or leave it out",
		                value, spec->unit, spec->label, min, max, spec->unit[0] ? " " : "", spec->unit,
		                spec->source);
	readings->value[reading] = value;
	readings->present[reading] = true;
	readings->carried[reading] = false;
	return ST_OK;
}

void readings_clear(struct readings *readings, enum reading reading)
{
	BUG_ON((unsigned)reading >= READINGS);
	readings->present[reading] = readings->carried[reading] = false;
	readings->value[reading] = 0.0;
}

/* Three numbers are one colour: carried together or not at all. */
static void together(struct readings *r, enum reading first)
{
	bool *c = &r->carried[first];
	c[0] = c[1] = c[2] = c[0] && c[1] && c[2];
}

void readings_mark_carried(struct readings *r, const struct readings *earlier)
{
	static const enum reading never[] = {READING_AGE_Y, READING_MEASURED_DAYS_AGO, READING_UV_LAST_DAYS, READING_MASI};
	const struct spectrum *a = &r->spectrum, *b = &earlier->spectrum;
	for (int i = 0; i < READINGS; i++)
		r->carried[i] = r->present[i] && earlier->present[i] && !(fabs(r->value[i] - earlier->value[i]) > 0.0);
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
		r->carried[never[i]] = false;
	together(r, READING_LAB_L);
	together(r, READING_LESION_LAB_L);
	r->spectrum_carried = a->count && a->count == b->count &&
	                      memcmp(a->reflectance, b->reflectance, a->count * sizeof a->reflectance[0]) == 0;
}

/* L*a*b* is one reading of three numbers: all or none. */
static enum status check_lab(const struct readings *r, struct fail *why)
{
	int given = r->present[READING_LAB_L] + r->present[READING_LAB_A] + r->present[READING_LAB_B];
	int lesion =
		r->present[READING_LESION_LAB_L] + r->present[READING_LESION_LAB_A] + r->present[READING_LESION_LAB_B];
	if (given % 3 != 0 || lesion % 3 != 0)
		return fail_set(why, ST_INPUT, given % 3 ? "lab" : "lesion_lab",
		                "only %d of L, a, b given; enter all three or none", given % 3 ? given : lesion);
	if (given == 0 || !r->present[READING_ITA_DEG])
		return ST_OK;
	double ita = atan2(r->value[READING_LAB_L] - 50.0, r->value[READING_LAB_B]) * 180.0 / 3.14159265358979;
	/* 10 deg: a different observer or illuminant moves ITA by a few degrees, a wrong field by tens */
	if (fabs(ita - r->value[READING_ITA_DEG]) > 10.0)
		return fail_set(why, ST_INPUT, "ita_deg",
		                "%.1f deg contradicts L*a*b* (which gives %.1f deg, allowed difference 10); "
		                "one of the two is wrong",
		                r->value[READING_ITA_DEG], ita);
	return ST_OK;
}

static enum status check_layers(const struct readings *r, struct fail *why)
{
	if (r->present[READING_EPIDERMIS_UM] && r->present[READING_CORNEUM_UM] &&
	    r->value[READING_CORNEUM_UM] >= r->value[READING_EPIDERMIS_UM])
		return fail_set(why, ST_INPUT, "corneum_um",
		                "%g um is not thinner than the epidermis it is part of (%g um); check both",
		                r->value[READING_CORNEUM_UM], r->value[READING_EPIDERMIS_UM]);
	if (r->present[READING_EPIDERMIS_UM] && r->present[READING_DERMIS_MM] &&
	    r->value[READING_EPIDERMIS_UM] >= 1000.0 * r->value[READING_DERMIS_MM])
		return fail_set(why, ST_INPUT, "epidermis_um",
		                "%g um is not thinner than the dermis (%g mm); check the units",
		                r->value[READING_EPIDERMIS_UM], r->value[READING_DERMIS_MM]);
	return ST_OK;
}

enum status readings_check(const struct readings *readings, struct fail *why)
{
	if (readings->fitzpatrick < 0 || readings->fitzpatrick > 6)
		return fail_set(why, ST_RANGE, "fitz", "%d is not a skin type; enter I to VI", readings->fitzpatrick);
	if (readings->site[0] && !site_known(readings->site))
		return fail_set(why, ST_INPUT, "site", "unknown site \"%s\"; choose one of the list", readings->site);
	enum status st = check_lab(readings, why);
	if (!st)
		st = check_layers(readings, why);
	return st || !readings->spectrum.count ? st : spectrum_check(&readings->spectrum, why);
}

const char *fitzpatrick_name(int type)
{
	return type >= 1 && type <= 6 ? fitzpatrick_names[type] : NULL;
}

int fitzpatrick_parse(const char *name)
{
	for (int type = 1; type <= 6; type++)
		if (strcmp(fitzpatrick_names[type], name) == 0)
			return type;
	return FITZPATRICK_UNKNOWN;
}

const struct fitzpatrick_question *fitzpatrick_question(size_t index)
{
	return index < FITZPATRICK_QUESTIONS ? &questions[index] : NULL;
}

enum status fitzpatrick_from_answers(const int answer[FITZPATRICK_QUESTIONS], int *type, int *points,
                                     struct fail *why)
{
	static const int highest_sum[] = {0, 7, 16, 25, 30, 35, 40}; /* by type */
	int sum = 0;
	for (size_t i = 0; i < FITZPATRICK_QUESTIONS; i++) {
		if (answer[i] < 0 || answer[i] > 4)
			return fail_set(why, ST_RANGE, questions[i].text, "answer %d is outside 0 to 4", answer[i]);
		sum += answer[i];
	}
	*points = sum;
	*type = 1;
	while (sum > highest_sum[*type])
		(*type)++;
	return ST_OK;
}

const char *melanin_scale_name(enum melanin_scale scale)
{
	BUG_ON((unsigned)scale >= MI_SCALES);
	return scales[scale].name;
}

bool melanin_scale_parse(const char *name, enum melanin_scale *out)
{
	for (int i = 0; i < MI_SCALES; i++)
		if (strcmp(scales[i].name, name) == 0) {
			*out = (enum melanin_scale)i;
			return true;
		}
	return false;
}
