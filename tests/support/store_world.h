/* A folder with an unlocked clinic's store in it, for the tests of what is sealed, who may open it, and the audit. */
#ifndef LASERTWIN_TESTS_STORE_WORLD_H
#define LASERTWIN_TESTS_STORE_WORLD_H

#include "planner/store/internal.h"
#include "tests/support/store_fixture.h"
#include "tests/support/temp_folder.h"

struct store_world {
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 64], anchor[TEMP_PATH_SIZE + 80];
	struct store *store;
	struct store_patient patient;
	char readings[UUID_TEXT_SIZE], twin[UUID_TEXT_SIZE];
	struct store_plan plan;
	struct fail why;
};

/* NULL: the system's. Default: one that does not sync. */
extern const char *store_world_vfs;

/* cmocka's set-up and tear-down: one patient with readings, a twin and a plan. */
int store_world_new(void **state);
int store_world_free(void **state);

/* Stop the test otherwise. */
void world_ok(const struct store_world *world, enum status st);
void world_refused(const struct store_world *world, enum status st, enum status expected, const char *about);
void world_reopen(struct store_world *world);
/* Locked, with what stands in the file now. */
void world_reopen_locked(struct store_world *world);
/* SQL on the closed file, as any other tool would do it; triggers stay. */
void world_sql(struct store_world *world, const char *sql);
/* The number that a query on an open store gives. */
int store_number(struct store *store, const char *sql);

#endif
