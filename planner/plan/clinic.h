/* A clinic's records as the planner uses them: who is on the list, today's readings, plans kept.
 *
 * The store knows rows, the planner knows subjects; this is the bridge. A demo clinic is filled from
 * profiles/demo on its first opening and holds nobody but virtual patients; its people are virtual, too, and
 * their secret is no secret.
 *
 * A clinic opens locked: nobody is on its list until somebody logs in. One that has no people yet is set up
 * by its first administrator. Locking drops the list and every key.
 */
#ifndef LASERTWIN_CLINIC_H
#define LASERTWIN_CLINIC_H

#include "planner/plan/life.h"
#include "planner/plan/planning.h"
#include "planner/store/person.h"
#include "planner/twin/import.h"

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
	struct store_kdf kdf; /* what secrets given from now on cost; zero: the station's */
	bool stay_locked;     /* a demo logs its technician in by itself, unless told so */
};

/* The demo's people: they may do what their name says. */
#define CLINIC_DEMO_SECRET "virtual"
#define CLINIC_DEMO_ADMINISTRATOR "demo-administrator"
#define CLINIC_DEMO_TECHNICIAN "demo-technician"
#define CLINIC_DEMO_DERMATOLOGIST "demo-dermatologist"
#define CLINIC_DEMO_VIEWER "demo-viewer"

enum status clinic_open(const struct clinic_options *options, struct clinic **out, struct fail *why) MUST_CHECK;
void clinic_close(struct clinic **clinic);

enum store_access clinic_access(const struct clinic *clinic);
/* The first administrator, who is then logged in; recovery_public NULL: no recovery key. */
enum status clinic_setup(struct clinic *clinic, const struct store_person_new *first,
                         const unsigned char *recovery_public, int64_t now_ms, struct fail *why) MUST_CHECK;
/* Instead of whoever was logged in. ST_DENIED says why and how long to wait. */
enum status clinic_login(struct clinic *clinic, const char *login, struct secret secret, struct fail *why) MUST_CHECK;
void clinic_lock(struct clinic *clinic);
struct store *clinic_store(struct clinic *clinic);     /* borrowed */
struct session *clinic_session(struct clinic *clinic); /* borrowed; NULL: locked */

size_t clinic_count(const struct clinic *clinic);
/* The list anew: synchronisation may have brought patients. Places of patients change. */
enum status clinic_refresh(struct clinic *clinic, struct fail *why) MUST_CHECK;
/* The patient's name in the store; NULL: no such patient in the list. */
const char *clinic_uuid(const struct clinic *clinic, size_t index);
/* The name alone, which is at hand; NULL: no such patient. Borrowed. */
const char *clinic_label(const struct clinic *clinic, size_t index, bool *is_virtual);
enum status clinic_patient(struct clinic *clinic, size_t index, struct clinic_patient *out,
                           struct fail *why) MUST_CHECK;
/* The kept versions of a person's twins, newest first; those of older forms, which hold no covariance, are counted in
 * unreadable. Free with clinic_history_free. */
struct clinic_version {
	int64_t version, created_at_ms;
	struct twin twin;
};
struct clinic_history {
	size_t count, unreadable;
	bool more; /* than CLINIC_HISTORY_MAX */
	struct clinic_version *item;
};
#define CLINIC_HISTORY_MAX 64
enum status clinic_twin_history(struct clinic *clinic, size_t index, struct clinic_history *out,
                                struct fail *why) MUST_CHECK;
void clinic_history_free(struct clinic_history *history);
/* Oldest first, each with what it changed; *out is malloc'ed. (clinic_history.c) */
enum status clinic_history_text(const struct clinic_history *history, char **out, struct fail *why) MUST_CHECK;

/* The latest readings with their answers and request; the twin of an earlier visit (half a day before the clinic was
 * opened, or more) comes with them, brought forward. subject is initialised; free with subject_free. */
enum status clinic_load(struct clinic *clinic, size_t index, struct subject *subject, struct request *request,
                        struct fail *why) MUST_CHECK;

/* The patient's name in the store (it tells nothing), and where they stand on the list; ST_NOT_FOUND: not there. */
const char *clinic_patient_uuid(const struct clinic *clinic, size_t index); /* borrowed; NULL: no such line */
enum status clinic_index_of(const struct clinic *clinic, const char *uuid, size_t *index, struct fail *why) MUST_CHECK;
/* The twin of an earlier visit, brought forward to these readings, as clinic_load does. */
enum status clinic_follow(struct clinic *clinic, size_t index, struct subject *subject, struct fail *why) MUST_CHECK;

/* Adds a person with a first set of readings, from a case file's first request. */
enum status clinic_add(struct clinic *clinic, const char *path, int64_t now_ms, struct fail *why) MUST_CHECK;

/* The person of this name or record number. ST_NOT_FOUND; ST_CONFLICT when several have it. */
enum status clinic_find(const struct clinic *clinic, const char *name, size_t *index, struct fail *why) MUST_CHECK;
/* A set without faults as new readings, a row for each of its days, all in one transaction. The newest day goes on from
 * the latest readings; an older one keeps of them only who the person is. *days: how many rows. */
enum status clinic_import(struct clinic *clinic, size_t index, const struct import_set *set, int64_t now_ms,
                          size_t *days, struct fail *why) MUST_CHECK;

/* What is written is written by whoever is logged in, and only what the table of life.h allows to one of their roles
 * (LIFE_REGISTER, LIFE_READ, LIFE_REVISE): else ST_DENIED. Emergency access (emergency.h) counts as a role while
 * it lasts. */
enum status clinic_may(struct clinic *clinic, enum life_action action, int64_t now_ms, struct fail *why) MUST_CHECK;

/* Readings as a new row; nothing older changes. Acknowledged after commit, as everything here. */
enum status clinic_save_readings(struct clinic *clinic, size_t index, const struct subject *subject,
                                 const struct request *request, int64_t now_ms, struct fail *why) MUST_CHECK;
/* Readings, twin and plan as new versions in one transaction; the plan is a draft. */
enum status clinic_save_plan(struct clinic *clinic, size_t index, const struct library *library,
                             const struct subject *subject, const struct twin *twin, const struct request *request,
                             const struct assessment *assessment, int64_t now_ms,
                             struct fail *why) MUST_CHECK;

/* ---- answers that stations were given differently (united.h) ---- */

struct united;
/* Free with united_clear. */
enum status clinic_united(struct clinic *clinic, size_t index, struct united *out, struct fail *why) MUST_CHECK;
/* A person decides what holds of the questions that differ: "keloid=no" each; what is not named stays as it warns.
 * Readings as a new row that follows all, and a record of who decided what and why. ST_DENIED: what warns is taken
 * back by a dermatologist alone, with a reason. ST_NOT_FOUND: nothing differs. */
enum status clinic_settle_answers(struct clinic *clinic, size_t index, const char *const *decision, size_t decisions,
                                  const char *reason, int64_t now_ms, struct fail *why) MUST_CHECK;
/* The same by a person who comes to the station for it; whoever is logged in stays so. */
enum status clinic_settle_answers_as(struct clinic *clinic, struct session *by, size_t index,
                                     const char *const *decision, size_t decisions, const char *reason, int64_t now_ms,
                                     struct fail *why) MUST_CHECK;

#endif
