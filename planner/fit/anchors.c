/* Anchors: features, choice, least squares. */
#include "planner/fit/anchors.h"

#include "physics/base/matrix.h"

#define FEATURES 3
#define TERMS (FEATURES + 1) /* and the constant */
#define RIDGE 1e-9 /* keeps a feature without spread from dividing by nothing */

/* Absorption of one layer; where the light is of no use to the tables, its water. */
static double absorption(const struct tissue *tissue, size_t layer, double wavelength_nm)
{
	struct tissue_optics optics;
	struct fail unknown;
	if (tissue_optics_at(tissue, layer, wavelength_nm, &optics, &unknown) == ST_OK)
		return optics.mua_1_cm.value;
	return tissue->layer[layer].water_frac;
}

/* Logarithm of the mean over the layers of one side of the basal membrane. */
static double side(const struct tissue *tissue, double wavelength_nm, bool dermis)
{
	double sum = 0, thickness = 0;
	for (size_t l = 0; l < tissue->count; l++) {
		const struct tissue_layer *layer = &tissue->layer[l];
		if ((layer->kind >= TISSUE_PAPILLARY) != dermis || layer->kind == TISSUE_SUBCUTIS)
			continue;
		sum += layer->thickness_um * absorption(tissue, l, wavelength_nm);
		thickness += layer->thickness_um;
	}
	return thickness > 0.0 && sum > 0.0 ? log(sum / thickness) : 0.0;
}

/* Centred and scaled to unit spread over the samples. */
static void standardise(double (*feature)[FEATURES], unsigned samples)
{
	for (int f = 0; f < FEATURES; f++) {
		double mean = 0, square = 0;
		for (unsigned s = 0; s < samples; s++)
			mean += feature[s][f] / samples;
		for (unsigned s = 0; s < samples; s++)
			square += pow(feature[s][f] - mean, 2) / samples;
		double sd = sqrt(square);
		for (unsigned s = 0; s < samples; s++)
			feature[s][f] = sd > 1e-12 ? (feature[s][f] - mean) / sd : 0.0;
	}
}

static double distance(const double *a, const double *b)
{
	double sum = 0;
	for (int f = 0; f < FEATURES; f++)
		sum += (a[f] - b[f]) * (a[f] - b[f]);
	return sum;
}

static void choose(double (*feature)[FEATURES], struct anchors *out)
{
	double nearest[ANCHOR_SAMPLES_MAX];
	out->count = 1;
	out->index[0] = 0;
	for (unsigned s = 0; s < out->samples; s++)
		nearest[s] = distance(feature[s], feature[0]);
	while (out->count < ANCHORS_MAX) {
		unsigned far = 0;
		for (unsigned s = 1; s < out->samples; s++)
			if (nearest[s] > nearest[far])
				far = s;
		out->index[out->count++] = far;
		for (unsigned s = 0; s < out->samples; s++)
			nearest[s] = fmin(nearest[s], distance(feature[s], feature[far]));
	}
}

static void terms_of(const double *feature, double *terms)
{
	terms[0] = 1.0;
	for (int f = 0; f < FEATURES; f++)
		terms[f + 1] = feature[f];
}

/* x := inverse(F'F) x for the anchors' terms F. */
static void solve(double (*feature)[FEATURES], const struct anchors *a, double *x)
{
	double normal[TERMS * TERMS] = {0}, terms[TERMS];
	for (unsigned k = 0; k < a->count; k++) {
		terms_of(feature[a->index[k]], terms);
		for (int i = 0; i < TERMS; i++)
			for (int j = 0; j < TERMS; j++)
				normal[i * TERMS + j] += terms[i] * terms[j];
	}
	for (int i = 0; i < TERMS; i++)
		normal[i * TERMS + i] += RIDGE;
	matrix_lu(TERMS, normal);
	matrix_lu_solve(TERMS, normal, x);
}

static void plane_weights(double (*feature)[FEATURES], const struct anchors *a, unsigned sample, double *weight)
{
	double x[TERMS], terms[TERMS];
	terms_of(feature[sample], x);
	solve(feature, a, x);
	for (unsigned k = 0; k < a->count; k++) {
		terms_of(feature[a->index[k]], terms);
		weight[k] = 0;
		for (int i = 0; i < TERMS; i++)
			weight[k] += terms[i] * x[i];
	}
}

static void each_its_own(struct anchors *out)
{
	out->count = out->samples;
	for (unsigned s = 0; s < out->samples; s++) {
		out->index[s] = s;
		out->weight[s][s] = out->smooth[s][s] = 1.0;
	}
}

void anchors_choose(const struct tissue *tissue, unsigned samples, double wavelength_nm, struct anchors *out)
{
	double feature[ANCHOR_SAMPLES_MAX][FEATURES];
	memset(out, 0, sizeof *out);
	out->samples = samples;
	if (samples <= ANCHORS_MAX) {
		each_its_own(out);
		return;
	}
	for (unsigned s = 0; s < samples; s++) {
		feature[s][0] = side(&tissue[s], wavelength_nm, false);
		feature[s][1] = side(&tissue[s], wavelength_nm, true);
		feature[s][2] = tissue[s].surface_temperature_C;
	}
	standardise(feature, samples);
	choose(feature, out);
	for (unsigned s = 0; s < samples; s++)
		plane_weights(feature, out, s, out->weight[s]);
	for (unsigned k = 0; k < out->count; k++) {
		double *own = out->weight[out->index[k]];
		memcpy(out->smooth[k], own, sizeof out->smooth[k]);
		memset(own, 0, sizeof out->smooth[k]);
		own[k] = 1.0;
	}
}

double anchors_value(const struct anchors *anchors, unsigned s, const double *of_anchor)
{
	double sum = 0;
	for (unsigned k = 0; k < anchors->count; k++)
		sum += anchors->weight[s][k] * of_anchor[k];
	return sum;
}

bool anchors_exact(const struct anchors *anchors, unsigned s)
{
	for (unsigned k = 0; k < anchors->count; k++)
		if (anchors->index[k] == s)
			return true;
	return false;
}

double anchors_error(const struct anchors *anchors, const double *of_anchor)
{
	double square = 0;
	if (anchors->count <= TERMS || anchors->samples <= ANCHORS_MAX)
		return 0;
	for (unsigned k = 0; k < anchors->count; k++) {
		double plane = 0;
		for (unsigned j = 0; j < anchors->count; j++)
			plane += anchors->smooth[k][j] * of_anchor[j];
		square += (of_anchor[k] - plane) * (of_anchor[k] - plane);
	}
	return sqrt(square / (anchors->count - TERMS));
}
