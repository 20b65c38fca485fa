/* Stores with a little in them. */
#include "tests/support/store_fixture.h"

#include "planner/store/internal.h"

#include "planner/store/vault.h"

int fixture_names_per_page = 1;

void fixture_fill_pages(void)
{
	fixture_names_per_page = NAMES_PER_PAGE;
}

const struct store_stamp fixture_stamp = {FIXTURE_NOW_MS, "technician"};

static void must(enum status st, const struct fail *why)
{
	if (st == ST_OK)
		return;
	(void)fprintf(stderr, "fixture: %s: %s: %s\n", status_name(st), why->field, why->text);
	abort();
}

const struct store_moment fixture_moment = {FIXTURE_NOW_MS, 3600000, "00000000-0000-4000-8000-000000000001"};
const struct secret fixture_secret = {FIXTURE_SECRET, sizeof FIXTURE_SECRET - 1};

/* The same at every run, so that a store made by another process can be verified. */
void fixture_recovery(unsigned char public_key[STORE_RECOVERY_KEY_BYTES],
                      unsigned char secret_key[STORE_RECOVERY_KEY_BYTES])
{
	memset(secret_key, 7, STORE_RECOVERY_KEY_BYTES);
	vault_recovery_public(secret_key, public_key);
}

enum status fixture_unlock(struct store *store, struct fail *why)
{
	unsigned char public_key[STORE_RECOVERY_KEY_BYTES], secret_key[STORE_RECOVERY_KEY_BYTES];
	const struct store_person_new first = {.login = FIXTURE_LOGIN,
	                                       .name = "Virtual administrator",
	                                       .roles = ROLE_ADMINISTRATOR | ROLE_TECHNICIAN,
	                                       .secret = fixture_secret,
	                                       .is_virtual = store_kind(store) == STORE_DEMO};
	struct session *session = NULL;
	store->any_actor = true; /* the tests write as people who are not logged in */
	fixture_recovery(public_key, secret_key);
	if (store_access(store) == STORE_NEW)
		return store_setup(store, &first, public_key, &fixture_stamp, &session, why);
	return store_login(store, FIXTURE_LOGIN, fixture_secret, &fixture_moment, &session, why);
}

struct store *fixture_open_locked(const char *path, enum store_kind kind, const char *vfs)
{
	struct store_options options = {
	        .kind = kind, .create = true, .now_ms = FIXTURE_NOW_MS, .vfs = vfs, .kdf = store_kdf_least};
	struct store *store = NULL;
	struct fail why;
	must(store_open(path, &options, &store, &why), &why);
	store->any_actor = true;
	store->names_per_page = fixture_names_per_page;
	return store;
}

struct store *fixture_open(const char *path, enum store_kind kind, const char *vfs)
{
	struct store *store = fixture_open_locked(path, kind, vfs);
	struct fail why;
	must(fixture_unlock(store, &why), &why);
	return store;
}

void fixture_patient(struct store *store, const char *label, struct store_patient *patient)
{
	struct fail why;
	*patient = (struct store_patient){.birth = "1987-06-30", .sex = 'F'};
	patient->is_virtual = store_kind(store) == STORE_DEMO;
	(void)snprintf(patient->label, sizeof patient->label, "%s", label);
	must(uuid_new(patient->uuid, &why), &why);
	must(store_patient_add(store, patient, &fixture_stamp, &why), &why);
}

void fixture_readings(struct store *store, const char *patient, const char *json, char *uuid)
{
	struct fail why;
	struct store_readings readings = {
	        .taken_at_ms = FIXTURE_NOW_MS, .json = json, .json_len = strlen(json)};
	must(uuid_new(readings.uuid, &why), &why);
	(void)snprintf(readings.patient, sizeof readings.patient, "%s", patient);
	must(store_readings_add(store, &readings, &fixture_stamp, &why), &why);
	memcpy(uuid, readings.uuid, sizeof readings.uuid);
}

void fixture_twin(struct store *store, const char *patient, const char *readings, char *uuid)
{
	struct fail why;
	static const char json[] = "{\"melanin_frac\":0.08}";
	struct store_twin twin = {
	        .version = 1, .readings_count = 1, .json = json, .json_len = sizeof json - 1};
	must(uuid_new(twin.uuid, &why), &why);
	(void)snprintf(twin.patient, sizeof twin.patient, "%s", patient);
	(void)snprintf(twin.readings[0], sizeof twin.readings[0], "%s", readings);
	must(store_twin_add(store, &twin, &fixture_stamp, &why), &why);
	memcpy(uuid, twin.uuid, sizeof twin.uuid);
}

struct store_plan fixture_plan(const char *patient, const char *twin)
{
	struct store_plan plan = {.version = 1,
	                          .twin_version = 1,
	                          .device = "ultrapulse.deepfx",
	                          .verdict = "ALLOW",
	                          .author = "technician",
	                          .state = "draft"};
	struct fail why;
	must(uuid_new(plan.uuid, &why), &why);
	(void)snprintf(plan.patient, sizeof plan.patient, "%s", patient);
	(void)snprintf(plan.twin, sizeof plan.twin, "%s", twin);
	return plan;
}
