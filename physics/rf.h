/* Radiofrequency in layered tissue: what every solver of it shares.
 *
 * Quasi-static: div(y grad V) = 0 with the complex admittivity y = sigma + j w e0 er of each layer. The time
 * factor is exp(+j w t), all amplitudes are root mean square, so that power is Re(V I*) and the power density
 * sigma |E|^2 (skin: lambda / 2 pi is 84 mm at 40.68 MHz, so an electrode of radius a errs by (a k)^2, 3 % at
 * 15 mm). z = 0 is the surface of the skin, z grows inwards; r = 0 is the axis of a round electrode. A solver
 * answers for 1 V between its terminals; rf_amplitude gives what a drive makes of it.
 */
#ifndef LASERTWIN_RF_H
#define LASERTWIN_RF_H

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>

#include "physics/base/estimate.h"
#include "physics/base/status.h"
#include "physics/tissue.h"

#define RF_LAYERS_MAX 16
#define RF_FREQUENCY_MIN_HZ 1e4
#define RF_FREQUENCY_MAX_HZ 1e8
#define RF_REFERENCE_C 37.0            /* temperature the conductivities are given at */
#define RF_VACUUM_F_m 8.8541878128e-12 /* CODATA 2018 */
#define RF_WARMING_MAX_1_K 0.1
#define RF_BLOOD_J_m3K (1050.0 * 3617.0) /* heat capacity of blood, IT'IS v4; as in the heat solvers */

enum rf_matter {
	RF_MATTER_OTHER = 0,
	RF_STRATUM_CORNEUM,
	RF_EPIDERMIS,
	RF_DERMIS,
	RF_FAT,
	RF_MUSCLE,
	RF_MATTERS
};

struct rf_layer {
	enum rf_matter matter;         /* decides which damage counts; no other influence */
	double thickness_um;           /* > 0; INFINITY for an unbounded last layer */
	double conductivity_S_m;       /* sigma at the drive's frequency and RF_REFERENCE_C, > 0 */
	double permittivity;           /* relative, real part, >= 0; does not change with temperature */
	double conductivity_sd_frac;   /* relative standard uncertainty of sigma; 0: not known */
	double warming_1_K;            /* relative rise of sigma per kelvin; 0: constant */
	struct tissue_thermal thermal; /* perfusion_1_s: volume of blood per volume of tissue and second */
	unsigned flags;                /* OR of enum validity: what the properties rest on */
};

enum rf_return {
	RF_RETURN_FAR = 0, /* at infinity: a pad far away, on an unbounded last layer */
	RF_RETURN_PLATE,   /* the whole lower face of the last layer */
	RF_RETURN_NONE     /* the lower face insulates: bipolar electrodes only */
};

struct rf_stack {
	double frequency_Hz;
	size_t layers;
	const struct rf_layer *layer; /* from the surface down; borrowed */
	enum rf_return back;
};

/* What lies between metal and tissue, as impedance of a unit area [ohm m2]: membrane, gel, stratum corneum.
 * 0 is bare metal. It carries current straight through: right for films thin beside the electrode. */
struct rf_contact {
	double complex ohm_m2;
};

/* What the generator holds constant. */
enum rf_drive_mode { RF_DRIVE_VOLTAGE = 0, RF_DRIVE_CURRENT, RF_DRIVE_POWER, RF_DRIVE_MODES };

struct rf_drive {
	enum rf_drive_mode mode;
	double value; /* V, A (both rms) or W */
};

/* One answer at 1 V. Fractions are of the whole power Re(V I*), contact included. */
struct rf_result {
	double complex impedance_ohm;
	double impedance_error_ohm; /* of the discretisation: an estimate of |computed - exact| */
	size_t layers;
	double layer_frac[RF_LAYERS_MAX]; /* power in each layer, integrated for itself */
	double contact_frac;              /* power in the contact */
	double balance_frac; /* |sum of the fractions - 1|: no part of the errors above hides in it */
	unsigned flags;      /* OR of enum validity */
};

/* Field at one place at 1 V. Components: x, y, z or r, phi, z. */
struct rf_field {
	double complex potential_V;
	double complex field_V_m[3];
	double power_W_m3; /* sigma |E|^2 */
	double sar_W_kg;   /* 0 where the density is not given */
};

const char *rf_matter_name(enum rf_matter matter); /* "fat"; never NULL */

/* sigma + j w e0 er of a layer [S/m]. */
double complex rf_admittivity_S_m(const struct rf_layer *layer, double frequency_Hz);

/* Power density and SAR of a field whose components are set. */
void rf_field_power(const struct rf_layer *layer, struct rf_field *field);

/* Voltage factor (real, >= 0) by which the fields at 1 V are multiplied; powers by its square.
 * ST_RANGE for a negative or non-finite drive. */
enum status rf_amplitude(const struct rf_drive *drive, double complex impedance_ohm, double *factor,
                         struct fail *why) MUST_CHECK;

/* Refuses by field: no or too many layers, thickness not above 0, an unbounded layer that is not the last,
 * conductivity not above 0, negative permittivity, a frequency outside RF_FREQUENCY_MIN/MAX, a return that
 * does not fit the last layer. */
enum status rf_stack_check(const struct rf_stack *stack, struct fail *why) MUST_CHECK;

/* Thermal properties all physical: needed by what heats. */
enum status rf_thermal_check(const struct rf_stack *stack, struct fail *why) MUST_CHECK;

/* Real part >= 0 and finite. */
enum status rf_contact_check(const struct rf_contact *contact, struct fail *why) MUST_CHECK;

/* What every single round electrode needs: a sound stack with a return, a sound contact, a radius above 0. */
enum status rf_round_check(const struct rf_stack *stack, const struct rf_contact *contact, double radius_um,
                           struct fail *why) MUST_CHECK;

/* A film of a dielectric: zeta = d / (sigma + j w e0 er). Contacts in series add. */
double complex rf_film_ohm_m2(double thickness_um, double conductivity_S_m, double permittivity,
                              double frequency_Hz);

/* Depth of the top of layer i, and the layer that holds a depth (the lower one at an interface). */
double rf_layer_top_um(const struct rf_stack *stack, size_t i);
size_t rf_layer_at(const struct rf_stack *stack, double depth_um);

/* Layers at the top that act as a contact in series: thin beside the electrode and conducting less than what
 * is below, they carry the current straight down. At the rim it spreads in them, as if the electrode were
 * wider by widen_um (exact over a perfect conductor). */
struct rf_fold {
	size_t layers;
	double thickness_um, widen_um;
	double complex ohm_m2;
	double error_frac; /* of the impedance, measured with the finite volumes */
};

/* Folds layers thinner than radius / RF_FOLD_FILM that conduct less than RF_FOLD_CONTRAST of the next, and
 * those thinner than radius / RF_FOLD_THIN that conduct less than the next. *out borrows stack's layers; its
 * depths start below the folded ones. The last layer stays. */
#define RF_FOLD_FILM 50.0
#define RF_FOLD_THIN 400.0
#define RF_FOLD_CONTRAST 0.12
struct rf_fold rf_stack_fold(const struct rf_stack *stack, double radius_um, struct rf_stack *out);

#endif
