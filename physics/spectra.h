/* Absorption spectra of what skin is made of, from published tables with their sources.
 *
 * Tables live as CSV in profiles/tissue (units and source in each header) and are compiled in. Inside a
 * table values are interpolated; where a wavelength lies outside the published range the estimate is
 * flagged VALIDITY_EXTRAPOLATED. Every formula choice of the optics (which melanosome law, which water)
 * stands in spectra.c and nowhere else.
 */
#ifndef LASERTWIN_SPECTRA_H
#define LASERTWIN_SPECTRA_H

#include <stddef.h>

#include "physics/base/estimate.h"

enum chromophore {
	CHROMOPHORE_MELANOSOME,  /* interior of a cutaneous melanosome */
	CHROMOPHORE_BLOOD_OXY,   /* whole blood, Hct 0.45, fully saturated */
	CHROMOPHORE_BLOOD_DEOXY, /* whole blood, Hct 0.45, saturation 0 */
	CHROMOPHORE_WATER,
	CHROMOPHORE_FAT,
	CHROMOPHORE_BASELINE, /* bloodless, melanin-free, water-free skin */
	CHROMOPHORE_COUNT
};

/* Absorption coefficient [1/cm, base e] of the pure chromophore. 350 .. 11000 nm. */
struct estimate spectra_absorption(enum chromophore chromophore, double wavelength_nm);

const char *spectra_name(enum chromophore chromophore);
const char *spectra_source(enum chromophore chromophore); /* author, year, table or equation */

/* A compiled-in table: linear interpolation of column value against key. */
struct spectra_table {
	const char *name;   /* file name without .csv */
	const char *source; /* "source:" line of the file */
	size_t rows, columns;
	const double *cell; /* rows x columns, first column increasing */
};
const struct spectra_table *spectra_find_table(const char *name); /* NULL when there is none */
double spectra_interpolate(const struct spectra_table *table, size_t column, double key);

#endif
