/* Lesions of microbeams over the spread of the twin: tables prepared once, looked up in microseconds.
 *
 * Where there are many samples, a few are simulated and the others follow from them (anchors.h); what that misses is
 * part of every size's error. Light of the samples differs in composition, not in geometry: layer thicknesses are the
 * median twin's, so that one Monte Carlo run serves all of them; margins to the dermis' end use each sample's own
 * thickness.
 */
#include <stddef.h>

#include "physics/base/rng.h"
#include "physics/base/units.h"
#include "physics/blowoff.h"
#include "physics/microbeam.h"
#include "planner/fit/anchors.h"
#include "planner/fit/axes.h"
#include "planner/fit/parallel.h"
#include "planner/fit/predict_private.h"

struct columns {
	unsigned count;
	bool opaque;
	double energy_min_mJ, energy_max_mJ;
	struct microbeam beam;
	struct anchors anchors;
	struct microbeam_table *table; /* of the anchors */
	double epidermis_um[SAMPLES_MAX], skin_um[SAMPLES_MAX]; /* skin: epidermis and dermis */
	double z[SAMPLES_MAX];                                  /* where on the model's own error a sample sits */
	struct predict_evidence depth; /* what measured depths said of the model for this skin */
	struct microbeam_lesion last[SAMPLES_MAX]; /* of the last prediction, for the heat left behind */
};

void columns_free(struct columns **columns)
{
	if (!*columns)
		return;
	microbeam_table_free(&(*columns)->table);
	free(*columns);
	*columns = NULL;
}

bool columns_opaque(const struct columns *columns)
{
	return columns->opaque;
}

double columns_energy_min_mJ(const struct columns *columns)
{
	return columns->energy_min_mJ;
}

double columns_energy_max_mJ(const struct columns *columns)
{
	return columns->energy_max_mJ;
}

static void compose(const struct columns_request *q, struct columns *c, struct tissue *tissue)
{
	for (unsigned s = 0; s < c->count; s++) {
		struct rng rng;
		twin_tissue(q->cohort->value[s], TWIN_NORMAL_SKIN, &tissue[s]);
		c->epidermis_um[s] = tissue_depth_um(&tissue[s], TISSUE_PAPILLARY);
		c->skin_um[s] = tissue_depth_um(&tissue[s], TISSUE_SUBCUTIS);
		for (size_t l = 0; l < tissue[s].count; l++)
			tissue[s].layer[l].thickness_um = tissue[0].layer[l].thickness_um;
		rng_seed(&rng, q->seed, 2000 + s);
		c->z[s] = s ? fmin(fmax(rng_normal(&rng), -3.0), 3.0) : 0.0;
	}
}

struct part {
	int (*progress)(void *context, double done_frac);
	void *context;
	double from, to;
};

static int part_progress(void *context, double done_frac)
{
	const struct part *p = context;
	return p->progress ? p->progress(p->context, p->from + (p->to - p->from) * done_frac) : 0;
}

static enum status prepare_light(const struct columns_request *q, const struct columns *c,
                                 const struct tissue *tissue, struct microbeam_light **light, struct fail *why)
{
	struct part part = {q->progress, q->context, 0.0, 0.25};
	const struct microbeam_light_request request = {
		.tissue = tissue,
		.variants = c->anchors.count,
		.wavelength_nm = q->wavelength_nm,
		.diameter_um = q->diameter_um,
		.profile = c->beam.profile,
		.seed = q->seed,
		.progress = part_progress,
		.run = parallel_run_silent,
		.context = &part,
	};
	return microbeam_light_new(&request, light, why);
}

static bool run_shared(void *context, size_t count, void (*item)(void *state, size_t index), void *state)
{
	return parallel_run(count, item, state, part_progress, context);
}

static enum status prepare_table(const struct columns_request *q, struct columns *c, const struct tissue *tissue,
                                 const struct microbeam_light *light, struct fail *why)
{
	struct part part = {q->progress, q->context, light ? 0.25 : 0.0, 1.0};
	const struct microbeam_table_request request = {
		.light = light,
		.tissue = tissue,
		.variants = c->anchors.count,
		.beam = c->beam,
		.energy_min_mJ = c->energy_min_mJ,
		.energy_max_mJ = c->energy_max_mJ,
		.run = run_shared,
		.context = &part,
	};
	return microbeam_table_new(&request, &c->table, why);
}

static enum status prepare(const struct columns_request *q, struct columns *c, struct tissue *tissue,
                           struct fail *why)
{
	enum microbeam_mechanism mechanism;
	struct tissue anchor[ANCHORS_MAX];
	struct microbeam_light *light = NULL;
	compose(q, c, tissue);
	anchors_choose(tissue, c->count, q->wavelength_nm, &c->anchors);
	for (unsigned k = 0; k < c->anchors.count; k++) /* ascending or not, index[0] is 0 and stays */
		anchor[k] = tissue[c->anchors.index[k]];
	enum status st = microbeam_mechanism(&anchor[0], q->wavelength_nm, &mechanism, why);
	if (st)
		return st;
	c->opaque = mechanism == MICROBEAM_OPAQUE;
	if (!c->opaque)
		st = prepare_light(q, c, anchor, &light, why);
	if (!st)
		st = prepare_table(q, c, anchor, light, why);
	microbeam_light_free(&light);
	return st;
}

/* Erbium lasers near 3 um run free on lamps; a device with shaped power would say so in its profile. */
static bool lamp_pumped(double wavelength_nm)
{
	return wavelength_nm > 2700.0 && wavelength_nm < 3000.0;
}

enum status columns_new(const struct columns_request *q, struct columns **out, struct fail *why)
{
	struct columns *c = calloc(1, sizeof *c);
	struct tissue *tissue = calloc(SAMPLES_MAX, sizeof *tissue);
	enum status st = c && tissue ? ST_OK : fail_set(why, ST_FULL, "predictor", "out of memory");
	if (!st) {
		c->count = q->cohort->count;
		c->energy_min_mJ = q->energy_min_mJ;
		c->energy_max_mJ = q->energy_max_mJ;
		c->depth = q->depth;
		c->beam = (struct microbeam){.wavelength_nm = q->wavelength_nm,
		                             .diameter_um = q->diameter_um,
		                             .pulse_s = q->pulse_s,
		                             .profile = q->gaussian ? MICROBEAM_GAUSSIAN : MICROBEAM_FLAT,
		                             .tail_s = lamp_pumped(q->wavelength_nm) ? MICROBEAM_ERBIUM_TAIL_S : 0.0};
		st = prepare(q, c, tissue, why);
	}
	free(tissue);
	if (st)
		columns_free(&c);
	*out = c;
	return st;
}

/* A size with the model's own error drawn for this sample; a size cannot be negative. */
static double drawn(struct estimate size, double z)
{
	return fmax(size.value + z * size.sd, 0.0);
}

/* The same of a depth, with what was learnt of the model's error for this skin. */
static double drawn_depth(const struct columns *c, struct estimate depth, double z)
{
	if (!c->depth.treatments || !(depth.value > 0.0))
		return drawn(depth, z);
	struct learnt_error e = learnt_error(&c->depth, depth.sd / depth.value, DANGER_ABOVE);
	return fmax(depth.value * e.shift * (1.0 + z * e.spread), 0.0);
}

/* How much deeper than the model alone says a sample's column is. */
static double depth_shift(const struct columns *c, unsigned s)
{
	const struct estimate *depth = &c->last[s].coagulation_depth_um;
	return depth->value > 0.0 ? learnt_error(&c->depth, depth->sd / depth->value, DANGER_ABOVE).shift : 1.0;
}

struct column_spreads {
	struct spread metric[METRICS];
	struct spread peak[PREDICT_DEPTHS_MAX], damage[PREDICT_DEPTHS_MAX];
};

static void note(struct column_spreads *out, enum metric metric, unsigned s, double value, unsigned flags)
{
	out->metric[metric].value[s] = value;
	out->metric[metric].count = s + 1;
	out->metric[metric].flags |= flags;
}

static void note_lesion(const struct columns *c, const struct microbeam_lesion *l, unsigned s,
                        struct column_spreads *out)
{
	double depth = drawn_depth(c, l->coagulation_depth_um, c->z[s]);
	unsigned flags = l->coagulation_depth_um.flags;
	note(out, METRIC_COAGULATION_DEPTH_UM, s, depth, flags);
	note(out, METRIC_COAGULATION_WIDTH_UM, s, drawn(l->coagulation_width_um, c->z[s]),
	     l->coagulation_width_um.flags);
	note(out, METRIC_DERMIS_MARGIN_UM, s, c->skin_um[s] - depth, flags);
	note(out, METRIC_BELOW_BASAL_UM, s, fmax(depth - c->epidermis_um[s], 0.0), flags);
	if (!c->opaque)
		return;
	note(out, METRIC_ABLATION_DEPTH_UM, s, drawn_depth(c, l->ablation_depth_um, c->z[s]), l->ablation_depth_um.flags);
	note(out, METRIC_ABLATION_WIDTH_UM, s, drawn(l->ablation_width_um, c->z[s]), l->ablation_width_um.flags);
}

static void note_axis(const double *peak_C, const double *omega_ln, size_t depths, unsigned s,
                      struct column_spreads *out)
{
	for (size_t i = 0; i < depths; i++) {
		out->peak[i].value[s] = peak_C[i];
		out->damage[i].value[s] = damage_fraction(exp(omega_ln[i]));
		out->peak[i].count = out->damage[i].count = s + 1;
	}
}

/* A good deal deeper than the median lesion, so that its end is seen, in even steps. */
static size_t axis_depths(const struct microbeam_lesion *median, double stretch, double *depth_um)
{
	static const double least_um = 300.0, beyond = 1.6;
	double reach = fmax(least_um, beyond * stretch * median->coagulation_depth_um.value);
	size_t n = PREDICT_DEPTHS_MAX / 2;
	for (size_t i = 0; i < n; i++)
		depth_um[i] = reach * (double)i / (double)(n - 1);
	return n;
}

static void publish(const struct column_spreads *spreads, const double *depth_um, size_t depths,
                    struct prediction *out)
{
	for (int m = 0; m < METRICS; m++)
		if (spreads->metric[m].count)
			publish_metric(out, (enum metric)m, &spreads->metric[m]);
	out->profile.count = depths;
	out->profile.where = "on the axis of a microbeam";
	for (size_t i = 0; i < depths; i++) {
		out->profile.depth_um[i] = depth_um[i];
		out->profile.peak_C[i] = band_of(&spreads->peak[i]);
		out->profile.damage_frac[i] = band_of(&spreads->damage[i]);
	}
}

/* The anchors at one energy. */
struct anchored {
	struct microbeam_lesion lesion[ANCHORS_MAX];
	struct microbeam_axis axis[ANCHORS_MAX];
	struct axes axes;
};

static const size_t size_at[] = {
	offsetof(struct microbeam_lesion, ablation_depth_um),    offsetof(struct microbeam_lesion, ablation_width_um),
	offsetof(struct microbeam_lesion, coagulation_depth_um), offsetof(struct microbeam_lesion, coagulation_width_um),
	offsetof(struct microbeam_lesion, coagulation_rim_um),   offsetof(struct microbeam_lesion, peak_C),
	offsetof(struct microbeam_lesion, heat_left_mJ),
};

static struct estimate *size_in(struct microbeam_lesion *lesion, size_t k)
{
	return (struct estimate *)(void *)((char *)lesion + size_at[k]);
}

/* One sample's lesion: every size from the anchors', with the emulation's own error where it is emulated. */
static void lesion_of(const struct columns *c, struct anchored *at, unsigned s, struct microbeam_lesion *out)
{
	double of_anchor[ANCHORS_MAX];
	*out = at->lesion[0];
	for (size_t k = 0; k < sizeof size_at / sizeof size_at[0]; k++) {
		struct estimate *size = size_in(out, k);
		double of_sd[ANCHORS_MAX];
		for (unsigned i = 0; i < c->anchors.count; i++) {
			const struct estimate *e = size_in(&at->lesion[i], k);
			of_anchor[i] = e->value;
			of_sd[i] = e->sd;
			size->flags |= e->flags;
			out->events |= at->lesion[i].events;
		}
		bool exact = anchors_exact(&c->anchors, s);
		size->value = fmax(anchors_value(&c->anchors, s, of_anchor), 0.0);
		size->sd = hypot(fmax(anchors_value(&c->anchors, s, of_sd), 0.0),
		                 exact ? 0.0 : anchors_error(&c->anchors, of_anchor));
	}
}

static enum status look_up(const struct columns *c, double energy_mJ, struct anchored *out, struct fail *why)
{
	enum status st = ST_OK;
	for (unsigned i = 0; !st && i < c->anchors.count; i++)
		st = microbeam_table_at(c->table, energy_mJ, i, &out->lesion[i], &out->axis[i], why);
	return st;
}

static void say_learnt(const struct columns *c, struct prediction *out)
{
	const struct microbeam_lesion *l = &c->last[0];
	const struct estimate *depth = c->opaque ? &l->ablation_depth_um : &l->coagulation_depth_um;
	if (!c->depth.treatments || !(depth->value > 0.0))
		return;
	struct learnt_error e = learnt_error(&c->depth, depth->sd / depth->value, DANGER_ABOVE);
	out->depth_learnt = learnt_effect(&c->depth, e, TWIN_DEPTH_FACTOR,
	                                  c->opaque ? METRIC_ABLATION_DEPTH_UM : METRIC_COAGULATION_DEPTH_UM, depth->value);
}

/* Lesions of all samples; returns the least depth one kills to, 0 where one kills nothing. */
static double spread_lesions(struct columns *c, struct anchored *at, struct column_spreads *spreads)
{
	double least_um = INFINITY;
	for (unsigned s = 0; s < c->count; s++) {
		lesion_of(c, at, s, &c->last[s]);
		note_lesion(c, &c->last[s], s, spreads);
		least_um = fmin(least_um, depth_shift(c, s) * c->last[s].coagulation_depth_um.value);
	}
	return least_um;
}

static void spread_samples(struct columns *c, struct anchored *at, struct column_spreads *spreads,
                           struct prediction *out)
{
	double depth_um[PREDICT_DEPTHS_MAX], peak_C[PREDICT_DEPTHS_MAX], omega_ln[PREDICT_DEPTHS_MAX];
	double killed_um[ANCHORS_MAX], least_um = spread_lesions(c, at, spreads);
	size_t depths = axis_depths(&c->last[0], depth_shift(c, 0), depth_um);
	for (unsigned k = 0; k < c->anchors.count; k++)
		killed_um[k] = at->lesion[k].coagulation_depth_um.value;
	axes_prepare(&c->anchors, at->axis, killed_um, depth_um[depths - 1], least_um, &at->axes);
	for (unsigned s = 0; s < c->count; s++) {
		double killed = c->last[s].coagulation_depth_um.value;
		axes_sample(&at->axes, &c->anchors, s, killed, depth_shift(c, s), depth_um, depths, peak_C, omega_ln);
		note_axis(peak_C, omega_ln, depths, s, spreads);
	}
	publish(spreads, depth_um, depths, out);
	say_learnt(c, out);
}

enum status columns_predict(struct columns *c, double energy_mJ, struct prediction *out, struct fail *why)
{
	struct column_spreads *spreads = calloc(1, sizeof *spreads);
	struct anchored *at = malloc(sizeof *at);
	enum status st = spreads && at ? look_up(c, energy_mJ, at, why)
	                               : fail_set(why, ST_FULL, "prediction", "out of memory");
	if (!st)
		spread_samples(c, at, spreads, out);
	free(at);
	free(spreads);
	return st;
}

void columns_second_check(const struct columns *c, double energy_mJ, double *difference_pct, double *se_pct)
{
	struct microbeam beam = c->beam;
	const struct estimate *model = &c->last[0].ablation_depth_um;
	struct estimate balance;
	struct fail none;
	*difference_pct = *se_pct = NAN;
	beam.energy_mJ = energy_mJ;
	if (!c->opaque || !(model->value > 0.0) || blowoff_depth_um(&beam, &balance, &none))
		return;
	*difference_pct = 100.0 * (balance.value / model->value - 1.0);
	*se_pct = 100.0 * balance.value / model->value *
	          hypot(balance.value > 0.0 ? balance.sd / balance.value : 0.0, model->sd / model->value);
}

unsigned columns_residual_heat(const struct columns *c, unsigned count, double *heat_mJ, double *depth_um)
{
	static const double least_um = 20.0; /* where nothing coagulates the heat stays near the surface */
	unsigned flags = VALID;
	for (unsigned s = 0; s < count; s++) {
		unsigned from = s < c->count ? s : 0;
		const struct microbeam_lesion *l = &c->last[from];
		heat_mJ[s] = drawn(l->heat_left_mJ, c->z[from]);
		depth_um[s] = fmax(l->coagulation_depth_um.value, least_um);
		flags |= l->heat_left_mJ.flags;
		/* vapour in a crater heats its wall too, which the model leaves out: a lower bound */
		flags |= l->events & MICROBEAM_ABLATED ? VALIDITY_MODEL_LIMIT : VALID;
	}
	return flags;
}

/* Depths move with what was learnt, as the lesion's do; widths are the model's. */
enum status columns_section(const struct columns *c, double energy_mJ, struct cross_section *out, struct fail *why)
{
	struct microbeam_outline outline;
	_Static_assert(MICROBEAM_OUTLINE_POINTS <= PREDICT_SECTION_MAX, "a section holds an outline");
	enum status st = microbeam_table_outline(c->table, energy_mJ, &outline, why);
	const double shift = st ? 1.0 : depth_shift(c, 0);
	out->count = st ? 0 : MICROBEAM_OUTLINE_POINTS;
	for (size_t i = 0; i < out->count; i++) {
		out->depth_um[i] = shift * outline.depth_um[i];
		out->killed_um[i] = outline.killed_um[i];
		out->removed_um[i] = outline.removed_um[i];
	}
	return st;
}
