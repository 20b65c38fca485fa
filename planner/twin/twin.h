/* The skin twin, first form: readings become a layered skin with an uncertainty and a source for every
 * property.
 *
 * Each property is a marginal distribution (median and spread) that is measured, derived from readings
 * through the forward model, or a population prior. Missing readings leave the wider prior in place.
 * Melanin is found by inverting the same optics that plan the treatment: reflectance of the layered skin
 * gives ITA and melanin index, and Bayes' rule on a grid of melanin gives value and uncertainty.
 * Safety is judged on the normal skin beside the lesion; the lesion has its own melanin.
 */
#ifndef LASERTWIN_TWIN_H
#define LASERTWIN_TWIN_H

#include <stdint.h>

#include "physics/base/estimate.h"
#include "physics/base/status.h"
#include "physics/tissue.h"
#include "planner/twin/readings.h"

enum twin_property {
	TWIN_MELANOSOME_FRAC,        /* normal skin: mean over the viable epidermis */
	TWIN_LESION_MELANOSOME_FRAC, /* in the field to be treated */
	TWIN_BASAL_RATIO,            /* melanosome density of the basal layer over that above it */
	TWIN_BLOOD_FRAC,             /* papillary dermis */
	TWIN_SATURATION_FRAC,
	TWIN_CORNEUM_WATER_FRAC,
	TWIN_EPIDERMIS_WATER_FRAC,
	TWIN_DERMIS_WATER_FRAC,
	TWIN_CORNEUM_UM,
	TWIN_EPIDERMIS_UM, /* stratum corneum included */
	TWIN_DERMIS_UM,
	TWIN_SUBCUTIS_UM,
	TWIN_ELASTICITY_R2,
	TWIN_SKIN_TEMPERATURE_C,
	TWIN_PROPERTIES
};

enum twin_origin { TWIN_MEASURED, TWIN_DERIVED, TWIN_PRIOR };

struct twin_value {
	double median;
	double sd; /* in the unit of the property, at the median */
	double p05, p95;
	enum twin_origin origin;
	unsigned flags;   /* enum validity */
	char source[128]; /* "ITA 46 deg through reflectance model; prior type II" */
};

struct twin {
	struct twin_value property[TWIN_PROPERTIES];
	int fitzpatrick;         /* as recorded; 0 unknown */
	int effective_type;      /* recorded, or from the measured colour when unknown: 1..6 */
	double tan_rel;          /* adjacent over unexposed melanin index - 1; NAN when not measured */
	double ita_deg;          /* measured or derived from L*a*b*; NAN without */
	double model_ita_deg;    /* what the fitted skin would read */
	char site[48];
};

struct twin_property_spec {
	const char *key, *unit, *label;
	double display_scale; /* multiply before showing (100 for fractions in %) */
	int decimals;
};
const struct twin_property_spec *twin_property_spec(enum twin_property property);
const char *twin_origin_name(enum twin_origin origin);

/* ~20-60 ms: solves the reflectance model at some hundred wavelengths. Deterministic. */
enum status twin_from_readings(const struct readings *readings, struct twin *out, struct fail *why) MUST_CHECK;

/* One joint sample of all properties (index 0 is always the median twin); the same seed and index give
 * the same sample. value has TWIN_PROPERTIES entries. */
void twin_sample(const struct twin *twin, uint64_t seed, unsigned index, double *value);

enum twin_region { TWIN_NORMAL_SKIN, TWIN_LESION };

/* The layered skin of one sample. */
void twin_tissue(const double *value, enum twin_region region, struct tissue *out);

/* Reflectance colour of a tissue: ITA, Mexameter melanin and erythema index (physics/colour.h), for
 * reports and for the fit of melanin. */
struct twin_colour {
	double ita_deg, mexameter_mi, mexameter_ei, dermaspectrometer_mi, mi680;
};
enum status twin_model_colour(const struct tissue *tissue, struct twin_colour *out, struct fail *why) MUST_CHECK;

#endif
