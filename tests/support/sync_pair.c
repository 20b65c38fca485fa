#include "tests/support/sync_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/trust.h"
#include "planner/store/outbox.h"
#include "tests/support/random_approval.h"

int64_t pair_clock_ms = FIXTURE_NOW_MS + 5000;

static int64_t now_ms(void)
{
	return pair_clock_ms;
}

void must(enum status st, const struct fail *why)
{
	if (st)
		fail_msg("%s: %s", why->field, why->text);
}

static enum status exchange(void *state, const struct sync_request *request, struct sync_reply *reply,
                            struct fail *why)
{
	struct pair *pair = state;
	if (pair->forbidden && request->body && strstr(request->body, pair->forbidden)) {
		static const char said[] = "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":"
		                           "\"forbidden\",\"details\":{\"text\":\"policy\"}}]}";
		pair->forbade++;
		*reply = (struct sync_reply){.http = 403, .body = strdup(said), .len = sizeof said - 1};
		return ST_OK;
	}
	fake_fhir_handle(&pair->server, request, reply);
	if (pair->lost_percent > 0 && (int)(rng_next(pair->dice) % 100) < pair->lost_percent) {
		sync_reply_clear(reply);
		return fail_set(why, ST_IO, "line", "the answer was lost");
	}
	return ST_OK;
}

/* The gate stands where the planner's other thread may have been. */
static enum status enter(void *state, struct fail *why)
{
	struct post *side = state;
	if (side->closed)
		return fail_set(why, ST_CANCELLED, "sync", "the records are closed");
	return ST_OK;
}

static void leave(void *state)
{
	(void)state;
}

void open_side(struct pair *pair, struct post *side, const char *name)
{
	char path[TEMP_PATH_SIZE + 32], value[STORE_SYNC_VALUE_MAX + 1];
	struct mapping mapping;
	struct fail why;
	const struct sync_wire wire = {pair, exchange};
	(void)snprintf(path, sizeof path, "%s/%s.db", pair->folder, name);
	side->store = fixture_open(path, STORE_CLINIC, NULL);
	must(mapping_init(&mapping, LOCAL, &why), &why);
	must(station_new(side->store, &mapping, now_ms, &side->station, &why), &why);
	must(store_sync_get(side->store, "station", value, &why), &why);
	memcpy(side->station_uuid, value, sizeof side->station_uuid);
	side->guarded = (struct guarded){
	        .inner = station_local(side->station), .gate = {side, enter, leave}, .prepare = station_prepare};
	const struct sync_local local = guarded_local(&side->guarded);
	const struct sync_options options = {
	        .id_system = FAKE_ID_SYSTEM, .write_system = FAKE_WRITE_SYSTEM, .types = mapping_types};
	must(sync_engine_new(&local, &wire, &options, &side->engine, &why), &why);
}

void close_side(struct post *side)
{
	sync_engine_free(&side->engine);
	station_free(&side->station);
	store_close(&side->store);
}

int make_pair(void **state)
{
	pair_clock_ms = FIXTURE_NOW_MS + 5000;
	struct pair *pair = calloc(1, sizeof *pair);
	temp_folder_make(pair->folder);
	fake_fhir_begin(&pair->server);
	open_side(pair, &pair->a, "a");
	open_side(pair, &pair->b, "b");
	*state = pair;
	return 0;
}

int drop_pair(void **state)
{
	struct pair *pair = *state;
	close_side(&pair->a);
	close_side(&pair->b);
	fake_fhir_end(&pair->server);
	temp_folder_remove(pair->folder);
	free(pair);
	return 0;
}

struct sync_outcome round_of(struct post *side)
{
	struct sync_outcome outcome;
	struct fail why;
	size_t applied;
	must(sync_round(side->engine, &outcome, &why), &why);
	must(station_apply_waiting(side->station, &applied, &why), &why);
	return outcome;
}

size_t notices(struct post *side, enum sync_notice notice)
{
	struct station_list list;
	struct fail why;
	size_t n = 0;
	must(station_notices(side->station, &list, &why), &why);
	for (size_t i = 0; i < list.count; i++)
		n += list.items[i].notice == notice;
	station_list_free(&list);
	return n;
}

void make_everything(struct post *side, struct made *made)
{
	struct fail why;
	fixture_patient(side->store, "Zo\xc3\xab \"Q\" \xc3\x85ngstr\xc3\xb6m", &made->patient);
	fixture_readings(side->store, made->patient.uuid, READINGS, made->readings);
	fixture_twin(side->store, made->patient.uuid, made->readings, made->twin);
	made->plan = fixture_plan(made->patient.uuid, made->twin);
	made->plan.json = PLAN;
	made->plan.json_len = strlen(PLAN);
	must(store_plan_add_version(side->store, &made->plan, &fixture_stamp, &why), &why);
}

void move_plan(struct post *side, const struct made *made, const char *from, const char *to,
                      const char *json)
{
	struct store_plan_event event = {.version = 1, .json = json, .json_len = json ? strlen(json) : 0};
	struct fail why;
	digest_bytes(PLAN, strlen(PLAN), &event.digest);
	memcpy(event.plan, made->plan.uuid, sizeof event.plan);
	(void)snprintf(event.from_state, sizeof event.from_state, "%s", from);
	(void)snprintf(event.to_state, sizeof event.to_state, "%s", to);
	must(store_plan_event_add(side->store, &event, &fixture_stamp, &why), &why);
}

void state_is(struct post *side, const struct made *made, const char *state)
{
	struct store_plan plan = {0};
	struct fail why;
	must(store_plan_get(side->store, made->plan.uuid, 1, &plan, &why), &why);
	assert_string_equal(plan.state, state);
	store_plan_clear(&plan);
}

void outbox_is_done(struct post *side)
{
	int64_t count[OUTBOX_STATES];
	struct fail why;
	must(store_outbox_count(side->store, count, &why), &why);
	for (int i = 0; i < OUTBOX_STATES; i++)
		if (i != OUTBOX_ACKED)
			assert_int_equal(count[i], 0);
}

/* The event's JSON of an approval or revocation of the made plan; to free. */
char *sign_as(const struct made *made, enum meaning meaning, const struct sign_secret *secret,
                     const struct sign_public *public)
{
	return sign_by("dermatologist", made, meaning, secret, public);
}

char *sign_by(const char *login, const struct made *made, enum meaning meaning, const struct sign_secret *secret,
              const struct sign_public *public)
{
	struct approval a;
	struct approval_document document;
	struct signature signature;
	struct digest digest;
	struct rng rng;
	struct fail why;
	char *payload, *input, *text;
	size_t n, input_n, text_n;
	rng_seed(&rng, 11, 0);
	random_approval(&rng, &a);
	a.meaning = meaning;
	a.signed_at_ms = FIXTURE_NOW_MS;
	a.expires_at_ms = meaning == MEANING_APPROVED ? FIXTURE_NOW_MS + 86400000 : a.expires_at_ms;
	memcpy(a.plan, made->plan.uuid, sizeof a.plan);
	memcpy(a.patient, made->patient.uuid, sizeof a.patient);
	a.version = 1;
	digest_bytes(PLAN, strlen(PLAN), &digest);
	digest_hex(&digest, a.plan_digest);
	(void)snprintf(a.login, sizeof a.login, "%s", login);
	a.key_number = 1;
	sign_key_id(public, &digest);
	digest_hex(&digest, a.key_id);
	must(approval_encode(&a, &payload, &n, &why), &why);
	must(approval_signing_input(payload, n, public, &input, &input_n, &why), &why);
	sign_bytes(secret, input, input_n, &signature);
	approval_document_make(&document, payload, n, public, &signature);
	must(approval_document_write(&document, &text, &text_n, &why), &why);
	approval_document_clear(&document);
	free(input);
	return text;
}

void trust(struct post *side, const struct sign_public *key)
{
	trust_of(side, "dermatologist", key);
}

void trust_of(struct post *side, const char *login, const struct sign_public *key)
{
	struct session *session = NULL;
	struct fail why;
	must(store_login(side->store, FIXTURE_LOGIN, fixture_secret, &fixture_moment, &session, &why), &why);
	must(trust_add(side->store, session, login, 1, key, &fixture_stamp, &why), &why);
	store_logout(&session);
}

void share_approved(struct pair *p, struct approved *out)
{
	static const unsigned char seed[SIGN_SEED_BYTES] = {9};
	sign_keys(seed, &out->key, &out->secret);
	make_everything(&p->a, &out->made);
	char *json = sign_as(&out->made, MEANING_APPROVED, &out->secret, &out->key);
	trust(&p->b, &out->key);
	move_plan(&p->a, &out->made, "draft", "proposed", NULL);
	move_plan(&p->a, &out->made, "proposed", "approved", json);
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	state_is(&p->b, &out->made, "approved");
	free(json);
}

size_t audited(struct post *side, const char *action)
{
	struct store_audit_list list = {0};
	struct fail why;
	must(store_audit_list(side->store, 0, 0, &list, &why), &why);
	size_t n = 0;
	for (size_t i = 0; i < list.count; i++)
		n += strcmp(list.items[i].action, action) == 0;
	store_audit_list_free(&list);
	return n;
}

size_t incidents(struct post *side)
{
	struct store_record_list list = {0};
	const struct store_record_query query = {.kind = "incident"};
	struct fail why;
	must(store_record_list(side->store, &query, &list, &why), &why);
	size_t n = list.count;
	store_record_list_free(&list);
	return n;
}

void add_record(struct post *side, const struct made *made, const char *kind, const char *json)
{
	struct store_record record = {.plan_version = 1, .at_ms = FIXTURE_NOW_MS, .json = json, .json_len = strlen(json)};
	struct fail why;
	(void)snprintf(record.kind, sizeof record.kind, "%s", kind);
	memcpy(record.patient, made->patient.uuid, sizeof record.patient);
	memcpy(record.plan, made->plan.uuid, sizeof record.plan);
	must(uuid_new(record.uuid, &why), &why);
	must(store_record_add(side->store, &record, &fixture_stamp, &why), &why);
}

void dump(const struct fake_fhir *server, const char *variable)
{
	const char *path = getenv(variable);
	FILE *file = path ? fopen(path, "w") : NULL;
	for (size_t i = 0; file && i < server->count; i++)
		fprintf(file, "%s%s", i ? "," : "[", fake_fhir_body(&server->records[i]));
	if (file) {
		fprintf(file, "]\n");
		(void)fclose(file);
	}
}
