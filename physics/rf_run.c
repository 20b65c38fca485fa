/* The coupled run: events, steps, renewal of the field. */
#include "physics/rf_run_private.h"

#include "physics/base/units.h"
#include "physics/dielectric.h"

#define RENEW_FRAC 0.2
/* Below 1 because the change slows down, and cells whose trend turns must not be thrown too far. */
#define AHEAD 0.7
#define FIRST_TOLERANCE 1e-8
#define RENEW_TOLERANCE 1e-5
#define STEPS_PER_PHASE 28.0
#define STEP_GROWTH 1.3
#define FIRST_STEP_DIFFUSIONS 2.0 /* first step after an event, in (finest cell)^2 / diffusivity */
#define EVENTS_MAX 2300
#define TIME_SLACK 1e-12

static double fastest_cell_s(const struct rf_run *run)
{
	const struct rf_axisym *g = run->grid;
	double least_s = INFINITY;
	for (size_t iz = 0; iz < g->nz; iz++) {
		const struct tissue_thermal *t = &g->layer[g->row_layer[iz]].thermal;
		double size_m = rf_axisym_height_m(g, iz);
		double diffusivity = t->conductivity_W_mK / (t->density_kg_m3 * t->heat_capacity_J_kgK);
		least_s = fmin(least_s, size_m * size_m / diffusivity);
	}
	return least_s;
}

static double warm(const struct rf_run *run, size_t n, double temperature_C)
{
	const struct rf_axisym *g = run->grid;
	return dielectric_warm_factor(g->layer[g->row_layer[n % g->nz]].warming_1_K, temperature_C);
}

static double base_conductivity(const struct rf_run *run, size_t n)
{
	const struct rf_axisym *g = run->grid;
	return creal(g->admittivity_S_m[g->row_layer[n % g->nz]]);
}

/* Conductivity now, from the temperature expected in the middle of the step to come. */
static double update_factors(struct rf_run *run, double step_s)
{
	double ahead = run->last_step_s > 0.0 ? 0.5 * step_s / run->last_step_s : 0.0, largest = 0.0;
	const double *t = run->heat.temperature_C;
	for (size_t n = 0; n < run->grid->cells; n++) {
		double middle_C = t[n] + ahead * (t[n] - run->before_C[n]);
		run->factor[n] = warm(run, n, middle_C);
		double change = fabs(run->factor[n] / run->grid->factor[n] - 1.0);
		largest = change > largest ? change : largest;
	}
	return largest;
}

/* Y at 1 V: of the last solution, and what the warming since has added to first order. */
static double complex admittance_S(const struct rf_run *run)
{
	double complex sum = 1.0 / rf_axisym_result(run->grid)->impedance_ohm;
	for (size_t n = 0; n < run->grid->cells; n++)
		sum += (run->factor[n] - run->grid->factor[n]) * base_conductivity(run, n) *
		       run->grid->product[n];
	return sum;
}

/* The field is solved for the conductivity expected half way to the next renewal, so that it is early first
 * and late then, and the two nearly cancel: what has changed since the last solution is taken to change
 * again. */
static void look_ahead(struct rf_run *run)
{
	for (size_t n = 0; n < run->grid->cells; n++)
		run->ahead[n] = run->factor[n] + AHEAD * (run->factor[n] - run->grid->factor[n]);
}

static enum status follow_field(struct rf_run *run, double step_s, struct fail *why)
{
	double change = update_factors(run, step_s), limit = 0.5 * run->renew_frac;
	if (run->solved && change <= limit)
		return ST_OK;
	bool steady = run->solved && change < 1.5 * limit;
	if (steady)
		look_ahead(run);
	double tolerance = run->solved ? RENEW_TOLERANCE : FIRST_TOLERANCE;
	enum status st = rf_axisym_solve(run->grid, steady ? run->ahead : run->factor, tolerance, why);
	run->renewals += run->solved;
	run->solved = true;
	return st;
}

/* Heat of the current in every cell; the contact's goes to the tissue it touches. The cells' sum is brought
 * to the power the generator gives (the field is a little older than the conductivity). */
static void set_sources(struct rf_run *run, const struct rf_output *output)
{
	struct rf_axisym *g = run->grid;
	double inside_W = 0.0, outside_W = 0.0, contact_W = 0.0;
	for (size_t n = 0; n < g->cells; n++) {
		run->heat.source_W[n] = base_conductivity(run, n) * run->factor[n] * g->square[n];
		inside_W += run->heat.source_W[n];
	}
	for (size_t i = 0; i < g->problem.stack.layers; i++)
		outside_W += g->outside_W[i];
	for (size_t ir = 0; ir < g->electrode_cells; ir++) {
		run->heat.source_W[ir * g->nz] += g->contact_W[ir];
		contact_W += g->contact_W[ir];
	}
	double scale = output->power_W / (inside_W + outside_W + contact_W);
	for (size_t n = 0; n < g->cells; n++)
		run->heat.source_W[n] *= scale;
}

static void set_perfusion(struct rf_run *run)
{
	const struct rf_perfusion *p = &run->problem.perfusion;
	if (p->rise == 0.0 && !p->stops)
		return;
	for (size_t n = 0; n < run->grid->cells; n++) {
		double factor = 1.0, t = run->heat.temperature_C[n];
		if (p->rise > 0.0 && t > p->from_C)
			factor += (p->rise - 1.0) * fmin((t - p->from_C) / (p->to_C - p->from_C), 1.0);
		if (p->stops)
			factor *= exp(-run->vessels[n]);
		run->heat.sink_W_K[n] = run->rest_sink_W_K[n] * factor;
	}
}

static void surface_at(const struct heat_surface *surface, double ambient_C, double time_s, double *h,
                       double *medium_C)
{
	*h = surface->ambient_h_W_m2K;
	*medium_C = ambient_C;
	for (size_t i = 0; i < surface->stages; i++) {
		const struct heat_stage *stage = &surface->stage[i];
		if (time_s >= stage->start_s && time_s < stage->end_s) {
			*h = stage->h_W_m2K;
			*medium_C = stage->medium_C;
		}
	}
}

static void set_cooling(struct rf_run *run, double time_s)
{
	for (size_t ir = 0; ir < run->grid->nr; ir++) {
		bool under = ir < run->grid->electrode_cells;
		surface_at(under ? &run->problem.under : &run->problem.beside, run->ambient_C[under], time_s,
		           &run->heat.top_h_W_m2K[ir], &run->heat.top_C[ir]);
	}
}

static double sensor_C(const struct rf_run *run)
{
	return rf_bioheat_at_C(&run->heat, run->problem.sensor.r_um, run->problem.sensor.z_um);
}

static enum status grow_history(struct rf_run *run, struct fail *why)
{
	if (run->steps < run->capacity)
		return ST_OK;
	if (run->capacity >= RF_RUN_STEPS_MAX)
		return fail_set(why, ST_FULL, "end_s", "more than %d time steps", RF_RUN_STEPS_MAX);
	size_t capacity = 2 * run->capacity;
	struct rf_run_step *history = realloc(run->history, capacity * sizeof *history);
	if (!history)
		return fail_set(why, ST_FULL, "memory", "no memory for %zu steps", capacity);
	run->history = history;
	run->capacity = capacity;
	for (size_t i = 0; i < run->problem.probes; i++) {
		double *probe = realloc(run->probe_C[i], (capacity + 1) * sizeof *probe);
		if (!probe)
			return fail_set(why, ST_FULL, "memory", "no memory for %zu steps", capacity);
		run->probe_C[i] = probe;
	}
	return ST_OK;
}

static void record(struct rf_run *run, double time_s, const struct rf_output *output,
                   double complex impedance_ohm)
{
	double hottest_C = -INFINITY;
	for (size_t n = 0; n < run->grid->cells; n++)
		hottest_C = run->heat.temperature_C[n] > hottest_C ? run->heat.temperature_C[n] : hottest_C;
	run->history[run->steps++] = (struct rf_run_step){time_s, impedance_ohm, *output, hottest_C};
	run->limited = run->limited || output->limited;
	for (size_t i = 0; i < run->problem.probes; i++)
		run->probe_C[i][run->steps] =
		        rf_bioheat_at_C(&run->heat, run->problem.probe[i].r_um, run->problem.probe[i].z_um);
}

/* One step of at most *step_s from time_s; *step_s becomes what was taken. */
static enum status advance(struct rf_run *run, double time_s, double *step_s, struct fail *why)
{
	const struct rf_control *control = &run->problem.control;
	bool on = rf_control_is_on(control, time_s + 0.5 * *step_s) && !run->state.stopped;
	struct rf_output output = {0};
	double complex load_ohm = run->load_ohm;
	enum status st = grow_history(run, why);
	memset(run->heat.source_W, 0, run->grid->cells * sizeof *run->heat.source_W);
	if (st == ST_OK && on)
		st = follow_field(run, *step_s, why);
	if (st)
		return st;
	if (on) {
		load_ohm = 1.0 / admittance_S(run);
		output = rf_control_drive(control, &run->state, load_ohm, sensor_C(run));
		*step_s = fmin(*step_s, rf_control_step_s(control, &run->state, &output));
		set_sources(run, &output);
	}
	set_perfusion(run);
	set_cooling(run, time_s + 0.5 * *step_s);
	memcpy(run->before_C, run->heat.temperature_C, run->grid->cells * sizeof *run->before_C);
	rf_bioheat_step(&run->heat, *step_s);
	run->last_step_s = *step_s;
	run->load_ohm = load_ohm;
	rf_run_injure(run, *step_s);
	if (on) {
		rf_control_observe(control, &run->state, &output, load_ohm, sensor_C(run), *step_s);
		if (run->state.stopped)
			run->stop_s = time_s + *step_s;
	}
	record(run, time_s + *step_s, &output, load_ohm);
	return ST_OK;
}

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Times at which anything jumps, sorted, the end last. */
static size_t events(const struct rf_run_problem *p, double *event)
{
	size_t count = 0;
	double end_s = p->end_s;
	for (size_t i = 0; i < rf_control_packs(&p->control) && count + 2 < EVENTS_MAX - 300; i++) {
		event[count++] = rf_control_on_s(&p->control, i);
		event[count++] = rf_control_on_s(&p->control, i) + p->control.on_s;
	}
	const struct heat_surface *const surface[] = {&p->under, &p->beside};
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < surface[k]->stages; i++) {
			event[count++] = surface[k]->stage[i].start_s;
			event[count++] = surface[k]->stage[i].end_s;
		}
	qsort(event, count, sizeof *event, by_time);
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (event[i] > TIME_SLACK && event[i] < end_s &&
		    (kept == 0 || event[i] > event[kept - 1] + TIME_SLACK))
			event[kept++] = event[i];
	event[kept++] = end_s;
	return kept;
}

/* From one event to the next: small steps first, then even ones. */
static enum status phase(struct rf_run *run, double from_s, double to_s, rf_cancel *cancel, void *context,
                         struct fail *why)
{
	double even_s = (to_s - from_s) / (STEPS_PER_PHASE * run->time_refine);
	double step_s = fmin(even_s, FIRST_STEP_DIFFUSIONS * fastest_cell_s(run) / run->time_refine),
	       time_s = from_s;
	run->last_step_s = 0.0;
	while (to_s - time_s > TIME_SLACK * to_s) {
		if (cancel && cancel(context))
			return fail_set(why, ST_CANCELLED, "", "stopped at %g s", time_s);
		double taken_s = to_s - time_s < 1.5 * step_s ? to_s - time_s : step_s;
		bool stopped = run->state.stopped;
		enum status st = advance(run, time_s, &taken_s, why);
		if (st)
			return st;
		time_s += taken_s;
		step_s = fmin(step_s * STEP_GROWTH, even_s);
		if (run->state.stopped && !stopped) {
			step_s = fmin(even_s, FIRST_STEP_DIFFUSIONS * fastest_cell_s(run) / run->time_refine);
			run->last_step_s = 0.0;
		}
	}
	return ST_OK;
}

static enum status march(struct rf_run *run, rf_cancel *cancel, void *context, struct fail *why)
{
	double *event = malloc(EVENTS_MAX * sizeof *event), from_s = 0.0;
	if (!event)
		return fail_set(why, ST_FULL, "memory", "no memory for the events");
	size_t count = events(&run->problem, event);
	enum status st = ST_OK;
	for (size_t i = 0; st == ST_OK && i < count; i++) {
		st = phase(run, from_s, event[i], cancel, context, why);
		from_s = event[i];
	}
	free(event);
	return st;
}

static double balanced_C(const struct rf_run *run, const struct heat_surface *surface)
{
	if (!isnan(surface->ambient_C))
		return surface->ambient_C;
	double flux_W_m2 = rf_bioheat_start_flux_W_m2(&run->heat, run->problem.surface_C);
	if (!(surface->ambient_h_W_m2K > 0.0))
		return run->problem.surface_C;
	return run->problem.surface_C - flux_W_m2 / surface->ambient_h_W_m2K;
}

static enum status prepare(struct rf_run *run, struct fail *why)
{
	const struct rf_run_problem *p = &run->problem;
	enum status st = rf_axisym_new(&p->electrode, &run->grid, why);
	if (st == ST_OK)
		st = rf_bioheat_new(&run->heat, run->grid, p->surface_C, p->core_C, why);
	if (st == ST_OK)
		st = rf_run_allocate(run, why);
	if (st)
		return st;
	run->renew_frac = p->renew_frac > 0.0 ? p->renew_frac : RENEW_FRAC;
	run->time_refine = p->time_refine > 0.0 ? p->time_refine : 1.0;
	run->ambient_C[0] = balanced_C(run, &p->beside);
	run->ambient_C[1] = balanced_C(run, &p->under);
	memcpy(run->start_C, run->heat.temperature_C, run->grid->cells * sizeof *run->start_C);
	memcpy(run->rest_sink_W_K, run->heat.sink_W_K, run->grid->cells * sizeof *run->rest_sink_W_K);
	rf_run_injury_start(run);
	set_cooling(run, 0.0);
	for (size_t i = 0; i < p->probes; i++) {
		const struct rf_place *place = &p->probe[i];
		if (rf_axisym_cell(run->grid, place->r_um, place->z_um) == SIZE_MAX)
			return fail_set(why, ST_RANGE, "probe",
			                "probe %zu at r %g, depth %g um lies outside the tissue", i,
			                place->r_um, place->z_um);
		run->probe_C[i][0] = rf_bioheat_at_C(&run->heat, place->r_um, place->z_um);
	}
	return ST_OK;
}

enum status rf_run_new(const struct rf_run_problem *problem, rf_cancel *cancel, void *context,
                       struct rf_run **out, struct fail *why)
{
	enum status st = rf_run_check(problem, why);
	if (st)
		return st;
	struct rf_run *run = calloc(1, sizeof *run);
	if (!run)
		return fail_set(why, ST_FULL, "memory", "no memory for the run");
	run->problem = *problem;
	run->stop_s = rf_control_end_s(&problem->control);
	st = prepare(run, why);
	if (st == ST_OK)
		st = march(run, cancel, context, why);
	if (st)
		rf_run_free(&run);
	else
		*out = run;
	return st;
}
