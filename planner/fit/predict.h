/* Prediction: what an exposure would do to this twin, with the spread over its uncertainty.
 *
 * A predictor prepares light and heat once per twin, device mode and lesion (Monte Carlo where beams are
 * narrow, discrete ordinates where they are broad) for the median twin and a set of posterior samples;
 * after that a setting costs milliseconds, because light and, below boiling, heat are linear in dose.
 */
#ifndef LASERTWIN_PREDICT_H
#define LASERTWIN_PREDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "physics/base/status.h"
#include "planner/twin/twin.h"

struct exposure; /* devices/exposure.h */

enum metric {
	METRIC_SURFACE_PEAK_C,
	METRIC_BASAL_PEAK_C,     /* bulk temperature of the basal layer, all passes */
	METRIC_DERMIS_PEAK_C,    /* hottest point of the dermis between the beams or under the broad beam */
	METRIC_OMEGA_BASAL,      /* DAMAGE_EPIDERMIS, basal layer, bulk */
	METRIC_OMEGA_PAPILLARY,  /* at 0.2 mm below the basal layer */
	METRIC_MELANOSOME_PEAK_C, /* melanosome of normal skin, end of pulse */
	METRIC_MELANOSOME_RATIO, /* fluence at it over its vaporisation threshold */
	METRIC_TARGET_PEAK_C,    /* the absorber aimed at */
	METRIC_TARGET_RATIO,
	METRIC_SELECTIVITY,      /* target ratio over normal-skin melanosome ratio */
	METRIC_PRESSURE_MPA,
	METRIC_ABLATION_DEPTH_UM,
	METRIC_ABLATION_WIDTH_UM,
	METRIC_COAGULATION_DEPTH_UM, /* deepest point killed, ablated part included */
	METRIC_COAGULATION_WIDTH_UM,
	METRIC_DERMIS_MARGIN_UM, /* thickness of dermis left under the deepest point */
	METRIC_BELOW_BASAL_UM,  /* how far coagulation passes the basal layer */
	/* of the settings themselves: no spread */
	METRIC_COVERAGE_SUM_PCT,
	METRIC_ENERGY_MJ,
	METRIC_FLUENCE_J_CM2,
	METRIC_SPOT_MM,
	/* radiofrequency; at the hottest pin of the array where that matters (see METRIC_RF_RIM_PCT) */
	METRIC_RF_EPIDERMIS_C, /* hottest tissue of each kind, beside a needle or under a plate */
	METRIC_RF_DERMIS_C,
	METRIC_RF_FAT_C,
	METRIC_RF_FAT_LEAN_C,        /* the same at the median twin with fat not infiltrated (Gabriel 1996) ... */
	METRIC_RF_FAT_INFILTRATED_C, /* ... and with average infiltrated fat: the spread of the fat model */
	METRIC_RF_FAT_CEM43_MIN,
	METRIC_RF_ZONE_UM,     /* height of the zone where collagen denatures at least in part */
	METRIC_RF_COMPLETE_UM, /* and where it does wholly */
	METRIC_RF_PENUMBRA_UM, /* below the tip, where cells die or fat takes its dose */
	METRIC_RF_REACH_UM,    /* tip and penumbra beyond the lower face of the dermis; negative: short of it */
	METRIC_RF_DERMIS_PCT,  /* of the energy */
	METRIC_RF_FAT_PCT,
	METRIC_RF_RIM_PCT, /* power of the hottest pin over the mean of the array */
	METRIC_RF_IMPEDANCE_OHM,
	/* optical breakdown in the foci of an array, where the profile says how its microbeams converge */
	METRIC_BREAKDOWN_RATIO, /* energy of a microbeam over what just breaks down */
	METRIC_VACUOLES_1_CM2,  /* foci that do, one pass: microbeams differ in energy */
	METRIC_VACUOLE_TOP_UM,  /* between these depths */
	METRIC_VACUOLE_BOTTOM_UM,
	METRICS
};

struct metric_spec {
	const char *key, *unit, *label;
	int decimals;
};
const struct metric_spec *metric_spec(enum metric metric);
bool metric_find(const char *key, enum metric *out);
/* "12.3", and from a hundred thousand on "2.4e+15": an Omega far past death has no thousandths. Returns out. */
enum { METRIC_NUMBER_SIZE = 40 };
const char *metric_number(double value, int decimals, char out[METRIC_NUMBER_SIZE]);

struct band {
	double value; /* at the median twin */
	double p05, p95;
	unsigned flags; /* enum validity; VALIDITY_ABSENT: not meaningful for this exposure */
};

/* What outcomes of earlier treatments of this kind said of the model for this skin: the logarithm of true over
 * predicted, known to a variance (planner/twin/learn.h). With prior N(0, s^2) of that logarithm and a read r of
 * variance R the posterior has variance 1 / (1/s^2 + 1/R) and mean that / R x r. The spread is narrowed with the
 * model's own error as s. The shift takes the model's own error where it leads away from danger, and towards danger
 * (deeper, or a lower threshold) adds how far models of this kind were off on published rows: a skin that answered more
 * strongly than predicted is believed sooner than one that answered less. A model without error stays. DESIGN. */
struct predict_evidence {
	unsigned treatments; /* 0: none; predictions are then the model's alone */
	double ln_ratio, variance;
	double population_sd; /* of the logarithm, over people and published rows: the twin's prior of the factor */
};

/* What that changed in one prediction, at the median twin. */
struct learnt_effect {
	enum twin_property factor;
	enum metric metric;
	unsigned treatments; /* 0: nothing was learnt */
	double ratio, p05, p95; /* the prediction's factor, after the model's own error */
	double without;         /* the metric's value had nothing been learnt */
};

#define PREDICT_DEPTHS_MAX 160
#define PREDICT_SAMPLES_MAX 64

struct depth_profile {
	size_t count; /* depths, from the surface downwards */
	double depth_um[PREDICT_DEPTHS_MAX];
	struct band peak_C[PREDICT_DEPTHS_MAX];
	struct band damage_frac[PREDICT_DEPTHS_MAX]; /* 1 - exp(-Omega), Omega of the layer's set */
	const char *where; /* "in the beam", "on the axis of a microbeam" */
};

/* The median skin in cross-section through the axis of one microbeam: half widths by depth, from the surface down. */
#define PREDICT_SECTION_MAX 128
struct cross_section {
	size_t count; /* depths; 0: nothing of the kind */
	double depth_um[PREDICT_SECTION_MAX];
	double killed_um[PREDICT_SECTION_MAX];  /* killed or removed; 0: nothing at this depth */
	double removed_um[PREDICT_SECTION_MAX]; /* of that, gone */
	double pitch_um; /* mean distance of neighbours in one pass; NAN: not known */
};

/* The median skin against time, from the start of cooling or light to the end of the computation. */
#define PREDICT_TIMES_MAX 160
enum course_place { COURSE_SURFACE, COURSE_BASAL, COURSE_DERMIS, COURSE_PLACES };
struct time_course {
	size_t count; /* 0: none */
	double time_s[PREDICT_TIMES_MAX];
	double temperature_C[COURSE_PLACES][PREDICT_TIMES_MAX]; /* of each stretch of time, its hottest moment */
	double damage_frac[PREDICT_TIMES_MAX];                  /* 1 - exp(-Omega), basal layer, so far */
	double depth_um[COURSE_PLACES]; /* the dermis 0.2 mm below the basal layer, as METRIC_OMEGA_PAPILLARY */
	const char *where; /* "between the microbeams", "under the beam" */
};

struct prediction {
	struct band metric[METRICS];
	/* What each sample of the twin gives, the median twin's first; 0 of them: a metric without spread, or absent. */
	unsigned char samples_of[METRICS];
	float sample[METRICS][PREDICT_SAMPLES_MAX];
	struct depth_profile profile;
	struct cross_section section;
	struct time_course course;
	unsigned samples;
	unsigned flags;     /* OR over everything shown */
	const char *source; /* what light or field stands for: "light", "field" */
	const char *light;  /* engine used and why, for the screen */
	const char *heat;
	const char *damage;
	/* The second calculation, by another path, and what it is of: where light scatters, Monte Carlo against
	 * discrete ordinates, absorbed energy of the epidermis under a broad beam; of craters, energy balance with the
	 * published heat of ablation (physics/blowoff.h), the crater's depth. Difference and its standard error; NAN:
	 * none, check says why. */
	double check_difference_pct, check_se_pct;
	const char *check;
	struct learnt_effect depth_learnt, threshold_learnt; /* treatments 0: no evidence, or not this kind of exposure */
};

/* The metrics to list for a prediction: those with a value first, then those that light might have had; metrics of
 * radiofrequency are listed for fields only. Returns how many. */
size_t prediction_order(const struct prediction *prediction, enum metric order[METRICS]);

struct predictor;

struct predict_options {
	unsigned samples; /* posterior samples; 0 means the default of the exposure's kind */
	uint64_t seed;
	/* Microbeam energies to prepare for; both 0: only the exposure's own. */
	double energy_min_mJ, energy_max_mJ;
	/* NULL, or a predictor made before: where it is of the same samples, what no pulse changes is copied from it. The
	 * numbers are the same. Not looked at afterwards. */
	const struct predictor *like;
	/* Of the depth of microbeams' columns, and of the dose at which the target answers. */
	struct predict_evidence depth, threshold;
	/* Called with the fraction prepared, from the calling thread; a nonzero return cancels. May be NULL. */
	int (*progress)(void *context, double done_frac);
	void *context;
};
#define PREDICT_SAMPLES_BROAD 64     /* default under broad beams */
#define PREDICT_SAMPLES_RF 12        /* radiofrequency: a run of each costs 50 ms */
#define PREDICT_SAMPLES_MICROBEAM 64 /* and for microbeams, eight of them simulated (anchors.h) */

/* What the light is aimed at. */
enum target_kind { TARGET_NONE, TARGET_LESION_MELANOSOME, TARGET_DERMAL_MELANOCYTE, TARGET_INK };
struct target {
	enum target_kind kind;
	double depth_um;     /* of the target's centre; 0: basal layer */
	double diameter_um;  /* of one absorber */
	double mua_1_cm;     /* of its material at the wavelength; 0: melanosome law */
	double criterion_C;  /* temperature asked of it; 0: melanosome vaporisation (Jacques & McAuliffe 1991) */
};

/* Borrows twin for its lifetime. exposure: one of the exposures to come; predictions may then vary
 * energy, fluence, spot, density and passes, not wavelength, pulse duration or microbeam diameter. */
enum status predictor_new(const struct twin *twin, const struct exposure *exposure,
                          const struct target *target, const struct predict_options *options,
                          struct predictor **out, struct fail *why) MUST_CHECK;
void predictor_free(struct predictor **predictor);
/* Whether this predictor serves the exposure, or a new one must be made. */
bool predictor_serves(const struct predictor *predictor, const struct exposure *exposure);

/* PREDICT_QUICK leaves out the heat of the bulk tissue and the depth profile: what a search over settings
 * asks of most of its candidates. */
enum predict_depth { PREDICT_FULL, PREDICT_QUICK };
enum status predictor_run(struct predictor *predictor, const struct exposure *exposure, enum predict_depth depth,
                          struct prediction *out, struct fail *why) MUST_CHECK;

#endif
