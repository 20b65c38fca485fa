/* The recursion through plane layers, its quadrature, and Bessel functions of many orders at once. */
#include "physics/rf_layers.h"

#include "physics/nodes.h"

#define PANEL_NODES 16
#define RESCALE_ABOVE 1e200

void rf_layers_init(struct rf_layers *layers, const struct rf_stack *stack, double unit_um)
{
	layers->count = stack->layers;
	for (size_t i = 0; i < stack->layers; i++) {
		layers->y_S_m[i] = rf_admittivity_S_m(&stack->layer[i], stack->frequency_Hz);
		layers->thickness[i] = stack->layer[i].thickness_um / unit_um;
	}
	static const double reflection[] = {
	        [RF_RETURN_FAR] = 0.0, [RF_RETURN_PLATE] = -1.0, [RF_RETURN_NONE] = 1.0};
	layers->deep_reflection = reflection[stack->back];
}

/* G_j = (c - 1) / (c + 1) with the load c = (y_j / y_(j+1)) K_(j+1) the next layer offers. */
static void reflections(const struct rf_layers *layers, double k, struct rf_response *out)
{
	size_t last = layers->count - 1;
	for (size_t i = 0; i <= last; i++)
		out->decay[i] = isinf(layers->thickness[i]) ? 0.0 : exp(-2.0 * k * layers->thickness[i]);
	out->reflection[last] = layers->deep_reflection;
	for (size_t i = last; i-- > 0;) {
		double complex back = out->reflection[i + 1] * out->decay[i + 1];
		double complex upper = layers->y_S_m[i] * (1.0 + back),
		               lower = layers->y_S_m[i + 1] * (1.0 - back);
		out->reflection[i] = (upper - lower) / (upper + lower);
	}
}

void rf_layers_respond(const struct rf_layers *layers, double k, struct rf_response *out)
{
	reflections(layers, k, out);
	double complex back = out->reflection[0] * out->decay[0];
	out->kernel_less_1 = 2.0 * back / (1.0 - back);
	out->amplitude[0] = 1.0 / (1.0 - back);
	for (size_t i = 0; i + 1 < layers->count; i++) {
		double complex at_face = out->amplitude[i] * sqrt(out->decay[i]) * (1.0 + out->reflection[i]);
		out->amplitude[i + 1] = at_face / (1.0 + out->reflection[i + 1] * out->decay[i + 1]);
	}
}

static double modulus2(double complex x)
{
	return creal(x) * creal(x) + cimag(x) * cimag(x);
}

/* 2 pi sigma integral k dk integral dz (|dV/dz|^2 + k^2 |V|^2); the cross terms cancel, which leaves
 * k^2 |A|^2 (1 - d)(1 + |G|^2 d) with d = e^(-2 k h). */
void rf_layers_share(const struct rf_layers *layers, const struct rf_response *response, double *share)
{
	double surface = modulus2(layers->y_S_m[0]);
	for (size_t i = 0; i < layers->count; i++) {
		double decay = response->decay[i];
		share[i] = creal(layers->y_S_m[i]) / surface * modulus2(response->amplitude[i]) *
		           (1.0 - decay) * (1.0 + modulus2(response->reflection[i]) * decay);
	}
}

static size_t panel_count(double first_width, double largest_width, double k_max)
{
	size_t panels = 0;
	double width = first_width;
	for (double from = 0.0; from < k_max; panels++) {
		from += width;
		width = fmin(2.0 * width, largest_width);
	}
	return panels;
}

size_t rf_wavenumbers(double first_width, double largest_width, double k_max, double **k)
{
	struct gauss_rule rule;
	gauss_rule_init(&rule, PANEL_NODES);
	size_t panels = panel_count(first_width, largest_width, k_max), count = panels * PANEL_NODES;
	double *node = malloc(2 * count * sizeof *node), *weight = node + count;
	*k = node;
	if (!node)
		return 0;
	double from = 0.0, width = first_width;
	for (size_t i = 0; i < panels; i++) {
		for (size_t j = 0; j < PANEL_NODES; j++) {
			*node++ = from + width * rule.x[j];
			*weight++ = width * rule.weight[j];
		}
		from += width;
		width = fmin(2.0 * width, largest_width);
	}
	return count;
}

/* f_(n+1) = c_n f_n - f_(n-1), c_n = (2 n + 1) / x for spherical, 2 n / x for cylindrical functions. */
static double recurrence(double x, bool spherical, double n)
{
	return (spherical ? 2.0 * n + 1.0 : 2.0 * n) / x;
}

/* Downward from above the highest order (Miller): the wanted solution grows, the other dies out. */
static void downward(double x, bool spherical, size_t count, double f0, double f1, double *out)
{
	size_t start = count + 24 + (size_t)(12.0 * cbrt((double)count));
	double above = 0.0, here = 1e-280;
	for (size_t n = start; n > 0; n--) {
		double below = recurrence(x, spherical, (double)n) * here - above;
		above = here;
		here = below;
		if (n - 1 < count)
			out[n - 1] = here;
		if (fabs(here) < RESCALE_ABOVE)
			continue;
		above /= RESCALE_ABOVE;
		here /= RESCALE_ABOVE;
		for (size_t m = n - 1; m < count; m++)
			out[m] /= RESCALE_ABOVE;
	}
	double scale = fabs(f0) > fabs(f1) || count < 2 ? f0 / out[0] : f1 / out[1];
	for (size_t n = 0; n < count; n++)
		out[n] *= scale;
}

void rf_bessel_orders(double x, bool spherical, size_t count, double *out)
{
	/* j1 cancels for small x; there j0 is the larger and decides. */
	double f0 = spherical ? sin(x) / x : j0(x);
	double f1 = spherical ? (sin(x) / x - cos(x)) / x : j1(x);
	if (x <= (double)count) {
		downward(x, spherical, count, f0, f1, out);
		return;
	}
	out[0] = f0;
	if (count > 1)
		out[1] = f1;
	for (size_t n = 1; n + 1 < count; n++)
		out[n + 1] = recurrence(x, spherical, (double)n) * out[n] - out[n - 1];
}
