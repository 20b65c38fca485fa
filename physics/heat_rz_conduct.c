/* Conduction and damage in r and z: plain explicit steps while anything boils, long steps once nothing does.
 *
 * A long step is a Runge-Kutta-Legendre step of second order (RKL2: Meyer, Balsara & Aslam 2014, J Comput Phys
 * 257:594, eqs. 16-18): s stages, each no dearer than a plain step, reach (s^2 + s - 2)/4 times as far and stay stable
 * and monotone. Its length is chosen by what the damage integral loses on the chord between its ends. */
#include "physics/damage.h"
#include "physics/heat_rz_private.h"

/* Steam crosses at most this many cells in one step; what is left crosses in the next. */
#define STEAM_SWEEPS 8
/* A long step: chord error of the temperatures that do damage, stages at most, and how its length may change. */
#define CHORD_K 0.1
#define COLD_FRAC 0.25
#define STAGES_MIN 3
#define STAGES_MAX 64
#define SAFETY 0.9
#define GROW_MAX 2.0
#define SHRINK_MAX 0.25
#define STABLE_FRAC 0.99 /* of the bound: rounding */
/* Below it the mean rate of a step is the rate in its middle. */
#define MIDDLE_K 0.05

/* ---- damage ------------------------------------------------------------------------------------------------- */

void heat_rz_fill_rates(struct heat_rz *h, const struct damage_set *set)
{
	h->damages = set != NULL;
	for (size_t k = 0; set && k < HEAT_RZ_RATE_NODES; k++) {
		h->rate_1_s[k] = damage_rate_1_s(set, HEAT_RZ_RATE_FROM_C + HEAT_RZ_RATE_STEP_C * (double)k);
		if (k > 0)
			h->area_C_s[k] =
			        h->area_C_s[k - 1] + 0.5 * HEAT_RZ_RATE_STEP_C * (h->rate_1_s[k - 1] + h->rate_1_s[k]);
	}
}

/* Node below a temperature and how far beyond it, 0..1; the last node holds for all above. */
static size_t node_of(double temperature_C, double *beyond)
{
	double x = (temperature_C - HEAT_RZ_RATE_FROM_C) * (1.0 / HEAT_RZ_RATE_STEP_C);
	if (x >= HEAT_RZ_RATE_NODES - 1) {
		*beyond = 1.0;
		return HEAT_RZ_RATE_NODES - 2;
	}
	size_t k = (size_t)x;
	*beyond = x - (double)k;
	return k;
}

static double rate_at(const struct heat_rz *h, double temperature_C)
{
	double f;
	size_t k = node_of(temperature_C, &f);
	return h->rate_1_s[k] + f * (h->rate_1_s[k + 1] - h->rate_1_s[k]);
}

/* Integral of the rate from the first node; beyond the last one the rate stays. */
static double area_at(const struct heat_rz *h, double temperature_C)
{
	double f, last_C = HEAT_RZ_RATE_FROM_C + HEAT_RZ_RATE_STEP_C * (HEAT_RZ_RATE_NODES - 1);
	size_t k = node_of(temperature_C, &f);
	double bend = h->rate_1_s[k + 1] - h->rate_1_s[k];
	double area = h->area_C_s[k] + HEAT_RZ_RATE_STEP_C * f * (h->rate_1_s[k] + 0.5 * f * bend);
	return temperature_C > last_C ? area + (temperature_C - last_C) * h->rate_1_s[k + 1] : area;
}

static double at_least(double temperature_C)
{
	return temperature_C > HEAT_RZ_RATE_FROM_C ? temperature_C : HEAT_RZ_RATE_FROM_C;
}

/* Omega of one short step, trapezoid in the rate. */
static double damage_step(const struct heat_rz *h, double before_C, double after_C, double dt_s)
{
	if (before_C == after_C) /* boiling, or burning */
		return dt_s * rate_at(h, at_least(after_C));
	return 0.5 * dt_s * (rate_at(h, at_least(before_C)) + rate_at(h, at_least(after_C)));
}

/* Omega of a step in which the temperature moves evenly, however far: exact for the tabulated rate. */
static double damage_ramp(const struct heat_rz *h, double before_C, double after_C, double dt_s)
{
	double step_K = after_C - before_C;
	if (fabs(step_K) < MIDDLE_K)
		return dt_s * rate_at(h, at_least(0.5 * (before_C + after_C)));
	return dt_s * (area_at(h, at_least(after_C)) - area_at(h, at_least(before_C))) / step_K;
}

/* ---- plain steps -------------------------------------------------------------------------------------------- */

static struct heat_rz_grid_view view_of(const struct heat_rz *h)
{
	size_t groups = (h->count + HEAT_RZ_LANES - 1) / HEAT_RZ_LANES;
	return (struct heat_rz_grid_view){.nr = h->nr,
	                                  .count = groups * HEAT_RZ_LANES,
	                                  .radial_W_K = h->radial_W_K,
	                                  .axial_W_K = h->axial_W_K,
	                                  .warming_K_J = h->warming_K_J};
}

/* Heat that leaves through the surface during a plain step. */
static void count_surface(struct heat_rz *h, double dt_s)
{
	for (size_t i = 0; i < h->nr; i++)
		h->surface_J += h->axial_W_K[i] * (h->temperature_C[i] - h->ambient_C) * dt_s;
}

/* What has crossed its limit goes back to where the step began and takes the step's heat again, slowly. */
static void cross(struct heat_rz *h, const double *before_C, size_t groups)
{
	for (size_t k = 0; k < groups; k++)
		for (size_t n = h->crossing[k]; n < h->crossing[k] + HEAT_RZ_LANES && n < h->count; n++) {
			double after_C = h->temperature_C[n];
			if (after_C <= h->limit_C[n])
				continue;
			h->temperature_C[n] = before_C[n];
			heat_rz_heat_slowly(h, n, (after_C - before_C[n]) * h->cell[n].capacity_J_cm3K);
		}
}

static void find_hottest(struct heat_rz *h)
{
	double hottest = -INFINITY;
	for (size_t n = 0; n < h->count; n++)
		if (h->temperature_C[n] > hottest && !h->removed[n])
			hottest = h->temperature_C[n];
	h->hottest_C = hottest;
}

/* Peaks and damage of a step from before to the temperatures now; what was deposited before it counts. */
static void note_step(struct heat_rz *h, const double *before_C, double dt_s, bool ramp)
{
	const struct heat_rz_note note = {h->count, before_C, h->temperature_C, HEAT_RZ_RATE_FROM_C, h->peak_C};
	size_t groups = heat_rz_kernel_note(&note, h->crossing, &h->hottest_C);
	if (h->any_removed && h->hottest_C <= h->reference_C) /* which removed cells hold */
		find_hottest(h);
	for (size_t k = 0; h->damages && k < groups; k++)
		for (size_t n = h->crossing[k]; n < h->crossing[k] + HEAT_RZ_GROUP && n < h->count; n++) {
			double before = before_C[n], t = h->temperature_C[n];
			if (before > HEAT_RZ_RATE_FROM_C || t > HEAT_RZ_RATE_FROM_C)
				h->omega[n] += ramp ? damage_ramp(h, before, t, dt_s) : damage_step(h, before, t, dt_s);
		}
}

static void swap_in(struct heat_rz *h, size_t spare)
{
	double *now = h->temperature_C;
	h->temperature_C = h->spare_C[spare];
	h->spare_C[spare] = now;
}

static void conduct(struct heat_rz *h, double dt_s)
{
	const struct heat_rz_grid_view grid = view_of(h);
	double *before_C = h->temperature_C;
	count_surface(h, dt_s);
	size_t groups = heat_rz_kernel_step(&grid, dt_s, before_C, h->limit_C, h->spare_C[0], h->crossing);
	swap_in(h, 0);
	cross(h, before_C, groups);
	note_step(h, before_C, dt_s, false);
}

void heat_rz_advance(struct heat_rz *h, double duration_s)
{
	double left_s = duration_s;
	h->crossed = false;
	while (left_s > 0.0) {
		for (int sweep = 0; h->steam_from < h->steam_to && sweep < STEAM_SWEEPS; sweep++)
			heat_rz_spread_steam(h);
		double dt_s = fmin(left_s, h->stable_s); /* drying may just have shortened it */
		conduct(h, dt_s);
		left_s = left_s > dt_s ? left_s - dt_s : 0.0;
	}
}

/* ---- long steps --------------------------------------------------------------------------------------------- */

/* Stages to go this far, and the last temperatures into *out, one of the spare fields. */
static unsigned stages_for(const struct heat_rz *h, double dt_s)
{
	double s = ceil(0.5 * (sqrt(9.0 + 16.0 * dt_s / (STABLE_FRAC * h->stable_s)) - 1.0));
	return s < STAGES_MIN ? STAGES_MIN : s > STAGES_MAX ? STAGES_MAX : (unsigned)s;
}

static double reach_s(const struct heat_rz *h, unsigned stages)
{
	return 0.25 * STABLE_FRAC * h->stable_s * (stages * stages + stages - 2.0);
}

static double legendre_b(unsigned j)
{
	return j < 2 ? 1.0 / 3.0 : (j * j + j - 2.0) / (2.0 * j * (j + 1.0));
}

/* Temperatures after dt_s, into spare field 0 or 1: which is returned. */
static size_t legendre(struct heat_rz *h, unsigned stages, double dt_s)
{
	const struct heat_rz_grid_view grid = view_of(h);
	double first = 4.0 / (stages * stages + stages - 2.0);
	double *start = h->temperature_C, *previous = h->spare_C[0], *before = start;
	heat_rz_kernel_slope(&grid, start, h->slope_K_s);
	struct heat_rz_stage s = {.mu = 1.0, .dt_s = legendre_b(1) * first * dt_s, .previous = start, .before = start,
	                          .start = start, .slope_K_s = h->slope_K_s};
	heat_rz_kernel_stage(&grid, &s, previous);
	for (unsigned j = 2; j <= stages; j++) {
		double b = legendre_b(j), b1 = legendre_b(j - 1), b2 = legendre_b(j - 2);
		double *out = j == 2 ? h->spare_C[1] : before;
		s.mu = (2.0 * j - 1.0) / j * b / b1;
		s.nu = -(j - 1.0) / j * b / b2;
		s.rest = 1.0 - s.mu - s.nu;
		s.dt_s = s.mu * first * dt_s;
		s.start_s = -(1.0 - b1) * s.dt_s;
		s.previous = previous;
		s.before = before;
		heat_rz_kernel_stage(&grid, &s, out);
		before = previous;
		previous = out;
	}
	return previous == h->spare_C[0] ? 0 : 1;
}

/* Largest error of the chord, where no damage is done a quarter of it; INFINITY where something would have boiled on
 * the way. A temperature that bends evenly leaves the chord by a quarter of what the first slope misses the end by. */
static double chord_error_K(const struct heat_rz *h, const double *after_C, double dt_s)
{
	double worst = 0.0;
	for (size_t n = 0; n < h->count; n++) {
		double before = h->temperature_C[n], after = after_C[n];
		if (after > h->limit_C[n])
			return INFINITY;
		double miss = fabs(before + dt_s * h->slope_K_s[n] - after);
		if (before < HEAT_RZ_RATE_FROM_C && after < HEAT_RZ_RATE_FROM_C)
			miss *= COLD_FRAC;
		if (miss > worst)
			worst = miss;
	}
	return 0.25 * worst;
}

/* Tries one long step; false: nothing has happened, and the next try is shorter. */
static bool try_long(struct heat_rz *h, double dt_s, unsigned stages)
{
	double heat_J = h->surface_W_K[0] > 0.0 ? heat_rz_sensible_J(h) : 0.0;
	size_t spare = legendre(h, stages, dt_s);
	double error_K = chord_error_K(h, h->spare_C[spare], dt_s);
	double change = error_K > 0.0 ? SAFETY * sqrt(CHORD_K / error_K) : GROW_MAX;
	h->long_s = dt_s * fmin(fmax(change, SHRINK_MAX), GROW_MAX);
	if (error_K > CHORD_K)
		return false;
	double *before_C = h->temperature_C;
	swap_in(h, spare);
	note_step(h, before_C, dt_s, true);
	if (h->surface_W_K[0] > 0.0)
		h->surface_J += heat_J - heat_rz_sensible_J(h);
	return true;
}

double heat_rz_advance_freely(struct heat_rz *h, double most_s)
{
	double shortest_s = reach_s(h, STAGES_MIN);
	bool steam = h->steam_from < h->steam_to;
	for (int tries = 0; tries < 3 && !h->crossed && !steam && shortest_s <= most_s; tries++) {
		double dt_s = fmin(fmax(h->long_s, shortest_s), most_s);
		unsigned stages = stages_for(h, dt_s);
		dt_s = fmin(dt_s, reach_s(h, stages));
		if (try_long(h, dt_s, stages))
			return dt_s;
		if (stages == STAGES_MIN)
			break;
	}
	double dt_s = fmin(h->stable_s, most_s);
	heat_rz_advance(h, dt_s);
	return dt_s;
}
