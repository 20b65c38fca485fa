/* Barycentric interpolation (Berrut & Trefethen 2004, SIAM Rev. 46:501) and composite Gauss quadrature.
 *
 * Pinned by test_ordinates_beam: F(k) = 1 / (1 + (k a)^2)^(3/2) has the closed form exp(-r / a) / a^2 for a
 * pencil, and with it every beam by direct integration. */
#include "physics/hankel.h"

#include "physics/base/units.h"
#include "physics/nodes.h"

/* The interpolation variable log sqrt(1 + (k / this)^2) is even in k; the scale lies among the diffuse
 * attenuation coefficients of skin, 1 to 20 per cm. */
#define SCALE_1_CM 4.0

/* Where the spectrum of a flat-top is faded out, in 1 / radius, and how: e^-(k/fade)^8. The fade acts on
 * scattered light only, which has no edges as sharp as this. */
#define FADE_OVER_RADIUS 45.0
#define FADE_END 1.5 /* e^-25 */

#define PANEL_POINTS 6
#define PANEL_GROWTH 0.3 /* widest panel, as a share of k: the interpolation functions vary with log k */

static double place_of(double k)
{
	return 0.5 * log1p((k / SCALE_1_CM) * (k / SCALE_1_CM));
}

static double frequency_at(double place)
{
	return SCALE_1_CM * sqrt(expm1(2.0 * place));
}

void hankel_init(struct hankel *h, int count, double k_max_1_cm)
{
	double end = place_of(k_max_1_cm);
	BUG_ON(count < 3 || count > HANKEL_FREQUENCIES_MAX);
	h->count = count;
	for (int j = 0; j < count; j++) {
		int at_end = j == 0 || j == count - 1;
		h->place[j] = 0.5 * end * (1.0 - cos(PI * j / (count - 1)));
		h->k_1_cm[j] = j == 0 ? 0.0 : frequency_at(h->place[j]);
		h->barycentric[j] = (j % 2 ? -1.0 : 1.0) * (at_end ? 0.5 : 1.0);
	}
}

/* value[j] := interpolation function j at k. */
static void interpolate(const struct hankel *h, double k, double *value)
{
	double sum = 0.0, place = place_of(k);
	int last = h->count - 1, exact = -1;
	for (int j = 0; j <= last; j++) {
		double distance = place - h->place[j];
		exact = distance == 0.0 ? j : exact;
		value[j] = h->barycentric[j] / distance;
		sum += value[j];
	}
	for (int j = 0; j <= last; j++)
		value[j] = exact >= 0 ? (j == exact ? 1.0 : 0.0) : value[j] / sum;
}

/* k e(k): R J1(k R) of a disc; k (w^2 / 2) e^(-k^2 w^2 / 8) of a Gaussian with 2 on its axis. */
static double spectrum(const struct beam_shape *shape, double k)
{
	double x = k * shape->radius_cm;
	if (shape->profile == BEAM_GAUSSIAN)
		return 0.5 * shape->radius_cm * x * exp(-x * x / 8.0);
	double fade = x / FADE_OVER_RADIUS;
	fade *= fade;
	fade *= fade;
	return shape->radius_cm * j1(x) * exp(-fade * fade);
}

/* e^(-x^2 / 8) is below 1e-16 from here on. */
#define GAUSSIAN_END 17.2

static double spectrum_end(const struct beam_shape *shape)
{
	double x = shape->profile == BEAM_GAUSSIAN ? GAUSSIAN_END : FADE_OVER_RADIUS * FADE_END;
	return x / shape->radius_cm;
}

/* Adds the mean of J0(k r) between neighbours, 2 (b J1(k b) - a J1(k a)) / (k (b^2 - a^2)). */
static void add_rings(const struct hankel *h, double k, double amount, const double *value, size_t rings,
                      const double *edges, double *weight)
{
	double inner = edges[0] * j1(k * edges[0]);
	for (size_t i = 0; i < rings; i++) {
		double a = edges[i], b = edges[i + 1], outer = b * j1(k * b);
		double factor = amount * 2.0 * (outer - inner) / (k * (b - a) * (b + a));
		for (int j = 0; j < h->count; j++)
			weight[i * (size_t)h->count + (size_t)j] += factor * value[j];
		inner = outer;
	}
}

static void add_frequency(const struct hankel *h, double k, double amount, size_t rings,
                          const double *r_cm, double *weight)
{
	double value[HANKEL_FREQUENCIES_MAX] = {0};
	double highest = h->k_1_cm[h->count - 1];
	if (k < highest)
		interpolate(h, k, value);
	else
		value[h->count - 1] = highest / k;
	if (rings)
		add_rings(h, k, amount, value, rings, r_cm, weight);
	else
		for (int j = 0; j < h->count; j++)
			weight[j] += amount * j0(k * r_cm[0]) * value[j];
}

/* rings 0: at the one radius r_cm. */
static void integrate(const struct hankel *h, const struct beam_shape *shape, size_t rings,
                      const double *r_cm, double *weight)
{
	struct gauss_rule rule;
	double end = spectrum_end(shape), half_wave = PI / (shape->radius_cm + r_cm[rings]);
	gauss_rule_init(&rule, PANEL_POINTS);
	memset(weight, 0, (rings ? rings : 1) * (size_t)h->count * sizeof *weight);
	for (double k = 0.0; k < end;) {
		double width = fmin(fmin(half_wave, PANEL_GROWTH * fmax(k, SCALE_1_CM)), end - k);
		for (int i = 0; i < PANEL_POINTS; i++) {
			double at = k + width * rule.x[i];
			add_frequency(h, at, width * rule.weight[i] * spectrum(shape, at), rings, r_cm, weight);
		}
		k = k + width < end ? k + width : end;
	}
}

void hankel_ring_weights(const struct hankel *h, const struct beam_shape *shape, size_t rings,
                         const double *edges_cm, double *weight)
{
	integrate(h, shape, rings, edges_cm, weight);
}

void hankel_radius_weights(const struct hankel *h, const struct beam_shape *shape, double r_cm, double *weight)
{
	integrate(h, shape, 0, &r_cm, weight);
}

static double gaussian_mean(double radius, double from, double to)
{
	double a = 2.0 * (from / radius) * (from / radius), b = 2.0 * (to / radius) * (to / radius);
	return b > a ? 2.0 * exp(-a) * -expm1(a - b) / (b - a) : 2.0 * exp(-a);
}

double hankel_beam_mean(const struct beam_shape *shape, double from_cm, double to_cm)
{
	double edge = shape->radius_cm;
	if (shape->profile == BEAM_GAUSSIAN)
		return gaussian_mean(edge, from_cm, to_cm);
	if (to_cm <= from_cm)
		return from_cm <= edge ? 1.0 : 0.0;
	double inside = fmin(to_cm, edge);
	return inside > from_cm ? (inside - from_cm) * (inside + from_cm) / ((to_cm - from_cm) * (to_cm + from_cm)) : 0.0;
}
