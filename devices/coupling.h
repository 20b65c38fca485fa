/* The equations between settings of a mode; private to devices/. */
#ifndef LASERTWIN_COUPLING_H
#define LASERTWIN_COUPLING_H

#include "devices/device.h"

#define RELATION_TERMS_MAX 3

struct relation {
	const char *text; /* "energy = fluence x spot area" */
	size_t terms;
	enum setting_id term[RELATION_TERMS_MAX];
	/* The value term id must have, given the others; NAN when it does not follow. */
	double (*solve)(const struct device_mode *mode, const struct settings *settings, enum setting_id id);
};

#define RELATIONS_MAX 7 /* all there are */

/* The relations a mode's settings obey; returns their number. */
size_t coupling_relations(const struct device_mode *mode, struct relation out[RELATIONS_MAX]);

/* Whether a relation gives this setting. */
bool coupling_gives(const struct device_mode *mode, enum setting_id id);

/* The diameter coverage counts: the lesion's if the profile gives one, else the microbeam's, which may be
 * chosen by spot_mm. NAN when not known. */
double coupling_microbeam_um(const struct device_mode *mode, const struct settings *settings);

/* The setting that says which share of the area is hit: density_pct or coverage_pct. */
enum setting_id coupling_share(const struct device_mode *mode);

#endif
