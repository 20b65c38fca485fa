/* The sheet of a treatment session: who, which device, what was delivered against what was approved, field by field and
 * event by event, as the records tell. */
#ifndef LASERTWIN_SESSION_SHEET_H
#define LASERTWIN_SESSION_SHEET_H

#include "planner/plan/delivery.h"
#include "planner/report/plan_sheet.h"
#include "planner/store/record.h"

struct session_sheet {
	struct plan_sheet plan; /* events are not looked at */
	const struct delivery_plan *delivery_plan;
	const struct delivery *session;
	const struct store_record_list *records; /* of kind "delivery", oldest first */
};

/* ST_NOT_FOUND: no session was opened. */
enum status session_sheet(const struct session_sheet *from, struct sheet **out, struct fail *why) MUST_CHECK;

#endif
