/* Foci of an array in the samples of a twin: where a plasma forms, in how many, how deep. */
#include "devices/exposure.h"
#include "physics/base/rng.h"
#include "physics/base/units.h"
#include "physics/breakdown.h"
#include "planner/fit/predict_private.h"

#define DRAW_STREAM 3000 /* of the seed, and on: one a sample */
#define LONGEST_WAVE_NM 1400.0
#define SQRT2 1.41421356237309505

struct foci {
	struct breakdown_beam beam;
	unsigned count;
	bool assumed;
	struct breakdown_profile *sample;   /* count */
	double threshold_factor[SAMPLES_MAX]; /* what breakdown takes over the model's threshold: its own error, drawn */
};

static struct breakdown_beam beam_of(const struct exposure *e)
{
	return (struct breakdown_beam){.wavelength_nm = e->wavelength_nm,
	                               .pulse_s = e->pulse_s,
	                               .energy_mJ = 1.0,
	                               .half_angle = e->focus_half_angle,
	                               .waist_um = 0.5 * e->focus_um,
	                               .focus_um = e->focus_depth_um};
}

static bool can_break_down(const struct exposure *e)
{
	return e->focus_half_angle > 0.0 && e->focus_depth_um >= 0.0 && e->focus_um > 0.0 && e->microbeam_energy_mJ > 0.0 &&
	       e->pulse_s >= BREAKDOWN_PULSE_MIN_S && e->pulse_s <= BREAKDOWN_PULSE_MAX_S &&
	       e->wavelength_nm <= LONGEST_WAVE_NM;
}

static enum status fill(const struct cohort *cohort, uint64_t seed, struct foci *f, struct fail *why)
{
	for (unsigned s = 0; s < f->count; s++) {
		struct tissue tissue;
		struct rng rng;
		twin_tissue(cohort->value[s], TWIN_NORMAL_SKIN, &tissue);
		enum status st = breakdown_profile_of(&tissue, &f->beam, &f->sample[s], why);
		if (st)
			return st;
		rng_seed(&rng, seed, DRAW_STREAM + s);
		double z = rng_normal(&rng);
		f->threshold_factor[s] = s ? exp(z * f->sample[s].threshold_rel_sd) : 1.0;
	}
	return ST_OK;
}

enum status foci_new(const struct cohort *cohort, const struct exposure *exposure, uint64_t seed, struct foci **out,
                     struct fail *why)
{
	*out = NULL;
	if (!can_break_down(exposure))
		return ST_OK;
	struct foci *f = calloc(1, sizeof *f);
	if (f)
		f->sample = calloc(cohort->count, sizeof *f->sample);
	if (!f || !f->sample) {
		foci_free(&f);
		return fail_set(why, ST_FULL, "predictor", "out of memory");
	}
	f->beam = beam_of(exposure);
	f->count = cohort->count;
	f->assumed = exposure->focus_assumed;
	enum status st = fill(cohort, seed, f, why);
	if (st)
		foci_free(&f);
	*out = f;
	return st;
}

void foci_free(struct foci **foci)
{
	if (!*foci)
		return;
	free((*foci)->sample);
	free(*foci);
	*foci = NULL;
}

bool foci_serve(const struct foci *foci, const struct exposure *e)
{
	if (!can_break_down(e))
		return foci == NULL;
	struct breakdown_beam beam = beam_of(e);
	return foci && beam.pulse_s == foci->beam.pulse_s && beam.half_angle == foci->beam.half_angle &&
	       beam.focus_um == foci->beam.focus_um && beam.waist_um == foci->beam.waist_um;
}

/* Share of foci above their threshold when energies spread normally (relative sd) about the mean. */
static double share_above(double ratio, double spread_frac)
{
	if (!(spread_frac > 0.0))
		return ratio >= 1.0 ? 1.0 : 0.0;
	return 0.5 * erfc((1.0 / ratio - 1.0) / (spread_frac * SQRT2));
}

/* First and last depth with breakdown; false: none. */
static bool extent(const struct breakdown_profile *p, double energy_mJ, double *top_um, double *bottom_um)
{
	bool any = false;
	for (size_t k = 0; k < BREAKDOWN_DEPTHS; k++) {
		if (energy_mJ * (double)p->excess_1_mJ[k] < 1.0)
			continue;
		*top_um = any ? *top_um : (double)k * BREAKDOWN_STEP_UM;
		*bottom_um = ((double)k + 1.0) * BREAKDOWN_STEP_UM;
		any = true;
	}
	return any;
}

void foci_predict(const struct foci *f, const struct exposure *e, struct prediction *out)
{
	struct spread ratio = {.count = 0}, vacuoles = {.count = 0}, top = {.count = 0}, bottom = {.count = 0};
	if (!f)
		return;
	ratio.count = vacuoles.count = f->count;
	ratio.flags = f->sample[0].flags | (f->assumed ? (unsigned)VALIDITY_ASSUMED : 0u);
	vacuoles.flags = top.flags = bottom.flags = ratio.flags;
	for (unsigned s = 0; s < f->count; s++) {
		double energy_mJ = e->microbeam_energy_mJ / f->threshold_factor[s];
		ratio.value[s] = energy_mJ / f->sample[s].energy_mJ;
		vacuoles.value[s] = e->microbeams_per_cm2_pass * share_above(ratio.value[s], e->microbeam_spread_frac);
		/* Of the samples that have any: the depths where vacuoles form, if they form; none without the median's. */
		bool any = (s == 0 || top.count > 0) &&
		           extent(&f->sample[s], energy_mJ, &top.value[top.count], &bottom.value[top.count]);
		top.count = bottom.count = top.count + any;
	}
	publish_metric(out, METRIC_BREAKDOWN_RATIO, &ratio);
	publish_metric(out, METRIC_VACUOLES_1_CM2, &vacuoles);
	if (top.count) {
		out->metric[METRIC_VACUOLE_TOP_UM] = band_of(&top);
		out->metric[METRIC_VACUOLE_BOTTOM_UM] = band_of(&bottom);
	}
}
