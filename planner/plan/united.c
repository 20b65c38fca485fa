#include "planner/plan/united.h"

#include "devices/json.h"
#include "planner/plan/canonical.h"
#include "planner/plan/case.h"
#include "planner/safety/unite.h"
#include "planner/store/record.h"

/* ---- which rows nobody followed ---- */

/* Whether the row has that list, and whether `name` is in it. */
static bool lists(const struct store_readings *row, const char *key, const char *name, bool *says)
{
	struct json_doc *doc = NULL;
	struct json_at root, list, item = {0};
	struct fail none;
	bool found = false;
	*says = false;
	if (!strstr(row->json, key) || !strstr(row->json, name) || /* most say nothing of it: not read for that */
	    json_parse("readings", row->json, row->json_len, &doc, &none) != ST_OK)
		return false;
	root = json_root(doc);
	*says = json_find(&root, key, &list);
	while (*says && !found && json_array_each(&list, &item))
		found = json_text(&item) && strcmp(json_text(&item), name) == 0;
	json_free(&doc);
	return found;
}

static bool is_head(const struct store_readings_list *list, size_t at)
{
	bool says;
	(void)lists(&list->items[at], "x_follows", "", &says);
	if (!says)
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (i != at && lists(&list->items[i], "x_follows", list->items[at].uuid, &says))
			return false;
	return true;
}

/* ---- answers of a row ---- */

static enum status nothing_known(struct facts **out, struct fail *why)
{
	enum status st = facts_new(out, why);
	for (size_t id = 0; !st && id < facts_spec_count(); id++)
		if (facts_spec(id)->kind == FACT_QUESTION)
			st = facts_set_unanswered(*out, facts_spec(id)->name, why);
	return st;
}

static void read_by(const struct store_readings *from, struct united_row *row)
{
	struct json_doc *doc = NULL;
	struct json_at root, value;
	struct fail none;
	if (json_parse("readings", from->json, from->json_len, &doc, &none) != ST_OK)
		return;
	root = json_root(doc);
	const char *by = json_find(&root, "x_by", &value) ? json_text(&value) : NULL;
	(void)snprintf(row->by, sizeof row->by, "%s", by ? by : "");
	json_free(&doc);
}

static enum status add_row(struct united *out, const struct store_readings *from, struct fail *why)
{
	struct case_file *file = NULL;
	struct fail none;
	if (out->rows > UNITED_OTHERS_MAX)
		return fail_set(why, ST_FULL, "answers", "more than %d readings stand beside each other", UNITED_OTHERS_MAX);
	struct united_row *row = &out->row[out->rows++];
	memcpy(row->uuid, from->uuid, sizeof row->uuid);
	row->taken_at_ms = from->taken_at_ms;
	read_by(from, row);
	row->unreadable = case_parse("readings", from->json, from->json_len, &file, &none) != ST_OK;
	if (row->unreadable)
		return nothing_known(&row->answers, why);
	row->answers = file->request[0].subject.answers;
	file->request[0].subject.answers = NULL; /* moved */
	case_free(&file);
	return ST_OK;
}

/* ---- what is open ---- */

/* Of a row that the latest readings knew of, only what it left open still counts. */
static enum status keep_open_ones(const struct store_readings *latest, struct united_row *row, struct fail *why)
{
	enum status st = ST_OK;
	bool says;
	for (size_t id = 0; !st && id < facts_spec_count(); id++)
		if (facts_spec(id)->kind == FACT_QUESTION && !lists(latest, "x_open", facts_spec(id)->name, &says))
			st = facts_set_absent(row->answers, facts_spec(id)->name, why);
	return st;
}

static enum status compare_row(const struct store_readings *latest, struct united *out, struct united_row *row,
                               struct fail *why)
{
	bool says;
	row->differs = lists(latest, "x_united", row->uuid, &says);
	enum status st = row->differs ? keep_open_ones(latest, row, why) : ST_OK;
	for (size_t id = 0; !st && id < facts_spec_count(); id++) {
		if (facts_spec(id)->kind != FACT_QUESTION)
			continue;
		const bool known = row->differs && lists(latest, "x_open", facts_spec(id)->name, &says);
		const bool other = !facts_agree(out->row[0].answers, row->answers, id);
		out->open[id] |= known || other;
		row->differs |= other;
	}
	out->different += row->differs;
	return st ? st : facts_unite(out->together, row->answers, why);
}

static enum status compare_rows(const struct store_readings *latest, struct united *out, struct fail *why)
{
	out->open = calloc(facts_spec_count(), sizeof *out->open);
	enum status st = out->open ? facts_clone(out->row[0].answers, &out->together, why)
	                           : fail_set(why, ST_FULL, "answers", "out of memory");
	for (size_t i = 1; !st && i < out->rows; i++)
		st = compare_row(latest, out, &out->row[i], why);
	return st;
}

enum status united_load(struct store *store, const char *patient, struct united *out, struct fail *why)
{
	struct store_readings_list list = {0};
	*out = (struct united){0};
	enum status st = store_readings_list(store, patient, 0, &list, why);
	if (!st && list.count == 0)
		st = fail_set(why, ST_NOT_FOUND, "readings", "none are there");
	if (!st)
		st = add_row(out, &list.items[0], why);
	for (size_t i = 1; !st && i < list.count; i++)
		if (is_head(&list, i))
			st = add_row(out, &list.items[i], why);
	if (!st)
		st = compare_rows(&list.items[0], out, why);
	store_readings_list_free(&list);
	if (st)
		united_clear(out);
	return st;
}

void united_clear(struct united *united)
{
	for (size_t i = 0; i < united->rows; i++)
		facts_free(&united->row[i].answers);
	facts_free(&united->together);
	free(united->open);
	*united = (struct united){0};
}

enum status united_answers(struct store *store, const char *patient, struct facts **answers, struct fail *why)
{
	struct united united;
	enum status st = united_load(store, patient, &united, why);
	if (st)
		return st;
	if (united.different > 0) {
		facts_free(answers);
		*answers = united.together;
		united.together = NULL;
	}
	united_clear(&united);
	return ST_OK;
}

bool united_differs(const struct united *united, size_t id)
{
	return united->open[id];
}

enum status united_hold(const struct united *united, struct facts *answers, struct fail *why)
{
	struct facts *open = NULL;
	enum status st = facts_clone(united->together, &open, why);
	for (size_t id = 0; !st && id < facts_spec_count(); id++)
		if (facts_spec(id)->kind == FACT_QUESTION && !united->open[id])
			st = facts_set_absent(open, facts_spec(id)->name, why);
	if (!st)
		st = facts_unite(answers, open, why);
	facts_free(&open);
	return st;
}

/* ---- what a row says of the others ---- */

static void add_list(struct canonical *c, const char *key, const struct united *u, bool differing)
{
	canonical_list(c, key);
	for (size_t i = 0; i < u->rows; i++)
		if (u->row[i].differs == differing)
			canonical_text(c, NULL, u->row[i].uuid);
	canonical_close(c);
}

static void add_open(struct canonical *c, const struct united *u)
{
	canonical_list(c, "x_open");
	for (size_t id = 0; id < facts_spec_count(); id++)
		if (u->open[id])
			canonical_text(c, NULL, facts_spec(id)->name);
	canonical_close(c);
}

static void add_all(struct canonical *c, const struct united *u)
{
	canonical_list(c, "x_follows");
	for (size_t i = 0; i < u->rows; i++)
		canonical_text(c, NULL, u->row[i].uuid);
	canonical_close(c);
}

enum status united_mark(const struct united *united, const char *by, bool settled, const char *json, char **out,
                        struct fail *why)
{
	struct canonical c = {0};
	char *head = NULL;
	size_t n = 0, rest = strlen(json);
	BUG_ON(json[0] != '{');
	canonical_object(&c, NULL);
	canonical_text(&c, "x_by", by);
	if (united && (settled || united->different == 0)) {
		add_all(&c, united);
	} else if (united) {
		add_list(&c, "x_follows", united, false);
		add_open(&c, united);
		add_list(&c, "x_united", united, true);
	}
	canonical_close(&c);
	enum status st = canonical_finish(&c, &head, &n, why);
	if (st)
		return st;
	*out = malloc(n + rest + 1);
	if (*out) { /* {"x_by":...} and {...} become one object */
		memcpy(*out, head, n - 1);
		(*out)[n - 1] = ',';
		memcpy(*out + n, json + 1, rest);
	}
	free(head);
	return *out ? ST_OK : fail_set(why, ST_FULL, "readings", "out of memory");
}

/* ---- digests ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void join_digest(char hex[DIGEST_TEXT_SIZE], char (*names)[UUID_TEXT_SIZE], size_t count)
{
	struct digest_stream stream;
	struct digest digest;
	if (count == 0)
		return;
	qsort(names, count, sizeof *names, by_name);
	digest_begin(&stream, "lasertwin united readings/1");
	digest_add_text(&stream, hex, strlen(hex));
	for (size_t i = 0; i < count; i++)
		digest_add_text(&stream, names[i], strlen(names[i])); /* a row never changes: its name says what it holds */
	digest_end(&stream, &digest);
	digest_hex(&digest, hex);
}

void united_digest_now(const struct united *united, char hex[DIGEST_TEXT_SIZE])
{
	char names[UNITED_OTHERS_MAX][UUID_TEXT_SIZE];
	size_t count = 0;
	for (size_t i = 1; i < united->rows; i++)
		if (united->row[i].differs)
			memcpy(names[count++], united->row[i].uuid, UUID_TEXT_SIZE);
	join_digest(hex, names, count);
}

enum status united_digest_then(const struct store_readings *row, char hex[DIGEST_TEXT_SIZE], struct fail *why)
{
	char names[UNITED_OTHERS_MAX][UUID_TEXT_SIZE];
	struct json_doc *doc = NULL;
	struct json_at root, list, item = {0};
	size_t count = 0;
	enum status st = json_parse("readings", row->json, row->json_len, &doc, why);
	if (st)
		return st;
	root = json_root(doc);
	if (json_find(&root, "x_united", &list))
		while (!st && json_array_each(&list, &item))
			st = count == UNITED_OTHERS_MAX ? fail_set(why, ST_RANGE, "x_united", "names too many")
			                                : json_string_at(&item, names[count++], UUID_TEXT_SIZE, why);
	json_free(&doc);
	if (!st)
		join_digest(hex, names, count);
	return st;
}

/* ---- settling ---- */

enum status united_decide(const struct united *united, const char *const *decision, size_t decisions,
                          struct facts *answers, bool *lowers, struct fail *why)
{
	char name[FACT_TEXT_MAX];
	size_t id;
	enum status st = ST_OK;
	*lowers = false;
	for (size_t i = 0; !st && i < decisions; i++) {
		const char *equals = strchr(decision[i], '=');
		(void)snprintf(name, sizeof name, "%.*s", (int)(equals ? equals - decision[i] : 0), decision[i]);
		if (!equals || !facts_find(name, &id) || !united_differs(united, id))
			return fail_set(why, ST_INPUT, decision[i], "is no QUESTION=ANSWER of a question that differs");
		st = facts_set_words(answers, name, equals + 1, why);
		*lowers |= !st && !facts_agree(answers, united->together, id);
	}
	return st;
}

enum status united_keep_decision(struct store *store, const char *patient, const char *const *decision,
                                 size_t decisions, const char *reason, const struct store_stamp *stamp,
                                 struct fail *why)
{
	struct store_record record = {.kind = "answers_settled", .at_ms = stamp->at_ms};
	struct canonical text = {0};
	char *json = NULL;
	canonical_object(&text, NULL);
	canonical_list(&text, "decisions");
	for (size_t i = 0; i < decisions; i++)
		canonical_text(&text, NULL, decision[i]);
	canonical_close(&text);
	canonical_text(&text, "reason", reason ? reason : "");
	canonical_text(&text, "schema", "lasertwin-answers-settled/1");
	canonical_close(&text);
	enum status st = canonical_finish(&text, &json, &record.json_len, why);
	if (!st)
		st = uuid_new(record.uuid, why);
	record.json = json;
	memcpy(record.patient, patient, sizeof record.patient);
	if (!st)
		st = store_record_add(store, &record, stamp, why);
	free(json);
	return st;
}
