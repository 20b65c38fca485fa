/* One layer at one lateral frequency: operators, eigenmodes, the beam's particular solution, the field. */
#include "physics/base/general.h"
#include "physics/ordinates_beam_internal.h"

/* A mode whose rate coincides with the beam's is moved by this fraction, as in ordinates_layer.c. */
#define RESONANCE_FRAC 1e-8

/* A squared rate that is negative beyond rounding (this share of the largest) would be a wave for ever. */
#define UNDAMPED_FRAC 1e-9

/* Least optical depth of a layer that neither absorbs nor scatters, so that its waves are damped. */
#define CLEAR_DEPTH 1e-6

static double coupling(int m)
{
	return m == 0 ? sqrt(0.5) : 0.5;
}

/* Delta-M moment chi_l, see ordinates_layer.c. */
static double moment(double g, int l, int order)
{
	double peak = pow(g, order);
	return (pow(g, l) - peak) / (1.0 - peak);
}

/* Adds -mus chi_l q q' of one polynomial of mode m, on the nodes (stride azimuths in the operator). */
static void add_moment(const struct beam_layer *layer, int azimuths, int m, const double *q, double chi,
                       double *matrix)
{
	int n = layer->view->view->count, size = layer->size;
	for (int i = 0; i < n; i++) {
		double *row = matrix + (ptrdiff_t)(i * azimuths + m) * size + m;
		double factor = chi * q[i];
		for (int j = 0; j < n; j++)
			row[j * azimuths] -= factor * q[j];
	}
}

/* A (parity 0) or B (parity 1): extinction, lateral coupling and the moments of that parity of l - m. */
static void build_operator(const struct beam_solver *s, const struct beam_layer *layer, double k, int parity,
                           double *matrix)
{
	const struct beam_view *view = layer->view;
	const struct layer *flat = layer->flat;
	int n = view->view->count, azimuths = s->azimuths, size = layer->size, order = s->flat->order;
	double extinction = fmax(flat->extinction_1_cm, CLEAR_DEPTH / flat->optics.thickness_cm);
	memset(matrix, 0, (size_t)(size * size) * sizeof *matrix);
	for (int i = 0; i < n; i++) {
		for (int m = 0; m < azimuths; m++) {
			double *at = matrix + (ptrdiff_t)(i * azimuths + m) * (size + 1);
			at[0] = extinction * view->view->inverse_mu[i];
			if (m + 1 < azimuths) {
				at[1] = k * view->slope[i] * coupling(m);
				at[size] = -at[1];
			}
		}
	}
	for (int m = 0; m < azimuths && m < order && flat->scattering_1_cm > 0.0; m++) {
		for (int l = m + parity; l < order; l += 2) {
			const double *q = view->polynomial + (ptrdiff_t)(view->first[m] + l - m) * n;
			add_moment(layer, azimuths, m, q, flat->scattering_1_cm * moment(flat->optics.g, l, order), matrix);
		}
	}
}

/* Sources of a downward beam of unit flux, as in ordinates_layer.c; only mode 0 sees a vertical beam. */
static void beam_sources(const struct beam_solver *s, const struct beam_layer *layer, double *even, double *odd)
{
	const struct view *view = layer->view->view;
	const struct layer *flat = layer->flat;
	int n = view->count, order = s->flat->order;
	double scale = flat->scattering_1_cm / (view->n * view->beam_cosine);
	memset(even, 0, (size_t)layer->size * sizeof *even);
	memset(odd, 0, (size_t)layer->size * sizeof *odd);
	for (int l = 0; l < order; l++) {
		const double *q = layer->view->polynomial + (ptrdiff_t)l * n;
		double factor = scale * moment(flat->optics.g, l, order) * view->at_beam[l];
		double *out = l % 2 ? odd : even;
		for (int i = 0; i < n; i++)
			out[i * s->azimuths] += factor * q[i];
	}
}

/* ---- modes ---- */

static void turn_around(int n, const double *a, double *out)
{
	for (int i = 0; i < n * n; i++)
		out[i] = a[n * n - 1 - i];
}

static double complex rate_of(double re, double im, double beam_rate)
{
	double complex rate = csqrt(re + I * im);
	if (im != 0.0)
		return rate;
	double real = fmax(sqrt(fmax(re, 0.0)), RATE_MIN_1_CM);
	if (fabs(real - beam_rate) < RESONANCE_FRAC * beam_rate)
		real = beam_rate * (real < beam_rate ? 1.0 - RESONANCE_FRAC : 1.0 + RESONANCE_FRAC);
	return real;
}

/* Columns of unit length from the eigenvectors' rows (which run backwards); a pair shares its scale. */
static void place_vectors(struct beam_layer *layer, const double *rows)
{
	int n = layer->size;
	for (int k = 0; k < n; k++) {
		int pair = cimag(layer->rate[k]) != 0.0, members = pair ? 2 : 1;
		const double *v = rows + (ptrdiff_t)k * n;
		double square = 0.0;
		for (int i = 0; i < members * n; i++)
			square += v[i] * v[i];
		double scale = 1.0 / sqrt(square);
		for (int c = 0; c < members; c++) {
			for (int i = 0; i < n; i++)
				layer->wave[(ptrdiff_t)i * n + k + c] = scale * v[c * n + n - 1 - i];
		}
		k += pair;
	}
}

/* Grazing nodes, with the large entries, are last: the eigenproblem wants them first. */
static enum status find_modes(const struct beam_solver *s, struct beam_layer *layer, double *product,
                              struct fail *why)
{
	int n = layer->size;
	double *turned = s->scratch[3], *rows = s->scratch[4];
	double *re = s->vector[0], *im = s->vector[1], *work = s->scratch[5];
	double largest = 0.0;
	turn_around(n, product, turned);
	if (general_eigen(n, turned, re, im, rows, work))
		return fail_set(why, ST_NUMERIC, "layer", "the eigenvalue iteration did not converge");
	for (int k = 0; k < n; k++)
		largest = fmax(largest, fabs(re[k]));
	for (int k = 0; k < n; k++) {
		if (im[k] == 0.0 && re[k] < -UNDAMPED_FRAC * largest)
			return fail_set(why, ST_NUMERIC, "layer", "a layer does not dampen a lateral wave");
		layer->rate[k] = rate_of(re[k], im[k], layer->flat->beam.rate);
	}
	place_vectors(layer, rows);
	return ST_OK;
}

/* x := f(rate) x on modal coefficients, where a pair is the complex number x1 - i x2. */
static void scale_pair(double complex factor, double *x1, double *x2)
{
	double complex c = factor * (*x1 - I * *x2);
	*x1 = creal(c);
	*x2 = -cimag(c);
}

/* (B A - rate^2) y = B q_s + rate q_d in the modes; out: y. work: size x size and a vector. */
static int respond(const struct beam_layer *layer, const double *right, double *copy, double *modal, double *out)
{
	int n = layer->size;
	double rate = layer->flat->beam.rate;
	memcpy(copy, layer->wave, (size_t)(n * n) * sizeof *copy);
	memcpy(modal, right, (size_t)n * sizeof *modal);
	if (general_divide(n, copy, 1, modal))
		return -1;
	for (int k = 0; k < n; k++) {
		double complex lambda = layer->rate[k], factor = 1.0 / ((lambda - rate) * (lambda + rate));
		if (cimag(lambda) == 0.0) {
			modal[k] *= creal(factor);
		} else {
			scale_pair(factor, &modal[k], &modal[k + 1]);
			k++;
		}
	}
	general_multiply(n, n, 1, layer->wave, modal, out);
	return 0;
}

/* V = inverse(B) W rate and the beam's beta = inverse(B) (q_d + rate y), in one division. */
static int find_fluxes(struct beam_layer *layer, double *odd_operator, const double *odd, double *joint)
{
	int n = layer->size, columns = n + 1;
	double rate = layer->flat->beam.rate;
	for (int i = 0; i < n; i++) {
		memcpy(joint + (ptrdiff_t)i * columns, layer->wave + (ptrdiff_t)i * n, (size_t)n * sizeof *joint);
		joint[(ptrdiff_t)i * columns + n] = odd[i] + rate * layer->response[i];
	}
	if (general_divide(n, odd_operator, columns, joint))
		return -1;
	for (int i = 0; i < n; i++) {
		const double *from = joint + (ptrdiff_t)i * columns;
		double *to = layer->flux + (ptrdiff_t)i * n;
		layer->response_flux[i] = from[n];
		for (int k = 0; k < n; k++) {
			double re = creal(layer->rate[k]), im = cimag(layer->rate[k]);
			to[k] = re * from[k];
			if (im > 0.0)
				to[k] -= im * from[k + 1];
			else if (im < 0.0)
				to[k] -= im * from[k - 1];
		}
	}
	return 0;
}

enum status beam_layer_modes(const struct beam_solver *s, struct beam_layer *layer, double k_1_cm,
                             struct fail *why)
{
	int n = layer->size;
	double *even_operator = s->scratch[0], *odd_operator = s->scratch[1], *product = s->scratch[2];
	double *even = s->vector[2], *odd = s->vector[3], *right = s->vector[4];
	build_operator(s, layer, k_1_cm, 0, even_operator);
	build_operator(s, layer, k_1_cm, 1, odd_operator);
	general_multiply(n, n, n, odd_operator, even_operator, product);
	enum status st = find_modes(s, layer, product, why);
	if (st)
		return st;
	beam_sources(s, layer, even, odd);
	general_multiply(n, n, 1, odd_operator, even, right);
	for (int i = 0; i < n; i++)
		right[i] += layer->flat->beam.rate * odd[i];
	if (respond(layer, right, s->scratch[3], s->vector[5], layer->response) ||
	    find_fluxes(layer, odd_operator, odd, s->scratch[4]))
		return fail_set(why, ST_NUMERIC, "layer", "the modes of a layer are not independent");
	return ST_OK;
}

/* ---- waves and decay ---- */

void beam_layer_source(const struct beam_layer *layer, int bottom, double *downward, double *upward)
{
	const struct beam *b = &layer->flat->beam;
	double down = bottom ? b->down * b->end : b->down, up = bottom ? b->up : b->up * b->end;
	for (int i = 0; i < layer->size; i++) {
		double alpha = layer->response[i] * (down + up), beta = layer->response_flux[i] * (down - up);
		downward[i] = 0.5 * (alpha + beta);
		upward[i] = 0.5 * (alpha - beta);
	}
}

static double complex end_of(const struct beam_layer *layer, int k)
{
	return cexp(-layer->rate[k] * layer->flat->optics.thickness_cm);
}

void beam_layer_decay_rows(const struct beam_layer *layer, int columns, double *matrix)
{
	for (int k = 0; k < layer->size; k++) {
		double complex end = end_of(layer, k);
		double re = creal(end), im = cimag(end), *row = matrix + (ptrdiff_t)k * columns, *next = row + columns;
		if (cimag(layer->rate[k]) == 0.0) {
			for (int j = 0; j < columns; j++)
				row[j] *= re;
			continue;
		}
		for (int j = 0; j < columns; j++) {
			double t = row[j];
			row[j] = re * t + im * next[j];
			next[j] = re * next[j] - im * t;
		}
		k++;
	}
}

void beam_layer_decay_columns(const struct beam_layer *layer, double *matrix)
{
	int n = layer->size;
	for (int k = 0; k < n; k++) {
		double complex end = end_of(layer, k);
		double re = creal(end), im = cimag(end);
		int pair = cimag(layer->rate[k]) != 0.0;
		for (int i = 0; i < n; i++) {
			double *at = matrix + (ptrdiff_t)i * n + k, t = at[0];
			at[0] = re * t;
			if (pair) {
				at[0] -= im * at[1];
				at[1] = im * t + re * at[1];
			}
		}
		k += pair;
	}
}

/* ---- the field ---- */

/* Fluence of column k of W (for a pair: complex): n sum root alpha of azimuth mode 0. */
static double column_fluence(const struct beam_layer *layer, int azimuths, const double *alpha, int stride)
{
	const struct view *view = layer->view->view;
	double sum = 0.0;
	for (int i = 0; i < view->count; i++)
		sum += view->root[i] * alpha[(ptrdiff_t)i * azimuths * stride];
	return view->n * sum;
}

int beam_layer_field(const struct beam_layer *layer, int azimuths, const double *a, const double *b,
                     struct beam_mode *mode)
{
	const struct beam *beam = &layer->flat->beam;
	int count = 0, n = layer->size;
	for (int k = 0; k < n; k++) {
		double complex fluence = column_fluence(layer, azimuths, layer->wave + k, n), down = a[k], up = b[k];
		int pair = cimag(layer->rate[k]) != 0.0;
		if (pair) {
			fluence += I * column_fluence(layer, azimuths, layer->wave + k + 1, n);
			down -= I * a[k + 1];
			up -= I * b[k + 1];
		}
		mode[count++] = (struct beam_mode){layer->rate[k], down * fluence, up * fluence};
		k += pair;
	}
	double fluence = column_fluence(layer, azimuths, layer->response, 1);
	mode[count++] = (struct beam_mode){beam->rate, fluence * beam->down, fluence * beam->up};
	return count;
}
