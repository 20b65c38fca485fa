/* Resources back to rows. The record beside the elements counts, and only when both say the same. */
#include "devices/json.h"
#include "planner/sync/base64.h"
#include "planner/sync/instant.h"
#include "planner/sync/mapping_private.h"

void mapped_clear(struct mapped *mapped)
{
	free(mapped->json);
	*mapped = (struct mapped){0};
}

/* Decodes a base64 member; to free. */
static enum status decode(const struct json_at *at, const char *key, char **bytes, size_t *n,
                          struct fail *why)
{
	struct json_at value;
	const char *text = json_find(at, key, &value) ? json_text(&value) : NULL;
	if (!text)
		return fail_set(why, ST_INPUT, key, "is missing");
	size_t len = strlen(text);
	*bytes = malloc(len + 4);
	if (!*bytes)
		return fail_set(why, ST_FULL, key, "does not fit into memory");
	enum status st = base64_read(text, len, BASE64_PLAIN, (unsigned char *)*bytes, n, why);
	if (st) {
		free(*bytes);
		*bytes = NULL;
	} else {
		(*bytes)[*n] = '\0';
	}
	return st;
}

static const char *text_of(const struct json_at *at, const char *key)
{
	struct json_at value;
	return json_find(at, key, &value) ? json_text(&value) : NULL;
}

/* First item of list `key` whose `by` is value. */
static bool item_by(const struct json_at *at, const char *key, const char *by, const char *value,
                    struct json_at *list, struct json_at *item)
{
	*item = (struct json_at){0};
	if (!json_find(at, key, list))
		return false;
	while (json_array_each(list, item)) {
		const char *text = text_of(item, by);
		if (text && strcmp(text, value) == 0)
			return true;
	}
	return false;
}

static enum status read_extension(const struct mapping *m, const struct json_at *root, struct mapped *out,
                                  struct fail *why)
{
	char url[2 * MAPPING_SYSTEM_MAX], *bytes = NULL;
	struct json_at list, item;
	size_t n = 0;
	(void)snprintf(url, sizeof url, "%s" RECORD_URL, m->local);
	if (!item_by(root, "extension", "url", url, &list, &item))
		return ST_OK; /* somebody else's: nothing of ours to keep */
	enum status st = decode(&item, "valueBase64Binary", &bytes, &n, why);
	if (!st)
		st = beside_read(bytes, n, out, why);
	free(bytes);
	return st;
}

static enum status differs(const char *what, struct fail *why)
{
	return fail_set(why, ST_INPUT, what,
	                "differs from the record beside it: somebody changed it on the server");
}

/* ---- patient ------------------------------------------------------------------------------------------ */

static enum status copy_text(const char *field, const char *text, char *out, size_t size, struct fail *why)
{
	if (text && strlen(text) >= size)
		return fail_set(why, ST_RANGE, field, "is longer than %zu bytes", size - 1);
	(void)snprintf(out, size, "%s", text ? text : "");
	return ST_OK;
}

/* name.text, or given and family names put together. */
static enum status read_name(const struct json_at *root, struct store_patient *row, struct fail *why)
{
	struct json_at list, name = {0}, given, item = {0};
	size_t used = 0;
	if (!json_find(root, "name", &list) || !json_array_each(&list, &name))
		return fail_set(why, ST_INPUT, "name", "is missing");
	const char *text = text_of(&name, "text"), *family = text_of(&name, "family");
	if (text)
		return copy_text("name", text, row->label, sizeof row->label, why);
	if (json_find(&name, "given", &given))
		while (json_array_each(&given, &item) && used < sizeof row->label)
			used += (size_t)snprintf(row->label + used, sizeof row->label - used, "%s%s",
			                         used ? " " : "", json_text(&item) ? json_text(&item) : "");
	if (family && used < sizeof row->label)
		used += (size_t)snprintf(row->label + used, sizeof row->label - used, "%s%s", used ? " " : "",
		                         family);
	return used > 0 && used < sizeof row->label ? ST_OK
	                                            : fail_set(why, ST_INPUT, "name", "is empty or too long");
}

static enum status read_birth(const char *text, struct store_patient *row, struct fail *why)
{
	int year = 0, month = 0, day = 0, used = 0;
	if (!text)
		return ST_OK;
	size_t n = strlen(text);
	int fields = sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used);
	if ((n != 4 && n != 7 && n != 10) || fields < 1 || strspn(text, "0123456789-") != n ||
	    !instant_date_valid(year, month, day))
		return fail_set(why, ST_INPUT, "birthDate", "is no date");
	return copy_text("birthDate", text, row->birth, sizeof row->birth, why);
}

static enum status read_patient(const struct mapping *m, const struct json_at *root, struct mapped *out,
                                struct fail *why)
{
	struct store_patient *row = &out->patient;
	struct json_at list, item, meta;
	const char *gender = text_of(root, "gender"), *value = NULL;
	if (item_by(root, "identifier", "system", m->id_system, &list, &item))
		value = text_of(&item, "value");
	if (!value || !uuid_valid(value))
		return fail_set(why, ST_INPUT, "identifier", "is none of ours");
	(void)snprintf(row->uuid, sizeof row->uuid, "%s", value);
	row->sex = !gender                         ? 'U'
	           : strcmp(gender, "male") == 0   ? 'M'
	           : strcmp(gender, "female") == 0 ? 'F'
	           : strcmp(gender, "other") == 0  ? 'X'
	                                           : 'U';
	row->is_virtual =
	        json_find(root, "meta", &meta) && item_by(&meta, "security", "code", "HTEST", &list, &item);
	enum status st = read_name(root, row, why);
	if (!st && item_by(root, "identifier", "system", m->mrn_system, &list, &item))
		st = copy_text("identifier", text_of(&item, "value"), row->record_number,
		               sizeof row->record_number, why);
	if (!st)
		st = read_birth(text_of(root, "birthDate"), row, why);
	out->kind = MAPPED_PATIENT;
	return st;
}

/* Somebody else's laser is none of ours to keep. */
static enum status read_device(const struct mapping *m, const struct json_at *root, struct mapped *out,
                               struct fail *why)
{
	struct json_at list, item;
	const char *name = item_by(root, "identifier", "system", m->id_system, &list, &item) ? text_of(&item, "value") : NULL;
	if (!name)
		return ST_OK;
	return uuid_valid(name) ? mapping_device_read(m, root, name, out, why)
	                        : fail_set(why, ST_INPUT, "identifier", "is no UUID");
}

/* ---- observation -------------------------------------------------------------------------------------- */

static bool concept_has(const struct json_at *concept, const char *code)
{
	struct json_at list, item;
	return item_by(concept, "coding", "code", code, &list, &item);
}

/* Every quantity that the record has stands in a component with the same number, and the other way round. */
static enum status compare_quantities(const struct json_at *list, const struct json_at *numbers,
                                      const struct quantity *q, const char *value_key, const char *what,
                                      struct fail *why)
{
	struct json_at item = {0}, concept, quantity;
	int64_t ours = 0, theirs = 0;
	bool have = number_micro(numbers, q->key, &ours), found = false;
	while (list->node && json_array_each(list, &item)) {
		if (!json_find(&item, "code", &concept) || !concept_has(&concept, q->code))
			continue;
		const char *unit = json_find(&item, value_key, &quantity) ? text_of(&quantity, "code") : NULL;
		if (found || !number_micro(&quantity, "value", &theirs) || !unit ||
		    strcmp(unit, q->ucum) != 0)
			return differs(what, why);
		found = true;
	}
	return have == found && ours == theirs ? ST_OK : differs(what, why);
}

static enum status check_readings(const struct json_at *root, const struct mapped *out, struct fail *why)
{
	struct json_doc *doc = NULL;
	struct json_at content, patient, list = {0};
	int64_t at_ms = 0;
	const char *when = text_of(root, "effectiveDateTime");
	if (!when || !instant_read(when, &at_ms) || at_ms != out->readings.taken_at_ms)
		return differs("effectiveDateTime", why);
	enum status st = json_parse("readings", out->json, strlen(out->json), &doc, why);
	if (st)
		return st;
	content = json_root(doc);
	(void)json_find(root, "component", &list);
	if (json_find(&content, "patient", &patient))
		for (const struct quantity *q = reading_quantities; !st && q->key; q++)
			st = compare_quantities(&list, &patient, q, "valueQuantity", q->code, why);
	json_free(&doc);
	return st;
}

/* ---- documents, provenance ---------------------------------------------------------------------------- */

static enum status read_document(const struct json_at *root, struct mapped *out, struct fail *why)
{
	struct json_at type, contents, content = {0}, attachment;
	char *bytes = NULL;
	size_t n = 0;
	if (!json_find(root, "type", &type) || concept_has(&type, "signed-payload"))
		return ST_OK;
	if (!json_find(root, "content", &contents) || !json_array_each(&contents, &content) ||
	    !json_find(&content, "attachment", &attachment))
		return fail_set(why, ST_INPUT, "content", "is missing");
	enum status st = decode(&attachment, "data", &bytes, &n, why);
	if (!st)
		st = beside_read(bytes, n, out, why);
	free(bytes);
	return st;
}

/* ---- orders ------------------------------------------------------------------------------------------- */

static enum status read_parameters(const struct json_at *root, struct mapped_order *order, struct fail *why)
{
	struct json_at list, item = {0}, concept, codings, coding = {0}, quantity;
	if (!json_find(root, "parameter", &list))
		return ST_OK;
	while (json_array_each(&list, &item)) {
		coding = (struct json_at){0};
		const char *key = json_find(&item, "code", &concept) && json_find(&concept, "coding", &codings) &&
		                                  json_array_each(&codings, &coding)
		                          ? text_of(&coding, "code")
		                          : NULL;
		const char *unit = json_find(&item, "valueQuantity", &quantity) ? text_of(&quantity, "code") : NULL;
		int64_t micro;
		if (order->count == MAPPED_SETTINGS_MAX || !key || !unit || strlen(key) >= sizeof order->parameter[0].key ||
		    strlen(unit) >= sizeof order->parameter[0].unit || !number_micro(&quantity, "value", &micro))
			return fail_set(why, ST_INPUT, "parameter", "is none that a plan of ours has: somebody changed it");
		(void)snprintf(order->parameter[order->count].key, sizeof order->parameter[0].key, "%s", key);
		(void)snprintf(order->parameter[order->count].unit, sizeof order->parameter[0].unit, "%s", unit);
		order->parameter[order->count++].micro = micro;
	}
	return ST_OK;
}

/* Orders of before have no name of their plan: nothing to compare them with. */
static enum status read_order(const struct mapping *m, const struct json_at *root, struct mapped *out,
                              struct fail *why)
{
	char naming[2 * MAPPING_SYSTEM_MAX];
	struct json_at group;
	struct mapped_order *order = &out->order;
	long long version = 0;
	(void)snprintf(naming, sizeof naming, "%s" PLAN_NAME_PATH, m->local);
	if (!json_find(root, "groupIdentifier", &group) || !text_of(&group, "system") ||
	    strcmp(text_of(&group, "system"), naming) != 0)
		return ST_OK;
	const char *value = text_of(&group, "value");
	if (!value || sscanf(value, "%36[0-9a-f-]/%lld", order->plan, &version) != 2 || !uuid_valid(order->plan) ||
	    version < 1)
		return fail_set(why, ST_INPUT, "groupIdentifier", "names no version of a plan");
	order->version = version;
	out->kind = MAPPED_ORDER;
	return read_parameters(root, order, why);
}

static enum status check_setting(const struct mapped_order *order, const struct json_at *settings, const char *key,
                                 size_t *matched, struct fail *why)
{
	struct quantity q;
	int64_t micro = 0;
	if (!setting_quantity(key, &q) || !number_micro(settings, key, &micro))
		return ST_OK;
	for (size_t i = 0; i < order->count; i++)
		if (strcmp(order->parameter[i].key, key) == 0) {
			++*matched;
			return order->parameter[i].micro == micro && strcmp(order->parameter[i].unit, q.ucum) == 0
			               ? ST_OK
			               : fail_set(why, ST_INPUT, key,
			                          "was changed on the server to %.6g %s: the plan says %.6g %s; it is "
			                          "treated by the plan alone",
			                          (double)order->parameter[i].micro / MICRO_PER_UNIT, order->parameter[i].unit,
			                          (double)micro / MICRO_PER_UNIT, q.ucum);
		}
	return fail_set(why, ST_INPUT, key, "was taken out of the order on the server");
}

enum status mapped_order_check(const struct mapped_order *order, const char *plan_json, size_t len, struct fail *why)
{
	struct json_doc *doc = NULL;
	struct json_at root, settings, item = {0};
	size_t matched = 0;
	enum status st = json_parse("plan", plan_json, len, &doc, why);
	if (st)
		return st;
	root = json_root(doc);
	if (json_find(&root, "settings", &settings))
		while (!st && json_object_each(&settings, &item))
			st = check_setting(order, &settings, item.key, &matched, why);
	if (!st && matched != order->count)
		st = fail_set(why, ST_INPUT, "parameter", "was added to the order on the server");
	json_free(&doc);
	return st;
}

/* ---- who it is ---------------------------------------------------------------------------------------- */

/* The name that follows from the row must be the one the resource bears. */
static void name_of(const struct mapped *out, char name[UUID_TEXT_SIZE])
{
	switch (out->kind) {
	case MAPPED_PATIENT:
		memcpy(name, out->patient.uuid, UUID_TEXT_SIZE);
		break;
	case MAPPED_READINGS:
		memcpy(name, out->readings.uuid, UUID_TEXT_SIZE);
		break;
	case MAPPED_TWIN:
		mapping_name(out->twin.uuid, out->twin.version, 0, PART_TWIN, name);
		break;
	case MAPPED_PLAN:
		mapping_name(out->plan.uuid, out->plan.version, 0, PART_PLAN, name);
		break;
	case MAPPED_EVENT:
		mapping_name(out->event.plan, out->event.version, out->event.ordinal, PART_EVENT, name);
		break;
	case MAPPED_RECORD:
	case MAPPED_DEVICE:
		memcpy(name, out->record.uuid, UUID_TEXT_SIZE);
		break;
	case MAPPED_ORDER:
		mapping_name(out->order.plan, out->order.version, 0, PART_DEVICE, name);
		break;
	default:
		name[0] = '\0';
	}
}

static bool bears(const struct mapping *m, const struct json_at *root, const char *name)
{
	struct json_at list, item, meta;
	if (item_by(root, "identifier", "system", m->id_system, &list, &item))
		return text_of(&item, "value") && strcmp(text_of(&item, "value"), name) == 0;
	return json_find(root, "meta", &meta) && item_by(&meta, "tag", "code", name, &list, &item) &&
	       text_of(&item, "system") && strcmp(text_of(&item, "system"), m->id_system) == 0;
}

static enum status read_root(const struct mapping *m, const struct json_at *root, struct mapped *out,
                             struct fail *why)
{
	const char *type = text_of(root, "resourceType");
	char name[UUID_TEXT_SIZE];
	enum status st = ST_OK;
	if (!type)
		return fail_set(why, ST_INPUT, "resourceType", "is missing");
	if (strcmp(type, "Patient") == 0)
		st = read_patient(m, root, out, why);
	else if (strcmp(type, "Observation") == 0 || strcmp(type, "Provenance") == 0)
		st = read_extension(m, root, out, why);
	else if (strcmp(type, "DocumentReference") == 0)
		st = read_document(root, out, why);
	else if (strcmp(type, "Device") == 0)
		st = read_device(m, root, out, why);
	else if (strcmp(type, "DeviceRequest") == 0)
		st = read_order(m, root, out, why);
	if (!st && out->kind == MAPPED_READINGS)
		st = check_readings(root, out, why);
	name_of(out, name);
	if (!st && name[0] && !bears(m, root, name))
		st = fail_set(why, ST_INPUT, "identifier", "is not the one that its record has");
	return st;
}

enum status mapping_read(const struct mapping *m, const char *body, size_t len, struct mapped *out,
                         struct fail *why)
{
	struct json_doc *doc = NULL;
	*out = (struct mapped){0};
	enum status st = json_parse("resource", body, len, &doc, why);
	if (st)
		return st;
	struct json_at root = json_root(doc);
	st = read_root(m, &root, out, why);
	json_free(&doc);
	if (st)
		mapped_clear(out);
	return st;
}
