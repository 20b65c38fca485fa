/* Synchronisation: resources pushed and pulled per second, requests of a round with nothing to do, memory.
 * Without surroundings the server is the tests' own, in memory, so that the station is measured and not the
 * server; tests/bench/sync.sh names a real one (LASERTWIN_SYNC_BASE, LASERTWIN_SYNC_CA). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "planner/sync/guard.h"
#include "planner/sync/http.h"
#include "planner/sync/station.h"
#include "tests/bench/bench.h"
#include "tests/support/fake_fhir.h"
#include "tests/support/store_fixture.h"
#include "tests/support/temp_folder.h"

#define READINGS                                                                                             \
	"{\"schema\":\"lasertwin-case/"                                                                      \
	"1\",\"patient\":{\"fitz\":\"III\",\"ita_deg\":34.25,\"mi_field\":210,\"site\":\"cheek\"}}"

static int64_t now_ms(void)
{
	return FIXTURE_NOW_MS;
}

static const char *where; /* the server is */
/* When a patient's readings were first kept, since the round began: from then on somebody can plan. */
static double first_s, began_s;
static struct sync_local beneath;

static enum status arrive(void *state, const struct sync_arrival *items, size_t count, const char *key,
                          const char *value, struct fail *why)
{
	enum status st = beneath.arrive(state, items, count, key, value, why);
	if (!st && first_s <= 0 && count > 0 && strcmp(items[0].place.type, "Observation") == 0)
		first_s = wall_s() - began_s;
	return st;
}

static enum status in_memory(void *state, const struct sync_request *request, struct sync_reply *reply,
                             struct fail *why)
{
	(void)why;
	fake_fhir_handle(state, request, reply);
	return ST_OK;
}

struct side {
	struct store *store;
	struct station *station;
	struct sync_engine *engine;
	struct http *http;
	struct guarded guarded;
};

/* How long the screens of a planner would have to wait for the store: one slice at a time. On a busy machine others'
 * work is in that too, so the processor's time is kept beside it. */
static double held_since_s, held_cpu_s, held_max_s, held_cpu_max_s;

static enum status enter(void *context, struct fail *why)
{
	(void)context;
	(void)why;
	held_since_s = wall_s();
	held_cpu_s = clock_s(CLOCK_THREAD_CPUTIME_ID);
	return ST_OK;
}

static void leave(void *context)
{
	double held_s = wall_s() - held_since_s, cpu = clock_s(CLOCK_THREAD_CPUTIME_ID) - held_cpu_s;
	(void)context;
	held_max_s = held_s > held_max_s ? held_s : held_max_s;
	held_cpu_max_s = cpu > held_cpu_max_s ? cpu : held_cpu_max_s;
}

/* What the processor spent on the server's process, LASERTWIN_SYNC_SERVER (proc(5): utime and stime are the 14th and
 * 15th after a name in parentheses). 0: it is in this process, or elsewhere. */
static double server_cpu_s(void)
{
	const char *pid = getenv("LASERTWIN_SYNC_SERVER");
	char path[64], line[1024] = "";
	unsigned long user = 0, kernel = 0;
	if (!pid)
		return 0;
	(void)snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	FILE *file = fopen(path, "r");
	const char *rest = file && fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
	if (file)
		(void)fclose(file);
	if (!rest || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2)
		return 0;
	return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static void open_side(struct side *side, const char *folder, const char *name, struct fake_fhir *server)
{
	char path[TEMP_PATH_SIZE + 32];
	struct mapping mapping;
	struct fail why;
	const char *base = getenv("LASERTWIN_SYNC_BASE");
	struct sync_wire wire = {server, in_memory};
	(void)snprintf(path, sizeof path, "%s/%s.db", folder, name);
	side->store = fixture_open(path, STORE_CLINIC, NULL);
	must(mapping_init(&mapping, "https://clinic.example/fhir", &why), &why);
	must(station_new(side->store, &mapping, now_ms, &side->station, &why), &why);
	if (base) {
		const struct http_options options = {.base = base, .ca_file = getenv("LASERTWIN_SYNC_CA")};
		must(http_new(&options, &side->http, &why), &why);
		wire = (struct sync_wire){side->http, http_exchange};
	}
	side->guarded = (struct guarded){.inner = station_local(side->station), .prepare = station_prepare};
	if (getenv("LASERTWIN_SYNC_BESIDE")) /* as in the planner, in slices */
		side->guarded.gate = (struct sync_gate){side, enter, leave};
	struct sync_local local = guarded_local(&side->guarded);
	beneath = local;
	local.arrive = arrive;
	const struct sync_options options = {
	        .id_system = FAKE_ID_SYSTEM, .write_system = FAKE_WRITE_SYSTEM, .types = mapping_types};
	must(sync_engine_new(&local, &wire, &options, &side->engine, &why), &why);
}

static void close_side(struct side *side)
{
	sync_engine_free(&side->engine);
	station_free(&side->station);
	http_free(&side->http);
	store_close(&side->store);
}

static void fill(struct side *side, size_t patients)
{
	struct fail why;
	must(store_group_begin(side->store, &why), &why);
	for (size_t i = 0; i < patients; i++) {
		struct store_patient patient = {.sex = 'F'};
		struct store_readings readings = {
		        .taken_at_ms = FIXTURE_NOW_MS, .json = READINGS, .json_len = sizeof READINGS - 1};
		(void)snprintf(patient.label, sizeof patient.label, "VIRTUAL %zu", i);
		must(uuid_new(patient.uuid, &why), &why);
		must(uuid_new(readings.uuid, &why), &why);
		must(store_patient_add(side->store, &patient, &fixture_stamp, &why), &why);
		memcpy(readings.patient, patient.uuid, sizeof readings.patient);
		must(store_readings_add(side->store, &readings, &fixture_stamp, &why), &why);
	}
	must(store_group_commit(side->store, &why), &why);
}

struct times {
	double wall_s, own_s, server_s; /* own: of the processor */
};

static struct times round_of(struct side *side, struct sync_outcome *outcome)
{
	struct fail why;
	const double start = began_s = wall_s(), own = cpu_s(), server = server_cpu_s();
	first_s = held_max_s = held_cpu_max_s = 0;
	must(sync_round(side->engine, outcome, &why), &why);
	return (struct times){wall_s() - start, cpu_s() - own, server_cpu_s() - server};
}

/* The two take turns: what the processor spent on both is what a machine with nothing else to do would need. */
static void print_times(const char *what, size_t resources, const struct times *t)
{
	const double both_s = t->own_s + t->server_s, count = (double)resources;
	printf("sync: %s\t%.0f\t1/s\t%zu resources with audit, %s; %.2f s on the clock, one run\n", what, count / t->wall_s,
	       resources, where, t->wall_s);
	printf("sync: %s, by the processor's time\t%.0f\t1/s\tstation %.2f s, server %.2f s\n", what, count / both_s,
	       t->own_s, t->server_s);
	printf("sync: %s, station alone\t%.0f\t1/s\tby its own %.2f s of the processor\n", what, count / t->own_s,
	       t->own_s);
	if (held_max_s > 0)
		printf("sync: %s, longest hold of the store\t%.1f\tms\tso long a key may wait beside it; the longest "
		       "computing in one %.1f ms\n",
		       what, 1e3 * held_max_s, 1e3 * held_cpu_max_s);
}

static double peak_MB(void)
{
	struct rusage usage;
	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_maxrss / 1024.0;
}

int main(void)
{
	const char *wish = getenv("LASERTWIN_SYNC_PATIENTS");
	size_t patients = wish ? strtoul(wish, NULL, 10) : 250;
	char folder[TEMP_PATH_SIZE];
	struct side a = {0}, b = {0};
	struct fake_fhir server;
	struct sync_outcome outcome;
	where = getenv("LASERTWIN_SYNC_WHERE") ? getenv("LASERTWIN_SYNC_WHERE") : "server in memory";
	temp_folder_make(folder);
	fake_fhir_begin(&server);
	open_side(&a, folder, "a", &server);
	open_side(&b, folder, "b", &server);
	fill(&a, patients);
	struct times t = round_of(&a, &outcome);
	print_times("push", outcome.pushed, &t);
	(void)round_of(&a, &outcome);
	printf("sync: requests of a round right after it\t%zu\t\t%zu sent, %zu received, %s\n", outcome.requests,
	       outcome.pushed, outcome.pulled, where);
	t = round_of(&b, &outcome);
	print_times("pull", outcome.pulled, &t);
	printf("sync: first readings on a new station\t%.2f\ts\tfrom the start of its first round, %s\n", first_s, where);
	(void)round_of(&b, &outcome);
	printf("sync: requests of a round right after a pull\t%zu\t\t%zu sent, %zu received, %s\n", outcome.requests,
	       outcome.pushed, outcome.pulled, where);
	(void)round_of(&a, &outcome);
	(void)round_of(&a, &outcome);
	printf("sync: requests of a round with nothing to do\t%zu\t\t%zu sent, %zu received, %s\n", outcome.requests,
	       outcome.pushed, outcome.pulled, where);
	printf("sync: peak memory\t%.0f\tMB\tboth stations%s\n", peak_MB(),
	       getenv("LASERTWIN_SYNC_BASE") ? "" : " and the server");
	close_side(&a);
	close_side(&b);
	fake_fhir_end(&server);
	temp_folder_remove(folder);
	return 0;
}
