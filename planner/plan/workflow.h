/* A plan on its way through the clinic: read with everything that bears on it, moved by the table of life.h,
 * signed, and delivered. The one door between the store and the commands and screens that act on plans.
 *
 * Who acts is a workflow_person; signing goes through its callback, which asks for the secret. Time, the head of
 * the audit trail and the age of the last synchronisation are given by the caller.
 */
#ifndef LASERTWIN_PLAN_WORKFLOW_H
#define LASERTWIN_PLAN_WORKFLOW_H

#include "planner/plan/approval.h"
#include "planner/plan/calibration.h"
#include "planner/plan/delivery.h"
#include "planner/plan/library.h"
#include "planner/store/record.h"

struct workflow {
	struct store *store;
	const struct library *lib;
	struct life_clock clock;
	int64_t ahead_ms; /* the station's time ahead of UTC, for where its day ends */
	bool clock_confirmed;    /* somebody has looked at a clock that went back */
	double hours_since_sync; /* 0 where no server can have revoked anything; NAN: not known */
	int64_t audit_seq;
	char audit_head[DIGEST_TEXT_SIZE];
	/* The public key of a person's signature, by login and number. ST_DENIED: disabled, or no longer valid. */
	enum status (*key_of)(void *context, const char *login, int64_t key_number, struct sign_public *out,
	                      struct fail *why);
	void *context;
};

struct workflow_person {
	char uuid[UUID_TEXT_SIZE], login[STORE_ACTOR_MAX + 1], name[STORE_LABEL_MAX + 1];
	unsigned roles; /* bit per enum life_role */
	struct sign_public key;
	int64_t key_number;
	/* Asks for nothing: the secret was typed before, is checked here, and signs. NULL: none was given. */
	enum status (*sign)(void *context, const void *bytes, size_t n, struct signature *out, struct fail *why);
	void *context;
};

#define WORKFLOW_FINDINGS_MAX 96
#define WORKFLOW_FINDING_TEXT_MAX 320

struct workflow_finding {
	char rule[APPROVAL_RULE_MAX], zone[PLANNING_TEXT_MAX];
	enum outcome outcome;
	enum rule_phase phase;
	char text[WORKFLOW_FINDING_TEXT_MAX]; /* message, value against limit, next step */
	bool overridden;
};

/* One version with all that is known of it. Owned: free with workflow_plan_free. */
struct workflow_plan {
	struct store_plan row;
	struct store_patient patient;
	struct identity identity;
	enum plan_state state;
	int64_t newest_version;
	char indication[PLANNING_TEXT_MAX];
	size_t zones;
	char zone[PLANNING_ZONES_MAX][PLANNING_TEXT_MAX];
	enum side side[PLANNING_ZONES_MAX]; /* plans of before have none stated */
	struct settings settings;
	char models[LIFE_MODELS_SIZE];
	size_t findings; /* strongest first */
	struct workflow_finding finding[WORKFLOW_FINDINGS_MAX];
	size_t authors;
	char author[APPROVAL_AUTHORS_MAX][STORE_ACTOR_MAX + 1];
	size_t overrides; /* verified */
	struct approval_override override[APPROVAL_OVERRIDES_MAX];
	struct life_basis then, now; /* what it was made or approved on, and what holds today */
	unsigned stale;              /* bits of what differs */
	bool approved;               /* once: approval and document are there */
	struct approval approval;
	struct approval_document document;
	struct fail unverified; /* code ST_OK: signature, binding and term hold now */
};

/* version 0: the newest. ST_NOT_FOUND: no such plan. A damaged or forged approval is not an error here: it stands
 * in unverified. */
enum status workflow_plan_load(const struct workflow *w, const char *uuid, int64_t version, struct workflow_plan **out,
                               struct fail *why) MUST_CHECK;
void workflow_plan_free(struct workflow_plan **plan);

/* Moves to expired or stale what has become so, among approved and proposed plans; *moved (may be NULL) counts. */
enum status workflow_refresh(const struct workflow *w, size_t *moved, struct fail *why) MUST_CHECK;

/* The role in which a person would do this; false: none allows it in this state. */
bool workflow_role(const struct workflow_person *person, enum life_action action, enum plan_state state,
                   enum life_role *out);

/* What a move is given besides the person. */
struct workflow_move {
	const char *reason;
	const char *identifier_1, *identifier_2;
};

/* Each reads the plan anew, so that what was seen is what is decided on; plan is updated on success. ST_DENIED says
 * which condition is not met; ST_CONFLICT: somebody else was faster. */
enum status workflow_propose(const struct workflow *w, const struct workflow_person *person,
                             struct workflow_plan **plan, struct fail *why) MUST_CHECK;
/* Also needs: no BLOCK or DEFER, every BLOCK_MD overridden, a reason where a finding asks for a decision. */
enum status workflow_approve(const struct workflow *w, const struct workflow_person *person,
                             const struct workflow_move *with, struct workflow_plan **plan,
                             struct fail *why) MUST_CHECK;
enum status workflow_reject(const struct workflow *w, const struct workflow_person *person,
                            const struct workflow_move *with, struct workflow_plan **plan,
                            struct fail *why) MUST_CHECK;
enum status workflow_revoke(const struct workflow *w, const struct workflow_person *person,
                            const struct workflow_move *with, struct workflow_plan **plan,
                            struct fail *why) MUST_CHECK;
enum status workflow_close(const struct workflow *w, const struct workflow_person *person, struct workflow_plan **plan,
                           struct fail *why) MUST_CHECK;
/* Of one finding BLOCK_MD, or of start rule R-STALE; both persons sign. */
enum status workflow_override(const struct workflow *w, const struct workflow_person *person,
                              const struct workflow_person *second, const char *rule, const char *zone,
                              const struct workflow_move *with, struct workflow_plan **plan,
                              struct fail *why) MUST_CHECK;
/* The signed approval as a file; to free. Audited. */
enum status workflow_export(const struct workflow *w, const struct workflow_person *person,
                            const struct workflow_plan *plan, char **text, size_t *n, struct fail *why) MUST_CHECK;

/* How often findings were overridden: all, and per rule. */
struct workflow_override_count {
	char rule[APPROVAL_RULE_MAX];
	size_t count;
};
enum status workflow_override_counts(const struct workflow *w, struct workflow_override_count *out, size_t capacity,
                                     size_t *rules, size_t *all, struct fail *why) MUST_CHECK;

/* ---- delivery ---- */

/* The session of a plan as its records tell; phase DELIVERY_NONE when none was opened. */
enum status workflow_session(const struct workflow *w, const struct workflow_plan *plan,
                             struct delivery_plan *delivery_plan, struct delivery *session,
                             struct fail *why) MUST_CHECK;
/* Rules judged again, with predictions recomputed on the signed twin gone on to today (workflow_start.c) and the
 * checklist's facts. In two steps, because it takes seconds:
 * new reads the records, judge is pure and may run on another thread (see options->progress). */
struct workflow_start;
#define WORKFLOW_TWIN_SHIFT_MAX 1000.0 /* of twin_shift_sd; also where the signed twin cannot be read any more */
enum status workflow_start_new(const struct workflow *w, const struct workflow_plan *plan,
                               const struct delivery *session, struct workflow_start **out,
                               struct fail *why) MUST_CHECK;
/* The same with the prediction it was judged on; free it with assessment_clear. */
enum status workflow_start_assess(const struct workflow_start *start, const struct predict_options *options,
                                  struct assessment *assessment, struct findings *out, struct fail *why) MUST_CHECK;
enum status workflow_start_judge(const struct workflow_start *start, const struct predict_options *options,
                                 struct findings *out, struct fail *why) MUST_CHECK;
void workflow_start_free(struct workflow_start **start);
/* Both at once. Free the findings with findings_clear. */
enum status workflow_judge_start(const struct workflow *w, const struct workflow_plan *plan,
                                 const struct delivery *session, const struct predict_options *options,
                                 struct findings *out, struct fail *why) MUST_CHECK;
/* Takes one event: checked, then kept, then counted. findings: of workflow_judge_start, for DELIVERY_START. START,
 * FINISH and an ABORT after the start move the plan in the same transaction and the end leaves the outcome.
 * session is updated on success. A time-out needs the sides read back. With the console and handpiece today's output
 * check on record counts at once, as an event that refers to it; an error of the console revokes it. */
enum status workflow_deliver(const struct workflow *w, const struct workflow_person *person,
                             const struct delivery_event *event, const struct findings *findings,
                             struct workflow_plan **plan, struct delivery *session, struct fail *why) MUST_CHECK;

/* An output check for every session of today with this console and handpiece; and what revokes it. */
enum status workflow_calibrate(const struct workflow *w, const struct workflow_person *person,
                               const struct calibration *calibration, struct fail *why) MUST_CHECK;
enum status workflow_device_fault(const struct workflow *w, const struct workflow_person *person, const char *serial,
                                  const char *handpiece_serial, const char *reason, struct fail *why) MUST_CHECK;

/* ---- afterwards ---- */

enum severity { SEVERITY_MILD, SEVERITY_MODERATE, SEVERITY_SEVERE, SEVERITIES }; /* FHIR AdverseEvent.severity */
const char *severity_name(enum severity severity);
/* "blister", "burn", "PIH", ...; NULL past the end. The words of the question last_treatment_response among them. */
const char *adverse_kind(size_t index);

/* FHIR AdverseEvent.seriousness: whether it led to harm beyond the skin's own course. */
enum seriousness { SERIOUS_NOT_JUDGED, SERIOUS_NO, SERIOUS_YES };
/* "resolved", "recovering", "ongoing", "resolved with sequelae", "fatal"; NULL past the end. */
const char *adverse_outcome(size_t index);

struct adverse_event {
	char kind[32];
	enum severity severity;
	double onset_days; /* after the delivery */
	char text[STORE_REASON_MAX + 1];
	enum seriousness serious;
	char serious_reason[200]; /* required where it is serious */
	char outcome[32];         /* so far, of adverse_outcome; "": not said */
};
/* Record kind "adverse_event", lasertwin-adverse-event/1. Of these, PIH teaches the twin (response.h). */
enum status workflow_adverse(const struct workflow *w, const struct workflow_person *person,
                             const struct adverse_event *event, struct workflow_plan **plan,
                             struct fail *why) MUST_CHECK;

struct follow_up {
	double days;            /* after the delivery */
	double clearance_pct;   /* NAN: not judged */
	double erythema_days;   /* NAN: not asked */
	int pih;                /* 1 yes, 0 no, -1 not judged */
	double depth_um;        /* of the columns, OCT or section; 0 or NAN: not measured */
	char text[STORE_REASON_MAX + 1];
};
/* Record kind "follow_up", lasertwin-follow-up/1; with it, in one transaction, what the twin can learn from it and the
 * twin's next version (response.h). */
enum status workflow_follow_up(const struct workflow *w, const struct workflow_person *person,
                               const struct follow_up *follow_up, struct workflow_plan **plan,
                               struct fail *why) MUST_CHECK;

#endif
