/* Readings: what the clinic measured today, checked for plausibility.
 *
 * One table (readings_spec) gives each reading its key, unit, plausible range and the source of the
 * range; the case file, the store and the entry form all go by it. A reading outside its range is
 * refused with the range, never clamped; a reading not taken is absent, never zero.
 */
#ifndef LASERTWIN_READINGS_H
#define LASERTWIN_READINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "physics/base/status.h"
#include "planner/twin/spectrum.h"

enum reading {
	READING_AGE_Y,
	READING_ITA_DEG,
	READING_ITA_UNEXPOSED_DEG,
	READING_LAB_L,
	READING_LAB_A,
	READING_LAB_B,
	READING_MI_FIELD,           /* the lesion or field itself */
	READING_MI_ADJACENT_NORMAL, /* normal skin beside it: what safety is judged on */
	READING_MI_UNEXPOSED,       /* sun-protected skin: the baseline for a tan */
	READING_EI,
	READING_EPIDERMIS_UM, /* stratum corneum included */
	READING_DERMIS_MM,
	READING_SUBCUTIS_MM,
	READING_TEWL_G_M2_H,
	READING_HYDRATION_AU,
	READING_ELASTICITY_R2,
	READING_SKIN_TEMP_C,
	READING_MASI,
	READING_MEASURED_DAYS_AGO,
	READING_UV_LAST_DAYS,
	READING_LESION_LAB_L, /* colour of the lesion or the ink */
	READING_LESION_LAB_A,
	READING_LESION_LAB_B,
	READING_LESION_DEPTH_UM, /* of its pigment or ink, from OCT or ultrasound */
	READING_CORNEUM_UM,
	READINGS
};

enum melanin_scale { MI_MEXAMETER, MI_DERMASPECTROMETER, MI_REFLECTANCE680, MI_SCALES };
enum sex { SEX_UNKNOWN, SEX_FEMALE, SEX_MALE, SEX_OTHER };

struct reading_spec {
	const char *key, *unit, *label;
	double min, max;    /* plausible range; for melanin and erythema indices see readings_range */
	int decimals;       /* for display and entry steps */
	const char *source; /* of the range */
};

#define FITZPATRICK_UNKNOWN 0 /* types are 1..6 */

struct readings {
	double value[READINGS];
	bool present[READINGS];
	bool carried[READINGS]; /* taken over from an earlier visit, whose twin has it already: not read anew */
	int fitzpatrick;
	enum sex sex;
	enum melanin_scale mi_scale;
	char site[48]; /* key of the site table; empty: not given */
	char wood[16]; /* depth of pigment under Wood's lamp, kept for the record; empty: not given */
	struct spectrum spectrum;  /* of the normal skin beside the lesion; count 0: not taken */
	bool spectrum_carried;
	char spectrum_csv[128];    /* a case file's name of it, until it is read; else empty */
};

const struct reading_spec *readings_spec(enum reading reading);
/* The plausible range of a reading; melanin indices depend on the instrument's scale. */
void readings_range(const struct readings *readings, enum reading reading, double *min, double *max);
bool readings_find(const char *key, enum reading *out);

/* Stores a value, or refuses it with range, unit and source. The record is unchanged on refusal. */
enum status readings_set(struct readings *readings, enum reading reading, double value,
                         struct fail *why) MUST_CHECK;
void readings_clear(struct readings *readings, enum reading reading);

/* Marks as carried what stands in the readings of an earlier visit with the same value. A reading taken anew is never
 * carried: readings_set says so. */
void readings_mark_carried(struct readings *readings, const struct readings *earlier);

/* Cross-checks between readings (ITA against L*a*b*, adjacent against lesion, scale present when an
 * index is): contradiction is refused by name. */
enum status readings_check(const struct readings *readings, struct fail *why) MUST_CHECK;

/* "I".."VI" <-> 1..6; NULL and 0 for what is not a type. */
const char *fitzpatrick_name(int type);
int fitzpatrick_parse(const char *name);

/* Fitzpatrick type from the ten-question form, 0..4 points each (after Fitzpatrick 1988, Arch Dermatol
 * 124:869; sums 0-7 I, 8-16 II, 17-25 III, 26-30 IV; the split of the rest at 35 is ours). ST_RANGE for
 * an answer outside 0..4. */
#define FITZPATRICK_QUESTIONS 10
struct fitzpatrick_question {
	const char *text;
	const char *answer[5];
};
const struct fitzpatrick_question *fitzpatrick_question(size_t index);
enum status fitzpatrick_from_answers(const int answer[FITZPATRICK_QUESTIONS], int *type, int *points,
                                     struct fail *why) MUST_CHECK;

const char *melanin_scale_name(enum melanin_scale scale);
bool melanin_scale_parse(const char *name, enum melanin_scale *out);

/* Sites the priors know; NULL past the end. */
const char *site_name(size_t index);
bool site_known(const char *name);

#endif
