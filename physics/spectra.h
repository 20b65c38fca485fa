/* Absorption spectra of what skin is made of, from published tables with their sources.
 *
 * Tables live as CSV in profiles/tissue (units and source in each header) and are compiled in. Inside a
 * table values are interpolated; where a wavelength lies outside the published range the estimate is
 * flagged VALIDITY_EXTRAPOLATED. Every formula choice of the optics (which melanosome law, which water)
 * stands in spectra.c and nowhere else.
 *
 * All coefficients are 1/cm, base e, of the pure chromophore. Pure functions: nothing is kept, nothing
 * allocates, results depend on the arguments alone.
 */
#ifndef LASERTWIN_SPECTRA_H
#define LASERTWIN_SPECTRA_H

#include <stddef.h>

#include "physics/base/estimate.h"

#define SPECTRA_WAVELENGTH_MIN_NM 350.0
#define SPECTRA_WAVELENGTH_MAX_NM 11000.0

enum chromophore {
	CHROMOPHORE_MELANOSOME,  /* interior of a cutaneous melanosome */
	CHROMOPHORE_BLOOD_OXY,   /* whole blood, Hct 0.45, fully saturated */
	CHROMOPHORE_BLOOD_DEOXY, /* whole blood, Hct 0.45, saturation 0 */
	CHROMOPHORE_WATER,
	CHROMOPHORE_FAT,
	CHROMOPHORE_BASELINE, /* bloodless, melanin-free, water-free skin */
	CHROMOPHORE_PROTEIN,  /* infrared bands of dry protein; zero below 1000 nm, where the baseline holds it */
	CHROMOPHORE_COUNT
};

/* Absorption coefficient [1/cm, base e] of the pure chromophore, 350 .. 11000 nm, with the standard
 * uncertainty that the disagreement of its sources shows. Outside that range, and for NaN: value NAN,
 * flag VALIDITY_ABSENT. Flags inside it:
 *   melanosome   extrapolated beyond 1319 nm
 *   blood        extrapolated beyond 1995 nm (water and protein of blood)
 *   fat          extrapolated below 400 nm, assumed beyond 1600 nm
 *   baseline     extrapolated below 400 and beyond 1000 nm
 *   protein      assumed everywhere */
struct estimate spectra_absorption(enum chromophore chromophore, double wavelength_nm);

/* The absorption that thresholds of rupture of cutaneous melanosomes by nanoseconds speak of: the same to 800 nm, 1.4
 * times as much at 1064 nm. Range and flags as above. */
struct estimate spectra_melanosome_rupture(double wavelength_nm);

const char *spectra_name(enum chromophore chromophore);
const char *spectra_source(enum chromophore chromophore); /* author, year, table or equation */

/* Water by volume in whole blood of haematocrit 0.45. */
#define SPECTRA_BLOOD_WATER_FRAC 0.80

/* How much less blood absorbs when it is gathered in vessels than when spread out evenly, 0 .. 1:
 * multiply the volume-averaged blood absorption by it. 1 for a diameter of 0. */
double spectra_vessel_factor(double blood_mua_1_cm, double vessel_diameter_um);

/* Absorption of water at a temperature over that of the tables (25 C): 1254 .. 2200 nm, measured near room
 * temperature, flagged EXTRAPOLATED above 60 C and held above 100 C. Elsewhere 1 and EXTRAPOLATED (the 3 um band
 * bleaches: that is the ablation model's). */
struct estimate spectra_water_warming(double wavelength_nm, double temperature_C);

/* Refractive index of liquid water, 350 .. 11000 nm (Segelstein 1981); NAN outside. */
double spectra_water_index(double wavelength_nm);

/* A compiled-in table: linear interpolation of column value against key. */
struct spectra_table {
	const char *name;   /* file name without .csv */
	const char *source; /* "source:" line of the file */
	size_t rows, columns;
	const double *cell; /* rows x columns, first column increasing */
};

/* All tables, in the order of their names; made from profiles/tissue by physics/tables.awk. */
extern const struct spectra_table spectra_tables[];
extern const size_t spectra_tables_count;

const struct spectra_table *spectra_find_table(const char *name); /* NULL when there is none */

/* Value of a column (1 .. columns-1) at a key; NAN outside the rows of the table, never clamped. */
double spectra_interpolate(const struct spectra_table *table, size_t column, double key);

/* The cell itself, for tables that are lists rather than functions. */
double spectra_cell(const struct spectra_table *table, size_t row, size_t column);

double spectra_first_key(const struct spectra_table *table);
double spectra_last_key(const struct spectra_table *table);

#endif
