/* Speed of the store on the disk under TMPDIR: what a person waits for. */
#include <unistd.h>

#include "planner/store/internal.h"
#include "tests/bench/bench.h"
#include "tests/support/store_fixture.h"
#include "tests/support/store_steps.h"
#include "tests/support/temp_folder.h"

enum { PATIENTS = 1000, COMMITS = 200, REPEATS = 21, LARGE_VISITS = 1000 };

static void row(const char *name, double value, const char *unit, const char *note)
{
	(void)printf("%s\t%.4g\t%s\t%s\n", name, value, unit, note);
}

static void bench_commits(struct store *store)
{
	static double took_ms[COMMITS];
	struct fail why;
	for (unsigned i = 0; i < COMMITS; i++) {
		double start = 1e3 * wall_s();
		must(step_write(store, i, &why), &why);
		took_ms[i] = 1e3 * wall_s() - start;
	}
	row("store_commit", median(took_ms, COMMITS), "ms",
	    "median of a clinic's writes, each its own COMMIT");
	row("store_commit_p99", took_ms[COMMITS * 99 / 100], "ms", "after sorting the same");
}

static void add_patients(struct store *store)
{
	struct fail why;
	must(store_group_begin(store, &why), &why);
	for (int i = 0; i < PATIENTS; i++) {
		struct store_patient patient;
		char label[32];
		(void)snprintf(label, sizeof label, "Patient %04d", (i * 7919) % PATIENTS);
		fixture_patient(store, label, &patient);
	}
	must(store_group_commit(store, &why), &why);
}

static void bench_listing(struct store *store)
{
	double took_ms[REPEATS];
	struct fail why;
	for (int i = 0; i < REPEATS; i++) {
		struct store_patient_list list;
		double start = 1e3 * wall_s();
		must(store_patient_list(store, &(struct store_patient_query){.limit = PATIENTS}, &list, &why),
		     &why);
		took_ms[i] = 1e3 * wall_s() - start;
		store_patient_list_free(&list);
	}
	row("store_list_1000", median(took_ms, REPEATS), "ms", "1,000 patients by label, every row verified");
}

static void add_visits(struct store *store)
{
	struct fail why;
	must(store_group_begin(store, &why), &why);
	for (unsigned step = COMMITS; step < LARGE_VISITS * STEPS_PER_VISIT; step++)
		if (step % STEPS_PER_VISIT != 7 && step % STEPS_PER_VISIT != 9) /* those are groups themselves */
			must(step_write(store, step, &why), &why);
	must(store_group_commit(store, &why), &why);
}

static void bench_open(const char *path, const char *name, const char *note)
{
	double took_ms[REPEATS];
	struct store_options options = {.now_ms = FIXTURE_NOW_MS};
	struct fail why;
	for (int i = 0; i < REPEATS; i++) {
		struct store *store = NULL;
		double start = 1e3 * wall_s();
		must(store_open(path, &options, &store, &why), &why);
		took_ms[i] = 1e3 * wall_s() - start;
		store_close(&store);
	}
	row(name, median(took_ms, REPEATS), "ms", note);
}

static void bench_check(const char *path)
{
	struct store *store = fixture_open(path, STORE_CLINIC, NULL);
	struct fail why;
	int64_t rows = 0;
	double start = wall_s();
	must(store_check(store, &rows, &why), &why);
	row("store_check_per_row", 1e6 * (wall_s() - start) / (double)rows, "us",
	    "store_check over the large store");
	row("store_check_rows", (double)rows, "rows", "in it");
	store_close(&store);
}

/* ---- a whole station ---- */

enum { STATION_PATIENTS = 10000, STATION_PLANS = 100000, PLANS_OF_ONE = 50 };

static void station_plans(struct store *store, const struct store_patient *patient, int count, struct fail *why)
{
	char readings[UUID_TEXT_SIZE], twin[UUID_TEXT_SIZE], json[1600];
	fixture_readings(store, patient->uuid, "{\"ita_deg\":41}", readings);
	fixture_twin(store, patient->uuid, readings, twin);
	for (int i = 0; i < count; i++) {
		struct store_plan plan = fixture_plan(patient->uuid, twin);
		plan.json = json;
		plan.json_len = (size_t)snprintf(json, sizeof json, "{\"plan\":%d,\"fill\":\"%01500d\"}", i, i);
		must(store_plan_add_version(store, &plan, &fixture_stamp, why), why);
	}
}

/* Gives the patient with 50 plans. */
static void fill_station(struct store *store, struct store_patient *busy)
{
	struct fail why;
	must(store_group_begin(store, &why), &why);
	for (int i = 0; i < STATION_PATIENTS; i++) {
		struct store_patient patient = {.birth = "1980-01-01", .sex = 'F'};
		must(uuid_new(patient.uuid, &why), &why);
		(void)snprintf(patient.label, sizeof patient.label, "Virtual %05d Person", (i * 7919) % STATION_PATIENTS);
		(void)snprintf(patient.record_number, sizeof patient.record_number, "MRN-%06d", i);
		must(store_patient_add(store, &patient, &fixture_stamp, &why), &why);
		station_plans(store, &patient, i == 5000 ? PLANS_OF_ONE : STATION_PLANS / STATION_PATIENTS, &why);
		if (i == 5000)
			*busy = patient;
	}
	must(store_group_commit(store, &why), &why);
}

static long resident_MB(void)
{
	long pages = 0, total;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file && fscanf(file, "%ld %ld", &total, &pages) != 2)
		pages = 0;
	if (file)
		(void)fclose(file);
	return pages * sysconf(_SC_PAGESIZE) / (1024 * 1024);
}

/* From the secret (which costs nothing here) to the first page of names on the screen. */
static void bench_station_open(const char *path)
{
	double open_ms[REPEATS], list_ms[REPEATS], cpu_ms[REPEATS];
	struct fail why;
	for (int i = 0; i < REPEATS; i++) {
		struct store_patient_list list;
		double start = 1e3 * wall_s();
		struct store *store = fixture_open_locked(path, STORE_CLINIC, NULL);
		open_ms[i] = 1e3 * wall_s() - start;
		start = 1e3 * wall_s();
		clock_t cpu = clock();
		must(fixture_unlock(store, &why), &why);
		must(store_patient_list(store, &(struct store_patient_query){.limit = 40}, &list, &why), &why);
		list_ms[i] = 1e3 * wall_s() - start;
		cpu_ms[i] = (double)(clock() - cpu) * 1e3 / CLOCKS_PER_SEC;
		store_patient_list_free(&list);
		store_close(&store);
	}
	row("store_station_open", median(open_ms, REPEATS), "ms", "10,000 patients, 100,000 plans; still locked");
	row("store_station_list", median(list_ms, REPEATS), "ms", "login without its cost, names unsealed, first page");
	row("store_station_list_best", list_ms[0], "ms", "the best of the same");
	row("store_station_list_cpu", median(cpu_ms, REPEATS), "ms", "processor time of the same");
}

static void bench_search(struct store *store, const char *name, const char *text, const char *note)
{
	double took_ms[REPEATS];
	struct fail why;
	for (int i = 0; i < REPEATS; i++) {
		struct store_patient_list list;
		double start = 1e3 * wall_s();
		must(store_patient_list(store, &(struct store_patient_query){.text = text, .limit = 40}, &list, &why), &why);
		took_ms[i] = 1e3 * wall_s() - start;
		store_patient_list_free(&list);
	}
	row(name, median(took_ms, REPEATS), "ms", note);
}

static void bench_patient(struct store *store, const struct store_patient *busy)
{
	double took_ms[REPEATS], number_ms[REPEATS];
	struct fail why;
	for (int i = 0; i < REPEATS; i++) {
		struct store_patient patient;
		struct store_readings readings;
		struct store_twin twin;
		struct store_plan_list plans;
		double start = 1e3 * wall_s();
		must(store_patient_of_number(store, busy->record_number, &patient, &why), &why);
		number_ms[i] = 1e3 * wall_s() - start;
		must(store_readings_latest(store, patient.uuid, &readings, &why), &why);
		must(store_twin_latest(store, patient.uuid, &twin, &why), &why);
		must(store_plan_list(store, &(struct store_plan_query){.patient = patient.uuid}, &plans, &why), &why);
		took_ms[i] = 1e3 * wall_s() - start;
		if (plans.count != PLANS_OF_ONE)
			exit(1);
		store_readings_clear(&readings);
		store_twin_clear(&twin);
		store_plan_list_free(&plans);
	}
	row("store_station_number", median(number_ms, REPEATS), "ms", "a patient by record number");
	row("store_station_patient", median(took_ms, REPEATS), "ms", "readings, twin and 50 plans of 1.5 kB");
}

static void bench_station_writes(struct store *store, const struct store_patient *busy)
{
	double took_ms[REPEATS];
	struct fail why;
	for (int i = 0; i < REPEATS; i++) {
		char uuid[UUID_TEXT_SIZE];
		double start = 1e3 * wall_s();
		fixture_readings(store, busy->uuid, "{\"ita_deg\":41}", uuid);
		took_ms[i] = 1e3 * wall_s() - start;
	}
	row("store_station_write", median(took_ms, REPEATS), "ms", "readings with outbox and audit, acknowledged");
	must(store_audit_add(store, "bench", "", NULL, &fixture_stamp, &why), &why);
}

static void bench_audit(struct store *store)
{
	unsigned char public_key[STORE_RECOVERY_KEY_BYTES], secret_key[STORE_RECOVERY_KEY_BYTES];
	struct store_audit_found found;
	struct fail why;
	fixture_recovery(public_key, secret_key);
	double start = wall_s();
	must(store_audit_verify(store, secret_key, &found, &why), &why);
	double took_s = wall_s() - start;
	row("store_audit_verify", (double)found.entries / took_s, "1/s", "entries with chain and seals, and the checkpoints");
	row("store_audit_entries", (double)found.entries, "entries", "in it");
}

static void bench_station(const char *path)
{
	struct store_patient busy = {.sex = 'U'};
	struct store *store = fixture_open(path, STORE_CLINIC, NULL);
	double start = wall_s();
	fill_station(store, &busy);
	row("store_station_fill", wall_s() - start, "s", "10,000 patients and 100,000 plans in one transaction");
	store_close(&store);
	bench_station_open(path);
	store = fixture_open(path, STORE_CLINIC, NULL);
	bench_search(store, "store_station_search", "04711", "one of 10,000 by a part of the name");
	bench_search(store, "store_station_search_none", "nobody of that name", "a name that nobody has");
	bench_patient(store, &busy);
	bench_station_writes(store, &busy);
	row("store_station_memory", (double)resident_MB(), "MB", "resident, with every name unsealed");
	bench_audit(store);
	store_close(&store);
}

int main(void)
{
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	fixture_names_per_page = NAMES_PER_PAGE;
	temp_folder_make(folder);
	(void)snprintf(path, sizeof path, "%s/station.db", folder);
	bench_station(path);
	(void)snprintf(path, sizeof path, "%s/clinic.db", folder);
	struct store *store = fixture_open(path, STORE_CLINIC, NULL);
	bench_commits(store);
	add_patients(store);
	bench_listing(store);
	store_close(&store);
	bench_open(path, "store_open", "1,000 patients, 25 visits; locks, checks structure, prepares");
	store = fixture_open(path, STORE_CLINIC, NULL);
	add_visits(store);
	store_close(&store);
	bench_open(path, "store_open_large", "2,000 patients, 2,000 plan versions of 3 kB");
	bench_check(path);
	temp_folder_remove(folder);
	return 0;
}
