/* The trend of a device's output. */
#include "devices/drift.h"

#include <math.h>

#define METER_SD 0.05
#define OFFSET_SD 0.10
#define SLOPE_SD_PER_DAY (0.20 / 365.25)
#define DAYS_PER_YEAR 365.25

enum status drift_today(const struct drift_reading *reading, size_t count, double today, struct drift *out,
                        struct fail *why)
{
	/* information matrix and vector of (offset today, slope) */
	double a = 1.0 / (OFFSET_SD * OFFSET_SD), b = 0.0, c = 1.0 / (SLOPE_SD_PER_DAY * SLOPE_SD_PER_DAY);
	double u = 0.0, v = 0.0;
	const double w = 1.0 / (METER_SD * METER_SD);
	for (size_t i = 0; i < count; i++) {
		const struct drift_reading *r = &reading[i];
		if (!(r->measured > 0.0 && r->set > 0.0 && isfinite(r->measured) && isfinite(r->set) && r->day <= today))
			return fail_set(why, ST_INPUT, "calibration", "reading %zu: %g measured at %g set, day %g, is none", i + 1,
			                r->measured, r->set, r->day);
		double y = log(r->measured / r->set), t = r->day - today;
		a += w;
		b += w * t;
		c += w * t * t;
		u += w * y;
		v += w * y * t;
	}
	double det = a * c - b * b;
	*out = (struct drift){.readings = count,
	                      .ratio = exp((c * u - b * v) / det),
	                      .rel_sd = sqrt(c / det),
	                      .per_year_frac = DAYS_PER_YEAR * (a * v - b * u) / det,
	                      .per_year_sd = DAYS_PER_YEAR * sqrt(a / det)};
	return ST_OK;
}
