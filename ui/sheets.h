/* Sheets that leave the records: entered in the audit trail before they do, and marked where they were made under
 * emergency access. Shared by the commands and the screens. */
#ifndef LASERTWIN_UI_SHEETS_H
#define LASERTWIN_UI_SHEETS_H

#include "planner/plan/workflow.h"
#include "planner/report/plan_sheet.h"
#include "planner/report/record_sheet.h"

/* Who hands it out, of which records, when. what: "treatment UUID 2", for the audit. */
struct handing_out {
	struct store *store;
	const char *login, *what;
	int64_t now_ms;
};
/* The emergency's notice, if one lasts, and the entry in the audit. Only after ST_OK may the sheet leave. */
enum status sheets_enter(const struct handing_out *by, struct sheet *sheet, struct fail *why) MUST_CHECK;

/* A plan's treatment sheet, a patient's record, each into a new file by its suffix: ST_CONFLICT when it is there. */
enum status sheets_treatment(const struct workflow *w, const char *login, const char *plan, const char *path,
                             struct fail *why) MUST_CHECK;
enum status sheets_record(const struct workflow *w, const char *login, const char *patient, const char *path,
                          struct fail *why) MUST_CHECK;

#endif
