/* Inside the predictor: what its two models share. Include from planner/fit only. */
#ifndef LASERTWIN_PREDICT_PRIVATE_H
#define LASERTWIN_PREDICT_PRIVATE_H

#include "physics/heat.h"
#include "planner/fit/predict.h"

#define SAMPLES_MAX PREDICT_SAMPLES_MAX

/* One value per sample; index 0 is the median twin. */
struct spread {
	unsigned count;
	double value[SAMPLES_MAX];
	unsigned flags;
};
struct band band_of(const struct spread *spread);
/* Band and samples of one metric. */
void publish_metric(struct prediction *out, enum metric metric, const struct spread *spread);
extern const struct band band_absent;

/* The model's relative error of one sample, with what was learnt: multiply by shift, then by 1 + z spread (or
 * exp(z spread)). Without evidence shift is 1 and spread the model's own, to the bit. */
struct learnt_error {
	double shift, spread;
};
enum danger { DANGER_BELOW = -1, DANGER_ABOVE = 1 }; /* which way the quantity harms */
struct learnt_error learnt_error(const struct predict_evidence *evidence, double model_sd, enum danger danger);
struct learnt_effect learnt_effect(const struct predict_evidence *evidence, struct learnt_error error,
                                   enum twin_property factor, enum metric metric, double without);

/* The samples of the twin, drawn once. */
struct cohort {
	unsigned count;
	double value[SAMPLES_MAX][TWIN_PROPERTIES];
};

/* Light and heat of a broad beam or of the mean over an array: bulk tissue, one dimension. */
struct bulk;
struct bulk_request {
	const struct cohort *cohort;
	double wavelength_nm, pulse_s;
	struct target target;
	struct predict_evidence threshold;
	bool broad; /* every dose to come has an infinite spot */
	bool dark; /* light ends in opaque columns: what warms the bulk is the heat they leave behind */
	uint64_t seed;
	const struct bulk *like; /* NULL, or one of the same cohort: light that is the same is taken from it */
	int (*progress)(void *context, double done_frac);
	void *context;
};
enum status bulk_new(const struct bulk_request *request, struct bulk **out, struct fail *why) MUST_CHECK;
void bulk_free(struct bulk **bulk);

/* What one choice of settings asks of the bulk model. */
struct bulk_dose {
	double fluence_J_cm2; /* mean, per pulse */
	double spot_um;       /* diameter; INFINITY: broad */
	unsigned passes, stack;
	bool turns_passes; /* other numbers of them will be asked for */
	double rep_Hz, pass_interval_s;
	bool cold_air;
	double spray_s, delay_s; /* cryogen before every pass; 0: none */
	/* The field an absorber sees over the mean: 1 under a plain beam, peak over mean under lenses. */
	double concentration;
	/* Opaque microbeams: heat left in the tissue per pass and treated area, and the depth it is spread
	 * over, by sample; NULL: light as computed. */
	const double *column_depth_um, *column_fluence_J_cm2;
	unsigned column_flags; /* enum validity, of that heat */
};
enum status bulk_predict(struct bulk *bulk, const struct bulk_dose *dose, enum predict_depth depth,
                         struct prediction *out, struct fail *why) MUST_CHECK;
/* The last full prediction's median skin against time. */
enum status bulk_course(const struct bulk *bulk, const struct bulk_dose *dose, struct time_course *out,
                        struct fail *why) MUST_CHECK;
/* Solves for the heat of a dose before it is asked for. */
enum status bulk_expect(struct bulk *bulk, const struct bulk_dose *dose, struct fail *why) MUST_CHECK;
/* Difference of the two light engines in the epidermis, per cent, and its standard error. */
void bulk_second_check(const struct bulk *bulk, double *difference_pct, double *se_pct);

/* Lesions of microbeams. */
struct columns;
struct columns_request {
	const struct cohort *cohort;
	double wavelength_nm, pulse_s, diameter_um;
	bool gaussian;
	double energy_min_mJ, energy_max_mJ;
	struct predict_evidence depth;
	uint64_t seed;
	int (*progress)(void *context, double done_frac);
	void *context;
};
enum status columns_new(const struct columns_request *request, struct columns **out, struct fail *why) MUST_CHECK;
void columns_free(struct columns **columns);
enum status columns_predict(struct columns *columns, double energy_mJ, struct prediction *out,
                            struct fail *why) MUST_CHECK;
/* The last prediction's column of the median skin in cross-section. */
enum status columns_section(const struct columns *columns, double energy_mJ, struct cross_section *out,
                            struct fail *why) MUST_CHECK;
bool columns_opaque(const struct columns *columns);
/* Of the last prediction's crater, without what was learnt: balance over model, less one. NAN: none to compare. */
void columns_second_check(const struct columns *columns, double energy_mJ, double *difference_pct, double *se_pct);
double columns_energy_min_mJ(const struct columns *columns);
double columns_energy_max_mJ(const struct columns *columns);
/* For the bulk between the columns: heat one microbeam leaves in the tissue and the depth it is spread over;
 * arrays of count samples. Only meaningful for opaque tissue, after columns_predict. Returns the validity. */
unsigned columns_residual_heat(const struct columns *columns, unsigned count, double *heat_mJ, double *depth_um);

/* Optical breakdown in the foci of an array. NULL where the exposure says nothing of its focus, its pulses are none of
 * breakdown's (10 ps to 100 ns) or water absorbs the light before (beyond 1400 nm). */
struct foci;
enum status foci_new(const struct cohort *cohort, const struct exposure *exposure, uint64_t seed, struct foci **out,
                     struct fail *why) MUST_CHECK;
void foci_free(struct foci **foci);
bool foci_serve(const struct foci *foci, const struct exposure *exposure);
void foci_predict(const struct foci *foci, const struct exposure *exposure, struct prediction *out);

#endif
