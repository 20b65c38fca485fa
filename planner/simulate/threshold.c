/* The radiant exposure that just meets a criterion: every criterion grows with it, so the root is bracketed
 * by doubling and halved to a ten-thousandth. Linear heat makes each trial one damage integral. */
#include "planner/simulate/field.h"

#include "physics/pigment.h"

#define FIRST_J_CM2 1.0
#define LEAST_J_CM2 1e-6
#define MOST_J_CM2 1e5
#define BRACKET_FRAC 1e-4
#define BOILING_BRACKET_FRAC 1e-3 /* each trial is a run of its own, */
#define BEAM_BRACKET_FRAC 5e-3    /* a long one in r and z */
#define BOILING_GROW_FRAC 0.05    /* first step above the linear answer */
#define BOILING_ROUNDING_K 1e-6   /* a boiling cell stands at 100 C to rounding */
#define CHANGE_FRAC 0.1
#define KEEP_BELOW_UM 20.0 /* histories kept below the depth asked for */

struct search {
	struct field *field;
	struct track track;
	bool boiling; /* every trial is a direct run */
	struct fail *why;
	enum status status;
};

static double peak_C(const struct damage_history *h, double factor)
{
	double peak = -INFINITY;
	for (size_t i = 0; i < h->count; i++)
		peak = fmax(peak, h->base_C[i] + factor * h->response[i]);
	return peak;
}

static double value_at(const struct simulation *s, const struct damage_history *h, double factor)
{
	const struct simulation_criterion *c = &s->criterion;
	const struct damage_set set = simulation_set(s, c->set);
	switch (c->kind) {
	case CRITERION_TEMPERATURE:
		return peak_C(h, factor) + BOILING_ROUNDING_K;
	case CRITERION_CEM43:
		return damage_cem43_linear_min(h, factor, NULL);
	default:
		return damage_omega_linear(&set, h, factor, -INFINITY);
	}
}

static enum status follow(struct search *search)
{
	const struct simulation_criterion *c = &search->field->simulation->criterion;
	return field_track(search->field, c->depth_um, 0.5 * c->lesion_diameter_um, &search->track,
	                   search->why);
}

static bool met(struct search *search, double fluence_J_cm2)
{
	const struct simulation_criterion *c = &search->field->simulation->criterion;
	if (search->status == ST_OK && field_cancelled(search->field, 0.75))
		search->status = fail_set(search->why, ST_CANCELLED, "simulation", "cancelled");
	if (search->boiling && search->status == ST_OK) {
		field_track_free(&search->track);
		search->status = field_boil(search->field, fluence_J_cm2, c->depth_um + KEEP_BELOW_UM, search->why);
		if (search->status == ST_OK)
			search->status = follow(search);
	}
	if (search->status != ST_OK)
		return true;
	return value_at(search->field->simulation, &search->track.history, search->boiling ? 0.0 : fluence_J_cm2) >= c->value;
}

static enum status halve(struct search *search, double width_frac, double *low, double *high)
{
	while (search->status == ST_OK && *high / *low > 1.0 + width_frac) {
		double middle = sqrt(*low * *high);
		*(met(search, middle) ? high : low) = middle;
	}
	return search->status;
}

/* low is not enough, high is: both within the bracket of each other. */
static enum status bracket(struct search *search, double start_J_cm2, double *low, double *high)
{
	*low = *high = start_J_cm2;
	while (!met(search, *high)) {
		*low = *high;
		*high *= 2.0;
		if (*high > MOST_J_CM2)
			return fail_set(search->why, ST_MODEL, "criterion",
			                "is not met by %g J/cm2; ask for less, or for another depth",
			                MOST_J_CM2);
	}
	while (search->status == ST_OK && *low >= *high) {
		*low = 0.5 * *high;
		if (*low < LEAST_J_CM2)
			return fail_set(search->why, ST_MODEL, "criterion",
			                "is met without light; ask for more");
		if (met(search, *low))
			*high = *low;
	}
	return halve(search, BRACKET_FRAC, low, high);
}

/* Boiling takes heat away, so the linear answer is not too high: from there upwards. */
static enum status bracket_boiling(struct search *search, double *low, double *high)
{
	bool broad = search->field->radii == 0;
	double grow = 1.0 + BOILING_GROW_FRAC;
	while (search->field->simulation->living && search->status == ST_OK && met(search, *low)) {
		*high = *low; /* vessels that close keep the heat: a little lower than with blood as at rest */
		*low /= grow;
	}
	while (!met(search, *high)) {
		*low = *high;
		*high *= grow;
		grow *= grow;
		if (*high > MOST_J_CM2)
			return fail_set(search->why, ST_MODEL, "criterion",
			                "is not met by %g J/cm2 while water boils; ask for less, or for another depth",
			                MOST_J_CM2);
	}
	return halve(search, broad ? BOILING_BRACKET_FRAC : BEAM_BRACKET_FRAC, low, high);
}

/* Linear first; again with boiling where the linear answer boils. */
static enum status search_root(struct field *field, double *low, double *high, struct heat_peak *peak,
                               struct fail *why)
{
	struct search search = {.field = field, .why = why};
	double radius_um = 0.0;
	enum status status = follow(&search);
	if (status == ST_OK)
		status = bracket(&search, FIRST_J_CM2, low, high);
	if (status == ST_OK)
		status = field_peak(field, *high, peak, &radius_um, why);
	bool boils = peak->above_boiling_C > 0.0 && field_wet(field);
	if (status == ST_OK && (boils || field->simulation->living)) {
		search.boiling = true;
		status = bracket_boiling(&search, low, high);
		if (status == ST_OK)
			status = field_boil(field, *high, field->kept_um, why);
		if (status == ST_OK)
			status = field_peak(field, *high, peak, &radius_um, why);
	}
	field_track_free(&search.track);
	if (status == ST_OK && peak->above_boiling_C > 0.0 && field_wet(field))
		field_caution(&field->models, VALIDITY_MODEL_LIMIT,
		              "tissue boils dry at the threshold: ablation is left out");
	return status;
}

static void check_criterion(struct field *field, const struct heat_peak *peak)
{
	const struct simulation_criterion *c = &field->simulation->criterion;
	if (c->kind == CRITERION_OMEGA && peak->temperature_C > simulation_set(field->simulation, c->set).valid_to_C)
		field_caution(&field->models, VALIDITY_EXTRAPOLATED,
		              "the damage set is used above the temperatures it was measured at");
	if (c->kind == CRITERION_CEM43 && peak->temperature_C > SIMULATION_CEM43_MAX_C)
		field_caution(&field->models, VALIDITY_EXTRAPOLATED, "CEM43 is not meaningful above 55 C");
}

/* Base temperature where and when the pulse comes. */
static enum status start_C(const struct field *field, double *out, struct fail *why)
{
	const struct simulation *s = field->simulation;
	struct track track;
	enum status status = field_track(field, s->criterion.depth_um, 0.0, &track, why);
	if (status != ST_OK)
		return status;
	size_t i = 0;
	while (i + 1 < track.history.count && track.history.time_s[i] < s->pulses.start_s)
		i++;
	*out = track.history.base_C[i];
	field_track_free(&track);
	return ST_OK;
}

/* Granules in clear media (kind water: cornea, suspensions) bear more than those of skin. */
static bool in_water(const struct simulation *s, double depth_um)
{
	size_t i = 0;
	for (double down_um = s->layer[0].thickness_um; i + 1 < s->layers && down_um < depth_um; i++)
		down_um += s->layer[i + 1].thickness_um;
	return s->layer[i].composed && s->layer[i].tissue.kind == TISSUE_WATER;
}

/* One melanosome at the depth: vaporisation criterion of physics/pigment.h, bracket of one standard error. */
static enum status rupture(struct field *field, double absorption_factor, struct simulation_threshold *out,
                           double *fluence, struct fail *why)
{
	const struct simulation *s = field->simulation;
	struct pigment_absorber melanosome = pigment_melanosome(s->wavelength_nm);
	struct estimate threshold, factor = {.value = field_fluence_factor(field)};
	double base_C = 0.0;
	if (s->criterion.absorber_mua_1_cm > 0.0)
		melanosome.mua_1_cm = (struct estimate){.value = s->criterion.absorber_mua_1_cm};
	melanosome.mua_1_cm = estimate_scale(melanosome.mua_1_cm, absorption_factor);
	struct estimate limit_C = pigment_vaporisation_C();
	if (in_water(s, s->criterion.depth_um))
		melanosome.vaporisation_C = limit_C = pigment_suspended_vaporisation_C();
	factor.sd = field->models.light_error_frac * factor.value;
	enum status status = start_C(field, &base_C, why);
	if (status == ST_OK)
		status = pigment_threshold_J_cm2(&melanosome, s->pulse.width_s, base_C, factor,
		                                 &threshold, why);
	if (status != ST_OK)
		return status;
	*fluence = threshold.value;
	if (out) {
		out->low_J_cm2 = threshold.value - threshold.sd;
		out->high_J_cm2 = threshold.value + threshold.sd;
		out->peak = (struct heat_peak){.temperature_C = limit_C.value,
		                               .depth_um = s->criterion.depth_um,
		                               .time_s = s->pulses.start_s + s->pulses.duration_s};
		(void)snprintf(
		        field->models.heat, sizeof field->models.heat,
		        "one heated melanosome (criterion rupture: the pulse is confined to the pigment)");
		field->models.flags |= threshold.flags;
	}
	return ST_OK;
}

/* The threshold with absorption scaled; out, when given, gets all of it. */
static enum status threshold_of(const struct simulation *s, double absorption_factor, double refine,
                                const struct simulation_progress *progress, struct simulation_threshold *out,
                                double *fluence, struct fail *why)
{
	struct field *field = NULL;
	struct heat_peak peak = {0};
	double low = 0.0, high = 0.0;
	enum status status = field_new(s, absorption_factor, refine, progress, &field, why);
	if (status == ST_OK && s->criterion.kind == CRITERION_RUPTURE) {
		status = rupture(field, absorption_factor, out, fluence, why);
	} else if (status == ST_OK) {
		status = search_root(field, &low, &high, &peak, why);
		*fluence = sqrt(low * high);
		if (status == ST_OK && out) {
			out->low_J_cm2 = low;
			out->high_J_cm2 = high;
			out->peak = peak;
			check_criterion(field, &peak);
		}
	}
	if (status == ST_OK && out)
		out->models = field->models;
	field_free(&field);
	return status;
}

/* Largest power of a pulse per radiant exposure. */
static double strongest_1_s(const struct simulation *s)
{
	double most = s->pulses.slices > 0 ? 0.0 : 1.0;
	for (size_t i = 0; i < s->pulses.slices; i++)
		most = fmax(most, s->pulse.slice_frac[i] * (double)s->pulses.slices);
	return most / s->pulses.duration_s;
}

enum status simulation_find_threshold(const struct simulation *s, const struct simulation_progress *progress,
                                      struct simulation_threshold *out, struct fail *why)
{
	double coarse_J_cm2 = NAN;
	*out = (struct simulation_threshold){.absorption_change_frac = CHANGE_FRAC};
	if (!s->criterion.given)
		return fail_set(why, ST_INPUT, "criterion",
		                "is missing; say what has to be reached and where");
	if (s->criterion.kind == CRITERION_ABLATION || s->criterion.kind == CRITERION_BREAKDOWN)
		return destroy_threshold(s, out, why);
	enum status status = threshold_of(s, 1.0, 1.0, progress, out, &out->fluence_J_cm2, why);
	if (status == ST_OK)
		status = threshold_of(s, 1.0 - CHANGE_FRAC, 1.0, progress, NULL, &out->less_J_cm2, why);
	if (status == ST_OK)
		status = threshold_of(s, 1.0 + CHANGE_FRAC, 1.0, progress, NULL, &out->more_J_cm2, why);
	if (status == ST_OK && s->criterion.kind != CRITERION_RUPTURE) /* which needs no cells */
		status = threshold_of(s, 1.0, FIELD_COARSE, progress, NULL, &coarse_J_cm2, why);
	if (status != ST_OK)
		return status;
	out->irradiance_W_cm2 = out->fluence_J_cm2 * strongest_1_s(s);
	out->mesh_error_frac = fabs(coarse_J_cm2 / out->fluence_J_cm2 - 1.0);
	out->sensitivity =
	        log(out->more_J_cm2 / out->less_J_cm2) / log((1.0 + CHANGE_FRAC) / (1.0 - CHANGE_FRAC));
	return ST_OK;
}
