/* A plan version read with everything that bears on it. */
#include "planner/plan/workflow.h"

#include "devices/json.h"
#include "planner/plan/canonical.h"
#include "planner/plan/united.h"
#include "planner/plan/workflow_private.h"

/* ---- the plan's own JSON ---- */

static enum outcome outcome_of(const char *name)
{
	enum outcome outcome = OUTCOME_BLOCK; /* a word nobody knows stops */
	return outcome_parse(name, &outcome) ? outcome : OUTCOME_BLOCK;
}

static double number_of(const struct json_at *object, const char *key)
{
	bool present = false;
	double value = (double)NAN;
	struct fail ignored;
	enum status st = json_number_in(object, key, -HUGE_VAL, HUGE_VAL, "", &value, &present, &ignored);
	return st || !present ? (double)NAN : value;
}

static const char *text_of(const struct json_at *object, const char *key)
{
	struct json_at at;
	const char *text = json_find(object, key, &at) ? json_text(&at) : NULL;
	return text ? text : "";
}

static void read_finding(const struct json_at *rule, struct workflow_finding *f)
{
	const double value = number_of(rule, "value"), limit = number_of(rule, "limit");
	const char *next = text_of(rule, "next_step");
	char numbers[96] = "";
	(void)snprintf(f->rule, sizeof f->rule, "%s", text_of(rule, "id"));
	(void)snprintf(f->zone, sizeof f->zone, "%s", text_of(rule, "zone"));
	f->outcome = outcome_of(text_of(rule, "outcome"));
	f->phase = strcmp(text_of(rule, "phase"), rule_phase_name(PHASE_START)) == 0 ? PHASE_START : PHASE_PLAN;
	if (!isnan(value) && !isnan(limit))
		(void)snprintf(numbers, sizeof numbers, " (%.4g against %.4g %s)", value, limit, text_of(rule, "unit"));
	(void)snprintf(f->text, sizeof f->text, "%s%s%s%s", text_of(rule, "message"), numbers, next[0] ? " " : "", next);
}

static int by_outcome(const void *a, const void *b)
{
	const struct workflow_finding *x = a, *y = b;
	if (x->phase != y->phase)
		return x->phase < y->phase ? -1 : 1;
	if (x->outcome != y->outcome)
		return x->outcome < y->outcome ? -1 : 1;
	const int rule = strcmp(x->rule, y->rule);
	return rule ? rule : strcmp(x->zone, y->zone);
}

static enum status read_findings(const struct json_at *root, struct workflow_plan *p, struct fail *why)
{
	struct json_at list, item = {0};
	enum status st = json_member(root, "rules", JSON_ARRAY, &list, NULL, why);
	while (!st && json_array_each(&list, &item)) {
		if (p->findings == WORKFLOW_FINDINGS_MAX)
			return json_refuse(&item, ST_FULL, why, "more than %d findings", WORKFLOW_FINDINGS_MAX);
		read_finding(&item, &p->finding[p->findings++]);
	}
	qsort(p->finding, p->findings, sizeof p->finding[0], by_outcome);
	return st;
}

static enum status read_zones(const struct json_at *root, struct workflow_plan *p, struct fail *why)
{
	struct json_at list, item = {0};
	enum status st = json_member(root, "zones", JSON_ARRAY, &list, NULL, why);
	while (!st && json_array_each(&list, &item)) {
		if (p->zones == PLANNING_ZONES_MAX)
			return json_refuse(&item, ST_FULL, why, "more than %d zones", PLANNING_ZONES_MAX);
		st = json_string_at(&item, p->zone[p->zones++], PLANNING_TEXT_MAX, why);
	}
	return st ? st : sides_read(root, p->zones, p->side, why);
}

/* Program version, then the models by name; with the library's digest they say what computed the plan. */
static void read_models(const struct json_at *root, struct workflow_plan *p, char library[DIGEST_TEXT_SIZE])
{
	struct json_at versions = {0}, models = {0};
	const bool has_versions = json_find(root, "versions", &versions), has_models = json_find(root, "models", &models);
	(void)snprintf(library, DIGEST_TEXT_SIZE, "%s", has_versions ? text_of(&versions, "library") : "");
	(void)snprintf(p->models, sizeof p->models, "%s; %s; %s; %s", has_versions ? text_of(&versions, "lasertwin") : "?",
	               has_models ? text_of(&models, "light") : "", has_models ? text_of(&models, "heat") : "",
	               has_models ? text_of(&models, "damage") : "");
	for (char *c = p->models; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?'; /* a name cut in the middle of a character is no text any more */
}

static enum status read_content(struct workflow_plan *p, char library[DIGEST_TEXT_SIZE], struct fail *why)
{
	struct json_doc *doc = NULL;
	struct json_at root, settings;
	enum status st = json_parse("plan", p->row.json, p->row.json_len, &doc, why);
	if (st)
		return st;
	root = json_root(doc);
	st = json_string(&root, "indication", p->indication, sizeof p->indication, NULL, why);
	if (!st)
		st = read_zones(&root, p, why);
	if (!st)
		st = json_member(&root, "settings", JSON_OBJECT, &settings, NULL, why);
	if (!st)
		st = settings_read(&settings, &p->settings, why);
	if (!st)
		st = read_findings(&root, p, why);
	read_models(&root, p, library);
	json_free(&doc);
	return st;
}

/* ---- what it stands on ---- */

static void digest_value(struct digest_stream *stream, const struct json_at *at)
{
	struct json_at item = {0};
	char number[32] = "";
	double value = 0.0;
	bool truth = false;
	struct fail ignored;
	digest_add_int(stream, json_kind(at));
	switch (json_kind(at)) {
	case JSON_OBJECT:
		while (json_object_each(at, &item)) {
			digest_add_text(stream, item.key, strlen(item.key));
			digest_value(stream, &item);
		}
		break;
	case JSON_ARRAY:
		while (json_array_each(at, &item))
			digest_value(stream, &item);
		break;
	case JSON_STRING:
		digest_add_text(stream, json_text(at), strlen(json_text(at)));
		break;
	case JSON_NUMBER:
		if (json_number_at(at, -HUGE_VAL, HUGE_VAL, "", &value, &ignored) == ST_OK)
			(void)snprintf(number, sizeof number, "%.17g", value);
		digest_add_text(stream, number, strlen(number));
		break;
	case JSON_BOOL:
		digest_add_int(stream, json_bool_at(at, &truth, &ignored) == ST_OK && truth);
		break;
	case JSON_NULL:
		break;
	}
	digest_add_int(stream, -1); /* the end of what was opened */
}

/* Of readings and answers alone: the same skin read for another request is the same skin. */
static enum status digest_readings(const struct store_readings *row, char hex[DIGEST_TEXT_SIZE], struct fail *why)
{
	struct json_doc *doc = NULL;
	struct digest_stream stream;
	struct digest digest;
	struct json_at root, part;
	enum status st = json_parse("readings", row->json, row->json_len, &doc, why);
	if (st)
		return st;
	root = json_root(doc);
	digest_begin(&stream, "lasertwin readings/1");
	if (json_find(&root, "patient", &part))
		digest_value(&stream, &part);
	if (json_find(&root, "history", &part))
		digest_value(&stream, &part);
	digest_end(&stream, &digest);
	digest_hex(&digest, hex);
	json_free(&doc);
	return ST_OK;
}

static enum status readings_then(const struct workflow *w, const struct store_twin *twin, char hex[DIGEST_TEXT_SIZE],
                                 struct fail *why)
{
	struct store_readings row = {0};
	if (twin->readings_count == 0)
		return fail_set(why, ST_INPUT, "twin", "was made from no readings");
	enum status st = store_readings_get(w->store, twin->readings[0], &row, why);
	if (!st)
		st = digest_readings(&row, hex, why);
	if (!st)
		st = united_digest_then(&row, hex, why);
	store_readings_clear(&row);
	return st;
}

/* What other stations were told counts, too: a plan judged without it is stale. */
static enum status readings_now(const struct workflow *w, const char *patient, char hex[DIGEST_TEXT_SIZE],
                                struct fail *why)
{
	struct store_readings row = {0};
	struct united united = {0};
	enum status st = store_readings_latest(w->store, patient, &row, why);
	if (!st)
		st = digest_readings(&row, hex, why);
	if (!st)
		st = united_load(w->store, patient, &united, why);
	if (!st)
		united_digest_now(&united, hex);
	united_clear(&united);
	store_readings_clear(&row);
	return st;
}

/* The newest version of the twin that the plan was made on. */
static enum status twin_now(const struct workflow *w, const struct workflow_plan *p, char hex[DIGEST_TEXT_SIZE],
                            struct fail *why)
{
	struct store_twin_list list = {0};
	enum status st = store_twin_list(w->store, p->row.patient, 0, &list, why);
	int64_t newest = 0;
	for (size_t i = 0; !st && i < list.count; i++)
		if (strcmp(list.items[i].uuid, p->row.twin) == 0 && list.items[i].version > newest) {
			newest = list.items[i].version;
			digest_hex(&list.items[i].digest, hex);
		}
	store_twin_list_free(&list);
	return st;
}

static enum status basis_then(const struct workflow *w, struct workflow_plan *p, const char *library, struct fail *why)
{
	struct store_twin twin = {0};
	const bool same_library = strcmp(library, library_digest(w->lib)) == 0;
	enum status st = store_twin_get(w->store, p->row.twin, p->row.twin_version, &twin, why);
	if (!st)
		st = readings_then(w, &twin, p->then.readings, why);
	if (!st)
		digest_hex(&twin.digest, p->then.twin);
	store_twin_clear(&twin);
	if (st)
		return st;
	p->then.version = p->row.version;
	memcpy(p->then.patient, p->now.patient, sizeof p->then.patient);
	memcpy(p->then.device, p->now.device, sizeof p->then.device);
	/* before an approval only the library as a whole is on record */
	(void)snprintf(p->then.rules, sizeof p->then.rules, "%s", same_library ? p->now.rules : library);
	memcpy(p->then.models, p->models, sizeof p->then.models);
	return ST_OK;
}

static enum status basis_now(const struct workflow *w, struct workflow_plan *p, struct fail *why)
{
	char device[DEVICE_ID_MAX], mode[DEVICE_ID_MAX];
	const size_t version = strlen(LASERTWIN_VERSION);
	const char *profile = NULL;
	identity_digest(&p->identity, p->now.patient);
	enum status st = readings_now(w, p->row.patient, p->now.readings, why);
	if (!st)
		st = twin_now(w, p, p->now.twin, why);
	if (device_mode_split(p->row.device, device, mode))
		profile = library_device_digest(w->lib, device);
	(void)snprintf(p->now.device, sizeof p->now.device, "%s", profile ? profile : "");
	(void)snprintf(p->now.rules, sizeof p->now.rules, "%s", library_rules_digest(w->lib));
	memcpy(p->now.models, p->models, sizeof p->now.models);
	if (strncmp(p->models, LASERTWIN_VERSION ";", version + 1) != 0)
		(void)snprintf(p->now.models, sizeof p->now.models, "%s", LASERTWIN_VERSION);
	p->now.version = p->newest_version;
	return st;
}

/* ---- events ---- */

static void add_author(struct workflow_plan *p, const char *login)
{
	for (size_t i = 0; i < p->authors; i++)
		if (strcmp(p->author[i], login) == 0)
			return;
	/* beyond the maximum nobody is left who could approve: the last place becomes everybody's */
	if (p->authors == APPROVAL_AUTHORS_MAX)
		return;
	(void)snprintf(p->author[p->authors++], sizeof p->author[0], "%s", login);
}

static enum status read_approval(struct workflow_plan *p, const struct store_plan_event *event, struct fail *why)
{
	approval_document_clear(&p->document);
	enum status st = approval_document_read("approval", event->json, event->json_len, &p->document, why);
	p->approved = st == ST_OK;
	return st;
}

static enum status read_events(const struct workflow *w, struct workflow_plan *p, int64_t version, struct fail *why)
{
	struct store_plan_event_list list = {0};
	enum status st = store_plan_event_list(w->store, p->row.uuid, version, &list, why);
	for (size_t i = 0; !st && i < list.count; i++) {
		const struct store_plan_event *e = &list.items[i];
		if (strcmp(e->to_state, plan_state_name(PLAN_PROPOSED)) == 0)
			add_author(p, e->actor);
		if (version == p->row.version && strcmp(e->to_state, plan_state_name(PLAN_APPROVED)) == 0) {
			struct fail unread = {0};
			if (read_approval(p, e, &unread))
				p->unverified = unread;
		}
	}
	store_plan_event_list_free(&list);
	return st;
}

/* Authors of all versions up to this one, and who proposed them. */
static enum status read_versions(const struct workflow *w, struct workflow_plan *p, struct fail *why)
{
	struct store_plan_list list = {0};
	enum status st = store_plan_list_versions(w->store, p->row.uuid, &list, why);
	for (size_t i = 0; !st && i < list.count; i++) {
		if (list.items[i].version > p->newest_version)
			p->newest_version = list.items[i].version;
		if (list.items[i].version > p->row.version)
			continue;
		add_author(p, list.items[i].author);
		st = read_events(w, p, list.items[i].version, why);
	}
	store_plan_list_free(&list);
	if (!st && p->authors == APPROVAL_AUTHORS_MAX)
		st = fail_set(why, ST_FULL, "authors", "%d people have worked on this plan; begin a new one", APPROVAL_AUTHORS_MAX);
	return st;
}

/* ---- signatures ---- */

static enum status trusted_key(const struct workflow *w, const struct approval_document *document,
                               struct sign_public *key, struct fail *why)
{
	struct approval claimed; /* only to learn who claims to have signed */
	enum status st = approval_decode(document->payload, document->payload_n, &claimed, why);
	return st ? st : w->key_of(w->context, claimed.login, claimed.key_number, key, why);
}

static enum status verify(const struct workflow *w, const struct approval_document *document, struct approval *out,
                          struct fail *why)
{
	struct sign_public key;
	enum status st = trusted_key(w, document, &key, why);
	if (!st)
		st = approval_verify(document, &key, 1, out, why);
	return st ? st : approval_begun(out, w->clock.now_ms, why);
}

static void check_approval(const struct workflow *w, struct workflow_plan *p)
{
	struct approval_today today = {.basis = p->now, .clock = w->clock};
	memcpy(today.plan, p->row.uuid, sizeof today.plan);
	memcpy(today.patient, p->row.patient, sizeof today.patient);
	digest_hex(&p->row.digest, today.plan_digest);
	enum status st = verify(w, &p->document, &p->approval, &p->unverified);
	if (!st)
		st = approval_in_force(&p->approval, &today, &p->stale, &p->unverified);
	if (!st)
		p->unverified = (struct fail){0};
}

static bool same_override(const struct approval_override *a, const struct approval_override *b)
{
	return strcmp(a->rule, b->rule) == 0 && strcmp(a->zone, b->zone) == 0 && strcmp(a->by, b->by) == 0 &&
	       strcmp(a->second, b->second) == 0 && strcmp(a->reason, b->reason) == 0;
}

static enum status read_signed(const struct workflow *w, const struct json_at *root, const char *key,
                               const struct workflow_plan *p, enum meaning meaning, struct approval *out,
                               struct fail *why)
{
	struct json_at at;
	struct approval_document document;
	char digest[DIGEST_TEXT_SIZE];
	enum status st = json_member(root, key, JSON_STRING, &at, NULL, why);
	if (!st)
		st = approval_document_read(key, json_text(&at), strlen(json_text(&at)), &document, why);
	if (st)
		return st;
	st = verify(w, &document, out, why);
	approval_document_clear(&document);
	digest_hex(&p->row.digest, digest);
	if (!st && (out->meaning != meaning || out->overrides != 1 || strcmp(out->plan, p->row.uuid) != 0 ||
	            out->version != p->row.version || strcmp(out->plan_digest, digest) != 0))
		st = fail_set(why, ST_DENIED, key, "is a signature of something else");
	return st;
}

/* Both signatures over the same decision on this very content. */
static enum status read_override(const struct workflow *w, const struct json_at *root, struct workflow_plan *p,
                                 struct fail *why)
{
	struct approval first, second;
	enum status st = read_signed(w, root, "signature", p, MEANING_OVERRIDDEN, &first, why);
	if (!st)
		st = read_signed(w, root, "witness", p, MEANING_WITNESSED, &second, why);
	if (!st && (!same_override(&first.override[0], &second.override[0]) ||
	            strcmp(first.person, first.override[0].by) != 0 || strcmp(second.person, first.override[0].second) != 0))
		st = fail_set(why, ST_DENIED, "override", "the two signatures do not say the same");
	if (!st && p->overrides == APPROVAL_OVERRIDES_MAX)
		st = fail_set(why, ST_FULL, "override", "more than %d overrides", APPROVAL_OVERRIDES_MAX);
	if (!st)
		p->override[p->overrides++] = first.override[0];
	return st;
}

/* One that does not verify is as if it were not there. */
static enum status read_overrides(const struct workflow *w, struct workflow_plan *p, struct fail *why)
{
	const struct store_record_query query = {
	        .kind = "override", .plan = p->row.uuid, .plan_version = p->row.version, .oldest_first = true};
	struct store_record_list list = {0};
	enum status st = store_record_list(w->store, &query, &list, why);
	for (size_t i = 0; !st && i < list.count; i++) {
		struct json_doc *doc = NULL;
		struct fail unread;
		if (json_parse("override", list.items[i].json, list.items[i].json_len, &doc, &unread) == ST_OK) {
			const struct json_at root = json_root(doc);
			const size_t before = p->overrides;
			if (read_override(w, &root, p, &unread))
				p->overrides = before;
		}
		json_free(&doc);
	}
	store_record_list_free(&list);
	return st;
}

static void mark_overridden(struct workflow_plan *p)
{
	for (size_t f = 0; f < p->findings; f++)
		for (size_t o = 0; o < p->overrides; o++)
			if (strcmp(p->finding[f].rule, p->override[o].rule) == 0 &&
			    strcmp(p->finding[f].zone, p->override[o].zone) == 0)
				p->finding[f].overridden = true;
}

/* ---- loading ---- */

static enum status load_row(const struct workflow *w, const char *uuid, int64_t version, struct workflow_plan *p,
                            struct fail *why)
{
	enum status st = version ? store_plan_get(w->store, uuid, version, &p->row, why)
	                         : store_plan_latest(w->store, uuid, &p->row, why);
	if (!st && !plan_state_parse(p->row.state, &p->state))
		st = fail_set(why, ST_IO, "state", "\"%s\" is no state of a plan", p->row.state);
	if (!st)
		st = store_patient_get(w->store, p->row.patient, &p->patient, why);
	if (!st)
		identity_of(&p->patient, &p->identity);
	return st;
}

static enum status load(const struct workflow *w, const char *uuid, int64_t version, struct workflow_plan *p,
                        struct fail *why)
{
	char library[DIGEST_TEXT_SIZE];
	enum status st = load_row(w, uuid, version, p, why);
	if (st || (st = read_content(p, library, why)) || (st = read_versions(w, p, why)) || (st = basis_now(w, p, why)) ||
	    (st = basis_then(w, p, library, why)) || (st = read_overrides(w, p, why)))
		return st;
	mark_overridden(p);
	p->stale = life_stale(&p->then, &p->now);
	if (p->approved)
		check_approval(w, p);
	return ST_OK;
}

enum status workflow_plan_load(const struct workflow *w, const char *uuid, int64_t version, struct workflow_plan **out,
                               struct fail *why)
{
	struct workflow_plan *p = calloc(1, sizeof *p);
	*out = NULL;
	if (!p)
		return fail_set(why, ST_FULL, "plan", "out of memory");
	enum status st = load(w, uuid, version, p, why);
	if (st)
		workflow_plan_free(&p);
	*out = p;
	return st;
}

void workflow_plan_free(struct workflow_plan **plan)
{
	if (!*plan)
		return;
	store_plan_clear(&(*plan)->row);
	approval_document_clear(&(*plan)->document);
	free(*plan);
	*plan = NULL;
}

enum status workflow_again(const struct workflow *w, struct workflow_plan **plan, struct fail *why)
{
	struct workflow_plan *fresh = NULL;
	enum status st = workflow_plan_load(w, (*plan)->row.uuid, (*plan)->row.version, &fresh, why);
	if (st)
		return st;
	workflow_plan_free(plan);
	*plan = fresh;
	return ST_OK;
}
