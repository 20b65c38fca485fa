/* Chromophore absorption: which source is used where, and how far its rivals disagree.
 *
 * The uncertainty of a coefficient is taken from the disagreement of independent sources, not from a
 * single author's error bars, which are always smaller. With two sources the standard deviation of one
 * is |difference| / sqrt(2). Pinned by tests/physics/test_spectra.c.
 */
#include "physics/spectra.h"

#include <stdbool.h>

#include "physics/base/status.h"
#include "physics/base/units.h"

#define LN_10 2.302585092994046

#define MELANOSOME_LAW_END_NM 1064.0  /* the thresholds behind the power law end here */
#define MELANOSOME_ABSORBS_FROM_NM 800.0 /* absorption itself was measured from here ... */
#define MELANOSOME_BENDS_NM 1000.0       /* ... here ... */
#define MELANOSOME_DATA_END_NM 1319.0    /* ... and to here, in isolated melanosomes */
#define MELANOSOME_HELD_NM 2000.0
#define BLOOD_FLOOR_REL 0.05          /* haematocrit and sample differences, Bosschaart 2014 */
#define WATER_FLOOR_REL 0.03
#define FAT_FLOOR_REL 0.10
#define BASELINE_FIRST_NM 400.0
#define BASELINE_LAST_NM 1000.0
#define CONSTANT_FADES_NM 740.0
#define CONSTANT_GONE_NM 850.0
#define INFRARED_BANDS_REL 0.50
#define WARMING_ZERO_C 20.0      /* the slopes are relative to the absorption at 20 C */
#define WATER_TABLES_C 25.0      /* Hale & Querry 25 C; Segelstein's sources 20-27 C */
#define WARMING_MEASURED_C 60.0  /* slopes of this kind are straight to about here */
#define WARMING_LAST_C 100.0
#define WARMING_BEYOND_REL 0.5   /* design: beyond it the slope is known by half */

static double square(double x)
{
	return x * x;
}

/* Standard deviation of one of two disagreeing values, not below a relative floor. */
static double spread_of_two(double chosen, double rival, double floor_rel)
{
	double apart = fabs(chosen - rival) / sqrt(2.0);
	return fmax(apart, floor_rel * fabs(chosen));
}

/* ---- tables ---- */

const struct spectra_table *spectra_find_table(const char *name)
{
	for (size_t i = 0; i < spectra_tables_count; i++)
		if (strcmp(spectra_tables[i].name, name) == 0)
			return &spectra_tables[i];
	return NULL;
}

double spectra_cell(const struct spectra_table *table, size_t row, size_t column)
{
	BUG_ON(row >= table->rows || column >= table->columns);
	return table->cell[row * table->columns + column];
}

double spectra_first_key(const struct spectra_table *table)
{
	return spectra_cell(table, 0, 0);
}

double spectra_last_key(const struct spectra_table *table)
{
	return spectra_cell(table, table->rows - 1, 0);
}

static bool covers(const struct spectra_table *table, double key)
{
	return key >= spectra_first_key(table) && key <= spectra_last_key(table);
}

/* The row whose key is the last one not above `key`; the last but one at the table's end. */
static size_t row_below(const struct spectra_table *table, double key)
{
	size_t low = 0, high = table->rows - 1;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (spectra_cell(table, middle, 0) <= key)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static double fraction_in_row(const struct spectra_table *table, size_t row, double key)
{
	double from = spectra_cell(table, row, 0);
	return (key - from) / (spectra_cell(table, row + 1, 0) - from);
}

double spectra_interpolate(const struct spectra_table *table, size_t column, double key)
{
	BUG_ON(table->rows < 2);
	if (!covers(table, key))
		return NAN;
	size_t row = row_below(table, key);
	double part = fraction_in_row(table, row, key);
	return (1.0 - part) * spectra_cell(table, row, column) + part * spectra_cell(table, row + 1, column);
}

/* Linear in log(value): water spans seven decades between neighbouring features. Values must be > 0. */
static double interpolate_log(const struct spectra_table *table, size_t column, double key)
{
	if (!covers(table, key))
		return NAN;
	size_t row = row_below(table, key);
	double part = fraction_in_row(table, row, key);
	double low = log(spectra_cell(table, row, column));
	double high = log(spectra_cell(table, row + 1, column));
	return exp((1.0 - part) * low + part * high);
}

static const struct spectra_table *table_of(const char *name)
{
	const struct spectra_table *table = spectra_find_table(name);
	BUG_ON(table == NULL);
	return table;
}

/* ---- melanosome ----
 * mua = a (L / 1 nm)^-b.
 * Used to 800 nm: 1.70e12 L^-3.48, S. Jacques, OMLC melanosome page (1998), from explosive-vaporisation thresholds;
 * rivals: 6.6e11 L^-3.33 (S. Jacques, Skin Optics, 1998) and 519 (L/500)^-3 (S. Jacques, Phys Med Biol
 * 2013;58:R37). The same page warns of a tenfold variation of melanin per melanosome: that variation belongs to the
 * melanosome fraction, which is fitted to the patient, not to this law.
 *
 * Beyond 800 nm two kinds of evidence part, by 2 at 1064 nm. Absorption falls faster than the law: isolated bovine
 * melanosomes absorb 3713 1/cm at 800 nm, 925 at 1000 nm and 222 (or 176) at 1319 nm (M. Schmidt et al., J Biomed
 * Opt 2014;19:035003 and 2015;20:095011); pigment in vivo decays exponentially, too (G. Zonios and A. Dimou 2008);
 * skin of different colours reflects differently below 1 um only (J. Jacquez et al., J Appl Physiol 1955;8:297), or
 * to about 900 nm (H. Piazena et al., Photochem Photobiol 2017;93:1449), where by the law dark skin would reflect a
 * fifth less at 1064 nm. Thresholds of rupture follow the law: it was read from them, and isolated melanosomes
 * rupture at 800 and 1000 nm in its ratio (2.4 against 2.2), not in that of their absorption (4.0). Used is the
 * geometric middle, exponentially between the measured wavelengths, to 2 um, where water is a hundred times stronger
 * and the value is held; the distance to either end is its uncertainty. */

static double power_law(double amplitude, double exponent, double wavelength_nm)
{
	return amplitude * pow(wavelength_nm, -exponent);
}

/* How much of the law itself is known; relative. */
static double melanosome_law_sd(double wavelength_nm)
{
	double chosen = power_law(1.70e12, 3.48, wavelength_nm);
	double skin_optics = power_law(6.6e11, 3.33, wavelength_nm);
	double review = 519.0 * pow(wavelength_nm / 500.0, -3.0);
	return sqrt((square(skin_optics - chosen) + square(review - chosen)) / 2.0) / chosen;
}

/* Over the value at 1000 nm, where isolated melanosomes absorb end_1_cm at 1319 nm and 925 at 1000 nm. */
static double melanosome_decay(double end_1_cm, double wavelength_nm)
{
	double rate_1_nm = log(925.0 / end_1_cm) / (MELANOSOME_DATA_END_NM - MELANOSOME_BENDS_NM);
	return exp(-rate_1_nm * (fmin(wavelength_nm, MELANOSOME_HELD_NM) - MELANOSOME_BENDS_NM));
}

/* Beyond the wavelengths of its thresholds the law is bent as absorption is. */
struct estimate spectra_melanosome_rupture(double wavelength_nm)
{
	if (!(wavelength_nm >= SPECTRA_WAVELENGTH_MIN_NM && wavelength_nm <= SPECTRA_WAVELENGTH_MAX_NM))
		return (struct estimate){NAN, 0.0, VALIDITY_ABSENT};
	double law = power_law(1.70e12, 3.48, wavelength_nm), law_sd = melanosome_law_sd(wavelength_nm);
	if (wavelength_nm <= MELANOSOME_LAW_END_NM)
		return (struct estimate){law, law_sd * law, VALID};
	double last = power_law(1.70e12, 3.48, MELANOSOME_LAW_END_NM);
	double chosen = last * melanosome_decay(222.0, wavelength_nm) / melanosome_decay(222.0, MELANOSOME_LAW_END_NM);
	double faster = last * melanosome_decay(176.0, wavelength_nm) / melanosome_decay(176.0, MELANOSOME_LAW_END_NM);
	double at_end = melanosome_law_sd(MELANOSOME_LAW_END_NM) * chosen;
	double sd = sqrt(square(at_end) + (square(faster - chosen) + square(law - chosen)) / 2.0);
	return (struct estimate){chosen, sd, wavelength_nm > MELANOSOME_DATA_END_NM ? VALIDITY_EXTRAPOLATED : VALID};
}

/* By the absorption of isolated melanosomes, joined to the law at 800 nm. */
static double melanosome_by_absorption(double end_1_cm, double wavelength_nm)
{
	double reach_nm = MELANOSOME_BENDS_NM - MELANOSOME_ABSORBS_FROM_NM;
	double part = fmin((wavelength_nm - MELANOSOME_ABSORBS_FROM_NM) / reach_nm, 1.0);
	double value = power_law(1.70e12, 3.48, MELANOSOME_ABSORBS_FROM_NM) * pow(925.0 / 3713.0, part);
	return wavelength_nm > MELANOSOME_BENDS_NM ? value * melanosome_decay(end_1_cm, wavelength_nm) : value;
}

static struct estimate melanosome(double wavelength_nm)
{
	double law = power_law(1.70e12, 3.48, wavelength_nm), law_sd = melanosome_law_sd(wavelength_nm);
	if (wavelength_nm <= MELANOSOME_ABSORBS_FROM_NM)
		return (struct estimate){law, law_sd * law, VALID};
	struct estimate high = spectra_melanosome_rupture(wavelength_nm);
	double low = melanosome_by_absorption(222.0, wavelength_nm);
	double lowest = melanosome_by_absorption(176.0, wavelength_nm);
	double chosen = sqrt(low * high.value);
	double at_first = melanosome_law_sd(MELANOSOME_ABSORBS_FROM_NM) * chosen;
	double sd = sqrt(square(at_first) + (square(high.value - chosen) + square(lowest - chosen)) / 2.0);
	return (struct estimate){chosen, sd, high.flags};
}

/* ---- water ----
 * Segelstein 1981; spread from Hale & Querry 1973 (they differ by up to 25 % in the near infrared).
 * Absorption of cold water at low irradiance: the bands shift and bleach when heated (2.94 um falls from
 * 1.2e4 to about 6e3 1/cm near 1 kJ/cm3, Vodopyanov 1991), which is the business of the ablation model. */

static struct estimate water(double wavelength_nm)
{
	double chosen = interpolate_log(table_of("water_segelstein1981"), 1, wavelength_nm);
	double rival = interpolate_log(table_of("water_hale_querry1973"), 1, wavelength_nm);
	return estimate_of(chosen, spread_of_two(chosen, rival, WATER_FLOOR_REL));
}

/* Absorption of water at T over that of the tables (25 C): (1 + s (T - 20)) / (1 + s 5), s the measured slope of
 * R. Roettgers et al., Opt Express 2014;22:25093. Hydrogen bonds loosen and the bands move to shorter
 * waves: at 1550 nm absorption falls by 0.57 % a kelvin, at 1319 and 1927 nm it rises by 0.1 %. The line is
 * followed to 100 C and held from there. */
struct estimate spectra_water_warming(double wavelength_nm, double temperature_C)
{
	double slope_1_K = spectra_interpolate(table_of("water_warming_roettgers2014"), 1, wavelength_nm);
	if (isnan(slope_1_K) || isnan(temperature_C))
		return (struct estimate){1.0, 0.0, VALIDITY_EXTRAPOLATED};
	double warm_C = fmin(fmax(temperature_C, 0.0), WARMING_LAST_C);
	double value = (1.0 + slope_1_K * (warm_C - WARMING_ZERO_C)) /
	               (1.0 + slope_1_K * (WATER_TABLES_C - WARMING_ZERO_C));
	double beyond_K = fmax(0.0, warm_C - WARMING_MEASURED_C);
	return (struct estimate){value, fabs(slope_1_K) * WARMING_BEYOND_REL * beyond_K,
	                         temperature_C > WARMING_MEASURED_C ? VALIDITY_EXTRAPOLATED : VALID};
}

double spectra_water_index(double wavelength_nm)
{
	if (!(wavelength_nm >= SPECTRA_WAVELENGTH_MIN_NM && wavelength_nm <= SPECTRA_WAVELENGTH_MAX_NM))
		return NAN;
	return spectra_interpolate(table_of("water_index_segelstein1981"), 1, wavelength_nm);
}

/* ---- infrared bands of protein and fat: orders of magnitude (see the table's own header) ---- */

static struct estimate infrared_band(size_t column, double wavelength_nm)
{
	const struct spectra_table *table = table_of("infrared_bands");
	if (!covers(table, wavelength_nm))
		return (struct estimate){0.0, 0.0, VALIDITY_ASSUMED};
	double value = spectra_interpolate(table, column, wavelength_nm);
	return (struct estimate){value, INFRARED_BANDS_REL * value, VALIDITY_ASSUMED};
}

static struct estimate protein(double wavelength_nm)
{
	return infrared_band(1, wavelength_nm);
}

/* ---- fat ----
 * VTS dictionary 400 .. 1600 nm (below 1000 nm it repeats van Veen 2005); spread from van Veen where its
 * lard differs (1000 .. 1098 nm). */

static struct estimate fat(double wavelength_nm)
{
	const struct spectra_table *dictionary = table_of("fat_vts");
	const struct spectra_table *lard = table_of("fat_vanveen2005");
	if (wavelength_nm > spectra_last_key(dictionary))
		return infrared_band(2, wavelength_nm);
	if (wavelength_nm < spectra_first_key(dictionary)) {
		double value = spectra_cell(dictionary, 0, 1);
		return (struct estimate){value, INFRARED_BANDS_REL * value, VALIDITY_EXTRAPOLATED};
	}
	double value = spectra_interpolate(dictionary, 1, wavelength_nm);
	double rival = covers(lard, wavelength_nm) ? spectra_interpolate(lard, 1, wavelength_nm) : value;
	return estimate_of(value, spread_of_two(value, rival, FAT_FLOOR_REL));
}

/* ---- blood ----
 * Whole blood, haematocrit 0.45: N. Bosschaart et al., Lasers Med Sci 2014;29:453, to 1995 nm. Spread from
 * the haemoglobin tables: mua = ln(10) eps C + 0.8 water, C = 150 g/L / 64500 g/mol (S. Prahl, OMLC).
 * Beyond 1995 nm blood is 80 % water and 20 % protein by volume. */

#define HAEMOGLOBIN_M (150.0 / 64500.0)

enum saturation_column { COLUMN_OXY = 1, COLUMN_DEOXY = 2 };

static struct estimate blood_beyond_table(double wavelength_nm)
{
	struct estimate wet = estimate_scale(water(wavelength_nm), SPECTRA_BLOOD_WATER_FRAC);
	struct estimate dry = estimate_scale(protein(wavelength_nm), 1.0 - SPECTRA_BLOOD_WATER_FRAC);
	struct estimate sum = estimate_add(wet, dry);
	sum.flags = VALIDITY_EXTRAPOLATED;
	return sum;
}

static double haemoglobin_solution(enum saturation_column column, double wavelength_nm)
{
	const struct spectra_table *molar = table_of("hb_prahl");
	if (!covers(molar, wavelength_nm))
		molar = table_of("hb_vts");
	if (!covers(molar, wavelength_nm))
		return NAN;
	double extinction = spectra_interpolate(molar, (size_t)column, wavelength_nm);
	return LN_10 * extinction * HAEMOGLOBIN_M + SPECTRA_BLOOD_WATER_FRAC * water(wavelength_nm).value;
}

static struct estimate blood(enum saturation_column column, double wavelength_nm)
{
	const struct spectra_table *whole = table_of("blood_bosschaart2014");
	if (!covers(whole, wavelength_nm))
		return blood_beyond_table(wavelength_nm);
	double value = spectra_interpolate(whole, (size_t)column, wavelength_nm);
	double rival = haemoglobin_solution(column, wavelength_nm);
	if (isnan(rival))
		return estimate_of(value, BLOOD_FLOOR_REL * value);
	return estimate_of(value, spread_of_two(value, rival, BLOOD_FLOOR_REL));
}

static struct estimate blood_oxy(double wavelength_nm)
{
	return blood(COLUMN_OXY, wavelength_nm);
}

static struct estimate blood_deoxy(double wavelength_nm)
{
	return blood(COLUMN_DEOXY, wavelength_nm);
}

/* ---- baseline ----
 * mua = 0.244 + 85.3 exp(-(L - 154) / 66.2): I. Saidi 1992, neonatal skin, as quoted by S. Jacques 1998.
 * Rival: 7.84e8 L^-3.255, bloodless rat skin (S. Jacques 1998). They differ twofold at 500 and 1064 nm.
 *
 * Both are excised samples in integrating spheres, whose lost light reads as absorption; the constant is mostly that.
 * In the visible what is reflected bears it out (tests/validation/test_reflectance.c, to 740 nm). In the near infrared
 * living dermis absorbs 0.035 (lower) to 0.048 1/cm (upper) in all at 850 nm, no more than its blood and water (median
 * of 3809 persons: H. Jonasson et al., J Biomed Opt 2023;28:115001; far less in vivo than in vitro also at 940 nm:
 * R. Graaff et al., Appl Opt 1993;32:435). So the constant fades from 740 to 850 nm, and from 1000 nm collagen's own
 * bands (CHROMOPHORE_PROTEIN) stand for what is not water. The rat law remains in the uncertainty. */

static double neonatal_baseline(double wavelength_nm)
{
	double faded = (wavelength_nm - CONSTANT_FADES_NM) / (CONSTANT_GONE_NM - CONSTANT_FADES_NM);
	double constant_1_cm = 0.244 * fmin(fmax(1.0 - faded, 0.0), 1.0);
	return constant_1_cm + 85.3 * exp(-(wavelength_nm - 154.0) / 66.2);
}

static struct estimate baseline(double wavelength_nm)
{
	double neonatal = neonatal_baseline(wavelength_nm);
	double rat = power_law(7.84e8, 3.255, wavelength_nm);
	bool inside = wavelength_nm >= BASELINE_FIRST_NM && wavelength_nm <= BASELINE_LAST_NM;
	return (struct estimate){neonatal, spread_of_two(neonatal, rat, 0.0),
	                         inside ? VALID : VALIDITY_EXTRAPOLATED};
}

/* ---- the list ---- */

static const struct {
	const char *name, *source;
	struct estimate (*absorption)(double wavelength_nm);
} CHROMOPHORES[CHROMOPHORE_COUNT] = {
	[CHROMOPHORE_MELANOSOME] = {"melanosome", "S. Jacques, OMLC 1998; from 800 nm its middle with M. Schmidt 2014, 2015",
	                            melanosome},
	[CHROMOPHORE_BLOOD_OXY] = {"oxygenated blood", "N. Bosschaart et al. 2014, Hct 0.45", blood_oxy},
	[CHROMOPHORE_BLOOD_DEOXY] = {"deoxygenated blood", "N. Bosschaart et al. 2014, Hct 0.45", blood_deoxy},
	[CHROMOPHORE_WATER] = {"water", "D. Segelstein 1981; spread: G. Hale and M. Querry 1973", water},
	[CHROMOPHORE_FAT] = {"fat", "VTS dictionary; R. van Veen et al. 2005", fat},
	[CHROMOPHORE_BASELINE] = {"bloodless skin", "I. Saidi 1992; spread: S. Jacques 1998", baseline},
	[CHROMOPHORE_PROTEIN] = {"protein", "order of magnitude from molar amide bands", protein},
};

static bool known(enum chromophore chromophore)
{
	return (int)chromophore >= 0 && chromophore < CHROMOPHORE_COUNT;
}

struct estimate spectra_absorption(enum chromophore chromophore, double wavelength_nm)
{
	BUG_ON(!known(chromophore));
	if (!(wavelength_nm >= SPECTRA_WAVELENGTH_MIN_NM && wavelength_nm <= SPECTRA_WAVELENGTH_MAX_NM))
		return (struct estimate){NAN, 0.0, VALIDITY_ABSENT};
	return CHROMOPHORES[chromophore].absorption(wavelength_nm);
}

const char *spectra_name(enum chromophore chromophore)
{
	return known(chromophore) ? CHROMOPHORES[chromophore].name : "unknown";
}

const char *spectra_source(enum chromophore chromophore)
{
	return known(chromophore) ? CHROMOPHORES[chromophore].source : "";
}

/* (1 - exp(-D mua)) / (D mua), D the mean vessel diameter: R. van Veen, W. Verkruysse, H. Sterenborg, Opt
 * Lett 2002;27:246 (C = [1 - exp(-2 R mua)] / (2 R mua)), after L. Svaasand et al. 1995. */
double spectra_vessel_factor(double blood_mua_1_cm, double vessel_diameter_um)
{
	double optical_diameter = blood_mua_1_cm * vessel_diameter_um * CM_PER_UM;
	return optical_diameter > 0.0 ? -expm1(-optical_diameter) / optical_diameter : 1.0;
}
