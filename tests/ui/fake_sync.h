/* A made-up exchange with a clinic's server: off until S, then with one conflict, one refusal, notices, entries that wait
 * and receipts. */
#ifndef LASERTWIN_TEST_FAKE_SYNC_H
#define LASERTWIN_TEST_FAKE_SYNC_H

#include "ui/sync.h"

#define FAKE_SYNC_MS INT64_C(1767268800000) /* 2026-01-01 12:00 */

static struct {
	struct sync_status status;
	unsigned settled, refreshed;
	bool kept_ours;
} fake_exchange;

static void fake_sync_reset(void)
{
	memset(&fake_exchange, 0, sizeof fake_exchange);
	fake_exchange.status.next_s = -1;
}

static void fake_sync_state(void *context, struct sync_status *out)
{
	(void)context;
	*out = fake_exchange.status;
}

static void fake_sync_start(void *context)
{
	(void)context;
	fake_exchange.status = (struct sync_status){.phase = SYNC_PHASE_IDLE,
	                                            .server = "https://fhir.clinic.example/R4",
	                                            .last_ms = FAKE_SYNC_MS,
	                                            .next_s = 25,
	                                            .sent = 12,
	                                            .received = 30,
	                                            .requests = 4,
	                                            .waiting = 2,
	                                            .conflicts = fake_exchange.settled ? 0 : 1,
	                                            .refused = 1,
	                                            .parked = 1,
	                                            .duplicates = 1};
}

static void fake_sync_stop(void *context)
{
	(void)context;
	fake_exchange.status.phase = SYNC_PHASE_STOPPED;
}

static struct sync_entry_row fake_entry(int64_t seq, enum outbox_object object, enum outbox_state state, const char *note)
{
	struct sync_entry_row e = {.row = {.seq = seq, .object = object, .state = state, .added_at_ms = FAKE_SYNC_MS, .attempts = 1}};
	(void)snprintf(e.row.uuid, sizeof e.row.uuid, "00000000-0000-4000-8000-%012d", (int)seq);
	(void)snprintf(e.row.note, sizeof e.row.note, "%s", note);
	(void)snprintf(e.patient, sizeof e.patient, "VIRTUAL TEST");
	(void)snprintf(e.row.receipt.server_id, sizeof e.row.receipt.server_id, "CarePlan/%d", (int)seq);
	(void)snprintf(e.row.receipt.version_id, sizeof e.row.receipt.version_id, "3");
	(void)snprintf(e.row.receipt.last_updated, sizeof e.row.receipt.last_updated, "%lld", (long long)FAKE_SYNC_MS);
	return e;
}

static enum status fake_sync_conflict(struct listing *out, struct fail *why)
{
	struct compare compare;
	const struct sync_entry_row e = fake_entry(7, OUTBOX_PATIENT, OUTBOX_CONFLICT, "Patient was changed on the server meanwhile");
	enum status st = compare_records("{\"resourceType\":\"Patient\",\"gender\":\"female\",\"birthDate\":\"1987-06\"}",
	                                 "{\"resourceType\":\"Patient\",\"gender\":\"male\",\"birthDate\":\"1987-06\",\"active\":true}",
	                                 &compare, why);
	if (!st)
		list_conflict(out, &e, &compare);
	compare_free(&compare);
	return st;
}

static void fake_sync_list(struct listing *out)
{
	static const struct station_item notices[] = {
	        {SYNC_NOTE_PARKED, "00000000-0000-4000-8000-0000000000aa",
	         "Provenance signature the key of other is not trusted here"},
	        {SYNC_NOTE_DUPLICATE, "00000000-0000-4000-8000-0000000000bb",
	         "Patient has a record number that another patient has here: two entries of one person?"}};
	const bool is_on = fake_exchange.status.phase != SYNC_PHASE_OFF;
	struct sync_entry_row e[8];
	size_t n = 0;
	if (!fake_exchange.settled)
		e[n++] = fake_entry(7, OUTBOX_PATIENT, OUTBOX_CONFLICT, "Patient was changed on the server meanwhile");
	e[n++] = fake_entry(9, OUTBOX_RECORD, OUTBOX_REFUSED, "the server refuses this DocumentReference (403, not allowed for good)");
	e[n++] = fake_entry(11, OUTBOX_READINGS, OUTBOX_PENDING, "");
	e[n++] = fake_entry(12, OUTBOX_PLAN, OUTBOX_INFLIGHT, "");
	e[n++] = fake_entry(10, OUTBOX_PLAN_EVENT, OUTBOX_ACKED, "");
	e[n++] = fake_entry(8, OUTBOX_TWIN, OUTBOX_ACKED, "");
	const struct sync_lists lists = {&fake_exchange.status, e, is_on ? n : 0, notices, is_on ? 2 : 0, false};
	list_sync(out, &lists);
}

static enum status fake_sync_read(void *context, enum screen screen, int64_t entry, struct listing **out, struct fail *why)
{
	struct listing *listing = NULL;
	(void)context;
	(void)entry;
	enum status st = listing_new(&listing, why);
	if (!st && screen == SCREEN_CONFLICT)
		st = fake_sync_conflict(listing, why);
	else if (!st)
		fake_sync_list(listing);
	return listing_finish(listing, st, out, why);
}

static enum status fake_sync_settle(void *context, int64_t entry, bool keep_ours, const struct course_input *who,
                                    struct fail *why)
{
	(void)context;
	if (entry != 7 || strcmp(who->login, "derm") != 0)
		return fail_set(why, ST_DENIED, "conflict", "is a technician's or dermatologist's to settle");
	fake_exchange.settled++;
	fake_exchange.kept_ours = keep_ours;
	fake_exchange.status.conflicts = 0;
	return ST_OK;
}

static enum status fake_sync_refresh(void *context, struct fail *why)
{
	(void)context;
	(void)why;
	fake_exchange.refreshed++;
	return ST_OK;
}

static const struct app_sync fake_sync = {.state = fake_sync_state,
                                          .start = fake_sync_start,
                                          .stop = fake_sync_stop,
                                          .read = fake_sync_read,
                                          .settle = fake_sync_settle,
                                          .refresh = fake_sync_refresh};

#endif
