/* Plans: versions that never change, and the events that say what became of each. */
#include "planner/store/internal.h"

enum { UUID, VERSION, PATIENT, TWIN, TWIN_VERSION, DEVICE, CONTENT, VERDICT, AUTHOR, CREATED_AT, JSON, DIGEST };
enum {
	EVENT_PLAN,
	EVENT_VERSION,
	EVENT_ORDINAL,
	EVENT_FROM,
	EVENT_TO,
	EVENT_PATIENT,
	EVENT_CONTENT,
	EVENT_ACTOR,
	EVENT_AT,
	EVENT_REASON,
	EVENT_JSON,
	EVENT_DIGEST
};

/* By this the database can see that an event speaks of its plan's content, and nobody what it is. */
static struct cell cell_content(const struct store *store, const struct digest *digest,
                                unsigned char mark[VAULT_MARK_BYTES])
{
	mark_of(store, "plan content", digest->bytes, sizeof digest->bytes, mark);
	return cell_blob(mark, VAULT_MARK_BYTES);
}

static const char no_such_plan[] = "there is no such version of a plan in this store";

/* ---- versions ---- */

/* The state is the last event's; that row is verified like the plan's own. */
static enum status load_state(struct store *store, sqlite3_stmt *statement, const struct row *row,
                              struct store_plan *plan, struct fail *why)
{
	const int first = row_width(TABLE_PLAN);
	struct row event;
	if (sqlite3_column_type(statement, first) == SQLITE_NULL)
		return row_misfit(row, why);
	enum status st = row_read(store, statement, first, TABLE_PLAN_EVENT, &event, why);
	if (st == ST_OK && !row_text(&event, EVENT_TO, plan->state, sizeof plan->state))
		st = row_misfit(&event, why);
	if (st == ST_OK)
		plan->state_at_ms = row_int(&event, EVENT_AT);
	row_clear(&event);
	return st;
}

static enum status load(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                        struct fail *why)
{
	struct store_plan *plan = item;
	if (!row_text(row, UUID, plan->uuid, sizeof plan->uuid) ||
	    !row_text(row, PATIENT, plan->patient, sizeof plan->patient) ||
	    !row_text(row, TWIN, plan->twin, sizeof plan->twin) ||
	    !row_text(row, DEVICE, plan->device, sizeof plan->device) ||
	    !row_text(row, VERDICT, plan->verdict, sizeof plan->verdict) ||
	    !row_text(row, AUTHOR, plan->author, sizeof plan->author) ||
	    !row_digest(row, DIGEST, &plan->digest))
		return row_misfit(row, why);
	plan->version = row_int(row, VERSION);
	plan->twin_version = row_int(row, TWIN_VERSION);
	plan->created_at_ms = row_int(row, CREATED_AT);
	enum status st = load_state(store, statement, row, plan, why);
	return st == ST_OK ? row_json(row, JSON, &plan->json, &plan->json_len, why) : st;
}

static void clear(void *item)
{
	struct store_plan *plan = item;
	free((char *)plan->json);
	*plan = (struct store_plan){0};
}

static const struct reader reader = {TABLE_PLAN, sizeof(struct store_plan), load, clear};

static enum status check_texts(struct store *store, const struct store_plan *plan, struct fail *why)
{
	enum status st = text_check("plan.device", plan->device, STORE_DEVICE_MAX, true, why);
	if (st == ST_OK)
		st = text_check("plan.verdict", plan->verdict, STORE_VERDICT_MAX, true, why);
	if (st == ST_OK)
		st = text_check("plan.author", plan->author, STORE_ACTOR_MAX, true, why);
	if (st == ST_OK)
		st = word_check("plan.state", plan->state, STORE_STATE_MAX, why);
	return st == ST_OK ? json_check(store, "plan", plan->json, plan->json_len, why) : st;
}

static enum status check(struct store *store, const struct store_plan *plan, struct fail *why)
{
	enum status st = uuid_check("plan.uuid", plan->uuid, why);
	if (st == ST_OK)
		st = uuid_check("plan.patient", plan->patient, why);
	if (st == ST_OK)
		st = uuid_check("plan.twin", plan->twin, why);
	return st == ST_OK ? check_texts(store, plan, why) : st;
}

static enum status insert(struct store *store, const struct store_plan *plan, const struct digest *digest,
                          int64_t at_ms, struct fail *why)
{
	unsigned char mark[VAULT_MARK_BYTES];
	const struct cell cells[] = {
	        [UUID] = cell_text(plan->uuid),
	        [VERSION] = cell_int(plan->version),
	        [PATIENT] = cell_text(plan->patient),
	        [TWIN] = cell_text(plan->twin),
	        [TWIN_VERSION] = cell_int(plan->twin_version),
	        [DEVICE] = cell_text(plan->device),
	        [CONTENT] = cell_content(store, digest, mark),
	        [VERDICT] = cell_text(plan->verdict),
	        [AUTHOR] = cell_text(plan->author),
	        [CREATED_AT] = cell_int(at_ms),
	        [JSON] = cell_text_n(plan->json, plan->json_len),
	        [DIGEST] = cell_digest(digest),
	};
	return row_insert(store, SQL_PLAN_INSERT, TABLE_PLAN, cells, "the plan was not saved", why);
}

/* ---- events ---- */

/* Which number the event takes, and whose plan it is. */
static enum status next_entry(struct store *store, const struct store_plan_event *event, struct store_outbox *entry,
                              struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, SQL_PLAN_EVENT_NEXT);
	bool got = false;
	bind_text(statement, 1, event->plan);
	bind_int(statement, 2, event->version);
	enum status st = row_step(store, statement, &got, why);
	entry->ordinal = got ? column_int(statement, 0) : 0;
	(void)snprintf(entry->patient, sizeof entry->patient, "%s",
	               got ? (const char *)sqlite3_column_text(statement, 1) : "");
	statement_done(statement);
	return st;
}

static enum status insert_event(struct store *store, const struct store_plan_event *event,
                                const struct store_outbox *entry, const struct store_stamp *stamp,
                                struct fail *why)
{
	unsigned char mark[VAULT_MARK_BYTES];
	const struct cell cells[] = {
	        [EVENT_PLAN] = cell_text(event->plan),
	        [EVENT_VERSION] = cell_int(event->version),
	        [EVENT_ORDINAL] = cell_int(entry->ordinal),
	        [EVENT_FROM] = cell_text(event->from_state),
	        [EVENT_TO] = cell_text(event->to_state),
	        [EVENT_PATIENT] = cell_text(entry->patient),
	        [EVENT_CONTENT] = cell_content(store, &event->digest, mark),
	        [EVENT_ACTOR] = cell_text(stamp->actor),
	        [EVENT_AT] = cell_int(stamp->at_ms),
	        [EVENT_REASON] = cell_text(event->reason),
	        [EVENT_JSON] = cell_text_n(event->json, event->json ? event->json_len : 0),
	        [EVENT_DIGEST] = cell_digest(&event->digest),
	};
	return row_insert(store, SQL_PLAN_EVENT_INSERT, TABLE_PLAN_EVENT, cells,
	                  "the change of the plan's state was not saved", why);
}

/* The first event is the version itself, and goes out as such. */
static enum status append_event(struct store *store, const struct store_plan_event *event,
                                const struct store_stamp *stamp, struct fail *why)
{
	char object[STORE_OBJECT_MAX + 1], action[STORE_ACTION_MAX + 1];
	struct store_outbox entry = {.version = event->version};
	(void)snprintf(object, sizeof object, "%s version %lld", event->plan, (long long)event->version);
	(void)snprintf(action, sizeof action, "plan.%s", event->to_state);
	memcpy(entry.uuid, event->plan, sizeof entry.uuid);
	enum status st = next_entry(store, event, &entry, why);
	if (st == ST_OK && !entry.patient[0])
		st = fail_set(why, ST_NOT_FOUND, "plan_version", "%s", no_such_plan);
	entry.object = entry.ordinal == 1 ? OUTBOX_PLAN : OUTBOX_PLAN_EVENT;
	if (st == ST_OK)
		st = insert_event(store, event, &entry, stamp, why);
	if (st == ST_OK)
		st = outbox_append(store, &entry, stamp, why);
	return st == ST_OK ? audit_append(store, action, object, &event->digest, stamp, why) : st;
}

static enum status check_event(struct store *store, const struct store_plan_event *event, struct fail *why)
{
	enum status st = uuid_check("event.plan", event->plan, why);
	if (st == ST_OK)
		st = word_check("event.from_state", event->from_state, STORE_STATE_MAX, why);
	if (st == ST_OK)
		st = word_check("event.to_state", event->to_state, STORE_STATE_MAX, why);
	if (st == ST_OK)
		st = text_check("event.reason", event->reason, STORE_REASON_MAX, false, why);
	if (st == ST_OK && event->json && event->json_len > 0)
		st = json_check(store, "event", event->json, event->json_len, why);
	return st;
}

enum status store_plan_event_add(struct store *store, const struct store_plan_event *event,
                                 const struct store_stamp *stamp, struct fail *why)
{
	enum status st = check_event(store, event, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	return store_write_end(store, append_event(store, event, stamp, why), why);
}

static enum status load_event(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                        struct fail *why)
{
	(void)store;
	(void)statement;
	struct store_plan_event *event = item;
	if (!row_text(row, EVENT_PLAN, event->plan, sizeof event->plan) ||
	    !row_text(row, EVENT_FROM, event->from_state, sizeof event->from_state) ||
	    !row_text(row, EVENT_TO, event->to_state, sizeof event->to_state) ||
	    !row_text(row, EVENT_ACTOR, event->actor, sizeof event->actor) ||
	    !row_text(row, EVENT_REASON, event->reason, sizeof event->reason) ||
	    !row_digest(row, EVENT_DIGEST, &event->digest))
		return row_misfit(row, why);
	event->version = row_int(row, EVENT_VERSION);
	event->ordinal = row_int(row, EVENT_ORDINAL);
	event->at_ms = row_int(row, EVENT_AT);
	return row_json(row, EVENT_JSON, &event->json, &event->json_len, why);
}

static void clear_event(void *item)
{
	struct store_plan_event *event = item;
	free((char *)event->json);
	*event = (struct store_plan_event){0};
}

static const struct reader event_reader = {TABLE_PLAN_EVENT, sizeof(struct store_plan_event), load_event,
                                           clear_event};

enum status store_plan_event_list(struct store *store, const char *uuid, int64_t version,
                                  struct store_plan_event_list *list, struct fail *why)
{
	struct rows rows;
	*list = (struct store_plan_event_list){0};
	enum status st = uuid_check("plan", uuid, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_PLAN_EVENT_LIST);
	bind_text(statement, 1, uuid);
	bind_int(statement, 2, version);
	bind_int(statement, 3, STORE_LIST_MAX + 1);
	st = read_list(store, statement, &event_reader, STORE_LIST_MAX, &rows, why);
	*list = (struct store_plan_event_list){rows.items, rows.count, rows.more};
	return st;
}

enum status store_plan_event_all(struct store *store, const struct store_plan_event *after, size_t limit,
                                 struct store_plan_event_list *list, struct fail *why)
{
	struct rows rows;
	BUG_ON(limit == 0 || limit > STORE_LIST_MAX);
	sqlite3_stmt *statement = statement_use(store, SQL_PLAN_EVENT_ALL);
	bind_text(statement, 1, after ? after->plan : "");
	bind_int(statement, 2, after ? after->version : 0);
	bind_int(statement, 3, after ? after->ordinal : 0);
	bind_int(statement, 4, (int64_t)limit + 1);
	enum status st = read_list(store, statement, &event_reader, limit, &rows, why);
	*list = (struct store_plan_event_list){rows.items, rows.count, rows.more};
	return st;
}

void store_plan_event_list_free(struct store_plan_event_list *list)
{
	rows_free(&event_reader, list->items, list->count);
	*list = (struct store_plan_event_list){0};
}

/* ---- adding and reading versions ---- */

static enum status append_version(struct store *store, const struct store_plan *plan,
                                  const struct store_stamp *stamp, struct fail *why)
{
	struct store_plan_event first = {.version = plan->version};
	digest_bytes(plan->json, plan->json_len, &first.digest);
	memcpy(first.plan, plan->uuid, sizeof first.plan);
	memcpy(first.to_state, plan->state, sizeof first.to_state);
	enum status st = insert(store, plan, &first.digest, stamp->at_ms, why);
	return st == ST_OK ? append_event(store, &first, stamp, why) : st;
}

enum status store_plan_add_version(struct store *store, const struct store_plan *plan,
                                   const struct store_stamp *stamp, struct fail *why)
{
	enum status st = check(store, plan, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	return store_write_end(store, append_version(store, plan, stamp, why), why);
}

enum status store_plan_get(struct store *store, const char *uuid, int64_t version, struct store_plan *out,
                           struct fail *why)
{
	*out = (struct store_plan){0};
	enum status st = uuid_check("plan", uuid, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_PLAN_GET);
	bind_text(statement, 1, uuid);
	bind_int(statement, 2, version);
	return read_one(store, statement, &reader, out, no_such_plan, why);
}

enum status store_plan_latest(struct store *store, const char *uuid, struct store_plan *out, struct fail *why)
{
	*out = (struct store_plan){0};
	enum status st = uuid_check("plan", uuid, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_PLAN_LATEST);
	bind_text(statement, 1, uuid);
	return read_one(store, statement, &reader, out, no_such_plan, why);
}

static enum status list_plans(struct store *store, sqlite3_stmt *statement, size_t limit,
                              struct store_plan_list *list, struct fail *why)
{
	struct rows rows;
	enum status st = read_list(store, statement, &reader, limit, &rows, why);
	*list = (struct store_plan_list){rows.items, rows.count, rows.more};
	return st;
}

enum status store_plan_list_versions(struct store *store, const char *uuid, struct store_plan_list *list,
                                     struct fail *why)
{
	*list = (struct store_plan_list){0};
	enum status st = uuid_check("plan", uuid, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_PLAN_VERSIONS);
	bind_text(statement, 1, uuid);
	bind_int(statement, 2, STORE_LIST_MAX + 1);
	return list_plans(store, statement, STORE_LIST_MAX, list, why);
}

static enum status check_query(const struct store_plan_query *query, struct fail *why)
{
	enum status st = query->patient ? uuid_check("patient", query->patient, why) : ST_OK;
	if (st == ST_OK)
		st = text_check("state", query->state, STORE_STATE_MAX, false, why);
	if (st == ST_OK && query->offset > INT_MAX)
		st = fail_set(why, ST_RANGE, "page", "no such page of the list");
	return st;
}

enum status store_plan_list(struct store *store, const struct store_plan_query *query,
                            struct store_plan_list *list, struct fail *why)
{
	size_t limit = rows_limit(query->limit);
	*list = (struct store_plan_list){0};
	enum status st = check_query(query, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement =
	        statement_use(store, query->patient ? SQL_PLAN_LIST_PATIENT : SQL_PLAN_LIST);
	bind_text(statement, 1, query->state);
	bind_int(statement, 2, (int64_t)limit + 1);
	bind_int(statement, 3, (int64_t)query->offset);
	if (query->patient)
		bind_text(statement, 4, query->patient);
	return list_plans(store, statement, limit, list, why);
}

void store_plan_clear(struct store_plan *plan)
{
	clear(plan);
}

void store_plan_list_free(struct store_plan_list *list)
{
	rows_free(&reader, list->items, list->count);
	*list = (struct store_plan_list){0};
}
