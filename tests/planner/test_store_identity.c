/* Corrections of who a patient is: what they change, keep, refuse, and how a store of before learns them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "tests/support/store_world.h"

/* Beside the fixture's patient. */
static int world_new(void **state)
{
	store_world_vfs = NULL;
	(void)store_world_new(state);
	struct store_world *w = *state;
	w->patient = (struct store_patient){
	        .label = "Ana Maier", .record_number = "MRN-7", .birth = "1987-02-03", .sex = 'F'};
	world_ok(w, uuid_new(w->patient.uuid, &w->why));
	world_ok(w, store_patient_add(w->store, &w->patient, &fixture_stamp, &w->why));
	return 0;
}

static struct store_patient read_back(struct store_world *w)
{
	struct store_patient here;
	world_ok(w, store_patient_get(w->store, w->patient.uuid, &here, &w->why));
	return here;
}

static enum status correct(struct store_world *w, const char *label, const char *number, const char *birth, char sex)
{
	struct store_patient changed = read_back(w);
	const struct store_stamp stamp = {FIXTURE_NOW_MS + 1000, "clerk"};
	(void)snprintf(changed.label, sizeof changed.label, "%s", label);
	(void)snprintf(changed.record_number, sizeof changed.record_number, "%s", number);
	(void)snprintf(changed.birth, sizeof changed.birth, "%s", birth);
	changed.sex = sex;
	return store_patient_change(w->store, &changed, "as on the card", &stamp, &w->why);
}

static void a_correction_is_seen_everywhere_and_the_former_one_stays(void **state)
{
	struct store_world *w = *state;
	struct store_patient_list list;
	struct store_patient found;
	struct store_identity then;
	world_ok(w, correct(w, "Anna Mayer", "MRN-8", "1987-03-02", 'X'));
	for (int again = 0; again < 2; again++) {
		struct store_patient here = read_back(w);
		assert_string_equal(here.label, "Anna Mayer");
		assert_string_equal(here.record_number, "MRN-8");
		assert_string_equal(here.birth, "1987-03-02");
		assert_int_equal(here.sex, 'X');
		assert_int_equal(here.version, 1);
		assert_int_equal(here.created_at_ms, FIXTURE_NOW_MS);
		world_ok(w, store_patient_list(w->store, &(struct store_patient_query){.text = "mayer"}, &list, &w->why));
		assert_int_equal(list.count, 1);
		assert_int_equal(list.items[0].version, 1);
		store_patient_list_free(&list);
		world_ok(w, store_patient_list(w->store, &(struct store_patient_query){.text = "maier"}, &list, &w->why));
		assert_int_equal(list.count, 0);
		store_patient_list_free(&list);
		world_ok(w, store_patient_of_number(w->store, "mrn-8", &found, &w->why));
		assert_string_equal(found.uuid, w->patient.uuid);
		world_refused(w, store_patient_of_number(w->store, "MRN-7", &found, &w->why), ST_NOT_FOUND, "no patient");
		world_reopen(w);
	}
	world_ok(w, store_patient_version(w->store, w->patient.uuid, 0, &then, &w->why));
	assert_int_equal(store_patient_differs(&then.patient, &w->patient), 0);
	world_ok(w, store_patient_version(w->store, w->patient.uuid, 1, &then, &w->why));
	assert_string_equal(then.actor, "clerk");
	assert_string_equal(then.reason, "as on the card");
	assert_int_equal(then.at_ms, FIXTURE_NOW_MS + 1000);
	assert_string_equal(then.patient.label, "Anna Mayer");
	world_refused(w, store_patient_version(w->store, w->patient.uuid, 2, &then, &w->why), ST_NOT_FOUND, "earlier");
	world_ok(w, store_check(w->store, NULL, &w->why));
}

/* Sent under its own number; audited by what changed, not by what it says. */
static void a_correction_goes_out_and_into_the_audit(void **state)
{
	struct store_world *w = *state;
	struct store_outbox sent;
	struct store_audit_list audit;
	struct store_audit_head head;
	world_ok(w, correct(w, "Ana Mayer", "MRN-7", "1987-03-02", 'F'));
	world_ok(w, store_outbox_find(w->store, OUTBOX_PATIENT, w->patient.uuid, 1, &sent, &w->why));
	assert_int_equal(sent.state, OUTBOX_PENDING);
	world_ok(w, store_audit_head(w->store, &head, &w->why));
	world_ok(w, store_audit_list(w->store, head.seq - 1, 1, &audit, &w->why));
	assert_string_equal(audit.items[0].action, "patient.change");
	assert_string_equal(audit.items[0].actor, "clerk");
	assert_non_null(strstr(audit.items[0].object, ": name, date of birth"));
	assert_null(strstr(audit.items[0].object, "Mayer"));
	store_audit_list_free(&audit);
}

static void what_cannot_be_is_refused_and_changes_nothing(void **state)
{
	struct store_world *w = *state;
	struct store_patient other = {.label = "Bo", .record_number = "MRN-9", .sex = 'U'}, early = read_back(w);
	const struct store_stamp stamp = {FIXTURE_NOW_MS, "clerk"};
	int64_t before[OUTBOX_STATES], after[OUTBOX_STATES];
	world_ok(w, uuid_new(other.uuid, &w->why));
	world_ok(w, store_patient_add(w->store, &other, &fixture_stamp, &w->why));
	world_ok(w, store_outbox_count(w->store, before, &w->why));
	world_refused(w, correct(w, "Ana Maier", "mrn-9", "1987-02-03", 'F'), ST_CONFLICT, "another patient");
	world_refused(w, correct(w, "Ana Maier", "MRN-7", "1987-02-03", 'F'), ST_INPUT, "nothing was changed");
	world_refused(w, correct(w, "", "MRN-7", "1987-02-03", 'F'), ST_INPUT, "patient.label");
	world_refused(w, correct(w, "Ana Maier", "MRN-7", "1987-02-30", 'F'), ST_INPUT, "patient.birth");
	world_refused(w, correct(w, "Ana Maier", "MRN-7", "1987-02-03", 'Q'), ST_INPUT, "patient.sex");
	early.is_virtual = true;
	world_refused(w, store_patient_change(w->store, &early, "x", &stamp, &w->why), ST_DENIED, "virtual");
	world_ok(w, store_outbox_count(w->store, after, &w->why));
	assert_memory_equal(before, after, sizeof before);
	assert_int_equal(read_back(w).version, 0);
	/* two who looked at the same identity: the second is told */
	early = read_back(w);
	world_ok(w, correct(w, "Ana Mayer", "MRN-7", "1987-02-03", 'F'));
	(void)snprintf(early.label, sizeof early.label, "Anne Maier");
	world_refused(w, store_patient_change(w->store, &early, "x", &stamp, &w->why), ST_CONFLICT, "meanwhile");
	/* a number given up is free, the same number written otherwise is the patient's own */
	world_ok(w, correct(w, "Ana Mayer", "mrn 7", "1987-02-03", 'F'));
	world_ok(w, correct(w, "Ana Mayer", "", "1987-02-03", 'F'));
	(void)snprintf(other.record_number, sizeof other.record_number, "MRN-7");
	world_ok(w, store_patient_change(w->store, &other, "x", &stamp, &w->why));
	world_ok(w, store_check(w->store, NULL, &w->why));
}

static void the_database_keeps_former_identities(void **state)
{
	struct store_world *w = *state;
	static const char *const attempts[] = {"UPDATE identity SET version = 9", "DELETE FROM identity",
	                                       "UPDATE patient_key SET wrapped = x'00'",
	                                       "UPDATE patient_key SET patient = 'x'"};
	world_ok(w, correct(w, "Ana Mayer", "MRN-7", "1987-02-03", 'F'));
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
		assert_int_not_equal(sqlite3_exec(w->store->db, attempts[i], NULL, NULL, NULL), SQLITE_OK);
	world_ok(w, store_check(w->store, NULL, &w->why));
}

/* What was written before corrections were known. */
static void an_older_store_learns_it(void **state)
{
	struct store_world *w = *state;
	world_sql(w, "DROP TABLE patient_page; DROP TABLE identity; DROP TRIGGER patient_number_free;"
	             "DROP TRIGGER patient_key_no_update;"
	             "CREATE TRIGGER patient_key_no_update BEFORE UPDATE ON patient_key"
	             " BEGIN SELECT RAISE(ABORT, 'keys are not changed'); END;"
	             "PRAGMA user_version = 2");
	world_reopen(w);
	assert_string_equal(read_back(w).label, "Ana Maier");
	world_ok(w, correct(w, "Ana Mayer", "MRN-70", "1987-02-03", 'F'));
	world_reopen(w);
	assert_string_equal(read_back(w).record_number, "MRN-70");
	world_ok(w, store_check(w->store, NULL, &w->why));
}

/* With the key goes what the patient was called, now and before. */
static void an_erased_patient_has_no_former_names(void **state)
{
	struct store_world *w = *state;
	struct store_identity then;
	struct session *by = NULL;
	world_ok(w, correct(w, "Ana Mayer", "MRN-7", "1987-02-03", 'F'));
	world_ok(w, store_login(w->store, FIXTURE_LOGIN, fixture_secret, &fixture_moment, &by, &w->why));
	world_ok(w, store_patient_erase(w->store, by, w->patient.uuid, "asked for", &fixture_stamp, &w->why));
	assert_int_not_equal(store_patient_version(w->store, w->patient.uuid, 1, &then, &w->why), ST_OK);
	assert_string_equal(then.patient.label, "");
	world_ok(w, store_check(w->store, NULL, &w->why));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_new, store_world_free)

int main(void)
{
	(void)umask(077);
	const struct CMUnitTest tests[] = {
	        TEST(a_correction_is_seen_everywhere_and_the_former_one_stays),
	        TEST(a_correction_goes_out_and_into_the_audit),
	        TEST(what_cannot_be_is_refused_and_changes_nothing),
	        TEST(the_database_keeps_former_identities),
	        TEST(an_older_store_learns_it),
	        TEST(an_erased_patient_has_no_former_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
