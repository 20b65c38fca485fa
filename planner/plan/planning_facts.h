/* What the planner tells the rules: readings, device, settings and prediction as facts. The names are the
 * vocabulary of planner/safety/facts.h; nothing else is computed here. */
#ifndef LASERTWIN_PLANNING_FACTS_H
#define LASERTWIN_PLANNING_FACTS_H

#include "planner/plan/planning.h"

enum status planning_facts_of_readings(struct facts *facts, const struct subject *subject, const struct twin *twin,
                                       struct fail *why) MUST_CHECK;
enum status planning_facts_of_device(struct facts *facts, const struct ruleset *rules, const struct device *device,
                                     const struct device_mode *mode, const struct request *request, int fitzpatrick,
                                     struct fail *why) MUST_CHECK;
/* After the readings and the device: the label's limits go by the effective skin type. */
enum status planning_facts_of_settings(struct facts *facts, const struct ruleset *rules,
                                       const struct device_mode *mode, const struct assessment *assessment,
                                       size_t issues, struct fail *why) MUST_CHECK;
enum status planning_facts_of_prediction(struct facts *facts, const struct prediction *prediction,
                                         struct fail *why) MUST_CHECK;

#endif
