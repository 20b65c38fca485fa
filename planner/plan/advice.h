/* Beside a plan: what more or less dose would buy, how much the answer depends on the skin, how the course runs.
 *
 * The trade-off curve judges settings along the dose, each in full: benefit is the protocol's first goal with its
 * spread, risk the largest share of a limit that is used up at the 95th percentile. Sensitivity asks the chosen
 * settings of another skin (melanin 20 % higher, skin 3 C warmer) and of the next smaller spot. The course is the
 * protocol's visits no closer than the interval on file, and the test spot before them.
 */
#ifndef LASERTWIN_ADVICE_H
#define LASERTWIN_ADVICE_H

#include "planner/plan/fit.h"

#define ADVICE_CURVE_MAX 12
#define ADVICE_SCENARIOS 3
#define ADVICE_VISITS_MAX 12

struct advice_risk {
	double share;      /* of the limit; 1: used up; NAN: no limit with a number applies */
	const char *limit; /* which, static */
	double value, at;  /* value and limit */
};

struct advice_point {
	struct settings settings;
	double dose_J_cm2;
	struct band benefit;
	struct advice_risk risk;
	enum verdict verdict;
	bool sufficient, chosen;
	bool efficient; /* no other point of the curve has more benefit for no more risk */
};

struct advice_scenario {
	const char *name; /* "melanin 20 % higher"; static */
	bool evaluated;
	struct fail why_not;
	struct settings settings;
	struct band benefit;
	struct advice_risk risk;
	enum verdict verdict;
	bool sufficient;
	char forbids[24]; /* first rule that now forbids; "" none */
};

struct advice_visit {
	int day; /* after the first treatment; the test spot lies before it */
	char what[96];
};

struct advice {
	enum metric benefit_metric;
	size_t points;
	struct advice_point curve[ADVICE_CURVE_MAX];
	struct advice_scenario scenario[ADVICE_SCENARIOS];
	bool test_spot;
	double test_spot_wait_days; /* before it may be read; NAN: not on file */
	double interval_days;       /* between visits: the larger of protocol and limit; NAN: neither is on file */
	size_t visits;              /* entries, the test spot first where there is one */
	struct advice_visit visit[ADVICE_VISITS_MAX];
};

struct advice_request {
	const struct library *lib;
	const struct subject *subject;
	struct predict_options options; /* as the planning was made with */
};

/* chosen: the plan's settings. Prepares a predictor for every other skin: seconds for microbeams. ST_MODEL without
 * a protocol. */
enum status advice_of(const struct advice_request *request, struct planning *planning,
                      const struct settings *chosen, struct advice *out, struct fail *why) MUST_CHECK;

/* Each gives a malloc'ed text. */
enum status advice_text(const struct advice *advice, char **out, struct fail *why) MUST_CHECK;
enum status advice_json(const struct advice *advice, char **out, struct fail *why) MUST_CHECK;

#endif
