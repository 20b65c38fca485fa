/* A clinic's records as the planner uses them: who is on the list, today's readings, plans kept.
 *
 * The store knows rows, the planner knows subjects; this is the bridge. A demo clinic is filled from
 * profiles/demo on its first opening and holds nobody but virtual patients.
 */
#ifndef LASERTWIN_CLINIC_H
#define LASERTWIN_CLINIC_H

#include "planner/plan/planning.h"
#include "planner/store/store.h"

struct clinic;

struct clinic_patient {
	char label[STORE_LABEL_MAX + 1];
	bool is_virtual;
	char device_mode[PLANNING_TEXT_MAX], indication[PLANNING_TEXT_MAX];
	char state[STORE_STATE_MAX + 1]; /* of the latest plan; empty: none */
	char verdict[STORE_VERDICT_MAX + 1];
};

struct clinic_options {
	const char *home;     /* folder of the databases; made when missing, for its owner only */
	const char *profiles; /* where demo patients come from */
	enum store_kind kind;
	int64_t now_ms;
};

enum status clinic_open(const struct clinic_options *options, struct clinic **out, struct fail *why) MUST_CHECK;
void clinic_close(struct clinic **clinic);

size_t clinic_count(const struct clinic *clinic);
enum status clinic_patient(struct clinic *clinic, size_t index, struct clinic_patient *out,
                           struct fail *why) MUST_CHECK;
/* The latest readings with their answers and request. subject is initialised; free with subject_free. */
enum status clinic_load(struct clinic *clinic, size_t index, struct subject *subject, struct request *request,
                        struct fail *why) MUST_CHECK;

/* Adds a person with a first set of readings, from a case file's first request. */
enum status clinic_add(struct clinic *clinic, const char *path, int64_t now_ms, struct fail *why) MUST_CHECK;

/* Readings as a new row; nothing older changes. Acknowledged after commit, as everything here. */
enum status clinic_save_readings(struct clinic *clinic, size_t index, const struct subject *subject,
                                 const struct request *request, const char *actor, int64_t now_ms,
                                 struct fail *why) MUST_CHECK;
/* Readings, twin and plan as new versions in one transaction; the plan is a draft. */
enum status clinic_save_plan(struct clinic *clinic, size_t index, const struct library *library,
                             const struct subject *subject, const struct twin *twin, const struct request *request,
                             const struct assessment *assessment, const char *actor, int64_t now_ms,
                             struct fail *why) MUST_CHECK;

#endif
