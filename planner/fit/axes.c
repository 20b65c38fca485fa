/* Axes: common points, weighted sums over them. */
#include "planner/fit/axes.h"

#define BEYOND 2.0 /* samples that are stretched to less than their simulated depth read deeper than asked */
#define OMEGA_LN_LIMIT 30.0 /* as the table's own */

static double ln_omega(double omega)
{
	return omega > 0.0 ? fmin(fmax(log(omega), -OMEGA_LN_LIMIT), OMEGA_LN_LIMIT) : -OMEGA_LN_LIMIT;
}

/* One anchor on the points, linear between its own and held at both ends. */
static void resample(const struct microbeam_axis *axis, double scale_um, double last, double *peak_C, double *omega_ln)
{
	double own_ln[MICROBEAM_AXIS_MAX];
	size_t j = 0;
	for (size_t i = 0; i < axis->count; i++)
		own_ln[i] = ln_omega(axis->omega[i]);
	for (size_t k = 0; k < AXES_POINTS; k++) {
		double at = (double)k / (AXES_POINTS - 1), depth_um = scale_um * last * at * at;
		while (j + 2 < axis->count && axis->depth_um[j + 1] < depth_um)
			j++;
		double f = (depth_um - axis->depth_um[j]) / (axis->depth_um[j + 1] - axis->depth_um[j]);
		f = fmin(fmax(f, 0.0), 1.0);
		peak_C[k] = axis->peak_C[j] + f * (axis->peak_C[j + 1] - axis->peak_C[j]);
		omega_ln[k] = own_ln[j] + f * (own_ln[j + 1] - own_ln[j]);
	}
}

void axes_prepare(const struct anchors *anchors, const struct microbeam_axis *axis, const double *killed_um,
                  double reach_um, double least_um, struct axes *out)
{
	out->shares = least_um > 0.0;
	for (unsigned k = 0; k < anchors->count; k++)
		out->shares = out->shares && killed_um[k] > 0.0;
	out->last = out->shares ? reach_um / least_um : BEYOND * reach_um;
	for (unsigned k = 0; k < anchors->count; k++)
		resample(&axis[k], out->shares ? killed_um[k] : 1.0, out->last, out->peak_C[k], out->omega_ln[k]);
}

static void weigh(const struct anchors *anchors, unsigned s, const double (*of_anchor)[AXES_POINTS], double *sum)
{
	memset(sum, 0, AXES_POINTS * sizeof *sum);
	for (unsigned k = 0; k < anchors->count; k++) {
		double weight = anchors->weight[s][k];
		for (size_t p = 0; p < AXES_POINTS; p++)
			sum[p] += weight * of_anchor[k][p];
	}
}

void axes_sample(const struct axes *axes, const struct anchors *anchors, unsigned s, double killed_um,
                 double stretch, const double *depth_um, size_t depths, double *peak_C, double *omega_ln)
{
	double peak[AXES_POINTS], omega[AXES_POINTS];
	double scale = 1.0 / (axes->last * stretch * (axes->shares ? killed_um : 1.0));
	weigh(anchors, s, axes->peak_C, peak);
	weigh(anchors, s, axes->omega_ln, omega);
	for (size_t i = 0; i < depths; i++) {
		double at = fmin(sqrt(depth_um[i] * scale), 1.0) * (AXES_POINTS - 1);
		size_t k = at < AXES_POINTS - 2 ? (size_t)at : AXES_POINTS - 2;
		/* linear in depth between the points, as the axes themselves are */
		double below = (double)k, f = (at * at - below * below) / (2.0 * below + 1.0);
		peak_C[i] = peak[k] + f * (peak[k + 1] - peak[k]);
		omega_ln[i] = omega[k] + f * (omega[k + 1] - omega[k]);
	}
}
