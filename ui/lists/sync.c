/* The state of synchronisation, and one conflict. */
#include "ui/sync.h"

#include <inttypes.h>

static const char *const object_names[OUTBOX_OBJECTS] = {"patient", "readings", "twin",
                                                         "plan", "state of a plan", "record"};

static const struct {
	const char *word;
	enum role role;
} states[OUTBOX_STATES] = {{"waiting", ROLE_TEXT},
                           {"in flight", ROLE_STRONG},
                           {"acknowledged", ROLE_OK},
                           {"conflict", ROLE_STOP},
                           {"refused", ROLE_CAUTION}};

/* What a person does about it. */
static const char *const next_steps[SYNC_NOTES] = {
        [SYNC_NOTE_CONFLICT] = "Two versions of one record: both are kept. A person compares them and decides.",
        [SYNC_NOTE_REFUSED] = "The server will not take it and it is not tried again. Put right what the reason "
                              "names in a new version, or ask the server's administrator.",
        [SYNC_NOTE_DUPLICATE] = "Two entries that may be one: look at both, and remove the copy on the server. "
                                "Nothing is merged by itself.",
        [SYNC_NOTE_ROLLBACK] = "The server lost what it had confirmed (put back to a backup?). It is sent again by "
                               "itself; tell its administrator.",
        [SYNC_NOTE_DELETED] = "Somebody deleted it on the server; ours is kept. Ask whether that was meant.",
        [SYNC_NOTE_PARKED] = "Kept as it came, not used. Where a key is not trusted an administrator enters it "
                             "(`lasertwin sync trust`); else ask who changed it on the server.",
        [SYNC_NOTE_SERVER] = "Tell the server's administrator; nothing is lost here.",
        [SYNC_NOTE_IDENTITY] = "Look whether it is the same person (2 Patient, #). Then revise the plan and have it "
                               "approved again: what was signed was signed for the former identity.",
        [SYNC_NOTE_UNVERIFIED] = "Ask whoever is named. If it is theirs, an administrator enters their key (`lasertwin "
                                 "sync trust`); if not, somebody changed the server: tell its administrator, revise "
                                 "the plan.",
        [SYNC_NOTE_ANSWERS] = "What warns counts meanwhile. ~ shows what differs and who was told it, and decides "
                              "(`lasertwin answers` does the same).",
};

static enum role notice_role(enum sync_notice notice)
{
	return notice == SYNC_NOTE_CONFLICT || notice == SYNC_NOTE_ROLLBACK || notice == SYNC_NOTE_UNVERIFIED
	               ? ROLE_STOP : ROLE_CAUTION;
}

/* --- state ------------------------------------------------------------------------------------------------ */

static void note_phase(struct listing *out, const struct sync_status *s)
{
	switch (s->phase) {
	case SYNC_PHASE_OFF:
		listing_note(out, ROLE_CAUTION,
		             "Not set up: `lasertwin sync setup ADDRESS` enters the clinic's FHIR server. Everything stays here.");
		break;
	case SYNC_PHASE_STOPPED:
		listing_note(out, ROLE_CAUTION, "STOPPED with %s: nothing goes or comes until S.", s->server);
		break;
	case SYNC_PHASE_LOCKED:
		listing_note(out, ROLE_CAUTION, "The records are locked: no rounds.");
		break;
	case SYNC_PHASE_RUNNING:
		listing_note(out, ROLE_STRONG, "%s %s: %zu sent, %zu received, %zu requests",
		             s->stopping ? "Stopping" : "A round with", s->server, s->sent, s->received, s->requests);
		break;
	default:
		listing_note(out, ROLE_TEXT, "With %s; the last round: %zu sent, %zu received, %zu requests", s->server, s->sent,
		             s->received, s->requests);
	}
}

static void note_state(struct listing *out, const struct sync_status *s)
{
	char when[LISTING_TIME_SIZE];
	note_phase(out, s);
	if (s->phase != SYNC_PHASE_OFF)
		listing_note(out, s->last_ms > 0 ? ROLE_TEXT : ROLE_CAUTION, "Last complete round: %s%s",
		             s->last_ms > 0 ? listing_time(s->last_ms, when) : "never", s->last_ms > 0 ? " UTC" : "");
	if (s->problem[0] != '\0')
		listing_note(out, ROLE_STOP, "Not complete: %s", s->problem);
	if (s->rolled_back)
		listing_note(out, ROLE_STOP, "THE SERVER LOST CONFIRMED RECORDS: they are being sent again.");
}

/* --- needs a person ------------------------------------------------------------------------------------------ */

static const struct listing_column person_columns[] = {
        {"what", false, 0}, {"of", false, 2}, {"reason", false, 0}, {"entry", true, 3}};
static const struct listing_column waiting_columns[] = {
        {"what", false, 0},        {"of", false, 2},   {"state", false, 0},
        {"since (UTC)", false, 1}, {"tries", true, 4}, {"entry", true, 3}};
static const struct listing_column receipt_columns[] = {
        {"what", false, 0}, {"of", false, 2}, {"confirmed (UTC)", false, 0},
        {"server's name", false, 1}, {"entry", true, 3}};
#define COLUMNS(list) list, sizeof(list) / sizeof *(list)

static void key_of(const struct store_outbox *row, char key[LISTING_KEY_MAX])
{
	(void)snprintf(key, LISTING_KEY_MAX, "%s.%" PRId64, row->state == OUTBOX_CONFLICT ? "conflict" : "entry", row->seq);
}

static void add_entry_for_person(struct listing *out, const struct sync_entry_row *e)
{
	const bool conflict = e->row.state == OUTBOX_CONFLICT;
	char key[LISTING_KEY_MAX], number[24], what[64], when[LISTING_TIME_SIZE];
	key_of(&e->row, key);
	(void)snprintf(number, sizeof number, "%" PRId64, e->row.seq);
	(void)snprintf(what, sizeof what, "%s: %s", states[e->row.state].word, object_names[e->row.object]);
	listing_row(out, key, ROLE_TEXT, (const char *const[]){what, e->patient, e->row.note, number});
	listing_cell_role(out, 0, states[e->row.state].role);
	listing_detail(out, "%s", e->row.note);
	listing_detail(out, "%s",
	               next_steps[conflict ? SYNC_NOTE_CONFLICT : SYNC_NOTE_REFUSED]);
	if (conflict)
		listing_detail(out, "Enter shows both versions; M ours goes over the server's, V the server's stays.");
	listing_detail(out, "%s %s, written %s UTC", object_names[e->row.object], e->row.uuid,
	               listing_time(e->row.added_at_ms, when));
}

/* Conflicts and refusals stand in the outbox already, those of arrivals do not. */
static bool is_told_by_entry(const struct sync_lists *lists, const struct station_item *notice)
{
	if (notice->notice == SYNC_NOTE_REFUSED)
		return true;
	for (size_t i = 0; notice->notice == SYNC_NOTE_CONFLICT && i < lists->entries; i++)
		if (lists->entry[i].row.state == OUTBOX_CONFLICT)
			return true;
	return false;
}

static void add_notice(struct listing *out, const struct station_item *notice)
{
	char what[64], key[LISTING_KEY_MAX];
	(void)snprintf(what, sizeof what, "%s", sync_notice_name(notice->notice));
	(void)snprintf(key, sizeof key, "notice.%s", notice->name);
	listing_row(out, key, ROLE_TEXT,
	            (const char *const[]){what, notice->name[0] != '\0' ? "" : "the server", notice->text, ""});
	listing_cell_role(out, 0, notice_role(notice->notice));
	listing_detail(out, "%s", notice->text);
	listing_detail(out, "%s", next_steps[notice->notice]);
	if (notice->name[0] != '\0')
		listing_detail(out, "record %s", notice->name);
}

/* --- the rest of the outbox ------------------------------------------------------------------------------------ */

static void add_waiting(struct listing *out, const struct sync_entry_row *e)
{
	char key[LISTING_KEY_MAX], number[24], tries[24], when[LISTING_TIME_SIZE];
	key_of(&e->row, key);
	(void)snprintf(number, sizeof number, "%" PRId64, e->row.seq);
	(void)snprintf(tries, sizeof tries, "%" PRId64, e->row.attempts);
	listing_row(out, key, ROLE_TEXT,
	            (const char *const[]){object_names[e->row.object], e->patient, states[e->row.state].word,
	                                  listing_time(e->row.added_at_ms, when), tries, number});
	listing_cell_role(out, 2, states[e->row.state].role);
	listing_detail(out, "%s %s", object_names[e->row.object], e->row.uuid);
	if (e->row.note[0] != '\0')
		listing_detail(out, "%s", e->row.note);
	if (e->row.state == OUTBOX_INFLIGHT)
		listing_detail(out, "Sent without an answer yet: the same goes again under the same name, so that it counts once.");
}

static void add_receipt(struct listing *out, const struct sync_entry_row *e)
{
	char key[LISTING_KEY_MAX], number[24], when[LISTING_TIME_SIZE];
	const int64_t at_ms = strtoll(e->row.receipt.last_updated, NULL, 10);
	key_of(&e->row, key);
	(void)snprintf(number, sizeof number, "%" PRId64, e->row.seq);
	listing_row(out, key, ROLE_TEXT,
	            (const char *const[]){object_names[e->row.object], e->patient, listing_time(at_ms, when),
	                                  e->row.receipt.server_id, number});
	listing_cell_role(out, 2, ROLE_OK);
	listing_detail(out, "%s %s", object_names[e->row.object], e->row.uuid);
	listing_detail(out, "%s, version %s there, since %s UTC", e->row.receipt.server_id, e->row.receipt.version_id, when);
}

static bool for_person(const struct sync_entry_row *e)
{
	return e->row.state == OUTBOX_CONFLICT || e->row.state == OUTBOX_REFUSED;
}

void list_sync(struct listing *out, const struct sync_lists *lists)
{
	note_state(out, lists->state);
	if (lists->more)
		listing_note(out, ROLE_DIM, "More wait than are listed: %" PRId64 " in all.", lists->state->waiting);
	listing_section(out, "Needs a person", COLUMNS(person_columns), "Nothing: no conflict, nothing refused or parked.");
	for (size_t i = 0; i < lists->entries; i++)
		if (for_person(&lists->entry[i]))
			add_entry_for_person(out, &lists->entry[i]);
	for (size_t i = 0; i < lists->notices; i++)
		if (!is_told_by_entry(lists, &lists->notice[i]))
			add_notice(out, &lists->notice[i]);
	listing_section(out, "Waiting to be sent", COLUMNS(waiting_columns), "Everything is on the server.");
	for (size_t i = 0; i < lists->entries; i++)
		if (!for_person(&lists->entry[i]) && lists->entry[i].row.state != OUTBOX_ACKED)
			add_waiting(out, &lists->entry[i]);
	listing_section(out, "Receipts, latest first", COLUMNS(receipt_columns), "The server has confirmed nothing yet.");
	for (size_t i = 0; i < lists->entries; i++)
		if (lists->entry[i].row.state == OUTBOX_ACKED)
			add_receipt(out, &lists->entry[i]);
}

/* --- one conflict ------------------------------------------------------------------------------------------------ */

static const struct listing_column differing_columns[] = {
        {"member", false, 0}, {"ours", false, 0}, {"the server's", false, 0}};
static const struct listing_column same_columns[] = {{"member", false, 0}, {"both", false, 0}};

static const char *shown(const char *text)
{
	return text[0] != '\0' ? text : "(absent)";
}

void list_conflict(struct listing *out, const struct sync_entry_row *entry, const struct compare *c)
{
	listing_note(out, ROLE_STRONG, "Entry %" PRId64 ", %s: %zu of %zu members differ. M ours goes over, V theirs stays.",
	             entry->row.seq, object_names[entry->row.object], c->different, c->count);
	if (entry->row.note[0] != '\0')
		listing_note(out, ROLE_DIM, "%s", entry->row.note);
	listing_section(out, "Different", COLUMNS(differing_columns), "Nothing that matters: only the server's own members.");
	for (size_t i = 0; i < c->different; i++) {
		const struct compare_row *row = &c->row[i];
		listing_row(out, row->path, ROLE_STRONG, (const char *const[]){row->path, shown(row->mine), shown(row->theirs)});
		listing_detail(out, "%s", row->path);
		listing_detail(out, "ours:         %s", shown(row->mine));
		listing_detail(out, "the server's: %s", shown(row->theirs));
	}
	listing_section(out, "The same in both", COLUMNS(same_columns), "Nothing.");
	for (size_t i = c->different; i < c->count; i++)
		listing_row(out, c->row[i].path, ROLE_DIM, (const char *const[]){c->row[i].path, c->row[i].mine});
}
