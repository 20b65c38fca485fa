/* Dielectric properties of skin and what lies below it, 10 kHz to 100 MHz.
 *
 * Complex admittivity y = sigma + j w e0 er [S/m] at body temperature, from four Cole-Cole dispersions
 * (S. Gabriel, R. W. Lau, C. Gabriel, Phys Med Biol 1996;41:2271). The displacement current is never left
 * out: tan delta of dry skin is 0.8 at 6.78 MHz. Measured scatter between samples is 10-25 %.
 */
#ifndef LASERTWIN_DIELECTRIC_H
#define LASERTWIN_DIELECTRIC_H

#include "physics/rf.h"

enum dielectric_tissue {
	/* Through the stratum corneum: a bulk value. Below 10 MHz it is not the dermis (0.013 S/m against
	   0.22). */
	DIELECTRIC_SKIN_DRY,
	DIELECTRIC_SKIN_WET,
	DIELECTRIC_FAT,             /* not infiltrated */
	DIELECTRIC_FAT_INFILTRATED, /* average infiltrated: what most tables call subcutaneous fat */
	DIELECTRIC_MUSCLE,
	DIELECTRIC_BLOOD,
	DIELECTRIC_TENDON, /* stands for the septa of fat */
	DIELECTRIC_TISSUES
};

/* ST_RANGE outside 10 kHz .. 100 MHz. */
enum status dielectric_gabriel(enum dielectric_tissue tissue, double frequency_Hz, double complex *y_S_m,
                               struct fail *why) MUST_CHECK;

/* Relative permittivity of an admittivity (its conductivity is the real part). */
double dielectric_permittivity(double complex y_S_m, double frequency_Hz);

/* Between two measured states, share 0 (a) .. 1 (b): linear in log y (Lichtenecker's rule). */
double complex dielectric_between(double complex a_S_m, double complex b_S_m, double share);

/* Two phases with the volume share of b. Layers along and across the field are the bounds of any texture
 * (Wiener 1912); spheres of b strewn in a (Maxwell Garnett 1904) lie between. */
double complex dielectric_along(double complex a_S_m, double complex b_S_m, double share);
double complex dielectric_across(double complex a_S_m, double complex b_S_m, double share);
double complex dielectric_spheres(double complex a_S_m, double complex b_S_m, double share);

/* Conductivity of heated tissue relative to that at RF_REFERENCE_C. Ions move more easily (1-2 % per kelvin,
 * Duck 1990; 1.5 % is the default of layers from a twin), up to boiling; from 100 to 105 C the tissue dries
 * out and conducts 1e-4 of it (Trujillo & Berjano, Int J Hyperthermia 2013;29:590). */
#define DIELECTRIC_WARMING_1_K 0.015
#define DIELECTRIC_DRYING_C 100.0
#define DIELECTRIC_DRIED_C 105.0
#define DIELECTRIC_DRIED_FRAC 1e-4
double dielectric_warm_factor(double warming_1_K, double temperature_C);

/* Zero is the default everywhere but the frequency. */
struct dielectric_options {
	double frequency_Hz;
	double dryness_frac;      /* of stratum corneum and epidermis: -1 soaked .. 0 usual .. 1 dry */
	double infiltration_frac; /* of fat: 0 none (least conductivity) .. 1 average infiltrated */
	double septa_frac;        /* volume of fat that is fibrous septa along the field, 0..0.3 */
	bool constant;            /* sigma does not change with temperature */
	bool no_muscle;           /* the deepest layer goes on below; otherwise unbounded muscle follows it */
};

/* Electrical and thermal layers of a twin's tissue; neighbours of equal properties become one. *count is the
 * capacity in (RF_LAYERS_MAX suffices), the layers out. Dermis is wet skin, its sigma by the 1.75th power of
 * its water; fat lies between the two measured kinds; epidermis and stratum corneum are assumed values and
 * flagged. ST_RANGE names the option. */
enum status dielectric_layers(const struct tissue *tissue, const struct dielectric_options *options,
                              struct rf_layer *layer, size_t *count, struct fail *why) MUST_CHECK;

/* The same material as a layer by itself. thermal is left to the caller. */
enum status dielectric_layer(enum dielectric_tissue tissue, double frequency_Hz, double thickness_um,
                             struct rf_layer *layer, struct fail *why) MUST_CHECK;

/* Thermal properties of the materials (IT'IS v4: density, heat capacity, conductivity, perfusion). */
struct tissue_thermal dielectric_thermal(enum dielectric_tissue tissue);

#endif
