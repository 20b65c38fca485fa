/* Queries of a finite beam: integrals over depth at each frequency, sums over frequencies for each ring. */
#include "physics/ordinates_beam_internal.h"

/* A mode has died out e^-this from where it starts. */
#define DEAD 40.0

/* Below this rate x width the difference of two exponentials loses digits; the midpoint does not. */
#define SLOW 1e-4

static const struct layer *layer_at(const struct beam_solver *s, double z)
{
	size_t i = 0;
	while (i + 1 < s->flat->count && z > s->flat->layer[i].depth_cm)
		i++;
	return &s->flat->layer[i];
}

static double mode_value(const struct beam_mode *mode, double z, double d)
{
	double sum = 0.0, rate = creal(mode->rate);
	if (rate * z < DEAD)
		sum += creal(mode->down * cexp(-mode->rate * z));
	if (rate * (d - z) < DEAD)
		sum += creal(mode->up * cexp(-mode->rate * (d - z)));
	return sum;
}

static double edge_in(const struct layer *layer, double z)
{
	return fmin(fmax(z - layer->top_cm, 0.0), layer->optics.thickness_cm);
}

/* Adds one direction of a mode to count bins whose distances from where it starts are distance[0],
 * distance[stride] ..; the bins themselves lie in out by the same stride. */
static void add_wave(double complex rate, double complex amplitude, const double *distance, size_t count,
                     ptrdiff_t stride, double *out)
{
	double complex near = cexp(-rate * distance[0]), over = amplitude / rate;
	for (size_t i = 0; i < count; i++, distance += stride, out += stride) {
		double width = distance[stride] - distance[0];
		if (creal(rate) * distance[0] > DEAD)
			return;
		double complex far = cexp(-rate * distance[stride]);
		if (cabs(rate) * width > SLOW)
			*out += creal(over * (near - far));
		else
			*out += width * creal(amplitude * near * (1.0 - 0.5 * rate * width));
		near = far;
	}
}

/* The same where nothing oscillates. */
static void add_decay(double rate, double amplitude, const double *distance, size_t count, ptrdiff_t stride,
                      double *out)
{
	double near = exp(-rate * distance[0]), over = amplitude / rate;
	for (size_t i = 0; i < count; i++, distance += stride, out += stride) {
		double width = distance[stride] - distance[0];
		if (rate * distance[0] > DEAD)
			return;
		double far = exp(-rate * distance[stride]);
		*out += rate * width > SLOW ? over * (near - far) : width * amplitude * near * (1.0 - 0.5 * rate * width);
		near = far;
	}
}

static void add_mode(const struct beam_mode *mode, const double *depth, const double *height, size_t count,
                     double *out)
{
	double rate = creal(mode->rate);
	if (cimag(mode->rate) == 0.0) {
		add_decay(rate, creal(mode->down), depth, count, 1, out);
		add_decay(rate, creal(mode->up), height + count, count, -1, out + count - 1);
	} else {
		add_wave(mode->rate, mode->down, depth, count, 1, out);
		add_wave(mode->rate, mode->up, height + count, count, -1, out + count - 1);
	}
}

/* Which bins overlap a layer, and their edges as depths below its top and heights above its bottom. */
struct overlap {
	size_t first, count;
	double *depth, *height;
};

static struct overlap overlap_of(const struct layer *layer, size_t nz, const double *edges, double *work)
{
	struct overlap o = {.depth = work, .height = work + nz + 1};
	size_t end = nz;
	while (o.first < nz && edges[o.first + 1] <= layer->top_cm)
		o.first++;
	while (end > o.first && edges[end - 1] >= layer->depth_cm)
		end--;
	o.count = end - o.first;
	for (size_t i = 0; i <= o.count; i++) {
		o.depth[i] = edge_in(layer, edges[o.first + i]);
		o.height[i] = layer->optics.thickness_cm - o.depth[i];
	}
	return o;
}

/* out += the energy that modes leave in each bin, per area. work holds 3 nz + 2. */
static void add_layer(const struct layer *layer, const struct beam_mode *mode, int modes, size_t nz,
                      const double *edges, double *work, double *out)
{
	struct overlap o = overlap_of(layer, nz, edges, work);
	double *sum = work + 2 * (nz + 1);
	if (o.count == 0)
		return;
	for (size_t i = 0; i < o.count; i++)
		sum[i] = 0.0;
	for (int k = 0; k < modes; k++)
		add_mode(&mode[k], o.depth, o.height, o.count, sum);
	for (size_t i = 0; i < o.count; i++)
		out[o.first + i] += layer->optics.mua_1_cm * sum[i];
}

static struct beam_mode unscattered(const struct layer *layer)
{
	const struct beam *b = &layer->beam;
	double mu = layer->view->beam_cosine;
	return (struct beam_mode){b->rate > 0.0 ? b->rate : RATE_MIN_1_CM, b->down / mu, b->up / mu};
}

/* Absorption density per bin of the response at a frequency, or of unscattered light (slot below 0). */
static void absorb(const struct beam_solver *s, int slot, size_t nz, const double *edges, double *work, double *out)
{
	for (size_t i = 0; i < nz; i++)
		out[i] = 0.0;
	for (size_t l = 0; l < s->flat->count; l++) {
		struct beam_mode beam = unscattered(&s->flat->layer[l]);
		const struct beam_response *r = &s->response[slot < 0 ? 0 : slot];
		add_layer(&s->flat->layer[l], slot < 0 ? &beam : r->mode[l], slot < 0 ? 1 : r->modes[l], nz, edges, work, out);
	}
	for (size_t i = 0; i < nz; i++)
		out[i] /= edges[i + 1] - edges[i];
}

/* Fluence at points, likewise. */
static void shine(const struct beam_solver *s, int slot, size_t nz, const double *z_cm, double *out)
{
	for (size_t i = 0; i < nz; i++) {
		const struct layer *layer = layer_at(s, z_cm[i]);
		size_t l = (size_t)(layer - s->flat->layer);
		const struct beam_response *r = &s->response[slot < 0 ? 0 : slot];
		double d = layer->optics.thickness_cm, z = edge_in(layer, z_cm[i]);
		struct beam_mode beam = unscattered(layer);
		out[i] = slot < 0 ? mode_value(&beam, z, d) : 0.0;
		for (int k = 0; slot >= 0 && k < r->modes[l]; k++)
			out[i] += mode_value(&r->mode[l][k], z, d);
	}
}

/* ---- from frequencies to radii ---- */

enum quantity { ABSORPTION, FLUENCE };

/* What a query needs of every depth: rows of nz. */
struct table {
	size_t nz;
	double *block;
	double *broad, *flat, *beam, *scattered, *work; /* scattered: a row per frequency */
};

static enum status new_table(const struct beam_solver *s, size_t nz, struct table *t, struct fail *why)
{
	size_t rows = (size_t)s->hankel.count + 3;
	t->nz = nz;
	t->block = malloc((rows * nz + 3 * nz + 2) * sizeof *t->block);
	if (!t->block)
		return fail_set(why, ST_FULL, "", "no memory for %zu depths of a beam", nz);
	t->broad = t->block;
	t->flat = t->broad + nz;
	t->beam = t->flat + nz;
	t->scattered = t->beam + nz;
	t->work = t->block + rows * nz;
	return ST_OK;
}

static void fill_table(const struct beam_solver *s, enum quantity quantity, const double *z, struct table *t)
{
	for (int j = -1; j < s->hankel.count; j++) {
		double *row = j < 0 ? t->beam : t->scattered + (size_t)j * t->nz;
		if (quantity == ABSORPTION)
			absorb(s, j, t->nz, z, t->work, row);
		else
			shine(s, j, t->nz, z, row);
	}
	if (quantity == ABSORPTION)
		ordinates_absorption(s->anchor, z, t->nz, t->broad);
	for (size_t i = 0; i < t->nz; i++) {
		t->flat[i] = t->beam[i] + t->scattered[i];
		if (quantity == FLUENCE)
			t->broad[i] = ordinates_fluence(s->anchor, z[i]);
	}
}

/* One ring: the share of the broad beam's light that is left there, times that light. */
static void combine(const struct beam_solver *s, double direct, const double *weight, const struct table *t,
                    double *out)
{
	for (size_t i = 0; i < t->nz; i++)
		out[i] = direct * t->beam[i];
	for (int j = 0; j < s->hankel.count; j++) {
		const double *row = t->scattered + (size_t)j * t->nz;
		for (size_t i = 0; i < t->nz; i++)
			out[i] += weight[j] * row[i];
	}
	for (size_t i = 0; i < t->nz; i++)
		out[i] = t->flat[i] > 0.0 ? out[i] * t->broad[i] / t->flat[i] : 0.0;
}

/* nr rings between nr + 1 radii, or the one radius *r when nr is 0. */
static enum status map(const struct beam_solver *s, const struct beam_shape *shape, enum quantity quantity,
                       size_t nr, const double *r, size_t nz, const double *z, double *out, struct fail *why)
{
	struct table t = {0};
	size_t count = (size_t)s->hankel.count;
	double *weight = malloc((nr ? nr : 1) * count * sizeof *weight);
	if (!weight)
		return fail_set(why, ST_FULL, "", "no memory for %zu rings of a beam", nr);
	enum status st = new_table(s, nz, &t, why);
	if (!st) {
		fill_table(s, quantity, z, &t);
		if (nr)
			hankel_ring_weights(&s->hankel, shape, nr, r, weight);
		else
			hankel_radius_weights(&s->hankel, shape, *r, weight);
		for (size_t i = 0; i < (nr ? nr : 1); i++)
			combine(s, hankel_beam_mean(shape, r[i], nr ? r[i + 1] : *r), weight + i * count, &t, out + i * nz);
		free(t.block);
	}
	free(weight);
	return st;
}

/* ---- what may be asked ---- */

static enum status check_rising(size_t count, const double *edges, const char *field, struct fail *why)
{
	for (size_t i = 0; i < count; i++) {
		if (!isfinite(edges[i]) || edges[i] < 0.0 || (i > 0 && edges[i] <= edges[i - 1]))
			return fail_set(why, ST_RANGE, field, "%s[%zu] is %g cm; it must be finite, 0 or more and rising", field,
			                i, edges[i]);
	}
	return ST_OK;
}

static enum status check_shape(const struct beam_solver *s, const struct beam_shape *shape, struct fail *why)
{
	double slack = 1.0 - 1e-9;
	if (s->radius_min_cm == 0.0)
		return fail_set(why, ST_MODEL, "beam", "no response has been solved for this beam");
	if (shape->profile != BEAM_FLAT_TOP && shape->profile != BEAM_GAUSSIAN)
		return fail_set(why, ST_RANGE, "profile", "beam profile %d is unknown", (int)shape->profile);
	if (!(shape->radius_cm > 0.0 && shape->radius_cm <= BEAM_RADIUS_MAX_CM))
		return fail_set(why, ST_RANGE, "radius_cm", "beam radius is %g cm; allowed is up to %g", shape->radius_cm,
		                BEAM_RADIUS_MAX_CM);
	if (shape->radius_cm < slack * s->radius_min_cm)
		return fail_set(why, ST_MODEL, "radius_cm",
		                "beam radius is %g cm; the response holds for %g cm and more: solve again for this one",
		                shape->radius_cm, s->radius_min_cm);
	return ST_OK;
}

static enum status map_with_error(struct beam_solver *s, const struct beam_shape *shape, size_t nr,
                                  const double *r, size_t nz, const double *z, double *out, double *error,
                                  struct fail *why)
{
	enum status st = map(s, shape, ABSORPTION, nr, r, nz, z, out, why);
	if (st || !error)
		return st;
	if ((st = beam_solve_companion(s, why)) ||
	    (st = map(s->companion, shape, ABSORPTION, nr, r, nz, z, error, why)))
		return st;
	for (size_t i = 0; i < (nr ? nr : 1) * nz; i++)
		error[i] = fabs(error[i] - out[i]);
	return ST_OK;
}

enum status beam_absorption(struct beam_solver *solver, const struct beam_shape *shape, size_t nr,
                            const double *r_edges_cm, size_t nz, const double *z_edges_cm,
                            double *absorption_1_cm, double *error_1_cm, struct fail *why)
{
	enum status st = check_shape(solver, shape, why);
	if (!st && (nr == 0 || nz == 0))
		st = fail_set(why, ST_RANGE, nr ? "nz" : "nr", "a map needs at least one ring and one depth");
	if (!st)
		st = check_rising(nr + 1, r_edges_cm, "r_edges_cm", why);
	if (!st)
		st = check_rising(nz + 1, z_edges_cm, "z_edges_cm", why);
	return st ? st : map_with_error(solver, shape, nr, r_edges_cm, nz, z_edges_cm, absorption_1_cm, error_1_cm, why);
}

enum status beam_axis_absorption(struct beam_solver *solver, const struct beam_shape *shape, size_t nz,
                                 const double *z_edges_cm, double *absorption_1_cm, double *error_1_cm,
                                 struct fail *why)
{
	const double axis = 0.0;
	enum status st = check_shape(solver, shape, why);
	if (!st && nz == 0)
		st = fail_set(why, ST_RANGE, "nz", "an axis needs at least one depth");
	if (!st)
		st = check_rising(nz + 1, z_edges_cm, "z_edges_cm", why);
	return st ? st : map_with_error(solver, shape, 0, &axis, nz, z_edges_cm, absorption_1_cm, error_1_cm, why);
}

enum status beam_fluence(struct beam_solver *solver, const struct beam_shape *shape, double r_cm, size_t nz,
                         const double *z_cm, double *fluence, struct fail *why)
{
	enum status st = check_shape(solver, shape, why);
	if (!st)
		st = check_rising(1, &r_cm, "r_cm", why);
	for (size_t i = 0; !st && i < nz; i++)
		st = check_rising(1, z_cm + i, "z_cm", why);
	if (st || nz == 0)
		return st;
	return map(solver, shape, FLUENCE, 0, &r_cm, nz, z_cm, fluence, why);
}

void beam_response_absorption(const struct beam_solver *s, int slot, size_t nz, const double *edges_cm,
                              double *work, double *out)
{
	absorb(s, slot, nz, edges_cm, work, out);
}
