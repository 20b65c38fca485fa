/* Drafts of the store as unfinished work of a person on a patient. */
#include "planner/plan/unfinished.h"

#include "planner/plan/case.h"
#include "planner/plan/report.h"
#include "planner/store/record.h"

static const char kind_prefix[] = "work.";

/* A word for each person: as many digits of their name in the store as a kind has room for. */
static enum status own_kind(struct clinic *clinic, char kind[STORE_KIND_MAX + 1], struct fail *why)
{
	const struct session *session = clinic_session(clinic);
	size_t used = sizeof kind_prefix - 1;
	if (!session)
		return fail_set(why, ST_DENIED, "unfinished work", "is kept for whoever is logged in: log in first");
	memcpy(kind, kind_prefix, used);
	for (const char *c = session_person(session)->uuid; *c && used < STORE_KIND_MAX; c++)
		if (*c != '-')
			kind[used++] = *c;
	kind[used] = '\0';
	return ST_OK;
}

static enum status find(struct clinic *clinic, size_t index, const char **patient, char kind[STORE_KIND_MAX + 1],
                        struct fail *why)
{
	*patient = clinic_patient_uuid(clinic, index);
	return *patient ? own_kind(clinic, kind, why)
	                : fail_set(why, ST_NOT_FOUND, "patient", "no such patient in the list");
}

enum status unfinished_put(struct clinic *clinic, size_t index, const struct subject *subject,
                           const struct request *request, int64_t now_ms, struct fail *why)
{
	const char *patient;
	char kind[STORE_KIND_MAX + 1], *json = NULL;
	struct store_patient row;
	enum status st = find(clinic, index, &patient, kind, why);
	if (!st)
		st = clinic_may(clinic, LIFE_READ, now_ms, why);
	if (!st)
		st = store_patient_get(clinic_store(clinic), patient, &row, why);
	if (!st)
		st = report_subject_json(row.record_number, subject, request, &json, why);
	if (!st) {
		const struct store_stamp stamp = {now_ms, session_person(clinic_session(clinic))->login};
		st = store_draft_put(clinic_store(clinic), patient, kind, json, strlen(json), &stamp, why);
	}
	if (json)
		secret_wipe(json, strlen(json));
	free(json);
	return st;
}

enum status unfinished_drop(struct clinic *clinic, size_t index, int64_t now_ms, struct fail *why)
{
	const char *patient;
	char kind[STORE_KIND_MAX + 1];
	enum status st = find(clinic, index, &patient, kind, why);
	if (st)
		return st;
	const struct store_stamp stamp = {now_ms, session_person(clinic_session(clinic))->login};
	return store_draft_drop(clinic_store(clinic), patient, kind, &stamp, why);
}

/* ---- the list ---- */

/* What was kept of the patient since, and whether it is the same. */
static enum status compare(struct clinic *clinic, const struct store_draft *draft, struct unfinished *out, bool *same,
                           struct fail *why)
{
	struct store_readings latest = {0};
	struct fail none = {.code = ST_OK};
	enum status st = store_readings_latest(clinic_store(clinic), draft->patient, &latest, &none);
	*same = false;
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st)
		return fail_set(why, st, none.field, "%s", none.text);
	*same = latest.json_len == draft->json_len && memcmp(latest.json, draft->json, latest.json_len) == 0;
	out->is_overtaken = latest.added_at_ms > draft->at_ms;
	store_readings_clear(&latest);
	return ST_OK;
}

static enum status describe(struct clinic *clinic, const struct store_draft *draft, const char *own,
                            struct unfinished *out, bool *listed, struct fail *why)
{
	struct store_patient row;
	bool same = false;
	*out = (struct unfinished){.at_ms = draft->at_ms, .is_own = strcmp(draft->kind, own) == 0};
	*listed = strncmp(draft->kind, kind_prefix, sizeof kind_prefix - 1) == 0;
	memcpy(out->patient, draft->patient, sizeof out->patient);
	memcpy(out->login, draft->actor, sizeof out->login);
	if (!*listed)
		return ST_OK;
	enum status st = clinic_index_of(clinic, draft->patient, &out->index, why);
	if (!st)
		st = store_patient_get(clinic_store(clinic), draft->patient, &row, why);
	if (!st) {
		memcpy(out->label, row.label, sizeof out->label);
		st = compare(clinic, draft, out, &same, why);
	}
	*listed = !same;
	return st;
}

static int own_first(const void *a, const void *b)
{
	const struct unfinished *x = a, *y = b;
	if (x->is_own != y->is_own)
		return x->is_own ? -1 : 1;
	return (x->at_ms < y->at_ms) - (x->at_ms > y->at_ms);
}

enum status unfinished_list(struct clinic *clinic, struct unfinished_list *out, struct fail *why)
{
	struct store_draft_list drafts = {0};
	char own[STORE_KIND_MAX + 1];
	bool listed = false;
	*out = (struct unfinished_list){0};
	enum status st = own_kind(clinic, own, why);
	if (!st)
		st = store_draft_list(clinic_store(clinic), NULL, &drafts, why);
	if (!st && !(out->items = calloc(drafts.count + 1, sizeof *out->items)))
		st = fail_set(why, ST_FULL, "unfinished work", "out of memory");
	for (size_t i = 0; !st && i < drafts.count; i++) {
		st = describe(clinic, &drafts.items[i], own, &out->items[out->count], &listed, why);
		out->own += !st && listed && out->items[out->count].is_own;
		out->count += !st && listed;
	}
	store_draft_list_free(&drafts);
	if (st)
		unfinished_list_free(out);
	else
		qsort(out->items, out->count, sizeof *out->items, own_first);
	return st;
}

void unfinished_list_free(struct unfinished_list *list)
{
	if (list->items)
		secret_wipe(list->items, list->count * sizeof *list->items);
	free(list->items);
	*list = (struct unfinished_list){0};
}

/* ---- taking up ---- */

enum status unfinished_load(struct clinic *clinic, size_t index, struct subject *subject, struct request *request,
                            struct fail *why)
{
	const char *patient;
	char kind[STORE_KIND_MAX + 1];
	struct store_draft draft = {0};
	struct store_patient row;
	struct case_file *file = NULL;
	enum status st = find(clinic, index, &patient, kind, why);
	if (!st)
		st = store_draft_get(clinic_store(clinic), patient, kind, &draft, why);
	if (!st)
		st = case_parse_unfinished("unfinished work", draft.json, draft.json_len, &file, why);
	store_draft_clear(&draft);
	if (!st)
		st = store_patient_get(clinic_store(clinic), patient, &row, why);
	if (!st) {
		*subject = file->request[0].subject;
		file->request[0].subject.answers = NULL; /* moved to the caller */
		*request = file->request[0].request;
		(void)snprintf(subject->label, sizeof subject->label, "%s", row.label);
		st = clinic_follow(clinic, index, subject, why);
		if (st)
			subject_free(subject);
	}
	case_free(&file);
	return st;
}
