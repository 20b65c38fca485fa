/* One layer of the ordinates: delta-M scaled phase function, eigenmodes, particular solution, field. */
#include "physics/base/matrix.h"
#include "physics/ordinates_internal.h"

#include <float.h>

/* A mode whose rate coincides with the beam's has no particular solution of the usual form. Its rate is
 * moved by this fraction, which balances the change (1e-8) against the cancellation (DBL_EPSILON / 1e-8);
 * the same remedy as in DISORT (Stamnes et al. 1988). */
#define RESONANCE_FRAC 1e-8

/* Below this rate x depth a mode is nearly linear in z and exponentials would cancel. */
#define SLOW_MODE 1e-3

/* A layer that neither absorbs nor scatters gets this optical depth, so that B can be factorised. */
#define CLEAR_DEPTH 1e-14

/* Delta-M moments of Henyey-Greenstein, chi_k = (g^k - g^order) / (1 - g^order), k < order (Wiscombe
 * 1977, J. Atmos. Sci. 34:1408, eqs 11-14): the forward peak that the nodes cannot resolve counts as
 * unscattered. power is g^k, peak g^order. */
static double moment(double power, double peak)
{
	return (power - peak) / (1.0 - peak);
}

/* matrix += sum over k = first, first + 2 .. of -mus chi_k q_k q_k', scaled by root on both sides. */
static void add_moments(const struct layer *layer, int order, int first, double *matrix)
{
	const struct view *view = layer->view;
	int n = view->count;
	double g = layer->optics.g, peak = pow(g, order);
	double power = first ? g : 1.0;
	for (int k = first; k < order; k += 2, power *= g * g) {
		const double *q = view->polynomial + (ptrdiff_t)k * n;
		double chi = layer->scattering_1_cm * moment(power, peak);
		for (int i = 0; i < n; i++) {
			double factor = chi * q[i] * view->root[i];
			double *row = matrix + (ptrdiff_t)i * n;
			for (int j = 0; j <= i; j++)
				row[j] -= factor * q[j] * view->root[j];
		}
	}
}

/* Extinction over mu minus the scattering of the even (first 0) or odd (first 1) moments. */
static void build_operator(const struct layer *layer, int order, int first, double *matrix)
{
	int n = layer->view->count;
	for (int i = 0; i < n * n; i++)
		matrix[i] = 0.0;
	for (int i = 0; i < n; i++)
		matrix[(ptrdiff_t)i * n + i] = layer->extinction_1_cm * layer->view->inverse_mu[i];
	if (layer->scattering_1_cm > 0.0)
		add_moments(layer, order, first, matrix);
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < i; j++)
			matrix[(ptrdiff_t)j * n + i] = matrix[(ptrdiff_t)i * n + j];
	}
}

static void scale_delta_m(struct layer *layer, int order)
{
	const struct light_layer *o = &layer->optics;
	layer->scattering_1_cm = o->mus_1_cm * (1.0 - pow(o->g, order));
	layer->extinction_1_cm = fmax(o->mua_1_cm + layer->scattering_1_cm, CLEAR_DEPTH / o->thickness_cm);
}

/* shape rows L v, dual rows inverse(L') v, from the eigenvector rows. */
static void shape_modes(int n, const double *lower, const double *vectors, double *shape, double *dual)
{
	for (int k = 0; k < n; k++) {
		const double *v = vectors + (ptrdiff_t)k * n;
		matrix_times_vector(n, lower, v, shape + (ptrdiff_t)k * n);
		memcpy(dual + (ptrdiff_t)k * n, v, (size_t)n * sizeof *v);
		matrix_solve_lower_transposed(n, lower, dual + (ptrdiff_t)k * n);
	}
}

/* Without absorption exactly one rate is 0 (Chandrasekhar 1960, Radiative Transfer, section 77); rounding
 * would make it a spurious source or sink of a thick layer. */
static void conserve(const struct layer *layer)
{
	int least = 0;
	for (int k = 1; k < layer->view->count; k++)
		least = layer->lambda[k] < layer->lambda[least] ? k : least;
	if (layer->optics.mua_1_cm == 0.0)
		layer->lambda[least] = 0.0;
}

/* scratch: 0 holds A, 1 holds L, 2 the product; shape serves as scratch until the modes are known. */
static enum status find_modes(struct layer *layer, int order, double *const scratch[3], struct fail *why)
{
	int n = layer->view->count;
	build_operator(layer, order, 0, scratch[0]);
	build_operator(layer, order, 1, scratch[1]);
	if (matrix_cholesky(n, scratch[1], scratch[1]))
		return fail_set(why, ST_NUMERIC, "mus_1_cm", "the odd phase moments are not positive definite");
	matrix_congruence_transposed(n, scratch[1], scratch[0], layer->shape, scratch[2]);
	if (matrix_eigen_symmetric(n, scratch[2], layer->lambda, scratch[0], layer->dual))
		return fail_set(why, ST_NUMERIC, "layer", "the eigenvalue iteration did not converge");
	for (int k = 0; k < n; k++)
		layer->lambda[k] = sqrt(fmax(layer->lambda[k], 0.0));
	conserve(layer);
	shape_modes(n, scratch[1], scratch[0], layer->shape, layer->dual);
	return ST_OK;
}

static void tabulate_hyperbolics(struct layer *layer)
{
	double d = layer->optics.thickness_cm;
	for (int k = 0; k < layer->view->count; k++) {
		double rate = layer->lambda[k], depth = rate * d;
		double e = exp(-depth), sum = 1.0 + e * e;
		double t = depth < SLOW_MODE ? tanh(depth) : (1.0 - e * e) / sum;
		layer->sech[k] = 2.0 * e / sum;
		layer->tanh_times[k] = rate * t;
		layer->tanh_over[k] = depth > 0.0 ? t / rate : d;
	}
}

/* Sources of a downward beam of unit flux: q = (mus / 2 n mu0) root p(mu, mu0), even part in sum, odd part
 * in difference. */
static void beam_sources(const struct layer *layer, int order, double *sum, double *difference)
{
	const struct view *view = layer->view;
	int n = view->count;
	double g = layer->optics.g, peak = pow(g, order), power = 1.0;
	double scale = layer->scattering_1_cm / (view->n * view->beam_cosine);
	for (int i = 0; i < n; i++)
		sum[i] = difference[i] = 0.0;
	for (int k = 0; k < order; k++, power *= g) {
		double factor = scale * moment(power, peak) * view->at_beam[k];
		double *out = k % 2 ? difference : sum;
		const double *q = view->polynomial + (ptrdiff_t)k * n;
		for (int i = 0; i < n; i++)
			out[i] += factor * q[i] * view->root[i];
	}
}

static double off_resonance(double lambda, double rate)
{
	if (fabs(lambda - rate) < RESONANCE_FRAC * rate)
		return rate * (lambda < rate ? 1.0 - RESONANCE_FRAC : 1.0 + RESONANCE_FRAC);
	return lambda;
}

/* Particular solution y = response e^(-rate z) of (lambda^2 - rate^2) y = shape q_s + rate dual q_d. */
static void respond_to_beam(struct layer *layer, int order, double *const scratch[3])
{
	int n = layer->view->count;
	double rate = layer->beam.rate;
	double *sum = scratch[0], *difference = sum + n, *even = scratch[1], *odd = even + n;
	beam_sources(layer, order, sum, difference);
	matrix_times_vector(n, layer->shape, sum, even);
	matrix_times_vector(n, layer->dual, difference, odd);
	for (int k = 0; k < n; k++) {
		double lambda = layer->lambda[k] = off_resonance(layer->lambda[k], rate);
		layer->response[k] = (even[k] + rate * odd[k]) / ((lambda - rate) * (lambda + rate));
		layer->response_flux[k] = rate * layer->response[k] + odd[k];
	}
}

/* What the beam adds to the relations between the layer's ends (see ordinates.c). */
static void collect_sources(struct layer *layer)
{
	const struct beam *b = &layer->beam;
	for (int k = 0; k < layer->view->count; k++) {
		double y = layer->response[k], flux = layer->response_flux[k];
		double y_top = y * (b->down + b->up * b->end), y_bottom = y * (b->down * b->end + b->up);
		double flux_top = flux * (b->down - b->up * b->end);
		double flux_bottom = flux * (b->down * b->end - b->up);
		layer->source_alpha[k] = y_bottom - layer->sech[k] * y_top + layer->tanh_over[k] * flux_bottom;
		layer->source_flux[k] = flux_top - layer->tanh_times[k] * y_top - layer->sech[k] * flux_bottom;
	}
}

static void clear_sources(struct layer *layer)
{
	size_t size = (size_t)layer->view->count * sizeof(double);
	memset(layer->response, 0, size);
	memset(layer->response_flux, 0, size);
	memset(layer->source_alpha, 0, size);
	memset(layer->source_flux, 0, size);
}

static int is_lit(const struct layer *layer)
{
	return layer->scattering_1_cm > 0.0 && (layer->beam.down > 0.0 || layer->beam.up > 0.0);
}

void ordinates_layer_scale(struct layer *layer, int order)
{
	scale_delta_m(layer, order);
}

enum status ordinates_layer_modes(struct layer *layer, int order, double *const scratch[3], struct fail *why)
{
	enum status st = find_modes(layer, order, scratch, why);
	if (st != ST_OK)
		return st;
	if (is_lit(layer))
		respond_to_beam(layer, order, scratch);
	tabulate_hyperbolics(layer);
	if (is_lit(layer))
		collect_sources(layer);
	else
		clear_sources(layer);
	return ST_OK;
}

/* A mode that is value at the top and has slope at the bottom is
 *     y = value cosh(lambda (d - z)) / cosh(lambda d) + slope sinh(lambda z) / (lambda cosh(lambda d)),
 * regular for every lambda from 0 upwards. Written with decaying exponentials unless it is slow. */
static void set_mode(struct layer *layer, int k, double fluence, double value, double slope)
{
	double rate = layer->lambda[k], depth = rate * layer->optics.thickness_cm;
	layer->rate[k] = rate;
	if (depth < SLOW_MODE) {
		layer->down[k] = fluence * value / cosh(depth);
		layer->up[k] = fluence * slope / cosh(depth);
		return;
	}
	double e = exp(-depth), sum = 1.0 + e * e;
	layer->down[k] = fluence * (value - slope * e / rate) / sum;
	layer->up[k] = fluence * (value * e + slope / rate) / sum;
}

void ordinates_layer_field(struct layer *layer, const double *top_modal, const double *bottom_flux)
{
	const struct view *view = layer->view;
	const struct beam *b = &layer->beam;
	int n = view->count;
	double in_beam = view->beam_cosine > 0.0 ? 1.0 / view->beam_cosine : 0.0;
	for (int k = 0; k < n; k++) {
		const double *shape = layer->shape + (ptrdiff_t)k * n;
		double fluence = 0.0;
		for (int i = 0; i < n; i++)
			fluence += shape[i] * view->root[i];
		fluence *= view->n;
		double value = top_modal[k] - layer->response[k] * (b->down + b->up * b->end);
		double slope = layer->response_flux[k] * (b->down * b->end - b->up) - bottom_flux[k];
		set_mode(layer, k, fluence, value, slope);
		in_beam += fluence * layer->response[k];
	}
	layer->rate[n] = b->rate;
	layer->down[n] = in_beam * b->down;
	layer->up[n] = in_beam * b->up;
}

int ordinates_mode_is_slow(const struct layer *layer, int k)
{
	return k < layer->view->count && layer->rate[k] * layer->optics.thickness_cm < SLOW_MODE;
}
