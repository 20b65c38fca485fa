/* Pull: what the server has that the station has not.
 *
 * Pages are cut by the server's time of change, from the watermark minus an overlap: a commit may surface
 * below a watermark that was set while it was under way (437 of 1500 were lost without overlap, fhir.md
 * section 0). The next page starts at the last time of the one before, so that records which move while one
 * pages are met again, not missed; the server's own links are followed only where many records share one
 * time. */
#include <inttypes.h>

#include "planner/sync/engine_private.h"
#include "planner/sync/instant.h"

#define SHALLOW_MS MS_PER_MINUTE
#define PAGE_FIRST 200
#define STALLED_MAX 2000 /* pages of one time: two million records */

/* ---- one arrival -------------------------------------------------------------------------------------- */

static enum status refuse_arrival(struct sync_engine *e, const struct sync_place *place,
                                  const struct fail *reason, struct fail *why)
{
	return engine_note(e, SYNC_NOTE_PARKED, place->type, place->sync_id, why, "%.60s/%.64s: %.60s %.100s",
	                   place->type[0] ? place->type : "resource", place->server_id, reason->field,
	                   reason->text);
}

/* The record came under another server id than the one we know: a copy, or the old one is no more. */
static enum status compare_ids(struct sync_engine *e, const struct sync_place *known,
                               const struct sync_place *news, bool *take, struct fail *why)
{
	struct sync_reply reply = {0};
	char path[PATH_MAX_BYTES];
	*take = known->gone;
	if (*take)
		return ST_OK;
	(void)snprintf(path, sizeof path, "%s/%s", known->type, known->server_id);
	enum status st = engine_get(e, path, &reply, why);
	*take = !st && (reply.http == 404 || reply.http == 410);
	sync_reply_clear(&reply);
	return st || *take ? st
	                   : engine_note(e, SYNC_NOTE_DUPLICATE, news->type, news->sync_id, why,
	                                 "stands twice on the server: %s and %s", known->server_id,
	                                 news->server_id);
}

/* What was listed under that time is no more: it has moved up. Where all is counted anew there is nothing to mend. */
static void note_move(struct page *page, int64_t from_ms)
{
	if (page->fresh || from_ms >= page->since_ms)
		return;
	window_drop(page->window, from_ms);
	page->moved += from_ms >= page->checked_ms && from_ms < page->window->mark_ms;
}

/* What is known of the record, against what arrived. *take: worth keeping. */
static enum status compare_place(struct sync_engine *e, const struct sync_place *news, struct page *page, bool *take,
                                 struct fail *why)
{
	struct sync_place known;
	struct fail reason = {0};
	enum status st = e->local.find(e->local.state, news->sync_id, &known, &reason);
	*take = st == ST_NOT_FOUND;
	if (st)
		return st == ST_NOT_FOUND ? ST_OK : fail_set(why, st, reason.field, "%s", reason.text);
	if (strcmp(known.type, news->type) != 0)
		return engine_note(e, SYNC_NOTE_PARKED, news->type, news->sync_id, why,
		                   "carries the name of our %s: not used", known.type);
	if (strcmp(known.server_id, news->server_id) != 0)
		return compare_ids(e, &known, news, take, why);
	if (strcmp(known.version, news->version) == 0)
		return ST_OK;
	note_move(page, known.updated_ms);
	*take = news->updated_ms >= known.updated_ms;
	if (!*take)
		st = engine_version_stands(e, &known, take, why);
	if (st || *take)
		return st;
	e->suspect_rollback = true;
	return engine_note(e, SYNC_NOTE_ROLLBACK, news->type, news->sync_id, why,
	                   "the server shows an older version than it had confirmed");
}

/* What we wrote, and do not know of (our records were put back to an earlier state), stands there under the server's
 * own name: written again under ours it would stand there twice. */
static enum status other_names(struct sync_engine *e, struct fail *why)
{
	e->traits.own_names = false;
	return engine_traits_save(e, why);
}

/* An unsettled change of ours against what arrived: conflict, unless the arrival is that very change or it
 * may be (in flight: the push finds out). */
static enum status compare_open(struct sync_engine *e, struct span body, struct sync_arrival *news,
                                bool *take, struct fail *why)
{
	struct sync_unit unit;
	struct fail reason = {0};
	struct sync_verdict verdict = {.state = SYNC_CONFLICT};
	enum status st = e->local.open_unit(e->local.state, news->place.sync_id, &unit, &reason);
	if (st)
		return st == ST_NOT_FOUND ? ST_OK : fail_set(why, st, reason.field, "%s", reason.text);
	const bool ours = reply_tagged(body, e->options.write_system, unit.uuid);
	*take = !ours && strcmp(unit.held, news->place.version) != 0;
	news->held = *take;
	verdict.seq = unit.seq;
	bool conflict = *take && unit.state == SYNC_PENDING;
	sync_unit_clear(&unit);
	if (ours && engine_named_by_us(e, news->place.type) && strcmp(news->place.server_id, news->place.sync_id) != 0)
		return other_names(e, why);
	if (!conflict)
		return ST_OK;
	(void)snprintf(verdict.reason, sizeof verdict.reason, "%s was changed on the server meanwhile",
	               news->place.type);
	st = e->local.settle(e->local.state, &verdict, 1, why);
	return st ? st
	          : engine_note(e, SYNC_NOTE_CONFLICT, news->place.type, news->place.sync_id, why, "%s",
	                        verdict.reason);
}

/* Looks at one resource; *keep: it belongs into the arrivals. */
static enum status look_at(struct sync_engine *e, const char *type, struct span body,
                           struct sync_arrival *news, bool *keep, struct page *page, struct fail *why)
{
	struct fail reason = {0};
	*news = (struct sync_arrival){.body = body.at, .len = body.len};
	*keep = false;
	enum status st = reply_place(body, e->options.id_system, &news->place, &reason);
	if (news->place.updated_ms > page->last_ms)
		page->last_ms = news->place.updated_ms;
	if (st == ST_FULL && reason.code == ST_FULL && body.len <= SYNC_BODY_MAX)
		return fail_set(why, st, reason.field, "%s", reason.text);
	if (!page->fresh && (st || news->place.sync_id[0] == '\0'))
		page->window->known = false; /* nobody here knows whether it was listed before, at another time */
	if (st)
		return refuse_arrival(e, &news->place, &reason, why);
	if (news->place.sync_id[0] == '\0') {
		e->outcome->foreign++;
		return ST_OK;
	}
	if (strcmp(news->place.type, type) != 0) {
		(void)snprintf(reason.text, sizeof reason.text, "came when %s was asked for", type);
		return refuse_arrival(e, &news->place, &reason, why);
	}
	st = compare_place(e, &news->place, page, keep, why);
	return st || !*keep ? st : compare_open(e, body, news, keep, why);
}

/* ---- one page ----------------------------------------------------------------------------------------- */

void engine_watermark_key(const char *type, char key[KEY_MAX_BYTES])
{
	(void)snprintf(key, KEY_MAX_BYTES, "wm/%s", type);
}

/* The link's part below our base, when it is the server's own; pages of another origin are not followed. */
static void take_link(struct span bundle_body, char *link)
{
	struct span links, item = {0}, value;
	char relation[16], url[PATH_MAX_BYTES];
	link[0] = '\0';
	if (!span_member(bundle_body, "link", &links))
		return;
	while (span_each(links, &item))
		if (span_member(item, "relation", &value) && span_text(value, relation, sizeof relation) &&
		    strcmp(relation, "next") == 0 && span_member(item, "url", &value) &&
		    span_text(value, url, sizeof url))
			(void)snprintf(link, PATH_MAX_BYTES, "%s", url);
}

struct arrivals {
	struct sync_arrival *items;
	int64_t *times; /* of everything listed */
	size_t count, listed, room;
};

static void arrivals_free(struct arrivals *a)
{
	free(a->items);
	free(a->times);
}

static enum status make_room(struct arrivals *a, struct fail *why)
{
	if (a->listed < a->room)
		return ST_OK;
	const size_t room = a->room ? 2 * a->room : 64;
	struct sync_arrival *items = realloc(a->items, room * sizeof *items);
	a->items = items ? items : a->items;
	int64_t *times = items ? realloc(a->times, room * sizeof *times) : NULL;
	a->times = times ? times : a->times;
	if (!times)
		return fail_set(why, ST_FULL, "sync", "out of memory");
	a->room = room;
	return ST_OK;
}

static enum status walk_entries(struct sync_engine *e, struct page *page, struct span entries, struct arrivals *a,
                                struct fail *why)
{
	struct span item = {0};
	enum status st = ST_OK;
	while (!st && span_each(entries, &item)) {
		struct reply_entry entry;
		bool keep = false;
		reply_entry_read(item, &entry);
		page->got++;
		if (!entry.resource.at) {
			st = engine_note(e, SYNC_NOTE_PARKED, page->type, "", why,
			                 "the server lists something that is no resource: left out");
			continue;
		}
		st = make_room(a, why);
		if (st)
			return st;
		struct sync_arrival *news = &a->items[a->count];
		st = look_at(e, page->type, entry.resource, news, &keep, page, why);
		a->times[a->listed++] = news->place.updated_ms;
		a->count += keep;
	}
	return st;
}

/* Counts what was listed below the next page's begin, or, on the last page, below the watermark: there every record
 * is listed once. */
static void count_listed(const struct page *page, const struct arrivals *a, int64_t mark_ms)
{
	const bool last = page->got < page->count && page->link[0] == '\0';
	if (!page->window->known)
		return;
	const int64_t below_ms = last || mark_ms < page->last_ms ? mark_ms : page->last_ms;
	for (size_t i = 0; i < a->listed; i++)
		if (a->times[i] >= page->since_ms && a->times[i] < below_ms)
			window_add(page->window, a->times[i]);
}

/* Walks the entries; arrivals are kept with the watermark and what was counted in one transaction. */
static enum status take_arrivals(struct sync_engine *e, struct page *page, struct span entries, struct fail *why)
{
	struct arrivals a = {0};
	char key[KEY_MAX_BYTES], before[WINDOW_TEXT_MAX + 1], after[WINDOW_TEXT_MAX + 1];
	page->got = 0;
	page->last_ms = page->since_ms;
	window_write(page->window, before);
	enum status st = walk_entries(e, page, entries, &a, why);
	/* a time ahead of the server's own clock, which is told in whole seconds, would hide what comes after it */
	const int64_t now_ms = e->server_now_ms > 0 ? e->server_now_ms + MS_PER_S - 1 : page->last_ms,
	              last_ms = page->last_ms > now_ms ? now_ms : page->last_ms,
	              mark_ms = last_ms > page->window->mark_ms ? last_ms : page->window->mark_ms;
	if (!st) {
		count_listed(page, &a, mark_ms);
		page->window->mark_ms = mark_ms;
		window_write(page->window, after);
		engine_watermark_key(page->type, key);
		if (a.count > 0 || (page->fresh && page->window->known) || strcmp(before, after) != 0)
			st = e->local.arrive(e->local.state, a.items, a.count, key, after, why);
	}
	if (st)
		e->windows_read = false; /* what was not kept does not count */
	else {
		e->outcome->pulled += a.count;
		e->progress_pulled += a.count;
	}
	arrivals_free(&a);
	return st;
}

/* As many as fit well into one answer, judged by this one. */
static void choose_count(const struct sync_engine *e, struct page *page, size_t bytes)
{
	if (page->names_only || e->options.page > 0 || page->got == 0 || page->got < page->count)
		return;
	const size_t fit = bytes > 0 ? PAGE_BYTES / (bytes / page->got + 1) : PAGE_MAX;
	page->count = fit > PAGE_MAX ? PAGE_MAX : fit < PAGE_FIRST / 10 ? PAGE_FIRST / 10 : fit;
}

static enum status take_page(struct sync_engine *e, struct page *page, const char *body, size_t len,
                             struct fail *why)
{
	struct span entries, whole;
	if (!reply_bundle(body, len, "searchset", &entries))
		return fail_set(why, ST_IO, page->type,
		                "the server's answer to a search is no list of results");
	if (span_object(body, len, &whole))
		take_link(whole, page->link);
	const size_t asked = page->count;
	enum status st = page->take(e, page, entries, why);
	page->full = page->got >= asked;
	if (!st)
		choose_count(e, page, len);
	return st;
}

static void page_query(const struct page *page, char *path, size_t size)
{
	char since[INSTANT_SIZE], value[3 * INSTANT_SIZE], offset[32] = "";
	instant_write(page->since_ms, since);
	engine_percent(since, value, sizeof value);
	if (page->offset > 0)
		(void)snprintf(offset, sizeof offset, "&_offset=%zu", page->offset);
	(void)snprintf(path, size, "%s?_lastUpdated=ge%s&_sort=_lastUpdated&_count=%zu%s%s", page->type,
	               value, page->count, page->names_only ? "&_elements=id,meta,identifier" : "", offset);
}

static enum status fetch_page(struct sync_engine *e, struct page *page, const char *path, struct fail *why)
{
	struct sync_reply reply = {0};
	enum status st = engine_get(e, path, &reply, why);
	page->too_large = st == ST_FULL;
	if (!st && reply.http == 403)
		st = fail_set(why, ST_DENIED, page->type, "the server does not let this station read %s",
		              page->type);
	else if (!st && reply.http != 200)
		st = fail_set(why, ST_IO, page->type, "the server answers a search with %d", reply.http);
	if (!st)
		st = take_page(e, page, reply.body, reply.len, why);
	sync_reply_clear(&reply);
	return st;
}

/* Where an answer is too large, by halves, down to one record. */
static enum status ask_page(struct sync_engine *e, struct page *page, struct fail *why)
{
	struct fail reason = {0};
	enum status st;
	do {
		char path[PATH_MAX_BYTES];
		page_query(page, path, sizeof path);
		st = fetch_page(e, page, path, &reason);
	} while (st && page->too_large && page->count > 1 && (page->count /= 2, true));
	return st ? fail_set(why, st, reason.field, "%s", reason.text) : ST_OK;
}

/* *followed false: the link leads to another origin; the search goes on without it. */
static enum status follow_link(struct sync_engine *e, struct page *page, bool *followed, struct fail *why)
{
	char link[PATH_MAX_BYTES];
	struct fail reason = {0};
	memcpy(link, page->link, sizeof link);
	page->link[0] = '\0';
	if (++page->stalled > STALLED_MAX)
		return fail_set(why, ST_IO, page->type, "the server's pages lead nowhere");
	enum status st = fetch_page(e, page, link, &reason);
	*followed = st != ST_INPUT;
	if (st == ST_INPUT)
		return engine_note(e, SYNC_NOTE_SERVER, page->type, "", why,
		                   "a next page elsewhere is not followed: %.120s", reason.text);
	return st ? fail_set(why, st, reason.field, "%s", reason.text) : ST_OK;
}

/* After a full page: on from its last time; where all of it has one time, by link, wider page, or offset. */
static enum status next_page(struct sync_engine *e, struct page *page, struct fail *why)
{
	if (page->last_ms > page->since_ms) {
		page->since_ms = page->last_ms;
		page->count = !page->names_only && e->options.page > 0 ? e->options.page : page->count;
		page->offset = 0;
		page->stalled = 0;
		return ask_page(e, page, why);
	}
	if (page->link[0] != '\0') {
		bool linked = false;
		enum status st = follow_link(e, page, &linked, why);
		if (st || linked)
			return st;
	}
	if (++page->stalled > STALLED_MAX)
		return fail_set(why, ST_IO, page->type, "the server's pages lead nowhere");
	if (page->count < PAGE_MAX)
		page->count = page->count * 4 < PAGE_MAX ? page->count * 4 : PAGE_MAX;
	else
		page->offset += page->got;
	return ask_page(e, page, why);
}

static enum status rest_of(struct sync_engine *e, struct page *page, struct fail *why)
{
	enum status st = ST_OK;
	/* a page that is not full is the last, unless the server says there is more */
	while (!st && (page->full || page->link[0] != '\0'))
		st = next_page(e, page, why);
	return st;
}

enum status engine_pages(struct sync_engine *e, struct page *page, struct fail *why)
{
	enum status st = ask_page(e, page, why);
	return st ? st : rest_of(e, page, why);
}

/* ---- all types ---------------------------------------------------------------------------------------- */

/* The sweep of the whole overlap goes once in a while; between, a minute. *deep_ms is when it went last. */
static enum status overlap(struct sync_engine *e, int64_t *overlap_ms, bool *deep, struct fail *why)
{
	int64_t last_ms;
	enum status st = engine_get_ms(e, "deep", &last_ms, why);
	*deep = e->server_now_ms < last_ms || e->server_now_ms - last_ms >= e->options.deep_every_ms;
	*overlap_ms = *deep ? e->options.overlap_ms : SHALLOW_MS;
	return st;
}

/* Whether the server's own counts tell what the overlap holds, so that it need not be listed. */
static bool counts(const struct sync_engine *e)
{
	return e->traits.batch && !e->traits.no_totals &&
	       e->options.overlap_ms <= (WINDOW_MINUTES - 2) * WINDOW_MINUTE_MS;
}

static enum status read_windows(struct sync_engine *e, struct fail *why)
{
	char key[KEY_MAX_BYTES], text[SYNC_VALUE_MAX + 1];
	for (size_t i = 0; !e->windows_read && e->options.types[i]; i++) {
		struct fail reason = {0};
		BUG_ON(i == TYPES_MAX);
		engine_watermark_key(e->options.types[i], key);
		enum status st = e->local.get(e->local.state, key, text, &reason);
		if (st && st != ST_NOT_FOUND)
			return fail_set(why, st, reason.field, "%s", reason.text);
		window_read(st ? "0" : text, &e->window[i]);
	}
	e->windows_read = true;
	return ST_OK;
}

void engine_moved(struct sync_engine *e, const struct sync_place *old)
{
	for (size_t i = 0; e->windows_read && e->options.types[i]; i++)
		if (strcmp(e->options.types[i], old->type) == 0 && old->updated_ms < e->window[i].mark_ms)
			window_drop(&e->window[i], old->updated_ms);
}

static int64_t overlap_begin(const struct window *window, int64_t overlap_ms)
{
	return window->mark_ms > overlap_ms ? window->mark_ms - overlap_ms : 0;
}

/* The whole overlap, counted anew. */
static void begin_anew(const struct sync_engine *e, struct page *page)
{
	const int64_t from_ms = overlap_begin(page->window, e->options.overlap_ms);
	page->since_ms = from_ms - from_ms % WINDOW_MINUTE_MS;
	page->fresh = true;
	page->count = e->options.page > 0 ? e->options.page : PAGE_FIRST;
	page->offset = 0;
	page->stalled = 0;
	page->link[0] = '\0';
	window_begin(page->window, page->since_ms);
}

static enum status start_pages(struct sync_engine *e, struct page *pages, size_t *count, bool *deep, struct fail *why)
{
	const bool counted = counts(e);
	int64_t overlap_ms;
	enum status st = overlap(e, &overlap_ms, deep, why);
	if (!st)
		st = read_windows(e, why);
	*deep &= !counted;
	for (*count = 0; !st && e->options.types[*count]; ++*count) {
		struct page *page = &pages[*count];
		struct window *window = &e->window[*count];
		*page = (struct page){.type = e->options.types[*count], .take = take_arrivals, .window = window};
		if (!counted) {
			window->known = false;
			page->since_ms = overlap_begin(window, overlap_ms);
			page->count = e->options.page > 0 ? e->options.page : PAGE_FIRST;
			page->fresh = true;
			continue;
		}
		const bool whole = window->known;
		const int64_t first_ms = window->first_min * WINDOW_MINUTE_MS;
		struct window kept = *window;
		begin_anew(e, page);
		if (!whole || first_ms > page->since_ms)
			continue;
		*window = kept; /* news alone, and the server's count of the rest */
		page->checked_ms = page->since_ms;
		page->expected = window_count(window, page->checked_ms);
		page->since_ms = window->mark_ms;
		page->fresh = false;
	}
	return st;
}

static void write_get(struct json_out *out, const char *path)
{
	json_out_object(out, NULL);
	json_out_object(out, "request");
	json_out_text(out, "method", "GET");
	json_out_text(out, "url", path);
	json_out_end_object(out);
	json_out_end_object(out);
}

static void count_query(const struct page *page, char *path, size_t size)
{
	char since[INSTANT_SIZE], before[INSTANT_SIZE], from[3 * INSTANT_SIZE], to[3 * INSTANT_SIZE];
	instant_write(page->checked_ms, since);
	instant_write(page->window->mark_ms, before);
	engine_percent(since, from, sizeof from);
	engine_percent(before, to, sizeof to);
	(void)snprintf(path, size, "%s?_lastUpdated=ge%s&_lastUpdated=lt%s&_summary=count&_total=accurate", page->type,
	               from, to);
}

static enum status write_questions(const struct page *pages, size_t count, char **body, size_t *len, struct fail *why)
{
	struct json_out out;
	char path[PATH_MAX_BYTES];
	json_out_begin(&out, REQUEST_BYTES_MAX);
	json_out_object(&out, NULL);
	json_out_text(&out, "resourceType", "Bundle");
	json_out_text(&out, "type", "batch");
	json_out_array(&out, "entry");
	for (size_t i = 0; i < count; i++) {
		page_query(&pages[i], path, sizeof path);
		write_get(&out, path);
	}
	for (size_t i = 0; i < count; i++)
		if (!pages[i].fresh) {
			count_query(&pages[i], path, sizeof path);
			write_get(&out, path);
		}
	json_out_end_array(&out);
	json_out_end_object(&out);
	return json_out_take(&out, body, len, why);
}

/* The next answer of a batch, when it is a good one. */
static enum status next_answer(struct sync_engine *e, struct span entries, struct span *item, struct reply_entry *entry,
                               bool *good, struct fail *why)
{
	*entry = (struct reply_entry){0};
	if (span_each(entries, item))
		reply_entry_read(*item, entry);
	*good = entry->status == 200 && entry->resource.at;
	return entry->status == 429 ? engine_busy(e, why) : ST_OK;
}

static bool total_of(struct span bundle, size_t *total)
{
	struct span value;
	char digits[24], *end;
	if (!span_member(bundle, "total", &value) || value.len == 0 || value.len >= sizeof digits)
		return false;
	memcpy(digits, value.at, value.len);
	digits[value.len] = '\0';
	*total = strtoull(digits, &end, 10);
	return *end == '\0' && end != digits;
}

/* What the server counts against what was listed; what moved up meanwhile is among the news. */
static enum status compare_counts(struct sync_engine *e, struct page *pages, size_t count, struct span entries,
                                  struct span *item, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < count; i++) {
		struct reply_entry entry;
		size_t total;
		bool good;
		if (pages[i].fresh)
			continue;
		st = next_answer(e, entries, item, &entry, &good, why);
		if (st)
			return st;
		if (!good || !total_of(entry.resource, &total)) {
			pages[i].differs = true;
			e->traits.no_totals = true;
			st = engine_traits_save(e, why);
		} else if (!pages[i].full && pages[i].link[0] == '\0') {
			pages[i].differs = total + pages[i].moved != pages[i].expected;
		}
	}
	return st;
}

/* All first pages, and the counts, with one request. *done false: the server does not do that. */
static enum status first_pages_together(struct sync_engine *e, struct page *pages, size_t count, bool *done,
                                        struct fail *why)
{
	struct sync_request request = {.method = "POST", .path = ""};
	struct sync_reply reply = {0};
	struct span entries = {0}, item = {0};
	struct fail reason = {0};
	char *body = NULL;
	size_t taken = 0;
	enum status st = write_questions(pages, count, &body, &request.len, &reason);
	request.body = body;
	if (!st)
		st = engine_ask(e, &request, &reply, &reason);
	free(body);
	*done = false;
	if (st) /* too much at once: type by type */
		return st == ST_FULL ? ST_OK : fail_set(why, st, reason.field, "%s", reason.text);
	bool fit = reply.http == 200 && reply_bundle(reply.body, reply.len, "batch-response", &entries);
	if (!fit && reply.http >= 400 && reply.http != 403) {
		e->traits.batch = false; /* one by one then, until the next look at its capabilities */
		st = engine_traits_save(e, why);
	}
	while (fit && !st && taken < count) {
		struct reply_entry entry;
		st = next_answer(e, entries, &item, &entry, &fit, why);
		if (!st && fit)
			st = take_page(e, &pages[taken++], entry.resource.at, entry.resource.len, why);
	}
	if (fit && !st)
		st = compare_counts(e, pages, count, entries, &item, why);
	sync_reply_clear(&reply);
	*done = fit;
	return st;
}

enum status engine_pull(struct sync_engine *e, struct fail *why)
{
	struct page pages[TYPES_MAX];
	size_t count;
	bool deep, together = false;
	enum status st = start_pages(e, pages, &count, &deep, why);
	if (!st && e->traits.batch)
		st = first_pages_together(e, pages, count, &together, why);
	for (size_t i = 0; !st && i < count; i++) {
		struct page *page = &pages[i];
		if (together)
			st = rest_of(e, page, why);
		if (st || (together && !page->differs))
			continue;
		if (page->differs || page->window->known || !page->fresh)
			begin_anew(e, page);
		st = engine_pages(e, page, why);
	}
	return !st && deep ? engine_set_ms(e, "deep", e->server_now_ms, why) : st;
}
