/* Speed of the store on the disk under TMPDIR: what a person waits for. */
#include <unistd.h>

#include "tests/support/store_fixture.h"
#include "tests/support/store_steps.h"
#include "tests/support/temp_folder.h"

enum { PATIENTS = 1000, COMMITS = 200, REPEATS = 21, LARGE_VISITS = 1000 };

static double now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof *values, by_value);
	return values[n / 2];
}

static void row(const char *name, double value, const char *unit, const char *note)
{
	(void)printf("%s\t%.4g\t%s\t%s\n", name, value, unit, note);
}

static void must(enum status st, const struct fail *why)
{
	if (st == ST_OK)
		return;
	(void)fprintf(stderr, "bench_store: %s: %s\n", why->field, why->text);
	exit(1);
}

static void bench_commits(struct store *store)
{
	static double took_ms[COMMITS];
	struct fail why;
	for (unsigned i = 0; i < COMMITS; i++) {
		double start = now_ms();
		must(step_write(store, i, &why), &why);
		took_ms[i] = now_ms() - start;
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
		double start = now_ms();
		must(store_patient_list(store, &(struct store_patient_query){.limit = PATIENTS}, &list, &why),
		     &why);
		took_ms[i] = now_ms() - start;
		store_patient_list_free(&list);
	}
	row("store_list_1000", median(took_ms, REPEATS), "ms", "1,000 patients by label, every row verified");
}

static void add_visits(struct store *store)
{
	struct fail why;
	must(store_group_begin(store, &why), &why);
	for (unsigned step = COMMITS; step < LARGE_VISITS * STEPS_PER_VISIT; step++)
		if (step % STEPS_PER_VISIT != STEPS_PER_VISIT - 1) /* that one is a group itself */
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
		double start = now_ms();
		must(store_open(path, &options, &store, &why), &why);
		took_ms[i] = now_ms() - start;
		store_close(&store);
	}
	row(name, median(took_ms, REPEATS), "ms", note);
}

static void bench_check(const char *path)
{
	struct store *store = fixture_open(path, STORE_CLINIC, NULL);
	struct fail why;
	int64_t rows = 0;
	double start = now_ms();
	must(store_check(store, &rows, &why), &why);
	row("store_check_per_row", (now_ms() - start) * 1e3 / (double)rows, "us",
	    "store_check over the large store");
	row("store_check_rows", (double)rows, "rows", "in it");
	store_close(&store);
}

int main(void)
{
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	temp_folder_make(folder);
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
