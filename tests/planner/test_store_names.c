/* Pages of names: they say what the patients' rows say, forget whom the store forgets, and are not believed when they
 * were changed, taken out or put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/store_world.h"
#include "tests/support/vfs_powercut.h"

enum { PER_PAGE = 3 };

static int pages(struct store_world *world)
{
	return store_number(world->store, "SELECT count(*) FROM patient_page");
}

/* The world's own patient, then Virtual 0, 1, 2 ... */
static void add(struct store_world *world, struct store_patient *patients, int n)
{
	char label[32];
	for (int i = 0; i < n; i++) {
		(void)snprintf(label, sizeof label, "Virtual %d", i);
		fixture_patient(world->store, label, &patients[i]);
	}
}

static void erase(struct store_world *world, const struct store_patient *patient)
{
	world_ok(world, store_patient_erase(world->store, world->store->sessions, patient->uuid, "x", &fixture_stamp,
	                                    &world->why));
}

/* The labels, one after another; "": refused. */
static const char *listed(struct store_world *world)
{
	static char text[400];
	struct store_patient_list list;
	text[0] = '\0';
	names_forget(world->store);
	if (store_patient_list(world->store, &(struct store_patient_query){0}, &list, &world->why) != ST_OK)
		return text;
	for (size_t i = 0; i < list.count; i++) {
		size_t n = strlen(text);
		(void)snprintf(text + n, sizeof text - n, "%s%s", i > 0 ? ", " : "", list.items[i].label);
	}
	store_patient_list_free(&list);
	return text;
}

static void refused(struct store_world *world, const char *about)
{
	assert_string_equal(listed(world), "");
	world_refused(world, ST_IO, ST_IO, about);
	world_refused(world, store_check(world->store, NULL, &world->why), ST_IO, about);
}

static int world_new(void **state)
{
	fixture_names_per_page = PER_PAGE;
	return store_world_new(state);
}

static void the_list_is_read_from_pages_and_the_rows_after_them(void **state)
{
	struct store_world *world = *state;
	struct store_patient patients[6];
	add(world, patients, 6);
	assert_int_equal(pages(world), 2);
	for (int opening = 0; opening < 2; opening++) {
		assert_string_equal(listed(world), "Virtual 0, Virtual 1, Virtual 2, Virtual 3, Virtual 4, Virtual 5, "
		                                   "Zebedee Quill");
		world_ok(world, store_check(world->store, NULL, &world->why));
		world_reopen(world);
	}
	world_sql(world, "DELETE FROM patient_page WHERE number = 2"); /* then its patients' own rows are read */
	world_reopen(world);
	assert_string_equal(listed(world), "Virtual 0, Virtual 1, Virtual 2, Virtual 3, Virtual 4, Virtual 5, "
	                                   "Zebedee Quill");
}

static void whom_the_store_forgets_no_page_names(void **state)
{
	struct store_world *world = *state;
	struct store_patient patients[6];
	static const char kept[] = "CREATE TABLE kept AS SELECT * FROM patient_page WHERE number = 1";
	add(world, patients, 6);
	world_sql(world, kept);
	world_reopen(world);
	erase(world, &patients[0]); /* on the first page */
	erase(world, &patients[5]); /* on none yet */
	for (int opening = 0; opening < 2; opening++) {
		assert_string_equal(listed(world), "Virtual 1, Virtual 2, Virtual 3, Virtual 4, Zebedee Quill");
		assert_int_equal(store_number(world->store, "SELECT count(*) FROM patient_page AS p JOIN kept AS k ON k.number = p.number"
		                              " WHERE k.sealed = p.sealed"),
		                 0);
		world_ok(world, store_check(world->store, NULL, &world->why));
		world_reopen(world);
	}
	add(world, patients, 3); /* the third page has one fewer: whoever was erased is read by nobody */
	assert_int_equal(pages(world), 3);
	assert_string_equal(listed(world), "Virtual 0, Virtual 1, Virtual 1, Virtual 2, Virtual 2, Virtual 3, Virtual 4, "
	                                   "Zebedee Quill");
	world_ok(world, store_check(world->store, NULL, &world->why));
	world_sql(world, "REPLACE INTO patient_page SELECT * FROM kept");
	world_reopen(world);
	refused(world, "patient_page");
}

static void a_correction_stands_on_the_page(void **state)
{
	struct store_world *world = *state;
	struct store_patient patients[4];
	add(world, patients, 4);
	world_sql(world, "CREATE TABLE kept AS SELECT * FROM patient_page WHERE number = 1");
	world_reopen(world);
	(void)snprintf(patients[0].label, sizeof patients[0].label, "Corrected 0"); /* on the first page */
	(void)snprintf(patients[3].label, sizeof patients[3].label, "Corrected 3"); /* on none yet */
	world_ok(world, store_patient_change(world->store, &patients[0], "x", &fixture_stamp, &world->why));
	world_ok(world, store_patient_change(world->store, &patients[3], "x", &fixture_stamp, &world->why));
	for (int opening = 0; opening < 2; opening++) {
		assert_string_equal(listed(world), "Corrected 0, Corrected 3, Virtual 1, Virtual 2, Zebedee Quill");
		world_ok(world, store_check(world->store, NULL, &world->why));
		world_reopen(world);
	}
	add(world, patients, 1); /* the second page is full, with what was corrected */
	assert_int_equal(pages(world), 2);
	assert_string_equal(listed(world), "Corrected 0, Corrected 3, Virtual 0, Virtual 1, Virtual 2, Zebedee Quill");
	world_sql(world, "REPLACE INTO patient_page SELECT * FROM kept");
	world_reopen(world);
	refused(world, "patient_page");
}

static void a_changed_page_is_refused_by_name(void **state)
{
	static const char *const changes[] = {
	        "UPDATE patient_page SET sealed = zeroblob(length(sealed)) WHERE number = 2",
	        "UPDATE patient_page SET sealed = (SELECT sealed FROM patient_page WHERE number = 1) WHERE number = 2",
	        "UPDATE patient_page SET last_row = last_row - 1 WHERE number = 2",
	        "UPDATE patient_page SET code = zeroblob(32) WHERE number = 1",
	        "DELETE FROM patient_page WHERE number = 1",
	};
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct store_world *world;
		struct store_patient patients[5];
		(void)world_new((void **)&world);
		add(world, patients, 5);
		world_sql(world, changes[i]);
		world_reopen(world);
		refused(world, "patient_page");
		(void)store_world_free((void **)&world);
	}
	(void)state;
}

/* Written with the store's own key, as only a fault of the program could. */
static void a_page_that_says_otherwise_is_found_by_the_check(void **state)
{
	struct store_world *world = *state;
	struct store_patient patients[2];
	unsigned char packed[3 * 512], *end = packed;
	struct cell cells[PATIENT_CELLS];
	add(world, patients, 2);
	for (int i = 0; i < PER_PAGE; i++) {
		const struct cell *from = patient_cells(&patients[i % 2], cells);
		for (int c = 0; c < PATIENT_CELLS; c++)
			end = cell_pack(end, &from[c]);
		end = cell_pack(end, &(const struct cell){.type = CELL_INT});
	}
	const struct cell page[] = {cell_int(1), cell_int(3), cell_blob(packed, (size_t)(end - packed))};
	world_ok(world, store_write_begin(world->store, &fixture_stamp, &world->why));
	world_ok(world, store_write_end(world->store,
	                                row_insert(world->store, SQL_PATIENT_PAGE_PUT, TABLE_PATIENT_PAGE, page, "x",
	                                           &world->why),
	                                &world->why));
	world_refused(world, store_check(world->store, NULL, &world->why), ST_IO, "what the patients' rows say");
}

static void a_store_of_schema_3_gets_its_pages_at_the_next_login(void **state)
{
	struct store_world *world = *state;
	struct store_patient patients[5];
	struct store_audit_list audit;
	struct audit_head head;
	add(world, patients, 5);
	char names[400];
	(void)snprintf(names, sizeof names, "%s", listed(world));
	world_ok(world, store_write_begin(world->store, &fixture_stamp, &world->why));
	world_ok(world, audit_head_get(world->store, &head, &world->why));
	head.schema = 3;
	world_ok(world, store_write_end(world->store, audit_head_put(world->store, &head, &world->why), &world->why));
	world_sql(world, "DROP TABLE patient_page; PRAGMA user_version = 3");
	world_reopen_locked(world);
	assert_int_equal(pages(world), 0);
	world_ok(world, fixture_unlock(world->store, &world->why));
	assert_int_equal(pages(world), 2);
	assert_string_equal(listed(world), names);
	world_ok(world, store_check(world->store, NULL, &world->why));
	world_ok(world, store_audit_list(world->store, 0, 0, &audit, &world->why));
	assert_true(audit.count >= 2);
	assert_string_equal(audit.items[audit.count - 2].action, "store.migrate");
	assert_string_equal(audit.items[audit.count - 2].object, "schema 4");
	store_audit_list_free(&audit);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_new, store_world_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_list_is_read_from_pages_and_the_rows_after_them),
	        TEST(whom_the_store_forgets_no_page_names),
	        TEST(a_correction_stands_on_the_page),
	        cmocka_unit_test(a_changed_page_is_refused_by_name),
	        TEST(a_page_that_says_otherwise_is_found_by_the_check),
	        TEST(a_store_of_schema_3_gets_its_pages_at_the_next_login),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
