/* A radiofrequency treatment with a round surface electrode: current, heat and injury together.
 *
 * The field follows the temperature: conductivity rises by warming_1_K and collapses on drying; the field is
 * renewed when a cell's conductivity has changed by renew_frac in all, and between renewals the admittance
 * follows to first order by reciprocity (dY = integral of d sigma E.E). Perfusion rises with temperature and
 * stops where the vessels are destroyed. Water does not boil: a result that passes 100 C carries
 * VALIDITY_MODEL_LIMIT. Cooling is a heat_surface, beneath the electrode and beside it, with stages before,
 * during and after.
 */
#ifndef LASERTWIN_RF_RUN_H
#define LASERTWIN_RF_RUN_H

#include "physics/damage.h"
#include "physics/heat.h"
#include "physics/rf_axisym.h"
#include "physics/rf_control.h"

#define RF_RUN_PROBES_MAX 64
#define RF_RUN_SETS_MAX 8
#define RF_RUN_STEPS_MAX 20000

struct rf_place {
	double r_um, z_um;
};

/* Times the resting perfusion: 1 below from_C, rising linearly to rise at to_C and beyond; times the share of
 * vessels left, exp(-Omega) with Brown's microvascular set, when stops is set. rise 0: perfusion is constant.
 */
struct rf_perfusion {
	double rise, from_C, to_C;
	bool stops;
};

struct rf_run_problem {
	struct rf_axisym_problem electrode;
	struct rf_control control;
	struct rf_place sensor;   /* of the control */
	double surface_C, core_C; /* the start is steady in depth through these */
	struct heat_surface under, beside;
	struct rf_perfusion perfusion;
	size_t probes;
	const struct rf_place *probe; /* temperature histories */
	size_t sets;
	const enum damage_set_id *set;
	double end_s;       /* > 0 */
	double renew_frac;  /* default 0.2 */
	double time_refine; /* divides every time step; default 1 */
};

struct rf_run_step {
	double time_s; /* end of the step */
	double complex impedance_ohm;
	struct rf_output output;
	double hottest_C;
};

struct rf_run; /* owns all */

/* Raised by another thread to stop: ST_CANCELLED. May be NULL. */
typedef bool rf_cancel(void *context);

enum status rf_run_new(const struct rf_run_problem *problem, rf_cancel *cancel, void *context,
                       struct rf_run **out, struct fail *why) MUST_CHECK;
void rf_run_free(struct rf_run **run);

size_t rf_run_steps(const struct rf_run *run);
const struct rf_run_step *rf_run_history(const struct rf_run *run);
const double *rf_run_probe_C(const struct rf_run *run, size_t probe); /* [steps + 1]; the first at time 0 */

struct rf_run_summary {
	enum rf_stop stop;
	double stop_s;
	double energy_J;
	double hottest_C;
	struct rf_place hottest;
	double balance_frac; /* |heat in - stored - lost| over the sum of their sizes */
	size_t renewals;     /* of the field */
	bool limited;        /* the generator's limits held the output back at some time */
	unsigned flags;      /* OR of enum validity */
};
struct rf_run_summary rf_run_summary(const struct rf_run *run);

/* The grid and what each cell has seen; cell n = ir * nz + iz. */
const struct rf_axisym *rf_run_grid(const struct rf_run *run);
const double *rf_run_temperature_C(const struct rf_run *run); /* at the end */
const double *rf_run_peak_C(const struct rf_run *run);
const double *rf_run_omega(const struct rf_run *run, size_t set);
const double *rf_run_cem43_min(const struct rf_run *run);

/* Where a cell quantity reaches a level within one kind of matter (RF_MATTERS: anywhere). */
struct rf_zone {
	double top_um, bottom_um; /* on the axis between cell centres, interpolated; NAN when nowhere on it */
	double radius_um;         /* largest radius reached at any depth; 0 when nowhere */
	double volume_mm3;
};
struct rf_zone rf_run_zone(const struct rf_run *run, const double *quantity, double level,
                           enum rf_matter matter);

/* A dispersive pad: the rise of the skin under it, for a current through its whole or partial contact. */
struct rf_pad {
	struct rf_stack stack; /* under the pad; return far or plate */
	double area_cm2;
	double contact_frac; /* share of the area in touch, 0..1 */
	struct rf_contact contact;
	double current_A, duration_s;
};
struct rf_pad_rise {
	double hottest_K; /* anywhere: at the rim, where the current crowds */
	double mean_K;    /* of the skin's surface in touch */
};
#define RF_PAD_LIMIT_K 6.0 /* IEC 60601-2-2, 201.15.101.5: neutral electrodes, 700 mA for 60 s */
enum status rf_pad_rise(const struct rf_pad *pad, struct rf_pad_rise *rise, struct fail *why) MUST_CHECK;

#endif
