/* Instruments: what every meter of the clinic would read on a layered skin.
 *
 * The forward model is the reflectance of the tissue by the same optics and transport that plan the
 * treatment (collimated in, hemisphere out: by reciprocity the d/8 geometry of colorimeters, specular part
 * excluded). It is solved at a few tens of channels (region of skin x wavelength); colours and spectra are
 * interpolated between them by cubics. What an instrument adds of its own (zero of a scale, surface
 * reflection, white reference) is an offset of its own, so that two readings of one meter share it and their
 * difference is sharper than either. Used by the twin's calibration alone.
 */
#ifndef LASERTWIN_INSTRUMENT_H
#define LASERTWIN_INSTRUMENT_H

#include "planner/twin/twin.h"

enum instrument_region { REGION_NORMAL, REGION_LESION, REGION_UNEXPOSED, REGIONS };

/* Offsets of the instruments, Gaussian with the prior of instrument_offset_prior. */
enum instrument_offset {
	OFFSET_ITA_DEG,
	OFFSET_LIGHTNESS, /* L* of the colorimeter */
	OFFSET_MELANIN_INDEX,
	OFFSET_ERYTHEMA_INDEX,
	OFFSET_SURFACE, /* surface reflection in the spectrum */
	OFFSET_GAIN,    /* ln of the spectrum's white reference and edge loss */
	OFFSETS
};
#define COORDINATES (TWIN_PROPERTIES + OFFSETS) /* latent properties, then offsets */

struct instruments; /* the readings of one day as observations; gives it, free with instruments_free */

enum status instruments_new(const struct readings *readings, struct instruments **out, struct fail *why) MUST_CHECK;
void instruments_free(struct instruments **instruments);

void instrument_offset_prior(const struct instruments *in, enum instrument_offset offset, double *mean, double *sd);

/* One observation a row: a spectrum gives a row for each point. */
size_t instruments_rows(const struct instruments *in);
/* Reflectances are solved with few directions and corrected by what more of them gave at the anchor, which is
 * where x stood last when this was called; derivatives are taken anew there. Before all else. */
enum status instruments_anchor(struct instruments *in, const double *x, struct fail *why) MUST_CHECK;
/* Reflectance at x, then (read - would read) / sd of every row. x has COORDINATES entries. */
enum status instruments_residuals(struct instruments *in, const double *x, double *residual,
                                  struct fail *why) MUST_CHECK;
/* Derivatives of the last residuals by the coordinates, rows x COORDINATES: differences of the transport at the
 * anchor, carried along from there by Broyden's update (1965, Math Comput 19:577). */
void instruments_jacobian(struct instruments *in, double *jacobian);

/* What a row is, for reports: rows of a spectrum share one key. */
struct instrument_row {
	const char *key, *label;
	enum instrument_region region;
	enum twin_property direct; /* the property it reads; TWIN_PROPERTIES: through the optics */
	const char *source;        /* of a direct reading's error */
	double read, sd;           /* latent for direct rows */
	double zero, factor;       /* value = zero + factor x reading, of a direct row */
	double wavelength_nm;      /* of a spectrum's point; 0: not one */
	double weight;             /* 1; of points that share their error, their share of it */
};
struct instrument_row instruments_row(const struct instruments *in, size_t row);

/* Readings no row was made of, with the reason; NULL past the last. */
const char *instruments_unused(const struct instruments *in, size_t index, const char **why_not);

#endif
