/* Correcting who a patient is: a wrong name, record number, date of birth or sex.
 *
 * A hazard of its own, because what was signed and planned stands under that identity. So: whoever may register
 * patients may correct them (life.h, LIFE_REGISTER); old and new are shown before; the identifiers on record are
 * entered again, so that it is this patient's record that is open; a reason is written; nothing is corrected while a
 * treatment of that patient is under way. An approval is bound to the digest of the identity it was signed for
 * (approval.h): it holds no more, its plan turns stale at its next use and is approved again. The former identity is
 * kept. There is no undo: what was wrong is corrected again, and both stay.
 */
#ifndef LASERTWIN_PLAN_CORRECT_H
#define LASERTWIN_PLAN_CORRECT_H

#include "planner/plan/clinic.h"

/* NULL: as it is. "" takes a record number or birth away. Borrowed. */
struct correction {
	const char *name, *record_number, *birth, *sex; /* sex: one of M, F, X, U */
};

struct correction_effect {
	struct store_patient was, will;
	unsigned parts;  /* enum store_identity_part */
	size_t approved; /* plans whose approval will hold no more */
	bool one_identifier; /* only one is on record: no second can be entered */
};

/* What it would do; nothing is written. ST_DENIED: not for this person, or a treatment is under way. ST_INPUT names the
 * member; or nothing would change. Wipe the effect after use. */
enum status correct_look(struct clinic *clinic, const char *patient, const struct correction *correction,
                         int64_t now_ms, struct correction_effect *out, struct fail *why) MUST_CHECK;

/* What is typed again beside it. */
struct correction_confirm {
	const char *identifier_1, *identifier_2; /* of the identity on record */
	const char *reason;                      /* at least LIFE_REASON_MIN bytes */
};
/* ST_CONFLICT: the identity is no longer what effect->was shows, or the record number is another patient's. */
enum status correct_patient(struct clinic *clinic, const struct correction_effect *effect,
                            const struct correction_confirm *confirm, int64_t now_ms, struct fail *why) MUST_CHECK;

#endif
