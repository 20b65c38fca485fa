/* Reading a case file. */
#include "planner/plan/case.h"

#include "devices/json.h"
#include "planner/plan/files.h"

static const char *const sexes[] = {"F", "M", "X"};

/* ---- patient ------------------------------------------------------------------------------------------ */

static enum status read_number(const struct json_at *at, enum reading which, struct readings *r, struct fail *why)
{
	double value = 0.0, min, max;
	struct fail detail;
	readings_range(r, which, &min, &max);
	enum status st = json_number_at(at, -1e300, 1e300, readings_spec(which)->unit, &value, why);
	if (st)
		return st;
	st = readings_set(r, which, value, &detail);
	return st ? json_refuse(at, st, why, "%s", detail.text) : ST_OK;
}

/* whole: all three numbers must be there. */
static enum status read_colour(const struct json_at *at, enum reading first, bool whole, struct readings *r,
                               struct fail *why)
{
	static const char *const keys[] = {"L", "a", "b", NULL};
	enum status st = json_known_keys(at, keys, JSON_X_EXTRA, why);
	for (int i = 0; !st && i < 3; i++) {
		struct json_at member;
		bool given = true;
		st = json_member(at, keys[i], JSON_NUMBER, &member, whole ? NULL : &given, why);
		if (!st && given)
			st = read_number(&member, (enum reading)((int)first + i), r, why);
	}
	return st;
}

static enum status read_lab(const struct json_at *at, struct readings *r, struct fail *why)
{
	return read_colour(at, READING_LAB_L, true, r, why);
}

static enum status read_lesion_lab(const struct json_at *at, struct readings *r, struct fail *why)
{
	return read_colour(at, READING_LESION_LAB_L, true, r, why);
}

static enum status read_fitz(const struct json_at *at, struct readings *r, struct fail *why)
{
	const char *text = json_text(at);
	r->fitzpatrick = text ? fitzpatrick_parse(text) : FITZPATRICK_UNKNOWN;
	return r->fitzpatrick ? ST_OK
	                      : json_refuse(at, ST_INPUT, why, "%s%s%s is not a skin type; enter \"I\" to \"VI\"",
	                                    text ? "\"" : "", text ? text : json_kind_name(json_kind(at)), text ? "\"" : "");
}

static enum status read_sex(const struct json_at *at, struct readings *r, struct fail *why)
{
	size_t index = 0;
	enum status st = json_choice_at(at, sexes, 3, &index, why);
	if (!st)
		r->sex = (enum sex)(index + SEX_FEMALE);
	return st;
}

static enum status read_scale(const struct json_at *at, struct readings *r, struct fail *why)
{
	const char *text = json_text(at);
	if (text && melanin_scale_parse(text, &r->mi_scale))
		return ST_OK;
	return json_refuse(at, ST_INPUT, why, "not a melanin scale; one of mexameter, dermaspectrometer, reflectance680");
}

static enum status read_site(const struct json_at *at, struct readings *r, struct fail *why)
{
	enum status st = json_string_at(at, r->site, sizeof r->site, why);
	if (st || site_known(r->site))
		return st;
	char known[FAIL_TEXT_MAX / 2];
	int used = 0;
	for (size_t i = 0; site_name(i) && used < (int)sizeof known; i++)
		used += snprintf(known + used, sizeof known - (size_t)used, "%s%s", i ? ", " : "", site_name(i));
	return json_refuse(at, ST_INPUT, why, "unknown site \"%s\"; the sites are %s", r->site, known);
}

/* Wood's lamp is kept for the record; no model uses it yet. */
static enum status read_wood(const struct json_at *at, struct readings *r, struct fail *why)
{
	static const char *const wood[] = {"epidermal", "dermal", "mixed", "indeterminate"};
	size_t index = 0;
	enum status st = json_choice_at(at, wood, 4, &index, why);
	if (!st)
		(void)snprintf(r->wood, sizeof r->wood, "%s", wood[index]);
	return st;
}

/* The name alone: case_read reads the file, from the case's folder. */
static enum status read_spectrum_name(const struct json_at *at, struct readings *r, struct fail *why)
{
	return json_string_at(at, r->spectrum_csv, sizeof r->spectrum_csv, why);
}

static enum status read_points(const struct json_at *at, const char *key, double least, double most, const char *unit,
                               double *out, size_t *count, struct fail *why)
{
	struct json_at list, item = {0};
	enum status st = json_member(at, key, JSON_ARRAY, &list, NULL, why);
	if (!st && json_count(&list) > SPECTRUM_POINTS_MAX)
		return json_refuse(&list, ST_FULL, why, "%zu points; at most %d are kept", json_count(&list),
		                   SPECTRUM_POINTS_MAX);
	*count = 0;
	while (!st && json_array_each(&list, &item))
		st = json_number_at(&item, least, most, unit, &out[(*count)++], why);
	return st;
}

static enum status read_spectrum(const struct json_at *at, struct readings *r, struct fail *why)
{
	static const char *const keys[] = {"wavelength_nm", "reflectance", "specular", "instrument", NULL};
	static const char *const surfaces[] = {"unknown", "included", "excluded"};
	struct spectrum *s = &r->spectrum;
	struct fail detail;
	size_t surface = 0, points = 0;
	bool given = false;
	enum status st = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (st || (st = read_points(at, "wavelength_nm", SPECTRUM_FIRST_NM, SPECTRUM_LAST_NM, "nm", s->wavelength_nm,
	                            &points, why)) ||
	    (st = read_points(at, "reflectance", 0.0, 2.0, "", s->reflectance, &s->count, why)) ||
	    (st = json_choice(at, "specular", surfaces, 3, &surface, &given, why)) ||
	    (st = json_string(at, "instrument", s->instrument, sizeof s->instrument, &given, why)))
		return st;
	s->surface = (enum spectrum_surface)surface;
	if (points != s->count)
		return json_refuse(at, ST_INPUT, why, "%zu wavelengths but %zu reflectances", points, s->count);
	st = spectrum_check(s, &detail);
	return st ? json_refuse(at, st, why, "%s: %s", detail.field, detail.text) : ST_OK;
}

static const struct {
	const char *key;
	enum status (*read)(const struct json_at *at, struct readings *r, struct fail *why);
} patient_texts[] = {
	{"fitz", read_fitz}, {"sex", read_sex},   {"mi_scale", read_scale},         {"site", read_site},
	{"lab", read_lab},   {"wood", read_wood}, {"spectrum_csv", read_spectrum_name},
	{"spectrum", read_spectrum},              {"lesion_lab", read_lesion_lab},
};
#define PATIENT_TEXTS (sizeof patient_texts / sizeof patient_texts[0])

static enum status patient_member(const struct json_at *member, bool unfinished, struct readings *r, struct fail *why)
{
	enum reading which;
	if (unfinished && strcmp(member->key, "lab") == 0)
		return read_colour(member, READING_LAB_L, false, r, why);
	if (unfinished && strcmp(member->key, "lesion_lab") == 0)
		return read_colour(member, READING_LESION_LAB_L, false, r, why);
	for (size_t i = 0; i < PATIENT_TEXTS; i++)
		if (strcmp(patient_texts[i].key, member->key) == 0)
			return patient_texts[i].read(member, r, why);
	if (readings_find(member->key, &which))
		return read_number(member, which, r, why);
	return ST_OK; /* x_ keys: json_known_keys let them through */
}

static enum status read_patient(const struct json_at *at, bool unfinished, struct readings *r, struct fail *why)
{
	const char *keys[READINGS + PATIENT_TEXTS + 1];
	size_t n = 0;
	struct json_at member = {0}, scale;
	struct fail detail;
	for (int i = 0; i < READINGS; i++)
		if (!strchr(readings_spec((enum reading)i)->key, '.') && i != READING_UV_LAST_DAYS)
			keys[n++] = readings_spec((enum reading)i)->key;
	for (size_t i = 0; i < PATIENT_TEXTS; i++)
		keys[n++] = patient_texts[i].key;
	keys[n] = NULL;
	enum status st = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (!st && json_find(at, "mi_scale", &scale)) /* first: the ranges of the indices depend on it */
		st = read_scale(&scale, r, why);
	while (!st && json_object_each(at, &member))
		st = patient_member(&member, unfinished, r, why);
	if (!st && !unfinished && (st = readings_check(r, &detail)))
		st = json_refuse(at, st, why, "%s: %s", detail.field, detail.text);
	return st;
}

/* ---- history ------------------------------------------------------------------------------------------ */

static enum status answer_list(const struct json_at *at, const char *name, struct facts *facts, struct fail *why)
{
	const char *item[FACT_ITEMS_MAX];
	size_t n = 0;
	struct json_at each = {0};
	while (json_array_each(at, &each)) {
		const char *text = json_text(&each);
		if (!text)
			return json_refuse(&each, ST_INPUT, why, "%s where a text belongs", json_kind_name(json_kind(&each)));
		if (n == FACT_ITEMS_MAX)
			return json_refuse(at, ST_FULL, why, "more than %d entries", FACT_ITEMS_MAX);
		item[n++] = text;
	}
	return facts_set_list(facts, name, item, n, why);
}

static enum status answer_one(const struct json_at *at, const char *name, struct facts *facts, struct fail *why)
{
	double number = 0.0;
	bool truth = false;
	const char *text = json_text(at);
	struct fail ignored;
	switch (json_kind(at)) {
	case JSON_NULL:
		return facts_set_unanswered(facts, name, why);
	case JSON_BOOL:
		return json_bool_at(at, &truth, &ignored) ? ST_INPUT : facts_set_bool(facts, name, truth, why);
	case JSON_NUMBER:
		return json_number_at(at, -1e300, 1e300, "", &number, &ignored) ? ST_INPUT
		                                                                 : facts_set_number(facts, name, number, why);
	case JSON_STRING:
		if (strcmp(text, "no") == 0 || strcmp(text, "yes") == 0)
			return facts_set_bool(facts, name, text[0] == 'y', why);
		return facts_set_text(facts, name, text, why);
	case JSON_ARRAY:
		return answer_list(at, name, facts, why);
	case JSON_OBJECT:
		break;
	}
	return fail_set(why, ST_INPUT, name, "an object where an answer belongs");
}

static enum status answer_record(const struct json_at *at, const char *record, struct facts *facts, struct fail *why)
{
	struct json_at member = {0};
	const struct fact_spec *spec;
	enum status st = ST_OK;
	if (json_kind(at) != JSON_OBJECT) { /* a single no or null answers each of its questions */
		for (size_t i = 0; !st && (spec = facts_question_in_record(record, i)); i++)
			st = answer_one(at, spec->name, facts, why);
		return st;
	}
	while (!st && json_object_each(at, &member)) {
		char name[FACT_TEXT_MAX * 2];
		(void)snprintf(name, sizeof name, "%s_%s", record, member.key);
		st = answer_one(&member, name, facts, why);
	}
	return st;
}

static bool is_question(const char *key)
{
	size_t id;
	return facts_find(key, &id) && facts_spec(id)->kind == FACT_QUESTION;
}

static enum status unknown_question(const struct json_at *at, struct fail *why)
{
	const char *names[512];
	size_t n = 0;
	for (size_t i = 0; i < facts_spec_count() && n < 512; i++)
		if (facts_spec(i)->kind == FACT_QUESTION)
			names[n++] = facts_spec(i)->name;
	const char *near = json_nearest(at->key, names, n);
	return json_refuse(at, ST_INPUT, why, "there is no such question%s%s%s; the planner's questions screen lists them all",
	                   near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "");
}

static enum status answer_member(const struct json_at *at, struct subject *subject, struct fail *why)
{
	struct fail detail;
	enum status st;
	if (strncmp(at->key, "x_", 2) == 0 || strcmp(at->key, "others") == 0)
		return ST_OK;
	if (facts_question_in_record(at->key, 0) && !is_question(at->key))
		st = answer_record(at, at->key, subject->answers, &detail);
	else if (is_question(at->key))
		st = answer_one(at, at->key, subject->answers, &detail);
	else
		return unknown_question(at, why);
	if (st)
		return json_refuse(at, st, why, "%s", detail.text);
	return ST_OK;
}

static enum status read_history(const struct json_at *at, struct subject *subject, struct fail *why)
{
	struct json_at member = {0}, others;
	enum status st = ST_OK;
	while (!st && json_object_each(at, &member))
		st = answer_member(&member, subject, why);
	if (st)
		return st;
	if (json_find(at, "others", &others)) {
		const char *text = json_text(&others);
		if (!text || strcmp(text, "no") != 0)
			return json_refuse(&others, ST_INPUT, why,
			                   "can only be \"no\": every question not listed was answered no");
		facts_answer_all_other_questions_no(subject->answers);
	}
	(void)subject_sun_from_answers(subject);
	return ST_OK;
}

/* ---- expectations ------------------------------------------------------------------------------------- */

static enum status read_rule_list(const struct json_at *at, const char *key, char (*out)[24], size_t *count,
                                  struct fail *why)
{
	struct json_at list, item = {0};
	bool given = false;
	enum status st = json_member(at, key, JSON_ARRAY, &list, &given, why);
	while (!st && given && json_array_each(&list, &item)) {
		if (*count == CASE_EXPECTED_MAX)
			return json_refuse(&list, ST_FULL, why, "more than %d entries", CASE_EXPECTED_MAX);
		st = json_string_at(&item, out[(*count)++], 24, why);
	}
	return st;
}

static enum status read_numbers(const struct json_at *at, struct case_expectation *e, struct fail *why)
{
	struct json_at numbers, member = {0};
	bool given = false;
	enum status st = json_member(at, "numbers", JSON_OBJECT, &numbers, &given, why);
	e->tolerance_pct = 2.0;
	while (!st && given && json_object_each(&numbers, &member)) {
		if (strcmp(member.key, "tolerance_pct") == 0) {
			st = json_number_at(&member, 0, 100, "%", &e->tolerance_pct, why);
			continue;
		}
		if (e->numbers == CASE_EXPECTED_MAX)
			return json_refuse(&numbers, ST_FULL, why, "more than %d numbers", CASE_EXPECTED_MAX);
		struct case_number *n = &e->number[e->numbers++];
		(void)snprintf(n->key, sizeof n->key, "%s", member.key);
		st = json_number_at(&member, -1e300, 1e300, "", &n->value, why);
	}
	return st;
}

static enum status read_sanity(const struct json_at *at, struct case_expectation *e, struct fail *why)
{
	struct json_at sanity, member = {0};
	bool given = false;
	enum status st = json_member(at, "sanity", JSON_OBJECT, &sanity, &given, why);
	while (!st && given && json_object_each(&sanity, &member)) {
		struct json_at end = {0};
		if (strcmp(member.key, "why") == 0)
			continue;
		if (json_kind(&member) != JSON_ARRAY || json_count(&member) != 2 || e->sanity == CASE_EXPECTED_MAX)
			return json_refuse(&member, ST_INPUT, why, "a range [low, high] belongs here");
		struct case_number *n = &e->range[e->sanity++];
		(void)snprintf(n->key, sizeof n->key, "%s", member.key);
		(void)json_array_each(&member, &end);
		st = json_number_at(&end, -1e300, 1e300, "", &n->value, why);
		(void)json_array_each(&member, &end);
		if (!st)
			st = json_number_at(&end, -1e300, 1e300, "", &n->upper, why);
	}
	return st;
}

static enum status read_cites(const struct json_at *at, struct case_expectation *e, struct fail *why)
{
	struct json_at list, item = {0};
	bool given = false;
	enum status st = json_member(at, "must_cite", JSON_ARRAY, &list, &given, why);
	while (!st && given && json_array_each(&list, &item)) {
		if (e->cites == sizeof e->cite / sizeof e->cite[0])
			return json_refuse(&list, ST_FULL, why, "more than %zu entries", e->cites);
		st = json_string_at(&item, e->cite[e->cites++], CASE_TEXT_MAX, why);
	}
	return st ? st : json_string(at, "must_say", e->say, sizeof e->say, &given, why);
}

static enum status read_expectation(const struct json_at *at, struct case_expectation *e, struct fail *why)
{
	static const char *const verdicts[] = {"ALLOW", "ALLOW_AFTER_MD", "DEFER", "BLOCK_MD", "BLOCK"};
	size_t verdict = 0;
	bool given = false;
	enum status st = json_choice(at, "expect", verdicts, 5, &verdict, &given, why);
	if (st)
		return st;
	if (given)
		(void)snprintf(e->verdict, sizeof e->verdict, "%s", verdicts[verdict]);
	if ((st = read_rule_list(at, "rules", e->rule_raised, &e->raised, why)) ||
	    (st = read_rule_list(at, "not_raised", e->rule_not_raised, &e->not_raised, why)) ||
	    (st = read_rule_list(at, "start_conditions", e->rule_start, &e->starts, why)) ||
	    (st = read_numbers(at, e, why)) || (st = read_sanity(at, e, why)))
		return st;
	return read_cites(at, e, why);
}

/* ---- requests ----------------------------------------------------------------------------------------- */

static enum status read_zones(const struct json_at *at, struct request *r, struct fail *why)
{
	struct json_at list, item = {0};
	enum status st = json_member(at, "zones", JSON_ARRAY, &list, NULL, why);
	while (!st && json_array_each(&list, &item)) {
		if (r->zones == PLANNING_ZONES_MAX)
			return json_refuse(&list, ST_FULL, why, "more than %d zones", PLANNING_ZONES_MAX);
		st = json_string_at(&item, r->zone[r->zones++], PLANNING_TEXT_MAX, why);
	}
	return st ? st : sides_read(at, r->zones, r->side, why);
}

static enum status override_subject(const struct json_at *at, const struct json_at *root, bool unfinished,
                                    struct case_request *r, struct fail *why)
{
	struct json_at patient, history;
	bool given = false;
	enum status st = json_member(root, "patient", JSON_OBJECT, &patient, NULL, why);
	if (st || (st = read_patient(&patient, unfinished, &r->subject.readings, why)) ||
	    (st = json_member(at, "patient", JSON_OBJECT, &patient, &given, why)))
		return st;
	if (given && (st = read_patient(&patient, unfinished, &r->subject.readings, why)))
		return st;
	given = false;
	if ((st = json_member(root, "history", JSON_OBJECT, &history, &given, why)))
		return st;
	if (given && (st = read_history(&history, &r->subject, why)))
		return st;
	given = false;
	if ((st = json_member(at, "history", JSON_OBJECT, &history, &given, why)))
		return st;
	return given ? read_history(&history, &r->subject, why) : ST_OK;
}

static enum status read_indication(const struct json_at *at, const struct json_at *root, struct request *r,
                                   struct fail *why)
{
	bool given = false;
	enum status st = json_string(at, "indication", r->indication, sizeof r->indication, &given, why);
	if (st || given)
		return st;
	return json_string(root, "indication", r->indication, sizeof r->indication, NULL, why);
}

static enum status read_partners(const struct json_at *at, struct case_request *r, struct fail *why)
{
	struct json_at list, item = {0};
	bool given = false;
	enum status st = json_member(at, "same_session", JSON_ARRAY, &list, &given, why);
	if (st || !given)
		return st;
	if (json_count(&list) > CASE_TOGETHER_MAX)
		return json_refuse(&list, ST_INPUT, why, "%zu requests; at most %d", json_count(&list), CASE_TOGETHER_MAX);
	while (!st && json_array_each(&list, &item))
		st = json_string_at(&item, r->with_name[r->with++], PLANNING_TEXT_MAX, why);
	return st;
}

static enum status read_request(const struct json_at *at, const struct json_at *root, bool unfinished,
                                struct case_request *r, struct fail *why)
{
	static const char *const keys[] = {"name",    "device",  "zones",  "settings",  "patient",    "history",
	                                   "sides",   "indication", "expect", "rules", "not_raised", "start_conditions",
	                                   "numbers", "sanity",  "must_cite", "must_say", "why", "same_session",
	                                   "gap_min", NULL};
	struct json_at settings;
	bool given = false;
	enum status st = subject_init(&r->subject, why);
	if (st || (st = json_known_keys(at, keys, JSON_X_EXTRA, why)) ||
	    (st = json_string(at, "name", r->request.name, sizeof r->request.name, NULL, why)) ||
	    (st = json_string(at, "device", r->request.device_mode, sizeof r->request.device_mode, NULL, why)) ||
	    (st = read_indication(at, root, &r->request, why)) || (st = read_zones(at, &r->request, why)) ||
	    (st = override_subject(at, root, unfinished, r, why)) ||
	    (st = json_member(at, "settings", JSON_OBJECT, &settings, &given, why)))
		return st;
	r->fit = !given;
	bool gap = false;
	if ((st = read_partners(at, r, why)) || (st = json_number_in(at, "gap_min", 0.5, 1440, "min", &r->gap_min, &gap, why)))
		return st;
	if (given && (st = settings_read(&settings, &r->request.settings, why)))
		return st;
	return read_expectation(at, &r->expected, why);
}

static enum status read_case(const struct json_doc *doc, struct case_file *file, struct fail *why)
{
	static const char *const keys[] = {"schema",    "id",     "title",    "patient", "history", "indication",
	                                   "requests",  "published", "visits", "endpoint", "traps",  "risk",
	                                   "must_not",  "note",   NULL};
	struct json_at root = json_root(doc), list, item = {0};
	bool given = false;
	enum status st;
	if ((st = json_schema(&root, "lasertwin-case/1", why)) ||
	    (st = json_known_keys(&root, keys, JSON_X_EXTRA, why)) ||
	    (st = json_string(&root, "id", file->id, sizeof file->id, NULL, why)) ||
	    (st = json_string(&root, "title", file->title, sizeof file->title, &given, why)) ||
	    (st = json_member(&root, "requests", JSON_ARRAY, &list, NULL, why)))
		return st;
	if (json_count(&list) == 0 || json_count(&list) > CASE_REQUESTS_MAX)
		return json_refuse(&list, ST_INPUT, why, "%zu requests; a case holds 1 to %d", json_count(&list),
		                   CASE_REQUESTS_MAX);
	file->request = calloc(json_count(&list), sizeof *file->request);
	if (!file->request)
		return fail_set(why, ST_FULL, "requests", "out of memory");
	while (!st && json_array_each(&list, &item))
		st = read_request(&item, &root, file->unfinished, &file->request[file->requests++], why);
	return st;
}

static enum status parse(const char *name, const char *bytes, size_t length, bool unfinished, struct case_file **out,
                         struct fail *why)
{
	struct json_doc *doc = NULL;
	struct case_file *file = calloc(1, sizeof *file);
	*out = NULL;
	if (!file)
		return fail_set(why, ST_FULL, name, "out of memory");
	file->unfinished = unfinished;
	enum status st = json_parse(name, bytes, length, &doc, why);
	if (!st)
		st = read_case(doc, file, why);
	json_free(&doc);
	if (st)
		case_free(&file);
	*out = file;
	return st;
}

enum status case_parse(const char *name, const char *bytes, size_t length, struct case_file **out, struct fail *why)
{
	return parse(name, bytes, length, false, out, why);
}

enum status case_parse_unfinished(const char *name, const char *bytes, size_t length, struct case_file **out,
                                  struct fail *why)
{
	return parse(name, bytes, length, true, out, why);
}

/* A spectrum named by a case lies beside it, unless its name starts at the root. */
static enum status read_named_spectrum(const char *case_path, struct readings *r, struct fail *why)
{
	char path[1024], *bytes = NULL;
	const char *slash = strrchr(case_path, '/');
	int folder = slash && r->spectrum_csv[0] != '/' ? (int)(slash - case_path + 1) : 0;
	size_t length = 0;
	if (snprintf(path, sizeof path, "%.*s%s", folder, case_path, r->spectrum_csv) >= (int)sizeof path)
		return fail_set(why, ST_INPUT, "spectrum_csv", "the path is too long");
	enum status st = file_read(path, JSON_BYTES_MAX, &bytes, &length, why);
	if (!st)
		st = spectrum_parse(r->spectrum_csv, bytes, length, &r->spectrum, why);
	free(bytes);
	r->spectrum_csv[0] = '\0';
	return st;
}

static enum status read_named_spectra(const char *case_path, struct case_file *file, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < file->requests; i++)
		if (file->request[i].subject.readings.spectrum_csv[0])
			st = read_named_spectrum(case_path, &file->request[i].subject.readings, why);
	return st;
}

enum status case_read(const char *path, struct case_file **out, struct fail *why)
{
	char *bytes = NULL;
	size_t length = 0;
	*out = NULL;
	enum status st = file_read(path, JSON_BYTES_MAX, &bytes, &length, why);
	if (!st)
		st = case_parse(path, bytes, length, out, why);
	free(bytes);
	if (!st)
		st = read_named_spectra(path, *out, why);
	if (st)
		case_free(out);
	return st;
}

void case_free(struct case_file **file)
{
	if (!*file)
		return;
	for (size_t i = 0; i < (*file)->requests; i++)
		subject_free(&(*file)->request[i].subject);
	free((*file)->request);
	free(*file);
	*file = NULL;
}
