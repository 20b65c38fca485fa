/* Hostile text on its way in: whatever is typed, imported or comes from a server, the database runs none of it, it is
 * kept as it was given, and a refusal that quotes it is harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/store/record.h"
#include "planner/sync/mapping.h"
#include "planner/twin/import.h"
#include "tests/security/payloads.h"
#include "tests/support/store_world.h"
#include "ui/text.h"

/* ---- the database ---- */

/* Everything but what the test itself adds: the schema, the header, and how many rows of what. */
static void shape_of(struct store *store, char *out, size_t size)
{
	static const char *const sql = "SELECT group_concat(sql || rootpage) || (SELECT user_version || application_id "
	                               "FROM pragma_user_version, pragma_application_id) || (SELECT group_concat(file) "
	                               "FROM pragma_database_list) FROM sqlite_master";
	sqlite3_stmt *row = NULL;
	struct digest digest;
	assert_int_equal(sqlite3_prepare_v2(store->db, sql, -1, &row, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	digest_bytes(sqlite3_column_text(row, 0), (size_t)sqlite3_column_bytes(row, 0), &digest);
	sqlite3_finalize(row);
	assert_true(size >= DIGEST_TEXT_SIZE);
	digest_hex(&digest, out);
}

/* The payload as every text a person may give. */
static void store_all(struct store_world *world, const char *text, struct store_patient *patient)
{
	char json[2 * PAYLOAD_SIZE + 64];
	struct store_record record = {.kind = "note", .at_ms = FIXTURE_NOW_MS, .json = json};
	struct store_draft draft;
	*patient = (struct store_patient){.sex = 'U'};
	(void)snprintf(patient->label, sizeof patient->label, "%s", text);
	(void)snprintf(patient->record_number, sizeof patient->record_number, "%s", text);
	world_ok(world, uuid_new(patient->uuid, &world->why));
	world_ok(world, uuid_new(record.uuid, &world->why));
	world_ok(world, store_patient_add(world->store, patient, &fixture_stamp, &world->why));
	world_ok(world, json_of_text("text", text, json, sizeof json, &world->why));
	record.json_len = strlen(json);
	memcpy(record.patient, patient->uuid, sizeof record.patient);
	(void)snprintf(record.subject, sizeof record.subject, "%s", text);
	world_ok(world, store_record_add(world->store, &record, &fixture_stamp, &world->why));
	world_ok(world, store_draft_put(world->store, patient->uuid, "x", json, record.json_len, &fixture_stamp, &world->why));
	world_ok(world, store_draft_get(world->store, patient->uuid, "x", &draft, &world->why));
	assert_string_equal(draft.json, json);
	store_draft_clear(&draft);
	world_ok(world, store_audit_add(world->store, "test.text", text, NULL, &fixture_stamp, &world->why));
}

static void find_all(struct store_world *world, const char *text, const struct store_patient *patient)
{
	struct store_patient back;
	struct store_patient_list list;
	struct store_record_list records;
	world_ok(world, store_patient_of_number(world->store, text, &back, &world->why));
	assert_string_equal(back.uuid, patient->uuid);
	assert_string_equal(back.label, text);
	world_ok(world, store_patient_list(world->store, &(struct store_patient_query){.text = text}, &list, &world->why));
	assert_in_range(list.count, 1, 12); /* where one payload is a part of others */
	for (size_t i = 0; i < list.count; i++)
		assert_non_null(strstr(list.items[i].label, text));
	store_patient_list_free(&list);
	world_ok(world, store_record_list(world->store, &(struct store_record_query){.subject = text, .kind = "note"},
	                                  &records, &world->why));
	assert_int_equal(records.count, 1);
	store_record_list_free(&records);
}

static void sql_is_text(void **state)
{
	struct store_world *world = *state;
	char text[PAYLOAD_SIZE], before[DIGEST_TEXT_SIZE], after[DIGEST_TEXT_SIZE];
	struct store_patient patient;
	struct store_plan plan;
	const size_t count = payload_count(CORPUS_SQL);
	shape_of(world->store, before, sizeof before);
	world_ok(world, store_group_begin(world->store, &world->why)); /* one commit for all */
	for (size_t i = 0; payload(CORPUS_SQL, i, text); i++) {
		store_all(world, text, &patient);
		find_all(world, text, &patient);
		assert_int_equal(store_patient_get(world->store, text, &patient, NULL), ST_INPUT); /* no name of a row */
		assert_int_equal(store_plan_get(world->store, text, 1, &plan, NULL), ST_INPUT);
	}
	world_ok(world, store_group_commit(world->store, &world->why));
	shape_of(world->store, after, sizeof after);
	assert_string_equal(before, after);
	world_ok(world, store_check(world->store, NULL, &world->why));
	world_ok(world, store_plan_get(world->store, world->plan.uuid, 1, &plan, &world->why));
	assert_string_equal(plan.json, world->plan.json);
	store_plan_clear(&plan);
	print_message("%zu SQL payloads through seven doors: nothing ran\n", count);
	assert_in_range(count, 500, 5000);
}

/* ---- refusals ---- */

static void expect_safe(const char *what, const char *text, const char *given)
{
	const char *at = payload_unsafe(text);
	if (at)
		fail_msg("%s lets byte %02x of %s through", what, (unsigned char)*at, given);
}

/* As it is printed. */
static void expect_safe_refusal(const struct fail *why, const char *given)
{
	char out[2 * FAIL_TEXT_MAX];
	(void)text_clean(out, sizeof out, why->text, strlen(why->text));
	expect_safe("a refusal", out, given);
	assert_true(why->text[0] != '\0');
}

/* ---- import ---- */

static void imports_refuse_with_clean_words(void **state)
{
	(void)state;
	static const char *const forms[] = {"reading,value,unit\nita_deg,%s,deg\n", "reading,value,unit\n%s,41,deg\n",
	                                    "reading,value,unit\nita_deg,41,%s\n", "%s,value,unit\nita_deg,41,deg\n"};
	const struct import_options options = {.today = 20000};
	char text[PAYLOAD_SIZE], csv[256];
	size_t refused = 0;
	for (int corpus = 0; corpus < CORPORA; corpus++)
		for (size_t i = 0; payload((enum corpus)corpus, i, text); i += corpus == CORPUS_TERMINAL ? 5 : 1)
			for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
				struct import_set *set = NULL;
				struct fail why = {.code = ST_OK};
				const char *hole = strstr(forms[f], "%s");
				(void)snprintf(csv, sizeof csv, "%.*s%s%s", (int)(hole - forms[f]), forms[f], text, hole + 2);
				enum status st = import_parse("hostile", csv, strlen(csv), &options, &set, &why);
				if (st == ST_OK && set->rows > 0 && f != 3)
					fail_msg("imported: %s", csv);
				if (st != ST_OK)
					expect_safe_refusal(&why, text);
				refused += st != ST_OK;
				import_free(&set);
			}
	print_message("%zu imports refused\n", refused);
	assert_true(refused > 1000);
}

/* ---- the clinic's server ---- */

/* What goes out is JSON that says the same again; what comes in is that text and nothing else. */
static void the_server_hears_text(void **state)
{
	(void)state;
	struct mapping mapping;
	struct fail why;
	char text[PAYLOAD_SIZE];
	size_t count = 0;
	assert_int_equal(mapping_init(&mapping, "https://clinic.example/fhir", &why), ST_OK);
	for (int corpus = 0; corpus < CORPORA; corpus++)
		for (size_t i = 0; payload((enum corpus)corpus, i, text); i += corpus == CORPUS_TERMINAL ? 5 : 1, count++) {
			struct store_patient patient = {.sex = 'F', .birth = "1980-01-01"};
			struct sync_unit unit = {.seq = 1};
			struct mapped back = {.kind = MAPPED_NOTHING};
			(void)snprintf(patient.label, sizeof patient.label, "%s", text);
			(void)snprintf(patient.record_number, sizeof patient.record_number, "%s", text);
			assert_int_equal(uuid_new(patient.uuid, &why), ST_OK);
			assert_int_equal(uuid_new(unit.uuid, &why), ST_OK);
			enum status st = mapping_patient(&mapping, &patient, false, &unit, &why);
			if (st == ST_OK)
				st = mapping_read(&mapping, unit.entry[0].body, strlen(unit.entry[0].body), &back, &why);
			if (st == ST_OK && strcmp(back.patient.label, text) != 0)
				fail_msg("comes back as \"%s\": %s", back.patient.label, text);
			if (st != ST_OK)
				expect_safe_refusal(&why, text);
			mapped_clear(&back);
			sync_unit_clear(&unit);
		}
	print_message("%zu names to the server and back\n", count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(sql_is_text, store_world_new, store_world_free),
	        cmocka_unit_test(imports_refuse_with_clean_words),
	        cmocka_unit_test(the_server_hears_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
