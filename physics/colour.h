/* Skin colour from a reflectance spectrum, and the indices clinical meters show.
 *
 * Reflectance is a fraction of a perfect white diffuser, 0 .. 1 and above 0; a spectrum is COLOUR_BANDS
 * values at 400, 410 .. 700 nm. White is illuminant D65 seen by the 1931 (2 degree) observer, summed over
 * the same bands, so that a perfect white is (100, 0, 0) exactly. Instruments that include the specular
 * part of the surface read about 0.028 more than a diffuse reflectance. The ITA and the Fitzpatrick type are
 * different things and poorly correlated: this module knows the ITA only.
 *
 * Pure functions. A reflectance that is not a finite positive number gives NAN.
 */
#ifndef LASERTWIN_COLOUR_H
#define LASERTWIN_COLOUR_H

#include <stddef.h>

#define COLOUR_BANDS 31
#define COLOUR_FIRST_NM 400.0
#define COLOUR_STEP_NM 10.0

struct colour_xyz {
	double x, y, z; /* y = 100 for a perfect white */
};

struct colour_lab {
	double L, a, b; /* CIELAB 1976 */
};

/* Lightest first. Limits: Chardon 1991, Del Bino 2006. */
enum colour_itaclass {
	COLOUR_VERY_LIGHT,   /* ITA > 55 */
	COLOUR_LIGHT,        /* 41 < ITA <= 55 */
	COLOUR_INTERMEDIATE, /* 28 < ITA <= 41 */
	COLOUR_TAN,          /* 10 < ITA <= 28 */
	COLOUR_BROWN,        /* -30 < ITA <= 10 */
	COLOUR_DARK,         /* ITA <= -30 */
	COLOUR_ITACLASSES
};

double colour_band_nm(size_t band);

struct colour_xyz colour_xyz_of_spectrum(const double reflectance[COLOUR_BANDS]);
struct colour_lab colour_lab_of_spectrum(const double reflectance[COLOUR_BANDS]);

/* Individual typology angle, degrees: the angle of (b*, L* - 50), also right for b* <= 0. */
double colour_ita_deg(struct colour_lab lab);
enum colour_itaclass colour_itaclass_of(double ita_deg); /* ita_deg must be a number */
const char *colour_itaclass_name(enum colour_itaclass itaclass);

/* CIE 1976 colour difference. */
double colour_difference(struct colour_lab a, struct colour_lab b);

/* 100 log10(1 / R680): the melanin index of reflectance archives. */
double colour_melanin_index(double r680);

/* Two-band meter (Mexameter form), published as 0 .. 999; not cut off here. */
double colour_mexameter_melanin(double r660, double r880);
double colour_mexameter_erythema(double r568, double r660);

/* Two-band meter (DermaSpectrometer form). */
double colour_dermaspectrometer_melanin(double r655);
double colour_dermaspectrometer_erythema(double r568, double r655);

#endif
