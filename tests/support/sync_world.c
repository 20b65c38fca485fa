#include "tests/support/sync_world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/sync/json_out.h"

#define LATE_MAX_MS (15 * 60 * 1000)
#define SETTLE_ROUNDS 80

struct line {
	struct world *world;
	size_t station;
};
static struct line lines[WORLD_STATIONS_MAX];

static const char *const types[] = {
        "Patient",       "Device",     "Observation", "CarePlan",          "ServiceRequest",
        "DeviceRequest", "Task",       "Procedure",   "DocumentReference", "Provenance",
        "AdverseEvent",  "AuditEvent", NULL};

const char *const *world_types(void)
{
	return types;
}

uint64_t world_dice(struct world *world, uint64_t sides)
{
	return rng_next(&world->rng) % sides;
}

void world_uuid(struct world *world, char uuid[UUID_TEXT_SIZE])
{
	unsigned char bytes[UUID_BYTES] = {0};
	uint64_t a = rng_next(&world->rng), b = ++world->next_uuid;
	memcpy(bytes, &a, sizeof a);
	memcpy(bytes + 8, &b, sizeof b);
	uuid_from_bytes(bytes, uuid);
}

/* ---- the line ----------------------------------------------------------------------------------------- */

static void remember(struct world *world, const struct sync_request *r)
{
	if (!world->keeps_traffic || strcmp(r->method, "GET") == 0)
		return;
	world->traffic = realloc(world->traffic, (world->traffic_count + 1) * sizeof *world->traffic);
	struct sent *s = &world->traffic[world->traffic_count++];
	*s = (struct sent){.method = strdup(r->method), .path = strdup(r->path)};
	s->body = r->body ? strdup(r->body) : NULL;
	s->if_match = r->if_match ? strdup(r->if_match) : NULL;
	s->if_none_exist = r->if_none_exist ? strdup(r->if_none_exist) : NULL;
	s->if_none_match = r->if_none_match ? strdup(r->if_none_match) : NULL;
	s->request = (struct sync_request){s->method,   s->path,          s->body,         r->len,
	                                   s->if_match, s->if_none_exist, s->if_none_match};
}

static enum line_fault draw_fault(struct world *world)
{
	if (world->fault_after > 0 && --world->fault_after == 0)
		return world->fault_then;
	enum line_fault fault = world->next_fault;
	world->next_fault = LINE_SOUND;
	if (fault != LINE_SOUND || (int)world_dice(world, 100) >= world->fault_percent)
		return fault;
	fault = (enum line_fault)world_dice(world, LINE_FAULTS);
	return world->fault_allowed[fault] ? fault : LINE_SOUND;
}

static void say(struct sync_reply *reply, int http, const char *body)
{
	sync_reply_clear(reply);
	reply->http = http;
	reply->body = strdup(body);
	reply->len = strlen(body);
}

static enum status lost_answer(struct fail *why)
{
	return fail_set(why, ST_IO, "line", "no whole answer");
}

static enum status deliver(struct world *world, enum line_fault fault, const struct sync_request *request,
                           struct sync_reply *reply, struct fail *why)
{
	struct fake_fhir *server = &world->server;
	switch (fault) {
	case LINE_DROP_BEFORE:
		return lost_answer(why);
	case LINE_HTML:
		say(reply, 200, "<html><body>Welcome to our network</body></html>");
		return ST_OK;
	case LINE_503:
		say(reply, 503, "{}");
		return ST_OK;
	case LINE_429:
		say(reply, 429, "{}");
		reply->retry_after_ms = 2000;
		return ST_OK;
	case LINE_409:
		say(reply, strcmp(request->method, "GET") ? 409 : 503, "{}");
		return ST_OK;
	case LINE_BUSY_IN_BATCH:
		server->busy_in_batch = 1 + (size_t)world_dice(world, 3);
		break;
	case LINE_LATE_COMMIT:
		server->late_ms = (int64_t)world_dice(world, LATE_MAX_MS);
		break;
	default:
		break;
	}
	remember(world, request);
	fake_fhir_handle(server, request, reply);
	server->late_ms = world->keeps_late ? server->late_ms : 0;
	server->busy_in_batch = 0;
	if (fault == LINE_TWICE) {
		sync_reply_clear(reply);
		fake_fhir_handle(server, request, reply);
	}
	if (fault == LINE_DROP_AFTER || fault == LINE_CUT)
		return lost_answer(why);
	if (fault == LINE_500_AFTER)
		say(reply, 500, "{}");
	if (fault == LINE_BAD_JSON && reply->body)
		reply->body[reply->len = reply->len / 2] = '\0';
	return ST_OK;
}

static enum status exchange(void *state, const struct sync_request *request, struct sync_reply *reply,
                            struct fail *why)
{
	struct line *line = state;
	struct memory_local *local = &line->world->station[line->station].local;
	if (!memory_local_step(local))
		return fail_set(why, ST_CANCELLED, "station", "is gone");
	enum line_fault fault = draw_fault(line->world);
	enum status st = deliver(line->world, fault, request, reply, why);
	if (getenv("WORLD_LINE"))
		fprintf(stderr, "line %zu fault %d: %s %s -> %d %d\n  > %.2000s\n  < %.3000s\n",
		        line->station, fault, request->method, request->path, st, reply->http,
		        request->body ? request->body : "", reply->body ? reply->body : "");
	if (st)
		sync_reply_clear(reply);
	if (!memory_local_step(local)) {
		sync_reply_clear(reply);
		return fail_set(why, ST_CANCELLED, "station", "is gone");
	}
	return st;
}

/* ---- stations ----------------------------------------------------------------------------------------- */

void world_restart(struct world *world, size_t i)
{
	struct station *s = &world->station[i];
	struct fail why;
	lines[i] = (struct line){world, i};
	const struct sync_local local = memory_local_table(&s->local);
	const struct sync_wire faulty = {&lines[i], exchange},
	                       wire = world->real[i].exchange ? world->real[i] : faulty;
	const struct sync_options options = {.id_system = FAKE_ID_SYSTEM,
	                                     .write_system = FAKE_WRITE_SYSTEM,
	                                     .types = types,
	                                     .deep_every_ms = -1,
	                                     .page = world->pages_by_size ? 0 : 5,
	                                     .batch = world->pages_by_size ? 50 : 8,
	                                     .seed = rng_next(&world->rng)};
	sync_engine_free(&s->engine);
	s->local.dead = false;
	enum status st = sync_engine_new(&local, &wire, &options, &s->engine, &why);
	assert(st == ST_OK);
}

void world_begin(struct world *world, size_t stations, uint64_t seed)
{
	*world = (struct world){.stations = stations};
	rng_seed(&world->rng, seed, 1);
	fake_fhir_begin(&world->server);
	for (int f = 0; f < LINE_FAULTS; f++)
		world->fault_allowed[f] = true;
	for (size_t i = 0; i < stations; i++) {
		memory_local_begin(&world->station[i].local);
		world_restart(world, i);
	}
}

void world_end(struct world *world)
{
	fake_fhir_end(&world->server);
	for (size_t i = 0; i < world->stations; i++) {
		sync_engine_free(&world->station[i].engine);
		memory_local_end(&world->station[i].local);
	}
	for (size_t i = 0; i < world->traffic_count; i++) {
		struct sent *s = &world->traffic[i];
		free(s->method);
		free(s->path);
		free(s->body);
		free(s->if_match);
		free(s->if_none_exist);
		free(s->if_none_match);
	}
	free(world->traffic);
}

enum status world_round(struct world *world, size_t station, struct sync_outcome *outcome, struct fail *why)
{
	struct station *s = &world->station[station];
	struct sync_outcome none;
	if (s->local.dead)
		world_restart(world, station);
	return sync_round(s->engine, outcome ? outcome : &none, why);
}

/* ---- local changes ------------------------------------------------------------------------------------ */

struct draft {
	struct sync_entry entry[SYNC_UNIT_ENTRIES_MAX];
	size_t count;
	char uuid[UUID_TEXT_SIZE];
};

static void put_coding(struct json_out *out, const char *kind, const char *key, const char *value)
{
	json_out_object(out, NULL);
	json_out_text(out, "system", kind);
	json_out_text(out, key, value);
	json_out_end_object(out);
}

static void put_reference(struct json_out *out, const char *key, const char *sync_id)
{
	char urn[64];
	(void)snprintf(urn, sizeof urn, "urn:lasertwin:%s", sync_id);
	json_out_object(out, key);
	json_out_text(out, "reference", urn);
	json_out_end_object(out);
}

static void put_reference_list(struct json_out *out, const char *key, const char *sync_id)
{
	if (!sync_id)
		return;
	json_out_array(out, key);
	put_reference(out, NULL, sync_id);
	json_out_end_array(out);
}

static void put_concept(struct json_out *out, const char *key)
{
	json_out_object(out, key);
	json_out_text(out, "text", "made up");
	json_out_end_object(out);
}

static void put_words(struct json_out *out, const char *key, const char *words)
{
	json_out_array(out, key);
	json_out_object(out, NULL);
	json_out_text(out, "text", words);
	json_out_end_object(out);
	json_out_end_array(out);
}

static void put_audit(struct json_out *out, const char *words)
{
	json_out_object(out, "type");
	json_out_text(out, "system", "http://terminology.hl7.org/CodeSystem/audit-event-type");
	json_out_text(out, "code", "rest");
	json_out_end_object(out);
	json_out_text(out, "recorded", "2026-11-22T10:15:30.000Z");
	json_out_text(out, "outcomeDesc", words);
	json_out_array(out, "agent");
	json_out_object(out, NULL);
	json_out_bool(out, "requestor", true);
	json_out_end_object(out);
	json_out_end_array(out);
	json_out_object(out, "source");
	json_out_object(out, "observer");
	json_out_text(out, "display", "station");
	json_out_end_object(out);
	json_out_end_object(out);
}

/* The least that R4 asks of each type, so that real servers take it too. */
static void put_elements(struct json_out *out, const char *type, const char *refers_to,
                         const char *refers_to_too, const char *content)
{
	char words[64];
	(void)snprintf(words, sizeof words, "c:%s", content);
	if (strcmp(type, "AuditEvent") == 0) {
		put_audit(out, words);
		return;
	}
	if (strcmp(type, "Patient") == 0) {
		put_words(out, "name", words);
		return;
	}
	json_out_text(out, "status", strcmp(type, "Observation") ? "draft" : "final");
	if (strcmp(type, "Observation"))
		json_out_text(out, "intent", "plan");
	if (strcmp(type, "DeviceRequest") == 0)
		put_concept(out, "codeCodeableConcept");
	if (strcmp(type, "Observation") == 0)
		put_concept(out, "code");
	put_reference(out, "subject", refers_to);
	put_reference_list(out, strcmp(type, "CarePlan") ? "basedOn" : "supportingInfo", refers_to_too);
	put_words(out, "note", words);
}

static void put_entry(struct draft *draft, const char *type, const char *sync_id, bool update,
                      const char *refers_to, const char *refers_to_too, const char *content)
{
	struct sync_entry *e = &draft->entry[draft->count++];
	struct json_out out;
	struct fail why;
	*e = (struct sync_entry){.update = update};
	(void)snprintf(e->type, sizeof e->type, "%s", type);
	memcpy(e->sync_id, sync_id, UUID_TEXT_SIZE);
	json_out_begin(&out, SYNC_BODY_MAX);
	json_out_object(&out, NULL);
	json_out_text(&out, "resourceType", type);
	json_out_object(&out, "meta");
	json_out_array(&out, "tag");
	put_coding(&out, FAKE_ID_SYSTEM, "code", sync_id);
	put_coding(&out, FAKE_WRITE_SYSTEM, "code", draft->uuid);
	json_out_end_array(&out);
	json_out_end_object(&out);
	if (strcmp(type, "AuditEvent")) {
		json_out_array(&out, "identifier");
		put_coding(&out, FAKE_ID_SYSTEM, "value", sync_id);
		json_out_end_array(&out);
	}
	put_elements(&out, type, refers_to, refers_to_too, content);
	if (strcmp(content, "poison") == 0)
		json_out_bool(&out, "poison", true); /* no element of R4 */
	json_out_end_object(&out);
	enum status st = json_out_take(&out, &e->body, &e->len, &why);
	assert(st == ST_OK);
}

static void commit(struct world *world, size_t station, struct draft *draft, bool in_order)
{
	struct station *s = &world->station[station];
	memory_local_add(&s->local, draft->uuid, in_order, draft->entry, draft->count);
	s->made++;
	for (size_t i = 0; i < draft->count; i++)
		free(draft->entry[i].body);
}

static struct draft begin(struct world *world)
{
	struct draft draft = {.count = 0};
	world_uuid(world, draft.uuid);
	return draft;
}

void world_create(struct world *world, size_t station, const char *type, const char *refers_to,
                  const char *content, char sync_id[UUID_TEXT_SIZE])
{
	struct draft draft = begin(world);
	world_uuid(world, sync_id);
	put_entry(&draft, type, sync_id, false, refers_to, NULL, content);
	commit(world, station, &draft, false);
}

void world_edit(struct world *world, size_t station, const char *sync_id, const char *content)
{
	struct draft draft = begin(world);
	const struct memory_record *record = memory_local_record(&world->station[station].local, sync_id);
	assert(record);
	put_entry(&draft, record->place.type, sync_id, true, NULL, NULL, content);
	commit(world, station, &draft, false);
}

/* Names of a plan's parts follow from the plan's, so that every station can name them. */
static void part_of(const char *plan, char last, char part[UUID_TEXT_SIZE])
{
	memcpy(part, plan, UUID_TEXT_SIZE);
	part[0] = last;
	part[1] = part[0] == plan[0] ? '0' : 'f';
}

static void plan_parts(struct draft *draft, const char *plan, const char *patient, bool update,
                       const char *content)
{
	char order[UUID_TEXT_SIZE], parameters[UUID_TEXT_SIZE];
	part_of(plan, 'a', order);
	part_of(plan, 'b', parameters);
	put_entry(draft, "ServiceRequest", order, update, patient, plan, content);
	put_entry(draft, "DeviceRequest", parameters, update, patient, order, content);
	put_entry(draft, "CarePlan", plan, update, patient, order, content);
}

void world_create_plan(struct world *world, size_t station, const char *patient, char plan[UUID_TEXT_SIZE])
{
	struct draft draft = begin(world);
	world_uuid(world, plan);
	plan[0] = 'c';
	assert(world->plan_count < sizeof world->plans / sizeof *world->plans);
	memcpy(world->plans[world->plan_count].plan, plan, UUID_TEXT_SIZE);
	memcpy(world->plans[world->plan_count++].patient, patient, UUID_TEXT_SIZE);
	plan_parts(&draft, plan, patient, false, "draft");
	commit(world, station, &draft, false);
}

void world_edit_plan(struct world *world, size_t station, const char *plan, const char *content)
{
	struct draft draft = begin(world);
	const char *patient = NULL;
	for (size_t i = 0; i < world->plan_count; i++)
		if (strcmp(world->plans[i].plan, plan) == 0)
			patient = world->plans[i].patient;
	assert(patient);
	plan_parts(&draft, plan, patient, true, content);
	commit(world, station, &draft, false);
}

void world_audit(struct world *world, size_t station)
{
	char content[40], sync_id[UUID_TEXT_SIZE];
	struct draft draft = begin(world);
	(void)snprintf(content, sizeof content, "audit %zu %lld", station,
	               (long long)++world->station[station].audit);
	world_uuid(world, sync_id);
	put_entry(&draft, "AuditEvent", sync_id, false, NULL, NULL, content);
	commit(world, station, &draft, true);
}

/* ---- coming to rest ----------------------------------------------------------------------------------- */

static bool decide_all(struct world *world)
{
	bool any = false;
	for (size_t i = 0; i < world->stations; i++)
		for (size_t k = 0; k < world->station[i].local.unit_count; k++) {
			struct memory_unit *u = &world->station[i].local.units[k];
			if (u->unit.state != SYNC_CONFLICT || u->dismissed)
				continue;
			memory_local_decide(&world->station[i].local, u, world_dice(world, 2));
			any = true;
		}
	return any;
}

static void dump(struct world *world, const char *sync_id)
{
	for (size_t i = 0; i < world->server.count; i++)
		for (size_t v = 0; strcmp(world->server.records[i].sync_id, sync_id) == 0 &&
		                   v < world->server.records[i].count;
		     v++)
			fprintf(stderr, "server %s v%zu: %s\n", world->server.records[i].id, v + 1,
			        world->server.records[i].versions[v].body);
	for (size_t s = 0; s < world->stations; s++) {
		struct memory_local *l = &world->station[s].local;
		const struct memory_record *m = memory_local_record(l, sync_id);
		fprintf(stderr, "station %zu: place %s v%s gone %d held %s body %s\n", s,
		        m ? m->place.server_id : "-", m ? m->place.version : "-", m && m->place.gone,
		        m ? m->held.version : "", m ? m->body : "");
		for (size_t i = 0; i < l->unit_count; i++)
			for (size_t k = 0; k < l->units[i].unit.count; k++)
				if (strcmp(l->units[i].unit.entry[k].sync_id, sync_id) == 0)
					fprintf(stderr, "   unit %zu %s %s dismissed %d %s: %s\n", i,
					        l->units[i].unit.uuid,
					        sync_state_name(l->units[i].unit.state),
					        l->units[i].dismissed, l->units[i].reason,
					        l->units[i].unit.entry[k].body + 300);
		for (size_t i = 0; i < l->note_count; i++)
			if (strcmp(l->notes[i].sync_id, sync_id) == 0 || !l->notes[i].sync_id[0])
				fprintf(stderr, "   note %s: %s\n", sync_notice_name(l->notes[i].notice),
				        l->notes[i].text);
	}
}

bool world_settle(struct world *world)
{
	size_t quiet = 0;
	world->fault_percent = 0;
	world->next_fault = LINE_SOUND;
	for (int round = 0; round < SETTLE_ROUNDS; round++) {
		size_t moved = 0;
		world->server.now_ms += 60000;
		for (size_t i = 0; i < world->stations; i++) {
			struct sync_outcome outcome;
			struct fail why;
			world->station[i].local.lives = -1;
			world->station[i].local.full = false;
			enum status st = world_round(world, i, &outcome, &why);
			if (st && getenv("WORLD_TRACE"))
				fprintf(stderr, "station %zu: %s %s\n", i, why.field, why.text);
			moved += (st != ST_OK) + outcome.pushed + outcome.pulled;
		}
		quiet = !decide_all(world) && moved == 0 ? quiet + 1 : 0;
		if (quiet == 2)
			return true;
	}
	return false;
}

/* ---- invariants --------------------------------------------------------------------------------------- */

static size_t count_text(const char *body, const char *what)
{
	return strstr(body, what) != NULL;
}

static size_t versions_tagged(struct world *world, const char *sync_id, const char *unit)
{
	size_t n = 0;
	char tag[160];
	(void)snprintf(tag, sizeof tag, "{\"system\":\"%s\",\"code\":\"%s\"}", FAKE_WRITE_SYSTEM, unit);
	for (size_t i = 0; i < world->server.count; i++) {
		const struct fake_record *r = &world->server.records[i];
		for (size_t v = 0; strcmp(r->sync_id, sync_id) == 0 && v < r->count; v++)
			n += count_text(r->versions[v].body, tag);
	}
	return n;
}

static bool noted(const struct memory_local *local, const char *sync_id)
{
	for (size_t i = 0; i < local->note_count; i++)
		if (strcmp(local->notes[i].sync_id, sync_id) == 0)
			return true;
	return false;
}

static const char *check_units(struct world *world, size_t station, char *text, size_t size)
{
	const struct memory_local *local = &world->station[station].local;
	if (local->unit_count != world->station[station].made)
		return "I5: a local change vanished";
	for (size_t i = 0; i < local->unit_count; i++) {
		const struct memory_unit *u = &local->units[i];
		for (size_t k = 0; k < u->unit.count; k++) {
			const struct sync_entry *e = &u->unit.entry[k];
			size_t tagged = versions_tagged(world, e->sync_id, u->unit.uuid);
			if (u->unit.state == SYNC_ACKED && tagged != 1) {
				if (getenv("WORLD_TRACE"))
					dump(world, e->sync_id);
				snprintf(text, size,
				         "I1: station %zu unit %zu %s: acked, %zu times on the server",
				         station, i, e->type, tagged);
				return text;
			}
			if (u->dismissed && tagged != 0 && u->unit.count == 1) {
				if (getenv("WORLD_TRACE"))
					dump(world, e->sync_id);
				snprintf(text, size,
				         "I1: station %zu unit %zu %s: dismissed, yet on the server", station,
				         i, e->type);
				return text;
			}
		}
		if ((u->unit.state == SYNC_PENDING || u->unit.state == SYNC_INFLIGHT) && !u->dismissed) {
			if (getenv("WORLD_TRACE"))
				dump(world, u->unit.entry[0].sync_id);
			snprintf(text, size, "I1: station %zu unit %zu %s: still %s (%s)", station, i,
			         u->unit.entry[0].type, sync_state_name(u->unit.state), u->reason);
			return text;
		}
		if (u->unit.state != SYNC_ACKED && u->reason[0] == '\0' &&
		    !noted(local, u->unit.entry[0].sync_id)) {
			snprintf(text, size, "I10: station %zu unit %zu: %s, not told", station, i,
			         sync_state_name(u->unit.state));
			return text;
		}
	}
	return NULL;
}

static const char *note_in(const char *body, char *out, size_t size)
{
	const char *at = body ? strstr(body, "\"c:") : NULL;
	(void)snprintf(out, size, "%s", at ? at + 3 : "?");
	char *end = strchr(out, '"');
	if (end)
		*end = '\0';
	return out;
}

static const char *check_references(struct world *world, const struct fake_record *r, char *text, size_t size)
{
	for (const char *p = fake_fhir_body(r); (p = strstr(p, "\"reference\":\"")) != NULL;) {
		char type[SYNC_TYPE_MAX + 1] = "", id[64] = "";
		bool there = false;
		p += 13;
		(void)sscanf(p, "%24[A-Za-z]/%63[^\"]", type, id);
		for (size_t i = 0; i < world->server.count; i++)
			there |= strcmp(world->server.records[i].id, id) == 0 &&
			         strcmp(world->server.records[i].type, type) == 0;
		if (!there) {
			snprintf(text, size, "I8: %s/%s refers to nothing: %.60s", r->type, r->id, p);
			return text;
		}
	}
	return NULL;
}

static const char *check_records(struct world *world, char *text, size_t size)
{
	char here[80], there[80];
	for (size_t i = 0; i < world->server.count; i++) {
		const struct fake_record *r = &world->server.records[i];
		if (r->deleted || !r->sync_id[0])
			continue;
		if (fake_fhir_copies(&world->server, r->sync_id) != 1) {
			snprintf(text, size, "I1: %s %s stands %zu times", r->type, r->sync_id,
			         fake_fhir_copies(&world->server, r->sync_id));
			return text;
		}
		const char *broken = check_references(world, r, text, size);
		if (broken)
			return broken;
		for (size_t s = 0; s < world->stations; s++) {
			const struct memory_record *m =
			        memory_local_record(&world->station[s].local, r->sync_id);
			if (m && m->place.gone)
				continue;
			if (!m || strcmp(note_in(m->body, here, sizeof here),
			                 note_in(fake_fhir_body(r), there, sizeof there)) != 0) {
				if (getenv("WORLD_TRACE"))
					dump(world, r->sync_id);
				snprintf(text, size, "convergence: station %zu has %s '%s', the server '%s'",
				         s, r->type, m ? here : "nothing",
				         note_in(fake_fhir_body(r), there, sizeof there));
				return text;
			}
		}
	}
	return NULL;
}

static const char *check_audit(struct world *world, char *text, size_t size)
{
	long long last[WORLD_STATIONS_MAX] = {0}, number;
	size_t station;
	char note[80];
	for (size_t i = 0; i < world->server.count; i++) {
		const struct fake_record *r = &world->server.records[i];
		if (strcmp(r->type, "AuditEvent") != 0)
			continue;
		if (sscanf(note_in(fake_fhir_body(r), note, sizeof note), "audit %zu %lld", &station,
		           &number) != 2)
			continue;
		if (number != last[station] + 1) {
			snprintf(text, size, "I12: station %zu: audit %lld follows %lld", station, number,
			         last[station]);
			return text;
		}
		last[station] = number;
	}
	for (size_t s = 0; s < world->stations; s++)
		if (last[s] != world->station[s].audit) {
			snprintf(text, size, "I12: station %zu: audit ends at %lld of %lld", s, last[s],
			         (long long)world->station[s].audit);
			return text;
		}
	return NULL;
}

/* I6: the traffic so far, said again, changes nothing. */
static const char *check_replay(struct world *world)
{
	size_t writes = world->server.writes,
	       prefix = world->traffic_count ? (size_t)world_dice(world, world->traffic_count + 1) : 0;
	for (size_t i = 0; i < prefix; i++) {
		struct sync_reply reply;
		fake_fhir_handle(&world->server, &world->traffic[i].request, &reply);
		sync_reply_clear(&reply);
	}
	return world->server.writes == writes ? NULL : "I6: traffic said again changed the server";
}

const char *world_check(struct world *world, char *text, size_t size)
{
	const char *broken = NULL;
	for (size_t s = 0; !broken && s < world->stations; s++)
		broken = check_units(world, s, text, size);
	if (!broken)
		broken = check_records(world, text, size);
	if (!broken)
		broken = check_audit(world, text, size);
	if (!broken && world->server.blind_writes > 0)
		broken = "I4: a version was overwritten blindly";
	if (!broken && world->keeps_traffic)
		broken = check_replay(world);
	return broken;
}
