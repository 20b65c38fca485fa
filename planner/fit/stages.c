/* Blows of air and spurts of cryogen, pass by pass. */
#include "planner/fit/stages.h"

#define AIR_LEAD_S 3.0 /* forced air blows on a place this long before the first pulse of a pass ... */
#define AIR_TAIL_S 1.0 /* ... and after its last */

/* One before the first pulse of every pass, as many as the solver takes. Whatever is not certain is left out, so that
 * the skin is predicted warmer than in truth: the film that stays after the spurt (with it the surface would come to
 * -14 C, colder than the 5 to -9 C that were measured), further sprays within a stack, passes beyond the solver's. */
static size_t sprays(const struct bulk_dose *dose, struct heat_stage stage[HEAT_STAGES_MAX])
{
	size_t count = 0;
	for (unsigned pass = 0; pass < dose->passes && count < HEAT_STAGES_MAX; pass++) {
		struct heat_stage spurt_and_film[HEAT_CRYOGEN_STAGES];
		heat_cryogen_r134a(pass * dose->pass_interval_s, dose->spray_s, spurt_and_film);
		stage[count++] = spurt_and_film[0];
	}
	return count;
}

/* The nozzle goes with the handpiece: on one place it blows around each pass and not between them. Blown on without
 * a break, skin would come to -8 C within a minute, colder than the 10 to 15 C that are measured after half a one,
 * and the heat that passes add up would vanish in it. Passes nearer than lead and tail are one blow; what is beyond the
 * solver's count is left out, so that the skin is predicted warmer than in truth. */
static size_t blows(const struct bulk_dose *dose, struct heat_stage stage[HEAT_STAGES_MAX])
{
	size_t count = 0;
	double stack_s = (dose->stack - 1) / dose->rep_Hz;
	for (unsigned pass = 0; pass < dose->passes; pass++) {
		double start_s = pass * dose->pass_interval_s, end_s = start_s + AIR_LEAD_S + stack_s + AIR_TAIL_S;
		if (count && start_s <= stage[count - 1].end_s)
			stage[count - 1].end_s = end_s;
		else if (count < HEAT_STAGES_MAX)
			stage[count++] = heat_cold_air(start_s, end_s);
	}
	return count;
}

size_t stages_of(const struct bulk_dose *dose, struct heat_stage stage[HEAT_STAGES_MAX])
{
	if (dose->cold_air)
		return blows(dose, stage);
	return dose->spray_s > 0.0 ? sprays(dose, stage) : 0;
}

double stages_lead_s(const struct bulk_dose *dose)
{
	return dose->cold_air ? AIR_LEAD_S : dose->spray_s + dose->delay_s;
}
