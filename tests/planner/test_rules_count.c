/* How complete the cases of the rules are, counted: of every rule a case that raises it with everything answered, one
 * that just does not (a single fact apart, numbers by at most a tenth or one step), and one with a fact of the rule's own
 * left out. Left out, a fact raises the rule, or the rule says known() of it and leaves it to another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/planner/rules_cases.h"

#define HAZARDS 36
#define HAZARDS_WITH_RULES 35 /* H35, privacy, is kept by the store: sealed records and roles (planner/store) */

struct kinds {
	bool raised, just_not, unanswered;
};

static struct kinds *kinds; /* by rule */

/* ---- one case ---- */

static struct facts *facts_of(const struct json_at *at)
{
	struct json_at base = member(at, "base"), facts_at = member(at, "facts");
	struct facts *facts = facts_of_base(json_text(&base));
	set_facts(facts, &facts_at);
	return facts;
}

static bool raised_by(const struct json_at *at)
{
	struct json_at raised_at = member(at, "raised");
	bool raised = false;
	assert_int_equal(json_bool_at(&raised_at, &raised, NULL), ST_OK);
	return raised;
}

static bool has_null(const struct json_at *at)
{
	struct json_at facts_at = member(at, "facts"), item = {0};
	while (json_object_each(&facts_at, &item))
		if (json_kind(&item) == JSON_NULL)
			return true;
	return false;
}

static bool is_of(const struct json_at *at, const char *rule)
{
	struct json_at rule_at = member(at, "rule");
	return strcmp(json_text(&rule_at), rule) == 0;
}

/* ---- just not ---- */

static bool same_list(const struct expr_value *a, const struct expr_value *b)
{
	if (a->items != b->items)
		return false;
	for (size_t i = 0; i < a->items; i++)
		if (strcmp(a->item[i], b->item[i]) != 0)
			return false;
	return true;
}

static bool same(const struct expr_value *a, const struct expr_value *b, enum expr_type type)
{
	if (a->known != b->known || !a->known)
		return a->known == b->known;
	switch (type) {
	case EXPR_NUMBER:
		return a->number == b->number;
	case EXPR_BOOL:
		return a->truth == b->truth;
	case EXPR_TEXT:
		return strcmp(a->text, b->text) == 0;
	default:
		return same_list(a, b);
	}
}

/* A tenth of the larger, or one step: days, counts, types. */
static bool close_numbers(const struct expr_value *a, const struct expr_value *b)
{
	double gap = fabs(a->number - b->number), most = fmax(fabs(a->number), fabs(b->number));
	return !a->known || !b->known || !isfinite(gap) || gap <= 1.0 || gap <= 0.1001 * most;
}

/* Whether the two cases are a single fact apart, and close in it. */
static bool just_apart(const struct json_at *a, const struct json_at *b)
{
	struct facts *first = facts_of(a), *second = facts_of(b);
	size_t apart = 0;
	bool close = true;
	for (size_t id = 0; id < facts_spec_count(); id++) {
		struct expr_value x = {0}, y = {0};
		facts_get(first, id, &x);
		facts_get(second, id, &y);
		if (same(&x, &y, facts_spec(id)->type))
			continue;
		apart++;
		close = close && (facts_spec(id)->type != EXPR_NUMBER || close_numbers(&x, &y));
	}
	facts_free(&first);
	facts_free(&second);
	return apart == 1 && close;
}

static bool has_neighbour(const struct json_at *raised, const char *rule)
{
	struct json_at list = member(&cases_root, "cases"), at = {0}, base_at = member(raised, "base");
	while (json_array_each(&list, &at)) {
		struct json_at other_at = member(&at, "base");
		if (is_of(&at, rule) && !raised_by(&at) && !has_null(&at) &&
		    strcmp(json_text(&base_at), json_text(&other_at)) == 0 && just_apart(raised, &at))
			return true;
	}
	return false;
}

/* ---- unanswered ---- */

static bool speaks_of(const struct rule *rule, const char *fact)
{
	for (size_t b = 0; b < rule->branches; b++)
		for (size_t i = 0; i < expr_fact_count(rule->branch[b].when); i++) {
			const struct fact_spec *spec = facts_spec((size_t)expr_fact_id(rule->branch[b].when, i));
			/* what the engine derives is named after what it comes from: mode_class_known from mode_class */
			if (strncmp(spec->name, fact, strlen(fact)) == 0 || (spec->asked_as && strcmp(spec->asked_as, fact) == 0))
				return true;
		}
	return false;
}

static bool leaves_out_its_own(const struct json_at *at, const struct rule *rule)
{
	struct json_at facts_at = member(at, "facts"), item = {0};
	while (json_object_each(&facts_at, &item))
		if (json_kind(&item) == JSON_NULL && speaks_of(rule, item.key))
			return true;
	return false;
}

static const struct fact_spec *fact_of(const struct rule *rule, size_t branch, size_t i)
{
	return facts_spec((size_t)expr_fact_id(rule->branch[branch].when, i));
}

/* What asks for the zone alone, or what the device says by itself, has no unanswered case: without a zone nothing is
 * judged at all. */
static bool asks_for_zones_alone(const struct rule *rule)
{
	for (size_t b = 0; b < rule->branches; b++)
		for (size_t i = 0; i < expr_fact_count(rule->branch[b].when); i++)
			if (strncmp(fact_of(rule, b, i)->name, "zone", 4) != 0 && strcmp(fact_of(rule, b, i)->name, "modality") != 0)
				return false;
	return true;
}

static bool refused_without_zones(void)
{
	struct facts *facts = facts_of_base("nafl");
	struct findings findings = {0};
	struct fail why = {0};
	assert_int_equal(facts_set_absent(facts, "zones", &why), ST_OK);
	enum status st = rules_evaluate(set, facts, PHASE_PLAN, &findings, &why);
	facts_free(&facts);
	if (st == ST_OK)
		findings_clear(&findings);
	return st == ST_INPUT;
}

/* ---- counting ---- */

static void look_at(const struct rule *rule, struct kinds *k)
{
	struct json_at list = member(&cases_root, "cases"), at = {0};
	k->unanswered = asks_for_zones_alone(rule) && refused_without_zones();
	while (json_array_each(&list, &at)) {
		if (!is_of(&at, rule->id))
			continue;
		k->unanswered = k->unanswered || (has_null(&at) && leaves_out_its_own(&at, rule));
		if (!raised_by(&at) || has_null(&at))
			continue;
		k->raised = true;
		k->just_not = k->just_not || has_neighbour(&at, rule->id);
	}
}

static void every_rule_has_all_three(void **state)
{
	size_t raised = 0, just_not = 0, unanswered = 0;
	(void)state;
	for (size_t i = 0; i < set->rules; i++) {
		look_at(&set->rule[i], &kinds[i]);
		raised += kinds[i].raised;
		just_not += kinds[i].just_not;
		unanswered += kinds[i].unanswered;
		if (!kinds[i].raised || !kinds[i].just_not || !kinds[i].unanswered)
			print_error("%s:%s%s%s\n", set->rule[i].id, kinds[i].raised ? "" : " no case raises it with all answered",
			            kinds[i].just_not ? "" : " none just does not", kinds[i].unanswered ? "" : " none leaves a fact out");
	}
	print_message("%zu rules: %zu raised, %zu just not raised, %zu unanswered\n", set->rules, raised, just_not, unanswered);
	assert_int_equal(raised, set->rules);
	assert_int_equal(just_not, set->rules);
	assert_int_equal(unanswered, set->rules);
}

/* A hazard's control is proven where each of its rules is. "*": every rule's. */
static void every_hazard_is_guarded_by_such_rules(void **state)
{
	size_t length = 0, guarded = 0, links = 0;
	char *text = read_profile("hazards.json", &length);
	struct json_doc *doc = NULL;
	(void)state;
	assert_int_equal(json_parse("hazards.json", text, length, &doc, NULL), ST_OK);
	struct json_at root = json_root(doc), hazards = member(&root, "hazards"), at = {0};
	while (json_array_each(&hazards, &at)) {
		struct json_at rules = member(&at, "rules"), rule = {0};
		bool all = json_count(&rules) > 0;
		while (json_array_each(&rules, &rule)) {
			size_t i = 0;
			links++;
			if (strcmp(json_text(&rule), "*") == 0)
				continue;
			assert_true(ruleset_find(set, json_text(&rule), &i));
			all = all && kinds[i].raised && kinds[i].just_not && kinds[i].unanswered;
		}
		guarded += all;
		if (!all) {
			struct json_at id = member(&at, "id");
			print_message("%s: %s\n", json_text(&id), json_count(&rules) ? "a rule of it lacks a case" : "kept by no rule");
		}
	}
	print_message("%zu hazards, %zu guarded by rules with all three cases, %zu links\n", json_count(&hazards), guarded, links);
	assert_int_equal(json_count(&hazards), HAZARDS);
	assert_int_equal(guarded, HAZARDS_WITH_RULES);
	json_free(&doc);
	free(text);
}

static int start(void **state)
{
	if (setup(state))
		return 1;
	kinds = calloc(set->rules, sizeof *kinds);
	return kinds == NULL;
}

static int finish(void **state)
{
	free(kinds);
	return teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_has_all_three),
		cmocka_unit_test(every_hazard_is_guarded_by_such_rules),
	};
	return cmocka_run_group_tests(tests, start, finish);
}
