/* The store of facts: values by name, with the difference between absent and asked but not answered. */
#include "planner/safety/facts.h"

#include <strings.h>

#include "planner/safety/facts_table.h"

struct fact_value {
	enum fact_state state;
	double number;
	bool truth;
	size_t items;
	size_t text; /* index of its text, or of its first item; texts of one fact lie together */
};

struct facts {
	struct fact_value value[FACTS_MAX];
	char (*text)[FACT_TEXT_MAX];         /* FACT_ITEMS_MAX places for each text or list fact */
	const char **item;                   /* pointers to them, for lists */
	size_t places;
};

size_t facts_spec_count(void)
{
	return fact_table_count;
}

const struct fact_spec *facts_spec(size_t id)
{
	BUG_ON(id >= fact_table_count);
	return &fact_table[id];
}

bool facts_find(const char *name, size_t *id)
{
	for (size_t i = 0; i < fact_table_count; i++)
		if (strcmp(fact_table[i].name, name) == 0) {
			*id = i;
			return true;
		}
	return false;
}

const char *facts_question_group(size_t id)
{
	const char *title = NULL;
	if (facts_spec(id)->kind != FACT_QUESTION)
		return NULL;
	for (size_t group = 0; group < fact_groups_count; group++) {
		size_t first = 0;
		if (facts_find(fact_groups[group].first, &first) && first <= id)
			title = fact_groups[group].title;
	}
	return title;
}

const struct fact_spec *facts_question_in_record(const char *record, size_t index)
{
	size_t length = strlen(record);
	for (size_t i = 0; i < fact_table_count; i++) {
		const struct fact_spec *spec = &fact_table[i];
		if (spec->kind == FACT_QUESTION && strncmp(spec->name, record, length) == 0 &&
		    spec->name[length] == '_' && index-- == 0)
			return spec;
	}
	return NULL;
}

/* --- the store -------------------------------------------------------------------------------------- */

static size_t places_of(enum expr_type type)
{
	return type == EXPR_LIST ? FACT_ITEMS_MAX : type == EXPR_TEXT ? 1 : 0;
}

static size_t places_needed(void)
{
	size_t places = 0;
	for (size_t i = 0; i < fact_table_count; i++)
		places += places_of(fact_table[i].type);
	return places;
}

static void point_items(struct facts *facts)
{
	for (size_t i = 0; i < facts->places; i++)
		facts->item[i] = facts->text[i];
}

enum status facts_new(struct facts **out, struct fail *why)
{
	BUG_ON(fact_table_count > FACTS_MAX);
	struct facts *facts = calloc(1, sizeof(*facts));
	if (facts == NULL)
		return fail_set(why, ST_FULL, "", "no memory for the answers");
	facts->places = places_needed();
	facts->text = calloc(facts->places, sizeof(*facts->text));
	facts->item = calloc(facts->places, sizeof(*facts->item));
	if (facts->text == NULL || facts->item == NULL) {
		facts_free(&facts);
		return fail_set(why, ST_FULL, "", "no memory for the answers");
	}
	size_t place = 0;
	for (size_t i = 0; i < fact_table_count; i++) {
		facts->value[i].text = place;
		place += places_of(fact_table[i].type);
	}
	point_items(facts);
	*out = facts;
	return ST_OK;
}

enum status facts_clone(const struct facts *facts, struct facts **out, struct fail *why)
{
	struct facts *copy = NULL;
	enum status status = facts_new(&copy, why);
	if (status != ST_OK)
		return status;
	memcpy(copy->value, facts->value, sizeof(copy->value));
	memcpy(copy->text, facts->text, facts->places * sizeof(*facts->text));
	*out = copy;
	return ST_OK;
}

void facts_free(struct facts **facts)
{
	if (facts == NULL || *facts == NULL)
		return;
	free((*facts)->text);
	free((*facts)->item);
	free(*facts);
	*facts = NULL;
}

/* --- setting ---------------------------------------------------------------------------------------- */

static enum status find(const char *name, size_t *id, struct fail *why)
{
	if (facts_find(name, id))
		return ST_OK;
	return fail_set(why, ST_NOT_FOUND, name, "there is no fact or question '%.64s'", name);
}

static enum status wrong_type(const struct fact_spec *spec, const char *given, struct fail *why)
{
	return fail_set(why, ST_INPUT, spec->name, "'%s' takes a %s, not %s", spec->name, expr_type_name(spec->type),
	                given);
}

static enum status store_no(struct facts *facts, size_t id, struct fail *why)
{
	const struct fact_spec *spec = facts_spec(id);
	struct fact_value *value = &facts->value[id];
	if (spec->no == NO_IS_NOT_AN_ANSWER)
		return wrong_type(spec, "no", why);
	value->state = FACT_SET;
	value->truth = false;
	value->items = 0;
	value->number = spec->no == NO_IS_NEVER ? (double)INFINITY : 0.0;
	if (spec->type == EXPR_TEXT)
		facts->text[value->text][0] = '\0';
	return ST_OK;
}

enum status facts_set_number(struct facts *facts, const char *name, double number, struct fail *why)
{
	size_t id = 0;
	enum status status = find(name, &id, why);
	if (status != ST_OK)
		return status;
	const struct fact_spec *spec = facts_spec(id);
	if (spec->type != EXPR_NUMBER)
		return wrong_type(spec, "a number", why);
	bool never = spec->no == NO_IS_NEVER && number == (double)INFINITY;
	if (!never && !(number >= spec->min && number <= spec->max))
		return fail_set(why, ST_RANGE, name, "%s = %g %s is outside %g..%g; check the value and its unit", name,
		                number, spec->unit, spec->min, spec->max);
	facts->value[id].state = FACT_SET;
	facts->value[id].number = number;
	return ST_OK;
}

static enum status set_text_places(struct facts *facts, size_t id, const char *const *item, size_t items,
                                   struct fail *why)
{
	const struct fact_spec *spec = facts_spec(id);
	struct fact_value *value = &facts->value[id];
	if (items > places_of(spec->type))
		return fail_set(why, ST_FULL, spec->name, "%s: %zu entries (at most %zu)", spec->name, items,
		                places_of(spec->type));
	for (size_t i = 0; i < items; i++)
		if (strlen(item[i]) >= FACT_TEXT_MAX)
			return fail_set(why, ST_FULL, spec->name, "%s: '%.20s...' is longer than %d characters",
			                spec->name, item[i], FACT_TEXT_MAX - 1);
	for (size_t i = 0; i < items; i++)
		memcpy(facts->text[value->text + i], item[i], strlen(item[i]) + 1);
	value->items = items;
	value->state = FACT_SET;
	return ST_OK;
}

/* "Yes" to a question that wants more: a list is known to be not empty, a number stays missing. */
static enum status store_yes(struct facts *facts, size_t id, struct fail *why)
{
	static const char *const unspecified[] = {"yes, not specified"};
	const struct fact_spec *spec = facts_spec(id);
	if (spec->type == EXPR_LIST && spec->kind == FACT_QUESTION)
		return set_text_places(facts, id, unspecified, 1, why);
	if (spec->kind != FACT_QUESTION)
		return wrong_type(spec, "yes", why);
	facts->value[id].state = FACT_UNANSWERED;
	return ST_OK;
}

enum status facts_set_bool(struct facts *facts, const char *name, bool truth, struct fail *why)
{
	size_t id = 0;
	enum status status = find(name, &id, why);
	if (status != ST_OK)
		return status;
	if (facts_spec(id)->type != EXPR_BOOL)
		return truth ? store_yes(facts, id, why) : store_no(facts, id, why);
	facts->value[id].state = FACT_SET;
	facts->value[id].truth = truth;
	return ST_OK;
}

static bool is_word(const char *text, const char *const *word)
{
	for (; *word != NULL; word++)
		if (strcasecmp(text, *word) == 0)
			return true;
	return false;
}

enum status facts_set_text(struct facts *facts, const char *name, const char *text, struct fail *why)
{
	static const char *const no[] = {"no", "none", "never", NULL}, *const yes[] = {"yes", NULL};
	size_t id = 0;
	enum status status = find(name, &id, why);
	if (status != ST_OK)
		return status;
	const struct fact_spec *spec = facts_spec(id);
	if (spec->kind == FACT_QUESTION && is_word(text, no))
		return store_no(facts, id, why);
	if (spec->kind == FACT_QUESTION && is_word(text, yes))
		return facts_set_bool(facts, name, true, why);
	if (spec->type != EXPR_TEXT && !(spec->type == EXPR_LIST && spec->kind == FACT_QUESTION))
		return wrong_type(spec, "a text", why);
	return set_text_places(facts, id, &text, 1, why);
}

enum status facts_set_list(struct facts *facts, const char *name, const char *const *item, size_t items,
                           struct fail *why)
{
	size_t id = 0;
	enum status status = find(name, &id, why);
	if (status != ST_OK)
		return status;
	if (facts_spec(id)->type != EXPR_LIST)
		return wrong_type(facts_spec(id), "a list", why);
	if (items == 1 && facts_spec(id)->kind == FACT_QUESTION)
		return facts_set_text(facts, name, item[0], why); /* ["none"] is none */
	return set_text_places(facts, id, item, items, why);
}

enum status facts_set_unanswered(struct facts *facts, const char *name, struct fail *why)
{
	size_t id = 0;
	enum status status = find(name, &id, why);
	if (status != ST_OK)
		return status;
	if (facts_spec(id)->kind != FACT_QUESTION)
		return wrong_type(facts_spec(id), "an open question", why);
	facts->value[id].state = FACT_UNANSWERED;
	return ST_OK;
}

enum status facts_set_absent(struct facts *facts, const char *name, struct fail *why)
{
	size_t id = 0;
	enum status status = find(name, &id, why);
	if (status == ST_OK)
		facts->value[id].state = FACT_ABSENT;
	return status;
}

void facts_answer_all_other_questions_no(struct facts *facts)
{
	for (size_t id = 0; id < fact_table_count; id++) {
		if (fact_table[id].kind != FACT_QUESTION || facts->value[id].state != FACT_ABSENT)
			continue;
		enum status status = store_no(facts, id, NULL);
		BUG_ON(status != ST_OK); /* the table gives every question a meaning of no */
	}
}

/* --- reading ---------------------------------------------------------------------------------------- */

enum fact_state facts_state(const struct facts *facts, size_t id)
{
	BUG_ON(id >= fact_table_count);
	return facts->value[id].state;
}

static bool not_asked(const struct facts *facts, const struct fact_spec *spec)
{
	size_t sex;
	if (spec->not_asked_of_sex == NULL || !facts_find("sex", &sex) || facts->value[sex].state != FACT_SET)
		return false;
	return strcasecmp(facts->text[facts->value[sex].text], spec->not_asked_of_sex) == 0;
}

void facts_get(const struct facts *facts, size_t id, struct expr_value *out)
{
	const struct fact_spec *spec = facts_spec(id);
	const struct fact_value *value = &facts->value[id];
	*out = (struct expr_value){.type = spec->type};
	if (value->state != FACT_SET) {
		out->known = spec->type == EXPR_BOOL && not_asked(facts, spec);
		return;
	}
	out->known = true;
	out->number = value->number;
	out->truth = value->truth;
	if (places_of(spec->type) > 0) {
		out->text = facts->text[value->text];
		out->item = facts->item + value->text;
		out->items = value->items;
	}
}
