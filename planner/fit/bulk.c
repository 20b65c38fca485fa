/* Bulk tissue: light of a broad or circular beam on its axis, absorbers in it, and heat in one dimension.
 *
 * Broad-beam light comes from discrete ordinates for every sample. A finite spot loses light sideways: the
 * share left on its axis (spots.h) is that of the median skin, for all samples. The photons
 * beside it are the second calculation of the broad-beam light.
 */
#include "physics/base/rng.h"
#include "physics/base/units.h"
#include "physics/heat_passes.h"
#include "physics/ordinates.h"
#include "physics/pigment.h"
#include "planner/fit/answer.h"
#include "planner/fit/parallel.h"
#include "planner/fit/predict_private.h"
#include "planner/fit/residual.h"
#include "planner/fit/spots.h"
#include "planner/fit/stages.h"

#define CHECK_LAYERS 3 /* stratum corneum, epidermis, basal layer */

/* Cells twice the solver's default and half as strict in time: a third of the work. Peaks of 3 ms and shorter pulses
 * are then off by at most 0.2 K, Omega by 5 % (against cells and steps four times finer), far within the spread. */
static const struct heat_options heat_options = {.refine = 0.5, .time_tolerance = 1e-3};

/* What columns leave behind is spread evenly over hundreds of micrometres and warms by a few degrees: coarser still.
 * Peaks are off by 1 % of the rise (against cells eight times finer and time fifty times). */
static const struct heat_options column_heat_options = {.finest_um = 10.0, .refine = 0.25, .time_tolerance = 5e-3};

/* One sample of the twin, ready for any dose. */
struct ready {
	struct heat_layer layer[TISSUE_LAYERS_MAX];
	size_t layers;
	double surface_C, core_C;
	double *edge_um; /* of the heat cells */
	double *absorption_1_cm; /* in them, broad beam, per unit radiant exposure */
	size_t bins;
	double basal_um, papillary_um, epidermis_um, target_um;
	double melanosome_fluence_frac, target_fluence_frac; /* local over incident, broad beam */
	double melanosome_local_J_cm2, target_local_J_cm2; /* local fluence that reaches the criterion */
	double target_model_sd; /* relative error of the model's threshold of the target */
	double melanosome_MPa_cm2_J;
	unsigned melanosome_flags, target_flags, pressure_flags; /* of the three above */
};

struct bulk {
	unsigned count;
	double wavelength_nm, pulse_s;
	struct target target;
	double criterion_C[2]; /* melanosome, target */
	struct predict_evidence threshold; /* what endpoints said of the target's threshold in this skin */
	struct ready sample[SAMPLES_MAX];
	struct heat *heat[SAMPLES_MAX];          /* of light */
	struct heat_passes *passes[SAMPLES_MAX]; /* of light in any number of passes */
	struct residual *residual[SAMPLES_MAX];  /* of what columns leave behind */
	const struct heat *answer[SAMPLES_MAX];  /* one of the three, for the dose prepared last; of passes the rows alone */
	bool heated;                             /* they hold what the schedule of `prepared` gives */
	struct bulk_dose prepared;
	struct spot_table spots;
	double check_difference_pct, check_se_pct;
	bool broad, dark; /* as requested */
	uint64_t seed;
};

void bulk_free(struct bulk **bulk)
{
	if (!*bulk)
		return;
	for (unsigned s = 0; s < SAMPLES_MAX; s++) {
		free((*bulk)->sample[s].edge_um);
		free((*bulk)->sample[s].absorption_1_cm);
		heat_free(&(*bulk)->heat[s]);
		heat_passes_free(&(*bulk)->passes[s]);
		residual_free(&(*bulk)->residual[s]);
	}
	free(*bulk);
	*bulk = NULL;
}

/* ---- light ------------------------------------------------------------------------------------------ */

static enum status broad_light(struct ordinates *solver, const struct tissue *tissue, double wavelength_nm,
                               struct fail *why)
{
	struct light_layer layers[TISSUE_LAYERS_MAX];
	struct light_stack stack;
	const struct light_source normal = {.kind = LIGHT_COLLIMATED};
	enum status st = tissue_light_stack(tissue, wavelength_nm, layers, &stack, why);
	return st ? st : ordinates_solve(solver, &stack, &normal, why);
}

static enum status choose_heat_cells(struct ready *r, const struct heat_options *options, struct fail *why)
{
	double edge[HEAT_CELLS_MAX + 1];
	size_t edges = 0;
	enum status st = heat_grid(r->layers, r->layer, options, edge, HEAT_CELLS_MAX + 1, &edges, why);
	if (st)
		return st;
	r->bins = edges - 1;
	r->edge_um = malloc(edges * sizeof *r->edge_um);
	r->absorption_1_cm = calloc(edges, sizeof *r->absorption_1_cm);
	if (!r->edge_um || !r->absorption_1_cm)
		return fail_set(why, ST_FULL, "predictor", "out of memory");
	memcpy(r->edge_um, edge, edges * sizeof *edge);
	return ST_OK;
}

static void absorb_on_heat_cells(struct ordinates *solver, struct ready *r)
{
	double edge_cm[HEAT_CELLS_MAX + 1];
	for (size_t i = 0; i <= r->bins; i++)
		edge_cm[i] = r->edge_um[i] * CM_PER_UM;
	ordinates_absorption(solver, edge_cm, r->bins, r->absorption_1_cm);
}

static void find_depths(const struct tissue *tissue, const struct target *target, struct ready *r)
{
	r->papillary_um = tissue_depth_um(tissue, TISSUE_PAPILLARY);
	r->epidermis_um = r->papillary_um;
	r->basal_um = 0.5 * (tissue_depth_um(tissue, TISSUE_BASAL) + r->papillary_um);
	r->target_um = target->depth_um > 0.0 ? target->depth_um : r->basal_um;
	r->surface_C = tissue->surface_temperature_C;
	r->core_C = tissue->core_temperature_C;
}

static struct pigment_absorber target_absorber(const struct bulk *b)
{
	struct pigment_absorber a = pigment_melanosome(b->wavelength_nm);
	if (b->target.diameter_um > 0.0)
		a.radius_um = 0.5 * b->target.diameter_um;
	if (b->target.mua_1_cm > 0.0) /* assumed material: a third either way */
		a.mua_1_cm = (struct estimate){b->target.mua_1_cm, b->target.mua_1_cm / 3.0, VALIDITY_ASSUMED};
	return a;
}

/* Local fluence at which an absorber reaches its criterion, z standard errors of its own from the best; model_sd is
 * that error, relative. */
static enum status local_threshold(const struct pigment_absorber *a, double pulse_s, double start_C,
                                   double criterion_C, double z, const struct predict_evidence *learnt, double *out,
                                   double *model_sd, unsigned *flags, struct fail *why)
{
	struct estimate threshold;
	const struct estimate one = {1.0, 0.0, VALID};
	enum status st = pigment_threshold_J_cm2(a, pulse_s, start_C, one, &threshold, why);
	if (st)
		return st;
	double vapour_C = pigment_vaporisation_C().value;
	double scale = (criterion_C - start_C) / (vapour_C - start_C);
	*model_sd = threshold.sd / threshold.value;
	struct learnt_error e = learnt_error(learnt, *model_sd, DANGER_BELOW);
	*out = threshold.value * scale * exp(z * threshold.sd / threshold.value);
	if (learnt->treatments)
		*out = threshold.value * scale * e.shift * exp(z * e.spread);
	*flags = threshold.flags;
	return ST_OK;
}

/* Where on an absorber's own error a sample sits; the median sample carries the best estimate. */
static double drawn_z(struct rng *rng, unsigned index)
{
	double z = fmin(fmax(rng_normal(rng), -3.0), 3.0);
	return index ? z : 0.0;
}

/* Endpoints are seen in the lesion, not in the skin beside it: that its pigment answers to less dose counts for both,
 * that it needs more for the lesion alone. Ink says nothing of melanin. */
static struct predict_evidence of_normal_skin(const struct bulk *b)
{
	bool counts = b->target.kind != TARGET_INK && b->target.kind != TARGET_NONE && b->threshold.ln_ratio < 0.0;
	return counts ? b->threshold : (struct predict_evidence){.treatments = 0};
}

static enum status ready_absorbers(const struct bulk *b, unsigned index, uint64_t seed, struct ready *r,
                                   struct fail *why)
{
	struct rng rng;
	struct pigment_absorber melanosome = pigment_melanosome(b->wavelength_nm), target = target_absorber(b);
	struct predict_evidence beside = of_normal_skin(b);
	struct estimate pressure;
	double ignored;
	rng_seed(&rng, seed, 1000 + index);
	double z = drawn_z(&rng, index), other_z = drawn_z(&rng, index);
	/* the same melanin is wrong by the same amount wherever it sits; ink is wrong by its own */
	double target_z = b->target.kind == TARGET_INK ? other_z : z;
	enum status st = local_threshold(&melanosome, b->pulse_s, r->surface_C, b->criterion_C[0], z,
	                                 &beside, &r->melanosome_local_J_cm2, &ignored, &r->melanosome_flags, why);
	if (!st)
		st = local_threshold(&target, b->pulse_s, r->surface_C, b->criterion_C[1], target_z,
		                     &b->threshold, &r->target_local_J_cm2, &r->target_model_sd, &r->target_flags, why);
	if (!st)
		st = pigment_pressure_MPa(&melanosome, 1.0, b->pulse_s, &pressure, why);
	if (st)
		return st;
	r->melanosome_MPa_cm2_J = pressure.value;
	r->pressure_flags = pressure.flags;
	return ST_OK;
}

/* At the melanosome that is met by most light: melanin above it shades the basal layer of dark skin. */
static double epidermal_fluence_frac(struct ordinates *solver, const struct tissue *tissue, const struct ready *r)
{
	static const unsigned depths = 4;
	double top_um = tissue_depth_um(tissue, TISSUE_EPIDERMIS), most = 0.0;
	for (unsigned k = 0; k <= depths; k++) {
		double depth_um = top_um + (r->basal_um - top_um) * k / depths;
		most = fmax(most, ordinates_fluence(solver, depth_um * CM_PER_UM));
	}
	return most;
}

/* Where a sample's light goes: on the heat cells, at the melanosomes and at the target. */
static enum status ready_light(struct bulk *b, const struct cohort *cohort, struct ordinates *solver,
                               const struct tissue *normal, unsigned index, struct fail *why)
{
	struct ready *r = &b->sample[index];
	struct tissue lesion;
	enum status st = broad_light(solver, normal, b->wavelength_nm, why);
	if (st)
		return st;
	absorb_on_heat_cells(solver, r);
	r->melanosome_fluence_frac = epidermal_fluence_frac(solver, normal, r);
	if (b->target.kind == TARGET_LESION_MELANOSOME) {
		twin_tissue(cohort->value[index], TWIN_LESION, &lesion);
		if ((st = broad_light(solver, &lesion, b->wavelength_nm, why)))
			return st;
	}
	r->target_fluence_frac = ordinates_fluence(solver, r->target_um * CM_PER_UM);
	return ST_OK;
}

/* Another's light, on the same heat cells. */
static enum status copy_light(const struct ready *from, struct ready *r, struct fail *why)
{
	size_t edges = from->bins + 1;
	*r = *from;
	r->edge_um = malloc(edges * sizeof *r->edge_um);
	r->absorption_1_cm = malloc(edges * sizeof *r->absorption_1_cm);
	if (!r->edge_um || !r->absorption_1_cm)
		return fail_set(why, ST_FULL, "predictor", "out of memory");
	memcpy(r->edge_um, from->edge_um, edges * sizeof *r->edge_um);
	memcpy(r->absorption_1_cm, from->absorption_1_cm, edges * sizeof *r->absorption_1_cm);
	return ST_OK;
}

static enum status ready_sample(struct bulk *b, const struct bulk_request *q, struct ordinates *solver,
                                unsigned index, struct fail *why)
{
	struct ready *r = &b->sample[index];
	struct tissue normal;
	size_t layers = TISSUE_LAYERS_MAX;
	twin_tissue(q->cohort->value[index], TWIN_NORMAL_SKIN, &normal);
	find_depths(&normal, &b->target, r);
	enum status st = heat_layers_from_tissue(&normal, r->layer, &layers, why);
	r->layers = layers;
	if (!st)
		st = choose_heat_cells(r, q->dark ? &column_heat_options : &heat_options, why);
	if (!st && !q->dark)
		st = ready_light(b, q->cohort, solver, &normal, index, why);
	return st ? st : ready_absorbers(b, index, q->seed, r, why);
}

/* ---- finite spots and the second calculation ------------------------------------------------------------ */

static void compare_engines(struct bulk *b, const struct ordinates *solver)
{
	struct light_balance balance;
	double first = 0.0;
	if (!(b->spots.absorbed_frac > 0.0))
		return;
	ordinates_balance(solver, &balance);
	for (size_t l = 0; l < CHECK_LAYERS; l++)
		first += balance.absorbed_frac[l];
	b->check_difference_pct = 100.0 * (b->spots.absorbed_frac / first - 1.0);
	b->check_se_pct = 100.0 * b->spots.absorbed_se_frac / first;
}

static enum status prepare_spots(struct bulk *b, struct ordinates *solver, const struct bulk_request *q,
                                 struct fail *why)
{
	struct tissue tissue;
	struct light_layer layers[TISSUE_LAYERS_MAX];
	struct spot_request request = {.check_layers = CHECK_LAYERS, .broad = q->broad, .seed = q->seed};
	twin_tissue(q->cohort->value[0], TWIN_NORMAL_SKIN, &tissue);
	enum status st = tissue_light_stack(&tissue, b->wavelength_nm, layers, &request.stack, why);
	if (!st)
		st = broad_light(solver, &tissue, b->wavelength_nm, why);
	if (!st)
		st = spots_measure(&request, &b->spots, why);
	if (!st)
		compare_engines(b, solver);
	return st;
}

static double criterion_of(const struct target *target)
{
	return target->criterion_C > 0.0 ? target->criterion_C : pigment_vaporisation_C().value;
}

/* The work of both threads: the spots with their photons, which take about as long as all samples, come second, so that
 * mostly the thread that reports progress goes on with samples; these go in portions that share a solver. */
#define PORTION 4
#define SPOTS_ITEM 1
#define PORTIONS_MAX (1 + (SAMPLES_MAX + PORTION - 1) / PORTION)
struct fill_work {
	struct bulk *bulk;
	const struct bulk_request *request;
	enum status status[PORTIONS_MAX];
	struct fail why[PORTIONS_MAX];
};

static enum status fill_portion(struct bulk *b, const struct bulk_request *q, struct ordinates *solver, unsigned first,
                                struct fail *why)
{
	enum status st = ST_OK;
	for (unsigned s = first; !st && s < first + PORTION && s < b->count; s++)
		st = ready_sample(b, q, solver, s, why);
	return st;
}

static void fill_item(void *state, size_t index)
{
	struct fill_work *w = state;
	struct ordinates *solver = NULL;
	struct fail *why = &w->why[index];
	enum status st = ordinates_new(0, &solver, why);
	if (!st)
		st = index == SPOTS_ITEM
		             ? w->request->dark ? ST_OK : prepare_spots(w->bulk, solver, w->request, why)
		             : fill_portion(w->bulk, w->request, solver, (unsigned)(index - (index > SPOTS_ITEM)) * PORTION, why);
	ordinates_free(&solver);
	w->status[index] = st;
}

static enum status fill(struct bulk *b, const struct bulk_request *q, struct fail *why)
{
	struct fill_work work = {.bulk = b, .request = q};
	size_t items = 1 + (b->count + PORTION - 1) / PORTION;
	b->check_difference_pct = b->check_se_pct = NAN;
	if (!parallel_run(items, fill_item, &work, q->progress, q->context))
		return fail_set(why, ST_CANCELLED, "prediction", "cancelled");
	for (size_t i = 0; i < items; i++)
		if (work.status[i])
			return fail_set(why, work.status[i], work.why[i].field, "%s", work.why[i].text);
	return ST_OK;
}

/* Light asks for neither pulse nor threshold. */
static bool same_light(const struct bulk *b, const struct bulk_request *q)
{
	return b->count == q->cohort->count && b->wavelength_nm == q->wavelength_nm && b->broad == q->broad &&
	       b->dark == q->dark && b->seed == q->seed && b->target.kind == q->target.kind &&
	       b->target.depth_um == q->target.depth_um;
}

static enum status fill_like(struct bulk *b, const struct bulk *like, struct fail *why)
{
	enum status st = ST_OK;
	b->spots = like->spots;
	b->check_difference_pct = like->check_difference_pct;
	b->check_se_pct = like->check_se_pct;
	for (unsigned s = 0; !st && s < b->count; s++) {
		st = copy_light(&like->sample[s], &b->sample[s], why);
		if (!st)
			st = ready_absorbers(b, s, b->seed, &b->sample[s], why);
	}
	return st;
}

enum status bulk_new(const struct bulk_request *q, struct bulk **out, struct fail *why)
{
	struct bulk *b = calloc(1, sizeof *b);
	if (!b)
		return fail_set(why, ST_FULL, "predictor", "out of memory");
	b->count = q->cohort->count;
	b->wavelength_nm = q->wavelength_nm;
	b->pulse_s = q->pulse_s;
	b->target = q->target;
	b->threshold = q->threshold;
	b->broad = q->broad;
	b->dark = q->dark;
	b->seed = q->seed;
	b->criterion_C[0] = pigment_vaporisation_C().value;
	b->criterion_C[1] = criterion_of(&q->target);
	enum status st = q->like && same_light(q->like, q) ? fill_like(b, q->like, why) : fill(b, q, why);
	if (st)
		bulk_free(&b);
	*out = b;
	return st;
}

/* ---- heat --------------------------------------------------------------------------------------------- */

/* Light in several passes is solved for one of them (heat_passes.h), which serves any number. */
static bool in_passes(const struct bulk_dose *dose)
{
	return !dose->column_depth_um && dose->passes <= HEAT_PASSES_MAX && (dose->passes > 1 || dose->turns_passes);
}

static bool same_schedule(const struct bulk_dose *a, const struct bulk_dose *b)
{
	bool same_passes = a->passes == b->passes || (in_passes(a) && in_passes(b));
	return a->spot_um == b->spot_um && same_passes && a->stack == b->stack && a->rep_Hz == b->rep_Hz &&
	       a->pass_interval_s == b->pass_interval_s && a->cold_air == b->cold_air && a->spray_s == b->spray_s &&
	       a->delay_s == b->delay_s;
}

/* Light on the axis of the spot. */
static void source_of(const struct bulk *b, const struct bulk_dose *dose, unsigned s, double *absorption)
{
	const struct ready *r = &b->sample[s];
	for (size_t i = 0; i < r->bins; i++) {
		double middle_cm = 0.5 * (r->edge_um[i] + r->edge_um[i + 1]) * CM_PER_UM;
		absorption[i] = r->absorption_1_cm[i] * spot_share(&b->spots, 0.5 * dose->spot_um * CM_PER_UM, middle_cm);
	}
}

/* What stands behind a problem. */
struct sample_problem {
	struct heat_problem heat;
	double absorption_1_cm[HEAT_CELLS_MAX];
	struct heat_stage stage[HEAT_STAGES_MAX];
};

static void pose(const struct bulk *b, const struct bulk_dose *dose, unsigned s, struct sample_problem *p)
{
	const struct ready *r = &b->sample[s];
	p->heat = (struct heat_problem){
		.layers = r->layers,
		.layer = r->layer,
		.surface_C = r->surface_C,
		.core_C = r->core_C,
		.surface = heat_still_air(),
		.pulses = {.start_s = stages_lead_s(dose),
		           .duration_s = b->pulse_s,
		           .count = dose->stack,
		           .rate_Hz = dose->rep_Hz,
		           .passes = dose->passes,
		           .pass_interval_s = dose->pass_interval_s},
		.options = dose->column_depth_um ? column_heat_options : heat_options,
	};
	p->heat.options.edges = r->bins + 1;
	p->heat.options.edge_um = r->edge_um;
	p->heat.surface.stages = stages_of(dose, p->stage);
	p->heat.surface.stage = p->stage;
}

/* Of one pass. Where passes are too near each other for that (ST_MODEL), there is none. */
static enum status heat_of_passes(struct bulk *b, const struct bulk_dose *dose, unsigned s, struct fail *why)
{
	struct sample_problem p;
	struct bulk_dose one = *dose;
	one.passes = 1;
	pose(b, &one, s, &p);
	source_of(b, dose, s, p.absorption_1_cm);
	p.heat.source = (struct heat_source){b->sample[s].bins, b->sample[s].edge_um, p.absorption_1_cm};
	enum status st = heat_passes_new(&p.heat, &b->passes[s], why);
	b->answer[s] = st ? NULL : heat_passes_rows(b->passes[s]);
	return st == ST_MODEL ? ST_OK : st;
}

/* Solved once for a schedule, and asked many times. */
static enum status heat_of_light(struct bulk *b, const struct bulk_dose *dose, unsigned s, struct fail *why)
{
	struct sample_problem p;
	pose(b, dose, s, &p);
	source_of(b, dose, s, p.absorption_1_cm);
	p.heat.source = (struct heat_source){b->sample[s].bins, b->sample[s].edge_um, p.absorption_1_cm};
	enum status st = heat_new(&p.heat, &b->heat[s], why);
	b->answer[s] = b->heat[s];
	return st ? st : heat_prepare_peaks(b->heat[s], why);
}

static enum status heat_of_columns(struct bulk *b, const struct bulk_dose *dose, unsigned s, struct fail *why)
{
	struct sample_problem p;
	pose(b, dose, s, &p);
	if (!b->residual[s])
		b->residual[s] = residual_new(b->sample[s].bins);
	if (!b->residual[s])
		return fail_set(why, ST_FULL, "prediction", "out of memory");
	return residual_at(b->residual[s], &p.heat, dose->column_depth_um[s], &b->answer[s], why);
}

static enum status heat_sample(struct bulk *b, const struct bulk_dose *dose, unsigned s, struct fail *why)
{
	if (dose->column_depth_um)
		return heat_of_columns(b, dose, s, why);
	heat_free(&b->heat[s]);
	heat_passes_free(&b->passes[s]);
	enum status st = in_passes(dose) ? heat_of_passes(b, dose, s, why) : ST_OK;
	return st || b->passes[s] ? st : heat_of_light(b, dose, s, why);
}

struct heat_work {
	struct bulk *bulk;
	const struct bulk_dose *dose;
	enum status status[SAMPLES_MAX];
};

static void heat_item(void *state, size_t index)
{
	struct heat_work *w = state;
	w->status[index] = heat_sample(w->bulk, w->dose, (unsigned)index, NULL);
}

static void forget_heat(struct bulk *b)
{
	b->heated = false;
	for (unsigned s = 0; s < b->count; s++) {
		heat_free(&b->heat[s]);
		heat_passes_free(&b->passes[s]);
		residual_free(&b->residual[s]);
	}
}

/* Of the heat columns left: beyond this many bytes it is solved again when it is asked again. */
#define RESIDUAL_BYTES_MAX ((size_t)40 << 20)

static size_t residual_size(const struct bulk *b)
{
	size_t bytes = 0;
	for (unsigned s = 0; s < b->count; s++)
		bytes += b->residual[s] ? residual_bytes(b->residual[s]) : 0;
	return bytes;
}

static bool all_solved(const struct bulk *b, const struct bulk_dose *dose)
{
	for (unsigned s = 0; s < b->count; s++) {
		const struct ready *r = &b->sample[s];
		const struct heat_problem cells = {.options = {.edges = r->bins + 1, .edge_um = r->edge_um}};
		if (!b->residual[s] || !residual_has(b->residual[s], &cells, dose->column_depth_um[s]))
			return false;
	}
	return true;
}

static enum status prepare_heat(struct bulk *b, const struct bulk_dose *dose, struct fail *why)
{
	bool same = b->heated && same_schedule(&b->prepared, dose);
	if (same && !dose->column_depth_um)
		return ST_OK;
	if (!same || residual_size(b) > RESIDUAL_BYTES_MAX)
		forget_heat(b);
	struct heat_work work = {.bulk = b, .dose = dose};
	bool solved = b->heated && all_solved(b, dose);
	b->heated = false;
	if (!solved)
		(void)parallel_run(b->count, heat_item, &work, NULL, NULL);
	for (unsigned s = 0; solved && s < b->count; s++) /* sums are quicker than a thread is started */
		heat_item(&work, s);
	for (unsigned s = 0; s < b->count; s++)
		if (work.status[s])
			return heat_sample(b, dose, s, why); /* again, for its reason */
	b->prepared = *dose;
	b->prepared.column_depth_um = b->prepared.column_fluence_J_cm2 = NULL; /* the caller's */
	b->heated = true;
	return ST_OK;
}

enum status bulk_expect(struct bulk *b, const struct bulk_dose *dose, struct fail *why)
{
	return prepare_heat(b, dose, why);
}

/* ---- prediction ----------------------------------------------------------------------------------------- */

/* Depths of the profile: every 5 um through the epidermis, coarser below. */
static size_t profile_depths(double *depth_um)
{
	size_t n = 0;
	for (double z = 0.0; n < PREDICT_DEPTHS_MAX && z <= 2000.0; n++) {
		depth_um[n] = z;
		z += z < 200.0 ? 5.0 : z < 600.0 ? 10.0 : 25.0;
	}
	return n;
}

/* Filled for all samples at once, by both threads: counts and flags are set by the one that waits for them. */
struct bulk_spreads {
	struct spread metric[METRICS];
	struct spread peak[PREDICT_DEPTHS_MAX], damage[PREDICT_DEPTHS_MAX];
};

static void note(struct bulk_spreads *out, enum metric metric, unsigned s, double value, unsigned flags)
{
	out->metric[metric].value[s] = value;
	out->metric[metric].count = s + 1;
	out->metric[metric].flags |= flags;
}

static const enum damage_set_id cells = DAMAGE_EPIDERMIS, collagen = DAMAGE_COLLAGEN_PEARCE;

/* Peaks and Omega of one sample on its rows: cells of the epidermis and what metrics ask, collagen below. */
struct rows {
	double peak_C[HEAT_CELLS_MAX + 1], cells[HEAT_CELLS_MAX + 1], collagen[HEAT_CELLS_MAX + 1];
};

/* Damage along depth: cells for the epidermis, collagen below it. Omega is only found where it is read. */
static enum status note_profile(const struct answer *a, const struct ready *r, struct rows *rows,
                                const double *depth_um, size_t depths, unsigned s, struct bulk_spreads *out,
                                struct fail *why)
{
	size_t first, past, deepest, end;
	heat_rows_at_depth(a->rows, r->epidermis_um, &first, &past);
	heat_rows_at_depth(a->rows, depth_um[depths - 1], &deepest, &end);
	enum status st = answer_omega(a, cells, rows->peak_C, 0, past, rows->cells, why);
	if (!st)
		st = answer_omega(a, collagen, rows->peak_C, first, end, rows->collagen, why);
	struct heat_place place[PREDICT_DEPTHS_MAX];
	heat_places(a->rows, depth_um, depths, place);
	for (size_t i = 0; !st && i < depths; i++) {
		const double *set = depth_um[i] <= r->epidermis_um ? rows->cells : rows->collagen;
		out->peak[i].value[s] = heat_at(rows->peak_C, place[i]);
		out->damage[i].value[s] = damage_fraction(heat_omega_at(set, place[i]));
	}
	return st;
}

/* What peaks say: hottest_C of all, dermis_C from the papillary dermis down. */
struct peaks {
	double hottest_C, dermis_C;
};

/* Where they are read: at the surface and around two depths. */
static enum status find_some_peaks(const struct answer *a, const struct ready *r, double *peak_C, struct fail *why)
{
	const double read_um[] = {0.0, r->basal_um, r->papillary_um};
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < sizeof read_um / sizeof read_um[0]; i++) {
		size_t from, to;
		heat_rows_at_depth(a->rows, read_um[i], &from, &to);
		st = answer_peaks(a, from, to, peak_C, why);
	}
	return st;
}

static double highest(const double *peak_C, size_t from, size_t to)
{
	double best_C = -INFINITY;
	for (size_t row = from; row < to; row++)
		best_C = peak_C[row] > best_C ? peak_C[row] : best_C;
	return best_C;
}

/* For a profile peaks are found in all rows. */
static enum status find_peaks(const struct answer *a, const struct ready *r, bool profile, double *peak_C,
                              struct peaks *out, struct fail *why)
{
	size_t above, below, rows = heat_rows(a->rows);
	heat_rows_at_depth(a->rows, r->papillary_um, &above, &below);
	enum status st = profile ? answer_peaks(a, 0, rows, peak_C, why) : find_some_peaks(a, r, peak_C, why);
	if (st)
		return st;
	double papillary_C = heat_at_depth(a->rows, peak_C, r->papillary_um);
	*out = (struct peaks){peak_C[0], papillary_C};
	if (profile) {
		*out = (struct peaks){highest(peak_C, 0, rows), fmax(papillary_C, highest(peak_C, above + 1, rows))};
		return ST_OK;
	}
	st = answer_hottest(a, above + 1, papillary_C, &out->dermis_C, why);
	return st ? st : answer_hottest(a, 0, fmax(out->hottest_C, out->dermis_C), &out->hottest_C, why);
}

static enum status omega_of_cells(const struct answer *a, double depth_um, double *omega, double *out, struct fail *why)
{
	size_t from, to;
	heat_rows_at_depth(a->rows, depth_um, &from, &to);
	enum status st = answer_omega(a, cells, NULL, from, to, omega, why);
	*out = st ? 0.0 : heat_omega_at_depth(a->rows, omega, depth_um);
	return st;
}

/* What one dose asks of the heat of every sample. */
struct heat_question {
	struct bulk *bulk;
	const struct bulk_dose *dose;
	const double *depth_um;
	size_t depths; /* 0: the profile is another's */
	struct bulk_spreads *out;
	enum status status[SAMPLES_MAX];
	unsigned flags[SAMPLES_MAX];
};

static const double papillary_below_basal_um = 200.0;

static enum status heat_metrics(struct heat_question *q, unsigned s, struct rows *rows, struct fail *why)
{
	const struct ready *r = &q->bulk->sample[s];
	const struct heat *heat = q->bulk->answer[s];
	struct spread *metric = q->out->metric;
	struct peaks peaks;
	double fluence = q->dose->column_depth_um ? q->dose->column_fluence_J_cm2[s] : q->dose->fluence_J_cm2;
	double basal = 0.0, papillary = 0.0;
	const struct answer answer = {heat, q->bulk->passes[s], {q->dose->passes, fluence}};
	enum status st = find_peaks(&answer, r, q->depths > 0, rows->peak_C, &peaks, why);
	if (!st && q->depths) { /* with the cells of the whole epidermis */
		st = note_profile(&answer, r, rows, q->depth_um, q->depths, s, q->out, why);
		basal = st ? 0.0 : heat_omega_at_depth(heat, rows->cells, r->basal_um);
	} else if (!st) {
		st = omega_of_cells(&answer, r->basal_um, rows->cells, &basal, why);
	}
	if (!st)
		st = omega_of_cells(&answer, r->basal_um + papillary_below_basal_um, rows->cells, &papillary, why);
	q->flags[s] = heat_validity(peaks.hottest_C) | q->dose->column_flags;
	metric[METRIC_SURFACE_PEAK_C].value[s] = rows->peak_C[0];
	metric[METRIC_BASAL_PEAK_C].value[s] = heat_at_depth(heat, rows->peak_C, r->basal_um);
	metric[METRIC_DERMIS_PEAK_C].value[s] = peaks.dermis_C;
	metric[METRIC_OMEGA_BASAL].value[s] = basal;
	metric[METRIC_OMEGA_PAPILLARY].value[s] = papillary;
	return st;
}

static void question_item(void *state, size_t index)
{
	struct heat_question *q = state;
	struct rows rows;
	q->status[index] = heat_metrics(q, (unsigned)index, &rows, NULL);
}

/* Starting a second thread and its end cost as much as looking through this many values. */
#define ALONE_VALUES_MAX 4e6
#define VALUES_OF_SUM 1.0 /* a temperature summed over modes, where bounds do not spare it */

static void ask_samples(struct heat_question *q)
{
	const struct bulk *b = q->bulk;
	double steps = (double)heat_steps(b->answer[0]) * (b->passes[0] ? q->dose->passes * VALUES_OF_SUM : 1.0);
	double values = (double)b->count * (double)heat_rows(b->answer[0]) * steps;
	if (values > ALONE_VALUES_MAX)
		(void)parallel_run(b->count, question_item, q, NULL, NULL);
	for (size_t s = 0; values <= ALONE_VALUES_MAX && s < b->count; s++)
		question_item(q, s);
}

static enum status ask_heat(struct bulk *b, const struct bulk_dose *dose, const double *depth_um, size_t depths,
                            struct bulk_spreads *out, struct fail *why)
{
	struct heat_question q = {.bulk = b, .dose = dose, .depth_um = depth_um, .depths = depths, .out = out};
	struct rows rows;
	unsigned flags = VALID;
	ask_samples(&q);
	for (unsigned s = 0; s < b->count; s++) {
		if (q.status[s])
			return heat_metrics(&q, s, &rows, why); /* again, for its reason */
		flags |= q.flags[s];
	}
	for (int m = METRIC_SURFACE_PEAK_C; m <= METRIC_OMEGA_PAPILLARY; m++) {
		out->metric[m].count = b->count;
		out->metric[m].flags = flags;
	}
	for (size_t i = 0; i < depths; i++)
		out->peak[i].count = out->damage[i].count = b->count;
	return ST_OK;
}

/* Linear heating: beyond the superheat limit of water the skin around the absorber has turned to vapour. */
static void note_absorber_peak(struct bulk_spreads *out, enum metric metric, unsigned s, double peak_C,
                               unsigned flags)
{
	note(out, metric, s, peak_C, peak_C > PIGMENT_SUPERHEAT_C ? flags | VALIDITY_MODEL_LIMIT : flags);
}

static void absorber_metrics(const struct bulk *b, const struct bulk_dose *dose, unsigned s,
                             struct bulk_spreads *out)
{
	const struct ready *r = &b->sample[s];
	double radius_cm = 0.5 * dose->spot_um * CM_PER_UM;
	double field = dose->fluence_J_cm2 * dose->concentration;
	double at_melanosome = field * r->melanosome_fluence_frac * spot_share(&b->spots, radius_cm, r->basal_um * CM_PER_UM);
	double at_target = field * r->target_fluence_frac * spot_share(&b->spots, radius_cm, r->target_um * CM_PER_UM);
	double melanosome = at_melanosome / r->melanosome_local_J_cm2;
	double target = at_target / r->target_local_J_cm2;
	note(out, METRIC_MELANOSOME_RATIO, s, melanosome, r->melanosome_flags);
	note_absorber_peak(out, METRIC_MELANOSOME_PEAK_C, s,
	                   r->surface_C + melanosome * (b->criterion_C[0] - r->surface_C), r->melanosome_flags);
	note(out, METRIC_PRESSURE_MPA, s, at_melanosome * r->melanosome_MPa_cm2_J, r->pressure_flags);
	if (b->target.kind == TARGET_NONE)
		return;
	note(out, METRIC_TARGET_RATIO, s, target, r->target_flags);
	note_absorber_peak(out, METRIC_TARGET_PEAK_C, s, r->surface_C + target * (b->criterion_C[1] - r->surface_C),
	                   r->target_flags);
	note(out, METRIC_SELECTIVITY, s, melanosome > 0.0 ? target / melanosome : 0.0,
	     r->melanosome_flags | r->target_flags);
}

/* Thermal confinement of a melanosome ends near a microsecond: absorbers matter for short pulses only. */
#define ABSORBER_PULSE_MAX_S 1e-6

static void publish(const struct bulk_spreads *spreads, const double *depth_um, size_t depths,
                    struct prediction *out)
{
	for (int m = 0; m < METRICS; m++)
		if (spreads->metric[m].count)
			publish_metric(out, (enum metric)m, &spreads->metric[m]);
	if (!depths)
		return;
	out->profile.count = depths;
	out->profile.where = "under the beam";
	for (size_t i = 0; i < depths; i++) {
		out->profile.depth_um[i] = depth_um[i];
		out->profile.peak_C[i] = band_of(&spreads->peak[i]);
		out->profile.damage_frac[i] = band_of(&spreads->damage[i]);
	}
}

static void say_learnt(const struct bulk *b, struct prediction *out)
{
	const struct band *ratio = &out->metric[METRIC_TARGET_RATIO];
	if (!b->threshold.treatments || (ratio->flags & VALIDITY_ABSENT))
		return;
	struct learnt_error e = learnt_error(&b->threshold, b->sample[0].target_model_sd, DANGER_BELOW);
	out->threshold_learnt = learnt_effect(&b->threshold, e, TWIN_THRESHOLD_FACTOR, METRIC_TARGET_RATIO,
	                                      ratio->value * e.shift);
}

enum status bulk_predict(struct bulk *b, const struct bulk_dose *dose, enum predict_depth depth,
                         struct prediction *out, struct fail *why)
{
	double depth_um[PREDICT_DEPTHS_MAX];
	/* a column's axis may already be there and says more */
	size_t depths = depth == PREDICT_FULL && !out->profile.count ? profile_depths(depth_um) : 0;
	enum status st = depth == PREDICT_FULL ? prepare_heat(b, dose, why) : ST_OK;
	if (st)
		return st;
	struct bulk_spreads *spreads = calloc(1, sizeof *spreads);
	if (!spreads)
		return fail_set(why, ST_FULL, "prediction", "out of memory");
	if (depth == PREDICT_FULL)
		st = ask_heat(b, dose, depth_um, depths, spreads, why);
	for (unsigned s = 0; !st && s < b->count && b->pulse_s < ABSORBER_PULSE_MAX_S; s++)
		absorber_metrics(b, dose, s, spreads);
	if (!st)
		publish(spreads, depth_um, depths, out);
	if (!st)
		say_learnt(b, out);
	free(spreads);
	return st;
}

/* Steps lie close where something happens: equal shares of them, and of each share its hottest moment at the basal
 * layer, keep every pulse's peak in sight. history: COURSE_PLACES rows of steps. */
static void thin_course(const double *time_s, const double *history, size_t steps, struct time_course *out)
{
	const double *basal = history + (size_t)COURSE_BASAL * steps;
	double omega = 0.0;
	out->count = steps < PREDICT_TIMES_MAX ? steps : PREDICT_TIMES_MAX;
	for (size_t i = 0; i < out->count; i++) {
		size_t from = i * steps / out->count, to = (i + 1) * steps / out->count, at = from;
		for (size_t k = from; k < to; k++)
			at = basal[k] > basal[at] ? k : at;
		size_t segments = to < steps ? to - from + 1 : to - from; /* up to the next share's first moment */
		omega += damage_omega(damage_set(cells), time_s + from, basal + from, segments);
		out->time_s[i] = time_s[at];
		out->damage_frac[i] = damage_fraction(omega);
		for (int place = 0; place < COURSE_PLACES; place++)
			out->temperature_C[place][i] = history[(size_t)place * steps + at];
	}
}

/* The median skin's temperature at each place against time. */
static enum status histories(const struct bulk *b, struct heat_repeat dose, const double *depth_um, size_t steps,
                             double *time_s, double *history, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t place = 0; !st && place < COURSE_PLACES; place++) {
		double *to = history + place * steps;
		st = b->passes[0] ? heat_passes_history(b->passes[0], dose, depth_um[place], time_s, to, why)
		                  : heat_history(b->answer[0], dose.fluence_J_cm2, depth_um[place], to, why);
	}
	if (!b->passes[0])
		memcpy(time_s, heat_time_s(b->answer[0]), steps * sizeof *time_s);
	return st;
}

enum status bulk_course(const struct bulk *b, const struct bulk_dose *dose, struct time_course *out, struct fail *why)
{
	const struct ready *r = &b->sample[0];
	const size_t steps = b->passes[0] ? heat_passes_steps(b->passes[0], dose->passes) : heat_steps(b->answer[0]);
	const double fluence = dose->column_depth_um ? dose->column_fluence_J_cm2[0] : dose->fluence_J_cm2;
	double *history = calloc((COURSE_PLACES + 1) * steps, sizeof *history);
	if (!history)
		return fail_set(why, ST_FULL, "prediction", "out of memory");
	double *time_s = history + COURSE_PLACES * steps;
	*out = (struct time_course){.depth_um = {0.0, r->basal_um, r->basal_um + papillary_below_basal_um}};
	enum status st = histories(b, (struct heat_repeat){dose->passes, fluence}, out->depth_um, steps, time_s, history, why);
	if (!st)
		thin_course(time_s, history, steps, out);
	free(history);
	return st;
}

void bulk_second_check(const struct bulk *bulk, double *difference_pct, double *se_pct)
{
	*difference_pct = bulk->check_difference_pct;
	*se_pct = bulk->check_se_pct;
}
