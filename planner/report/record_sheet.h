/* Sheets over many records: one patient's file, and what a clinic did in a span of time.
 *
 * De-identified: name, record number and birth are left out, a patient is called by the first eight digits of a digest
 * of its uuid and a salt of the export, and times become days since that patient's first record. Free text (reasons)
 * is left out too, because it can name people.
 */
#ifndef LASERTWIN_RECORD_SHEET_H
#define LASERTWIN_RECORD_SHEET_H

#include "planner/report/sheet.h"
#include "planner/store/store.h"

struct record_sheet {
	struct store *store;
	const char *audit_head; /* NULL or "": none */
	int64_t made_at_ms;
	bool deidentified;
	const char *salt; /* of the de-identified names; NULL or "" counts as none given: ST_INPUT */
};

/* Identity, plans with their states, what was delivered and seen after it, readings and answers of every visit. */
enum status record_patient_sheet(const struct record_sheet *from, const char *patient_uuid, struct sheet **out,
                                 struct fail *why) MUST_CHECK;
/* Counts of patients and of plans by state, verdict and device among plans made in [from_ms, to_ms). */
enum status record_statistics_sheet(const struct record_sheet *from, int64_t from_ms, int64_t to_ms,
                                    struct sheet **out, struct fail *why) MUST_CHECK;

#endif
