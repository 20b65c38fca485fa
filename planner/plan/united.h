/* What every station was told about one person's safety, together.
 *
 * Readings are kept as a new row at each saving, and a row names those it was made in the knowledge of
 * ("x_follows"; who saved it is "x_by"). Rows that nobody followed, besides the latest one, were made at other stations
 * without knowing of it: their answers count, too (planner/safety/unite.h), until a person settles what differs. Rows
 * saved meanwhile name those others ("x_united") and the questions that stay open ("x_open"), and hold the answers that
 * warn: an open question is closed by settling it alone, and of the others only the open ones still count.
 *
 * Rows without x_follows (first readings, imports of earlier days, programs of before) are nobody's contradiction.
 */
#ifndef LASERTWIN_PLAN_UNITED_H
#define LASERTWIN_PLAN_UNITED_H

#include "planner/safety/facts.h"
#include "planner/store/store.h"

#define UNITED_OTHERS_MAX 15

struct united_row {
	char uuid[UUID_TEXT_SIZE];
	char by[STORE_ACTOR_MAX + 1]; /* "": not said */
	int64_t taken_at_ms;
	bool differs;          /* in an answer that is open */
	bool unreadable;       /* of a newer program: nothing is known of its answers */
	struct facts *answers; /* owned */
};

struct united {
	size_t rows; /* row[0] is the latest readings */
	struct united_row row[1 + UNITED_OTHERS_MAX];
	size_t different;       /* rows that differ */
	bool *open;             /* by fact: a question that a person has to settle; owned */
	struct facts *together; /* owned */
};

/* ST_NOT_FOUND: no readings. ST_FULL: more rows than UNITED_OTHERS_MAX stand beside each other. Free with
 * united_clear. */
enum status united_load(struct store *store, const char *patient, struct united *out, struct fail *why) MUST_CHECK;
void united_clear(struct united *united);

/* In place of the latest readings' answers those of all. */
enum status united_answers(struct store *store, const char *patient, struct facts **answers,
                           struct fail *why) MUST_CHECK;
/* Whether a person has to settle that question. */
bool united_differs(const struct united *united, size_t id);
/* What warns stays in answers about to be saved, for the questions that are open. */
enum status united_hold(const struct united *united, struct facts *answers, struct fail *why) MUST_CHECK;

/* The members that a row saved now bears, before those of json (an object as text); to free. settled: a person decided
 * on every difference, so that it follows all. united NULL: the first readings. */
enum status united_mark(const struct united *united, const char *by, bool settled, const char *json, char **out,
                        struct fail *why) MUST_CHECK;
/* The digest of the latest readings, given in hex, together with what else counts: as it stands now, or as the row says
 * it stood when it was saved. Where nothing else counts it stays as it is. */
void united_digest_now(const struct united *united, char hex[DIGEST_TEXT_SIZE]);
enum status united_digest_then(const struct store_readings *row, char hex[DIGEST_TEXT_SIZE],
                               struct fail *why) MUST_CHECK;

/* "keloid=no" each, into answers; only of what differs. *lowers: something that warns is given up. */
enum status united_decide(const struct united *united, const char *const *decision, size_t decisions,
                          struct facts *answers, bool *lowers, struct fail *why) MUST_CHECK;
/* The record "answers_settled" (lasertwin-answers-settled/1) of it. Inside the caller's group. */
enum status united_keep_decision(struct store *store, const char *patient, const char *const *decision,
                                 size_t decisions, const char *reason, const struct store_stamp *stamp,
                                 struct fail *why) MUST_CHECK;

#endif
