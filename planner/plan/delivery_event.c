/* Events of a delivery: their members in one table, and their form. */
#include "devices/json.h"
#include "planner/plan/canonical.h"
#include "planner/plan/delivery.h"

static const char schema[] = "lasertwin-delivery/1";

static const char *const phase_names[DELIVERY_PHASES] = {
	[DELIVERY_NONE] = "not opened",      [DELIVERY_CHECKING] = "checking", [DELIVERY_RUNNING] = "running",
	[DELIVERY_PAUSED] = "paused",        [DELIVERY_FINISHED] = "finished", [DELIVERY_ABORTED] = "aborted",
};

const char *delivery_phase_name(enum delivery_phase phase)
{
	return (unsigned)phase < DELIVERY_PHASES ? phase_names[phase] : "unknown";
}

/* ---- members ---- */

enum member_id {
	CODE,
	DIGEST,
	ENDPOINT,
	FACT,
	FIELD,
	HANDPIECE,
	HANDPIECE_SERIAL,
	IDENTIFIER_1,
	IDENTIFIER_2,
	MEASURED,
	OD_OPERATOR,
	OD_PATIENT,
	PULSES,
	REFERENCE,
	SERIAL,
	SET,
	SETTINGS_OBJECT,
	SIDE,
	TEXT,
	TIP,
	VALUE,
	MEMBERS
};

struct member {
	const char *name; /* ascending, as the form wants them; numbers and settings get _micro in JSON */
	bool is_number;
	size_t offset, size;
};
#define T(name, member) \
	{name, false, offsetof(struct delivery_event, member), sizeof((struct delivery_event *)NULL)->member}
#define N(name, member) {name, true, offsetof(struct delivery_event, member), sizeof(double)}

static const struct member members[MEMBERS] = {
	[CODE] = T("code", code),
	[DIGEST] = T("digest", digest),
	[ENDPOINT] = T("endpoint", endpoint),
	[FACT] = T("fact", fact),
	[FIELD] = T("field", field),
	[HANDPIECE] = T("handpiece", handpiece),
	[HANDPIECE_SERIAL] = T("handpiece_serial", handpiece_serial),
	[IDENTIFIER_1] = T("identifier_1", identifier_1),
	[IDENTIFIER_2] = T("identifier_2", identifier_2),
	[MEASURED] = N("measured", measured),
	[OD_OPERATOR] = N("od_operator", od_operator),
	[OD_PATIENT] = N("od_patient", od_patient),
	[PULSES] = N("pulses", pulses),
	[REFERENCE] = T("reference", reference),
	[SERIAL] = T("serial", serial),
	[SET] = N("set", set),
	[SETTINGS_OBJECT] = {"settings", false, offsetof(struct delivery_event, settings), sizeof(struct settings)},
	[SIDE] = T("side", side),
	[TEXT] = T("text", text),
	[TIP] = T("tip", tip),
	[VALUE] = N("value", value),
};

#define M(id) (1u << (id))
static const struct {
	const char *name;
	unsigned required, optional;
} kinds[DELIVERY_KINDS] = {
	[DELIVERY_OPEN] = {"open", 0, M(TEXT)},
	[DELIVERY_IDENTITY] = {"identity", M(IDENTIFIER_1) | M(IDENTIFIER_2), 0},
	[DELIVERY_SITE] = {"site", M(FIELD) | M(SIDE), M(TEXT)},
	[DELIVERY_CONSENT] = {"consent", M(REFERENCE), M(TEXT)},
	[DELIVERY_PHOTOGRAPH] = {"photograph", M(FIELD) | M(REFERENCE) | M(DIGEST), M(TEXT)},
	[DELIVERY_DEVICE] = {"device", M(SERIAL) | M(HANDPIECE) | M(HANDPIECE_SERIAL), M(TIP) | M(TEXT)},
	[DELIVERY_CALIBRATION] = {"calibration", M(MEASURED) | M(SET) | M(TEXT), M(REFERENCE)},
	[DELIVERY_EYEWEAR] = {"eyewear", M(OD_OPERATOR) | M(OD_PATIENT), M(TEXT)},
	[DELIVERY_COOLING] = {"cooling", M(TEXT), 0},
	[DELIVERY_ANSWER] = {"answer", M(FACT) | M(VALUE), M(TEXT)},
	[DELIVERY_TIME_OUT] = {"time_out", M(TEXT), M(SIDE)}, /* records of before have none */
	[DELIVERY_START] = {"start", 0, M(TEXT)},
	[DELIVERY_PASS] = {"pass", M(FIELD) | M(SETTINGS_OBJECT), M(PULSES) | M(TEXT)},
	[DELIVERY_ENDPOINT] = {"endpoint", M(FIELD) | M(ENDPOINT), M(TEXT)},
	[DELIVERY_ERROR] = {"error", M(CODE), M(TEXT)},
	[DELIVERY_PAUSE] = {"pause", M(TEXT), 0},
	[DELIVERY_RESUME] = {"resume", 0, M(TEXT) | M(IDENTIFIER_1) | M(IDENTIFIER_2)},
	[DELIVERY_FINISH] = {"finish", 0, M(TEXT)},
	[DELIVERY_ABORT] = {"abort", M(TEXT), 0},
};

const char *delivery_kind_name(enum delivery_kind kind)
{
	return (unsigned)kind < DELIVERY_KINDS ? kinds[kind].name : "unknown";
}

bool delivery_kind_parse(const char *name, enum delivery_kind *out)
{
	for (int k = 0; k < DELIVERY_KINDS; k++)
		if (strcmp(kinds[k].name, name) == 0) {
			*out = (enum delivery_kind)k;
			return true;
		}
	return false;
}

const char *delivery_event_members(enum delivery_kind kind, char *out, size_t size)
{
	size_t used = 0;
	out[0] = '\0';
	for (unsigned m = 0; m < MEMBERS && used < size; m++)
		if ((kinds[kind].required | kinds[kind].optional) >> m & 1u)
			used += (size_t)snprintf(out + used, size - used, kinds[kind].required >> m & 1u ? "%s%s" : "%s[%s]",
			                         used ? ", " : "", members[m].name);
	return out;
}

static double *number_at(struct delivery_event *event, unsigned m)
{
	return (double *)(void *)((char *)event + members[m].offset);
}

static char *text_at(struct delivery_event *event, unsigned m)
{
	return (char *)event + members[m].offset;
}

void delivery_event_init(struct delivery_event *event, enum delivery_kind kind, int64_t at_ms, const char *actor)
{
	memset(event, 0, sizeof *event);
	event->kind = kind;
	event->at_ms = at_ms;
	(void)snprintf(event->actor, sizeof event->actor, "%s", actor);
	for (unsigned m = 0; m < MEMBERS; m++)
		if (members[m].is_number)
			*number_at(event, m) = (double)NAN;
}

static bool has(const struct delivery_event *event, unsigned m)
{
	struct delivery_event *e = (struct delivery_event *)event; /* only read */
	if (m == SETTINGS_OBJECT)
		return event->settings.present != 0;
	return members[m].is_number ? !isnan(*number_at(e, m)) : text_at(e, m)[0] != '\0';
}

/* Everything the kind requires, and nothing of other kinds. */
static enum status check_members(const struct delivery_event *event, struct fail *why)
{
	char list[256];
	if ((unsigned)event->kind >= DELIVERY_KINDS)
		return fail_set(why, ST_INPUT, "kind", "no such event");
	for (unsigned m = 0; m < MEMBERS; m++) {
		const bool required = kinds[event->kind].required >> m & 1u;
		if (required && !has(event, m))
			return fail_set(why, ST_INPUT, members[m].name, "is missing; %s takes %s", kinds[event->kind].name,
			                delivery_event_members(event->kind, list, sizeof list));
		if (!required && has(event, m) && !(kinds[event->kind].optional >> m & 1u))
			return fail_set(why, ST_INPUT, members[m].name, "is not part of %s, which takes %s", kinds[event->kind].name,
			                delivery_event_members(event->kind, list, sizeof list));
	}
	return ST_OK;
}

/* ---- from the keyboard ---- */

static enum status parse_number(const char *name, const char *text, double *out, struct fail *why)
{
	char *end;
	const double value = strtod(text, &end);
	if (strcmp(text, "yes") == 0 || strcmp(text, "no") == 0) {
		*out = text[0] == 'y';
		return ST_OK;
	}
	if (end == text || *end || !isfinite(value))
		return fail_set(why, ST_INPUT, name, "\"%s\" is not a number with a decimal point", text);
	*out = value;
	return ST_OK;
}

static enum status set_setting(struct delivery_event *event, const char *name, const char *text, struct fail *why)
{
	enum setting_id id;
	double value;
	char list[256];
	if (!setting_find(name, &id))
		return fail_set(why, ST_INPUT, name, "neither a setting nor a member of %s, which takes %s",
		                kinds[event->kind].name, delivery_event_members(event->kind, list, sizeof list));
	enum status st = parse_number(name, text, &value, why);
	if (!st && !(value >= setting_spec(id)->min && value <= setting_spec(id)->max))
		st = fail_set(why, ST_RANGE, name, "%g is outside %g..%g %s", value, setting_spec(id)->min, setting_spec(id)->max,
		              setting_spec(id)->unit);
	if (!st)
		settings_set(&event->settings, id, value);
	return st;
}

enum status delivery_event_set(struct delivery_event *event, const char *name, const char *value, struct fail *why)
{
	unsigned m = 0;
	while (m < MEMBERS && (m == SETTINGS_OBJECT || strcmp(members[m].name, name) != 0))
		m++;
	if (m == MEMBERS)
		return set_setting(event, name, value, why);
	if (members[m].is_number)
		return parse_number(name, value, number_at(event, m), why);
	if (strlen(value) >= members[m].size)
		return fail_set(why, ST_RANGE, name, "is longer than %zu bytes", members[m].size - 1);
	memcpy(text_at(event, m), value, strlen(value) + 1);
	return ST_OK;
}

enum status delivery_event_file(struct delivery_event *event, const char *path, struct fail *why)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	enum status st = digest_file_sha256(path, event->digest, why);
	return st || event->reference[0] ? st : delivery_event_set(event, "reference", name, why);
}

/* ---- JSON ---- */

static int by_key(const void *a, const void *b)
{
	return strcmp(setting_spec(*(const enum setting_id *)a)->key, setting_spec(*(const enum setting_id *)b)->key);
}

static void write_settings(struct canonical *c, const struct settings *settings)
{
	enum setting_id ids[SETTINGS];
	size_t count = 0;
	for (int i = 0; i < SETTINGS; i++)
		if (settings_has(settings, (enum setting_id)i))
			ids[count++] = (enum setting_id)i;
	qsort(ids, count, sizeof ids[0], by_key);
	canonical_object(c, "settings_micro");
	for (size_t i = 0; i < count; i++)
		canonical_micro(c, setting_spec(ids[i])->key, settings->value[ids[i]]);
	canonical_close(c);
}

static void write_member(struct canonical *c, const struct delivery_event *event, unsigned m)
{
	struct delivery_event *e = (struct delivery_event *)event; /* only read */
	char key[CANONICAL_KEY_MAX];
	(void)snprintf(key, sizeof key, "%s_micro", members[m].name);
	if (m == SETTINGS_OBJECT)
		write_settings(c, &event->settings);
	else if (members[m].is_number)
		canonical_micro(c, key, *number_at(e, m));
	else
		canonical_text(c, members[m].name, text_at(e, m));
}

/* The members that are not in the table stand where their keys come in the order. */
enum status delivery_event_encode(const struct delivery_event *event, char **json, size_t *n, struct fail *why)
{
	struct canonical c = {0};
	*json = NULL;
	*n = 0;
	enum status st = check_members(event, why);
	if (st)
		return st;
	canonical_object(&c, NULL);
	canonical_text(&c, "actor", event->actor);
	canonical_int(&c, "at_ms", event->at_ms);
	for (unsigned m = 0; m < MEMBERS; m++) {
		if (m == MEASURED)
			canonical_text(&c, "kind", kinds[event->kind].name);
		if (m == SERIAL)
			canonical_text(&c, "schema", schema);
		if (has(event, m))
			write_member(&c, event, m);
	}
	canonical_close(&c);
	return canonical_finish(&c, json, n, why);
}

static enum status read_micro(const struct json_at *object, const char *key, double *out, bool *present,
                              struct fail *why)
{
	double micro = 0.0;
	enum status st = json_number_in(object, key, -(double)CANONICAL_INT_MAX, (double)CANONICAL_INT_MAX, "", &micro,
	                                present, why);
	if (!st && *present)
		*out = micro / CANONICAL_MICRO;
	return st;
}

static enum status read_settings(const struct json_at *root, struct settings *settings, struct fail *why)
{
	struct json_at object, member = {0};
	bool present = false, given = false;
	enum status st = json_member(root, "settings_micro", JSON_OBJECT, &object, &present, why);
	while (!st && present && json_object_each(&object, &member)) {
		enum setting_id id;
		double value = 0.0;
		if (!setting_find(member.key, &id))
			return json_refuse(&member, ST_INPUT, why, "no such setting");
		st = read_micro(&object, member.key, &value, &given, why);
		if (!st)
			settings_set(settings, id, value);
	}
	return st;
}

static enum status read_member(const struct json_at *root, struct delivery_event *event, unsigned m, struct fail *why)
{
	char key[CANONICAL_KEY_MAX];
	bool present = false;
	(void)snprintf(key, sizeof key, "%s_micro", members[m].name);
	if (m == SETTINGS_OBJECT)
		return read_settings(root, &event->settings, why);
	if (members[m].is_number)
		return read_micro(root, key, number_at(event, m), &present, why);
	return json_string(root, members[m].name, text_at(event, m), members[m].size, &present, why);
}

static enum status read_head(const struct json_at *root, struct delivery_event *out, struct fail *why)
{
	char kind_name[32];
	double at = 0.0;
	enum delivery_kind kind = DELIVERY_KINDS;
	char actor[UUID_TEXT_SIZE];
	enum status st = json_schema(root, schema, why);
	if (!st)
		st = json_string(root, "kind", kind_name, sizeof kind_name, NULL, why);
	if (!st && !delivery_kind_parse(kind_name, &kind))
		st = fail_set(why, ST_INPUT, "kind", "no such event: \"%s\"", kind_name);
	if (!st)
		st = json_number_in(root, "at_ms", 0.0, (double)STORE_TIME_MAX_MS, "ms", &at, NULL, why);
	if (!st)
		st = json_string(root, "actor", actor, sizeof actor, NULL, why);
	if (!st)
		delivery_event_init(out, kind, (int64_t)at, actor);
	return st;
}

/* Written again it must be the same, so nothing is in it that was not read. */
static enum status check_again(const struct delivery_event *event, const char *json, size_t n, struct fail *why)
{
	char *again;
	size_t again_n;
	enum status st = delivery_event_encode(event, &again, &again_n, why);
	if (!st && (again_n != n || memcmp(again, json, n) != 0))
		st = fail_set(why, ST_INPUT, "delivery", "holds more than its kind says");
	free(again);
	return st;
}

enum status delivery_event_decode(const char *json, size_t n, struct delivery_event *out, struct fail *why)
{
	struct json_doc *doc = NULL;
	memset(out, 0, sizeof *out);
	enum status st = canonical_check(json, n, why);
	if (!st)
		st = json_parse("delivery", json, n, &doc, why);
	if (!st) {
		struct json_at root = json_root(doc);
		st = read_head(&root, out, why);
		for (unsigned m = 0; !st && m < MEMBERS; m++)
			st = read_member(&root, out, m, why);
	}
	json_free(&doc);
	return st ? st : check_again(out, json, n, why);
}
