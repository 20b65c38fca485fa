/* The clinic's server from the command line: setting up, rounds, what a person has to settle. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "planner/plan/files.h"
#include "planner/plan/trust.h"
#include "planner/store/outbox.h"
#include "planner/sync/compare.h"
#include "planner/sync/json_out.h"
#include "planner/sync/service.h"
#include "ui/commands/commands.h"
#include "ui/commands/records.h"

#define LINE_MAX_BYTES 1200
#define WATCH_MS 30000 /* between rounds of --watch when nothing presses */
#define WATCH_MAX_MS 300000
#define MS_PER_S 1000
#define KEY_TEXT_MAX 256

static void say(const struct cli_options *options, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
static void say(const struct cli_options *options, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(line, sizeof line, format, args);
	va_end(args);
	cli_print(stdout, cli_ascii(options), line);
}

/* --- interrupts ---------------------------------------------------------------------------------------- */

static atomic_bool cancelled;

static void on_interrupt(int number)
{
	(void)number;
	atomic_store(&cancelled, true);
}

static void heed_interrupts(void)
{
	struct sigaction action = {.sa_handler = on_interrupt};
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

static bool go_on(void *context, const struct sync_progress *progress)
{
	const bool *shown = context;
	if (*shown)
		fprintf(stderr, "\rsync: %zu sent, %zu received, %zu requests ", progress->pushed,
		        progress->pulled, progress->requests);
	return !atomic_load(&cancelled);
}

/* In short sleeps, so that an interrupt is heeded. */
static void pause_ms(int64_t ms)
{
	const struct timespec step = {.tv_nsec = 100000000};
	for (int64_t waited = 0; waited < ms && !atomic_load(&cancelled); waited += 100)
		(void)nanosleep(&step, NULL);
}

/* --- rounds -------------------------------------------------------------------------------------------- */

static enum status print_json(const struct sync_outcome *o, size_t applied, enum status st,
                              const struct fail *why)
{
	struct json_out out;
	struct fail none;
	char *text = NULL;
	size_t len;
	json_out_begin(&out, 1 << 16);
	json_out_object(&out, NULL);
	json_out_bool(&out, "complete", st == ST_OK);
	json_out_int(&out, "sent", (int64_t)o->pushed);
	json_out_int(&out, "received", (int64_t)o->pulled);
	json_out_int(&out, "applied_later", (int64_t)applied);
	json_out_int(&out, "waiting", (int64_t)o->waiting);
	json_out_int(&out, "conflicts", (int64_t)o->conflicts);
	json_out_int(&out, "refused", (int64_t)o->refused);
	json_out_int(&out, "parked", (int64_t)o->parked);
	json_out_int(&out, "foreign", (int64_t)o->foreign);
	json_out_int(&out, "requests", (int64_t)o->requests);
	json_out_int(&out, "come_again_ms", o->wait_ms);
	json_out_bool(&out, "server_rolled_back", o->rolled_back);
	if (st)
		json_out_text(&out, "problem", why->text);
	json_out_end_object(&out);
	enum status written = json_out_take(&out, &text, &len, &none);
	if (!written)
		printf("%s\n", text);
	fflush(stdout);
	free(text);
	return written;
}

static void tell_round(const struct cli_options *options, const struct sync_outcome *o, size_t applied,
                       enum status st, const struct fail *why)
{
	if (cli_flag(options, "--json")) {
		(void)(print_json(o, applied, st, why) == ST_OK);
		return;
	}
	say(options, "%zu sent, %zu received, %zu waiting, %zu requests%s", o->pushed, o->pulled, o->waiting,
	    o->requests, st ? " (not complete)" : "");
	if (o->rolled_back)
		say(options,
		    "THE SERVER LOST CONFIRMED RECORDS (put back to a backup?): they are being sent again.");
	if (o->conflicts + o->refused + o->parked > 0)
		say(options, "%zu conflicts, %zu refused, %zu that cannot be used: `lasertwin sync list`",
		    o->conflicts, o->refused, o->parked);
}

/* Longer pauses where nothing works, never shorter than the server wishes. */
static int64_t pause_after(const struct sync_outcome *o, enum status st, int failures)
{
	int64_t ms = st ? WATCH_MS << (failures < 4 ? failures : 4) : WATCH_MS;
	ms = ms > WATCH_MAX_MS ? WATCH_MAX_MS : ms;
	return o->wait_ms > ms ? o->wait_ms : ms;
}

static enum status run_rounds(const struct cli_options *options, struct service *service, struct fail *why)
{
	bool watch = cli_flag(options, "--watch");
	int failures = 0;
	enum status st;
	do {
		struct sync_outcome outcome;
		size_t applied = 0;
		st = service_round(service, &outcome, &applied, why);
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\n");
		tell_round(options, &outcome, applied, st, why);
		failures = st ? failures + 1 : 0;
		if (watch && st && st != ST_IO && st != ST_CANCELLED)
			break; /* waiting does not mend it */
		if (watch)
			pause_ms(pause_after(&outcome, st, failures));
	} while (watch && !atomic_load(&cancelled));
	return watch && atomic_load(&cancelled) ? ST_OK : st;
}

static enum status with_service(const struct cli_options *options, struct clinic *clinic,
                                struct service **service, struct fail *why)
{
	static char home[CLI_PATH_MAX];
	static bool shown;
	cli_home(options, home, sizeof home);
	shown = isatty(STDERR_FILENO) && !cli_flag(options, "--json");
	const struct service_options service_options = {.home = home,
	                                                .store = clinic_store(clinic),
	                                                .now_ms = cli_now_ms,
	                                                .cancel = &cancelled,
	                                                .go_on = go_on,
	                                                .context = &shown};
	return service_open(&service_options, service, why);
}

typedef enum status (*sync_work)(const struct cli_options *options, struct clinic *clinic,
                                 struct service *service, struct fail *why);

static int with_records(const struct cli_options *options, sync_work work)
{
	struct clinic *clinic = NULL;
	struct service *service = NULL;
	struct fail why = {.text = ""};
	char profiles[CLI_PATH_MAX];
	heed_interrupts();
	enum status st = records_kind(options) == STORE_DEMO
	                         ? cli_profiles(options, profiles, sizeof profiles, &why)
	                         : ST_OK;
	if (st == ST_OK)
		st = records_open(options, records_kind(options) == STORE_DEMO ? profiles : NULL,
		                  records_kind(options), &clinic, &why);
	if (st == ST_OK)
		st = with_service(options, clinic, &service, &why);
	if (st == ST_OK)
		st = work(options, clinic, service, &why);
	service_close(&service);
	clinic_close(&clinic);
	return st == ST_OK ? 0 : cli_complain(options, st, &why);
}

static enum status rounds(const struct cli_options *options, struct clinic *clinic, struct service *service,
                          struct fail *why)
{
	(void)clinic;
	if (cli_flag(options, "--once") && cli_flag(options, "--watch"))
		return fail_set(why, ST_INPUT, "--once", "does not go with --watch");
	if (cli_flag(options, "--reconcile"))
		service_reconcile(service);
	return run_rounds(options, service, why);
}

int command_sync(const struct cli_options *options)
{
	return with_records(options, rounds);
}

/* --- what a person looks at ----------------------------------------------------------------------------- */

static const char *const object_names[OUTBOX_OBJECTS] = {"patient", "readings",   "twin",
                                                         "plan",    "plan event", "record"};
static const char *const state_names[OUTBOX_STATES] = {"waiting", "in flight", "acknowledged", "conflict",
                                                       "refused"};

static void list_json(const struct store_outbox_list *rows, const struct station_list *notices)
{
	struct json_out out;
	struct fail none;
	char *text = NULL;
	size_t len;
	json_out_begin(&out, (size_t)1 << 26);
	json_out_object(&out, NULL);
	json_out_array(&out, "entries");
	for (size_t i = 0; i < rows->count; i++) {
		json_out_object(&out, NULL);
		json_out_int(&out, "entry", rows->items[i].seq);
		json_out_text(&out, "what", object_names[rows->items[i].object]);
		json_out_text(&out, "uuid", rows->items[i].uuid);
		json_out_text(&out, "state", state_names[rows->items[i].state]);
		json_out_text_if(&out, "note", rows->items[i].note);
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	json_out_array(&out, "notices");
	for (size_t i = 0; i < notices->count; i++) {
		json_out_object(&out, NULL);
		json_out_text(&out, "kind", sync_notice_name(notices->items[i].notice));
		json_out_text_if(&out, "uuid", notices->items[i].name);
		json_out_text(&out, "text", notices->items[i].text);
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	json_out_end_object(&out);
	if (json_out_take(&out, &text, &len, &none) == ST_OK)
		printf("%s\n", text);
	free(text);
}

static void list_text(const struct cli_options *options, const struct store_outbox_list *rows,
                      const struct station_list *notices)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct store_outbox *row = &rows->items[i];
		say(options, "%6lld  %-11s %-10s %s  %s", (long long)row->seq, state_names[row->state],
		    object_names[row->object], row->uuid, row->note);
	}
	for (size_t i = 0; i < notices->count; i++)
		say(options, "%-10s %s  %s", sync_notice_name(notices->items[i].notice),
		    notices->items[i].name, notices->items[i].text);
	if (rows->count + notices->count == 0)
		say(options, "Everything is on the server, and nothing waits for a person.");
}

/* What a person has dealt with is no longer listed. */
static enum status drop_dismissed(struct service *service, struct store_outbox_list *rows, struct fail *why)
{
	size_t kept = 0;
	enum status st = ST_OK;
	for (size_t i = 0; st == ST_OK && i < rows->count; i++) {
		bool dismissed = false;
		if (rows->items[i].state == OUTBOX_REFUSED)
			st = station_dismissed(service_station(service), rows->items[i].seq, &dismissed, why);
		if (!dismissed)
			rows->items[kept++] = rows->items[i];
	}
	rows->count = st == ST_OK ? kept : rows->count;
	return st;
}

static enum status list(const struct cli_options *options, struct clinic *clinic, struct service *service,
                        struct fail *why)
{
	struct store_outbox_list rows = {0};
	struct station_list notices = {0};
	const struct store_outbox_query query = {.states = 1u << OUTBOX_PENDING | 1u << OUTBOX_INFLIGHT |
	                                                   1u << OUTBOX_CONFLICT | 1u << OUTBOX_REFUSED};
	enum status st = store_outbox_list(clinic_store(clinic), &query, &rows, why);
	if (st == ST_OK)
		st = drop_dismissed(service, &rows, why);
	if (st == ST_OK)
		st = station_notices(service_station(service), &notices, why);
	if (st == ST_OK && cli_flag(options, "--json"))
		list_json(&rows, &notices);
	else if (st == ST_OK)
		list_text(options, &rows, &notices);
	store_outbox_list_free(&rows);
	station_list_free(&notices);
	return st;
}

int command_sync_list(const struct cli_options *options)
{
	return with_records(options, list);
}

static enum status entry_number(const struct cli_options *options, int64_t *seq, struct fail *why)
{
	char *end;
	errno = 0;
	*seq = strtoll(options->operand[0], &end, 10);
	return errno == 0 && *end == '\0' && *seq > 0
	               ? ST_OK
	               : fail_set(why, ST_INPUT, options->operand[0], "is no entry of `lasertwin sync list`");
}

static void show_json(const struct compare *c)
{
	struct json_out out;
	struct fail none;
	char *text = NULL;
	size_t len;
	json_out_begin(&out, (size_t)1 << 24);
	json_out_object(&out, NULL);
	json_out_int(&out, "different", (int64_t)c->different);
	json_out_array(&out, "members");
	for (size_t i = 0; i < c->count; i++) {
		json_out_object(&out, NULL);
		json_out_text(&out, "member", c->row[i].path);
		json_out_bool(&out, "differs", c->row[i].differs);
		json_out_text_if(&out, "ours", c->row[i].mine);
		json_out_text_if(&out, "theirs", c->row[i].theirs);
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	json_out_end_object(&out);
	if (json_out_take(&out, &text, &len, &none) == ST_OK)
		printf("%s\n", text);
	free(text);
}

static void show_text(const struct cli_options *options, const struct compare *c)
{
	say(options, "%zu of %zu members differ (ours | the server's):", c->different, c->count);
	for (size_t i = 0; i < c->count; i++) {
		const struct compare_row *row = &c->row[i];
		if (i == c->different)
			say(options, "The same in both:");
		if (row->differs)
			say(options, "  %-40s  %s | %s", row->path, row->mine[0] ? row->mine : "(absent)",
			    row->theirs[0] ? row->theirs : "(absent)");
		else
			say(options, "  %-40s  %s", row->path, row->mine);
	}
	if (c->cut)
		say(options, "... and more than %d members", COMPARE_ROWS_MAX);
}

static enum status show(const struct cli_options *options, struct clinic *clinic, struct service *service,
                        struct fail *why)
{
	int64_t seq;
	char *mine = NULL, *theirs = NULL;
	struct compare compare = {0};
	(void)clinic;
	enum status st = entry_number(options, &seq, why);
	if (st == ST_OK)
		st = station_conflict(service_station(service), seq, &mine, &theirs, why);
	if (st == ST_OK)
		st = compare_records(mine, theirs, &compare, why);
	if (st == ST_OK && cli_flag(options, "--json"))
		show_json(&compare);
	else if (st == ST_OK)
		show_text(options, &compare);
	compare_free(&compare);
	free(mine);
	free(theirs);
	return st;
}

int command_sync_show(const struct cli_options *options)
{
	return with_records(options, show);
}

static enum status settle(const struct cli_options *options, struct clinic *clinic, struct service *service,
                          bool keep_mine, struct fail *why)
{
	int64_t seq;
	size_t applied;
	enum status st = entry_number(options, &seq, why);
	if (st == ST_OK)
		st = station_settle(service_station(service), clinic_session(clinic), seq, keep_mine, why);
	if (st == ST_OK)
		st = station_apply_waiting(service_station(service), &applied, why);
	if (st == ST_OK)
		say(options, keep_mine ? "Ours goes to the server with the next round."
		                       : "The server's stays; ours is kept here.");
	return st;
}

static enum status settle_mine(const struct cli_options *options, struct clinic *clinic,
                               struct service *service, struct fail *why)
{
	return settle(options, clinic, service, true, why);
}

static enum status settle_theirs(const struct cli_options *options, struct clinic *clinic,
                                 struct service *service, struct fail *why)
{
	return settle(options, clinic, service, false, why);
}

int command_sync_mine(const struct cli_options *options)
{
	return with_records(options, settle_mine);
}

int command_sync_theirs(const struct cli_options *options)
{
	return with_records(options, settle_theirs);
}

/* --- trust --------------------------------------------------------------------------------------------- */

/* The last word of 64 hexadecimal digits in the file: `lasertwin export key` prints login and number before
 * it. */
static enum status read_key(const char *path, struct sign_public *key, struct fail *why)
{
	char *bytes = NULL;
	size_t len = 0;
	enum status st = file_read(path, KEY_TEXT_MAX * 4, &bytes, &len, why);
	if (st != ST_OK)
		return st;
	for (size_t end = len; end > 0; end--) {
		size_t n = 0;
		while (n < end && strchr("0123456789abcdef", bytes[end - 1 - n]) && bytes[end - 1 - n])
			n++;
		if (n < SIGN_PUBLIC_TEXT_SIZE - 1)
			continue;
		bytes[end] = '\0';
		st = sign_public_parse(bytes + end - n, key, why);
		free(bytes);
		return st;
	}
	free(bytes);
	return fail_set(why, ST_INPUT, path,
	                "holds no public key: print it with `lasertwin export key` at the other station");
}

static enum status trust(const struct cli_options *options, struct clinic *clinic, struct service *service,
                         struct fail *why)
{
	struct sign_public key;
	uint64_t number = 1;
	size_t applied = 0;
	bool drop = cli_flag(options, "--drop");
	const struct store_stamp stamp = {cli_now_ms(), session_person(clinic_session(clinic))->login};
	if (!drop && options->operands < 2)
		return fail_set(why, ST_INPUT, "sync trust", "which file holds the key?");
	enum status st = cli_whole_number(options, "--number", 1, 1000, &number, why);
	if (st == ST_OK && !drop)
		st = read_key(options->operand[1], &key, why);
	if (st == ST_OK)
		st = trust_add(clinic_store(clinic), clinic_session(clinic), options->operand[0],
		               (int64_t)number, drop ? NULL : &key, &stamp, why);
	if (st == ST_OK)
		st = station_apply_waiting(service_station(service), &applied, why);
	if (st == ST_OK)
		say(options, "%s's key number %d is %s here.", options->operand[0], (int)number,
		    drop ? "trusted no more" : "trusted");
	return st;
}

int command_sync_trust(const struct cli_options *options)
{
	return with_records(options, trust);
}

/* --- setting up ---------------------------------------------------------------------------------------- */

struct tested {
	const struct cli_options *options;
	struct json_out json;
};

static void tell_step(void *context, enum service_step step, enum status st, const char *text)
{
	struct tested *tested = context;
	if (!cli_flag(tested->options, "--json")) {
		say(tested->options, "%-12s %-4s %s", service_step_name(step), st ? "NO" : "ok", text);
		return;
	}
	json_out_object(&tested->json, NULL);
	json_out_text(&tested->json, "step", service_step_name(step));
	json_out_bool(&tested->json, "ok", st == ST_OK);
	json_out_text(&tested->json, "text", text);
	json_out_end_object(&tested->json);
}

static int test_connection(const struct cli_options *options, const struct service_settings *settings)
{
	struct fail why = {.text = ""}, unprinted;
	struct tested tested = {.options = options};
	records_json_begin(&tested.json);
	json_out_array(&tested.json, NULL);
	enum status st = service_test(settings, tell_step, &tested, &why);
	json_out_end_array(&tested.json);
	if (!cli_flag(options, "--json"))
		json_out_drop(&tested.json);
	else if (records_json_print(&tested.json, &unprinted) != ST_OK)
		return cli_complain(options, unprinted.code, &unprinted);
	if (st == ST_OK && !cli_flag(options, "--json"))
		say(options, "The connection stands: `lasertwin sync`.");
	return st == ST_OK ? 0 : cli_exit_code(st);
}

int command_sync_test(const struct cli_options *options)
{
	struct service_settings settings;
	struct fail why = {.text = ""};
	char home[CLI_PATH_MAX];
	cli_home(options, home, sizeof home);
	enum status st = service_settings_load(home, &settings, &why);
	return st == ST_OK ? test_connection(options, &settings) : cli_complain(options, st, &why);
}

static enum status put(char *field, const char *name, const char *value, struct fail *why)
{
	int n = snprintf(field, SERVICE_TEXT_MAX, "%s", value ? value : "");
	return n < SERVICE_TEXT_MAX
	               ? ST_OK
	               : fail_set(why, ST_RANGE, name, "is longer than %d bytes", SERVICE_TEXT_MAX - 1);
}

static enum status read_setup(const struct cli_options *options, const char *home, struct service_settings *s,
                              struct fail *why)
{
	const struct {
		const char *option;
		char *field;
	} given[] = {{"--ca-file", s->ca_file},         {"--pin", s->pins},
	             {"--client-cert", s->client_cert}, {"--client-key", s->client_key},
	             {"--token-url", s->token_url},     {"--client-id", s->client_id},
	             {"--key-id", s->key_id},           {"--scope", s->scope},
	             {"--reply-seconds", s->reply_s},
	             {"--namespace", s->local}};
	enum status st = put(s->base, "ADDRESS", options->operand[0], why);
	for (size_t i = 0; st == ST_OK && i < sizeof given / sizeof *given; i++)
		st = put(given[i].field, given[i].option, cli_value(options, given[i].option), why);
	if (st == ST_OK && s->local[0] == '\0')
		st = put(s->local, "--namespace", s->base, why);
	if (st != ST_OK || s->client_id[0] == '\0')
		return st;
	if (s->key_id[0] == '\0')
		(void)snprintf(s->key_id, sizeof s->key_id, "station");
	if (s->scope[0] == '\0')
		(void)snprintf(s->scope, sizeof s->scope, "system/*.cruds");
	int n = snprintf(s->key_file, sizeof s->key_file, "%s/" SERVICE_KEY_FILE, home);
	return n < (int)sizeof s->key_file ? ST_OK : fail_set(why, ST_RANGE, "--home", "is too long");
}

/* The token endpoint, as the server itself names it. */
static enum status discover(struct service_settings *s, struct fail *why)
{
	struct http *http = NULL;
	struct sync_reply reply = {0};
	struct service_settings open = *s;
	char url[2 * SERVICE_TEXT_MAX], *at, *end;
	open.client_id[0] = '\0';
	const struct http_options line = service_http(&open, NULL);
	enum status st = http_new(&line, &http, why);
	(void)snprintf(url, sizeof url, "%s/.well-known/smart-configuration", s->base);
	if (st == ST_OK)
		st = http_get_open(http, url, &reply, why);
	if (st == ST_OK && reply.http == 200 && reply.body &&
	    (at = strstr(reply.body, "\"token_endpoint\"")) != NULL &&
	    (at = strstr(at, "https://")) != NULL && (end = strchr(at, '"')) != NULL) {
		*end = '\0';
		st = put(s->token_url, "token_endpoint", at, why);
	} else if (st == ST_OK) {
		st = fail_set(why, ST_NOT_FOUND, "--token-url",
		              "the server does not name its token endpoint: enter it");
	}
	sync_reply_clear(&reply);
	http_free(&http);
	return st;
}

/* The station's key is made once; its public half goes to the server's administrator. */
static enum status station_key(const struct cli_options *options, const struct service_settings *s,
                               struct fail *why)
{
	struct token_key *key = NULL;
	char *set = NULL;
	enum status st = files_exists(s->key_file) ? ST_OK : token_key_make(s->key_file, why);
	if (st == ST_OK)
		st = token_key_load(s->key_file, &key, why);
	if (st == ST_OK)
		st = token_key_set(key, s->key_id, &set, why);
	if (st == ST_OK) {
		say(options, "Register this key for client %s at the server:", s->client_id);
		cli_print(stdout, cli_ascii(options), set);
	}
	token_key_free(&key);
	free(set);
	return st;
}

int command_sync_setup(const struct cli_options *options)
{
	struct service_settings settings = {0};
	struct fail why = {.text = ""};
	char home[CLI_PATH_MAX];
	cli_home(options, home, sizeof home);
	enum status st = files_make_folder(home, &why);
	if (st == ST_OK)
		st = read_setup(options, home, &settings, &why);
	if (st == ST_OK && settings.client_id[0] && settings.token_url[0] == '\0')
		st = discover(&settings, &why);
	if (st == ST_OK && settings.client_id[0])
		st = station_key(options, &settings, &why);
	if (st == ST_OK)
		st = service_settings_save(home, &settings, &why);
	return st == ST_OK ? test_connection(options, &settings) : cli_complain(options, st, &why);
}
