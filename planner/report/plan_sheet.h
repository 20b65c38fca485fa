/* Sheets of one plan version: for the room (treatment) and for the file (approval).
 *
 * Everything printed comes from the stored, signed content of that version, never from a new computation: the sheet
 * shows what was decided. The digest of that content, the versions of models and rules and the head of the audit trail
 * stand on every page.
 */
#ifndef LASERTWIN_PLAN_SHEET_H
#define LASERTWIN_PLAN_SHEET_H

#include "planner/plan/library.h"
#include "planner/report/sheet.h"
#include "planner/store/store.h"

struct plan_sheet {
	const struct library *lib; /* for the titles of sources */
	const struct store_patient *patient;
	const struct store_plan *plan;
	const struct store_plan_event_list *events; /* NULL: none */
	const char *audit_head;                     /* NULL or "": none */
	int64_t made_at_ms;
	bool deidentified; /* no name, number or date of birth */
};

/* Large numbers, conditions to tick, room for what was delivered, places to sign. A plan that is not approved says so
 * across every page. ST_INPUT when the stored content is not a plan. */
enum status plan_treatment_sheet(const struct plan_sheet *from, struct sheet **out, struct fail *why) MUST_CHECK;
/* All findings with value, limit and source, all predictions with their spread, the history of states. */
enum status plan_approval_sheet(const struct plan_sheet *from, struct sheet **out, struct fail *why) MUST_CHECK;

/* "12.3 [10.1 .. 15.0] um": as text and screen write it. */
struct json_at;
const char *plan_sheet_band(const struct json_at *band, int decimals, const char *unit, char *out, size_t size);

#endif
