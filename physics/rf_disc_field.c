/* The field of the disc: reflections by wavenumber, the disc's own field in closed form.
 *
 * Below the first layer everything falls as e^(-k h_1). In the first layer the disc's own part does not, so
 * it is taken apart: with its transform written integral_0^1 phi(t) cos(k t) dt (lengths in radii), V =
 * integral_0^1 phi(t) Re 1/R dt,   R^2 = r^2 + (z + i t)^2, a line of point sources at complex depth (Sneddon
 * 1966, ch. 3). phi is a polynomial in sin and cos of theta, t = sin(theta); panels shrink towards the place
 * where R is nearly zero. */
#include "physics/rf_disc_private.h"

#include "physics/base/units.h"
#include "physics/nodes.h"

/* e^-24 = 4e-11 is left at the first layer's lower face. */
#define FIELD_DEPTHS 24.0
#define PHASE_PER_PANEL 16.0 /* radians for 16 nodes */
#define PANEL_NODES 16
#define SURFACE_RADII 1e-6 /* the surface is read this far below itself */
#define RIM_RADII 1e-6
#define TERMS_PER_PANEL 12.0

/* Potential and field, in V0 and V0 / radius. */
struct local {
	double complex potential, radial, axial;
};

/* phi at t = sin(theta), weighted for d theta. Bare: sum c_n P_2n(t) cos(theta); coated: J_(2n+1)(k)/k is
 * 2 / (pi (2n+1)) integral cos((2n+1) theta) cos(k t) cos(theta) d theta. */
static double complex line_density(const struct rf_disc *disc, double theta)
{
	double t = sin(theta), jacobian = cos(theta);
	double complex sum = 0.0;
	if (disc->coated) {
		double twice = 2.0 * cos(2.0 * theta), before = jacobian, now = jacobian;
		for (size_t n = 0; n < disc->terms; n++) {
			sum += disc->coefficient[n] * (2.0 / (PI * (2.0 * (double)n + 1.0)) * now);
			double next = twice * now - before; /* cos((2n+3) theta) */
			before = now;
			now = next;
		}
	} else {
		double below = 0.0, here = 1.0; /* P_(2n-1), P_2n */
		for (size_t n = 0; n < disc->terms; n++) {
			sum += disc->coefficient[n] * here;
			double m = 2.0 * (double)n;
			below = ((2.0 * m + 1.0) * t * here - m * below) / (m + 1.0);
			here = ((2.0 * m + 3.0) * t * below - (m + 1.0) * here) / (m + 2.0);
		}
	}
	return sum * jacobian;
}

static void add_panel(const struct rf_disc *disc, const struct gauss_rule *rule, double r, double z,
                      double from, double to, struct local *sum)
{
	for (int i = 0; i < rule->count; i++) {
		double theta = from + (to - from) * rule->x[i];
		double complex density = line_density(disc, theta) * (fabs(to - from) * rule->weight[i]);
		double complex height = z + I * sin(theta), square = r * r + height * height;
		double complex inverse = 1.0 / csqrt(square), cube = inverse / square;
		sum->potential += density * creal(inverse);
		sum->radial += density * (r * creal(cube));
		sum->axial += density * creal(height * cube);
	}
}

/* Panels from the nearest point towards an end, growing away from it. */
static void add_side(const struct rf_disc *disc, const struct gauss_rule *rule, double r, double z,
                     double near, double end, double distance, struct local *sum)
{
	double width = 2.0 * distance, widest = fmin(0.5, TERMS_PER_PANEL / (2.0 * (double)disc->terms));
	for (double from = near; from != end;) {
		width = fmin(width, widest);
		double to = fabs(end - from) <= 1.25 * width ? end : from + copysign(width, end - from);
		add_panel(disc, rule, r, z, from, to, sum);
		from = to;
		width *= 2.0;
	}
}

/* R vanishes at t = r + i z (and its mirror image). */
static void add_own_field(const struct rf_disc *disc, const struct gauss_rule *rule, double r, double z,
                          struct local *sum)
{
	z = fmax(z, SURFACE_RADII);
	double complex place = casin(r + I * z);
	double near = fmin(fmax(creal(place), 0.0), 0.5 * PI), distance = cabs(place - near);
	add_side(disc, rule, r, z, near, 0.0, distance, sum);
	add_side(disc, rule, r, z, near, 0.5 * PI, distance, sum);
}

/* Everything a grid needs at each wavenumber. */
struct sampling {
	size_t nodes, nr;
	double *k;              /* nodes, weights */
	double *bessel;         /* J0 then J1: 2 x nr x nodes */
	double complex *source; /* weight x sum c b */
	struct rf_response *response;
	double complex *level; /* at one depth: V, axial, radial factors, 3 x nodes */
};

static void sampling_free(struct sampling *s)
{
	free(s->k);
	free(s->bessel);
	free(s->source);
	free(s->response);
	free(s->level);
}

static bool sampling_allocate(struct sampling *s, const struct rf_disc *disc, size_t nr, double r_max)
{
	*s = (struct sampling){.nr = nr};
	if (isinf(disc->layers.thickness[0]))
		return true;
	double k_max = FIELD_DEPTHS / disc->layers.thickness[0];
	s->nodes = rf_wavenumbers(fmin(disc->first_width, PHASE_PER_PANEL / (1.0 + r_max)),
	                          PHASE_PER_PANEL / (1.0 + r_max), k_max, &s->k);
	if (!s->nodes)
		return false;
	s->bessel = malloc(2 * nr * s->nodes * sizeof *s->bessel);
	s->source = malloc(s->nodes * sizeof *s->source);
	s->response = malloc(s->nodes * sizeof *s->response);
	s->level = malloc(3 * s->nodes * sizeof *s->level);
	return s->bessel && s->source && s->response && s->level;
}

static void sample(struct sampling *s, const struct rf_disc *disc, const double *r_um)
{
	double orders[2 * RF_DISC_TERMS_MAX + 2], transform[RF_DISC_TERMS_MAX];
	for (size_t i = 0; i < s->nodes; i++) {
		double k = s->k[i];
		rf_layers_respond(&disc->layers, k, &s->response[i]);
		rf_disc_transforms(disc->coated, k, disc->terms, orders, transform);
		double complex sum = 0.0;
		for (size_t n = 0; n < disc->terms; n++)
			sum += disc->coefficient[n] * transform[n];
		s->source[i] = s->k[s->nodes + i] * sum;
		for (size_t j = 0; j < s->nr; j++) {
			double x = k * r_um[j] / disc->radius_um;
			s->bessel[j * s->nodes + i] = j0(x);
			s->bessel[(s->nr + j) * s->nodes + i] = j1(x);
		}
	}
}

/* Factors of J0 (V, axial) and J1 (radial) at depth z below the top of layer i. In the first layer what the
 * disc itself does is left out: (K - 1) cosh(k z) remains. */
static void sample_level(struct sampling *s, const struct rf_disc *disc, size_t i, double z)
{
	for (size_t n = 0; n < s->nodes; n++) {
		const struct rf_response *r = &s->response[n];
		double k = s->k[n], down = exp(-k * z), up;
		if (isinf(disc->layers.thickness[i]))
			up = 0.0;
		else
			up = exp(-k * (2.0 * disc->layers.thickness[i] - z));
		double complex forth = r->amplitude[i] * down, back = r->amplitude[i] * r->reflection[i] * up;
		if (i == 0)
			forth = 0.5 * r->kernel_less_1 * down;
		s->level[n] = s->source[n] * (forth + back);
		s->level[s->nodes + n] = s->source[n] * k * (forth - back);
		s->level[2 * s->nodes + n] = s->source[n] * k * (forth + back);
	}
}

static struct local integrate(const struct sampling *s, size_t j)
{
	const double *b0 = s->bessel + j * s->nodes, *b1 = s->bessel + (s->nr + j) * s->nodes;
	struct local sum = {0};
	for (size_t n = 0; n < s->nodes; n++) {
		sum.potential += b0[n] * s->level[n];
		sum.axial += b0[n] * s->level[s->nodes + n];
		sum.radial += b1[n] * s->level[2 * s->nodes + n];
	}
	return sum;
}

static void report(const struct rf_disc *disc, const struct local *local, size_t layer, struct rf_field *out)
{
	double radius_m = disc->radius_um * M_PER_UM;
	*out = (struct rf_field){.potential_V = local->potential,
	                         .field_V_m = {local->radial / radius_m, 0.0, local->axial / radius_m}};
	rf_field_power(&disc->layer[layer], out);
}

/* j = y_1 V0 / a times sum c_n P_n(1 - 2 r^2) coated; bare, the transform of P_2n(eta) / eta with
 * eta^2 = 1 - r^2 being P_2n(0) j_2n, times sum c_n P_2n(eta) / (eta |P_2n(0)|). */
double complex rf_disc_density_A_m2(const struct rf_disc *disc, double r_um)
{
	double r = r_um / disc->radius_um, eta = sqrt(fmax(1.0 - r * r, 0.0));
	double x = disc->coated ? 1.0 - 2.0 * r * r : eta;
	double below = 0.0, here = 1.0, order = 0.0, weight = disc->coated ? 1.0 : 1.0 / eta;
	double complex sum = 0.0;
	if (!(r < 1.0))
		return 0.0;
	for (size_t n = 0; n < disc->terms; n++) {
		sum += disc->coefficient[n] * (weight * here);
		for (int step = disc->coated ? 1 : 2; step > 0; step--, order += 1.0) {
			double next = ((2.0 * order + 1.0) * x * here - order * below) / (order + 1.0);
			below = here;
			here = next;
		}
		if (!disc->coated)
			weight *= (2.0 * (double)n + 2.0) / (2.0 * (double)n + 1.0);
	}
	return sum * disc->layers.y_S_m[0] / (disc->radius_um * M_PER_UM);
}

/* In a folded layer the current runs straight down: V0 less the drop so far. */
static void film_field(const struct rf_disc *disc, double r_um, double z_um, struct rf_field *out)
{
	double complex density = rf_disc_density_A_m2(disc, r_um), drop = disc->contact_ohm_m2;
	size_t i = rf_layer_at(&disc->stack, z_um);
	for (size_t j = 0; j < i; j++)
		drop += disc->layer[j].thickness_um * M_PER_UM /
		        rf_admittivity_S_m(&disc->layer[j], disc->stack.frequency_Hz);
	double complex own = rf_admittivity_S_m(&disc->layer[i], disc->stack.frequency_Hz);
	drop += (z_um - rf_layer_top_um(&disc->stack, i)) * M_PER_UM / own;
	*out = (struct rf_field){.potential_V = 1.0 - drop * density, .field_V_m = {0.0, 0.0, density / own}};
	rf_field_power(&disc->layer[i], out);
}

static enum status grid_check(const struct rf_disc *disc, size_t nr, const double *r_um, size_t nz,
                              const double *z_um, struct fail *why)
{
	for (size_t i = 0; i < nr; i++)
		if (!(r_um[i] >= 0.0) || !isfinite(r_um[i]))
			return fail_set(why, ST_RANGE, "r_um", "radius %g um must be 0 or more", r_um[i]);
	double bottom_um = rf_layer_top_um(&disc->stack, disc->stack.layers);
	for (size_t i = 0; i < nz; i++)
		if (!(z_um[i] >= 0.0 && z_um[i] <= bottom_um) || !isfinite(z_um[i]))
			return fail_set(why, ST_RANGE, "z_um",
			                "depth %g um must lie in the tissue, 0 to %g um", z_um[i], bottom_um);
	double nearest = INFINITY, surface = INFINITY;
	for (size_t i = 0; i < nr; i++)
		nearest = fmin(nearest, fabs(r_um[i] / disc->radius_um - 1.0));
	for (size_t i = 0; i < nz; i++)
		surface = fmin(surface, z_um[i] / disc->radius_um);
	if (!disc->coated && fmax(nearest, surface) < RIM_RADII)
		return fail_set(why, ST_MODEL, "r_um",
		                "on the rim of a bare electrode the field is infinite");
	return ST_OK;
}

static void grid_row(struct sampling *s, const struct rf_disc *disc, const double *r_um, double z_um,
                     const struct gauss_rule *rule, struct rf_field *out)
{
	double depth_um = z_um - disc->folded_um;
	size_t i = rf_layer_at(&disc->kept, fmax(depth_um, 0.0));
	double below_top = (fmax(depth_um, 0.0) - rf_layer_top_um(&disc->kept, i)) / disc->radius_um;
	sample_level(s, disc, i, below_top);
	for (size_t j = 0; j < s->nr; j++) {
		if (depth_um < 0.0 && r_um[j] < disc->radius_um) {
			film_field(disc, r_um[j], z_um, &out[j]);
			continue;
		}
		struct local local = integrate(s, j);
		if (i == 0)
			add_own_field(disc, rule, r_um[j] / disc->radius_um, below_top, &local);
		report(disc, &local, i + disc->folded, &out[j]);
	}
}

enum status rf_disc_grid(const struct rf_disc *disc, size_t nr, const double *r_um, size_t nz,
                         const double *z_um, struct rf_field *out, struct fail *why)
{
	enum status st = grid_check(disc, nr, r_um, nz, z_um, why);
	if (st)
		return st;
	double r_max = 0.0;
	for (size_t i = 0; i < nr; i++)
		r_max = fmax(r_max, r_um[i] / disc->radius_um);
	struct sampling s;
	struct gauss_rule rule;
	gauss_rule_init(&rule, PANEL_NODES);
	if (sampling_allocate(&s, disc, nr, r_max)) {
		sample(&s, disc, r_um);
		for (size_t i = 0; i < nz; i++)
			grid_row(&s, disc, r_um, z_um[i], &rule, out + i * nr);
	} else {
		st = fail_set(why, ST_FULL, "memory", "no memory for %zu radii", nr);
	}
	sampling_free(&s);
	return st;
}
