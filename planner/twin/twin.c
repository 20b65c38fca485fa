/* The skin twin: its properties, their latent coordinates, samples, and the layered skin of a sample.
 * The estimate itself stands in calibrate.c. */
#include "planner/twin/twin.h"

#include "physics/base/rng.h"
#include "planner/twin/twin_private.h"

#define BASAL_UM 10.0     /* one cell layer (skin.md 1.1: about 10 um) */
#define PAPILLARY_UM 150.0 /* papillary dermis 100-200 um */
#define PLEXUS_UM 100.0    /* superficial plexus at the papillary-reticular border */
#define NORMAL_95 1.6448536269514722

/* Shape of each marginal: quantities that cannot be negative are log-normal, shares logit-normal. */
enum shape { SHAPE_NORMAL, SHAPE_LOG, SHAPE_LOGIT };

static const struct {
	struct twin_property_spec spec;
	enum shape shape;
} table[TWIN_PROPERTIES] = {
	[TWIN_MELANOSOME_FRAC] = {{"melanosome_frac", "%", "Melanosomes, normal skin", 100, 2}, SHAPE_LOG},
	[TWIN_LESION_MELANOSOME_FRAC] = {{"lesion_melanosome_frac", "%", "Melanosomes, field", 100, 2}, SHAPE_LOG},
	[TWIN_BASAL_RATIO] = {{"basal_ratio", "", "Basal / upper melanin", 1, 1}, SHAPE_LOG},
	[TWIN_BLOOD_FRAC] = {{"blood_frac", "%", "Blood, papillary", 100, 2}, SHAPE_LOG},
	[TWIN_SATURATION_FRAC] = {{"saturation_frac", "%", "Oxygen saturation", 100, 0}, SHAPE_LOGIT},
	[TWIN_CORNEUM_WATER_FRAC] = {{"corneum_water_frac", "%", "Water, corneum", 100, 0}, SHAPE_LOGIT},
	[TWIN_EPIDERMIS_WATER_FRAC] = {{"epidermis_water_frac", "%", "Water, epidermis", 100, 0}, SHAPE_LOGIT},
	[TWIN_DERMIS_WATER_FRAC] = {{"dermis_water_frac", "%", "Water, dermis", 100, 0}, SHAPE_LOGIT},
	[TWIN_CORNEUM_UM] = {{"corneum_um", "um", "Stratum corneum", 1, 0}, SHAPE_LOG},
	[TWIN_EPIDERMIS_UM] = {{"epidermis_um", "um", "Epidermis", 1, 0}, SHAPE_LOG},
	[TWIN_DERMIS_UM] = {{"dermis_um", "um", "Dermis", 1, 0}, SHAPE_LOG},
	[TWIN_SUBCUTIS_UM] = {{"subcutis_um", "mm", "Subcutis", 1e-3, 1}, SHAPE_LOG},
	[TWIN_ELASTICITY_R2] = {{"elasticity_r2", "", "Elasticity R2", 1, 2}, SHAPE_LOGIT},
	[TWIN_SKIN_TEMPERATURE_C] = {{"skin_temperature_C", "C", "Skin temperature", 1, 1}, SHAPE_NORMAL},
	[TWIN_UNEXPOSED_MELANOSOME_FRAC] = {{"unexposed_melanosome_frac", "%", "Melanosomes, unexposed", 100, 2},
	                                    SHAPE_LOG},
	[TWIN_SCATTERING_SCALE] = {{"scattering_scale", "", "Scattering / tables", 1, 2}, SHAPE_LOG},
	[TWIN_TEWL_G_M2_H] = {{"tewl_g_m2_h", "", "Water loss, g/m2h", 1, 1}, SHAPE_LOG},
	[TWIN_LESION_DEPTH_UM] = {{"lesion_depth_um", "um", "Pigment or ink depth", 1, 0}, SHAPE_LOG},
	[TWIN_DEPTH_FACTOR] = {{"depth_factor", "", "Depth / predicted", 1, 2}, SHAPE_LOG},
	[TWIN_THRESHOLD_FACTOR] = {{"threshold_factor", "", "Threshold / predicted", 1, 2}, SHAPE_LOG},
	[TWIN_CLEARANCE_FACTOR] = {{"clearance_factor", "", "Clearance / published", 1, 2}, SHAPE_LOG},
	[TWIN_HEALING_FACTOR] = {{"healing_factor", "", "Redness / published", 1, 2}, SHAPE_LOG},
	[TWIN_PIH_OFFSET] = {{"pih_offset", "", "PIH liability, probit", 1, 2}, SHAPE_NORMAL},
};

const struct twin_property_spec *twin_property_spec(enum twin_property property)
{
	BUG_ON((unsigned)property >= TWIN_PROPERTIES);
	return &table[property].spec;
}

const char *twin_origin_name(enum twin_origin origin)
{
	static const char *const names[] = {"measured", "derived", "prior"};
	return (unsigned)origin < 3 ? names[origin] : "unknown";
}

/* ---- latent coordinates ---- */

double twin_latent(enum twin_property property, double value)
{
	switch (table[property].shape) {
	case SHAPE_LOG:
		return log(value);
	case SHAPE_LOGIT:
		return log(value / (1.0 - value));
	case SHAPE_NORMAL:
		break;
	}
	return value;
}

double twin_value_at(enum twin_property property, double latent)
{
	switch (table[property].shape) {
	case SHAPE_LOG:
		return exp(latent);
	case SHAPE_LOGIT:
		return 1.0 / (1.0 + exp(-latent));
	case SHAPE_NORMAL:
		break;
	}
	return latent;
}

/* The latent spread that a spread of the value at its median stands for, and back. */
double twin_latent_sd(enum twin_property property, double median, double sd)
{
	switch (table[property].shape) {
	case SHAPE_LOG:
		return sqrt(log1p(sd * sd / (median * median)));
	case SHAPE_LOGIT:
		return sd / (median * (1.0 - median));
	case SHAPE_NORMAL:
		break;
	}
	return sd;
}

static double value_sd(enum twin_property property, double median, double sd)
{
	switch (table[property].shape) {
	case SHAPE_LOG:
		return median * sqrt(expm1(sd * sd));
	case SHAPE_LOGIT:
		return sd * median * (1.0 - median);
	case SHAPE_NORMAL:
		break;
	}
	return sd;
}

enum status twin_refresh(struct twin *twin, struct fail *why)
{
	if (matrix_cholesky(TWIN_PROPERTIES, &twin->covariance[0][0], &twin->lower[0][0]))
		return fail_set(why, ST_NUMERIC, "twin", "the covariance of the properties is not positive");
	for (int p = 0; p < TWIN_PROPERTIES; p++) {
		struct twin_value *v = &twin->property[p];
		double mean = twin->latent[p], sd = sqrt(twin->covariance[p][p]);
		v->median = twin_value_at((enum twin_property)p, mean);
		v->sd = value_sd((enum twin_property)p, v->median, sd);
		v->p05 = twin_value_at((enum twin_property)p, mean - NORMAL_95 * sd);
		v->p95 = twin_value_at((enum twin_property)p, mean + NORMAL_95 * sd);
	}
	return ST_OK;
}

/* ---- samples ---- */

#define SAMPLE_REACH 3.0 /* standard deviations of the independent normals behind a sample */

void twin_sample(const struct twin *twin, uint64_t seed, unsigned index, double *value)
{
	double z[TWIN_PROPERTIES];
	struct rng rng;
	rng_seed(&rng, seed, index);
	for (int p = 0; p < TWIN_PROPERTIES; p++)
		z[p] = index ? fmin(fmax(rng_normal(&rng), -SAMPLE_REACH), SAMPLE_REACH) : 0.0;
	for (int p = 0; p < TWIN_PROPERTIES; p++) {
		double latent = twin->latent[p];
		for (int q = 0; q <= p; q++)
			latent += twin->lower[p][q] * z[q];
		value[p] = twin_value_at((enum twin_property)p, latent);
	}
}

/* ---- tan ---- */

void twin_tan(const struct twin *twin, struct twin_tan *out)
{
	const enum twin_property n = TWIN_MELANOSOME_FRAC, u = TWIN_UNEXPOSED_MELANOSOME_FRAC;
	double mean = twin->latent[n] - twin->latent[u];
	double sd = sqrt(fmax(twin->covariance[n][n] + twin->covariance[u][u] - 2.0 * twin->covariance[n][u], 0.0));
	*out = (struct twin_tan){
		.measured = twin->tan_measured,
		.index_rel = twin->tan_rel,
		.melanin_rel = expm1(mean),
		.melanin_p05 = expm1(mean - NORMAL_95 * sd),
		.melanin_p95 = expm1(mean + NORMAL_95 * sd),
	};
	out->tanned = out->index_rel > TWIN_TAN_REL ||
	              (out->measured && out->melanin_p05 > 0.0 && out->melanin_rel > TWIN_TAN_REL);
}

/* ---- the layered skin ---- */

/* Layer thicknesses of one sample; a sampled corneum never swallows the epidermis. */
static void stack_layers(const double *value, struct tissue *out)
{
	double epidermis = fmax(value[TWIN_EPIDERMIS_UM], 2.5 * BASAL_UM);
	double corneum = fmin(value[TWIN_CORNEUM_UM], 0.5 * epidermis);
	double dermis = fmax(value[TWIN_DERMIS_UM], 1.5 * (PAPILLARY_UM + PLEXUS_UM));
	const struct {
		enum tissue_kind kind;
		double um;
	} rows[] = {
		{TISSUE_STRATUM_CORNEUM, corneum},
		{TISSUE_EPIDERMIS, epidermis - corneum - BASAL_UM},
		{TISSUE_BASAL, BASAL_UM},
		{TISSUE_PAPILLARY, PAPILLARY_UM},
		{TISSUE_PLEXUS, PLEXUS_UM},
		{TISSUE_RETICULAR, dermis - PAPILLARY_UM - PLEXUS_UM},
		{TISSUE_SUBCUTIS, value[TWIN_SUBCUTIS_UM]},
	};
	out->count = sizeof rows / sizeof rows[0];
	for (size_t i = 0; i < out->count; i++)
		out->layer[i] = (struct tissue_layer){.kind = rows[i].kind, .thickness_um = rows[i].um};
}

/* The basal layer is folded: 2.6 mm2 of it lie under a mm2 of skin at 21-40 years, 1.9 at 61-80 (A. Moragas et al.,
 * Anal Quant Cytol Histol 1993;15:75, recalled); taken as 2, in all skin. A plane layer holds one of them; the
 * others stand across the epidermis beside it and are spread there. */
#define BASAL_FOLDS 2.0

/* Melanosomes: mean over the viable epidermis split by the basal ratio; packing cannot pass 80 %. */
static void fill_melanin(double mean_frac, double ratio, struct tissue *out)
{
	double upper_um = out->layer[1].thickness_um, all_um = upper_um + BASAL_UM;
	double across_um = fmin((BASAL_FOLDS - 1.0) * BASAL_UM, 0.5 * upper_um);
	double cells = mean_frac * all_um / (upper_um - across_um + ratio * (BASAL_UM + across_um));
	double basal = fmin(ratio * cells, 0.8);
	out->layer[1].melanosome_frac = fmin((mean_frac * all_um - basal * BASAL_UM) / upper_um, 0.8);
	out->layer[2].melanosome_frac = basal;
}

/* Blood by layer: plexus about twice the papillary loops, reticular dermis a third (0.2 % where papillary
 * is 0.6 %, Jacques 1998); the subcutis as the reticular dermis. */
static void fill_blood(const double *value, struct tissue *out)
{
	static const double share[] = {0, 0, 0, 1.0, 2.0, 1.0 / 3.0, 1.0 / 3.0};
	for (size_t i = 0; i < out->count; i++) {
		out->layer[i].blood_frac = fmin(share[i] * value[TWIN_BLOOD_FRAC], 0.2);
		out->layer[i].saturation_frac = value[TWIN_SATURATION_FRAC];
	}
}

void twin_tissue(const double *value, enum twin_region region, struct tissue *out)
{
	/* a sample far out in several properties at once still is a skin */
	*out = (struct tissue){.surface_temperature_C = fmin(fmax(value[TWIN_SKIN_TEMPERATURE_C], 5.0), 45.0),
	                       .core_temperature_C = 37.0,
	                       .scattering_scale = fmin(fmax(value[TWIN_SCATTERING_SCALE], 0.3), 3.0)};
	stack_layers(value, out);
	fill_melanin(value[region == TWIN_LESION ? TWIN_LESION_MELANOSOME_FRAC : TWIN_MELANOSOME_FRAC],
	             value[TWIN_BASAL_RATIO], out);
	fill_blood(value, out);
	const double water[] = {value[TWIN_CORNEUM_WATER_FRAC],   value[TWIN_EPIDERMIS_WATER_FRAC],
	                        value[TWIN_EPIDERMIS_WATER_FRAC], value[TWIN_DERMIS_WATER_FRAC],
	                        value[TWIN_DERMIS_WATER_FRAC],    value[TWIN_DERMIS_WATER_FRAC],
	                        0.15 /* subcutis 10-20 % */};
	for (size_t i = 0; i < out->count; i++)
		out->layer[i].water_frac = water[i] * (1.0 - out->layer[i].melanosome_frac - out->layer[i].blood_frac);
	out->layer[out->count - 1].fat_frac = 0.75; /* adipose tissue: the rest is septa and cells */
}
