/* Lasers, handpieces and stations, and how others name them. Nothing travels beside the elements: a Device says all
 * that its record says, and two stations that meet the same laser write the same. */
#include "planner/sync/mapping_private.h"

#include "devices/json.h"

#define CLASS_LIST "/CodeSystem/device-class"
#define PM_PER_MICRO 1000 /* nm in millionths */

void put_device(struct json_out *out, const struct mapping *m, const char *key, const struct mapping_device *device)
{
	char urn[64];
	(void)snprintf(urn, sizeof urn, "urn:lasertwin:%s", device->uuid);
	json_out_object(out, key);
	if (device->is_there)
		json_out_text(out, "reference", urn);
	json_out_text(out, "type", "Device");
	put_identifier(out, "identifier", m->id_system, device->uuid);
	json_out_end_object(out);
}

/* Whose it is: the clinic, by the address that its names are made of. */
static void put_owner(struct json_out *out, const struct mapping *m)
{
	json_out_object(out, "owner");
	json_out_text(out, "type", "Organization");
	put_identifier(out, "identifier", "urn:ietf:rfc:3986", m->local);
	json_out_end_object(out);
}

static void put_name(struct json_out *out, const struct inventory_device *d)
{
	json_out_array(out, "deviceName");
	json_out_object(out, NULL);
	json_out_text(out, "name", d->name);
	json_out_text(out, "type", d->thing == INVENTORY_STATION ? "user-friendly-name" : "model-name");
	json_out_end_object(out);
	json_out_end_array(out);
}

static void put_version(struct json_out *out, const char *version)
{
	if (!version[0])
		return;
	json_out_array(out, "version");
	json_out_object(out, NULL);
	json_out_text(out, "value", version);
	json_out_end_object(out);
	json_out_end_array(out);
}

static void put_wavelength(struct json_out *out, const struct mapping *m, int64_t pm)
{
	static const struct quantity nm = {"wavelength", "wavelength", "Wavelength", "nm", "nm"};
	if (pm <= 0)
		return;
	json_out_array(out, "property");
	json_out_object(out, NULL);
	put_local_concept(out, m, "type", "device-property", nm.code, nm.display);
	json_out_array(out, "valueQuantity");
	put_quantity(out, NULL, &nm, pm * PM_PER_MICRO);
	json_out_end_array(out);
	json_out_end_object(out);
	json_out_end_array(out);
}

enum status mapping_device(const struct mapping *m, const struct inventory_device *device,
                           const struct mapping_device *parent, bool update, struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	const struct inventory_device d = *device;
	const char *class = inventory_class_name(d.thing);
	resource_begin(&out, m, unit, "Device", d.uuid, false);
	json_out_text(&out, "status", "active");
	json_out_text_if(&out, "manufacturer", d.maker);
	json_out_text_if(&out, "serialNumber", d.serial);
	put_name(&out, &d);
	json_out_text(&out, "modelNumber", d.code);
	put_local_concept(&out, m, "type", &CLASS_LIST[sizeof "/CodeSystem"], class, class);
	put_version(&out, d.version);
	put_wavelength(&out, m, d.wavelength_pm);
	put_owner(&out, m);
	if (parent->uuid[0])
		put_device(&out, m, "parent", parent);
	return resource_finish(&out, unit, "Device", d.uuid, update, why);
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static enum status copy(const struct json_at *at, const char *key, char *out, size_t size, struct fail *why)
{
	struct json_at value;
	const char *text = json_find(at, key, &value) ? json_text(&value) : NULL;
	if (text && strlen(text) >= size)
		return fail_set(why, ST_RANGE, key, "is longer than %zu bytes", size - 1);
	(void)snprintf(out, size, "%s", text ? text : "");
	return ST_OK;
}

/* First item of a list; false: no list, or an empty one. */
static bool first_of(const struct json_at *at, const char *key, struct json_at *item)
{
	struct json_at list;
	*item = (struct json_at){0};
	return json_find(at, key, &list) && json_array_each(&list, item);
}

static enum status read_class(const struct mapping *m, const struct json_at *root, struct inventory_device *d,
                              struct fail *why)
{
	char naming[2 * MAPPING_SYSTEM_MAX];
	struct json_at type, list, coding = {0}, value;
	(void)snprintf(naming, sizeof naming, "%s" CLASS_LIST, m->local);
	if (json_find(root, "type", &type) && json_find(&type, "coding", &list))
		while (json_array_each(&list, &coding)) {
			const char *naming_there = json_find(&coding, "system", &value) ? json_text(&value) : NULL,
			           *code = json_find(&coding, "code", &value) ? json_text(&value) : NULL;
			for (int i = 0; naming_there && code && i < INVENTORY_CLASSES; i++)
				if (strcmp(naming_there, naming) == 0 &&
				    strcmp(code, inventory_class_name((enum inventory_class)i)) == 0) {
					d->thing = (enum inventory_class)i;
					return ST_OK;
				}
		}
	return fail_set(why, ST_INPUT, "type", "is none that a device of ours has: somebody changed it");
}

static enum status read_wavelength(const struct json_at *root, struct inventory_device *d, struct fail *why)
{
	struct json_at property, quantity;
	int64_t micro = 0;
	if (!first_of(root, "property", &property))
		return ST_OK;
	if (!first_of(&property, "valueQuantity", &quantity) || !number_micro(&quantity, "value", &micro) || micro <= 0)
		return fail_set(why, ST_INPUT, "property", "is no wavelength");
	d->wavelength_pm = micro / PM_PER_MICRO;
	return ST_OK;
}

/* Its laser by our name for it, which stands beside the server's. */
static enum status read_parent(const struct json_at *root, struct inventory_device *d, struct fail *why)
{
	struct json_at parent, identifier;
	if (!json_find(root, "parent", &parent))
		return ST_OK;
	enum status st = json_find(&parent, "identifier", &identifier)
	                         ? copy(&identifier, "value", d->parent, sizeof d->parent, why)
	                         : ST_OK;
	return st || uuid_valid(d->parent) ? st : fail_set(why, ST_INPUT, "parent", "is none of ours");
}

static enum status read_device(const struct mapping *m, const struct json_at *root, const char *name,
                               struct inventory_device *d, struct fail *why)
{
	struct json_at item;
	memcpy(d->uuid, name, sizeof d->uuid);
	enum status st = read_class(m, root, d, why);
	if (!st)
		st = copy(root, "manufacturer", d->maker, sizeof d->maker, why);
	if (!st)
		st = copy(root, "serialNumber", d->serial, sizeof d->serial, why);
	if (!st)
		st = copy(root, "modelNumber", d->code, sizeof d->code, why);
	if (!st && first_of(root, "deviceName", &item))
		st = copy(&item, "name", d->name, sizeof d->name, why);
	if (!st && first_of(root, "version", &item))
		st = copy(&item, "value", d->version, sizeof d->version, why);
	if (!st)
		st = read_wavelength(root, d, why);
	if (!st)
		st = read_parent(root, d, why);
	if (!st && (!d->name[0] || !d->code[0]))
		st = fail_set(why, ST_INPUT, "deviceName", "or model number is missing");
	return st;
}

/* A laser's or handpiece's name follows from what it is; a handpiece's from its laser's serial number too, which is in
 * the laser's own Device: of it only that it is no other mode's can be seen here. */
static bool name_fits(const struct inventory_device *d)
{
	char wanted[UUID_TEXT_SIZE];
	inventory_name(d->thing, d->code, d->serial, "", wanted);
	return d->thing != INVENTORY_LASER || strcmp(wanted, d->uuid) == 0;
}

enum status mapping_device_read(const struct mapping *m, const struct json_at *root, const char *name,
                                struct mapped *out, struct fail *why)
{
	struct inventory_device d = {0};
	size_t n = 0;
	enum status st = read_device(m, root, name, &d, why);
	if (!st && !name_fits(&d))
		st = fail_set(why, ST_INPUT, "identifier", "is not the one that this laser has: somebody changed it");
	if (!st)
		st = inventory_text(&d, &out->json, &n, why);
	if (st)
		return st;
	out->kind = MAPPED_DEVICE;
	out->record.json = out->json;
	out->record.json_len = n;
	memcpy(out->record.uuid, name, sizeof out->record.uuid);
	(void)snprintf(out->record.kind, sizeof out->record.kind, INVENTORY_KIND);
	return ST_OK;
}
