/* Smooth kernels of the layered part by distance, tabulated once and interpolated. */
#include "physics/rf_patch_private.h"

#define DEPTHS                                                                                               \
	20.0 /* scales: e^-40 is left of what falls as e^(-2 k scale), e^-20 of a field at that depth */
#define PHASE_PER_PANEL 8.0
#define FUNCTIONS_MAX (RF_LAYERS_MAX + 4)

bool rf_kernel_new(struct rf_kernel *kernel, const struct rf_layers *layers, double scale, double reach,
                   size_t functions, rf_kernel_fill *fill, void *context, const bool *first_order)
{
	double first = isinf(scale) ? reach : scale, *k = NULL;
	*kernel = (struct rf_kernel){.scale = first, .reach = asinh(reach / first), .functions = functions};
	kernel->value = calloc(functions * RF_KERNEL_NODES, sizeof *kernel->value);
	double height = 0.0;
	for (size_t i = 0; i < layers->count; i++)
		height += isinf(layers->thickness[i]) ? 0.0 : layers->thickness[i];
	size_t nodes =
	        rf_wavenumbers(1e-4 / fmax(height, reach), PHASE_PER_PANEL / reach, DEPTHS / first, &k);
	if (!kernel->value || !nodes) {
		free(k);
		return false;
	}
	double complex value[FUNCTIONS_MAX];
	for (size_t i = 0; i < nodes; i++) {
		struct rf_response response;
		rf_layers_respond(layers, k[i], &response);
		fill(layers, &response, k[i], context, value);
		for (size_t n = 0; n < RF_KERNEL_NODES; n++) {
			double x = k[i] * kernel->scale *
			           sinh(kernel->reach * (double)n / (RF_KERNEL_NODES - 1));
			double even = k[nodes + i] * j0(x), odd = 0.0;
			for (size_t f = 0; f < functions; f++) {
				if (first_order && first_order[f] && odd == 0.0)
					odd = k[nodes + i] * j1(x);
				kernel->value[f * RF_KERNEL_NODES + n] +=
				        value[f] * (first_order && first_order[f] ? odd : even);
			}
		}
	}
	free(k);
	return true;
}

void rf_kernel_free(struct rf_kernel *kernel)
{
	free(kernel->value);
	*kernel = (struct rf_kernel){0};
}

/* Cubic through four nodes. */
void rf_kernel_at(const struct rf_kernel *kernel, double distance, double complex *out)
{
	double at = asinh(distance / kernel->scale) / kernel->reach * (RF_KERNEL_NODES - 1);
	size_t i = at < 1.0 ? 0 : (size_t)at - 1;
	if (i + 4 > RF_KERNEL_NODES)
		i = RF_KERNEL_NODES - 4;
	double t = at - (double)i; /* nodes at 0, 1, 2, 3 */
	double w[4] = {-(t - 1.0) * (t - 2.0) * (t - 3.0) / 6.0, t * (t - 2.0) * (t - 3.0) / 2.0,
	               -t * (t - 1.0) * (t - 3.0) / 2.0, t * (t - 1.0) * (t - 2.0) / 6.0};
	for (size_t f = 0; f < kernel->functions; f++) {
		const double complex *v = kernel->value + f * RF_KERNEL_NODES + i;
		out[f] = w[0] * v[0] + w[1] * v[1] + w[2] * v[2] + w[3] * v[3];
	}
}
