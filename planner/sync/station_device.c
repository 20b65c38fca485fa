/* Devices on record, as what is sent names them. */
#include "planner/plan/delivery.h"
#include "planner/plan/inventory.h"
#include "planner/sync/station_private.h"

#ifndef LASERTWIN_VERSION
#error "LASERTWIN_VERSION is the Makefile's to give"
#endif

bool station_is_device(const struct store_outbox *row)
{
	return row->object == OUTBOX_RECORD && strcmp(row->kind, INVENTORY_KIND) == 0;
}

enum status station_device_names(struct station *s, const char *record, char *device, char *write, struct fail *why)
{
	struct store_record row = {0};
	enum status st = store_record_get(s->store, record, &row, why);
	if (!st) {
		memcpy(device, row.subject, UUID_TEXT_SIZE);
		uuid_from_bytes(row.digest.bytes, write);
	}
	store_record_clear(&row);
	return st;
}

enum status station_register(struct station *s, struct fail *why)
{
	const struct store_stamp stamp = station_stamp(s);
	struct inventory_device own = {.thing = INVENTORY_STATION, .code = "lasertwin", .version = LASERTWIN_VERSION};
	memcpy(own.uuid, s->uuid, sizeof own.uuid);
	(void)snprintf(own.name, sizeof own.name, "lasertwin station %.8s", s->uuid);
	return inventory_keep(s->store, &own, &stamp, why);
}

/* A Device that stands there, or is on its way, is waited for; one that the server refused or somebody deleted is named
 * by its identifier, so that nothing waits for it. */
static enum status find_device(struct station *s, const char *uuid, struct mapping_device *out, struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	struct sync_place place;
	bool open = false;
	memcpy(out->uuid, uuid, sizeof out->uuid);
	(void)snprintf(key, sizeof key, "p.%s", uuid);
	enum status st = station_get(s, key, value, why);
	if (!st && station_place_read(value, uuid, &place))
		out->is_there = !place.gone;
	else if (!st) {
		st = station_sending_soon(s, uuid, &open, why);
		out->is_there = open;
	}
	return st;
}

enum status station_map_device(struct station *s, const struct store_record *record, bool update,
                               struct sync_unit *unit, struct fail *why)
{
	struct inventory_device device;
	struct mapping_device parent = {0};
	enum status st = inventory_read(record->json, record->json_len, &device, why);
	if (!st && device.parent[0])
		st = find_device(s, device.parent, &parent, why);
	return st ? st : mapping_device(&s->mapping, &device, &parent, update, unit, why);
}

/* Nothing where it was never put on record. */
static enum status find_recorded(struct station *s, enum inventory_class thing, const char *code, const char *serial,
                                 const char *handpiece_serial, struct mapping_device *out, struct fail *why)
{
	char uuid[UUID_TEXT_SIZE];
	struct inventory_device known;
	struct fail none;
	inventory_name(thing, code, serial, handpiece_serial, uuid);
	return inventory_find(s->store, uuid, &known, &none) == ST_OK ? find_device(s, uuid, out, why) : ST_OK;
}

/* The labels as the treatment's records have them; the last reading counts. */
static enum status read_labels(struct station *s, const struct store_plan *plan, struct delivery_event *out,
                               struct fail *why)
{
	const struct store_record_query query = {
	        .kind = "delivery", .plan = plan->uuid, .plan_version = plan->version, .oldest_first = true};
	struct store_record_list list = {0};
	struct delivery_event event;
	struct fail none;
	enum status st = store_record_list(s->store, &query, &list, why);
	for (size_t i = 0; !st && i < list.count; i++)
		if (delivery_event_decode(list.items[i].json, list.items[i].json_len, &event, &none) == ST_OK &&
		    event.kind == DELIVERY_DEVICE)
			*out = event;
	store_record_list_free(&list);
	return st;
}

static enum status find_used(struct station *s, const struct store_plan *plan, struct mapping_parties *out,
                             struct fail *why)
{
	struct delivery_event labels = {.kind = DELIVERY_DEVICE};
	char profile[DEVICE_ID_MAX], mode[DEVICE_ID_MAX];
	enum status st = read_labels(s, plan, &labels, why);
	if (!st && device_mode_split(plan->device, profile, mode))
		st = find_recorded(s, INVENTORY_LASER, profile, labels.serial, "", &out->laser, why);
	if (!st)
		st = find_recorded(s, INVENTORY_HANDPIECE, plan->device, labels.serial, labels.handpiece_serial,
		                   &out->handpiece, why);
	return st;
}

enum status station_parties(struct station *s, const struct store_plan *plan, bool used, struct mapping_parties *out,
                            struct fail *why)
{
	*out = (struct mapping_parties){0};
	enum status st = find_device(s, s->uuid, &out->station, why);
	if (!st && plan)
		st = find_recorded(s, INVENTORY_HANDPIECE, plan->device, "", "", &out->ordered, why);
	if (!st && plan && used)
		st = station_is_revoked(s, plan, &out->revoked, why);
	return st || !plan || !used ? st : find_used(s, plan, out, why);
}
