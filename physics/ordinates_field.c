/* Queries of a solution: fluence at a depth, exact integrals of absorption over bins. */
#include "physics/ordinates_internal.h"

/* Bins whose widths agree to this are one run: the exponentials then follow by multiplication. */
#define SAME_WIDTH_FRAC 1e-9

/* e^-x is zero beyond this, and denormal numbers (slow to multiply) begin after it. */
#define EXPONENT_MAX 700.0

/* Bins of one run worked on together. */
#define LANES 4

static double layer_fluence(const struct layer *layer, double z)
{
	double d = layer->optics.thickness_cm, sum = 0.0;
	for (int k = 0; k <= layer->view->count; k++) {
		double rate = layer->rate[k], x = rate * z;
		if (ordinates_mode_is_slow(layer, k))
			sum += layer->down[k] * cosh(rate * (d - z)) + layer->up[k] * z * (1.0 + x * x / 6.0);
		else
			sum += layer->down[k] * exp(-x) + layer->up[k] * exp(-rate * (d - z));
	}
	return sum;
}

double ordinates_fluence(const struct ordinates *solver, double z_cm)
{
	size_t i = 0;
	while (i + 1 < solver->count && z_cm > solver->layer[i].depth_cm)
		i++;
	const struct layer *layer = &solver->layer[i];
	double z = fmin(fmax(z_cm - layer->top_cm, 0.0), layer->optics.thickness_cm);
	return layer_fluence(layer, z);
}

/* Integral of e^(-rate z) over 0 .. width. */
static double decay_integral(double rate, double width)
{
	return rate > 0.0 ? -expm1(-rate * width) / rate : width;
}

/* A slow mode's integral: its value at the middle, as sinh(x) / x is 1 + x^2 / 6 to rounding here. */
static double slow_integral(const struct layer *layer, int k, double from, double width)
{
	double d = layer->optics.thickness_cm, rate = layer->rate[k], z = from + 0.5 * width;
	double x = rate * z, half = 0.5 * rate * width;
	double value = layer->down[k] * cosh(rate * (d - z)) + layer->up[k] * z * (1.0 + x * x / 6.0);
	return value * width * (1.0 + half * half / 6.0);
}

double ordinates_layer_integral(const struct layer *layer, double from_cm, double to_cm)
{
	double sum = 0.0, width = to_cm - from_cm, d = layer->optics.thickness_cm;
	for (int k = 0; k <= layer->view->count; k++) {
		double rate = layer->rate[k];
		if (ordinates_mode_is_slow(layer, k)) {
			sum += slow_integral(layer, k, from_cm, width);
			continue;
		}
		double decayed = layer->down[k] * exp(-rate * from_cm) + layer->up[k] * exp(-rate * (d - to_cm));
		sum += decayed * decay_integral(rate, width);
	}
	return sum;
}

/* out[0], out[stride], ... += start, start ratio, start ratio^2, ...: LANES chains side by side. */
static void add_geometric(double start, double ratio, size_t count, double *out)
{
	double ratio2 = ratio * ratio, step = ratio2 * ratio2, term[LANES];
	term[0] = start;
	term[1] = start * ratio;
	term[2] = start * ratio2;
	term[3] = term[1] * ratio2;
	size_t i = 0;
	for (; i + LANES <= count; i += LANES) {
		for (int l = 0; l < LANES; l++) {
			out[i + (size_t)l] += term[l];
			term[l] *= step;
		}
	}
	for (int l = 0; i < count; i++, l++)
		out[i] += term[l];
}

/* As add_geometric, but the first term goes to the last of count bins. */
static void add_geometric_upwards(double start, double ratio, size_t count, double *out)
{
	double ratio2 = ratio * ratio, step = ratio2 * ratio2, term[LANES];
	term[0] = start;
	term[1] = start * ratio;
	term[2] = start * ratio2;
	term[3] = term[1] * ratio2;
	size_t i = count;
	for (; i >= LANES; i -= LANES) {
		for (size_t l = 0; l < LANES; l++) {
			out[i - 1 - l] += term[l];
			term[l] *= step;
		}
	}
	for (int l = 0; i > 0; i--, l++)
		out[i - 1] += term[l];
}

/* How many bins until a mode has decayed to nothing. */
static size_t alive(double rate, double width, size_t count)
{
	double bins = EXPONENT_MAX / (rate * width);
	return bins < (double)count ? (size_t)bins + 1 : count;
}

/* Adds the energy absorbed in count bins of equal width from a depth within the layer. */
static void add_run(const struct layer *layer, double from, double width, size_t count, double *out)
{
	double mua = layer->optics.mua_1_cm;
	double to_end = fmax(layer->optics.thickness_cm - (from + width * (double)count), 0.0);
	for (int k = 0; k <= layer->view->count; k++) {
		double rate = layer->rate[k];
		if (ordinates_mode_is_slow(layer, k)) {
			for (size_t i = 0; i < count; i++)
				out[i] += mua * slow_integral(layer, k, from + width * (double)i, width);
			continue;
		}
		double each = mua * decay_integral(rate, width), ratio = exp(-rate * width);
		size_t reach = alive(rate, width, count);
		add_geometric(layer->down[k] * each * exp(-rate * from), ratio, reach, out);
		add_geometric_upwards(layer->up[k] * each * exp(-rate * to_end), ratio, reach, out + (count - reach));
	}
}

/* How many bins from the first end above bottom and are as wide as it. */
static size_t run_length(const double *edges, size_t count, double bottom)
{
	double width = edges[1] - edges[0], slack = SAME_WIDTH_FRAC * width;
	size_t length = 1;
	while (length < count && edges[length + 1] <= bottom + slack &&
	       fabs(edges[length + 1] - edges[length] - width) <= slack)
		length++;
	return length;
}

/* Adds a layer's absorbed energy per area to the bins it overlaps, from bin first on; returns the first
 * bin that reaches below it. An edge within rounding of an interface counts as on it. */
static size_t add_layer(const struct layer *layer, const double *edges, size_t count, size_t first,
                        double *out)
{
	size_t i = first;
	while (i < count && edges[i] < layer->depth_cm) {
		double slack = SAME_WIDTH_FRAC * (edges[i + 1] - edges[i]);
		double from = fmax(edges[i], layer->top_cm);
		size_t run = edges[i] >= layer->top_cm ? run_length(edges + i, count - i, layer->depth_cm) : 1;
		double to = fmin(edges[i + run], layer->depth_cm);
		if (to - from > slack)
			add_run(layer, from - layer->top_cm, (to - from) / (double)run, run, out + i);
		if (edges[i + run] > layer->depth_cm + slack)
			return i;
		i += run;
	}
	return i;
}

void ordinates_absorption(const struct ordinates *solver, const double *edges_cm, size_t count,
                          double *absorption_1_cm)
{
	size_t bin = 0;
	for (size_t i = 0; i < count; i++)
		absorption_1_cm[i] = 0.0;
	for (size_t l = 0; l < solver->count; l++) {
		while (bin < count && edges_cm[bin + 1] <= solver->layer[l].top_cm)
			bin++;
		bin = add_layer(&solver->layer[l], edges_cm, count, bin, absorption_1_cm);
	}
	for (size_t i = 0; i < count; i++)
		absorption_1_cm[i] /= edges_cm[i + 1] - edges_cm[i];
}
