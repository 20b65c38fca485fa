/* The needle cell heated: excess temperature over a base, power by the drive, conductivity by temperature. */
#include "physics/rf_cell_heat.h"

#include "physics/base/units.h"
#include "physics/dielectric.h"

#define STEPS_DEFAULT 60
#define UPDATE_DEFAULT_K 4.0
#define AFTER_DEFAULT_S 1.0
#define GROWTH 1.15   /* of the step within one stretch of time */
#define EULER_STEPS 2 /* after each switch, damping what Crank-Nicolson would let ring */
#define ON_SHARE 0.6  /* of the steps, while there is power */
#define STEPS_PER_STRETCH 6
#define TOLERANCE 1e-5 /* of a step's increment */
#define FIELD_TOLERANCE 1e-6 /* of a field renewed while heating */
#define ITERATIONS_MAX 400
#define SCALE_MIN 0.05

static double layer_length_m(const struct rf_layer *layer)
{
	double sink = layer->thermal.perfusion_1_s * RF_BLOOD_J_m3K;
	return sink > 0.0 ? sqrt(layer->thermal.conductivity_W_mK / sink) : 7e-3;
}

/* Steady temperature of perfused skin with depth, by the length of its upper layer. */
double rf_cell_base_C(const struct rf_cell *cell, const struct rf_cell_cooling *cooling, double depth_m)
{
	double length_m = layer_length_m(&cell->layer[0]);
	return cooling->core_C - (cooling->core_C - cooling->surface_C) * exp(-depth_m / length_m);
}

/* ---- checks
 * --------------------------------------------------------------------------------------------------- */

struct bound {
	const char *field;
	double value, min, max;
	const char *unit;
};

static enum status check_bounds(const struct bound *bound, size_t count, struct fail *why)
{
	for (size_t i = 0; i < count; i++)
		if (!(bound[i].value >= bound[i].min && bound[i].value <= bound[i].max))
			return fail_set(why, ST_RANGE, bound[i].field, "%g %s; %g to %g %s", bound[i].value,
			                bound[i].unit, bound[i].min, bound[i].max, bound[i].unit);
	return ST_OK;
}

static enum status check(const struct rf_cell *cell, const struct rf_cell_heating *h, struct fail *why)
{
	const struct rf_pulsing *p = &h->pulsing;
	const struct rf_cell_cooling *c = &h->cooling;
	const struct bound bound[] = {
	        {"pulsing.on_s", p->on_s, 1e-5, 600.0, "s"},
	        {"pulsing.off_s", p->off_s, 0.0, 600.0, "s"},
	        {"pulsing.pulses", p->pulses, 0.0, 20.0, ""},
	        {"pulsing.after_s", p->after_s, 0.0, 600.0, "s"},
	        {"pulsing.energy_J", p->energy_J, 0.0, 1e3, "J"},
	        {"pulsing.target_C", p->target_C, 0.0, 99.0, "C"},
	        {"pulsing.drive.value", p->drive.value, 0.0, 1e5, "V, A or W"},
	        {"cooling.surface_C", c->surface_C, -20.0, 60.0, "C"},
	        {"cooling.core_C", c->core_C, 0.0, 45.0, "C"},
	        {"cooling.ambient_W_m2K", c->ambient_W_m2K, 0.0, 1e5, "W/m2K"},
	        {"cooling.contact_W_m2K", c->contact_W_m2K, 0.0, 1e6, "W/m2K"},
	        {"cooling.contact_C", c->contact_C, -80.0, 60.0, "C"},
	        {"tolerance", h->tolerance, 0.0, 0.1, ""},
	        {"steps", h->steps, 0.0, RF_CELL_TIMES_MAX, ""},
	};
	if (!cell->solved)
		return fail_set(why, ST_INPUT, "needles", "the field has not been solved");
	if (h->sets > RF_CELL_SETS_MAX || h->points > RF_CELL_POINTS_MAX)
		return fail_set(why, ST_FULL, "heating", "at most %d damage sets and %d points",
		                RF_CELL_SETS_MAX, RF_CELL_POINTS_MAX);
	enum status status = check_bounds(bound, sizeof bound / sizeof bound[0], why);
	return status == ST_OK ? rf_thermal_check(&cell->stack, why) : status;
}

/* ---- assembly
 * --------------------------------------------------------------------------------------------------- */

static bool metal_at(const struct rf_cell *cell, size_t n)
{
	size_t plane = cell->mesh.nx * cell->mesh.ny;
	return cell->inside[n % plane] && n / plane <= cell->tip_k;
}

/* Steel of the needle: AISI 316, k 16.2 W/mK, rho c 8000 x 500 J/m3K. */
static const struct tissue_thermal steel = {
        .conductivity_W_mK = 16.2, .density_kg_m3 = 8000.0, .heat_capacity_J_kgK = 500.0};

static double volumic(const struct tissue_thermal *t)
{
	return t->density_kg_m3 * t->heat_capacity_J_kgK;
}

/* Conduction of a grid cell to its twelve links, and its contents to its eight nodes. */
static void add_cell(struct heater *h, size_t i, size_t j, size_t k)
{
	const struct rf_cell *c = h->cell;
	size_t sy = c->mesh.nx, sz = sy * c->mesh.ny, n = k * sz + j * sy + i;
	const struct tissue_thermal *t = &c->layer[c->slab_layer[k]].thermal;
	double open = k < c->tip_k ? c->open_frac[j * sy + i] : 1.0;
	double x_m = c->x_m[i + 1] - c->x_m[i], y_m = c->y_m[j + 1] - c->y_m[j],
	       z_m = c->z_m[k + 1] - c->z_m[k];
	double conduct = 0.25 * (open * t->conductivity_W_mK + (1.0 - open) * steel.conductivity_W_mK);
	double part_m3 = 0.125 * x_m * y_m * z_m;
	for (unsigned q = 0; q < 4; q++) {
		size_t a = q & 1u, b = q >> 1;
		h->gx[n + a * sy + b * sz] += conduct * y_m * z_m / x_m;
		h->gy[n + a + b * sz] += conduct * x_m * z_m / y_m;
		h->gz[n + a + b * sy] += conduct * x_m * y_m / z_m;
	}
	for (unsigned q = 0; q < 8; q++) {
		size_t at = n + (q & 1u) + (q >> 1 & 1u) * sy + (q >> 2) * sz;
		h->capacity_J_K[at] += part_m3 * (open * volumic(t) + (1.0 - open) * volumic(&steel));
		h->sink_W_K[at] += part_m3 * open * t->perfusion_1_s * RF_BLOOD_J_m3K;
		h->room_J[at] += part_m3 * open * t->water_frac * t->density_kg_m3 * LATENT_J_KG;
		if (k == 0 && (q >> 2) == 0)
			h->area_m2[(j + (q >> 1 & 1u)) * sy + i + (q & 1u)] += 0.25 * x_m * y_m;
	}
}

static void assemble(struct heater *h)
{
	const struct mesh *m = &h->cell->mesh;
	for (size_t k = 0; k + 1 < m->nz; k++)
		for (size_t j = 0; j + 1 < m->ny; j++)
			for (size_t i = 0; i + 1 < m->nx; i++)
				add_cell(h, i, j, k);
	for (size_t n = 0; n < m->count; n++)
		h->full_J[n] = h->room_J[n];
}

static void heater_free(struct heater *h)
{
	const struct mesh *m = &h->cell->mesh;
	double *const padded[] = {h->gx, h->gy, h->gz, h->diagonal, h->right, h->step_K};
	void *const plain[] = {h->capacity_J_K, h->sink_W_K, h->room_J, h->full_J,         h->area_m2,
	                       h->excess_K,     h->rate,     h->work,   h->kept_potential, h->kept_joule_W,
	                       h->updated_K,    h->last_K,   h->idle_K};
	for (size_t i = 0; i < sizeof padded / sizeof padded[0]; i++)
		mesh_free(m, padded[i], sizeof(double));
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		free(plain[i]);
}

static bool heater_alloc(struct heater *h)
{
	const struct mesh *m = &h->cell->mesh;
	double **const padded[] = {&h->gx, &h->gy, &h->gz, &h->diagonal, &h->right, &h->step_K};
	double **const plain[] = {&h->capacity_J_K, &h->sink_W_K,     &h->room_J,    &h->full_J, &h->area_m2,
	                          &h->excess_K,     &h->kept_joule_W, &h->updated_K, &h->last_K, &h->idle_K};
	bool all = true;
	for (size_t i = 0; i < sizeof padded / sizeof padded[0]; i++)
		all = (*padded[i] = mesh_alloc(m, sizeof(double))) != NULL && all;
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		all = (*plain[i] = calloc(m->count, sizeof(double))) != NULL && all;
	size_t sets = h->heating->sets + 1; /* and CEM43 */
	h->rate = calloc(m->count * sets, sizeof(double));
	h->work = calloc(MESH_WORK_ARRAYS * (m->count + 2 * m->pad), sizeof(double));
	h->kept_potential = malloc(m->count * sizeof *h->kept_potential);
	struct rf_cell *c = h->cell;
	free(c->peak_C);
	free(c->omega);
	free(c->cem43_min);
	c->peak_C = calloc(m->count, sizeof(double));
	c->omega = calloc(m->count * RF_CELL_SETS_MAX, sizeof(double));
	c->cem43_min = calloc(m->count, sizeof(double));
	return all && h->rate && h->work && h->kept_potential && c->peak_C && c->omega && c->cem43_min;
}

/* ---- electric side
 * ------------------------------------------------------------------------------------------------ */

static double temperature_C(const struct heater *h, size_t n)
{
	return h->base_C[n / h->cell->mesh.pad] + h->excess_K[n];
}

/* sigma of a grid cell by the mean of its nodes: warming up to boiling, decades less as its water goes. */
static double scale_of(const struct heater *h, size_t n, size_t k)
{
	const struct rf_cell *c = h->cell;
	size_t sy = c->mesh.nx, sz = sy * c->mesh.ny;
	double mean_C = 0.0, dry = 0.0;
	for (unsigned q = 0; q < 8; q++) {
		size_t at = n + (q & 1u) + (q >> 1 & 1u) * sy + (q >> 2) * sz;
		mean_C += 0.125 * fmin(temperature_C(h, at), BOILING_C);
		if (h->full_J[at] > 0.0)
			dry += 0.125 * (1.0 - h->room_J[at] / h->full_J[at]);
	}
	double warm = dielectric_warm_factor(c->layer[c->slab_layer[k]].warming_1_K, mean_C);
	return fmax(warm, SCALE_MIN) * (1.0 - dry * (1.0 - DIELECTRIC_DRIED_FRAC));
}

static enum status update_field(struct heater *h, struct fail *why)
{
	struct rf_cell *c = h->cell;
	size_t sy = c->mesh.nx, sz = sy * c->mesh.ny;
	for (size_t k = 0; k + 1 < c->mesh.nz; k++)
		for (size_t j = 0; j + 1 < c->mesh.ny; j++)
			for (size_t i = 0; i + 1 < c->mesh.nx; i++)
				c->scale[k * sz + j * sy + i] = scale_of(h, k * sz + j * sy + i, k);
	memcpy(h->updated_K, h->excess_K, c->mesh.count * sizeof *h->updated_K);
	double error_ohm = c->result.impedance_error_ohm;
	c->tolerance = FIELD_TOLERANCE;
	enum status status = rf_cell_electric(c, why);
	c->tolerance = 0.0;
	c->result.impedance_error_ohm = error_ohm;
	h->out->updates++;
	return status;
}

static bool wants_update(const struct heater *h)
{
	double limit_K = h->heating->update_K > 0.0 ? h->heating->update_K : UPDATE_DEFAULT_K;
	for (size_t n = 0; n < h->cell->mesh.count; n++)
		if (fabs(h->excess_K[n] - h->updated_K[n]) > limit_K)
			return true;
	return false;
}

static void keep(struct heater *h)
{
	struct rf_cell *c = h->cell;
	memcpy(h->kept_potential, c->potential, c->mesh.count * sizeof *c->potential);
	memcpy(h->kept_joule_W, c->joule_W, c->mesh.count * sizeof *c->joule_W);
	memcpy(h->kept_layer_W, c->layer_W, sizeof c->layer_W);
	h->kept_result = c->result;
	h->kept_power_W = c->power_W;
}

static void restore(struct heater *h)
{
	struct rf_cell *c = h->cell;
	for (size_t n = 0; n < c->mesh.count; n++)
		c->scale[n] = 1.0;
	memcpy(c->potential, h->kept_potential, c->mesh.count * sizeof *c->potential);
	memcpy(c->joule_W, h->kept_joule_W, c->mesh.count * sizeof *c->joule_W);
	memcpy(c->layer_W, h->kept_layer_W, sizeof c->layer_W);
	c->result = h->kept_result;
	c->power_W = h->kept_power_W;
}

/* ---- one step
 * ------------------------------------------------------------------------------------------------------- */

/* Row sums of what conducts, the blood's sink and the surface's loss, times a share, plus capacity / step. */
static void set_diagonal(struct heater *h, double implicit, double step_s)
{
	const struct mesh *m = &h->cell->mesh;
	const double *gx = h->gx, *gy = h->gy, *gz = h->gz;
	ptrdiff_t sy = (ptrdiff_t)m->nx, sz = (ptrdiff_t)m->pad, count = (ptrdiff_t)m->count;
	for (ptrdiff_t n = 0; n < count; n++) {
		double sum = gx[n] + gx[n - 1] + gy[n] + gy[n - sy] + gz[n] + gz[n - sz] + h->sink_W_K[n];
		if (n < sz)
			sum += h->area_m2[n] * (h->heating->cooling.ambient_W_m2K + h->contact_W_m2K);
		h->diagonal[n] = implicit * sum + h->capacity_J_K[n] / step_s;
	}
}

/* Source less what flows away now. lost_W: to blood and surface, of the part. */
static void set_right(struct heater *h, double factor2)
{
	const struct mesh *m = &h->cell->mesh;
	const double *gx = h->gx, *gy = h->gy, *gz = h->gz, *t = h->step_K; /* padded copy of the excess */
	ptrdiff_t sy = (ptrdiff_t)m->nx, sz = (ptrdiff_t)m->pad, count = (ptrdiff_t)m->count;
	memcpy(h->step_K, h->excess_K, m->count * sizeof *h->step_K);
	for (ptrdiff_t n = 0; n < count; n++) {
		double out = gx[n] * (t[n] - t[n + 1]) + gx[n - 1] * (t[n] - t[n - 1]) +
		             gy[n] * (t[n] - t[n + sy]) + gy[n - sy] * (t[n] - t[n - sy]) +
		             gz[n] * (t[n] - t[n + sz]) + gz[n - sz] * (t[n] - t[n - sz]) +
		             h->sink_W_K[n] * t[n];
		if (n < sz)
			out += h->area_m2[n] *
			       (h->heating->cooling.ambient_W_m2K * t[n] +
			        h->contact_W_m2K * (t[n] + h->base_C[0] - h->heating->cooling.contact_C));
		h->right[n] = factor2 * h->cell->joule_W[n] - out;
	}
}

static void boil(struct heater *h)
{
	for (size_t n = 0; n < h->cell->mesh.count; n++) {
		double over_K = temperature_C(h, n) - BOILING_C;
		if (over_K <= 0.0 || h->room_J[n] <= 0.0)
			continue;
		double taken_J = fmin(over_K * h->capacity_J_K[n], h->room_J[n]);
		h->room_J[n] -= taken_J;
		h->vapour_J += taken_J;
		h->excess_K[n] -= taken_J / h->capacity_J_K[n];
		h->out->boiled_frac = fmax(h->out->boiled_frac, 1.0 - h->room_J[n] / h->full_J[n]);
	}
}

/* Integral over a step of a rate that goes from a to b exponentially; linear from or to nothing. */
static double rate_integral(double a, double b, double step_s)
{
	double mean = 0.5 * (a + b);
	if (a > 0.0 && b > 0.0 && fabs(a - b) > 1e-3 * mean)
		mean = (b - a) / log(b / a);
	return mean * step_s;
}

#define INERT_C 41.0 /* below it no set and no dose that matters accrues */

static void count_damage(struct heater *h, double step_s)
{
	struct rf_cell *c = h->cell;
	size_t sets = h->heating->sets, count = c->mesh.count;
	for (size_t n = 0; n < count; n++) {
		double now_C = temperature_C(h, n);
		c->peak_C[n] = fmax(c->peak_C[n], now_C);
		double *rate = h->rate + n * (sets + 1);
		if (now_C < INERT_C && rate[sets] <= 0.0)
			continue;
		for (size_t s = 0; s <= sets; s++) {
			double next =
			        s < sets ? damage_rate_1_s(damage_set(h->heating->set[s]), now_C)
			                 : exp2(now_C - CEM_C) / S_PER_MIN; /* R = 0.5 above 43, 0.25 below */
			if (s == sets && now_C < CEM_C)
				next = now_C < INERT_C ? 0.0 : exp2(2.0 * (now_C - CEM_C)) / S_PER_MIN;
			double sum = rate_integral(rate[s], next, step_s);
			if (s < sets)
				c->omega[s * count + n] += sum;
			else
				c->cem43_min[n] += sum;
			rate[s] = next;
		}
	}
}

/* Increment of a step from right side and diagonal, into step_K, which holds the first guess. */
static enum status solve_step(struct heater *h, double implicit, struct fail *why)
{
	const struct mesh *m = &h->cell->mesh;
	unsigned iterations = ITERATIONS_MAX;
	double tolerance = h->heating->tolerance > 0.0 ? h->heating->tolerance : TOLERANCE;
	/* links enter the matrix times the implicit share: scale the system instead of the links */
	for (size_t n = 0; n < m->count; n++) {
		h->diagonal[n] /= implicit;
		h->right[n] /= implicit;
	}
	double residual = mesh_solve_real(m, h->gx, h->gy, h->gz, h->diagonal, h->right, h->step_K,
	                                  h->work + m->pad, tolerance, &iterations);
	if (residual <= tolerance)
		return ST_OK;
	return fail_set(why, ST_NUMERIC, "needles",
	                "the heat did not converge: residual %.2g after %u steps, %.0e wanted", residual,
	                iterations, tolerance);
}

/* An ideal controller: the step's answer is linear in the power, so two solutions (none, full) give the share
 * of full power at which the hottest tissue just holds the target at the end of the step. Lowers *factor2. */
static enum status control(struct heater *h, double step_s, double *factor2, struct fail *why)
{
	size_t count = h->cell->mesh.count;
	double share = 1.0, target_C = h->heating->pulsing.target_C;
	set_diagonal(h, 1.0, step_s);
	set_right(h, 0.0);
	memset(h->step_K, 0, count * sizeof *h->step_K);
	enum status status = solve_step(h, 1.0, why);
	memcpy(h->idle_K, h->step_K, count * sizeof *h->idle_K);
	memset(h->step_K, 0, count * sizeof *h->step_K);
	for (size_t n = 0; n < count; n++)
		h->right[n] = *factor2 * h->cell->joule_W[n];
	if (status == ST_OK)
		status = solve_step(h, 1.0, why);
	for (size_t n = 0; n < count; n++)
		if (!metal_at(h->cell, n) && h->step_K[n] > 0.0)
			share = fmin(share, (target_C - temperature_C(h, n) - h->idle_K[n]) / h->step_K[n]);
	*factor2 *= fmax(share, 0.0);
	return status;
}

/* Squared voltage for this step; the energy limit is met exactly by the last step with power. */
static enum status drive(struct heater *h, double step_s, double *factor2, struct fail *why)
{
	const struct rf_pulsing *p = &h->heating->pulsing;
	struct rf_cell *c = h->cell;
	struct rf_drive set = p->drive;
	double factor = 0.0;
	bool bipolar = c->needles.pattern != RF_PATTERN_ALIKE;
	if (set.mode == RF_DRIVE_POWER && bipolar)
		set.value *= 2.0; /* the impedance is that of a pair */
	enum status status = rf_amplitude(&set, c->result.impedance_ohm, &factor, why);
	*factor2 = factor * factor;
	if (status == ST_OK && p->target_C > 0.0)
		status = control(h, step_s, factor2, why);
	double left_J = p->energy_J - h->out->energy_J,
	       gives_J = *factor2 * c->power_W * c->symmetry * step_s;
	if (p->energy_J > 0.0 && gives_J >= left_J) {
		*factor2 *= gives_J > 0.0 ? fmax(left_J, 0.0) / gives_J : 0.0;
		h->off = true;
		h->out->stop = RF_CELL_STOP_ENERGY;
	}
	return status;
}

static void tally_power(struct heater *h, double factor2, double step_s)
{
	struct rf_cell *c = h->cell;
	h->out->energy_J += factor2 * c->power_W * c->symmetry * step_s;
	for (size_t l = 0; l < c->stack.layers; l++)
		h->out->layer_energy_J[l] += factor2 * c->layer_W[l] * c->symmetry * step_s;
	h->out->on_s += factor2 > 0.0 ? step_s : 0.0;
}

/* Heat gone to blood and surface within the step, by the temperatures it was weighed with. */
static void tally_loss(struct heater *h, double implicit, double step_s)
{
	const struct rf_cell_cooling *cooling = &h->heating->cooling;
	for (size_t n = 0; n < h->cell->mesh.count; n++) {
		double mean_K =
		        h->excess_K[n] - (1.0 - implicit) * h->step_K[n]; /* after the step was added */
		double loss_W = h->sink_W_K[n] * mean_K;
		if (n < h->cell->mesh.pad)
			loss_W += h->area_m2[n] *
			          (cooling->ambient_W_m2K * mean_K +
			           h->contact_W_m2K * (mean_K + h->base_C[0] - cooling->contact_C));
		h->lost_J += loss_W * step_s;
	}
}

static enum status advance(struct heater *h, double implicit, double step_s, double factor2, struct fail *why)
{
	const struct mesh *m = &h->cell->mesh;
	set_diagonal(h, implicit, step_s);
	set_right(h, factor2);
	/* the last increment is the first guess of this one */
	double ratio = h->last_step_s > 0.0 ? step_s / h->last_step_s : 0.0;
	for (size_t n = 0; n < m->count; n++)
		h->step_K[n] = ratio * h->last_K[n];
	enum status status = solve_step(h, implicit, why);
	if (status != ST_OK)
		return status;
	for (size_t n = 0; n < m->count; n++)
		h->excess_K[n] += h->step_K[n];
	memcpy(h->last_K, h->step_K, m->count * sizeof *h->last_K);
	h->last_step_s = step_s;
	tally_loss(h, implicit, step_s);
	boil(h);
	count_damage(h, step_s);
	return ST_OK;
}

/* ---- the whole
 * ----------------------------------------------------------------------------------------------------------
 */

static void log_moment(struct heater *h, double power_W)
{
	struct rf_cell_outcome *o = h->out;
	if (o->times == RF_CELL_TIMES_MAX)
		return;
	o->time_s[o->times] = h->time_s;
	o->power_W[o->times] = power_W;
	o->impedance_ohm[o->times] = cabs(h->cell->result.impedance_ohm);
	for (size_t p = 0; p < h->heating->points; p++)
		o->point_C[o->times][p] = rf_cell_point_C(h, &h->heating->point[p]);
	o->times++;
}

/* Cuts the power for good where the impedance leaves its window. */
static void watch_impedance(struct heater *h)
{
	const struct rf_pulsing *p = &h->heating->pulsing;
	double ohm = cabs(h->cell->result.impedance_ohm);
	h->out->impedance_min_ohm = fmin(h->out->impedance_min_ohm, ohm);
	h->out->impedance_max_ohm = fmax(h->out->impedance_max_ohm, ohm);
	h->out->impedance_end_ohm = ohm;
	bool low = p->impedance_min_ohm > 0.0 && ohm < p->impedance_min_ohm;
	bool high = p->impedance_max_ohm > 0.0 && ohm > p->impedance_max_ohm;
	if (!low && !high)
		return;
	h->off = true;
	h->out->stop = low ? RF_CELL_STOP_IMPEDANCE_LOW : RF_CELL_STOP_IMPEDANCE_HIGH;
}

static enum status step(struct heater *h, double implicit, double step_s, bool on, struct fail *why)
{
	double factor2 = 0.0;
	enum status status = ST_OK;
	const struct rf_cell_cooling *cooling = &h->heating->cooling;
	h->contact_W_m2K = h->time_s < cooling->contact_end_s ? cooling->contact_W_m2K : 0.0;
	if (h->heating->cancelled && h->heating->cancelled(h->heating->context))
		return fail_set(why, ST_CANCELLED, "needles", "cancelled");
	if (on && !h->off && wants_update(h)) {
		status = update_field(h, why);
		watch_impedance(h);
	}
	if (status == ST_OK && on && !h->off)
		status = drive(h, step_s, &factor2, why);
	if (status != ST_OK)
		return status;
	tally_power(h, factor2, step_s);
	if (h->heating->pulsing.target_C > 0.0)
		implicit = 1.0; /* as the controller reckons */
	status = advance(h, implicit, step_s, factor2, why);
	h->time_s += step_s;
	h->out->steps++;
	log_moment(h, factor2 * h->cell->power_W * h->cell->symmetry);
	return status;
}

/* A stretch of time in steps that grow. When the power goes off within it the steps start anew small. */
static enum status stretch_of_time(struct heater *h, double duration_s, unsigned steps, bool on,
                                   struct fail *why)
{
	h->last_step_s = 0.0;
	enum status status = ST_OK;
	double step_s = duration_s * (GROWTH - 1.0) / (pow(GROWTH, steps) - 1.0);
	for (unsigned i = 0; status == ST_OK && i < steps; i++, step_s *= GROWTH)
		status = step(h, i < EULER_STEPS ? 1.0 : 0.5, step_s, on, why);
	return status;
}

static enum status all_pulses(struct heater *h, struct fail *why)
{
	const struct rf_pulsing *p = &h->heating->pulsing;
	unsigned pulses = p->pulses ? p->pulses : 1,
	         steps = h->heating->steps ? h->heating->steps : STEPS_DEFAULT;
	bool pauses = p->off_s > 0.0 && pulses > 1;
	unsigned on_steps = (unsigned)(ON_SHARE * steps) / pulses, off_steps = pauses ? on_steps / 2 : 0;
	on_steps = on_steps > STEPS_PER_STRETCH ? on_steps - off_steps : STEPS_PER_STRETCH;
	off_steps = pauses && off_steps < STEPS_PER_STRETCH / 2 ? STEPS_PER_STRETCH / 2 : off_steps;
	enum status status = update_field(h, why);
	h->out->impedance_start_ohm = h->out->impedance_min_ohm = cabs(h->cell->result.impedance_ohm);
	watch_impedance(h);
	for (unsigned i = 0; status == ST_OK && i < pulses; i++) {
		status = stretch_of_time(h, p->on_s, on_steps, true, why);
		if (status == ST_OK && pauses && i + 1 < pulses)
			status = stretch_of_time(h, p->off_s, off_steps, false, why);
	}
	if (status == ST_OK)
		status = stretch_of_time(h, p->after_s > 0.0 ? p->after_s : AFTER_DEFAULT_S,
		                         (unsigned)((1.0 - ON_SHARE) * steps), false, why);
	return status;
}

static double stored_J(const struct heater *h)
{
	double sum = h->vapour_J + h->lost_J;
	for (size_t n = 0; n < h->cell->mesh.count; n++)
		sum += h->capacity_J_K[n] * h->excess_K[n];
	return sum;
}

enum status rf_cell_heat(struct rf_cell *cell, const struct rf_cell_heating *heating,
                         struct rf_cell_outcome *out, struct fail *why)
{
	struct heater h = {.cell = cell, .heating = heating, .out = out};
	enum status status = check(cell, heating, why);
	memset(out, 0, sizeof *out);
	if (status != ST_OK)
		return status;
	if (!heater_alloc(&h)) {
		heater_free(&h);
		return fail_set(why, ST_FULL, "needles", "out of memory");
	}
	for (size_t k = 0; k < cell->mesh.nz; k++)
		h.base_C[k] = rf_cell_base_C(cell, &heating->cooling, cell->z_m[k]);
	assemble(&h);
	keep(&h);
	cell->sets = heating->sets;
	count_damage(&h, 0.0);
	status = all_pulses(&h, why);
	cell->heated = status == ST_OK;
	if (status == ST_OK) {
		double given_J = out->energy_J / cell->symmetry;
		out->balance_frac = given_J > 0.0 ? fabs(given_J - stored_J(&h)) / given_J : 0.0;
		rf_cell_outcome_of(&h);
	}
	restore(&h);
	heater_free(&h);
	return status;
}
