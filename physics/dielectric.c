/* Four Cole-Cole dispersions, mixtures of them, and layers of a twin's tissue. */
#include "physics/dielectric.h"

#include "physics/base/units.h"

#define DISPERSIONS 4
#define LITRE_M3 1e-3
#define S_PER_MIN 60.0

/* Water of the dermis the wet-skin values stand for, and the power of Archie's law for what departs from it
 * (1.5 to 2 for porous media; design value). */
#define DERMIS_WATER_FRAC 0.65
#define ARCHIE_POWER 1.75

/* Stratum corneum at 1 MHz: er 100-1000, sigma 1e-4..1e-2 S/m (Yamamoto & Yamamoto, Med Biol Eng 1976;14:151
 * and later; design values inside the bracket). Soaked and dry: the ends of it. */
#define CORNEUM_S_m 1e-3
#define CORNEUM_S_DECADES 1.0
#define CORNEUM_PERMITTIVITY 200.0
#define CORNEUM_DRY_FACTOR 0.5
#define CORNEUM_SOAKED_FACTOR 3.0

#define SEPTA_MAX_FRAC 0.3

/* Scatter between samples: 15-25 % below 100 MHz (Gabriel et al. 1996, part II). */
#define GABRIEL_SD_FRAC 0.2
#define EPIDERMIS_SD_FRAC 0.6
#define CORNEUM_SD_FRAC 1.0

struct dispersion {
	double strength, tau_s, alpha;
};

struct cole_cole {
	const char *name;
	double infinite;  /* permittivity far above the last dispersion */
	double ionic_S_m; /* conductivity of ions */
	struct dispersion dispersion[DISPERSIONS];
};

/* S. Gabriel, Lau & Gabriel 1996, table 1, as tabulated by IFAC (appendix C). The last relaxation of fat
 * that is not infiltrated is 7.958 ms: with the 15.915 ms of some copies 1 MHz would give 0.0189 S/m, not
 * IFAC's 0.0251. Tendon's second is 6.366 ns, 1 / (2 pi 25 MHz); copies with 6.266 have a slip. */
static const struct cole_cole table[DIELECTRIC_TISSUES] = {
        [DIELECTRIC_SKIN_DRY] =
                {"dry skin",
                 4.0,
                 0.0002,
                 {{32.0, 7.234e-12, 0.00}, {1100.0, 32.481e-9, 0.20}, {0.0, 1.0, 0.0}, {0.0, 1.0, 0.0}}},
        [DIELECTRIC_SKIN_WET] = {"wet skin",
                                 4.0,
                                 0.0004,
                                 {{39.0, 7.958e-12, 0.10},
                                  {280.0, 79.577e-9, 0.00},
                                  {3.0e4, 1.592e-6, 0.16},
                                  {3.0e4, 1.592e-3, 0.20}}},
        [DIELECTRIC_FAT] = {"fat, not infiltrated",
                            2.5,
                            0.010,
                            {{3.0, 7.958e-12, 0.20},
                             {15.0, 15.915e-9, 0.10},
                             {3.3e4, 159.155e-6, 0.05},
                             {1.0e7, 7.958e-3, 0.01}}},
        [DIELECTRIC_FAT_INFILTRATED] = {"fat, average infiltrated",
                                        2.5,
                                        0.035,
                                        {{9.0, 7.958e-12, 0.20},
                                         {35.0, 15.915e-9, 0.10},
                                         {3.3e4, 159.155e-6, 0.05},
                                         {1.0e7, 15.915e-3, 0.01}}},
        [DIELECTRIC_MUSCLE] = {"muscle",
                               4.0,
                               0.20,
                               {{50.0, 7.234e-12, 0.10},
                                {7000.0, 353.678e-9, 0.10},
                                {1.2e6, 318.310e-6, 0.10},
                                {2.5e7, 2.274e-3, 0.00}}},
        [DIELECTRIC_BLOOD] =
                {"blood",
                 4.0,
                 0.70,
                 {{56.0, 8.377e-12, 0.10}, {5200.0, 132.629e-9, 0.10}, {0.0, 1.0, 0.0}, {0.0, 1.0, 0.0}}},
        [DIELECTRIC_TENDON] = {"tendon",
                               4.0,
                               0.25,
                               {{42.0, 12.243e-12, 0.10},
                                {60.0, 6.366e-9, 0.10},
                                {6.0e4, 318.310e-6, 0.22},
                                {2.0e7, 1.326e-3, 0.00}}},
};

/* IT'IS v4: density kg/m3, heat capacity J/kgK, conductivity W/mK, blood flow ml/min/kg. Tendon flow 29. */
static const struct {
	double density_kg_m3, heat_capacity_J_kgK, conductivity_W_mK, flow_mL_min_kg, water_frac;
} thermal_table[DIELECTRIC_TISSUES] = {
        [DIELECTRIC_SKIN_DRY] = {1109.0, 3391.0, 0.37, 106.0, 0.65},
        [DIELECTRIC_SKIN_WET] = {1109.0, 3391.0, 0.37, 106.0, 0.65},
        [DIELECTRIC_FAT] = {911.0, 2348.3, 0.2112, 32.71, 0.15},
        [DIELECTRIC_FAT_INFILTRATED] = {911.0, 2348.3, 0.2112, 32.71, 0.15},
        [DIELECTRIC_MUSCLE] = {1090.0, 3421.0, 0.49, 36.7, 0.75},
        [DIELECTRIC_BLOOD] = {1050.0, 3617.0, 0.52, 0.0, 0.80},
        [DIELECTRIC_TENDON] = {1142.0, 3432.0, 0.47, 29.0, 0.62},
};

/* eps = ef + sum del / (1 + (j w tau)^(1 - alpha)) + sigma / (j w e0);  y = j w e0 eps. */
enum status dielectric_gabriel(enum dielectric_tissue tissue, double frequency_Hz, double complex *y_S_m,
                               struct fail *why)
{
	if ((unsigned)tissue >= DIELECTRIC_TISSUES)
		return fail_set(why, ST_INPUT, "tissue", "unknown dielectric tissue %d", (int)tissue);
	if (!(frequency_Hz >= RF_FREQUENCY_MIN_HZ && frequency_Hz <= RF_FREQUENCY_MAX_HZ))
		return fail_set(why, ST_RANGE, "frequency_Hz", "%g Hz: the model holds for %g to %g Hz",
		                frequency_Hz, RF_FREQUENCY_MIN_HZ, RF_FREQUENCY_MAX_HZ);
	const struct cole_cole *fit = &table[tissue];
	double w = 2.0 * PI * frequency_Hz;
	double complex permittivity = fit->infinite;
	for (int i = 0; i < DISPERSIONS; i++) {
		const struct dispersion *d = &fit->dispersion[i];
		permittivity += d->strength / (1.0 + cpow(I * (w * d->tau_s), 1.0 - d->alpha));
	}
	*y_S_m = I * (w * RF_VACUUM_F_m) * permittivity + fit->ionic_S_m;
	return ST_OK;
}

double dielectric_permittivity(double complex y_S_m, double frequency_Hz)
{
	return cimag(y_S_m) / (2.0 * PI * frequency_Hz * RF_VACUUM_F_m);
}

double complex dielectric_between(double complex a_S_m, double complex b_S_m, double share)
{
	return cexp((1.0 - share) * clog(a_S_m) + share * clog(b_S_m));
}

double complex dielectric_along(double complex a_S_m, double complex b_S_m, double share)
{
	return (1.0 - share) * a_S_m + share * b_S_m;
}

double complex dielectric_across(double complex a_S_m, double complex b_S_m, double share)
{
	return 1.0 / ((1.0 - share) / a_S_m + share / b_S_m);
}

double complex dielectric_spheres(double complex a_S_m, double complex b_S_m, double share)
{
	double complex contrast = (b_S_m - a_S_m) / (b_S_m + 2.0 * a_S_m);
	return a_S_m * (1.0 + 2.0 * share * contrast) / (1.0 - share * contrast);
}

double dielectric_warm_factor(double warming_1_K, double temperature_C)
{
	double wet = 1.0 + warming_1_K * (fmin(temperature_C, DIELECTRIC_DRYING_C) - RF_REFERENCE_C);
	wet = fmax(wet, DIELECTRIC_DRIED_FRAC);
	if (temperature_C <= DIELECTRIC_DRYING_C || warming_1_K == 0.0)
		return wet;
	double share = (temperature_C - DIELECTRIC_DRYING_C) / (DIELECTRIC_DRIED_C - DIELECTRIC_DRYING_C);
	return wet * pow(DIELECTRIC_DRIED_FRAC, fmin(share, 1.0));
}

struct tissue_thermal dielectric_thermal(enum dielectric_tissue tissue)
{
	BUG_ON((unsigned)tissue >= DIELECTRIC_TISSUES);
	double density_kg_m3 = thermal_table[tissue].density_kg_m3;
	return (struct tissue_thermal){
	        .conductivity_W_mK = thermal_table[tissue].conductivity_W_mK,
	        .density_kg_m3 = density_kg_m3,
	        .heat_capacity_J_kgK = thermal_table[tissue].heat_capacity_J_kgK,
	        .perfusion_1_s =
	                thermal_table[tissue].flow_mL_min_kg * 1e-3 * LITRE_M3 / S_PER_MIN * density_kg_m3,
	        .water_frac = thermal_table[tissue].water_frac,
	};
}

static void set_admittivity(struct rf_layer *layer, double complex y_S_m, double frequency_Hz)
{
	layer->conductivity_S_m = creal(y_S_m);
	layer->permittivity = dielectric_permittivity(y_S_m, frequency_Hz);
}

enum status dielectric_layer(enum dielectric_tissue tissue, double frequency_Hz, double thickness_um,
                             struct rf_layer *layer, struct fail *why)
{
	static const enum rf_matter matter[DIELECTRIC_TISSUES] = {
	        [DIELECTRIC_SKIN_DRY] = RF_EPIDERMIS,
	        [DIELECTRIC_SKIN_WET] = RF_DERMIS,
	        [DIELECTRIC_FAT] = RF_FAT,
	        [DIELECTRIC_FAT_INFILTRATED] = RF_FAT,
	        [DIELECTRIC_MUSCLE] = RF_MUSCLE,
	        [DIELECTRIC_BLOOD] = RF_MATTER_OTHER,
	        [DIELECTRIC_TENDON] = RF_MATTER_OTHER,
	};
	double complex y_S_m;
	enum status st = dielectric_gabriel(tissue, frequency_Hz, &y_S_m, why);
	if (st)
		return st;
	*layer = (struct rf_layer){.matter = matter[tissue],
	                           .thickness_um = thickness_um,
	                           .conductivity_sd_frac = GABRIEL_SD_FRAC,
	                           .warming_1_K = DIELECTRIC_WARMING_1_K,
	                           .thermal = dielectric_thermal(tissue)};
	set_admittivity(layer, y_S_m, frequency_Hz);
	return ST_OK;
}

/* The measured materials at the frequency, once per stack. */
struct palette {
	const struct dielectric_options *options;
	double complex y_S_m[DIELECTRIC_TISSUES];
};

static enum status options_check(const struct dielectric_options *o, struct fail *why)
{
	if (!(o->dryness_frac >= -1.0 && o->dryness_frac <= 1.0))
		return fail_set(why, ST_RANGE, "dryness_frac", "%g: from -1 (soaked) to 1 (dry)",
		                o->dryness_frac);
	if (!(o->infiltration_frac >= 0.0 && o->infiltration_frac <= 1.0))
		return fail_set(why, ST_RANGE, "infiltration_frac", "%g: from 0 to 1", o->infiltration_frac);
	if (!(o->septa_frac >= 0.0 && o->septa_frac <= SEPTA_MAX_FRAC))
		return fail_set(why, ST_RANGE, "septa_frac", "%g: from 0 to %g", o->septa_frac,
		                SEPTA_MAX_FRAC);
	return ST_OK;
}

static double complex corneum_S_m(const struct dielectric_options *o)
{
	double wet = -o->dryness_frac;
	struct rf_layer layer = {
	        .conductivity_S_m = CORNEUM_S_m * pow(10.0, CORNEUM_S_DECADES * wet),
	        .permittivity = CORNEUM_PERMITTIVITY *
	                        (wet < 0.0 ? pow(CORNEUM_DRY_FACTOR, -wet) : pow(CORNEUM_SOAKED_FACTOR, wet)),
	};
	return rf_admittivity_S_m(&layer, o->frequency_Hz);
}

static void fill_corneum(const struct palette *p, const struct tissue_layer *from, struct rf_layer *layer)
{
	(void)from;
	layer->matter = RF_STRATUM_CORNEUM;
	layer->conductivity_sd_frac = CORNEUM_SD_FRAC;
	layer->flags = VALIDITY_ASSUMED;
	set_admittivity(layer, corneum_S_m(p->options), p->options->frequency_Hz);
}

/* Between measured dry and wet skin: halfway on the logarithm for usual skin. */
static void fill_epidermis(const struct palette *p, const struct tissue_layer *from, struct rf_layer *layer)
{
	(void)from;
	layer->matter = RF_EPIDERMIS;
	layer->conductivity_sd_frac = EPIDERMIS_SD_FRAC;
	layer->flags = VALIDITY_ASSUMED;
	set_admittivity(layer,
	                dielectric_between(p->y_S_m[DIELECTRIC_SKIN_DRY], p->y_S_m[DIELECTRIC_SKIN_WET],
	                                   0.5 - 0.5 * p->options->dryness_frac),
	                p->options->frequency_Hz);
}

static void fill_dermis(const struct palette *p, const struct tissue_layer *from, struct rf_layer *layer)
{
	layer->matter = RF_DERMIS;
	layer->conductivity_sd_frac = GABRIEL_SD_FRAC;
	set_admittivity(layer, p->y_S_m[DIELECTRIC_SKIN_WET], p->options->frequency_Hz);
	if (from->water_frac > 0.0 && from->water_frac != DERMIS_WATER_FRAC) {
		layer->conductivity_S_m *= pow(from->water_frac / DERMIS_WATER_FRAC, ARCHIE_POWER);
		layer->flags = VALIDITY_ASSUMED;
	}
}

/* The spread of published fat is a factor of two: its sd is half the distance between the two kinds. */
static void fill_fat(const struct palette *p, const struct tissue_layer *from, struct rf_layer *layer)
{
	(void)from;
	double complex bare = p->y_S_m[DIELECTRIC_FAT], full = p->y_S_m[DIELECTRIC_FAT_INFILTRATED];
	double complex fat = dielectric_between(bare, full, p->options->infiltration_frac);
	layer->matter = RF_FAT;
	layer->conductivity_sd_frac = 0.5 * (creal(full) - creal(bare)) / creal(fat);
	if (p->options->septa_frac > 0.0) {
		fat = dielectric_along(fat, p->y_S_m[DIELECTRIC_TENDON], p->options->septa_frac);
		layer->flags = VALIDITY_ASSUMED;
	}
	set_admittivity(layer, fat, p->options->frequency_Hz);
}

typedef void fill_layer(const struct palette *palette, const struct tissue_layer *from,
                        struct rf_layer *layer);

static fill_layer *const fill[TISSUE_KINDS] = {
        [TISSUE_STRATUM_CORNEUM] = fill_corneum,
        [TISSUE_EPIDERMIS] = fill_epidermis,
        [TISSUE_BASAL] = fill_epidermis,
        [TISSUE_PAPILLARY] = fill_dermis,
        [TISSUE_PLEXUS] = fill_dermis,
        [TISSUE_RETICULAR] = fill_dermis,
        [TISSUE_SUBCUTIS] = fill_fat,
};

static bool alike(const struct rf_layer *a, const struct rf_layer *b)
{
	return a->matter == b->matter && a->conductivity_S_m == b->conductivity_S_m &&
	       a->permittivity == b->permittivity &&
	       a->thermal.conductivity_W_mK == b->thermal.conductivity_W_mK &&
	       a->thermal.density_kg_m3 == b->thermal.density_kg_m3 &&
	       a->thermal.heat_capacity_J_kgK == b->thermal.heat_capacity_J_kgK &&
	       a->thermal.perfusion_1_s == b->thermal.perfusion_1_s;
}

/* Appends, or thickens the last layer when it is of the same material. */
static enum status append(struct rf_layer *layer, size_t *used, size_t capacity, const struct rf_layer *next,
                          struct fail *why)
{
	if (*used > 0 && alike(&layer[*used - 1], next)) {
		layer[*used - 1].thickness_um += next->thickness_um;
		return ST_OK;
	}
	if (*used >= capacity || *used >= RF_LAYERS_MAX)
		return fail_set(why, ST_FULL, "layers", "room for %zu layers only", *used);
	layer[(*used)++] = *next;
	return ST_OK;
}

static enum status append_tissue(const struct palette *palette, const struct tissue *tissue,
                                 struct rf_layer *layer, size_t *used, size_t capacity, struct fail *why)
{
	double warming_1_K = palette->options->constant ? 0.0 : DIELECTRIC_WARMING_1_K;
	for (size_t i = 0; i < tissue->count; i++) {
		const struct tissue_layer *from = &tissue->layer[i];
		if ((unsigned)from->kind >= TISSUE_KINDS || !fill[from->kind])
			return fail_set(why, ST_MODEL, "kind", "no dielectric properties for layer %zu (%s)",
			                i, tissue_kind_name(from->kind));
		struct rf_layer next = {.thickness_um = from->thickness_um,
		                        .warming_1_K = warming_1_K,
		                        .thermal = tissue_layer_thermal(from)};
		fill[from->kind](palette, from, &next);
		enum status st = append(layer, used, capacity, &next, why);
		if (st)
			return st;
	}
	return ST_OK;
}

enum status dielectric_layers(const struct tissue *tissue, const struct dielectric_options *options,
                              struct rf_layer *layer, size_t *count, struct fail *why)
{
	struct palette palette = {.options = options};
	enum status st = options_check(options, why);
	for (int i = 0; st == ST_OK && i < DIELECTRIC_TISSUES; i++)
		st = dielectric_gabriel((enum dielectric_tissue)i, options->frequency_Hz, &palette.y_S_m[i],
		                        why);
	size_t used = 0;
	if (st == ST_OK && tissue->count == 0)
		st = fail_set(why, ST_INPUT, "tissue", "the tissue has no layers");
	if (st == ST_OK)
		st = append_tissue(&palette, tissue, layer, &used, *count, why);
	if (st)
		return st;
	if (options->no_muscle) {
		layer[used - 1].thickness_um = INFINITY;
	} else {
		struct rf_layer muscle;
		st = dielectric_layer(DIELECTRIC_MUSCLE, options->frequency_Hz, INFINITY, &muscle, why);
		if (st == ST_OK && options->constant)
			muscle.warming_1_K = 0.0;
		if (st == ST_OK)
			st = append(layer, &used, *count, &muscle, why);
		if (st)
			return st;
	}
	*count = used;
	return ST_OK;
}
