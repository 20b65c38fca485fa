/* Step control, shared by the marches in one and in two dimensions and of many sources at once.
 *
 * The error of a step's chord grows with the square of the step (what bends is the second derivative), so the next
 * one is safety / sqrt(error) as large, within bounds.
 */
#include "physics/heat_private.h"

#include <math.h>

#define SAFETY 0.9
#define GROW_MAX 4.0
#define SHRINK_MAX 0.05
#define FIRST_STEP_FRAC 0.25     /* of the interval between events; step control cuts it down */
#define FEWEST_STEPS 2.0         /* per interval */
#define SMALLEST_STEP_FRAC 1e-15 /* of the interval: below it something is wrong */

struct heat_steps heat_steps_between(double from_s, double to_s)
{
	double length_s = to_s - from_s;
	return (struct heat_steps){from_s, to_s, length_s, 0.0, length_s, FIRST_STEP_FRAC * length_s};
}

bool heat_steps_left(const struct heat_steps *steps)
{
	return steps->done_s < steps->length_s;
}

double heat_steps_next(struct heat_steps *steps, double at_most_s)
{
	steps->left_s = steps->length_s - steps->done_s;
	steps->dt_s = fmin(steps->dt_s, at_most_s);
	if (steps->left_s <= FEWEST_STEPS * steps->dt_s)
		steps->dt_s = steps->left_s <= steps->dt_s ? steps->left_s : 0.5 * steps->left_s;
	return steps->dt_s;
}

double heat_steps_time_s(const struct heat_steps *steps)
{
	return steps->done_s == steps->length_s ? steps->to_s : steps->from_s + steps->done_s;
}

enum status heat_steps_judge(struct heat_steps *steps, double error, bool *taken, struct fail *why)
{
	if (!isfinite(error) || steps->dt_s < SMALLEST_STEP_FRAC * steps->length_s)
		return fail_set(why, ST_NUMERIC, "heat", "no step is small enough at %g s", steps->from_s + steps->done_s);
	double factor = error > 0.0 ? SAFETY / sqrt(error) : GROW_MAX;
	*taken = error <= 1.0;
	if (*taken)
		steps->done_s = steps->dt_s == steps->left_s ? steps->length_s : steps->done_s + steps->dt_s;
	steps->dt_s *= *taken ? fmin(factor, GROW_MAX) : fmax(factor, SHRINK_MAX);
	return ST_OK;
}
