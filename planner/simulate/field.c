/* From a simulation to light and heat: which solver runs is decided here and nowhere else. */
#include "planner/simulate/field.h"

#include "physics/base/units.h"
#include "physics/ordinates.h"
#include "physics/ordinates_beam.h"

#define FINEST_UM 2.0 /* cell at the surface, of the heat solver's default */
#define FINEST_MIN_UM 0.05
#define DEPTH_PER_CELL 0.15 /* absorption lengths of the top layer in its first cell */
#define KEEP_UM 2500.0      /* histories are kept at least so far down */
#define SPREADS 3.0         /* thermal lengths sqrt(4 kappa t) beyond the beam */
#define BEAM_RADII 2.5      /* beam radii of light */
#define DECAYS 4.0          /* effective attenuation lengths */
#define LIGHT_BESIDE_MAX_UM 15000.0
#define BULK_UM 300.0 /* layers thinner than this do not carry light sideways */
#define TAIL_S 10.0   /* of heat after the last pulse, for the width of the grid */
#define BROAD_NODES 8 /* per panel: microseconds against the milliseconds of heat, and a tenth of a plan's error */
#define TIME_TOLERANCE 5e-4 /* as heat.h's default */
#define AIR_INDEX 1.0
#define DEGREES_PER_PI 180.0
#define GAUSS_1E_PER_1E2 0.70710678118654752
#define INSTANT_S 1e-6 /* shorter pulses do more than heat: pressure, vapour around pigment */

void field_caution(struct simulation_models *models, unsigned flag, const char *text)
{
	models->flags |= flag;
	size_t used = strlen(models->caution);
	if (strstr(models->caution, text) == NULL)
		(void)snprintf(models->caution + used, sizeof models->caution - used, "%s%s",
		               used > 0 ? "; " : "", text);
}

/* ---- properties ---- */

static enum status layer_optics(const struct simulation *s, size_t i, double factor, struct field *field,
                                struct fail *why)
{
	const struct simulation_layer *layer = &s->layer[i];
	struct light_layer *out = &field->optics[i];
	struct tissue_optics optics;
	if (layer->own_optics) {
		*out = layer->optics;
	} else {
		enum status status = tissue_layer_optics(&layer->tissue, s->wavelength_nm, &optics, why);
		if (status != ST_OK)
			return status;
		*out = (struct light_layer){.n = optics.n,
		                            .mua_1_cm = optics.mua_1_cm.value,
		                            .mus_1_cm =
		                                    optics.reduced_scattering_1_cm.value / (1.0 - optics.g),
		                            .g = optics.g};
		if (optics.mua_1_cm.flags | optics.reduced_scattering_1_cm.flags)
			field_caution(&field->models,
			              optics.mua_1_cm.flags | optics.reduced_scattering_1_cm.flags,
			              "tissue optics partly assumed or extrapolated at this wavelength");
	}
	out->mua_1_cm *= factor;
	out->thickness_cm = layer->thickness_um * CM_PER_UM;
	return ST_OK;
}

static struct heat_layer layer_thermal(const struct simulation_layer *layer)
{
	struct tissue_thermal t = layer->own_thermal ? layer->thermal : tissue_layer_thermal(&layer->tissue);
	return (struct heat_layer){layer->thickness_um,   t.conductivity_W_mK, t.density_kg_m3,
	                           t.heat_capacity_J_kgK, t.perfusion_1_s,     t.water_frac};
}

static enum status fill_properties(const struct simulation *s, double factor, struct field *field,
                                   struct fail *why)
{
	enum status status = ST_OK;
	for (size_t i = 0; status == ST_OK && i < s->layers; i++) {
		field->thermal[i] = layer_thermal(&s->layer[i]);
		status = layer_optics(s, i, factor, field, why);
		field->depth_um += s->layer[i].thickness_um;
	}
	field->layers = s->layers;
	return status;
}

static struct light_stack stack_of(const struct field *field)
{
	return (struct light_stack){.n_above = AIR_INDEX,
	                            .n_below = field->optics[field->layers - 1].n,
	                            .count = field->layers,
	                            .layer = field->optics};
}

/* ---- broad light ---- */

static void to_cm(const double *edge_um, size_t count, double depth_um, double *edge_cm)
{
	for (size_t i = 0; i < count; i++)
		edge_cm[i] = fmin(edge_um[i], depth_um) * CM_PER_UM;
}

static enum status solve_broad(struct field *field, struct ordinates *solver, struct fail *why)
{
	struct light_stack stack = stack_of(field);
	const struct simulation_beam *beam = &field->simulation->beam;
	const struct light_source source = {beam->diffuse ? LIGHT_DIFFUSE : LIGHT_COLLIMATED,
	                                    cos(beam->incidence_deg * PI / DEGREES_PER_PI)};
	struct light_balance balance;
	double *work = calloc(2 * field->cells + 1, sizeof *work), *error_frac = work + field->cells + 1;
	if (!work)
		return fail_set(why, ST_FULL, "simulation", "out of memory");
	enum status status = ordinates_solve(solver, &stack, &source, why);
	to_cm(field->edge_um, field->cells + 1, field->depth_um, work);
	if (status == ST_OK)
		status = ordinates_absorption_with_error(solver, work, field->cells, field->broad_1_cm,
		                                         error_frac, why);
	if (status == ST_OK) {
		size_t most = 0;
		ordinates_balance(solver, &balance);
		for (size_t i = 0; i < field->cells; i++)
			most = field->broad_1_cm[i] > field->broad_1_cm[most] ? i : most;
		field->models.light_error_frac = fabs(error_frac[most]);
		field->models.reflected_frac = balance.specular_frac + balance.diffuse_reflectance_frac;
		field->models.transmitted_frac = balance.transmittance_frac;
		field->fluence_factor =
		        ordinates_fluence(solver, fmin(field->light_depth_um, field->depth_um) * CM_PER_UM);
	}
	free(work);
	return status;
}

static enum status broad_light(struct field *field, struct fail *why)
{
	struct ordinates *solver = NULL;
	enum status status = heat_grid(field->layers, field->thermal, &field->problem.options, field->edge_um,
	                               HEAT_CELLS_MAX + 1, &field->cells, why);
	if (status != ST_OK)
		return status;
	field->cells--;
	status = ordinates_new(BROAD_NODES, &solver, why);
	if (status == ST_OK)
		status = solve_broad(field, solver, why);
	ordinates_free(&solver);
	return status;
}

/* ---- finite light ---- */

static double last_pulse_end_s(const struct heat_pulses *p)
{
	double train_s = p->count > 1 ? (double)(p->count - 1) / p->rate_Hz : 0.0;
	double passes_s = p->passes > 1 ? (double)(p->passes - 1) * p->pass_interval_s : 0.0;
	return p->start_s + p->duration_s + train_s + passes_s;
}

/* Where neither light nor heat arrives. */
static double far_um(const struct field *field)
{
	const struct simulation *s = field->simulation;
	double end_s = fmax(field->end_s, last_pulse_end_s(&s->pulses) + TAIL_S), fastest = 0.0, beside_um = 0.0;
	for (size_t i = 0; i < field->layers; i++) {
		const struct light_layer *o = &field->optics[i];
		const struct heat_layer *t = &field->thermal[i];
		double kappa_m2_s = t->conductivity_W_mK / (t->density_kg_m3 * t->heat_capacity_J_kgK);
		double effective_1_cm = sqrt(3.0 * o->mua_1_cm * (o->mua_1_cm + (1.0 - o->g) * o->mus_1_cm));
		if (t->thickness_um >= BULK_UM) {
			fastest = fmax(fastest, kappa_m2_s);
			beside_um = fmax(beside_um, DECAYS * UM_PER_CM / fmax(effective_1_cm, 1e-3));
		}
	}
	return BEAM_RADII * s->beam.radius_um + SPREADS * sqrt(4.0 * fastest * end_s) / M_PER_UM +
	       fmin(beside_um, LIGHT_BESIDE_MAX_UM);
}

/* The engine's unit is energy / pi radius2; ours the mean of the disc or the centre of the Gaussian, which
 * has twice that unit. */
static double per_radiant_exposure(enum simulation_profile profile)
{
	return profile == SIMULATION_GAUSSIAN ? 0.5 : 1.0;
}

static enum status solve_beam(struct field *field, struct beam_solver *solver, struct fail *why)
{
	const struct simulation_beam *beam = &field->simulation->beam;
	const struct light_stack stack = stack_of(field);
	const struct beam_shape shape = {beam->profile == SIMULATION_GAUSSIAN ? BEAM_GAUSSIAN : BEAM_FLAT_TOP,
	                                 beam->radius_um * CM_PER_UM};
	size_t rings = field->radii + 1, rows = field->cells + 1, count = field->radii * field->cells,
	       most = 0;
	double *work = calloc(rings + rows + count, sizeof *work);
	if (!work)
		return fail_set(why, ST_FULL, "simulation", "out of memory for %zu cells", count);
	double *ring_cm = work, *row_cm = work + rings, *error_1_cm = work + rings + rows;
	to_cm(field->r_edge_um, rings, INFINITY, ring_cm);
	to_cm(field->edge_um, rows, field->depth_um, row_cm);
	enum status status = beam_solve(solver, &stack, shape.radius_cm, why);
	if (status == ST_OK)
		status = beam_absorption(solver, &shape, field->radii, ring_cm, field->cells, row_cm,
		                         field->beam_1_cm, error_1_cm, why);
	for (size_t i = 0; status == ST_OK && i < count; i++) {
		most = field->beam_1_cm[i] > field->beam_1_cm[most] ? i : most;
		field->models.light_error_frac = fabs(error_1_cm[most]) / fmax(field->beam_1_cm[most], 1e-30);
	}
	for (size_t i = 0; i < count; i++)
		field->beam_1_cm[i] = fmax(field->beam_1_cm[i], 0.0) * per_radiant_exposure(beam->profile);
	free(work);
	return status;
}

static enum status finite_light(struct field *field, struct fail *why)
{
	const struct simulation_beam *beam = &field->simulation->beam;
	double edge_um = beam->radius_um * (beam->profile == SIMULATION_GAUSSIAN ? GAUSS_1E_PER_1E2 : 1.0);
	enum status status = heat_beam_radii(edge_um, far_um(field), field->refine, field->r_edge_um,
	                                     HEAT_BEAM_RADII_MAX + 1, &field->radii, why);
	if (status != ST_OK)
		return status;
	field->radii--;
	field->beam_1_cm = calloc(field->radii * field->cells, sizeof *field->beam_1_cm);
	if (!field->beam_1_cm)
		return fail_set(why, ST_FULL, "simulation", "out of memory for %zu cells",
		                field->radii * field->cells);
	struct beam_solver *solver = NULL;
	status = beam_new(NULL, &solver, why);
	if (status == ST_OK)
		status = solve_beam(field, solver, why);
	beam_free(&solver);
	return status;
}

/* ---- heat ---- */

static void fill_problem(struct field *field)
{
	const struct simulation *s = field->simulation;
	const struct light_layer *top = &field->optics[0];
	double deepest_um = 0.0;
	double length_um = top->mua_1_cm > 0.0 ? UM_PER_CM / top->mua_1_cm : INFINITY;
	for (size_t i = 0; i < s->points; i++)
		deepest_um = fmax(deepest_um, s->point[i].depth_um);
	deepest_um = fmax(fmax(deepest_um, s->criterion.depth_um), KEEP_UM);
	field->kept_um = fmin(deepest_um, field->depth_um);
	field->problem = (struct heat_problem){
	        .layers = field->layers,
	        .layer = field->thermal,
	        .surface_C = s->surface_C,
	        .core_C = s->core_C,
	        .surface = {s->ambient_h_W_m2K, s->ambient_C, s->stages, s->stage},
	        .pulses = s->pulses,
	        .living = s->living,
	        .end_s = field->end_s,
	        .options = {.finest_um = fmax(fmin(FINEST_UM, DEPTH_PER_CELL * length_um), FINEST_MIN_UM),
	                    .refine = field->refine,
	                    .time_tolerance = TIME_TOLERANCE / (field->refine * field->refine)}};
	field->problem.pulses.slice_frac = s->pulse.slice_frac;
}

static struct heat_beam_source beam_source(const struct field *field)
{
	return (struct heat_beam_source){field->radii,   field->cells,     field->r_edge_um,
	                                 field->edge_um, field->beam_1_cm, field->kept_um};
}

static enum status solve_heat(struct field *field, struct fail *why)
{
	const struct heat_beam_source source = beam_source(field);
	field->problem.source = (struct heat_source){field->cells, field->edge_um, field->broad_1_cm};
	enum status status = field->radii > 0 ? heat_beam_new(&field->problem, &source, &field->beam, why)
	                                      : heat_new(&field->problem, &field->broad, why);
	if (status != ST_OK)
		return status;
	const struct heat *first = field_column(field, 0);
	field->models.cells = field->cells * (field->radii > 0 ? field->radii : 1);
	field->models.time_nodes = heat_steps(first);
	return ST_OK;
}

static void name_models(struct field *field)
{
	struct simulation_models *m = &field->models;
	bool broad = field->radii == 0;
	(void)snprintf(m->light, sizeof m->light, "%s",
	               broad ? "discrete ordinates (broad beam: one dimension is exact)"
	                     : "discrete ordinates at lateral frequencies, in r and z (finite beam: light "
	                       "leaves sideways)");
	(void)snprintf(m->heat, sizeof m->heat, "%s",
	               broad ? "linear bioheat in depth (broad beam: no sideways flow)"
	                     : "linear bioheat in r and z (finite beam: heat flows sideways)");
	if (field->simulation->pulses.duration_s < INSTANT_S)
		field_caution(m, VALIDITY_MODEL_LIMIT,
		              "pulse under 1 us: pressure and vapour around pigment are left out (criterion "
		              "rupture)");
}

void field_free(struct field **field)
{
	if (!field || !*field)
		return;
	heat_free(&(*field)->broad);
	heat_beam_free(&(*field)->beam);
	free((*field)->beam_1_cm);
	free(*field);
	*field = NULL;
}

bool field_cancelled(const struct field *field, double done_frac)
{
	const struct simulation_progress *p = field->progress;
	return p && p->tell && p->tell(p->context, done_frac) != 0;
}

static double latest_time_s(const struct simulation *s)
{
	double latest_s = 0.0;
	for (size_t i = 0; i < s->times; i++)
		latest_s = fmax(latest_s, s->time_s[i]);
	return latest_s;
}

static enum status new_until(const struct simulation *s, double absorption_factor, double refine, double end_s,
                             const struct simulation_progress *p, struct field **out, struct fail *why)
{
	struct field *field = *out = calloc(1, sizeof *field);
	if (!field)
		return fail_set(why, ST_FULL, "simulation", "out of memory");
	field->simulation = s;
	field->progress = p;
	field->refine = refine;
	field->end_s = end_s;
	field->light_depth_um = s->criterion.depth_um;
	enum status status = fill_properties(s, absorption_factor, field, why);
	if (status == ST_OK) {
		fill_problem(field);
		status = broad_light(field, why);
	}
	if (status == ST_OK && s->beam.profile != SIMULATION_BROAD)
		status = finite_light(field, why);
	if (status == ST_OK && field_cancelled(field, 0.5))
		status = fail_set(why, ST_CANCELLED, "simulation", "cancelled");
	if (status == ST_OK)
		status = solve_heat(field, why);
	if (status == ST_OK)
		name_models(field);
	else
		field_free(out);
	return status;
}

/* Every time asked for is reached: left to itself the end comes when the heat has decayed. */
enum status field_new(const struct simulation *s, double absorption_factor, double refine,
                      const struct simulation_progress *p, struct field **out, struct fail *why)
{
	double latest_s = latest_time_s(s), end_s = s->end_s > 0.0 ? fmax(s->end_s, latest_s) : 0.0;
	enum status status = new_until(s, absorption_factor, refine, end_s, p, out, why);
	if (status != ST_OK || end_s > 0.0)
		return status;
	const struct heat *first = field_column(*out, 0);
	if (heat_time_s(first)[heat_steps(first) - 1] >= latest_s)
		return ST_OK;
	field_free(out);
	return new_until(s, absorption_factor, refine, latest_s, p, out, why);
}

static enum status boil_beam(struct field *field, double fluence_J_cm2, double keep_um, struct fail *why)
{
	struct heat_beam *boiling = NULL;
	struct heat_beam_source source = beam_source(field);
	source.keep_um = keep_um;
	heat_beam_free(&field->beam); /* first: each holds tens of megabytes; nobody reads a field that failed */
	enum status status = heat_beam_new_boiling(&field->problem, &source, fluence_J_cm2, &boiling, why);
	field->beam = boiling;
	return status;
}

static enum status boil_broad(struct field *field, double fluence_J_cm2, struct fail *why)
{
	struct heat *boiling = NULL;
	enum status status = heat_new_boiling(&field->problem, fluence_J_cm2, true, &boiling, why);
	if (status != ST_OK)
		return status;
	heat_free(&field->broad);
	field->broad = boiling;
	return ST_OK;
}

enum status field_boil(struct field *field, double fluence_J_cm2, double keep_um, struct fail *why)
{
	bool broad = field->radii == 0;
	enum status status = broad ? boil_broad(field, fluence_J_cm2, why)
	                           : boil_beam(field, fluence_J_cm2, keep_um, why);
	if (status == ST_OK)
		(void)snprintf(field->models.heat, sizeof field->models.heat,
		               "bioheat in %s with boiling at this radiant exposure%s (%s)",
		               broad ? "depth" : "r and z",
		               broad ? ", conducting as warm and dry as it is" : ", conducting as at 37 C",
		               field->simulation->living ? "living skin: blood follows temperature and injury"
		                                         : "water passes 100 C in the linear answer");
	return status;
}

/* ---- reading ---- */

bool field_wet(const struct field *field)
{
	for (size_t i = 0; i < field->layers; i++)
		if (field->thermal[i].water_frac > 0.0)
			return true;
	return false;
}

size_t field_columns(const struct field *field)
{
	return field->beam ? heat_beam_columns(field->beam) : 1;
}

const struct heat *field_column(const struct field *field, size_t column)
{
	return field->beam ? heat_beam_column(field->beam, column) : field->broad;
}

bool field_direct(const struct field *field)
{
	return heat_response(field_column(field, 0), 0) == NULL;
}

static double ring_middle_um2(const double *edge_um)
{
	return 0.5 * (edge_um[0] * edge_um[0] + edge_um[1] * edge_um[1]);
}

/* Columns around a radius: the inner one and the weight of the outer. A column is the mean of its ring, which where
 * temperature is a parabola about the axis is its value at the ring's middle in r2; so in r2 it is interpolated, and
 * carried on to the axis (below 0). With boiling no further than the first ring: water stays at 100 C. */
static size_t inner_column(const struct field *field, double radius_um, double *outer_frac)
{
	const double *edge = field->r_edge_um, at_um2 = radius_um * radius_um;
	size_t j = 0;
	*outer_frac = 0.0;
	if (!field->beam || field->radii < 2)
		return 0;
	while (j + 2 < field->radii && ring_middle_um2(edge + j + 1) <= at_um2)
		j++;
	double inner = ring_middle_um2(edge + j), outer = ring_middle_um2(edge + j + 1);
	*outer_frac = fmin(1.0, (at_um2 - inner) / (outer - inner));
	if (field_direct(field))
		*outer_frac = fmax(0.0, *outer_frac);
	return j;
}

/* Adds weight x (history at F = 1 - history at F = 0) to response, the base being the same in every column; of a direct
 * run, which has no response, weight x history to the base. */
static enum status add_column(const struct heat *column, double depth_um, double weight, double *base_C,
                              double *response, struct fail *why)
{
	size_t steps = heat_steps(column);
	bool linear = heat_response(column, 0) != NULL;
	double *work = calloc(steps, sizeof *work);
	if (!work)
		return fail_set(why, ST_FULL, "simulation", "out of memory");
	enum status status = linear ? heat_history(column, 0.0, depth_um, base_C, why) : ST_OK;
	if (status == ST_OK)
		status = heat_history(column, linear ? 1.0 : 0.0, depth_um, work, why);
	for (size_t i = 0; status == ST_OK && i < steps; i++) {
		if (linear)
			response[i] += weight * (work[i] - base_C[i]);
		else
			base_C[i] += weight * work[i];
	}
	free(work);
	return status;
}

enum status field_track(const struct field *field, double depth_um, double radius_um, struct track *out,
                        struct fail *why)
{
	double outer_frac = 0.0;
	size_t inner = inner_column(field, radius_um, &outer_frac),
	       steps = heat_steps(field_column(field, 0));
	*out = (struct track){.block = calloc(2 * steps, sizeof *out->block)};
	if (!out->block)
		return fail_set(why, ST_FULL, "simulation", "out of memory for %zu steps", steps);
	double *base_C = out->block, *response = base_C + steps;
	enum status status =
	        add_column(field_column(field, inner), depth_um, 1.0 - outer_frac, base_C, response, why);
	if (status == ST_OK && outer_frac != 0.0)
		status = add_column(field_column(field, inner + 1), depth_um, outer_frac, base_C, response,
		                    why);
	out->history = (struct damage_history){steps, heat_time_s(field_column(field, 0)), base_C, response};
	if (status != ST_OK)
		field_track_free(out);
	return status;
}

void field_track_free(struct track *track)
{
	free(track->block);
	*track = (struct track){0};
}

double field_fluence_factor(const struct field *field)
{
	size_t i = 0;
	if (field->radii == 0)
		return field->fluence_factor;
	while (i + 1 < field->cells && field->edge_um[i + 1] <= field->light_depth_um)
		i++;
	return field->fluence_factor *
	       (field->broad_1_cm[i] > 0.0 ? field->beam_1_cm[i] / field->broad_1_cm[i] : 1.0);
}

/* The first column is the mean of its ring: what the axis in its middle has more. */
static enum status peak_on_axis(const struct field *field, double fluence_J_cm2, struct heat_peak *peak,
                                struct fail *why)
{
	struct track track;
	enum status status = field_track(field, peak->depth_um, 0.0, &track, why);
	for (size_t i = 0; status == ST_OK && i < track.history.count; i++) {
		double axis_C = track.history.base_C[i] + fluence_J_cm2 * track.history.response[i];
		if (axis_C <= peak->temperature_C)
			continue;
		peak->temperature_C = axis_C;
		peak->time_s = track.history.time_s[i];
		peak->flags = heat_validity(axis_C);
		peak->above_boiling_C = peak->flags ? axis_C - HEAT_BOILING_C : 0.0;
	}
	if (status == ST_OK)
		field_track_free(&track);
	return status;
}

enum status field_peak(const struct field *field, double fluence_J_cm2, struct heat_peak *out,
                       double *radius_um, struct fail *why)
{
	enum status status = ST_OK;
	size_t hottest = 0;
	for (size_t j = 0; status == ST_OK && j < field_columns(field); j++) {
		struct heat_peak peak;
		status = heat_evaluate(field_column(field, j), field_direct(field) ? 0.0 : fluence_J_cm2,
		                       NULL, &peak, why);
		if (status != ST_OK || (j > 0 && peak.temperature_C <= out->temperature_C))
			continue;
		*out = peak;
		hottest = j;
	}
	*radius_um = hottest > 0 ? 0.5 * (field->r_edge_um[hottest] + field->r_edge_um[hottest + 1]) : 0.0;
	if (status == ST_OK && field->radii > 0 && hottest == 0 && !field_direct(field))
		status = peak_on_axis(field, fluence_J_cm2, out, why);
	return status;
}
