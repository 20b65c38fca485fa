/* The skin twin: readings become a layered skin with an uncertainty and a source for every property.
 *
 * One joint estimate over all readings (calibrate.c). Every property has a latent coordinate in which it is
 * Gaussian: the logarithm of what cannot be negative, the logit of a share, the value itself otherwise. The
 * posterior is a mean and a covariance of those coordinates, so that every sample is a possible skin and keeps
 * what the readings say about properties together (melanin against blood, lesion against the skin beside it).
 * The forward model is the reflectance of the layered skin by the optics that plan the treatment.
 * Safety is judged on the normal skin beside the lesion; the lesion and the unexposed skin have melanin of
 * their own. The last five properties are how this person answers to treatment: outcomes move them (learn.h).
 */
#ifndef LASERTWIN_TWIN_H
#define LASERTWIN_TWIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "physics/base/estimate.h"
#include "physics/base/status.h"
#include "physics/colour.h"
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
	TWIN_UNEXPOSED_MELANOSOME_FRAC, /* sun-protected skin: the baseline of a tan */
	TWIN_SCATTERING_SCALE,          /* reduced scattering over the tables' */
	TWIN_TEWL_G_M2_H,
	TWIN_LESION_DEPTH_UM,      /* of its pigment or ink */
	TWIN_DEPTH_FACTOR,         /* measured over predicted depth of effect */
	TWIN_THRESHOLD_FACTOR,     /* dose at which the endpoint was seen over the predicted one */
	TWIN_CLEARANCE_FACTOR,     /* clearance per session over the published mean */
	TWIN_HEALING_FACTOR,       /* days of redness over the published */
	TWIN_PIH_OFFSET,           /* liability to PIH, in probits over the published series */
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

/* What one reading says against all the others and the prior. */
struct twin_residual {
	char key[24];           /* "ita_deg", "spectrum" */
	double read, model, sd; /* what was read, what the fitted skin would read, error of their difference */
	double innovation;      /* normalised: as if this reading had been left out of the fit */
	unsigned count;         /* numbers in it: 1, or the points of a spectrum (read: mean, model: rms difference) */
	bool used;              /* false: note says why not */
	char note[96];
};
#define TWIN_RESIDUALS_MAX 32
#define TWIN_DISAGREES 3.0 /* standard deviations of the normalised innovation; design */

/* What one treatment taught of one factor: a Gaussian read of the factor's latent coordinate, the quotient of what was
 * believed after and before it (learn.h). */
struct twin_lesson {
	char treatment[64];   /* whose outcome; one lesson for each treatment and factor */
	char device_mode[64]; /* "" where the outcome does not say */
	enum twin_property factor;
	int event;       /* 1 seen, 0 looked for and not seen, -1: a number was read */
	double observed; /* the number's logarithm, or where the event was expected (probits, or widths of ln dose) */
	double read, variance; /* latent */
};
#define TWIN_LESSONS_MAX 96

struct twin {
	struct twin_value property[TWIN_PROPERTIES];
	double latent[TWIN_PROPERTIES]; /* posterior mean of the latent coordinates */
	double covariance[TWIN_PROPERTIES][TWIN_PROPERTIES];
	double lower[TWIN_PROPERTIES][TWIN_PROPERTIES]; /* its Cholesky factor */
	size_t residuals;
	struct twin_residual residual[TWIN_RESIDUALS_MAX];
	unsigned disagreements; /* residuals beyond TWIN_DISAGREES */
	double spread_factor;   /* errors widened by it, because the readings scatter more than they should; 1: not */
	unsigned iterations;    /* of the fit; 0: no reading informed it */
	int fitzpatrick;         /* as recorded; 0 unknown */
	int effective_type;      /* recorded, or from the measured colour when unknown: 1..6 */
	bool tan_measured;       /* adjacent and unexposed skin were read with one meter */
	double tan_rel;          /* adjacent over unexposed melanin index - 1; NAN when not measured */
	double ita_deg;          /* measured or derived from L*a*b*; NAN without */
	double model_ita_deg;    /* what the fitted skin would read */
	char site[48];
	size_t lessons; /* in the order they were taken in */
	struct twin_lesson lesson[TWIN_LESSONS_MAX];
};

struct twin_property_spec {
	const char *key, *unit, *label;
	double display_scale; /* multiply before showing (100 for fractions in %) */
	int decimals;
};
const struct twin_property_spec *twin_property_spec(enum twin_property property);
const char *twin_origin_name(enum twin_origin origin);

/* ~10-50 ms: solves the reflectance model at some tens of wavelengths, several times. Deterministic. */
enum status twin_from_readings(const struct readings *readings, struct twin *out, struct fail *why) MUST_CHECK;
/* The same with an earlier state, brought forward to today, in place of the population prior. */
enum status twin_from_readings_after(const struct readings *readings, const struct twin *before,
                                     struct twin *out, struct fail *why) MUST_CHECK;

/* Class of a colour, counted 1 to 6 as skin types are: ITA classes of Chardon 1991 and Del Bino 2006. A type is no
 * colour: the class serves where no type was recorded, and to see that the two do not belong to one skin. */
int twin_type_of_ita(double ita_deg);

/* The latent coordinate of a value and back. */
double twin_latent(enum twin_property property, double value);
double twin_value_at(enum twin_property property, double latent);

/* After latent or covariance were changed: medians, spreads and Cholesky factor anew. Origins and sources stay. */
enum status twin_refresh(struct twin *twin, struct fail *why) MUST_CHECK;

/* Tan: normal skin against unexposed skin, never the lesion. */
struct twin_tan {
	bool measured;             /* both sites were read, the same day */
	double index_rel;          /* melanin index over the unexposed one, - 1; NAN without */
	double melanin_rel;        /* the same of the twin's melanin, median and 90 % */
	double melanin_p05, melanin_p95;
	bool tanned;               /* 90 % interval above 0 and the median above TWIN_TAN_REL, or index_rel above it */
};
#define TWIN_TAN_REL 0.10 /* as rule R-TAN-1 */
void twin_tan(const struct twin *twin, struct twin_tan *out);

/* One joint sample of all properties (index 0 is always the median twin); the same seed and index give
 * the same sample. value has TWIN_PROPERTIES entries. */
void twin_sample(const struct twin *twin, uint64_t seed, unsigned index, double *value);

enum twin_region { TWIN_NORMAL_SKIN, TWIN_LESION };

/* The layered skin of one sample. */
void twin_tissue(const double *value, enum twin_region region, struct tissue *out);

/* Reflectance colour of a tissue: ITA, Mexameter melanin and erythema index (physics/colour.h), for
 * reports and for the fit of melanin. */
struct twin_colour {
	struct colour_lab lab;
	double ita_deg, mexameter_mi, mexameter_ei, dermaspectrometer_mi, mi680;
};
enum status twin_model_colour(const struct tissue *tissue, struct twin_colour *out, struct fail *why) MUST_CHECK;
/* Diffuse reflectance of a broad beam at normal incidence, surface reflection excluded, 350-2500 nm. */
enum status twin_model_spectrum(const struct tissue *tissue, const double *wavelength_nm, size_t count,
                                double *reflectance, struct fail *why) MUST_CHECK;

#endif
