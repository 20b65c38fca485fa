/* Memory that runs out: every allocation of every scenario fails in turn, once and for good. Whatever the scenario
 * then says, the store is whole afterwards, and what was to be written is there or it is not.
 *
 * This program brings its own malloc, which the store, SQLite and cJSON get as well; the C library's stands behind
 * it. LASERTWIN_MEMORY_STRIDE=1 fails every site instead of some.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "tests/support/store_world.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC 0 /* the checker has its own */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_MALLOC 0
#else
#define OWN_MALLOC 1
#endif
#else
#define OWN_MALLOC 1
#endif

/* ---- the malloc that fails ---- */

static uint64_t allocations, fail_allocation;
static bool for_good, counting;

#if OWN_MALLOC
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *old, size_t n);
void *malloc(size_t n);
void *calloc(size_t count, size_t n);
void *realloc(void *old, size_t n);

static bool runs_out(void)
{
	if (!counting)
		return false;
	allocations++;
	return fail_allocation > 0 &&
	       (allocations == fail_allocation || (for_good && allocations > fail_allocation));
}

void *malloc(size_t n)
{
	return runs_out() ? NULL : __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
	return runs_out() ? NULL : __libc_calloc(count, n);
}

void *realloc(void *old, size_t n)
{
	return runs_out() ? NULL : __libc_realloc(old, n);
}
#endif

/* Nothing here is about the disk; without syncs many more can be tried. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

int fdatasync(int fd)
{
	(void)fd;
	return 0;
}

static void start_counting(uint64_t fail_at, bool goes_on)
{
	allocations = 0;
	fail_allocation = fail_at;
	for_good = goes_on;
	counting = true;
}

static void stop_counting(void)
{
	counting = false;
}

/* ---- scenarios: each one call or a few, on an unlocked store with one patient ---- */

struct scenario {
	const char *name;
	enum status (*run)(struct store_world *world, struct fail *why);
	bool locked; /* begins with the store closed */
};

static const char json[] = "{\"a\":1}";

static enum status add_patient(struct store_world *world, struct fail *why)
{
	struct store_patient patient = {.label = "New", .record_number = "N1", .sex = 'U'};
	enum status st = uuid_new(patient.uuid, why);
	return st == ST_OK ? store_patient_add(world->store, &patient, &fixture_stamp, why) : st;
}

static enum status get_patient(struct store_world *world, struct fail *why)
{
	struct store_patient patient;
	return store_patient_get(world->store, world->patient.uuid, &patient, why);
}

static enum status find_number(struct store_world *world, struct fail *why)
{
	struct store_patient patient;
	enum status st = store_patient_of_number(world->store, "none", &patient, why);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status list_patients(struct store_world *world, struct fail *why)
{
	struct store_patient_list list;
	names_forget(world->store);
	enum status st = store_patient_list(world->store, &(struct store_patient_query){.text = "z"}, &list, why);
	store_patient_list_free(&list);
	return st;
}

static enum status erase_patient(struct store_world *world, struct fail *why)
{
	return store_patient_erase(world->store, world->store->sessions, world->patient.uuid, "x", &fixture_stamp, why);
}

static enum status add_readings(struct store_world *world, struct fail *why)
{
	struct store_readings readings = {.taken_at_ms = FIXTURE_NOW_MS, .json = json, .json_len = sizeof json - 1};
	memcpy(readings.patient, world->patient.uuid, sizeof readings.patient);
	enum status st = uuid_new(readings.uuid, why);
	return st == ST_OK ? store_readings_add(world->store, &readings, &fixture_stamp, why) : st;
}

static enum status get_readings(struct store_world *world, struct fail *why)
{
	struct store_readings readings;
	enum status st = store_readings_get(world->store, world->readings, &readings, why);
	store_readings_clear(&readings);
	return st;
}

static enum status list_readings(struct store_world *world, struct fail *why)
{
	struct store_readings_list list;
	enum status st = store_readings_list(world->store, world->patient.uuid, 0, &list, why);
	store_readings_list_free(&list);
	return st;
}

static enum status add_twin(struct store_world *world, struct fail *why)
{
	struct store_twin twin = {.version = 2, .readings_count = 1, .json = json, .json_len = sizeof json - 1};
	memcpy(twin.uuid, world->twin, sizeof twin.uuid);
	memcpy(twin.patient, world->patient.uuid, sizeof twin.patient);
	memcpy(twin.readings[0], world->readings, sizeof twin.readings[0]);
	return store_twin_add(world->store, &twin, &fixture_stamp, why);
}

static enum status get_twin(struct store_world *world, struct fail *why)
{
	struct store_twin twin;
	enum status st = store_twin_latest(world->store, world->patient.uuid, &twin, why);
	store_twin_clear(&twin);
	return st;
}

static enum status add_plan(struct store_world *world, struct fail *why)
{
	struct store_plan plan = world->plan;
	plan.version = 2;
	return store_plan_add_version(world->store, &plan, &fixture_stamp, why);
}

static enum status get_plan(struct store_world *world, struct fail *why)
{
	struct store_plan plan;
	enum status st = store_plan_get(world->store, world->plan.uuid, 1, &plan, why);
	store_plan_clear(&plan);
	return st;
}

static enum status list_plans(struct store_world *world, struct fail *why)
{
	struct store_plan_list list;
	enum status st = store_plan_list(world->store, &(struct store_plan_query){.state = "draft"}, &list, why);
	store_plan_list_free(&list);
	return st;
}

static enum status add_event(struct store_world *world, struct fail *why)
{
	struct store_plan_event event = {.version = 1, .from_state = "draft", .to_state = "approved"};
	memcpy(event.plan, world->plan.uuid, sizeof event.plan);
	digest_bytes(world->plan.json, world->plan.json_len, &event.digest);
	return store_plan_event_add(world->store, &event, &fixture_stamp, why);
}

static enum status list_events(struct store_world *world, struct fail *why)
{
	struct store_plan_event_list list;
	enum status st = store_plan_event_list(world->store, world->plan.uuid, 1, &list, why);
	store_plan_event_list_free(&list);
	return st;
}

static enum status add_record(struct store_world *world, struct fail *why)
{
	struct store_record record = {.kind = "outcome", .at_ms = FIXTURE_NOW_MS, .json = json, .json_len = sizeof json - 1};
	memcpy(record.patient, world->patient.uuid, sizeof record.patient);
	enum status st = uuid_new(record.uuid, why);
	return st == ST_OK ? store_record_add(world->store, &record, &fixture_stamp, why) : st;
}

static enum status list_records(struct store_world *world, struct fail *why)
{
	struct store_record_list list;
	enum status st = store_record_list(world->store, &(struct store_record_query){0}, &list, why);
	store_record_list_free(&list);
	return st;
}

static enum status put_draft(struct store_world *world, struct fail *why)
{
	return store_draft_put(world->store, world->patient.uuid, "plan", json, sizeof json - 1, &fixture_stamp, why);
}

static enum status drop_draft(struct store_world *world, struct fail *why)
{
	return store_draft_drop(world->store, world->patient.uuid, "plan", &fixture_stamp, why);
}

static enum status list_drafts(struct store_world *world, struct fail *why)
{
	struct store_draft_list list;
	enum status st = store_draft_list(world->store, NULL, &list, why);
	store_draft_list_free(&list);
	return st;
}

static enum status list_outbox(struct store_world *world, struct fail *why)
{
	struct store_outbox_list list;
	enum status st = store_outbox_list(world->store, &(struct store_outbox_query){0}, &list, why);
	store_outbox_list_free(&list);
	return st;
}

static enum status mark_outbox(struct store_world *world, struct fail *why)
{
	const struct store_receipt receipt = {"Patient/1", "1", ""};
	const struct store_outbox_mark mark = {.state = OUTBOX_ACKED, .receipt = &receipt};
	return store_outbox_mark(world->store, 1, &mark, &fixture_stamp, why);
}

static enum status put_external(struct store_world *world, struct fail *why)
{
	struct store_external external = {.object = OUTBOX_PATIENT, .receipt = {"Patient/1", "1", ""}}, back;
	memcpy(external.uuid, world->patient.uuid, sizeof external.uuid);
	enum status st = store_external_put(world->store, &external, &fixture_stamp, why);
	return st == ST_OK ? store_external_find(world->store, "Patient/1", &back, why) : st;
}

static enum status set_sync(struct store_world *world, struct fail *why)
{
	return store_sync_set(world->store, "k", "v", &fixture_stamp, why);
}

static enum status add_audit(struct store_world *world, struct fail *why)
{
	return store_audit_add(world->store, "report.print", "page", NULL, &fixture_stamp, why);
}

static enum status verify_audit(struct store_world *world, struct fail *why)
{
	unsigned char public_key[32], secret_key[32];
	fixture_recovery(public_key, secret_key);
	return store_audit_verify(world->store, secret_key, NULL, why);
}

static enum status add_person(struct store_world *world, struct fail *why)
{
	const struct store_person_new person = {
	        .login = "new", .name = "New", .roles = ROLE_VIEWER, .secret = fixture_secret};
	return store_person_add(world->store, world->store->sessions, &person, &fixture_stamp, why);
}

static enum status list_people(struct store_world *world, struct fail *why)
{
	struct store_person_list list;
	enum status st = store_person_list(world->store, &list, why);
	store_person_list_free(&list);
	return st;
}

static enum status sign(struct store_world *world, struct fail *why)
{
	struct signature signature;
	return session_sign(world->store->sessions, FIXTURE_LOGIN, fixture_secret, &fixture_moment, "plan", 4, &signature,
	                    why);
}

static enum status change_secret(struct store_world *world, struct fail *why)
{
	return store_person_secret(world->store, world->store->sessions, fixture_secret, fixture_secret, &fixture_moment,
	                           why);
}

static enum status second_login(struct store_world *world, struct fail *why)
{
	struct session *session = NULL;
	enum status st = store_login(world->store, FIXTURE_LOGIN, fixture_secret, &fixture_moment, &session, why);
	store_logout(&session);
	return st;
}

static enum status group(struct store_world *world, struct fail *why)
{
	enum status st = store_group_begin(world->store, why);
	if (st != ST_OK)
		return st;
	st = add_readings(world, why);
	if (st == ST_OK)
		st = add_record(world, why);
	if (st == ST_OK)
		return store_group_commit(world->store, why);
	store_group_abandon(world->store);
	return st;
}

static enum status check(struct store_world *world, struct fail *why)
{
	return store_check(world->store, NULL, why);
}

static enum status back_up(struct store_world *world, struct fail *why)
{
	char path[TEMP_PATH_SIZE + 80];
	(void)snprintf(path, sizeof path, "%s/backup.db", world->folder);
	(void)unlink(path);
	return store_backup(world->store, path, why);
}

static enum status open_and_login(struct store_world *world, struct fail *why)
{
	const struct store_options options = {.now_ms = FIXTURE_NOW_MS, .kdf = store_kdf_least};
	enum status st = store_open(world->path, &options, &world->store, why);
	if (st == ST_OK)
		st = fixture_unlock(world->store, why);
	if (st != ST_OK)
		store_close(&world->store);
	return st;
}

static enum status set_up_new(struct store_world *world, struct fail *why)
{
	char path[TEMP_PATH_SIZE + 80];
	struct store *store = NULL;
	const struct store_options options = {
	        .create = true, .now_ms = FIXTURE_NOW_MS, .kdf = store_kdf_least};
	(void)snprintf(path, sizeof path, "%s/new.db", world->folder);
	(void)unlink(path);
	enum status st = store_open(path, &options, &store, why);
	if (st == ST_OK)
		st = fixture_unlock(store, why);
	store_close(&store);
	return st;
}

static const struct scenario scenarios[] = {
        {"add patient", add_patient, false},     {"get patient", get_patient, false},
        {"find number", find_number, false},     {"list patients", list_patients, false},
        {"erase patient", erase_patient, false}, {"add readings", add_readings, false},
        {"get readings", get_readings, false},   {"list readings", list_readings, false},
        {"add twin", add_twin, false},           {"get twin", get_twin, false},
        {"add plan", add_plan, false},           {"get plan", get_plan, false},
        {"list plans", list_plans, false},       {"approve", add_event, false},
        {"list events", list_events, false},     {"add record", add_record, false},
        {"list records", list_records, false},   {"put draft", put_draft, false},
        {"drop draft", drop_draft, false},       {"list drafts", list_drafts, false},
        {"list outbox", list_outbox, false},     {"mark outbox", mark_outbox, false},
        {"server's name", put_external, false},  {"watermark", set_sync, false},
        {"add audit", add_audit, false},         {"verify audit", verify_audit, false},
        {"add person", add_person, false},       {"list people", list_people, false},
        {"sign", sign, false},                   {"change secret", change_secret, false},
        {"second login", second_login, false},   {"group", group, false},
        {"check", check, false},                 {"backup", back_up, false},
        {"open and log in", open_and_login, true}, {"set up", set_up_new, true},
};

/* ---- the sweep ---- */

struct base {
	unsigned char *bytes, *anchor;
	size_t n, anchor_n;
};

static unsigned stride(void)
{
	const char *text = getenv("LASERTWIN_MEMORY_STRIDE");
	unsigned long asked = text ? strtoul(text, NULL, 10) : 0;
	return asked > 0 && asked <= 100000 ? (unsigned)asked : 797;
}

static void begin(struct store_world *world, const struct base *base, const struct scenario *scenario)
{
	store_close(&world->store);
	write_file(world->path, base->bytes, base->n);
	write_file(world->anchor, base->anchor, base->anchor_n);
	if (!scenario->locked)
		world_reopen(world);
}

/* Gives the allocations that were asked for. */
static uint64_t run_once(struct store_world *world, const struct scenario *scenario, uint64_t fail_at, bool goes_on,
                         unsigned *refused)
{
	struct fail why = {.code = ST_OK};
	start_counting(fail_at, goes_on);
	enum status st = scenario->run(world, &why);
	stop_counting();
	uint64_t count = allocations;
	if (fail_at == 0 && st != ST_OK)
		fail_msg("%s: %s: %s", scenario->name, why.field, why.text);
	if (st != ST_OK && !why.text[0])
		fail_msg("%s: allocation %llu failed without a reason", scenario->name, (unsigned long long)fail_at);
	*refused += st != ST_OK;
	world_reopen(world);
	if (store_check(world->store, NULL, &why) != ST_OK || store_audit_verify(world->store, NULL, NULL, &why) != ST_OK)
		fail_msg("%s: after allocation %llu: %s: %s", scenario->name, (unsigned long long)fail_at, why.field,
		         why.text);
	return count;
}

static void sweep(struct store_world *world, const struct base *base, const struct scenario *scenario,
                  unsigned *sites, unsigned *refused)
{
	begin(world, base, scenario);
	uint64_t count = run_once(world, scenario, 0, false, refused);
	for (uint64_t at = 1 + *sites % stride(); at <= count; at += stride())
		for (int goes_on = 0; goes_on < 2; goes_on++) {
			begin(world, base, scenario);
			(void)run_once(world, scenario, at, goes_on, refused);
			++*sites;
		}
}

static void memory_that_runs_out_breaks_nothing(void **state)
{
	struct store_world *world = *state;
	struct base base;
	unsigned sites = 0, refused = 0;
	if (!OWN_MALLOC) {
		print_message("skipped: the checker's malloc cannot be made to fail\n");
		return;
	}
	world_ok(world, put_draft(world, &world->why));
	store_close(&world->store);
	base.bytes = read_file(world->path, &base.n);
	base.anchor = read_file(world->anchor, &base.anchor_n);
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		sweep(world, &base, &scenarios[i], &sites, &refused);
	print_message("%zu scenarios, %u failing allocations, %u refused with a reason, none half done\n",
	              sizeof scenarios / sizeof *scenarios, sites, refused);
	assert_true(refused > sites / 4);
	free(base.bytes);
	free(base.anchor);
}

int main(void)
{
	store_world_vfs = NULL;
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(memory_that_runs_out_breaks_nothing, store_world_new, store_world_free),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
