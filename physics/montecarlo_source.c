/* Sources of Monte Carlo packets: where they meet the surface, in which direction, and what of them enters.
 *
 * A ray is drawn in the beam's own axes (radius along x), refracted into the first layer by Snell's law,
 * and turned about the axis where the answer could depend on it. Packets of an array start at its central
 * beam; since every beam is like the others, a packet that leaves its cell comes back in through the
 * opposite side (periodic boundary), which adds the light of all neighbours.
 */
#include "physics/base/units.h"
#include "physics/montecarlo_private.h"

#define FOLDS_MAX 64 /* enough for a Gaussian's tail of 8 pitches */

static enum status check_length(double value, const char *field, struct fail *why)
{
	if (isfinite(value) && value > 0.0)
		return ST_OK;
	return fail_set(why, ST_RANGE, field, "%s is %g; allowed is above 0", field, value);
}

static enum status check_direction(const struct mc_source *s, struct fail *why)
{
	if (!(s->cos_incidence >= 0.0 && s->cos_incidence <= 1.0))
		return fail_set(why, ST_RANGE, "cos_incidence", "cos_incidence is %g; allowed is above 0 to 1",
		                s->cos_incidence);
	if (!(s->focus_depth_cm >= 0.0 && isfinite(s->focus_depth_cm)))
		return fail_set(why, ST_RANGE, "focus_depth_cm",
		                "focus_depth_cm is %g; allowed is 0 (collimated) or more", s->focus_depth_cm);
	if (s->focus_depth_cm > 0.0 && s->cos_incidence > 0.0 && s->cos_incidence < 1.0)
		return fail_set(why, ST_INPUT, "focus_depth_cm", "a focused beam stands upright: leave cos_incidence 0");
	return ST_OK;
}

static enum status check_array(const struct mc_source *s, struct fail *why)
{
	if (s->array == MC_SINGLE)
		return ST_OK;
	if (s->array != MC_SQUARE && s->array != MC_HEXAGONAL)
		return fail_set(why, ST_INPUT, "array", "array kind %d is unknown", (int)s->array);
	enum status st = check_length(s->pitch_cm, "pitch_cm", why);
	if (st == ST_OK && s->beam != MC_PENCIL && s->radius_cm > 2.0 * s->pitch_cm)
		st = fail_set(why, ST_RANGE, "pitch_cm", "pitch_cm is %g; allowed is from half the radius of a beam (%g)",
		              s->pitch_cm, 0.5 * s->radius_cm);
	return st;
}

enum status mc_check_source(const struct mc_source *s, struct fail *why)
{
	enum status st = ST_OK;
	if (s->beam != MC_PENCIL && s->beam != MC_FLAT_TOP && s->beam != MC_GAUSSIAN)
		return fail_set(why, ST_INPUT, "beam", "beam kind %d is unknown", (int)s->beam);
	if (s->beam != MC_PENCIL)
		st = check_length(s->radius_cm, "radius_cm", why);
	if (st == ST_OK)
		st = check_direction(s, why);
	return st == ST_OK ? check_array(s, why) : st;
}

/* Normals of the cell of a square lattice along x and y; of a triangular lattice at 0, 60 and 120 degrees. */
void mc_set_cell(const struct mc_source *source, struct mc_cell *cell)
{
	static const int pairs[] = {[MC_SINGLE] = 0, [MC_SQUARE] = 2, [MC_HEXAGONAL] = 3};
	*cell = (struct mc_cell){.pairs = pairs[source->array], .half = 0.5 * source->pitch_cm};
	for (int i = 0; i < cell->pairs; i++) {
		cell->nx[i] = cos(PI * i / cell->pairs);
		cell->ny[i] = sin(PI * i / cell->pairs);
	}
}

/* A disc cut by 2 pairs lines at distance h: pi r^2 less as many segments r^2 acos(h/r) - h sqrt(r^2 - h^2);
 * from the corners on, the polygon of 2 pairs sides: 2 pairs h^2 tan(pi / (2 pairs)). */
double mc_cell_area(const struct mc_cell *cell, double radius)
{
	double h = cell->half, sides = 2.0 * cell->pairs;
	if (cell->pairs == 0 || radius <= h)
		return PI * radius * radius;
	if (radius * cos(PI / sides) >= h)
		return sides * h * h * tan(PI / sides);
	double segment = radius * radius * acos(h / radius) - h * sqrt(radius * radius - h * h);
	return PI * radius * radius - sides * segment;
}

static void fold(const struct mc_cell *cell, double *x, double *y)
{
	bool moved = true;
	for (int n = 0; n < FOLDS_MAX && moved; n++) {
		moved = false;
		for (int i = 0; i < cell->pairs; i++) {
			double pitches = round((*x * cell->nx[i] + *y * cell->ny[i]) / (2.0 * cell->half));
			*x -= pitches * 2.0 * cell->half * cell->nx[i];
			*y -= pitches * 2.0 * cell->half * cell->ny[i];
			moved = moved || pitches != 0.0;
		}
	}
}

static double cos_outside(const struct mc_source *s)
{
	return s->cos_incidence > 0.0 ? s->cos_incidence : 1.0;
}

double mc_source_specular(const struct mc_request *q)
{
	if (q->source.focus_depth_cm > 0.0 && q->source.beam != MC_PENCIL)
		return NAN;
	return light_fresnel(q->stack.n_above, q->stack.layer[0].n, cos_outside(&q->source));
}

static double launch_radius(const struct mc_source *source, struct rng *rng)
{
	if (source->beam == MC_PENCIL)
		return 0.0;
	double u = rng_uniform(rng);
	/* irradiance flat to the edge, or e^(-2 r^2 / w^2) */
	return source->radius_cm * sqrt(source->beam == MC_FLAT_TOP ? u : -0.5 * log(u));
}

/* Direction outside: slanted along x, or towards the point where the axis meets the focal depth. */
static void aim(const struct mc_source *s, double r, struct mc_ray *ray)
{
	if (s->focus_depth_cm > 0.0) {
		double length = sqrt(r * r + s->focus_depth_cm * s->focus_depth_cm);
		ray->ux = -r / length;
		ray->uz = s->focus_depth_cm / length;
	} else {
		ray->uz = cos_outside(s);
		ray->ux = sqrt(1.0 - ray->uz * ray->uz);
	}
	ray->uy = 0.0;
}

static void enter(const struct mc_request *q, struct mc_ray *ray)
{
	double n = q->stack.n_above, n_in = q->stack.layer[0].n, ratio = n / n_in, mu = ray->uz;
	ray->specular = light_fresnel(n, n_in, mu);
	ray->weight = 1.0 - ray->specular;
	ray->ux *= ratio;
	ray->uz = sqrt(fmax(0.0, 1.0 - ratio * ratio * (1.0 - mu * mu)));
}

static size_t bin_of(const double *edge, size_t bins, double value)
{
	size_t low = 0, high = bins;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (value < edge[middle])
			high = middle;
		else
			low = middle;
	}
	return low;
}

static bool is_round(const struct mc_source *s)
{
	return s->array == MC_SINGLE && cos_outside(s) == 1.0;
}

/* Turns the place, and with a focused beam the direction, to a random azimuth. */
static void turn(const struct mc_plan *plan, struct rng *rng, double r, struct mc_ray *ray)
{
	double angle = 2.0 * PI * rng_uniform(rng), c = cos(angle), s = sin(angle);
	ray->x = r * c;
	ray->y = r * s;
	fold(&plan->cell, &ray->x, &ray->y);
	if (plan->request->source.focus_depth_cm > 0.0) {
		ray->uy = ray->ux * s;
		ray->ux *= c;
	}
}

void mc_launch(const struct mc_plan *plan, struct rng *rng, struct mc_ray *ray)
{
	const struct mc_request *q = plan->request;
	if (plan->alike) {
		*ray = plan->ray;
		return;
	}
	double r = launch_radius(&q->source, rng);
	ray->x = r;
	ray->y = 0.0;
	aim(&q->source, r, ray);
	enter(q, ray);
	if (!is_round(&q->source) && r > 0.0)
		turn(plan, rng, r, ray);
	ray->row = bin_of(plan->row_edge, plan->shape.rows, 0.0);
	ray->ring = bin_of(plan->ring_edge2, plan->shape.nr + 1, ray->x * ray->x + ray->y * ray->y);
}

void mc_set_ray(struct mc_plan *plan)
{
	if (plan->request->source.beam != MC_PENCIL)
		return;
	mc_launch(plan, NULL, &plan->ray); /* a pencil has no radius: no chance is asked for */
	plan->alike = true;
}
