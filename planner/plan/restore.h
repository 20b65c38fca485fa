/* Putting a backup in the place of the clinic's records.
 *
 * The backup is opened with an administrator's secret as it was when the backup was made, and verified whole
 * before anything is touched. The records that are there now are kept beside under another name; whoever was
 * erased in them is erased again in the restored ones. The audit says what was restored and what the anchor
 * said before.
 */
#ifndef LASERTWIN_RESTORE_H
#define LASERTWIN_RESTORE_H

#include "planner/plan/clinic.h"

struct restore_request {
	const char *home;
	enum store_kind kind;
	const char *backup; /* the file */
	const char *login;
	struct secret secret;
	int64_t now_ms;
};

struct restore_result {
	int64_t rows;              /* verified */
	size_t erased;             /* erased again */
	bool erasures_unknown;     /* the records that were there could not be opened to see who was erased since */
	char kept[STORE_REASON_MAX + 1]; /* where they are now; "": there were none */
};

/* What can be told before anybody gives a secret: the backup is there, whole, of this program, kind and version, and
 * nobody else has the records open. login and secret are not looked at. */
enum status clinic_restore_check(const struct restore_request *request, struct fail *why) MUST_CHECK;
enum status clinic_restore(const struct restore_request *request, struct restore_result *result,
                           struct fail *why) MUST_CHECK;

#endif
