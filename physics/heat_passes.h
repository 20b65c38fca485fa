/* Passes that repeat in equal intervals: the answer to any number of them from one.
 *
 * Heat is linear, and from one pass to the next tissue only conducts: what a pass leaves to the next is smooth, and
 * held by a few of the slowest modes of the tissue at rest (K phi = lambda M phi; after a rest t mode m is down to
 * exp(-lambda_m t)). One march carries side by side base, response and those modes from the start of a pass through its
 * rest and, without another pass, to the end. In pass k the temperature is then
 *   T = base + F response + sum over m of (a_km + F b_km) phi_m(t),
 * a and b being what k passes have left, by a matrix of six rows. So turning passes or fluence costs sums, no march.
 */
#ifndef LASERTWIN_HEAT_PASSES_H
#define LASERTWIN_HEAT_PASSES_H

#include "physics/heat.h"

struct heat_passes; /* owns all; free with heat_passes_free. Read only: may be shared between threads. */

#define HEAT_PASSES_MAX 64

/* problem: one pass; its pulses' pass_interval_s says when the next begins, after its last stage and pulse. ST_MODEL
 * where the modes do not hold what a pass leaves to the tolerance of the march: then ask heat_new for the passes there
 * are. */
enum status heat_passes_new(const struct heat_problem *problem, struct heat_passes **out, struct fail *why) MUST_CHECK;
void heat_passes_free(struct heat_passes **passes);

/* Rows and depths alone, for heat_rows_at_depth, heat_places and the like. */
const struct heat *heat_passes_rows(const struct heat_passes *passes);
size_t heat_passes_bytes(const struct heat_passes *passes);

/* How many passes of which radiant exposure: 1 .. HEAT_PASSES_MAX. */
struct heat_repeat {
	unsigned passes;
	double fluence_J_cm2;
};
/* Peaks, and Omega, of rows from .. to - 1; arrays of all rows, the others of which stay as they are. peak_C: peaks of
 * these rows where they are known, which spares what stayed cold; or NULL. */
enum status heat_passes_peaks(const struct heat_passes *passes, struct heat_repeat repeat, size_t from, size_t to,
                              double *peak_C, struct fail *why) MUST_CHECK;
/* The highest temperature of the rows, and of floor_C. */
enum status heat_passes_hottest(const struct heat_passes *passes, struct heat_repeat repeat, size_t from, size_t to,
                                double floor_C, double *hottest_C, struct fail *why) MUST_CHECK;
enum status heat_passes_omega(const struct heat_passes *passes, struct heat_repeat repeat, enum damage_set_id set,
                              const double *peak_C, size_t from, size_t to, double *omega,
                              struct fail *why) MUST_CHECK;
/* Steps of so many passes; their times and the temperatures of a depth, steps each. */
size_t heat_passes_steps(const struct heat_passes *passes, unsigned count);
enum status heat_passes_history(const struct heat_passes *passes, struct heat_repeat repeat, double depth_um,
                                double *time_s, double *temperature_C, struct fail *why) MUST_CHECK;

#endif
