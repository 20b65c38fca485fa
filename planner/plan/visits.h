/* The course of a person's treatments: what was delivered at each visit and what was seen after it, how much each
 * field has had of each device, and from which day on it may be treated again.
 *
 * Made from the records of deliveries (lasertwin-outcome/1), follow-ups and adverse events. Doses of different device
 * modes are never added up: a joule of one wavelength is not a joule of another. Sides are kept apart as they were
 * entered; the day of the next treatment looks at the field alone, whichever side.
 */
#ifndef LASERTWIN_PLAN_VISITS_H
#define LASERTWIN_PLAN_VISITS_H

#include "planner/plan/library.h"
#include "planner/plan/planning.h"
#include "planner/plan/workflow.h"
#include "planner/store/record.h"

#define VISIT_TEXT_MAX 160
#define VISIT_AFTER_MAX 16 /* of one visit; more are counted */

struct visit_field {
	char field[PLANNING_TEXT_MAX], side[16];
	unsigned passes, passes_planned;
	double coverage_pct, dose_J_cm2; /* NAN where the mode has none */
	char endpoint[64];
	bool stop;
	struct settings settings; /* of the last pass */
};

/* Seen afterwards. */
struct visit_after {
	bool adverse;
	enum severity severity; /* of an adverse event */
	double days;            /* after the delivery */
	char text[VISIT_TEXT_MAX];
};

struct visit {
	char plan[UUID_TEXT_SIZE];
	int64_t version, at_ms; /* when it ended */
	char device_mode[STORE_DEVICE_MAX + 1], indication[PLANNING_TEXT_MAX];
	bool complete;
	char ended[VISIT_TEXT_MAX]; /* why it was aborted or ended early; "" */
	bool aborted;
	int errors;
	size_t fields;
	struct visit_field field[PLANNING_ZONES_MAX];
	size_t after, after_more;
	struct visit_after seen[VISIT_AFTER_MAX];
};

/* When the course goes on: the protocol's interval or the least, whichever is longer, lengthened for a skin that heals
 * slowly (learnt_interval_factor), as advice.h plans it. */
struct visit_course {
	char protocol[32];   /* "": none is on file for this mode and indication */
	double protocol_days; /* 0: it names none */
	double slower;       /* >= 1, from this person's own treatments */
	double days;         /* NAN: nothing is on file */
};

/* What one side of one field has had of one device mode. */
struct visit_total {
	char field[PLANNING_TEXT_MAX], side[16], device_mode[STORE_DEVICE_MAX + 1], indication[PLANNING_TEXT_MAX];
	size_t visits;
	double coverage_pct, dose_J_cm2; /* sums; NAN where the mode has none */
	int64_t last_ms;
	struct limit_answer interval; /* the least until this mode again; known: value in days */
	int64_t next_ms;              /* 0: no interval is on file */
	struct visit_course course;
	int64_t course_ms; /* 0: neither interval nor protocol is on file */
};

struct visits {
	size_t count, totals;
	struct visit *visit;       /* oldest first */
	struct visit_total *total; /* by field, side, device */
	size_t running;            /* plans under treatment: not counted in any sum yet */
	size_t unplaced;           /* follow-ups and adverse events of them */
};

/* Reads what is kept of a patient. library may be NULL: then no intervals are given. */
enum status visits_load(struct store *store, const struct library *library, const char *patient, struct visits *out,
                        struct fail *why) MUST_CHECK;
void visits_free(struct visits *visits);

/* One visit from its record; pure. ST_INPUT: not such a document. */
enum status visit_of_outcome(const char *json, size_t n, struct visit *out, struct fail *why) MUST_CHECK;
/* A follow-up or adverse event; pure. */
enum status visit_after_of(bool adverse, const char *json, size_t n, struct visit_after *out,
                           struct fail *why) MUST_CHECK;
/* The course of every total; twin NULL: nothing is known of how this skin heals. Pure; after visits_total. */
void visits_course(struct visits *visits, const struct library *library, const struct twin *twin);
struct visit_course visit_course_of(const struct library *library, const char *device_mode, const char *indication,
                                    const struct limit_answer *least, const struct twin *twin);
/* Sums over the visits and intervals; visits are sorted by time. */
enum status visits_total(struct visits *visits, const struct library *library, struct fail *why) MUST_CHECK;

/* The least interval until a mode may be used again on a field. row false: none is on file. */
struct limit_answer visits_interval(const struct library *library, const char *device_mode, const char *field,
                                    const char *indication);
/* From when on the request's fields may be treated with its mode, by what was delivered there before: the latest over
 * its fields, of any device. False: they were never treated. *next_ms 0: no interval is on file; *interval: which. */
bool visits_next(const struct visits *visits, const struct library *library, const struct request *request,
                 int64_t *next_ms, struct limit_answer *interval);

#endif
