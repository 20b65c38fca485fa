/* Stores with a little in them, for the tests of the store and of what stands on it. */
#ifndef LASERTWIN_TESTS_STORE_FIXTURE_H
#define LASERTWIN_TESTS_STORE_FIXTURE_H

#include "planner/store/person.h"

#define FIXTURE_NOW_MS INT64_C(1767225600000) /* 2026-01-01 */

#define FIXTURE_LOGIN "fixture"
#define FIXTURE_SECRET "walnut harbour sextant"
extern const struct secret fixture_secret;
extern const struct store_moment fixture_moment;

/* The first administrator of a new store, with the recovery key; else their login. */
enum status fixture_unlock(struct store *store, struct fail *why) MUST_CHECK;
void fixture_recovery(unsigned char public_key[STORE_RECOVERY_KEY_BYTES],
                      unsigned char secret_key[STORE_RECOVERY_KEY_BYTES]);

/* Of the stores opened here: one, so that every name stands on a page. Benchmarks take NAMES_PER_PAGE. */
extern int fixture_names_per_page;
void fixture_fill_pages(void); /* NAMES_PER_PAGE, for who does not know the store's insides */

/* Each stops the test when the store refuses. Secrets cost next to nothing here. fixture_open makes the store
 * when it is not there, and unlocks it. */
struct store *fixture_open_locked(const char *path, enum store_kind kind, const char *vfs);
struct store *fixture_open(const char *path, enum store_kind kind, const char *vfs);
void fixture_patient(struct store *store, const char *label, struct store_patient *patient);
void fixture_readings(struct store *store, const char *patient, const char *json, char *uuid);
/* Version 1 of a new twin made from one reading. */
void fixture_twin(struct store *store, const char *patient, const char *readings, char *uuid);
/* The plan of that twin, version 1, draft, ready to be added; no JSON yet. */
struct store_plan fixture_plan(const char *patient, const char *twin);

extern const struct store_stamp fixture_stamp;

#endif
