/* Stores with a little in them, for the tests of the store and of what stands on it. */
#ifndef LASERTWIN_TESTS_STORE_FIXTURE_H
#define LASERTWIN_TESTS_STORE_FIXTURE_H

#include "planner/store/store.h"

#define FIXTURE_NOW_MS INT64_C(1767225600000) /* 2026-01-01 */

/* Each stops the test when the store refuses. */
struct store *fixture_open(const char *path, enum store_kind kind, const char *vfs);
void fixture_patient(struct store *store, const char *label, struct store_patient *patient);
void fixture_readings(struct store *store, const char *patient, const char *json, char *uuid);
/* Version 1 of a new twin made from one reading. */
void fixture_twin(struct store *store, const char *patient, const char *readings, char *uuid);
/* The plan of that twin, version 1, draft, ready to be added; no JSON yet. */
struct store_plan fixture_plan(const char *patient, const char *twin);

extern const struct store_stamp fixture_stamp;

#endif
