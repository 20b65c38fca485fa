#include "planner/sync/compare.h"

#include <math.h>

#include "devices/json.h"
#include "planner/sync/base64.h"
#include "planner/sync/json_out.h"

#define OPEN_DEPTH_MAX 3 /* of texts inside texts */
#define SHORT_TEXT 24    /* base64 of an object of ours is longer */

enum side { MINE, THEIRS };

struct build {
	struct compare *out;
	enum side side;
	size_t after; /* where the next path of this side belongs, if it is new */
	int opened;
};

/* ---- rows --------------------------------------------------------------------------------------------- */

/* The end of a long path says more than its beginning. */
static void cut_path(const char *path, char out[COMPARE_PATH_MAX + 1])
{
	size_t n = strlen(path);
	(void)snprintf(out, COMPARE_PATH_MAX + 1, "%s%s", n > COMPARE_PATH_MAX ? ".." : "",
	               n > COMPARE_PATH_MAX ? path + n - COMPARE_PATH_MAX + 2 : path);
}

static struct compare_row *row_of(struct build *b, const char *path, struct fail *why)
{
	struct compare *out = b->out;
	for (size_t i = 0; b->side == THEIRS && i < out->count; i++)
		if (strcmp(out->row[i].path, path) == 0 && out->row[i].theirs[0] == '\0') {
			b->after = i + 1;
			return &out->row[i];
		}
	if (out->count == COMPARE_ROWS_MAX) {
		out->cut = true;
		return NULL;
	}
	struct compare_row *more = realloc(out->row, (out->count + 1) * sizeof *more);
	if (!more) {
		(void)fail_set(why, ST_FULL, "compare", "out of memory");
		return NULL;
	}
	out->row = more;
	size_t at = b->side == MINE ? out->count : b->after;
	memmove(&more[at + 1], &more[at], (out->count - at) * sizeof *more);
	more[at] = (struct compare_row){.differs = true};
	memcpy(more[at].path, path, strlen(path) + 1);
	out->count++;
	b->after = at + 1;
	return &more[at];
}

static enum status add(struct build *b, const char *path, const char *text, struct fail *why)
{
	char name[COMPARE_PATH_MAX + 1];
	cut_path(path, name);
	why->code = ST_OK;
	struct compare_row *row = row_of(b, name, why);
	if (!row)
		return why->code;
	(void)snprintf(b->side == MINE ? row->mine : row->theirs, COMPARE_TEXT_MAX + 1, "%s", text[0] ? text : "\"\"");
	return ST_OK;
}

/* ---- walking ------------------------------------------------------------------------------------------ */

static enum status walk(struct build *b, const struct json_at *at, const char *path, struct fail *why);

/* Members that every server or write gives anew. */
static bool is_noise(const char *path, const char *key)
{
	static const char *const top[] = {"id", "text", "versionId", "lastUpdated", "tag", "source", "profile"};
	bool shallow = path[0] == '\0' || strcmp(path, "meta") == 0;
	for (size_t i = 0; shallow && i < sizeof top / sizeof *top; i++)
		if (strcmp(key, top[i]) == 0)
			return true;
	return false;
}

static enum status walk_inside(struct build *b, const char *text, size_t len, const char *path, bool *opened,
                               struct fail *why)
{
	struct json_doc *doc = NULL;
	struct fail none;
	*opened = b->opened < OPEN_DEPTH_MAX && json_parse("inside", text, len, &doc, &none) == ST_OK;
	if (!*opened)
		return ST_OK;
	struct json_at root = json_root(doc);
	b->opened++;
	enum status st = walk(b, &root, path, why);
	b->opened--;
	json_free(&doc);
	return st;
}

/* JSON as a text, or in base64: the row that travels beside the elements. */
static enum status open_text(struct build *b, const char *text, const char *path, bool *opened, struct fail *why)
{
	size_t len = strlen(text), n = 0;
	struct fail none;
	*opened = false;
	if (text[0] == '{')
		return walk_inside(b, text, len, path, opened, why);
	if (len < SHORT_TEXT)
		return ST_OK;
	char *bytes = malloc(len + 4);
	if (!bytes)
		return fail_set(why, ST_FULL, "compare", "out of memory");
	enum status st = ST_OK;
	if (base64_read(text, len, BASE64_PLAIN, (unsigned char *)bytes, &n, &none) == ST_OK && n > 0 &&
	    bytes[0] == '{')
		st = walk_inside(b, bytes, n, path, opened, why);
	free(bytes);
	return st;
}

static enum status leaf(struct build *b, const struct json_at *at, const char *path, struct fail *why)
{
	char text[COMPARE_TEXT_MAX + 1] = "null";
	double number = 0;
	bool flag = false, opened = false;
	struct fail none;
	const char *string = json_text(at);
	if (string) {
		enum status st = open_text(b, string, path, &opened, why);
		return st || opened ? st : add(b, path, string, why);
	}
	if (json_number_at(at, -HUGE_VAL, HUGE_VAL, "", &number, &none) == ST_OK)
		(void)snprintf(text, sizeof text, "%.15g", number);
	else if (json_bool_at(at, &flag, &none) == ST_OK)
		(void)snprintf(text, sizeof text, "%s", flag ? "yes" : "no");
	return add(b, path, text, why);
}

static void join(char *out, size_t size, const char *path, const struct json_at *item)
{
	if (item->key)
		(void)snprintf(out, size, "%s%s%s", path, path[0] ? "." : "", item->key);
	else
		(void)snprintf(out, size, "%s[%zu]", path, item->index);
}

/* Recursion ends with the reader's own limit of depth. */
static enum status walk(struct build *b, const struct json_at *at, const char *path, struct fail *why)
{
	char below[2 * COMPARE_PATH_MAX];
	struct json_at item = {0};
	enum json_kind kind = json_kind(at);
	enum status st = ST_OK;
	if (kind != JSON_OBJECT && kind != JSON_ARRAY)
		return leaf(b, at, path, why);
	while (!st && (kind == JSON_OBJECT ? json_object_each(at, &item) : json_array_each(at, &item))) {
		if (kind == JSON_OBJECT && is_noise(path, item.key))
			continue;
		join(below, sizeof below, path, &item);
		st = walk(b, &item, below, why);
	}
	return st;
}

static enum status walk_text(struct build *b, const char *text, const char *name, struct fail *why)
{
	struct json_doc *doc = NULL;
	enum status st = json_parse(name, text, strlen(text), &doc, why);
	if (st)
		return st;
	struct json_at root = json_root(doc);
	b->after = 0;
	st = walk(b, &root, "", why);
	json_free(&doc);
	return st;
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

/* Stable: each half keeps the order of the record. */
static enum status sort(struct compare *out, struct fail *why)
{
	struct compare_row *sorted = calloc(out->count + 1, sizeof *sorted);
	size_t n = 0;
	if (!sorted)
		return fail_set(why, ST_FULL, "compare", "out of memory");
	for (int differs = 1; differs >= 0; differs--) {
		for (size_t i = 0; i < out->count; i++)
			if (out->row[i].differs == (differs == 1))
				sorted[n++] = out->row[i];
		out->different = differs ? n : out->different;
	}
	free(out->row);
	out->row = sorted;
	return ST_OK;
}

enum status compare_records(const char *mine, const char *theirs, struct compare *out, struct fail *why)
{
	struct build b = {.out = out};
	*out = (struct compare){0};
	enum status st = walk_text(&b, mine, "ours", why);
	b.side = THEIRS;
	if (!st)
		st = walk_text(&b, theirs, "the server's", why);
	for (size_t i = 0; !st && i < out->count; i++)
		out->row[i].differs = strcmp(out->row[i].mine, out->row[i].theirs) != 0;
	if (!st)
		st = sort(out, why);
	if (st)
		compare_free(out);
	return st;
}

void compare_free(struct compare *compare)
{
	free(compare->row);
	*compare = (struct compare){0};
}
