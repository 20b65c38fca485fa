/* The cases file of the rules as facts: included by the tests that judge its cases. */
#ifndef LASERTWIN_TESTS_RULES_CASES_H
#define LASERTWIN_TESTS_RULES_CASES_H

#include "devices/json.h"
#include "planner/safety/rules.h"
#include "planner/safety/ruleset.h"
#include "tests/planner/read_profile.h"

#define CASES_FILE "tests/planner/rules_cases.json"

static struct ruleset *set;
static struct json_doc *cases_doc;
static struct json_at cases_root;

static int setup(void **state)
{
	static char text[READ_PROFILE_MAX];
	struct fail why = {0};
	(void)state;
	if (ruleset_load("profiles/safety", &set, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	FILE *file = fopen(CASES_FILE, "rb");
	assert_non_null(file);
	size_t length = fread(text, 1, sizeof(text), file);
	fclose(file);
	if (json_parse(CASES_FILE, text, length, &cases_doc, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	cases_root = json_root(cases_doc);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ruleset_free(&set);
	json_free(&cases_doc);
	return 0;
}

/* --- facts from the cases file ---------------------------------------------------------------------- */

static struct json_at member(const struct json_at *at, const char *key)
{
	struct json_at out;
	if (!json_find(at, key, &out))
		fail_msg("%s: no member %s", CASES_FILE, key);
	return out;
}

static void set_list(struct facts *facts, const char *name, const struct json_at *list, struct fail *why)
{
	const char *item[FACT_ITEMS_MAX];
	struct json_at at = {0};
	size_t items = 0;
	while (json_array_each(list, &at))
		item[items++] = json_text(&at);
	if (facts_set_list(facts, name, item, items, why) != ST_OK)
		fail_msg("%s: %s", name, why->text);
}

static enum status set_silence(struct facts *facts, const char *name, struct fail *why)
{
	size_t id = 0;
	assert_true(facts_find(name, &id));
	return facts_spec(id)->kind == FACT_QUESTION ? facts_set_unanswered(facts, name, why)
	                                             : facts_set_absent(facts, name, why);
}

static void set_fact(struct facts *facts, const struct json_at *at)
{
	struct fail why = {0};
	enum status status = ST_OK;
	double number = 0.0;
	bool truth = false;
	switch (json_kind(at)) {
	case JSON_NULL:
		status = set_silence(facts, at->key, &why);
		break;
	case JSON_BOOL:
		assert_int_equal(json_bool_at(at, &truth, NULL), ST_OK);
		status = facts_set_bool(facts, at->key, truth, &why);
		break;
	case JSON_NUMBER:
		assert_int_equal(json_number_at(at, -1e9, 1e9, "", &number, NULL), ST_OK);
		status = facts_set_number(facts, at->key, number, &why);
		break;
	case JSON_STRING:
		status = facts_set_text(facts, at->key, json_text(at), &why);
		break;
	default:
		set_list(facts, at->key, at, &why);
	}
	if (status != ST_OK)
		fail_msg("%s: %s", at->key, why.text);
}

static void set_facts(struct facts *facts, const struct json_at *object)
{
	struct json_at at = {0};
	while (json_object_each(object, &at))
		set_fact(facts, &at);
}

static struct facts *facts_of_base(const char *base)
{
	struct json_at bases = member(&cases_root, "bases"), object = member(&bases, base);
	struct facts *facts = NULL;
	assert_int_equal(facts_new(&facts, NULL), ST_OK);
	facts_answer_all_other_questions_no(facts);
	set_facts(facts, &object);
	return facts;
}

#endif
