/* One function per family of devices: completed settings to exposure. Private to devices/. */
#ifndef LASERTWIN_FAMILIES_H
#define LASERTWIN_FAMILIES_H

#include "devices/exposure.h"

/* out comes with everything not applicable at NAN, passes and stack set. Fills in what the family knows. */
typedef enum status family_expose(const struct device_mode *mode, const struct settings *settings,
                                  struct exposure *out, struct fail *why);

family_expose fractional_expose;     /* microbeams, scanned or stamped */
family_expose picosecond_expose;     /* even spots, the long-pulsed ones too */
family_expose lens_array_expose;     /* the pulse divided among foci */
family_expose radiofrequency_expose; /* plates and needles */

/* The value of a setting, or ST_MODEL naming it. */
enum status family_need(const struct device_mode *mode, const struct settings *settings, enum setting_id id,
                        double *out, struct fail *why) MUST_CHECK;

/* The pulse as set (pulse_ps, pulse_ms, dwell_us), else energy over peak power, else NAN. */
double family_pulse_s(const struct device_mode *mode, const struct settings *settings, double energy_mJ);

/* Share hit at least once by passes that know nothing of each other: 1 - (1 - c)^passes. */
double family_union_frac(double coverage_frac, unsigned passes);

#endif
