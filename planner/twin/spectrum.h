/* A diffuse reflectance spectrum as an instrument wrote it: any range inside 350-2500 nm.
 *
 * File form, lasertwin-spectrum/1: text, one point a line, wavelength in nm and reflectance, separated by
 * comma, semicolon or tab. Lines that begin with # are notes; three of them are read:
 *     # schema: lasertwin-spectrum/1        (optional)
 *     # specular: included | excluded       (whether the mirror reflection of the surface is in it)
 *     # instrument: free text
 * One header line is optional: "wavelength_nm,reflectance" or "wavelength_nm,reflectance_pct"; percent is
 * never guessed. With a semicolon or a tab between them numbers may have a decimal comma.
 */
#ifndef LASERTWIN_SPECTRUM_H
#define LASERTWIN_SPECTRUM_H

#include <stddef.h>

#include "physics/base/status.h"

#define SPECTRUM_POINTS_MAX 512 /* kept; longer ones are averaged over neighbours */
#define SPECTRUM_ROWS_MAX 20000 /* of a file */
#define SPECTRUM_POINTS_MIN 5
#define SPECTRUM_FIRST_NM 350.0
#define SPECTRUM_LAST_NM 2500.0

enum spectrum_surface { SPECTRUM_SURFACE_UNKNOWN, SPECTRUM_SURFACE_INCLUDED, SPECTRUM_SURFACE_EXCLUDED };

struct spectrum {
	size_t count; /* 0: not taken */
	double wavelength_nm[SPECTRUM_POINTS_MAX], reflectance[SPECTRUM_POINTS_MAX]; /* fraction of a white diffuser */
	enum spectrum_surface surface;
	char instrument[48];
};

/* name: how errors call the file; they carry the line. ST_INPUT for what is not a spectrum or not in order,
 * ST_RANGE for wavelengths outside 350-2500 nm or reflectance outside 0.0005-1.2, ST_FULL for too many rows. */
enum status spectrum_parse(const char *name, const char *text, size_t length, struct spectrum *out,
                           struct fail *why) MUST_CHECK;

/* The rules of the numbers alone, for spectra that come from elsewhere; row counts from 1. */
enum status spectrum_check(const struct spectrum *spectrum, struct fail *why) MUST_CHECK;

const char *spectrum_surface_name(enum spectrum_surface surface); /* "unknown", "included", "excluded" */

#endif
