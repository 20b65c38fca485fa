/* Each question to the one of both that there is. */
#include "planner/fit/answer.h"

enum status answer_peaks(const struct answer *a, size_t from, size_t to, double *peak_C, struct fail *why)
{
	return a->passes ? heat_passes_peaks(a->passes, a->dose, from, to, peak_C, why)
	                 : heat_peak_rows(a->rows, a->dose.fluence_J_cm2, from, to, peak_C, why);
}

enum status answer_omega(const struct answer *a, enum damage_set_id set, const double *peak_C, size_t from, size_t to,
                         double *omega, struct fail *why)
{
	return a->passes ? heat_passes_omega(a->passes, a->dose, set, peak_C, from, to, omega, why)
	                 : heat_evaluate_rows(a->rows, a->dose.fluence_J_cm2, set, from, to, omega, why);
}

enum status answer_hottest(const struct answer *a, size_t from, double floor_C, double *out_C, struct fail *why)
{
	struct heat_peak peak;
	size_t rows = heat_rows(a->rows);
	if (a->passes)
		return heat_passes_hottest(a->passes, a->dose, from, rows, floor_C, out_C, why);
	enum status st = heat_hottest(a->rows, a->dose.fluence_J_cm2, from, rows, &peak, why);
	*out_C = st ? floor_C : fmax(peak.temperature_C, floor_C);
	return st;
}
