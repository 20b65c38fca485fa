/* One exposure at one radiant exposure: what every point and cell went through. */
#include "planner/simulate/field.h"

#define LESION_OMEGA 1.0

static double factor_of(const struct field *field)
{
	return field_direct(field) ? 0.0 : field->simulation->fluence_J_cm2;
}

static double peak_C(const struct damage_history *h, double factor)
{
	double peak = -INFINITY;
	for (size_t t = 0; t < h->count; t++)
		peak = fmax(peak, h->base_C[t] + factor * h->response[t]);
	return peak;
}

/* Temperature at a time: linear between nodes; NAN after the end. */
static double at_time_C(const struct damage_history *h, double factor, double time_s)
{
	size_t i = 1;
	if (time_s > h->time_s[h->count - 1] * (1.0 + 1e-9))
		return NAN;
	while (i + 1 < h->count && h->time_s[i] < time_s)
		i++;
	double length_s = h->time_s[i] - h->time_s[i - 1];
	double share = length_s > 0.0 ? fmin(1.0, (time_s - h->time_s[i - 1]) / length_s) : 1.0;
	double before_C = h->base_C[i - 1] + factor * h->response[i - 1];
	return before_C + share * (h->base_C[i] + factor * h->response[i] - before_C);
}

static void check_validity(const struct simulation *s, double peak_C, struct simulation_models *models)
{
	for (size_t k = 0; k < s->sets; k++)
		if (peak_C > simulation_set(s, s->set[k]).valid_to_C)
			field_caution(models, VALIDITY_EXTRAPOLATED,
			              "a damage set is used above the temperatures it was measured at");
}

/* Is the point in the crater's cylinder? Its wall is steep. */
static bool removed(const struct simulation_crater *c, const struct simulation_point *point)
{
	return c->computed && (c->lesion.events & MICROBEAM_ABLATED) && point->depth_um < c->lesion.ablation_depth_um.value &&
	       (c->wide || point->radius_um < 0.5 * c->lesion.ablation_width_um.value);
}

static void remove_point(const struct simulation *s, struct simulation_at_point *point)
{
	point->peak_C = point->peak_error_K = point->cem43_min = NAN;
	for (size_t k = 0; k < s->sets; k++)
		point->omega[k] = INFINITY;
	for (size_t t = 0; t < s->times; t++)
		point->time_C[t] = NAN;
}

static enum status run_point(struct field *field, size_t i, struct simulation_result *out, struct fail *why)
{
	const struct simulation *s = field->simulation;
	struct simulation_at_point *point = &out->point[i];
	struct track track;
	double factor = factor_of(field);
	if (removed(&out->crater, &s->point[i])) {
		remove_point(s, point);
		return ST_OK;
	}
	enum status status = field_track(field, s->point[i].depth_um, s->point[i].radius_um, &track, why);
	if (status != ST_OK)
		return status;
	point->peak_C = peak_C(&track.history, factor);
	point->cem43_min = damage_cem43_linear_min(&track.history, factor, NULL);
	for (size_t k = 0; k < s->sets; k++) {
		const struct damage_set set = simulation_set(s, s->set[k]);
		point->omega[k] = damage_omega_linear(&set, &track.history, factor, -INFINITY);
	}
	for (size_t t = 0; t < s->times; t++)
		point->time_C[t] = at_time_C(&track.history, factor, s->time_s[t]);
	check_validity(s, point->peak_C, &field->models);
	field_track_free(&track);
	return ST_OK;
}

/* ---- lesions ---- */

static double crossing_um(double from_um, double from, double to_um, double to)
{
	bool geometric = from > 0.0 && to > 0.0;
	double share =
	        geometric ? log(from / LESION_OMEGA) / log(from / to) : (from - LESION_OMEGA) / (from - to);
	return from_um + share * (to_um - from_um);
}

static void axis_extent(const struct heat *axis, const double *omega, struct simulation_lesion *lesion)
{
	const double *depth_um = heat_depth_um(axis);
	size_t rows = heat_rows(axis), first = 0, last = rows - 1;
	while (first < rows && omega[first] < LESION_OMEGA)
		first++;
	while (last > 0 && omega[last] < LESION_OMEGA)
		last--;
	if (first == rows)
		return;
	lesion->top_um = first == 0 ? 0.0
	                            : crossing_um(depth_um[first], omega[first], depth_um[first - 1],
	                                          omega[first - 1]);
	lesion->bottom_um = last + 1 == rows ? depth_um[last]
	                                     : crossing_um(depth_um[last], omega[last], depth_um[last + 1],
	                                                   omega[last + 1]);
}

static double widest_um(const struct field *field, const double *omega, size_t rows)
{
	double ring[HEAT_BEAM_RADII_MAX], widest = 0.0;
	for (size_t row = 0; row < rows; row++) {
		for (size_t j = 0; j < field->radii; j++)
			ring[j] = omega[j * rows + row];
		widest = fmax(widest, 2.0 * heat_beam_reach_um(field->beam, ring, LESION_OMEGA, true));
	}
	return widest;
}

/* Omega of one set in every row of a column. */
static enum status column_omega(const struct field *field, size_t set, const struct heat *column, double *omega,
                                struct fail *why)
{
	const double factor = factor_of(field), *depth_um = heat_depth_um(column);
	const struct damage_set own = simulation_set(field->simulation, set);
	enum damage_set_id id = (enum damage_set_id)set;
	const struct heat_damage damage = {.sets = 1, .set = &id, .omega = omega};
	if (set < DAMAGE_SETS)
		return heat_evaluate(column, factor, &damage, NULL, why);
	double *history_C = calloc(heat_steps(column), sizeof *history_C);
	enum status status = history_C ? ST_OK : fail_set(why, ST_FULL, "simulation", "out of memory");
	for (size_t row = 0; status == ST_OK && row < heat_rows(column); row++) {
		status = heat_history(column, factor, depth_um[row], history_C, why);
		omega[row] = damage_omega(&own, heat_time_s(column), history_C, heat_steps(column));
	}
	free(history_C);
	return status;
}

/* Omega of one set in every cell. */
static enum status run_lesion(struct field *field, size_t k, struct simulation_lesion *lesion,
                              struct fail *why)
{
	size_t columns = field_columns(field), rows = heat_rows(field_column(field, 0));
	double *omega = calloc(columns * rows, sizeof *omega);
	enum status status = ST_OK;
	*lesion = (struct simulation_lesion){NAN, NAN, NAN};
	if (!omega)
		return fail_set(why, ST_FULL, "simulation", "out of memory for %zu cells", columns * rows);
	for (size_t j = 0; status == ST_OK && j < columns; j++)
		status = column_omega(field, field->simulation->set[k], field_column(field, j), omega + j * rows, why);
	if (status == ST_OK)
		axis_extent(field_column(field, 0), omega, lesion);
	if (status == ST_OK && omega[rows - 1] >= LESION_OMEGA && field->radii > 0 &&
	    field->kept_um < field->depth_um)
		field_caution(&field->models, VALIDITY_MODEL_LIMIT,
		              "a lesion reaches below the depth kept: ask for a deeper point to follow it");
	if (status == ST_OK && !isnan(lesion->top_um))
		lesion->diameter_um = field->radii > 0 ? widest_um(field, omega, rows) : INFINITY;
	free(omega);
	return status;
}

static double boiled_frac(const struct field *field)
{
	double most = 0.0;
	for (size_t j = 0; field_direct(field) && j < field_columns(field); j++)
		for (size_t row = 0; row < heat_rows(field_column(field, j)); row++)
			most = fmax(most, heat_boiled_frac(field_column(field, j), row));
	return most;
}

/* The linear answer is left where water boils. */
static enum status settle_boiling(struct field *field, struct simulation_result *out, struct fail *why)
{
	double fluence_J_cm2 = field->simulation->fluence_J_cm2;
	enum status status = field_peak(field, fluence_J_cm2, &out->peak, &out->peak_radius_um, why);
	bool boils = out->peak.above_boiling_C > 0.0 && field_wet(field);
	if (status != ST_OK || !(boils || field->simulation->living))
		return status;
	status = field_boil(field, fluence_J_cm2, field->kept_um, why);
	if (status == ST_OK)
		status = field_peak(field, fluence_J_cm2, &out->peak, &out->peak_radius_um, why);
	if (status == ST_OK && out->crater.computed && (out->crater.lesion.events & MICROBEAM_ABLATED)) {
		/* What is hotter than the crater's own wall has left. */
		out->peak.temperature_C = out->crater.lesion.peak_C.value;
		out->peak.depth_um = out->crater.lesion.ablation_depth_um.value;
		out->peak_radius_um = 0.0;
	}
	if (status == ST_OK && out->peak.above_boiling_C > 0.0)
		field_caution(&field->models, VALIDITY_MODEL_LIMIT,
		              out->crater.computed
		                      ? "tissue boils dry: temperatures and Omega are of tissue that stays in place, the crater has "
		                        "its own model"
		                      : "tissue boils dry: ablation is left out");
	return status;
}

static enum status point_error(const struct field *coarse, const struct simulation_point *at,
                               struct simulation_at_point *point, struct fail *why)
{
	struct track track;
	if (isnan(point->peak_C))
		return ST_OK;
	enum status status = field_track(coarse, at->depth_um, at->radius_um, &track, why);
	if (status != ST_OK)
		return status;
	point->peak_error_K = fabs(peak_C(&track.history, factor_of(coarse)) - point->peak_C);
	field_track_free(&track);
	return ST_OK;
}

/* All again on coarser cells: what changes. */
static enum status run_errors(const struct simulation *s, const struct simulation_progress *progress,
                              struct simulation_result *out, struct fail *why)
{
	struct simulation_result other = {.crater = out->crater};
	struct field *coarse = NULL;
	enum status status = field_new(s, 1.0, FIELD_COARSE, progress, &coarse, why);
	if (status == ST_OK)
		status = settle_boiling(coarse, &other, why);
	for (size_t i = 0; status == ST_OK && i < s->points; i++)
		status = point_error(coarse, &s->point[i], &out->point[i], why);
	out->peak_error_K = fabs(other.peak.temperature_C - out->peak.temperature_C);
	if (out->crater.computed && (out->crater.lesion.events & MICROBEAM_ABLATED))
		out->peak_error_K = NAN; /* the crater's model is not on these cells */
	field_free(&coarse);
	return status;
}

static enum status run_all(struct field *field, struct simulation_result *out, struct fail *why)
{
	const struct simulation *s = field->simulation;
	const struct heat *axis = NULL;
	enum status status = settle_boiling(field, out, why);
	for (size_t i = 0; status == ST_OK && i < s->points; i++)
		status = run_point(field, i, out, why);
	for (size_t k = 0; status == ST_OK && k < s->sets; k++)
		status = run_lesion(field, k, &out->lesion[k], why);
	if (status != ST_OK)
		return status;
	axis = field_column(field, 0);
	out->boiled_frac = boiled_frac(field);
	out->end_s = heat_time_s(axis)[heat_steps(axis) - 1];
	out->models = field->models;
	return ST_OK;
}

enum status simulation_run(const struct simulation *s, const struct simulation_progress *progress,
                           struct simulation_result *out, struct fail *why)
{
	struct field *field = NULL;
	*out = (struct simulation_result){0};
	if (isnan(s->fluence_J_cm2))
		return fail_set(why, ST_INPUT, "fluence_J_cm2",
		                "is missing; say how much light, or ask for a threshold instead");
	enum status status = destroy_ablate(s, &out->crater, why);
	if (status == ST_OK && s->focus.given) {
		status = destroy_break(s, &out->breakdown, why);
		out->focused = status == ST_OK;
	}
	if (status == ST_OK)
		status = field_new(s, 1.0, 1.0, progress, &field, why);
	if (status == ST_OK)
		status = run_all(field, out, why);
	field_free(&field);
	return status == ST_OK ? run_errors(s, progress, out, why) : status;
}
