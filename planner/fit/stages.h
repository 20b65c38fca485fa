/* How the device cools the skin around the passes of a dose: stages of the surface. Include from planner/fit only. */
#ifndef LASERTWIN_STAGES_H
#define LASERTWIN_STAGES_H

#include "planner/fit/predict_private.h"

/* Of forced air or of sprays; 0: neither. */
size_t stages_of(const struct bulk_dose *dose, struct heat_stage stage[HEAT_STAGES_MAX]);
/* From the start of the first stage to the first pulse. */
double stages_lead_s(const struct bulk_dose *dose);

#endif
