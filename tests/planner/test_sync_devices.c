/* Lasers, handpieces and stations on the server: sent before what names them, named by it, met again, never doubled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/calibration.h"
#include "planner/plan/delivery.h"
#include "planner/plan/inventory.h"
#include "planner/store/outbox.h"
#include "tests/support/sync_pair.h"

static struct device device;
static struct device_mode *mode;

static void describe(const char *plan_device)
{
	device = (struct device){.name = "Virtual 1550", .maker = "Virtual", .modes = 1};
	mode = &device.mode[0];
	(void)device_mode_split(plan_device, device.id, mode->id);
	(void)snprintf(mode->name, sizeof mode->name, "Virtual handpiece");
	mode->wavelength_nm = 1550;
}

static void put_on_record(struct post *side, const char *serial, const char *handpiece_serial)
{
	struct fail why;
	must(inventory_keep_mode(side->store, &device, mode, serial, handpiece_serial, &fixture_stamp, &why), &why);
}

static const char *body_of(struct pair *p, const char *name)
{
	struct fake_record *record = fake_fhir_find(&p->server, name);
	assert_non_null(record);
	return fake_fhir_body(record);
}

static void refers_to(struct pair *p, const char *from, const char *to)
{
	char place[128];
	struct fake_record *target = fake_fhir_find(&p->server, to);
	assert_non_null(target);
	(void)snprintf(place, sizeof place, "\"reference\":\"%s/%s\"", target->type, target->id);
	assert_non_null(strstr(body_of(p, from), place));
}

static void treat(struct post *side, const struct made *made, const char *serial, const char *handpiece_serial)
{
	struct delivery_event event;
	struct fail why;
	char *json;
	size_t n;
	delivery_event_init(&event, DELIVERY_DEVICE, FIXTURE_NOW_MS, made->patient.uuid);
	(void)snprintf(event.serial, sizeof event.serial, "%s", serial);
	(void)snprintf(event.handpiece, sizeof event.handpiece, "%s", made->plan.device);
	(void)snprintf(event.handpiece_serial, sizeof event.handpiece_serial, "%s", handpiece_serial);
	must(delivery_event_encode(&event, &json, &n, &why), &why);
	add_record(side, made, "delivery", json);
	free(json);
}

static void a_plan_and_a_treatment_name_their_devices(void **state)
{
	struct pair *p = *state;
	struct approved with;
	struct inventory_device laser, handpiece, piece;
	char order[UUID_TEXT_SIZE], procedure[UUID_TEXT_SIZE], event[UUID_TEXT_SIZE];
	describe("ultrapulse.deepfx");
	put_on_record(&p->a, "", "");
	share_approved(p, &with);
	treat(&p->a, &with.made, "LX 7", "HP-1");
	put_on_record(&p->a, "LX 7", "HP-1");
	move_plan(&p->a, &with.made, "approved", "treating", NULL);
	move_plan(&p->a, &with.made, "treating", "delivered", NULL);
	(void)round_of(&p->a);
	outbox_is_done(&p->a);
	inventory_of_mode(&device, mode, "", "", &laser, &handpiece);
	mapping_name(with.made.plan.uuid, 1, 0, PART_DEVICE, order);
	refers_to(p, order, handpiece.uuid);
	assert_null(strstr(body_of(p, order), "codeCodeableConcept"));
	refers_to(p, handpiece.uuid, laser.uuid);
	assert_non_null(strstr(body_of(p, handpiece.uuid), "\"value\":1550,\"unit\":\"nm\""));
	inventory_of_mode(&device, mode, "LX 7", "HP-1", &laser, &piece);
	assert_string_not_equal(piece.uuid, handpiece.uuid);
	mapping_name(with.made.plan.uuid, 1, 0, PART_PROCEDURE, procedure);
	refers_to(p, procedure, laser.uuid);
	refers_to(p, procedure, piece.uuid);
	assert_non_null(strstr(body_of(p, laser.uuid), "\"serialNumber\":\"LX 7\""));
	mapping_name(with.made.plan.uuid, 1, 2, PART_EVENT, event);
	refers_to(p, event, p->a.station_uuid);
	refers_to(p, with.made.readings, p->a.station_uuid);
	dump(&p->server, "LASERTWIN_SYNC_DUMP");
}

static void the_audit_names_its_station(void **state)
{
	struct pair *p = *state;
	struct made made;
	size_t named = 0, audit = 0;
	char place[128];
	make_everything(&p->a, &made);
	(void)round_of(&p->a);
	const struct fake_record *station = fake_fhir_find(&p->server, p->a.station_uuid);
	assert_non_null(station);
	(void)snprintf(place, sizeof place, "\"observer\":{\"reference\":\"Device/%s\"", station->id);
	for (size_t i = 0; i < p->server.count; i++) {
		if (strcmp(p->server.records[i].type, "AuditEvent") != 0)
			continue;
		audit++;
		named += strstr(fake_fhir_body(&p->server.records[i]), place) != NULL;
	}
	assert_true(audit > 0);
	assert_int_equal(named, audit);
}

/* Two stations that meet the same laser offline: one Device, no conflict, and each knows it. */
static void the_same_laser_met_twice_is_one(void **state)
{
	struct pair *p = *state;
	struct inventory_device laser, handpiece, found;
	struct fail why;
	describe("virtual_1550.a");
	inventory_of_mode(&device, mode, "lx7", "HP-1", &laser, &handpiece);
	put_on_record(&p->a, "LX 7", "HP-1");
	put_on_record(&p->b, "LX 7", "HP-1");
	(void)round_of(&p->a);
	struct sync_outcome outcome = round_of(&p->b);
	assert_int_equal(outcome.conflicts, 0);
	outbox_is_done(&p->a);
	outbox_is_done(&p->b);
	(void)round_of(&p->a);
	assert_int_equal(fake_fhir_copies(&p->server, laser.uuid), 1);
	assert_int_equal(fake_fhir_copies(&p->server, handpiece.uuid), 1);
	assert_int_equal(fake_fhir_find(&p->server, laser.uuid)->count, 1);
	must(inventory_find(p->a.store, p->b.station_uuid, &found, &why), &why); /* stations know each other */
	assert_int_equal(found.thing, INVENTORY_STATION);
	/* and a laser that the other has on record already is not put there again */
	struct store_record_list list = {0};
	const struct store_record_query query = {.kind = INVENTORY_KIND, .subject = laser.uuid};
	must(store_record_list(p->b.store, &query, &list, &why), &why);
	assert_int_equal(list.count, 1);
	store_record_list_free(&list);
}

static void what_changes_is_a_new_version_of_the_same(void **state)
{
	struct pair *p = *state;
	struct inventory_device laser, handpiece, found;
	struct fail why;
	describe("virtual_1550.a");
	put_on_record(&p->a, "LX 7", "HP-1");
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	inventory_of_mode(&device, mode, "LX 7", "HP-1", &laser, &handpiece);
	(void)snprintf(laser.version, sizeof laser.version, "2.0");
	must(inventory_keep(p->b.store, &laser, &fixture_stamp, &why), &why);
	(void)round_of(&p->b);
	outbox_is_done(&p->b);
	assert_int_equal(p->server.blind_writes, 0);
	assert_int_equal(fake_fhir_find(&p->server, laser.uuid)->count, 2);
	(void)round_of(&p->a);
	must(inventory_find(p->a.store, laser.uuid, &found, &why), &why);
	assert_string_equal(found.version, "2.0");
	outbox_is_done(&p->a);
	assert_int_equal(notices(&p->a, SYNC_NOTE_PARKED), 0);
}

/* A server that takes no Devices costs none of the records that name one. */
static void a_refused_device_holds_up_nothing(void **state)
{
	struct pair *p = *state;
	struct made made;
	struct inventory_device laser, handpiece;
	char order[UUID_TEXT_SIZE], named[256];
	describe("ultrapulse.deepfx");
	put_on_record(&p->a, "", "");
	make_everything(&p->a, &made);
	p->forbidden = "\"resourceType\":\"Device\"";
	(void)round_of(&p->a);
	(void)round_of(&p->a);
	inventory_of_mode(&device, mode, "", "", &laser, &handpiece);
	mapping_name(made.plan.uuid, 1, 0, PART_DEVICE, order);
	(void)snprintf(named, sizeof named, "\"codeReference\":{\"type\":\"Device\",\"identifier\":{\"system\":\"%s\",\"value\":\"%s\"}}",
	               FAKE_ID_SYSTEM, handpiece.uuid);
	assert_non_null(strstr(body_of(p, order), named));
	assert_non_null(fake_fhir_find(&p->server, made.readings));
}

/* ---- beside the planner ------------------------------------------------------------------------------------- */

static struct post *changing;
static struct inventory_device change;
static enum status (*arrive_there)(void *state, const struct sync_arrival *items, size_t count, const char *key,
                                   const char *value, struct fail *why);

/* The engine has looked and found nothing of ours against it; before the page is kept, a person here changes the same. */
static enum status change_then_arrive(void *state, const struct sync_arrival *items, size_t count, const char *key,
                                      const char *value, struct fail *why)
{
	for (size_t i = 0; i < count && changing; i++)
		if (strcmp(items[i].place.sync_id, change.uuid) == 0) {
			must(inventory_keep(changing->store, &change, &fixture_stamp, why), why);
			changing = NULL;
		}
	return arrive_there(state, items, count, key, value, why);
}

/* Held by the station's second look alone: else theirs would become what ours is sent over, and be lost. */
static void a_change_made_between_look_and_arrival_is_a_conflict(void **state)
{
	struct pair *p = *state;
	struct inventory_device laser, handpiece;
	struct fail why;
	int64_t count[OUTBOX_STATES];
	describe("virtual_1550.a");
	put_on_record(&p->a, "LX 7", "HP-1");
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	inventory_of_mode(&device, mode, "LX 7", "HP-1", &laser, &handpiece);
	(void)snprintf(laser.version, sizeof laser.version, "2.0");
	must(inventory_keep(p->a.store, &laser, &fixture_stamp, &why), &why);
	(void)round_of(&p->a);
	change = laser;
	(void)snprintf(change.version, sizeof change.version, "3.0");
	changing = &p->b;
	arrive_there = p->b.guarded.inner.arrive;
	p->b.guarded.inner.arrive = change_then_arrive;
	(void)round_of(&p->b);
	assert_null(changing);
	(void)round_of(&p->b);
	assert_int_equal(fake_fhir_find(&p->server, laser.uuid)->count, 2); /* made, and changed by a */
	assert_non_null(strstr(body_of(p, laser.uuid), "\"value\":\"2.0\""));
	must(store_outbox_count(p->b.store, count, &why), &why);
	assert_int_equal(count[OUTBOX_CONFLICT], 1);
	must(inventory_find(p->b.store, laser.uuid, &laser, &why), &why);
	assert_string_equal(laser.version, "3.0"); /* ours is kept here */
}

static void read_body(const char *body, enum status expected, enum mapping_kind kind)
{
	struct mapping mapping;
	struct mapped mapped;
	struct fail why;
	must(mapping_init(&mapping, LOCAL, &why), &why);
	assert_int_equal(mapping_read(&mapping, body, strlen(body), &mapped, &why), expected);
	if (expected == ST_OK) {
		assert_int_equal(mapped.kind, kind);
		mapped_clear(&mapped);
	}
}

static void foreign_and_bent_devices_are_told_apart(void **state)
{
	struct pair *p = *state;
	struct inventory_device laser, handpiece;
	read_body("{\"resourceType\":\"Device\",\"id\":\"7\",\"type\":{\"text\":\"infusion pump\"}}", ST_OK, MAPPED_NOTHING);
	read_body("{\"resourceType\":\"Device\",\"identifier\":[{\"system\":\"" FAKE_ID_SYSTEM "\",\"value\":\"x\"}]}", ST_INPUT,
	          MAPPED_NOTHING);
	describe("virtual_1550.a");
	put_on_record(&p->a, "LX 7", "HP-1");
	(void)round_of(&p->a);
	inventory_of_mode(&device, mode, "LX 7", "HP-1", &laser, &handpiece);
	read_body(body_of(p, laser.uuid), ST_OK, MAPPED_DEVICE);
	read_body(body_of(p, handpiece.uuid), ST_OK, MAPPED_DEVICE);
	fake_fhir_tamper(&p->server, fake_fhir_find(&p->server, laser.uuid), "LX 7", "LX 8"); /* another laser's number */
	read_body(body_of(p, laser.uuid), ST_INPUT, MAPPED_NOTHING);
	(void)round_of(&p->b);
	assert_int_equal(notices(&p->b, SYNC_NOTE_PARKED), 1);
}

/* ---- output checks -------------------------------------------------------------------------------------- */

#define MINUTE_MS INT64_C(60000)

static void check_at(struct post *side, int minute)
{
	const struct calibration check = {"L-7", "H-3", 9.8, 10, "mJ"};
	const struct store_stamp stamp = {FIXTURE_NOW_MS + minute * MINUTE_MS, "technician"};
	struct fail why;
	must(calibration_keep(side->store, &check, &stamp, &why), &why);
}

static void fault_at(struct post *side, int minute)
{
	const struct store_stamp stamp = {FIXTURE_NOW_MS + minute * MINUTE_MS, "technician"};
	struct fail why;
	must(calibration_fault(side->store, "L-7", "", "smoke from the handpiece", &stamp, &why), &why);
}

/* The minute of the check that counts; -1: none. */
static int64_t counts(struct post *side)
{
	const struct calibration_day day = {.now_ms = FIXTURE_NOW_MS + 60 * MINUTE_MS};
	struct calibration_entry entry;
	struct fail why;
	enum status st = calibration_today(side->store, "L-7", "H-3", &day, &entry, &why);
	return st == ST_NOT_FOUND ? -1 : (entry.at_ms - FIXTURE_NOW_MS) / MINUTE_MS;
}

static void exchange(struct pair *p)
{
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	(void)round_of(&p->a);
	assert_int_equal(counts(&p->a), counts(&p->b));
}

/* The console's daily check made at one station counts at the other, and a fault stops at both. */
static void a_check_and_a_fault_count_at_every_station(void **state)
{
	struct pair *p = *state;
	check_at(&p->a, 5);
	exchange(p);
	assert_int_equal(counts(&p->b), 5);
	fault_at(&p->b, 20);
	exchange(p);
	assert_int_equal(counts(&p->a), -1);
	check_at(&p->a, 30); /* mended and checked */
	exchange(p);
	assert_int_equal(counts(&p->b), 30);
}

/* Offline, in every order of entering and arriving: a check made before a fault never counts because it came later. */
static void a_check_from_before_the_fault_does_not_come_back(void **state)
{
	struct pair *p = *state;
	check_at(&p->a, 5);
	fault_at(&p->b, 20); /* b does not know of the check yet */
	exchange(p);
	assert_int_equal(counts(&p->b), -1);
	check_at(&p->b, 40);
	check_at(&p->a, 35); /* and of two checks after it the later one stands, whichever came first */
	exchange(p);
	assert_int_equal(counts(&p->a), 40);
	/* one that was made before a fault, in ignorance of it */
	check_at(&p->a, 45);
	fault_at(&p->b, 50);
	exchange(p);
	assert_int_equal(counts(&p->a), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_plan_and_a_treatment_name_their_devices, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(the_audit_names_its_station, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(the_same_laser_met_twice_is_one, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(what_changes_is_a_new_version_of_the_same, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(a_change_made_between_look_and_arrival_is_a_conflict, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(a_refused_device_holds_up_nothing, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(foreign_and_bent_devices_are_told_apart, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(a_check_and_a_fault_count_at_every_station, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(a_check_from_before_the_fault_does_not_come_back, make_pair, drop_pair),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
