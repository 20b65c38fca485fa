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

/* What is known of the record, against what arrived. *take: worth keeping. */
static enum status compare_place(struct sync_engine *e, const struct sync_place *news, bool *take,
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
	st = compare_place(e, &news->place, keep, why);
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

/* Walks the entries; arrivals are kept with the watermark in one transaction. */
static enum status take_arrivals(struct sync_engine *e, struct page *page, struct span entries,
                                 struct fail *why)
{
	struct span item = {0};
	char key[KEY_MAX_BYTES], value[32];
	int64_t watermark_ms;
	size_t count = 0, room = 0;
	struct sync_arrival *news = NULL;
	enum status st = ST_OK;
	page->got = 0;
	page->last_ms = page->since_ms;
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
		if (count == room) {
			room = room ? 2 * room : 64;
			struct sync_arrival *more = realloc(news, room * sizeof *news);
			if (!more) {
				free(news);
				return fail_set(why, ST_FULL, "sync", "out of memory");
			}
			news = more;
		}
		st = look_at(e, page->type, entry.resource, &news[count], &keep, page, why);
		count += keep;
	}
	engine_watermark_key(page->type, key);
	if (!st)
		st = engine_get_ms(e, key, &watermark_ms, why);
	if (!st) {
		/* a time ahead of the server's own clock would hide what comes after it */
		int64_t mark_ms = e->server_now_ms > 0 && page->last_ms > e->server_now_ms ? e->server_now_ms
		                                                                           : page->last_ms;
		mark_ms = mark_ms > watermark_ms ? mark_ms : watermark_ms;
		(void)snprintf(value, sizeof value, "%" PRId64, mark_ms);
		if (count > 0 || mark_ms != watermark_ms)
			st = e->local.arrive(e->local.state, news, count, key, value, why);
	}
	if (!st) {
		e->outcome->pulled += count;
		e->progress_pulled += count;
	}
	free(news);
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
	page->read += page->got;
	page->read_bytes += len;
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

/* After many changes the overlap holds more than a first page has: asked for at once where the last pull found it to be
 * so, within what one answer should have, it is one request instead of one for each type. */
static size_t first_count(const struct sync_engine *e, size_t type, size_t *bytes_left)
{
	const size_t records = e->window[type].records;
	const size_t room = records + records / 8 + 20, count = room < PAGE_MAX ? room : PAGE_MAX;
	if (e->options.page > 0)
		return e->options.page;
	if (count <= PAGE_FIRST || records == 0)
		return PAGE_FIRST;
	const size_t bytes = (e->window[type].bytes / records + 1) * count;
	if (bytes > *bytes_left)
		return PAGE_FIRST;
	*bytes_left -= bytes;
	return count;
}

static enum status start_pages(struct sync_engine *e, struct page *pages, size_t *count, bool *deep,
                               struct fail *why)
{
	int64_t overlap_ms, watermark_ms;
	size_t bytes_left = PAGE_BYTES;
	char key[KEY_MAX_BYTES];
	enum status st = overlap(e, &overlap_ms, deep, why);
	for (*count = 0; !st && e->options.types[*count]; ++*count) {
		BUG_ON(*count == TYPES_MAX);
		engine_watermark_key(e->options.types[*count], key);
		st = engine_get_ms(e, key, &watermark_ms, why);
		pages[*count] = (struct page){
		        .type = e->options.types[*count], .count = first_count(e, *count, &bytes_left),
		        .take = take_arrivals};
		pages[*count].since_ms = watermark_ms > overlap_ms ? watermark_ms - overlap_ms : 0;
	}
	return st;
}

/* All first pages with one request. *done false: the server does not do that. */
static enum status first_pages_together(struct sync_engine *e, struct page *pages, size_t count, bool *done,
                                        struct fail *why)
{
	struct json_out out;
	struct sync_request request = {.method = "POST", .path = ""};
	struct sync_reply reply = {0};
	char path[PATH_MAX_BYTES], *body = NULL;
	json_out_begin(&out, REQUEST_BYTES_MAX);
	json_out_object(&out, NULL);
	json_out_text(&out, "resourceType", "Bundle");
	json_out_text(&out, "type", "batch");
	json_out_array(&out, "entry");
	for (size_t i = 0; i < count; i++) {
		page_query(&pages[i], path, sizeof path);
		json_out_object(&out, NULL);
		json_out_object(&out, "request");
		json_out_text(&out, "method", "GET");
		json_out_text(&out, "url", path);
		json_out_end_object(&out);
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	json_out_end_object(&out);
	enum status st = json_out_take(&out, &body, &request.len, why);
	request.body = body;
	if (!st)
		st = engine_ask(e, &request, &reply, why);
	free(body);
	struct span entries, item = {0};
	bool fit =
	        !st && reply.http == 200 && reply_bundle(reply.body, reply.len, "batch-response", &entries);
	size_t taken = 0;
	if (!st && !fit && reply.http >= 400 && reply.http != 403) {
		e->traits.batch = false; /* one by one then, until the next look at its capabilities */
		st = engine_traits_save(e, why);
	}
	for (; fit && !st && taken < count && span_each(entries, &item); taken++) {
		struct reply_entry entry;
		reply_entry_read(item, &entry);
		if (entry.status == 429)
			st = engine_busy(e, why);
		if (st || entry.status != 200 || !entry.resource.at)
			break;
		st = take_page(e, &pages[taken], entry.resource.at, entry.resource.len, why);
	}
	sync_reply_clear(&reply);
	*done = taken == count;
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
	for (size_t i = 0; !st && i < count; i++)
		st = together ? rest_of(e, &pages[i], why) : engine_pages(e, &pages[i], why);
	for (size_t i = 0; i < count; i++) { /* after trouble as at first */
		e->window[i].records = st ? 0 : pages[i].read;
		e->window[i].bytes = st ? 0 : pages[i].read_bytes;
	}
	return !st && deep ? engine_set_ms(e, "deep", e->server_now_ms, why) : st;
}
