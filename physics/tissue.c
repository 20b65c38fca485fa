/* From composition to optical and thermal properties, layer by layer.
 *
 * What distinguishes the kinds of layer stands in one table (KINDS); what they are made of is the
 * caller's. Pinned by tests/physics/test_tissue.c and tests/validation/test_reflectance.c.
 */
#include "physics/tissue.h"

#include <stdbool.h>

#include "physics/base/units.h"
#include "physics/spectra.h"

#define AIR_INDEX 1.0
#define FRACTION_SLACK 1e-9   /* rounding of fractions that add up to one */
#define FLAG_SHARE 0.05       /* a term below this share does not pass its flags to the sum */
#define TEMPERATURE_MIN_C 0.0 /* tissue at rest, before any cooling */
#define TEMPERATURE_MAX_C 60.0
#define SCATTERING_SCALE_MIN 0.2 /* design: the tables of two laboratories differ by less than 2 */
#define SCATTERING_SCALE_MAX 5.0

/* n = a + b / L^2 + c / L^4, L in nm. */
struct cauchy {
	double a, b, c;
};

/* mus' = amplitude (L / 500 nm)^-exponent, for wavelengths below the measured table. */
struct scatter_law {
	double amplitude_1_cm, exponent;
};

struct kind {
	const char *name;
	const char *measured, *rival; /* scattering tables; NULL: the law alone */
	struct scatter_law law;
	struct cauchy index;
	double baseline_weight;    /* share of the bloodless-skin absorption: 0 in clear media */
	double vessel_diameter_um; /* capillary loops 10, venules 20-50 um */
	double perfusion_1_s;      /* dermis 1.25e-3 (0.5-3e-3), subcutis 0.5e-3 */
	double conductivity_frac;  /* of what its water says; 0: 1 */
	bool living_scatter;       /* the table is corrected by what living skin shows */
};

/* Laws: fits of 400-1100 nm of the measured tables (rms 7-8 %).
 * Indices: epidermis and dermis H. Ding et al., Phys Med Biol 2006;51:1479; subcutis M. Matiatou et al. 2021;
 * stratum corneum 1.50-1.55, the middle. */
#define EPIDERMIS_SCATTER "epidermis_salomatina2006", "epidermis_shimojo2020", {69.0, 1.234}
#define DERMIS_SCATTER    "dermis_salomatina2006", "dermis_shimojo2020", {45.3, 1.371}
#define SUBCUTIS_SCATTER  "subcutis_salomatina2006", "subcutis_shimojo2020", {34.6, 1.056}
#define CLEAR_SCATTER     NULL, NULL, {1.0, 3.0}
#define CORNEUM_INDEX     {1.525, 0.0, 0.0}
#define EPIDERMIS_INDEX   {1.4134, 7907.9596, -389.98}
#define DERMIS_INDEX      {1.3696, 3916.8026, -2558.77}
#define SUBCUTIS_INDEX    {1.44909, 5099.42, 0.0}

/* Sheets of cells and lipid across the flow of heat: 0.21 W/mK on excised epidermis (F. Henriques and A. Moritz, Am J
 * Pathol 1947;23:531), fits in vivo up to 0.3, where the water of the layer alone says 0.43. Used is the geometric
 * middle of 0.21 and 0.43, 0.30 W/mK at 0.70 of water; known to a third. */
#define EPIDERMIS_CONDUCTS_FRAC 0.70

static const struct kind KINDS[TISSUE_KINDS] = {
	[TISSUE_STRATUM_CORNEUM] = {"stratum corneum", EPIDERMIS_SCATTER, CORNEUM_INDEX, 1.0, 0.0, 0.0, 0.0, false},
	[TISSUE_EPIDERMIS] = {"epidermis", EPIDERMIS_SCATTER, EPIDERMIS_INDEX, 1.0, 0.0, 0.0, EPIDERMIS_CONDUCTS_FRAC,
	                     false},
	[TISSUE_BASAL] = {"basal layer", EPIDERMIS_SCATTER, EPIDERMIS_INDEX, 1.0, 0.0, 0.0, EPIDERMIS_CONDUCTS_FRAC,
	                     false},
	[TISSUE_PAPILLARY] = {"papillary dermis", DERMIS_SCATTER, DERMIS_INDEX, 1.0, 10.0, 1.25e-3, 0.0, true},
	[TISSUE_PLEXUS] = {"superficial plexus", DERMIS_SCATTER, DERMIS_INDEX, 1.0, 30.0, 3.0e-3, 0.0, true},
	[TISSUE_RETICULAR] = {"reticular dermis", DERMIS_SCATTER, DERMIS_INDEX, 1.0, 30.0, 1.25e-3, 0.0, true},
	[TISSUE_SUBCUTIS] = {"subcutis", SUBCUTIS_SCATTER, SUBCUTIS_INDEX, 1.0, 30.0, 0.5e-3, 0.0, false},
	[TISSUE_WATER] = {"water", CLEAR_SCATTER, {0.0, 0.0, 0.0}, 0.0, 0.0, 0.0, 0.0, false},
};

static bool kind_known(enum tissue_kind kind)
{
	return (int)kind >= 0 && kind < TISSUE_KINDS;
}

static const struct kind *kind_of(enum tissue_kind kind)
{
	BUG_ON(!kind_known(kind));
	return &KINDS[kind];
}

const char *tissue_kind_name(enum tissue_kind kind)
{
	return kind_known(kind) ? KINDS[kind].name : "unknown";
}

/* Mean vessel diameter the blood of this kind of layer is held in; 0 where it is spread evenly. */
static double tissue_vessel_diameter_um(enum tissue_kind kind)
{
	return kind_of(kind)->vessel_diameter_um;
}

/* ---- check ---- */

static bool is_fraction(double x)
{
	return x >= 0.0 && x <= 1.0;
}

static enum status fraction_check(double value, const char *field, const char *layer, struct fail *why)
{
	if (is_fraction(value))
		return ST_OK;
	return fail_set(why, ST_RANGE, field, "%s: %g lies outside 0 to 1; enter a volume fraction", layer, value);
}

static double occupied_frac(const struct tissue_layer *layer)
{
	return layer->melanosome_frac + layer->blood_frac + layer->water_frac + layer->fat_frac;
}

static enum status layer_check(const struct tissue_layer *layer, struct fail *why)
{
	if (!kind_known(layer->kind))
		return fail_set(why, ST_INPUT, "kind", "unknown kind of layer %d", (int)layer->kind);
	const char *name = tissue_kind_name(layer->kind);
	if (!(layer->thickness_um > 0.0) || !isfinite(layer->thickness_um))
		return fail_set(why, ST_RANGE, "thickness_um", "%s: thickness %g um must be above 0", name,
		                layer->thickness_um);
	const struct {
		double value;
		const char *field;
	} fraction[] = {
		{layer->melanosome_frac, "melanosome_frac"}, {layer->blood_frac, "blood_frac"},
		{layer->saturation_frac, "saturation_frac"}, {layer->water_frac, "water_frac"},
		{layer->fat_frac, "fat_frac"},
	};
	for (size_t i = 0; i < sizeof(fraction) / sizeof(fraction[0]); i++) {
		enum status st = fraction_check(fraction[i].value, fraction[i].field, name, why);
		if (st)
			return st;
	}
	if (occupied_frac(layer) > 1.0 + FRACTION_SLACK)
		return fail_set(why, ST_RANGE, "water_frac",
		                "%s: melanosomes, blood, water and fat add up to %.4g; together they are at most 1",
		                name, occupied_frac(layer));
	return ST_OK;
}

static enum status temperature_check(double value_C, const char *field, struct fail *why)
{
	if (value_C >= TEMPERATURE_MIN_C && value_C <= TEMPERATURE_MAX_C)
		return ST_OK;
	return fail_set(why, ST_RANGE, field, "%g C lies outside %g to %g C for tissue at rest", value_C,
	                TEMPERATURE_MIN_C, TEMPERATURE_MAX_C);
}

static enum status scattering_check(double scale, struct fail *why)
{
	if (scale == 0.0 || (scale >= SCATTERING_SCALE_MIN && scale <= SCATTERING_SCALE_MAX))
		return ST_OK;
	return fail_set(why, ST_RANGE, "scattering_scale", "%g lies outside %g to %g times the tables' scattering",
	                scale, SCATTERING_SCALE_MIN, SCATTERING_SCALE_MAX);
}

enum status tissue_check(const struct tissue *tissue, struct fail *why)
{
	if (tissue->count < 1 || tissue->count > TISSUE_LAYERS_MAX)
		return fail_set(why, ST_RANGE, "count", "%zu layers; a tissue has 1 to %d", tissue->count,
		                TISSUE_LAYERS_MAX);
	enum status st = temperature_check(tissue->surface_temperature_C, "surface_temperature_C", why);
	if (!st)
		st = temperature_check(tissue->core_temperature_C, "core_temperature_C", why);
	if (!st)
		st = scattering_check(tissue->scattering_scale, why);
	for (size_t i = 0; !st && i < tissue->count; i++)
		st = layer_check(&tissue->layer[i], why);
	return st;
}

/* ---- absorption ---- */

struct sum {
	struct estimate term[CHROMOPHORE_COUNT];
	struct estimate total;
};

/* What absorbs at one wavelength, looked up once for all layers. */
struct palette {
	double wavelength_nm, water_warming;
	struct estimate absorption[CHROMOPHORE_COUNT];
};

static struct palette palette_at(double wavelength_nm)
{
	struct palette p = {.wavelength_nm = wavelength_nm,
	                    .water_warming = spectra_water_warming(wavelength_nm, TISSUE_OPTICS_C).value};
	for (int c = 0; c < CHROMOPHORE_COUNT; c++)
		p.absorption[c] = spectra_absorption((enum chromophore)c, wavelength_nm);
	return p;
}

static void sum_add(struct sum *sum, enum chromophore chromophore, double volume_frac, const struct palette *palette)
{
	if (volume_frac <= 0.0)
		return;
	sum->term[chromophore] = estimate_scale(palette->absorption[chromophore], volume_frac);
	sum->total = estimate_add(sum->total, sum->term[chromophore]);
}

static unsigned flags_that_matter(const struct sum *sum)
{
	unsigned flags = VALID;
	for (size_t i = 0; i < CHROMOPHORE_COUNT; i++)
		if (sum->term[i].value >= FLAG_SHARE * sum->total.value)
			flags |= sum->term[i].flags;
	return flags;
}

/* The blood fraction that, spread evenly, would absorb as the real one does in its vessels. */
static double even_blood_frac(const struct tissue_layer *layer, const struct palette *palette)
{
	if (layer->blood_frac <= 0.0)
		return 0.0;
	double oxy = palette->absorption[CHROMOPHORE_BLOOD_OXY].value;
	double deoxy = palette->absorption[CHROMOPHORE_BLOOD_DEOXY].value;
	double mixed = layer->saturation_frac * oxy + (1.0 - layer->saturation_frac) * deoxy;
	double diameter_um = tissue_vessel_diameter_um(layer->kind);
	return layer->blood_frac * spectra_vessel_factor(mixed, diameter_um);
}

/* The tables' water is at room temperature, that of living skin is not. */
static struct estimate layer_absorption(const struct tissue_layer *layer, const struct palette *palette)
{
	struct sum sum = {0};
	double blood = even_blood_frac(layer, palette);
	double lean = fmax(0.0, 1.0 - layer->blood_frac - layer->fat_frac);
	double solid = fmax(0.0, lean - layer->water_frac);
	sum_add(&sum, CHROMOPHORE_MELANOSOME, layer->melanosome_frac, palette);
	sum_add(&sum, CHROMOPHORE_BLOOD_OXY, blood * layer->saturation_frac, palette);
	sum_add(&sum, CHROMOPHORE_BLOOD_DEOXY, blood * (1.0 - layer->saturation_frac), palette);
	sum_add(&sum, CHROMOPHORE_WATER, layer->water_frac * palette->water_warming, palette);
	sum_add(&sum, CHROMOPHORE_FAT, layer->fat_frac, palette);
	sum_add(&sum, CHROMOPHORE_BASELINE, lean * kind_of(layer->kind)->baseline_weight, palette);
	sum_add(&sum, CHROMOPHORE_PROTEIN, solid, palette);
	sum.total.flags = flags_that_matter(&sum);
	return sum.total;
}

/* ---- scattering ---- */

enum scatter_column { COLUMN_SCATTER = 3, COLUMN_SCATTER_SD = 4 };

#define LAW_SD_REL 0.15       /* power law beyond its fit */
#define CLEAR_SD_REL 0.5      /* cornea, phantoms: design value */
#define INFRARED_SD_REL 0.35  /* "10-15 1/cm" */

/* Reduced scattering beyond the tables: 10-15 1/cm at 1927-2940 nm, about 5 at 10.6 um. Recalled orders of
 * magnitude; water absorption dominates there. */
static const struct {
	double wavelength_nm, scatter_1_cm;
} INFRARED_ANCHORS[] = {{1927.0, 12.5}, {2940.0, 12.5}, {10600.0, 5.0}, {11000.0, 5.0}};

/* Living dermis scatters less than excised dermis: 12.0 1/cm at 850 nm in the median of 3809 persons (H. Jonasson et
 * al., J Biomed Opt 2023;28:115001), 11.3 +- 2.7 in 1734 (2018;23:121608), where the table has 21.0; 15 others came
 * near the excised values (S. Tseng et al., J Biomed Opt 2008;13:014016). Used is the geometric middle, the distance
 * to the table its uncertainty; the other laboratory's excised dermis (Shimojo 2020) has just that at 980 and 1064
 * nm. Up to 740 nm the reflectance of living skin bears the table out (tests/validation/test_reflectance.c); from
 * there to 850 nm the correction comes in, beyond it the ratio is held. */
#define LIVING_FROM_NM 740.0
#define LIVING_AT_NM 850.0
#define LIVING_MIDDLE 0.756 /* sqrt(12.0 / 21.0) */

static double living_frac(const struct kind *kind, double wavelength_nm)
{
	double part = fmin(fmax((wavelength_nm - LIVING_FROM_NM) / (LIVING_AT_NM - LIVING_FROM_NM), 0.0), 1.0);
	return kind->living_scatter ? 1.0 + part * (LIVING_MIDDLE - 1.0) : 1.0;
}

static double scatter_by_law(struct scatter_law law, double wavelength_nm)
{
	return law.amplitude_1_cm * pow(wavelength_nm / 500.0, -law.exponent);
}

/* The law, joined to the first row of the table it stands in for. */
static struct estimate scatter_below(const struct kind *kind, const struct spectra_table *table,
                                     double wavelength_nm)
{
	double joint_nm = spectra_first_key(table);
	double joint = spectra_cell(table, 0, COLUMN_SCATTER) / scatter_by_law(kind->law, joint_nm);
	double value = joint * scatter_by_law(kind->law, wavelength_nm);
	return (struct estimate){value, LAW_SD_REL * value, VALIDITY_EXTRAPOLATED};
}

/* Straight lines from the last row of the table through the anchors. */
static struct estimate scatter_beyond(const struct kind *kind, const struct spectra_table *table,
                                      double wavelength_nm)
{
	double from_nm = spectra_last_key(table);
	double from = spectra_cell(table, table->rows - 1, COLUMN_SCATTER) * living_frac(kind, from_nm);
	size_t i = 0;
	while (wavelength_nm > INFRARED_ANCHORS[i].wavelength_nm) {
		from_nm = INFRARED_ANCHORS[i].wavelength_nm;
		from = INFRARED_ANCHORS[i].scatter_1_cm;
		i++;
	}
	double part = (wavelength_nm - from_nm) / (INFRARED_ANCHORS[i].wavelength_nm - from_nm);
	double value = from + part * (INFRARED_ANCHORS[i].scatter_1_cm - from);
	return (struct estimate){value, INFRARED_SD_REL * value, VALIDITY_ASSUMED};
}

/* Half the squared disagreement with the other laboratory, where it measured. */
static double rival_variance(const struct kind *kind, double value, double wavelength_nm)
{
	double rival = spectra_interpolate(spectra_find_table(kind->rival), COLUMN_SCATTER, wavelength_nm);
	return isnan(rival) ? 0.0 : 0.5 * (value - rival) * (value - rival);
}

static struct estimate reduced_scattering(const struct kind *kind, double wavelength_nm)
{
	if (kind->measured == NULL) {
		double value = scatter_by_law(kind->law, wavelength_nm);
		return (struct estimate){value, CLEAR_SD_REL * value, VALIDITY_ASSUMED};
	}
	const struct spectra_table *table = spectra_find_table(kind->measured);
	if (wavelength_nm < spectra_first_key(table))
		return scatter_below(kind, table, wavelength_nm);
	if (wavelength_nm > spectra_last_key(table))
		return scatter_beyond(kind, table, wavelength_nm);
	double excised = spectra_interpolate(table, COLUMN_SCATTER, wavelength_nm);
	double living = living_frac(kind, wavelength_nm);
	double sd = living * spectra_interpolate(table, COLUMN_SCATTER_SD, wavelength_nm);
	double apart = (1.0 - living) * excised;
	return estimate_of(living * excised,
	                   sqrt(sd * sd + apart * apart + rival_variance(kind, living * excised, wavelength_nm)));
}

/* g = 0.62 + 0.29e-3 L: M. van Gemert et al., IEEE Trans Biomed Eng 1989;36:1146, epidermis and dermis,
 * 302-633 nm; held at 0.90, which it reaches at 966 nm. */
static double anisotropy(double wavelength_nm)
{
	return fmin(0.62 + 0.29e-3 * wavelength_nm, 0.90);
}

/* ---- refractive index ---- */

#define CAUCHY_LAST_NM 1557.0

static double cauchy_index(struct cauchy fit, double wavelength_nm)
{
	double square_nm2 = wavelength_nm * wavelength_nm;
	return fit.a + fit.b / square_nm2 + fit.c / (square_nm2 * square_nm2);
}

/* Gladstone-Dale mixing by volume with a solid whose index no longer changes:
 * n(L) = n(1557 nm) + w (n_water(L) - n_water(1557 nm)). */
static double refractive_index(const struct tissue_layer *layer, double wavelength_nm)
{
	if (layer->kind == TISSUE_WATER)
		return spectra_water_index(wavelength_nm);
	double fitted = cauchy_index(kind_of(layer->kind)->index, fmin(wavelength_nm, CAUCHY_LAST_NM));
	if (wavelength_nm <= CAUCHY_LAST_NM)
		return fitted;
	double wet = layer->water_frac + SPECTRA_BLOOD_WATER_FRAC * layer->blood_frac;
	return fitted + wet * (spectra_water_index(wavelength_nm) - spectra_water_index(CAUCHY_LAST_NM));
}

/* ---- optics ---- */

static enum status wavelength_check(double wavelength_nm, struct fail *why)
{
	if (wavelength_nm >= TISSUE_WAVELENGTH_MIN_NM && wavelength_nm <= TISSUE_WAVELENGTH_MAX_NM)
		return ST_OK;
	return fail_set(why, ST_RANGE, "wavelength_nm",
	                "%g nm lies outside %g to %g nm, where tissue optics are known", wavelength_nm,
	                TISSUE_WAVELENGTH_MIN_NM, TISSUE_WAVELENGTH_MAX_NM);
}

static enum status layer_optics(const struct tissue_layer *layer, const struct palette *palette,
                                struct tissue_optics *out, struct fail *why)
{
	enum status st = layer_check(layer, why);
	if (st)
		return st;
	out->mua_1_cm = layer_absorption(layer, palette);
	out->reduced_scattering_1_cm = reduced_scattering(kind_of(layer->kind), palette->wavelength_nm);
	out->g = anisotropy(palette->wavelength_nm);
	out->n = refractive_index(layer, palette->wavelength_nm);
	return ST_OK;
}

enum status tissue_layer_optics(const struct tissue_layer *layer, double wavelength_nm,
                                struct tissue_optics *out, struct fail *why)
{
	enum status st = wavelength_check(wavelength_nm, why);
	if (st)
		return st;
	const struct palette palette = palette_at(wavelength_nm);
	return layer_optics(layer, &palette, out, why);
}

static enum status optics_at(const struct tissue *tissue, size_t index, const struct palette *palette,
                             struct tissue_optics *out, struct fail *why)
{
	enum status st = layer_optics(&tissue->layer[index], palette, out, why);
	if (!st && tissue->scattering_scale > 0.0)
		out->reduced_scattering_1_cm = estimate_scale(out->reduced_scattering_1_cm, tissue->scattering_scale);
	return st;
}

enum status tissue_optics_at(const struct tissue *tissue, size_t index, double wavelength_nm,
                             struct tissue_optics *out, struct fail *why)
{
	enum status st = wavelength_check(wavelength_nm, why);
	if (st)
		return st;
	const struct palette palette = palette_at(wavelength_nm);
	return optics_at(tissue, index, &palette, out, why);
}

static struct light_layer light_layer_of(const struct tissue_optics *optics, double thickness_um)
{
	return (struct light_layer){
		.n = optics->n,
		.mua_1_cm = optics->mua_1_cm.value,
		.mus_1_cm = optics->reduced_scattering_1_cm.value / (1.0 - optics->g),
		.g = optics->g,
		.thickness_cm = thickness_um * CM_PER_UM,
	};
}

enum status tissue_light_stack(const struct tissue *tissue, double wavelength_nm, struct light_layer *layer,
                               struct light_stack *out, struct fail *why)
{
	enum status st = tissue_check(tissue, why);
	if (!st)
		st = wavelength_check(wavelength_nm, why);
	if (st)
		return st;
	const struct palette palette = palette_at(wavelength_nm);
	for (size_t i = 0; i < tissue->count; i++) {
		struct tissue_optics optics;
		st = optics_at(tissue, i, &palette, &optics, why);
		if (st)
			return st;
		layer[i] = light_layer_of(&optics, tissue->layer[i].thickness_um);
	}
	*out = (struct light_stack){
		.n_above = AIR_INDEX, .n_below = layer[tissue->count - 1].n, .count = tissue->count, .layer = layer};
	return ST_OK;
}

/* ---- thermal ----
 * Lean tissue, W = g water per cm3, rho = density: rho = 1.3 - 0.3 W g/cm3, k = 0.06 + 0.57 W/rho W/mK,
 * c = 1.55 + 2.80 W/rho J/gK: A. Takata et al., USAF SAM-TR-77-38 (1977). Liquid fat at 37 C: rho and c from
 * Y. Choi and M. Okos, Food Engineering and Process Applications 1 (1986) 93; k of olive oil. Volumes add
 * for k and rho, masses for c. */

#define FAT_CONDUCTIVITY_W_MK 0.17
#define FAT_DENSITY_KG_M3 910.0
#define FAT_HEAT_CAPACITY_J_KGK 2030.0
#define KG_M3_PER_G_CM3 1e3
#define J_KGK_PER_J_GK 1e3

struct tissue_thermal tissue_layer_thermal(const struct tissue_layer *layer)
{
	double water = layer->water_frac + SPECTRA_BLOOD_WATER_FRAC * layer->blood_frac;
	double lean = 1.0 - layer->fat_frac;
	double wet_g_cm3 = lean > 0.0 ? fmin(water / lean, 1.0) : 0.0;
	double lean_g_cm3 = 1.3 - 0.3 * wet_g_cm3;
	double mass_frac = wet_g_cm3 / lean_g_cm3;
	double lean_kg_m3 = lean * lean_g_cm3 * KG_M3_PER_G_CM3;
	double fat_kg_m3 = layer->fat_frac * FAT_DENSITY_KG_M3;
	double density = lean_kg_m3 + fat_kg_m3;
	double lean_heat = lean_kg_m3 * (1.55 + 2.80 * mass_frac) * J_KGK_PER_J_GK;
	double measured_frac = kind_of(layer->kind)->conductivity_frac;
	double lean_W_mK = (measured_frac > 0.0 ? measured_frac : 1.0) * (0.06 + 0.57 * mass_frac);
	return (struct tissue_thermal){
		.conductivity_W_mK = lean * lean_W_mK + layer->fat_frac * FAT_CONDUCTIVITY_W_MK,
		.density_kg_m3 = density,
		.heat_capacity_J_kgK = (lean_heat + fat_kg_m3 * FAT_HEAT_CAPACITY_J_KGK) / density,
		.perfusion_1_s = kind_of(layer->kind)->perfusion_1_s,
		.water_frac = water,
	};
}

/* ---- geometry ---- */

double tissue_thickness_um(const struct tissue *tissue)
{
	double total_um = 0.0;
	for (size_t i = 0; i < tissue->count; i++)
		total_um += tissue->layer[i].thickness_um;
	return total_um;
}

double tissue_depth_um(const struct tissue *tissue, enum tissue_kind kind)
{
	double depth_um = 0.0;
	for (size_t i = 0; i < tissue->count; i++) {
		if (tissue->layer[i].kind == kind)
			return depth_um;
		depth_um += tissue->layer[i].thickness_um;
	}
	return NAN;
}
