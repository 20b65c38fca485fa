#include "planner/sync/service.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <unistd.h>

#include "devices/json.h"
#include "planner/plan/desk.h"
#include "planner/plan/files.h"
#include "planner/store/outbox.h"
#include "planner/sync/json_out.h"

#define SCHEMA "lasertwin-sync-settings/1"
#define PATH_SIZE 1200
#define SETTINGS_MAX ((size_t)1 << 16)
#define REPLY_MAX_S 3600

/* ---- settings ----------------------------------------------------------------------------------------- */

static const struct {
	const char *key;
	size_t at;
	bool required;
} fields[] = {
        {"base", offsetof(struct service_settings, base), true},
        {"namespace", offsetof(struct service_settings, local), true},
        {"ca_file", offsetof(struct service_settings, ca_file), false},
        {"pins", offsetof(struct service_settings, pins), false},
        {"client_cert", offsetof(struct service_settings, client_cert), false},
        {"client_key", offsetof(struct service_settings, client_key), false},
        {"token_url", offsetof(struct service_settings, token_url), false},
        {"client_id", offsetof(struct service_settings, client_id), false},
        {"key_id", offsetof(struct service_settings, key_id), false},
        {"key_file", offsetof(struct service_settings, key_file), false},
        {"scope", offsetof(struct service_settings, scope), false},
        {"reply_seconds", offsetof(struct service_settings, reply_s), false},
};
#define FIELDS (sizeof fields / sizeof *fields)

static char *field_of(struct service_settings *s, size_t i)
{
	return (char *)s + fields[i].at;
}

/* 0: the default; -1: none that can be meant. */
static int reply_ms(const struct service_settings *s)
{
	char *end;
	const long seconds = strtol(s->reply_s, &end, 10);
	return s->reply_s[0] == '\0' ? 0 : *end == '\0' && seconds >= 1 && seconds <= REPLY_MAX_S ? (int)seconds * 1000 : -1;
}

static enum status check_reply(const struct service_settings *s, struct fail *why)
{
	return reply_ms(s) >= 0 ? ST_OK
	                        : fail_set(why, ST_RANGE, "reply_seconds", "\"%.20s\" is no whole number of 1..%d s",
	                                   s->reply_s, REPLY_MAX_S);
}

static enum status read_fields(const struct json_at *root, struct service_settings *out, struct fail *why)
{
	const char *known[FIELDS + 2] = {"schema"};
	for (size_t i = 0; i < FIELDS; i++)
		known[i + 1] = fields[i].key;
	enum status st = json_schema(root, SCHEMA, why);
	if (!st)
		st = json_known_keys(root, known, JSON_X_EXTRA, why);
	for (size_t i = 0; !st && i < FIELDS; i++) {
		bool present = false;
		st = json_string(root, fields[i].key, field_of(out, i), SERVICE_TEXT_MAX,
		                 fields[i].required ? NULL : &present, why);
	}
	return st ? st : check_reply(out, why);
}

enum status service_settings_load(const char *home, struct service_settings *out, struct fail *why)
{
	char path[PATH_SIZE], *bytes = NULL;
	size_t len = 0;
	struct json_doc *doc = NULL;
	*out = (struct service_settings){0};
	(void)snprintf(path, sizeof path, "%s/" SERVICE_FILE, home);
	if (!files_exists(path))
		return fail_set(why, ST_NOT_FOUND, "sync",
		                "is not set up: `lasertwin sync setup ADDRESS` (the server's FHIR R4 base)");
	enum status st = file_read(path, SETTINGS_MAX, &bytes, &len, why);
	if (!st)
		st = json_parse(path, bytes, len, &doc, why);
	free(bytes);
	if (st)
		return st;
	struct json_at root = json_root(doc);
	st = read_fields(&root, out, why);
	json_free(&doc);
	return st;
}

/* A new file in the old one's place: a cut of power leaves one or the other. */
static enum status replace_file(const char *path, const char *bytes, size_t len, struct fail *why)
{
	char fresh[PATH_SIZE + 8];
	(void)snprintf(fresh, sizeof fresh, "%s.new", path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool written = fd >= 0 && write(fd, bytes, len) == (ssize_t)len && fsync(fd) == 0;
	if (fd >= 0)
		written = close(fd) == 0 && written;
	if (written && rename(fresh, path) == 0)
		return ST_OK;
	enum status st = fail_set(why, ST_IO, path, "cannot be written: %s", strerror(errno));
	(void)unlink(fresh);
	return st;
}

enum status service_settings_save(const char *home, const struct service_settings *settings, struct fail *why)
{
	struct service_settings copy = *settings;
	struct json_out out;
	char path[PATH_SIZE], *text = NULL;
	size_t len;
	json_out_begin(&out, SETTINGS_MAX);
	json_out_object(&out, NULL);
	json_out_text(&out, "schema", SCHEMA);
	for (size_t i = 0; i < FIELDS; i++)
		json_out_text_if(&out, fields[i].key, field_of(&copy, i));
	json_out_end_object(&out);
	enum status st = json_out_take(&out, &text, &len, why);
	if (!st)
		st = check_reply(settings, why);
	(void)snprintf(path, sizeof path, "%s/" SERVICE_FILE, home);
	if (!st)
		st = replace_file(path, text, len, why);
	free(text);
	return st;
}

static const char *given(const char *text)
{
	return text[0] ? text : NULL;
}

struct http_options service_http(const struct service_settings *s, const atomic_bool *cancel)
{
	return (struct http_options){.base = s->base,
	                             .ca_file = given(s->ca_file),
	                             .pins = given(s->pins),
	                             .client_cert = given(s->client_cert),
	                             .client_key = given(s->client_key),
	                             .token_url = given(s->token_url),
	                             .client_id = given(s->client_id),
	                             .key_id = given(s->key_id),
	                             .key_file = given(s->key_file),
	                             .scope = given(s->scope),
	                             .whole_ms = reply_ms(s),
	                             .cancel = cancel};
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

struct service {
	int lock;
	struct store *store;
	int64_t (*now_ms)(void);
	struct mapping mapping;
	struct http *http;
	struct station *station;
	struct guarded guarded;
	struct sync_engine *engine;
};

/* The lock goes with the process: a killed one leaves none behind. */
static enum status take_lock(const char *home, int *lock, struct fail *why)
{
	char path[PATH_SIZE], pid[32] = "";
	(void)snprintf(path, sizeof path, "%s/sync.lock", home);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail_set(why, ST_IO, path, "cannot be opened: %s", strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		ssize_t n = read(fd, pid, sizeof pid - 1);
		pid[n > 0 ? n : 0] = '\0';
		(void)close(fd);
		return fail_set(why, ST_CONFLICT, "sync",
		                "process %.*s synchronises these records at this moment",
		                (int)strspn(pid, "0123456789"), pid);
	}
	int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) != 0 || write(fd, pid, (size_t)n) != n) {
		enum status st = fail_set(why, ST_IO, path, "cannot be written: %s", strerror(errno));
		(void)close(fd);
		return st;
	}
	*lock = fd;
	return ST_OK;
}

static enum status assemble(struct service *service, const struct service_options *o,
                            const struct service_settings *settings, struct fail *why)
{
	const struct http_options line = service_http(settings, o->cancel);
	enum status st = mapping_init(&service->mapping, settings->local, why);
	if (!st)
		st = http_new(&line, &service->http, why);
	if (!st)
		st = gate_enter(&o->gate, why);
	if (st)
		return st;
	st = station_new(o->store, &service->mapping, o->now_ms, &service->station, why);
	gate_leave(&o->gate);
	if (st)
		return st;
	service->guarded = (struct guarded){
	        .inner = station_local(service->station), .gate = o->gate, .prepare = station_prepare};
	const struct sync_local local = guarded_local(&service->guarded);
	const struct sync_wire wire = {service->http, http_exchange};
	const struct sync_options options = {.id_system = service->mapping.id_system,
	                                     .write_system = service->mapping.write_system,
	                                     .types = mapping_types,
	                                     .seed = (uint64_t)o->now_ms(),
	                                     .go_on = o->go_on,
	                                     .context = o->context};
	return sync_engine_new(&local, &wire, &options, &service->engine, why);
}

enum status service_open(const struct service_options *options, struct service **out, struct fail *why)
{
	struct service_settings settings;
	enum status st = service_settings_load(options->home, &settings, why);
	if (st)
		return st;
	struct service *service = calloc(1, sizeof *service);
	if (!service)
		return fail_set(why, ST_FULL, "sync", "out of memory");
	*service = (struct service){.lock = -1, .store = options->store, .now_ms = options->now_ms};
	st = take_lock(options->home, &service->lock, why);
	if (!st)
		st = assemble(service, options, &settings, why);
	if (st)
		service_close(&service);
	*out = service;
	return st;
}

void service_close(struct service **service)
{
	struct service *s = *service;
	if (!s)
		return;
	sync_engine_free(&s->engine);
	station_free(&s->station);
	http_free(&s->http);
	if (s->lock >= 0)
		(void)close(s->lock);
	free(s);
	*service = NULL;
}

struct station *service_station(struct service *service)
{
	return service->station;
}

void service_reconcile(struct service *service)
{
	sync_engine_reconcile(service->engine);
}

/* One waiting arrival after the other, each inside the gate by itself. */
static enum status apply_waiting(struct service *s, size_t *applied, struct fail *why)
{
	const struct sync_gate *gate = &s->guarded.gate;
	struct station_waiting at = {0};
	enum status st = ST_OK;
	*applied = 0;
	while (!st && !at.done) {
		st = gate_enter(gate, why);
		if (st)
			return st;
		st = station_apply_some(s->station, &at, 1, why);
		gate_leave(gate);
	}
	*applied = at.applied;
	return st;
}

static enum status keep_time(struct service *s, struct fail *why)
{
	char text[32];
	const struct store_stamp stamp = {s->now_ms(), "sync"};
	(void)snprintf(text, sizeof text, "%" PRId64, stamp.at_ms);
	enum status st = gate_enter(&s->guarded.gate, why);
	if (st)
		return st;
	st = store_sync_set(s->store, DESK_SYNC_KEY, text, &stamp, why);
	gate_leave(&s->guarded.gate);
	return st;
}

enum status service_round(struct service *service, struct sync_outcome *outcome, size_t *applied,
                          struct fail *why)
{
	*applied = 0;
	enum status st = sync_round(service->engine, outcome, why);
	if (st == ST_OK || st == ST_IO) {
		struct fail reason = {0};
		enum status also = apply_waiting(service, applied, &reason);
		if (also && !st)
			return fail_set(why, also, reason.field, "%s", reason.text);
	}
	return st ? st : keep_time(service, why);
}

/* ---- the connection, step by step --------------------------------------------------------------------- */

const char *service_step_name(enum service_step step)
{
	static const char *const names[STEP_STEPS] = {"settings",  "connection", "FHIR R4",
	                                              "abilities", "token",      "access"};
	return (unsigned)step < STEP_STEPS ? names[step] : "?";
}

struct test {
	struct http *http;
	const struct service_settings *settings;
	service_tell tell;
	void *context;
};

static enum status told(const struct test *t, enum service_step step, enum status st, const struct fail *why,
                        const char *text)
{
	char line[FAIL_TEXT_MAX + FAIL_FIELD_MAX + 4];
	(void)snprintf(line, sizeof line, "%s%s%s", st ? why->field : text, st && why->field[0] ? ": " : "",
	               st ? why->text : "");
	t->tell(t->context, step, st, line);
	return st;
}

/* Conditional create of every type that is used; batch and transaction. */
static void read_abilities(const struct json_at *root, char *text, size_t size, bool *safe)
{
	struct json_at rest, first = {0}, list, item = {0}, value;
	size_t conditional = 0, update = 0, wanted = 0;
	for (const char *const *t = mapping_types; *t; t++)
		wanted++;
	if (json_find(root, "rest", &rest) && json_array_each(&rest, &first) &&
	    json_find(&first, "resource", &list))
		while (json_array_each(&list, &item)) {
			const char *type = json_find(&item, "type", &value) ? json_text(&value) : NULL;
			for (const char *const *t = mapping_types; type && *t; t++) {
				bool is = strcmp(*t, type) == 0, on = false, present = false;
				struct fail none;
				conditional += is &&
				               json_bool(&item, "conditionalCreate", &on, &present, &none) ==
				                       ST_OK &&
				               present && on;
				on = false;
				update += is &&
				          json_bool(&item, "updateCreate", &on, &present, &none) == ST_OK &&
				          present && on;
			}
		}
	*safe = conditional == wanted || update == wanted;
	(void)snprintf(text, size, "%s",
	               conditional == wanted ? "conditional create for every type: nothing doubles"
	               : update == wanted
	                       ? "creates go as PUT under our own names, looked at first"
	                       : "offers neither conditional create nor update-as-create for every type: "
	                         "records would double; ask the administrator to switch one on");
}

static enum status test_fhir(const struct test *t, struct fail *why)
{
	struct sync_reply reply = {0};
	struct json_doc *doc = NULL;
	struct json_at root, value;
	char url[2 * SERVICE_TEXT_MAX], text[200];
	bool safe = false;
	(void)snprintf(url, sizeof url, "%s/metadata", t->settings->base);
	enum status st = http_get_open(t->http, url, &reply, why);
	if (told(t, STEP_TLS, st, why, "encrypted, and the server is the one its certificate names"))
		return st;
	if (reply.http != 200)
		st = fail_set(why, ST_MODEL, "metadata", "the server answers %d: is this its FHIR base?",
		              reply.http);
	if (!st)
		st = json_parse("metadata", reply.body ? reply.body : "", reply.len, &doc, why);
	sync_reply_clear(&reply);
	if (!st) {
		root = json_root(doc);
		const char *version = json_find(&root, "fhirVersion", &value) ? json_text(&value) : NULL;
		if (!version || strncmp(version, "4.0.", 4) != 0)
			st = fail_set(why, ST_MODEL, "fhirVersion",
			              "is %.20s: the server's R4 (4.0.x) address is needed",
			              version ? version : "missing");
		if (!told(t, STEP_FHIR, st, why, "FHIR R4")) {
			read_abilities(&root, text, sizeof text, &safe);
			if (!safe)
				st = fail_set(why, ST_MODEL, "server", "%s", text);
			(void)told(t, STEP_CAPABILITY, st, why, text);
		}
	} else {
		(void)told(t, STEP_FHIR, st, why, "");
	}
	json_free(&doc);
	return st;
}

static enum status test_access(const struct test *t, struct fail *why)
{
	const struct sync_request request = {.method = "GET", .path = "Patient?_count=1"};
	struct sync_reply reply = {0};
	char warning[160] = "";
	enum status st = http_token(t->http, warning, sizeof warning, why);
	if (told(t, STEP_TOKEN, st, why,
	         !t->settings->token_url[0]
	                 ? "none is used: the server knows this station by its certificate, or by nothing"
	         : warning[0] ? warning
	                      : "granted"))
		return st;
	st = http_exchange(t->http, &request, &reply, why);
	if (!st && reply.http != 200)
		st = fail_set(why, ST_DENIED, "Patient",
		              "the server answers %d to a read: the station may not read there; ask its "
		              "administrator",
		              reply.http);
	sync_reply_clear(&reply);
	return told(t, STEP_READ, st, why, "patients can be read");
}

enum status service_test(const struct service_settings *settings, service_tell tell, void *context,
                         struct fail *why)
{
	struct test t = {.settings = settings, .tell = tell, .context = context};
	struct mapping mapping;
	const struct http_options line = service_http(settings, NULL);
	enum status st = mapping_init(&mapping, settings->local, why);
	if (!st)
		st = http_new(&line, &t.http, why);
	if (told(&t, STEP_SETTINGS, st, why, "complete"))
		return st;
	st = test_fhir(&t, why);
	if (!st)
		st = test_access(&t, why);
	http_free(&t.http);
	return st;
}
