/* Delivery: what happens at the treatment station, recorded and verified against the approved plan.
 *
 * A session is the fold of its events: delivery_apply() checks one event against the plan and what went before,
 * and either takes it or refuses it with the reason and changes nothing. Every event taken is kept (one record
 * each) before it counts, so a crash resumes where the last record stands. Nothing here fires a device: the
 * operator reads the console back, and what lies outside the approved envelope is refused.
 *
 *     checking -> running <-> paused -> finished | aborted
 *
 * Pure: no clock, no store. Quantities in records are millionths of their unit (canonical.h).
 */
#ifndef LASERTWIN_PLAN_DELIVERY_H
#define LASERTWIN_PLAN_DELIVERY_H

#include "devices/device.h"
#include "devices/exposure.h"
#include "planner/plan/identity.h"
#include "planner/plan/planning.h"

#define DELIVERY_TEXT_MAX 160
#define DELIVERY_LONG_PAUSE_MS 900000 /* 15 min: who was away that long is identified again (DESIGN) */
#define DELIVERY_OUTPUT_TOLERANCE_FRAC 0.20 /* measured against set: IEC 60601-2-22, 201.12.1.1 (K) */

enum delivery_phase {
	DELIVERY_NONE, /* not opened */
	DELIVERY_CHECKING,
	DELIVERY_RUNNING,
	DELIVERY_PAUSED,
	DELIVERY_FINISHED,
	DELIVERY_ABORTED,
	DELIVERY_PHASES
};

enum delivery_kind {
	DELIVERY_OPEN,
	DELIVERY_IDENTITY,    /* two identifiers */
	DELIVERY_SITE,        /* side of one field, seen and marked on the skin */
	DELIVERY_CONSENT,     /* reference of the signed paper */
	DELIVERY_PHOTOGRAPH,  /* of one field: reference and SHA-256 or BLAKE2b digest */
	DELIVERY_DEVICE,      /* serial of the console, handpiece ("fraxel_dual.1927") and its serial, tip */
	DELIVERY_CALIBRATION, /* measured against set, today, with this handpiece; reference: a check of today on record */
	DELIVERY_EYEWEAR,     /* optical density of operator's and patient's */
	DELIVERY_COOLING,     /* which, with its value in words */
	DELIVERY_ANSWER,      /* of a question of the start rules */
	DELIVERY_TIME_OUT,    /* everybody stops; patient, site, side and plan are read out, the sides entered again */
	DELIVERY_START,
	DELIVERY_PASS, /* one pass over one field, with the console's settings */
	DELIVERY_ENDPOINT,
	DELIVERY_ERROR, /* the console's code; pauses */
	DELIVERY_PAUSE,
	DELIVERY_RESUME,
	DELIVERY_FINISH,
	DELIVERY_ABORT,
	DELIVERY_KINDS
};

/* Only the members of its kind are looked at; see delivery_event_members(). Numbers not given are NAN. */
struct delivery_event {
	enum delivery_kind kind;
	int64_t at_ms;
	char actor[UUID_TEXT_SIZE];
	char field[PLANNING_TEXT_MAX];
	char side[16];
	char identifier_1[STORE_LABEL_MAX + 1], identifier_2[STORE_LABEL_MAX + 1];
	char reference[DELIVERY_TEXT_MAX], digest[DIGEST_TEXT_SIZE];
	char serial[64], handpiece[STORE_DEVICE_MAX + 1], handpiece_serial[64], tip[64];
	char code[32], endpoint[64], fact[FACT_TEXT_MAX];
	char text[STORE_REASON_MAX + 1]; /* reason, note, who was present */
	double measured, set;            /* in the unit named by text */
	double od_operator, od_patient;
	double value; /* of an answer: a number, or 1 yes, 0 no */
	double pulses;
	struct settings settings;
};

void delivery_event_init(struct delivery_event *event, enum delivery_kind kind, int64_t at_ms, const char *actor);
const char *delivery_kind_name(enum delivery_kind kind); /* "time_out" */
bool delivery_kind_parse(const char *name, enum delivery_kind *out);
const char *delivery_phase_name(enum delivery_phase phase);
/* The members a kind takes, as words: "field, side"; the optional ones in brackets. Returns out. */
const char *delivery_event_members(enum delivery_kind kind, char *out, size_t size);
/* Sets one member from text by its name ("field=cheeks"); settings by their keys ("energy_mJ=10"). */
enum status delivery_event_set(struct delivery_event *event, const char *member, const char *value,
                               struct fail *why) MUST_CHECK;

/* The photograph of that file: its SHA-256 as digest, and its name as reference where none is given. */
enum status delivery_event_file(struct delivery_event *event, const char *path, struct fail *why) MUST_CHECK;

/* Canonical JSON, lasertwin-delivery/1; to free. */
enum status delivery_event_encode(const struct delivery_event *event, char **json, size_t *n,
                                  struct fail *why) MUST_CHECK;
enum status delivery_event_decode(const char *json, size_t n, struct delivery_event *out,
                                  struct fail *why) MUST_CHECK;

/* What was approved. device and mode are borrowed. */
struct delivery_plan {
	char plan[UUID_TEXT_SIZE], patient[UUID_TEXT_SIZE];
	int64_t version;
	struct identity identity;
	char device_mode[STORE_DEVICE_MAX + 1];
	const struct device *device;
	const struct device_mode *mode;
	size_t fields;
	char field[PLANNING_ZONES_MAX][PLANNING_TEXT_MAX];
	enum side side[PLANNING_ZONES_MAX]; /* as signed; what is not stated is asked here alone */
	struct settings settings; /* completed */
	struct exposure exposure; /* of them */
	double target_ratio;      /* the target over its threshold, as predicted by the model alone; 0, NAN: not */
};
/* Completes the settings and takes their exposure. ST_MODEL: the settings do not fit the mode. */
enum status delivery_plan_complete(struct delivery_plan *plan, struct fail *why) MUST_CHECK;

struct delivery_field {
	char side[16];
	bool photographed;
	unsigned passes;
	double coverage_frac; /* passes added; NAN where the mode has no coverage */
	double dose_J_cm2;    /* mean fluence, passes added; NAN for RF */
	double pulses;        /* 0 when not counted */
	bool lowered;         /* a pass went below the planned setting */
	struct settings last;
	char endpoint[64];
	bool stop_seen; /* an endpoint to stop at */
};

struct delivery {
	enum delivery_phase phase;
	size_t events;
	int64_t opened_at_ms, last_at_ms, started_at_ms, ended_at_ms, paused_at_ms;
	bool identified, consented, photographed, device_known, calibrated, eyewear_known, cooled, timed_out;
	char serial[64], handpiece_serial[64];
	char output_check[96]; /* in words: "10.4 of 10 mJ; checked 08:12 UTC by technician" */
	double od; /* the lesser of operator's and patient's */
	size_t answers;
	struct delivery_answer {
		char fact[FACT_TEXT_MAX];
		double value;
	} answer[FACT_ITEMS_MAX];
	struct delivery_field field[PLANNING_ZONES_MAX];
	unsigned errors, pauses;
	bool error_open; /* the pause was the console's */
	char reason[STORE_REASON_MAX + 1]; /* of the abort, or of an early end */
};

/* Takes one event or refuses it. ST_DENIED: out of turn, or not what was approved; ST_RANGE: a value outside the
 * envelope or plausibility; ST_INPUT: malformed. START is taken only after delivery_may_start(). */
enum status delivery_apply(struct delivery *delivery, const struct delivery_plan *plan,
                           const struct delivery_event *event, struct fail *why) MUST_CHECK;

/* Measured against set output. ST_RANGE: not above 0, or further off than DELIVERY_OUTPUT_TOLERANCE_FRAC. */
enum status delivery_output_check(double measured, double set, struct fail *why) MUST_CHECK;

/* Settings read from the console against the plan: equal where equality is meant, nowhere stronger. completed
 * (may be NULL) gets them with what follows from them. *lower (may be NULL): something is below the plan. */
enum status delivery_within(const struct delivery_plan *plan, const struct settings *read, struct settings *completed,
                            bool *lower, struct fail *why) MUST_CHECK;

/* The first thing of the checklist that is missing: "photograph of cheeks"; NULL: nothing. Returns out or NULL. */
const char *delivery_missing(const struct delivery *delivery, const struct delivery_plan *plan, char *out,
                             size_t size);

/* Whether a fact is a question of the start, answered by DELIVERY_ANSWER. */
bool delivery_is_question(const char *fact);
/* The facts of the start rules that the checklist has established; what was not asked stays unknown. */
enum status delivery_facts(const struct delivery *delivery, struct facts *facts, struct fail *why) MUST_CHECK;

/* Rules overridden in the approval. */
struct delivery_permits {
	size_t count;
	const char *rule[FACT_ITEMS_MAX];
};
/* Whether the first pulse may fall: checklist complete and no finding of the rules, judged again now (PHASE_START),
 * stands against it. ST_DENIED names what does. */
enum status delivery_may_start(const struct delivery *delivery, const struct delivery_plan *plan,
                               const struct findings *findings, const struct delivery_permits *permits,
                               struct fail *why) MUST_CHECK;

/* Whether the sides read back at the time-out ("left", "l r", "left, midline"; first letters do, one for each field in
 * order) are those that were seen and marked. ST_DENIED names the field that differs. */
enum status delivery_sides_read_back(const struct delivery *delivery, const struct delivery_plan *plan,
                                     const char *sides, struct fail *why) MUST_CHECK;

/* Whether everything planned has been delivered. */
bool delivery_complete(const struct delivery *delivery, const struct delivery_plan *plan);
unsigned delivery_passes_planned(const struct delivery_plan *plan);

/* --- endpoints: what may be seen, by kind of mode ------------------------------------------------------- */

struct endpoint {
	const char *name;
	bool stop; /* to be treated as a reason to stop: pauses the session */
	int threshold; /* of the pigment aimed at: 1 passed, -1 not passed, 0 says nothing of it */
};
#define ENDPOINT_NONE "none visible"
/* The list of a mode, the usual ones first; *count of them. */
const struct endpoint *delivery_endpoints(const struct device *device, const struct device_mode *mode, size_t *count);

/* --- the outcome, for the twin and the clinic's server --------------------------------------------------- */

/* lasertwin-outcome/1 (profiles/schema/outcome.schema.json, read by twin_outcome_read), plain decimals in the units of
 * the keys; endpoint_seen and endpoint_dose_ratio where the plan predicted the target and an endpoint speaks of it:
 *   {"schema","plan","version","patient","device","complete":bool,"aborted":reason or absent,"errors":n,
 *    "fields":[{"field","side","passes","passes_planned","coverage_sum_pct","mean_fluence_J_cm2","pulses",
 *               "endpoint","stop":bool,"settings":{...}}],"started_at_ms","ended_at_ms"}  To free. */
enum status delivery_outcome_json(const struct delivery *delivery, const struct delivery_plan *plan, char **json,
                                  struct fail *why) MUST_CHECK;

#endif
