#include "planner/plan/inventory.h"

#include <math.h>

#include "devices/json.h"
#include "planner/plan/canonical.h"

#define SCHEMA "lasertwin-device-record/1"
#define PM_PER_NM 1000.0
#define WAVELENGTH_MAX_PM 1e9 /* 1 mm */

static const char *const class_names[INVENTORY_CLASSES] = {"handpiece", "laser", "station"};

const char *inventory_class_name(enum inventory_class thing)
{
	return (unsigned)thing < INVENTORY_CLASSES ? class_names[thing] : "unknown";
}

/* As written on a label, whoever typed it: letters in one case, without spaces. */
static void add_serial(struct digest_stream *stream, const char *serial)
{
	char plain[INVENTORY_TEXT_MAX] = "";
	size_t n = 0;
	for (const char *c = serial; *c && n + 1 < sizeof plain; c++)
		if (*c != ' ')
			plain[n++] = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
	digest_add_text(stream, plain, n);
}

void inventory_name(enum inventory_class thing, const char *code, const char *serial, const char *handpiece_serial,
                    char uuid[UUID_TEXT_SIZE])
{
	struct digest_stream stream;
	struct digest digest;
	digest_begin(&stream, "lasertwin device name/1");
	digest_add_text(&stream, class_names[thing], strlen(class_names[thing]));
	digest_add_text(&stream, code, strlen(code));
	add_serial(&stream, serial);
	add_serial(&stream, handpiece_serial);
	digest_end(&stream, &digest);
	uuid_from_bytes(digest.bytes, uuid);
}

void inventory_of_mode(const struct device *device, const struct device_mode *mode, const char *serial,
                       const char *handpiece_serial, struct inventory_device *laser,
                       struct inventory_device *handpiece)
{
	*laser = (struct inventory_device){.thing = INVENTORY_LASER};
	*handpiece = (struct inventory_device){.thing = INVENTORY_HANDPIECE};
	(void)snprintf(laser->code, sizeof laser->code, "%s", device->id);
	(void)snprintf(laser->name, sizeof laser->name, "%s", device->name);
	(void)snprintf(laser->maker, sizeof laser->maker, "%s", device->maker);
	(void)snprintf(laser->serial, sizeof laser->serial, "%s", serial);
	inventory_name(laser->thing, laser->code, serial, "", laser->uuid);
	(void)snprintf(handpiece->code, sizeof handpiece->code, "%s.%s", device->id, mode->id);
	(void)snprintf(handpiece->name, sizeof handpiece->name, "%s", mode->name);
	(void)snprintf(handpiece->maker, sizeof handpiece->maker, "%s", device->maker);
	(void)snprintf(handpiece->serial, sizeof handpiece->serial, "%s", handpiece_serial);
	memcpy(handpiece->parent, laser->uuid, sizeof handpiece->parent);
	handpiece->wavelength_pm = isnan(mode->wavelength_nm) ? 0 : llround(mode->wavelength_nm * PM_PER_NM);
	inventory_name(handpiece->thing, handpiece->code, serial, handpiece_serial, handpiece->uuid);
}

/* ---- content ---- */

static void text_if(struct canonical *c, const char *key, const char *text)
{
	if (text[0])
		canonical_text(c, key, text);
}

enum status inventory_text(const struct inventory_device *d, char **text, size_t *n, struct fail *why)
{
	struct canonical c = {0};
	canonical_object(&c, NULL);
	canonical_text(&c, "class", inventory_class_name(d->thing));
	canonical_text(&c, "code", d->code);
	text_if(&c, "maker", d->maker);
	canonical_text(&c, "name", d->name);
	text_if(&c, "parent", d->parent);
	canonical_text(&c, "schema", SCHEMA);
	text_if(&c, "serial", d->serial);
	canonical_text(&c, "uuid", d->uuid);
	text_if(&c, "version", d->version);
	if (d->wavelength_pm > 0)
		canonical_int(&c, "wavelength_pm", d->wavelength_pm);
	canonical_close(&c);
	return canonical_finish(&c, text, n, why);
}

static enum status read_class(const struct json_at *root, enum inventory_class *out, struct fail *why)
{
	char word[16];
	enum status st = json_string(root, "class", word, sizeof word, NULL, why);
	for (int i = 0; !st && i < INVENTORY_CLASSES; i++)
		if (strcmp(word, class_names[i]) == 0) {
			*out = (enum inventory_class)i;
			return ST_OK;
		}
	return st ? st : fail_set(why, ST_INPUT, "class", "\"%s\" is none of handpiece, laser, station", word);
}

static enum status read_texts(const struct json_at *root, struct inventory_device *d, struct fail *why)
{
	const struct {
		const char *key;
		char *text;
		size_t size;
		bool required;
	} texts[] = {{"code", d->code, sizeof d->code, true},           {"maker", d->maker, sizeof d->maker, false},
	             {"name", d->name, sizeof d->name, true},           {"parent", d->parent, sizeof d->parent, false},
	             {"serial", d->serial, sizeof d->serial, false},    {"uuid", d->uuid, sizeof d->uuid, true},
	             {"version", d->version, sizeof d->version, false}};
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < sizeof texts / sizeof *texts; i++) {
		bool present = false;
		st = json_string(root, texts[i].key, texts[i].text, texts[i].size, texts[i].required ? NULL : &present, why);
	}
	return st;
}

enum status inventory_read(const char *text, size_t n, struct inventory_device *out, struct fail *why)
{
	struct json_doc *doc = NULL;
	double pm = 0;
	bool present = false;
	*out = (struct inventory_device){0};
	enum status st = json_parse(INVENTORY_KIND, text, n, &doc, why);
	if (st)
		return st;
	const struct json_at root = json_root(doc);
	st = json_schema(&root, SCHEMA, why);
	if (!st)
		st = read_class(&root, &out->thing, why);
	if (!st)
		st = read_texts(&root, out, why);
	if (!st && (!uuid_valid(out->uuid) || (out->parent[0] && !uuid_valid(out->parent))))
		st = fail_set(why, ST_INPUT, "uuid", "is no UUID");
	if (!st)
		st = json_number_in(&root, "wavelength_pm", 0, WAVELENGTH_MAX_PM, "pm", &pm, &present, why);
	out->wavelength_pm = present ? (int64_t)pm : 0;
	json_free(&doc);
	return st;
}

/* ---- records ---- */

static enum status latest(struct store *store, const char *uuid, struct store_record_list *list, struct fail *why)
{
	const struct store_record_query query = {.kind = INVENTORY_KIND, .subject = uuid, .limit = 1};
	return store_record_list(store, &query, list, why);
}

enum status inventory_find(struct store *store, const char *uuid, struct inventory_device *out, struct fail *why)
{
	struct store_record_list list = {0};
	enum status st = latest(store, uuid, &list, why);
	if (!st && list.count == 0)
		st = fail_set(why, ST_NOT_FOUND, INVENTORY_KIND, "%s was never met here", uuid);
	if (!st)
		st = inventory_read(list.items[0].json, list.items[0].json_len, out, why);
	store_record_list_free(&list);
	return st;
}

enum status inventory_keep(struct store *store, const struct inventory_device *device, const struct store_stamp *stamp,
                           struct fail *why)
{
	struct store_record record = {.kind = INVENTORY_KIND, .at_ms = stamp->at_ms};
	struct store_record_list list = {0};
	char *text = NULL;
	enum status st = inventory_text(device, &text, &record.json_len, why);
	if (!st)
		st = latest(store, device->uuid, &list, why);
	bool same = !st && list.count > 0 && list.items[0].json_len == record.json_len &&
	            memcmp(list.items[0].json, text, record.json_len) == 0;
	if (!st && !same) {
		record.json = text;
		memcpy(record.uuid, device->uuid, sizeof record.uuid);
		(void)snprintf(record.subject, sizeof record.subject, "%s", device->uuid);
		st = list.count > 0 ? uuid_new(record.uuid, why) : ST_OK;
		if (!st)
			st = store_record_add(store, &record, stamp, why);
	}
	store_record_list_free(&list);
	free(text);
	return st;
}

enum status inventory_keep_mode(struct store *store, const struct device *device, const struct device_mode *mode,
                                const char *serial, const char *handpiece_serial, const struct store_stamp *stamp,
                                struct fail *why)
{
	struct inventory_device laser, handpiece;
	inventory_of_mode(device, mode, serial, handpiece_serial, &laser, &handpiece);
	enum status st = inventory_keep(store, &laser, stamp, why);
	return st ? st : inventory_keep(store, &handpiece, stamp, why);
}
