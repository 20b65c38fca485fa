/* Planning: the one way through the program, readings in, checked plan out.
 *
 *   readings -> twin -> settings -> exposure -> prediction -> facts -> rules -> findings -> verdict
 *
 * A planning holds what stays fixed for one request (patient, twin, device mode, zones, indication); an
 * assessment is the answer for one choice of settings. The fit (fit.h) is a search over assessments, the screens
 * show them, the case command prints them: there is no second path.
 */
#ifndef LASERTWIN_PLANNING_H
#define LASERTWIN_PLANNING_H

#include "devices/device.h"
#include "devices/exposure.h"
#include "planner/fit/predict.h"
#include "planner/plan/library.h"
#include "planner/plan/side.h"
#include "planner/safety/facts.h"
#include "planner/safety/rules.h"
#include "planner/twin/twin.h"

#define PLANNING_ZONES_MAX 8
#define PLANNING_TEXT_MAX 64
#define SUBJECT_LABEL_MAX 208

/* One person today: readings and answers. Filled by the case reader, the store or the screens. */
struct subject {
	char label[SUBJECT_LABEL_MAX];
	struct readings readings;
	struct facts *answers; /* questions asked and answered; owned, see subject_free */
	bool follows;          /* before is the twin of an earlier visit, brought forward to today: the prior of today's */
	struct twin before;
	double before_days;    /* how long ago that was */
};

enum status subject_init(struct subject *subject, struct fail *why) MUST_CHECK;
void subject_free(struct subject *subject); /* what it owns, not the struct */
/* The days since sun exposure are asked once and used twice: by the rules, and by the twin as a reading. Call
 * after answers have changed; says whether the reading has. */
bool subject_sun_from_answers(struct subject *subject);

struct request {
	char name[PLANNING_TEXT_MAX];
	char device_mode[PLANNING_TEXT_MAX]; /* "ultrapulse.deepfx" */
	char indication[PLANNING_TEXT_MAX];
	size_t zones;
	char zone[PLANNING_ZONES_MAX][PLANNING_TEXT_MAX];
	enum side side[PLANNING_ZONES_MAX]; /* of each zone; no model or rule depends on it */
	struct settings settings; /* empty: to be fitted */
	/* Coverage that other treatments of this field bring the same day, all passes: added for the rules. */
	double other_coverage_pct;
};

struct planning;

/* Makes the twin and prepares the predictor (may take seconds: see options->progress). Borrows library
 * and subject for its lifetime; copies the request. A mode that is locked, or whose profile lacks what the
 * prediction needs, is judged by the rules alone, and says so. */
enum status planning_new(const struct library *library, const struct subject *subject,
                         const struct request *request, const struct predict_options *options,
                         struct planning **out, struct fail *why) MUST_CHECK;
/* The same for another skin than the readings give, for "what if": copies the twin. */
enum status planning_new_for_twin(const struct library *library, const struct subject *subject,
                                  const struct request *request, const struct predict_options *options,
                                  const struct twin *twin, struct planning **out, struct fail *why) MUST_CHECK;
void planning_free(struct planning **planning);

/* Other answers of the same subject: rules see them from now on; twin and predictor stay, answers do not enter
 * them (except the sun, see subject_sun_from_answers: then the planning is made anew). Copies the answers;
 * unchanged on failure. */
enum status planning_answers_changed(struct planning *planning, const struct facts *answers,
                                     struct fail *why) MUST_CHECK;

const struct twin *planning_twin(const struct planning *planning);
const struct device *planning_device(const struct planning *planning);
const struct device_mode *planning_mode(const struct planning *planning);
const struct request *planning_request(const struct planning *planning);
const struct protocol *planning_protocol(const struct planning *planning); /* NULL: none on file */
/* A limit as the rules see it for this subject, mode and indication; zone NULL: of any zone. */
struct limit_answer planning_limit(const struct planning *planning, const char *zone, const char *quantity);

struct assessment {
	struct settings settings; /* completed: coupled values filled in */
	struct setting_issues issues;
	struct exposure exposure;
	bool predicted; /* false: prediction is empty, why is in unpredicted */
	struct fail unpredicted;
	struct prediction prediction;
	struct findings findings; /* all raised rules, plan and start phase */
	enum verdict verdict;
};

/* Milliseconds. Settings off the device's grid are not an error: they come back as findings (R-UNIT). */
enum status planning_assess(struct planning *planning, const struct settings *settings,
                            struct assessment *out, struct fail *why) MUST_CHECK;
/* Less than all, for a search over many settings: the rules alone, or with the quick part of the prediction
 * (no bulk heat). Facts left out are unknown to the rules. */
enum assess_depth { ASSESS_FULL, ASSESS_QUICK, ASSESS_RULES };
enum status planning_assess_to(struct planning *planning, const struct settings *settings,
                               enum assess_depth depth, struct assessment *out, struct fail *why) MUST_CHECK;
/* The plan's rules judged again with some facts replaced by those that `over` knows (what other treatments of the
 * session add): findings and verdict become those. Unchanged on failure. */
enum status planning_judge_again(const struct planning *planning, struct assessment *assessment,
                                 const struct facts *over, struct fail *why) MUST_CHECK;
/* The rules judged again at the station (PHASE_START), with what the checklist has established: the start facts
 * of `start` join those of the plan. Free with findings_clear. */
enum status planning_judge_start(const struct planning *planning, const struct assessment *assessment,
                                 const struct facts *start, struct findings *out, struct fail *why) MUST_CHECK;
void assessment_clear(struct assessment *assessment);

/* What a fit orders settings by: the mean fluence of all passes and pulses, to the microjoule (the same dose reached by
 * two ways must not differ by its rounding); NAN for needles and plates. */
double planning_dose_J_cm2(const struct exposure *exposure);

/* Where the knobs stand when nobody has turned them: the request's own settings if they are sound, else the lowest
 * dose of the grid, or its first combination where doses are not known. Empty when the mode has none. */
void planning_default_settings(const struct planning *planning, struct settings *out);

#endif
