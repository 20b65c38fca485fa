/* A folder with an unlocked clinic's store in it. */
#include "tests/support/store_world.h"

#include "tests/support/vfs_powercut.h"

const char *store_world_vfs = POWERCUT_VFS;

static const char plan_json[] = "{\"energy_mJ\":15,\"note\":\"lentigo of the left cheek\"}";

static void stop_unless(bool fine, enum status st, const struct fail *why)
{
	if (fine)
		return;
	(void)fprintf(stderr, "got %s: %s: %s\n", status_name(st), why->field, why->text);
	abort();
}

void world_ok(const struct store_world *world, enum status st)
{
	stop_unless(st == ST_OK, st, &world->why);
}

void world_refused(const struct store_world *world, enum status st, enum status expected, const char *about)
{
	char both[FAIL_FIELD_MAX + FAIL_TEXT_MAX];
	(void)snprintf(both, sizeof both, "%s %s", world->why.field, world->why.text);
	stop_unless(st == expected && strstr(both, about) && !strchr(both, '\n'), st, &world->why);
}

int store_world_new(void **state)
{
	struct store_world *world = calloc(1, sizeof *world);
	powercut_register();
	powercut_arm(0, 0);
	temp_folder_make(world->folder);
	(void)snprintf(world->path, sizeof world->path, "%s/clinic.db", world->folder);
	(void)snprintf(world->anchor, sizeof world->anchor, "%s" STORE_ANCHOR_SUFFIX, world->path);
	world->store = fixture_open(world->path, STORE_CLINIC, store_world_vfs);
	fixture_patient(world->store, "Zebedee Quill", &world->patient);
	fixture_readings(world->store, world->patient.uuid, "{\"ita_deg\":41}", world->readings);
	fixture_twin(world->store, world->patient.uuid, world->readings, world->twin);
	world->plan = fixture_plan(world->patient.uuid, world->twin);
	world->plan.json = plan_json;
	world->plan.json_len = sizeof plan_json - 1;
	world_ok(world, store_plan_add_version(world->store, &world->plan, &fixture_stamp, &world->why));
	*state = world;
	return 0;
}

int store_world_free(void **state)
{
	struct store_world *world = *state;
	store_close(&world->store);
	temp_folder_remove(world->folder);
	free(world);
	return 0;
}

void world_reopen_locked(struct store_world *world)
{
	store_close(&world->store);
	world->store = fixture_open_locked(world->path, STORE_CLINIC, store_world_vfs);
}

void world_reopen(struct store_world *world)
{
	world_reopen_locked(world);
	world_ok(world, fixture_unlock(world->store, &world->why));
}

void world_sql(struct store_world *world, const char *sql)
{
	sqlite3 *db = NULL;
	store_close(&world->store);
	int code = sqlite3_open_v2(world->path, &db, SQLITE_OPEN_READWRITE, store_world_vfs);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (code != SQLITE_OK) {
		(void)fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
		abort();
	}
	(void)sqlite3_close(db);
}

int store_number(struct store *store, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	struct fail why = {.field = "sqlite"};
	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK || sqlite3_step(statement) != SQLITE_ROW) {
		(void)snprintf(why.text, sizeof why.text, "%s", sqlite3_errmsg(store->db));
		stop_unless(false, ST_IO, &why);
	}
	int found = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return found;
}
