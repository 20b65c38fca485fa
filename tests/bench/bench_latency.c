/* What a person at the screens waits for in a large clinic (10 000 patients, 100 000 plans) while a Monte Carlo run and
 * writes like those of a synchronisation go on beside: the first screen, and from a key to the finished canvas. */
#include <pthread.h>
#include <stdatomic.h>

#include "physics/montecarlo.h"
#include "planner/plan/case.h"
#include "planner/plan/clinic.h"
#include "tests/bench/bench.h"
#include "tests/support/store_fixture.h"
#include "tests/support/store_steps.h"
#include "tests/support/temp_folder.h"
#include "ui/engine.h"
#include "ui/source.h"
#include "ui/view.h"

enum { PATIENTS = 10000, PLANS_EACH = 10, KEYS = 2000, OPENS = 5, PHOTONS = 200000 };

static char home[TEMP_PATH_SIZE], beside[TEMP_PATH_SIZE];
static atomic_bool stop;
static atomic_uint runs, writes;

/* Of this thread: what the machine's other work does not lengthen. */
static double thread_s(void)
{
	return clock_s(CLOCK_THREAD_CPUTIME_ID);
}

/* --- a large clinic ----------------------------------------------------------------------------------------- */

static void add_plans(struct store *store, const char *patient, const char *case_json, struct fail *why)
{
	char readings[UUID_TEXT_SIZE], twin[UUID_TEXT_SIZE], json[1600];
	fixture_readings(store, patient, case_json, readings);
	fixture_twin(store, patient, readings, twin);
	for (int i = 0; i < PLANS_EACH; i++) {
		struct store_plan plan = fixture_plan(patient, twin);
		plan.json = json;
		plan.json_len = (size_t)snprintf(json, sizeof json, "{\"plan\":%d,\"fill\":\"%01500d\"}", i, i);
		must(store_plan_add_version(store, &plan, &fixture_stamp, why), why);
	}
}

static void fill(struct store *store)
{
	size_t n = 0;
	struct fail why = {.text = ""};
	char *case_json = (char *)read_file("profiles/demo/01.json", &n);
	must(store_group_begin(store, &why), &why);
	for (int i = 0; i < PATIENTS; i++) {
		struct store_patient patient = {.birth = "1980-01-01", .sex = 'F'};
		must(uuid_new(patient.uuid, &why), &why);
		(void)snprintf(patient.label, sizeof patient.label, "Virtual %05d Person", (i * 7919) % PATIENTS);
		(void)snprintf(patient.record_number, sizeof patient.record_number, "VIRTUAL-%06d", i);
		must(store_patient_add(store, &patient, &fixture_stamp, &why), &why);
		add_plans(store, patient.uuid, case_json, &why);
	}
	must(store_group_commit(store, &why), &why);
	free(case_json);
}

/* --- what goes on beside --------------------------------------------------------------------------------------- */

static void *scatter(void *nothing)
{
	static const struct light_layer layer[] = {{1.4, 6.0, 150.0, 0.85, 0.01}, {1.4, 0.4, 150.0, 0.85, 0.5}};
	double edge_cm[101];
	struct fail why;
	(void)nothing;
	for (int i = 0; i <= 100; i++)
		edge_cm[i] = 0.005 * i;
	const struct mc_request request = {.stack = {1.0, 1.4, 2, layer}, .grid = {.nz = 100, .z_edge_cm = edge_cm},
	                                   .photons = PHOTONS};
	while (!atomic_load(&stop)) {
		struct mc_result *result = NULL;
		must(mc_run(&request, &result, &why), &why);
		mc_free(&result);
		atomic_fetch_add(&runs, 1);
	}
	return NULL;
}

static void *write_beside(void *nothing)
{
	char path[TEMP_PATH_SIZE + 16];
	struct fail why;
	(void)nothing;
	(void)snprintf(path, sizeof path, "%s/sync.db", beside);
	struct store *store = fixture_open(path, STORE_CLINIC, NULL);
	for (unsigned i = 0; !atomic_load(&stop); i++) {
		must(step_write(store, i, &why), &why);
		atomic_fetch_add(&writes, 1);
	}
	store_close(&store);
	return NULL;
}

/* --- the screens -------------------------------------------------------------------------------------------------- */

struct desk {
	struct clinic *clinic;
	struct source records;
	struct app_source source;
	struct app_engine engine;
	struct jobs *jobs;
	struct app *app;
	struct canvas *canvas;
};

static int64_t clock_ms(void)
{
	return FIXTURE_NOW_MS;
}

struct opening {
	double s, cpu_s, records_cpu_s; /* whole; processor time of it; of opening the records and unsealing the names */
};

/* Without what the secret costs (about a second at a station, on purpose). */
static struct opening open_desk(struct desk *desk, const struct library *library)
{
	struct fail why = {.text = ""};
	const struct clinic_options options = {.home = home, .kind = STORE_CLINIC, .now_ms = FIXTURE_NOW_MS};
	const double start_s = wall_s(), start_cpu_s = thread_s();
	must(clinic_open(&options, &desk->clinic, &why), &why);
	must(clinic_login(desk->clinic, FIXTURE_LOGIN, fixture_secret, &why), &why);
	const double records_cpu_s = thread_s() - start_cpu_s;
	desk->records = (struct source){
	        desk->clinic, library, .now_ms = clock_ms};
	desk->source = source_of(&desk->records, "clinic");
	desk->engine = engine_of(library);
	must(jobs_new(false, &desk->jobs, &why), &why);
	must(app_new(&desk->source, &desk->engine, desk->jobs, &desk->app, &why), &why);
	must(canvas_new(40, 120, false, &desk->canvas, &why), &why);
	app_draw(desk->app, desk->canvas);
	return (struct opening){wall_s() - start_s, thread_s() - start_cpu_s, records_cpu_s};
}

static void close_desk(struct desk *desk)
{
	canvas_free(&desk->canvas);
	app_free(&desk->app);
	jobs_free(&desk->jobs);
	clinic_close(&desk->clinic);
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

struct sample {
	double s[KEYS], cpu_s[KEYS];
};

static void report(const char *what, struct sample *sample, size_t count, const char *note)
{
	double *s = sample->s, *cpu = sample->cpu_s;
	qsort(s, count, sizeof *s, by_size);
	qsort(cpu, count, sizeof *cpu, by_size);
	printf("latency: %s p99, processor\t%.2f\tms\tof the thread that takes keys and draws\n", what,
	       1e3 * cpu[count * 99 / 100]);
	printf("latency: %s p50\t%.2f\tms\t%s\n", what, 1e3 * s[count / 2], note);
	printf("latency: %s p99\t%.2f\tms\tgoal 30\n", what, 1e3 * s[count * 99 / 100]);
	printf("latency: %s worst\t%.2f\tms\t%zu keys\n", what, 1e3 * s[count - 1], count);
}

/* One key as the shell takes it: the worker's news first, then key and drawing; the rest of the list is read between. */
static void press(struct desk *desk, int key, struct sample *sample, size_t i)
{
	app_wake(desk->app);
	(void)app_worklist_read(desk->app, 4);
	const double start_s = wall_s(), start_cpu_s = thread_s();
	app_key(desk->app, (struct key_event){.key = key});
	app_draw(desk->app, desk->canvas);
	sample->s[i] = wall_s() - start_s;
	sample->cpu_s[i] = thread_s() - start_cpu_s;
}

static void measure_worklist(struct desk *desk)
{
	static const int keys[] = {UI_KEY_DOWN, UI_KEY_DOWN, UI_KEY_PAGE_DOWN, UI_KEY_DOWN, UI_KEY_END, UI_KEY_UP,
	                           UI_KEY_PAGE_UP, UI_KEY_HOME};
	static struct sample sample;
	for (size_t i = 0; i < KEYS; i++)
		press(desk, keys[i % (sizeof keys / sizeof *keys)], &sample, i);
	report("moving in 10 000 patients", &sample, KEYS, "Monte Carlo and a synchronisation's writes beside");
	for (size_t i = 0; i < 200; i++)
		press(desk, i % 10 == 0 ? '/' : i % 10 == 9 ? UI_KEY_ESCAPE : "0123456"[i % 7], &sample, i);
	report("searching 10 000 patients", &sample, 200, "each letter goes through all of them");
}

static void measure_knobs(struct desk *desk)
{
	static struct sample sample;
	press(desk, UI_KEY_HOME, &sample, 0);
	press(desk, UI_KEY_ENTER, &sample, 0);
	press(desk, '5', &sample, 0);
	while (app_busy(desk->app))
		app_wake(desk->app);
	for (size_t i = 0; i < KEYS; i++)
		press(desk, i % 8 < 4 ? UI_KEY_RIGHT : UI_KEY_LEFT, &sample, i);
	report("turning a knob", &sample, KEYS, "settings move at once, the worker judges them");
}

static void measure(const struct library *library)
{
	struct desk desk;
	struct opening best = {INFINITY, INFINITY, INFINITY};
	double all_s = 0.0;
	for (int i = 0; i < OPENS; i++) {
		const struct opening opening = open_desk(&desk, library);
		best = opening.s < best.s ? opening : best;
		const double start_s = wall_s();
		while (app_worklist_read(desk.app, 16))
			continue;
		all_s = wall_s() - start_s;
		close_desk(&desk);
	}
	printf("latency: first screen, 10 000 patients\t%.1f\tms\tbest of %d, records opened and names unsealed; goal 100\n",
	       1e3 * best.s, OPENS);
	printf("latency: first screen, processor\t%.1f\tms\tof it %.1f records and names; the lines fill in after it\n",
	       1e3 * best.cpu_s, 1e3 * best.records_cpu_s);
	printf("latency: rest of the list\t%.2f\ts\tread while nothing is pressed\n", all_s);
	(void)open_desk(&desk, library);
	measure_worklist(&desk);
	measure_knobs(&desk);
	close_desk(&desk);
}

int main(void)
{
	pthread_t photons, disk;
	struct library *library = NULL;
	struct fail why = {.text = ""};
	char path[TEMP_PATH_SIZE + 16];
	must(library_load("profiles", &library, &why), &why);
	fixture_fill_pages();
	temp_folder_make(home);
	temp_folder_make(beside);
	(void)snprintf(path, sizeof path, "%s/clinic.db", home);
	struct store *store = fixture_open(path, STORE_CLINIC, NULL);
	fill(store);
	store_close(&store);
	if (pthread_create(&photons, NULL, scatter, NULL) != 0 || pthread_create(&disk, NULL, write_beside, NULL) != 0)
		return EXIT_FAILURE;
	measure(library);
	atomic_store(&stop, true);
	(void)pthread_join(photons, NULL);
	(void)pthread_join(disk, NULL);
	printf("latency: beside\t%u\truns\tMonte Carlo of %d photons, and %u commits\n", atomic_load(&runs), PHOTONS,
	       atomic_load(&writes));
	library_free(&library);
	temp_folder_remove(home);
	temp_folder_remove(beside);
	return 0;
}
