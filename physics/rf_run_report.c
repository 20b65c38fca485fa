/* Checks of a run, its memory, and what it reports. */
#include "physics/rf_run_private.h"

#include "physics/base/units.h"

#define HISTORY_FIRST 256
#define STAGES_MAX 64
#define UM3_PER_MM3 1e9
#define M3_PER_MM3 1e-9
#define TEMPERATURE_MIN_C (-60.0)
#define TEMPERATURE_MAX_C 60.0
#define END_MAX_S 1e5

static enum status surface_check(const struct heat_surface *surface, const char *field, struct fail *why)
{
	if (!(surface->ambient_h_W_m2K >= 0.0) || !isfinite(surface->ambient_h_W_m2K) ||
	    isinf(surface->ambient_C))
		return fail_set(why, ST_RANGE, field, "heat transfer %g W/m2K must be 0 or more",
		                surface->ambient_h_W_m2K);
	if (surface->stages > STAGES_MAX)
		return fail_set(why, ST_RANGE, field, "%zu stages; at most %d", surface->stages, STAGES_MAX);
	for (size_t i = 0; i < surface->stages; i++) {
		const struct heat_stage *s = &surface->stage[i];
		if (!(s->start_s >= 0.0) || !(s->end_s > s->start_s))
			return fail_set(why, ST_RANGE, field, "stage %zu runs from %g to %g s", i, s->start_s,
			                s->end_s);
		if (!(s->h_W_m2K >= 0.0) || !isfinite(s->medium_C))
			return fail_set(why, ST_RANGE, field, "stage %zu: %g W/m2K to %g C", i, s->h_W_m2K,
			                s->medium_C);
		for (size_t j = 0; j < i; j++)
			if (s->start_s < surface->stage[j].end_s && surface->stage[j].start_s < s->end_s)
				return fail_set(why, ST_INPUT, field, "stages %zu and %zu overlap", j, i);
	}
	return ST_OK;
}

static enum status temperatures_check(const struct rf_run_problem *p, struct fail *why)
{
	const struct {
		double value;
		const char *field;
	} entry[] = {{p->surface_C, "surface_C"}, {p->core_C, "core_C"}};
	for (size_t i = 0; i < 2; i++)
		if (!(entry[i].value >= TEMPERATURE_MIN_C && entry[i].value <= TEMPERATURE_MAX_C))
			return fail_set(why, ST_RANGE, entry[i].field, "%g C: from %g to %g", entry[i].value,
			                TEMPERATURE_MIN_C, TEMPERATURE_MAX_C);
	const struct rf_perfusion *f = &p->perfusion;
	if (f->rise != 0.0 && !(f->rise >= 1.0 && isfinite(f->rise) && f->to_C > f->from_C))
		return fail_set(why, ST_RANGE, "perfusion.rise",
		                "rise %g between %g and %g C: 1 or more, rising", f->rise, f->from_C,
		                f->to_C);
	return ST_OK;
}

enum status rf_run_check(const struct rf_run_problem *p, struct fail *why)
{
	enum status st = rf_stack_check(&p->electrode.stack, why);
	if (st == ST_OK)
		st = rf_thermal_check(&p->electrode.stack, why);
	if (st == ST_OK)
		st = rf_control_check(&p->control, why);
	if (st == ST_OK)
		st = surface_check(&p->under, "under", why);
	if (st == ST_OK)
		st = surface_check(&p->beside, "beside", why);
	if (st == ST_OK)
		st = temperatures_check(p, why);
	if (st)
		return st;
	if (p->probes > RF_RUN_PROBES_MAX || p->sets > RF_RUN_SETS_MAX)
		return fail_set(why, ST_FULL, "probes", "at most %d probes and %d damage sets",
		                RF_RUN_PROBES_MAX, RF_RUN_SETS_MAX);
	if (!(p->end_s > 0.0 && p->end_s <= END_MAX_S))
		return fail_set(why, ST_RANGE, "end_s", "%g s: above 0, at most %g", p->end_s, END_MAX_S);
	if (!(p->renew_frac >= 0.0 && p->renew_frac < 1.0) ||
	    !(p->time_refine >= 0.0 && p->time_refine <= 100.0))
		return fail_set(why, ST_RANGE, "renew_frac",
		                "renewal %g within 0..1, time refinement %g within 0..100", p->renew_frac,
		                p->time_refine);
	return ST_OK;
}

enum status rf_run_allocate(struct rf_run *run, struct fail *why)
{
	size_t cells = run->grid->cells, sets = run->problem.sets;
	run->block = calloc((10 + 2 * sets) * cells, sizeof *run->block);
	run->history = malloc(HISTORY_FIRST * sizeof *run->history);
	run->capacity = HISTORY_FIRST;
	bool enough = run->block && run->history;
	for (size_t i = 0; enough && i < run->problem.probes; i++) {
		run->probe_C[i] = malloc((HISTORY_FIRST + 1) * sizeof *run->probe_C[i]);
		enough = run->probe_C[i] != NULL;
	}
	if (!enough)
		return fail_set(why, ST_FULL, "memory", "no memory for %zu cells", cells);
	double **const part[] = {&run->factor,      &run->before_C,  &run->start_C,  &run->rest_sink_W_K,
	                         &run->peak_C,      &run->cem43_min, &run->cem_rate, &run->vessels,
	                         &run->vessel_rate, &run->ahead};
	for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
		*part[i] = run->block + i * cells;
	run->omega = run->block + 10 * cells;
	run->omega_rate = run->omega + sets * cells;
	return ST_OK;
}

void rf_run_free(struct rf_run **pointer)
{
	struct rf_run *run = *pointer;
	if (!run)
		return;
	rf_bioheat_free(&run->heat);
	rf_axisym_free(&run->grid);
	for (size_t i = 0; i < RF_RUN_PROBES_MAX; i++)
		free(run->probe_C[i]);
	free(run->history);
	free(run->block);
	free(run);
	*pointer = NULL;
}

size_t rf_run_steps(const struct rf_run *run)
{
	return run->steps;
}

const struct rf_run_step *rf_run_history(const struct rf_run *run)
{
	return run->history;
}

const double *rf_run_probe_C(const struct rf_run *run, size_t probe)
{
	return run->probe_C[probe];
}

const struct rf_axisym *rf_run_grid(const struct rf_run *run)
{
	return run->grid;
}

const double *rf_run_temperature_C(const struct rf_run *run)
{
	return run->heat.temperature_C;
}

const double *rf_run_peak_C(const struct rf_run *run)
{
	return run->peak_C;
}

const double *rf_run_omega(const struct rf_run *run, size_t set)
{
	return run->omega + set * run->grid->cells;
}

const double *rf_run_cem43_min(const struct rf_run *run)
{
	return run->cem43_min;
}

struct rf_run_summary rf_run_summary(const struct rf_run *run)
{
	const struct rf_axisym *g = run->grid;
	size_t hottest = 0;
	for (size_t n = 0; n < g->cells; n++)
		if (run->peak_C[n] > run->peak_C[hottest])
			hottest = n;
	size_t ir = hottest / g->nz, iz = hottest % g->nz;
	const struct rf_bioheat *h = &run->heat;
	double stored_J = rf_bioheat_stored_J(h, run->start_C);
	double lost_J = h->surface_J + h->blood_J + h->deep_J;
	double scale_J =
	        h->source_J + fabs(stored_J) + fabs(h->surface_J) + fabs(h->blood_J) + fabs(h->deep_J);
	struct rf_run_summary summary = {
	        .stop = run->state.stopped ? run->state.stop : RF_STOP_TIME,
	        .stop_s = run->stop_s,
	        .energy_J = run->state.energy_J,
	        .hottest_C = run->peak_C[hottest],
	        .hottest = {0.5 * (g->r_edge_um[ir] + g->r_edge_um[ir + 1]),
	                    0.5 * (g->z_edge_um[iz] + g->z_edge_um[iz + 1])},
	        .balance_frac = scale_J > 0.0 ? fabs(h->source_J - stored_J - lost_J) / scale_J : 0.0,
	        .renewals = run->renewals,
	        .limited = run->limited,
	        .flags = rf_axisym_result(g)->flags,
	};
	if (summary.hottest_C > HEAT_BOILING_C)
		summary.flags |= VALIDITY_MODEL_LIMIT;
	return summary;
}

/* Where the line through (z0, q0) and (z1, q1) crosses the level; on the logarithm where both are above 0. */
static double crossing(double z0, double q0, double z1, double q1, double level)
{
	if (q0 > 0.0 && q1 > 0.0 && level > 0.0) {
		q0 = log(q0);
		q1 = log(q1);
		level = log(level);
	}
	return q0 == q1 ? z0 : z0 + (z1 - z0) * (level - q0) / (q1 - q0);
}

static bool counts(const struct rf_axisym *g, size_t iz, enum rf_matter matter)
{
	return matter == RF_MATTERS || g->layer[g->row_layer[iz]].matter == matter;
}

static double centre(const double *edge, size_t i)
{
	return 0.5 * (edge[i] + edge[i + 1]);
}

/* Along the axis column: first and last crossing, or the face of the matter or the surface where it starts
 * above. */
static void axis_extent(const struct rf_axisym *g, const double *q, double level, enum rf_matter matter,
                        struct rf_zone *zone)
{
	for (size_t iz = 0; iz < g->nz; iz++) {
		if (!counts(g, iz, matter) || !(q[iz] >= level))
			continue;
		bool open_above = iz == 0 || !counts(g, iz - 1, matter);
		bool open_below = iz + 1 == g->nz || !counts(g, iz + 1, matter);
		if (isnan(zone->top_um))
			zone->top_um = open_above ? g->z_edge_um[iz]
			                          : crossing(centre(g->z_edge_um, iz - 1), q[iz - 1],
			                                     centre(g->z_edge_um, iz), q[iz], level);
		zone->bottom_um = open_below ? g->z_edge_um[iz + 1]
		                             : crossing(centre(g->z_edge_um, iz), q[iz],
		                                        centre(g->z_edge_um, iz + 1), q[iz + 1], level);
	}
}

struct rf_zone rf_run_zone(const struct rf_run *run, const double *q, double level, enum rf_matter matter)
{
	const struct rf_axisym *g = run->grid;
	struct rf_zone zone = {NAN, NAN, 0.0, 0.0};
	axis_extent(g, q, level, matter, &zone);
	for (size_t iz = 0; iz < g->nz; iz++) {
		for (size_t ir = 0; counts(g, iz, matter) && ir < g->nr; ir++) {
			size_t n = ir * g->nz + iz;
			if (!(q[n] >= level))
				continue;
			zone.volume_mm3 += rf_axisym_ring_m2(g, ir) * rf_axisym_height_m(g, iz) / M3_PER_MM3;
			double edge_um = g->r_edge_um[ir + 1];
			if (ir + 1 < g->nr && q[n + g->nz] < level)
				edge_um = crossing(centre(g->r_edge_um, ir), q[n],
				                   centre(g->r_edge_um, ir + 1), q[n + g->nz], level);
			zone.radius_um = fmax(zone.radius_um, edge_um);
		}
	}
	return zone;
}

/* An even start at body surface temperature, no loss to the air: the pad is warm and covers the skin. */
#define PAD_START_C 37.0
#define UM2_PER_CM2 1e8

static double mean_surface_C(const struct rf_run *run)
{
	double sum = 0.0, area = 0.0;
	for (size_t ir = 0; ir < run->grid->electrode_cells; ir++) {
		sum += rf_axisym_ring_m2(run->grid, ir) * rf_bioheat_surface_C(&run->heat, ir);
		area += rf_axisym_ring_m2(run->grid, ir);
	}
	return sum / area;
}

enum status rf_pad_rise(const struct rf_pad *pad, struct rf_pad_rise *rise, struct fail *why)
{
	if (!(pad->area_cm2 > 0.0) || !isfinite(pad->area_cm2))
		return fail_set(why, ST_RANGE, "pad.area_cm2", "%g cm2: must be above 0", pad->area_cm2);
	if (!(pad->contact_frac > 0.0 && pad->contact_frac <= 1.0))
		return fail_set(why, ST_RANGE, "pad.contact_frac", "%g: above 0, at most 1",
		                pad->contact_frac);
	struct rf_run_problem problem = {
	        .electrode = {.stack = pad->stack,
	                      .radius_um = sqrt(pad->area_cm2 * pad->contact_frac * UM2_PER_CM2 / PI),
	                      .contact = pad->contact},
	        .control = {.mode = RF_CONTROL_CURRENT, .value = pad->current_A, .on_s = pad->duration_s},
	        .surface_C = PAD_START_C,
	        .core_C = PAD_START_C,
	        .end_s = pad->duration_s,
	};
	struct rf_run *run = NULL;
	enum status st = rf_run_new(&problem, NULL, NULL, &run, why);
	if (st == ST_OK)
		*rise = (struct rf_pad_rise){rf_run_summary(run).hottest_C - PAD_START_C,
		                             mean_surface_C(run) - PAD_START_C};
	rf_run_free(&run);
	return st;
}
