/* Does the server still have what it confirmed?
 *
 * The canary, one read per round: the newest record this station has a receipt for. When it is missing or
 * older than its receipt, or once a night, the sweep: names and versions of everything, against the places.
 *
 *   missing, and it says 410, or newer things are there   somebody deleted it: told, kept here, not sent
 * again missing, together with all that is newer              the server was put back to an earlier state:
 * alarm, and older than its receipt                                what it lost is sent again (conditions
 * make it harmless) unknown or newer there                                a pull missed it: the watermark
 * goes back
 */
#include <inttypes.h>

#include "planner/sync/engine_private.h"

struct seen {
	char sync_id[UUID_TEXT_SIZE], server_id[SYNC_SERVER_ID_MAX + 1], version[SYNC_VERSION_MAX + 1];
	const char *type;
	int64_t updated_ms;
	bool known; /* this very version is the one we have */
	bool lost;  /* older than the one that was confirmed, which is no more */
};

struct sweep {
	struct seen *items;
	size_t count, room;
	int64_t newest_ms;
};

/* ---- canary ------------------------------------------------------------------------------------------- */

void engine_canary_set(struct sync_engine *e, const struct sync_place *place)
{
	if (e->canary.type[0] == '\0' || place->updated_ms >= e->canary.updated_ms)
		e->canary = *place;
}

enum status engine_canary_keep(struct sync_engine *e, struct fail *why)
{
	char line[SYNC_VALUE_MAX + 1];
	const struct sync_place *place = &e->canary;
	if (place->type[0] == '\0')
		return ST_OK;
	(void)snprintf(line, sizeof line, "%s %s %s %" PRId64, place->type, place->server_id, place->version,
	               place->updated_ms);
	enum status st = e->local.set(e->local.state, "canary", line, why);
	e->canary.type[0] = '\0';
	return st;
}

static bool canary_read(struct sync_engine *e, struct sync_place *out)
{
	char line[SYNC_VALUE_MAX + 1];
	struct fail none;
	*out = (struct sync_place){0};
	return e->local.get(e->local.state, "canary", line, &none) == ST_OK &&
	       sscanf(line, "%24s %64s %64s %" SCNd64, out->type, out->server_id, out->version,
	              &out->updated_ms) == 4;
}

enum status engine_canary(struct sync_engine *e, struct fail *why)
{
	struct sync_place canary, now;
	struct sync_reply reply = {0};
	struct span resource;
	struct fail none;
	char path[PATH_MAX_BYTES];
	if (!canary_read(e, &canary))
		return ST_OK;
	(void)snprintf(path, sizeof path, "%s/%s", canary.type, canary.server_id);
	enum status st = engine_get(e, path, &reply, why);
	if (!st && (reply.http == 404 || reply.http == 410))
		e->want_reconcile = true;
	else if (!st && reply.http == 200 && reply.body && span_object(reply.body, reply.len, &resource) &&
	         reply_place(resource, e->options.id_system, &now, &none) == ST_OK)
		e->want_reconcile |=
		        strcmp(now.version, canary.version) != 0 && now.updated_ms < canary.updated_ms;
	sync_reply_clear(&reply);
	return st;
}

enum status engine_version_stands(struct sync_engine *e, const struct sync_place *place, bool *stands,
                                  struct fail *why)
{
	struct sync_reply reply = {0};
	char path[PATH_MAX_BYTES];
	(void)snprintf(path, sizeof path, "%s/%s/_history/%s", place->type, place->server_id, place->version);
	enum status st = engine_get(e, path, &reply, why);
	*stands = !st && reply.http == 200;
	sync_reply_clear(&reply);
	return st;
}

/* ---- the sweep ---------------------------------------------------------------------------------------- */

static enum status keep(struct sweep *sweep, const struct page *page, const struct sync_place *place,
                        struct fail *why)
{
	if (sweep->count == sweep->room) {
		size_t room = sweep->room ? 2 * sweep->room : 1024;
		struct seen *more = realloc(sweep->items, room * sizeof *more);
		if (!more)
			return fail_set(why, ST_FULL, "sync", "out of memory");
		sweep->items = more;
		sweep->room = room;
	}
	struct seen *item = &sweep->items[sweep->count++];
	*item = (struct seen){.type = page->type, .updated_ms = place->updated_ms};
	memcpy(item->sync_id, place->sync_id, sizeof item->sync_id);
	memcpy(item->server_id, place->server_id, sizeof item->server_id);
	memcpy(item->version, place->version, sizeof item->version);
	return ST_OK;
}

static enum status take_names(struct sync_engine *e, struct page *page, struct span entries, struct fail *why)
{
	struct sweep *sweep = page->into;
	struct span item = {0};
	enum status st = ST_OK;
	page->got = 0;
	page->last_ms = page->since_ms;
	while (!st && span_each(entries, &item)) {
		struct reply_entry entry;
		struct sync_place place = {0};
		struct fail none;
		reply_entry_read(item, &entry);
		page->got++;
		bool sound = entry.resource.at &&
		             reply_place(entry.resource, e->options.id_system, &place, &none) == ST_OK;
		if (place.updated_ms > page->last_ms)
			page->last_ms = place.updated_ms;
		if (place.updated_ms > sweep->newest_ms)
			sweep->newest_ms = place.updated_ms;
		if (sound && place.sync_id[0] != '\0' && strcmp(place.type, page->type) == 0)
			st = keep(sweep, page, &place, why);
	}
	return st;
}

static int by_name(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	int order = strcmp(x->sync_id, y->sync_id);
	return order ? order : strcmp(x->server_id, y->server_id);
}

static enum status sweep_all(struct sync_engine *e, struct sweep *sweep, struct fail *why)
{
	enum status st = ST_OK;
	for (const char *const *type = e->options.types; !st && *type; type++) {
		struct page page = {.type = *type,
		                    .count = PAGE_MAX,
		                    .names_only = true,
		                    .take = take_names,
		                    .into = sweep};
		st = engine_pages(e, &page, why);
	}
	if (sweep->count > 1)
		qsort(sweep->items, sweep->count, sizeof *sweep->items, by_name);
	/* pages overlap at their borders */
	size_t kept = 0;
	for (size_t i = 0; i < sweep->count; i++)
		if (kept == 0 || by_name(&sweep->items[kept - 1], &sweep->items[i]) != 0)
			sweep->items[kept++] = sweep->items[i];
	sweep->count = kept;
	return st;
}

static struct seen *find_seen(const struct sweep *sweep, const struct sync_place *place)
{
	struct seen key = {0};
	memcpy(key.sync_id, place->sync_id, sizeof key.sync_id);
	memcpy(key.server_id, place->server_id, sizeof key.server_id);
	return sweep->count ? bsearch(&key, sweep->items, sweep->count, sizeof key, by_name) : NULL;
}

/* ---- what it means ------------------------------------------------------------------------------------ */

static bool pulled_type(const struct sync_engine *e, const char *type)
{
	for (const char *const *t = e->options.types; *t; t++)
		if (strcmp(*t, type) == 0)
			return true;
	return false;
}

struct findings {
	size_t missing, older;
	int64_t missing_oldest_ms, missing_newest_ms, present_newest_ms;
	struct sync_place newest_missing;
};

typedef enum status (*visit_place)(struct sync_engine *e, const struct sync_place *place, struct seen *seen,
                                   void *into, struct fail *why);

static enum status each_place(struct sync_engine *e, const struct sweep *sweep, visit_place visit, void *into,
                              struct fail *why)
{
	struct sync_place place;
	struct fail reason = {0};
	char after[UUID_TEXT_SIZE] = "";
	enum status st = ST_OK, more;
	while (!st && (more = e->local.next_place(e->local.state, after, &place, &reason)) == ST_OK) {
		memcpy(after, place.sync_id, sizeof after);
		if (!place.gone && pulled_type(e, place.type))
			st = visit(e, &place, find_seen(sweep, &place), into, why);
	}
	return st || more == ST_NOT_FOUND ? st : fail_set(why, more, reason.field, "%s", reason.text);
}

static bool is_older(const struct sync_place *place, const struct seen *seen)
{
	return strcmp(seen->version, place->version) != 0 && seen->updated_ms < place->updated_ms;
}

static enum status find_losses(struct sync_engine *e, const struct sync_place *place, struct seen *seen,
                               void *into, struct fail *why)
{
	struct findings *f = into;
	if (!seen) {
		if (f->missing++ == 0 || place->updated_ms < f->missing_oldest_ms)
			f->missing_oldest_ms = place->updated_ms;
		if (place->updated_ms >= f->missing_newest_ms) {
			f->missing_newest_ms = place->updated_ms;
			f->newest_missing = *place;
		}
		return ST_OK;
	}
	bool stands = false;
	enum status st = ST_OK;
	seen->known = strcmp(seen->version, place->version) == 0;
	if (is_older(place, seen)) {
		st = engine_version_stands(e, place, &stands, why);
		seen->lost = !st && !stands;
		f->older += seen->lost;
	}
	if (!seen->lost && place->updated_ms > f->present_newest_ms)
		f->present_newest_ms = place->updated_ms;
	return st;
}

/* A restored backup lacks everything after its time; a deletion leaves a hole, and usually says 410. */
static enum status judge_losses(struct sync_engine *e, const struct findings *f, const struct sweep *sweep,
                                bool *rolled_back, struct fail *why)
{
	struct sync_reply reply = {0};
	char path[PATH_MAX_BYTES];
	*rolled_back = f->older > 0;
	bool suffix = f->missing > 0 && f->missing_oldest_ms > f->present_newest_ms;
	if (*rolled_back || !suffix || (f->missing < 2 && sweep->newest_ms > f->missing_newest_ms))
		return ST_OK;
	(void)snprintf(path, sizeof path, "%s/%s", f->newest_missing.type, f->newest_missing.server_id);
	enum status st = engine_get(e, path, &reply, why);
	*rolled_back = !st && reply.http == 404;
	sync_reply_clear(&reply);
	return st;
}

static enum status give_back(struct sync_engine *e, const struct sync_place *place, struct seen *seen,
                             void *into, struct fail *why)
{
	(void)into;
	if (!seen)
		return e->local.lost(e->local.state, place->sync_id, "", 0, why);
	if (!seen->lost)
		return ST_OK;
	/* what others wrote they send again; until then what stands there is taken as it is */
	seen->known = place->ours;
	return e->local.lost(e->local.state, place->sync_id, place->ours ? seen->version : "",
	                     seen->updated_ms, why);
}

static enum status tell_deleted(struct sync_engine *e, const struct sync_place *place, struct seen *seen,
                                void *into, struct fail *why)
{
	(void)into;
	if (seen)
		return ST_OK;
	enum status st = e->local.mark_gone(e->local.state, place->sync_id, why);
	return st ? st
	          : engine_note(e, SYNC_NOTE_DELETED, place->type, place->sync_id, why,
	                        "somebody deleted this %s on the server; it is kept here", place->type);
}

/* Everything unknown, or newer than known, is pulled again; names that stand twice are told. */
static enum status lower_watermarks(struct sync_engine *e, const struct sweep *sweep, int64_t top_ms,
                                    struct fail *why)
{
	enum status st = ST_OK;
	for (const char *const *type = e->options.types; !st && *type; type++) {
		char key[KEY_MAX_BYTES];
		int64_t mark_ms, low_ms = top_ms;
		for (size_t i = 0; i < sweep->count; i++)
			if (!sweep->items[i].known && strcmp(sweep->items[i].type, *type) == 0 &&
			    sweep->items[i].updated_ms < low_ms)
				low_ms = sweep->items[i].updated_ms;
		engine_watermark_key(*type, key);
		st = engine_get_ms(e, key, &mark_ms, why);
		if (!st && low_ms < mark_ms)
			st = engine_set_ms(e, key, low_ms, why);
	}
	for (size_t i = 1; !st && i < sweep->count; i++)
		if (strcmp(sweep->items[i - 1].sync_id, sweep->items[i].sync_id) == 0)
			st = engine_note(e, SYNC_NOTE_DUPLICATE, sweep->items[i].type,
			                 sweep->items[i].sync_id, why,
			                 "stands twice on the server: %s and %s",
			                 sweep->items[i - 1].server_id, sweep->items[i].server_id);
	return st;
}

static enum status act_on(struct sync_engine *e, struct sweep *sweep, struct fail *why)
{
	struct findings f = {0};
	bool rolled_back = false;
	enum status st = each_place(e, sweep, find_losses, &f, why);
	if (!st)
		st = judge_losses(e, &f, sweep, &rolled_back, why);
	if (!st && rolled_back) {
		e->outcome->rolled_back = true;
		st = engine_note(e, SYNC_NOTE_ROLLBACK, "server", "", why,
		                 "the server lost %zu confirmed records and %zu changes (put back to a "
		                 "backup?): they are sent again",
		                 f.missing, f.older);
	}
	if (!st)
		st = each_place(e, sweep, rolled_back ? give_back : tell_deleted, NULL, why);
	if (!st)
		st = lower_watermarks(e, sweep, rolled_back ? sweep->newest_ms : INT64_MAX, why);
	return st || f.missing + f.older == 0 ? st : e->local.set(e->local.state, "canary", "", why);
}

enum status engine_reconcile(struct sync_engine *e, struct fail *why)
{
	struct sweep sweep = {0};
	enum status st = sweep_all(e, &sweep, why);
	if (!st)
		st = act_on(e, &sweep, why);
	free(sweep.items);
	return st;
}
