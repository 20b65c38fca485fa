/* Heat left by an earlier treatment. */
#include "physics/afterheat.h"

#include <math.h>

#include "physics/base/units.h"

#define HEAT_CAPACITY_J_CM3K 3.5
#define DIFFUSIVITY_CM2_S 1.0e-3
#define COUNTS_FROM_K 316.15 /* 43 C */

double afterheat_K(double heat_J_cm2, double later_s)
{
	if (!(heat_J_cm2 >= 0.0 && later_s >= 1.0))
		return NAN;
	return heat_J_cm2 / (HEAT_CAPACITY_J_CM3K * sqrt(PI * DIFFUSIVITY_CM2_S * later_s));
}

double afterheat_damage_factor(double activation_K, double rise_K)
{
	if (!(rise_K >= 0.0))
		return NAN;
	return exp(activation_K * (1.0 / COUNTS_FROM_K - 1.0 / (COUNTS_FROM_K + rise_K)));
}
