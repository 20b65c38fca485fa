/* The skin twin, first form.
 *
 * Most properties are a reading with its instrument's error or a prior. Melanin, the property that decides
 * burns, is different: a melanin index or an ITA is not a melanosome fraction. The layered skin is given a
 * range of melanin, its reflectance is computed by the transport engine, and what the instruments would
 * then read is compared with what they did read. Bayes' rule on that one-dimensional grid (prior by skin
 * type x likelihood of each reading) gives median and spread without any iteration that could fail.
 * Blood is found in the same way from the erythema index, with melanin held.
 */
#include "planner/twin/twin.h"

#include "physics/base/rng.h"
#include "physics/base/units.h"
#include "planner/twin/instrument.h"
#include "planner/twin/priors.h"

#define BASAL_UM 10.0     /* one cell layer (skin.md 1.1: about 10 um) */
#define PAPILLARY_UM 150.0 /* papillary dermis 100-200 um */
#define PLEXUS_UM 100.0    /* superficial plexus at the papillary-reticular border */

static const struct twin_property_spec specs[TWIN_PROPERTIES] = {
	[TWIN_MELANOSOME_FRAC] = {"melanosome_frac", "%", "Melanosomes, normal skin", 100, 2},
	[TWIN_LESION_MELANOSOME_FRAC] = {"lesion_melanosome_frac", "%", "Melanosomes, field", 100, 2},
	[TWIN_BASAL_RATIO] = {"basal_ratio", "", "Basal / upper melanin", 1, 1},
	[TWIN_BLOOD_FRAC] = {"blood_frac", "%", "Blood, papillary", 100, 2},
	[TWIN_SATURATION_FRAC] = {"saturation_frac", "%", "Oxygen saturation", 100, 0},
	[TWIN_CORNEUM_WATER_FRAC] = {"corneum_water_frac", "%", "Water, corneum", 100, 0},
	[TWIN_EPIDERMIS_WATER_FRAC] = {"epidermis_water_frac", "%", "Water, epidermis", 100, 0},
	[TWIN_DERMIS_WATER_FRAC] = {"dermis_water_frac", "%", "Water, dermis", 100, 0},
	[TWIN_CORNEUM_UM] = {"corneum_um", "um", "Stratum corneum", 1, 0},
	[TWIN_EPIDERMIS_UM] = {"epidermis_um", "um", "Epidermis", 1, 0},
	[TWIN_DERMIS_UM] = {"dermis_um", "um", "Dermis", 1, 0},
	[TWIN_SUBCUTIS_UM] = {"subcutis_um", "mm", "Subcutis", 1e-3, 1},
	[TWIN_ELASTICITY_R2] = {"elasticity_r2", "", "Elasticity R2", 1, 2},
	[TWIN_SKIN_TEMPERATURE_C] = {"skin_temperature_C", "C", "Skin temperature", 1, 1},
};

/* Shape of each marginal: quantities that cannot be negative are log-normal, shares logit-normal. */
enum shape { SHAPE_NORMAL, SHAPE_LOG, SHAPE_LOGIT };
static const enum shape shapes[TWIN_PROPERTIES] = {
	[TWIN_MELANOSOME_FRAC] = SHAPE_LOG,         [TWIN_LESION_MELANOSOME_FRAC] = SHAPE_LOG,
	[TWIN_BASAL_RATIO] = SHAPE_LOG,             [TWIN_BLOOD_FRAC] = SHAPE_LOG,
	[TWIN_SATURATION_FRAC] = SHAPE_LOGIT,       [TWIN_CORNEUM_WATER_FRAC] = SHAPE_LOGIT,
	[TWIN_EPIDERMIS_WATER_FRAC] = SHAPE_LOGIT,  [TWIN_DERMIS_WATER_FRAC] = SHAPE_LOGIT,
	[TWIN_CORNEUM_UM] = SHAPE_LOG,              [TWIN_EPIDERMIS_UM] = SHAPE_LOG,
	[TWIN_DERMIS_UM] = SHAPE_LOG,               [TWIN_SUBCUTIS_UM] = SHAPE_LOG,
	[TWIN_ELASTICITY_R2] = SHAPE_LOGIT,         [TWIN_SKIN_TEMPERATURE_C] = SHAPE_NORMAL,
};

const struct twin_property_spec *twin_property_spec(enum twin_property property)
{
	BUG_ON((unsigned)property >= TWIN_PROPERTIES);
	return &specs[property];
}

const char *twin_origin_name(enum twin_origin origin)
{
	static const char *const names[] = {"measured", "derived", "prior"};
	return (unsigned)origin < 3 ? names[origin] : "unknown";
}

/* The z-th standard deviation of a marginal, through its shape. */
static double marginal_at(const struct twin_value *v, enum shape shape, double z)
{
	double m = v->median;
	switch (shape) {
	case SHAPE_LOG:
		return m * exp(z * sqrt(log1p(v->sd * v->sd / (m * m))));
	case SHAPE_LOGIT: {
		double logit = log(m / (1.0 - m)) + z * v->sd / (m * (1.0 - m));
		return 1.0 / (1.0 + exp(-logit));
	}
	case SHAPE_NORMAL:
		break;
	}
	return m + z * v->sd;
}

static void set_value(struct twin *twin, enum twin_property p, double median, double sd, enum twin_origin origin,
                      unsigned flags, const char *source)
{
	struct twin_value *v = &twin->property[p];
	v->median = median;
	v->sd = sd;
	v->origin = origin;
	v->flags = flags;
	(void)snprintf(v->source, sizeof v->source, "%s", source);
	v->p05 = marginal_at(v, shapes[p], -1.6449);
	v->p95 = marginal_at(v, shapes[p], 1.6449);
}

static void set_prior(struct twin *twin, enum twin_property p, const struct readings *r)
{
	struct prior prior = prior_of(p, r);
	set_value(twin, p, prior.median, prior.sd, TWIN_PRIOR, prior.flags, prior.source);
}

/* A direct reading: unit factor and instrument repeatability as a share of the value, or absolute. */
struct direct {
	enum twin_property property;
	enum reading reading;
	double factor, sd_share, sd_floor;
	const char *source;
};
static const struct direct directs[] = {
	{TWIN_EPIDERMIS_UM, READING_EPIDERMIS_UM, 1, 0.08, 3, "OCT or ultrasound, 8 %"},
	{TWIN_DERMIS_UM, READING_DERMIS_MM, 1000, 0.08, 60, "ultrasound, 8 %"},
	{TWIN_SUBCUTIS_UM, READING_SUBCUTIS_MM, 1000, 0.15, 200, "ultrasound, 15 %"},
	{TWIN_ELASTICITY_R2, READING_ELASTICITY_R2, 1, 0.05, 0.01, "Cutometer, 5 %"},
	{TWIN_SKIN_TEMPERATURE_C, READING_SKIN_TEMP_C, 1, 0, 0.5, "contact or infrared thermometer, 0.5 C"},
};

static void set_direct(struct twin *twin, const struct readings *r)
{
	for (size_t i = 0; i < sizeof directs / sizeof directs[0]; i++) {
		const struct direct *d = &directs[i];
		if (!r->present[d->reading])
			continue;
		double value = d->factor * r->value[d->reading];
		double sd = fmax(d->sd_floor, d->sd_share * value);
		/* a logit cannot stand at 0 or 1; R2 = 1 is a perfectly elastic band, not skin */
		if (shapes[d->property] == SHAPE_LOGIT)
			value = fmin(fmax(value, 0.01), 0.99);
		set_value(twin, d->property, value, sd, TWIN_MEASURED, VALID, d->source);
	}
}

/* Corneometer 30 to 60 a.u. spans 15 to 40 % water of the stratum corneum (recalled, low confidence). */
static void set_hydration(struct twin *twin, const struct readings *r)
{
	if (!r->present[READING_HYDRATION_AU])
		return;
	double water = 0.15 + 0.25 * (r->value[READING_HYDRATION_AU] - 30.0) / 30.0;
	water = fmin(fmax(water, 0.05), 0.60);
	set_value(twin, TWIN_CORNEUM_WATER_FRAC, water, 0.06, TWIN_DERIVED, VALIDITY_ASSUMED,
	          "Corneometer scale 30-60 a.u. = 15-40 % water");
}

/* The stratum corneum is part of the measured epidermis and leaves at least a basal layer under it. */
static void fit_corneum(struct twin *twin)
{
	struct twin_value *corneum = &twin->property[TWIN_CORNEUM_UM];
	double most = 0.4 * twin->property[TWIN_EPIDERMIS_UM].median;
	if (corneum->median > most)
		set_value(twin, TWIN_CORNEUM_UM, most, 0.3 * most, TWIN_PRIOR, VALIDITY_ASSUMED,
		          "prior, limited to 40 % of the epidermis");
}

static void median_values(const struct twin *twin, double *value)
{
	for (int p = 0; p < TWIN_PROPERTIES; p++)
		value[p] = twin->property[p].median;
}

/* A tan of the last four weeks multiplies basal melanin by 1.2 to 2 (recalled): unless a melanin index was
 * taken, the type says less than usual. */
#define TAN_LN_SD 0.35
static bool tan_possible(const struct readings *r)
{
	bool recent = !r->present[READING_UV_LAST_DAYS] || r->value[READING_UV_LAST_DAYS] < 28.0;
	return recent && !r->present[READING_MI_ADJACENT_NORMAL];
}

static enum status fit_melanin(struct twin *twin, const struct readings *r, struct fail *why)
{
	struct prior ln = prior_melanosome_ln(r->fitzpatrick);
	double value[TWIN_PROPERTIES];
	median_values(twin, value);
	struct instrument_posterior post;
	if (tan_possible(r))
		ln.sd = hypot(ln.sd, TAN_LN_SD);
	enum status st = instrument_fit_melanin(value, r, INSTRUMENT_NORMAL_SKIN, ln.median, ln.sd, &post, why);
	if (st)
		return st;
	set_value(twin, TWIN_MELANOSOME_FRAC, post.median, post.sd, post.readings ? TWIN_DERIVED : TWIN_PRIOR,
	          ln.flags | post.flags, post.readings ? post.source : ln.source);
	value[TWIN_MELANOSOME_FRAC] = post.median;
	/* the lesion starts from the normal skin around it and is moved by its own index; a lesion nobody
	 * measured may be lighter or darker, so half a natural log of spread is added */
	double lesion_sd = hypot(post.sd / post.median, 0.5);
	enum instrument_field field = INSTRUMENT_LESION;
	struct instrument_posterior lesion;
	st = instrument_fit_melanin(value, r, field, log(post.median), lesion_sd, &lesion, why);
	if (st)
		return st;
	set_value(twin, TWIN_LESION_MELANOSOME_FRAC, lesion.median, lesion.sd,
	          lesion.readings ? TWIN_DERIVED : TWIN_PRIOR, lesion.flags | VALIDITY_ASSUMED,
	          lesion.readings ? lesion.source : "as the normal skin beside it, spread widened");
	return ST_OK;
}

static enum status fit_blood(struct twin *twin, const struct readings *r, struct fail *why)
{
	if (!r->present[READING_EI] || r->mi_scale != MI_MEXAMETER)
		return ST_OK;
	double value[TWIN_PROPERTIES];
	median_values(twin, value);
	const struct twin_value *prior = &twin->property[TWIN_BLOOD_FRAC];
	struct instrument_posterior post;
	enum status st = instrument_fit_blood(value, r, log(prior->median), prior->sd / prior->median, &post, why);
	if (st == ST_OK)
		set_value(twin, TWIN_BLOOD_FRAC, post.median, post.sd, TWIN_DERIVED, VALIDITY_ASSUMED | post.flags,
		          post.source);
	return st;
}

/* ITA classes of Chardon 1991 / Del Bino 2006 read as types: a loose prior, used only where the type was
 * never recorded. */
static int type_from_ita(double ita_deg)
{
	static const double lower_deg[] = {55, 41, 28, 10, -30};
	int type = 1;
	while (type < 6 && ita_deg <= lower_deg[type - 1])
		type++;
	return type;
}

static void set_colour(struct twin *twin, const struct readings *r, double model_ita_deg)
{
	twin->ita_deg = NAN;
	if (r->present[READING_ITA_DEG])
		twin->ita_deg = r->value[READING_ITA_DEG];
	else if (r->present[READING_LAB_L])
		twin->ita_deg = atan2(r->value[READING_LAB_L] - 50.0, r->value[READING_LAB_B]) * 180.0 / PI;
	twin->model_ita_deg = model_ita_deg;
	twin->tan_rel = NAN;
	if (r->present[READING_MI_ADJACENT_NORMAL] && r->present[READING_MI_UNEXPOSED] &&
	    r->value[READING_MI_UNEXPOSED] > 0.0)
		twin->tan_rel = r->value[READING_MI_ADJACENT_NORMAL] / r->value[READING_MI_UNEXPOSED] - 1.0;
	twin->fitzpatrick = r->fitzpatrick;
	twin->effective_type = r->fitzpatrick;
	if (!r->fitzpatrick)
		twin->effective_type = type_from_ita(isnan(twin->ita_deg) ? model_ita_deg : twin->ita_deg);
}

enum status twin_from_readings(const struct readings *readings, struct twin *out, struct fail *why)
{
	enum status st = readings_check(readings, why);
	if (st)
		return st;
	struct twin twin = {0};
	(void)snprintf(twin.site, sizeof twin.site, "%s", readings->site);
	for (int p = 0; p < TWIN_PROPERTIES; p++)
		set_prior(&twin, (enum twin_property)p, readings);
	set_direct(&twin, readings);
	set_hydration(&twin, readings);
	fit_corneum(&twin);
	if ((st = fit_melanin(&twin, readings, why)) || (st = fit_blood(&twin, readings, why)))
		return st;
	double value[TWIN_PROPERTIES];
	struct tissue tissue;
	struct twin_colour colour;
	median_values(&twin, value);
	twin_tissue(value, TWIN_NORMAL_SKIN, &tissue);
	if ((st = twin_model_colour(&tissue, &colour, why)))
		return st;
	set_colour(&twin, readings, colour.ita_deg);
	*out = twin;
	return ST_OK;
}

void twin_sample(const struct twin *twin, uint64_t seed, unsigned index, double *value)
{
	struct rng rng;
	rng_seed(&rng, seed, index);
	for (int p = 0; p < TWIN_PROPERTIES; p++) {
		double z = index ? rng_normal(&rng) : 0.0;
		value[p] = marginal_at(&twin->property[p], shapes[p], fmin(fmax(z, -3.0), 3.0));
	}
}

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

/* Melanosomes: mean over the viable epidermis split by the basal ratio; packing cannot pass 80 %. */
static void fill_melanin(double mean_frac, double ratio, struct tissue *out)
{
	double upper_um = out->layer[1].thickness_um;
	double upper = mean_frac * (upper_um + BASAL_UM) / (upper_um + ratio * BASAL_UM);
	double basal = fmin(ratio * upper, 0.8);
	out->layer[1].melanosome_frac = fmin((mean_frac * (upper_um + BASAL_UM) - basal * BASAL_UM) / upper_um, 0.8);
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
	*out = (struct tissue){.surface_temperature_C = value[TWIN_SKIN_TEMPERATURE_C], .core_temperature_C = 37.0};
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
