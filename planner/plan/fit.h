/* The fit: the lowest sufficient dose on the device's own grid, and what stands beside it.
 *
 * Prescription (the request), objectives (the protocol's goals) and constraints (the rules, judged at the 95th
 * percentile of the twin) are three things. An answer always comes: settings, or the reasons why none will do.
 */
#ifndef LASERTWIN_FIT_H
#define LASERTWIN_FIT_H

#include "planner/plan/planning.h"

#define FIT_ALTERNATIVES_MAX 8

struct fit_alternative {
	struct settings settings;
	double dose_J_cm2;      /* mean over the treated area, all passes */
	struct band endpoint;   /* the endpoint metric there */
	enum verdict verdict;
	/* What stops the way up of the main knob (energy, fluence, ...), and at which settings:
	 * "R-COV cheeks 30 > 25 %"; "end of the device's range" leaves the settings empty. */
	char binding[96];
	struct settings binding_settings;
};

struct fit_exclusion {
	char rule[24];
	size_t candidates;  /* settings this rule alone or with others excludes */
	char text[192];     /* value, limit, source of the mildest violation */
	double excess_frac; /* of that one: how far past the limit, of the limit; INFINITY without numbers */
};

#define FIT_EXCLUSIONS_MAX 48 /* more than the rules that can forbid */

struct fit_result {
	bool feasible;
	struct settings settings; /* lowest sufficient dose */
	size_t alternatives;      /* [0] is the chosen one */
	struct fit_alternative alternative[FIT_ALTERNATIVES_MAX];
	size_t candidates, sufficient, allowed;
	size_t exclusions; /* most excluding first; why nothing, or nothing more, is feasible */
	struct fit_exclusion exclusion[FIT_EXCLUSIONS_MAX];
	bool endpoint_unreachable; /* settings are allowed, but none of them reaches the goals */
};
#define FIT_DOSE_UNIT "J/cm2" /* mean radiant exposure over the treated area, all passes */

/* The settings the rules allow before any physics is asked, in ascending dose; passes and the like as the protocol
 * has them. *out is malloc'ed. ST_MODEL without a protocol. */
struct fit_candidate {
	struct settings settings;
	double dose_J_cm2, spot_um, coverage_frac;
};
enum status planning_candidates(struct planning *planning, struct fit_candidate **out, size_t *count,
                                struct fail *why) MUST_CHECK;
/* Whether the assessment meets all goals of the protocol. */
bool fit_sufficient(const struct assessment *assessment, const struct protocol *protocol);
/* The first rule that forbids; NULL: none does. */
const struct finding *fit_forbidden(const struct assessment *assessment);

enum status planning_fit(struct planning *planning, int (*progress)(void *context, double done_frac),
                         void *context, struct fit_result *out, struct fail *why) MUST_CHECK;

#endif
