/* Approvals as canonical JSON: writing and strict reading. */
#include "devices/json.h"
#include "planner/plan/approval.h"
#include "planner/plan/canonical.h"

static const char *const schemas[] = {[1] = "lasertwin-approval/1", [APPROVAL_FORM] = "lasertwin-approval/2"};

static const struct {
	const char *name, *text;
} meanings[MEANINGS] = {
	[MEANING_APPROVED] = {"approved",
	                      "I have read this plan and what was found, and approve its delivery to this patient."},
	[MEANING_REVOKED] = {"revoked", "I withdraw the approval of this plan. It must not be delivered."},
	[MEANING_OVERRIDDEN] = {"overridden", "I have read the finding named and go beyond it for the reason written."},
	[MEANING_WITNESSED] = {"witnessed", "I have read the finding named and the reason written, and confirm it."},
};

const char *meaning_name(enum meaning meaning)
{
	return (unsigned)meaning < MEANINGS ? meanings[meaning].name : "unknown";
}

const char *meaning_text(enum meaning meaning)
{
	return (unsigned)meaning < MEANINGS ? meanings[meaning].text : "";
}

/* ---- settings ---- */

enum status approval_set_settings(struct approval *a, const struct settings *settings, struct fail *why)
{
	a->settings = 0;
	memset(a->setting_micro, 0, sizeof a->setting_micro);
	for (int i = 0; i < SETTINGS; i++) {
		const enum setting_id id = (enum setting_id)i;
		if (!settings_has(settings, id))
			continue;
		const double micro = round(settings->value[id] * CANONICAL_MICRO);
		if (!(fabs(micro) <= (double)CANONICAL_INT_MAX))
			return fail_set(why, ST_RANGE, setting_spec(id)->key, "%g has no form in millionths", settings->value[id]);
		a->settings |= 1u << id;
		a->setting_micro[id] = (int64_t)micro;
	}
	return ST_OK;
}

void approval_settings(const struct approval *a, struct settings *out)
{
	memset(out, 0, sizeof *out);
	for (int i = 0; i < SETTINGS; i++)
		if (a->settings >> i & 1u)
			settings_set(out, (enum setting_id)i, (double)a->setting_micro[i] / CANONICAL_MICRO);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(setting_spec(*(const enum setting_id *)a)->key, setting_spec(*(const enum setting_id *)b)->key);
}

static void write_settings(struct canonical *c, const struct approval *a)
{
	enum setting_id ids[SETTINGS];
	size_t count = 0;
	for (int i = 0; i < SETTINGS; i++)
		if (a->settings >> i & 1u)
			ids[count++] = (enum setting_id)i;
	qsort(ids, count, sizeof ids[0], by_key);
	if (count == 0)
		return;
	canonical_object(c, "settings");
	for (size_t i = 0; i < count; i++)
		canonical_int(c, setting_spec(ids[i])->key, a->setting_micro[ids[i]]);
	canonical_close(c);
}

static enum status read_settings(const struct json_at *root, struct approval *a, struct fail *why)
{
	struct json_at object, member = {0};
	bool present = false;
	enum status st = json_member(root, "settings", JSON_OBJECT, &object, &present, why);
	while (!st && present && json_object_each(&object, &member)) {
		enum setting_id id;
		double value = 0.0;
		if (!setting_find(member.key, &id))
			return json_refuse(&member, ST_INPUT, why, "no such setting");
		st = json_number_at(&member, -(double)CANONICAL_INT_MAX, (double)CANONICAL_INT_MAX, "", &value, why);
		if (!st) {
			a->settings |= 1u << id;
			a->setting_micro[id] = (int64_t)value;
		}
	}
	return st;
}

/* ---- the fields, in one table: key, place, kind ---- */

enum kind { UUID, HEX, WORDS, NUMBER };
struct field {
	const char *object; /* "": a member of the payload itself */
	const char *key;
	enum kind kind;
	size_t offset, size;
	bool optional; /* "" is left out */
};
#define TEXT(object, key, kind, member) \
	{object, key, kind, offsetof(struct approval, member), sizeof((struct approval *)NULL)->member, false}
#define TEXT_OR_NONE(object, key, kind, member) \
	{object, key, kind, offsetof(struct approval, member), sizeof((struct approval *)NULL)->member, true}
#define INTEGER(object, key, member) {object, key, NUMBER, offsetof(struct approval, member), sizeof(int64_t), false}

/* In the order of the payload. Lists, settings and meaning stand between them: see encode. */
static const struct field fields[] = {
	TEXT("approver", "key", HEX, key_id),
	INTEGER("approver", "key_number", key_number),
	TEXT("approver", "login", WORDS, login),
	TEXT("approver", "name", WORDS, name),
	TEXT("approver", "person", UUID, person),
	TEXT_OR_NONE("audit", "head", HEX, audit_head),
	INTEGER("audit", "seq", audit_seq),
	TEXT("device", "mode", WORDS, device_mode),
	TEXT("device", "profile", HEX, device_digest),
	INTEGER("", "expires_at_ms", expires_at_ms),
	TEXT("", "indication", WORDS, indication),
	TEXT("", "library", HEX, library_digest),
	TEXT("", "models", WORDS, models),
	TEXT("patient", "identity", HEX, identity),
	TEXT("patient", "uuid", UUID, patient),
	TEXT("plan", "content", HEX, plan_digest),
	TEXT("plan", "uuid", UUID, plan),
	TEXT("plan", "verdict", WORDS, verdict),
	INTEGER("plan", "version", version),
	TEXT("", "readings", HEX, readings),
	TEXT("", "rules", HEX, rules_digest),
	INTEGER("", "signed_at_ms", signed_at_ms),
	TEXT("twin", "content", HEX, twin_digest),
	TEXT("twin", "uuid", UUID, twin),
	INTEGER("twin", "version", twin_version),
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static enum status check_text(const struct field *f, const char *text, struct fail *why)
{
	const bool digest = strspn(text, "0123456789abcdef") == DIGEST_TEXT_SIZE - 1 && text[DIGEST_TEXT_SIZE - 1] == '\0';
	if (text[0] == '\0')
		return f->optional ? ST_OK : fail_set(why, ST_INPUT, f->key, "%s.%s is missing", f->object, f->key);
	if ((f->kind == UUID && !uuid_valid(text)) || (f->kind == HEX && !digest))
		return fail_set(why, ST_INPUT, f->key, "%s.%s is not a %s", f->object, f->key,
		                f->kind == UUID ? "record name" : "digest");
	return ST_OK;
}

static enum status check_fields(const struct approval *a, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < FIELDS; i++) {
		const char *place = (const char *)a + fields[i].offset;
		if (fields[i].kind != NUMBER)
			st = check_text(&fields[i], place, why);
	}
	if (!st && (a->version < 1 || a->twin_version < 1 || a->key_number < 1 || a->audit_seq < 0 || a->signed_at_ms < 0))
		st = fail_set(why, ST_INPUT, "approval", "a version, number or time is not positive");
	if (!st && (a->form < 1 || a->form > APPROVAL_FORM))
		st = fail_set(why, ST_INPUT, "schema", "is none of this program's");
	if (!st && a->zones == 0)
		st = fail_set(why, ST_INPUT, "zones", "an approval without a zone says nothing");
	if (!st && a->authors == 0)
		st = fail_set(why, ST_INPUT, "authors", "who wrote the plan is missing");
	return st;
}

/* ---- writing ---- */

static void write_field(struct canonical *c, const struct approval *a, const struct field *f)
{
	const char *place = (const char *)a + f->offset;
	if (f->kind == NUMBER)
		canonical_int(c, f->key, *(const int64_t *)(const void *)place);
	else if (place[0] || !f->optional)
		canonical_text(c, f->key, place);
}

static void write_fields(struct canonical *c, const struct approval *a, const char *object, const char *key)
{
	if (object[0])
		canonical_object(c, object);
	for (size_t i = 0; i < FIELDS; i++)
		if (strcmp(fields[i].object, object) == 0 && (!key || strcmp(fields[i].key, key) == 0))
			write_field(c, a, &fields[i]);
	if (object[0])
		canonical_close(c);
}

static void write_overrides(struct canonical *c, const struct approval *a)
{
	canonical_list(c, "overrides");
	for (size_t i = 0; i < a->overrides; i++) {
		const struct approval_override *o = &a->override[i];
		canonical_object(c, NULL);
		canonical_text(c, "by", o->by);
		canonical_text(c, "reason", o->reason);
		canonical_text(c, "rule", o->rule);
		canonical_text(c, "second", o->second);
		if (o->zone[0])
			canonical_text(c, "zone", o->zone);
		canonical_close(c);
	}
	canonical_close(c);
}

static void write_texts(struct canonical *c, const char *key, const char *first, size_t stride, size_t count)
{
	canonical_list(c, key);
	for (size_t i = 0; i < count; i++)
		canonical_text(c, NULL, first + i * stride);
	canonical_close(c);
}

static void write_sides(struct canonical *c, const struct approval *a)
{
	canonical_list(c, "sides");
	for (size_t i = 0; i < a->zones; i++)
		canonical_text(c, NULL, side_name(a->side[i]));
	canonical_close(c);
}

static void write_payload(struct canonical *c, const struct approval *a)
{
	canonical_object(c, NULL);
	write_fields(c, a, "approver", NULL);
	write_fields(c, a, "audit", NULL);
	write_texts(c, "authors", a->author[0], sizeof a->author[0], a->authors);
	write_fields(c, a, "device", NULL);
	write_fields(c, a, "", "expires_at_ms");
	write_fields(c, a, "", "indication");
	write_fields(c, a, "", "library");
	canonical_text(c, "meaning", meaning_name(a->meaning));
	write_fields(c, a, "", "models");
	write_overrides(c, a);
	write_fields(c, a, "patient", NULL);
	write_fields(c, a, "plan", NULL);
	write_fields(c, a, "", "readings");
	write_fields(c, a, "", "rules");
	canonical_text(c, "schema", schemas[a->form]);
	write_settings(c, a);
	if (a->form > 1)
		write_sides(c, a);
	write_fields(c, a, "", "signed_at_ms");
	write_fields(c, a, "twin", NULL);
	write_texts(c, "zones", a->zone[0], sizeof a->zone[0], a->zones);
	canonical_close(c);
}

enum status approval_encode(const struct approval *a, char **payload, size_t *n, struct fail *why)
{
	struct canonical c = {0};
	*payload = NULL;
	*n = 0;
	enum status st = check_fields(a, why);
	if (st)
		return st;
	write_payload(&c, a);
	return canonical_finish(&c, payload, n, why);
}

/* ---- reading ---- */

static enum status read_field(const struct json_at *object, struct approval *a, const struct field *f, struct fail *why)
{
	char *place = (char *)a + f->offset;
	bool present = false, *wanted = f->optional ? &present : NULL;
	double number = 0.0;
	if (f->kind != NUMBER)
		return json_string(object, f->key, place, f->size, wanted, why);
	enum status st = json_number_in(object, f->key, 0.0, (double)CANONICAL_INT_MAX, "", &number, NULL, why);
	*(int64_t *)(void *)place = (int64_t)number;
	return st;
}

static enum status read_fields(const struct json_at *root, struct approval *a, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < FIELDS; i++) {
		struct json_at object = *root;
		if (fields[i].object[0])
			st = json_member(root, fields[i].object, JSON_OBJECT, &object, NULL, why);
		if (!st)
			st = read_field(&object, a, &fields[i], why);
	}
	return st;
}

static enum status read_texts(const struct json_at *root, const char *key, char *first, size_t stride, size_t max,
                              size_t *count, struct fail *why)
{
	struct json_at list, item = {0};
	enum status st = json_member(root, key, JSON_ARRAY, &list, NULL, why);
	while (!st && json_array_each(&list, &item)) {
		if (*count == max)
			return json_refuse(&item, ST_INPUT, why, "more than %zu", max);
		st = json_string_at(&item, first + (*count)++ * stride, stride, why);
	}
	return st;
}

static enum status read_override(const struct json_at *item, struct approval_override *o, struct fail *why)
{
	bool present = false;
	enum status st = json_string(item, "by", o->by, sizeof o->by, NULL, why);
	if (!st)
		st = json_string(item, "reason", o->reason, sizeof o->reason, NULL, why);
	if (!st)
		st = json_string(item, "rule", o->rule, sizeof o->rule, NULL, why);
	if (!st)
		st = json_string(item, "second", o->second, sizeof o->second, NULL, why);
	return st ? st : json_string(item, "zone", o->zone, sizeof o->zone, &present, why);
}

static enum status read_overrides(const struct json_at *root, struct approval *a, struct fail *why)
{
	struct json_at list, item = {0};
	enum status st = json_member(root, "overrides", JSON_ARRAY, &list, NULL, why);
	while (!st && json_array_each(&list, &item)) {
		if (a->overrides == APPROVAL_OVERRIDES_MAX)
			return json_refuse(&item, ST_INPUT, why, "more than %d", APPROVAL_OVERRIDES_MAX);
		st = read_override(&item, &a->override[a->overrides++], why);
	}
	return st;
}

static enum status read_schema(const struct json_at *root, struct approval *a, struct fail *why)
{
	char name[48];
	struct fail ignored;
	if (json_string(root, "schema", name, sizeof name, NULL, &ignored) == ST_OK && strcmp(name, schemas[1]) == 0)
		return a->form = 1, ST_OK;
	a->form = APPROVAL_FORM;
	return json_schema(root, schemas[APPROVAL_FORM], why);
}

static enum status read_zones(const struct json_at *root, struct approval *a, struct fail *why)
{
	enum status st =
	        read_texts(root, "zones", a->zone[0], sizeof a->zone[0], PLANNING_ZONES_MAX, &a->zones, why);
	return st || a->form == 1 ? st : sides_read(root, a->zones, a->side, why);
}

static enum status read_payload(const struct json_at *root, struct approval *a, struct fail *why)
{
	const char *names[MEANINGS];
	size_t meaning = 0;
	for (size_t i = 0; i < MEANINGS; i++)
		names[i] = meanings[i].name;
	enum status st = read_schema(root, a, why);
	if (!st)
		st = json_choice(root, "meaning", names, MEANINGS, &meaning, NULL, why);
	a->meaning = (enum meaning)meaning;
	if (!st)
		st = read_fields(root, a, why);
	if (!st)
		st = read_settings(root, a, why);
	if (!st)
		st = read_overrides(root, a, why);
	if (!st)
		st = read_zones(root, a, why);
	if (!st)
		st = read_texts(root, "authors", a->author[0], sizeof a->author[0], APPROVAL_AUTHORS_MAX, &a->authors, why);
	return st;
}

/* What was read, written again, must be what was signed: an unknown member or another form has no way in. */
static enum status check_again(const struct approval *a, const char *payload, size_t n, struct fail *why)
{
	char *again;
	size_t again_n;
	enum status st = approval_encode(a, &again, &again_n, why);
	if (!st && (again_n != n || memcmp(again, payload, n) != 0))
		st = fail_set(why, ST_INPUT, "payload", "holds more than an approval says");
	free(again);
	return st;
}

enum status approval_decode(const char *payload, size_t n, struct approval *out, struct fail *why)
{
	struct json_doc *doc = NULL;
	memset(out, 0, sizeof *out);
	if (n > APPROVAL_BYTES_MAX)
		return fail_set(why, ST_INPUT, "payload", "is larger than any approval");
	enum status st = canonical_check(payload, n, why);
	if (!st)
		st = json_parse("approval", payload, n, &doc, why);
	if (!st) {
		struct json_at root = json_root(doc);
		st = read_payload(&root, out, why);
	}
	json_free(&doc);
	return st ? st : check_again(out, payload, n, why);
}
