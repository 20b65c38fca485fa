/* Colour arithmetic. Constants of the observer and the illuminant stand in
 * profiles/tissue/cie_observer_d65.csv. Pinned by tests/physics/test_colour.c. */
#include "physics/colour.h"

#include <stdbool.h>

#include "physics/base/status.h"
#include "physics/base/units.h"
#include "physics/spectra.h"

enum observer_column { COLUMN_X = 1, COLUMN_Y, COLUMN_Z, COLUMN_D65 };

double colour_band_nm(size_t band)
{
	return COLOUR_FIRST_NM + COLOUR_STEP_NM * (double)band;
}

/* ---- spectrum to XYZ ---- */

static const struct spectra_table *observer(void)
{
	const struct spectra_table *table = spectra_find_table("cie_observer_d65");
	BUG_ON(table == NULL);
	return table;
}

static size_t first_row(const struct spectra_table *table)
{
	size_t row = 0;
	while (row < table->rows && spectra_cell(table, row, 0) < COLOUR_FIRST_NM)
		row++;
	BUG_ON(row + COLOUR_BANDS > table->rows || spectra_cell(table, row, 0) != COLOUR_FIRST_NM);
	return row;
}

/* Sum over bands of D65 x matching function x reflectance; reflectance NULL is a perfect white. */
static double tristimulus(enum observer_column column, const double *reflectance)
{
	const struct spectra_table *table = observer();
	size_t row = first_row(table);
	double sum = 0.0;
	for (size_t i = 0; i < COLOUR_BANDS; i++) {
		double light = spectra_cell(table, row + i, COLUMN_D65);
		sum += light * spectra_cell(table, row + i, (size_t)column) * (reflectance ? reflectance[i] : 1.0);
	}
	return sum;
}

static struct colour_xyz xyz_of(const double *reflectance)
{
	double scale = 100.0 / tristimulus(COLUMN_Y, NULL);
	return (struct colour_xyz){
		scale * tristimulus(COLUMN_X, reflectance),
		scale * tristimulus(COLUMN_Y, reflectance),
		scale * tristimulus(COLUMN_Z, reflectance),
	};
}

static bool positive(double x)
{
	return isfinite(x) && x > 0.0;
}

struct colour_xyz colour_xyz_of_spectrum(const double reflectance[COLOUR_BANDS])
{
	for (size_t i = 0; i < COLOUR_BANDS; i++)
		if (!positive(reflectance[i]))
			return (struct colour_xyz){NAN, NAN, NAN};
	return xyz_of(reflectance);
}

/* ---- CIELAB 1976 (ISO/CIE 11664-4): L = 116 f(Y/Yn) - 16, a = 500 (f(X/Xn) - f(Y/Yn)), b = 200 (f(Y/Yn) -
 * f(Z/Zn)); f(t) = cbrt(t) above (6/29)^3, else (841/108) t + 4/29. ---- */

static double lab_root(double t)
{
	const double knee = (6.0 / 29.0) * (6.0 / 29.0) * (6.0 / 29.0);
	return t > knee ? cbrt(t) : 841.0 / 108.0 * t + 4.0 / 29.0;
}

static struct colour_lab colour_lab_of_xyz(struct colour_xyz xyz)
{
	struct colour_xyz white = xyz_of(NULL);
	double fx = lab_root(xyz.x / white.x), fy = lab_root(xyz.y / white.y), fz = lab_root(xyz.z / white.z);
	return (struct colour_lab){116.0 * fy - 16.0, 500.0 * (fx - fy), 200.0 * (fy - fz)};
}

struct colour_lab colour_lab_of_spectrum(const double reflectance[COLOUR_BANDS])
{
	return colour_lab_of_xyz(colour_xyz_of_spectrum(reflectance));
}

double colour_difference(struct colour_lab a, struct colour_lab b)
{
	return hypot(hypot(a.L - b.L, a.a - b.a), a.b - b.b);
}

/* ---- ITA: A. Chardon et al., Int J Cosmet Sci 1991;13:191 ---- */

double colour_ita_deg(struct colour_lab lab)
{
	return atan2(lab.L - 50.0, lab.b) * 180.0 / PI;
}

static const struct {
	const char *name;
	double above_deg;
} ITACLASSES[COLOUR_ITACLASSES] = {
	[COLOUR_VERY_LIGHT] = {"very light", 55.0}, [COLOUR_LIGHT] = {"light", 41.0},
	[COLOUR_INTERMEDIATE] = {"intermediate", 28.0}, [COLOUR_TAN] = {"tan", 10.0},
	[COLOUR_BROWN] = {"brown", -30.0}, [COLOUR_DARK] = {"dark", -INFINITY},
};

enum colour_itaclass colour_itaclass_of(double ita_deg)
{
	BUG_ON(isnan(ita_deg));
	int c = COLOUR_VERY_LIGHT;
	while (c < COLOUR_DARK && !(ita_deg > ITACLASSES[c].above_deg))
		c++;
	return (enum colour_itaclass)c;
}

const char *colour_itaclass_name(enum colour_itaclass itaclass)
{
	bool known = (int)itaclass >= 0 && itaclass < COLOUR_ITACLASSES;
	return known ? ITACLASSES[itaclass].name : "unknown";
}

/* ---- meters ---- */

#define METER_SPAN 500.0 /* full scale of the Mexameter form is twice this */
#define METER_RATIO 5.0

/* 100 log10(high / low). */
static double density_ratio(double high, double low)
{
	return positive(high) && positive(low) ? 100.0 * log10(high / low) : NAN;
}

/* 500 / log 5 (log(high / low) + log 5): 500 at equal bands, 1000 at a ratio of 5. */
static double meter_scale(double high, double low)
{
	if (!positive(high) || !positive(low))
		return NAN;
	return METER_SPAN / log(METER_RATIO) * (log(high / low) + log(METER_RATIO));
}

double colour_melanin_index(double r680)
{
	return density_ratio(1.0, r680);
}

double colour_mexameter_melanin(double r660, double r880)
{
	return meter_scale(r880, r660);
}

double colour_mexameter_erythema(double r568, double r660)
{
	return meter_scale(r660, r568);
}

/* B. Diffey et al., Br J Dermatol 1984;111:663; H. Takiwaki et al. 1994. */
double colour_dermaspectrometer_melanin(double r655)
{
	return density_ratio(1.0, r655);
}

double colour_dermaspectrometer_erythema(double r568, double r655)
{
	return density_ratio(r655, r568);
}
